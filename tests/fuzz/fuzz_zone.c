/* A zone file of any bytes is refused or gives offsets of at most 26 hours (the format's own bound), at any time. */
#include "kit/base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct zone *z = zone_new((struct str){(const char *)p, n});
    if (z == NULL) return 0;
    for (int64_t s = -3000000000; s < 6000000000; s += 86400 * 97 + 4321) {
        struct wall at = {s * WALL_TICKS_PER_S};
        int offset = zone_offset_s(z, at);
        struct zone_time t = zone_local(z, at);
        if (offset < -26 * 3600 || offset > 26 * 3600 || t.minute_of_day >= 1440 || t.month < 1 || t.month > 12)
            __builtin_trap();
    }
    zone_free(z);
    return 0;
}
