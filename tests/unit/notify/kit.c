#include "kit.h"

#include <stdlib.h>

#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "state/store/notices.h"
#include "state/store/people.h"

enum { LATENCY_MS = 40, LATENCY_SPREAD_MS = 400, TIMEOUT_MS = 20000 };

void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s (%s)", e->text, e->cause->code);
}

/* ---- providers -------------------------------------------------------------------------------------------------------------- */

struct flight {
    struct kit *k;
    unsigned life; /* of whoever asked: after a crash nobody hears the answer */
    int status;
    uint32_t retry_after_ms;
    bool is_lost;
    struct buf body;
    void (*done)(void *arg, const struct wire_answer *a);
    void *arg;
};

static void arrive(void *arg)
{
    struct flight *f = arg;
    static const struct cause cut = {"net.cut", ERR_RETRY, "cut", "wait"};
    struct err e = {&cut, 0, "the connection ended before the answer did"};
    struct wire_answer a = {f->status, f->retry_after_ms, buf_str(&f->body), f->is_lost ? &e : NULL};
    if (f->k->notify && f->k->life == f->life) f->done(f->arg, &a);
    buf_done(&f->body);
    free(f);
}

static struct str between(struct str text, const char *from, const char *to)
{
    size_t at = str_find(text, str_of(from), 0);
    if (at == SIZE_MAX) return STR_NONE;
    at += strlen(from);
    size_t end = str_find(text, str_of(to), at);
    return str_sub(text, at, (end == SIZE_MAX ? text.n : end) - at);
}

static void remember(struct kit *k, char kind, struct str id, const char *to, struct str text)
{
    struct told *t = &k->told[k->told_count++];
    INVARIANT(k->told_count < KIT_TOLD_MAX);
    t->kind = kind;
    t->at = sim_time_now(&k->time);
    (void)str_copy(id, t->id, sizeof t->id);
    (void)str_copy(str_of(to), t->to, sizeof t->to);
    (void)str_copy(str_sub(text, 0, sizeof t->text - 1), t->text, sizeof t->text);
}

static const struct phone_manner *manner_of(const struct kit *k, const char *to)
{
    static const struct phone_manner silent = {.status = "no-answer", .after_ms = 20000};
    for (size_t i = 0; i < k->manner_count; i++)
        if (strcmp(k->manners[i].to, to) == 0) return &k->manners[i];
    return &silent;
}

static void decode(struct str text, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n && n + 1 < size; i++) {
        char hex[3] = {0};
        if (text.p[i] == '%' && i + 2 < text.n) {
            hex[0] = text.p[i + 1], hex[1] = text.p[i + 2];
            out[n++] = (char)strtol(hex, NULL, 16);
            i += 2;
        } else
            out[n++] = text.p[i];
    }
    out[n] = '\0';
}

static void place(struct kit *k, struct str form, struct flight *f)
{
    char parameters[2400];
    struct call *c = &k->calls[k->call_count++];
    INVARIANT(k->call_count < KIT_CALLS_MAX);
    decode(between(form, "To=", "&"), c->to, sizeof c->to);
    decode(between(form, "Parameters=", "&"), parameters, sizeof parameters);
    (void)str_copy(between(str_of(parameters), "\"delivery\":\"", "\""), c->token, sizeof c->token);
    (void)str_copy(between(str_of(parameters), "\"say\":\"", "\""), c->say, sizeof c->say);
    (void)snprintf(c->sid, sizeof c->sid, "FN%032zu", k->call_count);
    c->at = sim_time_now(&k->time);
    f->status = 201;
    buf_addf(&f->body, "{\"sid\":\"%s\",\"status\":\"active\"}", c->sid);
}

static void list_calls(struct kit *k, struct flight *f)
{
    buf_add_str(&f->body, STR("{\"executions\":["));
    for (size_t i = 0; i < k->call_count; i++) {
        char when[WALL_TEXT_BYTES];
        (void)wall_format_digits(k->calls[i].at, 0, when);
        buf_addf(&f->body, "%s{\"sid\":\"%s\",\"contact_channel_address\":\"%s\",\"date_created\":\"%s\"}",
                 i ? "," : "", k->calls[i].sid, k->calls[i].to, when);
    }
    buf_add_str(&f->body, STR("]}"));
    f->status = 200;
}

static void show_call(struct kit *k, struct str url, struct flight *f)
{
    for (size_t i = 0; i < k->call_count; i++) {
        struct call *c = &k->calls[i];
        if (str_find(url, str_of(c->sid), 0) == SIZE_MAX) continue;
        const struct phone_manner *m = manner_of(k, c->to);
        bool is_over = sim_time_now(&k->time).ticks >= later_ms(c->at, m->after_ms).ticks;
        c->is_ended = is_over;
        f->status = 200;
        if (!str_ends(url, STR("/Context"))) {
            buf_addf(&f->body, "{\"sid\":\"%s\",\"status\":\"%s\"}", c->sid, is_over ? "ended" : "active");
            return;
        }
        buf_addf(&f->body, "{\"context\":{\"flow\":{\"data\":{\"delivery\":\"%s\"}},\"widgets\":{", c->token);
        if (is_over) {
            buf_addf(&f->body, "\"call\":{\"CallStatus\":\"%s\",\"AnsweredBy\":\"%s\"}",
                     m->status ? m->status : "completed", m->answered_by ? m->answered_by : "human");
            if (m->key[0]) buf_addf(&f->body, ",\"choice\":{\"Digits\":\"%s\"}", m->key);
            if (m->pin[0]) buf_addf(&f->body, ",\"pin\":{\"Digits\":\"%s\"}", m->pin);
        }
        buf_add_str(&f->body, STR("}}}"));
        return;
    }
    f->status = 404;
}

static void serve(struct kit *k, const struct wire_request *q, struct flight *f)
{
    struct str url = str_of(q->url);
    char id[160];
    f->status = 200;
    if (q->is_mail) {
        f->status = 250;
        remember(k, 'm', between(q->body, "Message-ID: <", ">"), q->recipient, q->body);
    } else if (str_find(url, STR("/Executions"), 0) != SIZE_MAX) {
        if (strcmp(q->method, "POST") == 0)
            place(k, q->body, f);
        else if (str_find(url, STR("/Executions/"), 0) != SIZE_MAX)
            show_call(k, url, f);
        else
            list_calls(k, f);
    } else if (str_find(url, STR("/v2/enqueue"), 0) != SIZE_MAX) {
        (void)snprintf(id, sizeof id, "%.*s/%.*s", STR_ARG(between(q->body, "\"dedup_key\":\"", "\"")),
                       STR_ARG(between(q->body, "\"event_action\":\"", "\"")));
        f->status = 202;
        remember(k, 'p', str_of(id), "", q->body);
    } else if (str_find(url, STR("slack"), 0) != SIZE_MAX)
        remember(k, 's', STR_NONE, "", q->body);
    else
        remember(k, 'w', between(q->body, "\"delivery\":\"", "\""), "", q->body);
}

static void send(void *ctx, const struct wire_request *q, void (*done)(void *arg, const struct wire_answer *a),
                 void *arg)
{
    struct kit *k = ctx;
    struct flight *f = calloc(1, sizeof *f);
    INVARIANT(f != NULL);
    *f = (struct flight){.k = k, .life = k->life, .done = done, .arg = arg};
    buf_init(&f->body, 0);
    int64_t delay = LATENCY_MS + (int64_t)rng_below(&k->rng, LATENCY_SPREAD_MS);
    k->sends++;
    if (k->next_status || rng_chance(&k->rng, k->refuses)) {
        f->status = k->next_status ? k->next_status : q->is_mail ? 451 : 503;
        f->retry_after_ms = k->next_retry_after_ms;
        k->next_status = 0;
        k->next_retry_after_ms = 0;
    } else {
        serve(k, q, f);
        f->is_lost = k->lose_next > 0 || rng_chance(&k->rng, k->loses_answer);
        if (k->lose_next) k->lose_next--;
        if (f->is_lost) delay = TIMEOUT_MS;
    }
    sim_time_in(&k->time, delay, arrive, f);
}

static void cancel(void *ctx)
{
    (void)ctx;
}

static bool order(void *ctx, const struct notify_order *o, bool *settled_out, struct err *e)
{
    struct kit *k = ctx;
    if (k->orders_fail) {
        k->orders_fail = false;
        return err_set(e, &base_causes[BASE_OS], "not now");
    }
    *settled_out = !k->needs_two;
    for (size_t i = 0; i < k->order_count; i++)
        if (strcmp(k->orders[i].id, o->id) == 0) return true; /* the same order again changes nothing */
    k->orders[k->order_count++] = *o;
    return true;
}

/* ---- the world ---------------------------------------------------------------------------------------------------------------- */

void kit_init(struct kit *k, uint64_t seed)
{
    struct wall start;
    struct err e;
    *k = (struct kit){0};
    rng_seed(&k->rng, seed ^ 77);
    assert_true(wall_parse(STR("2026-11-23T10:00:00Z"), &start)); /* a Monday */
    sim_time_init(&k->time, start, seed);
    k->disk = fake_disk_new(seed);
    must(seal_key_load(STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                       &k->key, &e),
         &e);
    struct fs fs = fake_disk_fs(k->disk);
    must(fs.ops->make_dirs(fs.ctx, "/d", &e) && fs.ops->sync_dir(fs.ctx, "/", &e), &e);
}

void kit_open(struct kit *k, bool create)
{
    struct err e;
    struct store_opts o = {.fs = fake_disk_fs(k->disk),
                           .path = "/d/store.db",
                           .key = k->key,
                           .clock = clock_virtual(&k->time.clock),
                           .create = create};
    must(store_open(&o, &k->store, &e), &e);
}

void kit_start(struct kit *k)
{
    struct err e;
    struct notify_opts o = {.runtime = sim_time_runtime(&k->time),
                            .clock = clock_virtual(&k->time.clock),
                            .store = k->store,
                            .wire = {k, cancel, send},
                            .order = order,
                            .ctx = k,
                            .seed = rng_u64(&k->rng)};
    k->life++;
    must(notify_new(&o, &k->notify, &e), &e);
    notify_start(k->notify);
}

static void on_stopped(void *arg)
{
    *(bool *)arg = true;
}

/* A round that runs ends first: the simulation's work is an event that cannot be taken back. */
static void stop(struct kit *k)
{
    bool stopped = false;
    if (k->notify == NULL) return;
    struct notify *n = k->notify;
    notify_stop(n, on_stopped, &stopped);
    k->notify = NULL;
    assert_true(stopped || sim_time_until(&k->time, &stopped, 60 * 1000));
    notify_free(n);
}

void kit_crash(struct kit *k)
{
    fake_disk_cut_power(k->disk);
    stop(k);
    store_close(k->store);
    fake_disk_restart(k->disk);
    fake_disk_fail_at(k->disk, UINT64_MAX, FAKE_NONE); /* what was asked for and did not come */
    kit_open(k, false);
    kit_start(k);
}

void kit_done(struct kit *k)
{
    stop(k);
    sim_time_run(&k->time, 3600 * 1000); /* what is still on its way arrives at nobody */
    if (k->store) store_close(k->store);
    seal_key_free(k->key);
    fake_disk_free(k->disk);
    sim_time_done(&k->time);
}

void kit_channel(struct kit *k, const char *name, const char *kind, const char *flow)
{
    struct err e;
    char secret[80];
    struct channel_record c = {.account = "AC1", .sender = "+15550000", .is_enabled = true, .created = {1}};
    (void)snprintf(c.name, sizeof c.name, "%s", name);
    (void)snprintf(c.kind, sizeof c.kind, "%s", kind);
    (void)snprintf(c.flow, sizeof c.flow, "%s", flow);
    if (strcmp(kind, "email") == 0) {
        (void)snprintf(c.address, sizeof c.address, "smtp://127.0.0.1:25");
        (void)snprintf(c.sender, sizeof c.sender, "gate@guard.example");
    } else if (strcmp(kind, "webhook") == 0)
        (void)snprintf(c.address, sizeof c.address, "https://hook.example/in");
    (void)snprintf(secret, sizeof secret, "channel.secret:%s", name);
    must(store_channel_put(k->store, &c, true, &e) &&
             store_secret_put(k->store, secret, STR("https://hooks.slack.example/x"), &e),
         &e);
}

void kit_person(struct kit *k, const char *name, const char *role, const char *phone, bool on_duty)
{
    struct err e;
    static char pin[PIN_HASH_BYTES];
    struct person_record p = {.created = {1}};
    struct duty_record d = {.list = "on-call"};
    if (pin[0] == '\0') must(password_hash(STR("4711"), pin, &e), &e);
    (void)snprintf(p.name, sizeof p.name, "%s", name);
    (void)snprintf(p.mail, sizeof p.mail, "%s@guard.example", name);
    (void)snprintf(p.phone, sizeof p.phone, "%s", phone);
    (void)snprintf(p.role, sizeof p.role, "%s", role);
    (void)snprintf(p.pin_hash, sizeof p.pin_hash, "%s", pin);
    (void)snprintf(d.person, sizeof d.person, "%s", name);
    must(store_person_put(k->store, &p, &e) && (!on_duty || store_duty_add(k->store, &d, &e)), &e);
}

void kit_people(struct kit *k)
{
    kit_person(k, "ann", "responder", "+15550101", true);
    kit_person(k, "bob", "admin", "+15550102", true);
    kit_channel(k, "mail", "email", "");
    kit_channel(k, "hook", "webhook", "");
    kit_channel(k, "chat", "slack", "");
    kit_channel(k, "pager", "pagerduty", "");
    kit_channel(k, "voice", "phone", "FW1");
}

int64_t kit_put(struct kit *k, struct notice_record n)
{
    struct err e;
    must(store_notice_put(k->store, &n, &e), &e);
    if (k->notify) notify_wake(k->notify);
    return n.id;
}

struct notice_record kit_notice(struct kit *k, int64_t id)
{
    struct err e;
    struct notice_record n = {0};
    bool found = false;
    must(store_notice_find(k->store, id, NULL, &n, &found, &e), &e);
    assert_true(found);
    return n;
}

void kit_run(struct kit *k, int64_t ms)
{
    sim_time_run(&k->time, ms);
}

size_t kit_told(const struct kit *k, char kind)
{
    size_t n = 0;
    for (size_t i = 0; i < k->told_count; i++) n += k->told[i].kind == kind;
    return n;
}

const struct told *kit_last(const struct kit *k, char kind)
{
    for (size_t i = k->told_count; i-- > 0;)
        if (k->told[i].kind == kind) return &k->told[i];
    return NULL;
}
