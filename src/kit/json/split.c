/* Records out of a stream of any size. The outer levels (lines, the array or the object around the records) are walked
 * here; each value is judged by the grammar machine. What is in progress, the *unit* (a record, a whole top-level object
 * that may yet turn out to be a record, or one member of an envelope), is a slice of the piece fed, and is copied to
 * `held` only when the piece ends before it does.
 *
 * Where a record begins in a window, the walk (walk.h) is tried first, which knows only what is right and whole. The rest
 * is read here, in steps. What the window's end cuts stays in it and is read again with more behind it.
 *
 * After damage, reading goes on where a record most likely begins:
 *   in a list      behind the broken element, if its brackets still match up;
 *   else           at a line that begins with '{' inside what was read of the broken unit (a line cut short swallows the
 *                  start of the next), or else the next line; if the unit spans lines, the next that begins with a bracket. */
#include <stdlib.h>
#include <string.h>

#include "kit/json/bytes.h"
#include "kit/json/split_int.h"

struct json_split *json_split_new(const struct json_split_opts *opts)
{
    struct json_split *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->o = *opts;
    if (s->o.window == 0) s->o.window = JSON_WINDOW;
    s->m.line = 1;
    buf_init(&s->held, opts->record_max + PIECE_BYTES + 16);
    return s;
}

void json_split_free(struct json_split *s)
{
    if (s == NULL) return;
    buf_done(&s->held);
    free(s->window);
    json_index_done(&s->walk.index);
    json_keys_done(&s->keys);
    json_fields_done(&s->fields);
    free(s);
}

/* ---- the unit ------------------------------------------------------------------------------------------------------ */
static void unit_begin(struct json_split *s, const char *p)
{
    buf_reset(&s->held);
    s->from = p;
    s->unit_byte = split_offset(s, p);
    s->unit_line = s->m.line;
    s->is_too_long = false;
}

void split_drop_unit(struct json_split *s)
{
    buf_reset(&s->held);
    s->from = NULL;
    s->is_too_long = false;
}

static size_t unit_bytes(const struct json_split *s, const char *p)
{
    return s->held.n + (size_t)(p - s->from);
}

/* The unit up to p as one slice. */
static struct str unit_text(struct json_split *s, const char *p)
{
    if (s->held.n == 0) return (struct str){s->from, (size_t)(p - s->from)};
    (void)buf_add(&s->held, s->from, (size_t)(p - s->from));
    s->from = p;
    return buf_str(&s->held);
}

static void report(struct json_split *s, struct str text)
{
    if (s->o.on_fault) s->o.on_fault(s->o.ctx, &s->bad, str_sub(text, 0, PIECE_BYTES));
}

/* Keep the first bytes of what is too long or broken, for the report. */
static void hold_head(struct json_split *s, const char *p)
{
    size_t n = s->from ? (size_t)(p - s->from) : 0;
    size_t room = s->held.n < PIECE_BYTES ? PIECE_BYTES - s->held.n : 0;
    (void)buf_add(&s->held, s->from, n < room ? n : room);
    s->from = p;
}

static void mark_too_long(struct json_split *s, const char *p)
{
    hold_head(s, p);
    if (s->held.n > PIECE_BYTES) s->held.n = PIECE_BYTES;
    s->is_too_long = true;
    s->bad = (struct json_fault){"record too long", s->unit_byte, s->unit_line};
    report(s, buf_str(&s->held));
}

/* The unit is whole, up to p. False: it is too long (and has been reported). */
static bool unit_fits(struct json_split *s, const char *p)
{
    if (!s->is_too_long && unit_bytes(s, p) > s->o.record_max) mark_too_long(s, p);
    return !s->is_too_long;
}

static void record_ended(struct json_split *s, const char *p, const char *list)
{
    if (unit_fits(s, p)) {
        struct str record = unit_text(s, p);
        s->o.on_record(s->o.ctx, record, s->unit_byte, s->unit_line, list);
    }
    split_drop_unit(s);
}

/* ---- damage -------------------------------------------------------------------------------------------------------- */
static void skip_to(struct json_split *s, enum split_state state)
{
    s->state = state;
    s->skip_line_start = false;
}

static uint64_t count_lines(const char *p, size_t n)
{
    uint64_t lines = 0;
    for (const char *end = p + n; n && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) lines++;
    return lines;
}

/* A line inside the broken unit begins with '{': read again from there. Bounded: a unit is read again only from containers
 * that are still open at the damage, of which there are at most JSON_DEPTH_MAX. */
static bool reread(struct json_split *s, const char **p)
{
    if (!unit_fits(s, *p)) return false;
    struct str text = unit_text(s, *p);
    size_t at = str_find(text, STR("\n{"), 0);
    if (at == SIZE_MAX) return false;
    report(s, str_sub(text, 0, at));
    uint64_t byte = s->unit_byte + at + 1;
    s->m.line = s->unit_line + count_lines(text.p, at + 1);
    s->state = SP_TOP;
    if (s->held.n == 0) {
        *p = text.p + at + 1;
        split_drop_unit(s);
        return true;
    }
    struct buf again = s->held;
    const char *piece = s->piece, *end = s->end;
    char last = s->last;
    uint64_t base = s->base;
    s->last = '\n';
    buf_init(&s->held, again.max);
    s->from = NULL;
    split_feed(s, again.p + at + 1, again.n - at - 1, byte);
    s->piece = piece;
    s->end = end;
    s->base = base;
    s->last = last;
    if (s->from) s->from = *p; /* what the reread text left in progress goes on here */
    buf_done(&again);
    return true;
}

static void skip_ended(struct json_split *s, const char *p, enum split_state next)
{
    bool was_reported = s->is_too_long;
    hold_head(s, p);
    if (!was_reported) report(s, buf_str(&s->held));
    split_drop_unit(s);
    s->state = next;
}

static bool begins_line(const struct json_split *s, const char *p)
{
    if (p == s->end || *p != '{') return false;
    return (p > s->piece ? p[-1] : s->last) == '\n';
}

/* Something is wrong at *p. Chooses how to go on; the report waits until what is skipped is known. */
static void broken(struct json_split *s, const char **p, const char *what)
{
    bool in_element = s->state == SP_ELEMENT;
    bool is_cut = *p < s->end && **p == '\n' && machine_in_string(&s->m);
    s->is_indexed = false;
    if (s->from == NULL) unit_begin(s, *p);
    if (!s->is_too_long) s->bad = (struct json_fault){what, split_offset(s, *p), s->m.line};
    bool at_record = begins_line(s, *p);
    if (in_element && !is_cut && !at_record && s->m.depth > 0 && *p < s->end) {
        s->skip_in_string = machine_in_string(&s->m);
        s->skip_escaped = false;
        skip_to(s, SP_SKIP_ELEMENT);
        return;
    }
    bool spans_lines = s->m.line > s->unit_line;
    if (reread(s, p)) return;
    if (at_record) {
        skip_ended(s, *p, SP_TOP);
        return;
    }
    skip_to(s, spans_lines ? SP_SKIP_LINES : SP_SKIP_LINE);
}

static bool skip_open(struct json_split *s, char c)
{
    if (s->m.depth >= JSON_DEPTH_MAX) return false;
    uint64_t bit = UINT64_C(1) << (s->m.depth % 64);
    uint64_t *word = &s->m.objects[s->m.depth / 64];
    *word = c == '{' ? *word | bit : *word & ~bit;
    s->m.depth++;
    return true;
}

/* One byte outside strings. False: the brackets do not match up, so nobody can tell where the element ends. */
static bool skip_bracket(struct json_split *s, char c)
{
    if (c == '"') s->skip_in_string = true;
    if (c == '{' || c == '[') return skip_open(s, c);
    if (c != '}' && c != ']') return true;
    if ((c == '}') != machine_is_object(&s->m, s->m.depth)) return false;
    s->m.depth--;
    return true;
}

static void skip_in_string(struct json_split *s, char c)
{
    if (s->skip_escaped) {
        s->skip_escaped = false;
    } else {
        s->skip_escaped = c == '\\';
        s->skip_in_string = c != '"';
    }
}

/* Brackets only, until the element is closed; strings as far as they can be told. */
static void skip_element(struct json_split *s, const char **p)
{
    for (; *p < s->end; ++*p) {
        char c = **p;
        bool line_start = s->skip_line_start;
        s->skip_line_start = c == '\n';
        if (line_start && c == '{') { /* a line cut short, and the next record */
            skip_ended(s, *p, SP_TOP);
            return;
        }
        if (s->skip_in_string && c != '\n') {
            skip_in_string(s, c);
        } else if (s->skip_in_string || !skip_bracket(s, c)) {
            skip_to(s, SP_SKIP_LINE);
            return;
        }
        if (c == '\n') s->m.line++;
        if (s->m.depth == 0) {
            ++*p;
            skip_ended(s, *p, SP_LIST_AFTER);
            return;
        }
    }
}

static void skip_lines(struct json_split *s, const char **p)
{
    bool to_bracket = s->state == SP_SKIP_LINES;
    while (*p < s->end) {
        if (s->skip_line_start && (!to_bracket || **p == '{' || **p == '[')) {
            skip_ended(s, *p, SP_TOP);
            return;
        }
        const char *line_end = memchr(*p, '\n', (size_t)(s->end - *p));
        s->skip_line_start = line_end != NULL;
        *p = line_end ? line_end + 1 : s->end;
        if (line_end) s->m.line++;
    }
}

/* ---- the levels around the records ---------------------------------------------------------------------------------- */
bool split_is_list_name(const struct json_split *s, struct str key, const char **name_out)
{
    for (const char *const *l = s->o.lists; l && *l; l++) {
        if (str_eq(key, str_of(*l))) {
            *name_out = *l;
            return true;
        }
    }
    return false;
}

static void hand_envelope(struct json_split *s, struct str key, struct str value)
{
    if (s->o.on_envelope) s->o.on_envelope(s->o.ctx, key, value);
}

static void begin_element(struct json_split *s, const char *p, enum split_state state, unsigned depth)
{
    unit_begin(s, p);
    machine_start(&s->m, depth);
    s->state = state;
}

static void begin_top(struct json_split *s, const char **p)
{
    s->is_envelope = s->is_lost = s->is_in_object = false;
    s->list = NULL;
    if (**p == '{') {
        unit_begin(s, *p);
        s->state = SP_OBJECT_FIRST;
        ++*p;
    } else if (**p == '[') {
        s->state = SP_LIST_FIRST;
        ++*p;
    } else {
        begin_element(s, *p, SP_TOP_SCALAR, 0);
    }
}

static void begin_key(struct json_split *s, const char **p)
{
    if (**p != '"') {
        broken(s, p, **p == '}' ? "trailing comma" : "a key in quotes was expected");
        return;
    }
    if (s->is_envelope) unit_begin(s, *p);
    s->key_at = unit_bytes(s, *p) + 1;
    machine_start(&s->m, 1);
    s->state = SP_KEY;
}

static void end_object(struct json_split *s, const char **p)
{
    ++*p;
    if (!s->is_envelope) {
        s->is_lost = !unit_fits(s, *p);
        record_ended(s, *p, NULL);
    }
    s->state = SP_TOP;
    if (!s->is_lost && s->o.on_document_end) s->o.on_document_end(s->o.ctx);
}

/* The object has just shown a list, so it is an envelope: hand out the members read before. */
static void become_envelope(struct json_split *s, const char *p)
{
    struct str text = unit_text(s, p);
    struct json_cursor c;
    struct json_slice member;
    if (json_cursor_open(&c, str_sub(text, 0, s->key_at - 1))) {
        while (json_cursor_next(&c, &member)) hand_envelope(s, member.key, member.value);
    }
    s->is_envelope = true;
}

static void begin_member(struct json_split *s, const char **p)
{
    const char *name;
    if (**p == '[' && unit_fits(s, *p)) {
        struct str text = unit_text(s, *p);
        if (split_is_list_name(s, str_sub(text, s->key_at, s->key_bytes), &name)) {
            if (!s->is_envelope) become_envelope(s, *p);
            split_drop_unit(s);
            s->list = name;
            s->is_in_object = true;
            s->state = SP_LIST_FIRST;
            ++*p;
            return;
        }
    }
    if (!s->is_too_long) s->value_at = unit_bytes(s, *p);
    machine_start(&s->m, 1);
    s->state = SP_MEMBER_VALUE;
}

static void end_member(struct json_split *s, const char *p)
{
    if (!unit_fits(s, p)) { /* no record any more; lists may still come */
        s->is_envelope = s->is_lost = true;
        split_drop_unit(s);
    } else if (s->is_envelope) {
        struct str text = unit_text(s, p);
        hand_envelope(s, str_sub(text, s->key_at, s->key_bytes), str_sub(text, s->value_at, text.n));
        split_drop_unit(s);
    }
    s->state = SP_OBJECT_AFTER;
}

/* A value that the machine walks has ended at *p. */
static void value_ended(struct json_split *s, const char *p)
{
    switch (s->state) {
    case SP_KEY:
        s->key_bytes = s->is_too_long ? 0 : unit_bytes(s, p) - s->key_at - 1;
        s->state = SP_COLON;
        break;
    case SP_MEMBER_VALUE: end_member(s, p); break;
    case SP_ELEMENT:
        record_ended(s, p, s->list);
        s->state = SP_LIST_AFTER;
        break;
    default:
        record_ended(s, p, NULL);
        s->state = SP_TOP;
        break;
    }
}

static void run_value(struct json_split *s, const char **p)
{
    switch (machine_run(&s->m, p, s->end)) {
    case MACHINE_DONE: value_ended(s, *p); break;
    case MACHINE_FAULT: broken(s, p, s->m.what); break;
    case MACHINE_MORE: break;
    }
}

/* One byte between values, no blank. */
static void between(struct json_split *s, const char **p)
{
    char c = **p;
    switch (s->state) {
    case SP_OBJECT_FIRST:
        if (c == '}')
            end_object(s, p);
        else
            begin_key(s, p);
        break;
    case SP_OBJECT_KEY: begin_key(s, p); break;
    case SP_COLON:
        if (c != ':') {
            broken(s, p, "':' was expected");
            break;
        }
        s->state = SP_MEMBER;
        ++*p;
        break;
    case SP_MEMBER: begin_member(s, p); break;
    case SP_OBJECT_AFTER:
        if (c == '}') {
            end_object(s, p);
        } else if (c == ',') {
            s->state = SP_OBJECT_KEY;
            ++*p;
        } else {
            broken(s, p, "',' or '}' was expected");
        }
        break;
    case SP_LIST_FIRST:
    case SP_LIST_AFTER:
        if (c == ']') {
            s->state = s->is_in_object ? SP_OBJECT_AFTER : SP_TOP;
            ++*p;
        } else if (s->state == SP_LIST_FIRST) {
            begin_element(s, *p, SP_ELEMENT, 0);
        } else if (c == ',') {
            s->state = SP_LIST_NEXT;
            ++*p;
        } else {
            broken(s, p, "',' or ']' was expected");
        }
        break;
    case SP_LIST_NEXT:
        if (c == ']')
            broken(s, p, "trailing comma");
        else
            begin_element(s, *p, SP_ELEMENT, 0);
        break;
    default: begin_top(s, p); break;
    }
}

void split_step(struct json_split *s, const char **p)
{
    switch (s->state) {
    case SP_TOP_SCALAR:
    case SP_KEY:
    case SP_MEMBER_VALUE:
    case SP_ELEMENT: run_value(s, p); return;
    case SP_SKIP_ELEMENT: skip_element(s, p); return;
    case SP_SKIP_LINE:
    case SP_SKIP_LINES: skip_lines(s, p); return;
    default: break;
    }
    for (; *p < s->end && json_is_blank(**p); ++*p) {
        if (**p == '\n') s->m.line++;
    }
    if (*p < s->end) between(s, p);
}

void split_keep_unit(struct json_split *s)
{
    if (s->from == NULL) return;
    bool is_skipping = s->state >= SP_SKIP_ELEMENT;
    if (!is_skipping && !s->is_too_long && unit_bytes(s, s->end) > s->o.record_max) mark_too_long(s, s->end);
    if (is_skipping || s->is_too_long) {
        hold_head(s, s->end);
    } else {
        (void)buf_add(&s->held, s->from, (size_t)(s->end - s->from));
    }
    s->from = s->end;
}

void split_feed(struct json_split *s, const char *p, size_t n, uint64_t base)
{
    s->piece = p;
    s->end = p + n;
    s->base = base;
    if (s->from) s->from = p;
    while (p < s->end) split_step(s, &p);
    split_keep_unit(s);
    s->base = base + n;
    if (n) s->last = p[-1];
}

/* A byte order mark before the first byte is Windows' way of saying UTF-8. It may come in pieces. */
size_t split_skip_mark(struct json_split *s, const char *p, size_t n)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t i = 0;
    if (s->base != s->mark_bytes) return 0;
    while (s->mark_bytes < 3 && i < n && p[i] == mark[s->mark_bytes]) {
        s->mark_bytes++;
        i++;
    }
    return i;
}

void json_split_end(struct json_split *s)
{
    static const char nothing[1] = "";
    const char *p = nothing;
    split_drain_window(s);
    s->piece = s->end = nothing;
    if (s->from) s->from = nothing;
    bool is_whole = s->state == SP_TOP_SCALAR && machine_finish(&s->m) == MACHINE_DONE;
    if (is_whole) value_ended(s, p);
    while (s->state != SP_TOP) { /* each round leaves less to read again */
        if (s->state < SP_SKIP_ELEMENT) {
            bool in_string = (s->state == SP_ELEMENT || s->state == SP_MEMBER_VALUE || s->state == SP_KEY ||
                              s->state == SP_TOP_SCALAR) &&
                             machine_in_string(&s->m);
            broken(s, &p, in_string ? "unterminated string" : "unexpected end");
        } else {
            skip_ended(s, p, SP_TOP);
        }
    }
    split_drop_unit(s);
    s->base = s->mark_bytes = 0;
    s->last = 0;
    s->m = (struct machine){.line = 1};
}
