/* Any of Defender's shapes, found out record by record. In order:
 *
 *   {"category": "AdvancedHunting-T", "properties": {…}}   the streaming envelope: a row of table T
 *   {"records": […]} as an element of an array             a message among others: each of its records by itself
 *   a table was named (`table`)                            a row of it
 *   OData says it, in the record or around it              an alert, an incident, a machine
 *   the columns say it (guess.c)                           a row of that table
 *   it has a Timestamp, or is one of hunting's `results`   a row of a table nobody knows: a base event
 *   else                                                   a dead letter */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/drift.h"
#include "logic/ocsf/rows/guess.h"

enum {
    RECORD_BYTES_MAX = 4 << 20,
    TABLES = 64, /* names kept: six bits of a hash */
    TABLE_BYTES = 64,
};

struct table_name {
    char text[TABLE_BYTES];
    size_t bytes;
    const struct plan *plan;
};

struct ocsf_stream {
    struct ocsf_stream_opts o;
    struct json_split *split;
    struct map_scratch *scratch;
    struct ocsf_stream_stats stats;
    char *file;
    struct buf dead;
    const struct plan *around; /* what the document's envelope says its records are; NULL: nothing */
    const struct plan *likely; /* of the record before */
    bool is_stopped;
    struct buf *line; /* that the event at hand is appended to; NULL: it stays in the scratch */
    size_t line_max;  /* of that, when it is not in use here */

    struct guess_book *guesses;
    struct table_name tables[TABLES];
};

static const char *const list_names[] = {"records", "value", "results", "Results", NULL};

static void dead_letter(struct ocsf_stream *s, const char *reason, uint64_t byte, uint64_t line, struct str record)
{
    struct json_writer w;
    s->stats.dead++;
    if (s->o.on_dead == NULL) return;
    buf_reset(&s->dead);
    json_writer_init(&w, &s->dead);
    json_object_begin(&w);
    json_key(&w, "reason");
    json_write_cstr(&w, reason);
    json_key(&w, "file");
    json_write_cstr(&w, s->file);
    json_key(&w, "byte");
    json_write_u64(&w, byte);
    json_key(&w, "line");
    json_write_u64(&w, line);
    json_key(&w, "record");
    json_write_str(&w, record);
    json_object_end(&w);
    s->o.on_dead(s->o.ctx, buf_str(&s->dead));
}

/* ---- what a record says about itself -------------------------------------------------------------------------------------- */
struct about {
    struct str category, properties, tenant_id, time, odata_type, odata_context;
    struct str list; /* a member that would make the record an envelope, stood it alone */
    const char *list_name;
    bool has_timestamp;
};

/* The text of a plain string: between its quotes, if nothing in it is escaped but slashes. */
static struct str plain_text(const struct json_slice *m)
{
    return m->type == JSON_STRING ? str_sub(m->value, 1, m->value.n - 2) : STR_NONE;
}

static void look_at_list(struct about *a, const struct json_slice *m)
{
    for (const char *const *name = list_names; *name; name++) {
        if (!str_eq(m->key, str_of(*name))) continue;
        a->list = m->value;
        a->list_name = *name;
    }
}

static struct about look_at(struct str record)
{
    struct about a = {0};
    struct json_cursor c;
    struct json_slice m;
    for (bool open = json_cursor_open(&c, record); open && json_cursor_next(&c, &m);) {
        if (str_eq(m.key, STR("category"))) a.category = plain_text(&m);
        if (str_eq(m.key, STR("properties")) && m.type == JSON_OBJECT) a.properties = m.value;
        if (str_eq(m.key, STR("tenantId")) || str_eq(m.key, STR("aadTenantId"))) a.tenant_id = plain_text(&m);
        if (str_eq(m.key, STR("time"))) a.time = plain_text(&m);
        if (str_eq(m.key, STR("@odata.type"))) a.odata_type = plain_text(&m);
        if (str_eq(m.key, STR("@odata.context"))) a.odata_context = plain_text(&m);
        if (str_eq_nocase(m.key, STR("Timestamp")) && m.type == JSON_STRING) a.has_timestamp = true;
        if (m.type == JSON_ARRAY) look_at_list(&a, &m);
    }
    return a;
}

static struct str table_of(struct str category)
{
    static const struct str prefix = {"AdvancedHunting-", 16};
    bool is_usual = category.n > prefix.n && memcmp(category.p, prefix.p, prefix.n) == 0;
    if (!is_usual && !str_eq_nocase(str_sub(category, 0, prefix.n), prefix)) return category;
    return str_sub(category, prefix.n, category.n);
}

bool ocsf_envelope(struct str record, struct ocsf_envelope *out)
{
    struct about a = look_at(record);
    *out = (struct ocsf_envelope){.table = table_of(a.category), .tenant_id = a.tenant_id, .row = a.properties};
    return a.category.n && a.properties.n;
}

bool ocsf_message(struct str object, struct str *records_out)
{
    struct about a = look_at(object);
    *records_out = a.list;
    return a.list.n && a.properties.n == 0;
}

/* Names come again and again: found by a few of their bytes before they are searched for. */
static const struct plan *plan_or_base(struct ocsf_stream *s, struct str source)
{
    size_t n = source.n;
    bool can_keep = n > 0 && n <= TABLE_BYTES;
    uint32_t h = (uint32_t)n;
    for (size_t i = 0; can_keep && i < 4; i++) h = h * 31 + (unsigned char)source.p[n * (i + 1) / 5];
    struct table_name *t = &s->tables[(h * 2654435761u) >> 26];
    if (can_keep && t->bytes == n && memcmp(t->text, source.p, n) == 0) return t->plan;
    const struct plan *p = ocsf_plan(s->o.ocsf, source);
    if (p == NULL) p = ocsf_plan_base(s->o.ocsf);
    if (can_keep) {
        memcpy(t->text, source.p, n);
        t->bytes = n;
        t->plan = p;
    }
    return p;
}

static const struct plan *plan_by_odata(const struct ocsf_stream *s, const struct about *a, struct str record)
{
    const struct plan *p = guess_odata(s->o.ocsf, a->odata_type);
    if (p == NULL) p = guess_odata(s->o.ocsf, a->odata_context);
    if (p == NULL) p = s->around;
    return p && guess_has_required(p, record) ? p : NULL;
}

static bool is_hunting_list(const char *list)
{
    return list && (strcmp(list, "results") == 0 || strcmp(list, "Results") == 0);
}

/* A record that says itself whose it is, or what was said for all. */
static bool recognise_named(struct ocsf_stream *s, const struct about *a, const struct plan **plan,
                            struct map_input *in)
{
    bool is_envelope = a->category.n && a->properties.n;
    if (!is_envelope && s->o.table == NULL) return false;
    in->source = is_envelope ? table_of(a->category) : str_of(s->o.table);
    if (is_envelope) {
        in->sent = a->time;
        in->row = a->properties;
        in->tenant_id = a->tenant_id;
    }
    *plan = plan_or_base(s, in->source);
    return true;
}

static void take_guess(struct ocsf_stream *s, const struct plan *plan, const struct about *a, struct map_input *in)
{
    s->likely = plan;
    in->source = str_of(plan_source(plan));
    if (plan->id_slot != NO_SLOT) in->tenant_id = a->tenant_id;
}

/* Finds plan, row, source and tenant. False: of no known shape. */
static bool recognise(struct ocsf_stream *s, struct str record, const struct about *a, const char *list,
                      const struct plan **plan, struct map_input *in)
{
    *in = (struct map_input){.row = record, .received = s->o.received};
    if (recognise_named(s, a, plan, in)) return true;
    *plan = plan_by_odata(s, a, record);
    if (*plan == NULL) *plan = guess_plan(s->o.ocsf, s->likely, record);
    if (*plan) {
        take_guess(s, *plan, a, in);
        return true;
    }
    *plan = ocsf_plan_base(s->o.ocsf);
    return a->has_timestamp || is_hunting_list(list);
}

struct place {
    uint64_t byte, line;
};

static void hand_out(struct ocsf_stream *s, const struct map_event *events, size_t count)
{
    if (s->o.drift) drift_row(s->o.drift, wall_from_ms(events[0].time_ms));
    if (events[0].class_uid == 0)
        s->stats.base++;
    else
        s->stats.mapped++;
    for (size_t i = 0; i < count && !s->is_stopped; i++) {
        s->stats.events++;
        s->stats.bytes_out += events[i].json.n + 1;
        if (s->o.on_event) s->is_stopped = !s->o.on_event(s->o.ctx, &events[i]);
    }
}

static void swap_line(struct ocsf_stream *s)
{
    struct buf out = s->scratch->out;
    s->scratch->out = *s->line;
    *s->line = out;
}

/* The scratch writes where its owner gathers events, until end_line. */
static void begin_line(struct ocsf_stream *s)
{
    struct map_scratch *x = s->scratch;
    s->line = s->o.lines ? s->o.lines(s->o.ctx) : NULL;
    s->is_stopped = s->o.lines && s->line == NULL;
    if (s->line == NULL) return;
    swap_line(s);
    x->from = x->out.n;
    s->line_max = x->out.max;
    x->out.max = x->from + EVENT_BYTES_MAX;
}

/* False: there is no room for its line end. */
static bool end_line(struct ocsf_stream *s, bool is_event)
{
    struct map_scratch *x = s->scratch;
    if (s->line == NULL) return true;
    x->out.max = s->line_max;
    bool fine = !is_event || buf_add_char(&x->out, '\n');
    if (!is_event || !fine) x->out.n = x->from;
    x->out.failed = false;
    x->from = 0;
    swap_line(s);
    s->line = NULL;
    return fine;
}

static void finish(struct ocsf_stream *s, bool is_event, const struct map_event *events, size_t count)
{
    bool has_room = end_line(s, is_event);
    if (is_event && has_room) hand_out(s, events, count);
    if (!has_room) s->is_stopped = true;
}

static void map_record(struct ocsf_stream *s, struct str record, const struct about *a, uint64_t byte, uint64_t line,
                       const char *list)
{
    const struct plan *plan;
    const struct map_event *events;
    struct map_input in;
    size_t count;
    struct err e = {0};
    if (!recognise(s, record, a, list, &plan, &in)) {
        dead_letter(s, "of no known shape", byte, line, record);
        return;
    }
    if (s->o.drift) drift_of(s->o.drift, 0, in.source);
    begin_line(s);
    if (s->is_stopped) return;
    bool is_event = plan_map(plan, s->o.ocsf, s->scratch, &in, &events, &count, &e);
    finish(s, is_event, events, count);
    if (!is_event) dead_letter(s, e.text, byte, line, record);
}

/* ---- a record read in its window ------------------------------------------------------------------------------------------ */
/* As `recognise`, but what rows with these keys are is known from the row before. */
static bool recognise_walked(struct ocsf_stream *s, struct str record, const struct about *a, const char *list,
                             const struct plan **plan, struct map_input *in)
{
    *in = (struct map_input){.row = record, .received = s->o.received};
    if (recognise_named(s, a, plan, in)) return true;
    bool says_itself = a->odata_type.p || a->odata_context.p;
    const struct json_fields *row = &s->scratch->outer;
    struct guess *g = says_itself ? NULL : guess_kept(s->guesses, s->o.ocsf, s->around, row, plan);
    if (g && *plan) {
        take_guess(s, *plan, a, in);
        return true;
    }
    if (!recognise(s, record, a, list, plan, in)) return false;
    bool is_sure = g && !(*plan)->is_base &&
                   (*plan == plan_by_odata(s, a, record) || *plan == guess_plan(s->o.ocsf, NULL, record));
    if (is_sure) guess_keep(g, row, *plan);
    return true;
}

static struct about about_walked(const struct json_walk_object *o)
{
    struct about a = {0};
    for (unsigned i = 0; i < o->note_count; i++) {
        const struct json_field *m = &o->outer->items[o->notes[i].place];
        struct json_slice slice = {.type = m->type, .value = json_field_value(o->outer, m)};
        switch (o->notes[i].kind) {
        case ROW_CATEGORY: a.category = plain_text(&slice); break;
        case ROW_PROPERTIES:
            if (m->type == JSON_OBJECT) a.properties = slice.value;
            break;
        case ROW_TIME: a.time = plain_text(&slice); break;
        case ROW_TENANT: a.tenant_id = plain_text(&slice); break;
        case ROW_ODATA_TYPE: a.odata_type = plain_text(&slice); break;
        case ROW_ODATA_CONTEXT: a.odata_context = plain_text(&slice); break;
        case ROW_TIMESTAMP: a.has_timestamp |= m->type == JSON_STRING; break;
        default: break;
        }
    }
    return a;
}

static void map_walked(struct ocsf_stream *s, struct str record, const struct about *a, struct place at,
                       const char *list)
{
    struct map_scratch *x = s->scratch;
    const struct plan *plan;
    const struct map_event *events;
    struct map_input in;
    size_t count;
    struct err e = {0};
    if (!recognise_walked(s, record, a, list, &plan, &in)) {
        dead_letter(s, "of no known shape", at.byte, at.line, record);
        return;
    }
    if (s->o.drift) drift_of(s->o.drift, 0, in.source);
    struct json_fields *row = in.row.p == record.p ? &x->outer : &x->inner, before = x->members;
    x->members = *row;
    *row = before;
    if (!row_fill(x, plan, in.row)) {
        dead_letter(s, "out of memory", at.byte, at.line, record);
        return;
    }
    begin_line(s);
    if (s->is_stopped) return;
    bool is_event = row_map(plan, s->o.ocsf, x, &in, &events, &count, &e);
    finish(s, is_event, events, count);
    if (!is_event) dead_letter(s, e.text, at.byte, at.line, record);
}

static enum json_walked on_window(void *ctx, struct json_walk *w, const char **p, uint64_t byte, const char *list)
{
    struct ocsf_stream *s = ctx;
    struct map_scratch *x = s->scratch;
    struct json_walk_object o;
    o.outer = &x->outer;
    o.inner = &x->inner;
    o.takes_lists = list != NULL;
    struct place at = {byte, w->lines};
    const char *from = *p;
    if (s->is_stopped) return JSON_WALK_ODD;
    enum json_walked came = json_walk_object(w, &x->keys, p, &o);
    if (came != JSON_WALKED) return came;
    struct about a = about_walked(&o);
    if (list == NULL) s->around = NULL;
    s->stats.in++;
    map_walked(s, (struct str){from, (size_t)(*p - from)}, &a, at, list);
    return JSON_WALKED;
}

/* ---- from the splitter ------------------------------------------------------------------------------------------------------- */
static void take_record(struct ocsf_stream *s, struct str record, const struct about *a, uint64_t byte, uint64_t line,
                        const char *list)
{
    s->stats.in++;
    if (json_type_of(record) != JSON_OBJECT)
        dead_letter(s, "not an object", byte, line, record);
    else
        map_record(s, record, a, byte, line, list);
}

/* An element of an array that is an envelope itself: several messages or answers, saved as one list. */
static void take_envelope(struct ocsf_stream *s, struct str record, const struct about *a, uint64_t byte, uint64_t line)
{
    struct json_cursor c;
    struct json_slice m;
    const char *counted = record.p;
    s->around = guess_odata(s->o.ocsf, a->odata_context);
    for (bool open = json_cursor_open(&c, a->list); open && !s->is_stopped && json_cursor_next(&c, &m);) {
        struct about inner = look_at(m.value);
        for (; counted < m.value.p; counted++) line += *counted == '\n';
        take_record(s, m.value, &inner, byte + (uint64_t)(m.value.p - record.p), line, a->list_name);
    }
    s->around = NULL;
}

static void on_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    struct ocsf_stream *s = ctx;
    if (s->is_stopped) return;
    if (list == NULL) s->around = NULL;
    struct about a = look_at(record);
    if (list == NULL && a.list.n && a.properties.n == 0)
        take_envelope(s, record, &a, byte, line);
    else
        take_record(s, record, &a, byte, line, list);
}

static void on_envelope(void *ctx, struct str key, struct str value)
{
    struct ocsf_stream *s = ctx;
    if (str_eq(key, STR("@odata.context")) && value.n > 2)
        s->around = guess_odata(s->o.ocsf, str_sub(value, 1, value.n - 2));
}

static void on_fault(void *ctx, const struct json_fault *fault, struct str piece)
{
    struct ocsf_stream *s = ctx;
    if (s->is_stopped) return;
    s->stats.in++;
    s->around = NULL;
    dead_letter(s, fault->what, fault->byte, fault->line, piece);
}

static void on_document_end(void *ctx)
{
    struct ocsf_stream *s = ctx;
    s->around = NULL;
}

/* ---- the face ------------------------------------------------------------------------------------------------------------------- */
struct ocsf_stream *ocsf_stream_new(const struct ocsf_stream_opts *o)
{
    struct ocsf_stream *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->o = *o;
    struct json_split_opts split = {.lists = list_names,
                                    .record_max = RECORD_BYTES_MAX,
                                    .ctx = s,
                                    .on_record = on_record,
                                    .on_envelope = on_envelope,
                                    .on_fault = on_fault,
                                    .on_document_end = on_document_end,
                                    .on_window = on_window,
                                    .lane = (enum json_lane)o->lane,
                                    .window = o->window};
    s->split = json_split_new(&split);
    s->scratch = map_scratch_new();
    s->guesses = guess_book_new();
    if (s->split == NULL || s->scratch == NULL || s->guesses == NULL || !row_reader_init(s->scratch)) {
        ocsf_stream_free(s);
        return NULL;
    }
    map_scratch_watch(s->scratch, o->drift);
    return s;
}

void ocsf_stream_file(struct ocsf_stream *s, const char *name)
{
    json_split_end(s->split);
    free(s->file);
    s->file = name ? str_dup(str_of(name)) : NULL;
    s->around = s->likely = NULL;
}

void ocsf_stream_feed(struct ocsf_stream *s, const void *p, size_t n)
{
    if (s->is_stopped) return;
    s->stats.bytes_in += n;
    json_split_feed(s->split, p, n);
}

void ocsf_stream_end(struct ocsf_stream *s)
{
    json_split_end(s->split);
}

const struct ocsf_stream_stats *ocsf_stream_stats(const struct ocsf_stream *s)
{
    return &s->stats;
}

void ocsf_stream_free(struct ocsf_stream *s)
{
    if (s == NULL) return;
    json_split_free(s->split);
    map_scratch_free(s->scratch);
    guess_book_free(s->guesses);
    buf_done(&s->dead);
    free(s->file);
    free(s);
}

bool ocsf_stream_state(const struct ocsf_stream *s, struct ocsf_stream_state *out, struct str *beginning)
{
    out->around = s->around;
    return json_split_state(s->split, &out->split, beginning);
}

void ocsf_stream_resume(struct ocsf_stream *s, const struct ocsf_stream_state *from, const char *file)
{
    json_split_resume(s->split, &from->split);
    s->around = from->around;
    if (s->file && file && strcmp(s->file, file) == 0) return;
    free(s->file);
    s->file = file ? str_dup(str_of(file)) : NULL;
    s->likely = NULL;
}
