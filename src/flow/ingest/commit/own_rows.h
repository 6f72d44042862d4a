/* What we did ourselves on its way from the store into the log: the committer's part on the worker. Inside flow/ingest. */
#ifndef FLOW_INGEST_OWN_ROWS_H
#define FLOW_INGEST_OWN_ROWS_H

#include "logic/ocsf/ocsf.h"
#include "state/log/log.h"
#include "state/store/store.h"

/* The source of such rows, and the mapping's name. */
#define OWN_SOURCE "portcullis_response"
/* The tenant of what concerns the whole account. */
#define OWN_ACCOUNT "00000000-0000-0000-0000-000000000000"

struct own_batch {
    char tenant_id[GUID_BYTES];
    struct log_batch *batch;
};
struct own_rows {
    struct own_batch *tenants;
    size_t tenant_count;
    int64_t last; /* of the store's events; 0: there are none */
    bool has_more;
};
struct own_rows_opts {
    struct store *store;
    struct log *log;
    const struct ocsf *ocsf;
    struct wall now;
};
/* Reads the oldest ones, a bounded number, into sealed batches. After a failure own_rows_done too. */
bool own_rows_stage(struct own_rows *x, const struct own_rows_opts *o, struct err *e);
bool own_rows_take(const struct own_rows *x, struct store *s, struct err *e); /* in the transaction */
void own_rows_done(struct own_rows *x);

#endif
