#include "cloud/defender/defender_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool defender_new(struct loop *l, const struct defender_opts *o, struct defender **out, struct err *e)
{
    uint64_t seed;
    struct defender *d = calloc(1, sizeof *d);
    if (d == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "making the defender room");
    d->loop = l;
    d->http = o->http;
    d->total_timeout_ms = o->total_timeout_ms;
    d->stall_timeout_ms = o->stall_timeout_ms;
    random_bytes(&seed, sizeof seed);
    rng_seed(&d->rng, seed);
    LIST_INIT(&d->logins);
    LIST_INIT(&d->fetches);
    *out = d;
    return true;
}

void defender_free(struct defender *d)
{
    if (d == NULL) return;
    while (!LIST_EMPTY(&d->fetches)) fetch_free(LIST_FIRST(&d->fetches));
    while (!LIST_EMPTY(&d->logins)) login_free(LIST_FIRST(&d->logins));
    free(d);
}

void defender_forget_tenant(struct defender *d, const char *tenant_id)
{
    struct token *t = token_find(d, tenant_id, AUD_GRAPH);
    if (t) login_free(t->login);
}

bool defender_roles(struct defender *d, const char *tenant_id, enum audience audience,
                    bool (*each)(void *arg, struct str role), void *arg)
{
    const struct token *t = token_find(d, tenant_id, audience);
    if (t == NULL || t->bearer == NULL) return false;
    struct str rest = buf_str(&t->roles);
    while (rest.n > 0)
        if (!each(arg, str_cut(&rest, '\n'))) break;
    return true;
}

bool url_encode(struct buf *out, struct str text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    bool ok = true;
    for (size_t i = 0; ok && i < text.n; i++)
        ok = text.p[i] != '\0' && strchr(plain, text.p[i]) ? buf_add_char(out, text.p[i])
                                                           : buf_addf(out, "%%%02X", (unsigned char)text.p[i]);
    return ok;
}

const char *request_id_header(char out[REQUEST_ID_BYTES])
{
    char guid[37];
    random_guid(guid);
    (void)snprintf(out, REQUEST_ID_BYTES, "client-request-id: %s", guid);
    return out;
}
