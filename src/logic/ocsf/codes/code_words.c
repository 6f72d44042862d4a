/* Value tables as codes look words up in them. */
#include "logic/ocsf/codes/code_make.h"

#include <string.h>

/* Setting bit 5 makes letters lower case and leaves digits, blanks and most marks alone. Other characters would fall together. */
static bool can_be_folded(struct str word)
{
    for (size_t i = 0; i < word.n; i++) {
        unsigned char c = (unsigned char)word.p[i];
        if ((c < 'a' || c > 'z') && (c < 0x20 || c > 0x3F || c == '"')) return false;
    }
    return word.n > 0 && word.n <= 16 && !str_eq(word, STR("-"));
}

static bool number_fits(const struct schema_type *type, enum fit fit, struct str token)
{
    int64_t n;
    return str_to_i64(token, &n) && n >= 0 && n <= INT32_MAX && (fit != FIT_PORT || n > 0) &&
           (!type->has_range || (n >= type->low && n <= type->high));
}

/* Is the token of a word what value_fit would make of it? */
static bool token_fits(const struct op *op, struct str token)
{
    const struct schema_type *type = op->attr->type;
    bool is_text = token.n > 3 && token.p[0] == '"' && memchr(token.p, '\\', token.n) == NULL;
    switch ((enum fit)op->fit) {
    case FIT_ENUM: return true;
    case FIT_BOOL: return str_eq(token, STR("true")) || str_eq(token, STR("false"));
    case FIT_STRING: return is_text && type->pattern == PATTERN_NONE && !type->char_max;
    case FIT_PORT:
    case FIT_INTEGER:
    case FIT_LONG: return number_fits(type, (enum fit)op->fit, token);
    default: return false;
    }
}

/* Token and caption of a word; false: the caption is the row's own word, or there is none to write but should be. */
static bool word_text(struct maker *m, const struct op *op, const struct word *w, struct str *out)
{
    *out = STR_NONE;
    if (w->token.p == NULL) return true;
    if (!token_fits(op, w->token)) return false;
    if (op->fit == FIT_ENUM && w->caption.p == NULL && str_eq(w->token, STR("99"))) return false;
    bool has_caption = w->caption.p && op->sibling_key.n;
    struct str caption = has_caption ? maker_literal(m, STR(","), op->sibling_key, w->caption) : STR_NONE;
    *out = maker_literal(m, w->token, caption, STR_NONE);
    return true;
}

const struct word_codes *maker_words(struct maker *m, const struct op *op, const struct word_table *t)
{
    struct word_table *owner =
        (struct word_table *)(uintptr_t)t; /* variants are made one by one, and share their tables */
    const void *fits = op->fit == FIT_ENUM ? (const void *)op->sibling_key.p : op->attr;
    uint32_t size = 8;
    size_t known = 0;
    if (t->codes && t->codes_for == fits) return t->codes;
    while (size < 4 * t->count) size *= 2;
    struct word_codes *codes = ARENA_NEW(m->a, struct word_codes);
    struct word_code *items = arena_alloc(m->a, size * sizeof *items);
    if (codes == NULL || items == NULL) {
        m->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < t->count; i++) {
        struct word_code w;
        struct str text;
        struct str word = t->words[i].text;
        if (!can_be_folded(word) || !word_code_of(word, &w) || !word_text(m, op, &t->words[i], &text)) continue;
        w.text = text;
        uint32_t at = word_code_hash(&w) & (size - 1);
        while (items[at].length) at = (at + 1) & (size - 1);
        items[at] = w;
        known++;
    }
    bool has_else = t->knows_other || t->by_caption || t->fallback.token.p;
    *codes = (struct word_codes){items, size - 1, known == t->count && !has_else};
    owner->codes = codes;
    owner->codes_for = fits;
    return codes;
}

static const struct word *find_id(const struct word_table *t, const char *id)
{
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(t->words[i].text, str_of(id))) return &t->words[i];
    }
    return NULL;
}

/* Two words that a converter tells apart: User and System, versions of addresses. NULL: they are not both in the table. */
const struct word_code *maker_two(struct maker *m, const struct op *op, const struct word_table *t,
                                  const char *const *ids)
{
    const struct word *a = find_id(t, ids[0]), *b = find_id(t, ids[1]);
    struct word_code *two = arena_alloc(m->a, 2 * sizeof *two);
    if (two == NULL) m->failed = true;
    if (two == NULL || a == NULL || b == NULL || !word_text(m, op, a, &two[0].text) ||
        !word_text(m, op, b, &two[1].text))
        return NULL;
    return two[0].text.p && two[1].text.p ? two : NULL;
}
