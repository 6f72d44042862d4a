#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "kit/seal/seal_int.h"

struct tls_server {
    SSL_CTX *context;
};
struct tls_channel {
    SSL *ssl;
};

static bool use_pem(SSL_CTX *context, struct str key_pem, struct str cert_pem)
{
    BIO *key_text = BIO_new_mem_buf(key_pem.p, (int)key_pem.n),
        *cert_text = BIO_new_mem_buf(cert_pem.p, (int)cert_pem.n);
    EVP_PKEY *key = key_text ? PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL) : NULL;
    X509 *cert = cert_text ? PEM_read_bio_X509(cert_text, NULL, NULL, NULL) : NULL;
    bool ok = key && cert && SSL_CTX_use_certificate(context, cert) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    X509_free(cert);
    BIO_free(key_text);
    BIO_free(cert_text);
    return ok;
}

bool tls_server_new(struct str key_pem, struct str cert_pem, struct tls_server **out, struct err *e)
{
    struct tls_server *s = calloc(1, sizeof *s);
    if (s) s->context = SSL_CTX_new(TLS_server_method());
    if (s == NULL || s->context == NULL) {
        free(s);
        return seal_no_memory(e, "a TLS server");
    }
    (void)SSL_CTX_set_min_proto_version(s->context, TLS1_2_VERSION);
    if (!use_pem(s->context, key_pem, cert_pem)) {
        tls_server_free(s);
        return err_set(e, &seal_causes[SEAL_BAD_PEM], "the key and the certificate of a TLS server");
    }
    *out = s;
    return true;
}

void tls_server_free(struct tls_server *s)
{
    if (s == NULL) return;
    SSL_CTX_free(s->context);
    free(s);
}

struct tls_channel *tls_accept(struct tls_server *s, int fd)
{
    struct tls_channel *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->ssl = SSL_new(s->context);
    if (c->ssl && SSL_set_fd(c->ssl, fd) == 1 && SSL_accept(c->ssl) == 1) return c;
    tls_close(c);
    return NULL;
}

long tls_read(struct tls_channel *c, void *p, size_t n)
{
    return SSL_read(c->ssl, p, n > 1 << 20 ? 1 << 20 : (int)n);
}

bool tls_write(struct tls_channel *c, const void *p, size_t n)
{
    return SSL_write(c->ssl, p, (int)n) == (int)n;
}

void tls_close(struct tls_channel *c)
{
    if (c == NULL) return;
    if (c->ssl) (void)SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    free(c);
}
