#define LANES_RUN lanes_avx2
#define GROUP 4
#define REGISTERS 2
#include "kit/base/lanes_body.h"
