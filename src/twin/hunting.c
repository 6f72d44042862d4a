/* POST security/runHuntingQuery (section 6): the query's rows, produced while they are read, cut silently at the caps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/cloud_int.h"

enum { QUERY_TEXT_MAX = 64 << 10, PIECE_BYTES = 64 << 10 };
#define DEFAULT_WINDOW (30 * WALL_TICKS_PER_DAY)

struct hunt {
    struct hunt_source source;
    char *text; /* the query; the compiled one borrows it */
    struct kql_query *query;
    const struct hunt_view *view; /* rows come from; NULL for made rows */
    struct buf piece;
    size_t piece_at;
    uint64_t rows_left, bytes_left;
    bool has_row, is_first, is_done; /* has_row: one was pulled ahead */
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
        h->piece.n = before;
        h->has_row = false;
        h->is_done = true;
        return;
    }
    h->bytes_left -= h->piece.n - before;
    h->rows_left--;
    h->is_first = false;
}

static bool fill(struct hunt *h)
{
    h->piece.n = h->piece_at = 0;
    while (!h->is_done && h->piece.n < PIECE_BYTES) {
        if (h->has_row) add_row(h);
        if (h->is_done) break;
        enum kql_step step = kql_next(h->query, &h->values, &h->ref);
        if (step == KQL_TOO_HEAVY) return false;
        h->has_row = step == KQL_ROW;
        h->is_done = !h->has_row;
    }
    if (h->is_done) buf_add_str(&h->piece, STR("]}"));
    return !h->piece.failed;
}

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
    return (ssize_t)n;
}

static void write_head(struct exchange *x, struct hunt *h)
{
    buf_addf(&h->piece,
             "{\"@odata.context\":\"https://graph.microsoft.com/%s/"
             "$metadata#microsoft.graph.security.huntingQueryResults\",\"schema\":[",
             x->is_beta ? "beta" : "v1.0");
    for (unsigned i = 0; i < kql_output_count(h->query); i++) {
        const struct kql_output *o = kql_output_at(h->query, i);
        buf_addf(&h->piece, "%s{\"name\":\"%s\",\"type\":\"%s\"}", i ? "," : "", o->name, kql_type_name(o->type));
    }
    buf_add_str(&h->piece, STR("],\"results\":["));
}

/* ---- the request ---------------------------------------------------------------------------------------------------- */
/* PnDTnHnMnS to ticks. */
static bool iso_duration(struct str s, int64_t *ticks_out)
{
    static const struct {
        char unit;
        bool after_t;
        int64_t ticks;
    } units[] = {{'W', false, 7 * WALL_TICKS_PER_DAY},
                 {'D', false, WALL_TICKS_PER_DAY},
                 {'H', true, WALL_TICKS_PER_HOUR},
                 {'M', true, WALL_TICKS_PER_MIN},
                 {'S', true, WALL_TICKS_PER_S}};
    int64_t total = 0;
    bool after_t = false, has_any = false;
    if (s.n < 2 || s.p[0] != 'P') return false;
    for (size_t i = 1; i < s.n;) {
        uint64_t n;
        size_t digits = i, u = 0;
        if (s.p[i] == 'T' && !after_t) {
            after_t = true;
            i++;
            continue;
        }
        while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9') digits++;
        if (digits == s.n || !str_to_u64(str_sub(s, i, digits - i), &n) || n > 100000) return false;
        while (u < 5 && !(units[u].unit == s.p[digits] && units[u].after_t == after_t)) u++;
        if (u == 5) return false;
        total += (int64_t)n * units[u].ticks;
        has_any = true;
        i = digits + 1;
    }
    *ticks_out = total;
    return has_any;
}

/* start/end, duration/end, start/duration, a duration back from now, a start up to now. */
static bool read_timespan(struct str s, struct wall now, int64_t *from, int64_t *to)
{
    struct str tail = s, head = str_cut(&tail, '/');
    int64_t d1, d2;
    struct wall t1, t2;
    bool has_tail = tail.p != NULL;
    bool d1_ok = iso_duration(head, &d1), t1_ok = wall_parse(head, &t1);
    bool d2_ok = has_tail && iso_duration(tail, &d2), t2_ok = has_tail && wall_parse(tail, &t2);
    if (!has_tail && d1_ok)
        *from = now.ticks - d1;
    else if (!has_tail && t1_ok)
        *from = t1.ticks;
    else if (t1_ok && t2_ok)
        *from = t1.ticks, *to = t2.ticks;
    else if (d1_ok && t2_ok)
        *from = wall_add(t2, -d1).ticks, *to = t2.ticks;
    else if (t1_ok && d2_ok)
        *from = t1.ticks, *to = wall_add(t1, d2).ticks;
    else
        return false;
    return true;
}

static bool bad_request(struct exchange *x, const char *message)
{
    x->tenant->stats[FAMILY_HUNTING].refused++;
    answer_graph_error(x, 400, "BadRequest", message);
    return false;
}

static bool read_request(struct exchange *x, struct hunt *h, int64_t *from, int64_t *to)
{
    struct arena a;
    struct err e;
    arena_init(&a, 4 << 20);
    const struct json *body = json_parse(&a, x->q->body, &e);
    struct str query = json_str(json_get_nocase(body, "Query"), STR_NONE);
    struct str timespan = json_str(json_get_nocase(body, "Timespan"), STR_NONE);
    bool fine = true;
    if (body == NULL || body->type != JSON_OBJECT)
        fine = bad_request(x, "Unable to read JSON request payload. Please ensure Content-Type header is set and "
                              "payload is of valid JSON format.");
    else if (query.n == 0)
        fine = bad_request(x, "The query is missing or empty.");
    else if (query.n > QUERY_TEXT_MAX)
        fine = bad_request(x, "The query is too long.");
    else if (timespan.n && !read_timespan(timespan, x->now, from, to))
        fine = bad_request(x, "The Timespan is not a valid ISO 8601 interval.");
    else if ((h->text = str_dup(query)) == NULL)
        fine = bad_request(x, "The query is too long.");
    arena_done(&a);
    return fine;
}

/* The first row is pulled before the status is said, so that a query too heavy is a 400 and not a broken answer. */
static bool start_query(struct exchange *x, struct hunt *h, int64_t from, int64_t to)
{
    struct kql_error error;
    struct kql_env env = {&h->source.source, x->now, from, to};
    if (!kql_compile(str_of(h->text), &env, &h->query, &error)) return bad_request(x, error.text);
    enum kql_step step = kql_next(h->query, &h->values, &h->ref);
    if (step == KQL_TOO_HEAVY)
        return bad_request(x, "Query execution has exceeded the allowed limits (80DA0003): The query was preempted "
                              "because of its memory or CPU use.");
    h->has_row = step == KQL_ROW;
    h->is_done = !h->has_row;
    h->is_first = true;
    return true;
}

void hunting_handle(struct exchange *x, struct str none)
{
    (void)none;
    static const struct body_ops ops = {hunt_read, hunt_free};
    const struct scenario *s = x->cloud->opts.scenario;
    int64_t from = x->now.ticks - DEFAULT_WINDOW, to = INT64_MAX;
    struct hunt *h = calloc(1, sizeof *h);
    INVARIANT(h != NULL);
    hunt_source_init(&h->source, x->cloud, x->tenant, x->as_of);
    buf_init(&h->piece, 64 << 20);
    h->rows_left = s->row_cap;
    h->bytes_left = x->tenant->byte_cap ? x->tenant->byte_cap : s->byte_cap;
    if (!read_request(x, h, &from, &to) || !start_query(x, h, from, to)) {
        hunt_free(h);
        return;
    }
    h->view = kql_handle(h->query);
    write_head(x, h);
    if (h->is_done) buf_add_str(&h->piece, STR("]}"));
    answer_body(x, 200, &ops, h);
    enum fault fault = spoiling_fault(x);
    if (fault != FAULT_NONE) {
        x->tenant->stats[FAMILY_HUNTING].faulted++;
        answer_spoil(x, fault, h->piece.n + (h->has_row ? 20000 : 0));
    }
}
