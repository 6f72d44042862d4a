#include "kit/yaml/yaml.h"

#include <stdlib.h>
#include <yaml.h>

enum { BYTES_MAX = 4 << 20, DEPTH_MAX = 64 };

const struct cause yaml_causes[YAML_CAUSE_COUNT] = {
    [YAML_BAD] = {"yaml.bad", ERR_INPUT, "the YAML text cannot be read",
                  "Correct the file at the line and column given; values with ': ' or '#' in them want quotes."},
    [YAML_TOO_LARGE] = {"yaml.too_large", ERR_LIMIT, "the YAML text is larger than we read",
                        "Split the file, or remove what it does not need."},
};

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct yaml *open; /* heap: what has been read of the lists and maps around, until these end */
    size_t open_count, open_room;
    struct str bytes;
    const char *name;
    struct err *e;
};

static bool refuse(struct reader *r, yaml_mark_t at, const char *what)
{
    return err_set(r->e, &yaml_causes[YAML_BAD], "%s:%zu:%zu: %s", r->name, at.line + 1, at.column + 1, what);
}

static bool arena_full(struct reader *r)
{
    return err_set(r->e, &yaml_causes[YAML_TOO_LARGE], "%s: its tree does not fit into %zu bytes", r->name,
                   r->arena->max);
}

/* Where a byte offset lies, as libyaml counts: characters, not bytes. */
static yaml_mark_t mark_of(struct str bytes, size_t offset)
{
    yaml_mark_t at = {0};
    for (size_t i = 0; i < offset && i < bytes.n; i++) {
        if (bytes.p[i] == '\n')
            at.line++, at.column = 0;
        else
            at.column += ((unsigned char)bytes.p[i] & 0xc0) != 0x80;
    }
    return at;
}

static bool is_tab_at(struct str bytes, yaml_mark_t at)
{
    for (size_t line = 0; line < at.line; line++) (void)str_cut(&bytes, '\n');
    return at.column < bytes.n && bytes.p[at.column] == '\t'; /* before a tab that indents there are only blanks */
}

/* What libyaml says, in the place it means. */
static bool explain(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    char what[160];
    if (p->error == YAML_MEMORY_ERROR)
        return err_set(r->e, &base_causes[BASE_NO_MEMORY], "%s: no memory to read it", r->name);
    if (p->error == YAML_READER_ERROR) {
        (void)snprintf(what, sizeof what, "%s (byte %zu)", p->problem, p->problem_offset);
        return refuse(r, mark_of(r->bytes, p->problem_offset), what);
    }
    if (is_tab_at(r->bytes, p->problem_mark)) return refuse(r, p->problem_mark, "a tab cannot indent: use blanks");
    (void)snprintf(what, sizeof what, "%s%s%s", p->problem ? p->problem : "not YAML", p->context ? " " : "",
                   p->context ? p->context : "");
    return refuse(r, p->problem_mark, what);
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->parser, event) || explain(r);
}

/* What makes one text mean several things, or a value something else than it says, is not for settings and mappings. */
static bool is_plain_subset(struct reader *r, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return refuse(r, event->start_mark, "aliases (*name) are not supported: write the value out");
    case YAML_SCALAR_EVENT: anchor = event->data.scalar.anchor, tag = event->data.scalar.tag; break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
        break;
    default: break;
    }
    if (anchor)
        return refuse(r, event->start_mark,
                      "anchors (&name) are not supported: write the value out where it is needed");
    if (tag) return refuse(r, event->start_mark, "tags (!name) are not supported: every value is text");
    return true;
}

static bool read_node(struct reader *r, const yaml_event_t *event, unsigned depth, struct yaml *out);

static bool read_scalar(struct reader *r, const yaml_event_t *event, struct yaml *out)
{
    out->type = YAML_SCALAR;
    out->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    out->text = arena_str(r->arena, (struct str){(const char *)event->data.scalar.value, event->data.scalar.length});
    return out->text.p != NULL || arena_full(r);
}

/* An array takes its place in the tree when it is whole: so it is as long as it needs to be. */
static bool push(struct reader *r, const struct yaml *one)
{
    if (r->open_count == r->open_room) {
        size_t room = r->open_room ? 2 * r->open_room : 64;
        struct yaml *more = realloc(r->open, room * sizeof *more);
        if (more == NULL) return err_set(r->e, &base_causes[BASE_NO_MEMORY], "%s: no memory to read it", r->name);
        r->open = more;
        r->open_room = room;
    }
    r->open[r->open_count++] = *one;
    return true;
}

/* Each `step`th of those from `from` on. NULL: no room. */
static struct yaml *take(struct reader *r, size_t from, size_t step)
{
    size_t count = (r->open_count - from + step - 1) / step;
    struct yaml *array = arena_alloc(r->arena, count * sizeof *array);
    if (array == NULL) (void)arena_full(r);
    for (size_t i = 0; array && i < count; i++) array[i] = r->open[from + i * step];
    return array;
}

static bool read_list(struct reader *r, unsigned depth, struct yaml *out)
{
    size_t from = r->open_count;
    out->type = YAML_LIST;
    for (;;) {
        yaml_event_t event;
        struct yaml item = {0};
        if (!next_event(r, &event)) return false;
        bool at_end = event.type == YAML_SEQUENCE_END_EVENT;
        bool ok = at_end || (read_node(r, &event, depth, &item) && push(r, &item));
        yaml_event_delete(&event);
        if (!ok) return false;
        if (at_end) break;
    }
    out->count = r->open_count - from;
    out->items = take(r, from, 1);
    r->open_count = from;
    return out->items != NULL;
}

static int by_text_then_place(const void *a, const void *b)
{
    const struct yaml *x = *(const struct yaml *const *)a, *y = *(const struct yaml *const *)b;
    int d = str_cmp(x->text, y->text);
    return d ? d
             : (x->line != y->line ? (x->line > y->line) - (x->line < y->line)
                                   : (x->column > y->column) - (x->column < y->column));
}

static bool has_no_duplicates(struct reader *r, const struct yaml *map)
{
    if (map->count < 2) return true;
    const struct yaml **sorted = arena_alloc(r->arena, map->count * sizeof *sorted);
    if (sorted == NULL) return arena_full(r);
    for (size_t i = 0; i < map->count; i++) sorted[i] = &map->keys[i];
    qsort(sorted, map->count, sizeof *sorted, by_text_then_place);
    for (size_t i = 1; i < map->count; i++) {
        const struct yaml *first = sorted[i - 1], *second = sorted[i];
        if (str_eq(first->text, second->text))
            return err_set(r->e, &yaml_causes[YAML_BAD], "%s:%u:%u: the key \"%.60s\" is there already, in line %u",
                           r->name, second->line, second->column, second->text.p, first->line);
    }
    return true;
}

static bool read_pair(struct reader *r, const yaml_event_t *key_event, unsigned depth)
{
    yaml_event_t event;
    struct yaml key = {0}, value = {0};
    if (key_event->type != YAML_SCALAR_EVENT && key_event->type != YAML_ALIAS_EVENT)
        return refuse(r, key_event->start_mark, "a key must be a plain word, not a list or a map");
    if (!read_node(r, key_event, depth, &key)) return false;
    if (str_eq(key.text, STR("<<")) && !key.is_quoted)
        return refuse(r, key_event->start_mark, "merge keys (<<) are not supported: write the values out");
    if (!next_event(r, &event)) return false;
    bool ok = read_node(r, &event, depth, &value) && push(r, &key) && push(r, &value);
    yaml_event_delete(&event);
    return ok;
}

static bool read_map(struct reader *r, unsigned depth, struct yaml *out)
{
    size_t from = r->open_count;
    out->type = YAML_MAP;
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event)) return false;
        bool at_end = event.type == YAML_MAPPING_END_EVENT;
        bool ok = at_end || read_pair(r, &event, depth);
        yaml_event_delete(&event);
        if (!ok) return false;
        if (at_end) break;
    }
    out->count = (r->open_count - from) / 2;
    out->keys = take(r, from, 2);
    out->items = out->keys && out->count ? take(r, from + 1, 2) : out->keys;
    r->open_count = from;
    return out->items && has_no_duplicates(r, out);
}

static bool read_node(struct reader *r, const yaml_event_t *event, unsigned depth, struct yaml *out)
{
    out->line = (unsigned)event->start_mark.line + 1;
    out->column = (unsigned)event->start_mark.column + 1;
    if (!is_plain_subset(r, event)) return false;
    if (event->type == YAML_SCALAR_EVENT) return read_scalar(r, event, out);
    if (depth == DEPTH_MAX) return refuse(r, event->start_mark, "nested more than 64 deep");
    return event->type == YAML_MAPPING_START_EVENT ? read_map(r, depth + 1, out) : read_list(r, depth + 1, out);
}

static bool read_document(struct reader *r, const yaml_event_t *start, struct yaml *out)
{
    yaml_event_t event;
    if (start->data.document_start.version_directive ||
        start->data.document_start.tag_directives.start != start->data.document_start.tag_directives.end)
        return refuse(r, start->start_mark, "directives (%YAML, %TAG) are not supported");
    if (!next_event(r, &event)) return false;
    bool ok = read_node(r, &event, 0, out);
    yaml_event_delete(&event);
    if (ok && yaml_is_null(out) && out->text.n == 0) out->type = YAML_MAP; /* "---" and nothing else */
    if (!ok || !next_event(r, &event)) return false;
    yaml_event_delete(&event); /* the document's end */
    return true;
}

/* Stream start, then at most one document. */
static bool read_stream(struct reader *r, struct yaml *out)
{
    unsigned documents = 0;
    *out = (struct yaml){.type = YAML_MAP, .line = 1, .column = 1};
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event)) return false;
        bool at_end = event.type == YAML_STREAM_END_EVENT, ok = true;
        if (event.type == YAML_DOCUMENT_START_EVENT)
            ok = documents++ ? refuse(r, event.start_mark, "a second document begins here: one file, one document")
                             : read_document(r, &event, out);
        yaml_event_delete(&event);
        if (at_end || !ok) return ok;
    }
}

const struct yaml *yaml_parse(struct arena *a, struct str bytes, const char *name, struct err *e)
{
    struct reader r = {.arena = a, .bytes = bytes, .name = name, .e = e};
    if (bytes.n > BYTES_MAX) {
        err_set(e, &yaml_causes[YAML_TOO_LARGE], "%s: %zu bytes, where %d are the most", name, bytes.n, BYTES_MAX);
        return NULL;
    }
    struct yaml *root = ARENA_NEW(a, struct yaml);
    if (root == NULL || !yaml_parser_initialize(&r.parser)) {
        err_set(e, &base_causes[BASE_NO_MEMORY], "%s: no memory to read it", name);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n);
    bool ok = read_stream(&r, root);
    yaml_parser_delete(&r.parser);
    free(r.open);
    return ok ? root : NULL;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAP) return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_eq(map->keys[i].text, str_of(key))) return &map->items[i];
    return NULL;
}

bool yaml_is_null(const struct yaml *v)
{
    if (v == NULL) return true;
    if (v->type != YAML_SCALAR || v->is_quoted) return false;
    return v->text.n == 0 || str_eq(v->text, STR("~")) || str_eq_nocase(v->text, STR("null"));
}

bool yaml_bool(const struct yaml *v, bool *out)
{
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}};
    if (v == NULL || v->type != YAML_SCALAR || v->is_quoted) return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int value = 0; value < 2; value++)
            if (str_eq_nocase(v->text, str_of(words[i][value]))) {
                *out = value == 1;
                return true;
            }
    return false;
}
