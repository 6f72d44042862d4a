#include "twin/world/made_alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/calls.h"

enum { TEXTS_BYTES = 16 << 20 };

const struct made_alert *made_alert_of(struct estate t, uint64_t number)
{
    return number >= MADE_ALERTS ? &t.made->items[number - MADE_ALERTS] : NULL;
}

void made_alerts_free(struct made_alerts *m)
{
    if (m == NULL) return;
    arena_done(&m->texts);
    free(m->items);
    free(m->merges);
    free(m);
}

static bool make_list(struct made_alerts **m)
{
    if (*m) return true;
    *m = calloc(1, sizeof **m);
    if (*m) arena_init(&(*m)->texts, TEXTS_BYTES);
    return *m != NULL;
}

static bool make_room(struct made_alerts **m)
{
    if (!make_list(m)) return false;
    if ((*m)->count < (*m)->cap) return true;
    size_t cap = (*m)->cap ? (*m)->cap * 2 : 16;
    if ((*m)->count >= MADE_ALERTS_MAX) return false;
    struct made_alert *moved = realloc((*m)->items, cap * sizeof *moved);
    if (moved == NULL) return false;
    (*m)->items = moved;
    (*m)->cap = cap;
    return true;
}

bool made_alerts_add(struct made_alerts **m, const struct made_alert *draft)
{
    struct made_alert copy = *draft;
    const char **texts[] = {
        &copy.kind.title,         &copy.kind.description,   &copy.kind.category,  &copy.kind.severity,
        &copy.kind.advice,        &copy.kind.service,       &copy.kind.detection, &copy.kind.techniques[0],
        &copy.kind.techniques[1], &copy.kind.techniques[2], &copy.remedy,         &copy.role,
        &copy.investigated};
    if (!make_room(m)) return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (*texts[i] == NULL) continue;
        *texts[i] = arena_copy(&(*m)->texts, *texts[i], strlen(*texts[i]));
        if (*texts[i] == NULL) return false;
    }
    (*m)->items[(*m)->count++] = copy;
    return true;
}

bool made_alerts_merge(struct made_alerts **m, const struct made_merge *merge)
{
    if (!make_list(m)) return false;
    struct made_merge *moved = realloc((*m)->merges, ((*m)->merge_count + 1) * sizeof *moved);
    if (moved == NULL) return false;
    (*m)->merges = moved;
    moved[(*m)->merge_count++] = *merge;
    return true;
}

/* ---- POST alerts/CreateAlertByReference ------------------------------------------------------------------------------------- */
struct reference { /* its body, every member required */
    const char *machine, *severity, *title, *description, *advice, *event_time, *report, *category;
};

static bool read_reference(struct exchange *x, struct arena *a, struct reference *r)
{
    const struct {
        const char *name, **to;
    } rows[] = {{"machineId", &r->machine},       {"severity", &r->severity},        {"title", &r->title},
                {"description", &r->description}, {"recommendedAction", &r->advice}, {"eventTime", &r->event_time},
                {"reportId", &r->report},         {"category", &r->category}};
    const struct json *body = call_body(x, a);
    for (size_t i = 0; body && i < sizeof rows / sizeof rows[0]; i++)
        if (!call_text(x, body, rows[i].name, true, a, rows[i].to)) return false;
    return body != NULL;
}

static bool check_reference(struct exchange *x, const struct reference *r, struct made_alert *out)
{
    static const char *const severities[][2] = {
        {"Informational", "informational"}, {"Low", "low"}, {"Medium", "medium"}, {"High", "high"}};
    size_t i = 0;
    while (i < 4 && strcmp(severities[i][0], r->severity) != 0) i++;
    if (i == 4) return call_refused(x, 400, "InvalidInput", "severity has no value '%.60s'", r->severity);
    if (!wall_parse(str_of(r->event_time), &out->event))
        return call_refused(x, 400, "InvalidInput", "eventTime is no time");
    out->at = x->as_of;
    out->kind = (struct alert_kind){.title = r->title,
                                    .category = r->category,
                                    .severity = severities[i][1],
                                    .service = "microsoftDefenderForEndpoint",
                                    .detection = "manual",
                                    .product = "Microsoft Defender for Endpoint",
                                    .description = r->description,
                                    .advice = r->advice,
                                    .evidence = EVIDENCE_DEVICE};
    return call_device(x, str_of(r->machine), &out->device);
}

static void answer_made(struct exchange *x, struct arena *a)
{
    struct object_list all;
    struct estate t = estate_of(x->cloud, x->tenant);
    uint64_t number = MADE_ALERTS + t.made->count - 1;
    if (!objects_list(t, OBJECT_ENDPOINT_ALERT, x->as_of, a, &all)) {
        (void)call_refused(x, 500, "InternalServerError", "No memory");
        return;
    }
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].number == number) call_answer_object(x, 200, OBJECT_ENDPOINT_ALERT, &all.items[i]);
}

void alert_create_handle(struct exchange *x, struct str none)
{
    struct reference r;
    struct made_alert draft = {.device = 0};
    struct arena a;
    (void)none;
    arena_init(&a, 256 << 20);
    if (read_reference(x, &a, &r) && check_reference(x, &r, &draft)) {
        if (made_alerts_add(&x->tenant->made, &draft))
            answer_made(x, &a);
        else
            (void)call_refused(x, 403, "DisallowedOperation", "The twin keeps at most %d made alerts of a tenant",
                               MADE_ALERTS_MAX);
    }
    arena_done(&a);
}
