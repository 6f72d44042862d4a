/* Consent that was asked for. */
#include <string.h>

#include "state/store/onboardings.h"
#include "state/store/store_int.h"

bool store_onboarding_put(struct store *s, struct onboarding_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s); /* over the statement and the id it gave */
    bool ok = run_statement(s, SQL_ONBOARDING_PUT, &conflict, e, "iittttttttiiiiiiitiiiiiitti", r->id, r->org_id,
                            r->nonce, r->tenant_id, r->name, r->client_id, r->cloud, r->asked_by, r->mail, r->redirect,
                            r->form, r->wants, r->lookback_ms, r->lookback_hunting_ms, r->created.ticks,
                            r->expires.ticks, r->state, r->found_id, r->answered.ticks, r->deadline.ticks, r->due.ticks,
                            r->tries, r->proofs, r->is_in, r->error_code, r->error_text, r->changed.ticks);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_GONE], "the organization of this consent is not there any more");
    else if (ok && r->id == 0)
        r->id = added_row(s);
    store_unlock(s);
    return ok;
}

static void read_onboarding(const struct cursor *c, struct onboarding_record *r)
{
    memset(r, 0, sizeof *r);
    r->id = column_i64(c, 0);
    r->org_id = column_i64(c, 1);
    column_text(c, 2, r->nonce, sizeof r->nonce);
    column_text(c, 3, r->tenant_id, sizeof r->tenant_id);
    column_text(c, 4, r->name, sizeof r->name);
    column_text(c, 5, r->client_id, sizeof r->client_id);
    column_text(c, 6, r->cloud, sizeof r->cloud);
    column_text(c, 7, r->asked_by, sizeof r->asked_by);
    column_text(c, 8, r->mail, sizeof r->mail);
    column_text(c, 9, r->redirect, sizeof r->redirect);
    r->form = column_i64(c, 10);
    r->wants = column_i64(c, 11);
    r->lookback_ms = column_i64(c, 12);
    r->lookback_hunting_ms = column_i64(c, 13);
    r->created = column_wall(c, 14);
    r->expires = column_wall(c, 15);
    r->state = column_i64(c, 16);
    column_text(c, 17, r->found_id, sizeof r->found_id);
    r->answered = column_wall(c, 18);
    r->deadline = column_wall(c, 19);
    r->due = column_wall(c, 20);
    r->tries = column_i64(c, 21);
    r->proofs = column_i64(c, 22);
    r->is_in = column_i64(c, 23);
    column_text(c, 24, r->error_code, sizeof r->error_code);
    column_text(c, 25, r->error_text, sizeof r->error_text);
    r->changed = column_wall(c, 26);
}

/* The cursor is open, and closed here. */
static bool find_one(struct cursor *c, struct onboarding_record *out, bool *found_out)
{
    bool found = cursor_next(c);
    if (found) read_onboarding(c, out);
    if (!cursor_close(c)) return false;
    *found_out = found;
    return true;
}

bool store_onboarding_find(struct store *s, int64_t id, struct onboarding_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_ONBOARDING_FIND, &c, e, "i", id) && find_one(&c, out, found_out);
}

bool store_onboarding_by_nonce(struct store *s, const char *nonce, struct onboarding_record *out, bool *found_out,
                               struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_ONBOARDING_BY_NONCE, &c, e, "t", nonce) && find_one(&c, out, found_out);
}

bool store_onboarding_list(struct store *s, const struct wall *due_until,
                           bool (*each)(void *arg, const struct onboarding_record *r), void *arg, struct err *e)
{
    struct cursor c;
    struct onboarding_record r;
    bool ok = due_until ? cursor_open(s, SQL_ONBOARDING_DUE, &c, e, "i", due_until->ticks)
                        : cursor_open(s, SQL_ONBOARDING_LIST, &c, e, "");
    if (!ok) return false;
    while (cursor_next(&c)) {
        read_onboarding(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}
