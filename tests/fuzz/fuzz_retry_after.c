/* Any bytes as a Retry-After and as a header line: a wait within its bounds, and no field past its end. */
#include <string.h>

#include "cloud/net/net_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response r = {0};
    struct wall now = wall_from_ms(INT64_C(1767323045000));
    struct str text = {(const char *)data, size};
    INVARIANT(retry_after_parse(text, now) <= 86400u * 1000u);
    response_header(&r, text, now);
    INVARIANT(strnlen(r.request_id, sizeof r.request_id) < sizeof r.request_id);
    INVARIANT(strnlen(r.content_type, sizeof r.content_type) < sizeof r.content_type);
    INVARIANT(r.status >= 0 && r.status < 1000);
    return 0;
}
