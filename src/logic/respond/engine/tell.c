/* What people read. One place for the words, so that every notice names the tenant, the device, what came of it and what to
 * do next. Titles are short (a phone reads them aloud); bodies are lines of plain text. */
#include <inttypes.h>
#include <stdarg.h>

#include "logic/respond/engine/engine_int.h"

static struct respond_notice *notice(struct responder *r, enum tell_kind kind, const char *tenant, const char *incident)
{
    INVARIANT(r->out->notice_count < OUT_MAX);
    struct respond_notice *n = &r->out->notices[r->out->notice_count++];
    memset(n, 0, sizeof *n);
    n->kind = kind;
    COPY(n->tenant, tenant);
    COPY(n->incident, incident);
    if (*incident) (void)snprintf(n->group, sizeof n->group, "%s/%s", tenant, incident);
    return n;
}

static void add(struct respond_notice *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct respond_notice *n, const char *fmt, ...)
{
    va_list args;
    size_t at = strlen(n->body);
    va_start(args, fmt);
    (void)vsnprintf(n->body + at, sizeof n->body - at, fmt, args);
    va_end(args);
}

static void add_line(struct respond_notice *n, const char *label, const char *value)
{
    if (*value) add(n, "%s: %s\n", label, value);
}

static void add_tenant(struct responder *r, struct respond_notice *n)
{
    const struct respond_tenant *t = find_tenant(r, n->tenant);
    if (t && *t->org && strcmp(t->org, t->name) != 0)
        add(n, "Tenant: %s (%s)\n", *t->name ? t->name : t->tenant, t->org);
    else
        add_line(n, "Tenant", t && *t->name ? t->name : n->tenant);
}

static const char *device_name(const char *host, const char *device)
{
    return *host ? host : *device ? device : "the device";
}

const char *doing(enum act_kind k, enum act_scope s)
{
    static const struct {
        enum act_kind kind;
        enum act_scope scope;
        const char *text;
    } texts[] = {
        {ACT_ISOLATE, SCOPE_SELECTIVE, "isolation (selective)"},
        {ACT_ISOLATE, SCOPE_UNMANAGED, "containment (unmanaged device)"},
        {ACT_ISOLATE, SCOPE_NONE, "isolation"},
        {ACT_RELEASE, SCOPE_NONE, "release"},
        {ACT_RESTRICT, SCOPE_NONE, "restriction of code execution"},
        {ACT_UNRESTRICT, SCOPE_NONE, "end of the restriction of code execution"},
        {ACT_SCAN, SCOPE_FULL, "full antivirus scan"},
        {ACT_SCAN, SCOPE_NONE, "antivirus scan"},
        {ACT_COLLECT, SCOPE_NONE, "collection of an investigation package"},
        {ACT_QUARANTINE, SCOPE_NONE, "quarantine of a file"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].kind == k && (texts[i].scope == s || texts[i].scope == SCOPE_NONE)) return texts[i].text;
    return "action";
}

void write_reasons(uint32_t why, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (unsigned w = 0; w < WHY_KINDS; w++) {
        if (!(why & 1u << w) || n >= size) continue;
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "; " : "", respond_reason_text(w));
    }
}

void tell_error(struct respond_notice *n, const struct respond_error *error)
{
    if (*error->code == 0) return;
    COPY(n->code, error->code);
    COPY(n->remedy, error->remedy);
    add(n, "What went wrong: %s (%s)\n", error->text, error->code);
    add_line(n, "What to do", error->remedy);
}

struct respond_notice *tell_decision(struct responder *r, const struct decision *d, enum tell_kind kind,
                                     const char *title, const char *fmt, ...)
{
    va_list args;
    size_t at;
    struct respond_notice *n = notice(r, kind, d->tenant, d->incident);
    n->severity = d->severity;
    n->decision = d->id;
    n->action = d->action;
    COPY(n->alert, d->alert);
    COPY(n->device, d->device);
    COPY(n->route, d->route);
    (void)snprintf(n->title, sizeof n->title, "%s: %s", title, device_name(d->host, d->device));
    va_start(args, fmt);
    at = strlen(n->body);
    (void)vsnprintf(n->body + at, sizeof n->body - at, fmt, args);
    va_end(args);
    add(n, "\n");
    add_line(n, "Device", d->host);
    add_line(n, "User", d->user);
    add_line(n, "Alert", d->title);
    add_tenant(r, n);
    add(n, "More: portcullis response show %" PRIu64 "\n", d->id);
    return n;
}

struct respond_notice *tell_action(struct responder *r, const struct action *a, enum tell_kind kind, const char *title,
                                   const char *fmt, ...)
{
    va_list args;
    const struct decision_slot *d = slot_decision(r, a->decision);
    struct respond_notice *n = notice(r, kind, a->tenant, d ? d->d.incident : "");
    n->severity = d ? d->d.severity : SEVERITY_HIGH;
    n->decision = a->decision;
    n->action = a->id;
    COPY(n->device, a->device);
    if (d) {
        COPY(n->alert, d->d.alert);
        COPY(n->route, d->d.route);
    }
    (void)snprintf(n->title, sizeof n->title, "%s: %s", title, device_name(a->host, a->device));
    va_start(args, fmt);
    (void)vsnprintf(n->body, sizeof n->body, fmt, args);
    va_end(args);
    add(n, "\n");
    add_line(n, "Device", a->host);
    if (d) add_line(n, "Alert", d->d.title);
    add_line(n, "Ordered by", a->by);
    add_line(n, "Action at Defender", a->remote);
    add_tenant(r, n);
    add(n, "More: portcullis response show %" PRIu64 "\n", a->id);
    return n;
}

struct respond_notice *tell_hold(struct responder *r, const struct hold *h, enum tell_kind kind, const char *title,
                                 const char *fmt, ...)
{
    va_list args;
    struct respond_notice *n = notice(r, kind, h->tenant, h->incident);
    const struct decision_slot *d = slot_decision(r, h->decision);
    n->severity = d ? d->d.severity : SEVERITY_MEDIUM;
    n->decision = h->decision;
    n->action = h->action;
    COPY(n->device, h->device);
    if (d) COPY(n->route, d->d.route);
    (void)snprintf(n->title, sizeof n->title, "%s: %s", title, device_name(h->host, h->device));
    va_start(args, fmt);
    (void)vsnprintf(n->body, sizeof n->body, fmt, args);
    va_end(args);
    add(n, "\n");
    add_line(n, "Device", h->host);
    add_line(n, "Reason", h->reason);
    add_tenant(r, n);
    add(n, "More: portcullis response show %" PRIu64 "\n", h->id);
    return n;
}

static void capital(char *title)
{
    if (*title >= 'a' && *title <= 'z') *title = (char)(*title - ('a' - 'A'));
}

static void about_alert(struct responder *r, struct respond_notice *n, const struct alert_facts *f)
{
    char text[R_TEXT];
    COPY_STR(n->alert, f->id);
    COPY_STR(text, f->title);
    add_line(n, "Alert", text);
    add_line(n, "Severity", severity_name(f->severity));
    if (f->categories.count > 0) {
        COPY_STR(text, f->categories.items[0]);
        add_line(n, "Category", text);
    }
    for (size_t i = 0; i < f->device_count && i < 5; i++) {
        COPY_STR(text, f->devices[i].name.n ? f->devices[i].name : f->devices[i].id);
        add_line(n, "Device", text);
    }
    if (f->device_count > 5) add(n, "and %zu more devices\n", f->device_count - 5);
    for (size_t i = 0; i < f->user_count && i < 3; i++) {
        COPY_STR(text, f->users[i].name);
        add_line(n, "User", text);
    }
    add_tenant(r, n);
}

void tell_alert(struct responder *r, const struct respond_event *ev, enum fact_severity severity, uint64_t decision,
                const char *does, bool is_update)
{
    const struct alert_facts *f = ev->alert;
    char incident[R_ID], title[R_TITLE - 24];
    COPY_STR(incident, f->incident.n ? f->incident : f->id);
    struct respond_notice *n =
        notice(r, is_update ? TELL_UPDATE : TELL_ALERT, ev->tenant, surviving(r, ev->tenant, incident));
    n->severity = severity;
    n->phone = ev->judgement->phone;
    n->decision = decision;
    n->wants = n->phone ? TELL_ACK : TELL_NOTHING;
    COPY_STR(n->route, ev->judgement->route);
    COPY_STR(title, f->title);
    (void)snprintf(n->title, sizeof n->title, "%s alert: %s", severity_name(severity), title);
    capital(n->title);
    add_line(n, "What happens", does);
    about_alert(r, n, f);
    if (decision) add(n, "More: portcullis response show %" PRIu64 "\n", decision);
}

void tell_digest(struct responder *r, const struct respond_event *ev)
{
    struct respond_notice *n = notice(r, TELL_DIGEST, ev->tenant, "");
    char title[R_TITLE - 24];
    n->severity = ev->alert->severity;
    COPY(n->route, "digest");
    (void)snprintf(n->group, sizeof n->group, "digest:%s/%s", ev->tenant, respond_came_name(ev->first_came));
    COPY_STR(title, ev->alert->title);
    (void)snprintf(n->title, sizeof n->title, "%s alert: %s", severity_name(ev->alert->severity), title);
    capital(n->title);
    add(n, "Not acted on: the alert came by %s, not live.\n", respond_came_name(ev->first_came));
    about_alert(r, n, ev->alert);
}

void tell_alarm(struct responder *r, const char *tenant, const char *title, const char *text)
{
    struct respond_notice *n = notice(r, TELL_ALARM, tenant, "");
    n->severity = SEVERITY_HIGH;
    n->phone = true;
    n->wants = TELL_ACK;
    COPY(n->title, title);
    add(n, "%s\n", text);
    if (*tenant) add_tenant(r, n);
}
