/* Consent links and what came of them. */
#include <stdio.h>
#include <stdlib.h>

#include "cloud/net/mail.h"
#include "cloud/tenant/onboarding.h"
#include "cloud/tenant/permissions.h"
#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "face/api/principal.h"
#include "face/api/web/web.h"
#include "flow/notify/notify.h"
#include "state/store/apps.h"
#include "state/store/onboardings.h"
#include "state/store/tenants.h"

enum { DAY_MS = 24 * 3600 * 1000 };
static const int64_t VALID_MS = INT64_C(7) * DAY_MS, VALID_MOST_MS = INT64_C(30) * DAY_MS, VALID_LEAST_MS = 1000;

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text && text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static void time_member(struct json_writer *w, const char *key, struct wall t)
{
    json_key(w, key);
    write_time(w, t);
}

/* ---- what the application asks for ------------------------------------------------------------------------------------------ */

static void write_permissions(struct json_writer *w, perm_set set)
{
    json_key(w, "permissions");
    json_array_begin(w);
    for (unsigned p = 1; p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        if (!(set & perm_bit((enum permission)p)) || row->is_delegated) continue;
        json_object_begin(w);
        member(w, "api", perm_api_name(row->audience));
        member(w, "permission", row->role);
        member(w, "reason", row->reason);
        json_object_end(w);
    }
    json_array_end(w);
}

/* ---- which application -------------------------------------------------------------------------------------------------------- */

struct shared_apps {
    struct app_record only;
    unsigned count;
    char names[300];
};

static bool note_shared(void *arg, const struct app_record *r)
{
    struct shared_apps *s = arg;
    size_t used = strlen(s->names);
    if (!r->is_multi_tenant) return true;
    if (s->count++ == 0) s->only = *r;
    (void)snprintf(s->names + used, sizeof s->names - used, "%s%s", used ? ", " : "", r->name);
    return true;
}

static bool of_tenant(struct op_call *c, const char *tenant_id, struct app_record *out, bool *found, struct err *e)
{
    struct tenant *t = NULL;
    if (!tenant_find(c->installation->store, &c->installation->conf, tenant_id, &t, e)) return false;
    *found = t->app_count > 0;
    if (*found) *out = t->apps[0]->record;
    tenant_unref(t);
    return true;
}

static bool find_app(struct op_call *c, const struct tenant_record *known, struct app_record *out, struct err *e)
{
    struct shared_apps shared = {0};
    bool found = false;
    if (op_cstr(c, "app")) {
        const char *tenant_id = known ? known->tenant_id : op_cstr(c, "tenant-id");
        return app_record_find_for(c->installation->store, op_cstr(c, "app"), tenant_id ? tenant_id : "", out, e);
    }
    if (known && !of_tenant(c, known->tenant_id, out, &found, e)) return false;
    if (found) return true;
    if (!store_app_list(c->installation->store, note_shared, &shared, e)) return false;
    if (shared.count == 0)
        return err_set(e, &api_causes[API_BAD_PARAM],
                       "tenant consent-url: the account has no multi-tenant app yet (portcullis app add)");
    if (shared.count > 1)
        return err_set(e, &api_causes[API_BAD_PARAM], "tenant consent-url: say --app, one of %s", shared.names);
    *out = shared.only;
    return true;
}

/* ---- parameters ------------------------------------------------------------------------------------------------------------------ */

static bool read_ms(const struct op_call *c, const char *name, int64_t least, int64_t most, int64_t *out, struct err *e)
{
    int64_t ms;
    if (op_cstr(c, name) == NULL) return true;
    if (!duration_parse(op_text(c, name), &ms) || ms < least || ms > most)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: --%s takes a duration such as 7d, from %llds to %lldd",
                       c->op->name, name, (long long)(least / 1000), (long long)(most / DAY_MS));
    *out = ms;
    return true;
}

static bool read_form(const struct op_call *c, enum onboarding_form *out, struct err *e)
{
    struct str text = op_text(c, "form");
    if (op_cstr(c, "form") == NULL) return true;
    for (int i = 0; i < ONBOARDING_FORMS; i++) {
        if (!str_eq_nocase(text, str_of(onboarding_form_names[i]))) continue;
        *out = (enum onboarding_form)i;
        return true;
    }
    return err_set(e, &api_causes[API_BAD_PARAM], "%s: --form takes v1, v2 or authorize", c->op->name);
}

void op_consent_redirect(const struct conf *c, char *out)
{
    static const char page[] = "/onboarding/callback";
    char base[HOST_BYTES - sizeof page];
    out[0] = '\0';
    if (web_base_url(c, base, sizeof base)) (void)snprintf(out, HOST_BYTES, "%s%s", base, page);
}

/* Where the browser comes back to: our page, unless another address is registered, or none reaches us. */
static bool read_redirect(const struct op_call *c, char out[HOST_BYTES], struct err *e)
{
    const char *given = op_cstr(c, "redirect");
    out[0] = '\0';
    if (given && str_eq_nocase(str_of(given), STR("none"))) return true;
    if (given && conf_url_fault(str_of(given)))
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: --redirect: %s", c->op->name, conf_url_fault(str_of(given)));
    if (given)
        return str_copy(str_of(given), out, HOST_BYTES) ||
               err_set(e, &api_causes[API_BAD_PARAM], "--redirect is too long");
    op_consent_redirect(&c->installation->conf, out);
    return true;
}

/* By id or name one of ours that the caller sees; a GUID that is none of ours is a new one. */
static bool find_known(const struct op_call *c, struct tenant_record *out, bool *found, struct err *e)
{
    const char *wanted = op_cstr(c, "tenant-id");
    *found = false;
    if (wanted == NULL) return true;
    *found = op_tenant_seen(c, wanted, out, e);
    struct str id = str_trim(str_of(wanted));
    bool is_new = !*found && e->cause == &tenant_causes[TENANT_NO_SUCH] && str_is_guid(str_sub(id, id.n == 38, 36));
    return *found || is_new;
}

/* ---- the mail ---------------------------------------------------------------------------------------------------------------------- */

static void write_letter(const struct onboarding_record *r, const struct app_record *app, perm_set set, const char *url,
                         struct buf *out)
{
    char until[WALL_TEXT_BYTES];
    (void)wall_format_digits(r->expires, 0, until);
    (void)buf_addf(
        out,
        "Hello,\n\nyour security provider asks for the consent of your organization, so that it can watch Microsoft "
        "Defender for you.\n\nWho: %s of your tenant%s%s.\n\nPlease open this link, sign in and accept:\n\n%s\n\n"
        "It is good until %s and for one consent. Opening it alone changes nothing.\n"
        "You will be asked for your second factor (MFA) when you sign in; nobody needs your password or a code, so "
        "give "
        "them to no one.\n\nThe application asks for these permissions, and for these reasons:\n\n",
        consent_by_names[perm_consent_by(set)], r->tenant_id[0] ? " " : "", r->tenant_id, url, until);
    for (unsigned p = 1; p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        if (set & perm_bit((enum permission)p) && !row->is_delegated)
            (void)buf_addf(out, "  %s (%s): %s\n", row->role, perm_api_name(row->audience), row->reason);
    }
    (void)buf_addf(out,
                   "\nThe application's id is %s; check it on the page you are shown. You can take the consent back at "
                   "any time in "
                   "Entra under Enterprise applications.\n",
                   app->client_id);
}

static bool send_mail(struct op_call *c, const struct onboarding_record *r, const struct app_record *app, perm_set set,
                      const char *url, struct err *e)
{
    struct buf text;
    const struct conf *conf = &c->installation->conf;
    buf_init(&text, 256 << 10);
    write_letter(r, app, set, url, &text);
    struct letter letter = {.channel = op_cstr(c, "channel"),
                            .recipient = op_cstr(c, "mail"),
                            .subject = "Consent to the monitoring of Microsoft Defender",
                            .text = buf_str(&text),
                            .ca_file = conf->ca_file[0] ? conf->ca_file : NULL,
                            .now = clock_wall(&c->installation->clock)};
    bool ok = notify_letter(c->installation->store, &letter, e);
    buf_done(&text);
    return ok;
}

/* ---- the link ------------------------------------------------------------------------------------------------------------------------ */

static void write_link(struct op_call *c, const struct onboarding_record *r, const struct app_record *app, perm_set set,
                       const char *url, const char *mailed)
{
    struct json_writer *w = c->out;
    json_object_begin(w);
    member(w, "url", url);
    json_key(w, "onboarding");
    json_write_i64(w, r->id);
    time_member(w, "expires", r->expires);
    member(w, "tenant_id", r->tenant_id);
    member(w, "app", app->name);
    member(w, "client_id", app->client_id);
    member(w, "form", onboarding_form_names[r->form]);
    member(w, "redirect_uri", r->redirect);
    member(w, "opened_by", consent_by_names[perm_consent_by(set)]);
    member(w, "mailed_to", mailed);
    member(w, "then",
           r->is_in && r->redirect[0] ? "the tenant is here: its administrator's answer is waited for"
           : r->is_in                 ? "the tenant is here: say portcullis onboarding check once it has consented"
           : r->tenant_id[0] ? "the tenant's tokens are asked for until consent shows; see portcullis onboarding list"
           : r->redirect[0]  ? "the tenant comes in once its administrator has come back to the redirect URI"
                             : "nothing will come back to us: make the link with the tenant's id");
    write_permissions(w, set);
    json_object_end(w);
}

bool op_consent_url(struct op_call *c, struct err *e)
{
    struct tenant_record known;
    struct app_record app;
    bool is_known = false;
    char redirect[HOST_BYTES];
    struct onboarding_record r;
    struct onboarding_input in = {.org = op_cstr(c, "org"),
                                  .tenant_id = op_cstr(c, "tenant-id"),
                                  .name = op_cstr(c, "name"),
                                  .cloud = op_cstr(c, "cloud"),
                                  .asked_by = c->actor,
                                  .mail = op_cstr(c, "mail"),
                                  .redirect = redirect,
                                  .lookback_ms = -1,
                                  .lookback_hunting_ms = -1,
                                  .valid_ms = VALID_MS,
                                  .now = clock_wall(&c->installation->clock),
                                  .is_limited = c->by->is_scoped};
    if (in.mail && !mail_address_ok(str_of(in.mail)))
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: --mail takes one bare address", c->op->name);
    if (!find_known(c, &known, &is_known, e) || !find_app(c, is_known ? &known : NULL, &app, e) ||
        !read_form(c, &in.form, e) || !read_redirect(c, redirect, e) ||
        !read_ms(c, "valid", VALID_LEAST_MS, VALID_MOST_MS, &in.valid_ms, e) ||
        !read_ms(c, "lookback", 0, INT64_C(180) * DAY_MS, &in.lookback_ms, e) ||
        !read_ms(c, "lookback-hunting", 0, INT64_C(30) * DAY_MS, &in.lookback_hunting_ms, e))
        return false;
    perm_set set = onboarding_wanted(&app);
    struct buf link;
    in.client_id = app.client_id;
    in.wants = onboarding_audiences(set);
    if (is_known) in.tenant_id = known.tenant_id;
    buf_init(&link, 16 << 10);
    bool ok = onboarding_begin(c->installation->store, &c->installation->conf, &in, &r, &link, e);
    ok = ok && (in.mail == NULL || send_mail(c, &r, &app, set, buf_cstr(&link), e) ||
                err_context(e, "the link is made (onboarding %lld), but not mailed", (long long)r.id));
    if (ok) write_link(c, &r, &app, set, buf_cstr(&link), in.mail);
    buf_done(&link);
    return ok;
}

/* ---- how they stand ------------------------------------------------------------------------------------------------------------------- */

struct org_names {
    struct op_call *c;
    int64_t wanted;
    char name[NAME_BYTES];
};

static bool match_org(void *arg, const struct org_record *r)
{
    struct org_names *o = arg;
    if (r->id != o->wanted) return true;
    memcpy(o->name, r->name, sizeof o->name);
    return false;
}

static void write_one(struct op_call *c, const struct onboarding_record *r)
{
    struct json_writer *w = c->out;
    struct org_names org = {.c = c, .wanted = r->org_id};
    (void)store_org_list(c->installation->store, match_org, &org, NULL);
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, r->id);
    member(w, "state", onboarding_state_names[r->state]);
    member(w, "organization", org.name);
    member(w, "tenant_id", onboarding_tenant(r));
    member(w, "expected", r->tenant_id);
    member(w, "name", r->name);
    member(w, "client_id", r->client_id);
    member(w, "graph", onboarding_proof_names[onboarding_proof_of(r, AUD_GRAPH)]);
    member(w, "endpoint", onboarding_proof_names[onboarding_proof_of(r, AUD_ENDPOINT)]);
    member(w, "code", r->error_code);
    member(w, "reason", r->error_text);
    member(w, "form", onboarding_form_names[r->form]);
    member(w, "asked_by", r->asked_by);
    member(w, "mail", r->mail);
    time_member(w, "created", r->created);
    time_member(w, "expires", r->expires);
    time_member(w, "answered", r->answered);
    time_member(w, "next_look", r->due);
    time_member(w, "changed", r->changed);
    json_object_end(w);
}

static bool write_seen(void *arg, const struct onboarding_record *r)
{
    struct op_call *c = arg;
    if (!principal_sees_org(c->by, r->org_id)) return true;
    if (op_cstr(c, "state") && !str_eq_nocase(op_text(c, "state"), str_of(onboarding_state_names[r->state])))
        return true;
    write_one(c, r);
    return true;
}

bool op_onboarding_list(struct op_call *c, struct err *e)
{
    json_object_begin(c->out);
    json_key(c->out, "onboardings");
    json_array_begin(c->out);
    if (!store_onboarding_list(c->installation->store, NULL, write_seen, c, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

static bool find_seen(struct op_call *c, struct onboarding_record *out, struct err *e)
{
    if (!onboarding_find(c->installation->store, op_cstr(c, "id"), out, e)) return false;
    return principal_sees_org(c->by, out->org_id) ||
           err_set(e, &onboarding_causes[ONBOARDING_NO_SUCH], "there is no onboarding %lld", (long long)out->id);
}

bool op_onboarding_show(struct op_call *c, struct err *e)
{
    struct onboarding_record r;
    if (!find_seen(c, &r, e)) return false;
    write_one(c, &r);
    return true;
}

/* Reads, changes and writes it as one. */
static bool change(struct op_call *c,
                   bool (*step)(const struct op_call *c, struct onboarding_record *r, struct wall now, struct err *e),
                   struct err *e)
{
    struct store *s = c->installation->store;
    struct onboarding_record r;
    if (!store_begin(s, e)) return false;
    if (!find_seen(c, &r, e) || !step(c, &r, clock_wall(&c->installation->clock), e) ||
        !store_onboarding_put(s, &r, e)) {
        store_rollback(s);
        return false;
    }
    if (!store_commit(s, e)) return false;
    write_one(c, &r);
    return true;
}

static bool accept(const struct op_call *c, struct onboarding_record *r, struct wall now, struct err *e)
{
    return tenant_former(c->installation->store, onboarding_tenant(r), r->org_id, c->by->is_scoped, e) &&
           onboarding_judge(r, true, now, e);
}

static bool reject(const struct op_call *c, struct onboarding_record *r, struct wall now, struct err *e)
{
    (void)c;
    return onboarding_judge(r, false, now, e);
}

bool op_onboarding_accept(struct op_call *c, struct err *e)
{
    return change(c, accept, e);
}

bool op_onboarding_reject(struct op_call *c, struct err *e)
{
    return change(c, reject, e);
}

static bool retry(const struct op_call *c, struct onboarding_record *r, struct wall now, struct err *e)
{
    (void)c;
    return onboarding_retry(r, now, e);
}

bool op_onboarding_check(struct op_call *c, struct err *e)
{
    return change(c, retry, e);
}
