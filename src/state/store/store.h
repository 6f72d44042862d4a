/* Durable state of one installation. SQLite is the first implementation (sqlite.c), PostgreSQL may be another: nothing
 * here is SQL. All calls block and may be made from any worker thread; they are serialised inside. A transaction belongs
 * to the thread that began it. Every single call outside a transaction is one of its own. `synchronous=FULL`.
 *
 * Records are plain structs; texts in them are fixed arrays so that a record can be copied and kept. Listing calls hand
 * each record to a callback, valid during the callback. */
#ifndef STATE_STORE_STORE_H
#define STATE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "kit/seal/seal.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"

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
void store_close(struct store *s);           /* accepts NULL */
const char *store_id(const struct store *s); /* a GUID, made by `init` */
/* A transaction keeps every other thread out until its end. After a call in it has failed for another cause than STORE_EXISTS
 * and STORE_GONE (these change nothing), it can only be rolled back: store_commit then does so and fails with that call's
 * error. */
bool store_begin(struct store *s, struct err *e);
/* On failure the transaction is rolled back for certain, also should the process be killed or the power go next; but for
 * STORE_UNCERTAIN: then the disk refused even that, and only the next opening, or a call that works again, tells whether it
 * took effect. Until then nothing that the transaction named may be undone (log_cut). */
bool store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
/* Reads the whole database for damage; for doctor. */
bool store_check(struct store *s, struct err *e);

/* ---- organizations and tenants ------------------------------------------------------------------------------------- */
enum { NAME_BYTES = 128, GUID_BYTES = 37, HOST_BYTES = 256 };
struct org_record {
    int64_t id; /* 0 when new */
    char name[NAME_BYTES];
    struct wall created;
};
/* What may be set for one tenant alone. */
enum tenant_override {
    OVER_LOGIN_URL,
    OVER_TOKEN_URL,
    OVER_GRAPH_URL,
    OVER_GRAPH_AUDIENCE,
    OVER_GRAPH_VERSION,
    OVER_ENDPOINT_URL,
    OVER_ENDPOINT_AUDIENCE,
    OVER_ENDPOINT_VERSION,
    OVER_SIEM_URL,
    OVER_SIEM_AUDIENCE,
    TENANT_OVERRIDES
};
struct tenant_record {
    char tenant_id[GUID_BYTES]; /* the Entra tenant, lower case */
    int64_t org_id;
    char name[NAME_BYTES];
    char client_id[GUID_BYTES];
    char cloud[16]; /* "global", "gcc", ... */
    bool is_enabled;
    char overrides[TENANT_OVERRIDES][HOST_BYTES]; /* empty: as its cloud has it */
    struct wall created;
};
/* A new record with no time in `created` has the time of the store's clock. */
bool store_org_put(struct store *s, struct org_record *r,
                   struct err *e); /* sets r->id when new; STORE_EXISTS by name */
bool store_org_list(struct store *s, bool (*each)(void *arg, const struct org_record *r), void *arg, struct err *e);
bool store_org_find(struct store *s, const char *name, struct org_record *out, bool *found_out, struct err *e);
/* STORE_EXISTS when the tenant is there already and `is_new`; STORE_GONE when it is not and not `is_new`, or without its
 * organization. Organizations are found and unique without regard to ASCII case. */
bool store_tenant_put(struct store *s, const struct tenant_record *r, bool is_new, struct err *e);
bool store_tenant_find(struct store *s, const char *tenant_id, struct tenant_record *out, bool *found_out,
                       struct err *e);
bool store_tenant_list(struct store *s, bool (*each)(void *arg, const struct tenant_record *r), void *arg,
                       struct err *e);
bool store_tenant_remove(struct store *s, const char *tenant_id,
                         struct err *e); /* with its feeds' state and secrets; events stay */
/* Secrets are sealed under the key file, bound to their name ("tenant.secret:<guid>"). */
bool store_secret_put(struct store *s, const char *name, struct str plain, struct err *e);
bool store_secret_get(struct store *s, const char *name, struct buf *plain_out, bool *found_out, struct err *e);
bool store_secret_remove(struct store *s, const char *name, struct err *e);

/* ---- feeds ------------------------------------------------------------------------------------------------------------ */
struct feed_record {
    int64_t id; /* given by store_feed_put when 0 */
    char tenant_id[GUID_BYTES];
    char feed[64];            /* "DeviceProcessEvents", "alerts", "incidents", "machines" */
    struct str state;         /* ingest's own cursor and sweep state, JSON; borrowed during the callback */
    struct wall last_synced;  /* the last completed poll, also with no rows; 0: never */
    struct wall newest_event; /* 0: none yet */
    uint64_t rows;            /* rows in the log, ever */
    uint64_t late_rows;       /* of them found by a sweep */
    uint64_t dead;            /* records that could not be read: dead letters, ever */
    uint64_t refused;         /* rows in the log that the mapping refused: only store_feed_refused_add changes it */
    char status[32];          /* "ok", "throttled", "error", ... */
    char error_code[64];      /* of the last failure; empty after a success */
    char error_text[400];     /* as long as an err's */
    struct wall error_since;
    uint64_t drift; /* names of what no mapping knows, see drift_record: only listings fill it in */
};
/* STORE_EXISTS for a second feed of that name and tenant; STORE_GONE when the feed or its tenant was removed meanwhile. Ids
 * are never given twice. */
bool store_feed_put(struct store *s, struct feed_record *r, struct err *e);
bool store_feed_list(struct store *s, const char *tenant_id /* NULL: all */,
                     bool (*each)(void *arg, const struct feed_record *r), void *arg, struct err *e);

/* That many more rows of the feed were refused. Nothing when the feed is gone: its rows may outlive it in the log. */
bool store_feed_refused_add(struct store *s, int64_t feed_id, uint64_t rows, struct err *e);

/* Fingerprints of rows per (feed, bucket), bucket = hour since the epoch of the row's time. Each put adds a sorted run
 * (none when count is 0); past eight runs the store merges them into one without doubles. `facts` is ingest's own note about that bucket (counts per bin), replaced by each put. */
bool store_fingerprints_put(struct store *s, int64_t feed_id, int64_t bucket, const struct hash128 *sorted,
                            size_t count, struct str facts, struct err *e);
bool store_fingerprints_get(struct store *s, int64_t feed_id, int64_t bucket,
                            bool (*each_run)(void *arg, const struct hash128 *sorted, size_t count), void *arg,
                            struct buf *facts_out /* may be NULL */, struct err *e);
bool store_fingerprints_drop(struct store *s, int64_t feed_id, int64_t before_bucket, struct err *e);
/* Buckets of a feed in [from, to), with their facts. */
bool store_fingerprint_facts(struct store *s, int64_t feed_id, int64_t from_bucket, int64_t to_bucket,
                             bool (*each)(void *arg, int64_t bucket, struct str facts), void *arg, struct err *e);

/* What the count sweeps found in one hour of a feed. A record that says nothing is not kept. */
struct verdict_record {
    int64_t hour;
    uint64_t repaired;
    bool is_pulled;
    struct str differing; /* ingest's own note; borrowed during the callback */
};
bool store_verdict_put(struct store *s, int64_t feed_id, const struct verdict_record *r, struct err *e);
bool store_verdict_list(struct store *s, int64_t feed_id, int64_t from_hour, int64_t to_hour,
                        bool (*each)(void *arg, const struct verdict_record *r), void *arg, struct err *e);
bool store_verdict_drop(struct store *s, int64_t feed_id, int64_t before_hour, struct err *e);

/* What a feed brings that no mapping knows, or no more. Of each kind DRIFT_KEPT_MAX names are kept; what comes beyond is
 * counted together, under no name. */
enum { DRIFT_KEPT_MAX = 100 };
struct drift_record {
    int64_t feed_id;
    char tenant_id[GUID_BYTES], feed[64]; /* only in listings */
    char kind[12], name[96], value[160], example[200];
    uint64_t rows;
    struct wall since, last;
    uint64_t tenants; /* only in sums */
};
/* Adds its rows to what is there of that feed, kind, name and value. Nothing when the feed is gone. */
bool store_drift_add(struct store *s, const struct drift_record *r, struct err *e);
bool store_drift_remove(struct store *s, int64_t feed_id, const char *kind, const char *name, struct err *e);
/* tenant_id and feed NULL: all. */
bool store_drift_list(struct store *s, const char *tenant_id, const char *feed,
                      bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e);
/* The same over all tenants: rows added up, the first and the last time, some example. */
bool store_drift_sums(struct store *s, const char *tenant_id, const char *feed,
                      bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e);
bool store_drift_forget(struct store *s, const char *tenant_id, const char *feed, struct err *e);
/* The columns a feed had in its last answer that told them, a line each; empty: none has. */
bool store_columns_get(struct store *s, int64_t feed_id, struct buf *out, struct err *e);
bool store_columns_set(struct store *s, int64_t feed_id, struct str names, struct err *e);

/* Revisions of alerts, incidents, machines: what the response engine and the queue of alerts stand on. */
struct revision_record {
    int64_t feed_id;
    char object_id[128];
    struct wall updated;
    struct hash128 identity;
    char how[12]; /* "live", "catch-up", "look-back", "pull", "file" */
    struct str row;
};
/* A revision whose identity the feed has already is not stored, nor put into the inbox, again. */
bool store_revision_put(struct store *s, const struct revision_record *r, bool into_inbox, struct err *e);
bool store_revision_has(struct store *s, int64_t feed_id, struct str object_id, struct wall updated, bool *has_out,
                        struct err *e);
bool store_inbox_count(struct store *s, uint64_t *out, struct err *e);

/* ---- log and sinks ----------------------------------------------------------------------------------------------------- */
bool store_log_end_get(struct store *s, uint64_t *out, struct err *e);
bool store_log_end_set(struct store *s, uint64_t end, struct err *e);
bool store_offset_get(struct store *s, const char *sink, uint64_t *out, struct err *e); /* 0 when new */
bool store_offset_set(struct store *s, const char *sink, uint64_t offset, struct err *e);
struct lake_file_record {
    char path[256]; /* below the lake: "class=1007/tenant=<guid>/day=2026-11-22/12.ndjson.zst" */
    uint64_t bytes, events;
    struct wall written;
};
bool store_lake_file_add(struct store *s, const struct lake_file_record *r, struct err *e);
/* Takes the file's name out and notes it as superseded: its bytes may be deleted once the transaction is durable. */
bool store_lake_file_supersede(struct store *s, const char *path, struct err *e);
bool store_lake_file_list(struct store *s, bool (*each)(void *arg, const struct lake_file_record *r), void *arg,
                          struct err *e);
bool store_lake_superseded_list(struct store *s, bool (*each)(void *arg, const char *path), void *arg, struct err *e);
bool store_lake_superseded_forget(struct store *s, const char *path, struct err *e);
/* The newest file of a partition ("class=…/tenant=…/day=…"), to be extended while small. */
bool store_lake_file_newest(struct store *s, const char *partition, struct lake_file_record *out, bool *found_out,
                            struct err *e);
/* Files of a partition set in the making: they count for nothing until all of them are adopted at once. */
bool store_lake_staged_add(struct store *s, const struct lake_file_record *r, struct err *e);
bool store_lake_staged_remove(struct store *s, const char *path, struct err *e);
bool store_lake_staged_list(struct store *s, bool (*each)(void *arg, const struct lake_file_record *r), void *arg,
                            struct err *e);
bool store_lake_staged_newest(struct store *s, const char *partition, struct lake_file_record *out, bool *found_out,
                              struct err *e);
bool store_lake_staged_adopt(struct store *s, struct err *e); /* they become files of the lake, and none is staged */
bool store_lake_staged_clear(struct store *s, struct err *e);

/* ---- audit: hash-chained, append only ------------------------------------------------------------------------------------ */
bool store_audit_add(struct store *s, const char *actor, const char *operation, struct str detail_json, struct err *e);
/* Recomputes the chain and compares its end with the one sealed under the key: a changed, removed or appended entry is
 * STORE_AUDIT_BROKEN, which names it. */
bool store_audit_verify(struct store *s, uint64_t *entries_out, struct err *e);
bool store_audit_list(struct store *s,
                      bool (*each)(void *arg, uint64_t seq, struct wall at, const char *actor, const char *operation,
                                   struct str detail),
                      void *arg, struct err *e);

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
