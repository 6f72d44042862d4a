/* The generated tables, one set per OCSF version. */
#include "logic/ocsf/check/schema_int.h"

#include "logic/ocsf/tables/v1_3_0.inc"
#include "logic/ocsf/tables/v1_8_0.inc"
