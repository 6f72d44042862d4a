/* flow/act: what Defender says of machines and actions, what goes out to it, and what a failure proves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "cloud/net/http.h"
#include "flow/act/remote.h"

static struct arena arena;

static const struct json *parse(const char *text)
{
    struct err e;
    const struct json *v = json_parse(&arena, str_of(text), &e);
    assert_non_null(v);
    return v;
}

static void a_machine_is_read(void **state)
{
    struct respond_machine m;
    (void)state;
    assert_true(remote_machine_read(
        parse("{\"id\":\"ab12\",\"computerDnsName\":\"pc-1.contoso.example\",\"osPlatform\":\"Windows10\",\"osBuild\":"
              "16299,"
              "\"rbacGroupName\":\"Desks\",\"machineTags\":[\"vip\",\"Member Server\"],\"deviceValue\":\"High\","
              "\"onboardingStatus\":\"Onboarded\",\"lastSeen\":\"2026-11-22T10:00:00.5Z\"}"),
        &m));
    assert_string_equal(m.id, "ab12");
    assert_string_equal(m.host, "pc-1.contoso.example");
    assert_int_equal(m.tag_count, 2);
    assert_int_equal(m.role, MACHINE_ROLE_MEMBER);
    assert_int_equal(m.worth, WORTH_HIGH);
    assert_true(m.is_onboarded && m.can_selective && m.last_seen.ticks > 0);
    assert_true(remote_machine_read(
        parse(
            "{\"id\":\"1\",\"osPlatform\":\"Windows10\",\"osBuild\":15063,\"machineTags\":[\"DC\",\"member-server\"]}"),
        &m));
    assert_int_equal(m.role, MACHINE_ROLE_CONTROLLER); /* whatever else it is called */
    assert_true(!m.can_selective && !m.is_onboarded && m.worth == WORTH_UNKNOWN);
    assert_false(remote_machine_read(parse("{\"computerDnsName\":\"x\"}"), &m));
    assert_false(remote_machine_read(parse("[]"), &m));
}

static void what_a_machine_can_be_asked_is_read(void **state)
{
    (void)state;
    struct able_machine m =
        remote_able_read(parse("{\"osPlatform\":\"Windows10\",\"osBuild\":19045,\"onboardingStatus\":"
                               "\"onboarded\",\"healthStatus\":\"NoSensorData\"}"));
    assert_true(str_eq(m.os, STR("Windows10")) && m.build == 19045 && m.is_onboarded && m.is_silent);
    m = remote_able_read(parse("{\"osPlatform\":\"macOS\",\"osBuild\":null,\"onboardingStatus\":\"CanBeOnboarded\","
                               "\"healthStatus\":\"ImpairedCommunication\"}"));
    assert_true(str_eq(m.os, STR("macOS")) && m.build == 0 && !m.is_onboarded && !m.is_silent);
}

static void names_are_whole(void **state)
{
    static const struct {
        const char *own, *asked;
        bool fits;
    } rows[] = {{"pc-1.contoso.example", "pc-1", true},        {"pc-1.contoso.example", "PC-1.Contoso.Example", true},
                {"pc-1.contoso.example", "pc-1.other", false}, {"pc-10.contoso.example", "pc-1", false},
                {"pc-1", "pc-1.contoso.example", false},       {"pc-1", "", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct respond_machine m = {.is_onboarded = true};
        (void)snprintf(m.host, sizeof m.host, "%s", rows[i].own);
        assert_int_equal(remote_machine_is_named(&m, str_of(rows[i].asked)), rows[i].fits);
    }
}

static void an_action_is_read(void **state)
{
    static const struct {
        const char *type, *status;
        enum act_kind kind;
        enum remote_state state;
    } rows[] = {{"Isolate", "Pending", ACT_ISOLATE, REMOTE_PENDING},
                {"Unisolate", "InProgress", ACT_RELEASE, REMOTE_RUNNING},
                {"RestrictCodeExecution", "Succeeded", ACT_RESTRICT, REMOTE_SUCCEEDED},
                {"UnrestrictCodeExecution", "Failed", ACT_UNRESTRICT, REMOTE_FAILED},
                {"RunAntiVirusScan", "TimeOut", ACT_SCAN, REMOTE_TIMED_OUT},
                {"CollectInvestigationPackage", "Cancelled", ACT_COLLECT, REMOTE_CANCELLED},
                {"StopAndQuarantineFile", "pending", ACT_QUARANTINE, REMOTE_PENDING},
                {"LiveResponse", "Pending", ACT_NONE, REMOTE_PENDING}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[600];
        struct remote_action a;
        (void)snprintf(text, sizeof text,
                       "{\"id\":\"x\",\"type\":\"%s\",\"status\":\"%s\",\"scope\":\"Selective\",\"requestor\":\"app\","
                       "\"requestorComment\":\"Portcullis s/1 \",\"creationDateTimeUtc\":\"2026-11-22T10:00:00Z\","
                       "\"%s\":\"2026-11-22T10:00:01Z\",\"errorHResult\":-2147024891}",
                       rows[i].type, rows[i].status, i % 2 ? "lastUpdateTimeUtc" : "lastUpdateDateTimeUtc");
        assert_true(remote_action_read(parse(text), &a));
        assert_int_equal(a.kind, rows[i].kind);
        assert_int_equal(a.state, rows[i].state);
        assert_int_equal(a.scope, SCOPE_SELECTIVE);
        assert_int_equal(a.updated.ticks - a.created.ticks, WALL_TICKS_PER_S);
        bool has_failed = a.state == REMOTE_FAILED || a.state == REMOTE_TIMED_OUT;
        assert_string_equal(a.error.code, has_failed ? "0x80070005" : "");
        assert_int_equal(a.error.remedy[0] != '\0', has_failed);
    }
}

static void isolation_by_hunting(void **state)
{
    static const struct {
        const char *status;
        bool is_isolated;
    } rows[] = {{"{\\\"isolationStatus\\\":\\\"Isolated\\\"}", true},
                {"{\\\"isolationStatus\\\":\\\"NotIsolated\\\"}", false},
                {"", false},
                {"Isolated", false},
                {"{}", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "{\"results\":[{\"DeviceId\":\"x\",\"MitigationStatus\":\"%s\"}]}",
                       rows[i].status);
        assert_int_equal(remote_is_isolated(parse(text)), rows[i].is_isolated);
    }
    assert_false(remote_is_isolated(parse("{\"results\":[]}")));
}

static void orders_as_defender_spells_them(void **state)
{
    static const struct {
        enum act_kind act;
        enum act_scope scope;
        enum endpoint endpoint;
        const char *body;
    } rows[] = {
        {ACT_ISOLATE, SCOPE_NONE, EP_ISOLATE, "{\"Comment\":\"a \\\"b\\\"\",\"IsolationType\":\"Full\"}"},
        {ACT_ISOLATE, SCOPE_SELECTIVE, EP_ISOLATE, "{\"Comment\":\"a \\\"b\\\"\",\"IsolationType\":\"Selective\"}"},
        {ACT_ISOLATE, SCOPE_UNMANAGED, EP_ISOLATE,
         "{\"Comment\":\"a \\\"b\\\"\",\"IsolationType\":\"UnManagedDevice\"}"},
        {ACT_RELEASE, SCOPE_NONE, EP_RELEASE, "{\"Comment\":\"a \\\"b\\\"\"}"},
        {ACT_RESTRICT, SCOPE_NONE, EP_RESTRICT, "{\"Comment\":\"a \\\"b\\\"\"}"},
        {ACT_UNRESTRICT, SCOPE_NONE, EP_UNRESTRICT, "{\"Comment\":\"a \\\"b\\\"\"}"},
        {ACT_SCAN, SCOPE_NONE, EP_SCAN, "{\"Comment\":\"a \\\"b\\\"\",\"ScanType\":\"Quick\"}"},
        {ACT_SCAN, SCOPE_FULL, EP_SCAN, "{\"Comment\":\"a \\\"b\\\"\",\"ScanType\":\"Full\"}"},
        {ACT_COLLECT, SCOPE_NONE, EP_COLLECT, "{\"Comment\":\"a \\\"b\\\"\"}"},
        {ACT_QUARANTINE, SCOPE_NONE, EP_QUARANTINE, "{\"Comment\":\"a \\\"b\\\"\",\"Sha1\":\"ff00\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct effect e = {
            .kind = EFFECT_POST, .act = rows[i].act, .scope = rows[i].scope, .sha1 = "ff00", .comment = "a \"b\""};
        struct buf out;
        buf_init(&out, 0);
        assert_true(remote_body(&e, &out));
        assert_string_equal(buf_cstr(&out), rows[i].body);
        assert_int_equal(remote_endpoint(rows[i].act), rows[i].endpoint);
        buf_done(&out);
    }
    assert_int_equal(remote_endpoint(ACT_NONE), EP_COUNT);
}

/* Each error of the machine-action API (reference 9.1, 12, 13) by what its answer proves, through the table that explains
 * answers: what the next step is hangs on it. */
static void what_a_failure_proves(void **state)
{
    static const struct {
        int status;
        const char *code, *message;
        enum respond_result result;
        enum policy_failure failure;
    } rows[] = {
        {400, "BadRequest", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "BadRequest", "The action is Succeeded and cannot be cancelled", RESULT_REFUSED, FAILURE_FAILED},
        {400, "ODataError", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "InvalidInput", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "InvalidRequestBody", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "InvalidHashValue", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "InvalidDomainName", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "InvalidIpAddress", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "InvalidUrl", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "MaximumBatchSizeExceeded", "Received: 101, allowed: 100", RESULT_REFUSED, FAILURE_FAILED},
        {413, "", "", RESULT_REFUSED, FAILURE_FAILED},
        {400, "MissingRequiredParameter", "x", RESULT_REFUSED, FAILURE_FAILED},
        {400, "OsPlatformNotSupported", "x", RESULT_REFUSED, FAILURE_UNSUPPORTED},
        {400, "ClientVersionNotSupported", "x", RESULT_REFUSED, FAILURE_UNSUPPORTED},
        {400, "ActiveRequestAlreadyExists", "x", RESULT_ACTIVE, FAILURE_BUSY},
        {400, "", "Action is already in progress", RESULT_ACTIVE, FAILURE_BUSY},
        {401, "Unauthorized", "x", RESULT_RETRY, FAILURE_FAILED},
        {403, "Forbidden", "x", RESULT_REFUSED, FAILURE_FORBIDDEN},
        {403, "DisabledFeature", "x", RESULT_REFUSED, FAILURE_FORBIDDEN},
        {403, "DisallowedOperation", "x", RESULT_REFUSED, FAILURE_FORBIDDEN},
        {404, "NotFound", "x", RESULT_REFUSED, FAILURE_FAILED},
        {404, "ResourceNotFound", "x", RESULT_REFUSED, FAILURE_FAILED},
        {408, "", "", RESULT_LOST, FAILURE_UNKNOWN},
        {429, "TooManyRequests", "x", RESULT_RETRY, FAILURE_FAILED},
        {429, "429", "x", RESULT_RETRY, FAILURE_FAILED},
        {500, "InternalServerError", "x", RESULT_LOST, FAILURE_UNKNOWN},
        {503, "", "", RESULT_LOST, FAILURE_UNKNOWN},
        {302, "", "", RESULT_LOST, FAILURE_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[300];
        struct http_response r = {.status = rows[i].status};
        struct err e;
        enum policy_failure failure;
        (void)snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"target\":\"t\"}}",
                       rows[i].code, rows[i].message);
        defender_explain(&endpoint_rows[EP_ISOLATE], &r, str_of(body), &e);
        assert_int_equal(remote_result(&e, true, &failure), rows[i].result);
        assert_int_equal(failure, rows[i].failure);
        assert_true(e.cause->remedy[0] != '\0');
        if (rows[i].result == RESULT_LOST) /* a question that went unanswered is asked again */
            assert_int_equal(remote_result(&e, false, &failure), RESULT_RETRY);
    }
}

/* Whether it was sent at all decides whether it may have been carried out. */
static void what_the_network_proves(void **state)
{
    static const struct {
        int cause;
        enum respond_result result;
    } rows[] = {{NET_DNS, RESULT_RETRY},      {NET_CONNECT, RESULT_RETRY}, {NET_TLS_REFUSED, RESULT_RETRY},
                {NET_TIMEOUT, RESULT_LOST},   {NET_STALLED, RESULT_LOST},  {NET_CUT, RESULT_LOST},
                {NET_TOO_LARGE, RESULT_LOST}, {NET_PROTOCOL, RESULT_LOST}, {NET_PLAIN_HTTP, RESULT_REFUSED},
                {NET_BAD_URL, RESULT_REFUSED}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e;
        enum policy_failure failure;
        (void)err_set(&e, &net_causes[rows[i].cause], "x");
        assert_int_equal(remote_result(&e, true, &failure), rows[i].result);
    }
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_is_read),     cmocka_unit_test(what_a_machine_can_be_asked_is_read),
        cmocka_unit_test(names_are_whole),       cmocka_unit_test(an_action_is_read),
        cmocka_unit_test(isolation_by_hunting),  cmocka_unit_test(orders_as_defender_spells_them),
        cmocka_unit_test(what_a_failure_proves), cmocka_unit_test(what_the_network_proves),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
