#include "ingest_kit.h"

#include <string.h>

#include "fake_disk.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "state/store/feeds.h"
#include "state/store/tenants.h"

enum { PIECE_BYTES = 10000 };
static struct kit {
    struct fs fs;
    struct virtual_clock time;
    struct store *store;
    struct log *log;
    struct ocsf *ocsf;
    int64_t feed_id;
    struct fetch_handler handler; /* of the transfer on its way */
} kit;

static void now(void *ctx, void (*fn)(void *arg), void *arg)
{
    (void)ctx;
    fn(arg);
}

static void work_now(void *ctx, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
    (void)ctx;
    run(arg);
    done(arg);
}

struct runtime kit_runtime(void)
{
    return (struct runtime){.post = now, .work = work_now};
}

static void open_store(struct seal_key *key)
{
    struct err e;
    struct org_record org = {.name = "contoso"};
    struct store_opts o = {
        .fs = kit.fs, .path = "/d/store.db", .key = key, .clock = clock_virtual(&kit.time), .create = true};
    INVARIANT(store_open(&o, &kit.store, &e) && store_org_put(kit.store, &org, &e));
    struct tenant_record t = {
        .org_id = org.id, .tenant_id = KIT_TENANT, .client_id = KIT_TENANT, .name = "a", .cloud = "global"};
    INVARIANT(store_tenant_put(kit.store, &t, true, &e));
    struct feed_record feed = {.tenant_id = KIT_TENANT, .feed = "DeviceInfo", .state = STR("{}"), .status = "ok"};
    INVARIANT(store_feed_put(kit.store, &feed, &e));
    kit.feed_id = feed.id;
}

void kit_open(void)
{
    static struct seal_key *key;
    struct ocsf_opts ocsf = {0};
    struct buf text;
    struct err e;
    if (key) return;
    kit.fs = fake_disk_fs(fake_disk_new(1));
    kit.time.wall = wall_from_ms(INT64_C(1795330501999));
    buf_init(&text, 0);
    INVARIANT(seal_key_make(&text, &e) && seal_key_load(buf_str(&text), &key, &e));
    buf_done(&text);
    INVARIANT(kit.fs.ops->make_dirs(kit.fs.ctx, "/d/spool", &e));
    open_store(key);
    INVARIANT(log_open(kit.fs, "/d/log", "/d/spool", 0, &kit.log, &e) && ocsf_new(&ocsf, &kit.ocsf, &e));
}

void kit_job(struct page_job *j, const struct feed_row *row)
{
    *j = (struct page_job){.row = row,
                           .store = kit.store,
                           .log = kit.log,
                           .ocsf = kit.ocsf,
                           .fs = kit.fs,
                           .spool_dir = "/d/spool",
                           .tenant_id = KIT_TENANT,
                           .feed_id = kit.feed_id,
                           .horizon_hour = INT64_MIN,
                           .received = kit.time.wall};
}

/* ---- an answer ------------------------------------------------------------------------------------------------------------- */

static struct fetch_call *fetch_kept(void *ctx, struct tenant *t, const struct fetch *f, const struct fetch_handler *h)
{
    (void)t, (void)f;
    kit.handler = *h;
    return ctx; /* never looked into */
}

static void ignore(void *ctx, struct fetch_call *c)
{
    (void)ctx, (void)c;
}

static void arrived(void *ctx, const struct transfer_end *end, const struct err *e)
{
    INVARIANT(e == NULL);
    *(struct transfer_end *)ctx = *end;
}

struct transfer *kit_receive(struct str bytes, bool is_gzip, struct transfer_end *end_out)
{
    struct transfer_opts o = {
        .runtime = kit_runtime(), .fs = kit.fs, .spool_dir = "/d/spool", .fetcher = {&kit, fetch_kept, ignore, ignore}};
    struct transfer *t = transfer_new(&o, arrived, end_out);
    struct http_response r = {.status = 200, .is_gzip = is_gzip};
    INVARIANT(t != NULL);
    transfer_start(t, NULL, &(struct fetch){.endpoint = EP_HUNTING});
    for (size_t at = 0; at < bytes.n; at += PIECE_BYTES) {
        struct str piece = str_sub(bytes, at, PIECE_BYTES);
        INVARIANT(kit.handler.on_body(kit.handler.ctx, piece.p, piece.n, is_gzip));
    }
    kit.handler.on_done(kit.handler.ctx, &r, NULL);
    INVARIANT(end_out->status == r.status && end_out->wire_bytes == bytes.n);
    return t;
}

/* ---- ends ------------------------------------------------------------------------------------------------------------------ */

static void check_letters(struct str letters, uint64_t count)
{
    uint64_t lines = 0;
    while (letters.n > 0) {
        INVARIANT(json_check(str_cut(&letters, '\n'), NULL));
        lines++;
    }
    INVARIANT(lines == count);
}

static void check_staged(struct page_job *j)
{
    struct staged *s = &j->staged;
    uint64_t fingers = 0, rows = s->batch ? log_batch_rows(s->batch) : 0;
    struct buf row;
    struct err e;
    for (size_t i = 0; i < s->put_count; i++) {
        fingers += s->puts[i].count;
        for (size_t k = 1; k < s->puts[i].count; k++)
            INVARIANT(memcmp(&s->puts[i].fresh[k - 1], &s->puts[i].fresh[k], sizeof(struct hash128)) != 0);
    }
    INVARIANT(rows == j->page.fresh && rows <= j->page.rows && fingers == rows + s->dead_count);
    buf_init(&row, 0);
    for (size_t i = 0; i < s->revision_count; i++) {
        struct staged_revision *r = &s->revisions[i];
        INVARIANT(memchr(r->object_id, '\0', sizeof r->object_id) != NULL);
        INVARIANT(staged_text_read(&s->text, r->row_at, r->row_bytes, &row, &e) && json_check(buf_str(&row), NULL));
    }
    buf_done(&row);
    check_letters(buf_str(&s->dead), s->dead_count);
}

void kit_check_end(struct page_job *j)
{
    if (j->ok)
        check_staged(j);
    else
        INVARIANT(j->err.cause && j->err.text[0]);
    if (j->ok) staged_done(&j->staged);
    page_job_done(j);
}
