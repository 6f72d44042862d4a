/* Any bytes: nothing forged ever opens, and what is refused leaves nothing behind. */
#include "kit/seal/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seal_key *key;
    struct str bytes = {(const char *)data, size};
    struct buf plain;
    struct err e = {0};
    if (key == NULL)
        INVARIANT(seal_key_load(
            STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), &key, &e));
    buf_init(&plain, 0);
    INVARIANT(!seal_open(key, "fuzz", bytes, &plain, &e) && plain.n == 0);
    INVARIANT(e.cause == &seal_causes[SEAL_CORRUPT] || e.cause == &seal_causes[SEAL_WRONG_KEY]);
    buf_done(&plain);
    struct seal_key *other = NULL;
    if (seal_key_load(bytes, &other, &e)) seal_key_free(other);
    return 0;
}
