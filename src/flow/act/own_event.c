#include "flow/act/own_event.h"

#include <inttypes.h>
#include <string.h>

#include "flow/act/manage.h"
#include "kit/json/json.h"
#include "state/store/managed.h"
#include "state/store/response.h"

enum { ROW_BYTES = 2048 };

/* Empty and zero members are left out. */
static void text(struct json_writer *w, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0') return;
    json_key(w, key);
    json_write_cstr(w, value);
}

static void number(struct json_writer *w, const char *key, uint64_t value)
{
    if (value == 0) return;
    json_key(w, key);
    json_write_u64(w, value);
}

static void flag(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_write_bool(w, value);
}

static void when(struct json_writer *w, const char *key, struct wall at)
{
    char words[WALL_TEXT_BYTES];
    if (at.ticks == 0) return;
    wall_format(at, words);
    text(w, key, words);
}

static void reasons(struct json_writer *w, const char *key, uint32_t mask)
{
    if (mask == 0) return;
    json_key(w, key);
    json_array_begin(w);
    for (unsigned i = 0; i < WHY_KINDS; i++)
        if (mask >> i & 1) json_write_cstr(w, respond_reason_name((enum respond_reason)i));
    json_array_end(w);
}

static void error(struct json_writer *w, const struct respond_error *x)
{
    text(w, "ErrorCode", x->code);
    text(w, "ErrorText", x->text);
    text(w, "Remedy", x->remedy);
}

/* What was done and to what; "none" of either says nothing. */
static void deed(struct json_writer *w, enum act_kind kind, enum act_scope scope)
{
    if (kind != ACT_NONE) text(w, "Action", act_kind_name(kind));
    if (scope != SCOPE_NONE) text(w, "Scope", act_scope_name(scope));
}

static void device(struct json_writer *w, const char *id, const char *host)
{
    text(w, "DeviceId", id);
    text(w, "DeviceName", host);
}

static void write_decision(struct json_writer *w, const struct decision *d)
{
    text(w, "State", decision_state_name(d->state));
    number(w, "Number", d->id);
    number(w, "ActionNumber", d->action);
    deed(w, d->wish, d->scope);
    device(w, d->device, d->host);
    text(w, d->is_incident ? "IncidentId" : "AlertId", d->alert);
    if (!d->is_incident) text(w, "IncidentId", d->incident);
    text(w, "Title", d->title);
    text(w, "Severity", severity_name(d->severity));
    text(w, "AccountName", d->user);
    text(w, "Rule", d->rule);
    text(w, "Mode", mode_name(d->mode));
    text(w, "Came", respond_came_name(d->came));
    reasons(w, "Reasons", d->why);
    reasons(w, "ApprovedReasons", d->approved);
    text(w, "ApprovedBy", d->by[0]);
    text(w, "AlsoApprovedBy", d->by[1]);
    text(w, "AcknowledgedBy", d->acked_by);
    text(w, "FileSHA1", d->sha1);
    error(w, &d->error);
}

static void write_action(struct json_writer *w, const struct action *a)
{
    text(w, "State", action_state_name(a->state));
    text(w, "Outcome", action_outcome(a));
    number(w, "Number", a->id);
    number(w, "DecisionNumber", a->decision);
    deed(w, a->kind, a->scope);
    device(w, a->device, a->host);
    text(w, "Reason", a->reason);
    text(w, "DefenderActionId", a->remote);
    text(w, "DefenderRequestor", a->remote_by);
    flag(w, "IsAdopted", a->is_adopted);
    flag(w, "IsUnattended", a->is_unattended);
    number(w, "Attempts", a->attempts);
    when(w, "StartTime", a->intent);
    when(w, "EndTime", a->settled);
    text(w, "FileSHA1", a->sha1);
    error(w, &a->error);
}

static void write_hold(struct json_writer *w, const struct hold *h)
{
    text(w, "State", hold_state_name(h->state));
    number(w, "Number", h->id);
    number(w, "DecisionNumber", h->decision);
    number(w, "ActionNumber", h->release ? h->release : h->action);
    device(w, h->device, h->host);
    text(w, "IncidentId", h->incident);
    flag(w, "IsOwned", h->is_owned);
    text(w, "Owner", h->owner);
    text(w, "Reason", h->reason);
    text(w, "ReleasedBy", h->released_by);
    when(w, "StartTime", h->since);
    when(w, "LeaseEnd", h->until);
    when(w, "EndTime", h->released);
}

static void write_stop(struct json_writer *w, const struct stop *x)
{
    static const char *const states[STOP_STATES] = {
        [STOP_ON] = "stopped", [STOP_TRIPPED] = "tripped", [STOP_OFF] = "resumed"};
    text(w, "State", x->state < STOP_STATES ? states[x->state] : NULL);
    text(w, "Reason", x->reason);
}

static void begin(struct json_writer *w, struct buf *out, const struct store *s, const char *kind, struct wall at)
{
    buf_init(out, ROW_BYTES);
    json_writer_init(w, out);
    json_object_begin(w);
    when(w, "Timestamp", at);
    text(w, "Installation", store_id(s));
    text(w, "Kind", kind);
}

/* The commit puts the row's own id before the members. */
static bool put(struct store *s, struct json_writer *w, struct buf *row, const char *tenant_id, struct err *e)
{
    json_object_end(w);
    struct str members = str_sub(buf_str(row), 1, row->n - 2);
    bool ok = row->failed ? err_set(e, &base_causes[BASE_NO_MEMORY], "an event of our own")
                          : store_own_event_add(s, tenant_id, members, e);
    buf_done(row);
    return ok;
}

bool own_event_record(struct store *s, const struct respond_record *r, struct err *e)
{
    static const char *const kinds[RECORD_KINDS] = {
        [RECORD_DECISION] = "decision", [RECORD_ACTION] = "action", [RECORD_HOLD] = "hold", [RECORD_STOP] = "stop"};
    struct json_writer w;
    struct buf row;
    const char *tenant = "";
    if (r->kind >= RECORD_KINDS || kinds[r->kind] == NULL || strcmp(r->step, "looked") == 0) return true;
    begin(&w, &row, s, kinds[r->kind], r->at);
    text(&w, "Step", r->step);
    text(&w, "By", r->by);
    text(&w, "Note", r->note);
    switch (r->kind) {
    case RECORD_DECISION: write_decision(&w, &r->decision), tenant = r->decision.tenant; break;
    case RECORD_ACTION: write_action(&w, &r->action), tenant = r->action.tenant; break;
    case RECORD_HOLD: write_hold(&w, &r->hold), tenant = r->hold.tenant; break;
    case RECORD_STOP: write_stop(&w, &r->stop), tenant = r->stop.tenant; break;
    case RECORD_NOTED:
    case RECORD_MERGE:
    case RECORD_ORDER:
    case RECORD_KINDS: break;
    }
    return put(s, &w, &row, tenant, e);
}

bool own_event_managed(struct store *s, int64_t before, const struct managed_record *r, struct wall now, struct err *e)
{
    static const char *const wishes[] = {"", "resolve", "comment", "resolve and comment"};
    struct json_writer w;
    struct buf row;
    if (r->state == before || r->state == MANAGED_IDLE || r->state == MANAGED_SENT) return true;
    begin(&w, &row, s, "alert", now);
    text(&w, "Step", managed_state_names[r->state]);
    text(&w, "By", r->author);
    text(&w, "State", managed_state_names[r->state]);
    text(&w, "Action", wishes[r->wants & (MANAGED_RESOLVE | MANAGED_COMMENT)]);
    text(&w, "Mark", r->mark);
    text(&w, "AlertId", r->alert_id);
    text(&w, "IncidentId", r->incident);
    text(&w, "Title", r->title);
    text(&w, "Classification", r->word_class);
    text(&w, "Determination", r->word_determination);
    if (r->wants & MANAGED_COMMENT) text(&w, "Note", r->comment);
    text(&w, "ErrorCode", r->error_code);
    text(&w, "ErrorText", r->error_text);
    return put(s, &w, &row, r->tenant_id, e);
}
