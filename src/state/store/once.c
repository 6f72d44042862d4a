#include "state/store/once.h"

#include <string.h>

#include "state/store/store_int.h"

static struct str hash_str(const uint8_t hash[ONCE_HASH_BYTES])
{
    return (struct str){(const char *)hash, ONCE_HASH_BYTES};
}

static bool find(struct store *s, struct once_record *r, bool *found_out, struct buf *answer_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_ONCE_FIND, &c, e, "b", hash_str(r->id))) return false;
    *found_out = cursor_next(&c);
    if (*found_out) {
        struct str request = column_bytes(&c, 0);
        memcpy(r->request, request.p, request.n < ONCE_HASH_BYTES ? request.n : ONCE_HASH_BYTES);
        r->state = column_i64(&c, 1);
        r->status = column_i64(&c, 2);
        (void)buf_add_str(answer_out, column_bytes(&c, 3));
    }
    return cursor_close(&c) && (!answer_out->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "an answer"));
}

static bool is_full(struct store *s, const struct once_record *r, bool *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_ONCE_COUNT, &c, e, "ii", r->kind, r->caller)) return false;
    if (cursor_next(&c)) *out = column_i64(&c, 0) >= ONCE_OF_CALLER_MAX || column_i64(&c, 1) >= ONCE_MAX;
    return cursor_close(&c);
}

static bool enter(struct store *s, struct once_record *r, bool *is_full_out, struct err *e)
{
    if (!is_full(s, r, is_full_out, e)) return false;
    if (*is_full_out) return true;
    r->state = ONCE_RUNNING;
    return run_statement(s, SQL_ONCE_ADD, NULL, e, "bbiiii", hash_str(r->id), hash_str(r->request), r->kind, r->caller,
                         store_now(s).ticks, r->state);
}

bool store_once_begin(struct store *s, struct once_record *r, bool *found_out, bool *is_full_out,
                      struct buf *answer_out, struct err *e)
{
    struct scope scope;
    const struct wall old = wall_add(store_now(s), -ONCE_KEPT_H * WALL_TICKS_PER_HOUR);
    *found_out = *is_full_out = false;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_ONCE_DROP, NULL, e, "i", old.ticks) && find(s, r, found_out, answer_out, e) &&
              (*found_out || enter(s, r, is_full_out, e));
    return scope_end(&scope, ok, e);
}

bool store_once_resume(struct store *s, const uint8_t id[ONCE_HASH_BYTES], bool *mine_out, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_ONCE_RESUME, NULL, e, "ibi", (int64_t)ONCE_RUNNING, hash_str(id),
                            (int64_t)ONCE_INTERRUPTED);
    *mine_out = ok && changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}

bool store_once_end(struct store *s, const struct once_record *r, struct str answer, struct err *e)
{
    return run_statement(s, SQL_ONCE_END, NULL, e, "iibb", r->state, r->status, answer.p ? answer : STR(""),
                         hash_str(r->id));
}

bool store_once_forget(struct store *s, const uint8_t id[ONCE_HASH_BYTES], struct err *e)
{
    return run_statement(s, SQL_ONCE_FORGET, NULL, e, "b", hash_str(id));
}

bool store_once_interrupt(struct store *s, struct err *e)
{
    return run_statement(s, SQL_ONCE_INTERRUPT, NULL, e, "ii", (int64_t)ONCE_INTERRUPTED, (int64_t)ONCE_RUNNING);
}
