/* What a policy counts survives a restart: the alerts stored within its longest window are judged once more, for the counter
 * alone. */
#include <stdlib.h>

#include "flow/act/alert_facts.h"
#include "flow/act/context.h"
#include "state/store/revisions.h"

enum { PIECE_ROWS = 500, ARENA_BYTES = 64 << 20 };

struct recalling {
    struct context *c;
    struct arena arena;
    struct judgement *judgement;
    int64_t last; /* revision; 0: the piece was empty */
};

static bool recall_one(void *arg, const struct seen_revision *s)
{
    struct recalling *r = arg;
    struct context_tenant *t = context_tenant(r->c, s->tenant_id);
    enum facts_source source;
    struct alert_facts f;
    r->last = s->id;
    if (t == NULL || !facts_source_of(s->feed, &source)) return true;
    arena_reset(&r->arena);
    alert_facts_read(&r->arena, source, s->r.row, &f);
    context_tell_whose(t, &f);
    context_judge(r->c, t, &f, s->seen.ticks ? s->seen : s->r.updated, r->judgement);
    return true;
}

bool context_recall(struct context *c, const struct act_opts *o, struct wall now, struct err *e)
{
    int64_t memory = policy_memory_ms(c->policy) * WALL_TICKS_PER_MS;
    struct hash128 digest = policy_digest(c->policy);
    if (hash128_eq(digest, c->recalled)) return true;
    struct recalling r = {.c = c, .judgement = malloc(sizeof *r.judgement), .last = 1};
    struct revision_range q = {.from = wall_add(now, -memory), .to = {INT64_MAX}, .max = PIECE_ROWS};
    bool ok = r.judgement != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "the policy's memory");
    arena_init(&r.arena, ARENA_BYTES);
    while (ok && memory > 0 && r.last > 0) {
        r.last = 0;
        ok = store_revision_range(o->store, &q, recall_one, &r, e);
        q.after = r.last;
    }
    arena_done(&r.arena);
    free(r.judgement);
    if (ok) c->recalled = digest;
    return ok;
}
