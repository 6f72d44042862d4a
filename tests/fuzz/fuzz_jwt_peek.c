/* Any bytes as a token: parts or a refusal, outputs untouched by a refusal. */
#include "kit/seal/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf header, payload;
    struct err e = {0};
    buf_init(&header, 0);
    buf_init(&payload, 0);
    if (!jwt_peek((struct str){(const char *)data, size}, &header, &payload, &e))
        INVARIANT(e.cause == &seal_causes[SEAL_BAD_TOKEN] && header.n == 0 && payload.n == 0);
    buf_done(&header);
    buf_done(&payload);
    return 0;
}
