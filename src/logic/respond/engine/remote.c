/* What a device's list of actions says: the one place that derives "isolated" from Defender's answers, as no object of
 * Defender's says it outright (the machine does not). */
#include "logic/respond/engine/engine_int.h"

bool is_final(enum remote_state s)
{
    return s == REMOTE_SUCCEEDED || s == REMOTE_FAILED || s == REMOTE_TIMED_OUT || s == REMOTE_CANCELLED;
}

/* By when it took effect, as a stray may have been created before the release that it outlives. */
static bool is_newer(const struct remote_action *a, const struct remote_action *b)
{
    if (b == NULL) return true;
    if (a->updated.ticks != b->updated.ticks) return a->updated.ticks > b->updated.ticks;
    return a->created.ticks > b->created.ticks;
}

struct pair read_pair(const struct remote_action *list, size_t count)
{
    struct pair p = {0};
    for (size_t i = 0; i < count; i++) {
        const struct remote_action *x = &list[i];
        if (x->kind != ACT_ISOLATE && x->kind != ACT_RELEASE) continue;
        p.has_isolate |= x->kind == ACT_ISOLATE;
        if (x->state == REMOTE_SUCCEEDED && is_newer(x, p.last)) p.last = x;
        if (is_final(x->state)) continue;
        if (x->kind == ACT_ISOLATE)
            p.open_isolate = x;
        else
            p.open_release = x;
    }
    return p;
}

/* Somebody else has isolated the device since its last release, whatever of ours came before or after. */
bool stands_for_others(const struct responder *r, const struct remote_action *list, size_t count)
{
    struct wall theirs = {0}, released = {0};
    uint64_t id;
    for (size_t i = 0; i < count; i++) {
        const struct remote_action *x = &list[i];
        struct wall *newest = x->kind == ACT_RELEASE ? &released : &theirs;
        bool counts = x->kind == ACT_RELEASE || (x->kind == ACT_ISOLATE && !is_marked(r, x->comment, &id));
        if (counts && x->state == REMOTE_SUCCEEDED && x->updated.ticks > newest->ticks) *newest = x->updated;
    }
    return theirs.ticks > released.ticks && !MUTANT(OWN_ALL);
}

const struct remote_action *find_remote(const struct remote_action *list, size_t count, const char *id)
{
    for (size_t i = 0; *id && i < count; i++)
        if (strcmp(list[i].id, id) == 0) return &list[i];
    return NULL;
}
