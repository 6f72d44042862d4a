/* One round, on a worker: what came back, what is due, what goes out. */
#include <stdlib.h>

#include "flow/notify/notify_int.h"
#include "state/store/notices.h"

enum { FLIGHTS_MAX = 32, IDLE_MS = 5000, TROUBLE_MS = 2000 };

static bool is_flying(const struct round *r, int64_t id)
{
    for (size_t i = 0; i < r->flying_count; i++)
        if (r->flying[i] == id) return true;
    return false;
}

struct due {
    struct round *r;
    struct delivery_record items[FLIGHTS_MAX];
    size_t count;
};

static bool find_due(void *arg, const struct delivery_record *d)
{
    struct due *due = arg;
    if (is_flying(due->r, d->id)) return true;
    if (d->next_try.ticks > due->r->now.ticks && d->state != DELIVERY_SENDING)
        sooner(&due->r->next, d->next_try);
    else if (due->count + due->r->flying_count < FLIGHTS_MAX && due->count < FLIGHTS_MAX)
        due->items[due->count++] = *d;
    return true;
}

/* Durable before the first byte: what it is called at the other side, and that it may have arrived. */
static bool send_off(struct round *r, struct delivery_record *d, struct err *e)
{
    struct job *j;
    struct err why;
    if (d->state == DELIVERY_SENDING && is_phone_kind(d->kind) && d->provider_id[0] == '\0')
        (void)str_copy(STR("lost"), d->answer, sizeof d->answer); /* we crashed while it was placed */
    if (!job_make(r, d, &j, &why)) {
        if (why.cause->kind == ERR_STORAGE || why.cause->kind == ERR_CORRUPT) {
            *e = why;
            return false;
        }
        delivery_fail(r, d, &why, 0, why.cause == &notify_causes[NOTIFY_NO_CHANNEL]);
        return store_delivery_put(r->notify->o.store, d, e);
    }
    *d = j->delivery;
    if (j->kind == JOB_TELL || j->kind == JOB_PLACE) {
        d->state = DELIVERY_SENDING;
        d->tries++;
        d->sent = r->now;
    }
    j->delivery = *d;
    if (!store_delivery_put(r->notify->o.store, d, e)) {
        job_free(j);
        return false;
    }
    TAILQ_INSERT_TAIL(&r->out, j, in_list);
    return true;
}

static bool settle_landed(struct round *r, struct err *e)
{
    struct job *j;
    bool ok = true;
    while (ok && (j = TAILQ_FIRST(&r->landed)) != NULL) {
        ok = job_settle(r, j, e);
        if (!ok) break;
        TAILQ_REMOVE(&r->landed, j, in_list);
        job_free(j);
    }
    return ok;
}

static bool look_and_choose(struct round *r, struct err *e)
{
    struct due *due = calloc(1, sizeof *due);
    struct store *s = r->notify->o.store;
    if (due == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "looking what is to be told");
    due->r = r;
    if (!store_begin(s, e)) {
        free(due);
        return false;
    }
    bool ok = outbox_look(r, e) && store_delivery_list(s, 0, true, find_due, due, e);
    for (size_t i = 0; ok && i < due->count; i++) ok = send_off(r, &due->items[i], e);
    if (ok)
        ok = store_commit(s, e);
    else
        store_rollback(s);
    free(due);
    return ok;
}

void round_run(void *round)
{
    struct round *r = round;
    struct job *j;
    struct err e;
    r->now = clock_wall(&r->notify->o.clock);
    r->next = later_ms(r->now, IDLE_MS);
    bool ok = book_load(r->notify->o.store, &r->book, &e) && settle_landed(r, &e) && look_and_choose(r, &e);
    book_free(&r->book);
    if (ok) return;
    r->next = later_ms(r->now, TROUBLE_MS); /* the store's trouble is told by whoever watches the store */
    while ((j = TAILQ_FIRST(&r->out)) != NULL) {
        TAILQ_REMOVE(&r->out, j, in_list);
        job_free(j);
    }
}
