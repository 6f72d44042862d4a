/* What the engine is told and asked while it runs: each order goes to the loop thread, and its caller waits for the answer. */
#include "face/app/engine/engine_int.h"

#include <string.h>

#include "cloud/defender/defender.h"
#include "face/app/engine/import_files.h"
#include "flow/act/manage.h"
#include "state/store/health.h"
#include "state/store/managed.h"

static void pulled(void *ctx, const struct ingest_outcome *o)
{
    struct question *q = ctx;
    q->outcome = *o;
    gate_open(q->done);
}

static void pull_now(void *arg)
{
    struct question *q = arg;
    const struct pull_request *p = q->pull;
    if (p->sweep)
        ingest_drain(q->engine->ingest, pulled, q);
    else
        ingest_pull(q->engine->ingest, p->tenant, p->feed, p->from, p->to, pulled, q);
}

static bool resolve_tenant(struct engine *en, const char *id_or_name, char out[GUID_BYTES], struct err *e)
{
    struct tenant *t = NULL;
    if (!tenant_find(en->installation->store, &en->installation->conf, id_or_name, &t, e)) return false;
    memcpy(out, t->record.tenant_id, GUID_BYTES);
    tenant_unref(t);
    return true;
}

/* Blocks until the feeds have answered and what they brought is in the lake. */
static bool pull(void *ctx, const struct pull_request *request, struct pull_result *out, struct err *e)
{
    struct engine *en = ctx;
    struct pull_request p = *request;
    char tenant_id[GUID_BYTES];
    if (p.tenant && !resolve_tenant(en, p.tenant, tenant_id, e)) return false;
    if (p.tenant) p.tenant = tenant_id;
    if (p.feed && !ingest_is_feed(p.feed))
        return err_set(e, &ingest_causes[INGEST_NO_FEED], "there is no feed \"%s\"", p.feed);
    struct question q = {.pull = &p};
    if (atomic_load(&en->is_halted)) return err_set(e, &ingest_causes[INGEST_STOPPED], "the service is ending");
    engine_ask(en, pull_now, &q);
    *out = (struct pull_result){.feeds = q.outcome.feeds,
                                .rows = q.outcome.rows,
                                .failed_feeds = q.outcome.failed_feeds,
                                .absent_feeds = q.outcome.absent_feeds,
                                .first_error = q.outcome.first_error};
    return engine_fold(en, e);
}

/* Likewise, from files. */
static bool import_now(void *ctx, const struct import_request *q, struct import_result *out, struct err *e)
{
    struct engine *en = ctx;
    char tenant_id[GUID_BYTES];
    if (q->tenant && !resolve_tenant(en, q->tenant, tenant_id, e)) return false;
    struct files_from from = {.installation = en->installation,
                              .ingest = en->ingest,
                              .is_halted = &en->is_halted,
                              .tenant_id = q->tenant ? tenant_id : NULL};
    if (!import_files(&from, q, out, e)) return false;
    return engine_fold(en, e);
}

static bool is_ending(void *ctx)
{
    struct engine *en = ctx;
    return atomic_load(&en->is_halted);
}

/* On the caller's thread: folds and feeds go on. */
static bool remap(void *ctx, const struct lake_remap_request *request, struct lake_remap_result *out, struct err *e)
{
    struct engine *en = ctx;
    struct lake_remap_request q = *request;
    q.is_cancelled = is_ending;
    q.ctx = en;
    return engine_fold(en, e) && lake_remap(en->installation->lake, &q, out, e);
}

static void ordered(void *ctx, const struct act_reply *r)
{
    struct question *q = ctx;
    q->reply = *r;
    gate_open(q->done);
}

static void order_now(void *arg)
{
    struct question *q = arg;
    act_order(responding_act(q->engine->responding), q->order, q->witness, ordered, q);
}

static void settled(void *ctx)
{
    struct question *q = ctx;
    gate_open(q->done);
}

static void settle_now(void *arg)
{
    struct question *q = arg;
    act_settle(responding_act(q->engine->responding), settled, q);
}

/* Without a service the command waits until what it ordered has been sent and answered; whether it is confirmed, the next
 * one finds out. */
static bool order(void *ctx, const struct respond_order *o, const struct order_witness *w, struct act_reply *out,
                  struct err *e)
{
    struct engine *en = ctx;
    struct question begin = {0}, give = {.order = o, .witness = w}, settle = {0};
    if (atomic_load(&en->is_halted)) return err_set(e, &act_causes[ACT_STOPPED], "the service is ending");
    engine_ask(en, engine_respond_now, &begin);
    if (!begin.ok) {
        *e = begin.err;
        return false;
    }
    engine_ask(en, order_now, &give);
    if (en->is_manual) engine_ask(en, settle_now, &settle);
    *out = give.reply;
    return true;
}

static bool readiness(void *ctx, const char *tenant,
                      void (*each)(void *arg, const struct tenant *t, const struct readiness *r), void *arg,
                      struct err *e)
{
    struct engine *en = ctx;
    struct question begin = {0};
    if (atomic_load(&en->is_halted)) return err_set(e, &manage_causes[MANAGE_STOPPED], "nothing was asked");
    engine_ask(en, engine_respond_now, &begin); /* it knows limits and stops once its ledger is loaded */
    if (begin.ok) return readying_ask(en->readying, tenant, each, arg, e);
    *e = begin.err;
    return false;
}

static bool test(void *ctx, const struct test_request *q,
                 void (*each)(void *arg, const struct tenant *t, const struct test_report *r), void *arg, struct err *e)
{
    struct engine *en = ctx;
    if (atomic_load(&en->is_halted)) return err_set(e, &manage_causes[MANAGE_STOPPED], "nothing was asked");
    return testing_ask(en->testing, q, each, arg, e);
}

static bool manage(void *ctx, const struct manage_order *order, struct managed_record *out, struct err *e)
{
    struct engine *en = ctx;
    if (atomic_load(&en->is_halted)) return err_set(e, &manage_causes[MANAGE_STOPPED], "nothing was sent");
    return manage_carry_out(responding_manage(en->responding), order, out, e);
}

bool engine_drain(struct engine *en, struct pull_result *out, struct err *e)
{
    struct pull_request q = {.sweep = true};
    return pull(en, &q, out, e);
}

static void reload_tenant(void *arg)
{
    struct question *q = arg;
    if (q->tenant_id) defender_forget_tenant(q->engine->defender, q->tenant_id);
    ingest_tenants_changed(q->engine->ingest);
    responding_tenants_changed(q->engine->responding);
    gate_open(q->done);
}

void engine_tenant_changed(void *engine, const char *tenant_id)
{
    struct engine *en = engine;
    struct question q = {.tenant_id = tenant_id};
    struct err e;
    readying_forget(en->readying, tenant_id);
    if (tenant_id) (void)store_token_tidy(en->installation->store, tenant_id, &e); /* else with the next login */
    engine_ask(en, reload_tenant, &q);
    keeping_wake(en->keeping);
}

static void readiness_changed(void *engine, const char *tenant_id)
{
    readying_forget(((struct engine *)engine)->readying, tenant_id);
}

static void prove(void *ctx, struct tenant *t, struct app *app, int64_t wants, struct tenant_proof out[AUD_COUNT])
{
    struct engine *en = ctx;
    proving_ask(en->proving, t, app, wants, out);
}

void engine_take_orders(struct engine *en)
{
    en->ops = (struct engine_ops){.ctx = en,
                                  .pull = pull,
                                  .order = order,
                                  .import_files = import_now,
                                  .remap = remap,
                                  .manage = manage,
                                  .readiness = readiness,
                                  .prove = prove,
                                  .test = test,
                                  .tenant_changed = engine_tenant_changed,
                                  .readiness_changed = readiness_changed};
}

const struct engine_ops *engine_operations(struct engine *en)
{
    return &en->ops;
}
