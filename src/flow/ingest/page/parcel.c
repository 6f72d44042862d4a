#include "flow/ingest/page/parcel.h"

#include <stdlib.h>
#include <string.h>

#include "flow/ingest/page/page_int.h"

/* ---- gathering ------------------------------------------------------------------------------------------------------------- */

struct parcel *parcel_new(const char *tenant_id, const struct feed_row *row)
{
    struct parcel *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    (void)snprintf(p->tenant_id, sizeof p->tenant_id, "%s", tenant_id);
    p->row = row;
    return p;
}

void parcel_free(struct parcel *p)
{
    if (!p) return;
    buf_done(&p->text);
    free(p->rows);
    free(p);
}

bool parcel_add(struct parcel *p, struct str record, struct str row, const char *file, uint64_t byte, uint64_t line)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 32;
        struct parcel_row *bigger = realloc(p->rows, cap * sizeof *bigger);
        if (!bigger) return false;
        p->rows = bigger;
        p->cap = cap;
    }
    size_t at = p->text.n;
    if (!buf_add_str(&p->text, record)) return false;
    p->rows[p->count++] = (struct parcel_row){.at = at,
                                              .bytes = record.n,
                                              .row_at = at + (size_t)(row.p - record.p),
                                              .row_bytes = row.n,
                                              .byte = byte,
                                              .line = line,
                                              .file = file};
    return true;
}

/* ---- on a worker ----------------------------------------------------------------------------------------------------------- */

struct found {
    struct page_found row;
    struct parcel_row *from;
};

/* Fingerprints are read hour by hour: in order of time each hour is opened once. */
static int by_time(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->row.at.ticks != y->row.at.ticks) return x->row.at.ticks < y->row.at.ticks ? -1 : 1;
    return x->from < y->from ? -1 : 1;
}

static size_t find_rows(struct page *page, struct parcel *p, struct found *found)
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct parcel_row *r = &p->rows[i];
        struct str row = str_sub(buf_str(&p->text), r->row_at, r->row_bytes);
        bool has_time = page_find(page, row, &found[n].row);
        r->refused = has_time && found[n].row.at.ticks > 0 ? NULL : "its row has no time";
        found[n].from = r;
        n += r->refused == NULL;
    }
    return n;
}

static bool take_rows(struct page *page, struct parcel *p)
{
    struct found *found = malloc((p->count + 1) * sizeof *found);
    if (!found)
        return err_set(&page->job->err, &base_causes[BASE_NO_MEMORY], "%s: rows of a file", page->job->row->name);
    size_t n = find_rows(page, p, found);
    qsort(found, n, sizeof *found, by_time);
    for (size_t i = 0; i < n && !page->has_failed; i++) {
        const struct parcel_row *r = found[i].from;
        page_take(page, &found[i].row, str_sub(buf_str(&p->text), r->row_at, r->row_bytes));
    }
    free(found);
    p->taken = n;
    p->fresh = page->job->page.fresh;
    return !page->has_failed;
}

void parcel_run(struct page_job *job, struct parcel *p)
{
    struct page page;
    job->ok = page_begin(&page, job) && take_rows(&page, p) && page_finish(&page);
    page_end(&page);
    if (job->ok) return;
    p->end = PARCEL_FAILED;
    p->err = job->err;
}
