/* The legacy SIEM API (section 17 of the reference): detections, one or two of each alert of Defender for Endpoint, as a bare
 * array without pages. A detection does not change once it was processed. An object's number is the alert's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/calls.h"
#include "twin/timespan.h"
#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define REACHES_BACK (2 * WALL_TICKS_PER_HOUR)
enum { LOT_DETECTION = 900, LOT_PROCESSED, LOT_HASH };

/* ---- which there are --------------------------------------------------------------------------------------------------------- */
static unsigned parts_of(struct estate t, const struct object *alert)
{
    return alert_seed(t, alert->number) % 3 == 0 ? 2 : 1;
}

static struct wall processed_at(struct estate t, const struct object *alert, unsigned part)
{
    uint64_t lot = draw_below(alert_seed(t, alert->number), LOT_PROCESSED + part, 50 * WALL_TICKS_PER_S);
    return wall_add(alert->created, 5 * WALL_TICKS_PER_S + (int64_t)lot);
}

static int by_time(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    if (x->updated.ticks != y->updated.ticks) return x->updated.ticks < y->updated.ticks ? -1 : 1;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

bool siem_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    struct object_list alerts;
    if (!endpoint_alerts_list(t, now, a, &alerts)) return false;
    *out = (struct object_list){arena_alloc(a, (alerts.count * 2 + 1) * sizeof *out->items), 0};
    if (out->items == NULL) return false;
    for (size_t i = 0; i < alerts.count; i++) {
        for (unsigned part = 0; part < parts_of(t, &alerts.items[i]); part++) {
            struct object *o = &out->items[out->count];
            *o = alerts.items[i];
            o->part = part;
            o->updated = processed_at(t, o, part);
            if (o->updated.ticks <= now.ticks) out->count++;
        }
    }
    qsort(out->items, out->count, sizeof *out->items, by_time);
    return true;
}

/* AlertId:hash, by which clients tell detections apart. */
struct str siem_id(struct estate t, const struct object *o, struct arena *a)
{
    struct str id = endpoint_alert_id(t, o, a),
               hash = draw_hex_str(alert_seed(t, o->number), LOT_HASH + o->part, 40, a);
    return arena_print(a, "%.*s:%.*s", STR_ARG(id), STR_ARG(hash));
}

struct odata_value siem_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    (void)t;
    (void)o;
    (void)field;
    (void)a;
    return (struct odata_value){.type = ODATA_NULL}; /* there is no $filter */
}

/* ---- what they say ------------------------------------------------------------------------------------------------------------ */
/* Missing is the empty text. */
static void put_or_empty(struct object_writer *o, const char *key, struct odata_value v)
{
    put_text(o, key, v.type == ODATA_TEXT ? v.text : STR(""));
}

static void put_fact(struct object_writer *o, const struct scene *s, const char *key, const char *fact)
{
    static const unsigned bits[] = {EVIDENCE_PROCESS, EVIDENCE_FILE, EVIDENCE_IP, EVIDENCE_URL, EVIDENCE_USER};
    struct odata_value v = {.type = ODATA_NULL};
    for (size_t i = 0; i < COUNT(bits) && v.type == ODATA_NULL; i++)
        v = flat_evidence_fact(s, bits[i], fact, &o->arena);
    put_or_empty(o, key, v);
}

static void put_empties(struct object_writer *o, const char *const *keys)
{
    for (; *keys; keys++) put_cstr(o, *keys, "");
}

static struct str cloud_tags(struct estate t, unsigned device, struct arena *a)
{
    struct object_list machines;
    struct tag_list tags;
    struct str all = STR("");
    if (!machines_list(t, t.world->start, a, &machines) || device >= machines.count) return all;
    machine_tags(t, &machines.items[device], a, &tags);
    for (unsigned i = 0; i < tags.count; i++)
        all = arena_print(a, "%.*s%s%.*s", STR_ARG(all), i ? ";" : "", STR_ARG(tags.items[i]));
    return all;
}

static const char *device_tags(unsigned device)
{
    return device % 5 == 2 ? "kiosk" : "";
}

static void write_threat(struct object_writer *o, const struct alert_kind *k)
{
    bool is_malware = k->family != NULL;
    put_cstr(o, "ThreatCategory", is_malware ? "Virus" : "");
    put_cstr(o, "ThreatFamily", is_malware ? k->family : "");
    put_cstr(o, "ThreatName", is_malware ? k->family : "");
    put_cstr(o, "RemediationAction", is_malware ? "quarantine" : "");
    if (is_malware)
        put_value(o, "RemediationIsSuccess", (struct odata_value){.type = ODATA_BOOL, .number = 1});
    else
        put_null(o, "RemediationIsSuccess");
    put_cstr(o, "Source", strcmp(k->detection, "antivirus") == 0 ? "Antivirus" : "EDR");
}

static void write_machine(struct object_writer *o, struct estate t, const struct scene *s)
{
    const struct world *w = t.world;
    const char *account = user_of(s->user).account;
    put_cstr(o, "UserDomain", w->name);
    put_text(o, "LogOnUsers",
             arena_print(&o->arena, "%s\\%s;%s\\%s", w->name, account, w->name, user_of(s->user + 1).account));
    put_cstr(o, "MachineDomain", w->domain);
    put_text(o, "MachineName", device_host(w, s->device, &o->arena));
    put_text(o, "InternalIPv4List",
             arena_print(&o->arena, "%.*s;127.0.0.1", STR_ARG(device_ip(w, s->device, &o->arena))));
    put_text(o, "InternalIPv6List", arena_print(&o->arena, "fe80::%x:1;::1", s->device + 1));
    put_fact(o, s, "FileHash", "sha1");
    put_text(o, "DeviceID", device_id(w, s->device, &o->arena));
    put_text(o, "MachineGroup", device_group(w, s->device));
}

static void write_links(struct object_writer *o, struct estate t, const struct object *d)
{
    struct str id = endpoint_alert_id(t, d, &o->arena), incident = incident_id(t, d->incident, &o->arena);
    put_text(o, "IncidentLinkToWDATP",
             arena_print(&o->arena, "https://securitycenter.windows.com/incidents/byalert?alertId=%.*s", STR_ARG(id)));
    put_i64(o, "ReportID", (int64_t)(alert_seed(t, d->number) >> 34));
    put_text(o, "LinkToMTP", arena_print(&o->arena, "https://security.microsoft.com/alerts/%.*s", STR_ARG(id)));
    put_text(o, "IncidentLinkToMTP",
             arena_print(&o->arena, "https://security.microsoft.com/incidents/%.*s", STR_ARG(incident)));
    put_text(o, "ExternalId", draw_hex_str(alert_seed(t, d->number), LOT_DETECTION, 40, &o->arena));
    put_cstr(o, "IocUniqueId", "");
}

void siem_write(struct object_writer *o, struct estate t, const struct object *d)
{
    static const char *const iocs[] = {"IocName", "IocValue", "CreatorIocName", "CreatorIocValue", NULL};
    const struct alert_kind *k = alert_kind_of(t, d->number);
    struct scene s = scene_of(t, d);
    struct str id = endpoint_alert_id(t, d, &o->arena);
    json_object_begin(&o->w);
    put_time(o, "AlertTime", d->created);
    put_text(o, "ComputerDnsName", device_name(t.world, s.device, &o->arena));
    put_cstr(o, "AlertTitle", k->title);
    put_cstr(o, "Category", k->category);
    put_value(o, "Severity", told_in_capitals(t, OBJECT_ALERT, d, "severity", &o->arena));
    put_text(o, "AlertId", id);
    put_cstr(o, "Actor", "");
    put_text(o, "LinkToWDATP", arena_print(&o->arena, "https://securitycenter.windows.com/alert/%.*s", STR_ARG(id)));
    put_empties(o, iocs);
    put_fact(o, &s, "Sha1", "sha1");
    put_fact(o, &s, "FileName", "fileName");
    put_fact(o, &s, "FilePath", "filePath");
    put_fact(o, &s, "IpAddress", "ipAddress");
    put_fact(o, &s, "Url", "url");
    put_text(o, "IoaDefinitionId", alert_detector(t, d, &o->arena));
    put_fact(o, &s, "UserName", "accountName");
    put_i64(o, "AlertPart", d->part);
    put_text(o, "FullId", siem_id(t, d, &o->arena));
    put_time(o, "LastProcessedTimeUtc", d->updated);
    write_threat(o, k);
    put_cstr(o, "Md5", "");
    put_fact(o, &s, "Sha256", "sha256");
    put_null(o, "WasExecutingWhileDetected");
    write_machine(o, t, &s);
    put_cstr(o, "Description", k->description);
    put_cstr(o, "DeviceCreatedMachineTags", device_tags(s.device));
    put_text(o, "CloudCreatedMachineTags", cloud_tags(t, s.device, &o->arena));
    put_fact(o, &s, "CommandLine", "processCommandLine");
    write_links(o, t, d);
    json_object_end(&o->w);
}

/* ---- the call ------------------------------------------------------------------------------------------------------------------ */
struct siem_query {
    struct wall since, until;
    uint64_t limit;
};

/* A request that is not understood is a 401, as the documents have it. */
static bool malformed(struct exchange *x, const char *name)
{
    return call_refused(x, 401, "Unauthorized", "Malformed request: %s is not valid", name);
}

static bool read_since(struct exchange *x, struct str text, struct siem_query *q)
{
    return wall_parse(text, &q->since) || malformed(x, "sinceTimeUtc");
}

static bool read_until(struct exchange *x, struct str text, struct siem_query *q)
{
    return wall_parse(text, &q->until) || malformed(x, "untilTimeUtc");
}

static bool read_ago(struct exchange *x, struct str text, struct siem_query *q)
{
    int64_t ago;
    if (!iso_duration(text, &ago)) return malformed(x, "ago");
    q->since = wall_add(x->as_of, -ago);
    return true;
}

static bool read_limit(struct exchange *x, struct str text, struct siem_query *q)
{
    return (str_to_u64(text, &q->limit) && q->limit > 0) || malformed(x, "limit");
}

static const struct {
    const char *name;
    bool (*read)(struct exchange *x, struct str text, struct siem_query *q);
} options[] = {{"sinceTimeUtc", read_since}, {"untilTimeUtc", read_until}, {"ago", read_ago}, {"limit", read_limit}};

static bool read_query(struct exchange *x, struct siem_query *q)
{
    *q = (struct siem_query){wall_add(x->as_of, -REACHES_BACK), x->as_of, UINT64_MAX};
    for (unsigned i = 0; i < x->q->param_count; i++)
        for (size_t k = 0; k < COUNT(options); k++)
            if (str_eq_nocase(x->q->params[i].name, str_of(options[k].name)) &&
                !options[k].read(x, x->q->params[i].value, q))
                return false;
    return true;
}

/* Options that may be repeated: any of the values will do; none said: all will. */
static bool suits(const struct exchange *x, const char *name, struct str own)
{
    bool is_asked = false;
    for (unsigned i = 0; i < x->q->param_count; i++) {
        const struct cloud_param *p = &x->q->params[i];
        if (!str_eq_nocase(p->name, str_of(name))) continue;
        is_asked = true;
        if (str_eq_nocase(p->value, own)) return true;
    }
    return !is_asked;
}

static bool is_wanted(struct exchange *x, const struct siem_query *q, struct estate t, const struct object *d,
                      struct arena *a)
{
    unsigned device = scene_of(t, d).device;
    return d->updated.ticks >= q->since.ticks && d->updated.ticks <= q->until.ticks &&
           suits(x, "machinegroups", device_group(t.world, device)) &&
           suits(x, "DeviceCreatedMachineTags", str_of(device_tags(device))) &&
           suits(x, "CloudCreatedMachineTags", cloud_tags(t, device, a));
}

static void answer(struct exchange *x, const struct siem_query *q, struct object_list *all, struct arena *a)
{
    struct estate t = estate_of(x->cloud, x->tenant);
    struct buf out;
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++)
        if (is_wanted(x, q, t, &all->items[i], a)) all->items[n++] = all->items[i];
    buf_init(&out, 256 << 20);
    buf_add_char(&out, '[');
    size_t first = n > q->limit ? n - (size_t)q->limit : 0; /* the newest */
    for (size_t i = first; i < n; i++) {
        if (i > first) buf_add_char(&out, ',');
        object_write(t, OBJECT_SIEM_ALERT, &all->items[i], VIEW_EVOLVED, &out);
    }
    buf_add_char(&out, ']');
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
    enum fault fault = spoiling_fault(x);
    if (fault == FAULT_NONE) return;
    x->tenant->stats[x->family].faulted++;
    answer_spoil(x, fault, 2000);
}

void siem_handle(struct exchange *x, struct str none)
{
    struct siem_query q;
    struct object_list all;
    struct arena a;
    (void)none;
    if (variant_is(exchange_variants(x), VARIANT_SIEM_RETIRED, "retired")) {
        (void)call_refused(x, 410, "Gone", "This API has been retired. Use Microsoft Graph: security/alerts_v2");
        return;
    }
    if (!read_query(x, &q)) return;
    arena_init(&a, 256 << 20);
    if (objects_list(estate_of(x->cloud, x->tenant), OBJECT_SIEM_ALERT, x->as_of, &a, &all))
        answer(x, &q, &all, &a);
    else
        (void)call_refused(x, 500, "InternalServerError", "No memory");
    arena_done(&a);
}
