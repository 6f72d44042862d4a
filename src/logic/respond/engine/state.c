/* The whole state at once: made, freed, and compared with another one. */
#include <stdlib.h>

#include "logic/respond/engine/engine_int.h"

static bool pool_new(struct pool *p, size_t item, size_t max)
{
    *p = (struct pool){calloc(max, item), item, 0, max}; /* pages come when they are written to */
    return p->items != NULL;
}

bool responder_new(const struct responder_opts *o, struct responder **out, struct err *e)
{
    struct responder *r = calloc(1, sizeof *r);
    if (r == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the response engine");
    COPY(r->installation, o->installation);
    responder_set_account_limit(r, o->limit_account_hour);
    r->noted = calloc(RESPOND_ALERTS_MAX, sizeof *r->noted);
    r->merges = calloc(RESPOND_MERGES_MAX, sizeof *r->merges);
    r->orders = calloc(RESPOND_ORDERS_MAX, sizeof *r->orders);
    r->stops = calloc(STOPS_MAX, sizeof *r->stops);
    if (!pool_new(&r->decisions, sizeof(struct decision_slot), RESPOND_DECISIONS_MAX) ||
        !pool_new(&r->actions, sizeof(struct action_slot), RESPOND_ACTIONS_MAX) ||
        !pool_new(&r->holds, sizeof(struct hold_slot), RESPOND_HOLDS_MAX) || !r->noted || !r->merges || !r->orders ||
        !r->stops) {
        responder_free(r);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "the response engine's state");
    }
    *out = r;
    return true;
}

void responder_free(struct responder *r)
{
    if (r == NULL) return;
    for (size_t i = 0; i < r->tenant_count; i++) free(r->tenants[i].exclusions);
    free(r->tenants);
    free(r->decisions.items);
    free(r->actions.items);
    free(r->holds.items);
    free(r->noted);
    free(r->merges);
    free(r->orders);
    free(r->stops);
    free(r);
}

/* Bytes first; where a longer text was overwritten or padding differs, the text form decides. */
static bool is_same(enum record_kind kind, const unsigned char *a, const unsigned char *b)
{
    struct respond_record x = {.kind = kind}, y = {.kind = kind};
    struct buf bx, by;
    size_t n = kind == RECORD_DECISION ? sizeof(struct decision)
               : kind == RECORD_ACTION ? sizeof(struct action)
                                       : sizeof(struct hold);
    if (memcmp(a, b, n) == 0) return true;
    memcpy(&x.decision, a, n);
    memcpy(&y.decision, b, n);
    buf_init(&bx, 0);
    buf_init(&by, 0);
    bool same = respond_record_format(&x, &bx) && respond_record_format(&y, &by) && str_eq(buf_str(&bx), buf_str(&by));
    buf_done(&bx);
    buf_done(&by);
    return same;
}

static bool is_same_pool(enum record_kind kind, const struct pool *a, const struct pool *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!is_same(kind, a->items + i * a->item, b->items + i * b->item)) return false;
    return true;
}

static bool is_same_rest(const struct responder *a, const struct responder *b)
{
    if (a->last_id != b->last_id || a->merge_count != b->merge_count || a->order_count != b->order_count ||
        a->stop_count != b->stop_count)
        return false;
    for (size_t i = 0; i < a->merge_count; i++)
        if (strcmp(a->merges[i].from, b->merges[i].from) != 0 || strcmp(a->merges[i].to, b->merges[i].to) != 0)
            return false;
    for (size_t i = 0; i < a->order_count; i++)
        if (strcmp(a->orders[i].id, b->orders[i].id) != 0) return false;
    for (size_t i = 0; i < a->stop_count; i++)
        if (strcmp(a->stops[i].tenant, b->stops[i].tenant) != 0 || a->stops[i].state != b->stops[i].state ||
            a->stops[i].at.ticks != b->stops[i].at.ticks)
            return false;
    return true;
}

bool responder_equal(const struct responder *a, const struct responder *b)
{
    return is_same_pool(RECORD_DECISION, &a->decisions, &b->decisions) &&
           is_same_pool(RECORD_ACTION, &a->actions, &b->actions) && is_same_pool(RECORD_HOLD, &a->holds, &b->holds) &&
           is_same_rest(a, b) && a->noted_sum == b->noted_sum;
}
