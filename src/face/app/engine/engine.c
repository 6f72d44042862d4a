/* How the engine begins and ends: which parts there are, on which thread each runs, in which order they stop. */
#include "face/app/engine/engine_int.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/net/http.h"
#include "face/app/engine/history.h"
#include "flow/act/manage.h"
#include "kit/sys/memory.h"
#include "kit/sys/random.h"

enum { TELL_EVERY_MS = 5000 };

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

static void start_now(void *arg)
{
    struct question *q = arg;
    ingest_start(q->engine->ingest, engine_answered, q);
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

static bool make_onboarding(struct engine *en, bool is_manual, struct err *e)
{
    en->proving = proving_new(en->loop, en->defender, &en->is_halted);
    struct onboarder_opts o = {
        .installation = en->installation, .proving = en->proving, .tenant_added = engine_tenant_changed, .ctx = en};
    return is_manual || onboarder_new(&o, &en->onboarder, e);
}

bool engine_start(struct installation *i, bool is_manual, struct engine **out, struct err *e)
{
    struct question q = {0};
    struct engine *en = calloc(1, sizeof *en);
    if (en == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting the engine");
    memory_return_large();
    (void)memory_wipe_freed();
    en->installation = i;
    en->is_manual = is_manual;
    engine_take_orders(en);
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
        engine_ask(en, engine_respond_now, &q);
    if (q.ok) engine_ask(en, start_now, &q);
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
    engine_ask(en, end_response_now, &q);
}

void engine_halt(struct engine *en)
{
    struct question q = {0};
    responding_halt_managing(en->responding);
    bool is_first = !atomic_exchange(&en->is_halted, true); /* from here on nobody waits for a login any more */
    onboarder_stop(en->onboarder);
    if (is_first) engine_ask(en, halt_now, &q);
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
    engine_ask(en, fold_stop_now, &q);
    thread_join(en->thread);
    dismantle(en);
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
    engine_ask(en, begin_telling, &q);
    return true;
}
