/* A tenant's turn: what is due is judged by what is kept, then read anew and judged again, and only then written. */
#include "flow/act/manage_int.h"

#include <stdlib.h>
#include <string.h>

#include "flow/act/remote.h"
#include "state/store/managed.h"
#include "state/store/notices.h"

enum { INCIDENT_MAX = 200 /* alerts of one incident */, INCIDENTS_A_TURN = 50, PUT_OFF_S = 900 };

/* When to look again at what is kept: for how long a reason may hold without a revision telling of its end. */
static int64_t again_after_s(enum manage_keep keep)
{
    switch (keep) {
    case KEEP_HIGH_UNSEEN:
    case KEEP_STOPPED: return 60;
    case KEEP_ENDPOINT_OFF:
    case KEEP_NOTHING_WANTED: /* settings may change */
    case KEEP_ISOLATED:
    case KEEP_HELD:
    case KEEP_ISOLATION_UNKNOWN:
    case KEEP_OTHERS_OPEN: /* one of them may be unknown here */
    case KEEP_CHANGED: return 300;
    case KEEP_NO_ROLE: return 900;
    default: return 0;
    }
}

/* ---- what a turn works with -------------------------------------------------------------------------------------------------- */

static bool find_tenant(struct manage *m, const char *tenant_id, struct tenant **out, struct err *e)
{
    return tenant_find(m->o.store, m->o.conf, tenant_id, out, e);
}

/* Graph where it may be written; else the Endpoint API. */
static void choose_api(struct turn_of *t)
{
    const char *id = t->tenant->record.tenant_id;
    t->rules.may_write = true;
    t->api = MANAGE_GRAPH;
    if (manage_may(t->m, id, EP_ALERT_UPDATE)) return;
    t->api = MANAGE_ENDPOINT;
    t->rules.may_write = manage_may(t->m, id, EP_ALERT_ENDPOINT_UPDATE);
}

bool manage_turn_open(struct manage *m, const char *tenant_id, struct turn_of *t, struct err *e)
{
    *t = (struct turn_of){.m = m, .urgency = CALL_LATER};
    if (!settings_of_tenant(m->o.store, tenant_id, &t->settings, e) || !find_tenant(m, tenant_id, &t->tenant, e))
        return false;
    t->rules = (struct manage_rules){.endpoint = setting_is_on(&t->settings, SET_ENDPOINT),
                                     .resolve = setting_is_on(&t->settings, SET_RESOLVE),
                                     .comment = setting_is_on(&t->settings, SET_COMMENT),
                                     .after_ms = setting_number(&t->settings, SET_RESOLVE_AFTER),
                                     .is_stopped = m->o.is_stopped && m->o.is_stopped(m->o.ctx, tenant_id)};
    choose_api(t);
    return true;
}

void manage_turn_close(struct turn_of *t)
{
    tenant_unref(t->tenant);
}

/* ---- one incident ---------------------------------------------------------------------------------------------------------------- */

struct incident {
    struct managed_record *rows;
    struct manage_alert *alerts;
    enum manage_keep *keeps;
    size_t count, cap;
};

static bool add_row(void *arg, const struct managed_record *r)
{
    struct incident *i = arg;
    if (i->count == i->cap) return false;
    i->rows[i->count++] = *r;
    return true;
}

static bool incident_new(struct incident *out, struct err *e)
{
    *out = (struct incident){.rows = calloc(INCIDENT_MAX, sizeof *out->rows),
                             .alerts = calloc(INCIDENT_MAX, sizeof *out->alerts),
                             .keeps = calloc(INCIDENT_MAX, sizeof *out->keeps),
                             .cap = INCIDENT_MAX};
    return (out->rows && out->alerts && out->keeps) ||
           err_set(e, &base_causes[BASE_NO_MEMORY], "reading the alerts of an incident");
}

static void incident_free(struct incident *i)
{
    free(i->rows);
    free(i->alerts);
    free(i->keeps);
}

static bool alert_of(struct turn_of *t, const struct managed_record *r, struct manage_alert *out, struct err *e)
{
    bool heard = false;
    if (r->severity >= SEVERITY_HIGH && r->status != STATUS_RESOLVED &&
        !store_notice_is_heard(t->m->o.store, r->tenant_id, r->alert_id, r->incident, &heard, e))
        return false;
    *out = (struct manage_alert){.service = (enum fact_service)r->service,
                                 .severity = (enum fact_severity)r->severity,
                                 .status = (enum fact_status)r->status,
                                 .handled = (enum fact_handled)r->handled,
                                 .classification = (enum fact_class)r->classification,
                                 .is_custom_detection = r->flags & MANAGED_CUSTOM,
                                 .has_unread = r->flags & MANAGED_UNREAD,
                                 .is_assigned = r->owner[0] != '\0',
                                 .is_live = r->flags & MANAGED_LIVE,
                                 .was_reopened = (r->flags & MANAGED_REOPENED) && r->closed.ticks == 0,
                                 .is_closed_here = r->closed.ticks != 0,
                                 .is_acknowledged = heard,
                                 .is_done = r->flags & MANAGED_DONE,
                                 .isolation = r->devices[0] || (r->flags & MANAGED_DEVICES_CUT) ? ISOLATION_UNREAD
                                                                                                : ISOLATION_NO,
                                 .quiet_since = r->closed.ticks > r->updated.ticks ? r->closed : r->updated};
    return true;
}

/* Judges all of them by what is kept. */
static bool judge_kept(struct turn_of *t, struct incident *i, struct err *e)
{
    struct wall now = manage_now(t->m);
    for (size_t k = 0; k < i->count; k++) {
        const struct managed_record *r = &i->rows[k];
        if (!alert_of(t, r, &i->alerts[k], e)) return false;
        i->keeps[k] = manage_is_open(r) ? KEEP_DONE : manage_judge_unread(&i->alerts[k], &t->rules, now);
        if (r->state == MANAGED_REFUSED && i->keeps[k] == KEEP_NONE) i->keeps[k] = KEEP_DONE;
    }
    manage_judge_incident(i->alerts, i->keeps, i->count);
    return true;
}

static struct wall when_again(const struct turn_of *t, const struct manage_alert *a, enum manage_keep keep)
{
    int64_t s = a->status == STATUS_RESOLVED ? 0 : again_after_s(keep);
    if (keep == KEEP_SOON) return manage_due(a, &t->rules);
    return s ? wall_add(manage_now(t->m), s * WALL_TICKS_PER_S) : (struct wall){0};
}

static bool keep_as_it_is(struct turn_of *t, struct incident *i, size_t k, struct err *e)
{
    struct managed_record *r = &i->rows[k];
    struct wall due = when_again(t, &i->alerts[k], i->keeps[k]);
    if (manage_is_open(r) || (r->keep == i->keeps[k] && r->due.ticks == due.ticks)) return true;
    r->keep = i->keeps[k];
    r->due = due;
    return manage_keep_row(t->m, r, e);
}

/* ---- read anew -------------------------------------------------------------------------------------------------------------------- */

static bool asked(struct turn_of *t, enum endpoint endpoint, const char *id, const char *query, struct buf *out,
                  struct err *e)
{
    struct fetch f = {.endpoint = endpoint, .id = str_of(id), .query = str_of(query)};
    buf_reset(out);
    return manage_ask(t->m, t->tenant, &f, t->urgency, out, e) ||
           err_context(e, "tenant %s, %s %s", t->tenant->record.name, endpoint_rows[endpoint].name, id);
}

static void look_at(struct turn_of *t, const struct reading *reading, struct managed_record *r, struct looked *out)
{
    struct manage_view before = manage_view_kept(r), now;
    manage_view_of(&reading->facts, reading->comments, &now);
    *out = (struct looked){.changed = manage_diff(&before, &now) != 0,
                           .has_mark = manage_has_mark(reading, r),
                           .shows = manage_shows(reading, r)};
    if (out->changed) manage_note(t->m, reading, r->flags & MANAGED_LIVE, r);
}

bool manage_reread(struct turn_of *t, struct managed_record *r, struct looked *out, struct err *e)
{
    struct buf text;
    struct arena a;
    struct reading reading;
    buf_init(&text, 0);
    arena_init(&a, MANAGE_ARENA);
    bool ok = asked(t, r->api == MANAGE_ENDPOINT ? EP_ALERT_ENDPOINT : EP_ALERT, r->alert_id, "", &text, e);
    if (ok && !manage_read_alert(t->m, &a, buf_str(&text), &reading))
        ok = err_set(e, &manage_causes[MANAGE_UNREADABLE], "tenant %s, alert %s", t->tenant->record.name, r->alert_id);
    if (ok) look_at(t, &reading, r, out);
    arena_done(&a);
    buf_done(&text);
    return ok;
}

/* The newest word on a device's isolation; what is pending or running counts as isolated. */
static enum manage_isolation isolation_in(const struct json *actions)
{
    struct remote_action newest = {.created = {INT64_MIN}};
    for (size_t i = 0; actions && i < actions->count; i++) {
        struct remote_action a;
        if (!remote_action_read(&actions->items[i], &a) || (a.kind != ACT_ISOLATE && a.kind != ACT_RELEASE)) continue;
        if (a.state == REMOTE_PENDING || a.state == REMOTE_RUNNING) return ISOLATION_YES;
        if (a.state == REMOTE_SUCCEEDED && a.updated.ticks >= newest.updated.ticks) newest = a;
    }
    return newest.kind == ACT_ISOLATE ? ISOLATION_YES : ISOLATION_NO;
}

static bool read_isolation(struct turn_of *t, struct str device, enum manage_isolation *out, struct err *e)
{
    char query[200];
    struct buf text;
    struct arena a;
    struct err ignored;
    (void)snprintf(query, sizeof query, "$filter=machineId%%20eq%%20'%.*s'&$top=100", STR_ARG(device));
    buf_init(&text, 0);
    arena_init(&a, MANAGE_ARENA);
    bool ok = asked(t, EP_MACHINE_ACTIONS, "", query, &text, e);
    const struct json *v = ok ? json_get(json_parse(&a, buf_str(&text), &ignored), "value") : NULL;
    *out = v && v->type == JSON_ARRAY ? isolation_in(v) : ISOLATION_UNREAD;
    arena_done(&a);
    buf_done(&text);
    return ok;
}

/* Every device of the alert. What may not be read, or is too much, is not known. */
static bool read_devices(struct turn_of *t, const struct managed_record *r, struct manage_alert *a, struct err *e)
{
    struct str rest = str_of(r->devices);
    const char *tenant_id = t->tenant->record.tenant_id;
    a->isolation = r->flags & MANAGED_DEVICES_CUT || !manage_may(t->m, tenant_id, EP_MACHINE_ACTIONS) ? ISOLATION_UNREAD
                                                                                                      : ISOLATION_NO;
    while (rest.n && a->isolation == ISOLATION_NO) {
        char device[128];
        struct str id = str_cut(&rest, ',');
        (void)str_copy(id, device, sizeof device);
        a->is_held |= t->m->o.is_held && t->m->o.is_held(t->m->o.ctx, tenant_id, device);
        if (!read_isolation(t, id, &a->isolation, e)) {
            if (e->cause != &defender_causes[DEFENDER_ROLE_MISSING]) return false;
            a->isolation = ISOLATION_UNREAD;
        }
    }
    return true;
}

static bool is_open_word(struct str status)
{
    enum fact_status s;
    return !status_read(status, &s) || s != STATUS_RESOLVED;
}

static size_t row_of(const struct incident *i, struct str alert_id)
{
    size_t k = 0;
    while (k < i->count && !str_eq(alert_id, str_of(i->rows[k].alert_id))) k++;
    return k;
}

/* What is not as we saw it is judged anew, later, by what it says now. */
static bool keep_changed(struct turn_of *t, struct incident *i, size_t k, struct err *e)
{
    i->keeps[k] = i->rows[k].keep = KEEP_CHANGED;
    return manage_keep_row(t->m, &i->rows[k], e);
}

/* All alerts of the incident as Defender tells them now. One that is open and not among ours keeps all of them; one of ours
 * that it does not tell is not as we saw it. */
static bool compare(struct turn_of *t, struct incident *i, struct arena *a, const struct json *alerts,
                    bool *others_open_out, struct err *e)
{
    bool told[INCIDENT_MAX] = {false};
    struct reading reading;
    struct looked looked;
    for (size_t n = 0; alerts && alerts->type == JSON_ARRAY && n < alerts->count; n++) {
        const struct json *alert = &alerts->items[n];
        size_t k = row_of(i, json_str(json_get(alert, "id"), STR_NONE));
        if (k == i->count) {
            *others_open_out |= is_open_word(json_str(json_get(alert, "status"), STR_NONE));
            continue;
        }
        if (i->keeps[k] != KEEP_NONE || !manage_read_alert(t->m, a, alert->raw, &reading)) continue;
        look_at(t, &reading, &i->rows[k], &looked);
        told[k] = true;
        if (looked.changed && !keep_changed(t, i, k, e)) return false;
    }
    for (size_t k = 0; k < i->count; k++)
        if (i->keeps[k] == KEEP_NONE && !told[k]) {
            i->rows[k].due = wall_add(manage_now(t->m), again_after_s(KEEP_CHANGED) * WALL_TICKS_PER_S);
            if (!keep_changed(t, i, k, e)) return false;
        }
    return true;
}

/* The incident anew, through what the tenant lets us read of it: one answer has all its alerts. */
static bool reread_incident(struct turn_of *t, struct incident *i, bool *others_open_out, struct err *e)
{
    bool by_graph = i->rows[0].api == MANAGE_GRAPH;
    const char *id = i->rows[0].incident;
    char query[200];
    struct buf text;
    struct arena a;
    struct err ignored;
    (void)snprintf(query, sizeof query, by_graph ? "$expand=alerts" : "$filter=incidentId%%20eq%%20%s&$expand=evidence",
                   id);
    buf_init(&text, 0);
    arena_init(&a, MANAGE_ARENA);
    bool ok = asked(t, by_graph ? EP_INCIDENT : EP_ALERTS_ENDPOINT, by_graph ? id : "", query, &text, e);
    const struct json *v = ok ? json_parse(&a, buf_str(&text), &ignored) : NULL;
    *others_open_out = json_get(v, "@odata.nextLink") != NULL; /* more than one answer holds: left to people */
    ok = ok && compare(t, i, &a, json_get(v, by_graph ? "alerts" : "value"), others_open_out, e);
    arena_done(&a);
    buf_done(&text);
    return ok;
}

static size_t count_free(const struct incident *i)
{
    size_t n = 0;
    for (size_t k = 0; k < i->count; k++) n += i->keeps[k] == KEEP_NONE;
    return n;
}

/* Where incidents may not be read: each alert anew. The others are those that the feed of alerts has brought. */
static bool reread_each(struct turn_of *t, struct incident *i, struct err *e)
{
    struct looked looked;
    for (size_t k = 0; k < i->count; k++) {
        if (i->keeps[k] != KEEP_NONE) continue;
        if (!manage_reread(t, &i->rows[k], &looked, e)) return false;
        if (looked.changed && !keep_changed(t, i, k, e)) return false;
    }
    return true;
}

static bool judge_devices(struct turn_of *t, struct incident *i, struct err *e)
{
    for (size_t k = 0; k < i->count; k++) {
        if (i->keeps[k] != KEEP_NONE) continue;
        if (!read_devices(t, &i->rows[k], &i->alerts[k], e)) return false;
        i->keeps[k] = manage_judge(&i->alerts[k], &t->rules, manage_now(t->m));
    }
    manage_judge_incident(i->alerts, i->keeps, i->count);
    return true;
}

static bool judge_fresh(struct turn_of *t, struct incident *i, struct err *e)
{
    bool others_open = false;
    bool is_whole = i->rows[0].incident[0] &&
                    (i->rows[0].api == MANAGE_ENDPOINT || manage_may(t->m, t->tenant->record.tenant_id, EP_INCIDENT));
    if (!(is_whole ? reread_incident(t, i, &others_open, e) : reread_each(t, i, e))) return false;
    for (size_t k = 0; others_open && k < i->count; k++)
        if (i->keeps[k] == KEEP_NONE) i->keeps[k] = KEEP_OTHERS_OPEN;
    manage_judge_incident(i->alerts, i->keeps, i->count);
    return count_free(i) == 0 || judge_devices(t, i, e);
}

/* ---- what is written ----------------------------------------------------------------------------------------------------------------- */

static void wish(const struct turn_of *t, struct managed_record *r)
{
    const struct manage_pair *pair = manage_pair_find(setting_text(&t->settings, SET_RESOLVE_CLASSIFICATION),
                                                      setting_text(&t->settings, SET_RESOLVE_DETERMINATION));
    if (pair == NULL) /* inherited values that do not go together: the classification alone */
        pair = manage_pair_find(setting_text(&t->settings, SET_RESOLVE_CLASSIFICATION), STR_NONE);
    const char *word = pair ? pair->classification : "", *more = pair && pair->determination ? pair->determination : "";
    r->wants = (t->rules.resolve ? MANAGED_RESOLVE : 0) | (t->rules.comment ? MANAGED_COMMENT : 0);
    (void)str_copy(STR(POLICY), r->author, sizeof r->author);
    (void)str_copy(t->rules.resolve ? str_of(word) : STR_NONE, r->word_class, sizeof r->word_class);
    (void)str_copy(t->rules.resolve ? str_of(more) : STR_NONE, r->word_determination, sizeof r->word_determination);
    const char *end = t->rules.resolve ? "; resolved." : ".";
    if (r->closed.ticks)
        (void)snprintf(r->comment, sizeof r->comment, "%s has closed the case in Portcullis%s", r->closed_by, end);
    else
        (void)snprintf(r->comment, sizeof r->comment,
                       "Defender has prevented, blocked or remediated everything in this alert, and nothing else of "
                       "its incident is open%s",
                       end);
}

static bool do_incident(struct turn_of *t, struct incident *i, const struct managed_record *due, struct err *e)
{
    i->count = 0;
    struct managed_query q = {.tenant_id = due->tenant_id, .incident = due->incident};
    if (due->incident[0] == '\0') q.alert_id = due->alert_id;
    if (!store_managed_list(t->m->o.store, &q, add_row, i, e) || !judge_kept(t, i, e)) return false;
    if (i->count == i->cap) /* more than we look at: left to people */
        for (size_t k = 0; k < i->count; k++)
            if (i->keeps[k] == KEEP_NONE) i->keeps[k] = KEEP_OTHERS_OPEN;
    if (count_free(i) && !judge_fresh(t, i, e)) return false;
    for (size_t k = 0; k < i->count; k++) {
        if (i->keeps[k] == KEEP_CHANGED) continue; /* kept already, and due */
        if (i->keeps[k] != KEEP_NONE) {
            if (!keep_as_it_is(t, i, k, e)) return false;
            continue;
        }
        i->rows[k].keep = KEEP_NONE;
        wish(t, &i->rows[k]);
        if (!manage_write(t, &i->rows[k], e)) return false;
    }
    return true;
}

/* ---- the turn --------------------------------------------------------------------------------------------------------------------------- */

struct due_rows {
    struct managed_record *rows;
    size_t count;
};

static bool add_due(void *arg, const struct managed_record *r)
{
    struct due_rows *d = arg;
    for (size_t i = 0; !manage_is_open(r) && r->incident[0] && i < d->count; i++)
        if (!manage_is_open(&d->rows[i]) && strcmp(d->rows[i].incident, r->incident) == 0) return true;
    if (d->count == INCIDENTS_A_TURN) return false;
    d->rows[d->count++] = *r;
    return true;
}

/* An alert that Defender does not know (any more), or whose answer makes no sense, keeps no other waiting. */
static bool put_off(struct turn_of *t, struct managed_record *r, struct err *e)
{
    if (e->cause->kind != ERR_INPUT && e->cause != &manage_causes[MANAGE_UNREADABLE]) return false;
    (void)str_copy(str_of(e->cause->code), r->error_code, sizeof r->error_code);
    (void)str_copy(str_of(e->text), r->error_text, sizeof r->error_text);
    r->due = wall_add(manage_now(t->m), PUT_OFF_S * WALL_TICKS_PER_S);
    return manage_keep_row(t->m, r, e);
}

static bool do_due(struct turn_of *t, const struct due_rows *due, struct incident *i, struct err *e)
{
    const char *tenant_id = t->tenant->record.tenant_id;
    for (size_t k = 0; k < due->count && !atomic_load(&t->m->is_stopping); k++) {
        struct managed_record *r = &due->rows[k];
        if (manage_is_wanted(t->m, tenant_id)) break;
        bool ok = manage_is_open(r) ? manage_settle(t, r, e) : do_incident(t, i, r, e);
        if (!ok && !put_off(t, r, e)) return false;
    }
    return true;
}

bool manage_round(struct manage *m, const char *tenant_id, struct err *e)
{
    struct turn_of t;
    struct incident i = {0};
    struct due_rows due = {.rows = calloc(INCIDENTS_A_TURN, sizeof *due.rows)};
    struct managed_query q = {.tenant_id = tenant_id, .due_until = manage_now(m)};
    if (!manage_turn_open(m, tenant_id, &t, e)) {
        free(due.rows);
        return false;
    }
    bool ok = due.rows && incident_new(&i, e) && store_managed_list(m->o.store, &q, add_due, &due, e) &&
              do_due(&t, &due, &i, e);
    incident_free(&i);
    free(due.rows);
    manage_turn_close(&t);
    return ok;
}
