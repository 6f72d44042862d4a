/* What a step gives: records (each applied as it is made, so that the rest of the step sees it) and questions to Defender. */
#include <inttypes.h>
#include <stdarg.h>

#include "logic/respond/engine/engine_int.h"

enum { OUT_PER_THING = 12 };

bool has_out(const struct responder *r)
{
    return r->out->record_count + OUT_PER_THING <= OUT_MAX && r->out->notice_count + OUT_PER_THING <= OUT_MAX &&
           r->out->effect_count + OUT_PER_THING <= OUT_MAX;
}

uint64_t new_id(struct responder *r)
{
    return r->last_id + 1; /* taken when its first record is applied */
}

static struct respond_record *record(struct responder *r, enum record_kind kind, const char *step, const char *by,
                                     const char *note)
{
    INVARIANT(r->out->record_count < OUT_MAX);
    struct respond_record *x = &r->out->records[r->out->record_count++];
    memset(x, 0, sizeof *x);
    x->kind = kind;
    x->at = r->now;
    COPY(x->step, step);
    COPY(x->by, by);
    COPY(x->note, note);
    return x;
}

static void apply(struct responder *r, const struct respond_record *x)
{
    struct err e;
    INVARIANT(responder_apply(r, x, &e)); /* room was asked for before anything new was begun */
}

/* A thing whose state has changed is asked about anew: what is on its way about its old state no longer counts. */
static void fresh(struct pending *p, bool has_changed)
{
    if (has_changed) *p = (struct pending){0};
}

void put_decision(struct responder *r, const struct decision *d, const char *step, const char *by, const char *note)
{
    struct respond_record *x = record(r, RECORD_DECISION, step, by, note);
    const struct decision_slot *old = slot_decision(r, d->id);
    bool has_changed = old && old->d.state != d->state;
    x->decision = *d;
    apply(r, x);
    fresh(&slot_decision(r, d->id)->p, has_changed);
}

void put_action(struct responder *r, const struct action *a, const char *step, const char *by, const char *note)
{
    struct respond_record *x = record(r, RECORD_ACTION, step, by, note);
    const struct action_slot *old = slot_action(r, a->id);
    bool has_changed = old && old->a.state != a->state;
    x->action = *a;
    apply(r, x);
    fresh(&slot_action(r, a->id)->p, has_changed);
}

void put_hold(struct responder *r, const struct hold *h, const char *step, const char *by, const char *note)
{
    struct respond_record *x = record(r, RECORD_HOLD, step, by, note);
    const struct hold_slot *old = slot_hold(r, h->id);
    bool has_changed = old && old->h.state != h->state;
    x->hold = *h;
    apply(r, x);
    fresh(&slot_hold(r, h->id)->p, has_changed);
}

void put_stop(struct responder *r, const struct stop *s, const char *step, const char *note)
{
    struct respond_record *x = record(r, RECORD_STOP, step, s->by, note);
    x->stop = *s;
    apply(r, x);
}

void put_noted(struct responder *r, const char *tenant, const char *alert, enum fact_severity severity, bool is_closed)
{
    struct respond_record *x = record(r, RECORD_NOTED, "noted", "policy", "");
    COPY(x->noted.tenant, tenant);
    COPY(x->noted.alert, alert);
    x->noted.severity = severity;
    x->noted.is_closed = is_closed;
    apply(r, x);
}

void put_merge(struct responder *r, const struct merge *m)
{
    struct respond_record *x = record(r, RECORD_MERGE, "merged", "defender", "");
    x->merge = *m;
    apply(r, x);
}

void put_order(struct responder *r, const char *id, uint64_t ref, const char *by)
{
    struct respond_record *x = record(r, RECORD_ORDER, "ordered", by, "");
    COPY(x->order.id, id);
    x->order.ref = ref;
    apply(r, x);
}

/* ---- questions ---------------------------------------------------------------------------------------------------------- */

struct effect *ask(struct responder *r, struct pending *p, enum effect_kind kind, uint64_t ref, const char *tenant,
                   const char *device)
{
    INVARIANT(r->out->effect_count < OUT_MAX);
    struct effect *x = &r->out->effects[r->out->effect_count++];
    memset(x, 0, sizeof *x);
    x->kind = kind;
    x->number = ++r->last_effect;
    x->ref = ref;
    COPY(x->tenant, tenant);
    COPY(x->device, device);
    if (p) {
        p->effect = x->number;
        p->kind = kind;
        p->since = r->now;
        p->next = (struct wall){0};
    }
    return x;
}

void look_decision(struct responder *r, struct decision_slot *s)
{
    const struct decision *d = &s->d;
    struct effect *x = ask(r, &s->p, EFFECT_LOOK, d->id, d->tenant, d->device);
    if (*d->alert) x->look |= LOOK_ALERT;
    x->look |= *d->device ? LOOK_MACHINE | LOOK_ACTIONS : LOOK_HOST;
    COPY(x->alert, d->alert);
    COPY(x->host, d->host);
    x->is_incident = d->is_incident;
}

void look_action(struct responder *r, struct action_slot *s)
{
    const struct action *a = &s->a;
    const struct decision_slot *d = slot_decision(r, a->decision);
    struct effect *x = ask(r, &s->p, EFFECT_LOOK, a->id, a->tenant, a->device);
    x->look = LOOK_ACTIONS;
    COPY(x->remote, a->remote);
    COPY(x->host, a->host);
    if ((a->state != ACTION_WAITING && a->state != ACTION_LOST) || !a->is_unattended || d == NULL) return;
    x->look |= LOOK_MACHINE; /* it may be posted again: on ground as firm as the first time */
    if (*d->d.alert) x->look |= LOOK_ALERT;
    COPY(x->alert, d->d.alert);
    x->is_incident = d->d.is_incident;
}

void look_hold(struct responder *r, struct hold_slot *s)
{
    const struct hold *h = &s->h;
    const struct respond_tenant *t = tenant_or_off(r, h->tenant);
    const struct action_slot *a = slot_action(r, h->action);
    const struct decision_slot *d = slot_decision(r, h->decision);
    struct effect *x = ask(r, &s->p, EFFECT_LOOK, h->id, h->tenant, h->device);
    x->look = LOOK_ACTIONS;
    COPY(x->host, h->host);
    if (h->state != HOLD_HELD) return;
    if (t->has_hunting && a && !(a->a.proof & PROOF_MITIGATION)) x->look |= LOOK_MITIGATION;
    if (t->auto_release && h->is_owned && is_due(h->until, r->now) && d && *d->d.alert) {
        x->look |= LOOK_ALERT;
        COPY(x->alert, d->d.alert);
        x->is_incident = d->d.is_incident;
    }
}

void marker(const struct responder *r, uint64_t action, char *out, size_t size)
{
    (void)snprintf(out, size, "Portcullis %s/%" PRIu64 " ", r->installation, action);
}

bool is_marked(const struct responder *r, const char *comment, uint64_t *action_out)
{
    char start[R_NAME + 32];
    struct str c = str_of(comment), digits;
    (void)snprintf(start, sizeof start, "Portcullis %s/", r->installation);
    size_t at = str_find(c, str_of(start), 0);
    if (at == SIZE_MAX) return false;
    c = str_sub(c, at + strlen(start), SIZE_MAX);
    digits = str_cut(&c, ' ');
    return str_to_u64(digits, action_out);
}

void post_action(struct responder *r, struct action_slot *s)
{
    const struct action *a = &s->a;
    struct effect *x = ask(r, &s->p, EFFECT_POST, a->id, a->tenant, a->device);
    char mark[R_NAME + 64];
    marker(r, a->id, mark, sizeof mark);
    x->act = a->kind;
    x->scope = a->scope;
    COPY(x->sha1, a->sha1);
    COPY(x->host, a->host);
    (void)snprintf(x->comment, sizeof x->comment, "%.120s%.60s: %.130s", mark, a->by, a->reason);
}

/* A cancellation is not awaited: the device's actions tell what became of it. */
void cancel_action(struct responder *r, struct action_slot *s, const char *remote)
{
    const struct action *a = &s->a;
    struct effect *x = ask(r, NULL, EFFECT_CANCEL, a->id, a->tenant, a->device);
    char mark[R_NAME + 64];
    marker(r, a->id, mark, sizeof mark);
    COPY(x->remote, remote);
    (void)snprintf(x->comment, sizeof x->comment, "%scancelled: the device is released, or one attempt is enough",
                   mark);
}

bool take_answer(struct pending *p, const struct respond_event *ev)
{
    if (p->effect == 0 || p->effect != ev->effect) return false;
    p->effect = 0;
    return true;
}

void again_in(struct responder *r, struct pending *p, int64_t ms)
{
    p->next = later(r->now, ms);
}

/* ---- times and texts ------------------------------------------------------------------------------------------------------ */

struct wall later(struct wall at, int64_t ms)
{
    return wall_add(at, ms * WALL_TICKS_PER_MS);
}

bool is_due(struct wall at, struct wall now)
{
    return at.ticks != 0 && at.ticks <= now.ticks;
}

bool is_within(struct wall at, struct wall now, int64_t ms)
{
    return at.ticks != 0 && now.ticks - at.ticks < ms * WALL_TICKS_PER_MS;
}

/* Cut where it does not fit, but never within a character of UTF-8; NULs and controls become blanks. */
void copy_str(char *out, size_t size, struct str s)
{
    size_t n = s.n < size - 1 ? s.n : size - 1;
    while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80) n--;
    for (size_t i = 0; i < n; i++) out[i] = (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i];
    out[n] = 0;
}

void set_error(struct respond_error *error, int cause, const char *fmt, ...)
{
    va_list args;
    COPY(error->code, respond_causes[cause].code);
    COPY(error->remedy, respond_causes[cause].remedy);
    va_start(args, fmt);
    (void)vsnprintf(error->text, sizeof error->text, fmt, args);
    va_end(args);
}
