#include "face/app/engine/keeping.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "cloud/tenant/app.h"
#include "kit/sys/thread.h"
#include "state/store/apps.h"

/* The first looks come soon: what logins bring is not there at once. */
static const unsigned waits_s[] = {3, 10, 60, 3600};
enum { WAITS = sizeof waits_s / sizeof waits_s[0] };

struct event {
    STAILQ_ENTRY(event) in_queue;
    int64_t app_id, credential_id, fell_to;
    bool is_refused;
    struct err why;
};
STAILQ_HEAD(event_queue, event);

struct keeping {
    struct keeping_opts o;
    struct store *store;
    struct thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    struct event_queue queue;
    bool is_woken, is_ending;
};

bool keeping_new(const struct keeping_opts *o, struct keeping **out, struct err *e)
{
    struct keeping *k = calloc(1, sizeof *k);
    if (k == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "keeping credentials");
    k->o = *o;
    k->store = o->installation->store;
    STAILQ_INIT(&k->queue);
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_cond_init(&k->change, NULL);
    *out = k;
    return true;
}

/* ---- what logins say ------------------------------------------------------------------------------------------------------- */

struct wanted {
    int64_t id;
    struct credential_record *out;
    bool is_there;
};

static bool want(void *arg, const struct credential_record *r)
{
    struct wanted *w = arg;
    if (r->id != w->id) return true;
    *w->out = *r;
    w->is_there = r->state == CREDENTIAL_NEXT || r->state == CREDENTIAL_OLD;
    return false;
}

/* In the store too the spare one is in force; once, whichever of the tenants fell over first. */
static bool go_over(struct keeping *k, const struct event *v, struct err *e)
{
    struct credential_record spare;
    struct wanted w = {v->fell_to, &spare, false};
    if (!store_credential_list(k->store, v->app_id, want, &w, e) || !w.is_there) return false;
    return credential_switch(k->store, &spare, e) && credentials_tell_switch(k->store, v->app_id, &v->why, e);
}

static void take(struct keeping *k, const struct event *v)
{
    struct err e;
    bool is_new = false;
    if (!credential_judged(k->store, v->app_id, v->credential_id, v->is_refused ? &v->why : NULL, &is_new, &e)) return;
    if (!v->is_refused || v->fell_to == 0 || !go_over(k, v, &e)) return;
    k->o.on_switch(k->o.ctx);
    k->o.on_notices(k->o.ctx);
}

void keeping_event(struct keeping *k, const struct credential_event *event)
{
    struct event *v = calloc(1, sizeof *v);
    INVARIANT(v);
    *v = (struct event){.app_id = event->app_id,
                        .credential_id = event->credential_id,
                        .fell_to = event->fell_to,
                        .is_refused = event->refused != NULL};
    if (event->refused) v->why = *event->refused;
    (void)pthread_mutex_lock(&k->lock);
    STAILQ_INSERT_TAIL(&k->queue, v, in_queue);
    (void)pthread_cond_broadcast(&k->change);
    (void)pthread_mutex_unlock(&k->lock);
}

void keeping_wake(struct keeping *k)
{
    (void)pthread_mutex_lock(&k->lock);
    k->is_woken = true;
    (void)pthread_cond_broadcast(&k->change);
    (void)pthread_mutex_unlock(&k->lock);
}

/* ---- its thread ------------------------------------------------------------------------------------------------------------ */

enum { APPS_MAX = 65536 };
struct homes {
    struct app_record *apps;
    size_t count;
};

static bool note_home(void *arg, const struct app_record *r)
{
    struct homes *h = arg;
    if (r->home_tenant[0] == '\0') return true;
    if ((h->count & (h->count - 1)) == 0) {
        struct app_record *wider = realloc(h->apps, (h->count ? 2 * h->count : 1) * sizeof *wider);
        INVARIANT(wider);
        h->apps = wider;
    }
    h->apps[h->count++] = *r;
    return h->count < APPS_MAX;
}

/* What Entra tells of each app, in its home tenant, where that is one of ours and lets us. */
static void read_one(struct keeping *k, const struct app_record *app)
{
    struct tenant *t = NULL;
    struct buf json;
    struct err e;
    if (!tenant_read(k->store, &k->o.installation->conf, app->home_tenant, &t, &e)) return;
    buf_init(&json, 0);
    if (t->record.is_enabled && k->o.read(k->o.ctx, t, app->client_id, &json))
        (void)credential_read(k->store, app, buf_str(&json), &e);
    buf_done(&json);
    tenant_unref(t);
}

static bool is_ending(struct keeping *k)
{
    (void)pthread_mutex_lock(&k->lock);
    bool is_it = k->is_ending;
    (void)pthread_mutex_unlock(&k->lock);
    return is_it;
}

static void read_all(struct keeping *k)
{
    struct homes h = {.count = 0};
    struct err e;
    if (store_app_list(k->store, note_home, &h, &e))
        for (size_t i = 0; i < h.count && !is_ending(k); i++) read_one(k, &h.apps[i]);
    free(h.apps);
}

static void look(struct keeping *k)
{
    bool told = false;
    struct err e;
    if (k->o.is_manual) return;
    read_all(k);
    if (credentials_warn(k->store, &told, &e) && told) k->o.on_notices(k->o.ctx);
}

/* The next event, or NULL: it is time to look, or over. */
static struct event *next(struct keeping *k, unsigned seconds)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    (void)pthread_mutex_lock(&k->lock);
    while (STAILQ_EMPTY(&k->queue) && !k->is_ending && !k->is_woken)
        if (pthread_cond_timedwait(&k->change, &k->lock, &until) != 0) break;
    struct event *v = STAILQ_FIRST(&k->queue);
    if (v)
        STAILQ_REMOVE_HEAD(&k->queue, in_queue);
    else
        k->is_woken = false;
    (void)pthread_mutex_unlock(&k->lock);
    return v;
}

static bool is_over(struct keeping *k)
{
    (void)pthread_mutex_lock(&k->lock);
    bool is_it = k->is_ending && STAILQ_EMPTY(&k->queue);
    (void)pthread_mutex_unlock(&k->lock);
    return is_it;
}

static void run(void *arg)
{
    struct keeping *k = arg;
    unsigned looks = 0;
    while (!is_over(k)) {
        struct event *v = next(k, waits_s[looks < WAITS ? looks : WAITS - 1]);
        if (v) {
            take(k, v);
            free(v);
        } else if (!is_over(k)) {
            look(k);
            looks++;
        }
    }
}

bool keeping_start(struct keeping *k, struct err *e)
{
    return thread_start(run, k, &k->thread, e);
}

void keeping_stop(struct keeping *k)
{
    if (k == NULL) return;
    (void)pthread_mutex_lock(&k->lock);
    k->is_ending = true;
    (void)pthread_cond_broadcast(&k->change);
    (void)pthread_mutex_unlock(&k->lock);
    thread_join(k->thread);
    k->thread = NULL;
}

void keeping_free(struct keeping *k)
{
    struct event *v;
    if (k == NULL) return;
    while ((v = STAILQ_FIRST(&k->queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&k->queue, in_queue);
        free(v);
    }
    (void)pthread_cond_destroy(&k->change);
    (void)pthread_mutex_destroy(&k->lock);
    free(k);
}
