/* Certificates at the twin's login: real keys, real signatures, each way an assertion can be wrong (sections 2.3 and 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cmocka.h>

#include "client.h"
#include "kit/seal/seal.h"

/* One key pair with its certificate; making one takes a moment. */
struct pair {
    EVP_PKEY *key;
    struct buf cert_pem;
    struct cert_facts facts;
};
static struct pair own, strange;

static void pair_make(struct pair *p, struct wall now)
{
    struct rsa_key *key;
    struct cert *cert = NULL;
    struct buf pem;
    struct err e;
    buf_init(&p->cert_pem, 1 << 16);
    buf_init(&pem, 1 << 16);
    if (!cert_make_ca(now, &key, &p->cert_pem, &e) || !rsa_key_to_pem(key, &pem, &e) ||
        !cert_from_pem(buf_str(&p->cert_pem), &cert, &e))
        fail_msg("%s", e.text);
    cert_facts_get(cert, &p->facts);
    cert_free(cert);
    rsa_key_free(key);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    p->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(p->key);
    BIO_free(bio);
    buf_done(&pem);
}

static int make_pairs(void **state)
{
    struct wall now;
    (void)state;
    assert_true(wall_parse(STR("2026-06-01T12:00:00Z"), &now));
    pair_make(&own, now);
    pair_make(&strange, now);
    return 0;
}

static int free_pairs(void **state)
{
    (void)state;
    EVP_PKEY_free(own.key);
    EVP_PKEY_free(strange.key);
    buf_done(&own.cert_pem);
    buf_done(&strange.cert_pem);
    return 0;
}

/* What differs from a good assertion. */
struct change {
    const char *alg;             /* "PS256" unless said */
    bool is_sha1;                /* thumbprint x5t instead of x5t#S256 */
    bool is_unknown;             /* thumbprint of the strange certificate */
    bool brings_chain;           /* x5c: the strange certificate */
    bool signs_strange;          /* with the strange key */
    int salt;                    /* 32 unless said */
    const char *aud, *iss, *sub; /* NULL: as they should be */
    int from_s, until_s;         /* 0, 0: now, and ten minutes */
};

static void add_part(struct buf *out, struct buf *part)
{
    base64url_encode(part->p, part->n, out);
    buf_reset(part);
}

static void sign(EVP_PKEY *key, const struct change *ch, struct buf *token)
{
    unsigned char signature[1024];
    size_t n = sizeof signature;
    EVP_PKEY_CTX *ctx = NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(md, &ctx, EVP_sha256(), NULL, key), 1);
    if (ch->alg == NULL || strcmp(ch->alg, "PS256") == 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, ch->salt ? ch->salt : 32), 1);
    }
    assert_int_equal(EVP_DigestSign(md, signature, &n, (const unsigned char *)token->p, token->n), 1);
    EVP_MD_CTX_free(md);
    buf_add_char(token, '.');
    base64url_encode(signature, n, token);
}

/* The base64 inside the PEM is what x5c holds. */
static void add_chain(struct buf *out)
{
    struct str pem = buf_str(&strange.cert_pem);
    buf_addf(out, ",\"x5c\":[\"");
    for (struct str rest = pem; rest.n;) {
        struct str line = str_cut(&rest, '\n');
        if (!str_starts(line, STR("-----"))) buf_add_str(out, line);
    }
    buf_addf(out, "\"]");
}

static void make_assertion(const struct client *c, const struct change *ch, const char *aud, struct buf *out)
{
    const struct pair *named = ch->is_unknown ? &strange : &own;
    int64_t now_s = wall_ms(c->now) / 1000;
    struct buf part, print;
    buf_init(&part, 1 << 16);
    buf_init(&print, 200);
    if (ch->is_sha1)
        base64url_encode(named->facts.sha1, sizeof named->facts.sha1, &print);
    else
        base64url_encode(named->facts.sha256, sizeof named->facts.sha256, &print);
    buf_addf(&part, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"%s\":\"%s\"", ch->alg ? ch->alg : "PS256",
             ch->is_sha1 ? "x5t" : "x5t#S256", buf_cstr(&print));
    if (ch->brings_chain) add_chain(&part);
    buf_add_char(&part, '}');
    add_part(out, &part);
    buf_add_char(out, '.');
    buf_addf(&part, "{\"aud\":\"%s\",\"iss\":\"%s\",\"sub\":\"%s\",\"jti\":\"1\",\"nbf\":%lld,\"exp\":%lld}",
             ch->aud ? ch->aud : aud, ch->iss ? ch->iss : c->tenant.client_id, ch->sub ? ch->sub : c->tenant.client_id,
             (long long)now_s + ch->from_s, (long long)now_s + (ch->until_s ? ch->until_s : 600));
    add_part(out, &part);
    sign(ch->signs_strange ? strange.key : own.key, ch, out);
    buf_done(&print);
    buf_done(&part);
}

/* Posts it; the answer's AADSTS number, 0 for a token. */
static int64_t login(struct client *c, const struct change *ch, bool is_v1)
{
    char target[200], aud[240];
    struct buf body, assertion;
    (void)snprintf(target, sizeof target, "/%s/oauth2/%stoken", c->tenant.id, is_v1 ? "" : "v2.0/");
    (void)snprintf(aud, sizeof aud, "http://twin%s", target);
    buf_init(&body, 1 << 16);
    buf_init(&assertion, 1 << 16);
    make_assertion(c, ch, aud, &assertion);
    buf_addf(
        &body,
        "grant_type=client_credentials&client_id=%s&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-"
        "assertion-type%%3Ajwt-bearer&client_assertion=%s&%s",
        c->tenant.client_id, buf_cstr(&assertion),
        is_v1 ? "resource=https://graph.microsoft.com" : "scope=https://graph.microsoft.com/.default");
    int status = client_call(c, "POST", target, "", buf_cstr(&body));
    buf_done(&assertion);
    buf_done(&body);
    const struct json *codes = json_get(c->json, "error_codes");
    assert_int_equal(status == 200, codes == NULL);
    return codes ? json_i64(&codes->items[0], -1) : 0;
}

static void register_own(struct client *c)
{
    char target[100];
    (void)snprintf(target, sizeof target, "/twin/certificates?tenant=%s", c->tenant.id);
    assert_int_equal(client_call(c, "POST", target, "", buf_cstr(&own.cert_pem)), 200);
    assert_int_equal(json_str(json_get(c->json, "thumbprint"), STR_NONE).n, 40);
    assert_int_equal(json_str(json_get(c->json, "thumbprint_sha256"), STR_NONE).n, 64);
}

static void assertions_are_judged(void **state)
{
    static const struct {
        struct change change;
        int code;
    } rows[] = {
        {{.alg = NULL}, 0},
        {{.alg = "PS256", .is_sha1 = true}, 0}, /* whichever thumbprint is there */
        {{.alg = "RS256", .is_sha1 = true}, 0},
        {{.alg = "RS256"}, 0},
        {{.salt = 20}, 700027}, /* the salt is 32 bytes */
        {{.is_unknown = true}, 700027},
        {{.signs_strange = true}, 700027},
        {{.is_unknown = true, .signs_strange = true, .brings_chain = true}, 700030},
        {{.is_unknown = true, .brings_chain = true}, 50012}, /* its key did not sign */
        {{.alg = "none"}, 50013},
        {{.from_s = 299}, 0}, /* clocks differ */
        {{.from_s = 301}, 500133},
        {{.from_s = -900, .until_s = -299}, 0},
        {{.from_s = -900, .until_s = -301}, 500133},
        {{.sub = "someone"}, 50048},
        {{.iss = "someone", .sub = "someone"}, 50013},
        {{.aud = "http://twin/elsewhere/oauth2/v2.0/token"}, 50013},
    };
    struct client c;
    (void)state;
    client_open(&c, "logins_per_minute: 1000\n", 2, 1);
    assert_int_equal(login(&c, &rows[0].change, false), 700027); /* not registered yet */
    register_own(&c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t code = login(&c, &rows[i].change, false);
        if (code != rows[i].code) fail_msg("row %zu: %lld, not %d", i, (long long)code, rows[i].code);
    }
    client_become(&c, 1); /* another tenant's application has no certificate */
    assert_int_equal(login(&c, &rows[0].change, false), 700027);
    client_close(&c);
}

/* The same assertion may come twice: Microsoft's own client caches it. And v1 has an audience of its own. */
static void assertions_may_come_again(void **state)
{
    const struct change none = {.alg = NULL};
    struct client c;
    (void)state;
    client_open(&c, "", 1, 1);
    register_own(&c);
    assert_int_equal(login(&c, &none, true), 0);
    assert_int_equal(login(&c, &none, true), 0);
    struct buf payload;
    struct str token = json_str(json_get(c.json, "access_token"), STR_NONE);
    buf_init(&payload, 1 << 16);
    (void)str_cut(&token, '.');
    assert_true(base64url_decode(str_cut(&token, '.'), &payload));
    assert_int_not_equal(str_find(buf_str(&payload), STR("\"appidacr\":\"2\""), 0), SIZE_MAX);
    buf_done(&payload);
    client_close(&c);
}

/* The twin's clock is behind by ten minutes: good assertions come from its future. */
static void skewed_clocks_refuse(void **state)
{
    const struct change none = {.alg = NULL};
    struct client c;
    (void)state;
    client_open(&c, "clock_skew: -10m\n", 1, 1);
    register_own(&c);
    assert_int_equal(login(&c, &none, false), 500133);
    client_close(&c);
    client_open(&c, "clock_skew: -4m\n", 1, 1);
    register_own(&c);
    assert_int_equal(login(&c, &none, false), 0);
    client_wait(&c, INT64_C(11) * 366 * 86400 * 1000);
    assert_int_equal(login(&c, &none, false), 700027); /* the certificate itself is too old by then */
    client_close(&c);
}

static void certificates_are_bounded(void **state)
{
    struct client c;
    char target[100];
    (void)state;
    client_open(&c, "", 1, 1);
    (void)snprintf(target, sizeof target, "/twin/certificates?tenant=%s", c.tenant.id);
    assert_int_equal(client_call(&c, "POST", target, "", "nonsense"), 400);
    for (int i = 0; i < 8; i++) register_own(&c);
    assert_int_equal(client_call(&c, "POST", target, "", buf_cstr(&own.cert_pem)), 400);
    assert_int_equal(client_call(&c, "POST", "/twin/certificates", "", buf_cstr(&own.cert_pem)), 200);
    assert_int_equal(client_call(&c, "POST", "/twin/certificates?tenant=x", "", buf_cstr(&own.cert_pem)), 404);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assertions_are_judged),
        cmocka_unit_test(assertions_may_come_again),
        cmocka_unit_test(skewed_clocks_refuse),
        cmocka_unit_test(certificates_are_bounded),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
