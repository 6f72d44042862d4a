#define LANES_RUN lanes_plain
#define GROUP 1
#define REGISTERS 2
#include "kit/base/lanes_body.h"
