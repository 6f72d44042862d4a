#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "kit/seal/seal_int.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096 };

static bool take(EVP_PKEY *pkey, struct rsa_key **out, struct err *e)
{
    struct rsa_key *k = malloc(sizeof *k);
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return seal_no_memory(e, "an RSA key");
    }
    k->pkey = pkey;
    *out = k;
    return true;
}

bool rsa_key_make(unsigned bits, struct rsa_key **out, struct err *e)
{
    INVARIANT(bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX);
    EVP_PKEY *pkey = EVP_RSA_gen(bits);
    if (pkey == NULL) return openssl_failed(e, "making an RSA key");
    return take(pkey, out, e);
}

/* Without this OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *p, int n, int writing, void *arg)
{
    (void)p, (void)n, (void)writing, (void)arg;
    return -1;
}

bool rsa_key_from_pem(struct str pem, struct rsa_key **out, struct err *e)
{
    EVP_PKEY *pkey = NULL;
    BIO *bio = pem.n && pem.n <= (1 << 20) ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    if (bio) pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    ERR_clear_error(); /* its words would not help, and could quote the input */
    if (pkey == NULL)
        return err_set(e, &seal_causes[SEAL_BAD_PEM], "no private key found in the PEM text, or it needs a passphrase");
    int bits = EVP_PKEY_get_bits(pkey);
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA || bits < RSA_BITS_MIN) {
        EVP_PKEY_free(pkey);
        return err_set(e, &seal_causes[SEAL_BAD_PEM],
                       "the private key is not RSA, or has %d bits where %d are the least", bits, RSA_BITS_MIN);
    }
    return take(pkey, out, e);
}

bool bio_to_buf(BIO *bio, struct buf *out, struct err *e)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    if (n < 0 || !buf_add(out, p, (size_t)n)) return seal_no_memory(e, "PEM text");
    return true;
}

bool rsa_key_to_pem(const struct rsa_key *k, struct buf *out, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_mem()); /* OpenSSL wipes it when freed */
    bool ok = bio && PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    ok = ok ? bio_to_buf(bio, out, e) : openssl_failed(e, "writing an RSA key");
    BIO_free(bio);
    return ok;
}

void rsa_key_free(struct rsa_key *k)
{
    if (k == NULL) return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

void rsa_key_kid(const struct rsa_key *k, char out[44])
{
    uint8_t hash[32];
    struct buf text;
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(k->pkey, &der);
    INVARIANT(n > 0);
    sha256(der, (size_t)n, hash);
    OPENSSL_free(der);
    buf_init(&text, 64);
    base64url_encode(hash, sizeof hash, &text);
    INVARIANT(str_copy(buf_str(&text), out, 44));
    buf_done(&text);
}

static bool add_number(const struct rsa_key *k, const char *param, const char *member, struct buf *out)
{
    unsigned char bytes[RSA_BITS_MAX];
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(k->pkey, param, &number) != 1) return false;
    int n = BN_num_bytes(number) <= (int)sizeof bytes ? BN_bn2bin(number, bytes) : 0;
    BN_free(number);
    buf_addf(out, ",\"%s\":\"", member);
    base64url_encode(bytes, (size_t)n, out);
    return buf_add_char(out, '"') && n > 0;
}

bool rsa_key_jwk(const struct rsa_key *k, struct buf *json_out, struct err *e)
{
    char kid[44];
    size_t before = json_out->n;
    rsa_key_kid(k, kid);
    buf_addf(json_out, "{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"%s\"", kid);
    bool ok = add_number(k, OSSL_PKEY_PARAM_RSA_N, "n", json_out) &&
              add_number(k, OSSL_PKEY_PARAM_RSA_E, "e", json_out) && buf_add_char(json_out, '}');
    if (ok) return true;
    json_out->n = before;
    return openssl_failed(e, "writing a public key");
}
