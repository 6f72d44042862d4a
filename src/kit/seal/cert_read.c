/* Certificates as an identity provider reads them: thumbprints, validity, and signatures made with their keys. */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "kit/seal/seal_int.h"

enum { CERT_BYTES_MAX = 1 << 20 };

static bool take(X509 *x509, struct cert **out, struct err *e)
{
    ERR_clear_error(); /* its words would not help */
    if (x509 == NULL || X509_get0_pubkey(x509) == NULL ||
        EVP_PKEY_get_base_id(X509_get0_pubkey(x509)) != EVP_PKEY_RSA) {
        X509_free(x509);
        return err_set(e, &seal_causes[SEAL_BAD_PEM], "no certificate with an RSA key found in the text");
    }
    struct cert *c = malloc(sizeof *c);
    if (c == NULL) {
        X509_free(x509);
        return seal_no_memory(e, "a certificate");
    }
    c->x509 = x509;
    *out = c;
    return true;
}

bool cert_from_pem(struct str pem, struct cert **out, struct err *e)
{
    BIO *bio = pem.n && pem.n <= CERT_BYTES_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return take(x509, out, e);
}

bool cert_from_der_base64(struct str b64, struct cert **out, struct err *e)
{
    X509 *x509 = NULL;
    unsigned char *der = b64.n && b64.n <= CERT_BYTES_MAX ? malloc(b64.n) : NULL;
    if (der) {
        int n = EVP_DecodeBlock(der, (const unsigned char *)b64.p, (int)b64.n);
        const unsigned char *p = der;
        if (n > 0) x509 = d2i_X509(NULL, &p, n);
    }
    free(der);
    return take(x509, out, e);
}

void cert_free(struct cert *c)
{
    if (c == NULL) return;
    X509_free(c->x509);
    free(c);
}

static struct wall wall_of(const ASN1_TIME *t)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool fine = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;
    ASN1_TIME_free(epoch);
    return fine ? (struct wall){days * WALL_TICKS_PER_DAY + seconds * WALL_TICKS_PER_S} : (struct wall){0};
}

void cert_facts_get(const struct cert *c, struct cert_facts *out)
{
    *out = (struct cert_facts){.from = wall_of(X509_get0_notBefore(c->x509)),
                               .until = wall_of(X509_get0_notAfter(c->x509))};
    (void)X509_digest(c->x509, EVP_sha1(), out->sha1, NULL);
    (void)X509_digest(c->x509, EVP_sha256(), out->sha256, NULL);
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(c->x509), NID_commonName, out->subject, sizeof out->subject) <
        0)
        out->subject[0] = '\0';
}

static void thumbprint(const uint8_t *bytes, size_t n, char *out, size_t out_size)
{
    struct buf text;
    buf_init(&text, 64);
    base64url_encode(bytes, n, &text);
    INVARIANT(str_copy(buf_str(&text), out, out_size));
    buf_done(&text);
}

void cert_thumbprints(const struct cert *c, char sha1[THUMBPRINT_SHA1_BYTES], char sha256[THUMBPRINT_SHA256_BYTES])
{
    struct cert_facts facts;
    cert_facts_get(c, &facts);
    thumbprint(facts.sha1, sizeof facts.sha1, sha1, THUMBPRINT_SHA1_BYTES);
    thumbprint(facts.sha256, sizeof facts.sha256, sha256, THUMBPRINT_SHA256_BYTES);
}

bool cert_is_of_key(const struct cert *c, const struct rsa_key *k)
{
    bool is_of = X509_check_private_key(c->x509, k->pkey) == 1;
    ERR_clear_error();
    return is_of;
}

bool cert_verifies(const struct cert *c, enum jwt_alg alg, struct str token)
{
    struct jwt_parts parts;
    struct buf raw;
    EVP_PKEY_CTX *key = NULL; /* the digest's own */
    buf_init(&raw, JWT_BYTES_MAX);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds = ctx && jwt_split(token, &parts) && base64url_decode(parts.signature, &raw) && raw.n &&
                 EVP_DigestVerifyInit(ctx, &key, EVP_sha256(), NULL, X509_get0_pubkey(c->x509)) == 1 &&
                 jwt_set_padding(key, alg) &&
                 EVP_DigestVerify(ctx, (const unsigned char *)raw.p, raw.n, (const unsigned char *)parts.signed_part.p,
                                  parts.signed_part.n) == 1;
    ERR_clear_error();
    EVP_MD_CTX_free(ctx);
    buf_done(&raw);
    return holds;
}
