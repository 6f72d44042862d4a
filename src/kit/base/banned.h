/* Included before everything (see meson.build): functions that have no safe use here become compile errors. The idea is
 * git's. Each has a replacement: str and buf for text, wall for time, str_to_* for numbers, rng for chance. */
#ifndef KIT_BASE_BANNED_H
#define KIT_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Hardened builds make macros of some of them. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef stpcpy
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets
#pragma GCC poison gmtime localtime ctime asctime strtok
#pragma GCC poison atoi atol atoll atof srand srandom mktemp tmpnam

/* Not poisoned, as the headers of OpenSSL and libsodium name parameters and members so: calling one is the error. */
#ifndef __clang__ /* which takes the attribute on a first declaration only */
int rand(void) __attribute__((error("rand is banned: use rng or random_bytes")));
long random(void) __attribute__((error("random is banned: use rng or random_bytes")));
#endif

#endif
