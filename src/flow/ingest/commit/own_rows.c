#include "flow/ingest/commit/own_rows.h"
#include "state/store/response.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_ROWS_MAX = 500 };

struct staging {
    struct own_rows *rows;
    const struct own_rows_opts *o;
    struct map_scratch *scratch;
    struct buf row;
    size_t count;
    bool ok;
    struct err *e;
};

static struct own_batch *batch_of(struct staging *s, const struct own_event *r)
{
    struct own_rows *x = s->rows;
    struct log_origin origin = {.source = OWN_SOURCE, .how = LOG_LIVE, .received = s->o->now};
    if (x->tenants == NULL && (x->tenants = calloc(OWN_ROWS_MAX, sizeof *x->tenants)) == NULL) return NULL;
    const char *tenant = r->tenant_id[0] ? r->tenant_id : OWN_ACCOUNT;
    for (size_t i = 0; i < x->tenant_count; i++)
        if (strcmp(x->tenants[i].tenant_id, tenant) == 0) return &x->tenants[i];
    struct own_batch *b = &x->tenants[x->tenant_count];
    (void)snprintf(b->tenant_id, sizeof b->tenant_id, "%s", tenant);
    (void)snprintf(origin.tenant_id, sizeof origin.tenant_id, "%s", tenant);
    b->batch = log_batch_new(s->o->log, &origin);
    if (b->batch == NULL) return NULL;
    x->tenant_count++;
    return b;
}

/* The id makes the row what it is: this installation's, of this number. */
static bool stage(void *arg, const struct own_event *r)
{
    struct staging *s = arg;
    struct row_facts facts;
    if (s->scratch == NULL) s->scratch = map_scratch_new();
    struct own_batch *b = s->scratch ? batch_of(s, r) : NULL;
    const struct plan *plan = ocsf_plan(s->o->ocsf, STR(OWN_SOURCE));
    buf_reset(&s->row);
    buf_addf(&s->row, "{\"Id\":\"%s/%" PRId64 "\",", store_id(s->o->store), r->id);
    if (!buf_add_str(&s->row, r->members) || !buf_add_char(&s->row, '}') || b == NULL) {
        s->ok = err_set(s->e, &base_causes[BASE_NO_MEMORY], "events of our own");
        return false;
    }
    plan_facts(plan ? plan : ocsf_plan_base(s->o->ocsf), s->scratch, str_of(b->tenant_id), STR(OWN_SOURCE),
               buf_str(&s->row), &facts);
    struct log_row row = {
        .identity = facts.identity, .time = facts.has_time ? facts.time : r->at, .bytes = buf_str(&s->row)};
    s->ok = log_batch_add(b->batch, &row, s->e);
    s->rows->last = r->id;
    s->count++;
    return s->ok;
}

bool own_rows_stage(struct own_rows *x, const struct own_rows_opts *o, struct err *e)
{
    struct staging s = {.rows = x, .o = o, .ok = true, .e = e};
    *x = (struct own_rows){0};
    if (o->ocsf == NULL) return true;
    buf_init(&s.row, 0);
    bool ok = store_own_event_list(o->store, OWN_ROWS_MAX, stage, &s, e) && s.ok;
    for (size_t i = 0; ok && i < x->tenant_count; i++) ok = log_batch_seal(x->tenants[i].batch, e);
    x->has_more = s.count == OWN_ROWS_MAX;
    map_scratch_free(s.scratch);
    buf_done(&s.row);
    return ok;
}

bool own_rows_take(const struct own_rows *x, struct store *s, struct err *e)
{
    return x->last == 0 || store_own_event_take(s, x->last, e);
}

void own_rows_done(struct own_rows *x)
{
    for (size_t i = 0; i < x->tenant_count; i++) log_batch_free(x->tenants[i].batch);
    free(x->tenants);
    *x = (struct own_rows){.has_more = x->has_more};
}
