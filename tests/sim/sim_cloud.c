#include "sim_cloud.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/net/http.h"
#include "state/store/tenants.h"

#define STALL_MS 30000
#define LOGIN_WAIT_MS (15 * 60 * 1000)
#define MINUTE WALL_TICKS_PER_MIN

/* ---- what exists ----------------------------------------------------------------------------------------------------------- */

void sim_cloud_init(struct sim_cloud *c, struct sim_time *time, size_t tenants, uint64_t seed)
{
    *c = (struct sim_cloud){.time = time, .tenant_count = tenants, .row_cap = 100000, .latency_ms_max = 400};
    rng_seed(&c->rng, seed);
    c->tenants = calloc(tenants, sizeof *c->tenants);
    INVARIANT(c->tenants);
    for (size_t i = 0; i < tenants; i++) {
        struct sim_tenant *t = &c->tenants[i];
        struct tenant_record *r = &t->tenant.record;
        (void)snprintf(r->tenant_id, sizeof r->tenant_id, "%08x-0000-4000-8000-%012x", (unsigned)i + 1,
                       (unsigned)i + 1);
        (void)snprintf(r->client_id, sizeof r->client_id, "%08x-1111-4000-8000-%012x", (unsigned)i + 1,
                       (unsigned)i + 1);
        (void)snprintf(r->name, sizeof r->name, "tenant-%zu", i);
        (void)snprintf(r->cloud, sizeof r->cloud, "global");
        r->is_enabled = true;
        t->has_links = i % 2 == 0;
        t->sorts = i % 3 != 2;
        for (size_t k = 0; k < FEED_ROW_COUNT; k++) buf_init(&t->last_body[k], 0);
    }
}

void sim_cloud_done(struct sim_cloud *c)
{
    for (size_t i = 0; i < c->tenant_count; i++) {
        struct sim_tenant *t = &c->tenants[i];
        for (size_t k = 0; k < SIM_TABLES; k++) free(t->tables[k].p);
        for (size_t k = 0; k < SIM_OBJECT_FEEDS; k++) free(t->objects[k].p);
        for (size_t k = 0; k < FEED_ROW_COUNT; k++) buf_done(&t->last_body[k]);
    }
    free(c->tenants);
}

void sim_cloud_add_row(struct sim_cloud *c, size_t tenant, size_t table, int64_t at, int64_t visible, uint32_t id)
{
    struct sim_rows *rows = &c->tenants[tenant].tables[table];
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 64;
        rows->p = realloc(rows->p, rows->cap * sizeof *rows->p);
        INVARIANT(rows->p);
    }
    rows->p[rows->n++] = (struct sim_row){at, visible, id};
}

void sim_cloud_add_revision(struct sim_cloud *c, size_t tenant, size_t feed, struct sim_revision r)
{
    struct sim_revisions *list = &c->tenants[tenant].objects[feed];
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->p = realloc(list->p, list->cap * sizeof *list->p);
        INVARIANT(list->p);
    }
    list->p[list->n++] = r;
}

static int rows_by_time(const void *a, const void *b)
{
    const struct sim_row *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int by_object(const void *a, const void *b)
{
    const struct sim_revision *x = a, *y = b;
    if (x->object != y->object) return x->object < y->object ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int by_update(const void *a, const void *b)
{
    const struct sim_revision *x = a, *y = b;
    if (x->updated != y->updated) return x->updated < y->updated ? -1 : 1;
    return x->object < y->object ? -1 : x->object > y->object;
}

static void note_creation(struct sim_revisions *list)
{
    if (list->n) qsort(list->p, list->n, sizeof *list->p, by_object);
    for (size_t i = 0; i < list->n; i++) {
        bool is_first = i == 0 || list->p[i].object != list->p[i - 1].object;
        list->p[i].created = is_first ? list->p[i].updated : list->p[i - 1].created;
    }
}

void sim_cloud_ready(struct sim_cloud *c)
{
    for (size_t i = 0; i < c->tenant_count; i++) {
        struct sim_tenant *t = &c->tenants[i];
        for (size_t k = 0; k < SIM_TABLES; k++)
            if (t->tables[k].n) qsort(t->tables[k].p, t->tables[k].n, sizeof *t->tables[k].p, rows_by_time);
        for (size_t k = 0; k < SIM_OBJECT_FEEDS; k++) note_creation(&t->objects[k]);
    }
}

/* Each object's last revision that can be seen (or all that can), in order of update; the caller frees. */
static struct sim_revision *current(const struct sim_revisions *list, struct wall now, bool all, size_t *count_out)
{
    struct sim_revision *out = calloc(list->n + 1, sizeof *out);
    size_t n = 0;
    INVARIANT(out);
    for (size_t i = 0; i < list->n; i++) {
        if (list->p[i].visible > now.ticks) continue;
        if (!all && n && out[n - 1].object == list->p[i].object)
            out[n - 1] = list->p[i];
        else
            out[n++] = list->p[i];
    }
    qsort(out, n, sizeof *out, by_update);
    *count_out = n;
    return out;
}

void sim_cloud_freeze(struct sim_cloud *c)
{
    c->frozen = sim_time_now(c->time);
}

static struct wall cloud_now(const struct sim_cloud *c)
{
    return c->frozen.ticks ? c->frozen : sim_time_now(c->time);
}

/* ---- tables that change their name ---------------------------------------------------------------------------------------- */

static const struct {
    enum feed_number old, new;
} renames[] = {{FEED_OF_AADSignInEventsBeta, FEED_OF_EntraIdSignInEvents},
               {FEED_OF_AADSpnSignInEventsBeta, FEED_OF_EntraIdSpnSignInEvents},
               {FEED_OF_AIAgentsInfo, FEED_OF_AgentsInfo}};

const struct feed_row *sim_renamed(const struct feed_row *feed)
{
    for (size_t i = 0; feed && i < sizeof renames / sizeof *renames; i++)
        if (feed == &feed_rows[renames[i].old]) return &feed_rows[renames[i].new];
    return feed;
}

/* Is there a table of that name at that time? */
static bool has_name(const struct sim_tenant *t, size_t feed, int64_t now)
{
    for (size_t i = 0; i < sizeof renames / sizeof *renames; i++) {
        if (feed == renames[i].old) return now < t->gone;
        if (feed == renames[i].new) return now >= t->renamed;
    }
    return true;
}

/* ---- as JSON --------------------------------------------------------------------------------------------------------------- */

static void add_time(struct buf *b, int64_t ticks)
{
    char text[WALL_TEXT_BYTES];
    (void)wall_format((struct wall){ticks}, text);
    (void)buf_addf(b, "\"%s\"", text);
}

/* Not by printf: an answer has thousands of such rows, and some days read the same ones again and again. */
static void add_filler(struct buf *b, size_t bytes)
{
    (void)buf_addf(b, ",\\\"f\\\":\\\"");
    if (buf_reserve(b, bytes)) {
        memset(b->p + b->n, '0', bytes);
        b->n += bytes;
    }
    (void)buf_addf(b, "\\\"");
}

static void add_row(const struct sim_cloud *c, struct buf *b, const struct sim_row *r, const char *time)
{
    (void)buf_addf(b, "{");
    if (time) {
        (void)buf_addf(b, "\"%s\":", time);
        add_time(b, r->at);
        (void)buf_addf(b, ",");
    }
    /* Two in a pair differ in AdditionalFields alone. */
    (void)buf_addf(b,
                   "\"DeviceId\":\"%040x\",\"ReportId\":%u,\"ActionType\":\"Sim\",\"AdditionalFields\":\"{\\\"n\\\":%u",
                   r->id / 64 + 1, r->id / 2, r->id);
    if (c->row_filler) add_filler(b, c->row_filler);
    (void)buf_addf(b, "}\"}");
}

/* The lists of objects, each with words of its own. */
static const struct sim_list {
    enum feed_number feed;
    enum sim_objects objects;
    const char *prefix, *status, *updated, *created, *more; /* names and what else belongs to such an object */
    bool has_all;                                           /* every revision stays, as an object of its own */
} lists[] = {
    {FEED_ALERTS, SIM_ALERTS, "da", "new", "lastUpdateDateTime", "createdDateTime", "", false},
    {FEED_INCIDENTS, SIM_INCIDENTS, "", "active", "lastUpdateDateTime", "createdDateTime", "", false},
    {FEED_MACHINE_ACTIONS, SIM_ACTIONS, "ac", NULL, "lastUpdateDateTimeUtc", "creationDateTimeUtc",
     ",\"type\":\"Isolate\",\"machineId\":\"m\"", false},
    {FEED_ALERTS_ENDPOINT, SIM_ALERTS, "da", "New", "lastUpdateTime", "alertCreationTime", "", false},
    {FEED_ALERTS_SIEM, SIM_ALERTS, "da", "New", "LastProcessedTimeUtc", "AlertTime", "", true},
};

static const struct sim_list *list_of(size_t feed)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].feed == feed) return &lists[i];
    return NULL;
}

static const char *status_of(const struct sim_list *l, const struct sim_revision *r)
{
    static const char *const steps[] = {"Pending", "InProgress", "Succeeded"};
    return l->status ? l->status : steps[r->number < 2 ? r->number : 2];
}

static void add_object(struct buf *b, const struct sim_list *l, const struct sim_revision *r)
{
    if (l->has_all)
        (void)buf_addf(b, "{\"AlertId\":\"%s%u\",\"FullId\":\"%s%u:%u\"", l->prefix, r->object, l->prefix, r->object,
                       r->number);
    else
        (void)buf_addf(b, "{\"id\":\"%s%u\",\"status\":\"%s\"", l->prefix, r->object, status_of(l, r));
    (void)buf_addf(b, ",\"severity\":\"high\",\"title\":\"r%u\",\"displayName\":\"r%u\"%s,\"%s\":", r->number,
                   r->number, l->more, l->updated);
    add_time(b, r->updated);
    (void)buf_addf(b, ",\"%s\":", l->created);
    add_time(b, r->created);
    (void)buf_addf(b, "}");
}

static void add_machine(struct buf *b, uint32_t number, struct wall now)
{
    int64_t revision = (now.ticks / WALL_TICKS_PER_HOUR + number) / 7;
    (void)buf_addf(b, "{\"id\":\"%040x\",\"computerDnsName\":\"m%u\",\"osBuild\":%" PRId64 ",\"lastSeen\":", number + 1,
                   number, revision);
    add_time(b, now.ticks);
    (void)buf_addf(b, "}");
}

static bool is_read(const struct sim_tenant *t, const struct sim_list *l)
{
    static const enum feed_number by[] = {FEED_ALERTS, FEED_ALERTS_ENDPOINT, FEED_ALERTS_SIEM};
    return l->objects != SIM_ALERTS || by[t->alerts] == l->feed;
}

static void each_object(struct sim_cloud *c, const struct sim_tenant *t, const struct sim_list *l, struct buf *b,
                        void (*each)(void *arg, struct str json), void *arg)
{
    size_t n;
    struct sim_revision *list = current(&t->objects[l->objects], cloud_now(c), l->has_all, &n);
    for (size_t i = 0; i < n; i++) {
        buf_reset(b);
        add_object(b, l, &list[i]);
        each(arg, buf_str(b));
    }
    free(list);
}

void sim_cloud_each(struct sim_cloud *c, size_t tenant, size_t feed, void (*each)(void *arg, struct str json),
                    void *arg)
{
    const struct sim_tenant *t = &c->tenants[tenant];
    struct wall now = cloud_now(c);
    struct buf b;
    buf_init(&b, 0);
    const struct sim_list *l = list_of(feed);
    if (l) {
        if (is_read(t, l)) each_object(c, t, l, &b, each, arg);
    } else if (feed == FEED_MACHINES) {
        for (uint32_t i = 0; i < t->machines; i++) {
            buf_reset(&b);
            add_machine(&b, i, now);
            each(arg, buf_str(&b));
        }
    } else {
        const struct sim_rows *rows = &t->tables[feed - FEED_FIRST_TABLE];
        for (size_t i = 0; i < rows->n; i++) {
            if (rows->p[i].visible > now.ticks || rows->p[i].id == SIM_WITHHELD) continue;
            buf_reset(&b);
            add_row(c, &b, &rows->p[i], feed_rows[feed].time);
            each(arg, buf_str(&b));
        }
    }
    buf_done(&b);
}

/* ---- questions ------------------------------------------------------------------------------------------------------------- */

struct fetch_call {
    struct sim_cloud *cloud;
    struct sim_tenant *tenant;
    struct fetch_handler h;
    struct buf body;
    size_t sent, breaks_at; /* breaks_at: bytes after which it ends with `err` */
    struct http_response response;
    bool fails, is_cancelled, is_held;
    struct err err;
};

static struct wall read_datetime(struct str *rest)
{
    struct wall t;
    size_t at = str_find(*rest, STR("datetime("), 0);
    INVARIANT(at != SIZE_MAX);
    *rest = str_sub(*rest, at + 9, rest->n);
    INVARIANT(wall_parse(str_cut(rest, ')'), &t));
    return t;
}

struct shards {
    unsigned count;
    uint64_t modulus[SPLIT_COLUMNS_MAX], shard[SPLIT_COLUMNS_MAX];
    struct str column[SPLIT_COLUMNS_MAX];
};

static void read_shards(struct str kql, struct shards *s)
{
    s->count = 0;
    for (size_t at = 0; (at = str_find(kql, STR("hash("), at)) != SIZE_MAX; at++) {
        struct str rest = str_sub(kql, at + 5, kql.n);
        s->column[s->count] = str_cut(&rest, ',');
        INVARIANT(str_to_u64(str_trim(str_cut(&rest, ')')), &s->modulus[s->count]));
        rest = str_sub(rest, 4, rest.n);
        struct str digits = str_cut(&rest, ' ');
        INVARIANT(str_to_u64(digits, &s->shard[s->count++]));
    }
}

static bool in_shards(const struct shards *s, const struct sim_row *r)
{
    for (unsigned i = 0; i < s->count; i++) {
        uint32_t value = str_eq(s->column[i], STR("ReportId"))   ? r->id / 2
                         : str_eq(s->column[i], STR("DeviceId")) ? r->id / 64
                                                                 : r->id;
        if (hash64_of(&value, sizeof value) % s->modulus[i] != s->shard[i]) return false;
    }
    return true;
}

static size_t first_row(const struct sim_rows *rows, int64_t at)
{
    size_t lo = 0, hi = rows->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (rows->p[mid].at < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void answer_counts(const struct sim_rows *rows, struct wall from, struct wall to, int64_t now, const char *time,
                          struct buf *b)
{
    const char *comma = "";
    for (size_t i = first_row(rows, from.ticks); i < rows->n && rows->p[i].at < to.ticks;) {
        int64_t bin = bin_of((struct wall){rows->p[i].at});
        uint64_t count = 0;
        for (; i < rows->n && rows->p[i].at < to.ticks && bin_of((struct wall){rows->p[i].at}) == bin; i++)
            count += rows->p[i].visible <= now;
        if (count == 0) continue;
        (void)buf_addf(b, "%s{\"%s\":", comma, time);
        add_time(b, bin_start(bin).ticks);
        (void)buf_addf(b, ",\"count_@odata.type\":\"#Int64\",\"count_\":%" PRIu64 "}", count);
        comma = ",";
    }
}

static void answer_total(const struct sim_rows *rows, int64_t now, struct buf *b)
{
    uint64_t count = 0;
    for (size_t i = 0; i < rows->n; i++) count += rows->p[i].visible <= now;
    (void)buf_addf(b, "{\"count_\":%" PRIu64 "}", count);
}

/* Rows of [from, to) in order of time. A table without times gives them as they lie; what `take` leaves is anybody's guess. */
static void answer_rows(struct fetch_call *call, const struct sim_rows *rows, struct wall from, struct wall to,
                        const char *time, struct str kql, uint64_t take)
{
    struct sim_cloud *c = call->cloud;
    struct shards shards;
    int64_t now = cloud_now(c).ticks;
    uint64_t n = 0;
    read_shards(kql, &shards);
    if (take > c->row_cap) take = c->row_cap;
    if (rng_chance(&c->rng, c->faults.silent_cut)) take = rng_below(&c->rng, take);
    for (size_t i = first_row(rows, from.ticks); i < rows->n && rows->p[i].at < to.ticks && n < take; i++) {
        if (rows->p[i].visible > now || rows->p[i].id == SIM_WITHHELD || !in_shards(&shards, &rows->p[i])) continue;
        if (n++) (void)buf_add_char(&call->body, ',');
        add_row(c, &call->body, &rows->p[i], time);
    }
}

static void answer_hunting(struct fetch_call *call, size_t feed, struct str kql)
{
    const struct sim_rows *rows = &call->tenant->tables[sim_renamed(&feed_rows[feed]) - &feed_rows[FEED_FIRST_TABLE]];
    const char *time = feed_rows[feed].time;
    struct str rest = kql;
    struct wall from = {INT64_MIN}, to = {INT64_MAX};
    uint64_t take;
    if (time) {
        from = read_datetime(&rest);
        to = read_datetime(&rest);
    }
    (void)buf_addf(&call->body, "{\"@odata.context\":\"x\",\"schema\":[],\"results\":[");
    size_t take_at = str_find(kql, STR("| take "), 0);
    if (!time && take_at == SIZE_MAX) {
        answer_total(rows, cloud_now(call->cloud).ticks, &call->body);
    } else if (take_at == SIZE_MAX) {
        answer_counts(rows, from, to, cloud_now(call->cloud).ticks, time, &call->body);
    } else {
        INVARIANT(str_to_u64(str_sub(kql, take_at + 7, kql.n), &take));
        answer_rows(call, rows, from, to, time, kql, take);
    }
    (void)buf_addf(&call->body, "]}");
}

static uint64_t read_number(struct str query, struct str name, uint64_t fallback)
{
    uint64_t n;
    size_t at = str_find(query, name, 0);
    if (at == SIZE_MAX) return fallback;
    struct str rest = str_sub(query, at + name.n, query.n);
    INVARIANT(str_to_u64(str_cut(&rest, '&'), &n));
    return n;
}

static bool read_bound(struct str query, struct str operator, struct wall * out)
{
    size_t at = str_find(query, operator, 0);
    if (at == SIZE_MAX) return false;
    struct str rest = str_sub(query, at + operator.n, query.n), whole = rest;
    size_t n = 0;
    while (n < whole.n && whole.p[n] != '&' && whole.p[n] != '%') n++;
    INVARIANT(wall_parse(str_sub(whole, 0, n), out));
    return true;
}

/* A link repeats the question with what to skip; the last $skip counts. */
static struct str without_skip(struct str query)
{
    size_t at = str_find(query, STR("&$skip="), 0);
    return at == SIZE_MAX ? query : str_sub(query, 0, at);
}

static int64_t time_of(const struct sim_list *l, const struct sim_revision *r)
{
    return l->objects == SIM_ACTIONS ? r->created : r->updated;
}

static void answer_objects(struct fetch_call *call, size_t feed, struct str query)
{
    struct sim_cloud *c = call->cloud;
    const struct sim_list *l = list_of(feed);
    bool is_graph = feed_rows[feed].words == WORDS_GRAPH, is_ascending = is_graph && call->tenant->sorts;
    struct wall from = {0}, to = {INT64_MAX};
    uint64_t top = read_number(query, STR("$top="), 100), skip = read_number(query, STR("$skip="), 0);
    size_t count, served = 0, matching = 0;
    INVARIANT(l);
    struct sim_revision *list = current(&call->tenant->objects[l->objects], cloud_now(c), false, &count);
    bool is_partial = is_graph && rng_chance(&c->rng, c->faults.partial);
    (void)read_bound(query, STR("%20ge%20"), &from);
    (void)read_bound(query, STR("%20lt%20"), &to);
    (void)buf_addf(&call->body, "{\"@odata.context\":\"x\",\"value\":[");
    for (size_t k = 0; k < count; k++) {
        const struct sim_revision *r = &list[is_ascending ? k : count - 1 - k];
        if (time_of(l, r) < from.ticks || time_of(l, r) >= to.ticks || matching++ < skip || matching - skip > top)
            continue;
        if (is_partial && rng_chance(&c->rng, 0.5)) continue;
        if (served++) (void)buf_add_char(&call->body, ',');
        add_object(&call->body, l, r);
    }
    (void)buf_addf(&call->body, "]");
    /* A server that does not sort must give links, or nobody could page it. */
    if (is_graph && matching > skip + top && (call->tenant->has_links || !call->tenant->sorts))
        (void)buf_addf(&call->body, ",\"@odata.nextLink\":\"%.*s&$skip=%" PRIu64 "\"", STR_ARG(without_skip(query)),
                       skip + top);
    (void)buf_addf(&call->body, "}");
    if (is_partial) call->response.status = 206;
    free(list);
}

/* A bare list of all that was processed within the bounds, both inclusive. */
static void answer_siem(struct fetch_call *call, struct str query)
{
    const struct sim_list *l = list_of(FEED_ALERTS_SIEM);
    struct wall from = {0}, to = {0};
    size_t count, served = 0;
    INVARIANT(l);
    struct sim_revision *list = current(&call->tenant->objects[SIM_ALERTS], cloud_now(call->cloud), true, &count);
    INVARIANT(read_bound(query, STR("sinceTimeUtc="), &from) && read_bound(query, STR("untilTimeUtc="), &to));
    (void)buf_add_char(&call->body, '[');
    for (size_t k = 0; k < count; k++) {
        if (list[k].updated < from.ticks || list[k].updated > to.ticks) continue;
        if (served++) (void)buf_add_char(&call->body, ',');
        add_object(&call->body, l, &list[k]);
    }
    (void)buf_add_char(&call->body, ']');
    free(list);
}

static bool answer_machines(struct fetch_call *call, struct str query)
{
    uint64_t top = read_number(query, STR("$top="), 100), skip = read_number(query, STR("$skip="), 0);
    if (call->tenant->machines == 0) return err_set(&call->err, &defender_causes[DEFENDER_NOT_FOUND], "no machines");
    (void)buf_addf(&call->body, "{\"@odata.context\":\"x\",\"value\":[");
    for (uint64_t i = skip; i < call->tenant->machines && i < skip + top; i++) {
        if (i > skip) (void)buf_add_char(&call->body, ',');
        add_machine(&call->body, (uint32_t)i, cloud_now(call->cloud));
    }
    (void)buf_addf(&call->body, "]}");
    return true;
}

/* ---- what goes wrong ------------------------------------------------------------------------------------------------------- */

static bool misbehave(struct fetch_call *call, int64_t *delay_ms)
{
    struct sim_cloud *c = call->cloud;
    enum sim_behaviour how = call->tenant->behaviour;
    if (how == SIM_LOCKED_OUT) { /* the first is refused by the login, the next ones hear of it, and for how long */
        (void)err_set(&call->err, &defender_causes[DEFENDER_SECRET_WRONG], "the secret is wrong");
        if (call->tenant->calls > 1) call->err.retry_after_ms = LOGIN_WAIT_MS;
        return true;
    }
    if (how == SIM_DOWN || rng_chance(&c->rng, c->faults.error))
        return !err_set(&call->err, &defender_causes[DEFENDER_SERVER], "500");
    if (how == SIM_HANGS || rng_chance(&c->rng, c->faults.stall)) {
        *delay_ms += STALL_MS;
        return !err_set(&call->err, &net_causes[NET_STALLED], "no byte for 30 s");
    }
    if (how == SIM_THROTTLES || rng_chance(&c->rng, c->faults.throttle)) {
        (void)err_set(&call->err, &defender_causes[DEFENDER_THROTTLED], "429");
        if (rng_chance(&c->rng, 0.7)) call->err.retry_after_ms = 1 + (uint32_t)rng_below(&c->rng, 20000);
        return true;
    }
    return false;
}

static size_t feed_of(const struct fetch *f)
{
    for (size_t i = 0; i < FEED_FIRST_TABLE; i++)
        if (feed_rows[i].endpoint == f->endpoint) return i;
    struct str kql = f->kql;
    struct str table = str_cut(&kql, ' ');
    for (size_t i = FEED_FIRST_TABLE; i < FEED_ROW_COUNT; i++)
        if (str_eq(table, str_of(feed_rows[i].source))) return i;
    INVARIANT(false);
    return 0;
}

static enum access sim_access(void *ctx, const char *tenant_id, enum endpoint endpoint)
{
    struct sim_cloud *c = ctx;
    for (size_t i = 0; i < c->tenant_count; i++) {
        const struct sim_tenant *t = &c->tenants[i];
        if (strcmp(t->tenant.record.tenant_id, tenant_id) != 0) continue;
        if (t->calls == 0) return ACCESS_UNKNOWN;
        bool is_denied = (endpoint == EP_ALERTS && t->alerts != SIM_BY_GRAPH) ||
                         (endpoint == EP_ALERTS_ENDPOINT && t->alerts == SIM_BY_SIEM);
        return is_denied ? ACCESS_MISSING : ACCESS_GRANTED;
    }
    return ACCESS_UNKNOWN;
}

static void spoil(struct fetch_call *call, size_t feed, bool is_rows)
{
    struct sim_cloud *c = call->cloud;
    struct buf *last = &call->tenant->last_body[feed];
    if (is_rows && last->n && rng_chance(&c->rng, c->faults.repeat)) { /* the answer of another question */
        buf_reset(&call->body);
        (void)buf_add(&call->body, last->p, last->n);
    } else if (is_rows) {
        buf_reset(last);
        (void)buf_add(last, call->body.p, call->body.n);
    }
    if (rng_chance(&c->rng, c->faults.break_off)) {
        call->fails = true;
        call->breaks_at = rng_below(&c->rng, call->body.n + 1);
        (void)err_set(&call->err, &net_causes[NET_CUT], "cut in mid-body");
    } else if (rng_chance(&c->rng, c->faults.cut_short)) { /* a proxy that ends it as if it were whole */
        call->body.n = rng_below(&c->rng, call->body.n);
    }
}

/* ---- delivery -------------------------------------------------------------------------------------------------------------- */

static void call_free(struct fetch_call *call)
{
    call->cloud->in_flight--;
    buf_done(&call->body);
    free(call);
}

static void deliver(void *arg)
{
    struct fetch_call *call = arg;
    size_t end = call->fails ? call->breaks_at : call->body.n;
    if (call->is_cancelled) {
        call_free(call);
        return;
    }
    while (call->sent < end) {
        size_t piece = 1 + rng_below(&call->cloud->rng, 16384);
        if (piece > end - call->sent) piece = end - call->sent;
        if (!call->h.on_body(call->h.ctx, call->body.p + call->sent, piece, false)) {
            call->is_held = true;
            return;
        }
        call->sent += piece;
    }
    call->response.body_bytes = call->sent;
    call->h.on_done(call->h.ctx, &call->response, call->fails ? &call->err : NULL);
    call_free(call);
}

static struct fetch_call *sim_fetch(void *ctx, struct tenant *tenant, const struct fetch *f,
                                    const struct fetch_handler *h)
{
    struct sim_cloud *c = ctx;
    struct fetch_call *call = calloc(1, sizeof *call);
    size_t feed = feed_of(f);
    int64_t delay_ms = 1 + (int64_t)rng_below(&c->rng, (uint64_t)c->latency_ms_max);
    INVARIANT(call);
    *call = (struct fetch_call){
        .cloud = c, .tenant = (struct sim_tenant *)(void *)tenant, .h = *h, .response = {.status = 200}};
    buf_init(&call->body, 0);
    call->tenant->calls++;
    c->in_flight++;
    if (sim_access(c, call->tenant->tenant.record.tenant_id, f->endpoint) == ACCESS_MISSING) {
        call->fails = err_set(&call->err, &defender_causes[DEFENDER_ROLE_MISSING], "no role") == false;
    } else if (!has_name(call->tenant, feed, cloud_now(c).ticks)) {
        call->fails = !err_set(&call->err, &defender_causes[DEFENDER_NO_TABLE],
                               "Failed to resolve table or column expression named '%s'", feed_rows[feed].source);
    } else if (misbehave(call, &delay_ms)) {
        call->fails = true;
    } else {
        bool is_rows = f->endpoint != EP_HUNTING || str_find(f->kql, STR("summarize"), 0) == SIZE_MAX;
        if (f->endpoint == EP_HUNTING)
            answer_hunting(call, feed, f->kql);
        else if (f->endpoint == EP_MACHINES)
            call->fails = !answer_machines(call, f->query);
        else if (f->endpoint == EP_ALERTS_SIEM)
            answer_siem(call, f->query);
        else
            answer_objects(call, feed, f->query);
        INVARIANT(!call->body.failed);
        if (!call->fails) spoil(call, feed, is_rows);
    }
    sim_time_in(c->time, delay_ms, deliver, call);
    return call;
}

static void sim_resume(void *ctx, struct fetch_call *call)
{
    (void)ctx;
    if (!call->is_held) return;
    call->is_held = false;
    sim_time_in(call->cloud->time, 0, deliver, call);
}

static void sim_cancel(void *ctx, struct fetch_call *call)
{
    (void)ctx;
    call->is_cancelled = true;
    if (call->is_held) call_free(call);
}

struct fetcher sim_cloud_fetcher(struct sim_cloud *c)
{
    return (struct fetcher){
        .ctx = c, .fetch = sim_fetch, .resume = sim_resume, .cancel = sim_cancel, .access = sim_access};
}

bool sim_cloud_each_tenant(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e)
{
    struct sim_cloud *c = ctx;
    (void)e;
    for (size_t i = 0; i < c->tenant_count; i++)
        if (!each(arg, &c->tenants[i].tenant)) return false;
    return true;
}

struct telling {
    struct sim_cloud *c;
    sim_row_fn *each;
    void *arg;
    size_t tenant, feed;
};

static void tell_row(void *arg, struct str json)
{
    struct telling *t = arg;
    t->each(t->arg, t->c->tenants[t->tenant].tenant.record.tenant_id, &feed_rows[t->feed], json);
}

static void each_row(void *ctx, sim_row_fn *each, void *arg)
{
    struct telling t = {.c = ctx, .each = each, .arg = arg};
    for (t.tenant = 0; t.tenant < t.c->tenant_count; t.tenant++)
        for (t.feed = 0; t.feed < FEED_ROW_COUNT; t.feed++) sim_cloud_each(t.c, t.tenant, t.feed, tell_row, &t);
}

static bool withholds(void *ctx, const char *tenant_id, const char *feed, struct wall from, struct wall to)
{
    const struct sim_cloud *c = ctx;
    size_t table = (size_t)(sim_renamed(feed_row_find(feed)) - feed_rows) - FEED_FIRST_TABLE;
    for (size_t t = 0; t < c->tenant_count; t++) {
        const struct sim_rows *rows = &c->tenants[t].tables[table];
        if (strcmp(c->tenants[t].tenant.record.tenant_id, tenant_id) != 0) continue;
        for (size_t i = 0; i < rows->n; i++)
            if (rows->p[i].id == SIM_WITHHELD && rows->p[i].at >= from.ticks && rows->p[i].at < to.ticks) return true;
    }
    return false;
}

struct sim_world sim_cloud_world(struct sim_cloud *c)
{
    return (struct sim_world){.ctx = c,
                              .fetcher = sim_cloud_fetcher(c),
                              .each_tenant = sim_cloud_each_tenant,
                              .each_row = each_row,
                              .withholds = withholds,
                              .renamed = sim_renamed};
}
