/* What came in, as the engine wants it: revisions of the inbox, and answers to its own effects. On a worker. */
#include <stdlib.h>
#include <string.h>

#include "flow/act/act_int.h"
#include "flow/act/alert_facts.h"
#include "flow/act/remote.h"
#include "state/store/revisions.h"

enum { ARENA_BYTES = 256 << 20, TEXT_BYTES = 64 << 20, MACHINES_MAX = 20, ACTIONS_MAX = 64, RECENT_HOURS = 12 };

/* ---- revisions ----------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *how;
    enum respond_came came;
} ways[] = {{"live", CAME_LIVE},
            {"catch-up", CAME_CATCH_UP},
            {"look-back", CAME_LOOK_BACK},
            {"pull", CAME_PULL},
            {"file", CAME_FILE}};

/* What is not known is no firm ground. */
static enum respond_came came_of(const char *how)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].how, how) == 0) return ways[i].came;
    return CAME_REPLAY;
}

static bool take_first(void *arg, const struct seen_revision *r)
{
    struct respond_event *ev = arg;
    ev->first_came = came_of(r->r.how);
    ev->first_seen = r->seen;
    return false;
}

static bool find_first(struct act *a, const struct seen_revision *seen, struct respond_event *ev, struct err *e)
{
    struct revision_query q = {
        .tenant_id = seen->tenant_id, .feed = seen->feed, .object_id = seen->r.object_id, .newest = 1};
    ev->first_came = ev->came;
    ev->first_seen = seen->seen;
    return store_revision_list(a->o.store, &q, take_first, ev, e);
}

static bool step_alert(struct act *a, const struct seen_revision *seen, struct context_tenant *t, struct alert_facts *f,
                       struct wall now, struct err *e)
{
    struct judgement *j = malloc(sizeof *j);
    struct respond_event ev = {
        .kind = EVENT_ALERT, .alert = f, .judgement = j, .policy = a->context.policy, .came = came_of(seen->r.how)};
    INVARIANT(j);
    (void)snprintf(ev.tenant, sizeof ev.tenant, "%s", seen->tenant_id);
    context_tell_whose(t, f);
    bool ok = find_first(a, seen, &ev, e);
    if (ok) {
        context_judge(&a->context, t, f, now, j);
        ok = turn_step(a, &ev, now, e);
    }
    free(j);
    return ok;
}

static bool step_merge(struct act *a, const struct alert_facts *f, const char *tenant_id, struct wall now,
                       struct err *e)
{
    struct respond_event ev = {.kind = EVENT_INCIDENT};
    (void)snprintf(ev.tenant, sizeof ev.tenant, "%s", tenant_id);
    (void)str_copy(str_sub(f->id, 0, sizeof ev.from - 1), ev.from, sizeof ev.from);
    (void)str_copy(str_sub(f->redirected, 0, sizeof ev.to - 1), ev.to, sizeof ev.to);
    return turn_step(a, &ev, now, e);
}

bool event_inbox(struct act *a, const struct seen_revision *seen, struct wall now, struct err *e)
{
    struct context_tenant *t = context_tenant(&a->context, seen->tenant_id);
    struct alert_facts f = {0};
    struct arena arena;
    enum facts_source source;
    bool ok = true;
    if (!facts_source_of(seen->feed, &source)) return true;
    if (t == NULL) return true; /* switched off: nobody decides about it */
    arena_init(&arena, ARENA_BYTES);
    alert_facts_read(&arena, source, seen->r.row, &f);
    bool is_merge = f.object == FACT_INCIDENT && f.redirected.n > 0;
    ok = context_refresh(&a->context, &a->o, a->responder, t, now, e) &&
         (is_merge ? step_merge(a, &f, seen->tenant_id, now, e) : step_alert(a, seen, t, &f, now, e));
    arena_done(&arena);
    return ok;
}

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

/* A look's parts, read; all of it lives until the step is done. */
struct reading {
    struct arena arena;
    struct alert_facts facts;
    struct judgement judgement;
    struct respond_machine machines[MACHINES_MAX];
    struct str machine_text; /* of the one machine */
    struct remote_action actions[ACTIONS_MAX];
};

static bool is_not_found(const struct part_answer *p)
{
    return p->error.cause == &defender_causes[DEFENDER_NOT_FOUND];
}

/* NULL: not readable; then the part has an error that says so. */
static const struct json *document(struct part_answer *p, struct arena *a)
{
    struct buf text;
    struct err why;
    buf_init(&text, TEXT_BYTES);
    bool ok = call_text(buf_str(&p->body), p->is_gzip, &text);
    struct str kept = ok ? arena_str(a, buf_str(&text)) : STR_NONE;
    buf_done(&text);
    const struct json *v = kept.n ? json_parse(a, kept, &why) : NULL;
    if (v == NULL)
        (void)err_set(&p->error, &defender_causes[DEFENDER_BAD_ANSWER], "%s: the answer is no JSON",
                      endpoint_rows[p->endpoint].name);
    return v;
}

static void read_alert(struct deed *d, struct reading *r, struct look *out)
{
    struct part_answer *p = &d->parts[PART_ALERT];
    struct buf text;
    out->alert_gone = is_not_found(p);
    if (out->alert_gone) out->has |= LOOK_ALERT;
    if (p->error.cause) return;
    buf_init(&text, TEXT_BYTES);
    bool ok = call_text(buf_str(&p->body), p->is_gzip, &text);
    struct str kept = ok ? arena_str(&r->arena, buf_str(&text)) : STR_NONE;
    buf_done(&text);
    if (kept.n == 0 || !alert_facts_read_any(&r->arena, kept, &r->facts)) {
        (void)err_set(&p->error, &defender_causes[DEFENDER_BAD_ANSWER], "%s: the answer is none of an alert",
                      endpoint_rows[p->endpoint].name);
        return;
    }
    out->alert = &r->facts;
    out->has |= LOOK_ALERT;
}

static void read_machine(struct deed *d, struct reading *r, struct look *out)
{
    struct part_answer *p = &d->parts[PART_MACHINE];
    const struct json *v = p->error.cause ? NULL : document(p, &r->arena);
    out->machine_gone = is_not_found(p);
    if (out->machine_gone) out->has |= LOOK_MACHINE;
    if (v == NULL || !remote_machine_read(v, &r->machines[0])) return;
    r->machine_text = v->raw;
    out->machines = r->machines;
    out->machine_count = 1;
    out->has |= LOOK_MACHINE;
}

static void read_hosts(struct deed *d, struct reading *r, struct wall now, struct look *out)
{
    struct part_answer *p = &d->parts[PART_HOST];
    const struct json *v = p->error.cause ? NULL : document(p, &r->arena), *list = json_get_nocase(v, "value");
    struct wall recent = {now.ticks - (int64_t)RECENT_HOURS * WALL_TICKS_PER_HOUR};
    if (is_not_found(p)) out->has |= LOOK_HOST; /* no recent machines at all */
    if (list == NULL || list->type != JSON_ARRAY) return;
    for (size_t i = 0; i < list->count && out->machine_count < MACHINES_MAX; i++) {
        struct respond_machine *m = &r->machines[out->machine_count];
        if (remote_machine_read(&list->items[i], m) && remote_machine_is_named(m, str_of(d->effect.host)) &&
            m->last_seen.ticks >= recent.ticks)
            out->machine_count++;
    }
    out->machines = r->machines;
    out->has |= LOOK_HOST;
}

static int newest_first(const void *a, const void *b)
{
    const struct remote_action *x = a, *y = b;
    return (x->created.ticks < y->created.ticks) - (x->created.ticks > y->created.ticks);
}

static bool is_among(const struct reading *r, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(r->actions[i].id, id) == 0) return true;
    return false;
}

static void read_actions(struct deed *d, struct reading *r, struct look *out)
{
    struct part_answer *p = &d->parts[PART_ACTIONS], *one = &d->parts[PART_ACTION];
    const struct json *v = p->error.cause ? NULL : document(p, &r->arena), *list = json_get_nocase(v, "value");
    size_t n = 0;
    if (is_not_found(p)) out->has |= LOOK_ACTIONS;
    if (list && list->type == JSON_ARRAY) out->has |= LOOK_ACTIONS;
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count && n < ACTIONS_MAX - 1; i++)
        n += remote_action_read(&list->items[i], &r->actions[n]);
    v = one->is_asked && one->error.cause == NULL ? document(one, &r->arena) : NULL;
    if (v && remote_action_read(v, &r->actions[n]) && !is_among(r, n, r->actions[n].id)) n++;
    if (one->is_asked && one->error.cause && !is_not_found(one)) out->has &= ~(uint32_t)LOOK_ACTIONS;
    qsort(r->actions, n, sizeof *r->actions, newest_first);
    out->actions = r->actions;
    out->action_count = n;
}

/* The device of the alert knows now what its machine says of itself. */
static void tell_device(struct deed *d, struct reading *r, const struct look *l)
{
    struct alert_facts *f = &r->facts;
    if (l->machine_count != 1 || r->machine_text.n == 0 || f->device_count == 0) return;
    const struct respond_machine *m = &l->machines[0];
    struct fact_device *devices = arena_alloc(&r->arena, f->device_count * sizeof *devices);
    INVARIANT(devices);
    memcpy(devices, f->devices, f->device_count * sizeof *devices);
    for (size_t i = 0; i < f->device_count; i++) {
        bool is_it = devices[i].id.n ? str_eq_nocase(devices[i].id, str_of(m->id))
                                     : remote_machine_is_named(m, devices[i].name) && d->effect.device[0] == '\0';
        if (is_it) machine_facts_read(&r->arena, r->machine_text, &devices[i]);
    }
    f->devices = devices;
}

static void read_look(struct act *a, struct deed *d, struct reading *r, struct context_tenant *t, struct wall now,
                      struct respond_event *ev)
{
    struct look *l = &ev->look;
    if (d->parts[PART_ALERT].is_asked) read_alert(d, r, l);
    if (d->parts[PART_HOST].is_asked) read_hosts(d, r, now, l);
    if (d->parts[PART_MACHINE].is_asked) read_machine(d, r, l);
    if (d->parts[PART_ACTIONS].is_asked) read_actions(d, r, l);
    if (d->parts[PART_MITIGATION].is_asked && d->parts[PART_MITIGATION].error.cause == NULL) {
        const struct json *v = document(&d->parts[PART_MITIGATION], &r->arena);
        l->is_isolated = remote_is_isolated(v);
        if (v) l->has |= LOOK_MITIGATION;
    }
    if (l->alert && t) {
        context_tell_whose(t, &r->facts);
        tell_device(d, r, l);
        context_judge(&a->context, t, &r->facts, now, &r->judgement);
        l->judgement = &r->judgement;
    }
}

/* The failure that matters: what only helps (MitigationStatus) and what is an answer (404) do not. */
static const struct part_answer *failed_part(const struct deed *d)
{
    for (int i = 0; i < PARTS; i++) {
        const struct part_answer *p = &d->parts[i];
        bool is_answer = d->effect.kind == EFFECT_LOOK && is_not_found(p);
        if (p->error.cause && i != PART_MITIGATION && !is_answer) return p;
    }
    return NULL;
}

static void tell_error(const struct err *from, struct respond_error *out)
{
    (void)snprintf(out->code, sizeof out->code, "%s", from->cause->code);
    (void)snprintf(out->text, sizeof out->text, "%.*s", (int)sizeof out->text - 1, from->text);
    (void)snprintf(out->remedy, sizeof out->remedy, "%.*s", (int)sizeof out->remedy - 1, from->cause->remedy);
}

static void judge_result(const struct deed *d, struct respond_event *ev)
{
    const struct part_answer *p = failed_part(d);
    ev->result = RESULT_OK;
    if (p == NULL) return;
    ev->result = remote_result(&p->error, d->effect.kind != EFFECT_LOOK, &ev->failure);
    ev->retry_after_ms = p->error.retry_after_ms;
    tell_error(&p->error, &ev->error);
}

bool event_answer(struct act *a, struct deed *d, struct wall now, struct err *e)
{
    struct reading *r = calloc(1, sizeof *r);
    struct context_tenant *t = context_tenant(&a->context, d->effect.tenant);
    struct respond_event ev = {
        .kind = EVENT_ANSWER, .effect = d->effect.number, .ref = d->effect.ref, .policy = a->context.policy};
    INVARIANT(r);
    arena_init(&r->arena, ARENA_BYTES);
    (void)snprintf(ev.tenant, sizeof ev.tenant, "%s", d->effect.tenant);
    bool ok = t == NULL || context_refresh(&a->context, &a->o, a->responder, t, now, e);
    if (ok && d->effect.kind == EFFECT_LOOK) {
        read_look(a, d, r, t, now, &ev);
    } else if (ok && d->parts[PART_CHANGE].is_asked && d->parts[PART_CHANGE].error.cause == NULL) {
        struct err readable = d->parts[PART_CHANGE].error;
        const struct json *v = document(&d->parts[PART_CHANGE], &r->arena);
        if (v) (void)remote_action_read(v, &ev.posted);
        d->parts[PART_CHANGE].error = readable; /* it was carried out, whatever it says */
    }
    if (ok) {
        judge_result(d, &ev);
        ok = turn_step(a, &ev, now, e);
    }
    arena_done(&r->arena);
    free(r);
    return ok;
}
