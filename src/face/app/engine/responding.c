#include "face/app/engine/responding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/app/engine/pressing.h"
#include "flow/notify/notify.h"
#include "kit/sys/random.h"
#include "kit/sys/thread.h"
#include "kit/sys/zones.h"
#include "state/store/notices.h"

struct responding {
    struct responding_opts o;
    struct act *act;
    struct manage *manage;
    struct notify *notify; /* NULL: manual */
    struct wire_net *wire;
    struct zones *zones;
    bool is_begun;
    void (*started)(void *ctx, const struct err *e);
    void (*stopped)(void *ctx);
    void *ctx; /* of the one of them that waits */
};

/* ---- what act asks of the rest -------------------------------------------------------------------------------------------- */

static bool each_tenant(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e)
{
    struct installation *i = ctx;
    return tenant_each(i->store, &i->conf, each, arg, e);
}

static void on_notices(void *ctx)
{
    struct responding *r = ctx;
    if (r->notify) notify_wake(r->notify);
}

static void on_own_events(void *ctx)
{
    struct responding *r = ctx;
    if (r->o.on_own_events) r->o.on_own_events(r->o.ctx);
}

static void on_trouble(void *ctx, const struct err *e)
{
    (void)ctx;
    if (e)
        (void)fprintf(stderr, "portcullis: warning: response: %s\n  code: %s\n  do:   %s\n", e->text, e->cause->code,
                      e->cause->remedy);
    else
        (void)fprintf(stderr, "portcullis: the response works again\n");
}

static bool take_key(void *ctx, const struct notify_order *k, bool *settled_out, struct err *e)
{
    struct responding *r = ctx;
    const struct pressing p = {r->o.loop, r->act, r->o.installation->store};
    return pressing_take(&p, k, settled_out, e);
}

static const struct zone *zone_named(void *ctx, const char *name)
{
    struct responding *r = ctx;
    return zones_find(r->zones, name);
}

/* ---- life ---------------------------------------------------------------------------------------------------------------------- */

static bool make_act(struct responding *r, struct err *e)
{
    struct installation *i = r->o.installation;
    struct act_opts o = {.runtime = runtime_of_loop(r->o.loop),
                         .clock = i->clock,
                         .store = i->store,
                         .fs = i->fs,
                         .fetcher = fetcher_of_defender(r->o.defender),
                         .policy = i->conf.policy_file,
                         .each_tenant = each_tenant,
                         .tenants_ctx = i,
                         .on_notices = on_notices,
                         .on_notices_ctx = r,
                         .on_own_events = on_own_events,
                         .on_own_events_ctx = r,
                         .on_trouble = on_trouble,
                         .on_trouble_ctx = r,
                         .is_manual = r->o.is_manual};
    r->act = act_new(&o);
    return r->act || err_set(e, &base_causes[BASE_NO_MEMORY], "starting the response");
}

/* ---- managed alerts ask the engine ------------------------------------------------------------------------------------------------ */

struct holding {
    const char *tenant_id, *device;
    bool is_held;
};

static void look_for_hold(void *arg, const struct responder *r)
{
    struct holding *q = arg;
    const struct hold *h = responder_hold_of(r, q->tenant_id, q->device);
    uint64_t cursor = 0;
    q->is_held = h && (h->state == HOLD_HELD || h->state == HOLD_RELEASING);
    for (const struct action *a; !q->is_held && (a = responder_actions(r, &cursor)) != NULL;)
        q->is_held = !action_is_settled(a) && strcmp(a->tenant, q->tenant_id) == 0 && strcmp(a->device, q->device) == 0;
}

/* An engine that cannot be asked holds everything. */
static bool is_held(void *ctx, const char *tenant_id, const char *device)
{
    struct responding *r = ctx;
    struct holding q = {tenant_id, device, true};
    return !act_look(r->act, look_for_hold, &q) || q.is_held;
}

struct stopping {
    const char *tenant_id;
    bool is_stopped;
};

static void look_for_stop(void *arg, const struct responder *r)
{
    struct stopping *q = arg;
    const struct stop *everywhere = responder_stop_of(r, NULL), *here = responder_stop_of(r, q->tenant_id);
    q->is_stopped = (everywhere && everywhere->state != STOP_OFF) || (here && here->state != STOP_OFF);
}

static bool is_stopped(void *ctx, const char *tenant_id)
{
    struct responding *r = ctx;
    struct stopping q = {tenant_id, true};
    return !act_look(r->act, look_for_stop, &q) || q.is_stopped;
}

static void wake_notify(void *arg)
{
    on_notices(arg);
}

/* From a thread of managed alerts. */
static void on_managed_notices(void *ctx)
{
    struct responding *r = ctx;
    loop_post(r->o.loop, wake_notify, r);
}

static void tell_own_events(void *arg)
{
    on_own_events(arg);
}

static void on_managed_events(void *ctx)
{
    struct responding *r = ctx;
    loop_post(r->o.loop, tell_own_events, r);
}

static bool make_manage(struct responding *r, struct err *e)
{
    struct installation *i = r->o.installation;
    struct manage_opts o = {.runtime = runtime_of_loop(r->o.loop),
                            .clock = i->clock,
                            .store = i->store,
                            .conf = &i->conf,
                            .calls = act_calls(r->act),
                            .is_held = is_held,
                            .is_stopped = is_stopped,
                            .on_notices = on_managed_notices,
                            .on_own_events = on_managed_events,
                            .ctx = r,
                            .is_manual = r->o.is_manual};
    return manage_new(&o, &r->manage, e);
}

static bool make_notify(struct responding *r, struct err *e)
{
    struct installation *i = r->o.installation;
    uint64_t seed;
    random_bytes(&seed, sizeof seed);
    r->zones = zones_new(i->fs);
    r->wire = wire_net_new(r->o.http);
    if (r->zones == NULL || r->wire == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting the notices");
    struct notify_opts o = {.runtime = runtime_of_loop(r->o.loop),
                            .clock = i->clock,
                            .store = i->store,
                            .wire = wire_of_net(r->wire),
                            .order = take_key,
                            .zone = zone_named,
                            .ctx = r,
                            .seed = seed};
    return notify_new(&o, &r->notify, e);
}

bool responding_new(const struct responding_opts *o, struct responding **out, struct err *e)
{
    struct responding *r = calloc(1, sizeof *r);
    if (r == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting the response");
    r->o = *o;
    if (make_act(r, e) && make_manage(r, e) && (o->is_manual || make_notify(r, e))) {
        *out = r;
        return true;
    }
    responding_free(r);
    return false;
}

void responding_free(struct responding *r)
{
    if (r == NULL) return;
    notify_free(r->notify);
    wire_net_free(r->wire);
    zones_free(r->zones);
    act_free(r->act);
    manage_free(r->manage);
    free(r);
}

static void act_started(void *ctx, const struct err *e)
{
    struct responding *r = ctx;
    r->is_begun = e == NULL;
    struct err why;
    if (r->is_begun && r->notify) notify_start(r->notify);
    if (r->is_begun && !manage_start(r->manage, &why)) on_trouble(r, &why);
    r->started(r->ctx, e);
}

void responding_start(struct responding *r, void (*started)(void *ctx, const struct err *e), void *ctx)
{
    r->started = started;
    r->ctx = ctx;
    if (r->is_begun)
        started(ctx, NULL);
    else
        act_start(r->act, act_started, r);
}

static void all_stopped(void *arg)
{
    struct responding *r = arg;
    r->stopped(r->ctx);
}

/* Orders on their way are answered by now, so no round of notify's waits for one. */
static void act_stopped(void *ctx)
{
    struct responding *r = ctx;
    if (r->notify && r->is_begun)
        notify_stop(r->notify, all_stopped, r);
    else
        r->stopped(r->ctx);
}

void responding_stop(struct responding *r, void (*stopped)(void *ctx), void *ctx)
{
    r->stopped = stopped;
    r->ctx = ctx;
    act_stop(r->act, act_stopped, r);
}

void responding_wake(struct responding *r)
{
    if (r->is_begun) act_wake(r->act);
    manage_wake(r->manage);
}

void responding_tenants_changed(struct responding *r)
{
    if (r->is_begun) act_tenants_changed(r->act);
}

struct act *responding_act(struct responding *r)
{
    return r->act;
}

void responding_notices(struct responding *r)
{
    on_managed_notices(r);
}

struct manage *responding_manage(struct responding *r)
{
    return r->manage;
}

void responding_halt_managing(struct responding *r)
{
    if (r) manage_halt(r->manage);
}

void responding_end_managing(struct responding *r)
{
    if (r) manage_stop(r->manage);
}
