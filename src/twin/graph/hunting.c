/* Hunting through three APIs (sections 6, 14 and 16): the query's rows, produced while they are read. Graph cuts silently at
 * its caps; the Endpoint API refuses a result of too many bytes, so there it is made whole first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/calls.h"
#include "twin/timespan.h"

enum { QUERY_TEXT_MAX = 64 << 10, PIECE_BYTES = 64 << 10 };
#define DEFAULT_WINDOW (30 * WALL_TICKS_PER_DAY)

/* How an API speaks. */
static const struct hunt_style {
    bool has_context, takes_timespan, is_exact; /* exact: the body's property names by case */
    bool refuses_big;                           /* what is over the byte cap; else it is cut */
    bool has_stats, of_endpoint;                /* of_endpoint: reaches Defender for Endpoint's tables only */
    const char *schema, *name, *type, *results;
    uint64_t byte_cap; /* 0: the scenario's */
    bool has_kusto_types;
} hunt_styles[API_COUNT] = {
    [API_GRAPH] = {true, true, false, false, false, false, "schema", "name", "type", "results", 0, false},
    [API_ENDPOINT] = {false, false, true, true, true, true, "Schema", "Name", "Type", "Results", 124000000, false},
    [API_XDR] = {false, false, true, false, true, false, "Schema", "Name", "Type", "Results", 0, false},
};

struct hunt {
    struct hunt_style style;
    double seconds; /* it takes, in Stats and against the quota of run time */
    uint64_t rows;
    struct hunt_source source;
    char *text; /* the query; the compiled one borrows it */
    struct kql_query *query;
    const struct hunt_view *view; /* rows come from; NULL for made rows */
    struct buf piece;
    size_t piece_at;
    uint64_t rows_left, bytes_left;
    bool has_row, is_first, is_done; /* has_row: one was pulled ahead */
    bool is_too_big;                 /* the byte cap cut it */
    const struct kql_value *values;
    struct kql_row_ref ref;
};

static void hunt_free(void *ctx)
{
    struct hunt *h = ctx;
    kql_free(h->query);
    hunt_source_done(&h->source);
    buf_done(&h->piece);
    free(h->text);
    free(h);
}

/* The caps cut without a word: what was written stays a whole, valid answer. */
static void add_row(struct hunt *h)
{
    size_t before = h->piece.n;
    if (!h->is_first) buf_add_char(&h->piece, ',');
    hunt_write_row(&h->source, h->view, h->ref, h->query, h->values, &h->piece);
    if (h->piece.n - before > h->bytes_left || h->rows_left == 0) {
        h->is_too_big = h->rows_left > 0;
        h->piece.n = before;
        h->has_row = false;
        h->is_done = true;
        return;
    }
    h->bytes_left -= h->piece.n - before;
    h->rows_left--;
    h->rows++;
    h->is_first = false;
}

static void write_end(struct hunt *h)
{
    buf_add_char(&h->piece, ']');
    if (h->style.has_stats)
        buf_addf(
            &h->piece,
            ",\"Stats\":{\"ExecutionTime\":%.7f,\"resource_usage\":{\"cache\":{\"memory\":{\"hits\":0,\"misses\":0,"
            "\"total\":0}},\"cpu\":{\"total cpu\":\"00:00:00.0156250\"},\"memory\":{\"peak_per_node\":16777312}},"
            "\"dataset_statistics\":[{\"table_row_count\":%llu,\"table_size\":%llu}]}",
            h->seconds, (unsigned long long)h->rows, (unsigned long long)h->rows * 700);
    buf_add_char(&h->piece, '}');
}

/* Adds rows until the piece is `bytes` long or the last is in; false: the query is too heavy, or the piece too long. */
static bool add_rows(struct hunt *h, size_t bytes)
{
    while (!h->is_done && h->piece.n < bytes) {
        if (h->has_row) add_row(h);
        if (h->is_done) break;
        enum kql_step step = kql_next(h->query, &h->values, &h->ref);
        if (step == KQL_TOO_HEAVY) return false;
        h->has_row = step == KQL_ROW;
        h->is_done = !h->has_row;
    }
    if (h->is_done) write_end(h);
    return !h->piece.failed;
}

static bool fill(struct hunt *h)
{
    h->piece.n = h->piece_at = 0;
    return add_rows(h, PIECE_BYTES);
}

#define CPU_A_BYTE 5e-8 /* seconds of the tenant's share, beside what any query costs */

static ssize_t hunt_read(void *ctx, char *p, size_t n)
{
    struct hunt *h = ctx;
    if (h->piece_at == h->piece.n) {
        if (h->is_done) return 0;
        if (!fill(h)) return CLOUD_BODY_CUT;
    }
    if (n > h->piece.n - h->piece_at) n = h->piece.n - h->piece_at;
    memcpy(p, h->piece.p + h->piece_at, n);
    h->piece_at += n;
    h->source.tenant->cpu_used += (double)n * CPU_A_BYTE;
    return (ssize_t)n;
}

static void write_head(struct exchange *x, struct hunt *h)
{
    const struct hunt_style *style = &h->style;
    if (style->has_context)
        buf_addf(&h->piece,
                 "{\"@odata.context\":\"https://graph.microsoft.com/%s/"
                 "$metadata#microsoft.graph.security.huntingQueryResults\",",
                 x->is_beta ? "beta" : "v1.0");
    else
        buf_add_char(&h->piece, '{');
    buf_addf(&h->piece, "\"%s\":[", style->schema);
    for (unsigned i = 0; i < kql_output_count(h->query); i++) {
        const struct kql_output *o = kql_output_at(h->query, i);
        buf_addf(&h->piece, "%s{\"%s\":\"%s\",\"%s\":\"%s\"}", i ? "," : "", style->name, o->name, style->type,
                 style->has_kusto_types ? kql_type_kusto_name(o->type) : kql_type_name(o->type));
    }
    buf_addf(&h->piece, "],\"%s\":[", style->results);
}

/* ---- the request ---------------------------------------------------------------------------------------------------- */
static bool bad_request(struct exchange *x, const char *message)
{
    return call_refused(x, 400, "BadRequest", "%s", message);
}

static const struct json *body_member(const struct hunt *h, const struct json *body, const char *name)
{
    return h->style.is_exact ? json_get(body, name) : json_get_nocase(body, name);
}

static bool read_request(struct exchange *x, struct hunt *h, int64_t *from, int64_t *to)
{
    struct arena a;
    struct err e;
    arena_init(&a, 4 << 20);
    const struct json *body = json_parse(&a, x->q->body, &e);
    struct str query = json_str(body_member(h, body, "Query"), STR_NONE);
    struct str timespan = h->style.takes_timespan ? json_str(body_member(h, body, "Timespan"), STR_NONE) : STR_NONE;
    bool fine = true;
    if (body == NULL || body->type != JSON_OBJECT)
        fine = bad_request(x, "Unable to read JSON request payload. Please ensure Content-Type header is set and "
                              "payload is of valid JSON format.");
    else if (query.n == 0)
        fine = bad_request(x, "The query is missing or empty.");
    else if (query.n > QUERY_TEXT_MAX)
        fine = bad_request(x, "The query is too long.");
    else if (timespan.n && !iso_interval(timespan, x->now, from, to))
        fine = bad_request(x, "The Timespan is not a valid ISO 8601 interval.");
    else if ((h->text = str_dup(query)) == NULL)
        fine = bad_request(x, "The query is too long.");
    arena_done(&a);
    return fine;
}

static bool too_heavy(struct exchange *x)
{
    return bad_request(x,
                       "Query execution has exceeded the allowed limits (80DA0003): The query was preempted because of "
                       "its memory or CPU use.");
}

/* What the query's mistake is, in one of the shapes the service may use. */
static bool bad_query(struct exchange *x, const char *text)
{
    const struct variants *v = exchange_variants(x);
    struct buf message;
    struct json_writer w;
    buf_init(&message, 4096);
    if (variant_is(v, VARIANT_HUNTING_BAD_QUERY, "json")) {
        json_writer_init(&w, &message);
        json_object_begin(&w);
        json_key(&w, "code");
        json_write_cstr(&w, "General_BadRequest");
        json_key(&w, "message");
        json_write_cstr(&w, text);
        json_object_end(&w);
    } else {
        bool is_kusto = variant_is(v, VARIANT_HUNTING_BAD_QUERY, "kusto") && !str_starts(str_of(text), STR("Syntax"));
        buf_addf(&message, "%s%s", is_kusto ? "Semantic error: SEM0100: " : "", text);
    }
    (void)bad_request(x, buf_cstr(&message));
    buf_done(&message);
    return false;
}

/* The first row is pulled before the status is said, so that a query too heavy is a 400 and not a broken answer. */
static bool start_query(struct exchange *x, struct hunt *h, int64_t from, int64_t to)
{
    struct kql_error error;
    struct kql_env env = {&h->source.source, x->now, from, to};
    if (!kql_compile(str_of(h->text), &env, &h->query, &error)) return bad_query(x, error.text);
    enum kql_step step = kql_next(h->query, &h->values, &h->ref);
    if (step == KQL_TOO_HEAVY || h->source.is_preempted) return too_heavy(x);
    h->has_row = step == KQL_ROW;
    h->is_done = !h->has_row;
    h->is_first = true;
    return true;
}

/* The head, or the whole answer where one that is too big must be refused. */
static bool write_beginning(struct exchange *x, struct hunt *h)
{
    h->view = kql_handle(h->query);
    write_head(x, h);
    if (h->is_done) {
        write_end(h);
        return true;
    }
    if (!h->style.refuses_big && !x->tenant->preempt_above) return true;
    if (!add_rows(h, SIZE_MAX) || h->source.is_preempted) return too_heavy(x);
    return !h->style.refuses_big || !h->is_too_big ||
           bad_request(x, "Query execution has exceeded the allowed result size. Optimize your query by "
                          "limiting the amount of results and try again.");
}

static bool is_retired(struct exchange *x)
{
    if (x->api == API_GRAPH || variant_is(exchange_variants(x), VARIANT_ENDPOINT_HUNTING, "serve")) return false;
    (void)call_refused(x, 410, "Gone", "This API has been retired. Use Microsoft Graph: security/runHuntingQuery");
    return true;
}

/* Graph's answers are open in some points. */
static struct hunt_style style_of(const struct exchange *x)
{
    const struct variants *v = exchange_variants(x);
    struct hunt_style style = hunt_styles[x->api];
    if (x->api != API_GRAPH) return style;
    style.is_exact = variant_is(v, VARIANT_HUNTING_BODY, "exact");
    style.refuses_big = variant_is(v, VARIANT_HUNTING_TOO_BIG, "refuse");
    style.has_kusto_types = variant_is(v, VARIANT_HUNTING_TYPES, "kusto");
    if (variant_is(v, VARIANT_HUNTING_SCHEMA, "capital")) {
        style.name = "Name";
        style.type = "Type";
    }
    return style;
}

static void hunt_init(struct exchange *x, struct hunt *h)
{
    const struct scenario *s = x->cloud->opts.scenario;
    h->style = style_of(x);
    hunt_source_init(&h->source, x->cloud, x->tenant, x->as_of);
    h->source.of_endpoint = h->style.of_endpoint;
    h->rows_left = s->row_cap;
    h->bytes_left = x->tenant->byte_cap ? x->tenant->byte_cap : h->style.byte_cap ? h->style.byte_cap : s->byte_cap;
    if (x->api != API_GRAPH) h->seconds = (double)s->hunting_run_ms / 1000 * (0.5 + rng_unit(&x->cloud->lots));
    buf_init(&h->piece, h->style.refuses_big || x->tenant->preempt_above ? h->bytes_left + (64 << 20) : 64 << 20);
}

void hunting_handle(struct exchange *x, struct str none)
{
    static const struct body_ops ops = {hunt_read, hunt_free};
    int64_t from = x->now.ticks - DEFAULT_WINDOW, to = INT64_MAX;
    (void)none;
    if (is_retired(x) || !cpu_check(x)) return;
    struct hunt *h = calloc(1, sizeof *h);
    INVARIANT(h != NULL);
    hunt_init(x, h);
    bool fine = (!h->style.of_endpoint || run_time_check(x, h->seconds)) && read_request(x, h, &from, &to) &&
                start_query(x, h, from, to) && write_beginning(x, h);
    if (!fine) {
        hunt_free(h);
        return;
    }
    answer_body(x, 200, &ops, h);
    enum fault fault = spoiling_fault(x);
    if (fault != FAULT_NONE) {
        x->tenant->stats[x->family].faulted++;
        answer_spoil(x, fault, h->piece.n + (h->has_row ? 20000 : 0));
    }
}
