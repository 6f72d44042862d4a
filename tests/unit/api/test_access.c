/* face/api: the pure parts of letting people in: one-time codes, waits, tokens, passwords, id tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "face/api/login/auth.h"
#include "face/api/login/oidc.h"
#include "face/api/login/password.h"
#include "face/api/login/throttle.h"
#include "face/api/login/totp.h"

static struct wall at_s(int64_t seconds)
{
    return (struct wall){seconds * WALL_TICKS_PER_S};
}

/* RFC 6238, appendix B, the last six digits. */
static void codes_are_the_standard_s(void **state)
{
    static const struct {
        int64_t at;
        const char *code;
    } rows[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    const struct str key = STR("12345678901234567890");
    char code[TOTP_DIGITS + 1];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        totp_code(key, totp_step(at_s(rows[i].at)), code);
        assert_string_equal(code, rows[i].code);
    }
}

static void a_code_is_good_once_and_near(void **state)
{
    const struct str key = STR("12345678901234567890");
    const int64_t step = 1111111111 / TOTP_STEP_S;
    (void)state;
    for (int64_t off = -3; off <= 3; off++) {
        int64_t found = totp_match(key, STR("050471"), at_s((step + off) * TOTP_STEP_S), 0);
        assert_int_equal(found, off >= -1 && off <= 1 ? step : 0);
    }
    assert_int_equal(totp_match(key, STR(" 050 471 "), at_s(1111111111), 0), step);
    assert_int_equal(totp_match(key, STR("050471"), at_s(1111111111), step - 1), step);
    assert_int_equal(totp_match(key, STR("050471"), at_s(1111111111), step), 0);
    static const char *const wrong[] = {"", "05047", "0504711", "050472", "05047a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(totp_match(key, str_of(wrong[i]), at_s(1111111111), 0), 0);
}

/* RFC 4648, section 10, without padding. */
static void base32_is_the_standard_s(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "MY"},
                                          {"fo", "MZXQ"},
                                          {"foo", "MZXW6"},
                                          {"foob", "MZXW6YQ"},
                                          {"fooba", "MZXW6YTB"},
                                          {"foobar", "MZXW6YTBOI"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 64);
        base32_encode(rows[i][0], strlen(rows[i][0]), &out);
        assert_true(str_eq(buf_str(&out), str_of(rows[i][1])));
        buf_done(&out);
    }
}

static void waits_double_up_to_a_quarter_of_an_hour(void **state)
{
    int64_t before = 0;
    (void)state;
    for (int64_t n = 0; n < 40; n++) {
        int64_t wait = throttle_wait_s(n, 5);
        assert_int_equal(wait, n <= 5 ? 0 : n <= 15 ? (int64_t)1 << (n - 6) : THROTTLE_MOST_S);
        assert_true(wait >= before && wait <= THROTTLE_MOST_S);
        before = wait;
    }
}

static void a_token_s_checksum_is_looked_at(void **state)
{
    char text[TOKEN_TEXT_BYTES];
    uint8_t made[ACCESS_HASH_BYTES], found[ACCESS_HASH_BYTES];
    (void)state;
    token_make(text, made);
    assert_true(token_hash(str_of(text), found));
    assert_memory_equal(made, found, sizeof made);
    for (size_t i = 0; text[i]; i++) {
        char was = text[i];
        text[i] = (char)(was == 'x' ? 'y' : 'x');
        assert_false(token_hash(str_of(text), found));
        text[i] = was;
    }
    assert_false(token_hash(str_sub(str_of(text), 0, strlen(text) - 1), found));
    assert_false(token_hash(STR(""), found));
}

static void easy_passwords_are_refused(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {{"elevenchars", false},
                {"password-2026!", false},
                {"P4ssw0rd-2026!", false},
                {"aaaaaaaaaaaaaaaaaa", false},
                {"abababababababab", false},
                {"123412341234", false},
                {"Margarethe-123", false},
                {"qwertyuiop12", false},
                {"correct pony battery", true},
                {"8f!Kd02-lqX9", true},
                {"sehr langer Satz über nichts", true}};
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (password_check(str_of(rows[i].text), "Margarethe", &e) != rows[i].good) fail_msg("%s", rows[i].text);
}

/* ---- id tokens ----------------------------------------------------------------------------------------------------------------- */

#define GOOD "\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000"

struct idp {
    struct rsa_key *key, *other;
    struct arena arena;
};

static const struct json *keys_of(struct idp *i, const struct rsa_key *k)
{
    struct buf text;
    struct err e;
    buf_init(&text, 8192);
    assert_true(buf_add_str(&text, STR("{\"keys\":[")) && rsa_key_jwk(k, &text, &e) && buf_add_str(&text, STR("]}")));
    const struct json *out = json_parse(&i->arena, arena_str(&i->arena, buf_str(&text)), &e);
    buf_done(&text);
    return out;
}

static bool verify(struct idp *i, struct str token, const struct json *jwks, struct err *e)
{
    const struct oidc_expect x = {"https://idp", "us", "n", at_s(1500)};
    const struct json *claims = NULL;
    bool ok = oidc_verify(token, jwks, &x, &i->arena, &claims, e);
    if (ok) assert_true(str_eq(json_str(json_get(claims, "sub"), STR("")), STR("7")));
    return ok;
}

static bool verify_claims(struct idp *i, const char *members, struct err *e)
{
    struct buf token, payload;
    buf_init(&token, JWT_BYTES_MAX);
    buf_init(&payload, 4096);
    buf_addf(&payload, "{%s}", members);
    assert_true(jwt_sign(i->key, false, buf_str(&payload), &token, e));
    bool ok = verify(i, buf_str(&token), keys_of(i, i->key), e);
    buf_done(&token);
    buf_done(&payload);
    return ok;
}

static void only_the_right_claims_count(void **state)
{
    static const struct {
        const char *members, *why; /* NULL: it is right */
    } rows[] = {
        {GOOD, NULL},
        {"\"iss\":\"https://idp\",\"aud\":[\"us\"],\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000", NULL},
        {"\"iss\":\"https://"
         "idp\",\"aud\":[\"us\",\"b\"],\"azp\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1,\"exp\":2000",
         NULL},
        {"\"iss\":\"https://idp\",\"aud\":[\"us\",\"b\"],\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1,\"exp\":2000",
         "another application"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"azp\":\"b\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1,\"exp\":2000",
         "another application"},
        {"\"iss\":\"https://idp/\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000",
         "another issuer"},
        {"\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000", "another issuer"},
        {"\"iss\":\"https://idp\",\"aud\":\"them\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000",
         "another application"},
        {"\"iss\":\"https://idp\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000", "another application"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"m\",\"iat\":1000,\"exp\":2000",
         "another sign-in"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"iat\":1000,\"exp\":2000", "another sign-in"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":1440", "expired"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000,\"exp\":1441", NULL},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1000", "until when"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"exp\":2000", "until when"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"7\",\"nonce\":\"n\",\"iat\":1561,\"exp\":2000",
         "of the future"},
        {GOOD ",\"nbf\":1561", "does not hold yet"},
        {"\"iss\":\"https://idp\",\"aud\":\"us\",\"sub\":\"\",\"nonce\":\"n\",\"iat\":1000,\"exp\":2000",
         "names nobody"},
    };
    struct idp *i = *state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct err e = {0};
        bool ok = verify_claims(i, rows[k].members, &e);
        if (ok != (rows[k].why == NULL)) fail_msg("%s: %s", rows[k].members, ok ? "taken" : e.text);
        if (!ok && rows[k].why && strstr(e.text, rows[k].why) == NULL) fail_msg("%s: %s", rows[k].members, e.text);
        if (!ok) assert_ptr_equal(e.cause, &auth_causes[AUTH_OIDC_TOKEN]);
    }
}

static void add_part(struct buf *out, const char *text)
{
    if (out->n) (void)buf_add_char(out, '.');
    base64url_encode(text, strlen(text), out);
}

/* What attackers sign with: nothing, the public key as a secret, a key of their own, another kind of signature. */
static void only_the_provider_s_signature_counts(void **state)
{
    struct idp *i = *state;
    const struct json *jwks = keys_of(i, i->key);
    struct buf token;
    struct err e = {0};
    static const char *const headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"ES256\"}", "{}", "[]"};
    buf_init(&token, JWT_BYTES_MAX);
    for (size_t k = 0; k < sizeof headers / sizeof *headers; k++) {
        buf_reset(&token);
        add_part(&token, headers[k]);
        add_part(&token, "{" GOOD "}");
        (void)buf_add_char(&token, '.');
        assert_false(verify(i, buf_str(&token), jwks, &e));
        add_part(&token, "sig");
        assert_false(verify(i, buf_str(&token), jwks, &e));
    }
    buf_reset(&token);
    assert_true(jwt_sign(i->other, false, STR("{" GOOD "}"), &token, &e));
    assert_false(verify(i, buf_str(&token), jwks, &e));
    assert_true(verify(i, buf_str(&token), keys_of(i, i->other), &e));
    buf_reset(&token);
    assert_true(jwt_sign(i->key, false, STR("{" GOOD "}"), &token, &e));
    assert_true(verify(i, buf_str(&token), jwks, &e));
    for (size_t at = 0; at < token.n; at += 7) { /* any letter changed */
        char was = token.p[at];
        token.p[at] = (char)(was == 'A' ? 'B' : 'A');
        if (was != '.' && at + 2 < token.n) assert_false(verify(i, buf_str(&token), jwks, &e));
        token.p[at] = was;
        arena_reset(&i->arena);
        jwks = keys_of(i, i->key);
    }
    buf_done(&token);
}

static int set_up(void **state)
{
    static struct idp i;
    struct err e;
    arena_init(&i.arena, 64 << 20);
    *state = &i;
    return rsa_key_make(2048, &i.key, &e) && rsa_key_make(2048, &i.other, &e) ? 0 : 1;
}

static int tear_down(void **state)
{
    struct idp *i = *state;
    rsa_key_free(i->key);
    rsa_key_free(i->other);
    arena_done(&i->arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_the_standard_s),        cmocka_unit_test(a_code_is_good_once_and_near),
        cmocka_unit_test(base32_is_the_standard_s),        cmocka_unit_test(waits_double_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(a_token_s_checksum_is_looked_at), cmocka_unit_test(easy_passwords_are_refused),
        cmocka_unit_test(only_the_right_claims_count),     cmocka_unit_test(only_the_provider_s_signature_counts),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
