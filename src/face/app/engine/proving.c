#include "face/app/engine/proving.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "cloud/net/http.h"
#include "kit/sys/thread.h"

enum { WAIT_STEP_MS = 200 };

/* One token. Whoever asks may have gone: then it stays in the list until the end. */
struct asked {
    LIST_ENTRY(asked) in_list;
    struct proving *p;
    struct gate *done;
    struct tenant *tenant;
    struct app *app;
    enum audience audience;
    struct tenant_proof proof;
};
struct proving {
    struct loop *loop;
    struct defender *defender;
    const atomic_bool *is_ending;
    pthread_mutex_t lock;
    LIST_HEAD(, asked) all;
};

struct proving *proving_new(struct loop *l, struct defender *d, const atomic_bool *is_ending)
{
    struct proving *p = calloc(1, sizeof *p);
    INVARIANT(p != NULL);
    p->loop = l;
    p->defender = d;
    p->is_ending = is_ending;
    LIST_INIT(&p->all);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void asked_free(struct asked *a)
{
    pthread_mutex_lock(&a->p->lock);
    LIST_REMOVE(a, in_list);
    pthread_mutex_unlock(&a->p->lock);
    gate_free(a->done);
    tenant_unref(a->tenant);
    app_unref(a->app);
    free(a);
}

void proving_free(struct proving *p)
{
    if (p == NULL) return;
    for (struct asked *a = LIST_FIRST(&p->all), *next; a; a = next) {
        next = LIST_NEXT(a, in_list);
        asked_free(a);
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* ---- what an answer means ---------------------------------------------------------------------------------------------------- */

static enum onboarding_proof meaning(const struct err *e)
{
    static const struct {
        int cause;
        enum onboarding_proof proof;
    } rows[] = {
        {DEFENDER_NO_CONSENT, PROOF_PENDING},      {DEFENDER_APP_UNKNOWN, PROOF_PENDING},
        {DEFENDER_NO_LICENCE, PROOF_ABSENT},       {DEFENDER_NO_SERVICE, PROOF_ABSENT},
        {DEFENDER_API_NOT_IN_APP, PROOF_NO_ROLES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (e->cause == &defender_causes[rows[i].cause]) return rows[i].proof;
    bool is_passing = e->cause->kind == ERR_RETRY || e->cause->kind == ERR_UNCERTAIN || e->cause->kind == ERR_LIMIT;
    bool is_network = e->cause >= net_causes && e->cause < net_causes + NET_CAUSE_COUNT;
    return is_passing || is_network ? PROOF_PASSING : PROOF_REFUSED;
}

static void read_roles(enum audience audience, struct str roles, struct tenant_proof *out)
{
    out->proof = roles.n ? PROOF_ROLES : PROOF_NO_ROLES;
    while (roles.n) out->granted |= perm_bit(perm_find(audience, str_cut(&roles, '\n')));
    if (out->proof == PROOF_NO_ROLES)
        (void)err_set(&out->why, &defender_causes[DEFENDER_ROLE_MISSING],
                      "a token for %s came, with no permission in it", api_rows[audience].name);
}

/* ---- asking -------------------------------------------------------------------------------------------------------------------- */

static void answered(void *ctx, struct str roles, const struct err *e)
{
    struct asked *a = ctx;
    if (e) {
        a->proof.proof = meaning(e);
        a->proof.why = *e;
    } else {
        read_roles(a->audience, roles, &a->proof);
    }
    gate_open(a->done);
}

static void ask_now(void *arg)
{
    struct asked *a = arg;
    struct err e;
    if (a->app->credential_count == 0) {
        (void)err_set(&e, &defender_causes[DEFENDER_NO_CREDENTIAL], "the app %s has none", a->app->record.name);
        answered(a, STR_NONE, &e);
    } else {
        defender_try(a->p->defender, a->tenant, a->app, 0, a->audience, answered, a);
    }
}

static struct asked *ask(struct proving *p, struct tenant *t, struct app *app, enum audience audience)
{
    struct asked *a = calloc(1, sizeof *a);
    INVARIANT(a != NULL);
    *a = (struct asked){.p = p, .done = gate_new(), .tenant = tenant_ref(t), .app = app_ref(app), .audience = audience};
    pthread_mutex_lock(&p->lock);
    LIST_INSERT_HEAD(&p->all, a, in_list);
    pthread_mutex_unlock(&p->lock);
    loop_post(p->loop, ask_now, a);
    return a;
}

/* An answer, or the end of everything: then what comes still has a place to come to. */
static void await(struct asked *a, struct tenant_proof *out)
{
    while (!gate_wait_ms(a->done, WAIT_STEP_MS)) {
        if (!atomic_load(a->p->is_ending)) continue;
        *out = (struct tenant_proof){.proof = PROOF_PASSING};
        (void)err_set(&out->why, &net_causes[NET_TIMEOUT], "the service is ending; no answer was waited for");
        return;
    }
    *out = a->proof;
    asked_free(a);
}

void proving_ask(struct proving *p, struct tenant *t, struct app *app, int64_t wants,
                 struct tenant_proof out[AUD_COUNT])
{
    struct asked *asked[AUD_COUNT] = {NULL};
    for (int i = 0; i < AUD_COUNT; i++) {
        out[i] = (struct tenant_proof){.proof = PROOF_NONE};
        if (wants & onboarding_bit((enum audience)i)) asked[i] = ask(p, t, app, (enum audience)i);
    }
    for (int i = 0; i < AUD_COUNT; i++)
        if (asked[i]) await(asked[i], &out[i]);
}
