/* From gathered events to files that count.
 *
 *   1  numbers are reserved in the store, so that none is ever used twice
 *   2  each partition's file is written under .tmp, synced, renamed into its folder, the folder synced
 *   3  one transaction names the new files, notes the files they replace as superseded, counts what was refused and
 *      notes what is unknown of their feeds, and moves the offset
 *   4  superseded files are deleted
 *
 * Before 3 nothing counts; after it everything does. A crash before leaves files that no one names (to .orphans at the next
 * open), a crash after leaves superseded ones (deleted at the next open). */
#include <inttypes.h>
#include <stdio.h>

#include "flow/sink/lake_int.h"
#include "flow/sink/pack.h"
#include "kit/sys/killpoint.h"
#include "state/store/drift.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"

/* Extending a small file copies it. To copy at each fold would cost a busy lake hundreds of times its size, so beyond this
 * a file is only extended by an addition worth its size (packed events are about an eighth of their text). */
enum { COPY_FREE_BYTES = 256 << 10, TEXT_PER_PACKED = 8, COPY_PER_ADDED = 4 };

struct publication {
    struct lake *lake;
    struct gather *gather;
    struct packer *packer;
    bool is_staged; /* for a swap: written, and noted as that, but not put in place */
    uint64_t offset;
    const struct fold_notes *notes;
    struct lake_fold_result *result;
};

void lake_tmp_path(const struct lake *l, uint64_t number, char out[LAKE_PATH_BYTES])
{
    char below[64];
    (void)snprintf(below, sizeof below, "%s/%" PRIu64 ".ndjson.zst", LAKE_TMP, number);
    lake_path(l, below, out);
}

static bool reserve_numbers(struct publication *p, struct err *e)
{
    struct lake *l = p->lake;
    uint64_t next = l->next_number + gather_count(p->gather);
    if (!store_offset_set(l->opts.store, LAKE_NUMBERS, next, e)) return false;
    for (size_t i = 0; i < gather_count(p->gather); i++) gather_partition(p->gather, i)->number = l->next_number + i;
    l->next_number = next;
    return true;
}

bool lake_file_number(const char *path, uint64_t *out)
{
    struct str name = str_of(path);
    for (struct str rest = name; rest.p != NULL;) name = str_cut(&rest, '/');
    return str_to_u64(str_cut(&name, '.'), out);
}

/* Is it being read by a remap, which will replace it? */
static bool is_fenced(const struct lake *l, uint64_t number)
{
    return l->remap.is_on && number < l->remap.fence;
}

/* Decides whether the partition's newest file is extended. */
static bool choose_old(struct publication *p, struct partition *part, struct err *e)
{
    char dir[128];
    struct lake_file_record r;
    bool found;
    partition_dir(&part->key, dir);
    bool ok = p->is_staged ? store_lake_staged_newest(p->lake->opts.store, dir, &r, &found, e)
                           : store_lake_file_newest(p->lake->opts.store, dir, &r, &found, e);
    if (!ok) return false;
    uint64_t worth = part->bytes / TEXT_PER_PACKED * COPY_PER_ADDED;
    if (!found || r.bytes >= p->lake->opts.file_bytes || r.bytes > (worth > COPY_FREE_BYTES ? worth : COPY_FREE_BYTES))
        return true;
    part->has_old =
        lake_file_number(r.path, &part->old_number) && (p->is_staged || !is_fenced(p->lake, part->old_number));
    part->old_bytes = r.bytes;
    part->old_events = r.events;
    return true;
}

static bool copy_old(struct publication *p, const struct partition *part, struct err *e)
{
    char below[192], path[LAKE_PATH_BYTES];
    bool is_whole;
    partition_file(&part->key, part->old_number, below);
    if (p->is_staged)
        lake_tmp_path(p->lake, part->old_number, path);
    else
        lake_path(p->lake, below, path);
    if (!packer_copy(p->packer, path, part->old_bytes, &is_whole, e)) return false;
    return is_whole || err_set(e, &lake_causes[LAKE_MISSING], "%s is shorter than the %" PRIu64 " bytes written", path,
                               part->old_bytes);
}

static bool add_piece(void *arg, struct str bytes, struct err *e)
{
    return packer_add(arg, bytes, e);
}

static bool write_file(struct publication *p, struct partition *part, struct err *e)
{
    char tmp[LAKE_PATH_BYTES];
    lake_tmp_path(p->lake, part->number, tmp);
    bool ok = packer_begin(p->packer, tmp, e) && (!part->has_old || copy_old(p, part, e)) &&
              gather_read(p->gather, part, add_piece, p->packer, e) && packer_end(p->packer, &part->file_bytes, e);
    packer_abandon(p->packer);
    return ok;
}

static bool put_in_place(struct publication *p, struct partition *part, struct err *e)
{
    struct lake *l = p->lake;
    char dir[128], below[192], tmp[LAKE_PATH_BYTES], path[LAKE_PATH_BYTES];
    partition_dir(&part->key, dir);
    partition_file(&part->key, part->number, below);
    lake_tmp_path(l, part->number, tmp);
    lake_path(l, below, path);
    if (!lake_make_dir(l, dir, e) || !l->opts.fs.ops->rename(l->opts.fs.ctx, tmp, path, e)) return false;
    part->is_published = true;
    return lake_sync_dir_of(l, below, e);
}

/* All are written before the first is renamed: between a rename and the end of the transaction, someone who lists the folder
 * sees an extended file beside the one it replaces, so that time is kept short. */
static bool write_files(struct publication *p, struct err *e)
{
    size_t count = gather_count(p->gather);
    KILL_POINT("lake.before_write");
    for (size_t i = 0; i < count; i++)
        if (!choose_old(p, gather_partition(p->gather, i), e) || !write_file(p, gather_partition(p->gather, i), e))
            return false;
    KILL_POINT("lake.written");
    for (size_t i = 0; i < count && !p->is_staged; i++) {
        if (!put_in_place(p, gather_partition(p->gather, i), e)) return false;
        KILL_POINT("lake.renamed");
    }
    return true;
}

/* ---- the transaction ----------------------------------------------------------------------------------------------------- */

static bool name_file(struct publication *p, const struct partition *part, struct wall now, struct err *e)
{
    struct store *s = p->lake->opts.store;
    struct lake_file_record r = {
        .bytes = part->file_bytes, .events = part->events + (part->has_old ? part->old_events : 0), .written = now};
    char old[192], path[192];
    partition_file(&part->key, part->number, path);
    INVARIANT(str_copy(str_of(path), r.path, sizeof r.path));
    if (!(p->is_staged ? store_lake_staged_add(s, &r, e) : store_lake_file_add(s, &r, e))) return false;
    if (!part->has_old) return true;
    partition_file(&part->key, part->old_number, old);
    return p->is_staged ? store_lake_staged_remove(s, old, e) : store_lake_file_supersede(s, old, e);
}

static bool write_refused(struct publication *p, struct err *e)
{
    const struct refused *r = p->notes->refused;
    for (size_t i = 0; i < r->count; i++)
        if (!store_feed_refused_add(p->lake->opts.store, r->feeds[i].feed_id, r->feeds[i].rows, e)) return false;
    return true;
}

static bool write_drift(struct publication *p, struct err *e)
{
    for (size_t i = 0; i < drift_count(p->notes->drift); i++) {
        const struct drift_found *f = drift_at(p->notes->drift, i);
        struct drift_record r = {.feed_id = f->feed, .rows = f->rows, .since = f->since, .last = f->last};
        (void)snprintf(r.kind, sizeof r.kind, "%s", drift_kind_name(f->kind));
        (void)snprintf(r.name, sizeof r.name, "%s", f->name);
        (void)snprintf(r.value, sizeof r.value, "%s", f->value);
        (void)snprintf(r.example, sizeof r.example, "%s", f->example);
        if (!store_drift_add(p->lake->opts.store, &r, e)) return false;
    }
    return true;
}

static bool name_all(struct publication *p, struct err *e)
{
    struct wall now = clock_wall(&p->lake->opts.clock);
    for (size_t i = 0; i < gather_count(p->gather); i++)
        if (!name_file(p, gather_partition(p->gather, i), now, e)) return false;
    if (p->is_staged) return true;
    return write_refused(p, e) && write_drift(p, e) && store_offset_set(p->lake->opts.store, LAKE_SINK, p->offset, e);
}

enum outcome { NOT_NAMED, NAMED, UNKNOWN };

static enum outcome name_in_store(struct publication *p, struct err *e)
{
    struct store *s = p->lake->opts.store;
    if (!store_begin(s, e)) return NOT_NAMED;
    if (!name_all(p, e)) {
        store_rollback(s);
        return NOT_NAMED;
    }
    KILL_POINT("lake.before_store");
    if (store_commit(s, e)) return NAMED;
    return e->cause == &store_causes[STORE_UNCERTAIN] ? UNKNOWN : NOT_NAMED;
}

/* Files that certainly no one will ever name: on a full disk they would make things worse. What cannot be removed waits for
 * the next open. */
static void remove_unnamed(struct publication *p)
{
    struct lake *l = p->lake;
    char below[192], path[LAKE_PATH_BYTES];
    struct err ignored;
    for (size_t i = 0; i < gather_count(p->gather); i++) {
        struct partition *part = gather_partition(p->gather, i);
        if (part->number == 0) continue;
        partition_file(&part->key, part->number, below);
        if (part->is_published)
            lake_path(l, below, path);
        else
            lake_tmp_path(l, part->number, path);
        (void)l->opts.fs.ops->remove(l->opts.fs.ctx, path, &ignored);
    }
}

static void count_files(struct publication *p)
{
    struct lake *l = p->lake;
    for (size_t i = 0; i < gather_count(p->gather); i++) {
        const struct partition *part = gather_partition(p->gather, i);
        p->result->files++;
        p->result->bytes += part->file_bytes;
        l->has_superseded = l->has_superseded || part->has_old;
    }
    l->offset = p->result->offset = p->offset;
}

bool lake_publish(struct lake *l, struct gather *g, uint64_t offset, const struct fold_notes *notes,
                  struct lake_fold_result *result, struct err *e)
{
    struct publication p = {.lake = l, .gather = g, .offset = offset, .notes = notes, .result = result};
    struct err ignored;
    if ((p.packer = packer_new(l->opts.fs)) == NULL)
        return err_set(e, &base_causes[BASE_NO_MEMORY], "writing the lake");
    bool ok = reserve_numbers(&p, e) && write_files(&p, e);
    packer_free(p.packer);
    enum outcome outcome = ok ? name_in_store(&p, e) : NOT_NAMED;
    if (outcome == NOT_NAMED) remove_unnamed(&p);
    l->has_superseded = l->has_superseded || outcome == UNKNOWN; /* perhaps */
    if (outcome != NAMED) return false;
    count_files(&p);
    KILL_POINT("lake.named");
    (void)lake_drop_superseded(l, &ignored); /* the fold stands; the next one begins by trying again, and tells */
    return true;
}

/* ---- for a swap ---------------------------------------------------------------------------------------------------------- */

static void remove_extended(const struct publication *p)
{
    char path[LAKE_PATH_BYTES];
    struct err ignored; /* what stays goes when the lake is opened */
    for (size_t i = 0; i < gather_count(p->gather); i++) {
        const struct partition *part = gather_partition(p->gather, i);
        if (!part->has_old) continue;
        lake_tmp_path(p->lake, part->old_number, path);
        (void)p->lake->opts.fs.ops->remove(p->lake->opts.fs.ctx, path, &ignored);
    }
}

bool lake_stage(struct lake *l, struct gather *g, struct err *e)
{
    struct publication p = {.lake = l, .gather = g, .is_staged = true};
    if ((p.packer = packer_new(l->opts.fs)) == NULL)
        return err_set(e, &base_causes[BASE_NO_MEMORY], "writing the lake");
    pthread_mutex_lock(&l->mutex);
    bool ok = reserve_numbers(&p, e);
    pthread_mutex_unlock(&l->mutex);
    ok = ok && write_files(&p, e);
    packer_free(p.packer);
    enum outcome outcome = ok ? name_in_store(&p, e) : NOT_NAMED;
    if (outcome == NAMED) remove_extended(&p);
    if (outcome == NOT_NAMED) remove_unnamed(&p);
    return outcome == NAMED;
}
