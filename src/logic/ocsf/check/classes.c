/* Which class and activity the rows of each source become, as compiled: for people. */
#include <string.h>

#include "logic/ocsf/compile/compile.h"

struct telling {
    struct ocsf_class about, last;
    struct arena arena;
    void (*each)(void *ctx, const struct ocsf_class *c);
    void *ctx;
    bool has_last;
};

/* The head holds class and activity with their captions. */
static void read_head(struct telling *t, const struct variant *v)
{
    struct buf b = {0};
    struct json_cursor c;
    struct json_slice m;
    (void)buf_addf(&b, "{%.*s}", STR_ARG(v->head));
    struct str head = arena_str(&t->arena, buf_str(&b));
    buf_done(&b);
    t->about.class_uid = v->class->uid;
    t->about.activity = STR_NONE; /* the row's own word */
    for (bool open = json_cursor_open(&c, head); open && json_cursor_next(&c, &m);) {
        if (str_eq(m.key, STR("class_name"))) t->about.class_name = json_unescape(&t->arena, m.value);
        if (str_eq(m.key, STR("activity_name"))) t->about.activity = json_unescape(&t->arena, m.value);
        if (str_eq(m.key, STR("activity_id"))) (void)str_to_i64(m.value, &t->about.activity_id);
    }
}

static void tell_list(struct telling *t, const struct choice_list *list)
{
    t->about.word = list->written;
    t->has_last = false;
    for (size_t i = 0; i < list->count; i++) {
        read_head(t, list->choices[i].variant);
        bool is_same =
            t->has_last && t->last.class_uid == t->about.class_uid && t->last.activity_id == t->about.activity_id;
        t->about.is_conditional = list->choices[i].when != NULL;
        if (!is_same) t->each(t->ctx, &t->about);
        t->last = t->about;
        t->has_last = true;
    }
}

void ocsf_classes(const struct ocsf *o, void (*each)(void *ctx, const struct ocsf_class *c), void *ctx)
{
    for (size_t i = 0; i < o->entry_count; i++) {
        const struct plan *p = ocsf_plan_at(o, i);
        struct telling t = {.each = each, .ctx = ctx, .about = {.source = p->source}};
        arena_init(&t.arena, (size_t)16 << 20);
        if (p->by) t.about.by = p->by_written;
        for (size_t k = 0; k < p->list_count; k++)
            if (&p->lists[k] != p->fallback) tell_list(&t, &p->lists[k]);
        if (p->fallback) tell_list(&t, p->fallback);
        arena_done(&t.arena);
    }
}
