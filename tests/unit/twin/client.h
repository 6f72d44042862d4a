/* A client of the cloud model, without sockets, under a clock that stands still until it is moved. */
#ifndef TESTS_TWIN_CLIENT_H
#define TESTS_TWIN_CLIENT_H

#include "kit/json/json.h"
#include "twin/cloud.h"
#include "twin/world/scenario.h"

struct client {
    struct cloud *cloud;
    struct scenario scenario;
    struct wall start, now;
    struct cloud_tenant tenant;       /* the one it speaks for: 0 at first */
    const char *accept;               /* NULL: nothing said */
    char graph[4096], endpoint[4096]; /* "Bearer ..." */
    /* the last answer */
    struct cloud_response response;
    int status;
    bool is_whole;
    struct buf body;
    struct arena arena; /* of the last answer's tree */
    const struct json *json;
};

/* A cloud of `tenants` tenants out of the scenario's text; logs tenant 0 in. Aborts the test on any error. */
void client_open(struct client *c, const char *scenario_yaml, unsigned tenants, uint64_t seed);
void client_close(struct client *c);
void client_become(struct client *c, unsigned tenant); /* and logs in, for as far as it can */
/* "Bearer ..." for a resource, empty when the login refuses; the answer stays to be looked at. */
void client_token(struct client *c, const char *resource, char *out, size_t size);
void client_wait(struct client *c, int64_t ms);
/* `target` is path?query, encoded. Fills status, body, json (NULL when it is none). */
int client_call(struct client *c, const char *method, const char *target, const char *authorization, const char *body);
int client_get(struct client *c, const char *target); /* with the Graph token, or the Endpoint one under /api */
int client_hunt(struct client *c, const char *query);
const char *client_error(struct client *c);              /* error.code */
const char *client_message(struct client *c);            /* error.message */
size_t client_count(struct client *c, const char *list); /* elements of value or results */

#endif
