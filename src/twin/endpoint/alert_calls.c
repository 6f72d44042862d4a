/* Changing alerts through the Endpoint API, and what is related to one (section 10 of the reference). What is written joins the
 * tenant's changes, in Graph's words, so both APIs show it. */
#include <string.h>

#include "twin/calls.h"
#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { UPDATE_STATUS, UPDATE_ASSIGNED, UPDATE_CLASSIFICATION, UPDATE_DETERMINATION, UPDATE_COMMENT, UPDATES };
static const char *const states[] = {"New", "InProgress", "Resolved", NULL};
static const char *const classifications[] = {"TruePositive", "InformationalExpectedActivity", "FalsePositive", NULL};

/* Every page's spelling; Apt and SecurityPersonnel were withdrawn. */
enum { TRUE_POSITIVE = 1, INFORMATIONAL = 2, FALSE_POSITIVE = 4 }; /* bits, in the order of classifications */
static const char *const determinations[] = {"MultiStagedAttack",
                                             "MaliciousUserActivity",
                                             "CompromisedUser",
                                             "Malware",
                                             "Phishing",
                                             "UnwantedSoftware",
                                             "SecurityTesting",
                                             "LineOfBusinessApplication",
                                             "ConfirmedUserActivity",
                                             "ConfirmedActivity",
                                             "Clean",
                                             "NotMalicious",
                                             "InsufficientData",
                                             "Other",
                                             NULL};
static const unsigned pairings[] = {TRUE_POSITIVE,  TRUE_POSITIVE,
                                    TRUE_POSITIVE,  TRUE_POSITIVE,
                                    TRUE_POSITIVE,  TRUE_POSITIVE,
                                    INFORMATIONAL,  INFORMATIONAL,
                                    INFORMATIONAL,  INFORMATIONAL,
                                    FALSE_POSITIVE, FALSE_POSITIVE,
                                    FALSE_POSITIVE, TRUE_POSITIVE | INFORMATIONAL | FALSE_POSITIVE};
_Static_assert(COUNT(pairings) + 1 == COUNT(determinations), "one each");

static const struct {
    const char *name;
    const char *const *values; /* NULL: any text */
    enum object_text what;
} update_rows[UPDATES] = {
    [UPDATE_STATUS] = {"status", states, TEXT_STATUS},
    [UPDATE_ASSIGNED] = {"assignedTo", NULL, TEXT_ASSIGNED},
    [UPDATE_CLASSIFICATION] = {"classification", classifications, TEXT_CLASSIFICATION},
    [UPDATE_DETERMINATION] = {"determination", determinations, TEXT_DETERMINATION},
    [UPDATE_COMMENT] = {"comment", NULL, TEXT_COMMENT},
};

struct update {
    struct str texts[UPDATES]; /* in this API's words; p == NULL: not said */
};

static size_t index_of(const char *const *values, struct str text)
{
    size_t i = 0;
    while (values[i] && !str_eq(text, str_of(values[i]))) i++;
    return i;
}

static bool pairs(struct exchange *x, const struct update *u)
{
    struct str c = u->texts[UPDATE_CLASSIFICATION], d = u->texts[UPDATE_DETERMINATION];
    if (c.n == 0 || d.n == 0 || variant_is(exchange_variants(x), VARIANT_ENDPOINT_PAIRING, "accept")) return true;
    return pairings[index_of(determinations, d)] >> index_of(classifications, c) & 1 ||
           call_refused(x, 400, "InvalidInput", "The determination %.*s does not go with %.*s", STR_ARG(d), STR_ARG(c));
}

/* Names of members in any case, unlike those of machine actions. */
static bool read_update(struct exchange *x, const struct json *body, struct update *out)
{
    for (unsigned i = 0; i < UPDATES; i++) {
        const struct json *v = json_get_nocase(body, update_rows[i].name);
        if (v == NULL || v->type == JSON_NULL) continue;
        if (v->type != JSON_STRING)
            return call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: %s is not a text",
                                update_rows[i].name);
        const char *const *values = update_rows[i].values;
        if (values && values[index_of(values, v->text)] == NULL)
            return call_refused(x, 400, "InvalidInput", "%s has no value '%.*s'", update_rows[i].name,
                                (int)(v->text.n < 60 ? v->text.n : 60), v->text.p);
        out->texts[i] = v->text;
    }
    return pairs(x, out);
}

static void write_update(struct exchange *x, uint64_t number, const struct update *u, struct arena *a)
{
    for (unsigned i = 0; i < UPDATES; i++) {
        struct str text = u->texts[i];
        if (text.p == NULL) continue;
        if (update_rows[i].values) text = graph_word(text, a);
        write_change(x, OBJECT_ALERT, number, update_rows[i].what, text, author_of(x));
    }
}

/* ---- which alert ------------------------------------------------------------------------------------------------------- */
static bool list_alerts(struct exchange *x, struct arena *a, struct object_list *out)
{
    return objects_list(estate_of(x->cloud, x->tenant), OBJECT_ENDPOINT_ALERT, x->as_of, a, out) ||
           call_refused(x, 500, "InternalServerError", "No memory");
}

static const struct object *by_id(struct exchange *x, const struct object_list *list, struct str id, struct arena *a)
{
    struct estate t = estate_of(x->cloud, x->tenant);
    for (size_t i = 0; i < list->count; i++)
        if (str_eq_nocase(object_id(t, OBJECT_ENDPOINT_ALERT, &list->items[i], a), id)) return &list->items[i];
    return NULL;
}

static const struct object *find_alert(struct exchange *x, struct str id, struct arena *a)
{
    struct object_list list;
    if (!list_alerts(x, a, &list)) return NULL;
    const struct object *o = by_id(x, &list, id, a);
    if (o == NULL)
        (void)call_refused(x, 404, "ResourceNotFound", "Alert %.*s was not found", (int)(id.n < 64 ? id.n : 64), id.p);
    return o;
}

/* ---- calls ------------------------------------------------------------------------------------------------------------- */
void alert_patch_handle(struct exchange *x, struct str id)
{
    struct update u = {0};
    struct arena a;
    arena_init(&a, 256 << 20);
    const struct json *body = call_body(x, &a);
    const struct object *o = body ? find_alert(x, id, &a) : NULL;
    if (o && read_update(x, body, &u)) {
        write_update(x, o->number, &u, &a);
        o = find_alert(x, id, &a); /* as it is now */
        if (o) call_answer_object(x, 200, OBJECT_ENDPOINT_ALERT, o);
    }
    arena_done(&a);
}

static bool check_ids(struct exchange *x, const struct json *ids)
{
    if (ids == NULL || ids->type != JSON_ARRAY || ids->count == 0)
        return call_refused(x, 400, "MissingRequiredParameter", "alertIds is a required parameter");
    unsigned max = variant_number(exchange_variants(x), VARIANT_ENDPOINT_BATCH); /* "any" is none */
    return max == 0 || ids->count <= max ||
           call_refused(x, 400, "MaximumBatchSizeExceeded", "Maximum batch size exceeded. Received: %zu, allowed: %u",
                        ids->count, max);
}

/* Ids that there are none of do no harm. The answer is empty. */
void alert_batch_handle(struct exchange *x, struct str none)
{
    struct update u = {0};
    struct object_list list;
    struct arena a;
    struct buf empty;
    (void)none;
    arena_init(&a, 256 << 20);
    const struct json *body = call_body(x, &a), *ids = json_get_nocase(body, "alertIds");
    if (body && check_ids(x, ids) && read_update(x, body, &u) && list_alerts(x, &a, &list)) {
        for (size_t i = 0; i < ids->count; i++) {
            const struct object *o = by_id(x, &list, json_str(&ids->items[i], STR_NONE), &a);
            if (o) write_update(x, o->number, &u, &a);
        }
        buf_init(&empty, 64);
        answer_bytes(x, 200, "application/json; charset=utf-8", &empty);
    }
    arena_done(&a);
}

/* ---- what is related ----------------------------------------------------------------------------------------------------- */
static void put_fact(struct object_writer *o, const struct scene *s, unsigned bit, const char *fact, const char *name)
{
    put_value(o, name, flat_evidence_fact(s, bit, fact, &o->arena));
}

static void write_file(struct object_writer *o, const struct scene *s)
{
    json_object_begin(&o->w);
    put_fact(o, s, EVIDENCE_FILE, "sha1", "sha1");
    put_fact(o, s, EVIDENCE_FILE, "sha256", "sha256");
    put_i64(o, "globalPrevalence", (int64_t)(s->seed % 100000));
    put_null(o, "globalFirstObserved");
    put_null(o, "globalLastObserved");
    put_i64(o, "size", s->program->bytes);
    put_null(o, "fileType");
    put_cstr(o, "filePublisher", s->program->company);
    put_cstr(o, "fileProductName", s->program->product);
    put_null(o, "signer");
    put_null(o, "issuer");
    json_object_end(&o->w);
}

static void write_ip(struct object_writer *o, const struct scene *s)
{
    json_object_begin(&o->w);
    put_fact(o, s, EVIDENCE_IP, "ipAddress", "id");
    json_object_end(&o->w);
}

static void write_domain(struct object_writer *o, const struct scene *s)
{
    struct odata_value url = flat_evidence_fact(s, EVIDENCE_URL, "url", &o->arena);
    struct str host = url.text;
    size_t at = str_find(host, STR("://"), 0);
    if (at != SIZE_MAX) host = str_sub(host, at + 3, host.n);
    json_object_begin(&o->w);
    put_text(o, "host", str_cut(&host, '/'));
    json_object_end(&o->w);
}

static const struct {
    unsigned bit;
    const char *context;
    void (*write)(struct object_writer *o, const struct scene *s);
} related[] = {
    [RELATED_FILES] = {EVIDENCE_FILE, "Files", write_file},
    [RELATED_IPS] = {EVIDENCE_IP, "Ips", write_ip},
    [RELATED_DOMAINS] = {EVIDENCE_URL, "Domains", write_domain},
};

void alert_related_handle(struct exchange *x, struct str id)
{
    struct arena a;
    arena_init(&a, 256 << 20);
    const struct object *o = find_alert(x, id, &a);
    if (o) {
        struct scene s = scene_of(estate_of(x->cloud, x->tenant), o);
        struct call_list list;
        call_list_begin(x, &list, related[x->what].context);
        if (alert_kind_of(s.estate, o->number)->evidence & related[x->what].bit) related[x->what].write(&list.o, &s);
        call_list_answer(x, &list);
    }
    arena_done(&a);
}

void alert_machine_handle(struct exchange *x, struct str id)
{
    struct arena a;
    arena_init(&a, 256 << 20);
    const struct object *o = find_alert(x, id, &a);
    if (o) call_answer_machine(x, scene_of(estate_of(x->cloud, x->tenant), o).device);
    arena_done(&a);
}

void alert_user_handle(struct exchange *x, struct str id)
{
    struct arena a;
    arena_init(&a, 256 << 20);
    const struct object *o = find_alert(x, id, &a);
    if (o) {
        struct scene s = scene_of(estate_of(x->cloud, x->tenant), o);
        if (alert_kind_of(s.estate, o->number)->evidence & EVIDENCE_USER)
            call_answer_user(x, s.user, s.device);
        else
            (void)call_refused(x, 404, "ResourceNotFound", "The alert has no user");
    }
    arena_done(&a);
}
