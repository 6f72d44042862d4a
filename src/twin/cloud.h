/* twin: the simulator of Microsoft's end-points. This is its cloud model, pure: requests and the time come in as values,
 * answers go out as a status, headers and a body that is read piece by piece, so that 100 MB answers are never held. No
 * sockets, no clock, no globals: the same model runs behind the HTTP front (front.h) and inside a simulation.
 *
 * What exists is a function of (seed, scenario, time): rows and objects are drawn again whenever they are served, only a
 * sorted index of (Timestamp, row number) is kept per tenant and table. Asking never changes what exists; the only state
 * asking does change is throttling, statistics and the stream of drawn faults.
 *
 * Not thread-safe: a caller with several threads holds one lock around every call, cloud_body_read included.
 * Facts come from the API reference; sections are named where a rule is used. */
#ifndef TWIN_CLOUD_H
#define TWIN_CLOUD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"

struct cloud;
struct scenario; /* scenario.h */

/* Tokens are signed by whoever runs the model: RS256 in the program (keys.h), a keyed hash in a simulation. */
struct token_signer {
    bool (*sign)(void *ctx, bool is_v1, struct str payload_json, struct buf *token_out);
    bool (*verify)(void *ctx, struct str token, struct buf *payload_out); /* false: not ours, or changed */
    const char *(*jwk)(void *ctx);                                        /* public key as JSON, or NULL */
    void *ctx;
};
struct token_signer token_signer_plain(void); /* cheap; has the shape of a JWT but a keyed hash as signature */

struct cloud_opts {
    uint64_t seed;
    unsigned tenants;                /* 1 to CLOUD_TENANTS_MAX */
    const struct scenario *scenario; /* borrowed for the cloud's life */
    struct wall start;               /* second 0 of the scenario; back-history lies before it */
    struct token_signer signer;      /* sign == NULL: token_signer_plain() */
    const struct str
        *replay_texts;      /* parallel to the scenario's events, borrowed: files of its replay events; or NULL */
    double rows_per_second; /* over all tenants and tables; 0: as the scenario says */
};
enum { CLOUD_TENANTS_MAX = 5000 };

bool cloud_new(const struct cloud_opts *o, struct cloud **out, struct err *e);
void cloud_free(struct cloud *c); /* accepts NULL; its bodies must have been freed */

/* ---- one request, one answer ---------------------------------------------------------------------------------------- */
struct cloud_param {
    struct str name, value; /* decoded */
};
enum { CLOUD_PARAMS_MAX = 48 };
struct cloud_request {
    struct str method; /* "GET" */
    struct str path;   /* percent-decoded, without the query */
    struct cloud_param params[CLOUD_PARAMS_MAX];
    unsigned param_count;
    struct str base_url; /* what nextLinks begin with: "http://127.0.0.1:4711" */
    struct str authorization, content_type, client_request_id, prefer, accept; /* headers of interest; may be empty */
    struct str body;
};
/* "a=b&c=d" into params, percent-decoded into `a` (plus is a blank). false: too many or broken escapes. */
struct arena;
bool cloud_query_parse(struct arena *a, struct str query, struct cloud_request *q);

struct cloud_header {
    char name[32];
    char value[1200]; /* a Location is long */
};
enum { CLOUD_HEADERS_MAX = 10 };
struct cloud_body;
struct cloud_response {
    int status;
    const char *content_type;
    struct cloud_header headers[CLOUD_HEADERS_MAX]; /* Retry-After, request-id, Cache-Control, ... */
    unsigned header_count;
    uint32_t delay_ms;       /* the server thinks that long before the first byte */
    struct cloud_body *body; /* never NULL; the caller frees it */
};
const char *cloud_response_header(const struct cloud_response *r, const char *name); /* NULL: absent */

/* Answers any request, admin end-points under /twin/ included. Never fails: what is wrong becomes an error answer. */
void cloud_handle(struct cloud *c, const struct cloud_request *q, struct wall now, struct cloud_response *out);

/* Up to n bytes: > 0 bytes, 0 the end, or one of these. A body sees the model as it was at `now` of its request. */
enum {
    CLOUD_BODY_CUT = -1 /* the connection breaks here */,
    CLOUD_BODY_HANG = -2 /* open, but nothing comes any more */
};
ssize_t cloud_body_read(struct cloud_body *b, char *p, size_t n);
void cloud_body_free(struct cloud_body *b);                  /* accepts NULL */
uint32_t cloud_body_bytes_per_s(const struct cloud_body *b); /* 0: as fast as can be */
/* Reads to the end into `out`; false: cut, hanging or too long for `out`. */
bool cloud_body_all(struct cloud_body *b, struct buf *out);

/* ---- what exists, independently of what was asked for --------------------------------------------------------------- */
/* Feeds are called as sources are: the tables' names, then "alerts", "incidents", "machines" ... */
unsigned cloud_feed_count(void);
const char *cloud_feed_name(unsigned feed);
bool cloud_feed_find(struct str name, unsigned *feed_out);

struct cloud_tenant {
    const char *id, *domain, *name, *client_id, *client_secret, *expired_secret;
};
unsigned cloud_tenant_count(const struct cloud *c);
void cloud_tenant_get(const struct cloud *c, unsigned index, struct cloud_tenant *out); /* borrowed from the cloud */
bool cloud_feed_readable(const struct cloud *c, unsigned tenant, unsigned feed); /* by the tenant's roles and licence */
#define CLOUD_GRAPH_AUDIENCE "https://graph.microsoft.com"
#define CLOUD_ENDPOINT_AUDIENCE "https://api.securitycenter.microsoft.com"

/* Every row or object of a feed that exists at `now`, as the API serves it (objects: their last revision), one JSON text
 * each, in order of time. Ignores roles and every fault. `each` returns false to stop. */
void cloud_each(struct cloud *c, unsigned tenant, unsigned feed, struct wall now,
                bool (*each)(void *arg, struct str json), void *arg);
uint64_t cloud_count(struct cloud *c, unsigned tenant, unsigned feed, struct wall now);

/* From here on nothing new comes into being; returns the instant (the first call's, if called again). */
struct wall cloud_freeze(struct cloud *c, struct wall now);
/* Replace the drawn faults ("429=0.02,500=0.01,cut=0.01,hang=0.005,slow=0.01"; empty: none). */
bool cloud_set_faults(struct cloud *c, struct str spec, struct err *e);

/* Calls so far, for tests and /twin/stats. */
enum cloud_family {
    FAMILY_LOGIN,
    FAMILY_SECURITY,
    FAMILY_HUNTING,
    FAMILY_ENDPOINT,
    FAMILY_LIVE_RESPONSE,
    FAMILY_PACKAGE,
    FAMILY_XDR,
    FAMILY_SIEM,
    FAMILY_ENDPOINT_ALERTS,
    FAMILY_BATCH_UPDATE,
    FAMILY_ENDPOINT_HUNTING,
    FAMILY_XDR_HUNTING,
    FAMILY_IMPORT,
    FAMILY_BATCH, /* the envelope of a JSON batch; its parts count each in theirs */
    FAMILY_COUNT
};
struct cloud_stats {
    uint64_t calls, throttled, faulted, refused; /* refused: any other 4xx */
    uint64_t posts;                              /* no GET, refused ones too */
};
void cloud_stats_get(const struct cloud *c, unsigned tenant, enum cloud_family family, struct cloud_stats *out);

#endif
