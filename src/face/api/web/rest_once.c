#include "face/api/web/rest_once.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "face/api/web/web_int.h"
#include "kit/base/hash.h"
#include "kit/seal/seal.h"
#include "kit/sys/killpoint.h"
#include "kit/sys/random.h"

enum { KEY_CHARS_MAX = 200, MAC_KEY_BYTES = 32, ANSWER_BYTES_MAX = 8192, BUSY_MS = 1000, FULL_MS = 3600000 };

static const char mac_name[] = "once.mac";

/* ---- what it is told apart by ------------------------------------------------------------------------------------------------ */

/* "key" as the draft has it, or bare: both are one. */
static bool read_key(const char *given, struct str *out, struct err *e)
{
    struct str key = str_trim(str_of(given));
    if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"') key = str_sub(key, 1, key.n - 2);
    bool ok = key.n >= 1 && key.n <= KEY_CHARS_MAX;
    for (size_t i = 0; ok && i < key.n; i++) ok = key.p[i] > ' ' && key.p[i] < 0x7f && !strchr("\"\\", key.p[i]);
    *out = key;
    return ok || err_set(e, &api_causes[API_BAD_REQUEST], "Idempotency-Key has 1 to %d visible characters of ASCII",
                         KEY_CHARS_MAX);
}

/* The key of the macs, made when it is first needed. */
static bool mac_key(struct store *s, struct buf *out, struct err *e)
{
    static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
    uint8_t fresh[MAC_KEY_BYTES];
    bool found = false;
    (void)pthread_mutex_lock(&making);
    bool ok = store_secret_get(s, mac_name, out, &found, e);
    if (ok && !found) {
        random_bytes(fresh, sizeof fresh);
        (void)buf_add(out, (const char *)fresh, sizeof fresh);
        seal_wipe(fresh, sizeof fresh);
        ok = store_secret_put(s, mac_name, buf_str(out), e);
    }
    (void)pthread_mutex_unlock(&making);
    return ok && (!out->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "a key"));
}

static void add_part(struct buf *all, struct str part)
{
    (void)buf_addf(all, "%zu:", part.n);
    (void)buf_add_str(all, part);
}

/* Whoever may more or less than before asks for something else. */
static void add_rights(struct buf *all, const struct principal *by)
{
    (void)buf_addf(all, "%d %d:", (int)by->role, (int)by->is_scoped);
    for (size_t i = 0; i < by->org_count; i++) (void)buf_addf(all, "%" PRId64 ",", by->orgs[i]);
}

static bool identify(const struct web_call *c, struct str key, struct str mac, struct once_record *r, struct err *e)
{
    struct buf id, request;
    r->kind = c->by->kind;
    r->caller = c->by->id;
    buf_init(&id, 0);
    buf_init(&request, 0);
    (void)buf_addf(&id, "%" PRId64 " %" PRId64 ":", r->kind, r->caller);
    add_part(&id, key);
    add_part(&request, str_of(c->method));
    add_part(&request, exchange_target(c->x));
    add_part(&request, exchange_body(c->x));
    add_rights(&request, c->by);
    bool ok = (!id.failed && !request.failed) || err_set(e, &base_causes[BASE_NO_MEMORY], "the request");
    if (ok) hmac_sha256(mac, buf_str(&id), r->id);
    if (ok) hmac_sha256(mac, buf_str(&request), r->request);
    buf_done(&id);
    buf_done(&request);
    return ok;
}

/* ---- begin ---------------------------------------------------------------------------------------------------------------------- */

static bool busy(struct err *e)
{
    (void)err_set(e, &api_causes[API_KEY_BUSY], "it began less than a day ago and has not ended");
    e->retry_after_ms = BUSY_MS;
    return false;
}

static bool full(struct err *e)
{
    (void)err_set(e, &api_causes[API_KEYS_FULL], "%d of one caller, %d in all", ONCE_OF_CALLER_MAX, ONCE_MAX);
    e->retry_after_ms = FULL_MS;
    return false;
}

static bool resume(struct web_call *c, struct rest_once *o, struct err *e)
{
    bool mine = false;
    if (c->op->once != OP_ONCE_ORDER)
        return err_set(e, &api_causes[API_KEY_INTERRUPTED], "nobody knows how far it came");
    return store_once_resume(c->installation->store, o->record.id, &mine, e) && (mine || busy(e));
}

static void answer_again(struct web_call *c, struct rest_once *o, struct str answer)
{
    const int status = (int)o->record.status;
    o->is_answered = true;
    web_header(c, "Idempotency-Replayed", "true");
    if (status < 400)
        web_json(c, status, answer);
    else
        web_bytes(c, status, answer, "application/problem+json");
}

static bool meet(struct web_call *c, struct rest_once *o, const uint8_t *request, struct str answer, struct err *e)
{
    if (!bytes_equal_const_time(o->record.request, request, ONCE_HASH_BYTES))
        return err_set(e, &api_causes[API_KEY_REUSED], "it came before with another path, body or rights");
    switch ((enum once_state)o->record.state) {
    case ONCE_RUNNING: return busy(e);
    case ONCE_INTERRUPTED: return resume(c, o, e);
    case ONCE_NOT_KEPT:
        return err_set(e, &api_causes[API_KEY_SPENT], "it was answered with %d the first time", (int)o->record.status);
    case ONCE_DONE: answer_again(c, o, answer); return true;
    }
    return busy(e);
}

static bool enter(struct web_call *c, struct rest_once *o, struct err *e)
{
    uint8_t request[ONCE_HASH_BYTES];
    bool found = false, is_full = false;
    struct buf answer;
    memcpy(request, o->record.request, sizeof request);
    buf_init(&answer, 0);
    bool ok = store_once_begin(c->installation->store, &o->record, &found, &is_full, &answer, e);
    if (ok && is_full) ok = full(e);
    if (ok && found) ok = meet(c, o, request, buf_str(&answer), e);
    buf_done(&answer);
    return ok;
}

bool rest_once_begin(struct web_call *c, struct rest_once *o, struct err *e)
{
    const char *given = exchange_header(c->x, "Idempotency-Key");
    struct str key;
    struct buf mac;
    struct hash128 short_id;
    *o = (struct rest_once){0};
    if (given == NULL || strcmp(c->method, "POST") != 0) return true;
    if (!read_key(given, &key, e)) return false;
    buf_init(&mac, 0);
    bool ok = mac_key(c->installation->store, &mac, e) && identify(c, key, buf_str(&mac), &o->record, e);
    seal_wipe(mac.p, mac.n);
    buf_done(&mac);
    if (!ok || !enter(c, o, e)) return false;
    memcpy(&short_id, o->record.id, sizeof short_id);
    (void)snprintf(o->text, sizeof o->text, "rest:");
    hash128_hex(short_id, o->text + strlen(o->text));
    o->is_used = !o->is_answered;
    KILL_POINT("once.begun");
    return true;
}

/* ---- end ------------------------------------------------------------------------------------------------------------------------ */

/* Nothing was done, and the same may go well when it is sent again, mended or later. */
static bool is_without_effect(const struct err *failure)
{
    return failure && (failure->cause->kind == ERR_INPUT || failure->cause->kind == ERR_RETRY);
}

static bool write_down(struct web_call *c, struct rest_once *o, struct str answer, const struct err *failure,
                       struct err *e)
{
    struct store *s = c->installation->store;
    struct json_writer w;
    struct buf problem;
    if (is_without_effect(failure)) return store_once_forget(s, o->record.id, e);
    buf_init(&problem, 0);
    json_writer_init(&w, &problem);
    if (failure) web_write_problem(&w, (int)o->record.status, failure);
    if (failure) answer = buf_str(&problem);
    bool is_kept = (failure || c->op->once != OP_ONCE_SHOWN) && answer.n <= ANSWER_BYTES_MAX && !problem.failed;
    o->record.state = is_kept ? ONCE_DONE : ONCE_NOT_KEPT;
    bool ok = store_once_end(s, &o->record, is_kept ? answer : STR_NONE, e);
    buf_done(&problem);
    return ok;
}

void rest_once_end(struct web_call *c, struct rest_once *o, int status, struct str answer, const struct err *failure)
{
    struct err e; /* it was done all the same: the client is told what became of it; a repeated one hears "busy" */
    if (!o->is_used) return;
    KILL_POINT("once.done");
    o->record.status = status;
    (void)write_down(c, o, answer, failure, &e);
}
