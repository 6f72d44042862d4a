/* The stream: each shape of Defender's found by itself, counts that add up, dead letters that can be found again; and the
 * corpus of published events, where it is to be had. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/json/json.h"
#include "logic/ocsf/ocsf.h"

struct heard {
    const char *version;
    struct buf text; /* one word for each event or dead letter */
    size_t errors;
    size_t stop_after; /* 0: never */
};

static void tell(void *ctx, const struct ocsf_finding *f)
{
    (void)ctx;
    if (f->is_error) print_message("# %s %s: %s\n", f->rule, f->path, f->text);
}

static bool on_event(void *ctx, const struct map_event *event)
{
    struct heard *h = ctx;
    struct arena a;
    struct err e;
    arena_init(&a, (size_t)64 << 20);
    const struct json *v = json_parse(&a, event->json, &e);
    assert_non_null(v);
    struct str log = json_str(json_path(v, "metadata.log_name"), STR("?")),
               tenant = json_str(json_path(v, "metadata.tenant_uid"), STR(""));
    (void)buf_addf(&h->text, "%u:%.*s:%.*s ", event->class_uid, STR_ARG(log), STR_ARG(tenant));
    assert_true(json_i64(json_get(v, "time"), -1) == event->time_ms);
    h->errors += ocsf_check(h->version, event->json, tell, NULL);
    arena_done(&a);
    return h->stop_after == 0 || --h->stop_after > 0;
}

static void on_dead(void *ctx, struct str letter)
{
    struct heard *h = ctx;
    struct arena a;
    struct err e;
    arena_init(&a, (size_t)64 << 20);
    const struct json *v = json_parse(&a, letter, &e);
    assert_non_null(v);
    (void)buf_addf(&h->text, "dead(%.*s %lld:%lld) ", STR_ARG(json_str(json_get(v, "reason"), STR_NONE)),
                   (long long)json_i64(json_get(v, "line"), -1), (long long)json_i64(json_get(v, "byte"), -1));
    arena_done(&a);
}

static struct ocsf_stream_stats run(const struct ocsf *o, const char *table, struct str text, size_t piece,
                                    struct heard *h)
{
    struct ocsf_stream_opts opts = {.ocsf = o, .table = table, .ctx = h, .on_event = on_event, .on_dead = on_dead};
    struct ocsf_stream *s = ocsf_stream_new(&opts);
    ocsf_stream_file(s, "a.json");
    for (size_t i = 0; i < text.n; i += piece) {
        struct str part = str_sub(text, i, piece);
        ocsf_stream_feed(s, part.p, part.n);
    }
    ocsf_stream_end(s);
    struct ocsf_stream_stats stats = *ocsf_stream_stats(s);
    ocsf_stream_free(s);
    assert_true(stats.in == stats.mapped + stats.base + stats.dead);
    assert_true(h->stop_after || stats.events == stats.mapped + stats.base);
    return stats;
}

#define ROW                                                                                                         \
    "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"DeviceId\":\"d\",\"ActionType\":\"FileCreated\",\"FileName\":\"a\"," \
    "\"FolderPath\":\"/a\",\"PreviousFileName\":\"\"}"
/* Enough of the table's columns to be known by them. */
#define NULLS                                                                                                    \
    "\"SHA1\":null,\"SHA256\":null,\"MD5\":null,\"FileSize\":null,\"FileOriginUrl\":null,"                       \
    "\"FileOriginReferrerUrl\":null,\"FileOriginIP\":null,\"PreviousFolderPath\":null,\"RequestProtocol\":null," \
    "\"RequestSourceIP\":null,\"RequestSourcePort\":null,\"RequestAccountName\":null,"                           \
    "\"RequestAccountDomain\":null,\"RequestAccountSid\":null,\"ShareName\":null,\"SensitivityLabel\":null,"     \
    "\"SensitivitySubLabel\":null,\"IsAzureInfoProtectionApplied\":null,\"ReportId\":null,"                      \
    "\"AdditionalFields\":null,\"AppGuardContainerId\":null,\"DeviceName\":null,\"InitiatingProcessId\":null,"   \
    "\"InitiatingProcessFileName\":null,\"InitiatingProcessFolderPath\":null,\"InitiatingProcessSHA1\":null,"    \
    "\"InitiatingProcessSHA256\":null,\"InitiatingProcessMD5\":null,\"InitiatingProcessCommandLine\":null,"      \
    "\"InitiatingProcessAccountName\":null,\"InitiatingProcessAccountDomain\":null,"                             \
    "\"InitiatingProcessAccountSid\":null,\"InitiatingProcessParentId\":null,"                                   \
    "\"InitiatingProcessParentFileName\":null,"
#define WIDE                                                                                                           \
    "{" NULLS "\"Timestamp\":\"2026-01-01T00:00:00Z\",\"DeviceId\":\"d\",\"ActionType\":\"FileCreated\",\"FileName\":" \
    "\"a\",\"PreviousFileName\":null}"
#define ALERT                                                                                                         \
    "\"id\":\"da1\",\"title\":\"t\",\"status\":\"new\",\"severity\":\"low\",\"tenantId\":\"T1\",\"createdDateTime\":" \
    "\"2026-01-01T00:00:00Z\","                                                                                       \
    "\"lastUpdateDateTime\":\"2026-01-01T00:00:00Z\",\"alertWebUrl\":\"https://x.example/"                            \
    "\",\"providerAlertId\":\"da1\""
#define ENDPOINT                                                                                                    \
    "\"id\":\"da1\",\"incidentId\":7,\"title\":\"t\",\"status\":\"New\",\"severity\":\"Low\",\"machineId\":\"m1\"," \
    "\"aadTenantId\":\"T3\",\"alertCreationTime\":\"2026-01-01T00:00:00Z\",\"lastUpdateTime\":\"2026-01-01T00:00:"  \
    "00Z\""
#define ACTION(update)                                                                                         \
    "{\"id\":\"a1\",\"type\":\"Isolate\",\"status\":\"Pending\",\"machineId\":\"m1\",\"creationDateTimeUtc\":" \
    "\"2026-01-01T00:00:00Z\",\"" update "\":\"2026-01-01T00:00:00Z\"}"
#define SIEM                                                                                                 \
    "{\"AlertTime\":\"2026-01-01T00:00:00Z\",\"AlertTitle\":\"t\",\"Severity\":\"Low\",\"AlertId\":\"da1\"," \
    "\"AlertPart\":0,"                                                                                       \
    "\"FullId\":\"da1:x\",\"LastProcessedTimeUtc\":\"2026-01-01T00:01:00Z\",\"Actor\":\"\"}"
#define XDR                                                                                                \
    "{\"incidentId\":7,\"incidentName\":\"i\",\"status\":\"Active\",\"severity\":\"Low\",\"createdTime\":" \
    "\"2026-01-01T00:00:00Z\",\"lastUpdateTime\":\"2026-01-01T00:00:00Z\",\"alerts\":[{\"alertId\":\"da1\"}]}"
#define STREAMED \
    "{\"time\":\"x\",\"tenantId\":\"T2\",\"category\":\"AdvancedHunting-DeviceFileEvents\",\"properties\":" ROW "}"
#define MACHINE                                                                                               \
    "{\"id\":\"m1\",\"computerDnsName\":\"pc.example\",\"lastSeen\":\"2026-01-01T00:00:00Z\",\"osPlatform\":" \
    "\"Windows11\"}"

static void shapes_are_found(void **state)
{
    static const struct {
        const char *table, *text, *expected;
    } cases[] = {
        {NULL,
         "{\"records\":[{\"time\":\"x\",\"tenantId\":\"T2\",\"category\":\"AdvancedHunting-DeviceFileEvents\","
         "\"properties\":" ROW "}]}",
         "1001:DeviceFileEvents:T2 "},
        {NULL,
         "{\"tenantId\":\"T2\",\"category\":\"AdvancedHunting-DeviceFileEvents\",\"properties\":" ROW "}\n"
         "{\"tenantId\":\"T2\",\"category\":\"AdvancedHunting-EmailEvents\",\"properties\":{\"Timestamp\":\"2026-01-"
         "01T00:00:00Z\"}}\n",
         "1001:DeviceFileEvents:T2 0:EmailEvents:T2 "},
        {"DeviceFileEvents", ROW "\n" ROW, "1001:DeviceFileEvents: 1001:DeviceFileEvents: "},
        {"devicefileevents", "[" ROW "]", "1001:DeviceFileEvents: "},
        {"NewTable", ROW, "0:NewTable: "},
        {NULL, "{\"schema\":[{\"name\":\"Timestamp\",\"type\":\"DateTime\"}],\"results\":[" WIDE "]}",
         "1001:DeviceFileEvents: "},
        {NULL, "{\"Stats\":{},\"Schema\":[],\"Results\":[" WIDE ",{\"Count\":1}]}", "1001:DeviceFileEvents: 0:?: "},
        {NULL, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"DeviceId\":\"d\",\"ActionType\":\"x\"}", "0:?: "},
        {NULL, "{\"@odata.type\":\"#microsoft.graph.security.alert\"," ALERT "}", "2004:alerts_v2:T1 "},
        {NULL, "{" ALERT "}", "2004:alerts_v2:T1 "},
        {NULL,
         "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#security/alerts_v2\",\"value\":[{" ALERT
         "}],\"@odata.nextLink\":\"x\"}",
         "2004:alerts_v2:T1 "},
        {NULL,
         "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#security/"
         "incidents\",\"value\":[{\"id\":\"7\",\"displayName\":\"i\","
         "\"status\":\"active\",\"severity\":\"low\",\"createdDateTime\":\"2026-01-01T00:00:00Z\","
         "\"lastUpdateDateTime\":\"2026-01-01T00:00:00Z\"}]}",
         "2005:incidents: "},
        {NULL, "{\"value\":[" MACHINE "]}", "5001:machines: "},
        {NULL, MACHINE, "5001:machines: "},
        {NULL, "{" ENDPOINT "}", "2004:alerts_endpoint:T3 "},
        {NULL, "{\"@odata.context\":\"https://x.example/api/$metadata#Alerts/$entity\"," ENDPOINT "}",
         "2004:alerts_endpoint:T3 "},
        {NULL,
         "{\"@odata.context\":\"https://x.example/api/$metadata#Alerts(evidence())\",\"value\":[{\"id\":\"a\","
         "\"alertCreationTime\":\"2026-01-01T00:00:00Z\"}]}",
         "2004:alerts_endpoint: "},
        {NULL, ACTION("lastUpdateDateTimeUtc") ACTION("lastUpdateTimeUtc"),
         "7001:machine_actions: 7001:machine_actions: "},
        {NULL,
         "{\"@odata.context\":\"https://x.example/api/$metadata#MachineActions\",\"value\":[" ACTION(
             "lastUpdateTimeUtc") "]}",
         "7001:machine_actions: "},
        {NULL, "[" SIEM "," SIEM "]", "2004:alerts_siem: 2004:alerts_siem: "},
        {NULL, SIEM, "2004:alerts_siem: "},
        {NULL, "{\"value\":[" XDR "]}", "2005:incidents_xdr: "},
        {NULL, XDR, "2005:incidents_xdr: "},
        /* shapes mixed: lines, elements of one array, messages as elements, documents that span lines */
        {NULL,
         "{" ENDPOINT "}\n" SIEM "\n" STREAMED "\n" MACHINE "\n{" ALERT "}\n" ACTION("lastUpdateTimeUtc") "\n" WIDE,
         "2004:alerts_endpoint:T3 2004:alerts_siem: 1001:DeviceFileEvents:T2 5001:machines: 2004:alerts_v2:T1 "
         "7001:machine_actions: 1001:DeviceFileEvents: "},
        {NULL, "[" MACHINE "," STREAMED ",{" ENDPOINT "},7," XDR "]",
         "5001:machines: 1001:DeviceFileEvents:T2 2004:alerts_endpoint:T3 dead(not an object 1:516) "
         "2005:incidents_xdr: "},
        {NULL,
         "[{\"records\":[" STREAMED "]},\n{\"@odata.context\":\"x#Machines\",\"value\":[{\"id\":\"m\"},\n{\"a\":1}]},"
         "{\"Results\":[{\"n\":1}]},{\"value\":[]}]",
         "1001:DeviceFileEvents:T2 5001:machines: dead(of no known shape 3:290) 0:?: "},
        {NULL, "{\n\"value\":\n[\n" SIEM "\n,\n" MACHINE "]\n}\n" XDR,
         "2004:alerts_siem: 5001:machines: 2005:incidents_xdr: "},
        /* other things of the same APIs are not taken for any of these */
        {NULL, "{\"id\":\"x\",\"title\":\"an alert?\",\"alertCreationTime\":\"2026-01-01T00:00:00Z\"}",
         "dead(of no known shape 1:0) "},
        {NULL,
         "{\"id\":\"1\",\"startTime\":\"2026-01-01T00:00:00Z\",\"state\":\"Running\",\"machineId\":\"m\","
         "\"computerDnsName\":"
         "\"pc\",\"triggeringAlertId\":\"da1\"}",
         "dead(of no known shape 1:0) "},
        {"DeviceFileEvents", "7\n[1]\nnope\n{\"a\":\n" ROW,
         "dead(not an object 1:0) dead(not an object 2:3) dead(a value was expected 3:7) "
         "dead(unexpected end 5:150) 1001:DeviceFileEvents: "},
    };
    struct ocsf *o;
    struct err e;
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece < 100000; piece *= 7) {
            struct heard h = {0};
            (void)run(o, cases[i].table, str_of(cases[i].text), piece, &h);
            assert_string_equal(buf_cstr(&h.text), cases[i].expected);
            assert_int_equal(h.errors, 0);
            buf_done(&h.text);
        }
    }
    ocsf_free(o);
}

static bool note_time(void *ctx, const struct map_event *event)
{
    *(int64_t *)ctx = event->time_ms;
    return true;
}

/* Of a row that holds no time: what the message around it says, else when the input came. */
static void a_time_is_found_around_the_row(void **state)
{
    static const struct {
        const char *text;
        int64_t time_ms;
    } cases[] = {
        {"{\"time\":\"2026-07-18T14:00:54Z\",\"category\":\"AdvancedHunting-X\",\"properties\":{\"A\":1}}",
         1784383254000},
        {"{\"time\":\"2026-07-18T14:00:54Z\",\"category\":\"AdvancedHunting-X\",\"properties\":{\"Timestamp\":"
         "\"2026-07-18T14:00:00Z\"}}",
         1784383200000},
        {"{\"time\":\"soon\",\"category\":\"AdvancedHunting-X\",\"properties\":{\"A\":1}}", 1790000000000},
        {"{\"results\":[{\"A\":1}]}", 1790000000000},
    };
    struct ocsf *o;
    struct err e;
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time_ms = 0;
        struct ocsf_stream_opts opts = {
            .ocsf = o, .ctx = &time_ms, .on_event = note_time, .received = wall_from_ms(1790000000000)};
        struct ocsf_stream *s = ocsf_stream_new(&opts);
        ocsf_stream_feed(s, cases[i].text, strlen(cases[i].text));
        ocsf_stream_end(s);
        assert_int_equal(time_ms, cases[i].time_ms);
        ocsf_stream_free(s);
    }
    ocsf_free(o);
}

struct gathered {
    struct buf handed, lines;
    size_t events_left; /* lines only */
};

static bool hand(void *ctx, const struct map_event *event)
{
    struct gathered *g = ctx;
    return buf_add_str(&g->handed, event->json) && buf_add_char(&g->handed, '\n');
}

static struct buf *next_line(void *ctx)
{
    struct gathered *g = ctx;
    return g->events_left-- ? &g->lines : NULL;
}

/* Events written where they are gathered are those that are handed out one by one; what is no event leaves nothing behind. */
static void lines_are_the_events(void **state)
{
    static const char text[] = ROW "\n" WIDE "\n{\"records\":[1," WIDE ",{\"x\":1}," ROW "]}\n" WIDE "\n";
    struct gathered g = {.events_left = 100};
    struct ocsf *o;
    struct err e;
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e));
    for (int lane = JSON_LANE_BOTH; lane <= JSON_LANE_QUICK; lane++) {
        for (int way = 0; way < 3; way++) {
            struct ocsf_stream_opts opts = {.ocsf = o, .ctx = &g, .lane = lane};
            if (way == 0) opts.on_event = hand;
            if (way > 0) opts.lines = next_line;
            if (way == 2) g.events_left = 2;
            struct ocsf_stream *s = ocsf_stream_new(&opts);
            ocsf_stream_feed(s, text, sizeof text - 1);
            ocsf_stream_end(s);
            assert_true(ocsf_stream_stats(s)->events == (way == 2 ? 2 : 5));
            ocsf_stream_free(s);
        }
        size_t n = g.handed.n;
        assert_true(n > 0 && g.lines.n > n && memcmp(g.lines.p, g.handed.p, n) == 0);
        assert_memory_equal(g.lines.p + n, g.handed.p, g.lines.n - n); /* the first two, once more */
        buf_done(&g.handed);
        buf_done(&g.lines);
        g = (struct gathered){.events_left = 100};
    }
    ocsf_free(o);
}

static void the_caller_may_stop(void **state)
{
    struct ocsf *o;
    struct err e;
    struct heard h = {.stop_after = 2};
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e));
    (void)run(o, "DeviceFileEvents", STR(ROW "\n" ROW "\n" ROW "\n7\n"), 100, &h);
    assert_string_equal(buf_cstr(&h.text), "1001:DeviceFileEvents: 1001:DeviceFileEvents: ");
    buf_done(&h.text);
    ocsf_free(o);
}

static void a_record_too_long_is_a_dead_letter(void **state)
{
    struct ocsf *o;
    struct err e;
    struct heard h = {0};
    struct buf text = {0};
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e));
    (void)buf_addf(&text, "%s\n{\"Timestamp\":\"", ROW);
    for (size_t i = 0; i < (size_t)5 << 20; i++) (void)buf_add_char(&text, 'x');
    (void)buf_addf(&text, "\"}\n%s\n", ROW);
    struct ocsf_stream_stats stats = run(o, "DeviceFileEvents", buf_str(&text), 65536, &h);
    assert_string_equal(buf_cstr(&h.text),
                        "1001:DeviceFileEvents: dead(record too long 2:134) 1001:DeviceFileEvents: ");
    assert_int_equal(stats.bytes_in, text.n);
    buf_done(&text);
    buf_done(&h.text);
    ocsf_free(o);
}

/* ---- the corpus ---------------------------------------------------------------------------------------------------------- */
/* Files of sources that have a mapping, whose every record must be mapped; `table` where the file is bare rows. */
static const struct {
    const char *file, *table;
    unsigned mapped;
} mapped[] = {
    {"graph2otel/devicefile.liveRecord.json", NULL, 1},
    {"graph2otel/deviceimageload.liveRecord.json", NULL, 1},
    {"graph2otel/deviceinfo.liveRecord.json", NULL, 1},
    {"graph2otel/devicelogon.liveRecord.json", NULL, 1},
    {"graph2otel/devicenetwork.liveRecord.json", NULL, 1},
    {"graph2otel/incident.liveIncidentRecord.json", NULL, 1},
    {"elastic/alert-test-alert.ndjson", NULL, 1},
    {"openaev/alert_sample_zero.json", NULL, 1},
    {"openaev/alert_sample_two.json", NULL, 1},
    {"openaev/alert_sample_three.json", NULL, 1},
    {"panther/microsoft_graph_passthrough.ndjson", NULL, 4},
    {"tenzir/defender-alerts.ndjson", NULL, 1},
    {"tenzir/defender-incidents.ndjson", NULL, 2},
    {"elastic/defenderatp-log.ndjson", NULL, 4},
    {"msdocs/alerts.0.json", NULL, 1},
    {"msdocs/exposed-apis-odata-samples.el0.json", NULL, 1},
    {"rapid7/test_update_alert.json", NULL, 1},
    {"msdocs/exposed-apis-odata-samples.el4.json", NULL, 1},
    {"msdocs/get-machineactions-collection.0.json", NULL, 3},
    {"msdocs/get-machineactions-collection.1.json", NULL, 2},
    {"msdocs/machineaction.0.json", NULL, 1},
    {"rapid7/test_collect_investigation_package.json", NULL, 1},
    {"rapid7/test_get_machine_action.json", NULL, 1},
    {"rapid7/test_isolate_machine.json", NULL, 1},
    {"msdocs/api-list-incidents.el0.json", NULL, 1},
    {"msdocs/api-list-incidents.el2.json", NULL, 1},
    {"rapid7/test_get_incident.json", NULL, 1},
    {"rapid7/test_find_machines_with_software.json", NULL, 2},
    {"rapid7/test_get_machine_information_by_id.json", NULL, 1},
    {"rapid7/test_get_machine_information_first.json", NULL, 4},
    {"rapid7/test_get_machine_information_second.json", NULL, 1},
    {"rapid7/test_manage_tags.json", NULL, 1},
    {"rapid7/test_search_machines.json", NULL, 2},
    {"msdocs/exposed-apis-odata-samples.el2.json", NULL, 1},
    {"msdocs/exposed-apis-odata-samples.el3.json", NULL, 1},
    {"sekoia/test_connection_acknowledged.json", NULL, 1},
    {"sekoia/test_connection_attempt.json", NULL, 1},
    {"sekoia/test_device_events_logon.json", NULL, 1},
    {"sekoia/test_device_file_event.json", NULL, 1},
    {"sekoia/test_device_image_load_event.json", NULL, 1},
    {"sekoia/test_device_info_event_add_join.json", NULL, 1},
    {"sekoia/test_device_logon_events.json", NULL, 1},
    {"sekoia/test_device_network_events.json", NULL, 1},
    {"sekoia/test_device_process_events.json", NULL, 1},
    {"sekoia/test_device_process_events_macos.json", NULL, 1},
    {"sekoia/test_device_registry_events.json", NULL, 1},
};

static bool slurp(const char *path, struct buf *out)
{
    char chunk[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL) return false;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) (void)buf_add(out, chunk, n);
    (void)fclose(f);
    return true;
}

static const char *corpus(void)
{
    static char path[500];
    const char *shared = getenv("PORTCULLIS_SHARED");
    (void)snprintf(path, sizeof path, "%s/corpus", shared ? shared : SOURCE_ROOT "/../shared");
    DIR *d = opendir(path);
    if (d == NULL) {
        print_message("# skipped: no corpus at %s (set PORTCULLIS_SHARED)\n", path);
        return NULL;
    }
    (void)closedir(d);
    return path;
}

static void known_sources_map_whole(void **state)
{
    static const char *const versions[] = {"1.8.0", "1.3.0"}, *const sets[] = {"mission", "best-fit"};
    const char *folder = corpus();
    (void)state;
    if (folder == NULL) skip();
    for (int v = 0; v < 4; v++) {
        struct ocsf_opts opts = {.version = versions[v / 2], .classes = sets[v % 2]};
        struct ocsf *o;
        struct err e;
        assert_true(ocsf_new(&opts, &o, &e));
        for (size_t i = 0; i < sizeof mapped / sizeof *mapped; i++) {
            char path[700];
            struct buf text = {0};
            struct heard h = {.version = versions[v / 2]};
            (void)snprintf(path, sizeof path, "%s/%s", folder, mapped[i].file);
            if (!slurp(path, &text)) fail_msg("cannot read %s", mapped[i].file);
            struct ocsf_stream_stats stats = run(o, mapped[i].table, buf_str(&text), 1000, &h);
            if (stats.in != mapped[i].mapped || stats.mapped != stats.in || h.errors)
                fail_msg("%s: in %llu, mapped %llu, %zu errors: %s", mapped[i].file, (unsigned long long)stats.in,
                         (unsigned long long)stats.mapped, h.errors, buf_cstr(&h.text));
            buf_done(&text);
            buf_done(&h.text);
        }
        ocsf_free(o);
    }
}

static void read_folder(const struct ocsf *o, const char *folder, struct ocsf_stream_stats *all, size_t *errors)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    while (d && (entry = readdir(d)) != NULL) {
        char path[900];
        struct buf text = {0};
        struct heard h = {0};
        size_t n = strlen(entry->d_name);
        bool is_json =
            n > 5 && (strcmp(entry->d_name + n - 5, ".json") == 0 || strcmp(entry->d_name + n - 5, "djson") == 0);
        if (!is_json || strstr(entry->d_name, ".expected.")) continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_true(slurp(path, &text));
        struct ocsf_stream_stats s = run(o, NULL, buf_str(&text), 4096, &h);
        all->in += s.in;
        all->mapped += s.mapped;
        all->base += s.base;
        all->dead += s.dead;
        *errors += h.errors;
        buf_done(&text);
        buf_done(&h.text);
    }
    if (d) (void)closedir(d);
}

static void the_whole_corpus_adds_up(void **state)
{
    static const char *const folders[] = {"elastic", "graph2otel", "msdocs", "openaev", "otrf",
                                          "panther", "rapid7",     "sekoia", "splunk",  "tenzir"};
    const char *folder = corpus();
    struct ocsf_stream_stats all = {0};
    struct ocsf *o;
    struct err e;
    size_t errors = 0;
    (void)state;
    if (folder == NULL) skip();
    assert_true(ocsf_new(NULL, &o, &e));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[700];
        (void)snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        read_folder(o, path, &all, &errors);
    }
    ocsf_free(o);
    print_message("# in %llu, mapped %llu, base %llu, dead %llu\n", (unsigned long long)all.in,
                  (unsigned long long)all.mapped, (unsigned long long)all.base, (unsigned long long)all.dead);
    assert_int_equal(errors, 0);
    assert_true(all.in >= 160 && all.mapped >= 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_found),        cmocka_unit_test(a_time_is_found_around_the_row),
        cmocka_unit_test(the_caller_may_stop),     cmocka_unit_test(a_record_too_long_is_a_dead_letter),
        cmocka_unit_test(known_sources_map_whole), cmocka_unit_test(the_whole_corpus_adds_up),
        cmocka_unit_test(lines_are_the_events),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
