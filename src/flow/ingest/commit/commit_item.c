#include "flow/ingest/commit/commit_int.h"
#include "state/store/feeds.h"
#include "state/store/fingerprints.h"
#include "state/store/revisions.h"

#include <string.h>

static bool write_fingerprints(struct store *s, const struct commit_item *item, struct err *e)
{
    struct buf facts;
    bool ok = true;
    buf_init(&facts, 4096);
    for (size_t i = 0; ok && i < item->staged.put_count; i++) {
        const struct bucket_put *p = &item->staged.puts[i];
        buf_reset(&facts);
        facts_write(&p->facts, &facts);
        ok = store_fingerprints_put(s, item->record.id, p->hour, p->fresh, p->count, buf_str(&facts), e);
    }
    buf_done(&facts);
    return ok;
}

/* ---- settled counts: at most two hours, since a run is no longer than one -------------------------------------------------- */

struct settling {
    int64_t first_hour;
    struct facts facts[2];
    bool is_bad;
};

static bool take_facts(void *arg, int64_t hour, struct str json)
{
    struct settling *x = arg;
    x->is_bad = !facts_read(json, &x->facts[hour - x->first_hour]);
    return !x->is_bad;
}

static int64_t hour_of_bin(int64_t bin)
{
    return wall_hour(bin_start(bin));
}

static bool write_settled(struct store *s, const struct commit_item *item, struct err *e)
{
    const struct feed_settle *t = &item->settle;
    struct settling x = {.first_hour = hour_of_bin(t->first_bin)};
    int64_t end_hour = hour_of_bin(t->first_bin + t->count - 1) + 1;
    struct buf text;
    if (!store_fingerprint_facts(s, item->record.id, x.first_hour, end_hour, take_facts, &x, e)) return false;
    if (x.is_bad) return err_set(e, &ingest_causes[INGEST_STATE_BAD], "facts of feed %lld", (long long)item->record.id);
    for (uint32_t i = 0; i < t->count; i++) {
        struct wall at = bin_start(t->first_bin + i);
        facts_settle(&x.facts[wall_hour(at) - x.first_hour], facts_index(at), t->received[i]);
    }
    bool ok = true;
    buf_init(&text, 4096);
    for (int64_t hour = x.first_hour; ok && hour < end_hour; hour++) {
        buf_reset(&text);
        facts_write(&x.facts[hour - x.first_hour], &text);
        ok = store_fingerprints_put(s, item->record.id, hour, NULL, 0, buf_str(&text), e);
    }
    buf_done(&text);
    return ok;
}

/* ---- revisions -------------------------------------------------------------------------------------------------------------- */

/* Machines are kept as revisions too, but nobody decides about them: no inbox entry. */
static bool write_revisions(struct store *s, struct commit_item *item, struct err *e)
{
    struct buf row;
    bool ok = true;
    buf_init(&row, 0);
    for (size_t i = 0; ok && i < item->staged.revision_count; i++) {
        const struct staged_revision *r = &item->staged.revisions[i];
        struct revision_record record = {
            .feed_id = item->record.id,
            .updated = r->updated,
            .identity = r->identity,
        };
        if (!staged_text_read(&item->staged.text, r->row_at, r->row_bytes, &row, e)) {
            ok = false;
            break;
        }
        record.row = buf_str(&row);
        (void)snprintf(record.object_id, sizeof record.object_id, "%s", r->object_id);
        (void)snprintf(record.how, sizeof record.how, "%s", log_how_name(item->staged.how));
        ok = store_revision_put(s, &record, item->row->kind == FEED_REVISIONS, e);
    }
    buf_done(&row);
    return ok;
}

bool commit_write_item(struct store *s, struct commit_item *item, struct err *e)
{
    if (!store_feed_put(s, &item->record, e)) return false; /* first: tells whether the feed is still there */
    if (!write_fingerprints(s, item, e)) return false;
    if (item->staged.columns.names.n && !columns_write(s, item->record.id, &item->staged.columns, e)) return false;
    if (item->is_settled && !write_settled(s, item, e)) return false;
    if (!verdict_news_is_empty(&item->news) && !verdict_news_write(s, item->record.id, &item->news, e)) return false;
    if (item->drops && !(store_fingerprints_drop(s, item->record.id, item->drop_before, e) &&
                         store_verdict_drop(s, item->record.id, item->verdicts_before, e)))
        return false;
    return write_revisions(s, item, e);
}

bool dead_letters_write(struct fs fs, const char *dir, struct wall now, struct str lines, struct err *e)
{
    char day[11], path[CONF_PATH_BYTES + 32];
    struct fs_file *file;
    uint64_t at;
    wall_format_day(now, day);
    (void)snprintf(path, sizeof path, "%s/%s.ndjson", dir, day);
    if (!fs.ops->open(fs.ctx, path, FS_WRITE, &file, e)) return err_context(e, "dead letters");
    bool ok = fs.ops->size(fs.ctx, file, &at, e) && fs.ops->write_at(fs.ctx, file, at, lines.p, lines.n, e) &&
              fs.ops->sync(fs.ctx, file, e) && fs.ops->sync_dir(fs.ctx, dir, e);
    fs.ops->close(fs.ctx, file);
    return ok || err_context(e, "dead letters");
}
