/* The Test's part behind the login: tokens, roles, one small question a source, and what may be done. */
#include "face/health/tenant_test_int.h"
#include "state/store/notices.h"

#include <string.h>

static const struct source_row {
    const char *name;
    enum endpoint endpoint;
    enum feature feature; /* it is asked for where that is switched on */
    const char *query, *kql;
    bool is_light;                /* asked by the light Test too */
    enum test_source second_best; /* for this one; SOURCES: none */
} sources[SOURCES] = {
    [SOURCE_ALERTS] = {"alerts", EP_ALERTS, FEATURE_ALERTS, "$top=1", "", true, SOURCES},
    [SOURCE_INCIDENTS] = {"incidents", EP_INCIDENTS, FEATURE_INCIDENTS, "$top=1", "", false, SOURCES},
    [SOURCE_HUNTING] = {"hunting", EP_HUNTING, FEATURE_HUNTING, "", "AlertInfo | take 1", false, SOURCES},
    [SOURCE_MACHINES] = {"machines", EP_MACHINES, FEATURE_MACHINES, "$top=1", "", true, SOURCES},
    [SOURCE_MACHINE_ACTIONS] = {"machine actions", EP_MACHINE_ACTIONS, FEATURE_MACHINES, "$top=1", "", false, SOURCES},
    [SOURCE_ALERTS_ENDPOINT] = {"Endpoint alerts", EP_ALERTS_ENDPOINT, FEATURE_ALERTS, "$top=1", "", true,
                                SOURCE_ALERTS},
    [SOURCE_HUNTING_ENDPOINT] = {"Endpoint hunting", EP_HUNTING_ENDPOINT, FEATURE_HUNTING, "", "DeviceInfo | take 1",
                                 false, SOURCE_HUNTING},
    [SOURCE_SIEM] = {"SIEM alerts", EP_ALERTS_SIEM, FEATURE_ALERTS, "limit=1", "", true, SOURCES},
};

static enum audience audience_of(unsigned source)
{
    return endpoint_rows[sources[source].endpoint].audience;
}

static bool is_role_missing(const struct err *e)
{
    return e->cause == &defender_causes[DEFENDER_ROLE_MISSING];
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

/* Of the application as a whole: no further token is asked for. */
static bool is_hopeless(const struct test_run *run)
{
    for (unsigned a = 0; a < AUD_COUNT; a++)
        if (run->token_errors[a].cause && defender_scope(run->token_errors[a].cause) == SCOPE_TENANT) return true;
    return false;
}

static bool is_wanted(const struct test_run *run, unsigned source)
{
    const struct source_row *row = &sources[source];
    enum audience a = audience_of(source);
    if (!(run->on & feature_bit(row->feature))) return false;
    if (!run->is_entered || !run->reached[0] || !run->reached[a + 1] || run->is_off[a]) return false;
    if (is_hopeless(run) || run->token_errors[a].cause) return false;
    if (row->second_best != SOURCES)
        return run->was_asked[row->second_best] && is_role_missing(&run->errors[row->second_best]);
    return run->is_full || row->is_light;
}

void test_reads(struct test_run *run)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        enum audience a = audience_of(i);
        struct err *e = &run->errors[i];
        struct fetch f = {
            .endpoint = sources[i].endpoint, .query = str_of(sources[i].query), .kql = str_of(sources[i].kql)};
        if (!is_wanted(run, i)) continue;
        run->was_asked[i] = true;
        if (run->ops->ask(run->ops->ctx, run->t, &f, e)) *e = (struct err){.cause = NULL};
        run->has_token[a] =
            run->ops->access(run->ops->ctx, run->t->record.tenant_id, sources[i].endpoint) != ACCESS_UNKNOWN;
        if (!run->has_token[a]) run->token_errors[a] = *e;
    }
}

/* ---- tokens ------------------------------------------------------------------------------------------------------------------ */

static const char *why_no_token(const struct test_run *run, enum audience a)
{
    return !run->is_entered       ? "what was entered cannot be right"
           : !run->reached[0]     ? "the login's host was not reached"
           : is_hopeless(run)     ? "the login refuses the application as such"
           : !run->reached[a + 1] ? "the API's host was not reached"
                                  : "it was not asked for";
}

static void judge_token(struct test_run *run, enum audience a)
{
    const char *name = api_rows[a].name;
    const struct err *e = &run->token_errors[a];
    bool is_foreign = e->cause == &defender_causes[DEFENDER_WRONG_TENANT];
    if (run->is_off[a]) return;
    if (run->has_token[a])
        found(run->r, TEST_TOKEN, VERDICT_OK, name, "a token for %s", run->t->apis[a].audience);
    else if (e->cause == NULL)
        found(run->r, TEST_TOKEN, VERDICT_SKIPPED, name, "%s", why_no_token(run, a));
    else if (!is_foreign)
        failed(run->r, TEST_TOKEN, name, e->cause, e->text, NULL);
    if (is_foreign) failed(run->r, TEST_TENANT, name, e->cause, e->text, NULL);
    if (run->has_token[a]) found(run->r, TEST_TENANT, VERDICT_OK, name, "the token is this tenant's");
}

/* ---- roles ------------------------------------------------------------------------------------------------------------------- */

static void role_failed(struct test_run *run, enum test_check check, enum feature f, perm_set lacks)
{
    struct buf detail, remedy;
    buf_init(&detail, sizeof run->r->findings->detail);
    buf_init(&remedy, NOTICE_REMEDY_BYTES);
    (void)buf_addf(&detail, "to %s it lacks ", feature_rows[f].what);
    (void)perm_list(lacks, &detail);
    (void)perm_remedy(lacks, &remedy);
    failed(run->r, check, feature_rows[f].name, &capability_causes[CAPABILITY_ROLE_NEEDED], buf_cstr(&detail),
           buf_cstr(&remedy));
    buf_done(&detail);
    buf_done(&remedy);
}

/* Which APIs a feature's lacks belong to, or its wants when nothing is lacking: is a token of theirs there? */
static bool is_known(const struct test_run *run, enum feature f)
{
    perm_set lacks = feature_lacks(f, run->r->view.c.granted), of = lacks ? lacks : feature_wants(feature_bit(f));
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (of & perm_bit((enum permission)p) && run->has_token[permission_rows[p].audience]) return true;
    return lacks == 0;
}

/* The login gives tokens without consent too: they are empty. */
static bool has_no_role(const struct test_run *run)
{
    const struct capability_view *v = &run->r->view;
    bool is_empty = v->c.granted == 0;
    for (unsigned a = 0; a < AUD_COUNT; a++) is_empty &= v->others[a][0] == '\0';
    return is_empty && (run->has_token[AUD_GRAPH] || run->has_token[AUD_ENDPOINT]);
}

static void judge_role(struct test_run *run, enum feature f)
{
    const struct capabilities *c = &run->r->view.c;
    perm_set lacks = feature_lacks(f, c->granted);
    const char *name = feature_rows[f].name;
    if (!(c->enabled & feature_bit(f))) return;
    if (!run->has_token[AUD_GRAPH] && !run->has_token[AUD_ENDPOINT])
        found(run->r, TEST_ROLE, VERDICT_SKIPPED, name, "there is no token whose roles could be told");
    else if (has_no_role(run))
        found(run->r, TEST_ROLE, VERDICT_SKIPPED, name, "there is no consent");
    else if (!is_known(run, f))
        found(run->r, TEST_ROLE, VERDICT_SKIPPED, name, "there is no token of the API that it needs");
    else if (lacks)
        role_failed(run, TEST_ROLE, f, lacks);
    else
        found(run->r, TEST_ROLE, VERDICT_OK, name, "its roles allow to %s%s", feature_rows[f].what,
              c->second & feature_bit(f) ? ", by the second way" : "");
}

/* ---- reads ------------------------------------------------------------------------------------------------------------------- */

static const char *other_way(const struct test_run *run, unsigned source)
{
    for (unsigned i = 0; i < SOURCES; i++)
        if (sources[i].second_best == source && run->was_asked[i] && run->errors[i].cause == NULL)
            return sources[i].name;
    return NULL;
}

static void judge_read(struct test_run *run, unsigned source)
{
    const struct source_row *row = &sources[source];
    const struct err *e = &run->errors[source];
    enum audience a = audience_of(source);
    const char *other = other_way(run, source);
    bool is_second = row->second_best != SOURCES;
    if (run->is_off[a] || (!run->was_asked[source] && (is_second || !(run->is_full || row->is_light)))) return;
    if (!(run->on & feature_bit(row->feature)))
        found(run->r, TEST_READ, VERDICT_OFF, row->name, "it is switched off");
    else if (!run->was_asked[source] || !run->has_token[a])
        found(run->r, TEST_READ, VERDICT_SKIPPED, row->name, "%s",
              run->token_errors[a].cause ? "there is no token" : why_no_token(run, a));
    else if (e->cause == NULL)
        found(run->r, TEST_READ, VERDICT_OK, row->name, "%s %s answers", endpoint_rows[row->endpoint].method,
              endpoint_rows[row->endpoint].path);
    else if (other)
        found(run->r, TEST_READ, VERDICT_OFF, row->name, "its role is missing; read as %s instead", other);
    else if (is_role_missing(e))
        found(run->r, TEST_READ, VERDICT_SKIPPED, row->name, "its role is missing");
    else
        failed(run->r, TEST_READ, row->name, e->cause, e->text, NULL);
}

/* ---- licence and quota --------------------------------------------------------------------------------------------------------- */

static bool is_licence(const struct err *e)
{
    static const int causes[] = {DEFENDER_NO_LICENCE, DEFENDER_NO_SERVICE, DEFENDER_FEATURE_OFF, DEFENDER_FORBIDDEN,
                                 DEFENDER_NO_TABLE};
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (e->cause == &defender_causes[causes[i]]) return true;
    return false;
}

/* What the licence's absence looks like: the login knows no such service, or the API answers so. */
static const struct err *licence_error(const struct test_run *run, unsigned source)
{
    enum audience a = audience_of(source);
    if (run->token_errors[a].cause && is_licence(&run->token_errors[a])) return &run->token_errors[a];
    return run->was_asked[source] && is_licence(&run->errors[source]) ? &run->errors[source] : NULL;
}

static void judge_licence(struct test_run *run, unsigned source, const char *name)
{
    const struct err *e = licence_error(run, source);
    bool answered = run->was_asked[source] && run->errors[source].cause == NULL;
    if (run->is_off[audience_of(source)] || (!run->is_full && !sources[source].is_light)) return;
    if (!(run->on & feature_bit(sources[source].feature))) return;
    if (e)
        failed(run->r, TEST_LICENCE, name, e->cause, e->text, NULL);
    else if (answered)
        found(run->r, TEST_LICENCE, VERDICT_OK, name, "%s are answered", sources[source].name);
    else
        found(run->r, TEST_LICENCE, VERDICT_SKIPPED, name, "%s could not be asked", sources[source].name);
}

static void judge_quota(struct test_run *run, enum api_family family)
{
    enum { MUCH_MS = 60 * 1000 };
    char detail[120];
    int64_t ms = run->ops->quota_wait_ms(run->ops->ctx, run->t->record.tenant_id, family);
    (void)snprintf(detail, sizeof detail, ms > 0 ? "the next call may be made in %lld s" : "calls are left",
                   (long long)(ms + 999) / 1000);
    if (ms > MUCH_MS)
        failed(run->r, TEST_QUOTA, family_rows[family].name, &test_causes[TEST_QUOTA_USED], detail, NULL);
    else
        found(run->r, TEST_QUOTA, VERDICT_OK, family_rows[family].name, "%s", detail);
}

/* ---- actions ------------------------------------------------------------------------------------------------------------------- */

/* Which orders a feature's roles allow. */
static const struct {
    enum feature feature;
    enum able_deed deed;
} device_deeds[] = {{FEATURE_ISOLATE, DEED_ISOLATE},   {FEATURE_ISOLATE, DEED_SELECTIVE},
                    {FEATURE_RESTRICT, DEED_RESTRICT}, {FEATURE_SCAN, DEED_SCAN},
                    {FEATURE_COLLECT, DEED_COLLECT},   {FEATURE_QUARANTINE, DEED_QUARANTINE}};

/* Its roles are there: one finding an order, each judged by the systems of the devices that are known. */
static void judge_systems(struct test_run *run, enum feature f)
{
    enum { ABLE_TEXT_BYTES = 4096 };
    for (size_t i = 0; i < sizeof device_deeds / sizeof *device_deeds; i++) {
        enum able_deed deed = device_deeds[i].deed;
        const unsigned *n = run->r->able[deed].counts;
        bool is_useless = run->r->known && n[ABLE_YES] + n[ABLE_UNSURE] == 0;
        struct buf text;
        if (device_deeds[i].feature != f) continue;
        buf_init(&text, ABLE_TEXT_BYTES); /* the finding keeps its beginning */
        test_tell_able(run->r, deed, &text);
        found(run->r, TEST_ACTION, is_useless ? VERDICT_OFF : VERDICT_OK, able_deed_names[deed],
              "its roles are there; %s", buf_cstr(&text));
        buf_done(&text);
    }
}

static void judge_action(struct test_run *run, enum feature f)
{
    const struct capabilities *c = &run->r->view.c;
    const char *name = feature_rows[f].name;
    bool is_endpoint = f != FEATURE_SYNC, is_wanted_here = c->enabled & feature_bit(f);
    perm_set lacks = feature_lacks(f, c->granted);
    const struct err *licence = is_endpoint ? licence_error(run, SOURCE_MACHINES) : NULL;
    if (is_endpoint && run->is_off[AUD_ENDPOINT])
        found(run->r, TEST_ACTION, VERDICT_OFF, name, "Defender for Endpoint is not asked here");
    else if (!is_known(run, f) || (is_endpoint && !run->has_token[AUD_ENDPOINT]))
        found(run->r, TEST_ACTION, VERDICT_SKIPPED, name, "there is no token whose roles could be told");
    else if (has_no_role(run))
        found(run->r, TEST_ACTION, VERDICT_SKIPPED, name, "there is no consent");
    else if (lacks && is_wanted_here)
        found(run->r, TEST_ACTION, VERDICT_SKIPPED, name, "its role is missing");
    else if (lacks) {
        struct buf text;
        buf_init(&text, 300);
        (void)perm_list(lacks, &text);
        found(run->r, TEST_ACTION, VERDICT_OFF, name, "not granted: %s", buf_cstr(&text));
        buf_done(&text);
    } else if (licence)
        found(run->r, TEST_ACTION, VERDICT_SKIPPED, name, "the licence is missing");
    else if (is_endpoint)
        judge_systems(run, f);
    else
        found(run->r, TEST_ACTION, VERDICT_OK, name, "its roles allow to %s", feature_rows[f].what);
}

void test_judge(struct test_run *run)
{
    static const enum feature actions[] = {FEATURE_ISOLATE, FEATURE_RESTRICT,   FEATURE_SCAN,
                                           FEATURE_COLLECT, FEATURE_QUARANTINE, FEATURE_SYNC};
    for (unsigned a = 0; a < AUD_COUNT; a++) judge_token(run, (enum audience)a);
    if (has_no_role(run))
        failed(run->r, TEST_ROLE, "consent", &capability_causes[CAPABILITY_NO_ROLES],
               "the tokens of both APIs hold no role at all", NULL);
    for (unsigned f = 0; f < FEATURE_COUNT; f++) judge_role(run, (enum feature)f);
    for (unsigned i = 0; i < SOURCES; i++) judge_read(run, i);
    judge_licence(run, SOURCE_HUNTING, "Defender XDR (hunting)");
    judge_licence(run, SOURCE_MACHINES, "Defender for Endpoint");
    if (run->has_token[AUD_GRAPH]) judge_quota(run, API_GRAPH_SECURITY);
    if (run->has_token[AUD_ENDPOINT]) judge_quota(run, API_ENDPOINT);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) judge_action(run, actions[i]);
}
