#include "face/api/ops/respond/respond_view.h"

#include <stdio.h>

#include "face/api/ops/ops.h"

void view_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text && *text ? text : NULL);
}

void view_time(struct json_writer *w, const char *key, struct wall t)
{
    json_key(w, key);
    write_time(w, t);
}

void view_number(struct json_writer *w, const char *key, uint64_t n)
{
    char text[24] = "";
    if (n) (void)snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    view_text(w, key, text);
}

static void view_error(struct json_writer *w, const struct respond_error *e)
{
    view_text(w, "code", e->code);
    view_text(w, "error", e->text);
    view_text(w, "remedy", e->remedy);
}

static void view_bool(struct json_writer *w, const char *key, bool v)
{
    json_key(w, key);
    json_write_bool(w, v);
}

/* "isolate full" */
static void view_wish(struct json_writer *w, enum act_kind kind, enum act_scope scope)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s%s%s", act_kind_name(kind), scope == SCOPE_NONE ? "" : " ",
                   scope == SCOPE_NONE ? "" : act_scope_name(scope));
    view_text(w, "action", text);
}

/* Why a person is asked, in words. */
static void view_reasons(struct json_writer *w, uint32_t why)
{
    json_key(w, "why");
    json_array_begin(w);
    for (int i = 0; i < WHY_KINDS; i++)
        if (why >> i & 1) json_write_cstr(w, respond_reason_name((enum respond_reason)i));
    json_array_end(w);
}

static const char *or_other(const char *text, const char *other)
{
    return *text ? text : other;
}

static void view_proof(struct json_writer *w, uint32_t proof)
{
    json_key(w, "proof");
    json_array_begin(w);
    if (proof & PROOF_STATUS) json_write_cstr(w, "the action's state");
    if (proof & PROOF_PAIR) json_write_cstr(w, "the device's newest isolate and release");
    if (proof & PROOF_MITIGATION) json_write_cstr(w, "MitigationStatus");
    json_array_end(w);
}

static void view_action_members(struct json_writer *w, const struct action *a)
{
    view_text(w, "machine_action", a->remote);
    view_text(w, "asked_by", a->by);
    view_bool(w, "adopted", a->is_adopted);
    view_proof(w, a->proof);
    json_key(w, "attempts");
    json_write_u64(w, a->attempts);
    view_time(w, "intent", a->intent);
    view_time(w, "sent", a->sent);
    view_time(w, "settled", a->settled);
}

void view_action(struct json_writer *w, const struct action *a)
{
    json_object_begin(w);
    view_number(w, "id", a->id);
    view_number(w, "decision", a->decision);
    view_text(w, "tenant_id", a->tenant);
    view_text(w, "device", a->device);
    view_text(w, "host", or_other(a->host, a->device));
    view_wish(w, a->kind, a->scope);
    view_text(w, "state", action_state_name(a->state));
    view_text(w, "outcome", action_outcome(a));
    view_text(w, "reason", a->reason);
    view_error(w, &a->error);
    view_action_members(w, a);
    json_object_end(w);
}

static void view_approvers(struct json_writer *w, const struct decision *d)
{
    json_key(w, "people_needed");
    json_write_u64(w, d->people);
    json_key(w, "approved_by");
    json_array_begin(w);
    for (int i = 0; i < APPROVERS_MAX; i++)
        if (d->by[i][0]) json_write_cstr(w, d->by[i]);
    json_array_end(w);
}

void view_decision(struct json_writer *w, const struct responder *r, const struct decision *d)
{
    const struct action *a = d->action ? responder_action(r, d->action) : NULL;
    json_object_begin(w);
    view_number(w, "id", d->id);
    view_text(w, "tenant_id", d->tenant);
    view_text(w, "incident", d->incident);
    view_text(w, "alert", d->alert);
    view_text(w, "title", d->title);
    view_text(w, "severity", severity_name(d->severity));
    view_text(w, "device", d->device);
    view_text(w, "host", or_other(d->host, d->device));
    view_text(w, "rule", d->rule);
    view_wish(w, d->wish, d->scope);
    view_text(w, "mode", mode_name(d->mode));
    view_text(w, "came", respond_came_name(d->came));
    view_text(w, "state", decision_state_name(d->state));
    view_text(w, "outcome", responder_outcome(r, d));
    view_reasons(w, d->why & ~d->approved);
    view_approvers(w, d);
    view_error(w, d->error.code[0] || a == NULL ? &d->error : &a->error);
    view_time(w, "decided", d->decided);
    view_time(w, "asked", d->asked);
    view_time(w, "ended", d->settled);
    view_number(w, "action_id", d->action);
    if (a) view_action_members(w, a);
    json_object_end(w);
}

void view_hold(struct json_writer *w, const struct hold *h)
{
    json_object_begin(w);
    view_number(w, "id", h->id);
    view_text(w, "tenant_id", h->tenant);
    view_text(w, "device", h->device);
    view_text(w, "host", or_other(h->host, h->device));
    view_text(w, "incident", h->incident);
    view_text(w, "state", hold_state_name(h->state));
    view_bool(w, "isolated", h->state == HOLD_HELD || h->state == HOLD_RELEASING);
    view_bool(w, "ours", h->is_owned);
    view_text(w, "owner", h->owner);
    view_text(w, "reason", h->reason);
    view_time(w, "since", h->since);
    view_time(w, "until", h->until);
    view_time(w, "released", h->released);
    view_text(w, "released_by", h->released_by);
    view_number(w, "decision", h->decision);
    json_key(w, "strays");
    json_write_u64(w, h->strays);
    json_object_end(w);
}
