#include "twin/world/replay.h"

#include <stdlib.h>

#include "kit/json/json.h"
#include "twin/causes.h"

/* The value of a member, as it stands; p == NULL: absent. */
static struct str member(struct str object, struct str key)
{
    struct json_cursor c;
    struct json_slice s;
    struct str found = STR_NONE;
    if (!json_cursor_open(&c, object) || !c.is_object) return found;
    while (json_cursor_next(&c, &s))
        if (str_eq(s.key, key)) found = s.value;
    return found;
}

static bool row_time(struct str json, struct wall *out)
{
    struct str t = member(json, STR("Timestamp"));
    return t.n > 2 && t.p[0] == '"' && wall_parse(str_sub(t, 1, t.n - 2), out);
}

static bool add(struct replay *r, size_t *cap, struct str json, int64_t ticks)
{
    if (r->count == *cap) {
        *cap = *cap ? *cap * 2 : 256;
        struct replay_row *rows = realloc(r->rows, *cap * sizeof *rows);
        if (rows == NULL) return false;
        r->rows = rows;
    }
    r->rows[r->count++] = (struct replay_row){json, ticks};
    return true;
}

bool replay_read(struct str text, const char *name, struct replay *out, struct err *e)
{
    struct replay r = {.rows = NULL};
    size_t cap = 0, line = 0;
    int64_t newest = INT64_MIN;
    for (struct str rest = text; rest.n;) {
        struct str json = str_trim(str_cut(&rest, '\n'));
        struct wall t;
        line++;
        if (json.n == 0) continue;
        bool fine = json_check(json, NULL);
        struct str properties = fine ? member(json, STR("properties")) : STR_NONE;
        if (properties.n && properties.p[0] == '{') json = properties; /* a streaming record */
        if (!fine || !row_time(json, &t) || !add(&r, &cap, json, t.ticks)) {
            replay_done(&r);
            return err_set(e, &twin_causes[TWIN_BAD_REPLAY], "%s:%zu: not a JSON object with a Timestamp", name, line);
        }
        if (t.ticks > newest) newest = t.ticks;
    }
    for (size_t i = 0; i < r.count; i++) r.rows[i].before = newest - r.rows[i].before;
    *out = r;
    return true;
}

void replay_done(struct replay *r)
{
    free(r->rows);
    *r = (struct replay){.rows = NULL};
}

struct kql_value replay_cell(struct str json, struct table_column column, struct arena *a)
{
    enum kql_type type = (enum kql_type)column.type;
    struct str raw = member(json, str_of(column_names[column.column]));
    struct wall t;
    int64_t i;
    if (raw.n == 0 || raw.p[0] == 'n') return kql_null(type);
    struct str text = raw.p[0] == '"' ? json_unescape(a, raw) : raw;
    switch (type) {
    case KQL_STRING:
    case KQL_GUID:
    case KQL_DYNAMIC: return kql_text(type, text);
    case KQL_DATETIME: return wall_parse(text, &t) ? kql_int(type, t.ticks) : kql_null(type);
    case KQL_BOOL: return kql_bool(str_eq_nocase(text, STR("true")) || str_eq(text, STR("1")));
    default: return str_to_i64(text, &i) ? kql_int(type, i) : kql_null(type);
    }
}
