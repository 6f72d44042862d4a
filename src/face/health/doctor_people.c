/* What people set up: policy, channels and duty, the listener; credentials and proxy rules. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/app.h"
#include "cloud/tenant/settings.h"
#include "face/health/doctor.h"
#include "face/health/readiness.h"
#include "flow/act/policy_file.h"
#include "flow/notify/notify.h"
#include "kit/sys/host.h"
#include "kit/sys/zones.h"
#include "state/store/apps.h"
#include "state/store/people.h"
#include "state/store/proxies.h"
#include "state/store/tenants.h"

#define CAUSE(c) (&doctor_causes[DOCTOR_##c])
enum { PEM_BYTES_MAX = 1 << 20, FOR_OTHERS = 077 };

/* Well, unless something was found since. */
static void ok_unless_found(struct doctor *d, enum doctor_area area, size_t before)
{
    if (d->count == before) doctor_ok(d, area);
}

/* ---- policy --------------------------------------------------------------------------------------------------------------------------- */

static void look_at_policy(const struct doctor_input *in, struct doctor *d)
{
    struct err e;
    struct policy *p = policy_file_load(in->fs, in->conf->policy_file, NULL, &e);
    if (p == NULL)
        doctor_err(d, AREA_POLICY, in->conf->policy_file, &e);
    else
        doctor_ok(d, AREA_POLICY);
    policy_free(p);
}

/* ---- channels and duty ------------------------------------------------------------------------------------------------------------------ */

struct channels {
    const struct doctor_input *in;
    struct doctor *d;
};

static bool look_at_channel(void *arg, const struct channel_record *r)
{
    struct channels *c = arg;
    struct buf plain;
    struct err e;
    bool has_secret = false;
    char name[CHANNEL_BYTES + 16], place[CHANNEL_BYTES + 16];
    if (!r->is_enabled) return true;
    (void)snprintf(name, sizeof name, "channel.secret:%s", r->name);
    (void)snprintf(place, sizeof place, "channel %s", r->name);
    buf_init(&plain, 0);
    bool is_readable = store_secret_get(c->in->store, name, &plain, &has_secret, &e);
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    const char *fault = is_readable ? channel_fault(r, has_secret) : NULL;
    if (!is_readable)
        doctor_err(c->d, AREA_CHANNELS, place, &e);
    else if (fault)
        doctor_find(c->d, AREA_CHANNELS, FINDING_FAILED, CAUSE(CHANNEL), place, "%s", fault);
    else
        doctor_ok(c->d, AREA_CHANNELS);
    return true;
}

static bool look_at_telling(const struct doctor_input *in, struct notify_state *out, struct err *e)
{
    static const struct setting_scope whole = {.org_id = 0};
    struct settings account;
    struct zones *zones = zones_new(in->fs);
    if (zones == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "looking at duty");
    bool ok = settings_resolve(in->store, &whole, &account, e) &&
              notify_look(in->store, "", zones_find(zones, account.values[SET_TIME_ZONE].text), in->now, out, e);
    zones_free(zones);
    return ok;
}

static void look_at_channels(const struct doctor_input *in, struct doctor *d)
{
    struct channels c = {in, d};
    struct notify_state telling;
    struct err e;
    size_t before = d->count;
    if (!store_channel_list(in->store, look_at_channel, &c, &e) || !look_at_telling(in, &telling, &e)) {
        doctor_err(d, AREA_CHANNELS, "channels", &e);
        return;
    }
    if (telling.channels == 0 && d->count == before)
        doctor_find(d, AREA_CHANNELS, FINDING_WARNING, &readiness_causes[READINESS_NO_CHANNEL], "channels",
                    "no channel is enabled");
    if (telling.on_duty == 0)
        doctor_find(d, AREA_CHANNELS, FINDING_WARNING, &readiness_causes[READINESS_NOBODY], "on-call",
                    "nobody is on the list on-call right now");
    else
        doctor_ok(d, AREA_CHANNELS);
    if (telling.dead > 0)
        doctor_find(d, AREA_CHANNELS, FINDING_WARNING, CAUSE(CHANNEL), "deliveries",
                    "%" PRIu64 " were given up within the last day; the last with %s: %.200s", telling.dead,
                    telling.error_code, telling.error_text);
}

/* ---- listener -------------------------------------------------------------------------------------------------------------------------- */

static void look_at_end(const struct doctor_input *in, struct doctor *d, struct str pem)
{
    struct cert *cert;
    struct cert_facts facts;
    struct err e;
    int64_t days;
    char until[11];
    if (!cert_from_pem(pem, &cert, &e)) {
        doctor_err(d, AREA_LISTENER, in->conf->tls_certificate, &e);
        return;
    }
    cert_facts_get(cert, &facts);
    cert_free(cert);
    enum finding_state state = doctor_judge_expiry(facts.until, in->now, &days);
    wall_format_day(facts.until, until);
    if (state != FINDING_OK)
        doctor_find(d, AREA_LISTENER, state, CAUSE(CERTIFICATE), in->conf->tls_certificate, "its end is %s", until);
}

static void look_at_pair(const struct doctor_input *in, struct doctor *d, struct str cert, struct str key)
{
    struct tls_server *server;
    struct host_file f;
    struct err e;
    if (!tls_server_new(key, cert, &server, &e))
        doctor_err(d, AREA_LISTENER, in->conf->tls_key, &e);
    else
        tls_server_free(server);
    if (host_file(in->conf->tls_key, &f, &e) && f.mode & FOR_OTHERS & ~040U) /* a group of its own is usual */
        doctor_find(d, AREA_LISTENER, FINDING_FAILED, CAUSE(MODE), in->conf->tls_key, "its mode is %04o", f.mode);
}

static void look_at_listener(const struct doctor_input *in, struct doctor *d)
{
    struct buf cert, key;
    struct err e;
    size_t before = d->count;
    buf_init(&cert, PEM_BYTES_MAX);
    buf_init(&key, PEM_BYTES_MAX);
    if (in->conf->tls_certificate[0]) {
        if (!fs_read_all(in->fs, in->conf->tls_certificate, PEM_BYTES_MAX, &cert, &e))
            doctor_err(d, AREA_LISTENER, in->conf->tls_certificate, &e);
        else
            look_at_end(in, d, buf_str(&cert));
        if (!fs_read_all(in->fs, in->conf->tls_key, PEM_BYTES_MAX, &key, &e))
            doctor_err(d, AREA_LISTENER, in->conf->tls_key, &e);
        else if (cert.n)
            look_at_pair(in, d, buf_str(&cert), buf_str(&key));
    }
    if (key.p) seal_wipe(key.p, key.cap);
    buf_done(&key);
    buf_done(&cert);
    ok_unless_found(d, AREA_LISTENER, before);
}

void doctor_people(const struct doctor_input *in, struct doctor *d)
{
    if (in->conf == NULL) return;
    look_at_policy(in, d);
    look_at_listener(in, d);
    if (in->store) look_at_channels(in, d);
}

/* ---- credentials ------------------------------------------------------------------------------------------------------------------------ */

struct apps {
    const struct doctor_input *in;
    struct doctor *d;
    struct named_app {
        int64_t id;
        char name[NAME_BYTES];
        bool has_active;
    } * rows;
    size_t count, cap;
};

static bool gather_app(void *arg, const struct app_record *r)
{
    enum { FIRST_CAP = 64 };
    struct apps *a = arg;
    if (a->count == a->cap) {
        size_t cap = a->cap ? a->cap * 2 : FIRST_CAP;
        struct named_app *grown = realloc(a->rows, cap * sizeof *grown);
        if (grown == NULL) return !(a->d->is_incomplete = true);
        a->rows = grown;
        a->cap = cap;
    }
    a->rows[a->count] = (struct named_app){.id = r->id};
    memcpy(a->rows[a->count++].name, r->name, NAME_BYTES);
    return true;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct named_app *)a)->id, y = ((const struct named_app *)b)->id;
    return (x > y) - (x < y);
}

struct users {
    char first[GUID_BYTES];
    unsigned count;
};

static bool count_user(void *arg, const char *tenant_id, int64_t app_id)
{
    struct users *u = arg;
    (void)app_id;
    if (u->count++ == 0) (void)snprintf(u->first, sizeof u->first, "%s", tenant_id);
    return true;
}

/* "app Reader (tenant Contoso)", "app Reader (300 tenants)". */
enum { PLACE_BYTES = 2 * NAME_BYTES + 64 };
static void place_of(struct store *s, const struct named_app *app, char out[PLACE_BYTES])
{
    struct users u = {.count = 0};
    struct tenant_record t;
    struct err ignored;
    bool found = false;
    if (store_tenant_app_list(s, NULL, app->id, count_user, &u, &ignored) && u.count == 1)
        found = store_tenant_find(s, u.first, &t, &found, &ignored) && found;
    if (found)
        (void)snprintf(out, PLACE_BYTES, "app \"%s\" (tenant %s)", app->name, t.name);
    else
        (void)snprintf(out, PLACE_BYTES, "app \"%s\" (%u tenants)", app->name, u.count);
}

static void look_at_credential_end(struct apps *a, const struct credential_record *r, const char *place)
{
    int64_t days;
    char until[11];
    const char *kind = credential_kind_names[r->kind];
    if (r->expires.ticks == 0) {
        doctor_find(a->d, AREA_CREDENTIALS, FINDING_WARNING, CAUSE(NO_EXPIRY), place, "the %s has no known end", kind);
        return;
    }
    enum finding_state state = doctor_judge_expiry(r->expires, a->in->now, &days);
    wall_format_day(r->expires, until);
    if (state != FINDING_OK)
        doctor_find(a->d, AREA_CREDENTIALS, state, CAUSE(CREDENTIAL), place, "the %s's end is %s", kind, until);
}

static bool look_at_credential(void *arg, const struct credential_record *r)
{
    struct apps *a = arg;
    struct err e;
    char place[PLACE_BYTES];
    size_t before = a->d->count;
    struct named_app wanted = {.id = r->app_id};
    struct named_app *app = a->count ? bsearch(&wanted, a->rows, a->count, sizeof wanted, by_id) : NULL;
    if (app == NULL || r->state != CREDENTIAL_ACTIVE) return true;
    app->has_active = true;
    int64_t days;
    bool is_sealed = credential_check(a->in->store, r, &e);
    bool is_well = is_sealed && r->expires.ticks && doctor_judge_expiry(r->expires, a->in->now, &days) == FINDING_OK;
    if (!is_well) place_of(a->in->store, app, place);
    if (!is_sealed) doctor_err(a->d, AREA_CREDENTIALS, place, &e);
    if (!is_well) look_at_credential_end(a, r, place);
    ok_unless_found(a->d, AREA_CREDENTIALS, before);
    return true;
}

static void look_at_credentials(const struct doctor_input *in, struct doctor *d)
{
    struct apps a = {.in = in, .d = d};
    struct err e;
    char place[PLACE_BYTES];
    bool ok = store_app_list(in->store, gather_app, &a, &e);
    if (a.count) qsort(a.rows, a.count, sizeof *a.rows, by_id);
    ok = ok && store_credential_list(in->store, 0, look_at_credential, &a, &e);
    if (!ok) doctor_err(d, AREA_CREDENTIALS, "apps", &e);
    for (size_t i = 0; ok && i < a.count; i++) {
        if (a.rows[i].has_active) continue;
        place_of(in->store, &a.rows[i], place);
        doctor_find(d, AREA_CREDENTIALS, FINDING_FAILED, CAUSE(NO_CREDENTIAL), place, "none is active");
    }
    free(a.rows);
}

/* ---- proxy rules ------------------------------------------------------------------------------------------------------------------------- */

static bool look_at_rule(void *arg, const struct proxy_record *r)
{
    struct doctor *d = arg;
    char place[PROXY_PATTERN_BYTES + 32];
    const char *pattern = proxy_pattern_fault(str_of(r->pattern)), *address = proxy_address_fault(str_of(r->address));
    (void)snprintf(place, sizeof place, "proxy rule %" PRId64 " (%s)", r->id, r->pattern);
    if (pattern || address)
        doctor_find(d, AREA_PROXIES, FINDING_FAILED, CAUSE(PROXY), place, "%s: %s", pattern ? "pattern" : "address",
                    pattern ? pattern : address);
    else
        doctor_ok(d, AREA_PROXIES);
    return true;
}

void doctor_reach(const struct doctor_input *in, struct doctor *d)
{
    struct err e;
    look_at_credentials(in, d);
    if (!store_proxy_list(in->store, look_at_rule, d, &e)) doctor_err(d, AREA_PROXIES, "proxy rules", &e);
}
