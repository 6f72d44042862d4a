/* Signatures against public keys that came as JSON (RFC 7517), and the one digest of old that one-time codes need. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include "kit/seal/seal_int.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, P256_BYTES = 32, DER_BYTES_MAX = 80 };

void hmac_sha1(struct str key, struct str message, uint8_t out[20])
{
    unsigned n = 20;
    INVARIANT(key.n <= INT32_MAX &&
              HMAC(EVP_sha1(), key.p, (int)key.n, (const unsigned char *)message.p, message.n, out, &n) != NULL);
}

static BIGNUM *number(struct str base64url)
{
    struct buf raw;
    BIGNUM *out = NULL;
    buf_init(&raw, RSA_BITS_MAX / 8 + 16);
    if (base64url.n && base64url_decode(base64url, &raw) && raw.n)
        out = BN_bin2bn((const unsigned char *)raw.p, (int)raw.n, NULL);
    buf_done(&raw);
    return out;
}

static EVP_PKEY *key_of(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_of(const struct jwk *k)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = number(k->n), *e = number(k->e);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (n && e && build && BN_num_bits(n) >= RSA_BITS_MIN && BN_num_bits(n) <= RSA_BITS_MAX &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = key_of("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *ec_of(const struct jwk *k)
{
    EVP_PKEY *key = NULL;
    struct buf point;
    buf_init(&point, 256);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    bool fits = str_eq(k->crv, STR("P-256")) && buf_add_char(&point, 4) && base64url_decode(k->x, &point) &&
                point.n == 1 + P256_BYTES && base64url_decode(k->y, &point) && point.n == 1 + 2 * P256_BYTES;
    if (fits && build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n) == 1)
        key = key_of("EC", build);
    OSSL_PARAM_BLD_free(build);
    buf_done(&point);
    return key;
}

/* r and s side by side (RFC 7518, 3.4), as OpenSSL wants them. */
static bool to_der(struct buf *raw)
{
    unsigned char der[DER_BYTES_MAX], *p = der;
    int n = 0;
    ECDSA_SIG *sig = raw->n == 2 * P256_BYTES ? ECDSA_SIG_new() : NULL;
    if (sig == NULL) return false;
    BIGNUM *r = BN_bin2bn((const unsigned char *)raw->p, P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn((const unsigned char *)raw->p + P256_BYTES, P256_BYTES, NULL);
    if (r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
        n = i2d_ECDSA_SIG(sig, &p);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    buf_reset(raw);
    return n > 0 && buf_add(raw, der, (size_t)n);
}

bool jwk_verifies(const struct jwk *k, enum jwt_alg alg, struct str token)
{
    struct jwt_parts parts;
    struct buf raw;
    EVP_PKEY_CTX *own = NULL; /* the digest's */
    bool is_rsa = alg != JWT_ES256;
    EVP_PKEY *key = str_eq(k->kty, is_rsa ? STR("RSA") : STR("EC")) ? (is_rsa ? rsa_of(k) : ec_of(k)) : NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    buf_init(&raw, JWT_BYTES_MAX);
    bool holds = key && ctx && jwt_split(token, &parts) && base64url_decode(parts.signature, &raw) && raw.n &&
                 (is_rsa || to_der(&raw)) && EVP_DigestVerifyInit(ctx, &own, EVP_sha256(), NULL, key) == 1 &&
                 (!is_rsa || jwt_set_padding(own, alg)) &&
                 EVP_DigestVerify(ctx, (const unsigned char *)raw.p, raw.n, (const unsigned char *)parts.signed_part.p,
                                  parts.signed_part.n) == 1;
    ERR_clear_error();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    buf_done(&raw);
    return holds;
}
