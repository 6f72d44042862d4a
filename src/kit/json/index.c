#include "kit/json/index.h"

#include <stdlib.h>
#include <string.h>

#include "kit/base/err.h"
#include "kit/json/index_int.h"
#include "kit/json/walk_int.h"

struct level {
    const char *name;
    json_index_fn *make;
    walk_members_fn *walk;
    bool (*is_here)(void);
};

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
static bool has_sse42(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
}

static bool has_avx2(void)
{
    return has_sse42() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("bmi2");
}
#endif

/* The best first. */
static const struct level levels[] = {
#ifdef __x86_64__
    {"avx512", json_index_avx512, walk_members_avx512, has_avx512},
    {"avx2", json_index_avx2, walk_members_avx2, has_avx2},
    {"sse4.2", json_index_sse42, walk_members_plain, has_sse42},
#endif
#ifdef __aarch64__
    {"neon", json_index_neon, walk_members_plain, always},
#endif
    {"scalar", json_index_scalar, walk_members_plain, always},
};
enum { LEVEL_COUNT = sizeof levels / sizeof *levels };

static const struct level *chosen;

const char *json_index_level(size_t i)
{
    for (size_t k = 0; k < LEVEL_COUNT; k++) {
        if (levels[k].is_here() && i-- == 0) return levels[k].name;
    }
    return NULL;
}

bool json_index_use(const char *name)
{
    for (size_t k = 0; k < LEVEL_COUNT; k++) {
        if ((name && strcmp(name, levels[k].name) != 0) || !levels[k].is_here()) continue;
        __atomic_store_n(&chosen, &levels[k], __ATOMIC_RELAXED);
        return true;
    }
    return false;
}

/* Two threads may both choose: the same. */
static const struct level *level_in_use(void)
{
    const struct level *level = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (level) return level;
    const char *name = getenv("PORTCULLIS_SIMD");
    if (name == NULL || !json_index_use(name)) (void)json_index_use(NULL);
    return __atomic_load_n(&chosen, __ATOMIC_RELAXED);
}

const char *json_index_in_use(void)
{
    return level_in_use()->name;
}

bool json_index_init(struct json_index *x, size_t cap)
{
    size_t blocks = cap / JSON_BLOCK + 2;
    INVARIANT(cap < JSON_WINDOW_MAX);
    *x = (struct json_index){.cap = cap};
    x->quotes = malloc((blocks * JSON_BLOCK + JSON_SENTINELS) * sizeof *x->quotes);
    return x->quotes != NULL;
}

void json_index_done(struct json_index *x)
{
    free(x->quotes);
    *x = (struct json_index){0};
}

walk_members_fn *walk_members_best(void)
{
    return level_in_use()->walk;
}

void json_index_make(struct json_index *x, const char *p, size_t n)
{
    INVARIANT(n <= x->cap);
    size_t blocks = (n + JSON_BLOCK - 1) / JSON_BLOCK;
    size_t sound = level_in_use()->make(x, (const unsigned char *)p, blocks) * JSON_BLOCK;
    x->sound = sound < n ? sound : n;
    for (unsigned i = 0; i < JSON_SENTINELS; i++) x->quotes[x->count + i] = UINT32_MAX;
}
