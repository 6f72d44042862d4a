/* Converters that take a list as a whole, or make one. */
#include "logic/ocsf/values/convert_list.h"

enum { DISTINCT_BYTES_MAX = 4096 }; /* of a list: what stands further back is not compared */

struct listing {
    struct map_scratch *s;
    const struct step *step;
    struct value first;
    struct buf *text;
    size_t from;
};

static bool take_first(void *ctx, struct value element)
{
    struct listing *l = ctx;
    if (l->first.raw.p == NULL) l->first = element;
    return true;
}

struct value list_first(struct map_scratch *s, const struct step *step, struct value v)
{
    struct listing l = {.s = s, .step = step};
    (void)value_each(s, v, take_first, &l);
    return l.first;
}

static bool add_joined(void *ctx, struct value element)
{
    struct listing *l = ctx;
    struct str text = value_text(l->s, &element);
    if (text.n == 0) return true;
    if (l->text->n > l->from) (void)buf_add_str(l->text, l->step->arg);
    (void)buf_add_str(l->text, text);
    return true;
}

struct value list_joined(struct map_scratch *s, const struct step *step, struct value v)
{
    struct listing l = {.s = s, .step = step, .text = &s->text, .from = s->text.n};
    (void)value_each(s, v, add_joined, &l);
    struct str text = arena_str(&s->arena, (struct str){s->text.p + l.from, s->text.n - l.from});
    s->text.n = l.from;
    return value_of_text(s, text);
}

/* Text cut at TEXT; what is a list already stays one. */
struct value list_split(struct map_scratch *s, const struct step *step, struct value v)
{
    struct str list = row_inner_json(s, v.raw, v.type);
    if (list.p && list.p[0] == '[') return value_of_token(list);
    struct str rest = value_text(s, &v);
    size_t from = s->text.n;
    while (rest.n) {
        size_t at = str_find(rest, step->arg, 0);
        struct str part = str_trim(str_sub(rest, 0, at == SIZE_MAX ? rest.n : at));
        rest = at == SIZE_MAX ? STR_NONE : str_sub(rest, at + step->arg.n, rest.n);
        if (part.n == 0) continue;
        (void)buf_add_str(&s->text, s->text.n == from ? STR("[\"") : STR(",\""));
        json_escape(&s->text, part);
        (void)buf_add_char(&s->text, '"');
    }
    return value_take_list(s, from, true);
}

/* Was this element in the list before? */
static bool stands_before(struct str list, struct str raw)
{
    struct json_cursor c;
    struct json_slice m;
    for (bool open = json_cursor_open(&c, list); open && json_cursor_next(&c, &m);) {
        if (m.value.p == raw.p) return false;
        if (str_eq(m.value, raw)) return true;
    }
    return false;
}

static bool add_distinct(void *ctx, struct value element)
{
    struct listing *l = ctx;
    struct str list = l->first.raw;
    bool is_near = (size_t)(element.raw.p - list.p) < DISTINCT_BYTES_MAX;
    if (is_near && stands_before(list, element.raw)) return true;
    (void)buf_add_char(l->text, l->text->n == l->from ? '[' : ',');
    (void)buf_add_str(l->text, element.raw);
    return true;
}

struct value list_distinct(struct map_scratch *s, const struct step *step, struct value v)
{
    struct str list = row_inner_json(s, v.raw, v.type);
    if (list.p == NULL || list.p[0] != '[') return v;
    struct listing l = {.s = s, .step = step, .first = value_of_token(list), .text = &s->text, .from = s->text.n};
    bool is_whole = value_each(s, l.first, add_distinct, &l);
    return value_take_list(s, l.from, is_whole);
}
