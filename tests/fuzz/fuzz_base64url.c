/* What decodes encodes back to itself, padding aside: one spelling per value. */
#include "kit/seal/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct buf plain, again;
    buf_init(&plain, 0);
    buf_init(&again, 0);
    if (base64url_decode(text, &plain)) {
        base64url_encode(plain.p, plain.n, &again);
        while (str_ends(text, STR("="))) text.n--;
        INVARIANT(str_eq(buf_str(&again), text));
    }
    buf_done(&plain);
    buf_done(&again);
    return 0;
}
