#include "flow/ingest/page/page.h"

#include <stdlib.h>
#include <string.h>

#include "flow/ingest/page/page_int.h"
#include "kit/sys/killpoint.h"

enum { READ_BYTES = 64 << 10 };

void page_job_done(struct page_job *j)
{
    staged_done(&j->staged);
    buf_done(&j->link);
    buf_done(&j->merged);
}

/* ---- the answer's frame ---------------------------------------------------------------------------------------------------- */

static const char *const lists[] = {"value", "results", "Results", NULL};

bool page_fail(struct page *p, const char *why)
{
    if (p->has_failed) return false;
    p->has_failed = true;
    return err_set(&p->job->err, &ingest_causes[INGEST_BAD_ANSWER], "%s: %s (byte %llu of the answer)",
                   p->job->row->name, why, (unsigned long long)p->job->page.bytes);
}

/* One object alone, or a list without an envelope. */
static bool is_bare(const struct page *p)
{
    return p->job->fetch.ask == ASK_OBJECT || p->job->row->words == WORDS_SIEM;
}

static void on_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    struct page *p = ctx;
    (void)line;
    if (p->has_failed) return;
    if (!list && !is_bare(p))
        (void)page_fail(p, "it is not a list");
    else if (p->job->fetch.ask == ASK_COUNTS)
        page_count_row(p, record);
    else if (p->job->fetch.ask == ASK_TOTAL)
        page_total_row(p, record);
    else
        page_row(p, record, byte);
}

static void on_envelope(void *ctx, struct str key, struct str value)
{
    struct page *p = ctx;
    for (const char *const *list = lists; *list; list++)
        if (str_eq(key, str_of(*list))) (void)page_fail(p, "its list is none");
    if (str_eq_nocase(key, STR("schema"))) page_columns(p, value);
    if (!str_eq(key, STR("@odata.nextLink"))) return;
    struct arena a;
    arena_init(&a, 64 << 10);
    struct str link = json_unescape(&a, value);
    if (link.p && link.n < 16000) (void)buf_add_str(&p->job->link, link);
    arena_done(&a);
}

static void on_fault(void *ctx, const struct json_fault *fault, struct str piece)
{
    struct page *p = ctx;
    if (p->has_failed) return;
    if (ask_is_count(p->job->fetch.ask))
        (void)page_fail(p, fault->what);
    else
        page_dead(p, fault, piece);
}

static void on_document_end(void *ctx)
{
    struct page *p = ctx;
    p->documents++;
}

/* ---- from the spool through gzip to records -------------------------------------------------------------------------------- */

static void note_last(struct page *p, const char *bytes, size_t n)
{
    while (n > 0 && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r' || bytes[n - 1] == ' ')) n--;
    if (n > 0) p->last = bytes[n - 1];
}

static void on_plain(void *ctx, const void *bytes, size_t n)
{
    struct page *p = ctx;
    p->job->page.bytes += n;
    size_t kept = sizeof p->head - p->head_bytes < n ? sizeof p->head - p->head_bytes : n;
    memcpy(p->head + p->head_bytes, bytes, kept);
    p->head_bytes += kept;
    note_last(p, bytes, n);
    if (!p->has_failed) json_split_feed(p->split, bytes, n);
}

static bool read_all(struct page *p, struct inflate *z, char *piece)
{
    struct page_job *j = p->job;
    size_t got;
    for (uint64_t at = 0;; at += got) {
        if (!transfer_read(j->transfer, at, piece, READ_BYTES, &got, &j->err)) return false;
        if (got == 0) break;
        if (!z)
            on_plain(p, piece, got);
        else if (!inflate_feed(z, piece, got, on_plain, p))
            return page_fail(p, "its gzip is damaged");
        if (p->has_failed) return false;
    }
    if (z && !inflate_is_complete(z)) return page_fail(p, "it was cut short");
    json_split_end(p->split);
    return !p->has_failed;
}

/* An answer without rows must at least look like one of Defender's: a list, or the envelope that comes with every list. */
static bool looks_empty(const struct page *p)
{
    static const char *const marks[] = {"\"@odata.",  "\"value\"",  "\"results\"", "\"Results\"",
                                        "\"schema\"", "\"Schema\"", NULL};
    struct str head = {p->head, p->head_bytes};
    if (is_bare(p)) return str_starts(str_trim(head), STR("["));
    if (str_find(head, STR("\"error\""), 0) != SIZE_MAX) return false;
    for (const char *const *mark = marks; *mark; mark++)
        if (str_find(head, str_of(*mark), 0) != SIZE_MAX) return true;
    return false;
}

/* Faults at the very end of a cut answer look like dead letters until it is clear that the answer never ended. */
static bool is_whole(struct page *p)
{
    bool is_list = p->job->row->words == WORDS_SIEM; /* of flat objects: its bracket is the only one */
    if (is_list && (p->documents || p->head[0] != '[')) return page_fail(p, "it is not a list");
    if (is_list ? p->last != ']' : p->documents == 0) return page_fail(p, "it was cut short");
    if (p->documents > 1) return page_fail(p, "more than one document");
    if (p->job->page.rows == 0 && p->job->staged.dead_count == 0 && p->count_rows == 0 && !looks_empty(p))
        return page_fail(p, "it is not an answer of Defender's");
    if (p->job->fetch.ask == ASK_TOTAL && p->count_rows != 1) return page_fail(p, "a count is one row");
    if (p->job->row->kind == FEED_HUNTING && !p->job->page.is_sorted) return page_fail(p, "its rows are not in order");
    return true;
}

bool page_finish(struct page *p)
{
    struct page_job *j = p->job;
    fingers_finish(&p->fingers);
    j->staged.puts = p->fingers.puts;
    j->staged.put_count = p->fingers.put_count;
    p->fingers.puts = NULL;
    p->fingers.put_count = 0;
    if (j->staged.batch && !log_batch_seal(j->staged.batch, &j->err)) return false;
    if (j->staged.dead.failed)
        return err_set(&j->err, &base_causes[BASE_NO_MEMORY], "%s: dead letters of an answer", j->row->name);
    KILL_POINT("page.staged");
    return true;
}

static bool finish(struct page *p)
{
    struct page_job *j = p->job;
    j->page.link = buf_str(&j->link);
    j->page.merged = buf_str(&j->merged);
    j->page.is_partial = j->end.status == 206;
    return (j->fetch.ask != ASK_COUNTS || page_compare(p)) && page_finish(p);
}

static bool run(struct page *p)
{
    struct page_job *j = p->job;
    struct json_split_opts o = {
        .lists = lists,
        .record_max = LOG_ROW_BYTES_MAX,
        .ctx = p,
        .on_record = on_record,
        .on_envelope = on_envelope,
        .on_fault = on_fault,
        .on_document_end = on_document_end,
    };
    struct inflate *z = j->end.is_gzip ? inflate_new() : NULL;
    char *piece = malloc(READ_BYTES);
    p->split = json_split_new(&o);
    bool ok = piece && p->split && (z || !j->end.is_gzip);
    if (!ok)
        (void)err_set(&j->err, &base_causes[BASE_NO_MEMORY], "%s: reading an answer", j->row->name);
    else
        ok = read_all(p, z, piece) && is_whole(p) && finish(p);
    json_split_free(p->split);
    free(piece);
    inflate_free(z);
    return ok;
}

bool page_begin(struct page *p, struct page_job *j)
{
    const struct plan *plan = ocsf_plan(j->ocsf, str_of(j->row->source));
    *p = (struct page){.job = j, .plan = plan ? plan : ocsf_plan_base(j->ocsf), .scratch = map_scratch_new()};
    buf_init(&j->link, 16384);
    buf_init(&j->merged, 8192);
    staged_text_init(&j->staged.text, j->fs, j->spool_dir ? j->spool_dir : "", j->number);
    buf_init(&j->staged.dead, 16 << 20);
    buf_init(&j->staged.columns.names, 1 << 20);
    buf_init(&j->staged.columns.unknown, 1 << 20);
    j->staged.how = j->fetch.how;
    j->page = (struct feed_page){.is_sorted = true};
    fingers_init(&p->fingers, j->store, j->history, j->tenant_id, j->row->source, j->feed_id, j->horizon_hour);
    if (j->formerly.feed_id)
        fingers_init(&p->former, j->store, NULL, j->tenant_id, j->formerly.source, j->formerly.feed_id, INT64_MIN);
    return p->scratch || err_set(&j->err, &base_causes[BASE_NO_MEMORY], "%s: reading rows", j->row->name);
}

void page_end(struct page *p)
{
    page_counts_done(p);
    fingers_done(&p->fingers);
    fingers_done(&p->former);
    map_scratch_free(p->scratch);
    if (!p->job->ok) staged_done(&p->job->staged);
}

void page_run(struct page_job *j)
{
    struct page p;
    KILL_POINT("page.spooled");
    j->ok = page_begin(&p, j) && run(&p);
    page_end(&p);
    transfer_free(j->transfer);
    j->transfer = NULL;
}
