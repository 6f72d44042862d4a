/* kit/seal, sealing: every byte changed is noticed, purposes and keys are told apart, no error holds a secret. */
#include "kit/seal/seal.h"
#include "tests.h"

static const char key_a[] = "portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char key_b[] = "portcullis-key-1 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static struct seal_key *load(const char *text)
{
    struct seal_key *k = NULL;
    struct err e = {0};
    if (!seal_key_load(str_of(text), &k, &e)) fail_msg("%s", e.text);
    return k;
}

static void sealed_there_and_back(void **state)
{
    struct seal_key *k = load(key_a);
    struct buf sealed, plain;
    struct err e;
    (void)state;
    for (size_t n = 0; n < 300; n += 37) {
        char text[300];
        memset(text, 'x', sizeof text);
        buf_init(&sealed, 0);
        buf_init(&plain, 0);
        buf_add_char(&plain, '>'); /* appended, not replaced */
        assert_true(seal_bytes(k, "p", (struct str){text, n}, &sealed, &e));
        assert_int_equal(sealed.n, 33 + n + 16);
        if (n >= 37) assert_true(str_find(buf_str(&sealed), STR("xxxxxxxx"), 0) == SIZE_MAX);
        assert_true(seal_open(k, "p", buf_str(&sealed), &plain, &e));
        assert_int_equal(plain.n, 1 + n);
        assert_memory_equal(plain.p + 1, text, n);
        buf_done(&sealed);
        buf_done(&plain);
    }
    seal_key_free(k);
}

static void the_same_text_never_seals_the_same(void **state)
{
    struct seal_key *k = load(key_a);
    struct buf one, two;
    (void)state;
    buf_init(&one, 0);
    buf_init(&two, 0);
    assert_true(seal_bytes(k, "p", STR("text"), &one, NULL) && seal_bytes(k, "p", STR("text"), &two, NULL));
    assert_false(str_eq(buf_str(&one), buf_str(&two)));
    buf_done(&one);
    buf_done(&two);
    seal_key_free(k);
}

static void every_changed_byte_is_noticed(void **state)
{
    struct seal_key *k = load(key_a);
    struct buf sealed, plain;
    struct err e;
    (void)state;
    buf_init(&sealed, 0);
    buf_init(&plain, 0);
    assert_true(seal_bytes(k, "tenant.secret:x", STR("hunter2-hunter2"), &sealed, &e));
    for (size_t i = 0; i < sealed.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            sealed.p[i] ^= (char)(1 << bit);
            assert_false(seal_open(k, "tenant.secret:x", buf_str(&sealed), &plain, &e));
            assert_ptr_equal(e.cause, &seal_causes[SEAL_CORRUPT]);
            assert_null(strstr(e.text, "hunter2"));
            assert_int_equal(plain.n, 0);
            assert_true(plain.cap == 0 || memmem(plain.p, plain.cap, "hunter2", 7) == NULL);
            sealed.p[i] ^= (char)(1 << bit);
        }
    }
    for (size_t n = 0; n < sealed.n; n++) {
        assert_false(seal_open(k, "tenant.secret:x", (struct str){sealed.p, n}, &plain, &e));
        assert_ptr_equal(e.cause, &seal_causes[SEAL_CORRUPT]);
    }
    assert_true(seal_open(k, "tenant.secret:x", buf_str(&sealed), &plain, &e));
    buf_done(&sealed);
    buf_done(&plain);
    seal_key_free(k);
}

static void other_purpose_other_key(void **state)
{
    struct seal_key *a = load(key_a), *b = load(key_b);
    struct buf sealed, plain;
    struct err e;
    (void)state;
    buf_init(&sealed, 0);
    buf_init(&plain, 0);
    assert_true(seal_bytes(a, "tenant.secret:1", STR("s"), &sealed, &e));
    assert_false(seal_open(a, "tenant.secret:2", buf_str(&sealed), &plain, &e));
    assert_ptr_equal(e.cause, &seal_causes[SEAL_CORRUPT]);
    assert_false(seal_open(a, "tenant.secret:", buf_str(&sealed), &plain, &e));
    assert_false(seal_open(b, "tenant.secret:1", buf_str(&sealed), &plain, &e));
    assert_ptr_equal(e.cause, &seal_causes[SEAL_WRONG_KEY]);
    assert_int_equal(plain.n, 0);
    buf_done(&sealed);
    buf_done(&plain);
    seal_key_free(a);
    seal_key_free(b);
}

static void key_files(void **state)
{
    static const char *const wrong[] = {
        "",
        "x",
        "portcullis-key-1",
        "portcullis-key-1 ",
        "portcullis-key-2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fa",
        "portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
    };
    struct buf text, again;
    struct err e;
    char id[17], id_b[17];
    (void)state;
    buf_init(&text, 0);
    buf_init(&again, 0);
    assert_true(seal_key_make(&text, &e) && seal_key_make(&again, &e));
    assert_int_equal(text.n, 17 + 64 + 1);
    assert_false(str_eq(buf_str(&text), buf_str(&again)));
    struct seal_key *made = load(buf_cstr(&text));
    seal_key_free(made);
    struct seal_key *a = load(key_a), *b = load(key_b), *untouched = a;
    seal_key_id(a, id);
    seal_key_id(b, id_b);
    assert_int_equal(strlen(id), 16);
    assert_string_not_equal(id, id_b);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(seal_key_load(str_of(wrong[i]), &untouched, &e));
        assert_ptr_equal(e.cause, &seal_causes[SEAL_BAD_KEY_FILE]);
        assert_ptr_equal(untouched, a);
        assert_null(strstr(e.text, "000102"));
    }
    seal_key_free(a);
    seal_key_free(b);
    seal_key_free(NULL);
    buf_done(&text);
    buf_done(&again);
}

static void digests_and_text(void **state)
{
    static const uint8_t sha_abc[4] = {0xba, 0x78, 0x16, 0xbf};
    static const struct {
        const char *plain, *coded;
    } rows[] = {
        {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xff\xef\xbf", "_--_"}}; /* RFC 4648 section 10 */
    static const char *const wrong[] = {"Z",     "Zh",     "Zg===", "Zg=", "Zm9v=", "+/",
                                        "Zm 9v", "Zm9v\n", "=",     "==",  "====",  "Zm9"};
    uint8_t hash[32];
    (void)state;
    sha256("abc", 3, hash);
    assert_memory_equal(hash, sha_abc, 4);
    assert_true(bytes_equal_const_time("abc", "abc", 3));
    assert_false(bytes_equal_const_time("abc", "abd", 3));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        buf_init(&out, 0);
        base64url_encode(rows[i].plain, strlen(rows[i].plain), &out);
        assert_true(str_eq(buf_str(&out), str_of(rows[i].coded)));
        buf_reset(&out);
        assert_true(base64url_decode(str_of(rows[i].coded), &out));
        assert_true(str_eq(buf_str(&out), str_of(rows[i].plain)));
        buf_done(&out);
    }
    struct buf out;
    buf_init(&out, 0);
    assert_true(base64url_decode(STR("Zg=="), &out) && str_eq(buf_str(&out), STR("f")));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (base64url_decode(str_of(wrong[i]), &out)) fail_msg("\"%s\" was taken", wrong[i]);
        assert_int_equal(out.n, 1);
    }
    buf_done(&out);
}

/* RFC 4231, test case 2. */
static void passwords_and_macs(void **state)
{
    static const uint8_t jefe[8] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e};
    char hash[PASSWORD_HASH_BYTES], again[PASSWORD_HASH_BYTES];
    uint8_t mac[32];
    struct err e;
    (void)state;
    hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), mac);
    assert_memory_equal(mac, jefe, sizeof jefe);
    assert_true(password_hash(STR("4711"), hash, &e) && password_hash(STR("4711"), again, &e));
    assert_true(str_starts(str_of(hash), STR("$argon2id$")));
    assert_string_not_equal(hash, again);
    assert_true(password_matches(hash, STR("4711")) && password_matches(again, STR("4711")));
    assert_false(password_matches(hash, STR("4712")));
    assert_false(password_matches(hash, STR("")));
    assert_false(password_matches("", STR("")));
    assert_false(password_matches("$argon2id$nonsense", STR("4711")));
    assert_false(password_matches(NULL, STR("4711")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_there_and_back),
        cmocka_unit_test(the_same_text_never_seals_the_same),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(other_purpose_other_key),
        cmocka_unit_test(key_files),
        cmocka_unit_test(digests_and_text),
        cmocka_unit_test(passwords_and_macs),
        cmocka_unit_test(tokens_there_and_back),
        cmocka_unit_test(tokens_with_any_byte_changed_are_refused),
        cmocka_unit_test(tokens_of_no_shape_are_refused),
        cmocka_unit_test(rsa_keys_there_and_back),
        cmocka_unit_test(unusable_pem_is_refused),
        cmocka_unit_test(certificates_hold),
        cmocka_unit_test(certificates_are_read),
        cmocka_unit_test(assertions_hold_against_their_certificate),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_rsa_key, free_rsa_key);
}
