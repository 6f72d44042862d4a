#include "twin/login/keys.h"

#include <stdlib.h>

#include "kit/seal/seal.h"

struct keys {
    struct rsa_key *key;
    struct buf jwk;
};

static bool sign(void *ctx, bool is_v1, struct str payload_json, struct buf *token_out)
{
    struct keys *k = ctx;
    struct err e;
    return jwt_sign(k->key, is_v1, payload_json, token_out, &e);
}

static bool verify(void *ctx, struct str token, struct buf *payload_out)
{
    struct keys *k = ctx;
    struct err e;
    return jwt_verify(k->key, token, payload_out, &e);
}

static const char *jwk(void *ctx)
{
    struct keys *k = ctx;
    return buf_cstr(&k->jwk);
}

bool keys_new(struct keys **out, struct err *e)
{
    struct keys *k = calloc(1, sizeof *k);
    if (k == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "no memory for a key");
    buf_init(&k->jwk, 16 << 10);
    if (!rsa_key_make(2048, &k->key, e) || !rsa_key_jwk(k->key, &k->jwk, e)) {
        keys_free(k);
        return false;
    }
    *out = k;
    return true;
}

void keys_free(struct keys *k)
{
    if (k == NULL) return;
    rsa_key_free(k->key);
    buf_done(&k->jwk);
    free(k);
}

struct token_signer keys_signer(struct keys *k)
{
    return (struct token_signer){sign, verify, jwk, k};
}
