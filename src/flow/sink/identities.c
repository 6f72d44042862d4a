/* Which rows are in the lake already: read back from metadata.uid of its files, before older hours are fetched again. */
#include <stdio.h>
#include <string.h>

#include "flow/sink/lake_int.h"
#include "flow/sink/pack.h"
#include "kit/json/json.h"
#include "state/store/lake.h"

enum { LINE_BYTES_MAX = 64 << 20, UID_HEX = 32 };

struct scan {
    const char *source;
    struct str tenant_part; /* "/tenant=<guid>/" */
    char first_day[11], last_day[11];
    struct wall from, to;
    void (*each)(void *arg, struct hash128 identity, struct wall time);
    void *arg;
    struct buf paths; /* a NUL behind each */
};

/* "class=…/tenant=…/day=YYYY-MM-DD/…": days compare as text. */
static bool is_wanted(const struct scan *s, struct str path)
{
    size_t tenant = str_find(path, s->tenant_part, 0);
    size_t day = str_find(path, STR("/day="), 0);
    if (tenant == SIZE_MAX || day == SIZE_MAX) return false;
    struct str name = str_sub(path, day + 5, 10);
    return str_cmp(name, str_of(s->first_day)) >= 0 && str_cmp(name, str_of(s->last_day)) <= 0;
}

static bool pick(void *arg, const struct lake_file_record *r)
{
    struct scan *s = arg;
    return !is_wanted(s, str_of(r->path)) || buf_add(&s->paths, r->path, strlen(r->path) + 1);
}

/* The value of a member of a checked object; empty when it has none. */
static struct str member(struct str object, struct str key)
{
    struct json_cursor c;
    struct json_slice slice;
    if (!json_cursor_open(&c, object) || json_type_of(object) != JSON_OBJECT) return STR_NONE;
    while (json_cursor_next(&c, &slice))
        if (str_eq(slice.key, key)) return slice.value;
    return STR_NONE;
}

static struct str unquoted(struct str s)
{
    return s.n >= 2 && s.p[0] == '"' ? str_sub(s, 1, s.n - 2) : STR_NONE;
}

/* An index may follow, of a row with several events. */
static bool read_uid(struct str uid, struct hash128 *out)
{
    struct str hex = str_sub(unquoted(uid), 0, UID_HEX);
    return hash128_from_hex(hex.p, hex.n, out);
}

bool lake_line_identity(struct str line, bool is_dead, struct hash128 *out)
{
    if (!json_check(line, NULL)) return false;
    return read_uid(member(is_dead ? line : member(line, STR("metadata")), STR("uid")), out);
}

static void scan_line(void *arg, struct str line)
{
    const struct scan *s = arg;
    struct hash128 identity;
    int64_t ms;
    if (!json_check(line, NULL)) return; /* its bytes are as we wrote them: zstd's checksum said so */
    struct str metadata = member(line, STR("metadata"));
    if (!str_eq(unquoted(member(metadata, STR("log_name"))), str_of(s->source))) return;
    if (!str_to_i64(member(line, STR("time")), &ms)) return;
    struct wall time = wall_from_ms(ms);
    if (time.ticks < s->from.ticks || time.ticks >= s->to.ticks) return;
    if (read_uid(member(metadata, STR("uid")), &identity)) s->each(s->arg, identity, time);
}

static bool scan_files(struct lake *l, struct scan *s, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    bool is_sound;
    for (const char *p = s->paths.p; p < s->paths.p + s->paths.n; p += strlen(p) + 1) {
        lake_path(l, p, path);
        if (!unpack_lines(l->opts.fs, path, LINE_BYTES_MAX, scan_line, s, &is_sound, e)) return false;
        if (!is_sound) return err_set(e, &lake_causes[LAKE_DAMAGED], "%s", path);
    }
    return true;
}

bool lake_identities(struct lake *l, const char *tenant_id, const char *source, struct wall from, struct wall to,
                     void (*each)(void *arg, struct hash128 identity, struct wall time), void *arg, struct err *e)
{
    char tenant_part[64];
    struct scan s = {.source = source, .from = from, .to = to, .each = each, .arg = arg};
    int n = snprintf(tenant_part, sizeof tenant_part, "/tenant=%s/", tenant_id);
    s.tenant_part = (struct str){tenant_part, (size_t)n};
    wall_format_day(from, s.first_day);
    wall_format_day(to, s.last_day);
    buf_init(&s.paths, 0);
    pthread_mutex_lock(&l->mutex); /* a fold would delete files under our hands */
    bool ok = store_lake_file_list(l->opts.store, pick, &s, e);
    if (ok && s.paths.failed) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "listing the lake");
    ok = ok && scan_files(l, &s, e);
    pthread_mutex_unlock(&l->mutex);
    buf_done(&s.paths);
    return ok || err_context(e, "reading identities from the lake");
}
