/* The cheap signer: a JWT in shape, signed with a keyed hash. For simulations, where RSA would cost more than the test. */
#include "kit/base/hash.h"
#include "kit/seal/seal.h"
#include "twin/cloud.h"

static struct hash128 seal_of(struct str signed_part)
{
    struct siphash h;
    siphash_init(&h, 0x7477696e, 0x746f6b656e);
    siphash_add(&h, signed_part.p, signed_part.n);
    return siphash_end(&h);
}

static bool plain_sign(void *ctx, bool is_v1, struct str payload_json, struct buf *token_out)
{
    char hex[33];
    size_t from = token_out->n;
    (void)ctx, (void)is_v1;
    base64url_encode("{\"typ\":\"JWT\",\"alg\":\"none\"}", 26, token_out);
    buf_add_char(token_out, '.');
    base64url_encode(payload_json.p, payload_json.n, token_out);
    if (token_out->failed) return false;
    hash128_hex(seal_of((struct str){token_out->p + from, token_out->n - from}), hex);
    buf_add_char(token_out, '.');
    return buf_add(token_out, hex, 32);
}

static bool plain_verify(void *ctx, struct str token, struct buf *payload_out)
{
    struct hash128 got;
    (void)ctx;
    if (token.n < 34 || token.p[token.n - 33] != '.') return false;
    struct str body = str_sub(token, 0, token.n - 33), rest = body;
    if (!hash128_from_hex(token.p + token.n - 32, 32, &got) || !hash128_eq(got, seal_of(body))) return false;
    (void)str_cut(&rest, '.');
    return rest.p && base64url_decode(rest, payload_out);
}

struct token_signer token_signer_plain(void)
{
    return (struct token_signer){plain_sign, plain_verify, NULL, NULL};
}
