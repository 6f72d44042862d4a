/* Any bytes: a tree or a refusal with a place, never more than the arena allows. */
#include "kit/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct yaml *y)
{
    size_t n = y->text.n;
    INVARIANT(y->line > 0 && y->column > 0);
    for (size_t i = 0; i < y->count; i++) n += walk(&y->items[i]) + (y->keys ? y->keys[i].text.n : 0);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    const struct yaml *y = yaml_parse(&a, (struct str){(const char *)data, size}, "fuzz", &e);
    if (y)
        (void)walk(y);
    else
        INVARIANT(e.cause && e.text[0]);
    arena_done(&a);
    return 0;
}
