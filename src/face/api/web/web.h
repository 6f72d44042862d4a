/* The HTTP listener of `serve`: the API, health and metrics, and pages that people's browsers are sent to.
 *
 * Routes are rows: method, path, handler, and whether it answers without a login. A room that adds pages writes a table of
 * its own and lists it in web_routes.c; operations have their method and path in their own row (`rest`) and need nothing
 * here. Each request has a thread: a handler may block, read the store and hash. What a handler replies goes out with the
 * headers that keep browsers safe; a failure goes out as application/problem+json with the cause's code. */
#ifndef FACE_API_WEB_H
#define FACE_API_WEB_H

#include "face/api/operation.h"
#include "face/api/web/web_target.h"

struct conf;
struct http_exchange;
struct web_call;

struct web_route {
    const char *method; /* "GET" (answers HEAD too), "POST", ... NULL: the table ends here */
    const char *path;   /* "/consent/callback", "/api/v1/sessions/{id}": {name} is one segment, not empty */
    bool is_open;       /* answers strangers; otherwise `by` is who is logged in, and strangers are answered 401 */
    void (*handle)(struct web_call *c);
};
extern const struct web_route *const web_route_tables[]; /* ends with NULL */
extern const struct web_route health_routes[];
extern const struct web_route onboarding_routes[];
extern const struct web_route openapi_routes[];

/* One request, as its handler sees it. */
struct web_call {
    struct installation *installation;
    const struct engine_ops *engine;
    struct http_exchange *x;    /* for what is not here: cloud/net/server.h; replies go through web_… alone */
    const struct principal *by; /* NULL on an open route where nobody is logged in */
    struct arena *arena;        /* for the call's own small things */
    const struct web *web;
    const struct operation *op;    /* of a route made from an operation's row */
    const struct web_route *route; /* NULL with `op` */
    struct web_target target;      /* decoded path and query */
    bool is_one;                   /* of `op`, a list, what the path names */
    const char *pattern;           /* the path of the row */
    const char *method;            /* "GET" for HEAD */
    const char *policy;            /* Content-Security-Policy; NULL: nothing is loaded, nothing frames it */
};

/* What came in. Texts are decoded, UTF-8, without control characters. p == NULL: it is not there. */
struct str web_segment(const struct web_call *c, const char *name); /* {name} of the path */
struct str web_query(const struct web_call *c, const char *name);   /* the first of that name */
struct str web_cookie(const struct web_call *c, const char *name);  /* as it was sent */
struct str web_form(const struct web_call *c, const char *name);    /* of a body of application/x-www-form-urlencoded */
/* The body, an object: Content-Type must be application/json. NULL: refused already, with a problem (415, 400). */
const struct json *web_body_json(struct web_call *c);
bool web_is_tls(const struct web_call *c); /* the listener's own TLS, or public_url says https */

/* What goes out, once. */
void web_header(struct web_call *c, const char *name, const char *value);
void web_json(struct web_call *c, int status, struct str json);
void web_text(struct web_call *c, int status, struct str text);
void web_bytes(struct web_call *c, int status, struct str bytes, const char *content_type);
void web_html(struct web_call *c, int status, struct str html); /* set `policy` first for styles or scripts */
void web_redirect(struct web_call *c, const char *location);    /* 303 */
/* application/problem+json: code, kind, remedy and text of `e`; the status fits its cause (operation_status). */
void web_problem(struct web_call *c, const struct err *e);
void web_problem_as(struct web_call *c, int status, const struct err *e);

/* "https://portcullis.example": public_url, else the listener's own address; no slash at the end.
 * false: there is no listener, or its port is not known from the settings (0). */
bool web_base_url(const struct conf *c, char *out, size_t out_size);

/* ---- the listener itself ---------------------------------------------------------------------------------------------- */
struct web_opts {
    struct installation *installation;
    const struct engine_ops *engine;
    /* Who is it? Fills `out`, or `e` with why not (its status goes to the client, unless the route is open and `is_absent` is
     * set: then nobody tried to log in). NULL: nobody can. Texts of `out` may lie in c->arena. */
    bool (*who)(struct web_call *c, struct principal *out, bool *is_absent, struct err *e);
    void (*tell)(const char *line); /* a line for whoever watches the service: where it listens, a new certificate */
};
struct web;
/* Never fails for want of a port or a certificate: that is told, and tried again every ten seconds; guarding goes on
 * meanwhile. NULL with no error set: `listen: off`. */
bool web_start(const struct web_opts *o, struct web **out, struct err *e);
void web_reload(struct web *w); /* SIGHUP: certificate and key are read anew, changed or not; accepts NULL */
void web_stop(struct web *w);   /* waits for what is being answered; accepts NULL */

#endif
