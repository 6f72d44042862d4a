/* Microsoft's side: tokens, hosts, the table of end-points, and what their errors mean. Loop thread only; nothing blocks.
 *
 * A fetch is one request to one tenant: the token is found or renewed first (cached, renewed at 80 to 90 % of its life, one
 * renewal at a time per tenant, app and audience), the answer's raw body is handed over as it comes, a failure comes back as an
 * err whose cause says what it means and what to do. A token goes only to hosts of its audience.
 *
 * A login that failed is not tried again at once: after a permanent refusal not for 15 minutes, then 30, then 60 (hammering
 * a bad secret locks applications out); after a passing one for seconds, at most five minutes. Until then every fetch that
 * needs a token gets the same error with the time that is left. All of this is kept per tenant and app. A tenant whose
 * credential or hosts have changed starts afresh by itself; a credential that is not taken any more gives way to a tested one. */
#ifndef CLOUD_DEFENDER_DEFENDER_H
#define CLOUD_DEFENDER_DEFENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/net/budget.h"
#include "cloud/net/http.h"
#include "cloud/tenant/tenant.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/loop.h"

/* Families share a budget of calls, per application and tenant. */
enum api_family {
    API_LOGIN,
    API_GRAPH_SECURITY,
    API_GRAPH_HUNTING,
    API_ENDPOINT,
    API_ENDPOINT_HUNTING,
    API_ENDPOINT_BATCH, /* alerts/batchUpdate */
    API_LIVE_RESPONSE,
    API_PACKAGE, /* links to investigation packages */
    API_INDICATORS,
    API_XDR,
    API_SIEM,
    API_FAMILY_COUNT
};
struct family_row {
    const char *name;
    struct rate rates[BUDGET_RATES_MAX]; /* what Microsoft documents */
    unsigned rate_count;
    unsigned response_percent; /* of each rate that feeds leave to the response, which keeps to it in turn */
};
extern const struct family_row family_rows[API_FAMILY_COUNT];
/* A family's rates without the response's part, or that part alone; its rate_count of them. */
void family_rates(enum api_family family, bool for_response, struct rate out[BUDGET_RATES_MAX]);
extern const struct rate graph_app_rate; /* of one application over all tenants, on top of the families' */
static inline bool family_is_graph(enum api_family family)
{
    return family == API_GRAPH_SECURITY || family == API_GRAPH_HUNTING;
}
/* One row per end-point we call. Its address is the tenant's host for the audience, the tenant's version of that API, and the
 * path. */
enum endpoint {
    EP_HUNTING,
    EP_ALERTS,
    EP_INCIDENTS,
    EP_INCIDENT, /* one, by fetch.id */
    EP_MACHINES,
    EP_MACHINE_ACTIONS,
    EP_ALERTS_ENDPOINT,
    EP_HUNTING_ENDPOINT, /* Device and alert tables alone; "Schema" and "Results" with capitals */
    EP_ALERTS_SIEM,
    /* one thing, by fetch.id */
    EP_ALERT,
    EP_ALERT_ENDPOINT,
    EP_MACHINE,
    EP_MACHINE_ACTION,
    /* what changes something; EP_ISOLATE to EP_QUARANTINE by the machine's id */
    EP_ISOLATE,
    EP_RELEASE,
    EP_RESTRICT,
    EP_UNRESTRICT,
    EP_SCAN,
    EP_COLLECT,
    EP_QUARANTINE,
    EP_CANCEL,  /* by the action's id */
    EP_PACKAGE, /* the link to what was collected; by the action's id */
    EP_ALERT_UPDATE,
    EP_ALERT_COMMENT,
    EP_INCIDENT_UPDATE,
    EP_INCIDENT_COMMENT,
    EP_ALERT_ENDPOINT_UPDATE,
    EP_ALERTS_ENDPOINT_UPDATE, /* many at once: alerts/batchUpdate */
    EP_APPLICATION,            /* a registration, by its client id: when its secrets end */
    EP_COUNT
};
struct endpoint_row {
    const char *name, *method, *path; /* "/security/incidents/{id}" */
    enum api_family family;
    enum audience audience;
    const char *role;    /* permission it needs; of a Read its ReadWrite form does too; "": none, or it depends */
    uint64_t answer_max; /* bytes on the wire we will take */
    uint32_t answer_timeout_ms; /* it may compute this long before its first byte; 0: the stall timeout holds */
};
extern const struct endpoint_row endpoint_rows[EP_COUNT];
bool endpoint_changes(
    const struct endpoint_row *row); /* asking it does something: it is never asked twice for one call */
static inline bool endpoint_is_hunting(const struct endpoint_row *row)
{
    return row->family == API_GRAPH_HUNTING || row->family == API_ENDPOINT_HUNTING;
}

/* What a login said of an app's credential. */
struct credential_event {
    const char *tenant_id;
    int64_t app_id, credential_id;
    const struct err *refused; /* NULL: it is taken (again) */
    int64_t fell_to;           /* the tested credential that is used instead; 0: there is none */
};

struct defender;
/* A login has ended: with a token, or refused. Borrowed for the call. */
struct login_news {
    const char *tenant_id, *client_id;
    enum audience audience;
    struct str roles;    /* in the token, one a line; empty: none */
    const struct err *e; /* not NULL: there is no token */
};
struct defender_opts {
    struct http_client *http;
    struct http_client *response_http; /* whose connections serve the response alone; NULL: http */
    uint32_t total_timeout_ms, stall_timeout_ms;
    /* Our clock and the login's differ by minutes (DEFENDER_CLOCK), and later: not any more (NULL). Once each; may be NULL. */
    void (*on_clock)(void *ctx, const struct err *e);
    void *clock_ctx;
    void (*on_login)(void *ctx, const struct login_news *n); /* loop; must not call back here. May be NULL */
    void *login_ctx;
    /* A credential was refused (each time), or is taken again; may be NULL. */
    void (*on_credential)(void *ctx, const struct credential_event *event);
    void *credential_ctx;
};
bool defender_new(struct loop *l, const struct defender_opts *o, struct defender **out, struct err *e);
void defender_free(struct defender *d); /* before its http client; cancels what runs, without callbacks; accepts NULL */
/* Its tokens, and any wait after a failed login: the next fetch asks anew. For "try again now", and for removed tenants. */
void defender_forget_tenant(struct defender *d, const char *tenant_id);

/* One real token with a credential that need not be in use, to see whether it would work. Nothing is kept of it. `done` comes
 * later, from the loop, unless the defender is freed first; e NULL: a token of this tenant came. */
void defender_try(struct defender *d, struct tenant *t, struct app *app, unsigned credential, enum audience audience,
                  void (*done)(void *ctx, struct str roles /* in the token, one a line */, const struct err *e),
                  void *ctx);

struct fetch {
    enum endpoint endpoint;
    struct str query; /* GET: "$filter=…&$top=…", already encoded; or a nextLink (checked against the host) */
    struct str kql;   /* of the hunting end-points: the query; becomes the body */
    struct str body;  /* of an end-point that takes JSON: sent as it is; empty: none */
    struct str id;    /* stands for {id} in the path; encoded here */
    bool is_response; /* goes over the response's connections */
};
struct fetch_handler {
    void *ctx;
    bool (*on_body)(void *ctx, const void *p, size_t n, bool is_gzip); /* only of status 200, 201, 206; false: hold */
    /* e == NULL: complete. Else e->cause is one of defender_causes (or net_causes), e->retry_after_ms as said. */
    void (*on_done)(void *ctx, const struct http_response *r, const struct err *e);
};
struct fetch_call;
/* Never fails on the spot: on_done comes later, from the loop, and the handle is gone with it. Takes a reference of `t`; copies
 * the texts of `f`. A 206 is a complete answer that lacks a provider's part: see r->status. */
struct fetch_call *defender_fetch(struct defender *d, struct tenant *t, const struct fetch *f,
                                  const struct fetch_handler *h);
void fetch_resume(struct fetch_call *c); /* the bytes held come again, later */
void fetch_cancel(struct fetch_call *c); /* no callback comes any more; the handle is gone */

/* What the cached token says (roles in the token), for capability states and diagnosis. false: no token yet. */
bool defender_roles(struct defender *d, const char *tenant_id, enum audience audience,
                    bool (*each)(void *arg, struct str role), void *arg);

/* The same for one end-point: may it be asked? */
enum access { ACCESS_UNKNOWN /* no token yet */, ACCESS_GRANTED, ACCESS_MISSING, ACCESS_NO_ROLES /* at all */ };
enum access defender_access(struct defender *d, const char *tenant_id, enum endpoint endpoint);

/* Errors by stable code. Kind tells the scheduler: ERR_RETRY backs off, ERR_AUTH stops until a person acts (probed rarely),
 * ERR_LIMIT asks for less. From DEFENDER_SECRET_WRONG to DEFENDER_WRONG_TENANT they are the login's (see defender_scope). */
enum {
    DEFENDER_SECRET_WRONG,
    DEFENDER_SECRET_EXPIRED,
    DEFENDER_NO_CREDENTIAL,
    DEFENDER_CERTIFICATE_REFUSED,
    DEFENDER_ASSERTION_TIME,
    DEFENDER_APP_UNKNOWN,
    DEFENDER_APP_DISABLED,
    DEFENDER_NO_CONSENT,
    DEFENDER_TENANT_UNKNOWN,
    DEFENDER_TOKEN_URL,
    DEFENDER_OTHER_CLOUD,
    DEFENDER_NO_LICENCE,
    DEFENDER_NO_SERVICE,
    DEFENDER_API_NOT_IN_APP,
    DEFENDER_BAD_AUDIENCE,
    DEFENDER_POLICY_BLOCKS,
    DEFENDER_LOGIN_LOOP,
    DEFENDER_LOGIN_THROTTLED,
    DEFENDER_LOGIN_REQUEST,
    DEFENDER_LOGIN_REFUSED,
    DEFENDER_LOGIN_DOWN,
    DEFENDER_WRONG_TENANT,
    DEFENDER_ROLE_MISSING,
    DEFENDER_FORBIDDEN,
    DEFENDER_FEATURE_OFF,
    DEFENDER_DISALLOWED,
    DEFENDER_API_RETIRED,
    DEFENDER_TOKEN_REFUSED,
    DEFENDER_THROTTLED,
    DEFENDER_CALLS_QUOTA,
    DEFENDER_CPU_QUOTA,
    DEFENDER_QUERY_TOO_HEAVY,
    DEFENDER_RESULT_TOO_LARGE,
    DEFENDER_BAD_QUERY,
    DEFENDER_BAD_BODY,
    DEFENDER_BAD_VALUE,
    DEFENDER_NO_TABLE,
    DEFENDER_PAGE_TOO_LARGE,
    DEFENDER_BATCH_TOO_LARGE,
    DEFENDER_ACTION_RUNNING,
    DEFENDER_ACTION_OVER,
    DEFENDER_OS_UNSUPPORTED,
    DEFENDER_SENSOR_OLD,
    DEFENDER_NOT_FOUND,
    DEFENDER_NO_HOST,
    DEFENDER_SERVER,
    DEFENDER_PARTIAL,
    DEFENDER_FOREIGN_LINK,
    DEFENDER_BAD_ANSWER,
    DEFENDER_CLOCK,
    DEFENDER_ENDPOINT_OFF,
    DEFENDER_OUTDATED,
    DEFENDER_CAUSE_COUNT
};
extern const struct cause defender_causes[DEFENDER_CAUSE_COUNT];
/* Whom a failure concerns: this call alone, all calls of its family (a full quota), one API of the tenant (its other APIs go
 * on), or the tenant as a whole. */
enum error_scope { SCOPE_CALL, SCOPE_FAMILY, SCOPE_API, SCOPE_TENANT };
enum error_scope defender_scope(const struct cause *c);
/* Pure: status, headers and the first KiBs of an error body to an error. */
void defender_explain(const struct endpoint_row *row, const struct http_response *r, struct str body, struct err *e);
/* What a 206 lacks (DEFENDER_PARTIAL): a feed is not failed by it, but not whole either. */
void defender_explain_partial(const struct endpoint_row *row, const struct http_response *r, struct err *e);
void defender_explain_login(const struct http_response *r, struct str body, struct err *e);
/* Tables of docs/microsoft-errors.md; NULL behind the last. A login's error code ("AADSTS7000215" is 7000215), and what an
 * API's answer is known by: the first row that fits holds. */
struct login_code {
    int64_t code;
    int cause; /* DEFENDER_* */
};
const struct login_code *defender_login_code(unsigned nth);
enum { ANY_FAMILY = -1, HUNTING_FAMILIES = -2 };
struct api_error {
    int status;           /* exact; or a whole class, 4 or 5; or 0: any */
    int family;           /* enum api_family, or one of the above */
    const char *code;     /* of the error, any case; NULL: any */
    const char *contains; /* the message, any case; NULL: any */
    int cause;            /* DEFENDER_* */
};
const struct api_error *defender_api_error(unsigned nth);

#endif
