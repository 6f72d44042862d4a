#include "face/app/engine/several.h"

#include <stdlib.h>

#include "kit/sys/thread.h"

enum { THREADS_MAX = 32 };

struct gathering {
    struct several *out;
    bool (*wants)(void *arg, const char *tenant_id);
    void *arg;
};

static void add(struct several *s, struct tenant *t)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct tenant **moved = realloc(s->tenants, cap * sizeof *moved);
        INVARIANT(moved);
        s->tenants = moved;
        s->cap = cap;
    }
    s->tenants[s->count++] = tenant_ref(t);
}

static bool consider(void *arg, struct tenant *t)
{
    struct gathering *g = arg;
    bool is_wanted = t->record.is_enabled && (g->wants == NULL || g->wants(g->arg, t->record.tenant_id));
    if (is_wanted) add(g->out, t);
    return true;
}

bool several_gather(struct installation *i, const char *tenant, bool (*wants)(void *arg, const char *tenant_id),
                    void *arg, struct several *out, struct err *e)
{
    struct gathering g = {out, wants, arg};
    struct tenant *one = NULL;
    if (tenant == NULL) return tenant_each(i->store, &i->conf, consider, &g, e);
    if (!tenant_find(i->store, &i->conf, tenant, &one, e)) return false;
    add(out, one);
    tenant_unref(one);
    return true;
}

void several_done(struct several *s)
{
    for (size_t i = 0; i < s->count; i++) tenant_unref(s->tenants[i]);
    free(s->tenants);
    *s = (struct several){.count = 0};
}

struct crew {
    const struct several *s;
    atomic_bool *is_ending;
    atomic_size_t next;
    void (*one)(void *arg, size_t index, struct tenant *t);
    void *arg;
};

static void work(void *arg)
{
    struct crew *c = arg;
    for (size_t i; (i = atomic_fetch_add(&c->next, 1)) < c->s->count && !atomic_load(c->is_ending);)
        c->one(c->arg, i, c->s->tenants[i]);
}

bool several_run(const struct several *s, size_t at_once, atomic_bool *is_ending,
                 void (*one)(void *arg, size_t index, struct tenant *t), void *arg, struct err *e)
{
    struct thread *threads[THREADS_MAX] = {NULL};
    struct crew crew = {.s = s, .is_ending = is_ending, .one = one, .arg = arg};
    bool ok = true;
    for (size_t i = 0; ok && i < at_once && i < THREADS_MAX && i < s->count; i++)
        ok = thread_start(work, &crew, &threads[i], e);
    for (size_t i = 0; i < THREADS_MAX; i++) thread_join(threads[i]);
    return ok;
}
