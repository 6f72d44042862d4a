#include "kit/sys/zone_file.h"

#include <stdio.h>
#include <string.h>

enum { ZONE_FILE_MAX = 256 << 10, BLOCK_BYTES = 44 + 6 + 4 };
#define ZONE_FOLDER "/usr/share/zoneinfo/"

/* A header, one kind of time, its name; nothing else. */
static void add_block(struct buf *out, int32_t offset_s)
{
    unsigned char b[BLOCK_BYTES] = "TZif2";
    b[39] = 1; /* kinds of time */
    b[43] = 4; /* bytes of their names */
    for (int i = 0; i < 4; i++) b[44 + i] = (unsigned char)((uint32_t)offset_s >> (24 - 8 * i));
    memcpy(b + 50, "own", 4);
    (void)buf_add(out, b, sizeof b);
}

/* "+02:00", "-0330", "+2" */
static bool add_fixed(struct str name, struct buf *out)
{
    bool is_west = name.p[0] == '-';
    struct str rest = str_sub(name, 1, name.n), hours = str_cut(&rest, ':');
    uint64_t h = 0, m = 0;
    if (rest.n == 0 && hours.n == 4) {
        rest = str_sub(hours, 2, 4);
        hours = str_sub(hours, 0, 2);
    }
    if (!str_to_u64(hours, &h) || (rest.n && !str_to_u64(rest, &m)) || h > 14 || m > 59) return false;
    int32_t offset_s = (int32_t)(h * 3600 + m * 60) * (is_west ? -1 : 1);
    add_block(out, offset_s);
    add_block(out, offset_s);
    (void)buf_addf(out, "\n<own>%c%u:%02u\n", is_west ? '+' : '-', (unsigned)h, (unsigned)m); /* counts westwards */
    return !out->failed;
}

bool zone_bytes(struct fs fs, struct str name, struct buf *out)
{
    char path[256];
    struct err ignored;
    if (name.n && (name.p[0] == '+' || name.p[0] == '-')) return add_fixed(name, out);
    int n = zone_name_is_fine(name) ? snprintf(path, sizeof path, ZONE_FOLDER "%.*s", STR_ARG(name)) : -1;
    return n > 0 && (size_t)n < sizeof path && fs_read_all(fs, path, ZONE_FILE_MAX, out, &ignored);
}

struct zone *zone_read(struct fs fs, struct str name, bool *known_out)
{
    struct buf bytes;
    bool is_utc = name.n == 0 || str_eq_nocase(name, STR("UTC"));
    buf_init(&bytes, ZONE_FILE_MAX);
    struct zone *z = !is_utc && zone_bytes(fs, name, &bytes) ? zone_new(buf_str(&bytes)) : NULL;
    buf_done(&bytes);
    if (known_out) *known_out = is_utc || z;
    return z;
}
