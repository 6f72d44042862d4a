/* What ingest reads that others wrote: a feed's state, an hour's facts and its verdict from the store, and gzip from the
 * network. The first byte chooses. What can be read must survive being written and read again. */
#include <string.h>

#include "flow/ingest/bytes/inflate.h"
#include "flow/ingest/feed/facts.h"
#include "flow/ingest/feed/verdict.h"
#include "state/store/fingerprints.h"

static void try_state(struct str text)
{
    struct feed_state state, again;
    struct buf b;
    struct err e;
    if (!feed_state_read(text, &state, &e)) return;
    buf_init(&b, 0);
    feed_state_write(&state, &b);
    INVARIANT(!b.failed);
    INVARIANT(feed_state_read(buf_str(&b), &again, &e));
    INVARIANT(memcmp(&state, &again, sizeof state) == 0);
    buf_done(&b);
}

static void try_facts(struct str text)
{
    struct facts facts, again;
    struct buf b;
    if (!facts_read(text, &facts)) return;
    buf_init(&b, 0);
    facts_write(&facts, &b);
    INVARIANT(facts_read(buf_str(&b), &again) && memcmp(&facts, &again, sizeof facts) == 0);
    buf_done(&b);
}

static void try_verdict(struct str text)
{
    struct verdict_record r = {.hour = 7, .repaired = 3, .is_pulled = true, .differing = text};
    struct verdict v, again;
    struct buf b;
    if (!verdict_restore(&r, &v)) return;
    INVARIANT(v.hour == r.hour && v.repaired == r.repaired && v.is_pulled && v.differs < 1u << BINS_PER_HOUR);
    buf_init(&b, 0);
    verdict_write(&v, &b, &r);
    INVARIANT(verdict_restore(&r, &again) && again.differs == v.differs && again.repaired == v.repaired);
    for (unsigned i = 0; i < BINS_PER_HOUR; i++)
        if (v.differs & 1u << i) INVARIANT(again.counted[i] == v.counted[i] && again.held[i] == v.held[i]);
    buf_done(&b);
}

static void count(void *ctx, const void *p, size_t n)
{
    (void)p;
    *(size_t *)ctx += n;
}

/* In two pieces: the same bytes must come out as in one. */
static void try_gzip(struct str bytes)
{
    size_t whole = 0, pieces = 0, half = bytes.n / 2;
    struct inflate *a = inflate_new(), *b = inflate_new();
    bool ok_whole = inflate_feed(a, bytes.p, bytes.n, count, &whole);
    bool ok_pieces = inflate_feed(b, bytes.p, half, count, &pieces) &&
                     inflate_feed(b, bytes.p + half, bytes.n - half, count, &pieces);
    INVARIANT(ok_whole == ok_pieces);
    if (ok_whole) INVARIANT(whole == pieces && inflate_is_complete(a) == inflate_is_complete(b));
    inflate_free(a);
    inflate_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data + 1, size - 1};
    if (size == 0) return 0;
    if (data[0] == 's')
        try_state(rest);
    else if (data[0] == 'f')
        try_facts(rest);
    else if (data[0] == 'v')
        try_verdict(rest);
    else
        try_gzip(rest);
    return 0;
}
