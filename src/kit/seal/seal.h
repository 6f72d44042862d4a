/* Encryption at rest, signatures, tokens. libsodium for sealing, OpenSSL for RSA and certificates.
 *
 * Calls that give bytes append them to a buf of the caller's; on failure the buf holds what it held before. Nothing here
 * touches a file or a clock. All calls may be made from any thread; a key may be shared between threads. */
#ifndef KIT_SEAL_SEAL_H
#define KIT_SEAL_SEAL_H

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"

/* ---- sealing under a key file ---------------------------------------------------------------------------------------
 * A key file is text: "portcullis-key-1 " and 64 hex digits, mode 0600. The key lives in locked memory. */
struct seal_key;
bool seal_key_make(struct buf *file_text_out, struct err *e); /* a fresh key file's content */
bool seal_key_load(struct str file_text, struct seal_key **out, struct err *e);
void seal_key_free(struct seal_key *k);                   /* wiped; accepts NULL */
void seal_key_id(const struct seal_key *k, char out[17]); /* a public fingerprint: tells "wrong key" from "corrupt" */
/* XChaCha20-Poly1305, fresh nonce; `purpose` is bound in ("tenant.secret:<guid>"), so blobs cannot be swapped.
 * Opening tells SEAL_WRONG_KEY (sealed under another key) from SEAL_CORRUPT (changed since, or another purpose). The
 * caller wipes what seal_open gave. Format: seal.c. */
bool seal_bytes(const struct seal_key *k, const char *purpose, struct str plain, struct buf *sealed_out, struct err *e);
bool seal_open(const struct seal_key *k, const char *purpose, struct str sealed, struct buf *plain_out, struct err *e);
void seal_wipe(void *p, size_t n); /* not optimised away */
/* Memory for a secret: locked where the system allows it, left out of core dumps, between guard pages, wiped when freed. */
void *locked_alloc(size_t n); /* aligned for any type, not zeroed; NULL when memory is out */
void locked_free(void *p);    /* accepts NULL */

/* ---- digests and text ----------------------------------------------------------------------------------------------- */
void sha256(const void *p, size_t n, uint8_t out[32]);
bool bytes_equal_const_time(const void *a, const void *b, size_t n);
void base64url_encode(const void *p, size_t n, struct buf *out); /* no padding */
bool base64url_decode(struct str text, struct buf *out); /* padding tolerated; one spelling per value, else false */

void hmac_sha256(struct str key, struct str message, uint8_t out[32]);
void hmac_sha1(struct str key, struct str message, uint8_t out[20]); /* of one-time codes alone (RFC 4226) */
/* A password or PIN as it may be kept: Argon2id with its own salt and parameters in the text (libsodium). Takes some tenths of a
 * second: workers only. */
enum { PASSWORD_HASH_BYTES = 129 };
bool password_hash(struct str password, char out[PASSWORD_HASH_BYTES],
                   struct err *e);                            /* SEAL_CRYPTO: no memory for it */
bool password_matches(const char *hash, struct str password); /* false for anything that is no such hash */

/* ---- JWT ------------------------------------------------------------------------------------------------------------ */
struct rsa_key;                                                        /* private */
bool rsa_key_make(unsigned bits, struct rsa_key **out, struct err *e); /* 2048 to 4096 */
/* SEAL_BAD_PEM: no PEM, locked with a passphrase, no RSA key, or shorter than 2048 bits. */
bool rsa_key_from_pem(struct str pem, struct rsa_key **out, struct err *e);
bool rsa_key_to_pem(const struct rsa_key *k, struct buf *out, struct err *e);
void rsa_key_free(struct rsa_key *k);
void rsa_key_kid(const struct rsa_key *k, char out[44]); /* base64url SHA-256 of the public key */
bool rsa_key_jwk(const struct rsa_key *k, struct buf *json_out,
                 struct err *e); /* {"kty":"RSA","use":"sig","kid",...} */
/* RS256 over header.payload; payload is JSON text. Tokens are at most JWT_BYTES_MAX long. `has_x5t`: the key is named by x5t
 * too, as in Entra's v1 tokens. */
enum { JWT_BYTES_MAX = 64 << 10 };
bool jwt_sign(const struct rsa_key *k, bool has_x5t, struct str payload_json, struct buf *token_out, struct err *e);
enum jwt_alg {
    JWT_RS256,
    JWT_PS256,
    JWT_ES256
}; /* PKCS #1 v1.5; PSS with a salt of 32 bytes; P-256, only to verify; all SHA-256 */
/* A client's assertion: the header names the certificate by its thumbprint (base64url, from cert_thumbprints): PS256 by x5t#S256,
 * RS256 by x5t. */
bool jwt_sign_assertion(const struct rsa_key *k, enum jwt_alg alg, const char *thumbprint, struct str payload_json,
                        struct buf *token_out, struct err *e);
/* Decode without verifying, for diagnosis (a client never authorises by it): header and payload as JSON text. */
bool jwt_peek(struct str token, struct buf *header_out, struct buf *payload_out, struct err *e);
/* The twin's check: the signature alone, always as RS256 whatever the header claims; times and names are the caller's. */
bool jwt_verify(const struct rsa_key *k, struct str token, struct buf *payload_out, struct err *e);

/* ---- certificates ---------------------------------------------------------------------------------------------------
 * A self-signed CA and a server certificate for host names and addresses, PEM; for the twin's --tls and for tests.
 * Valid from a day before `now`, ten years and one year. `names`: NULL-terminated, DNS names and IP addresses. */
bool cert_make_ca(struct wall now, struct rsa_key **key_out, struct buf *cert_pem_out, struct err *e);
bool cert_make_server(const struct rsa_key *ca_key, struct str ca_pem, const char *const *names, struct wall now,
                      struct buf *key_pem_out, struct buf *cert_pem_out, struct err *e);

/* A certificate as read, and signatures against it: what an identity provider keeps of an application. */
struct cert;
bool cert_from_pem(struct str pem, struct cert **out, struct err *e); /* SEAL_BAD_PEM; the first one in the text */
bool cert_from_der_base64(struct str b64, struct cert **out, struct err *e); /* as in a token's x5c */
void cert_free(struct cert *c);                                              /* accepts NULL */
struct cert_facts {
    uint8_t sha1[20], sha256[32]; /* of the DER */
    struct wall from, until;
    char subject[120]; /* its common name, else empty */
};
void cert_facts_get(const struct cert *c, struct cert_facts *out);
enum { THUMBPRINT_SHA1_BYTES = 28, THUMBPRINT_SHA256_BYTES = 44 };
/* base64url without padding, as assertions name them. */
void cert_thumbprints(const struct cert *c, char sha1[THUMBPRINT_SHA1_BYTES], char sha256[THUMBPRINT_SHA256_BYTES]);
bool cert_is_of_key(const struct cert *c, const struct rsa_key *k);
bool cert_to_pem(const struct cert *c, struct buf *out, struct err *e);
/* A key of 3072 bits and a certificate over it, signed by itself: what an application proves itself with. Valid from an hour
 * before `now`. The key's PEM is the caller's to wipe. */
bool cert_make_client(const char *common_name, struct wall now, unsigned days, struct buf *key_pem_out,
                      struct buf *cert_pem_out, struct err *e);
/* The signature of `token` (header.payload.signature) alone. */
bool cert_verifies(const struct cert *c, enum jwt_alg alg, struct str token);

/* A public key as an identity provider gives it (RFC 7517): kty RSA with n and e, or EC with crv, x and y. The algorithm is the
 * caller's choice, never the token's. */
struct jwk {
    struct str kty, crv, n, e, x, y; /* base64url, as they stand; what is absent is empty */
};
bool jwk_verifies(const struct jwk *k, enum jwt_alg alg, struct str token);

/* The server's side of TLS on a connected socket, blocking; for the twin's mailbox. The caller closes the socket. */
struct tls_server;
struct tls_channel;
bool tls_server_new(struct str key_pem, struct str cert_pem, struct tls_server **out, struct err *e); /* SEAL_BAD_PEM */
void tls_server_free(struct tls_server *s);                                                           /* accepts NULL */
struct tls_channel *tls_accept(struct tls_server *s, int fd); /* NULL: the other side does not agree */
long tls_read(struct tls_channel *c, void *p, size_t n);      /* > 0 bytes; else the end */
bool tls_write(struct tls_channel *c, const void *p, size_t n);
void tls_close(struct tls_channel *c); /* accepts NULL */

enum { SEAL_BAD_KEY_FILE, SEAL_WRONG_KEY, SEAL_CORRUPT, SEAL_BAD_TOKEN, SEAL_BAD_PEM, SEAL_CRYPTO, SEAL_CAUSE_COUNT };
extern const struct cause seal_causes[SEAL_CAUSE_COUNT];

#endif
