/* PATCH of alerts and incidents and POST of comments (sections 7.1 and 8): what is written joins the tenant's changes, and
 * the answer is the object as it is then. */
#include <stdio.h>

#include "twin/calls.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FOR_ALERTS (1u << OBJECT_ALERT)
#define FOR_INCIDENTS (1u << OBJECT_INCIDENT)
enum { PATCH_FIELDS_MAX = 16 };

static const char *const alert_states[] = {"new", "inProgress", "resolved", NULL};
static const char *const incident_states[] = {"active", "resolved", "inProgress", "awaitingAction", NULL};
static const char *const classifications[] = {"unknown", "falsePositive", "truePositive",
                                              "informationalExpectedActivity", NULL};
static const char *const determinations[] = {"unknown",
                                             "apt",
                                             "malware",
                                             "securityPersonnel",
                                             "securityTesting",
                                             "unwantedSoftware",
                                             "other",
                                             "multiStagedAttack",
                                             "compromisedAccount",
                                             "phishing",
                                             "maliciousUserActivity",
                                             "notMalicious",
                                             "notEnoughDataToValidate",
                                             "confirmedActivity",
                                             "lineOfBusinessApplication",
                                             NULL};
static const char *const severities[] = {"informational", "low", "medium", "high", NULL};
/* The update page prints four determinations otherwise than the metadata does; both are taken. */
static const char *const spellings[][2] = {{"compromisedUser", "compromisedAccount"},
                                           {"clean", "notMalicious"},
                                           {"insufficientData", "notEnoughDataToValidate"},
                                           {"confirmedUserActivity", "confirmedActivity"}};

static const struct writable {
    const char *name;
    enum object_text what;
    unsigned kinds;
    const char *const *values; /* an enum's; NULL: any text */
    enum json_type json;       /* ARRAY, OBJECT; STRING: text or null */
    int variant;               /* that must be lived as `accept`; -1: none */
} writables[] = {
    {"status", TEXT_STATUS, FOR_ALERTS, alert_states, JSON_STRING, -1},
    {"status", TEXT_STATUS, FOR_INCIDENTS, incident_states, JSON_STRING, -1},
    {"classification", TEXT_CLASSIFICATION, FOR_ALERTS | FOR_INCIDENTS, classifications, JSON_STRING, -1},
    {"determination", TEXT_DETERMINATION, FOR_ALERTS | FOR_INCIDENTS, determinations, JSON_STRING, -1},
    {"assignedTo", TEXT_ASSIGNED, FOR_ALERTS | FOR_INCIDENTS, NULL, JSON_STRING, -1},
    {"customDetails", TEXT_CUSTOM_DETAILS, FOR_ALERTS, NULL, JSON_OBJECT, VARIANT_ALERTS_CUSTOM_DETAILS},
    {"customTags", TEXT_TAGS, FOR_INCIDENTS, NULL, JSON_ARRAY, -1},
    {"displayName", TEXT_NAME, FOR_INCIDENTS, NULL, JSON_STRING, VARIANT_INCIDENTS_PATCH_MORE},
    {"severity", TEXT_SEVERITY, FOR_INCIDENTS, severities, JSON_STRING, VARIANT_INCIDENTS_PATCH_MORE},
    {"summary", TEXT_SUMMARY, FOR_INCIDENTS, NULL, JSON_STRING, VARIANT_INCIDENTS_PATCH_MORE},
    {"resolvingComment", TEXT_RESOLVING_COMMENT, FOR_INCIDENTS, NULL, JSON_STRING, VARIANT_INCIDENTS_PATCH_MORE},
};

static bool refused(struct exchange *x, int status, const char *code, const char *what, struct str at)
{
    char message[240];
    x->tenant->stats[x->family].refused++;
    (void)snprintf(message, sizeof message, "%s '%.*s'.", what, (int)(at.n < 80 ? at.n : 80), at.p ? at.p : "");
    answer_error(x, status, code, message);
    return false;
}

/* ---- the object --------------------------------------------------------------------------------------------------------- */
static bool find_object(struct exchange *x, struct str id, struct arena *a, struct object *out)
{
    enum object_kind kind = (enum object_kind)x->what;
    struct estate t = estate_of(x->cloud, x->tenant);
    struct object_list list;
    if (!objects_list(t, kind, x->as_of, a, &list)) return refused(x, 500, "UnknownError", "No memory for", id);
    for (size_t i = 0; i < list.count; i++) {
        if (!str_eq_nocase(object_id(t, kind, &list.items[i], a), id)) continue;
        *out = list.items[i];
        return true;
    }
    return refused(x, 404, "NotFound", "There is no resource", id);
}

void write_change(struct exchange *x, enum object_kind kind, uint64_t number, enum object_text what, struct str text,
                  struct str author)
{
    bool touches = what != TEXT_COMMENT || variant_is(exchange_variants(x), VARIANT_ALERTS_COMMENT_TOUCHES, "yes");
    changes_add(&x->tenant->changes,
                (struct change){
                    .kind = kind, .number = number, .at = x->now, .through = x->api, .what = what, .touches = touches},
                text, author);
}

/* Updating an incident to resolved resolves its alerts too, where that variant is lived. */
static void resolve_alerts(struct exchange *x, const struct object *incident, struct arena *a)
{
    struct object_list alerts;
    if (variant_is(exchange_variants(x), VARIANT_INCIDENTS_RESOLVE, "no") ||
        !objects_of_incident(estate_of(x->cloud, x->tenant), incident, a, &alerts))
        return;
    for (size_t i = 0; i < alerts.count; i++)
        write_change(x, OBJECT_ALERT, alerts.items[i].number, TEXT_STATUS, STR("resolved"), STR(""));
}

/* ---- PATCH -------------------------------------------------------------------------------------------------------------- */
struct patch {
    const struct writable *fields[PATCH_FIELDS_MAX];
    struct str texts[PATCH_FIELDS_MAX];
    unsigned count;
};

static const struct writable *writable_find(const struct exchange *x, struct str name)
{
    for (size_t i = 0; i < COUNT(writables); i++) {
        const struct writable *w = &writables[i];
        if (!(w->kinds >> x->what & 1) || !str_eq(name, str_of(w->name))) continue;
        if (w->variant >= 0 && variant_is(exchange_variants(x), (enum variant)w->variant, "refuse")) return NULL;
        return w;
    }
    return NULL;
}

static bool enum_value(const struct writable *w, struct str text, struct str *out)
{
    *out = text;
    for (size_t i = 0; w->what == TEXT_DETERMINATION && i < COUNT(spellings); i++)
        if (str_eq_nocase(text, str_of(spellings[i][0]))) *out = str_of(spellings[i][1]);
    for (const char *const *v = w->values; v && *v; v++) {
        if (!str_eq_nocase(*out, str_of(*v))) continue;
        *out = str_of(*v);
        return true;
    }
    return w->values == NULL;
}

static bool read_field(struct exchange *x, const struct json_member *m, struct patch *p)
{
    const struct writable *w = writable_find(x, m->key);
    const struct json *v = &m->value;
    if (str_starts(m->key, STR("@odata"))) return true;
    if (w == NULL || p->count == PATCH_FIELDS_MAX)
        return refused(x, 400, "BadRequest", "The property cannot be updated:", m->key);
    bool is_null = w->json == JSON_STRING && w->values == NULL && v->type == JSON_NULL;
    if (v->type != w->json && !is_null)
        return refused(x, 400, "BadRequest", "The value does not fit the property", m->key);
    struct str text = is_null ? STR("") : w->json == JSON_STRING ? v->text : v->raw;
    if (!is_null && w->json == JSON_STRING && !enum_value(w, text, &text))
        return refused(x, 400, "BadRequest", "Requested value was not found:", text);
    p->fields[p->count] = w;
    p->texts[p->count++] = text;
    return true;
}

static const struct json *read_body(struct exchange *x, struct arena *a)
{
    struct err e;
    const struct json *body = json_parse(a, x->q->body, &e);
    if (body && body->type == JSON_OBJECT) return body;
    (void)refused(x, 400, "BadRequest", "Unable to read JSON request payload", STR(""));
    return NULL;
}

static void patch_object(struct exchange *x, const struct object *o, const struct json *body, struct arena *a)
{
    enum object_kind kind = (enum object_kind)x->what;
    struct patch p = {.count = 0};
    for (size_t i = 0; i < body->count; i++)
        if (!read_field(x, &body->members[i], &p)) return;
    for (unsigned i = 0; i < p.count; i++) {
        write_change(x, kind, o->number, p.fields[i]->what, p.texts[i], STR(""));
        bool resolves = p.fields[i]->what == TEXT_STATUS && str_eq(p.texts[i], STR("resolved"));
        if (kind == OBJECT_INCIDENT && resolves) resolve_alerts(x, o, a);
    }
    struct estate t = estate_of(x->cloud, x->tenant);
    struct object now = *o;
    struct buf out;
    buf_init(&out, 16 << 20);
    object_overlay(t, kind, &now);
    object_write(t, kind, &now, VIEW_EVOLVED | VIEW_ALONE, &out);
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

void patch_handle(struct exchange *x, struct str id)
{
    struct arena a;
    struct object o;
    arena_init(&a, 256 << 20);
    const struct json *body = read_body(x, &a);
    if (body && find_object(x, id, &a, &o)) patch_object(x, &o, body, &a);
    arena_done(&a);
}

/* ---- comments ----------------------------------------------------------------------------------------------------------- */
struct str author_of(const struct exchange *x)
{
    return variant_is(exchange_variants(x), VARIANT_ALERTS_COMMENT_AUTHOR, "app_id") ? str_of(x->client_id)
                                                                                     : STR(CALL_APP_NAME);
}

static void answer_comments(struct exchange *x, const struct object *o)
{
    enum object_kind kind = (enum object_kind)x->what;
    struct buf out;
    buf_init(&out, 16 << 20);
    buf_addf(&out,
             "{\"@odata.context\":\"https://graph.microsoft.com/%s/"
             "$metadata#Collection(microsoft.graph.security.alertComment)\",\"value\":",
             x->is_beta ? "beta" : "v1.0");
    object_write_comments(estate_of(x->cloud, x->tenant), kind, o, &out);
    buf_add_char(&out, '}');
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

void comment_handle(struct exchange *x, struct str id)
{
    struct arena a;
    struct object o;
    arena_init(&a, 256 << 20);
    const struct json *body = read_body(x, &a);
    const struct json *comment = json_get(body, "comment");
    if (body && (comment == NULL || comment->type != JSON_STRING || str_trim(comment->text).n == 0)) {
        (void)refused(x, 400, "BadRequest", "The comment is missing or empty", STR(""));
    } else if (body && find_object(x, id, &a, &o)) {
        write_change(x, (enum object_kind)x->what, o.number, TEXT_COMMENT, comment->text, author_of(x));
        answer_comments(x, &o);
    }
    arena_done(&a);
}
