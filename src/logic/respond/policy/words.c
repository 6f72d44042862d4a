/* The words of what a policy orders, and the way back. */
#include "logic/respond/policy/policy_int.h"

static const char *const modes[MODE_COUNT] = {"off", "shadow", "approve", "auto"};
static const char *const wishes[WISH_COUNT] = {
    [WISH_NOTICE] = "notice",
    [WISH_ISOLATE_FULL] = "isolate full",
    [WISH_ISOLATE_SELECTIVE] = "isolate selective",
    [WISH_ISOLATE_UNMANAGED] = "isolate unmanaged",
    [WISH_RESTRICT] = "restrict",
    [WISH_SCAN_QUICK] = "scan quick",
    [WISH_SCAN_FULL] = "scan full",
    [WISH_COLLECT] = "collect",
    [WISH_QUARANTINE_FILE] = "quarantine file",
};
static const char *const failures[FAILURE_COUNT] = {
    [FAILURE_OFFLINE] = "offline", [FAILURE_UNSUPPORTED] = "unsupported", [FAILURE_FORBIDDEN] = "forbidden",
    [FAILURE_BUSY] = "busy",       [FAILURE_TIMED_OUT] = "timed out",     [FAILURE_FAILED] = "failed",
    [FAILURE_UNKNOWN] = "unknown",
};
static const struct {
    const char *word;
    enum policy_wish wish;
} short_wishes[] = {
    {"isolate", WISH_ISOLATE_FULL}, {"scan", WISH_SCAN_QUICK}, {"quarantine-file", WISH_QUARANTINE_FILE}};

static bool find(const char *const *words, size_t count, struct str s, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_eq_nocase(s, str_of(words[i]))) continue;
        *out = i;
        return true;
    }
    return false;
}

const char *mode_name(enum policy_mode m)
{
    return modes[m];
}

const char *wish_name(enum policy_wish w)
{
    return wishes[w];
}

const char *failure_name(enum policy_failure f)
{
    return failures[f];
}

bool mode_read(struct str s, enum policy_mode *out)
{
    size_t i;
    if (!find(modes, MODE_COUNT, s, &i)) return false;
    *out = (enum policy_mode)i;
    return true;
}

bool wish_read(struct str s, enum policy_wish *out)
{
    size_t i;
    for (size_t k = 0; k < sizeof short_wishes / sizeof *short_wishes; k++) {
        if (!str_eq_nocase(s, str_of(short_wishes[k].word))) continue;
        *out = short_wishes[k].wish;
        return true;
    }
    if (!find(wishes, WISH_COUNT, s, &i)) return false;
    *out = (enum policy_wish)i;
    return true;
}

bool wish_is_isolation(enum policy_wish w)
{
    return w == WISH_ISOLATE_FULL || w == WISH_ISOLATE_SELECTIVE || w == WISH_ISOLATE_UNMANAGED;
}
