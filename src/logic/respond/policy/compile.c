/* A policy file to a policy: what stands at its top, and what all parts of the compiler say in the same way. */
#include <stdarg.h>

#include "logic/respond/policy/policy_int.h"

enum { ARENA_MAX = 64 << 20, WORD_MAX = 40, SAID_MAX = 300 };

const struct cause policy_causes[POLICY_CAUSE_COUNT] = {
    [POLICY_BAD] = {"policy.bad", ERR_INPUT, "the policy cannot be used as it is written",
                    "Correct the file at the line and column given; docs/policy.md has every word with an example, and "
                    "portcullis policy check FILE says whether it is right."},
    [POLICY_UNKNOWN_WORD] = {"policy.unknown_word", ERR_INPUT, "the policy has a word that means nothing there",
                             "Use one of the words that the message names, or remove it: a rule that is read otherwise "
                             "than meant is worse than none."},
    [POLICY_LIST] =
        {"policy.list", ERR_INPUT, "a list that the policy names cannot be used",
         "Put the file where the policy looks for it (beside the policy), one value a line; or mend the line "
         "named. Values that are no hash, address, domain, URL or technique want `kind: text`."},
    [POLICY_ZONE] = {"policy.zone", ERR_INPUT, "a time zone that the policy names is not known here",
                     "Write it as the tz database does (Europe/Berlin, America/New_York, UTC), and install the package "
                     "tzdata if the name is right."},
};

/* ---- saying what is wrong ----------------------------------------------------------------------------------------------- */
bool complain(struct compiler *c, const struct yaml *at, int cause, const char *fmt, ...)
{
    char what[SAID_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(c->e, &policy_causes[cause], "%s:%u:%u: %s", c->p->name, at->line, at->column, what);
}

bool no_room(struct compiler *c)
{
    return err_set(c->e, &base_causes[BASE_NO_MEMORY], "%s: no memory to compile it", c->p->name);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Levenshtein's distance; texts longer than WORD_MAX are far from everything. */
static size_t distance(struct str a, struct str b)
{
    size_t row[WORD_MAX + 1];
    if (a.n > WORD_MAX || b.n > WORD_MAX) return WORD_MAX;
    for (size_t k = 0; k <= b.n; k++) row[k] = k;
    for (size_t i = 0; i < a.n; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < b.n; k++) {
            size_t change = corner + (lower(a.p[i]) != lower(b.p[k]));
            corner = row[k + 1];
            row[k + 1] = least(change, least(row[k], row[k + 1]) + 1);
        }
    }
    return row[b.n];
}

void suggest(struct str word, const char *const *words, size_t count, struct buf *out)
{
    size_t best = WORD_MAX, which = 0;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, str_of(words[i]));
        if (d < best) best = d, which = i;
    }
    if (best <= 1 + word.n / 4 && best < word.n) {
        (void)buf_addf(out, "did you mean %s?", words[which]);
        return;
    }
    for (size_t i = 0; i < count; i++) (void)buf_addf(out, "%s%s", i ? ", " : "there are: ", words[i]);
}

bool complain_unknown(struct compiler *c, const struct yaml *at, const char *what, const char *const *words,
                      size_t count)
{
    struct buf hint;
    buf_init(&hint, SAID_MAX);
    suggest(at->text, words, count, &hint);
    struct str word = str_sub(at->text, 0, WORD_MAX);
    (void)complain(c, at, POLICY_UNKNOWN_WORD, "%s \"%.*s\" is not known; %s", what, STR_ARG(word), buf_cstr(&hint));
    buf_done(&hint);
    return false;
}

bool is_known_key(struct compiler *c, const struct yaml *key, const char *what, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(key->text, str_of(words[i]))) return true;
    }
    return complain_unknown(c, key, what, words, count);
}

bool expect_text(struct compiler *c, const struct yaml *v, const char *what)
{
    if (v->type == YAML_SCALAR && !yaml_is_null(v) && v->text.n > 0) return true;
    return complain(c, v, POLICY_BAD, "%s wants a text here", what);
}

size_t value_count(const struct yaml *v)
{
    return v->type == YAML_LIST ? v->count : 1;
}

const struct yaml *value_at(const struct yaml *v, size_t i)
{
    return v->type == YAML_LIST ? &v->items[i] : v;
}

/* ---- the file ------------------------------------------------------------------------------------------------------------- */
static bool compile_tree(struct compiler *c, const struct yaml *y)
{
    static const char *const keys[] = {"policy", "about", "lists", "rules", "examples"};
    if (y->type != YAML_MAP) return complain(c, y, POLICY_BAD, "a policy is a map with policy: 1 and rules:");
    for (size_t i = 0; i < y->count; i++) {
        if (!is_known_key(c, &y->keys[i], "the word", keys, sizeof keys / sizeof *keys)) return false;
    }
    const struct yaml *version = yaml_get(y, "policy"), *rules = yaml_get(y, "rules"), *lists = yaml_get(y, "lists");
    if (version == NULL || version->type != YAML_SCALAR || !str_eq(version->text, STR("1")))
        return complain(c, version ? version : y, POLICY_BAD,
                        "policy: 1 must stand at its top: the version of the language it is written in");
    if (rules == NULL || rules->type != YAML_LIST || rules->count == 0)
        return complain(c, rules ? rules : y, POLICY_BAD, "rules: must be a list of at least one rule");
    c->p->examples = yaml_get(y, "examples");
    return (lists == NULL || compile_lists(c, lists)) && compile_rules(c, rules) && check_examples(c);
}

struct policy *policy_compile(struct str yaml, const char *name, const struct policy_files *files, struct err *e)
{
    struct policy *p = calloc(1, sizeof *p);
    if (p == NULL) {
        (void)err_set(e, &base_causes[BASE_NO_MEMORY], "%s: no memory to compile it", name);
        return NULL;
    }
    arena_init(&p->arena, ARENA_MAX);
    struct compiler c = {.p = p, .files = files, .e = e};
    p->name = arena_copy(&p->arena, name, strlen(name));
    p->digest = hash128_of(yaml.p, yaml.n);
    const struct yaml *tree = p->name ? yaml_parse(&p->arena, yaml, p->name, e) : NULL;
    if (p->name == NULL) (void)no_room(&c);
    if (tree && compile_tree(&c, tree)) return p;
    policy_free(p);
    return NULL;
}

void policy_free(struct policy *p)
{
    if (p == NULL) return;
    for (size_t i = 0; i < p->list_count; i++) list_done(&p->lists[i]);
    for (struct value_list *l = p->own_lists, *next; l; l = next) {
        next = l->next;
        list_done(l);
    }
    for (size_t i = 0; i < p->zone_count; i++) zone_free(p->zones[i].zone);
    free(p->lists);
    free(p->zones);
    arena_done(&p->arena);
    free(p);
}

size_t policy_rule_count(const struct policy *p)
{
    return p->rule_count;
}

const struct policy_rule *policy_rule(const struct policy *p, size_t i)
{
    return &p->rules[i];
}

const struct policy_rule *policy_rule_by_name(const struct policy *p, struct str name)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        if (str_eq(p->rules[i].name, name)) return &p->rules[i];
    }
    return NULL;
}

struct hash128 policy_digest(const struct policy *p)
{
    return p->digest;
}

int64_t policy_memory_ms(const struct policy *p)
{
    return p->memory_ms;
}
