/* ocsf drift: what feeds, or files, bring that no mapping knows. ocsf forget: it is known now, or does not matter. */
#include "face/api/ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "flow/ingest/feed/feed.h"
#include "flow/ingest/ingest.h"
#include "logic/ocsf/drift.h"
#include "state/store/drift.h"
#include "state/store/feeds.h"

/* "Mood", "severity = apocalyptic", or how a row does not fit. */
static void write_what(struct json_writer *w, const char *name, const char *value)
{
    char text[DRIFT_NAME_BYTES + DRIFT_VALUE_BYTES + 4];
    bool is_more = !*name && !*value;
    (void)snprintf(text, sizeof text, "%s%s%s", is_more ? "(further ones)" : name, *name && *value ? " = " : "", value);
    json_write_cstr(w, text);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, *text ? text : NULL);
}

static void write_record(struct json_writer *w, const struct drift_record *r)
{
    json_object_begin(w);
    if (r->tenant_id[0]) write_text(w, "tenant_id", r->tenant_id);
    write_text(w, "feed", r->feed);
    write_text(w, "kind", r->kind);
    json_key(w, "what");
    write_what(w, r->name, r->value);
    write_text(w, "name", r->name);
    write_text(w, "value", r->value);
    if (!r->tenant_id[0] && r->tenants) {
        json_key(w, "tenants");
        json_write_u64(w, r->tenants);
    }
    json_key(w, "rows");
    json_write_u64(w, r->rows);
    json_key(w, "since");
    write_time(w, r->since);
    json_key(w, "last");
    write_time(w, r->last);
    write_text(w, "example", r->example);
    json_object_end(w);
}

static bool write_each(void *arg, const struct drift_record *r)
{
    write_record(arg, r);
    return true;
}

/* ---- tables that went ------------------------------------------------------------------------------------------------------ */

struct tables_gone {
    struct json_writer *w;
    const char *feed;                         /* NULL: all */
    struct drift_record sums[FEED_ROW_COUNT]; /* tenants == 0: none */
};

/* Tables that were read and are there no more, or go on under another name. What is merely not licensed is no drift. */
static bool is_gone(const struct feed_record *r, struct drift_record *out)
{
    bool is_renamed = strcmp(r->error_code, ingest_causes[INGEST_RENAMED].code) == 0;
    bool is_absent = ingest_state_named(r->status) == INGEST_NO_SUCH_TABLE;
    if (r->rows == 0 || (!is_renamed && !is_absent)) return false;
    *out = (struct drift_record){.since = r->error_since, .last = r->error_since, .tenants = 1};
    (void)snprintf(out->kind, sizeof out->kind, "%s", is_renamed ? "renamed" : "gone");
    (void)snprintf(out->tenant_id, sizeof out->tenant_id, "%s", r->tenant_id);
    (void)snprintf(out->feed, sizeof out->feed, "%s", r->feed);
    (void)snprintf(out->value, sizeof out->value, "%.150s", is_renamed ? r->error_text : "the table itself");
    return true;
}

static bool take_gone(void *arg, const struct feed_record *r)
{
    struct tables_gone *t = arg;
    const struct feed_row *row = feed_row_find(r->feed);
    struct drift_record d;
    if (!row || (t->feed && strcmp(t->feed, r->feed) != 0) || !is_gone(r, &d)) return true;
    write_record(t->w, &d);
    struct drift_record *sum = &t->sums[row - feed_rows];
    d.tenants += sum->tenants;
    if (sum->tenants && sum->since.ticks < d.since.ticks) d.since = sum->since;
    if (sum->last.ticks > d.last.ticks) d.last = sum->last;
    d.tenant_id[0] = '\0';
    *sum = d;
    return true;
}

/* ---- of feeds -------------------------------------------------------------------------------------------------------------- */

static bool write_drift(struct op_call *c, const char *tenant_id, const char *feed, struct err *e)
{
    struct store *s = c->installation->store;
    struct tables_gone *gone = arena_alloc(c->arena, sizeof *gone);
    if (!gone) return err_set(e, &base_causes[BASE_NO_MEMORY], "ocsf drift");
    *gone = (struct tables_gone){.w = c->out, .feed = feed};
    json_object_begin(c->out);
    json_key(c->out, "drift");
    json_array_begin(c->out);
    if (!store_drift_list(s, tenant_id, feed, write_each, c->out, e) ||
        !store_feed_list(s, tenant_id, take_gone, gone, e))
        return false;
    json_array_end(c->out);
    json_key(c->out, "groups");
    json_array_begin(c->out);
    if (!store_drift_sums(s, tenant_id, feed, write_each, c->out, e)) return false;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        if (gone->sums[i].tenants) write_record(c->out, &gone->sums[i]);
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

/* `run` for the tenant and table that were named; NULL: all. */
static bool for_named(struct op_call *c, bool (*run)(struct op_call *, const char *, const char *, struct err *),
                      struct err *e)
{
    struct tenant *t = NULL;
    struct installation *i = c->installation;
    const char *wanted = op_cstr(c, "tenant"), *feed = op_cstr(c, "table");
    if (feed && !feed_row_find(feed))
        return err_set(e, &ingest_causes[INGEST_NO_FEED], "no table or feed \"%s\"", feed);
    if (wanted && !tenant_find(i->store, &i->conf, wanted, &t, e)) return false;
    bool ok = run(c, t ? t->record.tenant_id : NULL, feed, e);
    tenant_unref(t);
    return ok;
}

static bool forget(struct op_call *c, const char *tenant_id, const char *feed, struct err *e)
{
    if (!store_drift_forget(c->installation->store, tenant_id, feed, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "forgotten");
    json_write_bool(c->out, true);
    json_object_end(c->out);
    return true;
}

bool op_ocsf_forget(struct op_call *c, struct err *e)
{
    return for_named(c, forget, e);
}

/* ---- of files -------------------------------------------------------------------------------------------------------------- */

static void file_begin(void *ctx, const char *name)
{
    ocsf_stream_file(ctx, name);
}

static bool file_take(void *ctx, const char *p, size_t n)
{
    ocsf_stream_feed(ctx, p, n);
    return true;
}

static void write_found(struct json_writer *w, const struct drift *d)
{
    json_object_begin(w);
    json_key(w, "groups");
    json_array_begin(w);
    for (size_t i = 0; i < drift_count(d); i++) {
        const struct drift_found *f = drift_at(d, i);
        struct drift_record r = {.rows = f->rows, .since = f->since, .last = f->last};
        (void)snprintf(r.feed, sizeof r.feed, "%.63s", f->source);
        (void)snprintf(r.kind, sizeof r.kind, "%s", drift_kind_name(f->kind));
        memcpy(r.name, f->name, sizeof r.name);
        memcpy(r.value, f->value, sizeof r.value);
        memcpy(r.example, f->example, sizeof r.example);
        if (f->rows) write_record(w, &r);
    }
    json_array_end(w);
    json_object_end(w);
}

static bool drift_of_files(struct op_call *c, struct err *e)
{
    struct ocsf *ocsf = NULL;
    if (!op_make_ocsf(c, &ocsf, e)) return false;
    struct drift *d = drift_new();
    struct ocsf_stream_opts o = {.ocsf = ocsf, .table = op_cstr(c, "table"), .drift = d};
    struct ocsf_stream *stream = d ? ocsf_stream_new(&o) : NULL;
    bool ok = stream ? op_each_input(c, file_begin, file_take, stream, e)
                     : err_set(e, &base_causes[BASE_NO_MEMORY], "ocsf drift");
    if (ok) {
        ocsf_stream_end(stream);
        write_found(c->out, d);
    }
    ocsf_stream_free(stream);
    drift_free(d);
    ocsf_free(ocsf);
    return ok;
}

bool op_ocsf_drift(struct op_call *c, struct err *e)
{
    return json_get(c->params, "file") ? drift_of_files(c, e) : for_named(c, write_drift, e);
}
