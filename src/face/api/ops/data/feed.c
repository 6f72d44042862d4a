/* Feeds: how each stands, and fetching on request. */
#include "face/api/ops/ops.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "flow/ingest/completeness.h"
#include "flow/ingest/feed/feed.h"
#include "flow/ingest/ingest.h"
#include "state/store/feeds.h"

void write_time(struct json_writer *w, struct wall t)
{
    char text[WALL_TEXT_BYTES];
    if (t.ticks == 0) {
        json_write_null(w);
        return;
    }
    (void)wall_format_digits(t, 0, text);
    json_write_cstr(w, text);
}

/* Feeds of a tenant that stand alike: for people, who would not read dozens of lines that say the same. */
struct feed_group {
    struct feed_record first;
    unsigned count;
    uint64_t rows, late_rows, dead, drift;
};
struct feed_list {
    struct json_writer *w;
    struct wall now;
    const struct principal *by;
    const char *feed; /* NULL: all */
    struct feed_group *groups;
    size_t count, cap;
};

/* How it stands, why, and what to do about it. */
static void write_condition(struct json_writer *w, const struct feed_record *r)
{
    static const char *const severities[] = {
        [SEVERITY_NONE] = "none", [SEVERITY_GREY] = "grey", [SEVERITY_RED] = "red"};
    enum ingest_state state = ingest_state_named(r->status);
    const struct cause *cause = ingest_cause_named(r->error_code);
    json_key(w, "state");
    json_write_cstr(w, ingest_state_name(state));
    json_key(w, "severity");
    json_write_cstr(w, severities[ingest_severity_of(state, r->last_synced.ticks != 0)]);
    json_key(w, "since");
    write_time(w, r->error_since);
    json_key(w, "code");
    json_write_cstr(w, r->error_code[0] ? r->error_code : NULL);
    json_key(w, "reason");
    json_write_cstr(w, cause ? cause->what : NULL);
    json_key(w, "detail");
    json_write_cstr(w, r->error_text[0] ? r->error_text : NULL);
    json_key(w, "remedy");
    json_write_cstr(w, cause ? cause->remedy : NULL);
}

/* A feed that brings rows stands for itself while all is well. */
static bool is_alike(const struct feed_group *g, const struct feed_record *r)
{
    const struct feed_record *first = &g->first;
    bool is_well = ingest_state_named(r->status) == INGEST_OK;
    return strcmp(first->tenant_id, r->tenant_id) == 0 && strcmp(first->status, r->status) == 0 &&
           strcmp(first->error_code, r->error_code) == 0 &&
           (first->last_synced.ticks != 0) == (r->last_synced.ticks != 0) && !(is_well && (r->rows || g->rows));
}

static struct feed_group *group_of(struct feed_list *l, const struct feed_record *r)
{
    for (size_t i = l->count; i-- > 0 && strcmp(l->groups[i].first.tenant_id, r->tenant_id) == 0;)
        if (is_alike(&l->groups[i], r)) return &l->groups[i];
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct feed_group *bigger = realloc(l->groups, cap * sizeof *bigger);
        INVARIANT(bigger);
        l->groups = bigger;
        l->cap = cap;
    }
    struct feed_group *g = &l->groups[l->count++];
    *g = (struct feed_group){.first = *r};
    g->first.state = STR_NONE;
    return g;
}

static void add_to_group(struct feed_list *l, const struct feed_record *r)
{
    struct feed_group *g = group_of(l, r);
    g->count++;
    g->rows += r->rows;
    g->late_rows += r->late_rows;
    g->dead += r->dead + r->refused;
    g->drift += r->drift;
    if (r->error_since.ticks < g->first.error_since.ticks) g->first.error_since = r->error_since;
    if (r->last_synced.ticks > g->first.last_synced.ticks) g->first.last_synced = r->last_synced;
}

static void write_group(struct json_writer *w, const struct feed_group *g)
{
    char names[96];
    char more[24] = "";
    if (g->count > 1) (void)snprintf(more, sizeof more, " and %u more", g->count - 1);
    (void)snprintf(names, sizeof names, "%s%s", g->first.feed, more);
    json_object_begin(w);
    json_key(w, "tenant_id");
    json_write_cstr(w, g->first.tenant_id);
    json_key(w, "feed");
    json_write_cstr(w, names);
    json_key(w, "count");
    json_write_u64(w, g->count);
    write_condition(w, &g->first);
    json_key(w, "last_synced");
    write_time(w, g->first.last_synced);
    json_key(w, "rows");
    json_write_u64(w, g->rows);
    json_key(w, "late_rows");
    json_write_u64(w, g->late_rows);
    json_key(w, "dead");
    json_write_u64(w, g->dead);
    json_key(w, "drift");
    json_write_u64(w, g->drift);
    json_object_end(w);
}

static void write_groups(struct feed_list *l)
{
    json_array_end(l->w);
    json_key(l->w, "groups");
    json_array_begin(l->w);
    for (size_t i = 0; i < l->count; i++) write_group(l->w, &l->groups[i]);
}

static bool write_feed(void *arg, const struct feed_record *r)
{
    struct feed_list *l = arg;
    struct json_writer *w = l->w;
    if ((l->feed && strcmp(l->feed, r->feed) != 0) || !principal_sees_tenant(l->by, r->tenant_id)) return true;
    add_to_group(l, r);
    json_object_begin(w);
    json_key(w, "tenant_id");
    json_write_cstr(w, r->tenant_id);
    json_key(w, "feed");
    json_write_cstr(w, r->feed);
    write_condition(w, r);
    json_key(w, "last_synced");
    write_time(w, r->last_synced);
    json_key(w, "newest_event");
    write_time(w, r->newest_event);
    json_key(w, "age_ms");
    if (r->last_synced.ticks)
        json_write_i64(w, (l->now.ticks - r->last_synced.ticks) / WALL_TICKS_PER_MS);
    else
        json_write_null(w);
    json_key(w, "rows");
    json_write_u64(w, r->rows);
    json_key(w, "late_rows");
    json_write_u64(w, r->late_rows);
    json_key(w, "dead");
    json_write_u64(w, r->dead + r->refused);
    json_key(w, "drift");
    json_write_u64(w, r->drift);
    json_object_end(w);
    return true;
}

/* What disagrees, in words; else null. */
static void write_why(struct json_writer *w, const struct completeness_span *s)
{
    char text[200];
    if (s->verdict != COMPLETE_DIFFERS) {
        json_write_null(w);
        return;
    }
    (void)snprintf(text, sizeof text, "Defender counts %llu rows in %u stretches of five minutes, and gave %llu",
                   (unsigned long long)s->counted, s->stretches, (unsigned long long)s->held);
    json_write_cstr(w, text);
}

static bool write_span(void *arg, const struct completeness_span *s)
{
    const struct feed_list *l = arg;
    struct json_writer *w = l->w;
    if (!principal_sees_tenant(l->by, s->tenant_id)) return true;
    json_object_begin(w);
    json_key(w, "tenant_id");
    json_write_cstr(w, s->tenant_id);
    json_key(w, "feed");
    json_write_cstr(w, s->feed);
    json_key(w, "from");
    write_time(w, s->from);
    json_key(w, "to");
    write_time(w, s->to);
    json_key(w, "verdict");
    json_write_cstr(w, completeness_name(s->verdict));
    json_key(w, "repaired");
    json_write_u64(w, s->repaired);
    json_key(w, "counted_after_ms");
    json_write_i64(w, s->judged_after_ms);
    json_key(w, "why");
    write_why(w, s);
    json_object_end(w);
    return true;
}

bool op_feed_list(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    struct feed_list list = {.w = c->out, .now = clock_wall(&i->clock), .by = c->by, .feed = op_cstr(c, "feed")};
    struct tenant *t = NULL;
    const char *wanted = op_cstr(c, "tenant");
    if (list.feed && !feed_row_find(list.feed))
        return err_set(e, &ingest_causes[INGEST_NO_FEED], "feed list: no feed \"%s\"", list.feed);
    if (wanted && !tenant_find(i->store, &i->conf, wanted, &t, e)) return false;
    const char *tenant_id = t ? t->record.tenant_id : NULL;
    bool wants_verdicts = op_flag(c, "completeness");
    json_object_begin(c->out);
    json_key(c->out, wants_verdicts ? "completeness" : "feeds");
    json_array_begin(c->out);
    bool ok = wants_verdicts ? completeness_each(i->store, tenant_id, list.feed, list.now, write_span, &list, e)
                             : store_feed_list(i->store, tenant_id, write_feed, &list, e);
    if (!wants_verdicts) write_groups(&list);
    free(list.groups);
    tenant_unref(t);
    json_array_end(c->out);
    json_object_end(c->out);
    return ok;
}

/* "2026-11-20T00:00:00Z", or "2d": that long before now. */
bool op_read_time(const struct op_call *c, const char *name, struct wall *out, struct err *e)
{
    int64_t ms;
    struct str text = op_text(c, name);
    if (wall_parse(text, out)) return true;
    if (duration_parse(text, &ms)) {
        *out = wall_add(clock_wall(&c->installation->clock), -ms * WALL_TICKS_PER_MS);
        return true;
    }
    return err_set(e, &api_causes[API_BAD_PARAM], "%s: --%s \"%.*s\" is neither a time nor a duration back from now",
                   c->op->name, name, STR_ARG(text));
}

static bool read_pull(const struct op_call *c, struct pull_request *q, struct err *e)
{
    *q =
        (struct pull_request){.tenant = op_cstr(c, "tenant"), .feed = op_cstr(c, "feed"), .sweep = op_flag(c, "sweep")};
    if (q->sweep && (q->tenant || q->feed || op_text(c, "from").n))
        return err_set(e, &api_causes[API_BAD_PARAM],
                       "pull: --sweep goes over every feed; give it without --tenant, --feed, --from");
    bool from = op_text(c, "from").n > 0, to = op_text(c, "to").n > 0;
    if (!from && !to) return true;
    if (!from) return err_set(e, &api_causes[API_BAD_PARAM], "pull: --to without --from");
    q->has_range = true;
    q->to = clock_wall(&c->installation->clock);
    if (!op_read_time(c, "from", &q->from, e) || (to && !op_read_time(c, "to", &q->to, e))) return false;
    if (q->from.ticks >= q->to.ticks) return err_set(e, &api_causes[API_BAD_PARAM], "pull: --from is not before --to");
    return true;
}

/* All feeds failed that the tenants can have, or our own disk did (full, say), which some feeds merely did not meet. */
static bool is_the_commands(const struct pull_result *r)
{
    return r->failed_feeds &&
           (r->failed_feeds + r->absent_feeds >= r->feeds || r->first_error.cause->kind == ERR_STORAGE);
}

bool op_pull(struct op_call *c, struct err *e)
{
    struct pull_request q;
    struct pull_result result = {0};
    if (json_get(c->params, "from-files")) return op_pull_files(c, e);
    if (!read_pull(c, &q, e)) return false;
    if (!c->engine->pull(c->engine->ctx, &q, &result, e)) return false;
    if (is_the_commands(&result)) {
        *e = result.first_error;
        return false;
    }
    json_object_begin(c->out);
    json_key(c->out, "feeds");
    json_write_u64(c->out, result.feeds);
    json_key(c->out, "rows");
    json_write_u64(c->out, result.rows);
    json_key(c->out, "failed_feeds");
    json_write_u64(c->out, result.failed_feeds);
    json_key(c->out, "absent_feeds");
    json_write_u64(c->out, result.absent_feeds);
    if (result.failed_feeds) {
        json_key(c->out, "first_error");
        json_write_cstr(c->out, result.first_error.text);
        json_key(c->out, "code");
        json_write_cstr(c->out, result.first_error.cause->code);
        json_key(c->out, "remedy");
        json_write_cstr(c->out, result.first_error.cause->remedy);
        c->exit_code = 3;
    }
    json_object_end(c->out);
    return true;
}
