/* What operations ask of running feeds. `app` gives the functions: those of the service, or of an engine started for one
 * command. All of them may be called from any thread but the loop's, and block until they have an answer. */
#ifndef FACE_API_ENGINE_H
#define FACE_API_ENGINE_H

#include <stdbool.h>

#include "cloud/tenant/onboarding.h"
#include "cloud/tenant/permissions.h"
#include "flow/ingest/page/import.h"
#include "kit/base/err.h"
#include "kit/base/wall.h"
#include "state/conf/conf.h"
#include "state/store/managed.h"

struct pull_request {
    const char *tenant; /* id or name; NULL: all */
    const char *feed;   /* NULL: all */
    bool has_range;
    struct wall from, to;
    bool sweep; /* then count what Defender holds against what we hold, and read again what differs */
};
struct pull_result {
    uint64_t feeds, rows, failed_feeds;
    uint64_t absent_feeds;  /* which the tenant cannot have: not failed */
    struct err first_error; /* of the failed ones; cause NULL: none failed */
};

/* Streaming records that were saved as files, see flow/ingest/page/import.h. */
struct import_request {
    const char *tenant;       /* id or name; NULL: all */
    const char *const *paths; /* absolute: files, and folders with all below them */
    size_t path_count;
    void *ctx;
    void (*line)(void *ctx, const struct import_line *line); /* hears what became of each tenant's table */
};
struct import_result {
    struct import_totals totals;
    uint64_t skipped;                        /* files in folders that do not look like records */
    uint64_t failed_files;                   /* that could not be read, or not to their end */
    char dead_letters[CONF_PATH_BYTES + 64]; /* empty: there are none */
    struct err first_error; /* cause NULL: none; why records were not taken that nothing is wrong with */
};

/* What one API's login said of a tenant. */
struct tenant_proof {
    enum onboarding_proof proof;
    perm_set granted;
    struct err why; /* cause NULL: nothing is wrong */
};
/* The Test (face/health/tenant_test.h). */
struct test_request {
    const char *tenant; /* id or name; NULL: all that are enabled and wanted */
    bool is_full;
    bool (*wants)(void *arg, const char *tenant_id); /* NULL: all */
    void *wants_arg;
};

struct act_reply;
struct respond_order;
struct order_witness;
struct readiness;
struct test_report;
struct manage_order;
struct managed_record;
struct lake_remap_request;
struct lake_remap_result;

struct engine_ops {
    void *ctx;
    bool (*pull)(void *ctx, const struct pull_request *q, struct pull_result *out, struct err *e);
    bool (*import_files)(void *ctx, const struct import_request *q, struct import_result *out, struct err *e);
    /* Everything that came is folded first. `q` without is_cancelled: it ends when the engine does. */
    bool (*remap)(void *ctx, const struct lake_remap_request *q, struct lake_remap_result *out, struct err *e);
    /* A person's order to the response; true: it was taken to the ledger, and `out` says what came of it. */
    bool (*order)(void *ctx, const struct respond_order *order, const struct order_witness *w, struct act_reply *out,
                  struct err *e);
    /* A person's order about an alert in Defender (flow/act/manage.h). */
    bool (*manage)(void *ctx, const struct manage_order *order, struct managed_record *out, struct err *e);
    /* Could we isolate right now (face/health/readiness.h)? One tenant, or all (NULL). */
    bool (*readiness)(void *ctx, const char *tenant,
                      void (*each)(void *arg, const struct tenant *t, const struct readiness *r), void *arg,
                      struct err *e);
    /* Has this tenant consented to that application? Real tokens are asked for, of each API that `wants` names
     * (onboarding_bit); nothing is kept of them. The tenant need not be in the store. */
    void (*prove)(void *ctx, struct tenant *t, struct app *app, int64_t wants, struct tenant_proof out[AUD_COUNT]);
    bool (*test)(void *ctx, const struct test_request *q,
                 void (*each)(void *arg, const struct tenant *t, const struct test_report *r), void *arg,
                 struct err *e);
    /* One was added, changed or removed: its feeds follow, and a login that was refused is tried again at once. NULL: several, as
     * when an app has changed. */
    void (*tenant_changed)(void *ctx, const char *tenant_id);
    /* What readiness found of a tenant, or of all (NULL), says nothing any more: settings, people, channels have changed. */
    void (*readiness_changed)(void *ctx, const char *tenant_id);
};

#endif
