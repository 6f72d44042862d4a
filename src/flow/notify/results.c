/* What came back, into the store. */
#include <stdio.h>

#include "flow/notify/notify_int.h"
#include "kit/seal/seal.h"
#include "state/store/notices.h"
#include "state/store/people.h"

enum {
    TRIES_MAX = 12,
    CALL_TRIES_MAX = 3,
    BACKOFF_MS = 2000,
    BACKOFF_MAX_MS = 10 * 60 * 1000,
    LOOK_UP_AFTER_MS = 3000, /* a call takes a moment to show up in the provider's lists */
    CALL_LOST_MS = 5 * 60 * 1000,
    POLL_MS = 3000,
    SAID_MAX = 200,
    SKEW_MS = 5000,
};

static int64_t backoff_ms(struct round *r, int64_t tries)
{
    int64_t ms = BACKOFF_MS;
    for (int64_t i = 1; i < tries && ms < BACKOFF_MAX_MS; i++) ms *= 2;
    if (ms > BACKOFF_MAX_MS) ms = BACKOFF_MAX_MS;
    return ms - ms / 5 + (int64_t)rng_below(&r->notify->rng, (uint64_t)(ms / 5 * 2 + 1));
}

static void end(struct round *r, struct delivery_record *d, enum delivery_state state)
{
    d->state = state;
    d->settled = r->now;
    d->next_try = (struct wall){0};
}

static void say_error(struct delivery_record *d, const struct err *why)
{
    (void)snprintf(d->error_code, sizeof d->error_code, "%s", why->cause->code);
    (void)snprintf(d->error_text, sizeof d->error_text, "%s", why->text);
}

void delivery_fail(struct round *r, struct delivery_record *d, const struct err *why, uint32_t retry_after_ms,
                   bool is_final)
{
    int64_t most = is_phone_kind(d->kind) ? CALL_TRIES_MAX : TRIES_MAX;
    say_error(d, why);
    if (is_final || d->tries >= most) {
        end(r, d, DELIVERY_DEAD);
        return;
    }
    d->state = DELIVERY_FAILED;
    d->next_try = later_ms(r->now, retry_after_ms ? (int64_t)retry_after_ms : backoff_ms(r, d->tries));
}

/* ---- what a status means --------------------------------------------------------------------------------------------------- */

static const struct {
    int from, to;
    int cause; /* -1: taken */
} http_statuses[] = {{200, 299, -1},
                     {401, 401, NOTIFY_LOGIN},
                     {403, 403, NOTIFY_LOGIN},
                     {408, 408, NOTIFY_UNAVAILABLE},
                     {429, 429, NOTIFY_UNAVAILABLE},
                     {500, 599, NOTIFY_UNAVAILABLE}},
  smtp_statuses[] = {
      {200, 299, -1}, {454, 454, NOTIFY_LOGIN}, {530, 538, NOTIFY_LOGIN}, {400, 499, NOTIFY_UNAVAILABLE}};

static int cause_of(bool is_mail, int status)
{
    size_t count =
        is_mail ? sizeof smtp_statuses / sizeof *smtp_statuses : sizeof http_statuses / sizeof *http_statuses;
    for (size_t i = 0; i < count; i++) {
        int from = is_mail ? smtp_statuses[i].from : http_statuses[i].from;
        int to = is_mail ? smtp_statuses[i].to : http_statuses[i].to;
        if (status >= from && status <= to) return is_mail ? smtp_statuses[i].cause : http_statuses[i].cause;
    }
    return NOTIFY_REFUSED;
}

/* The server's own words, as far as they are printable; a person has to find the cause by them. */
static void printable(struct str said, char out[SAID_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < said.n && n + 1 < SAID_MAX; i++) {
        unsigned char c = (unsigned char)said.p[i];
        out[n++] = c < ' ' || c >= 0x7f ? ' ' : (char)c;
    }
    out[n] = '\0';
}

/* True: taken. */
static bool judge(const struct job *j, size_t answer, struct err *e)
{
    char said[SAID_MAX];
    int cause = cause_of(j->is_mail, j->status);
    if (j->has_failed) {
        *e = j->e;
        return false;
    }
    if (cause < 0) return true;
    printable(buf_str(&j->answers[answer]), said);
    return err_set(e, &notify_causes[cause], "%s answered %d: %s", j->delivery.channel, j->status, said);
}

static void fail(struct round *r, struct job *j, struct delivery_record *d, const struct err *why)
{
    bool is_final = why->cause == &notify_causes[NOTIFY_REFUSED];
    delivery_fail(r, d, why, j->retry_after_ms, is_final);
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------- */

static void settle_message(struct round *r, struct job *j, struct delivery_record *d)
{
    struct err why;
    if (!judge(j, 0, &why)) {
        fail(r, j, d, &why);
        return;
    }
    d->error_code[0] = d->error_text[0] = '\0';
    end(r, d, DELIVERY_DELIVERED);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------------- */

static void under_way(struct round *r, struct delivery_record *d)
{
    uint32_t poll = r->notify->o.poll_ms;
    d->state = DELIVERY_SENT;
    d->next_try = later_ms(r->now, poll ? poll : POLL_MS);
}

/* The provider may have placed it: look, before anything else. */
static void settle_lost(struct round *r, struct delivery_record *d, const struct err *why)
{
    say_error(d, why);
    (void)snprintf(d->answer, sizeof d->answer, "lost");
    d->state = DELIVERY_FAILED;
    d->next_try = later_ms(r->now, LOOK_UP_AFTER_MS);
}

/* Where nothing can have reached the provider, or it has said no. */
static bool surely_not_placed(const struct job *j)
{
    return j->has_failed ? str_eq(str_of(j->e.cause->code), STR("net.dns")) ||
                               str_eq(str_of(j->e.cause->code), STR("net.connect")) || j->e.cause->kind == ERR_INPUT
                         : j->status < 500;
}

static void settle_placed(struct round *r, struct job *j, struct delivery_record *d)
{
    struct err why;
    if (judge(j, 0, &why)) {
        if (phone_read_sid(buf_str(&j->answers[0]), d->provider_id)) {
            d->answer[0] = '\0';
            under_way(r, d);
            return;
        }
        (void)err_set(&why, &notify_causes[NOTIFY_BAD_ANSWER], "%s took the call, but its answer names none",
                      d->channel);
        settle_lost(r, d, &why);
    } else if (surely_not_placed(j))
        fail(r, j, d, &why);
    else
        settle_lost(r, d, &why);
}

static void settle_look_up(struct round *r, struct job *j, struct delivery_record *d)
{
    struct err why;
    char sid[SID_BYTES] = "";
    if (!judge(j, 0, &why)) {
        say_error(d, &why);
        d->state = DELIVERY_FAILED;
        d->next_try = later_ms(r->now, j->retry_after_ms ? (int64_t)j->retry_after_ms : LOOK_UP_AFTER_MS);
        if (r->now.ticks > later_ms(d->sent, CALL_LOST_MS).ticks) delivery_fail(r, d, &why, 0, true);
        return;
    }
    if (!phone_find(buf_str(&j->answers[0]), j->has_flow ? "executions" : "calls", str_of(d->target),
                    later_ms(d->sent, -SKEW_MS), sid)) {
        (void)err_set(&why, &notify_causes[NOTIFY_BAD_ANSWER], "%s gave a list we cannot read", d->channel);
        delivery_fail(r, d, &why, 0, false);
        return;
    }
    if (sid[0]) {
        (void)str_copy(str_of(sid), d->provider_id, sizeof d->provider_id);
        (void)snprintf(d->answer, sizeof d->answer, "adopted");
        under_way(r, d);
        return;
    }
    d->answer[0] = '\0'; /* it was never placed: once more */
    d->state = DELIVERY_FAILED;
    d->next_try = r->now;
}

static void not_reached(struct round *r, struct delivery_record *d, const struct call_seen *seen)
{
    struct err why;
    (void)err_set(&why, &notify_causes[NOTIFY_NO_PERSON], "the call to %s ended: %s",
                  d->person[0] ? d->person : d->target, call_end_names[seen->end]);
    delivery_fail(r, d, &why, 0, true);
    (void)snprintf(d->answer, sizeof d->answer, "%s", call_end_names[seen->end]);
}

static void unanswered(struct round *r, struct delivery_record *d, int cause, const char *answer)
{
    struct err why;
    (void)err_set(&why, &notify_causes[cause], "the call to %s: %s", d->person, answer);
    end(r, d, DELIVERY_DELIVERED);
    say_error(d, &why);
    (void)snprintf(d->answer, sizeof d->answer, "%s", answer);
}

static const char *answer_word(char key)
{
    switch (key) {
    case KEY_APPROVE: return "approve";
    case KEY_RELEASE: return "release";
    case KEY_STOP: return "stop";
    default: return "acknowledge";
    }
}

/* A key that this notice did not offer does nothing. */
static bool is_offered(char key, const struct notice_record *n)
{
    if (key == KEY_APPROVE) return n->wants == WANTS_APPROVAL;
    if (key == KEY_RELEASE) return n->device[0] != '\0';
    return true;
}

static bool carry_out(struct round *r, struct delivery_record *d, const struct notice_record *n, char key,
                      struct err *e)
{
    struct notify_order order = {.key = (enum order_key)key, .person = d->person, .notice = n};
    bool settled = true;
    (void)snprintf(order.id, sizeof order.id, "p%.8s-%lld-%c", store_id(r->notify->o.store), (long long)d->id, key);
    if (r->notify->o.order && !r->notify->o.order(r->notify->o.ctx, &order, &settled, e)) return false;
    end(r, d, DELIVERY_ACKNOWLEDGED);
    (void)snprintf(d->answer, sizeof d->answer, "%s", answer_word(key));
    d->error_code[0] = d->error_text[0] = '\0';
    return !settled || notify_answered(r->notify->o.store, r->now, n->id, d->person, d->answer, e);
}

static bool settle_key(struct round *r, struct delivery_record *d, const struct call_seen *seen, struct err *e)
{
    const struct person_record *person = book_person(&r->book, d->person);
    struct notice_record n;
    struct buf body;
    bool found = false;
    buf_init(&body, 0);
    bool ok = store_notice_find(r->notify->o.store, d->notice_id, &body, &n, &found, e);
    if (ok && found && !is_offered(seen->key, &n))
        unanswered(r, d, NOTIFY_NO_KEY, "no-key");
    else if (ok && found && seen->key != KEY_ACKNOWLEDGE &&
             !(person && password_matches(person->pin_hash, str_of(seen->pin))))
        unanswered(r, d, NOTIFY_WRONG_PIN, "wrong-pin");
    else if (ok && found)
        ok = carry_out(r, d, &n, seen->key, e);
    buf_done(&body);
    return ok;
}

static bool read_poll(const struct round *r, const struct job *j, const struct delivery_record *d,
                      struct call_seen *seen)
{
    char token[TOKEN_BYTES];
    bool is_ended = false, is_adopted = str_eq(str_of(d->answer), STR("adopted"));
    if (!j->has_flow) return phone_read_call(buf_str(&j->answers[0]), seen);
    (void)snprintf(token, sizeof token, "p%.8s-%lld", store_id(r->notify->o.store), (long long)d->id);
    return phone_read_execution(buf_str(&j->answers[0]), &is_ended) &&
           phone_read_context(buf_str(&j->answers[1]), is_adopted ? token : NULL, is_ended, seen);
}

static bool settle_seen(struct round *r, struct job *j, struct delivery_record *d, const struct call_seen *seen,
                        struct err *e)
{
    switch (seen->end) {
    case CALL_UNDER_WAY: under_way(r, d); return true;
    case CALL_KEY: return settle_key(r, d, seen, e);
    case CALL_NO_KEY:
        if (j->has_flow)
            unanswered(r, d, NOTIFY_NO_KEY, "no-key");
        else {
            end(r, d, DELIVERY_DELIVERED);
            (void)snprintf(d->answer, sizeof d->answer, "heard");
        }
        return true;
    case CALL_NOT_OURS: /* a stranger's call to the same number: ours was never placed */
        d->provider_id[0] = d->answer[0] = '\0';
        d->state = DELIVERY_FAILED;
        d->next_try = r->now;
        return true;
    default: not_reached(r, d, seen); return true;
    }
}

static bool settle_poll(struct round *r, struct job *j, struct delivery_record *d, struct err *e)
{
    struct err why;
    struct call_seen seen = {0};
    bool is_readable = judge(j, j->sent ? j->sent - 1 : 0, &why);
    if (is_readable && !read_poll(r, j, d, &seen))
        is_readable =
            err_set(&why, &notify_causes[NOTIFY_BAD_ANSWER], "%s: how the call goes cannot be read", d->channel);
    if (is_readable) {
        bool ok = settle_seen(r, j, d, &seen, e);
        seal_wipe(&seen, sizeof seen);
        if (!ok) under_way(r, d); /* the order could not be given: it is read again */
        if (d->state != DELIVERY_SENT) return ok;
    } else {
        say_error(d, &why);
        under_way(r, d);
        if (j->retry_after_ms) d->next_try = later_ms(r->now, j->retry_after_ms);
    }
    if (r->now.ticks > later_ms(d->sent, CALL_LOST_MS).ticks) {
        (void)err_set(&why, &notify_causes[NOTIFY_CALL_LOST], "the call to %s has not ended after five minutes",
                      d->person);
        delivery_fail(r, d, &why, 0, true);
    }
    return true;
}

bool job_settle(struct round *r, struct job *j, struct err *e)
{
    struct delivery_record d = j->delivery;
    bool ok = true;
    switch (j->kind) {
    case JOB_TELL: settle_message(r, j, &d); break;
    case JOB_PLACE: settle_placed(r, j, &d); break;
    case JOB_LOOK_UP: settle_look_up(r, j, &d); break;
    case JOB_POLL: ok = settle_poll(r, j, &d, e); break;
    }
    return store_delivery_put(r->notify->o.store, &d, e) && ok;
}
