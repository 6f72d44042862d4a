/* kit/seal, OpenSSL's half: tokens, RSA keys, certificates (checked with OpenSSL's own verifier). */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "kit/seal/seal.h"
#include "tests.h"

static struct rsa_key *key; /* made once: RSA keys are slow to make */

int make_rsa_key(void **state)
{
    (void)state;
    return rsa_key_make(2048, &key, NULL) ? 0 : -1;
}

int free_rsa_key(void **state)
{
    (void)state;
    rsa_key_free(key);
    rsa_key_free(NULL);
    return 0;
}

static void sign(struct buf *token)
{
    buf_init(token, 0);
    assert_true(jwt_sign(key, false, STR("{\"aud\":\"https://graph.microsoft.com\",\"roles\":[\"A\"]}"), token, NULL));
}

void tokens_there_and_back(void **state)
{
    struct buf token, header, payload;
    struct err e;
    char kid[44];
    (void)state;
    sign(&token);
    buf_init(&header, 0);
    buf_init(&payload, 0);
    assert_true(jwt_peek(buf_str(&token), &header, &payload, &e));
    rsa_key_kid(key, kid);
    assert_int_equal(strlen(kid), 43);
    assert_non_null(strstr(buf_cstr(&header), kid));
    assert_non_null(strstr(buf_cstr(&header), "\"alg\":\"RS256\""));
    assert_string_equal(buf_cstr(&payload), "{\"aud\":\"https://graph.microsoft.com\",\"roles\":[\"A\"]}");
    buf_reset(&payload);
    assert_true(jwt_verify(key, buf_str(&token), &payload, &e));
    assert_string_equal(buf_cstr(&payload), "{\"aud\":\"https://graph.microsoft.com\",\"roles\":[\"A\"]}");
    struct rsa_key *other = NULL;
    assert_true(rsa_key_make(2048, &other, &e));
    assert_false(jwt_verify(other, buf_str(&token), &payload, &e));
    assert_ptr_equal(e.cause, &seal_causes[SEAL_BAD_TOKEN]);
    rsa_key_free(other);
    buf_done(&token);
    buf_done(&header);
    buf_done(&payload);
}

void tokens_with_any_byte_changed_are_refused(void **state)
{
    struct buf token, payload;
    (void)state;
    sign(&token);
    buf_init(&payload, 0);
    for (size_t i = 0; i < token.n; i++) {
        char was = token.p[i];
        token.p[i] = was == 'A' ? 'B' : 'A';
        assert_false(jwt_verify(key, buf_str(&token), &payload, NULL));
        token.p[i] = was;
    }
    assert_int_equal(payload.n, 0);
    assert_true(jwt_verify(key, buf_str(&token), &payload, NULL));
    buf_done(&token);
    buf_done(&payload);
}

void tokens_of_no_shape_are_refused(void **state)
{
    static const char *const wrong[] = {"",     ".",    "..",           "a",        "a.b", "a.b.c.d",
                                        ".b.c", "a..c", "Zm9v.Z!.Zm9v", "Zm9v.Zh.x"};
    struct buf header, payload, unsigned_token;
    struct err e;
    (void)state;
    buf_init(&header, 0);
    buf_init(&payload, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(jwt_peek(str_of(wrong[i]), &header, &payload, &e));
        assert_ptr_equal(e.cause, &seal_causes[SEAL_BAD_TOKEN]);
        assert_false(jwt_verify(key, str_of(wrong[i]), &payload, &e));
        assert_int_equal(header.n + payload.n, 0);
    }
    buf_init(&unsigned_token, 0); /* "alg": "none", no signature */
    base64url_encode("{\"alg\":\"none\"}", 14, &unsigned_token);
    buf_add_str(&unsigned_token, STR(".e30."));
    assert_true(jwt_peek(buf_str(&unsigned_token), &header, &payload, &e));
    assert_false(jwt_verify(key, buf_str(&unsigned_token), &payload, &e));
    buf_done(&unsigned_token);
    buf_done(&header);
    buf_done(&payload);
}

void rsa_keys_there_and_back(void **state)
{
    struct buf pem, jwk, jwk_again;
    struct rsa_key *again = NULL;
    struct err e;
    (void)state;
    buf_init(&pem, 0);
    buf_init(&jwk, 0);
    buf_init(&jwk_again, 0);
    assert_true(rsa_key_to_pem(key, &pem, &e) && rsa_key_from_pem(buf_str(&pem), &again, &e));
    assert_true(rsa_key_jwk(key, &jwk, &e) && rsa_key_jwk(again, &jwk_again, &e));
    assert_string_equal(buf_cstr(&jwk), buf_cstr(&jwk_again));
    assert_non_null(strstr(buf_cstr(&jwk), "{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\""));
    assert_non_null(strstr(buf_cstr(&jwk), "\"e\":\"AQAB\"}"));
    rsa_key_free(again);
    buf_done(&pem);
    buf_done(&jwk);
    buf_done(&jwk_again);
}

static void write_pem(EVP_PKEY *pkey, const char *passphrase, struct buf *out)
{
    char *p = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, passphrase ? EVP_aes_128_cbc() : NULL, passphrase,
                                                   passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                     1);
    buf_init(out, 0);
    long n = BIO_get_mem_data(bio, &p);
    buf_add(out, p, (size_t)n);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

void unusable_pem_is_refused(void **state)
{
    struct buf rows[5];
    struct err e;
    (void)state;
    write_pem(EVP_RSA_gen(2048), "locked", &rows[0]);
    write_pem(EVP_RSA_gen(1024), NULL, &rows[1]);
    write_pem(EVP_EC_gen("P-256"), NULL, &rows[2]);
    buf_init(&rows[3], 0);
    buf_init(&rows[4], 0);
    buf_add_str(&rows[4], STR("-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n"));
    for (int i = 0; i < 5; i++) {
        struct rsa_key *k = NULL;
        assert_false(rsa_key_from_pem(buf_str(&rows[i]), &k, &e));
        assert_null(k);
        assert_ptr_equal(e.cause, &seal_causes[SEAL_BAD_PEM]);
        assert_null(strstr(e.text, "SECRET"));
        buf_done(&rows[i]);
    }
}

static X509 *read_cert(const struct buf *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->n);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(cert);
    return cert;
}

/* X509_V_OK or why not, for a TLS server that presents `server`, with `ca` alone trusted. */
static int verify(X509 *ca, X509 *server, struct wall now)
{
    X509_STORE *trusted = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(trusted, ca);
    X509_STORE_CTX_init(ctx, trusted, server, NULL);
    X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(ctx), X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)(wall_ms(now) / 1000));
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
    (void)X509_verify_cert(ctx);
    int result = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(trusted);
    return result;
}

/* What a certificate says of itself, in both its spellings; the twin's tests hold signatures against it. */
void certificates_are_read(void **state)
{
    struct rsa_key *ca;
    struct cert *cert, *again;
    struct cert_facts facts, facts_again;
    struct wall now, day_before;
    struct buf pem, der;
    struct err e;
    (void)state;
    buf_init(&pem, 0);
    buf_init(&der, 0);
    assert_true(wall_parse(STR("2026-06-02T12:00:00Z"), &now) && wall_parse(STR("2026-06-01T12:00:00Z"), &day_before));
    assert_true(cert_make_ca(now, &ca, &pem, &e) && cert_from_pem(buf_str(&pem), &cert, &e));
    cert_facts_get(cert, &facts);
    assert_int_equal(facts.from.ticks, day_before.ticks);
    assert_int_equal(facts.until.ticks, wall_add(day_before, 3650 * WALL_TICKS_PER_DAY).ticks);
    assert_string_equal(facts.subject, "Portcullis test CA");
    for (struct str rest = buf_str(&pem); rest.n;) {
        struct str line = str_cut(&rest, '\n');
        if (!str_starts(line, STR("-----"))) buf_add_str(&der, line);
    }
    assert_true(cert_from_der_base64(buf_str(&der), &again, &e));
    cert_facts_get(again, &facts_again);
    assert_memory_equal(facts.sha256, facts_again.sha256, sizeof facts.sha256);
    assert_memory_equal(facts.sha1, facts_again.sha1, sizeof facts.sha1);
    cert_free(again);
    der.n /= 2;
    assert_false(cert_from_der_base64(buf_str(&der), &again, &e));
    assert_false(cert_from_pem(STR("-----BEGIN CERTIFICATE-----"), &again, &e));
    assert_ptr_equal(e.cause, &seal_causes[SEAL_BAD_PEM]);
    assert_false(cert_verifies(cert, JWT_RS256, STR("a.b.c")));
    cert_free(cert);
    rsa_key_free(ca);
    buf_done(&pem);
    buf_done(&der);
}

void certificates_hold(void **state)
{
    static const char *const names[] = {"login.twin.test", "a,DNS:evil", "127.0.0.1", "::1", NULL};
    struct rsa_key *ca_key = NULL, *stranger_key = NULL, *server_key = NULL;
    struct buf ca_pem, stranger_pem, key_pem, cert_pem;
    struct wall now;
    struct err e;
    (void)state;
    assert_true(wall_parse(STR("2026-11-22T07:00:00Z"), &now));
    buf_init(&ca_pem, 0), buf_init(&stranger_pem, 0), buf_init(&key_pem, 0), buf_init(&cert_pem, 0);
    assert_true(cert_make_ca(now, &ca_key, &ca_pem, &e) && cert_make_ca(now, &stranger_key, &stranger_pem, &e));
    if (!cert_make_server(ca_key, buf_str(&ca_pem), names, now, &key_pem, &cert_pem, &e)) fail_msg("%s", e.text);
    assert_true(rsa_key_from_pem(buf_str(&key_pem), &server_key, &e));
    X509 *ca = read_cert(&ca_pem), *stranger = read_cert(&stranger_pem), *server = read_cert(&cert_pem);
    assert_int_equal(verify(ca, server, now), X509_V_OK);
    assert_int_not_equal(verify(stranger, server, now), X509_V_OK);
    assert_int_equal(verify(ca, server, wall_add(now, 400 * WALL_TICKS_PER_DAY)), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verify(ca, server, wall_add(now, -2 * WALL_TICKS_PER_DAY)), X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(X509_check_host(server, "login.twin.test", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(server, "evil", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(server, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "127.0.0.2", 0), 0);
    assert_false(cert_make_server(ca_key, STR("no certificate"), names, now, &key_pem, &cert_pem, &e));
    X509_free(ca), X509_free(stranger), X509_free(server);
    rsa_key_free(ca_key), rsa_key_free(stranger_key), rsa_key_free(server_key);
    buf_done(&ca_pem), buf_done(&stranger_pem), buf_done(&key_pem), buf_done(&cert_pem);
}

void assertions_hold_against_their_certificate(void **state)
{
    struct buf key_pem, cert_pem, token, header, payload;
    struct rsa_key *own = NULL;
    struct cert *cert = NULL;
    struct err e;
    char sha1[THUMBPRINT_SHA1_BYTES], sha256_text[THUMBPRINT_SHA256_BYTES];
    (void)state;
    buf_init(&key_pem, 0), buf_init(&cert_pem, 0), buf_init(&token, 0), buf_init(&header, 0), buf_init(&payload, 0);
    assert_true(cert_make_client("app", (struct wall){INT64_C(17953305010000000)}, 365, &key_pem, &cert_pem, &e));
    assert_true(rsa_key_from_pem(buf_str(&key_pem), &own, &e) && cert_from_pem(buf_str(&cert_pem), &cert, &e));
    assert_true(cert_is_of_key(cert, own) && !cert_is_of_key(cert, key));
    cert_thumbprints(cert, sha1, sha256_text);
    assert_int_equal(strlen(sha1), 27);
    assert_int_equal(strlen(sha256_text), 43);
    for (int alg = JWT_RS256; alg <= JWT_PS256; alg++) {
        const char *thumbprint = alg == JWT_PS256 ? sha256_text : sha1;
        buf_reset(&token), buf_reset(&header), buf_reset(&payload);
        assert_true(jwt_sign_assertion(own, (enum jwt_alg)alg, thumbprint, STR("{\"iss\":\"a\"}"), &token, &e));
        assert_true(cert_verifies(cert, (enum jwt_alg)alg, buf_str(&token)));
        assert_false(cert_verifies(cert, alg == JWT_PS256 ? JWT_RS256 : JWT_PS256, buf_str(&token)));
        assert_true(jwt_peek(buf_str(&token), &header, &payload, &e));
        assert_non_null(strstr(buf_cstr(&header), alg == JWT_PS256 ? "\"x5t#S256\":\"" : "\"x5t\":\""));
        assert_non_null(strstr(buf_cstr(&header), thumbprint));
    }
    rsa_key_free(own);
    cert_free(cert);
    buf_done(&key_pem), buf_done(&cert_pem), buf_done(&token), buf_done(&header), buf_done(&payload);
}
