/* Managed alerts: how we saw them last, and what we write to them (flow/act/manage.h says what the numbers mean). */
#ifndef STATE_STORE_MANAGED_H
#define STATE_STORE_MANAGED_H

#include "state/store/store.h"

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

#endif
