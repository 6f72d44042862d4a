#include "flow/ingest/page/columns.h"

#include <string.h>

#include "kit/json/json.h"
#include "logic/ocsf/drift.h"
#include "state/store/drift.h"

bool columns_next(struct str *rest, struct str *name)
{
    if (rest->n == 0) return false;
    *name = str_cut(rest, '\n');
    return true;
}

bool columns_has(struct str list, struct str name)
{
    struct str one;
    while (columns_next(&list, &one))
        if (str_eq_nocase(one, name)) return true;
    return false;
}

static bool is_plain(struct str name)
{
    return name.n > 0 && name.n < DRIFT_NAME_BYTES && !memchr(name.p, '\\', name.n);
}

static bool read_name(struct str column, struct buf *out)
{
    struct json_cursor c;
    struct json_slice m;
    if (!json_cursor_open(&c, column)) return false;
    while (json_cursor_next(&c, &m)) {
        struct str name = str_sub(m.value, 1, m.value.n - 2);
        if (!str_eq_nocase(m.key, STR("name"))) continue;
        if (m.type != JSON_STRING || !is_plain(name)) return false;
        return (out->n == 0 || buf_add_char(out, '\n')) && buf_add_str(out, name);
    }
    return false;
}

bool columns_read(struct str schema, struct buf *out)
{
    struct json_cursor c;
    struct json_slice m;
    if (json_type_of(schema) != JSON_ARRAY || !json_cursor_open(&c, schema)) return false;
    while (json_cursor_next(&c, &m))
        if (!read_name(m.value, out)) return false;
    return out->n > 0;
}

void columns_told_done(struct columns_told *t)
{
    buf_done(&t->names);
    buf_done(&t->unknown);
}

/* ---- in the commit --------------------------------------------------------------------------------------------------------- */

static bool note(struct store *s, int64_t feed_id, enum drift_kind kind, struct str name, struct wall at, struct err *e)
{
    struct drift_record r = {.feed_id = feed_id, .since = at, .last = at};
    (void)snprintf(r.kind, sizeof r.kind, "%s", drift_kind_name(kind));
    drift_text(name, r.name, sizeof r.name);
    return store_drift_add(s, &r, e);
}

/* Those that were there and are no more; one that is back is gone no longer. */
static bool write_gone(struct store *s, int64_t feed_id, struct str old, const struct columns_told *t, struct err *e)
{
    char text[DRIFT_NAME_BYTES];
    struct str names = buf_str(&t->names), rest = old, name;
    while (columns_next(&rest, &name))
        if (!columns_has(names, name) && !note(s, feed_id, DRIFT_GONE, name, t->at, e)) return false;
    for (rest = names; old.n && columns_next(&rest, &name);) {
        drift_text(name, text, sizeof text);
        if (!columns_has(old, name) && !store_drift_remove(s, feed_id, drift_kind_name(DRIFT_GONE), text, e))
            return false;
    }
    return true;
}

bool columns_write(struct store *s, int64_t feed_id, const struct columns_told *t, struct err *e)
{
    struct buf old;
    struct str rest = buf_str(&t->unknown), name;
    buf_init(&old, 0);
    bool ok = store_columns_get(s, feed_id, &old, e) && write_gone(s, feed_id, buf_str(&old), t, e) &&
              store_columns_set(s, feed_id, buf_str(&t->names), e);
    while (ok && columns_next(&rest, &name)) ok = note(s, feed_id, DRIFT_COLUMN, name, t->at, e);
    buf_done(&old);
    return ok;
}
