/* A row by itself, as ingest and the log's readers have them: copied into a window, and read by the same walk as long input. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/rows/row.h"

enum {
    ALONE_BYTES = 64 << 10, /* longer rows are read byte by byte */
    FIRST_ROWS = 4,         /* so are these: who has no more of them does not pay for the reader */
};

static bool is_ready(struct map_scratch *s)
{
    struct row_alone *r = &s->alone;
    if (r->window) return true;
    if (s->views == NULL && !row_reader_init(s)) return false;
    if (!json_index_init(&r->walk.index, ALONE_BYTES)) return false;
    r->window = malloc(ALONE_BYTES + JSON_PAD);
    return r->window != NULL;
}

/* False: it is nothing for the walk. */
static bool walk(struct map_scratch *s, struct str row)
{
    struct row_alone *r = &s->alone;
    struct json_walk_object o;
    if (row.n > ALONE_BYTES || r->rows++ < FIRST_ROWS || !is_ready(s)) return false;
    memcpy(r->window, row.p, row.n);
    memset(r->window + row.n, ' ', JSON_PAD);
    json_walk_begin(&r->walk, r->window, row.n);
    o.outer = &s->outer;
    o.inner = &s->inner;
    o.takes_lists = true;
    const char *p = r->window;
    if (*p != '{' || json_walk_object(&r->walk, &s->keys, &p, &o) != JSON_WALKED || p != r->window + row.n)
        return false;
    struct json_fields before = s->members;
    s->members = s->outer;
    s->outer = before;
    return true;
}

bool row_read(struct map_scratch *s, const struct plan *p, struct str row)
{
    s->alone.is_walked = walk(s, row);
    if (s->alone.is_walked) return row_fill(s, p, (struct str){s->alone.window, row.n});
    if (!json_fields_read(&s->members, row)) return false;
    for (size_t i = 0; i < s->members.count; i++) {
        struct json_field *m = &s->members.items[i];
        enum row_kind kind = row_kind_of(json_field_key(&s->members, m));
        if (kind != ROW_COLUMN && kind <= ROW_ODATA_CONTEXT) m->flags |= JSON_APART;
    }
    return row_fill(s, p, row);
}
