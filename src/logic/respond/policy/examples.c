/* `examples:` of a policy file: an alert in the words of the language, or a row as Defender gave it, and what is expected. */
#include "logic/respond/policy/examples_int.h"

/* ---- what is around the alert --------------------------------------------------------------------------------------------------- */
static bool tenant_mode(struct example *x, void *into, const struct yaml *v)
{
    const char *words[MODE_COUNT];
    for (size_t i = 0; i < MODE_COUNT; i++) words[i] = mode_name((enum policy_mode)i);
    (void)into;
    if (!expect_text(x->c, v, "mode")) return false;
    return mode_read(v->text, &x->context.mode) || complain_unknown(x->c, v, "the mode", words, MODE_COUNT);
}

static bool tenant_isolation(struct example *x, void *into, const struct yaml *v)
{
    static const char *const words[] = {"full", "selective"};
    (void)into;
    if (!expect_text(x->c, v, "isolation") || !is_known_key(x->c, v, "isolation", words, 2)) return false;
    x->context.isolation = str_eq(v->text, STR("full")) ? WISH_ISOLATE_FULL : WISH_ISOLATE_SELECTIVE;
    return true;
}

static const struct word tenant_words[] = {{"mode", tenant_mode}, {"isolation", tenant_isolation}};

static bool example_alert(struct example *x, void *into, const struct yaml *v)
{
    (void)into;
    return example_facts(x, v);
}

static bool example_incident(struct example *x, void *into, const struct yaml *v)
{
    x->facts.object = FACT_INCIDENT;
    return example_alert(x, into, v);
}

static bool example_tenant(struct example *x, void *into, const struct yaml *v)
{
    return example_map(x, into, v, "tenant", tenant_words, sizeof tenant_words / sizeof *tenant_words);
}

static bool example_at(struct example *x, void *into, const struct yaml *v)
{
    (void)into;
    return (v->type == YAML_SCALAR && wall_parse(v->text, &x->context.now)) ||
           complain(x->c, v, POLICY_BAD, "at: is a time: 2026-11-22T23:30:00Z");
}

static bool example_times(struct example *x, void *into, const struct yaml *v)
{
    uint64_t n;
    (void)into;
    if (v->type != YAML_SCALAR || !str_to_u64(v->text, &n) || n < 1 || n > 1000)
        return complain(x->c, v, POLICY_BAD, "times: is how many such alerts come, 1 to 1000");
    x->times = (unsigned)n;
    return true;
}

static bool example_apart(struct example *x, void *into, const struct yaml *v)
{
    (void)into;
    return (v->type == YAML_SCALAR && duration_parse(v->text, &x->apart_ms)) ||
           complain(x->c, v, POLICY_BAD, "apart: is the time between two of them: 1m");
}

static bool example_any_text(struct example *x, void *into, const struct yaml *v)
{
    (void)into;
    return expect_text(x->c, v, "this word");
}

static bool example_expect(struct example *x, void *into, const struct yaml *v);

static const struct word example_words[] = {
    {"name", example_any_text}, {"alert", example_alert},   {"incident", example_incident},
    {"row", example_any_text},  {"tenant", example_tenant}, {"at", example_at},
    {"times", example_times},   {"apart", example_apart},   {"expect", example_expect},
};

/* ---- what is expected ------------------------------------------------------------------------------------------------------------ */
struct outcome {
    const struct policy *p;
    const struct judgement *j;
};

static void write_rule(const struct outcome *o, struct buf *out)
{
    int rule = o->j->alert.rule;
    (void)buf_add_str(out, rule < 0 ? STR("none") : o->p->rules[rule].name);
}

static void write_then(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, str_of(wish_name(o->j->alert.wish)));
}

static void write_mode(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, str_of(mode_name(o->j->alert.mode)));
}

static void write_tell(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, str_of(severity_name(o->j->severity)));
}

static void write_route(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, o->j->route.n ? o->j->route : STR("none"));
}

static void write_phone(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, o->j->phone ? STR("yes") : STR("no"));
}

static void write_asks(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, o->j->alert.needs_machine ? STR("yes") : STR("no"));
}

static void write_eligible(const struct outcome *o, struct buf *out)
{
    (void)buf_add_str(out, o->j->alert.is_eligible ? STR("yes") : STR("no"));
}

static const struct {
    const char *word;
    void (*write)(const struct outcome *o, struct buf *out);
} expectations[] = {
    {"rule", write_rule},   {"then", write_then},   {"mode", write_mode},         {"tell", write_tell},
    {"route", write_route}, {"phone", write_phone}, {"asks_machine", write_asks}, {"eligible", write_eligible},
};
enum { EXPECTATIONS = sizeof expectations / sizeof *expectations };

/* `expect: isolate` is `expect: {then: isolate}`. */
static bool example_expect(struct example *x, void *into, const struct yaml *v)
{
    const char *words[EXPECTATIONS];
    enum policy_wish w;
    (void)into;
    for (size_t i = 0; i < EXPECTATIONS; i++) words[i] = expectations[i].word;
    if (v->type == YAML_SCALAR) {
        return wish_read(v->text, &w) || complain(x->c, v, POLICY_UNKNOWN_WORD, "expect: names an action, or is a map");
    }
    if (v->type != YAML_MAP) return complain(x->c, v, POLICY_BAD, "expect: names an action, or is a map");
    for (size_t i = 0; i < v->count; i++) {
        const struct yaml *key = &v->keys[i], *value = &v->items[i];
        if (!is_known_key(x->c, key, "the expectation", words, EXPECTATIONS) || !expect_text(x->c, value, "expect"))
            return false;
        if (str_eq(key->text, STR("rule")) && !str_eq(value->text, STR("none")) &&
            policy_rule_by_name(x->c->p, value->text) == NULL)
            return complain(x->c, value, POLICY_UNKNOWN_WORD, "there is no rule of that name");
        if (str_eq(key->text, STR("then")) && !wish_read(value->text, &w))
            return complain(x->c, value, POLICY_UNKNOWN_WORD, "there is no such action");
    }
    return true;
}

/* "yes" and "on" are one, so are "isolate" and "isolate full". */
static bool is_as_expected(struct str wanted, struct str came)
{
    struct yaml scalar = {.type = YAML_SCALAR, .text = wanted};
    enum policy_wish w;
    bool yes;
    if (str_eq_nocase(wanted, came)) return true;
    if ((str_eq(came, STR("yes")) || str_eq(came, STR("no"))) && yaml_bool(&scalar, &yes))
        return yes == str_eq(came, STR("yes"));
    return wish_read(wanted, &w) && str_eq(str_of(wish_name(w)), came);
}

static bool compare_one(const struct outcome *o, size_t which, struct str wanted, struct buf *said)
{
    struct buf came;
    buf_init(&came, 1024);
    expectations[which].write(o, &came);
    bool ok = is_as_expected(wanted, buf_str(&came));
    if (!ok)
        (void)buf_addf(said, "%s%s: %.*s was expected, %.*s came", said->n ? "; " : "", expectations[which].word,
                       STR_ARG(wanted), STR_ARG(buf_str(&came)));
    buf_done(&came);
    return ok;
}

static bool compare(const struct outcome *o, const struct yaml *expect, struct buf *said)
{
    enum { THEN = 1 };
    if (expect->type == YAML_SCALAR) return compare_one(o, THEN, expect->text, said);
    bool ok = true;
    for (size_t i = 0; i < expect->count; i++) {
        for (size_t k = 0; k < EXPECTATIONS; k++) {
            if (str_eq(expect->keys[i].text, str_of(expectations[k].word)))
                ok &= compare_one(o, k, expect->items[i].text, said);
        }
    }
    return ok;
}

/* ---- running ---------------------------------------------------------------------------------------------------------------------- */
static bool read_example(struct example *x, const struct yaml *v)
{
    x->facts = (struct alert_facts){.id = STR("example"), .tenant = STR("example"), .status = STATUS_NEW};
    x->context = (struct policy_context){.mode = MODE_AUTO, .isolation = WISH_ISOLATE_FULL};
    (void)wall_parse(STR("2026-01-05T12:00:00Z"), &x->context.now); /* a Monday, at noon */
    x->times = 1;
    x->apart_ms = 1000;
    if (!example_map(x, NULL, v, "the word", example_words, sizeof example_words / sizeof *example_words)) return false;
    bool has_alert = yaml_get(v, "alert") || yaml_get(v, "incident");
    if (has_alert == (yaml_get(v, "row") != NULL))
        return complain(x->c, v, POLICY_BAD,
                        "an example has an alert: (or incident:) in words, or a row: as Defender gave it");
    if (yaml_get(v, "name") == NULL || yaml_get(v, "expect") == NULL)
        return complain(x->c, v, POLICY_BAD, "an example has a name: and says what it expects: expect:");
    return true;
}

bool check_examples(struct compiler *c)
{
    const struct yaml *list = c->p->examples;
    struct arena a;
    bool ok = true;
    if (list == NULL) return true;
    if (list->type != YAML_LIST) return complain(c, list, POLICY_BAD, "examples: is a list");
    arena_init(&a, EXAMPLE_ARENA);
    struct example x = {.c = c, .a = &a};
    for (size_t i = 0; ok && i < list->count; i++) {
        arena_reset(&a);
        ok = read_example(&x, &list->items[i]);
    }
    arena_done(&a);
    return ok;
}

/* As many alerts as it says, each with an id of its own; the last one's judgement counts. */
static void judge_example(struct example *x, struct judgement *out)
{
    struct policy_counter *counter = policy_counter_new();
    struct wall now = x->context.now;
    x->context.counter = counter;
    for (unsigned i = 0; i < x->times; i++) {
        char id[32];
        int n = snprintf(id, sizeof id, "example %u", i);
        x->facts.id = (struct str){id, (size_t)n};
        x->context.now = wall_add(now, (int64_t)i * x->apart_ms * WALL_TICKS_PER_MS);
        x->facts.created = x->context.now;
        policy_judge(x->c->p, &x->facts, &x->context, out);
    }
    x->facts.id = STR_NONE;
    policy_counter_free(counter);
}

static void run_example(struct example *x, const struct policy_test *t, const struct yaml *v,
                        struct policy_example *out)
{
    struct buf said;
    struct judgement j;
    const struct yaml *row = yaml_get(v, "row");
    buf_init(&said, sizeof out->text - 1);
    *out = (struct policy_example){.name = yaml_get(v, "name")->text, .line = v->line};
    if (row && (t->row == NULL || !t->row(t->ctx, x->a, row->text, &x->facts))) {
        (void)buf_add_str(&said, STR("row: is no alert or incident that can be read"));
    } else {
        judge_example(x, &j);
        out->is_fine = compare(&(struct outcome){x->c->p, &j}, yaml_get(v, "expect"), &said);
    }
    (void)snprintf(out->text, sizeof out->text, "%s", buf_cstr(&said));
    buf_done(&said);
}

bool policy_run_examples(const struct policy *p, const struct policy_test *t, size_t *count_out, size_t *failed_out,
                         struct err *e)
{
    struct arena a;
    struct compiler c = {.p = (struct policy *)p, .e = e};
    struct example x = {.c = &c, .a = &a};
    size_t failed = 0, count = p->examples ? p->examples->count : 0;
    bool ok = true;
    arena_init(&a, EXAMPLE_ARENA);
    for (size_t i = 0; ok && i < count; i++) {
        struct policy_example out;
        arena_reset(&a);
        if (!(ok = read_example(&x, &p->examples->items[i]))) break;
        run_example(&x, t, &p->examples->items[i], &out);
        failed += !out.is_fine;
        if (t->each) t->each(t->ctx, &out);
    }
    arena_done(&a);
    if (!ok) return false;
    *count_out = count;
    *failed_out = failed;
    return true;
}
