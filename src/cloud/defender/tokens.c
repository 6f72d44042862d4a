#include "cloud/defender/defender_int.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/defender/explain_int.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"

enum {
    LOGIN_TIMEOUT_MS = 60 * 1000,
    /* A token this young that is refused will not be better when it is made anew: asking on would end in AADSTS50196. */
    DROP_AGE_MS = 5 * 60 * 1000,
    PERMANENT_FIRST_MS = 15 * 60 * 1000,
    PERMANENT_MOST_MS = 60 * 60 * 1000,
    PASSING_FIRST_MS = 5 * 1000,
    PASSING_MOST_MS = 5 * 60 * 1000,
};

static struct mono now_of(const struct defender *d)
{
    return clock_mono(loop_clock(d->loop));
}

/* ---- logins */

static void token_clear(struct token *t)
{
    secret_free(t->bearer);
    t->bearer = NULL;
    buf_reset(&t->roles);
}

/* Its memory goes too: a thousand of them would keep as many pages. */
static void answer_wipe(struct token *t)
{
    if (t->answer.p) seal_wipe(t->answer.p, t->answer.n);
    buf_done(&t->answer);
    buf_init(&t->answer, ERROR_BODY_BYTES);
}

static void wake_all(struct token *t, const struct err *e)
{
    struct fetch_call *c;
    while ((c = TAILQ_FIRST(&t->waiting)) != NULL) {
        TAILQ_REMOVE(&t->waiting, c, in_waiting);
        fetch_wake(c, e);
    }
}

/* As if it had never been asked; who waits asks again. */
static void token_reset(struct token *t)
{
    if (t->renewal) http_cancel(t->renewal);
    t->renewal = NULL;
    answer_wipe(t);
    token_clear(t);
    t->block_ms = 0;
    t->blocked_until = (struct mono){INT64_MIN};
    wake_all(t, NULL);
}

static struct login *login_find(struct defender *d, const char *tenant_id)
{
    struct login *l;
    LIST_FOREACH(l, &d->logins, in_logins)
    if (str_eq_nocase(str_of(l->tenant->record.tenant_id), str_of(tenant_id))) return l;
    return NULL;
}

static struct login *login_new(struct defender *d, struct tenant *t)
{
    struct login *l = calloc(1, sizeof *l);
    INVARIANT(l != NULL);
    l->d = d;
    l->tenant = tenant_ref(t);
    for (int i = 0; i < AUD_COUNT; i++) {
        struct token *token = &l->tokens[i];
        token->login = l;
        token->audience = (enum audience)i;
        token->blocked_until = (struct mono){INT64_MIN};
        TAILQ_INIT(&token->waiting);
        buf_init(&token->roles, ERROR_BODY_BYTES);
        buf_init(&token->answer, ERROR_BODY_BYTES);
    }
    LIST_INSERT_HEAD(&d->logins, l, in_logins);
    return l;
}

void login_free(struct login *l)
{
    for (int i = 0; i < AUD_COUNT; i++) {
        token_reset(&l->tokens[i]);
        buf_done(&l->tokens[i].roles);
        buf_done(&l->tokens[i].answer);
    }
    LIST_REMOVE(l, in_logins);
    tenant_unref(l->tenant);
    free(l);
}

static bool asks_alike(const struct tenant *a, const struct tenant *b)
{
    bool is_alike = strcmp(a->record.client_id, b->record.client_id) == 0 && strcmp(a->login_url, b->login_url) == 0 &&
                    strcmp(a->token_url, b->token_url) == 0 && (a->secret != NULL) == (b->secret != NULL) &&
                    (a->secret == NULL || str_eq(secret_reveal(a->secret), secret_reveal(b->secret)));
    for (int i = 0; is_alike && i < AUD_COUNT; i++) is_alike = strcmp(a->apis[i].audience, b->apis[i].audience) == 0;
    return is_alike;
}

/* A new snapshot of the tenant with another credential makes what we had of it void, a wait for "bad secret" too. */
static struct login *login_for(struct defender *d, struct tenant *t)
{
    struct login *l = login_find(d, t->record.tenant_id);
    if (l == NULL) return login_new(d, t);
    if (l->tenant == t) return l;
    bool is_same = asks_alike(l->tenant, t);
    struct tenant *before = l->tenant;
    l->tenant = tenant_ref(t);
    tenant_unref(before);
    for (int i = 0; i < AUD_COUNT && !is_same; i++) token_reset(&l->tokens[i]);
    return l;
}

struct token *token_find(struct defender *d, const char *tenant_id, enum audience audience)
{
    struct login *l = login_find(d, tenant_id);
    return l ? &l->tokens[audience] : NULL;
}

/* ---- waiting after a failure */

static bool is_passing(const struct err *e)
{
    return e->cause->kind == ERR_RETRY || e->cause->kind == ERR_UNCERTAIN || e->cause->kind == ERR_LIMIT;
}

/* A failure that comes while we wait already (the other audience's) does not lengthen the wait. */
static void block(struct token *t, const struct err *e)
{
    bool is_waiting = now_of(t->login->d).ms < t->blocked_until.ms;
    uint32_t first = is_passing(e) ? PASSING_FIRST_MS : PERMANENT_FIRST_MS;
    uint32_t most = is_passing(e) ? PASSING_MOST_MS : PERMANENT_MOST_MS;
    uint32_t ms = t->block_ms < first ? first : is_waiting ? t->block_ms : t->block_ms * 2;
    if (ms > most) ms = most;
    if (e->cause == &defender_causes[DEFENDER_LOGIN_LOOP]) ms = PASSING_MOST_MS;
    t->block_ms = ms;
    if (e->retry_after_ms > ms) ms = e->retry_after_ms;
    t->blocked_until = (struct mono){now_of(t->login->d).ms + ms};
    t->why = *e;
}

/* What concerns the application makes the other audiences wait too; that one service is missing does not. */
static void renewal_failed(struct token *t, const struct err *e)
{
    bool is_of_all = !is_passing(e) && defender_scope(e->cause) == SCOPE_TENANT;
    block(t, e);
    for (int i = 0; i < AUD_COUNT && is_of_all; i++) {
        struct token *other = &t->login->tokens[i];
        if (other == t || other->renewal) continue;
        other->blocked_until = t->blocked_until;
        other->block_ms = t->block_ms;
        other->why = *e;
    }
    wake_all(t, e);
}

/* ---- the answer */

static void keep_token(struct token *t, const struct token_answer *answer, struct secret *bearer)
{
    struct defender *d = t->login->d;
    int64_t now = now_of(d).ms, life_ms = answer->life_s * 1000;
    t->bearer = bearer;
    t->serial = ++d->last_serial;
    t->minted_at = (struct mono){now};
    t->renew_at = (struct mono){now + (int64_t)((double)life_ms * (0.8 + 0.1 * rng_unit(&d->rng)))};
    t->usable_until = (struct mono){now + life_ms - life_ms / 20};
    t->block_ms = 0;
}

static bool take_answer(struct token *t, struct err *e)
{
    struct arena a;
    struct token_answer answer;
    struct buf roles;
    struct secret *bearer = NULL;
    arena_init(&a, EXPLAIN_ARENA_BYTES);
    buf_init(&roles, ERROR_BODY_BYTES);
    bool ok = token_answer_read(&a, buf_str(&t->answer), t->login->tenant, &answer, &roles, e);
    if (ok && (bearer = secret_new(answer.bearer)) == NULL)
        ok = err_set(e, &base_causes[BASE_NO_MEMORY], "keeping a token");
    if (ok) {
        token_clear(t);
        keep_token(t, &answer, bearer);
        (void)buf_add_str(&t->roles, buf_str(&roles));
    }
    buf_done(&roles);
    arena_done(&a);
    return ok;
}

/* ---- asking */

static bool on_piece(void *ctx, const void *p, size_t n)
{
    struct token *t = ctx;
    (void)buf_add(&t->answer, p, n); /* reserved whole: never moved; the client's bound is the buffer's */
    return true;
}

static void tell_login(const struct token *t, const struct err *e)
{
    const struct defender *d = t->login->d;
    const struct tenant_record *r = &t->login->tenant->record;
    struct login_news n = {r->tenant_id, r->client_id, t->audience, e ? STR_NONE : buf_str(&t->roles), e};
    if (d->on_login) d->on_login(d->login_ctx, &n);
}

static void on_answered(void *ctx, const struct http_response *r, const struct err *transport)
{
    struct token *t = ctx;
    struct err e;
    bool ok = false;
    t->renewal = NULL;
    if (transport)
        e = *transport;
    else if (r->status == 200)
        ok = take_answer(t, &e);
    else
        defender_explain_login(r, buf_str(&t->answer), &e);
    if (transport == NULL) clock_judge(t->login->d, r, ok ? NULL : &e);
    answer_wipe(t);
    tell_login(t, ok ? NULL : &e);
    if (ok)
        wake_all(t, NULL);
    else
        renewal_failed(t, &e);
}

/* The old end-point takes `resource`, and is the only one that some APIs' tokens come from. */
static bool is_v1(struct str url)
{
    return str_find(url, STR("/v2.0/"), 0) == SIZE_MAX;
}

static bool add_token_url(struct buf *out, const struct tenant *t, enum audience audience)
{
    struct str place = STR(TENANT_IN_URL), id = str_of(t->record.tenant_id);
    if (t->token_url[0] == '\0')
        return buf_addf(out, "%s/%s/oauth2/%stoken", t->login_url, t->record.tenant_id,
                        api_rows[audience].is_v1_only ? "" : "v2.0/");
    struct str rest = str_of(t->token_url), version = STR("v2.0/");
    size_t at = str_find(rest, place, 0);
    if (at != SIZE_MAX) {
        if (!buf_add_str(out, str_sub(rest, 0, at)) || !buf_add_str(out, id)) return false;
        rest = str_sub(rest, at + place.n, SIZE_MAX);
    }
    at = api_rows[audience].is_v1_only ? str_find(rest, version, 0) : SIZE_MAX;
    if (at == SIZE_MAX) return buf_add_str(out, rest);
    return buf_add_str(out, str_sub(rest, 0, at)) && buf_add_str(out, str_sub(rest, at + version.n, SIZE_MAX));
}

static void add_form(struct buf *out, const struct tenant *t, enum audience audience, bool is_old)
{
    (void)buf_addf(out, "grant_type=client_credentials&client_id=%s&%s=", t->record.client_id,
                   is_old ? "resource" : "scope");
    (void)url_encode(out, str_of(t->apis[audience].audience));
    if (!is_old) (void)url_encode(out, STR("/.default"));
    (void)buf_add_str(out, STR("&client_secret="));
    if (t->secret) (void)url_encode(out, secret_reveal(t->secret));
}

static void start_renewal(struct token *t)
{
    char request_id[REQUEST_ID_BYTES];
    const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
                                   request_id_header(request_id), NULL};
    const struct tenant *tenant = t->login->tenant;
    struct defender *d = t->login->d;
    struct http_handler h = {.ctx = t, .on_body = on_piece, .on_done = on_answered};
    struct buf url, form;
    size_t secret_bytes = tenant->secret ? secret_reveal(tenant->secret).n : 0;
    buf_init(&url, 0);
    buf_init(&form, 0);
    /* At once: a buffer that grows leaves its old bytes behind. */
    INVARIANT(buf_reserve(&form, 3 * secret_bytes + 4096) && buf_reserve(&t->answer, ERROR_BODY_BYTES));
    INVARIANT(add_token_url(&url, tenant, t->audience));
    add_form(&form, tenant, t->audience, is_v1(buf_str(&url)));
    t->renewal = http_send(d->http,
                           &(struct http_request){.method = "POST",
                                                  .url = buf_cstr(&url),
                                                  .headers = headers,
                                                  .body = buf_str(&form),
                                                  .total_timeout_ms = LOGIN_TIMEOUT_MS,
                                                  .body_max = ERROR_BODY_BYTES},
                           &h);
    seal_wipe(form.p, form.cap);
    buf_done(&form);
    buf_done(&url);
}

enum token_state token_get(struct defender *d, struct tenant *tenant, enum audience audience, struct token **out,
                           struct err *e)
{
    struct token *t = &login_for(d, tenant)->tokens[audience];
    int64_t now = now_of(d).ms;
    bool is_usable = t->bearer && now < t->usable_until.ms, is_blocked = now < t->blocked_until.ms;
    if (t->renewal == NULL && !is_blocked && (!is_usable || now >= t->renew_at.ms)) start_renewal(t);
    if (!is_usable && t->renewal == NULL) {
        *e = t->why;
        e->retry_after_ms = (uint32_t)(t->blocked_until.ms - now);
        return TOKEN_FAILED;
    }
    *out = t;
    return is_usable ? TOKEN_READY : TOKEN_COMING;
}

bool token_is_old(const struct token *t)
{
    return now_of(t->login->d).ms - t->minted_at.ms >= DROP_AGE_MS;
}

bool token_drop(struct defender *d, const char *tenant_id, enum audience audience, uint64_t serial)
{
    struct token *t = token_find(d, tenant_id, audience);
    if (t == NULL || t->bearer == NULL || t->serial != serial) return true; /* another one is there, or coming */
    if (!token_is_old(t)) return false;
    token_clear(t);
    return true;
}

static struct str without(struct str s, const char *part_text)
{
    size_t at = str_find(s, str_of(part_text), 0);
    return at == SIZE_MAX ? s : str_sub(s, 0, at);
}

/* "X.Read.All" is also given by "X.ReadWrite.All"; guides print roles in several cases. */
bool token_has_role(const struct token *t, struct str role)
{
    if (role.n == 0) return true;
    struct str rest = buf_str(&t->roles), stem = without(role, ".Read.All");
    while (rest.n > 0) {
        struct str have = str_cut(&rest, '\n');
        if (str_eq_nocase(have, role)) return true;
        if (stem.n < role.n && str_eq_nocase(str_sub(have, 0, stem.n), stem) &&
            str_eq_nocase(str_sub(have, stem.n, SIZE_MAX), STR(".ReadWrite.All")))
            return true;
    }
    return false;
}
