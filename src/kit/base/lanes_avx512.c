#define LANES_RUN lanes_avx512
#define GROUP 8
#define REGISTERS 1
#include "kit/base/lanes_body.h"
