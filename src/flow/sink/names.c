/* Paths in the lake, and making folders whose names survive a power cut. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/sink/lake_int.h"

void lake_path(const struct lake *l, const char *below, char out[LAKE_PATH_BYTES])
{
    int n = snprintf(out, LAKE_PATH_BYTES, "%s/%s", l->dir, below);
    INVARIANT(n > 0 && n < LAKE_PATH_BYTES);
}

void partition_dir(const struct partition_key *k, char out[128])
{
    char day[11];
    if (k->is_dead) {
        (void)snprintf(out, 128, "%s", LAKE_DEAD);
        return;
    }
    wall_format_day((struct wall){k->day * WALL_TICKS_PER_DAY}, day);
    (void)snprintf(out, 128, "class=%" PRIu32 "/tenant=%s/day=%s", k->class_uid, k->tenant_id, day);
}

void partition_file(const struct partition_key *k, uint64_t number, char out[192])
{
    char dir[128];
    partition_dir(k, dir);
    (void)snprintf(out, 192, "%s/%" PRIu64 ".ndjson.zst", dir, number);
}

/* ---- folders ----------------------------------------------------------------------------------------------------------- */

static bool sync_above(struct lake *l, const char *below, size_t n, struct err *e)
{
    char up[LAKE_PATH_BYTES / 2], path[LAKE_PATH_BYTES];
    while (n > 0 && below[n - 1] != '/') n--;
    INVARIANT(str_copy((struct str){below, n > 0 ? n - 1 : 0}, up, sizeof up));
    lake_path(l, up, path);
    return l->opts.fs.ops->sync_dir(l->opts.fs.ctx, path, e);
}

bool lake_sync_dir_of(struct lake *l, const char *below, struct err *e)
{
    return sync_above(l, below, strlen(below), e);
}

/* The name is synced the first time this process meets it even if the folder was there: the process before may have died
 * between making and syncing it. */
static bool make_name_safe(struct lake *l, const char *below, size_t n, struct err *e)
{
    uint64_t hash = hash64_of(below, n);
    uint64_t *slot = &l->safe_dirs[hash % LAKE_SAFE_DIRS];
    if (*slot == hash) return true;
    if (!sync_above(l, below, n, e)) return false;
    *slot = hash;
    return true;
}

bool lake_make_dir(struct lake *l, const char *below, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    lake_path(l, below, path);
    if (!l->opts.fs.ops->make_dirs(l->opts.fs.ctx, path, e)) return false;
    for (size_t n = 1;; n++) {
        if (below[n] != '/' && below[n] != '\0') continue;
        if (!make_name_safe(l, below, n, e)) return false;
        if (below[n] == '\0') return true;
    }
}
