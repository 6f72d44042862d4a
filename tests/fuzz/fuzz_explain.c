/* Any bytes as an error body of an API and of the login: always a cause, always a printable text. The first two bytes are
 * the status. */
#include <string.h>

#include "cloud/defender/defender.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct err *e)
{
    INVARIANT(e->cause >= defender_causes && e->cause < defender_causes + DEFENDER_CAUSE_COUNT);
    size_t n = strnlen(e->text, sizeof e->text);
    INVARIANT(n > 0 && n < sizeof e->text);
    for (size_t i = 0; i < n; i++) INVARIANT((unsigned char)e->text[i] >= ' ' && e->text[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e;
    if (size < 2) return 0;
    struct http_response r = {.status = (data[0] << 8 | data[1]) % 700};
    struct str body = {(const char *)data + 2, size - 2};
    for (int i = 0; i < EP_COUNT; i++) {
        defender_explain(&endpoint_rows[i], &r, body, &e);
        check(&e);
    }
    defender_explain_login(&r, body, &e);
    check(&e);
    return 0;
}
