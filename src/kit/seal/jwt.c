/* JSON Web Tokens, RS256 and PS256 (RFC 7515, RFC 7518 sections 3.3 and 3.5). */
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "kit/seal/seal_int.h"

bool jwt_split(struct str token, struct jwt_parts *out)
{
    struct str rest = token;
    if (token.n > JWT_BYTES_MAX) return false;
    out->header = str_cut(&rest, '.');
    out->payload = str_cut(&rest, '.');
    out->signed_part = str_sub(token, 0, out->header.n + 1 + out->payload.n);
    out->signature = rest;
    return out->header.n && out->payload.n && rest.p && str_find(rest, STR("."), 0) == SIZE_MAX;
}

bool jwt_set_padding(EVP_PKEY_CTX *ctx, enum jwt_alg alg)
{
    if (alg == JWT_RS256) return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, PSS_SALT_BYTES) == 1;
}

static bool sign(const struct rsa_key *k, enum jwt_alg alg, struct str text, struct buf *token, struct err *e)
{
    unsigned char signature[1024];
    size_t n = sizeof signature;
    EVP_PKEY_CTX *key = NULL; /* the digest's own */
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, &key, EVP_sha256(), NULL, k->pkey) == 1 && jwt_set_padding(key, alg) &&
              EVP_DigestSign(ctx, signature, &n, (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) return openssl_failed(e, "signing a token");
    buf_add_char(token, '.');
    base64url_encode(signature, n, token);
    return true;
}

static bool write_token(const struct rsa_key *k, enum jwt_alg alg, struct str header, struct str payload_json,
                        struct buf *token_out, struct err *e)
{
    size_t before = token_out->n;
    base64url_encode(header.p, header.n, token_out);
    buf_add_char(token_out, '.');
    base64url_encode(payload_json.p, payload_json.n, token_out);
    bool ok = !token_out->failed || seal_no_memory(e, "a token");
    ok = ok && sign(k, alg, str_sub(buf_str(token_out), before, token_out->n), token_out, e);
    if (ok && token_out->failed) ok = seal_no_memory(e, "a token");
    if (!ok) token_out->n = before;
    return ok;
}

bool jwt_sign(const struct rsa_key *k, bool has_x5t, struct str payload_json, struct buf *token_out, struct err *e)
{
    char kid[44], header[200];
    rsa_key_kid(k, kid);
    (void)snprintf(header, sizeof header, "{\"typ\":\"JWT\",\"alg\":\"RS256\",%s%s%s\"kid\":\"%s\"}",
                   has_x5t ? "\"x5t\":\"" : "", has_x5t ? kid : "", has_x5t ? "\"," : "", kid);
    return write_token(k, JWT_RS256, str_of(header), payload_json, token_out, e);
}

bool jwt_sign_assertion(const struct rsa_key *k, enum jwt_alg alg, const char *thumbprint, struct str payload_json,
                        struct buf *token_out, struct err *e)
{
    char header[120];
    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"%s\":\"%.44s\"}",
                   alg == JWT_PS256 ? "PS256" : "RS256", alg == JWT_PS256 ? "x5t#S256" : "x5t", thumbprint);
    return write_token(k, alg, str_of(header), payload_json, token_out, e);
}

bool jwt_peek(struct str token, struct buf *header_out, struct buf *payload_out, struct err *e)
{
    struct jwt_parts parts;
    size_t header_before = header_out->n;
    if (!jwt_split(token, &parts))
        return err_set(e, &seal_causes[SEAL_BAD_TOKEN], "a token has three parts with points between");
    if (base64url_decode(parts.header, header_out) && base64url_decode(parts.payload, payload_out)) return true;
    header_out->n = header_before;
    return err_set(e, &seal_causes[SEAL_BAD_TOKEN], "a part of the token is not base64url");
}

static bool signature_holds(const struct rsa_key *k, struct str text, struct str signature)
{
    struct buf raw;
    buf_init(&raw, JWT_BYTES_MAX);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds = ctx && base64url_decode(signature, &raw) && raw.n &&
                 EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
                 EVP_DigestVerify(ctx, (const unsigned char *)raw.p, raw.n, (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(ctx);
    buf_done(&raw);
    return holds;
}

/* The header is covered by the signature and never chooses the algorithm, so "none" or HS256 cannot slip in. */
bool jwt_verify(const struct rsa_key *k, struct str token, struct buf *payload_out, struct err *e)
{
    struct jwt_parts parts;
    if (!jwt_split(token, &parts))
        return err_set(e, &seal_causes[SEAL_BAD_TOKEN], "a token has three parts with points between");
    if (!signature_holds(k, parts.signed_part, parts.signature))
        return err_set(e, &seal_causes[SEAL_BAD_TOKEN], "the token's signature does not hold");
    if (!base64url_decode(parts.payload, payload_out))
        return err_set(e, &seal_causes[SEAL_BAD_TOKEN], "the token's payload is not base64url");
    return true;
}
