/* The twin's machine actions and live response (sections 9.1, 12 and 13 of the reference). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"

#define ROOMY "machines: 8\ndirt: no\nendpoint_per_minute: 100000\nendpoint_per_hour: 100000\n"
#define FAST ROOMY "rules: [{tenants: all, temper: fast}]\n"
#define COMMENT "{\"Comment\":\"why\"}"

struct lab {
    struct client c;
    char ids[8][41]; /* of the machines, by index: Windows at 0 to 4, Linux 5, macOS 6 */
    char action[40]; /* id of the last action answered */
};

static void open_lab(struct lab *l, const char *yaml)
{
    client_open(&l->c, yaml, 1, 7);
    assert_int_equal(client_get(&l->c, "/api/machines"), 200);
    const struct json *list = json_get(l->c.json, "value");
    assert_int_equal(list->count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_true(str_copy(json_str(json_get(&list->items[i], "id"), STR_NONE), l->ids[i], sizeof l->ids[i]));
}

static int post(struct lab *l, const char *path, const char *body)
{
    int status = client_call(&l->c, "POST", path, l->c.endpoint, body);
    (void)str_copy(json_str(json_get(l->c.json, "id"), STR("")), l->action, sizeof l->action);
    return status;
}

static int order(struct lab *l, unsigned device, const char *what, const char *body)
{
    char path[200];
    (void)snprintf(path, sizeof path, "/api/machines/%s/%s", l->ids[device], what);
    return post(l, path, body);
}

static int get(struct lab *l, const char *id, const char *rest)
{
    char path[300];
    (void)snprintf(path, sizeof path, "/api/machineactions/%s%s", id, rest);
    return client_get(&l->c, path);
}

static void assert_member(struct lab *l, const char *path, const char *value)
{
    struct str own = json_str(json_path(l->c.json, path), STR("(none)"));
    if (!str_eq(own, str_of(value))) fail_msg("%s is %.*s, not %s", path, STR_ARG(own), value);
}

static void assert_status(struct lab *l, const char *id, const char *status)
{
    assert_int_equal(get(l, id, ""), 200);
    assert_member(l, "status", status);
}

static bool is_isolated(struct lab *l, unsigned device)
{
    char path[120];
    (void)snprintf(path, sizeof path, "/twin/actions?tenant=%s", l->c.tenant.id);
    assert_int_equal(client_get(&l->c, path), 200);
    return json_bool(json_get(&json_get(l->c.json, "devices")->items[device], "isolated"), false);
}

/* ---- orders ---------------------------------------------------------------------------------------------------------- */
static void every_action_starts_pending(void **state)
{
    static const struct {
        const char *path, *body, *type, *scope;
        int status;
    } rows[] = {
        {"isolate", "{\"Comment\":\"x\",\"IsolationType\":\"Selective\"}", "Isolate", "Selective", 201},
        {"unisolate", COMMENT, "Unisolate", NULL, 201},
        {"restrictCodeExecution", COMMENT, "RestrictCodeExecution", NULL, 201},
        {"unrestrictCodeExecution", COMMENT, "UnrestrictCodeExecution", NULL, 201},
        {"runAntiVirusScan", "{\"Comment\":\"x\",\"ScanType\":\"Quick\"}", "RunAntiVirusScan", "Quick", 201},
        {"collectInvestigationPackage", COMMENT, "CollectInvestigationPackage", NULL, 201},
        {"StopAndQuarantineFile", "{\"Comment\":\"x\",\"Sha1\":\"0123456789012345678901234567890123456789\"}",
         "StopAndQuarantineFile", NULL, 201},
        {"runliveresponse",
         "{\"Comment\":\"x\",\"Commands\":[{\"type\":\"GetFile\",\"params\":[{\"key\":\"Path\",\"value\":\"C:\\\\a\"}]}"
         "]}",
         "LiveResponse", NULL, 201},
        {"offboard", COMMENT, "Offboard", NULL, 200},
    };
    struct lab l;
    (void)state;
    open_lab(&l, FAST);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("# %s\n", rows[i].path);
        assert_int_equal(order(&l, 0, rows[i].path, rows[i].body), rows[i].status);
        assert_member(&l, "type", rows[i].type);
        assert_member(&l, "status", "Pending");
        assert_member(&l, "machineId", l.ids[0]);
        assert_member(&l, "requestor", l.c.tenant.client_id);
        assert_member(&l, "errorHResult", "0");
        assert_member(&l, "scope", rows[i].scope ? rows[i].scope : "(none)");
        assert_non_null(json_get(l.c.json, "troubleshootInfo"));
        assert_non_null(json_get(l.c.json, "lastUpdateDateTimeUtc"));
    }
    client_close(&l.c);
}

/* Section 9.1: each code from the input that causes it. */
static void bad_orders_say_what_is_wrong(void **state)
{
    static const struct {
        unsigned device;
        const char *path, *body;
        int status;
        const char *code;
    } rows[] = {
        {0, "isolate", "", 400, "InvalidRequestBody"},
        {0, "isolate", "[]", 400, "InvalidRequestBody"},
        {0, "isolate", "{}", 400, "MissingRequiredParameter"},
        {0, "isolate", "{\"Comment\":\"\"}", 400, "MissingRequiredParameter"},
        {0, "isolate", "{\"comment\":\"x\"}", 400, "MissingRequiredParameter"},
        {0, "isolate", "{\"Comment\":7}", 400, "InvalidRequestBody"},
        {0, "isolate", "{\"Comment\":\"x\",\"isolationType\":\"Full\"}", 400, "InvalidRequestBody"},
        {0, "isolate", "{\"Comment\":\"x\",\"IsolationType\":\"full\"}", 400, "InvalidInput"},
        {0, "offboard", "{}", 400, "MissingRequiredParameter"},
        {0, "runAntiVirusScan", COMMENT, 400, "MissingRequiredParameter"},
        {0, "runAntiVirusScan", "{\"Comment\":\"x\",\"ScanType\":\"Deep\"}", 400, "InvalidInput"},
        {0, "StopAndQuarantineFile", "{\"Comment\":\"x\",\"Sha1\":\"12\"}", 400, "InvalidHashValue"},
        {5, "isolate", "{\"Comment\":\"x\",\"IsolationType\":\"Selective\"}", 400, "OsPlatformNotSupported"},
        {6, "offboard", COMMENT, 400, "OsPlatformNotSupported"},
        {0, "runliveresponse", COMMENT, 400, "MissingRequiredParameter"},
        {0, "runliveresponse", "{\"Comment\":\"x\",\"Commands\":[]}", 400, "InvalidInput"},
        {0, "runliveresponse", "{\"Comment\":\"x\",\"Commands\":[{\"type\":\"Format\",\"params\":[]}]}", 400,
         "InvalidInput"},
        {0, "runliveresponse", "{\"Comment\":\"x\",\"Commands\":[{\"type\":\"GetFile\",\"params\":[]}]}", 400,
         "MissingRequiredParameter"},
        {0, "runliveresponse",
         "{\"Comment\":\"x\",\"Commands\":[{\"type\":\"GetFile\",\"params\":[{\"key\":\"Path\",\"value\":\"a\"}]},"
         "{\"type\":\"RunScript\",\"params\":[{\"key\":\"ScriptName\",\"value\":\"b\"}]}]}",
         400, "InvalidInput"},
    };
    struct lab l;
    (void)state;
    open_lab(&l, FAST);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("# %s %s\n", rows[i].path, rows[i].body);
        assert_int_equal(order(&l, rows[i].device, rows[i].path, rows[i].body), rows[i].status);
        assert_string_equal(client_error(&l.c), rows[i].code);
        assert_true(str_is_guid(json_str(json_path(l.c.json, "error.target"), STR_NONE)));
        client_wait(&l.c, 6001); /* live response: 10 a minute */
    }
    assert_int_equal(post(&l, "/api/machines/0000/isolate", COMMENT), 404);
    assert_string_equal(client_error(&l.c), "ResourceNotFound");
    assert_int_equal(client_get(&l.c, "/api/machineactions"), 200);
    assert_int_equal(client_count(&l.c, "value"), 0); /* nothing was begun */
    client_close(&l.c);
}

static void devices_refuse_by_their_temper(void **state)
{
    struct lab l;
    (void)state;
    open_lab(&l, ROOMY "rules:\n  - {tenants: all, devices: 0, temper: unsupported}\n"
                       "  - {tenants: all, devices: 1, temper: old_client}\n"
                       "  - {tenants: all, devices: 2-7, temper: fast, lacks: [live_response]}\n");
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 400);
    assert_string_equal(client_error(&l.c), "OsPlatformNotSupported");
    assert_int_equal(order(&l, 1, "isolate", COMMENT), 400);
    assert_string_equal(client_error(&l.c), "ClientVersionNotSupported");
    assert_int_equal(order(&l, 2, "isolate", COMMENT), 201);
    assert_int_equal(order(&l, 3, "runliveresponse",
                           "{\"Comment\":\"x\",\"Commands\":[{\"type\":\"PutFile\",\"params\":[{\"key\":\"FileName\","
                           "\"value\":\"a\"}]}]}"),
                     403);
    assert_string_equal(client_error(&l.c), "DisabledFeature");
    client_close(&l.c);
}

static void each_action_needs_its_role(void **state)
{
    struct lab l;
    (void)state;
    open_lab(&l, ROOMY "rules: [{tenants: all, temper: fast, roles: [Machine.Read.All, Machine.Isolate]}]\n");
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    assert_int_equal(order(&l, 0, "runAntiVirusScan", "{\"Comment\":\"x\",\"ScanType\":\"Quick\"}"), 403);
    assert_string_equal(client_error(&l.c), "Forbidden");
    assert_int_equal(order(&l, 0, "offboard", COMMENT), 403);
    client_close(&l.c);
}

/* ---- lives ----------------------------------------------------------------------------------------------------------- */
static void an_isolation_runs_its_course(void **state)
{
    struct lab l;
    char id[40];
    unsigned seen = 0;
    (void)state;
    open_lab(&l, FAST);
    assert_int_equal(order(&l, 2, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), id, sizeof id);
    static const char *const statuses[] = {"Pending", "InProgress", "Succeeded"};
    for (unsigned s = 0; s < 30 && seen < 3; s++) {
        assert_int_equal(get(&l, id, ""), 200);
        struct str now = json_str(json_get(l.c.json, "status"), STR_NONE);
        if (!str_eq(now, str_of(statuses[seen]))) seen++;
        assert_true(seen < 3 && str_eq(now, str_of(statuses[seen])));
        assert_int_equal(is_isolated(&l, 2), seen == 2);
        if (seen == 2) break;
        client_wait(&l.c, 500);
    }
    assert_int_equal(seen, 2);
    assert_int_equal(order(&l, 2, "unisolate", COMMENT), 201);
    assert_true(is_isolated(&l, 2));
    client_wait(&l.c, 20000);
    assert_false(is_isolated(&l, 2));
    assert_false(is_isolated(&l, 1));
    client_close(&l.c);
}

static void offline_slow_and_failing_devices(void **state)
{
    struct lab l;
    char offline[40], slow[40], failing[40];
    (void)state;
    open_lab(&l,
             ROOMY "rules:\n  - {tenants: all, devices: 0, temper: offline}\n"
                   "  - {tenants: all, devices: 1, temper: slow}\n  - {tenants: all, devices: 2, temper: failing}\n");
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), offline, sizeof offline);
    assert_int_equal(order(&l, 1, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), slow, sizeof slow);
    assert_int_equal(order(&l, 2, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), failing, sizeof failing);
    client_wait(&l.c, 59000);
    assert_status(&l, slow, "Pending");
    assert_status(&l, failing, "Failed");
    assert_member(&l, "errorHResult", "-2147024891");
    client_wait(&l.c, 3600000);
    client_become(&l.c, 0);
    assert_status(&l, slow, "Succeeded");
    assert_status(&l, offline, "Pending");
    client_wait(&l.c, INT64_C(3) * 86400000);
    client_become(&l.c, 0);
    assert_status(&l, offline, "TimeOut");
    assert_false(is_isolated(&l, 0));
    assert_true(is_isolated(&l, 1));
    assert_false(is_isolated(&l, 2));
    client_close(&l.c);
}

/* Section 12.4: what is ordered twice hangs, and undoes a later release. */
static void a_doubled_isolation_outlives_the_release(void **state)
{
    struct lab l;
    char twice[40];
    (void)state;
    open_lab(&l, ROOMY "rules: [{tenants: all, temper: stuck}]\n");
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    client_wait(&l.c, 30000);
    assert_true(is_isolated(&l, 0));
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), twice, sizeof twice);
    client_wait(&l.c, 1800000);
    assert_status(&l, twice, "Pending");
    assert_int_equal(order(&l, 0, "unisolate", COMMENT), 201);
    bool was_free = false;
    for (unsigned s = 0; s < 60; s++) {
        client_wait(&l.c, 500);
        was_free = was_free || !is_isolated(&l, 0);
    }
    assert_true(was_free);
    assert_status(&l, twice, "Succeeded");
    assert_true(is_isolated(&l, 0));
    client_close(&l.c);
}

static void a_repetition_is_refused_or_adopted(void **state)
{
    struct lab l;
    char first[40];
    (void)state;
    open_lab(&l, FAST);
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 400);
    assert_string_equal(client_error(&l.c), "ActiveRequestAlreadyExists");
    assert_string_equal(client_message(&l.c), "Action is already in progress");
    assert_int_equal(order(&l, 1, "isolate", COMMENT), 201); /* another machine is another matter */
    client_close(&l.c);

    open_lab(&l, FAST "variants: {actions.repeat: adopt}\n");
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), first, sizeof first);
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    assert_string_equal(l.action, first);
    assert_int_equal(order(&l, 0, "collectInvestigationPackage", COMMENT), 201);
    assert_int_equal(order(&l, 0, "collectInvestigationPackage", COMMENT), 400);
    client_close(&l.c);
}

static void cancelling(void **state)
{
    struct lab l;
    char id[40], path[120];
    (void)state;
    open_lab(&l, ROOMY "rules: [{tenants: all, temper: slow}]\n");
    assert_int_equal(order(&l, 0, "isolate", COMMENT), 201);
    (void)str_copy(str_of(l.action), id, sizeof id);
    (void)snprintf(path, sizeof path, "/api/machineactions/%s/cancel", id);
    assert_int_equal(post(&l, path, "{\"comment\":\"x\"}"), 400);
    assert_string_equal(client_error(&l.c), "MissingRequiredParameter");
    client_wait(&l.c, 5000);
    assert_int_equal(post(&l, path, "{\"Comment\":\"no need\"}"), 200);
    assert_member(&l, "status", "Cancelled");
    assert_member(&l, "cancellationComment", "no need");
    assert_member(&l, "cancellationRequestor", l.c.tenant.client_id);
    assert_member(&l, "cancellationDateTimeUtc", "2026-06-01T12:00:05Z");
    assert_int_equal(post(&l, path, COMMENT), 400); /* it is over */
    client_wait(&l.c, 3000000);
    assert_status(&l, id, "Cancelled");
    assert_false(is_isolated(&l, 0));
    assert_int_equal(post(&l, "/api/machineactions/11111111-2222-3333-4444-555555555555/cancel", COMMENT), 404);
    client_close(&l.c);
}

/* Rows of DeviceInfo tell it too, from when the device confirmed it; those told before stay as they were. */
static void hunting_tells_of_isolation(void **state)
{
    struct lab l;
    char query[300];
    (void)state;
    open_lab(&l, FAST "history: 1h\nrows_per_second: {DeviceInfo: 0.5}\n");
    assert_int_equal(order(&l, 2, "isolate", COMMENT), 201);
    client_wait(&l.c, 1800000);
    assert_int_equal(order(&l, 2, "unisolate", COMMENT), 201);
    client_wait(&l.c, 1800000);
    client_become(&l.c, 0); /* the token has expired */
    (void)snprintf(query, sizeof query,
                   "DeviceInfo | where MitigationStatus has 'Isolated' | summarize n=count(), d=dcount(DeviceId), "
                   "a=min(Timestamp), z=max(Timestamp), own=countif(DeviceId == '%.40s')",
                   l.ids[2]);
    assert_int_equal(client_hunt(&l.c, query), 200);
    const struct json *row = &json_get(l.c.json, "results")->items[0];
    struct wall first, last;
    assert_true(json_i64(json_get(row, "n"), 0) > 20);
    assert_int_equal(json_i64(json_get(row, "d"), 0), 1);
    assert_int_equal(json_i64(json_get(row, "own"), 0), json_i64(json_get(row, "n"), 0));
    assert_true(wall_parse(json_str(json_get(row, "a"), STR_NONE), &first));
    assert_true(wall_parse(json_str(json_get(row, "z"), STR_NONE), &last));
    assert_true(first.ticks > l.c.start.ticks);
    assert_true(last.ticks < wall_add(l.c.start, 1820 * WALL_TICKS_PER_S).ticks);
    client_close(&l.c);
}

/* ---- lists ----------------------------------------------------------------------------------------------------------- */
static void lists_are_newest_first_and_filtered(void **state)
{
    struct lab l;
    char path[300];
    (void)state;
    open_lab(&l,
             ROOMY "history: 6h\nactions_before: 12\nactions_per_hour: 60\nrules: [{tenants: all, temper: fast}]\n");
    client_wait(&l.c, 600000);
    assert_int_equal(order(&l, 3, "offboard", COMMENT), 200);
    assert_int_equal(client_get(&l.c, "/api/machineactions"), 200);
    const struct json *list = json_get(l.c.json, "value");
    size_t total = list->count;
    assert_in_range(total, 21, 24);
    struct wall last = {INT64_MAX}, t;
    for (size_t i = 0; i < total; i++) {
        assert_true(wall_parse(json_str(json_get(&list->items[i], "creationDateTimeUtc"), STR_NONE), &t));
        assert_true(t.ticks <= last.ticks);
        last = t;
    }
    assert_int_equal(client_get(&l.c, "/api/machineactions?$top=5&$skip=2"), 200);
    assert_int_equal(client_count(&l.c, "value"), 5);
    assert_null(json_get(l.c.json, "@odata.nextLink"));
    (void)snprintf(path, sizeof path,
                   "/api/machineactions?$filter=machineId+eq+'%s'+and+type+eq+'Offboard'+and+status+eq+'Pending'",
                   l.ids[3]);
    assert_int_equal(client_get(&l.c, path), 200);
    assert_int_equal(client_count(&l.c, "value"), 1);
    assert_int_equal(client_get(&l.c, "/api/machineactions?$filter=creationDateTimeUtc+gt+2026-06-01T12:00:00Z"), 200);
    assert_in_range(client_count(&l.c, "value"), 10, 12);
    assert_int_equal(client_get(&l.c, "/api/machineactions?$filter=lastUpdateDateTimeUtc+gt+2026-06-01T12:00:00Z"),
                     400);
    assert_string_equal(client_error(&l.c), "ODataError");
    assert_int_equal(client_get(&l.c, "/api/machineactions?$top=10001"), 400);
    client_close(&l.c);
}

static void the_list_may_spell_the_time_otherwise(void **state)
{
    struct lab l;
    (void)state;
    open_lab(&l, FAST "variants: {actions.time_name: lastUpdateTimeUtc}\n");
    assert_int_equal(order(&l, 3, "isolate", COMMENT), 201);
    assert_non_null(json_get(l.c.json, "lastUpdateDateTimeUtc"));
    assert_int_equal(client_get(&l.c, "/api/machineactions"), 200);
    const struct json *item = &json_get(l.c.json, "value")->items[0];
    assert_non_null(json_get(item, "lastUpdateTimeUtc"));
    assert_null(json_get(item, "lastUpdateDateTimeUtc"));
    client_close(&l.c);
}

/* ---- results --------------------------------------------------------------------------------------------------------- */
/* Follows the last answer's value, which may be wrapped in quotes. */
static int follow(struct lab *l)
{
    char path[400];
    struct str link = json_str(json_get(l->c.json, "value"), STR(""));
    if (str_starts(link, STR("\""))) link = str_sub(link, 1, link.n - 2);
    assert_true(str_starts(link, STR("http://twin/twin/files")));
    assert_true(str_copy(str_sub(link, 11, link.n), path, sizeof path));
    return client_call(&l->c, "GET", path, "", "");
}

static void packages_come_when_collected(void **state)
{
    struct lab l;
    char id[40];
    (void)state;
    open_lab(&l, FAST);
    assert_int_equal(order(&l, 0, "collectInvestigationPackage", COMMENT), 201);
    (void)str_copy(str_of(l.action), id, sizeof id);
    assert_int_equal(get(&l, id, "/getPackageUri"), 404);
    client_wait(&l.c, 30000);
    assert_int_equal(get(&l, id, "/getPackageUri"), 200);
    assert_true(str_starts(json_str(json_get(l.c.json, "value"), STR_NONE), STR("\"http")));
    assert_int_equal(follow(&l), 200);
    assert_memory_equal(l.c.body.p, "PK", 2);
    assert_int_equal(get(&l, id, "/getPackageUri"), 429); /* 2 a minute */
    client_wait(&l.c, 60000);
    assert_int_equal(get(&l, id, "/getPackageUri"), 200);
    client_wait(&l.c, 1800001);
    client_close(&l.c);
}

static void live_response_brings_results(void **state)
{
    static const char body[] =
        "{\"Commands\":[{\"type\":\"PutFile\",\"params\":[{\"key\":\"FileName\",\"value\":\"x.ps1\"}]},"
        "{\"type\":\"RunScript\",\"params\":[{\"key\":\"ScriptName\",\"value\":\"x.ps1\"},{\"key\":\"Args\",\"value\":"
        "\"-v\"}]},"
        "{\"type\":\"GetFile\",\"params\":[{\"key\":\"Path\",\"value\":\"C:\\\\out.txt\"}]}],\"Comment\":\"look\"}";
    struct lab l;
    char id[40];
    (void)state;
    open_lab(&l, FAST);
    assert_int_equal(order(&l, 0, "runliveresponse", body), 201);
    (void)str_copy(str_of(l.action), id, sizeof id);
    assert_int_equal(client_count(&l.c, "commands"), 3);
    assert_member(&l, "status", "Pending");
    assert_int_equal(order(&l, 0, "runliveresponse", body), 400);
    assert_string_equal(client_error(&l.c), "ActiveRequestAlreadyExists");
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(index=1)"), 404);
    client_wait(&l.c, 30000);
    assert_int_equal(get(&l, id, ""), 200);
    const struct json *script = &json_get(l.c.json, "commands")->items[1];
    assert_true(str_eq(json_str(json_get(script, "commandStatus"), STR_NONE), STR("Completed")));
    assert_true(str_eq(json_str(json_path(script, "command.type"), STR_NONE), STR("RunScript")));
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(index=1)"), 200);
    assert_int_equal(follow(&l), 200);
    assert_member(&l, "script_name", "x.ps1");
    assert_member(&l, "exit_code", "0");
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(index=0)"), 404); /* PutFile has none */
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(index=3)"), 404);
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(what=3)"), 400);
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(index=2)"), 200);
    client_wait(&l.c, 1799000);
    assert_int_equal(follow(&l), 200);
    assert_int_equal(get(&l, id, "/GetLiveResponseResultDownloadLink(index=2)"), 200);
    char link[400];
    assert_true(str_copy(json_str(json_get(l.c.json, "value"), STR_NONE), link, sizeof link));
    client_wait(&l.c, 1800000);
    assert_int_equal(client_call(&l.c, "GET", link + 11, "", ""), 403); /* it has expired */
    client_close(&l.c);
}

static void live_response_is_limited(void **state)
{
    static const char body[] =
        "{\"Comment\":\"x\",\"Commands\":[{\"type\":\"GetFile\",\"params\":[{\"key\":\"Path\",\"value\":\"a\"}]}]}";
    struct lab l;
    (void)state;
    client_open(&l.c, "machines: 40\nrules: [{tenants: all, temper: offline}]\n", 1, 7);
    assert_int_equal(client_get(&l.c, "/api/machines"), 200);
    char ids[40][41];
    for (size_t i = 0; i < 40; i++)
        assert_true(str_copy(json_str(json_get(&json_get(l.c.json, "value")->items[i], "id"), STR_NONE), ids[i], 41));
    for (unsigned i = 0; i < 26; i++) {
        char path[120];
        (void)snprintf(path, sizeof path, "/api/machines/%.40s/runliveresponse", ids[i]);
        if (i == 10) {
            assert_int_equal(post(&l, path, body), 429); /* 10 a minute */
            assert_string_equal(client_message(&l.c), "API calls quota exceeded! maximum allowed 10 per 00:01:00");
        }
        if (i % 10 == 0) client_wait(&l.c, 60001);
        assert_int_equal(post(&l, path, body), i < 25 ? 201 : 429); /* 25 at once */
    }
    client_close(&l.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_starts_pending),
        cmocka_unit_test(bad_orders_say_what_is_wrong),
        cmocka_unit_test(devices_refuse_by_their_temper),
        cmocka_unit_test(each_action_needs_its_role),
        cmocka_unit_test(an_isolation_runs_its_course),
        cmocka_unit_test(offline_slow_and_failing_devices),
        cmocka_unit_test(a_doubled_isolation_outlives_the_release),
        cmocka_unit_test(a_repetition_is_refused_or_adopted),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(hunting_tells_of_isolation),
        cmocka_unit_test(lists_are_newest_first_and_filtered),
        cmocka_unit_test(the_list_may_spell_the_time_otherwise),
        cmocka_unit_test(packages_come_when_collected),
        cmocka_unit_test(live_response_brings_results),
        cmocka_unit_test(live_response_is_limited),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
