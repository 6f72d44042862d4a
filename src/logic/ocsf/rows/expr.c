/* Expressions and conditions on the row being read. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/values/value.h"

bool mark_room(struct map_scratch *s)
{
    size_t cap = s->mark_cap ? 2 * s->mark_cap : 256;
    uint16_t *more = realloc(s->marks, cap * sizeof *more);
    if (more == NULL) {
        s->is_out_of_memory = true;
        return false;
    }
    s->marks = more;
    s->mark_cap = cap;
    return true;
}

void mark_used(struct map_scratch *s, const struct chain *c)
{
    if (c->source != SOURCE_SLOT) return; /* @uid and its like are of no shape */
    const struct shape *shape = &s->plan->shapes[c->shape];
    bool is_countable = c->shape == 0 || (shape->parent_slot != NO_SLOT && shape->parent_shape == 0);
    if (!is_countable || c->is_list || c->slot == shape->self_slot) return;
    if (s->mark_count == s->mark_cap && !mark_room(s)) return;
    s->marks[s->mark_count++] = c->slot;
}

/* ---- `comments[].comment` ------------------------------------------------------------------------------------------------ */
struct listing {
    struct map_scratch *s;
    const struct chain *chain;
    size_t from;
};

static struct value follow(const struct chain *c, struct value v)
{
    struct json_cursor cursor;
    struct json_slice m;
    for (size_t i = 0; i < c->member_count && v.raw.p; i++) {
        struct value next = VALUE_NONE;
        if (!json_cursor_open(&cursor, v.raw) || !cursor.is_object) return VALUE_NONE;
        while (json_cursor_next(&cursor, &m)) {
            if (str_eq_nocase(m.key, c->members[i])) next = (struct value){.raw = m.value, .type = m.type};
        }
        v = next;
    }
    return v;
}

static bool add_followed(void *ctx, struct value element)
{
    struct listing *l = ctx;
    struct value v = follow(l->chain, element);
    if (v.raw.p == NULL || row_is_blank(v.raw, v.type)) return true;
    struct str raw = v.type == JSON_ARRAY ? str_sub(v.raw, 1, v.raw.n - 2) : v.raw; /* lists of lists are one list */
    (void)buf_add_char(&l->s->text, l->s->text.n == l->from ? '[' : ',');
    (void)buf_add_str(&l->s->text, raw);
    return true;
}

static struct value list_value(struct map_scratch *s, const struct chain *c, const struct slot *slot)
{
    struct listing l = {s, c, s->text.n};
    (void)value_each(s, (struct value){.raw = slot->raw, .type = slot->type}, add_followed, &l);
    return value_take_list(s, l.from, true);
}

/* ---- chains ------------------------------------------------------------------------------------------------------------------ */
/* Nobody knows: 0 rather than an event without a time, which would be none. */
static struct value received_value(struct map_scratch *s)
{
    const struct map_input *in = s->in;
    struct wall time;
    if (in->sent.n == 0 || !wall_parse(in->sent, &time)) time = in->received.ticks ? in->received : in->processed;
    return value_of_number(s, wall_ms(time));
}

static struct value source_value(struct map_scratch *s, const struct chain *c)
{
    if (c->source == SOURCE_CONST) return value_of_token(c->constant);
    if (c->source == SOURCE_UID) return value_of_text(s, str_of(s->uid));
    if (c->source == SOURCE_TABLE) return value_of_text(s, s->source);
    if (c->source == SOURCE_RECEIVED) return received_value(s);
    const struct slot value = slot_get(s, c->shape, c->slot), *slot = &value;
    if (slot->raw.p == NULL || slot->is_blank) return VALUE_NONE;
    if (c->is_list) return list_value(s, c, slot);
    return (struct value){.raw = slot->raw, .type = slot->type};
}

struct value chain_value(struct map_scratch *s, const struct chain *c)
{
    struct value v = source_value(s, c);
    bool is_partial = false;
    s->chain = c;
    for (size_t i = 0; i < c->step_count && v.raw.p; i++) {
        v = value_convert(s, &c->steps[i], v);
        is_partial = is_partial || v.is_partial;
    }
    v.is_partial = is_partial;
    return v;
}

/* ---- expressions ---------------------------------------------------------------------------------------------------------------- */
static struct value first_value(struct map_scratch *s, const struct expr *e, const struct schema_attr *attr,
                                enum fit fit)
{
    for (size_t i = 0; i < e->chain_count; i++) {
        struct value v = chain_value(s, &e->chains[i]);
        bool is_ready = e->chains[i].source == SOURCE_CONST || e->chains[i].source == SOURCE_RECEIVED;
        if (is_ready && e->chains[i].step_count == 0 && !attr->is_array) return v; /* fits since compiled */
        bool was_partial = v.is_partial;
        struct str caption = v.caption;
        if (v.is_nothing && e->chains[i].source == SOURCE_SLOT) row_use(s, e->chains[i].slot);
        v = value_fit(s, attr, fit, v);
        if (v.raw.p == NULL) continue;
        v.caption = caption;
        if (!was_partial && !v.is_partial) mark_used(s, &e->chains[i]);
        return v;
    }
    return VALUE_NONE;
}

static void add_separator(struct map_scratch *s, const struct expr *e, size_t from)
{
    struct str sofar = {s->text.p + from, s->text.n - from};
    bool is_unix = memchr(sofar.p, '/', sofar.n) && !memchr(sofar.p, '\\', sofar.n);
    bool has_slash = str_ends(sofar, STR("/")) || str_ends(sofar, STR("\\"));
    if (!e->joins_path)
        (void)buf_add_str(&s->text, e->separator);
    else if (!has_slash)
        (void)buf_add_char(&s->text, is_unix ? '/' : '\\');
}

static struct value joined_value(struct map_scratch *s, const struct expr *e, const struct schema_attr *attr,
                                 enum fit fit)
{
    size_t from = s->text.n;
    for (size_t i = 0; i < e->part_count; i++) {
        const struct expr *part = &e->parts[i];
        struct str text = STR_NONE;
        for (size_t j = 0; j < part->chain_count && text.n == 0; j++) {
            struct value v = chain_value(s, &part->chains[j]);
            text = value_text(s, &v);
            if (text.n) mark_used(s, &part->chains[j]);
        }
        if (text.n == 0 && i == 0) return VALUE_NONE;
        if (text.n == 0) continue;
        if (s->text.n > from) add_separator(s, e, from);
        (void)buf_add_str(&s->text, text);
    }
    struct str text = arena_str(&s->arena, (struct str){s->text.p + from, s->text.n - from});
    s->text.n = from;
    return value_fit(s, attr, fit, value_of_text(s, text));
}

/* Parts are lists already ("[1,2]"): their insides one behind the other. */
static struct value listed_value(struct map_scratch *s, const struct expr *e, const struct schema_attr *attr,
                                 enum fit fit)
{
    size_t from = s->text.n;
    for (size_t i = 0; i < e->part_count; i++) {
        struct value v = first_value(s, &e->parts[i], attr, fit);
        if (v.raw.n < 3) continue;
        (void)buf_add_char(&s->text, s->text.n == from ? '[' : ',');
        (void)buf_add(&s->text, v.raw.p + 1, v.raw.n - 2);
    }
    return value_take_list(s, from, true);
}

static struct value any_value(struct map_scratch *s, const struct expr *e, const struct schema_attr *attr, enum fit fit)
{
    struct value v = VALUE_NONE;
    for (size_t i = 0; i < e->part_count && v.raw.p == NULL; i++) {
        if (condition_holds(s, e->parts[i].when)) v = expr_value(s, &e->parts[i], attr, fit);
    }
    return v;
}

struct value expr_value(struct map_scratch *s, const struct expr *e, const struct schema_attr *attr, enum fit fit)
{
    switch (e->kind) {
    case EXPR_ANY: return any_value(s, e, attr, fit);
    case EXPR_JOIN: return joined_value(s, e, attr, fit);
    case EXPR_CONCAT: return listed_value(s, e, attr, fit);
    default: return first_value(s, e, attr, fit);
    }
}

/* ---- conditions ------------------------------------------------------------------------------------------------------------------- */
static bool is_one_of(struct str text, const struct test *t)
{
    for (size_t i = 0; i < t->word_count; i++) {
        if (str_eq_nocase(text, t->words[i])) return true;
    }
    return false;
}

static bool starts_with_one(struct str text, const struct test *t)
{
    for (size_t i = 0; i < t->word_count; i++) {
        if (text.n >= t->words[i].n && str_eq_nocase(str_sub(text, 0, t->words[i].n), t->words[i])) return true;
    }
    return false;
}

/* The text of a plain column of the row, in which nothing is escaped. False: it is something else. */
static bool plain_text(const struct map_scratch *s, const struct chain *c, bool *is_present, struct str *text)
{
    if (c->source != SOURCE_SLOT || c->shape != 0 || c->is_list || c->step_count ||
        c->slot == s->plan->shapes[0].self_slot)
        return false;
    const struct slot column = row_slot(s, c->slot), *slot = &column;
    *is_present = slot->raw.p != NULL && !slot->is_blank;
    if ((slot->flags & JSON_ESCAPED) || slot->type == JSON_ARRAY || slot->type == JSON_OBJECT) return !*is_present;
    *text = !*is_present ? STR_NONE : slot->type == JSON_STRING ? str_sub(slot->raw, 1, slot->raw.n - 2) : slot->raw;
    return true;
}

static bool test_holds(struct map_scratch *s, const struct test *t)
{
    bool is_there;
    struct str plain = STR_NONE;
    if (t->kind != TEST_SAME && plain_text(s, t->a, &is_there, &plain)) {
        switch (t->kind) {
        case TEST_PRESENT: return is_there;
        case TEST_ABSENT: return !is_there;
        case TEST_EQUALS: return is_there && is_one_of(plain, t);
        case TEST_DIFFERS: return !is_there || !is_one_of(plain, t);
        case TEST_STARTS: return is_there && starts_with_one(plain, t);
        default: break;
        }
    }
    struct value a = chain_value(s, t->a);
    bool is_present = a.raw.p != NULL;
    if (t->kind == TEST_PRESENT || t->kind == TEST_ABSENT) return is_present == (t->kind == TEST_PRESENT);
    struct str text = value_text(s, &a);
    if (t->kind == TEST_EQUALS) return is_present && is_one_of(text, t);
    if (t->kind == TEST_DIFFERS) return !is_present || !is_one_of(text, t);
    if (t->kind == TEST_STARTS) return is_present && starts_with_one(text, t);
    struct value b = chain_value(s, t->b);
    return is_present && str_eq(text, value_text(s, &b));
}

bool condition_holds(struct map_scratch *s, const struct condition *c)
{
    for (size_t i = 0; c && i < c->count; i++) {
        if (!test_holds(s, &c->tests[i])) return false;
    }
    return true;
}
