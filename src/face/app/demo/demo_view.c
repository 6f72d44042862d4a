/* The live view: what is going on, on one screen. */
#include "face/app/demo/demo.h"
#include "state/store/lake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEEDS_MAX = 128, FEED_LINES_MAX = 14, LINE_EVERY_MS = 5000 };

/* One feed over all tenants. */
struct feed_line {
    char feed[64];
    uint64_t rows, late;
    int64_t lag_ms_max;
    unsigned tenants, busy, failing;
};

struct demo_view {
    struct engine *engine;
    struct installation *installation;
    unsigned tenants;
    bool is_terminal, has_drawn;
    unsigned lines_drawn;
    struct mono began, drawn_at;
    uint64_t rows_before;
    double rows_per_s;
    /* gathered on the loop thread */
    struct feed_line feeds[FEEDS_MAX];
    unsigned feed_count;
    struct ingest_counters counters;
    char last_error[256];
    struct wall last_error_since;
};

struct demo_view *demo_view_new(struct engine *en, struct installation *i, unsigned tenants)
{
    struct demo_view *v = calloc(1, sizeof *v);
    struct clock clock = clock_real();
    if (v == NULL) return NULL;
    v->engine = en;
    v->installation = i;
    v->tenants = tenants;
    v->is_terminal = isatty(STDOUT_FILENO) == 1;
    v->began = v->drawn_at = clock_mono(&clock);
    return v;
}

void demo_view_free(struct demo_view *v)
{
    free(v);
}

/* ---- gathering ------------------------------------------------------------------------------------------------------------- */

static struct feed_line *line_of(struct demo_view *v, const char *feed)
{
    for (unsigned i = 0; i < v->feed_count; i++)
        if (strcmp(v->feeds[i].feed, feed) == 0) return &v->feeds[i];
    if (v->feed_count == FEEDS_MAX) return NULL;
    struct feed_line *line = &v->feeds[v->feed_count++];
    *line = (struct feed_line){.lag_ms_max = -1};
    (void)snprintf(line->feed, sizeof line->feed, "%s", feed);
    return line;
}

static bool add_feed(void *arg, const struct ingest_feed_status *s)
{
    struct demo_view *v = arg;
    struct feed_line *line = line_of(v, s->feed);
    if (line == NULL) return false;
    line->tenants++;
    line->rows += s->rows;
    line->late += s->late_rows;
    line->busy += s->is_busy;
    line->failing += s->severity == SEVERITY_RED;
    if (s->lag_ms > line->lag_ms_max) line->lag_ms_max = s->lag_ms;
    if (s->severity == SEVERITY_RED && s->cause && s->since.ticks >= v->last_error_since.ticks) {
        v->last_error_since = s->since;
        (void)snprintf(v->last_error, sizeof v->last_error, "%s %s: %s", s->tenant_name, s->feed, s->cause->code);
    }
    return true;
}

static void gather(void *arg, const struct ingest *in)
{
    struct demo_view *v = arg;
    v->feed_count = 0;
    ingest_each_feed(in, add_feed, v);
    ingest_counters_get(in, &v->counters);
}

struct lake_size {
    uint64_t files, bytes, events;
};

static bool add_file(void *arg, const struct lake_file_record *r)
{
    struct lake_size *size = arg;
    size->files++;
    size->bytes += r->bytes;
    size->events += r->events;
    return true;
}

static struct lake_size lake_size(struct demo_view *v)
{
    struct lake_size size = {0};
    struct err e;
    (void)store_lake_file_list(v->installation->store, add_file, &size, &e);
    return size;
}

/* ---- drawing --------------------------------------------------------------------------------------------------------------- */

static void draw_head(struct demo_view *v, const char *phase, double elapsed_s)
{
    struct lake_size size = lake_size(v);
    printf("  %s, %.0f s   tenants %u   rows %llu   rows/s %.0f   in flight %u\n", phase, elapsed_s, v->tenants,
           (unsigned long long)v->counters.rows, v->rows_per_s, v->counters.in_flight);
    printf("  lake: %llu events in %llu files, %.1f MB   commits %llu   answers %.1f MB   dead letters %llu\n",
           (unsigned long long)size.events, (unsigned long long)size.files, (double)size.bytes / 1e6,
           (unsigned long long)v->counters.commits, (double)v->counters.answer_bytes / 1e6,
           (unsigned long long)v->counters.dead);
}

static void draw_feed(const struct feed_line *f)
{
    char lag[24] = "-";
    if (f->lag_ms_max >= 0) (void)snprintf(lag, sizeof lag, "%.1f", (double)f->lag_ms_max / 1000.0);
    printf("  %-24s %8u %8llu %6llu %9s %8u\n", f->feed, f->tenants, (unsigned long long)f->rows,
           (unsigned long long)f->late, lag, f->failing);
}

/* Dozens of feeds do not fit on a screen: those with something to tell come first, the rest is one line. */
static int by_rows(const void *a, const void *b)
{
    const struct feed_line *x = a, *y = b;
    if (x->failing != y->failing) return x->failing < y->failing ? 1 : -1;
    if (x->rows != y->rows) return x->rows < y->rows ? 1 : -1;
    return strcmp(x->feed, y->feed);
}

static unsigned draw_feeds(struct demo_view *v)
{
    struct feed_line rest = {.lag_ms_max = -1};
    unsigned shown = v->feed_count < FEED_LINES_MAX ? v->feed_count : FEED_LINES_MAX;
    printf("  %-24s %8s %8s %6s %9s %8s\n", "FEED", "TENANTS", "ROWS", "LATE", "LAG (s)", "FAILING");
    qsort(v->feeds, v->feed_count, sizeof *v->feeds, by_rows);
    for (unsigned i = 0; i < shown; i++) draw_feed(&v->feeds[i]);
    for (unsigned i = shown; i < v->feed_count; i++) {
        rest.rows += v->feeds[i].rows;
        rest.late += v->feeds[i].late;
        rest.failing += v->feeds[i].failing;
        if (v->feeds[i].tenants > rest.tenants) rest.tenants = v->feeds[i].tenants;
        if (v->feeds[i].lag_ms_max > rest.lag_ms_max) rest.lag_ms_max = v->feeds[i].lag_ms_max;
    }
    (void)snprintf(rest.feed, sizeof rest.feed, "%u more", v->feed_count - shown);
    if (v->feed_count > shown) draw_feed(&rest);
    printf("  last error: %s\n", v->last_error[0] ? v->last_error : "none");
    return shown + (v->feed_count > shown) + 2;
}

static void draw_block(struct demo_view *v, const char *phase, double elapsed_s)
{
    if (v->lines_drawn) printf("\033[%uA\033[J", v->lines_drawn);
    draw_head(v, phase, elapsed_s);
    v->lines_drawn = 2 + draw_feeds(v);
}

static void draw_line(struct demo_view *v, const char *phase, double elapsed_s)
{
    struct lake_size size = lake_size(v);
    printf("%s %.0f s: rows %llu, rows/s %.0f, lake %llu events in %llu files, last error: %s\n", phase, elapsed_s,
           (unsigned long long)v->counters.rows, v->rows_per_s, (unsigned long long)size.events,
           (unsigned long long)size.files, v->last_error[0] ? v->last_error : "none");
}

void demo_view_draw(struct demo_view *v, const char *phase)
{
    struct clock clock = clock_real();
    struct mono now = clock_mono(&clock);
    int64_t since = now.ms - v->drawn_at.ms;
    if (since < (v->is_terminal ? 1 : LINE_EVERY_MS) && v->has_drawn) return;
    engine_look(v->engine, gather, v);
    if (since > 0) v->rows_per_s = (double)(v->counters.rows - v->rows_before) * 1000.0 / (double)since;
    v->rows_before = v->counters.rows;
    v->drawn_at = now;
    v->has_drawn = true;
    double elapsed_s = (double)(now.ms - v->began.ms) / 1000.0;
    if (v->is_terminal)
        draw_block(v, phase, elapsed_s);
    else
        draw_line(v, phase, elapsed_s);
    (void)fflush(stdout);
}
