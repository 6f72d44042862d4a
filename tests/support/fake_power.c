#include <stdlib.h>
#include <string.h>

#include "fake_disk_int.h"

/* ---- bytes ---------------------------------------------------------------------------------------------------------- */

static void sector_copy(struct content *to, const struct content *from, uint64_t sector)
{
    uint64_t at = sector * SECTOR_BYTES;
    for (uint64_t i = at; i < at + SECTOR_BYTES && i < to->n; i++) to->p[i] = i < from->n ? from->p[i] : 0;
}

void power_sync_file(struct inode *f)
{
    content_resize(&f->disk, f->live.n);
    for (uint64_t s = 0; s < f->sector_count; s++) {
        if (f->sectors[s] != SECTOR_DIRTY) continue;
        sector_copy(&f->disk, &f->live, s);
        f->sectors[s] = SECTOR_CLEAN;
    }
}

void power_lose_file(struct inode *f)
{
    for (uint64_t s = 0; s < f->sector_count; s++)
        if (f->sectors[s] == SECTOR_DIRTY) f->sectors[s] = SECTOR_LOST;
}

enum keep { KEEP_NONE, KEEP_ALL, KEEP_FIRST, KEEP_SOME, KEEP_COUNT };

static uint64_t length_after(struct fake_disk *d, const struct inode *f, enum keep keep, uint64_t sectors_kept)
{
    uint64_t lower = f->disk.n < f->live.n ? f->disk.n : f->live.n;
    uint64_t upper = f->disk.n < f->live.n ? f->live.n : f->disk.n;
    uint64_t n = sectors_kept * SECTOR_BYTES;
    switch (keep) {
    case KEEP_NONE: return f->disk.n;
    case KEEP_ALL: return f->live.n;
    case KEEP_FIRST: return n < lower ? lower : n > upper ? upper : n;
    default: return rng_chance(&d->rng, 0.5) ? f->disk.n : f->live.n;
    }
}

static void cut_file(struct fake_disk *d, struct inode *f)
{
    enum keep keep = (enum keep)rng_below(&d->rng, KEEP_COUNT);
    uint64_t first = rng_below(&d->rng, f->sector_count + 1);
    content_resize(&f->disk, length_after(d, f, keep, first));
    for (uint64_t s = 0; s < f->sector_count; s++) {
        if (f->sectors[s] == SECTOR_CLEAN) continue;
        if (keep == KEEP_ALL || (keep == KEEP_FIRST && s < first) || (keep == KEEP_SOME && rng_chance(&d->rng, 0.5)))
            sector_copy(&f->disk, &f->live, s);
        f->sectors[s] = SECTOR_CLEAN;
    }
    content_resize(&f->live, 0);
    content_resize(&f->live, f->disk.n);
    if (f->disk.n > 0) memcpy(f->live.p, f->disk.p, f->disk.n);
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static void set_on_disk(struct fake_disk *d, const char *path, struct inode *inode)
{
    name_find(d, path, true)->disk = inode;
}

static void apply(struct fake_disk *d, const struct change *c)
{
    if (c->kind == CHANGE_RENAME) {
        set_on_disk(d, c->to, c->inode);
        set_on_disk(d, c->path, NULL);
    } else {
        set_on_disk(d, c->path, c->inode);
    }
}

/* Older changes of a name that has become durable by another way say nothing any more. */
static void forget_older(struct fake_disk *d, const char *path, size_t *before)
{
    for (size_t i = 0; i < *before;) {
        const char *target = d->changes[i].kind == CHANGE_RENAME ? d->changes[i].to : d->changes[i].path;
        if (strcmp(target, path) == 0 && d->changes[i].kind == CHANGE_SET) {
            change_drop(d, i);
            --*before;
        } else {
            i++;
        }
    }
}

void power_sync_dir(struct fake_disk *d, const char *dir)
{
    for (size_t i = 0; i < d->change_count;) {
        struct change *c = &d->changes[i];
        bool from_here = path_is_in(c->path, dir);
        bool to_here = c->kind == CHANGE_RENAME && path_is_in(c->to, dir);
        if (from_here) { /* the old name is gone for good, so the new one must be there: a rename is one step */
            apply(d, c);
            if (c->kind == CHANGE_RENAME) {
                char *to = strdup(c->to);
                forget_older(d, to, &i);
                free(to);
            }
            change_drop(d, i);
        } else if (to_here) { /* the new name is safe; that the old one is gone is not */
            set_on_disk(d, c->to, c->inode);
            free(c->to);
            *c = (struct change){CHANGE_SET, c->path, NULL, NULL};
            i++;
        } else {
            i++;
        }
    }
}

static void cut_names(struct fake_disk *d)
{
    enum keep keep = (enum keep)rng_below(&d->rng, KEEP_COUNT);
    size_t first = (size_t)rng_below(&d->rng, d->change_count + 1);
    for (size_t i = 0; i < d->change_count; i++)
        if (keep == KEEP_ALL || (keep == KEEP_FIRST && i < first) || (keep == KEEP_SOME && rng_chance(&d->rng, 0.5)))
            apply(d, &d->changes[i]);
    while (d->change_count > 0) change_drop(d, d->change_count - 1);
}

static bool folder_is_on_disk(struct fake_disk *d, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == path) return true;
    char *folder = strndup(path, (size_t)(slash - path));
    struct name *n = name_find(d, folder, false);
    free(folder);
    return n != NULL && n->disk != NULL;
}

/* Names are sorted, so a folder comes before what is in it. */
static void drop_names_without_folder(struct fake_disk *d)
{
    for (size_t i = 0; i < d->name_count; i++) {
        if (!folder_is_on_disk(d, d->names[i].path)) d->names[i].disk = NULL;
        d->names[i].live = d->names[i].disk;
    }
}

void power_cut(struct fake_disk *d)
{
    cut_names(d);
    drop_names_without_folder(d);
    for (struct inode *f = d->inodes; f != NULL; f = f->next) cut_file(d, f);
}
