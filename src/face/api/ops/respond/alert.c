/* Alerts and incidents, as they were last seen. */
#include "face/api/ops/ops.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "face/api/ops/respond/respond_view.h"
#include "face/api/page.h"
#include "flow/act/act.h"
#include "flow/act/alert_facts.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"

enum { ROW_ARENA_BYTES = 64 << 20, NEWEST_DEFAULT = 200 };

static const char *const alert_feeds[REVISION_PAGE_FEEDS + 1] = {"alerts", "alerts_endpoint", "alerts_siem", NULL};
static const char *const incident_feeds[REVISION_PAGE_FEEDS + 1] = {"incidents", NULL};

struct alert_list {
    struct op_call *c;
    struct json_writer *w;
    struct arena arena;
    enum fact_severity least;
    bool is_open, is_whole;
    uint64_t count, most;
    char id[R_ID], incident[R_ID], tenant[R_GUID]; /* of the last */
};

static void view_slice(struct json_writer *w, const char *key, struct str text)
{
    json_key(w, key);
    if (text.n)
        json_write_str(w, text);
    else
        json_write_null(w);
}

static void write_devices(struct json_writer *w, const struct alert_facts *f)
{
    json_key(w, "devices");
    json_array_begin(w);
    for (size_t i = 0; i < f->device_count; i++) {
        const struct fact_device *d = &f->devices[i];
        struct buf roles;
        buf_init(&roles, 0);
        roles_write(d->roles, &roles);
        json_object_begin(w);
        view_slice(w, "device", d->id);
        view_slice(w, "host", d->name);
        view_slice(w, "os", d->os);
        view_slice(w, "roles", buf_str(&roles));
        view_text(w, "verdict", verdict_name(d->verdict));
        view_text(w, "remediation", remedy_name(d->remedy));
        json_object_end(w);
        buf_done(&roles);
    }
    json_array_end(w);
}

static void write_texts(struct json_writer *w, const char *key, struct fact_texts t)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < t.count; i++) json_write_str(w, t.items[i]);
    json_array_end(w);
}

static void write_facts(struct json_writer *w, const struct seen_revision *seen, const struct alert_facts *f)
{
    view_text(w, "tenant_id", seen->tenant_id);
    view_slice(w, f->object == FACT_INCIDENT ? "incident" : "alert", f->id);
    if (f->object == FACT_ALERT) view_slice(w, "incident", f->incident);
    view_slice(w, "title", f->title);
    view_text(w, "severity", severity_name(f->severity));
    view_text(w, "status", status_name(f->status));
    view_text(w, "classification", class_name(f->classification));
    view_slice(w, "assigned_to", f->assigned);
    if (f->object == FACT_ALERT) {
        view_text(w, "service", service_name(f->service));
        view_slice(w, "detection", f->detection);
        view_text(w, "handled", handled_name(f->handled));
        write_texts(w, "techniques", f->techniques);
        write_devices(w, f);
    } else {
        view_slice(w, "merged_into", f->redirected);
    }
    view_time(w, "created", f->created);
    view_time(w, "updated", f->updated);
    view_text(w, "came", seen->r.how);
    view_time(w, "seen", seen->seen);
}

static bool read_row(struct alert_list *l, const struct seen_revision *seen, struct alert_facts *out)
{
    enum facts_source source;
    if (!facts_source_of(seen->feed, &source)) return false;
    alert_facts_read(&l->arena, source, seen->r.row, out);
    return true;
}

/* Where a page ended: the revision's time and number. */
static bool may_list(struct alert_list *l, const struct seen_revision *seen)
{
    char key[PAGE_KEY_BYTES];
    (void)snprintf(key, sizeof key, "%lld.%lld", (long long)seen->r.updated.ticks, (long long)seen->id);
    if (!l->is_whole && !op_page_item(l->c, key)) return false;
    return l->count++ < l->most;
}

static bool read_page(struct op_call *c, struct revision_page *q, struct err *e)
{
    const char *after = op_page_after(c);
    struct str id = str_of(after);
    struct str ticks = str_cut(&id, '.');
    return after == NULL ||
           (str_to_i64(ticks, &q->before.ticks) && str_to_i64(id, &q->before_id) && q->before_id > 0) ||
           op_page_bad(c, e);
}

static bool take(void *arg, const struct seen_revision *seen)
{
    struct alert_list *l = arg;
    struct alert_facts f = {0};
    if (!principal_sees_tenant(l->c->by, seen->tenant_id)) return true;
    arena_reset(&l->arena);
    if (!read_row(l, seen, &f) || f.severity < l->least) return true;
    if (l->is_open && (f.status == STATUS_RESOLVED || f.status == STATUS_REDIRECTED)) return true;
    if (!may_list(l, seen)) return false;
    (void)str_copy(str_sub(f.id, 0, sizeof l->id - 1), l->id, sizeof l->id);
    (void)str_copy(str_sub(f.incident, 0, sizeof l->incident - 1), l->incident, sizeof l->incident);
    (void)snprintf(l->tenant, sizeof l->tenant, "%s", seen->tenant_id);
    json_object_begin(l->w);
    write_facts(l->w, seen, &f);
    if (l->is_whole) {
        json_key(l->w, "row");
        json_write_raw(l->w, seen->r.row);
    }
    json_object_end(l->w);
    return true;
}

static bool each_latest(struct op_call *c, struct alert_list *l, const char *const *feeds, const char *tenant_id,
                        const char *object_id, struct err *e)
{
    bool ok = true;
    arena_init(&l->arena, ROW_ARENA_BYTES);
    for (; ok && *feeds && l->count < l->most; feeds++) {
        struct revision_query q = {.tenant_id = tenant_id, .feed = *feeds, .object_id = object_id, .is_latest = true};
        ok = store_revision_list(c->installation->store, &q, take, l, e);
    }
    arena_done(&l->arena);
    return ok;
}

static bool list(struct op_call *c, const char *const *feeds, const char *member, struct err *e)
{
    const char *wanted = op_cstr(c, "tenant");
    struct tenant_record t;
    struct alert_list l = {
        .c = c, .w = c->out, .is_open = op_flag(c, "open"), .most = c->page ? UINT64_MAX : NEWEST_DEFAULT};
    struct revision_page q = {.feeds = {feeds[0], feeds[1], feeds[1] ? feeds[2] : NULL}};
    struct str severity = op_text(c, "severity");
    if (wanted && !tenant_record_find(c->installation->store, wanted, &t, e)) return false;
    if (wanted) q.tenant_id = t.tenant_id;
    if (!read_page(c, &q, e)) return false;
    if (op_text(c, "newest").n) (void)str_to_u64(op_text(c, "newest"), &l.most);
    if (severity.n && !severity_read(severity, &l.least))
        return err_set(e, &api_causes[API_BAD_PARAM],
                       "%s: --severity is informational, low, medium or high, and counts as \"at least\"", c->op->name);
    json_object_begin(c->out);
    json_key(c->out, member);
    json_array_begin(c->out);
    arena_init(&l.arena, ROW_ARENA_BYTES);
    bool ok = store_revision_page(c->installation->store, &q, take, &l, e);
    arena_done(&l.arena);
    json_array_end(c->out);
    json_object_end(c->out);
    return ok;
}

bool op_alert_list(struct op_call *c, struct err *e)
{
    return list(c, alert_feeds, "alerts", e);
}

bool op_incident_list(struct op_call *c, struct err *e)
{
    return list(c, incident_feeds, "incidents", e);
}

/* ---- one --------------------------------------------------------------------------------------------------------------------- */

static bool take_change(void *arg, const struct seen_revision *seen)
{
    struct alert_list *l = arg;
    struct alert_facts f = {0};
    arena_reset(&l->arena);
    if (!read_row(l, seen, &f)) return true;
    json_object_begin(l->w);
    view_time(l->w, "updated", f.updated);
    view_text(l->w, "severity", severity_name(f.severity));
    view_text(l->w, "status", status_name(f.status));
    view_slice(l->w, "assigned_to", f.assigned);
    view_text(l->w, "came", seen->r.how);
    view_time(l->w, "seen", seen->seen);
    json_object_end(l->w);
    return true;
}

/* Every revision of it that came, in order. */
static bool write_changes(struct op_call *c, struct alert_list *l, const char *object_id, struct err *e)
{
    struct revision_query q = {.object_id = object_id, .tenant_id = l->tenant};
    arena_init(&l->arena, ROW_ARENA_BYTES);
    json_key(c->out, "revisions");
    json_array_begin(c->out);
    bool ok = store_revision_list(c->installation->store, &q, take_change, l, e);
    json_array_end(c->out);
    arena_done(&l->arena);
    return ok;
}

static bool write_responses(struct op_call *c, const struct alert_list *l, bool is_incident, struct err *e)
{
    struct responder *r = NULL;
    const struct decision *d;
    uint64_t cursor = 0;
    if (!act_load(c->installation->store, &r, e)) return false;
    json_key(c->out, "responses");
    json_array_begin(c->out);
    while ((d = responder_decisions(r, &cursor)) != NULL)
        if (strcmp(d->tenant, l->tenant) == 0 && strcmp(is_incident ? d->incident : d->alert, l->id) == 0)
            view_decision(c->out, r, d);
    json_array_end(c->out);
    responder_free(r);
    return true;
}

static bool show(struct op_call *c, const char *const *feeds, bool is_incident, struct err *e)
{
    const char *id = op_cstr(c, "id");
    struct buf row;
    struct json_writer w;
    buf_init(&row, 0);
    json_writer_init(&w, &row);
    struct alert_list l = {.c = c, .w = &w, .is_whole = true, .most = 1};
    bool ok = each_latest(c, &l, feeds, NULL, id, e);
    if (ok && l.count == 0)
        ok = err_set(e, &respond_causes[RESPOND_NOT_FOUND], "there is no %s \"%.80s\" here",
                     is_incident ? "incident" : "alert", id);
    if (ok) {
        json_object_begin(c->out);
        json_key(c->out, is_incident ? "incident" : "alert");
        json_write_raw(c->out, buf_str(&row));
        l.w = c->out;
        ok = write_changes(c, &l, id, e) && (is_incident || view_managed(c, l.tenant, id, e)) &&
             write_responses(c, &l, is_incident, e);
        json_object_end(c->out);
    }
    buf_done(&row);
    return ok;
}

bool op_alert_show(struct op_call *c, struct err *e)
{
    return show(c, alert_feeds, false, e);
}

bool op_incident_show(struct op_call *c, struct err *e)
{
    return show(c, incident_feeds, true, e);
}
