/* A row to its event: does it fit, which variant, and what every event carries besides the mapping's own attributes. */
#include "logic/ocsf/codes/code_level.h"
#include "logic/ocsf/rows/around.h"
#include "logic/ocsf/rows/facts.h"
#include "logic/ocsf/rows/run.h"

#include <stdio.h>
#include <string.h>

#include "logic/ocsf/compile/compile.h"

/* ---- does the row fit ---------------------------------------------------------------------------------------------------- */
static const char *misfit(const struct map_scratch *s, const struct plan *p)
{
    size_t members = s->members.count - s->layout->sidecar_count;
    for (size_t i = 0; i < p->required_count; i++) {
        const struct slot slot = row_slot(s, p->required[i]);
        if (slot.is_blank) return "a column that every row of the table has is missing";
    }
    return 2 * s->layout->known_count < members ? "most of its columns are not those of the table" : NULL;
}

static const struct choice_list *find_list(struct map_scratch *s, const struct plan *p)
{
    char folded[128];
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

/* The same few words come again and again: what they chose is kept by how they stand in the row. */
static const struct choice_list *list_for(struct map_scratch *s, const struct plan *p)
{
    if (p->by == NULL) return &p->lists[0];
    bool is_column = p->by->source == SOURCE_SLOT && p->by->shape == 0 && !p->by->is_list && p->by->step_count == 0;
    struct str raw = is_column ? row_slot(s, p->by->slot).raw : STR_NONE;
    if (raw.n == 0 || raw.n > sizeof s->choices->raw) return find_list(s, p);
    uint64_t used =
        raw.n < 9 ? (UINT64_C(1) << 8 * (raw.n - 1)) - 1 : UINT64_MAX; /* without its first byte, a quote mostly */
    const char *end = raw.p + (raw.n < 9 ? 1 : raw.n - 9);
    uint64_t h = (digits_load(raw.p + 1) & used) ^ (digits_load(end) & used) << 3 ^ p->serial << 8 ^ raw.n;
    struct row_choice *known = &s->choices[(h * UINT64_C(0x9E3779B97F4A7C15)) >> 57];
    if (known->plan != p->serial || known->bytes != raw.n || memcmp(known->raw, raw.p, raw.n) != 0) {
        *known = (struct row_choice){.plan = p->serial, .list = find_list(s, p), .bytes = raw.n};
        memcpy(known->raw, raw.p, raw.n);
    }
    return known->list;
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

/* ---- what only some events carry -------------------------------------------------------------------------------------------- */
static void note_doubts(struct map_scratch *s)
{
    for (size_t i = 0; s->drift && i < s->doubt_count; i++) {
        const struct doubt *d = &s->doubts[i];
        if (!row_is_used(s, d->slot))
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
    if (text.raw.p) around_pair(s, "raw_data", text.raw);
}

/* ---- the event ----------------------------------------------------------------------------------------------------------------- */
static void begin(struct map_scratch *s, const struct variant *v)
{
    s->out.n = s->from;
    s->out.failed = false;
    buf_reset(&s->text);
    if (s->observable_count) memset(s->seen, 0, sizeof s->seen);
    s->mark_count = s->observable_count = 0;
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
    around_text(s, "activity_name", text);
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

/* What was marked is used. */
static void settle_marks(struct map_scratch *s)
{
    const uint32_t *places = s->layout->places;
    uint64_t used[2] = {0}; /* of the first two batches: hardly any row has more */
    const uint16_t *marks = s->marks;
    for (size_t i = 0, count = s->mark_count; i < count; i++) {
        uint32_t member = places[marks[i]] / sizeof(struct json_field) - 1;
        uint64_t bit = UINT64_C(1) << member % ROW_BATCH;
        if (member < ROW_BATCH)
            used[0] |= bit;
        else if (member < 2 * ROW_BATCH)
            used[1] |= bit;
        else
            row_use(s, marks[i]);
    }
    s->layout->batches[0].used |= used[0];
    if (used[1]) s->layout->batches[1].used |= used[1];
}

/* NULL, or which attribute that the class requires did not come about. `reason`: of a base event. */
static const char *write_event(struct map_scratch *s, const struct ocsf *o, const struct plan *p,
                               const struct variant *v, const char *reason)
{
    begin(s, v);
    uint64_t written = v->event.code ? code_run(s, &v->event) : run_block(s, &v->event);
    add_activity_name(s, p, v);
    if (reason) around_text(s, "status_detail", str_of(reason));
    if (around_metadata(s, o->schema, v)) written |= v->metadata_bit;
    if (!frame_is_whole(v->frame, written)) return missing(s, v, written);
    if (!profile_is_served(s, v, written)) return "an attribute that a profile requires did not come about";
    settle_marks(s);
    code_level()->observables(s);
    code_level()->unmapped(s, p);
    note_doubts(s);
    if (o->raw_data) add_raw_data(s, o->schema, v, s->in->row);
    (void)buf_add_char(&s->out, '}');
    return NULL;
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
    }
    return NULL;
}

static bool fits(struct map_scratch *s, const struct ocsf *o, const struct plan *p, const char **reason)
{
    *reason = p->is_base ? "no mapping for this source" : misfit(s, p);
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
    if (p->is_base)
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
    if (in == NULL || !row_read(s, p, in->row)) return too_large(e, p->name);
    return row_map(p, o, s, in, events_out, count_out, e);
}

bool row_map(const struct plan *p, const struct ocsf *o, struct map_scratch *s, const struct map_input *in,
             const struct map_event **events_out, size_t *count_out, struct err *e)
{
    const char *reason;
    arena_reset(&s->arena);
    row_forget(s);
    s->is_out_of_memory = false;
    s->observables_max = o->observables_max ? o->observables_max : OCSF_OBSERVABLES;
    s->in = in;
    s->source = p->is_base ? in->source : p->name;
    s->uid[0] = '\0';
    if (!p->has_no_uid) hash128_hex(row_identity(s, in->tenant_id, in->source, in->row, !o->opts.is_general), s->uid);
    if (!fits(s, o, p, &reason)) {
        if (s->out.failed || s->text.failed || s->is_out_of_memory) return too_large(e, s->source);
        note_misfit(s, p, reason);
        if (!row_fill(s, o->base, in->row)) return too_large(e, s->source);
        row_forget(s);
        s->event.class_uid = 0;
        if (write_event(s, o, o->base, o->base->lists[0].choices[0].variant, reason)) return too_large(e, s->source);
    }
    bool is_large = s->out.n - s->from > EVENT_BYTES_MAX; /* where events are gathered, there may be room for more */
    if (is_large || s->out.failed || s->text.failed || s->is_out_of_memory) return too_large(e, s->source);
    s->event.json = (struct str){s->out.p + s->from, s->out.n - s->from};
    s->event.time_ms = s->time_ms;
    *events_out = &s->event;
    *count_out = 1;
    return true;
}
