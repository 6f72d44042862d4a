/* Inside the twin: the model's parts as its files see them. */
#ifndef TWIN_CLOUD_INT_H
#define TWIN_CLOUD_INT_H

#include <limits.h>

#include "kit/json/json.h"
#include "kit/sys/random.h"
#include "twin/cloud.h"
#include "twin/login/access.h"
#include "twin/login/apps.h"
#include "twin/world/objects.h"
#include "twin/world/table.h"

/* Fixed windows, as the services count: calls since the minute and the hour began. */
struct throttle {
    struct wall minute, hour; /* when they began */
    unsigned in_minute, in_hour;
};
struct run_time { /* seconds that queries took since the hour and the day began */
    struct wall hour, day;
    double in_hour, in_day;
};
struct twin_tenant {
    struct world world;
    struct twin_app app;
    unsigned lacks; /* of enum tenant_lack */
    role_set roles; /* what its registration asks for; grants hold what the tenant gave of it */
    enum tenant_consent consent;
    int64_t consent_delay_ms;
    struct grant own_grant, shared_grant; /* to its own application, to the multi-tenant one */
    enum refusal refusal;
    enum licence licence;
    unsigned token_error; /* AADSTS number its logins are answered with; 0: none */
    struct variants variants;
    uint64_t byte_cap;
    bool expand_fails, is_partial;
    uint64_t preempt_above;     /* rows a query may read; 0: any */
    double cpu_share, cpu_used; /* of hunting, in seconds a quarter of an hour; share < 0: no end */
    struct wall cpu_since;
    struct action_book *actions; /* made with the first POST; NULL: none */
    struct action_world action_world;
    struct indicator_book *indicators;
    struct made_alerts *made;
    struct run_time run_time;
    struct table tables[TABLE_COUNT];
    struct changes changes;
    struct throttle throttles[FAMILY_COUNT];
    struct throttle incident_throttle; /* where incidents have a limit of their own */
    struct cloud_stats stats[FAMILY_COUNT];
};
struct cloud {
    struct cloud_opts opts;
    struct rng ids, lots; /* request ids; drawn faults */
    struct fault_rates faults;
    int64_t ahead_ticks; /* of the caller's clock: POST /twin/clock moved it on */
    bool is_frozen;
    struct wall frozen_at;
    struct wall seen_at;        /* the latest time of a request */
    struct twin_app shared_app; /* the multi-tenant one */
    struct twin_app disabled_app;
    char foreign_tenant_id[37]; /* a tenant of another cloud */
    struct twin_tenant *tenants;
    struct replay replays[SCENARIO_EVENTS_MAX]; /* parallel to the scenario's events */
};

/* What counts together against limits, and the limits where the scenario has none of its own (section 9.2). */
struct family_row {
    const char *name;                    /* in /twin/stats */
    bool is_graph;                       /* its errors come in Graph's envelope */
    unsigned per_minute, per_hour;       /* 0: no limit */
    size_t minute_setting, hour_setting; /* offsets in struct scenario that win; 0: none */
};
extern const struct family_row twin_families[FAMILY_COUNT];

/* One exchange on its way through the model. */
struct exchange {
    struct cloud *cloud;
    const struct cloud_request *q;
    struct cloud_response *out;
    struct wall now;   /* the clock: throttling, tokens */
    struct wall as_of; /* what exists: now, or the instant of the freeze */
    struct wall clock; /* what Microsoft's clocks show: now and the skew */
    struct twin_tenant *tenant;
    enum cloud_api api; /* whose token the call needs, and in whose words it fails */
    role_set roles;     /* what the token says */
    char client_id[37]; /* whose token it is */
    enum cloud_family family;
    int what;        /* what the route says of its kind: an object_kind, an action_type */
    bool of_machine; /* a listing is only of this one */
    unsigned machine;
    struct str args; /* between the parentheses of a path like findbyip(...) */
    bool is_beta;
    char request_id[37];
    char correlation_id[37]; /* of a login */
};
struct estate estate_of(const struct cloud *c, const struct twin_tenant *t);
/* The tenant's choices; before the tenant is known, the scenario's. */
const struct variants *exchange_variants(const struct exchange *x);
bool app_is_single_tenant(const struct cloud *c, struct str client_id);    /* some tenant's own */
role_set tenant_roles(const struct cloud *c, const struct twin_tenant *t); /* in force, through either application */
struct wall existing_at(const struct cloud *c, struct wall now);
struct twin_tenant *tenant_by_id(struct cloud *c, struct str id_or_domain); /* NULL: none */
/* ---- what a tenant's licence and roles let us have (feeds.c) ---------------------------------------------------------- */
bool tenant_has_table(const struct twin_tenant *t, enum table_id id); /* by its licence */
bool table_is_of_endpoint(struct str name);                           /* can the Endpoint API's hunting reach it? */
enum object_kind feed_kind(unsigned feed);                            /* of a feed that is no table */
const struct cloud_param *exchange_param(const struct exchange *x, const char *name);

/* ---- answers (answer.c) ---------------------------------------------------------------------------------------------- */
struct body_ops {
    ssize_t (*read)(void *ctx, char *p, size_t n); /* as cloud_body_read */
    void (*free)(void *ctx);
};
void answer_body(struct exchange *x, int status, const struct body_ops *ops, void *ctx);        /* owns ctx */
void answer_bytes(struct exchange *x, int status, const char *content_type, struct buf *bytes); /* takes the bytes */
void answer_header(struct exchange *x, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void answer_ok(struct exchange *x); /* {"status":"ok"} */
/* What an administrator changes (admin_access.c). */
void admin_grant(struct exchange *x);
void admin_secret(struct exchange *x);
void admin_licence(struct exchange *x);
void admin_make_alert(struct exchange *x);
void admin_merge(struct exchange *x);
void answer_graph_error(struct exchange *x, int status, const char *code, const char *message);
void answer_endpoint_error(struct exchange *x, int status, const char *code, const char *message);
/* In the envelope of the family. */
void answer_error(struct exchange *x, int status, const char *code, const char *message);
/* How this answer goes wrong on its way: after some bytes of at most `length` it breaks or hangs. */
void answer_spoil(struct exchange *x, enum fault fault, uint64_t length);

/* ---- steps (each answers and returns false when the request ends there) ---------------------------------------------- */
bool is_partial(const struct exchange *x);               /* does one provider fail now? */
bool run_time_check(struct exchange *x, double seconds); /* of hunting through the Endpoint API */
bool cpu_check(struct exchange *x);                      /* hunting: the tenant's share of CPU */
bool throttle_check(struct exchange *x);                 /* limits, storms, outages, drawn 429s and 5xx */
enum fault spoiling_fault(struct exchange *x);           /* CUT, HANG, SLOW or NONE for an answer that is fine so far */

void route_handle(struct exchange *x);
bool login_handle(struct exchange *x, struct str tenant, struct str rest); /* false: no such end-point */
void patch_handle(struct exchange *x, struct str id);
void comment_handle(struct exchange *x, struct str id);
void batch_handle(struct exchange *x, struct str id);
void registration_handle(struct exchange *x, struct str none);
void hunting_handle(struct exchange *x, struct str none);
void collection_handle(struct exchange *x, struct str id); /* of x->what; id empty: the list */
void action_order_handle(struct exchange *x, struct str machine);
void action_cancel_handle(struct exchange *x, struct str id);
void action_package_handle(struct exchange *x, struct str id);
void action_result_handle(struct exchange *x, struct str id);
/* What is written through an API, from x->now on (writes.c). */
void write_change(struct exchange *x, enum object_kind kind, uint64_t number, enum object_text what, struct str text,
                  struct str author);
struct str author_of(const struct exchange *x); /* of a comment */
void siem_handle(struct exchange *x, struct str none);
void alert_create_handle(struct exchange *x, struct str none);
void alert_patch_handle(struct exchange *x, struct str id);
void alert_batch_handle(struct exchange *x, struct str none);
void alert_related_handle(struct exchange *x, struct str id);
void alert_machine_handle(struct exchange *x, struct str id);
void alert_user_handle(struct exchange *x, struct str id);
void machine_by_ip_handle(struct exchange *x, struct str none);
void machine_by_tag_handle(struct exchange *x, struct str none);
void machine_tag_handle(struct exchange *x, struct str id);
void machine_alerts_handle(struct exchange *x, struct str id);
void machine_alert_count_handle(struct exchange *x, struct str id);
void machine_users_handle(struct exchange *x, struct str id);
void machine_inventory_handle(struct exchange *x, struct str id);
void indicator_post_handle(struct exchange *x, struct str none);
void indicator_import_handle(struct exchange *x, struct str none);
void indicator_delete_handle(struct exchange *x, struct str id);
void indicator_batch_delete_handle(struct exchange *x, struct str none);
void action_file_handle(struct exchange *x);
void action_devices_write(struct exchange *x, struct json_writer *w);
void admin_handle(struct exchange *x, struct str what);

/* ---- hunting's source of rows (source.c) ------------------------------------------------------------------------------ */
struct hunt_view { /* a table as the tenant sees it */
    struct hunt_view *next;
    struct table *table;
    unsigned time_column; /* UINT_MAX: none */
    unsigned count;
    struct kql_column columns[TABLE_COLUMNS_MAX];
    struct table_column cells[TABLE_COLUMNS_MAX]; /* parallel to columns */
    int64_t since[TABLE_COLUMNS_MAX];             /* likewise: empty in rows before */
};
struct hunt_source {
    struct kql_source source;
    struct cloud *cloud;
    struct twin_tenant *tenant;
    struct wall as_of;
    bool is_dump;           /* licences and renamed tables do not matter */
    bool of_endpoint;       /* knows the tables of Defender for Endpoint only */
    unsigned style, cleans; /* DIRT_ bits that the tenant's variants ask for, and that they forbid */
    bool objects;           /* AdditionalFields are objects wherever they stand */
    struct row row;         /* the one looked at last */
    const struct table *row_table;
    uint64_t row_id;
    uint64_t scanned;        /* rows so far */
    bool is_preempted;       /* more than the tenant may */
    struct hunt_view *views; /* of the tables a query named; their addresses are kql's handles */
};
void hunt_source_init(struct hunt_source *s, struct cloud *c, struct twin_tenant *t, struct wall as_of);
void hunt_source_done(struct hunt_source *s);
/* One row of a query as an answer's object. */
void hunt_write_row(struct hunt_source *s, const struct hunt_view *view, struct kql_row_ref ref,
                    const struct kql_query *q, const struct kql_value *values, struct buf *out);

#endif
