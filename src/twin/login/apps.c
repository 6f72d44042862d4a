#include "twin/login/apps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/causes.h"
#include "twin/world/draw.h"

enum { LABEL_ID = 11, LABEL_SECRET, LABEL_EXPIRED };

/* What must be percent-encoded occurs. */
static void draw_secret(uint64_t seed, uint64_t label, char out[48])
{
    char tail[33];
    draw_hex(seed, label, tail, 32);
    (void)snprintf(out, 48, "Qx8~%s+/=", tail);
}

void app_init(struct twin_app *a, uint64_t seed)
{
    *a = (struct twin_app){.certificate_count = 0};
    draw_guid(seed, LABEL_ID, a->client_id);
    draw_secret(seed, LABEL_SECRET, a->client_secret);
    draw_secret(seed, LABEL_EXPIRED, a->expired_secret);
}

void app_done(struct twin_app *a)
{
    for (unsigned i = 0; i < a->certificate_count; i++) cert_free(a->certificates[i].cert);
    for (unsigned i = 0; i < a->redirect_count; i++) free(a->redirects[i]);
}

bool app_add_certificate(struct twin_app *a, struct str pem, struct err *e)
{
    struct app_certificate *c = &a->certificates[a->certificate_count];
    if (a->certificate_count == APP_CERTIFICATES_MAX)
        return err_set(e, &twin_causes[TWIN_FULL], "the application has %d certificates already", APP_CERTIFICATES_MAX);
    if (!cert_from_pem(pem, &c->cert, e)) return false;
    cert_facts_get(c->cert, &c->facts);
    a->certificate_count++;
    return true;
}

bool app_add_redirect(struct twin_app *a, struct str uri, struct err *e)
{
    if (a->redirect_count == APP_REDIRECTS_MAX || uri.n >= APP_REDIRECT_BYTES)
        return err_set(e, &twin_causes[TWIN_FULL],
                       "the application has %u redirect URIs already, or this one is too long", a->redirect_count);
    char *copy = str_dup(uri);
    if (copy == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "no memory for a redirect URI");
    a->redirects[a->redirect_count++] = copy;
    return true;
}

/* ---- consent --------------------------------------------------------------------------------------------------------- */
void grant_give(struct grant *g, role_set roles, struct wall now, struct wall since)
{
    *g = (struct grant){.was_given = grant_holds(g, now),
                        .before = grant_roles(g, now),
                        .is_given = true,
                        .roles = roles,
                        .since = since};
}

bool grant_holds(const struct grant *g, struct wall now)
{
    return now.ticks >= g->since.ticks ? g->is_given : g->was_given;
}

role_set grant_roles(const struct grant *g, struct wall now)
{
    return now.ticks >= g->since.ticks ? g->roles : g->before;
}
