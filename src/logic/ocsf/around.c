/* What every event carries: metadata, observables, what has no place. */
#include "logic/ocsf/around.h"

#include <string.h>

#include "logic/ocsf/pen.h"
#include "logic/ocsf/run.h"

static void add_key(struct map_scratch *s, const char *key)
{
    run_separate(s);
    (void)buf_add_char(&s->out, '"');
    (void)buf_add_str(&s->out, str_of(key));
    (void)buf_add(&s->out, "\":", 2);
}

void around_pair(struct map_scratch *s, const char *key, struct str token)
{
    add_key(s, key);
    (void)buf_add_str(&s->out, token);
}

void around_text(struct map_scratch *s, const char *key, struct str text)
{
    around_pair(s, key, STR("\""));
    json_escape(&s->out, text);
    (void)buf_add_char(&s->out, '"');
}

static void add_profiles(struct map_scratch *s, const struct schema *schema)
{
    bool any = false;
    for (size_t i = 0; i < schema->profile_count; i++) {
        if (!(s->profiles >> i & 1)) continue;
        if (!any) around_pair(s, "profiles", STR("["));
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

/* Foreign records say of themselves whose and of which table they are; what is longer than any name is none. */
static bool is_name(struct str text)
{
    return text.n > 0 && text.n <= 1024;
}

static void add_engine_metadata(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    around_text(s, "version", str_of(schema->version));
    s->tail.uid_at = s->out.n;
    if (s->uid[0]) around_text(s, "uid", str_of(s->uid));
    if (is_name(s->source)) around_text(s, "log_name", s->source);
    if (is_name(s->in->tenant_id)) around_text(s, "tenant_uid", s->in->tenant_id);
    if (s->in->processed.ticks) {
        add_key(s, "processed_time");
        row_add_number(&s->out, wall_ms(s->in->processed));
    }
    add_profiles(s, schema);
    add_extension(s, schema, v);
    (void)buf_add_char(&s->out, '}');
}

static bool is_same_tail(const struct map_scratch *s, const struct variant *v)
{
    const struct event_tail *t = &s->tail;
    return t->text.n > 0 && t->class == v->class && t->profiles == s->profiles && t->has_uid == (s->uid[0] != '\0') &&
           t->processed == s->in->processed.ticks && str_eq(s->source, buf_str(&t->source)) &&
           str_eq(s->in->tenant_id, buf_str(&t->tenant));
}

/* What stands from "version" on is the same for row after row but for the uid: made once, kept. */
static void keep_tail(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    struct event_tail *t = &s->tail;
    size_t from = s->out.n;
    add_engine_metadata(s, schema, v);
    t->uid_at += sizeof ",\"uid\":\"" - 1 - from;
    buf_reset(&t->text);
    buf_reset(&t->source);
    buf_reset(&t->tenant);
    bool is_kept = !s->out.failed && from > 0 && s->out.p[from] == ',' &&
                   buf_reserve(&t->text, s->out.n - from + STRIDE) &&
                   buf_add(&t->text, s->out.p + from, s->out.n - from) && buf_add_str(&t->source, s->source) &&
                   buf_add_str(&t->tenant, s->in->tenant_id);
    if (!is_kept) buf_reset(&t->text);
    t->class = v->class;
    t->profiles = s->profiles;
    t->has_uid = s->uid[0] != '\0';
    t->processed = s->in->processed.ticks;
}

static void add_kept_tail(struct map_scratch *s)
{
    size_t at = s->out.n + s->tail.uid_at;
    if (!buf_add_str(&s->out, buf_str(&s->tail.text))) return;
    if (s->uid[0]) memcpy(s->out.p + at, s->uid, sizeof s->uid - 1);
}

bool around_metadata(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    around_pair(s, "metadata", STR("{"));
    uint64_t written = v->metadata->code ? code_run(s, v->metadata) : run_block(s, v->metadata);
    bool is_first = s->out.n > 0 && s->out.p[s->out.n - 1] == '{';
    if (!is_first && v->metadata->code && is_same_tail(s, v))
        add_kept_tail(s);
    else
        keep_tail(s, schema, v);
    return frame_is_whole(v->metadata->frame, written);
}

/* ---- observables ------------------------------------------------------------------------------------------------------------- */
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

void around_observables(struct map_scratch *s)
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

/* ---- unmapped ------------------------------------------------------------------------------------------------------------------- */
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
    uint8_t marks = p->slot_marks[m->slot];
    if (marks & SLOT_DROPPED) return false;
    if (marks & SLOT_KEPT) return true;
    if (slot->is_used) return false;
    if ((marks & SLOT_SILENT) && says_nothing(s, p, m->slot, slot->raw)) return false;
    return !(marks & SLOT_OPENED) || !shape_is_used_up(s, m->slot);
}

/* Members that follow one another in the row and need no work are copied in one piece: where that piece ends. */
static size_t span_end(struct map_scratch *s, const struct plan *p, size_t i)
{
    const struct json_field *m = s->members.items;
    size_t end = i;
    for (; end < s->members.count; end++) {
        bool is_container = m[end].type == JSON_OBJECT || m[end].type == JSON_ARRAY;
        if (!(m[end].flags & JSON_TIGHT) || (is_container && !(m[end].flags & JSON_COMPACT))) break;
        if (end > i && (m[end].at != m[end - 1].end + 1 || !goes_to_unmapped(s, p, &m[end]))) break;
    }
    return end;
}

static void add_member(struct map_scratch *s, const struct json_field *m)
{
    struct str value = json_field_value(&s->members, m);
    bool is_container = m->type == JSON_OBJECT || m->type == JSON_ARRAY;
    (void)buf_add_char(&s->out, ',');
    (void)buf_add_char(&s->out, '"');
    (void)buf_add_str(&s->out, json_field_key(&s->members, m));
    (void)buf_add(&s->out, "\":", 2);
    (void)buf_add_str(&s->out, is_container ? value_compact(s, value) : value);
}

static void note_column(struct map_scratch *s, const struct json_field *m)
{
    if (m->slot == NO_SLOT)
        drift_note(s->drift, DRIFT_COLUMN, json_field_key(&s->members, m), STR_NONE, json_field_value(&s->members, m));
}

/* A comma and the piece. */
static void add_span(struct map_scratch *s, const struct json_field *first, const struct json_field *last,
                     bool has_slack)
{
    struct str text = {s->members.base + first->at, last->end - first->at};
    struct pen pen = {.s = s};
    if (!buf_reserve(&s->out, text.n + (size_t)4 * STRIDE)) return;
    pen_take(&pen);
    *pen.w++ = ',';
    if (has_slack)
        pen.w = pen_copy(pen.w, text.p, text.n);
    else
        memcpy(pen.w, text.p, text.n), pen.w += text.n;
    pen_give(&pen);
}

void around_unmapped(struct map_scratch *s, const struct plan *p, bool has_slack)
{
    bool is_watched = s->drift && !plan_is_base(p);
    const struct json_field *m = s->members.items;
    size_t before = s->out.n, from = 0;
    for (size_t i = 0, end; i < s->members.count; i = end) {
        end = i + 1;
        if (!goes_to_unmapped(s, p, &m[i])) continue;
        if (from == 0) {
            around_pair(s, "unmapped", STR_NONE);
            from = s->out.n;
        }
        end = span_end(s, p, i);
        if (end > i)
            add_span(s, &m[i], &m[end - 1], has_slack);
        else
            add_member(s, &m[end++]);
        for (size_t k = i; is_watched && k < end; k++) note_column(s, &m[k]);
    }
    if (s->out.failed || s->out.n == before) return;
    s->out.p[from] = '{'; /* in place of the first comma */
    (void)buf_add_char(&s->out, '}');
}
