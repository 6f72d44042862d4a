#include "face/api/web/rest_pages.h"

#include <inttypes.h>
#include <stdio.h>

#include "kit/base/hash.h"

enum { LIST_ARENA_BYTES = 512 << 20 };

static void write_next(struct json_writer *w, const struct operation *op, bool is_more, const char *last)
{
    struct buf cursor;
    buf_init(&cursor, 0);
    json_key(w, "next");
    if (is_more && page_cursor_write(op, last, &cursor))
        json_write_str(w, buf_str(&cursor));
    else
        json_write_null(w);
    buf_done(&cursor);
}

/* A handler that knows no pages: the key of an item is where it stood, and a hash of what it was. It is looked for by the hash
 * first, so that what came before it meanwhile does not matter. */
static void key_of(const struct json *list, size_t i, char out[PAGE_KEY_BYTES])
{
    const struct str raw = list->items[i].raw;
    (void)snprintf(out, PAGE_KEY_BYTES, "%zu.%016" PRIx64, i, hash64_of(raw.p, raw.n));
}

static bool begin_of(const struct json *list, const char *after, size_t *out)
{
    char key[PAGE_KEY_BYTES];
    struct str hash = str_of(after);
    uint64_t place = 0;
    *out = 0;
    if (after[0] == '\0') return true;
    if (!str_to_u64(str_cut(&hash, '.'), &place) || hash.n != 16) return false;
    for (size_t i = 0; i < list->count; i++) {
        key_of(list, i, key);
        if (str_ends(str_of(key), hash)) {
            *out = i + 1;
            return true;
        }
    }
    *out =
        place < list->count ? (size_t)place : list->count; /* it has gone, or is another now: what stands there now */
    return true;
}

static bool cut(const struct operation *op, struct str result, const struct op_page *page, struct json_writer *w,
                struct err *e)
{
    struct arena arena;
    size_t begin = 0, end = 0;
    char last[PAGE_KEY_BYTES] = "";
    arena_init(&arena, LIST_ARENA_BYTES);
    const struct json *root = json_parse(&arena, result, e), *list = json_get(root, op->list);
    bool ok = root != NULL;
    if (list && !begin_of(list, page->after, &begin))
        ok = err_set(e, &api_causes[API_BAD_CURSOR], "%s: the cursor was not given by this list", op->name);
    if (list) end = list->count - begin < page->limit ? list->count : begin + (size_t)page->limit;
    if (ok) json_object_begin(w);
    for (size_t i = 0; ok && i < root->count; i++) {
        const struct json_member *m = &root->members[i];
        json_key_str(w, m->key);
        if (&m->value != list) {
            json_write_raw(w, m->value.raw);
            continue;
        }
        json_array_begin(w);
        for (size_t k = begin; k < end; k++) json_write_raw(w, list->items[k].raw);
        json_array_end(w);
    }
    if (ok && list && end < list->count && end > 0) key_of(list, end - 1, last);
    if (ok) write_next(w, op, last[0] != '\0', last);
    if (ok) json_object_end(w);
    arena_done(&arena);
    return ok;
}

bool rest_page(const struct operation *op, struct str result, const struct op_page *page, struct buf *out,
               struct err *e)
{
    struct json_writer w;
    json_writer_init(&w, out);
    if (!page->is_paged) return cut(op, result, page, &w, e);
    /* one object, ours: its last brace gives way to one more member */
    INVARIANT(result.n > 2 && result.p[result.n - 1] == '}');
    (void)buf_add(out, result.p, result.n - 1);
    (void)buf_add_char(out, ',');
    struct buf tail;
    buf_init(&tail, 0);
    json_writer_init(&w, &tail);
    json_object_begin(&w);
    write_next(&w, op, page->is_more, page->last);
    json_object_end(&w);
    (void)buf_add_str(out, str_sub(buf_str(&tail), 1, tail.n));
    buf_done(&tail);
    return !out->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "the answer");
}
