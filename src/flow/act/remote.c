#include "flow/act/remote.h"

#include <string.h>

#include "cloud/net/http.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { MITIGATION_BYTES = 64 << 10 };

/* Cut where it must be, never within a UTF-8 character. */
static void keep(struct str s, char *out, size_t size)
{
    size_t n = s.n < size ? s.n : size - 1;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80) n--;
    if (n) memcpy(out, s.p, n);
    out[n] = '\0';
}

static void keep_member(const struct json *v, const char *key, char *out, size_t size)
{
    keep(json_str(json_get_nocase(v, key), STR_NONE), out, size);
}

static struct wall time_member(const struct json *v, const char *key)
{
    struct wall t;
    return wall_parse(json_str(json_get_nocase(v, key), STR_NONE), &t) ? t : (struct wall){0};
}

/* ---- machines ---------------------------------------------------------------------------------------------------------- */

/* A device's role in its domain is established by its tags alone: no API tells it. */
static const struct {
    const char *tag;
    enum machine_role role;
} role_tags[] = {
    {"domain controller", MACHINE_ROLE_CONTROLLER}, {"domaincontroller", MACHINE_ROLE_CONTROLLER},
    {"domain-controller", MACHINE_ROLE_CONTROLLER}, {"dc", MACHINE_ROLE_CONTROLLER},
    {"member server", MACHINE_ROLE_MEMBER},         {"memberserver", MACHINE_ROLE_MEMBER},
    {"member-server", MACHINE_ROLE_MEMBER},
};

static void read_tag(struct str tag, struct respond_machine *out)
{
    for (size_t i = 0; i < COUNT(role_tags); i++)
        if (str_eq_nocase(tag, str_of(role_tags[i].tag)) && out->role != MACHINE_ROLE_CONTROLLER)
            out->role = role_tags[i].role;
    if (out->tag_count < COUNT(out->tags)) keep(tag, out->tags[out->tag_count++], sizeof out->tags[0]);
}

/* Of healthStatus: those whose sensor says nothing, or is not heard. */
static bool is_silent(struct str health)
{
    static const char *const silent[] = {"Inactive", "NoSensorData", "NoSensorDataImpairedCommunication"};
    for (size_t i = 0; i < COUNT(silent); i++)
        if (str_eq_nocase(health, str_of(silent[i]))) return true;
    return false;
}

struct able_machine remote_able_read(const struct json *v)
{
    struct str status = json_str(json_get_nocase(v, "onboardingStatus"), STR_NONE);
    return (struct able_machine){
        .os = json_str(json_get_nocase(v, "osPlatform"), STR_NONE),
        .build = json_i64(json_get_nocase(v, "osBuild"), 0),
        .is_onboarded = str_eq_nocase(status, STR("Onboarded")),
        .is_silent = is_silent(json_str(json_get_nocase(v, "healthStatus"), STR_NONE)),
    };
}

bool remote_machine_read(const struct json *v, struct respond_machine *out)
{
    const struct json *tags = json_get_nocase(v, "machineTags");
    struct able_machine able = remote_able_read(v);
    const char *why;
    *out = (struct respond_machine){.last_seen = time_member(v, "lastSeen")};
    keep_member(v, "id", out->id, sizeof out->id);
    keep_member(v, "computerDnsName", out->host, sizeof out->host);
    keep_member(v, "osPlatform", out->os, sizeof out->os);
    keep_member(v, "rbacGroupName", out->group, sizeof out->group);
    for (size_t i = 0; tags && tags->type == JSON_ARRAY && i < tags->count; i++)
        read_tag(json_str(&tags->items[i], STR_NONE), out);
    if (!worth_read(json_str(json_get_nocase(v, "deviceValue"), STR_NONE), &out->worth)) out->worth = WORTH_UNKNOWN;
    out->is_onboarded = able.is_onboarded;
    out->can_selective = able_by_system(DEED_SELECTIVE, able.os, able.build, &why) == ABLE_YES;
    return out->id[0] != '\0';
}

bool remote_machine_is_named(const struct respond_machine *m, struct str host)
{
    struct str own = str_of(m->host), label = own;
    if (host.n == 0) return false;
    if (str_find(host, STR("."), 0) != SIZE_MAX) return str_eq_nocase(own, host);
    return str_eq_nocase(str_cut(&label, '.'), host);
}

/* {"isolationStatus":"Isolated"}, as text; the newest row of each device, as the query gives it. */
static bool says_isolated(struct str status)
{
    struct arena a;
    struct err ignored;
    arena_init(&a, MITIGATION_BYTES);
    const struct json *v = json_parse(&a, status, &ignored);
    bool is_so = str_eq_nocase(json_str(json_get_nocase(v, "isolationStatus"), STR_NONE), STR("Isolated"));
    arena_done(&a);
    return is_so;
}

bool remote_is_isolated(const struct json *answer)
{
    const struct json *rows = json_get_nocase(answer, "results");
    for (size_t i = 0; rows && rows->type == JSON_ARRAY && i < rows->count; i++)
        if (says_isolated(json_str(json_get_nocase(&rows->items[i], "MitigationStatus"), STR_NONE))) return true;
    return false;
}

/* ---- actions ----------------------------------------------------------------------------------------------------------- */

/* How each is called at Defender, in its list and in the body of its order. */
static const struct {
    const char *type;
    enum act_kind kind;
    enum endpoint endpoint;
} kinds[] = {
    {"Isolate", ACT_ISOLATE, EP_ISOLATE},
    {"Unisolate", ACT_RELEASE, EP_RELEASE},
    {"RestrictCodeExecution", ACT_RESTRICT, EP_RESTRICT},
    {"UnrestrictCodeExecution", ACT_UNRESTRICT, EP_UNRESTRICT},
    {"RunAntiVirusScan", ACT_SCAN, EP_SCAN},
    {"CollectInvestigationPackage", ACT_COLLECT, EP_COLLECT},
    {"StopAndQuarantineFile", ACT_QUARANTINE, EP_QUARANTINE},
};
static const struct {
    const char *word;
    enum remote_state state;
} states[] = {
    {"Pending", REMOTE_PENDING}, {"InProgress", REMOTE_RUNNING}, {"Succeeded", REMOTE_SUCCEEDED},
    {"Failed", REMOTE_FAILED},   {"TimeOut", REMOTE_TIMED_OUT},  {"Cancelled", REMOTE_CANCELLED},
};
static const struct {
    const char *word;
    enum act_scope scope;
} scopes[] = {
    {"Full", SCOPE_FULL}, {"Selective", SCOPE_SELECTIVE}, {"UnManagedDevice", SCOPE_UNMANAGED}, {"Quick", SCOPE_QUICK}};

static void read_words(const struct json *v, struct remote_action *out)
{
    struct str type = json_str(json_get_nocase(v, "type"), STR_NONE),
               status = json_str(json_get_nocase(v, "status"), STR_NONE),
               scope = json_str(json_get_nocase(v, "scope"), STR_NONE);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq_nocase(type, str_of(kinds[i].type))) out->kind = kinds[i].kind;
    for (size_t i = 0; i < COUNT(states); i++)
        if (str_eq_nocase(status, str_of(states[i].word))) out->state = states[i].state;
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (str_eq_nocase(scope, str_of(scopes[i].word))) out->scope = scopes[i].scope;
}

/* Failure detail is thin: an HRESULT, sometimes a text. */
static void read_failure(const struct json *v, struct remote_action *out)
{
    int64_t code = json_i64(json_get_nocase(v, "errorHResult"), 0);
    struct str says = json_str(json_get_nocase(v, "troubleshootInfo"), STR_NONE);
    if (code == 0 && says.n == 0) return;
    (void)snprintf(out->error.code, sizeof out->error.code, "0x%08llx", (unsigned long long)code & 0xffffffffULL);
    keep(says.n ? says : STR("the device gave this error number and no text"), out->error.text, sizeof out->error.text);
    keep(STR("Look the number up (HRESULT) and the device's event log (SENSE, Windows Defender Operational); then: "
             "portcullis response retry."),
         out->error.remedy, sizeof out->error.remedy);
}

bool remote_action_read(const struct json *v, struct remote_action *out)
{
    *out = (struct remote_action){.created = time_member(v, "creationDateTimeUtc"),
                                  .updated = time_member(v, "lastUpdateDateTimeUtc")};
    if (out->updated.ticks == 0) out->updated = time_member(v, "lastUpdateTimeUtc"); /* so on the list's page */
    keep_member(v, "id", out->id, sizeof out->id);
    keep_member(v, "requestor", out->by, sizeof out->by);
    keep_member(v, "requestorComment", out->comment, sizeof out->comment);
    read_words(v, out);
    if (out->state == REMOTE_FAILED || out->state == REMOTE_TIMED_OUT) read_failure(v, out);
    return out->id[0] != '\0';
}

enum endpoint remote_endpoint(enum act_kind kind)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].kind == kind) return kinds[i].endpoint;
    return EP_COUNT;
}

static const char *scope_word(enum act_scope scope, enum act_scope usual)
{
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (scopes[i].scope == (scope == SCOPE_NONE ? usual : scope)) return scopes[i].word;
    return "Full";
}

/* Names exactly so: they are compared with regard to case. */
bool remote_body(const struct effect *e, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, "Comment");
    json_write_cstr(&w, e->comment);
    if (e->kind == EFFECT_POST && e->act == ACT_ISOLATE) {
        json_key(&w, "IsolationType");
        json_write_cstr(&w, scope_word(e->scope, SCOPE_FULL));
    } else if (e->kind == EFFECT_POST && e->act == ACT_SCAN) {
        json_key(&w, "ScanType");
        json_write_cstr(&w, scope_word(e->scope, SCOPE_QUICK));
    } else if (e->kind == EFFECT_POST && e->act == ACT_QUARANTINE) {
        json_key(&w, "Sha1");
        json_write_cstr(&w, e->sha1);
    }
    json_object_end(&w);
    return !out->failed;
}

/* ---- failures ---------------------------------------------------------------------------------------------------------- */

/* What each failure proves. What is not listed goes by its kind. */
static const struct {
    const struct cause *cause;
    enum respond_result result;
    enum policy_failure failure; /* with RESULT_REFUSED */
} results[] = {
    {&defender_causes[DEFENDER_ACTION_RUNNING], RESULT_ACTIVE, FAILURE_BUSY},
    {&defender_causes[DEFENDER_OS_UNSUPPORTED], RESULT_REFUSED, FAILURE_UNSUPPORTED},
    {&defender_causes[DEFENDER_SENSOR_OLD], RESULT_REFUSED, FAILURE_UNSUPPORTED},
    {&defender_causes[DEFENDER_THROTTLED], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_CALLS_QUOTA], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_CPU_QUOTA], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_TOKEN_REFUSED], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_LOGIN_LOOP], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_LOGIN_THROTTLED], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_LOGIN_DOWN], RESULT_RETRY, FAILURE_FAILED},
    {&defender_causes[DEFENDER_DISALLOWED], RESULT_REFUSED, FAILURE_FORBIDDEN},
    {&defender_causes[DEFENDER_BATCH_TOO_LARGE], RESULT_REFUSED, FAILURE_FAILED},
    {&defender_causes[DEFENDER_PAGE_TOO_LARGE], RESULT_REFUSED, FAILURE_FAILED},
    {&defender_causes[DEFENDER_SERVER], RESULT_LOST, FAILURE_UNKNOWN},
    {&defender_causes[DEFENDER_BAD_ANSWER], RESULT_LOST, FAILURE_UNKNOWN},
    /* never sent */
    {&net_causes[NET_DNS], RESULT_RETRY, FAILURE_FAILED},
    {&net_causes[NET_CONNECT], RESULT_RETRY, FAILURE_FAILED},
    {&net_causes[NET_TLS_REFUSED], RESULT_RETRY, FAILURE_FAILED},
    {&net_causes[NET_PLAIN_HTTP], RESULT_REFUSED, FAILURE_FAILED},
    {&net_causes[NET_BAD_URL], RESULT_REFUSED, FAILURE_FAILED},
    /* sent, perhaps */
    {&net_causes[NET_TIMEOUT], RESULT_LOST, FAILURE_UNKNOWN},
    {&net_causes[NET_STALLED], RESULT_LOST, FAILURE_UNKNOWN},
    {&net_causes[NET_CUT], RESULT_LOST, FAILURE_UNKNOWN},
    {&net_causes[NET_TOO_LARGE], RESULT_LOST, FAILURE_UNKNOWN},
    {&net_causes[NET_PROTOCOL], RESULT_LOST, FAILURE_UNKNOWN},
};

enum respond_result remote_result(const struct err *e, bool is_change, enum policy_failure *failure_out)
{
    enum respond_result result = RESULT_LOST;
    *failure_out = FAILURE_UNKNOWN;
    switch (e->cause->kind) {
    case ERR_AUTH:
        result = RESULT_REFUSED;
        *failure_out = FAILURE_FORBIDDEN;
        break;
    case ERR_INPUT:
        result = RESULT_REFUSED;
        *failure_out = FAILURE_FAILED;
        break;
    case ERR_RETRY:
    case ERR_UNCERTAIN:
    case ERR_LIMIT:
    case ERR_STORAGE:
    case ERR_CORRUPT: break; /* proves nothing */
    }
    for (size_t i = 0; i < COUNT(results); i++)
        if (results[i].cause == e->cause) {
            result = results[i].result;
            *failure_out = results[i].failure;
        }
    /* a question that went unanswered, or was too much at that moment, is asked again, whatever became of it */
    return !is_change && (result == RESULT_LOST || e->cause->kind == ERR_LIMIT) ? RESULT_RETRY : result;
}
