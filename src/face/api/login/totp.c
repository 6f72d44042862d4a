#include "face/api/login/totp.h"

#include <stdio.h>

#include "kit/seal/seal.h"

int64_t totp_step(struct wall now)
{
    return now.ticks / WALL_TICKS_PER_S / TOTP_STEP_S;
}

void totp_code(struct str key, int64_t step, char out[TOTP_DIGITS + 1])
{
    uint8_t counter[8], mac[20];
    for (int i = 0; i < 8; i++) counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    hmac_sha1(key, (struct str){(const char *)counter, sizeof counter}, mac);
    const uint8_t *p = &mac[mac[19] & 15]; /* RFC 4226, 5.3 */
    uint32_t number = (uint32_t)(p[0] & 127) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    (void)snprintf(out, TOTP_DIGITS + 1, "%06u", number % 1000000);
}

int64_t totp_match(struct str key, struct str code, struct wall now, int64_t used)
{
    char digits[TOTP_DIGITS + 1] = "", want[TOTP_DIGITS + 1];
    size_t n = 0;
    int64_t found = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == ' ') continue;
        if (n == TOTP_DIGITS) return 0;
        digits[n++] = code.p[i];
    }
    for (int64_t step = totp_step(now) - TOTP_WINDOW; step <= totp_step(now) + TOTP_WINDOW; step++) {
        totp_code(key, step, want);
        if (bytes_equal_const_time(digits, want, TOTP_DIGITS) && step > used) found = step;
    }
    return n == TOTP_DIGITS ? found : 0;
}

void base32_encode(const void *p, size_t n, struct buf *out)
{
    const uint8_t *bytes = p;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            (void)buf_add_char(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits >> (held - 5) & 31]);
    }
    if (held) (void)buf_add_char(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits << (5 - held) & 31]);
}
