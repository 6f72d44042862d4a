/* Certificates we make: for tests and the twin's --tls a CA and a server certificate under it; for applications one that is
 * signed by itself. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "kit/seal/seal_int.h"

enum { HOUR_S = 3600, DAY_S = 86400, CA_DAYS = 3650, SERVER_DAYS = 365, CERT_RSA_BITS = 2048, CLIENT_RSA_BITS = 3072 };

static bool set_serial(X509 *cert)
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and of full length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return ok;
}

static bool set_subject(X509 *cert, const char *organization, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)organization, -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1;
}

/* A certificate with everything but extensions and signature; NULL on failure. */
static X509 *begin(const char *common_name, EVP_PKEY *subject_key, const X509 *issuer, struct wall now, int days)
{
    time_t from = (time_t)(wall_ms(now) / 1000) - DAY_S;
    X509 *cert = X509_new();
    bool ok = cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
              set_subject(cert, "Portcullis test", common_name) &&
              X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(cert), from) &&
              ASN1_TIME_set(X509_getm_notAfter(cert), from + (time_t)days * DAY_S) &&
              X509_set_pubkey(cert, subject_key) == 1;
    if (ok) return cert;
    X509_free(cert);
    return NULL;
}

/* Extensions whose value is one of our own constant texts. */
static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static GENERAL_NAME *general_name(const char *name)
{
    GENERAL_NAME *general = GENERAL_NAME_new();
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ERR_clear_error(); /* "not an address" is an answer here */
    if (general == NULL || address) {
        if (general)
            GENERAL_NAME_set0_value(general, GEN_IPADD, address);
        else
            ASN1_OCTET_STRING_free(address);
        return general;
    }
    ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
    if (dns == NULL || ASN1_STRING_set(dns, name, -1) != 1) {
        ASN1_IA5STRING_free(dns);
        GENERAL_NAME_free(general);
        return NULL;
    }
    GENERAL_NAME_set0_value(general, GEN_DNS, dns);
    return general;
}

/* Built name by name, not as one text, so that no comma in a name can add another. */
static bool add_names(X509 *cert, const char *const *names)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    bool ok = list != NULL;
    for (size_t i = 0; ok && names[i]; i++) {
        GENERAL_NAME *general = general_name(names[i]);
        ok = general && sk_GENERAL_NAME_push(list, general) > 0;
        if (!ok) GENERAL_NAME_free(general);
    }
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, X509V3_ADD_APPEND) == 1;
    GENERAL_NAMES_free(list);
    return ok;
}

static bool to_pem(X509 *cert, struct buf *out, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && PEM_write_bio_X509(bio, cert) == 1;
    ok = ok ? bio_to_buf(bio, out, e) : openssl_failed(e, "writing a certificate");
    BIO_free(bio);
    return ok;
}

bool cert_make_ca(struct wall now, struct rsa_key **key_out, struct buf *cert_pem_out, struct err *e)
{
    struct rsa_key *key = NULL;
    if (!rsa_key_make(CERT_RSA_BITS, &key, e)) return false;
    X509 *cert = begin("Portcullis test CA", key->pkey, NULL, now, CA_DAYS);
    bool ok = cert && add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
              add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
              add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
              X509_sign(cert, key->pkey, EVP_sha256()) > 0;
    ok = ok ? to_pem(cert, cert_pem_out, e) : openssl_failed(e, "making a CA certificate");
    X509_free(cert);
    if (!ok) {
        rsa_key_free(key);
        return false;
    }
    *key_out = key;
    return true;
}

static X509 *server_cert(const struct rsa_key *ca_key, X509 *ca, const struct rsa_key *key, const char *const *names,
                         struct wall now)
{
    X509 *cert = begin(names[0] && strlen(names[0]) < 64 ? names[0] : "server", key->pkey, ca, now, SERVER_DAYS);
    bool ok = cert && add_extension(cert, ca, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(cert, ca, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
              add_extension(cert, ca, NID_ext_key_usage, "serverAuth") &&
              add_extension(cert, ca, NID_authority_key_identifier, "keyid:always") && add_names(cert, names) &&
              X509_sign(cert, ca_key->pkey, EVP_sha256()) > 0;
    if (ok) return cert;
    X509_free(cert);
    return NULL;
}

bool cert_make_server(const struct rsa_key *ca_key, struct str ca_pem, const char *const *names, struct wall now,
                      struct buf *key_pem_out, struct buf *cert_pem_out, struct err *e)
{
    struct rsa_key *key = NULL;
    X509 *ca = NULL, *cert = NULL;
    size_t key_before = key_pem_out->n;
    bool ok = false;
    BIO *bio = ca_pem.n <= (1 << 20) ? BIO_new_mem_buf(ca_pem.p, (int)ca_pem.n) : NULL;
    if (bio) ca = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (ca == NULL) {
        openssl_failed(e, "reading the CA certificate");
        goto done;
    }
    if (!rsa_key_make(CERT_RSA_BITS, &key, e)) goto done;
    cert = server_cert(ca_key, ca, key, names, now);
    if (cert == NULL)
        openssl_failed(e, "making a server certificate");
    else
        ok = rsa_key_to_pem(key, key_pem_out, e) && to_pem(cert, cert_pem_out, e);
    if (!ok) key_pem_out->n = key_before;
done:
    rsa_key_free(key);
    X509_free(cert);
    X509_free(ca);
    BIO_free(bio);
    return ok;
}

bool cert_to_pem(const struct cert *c, struct buf *out, struct err *e)
{
    return to_pem(c->x509, out, e);
}

static X509 *client_cert(const struct rsa_key *key, const char *common_name, struct wall now, unsigned days)
{
    time_t from = (time_t)(wall_ms(now) / 1000) - HOUR_S;
    X509 *cert = X509_new();
    bool ok =
        cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        set_subject(cert, "Portcullis", common_name) && X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
        ASN1_TIME_set(X509_getm_notBefore(cert), from) &&
        ASN1_TIME_set(X509_getm_notAfter(cert), from + HOUR_S + (time_t)days * DAY_S) &&
        X509_set_pubkey(cert, key->pkey) == 1 &&
        add_extension(cert, cert, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(cert, cert, NID_key_usage, "critical,digitalSignature") &&
        add_extension(cert, cert, NID_ext_key_usage, "clientAuth") && X509_sign(cert, key->pkey, EVP_sha256()) > 0;
    if (ok) return cert;
    X509_free(cert);
    return NULL;
}

bool cert_make_client(const char *common_name, struct wall now, unsigned days, struct buf *key_pem_out,
                      struct buf *cert_pem_out, struct err *e)
{
    struct rsa_key *key = NULL;
    size_t key_before = key_pem_out->n;
    if (!rsa_key_make(CLIENT_RSA_BITS, &key, e)) return false;
    X509 *cert = client_cert(key, common_name, now, days);
    bool ok = cert ? rsa_key_to_pem(key, key_pem_out, e) && to_pem(cert, cert_pem_out, e)
                   : openssl_failed(e, "making a certificate");
    if (!ok) key_pem_out->n = key_before;
    X509_free(cert);
    rsa_key_free(key);
    return ok;
}
