/* How tenants are: what tokens allowed, what stands wrong, the Tests that were made, what readiness told. */
#ifndef STATE_STORE_HEALTH_H
#define STATE_STORE_HEALTH_H

#include "state/store/notices.h"
#include "state/store/store.h"

/* The causes a tenant's readiness was last told with, by commas; empty: none. */
bool store_readiness_get(struct store *s, const char *tenant_id, struct buf *codes_out, struct err *e);
bool store_readiness_set(struct store *s, const char *tenant_id, struct str codes, struct err *e);

/* What the last token of one app and API allowed there. */
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

#endif
