/* A row to its event: does it fit, which variant, and what every event carries besides the mapping's own attributes. */
#include "logic/ocsf/code.h"
#include "logic/ocsf/facts.h"
#include "logic/ocsf/run.h"

#include <stdio.h>
#include <string.h>

#include "logic/ocsf/compile.h"

/* ---- does the row fit ---------------------------------------------------------------------------------------------------- */
static const char *misfit(const struct map_scratch *s, const struct plan *p)
{
    size_t members = s->members.count - s->sidecar_count;
    for (size_t i = 0; i < p->required_count; i++) {
        const struct slot *slot = &s->slots[p->required[i]];
        if (slot->raw.p == NULL || slot->is_blank) return "a column that every row of the table has is missing";
    }
    return 2 * s->known_count < members ? "most of its columns are not those of the table" : NULL;
}

static const struct choice_list *list_for(struct map_scratch *s, const struct plan *p)
{
    char folded[128];
    if (p->by == NULL) return &p->lists[0];
    struct value v = chain_value(s, p->by);
    struct str text = value_text(s, &v);
    if (text.n == 0 || text.n > sizeof folded) return p->fallback;
    struct str word = {folded, word_fold(text, false, folded, sizeof folded)};
    for (size_t low = 0, high = p->list_count; low < high;) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(word, p->lists[middle].word);
        if (order == 0) return &p->lists[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return p->fallback;
}

/* A word that is in no row of choose, and of which no row behind '*' makes more than "other". */
static void note_action(struct map_scratch *s, const struct plan *p, const struct choice_list *list,
                        const struct variant *v)
{
    if (s->drift == NULL || p->by == NULL || list != p->fallback || (v && !v->names_activity)) return;
    struct value word = chain_value(s, p->by);
    struct str text = value_text(s, &word);
    if (text.n) drift_note(s->drift, DRIFT_ACTION, row_slot_name(s, p->by->shape, p->by->slot), text, s->in->row);
}

/* ---- what every event carries ------------------------------------------------------------------------------------------------ */
static void add_key(struct map_scratch *s, const char *key)
{
    run_separate(s);
    (void)buf_add_char(&s->out, '"');
    (void)buf_add_str(&s->out, str_of(key));
    (void)buf_add(&s->out, "\":", 2);
}

static void add_pair(struct map_scratch *s, const char *key, struct str token)
{
    add_key(s, key);
    (void)buf_add_str(&s->out, token);
}

static void add_text(struct map_scratch *s, const char *key, struct str text)
{
    add_pair(s, key, STR("\""));
    json_escape(&s->out, text);
    (void)buf_add_char(&s->out, '"');
}

static void add_profiles(struct map_scratch *s, const struct schema *schema)
{
    bool any = false;
    for (size_t i = 0; i < schema->profile_count; i++) {
        if (!(s->profiles >> i & 1)) continue;
        if (!any) add_pair(s, "profiles", STR("["));
        any = true;
        run_separate(s);
        (void)buf_add_char(&s->out, '"');
        (void)buf_add_str(&s->out, str_of(schema->profiles[i]));
        (void)buf_add_char(&s->out, '"');
    }
    if (any) (void)buf_add_char(&s->out, ']');
}

static void add_extension(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    for (size_t i = 0; v->class->extension_id && i < schema->extension_count; i++) {
        const struct schema_extension *x = &schema->extensions[i];
        if (x->uid != v->class->extension_id) continue;
        run_separate(s);
        (void)buf_addf(&s->out, "\"extensions\":[{\"name\":\"%s\",\"uid\":\"%u\",\"version\":\"%s\"}]", x->name, x->uid,
                       x->version);
    }
}

/* The mapping's metadata and the engine's own. False: a product or the like is missing. */
/* Foreign records say of themselves whose and of which table they are; what is longer than any name is none. */
static bool is_name(struct str text)
{
    return text.n > 0 && text.n <= 1024;
}

static bool add_metadata(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    add_pair(s, "metadata", STR("{"));
    uint64_t written = v->metadata_code ? code_run(s, v, true) : run_block(s, v->ops, v->metadata_at, v->metadata_end);
    add_text(s, "version", str_of(schema->version));
    if (s->uid[0]) add_text(s, "uid", str_of(s->uid));
    if (is_name(s->source)) add_text(s, "log_name", s->source);
    if (is_name(s->in->tenant_id)) add_text(s, "tenant_uid", s->in->tenant_id);
    if (s->in->processed.ticks) {
        add_key(s, "processed_time");
        row_add_number(&s->out, wall_ms(s->in->processed));
    }
    add_profiles(s, schema);
    add_extension(s, schema, v);
    (void)buf_add_char(&s->out, '}');
    return frame_is_whole(v->metadata_frame, written);
}

/* "file.hashes[].value" with the indexes filled in. */
static void add_path(struct map_scratch *s, struct str path, const unsigned *indexes)
{
    for (size_t i = 0, depth = 0; i < path.n; i++) {
        (void)buf_add_char(&s->out, path.p[i]);
        if (path.p[i] == '[' && depth < ARRAY_NEST_MAX) row_add_number(&s->out, indexes[depth++]);
    }
}

static void add_observables(struct map_scratch *s)
{
    if (s->observable_count == 0 || s->out.failed) return;
    add_pair(s, "observables", STR("["));
    for (size_t i = 0; i < s->observable_count; i++) {
        const struct op *op = s->observables[i].op;
        size_t at = s->observables[i].at, bytes = s->observables[i].bytes;
        run_separate(s);
        (void)buf_add_str(&s->out, STR("{\"name\":\""));
        add_path(s, op->path, s->observables[i].indexes);
        (void)buf_add_str(&s->out, op->observable_text);
        if (!buf_reserve(&s->out, bytes + 8)) return; /* now it stays where it is while part of it is copied */
        bool is_text = s->out.p[at] == '"';
        if (!is_text) (void)buf_add_char(&s->out, '"');
        (void)buf_add(&s->out, s->out.p + at, bytes);
        (void)buf_add_str(&s->out, is_text ? STR("}") : STR("\"}"));
    }
    (void)buf_add_char(&s->out, ']');
}

static bool is_in(const uint16_t *slots, size_t count, uint16_t slot)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i] == slot) return true;
    }
    return false;
}

/* A value that the mapping calls silent, of a column that nothing took. */
static bool says_nothing(struct map_scratch *s, const struct plan *p, uint16_t slot, struct str raw)
{
    for (size_t i = 0; i < p->silent_count; i++) {
        if (p->silent[i].slot != slot) continue;
        struct value v = value_of_token(raw);
        struct str text = value_text(s, &v);
        for (size_t j = 0; j < p->silent[i].count; j++) {
            if (str_eq_nocase(text, p->silent[i].words[j])) return true;
        }
    }
    return false;
}

static bool goes_to_unmapped(struct map_scratch *s, const struct plan *p, const struct json_field *m)
{
    if ((m->flags & JSON_BLANK) || row_is_about_another(m)) return false;
    if (m->slot == NO_SLOT) return true;
    const struct slot *slot = &s->slots[m->slot];
    if (slot->raw.p != s->members.base + m->value) return false; /* a double: the last one counts */
    if (is_in(p->drop, p->drop_count, m->slot)) return false;
    if (is_in(p->keep, p->keep_count, m->slot)) return true;
    return slot->used == 0 && !says_nothing(s, p, m->slot, slot->raw) && !shape_is_used_up(s, m->slot);
}

static void add_unmapped(struct map_scratch *s, const struct plan *p)
{
    bool any = false, is_watched = s->drift && !plan_is_base(p);
    for (size_t i = 0; i < s->members.count; i++) {
        const struct json_field *m = &s->members.items[i];
        struct str key = json_field_key(&s->members, m), value = json_field_value(&s->members, m);
        if (!goes_to_unmapped(s, p, m)) continue;
        if (is_watched && m->slot == NO_SLOT) drift_note(s->drift, DRIFT_COLUMN, key, STR_NONE, value);
        if (!any) add_pair(s, "unmapped", STR("{"));
        any = true;
        run_separate(s);
        (void)buf_add_char(&s->out, '"');
        (void)buf_add_str(&s->out, key);
        (void)buf_add(&s->out, "\":", 2);
        bool is_container = m->type == JSON_OBJECT || m->type == JSON_ARRAY;
        (void)buf_add_str(&s->out, is_container ? value_compact(s, value) : value);
    }
    if (any) (void)buf_add_char(&s->out, '}');
}

static void note_doubts(struct map_scratch *s)
{
    for (size_t i = 0; s->drift && i < s->doubt_count; i++) {
        const struct doubt *d = &s->doubts[i];
        if (s->slots[d->slot].used == 0)
            drift_note(s->drift, DRIFT_VALUE, row_slot_name(s, 0, d->slot), d->word, s->in->row);
    }
}

/* Older versions bound the length of every text. */
static bool is_allowed(const struct schema *schema, const struct variant *v, const char *name, struct str text)
{
    const struct schema_attr *attr = schema_attr(schema, v->class, str_of(name));
    return attr != NULL && !schema_string_is_long(attr->type, text);
}

static void add_raw_data(struct map_scratch *s, const struct schema *schema, const struct variant *v, struct str row)
{
    struct str compact = value_compact(s, row);
    if (!is_allowed(schema, v, "raw_data", compact)) return;
    struct value text = value_of_text(s, compact);
    if (text.raw.p) add_pair(s, "raw_data", text.raw);
}

/* ---- the event ----------------------------------------------------------------------------------------------------------------- */
static void begin(struct map_scratch *s, const struct variant *v)
{
    buf_reset(&s->out);
    buf_reset(&s->text);
    s->mark_count = s->observable_count = 0;
    memset(s->seen, 0, sizeof s->seen);
    s->index_depth = 0;
    s->profiles = 0;
    s->time_ms = 0;
    s->doubt_count = 0;
    (void)buf_add_char(&s->out, '{');
    (void)buf_add_str(&s->out, v->head);
}

static void add_activity_name(struct map_scratch *s, const struct plan *p, const struct variant *v)
{
    if (!v->names_activity) return;
    struct value word = chain_value(s, p->by);
    struct str text = value_text(s, &word);
    if (text.n == 0 || !is_allowed(p->schema, v, "activity_name", text)) return;
    add_text(s, "activity_name", text);
    mark_used(s, p->by);
}

static bool profile_is_served(const struct map_scratch *s, const struct variant *v, uint64_t written)
{
    for (size_t i = 0; i < v->profiled_count; i++) {
        if ((v->profiled[i]->profiles & s->profiles) && !(written & v->profiled_bits[i])) return false;
    }
    return true;
}

static const char *missing(struct map_scratch *s, const struct variant *v, uint64_t written)
{
    uint64_t absent = v->frame->required & ~written;
    const char *name = absent ? v->bit_names[__builtin_ctzll(absent)] : "one of several attributes";
    char text[160];
    int n = snprintf(text, sizeof text, "%s, which %s requires, did not come about", name, v->class->name);
    const char *reason = arena_copy(&s->arena, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    return reason ? reason : "something that the class requires did not come about";
}

/* NULL, or which attribute that the class requires did not come about. `reason`: of a base event. */
static const char *write_event(struct map_scratch *s, const struct ocsf *o, const struct plan *p,
                               const struct variant *v, const char *reason)
{
    begin(s, v);
    uint64_t written = v->code ? code_run(s, v, false) : run_block(s, v->ops, 0, v->op_count);
    add_activity_name(s, p, v);
    if (reason) add_text(s, "status_detail", str_of(reason));
    if (add_metadata(s, o->schema, v)) written |= v->metadata_bit;
    if (!frame_is_whole(v->frame, written)) return missing(s, v, written);
    if (!profile_is_served(s, v, written)) return "an attribute that a profile requires did not come about";
    add_observables(s);
    add_unmapped(s, p);
    note_doubts(s);
    if (o->raw_data) add_raw_data(s, o->schema, v, s->in->row);
    (void)buf_add_char(&s->out, '}');
    return NULL;
}

static void forget_marks(struct map_scratch *s)
{
    while (s->mark_count > 0) s->slots[s->marks[--s->mark_count]].used--;
}

/* Of these rows of choose the first that holds and whose event comes about; why the first of them did not. */
static const struct variant *try_choices(struct map_scratch *s, const struct ocsf *o, const struct plan *p,
                                         const struct choice_list *list, const char **reason)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const struct choice *choice = &list->choices[i];
        if (!condition_holds(s, choice->when)) continue;
        const char *why = write_event(s, o, p, choice->variant, NULL);
        if (why == NULL) return choice->variant;
        if (*reason == NULL) *reason = why;
        forget_marks(s);
    }
    return NULL;
}

static bool fits(struct map_scratch *s, const struct ocsf *o, const struct plan *p, const char **reason)
{
    *reason = plan_is_base(p) ? "no mapping for this source" : misfit(s, p);
    if (*reason) return false;
    const struct choice_list *list = list_for(s, p);
    const struct variant *v = try_choices(s, o, p, list, reason);
    if (v == NULL && list != p->fallback) v = try_choices(s, o, p, p->fallback, reason);
    note_action(s, p, list, v);
    if (v == NULL) {
        if (*reason == NULL) *reason = "no row of the mapping's choose holds";
        return false;
    }
    *reason = NULL;
    s->event.class_uid = v->class->uid;
    return true;
}

static void note_misfit(struct map_scratch *s, const struct plan *p, const char *reason)
{
    if (s->drift == NULL) return;
    if (plan_is_base(p))
        drift_note(s->drift, DRIFT_TABLE, s->source, STR_NONE, s->in->row);
    else
        drift_note(s->drift, DRIFT_MISFIT, STR_NONE, str_of(reason), s->in->row);
}

static bool too_large(struct err *e, struct str source)
{
    return err_set(e, &ocsf_causes[OCSF_ROW_TOO_LARGE], "a row of %.*s does not fit its bounds", STR_ARG(source));
}

/* Fast copies read a stride at once, up to OCSF_ROW_SLACK bytes behind the row. NULL: no memory. */
static const struct map_input *with_slack(struct map_scratch *s, const struct map_input *in)
{
    static const char slack[OCSF_ROW_SLACK];
    if (in->has_slack) return in;
    s->own = *in;
    buf_reset(&s->row);
    if (!buf_add_str(&s->row, in->row) || !buf_add(&s->row, slack, sizeof slack)) return NULL;
    s->own.row.p = s->row.p;
    return &s->own;
}

bool plan_map(const struct plan *p, const struct ocsf *o, struct map_scratch *s, const struct map_input *in,
              const struct map_event **events_out, size_t *count_out, struct err *e)
{
    in = with_slack(s, in);
    if (in == NULL || !row_read(s, p, in->row)) return too_large(e, str_of(p->source));
    return row_map(p, o, s, in, events_out, count_out, e);
}

bool row_map(const struct plan *p, const struct ocsf *o, struct map_scratch *s, const struct map_input *in,
             const struct map_event **events_out, size_t *count_out, struct err *e)
{
    const char *reason;
    arena_reset(&s->arena);
    s->is_out_of_memory = false;
    s->observables_max = o->observables_max ? o->observables_max : OCSF_OBSERVABLES;
    s->in = in;
    s->source = plan_is_base(p) ? in->source : str_of(p->source);
    s->uid[0] = '\0';
    if (!p->has_no_uid) hash128_hex(row_identity(s, in->tenant_id, in->source, in->row, !o->opts.is_general), s->uid);
    if (!fits(s, o, p, &reason)) {
        if (s->out.failed || s->text.failed || s->is_out_of_memory) return too_large(e, s->source);
        note_misfit(s, p, reason);
        if (!row_fill(s, o->base, in->row)) return too_large(e, s->source);
        s->event.class_uid = 0;
        if (write_event(s, o, o->base, o->base->lists[0].choices[0].variant, reason)) return too_large(e, s->source);
    }
    if (s->out.failed || s->text.failed || s->is_out_of_memory) return too_large(e, s->source);
    s->event.json = buf_str(&s->out);
    s->event.time_ms = s->time_ms;
    *events_out = &s->event;
    *count_out = 1;
    return true;
}
