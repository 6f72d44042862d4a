/* The walk: what it lists is what the cursor lists, at every level of SIMD, whether keys come as expected or not; tracks tell
 * orders of keys apart, and the tree of orders begins anew when it is full of orders that do not come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json/walk.h"

enum { KIND_ABOUT = 1, KIND_NOTED, KIND_INNER, KIND_LIST, CAP = 1 << 16 };

struct reader {
    struct json_walk walk;
    struct json_keys keys;
    struct json_fields outer, inner, cursor;
    struct json_walk_object o;
    char window[CAP + JSON_PAD];
};

static uint8_t kind_of(const void *ctx, struct str key)
{
    (void)ctx;
    if (memchr(key.p, '@', key.n)) return KIND_ABOUT;
    if (str_eq(key, STR("category"))) return KIND_NOTED;
    if (str_eq(key, STR("properties"))) return KIND_INNER;
    return str_eq(key, STR("records")) ? KIND_LIST : 0;
}

static struct reader *reader_new(void)
{
    struct reader *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->keys = (struct json_keys){
        .kind_of = kind_of, .apart = KIND_ABOUT, .noted = KIND_NOTED, .inner = KIND_INNER, .list = KIND_LIST};
    assert_true(json_keys_init(&r->keys));
    assert_true(json_index_init(&r->walk.index, CAP));
    return r;
}

static void reader_free(struct reader *r)
{
    json_keys_done(&r->keys);
    json_index_done(&r->walk.index);
    json_fields_done(&r->outer);
    json_fields_done(&r->inner);
    json_fields_done(&r->cursor);
    free(r);
}

static enum json_walked walk(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    const char *p = r->window;
    assert_true(n <= CAP);
    memcpy(r->window, text, n);
    memset(r->window + n, ' ', JSON_PAD);
    json_walk_begin(&r->walk, r->window, n);
    r->o.outer = &r->outer;
    r->o.inner = &r->inner;
    r->o.takes_lists = false;
    enum json_walked came = json_walk_object(&r->walk, &r->keys, &p, &r->o);
    if (came == JSON_WALKED) assert_ptr_equal(p, r->window + n);
    return came;
}

/* What the walk has listed is what the cursor lists, byte by byte. */
static void same_members(struct reader *r, const struct json_fields *f, struct str object)
{
    assert_true(json_fields_read(&r->cursor, object));
    assert_int_equal(f->count, r->cursor.count);
    for (size_t i = 0; i < f->count; i++) {
        const struct json_field *a = &f->items[i], *b = &r->cursor.items[i];
        assert_ptr_equal(f->base + a->at, object.p + b->at);
        assert_ptr_equal(f->base + a->value, object.p + b->value);
        assert_ptr_equal(f->base + a->end, object.p + b->end);
        assert_int_equal(a->type, b->type);
        struct str key = json_field_key(f, a);
        int unsaid = kind_of(NULL, key) == KIND_INNER ? JSON_APART | JSON_COMPACT : JSON_APART;
        assert_int_equal(a->flags & ~unsaid, b->flags & ~unsaid);
        assert_int_equal((a->flags & JSON_APART) != 0, kind_of(NULL, key) == KIND_ABOUT);
        if (a->key != JSON_NO_KEY) assert_memory_equal(key.p, r->keys.texts[a->key] + 1, key.n);
    }
}

static uint32_t track_of(struct reader *r, const char *text)
{
    assert_int_equal(walk(r, text), JSON_WALKED);
    same_members(r, &r->outer, (struct str){r->window, strlen(text)});
    if (r->inner.base) {
        const struct json_field *m = r->outer.items;
        while (r->keys.items[m->key].kind != KIND_INNER) m++;
        same_members(r, &r->inner, json_field_value(&r->outer, m));
    }
    return r->outer.track;
}

static void test_tracks(void **state)
{
    (void)state;
    struct reader *r = reader_new();
    uint32_t one = track_of(r, "{\"a\":\"x\",\"bb\":1,\"ccc\":null}");
    uint32_t two = track_of(r, "{\"a\":\"x\",\"ccc\":null,\"bb\":1}");
    uint32_t less = track_of(r, "{\"a\":\"x\",\"bb\":1}");
    uint32_t more = track_of(r, "{\"a\":\"x\",\"bb\":1,\"ccc\":null,\"d\":[]}");
    uint32_t none = track_of(r, "{}");
    uint32_t all[] = {one, two, less, more, none};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < i; k++) assert_int_not_equal(all[i], all[k]);
    assert_int_not_equal(one, 0);
    /* Values, blanks and escapes in values do not matter. */
    assert_int_equal(track_of(r, "{\"a\":true,\"bb\":\"\\u0041\\/\\\\\",\"ccc\":{\"a\":[1,{}]}}"), one);
    assert_int_equal(track_of(r, "{\n \"a\" : -0.5e1 , \"bb\":\t12345678901 ,\"ccc\": \"\" \n}"), one);
    assert_int_equal(track_of(r, "{\"a\":0,\"ccc\":false,\"bb\":[ ]}"), two);
    assert_int_equal(track_of(r, "{ }"), none);
    /* The row inside has a track of its own. */
    assert_int_not_equal(track_of(r, "{\"category\":\"T\",\"properties\":{\"a\":1,\"bb\":2}}"), 0);
    uint32_t inner = r->inner.track;
    (void)track_of(r, "{\"properties\":{\"a\":1,\"bb\":2},\"category\":\"T\"}");
    assert_int_equal(r->inner.track, inner);
    assert_int_not_equal(inner, 0);
    /* A key that cannot be kept: no track. */
    assert_int_equal(track_of(r, "{\"a\":1,\"\\u0062b\":1}"), 0);
    reader_free(r);
}

static void test_notes(void **state)
{
    (void)state;
    struct reader *r = reader_new();
    char text[512];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"x\":1,\"a@odata.type\":\"t\"");
    (void)track_of(r, "{\"x\":1,\"category\":\"T\",\"a@odata.type\":\"t\",\"category\":\"U\"}");
    assert_int_equal(r->o.note_count, 2);
    assert_int_equal(r->o.notes[0].place, 1);
    assert_int_equal(r->o.notes[1].place, 3);
    assert_int_equal(r->o.notes[1].kind, KIND_NOTED);
    for (int i = 0; i <= JSON_NOTES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, ",\"category\":\"%d\"", i);
    memcpy(text + n, "}", 2);
    assert_int_not_equal(walk(r, text), JSON_WALKED); /* for the machine */
    assert_int_not_equal(walk(r, "{\"records\":[1]}"), JSON_WALKED);
    reader_free(r);
}

static size_t below(size_t n)
{
    static uint64_t x = 7;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (size_t)(x % n);
}

/* A row of 40 of `kinds` columns, the first `alike` always the same; in the order of their numbers or in another. */
static void make_row(char *text, size_t room, size_t kinds, size_t alike, bool is_shuffled)
{
    static const char *const values[] = {"\"text\"",
                                         "\"\"",
                                         "null",
                                         "true",
                                         "false",
                                         "0",
                                         "12345",
                                         "-1.5e+3",
                                         "123456789",
                                         "\"a\\\\\"",
                                         "\"\\u00e9 \\/\"",
                                         "[]",
                                         "{\"k\":[1,\"]\"]}",
                                         "\"gr\xC3\xB6\xC3\x9F\""};
    unsigned columns[64];
    size_t count = 40, n = 0;
    for (size_t i = 0; i < count; i++)
        columns[i] = (unsigned)(i < alike ? i : i * kinds / count + below(kinds / count));
    for (size_t i = count; is_shuffled && --i > 0;) {
        size_t other = below(i + 1);
        unsigned column = columns[i];
        columns[i] = columns[other];
        columns[other] = column;
    }
    for (size_t i = 0; i < count; i++) {
        const char *value = values[below(sizeof values / sizeof *values)];
        const char *blank = below(50) ? "" : " ";
        n += (size_t)snprintf(text + n, room - n, "%c\"Column%u%s\":%s%s", i ? ',' : '{', columns[i],
                              columns[i] % 7 ? "" : "OfALongerName", blank, value);
    }
    memcpy(text + n, "}", 2);
}

/* Orders that never come again do not keep those from being known that do. */
static void test_orders_without_end(void **state)
{
    (void)state;
    static const char plain[] = "{\"Timestamp\":\"t\",\"DeviceId\":1,\"FileName\":null}";
    char text[4096];
    for (size_t level = 0; json_index_level(level); level++) {
        assert_true(json_index_use(json_index_level(level)));
        struct reader *r = reader_new();
        bool was_forgotten = false;
        for (int i = 0; i < 6000; i++) { /* first nothing is as before, then most of it */
            uint16_t epoch = r->keys.epoch;
            make_row(text, sizeof text, 400, i < 2000 ? 0 : 32, i < 1000);
            (void)track_of(r, text);
            was_forgotten |= r->keys.epoch != epoch;
        }
        assert_true(was_forgotten);
        uint32_t track = 0;
        for (int i = 0; i < 2000 && track == 0; i++) track = track_of(r, plain);
        assert_int_not_equal(track, 0);
        assert_int_equal(track_of(r, plain), track);
        reader_free(r);
    }
    assert_true(json_index_use(NULL));
}

/* More keys than the book holds. */
static void test_keys_without_end(void **state)
{
    (void)state;
    struct reader *r = reader_new();
    char text[4096];
    for (int i = 0; i < 300; i++) {
        make_row(text, sizeof text, 40 * 64, 0, false);
        (void)track_of(r, text);
    }
    assert_int_equal(r->keys.count, JSON_KEYS_MAX);
    reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tracks), cmocka_unit_test(test_notes),
                                       cmocka_unit_test(test_orders_without_end),
                                       cmocka_unit_test(test_keys_without_end)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
