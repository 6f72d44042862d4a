/* Who calls, what he may do, and whose customers he sees.
 *
 * Every front (command line, the service's socket, REST) makes a principal and hands it to operation_run; nothing else runs
 * an operation. A handler finds it in `op_call.by`. What lies out of scope is answered as if it were not there. */
#ifndef FACE_API_PRINCIPAL_H
#define FACE_API_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "state/store/store.h"

struct engine_ops;
struct installation;
struct op_page;
struct json;

enum role { ROLE_VIEWER, ROLE_ANALYST, ROLE_RESPONDER, ROLE_ADMIN, ROLE_OWNER, ROLE_COUNT };
extern const char *const role_names[ROLE_COUNT];
bool principal_role_read(const char *name, enum role *out);

enum principal_kind {
    BY_LOCAL,  /* who can read the data folder, by command line or socket: the owner of everything */
    BY_PERSON, /* logged in */
    BY_TOKEN,  /* an API token */
};
enum { ADDRESS_BYTES = 64 };
struct principal {
    enum principal_kind kind;
    int64_t id;              /* of the person or the token in the store, never given twice; 0: BY_LOCAL */
    char name[NAME_BYTES];   /* in the audit trail: "cli:alice", "Ann", "token:nightly" */
    char person[NAME_BYTES]; /* whose session it is, or who made the token; empty for BY_LOCAL */
    enum role role;
    char address[ADDRESS_BYTES]; /* where the call came from; empty: from this machine's command line */
    bool must_enrol;             /* he needs a second factor and has none: REACH_OWN alone */
    bool is_scoped;              /* false: all organizations, and the account itself */
    const int64_t *orgs;         /* those in scope; borrowed */
    size_t org_count;
    /* Set by principal_prepare (operation_run does it): the tenants of these organizations, sorted. */
    const char (*tenants)[GUID_BYTES];
    size_t tenant_count;
};
/* The command line's: `user` is the operating system's name for who called. */
void principal_local(struct principal *out, const char *user);

/* Reads the tenants in scope, into `a`; nothing to do for one who sees all. */
bool principal_prepare(struct principal *p, struct store *s, struct arena *a, struct err *e);

/* For every handler that lists or finds by another id than a tenant's: may it be shown, may it be touched? */
bool principal_sees_account(const struct principal *p); /* what belongs to no organization */
bool principal_sees_org(const struct principal *p, int64_t org_id);
/* "" and NULL: of the account. A tenant that is no more is seen only by who sees the account. */
bool principal_sees_tenant(const struct principal *p, const char *tenant_id);

/* ---- running an operation ------------------------------------------------------------------------------------------- */
struct op_request {
    const char *name; /* "tenant list" */
    const struct json *params;
    const struct principal *by;
    struct installation *installation;
    const struct engine_ops *engine; /* may be NULL: nothing runs */
    struct op_page *page;            /* NULL: whole lists */
    const char *once;                /* the id of a request that may come again; NULL: it has none */
};
struct operation;
/* His role against the row, and whether it is about the account as a whole: what a front may ask before it looks at what came
 * along. A refusal is entered in the audit trail. Errors: API_NOT_ALLOWED, API_WHOLE_ACCOUNT, AUTH_ENROL_FIRST. */
bool operation_may(struct installation *i, const struct operation *op, const struct principal *by, struct err *e);
/* Finds the row; checks the parameters, the caller's role against the row, and his scope against the row's reach and the
 * organizations and tenants that the parameters name; runs the handler; enters what was changed, and what was refused, in the
 * audit trail. The result (or error object) is appended to `out`.
 * Returns the HTTP status that fits; *exit_code_out as the command line would exit. */
int operation_run(const struct op_request *q, struct buf *out, int *exit_code_out);
/* The same for a front that writes failures in its own way: on failure `out` is empty. */
bool operation_try(const struct op_request *q, struct buf *out, int *exit_code_out, struct err *e);

#endif
