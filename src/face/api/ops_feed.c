/* Feeds: how each stands, and fetching on request. */
#include "face/api/ops.h"

#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "flow/ingest/ingest.h"

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

struct feed_list {
    struct json_writer *w;
    struct wall now;
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

static bool write_feed(void *arg, const struct feed_record *r)
{
    const struct feed_list *l = arg;
    struct json_writer *w = l->w;
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
    json_object_end(w);
    return true;
}

bool op_feed_list(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    struct feed_list list = {.w = c->out, .now = clock_wall(&i->clock)};
    struct tenant *t = NULL;
    const char *wanted = op_cstr(c, "tenant");
    if (wanted && !tenant_find(i->store, &i->conf, wanted, &t, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "feeds");
    json_array_begin(c->out);
    bool ok = store_feed_list(i->store, t ? t->record.tenant_id : NULL, write_feed, &list, e);
    tenant_unref(t);
    json_array_end(c->out);
    json_object_end(c->out);
    return ok;
}

/* "2026-11-20T00:00:00Z", or "2d": that long before now. */
static bool read_time(const struct op_call *c, const char *name, struct wall *out, struct err *e)
{
    int64_t ms;
    struct str text = op_text(c, name);
    if (wall_parse(text, out)) return true;
    if (duration_parse(text, &ms)) {
        *out = wall_add(clock_wall(&c->installation->clock), -ms * WALL_TICKS_PER_MS);
        return true;
    }
    return err_set(e, &api_causes[API_BAD_PARAM], "pull: --%s \"%.*s\" is neither a time nor a duration back from now",
                   name, STR_ARG(text));
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
    if (!read_time(c, "from", &q->from, e) || (to && !read_time(c, "to", &q->to, e))) return false;
    if (q->from.ticks >= q->to.ticks) return err_set(e, &api_causes[API_BAD_PARAM], "pull: --from is not before --to");
    return true;
}

/* All feeds failed, or our own disk did (full, say), which some feeds merely did not meet. */
static bool is_the_commands(const struct pull_result *r)
{
    return r->failed_feeds && (r->failed_feeds == r->feeds || r->first_error.cause->kind == ERR_STORAGE);
}

bool op_pull(struct op_call *c, struct err *e)
{
    struct pull_request q;
    struct pull_result result = {0};
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
