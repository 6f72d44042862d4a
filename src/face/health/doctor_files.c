/* The installation on disk: settings, key, folders, space, limits, clock; and what of the store, the log and the lake can be read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "face/health/doctor.h"
#include "flow/sink/lake.h"
#include "kit/sys/causes.h"
#include "kit/sys/host.h"
#include "state/log/log.h"
#include "state/store/audit.h"
#include "state/store/lake.h"

#define CAUSE(c) (&doctor_causes[DOCTOR_##c])
enum { PATH_BYTES = CONF_PATH_BYTES + 64, FOR_OTHERS = 077, FILES_BESIDE = 256, FILES_PER_REQUEST = 3 };
/* How much of the rows that no file holds yet is read, and of how large a store a running service waits for. */
static const uint64_t log_bytes_read = UINT64_C(256) << 20, store_bytes_read = UINT64_C(256) << 20;
static const int64_t clock_first = INT64_C(1735689600000); /* 2025-01-01: no release is older */

static void path_of(const struct conf *c, const char *name, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", c->data_dir, name);
}

/* ---- files and folders ------------------------------------------------------------------------------------------------------------ */

static void look_at_file(struct doctor *d, enum doctor_area area, const char *path, bool is_private, bool is_written)
{
    struct host_file f;
    struct err e;
    size_t before = d->count;
    if (!host_file(path, &f, &e)) {
        doctor_err(d, area, path, &e);
        return;
    }
    if (!f.exists) {
        (void)err_set(&e, &sys_causes[SYS_NOT_FOUND], "there is no %s", path);
        doctor_err(d, area, path, &e);
        return;
    }
    if (is_private && f.mode & FOR_OTHERS)
        doctor_find(d, area, f.is_dir ? FINDING_WARNING : FINDING_FAILED, CAUSE(MODE), path, "its mode is %04o",
                    f.mode);
    if (!f.is_ours && is_private)
        doctor_find(d, area, FINDING_WARNING, CAUSE(OWNER), path, "it belongs to user %" PRIu32, f.owner);
    if (is_written && !f.is_writable)
        doctor_find(d, area, FINDING_FAILED, CAUSE(NOT_WRITABLE), path, "its mode is %04o", f.mode);
    if (d->count == before) doctor_ok(d, area);
}

static void look_at_folders(const struct doctor_input *in, struct doctor *d)
{
    static const char *const below[] = {"log", "lake", "spool"};
    char path[PATH_BYTES];
    look_at_file(d, AREA_INSTALLATION, in->conf->data_dir, true, true);
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        path_of(in->conf, below[i], path);
        if (fs_exists(in->fs, path)) look_at_file(d, AREA_INSTALLATION, path, false, true);
    }
}

struct written {
    const struct doctor_input *in;
    const char *dir;
    uint64_t day;
};

static bool add_written(void *arg, const char *name, bool is_dir)
{
    struct written *w = arg;
    char path[PATH_BYTES + 300];
    struct fs_stat st;
    struct err ignored;
    (void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
    bool is_new = !is_dir && w->in->fs.ops->stat(w->in->fs.ctx, path, &st, &ignored) && st.exists &&
                  st.modified_ms >= wall_ms(wall_add(w->in->now, -WALL_TICKS_PER_DAY));
    if (is_new) w->day += st.bytes;
    return true;
}

static bool add_lake_file(void *arg, const struct lake_file_record *r)
{
    struct written *w = arg;
    if (r->written.ticks >= wall_add(w->in->now, -WALL_TICKS_PER_DAY).ticks) w->day += r->bytes;
    return true;
}

static void look_at_disk(const struct doctor_input *in, struct doctor *d)
{
    char path[PATH_BYTES], reason[200];
    struct disk_facts f;
    struct err e;
    struct written w = {.in = in, .dir = path};
    path_of(in->conf, "log", path);
    if (!fs_exists(in->fs, in->conf->data_dir)) return; /* said already */
    if (fs_exists(in->fs, path)) (void)in->fs.ops->list(in->fs.ctx, path, add_written, &w, &e);
    if (in->store) (void)store_lake_file_list(in->store, add_lake_file, &w, &e);
    if (!host_disk(in->conf->data_dir, &f.free, &f.total, &e)) {
        doctor_err(d, AREA_INSTALLATION, in->conf->data_dir, &e);
        return;
    }
    f.day = w.day;
    enum finding_state state = doctor_judge_disk(&f, reason);
    if (state == FINDING_OK)
        doctor_ok(d, AREA_INSTALLATION);
    else
        doctor_find(d, AREA_INSTALLATION, state, CAUSE(DISK), in->conf->data_dir, "%s", reason);
}

static void look_at_limits(const struct doctor_input *in, struct doctor *d)
{
    uint64_t may = host_open_files(), wanted = FILES_BESIDE + FILES_PER_REQUEST * (uint64_t)in->conf->requests_at_once;
    if (may >= wanted)
        doctor_ok(d, AREA_INSTALLATION);
    else
        doctor_find(d, AREA_INSTALLATION, FINDING_WARNING, CAUSE(FILES), "ulimit -n",
                    "%" PRIu64 " may be open; %" PRIu64 " are wanted for %" PRId64 " requests at once", may, wanted,
                    in->conf->requests_at_once);
}

static bool see_newest(void *arg, const struct audit_view *entry)
{
    *(struct wall *)arg = entry->at;
    return false;
}

/* Nothing can have been written later than now. */
static void look_at_clock(const struct doctor_input *in, struct doctor *d)
{
    struct wall newest = {0};
    struct err ignored;
    char text[WALL_TEXT_BYTES];
    if (in->store) (void)store_audit_page(in->store, 0, see_newest, &newest, &ignored);
    bool is_behind = newest.ticks > wall_add(in->now, WALL_TICKS_PER_MIN).ticks;
    (void)wall_format(is_behind ? newest : in->now, text);
    if (is_behind)
        doctor_find(d, AREA_INSTALLATION, FINDING_FAILED, CAUSE(CLOCK), "clock",
                    "the audit trail's newest entry is of %s, which is still to come", text);
    else if (wall_ms(in->now) < clock_first)
        doctor_find(d, AREA_INSTALLATION, FINDING_FAILED, CAUSE(CLOCK), "clock", "it shows %s", text);
    else
        doctor_ok(d, AREA_INSTALLATION);
}

/* Where the key comes from. */
static const char *key_place(const struct conf *c)
{
    return c->key_command[0] ? c->key_command : c->key_credential[0] ? c->key_credential : c->key_file;
}

static bool is_in_key_file(const struct conf *c)
{
    return key_place(c) == c->key_file;
}

/* Where opening went wrong. */
static void say_why(const struct doctor_input *in, struct doctor *d)
{
    char path[PATH_BYTES];
    const struct cause *c = in->why->cause;
    bool is_key = c == &store_causes[STORE_WRONG_KEY] || strcmp(c->code, "api.no_key") == 0 ||
                  str_starts(str_of(c->code), STR("seal."));
    if (in->conf == NULL) {
        doctor_err(d, AREA_INSTALLATION, in->config_path ? in->config_path : "portcullis.yaml", in->why);
        return;
    }
    path_of(in->conf, "store.db", path);
    if (is_key)
        doctor_err(d, AREA_KEY, key_place(in->conf), in->why);
    else if (c == &sys_causes[SYS_LOCKED])
        doctor_err(d, AREA_INSTALLATION, in->conf->data_dir, in->why);
    else if (!is_in_key_file(in->conf) || fs_exists(in->fs, in->conf->key_file)) /* else that has been said */
        doctor_err(d, AREA_STORE, path, in->why);
}

void doctor_installation(const struct doctor_input *in, struct doctor *d)
{
    if (in->conf) {
        doctor_ok(d, AREA_INSTALLATION); /* its settings are understood */
        look_at_folders(in, d);
        if (is_in_key_file(in->conf)) look_at_file(d, AREA_KEY, in->conf->key_file, true, false);
        look_at_disk(in, d);
        look_at_limits(in, d);
        look_at_clock(in, d);
    }
    if (in->why) say_why(in, d);
    if (in->key) {
        char id[17];
        seal_key_id(in->key, id);
        doctor_ok(d, AREA_KEY);
        (void)snprintf(d->about[AREA_KEY], sizeof d->about[AREA_KEY], "it opens the store; its fingerprint is %s", id);
    }
}

/* ---- store and audit trail ---------------------------------------------------------------------------------------------------------- */

static void look_at_store(const struct doctor_input *in, struct doctor *d)
{
    char path[PATH_BYTES];
    struct fs_stat st = {.exists = false};
    struct err e;
    uint64_t entries;
    path_of(in->conf, "store.db", path);
    look_at_file(d, AREA_STORE, path, true, true);
    bool is_known = in->fs.ops->stat(in->fs.ctx, path, &st, &e);
    if (is_known && in->is_served && st.bytes > store_bytes_read) /* nothing may wait that long */
        (void)snprintf(d->about[AREA_STORE], sizeof d->about[AREA_STORE],
                       "opened; not read through beside the service, as it has %" PRIu64 " MiB", st.bytes >> 20);
    else if (!store_check(in->store, &e))
        doctor_err(d, AREA_STORE, path, &e);
    else
        doctor_ok(d, AREA_STORE);
    if (!store_audit_verify(in->store, &entries, &e))
        doctor_err(d, AREA_AUDIT, path, &e);
    else
        doctor_ok(d, AREA_AUDIT);
}

/* ---- log and lake -------------------------------------------------------------------------------------------------------------------- */

/* Rows wait fold_after at most; twice as long, and some minutes for a fold, is late. */
static void look_at_lag(const struct doctor_input *in, struct doctor *d, const struct log_inspected *seen)
{
    enum { FOLD_MINUTES = 10 };
    int64_t allowed = 2 * in->conf->lake_fold_ms * WALL_TICKS_PER_MS + FOLD_MINUTES * WALL_TICKS_PER_MIN;
    int64_t waited = seen->oldest.ticks ? in->now.ticks - seen->oldest.ticks : 0;
    if (in->is_served && waited > allowed)
        doctor_find(d, AREA_LAKE, FINDING_WARNING, CAUSE(LAG), "lake", "the oldest row came %" PRId64 " minutes ago",
                    waited / WALL_TICKS_PER_MIN);
    else
        doctor_ok(d, AREA_LAKE);
}

static void look_at_log(const struct doctor_input *in, struct doctor *d)
{
    char path[PATH_BYTES];
    struct err e;
    struct log_inspection q = {.bytes_max = log_bytes_read};
    struct log_inspected seen;
    path_of(in->conf, "log", path);
    bool ok = store_offset_get(in->store, "lake", &q.from, &e) && store_log_end_get(in->store, &q.named_end, &e);
    if (!ok || !log_inspect(in->fs, path, &q, &seen, &e)) {
        doctor_err(d, AREA_LOG, path, &e);
        return;
    }
    doctor_ok(d, AREA_LOG);
    (void)snprintf(d->about[AREA_LOG], sizeof d->about[AREA_LOG],
                   "whole up to the end that the store names; checksums of %" PRIu64 " bytes that wait for the lake",
                   seen.checked);
    look_at_lag(in, d, &seen);
}

static void say_missing(void *arg, const char *path, const struct err *why)
{
    doctor_err(arg, AREA_LAKE, path, why);
}

static void look_at_lake(const struct doctor_input *in, struct doctor *d)
{
    char path[PATH_BYTES];
    struct err e;
    struct lake_looked seen;
    path_of(in->conf, "lake", path);
    struct lake_look q = {in->fs, path, in->store, in->now, in->is_served, say_missing, d};
    size_t before = d->count;
    if (!lake_look(&q, &seen, &e)) {
        doctor_err(d, AREA_LAKE, path, &e);
        return;
    }
    if (seen.orphans + seen.unnamed > 0)
        doctor_find(d, AREA_LAKE, FINDING_WARNING, CAUSE(ORPHANS), path,
                    "%" PRIu64 " set aside in .orphans, %" PRIu64 " still in their places", seen.orphans, seen.unnamed);
    if (seen.dead > 0)
        doctor_find(d, AREA_LAKE, FINDING_WARNING, CAUSE(DEAD), path, "%" PRIu64 " rows are in .dead", seen.dead);
    if (d->count == before) doctor_ok(d, AREA_LAKE);
    (void)snprintf(d->about[AREA_LAKE], sizeof d->about[AREA_LAKE],
                   "%" PRIu64 " files with %" PRIu64 " bytes are where the store names them", seen.files, seen.bytes);
}

void doctor_state(const struct doctor_input *in, struct doctor *d)
{
    look_at_store(in, d);
    look_at_log(in, d);
    look_at_lake(in, d);
}
