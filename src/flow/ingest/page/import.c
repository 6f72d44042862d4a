#include "flow/ingest/page/import.h"

#include <stdlib.h>
#include <string.h>

#include "flow/ingest/bytes/unpack.h"
#include "flow/ingest/page/parcel.h"
#include "kit/json/json.h"
#include "kit/sys/thread.h"

enum { GATHER_BYTES = 8 << 20, BUCKETS = 1024, PROGRESS_BYTES = 16 << 20 };

struct line {
    struct line *next_in_bucket, *next;
    struct import_line shown;
    const struct feed_row *row;
    struct parcel *parcel; /* being filled; NULL: none */
};
struct file_name {
    struct file_name *next;
    char text[];
};
struct import {
    struct import_opts o;
    char only_tenant[GUID_BYTES]; /* empty: all */
    struct json_split *split;
    struct unpack *unpack;   /* of the file being read; NULL once it is damaged */
    uint64_t file_bytes;     /* of the file being read, before unpacking */
    struct file_name *names; /* the newest first; the others are those of records not yet handed over */
    struct line *buckets[BUCKETS];
    struct line *lines, **last_line, *likely;
    uint64_t gathered; /* bytes in parcels */
    uint64_t told_at;  /* totals.bytes when progress was last told */
    struct import_totals totals;
    struct buf letter;
    struct err first_error; /* cause NULL: none */
    struct err stopped;     /* cause NULL: not */
};

/* ---- dead letters ---------------------------------------------------------------------------------------------------------- */

struct letter {
    const char *reason, *file, *tenant_id, *table; /* NULL: not known */
    uint64_t byte, line;
    struct str record;
};

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void put_letter(struct import *im, const struct letter *l)
{
    struct json_writer w;
    im->totals.dead++;
    buf_reset(&im->letter);
    json_writer_init(&w, &im->letter);
    json_object_begin(&w);
    write_text(&w, "reason", l->reason);
    write_text(&w, "file", l->file);
    json_key(&w, "byte");
    json_write_u64(&w, l->byte);
    json_key(&w, "line");
    json_write_u64(&w, l->line);
    write_text(&w, "tenant", l->tenant_id);
    write_text(&w, "table", l->table);
    json_key(&w, "record");
    json_write_str(&w, l->record);
    json_object_end(&w);
    im->o.on_dead(im->o.ctx, buf_str(&im->letter));
}

/* ---- lines: which feed a record is for ------------------------------------------------------------------------------------- */

static void stop(struct import *im, const struct err *e)
{
    if (!im->stopped.cause) im->stopped = *e;
}

static void no_memory(struct import *im)
{
    struct err e;
    (void)err_set(&e, &base_causes[BASE_NO_MEMORY], "reading %s", im->names->text);
    stop(im, &e);
}

static const struct feed_row *row_of_table(struct str table)
{
    for (size_t i = FEED_FIRST_TABLE; i < FEED_ROW_COUNT; i++)
        if (str_eq_nocase(table, str_of(feed_rows[i].source))) return &feed_rows[i];
    return NULL;
}

static bool is_line(const struct line *l, struct str tenant_id, struct str table)
{
    return str_eq_nocase(tenant_id, str_of(l->shown.tenant_id)) && str_eq_nocase(table, str_of(l->shown.table));
}

static struct line *add_line(struct import *im, struct line **bucket, const char *tenant_id, const struct feed_row *row)
{
    struct line *l = calloc(1, sizeof *l);
    if (!l) {
        no_memory(im);
        return NULL;
    }
    (void)snprintf(l->shown.tenant_id, sizeof l->shown.tenant_id, "%s", tenant_id);
    l->shown.table = row->source;
    l->row = row;
    l->next_in_bucket = *bucket;
    *bucket = l;
    *im->last_line = l;
    im->last_line = &l->next;
    return l;
}

/* In lower case, as the store has it. */
static bool read_guid(struct str text, char out[GUID_BYTES])
{
    if (text.n != GUID_BYTES - 1) return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash ? c != '-' : !is_hex) return false;
        out[i] = (char)(c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);
    }
    out[text.n] = '\0';
    return true;
}

/* NULL: there is no feed of that name (*why_out says what is wrong), or no memory (*why_out is NULL). */
static struct line *find_line(struct import *im, const struct ocsf_envelope *x, const char **why_out)
{
    char tenant_id[GUID_BYTES];
    *why_out = NULL;
    if (im->likely && is_line(im->likely, x->tenant_id, x->table)) return im->likely;
    if (!read_guid(x->tenant_id, tenant_id)) {
        *why_out = "its tenantId is no GUID";
        return NULL;
    }
    if (im->only_tenant[0] && strcmp(tenant_id, im->only_tenant) != 0) {
        *why_out = "of another tenant than the one asked for";
        return NULL;
    }
    const struct feed_row *row = row_of_table(x->table);
    if (!row) {
        *why_out = "of no table known here";
        return NULL;
    }
    struct line **bucket =
        &im->buckets[(hash64_of(tenant_id, strlen(tenant_id)) + (size_t)(row - feed_rows)) % BUCKETS];
    struct line *l = *bucket;
    while (l && (l->row != row || strcmp(l->shown.tenant_id, tenant_id) != 0)) l = l->next_in_bucket;
    im->likely = l ? l : add_line(im, bucket, tenant_id, row);
    return im->likely;
}

/* ---- records --------------------------------------------------------------------------------------------------------------- */

static void dead_record(struct import *im, const char *why, struct str record, uint64_t byte, uint64_t line)
{
    struct letter l = {.reason = why, .file = im->names->text, .byte = byte, .line = line, .record = record};
    im->totals.records++;
    put_letter(im, &l);
}

static void take_record(struct import *im, struct str record, uint64_t byte, uint64_t line)
{
    struct ocsf_envelope x;
    const char *why = NULL;
    struct line *l = NULL;
    if (json_type_of(record) != JSON_OBJECT)
        why = "not an object";
    else if (!ocsf_envelope(record, &x))
        why = "not a streaming record: it has no category or no properties";
    else
        l = find_line(im, &x, &why);
    if (!l) {
        if (why) dead_record(im, why, record, byte, line);
        return;
    }
    if (!l->parcel) l->parcel = parcel_new(l->shown.tenant_id, l->row);
    if (!l->parcel || !parcel_add(l->parcel, record, x.row, im->names->text, byte, line)) {
        no_memory(im);
        return;
    }
    im->totals.records++;
    l->shown.records++;
    im->gathered += record.n;
}

/* An array may hold whole messages. */
static void take_message(struct import *im, struct str message, struct str records, uint64_t byte, uint64_t line)
{
    struct json_cursor c;
    struct json_slice m;
    const char *counted = message.p;
    if (!json_cursor_open(&c, records)) return;
    while (json_cursor_next(&c, &m)) {
        for (; counted < m.value.p; counted++) line += *counted == '\n';
        take_record(im, m.value, byte + (uint64_t)(m.value.p - message.p), line);
    }
}

static void on_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    struct import *im = ctx;
    struct str records;
    if (im->stopped.cause) return;
    if (!list && json_type_of(record) == JSON_OBJECT && ocsf_message(record, &records))
        take_message(im, record, records, byte, line);
    else
        take_record(im, record, byte, line);
}

static void on_fault(void *ctx, const struct json_fault *fault, struct str piece)
{
    struct import *im = ctx;
    if (!im->stopped.cause) dead_record(im, fault->what, piece, fault->byte, fault->line);
}

/* ---- handing over ---------------------------------------------------------------------------------------------------------- */

struct hand_over {
    struct ingest *in;
    struct parcel *parcels;
    struct gate *done;
};

static void all_have_an_end(void *ctx)
{
    struct hand_over *h = ctx;
    gate_open(h->done);
}

static void take_now(void *arg)
{
    struct hand_over *h = arg;
    ingest_take_parcels(h->in, h->parcels, all_have_an_end, h);
}

static void put_refused(struct import *im, struct line *l, const struct parcel *p, const char *all)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct parcel_row *r = &p->rows[i];
        const char *why = all ? all : r->refused;
        if (!why) continue;
        struct letter letter = {.reason = why,
                                .file = r->file,
                                .tenant_id = l->shown.tenant_id,
                                .table = l->shown.table,
                                .byte = r->byte,
                                .line = r->line,
                                .record = str_sub(buf_str(&p->text), r->at, r->bytes)};
        l->shown.dead++;
        put_letter(im, &letter);
    }
}

static void note_failure(struct import *im, struct line *l, const struct parcel *p)
{
    l->shown.failed += p->count;
    im->totals.failed += p->count;
    if (!im->first_error.cause) {
        im->first_error = p->err;
        (void)err_context(&im->first_error, "tenant %s, %s", l->shown.tenant_id, l->shown.table);
    }
    bool concerns_all = p->err.cause->kind == ERR_STORAGE || p->err.cause == &ingest_causes[INGEST_STOPPED];
    if (concerns_all) stop(im, &im->first_error);
}

static void count_end(struct import *im, struct line *l, const struct parcel *p)
{
    switch (p->end) {
    case PARCEL_TAKEN:
        l->shown.fresh += p->fresh;
        l->shown.known += p->taken - p->fresh;
        im->totals.fresh += p->fresh;
        im->totals.known += p->taken - p->fresh;
        put_refused(im, l, p, NULL);
        break;
    case PARCEL_NO_TENANT: put_refused(im, l, p, "of a tenant that is not known here (portcullis tenant add)"); break;
    case PARCEL_FAILED: note_failure(im, l, p); break;
    }
}

/* Names of files whose records are all at home; the newest is in use. */
static void forget_names(struct import *im)
{
    for (struct file_name *n = im->names ? im->names->next : NULL, *next; n; n = next) {
        next = n->next;
        free(n);
    }
    if (im->names) im->names->next = NULL;
}

static void hand_over(struct import *im)
{
    struct hand_over h = {.in = im->o.ingest};
    struct parcel **last = &h.parcels;
    for (struct line *l = im->lines; l; l = l->next) {
        if (!l->parcel) continue;
        *last = l->parcel;
        last = &l->parcel->next;
    }
    if (h.parcels) {
        h.done = gate_new();
        ingest_post(im->o.ingest, take_now, &h);
        gate_wait(h.done);
        gate_free(h.done);
    }
    for (struct line *l = im->lines; l; l = l->next) {
        if (!l->parcel) continue;
        count_end(im, l, l->parcel);
        parcel_free(l->parcel);
        l->parcel = NULL;
    }
    im->gathered = 0;
    forget_names(im);
}

static void tell_progress(struct import *im)
{
    im->told_at = im->totals.bytes;
    if (im->o.on_progress) im->o.on_progress(im->o.ctx, &im->totals);
}

/* ---- the face -------------------------------------------------------------------------------------------------------------- */

struct import *import_new(const struct import_opts *o)
{
    static const char *const lists[] = {"records", NULL};
    struct import *im = calloc(1, sizeof *im);
    if (!im) return NULL;
    im->o = *o;
    if (o->tenant_id) (void)snprintf(im->only_tenant, sizeof im->only_tenant, "%s", o->tenant_id);
    im->last_line = &im->lines;
    struct json_split_opts split = {
        .lists = lists, .record_max = LOG_ROW_BYTES_MAX, .ctx = im, .on_record = on_record, .on_fault = on_fault};
    im->split = json_split_new(&split);
    if (im->split) return im;
    import_free(im);
    return NULL;
}

void import_free(struct import *im)
{
    if (!im) return;
    forget_names(im);
    free(im->names);
    for (struct line *l = im->lines, *next; l; l = next) {
        next = l->next;
        parcel_free(l->parcel);
        free(l);
    }
    unpack_free(im->unpack);
    json_split_free(im->split);
    buf_done(&im->letter);
    free(im);
}

static bool may_go_on(struct import *im, struct err *e)
{
    if (im->stopped.cause) *e = im->stopped;
    return !im->stopped.cause;
}

bool import_begin(struct import *im, const char *name, struct err *e)
{
    size_t n = strlen(name) + 1;
    struct file_name *named = malloc(sizeof *named + n);
    INVARIANT(!im->unpack); /* the file before has ended */
    im->unpack = unpack_new();
    if (!named || !im->unpack) {
        free(named);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "reading %s", name);
    }
    memcpy(named->text, name, n);
    named->next = im->names;
    im->names = named;
    im->file_bytes = 0;
    im->totals.files++;
    return may_go_on(im, e);
}

static void on_plain(void *ctx, const void *p, size_t n)
{
    struct import *im = ctx;
    if (im->stopped.cause) return;
    json_split_feed(im->split, p, n);
    if (im->gathered >= GATHER_BYTES) {
        hand_over(im);
        tell_progress(im);
    }
}

/* What is left of the file cannot be read; what was read before stands. */
static void give_up_file(struct import *im, const char *why)
{
    unpack_free(im->unpack);
    im->unpack = NULL;
    dead_record(im, why, STR_NONE, im->file_bytes, 0);
}

bool import_feed(struct import *im, const void *p, size_t n, struct err *e)
{
    if (im->unpack && !unpack_feed(im->unpack, p, n, on_plain, im))
        give_up_file(im, "the file's gzip or zstd is damaged about here");
    im->file_bytes += n;
    im->totals.bytes += n;
    if (im->totals.bytes - im->told_at >= PROGRESS_BYTES) tell_progress(im);
    return may_go_on(im, e);
}

bool import_end(struct import *im, struct err *e)
{
    bool is_whole = im->unpack == NULL || unpack_end(im->unpack, on_plain, im);
    json_split_end(im->split); /* first what is left of it: letters keep the file's order, in whatever pieces it came */
    if (!is_whole) give_up_file(im, "the file's gzip or zstd ends in the middle");
    unpack_free(im->unpack);
    im->unpack = NULL;
    return may_go_on(im, e);
}

static void leave_behind(struct line *l, struct import_totals *totals)
{
    if (!l->parcel) return;
    l->shown.failed += l->parcel->count;
    totals->failed += l->parcel->count;
    parcel_free(l->parcel);
    l->parcel = NULL;
}

bool import_finish(struct import *im, struct err *e)
{
    if (!im->stopped.cause) hand_over(im);
    for (struct line *l = im->lines; l; l = l->next) leave_behind(l, &im->totals);
    tell_progress(im);
    return may_go_on(im, e);
}

const struct import_totals *import_totals(const struct import *im)
{
    return &im->totals;
}

void import_each_line(const struct import *im, void (*each)(void *arg, const struct import_line *line), void *arg)
{
    for (const struct line *l = im->lines; l; l = l->next) each(arg, &l->shown);
}

const struct err *import_first_error(const struct import *im)
{
    return im->first_error.cause ? &im->first_error : NULL;
}
