/* The room as a whole: made and freed, and what its tokens allow. */
#include "cloud/defender/defender_int.h"

#include <stdlib.h>

bool defender_new(struct loop *l, const struct defender_opts *o, struct defender **out, struct err *e)
{
    uint64_t seed;
    struct defender *d = calloc(1, sizeof *d);
    if (d == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "making the defender room");
    d->loop = l;
    d->http = o->http;
    d->response_http = o->response_http ? o->response_http : o->http;
    d->total_timeout_ms = o->total_timeout_ms;
    d->stall_timeout_ms = o->stall_timeout_ms;
    d->on_clock = o->on_clock;
    d->on_login = o->on_login;
    d->login_ctx = o->login_ctx;
    d->clock_ctx = o->clock_ctx;
    d->on_credential = o->on_credential;
    d->credential_ctx = o->credential_ctx;
    random_bytes(&seed, sizeof seed);
    rng_seed(&d->rng, seed);
    LIST_INIT(&d->logins);
    LIST_INIT(&d->fetches);
    LIST_INIT(&d->trials);
    *out = d;
    return true;
}

void defender_free(struct defender *d)
{
    if (d == NULL) return;
    while (!LIST_EMPTY(&d->fetches)) fetch_free(LIST_FIRST(&d->fetches));
    while (!LIST_EMPTY(&d->trials)) trial_free(LIST_FIRST(&d->trials));
    while (!LIST_EMPTY(&d->logins)) login_free(LIST_FIRST(&d->logins));
    free(d);
}

void defender_forget_tenant(struct defender *d, const char *tenant_id)
{
    struct login *l;
    while ((l = login_of_tenant(d, tenant_id, NULL)) != NULL) login_free(l);
}

bool defender_roles(struct defender *d, const char *tenant_id, enum audience audience,
                    bool (*each)(void *arg, struct str role), void *arg)
{
    bool has_token = false, go_on = true;
    for (struct login *l = NULL; go_on && (l = login_of_tenant(d, tenant_id, l)) != NULL;) {
        const struct token *t = &l->tokens[audience];
        struct str rest = t->bearer ? buf_str(&t->roles) : STR_NONE;
        has_token |= t->bearer != NULL;
        while (go_on && rest.n > 0) go_on = each(arg, str_cut(&rest, '\n'));
    }
    return has_token;
}

enum access defender_access(struct defender *d, const char *tenant_id, enum endpoint endpoint)
{
    const struct endpoint_row *row = &endpoint_rows[endpoint];
    const struct login *any = login_of_tenant(d, tenant_id, NULL);
    const struct app *app = any ? endpoint_app(any->tenant, row) : NULL;
    const struct token *t = token_find(d, tenant_id, app, row->audience);
    if (t == NULL || t->bearer == NULL) return ACCESS_UNKNOWN;
    if (*row->role == '\0' || token_has_role(t, str_of(row->role))) return ACCESS_GRANTED;
    return t->roles.n ? ACCESS_MISSING : ACCESS_NO_ROLES;
}
