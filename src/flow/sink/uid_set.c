#include "flow/sink/uid_set.h"

#include <stdlib.h>
#include <string.h>

#include "flow/sink/gather.h"

/* A bucket is sorted in memory: of a thousand million rows 4 MiB. What is left of a search is read at once. */
enum {
    BUCKET_BITS = 12,
    BUCKETS = 1 << BUCKET_BITS,
    ID_BYTES = sizeof(struct hash128),
    PAGE_IDS = 256,
    WRITE_IDS = 4096
};

struct uid_set {
    struct fs fs;
    const char *path;
    struct gather *gather; /* while it is filled */
    struct fs_file *file;  /* once sealed */
    struct hash128 *ids;   /* of the bucket being sorted */
    size_t count, cap;
    uint64_t starts[BUCKETS + 1]; /* in the file, in identities */
};

struct uid_set *uid_set_new(struct fs fs, const char *spill_path, const char *path)
{
    struct uid_set *s = calloc(1, sizeof *s);
    if (s == NULL || (s->gather = gather_new(fs, spill_path)) == NULL) {
        free(s);
        return NULL;
    }
    s->fs = fs;
    s->path = path;
    return s;
}

void uid_set_free(struct uid_set *s)
{
    struct err ignored; /* a file that stays is removed when the lake is opened */
    if (s == NULL) return;
    gather_free(s->gather);
    if (s->file != NULL) {
        s->fs.ops->close(s->fs.ctx, s->file);
        (void)s->fs.ops->remove(s->fs.ctx, s->path, &ignored);
    }
    free(s->ids);
    free(s);
}

static uint32_t bucket_of(struct hash128 id)
{
    return (uint32_t)(id.hi >> (64 - BUCKET_BITS));
}

bool uid_set_add(struct uid_set *s, struct hash128 id, struct err *e)
{
    struct partition_key key = {.class_uid = bucket_of(id)};
    return gather_add(s->gather, &key, (struct str){(const char *)&id, ID_BYTES}, e);
}

/* ---- sorting --------------------------------------------------------------------------------------------------------------- */

struct taking { /* identities out of pieces of any length, each with a line end behind it */
    struct uid_set *set;
    char part[ID_BYTES + 1];
    size_t n;
};

static bool take_piece(void *arg, struct str bytes, struct err *e)
{
    struct taking *t = arg;
    (void)e;
    while (bytes.n > 0) {
        size_t n = sizeof t->part - t->n < bytes.n ? sizeof t->part - t->n : bytes.n;
        memcpy(t->part + t->n, bytes.p, n);
        t->n += n;
        bytes = str_sub(bytes, n, bytes.n);
        if (t->n < sizeof t->part) break;
        memcpy(&t->set->ids[t->set->count++], t->part, ID_BYTES);
        t->n = 0;
    }
    return true;
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

static bool sort_bucket(struct uid_set *s, const struct partition *p, struct err *e)
{
    struct taking t = {.set = s};
    s->count = 0;
    if (p->events > s->cap) {
        free(s->ids);
        s->cap = (size_t)p->events;
        s->ids = malloc(s->cap * sizeof *s->ids);
        if (s->ids == NULL) {
            s->cap = 0;
            return err_set(e, &base_causes[BASE_NO_MEMORY], "sorting identities");
        }
    }
    if (!gather_read(s->gather, p, take_piece, &t, e)) return false;
    qsort(s->ids, s->count, sizeof *s->ids, by_hash);
    return true;
}

static bool write_bucket(struct uid_set *s, uint64_t at, struct err *e)
{
    for (size_t done = 0; done < s->count; done += WRITE_IDS) {
        size_t n = s->count - done < WRITE_IDS ? s->count - done : WRITE_IDS;
        if (!s->fs.ops->write_at(s->fs.ctx, s->file, (at + done) * ID_BYTES, s->ids + done, n * ID_BYTES, e))
            return false;
    }
    return true;
}

bool uid_set_seal(struct uid_set *s, struct err *e)
{
    const struct partition *of[BUCKETS] = {0};
    if (!s->fs.ops->open(s->fs.ctx, s->path, FS_CREATE_NEW, &s->file, e)) return false;
    for (size_t i = 0; i < gather_count(s->gather); i++) {
        const struct partition *p = gather_partition(s->gather, i);
        of[p->key.class_uid] = p;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        s->count = 0;
        if (of[i] && (!sort_bucket(s, of[i], e) || !write_bucket(s, s->starts[i], e))) return false;
        s->starts[i + 1] = s->starts[i] + s->count;
    }
    gather_free(s->gather);
    s->gather = NULL;
    return true;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------- */

static bool read_ids(struct uid_set *s, uint64_t at, struct hash128 *out, size_t count, struct err *e)
{
    size_t got;
    if (!s->fs.ops->read_at(s->fs.ctx, s->file, at * ID_BYTES, out, count * ID_BYTES, &got, e)) return false;
    return got == count * ID_BYTES || err_set(e, &base_causes[BASE_OS], "%s is shorter than what was written", s->path);
}

bool uid_set_has(struct uid_set *s, struct hash128 id, bool *has_out, struct err *e)
{
    struct hash128 page[PAGE_IDS], middle;
    uint64_t low = s->starts[bucket_of(id)], high = s->starts[bucket_of(id) + 1];
    while (high - low > PAGE_IDS) {
        uint64_t at = low + (high - low) / 2;
        if (!read_ids(s, at, &middle, 1, e)) return false;
        if (hash128_cmp(id, middle) < 0)
            high = at;
        else
            low = at;
    }
    size_t count = (size_t)(high - low);
    if (count > 0 && !read_ids(s, low, page, count, e)) return false;
    *has_out = count > 0 && bsearch(&id, page, count, sizeof id, by_hash) != NULL;
    return true;
}
