/* Any bytes as a certificate: in PEM, as the base64 of a token's x5c, and as DER that is put into base64 here, so that the
 * fuzzer reaches what lies behind it. What is read has facts within their bounds, and verifies nothing it did not sign. */
#include <string.h>

#include <openssl/evp.h>

#include "kit/seal/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_read, struct cert *c, const struct err *e)
{
    static const char token[] = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA";
    struct cert_facts facts, again;
    if (!is_read) {
        INVARIANT(e->cause == &seal_causes[SEAL_BAD_PEM] && e->text[0]);
        return;
    }
    memset(&facts, 0, sizeof facts);
    memset(&again, 0xff, sizeof again);
    cert_facts_get(c, &facts);
    cert_facts_get(c, &again);
    INVARIANT(memchr(facts.subject, '\0', sizeof facts.subject) != NULL);
    INVARIANT(memcmp(facts.sha256, again.sha256, sizeof facts.sha256) == 0 &&
              strcmp(facts.subject, again.subject) == 0);
    INVARIANT(facts.from.ticks == again.from.ticks && facts.until.ticks == again.until.ticks);
    INVARIANT(!cert_verifies(c, JWT_RS256, STR(token)) && !cert_verifies(c, JWT_PS256, STR(token)));
    cert_free(c);
}

static void try_base64(struct str text)
{
    struct cert *c = NULL;
    struct err e = {0};
    bool is_read = cert_from_der_base64(text, &c, &e);
    check(is_read, c, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct cert *c = NULL;
    struct err e = {0};
    if (size > 16384) return 0;
    bool is_read = cert_from_pem(bytes, &c, &e);
    check(is_read, c, &e);
    try_base64(bytes);
    unsigned char text[16384 / 3 * 4 + 8];
    int n = EVP_EncodeBlock(text, data, (int)size);
    try_base64((struct str){(const char *)text, (size_t)n});
    return 0;
}
