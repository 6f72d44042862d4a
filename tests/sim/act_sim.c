/* The response's driver (flow/act) with its real store against the twin's model, on a virtual clock and a disk that loses its
 * power: alerts are made at the twin and come in as live revisions; people release devices; answers are lost, refused, late; at
 * operations drawn by the seed the power goes, and everything is opened again. Then the faults end, hours pass, and what must
 * hold is asked of ledger and twin.
 *
 *   act_sim [SEED [SEEDS [SECONDS]]]    TAP, a line for all seeds; a failing seed can be run again alone
 *
 * The same once more with a disk that says it has synced what a commit is made of and has not, and with faults in the engine:
 * each must be noticed. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cloud/tenant/settings.h"
#include "flow/act/act.h"
#include "flow/act/alert_facts.h"
#include "kit/json/json.h"
#include "logic/respond/engine/engine_int.h"
#include "sim_install.h"
#include "state/store/feeds.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"
#include "twin_cloud.h"

enum {
    TENANTS = 2,
    DEVICES = 12,
    ALERTS_MAX = 40,
    STEPS_MIN = 12,
    STEPS_MAX = 30,
    LIMIT_HOUR = 3,
    FAULTY_SEEDS = 150,
    ROW_BYTES = 64 << 10
};

static const char scenario[] = "name: act\nhistory: 1h\nrows_per_second: {}\nmachines: 12\n"
                               "faults: 429=0.04,500=0.04,503=0.02,504=0.02,cut=0.06,hang=0.01,slow=0.03\n";

enum mutant respond_mutant;

struct made { /* an alert that was made */
    unsigned tenant;
    char id[64], device[64];
    bool is_severe, is_own; /* the policy wants it; the device is the alert's own */
    bool is_live;           /* else it came by a look-back */
    bool is_stored;
    struct str row;
};
struct sim {
    uint64_t seed;
    struct rng rng;
    struct sim_time time;
    struct twin_cloud *cloud;
    struct sim_world world;
    struct fake_disk *disk;
    struct fs fs, honest;
    struct fs_ops lying_ops;
    struct seal_key *key;
    struct store *store;
    struct act *act;
    int64_t feeds[TENANTS];
    char tenants[TENANTS][GUID_BYTES];
    struct arena arena, scratch;
    struct made made[ALERTS_MAX];
    size_t made_count;
    unsigned restarts, cuts_armed;
    bool start_is_over, has_started, has_stopped, order_is_over;
    char broken[300]; /* what does not hold; empty: all does */
};

__attribute__((format(printf, 2, 3))) static void broken(struct sim *s, const char *fmt, ...)
{
    va_list args;
    if (s->broken[0]) return;
    va_start(args, fmt);
    (void)vsnprintf(s->broken, sizeof s->broken, fmt, args);
    va_end(args);
}

static void must(bool ok, const struct err *e)
{
    if (ok) return;
    (void)fprintf(stderr, "%s: %s\n", e->cause ? e->cause->code : "?", e->text);
    INVARIANT(ok);
}

/* ---- the installation ---------------------------------------------------------------------------------------------------- */

static bool open_store(struct sim *s, bool create, struct err *e)
{
    struct store_opts o = {
        .fs = s->fs, .path = "/d/store.db", .key = s->key, .clock = clock_virtual(&s->time.clock), .create = create};
    return store_open(&o, &s->store, e);
}

struct founding {
    struct sim *s;
    int64_t org;
    unsigned count;
};

static void put_machine(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct founding *f = arg;
    struct err e = {0};
    struct revision_record r = {.how = "look-back", .row = json, .identity = hash128_of(json.p, json.n)};
    struct fact_device d = {0};
    if (strcmp(feed->name, "machines") != 0 || strcmp(tenant_id, f->s->tenants[f->count]) != 0) return;
    machine_facts_read(&f->s->arena, json, &d);
    r.feed_id = f->org;
    (void)str_copy(d.id, r.object_id, sizeof r.object_id);
    must(store_revision_put(f->s->store, &r, false, &e), &e);
}

static int64_t make_feed(struct sim *s, const char *tenant_id, const char *name)
{
    struct err e = {0};
    struct feed_record r = {.status = "ok"};
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", tenant_id);
    (void)snprintf(r.feed, sizeof r.feed, "%s", name);
    must(store_feed_put(s->store, &r, &e), &e);
    return r.id;
}

static bool found_tenant(void *arg, struct tenant *t)
{
    struct founding *f = arg;
    struct sim *s = f->s;
    struct err e = {0};
    struct setting_scope scope = {.org_id = f->org};
    const struct {
        const char *name, *value;
    } settings[] = {{"remediation", "auto"}, {"limit_tenant_share", "100"}, {"max_alert_age", "60m"}};
    atomic_init(&t->refs, 1);
    t->record.org_id = f->org;
    must(store_tenant_put(s->store, &t->record, true, &e), &e);
    memcpy(scope.tenant_id, t->record.tenant_id, sizeof scope.tenant_id);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        must(settings_set(s->store, &scope, settings[i].name, str_of(settings[i].value), "sim", sim_time_now(&s->time),
                          &e),
             &e);
    memcpy(s->tenants[f->count], t->record.tenant_id, sizeof s->tenants[0]);
    s->feeds[f->count] = make_feed(s, t->record.tenant_id, "alerts");
    struct founding machines = {s, make_feed(s, t->record.tenant_id, "machines"), f->count};
    s->world.each_row(s->world.ctx, put_machine, &machines);
    f->count++;
    return true;
}

static void found(struct sim *s)
{
    struct err e = {0};
    struct buf key;
    struct org_record org = {.name = "sim"};
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &s->key, &e), &e);
    buf_done(&key);
    must(s->honest.ops->make_dirs(s->honest.ctx, "/d", &e) && s->honest.ops->sync_dir(s->honest.ctx, "/", &e), &e);
    must(open_store(s, true, &e) && store_org_put(s->store, &org, &e), &e);
    struct founding f = {s, org.id, 0};
    must(s->world.each_tenant(s->world.ctx, found_tenant, &f, &e), &e);
    must(s->honest.ops->sync_dir(s->honest.ctx, "/d", &e), &e);
    store_close(s->store);
    s->store = NULL;
}

static void started(void *ctx, const struct err *e)
{
    struct sim *s = ctx;
    if (e && !fake_disk_has_failed(s->disk)) must(false, e);
    s->has_started = e == NULL;
    s->start_is_over = true;
}

static void stopped(void *ctx)
{
    ((struct sim *)ctx)->has_stopped = true;
}

static bool open_all(struct sim *s)
{
    struct err e = {0};
    struct act_opts o = {.runtime = sim_time_runtime(&s->time),
                         .clock = clock_virtual(&s->time.clock),
                         .fs = s->fs,
                         .fetcher = s->world.fetcher,
                         .each_tenant = s->world.each_tenant,
                         .tenants_ctx = s->world.ctx};
    if (!open_store(s, false, &e)) {
        if (!fake_disk_has_failed(s->disk)) broken(s, "the store does not open: %s", e.text);
        return false;
    }
    o.store = s->store;
    s->act = act_new(&o);
    INVARIANT(s->act);
    s->start_is_over = s->has_started = false;
    act_start(s->act, started, s);
    return true;
}

static void close_all(struct sim *s)
{
    if (s->act) {
        if (!sim_time_until(&s->time, &s->start_is_over, HOUR_MS)) broken(s, "the start does not end");
        s->has_stopped = !s->has_started;
        if (s->has_started) act_stop(s->act, stopped, s);
        if (!sim_time_until(&s->time, &s->has_stopped, HOUR_MS)) broken(s, "the stop does not end");
        act_free(s->act);
    }
    store_close(s->store);
    s->act = NULL;
    s->store = NULL;
}

static void restart(struct sim *s)
{
    do {
        close_all(s);
        fake_disk_restart(s->disk);
        s->restarts++;
    } while (!open_all(s) && !s->broken[0]);
}

/* ---- what happens ---------------------------------------------------------------------------------------------------------- */

struct finding {
    struct made *m;
    struct arena *a;
};

static void find_row(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct finding *f = arg;
    struct alert_facts facts;
    (void)tenant_id;
    if (strcmp(feed->name, "alerts") != 0 || str_find(json, str_of(f->m->id), 0) == SIZE_MAX) return;
    alert_facts_read(f->a, FACTS_GRAPH_ALERT, json, &facts);
    if (str_eq(facts.id, str_of(f->m->id))) f->m->row = arena_str(f->a, json);
}

static const struct {
    const char *severity, *category, *service, *role, *remediation;
    bool is_severe, is_own;
} drafts[] = {
    {"high", "Ransomware", "microsoftDefenderForEndpoint", "compromised", "none", true, true},
    {"high", "Malware", "microsoftDefenderForEndpoint", "compromised", "active", true, true},
    {"medium", "Ransomware", "microsoftDefenderForEndpoint", "compromised", "none", true, true},
    {"high", "Malware", "microsoftDefenderForEndpoint", "destination", "none", true, false},
    {"high", "Malware", "microsoftDefenderForEndpoint", "compromised", "prevented", false, true},
    {"medium", "SuspiciousActivity", "microsoftDefenderForEndpoint", "compromised", "none", false, true},
    {"high", "InitialAccess", "microsoftDefenderForIdentity", "compromised", "none", false, true},
};

static void make_alert(struct sim *s)
{
    struct made *m = &s->made[s->made_count];
    struct buf body, said;
    char target[128];
    size_t draft = rng_chance(&s->rng, 0.6) ? 0 : rng_below(&s->rng, sizeof drafts / sizeof *drafts);
    *m = (struct made){.tenant = (unsigned)rng_below(&s->rng, TENANTS),
                       .is_severe = drafts[draft].is_severe,
                       .is_own = drafts[draft].is_own,
                       .is_live = rng_chance(&s->rng, 0.85)};
    buf_init(&body, 4096);
    buf_init(&said, ROW_BYTES);
    /* No technique of the list, so that the drafts say what they say. Titles differ, for the breaker's sake. */
    (void)buf_addf(&body,
                   "{\"title\":\"alert %zu of %" PRIu64
                   "\",\"category\":\"%s\",\"severity\":\"%s\",\"service\":\"%s\",\"role\":\"%s\","
                   "\"remediation\":\"%s\",\"techniques\":[\"T1059\"],\"device\":%u}",
                   s->made_count, s->seed, drafts[draft].category, drafts[draft].severity, drafts[draft].service,
                   drafts[draft].role, drafts[draft].remediation, (unsigned)rng_below(&s->rng, DEVICES));
    (void)snprintf(target, sizeof target, "/twin/alerts?tenant=%s", s->tenants[m->tenant]);
    twin_cloud_admin(s->cloud, "POST", target, buf_str(&body), &said);
    const struct json *doc = json_parse(&s->arena, buf_str(&said), &(struct err){0});
    struct str id = json_str(json_get(doc, "id"), STR_NONE), device = json_str(json_get(doc, "device"), STR_NONE);
    if (!str_copy(id, m->id, sizeof m->id) || id.n == 0) broken(s, "the twin made no alert: %.200s", buf_cstr(&said));
    (void)str_copy(device, m->device, sizeof m->device);
    buf_done(&body);
    buf_done(&said);
    sim_time_run(&s->time, 1000);
    struct finding f = {m, &s->arena};
    s->world.each_row(s->world.ctx, find_row, &f);
    if (m->row.n == 0) broken(s, "the twin does not list the alert %s", m->id);
    s->made_count++;
}

/* Into the store, as ingest does it; again after a power cut that it did not live through. */
static void deliver(struct sim *s)
{
    for (size_t i = 0; i < s->made_count; i++) {
        struct made *m = &s->made[i];
        struct err e = {0};
        struct revision_record r = {.feed_id = s->feeds[m->tenant],
                                    .updated = sim_time_now(&s->time),
                                    .how = "",
                                    .identity = hash128_of(m->row.p, m->row.n),
                                    .row = m->row};
        if (m->is_stored) continue;
        (void)snprintf(r.object_id, sizeof r.object_id, "%s", m->id);
        (void)snprintf(r.how, sizeof r.how, "%s", m->is_live ? "live" : "look-back");
        m->is_stored = store_revision_put(s->store, &r, true, &e);
        if (!m->is_stored && !fake_disk_has_failed(s->disk)) broken(s, "an alert is not stored: %s", e.text);
    }
    act_wake(s->act);
}

static void ordered(void *ctx, const struct act_reply *r)
{
    (void)r;
    ((struct sim *)ctx)->order_is_over = true;
}

static void release_something(struct sim *s)
{
    const struct made *m = &s->made[rng_below(&s->rng, s->made_count)];
    struct respond_order o = {.kind = ORDER_ACT, .act = ACT_RELEASE, .by = "ann", .reason = "clean"};
    (void)snprintf(o.tenant, sizeof o.tenant, "%s", s->tenants[m->tenant]);
    (void)snprintf(o.device, sizeof o.device, "%s", m->device);
    s->order_is_over = false;
    act_order(s->act, &o, NULL, ordered, s);
}

static void step(struct sim *s)
{
    if (!s->has_started && s->start_is_over) restart(s);
    if (s->cuts_armed == 0 && rng_chance(&s->rng, 0.6)) {
        fake_disk_fail_at(s->disk, 1 + rng_below(&s->rng, 60), FAKE_POWER);
        s->cuts_armed = 1;
    }
    if (s->made_count < ALERTS_MAX && rng_chance(&s->rng, 0.7)) make_alert(s);
    if (s->broken[0]) return;
    deliver(s);
    if (s->made_count > 0 && s->has_started && rng_chance(&s->rng, 0.15)) release_something(s);
    sim_time_run(&s->time, 200 + (int64_t)rng_below(&s->rng, rng_chance(&s->rng, 0.8) ? 20000 : 20 * MIN_MS));
    if (!s->cuts_armed || !fake_disk_has_failed(s->disk)) return;
    s->cuts_armed = 0;
    restart(s);
}

/* ---- what must hold ---------------------------------------------------------------------------------------------------------- */

/* An offline device keeps an action pending for days: what is wanted of it next waits that long. */
static bool is_device_busy(const struct responder *r, const struct decision *d)
{
    uint64_t cursor = 0;
    for (const struct action *a; (a = responder_actions(r, &cursor)) != NULL;)
        if (!action_is_settled(a) && strcmp(a->tenant, d->tenant) == 0 && strcmp(a->device, d->device) == 0)
            return true;
    return false;
}

static void check_settled(struct sim *s, const struct responder *r)
{
    uint64_t cursor = 0;
    for (const struct action *a; (a = responder_actions(r, &cursor)) != NULL;) {
        if (!action_is_settled(a) && a->state != ACTION_PENDING && a->state != ACTION_RUNNING)
            broken(s, "action %" PRIu64 " is still %s", a->id, action_state_name(a->state));
        if (a->attempts > 2) broken(s, "action %" PRIu64 " was posted %u times", a->id, a->attempts);
    }
    cursor = 0;
    for (const struct decision *d; (d = responder_decisions(r, &cursor)) != NULL;)
        if (d->state == DECISION_CHECKING && !is_device_busy(r, d))
            broken(s, "decision %" PRIu64 " about %s is still being checked", d->id, d->device);
}

struct machine {
    struct sim *s;
    const char *device;
    bool is_workstation;
};

static void see_machine(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct machine *m = arg;
    struct fact_device d = {0};
    (void)tenant_id;
    if (strcmp(feed->name, "machines") != 0) return;
    machine_facts_read(&m->s->scratch, json, &d);
    if (str_eq(d.id, str_of(m->device))) m->is_workstation = os_kind(d.os) == OS_WORKSTATION;
}

static bool device_is_workstation(struct sim *s, const char *device)
{
    struct machine m = {s, device, false};
    arena_reset(&s->scratch);
    s->world.each_row(s->world.ctx, see_machine, &m);
    return m.is_workstation;
}

/* Did something to its device, unattended, within the hour up to `at`. */
static bool is_near(const struct action *b, const struct action *a)
{
    int64_t ago = a->intent.ticks - b->intent.ticks;
    return b->kind == ACT_ISOLATE && b->is_unattended && b->state != ACTION_REFUSED &&
           strcmp(a->tenant, b->tenant) == 0 && ago >= 0 && ago < HOUR;
}

/* Different devices. */
static unsigned near_devices(const struct responder *r, const struct action *a)
{
    const char *devices[LIMIT_HOUR + 1];
    unsigned count = 0;
    uint64_t cursor = 0;
    for (const struct action *b; count <= LIMIT_HOUR && (b = responder_actions(r, &cursor)) != NULL;) {
        unsigned i = 0;
        if (!is_near(b, a)) continue;
        while (i < count && strcmp(devices[i], b->device) != 0) i++;
        if (i == count) devices[count++] = b->device;
    }
    return count;
}

/* Nobody stepped in for these: none beyond the hour's limit, none for an alert that does not want it. */
static void check_unattended(struct sim *s, const struct responder *r)
{
    uint64_t cursor = 0;
    for (const struct action *a; (a = responder_actions(r, &cursor)) != NULL;) {
        bool is_wanted = false;
        if (a->kind != ACT_ISOLATE || !a->is_unattended) continue;
        if (near_devices(r, a) > LIMIT_HOUR)
            broken(s, "more than %d devices of one tenant were isolated within an hour", LIMIT_HOUR);
        for (size_t i = 0; i < s->made_count; i++)
            is_wanted |= s->made[i].is_severe && s->made[i].is_own && s->made[i].is_live &&
                         strcmp(s->made[i].device, a->device) == 0;
        if (!is_wanted) broken(s, "device %s was isolated for no alert that wants it", a->device);
        if (!device_is_workstation(s, a->device)) broken(s, "%s is no workstation, and was isolated unasked", a->host);
    }
}

/* No severe alert is lost: each has a decision about its device, of its own or of another alert. */
static void check_decided(struct sim *s, const struct responder *r)
{
    for (size_t i = 0; i < s->made_count; i++) {
        const struct made *m = &s->made[i];
        uint64_t cursor = 0;
        bool is_decided = !m->is_severe || !m->is_own || !m->is_live;
        for (const struct decision *d; (d = responder_decisions(r, &cursor)) != NULL;)
            is_decided |= strcmp(d->tenant, s->tenants[m->tenant]) == 0 &&
                          (strcmp(d->alert, m->id) == 0 || strcmp(d->device, m->device) == 0);
        if (!is_decided) broken(s, "nobody decided about the alert %s", m->id);
    }
}

struct against {
    struct sim *s;
    const struct responder *r;
};

static void see_remote(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct against *x = arg;
    if (strcmp(feed->name, "machine_actions") != 0) return;
    arena_reset(&x->s->scratch);
    const struct json *v = json_parse(&x->s->scratch, json, &(struct err){0});
    struct str comment = json_str(json_get(v, "requestorComment"), STR_NONE),
               type = json_str(json_get(v, "type"), STR_NONE);
    struct str device = json_str(json_get(v, "machineId"), STR_NONE);
    char start[64];
    uint64_t id = 0;
    (void)snprintf(start, sizeof start, "Portcullis %s/", store_id(x->s->store));
    if (!str_starts(comment, str_of(start))) return;
    struct str rest = str_sub(comment, strlen(start), comment.n);
    (void)str_to_u64(str_cut(&rest, ' '), &id);
    const struct action *a = responder_action(x->r, id);
    bool is_same = a && str_eq(device, str_of(a->device)) && strcmp(tenant_id, a->tenant) == 0 &&
                   str_eq(type, a->kind == ACT_ISOLATE ? STR("Isolate") : STR("Unisolate"));
    if (!is_same) broken(x->s, "Defender has an action %" PRIu64 " of ours that the ledger does not know so", id);
}

static void check_all(void *arg, const struct responder *r)
{
    struct sim *s = arg;
    struct err e = {0};
    struct responder *again = NULL;
    if (!act_load(s->store, &again, &e))
        broken(s, "the ledger cannot be read: %s", e.text);
    else if (!responder_equal(r, again))
        broken(s, "the ledger gives another memory");
    responder_free(again);
    struct against x = {s, r};
    s->world.each_row(s->world.ctx, see_remote, &x);
    check_unattended(s, r);
}

static void check_end(void *arg, const struct responder *r)
{
    struct sim *s = arg;
    uint64_t inbox = 0;
    struct err e = {0};
    check_all(arg, r);
    check_settled(s, r);
    check_decided(s, r);
    if (!store_inbox_count(s->store, &inbox, &e) || inbox > 0)
        broken(s, "%" PRIu64 " entries stay in the inbox", inbox);
}

/* ---- a seed -------------------------------------------------------------------------------------------------------------------- */

/* SQLite's log, which a commit is the end of, is not synced; all else is. One simulation at a time. */
static struct {
    const struct fs_ops *honest;
    struct fs_file *log;
} lying;

static bool open_noting(void *ctx, const char *path, enum fs_mode mode, struct fs_file **out, struct err *e)
{
    bool ok = lying.honest->open(ctx, path, mode, out, e);
    if (ok && str_ends(str_of(path), STR("-wal.log"))) lying.log = *out;
    return ok;
}

static bool sync_lying(void *ctx, struct fs_file *f, struct err *e)
{
    return f == lying.log || lying.honest->sync(ctx, f, e);
}

static void begin(struct sim *s, uint64_t seed, bool is_lying)
{
    struct wall start;
    *s = (struct sim){.seed = seed};
    rng_seed(&s->rng, seed * 77 + 5);
    (void)wall_parse(STR("2026-09-01T08:00:00Z"), &start);
    sim_time_init(&s->time, start, seed);
    arena_init(&s->arena, (size_t)1 << 30);
    arena_init(&s->scratch, 16 << 20);
    struct twin_cloud_opts o = {
        .time = &s->time, .seed = seed, .tenants = TENANTS, .scenario = scenario, .latency_ms_max = 400};
    s->cloud = twin_cloud_new(&o);
    s->world = twin_cloud_world(s->cloud);
    s->disk = fake_disk_new(seed);
    s->honest = s->fs = fake_disk_fs(s->disk);
    found(s);
    lying.honest = s->honest.ops;
    s->lying_ops = *s->fs.ops;
    s->lying_ops.open = open_noting;
    s->lying_ops.sync = sync_lying;
    if (is_lying) s->fs.ops = &s->lying_ops;
}

static void end(struct sim *s)
{
    close_all(s);
    sim_time_run(&s->time, HOUR_MS);
    twin_cloud_free(s->cloud);
    fake_disk_free(s->disk);
    seal_key_free(s->key);
    arena_done(&s->arena);
    arena_done(&s->scratch);
    sim_time_done(&s->time);
}

/* Faults are over; what is open has time to end, and what waits for people to be told so. */
static void settle(struct sim *s)
{
    fake_disk_fail_at(s->disk, 0, FAKE_NONE);
    twin_cloud_freeze(s->cloud);
    restart(s);
    for (unsigned i = 0; i < 40 && !s->broken[0]; i++) {
        if (!s->has_started && s->start_is_over) broken(s, "it does not start");
        deliver(s);
        sim_time_run(&s->time, 10 * MIN_MS);
    }
}

static bool run_seed(uint64_t seed, bool is_lying, struct sim *totals)
{
    struct sim *s = calloc(1, sizeof *s);
    INVARIANT(s);
    begin(s, seed, is_lying);
    unsigned steps = STEPS_MIN + (unsigned)rng_below(&s->rng, STEPS_MAX - STEPS_MIN);
    (void)open_all(s);
    (void)sim_time_until(&s->time, &s->start_is_over, HOUR_MS);
    for (unsigned i = 0; i < steps && !s->broken[0]; i++) {
        step(s);
        if (!s->broken[0] && s->has_started && !fake_disk_has_failed(s->disk)) (void)act_look(s->act, check_all, s);
    }
    if (!s->broken[0]) settle(s);
    if (!s->broken[0] && !act_look(s->act, check_end, s)) broken(s, "there is no memory to look at");
    bool ok = s->broken[0] == 0;
    if (!ok) printf("# seed %" PRIu64 ": %s\n", seed, s->broken);
    totals->restarts += s->restarts;
    totals->made_count += s->made_count;
    end(s);
    free(s);
    return ok;
}

static double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is wrong on purpose; MUTANT_NONE: the disk lies. All that the driver's checks can see. */
static const struct {
    enum mutant mutant;
    const char *what;
} faults[] = {
    {MUTANT_NONE, "a disk that does not sync what it commits"},
    {MUTANT_NO_HOUR_LIMIT, "the tenant's limit of an hour is skipped"},
    {MUTANT_ACT_ON_LOOK_BACK, "look-back is acted on"},
    {MUTANT_NO_GUARD, "servers are not guarded"},
    {MUTANT_SECRET_CHANGE, "a change that no record tells of"},
};

static bool is_noticed(enum mutant m, uint64_t *seed_out)
{
    struct sim totals = {0};
    bool ok = true;
    respond_mutant = m;
    for (*seed_out = 0; ok && *seed_out < FAULTY_SEEDS;) ok = run_seed(++*seed_out, m == MUTANT_NONE, &totals);
    respond_mutant = MUTANT_NONE;
    return !ok;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, seeds = 100000, seconds = 25, failed = 0, ran = 0;
    unsigned n = 1;
    if (argc > 1) (void)str_to_u64(str_of(argv[1]), &first);
    if (argc > 2) (void)str_to_u64(str_of(argv[2]), &seeds);
    if (argc > 3) (void)str_to_u64(str_of(argv[3]), &seconds);
    static struct sim totals;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    double until = seconds_now() + (double)seconds;
    for (; ran < seeds && (ran == 0 || seconds_now() < until); ran++) failed += !run_seed(first + ran, false, &totals);
    printf("%s %u - %" PRIu64
           " seeds: %zu alerts, %u restarts after power cuts; ledger, memory and Defender agree, %" PRIu64
           " seeds fail\n",
           failed ? "not ok" : "ok", n++, ran, totals.made_count, totals.restarts, failed);
    for (size_t i = 0; argc < 3 && i < sizeof faults / sizeof *faults; i++) {
        uint64_t seed;
        bool good = is_noticed(faults[i].mutant, &seed);
        failed += !good;
        printf("%s %u - %s: noticed by seed %" PRIu64 "\n", good ? "ok" : "not ok", n++, faults[i].what, seed);
    }
    printf("1..%u\n", n - 1);
    return failed > 0;
}
