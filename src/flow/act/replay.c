#include "flow/act/replay.h"

#include "flow/act/alert_facts.h"
#include "flow/act/replay_map.h"
#include "kit/sys/thread.h"
#include "state/store/revisions.h"

enum { PIECE_ROWS = 500, PIECE_BYTES = 64 << 20, ARENA_BYTES = 32 << 20, HOUR_MAX = 1024 };

static const char *const fate_names[REPLAY_FATES] = {"acts", "asks", "shadow"};
static const char *const why_names[REPLAY_WHYS] = {"", "mode", "server", "os-unknown", "high-value", "tenant-hour"};

const char *replay_fate_name(enum replay_fate f)
{
    return fate_names[f];
}

const char *replay_why_name(enum replay_why w)
{
    return why_names[w];
}

/* ---- a run --------------------------------------------------------------------------------------------------------------- */
enum { KEY_ALERT = 1, KEY_DECISION, KEY_DEVICE, KEY_RULE_DEVICE, KEY_RULE_ALERT, KEY_TENANT };

struct alert_state { /* by the number in the map of alerts */
    int64_t updated;
    uint8_t classification;
};
struct tenant_state {
    char id[GUID_BYTES];
    struct policy_context context;
    int64_t acted[HOUR_MAX]; /* ticks of the newest decisions that act, as a ring */
    size_t acted_count;
};
struct kept_machine { /* what a machine said last */
    struct fact_device device;
    bool is_known;
};
struct piece { /* of the stored rows */
    struct seen_revision items[PIECE_ROWS];
    size_t offsets[PIECE_ROWS];
    size_t count;
    struct buf rows;
};
struct run {
    const struct replay_opts *o;
    struct replay_result *out;
    struct err *e;
    struct replay_map alerts, seen, machines, tenants;
    struct alert_state *alert_states;
    size_t alert_cap;
    uint32_t *alert_of; /* of each decision kept: its alert's number */
    size_t decision_cap;
    /* Decisions that are not kept are counted, too: their alerts, by rule. */
    struct later {
        uint32_t alert;
        int16_t rule;
    } * later;
    size_t later_count, later_cap;
    struct tenant_state **tenant_states;
    size_t tenant_count;
    struct kept_machine *machine_states;
    size_t machine_count, machine_cap;
    struct arena facts, kept; /* of one alert; of the run */
    struct policy_counter *counter;
    struct piece *pieces[2];
};

static bool no_memory(struct run *r)
{
    return err_set(r->e, &base_causes[BASE_NO_MEMORY], "policy replay");
}

/* Room for one more in an array that doubles. */
static bool grow(void **items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) return true;
    size_t wider = *cap ? 2 * *cap : 256;
    void *p = realloc(*items, wider * size);
    if (p == NULL) return false;
    *items = p;
    *cap = wider;
    return true;
}

/* ---- tenants --------------------------------------------------------------------------------------------------------------- */
static struct tenant_state *tenant_of(struct run *r, const char *id)
{
    struct replay_key k;
    bool is_new;
    replay_key_begin(&k, KEY_TENANT);
    replay_key_add(&k, str_of(id));
    uint64_t *number = replay_map_at(&r->tenants, siphash_end(&k.h), &is_new);
    if (number == NULL) {
        (void)no_memory(r);
        return NULL;
    }
    if (!is_new) return r->tenant_states[*number];
    *number = r->tenant_count;
    struct tenant_state **states = realloc(r->tenant_states, (r->tenant_count + 1) * sizeof *states);
    struct tenant_state *t = calloc(1, sizeof *t);
    if (states) r->tenant_states = states;
    if (states == NULL || t == NULL) {
        free(t);
        (void)no_memory(r);
        return NULL;
    }
    r->tenant_states[r->tenant_count++] = t;
    (void)snprintf(t->id, sizeof t->id, "%s", id);
    t->context = (struct policy_context){.mode = MODE_AUTO, .isolation = WISH_ISOLATE_FULL};
    if (r->o->tenant && !r->o->tenant(r->o->ctx, id, &t->context, r->e)) return NULL;
    t->context.counter = r->counter;
    return t;
}

/* Would one more within the hour before `at` be beyond the limit? Decisions come in the order of their revisions. */
static bool is_beyond(const struct run *r, const struct tenant_state *t, struct wall at)
{
    size_t n = 0, look = t->acted_count < HOUR_MAX ? t->acted_count : HOUR_MAX;
    if (r->o->limit_tenant_hour == 0) return false;
    for (size_t i = 0; i < look; i++) {
        int64_t ago = at.ticks - t->acted[i];
        n += ago >= 0 && ago < WALL_TICKS_PER_HOUR;
    }
    return n >= r->o->limit_tenant_hour;
}

/* ---- machines ------------------------------------------------------------------------------------------------------------- */
/* What is stored of the device's machine, read once. */
static bool load_machine(struct run *r, const char *tenant_id, struct str id, struct kept_machine *out)
{
    struct buf row;
    char object[128];
    bool found = false;
    *out = (struct kept_machine){0};
    if (!str_copy(id, object, sizeof object)) return true;
    buf_init(&row, 4 << 20);
    bool ok = store_revision_newest(r->o->store, tenant_id, "machines", object, &row, &found, r->e);
    if (ok && found && !row.failed) {
        struct str copy = arena_str(&r->kept, buf_str(&row));
        if (copy.p) machine_facts_read(&r->kept, copy, &out->device);
        out->is_known = copy.p != NULL;
    }
    buf_done(&row);
    return ok;
}

static bool machine_of(struct run *r, const char *tenant_id, struct str id, struct kept_machine *out)
{
    struct replay_key k;
    bool is_new;
    replay_key_begin(&k, KEY_DEVICE);
    replay_key_add(&k, str_of(tenant_id));
    replay_key_add(&k, id);
    uint64_t *number = replay_map_at(&r->machines, siphash_end(&k.h), &is_new);
    if (number == NULL) return no_memory(r);
    if (is_new) {
        *number = r->machine_count;
        if (!grow((void **)&r->machine_states, r->machine_count, &r->machine_cap, sizeof *r->machine_states))
            return no_memory(r);
        if (!load_machine(r, tenant_id, id, &r->machine_states[r->machine_count++])) return false;
        *out = r->machine_states[r->machine_count - 1];
        return true;
    }
    *out = r->machine_states[*number];
    return true;
}

static struct str first_of(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

static bool fill_in(struct run *r, const char *tenant_id, struct alert_facts *f)
{
    for (size_t i = 0; i < f->device_count && i < POLICY_DEVICES_MAX; i++) {
        struct fact_device *d = (struct fact_device *)&f->devices[i]; /* of our arena */
        struct kept_machine m = {0};
        if (d->id.n == 0) continue;
        if (!machine_of(r, tenant_id, d->id, &m)) return false;
        if (!m.is_known) continue;
        d->os = first_of(m.device.os, d->os);
        d->group = first_of(m.device.group, d->group);
        d->name = first_of(m.device.name, d->name);
        if (m.device.tags.count > 0) d->tags = m.device.tags;
        d->worth = m.device.worth;
        d->is_read = true;
    }
    return true;
}

/* ---- decisions -------------------------------------------------------------------------------------------------------------- */
static bool is_new_key(struct run *r, struct replay_key *k, bool *is_new)
{
    return replay_map_at(&r->seen, siphash_end(&k->h), is_new) != NULL || no_memory(r);
}

static void guard(const struct fact_device *d, const struct policy_rule *rule, struct replay_decision *x)
{
    enum fact_os os = os_kind(d->os);
    if (x->fate != REPLAY_ACTS) return;
    if (os == OS_UNKNOWN)
        x->why = REPLAY_WHY_OS;
    else if (os == OS_SERVER && !rule->servers)
        x->why = REPLAY_WHY_SERVER;
    else if (d->worth == WORTH_HIGH)
        x->why = REPLAY_WHY_VALUE;
    if (x->why != REPLAY_WHY_NONE) x->fate = REPLAY_ASKS;
}

static void copy(struct str s, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", STR_ARG(s));
}

static void describe(const struct run *r, struct tenant_state *t, const struct alert_facts *f,
                     const struct fact_device *d, const struct policy_verdict *v, struct wall at,
                     struct replay_decision *x)
{
    *x = (struct replay_decision){.at = at, .rule = v->rule, .wish = v->wish};
    x->fate = v->mode == MODE_AUTO ? REPLAY_ACTS : v->mode == MODE_APPROVE ? REPLAY_ASKS : REPLAY_SHADOW;
    if (x->fate == REPLAY_ASKS) x->why = REPLAY_WHY_MODE;
    guard(d, policy_rule(r->o->policy, (size_t)v->rule), x);
    if (x->fate == REPLAY_ACTS && is_beyond(r, t, at)) {
        x->fate = REPLAY_ASKS;
        x->why = REPLAY_WHY_LIMIT;
    }
    if (x->fate == REPLAY_ACTS) t->acted[t->acted_count++ % HOUR_MAX] = at.ticks;
    copy(str_of(t->id), x->tenant_id, sizeof x->tenant_id);
    copy(d->id, x->device_id, sizeof x->device_id);
    copy(d->name, x->device, sizeof x->device);
    copy(d->os, x->os, sizeof x->os);
    copy(f->id, x->alert, sizeof x->alert);
    copy(f->incident, x->incident, sizeof x->incident);
    copy(f->title, x->title, sizeof x->title);
}

static bool keep(struct run *r, const struct replay_decision *x, uint32_t alert)
{
    struct replay_result *out = r->out;
    out->decisions_total++;
    if (out->decision_count >= r->o->decisions_max) {
        if (!grow((void **)&r->later, r->later_count, &r->later_cap, sizeof *r->later)) return no_memory(r);
        r->later[r->later_count++] = (struct later){alert, (int16_t)x->rule};
        return true;
    }
    size_t cap = r->decision_cap;
    if (!grow((void **)&out->decisions, out->decision_count, &cap, sizeof *out->decisions) ||
        !grow((void **)&r->alert_of, out->decision_count, &r->decision_cap, sizeof *r->alert_of))
        return no_memory(r);
    r->decision_cap = cap;
    out->decisions[out->decision_count] = *x;
    r->alert_of[out->decision_count++] = alert;
    return true;
}

static struct str device_key(const struct fact_device *d)
{
    return first_of(d->id, d->name);
}

static bool count_device(struct run *r, const struct tenant_state *t, const struct fact_device *d, int rule)
{
    struct replay_key k;
    bool is_new;
    struct replay_rule *counts = &r->out->rules[rule];
    enum fact_os os = os_kind(d->os);
    replay_key_begin(&k, KEY_RULE_DEVICE + ((uint64_t)rule << 8));
    replay_key_add(&k, str_of(t->id));
    replay_key_add(&k, device_key(d));
    if (!is_new_key(r, &k, &is_new)) return false;
    counts->devices += is_new;
    counts->servers += is_new && (os == OS_SERVER || os == OS_UNKNOWN);
    return true;
}

/* One device that a rule wants something done to: once per tenant, incident, device and rule. */
static bool decide(struct run *r, struct tenant_state *t, const struct alert_facts *f, const struct fact_device *d,
                   const struct policy_verdict *v, struct wall at, uint32_t alert)
{
    struct replay_key k;
    bool is_new;
    struct replay_decision x;
    replay_key_begin(&k, KEY_DECISION + ((uint64_t)v->rule << 8));
    replay_key_add(&k, str_of(t->id));
    replay_key_add(&k, first_of(f->incident, f->id));
    replay_key_add(&k, device_key(d));
    if (!is_new_key(r, &k, &is_new)) return false;
    if (!is_new) return true;
    describe(r, t, f, d, v, at, &x);
    struct replay_rule *counts = &r->out->rules[v->rule];
    counts->decisions++;
    counts->fates[x.fate]++;
    return count_device(r, t, d, v->rule) && keep(r, &x, alert);
}

/* ---- a revision --------------------------------------------------------------------------------------------------------------- */
static bool alert_number(struct run *r, const char *tenant_id, const struct alert_facts *f, uint32_t *out)
{
    struct replay_key k;
    bool is_new;
    replay_key_begin(&k, KEY_ALERT + ((uint64_t)f->object << 8));
    replay_key_add(&k, str_of(tenant_id));
    replay_key_add(&k, f->id);
    uint64_t *number = replay_map_at(&r->alerts, siphash_end(&k.h), &is_new);
    if (number == NULL) return no_memory(r);
    if (is_new) {
        *number = r->out->alerts;
        if (!grow((void **)&r->alert_states, r->out->alerts, &r->alert_cap, sizeof *r->alert_states))
            return no_memory(r);
        r->alert_states[r->out->alerts++] = (struct alert_state){INT64_MIN, CLASS_UNKNOWN};
    }
    struct alert_state *a = &r->alert_states[*number];
    if (f->updated.ticks >= a->updated) {
        a->updated = f->updated.ticks;
        a->classification = (uint8_t)f->classification;
    }
    *out = (uint32_t)*number;
    return true;
}

/* Once per alert and rule, and whether anybody would have had to be asked. */
static bool count_alert(struct run *r, const struct judgement *j, uint32_t alert)
{
    struct replay_key k;
    bool is_new;
    size_t rule = j->alert.rule >= 0 ? (size_t)j->alert.rule : r->out->rule_count - 1;
    char number[24];
    int n = snprintf(number, sizeof number, "%u %d", alert, (int)rule);
    replay_key_begin(&k, KEY_RULE_ALERT);
    replay_key_add(&k, (struct str){number, (size_t)n});
    if (!is_new_key(r, &k, &is_new)) return false;
    r->out->rules[rule].alerts += is_new;
    bool is_open = j->alert.needs_machine;
    for (size_t i = 0; i < j->device_count; i++) is_open |= j->devices[i].needs_machine;
    if (is_new && is_open) r->out->undecided++;
    return true;
}

static bool is_open(const struct alert_facts *f)
{
    return f->status != STATUS_RESOLVED && f->classification != CLASS_FALSE_POSITIVE &&
           f->classification != CLASS_EXPECTED;
}

static bool judge_one(struct run *r, const struct seen_revision *s, struct str row)
{
    enum facts_source source;
    struct alert_facts f;
    struct judgement j;
    uint32_t alert = 0;
    if (!facts_source_of(s->feed, &source)) return true;
    struct tenant_state *t = tenant_of(r, s->tenant_id);
    if (t == NULL) return false;
    arena_reset(&r->facts);
    alert_facts_read(&r->facts, source, row, &f);
    f.tenant = str_of(t->id);
    r->out->unread += f.unread_count > 0;
    if (!fill_in(r, t->id, &f) || !alert_number(r, t->id, &f, &alert)) return false;
    t->context.now = s->r.updated;
    policy_judge(r->o->policy, &f, &t->context, &j);
    if (!count_alert(r, &j, alert)) return false;
    if (!is_open(&f)) return true;
    for (size_t i = 0; i < j.device_count; i++) {
        const struct policy_verdict *v = &j.devices[i];
        bool acts = v->rule >= 0 && v->wish != WISH_NOTICE && v->mode > MODE_OFF && v->is_eligible;
        if (acts && !decide(r, t, &f, &f.devices[i], v, s->r.updated, alert)) return false;
    }
    return true;
}

static bool take_row(void *arg, const struct seen_revision *s)
{
    struct piece *p = arg;
    p->items[p->count] = *s;
    p->offsets[p->count] = p->rows.n;
    p->items[p->count].r.row = (struct str){NULL, s->r.row.n};
    return buf_add_str(&p->rows, s->r.row) && ++p->count < PIECE_ROWS;
}

static bool run_piece(struct run *r, const struct piece *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct str row = {p->rows.p + p->offsets[i], p->items[i].r.row.n};
        if (!judge_one(r, &p->items[i], row)) return false;
    }
    r->out->revisions += p->count;
    return true;
}

/* The next piece is read while this one is judged. */
struct ahead {
    struct run *r;
    struct revision_range q;
    struct piece *piece;
    bool ok;
    struct err e;
};

static void read_ahead(void *arg)
{
    struct ahead *a = arg;
    struct piece *p = a->piece;
    p->count = 0;
    buf_reset(&p->rows);
    a->ok = store_revision_range(a->r->o->store, &a->q, take_row, p, &a->e);
    if (a->ok && p->rows.failed && p->count == 0)
        a->ok = err_set(&a->e, &base_causes[BASE_NO_MEMORY], "policy replay: a row");
    if (p->count > 0) a->q.after = p->items[p->count - 1].id;
}

static bool run_all(struct run *r)
{
    struct ahead a = {.r = r, .piece = r->pieces[0]};
    a.q = (struct revision_range){.from = r->o->from, .to = r->o->to, .tenant_id = r->o->tenant_id, .max = PIECE_ROWS};
    read_ahead(&a);
    while (a.ok && a.piece->count > 0) {
        struct piece *now = a.piece;
        struct thread *t;
        a.piece = now == r->pieces[0] ? r->pieces[1] : r->pieces[0];
        if (!thread_start(read_ahead, &a, &t, r->e)) return false;
        bool ok = run_piece(r, now);
        thread_join(t);
        if (!ok) return false;
    }
    if (!a.ok) *r->e = a.e;
    return a.ok;
}

/* How each decision's alert ended is known only now. */
static void settle(struct run *r)
{
    struct replay_result *out = r->out;
    for (size_t i = 0; i < out->decision_count; i++) {
        struct replay_decision *d = &out->decisions[i];
        d->closed_as = (enum fact_class)r->alert_states[r->alert_of[i]].classification;
        out->rules[d->rule].closed_false += d->closed_as == CLASS_FALSE_POSITIVE;
        out->rules[d->rule].closed_expected += d->closed_as == CLASS_EXPECTED;
    }
    for (size_t i = 0; i < r->later_count; i++) {
        uint8_t closed_as = r->alert_states[r->later[i].alert].classification;
        out->rules[r->later[i].rule].closed_false += closed_as == CLASS_FALSE_POSITIVE;
        out->rules[r->later[i].rule].closed_expected += closed_as == CLASS_EXPECTED;
    }
    out->tenants = r->tenant_count;
}

static void end(struct run *r)
{
    for (size_t i = 0; i < r->tenant_count; i++) free(r->tenant_states[i]);
    free(r->tenant_states);
    replay_map_done(&r->alerts);
    replay_map_done(&r->seen);
    replay_map_done(&r->machines);
    replay_map_done(&r->tenants);
    free(r->alert_states);
    free(r->alert_of);
    free(r->later);
    free(r->machine_states);
    policy_counter_free(r->counter);
    arena_done(&r->facts);
    arena_done(&r->kept);
    for (size_t i = 0; i < 2; i++) {
        if (r->pieces[i]) buf_done(&r->pieces[i]->rows);
        free(r->pieces[i]);
    }
}

bool replay_run(const struct replay_opts *o, struct replay_result *out, struct err *e)
{
    struct run r = {.o = o, .out = out, .e = e};
    *out = (struct replay_result){.rule_count = policy_rule_count(o->policy) + 1};
    out->rules = calloc(out->rule_count, sizeof *out->rules);
    r.counter = policy_counter_new();
    bool has_room = out->rules && r.counter;
    for (size_t i = 0; i < 2; i++) {
        r.pieces[i] = calloc(1, sizeof *r.pieces[i]);
        if (r.pieces[i]) buf_init(&r.pieces[i]->rows, PIECE_BYTES);
        has_room &= r.pieces[i] != NULL;
    }
    arena_init(&r.facts, ARENA_BYTES);
    arena_init(&r.kept, (size_t)1 << 30);
    bool ok = has_room ? run_all(&r) : no_memory(&r);
    if (ok) settle(&r);
    end(&r);
    if (!ok) replay_done(out);
    return ok;
}

void replay_done(struct replay_result *r)
{
    free(r->rules);
    free(r->decisions);
    *r = (struct replay_result){0};
}
