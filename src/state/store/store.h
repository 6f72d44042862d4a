/* Durable state of one installation. SQLite is the first implementation (sqlite.c), PostgreSQL may be another: nothing
 * here is SQL. All calls block and may be made from any worker thread; they are serialised inside. A transaction belongs
 * to the thread that began it. Every single call outside a transaction is one of its own. `synchronous=FULL`.
 *
 * This file opens a store, begins and ends transactions, and holds what has no subject of its own; each subject has a header:
 * tenants, apps, proxies, feeds, fingerprints, drift, revisions, people, access, notices, response, managed, settings,
 * onboardings, health, lake, once, audit.
 *
 * Records are plain structs; texts in them are fixed arrays so that a record can be copied and kept. Listing calls hand
 * each record to a callback, valid during the callback. */
#ifndef STATE_STORE_STORE_H
#define STATE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "kit/seal/seal.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"

enum { NAME_BYTES = 128, GUID_BYTES = 37, HOST_BYTES = 256 }; /* of texts in records */

struct store;
struct store_opts {
    struct fs fs;               /* SQLite's own code runs on this disk, through a VFS of ours */
    const char *path;           /* the database file */
    const struct seal_key *key; /* borrowed as long as the store is open; seals secrets */
    struct clock clock;
    bool create; /* `init`: make a new one with a fresh id (STORE_EXISTS if there is one); else it must exist */
};
/* The caller holds the lock of the folder: two stores open on one file at once are not noticed here.
 * Errors of every call below, beside its own: STORE_CORRUPT, STORE_UNCERTAIN, and what the disk said (sys causes). */
bool store_open(const struct store_opts *o, struct store **out, struct err *e);
void store_close(struct store *s);            /* accepts NULL */
const char *store_id(const struct store *s);  /* a GUID, made by `init` */
struct wall store_now(const struct store *s); /* by its clock */
/* A transaction keeps every other thread out until its end. After a call in it has failed for another cause than STORE_EXISTS
 * and STORE_GONE (these change nothing), it can only be rolled back: store_commit then does so and fails with that call's
 * error. */
bool store_begin(struct store *s, struct err *e);
/* On failure the transaction is rolled back for certain, also should the process be killed or the power go next; but for
 * STORE_UNCERTAIN: then the disk refused even that, and only the next opening, or a call that works again, tells whether it
 * took effect. Until then nothing that the transaction named may be undone (log_cut). */
bool store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
/* ---- another key (rekey.c) */
/* A whole copy without anything that was deleted, in a file that is not there yet; not durable before it is written to again. */
bool store_copy(struct store *s, const char *path, struct err *e);
/* Everything that is sealed is sealed under `key` (borrowed from now on), the macs of the audit trail are made anew, and the change is
 * entered there: one transaction, after which no sealed byte of before is left in the file. What does not open, or an audit trail that
 * is broken, stops it before anything has changed. */
bool store_rekey(struct store *s, const struct seal_key *key, const char *actor, uint64_t *sealed_out, struct err *e);
bool store_sealed_count(struct store *s, uint64_t *out, struct err *e);

/* Reads the whole database for damage; for doctor. */
bool store_check(struct store *s, struct err *e);

/* What was said last about some matter, as its teller likes to put it; empty: nothing yet. */
bool store_mark_get(struct store *s, const char *matter, struct buf *out, struct err *e);
bool store_mark_set(struct store *s, const char *matter, struct str mark, struct err *e);

/* Secrets are sealed under the key file, bound to their name ("credential:7"). */
bool store_secret_put(struct store *s, const char *name, struct str plain, struct err *e);
bool store_secret_get(struct store *s, const char *name, struct buf *plain_out, bool *found_out, struct err *e);
bool store_secret_remove(struct store *s, const char *name, struct err *e);

enum {
    STORE_MISSING,   /* no installation here: run init */
    STORE_EXISTS,    /* a record of that name is there */
    STORE_GONE,      /* what the record belongs to was removed */
    STORE_CORRUPT,   /* the database is damaged or not ours */
    STORE_NEWER,     /* written by a newer version */
    STORE_WRONG_KEY, /* the key file is not this store's */
    STORE_DISK,      /* SQLite refused for another reason than the disk's (those are sys causes) */
    STORE_UNCERTAIN, /* a commit failed and could not be undone: see store_commit */
    STORE_AUDIT_BROKEN,
    STORE_CAUSE_COUNT
};
extern const struct cause store_causes[STORE_CAUSE_COUNT];

#endif
