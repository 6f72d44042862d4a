/* How it stands, for health and readiness. */
#include <stdio.h>

#include "flow/notify/notify_int.h"
#include "kit/seal/seal.h"
#include "state/store/notices.h"
#include "state/store/people.h"

struct looking {
    struct notify_state *out;
    struct wall now;
    struct wall newest_dead;
};

static bool look_at_notice(void *arg, const struct notice_record *n)
{
    struct looking *l = arg;
    bool is_untold = n->state == NOTICE_NEW || (n->state == NOTICE_RUNNING && n->rung == 0);
    l->out->open++;
    if (is_untold && (l->out->oldest.ticks == 0 || n->created.ticks < l->out->oldest.ticks))
        l->out->oldest = n->created;
    return true;
}

/* A call nobody took is how calls end; a channel that does not work is trouble. */
static bool look_at_delivery(void *arg, const struct delivery_record *d)
{
    struct looking *l = arg;
    bool is_trouble =
        d->state == DELIVERY_DEAD && !str_eq(str_of(d->error_code), str_of(notify_causes[NOTIFY_NO_PERSON].code));
    if (!is_trouble || d->settled.ticks < wall_add(l->now, -WALL_TICKS_PER_DAY).ticks) return true;
    l->out->dead++;
    if (d->settled.ticks < l->newest_dead.ticks) return true;
    l->newest_dead = d->settled;
    (void)snprintf(l->out->error_code, sizeof l->out->error_code, "%s", d->error_code);
    (void)snprintf(l->out->error_text, sizeof l->out->error_text, "%s", d->error_text);
    return true;
}

static void look_at_channels(struct store *s, const struct book *b, const char *tenant_id, struct notify_state *out)
{
    for (size_t i = 0; i < b->channel_count; i++) {
        const struct channel_record *c = &b->channels[i];
        char name[CHANNEL_BYTES + 16];
        struct buf plain;
        struct err e;
        bool has_secret = false;
        if (!c->is_enabled || (c->tenant_id[0] && tenant_id[0] && !str_eq(str_of(c->tenant_id), str_of(tenant_id))))
            continue;
        (void)snprintf(name, sizeof name, "channel.secret:%s", c->name);
        buf_init(&plain, 0);
        bool is_readable = store_secret_get(s, name, &plain, &has_secret, &e);
        if (plain.p) seal_wipe(plain.p, plain.cap);
        buf_done(&plain);
        if (!is_readable || channel_fault(c, has_secret)) continue;
        out->channels++;
        out->has_phone = out->has_phone || is_phone_kind(c->kind);
        out->has_keys = out->has_keys || (is_phone_kind(c->kind) && c->flow[0]);
    }
}

static void look_at_duty(const struct book *b, const char *tenant_id, struct zone_time local, struct wall now,
                         struct notify_state *out)
{
    bool has_own = false;
    for (size_t i = 0; i < b->duty_count; i++)
        has_own = has_own || (tenant_id[0] && str_eq(str_of(b->duties[i].tenant_id), str_of(tenant_id)) &&
                              str_eq_nocase(str_of(b->duties[i].list), STR("on-call")));
    for (size_t i = 0; i < b->duty_count; i++) {
        const struct duty_record *d = &b->duties[i];
        const struct person_record *p = book_person(b, d->person);
        if (!str_eq_nocase(str_of(d->list), STR("on-call")) ||
            !str_eq(str_of(d->tenant_id), has_own ? str_of(tenant_id) : STR("")) || !duty_holds(d, local, now) ||
            p == NULL)
            continue;
        out->on_duty++;
        out->on_duty_phone += p->phone[0] != '\0';
    }
}

bool notify_look(struct store *s, const char *tenant_id, const struct zone *zone, struct wall now,
                 struct notify_state *out, struct err *e)
{
    struct book b;
    struct notify_state state = {0};
    struct looking l = {&state, now, {0}};
    const char *tenant = tenant_id ? tenant_id : "";
    if (!book_load(s, &b, e)) return false;
    look_at_channels(s, &b, tenant, &state);
    look_at_duty(&b, tenant, zone_local(zone, now), now, &state);
    book_free(&b);
    if (!store_notice_list(s, &(struct notice_query){.is_open = true}, look_at_notice, &l, e) ||
        !store_delivery_list(s, 0, false, look_at_delivery, &l, e))
        return false;
    *out = state;
    return true;
}
