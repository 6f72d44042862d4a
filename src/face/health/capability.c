#include "face/health/capability.h"

#include "flow/ingest/feed/feed.h"
#include "state/store/apps.h"
#include "state/store/health.h"
#include "state/store/notices.h"

#include <string.h>

const char *const capability_state_names[CAPABILITY_STATES] = {
    [STATE_CONSENT_LOST] = "consent_lost",       [STATE_ROLE_REMOVED] = "role_removed",
    [STATE_SECRET_REFUSED] = "secret_refused",   [STATE_LOGIN_REFUSED] = "login_refused",
    [STATE_LICENCE_MISSING] = "licence_missing",
};
const struct cause capability_causes[CAPABILITY_CAUSE_COUNT] = {
    [CAPABILITY_ROLE_NEEDED] =
        {"capability.role_needed", ERR_AUTH, "the application lacks the role for it there",
         "Grant the role that the message names, have the administrator it names consent, and try "
         "again once portcullis tenant test shows it."},
    [CAPABILITY_NO_ROLES] =
        {"capability.no_roles", ERR_AUTH, "the tokens come without any role",
         "Nobody has consented to the application's permissions yet, or it asks for none: look at its "
         "API permissions in Entra, and have an administrator of the tenant consent. After consent it "
         "takes some minutes to show."},
    [CAPABILITY_CONSENT_LOST] =
        {"capability.consent_lost", ERR_AUTH, "consent to the application was withdrawn",
         "Ask the customer whether that was meant; if not, have an administrator consent again. "
         "The state clears itself within an hour of it; portcullis tenant test asks at once."},
    [CAPABILITY_ROLE_REMOVED] =
        {"capability.role_removed", ERR_AUTH, "a role that is needed was taken away",
         "Grant it again in Entra, under the app's API permissions, and have an administrator of "
         "the tenant consent; or switch off what needs it."},
    [CAPABILITY_SECRET_REFUSED] =
        {"capability.secret_refused", ERR_AUTH, "the application's credential is refused",
         "Make a new one in Entra, under the app's Certificates & secrets, and give its value: "
         "portcullis tenant set TENANT --secret-file FILE."},
    [CAPABILITY_LOGIN_REFUSED] =
        {"capability.login_refused", ERR_AUTH, "the application may not log in any more",
         "Do what the detail says; portcullis tenant test tells step by step how far it gets."},
    [CAPABILITY_LICENCE_MISSING] = {"capability.licence_missing", ERR_AUTH, "a licence that was there is not any more",
                                    "Ask the customer whether the licence has ended or was moved; without it Microsoft "
                                    "gives nothing. If it is not wanted any more, switch off what needs it."},
    [CAPABILITY_AGAIN] = {"capability.again", ERR_INPUT, "what was lost is there again", "Nothing to do."},
};

/* ---- looking ---------------------------------------------------------------------------------------------------------------- */

static bool reads_tables(const struct feed_sets *feeds)
{
    for (unsigned f = FEED_FIRST_TABLE; f < FEED_ROW_COUNT; f++)
        if (!feed_sets_is_off(feeds, feed_rows[f].name)) return true;
    return false;
}

static bool reads(const struct feed_sets *feeds, enum feed_number one, enum feed_number other)
{
    return !feed_sets_is_off(feeds, feed_rows[one].name) || !feed_sets_is_off(feeds, feed_rows[other].name);
}

feature_set capability_features(const struct settings *s, const struct feed_sets *feeds)
{
    int64_t mode = setting_number(s, SET_REMEDIATION);
    bool has_endpoint = setting_is_on(s, SET_ENDPOINT);
    bool writes = setting_is_on(s, SET_RESOLVE) || setting_is_on(s, SET_COMMENT);
    const bool on[FEATURE_COUNT] = {
        [FEATURE_ALERTS] = reads(feeds, FEED_ALERTS, FEED_ALERTS_ENDPOINT),
        [FEATURE_INCIDENTS] = reads(feeds, FEED_INCIDENTS, FEED_INCIDENTS),
        [FEATURE_HUNTING] = reads_tables(feeds),
        [FEATURE_MACHINES] = has_endpoint && reads(feeds, FEED_MACHINES, FEED_MACHINE_ACTIONS),
        [FEATURE_ISOLATE] = has_endpoint && (mode == REMEDIATION_APPROVE || mode == REMEDIATION_AUTO),
        [FEATURE_SYNC] = has_endpoint && writes,
    };
    feature_set features = 0;
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        if (on[f]) features |= feature_bit((enum feature)f);
    return features;
}

bool capability_switched_on(struct store *s, const char *tenant_id, feature_set *out, struct err *e)
{
    struct settings settings;
    struct setting_scope scope;
    struct feed_sets feeds;
    if (!settings_scope(s, tenant_id, NULL, &scope, e) || !settings_resolve(s, &scope, &settings, e) ||
        !feed_settings_resolve(s, &scope, &feeds, e))
        return false;
    *out = capability_features(&settings, &feeds);
    feed_sets_free(&feeds);
    return true;
}

enum { LOST_MAX = 8 };
struct gathering {
    struct capability_view *out;
    const char *client_id; /* this app's tokens alone; NULL: all */
    perm_set granted;
    char lost[LOST_MAX][GUID_BYTES]; /* apps without consent: what their tokens said counts no more */
    unsigned lost_count;
};

static bool note_lost(void *arg, const struct condition_record *r)
{
    struct gathering *g = arg;
    bool is_lost = strcmp(r->state, capability_state_names[STATE_CONSENT_LOST]) == 0;
    if (is_lost && g->lost_count < LOST_MAX) (void)snprintf(g->lost[g->lost_count++], GUID_BYTES, "%.36s", r->subject);
    return true;
}

static bool is_lost(const struct gathering *g, const char *client_id)
{
    for (unsigned i = 0; i < g->lost_count; i++)
        if (strcmp(g->lost[i], client_id) == 0) return true;
    return false;
}

static void note_other(char *out, size_t size, struct str role)
{
    size_t n = strlen(out);
    (void)snprintf(out + n, size - n, "%s%.*s", n ? ", " : "", STR_ARG(role));
}

static bool gather(void *arg, const struct token_record *r)
{
    struct gathering *g = arg;
    enum audience audience = (enum audience)r->audience;
    if (r->audience < 0 || r->audience >= AUD_COUNT) return true;
    if (g->client_id && strcmp(g->client_id, r->client_id) != 0) return true;
    g->out->is_known[audience] = true;
    if (r->seen.ticks > g->out->seen.ticks) g->out->seen = r->seen;
    struct str rest = is_lost(g, r->client_id) ? STR_NONE : r->roles;
    while (rest.n > 0) {
        struct str role = str_cut(&rest, '\n');
        enum permission p = perm_find(audience, role);
        g->granted |= perm_bit(p);
        if (p == PERM_NONE && role.n) note_other(g->out->others[audience], sizeof g->out->others[audience], role);
    }
    return true;
}

static perm_set of_unknown(const struct capability_view *v)
{
    perm_set set = 0;
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (!v->is_known[permission_rows[p].audience]) set |= perm_bit((enum permission)p);
    return set;
}

static bool look(struct store *s, const char *tenant_id, const char *client_id, struct capability_view *out,
                 struct err *e)
{
    feature_set on = 0;
    struct gathering g = {.out = out, .client_id = client_id};
    *out = (struct capability_view){.seen = {0}};
    if (!capability_switched_on(s, tenant_id, &on, e) || !store_condition_list(s, tenant_id, note_lost, &g, e) ||
        !store_token_list(s, tenant_id, gather, &g, e))
        return false;
    capabilities_judge(g.granted, on, &out->c);
    out->c.missing &= ~of_unknown(out);
    return true;
}

bool capability_look(struct store *s, const char *tenant_id, struct capability_view *out, struct err *e)
{
    return look(s, tenant_id, NULL, out, e);
}

bool capability_consent_needed(struct store *s, const char *tenant_id, const struct app_record *app, perm_set *out,
                               struct err *e)
{
    struct capability_view own, all;
    if (!look(s, tenant_id, app->client_id, &own, e) || !look(s, tenant_id, NULL, &all, e)) return false;
    *out = app->bundles[0] ? perm_lacking(perm_of_bundles(str_of(app->bundles)), own.c.granted) : all.c.missing;
    *out &= ~of_unknown(&own);
    return true;
}

bool capability_allows(struct store *s, const char *tenant_id, enum feature feature, struct err *e)
{
    struct capability_view v;
    struct buf remedy;
    if (!capability_look(s, tenant_id, &v, e)) return false;
    perm_set lacks = feature_lacks(feature, v.c.granted) & ~of_unknown(&v);
    if (!lacks) return true;
    buf_init(&remedy, 2048);
    (void)perm_remedy(lacks, &remedy);
    (void)err_set(e, &capability_causes[CAPABILITY_ROLE_NEEDED], "to %s: %s", feature_rows[feature].what,
                  buf_cstr(&remedy));
    buf_done(&remedy);
    return false;
}

static const struct {
    enum setting_id setting;
    int64_t from; /* this value or one behind it switches it on */
    enum feature feature;
} switches[] = {
    {SET_REMEDIATION, REMEDIATION_APPROVE, FEATURE_ISOLATE},
    {SET_RESOLVE, SETTING_ON, FEATURE_SYNC},
    {SET_COMMENT, SETTING_ON, FEATURE_SYNC},
};

bool capability_allows_setting(struct store *s, const char *tenant_id, enum setting_id id, int64_t value, struct err *e)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (switches[i].setting == id && value >= switches[i].from)
            return capability_allows(s, tenant_id, switches[i].feature, e);
    return true;
}

bool capability_allows_feed(struct store *s, const char *tenant_id, enum endpoint endpoint, struct err *e)
{
    static const struct {
        enum endpoint endpoint;
        enum feature feature;
    } feeds[] = {{EP_ALERTS, FEATURE_ALERTS},       {EP_ALERTS_ENDPOINT, FEATURE_ALERTS},
                 {EP_INCIDENTS, FEATURE_INCIDENTS}, {EP_MACHINES, FEATURE_MACHINES},
                 {EP_HUNTING, FEATURE_HUNTING},     {EP_MACHINE_ACTIONS, FEATURE_MACHINES}};
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++)
        if (feeds[i].endpoint == endpoint) return capability_allows(s, tenant_id, feeds[i].feature, e);
    return true;
}

/* ---- what a login says ------------------------------------------------------------------------------------------------------- */

static const struct {
    int cause; /* DEFENDER_* */
    enum capability_state state;
    bool only_if_was; /* there was a token before */
} by_cause[] = {
    {DEFENDER_NO_CONSENT, STATE_CONSENT_LOST, true},       {DEFENDER_APP_UNKNOWN, STATE_CONSENT_LOST, true},
    {DEFENDER_SECRET_WRONG, STATE_SECRET_REFUSED, false},  {DEFENDER_SECRET_EXPIRED, STATE_SECRET_REFUSED, false},
    {DEFENDER_NO_CREDENTIAL, STATE_SECRET_REFUSED, false}, {DEFENDER_CERTIFICATE_REFUSED, STATE_SECRET_REFUSED, false},
    {DEFENDER_NO_LICENCE, STATE_LICENCE_MISSING, true},    {DEFENDER_NO_SERVICE, STATE_LICENCE_MISSING, true},
    {DEFENDER_APP_DISABLED, STATE_LOGIN_REFUSED, true},    {DEFENDER_TENANT_UNKNOWN, STATE_LOGIN_REFUSED, true},
    {DEFENDER_API_NOT_IN_APP, STATE_LOGIN_REFUSED, true},  {DEFENDER_POLICY_BLOCKS, STATE_LOGIN_REFUSED, true},
    {DEFENDER_WRONG_TENANT, STATE_LOGIN_REFUSED, true},
};
static const int state_causes[CAPABILITY_STATES] = {
    [STATE_CONSENT_LOST] = CAPABILITY_CONSENT_LOST,       [STATE_ROLE_REMOVED] = CAPABILITY_ROLE_REMOVED,
    [STATE_SECRET_REFUSED] = CAPABILITY_SECRET_REFUSED,   [STATE_LOGIN_REFUSED] = CAPABILITY_LOGIN_REFUSED,
    [STATE_LICENCE_MISSING] = CAPABILITY_LICENCE_MISSING,
};
static const char *const agains[CAPABILITY_STATES] = {
    [STATE_CONSENT_LOST] = "consent is there again",
    [STATE_ROLE_REMOVED] = "the role is there again",
    [STATE_SECRET_REFUSED] = "the credential is accepted again",
    [STATE_LOGIN_REFUSED] = "the application may log in again",
    [STATE_LICENCE_MISSING] = "the licence is there again",
};

static struct condition_change change_of(enum capability_state state, const char *tenant_id, const char *subject)
{
    return (struct condition_change){.tenant_id = tenant_id,
                                     .state = capability_state_names[state],
                                     .subject = subject,
                                     .cause = &capability_causes[state_causes[state]],
                                     .detail = ""};
}

static bool end(struct store *s, enum capability_state state, const char *tenant_id, const char *subject,
                const char *again, bool *told_out, struct err *e)
{
    struct condition_change c = change_of(state, tenant_id, subject);
    c.cause = &capability_causes[CAPABILITY_AGAIN];
    return condition_end(s, &c, again, told_out, e);
}

/* ---- licences: one that goes takes an API and many feeds along; the first and the last of a tenant are told ------------------- */

struct licences {
    const char *subject;
    unsigned others;
};

static bool count_other(void *arg, const struct condition_record *r)
{
    struct licences *l = arg;
    bool is_licence = strcmp(r->state, capability_state_names[STATE_LICENCE_MISSING]) == 0;
    if (is_licence && strcmp(r->subject, l->subject) != 0) l->others++;
    return true;
}

static bool licence_changed(struct store *s, const char *tenant_id, const char *subject, bool is_there,
                            const char *detail, bool *told_out, struct err *e)
{
    struct condition_change c = change_of(STATE_LICENCE_MISSING, tenant_id, subject);
    struct licences l = {subject, 0};
    if (!store_condition_list(s, tenant_id, count_other, &l, e)) return false;
    c.group = "licence";
    c.is_quiet = l.others > 0;
    c.detail = detail;
    if (!is_there) return condition_begin(s, &c, told_out, e);
    c.cause = &capability_causes[CAPABILITY_AGAIN];
    return condition_end(s, &c, c.is_quiet ? NULL : agains[STATE_LICENCE_MISSING], told_out, e);
}

/* What was seen of one app and API before. */
struct before {
    const struct login_news *n;
    bool has_one, has_roles; /* of any of its APIs */
    perm_set of_client;      /* of the other APIs of the app */
    perm_set granted;        /* of this API, before */
    bool is_same;
    bool has_conditions; /* else there is nothing to end */
};

static bool note_any(void *arg, const struct condition_record *r)
{
    (void)r;
    *(bool *)arg = true;
    return false;
}

static perm_set set_of(enum audience audience, struct str roles)
{
    perm_set set = 0;
    while (roles.n > 0) set |= perm_bit(perm_find(audience, str_cut(&roles, '\n')));
    return set;
}

static bool look_before(void *arg, const struct token_record *r)
{
    struct before *b = arg;
    if (strcmp(r->client_id, b->n->client_id) != 0) return true;
    if (r->audience != (int64_t)b->n->audience) {
        b->of_client |= set_of((enum audience)r->audience, r->roles);
        b->has_one = true;
        return true;
    }
    b->has_one = true;
    b->has_roles = r->roles.n > 0;
    b->granted = set_of(b->n->audience, r->roles);
    b->is_same = str_eq(r->roles, b->n->roles);
    return true;
}

struct sought {
    const char *state, *subject;
    bool is_there;
};

static bool seek(void *arg, const struct condition_record *r)
{
    struct sought *q = arg;
    q->is_there = q->is_there || (strcmp(r->state, q->state) == 0 && strcmp(r->subject, q->subject) == 0);
    return !q->is_there;
}

/* An app of many tenants is one cause, whenever each of their tokens ends: the first that is refused, or taken again, tells of all. */
static bool secret_changed(struct store *s, const struct login_news *n, bool *told_out, struct err *e)
{
    struct condition_change c = change_of(STATE_SECRET_REFUSED, n->tenant_id, n->client_id);
    struct sought q = {c.state, c.subject, false};
    if (!store_condition_list(s, n->tenant_id, seek, &q, e)) return false;
    if (q.is_there == (n->e != NULL)) return true; /* nothing new */
    if (!credentials_tell_shared(s, n->client_id, n->e, &c.is_quiet, told_out, e)) return false;
    c.detail = n->e ? n->e->text : "";
    if (n->e) return condition_begin(s, &c, told_out, e);
    c.cause = &capability_causes[CAPABILITY_AGAIN];
    return condition_end(s, &c, c.is_quiet ? NULL : agains[STATE_SECRET_REFUSED], told_out, e);
}

static bool refused(struct store *s, const struct login_news *n, bool was_there, bool *told_out, struct err *e)
{
    for (size_t i = 0; i < sizeof by_cause / sizeof *by_cause; i++) {
        if (n->e->cause != &defender_causes[by_cause[i].cause] || (by_cause[i].only_if_was && !was_there)) continue;
        if (by_cause[i].state == STATE_LICENCE_MISSING)
            return licence_changed(s, n->tenant_id, api_rows[n->audience].name, false, n->e->text, told_out, e);
        if (by_cause[i].state == STATE_SECRET_REFUSED) return secret_changed(s, n, told_out, e);
        struct condition_change c = change_of(by_cause[i].state, n->tenant_id, n->client_id);
        c.detail = n->e->text;
        return condition_begin(s, &c, told_out, e);
    }
    return true;
}

/* Whatever stood in the way of this login is over. Consent alone is not: a token without any role comes without it too. */
static bool let_in(struct store *s, const struct login_news *n, bool *told_out, struct err *e)
{
    bool ok = secret_changed(s, n, told_out, e) &&
              end(s, STATE_LOGIN_REFUSED, n->tenant_id, n->client_id, agains[STATE_LOGIN_REFUSED], told_out, e) &&
              licence_changed(s, n->tenant_id, api_rows[n->audience].name, true, "", told_out, e);
    if (!ok || n->roles.n == 0) return ok;
    return end(s, STATE_CONSENT_LOST, n->tenant_id, n->client_id, agains[STATE_CONSENT_LOST], told_out, e);
}

static bool role_removed(struct store *s, const struct capability_view *v, const char *tenant_id, enum permission p,
                         bool *told_out, struct err *e)
{
    const struct permission_row *row = &permission_rows[p];
    feature_set blocked = capabilities_blocked_by(&v->c, p);
    struct buf detail, remedy;
    struct condition_change c = change_of(STATE_ROLE_REMOVED, tenant_id, row->role);
    char group[NOTICE_ID_BYTES / 2];
    buf_init(&detail, 1024);
    buf_init(&remedy, NOTICE_REMEDY_BYTES);
    (void)snprintf(group, sizeof group, "%s", row->role);
    (void)buf_addf(&detail, "%s of %s was taken away, so we cannot", row->role, perm_api_name(row->audience));
    for (unsigned f = 0, count = 0; f < FEATURE_COUNT; f++)
        if (blocked & feature_bit((enum feature)f))
            (void)buf_addf(&detail, "%s %s", count++ ? "," : "", feature_rows[f].what);
    (void)perm_remedy(perm_bit(p), &remedy);
    c.group = group;
    c.detail = buf_cstr(&detail);
    c.remedy = buf_cstr(&remedy);
    bool ok = condition_begin(s, &c, told_out, e);
    buf_done(&detail);
    buf_done(&remedy);
    return ok;
}

/* Of the roles that this API's token had and has not: those that something needs. Of those that are there, or that nothing
 * needs any more: no condition. */
static bool compare_roles(struct store *s, const struct login_news *n, perm_set before, bool *told_out, struct err *e)
{
    struct capability_view v;
    bool ok = capability_look(s, n->tenant_id, &v, e);
    for (unsigned p = 1; ok && p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        if (row->audience != n->audience) continue;
        bool is_missing = v.c.missing & perm_bit((enum permission)p);
        bool is_back = perm_has(v.c.granted, (enum permission)p);
        if (is_missing && perm_has(before, (enum permission)p))
            ok = role_removed(s, &v, n->tenant_id, (enum permission)p, told_out, e);
        else if (!is_missing)
            ok = end(s, STATE_ROLE_REMOVED, n->tenant_id, row->role, is_back ? agains[STATE_ROLE_REMOVED] : NULL,
                     told_out, e);
    }
    return ok;
}

static bool store_roles(struct store *s, const struct login_news *n, struct err *e)
{
    struct token_record r = {.audience = (int64_t)n->audience, .roles = n->roles};
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", n->tenant_id);
    (void)snprintf(r.client_id, sizeof r.client_id, "%s", n->client_id);
    return store_token_put(s, &r, e);
}

/* Nothing granted any more, through any API: that is consent, not a role. */
static bool lost_all(struct store *s, const struct login_news *n, bool *told_out, struct err *e)
{
    struct condition_change c = change_of(STATE_CONSENT_LOST, n->tenant_id, n->client_id);
    c.detail = "its tokens come without any role";
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (!end(s, STATE_ROLE_REMOVED, n->tenant_id, permission_rows[p].role, NULL, told_out, e)) return false;
    return condition_begin(s, &c, told_out, e);
}

bool capability_login(struct store *s, const struct login_news *n, bool *told_out, struct err *e)
{
    struct before b = {.n = n};
    if (!store_token_list(s, n->tenant_id, look_before, &b, e) ||
        !store_condition_list(s, n->tenant_id, note_any, &b.has_conditions, e))
        return false;
    if (n->e) return store_token_tidy(s, n->tenant_id, e) && refused(s, n, b.has_one, told_out, e);
    if (b.is_same && !b.has_conditions) return true;
    if (!store_token_tidy(s, n->tenant_id, e)) return false;
    if (b.has_conditions && !let_in(s, n, told_out, e)) return false;
    if (!b.is_same && !store_roles(s, n, e)) return false;
    if (n->roles.n == 0 && b.has_roles && b.of_client == 0) return lost_all(s, n, told_out, e);
    return n->roles.n == 0 && b.of_client == 0 ? true : compare_roles(s, n, b.granted, told_out, e);
}

bool capability_feed(struct store *s, const struct feed_news *n, bool *told_out, struct err *e)
{
    return licence_changed(s, n->tenant_id, n->feed, n->is_licensed, n->text ? n->text : "", told_out, e);
}
