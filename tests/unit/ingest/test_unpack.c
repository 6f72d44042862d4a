/* A file's bytes through gzip, zstd or neither, fed in pieces of every size, whole, cut and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "flow/ingest/bytes/unpack.h"
#include "kit/base/str.h"

static void keep(void *ctx, const void *p, size_t n)
{
    struct buf *out = ctx;
    (void)buf_add(out, p, n);
}

/* What comes out; *ok_out: nothing was damaged, *whole_out: and nothing is missing. */
static struct buf unpacked(struct str packed, size_t piece, bool *ok_out, bool *whole_out)
{
    struct buf out = {0};
    struct unpack *u = unpack_new();
    *ok_out = true;
    for (size_t i = 0; *ok_out && i < packed.n; i += piece) {
        struct str part = str_sub(packed, i, piece);
        *ok_out = unpack_feed(u, part.p, part.n, keep, &out);
    }
    *whole_out = *ok_out && unpack_end(u, keep, &out);
    unpack_free(u);
    return out;
}

static struct buf text_of(size_t n)
{
    struct buf b = {0};
    for (uint64_t x = 1; b.n < n; x = x * UINT64_C(6364136223846793005) + 1)
        (void)buf_addf(&b, "{\"row\":%llu,\"name\":\"pc1.contoso.example\"}\n", (unsigned long long)(x >> 40));
    return b;
}

static void add_gzip(struct buf *out, struct str text)
{
    struct isal_zstream z;
    uint8_t *packed = malloc(text.n + 4096);
    isal_deflate_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)(uintptr_t)text.p;
    z.avail_in = (uint32_t)text.n;
    z.next_out = packed;
    z.avail_out = (uint32_t)text.n + 4096;
    assert_int_equal(isal_deflate(&z), COMP_OK);
    (void)buf_add(out, packed, z.total_out);
    free(packed);
}

static void add_zstd(struct buf *out, struct str text)
{
    size_t room = ZSTD_compressBound(text.n);
    char *packed = malloc(room);
    size_t n = ZSTD_compress(packed, room, text.p, text.n, 3);
    assert_false(ZSTD_isError(n));
    (void)buf_add(out, packed, n);
    free(packed);
}

static void add_plain(struct buf *out, struct str text)
{
    (void)buf_add_str(out, text);
}

static const struct {
    const char *name;
    void (*add)(struct buf *out, struct str text);
    bool is_packed;
} forms[] = {{"plain", add_plain, false}, {"gzip", add_gzip, true}, {"zstd", add_zstd, true}};
enum { FORMS = sizeof forms / sizeof *forms };

static const size_t sizes[] = {0, 1, 3, 4, 5, 1000, 300000};
static const size_t pieces[] = {1, 3, 7, 4096, 1 << 20};

static void every_form_comes_out_as_it_was(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
                struct buf text = text_of(sizes[s]), packed = {0};
                bool ok, whole;
                text.n = sizes[s];
                forms[f].add(&packed, buf_str(&text));
                forms[f].add(&packed, buf_str(&text)); /* members and frames may follow one another */
                struct buf out = unpacked(buf_str(&packed), pieces[p], &ok, &whole);
                assert_true(ok && whole);
                assert_int_equal(out.n, 2 * text.n);
                assert_true(text.n == 0 ||
                            (memcmp(out.p, text.p, text.n) == 0 && memcmp(out.p + text.n, text.p, text.n) == 0));
                buf_done(&out);
                buf_done(&packed);
                buf_done(&text);
            }
}

static void what_is_cut_is_not_whole(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMS; f++) {
        struct buf text = text_of(50000), packed = {0};
        bool ok, whole;
        forms[f].add(&packed, buf_str(&text));
        for (size_t left = 1; left < 20; left += 6) {
            struct buf out = unpacked(str_sub(buf_str(&packed), 0, packed.n - left), 4096, &ok, &whole);
            assert_true(ok);
            assert_int_equal(whole, !forms[f].is_packed);
            assert_true(out.n <= text.n && (out.n == 0 || memcmp(out.p, text.p, out.n) == 0));
            buf_done(&out);
        }
        buf_done(&packed);
        buf_done(&text);
    }
}

static void damage_is_noticed(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMS; f++) {
        if (!forms[f].is_packed) continue;
        struct buf text = text_of(50000), packed = {0};
        bool ok, whole;
        forms[f].add(&packed, buf_str(&text));
        memset(packed.p + packed.n / 2, 0xff, 64);
        struct buf out = unpacked(buf_str(&packed), 4096, &ok, &whole);
        assert_false(whole);
        buf_done(&out);
        buf_done(&packed);
        buf_done(&text);
    }
}

/* A member whose header has everything a header may have; `spoil`: this byte of the header is another. */
static struct buf with_full_header(struct str text, size_t spoil)
{
    static const char head[] = "\x1f\x8b\x08\x1e"
                               "TIME"
                               "\0\3"
                               "\5\0"
                               "extra"
                               "name\0"
                               "comment";
    struct buf plain = {0}, packed = {0};
    uint32_t crc = crc32_gzip_refl(0, (const unsigned char *)head, sizeof head);
    char told[2] = {(char)(crc & 0xff), (char)(crc >> 8 & 0xff)};
    (void)buf_add(&packed, head, sizeof head);
    (void)buf_add(&packed, told, sizeof told);
    if (spoil < packed.n) packed.p[spoil] ^= 0x20;
    add_gzip(&plain, text);
    (void)buf_add(&packed, plain.p + 10, plain.n - 10);
    buf_done(&plain);
    return packed;
}

static void a_gzip_header_may_have_every_part(void **state)
{
    (void)state;
    struct buf text = text_of(5000);
    for (size_t piece = 1; piece < 45; piece++) {
        struct buf packed = with_full_header(buf_str(&text), SIZE_MAX);
        bool ok, whole;
        add_gzip(&packed, buf_str(&text)); /* a plain one behind it */
        struct buf out = unpacked(buf_str(&packed), piece, &ok, &whole);
        assert_true(ok && whole && out.n == 2 * text.n && memcmp(out.p, text.p, text.n) == 0);
        buf_done(&out);
        buf_done(&packed);
    }
    for (size_t spoil = 2; spoil < 32; spoil++) {
        struct buf packed = with_full_header(buf_str(&text), spoil);
        bool ok, whole;
        struct buf out = unpacked(buf_str(&packed), 7, &ok, &whole);
        assert_false(whole);
        buf_done(&out);
        buf_done(&packed);
    }
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_comes_out_as_it_was),
        cmocka_unit_test(what_is_cut_is_not_whole),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(a_gzip_header_may_have_every_part),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
