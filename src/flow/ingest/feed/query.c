/* The words of a question: KQL for hunting, OData for the rest. */
#include "flow/ingest/feed/feed_int.h"

static void add_time(struct buf *b, struct wall t)
{
    char text[WALL_TEXT_BYTES];
    int n = wall_format(t, text);
    (void)buf_add(b, text, (size_t)n);
}

static void add_kql(const struct feed *f, struct buf *b)
{
    const struct feed_fetch *q = &f->fetch;
    const char *time = f->row->time, *and = " | where ";
    (void)buf_addf(b, "%s", f->row->source);
    if (time) {
        (void)buf_addf(b, " | where %s >= datetime(", time);
        add_time(b, q->from);
        (void)buf_addf(b, ") and %s < datetime(", time);
        add_time(b, q->to);
        (void)buf_addf(b, ")");
        and = " and ";
    }
    for (unsigned i = 0; i < q->depth; i++, and = " and ")
        (void)buf_addf(b, "%shash(%s, %u) == %u", and, f->row->split[q->column[i]], q->modulus[i], q->shard[i]);
    if (q->ask == ASK_TOTAL)
        (void)buf_addf(b, " | summarize count()");
    else if (q->ask == ASK_COUNTS)
        (void)buf_addf(b, " | summarize count() by bin(%s, 5m)", time);
    else if (time)
        (void)buf_addf(b, " | order by %s asc | take %u", time, q->take);
    else
        (void)buf_addf(b, " | take %u", q->take);
}

bool feed_asks_for_order(const struct feed *f)
{
    bool is_list = f->row->kind == FEED_REVISIONS && f->row->words == WORDS_GRAPH && f->fetch.ask == ASK_ROWS;
    return is_list && !f->state.is_unordered;
}

static void add_revisions(const struct feed *f, struct buf *b)
{
    const struct feed_fetch *q = &f->fetch;
    const struct feed_row *row = f->row;
    (void)buf_addf(b, "%s$filter=%s%%20ge%%20", row->options ? row->options : "", row->time);
    add_time(b, q->from);
    if (q->to.ticks) {
        (void)buf_addf(b, "%%20and%%20%s%%20lt%%20", row->time);
        add_time(b, q->to);
    }
    if (feed_asks_for_order(f)) (void)buf_addf(b, "&$orderby=%s%%20asc", row->time);
    (void)buf_addf(b, "&$top=%u", q->take);
    if (q->skip) (void)buf_addf(b, "&$skip=%u", q->skip);
}

static void add_siem(const struct feed *f, struct buf *b)
{
    (void)buf_addf(b, "sinceTimeUtc=");
    add_time(b, f->fetch.from);
    (void)buf_addf(b, "&untilTimeUtc=");
    add_time(b, f->fetch.to);
}

void feed_query(const struct feed *f, struct buf *query, struct buf *kql)
{
    const struct feed_fetch *q = &f->fetch;
    buf_reset(query);
    buf_reset(kql);
    if (f->row->kind == FEED_HUNTING || f->row->kind == FEED_TABLE)
        add_kql(f, kql);
    else if (q->ask == ASK_OBJECT)
        return; /* its id says all */
    else if (q->use_link)
        (void)buf_add_str(query, buf_str(&f->link));
    else if (f->row->kind == FEED_REVISIONS && f->row->words == WORDS_SIEM)
        add_siem(f, query);
    else if (f->row->kind == FEED_REVISIONS)
        add_revisions(f, query);
    else
        (void)buf_addf(query, q->skip ? "$top=%u&$skip=%u" : "$top=%u", q->take, q->skip);
}
