/* What the files of kit/seal share. */
#ifndef KIT_SEAL_SEAL_INT_H
#define KIT_SEAL_SEAL_INT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "kit/seal/seal.h"

struct rsa_key {
    EVP_PKEY *pkey;
};

/* Every entry that uses libsodium calls this first: cheap after the first time, safe from any thread. */
void sodium_ready(void);
/* header.payload.signature, still encoded. `signed_part` is header.payload with its point. */
struct jwt_parts {
    struct str header, payload, signature, signed_part;
};
bool jwt_split(struct str token, struct jwt_parts *out);
enum { PSS_SALT_BYTES = 32 };
bool jwt_set_padding(EVP_PKEY_CTX *ctx, enum jwt_alg alg);
struct cert {
    X509 *x509;
};
/* SEAL_CRYPTO with what OpenSSL says; `doing` completes "OpenSSL failed ...". Empties OpenSSL's queue. */
bool openssl_failed(struct err *e, const char *doing);
bool seal_no_memory(struct err *e, const char *what);
/* Appends all a memory BIO holds. */
bool bio_to_buf(BIO *bio, struct buf *out, struct err *e);

#endif
