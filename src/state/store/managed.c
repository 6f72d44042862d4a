/* Alerts at Defender as we saw them last, and what we write to them. */
#include <string.h>

#include "state/store/health.h"
#include "state/store/managed.h"
#include "state/store/notices.h"
#include "state/store/store_int.h"

bool store_managed_put(struct store *s, const struct managed_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    bool ok = run_statement(
        s, SQL_MANAGED_PUT, &conflict, e, "tttttttiiiiiiiiiiiitiiiiitttttiiitt", r->tenant_id, r->alert_id, r->incident,
        r->title, r->owner, r->determination, r->devices, r->api, r->service, r->severity, r->status, r->handled,
        r->classification, r->flags, r->comments, r->updated.ticks, r->seen.ticks, r->changed.ticks, r->changes,
        r->closed_by, r->closed.ticks, r->keep, r->state, r->wants, r->did, r->mark, r->author, r->word_class,
        r->word_determination, r->comment, r->tries, r->sent.ticks, r->due.ticks, r->error_code, r->error_text);
    if (ok && conflict) ok = err_set(e, &store_causes[STORE_GONE], "the tenant %s is not there any more", r->tenant_id);
    store_unlock(s);
    return ok;
}

static void read_managed(const struct cursor *c, struct managed_record *r)
{
    memset(r, 0, sizeof *r);
    column_text(c, 0, r->tenant_id, sizeof r->tenant_id);
    column_text(c, 1, r->alert_id, sizeof r->alert_id);
    column_text(c, 2, r->incident, sizeof r->incident);
    column_text(c, 3, r->title, sizeof r->title);
    column_text(c, 4, r->owner, sizeof r->owner);
    column_text(c, 5, r->determination, sizeof r->determination);
    column_text(c, 6, r->devices, sizeof r->devices);
    r->api = column_i64(c, 7);
    r->service = column_i64(c, 8);
    r->severity = column_i64(c, 9);
    r->status = column_i64(c, 10);
    r->handled = column_i64(c, 11);
    r->classification = column_i64(c, 12);
    r->flags = column_i64(c, 13);
    r->comments = column_i64(c, 14);
    r->updated = column_wall(c, 15);
    r->seen = column_wall(c, 16);
    r->changed = column_wall(c, 17);
    r->changes = column_i64(c, 18);
    column_text(c, 19, r->closed_by, sizeof r->closed_by);
    r->closed = column_wall(c, 20);
    r->keep = column_i64(c, 21);
    r->state = column_i64(c, 22);
    r->wants = column_i64(c, 23);
    r->did = column_i64(c, 24);
    column_text(c, 25, r->mark, sizeof r->mark);
    column_text(c, 26, r->author, sizeof r->author);
    column_text(c, 27, r->word_class, sizeof r->word_class);
    column_text(c, 28, r->word_determination, sizeof r->word_determination);
    column_text(c, 29, r->comment, sizeof r->comment);
    r->tries = column_i64(c, 30);
    r->sent = column_wall(c, 31);
    r->due = column_wall(c, 32);
    column_text(c, 33, r->error_code, sizeof r->error_code);
    column_text(c, 34, r->error_text, sizeof r->error_text);
}

bool store_managed_find(struct store *s, const char *tenant_id, const char *alert_id, struct managed_record *out,
                        bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_MANAGED_FIND, &c, e, "tt", tenant_id, alert_id)) return false;
    bool found = cursor_next(&c);
    if (found) read_managed(&c, out);
    if (!cursor_close(&c)) return false;
    *found_out = found;
    return true;
}

static bool each_managed(struct cursor *c, bool (*each)(void *arg, const struct managed_record *r), void *arg)
{
    struct managed_record r;
    while (cursor_next(c)) {
        read_managed(c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(c);
}

bool store_managed_list(struct store *s, const struct managed_query *q,
                        bool (*each)(void *arg, const struct managed_record *r), void *arg, struct err *e)
{
    struct cursor c;
    const char *tenant = q->tenant_id ? q->tenant_id : "", *incident = q->incident ? q->incident : "";
    bool by_incident = tenant[0] && incident[0] && !q->alert_id && !q->due_until.ticks;
    if (!(by_incident ? cursor_open(s, SQL_MANAGED_OF_INCIDENT, &c, e, "tt", tenant, incident)
                      : cursor_open(s, SQL_MANAGED_LIST, &c, e, "ttti", tenant, incident,
                                    q->alert_id ? q->alert_id : "", q->due_until.ticks)))
        return false;
    return each_managed(&c, each, arg);
}

bool store_managed_due(struct store *s, bool (*each)(void *arg, const char *tenant_id, struct wall due), void *arg,
                       struct err *e)
{
    struct cursor c;
    char tenant_id[GUID_BYTES];
    if (!cursor_open(s, SQL_MANAGED_DUE, &c, e, "")) return false;
    while (cursor_next(&c)) {
        column_text(&c, 0, tenant_id, sizeof tenant_id);
        if (!each(arg, tenant_id, column_wall(&c, 1))) break;
    }
    return cursor_close(&c);
}

bool store_managed_move(struct store *s, const char *tenant_id, const char *from, const char *to, int64_t resolved,
                        struct wall due, struct err *e)
{
    return run_statement(s, SQL_MANAGED_MOVE, NULL, e, "tiitt", to, resolved, due.ticks, tenant_id, from);
}

bool store_managed_drop(struct store *s, struct wall before, struct err *e)
{
    return run_statement(s, SQL_MANAGED_DROP, NULL, e, "i", before.ticks);
}

bool store_managed_taken_get(struct store *s, int64_t *out, struct err *e)
{
    struct buf text;
    bool found = false;
    buf_init(&text, 64);
    bool ok = meta_get(s, "managed.revision", &text, &found, e);
    *out = 0;
    if (ok && found && !str_to_i64(buf_str(&text), out))
        ok = err_set(e, &store_causes[STORE_CORRUPT], "how far managed alerts have been read is no number");
    buf_done(&text);
    return ok;
}

bool store_managed_taken_set(struct store *s, int64_t revision_id, struct err *e)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)revision_id);
    return meta_set(s, "managed.revision", str_of(text), e);
}

bool store_notice_is_heard(struct store *s, const char *tenant_id, const char *alert, const char *incident,
                           bool *heard_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_NOTICE_HEARD, &c, e, "titt", tenant_id, (int64_t)NOTICE_ANSWERED, alert, incident))
        return false;
    bool heard = cursor_next(&c);
    if (!cursor_close(&c)) return false;
    *heard_out = heard;
    return true;
}

enum { READINESS_NAME_BYTES = 64 };

static void readiness_name(const char *tenant_id, char out[READINESS_NAME_BYTES])
{
    (void)snprintf(out, READINESS_NAME_BYTES, "readiness:%s", tenant_id);
}

bool store_readiness_get(struct store *s, const char *tenant_id, struct buf *codes_out, struct err *e)
{
    char name[READINESS_NAME_BYTES];
    bool found = false;
    readiness_name(tenant_id, name);
    return meta_get(s, name, codes_out, &found, e);
}

bool store_readiness_set(struct store *s, const char *tenant_id, struct str codes, struct err *e)
{
    char name[READINESS_NAME_BYTES];
    readiness_name(tenant_id, name);
    return meta_set(s, name, codes, e);
}
