/* Any bytes as files of `pull --from-files` (split by a line "%%"; plain, gzip or zstd), read through ingest's own reader of
 * rows; the commit is left out. Every record has one end, each dead letter is a line of JSON, and in whatever pieces a file
 * comes, the same is told. */
#include <string.h>

#include "flow/ingest/ingest_int.h"
#include "flow/ingest/page/import.h"
#include "ingest_kit.h"
#include "kit/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of the loop's: each parcel is read at once (the linker puts it there). */
void __wrap_ingest_take_parcels(struct ingest *in, struct parcel *parcels, void (*done)(void *ctx), void *ctx);
void __wrap_ingest_take_parcels(struct ingest *in, struct parcel *parcels, void (*done)(void *ctx), void *ctx)
{
    struct page_job j;
    (void)in;
    for (struct parcel *p = parcels; p; p = p->next) {
        if (strcmp(p->tenant_id, KIT_TENANT) != 0) {
            p->end = PARCEL_NO_TENANT;
            continue;
        }
        kit_job(&j, p->row);
        j.fetch = (struct feed_fetch){.ask = ASK_ROWS, .from = {INT64_MIN}, .how = LOG_FILE};
        p->end = PARCEL_TAKEN;
        parcel_run(&j, p);
        kit_check_end(&j);
    }
    done(ctx);
}

struct told {
    struct buf letters;
    uint64_t dead;
    struct import_totals totals, of_lines;
};

static void on_dead(void *ctx, struct str letter)
{
    struct told *t = ctx;
    INVARIANT(json_check(letter, NULL) && memchr(letter.p, '\n', letter.n) == NULL);
    (void)buf_add_str(&t->letters, letter);
    t->dead++;
}

static void add_line(void *arg, const struct import_line *l)
{
    struct import_totals *sum = &((struct told *)arg)->of_lines;
    INVARIANT(l->records == l->fresh + l->known + l->dead + l->failed);
    sum->fresh += l->fresh;
    sum->known += l->known;
    sum->failed += l->failed;
}

static void read_file(struct import *im, struct str file, size_t piece)
{
    struct err e;
    INVARIANT(import_begin(im, "file", &e));
    for (size_t at = 0; at < file.n; at += piece) {
        struct str part = str_sub(file, at, piece);
        INVARIANT(import_feed(im, part.p, part.n, &e));
    }
    INVARIANT(import_end(im, &e));
}

static struct told read_all(struct str files, size_t piece)
{
    struct ingest in = {.o = {.runtime = kit_runtime()}};
    struct told t = {.dead = 0};
    struct import_opts o = {.ingest = &in, .ctx = &t, .on_dead = on_dead};
    struct str mark = STR("\n%%\n");
    struct err e;
    buf_init(&t.letters, 0);
    struct import *im = import_new(&o);
    INVARIANT(im != NULL);
    for (bool more = true; more;) {
        size_t at = str_find(files, mark, 0);
        read_file(im, str_sub(files, 0, at == SIZE_MAX ? files.n : at), piece);
        more = at != SIZE_MAX;
        if (more) files = str_sub(files, at + mark.n, SIZE_MAX);
    }
    INVARIANT(import_finish(im, &e));
    t.totals = *import_totals(im);
    import_each_line(im, add_line, &t);
    import_free(im);
    INVARIANT(t.totals.records == t.totals.fresh + t.totals.known + t.totals.dead + t.totals.failed);
    INVARIANT(t.totals.dead == t.dead && t.totals.fresh == t.of_lines.fresh && t.totals.known == t.of_lines.known);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str files = {(const char *)data, size};
    kit_open();
    struct told whole = read_all(files, size + 1), pieces = read_all(files, size > 4096 ? 97 : 3);
    /* How much comes out of a packed file before its damage is met depends on the pieces. */
    bool is_damaged = str_find(buf_str(&whole.letters), STR("is damaged about here"), 0) != SIZE_MAX;
    INVARIANT(is_damaged || memcmp(&whole.totals, &pieces.totals, sizeof whole.totals) == 0);
    INVARIANT(is_damaged || str_eq(buf_str(&whole.letters), buf_str(&pieces.letters)));
    buf_done(&whole.letters);
    buf_done(&pieces.letters);
    return 0;
}
