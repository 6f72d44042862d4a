/* Consent that was asked for, and what came of it (cloud/tenant/onboarding.h says what the numbers mean). */
#ifndef STATE_STORE_ONBOARDINGS_H
#define STATE_STORE_ONBOARDINGS_H

#include "state/store/store.h"

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

#endif
