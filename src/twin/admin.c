/* The twin's own end-points under /twin/: what exists, whatever was asked for, and the switches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/cloud_int.h"

#define NDJSON "application/x-ndjson"
#define JSON_TYPE "application/json; charset=utf-8"

/* ---- everything of one feed, one JSON text a line -------------------------------------------------------------------- */
struct dump {
    struct hunt_source source;
    struct kql_query *query; /* of a table; else NULL */
    struct arena arena;
    struct object_list objects;
    enum object_kind kind;
    size_t at;
    struct buf piece;
    size_t piece_at;
};

static void dump_done(struct dump *d)
{
    kql_free(d->query);
    hunt_source_done(&d->source);
    arena_done(&d->arena);
    buf_done(&d->piece);
}

/* `d` must not move afterwards. */
static bool dump_init(struct dump *d, struct cloud *c, unsigned tenant, unsigned feed, struct wall as_of)
{
    struct twin_tenant *t = &c->tenants[tenant];
    struct kql_env env = {&d->source.source, as_of, INT64_MIN, INT64_MAX};
    struct kql_error error;
    *d = (struct dump){.kind = feed < TABLE_COUNT ? OBJECT_KINDS : feed_kind(feed)};
    arena_init(&d->arena, 1 << 30);
    buf_init(&d->piece, 64 << 20);
    hunt_source_init(&d->source, c, t, as_of);
    d->source.is_dump = true;
    if (feed >= TABLE_COUNT) return objects_list(estate_of(c, t), d->kind, as_of, &d->arena, &d->objects);
    return kql_compile(str_of(table_schemas[feed].name), &env, &d->query, &error);
}

/* Appends the next one to `out`; false: there is none. */
static bool dump_next(struct dump *d, struct buf *out)
{
    const struct kql_value *values;
    struct kql_row_ref ref;
    if (d->query == NULL) {
        if (d->at == d->objects.count) return false;
        /* with their evidence, as it is asked for; incidents without their alerts, which are a feed of their own */
        unsigned view = VIEW_EVOLVED | (d->kind == OBJECT_INCIDENT ? 0 : VIEW_EXPANDED);
        object_write(estate_of(d->source.cloud, d->source.tenant), d->kind, &d->objects.items[d->at++], view, out);
        return true;
    }
    if (kql_next(d->query, &values, &ref) != KQL_ROW) return false;
    hunt_write_row(&d->source, kql_handle(d->query), ref, d->query, values, out);
    return true;
}

void cloud_each(struct cloud *c, unsigned tenant, unsigned feed, struct wall now,
                bool (*each)(void *arg, struct str json), void *arg)
{
    struct dump d;
    bool more = dump_init(&d, c, tenant, feed, existing_at(c, now));
    while (more) {
        buf_reset(&d.piece);
        more = dump_next(&d, &d.piece) && each(arg, buf_str(&d.piece));
    }
    dump_done(&d);
}

static bool count_one(void *arg, struct str json)
{
    (void)json;
    ++*(uint64_t *)arg;
    return true;
}

uint64_t cloud_count(struct cloud *c, unsigned tenant, unsigned feed, struct wall now)
{
    uint64_t n = 0;
    struct wall as_of = existing_at(c, now);
    if (feed >= TABLE_COUNT) {
        cloud_each(c, tenant, feed, now, count_one, &n);
        return n;
    }
    struct table *t = &c->tenants[tenant].tables[feed];
    struct kql_row_ref ref;
    table_advance(t, as_of);
    struct table_scan *s = table_scan_new(t, INT64_MIN, INT64_MAX, false, as_of);
    while (s && table_scan_next(s, &ref)) n++;
    table_scan_free(s);
    return n;
}

static ssize_t dump_read(void *ctx, char *p, size_t n)
{
    struct dump *d = ctx;
    if (d->piece_at == d->piece.n) {
        d->piece.n = d->piece_at = 0;
        while (d->piece.n < 65536 && dump_next(d, &d->piece)) buf_add_char(&d->piece, '\n');
        if (d->piece.failed) return CLOUD_BODY_CUT;
    }
    if (n > d->piece.n - d->piece_at) n = d->piece.n - d->piece_at;
    if (n) memcpy(p, d->piece.p + d->piece_at, n);
    d->piece_at += n;
    return (ssize_t)n;
}

static void dump_free(void *ctx)
{
    dump_done(ctx);
    free(ctx);
}

static void answer_rows(struct exchange *x)
{
    static const struct body_ops ops = {dump_read, dump_free};
    const struct cloud_param *tenant = exchange_param(x, "tenant"), *feed = exchange_param(x, "feed");
    struct twin_tenant *t = tenant ? tenant_by_id(x->cloud, tenant->value) : NULL;
    unsigned index;
    struct buf empty;
    if (t == NULL || feed == NULL || !cloud_feed_find(feed->value, &index)) {
        answer_graph_error(x, 404, "NotFound", "say tenant=<id> and feed=<name>, see /twin/tenants");
        return;
    }
    x->out->content_type = NDJSON;
    buf_init(&empty, 64);
    struct dump *d = calloc(1, sizeof *d);
    INVARIANT(d != NULL);
    if (cloud_feed_readable(x->cloud, t->world.index, index) &&
        dump_init(d, x->cloud, t->world.index, index, x->as_of)) {
        answer_body(x, 200, &ops, d);
        return;
    }
    dump_free(d);
    answer_bytes(x, 200, NDJSON, &empty);
}

/* ---- the small ones -------------------------------------------------------------------------------------------------- */
static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

static void write_tenant(struct json_writer *w, const struct cloud *c, unsigned tenant)
{
    struct cloud_tenant of, *t = &of;
    const struct nation_row *nation = &nation_rows[c->opts.scenario->nation];
    cloud_tenant_get(c, tenant, t);
    json_object_begin(w);
    member(w, "tenant_id", t->id);
    member(w, "domain", t->domain);
    member(w, "name", t->name);
    member(w, "client_id", t->client_id);
    member(w, "client_secret", t->client_secret);
    member(w, "expired_secret", t->expired_secret);
    member(w, "graph_audience", nation->audiences[API_GRAPH]);
    member(w, "endpoint_audience", nation->audiences[API_ENDPOINT]);
    json_key(w, "feeds");
    json_array_begin(w);
    for (unsigned i = 0; i < cloud_feed_count(); i++)
        if (cloud_feed_readable(c, tenant, i)) json_write_cstr(w, cloud_feed_name(i));
    json_array_end(w);
    json_object_end(w);
}

static void write_app(struct json_writer *w, const char *key, const struct twin_app *a)
{
    json_key(w, key);
    json_object_begin(w);
    member(w, "client_id", a->client_id);
    member(w, "client_secret", a->client_secret);
    json_object_end(w);
}

static void write_tenants(struct exchange *x, struct json_writer *w)
{
    write_app(w, "multi_tenant_app", &x->cloud->shared_app);
    write_app(w, "disabled_app", &x->cloud->disabled_app);
    member(w, "other_cloud_tenant_id", x->cloud->foreign_tenant_id);
    json_key(w, "tenants");
    json_array_begin(w);
    for (unsigned i = 0; i < cloud_tenant_count(x->cloud); i++) write_tenant(w, x->cloud, i);
    json_array_end(w);
}

static void write_stats(struct exchange *x, struct json_writer *w)
{
    json_key(w, "tenants");
    json_array_begin(w);
    for (unsigned i = 0; i < cloud_tenant_count(x->cloud); i++) {
        json_object_begin(w);
        member(w, "tenant_id", x->cloud->tenants[i].world.tenant_id);
        for (unsigned f = 0; f < FAMILY_COUNT; f++) {
            const struct cloud_stats *s = &x->cloud->tenants[i].stats[f];
            const uint64_t values[] = {s->calls, s->throttled, s->faulted, s->refused, s->posts};
            static const char *const keys[] = {"calls", "throttled", "faulted", "refused", "posts"};
            json_key(w, twin_families[f].name);
            json_object_begin(w);
            for (unsigned k = 0; k < sizeof keys / sizeof *keys; k++) {
                json_key(w, keys[k]);
                json_write_u64(w, values[k]);
            }
            json_object_end(w);
        }
        json_object_end(w);
    }
    json_array_end(w);
}

/* Every variant, what it means and its choices: for tests that live through them all. */
static void write_variants(struct exchange *x, struct json_writer *w)
{
    (void)x;
    json_key(w, "variants");
    json_array_begin(w);
    for (unsigned i = 0; i < VARIANT_COUNT; i++) {
        const struct variant_row *row = &variant_rows[i];
        json_object_begin(w);
        member(w, "name", row->name);
        member(w, "meaning", row->meaning);
        json_key(w, "choices");
        json_array_begin(w);
        for (unsigned k = 0; k < VARIANT_CHOICES_MAX && row->choices[k]; k++) json_write_cstr(w, row->choices[k]);
        json_array_end(w);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_freeze(struct exchange *x, struct json_writer *w)
{
    char text[WALL_TEXT_BYTES];
    wall_format(cloud_freeze(x->cloud, x->now), text);
    member(w, "frozen_at", text);
}

static void write_healthz(struct exchange *x, struct json_writer *w)
{
    (void)x;
    member(w, "status", "ok");
}

void answer_ok(struct exchange *x)
{
    struct buf out;
    buf_init(&out, 64);
    buf_add_str(&out, STR("{\"status\":\"ok\"}"));
    answer_bytes(x, 200, JSON_TYPE, &out);
}

/* The twin's clock moves on by "5m", "3d": what takes days can be looked at. It never goes back. */
static void move_clock(struct exchange *x)
{
    int64_t ms;
    if (!duration_parse(str_trim(x->q->body), &ms) || ms > INT64_C(366) * 86400 * 1000) {
        answer_graph_error(x, 400, "BadRequest", "the body is a duration of at most a year: 30s, 5m, 3d");
        return;
    }
    x->cloud->ahead_ticks += ms * WALL_TICKS_PER_MS;
    answer_ok(x);
}

static void set_faults(struct exchange *x)
{
    struct err e;
    if (!cloud_set_faults(x->cloud, str_trim(x->q->body), &e)) {
        answer_graph_error(x, 400, "BadRequest", e.text);
        return;
    }
    answer_ok(x);
}

/* ---- what an application's registration holds ------------------------------------------------------------------------ */
/* tenant=T: that tenant's own application; without: the multi-tenant one. */
static struct twin_app *app_meant(struct exchange *x)
{
    const struct cloud_param *tenant = exchange_param(x, "tenant");
    struct twin_tenant *t = tenant ? tenant_by_id(x->cloud, tenant->value) : NULL;
    if (tenant && t == NULL) answer_graph_error(x, 404, "NotFound", "there is no such tenant, see /twin/tenants");
    return tenant == NULL ? &x->cloud->shared_app : t ? &t->app : NULL;
}

static void add_certificate(struct exchange *x)
{
    struct twin_app *app = app_meant(x);
    struct json_writer w;
    struct buf out, hex;
    struct err e;
    if (app == NULL) return;
    if (!app_add_certificate(app, x->q->body, &e)) {
        answer_graph_error(x, 400, "BadRequest", e.text);
        return;
    }
    const struct cert_facts *f = &app->certificates[app->certificate_count - 1].facts;
    buf_init(&out, 1024);
    buf_init(&hex, 1024);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    for (size_t i = 0; i < sizeof f->sha1; i++) buf_addf(&hex, "%02X", f->sha1[i]);
    member(&w, "thumbprint", buf_cstr(&hex));
    buf_reset(&hex);
    for (size_t i = 0; i < sizeof f->sha256; i++) buf_addf(&hex, "%02X", f->sha256[i]);
    member(&w, "thumbprint_sha256", buf_cstr(&hex));
    json_object_end(&w);
    buf_done(&hex);
    answer_bytes(x, 200, JSON_TYPE, &out);
}

static void add_redirect(struct exchange *x)
{
    struct twin_app *app = app_meant(x);
    struct err e;
    if (app == NULL) return;
    if (app_add_redirect(app, str_trim(x->q->body), &e))
        answer_ok(x);
    else
        answer_graph_error(x, 400, "BadRequest", e.text);
}

static const struct {
    const char *method, *name;
    void (*write)(struct exchange *x, struct json_writer *w); /* members of the answer's object */
    void (*handle)(struct exchange *x);                       /* or the whole answer */
} admin_rows[] = {
    {"GET", "tenants", write_tenants, NULL},
    {"GET", "stats", write_stats, NULL},
    {"GET", "variants", write_variants, NULL},
    {"GET", "healthz", write_healthz, NULL},
    {"POST", "freeze", write_freeze, NULL},
    {"POST", "clock", NULL, move_clock},
    {"POST", "faults", NULL, set_faults},
    {"GET", "rows", NULL, answer_rows},
    {"GET", "actions", action_devices_write, NULL},
    {"GET", "files", NULL, action_file_handle},
    {"POST", "certificates", NULL, add_certificate},
    {"POST", "redirects", NULL, add_redirect},
    {"POST", "grant", NULL, admin_grant},
    {"POST", "secret", NULL, admin_secret},
    {"POST", "licence", NULL, admin_licence},
    {"POST", "alerts", NULL, admin_make_alert},
    {"POST", "merge", NULL, admin_merge},
};

void admin_handle(struct exchange *x, struct str what)
{
    struct json_writer w;
    struct buf out;
    for (size_t i = 0; i < sizeof admin_rows / sizeof admin_rows[0]; i++) {
        if (!str_eq(what, str_of(admin_rows[i].name)) || !str_eq(x->q->method, str_of(admin_rows[i].method))) continue;
        if (admin_rows[i].handle) {
            admin_rows[i].handle(x);
            return;
        }
        buf_init(&out, 64 << 20);
        json_writer_init(&w, &out);
        json_object_begin(&w);
        admin_rows[i].write(x, &w);
        json_object_end(&w);
        answer_bytes(x, 200, JSON_TYPE, &out);
        return;
    }
    answer_graph_error(x, 404, "NotFound", "the twin has no such end-point; see docs/twin.md");
}
