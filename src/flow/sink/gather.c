#include "flow/sink/gather.h"

#include <stdlib.h>
#include <string.h>

#include "kit/base/hash.h"

#define NO_INDEX UINT32_MAX
enum { COPY_BYTES = 64 << 10 };

struct entry { /* one event in the block */
    uint32_t next, at, bytes;
};
struct chunk { /* events of one partition in the spill file */
    uint64_t at;
    uint32_t next, bytes;
};
struct gather {
    struct fs fs;
    const char *spill_path;
    struct fs_file *spill; /* NULL: none */
    uint64_t spill_bytes, bytes;
    char *block;
    uint32_t block_used;
    struct entry *entries;
    uint32_t entry_count, entry_cap;
    struct chunk *chunks;
    uint32_t chunk_count, chunk_cap;
    struct partition *partitions;
    uint32_t partition_count, partition_cap;
    uint32_t *slots; /* open addressing: index of a partition, or NO_INDEX */
    uint32_t slot_count;
    char copy[COPY_BYTES];
};

struct gather *gather_new(struct fs fs, const char *spill_path)
{
    struct gather *g = calloc(1, sizeof *g);
    if (g == NULL || (g->block = malloc(GATHER_BLOCK_BYTES)) == NULL) {
        free(g);
        return NULL;
    }
    g->fs = fs;
    g->spill_path = spill_path;
    return g;
}

void gather_free(struct gather *g)
{
    struct err ignored; /* a file that stays is removed when the lake is opened */
    if (g == NULL) return;
    if (g->spill != NULL) {
        g->fs.ops->close(g->fs.ctx, g->spill);
        (void)g->fs.ops->remove(g->fs.ctx, g->spill_path, &ignored);
    }
    free(g->block);
    free(g->entries);
    free(g->chunks);
    free(g->partitions);
    free(g->slots);
    free(g);
}

static bool no_memory(struct err *e)
{
    return err_set(e, &base_causes[BASE_NO_MEMORY], "gathering events");
}

/* Room for one more; the array doubles. */
static bool grow(void **array, uint32_t count, uint32_t *cap, size_t item_bytes)
{
    if (count < *cap) return true;
    uint32_t wanted = *cap == 0 ? 256 : *cap * 2;
    void *grown = realloc(*array, wanted * item_bytes);
    if (grown == NULL) return false;
    *array = grown;
    *cap = wanted;
    return true;
}

/* ---- partitions by key ------------------------------------------------------------------------------------------------ */

static bool key_eq(const struct partition_key *a, const struct partition_key *b)
{
    return a->class_uid == b->class_uid && a->day == b->day && a->is_dead == b->is_dead &&
           strcmp(a->tenant_id, b->tenant_id) == 0;
}

static uint64_t key_hash(const struct partition_key *k)
{
    uint64_t numbers[2] = {(uint64_t)k->class_uid << 32 | (uint32_t)k->day,
                           hash64_of(k->tenant_id, strlen(k->tenant_id))};
    return hash64_of(numbers, sizeof numbers) + k->is_dead;
}

/* Where the key is, or would go. */
static uint32_t *slot_of(struct gather *g, const struct partition_key *key)
{
    uint32_t i = (uint32_t)key_hash(key) & (g->slot_count - 1);
    while (g->slots[i] != NO_INDEX && !key_eq(&g->partitions[g->slots[i]].key, key)) i = (i + 1) & (g->slot_count - 1);
    return &g->slots[i];
}

static bool grow_slots(struct gather *g)
{
    uint32_t wanted = g->slot_count == 0 ? 1024 : g->slot_count * 2;
    uint32_t *fresh = malloc(wanted * sizeof *fresh);
    if (fresh == NULL) return false;
    free(g->slots);
    g->slots = fresh;
    g->slot_count = wanted;
    for (uint32_t i = 0; i < wanted; i++) fresh[i] = NO_INDEX;
    for (uint32_t i = 0; i < g->partition_count; i++) *slot_of(g, &g->partitions[i].key) = i;
    return true;
}

static struct partition *partition_for(struct gather *g, const struct partition_key *key)
{
    if (g->partition_count * 2 >= g->slot_count && !grow_slots(g)) return NULL;
    uint32_t *slot = slot_of(g, key);
    if (*slot == NO_INDEX) {
        if (!grow((void **)&g->partitions, g->partition_count, &g->partition_cap, sizeof *g->partitions)) return NULL;
        *slot = g->partition_count++;
        g->partitions[*slot] = (struct partition){.key = *key,
                                                  .first_entry = NO_INDEX,
                                                  .last_entry = NO_INDEX,
                                                  .first_chunk = NO_INDEX,
                                                  .last_chunk = NO_INDEX};
    }
    return &g->partitions[*slot];
}

/* ---- the spill file ------------------------------------------------------------------------------------------------------ */

static bool add_chunk(struct gather *g, struct partition *p, uint32_t bytes)
{
    if (!grow((void **)&g->chunks, g->chunk_count, &g->chunk_cap, sizeof *g->chunks)) return false;
    uint32_t i = g->chunk_count++;
    g->chunks[i] = (struct chunk){g->spill_bytes, NO_INDEX, bytes};
    if (p->first_chunk == NO_INDEX)
        p->first_chunk = i;
    else
        g->chunks[p->last_chunk].next = i;
    p->last_chunk = i;
    return true;
}

struct spill_writer {
    struct gather *g;
    uint64_t at;
    size_t used; /* of g->copy */
};

static bool spill_flush(struct spill_writer *w, struct err *e)
{
    struct gather *g = w->g;
    if (w->used > 0 && !g->fs.ops->write_at(g->fs.ctx, g->spill, w->at, g->copy, w->used, e)) return false;
    w->at += w->used;
    w->used = 0;
    return true;
}

static bool spill_put(struct spill_writer *w, const char *p, size_t n, struct err *e)
{
    struct gather *g = w->g;
    if (n > COPY_BYTES - w->used && !spill_flush(w, e)) return false;
    if (n <= COPY_BYTES) {
        memcpy(g->copy + w->used, p, n);
        w->used += n;
        return true;
    }
    if (!g->fs.ops->write_at(g->fs.ctx, g->spill, w->at, p, n, e)) return false;
    w->at += n;
    return true;
}

static bool open_spill(struct gather *g, struct err *e)
{
    struct fs_file *f;
    if (g->spill != NULL) return true;
    if (!g->fs.ops->open(g->fs.ctx, g->spill_path, FS_CREATE_NEW, &f, e)) return false;
    g->spill = f;
    return true;
}

static bool spill_partition(struct spill_writer *w, struct partition *p, struct err *e)
{
    struct gather *g = w->g;
    uint32_t bytes = 0;
    for (uint32_t i = p->first_entry; i != NO_INDEX; i = g->entries[i].next) {
        if (!spill_put(w, g->block + g->entries[i].at, g->entries[i].bytes, e)) return false;
        bytes += g->entries[i].bytes;
    }
    if (bytes > 0 && !add_chunk(g, p, bytes)) return no_memory(e);
    g->spill_bytes += bytes;
    p->first_entry = p->last_entry = NO_INDEX;
    return true;
}

static bool spill_block(struct gather *g, struct err *e)
{
    struct spill_writer w = {.g = g, .at = g->spill_bytes};
    if (!open_spill(g, e)) return false;
    for (uint32_t i = 0; i < g->partition_count; i++)
        if (!spill_partition(&w, &g->partitions[i], e)) return false;
    g->block_used = 0;
    g->entry_count = 0;
    return spill_flush(&w, e);
}

/* An event that no block can hold has a chunk of its own. */
static bool spill_huge(struct gather *g, struct partition *p, struct str event, struct err *e)
{
    if (event.n >= UINT32_MAX - 1) return err_set(e, &base_causes[BASE_NO_MEMORY], "an event of %zu bytes", event.n);
    if (!open_spill(g, e)) return false;
    if (!g->fs.ops->write_at(g->fs.ctx, g->spill, g->spill_bytes, event.p, event.n, e) ||
        !g->fs.ops->write_at(g->fs.ctx, g->spill, g->spill_bytes + event.n, "\n", 1, e))
        return false;
    if (!add_chunk(g, p, (uint32_t)event.n + 1)) return no_memory(e);
    g->spill_bytes += event.n + 1;
    return true;
}

/* ---- in ------------------------------------------------------------------------------------------------------------------ */

static bool put_in_block(struct gather *g, struct partition *p, struct str event)
{
    if (!grow((void **)&g->entries, g->entry_count, &g->entry_cap, sizeof *g->entries)) return false;
    uint32_t i = g->entry_count++;
    g->entries[i] = (struct entry){NO_INDEX, g->block_used, (uint32_t)event.n + 1};
    memcpy(g->block + g->block_used, event.p, event.n);
    g->block[g->block_used + event.n] = '\n';
    g->block_used += (uint32_t)event.n + 1;
    if (p->first_entry == NO_INDEX)
        p->first_entry = i;
    else
        g->entries[p->last_entry].next = i;
    p->last_entry = i;
    return true;
}

bool gather_add(struct gather *g, const struct partition_key *key, struct str event, struct err *e)
{
    bool is_huge = event.n >= GATHER_BLOCK_BYTES;
    if ((is_huge || event.n + 1 > GATHER_BLOCK_BYTES - g->block_used) && g->entry_count > 0 && !spill_block(g, e))
        return false;
    struct partition *p = partition_for(g, key);
    if (p == NULL) return no_memory(e);
    if (is_huge ? !spill_huge(g, p, event, e) : !put_in_block(g, p, event)) return is_huge ? false : no_memory(e);
    p->events++;
    p->bytes += event.n + 1;
    g->bytes += event.n + 1;
    return true;
}

size_t gather_count(const struct gather *g)
{
    return g->partition_count;
}

struct partition *gather_partition(struct gather *g, size_t i)
{
    return &g->partitions[i];
}

bool gather_is_full(const struct gather *g)
{
    return g->bytes >= GATHER_BYTES_FULL || g->partition_count >= GATHER_PARTITIONS_FULL;
}

/* ---- out ----------------------------------------------------------------------------------------------------------------- */

static bool read_chunk(struct gather *g, const struct chunk *c,
                       bool (*piece)(void *arg, struct str bytes, struct err *e), void *arg, struct err *e)
{
    for (uint32_t done = 0; done < c->bytes;) {
        size_t n = c->bytes - done < COPY_BYTES ? c->bytes - done : COPY_BYTES, got;
        if (!g->fs.ops->read_at(g->fs.ctx, g->spill, c->at + done, g->copy, n, &got, e)) return false;
        if (got != n)
            return err_set(e, &base_causes[BASE_OS], "%s is shorter than what was written to it", g->spill_path);
        if (!piece(arg, (struct str){g->copy, n}, e)) return false;
        done += (uint32_t)n;
    }
    return true;
}

bool gather_read(struct gather *g, const struct partition *p, bool (*piece)(void *arg, struct str bytes, struct err *e),
                 void *arg, struct err *e)
{
    for (uint32_t i = p->first_chunk; i != NO_INDEX; i = g->chunks[i].next)
        if (!read_chunk(g, &g->chunks[i], piece, arg, e)) return false;
    for (uint32_t i = p->first_entry; i != NO_INDEX; i = g->entries[i].next)
        if (!piece(arg, (struct str){g->block + g->entries[i].at, g->entries[i].bytes}, e)) return false;
    return true;
}
