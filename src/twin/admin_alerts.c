/* POST /twin/alerts and /twin/merge: alerts to order, and incidents merged now, for tests and demonstrations. */
#include "twin/calls.h"
#include "twin/world/made_alerts.h"

enum { ENDPOINT_EVIDENCE = EVIDENCE_DEVICE | EVIDENCE_FILE | EVIDENCE_PROCESS | EVIDENCE_USER };

static struct twin_tenant *tenant_meant(struct exchange *x)
{
    const struct cloud_param *tenant = exchange_param(x, "tenant");
    struct twin_tenant *t = tenant ? tenant_by_id(x->cloud, tenant->value) : NULL;
    if (t == NULL) answer_graph_error(x, 404, "NotFound", "say tenant=<id>, see /twin/tenants");
    return t;
}

static const char *text_in(const struct json *body, const char *name, const char *fallback, struct arena *a)
{
    struct str text = json_str(json_get(body, name), STR_NONE);
    return text.p ? arena_copy(a, text.p, text.n) : fallback;
}

static void read_techniques(const struct json *list, struct arena *a, struct alert_kind *out)
{
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count && i < 3; i++) {
        struct str text = json_str(&list->items[i], STR_NONE);
        out->techniques[i] = arena_copy(a, text.p, text.n);
    }
}

/* An incident is named by its id; only those of alerts made before can be joined or merged. */
static bool incident_number(struct estate t, struct str id, struct arena *a, uint64_t *out)
{
    for (size_t i = 0; t.made && i < t.made->count; i++) {
        uint64_t number = alert_incident(t, MADE_ALERTS + i);
        if (!str_eq(incident_id(t, number, a), id)) continue;
        *out = number;
        return true;
    }
    return false;
}

static bool read_alert(struct exchange *x, struct estate t, const struct json *body, struct arena *a,
                       struct made_alert *out)
{
    const char *service = text_in(body, "service", "microsoftDefenderForEndpoint", a);
    bool is_endpoint = strcmp(service, "microsoftDefenderForEndpoint") == 0;
    struct str with = json_str(json_get(body, "incident"), STR_NONE);
    int64_t device = json_i64(json_get(body, "device"), 0);
    *out = (struct made_alert){.at = x->as_of,
                               .event = x->as_of,
                               .device = (unsigned)device,
                               .remedy = text_in(body, "remediation", NULL, a),
                               .role = text_in(body, "role", is_endpoint ? "compromised" : NULL, a),
                               .investigated = text_in(body, "investigation", NULL, a)};
    out->kind = (struct alert_kind){
        .title = text_in(body, "title", "Ransomware behaviour was observed", a),
        .category = text_in(body, "category", "Ransomware", a),
        .severity = text_in(body, "severity", "high", a),
        .service = service,
        .detection = text_in(body, "detection", service, a),
        .product = is_endpoint ? "Microsoft Defender for Endpoint" : "Microsoft Defender XDR",
        .description = text_in(body, "description", "Made to order.", a),
        .evidence = is_endpoint ? ENDPOINT_EVIDENCE : EVIDENCE_USER | EVIDENCE_IP,
    };
    read_techniques(json_get(body, "techniques"), a, &out->kind);
    if (device < 0 || (uint64_t)device >= t.world->machines) {
        answer_graph_error(x, 400, "BadRequest", "the tenant has no such device");
        return false;
    }
    if (with.p && !incident_number(t, with, a, &out->incident)) {
        answer_graph_error(x, 400, "BadRequest", "incident: none of that id was made here");
        return false;
    }
    return true;
}

static void answer_made(struct exchange *x, struct twin_tenant *tenant, struct arena *a)
{
    struct estate t = estate_of(x->cloud, tenant);
    const struct made_alert *made = &t.made->items[t.made->count - 1];
    const struct object o = {.number = MADE_ALERTS + t.made->count - 1, .created = made->at};
    const struct {
        const char *name;
        struct str value;
    } members[] = {{"id", alert_id(t, &o, a)},
                   {"incident", incident_id(t, alert_incident(t, o.number), a)},
                   {"device", device_id(t.world, made->device, a)},
                   {"host", device_name(t.world, made->device, a)}};
    struct json_writer w;
    struct buf out;
    buf_init(&out, 4096);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_key(&w, members[i].name);
        json_write_str(&w, members[i].value);
    }
    json_object_end(&w);
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

static const struct json *body_of(struct exchange *x, struct arena *a)
{
    struct err e;
    const struct json *body = json_parse(a, x->q->body.n ? x->q->body : STR("{}"), &e);
    if (body && body->type == JSON_OBJECT) return body;
    answer_graph_error(x, 400, "BadRequest", "the body is a JSON object, see docs/twin.md");
    return NULL;
}

void admin_make_alert(struct exchange *x)
{
    struct twin_tenant *tenant = tenant_meant(x);
    struct made_alert draft;
    struct arena a;
    if (tenant == NULL) return;
    arena_init(&a, 16 << 20);
    const struct json *body = body_of(x, &a);
    if (body && read_alert(x, estate_of(x->cloud, tenant), body, &a, &draft)) {
        if (made_alerts_add(&tenant->made, &draft))
            answer_made(x, tenant, &a);
        else
            answer_graph_error(x, 403, "Forbidden", "the twin keeps a thousand made alerts of a tenant");
    }
    arena_done(&a);
}

void admin_merge(struct exchange *x)
{
    struct twin_tenant *tenant = tenant_meant(x);
    struct made_merge merge = {.at = x->as_of};
    struct arena a;
    if (tenant == NULL) return;
    arena_init(&a, 16 << 20);
    const struct json *body = body_of(x, &a);
    struct estate t = estate_of(x->cloud, tenant);
    bool found = body && incident_number(t, json_str(json_get(body, "incident"), STR_NONE), &a, &merge.incident) &&
                 incident_number(t, json_str(json_get(body, "into"), STR_NONE), &a, &merge.into);
    if (body && (!found || merge.incident == merge.into))
        answer_graph_error(x, 400, "BadRequest", "incident, into: two incidents of alerts that were made here");
    else if (body && made_alerts_merge(&tenant->made, &merge))
        answer_ok(x);
    arena_done(&a);
}
