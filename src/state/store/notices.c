/* The outbox of notices. */
#include "state/store/notices.h"
#include "state/store/store_int.h"

const char *const notice_kind_names[NOTICE_KINDS] = {
    [NOTICE_ALERT] = "alert",         [NOTICE_APPROVAL] = "approval", [NOTICE_UPDATE] = "update",
    [NOTICE_OUTCOME] = "outcome",     [NOTICE_FAILURE] = "failure",   [NOTICE_ALARM] = "alarm",
    [NOTICE_READINESS] = "readiness", [NOTICE_DIGEST] = "digest",     [NOTICE_TEST] = "test"};
const char *const notice_severity_names[NOTICE_SEVERITIES] = {[NOTICE_INFORMATIONAL] = "informational",
                                                              [NOTICE_LOW] = "low",
                                                              [NOTICE_MEDIUM] = "medium",
                                                              [NOTICE_HIGH] = "high",
                                                              [NOTICE_CRITICAL] = "critical"};
const char *const notice_wants_names[WANTS_COUNT] = {
    [WANTS_NOTHING] = "nothing", [WANTS_ACK] = "acknowledgement", [WANTS_APPROVAL] = "approval"};
const char *const notice_state_names[NOTICE_STATES] = {
    [NOTICE_NEW] = "new",           [NOTICE_RUNNING] = "running", [NOTICE_HELD] = "held",
    [NOTICE_STORED] = "stored",     [NOTICE_JOINED] = "joined",   [NOTICE_TOLD] = "told",
    [NOTICE_ANSWERED] = "answered", [NOTICE_UNHEARD] = "unheard", [NOTICE_EXPIRED] = "expired"};

bool store_notice_put(struct store *s, struct notice_record *r, struct err *e)
{
    static const char types[] = "ittttttt"
                                "iii"
                                "tbttt"
                                "tiiiii"
                                "tti"
                                "i";
    char add_types[sizeof types - 1]; /* without the id at the end */
    bool is_new = r->id == 0;
    memcpy(add_types, types, sizeof add_types - 1);
    add_types[sizeof add_types - 1] = 0;
    store_lock(s); /* over the statement and the id it gave */
    if (r->created.ticks == 0) r->created = clock_wall(&s->clock);
    bool ok = run_statement(s, is_new ? SQL_NOTICE_ADD : SQL_NOTICE_SET, NULL, e, is_new ? add_types : types,
                            r->created.ticks, r->tenant_id, r->organization, r->incident, r->alert, r->device,
                            r->decision, r->action, (int64_t)r->kind, (int64_t)r->severity, (int64_t)r->wants, r->title,
                            r->body, r->cause, r->remedy, r->group_key, r->route, r->expires.ticks, (int64_t)r->state,
                            r->rung, r->due.ticks, r->joined, r->answered_by, r->answer, r->answered.ticks, r->id);
    if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the notice %lld is not there any more", (long long)r->id);
    if (ok && is_new) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

/* The body stays borrowed from the row. */
static void read_notice(const struct cursor *c, struct notice_record *r)
{
    *r = (struct notice_record){.id = column_i64(c, 0),
                                .created = column_wall(c, 1),
                                .kind = (enum notice_kind)column_i64(c, 9),
                                .severity = (enum notice_severity)column_i64(c, 10),
                                .wants = (enum notice_wants)column_i64(c, 11),
                                .body = column_bytes(c, 13),
                                .expires = column_wall(c, 18),
                                .state = (enum notice_state)column_i64(c, 19),
                                .rung = column_i64(c, 20),
                                .due = column_wall(c, 21),
                                .joined = column_i64(c, 22),
                                .answered = column_wall(c, 25)};
    column_text(c, 2, r->tenant_id, sizeof r->tenant_id);
    column_text(c, 3, r->organization, sizeof r->organization);
    column_text(c, 4, r->incident, sizeof r->incident);
    column_text(c, 5, r->alert, sizeof r->alert);
    column_text(c, 6, r->device, sizeof r->device);
    column_text(c, 7, r->decision, sizeof r->decision);
    column_text(c, 8, r->action, sizeof r->action);
    column_text(c, 12, r->title, sizeof r->title);
    column_text(c, 14, r->cause, sizeof r->cause);
    column_text(c, 15, r->remedy, sizeof r->remedy);
    column_text(c, 16, r->group_key, sizeof r->group_key);
    column_text(c, 17, r->route, sizeof r->route);
    column_text(c, 23, r->answered_by, sizeof r->answered_by);
    column_text(c, 24, r->answer, sizeof r->answer);
}

bool store_notice_find(struct store *s, int64_t id, struct buf *body_out, struct notice_record *out, bool *found_out,
                       struct err *e)
{
    struct cursor c;
    struct notice_record r = {0};
    bool fits = true;
    if (!cursor_open(s, SQL_NOTICE_FIND, &c, e, "i", id)) return false;
    bool found = cursor_next(&c);
    if (found) read_notice(&c, &r);
    if (found && body_out) fits = buf_add_str(body_out, r.body);
    if (!cursor_close(&c)) return false;
    if (!fits) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading notice %lld", (long long)id);
    r.body = body_out && found ? buf_str(body_out) : STR_NONE;
    if (found) *out = r;
    *found_out = found;
    return true;
}

static const char *or_any(const char *text)
{
    return text ? text : "";
}

static enum statement list_statement(const struct notice_query *q)
{
    if (q->is_open) return SQL_NOTICE_OPEN;
    if (q->newest) return SQL_NOTICE_NEWEST;
    return q->group_key && q->group_key[0] ? SQL_NOTICE_OF_GROUP : SQL_NOTICE_LIST;
}

bool store_notice_list(struct store *s, const struct notice_query *q,
                       bool (*each)(void *arg, const struct notice_record *r), void *arg, struct err *e)
{
    struct cursor c;
    struct notice_record r;
    enum statement id = list_statement(q);
    int64_t last = (int64_t)q->newest;
    if (q->is_open) last = q->due_until.ticks ? q->due_until.ticks : INT64_MAX;
    bool has_last = id == SQL_NOTICE_OPEN || id == SQL_NOTICE_NEWEST;
    if (!cursor_open(s, id, &c, e, has_last ? "tttttiii" : "ttttti", or_any(q->tenant_id), or_any(q->incident),
                     or_any(q->group_key), or_any(q->decision), or_any(q->action), q->from.ticks, last,
                     q->is_open || q->before ? q->before : INT64_MAX))
        return false;
    while (cursor_next(&c)) {
        read_notice(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_notice_answer(struct store *s, int64_t id, const char *by, const char *answer, bool *changed_out,
                         struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_NOTICE_ANSWER, NULL, e, "ittii", (int64_t)NOTICE_ANSWERED, by, answer,
                            clock_wall(&s->clock).ticks, id);
    if (ok) *changed_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}

bool store_notice_expire(struct store *s, const char *decision, const char *action, struct err *e)
{
    return (!decision || !decision[0] ||
            run_statement(s, SQL_NOTICE_EXPIRE_DECISION, NULL, e, "it", (int64_t)NOTICE_EXPIRED, decision)) &&
           (!action || !action[0] ||
            run_statement(s, SQL_NOTICE_EXPIRE_ACTION, NULL, e, "it", (int64_t)NOTICE_EXPIRED, action));
}

bool store_notice_settle(struct store *s, const char *group_key, struct err *e)
{
    return run_statement(s, SQL_NOTICE_SETTLE, NULL, e, "it", (int64_t)NOTICE_EXPIRED, group_key);
}

bool store_notice_drop(struct store *s, struct wall before, struct err *e)
{
    return run_statement(s, SQL_NOTICE_DROP, NULL, e, "i", before.ticks);
}
