/* A delivery that is due, as requests to a server. */
#include <stdio.h>
#include <stdlib.h>

#include "cloud/net/mail.h"
#include "cloud/tenant/proxies.h"
#include "flow/notify/notify_int.h"
#include "kit/seal/seal.h"
#include "state/conf/conf.h"
#include "state/store/notices.h"
#include "state/store/people.h"
#include "state/store/tenants.h"

enum { SKEW_MS = 5000, URL_MAX = 1024 };

bool is_phone_kind(const char *kind)
{
    return str_eq_nocase(str_of(kind), STR("phone"));
}

const char *const channel_kinds[] = {"email", "webhook", "slack", "teams", "pagerduty", "phone", NULL};

/* ---- what a channel needs ----------------------------------------------------------------------------------------------- */

static const char *phone_fault(const struct channel_record *c)
{
    if (c->account[0] == '\0') return "a phone channel needs the provider's account SID (--account)";
    if (c->sender[0] != '+') return "a phone channel needs the number it calls from, as +15550100 (--sender)";
    return NULL;
}

static const char *mail_fault(const struct channel_record *c)
{
    const char *fault = c->address[0] ? mail_url_fault(c->address) : "a mail channel needs its server (--address)";
    struct str fixed = str_of(c->recipients);
    if (fault) return fault;
    if (!mail_address_ok(str_of(c->sender))) return "a mail channel needs the mailbox it sends from (--sender)";
    while (fixed.n)
        if (!mail_address_ok(str_trim(str_cut(&fixed, ',')))) return "--recipients are bare mail addresses, by commas";
    return NULL;
}

const char *channel_fault(const struct channel_record *c, bool has_secret)
{
    struct str kind = str_of(c->kind);
    if (str_eq(kind, STR("email"))) {
        const char *fault = mail_fault(c);
        return fault || c->account[0] == '\0' || has_secret ? fault : "a mail channel with a user needs its password";
    }
    if (c->address[0] && conf_url_fault(str_of(c->address))) return conf_url_fault(str_of(c->address));
    if (str_eq(kind, STR("webhook")) && c->address[0] == '\0') return "a webhook needs its address (--address)";
    if (!has_secret)
        return str_eq(kind, STR("slack")) || str_eq(kind, STR("teams"))
                   ? "this channel's secret is the whole webhook address (--secret-file)"
                   : "this channel needs its secret: signing key, routing key or token (--secret-file)";
    return str_eq(kind, STR("phone")) ? phone_fault(c) : NULL;
}

/* ---- a job's parts ------------------------------------------------------------------------------------------------------ */

void job_free(struct job *j)
{
    if (j == NULL) return;
    for (size_t i = 0; i < JOB_REQUESTS_MAX; i++) {
        struct job_request *q = &j->requests[i];
        if (q->url.p) seal_wipe(q->url.p, q->url.cap); /* a webhook's is a secret; a body may hold a routing key */
        if (q->body.p) seal_wipe(q->body.p, q->body.cap);
        buf_done(&q->url);
        buf_done(&q->body);
        for (size_t k = 0; k < q->header_count; k++) free(q->headers[k]);
        if (j->answers[i].p) seal_wipe(j->answers[i].p, j->answers[i].cap); /* of a call: the PIN */
        buf_done(&j->answers[i]);
    }
    if (j->secret.p) seal_wipe(j->secret.p, j->secret.cap);
    buf_done(&j->secret);
    proxy_rules_unref(j->proxies);
    free(j);
}

static struct job_request *add_request(struct job *j, const char *method, const char *url)
{
    struct job_request *q = &j->requests[j->request_count++];
    q->method = method;
    buf_init(&q->url, URL_MAX);
    buf_init(&q->body, 0);
    buf_add_str(&q->url, str_of(url));
    return q;
}

static void add_header(struct job_request *q, const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, 0);
    buf_addf(&line, "%s: %s", name, value);
    if (q->header_count < JOB_HEADERS_MAX) q->headers[q->header_count] = str_dup(buf_str(&line));
    if (q->header_count < JOB_HEADERS_MAX && q->headers[q->header_count]) q->header_count++;
    buf_done(&line);
}

static void add_json_header(struct job_request *q)
{
    add_header(q, "Content-Type", "application/json");
}

/* ---- messages ------------------------------------------------------------------------------------------------------------- */

static void make_mail(const struct message *m, struct job *j)
{
    j->is_mail = true;
    render_mail(m, &add_request(j, "MAIL", m->channel->address)->body);
    render_message_id(m, j->delivery.provider_id);
    (void)snprintf(j->user, sizeof j->user, "%s", m->channel->account);
    (void)snprintf(j->sender, sizeof j->sender, "%s", m->channel->sender);
}

static void make_webhook(const struct message *m, struct job *j)
{
    char signature[SIGNATURE_BYTES], stamp[24], token[TOKEN_BYTES];
    struct job_request *q = add_request(j, "POST", m->channel->address);
    int64_t seconds = wall_ms(m->now) / 1000;
    render_token(m, token);
    render_webhook(m, &q->body);
    render_signature(buf_str(&j->secret), seconds, buf_str(&q->body), signature);
    (void)snprintf(stamp, sizeof stamp, "%lld", (long long)seconds);
    (void)snprintf(j->delivery.provider_id, sizeof j->delivery.provider_id, "%s", token);
    add_json_header(q);
    add_header(q, "Portcullis-Delivery", token);
    add_header(q, "Portcullis-Timestamp", stamp);
    add_header(q, "Portcullis-Signature", signature);
}

static void make_slack(const struct message *m, struct job *j)
{
    struct job_request *q = add_request(j, "POST", buf_cstr(&j->secret));
    add_json_header(q);
    render_slack(m, &q->body);
}

static void make_teams(const struct message *m, struct job *j)
{
    struct job_request *q = add_request(j, "POST", buf_cstr(&j->secret));
    add_json_header(q);
    render_teams(m, &q->body);
}

static void make_pagerduty(const struct message *m, struct job *j)
{
    const char *host = m->channel->address[0] ? m->channel->address : "https://events.pagerduty.com";
    struct job_request *q = add_request(j, "POST", host);
    const char *action = m->delivery->answer[0] ? m->delivery->answer : "trigger";
    if (m->notice->kind == NOTICE_OUTCOME && m->is_reply) action = "resolve";
    buf_add_str(&q->url, STR("/v2/enqueue"));
    add_json_header(q);
    render_pagerduty(m, action, buf_str(&j->secret), &q->body);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------------ */

static void executions_url(const struct channel_record *c, const char *tail, struct buf *out)
{
    buf_addf(out, "%s/v2/Flows/%s/Executions%s", c->address[0] ? c->address : "https://studio.twilio.com", c->flow,
             tail);
}

static void calls_url(const struct channel_record *c, const char *tail, struct buf *out)
{
    buf_addf(out, "%s/2010-04-01/Accounts/%s/Calls%s", c->address[0] ? c->address : "https://api.twilio.com",
             c->account, tail);
}

static void place(const struct message *m, struct job *j)
{
    struct job_request *q = add_request(j, "POST", "");
    if (j->has_flow) {
        executions_url(m->channel, "", &q->url);
        render_execution(m, &q->body);
    } else {
        calls_url(m->channel, ".json", &q->url);
        render_call(m, &q->body);
    }
    add_header(q, "Content-Type", "application/x-www-form-urlencoded");
}

static void look_up(const struct message *m, struct job *j)
{
    struct job_request *q = add_request(j, "GET", "");
    char since[WALL_TEXT_BYTES];
    (void)wall_format_digits(later_ms(m->delivery->sent, -SKEW_MS), 0, since);
    if (j->has_flow) {
        executions_url(m->channel, "?PageSize=50&DateCreatedFrom=", &q->url);
        percent_encode(&q->url, str_of(since));
    } else {
        calls_url(m->channel, ".json?PageSize=50&To=", &q->url);
        percent_encode(&q->url, str_of(m->delivery->target));
    }
}

static void poll_call(const struct message *m, struct job *j)
{
    char tail[SID_BYTES + 16];
    struct job_request *q = add_request(j, "GET", "");
    if (j->has_flow) { /* whether it has ended first: then the context that follows is the last one */
        (void)snprintf(tail, sizeof tail, "/%.60s", m->delivery->provider_id);
        executions_url(m->channel, tail, &q->url);
        (void)snprintf(tail, sizeof tail, "/%.60s/Context", m->delivery->provider_id);
        executions_url(m->channel, tail, &add_request(j, "GET", "")->url);
        return;
    }
    (void)snprintf(tail, sizeof tail, "/%.60s.json", m->delivery->provider_id);
    calls_url(m->channel, tail, &q->url);
}

static void make_call(const struct message *m, struct job *j)
{
    const struct delivery_record *d = m->delivery;
    j->has_flow = m->channel->flow[0] != '\0';
    (void)snprintf(j->user, sizeof j->user, "%s", m->channel->account);
    j->kind = d->provider_id[0] ? JOB_POLL : str_eq(str_of(d->answer), STR("lost")) ? JOB_LOOK_UP : JOB_PLACE;
    if (j->kind == JOB_POLL)
        poll_call(m, j);
    else if (j->kind == JOB_LOOK_UP)
        look_up(m, j);
    else
        place(m, j);
}

static const struct {
    const char *kind;
    void (*make)(const struct message *m, struct job *j);
} makers[] = {{"email", make_mail},  {"webhook", make_webhook},     {"slack", make_slack},
              {"teams", make_teams}, {"pagerduty", make_pagerduty}, {"phone", make_call}};

/* ---- what a message stands on -------------------------------------------------------------------------------------------- */

struct thread {
    const struct notice_record *notice;
    int64_t first;
    char title[NOTICE_TITLE_BYTES];
    enum notice_severity severity;
};

/* Of the same customer: two tenants' incidents may bear one number. */
static bool find_first(void *arg, const struct notice_record *r)
{
    struct thread *t = arg;
    if (r->state == NOTICE_JOINED || r->state == NOTICE_STORED ||
        !str_eq(str_of(r->tenant_id), str_of(t->notice->tenant_id)))
        return true;
    t->first = r->id;
    t->severity = r->severity;
    memcpy(t->title, r->title, sizeof t->title);
    return false;
}

static bool find_thread(struct store *s, const struct notice_record *n, struct thread *t, struct err *e)
{
    *t = (struct thread){.notice = n, .first = n->id, .severity = n->severity};
    memcpy(t->title, n->title, sizeof t->title);
    return n->group_key[0] == '\0' ||
           store_notice_list(s, &(struct notice_query){.group_key = n->group_key}, find_first, t, e);
}

struct told {
    const struct delivery_record *d;
    bool was_told;
};

static bool find_told(void *arg, const struct delivery_record *r)
{
    struct told *t = arg;
    t->was_told = str_eq(str_of(r->channel), str_of(t->d->channel)) && str_eq(str_of(r->target), str_of(t->d->target));
    return !t->was_told;
}

/* A channel of a tenant's own is reached as the tenant is. */
static bool find_proxies(struct round *r, const struct channel_record *c, struct proxy_rules **out, struct err *e)
{
    struct setting_scope at = {0};
    struct tenant_record t;
    bool found = false;
    if (c->tenant_id[0] && !store_tenant_find(r->notify->o.store, c->tenant_id, &t, &found, e)) return false;
    if (found) {
        at.org_id = t.org_id;
        memcpy(at.tenant_id, t.tenant_id, sizeof at.tenant_id);
    }
    *out = proxy_book_rules(r->book.proxies, &at);
    return true;
}

static bool make(struct round *r, const struct delivery_record *d, const struct notice_record *n, struct job *j,
                 struct err *e)
{
    struct store *s = r->notify->o.store;
    const struct channel_record *c = book_channel(&r->book, d->channel);
    struct thread thread;
    struct told told = {d, false};
    char secret_name[CHANNEL_BYTES + 16];
    bool has_secret = false;
    if (c == NULL)
        return err_set(e, &notify_causes[NOTIFY_NO_CHANNEL], "the channel %s is not there any more", d->channel);
    (void)snprintf(secret_name, sizeof secret_name, "channel.secret:%s", c->name);
    if (!store_secret_get(s, secret_name, &j->secret, &has_secret, e) || !find_thread(s, n, &thread, e) ||
        (thread.first != n->id && !store_delivery_list(s, thread.first, false, find_told, &told, e)) ||
        !find_proxies(r, c, &j->proxies, e))
        return false;
    const char *fault = channel_fault(c, has_secret);
    if (fault) return err_set(e, &notify_causes[NOTIFY_NO_CHANNEL], "the channel %s: %s", c->name, fault);
    struct message m = {n, d, c, store_id(s), thread.first, thread.title, thread.severity, told.was_told, r->now};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (str_eq(str_of(c->kind), str_of(makers[i].kind))) makers[i].make(&m, j);
    for (size_t i = 0; i < j->request_count; i++)
        if (j->requests[i].url.failed || j->requests[i].body.failed)
            return err_set(e, &base_causes[BASE_NO_MEMORY], "writing a message for %s", c->name);
    return j->request_count > 0 ||
           err_set(e, &notify_causes[NOTIFY_NO_CHANNEL], "the channel %s is of no kind we know: %s", c->name, c->kind);
}

bool job_make(struct round *r, const struct delivery_record *d, struct job **out, struct err *e)
{
    struct notice_record n;
    struct buf body, whole;
    bool found = false;
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "telling notice %lld", (long long)d->notice_id);
    j->notify = r->notify;
    j->delivery = *d;
    buf_init(&body, 0);
    buf_init(&whole, 0);
    bool ok = store_notice_find(r->notify->o.store, d->notice_id, &body, &n, &found, e);
    if (ok && !found)
        ok = err_set(e, &store_causes[STORE_GONE], "notice %lld is not there any more", (long long)d->notice_id);
    ok = ok && notice_text_for(r, d, &n, &whole, e);
    n.body = buf_str(&whole);
    ok = ok && make(r, d, &n, j, e);
    buf_done(&whole);
    buf_done(&body);
    if (ok)
        *out = j;
    else
        job_free(j);
    return ok;
}
