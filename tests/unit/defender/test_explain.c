/* cloud/defender: what errors mean. Cases are data: status and body as seen on the wire, and the cause they must give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "cloud/defender/defender.h"

#define GRAPH(code, message)                                   \
    "{\"error\":{\"code\":\"" code "\",\"message\":\"" message \
    "\",\"innerError\":{\"date\":\"2026-01-02T03:04:05\",\"request-id\":\"rid-1\"}}}"
#define ENDPOINT(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\",\"target\":\"rid-2\"}}"

static const struct {
    enum endpoint endpoint;
    int status;
    const char *body;
    int cause;
    const char *tells; /* stands in the text */
} api_cases[] = {
    {EP_ALERTS, 429, GRAPH("TooManyRequests", "Please retry after"), DEFENDER_THROTTLED, "429"},
    {EP_HUNTING, 429, GRAPH("429", "API calls quota exceeded! maximum allowed 45 per 00:01:00"), DEFENDER_CALLS_QUOTA,
     "45 per"},
    {EP_MACHINES, 429, ENDPOINT("429", "API calls quota exceeded! maximum allowed 1500 per 01:00:00"),
     DEFENDER_CALLS_QUOTA, "rid-2"},
    {EP_HUNTING_ENDPOINT, 429, ENDPOINT("429", "You have exceeded your CPU quota"), DEFENDER_CPU_QUOTA, "CPU"},
    {EP_MACHINES, 429, ENDPOINT("429", "CPU of something else"), DEFENDER_THROTTLED, "CPU"},
    {EP_ALERTS, 429, "", DEFENDER_THROTTLED, "GET /security/alerts_v2 answered 429"},
    {EP_HUNTING, 400, GRAPH("BadRequest", "The query exceeded the allowed limits and was preempted (CPU)"),
     DEFENDER_QUERY_TOO_HEAVY, "preempted"},
    {EP_HUNTING, 400, GRAPH("BadRequest", "Query result exceeded the allowed result size, limit results"),
     DEFENDER_RESULT_TOO_LARGE, "size"},
    {EP_HUNTING, 400,
     GRAPH("BadRequest", "'where' operator: Failed to resolve table or column expression named 'EmailEvents'"),
     DEFENDER_NO_TABLE, "EmailEvents"},
    {EP_HUNTING, 400, GRAPH("BadRequest", "Syntax error: 'xyz' 1:3"), DEFENDER_BAD_QUERY, "'xyz'"},
    {EP_INCIDENTS, 400,
     GRAPH("", "The limit of '50' for Top query has been exceeded. The value from the incoming request is '100'."),
     DEFENDER_PAGE_TOO_LARGE, "'50'"},
    {EP_ALERTS, 400, GRAPH("BadRequest", "preempted"), DEFENDER_BAD_QUERY, "preempted"}, /* hunting's word only there */
    {EP_MACHINES, 400, ENDPOINT("ODataError", "bad option"), DEFENDER_BAD_QUERY, "ODataError"},
    {EP_ALERTS, 401, GRAPH("InvalidAuthenticationToken", "Lifetime validation failed"), DEFENDER_TOKEN_REFUSED, "401"},
    {EP_MACHINES, 401, "", DEFENDER_TOKEN_REFUSED, "401"},
    {EP_HUNTING, 401,
     GRAPH("AF10001", "The permission set () sent in the request does not include the expected permission."),
     DEFENDER_ROLE_MISSING, "ThreatHunting.Read.All"},
    {EP_ALERTS, 403, GRAPH("Forbidden", "Missing application roles"), DEFENDER_ROLE_MISSING, "SecurityAlert.Read.All"},
    {EP_INCIDENTS, 403, GRAPH("Authorization_RequestDenied", "x"), DEFENDER_ROLE_MISSING, "SecurityIncident.Read.All"},
    {EP_MACHINES, 403, ENDPOINT("Forbidden", "x"), DEFENDER_ROLE_MISSING, "Machine.Read.All"},
    {EP_MACHINES, 403, ENDPOINT("DisabledFeature", "Live response is off"), DEFENDER_FEATURE_OFF, "off"},
    {EP_HUNTING_ENDPOINT, 403, ENDPOINT("DisabledFeature", "gone"), DEFENDER_API_RETIRED, "gone"},
    {EP_HUNTING_ENDPOINT, 404, "", DEFENDER_API_RETIRED, "404"},
    {EP_ALERTS_SIEM, 410, "", DEFENDER_API_RETIRED, "410"},
    {EP_ALERTS_SIEM, 403, "", DEFENDER_FORBIDDEN, "403"},
    {EP_MACHINES, 403, ENDPOINT("DisallowedOperation", "not on servers"), DEFENDER_DISALLOWED, "not on servers"},
    {EP_MACHINES, 400, ENDPOINT("ActiveRequestAlreadyExists", "x"), DEFENDER_ACTION_RUNNING, "x"},
    {EP_MACHINES, 400, ENDPOINT("BadRequest", "Action is already in progress"), DEFENDER_ACTION_RUNNING, "progress"},
    {EP_MACHINES, 400, ENDPOINT("OsPlatformNotSupported", "x"), DEFENDER_OS_UNSUPPORTED, "x"},
    {EP_MACHINES, 400, ENDPOINT("ClientVersionNotSupported", "x"), DEFENDER_SENSOR_OLD, "x"},
    {EP_MACHINES, 400, ENDPOINT("MaximumBatchSizeExceeded", "600, allowed 500"), DEFENDER_BATCH_TOO_LARGE, "500"},
    {EP_MACHINES, 400, ENDPOINT("MissingRequiredParameter", "Comment"), DEFENDER_BAD_BODY, "Comment"},
    {EP_MACHINES, 400, ENDPOINT("InvalidRequestBody", "x"), DEFENDER_BAD_BODY, "x"},
    {EP_MACHINES, 400, ENDPOINT("InvalidInput", "x"), DEFENDER_BAD_VALUE, "x"},
    {EP_MACHINES, 400, ENDPOINT("InvalidHashValue", "x"), DEFENDER_BAD_VALUE, "x"},
    {EP_HUNTING, 401, "{\"code\":\"AF10001\"}", DEFENDER_ROLE_MISSING, "AF10001"},
    {EP_ALERTS, 403,
     GRAPH("Forbidden", "{\\\"error\\\":{\\\"code\\\":\\\"DisabledFeature\\\",\\\"message\\\":\\\"inner\\\"}}"),
     DEFENDER_FEATURE_OFF, "DisabledFeature: inner"},
    {EP_ALERTS, 403, GRAPH("Forbidden", "{not json"), DEFENDER_ROLE_MISSING, "{not json"},
    {EP_MACHINES, 404, ENDPOINT("ResourceNotFound", "Machine 123 was not found"), DEFENDER_NOT_FOUND, "123"},
    {EP_ALERTS, 405, "", DEFENDER_BAD_QUERY, "405"},
    {EP_ALERTS, 500,
     "{\"error\":{\"code\":\"UnknownError\",\"message\":\"\",\"innererror\":{\"request-id\":\"rid-3\"}}}",
     DEFENDER_SERVER, "rid-3"},
    {EP_HUNTING, 504, GRAPH("UnknownError", ""), DEFENDER_SERVER, "UnknownError"},
    {EP_ALERTS, 502, "<html>Bad gateway</html>", DEFENDER_SERVER, "502"},
    {EP_ALERTS, 302, "", DEFENDER_BAD_ANSWER, "302"},
    {EP_ALERTS, 204, "", DEFENDER_BAD_ANSWER, "204"},
    {EP_ALERTS, 400, "[1,2", DEFENDER_BAD_QUERY, "400"},
    {EP_ALERTS, 400, "{\"error\":\"text\"}", DEFENDER_BAD_QUERY, "400"},
};

static void api_errors_have_their_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof api_cases / sizeof *api_cases; i++) {
        struct http_response r = {.status = api_cases[i].status, .retry_after_ms = 77};
        struct err e;
        defender_explain(&endpoint_rows[api_cases[i].endpoint], &r, str_of(api_cases[i].body), &e);
        if (e.cause != &defender_causes[api_cases[i].cause])
            fail_msg("case %zu (%d %s) gave %s", i, api_cases[i].status, api_cases[i].body, e.cause->code);
        if (!strstr(e.text, api_cases[i].tells))
            fail_msg("case %zu: '%s' does not tell %s", i, e.text, api_cases[i].tells);
        assert_int_equal(e.retry_after_ms, 77);
    }
}

#define LOGIN(error, code, text)                                              \
    "{\"error\":\"" error "\",\"error_description\":\"AADSTS" #code ": " text \
    " Trace ID: 11 Correlation ID: 22 Timestamp: 2026-01-02 "                 \
    "03:04:05Z\",\"error_codes\":[" #code                                     \
    "],\"timestamp\":\"2026-01-02 03:04:05Z\",\"trace_id\":\"11\",\"correlation_id\":\"cid-22\"}"

static const struct {
    int status;
    const char *body;
    int cause;
    enum err_kind kind;
} login_cases[] = {
    {401, LOGIN("invalid_client", 7000215, "Invalid client secret provided."), DEFENDER_SECRET_WRONG, ERR_AUTH},
    {401, LOGIN("invalid_client", 7000222, "The provided client secret keys are expired."), DEFENDER_SECRET_EXPIRED,
     ERR_AUTH},
    {400, LOGIN("unauthorized_client", 700016, "Application not found."), DEFENDER_APP_UNKNOWN, ERR_AUTH},
    {400, LOGIN("unauthorized_client", 7000112, "Application is disabled."), DEFENDER_APP_DISABLED, ERR_AUTH},
    {401, LOGIN("invalid_client", 7000229, "Missing service principal."), DEFENDER_NO_CONSENT, ERR_AUTH},
    {400, LOGIN("invalid_grant", 65001, "No consent."), DEFENDER_NO_CONSENT, ERR_AUTH},
    {400, LOGIN("invalid_tenant", 90002, "Tenant not found."), DEFENDER_TENANT_UNKNOWN, ERR_AUTH},
    {400, LOGIN("invalid_request", 90002, "Tenant not found, as older answers say."), DEFENDER_TENANT_UNKNOWN,
     ERR_AUTH},
    {400, LOGIN("invalid_request", 900023, "Neither GUID nor domain."), DEFENDER_TOKEN_URL, ERR_AUTH},
    {400, LOGIN("invalid_request", 90038, "Another cloud."), DEFENDER_OTHER_CLOUD, ERR_AUTH},
    {400, LOGIN("invalid_resource", 500011, "Resource principal not found."), DEFENDER_NO_SERVICE, ERR_AUTH},
    {400, LOGIN("invalid_grant", 650052, "Not subscribed."), DEFENDER_NO_LICENCE, ERR_AUTH},
    {400, LOGIN("invalid_grant", 53003, "Blocked by Conditional Access."), DEFENDER_POLICY_BLOCKS, ERR_AUTH},
    {400, LOGIN("invalid_grant", 50196, "A client request loop."), DEFENDER_LOGIN_LOOP, ERR_RETRY},
    {401, LOGIN("invalid_client", 700027, "Assertion failed."), DEFENDER_CERTIFICATE_REFUSED, ERR_AUTH},
    {400, LOGIN("invalid_client", 500133, "Assertion is not within its valid time range."), DEFENDER_ASSERTION_TIME,
     ERR_AUTH},
    {401, LOGIN("invalid_client", 7000218, "No secret."), DEFENDER_NO_CREDENTIAL, ERR_AUTH},
    {400, LOGIN("invalid_scope", 70011, "Scope malformed."), DEFENDER_BAD_AUDIENCE, ERR_AUTH},
    {400, LOGIN("invalid_resource", 650057, "Invalid resource."), DEFENDER_API_NOT_IN_APP, ERR_AUTH},
    {400, LOGIN("invalid_request", 900144, "Missing field."), DEFENDER_LOGIN_REQUEST, ERR_AUTH},
    {400, LOGIN("invalid_request", 90055, "Throttled."), DEFENDER_LOGIN_THROTTLED, ERR_RETRY},
    {400, LOGIN("invalid_grant", 90033, "Passing."), DEFENDER_LOGIN_DOWN, ERR_RETRY},
    {400, LOGIN("temporarily_unavailable", 99999999, "A number nobody knows yet."), DEFENDER_LOGIN_DOWN, ERR_RETRY},
    {401, LOGIN("invalid_client", 99999998, "A number nobody knows yet."), DEFENDER_LOGIN_REFUSED, ERR_AUTH},
    {400, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000222: expired\\r\\nTrace ID: 1\"}",
     DEFENDER_SECRET_EXPIRED, ERR_AUTH},
    {429, "", DEFENDER_LOGIN_THROTTLED, ERR_RETRY},
    {503, "<html>", DEFENDER_LOGIN_DOWN, ERR_RETRY},
    {403, "<html>proxy</html>", DEFENDER_LOGIN_REFUSED, ERR_AUTH},
    {302, "", DEFENDER_BAD_ANSWER, ERR_RETRY},
};

static void login_errors_have_their_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof login_cases / sizeof *login_cases; i++) {
        struct http_response r = {.status = login_cases[i].status};
        struct err e;
        defender_explain_login(&r, str_of(login_cases[i].body), &e);
        if (e.cause != &defender_causes[login_cases[i].cause]) fail_msg("case %zu gave %s", i, e.cause->code);
        assert_int_equal(e.cause->kind, login_cases[i].kind);
        assert_null(strstr(e.text, "Trace ID"));
        if (strstr(login_cases[i].body, "cid-22")) assert_non_null(strstr(e.text, "cid-22"));
    }
}

static void every_cause_is_told_and_unique(void **state)
{
    (void)state;
    for (int i = 0; i < DEFENDER_CAUSE_COUNT; i++) {
        const struct cause *c = &defender_causes[i];
        assert_non_null(c->code);
        assert_memory_equal(c->code, "defender.", 9);
        assert_true(c->kind != 0 && c->what != NULL && c->remedy != NULL);
        for (int k = 0; k < i; k++) assert_string_not_equal(c->code, defender_causes[k].code);
    }
    for (unsigned i = 0; defender_login_code(i); i++)
        for (unsigned k = 0; k < i; k++) assert_true(defender_login_code(i)->code != defender_login_code(k)->code);
}

/* Which of several quotas is full decides how long to wait, where Microsoft does not say. */
static void quotas_say_when(void **state)
{
    static const struct {
        const char *message;
        uint32_t wait_s;
    } rows[] = {{"API calls quota exceeded! maximum allowed 45 per 00:01:00", 60},
                {"API calls quota exceeded! maximum allowed 1500 per 01:00:00", 900},
                {"API calls quota exceeded! maximum allowed 10 per 00:00:05", 5},
                {"API calls quota exceeded! maximum allowed many per hour", 0},
                {"API calls quota exceeded!", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_response r = {.status = 429};
        struct err e;
        char body[300];
        (void)snprintf(body, sizeof body, "{\"error\":{\"code\":\"429\",\"message\":\"%s\"}}", rows[i].message);
        defender_explain(&endpoint_rows[EP_HUNTING_ENDPOINT], &r, str_of(body), &e);
        assert_ptr_equal(e.cause, &defender_causes[DEFENDER_CALLS_QUOTA]);
        assert_int_equal(e.retry_after_ms, rows[i].wait_s * 1000);
        assert_int_equal(defender_scope(e.cause), SCOPE_FAMILY);
    }
}

static void a_partial_answer_names_what_is_missing(void **state)
{
    struct http_response r = {.status = 206, .warning = "199 - \"Microsoft/WDATP/504/12000\""};
    struct err e;
    (void)state;
    defender_explain_partial(&endpoint_rows[EP_ALERTS], &r, &e);
    assert_ptr_equal(e.cause, &defender_causes[DEFENDER_PARTIAL]);
    assert_non_null(strstr(e.text, "Microsoft/WDATP/504/12000"));
}

/* What Microsoft documents, a minute and an hour; 0: no such limit. */
static void families_keep_the_documented_limits(void **state)
{
    static const struct {
        enum api_family family;
        uint32_t per_minute, per_hour;
    } rows[] = {{API_GRAPH_SECURITY, 150, 0},
                {API_GRAPH_HUNTING, 45, 0},
                {API_ENDPOINT, 100, 1500},
                {API_ENDPOINT_HUNTING, 45, 1500},
                {API_ENDPOINT_BATCH, 10, 500},
                {API_LIVE_RESPONSE, 10, 0},
                {API_PACKAGE, 2, 120},
                {API_INDICATORS, 30, 0},
                {API_XDR, 50, 1500}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct family_row *f = &family_rows[rows[i].family];
        assert_int_equal(f->rate_count, rows[i].per_hour ? 2 : 1);
        assert_true(f->rates[0].calls == rows[i].per_minute && f->rates[0].per_ms == 60000);
        if (rows[i].per_hour) assert_true(f->rates[1].calls == rows[i].per_hour && f->rates[1].per_ms == 3600000);
    }
    for (int i = 0; i < API_FAMILY_COUNT; i++) assert_true(family_rows[i].name && family_rows[i].rate_count);
}

/* Feeds and response share each rate: never more than Microsoft grants together, and the response always has some. */
static void the_response_has_a_part_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < API_FAMILY_COUNT; i++) {
        const struct family_row *f = &family_rows[i];
        struct rate feeds[BUDGET_RATES_MAX], response[BUDGET_RATES_MAX];
        family_rates((enum api_family)i, false, feeds);
        family_rates((enum api_family)i, true, response);
        for (unsigned k = 0; k < f->rate_count; k++) {
            bool is_shared = f->response_percent > 0 && f->response_percent < 100;
            assert_int_equal(feeds[k].per_ms, f->rates[k].per_ms);
            if (is_shared) assert_int_equal(feeds[k].calls + response[k].calls, f->rates[k].calls);
        }
    }
    struct rate endpoint[BUDGET_RATES_MAX];
    family_rates(API_ENDPOINT, true, endpoint);
    assert_true(endpoint[0].calls >= 30 && endpoint[1].calls >= 500);
}

static void scopes_keep_the_harm_small(void **state)
{
    static const struct {
        int cause;
        enum error_scope scope;
    } rows[] = {{DEFENDER_SECRET_WRONG, SCOPE_TENANT}, {DEFENDER_WRONG_TENANT, SCOPE_TENANT},
                {DEFENDER_NO_LICENCE, SCOPE_API},      {DEFENDER_NO_SERVICE, SCOPE_API},
                {DEFENDER_BAD_AUDIENCE, SCOPE_API},    {DEFENDER_THROTTLED, SCOPE_FAMILY},
                {DEFENDER_ROLE_MISSING, SCOPE_CALL},   {DEFENDER_NO_TABLE, SCOPE_CALL}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(defender_scope(&defender_causes[rows[i].cause]), rows[i].scope);
    assert_int_equal(defender_scope(&net_causes[NET_DNS]), SCOPE_CALL);
}

/* Texts end up in terminals, logs and web pages. */
static void foreign_text_is_tamed(void **state)
{
    struct http_response r = {.status = 403, .request_id = "a\tb"};
    struct err e;
    char body[2000];
    (void)state;
    defender_explain(&endpoint_rows[EP_ALERTS], &r,
                     STR("{\"error\":{\"code\":\"F\",\"message\":\"a\\u001b[31m\\n\\n b "
                         "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln-_ end\"}}"),
                     &e);
    assert_null(strstr(e.text, "eyJ"));
    assert_non_null(strstr(e.text, "(token) end"));
    for (const char *p = e.text; *p; p++) assert_true((unsigned char)*p >= ' ');

    (void)snprintf(body, sizeof body, "{\"error\":{\"code\":\"%0600d\",\"message\":\"%01000d\"}}", 1, 2);
    defender_explain(&endpoint_rows[EP_ALERTS], &r, str_of(body), &e);
    assert_non_null(strstr(e.text, "SecurityAlert.Read.All")); /* our part survives theirs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api_errors_have_their_cause),
        cmocka_unit_test(login_errors_have_their_cause),
        cmocka_unit_test(every_cause_is_told_and_unique),
        cmocka_unit_test(foreign_text_is_tamed),
        cmocka_unit_test(quotas_say_when),
        cmocka_unit_test(a_partial_answer_names_what_is_missing),
        cmocka_unit_test(families_keep_the_documented_limits),
        cmocka_unit_test(the_response_has_a_part_of_its_own),
        cmocka_unit_test(scopes_keep_the_harm_small),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
