/* A revision of an alert becomes decisions, one for each of its devices that a rule wishes to act on, and the first notice.
 * Nothing is done here: a decision begins with a look (check.c). */
#include <inttypes.h>

#include "logic/respond/engine/engine_int.h"

void wish_of(enum policy_wish w, enum act_kind *kind_out, enum act_scope *scope_out)
{
    static const struct {
        enum act_kind kind;
        enum act_scope scope;
    } wishes[WISH_COUNT] = {
        [WISH_NOTICE] = {ACT_NONE, SCOPE_NONE},
        [WISH_ISOLATE_FULL] = {ACT_ISOLATE, SCOPE_FULL},
        [WISH_ISOLATE_SELECTIVE] = {ACT_ISOLATE, SCOPE_SELECTIVE},
        [WISH_ISOLATE_UNMANAGED] = {ACT_ISOLATE, SCOPE_UNMANAGED},
        [WISH_RESTRICT] = {ACT_RESTRICT, SCOPE_NONE},
        [WISH_SCAN_QUICK] = {ACT_SCAN, SCOPE_QUICK},
        [WISH_SCAN_FULL] = {ACT_SCAN, SCOPE_FULL},
        [WISH_COLLECT] = {ACT_COLLECT, SCOPE_NONE},
        [WISH_QUARANTINE_FILE] = {ACT_QUARANTINE, SCOPE_NONE},
    };
    *kind_out = wishes[w].kind;
    *scope_out = wishes[w].scope;
}

enum policy_mode mode_of(const struct respond_tenant *t, enum policy_mode rule)
{
    return rule < t->mode ? rule : t->mode;
}

bool is_closed_alert(const struct alert_facts *f)
{
    return f->status == STATUS_RESOLVED || f->status == STATUS_REDIRECTED ||
           f->classification == CLASS_FALSE_POSITIVE || f->classification == CLASS_EXPECTED;
}

void take_rule(struct decision *d, const struct policy *p, const struct policy_verdict *v)
{
    const struct policy_rule *rule = v->rule == POLICY_NO_RULE ? NULL : policy_rule(p, (size_t)v->rule);
    wish_of(v->wish, &d->wish, &d->scope);
    if (rule == NULL) return;
    COPY_STR(d->rule, rule->name);
    d->allows_servers = rule->servers;
    d->lease_ms = rule->lease_ms > 0 ? (uint64_t)rule->lease_ms : 0;
    for (size_t i = 0; i < FAILURE_COUNT; i++)
        for (size_t k = 0; k < POLICY_FALLBACKS_MAX; k++)
            d->fallback[i][k] = (uint8_t)(k < rule->fallback_count[i] ? rule->fallback[i][k] : WISH_NOTICE);
}

const struct decision *find_key(const struct responder *r, const struct decision *like)
{
    for (size_t i = r->decisions.count; i-- > 0;) {
        const struct decision *d = &decision_at(r, i)->d;
        bool is_there = *like->device && *d->device ? strcmp(d->device, like->device) == 0
                                                    : str_eq_nocase(str_of(d->host), str_of(like->host));
        if (d->id != like->id && is_there && strcmp(d->incident, like->incident) == 0 &&
            strcmp(d->tenant, like->tenant) == 0 && strcmp(d->rule, like->rule) == 0)
            return d;
    }
    return NULL;
}

/* ---- one device ---------------------------------------------------------------------------------------------------------- */

static uint64_t signature(char kind, struct str s)
{
    char text[R_TITLE];
    size_t n = 0;
    if (s.n == 0) return 0;
    text[n++] = kind;
    for (size_t i = 0; i < s.n && n < sizeof text; i++)
        text[n++] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + ('a' - 'A') : s.p[i]);
    return hash64_of(text, n) | 1;
}

static void sign(struct decision *d, const struct alert_facts *f)
{
    size_t n = 0;
    d->signatures[n++] = signature('d', f->detector);
    d->signatures[n++] = signature('t', f->title);
    for (size_t i = 0; i < f->value_count && n < SIGNATURES_MAX; i++)
        if (f->values[i].kind == VALUE_HASH) d->signatures[n++] = signature('h', f->values[i].text);
}

static enum respond_came worse(enum respond_came a, enum respond_came b)
{
    return a > b ? a : b;
}

static void describe(const struct responder *r, struct decision *d, const struct respond_event *ev,
                     const struct fact_device *device)
{
    const struct alert_facts *f = ev->alert;
    char incident[R_ID];
    COPY(d->tenant, ev->tenant);
    COPY_STR(incident, f->incident.n ? f->incident : f->id);
    COPY(d->incident, surviving(r, ev->tenant, incident));
    COPY_STR(d->alert, f->id);
    COPY_STR(d->title, f->title);
    d->is_incident = f->object == FACT_INCIDENT;
    d->severity = f->severity;
    d->came = worse(ev->came, ev->first_came);
    d->created = f->created;
    d->first_seen = ev->first_seen;
    d->decided = r->now;
    d->phone = ev->judgement->phone;
    COPY_STR(d->route, ev->judgement->route);
    if (f->user_count > 0) COPY_STR(d->user, f->users[0].name);
    if (device == NULL) return;
    COPY_STR(d->device, device->id);
    COPY_STR(d->host, device->name);
    if (d->wish == ACT_QUARANTINE) COPY_STR(d->sha1, facts_quarantine_sha1(f, device));
}

/* There was a decision with this key. Does this revision ask anew? */
static bool is_asked_anew(const struct responder *r, const struct decision *old, const struct decision *now)
{
    const struct hold_slot *hold;
    if (!decision_is_settled(old)) return false;
    if (now->severity > old->severity || old->state == DECISION_DROPPED) return true;
    hold = slot_hold_of(r, now->tenant, now->device);
    if (hold && hold->h.state != HOLD_WATCHED) return false; /* isolated still */
    return old->state == DECISION_DONE && strcmp(old->alert, now->alert) != 0;
}

struct told { /* what the first notice says */
    uint64_t decision;
    unsigned checks, shadows, known, left;
    enum act_kind kind;
    enum act_scope scope;
};

static void decide_device(struct responder *r, const struct respond_event *ev, size_t i, struct told *told)
{
    const struct policy_verdict *v = &ev->judgement->devices[i];
    const struct respond_tenant *t = tenant_or_off(r, ev->tenant);
    const struct decision *old;
    struct decision d = {.state = DECISION_CHECKING, .mode = mode_of(t, v->mode)};
    char note[R_TEXT];
    take_rule(&d, ev->policy, v);
    describe(r, &d, ev, &ev->alert->devices[i]);
    if (v->needs_machine) d.rule[0] = 0; /* which one it is, the machine will tell */
    old = find_key(r, &d);
    if (old && !is_asked_anew(r, old, &d)) {
        told->known++;
        if (told->decision == 0) told->decision = old->id;
        return;
    }
    if (old) d.round = old->round + 1;
    if (told->checks + told->shadows >= RESPOND_DEVICES_MAX || !has_out(r) || !has_room(r, RECORD_DECISION)) {
        told->left++;
        return;
    }
    d.id = new_id(r);
    sign(&d, ev->alert);
    (void)snprintf(note, sizeof note, "rule \"%s\" wishes %s", d.rule, doing(d.wish, d.scope));
    begin_check(r, &d, "decided", "policy", note);
    breaker_look(r, &slot_decision(r, d.id)->d);
    if (told->decision == 0) told->decision = d.id;
    told->kind = d.wish;
    told->scope = d.scope;
    if (d.mode == MODE_SHADOW)
        told->shadows++;
    else
        told->checks++;
}

/* ---- an alert --------------------------------------------------------------------------------------------------------------- */

/* A rule wishes to act, and there is nothing to act on. From an endpoint that is a failure; from elsewhere it is so. */
static void no_device(struct responder *r, const struct respond_event *ev, struct told *told)
{
    const struct policy_verdict *v = &ev->judgement->alert;
    bool is_endpoint = ev->alert->service == SERVICE_ENDPOINT;
    struct decision d = {.state = DECISION_REFUSED, .settled = r->now};
    struct respond_notice *n;
    d.mode = mode_of(tenant_or_off(r, ev->tenant), v->mode);
    take_rule(&d, ev->policy, v);
    describe(r, &d, ev, NULL);
    const struct decision *old = find_key(r, &d);
    if (d.mode == MODE_OFF || (old && d.severity <= old->severity) || !has_room(r, RECORD_DECISION)) return;
    d.id = new_id(r);
    told->decision = d.id;
    if (is_endpoint)
        set_error(&d.error, RESPOND_NO_DEVICE, "the alert names no device that is its own: %s was not possible",
                  doing(d.wish, d.scope));
    else
        set_error(&d.error, RESPOND_NOT_APPLICABLE, "the alert is not about a device");
    put_decision(r, &d, is_endpoint ? "refused" : "not-applicable", "policy", d.error.text);
    if (!is_endpoint) return;
    n = tell_decision(r, &d, TELL_FAILURE, "NOT ISOLATED, no device",
                      "A rule wishes %s, and the alert names no device.", doing(d.wish, d.scope));
    n->phone = d.phone;
    tell_error(n, &d.error);
}

static void drop_open(struct responder *r, const struct respond_event *ev, const char *alert)
{
    for (size_t i = 0; i < r->decisions.count && has_out(r); i++) {
        struct decision d = decision_at(r, i)->d;
        if (decision_is_settled(&d) || d.state == DECISION_ACTING || strcmp(d.alert, alert) != 0 ||
            strcmp(d.tenant, ev->tenant) != 0)
            continue;
        settle_decision(r, d.id, DECISION_DROPPED, "dropped", "defender", "the alert was closed");
    }
}

static void write_does(const struct responder *r, const struct respond_event *ev, const struct told *told, char *out,
                       size_t size)
{
    const char *what = doing(told->kind, told->scope);
    bool wishes = ev->judgement->alert.wish != WISH_NOTICE;
    size_t n = 0;
    if (told->checks)
        n = (size_t)snprintf(out, size, "%s of %u device%s is being checked; the outcome follows", what, told->checks,
                             told->checks == 1 ? "" : "s");
    else if (told->shadows)
        n = (size_t)snprintf(out, size, "nothing: in shadow mode; %s would be checked", what);
    else if (told->known)
        n = (size_t)snprintf(out, size, "decided before");
    else if (wishes && tenant_or_off(r, ev->tenant)->mode == MODE_OFF)
        n = (size_t)snprintf(out, size, "nothing: automatic remediation is off for this tenant");
    else if (wishes)
        n = (size_t)snprintf(out, size, "nothing: the alert names no device that may be acted on unattended");
    else
        n = (size_t)snprintf(out, size, "nothing is done; you are told");
    if (told->left && n < size)
        (void)snprintf(out + n, size - n, "; %u more devices are NOT decided: look at the alert", told->left);
}

/* Old news: what came by look-back, pull, file or replay. Told once, in a digest, and never more, unless it rises. */
static bool is_old_news(const struct respond_event *ev, bool is_risen)
{
    if (MUTANT(ACT_ON_LOOK_BACK)) return false;
    if (ev->came >= CAME_LOOK_BACK) return true;
    return ev->first_came >= CAME_LOOK_BACK && !is_risen;
}

static void decide_open(struct responder *r, const struct respond_event *ev, const char *alert, bool is_new,
                        bool is_risen)
{
    const struct judgement *j = ev->judgement;
    const struct respond_tenant *t = tenant_or_off(r, ev->tenant);
    struct told told = {0};
    char does[R_TEXT];
    bool has_eligible = false, is_taken = j->alert.rule != POLICY_NO_RULE;
    for (size_t i = 0; i < j->device_count && i < ev->alert->device_count; i++) {
        const struct policy_verdict *v = &j->devices[i];
        if (!device_is_eligible(&ev->alert->devices[i])) continue;
        if (ev->alert->devices[i].id.n == 0 && ev->alert->devices[i].name.n == 0) continue;
        has_eligible = true;
        if (v->wish == WISH_NOTICE && !v->needs_machine) continue;
        if (mode_of(t, v->mode) != MODE_OFF) decide_device(r, ev, i, &told);
    }
    if (!has_eligible && j->alert.wish != WISH_NOTICE) no_device(r, ev, &told);
    if (is_new || is_risen) put_noted(r, ev->tenant, alert, ev->alert->severity, false);
    if (ev->alert->object == FACT_INCIDENT && !is_taken) return; /* its alerts are told */
    if (!is_new && !is_risen && told.checks + told.shadows + told.left == 0) return;
    write_does(r, ev, &told, does, sizeof does);
    tell_alert(r, ev, j->severity, told.decision, does, !is_new);
}

void decide_alert(struct responder *r, const struct respond_event *ev)
{
    const struct alert_facts *f = ev->alert;
    char alert[R_ID];
    COPY_STR(alert, f->id);
    const struct noted *noted = find_noted(r, ev->tenant, alert);
    bool is_new = noted == NULL, is_risen = noted && f->severity > noted->severity;
    bool was_closed = noted && noted->is_closed;
    if (is_closed_alert(f)) {
        drop_open(r, ev, alert);
        if (is_new || !was_closed) put_noted(r, ev->tenant, alert, f->severity, true);
        return;
    }
    if (is_old_news(ev, is_risen)) {
        if (!is_new) return;
        tell_digest(r, ev);
        put_noted(r, ev->tenant, alert, f->severity, false);
        return;
    }
    decide_open(r, ev, alert, is_new, is_risen || was_closed);
}

void decide_incident(struct responder *r, const struct respond_event *ev)
{
    struct merge m = {0};
    COPY(m.tenant, ev->tenant);
    COPY(m.from, ev->from);
    COPY(m.to, ev->to);
    if (*m.from == 0 || *m.to == 0 || strcmp(m.from, m.to) == 0) return;
    if (strcmp(surviving(r, m.tenant, m.from), surviving(r, m.tenant, m.to)) == 0) return;
    put_merge(r, &m);
}
