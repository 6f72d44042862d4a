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
#include "state/conf/proxy.h"

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
    char client_id[GUID_BYTES]; /* of its first app; only read: see app_record */
    char cloud[16];             /* "global", "gcc", ... */
    bool is_enabled;
    char overrides[TENANT_OVERRIDES][HOST_BYTES]; /* empty: as its cloud has it */
    struct wall created;
};
/* A new record with no time in `created` has the time of the store's clock. */
bool store_org_put(struct store *s, struct org_record *r,
                   struct err *e); /* sets r->id when new; STORE_EXISTS by name */
/* With what was set for it. Not while it has tenants. */
bool store_org_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);
bool store_org_list(struct store *s, bool (*each)(void *arg, const struct org_record *r), void *arg, struct err *e);
bool store_org_find(struct store *s, const char *name, struct org_record *out, bool *found_out, struct err *e);
/* STORE_EXISTS when the tenant is there already and `is_new`; STORE_GONE when it is not and not `is_new`, or without its
 * organization. Organizations are found and unique without regard to ASCII case. */
bool store_tenant_put(struct store *s, const struct tenant_record *r, bool is_new, struct err *e);
bool store_tenant_find(struct store *s, const char *tenant_id, struct tenant_record *out, bool *found_out,
                       struct err *e);
bool store_tenant_list(struct store *s, bool (*each)(void *arg, const struct tenant_record *r), void *arg,
                       struct err *e);
/* Ids alone. */
bool store_tenants_of_org(struct store *s, int64_t org_id, bool (*each)(void *arg, const char *tenant_id), void *arg,
                          struct err *e);
/* With its feeds' state, and those of its apps that are its own and no other tenant's, with their secrets; events stay. */
bool store_tenant_remove(struct store *s, const char *tenant_id, struct err *e);

/* ---- apps and their credentials ----------------------------------------------------------------------------------------
 * An app is a registration in Entra: a tenant's own one, or one of the account's for several tenants. */
struct app_record {
    int64_t id; /* 0 when new */
    char client_id[GUID_BYTES];
    char name[NAME_BYTES];        /* unique without regard to ASCII case */
    char home_tenant[GUID_BYTES]; /* where it is registered; empty: not known */
    bool is_multi_tenant;
    char bundles[NAME_BYTES]; /* what it is for ("read,hunt"); empty: for everything */
    struct wall created;
};
enum credential_kind { CREDENTIAL_SECRET, CREDENTIAL_CERTIFICATE, CREDENTIAL_KINDS };
enum credential_state {
    CREDENTIAL_ACTIVE,  /* tokens are asked for with it; one of an app */
    CREDENTIAL_NEXT,    /* waits for its test and the switch */
    CREDENTIAL_OLD,     /* was active; still held, so that one can fall back to it */
    CREDENTIAL_RETIRED, /* its secret is gone; the row tells that there was one */
    CREDENTIAL_STATES
};
enum expiry_source { EXPIRY_UNKNOWN, EXPIRY_ENTERED, EXPIRY_READ /* in Entra */, EXPIRY_CERTIFICATE, EXPIRY_SOURCES };
enum { CREDENTIAL_LABEL_BYTES = 64, THUMBPRINT_BYTES = 48 };
struct credential_record {
    int64_t id, app_id; /* id 0 when new */
    enum credential_kind kind;
    enum credential_state state;
    struct wall added, expires; /* expires 0: not known */
    enum expiry_source expires_from;
    struct wall tested;                      /* a token was got with it, last; 0: never */
    char sealed_as[CREDENTIAL_LABEL_BYTES];  /* the name of its secret; given by store_credential_put when empty */
    char key_id[GUID_BYTES];                 /* of a secret, as Entra lists it; empty: not known */
    char sha256[THUMBPRINT_BYTES], sha1[32]; /* of a certificate, base64url without padding */
    bool is_old_form;                        /* assertions in RS256 with x5t instead of PS256 with x5t#S256 */
    int64_t warned;                          /* days before the end that were told last; 0: none, see credentials.h */
    char error_code[64];                     /* why it was refused, last; empty: it was not */
    char error_text[400];
    struct wall error_since;
};
/* STORE_EXISTS: the name is another's, or the client id is another app's of the same home tenant. */
bool store_app_put(struct store *s, struct app_record *r, struct err *e); /* sets r->id when new; STORE_GONE */
bool store_app_list(struct store *s, bool (*each)(void *arg, const struct app_record *r), void *arg, struct err *e);
bool store_app_remove(struct store *s, int64_t id, struct err *e); /* with its credentials and their secrets */
/* Sets r->id and r->sealed_as when new; STORE_GONE without its app. A new active one is refused (STORE_EXISTS) while there is
 * another; see store_credential_promote. */
bool store_credential_put(struct store *s, struct credential_record *r, struct err *e);
/* This one is active from now on, the active one old. */
bool store_credential_promote(struct store *s, int64_t app_id, int64_t id, struct err *e);
bool store_credential_retire(struct store *s, int64_t id, struct err *e); /* its secret is deleted */
/* By app and id; app_id 0: of all apps. */
bool store_credential_list(struct store *s, int64_t app_id, bool (*each)(void *arg, const struct credential_record *r),
                           void *arg, struct err *e);
/* A certificate's public part, PEM. */
bool store_certificate_put(struct store *s, int64_t credential_id, struct str pem, struct err *e);
bool store_certificate_get(struct store *s, int64_t credential_id, struct buf *pem_out, bool *found_out, struct err *e);
/* What was said last about some matter, as its teller likes to put it; empty: nothing yet. */
bool store_mark_get(struct store *s, const char *matter, struct buf *out, struct err *e);
bool store_mark_set(struct store *s, const char *matter, struct str mark, struct err *e);
/* Which apps a tenant uses, and the other way round; each in the order they were given. */
bool store_tenant_app_add(struct store *s, const char *tenant_id, int64_t app_id, struct err *e); /* STORE_GONE */
bool store_tenant_app_remove(struct store *s, const char *tenant_id, int64_t app_id, struct err *e);
bool store_tenant_app_list(struct store *s, const char *tenant_id /* NULL: all */, int64_t app_id /* 0: all */,
                           bool (*each)(void *arg, const char *tenant_id, int64_t app_id), void *arg, struct err *e);

/* Secrets are sealed under the key file, bound to their name ("credential:7"). */
bool store_secret_put(struct store *s, const char *name, struct str plain, struct err *e);
bool store_secret_get(struct store *s, const char *name, struct buf *plain_out, bool *found_out, struct err *e);
bool store_secret_remove(struct store *s, const char *name, struct err *e);

/* Which proxy a destination is reached through (state/conf/proxy.h): of a tenant, an organization, or the account (neither).
 * The password is sealed: store_secret_get of store_proxy_secret. Rules and passwords go with what they belong to. */
struct proxy_record {
    int64_t id;     /* 0: given by store_proxy_put */
    int64_t org_id; /* 0: not an organization's */
    char tenant_id[GUID_BYTES];
    char pattern[PROXY_PATTERN_BYTES], address[PROXY_ADDRESS_BYTES], user[PROXY_USER_BYTES];
    struct str ca_pem; /* borrowed; empty: none */
    struct wall created;
};
/* One rule for a pattern at its place: another one there takes over its id. STORE_GONE without its tenant or organization. */
bool store_proxy_put(struct store *s, struct proxy_record *r, struct err *e);
bool store_proxy_list(struct store *s, bool (*each)(void *arg, const struct proxy_record *r), void *arg, struct err *e);
bool store_proxy_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);
enum { PROXY_SECRET_BYTES = 40 };
void store_proxy_secret(int64_t id, char name_out[PROXY_SECRET_BYTES]);

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

/* Added up over all tenants, by feed and status. */
struct feed_sum {
    char feed[64], status[32];
    uint64_t feeds, rows, late_rows, dead; /* dead: with those the mapping refused */
    struct wall oldest_sync;               /* 0: none was ever read */
};
bool store_feed_sums(struct store *s, bool (*each)(void *arg, const struct feed_sum *f), void *arg, struct err *e);

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

/* ---- people ----------------------------------------------------------------------------------------------------------
 * Who is told, who may answer, and in which order. Names are unique without regard to ASCII case. */
enum { MAIL_BYTES = 128, PHONE_BYTES = 24, PIN_HASH_BYTES = 129, CHANNEL_BYTES = 48 };
struct person_record {
    int64_t id; /* 0 when new */
    char name[NAME_BYTES], mail[MAIL_BYTES], phone[PHONE_BYTES];
    char role[16];                 /* "owner", "admin", "responder", "analyst", "viewer" */
    char pin_hash[PIN_HASH_BYTES]; /* as seal_password_hash gives it; empty: no PIN, so no key of theirs acts */
    struct wall created;
};
bool store_person_put(struct store *s, struct person_record *r, struct err *e); /* STORE_EXISTS by name, STORE_GONE */
bool store_person_find(struct store *s, const char *name, struct person_record *out, bool *found_out, struct err *e);
bool store_person_list(struct store *s, bool (*each)(void *arg, const struct person_record *r), void *arg,
                       struct err *e);
bool store_person_remove(struct store *s, const char *name, bool *removed_out, struct err *e); /* with their duties */

/* One turn on an on-call list. A list is of one tenant, or of the account (tenant_id empty), which serves the tenants that have
 * none of that name. */
struct duty_record {
    int64_t id;            /* given by store_duty_add */
    char list[NAME_BYTES]; /* "on-call" */
    char tenant_id[GUID_BYTES];
    char person[NAME_BYTES];
    int64_t position;                /* who is asked first: lower */
    unsigned days;                   /* bit 0: Monday … bit 6: Sunday; of the day the turn begins on */
    unsigned from_minute, to_minute; /* of the day, local; to <= from: over midnight, equal: all day */
    struct wall since, until;        /* 0: no such bound */
};
bool store_duty_add(struct store *s, struct duty_record *r, struct err *e); /* STORE_GONE without the person */
/* NULL: any. By list, tenant, position. */
bool store_duty_list(struct store *s, const char *list, const char *tenant_id,
                     bool (*each)(void *arg, const struct duty_record *r), void *arg, struct err *e);
bool store_duty_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);

/* One rung of a ladder: whom it tells, over what, and how long it waits before the next one is tried. */
struct rung_record {
    char ladder[NAME_BYTES];
    int64_t rung;                /* from 0; several rows may share one: they are told at once */
    char channel[CHANNEL_BYTES]; /* a channel's name or its kind ("email", "phone", "slack", …): all of that kind */
    char target[NAME_BYTES]; /* a person, or an on-call list; empty where the channel itself says who (chat, webhook) */
    int64_t wait_ms;
};
/* Replaces the ladder as a whole; none: it is gone. */
bool store_ladder_set(struct store *s, const char *ladder, const struct rung_record *rungs, size_t count,
                      struct err *e);
bool store_ladder_list(struct store *s, const char *ladder /* NULL: all */,
                       bool (*each)(void *arg, const struct rung_record *r), void *arg, struct err *e);

/* A way to tell. Its secret (password, token, or the whole address where that is one) is sealed: store_secret_get of
 * "channel.secret:<name>". */
struct channel_record {
    char name[CHANNEL_BYTES];
    char kind[16];               /* "email", "phone", "webhook", "slack", "teams", "pagerduty" */
    char address[HOST_BYTES];    /* server or API; empty: the kind's own */
    char account[NAME_BYTES];    /* user name, account SID */
    char sender[MAIL_BYTES];     /* From: a mailbox, a number */
    char recipients[HOST_BYTES]; /* email: further fixed mailboxes, by commas */
    char flow[64];               /* phone: the Studio flow that asks for keys; empty: call only */
    char tenant_id[GUID_BYTES];  /* only notices of this tenant; empty: all */
    bool is_enabled;
    struct wall created;
};
bool store_channel_put(struct store *s, const struct channel_record *r, bool is_new, struct err *e);
bool store_channel_find(struct store *s, const char *name, struct channel_record *out, bool *found_out, struct err *e);
bool store_channel_list(struct store *s, bool (*each)(void *arg, const struct channel_record *r), void *arg,
                        struct err *e);
bool store_channel_remove(struct store *s, const char *name, bool *removed_out, struct err *e); /* with its secret */

/* ---- notices -----------------------------------------------------------------------------------------------------------
 * The outbox. Whoever has something to tell puts a notice in its own transaction and wakes notify once that is committed. */
enum notice_kind {
    NOTICE_ALERT,    /* something happened; the first word of it */
    NOTICE_APPROVAL, /* a decision waits for a person */
    NOTICE_UPDATE,   /* more about what was told */
    NOTICE_OUTCOME,  /* an action ended as wanted */
    NOTICE_FAILURE,  /* an action did not, or is not confirmed: `cause` and `remedy` say more */
    NOTICE_ALARM,    /* about Portcullis itself: nobody on duty, automatic action stopped */
    NOTICE_READINESS,
    NOTICE_DIGEST,
    NOTICE_TEST,
    NOTICE_KINDS
};
enum notice_severity {
    NOTICE_INFORMATIONAL,
    NOTICE_LOW,
    NOTICE_MEDIUM,
    NOTICE_HIGH,
    NOTICE_CRITICAL,
    NOTICE_SEVERITIES
};
enum notice_wants { WANTS_NOTHING, WANTS_ACK, WANTS_APPROVAL, WANTS_COUNT };
enum notice_state {
    NOTICE_NEW,      /* nobody has been told; notify has not looked at it */
    NOTICE_RUNNING,  /* its ladder is being climbed, or its deliveries are under way */
    NOTICE_HELD,     /* waits for its digest */
    NOTICE_STORED,   /* by its route told to nobody */
    NOTICE_JOINED,   /* told as a part of another one: `joined` */
    NOTICE_TOLD,     /* every delivery has ended, at least one well, and no answer was wanted */
    NOTICE_ANSWERED, /* somebody acknowledged, approved, denied … : `answered_by` */
    NOTICE_UNHEARD,  /* nobody could be told, or the ladder ended without an answer */
    NOTICE_EXPIRED,  /* settled elsewhere, or too old to matter, before that */
    NOTICE_STATES
};
extern const char *const notice_kind_names[NOTICE_KINDS]; /* "alert", … */
extern const char *const notice_severity_names[NOTICE_SEVERITIES];
extern const char *const notice_wants_names[WANTS_COUNT];
extern const char *const notice_state_names[NOTICE_STATES];
enum { NOTICE_ID_BYTES = 128, NOTICE_TITLE_BYTES = 256, NOTICE_REMEDY_BYTES = 600 };
struct notice_record {
    int64_t id;                 /* 0 when new */
    struct wall created;        /* 0: now */
    char tenant_id[GUID_BYTES]; /* empty: of the account */
    char organization[NAME_BYTES];
    char incident[64], alert[NOTICE_ID_BYTES], device[NOTICE_ID_BYTES];
    char decision[64], action[64]; /* what the keys of a phone are about */
    enum notice_kind kind;
    enum notice_severity severity;
    enum notice_wants wants;
    char title[NOTICE_TITLE_BYTES];
    struct str body; /* plain text, UTF-8; borrowed */
    char cause[64];  /* stable code of what went wrong, else empty */
    char remedy[NOTICE_REMEDY_BYTES];
    /* What belongs together: one thread of mail, one PagerDuty incident; empty: tenant and incident, else the notice alone. Those
     * that begin "cause:" become one notice, which names the tenants. */
    char group_key[NOTICE_ID_BYTES];
    char route[NAME_BYTES]; /* a ladder's name, "digest" or "store"; empty: by severity and settings */
    struct wall expires;    /* after that nobody is called any more; 0: never */
    /* notify's own, all zero when new */
    enum notice_state state;
    int64_t rung;    /* the next one to be told */
    struct wall due; /* when notify has to look again */
    int64_t joined;  /* id of the notice it became a part of */
    char answered_by[NAME_BYTES], answer[16];
    struct wall answered;
};
bool store_notice_put(struct store *s, struct notice_record *r, struct err *e); /* sets r->id when new; STORE_GONE */
bool store_notice_find(struct store *s, int64_t id, struct buf *body_out /* may be NULL */, struct notice_record *out,
                       bool *found_out, struct err *e); /* out->body is of body_out, else empty */
struct notice_query {                                   /* empty members: any */
    const char *tenant_id, *incident, *group_key, *decision, *action;
    bool is_open;          /* new, running, held alone */
    struct wall due_until; /* only those due by then (with is_open); 0: any */
    struct wall from;      /* created since */
    uint64_t newest;       /* that many of the newest alone; 0: all */
    int64_t before;        /* with `newest` or is_open: only those that come behind this id in the list; 0: all */
};
/* By id; with `newest` the newest first. */
bool store_notice_list(struct store *s, const struct notice_query *q,
                       bool (*each)(void *arg, const struct notice_record *r), void *arg, struct err *e);
/* An answer to this notice from anywhere: no one is called about it any more. Nothing when it is settled. */
bool store_notice_answer(struct store *s, int64_t id, const char *by, const char *answer, bool *changed_out,
                         struct err *e);
/* A decision or action is settled: what waits for an answer about it (not what is on its way) expires. */
bool store_notice_expire(struct store *s, const char *decision, const char *action, struct err *e);
/* What they were about is over: of this group whatever is still open expires. */
bool store_notice_settle(struct store *s, const char *group_key, struct err *e);
bool store_notice_drop(struct store *s, struct wall before, struct err *e); /* settled ones, with their deliveries */

/* One way one person or target is told one notice. */
enum delivery_state {
    DELIVERY_QUEUED,
    DELIVERY_SENDING,   /* durable before the first byte goes out: after a crash it may have arrived */
    DELIVERY_SENT,      /* a call is under way */
    DELIVERY_DELIVERED, /* the other side took it; of a call: a person answered it */
    DELIVERY_ACKNOWLEDGED,
    DELIVERY_FAILED, /* will be tried again at next_try */
    DELIVERY_DEAD,   /* given up: `error_code` says why */
    DELIVERY_STATES
};
extern const char *const delivery_state_names[DELIVERY_STATES];
struct delivery_record {
    int64_t id; /* 0 when new */
    int64_t notice_id, rung;
    char channel[CHANNEL_BYTES], kind[16]; /* the channel's, when it was queued */
    char person[NAME_BYTES];               /* empty: the channel itself */
    char target[HOST_BYTES];               /* mailbox, number */
    enum delivery_state state;
    int64_t tries;
    char provider_id[128]; /* message id, execution or call SID, dedup key: durable before the next try */
    char answer[16];       /* "ack", "approve", …, or how a call ended: "machine", "busy", "no-answer" */
    char error_code[64], error_text[400];
    struct wall created, next_try, sent, settled;
};
bool store_delivery_put(struct store *s, struct delivery_record *r,
                        struct err *e); /* sets r->id when new; STORE_GONE */
/* notice_id 0: all; is_open: not delivered, acknowledged or dead. By id. */
bool store_delivery_list(struct store *s, int64_t notice_id, bool is_open,
                         bool (*each)(void *arg, const struct delivery_record *r), void *arg, struct err *e);
/* ---- settings: what people set for the account, an organization, a tenant (cloud/tenant/settings.h) ------------------ */
enum setting_level { SETTING_DEFAULT, SETTING_ACCOUNT, SETTING_ORGANIZATION, SETTING_TENANT, SETTING_LEVELS };
enum { SETTING_VALUE_BYTES = 256 };
struct setting_record {
    enum setting_level level; /* not SETTING_DEFAULT */
    char scope[GUID_BYTES];   /* account: empty; organization: its id in digits; tenant: its id */
    char name[80];            /* "remediation"; of one feed: "feed/DeviceInfo/on" */
    bool is_set;              /* false: it was and was taken back */
    char value[SETTING_VALUE_BYTES];
    struct wall changed; /* when the value last became another one */
    char actor[64];
};
bool store_setting_put(struct store *s, const struct setting_record *r, struct err *e);
/* Those of the account, of that organization and of that tenant (0, NULL: none), by level, then name. */
bool store_setting_list(struct store *s, int64_t org_id, const char *tenant_id,
                        bool (*each)(void *arg, const struct setting_record *r), void *arg, struct err *e);
/* One of them wherever it is set, by level, then scope. */
bool store_setting_named(struct store *s, const char *name, bool (*each)(void *arg, const struct setting_record *r),
                         void *arg, struct err *e);

/* ---- response ------------------------------------------------------------------------------------------------------------
 * act reads the inbox and, in one transaction, takes entries out, appends to the ledger, and puts notices. The ledger is
 * append only: what it says, applied in order, is the response's whole memory. */
struct seen_revision {
    int64_t id;
    char tenant_id[GUID_BYTES], feed[64];
    struct wall seen; /* when it came */
    struct revision_record r;
};
/* Oldest first, after the entry `after` (0: from the first), at most `max`. */
bool store_inbox_list(struct store *s, int64_t after, uint64_t max,
                      bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);
bool store_inbox_take(struct store *s, int64_t revision_id, struct err *e); /* absent: nothing to do */
struct revision_query {                                                     /* empty members: any */
    const char *tenant_id, *feed, *object_id;
    bool is_latest;  /* of each object its last revision alone, the newest first; else all, in the order they came */
    uint64_t newest; /* at most that many; 0: all */
};
bool store_revision_list(struct store *s, const struct revision_query *q,
                         bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);
/* For lists that are read a page at a time, in an order that holds when others come. The last revision of each object alone:
 * the newest first, those of these feeds; `before` and `before_id`: behind that one (0: from the beginning). */
enum { REVISION_PAGE_FEEDS = 3 };
struct revision_page {
    const char *tenant_id;                  /* NULL: all */
    const char *feeds[REVISION_PAGE_FEEDS]; /* NULL where there are fewer */
    struct wall before;
    int64_t before_id;
};
bool store_revision_page(struct store *s, const struct revision_page *q,
                         bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);
/* By tenant and object, behind those two ("": from the beginning). */
bool store_object_page(struct store *s, const char *feed, const char *tenant_id /* NULL: all */,
                       const char *after_tenant, const char *after_object,
                       bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);
/* Revisions of alerts and incidents, of whichever API, whose object was updated in [from, to], in the order they came: at most
 * `max` after the revision `after`. For going through all of them in pieces: the store is not kept from others in between. */
struct revision_range {
    int64_t after;
    struct wall from, to;
    const char *tenant_id; /* NULL: all */
    uint64_t max;
};
bool store_revision_range(struct store *s, const struct revision_range *q,
                          bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);
/* The last revision of one object of a feed of a tenant: its row. */
bool store_revision_newest(struct store *s, const char *tenant_id, const char *feed, const char *object_id,
                           struct buf *row_out, bool *found_out, struct err *e);
/* How many different objects of a feed ("machines") there are revisions of. */
bool store_object_count(struct store *s, const char *tenant_id, const char *feed, uint64_t *out, struct err *e);

struct ledger_record {
    uint64_t seq; /* given by store_ledger_add */
    struct wall at;
    char tenant_id[GUID_BYTES]; /* empty: of the account */
    char subject[256];          /* the thing it is about, by its id within the kind */
    char kind[24];
    struct str body; /* the response's own; borrowed */
};
bool store_ledger_add(struct store *s, struct ledger_record *r, struct err *e); /* sets r->seq; at 0: now */
/* In the order they were added, after `after`. subject NULL: all. `is_latest`: of each kind and subject the last one alone. */
bool store_ledger_list(struct store *s, uint64_t after, const char *subject, bool is_latest,
                       bool (*each)(void *arg, const struct ledger_record *r), void *arg, struct err *e);

/* What we did ourselves, as rows for the log: put in the transaction of the doing, taken by the commit that appends them. */
struct own_event {
    int64_t id;                 /* never given twice */
    struct wall at;             /* when it was put */
    char tenant_id[GUID_BYTES]; /* empty: of the account */
    struct str members;         /* of the row's JSON object, without the braces; borrowed */
};
bool store_own_event_add(struct store *s, const char *tenant_id, struct str members, struct err *e);
/* The oldest, at most `max`. */
bool store_own_event_list(struct store *s, uint64_t max, bool (*each)(void *arg, const struct own_event *r), void *arg,
                          struct err *e);
bool store_own_event_take(struct store *s, int64_t up_to, struct err *e);

/* What automatic action leaves alone. */
enum excluded { EXCLUDED_DEVICE, EXCLUDED_TAG, EXCLUDED_GROUP, EXCLUDED_USER, EXCLUDED_KINDS };
extern const char *const excluded_names[EXCLUDED_KINDS];
struct exclusion_record {
    int64_t id;                 /* given when 0 */
    char tenant_id[GUID_BYTES]; /* empty: of all tenants */
    enum excluded kind;
    char value[160]; /* a device's id or name, a tag, a group's name, a user's name; compared without regard to case */
    char owner[NAME_BYTES], reason[300];
    struct wall created, expires; /* expires 0: never */
};
bool store_exclusion_put(struct store *s, struct exclusion_record *r, struct err *e); /* STORE_EXISTS; STORE_GONE */
bool store_exclusion_list(struct store *s, const char *tenant_id /* and those of all; NULL: every one */,
                          bool (*each)(void *arg, const struct exclusion_record *r), void *arg, struct err *e);
bool store_exclusion_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);

/* ---- managed alerts: how we saw them last, and what we write to them (flow/act/manage.h says what the numbers mean) -------- */
struct managed_record {
    char tenant_id[GUID_BYTES], alert_id[128], incident[64], title[160], owner[128], determination[48];
    char devices[700]; /* machine ids, by commas */
    int64_t api, service, severity, status, handled, classification, flags, comments;
    struct wall updated, seen, changed; /* at Defender; first and last by us */
    int64_t changes;                    /* what others changed last */
    char closed_by[NAME_BYTES];         /* the person who closed its case here */
    struct wall closed;
    int64_t keep, state, wants, did;
    char mark[64], author[NAME_BYTES], word_class[48], word_determination[48], comment[1000];
    int64_t tries;
    struct wall sent, due; /* due 0: only a change brings it up again */
    char error_code[64], error_text[400];
};
bool store_managed_put(struct store *s, const struct managed_record *r, struct err *e); /* STORE_GONE */
bool store_managed_find(struct store *s, const char *tenant_id, const char *alert_id, struct managed_record *out,
                        bool *found_out, struct err *e);
struct managed_query { /* empty members: any */
    const char *tenant_id, *incident, *alert_id;
    struct wall due_until;
};
bool store_managed_list(struct store *s, const struct managed_query *q,
                        bool (*each)(void *arg, const struct managed_record *r), void *arg, struct err *e);
/* Tenants with something due, and when first; by that. */
bool store_managed_due(struct store *s, bool (*each)(void *arg, const char *tenant_id, struct wall due), void *arg,
                       struct err *e);
/* An incident was merged: its alerts are the other's, and those not of status `resolved` are due. */
bool store_managed_move(struct store *s, const char *tenant_id, const char *from, const char *to, int64_t resolved,
                        struct wall due, struct err *e);
bool store_managed_drop(struct store *s, struct wall before, struct err *e); /* nothing due and unchanged since */
/* Revisions up to this one have been taken in; those of alerts and incidents behind it, in order. */
bool store_managed_taken_get(struct store *s, int64_t *out, struct err *e);
bool store_managed_taken_set(struct store *s, int64_t revision_id, struct err *e);
bool store_revision_after(struct store *s, int64_t after, uint64_t max,
                          bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);
/* The causes a tenant's readiness was last told with, by commas; empty: none. */
bool store_readiness_get(struct store *s, const char *tenant_id, struct buf *codes_out, struct err *e);
bool store_readiness_set(struct store *s, const char *tenant_id, struct str codes, struct err *e);
/* Has a person answered a notice about this alert, or its incident? */
bool store_notice_is_heard(struct store *s, const char *tenant_id, const char *alert, const char *incident,
                           bool *heard_out, struct err *e);

/* ---- onboarding: consent that was asked for, and what came of it (cloud/tenant/onboarding.h says what the numbers mean) ---- */
enum { ONBOARDING_NONCE_BYTES = 33 };
struct onboarding_record {
    int64_t id; /* 0 when new */
    int64_t org_id;
    char nonce[ONBOARDING_NONCE_BYTES]; /* names the link; empty: there is none */
    char tenant_id[GUID_BYTES];         /* expected; empty: whichever answers */
    char name[NAME_BYTES], client_id[GUID_BYTES], cloud[16];
    char asked_by[64], mail[256], redirect[HOST_BYTES];
    int64_t form, wants, lookback_ms /* < 0: not said */, lookback_hunting_ms;
    struct wall created, expires;
    int64_t state;
    char found_id[GUID_BYTES];      /* the tenant that answered, or was proved */
    struct wall answered, deadline; /* 0: not yet, none */
    struct wall due;                /* when its tokens are asked for next; 0: not */
    int64_t tries, proofs, is_in /* the tenant is in the store through this */;
    char error_code[64], error_text[400];
    struct wall changed;
};
bool store_onboarding_put(struct store *s, struct onboarding_record *r, struct err *e); /* sets r->id; STORE_GONE */
bool store_onboarding_find(struct store *s, int64_t id, struct onboarding_record *out, bool *found_out, struct err *e);
bool store_onboarding_by_nonce(struct store *s, const char *nonce, struct onboarding_record *out, bool *found_out,
                               struct err *e);
/* In order of their ids; with `due_until` those that are due by then. */
bool store_onboarding_list(struct store *s, const struct wall *due_until /* NULL: all */,
                           bool (*each)(void *arg, const struct onboarding_record *r), void *arg, struct err *e);
/* ---- how tenants are -------------------------------------------------------------------------------------------------------
 * What the last token of one app and API allowed there. */
struct token_record {
    char tenant_id[GUID_BYTES], client_id[GUID_BYTES];
    int64_t audience;
    struct str roles; /* one a line; borrowed */
    struct wall seen; /* 0: now */
};
bool store_token_put(struct store *s, const struct token_record *r, struct err *e); /* STORE_GONE */
bool store_token_list(struct store *s, const char *tenant_id, bool (*each)(void *arg, const struct token_record *r),
                      void *arg, struct err *e);
/* Forgets tokens of apps that the tenant does not have any more, and the conditions about them (whose subject they are). */
bool store_token_tidy(struct store *s, const char *tenant_id, struct err *e);
/* What stands wrong with a tenant right now ("role_removed"), about what ("Machine.Isolate"), and since when. */
struct condition_record {
    char tenant_id[GUID_BYTES];
    char state[24], subject[96];
    char code[64], detail[400], remedy[NOTICE_REMEDY_BYTES];
    struct wall since; /* 0: now */
};
/* One that stands already keeps its time and gets the new words: *is_new_out false. STORE_GONE. */
bool store_condition_put(struct store *s, const struct condition_record *r, bool *is_new_out, struct err *e);
bool store_condition_list(struct store *s, const char *tenant_id /* NULL: all */,
                          bool (*each)(void *arg, const struct condition_record *r), void *arg, struct err *e);
bool store_condition_remove(struct store *s, const char *tenant_id, const char *state,
                            const char *subject /* NULL: any */, bool *removed_out, struct err *e);
/* A Test that was made of a tenant; of each tenant the last TESTED_KEPT_MAX are kept. */
enum { TESTED_KEPT_MAX = 200 };
struct tested_record {
    char tenant_id[GUID_BYTES];
    struct wall at; /* 0: now */
    int64_t is_full, ok, failed, skipped;
    struct str body; /* its verdicts, JSON; borrowed */
};
bool store_tested_add(struct store *s, const struct tested_record *r, struct err *e); /* STORE_GONE */
bool store_tested_last_full(struct store *s, struct wall *out, struct err *e);        /* of any tenant; 0: never */
/* The newest first; `is_latest`: of each tenant that one alone. */
bool store_tested_list(struct store *s, const char *tenant_id /* NULL: all */, bool is_latest,
                       bool (*each)(void *arg, const struct tested_record *r), void *arg, struct err *e);

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
/* Recomputes the chain and its macs and compares its end with the one sealed under the key: a changed, removed, added or
 * rewritten entry, and an end that was cut off, is STORE_AUDIT_BROKEN, which names the first. */
bool store_audit_verify(struct store *s, uint64_t *entries_out, struct err *e);
struct audit_view {
    uint64_t seq;
    struct wall at;
    char actor[NAME_BYTES], operation[NAME_BYTES];
    struct str detail; /* borrowed during the callback */
};
/* The newest first, from the entry before number `before` on (0: the newest), until the callback has enough. */
bool store_audit_page(struct store *s, uint64_t before, bool (*each)(void *arg, const struct audit_view *entry),
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
