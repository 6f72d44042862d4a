/* Our JSON reader beside jansson, strict by RFC 8259 as well: both take the same texts, and see the same values in them. The first byte chooses:
 * the rest is the text itself, or says what text to write, valid but for what the last bytes then damage.
 *
 * Where they may differ: lone surrogates (grammatical, and jansson refuses them), numbers beyond a double, a NUL in a key (jansson refuses
 * both), and depth (ours is bounded by JSON_DEPTH_MAX). */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Both name their types alike: ours are OUR_… here. */
#define JSON_NULL OUR_NULL
#define JSON_FALSE OUR_FALSE
#define JSON_TRUE OUR_TRUE
#define JSON_STRING OUR_STRING
#define JSON_ARRAY OUR_ARRAY
#define JSON_OBJECT OUR_OBJECT
#include "kit/json/json.h"
#undef JSON_NULL
#undef JSON_FALSE
#undef JSON_TRUE
#undef JSON_STRING
#undef JSON_ARRAY
#undef JSON_OBJECT
#include <jansson.h>

/* ---- texts out of bytes --------------------------------------------------------------------------------------------- */
struct bytes {
    const uint8_t *p;
    size_t n;
};

static uint8_t take(struct bytes *b)
{
    if (b->n == 0) return 0;
    b->n--;
    return *b->p++;
}

static void add_one(struct bytes *b, struct buf *out, const char *const *words, size_t count)
{
    (void)buf_add_str(out, str_of(words[take(b) % count]));
}
#define ADD_ONE(b, out, ...)                                       \
    do {                                                           \
        static const char *const words_[] = {__VA_ARGS__};         \
        add_one(b, out, words_, sizeof words_ / sizeof words_[0]); \
    } while (0)

static void add_blank(struct bytes *b, struct buf *out)
{
    ADD_ONE(b, out, "", "", "", "", "", " ", "\n", "\t", "\r\n", "  ",
            "                                                                ");
}

static void add_text(struct bytes *b, struct buf *out)
{
    (void)buf_add_char(out, '"');
    for (unsigned n = take(b) % 12; n > 0; n--)
        ADD_ONE(b, out, "a", "key", "\\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t", "\\u0041", "\\u00e9", "\\uD83D\\uDE00",
                "\\u0000", "\\ud800", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "{}[]:,",
                "0123456789abcdef0123456789abcdef", "\x7f", "/", " ");
    (void)buf_add_char(out, '"');
}

static void add_number(struct bytes *b, struct buf *out)
{
    ADD_ONE(b, out, "", "", "-");
    ADD_ONE(b, out, "0", "1", "10", "9007199254740993", "18446744073709551616", "123456789012345678901234567890");
    ADD_ONE(b, out, "", "", ".5", ".000", ".123456789012345678");
    ADD_ONE(b, out, "", "", "", "e1", "E+10", "e-300", "e308", "E0");
}

static void add_value(struct bytes *b, struct buf *out, unsigned depth)
{
    uint8_t kind = depth == 0 || b->n == 0 ? take(b) % 4 : take(b) % 7;
    add_blank(b, out);
    if (kind == 0) {
        ADD_ONE(b, out, "true", "false", "null");
    } else if (kind == 1) {
        add_number(b, out);
    } else if (kind < 4) {
        add_text(b, out);
    } else {
        bool is_object = kind < 6;
        (void)buf_add_char(out, is_object ? '{' : '[');
        for (unsigned i = 0, n = take(b) % 6; i < n; i++) {
            if (i > 0) (void)buf_add_char(out, ',');
            add_blank(b, out);
            if (is_object) {
                add_text(b, out);
                add_blank(b, out);
                (void)buf_add_char(out, ':');
            }
            add_value(b, out, depth - 1);
        }
        add_blank(b, out);
        (void)buf_add_char(out, is_object ? '}' : ']');
    }
    add_blank(b, out);
}

/* What is left of the bytes says where the text becomes another, if anywhere. */
static void damage(struct bytes *b, struct buf *text)
{
    while (b->n >= 3 && text->n > 0) {
        size_t at = ((size_t)take(b) << 8 | take(b)) % text->n;
        uint8_t how = take(b);
        if (how % 4 == 0)
            text->n = at;
        else if (how % 4 == 1)
            text->p[at] = (char)take(b);
        else if (how % 4 == 2)
            text->p[at] = "\"\\{}[]:,0-+.eE \n\x01\x80\xff"[take(b) % 19];
        else
            memmove(text->p + at, text->p + at + 1, --text->n - at);
    }
}

/* ---- the same values ------------------------------------------------------------------------------------------------- */
static bool is_last_of_its_key(const struct json *v, size_t i)
{
    for (size_t k = i + 1; k < v->count; k++)
        if (str_eq(v->members[k].key, v->members[i].key)) return false;
    return true;
}

static void same(const struct json *ours, const json_t *theirs)
{
    size_t unique = 0;
    switch (ours->type) {
    case OUR_NULL: INVARIANT(json_is_null(theirs)); return;
    case OUR_FALSE: INVARIANT(json_is_false(theirs)); return;
    case OUR_TRUE: INVARIANT(json_is_true(theirs)); return;
    case JSON_NUMBER: {
        char text[400]; /* longer ones are compared by their beginning's place alone */
        INVARIANT(json_is_real(theirs));
        if (str_copy(ours->text, text, sizeof text)) INVARIANT(strtod(text, NULL) == json_real_value(theirs));
        return;
    }
    case OUR_STRING:
        INVARIANT(json_is_string(theirs));
        INVARIANT(str_eq(ours->text, (struct str){json_string_value(theirs), json_string_length(theirs)}));
        return;
    case OUR_ARRAY:
        INVARIANT(json_is_array(theirs) && json_array_size(theirs) == ours->count);
        for (size_t i = 0; i < ours->count; i++) same(&ours->items[i], json_array_get(theirs, i));
        return;
    case OUR_OBJECT:
        INVARIANT(json_is_object(theirs));
        for (size_t i = 0; i < ours->count; i++) {
            if (!is_last_of_its_key(ours, i)) continue;
            struct str key = ours->members[i].key;
            const json_t *value = json_object_getn(theirs, key.p, key.n);
            INVARIANT(value != NULL);
            same(&ours->members[i].value, value);
            unique++;
        }
        INVARIANT(json_object_size(theirs) == unique);
        return;
    }
}

/* ---- the same verdict ------------------------------------------------------------------------------------------------- */
static bool may_differ(const json_error_t *e, const struct json_fault *fault)
{
    if (fault->what) return strstr(fault->what, "deep") != NULL;
    enum json_error_code code = json_error_code(e);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           code == json_error_null_character || strstr(e->text, "invalid Unicode '\\u") != NULL;
}

struct counts {
    size_t records, faults;
};

static void count_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    struct counts *c = ctx;
    (void)byte, (void)line, (void)list;
    INVARIANT(json_check(record, NULL));
    c->records++;
}

static void count_fault(void *ctx, const struct json_fault *fault, struct str piece)
{
    struct counts *c = ctx;
    (void)fault, (void)piece;
    c->faults++;
}

static void check_split(struct str text, const json_t *theirs)
{
    struct counts c = {0};
    struct json_split_opts o = {
        .record_max = (size_t)1 << 30, .ctx = &c, .on_record = count_record, .on_fault = count_fault};
    struct json_split *s = json_split_new(&o);
    INVARIANT(s != NULL);
    json_split_feed(s, text.p, text.n);
    json_split_end(s);
    json_split_free(s);
    INVARIANT(c.faults == 0 && c.records == (json_is_array(theirs) ? json_array_size(theirs) : 1));
}

static void compare(struct str text)
{
    json_error_t error = {.line = 0};
    struct json_fault fault = {0};
    struct arena a;
    struct err e;
    json_t *theirs =
        json_loadb(text.p ? text.p : "", text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    bool ours = json_check(text, &fault);
    bool has_nul = text.n && memchr(text.p, 0, text.n) != NULL;
    INVARIANT(!has_nul || !ours);
    if (has_nul) {
        /* none of ours, and jansson stops there */
    } else if (ours != (theirs != NULL)) {
        if (!may_differ(&error, &fault)) {
            (void)fprintf(stderr, "ours: %s, jansson: %s\n%.*s\n", ours ? "valid" : fault.what,
                          theirs ? "valid" : error.text, STR_ARG(text));
            INVARIANT(false);
        }
    } else if (ours) {
        arena_init(&a, (size_t)256 << 20);
        const struct json *tree = json_parse(&a, text, &e);
        INVARIANT(tree != NULL);
        same(tree, theirs);
        check_split(text, theirs);
        arena_done(&a);
    }
    json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    struct buf text = {0};
    json_object_seed(1);
    if (take(&b) % 2) {
        compare((struct str){(const char *)b.p, b.n});
        return 0;
    }
    add_value(&b, &text, 6);
    damage(&b, &text);
    char *alone = malloc(text.n ? text.n : 1); /* exactly as long as the text: a byte too far is seen */
    INVARIANT(alone != NULL);
    if (text.n) memcpy(alone, text.p, text.n);
    compare((struct str){alone, text.n});
    free(alone);
    buf_done(&text);
    return 0;
}
