#include "face/app/engine/watching.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "face/health/capability.h"
#include "kit/sys/thread.h"

struct news {
    STAILQ_ENTRY(news) in_queue;
    char tenant_id[GUID_BYTES], client_id[GUID_BYTES];
    bool is_feed;
    /* of a login */
    enum audience audience;
    char *roles;
    bool is_refused;
    struct err error;
    /* of a feed */
    char feed[64];
    bool is_licensed;
};
STAILQ_HEAD(news_queue, news);

struct watching {
    struct store *store;
    void (*on_notices)(void *ctx);
    void *ctx;
    struct thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    struct news_queue queue;
    bool is_busy, is_ending;
};

bool watching_new(struct store *s, void (*on_notices)(void *ctx), void *ctx, struct watching **out, struct err *e)
{
    struct watching *w = calloc(1, sizeof *w);
    if (w == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "watching logins");
    w->store = s;
    w->on_notices = on_notices;
    w->ctx = ctx;
    STAILQ_INIT(&w->queue);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->change, NULL);
    *out = w;
    return true;
}

static void news_free(struct news *n)
{
    free(n->roles);
    free(n);
}

/* ---- its thread ------------------------------------------------------------------------------------------------------------- */

static bool take_in(struct watching *w, const struct news *n, bool *told, struct err *e)
{
    if (n->is_feed) {
        struct feed_news f = {n->tenant_id, n->feed, n->is_licensed, n->error.text};
        return capability_feed(w->store, &f, told, e);
    }
    struct login_news l = {n->tenant_id, n->client_id, n->audience, str_of(n->roles), n->is_refused ? &n->error : NULL};
    return capability_login(w->store, &l, told, e);
}

/* What cannot be stored comes again with the next token. */
static void take(struct watching *w, struct news *n)
{
    bool told = false;
    struct err e;
    (void)take_in(w, n, &told, &e);
    if (told && w->on_notices) w->on_notices(w->ctx);
    news_free(n);
}

static struct news *next(struct watching *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->is_busy = false;
    (void)pthread_cond_broadcast(&w->change);
    while (STAILQ_EMPTY(&w->queue) && !w->is_ending) (void)pthread_cond_wait(&w->change, &w->lock);
    struct news *n = STAILQ_FIRST(&w->queue);
    if (n) STAILQ_REMOVE_HEAD(&w->queue, in_queue);
    w->is_busy = n != NULL;
    (void)pthread_mutex_unlock(&w->lock);
    return n;
}

static void run(void *arg)
{
    struct watching *w = arg;
    for (struct news *n; (n = next(w)) != NULL;) take(w, n);
}

bool watching_start(struct watching *w, struct err *e)
{
    return thread_start(run, w, &w->thread, e);
}

void watching_settle(struct watching *w)
{
    (void)pthread_mutex_lock(&w->lock);
    while (w->thread && (w->is_busy || !STAILQ_EMPTY(&w->queue))) (void)pthread_cond_wait(&w->change, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
}

void watching_stop(struct watching *w)
{
    if (w == NULL) return;
    (void)pthread_mutex_lock(&w->lock);
    w->is_ending = true;
    (void)pthread_cond_broadcast(&w->change);
    (void)pthread_mutex_unlock(&w->lock);
    thread_join(w->thread);
    w->thread = NULL;
}

void watching_free(struct watching *w)
{
    struct news *n;
    if (w == NULL) return;
    while ((n = STAILQ_FIRST(&w->queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&w->queue, in_queue);
        news_free(n);
    }
    (void)pthread_cond_destroy(&w->change);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

/* ---- handing over ----------------------------------------------------------------------------------------------------------- */

static void give(struct watching *w, struct news *n)
{
    (void)pthread_mutex_lock(&w->lock);
    STAILQ_INSERT_TAIL(&w->queue, n, in_queue);
    (void)pthread_cond_broadcast(&w->change);
    (void)pthread_mutex_unlock(&w->lock);
}

static struct news *news_new(const char *tenant_id)
{
    struct news *n = calloc(1, sizeof *n);
    INVARIANT(n);
    (void)snprintf(n->tenant_id, sizeof n->tenant_id, "%s", tenant_id);
    return n;
}

void watching_login(struct watching *w, const struct login_news *l)
{
    struct news *n = news_new(l->tenant_id);
    (void)snprintf(n->client_id, sizeof n->client_id, "%s", l->client_id);
    n->audience = l->audience;
    n->roles = str_dup(l->roles);
    INVARIANT(n->roles);
    n->is_refused = l->e != NULL;
    if (l->e) n->error = *l->e;
    give(w, n);
}

void watching_feed(struct watching *w, const struct ingest_change *c)
{
    bool is_lost = c->to == INGEST_NOT_LICENSED && c->was_read;
    bool is_back = c->to == INGEST_OK && c->from == INGEST_NOT_LICENSED;
    if (!is_lost && !is_back) return;
    struct news *n = news_new(c->tenant_id);
    n->is_feed = true;
    n->is_licensed = is_back;
    (void)snprintf(n->feed, sizeof n->feed, "%s", c->feed);
    (void)snprintf(n->error.text, sizeof n->error.text, "%s", c->text ? c->text : "");
    give(w, n);
}
