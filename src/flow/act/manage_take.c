/* What feeds bring about alerts and incidents, one row an alert. */
#include "flow/act/manage_int.h"

#include <string.h>

#include "flow/act/alert_facts.h"
#include "flow/act/own_event.h"
#include "state/store/managed.h"
#include "state/store/revisions.h"

enum { BATCH = 200, DEVICES_KEPT = 16 };

/* ---- an alert's JSON ------------------------------------------------------------------------------------------------------ */

static struct str text_of_comment(const struct json *comment)
{
    return json_str(json_get_nocase(comment, "comment"), STR_NONE);
}

static uint32_t count_comments(const struct manage *m, const struct json *list)
{
    uint32_t n = 0;
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        n += !manage_comment_is_ours(text_of_comment(&list->items[i]), str_of(m->mark));
    return n;
}

bool manage_has_mark(const struct reading *reading, const struct managed_record *r)
{
    const struct json *list = reading->all_comments;
    for (size_t i = 0; r->mark[0] && list && list->type == JSON_ARRAY && i < list->count; i++)
        if (manage_comment_is_ours(text_of_comment(&list->items[i]), str_of(r->mark))) return true;
    return false;
}

bool manage_shows(const struct reading *reading, const struct managed_record *r)
{
    return (!(r->wants & MANAGED_RESOLVE) || reading->facts.status == STATUS_RESOLVED) &&
           (!(r->wants & MANAGED_COMMENT) || manage_has_mark(reading, r));
}

void manage_confirm(struct managed_record *r)
{
    r->state = MANAGED_CONFIRMED;
    r->did = r->wants;
    if (r->wants & MANAGED_RESOLVE || strcmp(r->author, POLICY) == 0) r->flags |= MANAGED_DONE;
    r->due = (struct wall){0};
    r->error_code[0] = r->error_text[0] = '\0';
}

bool manage_read_alert(const struct manage *m, struct arena *a, struct str row, struct reading *out)
{
    struct err ignored;
    *out = (struct reading){.comments = 0};
    const struct json *v = json_parse(a, row, &ignored);
    if (v == NULL || v->type != JSON_OBJECT || !alert_facts_read_any(a, row, &out->facts)) return false;
    out->is_endpoint = json_get_nocase(v, "alertCreationTime") != NULL; /* the Endpoint API's word for it */
    out->all_comments = json_get_nocase(v, "comments");
    out->comments = count_comments(m, out->all_comments);
    return out->facts.id.n > 0;
}

/* ---- a row ------------------------------------------------------------------------------------------------------------------ */

static void keep(struct str s, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", STR_ARG(s));
}

struct manage_view manage_view_kept(const struct managed_record *r)
{
    struct manage_view v = {.updated = r->updated,
                            .status = (enum fact_status)r->status,
                            .classification = (enum fact_class)r->classification,
                            .severity = (enum fact_severity)r->severity,
                            .handled = (enum fact_handled)r->handled,
                            .comments = (uint32_t)r->comments};
    keep(str_of(r->owner), v.owner, sizeof v.owner);
    keep(str_of(r->determination), v.determination, sizeof v.determination);
    keep(str_of(r->incident), v.incident, sizeof v.incident);
    return v;
}

/* As it looks once what we write shows. */
static struct manage_view view_written(const struct managed_record *r)
{
    struct manage_view v = manage_view_kept(r);
    if (r->wants & MANAGED_RESOLVE) v.status = STATUS_RESOLVED;
    if (r->word_class[0] && !class_read(str_of(r->word_class), &v.classification)) v.classification = CLASS_UNKNOWN;
    if (r->word_determination[0]) keep(str_of(r->word_determination), v.determination, sizeof v.determination);
    return v;
}

static void keep_devices(const struct alert_facts *f, struct managed_record *r)
{
    size_t n = 0, kept = 0;
    r->devices[0] = '\0';
    for (size_t i = 0; i < f->device_count; i++) {
        struct str id = f->devices[i].id;
        if (id.n == 0) continue;
        int more = kept == DEVICES_KEPT
                       ? -1
                       : snprintf(r->devices + n, sizeof r->devices - n, "%s%.*s", n ? "," : "", STR_ARG(id));
        if (more < 0 || n + (size_t)more >= sizeof r->devices) {
            r->devices[n] = '\0';
            r->flags |= MANAGED_DEVICES_CUT;
            return;
        }
        n += (size_t)more;
        kept++;
    }
}

static void flag(struct managed_record *r, bool on, int64_t bit)
{
    r->flags = on ? r->flags | bit : r->flags & ~bit;
}

/* What somebody else did since, and what follows from it. */
static void note_changes(struct managed_record *r, const struct manage_view *now, struct wall at)
{
    const struct manage_view before = manage_view_kept(r), written = view_written(r);
    uint32_t changes = manage_diff(&before, now);
    bool is_ours = r->state == MANAGED_INTENT || r->state == MANAGED_SENT || r->state == MANAGED_UNSEEN ||
                   r->state == MANAGED_CONFIRMED;
    uint32_t foreign = is_ours ? manage_foreign(changes, &written, now) : changes & ~(1u << CHANGE_OTHER);
    if (changes & 1u << CHANGE_REOPENED) {
        r->flags = (r->flags | MANAGED_REOPENED) & ~MANAGED_DONE;
        r->closed = (struct wall){0};
        r->closed_by[0] = '\0';
        r->state = MANAGED_IDLE;
    }
    if (foreign) r->changes = foreign;
    if (changes) r->changed = at;
}

void manage_note(const struct manage *m, const struct reading *reading, bool is_live, struct managed_record *r)
{
    const struct alert_facts *f = &reading->facts;
    struct manage_view view;
    struct wall now = manage_now(m);
    bool is_new = r->alert_id[0] == '\0';
    manage_view_of(f, reading->comments, &view);
    if (is_new) {
        keep(f->id, r->alert_id, sizeof r->alert_id);
        r->seen = r->changed = now;
        r->api = reading->is_endpoint ? MANAGE_ENDPOINT : MANAGE_GRAPH;
        flag(r, is_live, MANAGED_LIVE);
    } else {
        note_changes(r, &view, now);
    }
    keep(f->title, r->title, sizeof r->title);
    keep(f->assigned, r->owner, sizeof r->owner);
    keep(f->determination, r->determination, sizeof r->determination);
    keep(f->incident, r->incident, sizeof r->incident);
    keep_devices(f, r);
    r->service = f->service;
    r->severity = f->severity;
    r->status = f->status;
    r->handled = f->handled;
    r->classification = f->classification;
    r->comments = reading->comments;
    r->updated = f->updated;
    flag(r, f->is_custom_detection, MANAGED_CUSTOM);
    flag(r, f->unread_count > 0, MANAGED_UNREAD);
    bool is_open = r->state == MANAGED_INTENT || r->state == MANAGED_SENT;
    if (!is_open || r->due.ticks == 0) r->due = now;
}

/* ---- revisions ---------------------------------------------------------------------------------------------------------------- */

struct taking {
    const struct manage *m;
    struct arena arena;
    int64_t last;
    unsigned count;
    bool ok;
    struct err *e;
};

static bool take_alert(struct taking *t, const struct seen_revision *seen)
{
    struct managed_record r;
    struct reading reading;
    bool found = false;
    memset(&r, 0, sizeof r);
    if (!manage_read_alert(t->m, &t->arena, seen->r.row, &reading)) return true; /* ingest has said so */
    char id[sizeof r.alert_id];
    keep(reading.facts.id, id, sizeof id);
    if (!store_managed_find(t->m->o.store, seen->tenant_id, id, &r, &found, t->e)) return false;
    if (found && reading.facts.updated.ticks < r.updated.ticks) return true; /* an older one, late */
    (void)str_copy(str_of(seen->tenant_id), r.tenant_id, sizeof r.tenant_id);
    int64_t before = r.state;
    manage_note(t->m, &reading, strcmp(seen->r.how, "live") == 0, &r);
    if (manage_is_open(&r) && manage_shows(&reading, &r)) manage_confirm(&r); /* a poll is a fresh read, too */
    return store_managed_put(t->m->o.store, &r, t->e) &&
           own_event_managed(t->m->o.store, before, &r, manage_now(t->m), t->e);
}

static bool take_incident(struct taking *t, const struct seen_revision *seen)
{
    struct alert_facts f;
    char from[64], to[64];
    alert_facts_read(&t->arena, FACTS_GRAPH_INCIDENT, seen->r.row, &f);
    if (f.redirected.n == 0) return true;
    keep(f.id, from, sizeof from);
    keep(f.redirected, to, sizeof to);
    return store_managed_move(t->m->o.store, seen->tenant_id, from, to, STATUS_RESOLVED, manage_now(t->m), t->e);
}

static bool take(void *arg, const struct seen_revision *seen)
{
    struct taking *t = arg;
    arena_reset(&t->arena);
    t->last = seen->id;
    t->count++;
    t->ok = strcmp(seen->feed, "incidents") == 0 ? take_incident(t, seen) : take_alert(t, seen);
    return t->ok;
}

/* A batch and how far it went, in one transaction. */
static bool take_batch(struct manage *m, unsigned *count_out, struct err *e)
{
    struct taking t = {.m = m, .ok = true, .e = e};
    arena_init(&t.arena, MANAGE_ARENA);
    if (!store_begin(m->o.store, e)) return false;
    bool ok = store_managed_taken_get(m->o.store, &t.last, e) &&
              store_revision_after(m->o.store, t.last, BATCH, take, &t, e) && t.ok &&
              (t.count == 0 || store_managed_taken_set(m->o.store, t.last, e));
    if (!ok) store_rollback(m->o.store);
    ok = ok && manage_commit(m, e);
    arena_done(&t.arena);
    *count_out = t.count;
    return ok;
}

bool manage_take_all(struct manage *m, struct err *e)
{
    unsigned count = BATCH;
    while (count == BATCH && !atomic_load(&m->is_stopping))
        if (!take_batch(m, &count, e)) return false;
    return true;
}
