/* A judgement in words: what each rule asked for, and what it got. */
#include "logic/respond/policy/policy_int.h"

enum { SHOWN_MAX = 160 };

static void write_value(const struct yaml *v, struct buf *out)
{
    if (v->type == YAML_SCALAR) {
        (void)buf_add_str(out, str_sub(v->text, 0, SHOWN_MAX));
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        if (i > 0) (void)buf_add_str(out, v->type == YAML_LIST ? STR(" or ") : STR(", "));
        if (v->type == YAML_MAP) (void)buf_addf(out, "%.*s ", STR_ARG(v->keys[i].text));
        write_value(&v->items[i], out);
    }
}

static void write_texts(const struct field *f, const struct subject *s, struct buf *out)
{
    struct str texts[FIELD_TEXTS_MAX];
    size_t count = f->texts(s, texts);
    if (count == 0) (void)buf_add_str(out, STR("not told"));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) (void)buf_add_str(out, STR(", "));
        (void)buf_add_str(out, str_sub(texts[i], 0, SHOWN_MAX));
    }
}

static void write_fact(const struct node *n, const struct subject *s, struct buf *out)
{
    const struct field *f = n->field;
    char now[WALL_TEXT_BYTES];
    switch (f->type) {
    case FIELD_WORDS: (void)buf_add_str(out, str_of(f->name(f->value(s)))); break;
    case FIELD_ROLES: roles_write(f->value(s), out); break;
    case FIELD_TEXT:
    case FIELD_TECHNIQUE: write_texts(f, s, out); break;
    case FIELD_VALUES:
    case FIELD_INTEL: (void)buf_addf(out, "%zu values in the evidence", s->facts->value_count); break;
    case FIELD_TIME:
    case FIELD_DAY:
        (void)wall_format_digits(s->context->now, 0, now);
        (void)buf_add_str(out, str_of(now));
        break;
    }
}

/* One test: what was found; and where that is against the rule, what it asks for. `is_negated`: it stands below a `not:`. */
static void write_test(const struct node *n, const struct subject *s, bool is_negated, struct buf *out)
{
    static const char *const prefixes[SCOPE_COUNT] = {"", "device ", "user "};
    const struct field *f = n->field;
    enum truth t = test_holds(n, s);
    (void)buf_addf(out, "%s%s is ", prefixes[f->scope], f->word);
    if (t == TRUTH_OPEN) {
        (void)buf_add_str(out, STR("not told by the alert: the machine has to be asked"));
        return;
    }
    write_fact(n, s, out);
    bool is_against = (t == TRUTH_YES) == is_negated;
    if (is_against && is_negated) (void)buf_add_str(out, STR(", which the rule excludes"));
    if (is_negated || (!is_against && (f->type == FIELD_WORDS || f->type == FIELD_ROLES))) return;
    (void)buf_add_str(out, is_against ? STR(", wanted: ") : STR(" (as wanted: "));
    write_value(n->value, out);
    if (!is_against) (void)buf_add_char(out, ')');
}

static void write_why(const struct node *n, const struct subject *s, bool is_negated, struct buf *out);

/* The parts on which the outcome hangs: of "all" that hold and of "any" that do not, each; else the first that decides. */
static void write_parts(const struct node *n, const struct subject *s, bool is_negated, struct buf *out)
{
    enum truth t = node_holds(n, s);
    bool is_each = t == (n->kind == NODE_ALL ? TRUTH_YES : TRUTH_NO);
    const char *joint = "";
    for (size_t i = 0; i < n->count; i++) {
        if (!is_each && node_holds(&n->children[i], s) != t) continue;
        (void)buf_add_str(out, str_of(joint));
        write_why(&n->children[i], s, is_negated, out);
        if (!is_each) return;
        joint = "; ";
    }
}

static void write_user(const struct node *n, const struct subject *s, bool is_negated, struct buf *out)
{
    enum truth t = node_holds(n, s);
    struct subject one = *s;
    if (n->is_none || s->facts->user_count == 0) {
        (void)buf_add_str(out, s->facts->user_count ? STR("the alert has a user") : STR("the alert has no user"));
        return;
    }
    for (size_t i = 0; i < s->facts->user_count; i++) {
        one.user = &s->facts->users[i];
        if (node_holds(n->children, &one) == t) break;
    }
    write_why(n->children, &one, is_negated, out);
}

static void write_why(const struct node *n, const struct subject *s, bool is_negated, struct buf *out)
{
    switch (n->kind) {
    case NODE_ALL:
    case NODE_ANY: write_parts(n, s, is_negated, out); return;
    case NODE_NOT: write_why(n->children, s, !is_negated, out); return;
    case NODE_USER: write_user(n, s, is_negated, out); return;
    case NODE_DEVICE:
        if (n->is_none || s->device == NULL)
            (void)buf_add_str(out, s->device ? STR("the alert has a device") : STR("the alert has no device"));
        else
            write_why(n->children, s, is_negated, out);
        return;
    case NODE_TEST: write_test(n, s, is_negated, out); return;
    }
}

static void write_rule(const struct policy *p, size_t i, const struct subject *s, struct buf *out)
{
    const struct rule_plan *plan = &p->plans[i];
    const struct policy_rule *r = &p->rules[i];
    if (plan->is_off) {
        (void)buf_add_str(out, STR("it is switched off (mode: off)"));
        return;
    }
    if (!r->is_both && r->object != s->facts->object) {
        (void)buf_addf(out, "it is for %s", r->object == FACT_ALERT ? "alerts" : "incidents");
        return;
    }
    enum truth t = plan->when ? node_holds(plan->when, s) : TRUTH_YES;
    if (plan->when)
        write_why(plan->when, s, false, out);
    else
        (void)buf_add_str(out, STR("it has no conditions"));
    if (t == TRUTH_YES && plan->count > 0)
        (void)buf_addf(out, "; %.*s: %s", STR_ARG(plan->count_text->text),
                       rule_holds(p, i, s) == TRUTH_YES ? "reached" : "not reached");
}

static void explain_one(const struct policy *p, const struct subject *s, struct buf *out)
{
    static const char *const words[] = {[TRUTH_NO] = "no", [TRUTH_OPEN] = "perhaps", [TRUTH_YES] = "yes"};
    for (size_t i = 0; i < p->rule_count; i++) {
        enum truth t = rule_holds(p, i, s);
        (void)buf_addf(out, "rule %.*s (line %u): %s: ", STR_ARG(p->rules[i].name), p->rules[i].line, words[t]);
        write_rule(p, i, s, out);
        (void)buf_add_char(out, '\n');
        if (t == TRUTH_YES) return;
    }
    (void)buf_addf(out, "no rule takes it: it is told by its severity, %s\n", severity_name(s->facts->severity));
}

void policy_explain(const struct policy *p, const struct alert_facts *f, const struct policy_context *c,
                    struct buf *out)
{
    struct subject s = {.facts = f, .context = c};
    if (f->device_count == 0) explain_one(p, &s, out);
    for (size_t i = 0; i < f->device_count && i < POLICY_DEVICES_MAX; i++) {
        s.device = &f->devices[i];
        struct str name = s.device->name.n > 0 ? s.device->name : s.device->id;
        (void)buf_addf(out, "device %.*s:\n", STR_ARG(name));
        explain_one(p, &s, out);
    }
}

void policy_reason(const struct policy *p, const struct alert_facts *f, const struct policy_context *c, size_t device,
                   struct buf *out)
{
    struct subject s = {.facts = f, .context = c, .device = device < f->device_count ? &f->devices[device] : NULL};
    for (size_t i = 0; i < p->rule_count; i++) {
        if (rule_holds(p, i, &s) != TRUTH_YES) continue;
        (void)buf_addf(out, "rule %.*s: ", STR_ARG(p->rules[i].name));
        write_rule(p, i, &s, out);
        return;
    }
    (void)buf_add_str(out, STR("no rule takes it"));
}
