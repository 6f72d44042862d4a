/* Inside the policy: what a file is compiled to. Everything lives in the policy's arena, the YAML tree included, so that an
 * explanation can say what stands in the file. */
#ifndef LOGIC_RESPOND_POLICY_POLICY_INT_H
#define LOGIC_RESPOND_POLICY_POLICY_INT_H

#include "kit/base/zone.h"
#include "kit/yaml/yaml.h"
#include "logic/respond/policy.h"

/* ---- lists (lists.c) --------------------------------------------------------------------------------------------------- */
enum list_kind { LIST_HASH, LIST_ADDRESS, LIST_DOMAIN, LIST_URL, LIST_TECHNIQUE, LIST_TEXT, LIST_KINDS };
_Static_assert((int)LIST_HASH == VALUE_HASH && (int)LIST_ADDRESS == VALUE_ADDRESS && (int)LIST_DOMAIN == VALUE_DOMAIN &&
                   (int)LIST_URL == VALUE_URL,
               "values are looked up by their kind");
struct value_list {
    struct str name;
    struct hash128 *set; /* open addressing, all zero: free; of kind and canonical text */
    size_t used, cap;    /* cap: 0 or a power of two */
    size_t counts[LIST_KINDS];
    uint64_t prefixes[3]; /* lengths of address ranges present, 0 to 128, by bit */
    struct str *patterns; /* entries with a star, matched one by one */
    enum list_kind *pattern_kinds;
    size_t pattern_count, pattern_cap;
    struct value_list *next; /* of those that conditions made */
};
extern const char *const list_kind_names[LIST_KINDS];
void list_done(struct value_list *l);
/* `only`: LIST_KINDS: as each value looks. False: it looks like none (or not like that one), `*no_memory` aside. */
bool list_add(struct value_list *l, struct str value, enum list_kind only, bool *no_memory);
/* Lines of a file; false: *line_out is the one nobody can read (0: no memory). */
bool list_add_lines(struct value_list *l, struct str lines, enum list_kind only, unsigned *line_out);
bool list_has(const struct value_list *l, enum list_kind kind, struct str value);
/* A value as threat intelligence means it: a domain also by those above it, a URL also by its host. */
bool list_has_value(const struct value_list *l, const struct fact_value *v);

/* Whole texts, stars stand for anything, ASCII case does not matter. */
bool text_matches(struct str text, struct str pattern);
/* T1003 covers T1003.001. */
bool technique_covers(struct str wanted, struct str t);

/* ---- conditions (fields.c, compile.c, judge.c) --------------------------------------------------------------------------- */
enum field_scope { SCOPE_ALERT, SCOPE_DEVICE, SCOPE_USER, SCOPE_COUNT };
enum field_type {
    FIELD_WORDS,
    FIELD_ROLES,
    FIELD_TEXT,
    FIELD_TECHNIQUE,
    FIELD_VALUES,
    FIELD_INTEL,
    FIELD_TIME,
    FIELD_DAY
};
struct subject { /* what is being looked at */
    const struct alert_facts *facts;
    const struct fact_device *device; /* NULL: none */
    const struct fact_user *user;
    const struct policy_context *context;
};
enum { FIELD_TEXTS_MAX = 64 };
struct field {
    const char *word;
    enum field_scope scope;
    enum field_type type;
    bool is_ordered; /* WORDS: "medium+" */
    /* WORDS: by number */
    bool (*read)(struct str s, unsigned *out);
    const char *(*name)(unsigned v);
    unsigned count;
    unsigned (*value)(const struct subject *s); /* WORDS: a number; ROLES: bits */
    /* TEXT, TECHNIQUE: fills texts, gives how many (further ones are not looked at) */
    size_t (*texts)(const struct subject *s, struct str out[FIELD_TEXTS_MAX]);
    enum fact_kind kind; /* VALUES */
    /* The row does not tell it (all): only the machine can. NULL: what is not told is absent. */
    bool (*is_untold)(const struct subject *s);
    const char *help;
};
extern const struct field fields[];
extern const size_t field_count;
const struct field *field_find(enum field_scope scope, struct str word);

struct span {          /* of the day or the week */
    unsigned from, to; /* minutes of the day, `to` excluded; from > to: past midnight */
    unsigned days;     /* bits, DAY_MONDAY ... */
    const struct zone *zone;
    bool has_zone;
};
enum node_kind { NODE_ALL, NODE_ANY, NODE_NOT, NODE_TEST, NODE_DEVICE, NODE_USER };
/* DEVICE: its child about the device at hand; without a child and `is_none`: there is none. USER: some user matches. */
struct node {
    enum node_kind kind;
    bool is_none;
    const struct node *children;
    size_t count;
    /* TEST */
    const struct field *field;
    const struct yaml *value; /* as written */
    uint64_t set;             /* WORDS, ROLES: bits wanted */
    const struct str *patterns;
    size_t pattern_count;
    const struct value_list *const *lists;
    size_t list_count;
    struct value_list *own_list; /* VALUES: what is written there */
    const struct span *spans;
    size_t span_count;
    unsigned line;
};
enum count_by {
    BY_TITLE = 1,
    BY_DEVICE = 2,
    BY_DETECTOR = 4,
    BY_CATEGORY = 8,
    BY_USER = 16,
    BY_SERVICE = 32,
};
struct rule_plan {
    const struct node *when; /* NULL: always */
    bool is_off;
    bool has_phone; /* `phone:` was written */
    unsigned count; /* 0: does not count */
    int64_t window_ticks;
    unsigned by; /* enum count_by */
    const struct yaml *count_text;
};
struct named_zone {
    struct str name;
    struct zone *zone;
};
struct policy {
    struct arena arena;
    const char *name;
    struct policy_rule *rules;
    struct rule_plan *plans;
    size_t rule_count;
    struct value_list *lists;
    size_t list_count;
    struct value_list *own_lists;
    struct named_zone *zones;
    size_t zone_count;
    const struct yaml *examples; /* NULL: none */
    int64_t memory_ms;
    struct hash128 digest;
};

/* The compiler's scratch: says where and what (`cause`: POLICY_*). Each gives false. */
struct compiler {
    struct policy *p;
    const struct policy_files *files;
    struct err *e;
};
bool complain(struct compiler *c, const struct yaml *at, int cause, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool no_room(struct compiler *c); /* BASE_NO_MEMORY, or the arena is full */
/* "…, did you mean X?" if one of the words is near, else the words themselves. */
void suggest(struct str word, const char *const *words, size_t count, struct buf *out);
bool complain_unknown(struct compiler *c, const struct yaml *at, const char *what, const char *const *words,
                      size_t count);
bool is_known_key(struct compiler *c, const struct yaml *key, const char *what, const char *const *words, size_t count);
bool expect_text(struct compiler *c, const struct yaml *v, const char *what);
/* A value or a list of values: how many, and the i-th. */
size_t value_count(const struct yaml *v);
const struct yaml *value_at(const struct yaml *v, size_t i);
bool compile_when(struct compiler *c, const struct yaml *v, const struct node **out);        /* condition.c */
bool compile_spans(struct compiler *c, const struct yaml *v, bool is_day, struct node *out); /* spans.c */
bool compile_lists(struct compiler *c, const struct yaml *v);                                /* lists_read.c */
bool compile_rules(struct compiler *c, const struct yaml *v);                                /* rules.c */
bool check_examples(struct compiler *c);                                                     /* examples.c */

/* ---- judging ------------------------------------------------------------------------------------------------------------- */
enum truth { TRUTH_NO, TRUTH_OPEN, TRUTH_YES }; /* so that "all" is the least, "any" the greatest */
enum truth node_holds(const struct node *n, const struct subject *s);
/* Of a rule for one device or none: with its count, which it notes. */
enum truth rule_holds(const struct policy *p, size_t rule, const struct subject *s);
enum truth test_holds(const struct node *n, const struct subject *s);
/* Notes the alert under that key; how many there are now within the window. */
unsigned counter_note(struct policy_counter *c, struct hash128 key, uint64_t alert, struct wall at,
                      int64_t window_ticks, unsigned enough);
extern const struct str policy_default_yaml;
/* Lowest level: the words of `count: … per`. */
extern const char *const count_words[];
enum { COUNT_WORDS = 6 };

#endif
