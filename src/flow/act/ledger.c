/* The ledger: records there and back; and the notices that go into the outbox beside them. */
#include <stdlib.h>
#include <string.h>

#include "flow/act/act_int.h"
#include "flow/act/own_event.h"
#include "state/store/notices.h"
#include "state/store/response.h"

static const char *const record_names[RECORD_KINDS] = {
    [RECORD_DECISION] = "decision", [RECORD_ACTION] = "action", [RECORD_HOLD] = "hold",   [RECORD_STOP] = "stop",
    [RECORD_NOTED] = "noted",       [RECORD_MERGE] = "merge",   [RECORD_ORDER] = "order",
};

static const char *tenant_in(const struct respond_record *r)
{
    switch (r->kind) {
    case RECORD_DECISION: return r->decision.tenant;
    case RECORD_ACTION: return r->action.tenant;
    case RECORD_HOLD: return r->hold.tenant;
    case RECORD_STOP: return r->stop.tenant;
    case RECORD_NOTED: return r->noted.tenant;
    case RECORD_MERGE: return r->merge.tenant;
    case RECORD_ORDER:
    case RECORD_KINDS: break;
    }
    return "";
}

static bool write_record(struct store *s, const struct respond_record *r, struct err *e)
{
    struct ledger_record row = {.at = r->at};
    struct buf text;
    buf_init(&text, 0);
    (void)str_copy(str_of(tenant_in(r)), row.tenant_id, sizeof row.tenant_id);
    (void)str_copy(str_of(r->kind < RECORD_KINDS ? record_names[r->kind] : ""), row.kind, sizeof row.kind);
    respond_record_id(r, row.subject);
    bool ok = respond_record_format(r, &text) || err_set(e, &base_causes[BASE_NO_MEMORY], "writing the ledger");
    row.body = buf_str(&text);
    ok = ok && store_ledger_add(s, &row, e);
    buf_done(&text);
    return ok;
}

/* ---- notices ----------------------------------------------------------------------------------------------------------- */

static const enum notice_kind notice_kinds[] = {
    [TELL_ALERT] = NOTICE_ALERT,     [TELL_APPROVAL] = NOTICE_APPROVAL, [TELL_UPDATE] = NOTICE_UPDATE,
    [TELL_OUTCOME] = NOTICE_OUTCOME, [TELL_FAILURE] = NOTICE_FAILURE,   [TELL_ALARM] = NOTICE_ALARM,
    [TELL_DIGEST] = NOTICE_DIGEST,
};
static const enum notice_severity notice_severities[SEVERITY_COUNT] = {
    [SEVERITY_UNKNOWN] = NOTICE_MEDIUM, /* rather too loud */
    [SEVERITY_INFORMATIONAL] = NOTICE_INFORMATIONAL,
    [SEVERITY_LOW] = NOTICE_LOW,
    [SEVERITY_MEDIUM] = NOTICE_MEDIUM,
    [SEVERITY_HIGH] = NOTICE_HIGH,
};
static const enum notice_wants notice_wants[] = {
    [TELL_NOTHING] = WANTS_NOTHING, [TELL_ACK] = WANTS_ACK, [TELL_ANSWER] = WANTS_APPROVAL};

static void number_to(uint64_t n, char out[64])
{
    if (n) (void)snprintf(out, 64, "%llu", (unsigned long long)n);
}

static bool write_notice(struct store *s, const struct respond_notice *n, const struct context *c, struct err *e)
{
    const struct context_tenant *t = context_tenant(c, n->tenant);
    struct notice_record r = {.kind = notice_kinds[n->kind],
                              .severity = n->phone ? NOTICE_CRITICAL : notice_severities[n->severity],
                              .wants = notice_wants[n->wants],
                              .body = str_of(n->body),
                              .expires = n->expires};
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", n->tenant);
    (void)snprintf(r.organization, sizeof r.organization, "%s", t ? t->tenant->org_name : "");
    (void)snprintf(r.incident, sizeof r.incident, "%s", n->incident);
    (void)snprintf(r.alert, sizeof r.alert, "%s", n->alert);
    (void)snprintf(r.device, sizeof r.device, "%s", n->device);
    (void)snprintf(r.title, sizeof r.title, "%s", n->title);
    (void)snprintf(r.cause, sizeof r.cause, "%s", n->code);
    (void)snprintf(r.remedy, sizeof r.remedy, "%s", n->remedy);
    (void)snprintf(r.group_key, sizeof r.group_key, "%.127s", n->group);
    (void)snprintf(r.route, sizeof r.route, "%s", n->route);
    number_to(n->decision, r.decision);
    number_to(n->action, r.action);
    return store_notice_put(s, &r, e);
}

/* What waits for an answer about something that is settled is not asked any more. */
static bool expire_questions(struct store *s, const struct respond_record *r, struct err *e)
{
    char id[64] = "";
    bool is_decision = r->kind == RECORD_DECISION && decision_is_settled(&r->decision);
    bool is_action = r->kind == RECORD_ACTION && action_is_settled(&r->action);
    if (!is_decision && !is_action) return true;
    number_to(is_decision ? r->decision.id : r->action.id, id);
    return store_notice_expire(s, is_decision ? id : "", is_action ? id : "", e);
}

bool ledger_write(struct store *s, const struct respond_out *out, const struct context *c, struct err *e)
{
    for (size_t i = 0; i < out->record_count; i++)
        if (!write_record(s, &out->records[i], e) || !own_event_record(s, &out->records[i], e) ||
            !expire_questions(s, &out->records[i], e))
            return false;
    for (size_t i = 0; i < out->notice_count; i++)
        if (!write_notice(s, &out->notices[i], c, e)) return false;
    return true;
}

/* ---- back -------------------------------------------------------------------------------------------------------------- */

struct loading {
    struct responder *responder;
    struct respond_record *record; /* large */
    bool ok;
    struct err *e;
};

static bool apply(void *arg, const struct ledger_record *r)
{
    struct loading *l = arg;
    l->ok = respond_record_parse(r->body, l->record, l->e) && responder_apply(l->responder, l->record, l->e);
    if (!l->ok) (void)err_context(l->e, "entry %llu of the ledger", (unsigned long long)r->seq);
    return l->ok;
}

bool ledger_load(struct store *s, struct responder *r, struct err *e)
{
    struct loading l = {.responder = r, .record = malloc(sizeof *l.record), .ok = true, .e = e};
    if (l.record == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the ledger");
    bool ok = store_ledger_list(s, 0, NULL, true, apply, &l, e) && l.ok;
    free(l.record);
    return ok;
}

bool act_load(struct store *s, struct responder **out, struct err *e)
{
    struct responder_opts o = {.installation = store_id(s)};
    struct responder *r;
    if (!responder_new(&o, &r, e)) return false;
    if (!ledger_load(s, r, e)) {
        responder_free(r);
        return false;
    }
    *out = r;
    return true;
}
