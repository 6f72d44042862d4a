/* Any bytes as the answer to what a feed asked: of Graph, the Endpoint API, the SIEM API or hunting, rows or counts, plain
 * or gzip. The first two bytes choose. Taken, with as many rows, fingerprints and dead letters as it says; or refused with a
 * cause. The same answer ends the same way twice. */
#include <string.h>

#include "ingest_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_GZIP = 8, COUNTS_BINS = 16 };

static void run(const uint8_t *data, size_t size, struct feed_page *page, uint64_t *dead)
{
    struct page_job j;
    struct wall from;
    INVARIANT(wall_parse(STR("2026-11-21T10:00:00Z"), &from));
    kit_job(&j, &feed_rows[data[0] % FEED_ROW_COUNT]);
    bool is_list = j.row->kind == FEED_SNAPSHOT || j.row->kind == FEED_TABLE;
    bool may_count = j.row->kind == FEED_HUNTING || j.row->kind == FEED_TABLE;
    j.fetch = (struct feed_fetch){.ask = may_count ? (enum feed_ask)(data[1] % 3) : ASK_ROWS,
                                  .take = 1000,
                                  .from = is_list ? (struct wall){0} : from,
                                  .to = is_list ? (struct wall){0} : wall_add(from, WALL_TICKS_PER_HOUR),
                                  .count_from = from,
                                  .counts_bins = data[1] & COUNTS_BINS};
    if (is_list && j.fetch.ask == ASK_COUNTS) j.fetch.ask = ASK_TOTAL; /* it has no bins */
    j.transfer = kit_receive((struct str){(const char *)data + 2, size - 2}, data[1] & IS_GZIP, &j.end);
    page_run(&j);
    *page = j.ok ? j.page : (struct feed_page){0};
    page->link = STR_NONE;
    *dead = j.ok ? j.staged.dead_count : 0;
    kit_check_end(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct feed_page first, second;
    uint64_t first_dead, second_dead;
    if (size < 2) return 0;
    kit_open();
    run(data, size, &first, &first_dead);
    run(data, size, &second, &second_dead);
    INVARIANT(first.rows == second.rows && first.fresh == second.fresh && first.bytes == second.bytes);
    INVARIANT(first.last.ticks == second.last.ticks && first_dead == second_dead);
    return 0;
}
