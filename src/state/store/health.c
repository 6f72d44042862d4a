/* How tenants are: what their tokens last allowed, what stands wrong, and the Tests that were made. */
#include "state/store/health.h"
#include "state/store/store_int.h"

/* ---- tokens ----------------------------------------------------------------------------------------------------------------- */

bool store_token_put(struct store *s, const struct token_record *r, struct err *e)
{
    bool conflict = false;
    int64_t seen = r->seen.ticks ? r->seen.ticks : clock_wall(&s->clock).ticks;
    if (!run_statement(s, SQL_TOKEN_PUT, &conflict, e, "ttibi", r->tenant_id, r->client_id, r->audience, r->roles,
                       seen))
        return false;
    return !conflict || err_set(e, &store_causes[STORE_GONE], "tenant %s is not there any more", r->tenant_id);
}

bool store_token_list(struct store *s, const char *tenant_id, bool (*each)(void *arg, const struct token_record *r),
                      void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_TOKEN_LIST, &c, e, "t", tenant_id)) return false;
    while (cursor_next(&c)) {
        struct token_record r = {
            .audience = column_i64(&c, 2), .roles = column_bytes(&c, 3), .seen = column_wall(&c, 4)};
        column_text(&c, 0, r.tenant_id, sizeof r.tenant_id);
        column_text(&c, 1, r.client_id, sizeof r.client_id);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_token_tidy(struct store *s, const char *tenant_id, struct err *e)
{
    return run_statement(s, SQL_TOKEN_TIDY, NULL, e, "t", tenant_id) &&
           run_statement(s, SQL_CONDITION_TIDY, NULL, e, "t", tenant_id);
}

/* ---- conditions ------------------------------------------------------------------------------------------------------------- */

bool store_condition_put(struct store *s, const struct condition_record *r, bool *is_new_out, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    int64_t since = r->since.ticks ? r->since.ticks : clock_wall(&s->clock).ticks;
    bool ok = run_statement(s, SQL_CONDITION_ADD, &conflict, e, "tttttti", r->tenant_id, r->state, r->subject, r->code,
                            r->detail, r->remedy, since);
    if (ok && conflict) ok = err_set(e, &store_causes[STORE_GONE], "tenant %s is not there any more", r->tenant_id);
    bool is_new = ok && changed_rows(s) > 0;
    if (ok && !is_new)
        ok = run_statement(s, SQL_CONDITION_SET, NULL, e, "ttttt", r->detail, r->remedy, r->tenant_id, r->state,
                           r->subject);
    store_unlock(s);
    if (is_new_out) *is_new_out = is_new;
    return ok;
}

bool store_condition_list(struct store *s, const char *tenant_id,
                          bool (*each)(void *arg, const struct condition_record *r), void *arg, struct err *e)
{
    struct cursor c;
    struct condition_record r;
    if (!cursor_open(s, SQL_CONDITION_LIST, &c, e, "t", tenant_id ? tenant_id : "")) return false;
    while (cursor_next(&c)) {
        r = (struct condition_record){.since = column_wall(&c, 6)};
        column_text(&c, 0, r.tenant_id, sizeof r.tenant_id);
        column_text(&c, 1, r.state, sizeof r.state);
        column_text(&c, 2, r.subject, sizeof r.subject);
        column_text(&c, 3, r.code, sizeof r.code);
        column_text(&c, 4, r.detail, sizeof r.detail);
        column_text(&c, 5, r.remedy, sizeof r.remedy);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_condition_remove(struct store *s, const char *tenant_id, const char *state, const char *subject,
                            bool *removed_out, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_CONDITION_REMOVE, NULL, e, "ttt", tenant_id, state, subject ? subject : "*");
    if (ok && removed_out) *removed_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------------------- */

bool store_tested_add(struct store *s, const struct tested_record *r, struct err *e)
{
    bool conflict = false;
    int64_t at = r->at.ticks ? r->at.ticks : clock_wall(&s->clock).ticks;
    bool ok = run_statement(s, SQL_TESTED_ADD, &conflict, e, "tiiiiib", r->tenant_id, at, r->is_full, r->ok, r->failed,
                            r->skipped, r->body) &&
              (conflict || run_statement(s, SQL_TESTED_DROP, NULL, e, "ti", r->tenant_id, TESTED_KEPT_MAX));
    return ok && (!conflict || err_set(e, &store_causes[STORE_GONE], "tenant %s is not there any more", r->tenant_id));
}

bool store_tested_list(struct store *s, const char *tenant_id, bool is_latest,
                       bool (*each)(void *arg, const struct tested_record *r), void *arg, struct err *e)
{
    struct cursor c;
    bool has = is_latest ? cursor_open(s, SQL_TESTED_LATEST, &c, e, "t", tenant_id ? tenant_id : "")
                         : cursor_open(s, SQL_TESTED_LIST, &c, e, "t", tenant_id ? tenant_id : "");
    if (!has) return false;
    while (cursor_next(&c)) {
        struct tested_record r = {.at = column_wall(&c, 1),
                                  .is_full = column_i64(&c, 2),
                                  .ok = column_i64(&c, 3),
                                  .failed = column_i64(&c, 4),
                                  .skipped = column_i64(&c, 5),
                                  .body = column_bytes(&c, 6)};
        column_text(&c, 0, r.tenant_id, sizeof r.tenant_id);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_tested_last_full(struct store *s, struct wall *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_TESTED_LAST_FULL, &c, e, "")) return false;
    *out = cursor_next(&c) ? column_wall(&c, 0) : (struct wall){0};
    return cursor_close(&c);
}
