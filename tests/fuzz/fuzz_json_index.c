/* Any bytes through every level of SIMD that this CPU has: the index is the same, bit by bit, also where damage makes it mean little. (What the
 * splitter makes of it on every level is compared in fuzz_json.) The first byte moves the text within its block, and repeats it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json/index.h"
#include "kit/json/json.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static struct json_index index_of(struct str text)
{
    struct json_index x;
    char *window = malloc(text.n + JSON_PAD);
    INVARIANT(window != NULL && json_index_init(&x, text.n + JSON_BLOCK));
    if (text.n) memcpy(window, text.p, text.n);
    memset(window + text.n, ' ', JSON_PAD); /* as the caller must */
    json_index_make(&x, window, text.n);
    free(window);
    return x;
}

static void same_index(const struct json_index *a, const struct json_index *b)
{
    INVARIANT(a->count == b->count && a->sound == b->sound);
    INVARIANT(memcmp(a->quotes, b->quotes, a->count * sizeof *a->quotes) == 0);
}

static void compare(struct str text)
{
    struct json_index first = {0};
    for (size_t i = 0; json_index_level(i); i++) {
        INVARIANT(json_index_use(json_index_level(i)));
        struct json_index x = index_of(text);
        if (i == 0) {
            first = x;
            continue;
        }
        same_index(&first, &x);
        json_index_done(&x);
    }
    json_index_done(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = {0};
    if (size == 0) return 0;
    for (unsigned i = 0; i < data[0] % 64u; i++) (void)buf_add_char(&text, ' ');
    for (unsigned i = 0; i <= data[0] / 64u * 3 && text.n + size < TEXT_BYTES_MAX; i++) {
        (void)buf_add(&text, data + 1, size - 1);
        (void)buf_add_char(&text, '\n');
    }
    compare(buf_str(&text));
    buf_done(&text);
    return 0;
}
