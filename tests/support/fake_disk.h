/* A disk in memory that can lose its power, behind kit/sys/fs.h, with the durability model of that header taken at its
 * harshest. Everything it decides comes from one seed, so a failing run can be run again.
 *
 *   bytes  Written bytes are safe only after `sync`. A power cut keeps any subset of the 512-byte sectors that are not,
 *          and the file's length may be the old one, the new one, or one between. A sector is never torn within.
 *   names  A name created, renamed or removed is safe only after `sync_dir` of its folder. A power cut keeps or loses each
 *          such change on its own. A rename never loses both names, but syncing only the folder it went to may leave both.
 *          Folders are names too.
 *   sync   A sync that fails has written nothing, and what was unsynced then is not written by a later sync either, unless
 *          it is written again (what Linux does: the pages are clean after the error).
 *
 * Operations that change something are counted, so a test can fail each in turn or cut the power there. Thread-safe. */
#ifndef TESTS_SUPPORT_FAKE_DISK_H
#define TESTS_SUPPORT_FAKE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/sys/fs.h"

enum fake_fault {
    FAKE_NONE,
    FAKE_FULL,  /* this one operation says "disk full"; a write may have landed in part */
    FAKE_IO,    /* this one says "input/output error" */
    FAKE_POWER, /* the power goes out here: this and every later call fails until fake_disk_restart */
};

struct fake_disk;
struct fake_disk *fake_disk_new(uint64_t seed); /* empty, but for the folder "/"; paths are absolute */
void fake_disk_free(struct fake_disk *d);
struct fs fake_disk_fs(struct fake_disk *d); /* borrows d; files still open when d is freed must not be closed after */

/* The nth changing operation counted from now (1: the next) meets `fault`. */
void fake_disk_fail_at(struct fake_disk *d, uint64_t nth, enum fake_fault fault);
bool fake_disk_has_failed(const struct fake_disk *d);            /* the fault asked for last has come */
uint64_t fake_disk_operations(const struct fake_disk *d);        /* changing ones so far */
const char *fake_disk_last_operation(const struct fake_disk *d); /* "sync /d/log/….seg"; for messages */
void fake_disk_cut_power(struct fake_disk *d);
/* The power is back (or is cut and comes back): unsynced things are kept or lost, files open before stay dead. */
void fake_disk_restart(struct fake_disk *d);

void fake_disk_set_capacity(struct fake_disk *d, uint64_t bytes); /* 0: without end */
void fake_disk_set_read_only(struct fake_disk *d, bool read_only);
/* Damage below every checksum: flips bits of one byte, durable at once. False: no such file or byte. */
bool fake_disk_damage(struct fake_disk *d, const char *path, uint64_t at);

#endif
