/* The response engine against a cloud that lies, with people and Microsoft at work at the same time, and power that is cut
 * before and after every commit: after each step everything that response_check.c knows must hold, and a replay of the
 * ledger's text must give the same memory. Then faults are built into the engine, one at a time: each must be noticed.
 *
 *   respond_sim [SEED [SEEDS [SECONDS]]]    TAP; stops after SECONDS; a failing seed can be run again alone */
#include <inttypes.h>
#include <time.h>

#include "logic/respond/engine/engine_int.h"
#include "respond_world.h"

enum mutant respond_mutant;

enum { MIN = 60000, HOUR = 3600000, DEFAULT_SEEDS = 10000, DEFAULT_SECONDS = 480, MUTANT_SEEDS = 3000 };

static const char *const oses[] = {"Windows11", "Windows10", "Windows11", "WindowsServer2022",
                                   "Linux",     "Plan9",     "Windows10"};

/* ---- a history --------------------------------------------------------------------------------------------------------- */

static struct rng *dice(struct world *w)
{
    return &w->cloud.rng;
}

static uint64_t below(struct world *w, uint64_t n)
{
    return rng_below(dice(w), n);
}

static void draw_device(struct world *w, size_t tenant, size_t n)
{
    char host[R_NAME];
    (void)snprintf(host, sizeof host, "pc%zu-%zu.example", tenant, n);
    struct rc_device *d =
        &w->cloud.devices[rc_add_device(&w->cloud, tenant, host, oses[below(w, sizeof oses / sizeof *oses)])];
    if (strstr(d->os, "Server") && rng_chance(dice(w), 0.5))
        d->role = rng_chance(dice(w), 0.5) ? MACHINE_ROLE_MEMBER : MACHINE_ROLE_CONTROLLER;
    if (rng_chance(dice(w), 0.1)) d->worth = WORTH_HIGH;
    if (rng_chance(dice(w), 0.1)) (void)snprintf(d->tag, sizeof d->tag, "keep-out");
    d->is_tunnelled = rng_chance(dice(w), 0.1);
    d->can_selective = rng_chance(dice(w), 0.7);
    d->is_unsupported = rng_chance(dice(w), 0.05);
    d->is_offline = rng_chance(dice(w), 0.05);
}

static void draw_faults(struct world *w)
{
    double bad = rng_chance(dice(w), 0.3) ? 0 : rng_unit(dice(w)) * 0.4;
    w->cloud.faults = (struct rc_faults){
        .lost_before = bad / 2,
        .lost_after = bad,
        .throttle = bad / 3,
        .duplicate = rng_unit(dice(w)),
        .active = 0.5,
        .stuck = bad / 3,
        .slow = bad,
        .fails = bad / 4,
        .unseen = bad,
        .look_fails = bad / 3,
        .bare = bad / 8,
        .uncancellable = bad,
    };
    w->cut_chance = rng_chance(dice(w), 0.5) ? 0 : 0.03;
    w->down_most_ms = rng_chance(dice(w), 0.3) ? 6 * (int64_t)HOUR : 2 * MIN;
}

static void draw_tenants(struct world *w)
{
    size_t tenants = 1 + below(w, 5);
    for (size_t t = 0; t < tenants; t++) {
        enum policy_mode mode = rng_chance(dice(w), 0.8) ? MODE_AUTO : (enum policy_mode)below(w, MODE_COUNT);
        (void)rc_add_tenant(&w->cloud, mode);
        w->cloud.tenants[t].is_forbidden = rng_chance(dice(w), 0.05);
        for (size_t n = 2 + below(w, 6); n > 0; n--) draw_device(w, t, n);
    }
    w->account_limit = 2 + (uint32_t)below(w, 8);
    w->exclusions[0] =
        (struct respond_exclusion){.kind = EXCLUDE_TAG, .value = "keep-out", .owner = "ann", .reason = "test"};
    if (rng_chance(dice(w), 0.5)) w->exclusions[0].expires = wall_add(w->now, -WALL_TICKS_PER_HOUR);
    w->exclusion_count = 1;
}

static void draw_settings(struct world *w)
{
    for (size_t t = 0; t < w->cloud.tenant_count; t++) {
        struct respond_tenant *s = &w->settings[t];
        s->device_count = (uint32_t)(rng_chance(dice(w), 0.5) ? 100 : 10 + below(w, 60));
        s->limit_hour = 1 + (uint32_t)below(w, 4);
        s->approval_people = 1 + (uint32_t)below(w, 2);
        s->escalates = rng_chance(dice(w), 0.5);
        s->auto_release = rng_chance(dice(w), 0.5);
        s->lease_ms = 10 * MIN + (int64_t)below(w, 2 * HOUR);
        s->has_hunting = rng_chance(dice(w), 0.5);
        s->guard_servers = true;
        s->confirm_ms = 5 * (int64_t)MIN;
    }
    world_settings(w);
}

static void new_alert(struct world *w, uint64_t came)
{
    size_t tenant = below(w, w->cloud.tenant_count), device;
    char incident[R_ID];
    enum fact_severity severity = rng_chance(dice(w), 0.75) ? SEVERITY_HIGH : (enum fact_severity)(2 + below(w, 2));
    if (w->cloud.alert_count == RC_ALERTS) return;
    (void)snprintf(incident, sizeof incident, "%" PRIu64, tenant * 100 + below(w, 4));
    struct rc_alert *a = rc_add_alert(&w->cloud, tenant, incident, severity);
    if (rng_chance(dice(w), w->cloud.tenant_count > 3 ? 0.4 : 0.05))
        (void)snprintf(a->title, sizeof a->title, "The vendor's mistake");
    if (rng_chance(dice(w), 0.1)) a->handled = HANDLED_WHOLLY;
    if (rng_chance(dice(w), 0.1)) a->service = rng_chance(dice(w), 0.5) ? SERVICE_OFFICE : SERVICE_IDENTITY;
    if (rng_chance(dice(w), 0.2)) (void)snprintf(a->category, sizeof a->category, "Ransomware");
    if (rng_chance(dice(w), 0.1))
        a->created = wall_add(w->now, -(int64_t)below(w, (uint64_t)(3 * WALL_TICKS_PER_HOUR)));
    for (size_t n = 1 + below(w, 2); n > 0; n--) {
        do device = below(w, w->cloud.device_count);
        while (w->cloud.devices[device].tenant != tenant);
        bool is_there = false;
        for (size_t i = 0; i < a->device_count; i++) is_there |= a->devices[i].device == device;
        if (is_there) continue;
        rc_name_device(a, device, n == 1 ? ROLE_PRIMARY : (uint32_t)1 << below(w, 10));
        a->devices[a->device_count - 1].has_no_id = rng_chance(dice(w), 0.05);
    }
    world_deliver(w, a, (enum respond_came)came, (int64_t)below(w, MIN));
    if (rng_chance(dice(w), 0.2)) world_deliver(w, a, (enum respond_came)came, (int64_t)below(w, MIN)); /* twice */
}

static void change_alert(struct world *w, uint64_t unused)
{
    (void)unused;
    if (w->cloud.alert_count == 0) return;
    struct rc_alert *a = &w->cloud.alerts[below(w, w->cloud.alert_count)];
    switch (below(w, 6)) {
    case 0:
        a->status = STATUS_RESOLVED;
        a->closed = w->now;
        break;
    case 1:
        a->status = STATUS_NEW;
        a->classification = CLASS_UNKNOWN;
        a->closed = (struct wall){0};
        break;
    case 2:
        if (a->severity == SEVERITY_HIGH) a->lowered = w->now;
        a->severity = SEVERITY_LOW;
        (void)snprintf(a->category, sizeof a->category, "Malware");
        break;
    case 3:
        a->severity = SEVERITY_HIGH;
        a->lowered = (struct wall){0};
        break;
    case 4:
        a->classification = CLASS_FALSE_POSITIVE;
        a->closed = w->now;
        break;
    default: break;
    }
    world_deliver(w, a, CAME_LIVE, (int64_t)below(w, MIN));
}

static void others_act(struct world *w, uint64_t unused)
{
    static const char *const who[] = {"analyst@example", "MicrosoftDefender", "another product"};
    (void)unused;
    if (w->cloud.action_count + 40 > RC_ACTIONS) return;
    rc_act(&w->cloud, below(w, w->cloud.device_count), rng_chance(dice(w), 0.5) ? ACT_ISOLATE : ACT_RELEASE,
           who[below(w, 3)], "by hand");
}

static void merge(struct world *w, uint64_t unused)
{
    size_t tenant = below(w, w->cloud.tenant_count);
    uint64_t from = tenant * 100 + below(w, 4), to = tenant * 100 + below(w, 4);
    char a[R_ID], b[R_ID];
    (void)unused;
    if (from <= to) return; /* Defender never merges in a circle */
    (void)snprintf(a, sizeof a, "%" PRIu64, from);
    (void)snprintf(b, sizeof b, "%" PRIu64, to);
    for (size_t i = 0; i < w->cloud.alert_count; i++)
        if (w->cloud.alerts[i].tenant == tenant && strcmp(w->cloud.alerts[i].incident, a) == 0)
            memcpy(w->cloud.alerts[i].incident, b, sizeof b);
    world_merge(w, tenant, a, b, (int64_t)below(w, MIN));
}

static uint64_t any_number(struct world *w)
{
    return 1 + below(w, w->r && w->r->last_id ? w->r->last_id : 1);
}

static void person(struct world *w, uint64_t unused)
{
    static const enum order_kind kinds[] = {ORDER_APPROVE, ORDER_APPROVE, ORDER_APPROVE, ORDER_APPROVE, ORDER_DENY,
                                            ORDER_ACK,     ORDER_RETRY,   ORDER_STOP,    ORDER_RESUME,  ORDER_RESUME,
                                            ORDER_ACT,     ORDER_ACT,     ORDER_ACT,     ORDER_EXTEND,  ORDER_CANCEL};
    struct respond_order o = {.kind = kinds[below(w, sizeof kinds / sizeof *kinds)], .ref = any_number(w)};
    size_t device = below(w, w->cloud.device_count);
    const struct rc_device *d = &w->cloud.devices[device];
    (void)unused;
    (void)snprintf(o.id, sizeof o.id, "order-%" PRIu64, below(w, 1000));
    (void)snprintf(o.by, sizeof o.by, "person-%" PRIu64, below(w, 3));
    o.until = wall_add(w->now, WALL_TICKS_PER_HOUR);
    if (o.kind == ORDER_STOP || o.kind == ORDER_RESUME || o.kind == ORDER_ACT) {
        bool everywhere = o.kind != ORDER_ACT && rng_chance(dice(w), 0.5);
        if (!everywhere) (void)snprintf(o.tenant, sizeof o.tenant, "%s", w->cloud.tenants[d->tenant].id);
    }
    if (o.kind == ORDER_ACT) {
        static const enum act_kind acts[] = {ACT_RELEASE, ACT_RELEASE, ACT_RELEASE,
                                             ACT_ISOLATE, ACT_SCAN,    ACT_RESTRICT};
        o.ref = 0;
        o.act = acts[below(w, sizeof acts / sizeof *acts)];
        o.anyway = rng_chance(dice(w), 0.3);
        (void)snprintf(o.device, sizeof o.device, "%s", d->id);
        (void)snprintf(o.host, sizeof o.host, "%s", d->host);
    }
    world_order(w, &o, (int64_t)below(w, MIN));
    if (rng_chance(dice(w), 0.2)) world_order(w, &o, (int64_t)below(w, 5 * MIN)); /* pressed twice */
}

/* Those who are asked answer, more often than chance would have it. */
static void answer_question(struct world *w, uint64_t left)
{
    uint64_t cursor = 0;
    if (w->r && !w->is_down)
        for (const struct decision *d; (d = responder_decisions(w->r, &cursor)) != NULL;) {
            struct respond_order o = {.kind = rng_chance(dice(w), 0.7) ? ORDER_APPROVE : ORDER_DENY, .ref = d->id};
            if (d->state != DECISION_ASKING || !rng_chance(dice(w), 0.3)) continue;
            (void)snprintf(o.by, sizeof o.by, "person-%" PRIu64, below(w, 3));
            world_order(w, &o, (int64_t)below(w, MIN));
        }
    if (left > 0) world_script(w, 7 * MIN, answer_question, left - 1);
}

/* An isolated device is let go by a person or an analyst some time. */
static void let_go(struct world *w, uint64_t left)
{
    uint64_t cursor = 0;
    if (w->r && !w->is_down)
        for (const struct hold *h; (h = responder_holds(w->r, &cursor)) != NULL;) {
            struct respond_order o = {.kind = ORDER_ACT, .act = ACT_RELEASE, .ref = h->id};
            if (h->state != HOLD_HELD || !rng_chance(dice(w), 0.05)) continue;
            (void)snprintf(o.by, sizeof o.by, "person-%" PRIu64, below(w, 3));
            world_order(w, &o, (int64_t)below(w, 10 * MIN));
        }
    for (size_t i = 0; i < w->cloud.action_count && w->cloud.action_count + 40 < RC_ACTIONS;
         i++) { /* or while it is under way */
        const struct rc_action *a = &w->cloud.actions[i];
        if (a->x.kind == ACT_ISOLATE && a->x.state == REMOTE_RUNNING && rng_chance(dice(w), 0.3))
            rc_act(&w->cloud, a->device, ACT_RELEASE, "analyst@example", "too hasty");
    }
    if (left > 0) world_script(w, 3 * MIN, let_go, left - 1);
}

/* What Defender does with a duplicate that hung: it comes true after the release. */
static void late_twin(struct world *w, uint64_t left)
{
    for (size_t i = 0; i < w->cloud.action_count && w->cloud.action_count + 40 < RC_ACTIONS; i++) {
        const struct rc_action *a = &w->cloud.actions[i];
        const struct rc_device *d = &w->cloud.devices[a->device];
        char comment[R_TEXT];
        if (a->x.kind != ACT_ISOLATE || a->x.state != REMOTE_SUCCEEDED || d->is_isolated ||
            !strstr(a->x.comment, "Portcullis") || !rng_chance(dice(w), 0.03))
            continue;
        (void)snprintf(comment, sizeof comment, "%s", a->x.comment);
        rc_act(&w->cloud, a->device, ACT_ISOLATE, "app:portcullis", comment);
    }
    if (left > 0) world_script(w, 9 * MIN, late_twin, left - 1);
}

static void draw_history(struct world *w)
{
    const int64_t length = 3 * (int64_t)HOUR;
    static void (*const scripts[])(struct world *, uint64_t) = {change_alert, others_act, merge, person};
    uint64_t most[] = {20, 10, 3, 16};
    for (uint64_t n = 4 + below(w, 24); n > 0; n--)
        world_script(w, (int64_t)below(w, (uint64_t)length), new_alert,
                     rng_chance(dice(w), 0.85) ? CAME_LIVE : 1 + below(w, CAME_KINDS - 1));
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        for (uint64_t n = below(w, most[i]); n > 0; n--)
            world_script(w, (int64_t)below(w, (uint64_t)length), scripts[i], 0);
    world_script(w, 7 * MIN, answer_question, 25);
    world_script(w, 3 * MIN, let_go, 60);
    world_script(w, 9 * MIN, late_twin, 20);
}

/* What led to it, for who looks at a seed that failed. */
static void show(const struct world *w)
{
    size_t first = w->record_count > 400 ? w->record_count - 400 : 0;
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = first; i < w->record_count; i++)
        if (respond_record_format(&w->ledger[i], &text)) (void)printf("# %.600s\n", buf_cstr(&text));
    buf_done(&text);
}

static bool run(uint64_t seed, char *why, size_t size, uint64_t *steps, uint64_t *cuts, bool unsynced, bool is_shown)
{
    static struct world w; /* large */
    world_init(&w, seed);
    w.effects_before_commit = unsynced;
    draw_tenants(&w);
    draw_faults(&w);
    world_start(&w);
    draw_settings(&w);
    draw_history(&w);
    world_run(&w, 4 * (int64_t)HOUR);
    w.cut_chance = 0;
    w.cloud.faults = (struct rc_faults){0};
    world_run(&w, (rng_chance(dice(&w), 0.1) ? 24 * 8 : 3) * (int64_t)HOUR);
    if (!w.is_down) check_released(&w);
    if (!w.is_down && w.now.ticks > w.up_since.ticks + 7 * WALL_TICKS_PER_DAY) check_end(&w);
    bool ok = w.broken[0] == 0;
    if (!ok) (void)snprintf(why, size, "%s", w.broken);
    if (!ok && is_shown) show(&w);
    *steps += w.steps;
    *cuts += w.cuts;
    world_done(&w);
    return ok;
}

/* ---- mutants -------------------------------------------------------------------------------------------------------------- */

static const char *const mutants[MUTANT_COUNT] = {
    [MUTANT_RESEND_BLINDLY] = "a lost isolation is sent again without looking",
    [MUTANT_NO_HOUR_LIMIT] = "the tenant's limit of an hour is skipped",
    [MUTANT_NO_SHARE_LIMIT] = "the tenant's share is skipped",
    [MUTANT_NO_ACCOUNT_LIMIT] = "the account's limit is skipped",
    [MUTANT_IGNORE_RELEASE] = "a person's release is ignored",
    [MUTANT_ACT_ON_LOOK_BACK] = "look-back is acted on",
    [MUTANT_NO_FRESH_READ] = "the fresh read is ignored",
    [MUTANT_NO_GUARD] = "servers are not guarded",
    [MUTANT_NO_EXCLUSION] = "exclusions are ignored",
    [MUTANT_OWN_ALL] = "what others did is taken for ours",
    [MUTANT_NO_WATCH] = "nothing is watched after a release",
    [MUTANT_RELEASE_AT_ONCE] = "a release does not wait for attempts",
    [MUTANT_FORGET_MERGE] = "merges are forgotten",
    [MUTANT_NO_BREAKER] = "the breaker is left out",
    [MUTANT_STOP_FORGOTTEN] = "a stop is forgotten",
    [MUTANT_TRUST_ANSWER] = "success is believed without reading back",
    [MUTANT_SECRET_CHANGE] = "a change that no record tells of",
};

/* True: some seed notices it. */
static bool is_caught(enum mutant m, uint64_t seed, uint64_t *seeds, char *why, size_t size)
{
    uint64_t steps = 0, cuts = 0;
    bool caught = false;
    respond_mutant = m == MUTANT_COUNT ? MUTANT_NONE : m;
    for (*seeds = 0; !caught && *seeds < MUTANT_SEEDS;)
        caught = !run(seed + (*seeds)++, why, size, &steps, &cuts, m == MUTANT_COUNT, false);
    respond_mutant = MUTANT_NONE;
    return caught;
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
    uint64_t v;
    return argc > i && str_to_u64(str_of(argv[i]), &v) ? v : otherwise;
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    uint64_t seed = argument(argc, argv, 1, 1), seeds = argument(argc, argv, 2, DEFAULT_SEEDS), done = 0, steps = 0,
             cuts = 0;
    double end = seconds() + (double)argument(argc, argv, 3, DEFAULT_SECONDS);
    char why[300];
    int bad = 0, n = 1;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    while (done < seeds && bad == 0 && (done == 0 || seconds() < end)) {
        if (!run(seed + done, why, sizeof why, &steps, &cuts, false, seeds == 1)) {
            (void)printf("not ok %d - seed %" PRIu64 ": %s\n", n++, seed + done, why);
            bad++;
        }
        done++;
    }
    (void)printf("%s %d - %" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64 " power cuts\n", bad ? "not ok" : "ok", n++,
                 done, steps, cuts);
    for (int m = 1; m <= MUTANT_COUNT && bad == 0 && (seeds > 1 || argc < 3); m++) {
        uint64_t used;
        const char *name = m == MUTANT_COUNT ? "the intent is sent before it is durable" : mutants[m];
        bool caught = is_caught((enum mutant)m, seed, &used, why, sizeof why);
        (void)printf("%s %d - mutant: %s: %s after %" PRIu64 " seeds%s%s\n", caught ? "ok" : "not ok", n++, name,
                     caught ? "caught" : "NOT caught", used, caught ? ": " : "", caught ? why : "");
        bad += !caught;
    }
    (void)printf("1..%d\n", n - 1);
    return bad ? 1 : 0;
}
