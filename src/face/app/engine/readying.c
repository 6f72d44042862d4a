#include "face/app/engine/readying.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "cloud/tenant/tenant.h"
#include "face/app/engine/readying_book.h"
#include "face/app/engine/several.h"
#include "kit/sys/thread.h"
#include "kit/sys/zones.h"
#include "state/store/tenants.h"

enum {
    AT_ONCE = 8 /* tenants */,
    ANEW_MAX = 50 /* asked for one answer */,
    FIRST_MS = 10 * 1000,
    EVERY_MS = 3600 * 1000,
    SLICE_MS = 2000
};

struct readying {
    struct installation *installation;
    struct responding *responding;
    struct zones *zones;
    struct readying_book *book;
    struct gate *end;
    struct thread *thread;
    atomic_bool is_ending, is_wanted; /* wanted: all is to be asked anew */
};

/* ---- what readiness asks ---------------------------------------------------------------------------------------------------- */

static bool ask(void *ctx, struct tenant *t, enum endpoint endpoint, const char *query, struct err *e)
{
    struct readying *r = ctx;
    struct fetch f = {.endpoint = endpoint, .query = str_of(query)};
    return manage_ask(responding_manage(r->responding), t, &f, CALL_SOON, NULL, e);
}

static enum access access_of(void *ctx, const char *tenant_id, enum endpoint endpoint)
{
    struct readying *r = ctx;
    return manage_access(responding_manage(r->responding), tenant_id, endpoint);
}

static int64_t quota_wait_ms(void *ctx, const char *tenant_id, enum api_family family)
{
    struct readying *r = ctx;
    return manage_quota_ms(responding_manage(r->responding), tenant_id, family);
}

struct engine_look {
    const char *tenant_id;
    struct wall now;
    struct readiness_facts *out;
};

static void look(void *arg, const struct responder *r)
{
    struct engine_look *q = arg;
    const struct stop *everywhere = responder_stop_of(r, NULL), *here = responder_stop_of(r, q->tenant_id);
    const struct stop *s = everywhere && everywhere->state != STOP_OFF ? everywhere : here;
    responder_readiness(r, q->tenant_id, q->now, &q->out->engine);
    q->out->is_stopped = s && s->state != STOP_OFF;
    if (q->out->is_stopped) (void)snprintf(q->out->stopped_by, sizeof q->out->stopped_by, "%s", s->by);
}

static bool engine(void *ctx, const char *tenant_id, struct readiness_facts *out)
{
    struct readying *r = ctx;
    struct engine_look q = {tenant_id, clock_wall(&r->installation->clock), out};
    return act_look(responding_act(r->responding), look, &q);
}

static const struct zone *zone(void *ctx, const char *name)
{
    struct readying *r = ctx;
    return zones_find(r->zones, name);
}

/* ---- all tenants, several at once --------------------------------------------------------------------------------------------- */

struct one {
    struct readiness found;
    bool ok;
    struct err error;
};
struct run {
    struct readying *r;
    struct several tenants;
    struct one *all; /* parallel to them */
};

static void find_out(void *arg, size_t index, struct tenant *t)
{
    struct run *run = arg;
    struct readying *r = run->r;
    struct one *one = &run->all[index];
    const struct readiness_ops ops = {r, ask, access_of, quota_wait_ms, engine, zone};
    struct readiness_facts *facts = calloc(1, sizeof *facts);
    INVARIANT(facts);
    one->ok =
        readiness_find_out(&ops, r->installation->store, t, clock_wall(&r->installation->clock), facts, &one->error);
    if (one->ok) readiness_judge(facts, &one->found);
    one->found.asked = clock_wall(&r->installation->clock);
    if (one->ok) readying_book_note(r->book, t->record.tenant_id, &one->found);
    free(facts);
}

static bool run_all(struct run *run, const char *tenant, bool (*wants)(void *arg, const char *tenant_id), struct err *e)
{
    if (!several_gather(run->r->installation, tenant, wants, run->r, &run->tenants, e)) return false;
    run->all = calloc(run->tenants.count + 1, sizeof *run->all);
    INVARIANT(run->all);
    return several_run(&run->tenants, AT_ONCE, &run->r->is_ending, find_out, run, e);
}

static void run_done(struct run *run)
{
    several_done(&run->tenants);
    free(run->all);
}

/* ---- of many: what is known ---------------------------------------------------------------------------------------------------- */

struct telling {
    struct readying *r;
    size_t tenants, unknown;
    void (*each)(void *arg, const struct tenant *t, const struct readiness *found);
    void *arg;
};

static void tell_known(struct telling *t, const struct tenant *tenant)
{
    struct readiness found = {.is_brief = true, .isolates = ISOLATES_NO, .first = CHECK_LOGIN};
    if (!readying_book_find(t->r->book, tenant->record.tenant_id, &found)) {
        found.checks[CHECK_LOGIN] =
            (struct readiness_finding){.state = READY_MISSING, .cause = &readiness_causes[READINESS_NOT_ASKED]};
        (void)snprintf(found.checks[CHECK_LOGIN].reason, sizeof found.checks[CHECK_LOGIN].reason,
                       "%s was not asked yet", tenant->record.name);
    }
    t->each(t->arg, tenant, &found);
}

static bool each_known(void *arg, struct tenant *tenant)
{
    if (tenant->record.is_enabled) tell_known(arg, tenant);
    return true;
}

static bool is_unknown(void *arg, const char *tenant_id)
{
    struct readying *r = arg;
    struct readiness found;
    return !readying_book_find(r->book, tenant_id, &found);
}

static bool count_tenant(void *arg, const struct tenant_record *record)
{
    struct telling *t = arg;
    if (!record->is_enabled) return true;
    t->tenants++;
    t->unknown += is_unknown(t->r, record->tenant_id);
    return true;
}

/* Tenants that are not known are few after a change: those are asked now. */
static bool ask_unknown(struct readying *r, struct err *e)
{
    struct run run = {.r = r};
    bool ok = run_all(&run, NULL, is_unknown, e);
    run_done(&run);
    return ok;
}

static bool ask_all(struct readying *r, void (*each)(void *arg, const struct tenant *t, const struct readiness *found),
                    void *arg, bool *is_done, struct err *e)
{
    struct telling t = {.r = r, .each = each, .arg = arg};
    struct installation *i = r->installation;
    *is_done = false;
    if (!store_tenant_list(i->store, count_tenant, &t, e)) return false;
    if (t.tenants <= ANEW_MAX) return true;
    *is_done = true;
    return (t.unknown == 0 || t.unknown > ANEW_MAX || ask_unknown(r, e)) &&
           tenant_list(i->store, &i->conf, "", "", each_known, &t, e);
}

void readying_forget(struct readying *r, const char *tenant_id)
{
    readying_book_forget(r->book, tenant_id);
    if (tenant_id == NULL) atomic_store(&r->is_wanted, true);
}

bool readying_ask(struct readying *r, const char *tenant,
                  void (*each)(void *arg, const struct tenant *t, const struct readiness *found), void *arg,
                  struct err *e)
{
    struct run run = {.r = r};
    bool is_done = false;
    if (tenant == NULL && !ask_all(r, each, arg, &is_done, e)) return false;
    if (is_done) return true;
    bool ok = run_all(&run, tenant, NULL, e);
    for (size_t i = 0; ok && i < run.tenants.count; i++) {
        ok = run.all[i].ok;
        if (ok)
            each(arg, run.tenants.tenants[i], &run.all[i].found);
        else
            *e = run.all[i].error;
    }
    run_done(&run);
    return ok;
}

/* ---- by itself ------------------------------------------------------------------------------------------------------------------ */

static void tell_one(struct readying *r, const struct tenant *t, const struct one *one)
{
    bool told = false;
    struct err e;
    if (atomic_load(&r->is_ending) || !one->ok) return;
    if (readiness_tell(r->installation->store, t, &one->found, &told, &e) && told) responding_notices(r->responding);
}

/* An hour, or until all has to be asked anew: of several changes in a row after the last. False: it ends. */
static bool wait_for_turn(struct readying *r, uint32_t ms)
{
    bool was_wanted = false;
    for (uint32_t waited = 0; waited < ms; waited += SLICE_MS) {
        if (gate_wait_ms(r->end, SLICE_MS)) return false;
        bool is_wanted = atomic_exchange(&r->is_wanted, false);
        if (was_wanted && !is_wanted) return true;
        was_wanted = is_wanted;
    }
    return true;
}

static void hourly(void *arg)
{
    struct readying *r = arg;
    struct err e;
    for (uint32_t ms = FIRST_MS; wait_for_turn(r, ms); ms = EVERY_MS) {
        struct run run = {.r = r};
        if (run_all(&run, NULL, NULL, &e))
            for (size_t i = 0; i < run.tenants.count; i++) tell_one(r, run.tenants.tenants[i], &run.all[i]);
        run_done(&run);
    }
}

bool readying_new(struct installation *i, struct responding *responding, struct readying **out, struct err *e)
{
    struct readying *r = calloc(1, sizeof *r);
    if (r)
        *r = (struct readying){
            .installation = i, .responding = responding, .zones = zones_new(i->fs), .book = readying_book_new()};
    if (r == NULL || r->zones == NULL || r->book == NULL) {
        if (r) zones_free(r->zones);
        if (r) readying_book_free(r->book);
        free(r);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "readiness");
    }
    r->end = gate_new();
    *out = r;
    return true;
}

bool readying_start(struct readying *r, struct err *e)
{
    return thread_start(hourly, r, &r->thread, e);
}

void readying_stop(struct readying *r)
{
    if (r == NULL || atomic_exchange(&r->is_ending, true)) return;
    gate_open(r->end);
    thread_join(r->thread);
    r->thread = NULL;
}

void readying_free(struct readying *r)
{
    if (r == NULL) return;
    gate_free(r->end);
    zones_free(r->zones);
    readying_book_free(r->book);
    free(r);
}
