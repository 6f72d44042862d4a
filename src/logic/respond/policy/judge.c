/* What a policy says of an alert. Three truths, as not everything is told at once: no < open < yes, so that "all" is the
 * least of its parts and "any" the greatest. */
#include "logic/respond/policy/policy_int.h"

/* ---- conditions ----------------------------------------------------------------------------------------------------------- */
static enum truth truth_of(bool b)
{
    return b ? TRUTH_YES : TRUTH_NO;
}

static bool any_text(const struct node *n, struct str text)
{
    for (size_t i = 0; i < n->pattern_count; i++) {
        if (text_matches(text, n->patterns[i])) return true;
    }
    for (size_t i = 0; i < n->list_count; i++) {
        if (list_has(n->lists[i], LIST_TEXT, text)) return true;
    }
    return false;
}

static bool any_technique(const struct node *n, struct str text)
{
    for (size_t i = 0; i < n->pattern_count; i++) {
        if (technique_covers(n->patterns[i], text)) return true;
    }
    for (size_t i = 0; i < n->list_count; i++) {
        if (list_has(n->lists[i], LIST_TECHNIQUE, text)) return true;
    }
    return false;
}

static bool any_of_texts(const struct node *n, const struct subject *s)
{
    struct str texts[FIELD_TEXTS_MAX];
    size_t count = n->field->texts(s, texts);
    for (size_t i = 0; i < count; i++) {
        if (n->field->type == FIELD_TECHNIQUE ? any_technique(n, texts[i]) : any_text(n, texts[i])) return true;
    }
    return false;
}

static bool is_listed(const struct node *n, const struct fact_value *v)
{
    if (n->own_list && list_has_value(n->own_list, v)) return true;
    for (size_t i = 0; i < n->list_count; i++) {
        if (list_has_value(n->lists[i], v)) return true;
    }
    return false;
}

/* `domain: evil.example` is about URLs there, too: so of VALUES the kind only says what is written, of INTEL all are meant. */
static bool any_value(const struct node *n, const struct subject *s)
{
    for (size_t i = 0; i < s->facts->value_count; i++) {
        const struct fact_value *v = &s->facts->values[i];
        bool is_asked = n->field->type == FIELD_INTEL || v->kind == n->field->kind ||
                        (v->kind == VALUE_URL && n->field->kind != VALUE_HASH);
        if (is_asked && is_listed(n, v)) return true;
    }
    return false;
}

static bool in_span(const struct span *span, const struct policy_context *c)
{
    struct zone_time t = zone_local(span->has_zone ? span->zone : c->zone, c->now);
    if (!(span->days >> t.weekday & 1)) return false;
    if (span->from < span->to) return t.minute_of_day >= span->from && t.minute_of_day < span->to;
    return t.minute_of_day >= span->from || t.minute_of_day < span->to;
}

static bool any_span(const struct node *n, const struct policy_context *c)
{
    for (size_t i = 0; i < n->span_count; i++) {
        if (in_span(&n->spans[i], c)) return true;
    }
    return false;
}

enum truth test_holds(const struct node *n, const struct subject *s)
{
    const struct field *f = n->field;
    bool holds = false;
    switch (f->type) {
    case FIELD_WORDS: holds = n->set >> f->value(s) & 1; break;
    case FIELD_ROLES: holds = (n->set & f->value(s)) != 0; break;
    case FIELD_TEXT:
    case FIELD_TECHNIQUE: holds = any_of_texts(n, s); break;
    case FIELD_VALUES:
    case FIELD_INTEL: holds = any_value(n, s); break;
    case FIELD_TIME:
    case FIELD_DAY: holds = any_span(n, s->context); break;
    }
    if (f->is_untold == NULL || !f->is_untold(s)) return truth_of(holds);
    /* A tag that is told is there; a value that is not told may be anything. */
    return holds && f->type == FIELD_TEXT ? TRUTH_YES : TRUTH_OPEN;
}

static enum truth any_user(const struct node *n, const struct subject *s)
{
    if (n->is_none) return truth_of(s->facts->user_count == 0);
    enum truth most = TRUTH_NO;
    for (size_t i = 0; i < s->facts->user_count && most < TRUTH_YES; i++) {
        struct subject one = *s;
        one.user = &s->facts->users[i];
        enum truth t = node_holds(n->children, &one);
        if (t > most) most = t;
    }
    return most;
}

enum truth node_holds(const struct node *n, const struct subject *s)
{
    enum truth t;
    switch (n->kind) {
    case NODE_ALL:
        t = TRUTH_YES;
        for (size_t i = 0; i < n->count && t > TRUTH_NO; i++) {
            enum truth one = node_holds(&n->children[i], s);
            if (one < t) t = one;
        }
        return t;
    case NODE_ANY:
        t = TRUTH_NO;
        for (size_t i = 0; i < n->count && t < TRUTH_YES; i++) {
            enum truth one = node_holds(&n->children[i], s);
            if (one > t) t = one;
        }
        return t;
    case NODE_NOT: return (enum truth)(TRUTH_YES - node_holds(n->children, s));
    case NODE_DEVICE:
        if (n->is_none || s->device == NULL) return truth_of(n->is_none && s->device == NULL);
        return node_holds(n->children, s);
    case NODE_USER: return any_user(n, s);
    case NODE_TEST: break;
    }
    return test_holds(n, s);
}

/* ---- counts ----------------------------------------------------------------------------------------------------------------- */
static void add_text(struct siphash *h, struct str s)
{
    char lower[256];
    uint64_t n = s.n;
    siphash_add(h, &n, sizeof n);
    for (size_t from = 0; from < s.n; from += sizeof lower) {
        struct str part = str_sub(s, from, sizeof lower);
        for (size_t i = 0; i < part.n; i++)
            lower[i] = part.p[i] >= 'A' && part.p[i] <= 'Z' ? (char)(part.p[i] + ('a' - 'A')) : part.p[i];
        siphash_add(h, lower, part.n);
    }
}

/* What the alert is alike in, in the order of count_words. False: it lacks one of them, so it is like none. */
static bool count_key(const struct policy_rule *r, const struct rule_plan *plan, const struct subject *s,
                      struct hash128 *out)
{
    const struct alert_facts *f = s->facts;
    const struct fact_device *d = s->device;
    const struct str texts[COUNT_WORDS] = {
        f->title,
        d == NULL     ? STR_NONE
        : d->id.n > 0 ? d->id
                      : d->name,
        f->detector,
        f->categories.count > 0 ? f->categories.items[0] : STR_NONE,
        f->user_count > 0 ? f->users[0].name : STR_NONE,
        f->service_text.n > 0 ? f->service_text : str_of(service_name(f->service)),
    };
    struct siphash h;
    siphash_init_fixed(&h);
    add_text(&h, f->tenant);
    add_text(&h, r->name);
    for (size_t i = 0; i < COUNT_WORDS; i++) {
        if (!(plan->by >> i & 1)) continue;
        if (texts[i].n == 0) return false;
        add_text(&h, texts[i]);
    }
    *out = siphash_end(&h);
    return true;
}

static enum truth count_holds(const struct policy_rule *r, const struct rule_plan *plan, const struct subject *s)
{
    struct hash128 key;
    if (s->context->counter == NULL || !count_key(r, plan, s, &key)) return TRUTH_NO;
    unsigned n = counter_note(s->context->counter, key, hash64_of(s->facts->id.p, s->facts->id.n), s->facts->created,
                              plan->window_ticks, plan->count);
    return truth_of(n >= plan->count);
}

enum truth rule_holds(const struct policy *p, size_t rule, const struct subject *s)
{
    const struct policy_rule *r = &p->rules[rule];
    const struct rule_plan *plan = &p->plans[rule];
    if (plan->is_off || !(r->is_both || r->object == s->facts->object)) return TRUTH_NO;
    enum truth t = plan->when ? node_holds(plan->when, s) : TRUTH_YES;
    return t == TRUTH_YES && plan->count > 0 ? count_holds(r, plan, s) : t;
}

/* ---- verdicts ----------------------------------------------------------------------------------------------------------------- */
static enum policy_wish wish_of(const struct policy_rule *r, const struct policy_context *c)
{
    bool is_selective = r->is_tenants_isolation && c->isolation == WISH_ISOLATE_SELECTIVE;
    return is_selective ? WISH_ISOLATE_SELECTIVE : r->wish;
}

static struct policy_verdict verdict_of(const struct policy *p, const struct subject *s)
{
    struct policy_verdict v = {.rule = POLICY_NO_RULE, .mode = s->context->mode};
    v.is_eligible = s->device && device_is_eligible(s->device);
    for (size_t i = 0; i < p->rule_count; i++) {
        enum truth t = rule_holds(p, i, s);
        v.needs_machine |= t == TRUTH_OPEN;
        if (t != TRUTH_YES) continue;
        const struct policy_rule *r = &p->rules[i];
        v.rule = (int16_t)i;
        v.wish = wish_of(r, s->context);
        if (r->mode < v.mode) v.mode = r->mode;
        break;
    }
    return v;
}

/* Isolations are alike; then what stops things before what looks at them. */
static unsigned strength(const struct policy_verdict *v)
{
    static const unsigned wishes[WISH_COUNT] = {
        [WISH_NOTICE] = 0,          [WISH_COLLECT] = 1,  [WISH_SCAN_QUICK] = 2,        [WISH_SCAN_FULL] = 3,
        [WISH_QUARANTINE_FILE] = 4, [WISH_RESTRICT] = 5, [WISH_ISOLATE_SELECTIVE] = 6, [WISH_ISOLATE_UNMANAGED] = 6,
        [WISH_ISOLATE_FULL] = 7};
    return (v->is_eligible ? 1U << 16 : 0) + wishes[v->wish] * 256 + (unsigned)v->mode * 16 + (v->rule >= 0);
}

static void tell(const struct policy *p, const struct alert_facts *f, struct judgement *out)
{
    const struct policy_rule *r = out->alert.rule >= 0 ? &p->rules[out->alert.rule] : NULL;
    out->severity = r && r->severity != SEVERITY_UNKNOWN ? r->severity : f->severity;
    out->route = r ? r->route : STR_NONE;
    if (r == NULL) return;
    bool is_wish = out->alert.wish != WISH_NOTICE, acts = is_wish && out->alert.mode >= MODE_APPROVE;
    bool is_idle = is_wish && out->alert.mode == MODE_OFF; /* a rule that acts nowhere here wakes nobody either */
    out->phone = p->plans[out->alert.rule].has_phone ? r->phone && !is_idle : acts;
}

void policy_judge(const struct policy *p, const struct alert_facts *f, const struct policy_context *c,
                  struct judgement *out)
{
    struct subject s = {.facts = f, .context = c};
    out->device_count = f->device_count < POLICY_DEVICES_MAX ? f->device_count : POLICY_DEVICES_MAX;
    out->is_cut = f->device_count > POLICY_DEVICES_MAX;
    out->phone = false;
    for (size_t i = 0; i < out->device_count; i++) {
        s.device = &f->devices[i];
        out->devices[i] = verdict_of(p, &s);
        if (i == 0 || strength(&out->devices[i]) > strength(&out->alert)) out->alert = out->devices[i];
    }
    if (f->device_count == 0) out->alert = verdict_of(p, &s);
    tell(p, f, out);
}
