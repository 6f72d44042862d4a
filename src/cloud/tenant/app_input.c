/* Apps and credentials as people give them, checked. */
#include <stdio.h>
#include <string.h>

#include "cloud/tenant/permissions.h"
#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"
#include "state/store/apps.h"

enum { CERTIFICATE_DAYS = 365, AHEAD_DAYS_MAX = 3650, PEM_BYTES_MAX = 64 << 10 };

/* ---- what an app is for ----------------------------------------------------------------------------------------------------- */

const char *bundle_of_role(enum audience audience, struct str role)
{
    enum bundle b = perm_bundle(audience, role);
    return b == BUNDLE_NONE ? NULL : bundle_names[b];
}

bool bundles_have(const char *bundles, const char *bundle)
{
    struct str rest = str_of(bundles);
    while (rest.n)
        if (str_eq_nocase(str_cut(&rest, ','), str_of(bundle))) return true;
    return false;
}

static bool input_bundles(const char *text, char out[NAME_BYTES], struct err *e)
{
    struct str rest = str_of(text ? text : "");
    size_t n = 0;
    out[0] = '\0';
    while (rest.n) {
        struct str one = str_trim(str_cut(&rest, ','));
        enum bundle found;
        if (one.n == 0) continue;
        if (!bundle_find(one, &found) || found == BUNDLE_NONE)
            return err_set(e, &tenant_causes[APP_BAD_BUNDLE], "there is no set \"%.*s\"", STR_ARG(str_sub(one, 0, 40)));
        const char *bundle = bundle_names[found];
        if (bundles_have(out, bundle)) continue;
        int wrote = snprintf(out + n, NAME_BYTES - n, "%s%s", n ? "," : "", bundle);
        if (wrote < 0 || (size_t)wrote >= NAME_BYTES - n)
            return err_set(e, &tenant_causes[APP_BAD_BUNDLE], "these are too many: leave the list out for everything");
        n += (size_t)wrote;
    }
    return true;
}

/* ---- the end of a secret -------------------------------------------------------------------------------------------------- */

static bool input_expiry(struct wall now, const char *text, struct wall *out, struct err *e)
{
    const struct cause *bad = &tenant_causes[APP_BAD_EXPIRY];
    struct str s = str_trim(str_of(text));
    struct wall until;
    int64_t ms;
    if (duration_parse(s, &ms))
        until = wall_add(now, ms < INT64_MAX / WALL_TICKS_PER_MS ? ms * WALL_TICKS_PER_MS : INT64_MAX);
    else if (!wall_parse(s, &until))
        return err_set(e, bad, "the end is neither a date nor a duration");
    if (until.ticks <= now.ticks) return err_set(e, bad, "the end is not ahead");
    if (until.ticks > now.ticks + AHEAD_DAYS_MAX * WALL_TICKS_PER_DAY)
        return err_set(e, bad, "the end is more than ten years ahead");
    *out = until;
    return true;
}

/* ---- credentials ---------------------------------------------------------------------------------------------------------- */

static bool bad_certificate(struct err *e, const char *why)
{
    return err_set(e, &tenant_causes[APP_BAD_CERTIFICATE], "%s", why);
}

/* Key and certificate of one PEM text, both ours to free. */
static bool read_pem(struct str pem, struct rsa_key **key_out, struct cert **cert_out, struct err *e)
{
    struct err detail;
    struct rsa_key *key = NULL;
    struct cert *cert = NULL;
    if (pem.n > PEM_BYTES_MAX) return bad_certificate(e, "the PEM text is far too long");
    if (!cert_from_pem(pem, &cert, &detail)) return bad_certificate(e, detail.text);
    bool ok = rsa_key_from_pem(pem, &key, &detail) || bad_certificate(e, detail.text);
    ok = ok && (cert_is_of_key(cert, key) || bad_certificate(e, "the certificate was made for another key"));
    if (ok) {
        *key_out = key;
        *cert_out = cert;
        return true;
    }
    rsa_key_free(key);
    cert_free(cert);
    return false;
}

static bool is_in_force(const struct cert *cert, struct wall now, struct err *e)
{
    struct cert_facts facts;
    char until[11];
    cert_facts_get(cert, &facts);
    wall_format_day(facts.until, until);
    if (facts.until.ticks <= now.ticks)
        return err_set(e, &tenant_causes[APP_CERTIFICATE_OVER], "the certificate ended on %s", until);
    return facts.from.ticks <= now.ticks + WALL_TICKS_PER_DAY ||
           err_set(e, &tenant_causes[APP_CERTIFICATE_OVER], "the certificate begins later than tomorrow");
}

static bool check_pem(struct str pem, struct wall now, struct err *e)
{
    struct rsa_key *key;
    struct cert *cert;
    if (!read_pem(pem, &key, &cert, e)) return false;
    bool ok = is_in_force(cert, now, e);
    rsa_key_free(key);
    cert_free(cert);
    return ok;
}

bool credential_input_check(struct store *s, const struct credential_input *in, struct err *e)
{
    struct str secret;
    char key_id[GUID_BYTES];
    struct wall until, now = store_now(s);
    if ((in->secret.p != NULL) + (in->pem.p != NULL) + in->make_certificate != 1)
        return err_set(e, &tenant_causes[APP_NO_APP], "give one of a secret, a certificate, and one made here");
    bool is_dated = in->expires && in->expires[0], has_id = in->key_id && in->key_id[0];
    if ((is_dated || has_id) && in->secret.p == NULL)
        return err_set(e, &tenant_causes[APP_BAD_EXPIRY], "a certificate says itself when it ends, and which it is");
    return (!is_dated || input_expiry(now, in->expires, &until, e)) &&
           (!has_id || input_guid(in->key_id, "the secret's id", &tenant_causes[TENANT_BAD_SECRET], key_id, e)) &&
           (in->secret.p == NULL || input_secret(in->secret, &secret, e)) &&
           (in->pem.p == NULL || check_pem(in->pem, now, e));
}

/* The record of a certificate, its public part and its private key. */
static bool describe_certificate(struct str pem, struct credential_record *r, struct buf *cert_pem, struct buf *key_pem,
                                 struct err *e)
{
    struct rsa_key *key;
    struct cert *cert;
    struct cert_facts facts;
    if (!read_pem(pem, &key, &cert, e)) return false;
    cert_facts_get(cert, &facts);
    cert_thumbprints(cert, r->sha1, r->sha256);
    r->kind = CREDENTIAL_CERTIFICATE;
    r->expires = facts.until;
    r->expires_from = EXPIRY_CERTIFICATE;
    bool ok = cert_to_pem(cert, cert_pem, e) && rsa_key_to_pem(key, key_pem, e);
    rsa_key_free(key);
    cert_free(cert);
    return ok;
}

static bool make_certificate(const struct app_record *app, struct wall now, struct buf *pem, struct err *e)
{
    char name[65];
    struct buf cert;
    buf_init(&cert, 0);
    (void)str_copy(str_sub(str_of(app->client_id), 0, 36), name, sizeof name);
    bool ok = cert_make_client(name, now, CERTIFICATE_DAYS, pem, &cert, e) &&
              (buf_add_str(pem, buf_str(&cert)) || err_set(e, &base_causes[BASE_NO_MEMORY], "making a certificate"));
    buf_done(&cert);
    return ok;
}

static bool describe_secret(struct wall now, const struct credential_input *in, struct credential_record *r,
                            struct str *secret_out, struct err *e)
{
    r->kind = CREDENTIAL_SECRET;
    if (!input_secret(in->secret, secret_out, e)) return false;
    if (in->key_id && in->key_id[0] &&
        !input_guid(in->key_id, "the secret's id", &tenant_causes[TENANT_BAD_SECRET], r->key_id, e))
        return false;
    if (in->expires == NULL || in->expires[0] == '\0') return true;
    r->expires_from = EXPIRY_ENTERED;
    return input_expiry(now, in->expires, &r->expires, e);
}

static void wipe(struct buf *b)
{
    if (b->p) seal_wipe(b->p, b->cap);
    buf_done(b);
}

static bool store_new(struct store *s, struct credential_record *r, struct str secret, struct str certificate,
                      struct err *e)
{
    return store_credential_put(s, r, e) && store_secret_put(s, r->sealed_as, secret, e) &&
           (certificate.n == 0 || store_certificate_put(s, r->id, certificate, e));
}

static bool put_one(struct store *s, const struct app_record *app, const struct credential_input *in,
                    struct credential_record *r, struct err *e)
{
    struct wall now = store_now(s);
    struct str secret = STR_NONE;
    struct buf made, cert_pem, key_pem;
    buf_init(&made, 0);
    buf_init(&cert_pem, 0);
    buf_init(&key_pem, 0);
    bool ok = !in->make_certificate || make_certificate(app, now, &made, e);
    if (ok && in->secret.p)
        ok = describe_secret(now, in, r, &secret, e);
    else if (ok)
        ok = describe_certificate(in->pem.p ? in->pem : buf_str(&made), r, &cert_pem, &key_pem, e);
    r->is_old_form = in->is_old_form && r->kind == CREDENTIAL_CERTIFICATE;
    ok = ok && store_new(s, r, r->kind == CREDENTIAL_SECRET ? secret : buf_str(&key_pem), buf_str(&cert_pem), e);
    wipe(&made);
    wipe(&key_pem);
    buf_done(&cert_pem);
    return ok;
}

/* The one that gives way: of the two states in question there is one each. */
static bool retire_in(struct store *s, int64_t app_id, enum credential_state state, struct err *e)
{
    struct credential_record before;
    bool found;
    return credential_find(s, app_id, state, &before, &found, e) &&
           (!found || store_credential_retire(s, before.id, e));
}

bool credential_put(struct store *s, const struct app_record *app, const struct credential_input *in, bool at_once,
                    struct credential_record *out, struct err *e)
{
    struct credential_record active, r = {.app_id = app->id};
    bool has_active;
    if (!credential_input_check(s, in, e) || !credential_find(s, app->id, CREDENTIAL_ACTIVE, &active, &has_active, e))
        return false;
    r.state = at_once || !has_active ? CREDENTIAL_ACTIVE : CREDENTIAL_NEXT;
    if (!retire_in(s, app->id, r.state, e) || !put_one(s, app, in, &r, e)) return false;
    if (out) *out = r;
    return true;
}

bool credential_describe(struct store *s, const struct credential_record *r, const char *expires, const char *key_id,
                         struct err *e)
{
    struct credential_record now = *r;
    if (key_id && !input_guid(key_id, "the secret's id", &tenant_causes[TENANT_BAD_SECRET], now.key_id, e))
        return false;
    if (expires && !input_expiry(store_now(s), expires, &now.expires, e)) return false;
    if (expires) now.expires_from = EXPIRY_ENTERED;
    return store_credential_put(s, &now, e);
}

/* ---- apps ------------------------------------------------------------------------------------------------------------------- */

static bool input_app_name(const char *text, char out[NAME_BYTES], struct err *e)
{
    struct err why;
    if (!input_name(text ? text : "", "the app's name", out, &why))
        return err_set(e, &tenant_causes[APP_BAD_NAME], "%s", why.text);
    return strchr(out, ',') == NULL || err_set(e, &tenant_causes[APP_BAD_NAME], "the app's name holds a comma");
}

static bool input_home(const char *text, char out[GUID_BYTES], struct err *e)
{
    if (text && text[0]) return input_guid(text, "the app's home tenant", &tenant_causes[TENANT_BAD_ID], out, e);
    out[0] = '\0';
    return true;
}

static bool put_app(struct store *s, struct app_record *r, struct err *e)
{
    if (store_app_put(s, r, e)) return true;
    if (e && e->cause == &store_causes[STORE_EXISTS])
        err_set(e, &tenant_causes[APP_EXISTS], "there is an app \"%s\", or one with the client id %s, already", r->name,
                r->client_id);
    return false;
}

bool app_put(struct store *s, const struct app_input *in, struct app_record *out, struct err *e)
{
    struct app_record r = {.is_multi_tenant = in->is_multi_tenant};
    bool ok = input_app_name(in->name, r.name, e) && input_home(in->home_tenant, r.home_tenant, e) &&
              input_client_id(in->client_id, r.home_tenant, r.client_id, e) &&
              input_bundles(in->bundles, r.bundles, e) && put_app(s, &r, e) &&
              (!credential_is_given(&in->credential) || credential_put(s, &r, &in->credential, true, NULL, e));
    if (ok) *out = r;
    return ok;
}

bool app_add(struct store *s, const struct app_input *in, struct app_record *out, struct err *e)
{
    if (!store_begin(s, e)) return false;
    if (app_put(s, in, out, e)) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool credential_add(struct store *s, const struct app_record *app, const struct credential_input *in, bool at_once,
                    struct credential_record *out, struct err *e)
{
    if (!store_begin(s, e)) return false;
    if (credential_put(s, app, in, at_once, out, e)) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool app_set(struct store *s, const struct app_record *app, const struct app_change *c, struct err *e)
{
    struct app_record r = *app;
    return (!c->name || input_app_name(c->name, r.name, e)) &&
           (!c->home_tenant || input_home(c->home_tenant, r.home_tenant, e)) &&
           (!c->client_id || input_client_id(c->client_id, r.home_tenant, r.client_id, e)) &&
           (!c->bundles || input_bundles(c->bundles, r.bundles, e)) && put_app(s, &r, e);
}
