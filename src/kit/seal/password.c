#include <sodium.h>

#include "kit/seal/seal_int.h"

_Static_assert(PASSWORD_HASH_BYTES > crypto_pwhash_STRBYTES - 1, "the text has to fit");
/* PINs are short: what protects them is the cost of a guess. Interactive: 64 MiB, about a tenth of a second. */
bool password_hash(struct str password, char out[PASSWORD_HASH_BYTES], struct err *e)
{
    char text[crypto_pwhash_STRBYTES];
    if (sodium_init() < 0 ||
        crypto_pwhash_str_alg(text, password.p ? password.p : "", password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(e, &seal_causes[SEAL_CRYPTO], "hashing a password needs 64 MiB of memory, which are not there");
    (void)snprintf(out, PASSWORD_HASH_BYTES, "%s", text);
    return true;
}

bool password_matches(const char *hash, struct str password)
{
    char text[crypto_pwhash_STRBYTES] = {0};
    if (hash == NULL || hash[0] == '\0' || !str_copy(str_of(hash), text, sizeof text) || sodium_init() < 0)
        return false;
    return crypto_pwhash_str_verify(text, password.p ? password.p : "", password.n) == 0;
}

void hmac_sha256(struct str key, struct str message, uint8_t out[32])
{
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.p, key.n);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)message.p, message.n);
    (void)crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}
