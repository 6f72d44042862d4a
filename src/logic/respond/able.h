/* What a device can be asked to do, by its operating system and by how Defender stands with it: a table, from Microsoft's pages
 * on response actions. For telling people beforehand; orders are not judged by it, Defender's answer is what counts.
 * Pure: no I/O, no clock, any thread. */
#ifndef LOGIC_RESPOND_ABLE_H
#define LOGIC_RESPOND_ABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/str.h"

enum able_deed { DEED_ISOLATE, DEED_SELECTIVE, DEED_RESTRICT, DEED_SCAN, DEED_COLLECT, DEED_QUARANTINE, DEEDS };
extern const char *const able_deed_names[DEEDS]; /* "isolate", "isolate selective", "restrict" ... */

/* UNSURE: it hangs on what is not told (the sensor's or the system's version), or Microsoft's pages differ. */
enum able { ABLE_YES, ABLE_NO, ABLE_UNSURE, ABLE_ANSWERS };
extern const char *const able_names[ABLE_ANSWERS]; /* "yes", "no", "unsure" */

struct able_machine {
    struct str os;     /* osPlatform */
    int64_t build;     /* osBuild; 0: not told */
    bool is_onboarded; /* without a sensor nothing is done on it */
    bool is_silent;    /* inactive, or without sensor data: an order waits until it checks in */
};
/* *why_out: what stands in the way, a borrowed constant; NULL with ABLE_YES. */
enum able able_judge(enum able_deed deed, const struct able_machine *m, const char **why_out);
/* By the system alone. */
enum able able_by_system(enum able_deed deed, struct str os, int64_t build, const char **why_out);

#endif
