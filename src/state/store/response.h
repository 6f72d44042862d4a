/* The response's memory. act reads the inbox (revisions.h) and, in one transaction, takes entries out, appends to the ledger, and
 * puts notices. The ledger is append only: what it says, applied in order, is the whole memory. Beside it: what we did ourselves,
 * as rows for the log, and what automatic action leaves alone. */
#ifndef STATE_STORE_RESPONSE_H
#define STATE_STORE_RESPONSE_H

#include "state/store/store.h"

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

#endif
