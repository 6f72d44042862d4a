#include "flow/act/manage_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/sys/thread.h"
#include "state/store/managed.h"

enum { LOOK_EVERY_MS = 2000, REST_MIN_S = 15, REST_MAX_S = 15 * 60, CLAIM_WAITS_MS = 120 * 1000, KEEP_DAYS = 90 };

const char *const managed_state_names[MANAGED_STATES] = {
    [MANAGED_IDLE] = "idle",           [MANAGED_INTENT] = "pending",  [MANAGED_SENT] = "sent",
    [MANAGED_CONFIRMED] = "confirmed", [MANAGED_REFUSED] = "refused", [MANAGED_UNSEEN] = "not visible"};

const struct cause manage_causes[MANAGE_CAUSE_COUNT] = {
    [MANAGE_NO_ALERT] = {"manage.no_alert", ERR_INPUT, "no feed has brought an alert of that id",
                         "See which there are: portcullis alert list; a new one comes with the next poll."},
    [MANAGE_AMBIGUOUS] = {"manage.ambiguous", ERR_INPUT, "several tenants have an alert of that id",
                          "Name the tenant with --tenant."},
    [MANAGE_KEPT] = {"manage.kept", ERR_INPUT, "the alert should be left as it is",
                     "Look at it in Defender; if you mean it all the same, give --anyway."},
    [MANAGE_BAD_PAIR] = {"manage.bad_pair", ERR_INPUT, "the determination does not go with the classification",
                         "Choose one of the pairs in docs/managed-alerts.md; a determination needs a classification."},
    [MANAGE_NOTHING] = {"manage.nothing", ERR_INPUT, "there is nothing to write", "Give a comment of 1 to 900 bytes."},
    [MANAGE_BUSY] = {"manage.busy", ERR_RETRY, "a change of ours to this alert is under way",
                     "Wait until it has settled (portcullis alert show), then try again."},
    [MANAGE_NOT_VISIBLE] = {"manage.not_visible", ERR_UNCERTAIN, "Defender accepted the change but does not show it",
                            "Look at the alert in Defender; it is read again every hour for a day."},
    [MANAGE_LOST] = {"manage.lost", ERR_UNCERTAIN, "the answer to a change got lost, and the change does not show",
                     "Look at the alert in Defender and make the change there, or order it again."},
    [MANAGE_UNREADABLE] = {"manage.unreadable", ERR_RETRY, "an answer of Defender's about an alert cannot be read",
                           "It is read again by itself; if it stays so, look whether a proxy changes answers."},
    [MANAGE_STOPPED] = {"manage.stopped", ERR_RETRY, "the service is ending",
                        "What was sent is looked for at the next start; order it again if it has not settled then."},
};

/* ---- whose turn it is -------------------------------------------------------------------------------------------------------- */

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static char *find_in(char (*list)[GUID_BYTES], size_t count, const char *tenant_id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], tenant_id) == 0) return list[i];
    return NULL;
}

static bool is_busy(struct manage *m, const char *tenant_id)
{
    return find_in(m->busy, COUNT(m->busy), tenant_id) != NULL;
}

/* One may stand there twice: two people wait. */
static bool mark(char (*list)[GUID_BYTES], size_t count, const char *tenant_id)
{
    char *place = find_in(list, count, "");
    return place && str_copy(str_of(tenant_id), place, GUID_BYTES);
}

static void unmark(char (*list)[GUID_BYTES], size_t count, const char *tenant_id)
{
    char *place = find_in(list, count, tenant_id);
    if (place) place[0] = '\0';
}

static bool mark_busy(struct manage *m, const char *tenant_id)
{
    return mark(m->busy, COUNT(m->busy), tenant_id);
}

bool manage_is_wanted(struct manage *m, const char *tenant_id)
{
    pthread_mutex_lock(&m->lock);
    bool is_wanted = find_in(m->wanted, COUNT(m->wanted), tenant_id) != NULL;
    pthread_mutex_unlock(&m->lock);
    return is_wanted;
}

static void wait_for_news(struct manage *m, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    (void)pthread_cond_timedwait(&m->news, &m->lock, &until);
}

bool manage_claim(struct manage *m, const char *tenant_id)
{
    bool ok = false;
    pthread_mutex_lock(&m->lock);
    bool is_marked = mark(m->wanted, COUNT(m->wanted), tenant_id);
    for (int64_t waited = 0; !atomic_load(&m->is_stopping) && !ok && waited < CLAIM_WAITS_MS; waited += LOOK_EVERY_MS) {
        ok = !is_busy(m, tenant_id) && mark_busy(m, tenant_id);
        if (!ok) wait_for_news(m, LOOK_EVERY_MS);
    }
    if (is_marked) unmark(m->wanted, COUNT(m->wanted), tenant_id);
    pthread_mutex_unlock(&m->lock);
    return ok;
}

void manage_release(struct manage *m, const char *tenant_id)
{
    pthread_mutex_lock(&m->lock);
    unmark(m->busy, COUNT(m->busy), tenant_id);
    pthread_cond_broadcast(&m->news);
    pthread_mutex_unlock(&m->lock);
}

static struct resting *resting_of(struct manage *m, const char *tenant_id)
{
    struct resting *r;
    LIST_FOREACH(r, &m->resting, in_list)
    if (strcmp(r->tenant_id, tenant_id) == 0) return r;
    return NULL;
}

/* A tenant that fails hurts no other: it waits, twice as long each time. */
static void note_end(struct manage *m, const char *tenant_id, bool ok)
{
    pthread_mutex_lock(&m->lock);
    struct resting *r = resting_of(m, tenant_id);
    if (ok && r) {
        LIST_REMOVE(r, in_list);
        free(r);
    } else if (!ok) {
        if (r == NULL && (r = calloc(1, sizeof *r)) != NULL) {
            (void)str_copy(str_of(tenant_id), r->tenant_id, sizeof r->tenant_id);
            LIST_INSERT_HEAD(&m->resting, r, in_list);
        }
        if (r) {
            int64_t s = (int64_t)REST_MIN_S << (r->failures < 6 ? r->failures++ : 6);
            r->until = wall_add(manage_now(m), (s < REST_MAX_S ? s : REST_MAX_S) * WALL_TICKS_PER_S);
        }
    }
    pthread_mutex_unlock(&m->lock);
}

struct pick {
    struct manage *m;
    struct wall now;
    char tenant_id[GUID_BYTES];
};

static bool consider(void *arg, const char *tenant_id, struct wall due)
{
    struct pick *p = arg;
    const struct resting *r = resting_of(p->m, tenant_id);
    if (due.ticks > p->now.ticks) return false; /* they come in order */
    if (is_busy(p->m, tenant_id) || find_in(p->m->wanted, COUNT(p->m->wanted), tenant_id) ||
        (r && r->until.ticks > p->now.ticks))
        return true;
    (void)str_copy(str_of(tenant_id), p->tenant_id, sizeof p->tenant_id);
    return false;
}

/* Under the lock. */
static bool pick_tenant(struct manage *m, char out[GUID_BYTES])
{
    struct pick p = {.m = m, .now = manage_now(m)};
    struct err ignored; /* the store's failures are told by those who write */
    if (!store_managed_due(m->o.store, consider, &p, &ignored) || !p.tenant_id[0]) return false;
    memcpy(out, p.tenant_id, GUID_BYTES);
    return mark_busy(m, out);
}

static void take_in(struct manage *m)
{
    struct err e;
    m->is_taking = true;
    pthread_mutex_unlock(&m->lock);
    if (!manage_take_all(m, &e)) atomic_store(&m->wants_take, true); /* again, later */
    pthread_mutex_lock(&m->lock);
    m->is_taking = false;
}

static void work(void *arg)
{
    struct manage *m = arg;
    char tenant_id[GUID_BYTES];
    struct err e;
    pthread_mutex_lock(&m->lock);
    while (!atomic_load(&m->is_stopping)) {
        if (!m->is_taking && atomic_exchange(&m->wants_take, false)) {
            take_in(m);
        } else if (pick_tenant(m, tenant_id)) {
            pthread_mutex_unlock(&m->lock);
            note_end(m, tenant_id, manage_round(m, tenant_id, &e));
            manage_release(m, tenant_id);
            pthread_mutex_lock(&m->lock);
            continue;
        }
        if (!atomic_load(&m->is_stopping)) wait_for_news(m, LOOK_EVERY_MS);
    }
    pthread_mutex_unlock(&m->lock);
}

/* ---- the face ---------------------------------------------------------------------------------------------------------------- */

bool manage_new(const struct manage_opts *o, struct manage **out, struct err *e)
{
    struct manage *m = calloc(1, sizeof *m);
    if (m == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "managed alerts");
    m->o = *o;
    (void)snprintf(m->mark, sizeof m->mark, MANAGE_MARK "%.8s/", store_id(o->store));
    LIST_INIT(&m->resting);
    LIST_INIT(&m->asks);
    INVARIANT(pthread_mutex_init(&m->lock, NULL) == 0 && pthread_cond_init(&m->news, NULL) == 0);
    *out = m;
    return true;
}

bool manage_start(struct manage *m, struct err *e)
{
    atomic_store(&m->wants_take, true);
    for (int i = 0; !m->o.is_manual && i < MANAGE_THREADS; i++)
        if (!thread_start(work, m, &m->threads[i], e)) return false;
    struct wall old = wall_add(manage_now(m), -KEEP_DAYS * WALL_TICKS_PER_DAY);
    return store_managed_drop(m->o.store, old, e);
}

void manage_wake(struct manage *m)
{
    atomic_store(&m->wants_take, true);
    pthread_cond_signal(&m->news);
}

void manage_halt(struct manage *m)
{
    atomic_store(&m->is_stopping, true);
    pthread_cond_broadcast(&m->news);
}

void manage_stop(struct manage *m)
{
    if (m == NULL) return;
    manage_halt(m);
    for (int i = 0; i < MANAGE_THREADS; i++) thread_join(m->threads[i]);
    memset(m->threads, 0, sizeof m->threads);
}

void manage_free(struct manage *m)
{
    struct resting *r;
    if (m == NULL) return;
    manage_asks_free(m);
    while ((r = LIST_FIRST(&m->resting)) != NULL) {
        LIST_REMOVE(r, in_list);
        free(r);
    }
    pthread_cond_destroy(&m->news);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
