/* Somebody has answered: whom else that concerns. */
#include <stdio.h>

#include "flow/notify/notify_int.h"
#include "state/store/notices.h"

static bool is_word(const char *a, const char *b)
{
    return str_eq(str_of(a), str_of(b));
}

struct answered {
    struct store *store;
    const struct notice_record *about;
    const char *by, *answer;
    struct wall now;
    int64_t ids[64];
    size_t count;
};

/* Whoever has acknowledged one notice of a case has heard of the case. */
static bool find_same_case(void *arg, const struct notice_record *r)
{
    struct answered *a = arg;
    if (r->state == NOTICE_RUNNING && r->wants == WANTS_ACK && r->id != a->about->id &&
        is_word(r->tenant_id, a->about->tenant_id) && a->count < sizeof a->ids / sizeof *a->ids)
        a->ids[a->count++] = r->id;
    return true;
}

static bool find_pager(void *arg, const struct delivery_record *d)
{
    struct delivery_record *out = arg;
    if (is_word(d->kind, "pagerduty") && d->answer[0] == '\0') *out = *d;
    return true;
}

/* PagerDuty stops calling too. */
static bool acknowledge_pager(struct answered *a, int64_t id, struct err *e)
{
    struct delivery_record was = {0};
    if (!store_delivery_list(a->store, id, false, find_pager, &was, e)) return false;
    if (was.id == 0) return true;
    struct delivery_record d = {
        .notice_id = id, .rung = was.rung, .answer = "acknowledge", .created = a->now, .next_try = a->now};
    (void)snprintf(d.channel, sizeof d.channel, "%s", was.channel);
    (void)snprintf(d.kind, sizeof d.kind, "%s", was.kind);
    return store_delivery_put(a->store, &d, e);
}

static bool tell_answer(struct answered *a, struct err *e)
{
    struct notice_record n = *a->about;
    n.id = 0;
    n.created = a->now;
    n.kind = NOTICE_UPDATE;
    n.wants = WANTS_NOTHING;
    n.state = NOTICE_RUNNING;
    n.rung = 0;
    n.due = a->now;
    n.answered = n.expires = (struct wall){0};
    n.answered_by[0] = n.answer[0] = n.cause[0] = n.remedy[0] = '\0';
    n.body = STR_NONE;
    (void)snprintf(n.title, sizeof n.title, "%s: %s", a->by, a->answer);
    return store_notice_put(a->store, &n, e);
}

bool notify_answered(struct store *s, struct wall now, int64_t notice_id, const char *by, const char *answer,
                     struct err *e)
{
    struct notice_record n;
    bool found = false, changed = false;
    struct answered a = {.store = s, .about = &n, .by = by, .answer = answer, .now = now};
    if (!store_begin(s, e)) return false;
    bool ok = store_notice_find(s, notice_id, NULL, &n, &found, e) &&
              store_notice_answer(s, notice_id, by, answer, &changed, e);
    if (ok && found && changed) {
        if (n.wants == WANTS_ACK && n.group_key[0])
            ok = store_notice_list(s, &(struct notice_query){.group_key = n.group_key}, find_same_case, &a, e);
        for (size_t i = 0; ok && i < a.count; i++) ok = store_notice_answer(s, a.ids[i], by, answer, &changed, e);
        ok = ok && acknowledge_pager(&a, notice_id, e) && tell_answer(&a, e);
    }
    if (!ok) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e);
}
