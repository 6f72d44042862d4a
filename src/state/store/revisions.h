/* Revisions of alerts, incidents and machines: what the response engine and the queue of alerts stand on. */
#ifndef STATE_STORE_REVISIONS_H
#define STATE_STORE_REVISIONS_H

#include "kit/base/hash.h"
#include "state/store/store.h"

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

bool store_revision_after(struct store *s, int64_t after, uint64_t max,
                          bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e);

#endif
