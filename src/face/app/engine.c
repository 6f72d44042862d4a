#include "face/app/engine.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/net/http.h"
#include "face/app/changes.h"
#include "face/app/folding.h"
#include "face/app/history.h"
#include "face/app/import_files.h"
#include "face/app/keeping.h"
#include "face/app/onboarder.h"
#include "face/app/proving.h"
#include "face/app/readying.h"
#include "face/app/reload.h"
#include "face/app/responding.h"
#include "face/app/testing.h"
#include "face/app/watching.h"
#include "flow/act/manage.h"
#include "kit/sys/loop.h"
#include "kit/sys/memory.h"
#include "kit/sys/random.h"
#include "kit/sys/thread.h"
#include "state/store/health.h"
#include "state/store/managed.h"

enum { TELL_EVERY_MS = 5000 };

struct engine {
    struct installation *installation;
    struct loop *loop;
    struct thread *thread;
    struct http_client *http, *response_http;
    struct defender *defender;
    struct ingest *ingest;
    struct responding *responding;
    struct readying *readying;
    struct proving *proving;
    struct onboarder *onboarder; /* NULL: not a service */
    struct watching *watching;
    struct testing *testing;
    struct keeping *keeping;
    bool is_manual;
    bool is_feedless; /* the feeds never began */
    bool is_response_over;
    struct folding *folding;
    struct changes *changes; /* loop; NULL unless they are told */
    struct timer *changes_timer;
    struct reload *reload; /* NULL: not a service */
    struct engine_ops ops;
    atomic_bool is_halted;
};

/* ---- asking the loop thread and waiting ------------------------------------------------------------------------------- */

/* One question: run on the loop, answered when `done` opens. */
struct question {
    struct engine *engine;
    struct gate *done;
    bool ok;
    struct err err;
    /* what is asked, and the answer */
    const char *tenant_id;
    struct changes *changes;
    const struct pull_request *pull;
    struct ingest_outcome outcome;
    const struct respond_order *order;
    struct act_reply reply;
    void (*look)(void *arg, const struct ingest *in);
    void *look_arg;
    void (*also)(void *arg);
};

static void ask(struct engine *en, void (*fn)(void *question), struct question *q)
{
    q->engine = en;
    q->done = gate_new();
    loop_post(en->loop, fn, q);
    gate_wait(q->done);
    gate_free(q->done);
}

static void look_now(void *arg)
{
    struct question *q = arg;
    q->look(q->look_arg, q->engine->ingest);
    gate_open(q->done);
}

void engine_look(struct engine *en, void (*look)(void *arg, const struct ingest *in), void *arg)
{
    struct question q = {.look = look, .look_arg = arg};
    ask(en, look_now, &q);
}

/* ---- start ------------------------------------------------------------------------------------------------------------- */

static bool each_tenant(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e)
{
    struct installation *i = ctx;
    return tenant_each(i->store, &i->conf, each, arg, e);
}

static void on_commit(void *ctx, uint64_t log_end)
{
    struct engine *en = ctx;
    folding_wake(en->folding, log_end);
    responding_wake(en->responding);
}

/* To whoever runs us: it concerns every tenant at once. */
static void on_clock(void *ctx, const struct err *e)
{
    (void)ctx;
    if (e)
        (void)fprintf(stderr, "portcullis: warning: %s\n  code: %s\n  do:   %s\n", e->text, e->cause->code,
                      e->cause->remedy);
    else
        (void)fprintf(stderr, "portcullis: this machine's clock is right again\n");
}

static void on_login(void *ctx, const struct login_news *n)
{
    struct engine *en = ctx;
    watching_login(en->watching, n);
}

static void on_lost(void *ctx)
{
    struct engine *en = ctx;
    responding_notices(en->responding);
}

/* From the thread that keeps credentials, which must not wait for the loop. */
static void reload_all(void *arg)
{
    struct engine *en = arg;
    if (atomic_load(&en->is_halted)) return;
    ingest_tenants_changed(en->ingest);
    responding_tenants_changed(en->responding);
}

static void on_switch(void *ctx)
{
    struct engine *en = ctx;
    loop_post(en->loop, reload_all, en);
}

static void on_credential(void *ctx, const struct credential_event *event)
{
    struct engine *en = ctx;
    keeping_event(en->keeping, event);
}

static bool read_registration(void *ctx, struct tenant *t, const char *client_id, struct buf *json_out)
{
    struct engine *en = ctx;
    struct err e;
    const struct fetch f = {
        .endpoint = EP_APPLICATION, .query = STR("$select=appId,passwordCredentials"), .id = str_of(client_id)};
    struct manage *m = responding_manage(en->responding);
    if (atomic_load(&en->is_halted)) return false;
    enum access access = manage_access(m, t->record.tenant_id, EP_APPLICATION);
    return access == ACCESS_GRANTED && manage_ask(m, t, &f, CALL_LATER, json_out, &e);
}

static bool make_keeping(struct engine *en, bool is_manual, struct err *e)
{
    struct keeping_opts o = {.installation = en->installation,
                             .is_manual = is_manual,
                             .ctx = en,
                             .on_notices = on_lost,
                             .on_switch = on_switch,
                             .read = read_registration};
    return keeping_new(&o, &en->keeping, e);
}

static bool make_cloud(struct engine *en, struct err *e)
{
    const struct conf *c = &en->installation->conf;
    struct http_client_opts http = {.ca_file = c->ca_file[0] ? c->ca_file : NULL};
    if (!http_client_new(en->loop, &http, &en->http, e) || !http_client_new(en->loop, &http, &en->response_http, e))
        return false;
    struct defender_opts defender = {.http = en->http,
                                     .response_http = en->response_http,
                                     .on_clock = on_clock,
                                     .on_credential = on_credential,
                                     .credential_ctx = en,
                                     .on_login = on_login,
                                     .login_ctx = en,
                                     .total_timeout_ms = (uint32_t)c->request_timeout_ms,
                                     .stall_timeout_ms = (uint32_t)c->request_stall_ms};
    return defender_new(en->loop, &defender, &en->defender, e);
}

static void on_change(void *ctx, const struct ingest_change *change)
{
    struct engine *en = ctx;
    watching_feed(en->watching, change);
    if (en->changes == NULL) return;
    changes_note(en->changes, change, clock_mono(loop_clock(en->loop)));
    timer_arm(en->changes_timer, TELL_EVERY_MS);
}

static void tell_changes(void *arg)
{
    struct engine *en = arg;
    if (changes_tell(en->changes, clock_mono(loop_clock(en->loop)))) timer_arm(en->changes_timer, TELL_EVERY_MS);
}

static bool make_flow(struct engine *en, bool is_manual, struct err *e)
{
    struct installation *i = en->installation;
    char spool[CONF_PATH_BYTES], dead[CONF_PATH_BYTES];
    uint64_t seed;
    (void)installation_path(&i->conf, "spool", spool);
    (void)installation_path(&i->conf, "dead", dead);
    random_bytes(&seed, sizeof seed);
    if (!folding_new(en->loop, i, &en->folding, e)) return false;
    struct ingest_opts o = {.runtime = runtime_of_loop(en->loop),
                            .clock = i->clock,
                            .store = i->store,
                            .log = i->log,
                            .ocsf = i->ocsf,
                            .conf = &i->conf,
                            .fs = i->fs,
                            .spool_dir = spool,
                            .dead_dir = dead,
                            .fetcher = fetcher_of_defender(en->defender),
                            .each_tenant = each_tenant,
                            .tenants_ctx = i,
                            .history = history_of(i),
                            .seed = seed,
                            .on_commit = on_commit,
                            .on_commit_ctx = en,
                            .on_change = on_change,
                            .on_change_ctx = en,
                            .is_manual = is_manual};
    en->ingest = ingest_new(&o);
    if (en->ingest && !is_manual) en->reload = reload_new(en->loop, i, en->ingest);
    return (en->ingest && (is_manual || en->reload)) || err_set(e, &base_causes[BASE_NO_MEMORY], "starting the feeds");
}

static void on_own_events(void *ctx)
{
    struct engine *en = ctx;
    ingest_own_events(en->ingest);
}

static bool make_response(struct engine *en, bool is_manual, struct err *e)
{
    struct responding_opts o = {.loop = en->loop,
                                .installation = en->installation,
                                .defender = en->defender,
                                .http = en->response_http,
                                .on_own_events = on_own_events,
                                .ctx = en,
                                .is_manual = is_manual};
    if (!responding_new(&o, &en->responding, e) || !readying_new(en->installation, en->responding, &en->readying, e))
        return false;
    struct testing_opts testing = {en->loop, en->installation, en->http, en->defender, en->responding, en->watching};
    return testing_new(&testing, &en->testing, e);
}

static void run_loop(void *arg)
{
    struct engine *en = arg;
    loop_run(en->loop);
}

static void started(void *ctx, const struct err *e)
{
    struct question *q = ctx;
    q->ok = e == NULL;
    if (e) q->err = *e;
    gate_open(q->done);
}

static void respond_now(void *arg)
{
    struct question *q = arg;
    responding_start(q->engine->responding, started, q);
}

static void start_now(void *arg)
{
    struct question *q = arg;
    ingest_start(q->engine->ingest, started, q);
}

static void dismantle(struct engine *en)
{
    ingest_free(en->ingest);
    responding_free(en->responding);
    readying_free(en->readying);
    onboarder_free(en->onboarder);
    testing_free(en->testing);
    folding_free(en->folding);
    timer_free(en->changes_timer);
    changes_free(en->changes);
    defender_free(en->defender);
    proving_free(en->proving);
    watching_free(en->watching);
    keeping_free(en->keeping);
    http_client_free(en->http);
    http_client_free(en->response_http);
    if (en->loop) loop_free(en->loop);
    reload_free(en->reload);
    free(en);
}

static bool pull(void *ctx, const struct pull_request *q, struct pull_result *out, struct err *e);
static bool import_now(void *ctx, const struct import_request *q, struct import_result *out, struct err *e);
static void tenant_changed(void *ctx, const char *tenant_id);
static bool order(void *ctx, const struct respond_order *o, struct act_reply *out, struct err *e);
static bool remap(void *ctx, const struct lake_remap_request *q, struct lake_remap_result *out, struct err *e);
static bool readiness(void *ctx, const char *tenant,
                      void (*each)(void *arg, const struct tenant *t, const struct readiness *r), void *arg,
                      struct err *e);
static bool test(void *ctx, const struct test_request *q,
                 void (*each)(void *arg, const struct tenant *t, const struct test_report *r), void *arg,
                 struct err *e);
static bool manage(void *ctx, const struct manage_order *order, struct managed_record *out, struct err *e);

static void prove(void *ctx, struct tenant *t, struct app *app, int64_t wants, struct tenant_proof out[AUD_COUNT])
{
    struct engine *en = ctx;
    proving_ask(en->proving, t, app, wants, out);
}

static bool make_onboarding(struct engine *en, bool is_manual, struct err *e)
{
    en->proving = proving_new(en->loop, en->defender, &en->is_halted);
    struct onboarder_opts o = {
        .installation = en->installation, .proving = en->proving, .tenant_added = tenant_changed, .ctx = en};
    return is_manual || onboarder_new(&o, &en->onboarder, e);
}

bool engine_start(struct installation *i, bool is_manual, struct engine **out, struct err *e)
{
    struct question q = {0};
    struct engine *en = calloc(1, sizeof *en);
    if (en == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting the engine");
    memory_return_large();
    (void)memory_keep_out_of_cores();
    en->installation = i;
    en->is_manual = is_manual;
    en->ops = (struct engine_ops){.ctx = en,
                                  .pull = pull,
                                  .order = order,
                                  .import_files = import_now,
                                  .remap = remap,
                                  .manage = manage,
                                  .readiness = readiness,
                                  .prove = prove,
                                  .test = test,
                                  .tenant_changed = tenant_changed};
    if (!watching_new(i->store, on_lost, en, &en->watching, e) || !loop_new(i->clock, &en->loop, e) ||
        !make_keeping(en, is_manual, e) || !make_cloud(en, e) || !make_flow(en, is_manual, e) ||
        !make_response(en, is_manual, e) || !make_onboarding(en, is_manual, e) ||
        !thread_start(run_loop, en, &en->thread, e)) {
        dismantle(en);
        return false;
    }
    if (is_manual)
        q.ok = true; /* it begins with the first order */
    else
        ask(en, respond_now, &q);
    if (q.ok) ask(en, start_now, &q);
    if (!q.ok) {
        *e = q.err;
        en->is_feedless = true; /* the feeds never began */
        engine_stop(en);
        return false;
    }
    if (!watching_start(en->watching, e) || !keeping_start(en->keeping, e) ||
        (!is_manual &&
         (!readying_start(en->readying, e) || !onboarder_start(en->onboarder, e) || !testing_start(en->testing, e)))) {
        engine_stop(en);
        return false;
    }
    *out = en;
    return true;
}

/* ---- stop --------------------------------------------------------------------------------------------------------------- */

static void folding_stopped(void *ctx)
{
    struct question *q = ctx;
    /* The loop stops first, so that nothing of it runs while the engine is taken apart. */
    loop_stop(q->engine->loop);
    gate_open(q->done);
}

static void fold_stop_now(void *arg)
{
    struct question *q = arg;
    folding_stop(q->engine->folding, folding_stopped, q);
}

static void ingest_stopped(void *ctx)
{
    struct question *q = ctx;
    gate_open(q->done);
}

static void response_stopped(void *ctx)
{
    struct question *q = ctx;
    struct engine *en = q->engine;
    if (en->is_feedless)
        gate_open(q->done);
    else
        ingest_stop(en->ingest, ingest_stopped, q);
}

/* The response first: nothing new is begun for what the feeds still bring. */
static void halt_now(void *arg)
{
    struct question *q = arg;
    if (q->engine->is_response_over)
        response_stopped(q);
    else
        responding_stop(q->engine->responding, response_stopped, q);
}

static void response_ended(void *ctx)
{
    struct question *q = ctx;
    q->engine->is_response_over = true;
    gate_open(q->done);
}

static void end_response_now(void *arg)
{
    struct question *q = arg;
    if (q->engine->is_response_over)
        gate_open(q->done);
    else
        responding_stop(q->engine->responding, response_ended, q);
}

void engine_end_response(struct engine *en)
{
    struct question q = {0};
    responding_halt_managing(en->responding);
    responding_end_managing(en->responding); /* before its calls are gone */
    ask(en, end_response_now, &q);
}

void engine_halt(struct engine *en)
{
    struct question q = {0};
    responding_halt_managing(en->responding);
    bool is_first = !atomic_exchange(&en->is_halted, true); /* from here on nobody waits for a login any more */
    onboarder_stop(en->onboarder);
    if (is_first) ask(en, halt_now, &q);
}

void engine_stop(struct engine *en)
{
    struct question q = {0};
    if (en == NULL) return;
    engine_halt(en);
    readying_stop(en->readying);
    testing_stop(en->testing);
    watching_stop(en->watching);
    keeping_stop(en->keeping);
    responding_end_managing(en->responding);
    ask(en, fold_stop_now, &q);
    thread_join(en->thread);
    dismantle(en);
}

/* ---- operations ------------------------------------------------------------------------------------------------------------ */

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
    ask(en, pull_now, &q);
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
    act_order(responding_act(q->engine->responding), q->order, ordered, q);
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
static bool order(void *ctx, const struct respond_order *o, struct act_reply *out, struct err *e)
{
    struct engine *en = ctx;
    struct question begin = {0}, give = {.order = o}, settle = {0};
    if (atomic_load(&en->is_halted)) return err_set(e, &act_causes[ACT_STOPPED], "the service is ending");
    ask(en, respond_now, &begin);
    if (!begin.ok) {
        *e = begin.err;
        return false;
    }
    ask(en, order_now, &give);
    if (en->is_manual) ask(en, settle_now, &settle);
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
    ask(en, respond_now, &begin); /* it knows limits and stops once its ledger is loaded */
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

static void tenant_changed(void *ctx, const char *tenant_id)
{
    struct engine *en = ctx;
    struct question q = {.tenant_id = tenant_id};
    struct err e;
    if (tenant_id) readying_forget(en->readying, tenant_id);
    if (tenant_id) (void)store_token_tidy(en->installation->store, tenant_id, &e); /* else with the next login */
    ask(en, reload_tenant, &q);
    keeping_wake(en->keeping);
}

const struct engine_ops *engine_operations(struct engine *en)
{
    return &en->ops;
}

static void folded(void *ctx, const struct err *e)
{
    struct question *q = ctx;
    q->ok = e == NULL;
    if (e) q->err = *e;
    gate_open(q->done);
}

static void fold_now(void *arg)
{
    struct question *q = arg;
    folding_force(q->engine->folding, folded, q);
}

bool engine_fold(struct engine *en, struct err *e)
{
    struct question q = {0};
    ask(en, fold_now, &q);
    if (!q.ok) *e = q.err;
    return q.ok;
}

static void failure_now(void *arg)
{
    struct question *q = arg;
    q->ok = folding_failure(q->engine->folding, &q->err);
    gate_open(q->done);
}

bool engine_fold_failure(struct engine *en, struct err *out)
{
    struct question q = {0};
    ask(en, failure_now, &q);
    if (q.ok) *out = q.err;
    return q.ok;
}

static void begin_telling(void *arg)
{
    struct question *q = arg;
    struct engine *en = q->engine;
    en->changes = q->changes;
    en->changes_timer = timer_new(en->loop, tell_changes, en);
    gate_open(q->done);
}

bool engine_tell_changes(struct engine *en, void (*tell)(void *ctx, const char *line), void *ctx, struct err *e)
{
    struct question q = {.changes = changes_new(tell, ctx)};
    if (q.changes == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "telling how feeds change");
    ask(en, begin_telling, &q);
    return true;
}

void engine_on_signal(struct engine *en, void (*fn)(void *arg, int signum), void *arg)
{
    loop_on_signal(en->loop, SIGINT, fn, arg);
    loop_on_signal(en->loop, SIGTERM, fn, arg);
}

static void also_now(void *arg)
{
    struct question *q = arg;
    if (q->engine->reload) reload_also(q->engine->reload, q->also, q->look_arg);
    gate_open(q->done);
}

void engine_on_reload(struct engine *en, void (*fn)(void *arg), void *arg)
{
    struct question q = {.also = fn, .look_arg = arg};
    ask(en, also_now, &q);
}
