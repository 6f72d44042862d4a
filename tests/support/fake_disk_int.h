/* What fake_disk.c (the calls) and fake_power.c (what a power cut does) share. */
#ifndef TESTS_SUPPORT_FAKE_DISK_INT_H
#define TESTS_SUPPORT_FAKE_DISK_INT_H

#include <pthread.h>

#include "fake_disk.h"
#include "kit/sys/random.h"

enum { SECTOR_BYTES = 512 };
enum sector_state { SECTOR_CLEAN, SECTOR_DIRTY, SECTOR_LOST /* its sync failed */ };

struct content {
    uint8_t *p;
    uint64_t n, cap;
};
struct inode {
    struct inode *next; /* all of the disk's, freed with it */
    bool is_dir;
    struct content live; /* what calls see */
    struct content disk; /* what is safe */
    uint8_t *sectors;    /* enum sector_state each */
    uint64_t sector_count;
};
struct name {
    char *path;
    struct inode *live, *disk; /* NULL: no such name */
};
enum change_kind { CHANGE_SET, CHANGE_RENAME };
struct change { /* of names, not yet synced; oldest first */
    enum change_kind kind;
    char *path; /* SET: this name becomes `inode` (NULL: is removed); RENAME: the old name */
    char *to;   /* RENAME */
    struct inode *inode;
};
struct fake_disk {
    pthread_mutex_t mutex;
    struct rng rng;
    struct inode *inodes;
    struct name *names; /* sorted by path; names that are gone stay, empty */
    size_t name_count;
    struct change *changes;
    size_t change_count;
    uint64_t operations, fail_at;
    enum fake_fault fault;
    bool has_failed, is_off, is_read_only;
    unsigned life; /* restarts so far: files of an earlier life are dead */
    uint64_t capacity;
    char last[512];
};

void content_resize(struct content *c, uint64_t n); /* zeroes what is new */
void inode_mark(struct inode *f, uint64_t from, uint64_t to, enum sector_state state);
struct name *name_find(struct fake_disk *d, const char *path, bool create);
void change_drop(struct fake_disk *d, size_t i);
bool path_is_in(const char *path, const char *dir); /* directly */

void power_sync_file(struct inode *f);
void power_lose_file(struct inode *f); /* a sync has failed */
void power_sync_dir(struct fake_disk *d, const char *dir);
void power_cut(struct fake_disk *d);

#endif
