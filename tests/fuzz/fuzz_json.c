/* Any bytes into the JSON room: check, tree, cursor and splitter must agree on what is valid, the splitter must say the same
 * whatever pieces it is fed, and what the writer writes must be valid. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json/index.h"
#include "kit/json/json.h"
#include "kit/json/outline.h"

struct heard {
    struct buf text;
    size_t records, faults;
};

static void on_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    struct heard *h = ctx;
    INVARIANT(json_check(record, NULL));
    h->records++;
    (void)buf_addf(&h->text, "R%s %llu %llu ", list ? list : "", (unsigned long long)byte, (unsigned long long)line);
    (void)buf_add_str(&h->text, record);
}

static void on_envelope(void *ctx, struct str key, struct str value)
{
    struct heard *h = ctx;
    INVARIANT(json_check(value, NULL));
    (void)buf_add_str(&h->text, key);
    (void)buf_add_str(&h->text, value);
}

static void on_fault(void *ctx, const struct json_fault *fault, struct str piece)
{
    struct heard *h = ctx;
    INVARIANT(piece.n <= 4096 && fault->what != NULL && fault->line >= 1);
    h->faults++;
    (void)buf_addf(&h->text, "F%s %llu %llu ", fault->what, (unsigned long long)fault->byte,
                   (unsigned long long)fault->line);
    (void)buf_add_str(&h->text, piece);
}

static void on_end(void *ctx)
{
    struct heard *h = ctx;
    (void)buf_add_char(&h->text, 'D');
}

/* `window` 0: the careful lane. */
static struct heard listen(struct str text, size_t piece, const char *const *lists, size_t window)
{
    struct heard h = {0};
    struct json_split_opts o = {lists, (size_t)1 << 30, &h, on_record, on_envelope, on_fault, on_end};
    o.lane = window ? JSON_LANE_QUICK : JSON_LANE_CAREFUL;
    o.window = window;
    struct json_split *s = json_split_new(&o);
    INVARIANT(s != NULL);
    for (size_t i = 0; i < text.n;) {
        size_t n = piece ? piece : 1 + (size_t)((uint32_t)(i * 2654435761u) >> 16) % 37;
        if (n > text.n - i) n = text.n - i;
        char *alone = malloc(n);
        INVARIANT(alone != NULL);
        memcpy(alone, text.p + i, n);
        json_split_feed(s, alone, n);
        free(alone);
        i += n;
    }
    json_split_end(s);
    json_split_free(s);
    return h;
}

/* Whatever the pieces, the lane, the level of SIMD. */
static void same(const struct heard *a, struct heard b)
{
    INVARIANT(str_eq(buf_str(&a->text), buf_str(&b.text)));
    buf_done(&b.text);
}

static void walk(struct arena *a, const struct json *v, struct json_writer *w)
{
    struct json_cursor c;
    struct json_slice m;
    size_t n = 0;
    INVARIANT(json_check(v->raw, NULL));
    if (json_cursor_open(&c, v->raw)) {
        while (json_cursor_next(&c, &m)) {
            const struct json *child = v->members ? &v->members[n].value : &v->items[n];
            INVARIANT(n < v->count && str_eq(child->raw, m.value) && child->type == m.type);
            n++;
        }
    }
    INVARIANT(n == v->count);
    if (v->type == JSON_STRING) json_write_str(w, v->text);
    for (size_t i = 0; i < v->count; i++) walk(a, v->members ? &v->members[i].value : &v->items[i], w);
}

static void check_tree(struct str text)
{
    struct arena a;
    struct err e;
    struct buf b = {0};
    struct json_writer w;
    arena_init(&a, (size_t)256 << 20);
    const struct json *v = json_parse(&a, text, &e);
    INVARIANT(v != NULL);
    json_writer_init(&w, &b);
    json_array_begin(&w);
    walk(&a, v, &w);
    json_array_end(&w);
    INVARIANT(json_check(buf_str(&b), NULL));
    buf_done(&b);
    arena_done(&a);
}

static const struct json_node *compare_node(const struct json_outline *o, const struct json_node *n, struct str value)
{
    struct json_cursor c;
    struct json_slice m;
    const struct json_node *next = n + 1;
    INVARIANT(str_eq(json_node_value(o, n), value) && n->type == json_type_of(value));
    for (bool open = json_cursor_open(&c, value); open && json_cursor_next(&c, &m);) {
        INVARIANT(!c.is_object || str_eq(json_node_key(o, next), m.key));
        next = compare_node(o, next, m.value);
    }
    INVARIANT(next == o->nodes + n->next);
    return next;
}

/* An outline lists what a cursor shows; of what is no JSON there is none, but for bad UTF-8, which it is not to check. */
static void check_outline(struct str text, bool is_valid)
{
    static struct json_node nodes[300];
    struct json_outline o;
    bool is_ascii = true, has = json_outline_make(&o, nodes, sizeof nodes / sizeof *nodes, text);
    for (size_t i = 0; i < text.n; i++) is_ascii = is_ascii && (unsigned char)text.p[i] < 0x80;
    INVARIANT(is_valid || !has || !is_ascii);
    if (has && is_valid) (void)compare_node(&o, nodes, str_trim(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const lists[] = {"value", "records", NULL};
    struct str text = {(const char *)data, size};
    struct json_fault fault = {0};
    bool is_valid = json_check(text, &fault);
    INVARIANT(is_valid || (fault.byte <= size && fault.what != NULL));
    struct heard whole = listen(text, size ? size : 1, NULL, 0);
    INVARIANT(!is_valid || whole.faults == 0);
    if (is_valid) check_tree(text);
    check_outline(text, is_valid);
    buf_done(&whole.text);
    struct heard a = listen(text, size ? size : 1, lists, 0);
    same(&a, listen(text, 1, lists, 0));
    same(&a, listen(text, 0, lists, 0));
    for (size_t i = 0; json_index_level(i); i++) {
        INVARIANT(json_index_use(json_index_level(i)));
        same(&a, listen(text, size ? size : 1, lists, size + 64));
        same(&a, listen(text, size ? size : 1, lists, 64));
        same(&a, listen(text, 0, lists, 150));
        same(&a, listen(text, 400, lists, 256));
    }
    buf_done(&a.text);
    return 0;
}
