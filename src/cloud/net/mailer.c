/* Threads for mail alone. libcurl says goodbye to a mail server in a way that blocks, whatever the interface; on the loop a
 * server that does not answer would hold up everything. A mail is a call like any other until it starts, and from its end on. */
#include <stdlib.h>

#include "cloud/net/http_int.h"
#include "kit/sys/thread.h"

enum { MAIL_THREADS = 4 };

struct mailer {
    struct loop *loop;
    struct http_client *client; /* NULL: gone. Of the loop's thread, as `threads` */
    struct thread *threads[MAIL_THREADS];
    unsigned thread_count;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t more;
    struct call_queue queue, ended;
    bool is_stopping;
    unsigned posts; /* on_ended, still to come */
};

static void mailer_free(struct mailer *m)
{
    (void)pthread_mutex_destroy(&m->lock);
    (void)pthread_cond_destroy(&m->more);
    free(m);
}

static void on_ended(void *arg)
{
    struct mailer *m = arg;
    struct http_call *call;
    for (;;) {
        pthread_mutex_lock(&m->lock);
        call = m->client ? TAILQ_FIRST(&m->ended) : NULL;
        if (call) TAILQ_REMOVE(&m->ended, call, in_mails);
        if (call == NULL) m->posts--;
        bool is_last = call == NULL && m->client == NULL && m->posts == 0;
        pthread_mutex_unlock(&m->lock);
        if (is_last) mailer_free(m);
        if (call == NULL) return;
        call_ended(call, call->mail_code);
    }
}

static size_t ignore(char *p, size_t one, size_t n, void *arg)
{
    (void)p, (void)arg;
    return one * n;
}

static void deliver(struct mailer *m, struct http_call *call)
{
    CURL *easy = call->easy;
    call->mail_code = curl_easy_perform(easy);
    call->easy = NULL; /* the goodbye is ours, and may take its time; the call is the loop's again */
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, ignore);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    pthread_mutex_lock(&m->lock);
    TAILQ_INSERT_TAIL(&m->ended, call, in_mails);
    m->posts++;
    pthread_mutex_unlock(&m->lock);
    loop_post(m->loop, on_ended, m);
    curl_easy_cleanup(easy);
}

static void run(void *arg)
{
    struct mailer *m = arg;
    pthread_mutex_lock(&m->lock);
    while (!m->is_stopping) {
        struct http_call *call = TAILQ_FIRST(&m->queue);
        if (call == NULL) {
            pthread_cond_wait(&m->more, &m->lock);
            continue;
        }
        TAILQ_REMOVE(&m->queue, call, in_mails);
        pthread_mutex_unlock(&m->lock);
        deliver(m, call);
        pthread_mutex_lock(&m->lock);
    }
    pthread_mutex_unlock(&m->lock);
}

void mailer_take(struct http_client *c, struct http_call *call)
{
    struct mailer *m = c->mailer;
    struct err e;
    if (m == NULL) {
        m = c->mailer = calloc(1, sizeof *m);
        INVARIANT(m != NULL && pthread_mutex_init(&m->lock, NULL) == 0 && pthread_cond_init(&m->more, NULL) == 0);
        m->loop = c->loop;
        m->client = c;
        TAILQ_INIT(&m->queue);
        TAILQ_INIT(&m->ended);
    }
    if (m->thread_count < MAIL_THREADS && thread_start(run, m, &m->threads[m->thread_count], &e)) m->thread_count++;
    INVARIANT(m->thread_count > 0); /* a system without room for one thread cannot go on anyway */
    call->is_at_mailer = true;
    pthread_mutex_lock(&m->lock);
    TAILQ_INSERT_TAIL(&m->queue, call, in_mails);
    pthread_cond_signal(&m->more);
    pthread_mutex_unlock(&m->lock);
}

/* What is under way gives up within a second or so; its calls are the client's to free. */
void mailer_stop(struct http_client *c)
{
    struct mailer *m = c->mailer;
    struct http_call *call;
    if (m == NULL) return;
    LIST_FOREACH(call, &c->calls, in_calls) atomic_store(&call->gives_up, true);
    pthread_mutex_lock(&m->lock);
    m->is_stopping = true;
    pthread_cond_broadcast(&m->more);
    pthread_mutex_unlock(&m->lock);
    for (unsigned i = 0; i < m->thread_count; i++) thread_join(m->threads[i]);
    pthread_mutex_lock(&m->lock);
    m->client = NULL;
    bool is_last = m->posts == 0;
    pthread_mutex_unlock(&m->lock);
    if (is_last) mailer_free(m);
    c->mailer = NULL;
}
