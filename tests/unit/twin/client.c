#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

void client_token(struct client *c, const char *resource, char *out, size_t size)
{
    char target[200], body[600];
    out[0] = '\0';
    (void)snprintf(target, sizeof target, "/%s/oauth2/v2.0/token", c->tenant.id);
    struct buf secret; /* it holds what must be encoded */
    buf_init(&secret, 400);
    for (const char *p = c->tenant.client_secret; *p; p++) buf_addf(&secret, "%%%02x", (unsigned char)*p);
    (void)snprintf(body, sizeof body, "grant_type=client_credentials&client_id=%s&client_secret=%s&scope=%s/.default",
                   c->tenant.client_id, buf_cstr(&secret), resource);
    buf_done(&secret);
    if (client_call(c, "POST", target, "", body) != 200) return;
    struct str token = json_str(json_get(c->json, "access_token"), STR_NONE);
    (void)snprintf(out, size, "Bearer %.*s", STR_ARG(token));
}

void client_become(struct client *c, unsigned tenant)
{
    cloud_tenant_get(c->cloud, tenant, &c->tenant);
    client_token(c, CLOUD_GRAPH_AUDIENCE, c->graph, sizeof c->graph);
    client_token(c, CLOUD_ENDPOINT_AUDIENCE, c->endpoint, sizeof c->endpoint);
}

void client_open(struct client *c, const char *scenario_yaml, unsigned tenants, uint64_t seed)
{
    struct err e = {.text = ""};
    *c = (struct client){.cloud = NULL};
    if (!scenario_parse(str_of(scenario_yaml), "test", &c->scenario, &e)) fail_msg("%s", e.text);
    assert_true(wall_parse(STR("2026-06-01T12:00:00Z"), &c->start));
    c->now = c->start;
    struct cloud_opts o = {.seed = seed, .tenants = tenants, .scenario = &c->scenario, .start = c->start};
    if (!cloud_new(&o, &c->cloud, &e)) fail_msg("%s", e.text);
    buf_init(&c->body, 256 << 20);
    arena_init(&c->arena, 256 << 20);
    client_become(c, 0);
}

void client_close(struct client *c)
{
    cloud_free(c->cloud);
    buf_done(&c->body);
    arena_done(&c->arena);
}

void client_wait(struct client *c, int64_t ms)
{
    c->now = wall_add(c->now, ms * WALL_TICKS_PER_MS);
}

int client_call(struct client *c, const char *method, const char *target, const char *authorization, const char *body)
{
    struct str query = str_of(target), path = str_cut(&query, '?');
    struct cloud_request q = {.method = str_of(method),
                              .path = path,
                              .base_url = STR("http://twin"),
                              .authorization = str_of(authorization),
                              .prefer = STR("include-unknown-enum-members"),
                              .accept = str_of(c->accept),
                              .body = str_of(body)};
    struct arena a;
    struct err e;
    arena_init(&a, 1 << 20);
    assert_true(cloud_query_parse(&a, query, &q));
    cloud_handle(c->cloud, &q, c->now, &c->response);
    c->status = c->response.status;
    buf_reset(&c->body);
    c->is_whole = cloud_body_all(c->response.body, &c->body);
    cloud_body_free(c->response.body);
    arena_done(&a);
    arena_reset(&c->arena);
    c->json = c->is_whole && c->body.n ? json_parse(&c->arena, buf_str(&c->body), &e) : NULL;
    return c->status;
}

int client_get(struct client *c, const char *target)
{
    return client_call(c, "GET", target, str_starts(str_of(target), STR("/api")) ? c->endpoint : c->graph, "");
}

int client_hunt(struct client *c, const char *query)
{
    struct buf body;
    struct json_writer w;
    buf_init(&body, 1 << 20);
    json_writer_init(&w, &body);
    json_object_begin(&w);
    json_key(&w, "Query");
    json_write_cstr(&w, query);
    json_object_end(&w);
    int status = client_call(c, "POST", "/v1.0/security/runHuntingQuery", c->graph, buf_cstr(&body));
    buf_done(&body);
    return status;
}

static const char *member(struct client *c, const char *path)
{
    char *text = arena_copy(&c->arena, json_str(json_path(c->json, path), STR("")).p,
                            json_str(json_path(c->json, path), STR("")).n);
    return text ? text : "";
}

const char *client_error(struct client *c)
{
    return member(c, "error.code");
}

const char *client_message(struct client *c)
{
    return member(c, "error.message");
}

size_t client_count(struct client *c, const char *list)
{
    const struct json *l = json_get(c->json, list);
    assert_non_null(l);
    return l->count;
}
