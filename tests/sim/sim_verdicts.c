/* Whether what the store says of completeness is true: what a span calls repaired is what sweeps brought into the log, row by
 * row, and what differs is what the cloud counts and never gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/ingest/completeness.h"
#include "sim_install.h"
#include "state/store/lake.h"

/* Rows of one feed and hour that came with a sweep or a pull. */
struct found {
    char tenant_id[GUID_BYTES];
    const struct feed_row *feed;
    int64_t hour;
    uint64_t rows;
};
struct checking {
    struct sim_install *s;
    struct found *p;
    size_t n, cap;
    size_t wrong, differing, repaired;
};

static void note(struct checking *c, const struct log_frame *frame, const struct feed_row *feed, int64_t hour)
{
    for (size_t i = c->n; i-- > 0;) {
        struct found *f = &c->p[i];
        if (f->hour != hour || f->feed != feed || strcmp(f->tenant_id, frame->origin.tenant_id) != 0) continue;
        f->rows++;
        return;
    }
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->p = realloc(c->p, c->cap * sizeof *c->p);
        INVARIANT(c->p);
    }
    struct found *f = &c->p[c->n++];
    *f = (struct found){.feed = feed, .hour = hour, .rows = 1};
    (void)snprintf(f->tenant_id, sizeof f->tenant_id, "%s", frame->origin.tenant_id);
}

static bool read_log(struct checking *c, struct err *e)
{
    struct log_reader *reader;
    struct log_frame frame;
    uint64_t end;
    bool has_frame = true;
    if (!store_log_end_get(c->s->store, &end, e) || !log_reader_new(c->s->log, 0, &reader, e)) return false;
    bool ok = true;
    while (ok && (ok = log_reader_next(reader, end, &frame, &has_frame, e)) && has_frame) {
        const struct feed_row *feed = feed_row_find(frame.origin.source);
        bool is_found = frame.origin.how == LOG_LOOK_BACK || frame.origin.how == LOG_PULL;
        if (!feed || feed->kind != FEED_HUNTING || !is_found) continue;
        for (size_t i = 0; i < frame.row_count; i++) note(c, &frame, feed, wall_hour(frame.rows[i].time));
    }
    log_reader_free(reader);
    return ok;
}

static uint64_t found_in(const struct checking *c, const struct completeness_span *span)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->p[i].hour >= wall_hour(span->from) && c->p[i].hour < wall_hour(span->to) &&
            strcmp(c->p[i].feed->name, span->feed) == 0 && strcmp(c->p[i].tenant_id, span->tenant_id) == 0)
            rows += c->p[i].rows;
    return rows;
}

/* Every hour of a span that differs holds withheld rows, none of another one does. */
static bool is_withheld(const struct checking *c, const struct completeness_span *span)
{
    const struct sim_world *w = &c->s->world;
    bool differs = span->verdict == COMPLETE_DIFFERS;
    for (struct wall at = span->from; at.ticks < span->to.ticks; at = wall_add(at, HOUR)) {
        bool has = w->withholds && w->withholds(w->ctx, span->tenant_id, span->feed, at, wall_add(at, HOUR));
        if (has != differs) return false;
    }
    return true;
}

static bool check_span(void *arg, const struct completeness_span *span)
{
    struct checking *c = arg;
    bool is_true = found_in(c, span) == span->repaired && (span->verdict != COMPLETE_REPAIRED || span->repaired > 0) &&
                   (span->verdict != COMPLETE_AGREES || span->repaired == 0) &&
                   (span->verdict == COMPLETE_UNJUDGED || is_withheld(c, span)) &&
                   (span->verdict != COMPLETE_DIFFERS || span->counted > span->held);
    c->differing += span->verdict == COMPLETE_DIFFERS;
    c->repaired += span->verdict == COMPLETE_REPAIRED;
    if (is_true) return true;
    c->wrong++;
    char from[WALL_TEXT_BYTES], to[WALL_TEXT_BYTES];
    (void)wall_format_digits(span->from, 0, from);
    (void)wall_format_digits(span->to, 0, to);
    printf("# %s %s, %s to %s: said to be %s, repaired %llu, counted %llu, held %llu; in the log %llu\n",
           span->tenant_id, span->feed, from, to, completeness_name(span->verdict), (unsigned long long)span->repaired,
           (unsigned long long)span->counted, (unsigned long long)span->held, (unsigned long long)found_in(c, span));
    return true;
}

bool sim_install_check_verdicts(struct sim_install *s, struct sim_verdict *out)
{
    struct checking c = {.s = s};
    struct err e = {0};
    bool ok = read_log(&c, &e) && completeness_each(s->store, NULL, NULL, sim_time_now(s->time), check_span, &c, &e);
    if (!ok) printf("# %s\n", e.text);
    out->wrong_verdicts = c.wrong + !ok;
    out->repaired_spans = c.repaired;
    out->differing_spans = c.differing;
    free(c.p);
    return ok && c.wrong == 0;
}
