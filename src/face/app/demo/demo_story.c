/* What the demo shows of the response: one tenant has automatic remediation on, somebody is on duty with mail and phone (both
 * the twin's), and four alerts arrive once the tenant is being polled. */
#include "face/app/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/settings.h"
#include "face/app/app.h"
#include "flow/act/act.h"
#include "kit/seal/seal.h"
#include "state/store/notices.h"
#include "state/store/people.h"
#include "state/store/tenants.h"

enum { SETTLE_MS = 3000, TOLD_MS = 22000 /* not confirmed after 15 s, and told */ };
#define WHO "demo"
#define ON_DUTY "Alex Gate"

/* Devices by their place in the twin's tenant; how each takes an order is the scenario's (lively.yaml). */
static const struct {
    unsigned device;
    const char *title, *severity, *category;
} acts[] = {
    {0, "Ransomware behaviour was observed", "high", "Ransomware"},
    {1, "Credential theft on a device that is away", "high", "CredentialAccess"},
    {2, "Hands-on-keyboard attack on a device that cannot be isolated", "high", "LateralMovement"},
    {4, "Suspicious script", "medium", "Execution"},
};

struct demo_story {
    struct installation *installation;
    struct engine *engine;
    struct demo_twin *twin;
    char tenant_id[GUID_BYTES];
    bool has_begun;
    int64_t begun_ms, ready_ms; /* since then its alerts are polled; 0: not yet */
};

/* ---- before the curtain ---------------------------------------------------------------------------------------------------- */

struct line {
    const char *name, *value;
};
static const struct line settings[] = {
    {"route_high", "ladder"},    {"route_medium", "ladder"},
    {"remediation", "auto"},     {"confirm_after", "15s"},      /* five minutes otherwise */
    {"limit_tenant_hour", "20"}, {"limit_tenant_share", "100"}, /* it has eight devices */
};

/* Hundreds of alerts of the other tenants would be told else. */
static const struct line others[] = {{"route_high", "store"}, {"route_medium", "store"}, {"route_low", "store"}};

static bool set(struct demo_story *s, const char *tenant_id, const struct line *lines, size_t count, struct err *e)
{
    struct store *store = s->installation->store;
    struct wall now = clock_wall(&s->installation->clock);
    struct setting_scope scope;
    bool ok = settings_scope(store, tenant_id, NULL, &scope, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = settings_set(store, &scope, lines[i].name, str_of(lines[i].value), WHO, now, e);
    return ok;
}

static bool set_up_tenant(struct demo_story *s, struct err *e)
{
    return set(s, NULL, others, sizeof others / sizeof *others, e) &&
           set(s, s->tenant_id, settings, sizeof settings / sizeof *settings, e);
}

static bool add_person(struct store *s, struct err *e)
{
    struct person_record p = {.name = ON_DUTY, .mail = "alex@soc.example", .phone = "+4930123456", .role = "responder"};
    struct duty_record duty = {.list = "on-call", .person = ON_DUTY};
    return password_hash(STR("4711"), p.pin_hash, e) && store_person_put(s, &p, e) && store_duty_add(s, &duty, e);
}

static bool add_channels(struct demo_story *s, struct err *e)
{
    struct channel_record mail = {.name = "mail",
                                  .kind = "email",
                                  .sender = "portcullis@soc.example",
                                  .is_enabled = true},
                          phone = {.name = "phone",
                                   .kind = "phone",
                                   .account = "AC00000000000000000000000000000000",
                                   .sender = "+4930999999",
                                   .flow = "FW00000000000000000000000000000000",
                                   .is_enabled = true};
    (void)snprintf(phone.address, sizeof phone.address, "%s", demo_twin_url(s->twin));
    struct store *store = s->installation->store;
    return demo_twin_mailbox(s->twin, mail.address, sizeof mail.address, e) &&
           store_channel_put(store, &mail, true, e) && store_channel_put(store, &phone, true, e) &&
           store_secret_put(store, "channel.secret:phone", STR("a token of the demo"), e);
}

static bool take_first(void *arg, const struct tenant_record *r)
{
    struct demo_story *s = arg;
    (void)snprintf(s->tenant_id, sizeof s->tenant_id, "%s", r->tenant_id);
    return false;
}

bool demo_story_new(struct installation *i, struct demo_twin *twin, const char *tenant_id, struct demo_story **out,
                    struct err *e)
{
    struct demo_story *s = calloc(1, sizeof *s);
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "demo");
    s->installation = i;
    s->twin = twin;
    (void)snprintf(s->tenant_id, sizeof s->tenant_id, "%s", tenant_id);
    bool ok = s->tenant_id[0] || store_tenant_list(i->store, take_first, s, e);
    if (ok && set_up_tenant(s, e) && add_person(i->store, e) && add_channels(s, e)) {
        *out = s;
        return true;
    }
    free(s);
    return false;
}

void demo_story_free(struct demo_story *s)
{
    free(s);
}

/* ---- the play ---------------------------------------------------------------------------------------------------------------- */

struct looking {
    const char *tenant_id;
    unsigned ready;
};

static bool see_feed(void *arg, const struct ingest_feed_status *f)
{
    struct looking *l = arg;
    bool matters = strcmp(f->feed, "alerts") == 0 || strcmp(f->feed, "machines") == 0;
    if (matters && strcmp(f->tenant_id, l->tenant_id) == 0) l->ready += f->state == INGEST_OK && f->synced.ticks != 0;
    return true;
}

static void see_feeds(void *arg, const struct ingest *in)
{
    ingest_each_feed(in, see_feed, arg);
}

static void play(struct demo_story *s)
{
    struct err e;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        char body[400];
        (void)snprintf(body, sizeof body,
                       "{\"title\":\"%s\",\"severity\":\"%s\",\"category\":\"%s\",\"device\":%u,\"techniques\":[]}",
                       acts[i].title, acts[i].severity, acts[i].category, acts[i].device);
        if (!demo_twin_alert(s->twin, s->tenant_id, str_of(body), &e))
            (void)fprintf(stderr, "portcullis: demo: %s\n", e.text); /* a twin of one device, say */
    }
}

void demo_story_step(struct demo_story *s, struct engine *en, int64_t now_ms)
{
    struct looking l = {.tenant_id = s->tenant_id};
    if (s->has_begun) return;
    engine_look(en, see_feeds, &l);
    if (l.ready < 2) return;
    if (s->ready_ms == 0) s->ready_ms = now_ms; /* what was there before is known by then */
    if (now_ms - s->ready_ms < SETTLE_MS) return;
    s->has_begun = true;
    s->begun_ms = now_ms;
    play(s);
}

bool demo_story_is_told(const struct demo_story *s, int64_t now_ms)
{
    return !s->has_begun || now_ms - s->begun_ms >= TOLD_MS;
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------- */

static const char *channel_word(const char *kind)
{
    bool is_chat = strcmp(kind, "slack") == 0 || strcmp(kind, "teams") == 0;
    return is_chat ? "chat" : strcmp(kind, "pagerduty") == 0 ? "webhook" : kind;
}

static bool is_shown(const struct responder *r, const struct action *a)
{
    const struct decision *d = a->decision ? responder_decision(r, a->decision) : NULL;
    return d == NULL || d->action == a->id; /* of a decision the action that counts */
}

static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

static void write_actions(struct json_writer *w, const struct responder *r)
{
    const struct action *a;
    uint64_t cursor = 0;
    while ((a = responder_actions(r, &cursor)) != NULL) {
        if (!is_shown(r, a)) continue;
        json_object_begin(w);
        member(w, "tenant", a->tenant);
        member(w, "device", a->host[0] ? a->host : a->device);
        member(w, "action", act_kind_name(a->kind));
        member(w, "outcome", action_outcome(a));
        if (a->error.code[0]) {
            member(w, "code", a->error.code);
            member(w, "message", a->error.text);
            member(w, "remedy", a->error.remedy);
        }
        json_object_end(w);
    }
}

bool demo_story_responses(struct installation *i, struct json_writer *w, struct err *e)
{
    struct responder *r = NULL;
    if (!act_load(i->store, &r, e)) return false;
    write_actions(w, r);
    responder_free(r);
    return true;
}

static bool write_delivery(void *arg, const struct delivery_record *d)
{
    struct json_writer *w = arg;
    json_object_begin(w);
    member(w, "channel", channel_word(d->kind));
    member(w, "outcome", delivery_state_names[d->state]);
    member(w, "to", d->person[0] ? d->person : d->target);
    if (d->error_code[0]) member(w, "code", d->error_code);
    json_object_end(w);
    return true;
}

bool demo_story_notices(struct installation *i, struct json_writer *w, struct err *e)
{
    return store_delivery_list(i->store, 0, false, write_delivery, w, e);
}

static bool print_notice(void *arg, const struct notice_record *n)
{
    if (n->state == NOTICE_STORED) return true;
    (void)arg;
    printf("  %-9s %-13s %-9s %s%s%s\n", notice_kind_names[n->kind], notice_severity_names[n->severity],
           notice_state_names[n->state], n->title, n->answered_by[0] ? "  answered by " : "", n->answered_by);
    return true;
}

bool demo_story_print(struct installation *i, struct err *e)
{
    struct responder *r = NULL;
    const struct action *a;
    uint64_t cursor = 0;
    struct notice_query all = {.newest = 0};
    if (!act_load(i->store, &r, e)) return false;
    printf("\nautomatic response (alerts are polled every 2 s here, and an isolation not confirmed after 15 s is "
           "called; 60 s "
           "and 5 min otherwise)\n");
    while ((a = responder_actions(r, &cursor)) != NULL)
        if (is_shown(r, a))
            printf("  %-28s %-10s %-10s %s%s%s\n", a->host[0] ? a->host : a->device, act_kind_name(a->kind),
                   action_outcome(a), a->error.code, a->error.code[0] ? ": " : "", a->error.text);
    responder_free(r);
    printf("what people were told (portcullis notice list)\n");
    return store_notice_list(i->store, &all, print_notice, NULL, e);
}
