#include "kit/json/outline.h"

#include "kit/json/bytes.h"

struct maker {
    const char *base, *p, *end;
    struct json_node *nodes;
    size_t count, cap;
    unsigned depth;
    uint16_t open[JSON_OUTLINE_DEPTH]; /* containers that have not ended */
};

static inline void skip_blanks(struct maker *m)
{
    while (m->p < m->end && json_is_blank(*m->p)) m->p++;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* From behind the opening quote to behind the closing one. */
static bool take_string(struct maker *m, uint8_t *flags)
{
    for (const char *p = m->p;;) {
        p = json_skip_plain(p, m->end);
        if (p == m->end) return false;
        unsigned char c = (unsigned char)*p;
        if (c == '"') {
            m->p = p + 1;
            return true;
        }
        if (c < ' ') return false;
        if (c == '\\') {
            if (m->end - p < 2 || p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL) return false;
            *flags |= JSON_ESCAPED;
            p++;
        }
        p++;
    }
}

static bool take_digits(struct maker *m)
{
    const char *from = m->p;
    while (m->p < m->end && is_digit(*m->p)) m->p++;
    return m->p > from;
}

static bool take_number(struct maker *m)
{
    if (*m->p == '-') m->p++;
    const char *from = m->p;
    if (!take_digits(m) || (*from == '0' && m->p - from > 1)) return false;
    if (m->p < m->end && *m->p == '.') {
        m->p++;
        if (!take_digits(m)) return false;
    }
    if (m->p < m->end && (*m->p | 0x20) == 'e') {
        m->p++;
        if (m->p < m->end && (*m->p == '+' || *m->p == '-')) m->p++;
        return take_digits(m);
    }
    return true;
}

static bool take_word(struct maker *m, struct str word)
{
    if ((size_t)(m->end - m->p) < word.n || memcmp(m->p, word.p, word.n) != 0) return false;
    m->p += word.n;
    return true;
}

static bool take_scalar(struct maker *m, struct json_node *n)
{
    switch (*m->p) {
    case '"':
        n->type = JSON_STRING;
        m->p++;
        if (!take_string(m, &n->flags)) return false;
        if (m->p - m->base == (ptrdiff_t)n->value + 2) n->flags = JSON_BLANK;
        return true;
    case 't': n->type = JSON_TRUE; return take_word(m, STR("true"));
    case 'f': n->type = JSON_FALSE; return take_word(m, STR("false"));
    case 'n':
        n->type = JSON_NULL;
        n->flags = JSON_BLANK;
        return take_word(m, STR("null"));
    default: n->type = JSON_NUMBER; return take_number(m);
    }
}

/* A name and its colon, for the node that comes next. */
static bool take_key(struct maker *m, struct json_node *n)
{
    uint8_t flags = 0;
    skip_blanks(m);
    if (m->p == m->end || *m->p != '"') return false;
    const char *from = ++m->p;
    if (!take_string(m, &flags) || flags) return false;
    n->key = (uint32_t)(from - m->base);
    n->key_bytes = (uint32_t)(m->p - 1 - from);
    skip_blanks(m);
    return m->p < m->end && *m->p++ == ':';
}

enum step { A_VALUE, THE_END, NO };

static struct json_node *node_here(struct maker *m)
{
    return &m->nodes[m->open[m->depth - 1]];
}

static bool has_room(struct maker *m)
{
    if (m->count == m->cap) return false;
    m->nodes[m->count] = (struct json_node){0};
    return true;
}

/* Behind a value: what ends with it, up to where the next begins. */
static enum step go_on(struct maker *m)
{
    while (m->depth) {
        struct json_node *around = node_here(m);
        bool is_object = around->type == JSON_OBJECT;
        skip_blanks(m);
        if (m->p == m->end) return NO;
        char c = *m->p++;
        if (c == ',') return has_room(m) && (!is_object || take_key(m, &m->nodes[m->count])) ? A_VALUE : NO;
        if (c != (is_object ? '}' : ']')) return NO;
        around->end = (uint32_t)(m->p - m->base);
        around->next = (uint16_t)m->count;
        m->depth--;
    }
    skip_blanks(m);
    return m->p == m->end ? THE_END : NO;
}

/* A container begins: its first value, or its end. */
static enum step go_in(struct maker *m, struct json_node *n)
{
    bool is_object = *m->p++ == '{';
    if (m->depth == JSON_OUTLINE_DEPTH) return NO;
    n->type = is_object ? JSON_OBJECT : JSON_ARRAY;
    m->open[m->depth++] = (uint16_t)(n - m->nodes);
    skip_blanks(m);
    if (m->p < m->end && *m->p == (is_object ? '}' : ']')) {
        n->flags = JSON_BLANK;
        return go_on(m);
    }
    return has_room(m) && (!is_object || take_key(m, &m->nodes[m->count])) ? A_VALUE : NO;
}

bool json_outline_make(struct json_outline *o, struct json_node *room, size_t cap, struct str text)
{
    struct maker m = {.base = text.p, .p = text.p, .end = text.p + text.n, .nodes = room, .cap = cap};
    enum step step = text.n < UINT32_MAX && has_room(&m) ? A_VALUE : NO;
    while (step == A_VALUE) {
        struct json_node *n = &m.nodes[m.count++];
        skip_blanks(&m);
        if (m.p == m.end) return false;
        n->value = (uint32_t)(m.p - m.base);
        if (*m.p == '{' || *m.p == '[') {
            step = go_in(&m, n);
            continue;
        }
        if (!take_scalar(&m, n)) return false;
        n->end = (uint32_t)(m.p - m.base);
        n->next = (uint16_t)m.count;
        step = go_on(&m);
    }
    if (step == NO) return false;
    *o = (struct json_outline){text.p, room, m.count};
    return true;
}
