/* Sealing under a key file.
 *
 *   sealed = version (1 byte, 0x01) | key id (8) | nonce (24) | ciphertext and tag (XChaCha20-Poly1305, plain + 16)
 *
 * The additional data is version and purpose. The key id is not part of it: it only serves to tell a wrong key from damage,
 * and a blob whose id is foreign but which opens all the same has a damaged id. Nonces are random: 24 bytes make a
 * repetition impossible in practice (libsodium's advice for this construction). */
#include "kit/seal/seal.h"

#include <sodium.h>
#include <stddef.h>

#include "kit/seal/seal_int.h"

enum {
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
};
enum { TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES };
enum { VERSION = 1, ID_BYTES = 8, HEAD_BYTES = 1 + ID_BYTES + NONCE_BYTES };
enum { PURPOSE_BYTES_MAX = 256 };
static const char key_file_word[] = "portcullis-key-1 ";

struct seal_key {
    unsigned char bytes[KEY_BYTES];
    unsigned char id[ID_BYTES];
};

void sodium_ready(void)
{
    INVARIANT(sodium_init() >= 0);
}

void seal_wipe(void *p, size_t n)
{
    if (n) sodium_memzero(p, n);
}

void *locked_alloc(size_t n)
{
    const size_t align = _Alignof(max_align_t);
    sodium_ready();
    if (n > SIZE_MAX - align) return NULL;
    return sodium_malloc((n / align + 1) * align); /* it puts the end at a guard page: only whole units are aligned */
}

void locked_free(void *p)
{
    sodium_free(p);
}

bool seal_key_make(struct buf *file_text_out, struct err *e)
{
    unsigned char key[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1];
    sodium_ready();
    /* One reservation: a buf that grows leaves copies of the key behind. */
    if (!buf_reserve(file_text_out, sizeof key_file_word + sizeof hex)) return seal_no_memory(e, "a key file");
    crypto_aead_xchacha20poly1305_ietf_keygen(key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    buf_add(file_text_out, key_file_word, sizeof key_file_word - 1);
    buf_add(file_text_out, hex, sizeof hex - 1);
    buf_add_char(file_text_out, '\n');
    seal_wipe(key, sizeof key);
    seal_wipe(hex, sizeof hex);
    return true;
}

/* Keyed, so that the id tells nothing about the key. */
static void derive_id(struct seal_key *k)
{
    static const unsigned char label[] = "portcullis key id";
    unsigned char hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof hash, label, sizeof label - 1, k->bytes, sizeof k->bytes);
    memcpy(k->id, hash, sizeof k->id);
}

bool seal_key_load(struct str file_text, struct seal_key **out, struct err *e)
{
    const struct str word = {key_file_word, sizeof key_file_word - 1};
    struct str text = str_trim(file_text);
    size_t got = 0;
    sodium_ready();
    if (!str_starts(text, word))
        return err_set(e, &seal_causes[SEAL_BAD_KEY_FILE], "the key file does not begin with \"portcullis-key-1\"");
    struct str hex = str_trim(str_sub(text, word.n, text.n));
    if (hex.n != 2 * KEY_BYTES)
        return err_set(e, &seal_causes[SEAL_BAD_KEY_FILE],
                       "the key file holds %zu characters where 64 hex digits belong", hex.n);
    struct seal_key *k = locked_alloc(sizeof *k);
    if (k == NULL) return seal_no_memory(e, "the key");
    if (sodium_hex2bin(k->bytes, sizeof k->bytes, hex.p, hex.n, NULL, &got, NULL) != 0 || got != KEY_BYTES) {
        seal_key_free(k);
        return err_set(e, &seal_causes[SEAL_BAD_KEY_FILE], "the key file holds something else than hex digits");
    }
    derive_id(k);
    *out = k;
    return true;
}

void seal_key_free(struct seal_key *k)
{
    locked_free(k);
}

void seal_key_id(const struct seal_key *k, char out[17])
{
    sodium_bin2hex(out, 17, k->id, sizeof k->id);
}

/* The additional data: version, then purpose. */
static size_t additional(const char *purpose, unsigned char out[1 + PURPOSE_BYTES_MAX])
{
    size_t n = strlen(purpose);
    INVARIANT(n <= PURPOSE_BYTES_MAX);
    out[0] = VERSION;
    memcpy(out + 1, purpose, n);
    return 1 + n;
}

bool seal_bytes(const struct seal_key *k, const char *purpose, struct str plain, struct buf *sealed_out, struct err *e)
{
    unsigned char ad[1 + PURPOSE_BYTES_MAX];
    size_t ad_bytes = additional(purpose, ad);
    unsigned long long n = 0;
    if (plain.n > SIZE_MAX - HEAD_BYTES - TAG_BYTES || !buf_reserve(sealed_out, HEAD_BYTES + plain.n + TAG_BYTES))
        return seal_no_memory(e, "sealed bytes");
    unsigned char *head = (unsigned char *)sealed_out->p + sealed_out->n;
    unsigned char *nonce = head + 1 + ID_BYTES;
    head[0] = VERSION;
    memcpy(head + 1, k->id, ID_BYTES);
    randombytes_buf(nonce, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(head + HEAD_BYTES, &n, (const unsigned char *)plain.p, plain.n, ad,
                                               ad_bytes, NULL, nonce, k->bytes);
    sealed_out->n += HEAD_BYTES + (size_t)n;
    return true;
}

bool seal_open(const struct seal_key *k, const char *purpose, struct str sealed, struct buf *plain_out, struct err *e)
{
    const unsigned char *head = (const unsigned char *)sealed.p;
    unsigned char ad[1 + PURPOSE_BYTES_MAX];
    size_t ad_bytes = additional(purpose, ad);
    unsigned long long n = 0;
    if (sealed.n < HEAD_BYTES + TAG_BYTES || head[0] != VERSION)
        return err_set(e, &seal_causes[SEAL_CORRUPT], "opening %s: not a sealed value, or cut short", purpose);
    /* At least one byte, so that an empty plain text has a place to be written to as well. */
    if (!buf_reserve(plain_out, sealed.n - HEAD_BYTES - TAG_BYTES + 1)) return seal_no_memory(e, "opened bytes");
    bool is_ours = memcmp(head + 1, k->id, ID_BYTES) == 0;
    bool opens = crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)plain_out->p + plain_out->n, &n, NULL,
                                                            head + HEAD_BYTES, sealed.n - HEAD_BYTES, ad, ad_bytes,
                                                            head + 1 + ID_BYTES, k->bytes) == 0;
    if (!opens && !is_ours)
        return err_set(e, &seal_causes[SEAL_WRONG_KEY], "opening %s: it was sealed under another key", purpose);
    if (!opens || !is_ours) {
        seal_wipe(plain_out->p + plain_out->n, (size_t)n);
        return err_set(e, &seal_causes[SEAL_CORRUPT], "opening %s: the bytes fail their check", purpose);
    }
    plain_out->n += (size_t)n;
    return true;
}
