/* Values of an event told once more by what they are, at its end. */
#include "logic/ocsf/codes/code_level.h"
#include "logic/ocsf/codes/pen.h"
#include "logic/ocsf/rows/around.h"
#include "logic/ocsf/rows/run.h"

/* "file.hashes[].value" with the indexes filled in. */
static void add_path(struct map_scratch *s, struct str path, const unsigned *indexes)
{
    for (size_t i = 0, depth = 0; i < path.n; i++) {
        (void)buf_add_char(&s->out, path.p[i]);
        if (path.p[i] == '[' && depth < ARRAY_NEST_MAX) row_add_number(&s->out, indexes[depth++]);
    }
}

static void add_observable(struct map_scratch *s, size_t i)
{
    const struct told *told = s->observables[i].op->told;
    size_t at = s->observables[i].at, bytes = s->observables[i].bytes;
    (void)buf_add_str(&s->out, STR(",{\"name\":\""));
    add_path(s, told->path, s->observables[i].indexes);
    (void)buf_add_str(&s->out, told->text);
    if (!buf_reserve(&s->out, bytes + 8)) return; /* now it stays where it is while part of it is copied */
    bool is_text = s->out.p[at] == '"';
    if (!is_text) (void)buf_add_char(&s->out, '"');
    (void)buf_add(&s->out, s->out.p + at, bytes);
    (void)buf_add_str(&s->out, is_text ? STR("}") : STR("\"}"));
}

/* Of a path with at most one index, which is below ten: literals with the value between them. False: it is another. */
static bool put_observable(struct pen *pen, size_t i)
{
    const struct told *told = pen->s->observables[i].op->told;
    unsigned index = pen->s->observables[i].indexes[0];
    size_t bytes = pen->s->observables[i].bytes;
    if (told->literal.p == NULL || (told->index_at && index > 9) ||
        !pen_has_room(pen, told->literal.n + bytes + STRIDE))
        return false;
    const char *value = pen->s->out.p + pen->s->observables[i].at;
    bool is_bare = value[0] != '"';
    char *w = pen->w;
    pen->w = pen_copy(pen->w, told->literal.p, told->literal.n);
    if (told->index_at) w[told->index_at] = (char)('0' + index);
    if (is_bare) *pen->w++ = '"';
    pen->w = pen_copy(pen->w, value, bytes);
    if (is_bare) *pen->w++ = '"';
    *pen->w++ = '}';
    return true;
}

void AT_LEVEL(observables)(struct map_scratch *s)
{
    struct pen pen = {.s = s};
    if (s->observable_count == 0 || s->out.failed) return;
    around_pair(s, "observables", STR_NONE);
    size_t from = s->out.n;
    if (!buf_reserve(&s->out, (size_t)4 * STRIDE)) return;
    pen_take(&pen);
    for (size_t i = 0; i < s->observable_count; i++) {
        if (put_observable(&pen, i)) continue;
        pen_give(&pen);
        add_observable(s, i);
        pen_take(&pen);
    }
    pen_give(&pen);
    if (s->out.failed) return;
    s->out.p[from] = '['; /* in place of the first comma */
    (void)buf_add_char(&s->out, ']');
}
