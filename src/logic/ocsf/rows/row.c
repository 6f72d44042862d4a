#include "logic/ocsf/rows/row.h"

#include <stdlib.h>
#include <string.h>

bool row_is_blank(struct str raw, enum json_type type)
{
    if (type == JSON_NULL) return true;
    if (type == JSON_STRING) return raw.n == 2;
    if (type != JSON_OBJECT && type != JSON_ARRAY) return false;
    for (size_t i = 1; i + 1 < raw.n; i++) {
        if (raw.p[i] != ' ' && raw.p[i] != '\n' && raw.p[i] != '\t' && raw.p[i] != '\r') return false;
    }
    return true;
}

void row_add_number(struct buf *b, int64_t n)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0) digits[--at] = '-';
    (void)buf_add(b, digits + at, sizeof digits - at);
}

bool row_is_sidecar(struct str key)
{
    const char *at = key.n > 7 ? memchr(key.p, '@', key.n) : NULL;
    return at && str_starts((struct str){at, key.n - (size_t)(at - key.p)}, STR("@odata."));
}

enum row_kind row_kind_of(struct str key)
{
    static const struct {
        struct str key;
        enum row_kind kind;
    } known[] = {
        {{"category", 8}, ROW_CATEGORY},
        {{"properties", 10}, ROW_PROPERTIES},
        {{"time", 4}, ROW_TIME},
        {{"tenantId", 8}, ROW_TENANT},
        {{"aadTenantId", 11}, ROW_TENANT},
        {{"@odata.type", 11}, ROW_ODATA_TYPE},
        {{"@odata.context", 14}, ROW_ODATA_CONTEXT},
        {{"records", 7}, ROW_LIST},
        {{"value", 5}, ROW_LIST},
        {{"results", 7}, ROW_LIST},
        {{"Results", 7}, ROW_LIST},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_eq(key, known[i].key)) return known[i].kind;
    }
    if (str_eq_nocase(key, STR("Timestamp"))) return ROW_TIMESTAMP;
    return row_is_sidecar(key) ? ROW_SIDECAR : ROW_COLUMN;
}

static uint8_t kind_of_key(const void *ctx, struct str key)
{
    (void)ctx;
    return (uint8_t)row_kind_of(key);
}

bool row_reader_init(struct map_scratch *s)
{
    s->keys.kind_of = kind_of_key;
    s->keys.apart = ROW_ODATA_CONTEXT;
    s->keys.noted = ROW_ODATA_TYPE;
    s->keys.inner = ROW_PROPERTIES;
    s->keys.list = ROW_LIST;
    s->views = calloc(ROW_VIEWS, sizeof *s->views);
    s->layouts = calloc(ROW_LAYOUTS, sizeof *s->layouts);
    return s->views && s->layouts && json_keys_init(&s->keys);
}

static void layout_done(struct row_layout *l)
{
    free(l->places);
    free(l->batches);
}

void row_reader_done(struct map_scratch *s)
{
    for (size_t i = 0; s->views && i < ROW_VIEWS; i++) free(s->views[i].targets);
    for (size_t i = 0; s->layouts && i < ROW_LAYOUTS; i++) layout_done(&s->layouts[i]);
    free(s->views);
    free(s->layouts);
    layout_done(&s->loose);
    json_keys_done(&s->keys);
    json_index_done(&s->alone.walk.index);
    free(s->alone.window);
    free(s->nodes);
    json_fields_done(&s->outer);
    json_fields_done(&s->inner);
    json_fields_done(&s->members);
}

uint16_t shape_find(const struct shape *shape, struct str key)
{
    for (uint32_t h = row_name_hash(key) & shape->mask; shape->table[h] != 0; h = (h + 1) & shape->mask) {
        uint16_t i = (uint16_t)(shape->table[h] - 1);
        if (str_eq_nocase(shape->names[i], key)) return shape->slots[i];
    }
    return NO_SLOT;
}

struct str row_slot_name(const struct map_scratch *s, uint16_t shape, uint16_t slot)
{
    const struct shape *names = &s->plan->shapes[shape];
    for (size_t i = 0; shape == 0 && i < s->members.count; i++)
        if (s->layout->slots[i] == slot) return json_field_key(&s->members, &s->members.items[i]);
    for (uint16_t i = 0; i < names->name_count; i++)
        if (names->slots[i] == slot) return names->names[i];
    return STR_NONE;
}

/* Shapes inside are read again when they are next asked for. */
static void forget_inside(struct map_scratch *s, uint16_t shape)
{
    for (size_t i = 1; i < s->plan->shape_count; i++) {
        if (s->plan->shapes[i].parent_shape == shape) s->loaded[i] = 0;
    }
}

static void clear(struct map_scratch *s, uint16_t index)
{
    const struct shape *shape = &s->plan->shapes[index];
    for (uint16_t i = 0; i < shape->name_count; i++) s->slots[shape->slots[i]] = (struct slot){0};
    s->slots[shape->self_slot] = (struct slot){0};
    s->loaded[index] = 1;
    forget_inside(s, index);
}

static void fill(struct slot *slot, struct str raw, enum json_type type, uint8_t flags)
{
    *slot = (struct slot){.raw = raw, .type = (uint8_t)type, .flags = flags, .is_blank = flags & JSON_BLANK};
}

/* A member of the object that a shape is read from. */
static void take_member(struct map_scratch *s, const struct shape *shape, struct str key, struct str value,
                        enum json_type type)
{
    uint16_t slot = shape_find(shape, key);
    if (slot != NO_SLOT)
        fill(&s->slots[slot], value, type, json_value_flags(value, type));
    else if (!row_is_blank(value, type))
        s->slots[shape->self_slot].has_strangers = true;
}

void shape_read(struct map_scratch *s, uint16_t index, struct str value)
{
    const struct shape *shape = &s->plan->shapes[index];
    const struct json_outline *o;
    struct json_cursor c;
    struct json_slice m;
    clear(s, index);
    if (value.n == 0) return;
    enum json_type type = json_type_of(value);
    bool is_container = type == JSON_OBJECT || type == JSON_ARRAY; /* whether it is compact is not worth another look */
    uint8_t flags = is_container ? (row_is_blank(value, type) ? JSON_BLANK : 0) : json_value_flags(value, type);
    fill(&s->slots[shape->self_slot], value, type, flags);
    const struct json_node *n = type == JSON_OBJECT ? row_node(s, value, &o) : NULL;
    for (const struct json_node *in = n; n && ++in < o->nodes + n->next; in = o->nodes + in->next - 1)
        take_member(s, shape, json_node_key(o, in), json_node_value(o, in), (enum json_type)in->type);
    if (n || !json_cursor_open(&c, value) || !c.is_object) return;
    while (json_cursor_next(&c, &m)) take_member(s, shape, m.key, m.value, m.type);
}

bool shape_is_used_up(const struct map_scratch *s, uint16_t column)
{
    const struct shape *inside = s->plan->shapes, *end = inside + s->plan->shape_count;
    while (inside < end && (inside->parent_slot != column || inside->parent_shape != 0)) inside++;
    if (inside == end || !s->loaded[inside - s->plan->shapes]) return false;
    const struct slot *self = &s->slots[inside->self_slot];
    if (self->type != JSON_OBJECT || self->raw.p == NULL || self->has_strangers) return false;
    for (uint16_t i = 0; i < inside->name_count; i++) {
        const struct slot *member = &s->slots[inside->slots[i]];
        if (member->raw.p && !member->is_blank && !member->is_used) return false;
    }
    return true;
}

static bool make_room(struct map_scratch *s, const struct plan *p)
{
    if (s->slot_cap <= p->slot_count) {
        struct slot *more = realloc(s->slots, (p->slot_count + 1) * sizeof *more);
        if (more == NULL) return false;
        s->slots = more;
        s->slot_cap = p->slot_count + 1;
    }
    if (s->shape_cap < p->shape_count) {
        unsigned char *more = realloc(s->loaded, p->shape_count);
        if (more == NULL) return false;
        s->loaded = more;
        s->shape_cap = p->shape_count;
    }
    return true;
}

/* Where members go in `p`, by key number; NULL: no room, each name is looked up then. */
static struct row_target *view_of(struct map_scratch *s, const struct plan *p)
{
    struct row_view *v = &s->views[((uintptr_t)p >> 4) * 2654435761u % ROW_VIEWS];
    for (size_t i = 0; i < ROW_VIEWS && v->plan != p->serial; i++) {
        if (v->plan == 0) {
            v->targets = calloc(JSON_KEYS_MAX, sizeof *v->targets);
            if (v->targets == NULL) return NULL;
            v->plan = p->serial;
        } else if (++v == s->views + ROW_VIEWS) {
            v = s->views;
        }
    }
    return v->plan == p->serial ? v->targets : NULL;
}

/* ---- layouts ------------------------------------------------------------------------------------------------------------ */
/* The layout of this row's members in `p`, not yet filled in (its track is another then); without a track, a loose one. */
static struct row_layout *layout_for(struct map_scratch *s, const struct plan *p)
{
    uint32_t track = s->layouts ? s->members.track : 0;
    if (track == 0) return &s->loose;
    uint32_t h = (uint32_t)((uintptr_t)p >> 4) * 2654435761u ^ track * 2246822519u;
    struct row_layout *l = &s->layouts[(h >> 16) % ROW_LAYOUTS];
    for (unsigned probe = 0; probe < ROW_LAYOUT_PROBES && l->track; probe++) {
        if (l->plan == p->serial && l->track == track) return l;
        if (++l == s->layouts + ROW_LAYOUTS) l = s->layouts;
    }
    return l;
}

static bool layout_room(struct row_layout *l, size_t members, const struct plan *p)
{
    size_t places = (p->slot_count + 1) * sizeof *l->places, cap = places + members * sizeof *l->slots;
    if (l->cap < cap) {
        uint32_t *more = realloc(l->places, cap);
        if (more == NULL) return false;
        l->places = more;
        l->cap = cap;
    }
    l->slots = (uint16_t *)(void *)((char *)l->places + places);
    return true;
}

static bool batch_room(struct row_layout *l, size_t members)
{
    size_t count = members / ROW_BATCH + 1;
    if (l->batch_cap >= count) return true;
    struct row_batch *more = realloc(l->batches, count * sizeof *more);
    if (more == NULL) return false;
    l->batches = more;
    l->batch_cap = count;
    return true;
}

/* Where a member of that name goes. */
static struct row_target target_of(const struct map_scratch *s, const struct plan *p, const struct json_field *m)
{
    uint16_t slot = shape_find(&p->shapes[0], json_field_key(&s->members, m));
    bool is_known = slot != NO_SLOT, is_about = row_is_about_another(m);
    uint8_t marks = is_known ? p->slot_marks[slot] : 0;
    bool is_kept = marks & SLOT_KEPT, is_doubtful = !is_kept && (marks & (SLOT_SILENT | SLOT_OPENED));
    bool is_open = !is_about && !(marks & SLOT_DROPPED);
    return (struct row_target){.slot = is_known ? slot : (uint16_t)p->slot_count,
                               .marks = (is_known ? TARGET_KNOWN : 0) | (is_open ? TARGET_OPEN : 0) |
                                        (is_kept ? TARGET_KEPT : 0) | (is_doubtful ? TARGET_DOUBTFUL : 0) |
                                        (is_about ? TARGET_ABOUT : 0) | TARGET_FOUND};
}

/* Places of some of the row's members, from the last to the first: of several with one name the last counts. Hardly a branch, as a
 * row without a track comes here each time. */
static struct row_batch make_batch(const struct map_scratch *s, const struct plan *p, struct row_layout *l,
                                   struct row_target *view, size_t from, size_t end)
{
    struct row_batch b = {0};
    uint16_t *slots = l->slots;
    uint32_t *places = l->places;
    size_t sidecars = 0;
    for (size_t i = end; i-- > from;) {
        const struct json_field *m = &s->members.items[i];
        struct row_target none = {0}, *seen = view && m->key != JSON_NO_KEY ? &view[m->key] : &none;
        if (seen->marks == 0) *seen = target_of(s, p, m);
        uint16_t slot = seen->slot;
        uint32_t place = places[slot];
        uint64_t marks = seen->marks, is_double = marks & (place != 0); /* TARGET_KNOWN is 1 */
        slots[i] = slot;
        places[slot] = is_double ? place : (uint32_t)((i + 1) * sizeof *m);
        b.known = b.known << 1 | (marks & TARGET_KNOWN);
        b.open = b.open << 1 | (marks / TARGET_OPEN & 1 & ~is_double);
        b.kept = b.kept << 1 | (marks / TARGET_KEPT & 1);
        b.doubts = b.doubts << 1 | (marks / TARGET_DOUBTFUL & 1);
        sidecars += marks / TARGET_ABOUT & 1;
    }
    l->sidecar_count += sidecars;
    l->known_count += (size_t)__builtin_popcountll(b.known);
    return b;
}

/* False: no memory. */
static bool layout_make(struct map_scratch *s, const struct plan *p, struct row_layout *l)
{
    bool is_loose = l == &s->loose;
    struct row_target *view = s->views && is_loose ? view_of(s, p) : NULL; /* the others are made but once */
    size_t count = s->members.count;
    l->track = 0;
    if (!layout_room(l, count, p) || !batch_room(l, count)) return false;
    l->known_count = l->sidecar_count = 0;
    memset(l->places, 0, (p->slot_count + 1) * sizeof *l->places);
    for (size_t i = count / ROW_BATCH + 1; i-- > 0;) {
        size_t from = i * ROW_BATCH, end = count - from < ROW_BATCH ? count : from + ROW_BATCH;
        l->batches[i] = make_batch(s, p, l, view, from, end);
    }
    l->places[p->slot_count] = 0; /* of what the plan does not know, nobody asks */
    l->plan = p->serial;
    l->track = is_loose ? 0 : s->members.track;
    return true;
}

bool row_fill(struct map_scratch *s, const struct plan *p, struct str row)
{
    struct row_layout *l = layout_for(s, p);
    bool is_made = l != &s->loose && l->plan == p->serial && l->track == s->members.track;
    bool has_items = s->members.items || json_fields_grow(&s->members);
    s->plan = p;
    s->layout = NULL;
    if (!has_items || !make_room(s, p) || (!is_made && !layout_make(s, p, l))) return false;
    s->layout = l;
    memset(s->loaded, 0, p->shape_count);
    s->loaded[0] = 1;
    fill(&s->slots[p->shapes[0].self_slot], row, JSON_OBJECT, 0);
    for (size_t i = 0; i <= s->members.count / ROW_BATCH; i++) l->batches[i].used = 0;
    return true;
}

/* By how a text begins. */
static bool may_hold_json(struct str raw)
{
    size_t i = 1;
    if (raw.n < 4) return false;
    while (i < raw.n && raw.p[i] == ' ') i++;
    bool is_escape = raw.p[i] == '\\' && memchr("\\\"/", raw.p[i + 1], 3) == NULL; /* of a blank, perhaps */
    return is_escape || raw.p[i] == '{' || raw.p[i] == '[';
}

/* The text in which there may be JSON; p == NULL: there is none. */
static struct str inner_text(struct map_scratch *s, struct str raw)
{
    if (!may_hold_json(raw)) return STR_NONE;
    struct str text = str_trim(json_unescape(&s->arena, raw));
    return text.n >= 2 && (text.p[0] == '{' || text.p[0] == '[') ? text : STR_NONE;
}

struct str row_inner_json(struct map_scratch *s, struct str raw, enum json_type type)
{
    if (type == JSON_OBJECT || type == JSON_ARRAY) return raw;
    struct str text = type == JSON_STRING ? inner_text(s, raw) : STR_NONE;
    return text.p && json_check(text, NULL) ? text : STR_NONE;
}

/* What has been unescaped has slack behind it; what stands in the row as it is may not, and is not worth it. */
static bool make_outline(struct map_scratch *s, struct str raw, struct str text, struct json_outline *out)
{
    if (text.p >= raw.p && text.p < raw.p + raw.n) return false;
    if (s->nodes == NULL) s->nodes = malloc(OPENED_NODES * sizeof *s->nodes);
    if (s->nodes == NULL || !json_outline_make(out, s->nodes + s->node_count, OPENED_NODES - s->node_count, text))
        return false;
    s->node_count += out->count;
    return true;
}

struct str row_slot_json(struct map_scratch *s, const struct slot *slot)
{
    if (slot->type != JSON_STRING) return row_inner_json(s, slot->raw, slot->type);
    if (!may_hold_json(slot->raw)) return STR_NONE;
    for (size_t i = 0; i < s->opened_count; i++) {
        if (s->opened[i].raw == slot->raw.p) return s->opened[i].text;
    }
    struct opened one = {.raw = slot->raw.p, .text = inner_text(s, slot->raw)};
    if (one.text.p && !make_outline(s, slot->raw, one.text, &one.outline) && !json_check(one.text, NULL))
        one.text = STR_NONE;
    if (s->opened_count < OPENED_MAX) s->opened[s->opened_count++] = one;
    return one.text;
}

const struct json_node *row_node(const struct map_scratch *s, struct str value, const struct json_outline **outline)
{
    for (size_t i = 0; i < s->opened_count; i++) {
        const struct json_outline *o = &s->opened[i].outline;
        uintptr_t at = (uintptr_t)value.p - (uintptr_t)o->base;
        if (o->count == 0 || at >= s->opened[i].text.n) continue;
        for (const struct json_node *n = o->nodes, *end = n + o->count; n < end; n++) {
            if (n->value == at && n->end - n->value == value.n) {
                *outline = o;
                return n;
            }
        }
    }
    return NULL;
}

/* Of shape 0, as a whole or a column. */
static struct slot own_slot(const struct map_scratch *s, uint16_t slot)
{
    return slot == s->plan->shapes[0].self_slot ? s->slots[slot] : row_slot(s, slot);
}

struct slot slot_get(struct map_scratch *s, uint16_t shape, uint16_t slot)
{
    if (shape == 0) return own_slot(s, slot);
    if (!s->loaded[shape]) {
        const struct shape *inside = &s->plan->shapes[shape];
        struct str value = STR_NONE;
        if (inside->parent_slot != NO_SLOT) {
            struct slot parent = slot_get(s, inside->parent_shape, inside->parent_slot);
            bool is_column = inside->parent_shape == 0;
            if (parent.raw.p)
                value = is_column ? row_slot_json(s, &parent) : row_inner_json(s, parent.raw, parent.type);
        }
        shape_read(s, shape, value);
    }
    return s->slots[slot];
}
