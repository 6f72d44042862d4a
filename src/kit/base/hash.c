#include "kit/base/hash.h"

#include <string.h>

/* "portcullis-ident" as two words: changing it would change every metadata.uid ever written. */
static const uint64_t IDENTITY_KEY0 = 0x6c756374726f70ull, IDENTITY_KEY1 = 0x746e6564692d7369ull;

static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static inline void sip_round(struct siphash *h)
{
    h->v0 += h->v1;
    h->v1 = rotl(h->v1, 13) ^ h->v0;
    h->v0 = rotl(h->v0, 32);
    h->v2 += h->v3;
    h->v3 = rotl(h->v3, 16) ^ h->v2;
    h->v0 += h->v3;
    h->v3 = rotl(h->v3, 21) ^ h->v0;
    h->v2 += h->v1;
    h->v1 = rotl(h->v1, 17) ^ h->v2;
    h->v2 = rotl(h->v2, 32);
}

static inline void sip_word(struct siphash *h, uint64_t m)
{
    h->v3 ^= m;
    sip_round(h);
    sip_round(h);
    h->v0 ^= m;
}

static uint64_t load_le64(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

void siphash_init(struct siphash *h, uint64_t key0, uint64_t key1)
{
    h->v0 = 0x736f6d6570736575ull ^ key0;
    h->v1 = 0x646f72616e646f6dull ^ key1 ^ 0xee; /* 0xee selects the 128-bit result */
    h->v2 = 0x6c7967656e657261ull ^ key0;
    h->v3 = 0x7465646279746573ull ^ key1;
    h->tail = 0;
    h->length = 0;
}

void siphash_add(struct siphash *h, const void *data, size_t n)
{
    const unsigned char *p = data;
    unsigned have = (unsigned)(h->length & 7);
    h->length += n;
    while (have && n) {
        h->tail |= (uint64_t)*p++ << (8 * have);
        n--;
        have = (have + 1) & 7;
        if (have == 0) {
            sip_word(h, h->tail);
            h->tail = 0;
        }
    }
    for (; n >= 8; n -= 8, p += 8) sip_word(h, load_le64(p));
    for (; n; n--, have++) h->tail |= (uint64_t)*p++ << (8 * have);
}

struct hash128 siphash_end(struct siphash *h)
{
    struct hash128 out;
    sip_word(h, h->tail | (h->length & 0xff) << 56);
    h->v2 ^= 0xee;
    for (int i = 0; i < 4; i++) sip_round(h);
    out.lo = h->v0 ^ h->v1 ^ h->v2 ^ h->v3;
    h->v1 ^= 0xdd;
    for (int i = 0; i < 4; i++) sip_round(h);
    out.hi = h->v0 ^ h->v1 ^ h->v2 ^ h->v3;
    return out;
}

void siphash_init_fixed(struct siphash *h)
{
    siphash_init(h, IDENTITY_KEY0, IDENTITY_KEY1);
}

struct hash128 hash128_of(const void *p, size_t n)
{
    struct siphash h;
    siphash_init_fixed(&h);
    siphash_add(&h, p, n);
    return siphash_end(&h);
}

uint64_t hash64_of(const void *p, size_t n)
{
    return hash128_of(p, n).lo;
}

bool hash128_eq(struct hash128 a, struct hash128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

int hash128_cmp(struct hash128 a, struct hash128 b)
{
    if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}

/* Eight digits, all at once: half bytes side by side, the first lowest. */
static void put_hex(char *out, uint32_t v)
{
    uint64_t x = __builtin_bswap32(v);
    x = (x & 0xFFFF) | (x & UINT64_C(0xFFFF0000)) << 16;
    x = (x & UINT64_C(0x000000FF000000FF)) | (x & UINT64_C(0x0000FF000000FF00)) << 8;
    x = (x >> 4 & UINT64_C(0x000F000F000F000F)) | (x & UINT64_C(0x000F000F000F000F)) << 8;
    uint64_t letters = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    x += UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    memcpy(out, &x, sizeof x);
}

void hash128_hex(struct hash128 h, char out[33])
{
    put_hex(out, (uint32_t)(h.hi >> 32));
    put_hex(out + 8, (uint32_t)h.hi);
    put_hex(out + 16, (uint32_t)(h.lo >> 32));
    put_hex(out + 24, (uint32_t)h.lo);
    out[32] = '\0';
}

bool hash128_from_hex(const char *p, size_t n, struct hash128 *out)
{
    uint64_t w[2] = {0, 0};
    if (n != 32) return false;
    for (size_t i = 0; i < 32; i++) {
        char c = p[i];
        uint64_t d;
        if (c >= '0' && c <= '9')
            d = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            d = (uint64_t)(c - 'a') + 10;
        else
            return false;
        w[i / 16] = w[i / 16] << 4 | d;
    }
    *out = (struct hash128){.hi = w[0], .lo = w[1]};
    return true;
}

static uint32_t crc_table[256];

__attribute__((constructor)) static void crc_table_fill(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? 0x82f63b78u ^ (c >> 1) : c >> 1;
        crc_table[i] = c;
    }
}

uint32_t crc32c(uint32_t seed, const void *data, size_t n)
{
    const unsigned char *p = data;
    uint32_t c = ~seed;
    for (size_t i = 0; i < n; i++) c = crc_table[(c ^ p[i]) & 0xff] ^ (c >> 8);
    return ~c;
}
