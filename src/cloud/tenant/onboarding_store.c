/* Onboardings in the store: begun, answered, found. */
#include <stdio.h>
#include <stdlib.h>

#include "cloud/tenant/onboarding.h"
#include "cloud/tenant/tenant_int.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "kit/sys/random.h"
#include "state/store/audit.h"
#include "state/store/onboardings.h"
#include "state/store/tenants.h"

#define KEY_NAME "onboarding.key"
enum { NONCE_HEX = ONBOARDING_NONCE_BYTES - 1 };

/* The key that signs links: made when first needed, sealed as all secrets are. */
static bool signing_key(struct store *s, bool make, struct buf *out, struct err *e)
{
    uint8_t fresh[ONBOARDING_KEY_BYTES];
    bool found = false;
    if (!store_secret_get(s, KEY_NAME, out, &found, e)) return false;
    if (found || !make) return true;
    random_bytes(fresh, sizeof fresh);
    bool ok = store_secret_put(s, KEY_NAME, (struct str){(const char *)fresh, sizeof fresh}, e) &&
              (buf_add(out, fresh, sizeof fresh) || err_set(e, &base_causes[BASE_NO_MEMORY], "signing a link"));
    seal_wipe(fresh, sizeof fresh);
    return ok;
}

static void key_done(struct buf *key)
{
    if (key->p) seal_wipe(key->p, key->cap);
    buf_done(key);
}

/* ---- beginning ---------------------------------------------------------------------------------------------------------- */

static bool same_org(struct store *s, const struct onboarding_input *in, const struct tenant_record *known,
                     struct onboarding_record *r, struct err *e)
{
    struct org_record org = {0};
    bool found = false;
    bool is_named = str_trim(str_of(in->org)).n > 0;
    if (!is_named && known == NULL)
        return err_set(e, &tenant_causes[TENANT_NO_ORG], "a new tenant needs an organization (--org)");
    if (!is_named) {
        r->org_id = known->org_id;
        return true;
    }
    if (!input_name(in->org, "the organization's name", org.name, e) || !store_org_find(s, org.name, &org, &found, e) ||
        (!found && !store_org_put(s, &org, e)))
        return false;
    r->org_id = org.id;
    return known == NULL || known->org_id == org.id ||
           err_set(e, &onboarding_causes[ONBOARDING_ELSEWHERE], "the tenant %s is another organization's",
                   known->tenant_id);
}

static bool fill(struct store *s, const struct onboarding_input *in, struct onboarding_record *r, bool *is_known,
                 struct tenant_record *known, struct err *e)
{
    char random[NONCE_HEX / 2];
    *is_known = false;
    if (in->tenant_id && !input_tenant_id(in->tenant_id, r->tenant_id, e)) return false;
    if (r->tenant_id[0] && !store_tenant_find(s, r->tenant_id, known, is_known, e)) return false;
    if (!input_client_id(in->client_id, r->tenant_id, r->client_id, e) ||
        !input_cloud(in->cloud, r->cloud, sizeof r->cloud, e) ||
        (in->name && !input_name(in->name, "the tenant's name", r->name, e)) ||
        !same_org(s, in, *is_known ? known : NULL, r, e) ||
        (r->tenant_id[0] && !tenant_former(s, r->tenant_id, r->org_id, in->is_limited, e)))
        return false;
    if (*is_known) (void)snprintf(r->cloud, sizeof r->cloud, "%s", known->cloud);
    (void)snprintf(r->asked_by, sizeof r->asked_by, "%s", in->asked_by);
    (void)snprintf(r->mail, sizeof r->mail, "%s", in->mail ? in->mail : "");
    (void)snprintf(r->redirect, sizeof r->redirect, "%s", in->redirect ? in->redirect : "");
    random_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) (void)snprintf(r->nonce + 2 * i, 3, "%02x", (unsigned char)random[i]);
    return true;
}

static bool write_link(struct store *s, const struct conf *c, const struct onboarding_record *r,
                       const struct tenant_record *known, struct buf *out, struct err *e)
{
    char state[ONBOARDING_STATE_BYTES];
    struct buf key;
    struct tenant_hosts hosts;
    buf_init(&key, 0);
    bool ok = signing_key(s, true, &key, e);
    if (ok) {
        onboarding_sign(buf_str(&key), r->nonce, r->expires, state);
        tenant_hosts_of(c, r->cloud, known, &hosts);
        struct onboarding_link link = {.login_url = hosts.login_url,
                                       .graph_audience = hosts.graph_audience,
                                       .client_id = r->client_id,
                                       .tenant_id = r->tenant_id,
                                       .redirect = r->redirect,
                                       .state = state,
                                       .form = (enum onboarding_form)r->form};
        ok = onboarding_link_write(&link, out) || err_set(e, &base_causes[BASE_NO_MEMORY], "writing a link");
    }
    key_done(&key);
    return ok;
}

static bool begin_in(struct store *s, const struct conf *c, const struct onboarding_input *in,
                     struct onboarding_record *r, struct buf *link, struct err *e)
{
    struct tenant_record known;
    bool is_known;
    *r = (struct onboarding_record){.form = in->form,
                                    .wants = in->wants,
                                    .lookback_ms = in->lookback_ms,
                                    .lookback_hunting_ms = in->lookback_hunting_ms,
                                    .created = in->now,
                                    .changed = in->now,
                                    .expires = wall_add(in->now, in->valid_ms * WALL_TICKS_PER_MS)};
    if (!fill(s, in, r, &is_known, &known, e)) return false;
    r->is_in = is_known;
    /* A tenant known beforehand is asked for by itself; of one that is here already no token would tell whether it has consented again. */
    r->due = r->tenant_id[0] && !is_known ? in->now : r->expires;
    return store_onboarding_put(s, r, e) && write_link(s, c, r, is_known ? &known : NULL, link, e);
}

bool onboarding_begin(struct store *s, const struct conf *c, const struct onboarding_input *in,
                      struct onboarding_record *out, struct buf *link_out, struct err *e)
{
    struct onboarding_record r;
    if (!store_begin(s, e)) return false;
    if (!begin_in(s, c, in, &r, link_out, e)) {
        store_rollback(s);
        return false;
    }
    if (!store_commit(s, e)) return false;
    *out = r;
    return true;
}

/* ---- answers -------------------------------------------------------------------------------------------------------------- */

static void member(struct json_writer *w, const char *key, struct str text)
{
    enum { MOST = 80 };
    json_key(w, key);
    json_write_str(w, str_sub(text, 0, MOST));
}

/* Every answer is told, taken or not: who tries with links of ours is seen. */
static bool audit(struct store *s, const struct onboarding_record *r, const struct onboarding_answer *a,
                  const struct err *refused, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, 8192);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    if (r) {
        json_key(&w, "onboarding");
        json_write_i64(&w, r->id);
        member(&w, "expected", str_of(r->tenant_id));
    }
    member(&w, "answered", a->tenant);
    member(&w, "outcome", refused ? str_of(refused->cause->code) : STR("taken"));
    if (refused) {
        json_key(&w, "why");
        json_write_cstr(&w, refused->text);
    }
    json_object_end(&w);
    bool ok = store_audit_add(s, "consent", "onboarding callback", buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

struct kept_apart {
    const struct onboarding_record *of;
    struct str tenant;
    unsigned count, same;
};

static bool count_quarantined(void *arg, const struct onboarding_record *r)
{
    struct kept_apart *c = arg;
    if (r->state != ONBOARDING_QUARANTINED && r->state != ONBOARDING_REJECTED) return true;
    c->same += str_eq_nocase(c->tenant, str_of(r->found_id));
    c->count += r->state == ONBOARDING_QUARANTINED;
    return true;
}

/* Once for each tenant, and not without end: whoever has a link can bring tenants of his own. */
static bool keep_apart(struct store *s, const struct onboarding_record *r, struct str tenant, struct wall now,
                       struct err *e)
{
    enum { QUARANTINED_MAX = 200 };
    struct kept_apart c = {.of = r, .tenant = tenant};
    struct onboarding_record other;
    if (!store_onboarding_list(s, NULL, count_quarantined, &c, e)) return false;
    if (c.same || c.count >= QUARANTINED_MAX) return true;
    onboarding_quarantine(r, tenant, now, &other);
    return store_onboarding_put(s, &other, e);
}

/* A tenant that another organization has, or had when it was removed, is as unexpected as one the link was not made for. */
static bool check_owner(struct store *s, const struct onboarding_record *r, const char *tenant_id, struct err *why,
                        struct err *e, bool *is_other)
{
    struct tenant_record t;
    bool found = false, was_here = false;
    int64_t former = 0;
    *is_other = false;
    if (!store_tenant_find(s, tenant_id, &t, &found, e) || !store_former_find(s, tenant_id, &former, &was_here, e))
        return false;
    *is_other = found ? t.org_id != r->org_id : was_here && former != r->org_id;
    if (*is_other)
        (void)err_set(why, &onboarding_causes[ONBOARDING_OTHER_TENANT],
                      "tenant %s answered, which is another organization's here", tenant_id);
    return true;
}

bool onboarding_is_signed(struct store *s, struct str state, struct wall now)
{
    char nonce[ONBOARDING_NONCE_BYTES];
    struct buf key;
    struct err why;
    buf_init(&key, 0);
    bool ok =
        signing_key(s, false, &key, &why) && key.n > 0 && onboarding_verify(buf_str(&key), state, now, nonce, &why);
    key_done(&key);
    return ok;
}

struct taking {
    struct onboarding_record record;
    bool is_known, is_taken;
    struct err why; /* unless is_taken */
};

static bool find_record(struct store *s, const struct onboarding_answer *a, struct wall now, struct taking *t,
                        struct err *e)
{
    char nonce[ONBOARDING_NONCE_BYTES];
    struct buf key;
    buf_init(&key, 0);
    bool ok = signing_key(s, false, &key, e);
    bool is_ours = ok && key.n > 0 && onboarding_verify(buf_str(&key), a->state, now, nonce, &t->why);
    if (ok && key.n == 0)
        (void)err_set(&t->why, &onboarding_causes[ONBOARDING_STATE_FORGED], "no link was ever made here");
    key_done(&key);
    if (!ok || !is_ours) return ok;
    if (!store_onboarding_by_nonce(s, nonce, &t->record, &t->is_known, e)) return false;
    if (!t->is_known) (void)err_set(&t->why, &onboarding_causes[ONBOARDING_UNKNOWN], "its organization was removed");
    return true;
}

/* `error` first: it may come beside admin_consent=True. What it says is kept even where the state is missing. */
static bool decide(struct store *s, const struct onboarding_answer *a, struct wall now, struct taking *t, struct err *e)
{
    struct onboarding_record before;
    bool is_other = false;
    struct err said = {0};
    bool is_yes = onboarding_answer_check(a, &said);
    if (!find_record(s, a, now, t, e)) return false;
    if (!is_yes) {
        t->why = said;
        if (!t->is_known) return true;
        onboarding_refused(&t->record, &said, now);
        return store_onboarding_put(s, &t->record, e);
    }
    if (!t->is_known) return true;
    bool has_code = t->record.form == FORM_AUTHORIZE && a->admin_consent.n == 0;
    if (!has_code && !str_eq_nocase(a->admin_consent, STR("True"))) {
        (void)err_set(&t->why, &onboarding_causes[ONBOARDING_NO_CONSENT],
                      "the answer has neither admin_consent nor an error");
        return true;
    }
    before = t->record;
    t->is_taken = onboarding_consented(&t->record, a->tenant, now, &t->why);
    char other[GUID_BYTES] = ""; /* the older form's answer names none: it is the link's then */
    (void)str_copy(t->is_taken ? str_of(onboarding_tenant(&t->record)) : a->tenant, other, sizeof other);
    if (t->is_taken && !check_owner(s, &t->record, onboarding_tenant(&t->record), &t->why, e, &is_other)) return false;
    if (is_other) {
        t->is_taken = false;
        t->record = before;
    }
    if (!t->is_taken && t->why.cause == &onboarding_causes[ONBOARDING_OTHER_TENANT])
        return keep_apart(s, &t->record, str_of(other), now, e);
    return !t->is_taken || store_onboarding_put(s, &t->record, e);
}

bool onboarding_take(struct store *s, const struct onboarding_answer *a, struct wall now, struct onboarding_record *out,
                     bool *is_known_out, struct err *e)
{
    struct taking t = {0};
    *is_known_out = false;
    if (!store_begin(s, e)) return false;
    if (!decide(s, a, now, &t, e) || !audit(s, t.is_known ? &t.record : NULL, a, t.is_taken ? NULL : &t.why, e)) {
        store_rollback(s);
        return false;
    }
    if (!store_commit(s, e)) return false;
    *is_known_out = t.is_known;
    if (t.is_known) *out = t.record;
    if (!t.is_taken) *e = t.why;
    return t.is_taken;
}

bool onboarding_find(struct store *s, const char *id, struct onboarding_record *out, struct err *e)
{
    int64_t number;
    bool found = false;
    struct onboarding_record r;
    if (!str_to_i64(str_trim(str_of(id)), &number))
        return err_set(e, &onboarding_causes[ONBOARDING_NO_SUCH], "an onboarding is named by its number");
    if (!store_onboarding_find(s, number, &r, &found, e)) return false;
    if (!found)
        return err_set(e, &onboarding_causes[ONBOARDING_NO_SUCH], "there is no onboarding %lld", (long long)number);
    *out = r;
    return true;
}
