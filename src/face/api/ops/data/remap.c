/* ocsf remap: rows that the log still holds, mapped anew. */
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "flow/ingest/feed/feed.h"
#include "flow/ingest/ingest.h"
#include "flow/sink/lake.h"

/* A table, or a feed's name: alerts are rows of "alerts_v2". NULL: neither. */
static const char *source_named(struct str name)
{
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        if (str_eq_nocase(name, str_of(feed_rows[i].name)) || str_eq_nocase(name, str_of(feed_rows[i].source)))
            return feed_rows[i].source;
    return NULL;
}

static bool read_tenant(const struct op_call *c, char id[GUID_BYTES], struct lake_remap_request *q, struct err *e)
{
    struct tenant *t = NULL;
    if (op_text(c, "tenant").n == 0) return true;
    if (!tenant_find(c->installation->store, &c->installation->conf, op_cstr(c, "tenant"), &t, e)) return false;
    memcpy(id, t->record.tenant_id, GUID_BYTES);
    tenant_unref(t);
    q->tenant_id = id;
    return true;
}

static bool read_request(const struct op_call *c, struct lake_remap_request *q, struct err *e)
{
    struct str table = op_text(c, "table");
    q->source = table.n ? source_named(table) : NULL;
    if (table.n && q->source == NULL)
        return err_set(e, &ingest_causes[INGEST_NO_FEED], "ocsf remap: there is no table \"%.*s\"", STR_ARG(table));
    if (op_text(c, "from").n && !op_read_time(c, "from", &q->from, e)) return false;
    if (op_text(c, "to").n && !op_read_time(c, "to", &q->to, e)) return false;
    bool is_empty = q->to.ticks && q->from.ticks >= q->to.ticks;
    return !is_empty || err_set(e, &api_causes[API_BAD_PARAM], "ocsf remap: --from is not before --to");
}

bool op_ocsf_remap(struct op_call *c, struct err *e)
{
    struct lake_remap_request q = {0};
    struct lake_remap_result r = {0};
    char tenant_id[GUID_BYTES];
    if (!read_tenant(c, tenant_id, &q, e) || !read_request(c, &q, e)) return false;
    if (!c->engine->remap(c->engine->ctx, &q, &r, e)) return false;
    const struct {
        const char *key;
        uint64_t n;
    } counts[] = {{"rows", r.rows},
                  {"events", r.events},
                  {"dead", r.dead},
                  {"kept_events", r.kept},
                  {"files_before", r.files_before},
                  {"files_replaced", r.files_replaced},
                  {"files_written", r.files_written},
                  {"files_after", r.files_after}};
    json_object_begin(c->out);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        json_key(c->out, counts[i].key);
        json_write_u64(c->out, counts[i].n);
    }
    json_object_end(c->out);
    return true;
}
