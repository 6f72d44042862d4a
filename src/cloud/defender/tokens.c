#include "cloud/defender/defender_int.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/defender/explain_int.h"
#include "kit/seal/seal.h"

enum {
    /* A token this young that is refused will not be better when it is made anew: asking on would end in AADSTS50196. */
    DROP_AGE_MS = 5 * 60 * 1000,
    PERMANENT_FIRST_MS = 15 * 60 * 1000,
    PERMANENT_MOST_MS = 60 * 60 * 1000,
    PASSING_FIRST_MS = 5 * 1000,
    PASSING_MOST_MS = 5 * 60 * 1000,
    TURNED_MS = 60 * 1000,
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

struct login *login_of_tenant(struct defender *d, const char *tenant_id, const struct login *after)
{
    struct login *l = after ? LIST_NEXT(after, in_logins) : LIST_FIRST(&d->logins);
    while (l && !str_eq_nocase(str_of(l->tenant->record.tenant_id), str_of(tenant_id))) l = LIST_NEXT(l, in_logins);
    return l;
}

static struct login *login_find(struct defender *d, const char *tenant_id, int64_t app_id)
{
    struct login *l = NULL;
    while ((l = login_of_tenant(d, tenant_id, l)) != NULL && l->app->record.id != app_id) continue;
    return l;
}

static struct login *login_new(struct defender *d, struct tenant *t, struct app *app)
{
    struct login *l = calloc(1, sizeof *l);
    INVARIANT(l != NULL);
    l->d = d;
    l->tenant = tenant_ref(t);
    l->app = app_ref(app);
    l->turned = now_of(d); /* a call that was held up since before may come after the first of the new secret */
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
    app_unref(l->app);
    free(l);
}

static bool is_same_credential(const struct app_credential *a, const struct app_credential *b)
{
    return a->record.id == b->record.id && a->record.is_old_form == b->record.is_old_form &&
           str_eq(secret_reveal(a->secret), secret_reveal(b->secret));
}

/* Where the credential in use stands in the app as it is now; false: another is to be used. */
static bool find_credential(const struct login *l, const struct app *now, unsigned *out)
{
    const struct app *before = l->app;
    if (before->credential_count == 0 || now->credential_count == 0)
        return before->credential_count == now->credential_count;
    const struct app_credential *used = &before->credentials[l->credential];
    bool is_active_same = is_same_credential(&before->credentials[0], &now->credentials[0]);
    for (*out = 0; *out < now->credential_count; ++*out)
        if (is_same_credential(used, &now->credentials[*out])) return *out == 0 || is_active_same;
    return false;
}

static bool asks_alike(const struct tenant *a, const struct tenant *b)
{
    bool is_alike = strcmp(a->login_url, b->login_url) == 0 && strcmp(a->token_url, b->token_url) == 0 &&
                    proxy_rules_equal(a->proxies, b->proxies);
    for (int i = 0; is_alike && i < AUD_COUNT; i++) is_alike = strcmp(a->apis[i].audience, b->apis[i].audience) == 0;
    return is_alike;
}

/* A new snapshot of the tenant with another credential makes what we had of it void, a wait for "bad secret" too. A call that
 * still holds an older one does not turn it back soon after (two that take turns would never come to an end): NULL if it asks
 * otherwise. */
static struct login *login_for(struct defender *d, struct tenant *t, struct app *app)
{
    struct login *l = login_find(d, t->record.tenant_id, app->record.id);
    unsigned credential = 0;
    if (l == NULL) return login_new(d, t, app);
    if (l->tenant == t) return l;
    bool is_same = find_credential(l, app, &credential) && asks_alike(l->tenant, t) &&
                   strcmp(l->app->record.client_id, app->record.client_id) == 0;
    if (t->reading < l->tenant->reading && now_of(d).ms - l->turned.ms < TURNED_MS) return is_same ? l : NULL;
    struct tenant *before = l->tenant;
    struct app *app_before = l->app;
    l->tenant = tenant_ref(t);
    l->app = app_ref(app);
    l->credential = is_same ? credential : 0;
    l->turned = now_of(d);
    tenant_unref(before);
    app_unref(app_before);
    for (int i = 0; i < AUD_COUNT && !is_same; i++) token_reset(&l->tokens[i]);
    return l;
}

struct token *token_find(struct defender *d, const char *tenant_id, const struct app *app, enum audience audience)
{
    struct login *l = app ? login_find(d, tenant_id, app->record.id) : NULL;
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
    const struct login *l = t->login;
    const struct defender *d = l->d;
    struct login_news n = {l->tenant->record.tenant_id, l->app->record.client_id, t->audience,
                           e ? STR_NONE : buf_str(&t->roles), e};
    if (d->on_login) d->on_login(d->login_ctx, &n);
}

static bool start_renewal(struct token *t, struct err *e);

static void tell_credential(const struct login *l, int64_t credential_id, const struct err *refused, int64_t fell_to)
{
    const struct credential_event event = {l->tenant->record.tenant_id, l->app->record.id, credential_id, refused,
                                           fell_to};
    if (l->d->on_credential) l->d->on_credential(l->d->credential_ctx, &event);
}

/* The next one that was tested is used from now on; what still waits, waits for its answer. False: there is none. */
static bool fall_over(struct token *t, const struct err *why)
{
    struct login *l = t->login;
    const struct app *app = l->app;
    struct err e;
    if (!login_blames_credential(why->cause) || app->credential_count == 0) return false;
    bool is_in_use = app->credentials[l->credential].record.id == t->credential_id;
    bool has_next = !is_in_use || l->credential + 1 < app->credential_count;
    l->is_refused = is_in_use && !has_next;
    if (is_in_use && has_next) l->credential++;
    tell_credential(l, t->credential_id, why, has_next ? app->credentials[l->credential].record.id : 0);
    return has_next && start_renewal(t, &e);
}

static void note_success(struct token *t)
{
    struct login *l = t->login;
    const struct app_credential *used = &l->app->credentials[l->credential];
    bool is_news = l->is_refused || used->record.error_code[0] || (used->record.tested.ticks == 0 && !l->is_told);
    l->is_told = true;
    l->is_refused = false;
    if (is_news && used->record.id == t->credential_id) tell_credential(l, t->credential_id, NULL, 0);
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
    if (!ok && fall_over(t, &e)) return;
    tell_login(t, ok ? NULL : &e);
    if (ok) {
        note_success(t);
        wake_all(t, NULL);
    } else {
        renewal_failed(t, &e);
    }
}

/* One whose sealed secret is damaged is as good as refused. */
static void skip_unopened(struct login *l)
{
    const struct app *app = l->app;
    struct err why;
    while (l->credential + 1 < app->credential_count && secret_reveal(app->credentials[l->credential].secret).n == 0) {
        int64_t id = app->credentials[l->credential++].record.id;
        (void)err_set(&why, &seal_causes[SEAL_CORRUPT], "the sealed secret of the app \"%s\" cannot be opened",
                      app->record.name);
        tell_credential(l, id, &why, app->credentials[l->credential].record.id);
    }
}

static bool start_renewal(struct token *t, struct err *e)
{
    struct login *l = t->login;
    struct http_handler h = {.ctx = t, .on_body = on_piece, .on_done = on_answered};
    if (l->app->credential_count == 0)
        return err_set(e, &defender_causes[DEFENDER_NO_CREDENTIAL], "the app \"%s\" has no active credential",
                       l->app->record.name);
    skip_unopened(l);
    const struct app_credential *credential = &l->app->credentials[l->credential];
    const struct login_request q = {l->tenant, l->app, credential, t->audience};
    INVARIANT(buf_reserve(&t->answer, ERROR_BODY_BYTES));
    t->credential_id = credential->record.id;
    t->renewal = login_send(l->d, &q, &h, e);
    return t->renewal != NULL;
}

enum token_state token_get(struct defender *d, struct tenant *tenant, struct app *app, enum audience audience,
                           struct token **out, struct err *e)
{
    if (app == NULL) {
        (void)err_set(e, &defender_causes[DEFENDER_NO_CREDENTIAL], "the tenant \"%s\" has no app", tenant->record.name);
        return TOKEN_FAILED;
    }
    struct login *l = login_for(d, tenant, app);
    if (l == NULL) {
        (void)err_set(e, &defender_causes[DEFENDER_OUTDATED], "\"%s\"", tenant->record.name);
        return TOKEN_FAILED;
    }
    struct token *t = &l->tokens[audience];
    int64_t now = now_of(d).ms;
    bool is_usable = t->bearer && now < t->usable_until.ms, is_blocked = now < t->blocked_until.ms;
    bool is_wanted = t->renewal == NULL && !is_blocked && (!is_usable || now >= t->renew_at.ms);
    if (is_wanted && !start_renewal(t, e)) renewal_failed(t, e);
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

bool token_drop(struct defender *d, const struct fetch_call *c)
{
    struct token *t = token_find(d, c->tenant->record.tenant_id, c->app, c->row->audience);
    if (t == NULL || t->bearer == NULL || t->serial != c->serial) return true; /* another one is there, or coming */
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
