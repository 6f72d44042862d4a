/* Asking Defender and waiting for the answer: from a thread of managed alerts, over the loop. */
#include "flow/act/manage_int.h"

#include <stdlib.h>

#include "kit/sys/thread.h"

enum { WAIT_STEP_MS = 200, TEXT_MAX = 65 << 20 };

/* Belongs to the list until nobody needs it: the asker when answered; else (stopping) it is freed with the rest. */
struct ask {
    LIST_ENTRY(ask) in_list;
    struct manage *m;
    struct gate *done;
    struct tenant *tenant;
    enum endpoint endpoint;
    enum call_urgency urgency;
    char *query, *kql, *body, *id;
    struct buf text;
    bool ok;
    struct err error;
};

static void answered(void *arg, struct call_answer *a)
{
    struct ask *k = arg;
    k->ok = a->error == NULL;
    if (a->error)
        k->error = *a->error;
    else if (!call_text(buf_str(&a->body), a->is_gzip, &k->text))
        k->ok = err_set(&k->error, &manage_causes[MANAGE_UNREADABLE], "%s: its answer cannot be unpacked",
                        endpoint_rows[k->endpoint].name);
    gate_open(k->done);
}

static void send_now(void *arg)
{
    struct ask *k = arg;
    if (atomic_load(&k->m->is_stopping)) { /* the calls may be gone already */
        k->ok = err_set(&k->error, &manage_causes[MANAGE_STOPPED], "it was not sent");
        gate_open(k->done);
        return;
    }
    struct fetch f = {.endpoint = k->endpoint,
                      .query = str_of(k->query),
                      .kql = str_of(k->kql),
                      .body = str_of(k->body),
                      .id = str_of(k->id)};
    calls_send(k->m->o.calls, k->tenant, &f, k->urgency, answered, k);
}

static void ask_free(struct ask *k)
{
    gate_free(k->done);
    tenant_unref(k->tenant);
    free(k->query);
    free(k->kql);
    free(k->body);
    free(k->id);
    buf_done(&k->text);
    free(k);
}

static struct ask *ask_new(struct manage *m, struct tenant *t, const struct fetch *f)
{
    struct ask *k = calloc(1, sizeof *k);
    INVARIANT(k);
    k->m = m;
    k->done = gate_new();
    k->tenant = tenant_ref(t);
    k->endpoint = f->endpoint;
    k->query = str_dup(f->query);
    k->kql = str_dup(f->kql);
    k->body = str_dup(f->body);
    k->id = str_dup(f->id);
    INVARIANT(k->query && k->kql && k->body && k->id);
    buf_init(&k->text, TEXT_MAX);
    pthread_mutex_lock(&m->lock);
    LIST_INSERT_HEAD(&m->asks, k, in_list);
    pthread_mutex_unlock(&m->lock);
    return k;
}

bool manage_ask(struct manage *m, struct tenant *t, const struct fetch *f, enum call_urgency urgency,
                struct buf *text_out, struct err *e)
{
    if (atomic_load(&m->is_stopping)) return err_set(e, &manage_causes[MANAGE_STOPPED], "it was not sent");
    struct ask *k = ask_new(m, t, f);
    k->urgency = urgency;
    m->o.runtime.post(m->o.runtime.ctx, send_now, k);
    while (!gate_wait_ms(k->done, WAIT_STEP_MS))
        if (atomic_load(&m->is_stopping))
            return err_set(e, &manage_causes[MANAGE_STOPPED], "%s: no answer was waited for",
                           endpoint_rows[f->endpoint].name);
    bool ok = k->ok && (text_out == NULL || buf_add_str(text_out, buf_str(&k->text)));
    if (!ok) *e = k->error;
    pthread_mutex_lock(&m->lock);
    LIST_REMOVE(k, in_list);
    pthread_mutex_unlock(&m->lock);
    ask_free(k);
    return ok;
}

void manage_asks_free(struct manage *m)
{
    struct ask *k;
    while ((k = LIST_FIRST(&m->asks)) != NULL) {
        LIST_REMOVE(k, in_list);
        ask_free(k);
    }
}

/* A question for the loop's memory. */
struct look_up {
    struct manage *m;
    struct gate *done;
    const char *tenant_id;
    enum endpoint endpoint;
    enum api_family family;
    enum access access;
    int64_t wait_ms;
};

static void look_up(void *arg)
{
    struct look_up *q = arg;
    if (!atomic_load(&q->m->is_stopping)) {
        q->access = calls_access(q->m->o.calls, q->tenant_id, q->endpoint);
        q->wait_ms = calls_wait_ms(q->m->o.calls, q->tenant_id, q->family);
    }
    gate_open(q->done);
}

static struct look_up looked_up(struct manage *m, const char *tenant_id, enum endpoint endpoint, enum api_family family)
{
    struct look_up q = {m, gate_new(), tenant_id, endpoint, family, ACCESS_UNKNOWN, 0};
    m->o.runtime.post(m->o.runtime.ctx, look_up, &q);
    gate_wait(q.done);
    gate_free(q.done);
    return q;
}

enum access manage_access(struct manage *m, const char *tenant_id, enum endpoint endpoint)
{
    return looked_up(m, tenant_id, endpoint, endpoint_rows[endpoint].family).access;
}

int64_t manage_quota_ms(struct manage *m, const char *tenant_id, enum api_family family)
{
    return looked_up(m, tenant_id, EP_MACHINES, family).wait_ms;
}

bool manage_may(struct manage *m, const char *tenant_id, enum endpoint endpoint)
{
    enum access access = manage_access(m, tenant_id, endpoint);
    return access == ACCESS_GRANTED || access == ACCESS_UNKNOWN;
}
