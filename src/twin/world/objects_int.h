/* Inside the twin: what the three kinds of objects share. */
#ifndef TWIN_OBJECTS_INT_H
#define TWIN_OBJECTS_INT_H

#include "kit/json/json.h"
#include "twin/render.h"
#include "twin/world/objects.h"

/* ---- writing members, odd escapes included -------------------------------------------------------------------------- */
struct object_writer {
    struct json_writer w;
    struct buf scratch;
    struct arena arena; /* texts on their way */
    unsigned dirt;
    unsigned view; /* VIEW_ bits */
};
void object_writer_open(struct object_writer *w, uint64_t dirt_seed, struct buf *out); /* 0: no dirt */
void object_writer_close(struct object_writer *w);
void put_text(struct object_writer *o, const char *key, struct str text);
void put_cstr(struct object_writer *o, const char *key, const char *text); /* NULL: null */
void put_null(struct object_writer *o, const char *key);
const char *text_of(const struct object *o, enum object_text what, const char *drawn);
void put_raw(struct object_writer *o, const char *key, const char *json);
void put_value(struct object_writer *o, const char *key, struct odata_value v);
void put_i64(struct object_writer *o, const char *key, int64_t v);
void put_time(struct object_writer *o, const char *key, struct wall t); /* as many digits as it has */
void put_empty_array(struct object_writer *o, const char *key);
void put_texts(struct object_writer *o, const char *key, const char *const *texts); /* NULL-terminated */

/* ---- alerts ---------------------------------------------------------------------------------------------------------- */
struct alert_kind {
    const char *title, *category, *severity, *service, *detection, *product, *family, *description;
    const char *techniques[4];
    unsigned evidence;  /* bits of enum evidence */
    const char *advice; /* NULL: drawn */
};
enum evidence {
    EVIDENCE_DEVICE = 1,
    EVIDENCE_USER = 2,
    EVIDENCE_FILE = 4,
    EVIDENCE_PROCESS = 8,
    EVIDENCE_IP = 16,
    EVIDENCE_URL = 32,
    EVIDENCE_DNS = 64,
    EVIDENCE_CONNECTION = 128,
    EVIDENCE_REGISTRY_KEY = 256,
    EVIDENCE_REGISTRY_VALUE = 512,
    EVIDENCE_MAILBOX = 1024,
    EVIDENCE_MESSAGE = 2048,
    EVIDENCE_OAUTH = 4096,
    EVIDENCE_CLOUD_APP = 8192,
    EVIDENCE_MALWARE = 16384,
    EVIDENCE_FUTURE = 32768,
};
enum { EVIDENCE_KINDS = 16 };
struct scene { /* whom and what an alert is about */
    struct estate estate;
    const struct object *alert;
    uint64_t seed;
    unsigned device, user;
    const struct program *program;
};
/* The members that all kinds share; its object stays open. */
void evidence_begin(struct object_writer *o, const struct scene *s, const char *kind);
void evidence_put_account(struct object_writer *o, const struct scene *s, const char *key);
/* One of the kinds that are seldom seen (evidence_kinds.c). */
void drawn_evidence_write(struct object_writer *o, const struct scene *s, uint64_t lot);
struct scene scene_of(struct estate t, const struct object *alert);
uint64_t alert_seed(struct estate t, uint64_t number);
bool alert_comes(struct estate t, uint64_t number); /* sooner or later */
struct wall alert_created(struct estate t, uint64_t number);
const struct alert_kind *alert_kind_of(struct estate t, uint64_t number);
uint64_t alert_incident(struct estate t, uint64_t number); /* the one it came in, before any merge */
/* Where an incident has gone by `now`, over several steps if need be; itself when nowhere. *at_out: when, last. */
uint64_t incident_survivor(struct estate t, uint64_t number, struct wall now, struct wall *at_out);
/* The n-th comment, the `drawn` ones of the analyst first; false: past the last. */
struct said {
    struct str text;
    const char *author;
    struct wall at;
};
bool comment_at(struct estate t, enum object_kind kind, const struct object *o, unsigned drawn, unsigned n,
                struct arena *a, struct said *out);
/* The comments drawn, then those written, as an array. */
void comments_write(struct object_writer *o, struct estate t, enum object_kind kind, const struct object *object);
/* What an event of the scenario says of this enum in every other alert that came after it; else `drawn`. */
const char *extended(struct estate t, const struct object *o, enum extended_enum field, const char *drawn);
/* Enum members younger than unknownFutureValue go out as that word, unless the caller asked for them. */
const char *evolving(const struct object_writer *o, const char *value);
int64_t evidence_added_at(struct estate t, const struct object *alert); /* INT64_MAX: never */
const char *investigation_of(struct estate t, const struct object *o);  /* its investigationState */
void evidence_write(struct object_writer *o, struct estate t, const struct object *alert);

bool alerts_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
bool incidents_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
bool machines_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
struct str alert_id(struct estate t, const struct object *o, struct arena *a);
struct str incident_id(struct estate t, uint64_t number, struct arena *a);
struct str incident_object_id(struct estate t, const struct object *o, struct arena *a);
struct str machine_id(struct estate t, const struct object *o, struct arena *a);
struct odata_value alert_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
struct odata_value incident_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
struct odata_value machine_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
void alert_write(struct object_writer *o, struct estate t, const struct object *a);
void incident_write(struct object_writer *o, struct estate t, const struct object *i);
void machine_write(struct object_writer *o, struct estate t, const struct object *m);
bool action_objects_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
struct str action_object_id(struct estate t, const struct object *o, struct arena *a);
struct odata_value action_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
void action_write(struct object_writer *o, struct estate t, const struct object *object);
/* What Graph's view of an alert and the older ones share. */
struct str provider_alert_id(struct estate t, const struct object *o, struct arena *a);
struct str alert_detector(struct estate t, const struct object *o, struct arena *a);
struct wall alert_first_activity(struct estate t, const struct object *o);
struct wall alert_resolved(const struct object *o);
bool endpoint_alerts_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
struct str endpoint_alert_id(struct estate t, const struct object *o, struct arena *a);
struct odata_value endpoint_alert_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
void endpoint_alert_write(struct object_writer *o, struct estate t, const struct object *alert);
/* What Graph says for a field, in the older APIs' words. */
struct odata_value told_in_capitals(struct estate t, enum object_kind kind, const struct object *o,
                                    const char *graph_field, struct arena *a);
void said_write(struct object_writer *o, const struct said *said); /* as the older APIs do */
struct str incident_name(struct object_writer *o, struct estate t, const struct object *i);
bool xdr_incidents_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
struct str xdr_incident_id(struct estate t, const struct object *o, struct arena *a);
struct odata_value xdr_incident_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
void xdr_incident_write(struct object_writer *o, struct estate t, const struct object *incident);
bool siem_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
struct str siem_id(struct estate t, const struct object *o, struct arena *a);
struct odata_value siem_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
void siem_write(struct object_writer *o, struct estate t, const struct object *d);
struct str capital(struct str word, struct arena *a);
/* Graph's word for a thing in the Endpoint API's, and back. */
struct str endpoint_word(struct str graph, struct arena *a);
struct str graph_word(struct str endpoint, struct arena *a);
/* An array: the evidence that the older APIs know, each item with these members (NULL-terminated) and no other. */
void flat_evidence_write(struct object_writer *o, const struct scene *s, const char *const *members);
/* One fact of its evidence of a kind (a bit of enum evidence); null: it has none. */
struct odata_value flat_evidence_fact(const struct scene *s, unsigned bit, const char *member, struct arena *a);
/* A machine's tags: as drawn, until they are changed. */
enum { TAGS_MAX = 100, TAG_BYTES_MAX = 200 };
struct tag_list {
    struct str items[TAGS_MAX];
    unsigned count;
};
void machine_tags(struct estate t, const struct object *o, struct arena *a, struct tag_list *out);
bool indicators_list(struct estate t, struct wall now, struct arena *a, struct object_list *out);
struct str indicator_id(struct estate t, const struct object *o, struct arena *a);
struct odata_value indicator_field(struct estate t, const struct object *o, unsigned field, struct arena *a);
void indicator_write(struct object_writer *o, struct estate t, const struct object *object);
extern const struct odata_field alert_fields[], incident_fields[], machine_fields[], action_fields[],
    indicator_fields[], endpoint_alert_fields[], xdr_incident_fields[];
enum {
    ALERT_FIELDS = 8,
    INCIDENT_FIELDS = 7,
    MACHINE_FIELDS = 14,
    ACTION_FIELDS = 6,
    INDICATOR_FIELDS = 6,
    ENDPOINT_ALERT_FIELDS = 11,
    XDR_INCIDENT_FIELDS = 4
};

static inline struct odata_value odata_text(struct str s)
{
    return (struct odata_value){.type = ODATA_TEXT, .text = s};
}
static inline struct odata_value odata_text_or_null(const char *text)
{
    return text ? odata_text(str_of(text)) : (struct odata_value){.type = ODATA_NULL};
}
static inline struct odata_value odata_time(struct wall t)
{
    return (struct odata_value){.type = ODATA_TIME, .number = t.ticks};
}

#endif
