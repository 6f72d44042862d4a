/* People, their turns on duty, and ladders. */
#include "state/store/people.h"
#include "state/store/store_int.h"

static struct wall or_now(const struct store *s, struct wall t)
{
    return t.ticks ? t : clock_wall(&s->clock);
}

bool store_person_put(struct store *s, struct person_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s); /* over the statement and the id it gave */
    int64_t created = or_now(s, r->created).ticks;
    bool ok = r->id == 0 ? run_statement(s, SQL_PERSON_ADD, &conflict, e, "ttttti", r->name, r->mail, r->phone, r->role,
                                         r->pin_hash, created)
                         : run_statement(s, SQL_PERSON_SET, &conflict, e, "tttttii", r->name, r->mail, r->phone,
                                         r->role, r->pin_hash, created, r->id);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "there is a person \"%s\" already", r->name);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "%s is not there any more", r->name);
    if (ok && r->id == 0) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

static void read_person(const struct cursor *c, struct person_record *r)
{
    *r = (struct person_record){.id = column_i64(c, 0), .created = column_wall(c, 6)};
    column_text(c, 1, r->name, sizeof r->name);
    column_text(c, 2, r->mail, sizeof r->mail);
    column_text(c, 3, r->phone, sizeof r->phone);
    column_text(c, 4, r->role, sizeof r->role);
    column_text(c, 5, r->pin_hash, sizeof r->pin_hash);
}

bool store_person_find(struct store *s, const char *name, struct person_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    struct person_record r = {0};
    if (!cursor_open(s, SQL_PERSON_FIND, &c, e, "t", name)) return false;
    bool found = cursor_next(&c);
    if (found) read_person(&c, &r);
    if (!cursor_close(&c)) return false;
    if (found) *out = r;
    *found_out = found;
    return true;
}

bool store_person_list(struct store *s, bool (*each)(void *arg, const struct person_record *r), void *arg,
                       struct err *e)
{
    struct cursor c;
    struct person_record r;
    if (!cursor_open(s, SQL_PERSON_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_person(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

/* A removal that says whether anything was there. */
static bool removed(struct store *s, bool ok, bool *removed_out)
{
    if (ok) *removed_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}

bool store_person_remove(struct store *s, const char *name, bool *removed_out, struct err *e)
{
    store_lock(s);
    return removed(s, run_statement(s, SQL_PERSON_REMOVE, NULL, e, "t", name), removed_out);
}

bool store_duty_add(struct store *s, struct duty_record *r, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_DUTY_ADD, NULL, e, "ttiiiiiit", r->list, r->tenant_id, r->position, (int64_t)r->days,
                            (int64_t)r->from_minute, (int64_t)r->to_minute, r->since.ticks, r->until.ticks, r->person);
    if (ok && changed_rows(s) == 0) ok = err_set(e, &store_causes[STORE_GONE], "there is no person \"%s\"", r->person);
    if (ok) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

bool store_duty_list(struct store *s, const char *list, const char *tenant_id,
                     bool (*each)(void *arg, const struct duty_record *r), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_DUTY_LIST, &c, e, "tt", list ? list : "*", tenant_id ? tenant_id : "*")) return false;
    while (cursor_next(&c)) {
        struct duty_record r = {.id = column_i64(&c, 0),
                                .position = column_i64(&c, 4),
                                .days = (unsigned)column_i64(&c, 5),
                                .from_minute = (unsigned)column_i64(&c, 6),
                                .to_minute = (unsigned)column_i64(&c, 7),
                                .since = column_wall(&c, 8),
                                .until = column_wall(&c, 9)};
        column_text(&c, 1, r.list, sizeof r.list);
        column_text(&c, 2, r.tenant_id, sizeof r.tenant_id);
        column_text(&c, 3, r.person, sizeof r.person);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_duty_remove(struct store *s, int64_t id, bool *removed_out, struct err *e)
{
    store_lock(s);
    return removed(s, run_statement(s, SQL_DUTY_REMOVE, NULL, e, "i", id), removed_out);
}

bool store_ladder_set(struct store *s, const char *ladder, const struct rung_record *rungs, size_t count, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_LADDER_CLEAR, NULL, e, "t", ladder);
    for (size_t i = 0; ok && i < count; i++)
        ok = run_statement(s, SQL_LADDER_ADD, NULL, e, "titti", ladder, rungs[i].rung, rungs[i].channel,
                           rungs[i].target, rungs[i].wait_ms);
    return scope_end(&scope, ok, e);
}

bool store_ladder_list(struct store *s, const char *ladder, bool (*each)(void *arg, const struct rung_record *r),
                       void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_LADDER_LIST, &c, e, "t", ladder ? ladder : "")) return false;
    while (cursor_next(&c)) {
        struct rung_record r = {.rung = column_i64(&c, 1), .wait_ms = column_i64(&c, 4)};
        column_text(&c, 0, r.ladder, sizeof r.ladder);
        column_text(&c, 2, r.channel, sizeof r.channel);
        column_text(&c, 3, r.target, sizeof r.target);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}
