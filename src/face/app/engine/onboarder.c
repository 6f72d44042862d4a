#include "face/app/engine/onboarder.h"

#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/sys/thread.h"
#include "state/store/audit.h"
#include "state/store/onboardings.h"

enum {
    ROUND_MAX = 64 /* records */,
    AT_ONCE = 8 /* threads: one login that hangs holds up no other */,
    LOOK_EVERY_MS = 1000
};

struct onboarder {
    struct onboarder_opts o;
    struct gate *end;
    struct thread *thread;
    atomic_bool is_ending;
};

struct round {
    struct onboarder *o;
    struct onboarding_record due[ROUND_MAX];
    unsigned count;
    atomic_uint next;
};

static bool take_due(void *arg, const struct onboarding_record *r)
{
    struct round *round = arg;
    round->due[round->count++] = *r;
    return round->count < ROUND_MAX;
}

/* ---- one record --------------------------------------------------------------------------------------------------------------- */

/* A state that changed is in the audit trail, whoever changed it. */
static bool audit(struct store *s, const struct onboarding_record *r, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    const struct {
        const char *key, *value;
    } members[] = {{"tenant_id", onboarding_tenant(r)},
                   {"state", onboarding_state_names[r->state]},
                   {"graph", onboarding_proof_names[onboarding_proof_of(r, AUD_GRAPH)]},
                   {"endpoint", onboarding_proof_names[onboarding_proof_of(r, AUD_ENDPOINT)]},
                   {"code", r->error_code}};
    buf_init(&detail, 8192);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    json_key(&w, "onboarding");
    json_write_i64(&w, r->id);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_key(&w, members[i].key);
        json_write_cstr(&w, members[i].value);
    }
    json_object_end(&w);
    bool ok = store_audit_add(s, "service", "onboarding proof", buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

/* Unless somebody changed it while its tokens were asked for: then it is looked at anew. */
static bool write_back(struct onboarder *o, const struct onboarding_record *before,
                       const struct onboarding_record *after, struct err *e)
{
    struct store *s = o->o.installation->store;
    struct onboarding_record now, put = *after;
    bool found = false;
    if (!store_begin(s, e)) return false;
    bool ok = store_onboarding_find(s, before->id, &now, &found, e);
    bool is_same = ok && found && now.changed.ticks == before->changed.ticks && now.state == before->state;
    if (is_same) ok = store_onboarding_put(s, &put, e) && (put.state == before->state || audit(s, &put, e));
    if (ok && is_same) return store_commit(s, e);
    store_rollback(s);
    return ok;
}

/* What cannot even be asked: an app that is gone, a secret that cannot be opened. */
static void all_refused(int64_t wants, const struct err *why, struct tenant_proof out[AUD_COUNT])
{
    for (int i = 0; i < AUD_COUNT; i++)
        out[i] = (struct tenant_proof){.proof = wants & onboarding_bit((enum audience)i) ? PROOF_REFUSED : PROOF_NONE,
                                       .why = *why};
}

static void look_at(struct onboarder *o, const struct onboarding_record *before)
{
    struct installation *i = o->o.installation;
    struct onboarding_record after = *before;
    struct tenant_proof proofs[AUD_COUNT] = {{.proof = PROOF_NONE}};
    struct onboarding_proved proved[AUD_COUNT];
    struct tenant *t = NULL;
    struct app *app = NULL;
    struct err e;
    bool adds = false, ok = true;
    if (onboarding_tenant(before)[0]) {
        if (onboarding_suspect(i->store, &i->conf, before, &t, &app, &e))
            proving_ask(o->o.proving, t, app, before->wants, proofs);
        else
            all_refused(before->wants, &e, proofs);
    }
    for (int a = 0; a < AUD_COUNT; a++)
        proved[a] = (struct onboarding_proved){proofs[a].proof, proofs[a].why.cause ? &proofs[a].why : NULL};
    if (!atomic_load(&o->is_ending)) {
        struct wall now = clock_wall(&i->clock);
        onboarding_step(&after, proved, now, &adds);
        /* The tenant first: killed in between, it is found there the next time. */
        if (adds) ok = onboarding_adopt(i->store, &i->conf, &after, app, now, &e);
        if (!ok) onboarding_fail(&after, &e, now);
        ok = write_back(o, before, &after, &e) && ok;
        /* Also one that consented again: its next token has what it granted now. */
        if (ok && after.is_in && after.state != before->state) o->o.tenant_added(o->o.ctx, onboarding_tenant(&after));
    }
    tenant_unref(t);
    app_unref(app);
}

/* ---- the thread ------------------------------------------------------------------------------------------------------------------ */

static void work(void *arg)
{
    struct round *r = arg;
    for (unsigned n; (n = atomic_fetch_add(&r->next, 1)) < r->count && !atomic_load(&r->o->is_ending);)
        look_at(r->o, &r->due[n]);
}

static void run_round(struct round *r)
{
    struct thread *threads[AT_ONCE] = {NULL};
    struct err e;
    bool ok = r->count > 1;
    for (unsigned n = 0; ok && n < AT_ONCE && n < r->count; n++) ok = thread_start(work, r, &threads[n], &e);
    if (!ok) work(r); /* one alone, or no further thread is to be had */
    for (unsigned n = 0; n < AT_ONCE; n++) thread_join(threads[n]);
}

static void run(void *arg)
{
    struct onboarder *o = arg;
    struct installation *i = o->o.installation;
    while (!gate_wait_ms(o->end, LOOK_EVERY_MS)) {
        struct round *round = calloc(1, sizeof *round);
        struct wall now = clock_wall(&i->clock);
        struct err e;
        INVARIANT(round);
        round->o = o;
        if (store_onboarding_list(i->store, &now, take_due, round, &e)) run_round(round);
        free(round);
    }
}

bool onboarder_new(const struct onboarder_opts *opts, struct onboarder **out, struct err *e)
{
    struct onboarder *o = calloc(1, sizeof *o);
    if (o == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "onboarding");
    o->o = *opts;
    o->end = gate_new();
    *out = o;
    return true;
}

bool onboarder_start(struct onboarder *o, struct err *e)
{
    return thread_start(run, o, &o->thread, e);
}

void onboarder_stop(struct onboarder *o)
{
    if (o == NULL || atomic_exchange(&o->is_ending, true)) return;
    gate_open(o->end);
    thread_join(o->thread);
    o->thread = NULL;
}

void onboarder_free(struct onboarder *o)
{
    if (o == NULL) return;
    gate_free(o->end);
    free(o);
}
