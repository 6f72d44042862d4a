/* `rules:` of a policy file. */
#include "logic/respond/policy/policy_int.h"

enum { COUNT_MAX = 100, WINDOW_MAX_S = 7 * 86400, LEASE_MAX_S = 90 * 86400, ROUTE_MAX = 64 };

struct at { /* the rule in the making */
    struct compiler *c;
    struct policy_rule *rule;
    struct rule_plan *plan;
};
typedef bool take_fn(struct at *a, const struct yaml *v);

static bool take_rule_name(struct at *a, const struct yaml *v)
{
    if (!expect_text(a->c, v, "name")) return false;
    if (v->text.n > POLICY_NAME_MAX)
        return complain(a->c, v, POLICY_BAD, "a rule's name has at most %d bytes", POLICY_NAME_MAX);
    const struct policy_rule *other = policy_rule_by_name(a->c->p, v->text);
    if (other) return complain(a->c, v, POLICY_BAD, "the rule in line %u has this name already", other->line);
    a->rule->name = v->text;
    return true;
}

static bool take_for(struct at *a, const struct yaml *v)
{
    static const char *const words[] = {"alerts", "incidents", "both"};
    if (!expect_text(a->c, v, "for") || !is_known_key(a->c, v, "for:", words, 3)) return false;
    a->rule->is_both = str_eq(v->text, STR("both"));
    a->rule->object = str_eq(v->text, STR("incidents")) ? FACT_INCIDENT : FACT_ALERT;
    return true;
}

static bool take_when(struct at *a, const struct yaml *v)
{
    return compile_when(a->c, v, &a->plan->when);
}

static bool complain_wish(struct compiler *c, const struct yaml *v)
{
    const char *words[WISH_COUNT + 1];
    for (size_t i = 0; i < WISH_COUNT; i++) words[i] = wish_name((enum policy_wish)i);
    words[WISH_COUNT] = "isolate";
    return complain_unknown(c, v, "the action", words, WISH_COUNT + 1);
}

static bool take_then(struct at *a, const struct yaml *v)
{
    if (!expect_text(a->c, v, "then")) return false;
    a->rule->is_tenants_isolation = str_eq_nocase(v->text, STR("isolate"));
    return wish_read(v->text, &a->rule->wish) || complain_wish(a->c, v);
}

static bool take_mode(struct at *a, const struct yaml *v)
{
    const char *words[MODE_COUNT];
    for (size_t i = 0; i < MODE_COUNT; i++) words[i] = mode_name((enum policy_mode)i);
    if (!expect_text(a->c, v, "mode")) return false;
    if (!mode_read(v->text, &a->rule->mode)) return complain_unknown(a->c, v, "the mode", words, MODE_COUNT);
    a->plan->is_off = a->rule->mode == MODE_OFF;
    return true;
}

static bool take_servers(struct at *a, const struct yaml *v)
{
    static const char *const words[] = {"allow", "ask"};
    if (!expect_text(a->c, v, "servers") || !is_known_key(a->c, v, "servers:", words, 2)) return false;
    a->rule->servers = str_eq(v->text, STR("allow"));
    return true;
}

static bool take_tell(struct at *a, const struct yaml *v)
{
    const char *words[SEVERITY_COUNT];
    for (size_t i = 0; i < SEVERITY_COUNT; i++) words[i] = severity_name((enum fact_severity)i);
    if (!expect_text(a->c, v, "tell")) return false;
    if (severity_read(v->text, &a->rule->severity) && a->rule->severity != SEVERITY_UNKNOWN) return true;
    return complain_unknown(a->c, v, "the severity", words + 1, SEVERITY_COUNT - 1);
}

static bool take_route(struct at *a, const struct yaml *v)
{
    if (!expect_text(a->c, v, "route")) return false;
    a->rule->route = v->text;
    return v->text.n <= ROUTE_MAX || complain(a->c, v, POLICY_BAD, "a ladder's name has at most %d bytes", ROUTE_MAX);
}

static bool take_phone(struct at *a, const struct yaml *v)
{
    a->plan->has_phone = true;
    return yaml_bool(v, &a->rule->phone) || complain(a->c, v, POLICY_BAD, "phone: is yes or no");
}

static bool take_lease(struct at *a, const struct yaml *v)
{
    if (!expect_text(a->c, v, "lease")) return false;
    bool ok = duration_parse(v->text, &a->rule->lease_ms) && a->rule->lease_ms >= 60000 &&
              a->rule->lease_ms <= (int64_t)LEASE_MAX_S * 1000;
    return ok || complain(a->c, v, POLICY_BAD, "a lease is a time from 1m to 90d, such as 24h");
}

static bool take_fallbacks(struct at *a, const struct yaml *v, enum policy_wish *list, uint8_t *count)
{
    *count = 0;
    for (size_t i = 0; i < value_count(v); i++) {
        const struct yaml *item = value_at(v, i);
        enum policy_wish w;
        if (!expect_text(a->c, item, "fallback")) return false;
        if (!wish_read(item->text, &w)) return complain_wish(a->c, item);
        if (w == WISH_NOTICE)
            return complain(a->c, item, POLICY_BAD, "a person is told of every failure anyway; remove this");
        if (*count == POLICY_FALLBACKS_MAX)
            return complain(a->c, item, POLICY_BAD, "at most %d fallbacks", POLICY_FALLBACKS_MAX);
        list[(*count)++] = w;
    }
    return true;
}

/* `any:` is what the kinds of failure that are not named have. */
static bool take_fallback(struct at *a, const struct yaml *v)
{
    const char *words[FAILURE_COUNT + 1];
    for (size_t i = 0; i < FAILURE_COUNT; i++) words[i] = failure_name((enum policy_failure)i);
    words[FAILURE_COUNT] = "any";
    if (v->type != YAML_MAP)
        return complain(a->c, v, POLICY_BAD, "fallback: is a map: {offline: restrict, any: scan quick}");
    const struct yaml *any = yaml_get(v, "any");
    for (size_t i = 0; any && i < FAILURE_COUNT; i++) {
        if (!take_fallbacks(a, any, a->rule->fallback[i], &a->rule->fallback_count[i])) return false;
    }
    for (size_t k = 0; k < v->count; k++) {
        if (!is_known_key(a->c, &v->keys[k], "the kind of failure", words, FAILURE_COUNT + 1)) return false;
        for (size_t i = 0; i < FAILURE_COUNT; i++) {
            if (str_eq(v->keys[k].text, str_of(words[i])) &&
                !take_fallbacks(a, &v->items[k], a->rule->fallback[i], &a->rule->fallback_count[i]))
                return false;
        }
    }
    return true;
}

/* ---- "3 in 10m per title, device" --------------------------------------------------------------------------------------------- */
const char *const count_words[COUNT_WORDS] = {"title", "device", "detector", "category", "user", "service"};

static struct str next_word(struct str *rest)
{
    *rest = str_trim(*rest);
    return str_cut(rest, ' ');
}

static bool take_count(struct at *a, const struct yaml *v)
{
    static const char how[] =
        "count: is like `3 in 10m per title, device`: so many alerts (2 to 100) within a time (up "
        "to 7d), alike in that";
    uint64_t count;
    int64_t ms;
    if (!expect_text(a->c, v, "count")) return false;
    struct str rest = v->text, number = next_word(&rest), in = next_word(&rest), window = next_word(&rest);
    if (!str_to_u64(number, &count) || count < 2 || count > COUNT_MAX || !str_eq(in, STR("in")) ||
        !duration_parse(window, &ms) || ms < 1000 || ms > (int64_t)WINDOW_MAX_S * 1000)
        return complain(a->c, v, POLICY_BAD, "%s", how);
    rest = str_trim(rest);
    if (rest.n > 0 && !str_eq(next_word(&rest), STR("per"))) return complain(a->c, v, POLICY_BAD, "%s", how);
    while (rest.n > 0) {
        struct str word = str_trim(str_cut(&rest, ','));
        struct yaml at = {.type = YAML_SCALAR, .text = word, .line = v->line, .column = v->column};
        if (!is_known_key(a->c, &at, "count per", count_words, COUNT_WORDS)) return false;
        for (size_t i = 0; i < COUNT_WORDS; i++) a->plan->by |= str_eq(word, str_of(count_words[i])) ? 1U << i : 0;
    }
    a->plan->count = (unsigned)count;
    a->plan->window_ticks = ms * WALL_TICKS_PER_MS;
    a->plan->count_text = v;
    if (ms > a->c->p->memory_ms) a->c->p->memory_ms = ms;
    return true;
}

static bool take_about(struct at *a, const struct yaml *v)
{
    return expect_text(a->c, v, "about");
}

/* ---- a rule ------------------------------------------------------------------------------------------------------------------- */
static const struct {
    const char *word;
    take_fn *take;
    bool acts; /* means something only for a rule that acts */
} rule_words[] = {
    {"name", take_rule_name, false},   {"about", take_about, false},    {"for", take_for, false},
    {"when", take_when, false},        {"count", take_count, false},    {"then", take_then, false},
    {"mode", take_mode, false},        {"servers", take_servers, true}, {"tell", take_tell, false},
    {"route", take_route, false},      {"phone", take_phone, false},    {"lease", take_lease, true},
    {"fallback", take_fallback, true},
};
enum { RULE_WORDS = sizeof rule_words / sizeof *rule_words };

/* What the words, each fine by itself, mean together. */
static bool is_sensible(struct at *a, const struct yaml *v)
{
    const struct policy_rule *r = a->rule;
    if (r->wish == WISH_NOTICE) {
        for (size_t i = 0; i < RULE_WORDS; i++) {
            const struct yaml *x = rule_words[i].acts ? yaml_get(v, rule_words[i].word) : NULL;
            if (x)
                return complain(a->c, x, POLICY_BAD, "%s: means nothing in a rule that only tells", rule_words[i].word);
        }
        return true;
    }
    if (r->is_both || r->object == FACT_INCIDENT)
        return complain(a->c, yaml_get(v, "then"), POLICY_BAD,
                        "an incident has no device of its own, its alerts have: then: notice, or for: alerts");
    if (r->lease_ms > 0 && !wish_is_isolation(r->wish))
        return complain(a->c, yaml_get(v, "lease"), POLICY_BAD, "only an isolation has a lease");
    return true;
}

static bool compile_rule(struct compiler *c, const struct yaml *v, struct policy_rule *rule, struct rule_plan *plan)
{
    const char *words[RULE_WORDS];
    struct at a = {c, rule, plan};
    for (size_t i = 0; i < RULE_WORDS; i++) words[i] = rule_words[i].word;
    if (v->type != YAML_MAP) return complain(c, v, POLICY_BAD, "a rule is a map with name:, when: and then:");
    *rule = (struct policy_rule){.line = v->line, .mode = MODE_AUTO};
    for (size_t i = 0; i < v->count; i++) {
        if (!is_known_key(c, &v->keys[i], "the word", words, RULE_WORDS)) return false;
        for (size_t k = 0; k < RULE_WORDS; k++) {
            if (str_eq(v->keys[i].text, str_of(words[k])) && !rule_words[k].take(&a, &v->items[i])) return false;
        }
    }
    if (rule->name.n == 0) return complain(c, v, POLICY_BAD, "the rule has no name:");
    if (yaml_get(v, "then") == NULL) return complain(c, v, POLICY_BAD, "the rule does not say what to do: then:");
    return is_sensible(&a, v);
}

static bool looks_at(const struct policy_rule *r, enum fact_object object)
{
    return r->is_both || r->object == object;
}

/* The rule before `rule` that leaves it nothing of that kind; SIZE_MAX: none. */
static size_t taken_by(const struct policy *p, size_t rule, enum fact_object object)
{
    for (size_t i = 0; i < rule; i++) {
        const struct rule_plan *plan = &p->plans[i];
        if (plan->when == NULL && plan->count == 0 && !plan->is_off && looks_at(&p->rules[i], object)) return i;
    }
    return SIZE_MAX;
}

/* Behind a rule without conditions no other is reached: surely not what was meant. */
static bool is_reached(struct compiler *c, const struct yaml *at, size_t rule)
{
    const struct policy_rule *r = &c->p->rules[rule];
    size_t taker = SIZE_MAX;
    for (unsigned object = FACT_ALERT; object <= FACT_INCIDENT; object++) {
        if (!looks_at(r, (enum fact_object)object)) continue;
        taker = taken_by(c->p, rule, (enum fact_object)object);
        if (taker == SIZE_MAX) return true;
    }
    return complain(c, at, POLICY_BAD,
                    "this rule is never reached: the one in line %u has no conditions and takes everything",
                    c->p->rules[taker].line);
}

bool compile_rules(struct compiler *c, const struct yaml *v)
{
    struct policy *p = c->p;
    if (v->count > POLICY_RULES_MAX) return complain(c, v, POLICY_BAD, "at most %d rules", POLICY_RULES_MAX);
    p->rules = arena_alloc(&p->arena, v->count * sizeof *p->rules);
    p->plans = arena_alloc(&p->arena, v->count * sizeof *p->plans);
    if (p->rules == NULL || p->plans == NULL) return no_room(c);
    for (size_t i = 0; i < v->count; i++) {
        if (!compile_rule(c, &v->items[i], &p->rules[i], &p->plans[i]) || !is_reached(c, &v->items[i], i)) return false;
        p->rule_count++;
    }
    return true;
}
