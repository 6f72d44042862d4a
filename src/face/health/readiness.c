#include "face/health/readiness.h"
#include "state/store/health.h"
#include "state/store/notices.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const readiness_state_names[READY_STATES] = {
    [READY_OK] = "ok", [READY_LIMITED] = "limited", [READY_OFF] = "off", [READY_MISSING] = "missing"};
const char *const readiness_answer_names[] = {
    [ISOLATES_NO] = "no", [ISOLATES_OFF] = "off", [ISOLATES_ASKS] = "asks", [ISOLATES_YES] = "yes"};

const struct readiness_row readiness_rows[CHECK_COUNT] = {
    [CHECK_LOGIN] = {"login", NEED_ISOLATE, "a token for Defender for Endpoint"},
    [CHECK_MACHINES] = {"machines", NEED_ISOLATE, "read machines and their actions"},
    [CHECK_ISOLATE] = {"isolate", NEED_ISOLATE, "isolate and release machines"},
    [CHECK_ALERTS] = {"alerts", NEED_ISOLATE, "read alerts"},
    [CHECK_QUOTA] = {"quota", NEED_ISOLATE, "calls left within Microsoft's limits"},
    [CHECK_REMEDIATION] = {"remediation", NEED_ISOLATE, "the setting remediation"},
    [CHECK_STOP] = {"stop", NEED_ISOLATE, "nobody, and no breaker, has stopped the response"},
    [CHECK_LIMITS] = {"limits", NEED_ISOLATE, "our own limits leave room for one more"},
    [CHECK_CHANNEL] = {"channel", NEED_TELL, "a channel that tells people"},
    [CHECK_PHONE] = {"phone", NEED_TELL, "a phone channel that takes keys"},
    [CHECK_DUTY] = {"duty", NEED_TELL, "somebody on duty, with a number"},
    [CHECK_PROOF] = {"second_proof", NEED_EXTRA, "hunting, as a second proof of an isolation"},
    [CHECK_SYNC] = {"sync", NEED_EXTRA, "resolve and comment alerts"},
    [CHECK_RESTRICT] = {"restrict", NEED_EXTRA, "restrict what machines execute"},
    [CHECK_SCAN] = {"scan", NEED_EXTRA, "run antivirus scans"},
    [CHECK_COLLECT] = {"collect", NEED_EXTRA, "collect investigation packages"},
    [CHECK_QUARANTINE] = {"quarantine", NEED_EXTRA, "stop and quarantine files"},
};

#define IN_ENTRA "in Entra, under the app's API permissions, and have an administrator of the tenant consent."
const struct cause readiness_causes[READINESS_CAUSE_COUNT] = {
    [READINESS_ROLE_ISOLATE] = {"readiness.role_isolate", ERR_AUTH, "the application may not isolate devices",
                                "Grant Machine.Isolate of WindowsDefenderATP " IN_ENTRA},
    [READINESS_ROLE_MACHINES] = {"readiness.role_machines", ERR_AUTH,
                                 "the application may not read devices and their actions",
                                 "Grant Machine.Read.All (or Machine.ReadWrite.All) of WindowsDefenderATP " IN_ENTRA},
    [READINESS_ROLE_ALERTS] = {"readiness.role_alerts", ERR_AUTH, "the application may not read alerts",
                               "Grant SecurityAlert.Read.All of Microsoft Graph, or Alert.Read.All of "
                               "WindowsDefenderATP, " IN_ENTRA},
    [READINESS_QUOTA] = {"readiness.quota", ERR_LIMIT, "the calls Microsoft grants the response are used up",
                         "It passes by itself; if it does not, look what else uses this application in the tenant."},
    [READINESS_OFF] = {"readiness.off", ERR_INPUT, "automatic remediation is off",
                       "Switch it on when you want it: portcullis settings set remediation auto --tenant TENANT."},
    [READINESS_SHADOW] = {"readiness.shadow", ERR_INPUT, "decisions are only noted (remediation is shadow)",
                          "See them with portcullis response list; then set remediation to approve or auto."},
    [READINESS_ASKS] = {"readiness.asks", ERR_INPUT, "a person is asked before each isolation (remediation is approve)",
                        "Nothing to do, unless it should act by itself: set remediation to auto."},
    [READINESS_STOPPED] = {"readiness.stopped", ERR_INPUT, "the response is stopped",
                           "When the reason is gone: portcullis response resume."},
    [READINESS_LIMIT] = {"readiness.limit", ERR_LIMIT, "a limit of ours is reached: further isolations ask",
                         "Look at what was isolated (portcullis response list); limits are settings."},
    [READINESS_ENGINE] = {"readiness.engine", ERR_RETRY, "the response engine cannot be asked",
                          "Look at the service's own output; it may be starting or ending."},
    [READINESS_NO_CHANNEL] = {"readiness.no_channel", ERR_INPUT, "no channel is there to tell people",
                              "Add one: portcullis channel add NAME --kind email."},
    [READINESS_NO_PHONE] = {"readiness.no_phone", ERR_INPUT, "no phone channel is there: nobody can be called",
                            "Add one: portcullis channel add NAME --kind phone."},
    [READINESS_CALL_ONLY] = {"readiness.call_only", ERR_INPUT, "calls are made, but no key is taken",
                             "Give the phone channel a flow that asks for keys; docs/notices.md says how."},
    [READINESS_NOBODY] = {"readiness.nobody", ERR_INPUT, "nobody is on duty",
                          "Put somebody on the list: portcullis on-call add on-call PERSON."},
    [READINESS_NO_NUMBER] = {"readiness.no_number", ERR_INPUT, "nobody on duty has a phone number",
                             "Give one to a person on duty: portcullis user add."},
    [READINESS_NO_PROOF] = {"readiness.no_proof", ERR_AUTH,
                            "isolations are confirmed by the device's actions alone, not by hunting too",
                            "If you want the second proof: grant ThreatHunting.Read.All of Microsoft Graph " IN_ENTRA},
    [READINESS_NO_SYNC] = {"readiness.no_sync", ERR_AUTH, "alerts are not resolved or commented in Defender",
                           "If you want that: grant SecurityAlert.ReadWrite.All of Microsoft Graph, or "
                           "Alert.ReadWrite.All of WindowsDefenderATP, " IN_ENTRA},
    [READINESS_NOT_ASKED] = {"readiness.not_asked", ERR_RETRY, "it was not asked since the service began",
                             "Wait: all are asked within the hour. Or ask now for this tenant alone: portcullis "
                             "readiness TENANT."},
    [READINESS_NO_ROLE] = {"readiness.no_role", ERR_AUTH, "the application lacks the role for this action",
                           "If you want it: grant the role that the reason names " IN_ENTRA},
};

/* ---- findings --------------------------------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 4, 5)))
find(struct readiness_finding *out, enum readiness_state state, const struct cause *cause, const char *fmt, ...)
{
    va_list args;
    out->state = state;
    out->cause = cause;
    va_start(args, fmt);
    (void)vsnprintf(out->reason, sizeof out->reason, fmt, args);
    va_end(args);
}

#define CAUSE(c) (&readiness_causes[READINESS_##c])
typedef void judge_check(const struct readiness_facts *f, struct readiness_finding *out);

static bool is_missing(const struct readiness_facts *f, enum endpoint endpoint)
{
    return f->access[endpoint] == ACCESS_MISSING || f->access[endpoint] == ACCESS_NO_ROLES;
}

static void from_error(const struct err *e, struct readiness_finding *out)
{
    find(out, READY_MISSING, e->cause, "%s", e->text);
}

static void login(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->login.cause) from_error(&f->login, out);
}

static void machines(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (is_missing(f, EP_MACHINES))
        find(out, READY_MISSING, CAUSE(ROLE_MACHINES), "the token has no role that reads machines (Machine.Read.All)");
    else if (f->machines.cause && !f->login.cause)
        from_error(&f->machines, out);
    else if (f->login.cause)
        find(out, READY_MISSING, f->login.cause, "not known without a token");
}

static void isolate(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->access[EP_ISOLATE] == ACCESS_GRANTED) return;
    if (is_missing(f, EP_ISOLATE))
        find(out, READY_MISSING, CAUSE(ROLE_ISOLATE), "the token has no role %s", endpoint_rows[EP_ISOLATE].role);
    else
        find(out, READY_MISSING, f->login.cause ? f->login.cause : CAUSE(ROLE_ISOLATE), "not known without a token");
}

static void alerts(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (is_missing(f, EP_ALERTS) && is_missing(f, EP_ALERTS_ENDPOINT))
        find(out, READY_MISSING, CAUSE(ROLE_ALERTS),
             "neither Graph's token nor Defender for Endpoint's has a role that "
             "reads alerts");
    else if (f->alerts.cause)
        from_error(&f->alerts, out);
}

static void quota(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->quota_wait_ms > 0)
        find(out, READY_LIMITED, CAUSE(QUOTA), "the next call may be made in %lld s",
             (long long)(f->quota_wait_ms + 999) / 1000);
}

static void remediation(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->mode == MODE_OFF) find(out, READY_OFF, CAUSE(OFF), "remediation is off");
    if (f->mode == MODE_SHADOW) find(out, READY_OFF, CAUSE(SHADOW), "remediation is shadow");
    if (f->mode == MODE_APPROVE) find(out, READY_LIMITED, CAUSE(ASKS), "remediation is approve");
}

static void stop(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->is_stopped)
        find(out, READY_MISSING, CAUSE(STOPPED), "stopped by %s", f->stopped_by[0] ? f->stopped_by : "a breaker");
    else if (!f->engine.is_known)
        find(out, READY_MISSING, CAUSE(ENGINE), "the response has not loaded this tenant yet");
}

static void limits(const struct readiness_facts *f, struct readiness_finding *out)
{
    const struct respond_readiness *r = &f->engine;
    const uint32_t full = 1u << WHY_TENANT_HOUR | 1u << WHY_TENANT_SHARE | 1u << WHY_ACCOUNT_HOUR;
    if (r->why & full)
        find(out, READY_LIMITED, CAUSE(LIMIT), "%u of %u within the hour, %u of %u at once, %u of %u in all tenants",
             r->hour_used, r->hour_limit, r->share_used, r->share_limit, r->account_used, r->account_limit);
}

static void channel(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->telling.channels == 0) find(out, READY_MISSING, CAUSE(NO_CHANNEL), "no channel is enabled");
}

static void phone(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (!f->telling.has_phone)
        find(out, READY_MISSING, CAUSE(NO_PHONE), "no phone channel is enabled");
    else if (!f->telling.has_keys)
        find(out, READY_LIMITED, CAUSE(CALL_ONLY), "the phone channel has no flow");
}

static void duty(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->telling.on_duty == 0)
        find(out, READY_MISSING, CAUSE(NOBODY), "nobody is on the list on-call right now");
    else if (f->telling.on_duty_phone == 0)
        find(out, READY_MISSING, CAUSE(NO_NUMBER), "%u on duty, none with a number", f->telling.on_duty);
}

static void proof(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->access[EP_HUNTING] != ACCESS_GRANTED)
        find(out, READY_LIMITED, CAUSE(NO_PROOF), "Graph's token has no role %s", endpoint_rows[EP_HUNTING].role);
}

static void sync_alerts(const struct readiness_facts *f, struct readiness_finding *out)
{
    if (f->access[EP_ALERT_UPDATE] != ACCESS_GRANTED && f->access[EP_ALERT_ENDPOINT_UPDATE] != ACCESS_GRANTED)
        find(out, READY_LIMITED, CAUSE(NO_SYNC), "no token has %s or %s", endpoint_rows[EP_ALERT_UPDATE].role,
             endpoint_rows[EP_ALERT_ENDPOINT_UPDATE].role);
}

static void action(const struct readiness_facts *f, enum endpoint endpoint, struct readiness_finding *out)
{
    if (f->access[endpoint] != ACCESS_GRANTED)
        find(out, READY_LIMITED, CAUSE(NO_ROLE), "the token has no role %s", endpoint_rows[endpoint].role);
}

static void restrict_code(const struct readiness_facts *f, struct readiness_finding *out)
{
    action(f, EP_RESTRICT, out);
}
static void scan(const struct readiness_facts *f, struct readiness_finding *out)
{
    action(f, EP_SCAN, out);
}
static void collect(const struct readiness_facts *f, struct readiness_finding *out)
{
    action(f, EP_COLLECT, out);
}
static void quarantine(const struct readiness_facts *f, struct readiness_finding *out)
{
    action(f, EP_QUARANTINE, out);
}

static judge_check *const judges[CHECK_COUNT] = {
    [CHECK_LOGIN] = login,
    [CHECK_MACHINES] = machines,
    [CHECK_ISOLATE] = isolate,
    [CHECK_ALERTS] = alerts,
    [CHECK_QUOTA] = quota,
    [CHECK_REMEDIATION] = remediation,
    [CHECK_STOP] = stop,
    [CHECK_LIMITS] = limits,
    [CHECK_CHANNEL] = channel,
    [CHECK_PHONE] = phone,
    [CHECK_DUTY] = duty,
    [CHECK_PROOF] = proof,
    [CHECK_SYNC] = sync_alerts,
    [CHECK_RESTRICT] = restrict_code,
    [CHECK_SCAN] = scan,
    [CHECK_COLLECT] = collect,
    [CHECK_QUARANTINE] = quarantine,
};

/* A limit that is reached asks instead; what is missing outweighs what is off. */
void readiness_judge(const struct readiness_facts *f, struct readiness *out)
{
    *out = (struct readiness){.isolates = ISOLATES_YES, .is_heard = true, .first = CHECK_COUNT};
    for (int c = 0; c < CHECK_COUNT; c++) {
        struct readiness_finding *found = &out->checks[c];
        judges[c](f, found);
        if (readiness_rows[c].need == NEED_TELL) out->is_heard &= found->state != READY_MISSING;
        if (readiness_rows[c].need != NEED_ISOLATE) continue;
        enum readiness_answer here = found->state == READY_MISSING                       ? ISOLATES_NO
                                     : found->state == READY_OFF                         ? ISOLATES_OFF
                                     : found->state == READY_LIMITED && c != CHECK_QUOTA ? ISOLATES_ASKS
                                                                                         : ISOLATES_YES;
        if (here < out->isolates) {
            out->isolates = here;
            out->first = (enum readiness_check)c;
        }
    }
    for (int c = 0; out->first == CHECK_COUNT && c < CHECK_COUNT; c++)
        if (out->checks[c].state == READY_MISSING) out->first = (enum readiness_check)c;
}

/* ---- finding out ---------------------------------------------------------------------------------------------------------------- */

static bool is_login(const struct err *e)
{
    enum error_scope scope = defender_scope(e->cause);
    return scope == SCOPE_TENANT || scope == SCOPE_API;
}

/* One reading call an API: it fetches the token, whose roles then say the rest. */
static void probe(const struct readiness_ops *ops, struct tenant *t, struct readiness_facts *out)
{
    struct err e;
    const char *id = t->record.tenant_id;
    if (!ops->ask(ops->ctx, t, EP_MACHINES, "$top=1", &e)) {
        bool is_role = e.cause == &defender_causes[DEFENDER_ROLE_MISSING];
        if (!is_role) out->machines = e;
        if (!is_role && is_login(&e)) out->login = e;
    }
    if (!ops->ask(ops->ctx, t, EP_ALERTS, "$top=1", &e)) {
        struct err second;
        bool by_endpoint = ops->ask(ops->ctx, t, EP_ALERTS_ENDPOINT, "$top=1", &second);
        if (!by_endpoint) out->alerts = e.cause == &defender_causes[DEFENDER_ROLE_MISSING] ? second : e;
    }
    for (int i = 0; i < EP_COUNT; i++) out->access[i] = ops->access(ops->ctx, id, (enum endpoint)i);
    out->quota_wait_ms = ops->quota_wait_ms(ops->ctx, id, API_ENDPOINT);
}

bool readiness_find_out(const struct readiness_ops *ops, struct store *s, struct tenant *t, struct wall now,
                        struct readiness_facts *out, struct err *e)
{
    struct settings settings;
    *out = (struct readiness_facts){.quota_wait_ms = 0};
    if (!settings_of_tenant(s, t->record.tenant_id, &settings, e)) return false;
    probe(ops, t, out);
    if (!ops->engine(ops->ctx, t->record.tenant_id, out)) out->engine.is_known = false;
    out->mode = (enum policy_mode)setting_number(&settings, SET_REMEDIATION);
    const struct zone *zone = ops->zone(ops->ctx, settings.values[SET_TIME_ZONE].text);
    return notify_look(s, t->record.tenant_id, zone, now, &out->telling, e);
}

/* ---- telling -------------------------------------------------------------------------------------------------------------------------- */

static bool concerns(const struct readiness *r, int check)
{
    return readiness_rows[check].need != NEED_EXTRA && r->checks[check].state == READY_MISSING;
}

static bool has_code(struct str codes, const char *code)
{
    while (codes.p)
        if (str_eq(str_cut(&codes, ','), str_of(code))) return true;
    return false;
}

static bool put_notice(struct store *s, const struct tenant *t, const struct readiness_finding *f, int check,
                       struct err *e)
{
    struct notice_record n = {.kind = NOTICE_READINESS, .severity = NOTICE_HIGH, .body = str_of(f->reason)};
    (void)snprintf(n.tenant_id, sizeof n.tenant_id, "%s", t->record.tenant_id);
    (void)snprintf(n.organization, sizeof n.organization, "%s", t->org_name);
    (void)snprintf(n.title, sizeof n.title, "Not ready to %s: %s",
                   readiness_rows[check].need == NEED_TELL ? "tell people" : "isolate", f->cause->what);
    (void)snprintf(n.cause, sizeof n.cause, "%s", f->cause->code);
    (void)snprintf(n.remedy, sizeof n.remedy, "%s", f->cause->remedy);
    (void)snprintf(n.group_key, sizeof n.group_key, "cause:%s", f->cause->code);
    return store_notice_put(s, &n, e);
}

/* A tenant that does not want to act is told nothing. */
static bool wants_to_act(const struct readiness *r)
{
    return r->checks[CHECK_REMEDIATION].state == READY_OK || r->checks[CHECK_REMEDIATION].state == READY_LIMITED;
}

static bool note_any(void *arg, const struct condition_record *r)
{
    (void)r;
    *(bool *)arg = true;
    return false;
}

bool readiness_tell(struct store *s, const struct tenant *t, const struct readiness *r, bool *told_out, struct err *e)
{
    struct buf before, now;
    bool ok = true, has_lost = false;
    buf_init(&before, 4096);
    buf_init(&now, 4096);
    *told_out = false;
    /* What was lost (consent, a role, the credential) has been told as such. */
    ok = store_readiness_get(s, t->record.tenant_id, &before, e) &&
         store_condition_list(s, t->record.tenant_id, note_any, &has_lost, e);
    for (int c = 0; ok && c < CHECK_COUNT; c++) {
        const struct readiness_finding *f = &r->checks[c];
        if (!wants_to_act(r) || !concerns(r, c) || has_code(buf_str(&now), f->cause->code)) continue;
        buf_addf(&now, "%s%s", now.n ? "," : "", f->cause->code);
        if (has_code(buf_str(&before), f->cause->code) || (has_lost && f->cause->kind == ERR_AUTH)) continue;
        ok = put_notice(s, t, f, c, e);
        *told_out = true;
    }
    if (ok && !str_eq(buf_str(&before), buf_str(&now)))
        ok = store_readiness_set(s, t->record.tenant_id, buf_str(&now), e);
    buf_done(&before);
    buf_done(&now);
    return ok;
}
