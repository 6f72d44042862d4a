#include <sodium.h>

#include "kit/seal/seal_int.h"

void sha256(const void *p, size_t n, uint8_t out[32])
{
    crypto_hash_sha256(out, p, n);
}

bool bytes_equal_const_time(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

void base64url_encode(const void *p, size_t n, struct buf *out)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    if (n > (SIZE_MAX >> 2)) {
        out->failed = true;
        return;
    }
    size_t need = sodium_base64_ENCODED_LEN(n, variant); /* with its NUL */
    if (!buf_reserve(out, need)) return;
    sodium_bin2base64(out->p + out->n, need, p, n, variant);
    out->n += need - 1;
}

/* libsodium refuses unknown characters, a length that cannot be, and bits left over: one spelling per value. */
/* libsodium takes some bytes past 0x7f for digits (a finding of fuzz_base64url). */
static bool is_base64url(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_digit =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!is_digit) return false;
    }
    return true;
}

bool base64url_decode(struct str text, struct buf *out)
{
    size_t got = 0;
    if (text.n % 4 == 0)
        for (int i = 0; i < 2 && str_ends(text, STR("=")); i++) text.n--;
    if (text.n == 0) return true;
    if (!is_base64url(text) || !buf_reserve(out, text.n / 4 * 3 + 3)) return false;
    if (sodium_base642bin((unsigned char *)out->p + out->n, text.n / 4 * 3 + 3, text.p, text.n, NULL, &got, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    out->n += got;
    return true;
}
