#include "twin/odata.h"

#include <stdio.h>

enum { DEPTH_MAX = 60, NODES_MAX = 2000 };

enum node_kind { NODE_COMPARE, NODE_STARTS, NODE_AND, NODE_OR, NODE_NOT };
enum relation { EQ, NE, GT, GE, LT, LE };
struct odata_filter {
    enum node_kind kind;
    unsigned field;
    enum relation relation;
    struct odata_value value;
    const struct odata_filter *left, *right;
};

struct parser {
    struct arena *arena;
    struct str rest, token; /* token: a word, a sign, or a text with its quotes */
    struct odata_fields fields;
    struct odata_error *e;
    unsigned depth, nodes;
};

static bool fail(struct odata_error *e, const char *what, struct str at)
{
    (void)snprintf(e->text, sizeof e->text, "%s '%.*s'.", what, (int)(at.n < 80 ? at.n : 80), at.p ? at.p : "");
    return false;
}

static bool is_stop(char c)
{
    return c == ' ' || c == '\t' || c == '(' || c == ')' || c == ',';
}

static void advance(struct parser *p)
{
    struct str s = str_trim(p->rest);
    size_t n = 1;
    if (s.n == 0) {
        p->token = p->rest = STR("");
        return;
    }
    if (s.p[0] == '\'') { /* '' inside stands for one quote */
        while (n < s.n && (s.p[n] != '\'' || (n + 1 < s.n && s.p[n + 1] == '\''))) n += s.p[n] == '\'' ? 2 : 1;
        n = n < s.n ? n + 1 : s.n;
    } else if (!is_stop(s.p[0])) {
        while (n < s.n && !is_stop(s.p[n])) n++;
    }
    p->token = str_sub(s, 0, n);
    p->rest = str_sub(s, n, s.n);
}

static bool take(struct parser *p, const char *word)
{
    if (!str_eq_nocase(p->token, str_of(word))) return false;
    advance(p);
    return true;
}

static struct odata_filter *node(struct parser *p, enum node_kind kind)
{
    struct odata_filter *f = ++p->nodes <= NODES_MAX ? ARENA_NEW(p->arena, struct odata_filter) : NULL;
    if (f)
        f->kind = kind;
    else
        fail(p->e, "The filter is too long near", p->token);
    return f;
}

static bool field_find(struct odata_fields fields, struct str name, unsigned *out)
{
    for (unsigned i = 0; i < fields.count; i++) {
        if (!str_eq_nocase(name, str_of(fields.items[i].name))) continue;
        *out = i;
        return true;
    }
    return false;
}

static bool field(struct parser *p, unsigned *out)
{
    if (!field_find(p->fields, p->token, out))
        return fail(p->e, "Invalid filter clause: filtering is not supported on property", p->token);
    advance(p);
    return true;
}

static bool text_literal(struct parser *p, struct str *out)
{
    struct str t = p->token;
    if (t.n < 2 || t.p[0] != '\'' || t.p[t.n - 1] != '\'')
        return fail(p->e, "Invalid filter clause: a quoted value was expected at", t);
    t = str_sub(t, 1, t.n - 2);
    char *copy = arena_copy(p->arena, t.p, t.n);
    size_t n = 0;
    if (copy == NULL) return fail(p->e, "The filter is too long near", t);
    for (size_t i = 0; i < t.n; i++) {
        copy[n++] = t.p[i];
        if (t.p[i] == '\'') i++;
    }
    *out = (struct str){copy, n};
    advance(p);
    return true;
}

/* Times and numbers stand unquoted, texts quoted; the other way round is refused, as the service does. */
static bool literal(struct parser *p, enum odata_type type, struct odata_value *out)
{
    struct wall t;
    *out = (struct odata_value){.type = type};
    if (take(p, "null")) {
        out->type = ODATA_NULL;
        return true;
    }
    if (type == ODATA_TEXT) return text_literal(p, &out->text);
    bool fine = false;
    if (type == ODATA_TIME && (fine = wall_parse(p->token, &t))) out->number = t.ticks;
    if (type == ODATA_NUMBER) fine = str_to_i64(p->token, &out->number);
    if (type == ODATA_BOOL) {
        out->number = str_eq(p->token, STR("true"));
        fine = out->number || str_eq(p->token, STR("false"));
    }
    if (!fine) return fail(p->e, "Invalid filter clause: incompatible types near", p->token);
    advance(p);
    return true;
}

static const struct odata_filter *comparison(struct parser *p)
{
    static const char *const words[] = {[EQ] = "eq", [NE] = "ne", [GT] = "gt", [GE] = "ge", [LT] = "lt", [LE] = "le"};
    struct odata_filter *f = node(p, NODE_COMPARE);
    if (f == NULL || !field(p, &f->field)) return NULL;
    unsigned i = 0;
    while (i <= LE && !take(p, words[i])) i++;
    if (i > LE) {
        fail(p->e, "Invalid filter clause: syntax error near", p->token);
        return NULL;
    }
    f->relation = (enum relation)i;
    return literal(p, p->fields.items[f->field].type, &f->value) ? f : NULL;
}

static bool expect(struct parser *p, const char *sign)
{
    return take(p, sign) || fail(p->e, "Invalid filter clause: syntax error near", p->token);
}

static const struct odata_filter *starts(struct parser *p)
{
    struct odata_filter *f = node(p, NODE_STARTS);
    if (f == NULL || !expect(p, "(") || !field(p, &f->field) || !expect(p, ",") || !text_literal(p, &f->value.text) ||
        !expect(p, ")"))
        return NULL;
    if (p->fields.items[f->field].type == ODATA_TEXT) return f;
    fail(p->e, "Invalid filter clause: startswith needs a text property near", p->token);
    return NULL;
}

static const struct odata_filter *either(struct parser *p);

static const struct odata_filter *unary(struct parser *p)
{
    if (++p->depth > DEPTH_MAX) {
        fail(p->e, "The filter is nested too deeply near", p->token);
        return NULL;
    }
    const struct odata_filter *f;
    if (take(p, "not")) {
        struct odata_filter *n = node(p, NODE_NOT);
        f = n && (n->left = unary(p)) ? n : NULL;
    } else if (take(p, "(")) {
        f = either(p);
        if (f && !expect(p, ")")) f = NULL;
    } else if (take(p, "startswith")) {
        f = starts(p);
    } else {
        f = comparison(p);
    }
    p->depth--;
    return f;
}

static const struct odata_filter *chain(struct parser *p, enum node_kind kind, const char *word,
                                        const struct odata_filter *(*operand)(struct parser *))
{
    const struct odata_filter *left = operand(p);
    while (left && take(p, word)) {
        struct odata_filter *f = node(p, kind);
        if (f == NULL) return NULL;
        f->left = left;
        f->right = operand(p);
        left = f->right ? f : NULL;
    }
    return left;
}

static const struct odata_filter *both(struct parser *p)
{
    return chain(p, NODE_AND, "and", unary);
}

static const struct odata_filter *either(struct parser *p)
{
    return chain(p, NODE_OR, "or", both);
}

bool odata_filter_parse(struct arena *a, struct str text, struct odata_fields fields, const struct odata_filter **out,
                        struct odata_error *e)
{
    struct parser p = {.arena = a, .rest = text, .fields = fields, .e = e};
    advance(&p);
    const struct odata_filter *f = either(&p);
    if (f == NULL) return false;
    if (p.token.n) return fail(e, "Invalid filter clause: syntax error near", p.token);
    *out = f;
    return true;
}

/* ---- at work -------------------------------------------------------------------------------------------------------- */
static int cmp_nocase(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
        if (x >= 'A' && x <= 'Z') x = (unsigned char)(x + 32);
        if (y >= 'A' && y <= 'Z') y = (unsigned char)(y + 32);
        if (x != y) return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

int odata_compare(struct odata_value a, struct odata_value b)
{
    if (a.type == ODATA_NULL || b.type == ODATA_NULL) return (a.type != ODATA_NULL) - (b.type != ODATA_NULL);
    if (a.type == ODATA_TEXT) return cmp_nocase(a.text, b.text);
    return (a.number > b.number) - (a.number < b.number);
}

static bool compares(const struct odata_filter *f, struct odata_value v)
{
    bool has_null = v.type == ODATA_NULL || f->value.type == ODATA_NULL;
    int d = odata_compare(v, f->value);
    switch (f->relation) {
    case EQ: return d == 0;
    case NE: return d != 0;
    case GT: return !has_null && d > 0;
    case GE: return !has_null && d >= 0;
    case LT: return !has_null && d < 0;
    case LE: return !has_null && d <= 0;
    }
    return false;
}

bool odata_matches(const struct odata_filter *f, odata_get get, void *ctx, struct arena *a)
{
    switch (f->kind) {
    case NODE_COMPARE: return compares(f, get(ctx, f->field, a));
    case NODE_STARTS: {
        struct odata_value v = get(ctx, f->field, a);
        return v.type == ODATA_TEXT && v.text.n >= f->value.text.n &&
               cmp_nocase(str_sub(v.text, 0, f->value.text.n), f->value.text) == 0;
    }
    case NODE_AND: return odata_matches(f->left, get, ctx, a) && odata_matches(f->right, get, ctx, a);
    case NODE_OR: return odata_matches(f->left, get, ctx, a) || odata_matches(f->right, get, ctx, a);
    case NODE_NOT: return !odata_matches(f->left, get, ctx, a);
    }
    return false;
}

bool odata_orderby_parse(struct str text, struct odata_fields fields, struct odata_order *orders, unsigned *count_out,
                         struct odata_error *e)
{
    unsigned n = 0;
    for (struct str rest = text; rest.p && n < ODATA_ORDERS_MAX; n++) {
        struct str item = str_trim(str_cut(&rest, ','));
        struct str name = str_cut(&item, ' ');
        item = str_trim(item);
        orders[n].descending = str_eq_nocase(item, STR("desc"));
        if (!orders[n].descending && item.n && !str_eq_nocase(item, STR("asc")))
            return fail(e, "Invalid orderby clause near", item);
        if (!field_find(fields, name, &orders[n].field))
            return fail(e, "Invalid orderby clause: ordering is not supported by property", name);
    }
    *count_out = n;
    return n > 0 || fail(e, "Invalid orderby clause", text);
}
