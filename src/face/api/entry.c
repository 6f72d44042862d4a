#include "face/api/entry.h"

#include <string.h>

#include "face/api/installation.h"
#include "kit/base/wall.h"
#include "state/store/audit.h"

enum { DETAIL_BYTES_MAX = 2 << 20, LISTED_MAX = 100 };

/* ---- the call ---------------------------------------------------------------------------------------------------------------- */

/* Of a long text its beginning: an entry has room for every parameter, so that no change goes without one. */
void op_audit_text(struct json_writer *w, struct str text)
{
    enum { MOST = 1000 };
    size_t n = text.n < MOST ? text.n : MOST;
    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80) n--; /* whole characters */
    struct buf cut;
    buf_init(&cut, 2 * MOST);
    (void)buf_add(&cut, text.p, n);
    if (n < text.n) (void)buf_addf(&cut, "… (%zu bytes)", text.n);
    json_write_str(w, buf_str(&cut));
    buf_done(&cut);
}

static void write_value(struct json_writer *w, const struct json *v)
{
    if (v->type == JSON_ARRAY) {
        json_array_begin(w);
        for (size_t i = 0; i < v->count && i < LISTED_MAX; i++) write_value(w, &v->items[i]);
        json_array_end(w);
    } else if (v->type == JSON_STRING) {
        op_audit_text(w, v->text);
    } else {
        json_write_bool(w, v->type == JSON_TRUE);
    }
}

static void write_params(struct json_writer *w, const struct op_call *c)
{
    json_object_begin(w);
    for (const struct param *p = c->op->params; p && p->name; p++) {
        const struct json *value = json_get(c->params, p->name);
        if (value == NULL) continue;
        json_key(w, p->name);
        if (p->type == PARAM_SECRET_FILE)
            json_write_cstr(w, "(secret)");
        else
            write_value(w, value);
    }
    json_object_end(w);
}

static void write_part(struct json_writer *w, const char *key, struct str json)
{
    if (json.n == 0) return;
    json_key(w, key);
    json_write_raw(w, json);
}

/* ---- what it changed ----------------------------------------------------------------------------------------------------------- */

static void write_cell(struct json_writer *w, const struct cell *c, bool is_after)
{
    struct str text = is_after ? c->after : c->before;
    char when[WALL_TEXT_BYTES];
    int64_t number = 0;
    json_key(w, c->column);
    if (c->kind == CELL_HIDDEN)
        json_write_cstr(w, c->differs && is_after ? "(hidden, new)" : "(hidden)");
    else if (c->kind == CELL_NONE || text.p == NULL)
        json_write_null(w);
    else if (c->kind == CELL_TEXT || !str_to_i64(text, &number))
        op_audit_text(w, text);
    else if (c->kind == CELL_TIME && number > 0) {
        (void)wall_format_digits((struct wall){number}, 0, when);
        json_write_cstr(w, when);
    } else
        json_write_i64(w, number);
}

/* Of a row that was there and is there: its key, and what is different. */
static void write_side(struct json_writer *w, const struct row_change *r, bool is_after)
{
    bool is_there = is_after ? r->is : r->was;
    json_key(w, is_after ? "after" : "before");
    if (!is_there) {
        json_write_null(w);
        return;
    }
    json_object_begin(w);
    for (size_t i = 0; i < r->count; i++)
        if (!(r->was && r->is) || r->cells[i].differs || r->cells[i].is_key) write_cell(w, &r->cells[i], is_after);
    json_object_end(w);
}

static void write_changes(struct json_writer *w, const struct witness *x)
{
    json_key(w, "changes");
    json_array_begin(w);
    for (const struct row_change *r = x->first; r; r = r->next) {
        json_object_begin(w);
        json_key(w, "of");
        json_write_cstr(w, r->table);
        write_side(w, r, false);
        write_side(w, r, true);
        json_object_end(w);
    }
    json_array_end(w);
    if (x->more) {
        json_key(w, "more_changes");
        json_write_i64(w, (int64_t)x->more);
    }
    if (x->other_count == 0) return;
    json_key(w, "other_rows");
    json_object_begin(w);
    for (size_t i = 0; i < x->other_count; i++) {
        json_key(w, x->others[i].table);
        json_write_i64(w, (int64_t)x->others[i].rows);
    }
    json_object_end(w);
}

static void write_detail(struct json_writer *w, const struct op_call *c, const struct witness *x,
                         const struct err *failure)
{
    json_object_begin(w);
    if (c->by->person[0] && strcmp(c->by->person, c->by->name) != 0) {
        json_key(w, "person");
        json_write_cstr(w, c->by->person);
    }
    if (c->by->address[0]) {
        json_key(w, "address");
        json_write_cstr(w, c->by->address);
    }
    json_key(w, "params");
    write_params(w, c);
    write_part(w, "about", c->about);
    write_part(w, "before", c->before);
    write_part(w, "after", c->after);
    if (x) write_changes(w, x);
    if (failure) {
        json_key(w, "failed");
        json_write_cstr(w, failure->cause->code);
    }
    json_object_end(w);
}

bool entry_add(const struct op_call *c, const struct witness *w, const struct err *failure, struct err *e)
{
    struct buf detail;
    struct json_writer writer;
    buf_init(&detail, DETAIL_BYTES_MAX);
    json_writer_init(&writer, &detail);
    write_detail(&writer, c, w, failure);
    bool ok = !detail.failed || err_set(e, &base_causes[BASE_NO_MEMORY], "an entry of the audit trail is too long");
    ok = ok && store_audit_add(c->installation->store, c->by->name, c->op->name, buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}
