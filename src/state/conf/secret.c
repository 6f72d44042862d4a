#include "state/conf/secret.h"

#include <string.h>

#include "kit/seal/seal.h"

struct secret {
    size_t n;
    char bytes[];
};

struct secret *secret_new(struct str bytes)
{
    struct secret *s = bytes.n < SIZE_MAX / 2 ? locked_alloc(sizeof *s + bytes.n) : NULL;
    if (s == NULL) return NULL;
    s->n = bytes.n;
    if (bytes.n) memcpy(s->bytes, bytes.p, bytes.n);
    return s;
}

void secret_free(struct secret *s)
{
    locked_free(s);
}

struct secret *secret_copy(const struct secret *s)
{
    return secret_new(secret_reveal(s));
}

struct str secret_reveal(const struct secret *s)
{
    return (struct str){s->bytes, s->n};
}
