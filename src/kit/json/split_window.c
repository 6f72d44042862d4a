/* The quick lane of the splitter: pieces as indexed windows, records by the walk; and where one splitter leaves off and another
 * goes on. */
#include <stdlib.h>
#include <string.h>

#include "kit/json/bytes.h"
#include "kit/json/split_int.h"

/* ---- windows ------------------------------------------------------------------------------------------------------- */
enum key_kind { KEY_OTHER, KEY_LIST };

static uint8_t kind_of_key(const void *ctx, struct str key)
{
    const char *name;
    return split_is_list_name(ctx, key, &name) ? KEY_LIST : KEY_OTHER;
}

static bool window_init(struct json_split *s)
{
    if (s->window) return true;
    s->keys.kind_of = kind_of_key;
    s->keys.ctx = s;
    s->keys.list = KEY_LIST;
    s->keys.noted = UINT8_MAX;
    s->window = malloc(s->o.window + JSON_PAD);
    bool has_keys = s->o.on_window || json_keys_init(&s->keys); /* who listens has a book of its own */
    if (s->window && json_index_init(&s->walk.index, s->o.window) && has_keys) return true;
    json_index_done(&s->walk.index);
    free(s->window);
    s->window = NULL;
    return false;
}

/* May the walk begin at p? Sees to it that the index is right. */
static bool can_walk(struct json_split *s, const char *p)
{
    if (s->from ||
        (s->state != SP_TOP && s->state != SP_LIST_FIRST && s->state != SP_LIST_NEXT && s->state != SP_LIST_AFTER))
        return false;
    if (s->is_indexed && p < s->walk.p + s->walk.index.sound) {
        json_walk_to(&s->walk, p);
        return true;
    }
    size_t n = (size_t)(s->end - p);
    if (n > s->index_left) return false;
    s->index_left -= n;
    json_walk_begin(&s->walk, p, n);
    s->is_indexed = true;
    return true;
}

static enum json_walked walk_record(struct json_split *s, const char **p, const char *list)
{
    const char *from = *p;
    if (s->o.on_window) return s->o.on_window(s->o.ctx, &s->walk, p, split_offset(s, from), list);
    struct json_walk_object object = {.outer = &s->fields, .takes_lists = false};
    bool may_be_envelope = list == NULL && s->state == SP_TOP && s->o.lists;
    enum json_walked came =
        may_be_envelope ? json_walk_object(&s->walk, &s->keys, p, &object) : json_walk_value(&s->walk, p);
    if (came != JSON_WALKED) return came;
    size_t n = (size_t)(*p - from);
    if (n > s->o.record_max) {
        *p = from;
        return JSON_WALK_ODD;
    }
    s->o.on_record(s->o.ctx, (struct str){from, n}, split_offset(s, from), s->m.line, list);
    return JSON_WALKED;
}

/* Records as long as they are plain. JSON_WALKED: to the end of the window; ODD: the rest is for the next step. */
static enum json_walked walk_records(struct json_split *s, const char **p)
{
    while (true) {
        for (; *p < s->end && json_is_blank(**p); ++*p) s->m.line += **p == '\n';
        if (*p == s->end) return JSON_WALKED;
        if (s->state == SP_LIST_AFTER) {
            if (**p != ',') return JSON_WALK_ODD;
            s->state = SP_LIST_NEXT;
            ++*p;
            continue;
        }
        if (**p != '{') return JSON_WALK_ODD;
        s->walk.lines = s->m.line;
        enum json_walked came = walk_record(s, p, s->state == SP_TOP ? NULL : s->list);
        if (came != JSON_WALKED) return came;
        s->m.line = s->walk.lines;
        if (s->state != SP_TOP)
            s->state = SP_LIST_AFTER;
        else if (s->o.on_document_end)
            s->o.on_document_end(s->o.ctx);
    }
}

/* Reads n bytes at p, with JSON_PAD readable ones behind them. Gives how many it took: what the end cuts is left. */
static size_t read_window(struct json_split *s, const char *from, size_t n)
{
    const char *p = from;
    INVARIANT(p != NULL);
    s->piece = from;
    s->end = from + n;
    s->index_left = 4 * n;
    s->is_indexed = false;
    if (s->from) s->from = p;
    while (p < s->end) {
        bool is_cut = can_walk(s, p) && walk_records(s, &p) == JSON_WALK_CUT;
        if (is_cut || p == s->end) break;
        split_step(s, &p);
    }
    split_keep_unit(s);
    if (p > from) s->last = p[-1];
    s->base = split_offset(s, p);
    return (size_t)(p - from);
}

void split_drain_window(struct json_split *s)
{
    size_t n = s->window_bytes;
    s->window_bytes = 0;
    if (n) split_feed(s, s->window, n, s->base);
}

/* Reads what is in the window; what its end cuts stays, unless it is so much that it is better read on carefully. */
static void fill_window(struct json_split *s, size_t more)
{
    size_t n = s->window_bytes + more;
    memset(s->window + n, ' ', JSON_PAD);
    size_t took = read_window(s, s->window, n);
    memmove(s->window, s->window + took, n - took);
    s->window_bytes = n - took;
    if (s->window_bytes > s->o.window / 2) split_drain_window(s);
}

char *json_split_room(struct json_split *s, size_t *n)
{
    if (!window_init(s)) return NULL;
    *n = s->o.window - s->window_bytes;
    return s->window + s->window_bytes;
}

void json_split_take(struct json_split *s, size_t n)
{
    size_t tail = s->window_bytes, min = s->o.lane == JSON_LANE_QUICK ? 1 : WALK_MIN;
    if (tail == 0) {
        size_t mark = split_skip_mark(s, s->window, n);
        s->base += mark;
        n -= mark;
        memmove(s->window, s->window + mark, mark ? n : 0);
    }
    /* A tail that grows by little is not read again and again. */
    if (s->o.lane != JSON_LANE_CAREFUL && n >= min && n >= tail) {
        fill_window(s, n);
    } else {
        s->window_bytes += n;
        split_drain_window(s);
    }
}

/* What an earlier piece left in the window is read with the beginning of this one; gives how much of it was taken. */
static size_t feed_tail(struct json_split *s, const char *p, size_t n)
{
    size_t took = 0;
    for (size_t more = PIECE_BYTES; s->window_bytes && took < n; more *= 2) {
        size_t room = s->o.window - s->window_bytes, some = n - took < more ? n - took : more;
        if (some > room) some = room;
        memcpy(s->window + s->window_bytes, p + took, some);
        fill_window(s, some);
        took += some;
        if (s->window_bytes > some) continue;
        took -= s->window_bytes; /* the rest can be read where it is */
        s->window_bytes = 0;
    }
    return took;
}

/* A large piece is read where it is, but for its end. */
static size_t feed_in_place(struct json_split *s, const char *p, size_t n)
{
    size_t took = 0;
    for (bool is_last = false; !is_last && n - took >= WALK_MIN + JSON_PAD;) {
        size_t some = (n - took - JSON_PAD) / JSON_BLOCK * JSON_BLOCK, room = s->o.window / JSON_BLOCK * JSON_BLOCK;
        is_last = some <= room;
        if (some > room) some = room;
        size_t read = read_window(s, p + took, some);
        if (some - read > room / 2) {
            split_feed(s, p + took + read, some - read, s->base);
            read = some;
        }
        took += read;
    }
    return took;
}

void json_split_feed(struct json_split *s, const void *bytes, size_t n)
{
    const char *p = bytes;
    bool is_quick = s->o.lane == JSON_LANE_QUICK || (s->o.lane == JSON_LANE_BOTH && n >= WALK_MIN);
    if (n == 0) return;
    size_t took = s->window_bytes ? 0 : split_skip_mark(s, p, n);
    s->base += took;
    if (is_quick && n >= s->window_bytes && window_init(s)) {
        if (s->window_bytes) took += feed_tail(s, p + took, n - took);
        took += feed_in_place(s, p + took, n - took);
        while (took < n) {
            size_t room = s->o.window - s->window_bytes, some = n - took < room ? n - took : room;
            memcpy(s->window + s->window_bytes, p + took, some);
            fill_window(s, some);
            took += some;
        }
    }
    if (took == n) return;
    split_drain_window(s);
    split_feed(s, p + took, n - took, s->base);
}

/* ---- from splitter to splitter ----------------------------------------------------------------------------------- */
bool json_split_state(const struct json_split *s, struct json_split_state *out, struct str *beginning)
{
    bool is_between = s->state == SP_TOP || s->state == SP_LIST_AFTER;
    if (beginning) {
        bool in_list = s->state == SP_ELEMENT || s->state == SP_LIST_NEXT || s->state == SP_LIST_FIRST;
        struct str begun = s->window_bytes ? (struct str){s->window, s->window_bytes} : buf_str(&s->held);
        *beginning = in_list ? begun : STR_NONE;
    }
    *out = (struct json_split_state){.state = (int)s->state,
                                     .list = s->list,
                                     .is_in_object = s->is_in_object,
                                     .is_envelope = s->is_envelope,
                                     .is_lost = s->is_lost,
                                     .last = s->last,
                                     .byte = s->base,
                                     .line = s->m.line};
    return is_between && s->from == NULL && s->window_bytes == 0;
}

void json_split_resume(struct json_split *s, const struct json_split_state *from)
{
    split_drop_unit(s);
    s->window_bytes = 0;
    s->mark_bytes = 0;
    s->state = (enum split_state)from->state;
    s->list = from->list;
    s->is_in_object = from->is_in_object;
    s->is_envelope = from->is_envelope;
    s->is_lost = from->is_lost;
    s->last = from->last;
    s->base = from->byte;
    s->m = (struct machine){.line = from->line};
}
