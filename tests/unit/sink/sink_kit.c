#include "sink_kit.h"
#include "state/store/lake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ocsf *kit_ocsf;
struct map_scratch *kit_scratch;

void kit_world(struct world *w)
{
    *w = world_new(1, kit_ocsf);
    kit_reopen(w);
}

void kit_reopen(struct world *w)
{
    struct err e = {0};
    world_close(w);
    if (!world_open(w, &e)) fail_msg("%s", e.text);
}

static void append_row(struct world *w, const struct log_origin *origin, const struct log_row *row)
{
    struct err e = {0};
    uint64_t end = 0;
    struct log_batch *b = log_batch_new(w->log, origin);
    if (!log_batch_add(b, row, &e) || !log_batch_seal(b, &e) || !log_append(w->log, &b, 1, &end, &e))
        fail_msg("%s", e.text);
    log_batch_free(b);
    assert_true(store_log_end_set(w->store, end, &e));
}

static struct log_origin origin_of(struct world *w, const char *tenant_id, const char *source)
{
    struct log_origin o = {.feed_id = 1, .received = w->time.wall};
    assert_true(str_copy(str_of(tenant_id), o.tenant_id, sizeof o.tenant_id));
    assert_true(str_copy(str_of(source), o.source, sizeof o.source));
    return o;
}

void kit_append_rows(struct world *w, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        struct world_row row;
        world_row(w, kit_scratch, i, &row);
        struct log_origin o = origin_of(w, row.tenant_id, row.source);
        append_row(w, &o, &row.row);
    }
}

void kit_append_text(struct world *w, const char *tenant_id, const char *source, struct str text)
{
    struct log_origin o = origin_of(w, tenant_id, source);
    append_row(w, &o, &(struct log_row){.bytes = text});
}

struct lake_fold_result kit_fold(struct world *w)
{
    struct err e = {0};
    struct lake_fold_result sum = {0}, r = {.has_more = true};
    while (r.has_more) {
        if (!lake_fold(w->lake, log_end(w->log), w->time.wall, true, &r, &e)) fail_msg("%s", e.text);
        sum.rows += r.rows;
        sum.events += r.events;
        sum.dead += r.dead;
        sum.files += r.files;
        sum.offset = r.offset;
    }
    assert_int_equal(sum.offset, log_end(w->log));
    return sum;
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

void kit_expect_rows(struct world *w, uint64_t count)
{
    struct seen s = world_look(w);
    struct hash128 *want = calloc(count + 1, sizeof *want);
    for (uint64_t i = 0; i < count; i++) {
        struct world_row row;
        world_row(w, kit_scratch, i, &row);
        want[i] = row.row.identity;
    }
    qsort(want, count, sizeof *want, by_hash);
    assert_int_equal(s.count, count);
    if (count > 0) assert_memory_equal(want, s.identities, count * sizeof *want);
    free(want);
    seen_done(&s);
}

void kit_put_file(struct world *w, const char *path, const char *text)
{
    struct err e = {0};
    struct fs_file *f;
    char dir[300];
    assert_true(str_copy(str_of(path), dir, sizeof dir));
    *strrchr(dir, '/') = '\0';
    assert_true(w->fs.ops->make_dirs(w->fs.ctx, dir, &e));
    assert_true(w->fs.ops->open(w->fs.ctx, path, FS_WRITE, &f, &e));
    assert_true(w->fs.ops->truncate(w->fs.ctx, f, 0, &e));
    assert_true(w->fs.ops->write_at(w->fs.ctx, f, 0, text, strlen(text), &e));
    w->fs.ops->close(w->fs.ctx, f);
}

struct nth {
    size_t left, count;
    char *out;
};

static bool pick(void *arg, const struct lake_file_record *r)
{
    struct nth *n = arg;
    if (n->out != NULL && n->count == n->left) (void)snprintf(n->out, 256, "%s", r->path);
    n->count++;
    return true;
}

void kit_named_file(struct world *w, size_t nth, char out[256])
{
    struct nth n = {.left = nth, .out = out};
    struct err e = {0};
    assert_true(store_lake_file_list(w->store, pick, &n, &e));
    assert_true(nth < n.count);
}

size_t kit_named_count(struct world *w)
{
    struct nth n = {0};
    struct err e = {0};
    assert_true(store_lake_file_list(w->store, pick, &n, &e));
    return n.count;
}
