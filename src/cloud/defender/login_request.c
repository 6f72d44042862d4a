/* A request for a token: the end-point's address, and the form with a secret or a certificate's assertion in it. */
#include <stdlib.h>

#include "cloud/defender/defender_int.h"
#include "cloud/defender/explain_int.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"

enum { LOGIN_TIMEOUT_MS = 60 * 1000, ASSERTION_LIFE_S = 10 * 60, CLOCK_MARGIN_S = 60, GUID_TEXT_BYTES = 37 };

bool login_blames_credential(const struct cause *c)
{
    return c == &defender_causes[DEFENDER_SECRET_WRONG] || c == &defender_causes[DEFENDER_SECRET_EXPIRED] ||
           c == &defender_causes[DEFENDER_CERTIFICATE_REFUSED] || c == &defender_causes[DEFENDER_NO_CREDENTIAL];
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

/* The claims of section 2.3. Begins a minute ago, for clocks that differ a little. */
static bool write_claims(struct buf *out, struct wall now, const char *client_id, struct str url)
{
    struct json_writer w;
    char jti[GUID_TEXT_BYTES];
    int64_t now_s = wall_ms(now) / 1000;
    random_guid(jti);
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, "aud");
    json_write_str(&w, url);
    json_key(&w, "iss");
    json_write_cstr(&w, client_id);
    json_key(&w, "sub");
    json_write_cstr(&w, client_id);
    json_key(&w, "jti");
    json_write_cstr(&w, jti);
    json_key(&w, "nbf");
    json_write_i64(&w, now_s - CLOCK_MARGIN_S);
    json_key(&w, "iat");
    json_write_i64(&w, now_s);
    json_key(&w, "exp");
    json_write_i64(&w, now_s + ASSERTION_LIFE_S);
    json_object_end(&w);
    return !out->failed;
}

static bool add_assertion(struct buf *form, struct defender *d, const struct login_request *q, struct str url,
                          struct err *e)
{
    const struct credential_record *r = &q->credential->record;
    enum jwt_alg alg = r->is_old_form ? JWT_RS256 : JWT_PS256;
    struct rsa_key *key = NULL;
    struct buf claims;
    struct err detail;
    buf_init(&claims, 0);
    (void)buf_add_str(form,
                      STR("&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                          "&client_assertion="));
    bool ok = rsa_key_from_pem(secret_reveal(q->credential->secret), &key, &detail) &&
              write_claims(&claims, clock_wall(loop_clock(d->loop)), q->app->record.client_id, url) &&
              jwt_sign_assertion(key, alg, alg == JWT_PS256 ? r->sha256 : r->sha1, buf_str(&claims), form, &detail);
    rsa_key_free(key);
    buf_done(&claims);
    return ok || err_set(e, &defender_causes[DEFENDER_NO_CREDENTIAL],
                         "the private key of the certificate cannot be used: %.200s", detail.text);
}

static bool add_proof(struct buf *form, struct defender *d, const struct login_request *q, struct str url,
                      struct err *e)
{
    struct str secret = secret_reveal(q->credential->secret);
    if (secret.n == 0)
        return err_set(e, &defender_causes[DEFENDER_NO_CREDENTIAL], "the sealed %s of the app \"%s\" cannot be opened",
                       credential_kind_names[q->credential->record.kind], q->app->record.name);
    if (q->credential->record.kind == CREDENTIAL_CERTIFICATE) return add_assertion(form, d, q, url, e);
    (void)buf_add_str(form, STR("&client_secret="));
    return url_encode(form, secret);
}

static bool add_form(struct buf *form, struct defender *d, const struct login_request *q, struct str url, struct err *e)
{
    bool is_old = is_v1(url);
    (void)buf_addf(form, "grant_type=client_credentials&client_id=%s&%s=", q->app->record.client_id,
                   is_old ? "resource" : "scope");
    (void)url_encode(form, str_of(q->tenant->apis[q->audience].audience));
    if (!is_old) (void)url_encode(form, STR("/.default"));
    return add_proof(form, d, q, url, e);
}

struct http_call *login_send(struct defender *d, const struct login_request *q, const struct http_handler *h,
                             struct err *e)
{
    char request_id[REQUEST_ID_BYTES];
    const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
                                   request_id_header(request_id), NULL};
    struct http_call *call = NULL;
    struct buf url, form;
    buf_init(&url, 0);
    buf_init(&form, 0);
    /* At once: a buffer that grows leaves its old bytes behind. */
    INVARIANT(buf_reserve(&form, 3 * secret_reveal(q->credential->secret).n + 8192));
    INVARIANT(add_token_url(&url, q->tenant, q->audience));
    if (add_form(&form, d, q, buf_str(&url), e))
        call = http_send(d->http,
                         &(struct http_request){.method = "POST",
                                                .url = buf_cstr(&url),
                                                .headers = headers,
                                                .body = buf_str(&form),
                                                .proxy = proxy_for(q->tenant->proxies, buf_cstr(&url)),
                                                .total_timeout_ms = LOGIN_TIMEOUT_MS,
                                                .body_max = ERROR_BODY_BYTES},
                         h);
    seal_wipe(form.p, form.cap);
    buf_done(&form);
    buf_done(&url);
    return call;
}

/* ---- trying one out -------------------------------------------------------------------------------------------------------- */

struct trial {
    LIST_ENTRY(trial) in_trials;
    struct defender *d;
    struct tenant *tenant;
    struct app *app;
    unsigned credential;
    enum audience audience;
    struct timer *start;
    struct http_call *call;
    struct buf answer, roles;
    void (*done)(void *ctx, struct str roles, const struct err *e);
    void *ctx;
};

void trial_free(struct trial *t)
{
    LIST_REMOVE(t, in_trials);
    if (t->call) http_cancel(t->call);
    timer_free(t->start);
    seal_wipe(t->answer.p, t->answer.cap);
    buf_done(&t->answer);
    buf_done(&t->roles);
    tenant_unref(t->tenant);
    app_unref(t->app);
    free(t);
}

static void trial_end(struct trial *t, const struct err *e)
{
    void (*done)(void *ctx, struct str roles, const struct err *e) = t->done;
    void *ctx = t->ctx;
    struct buf roles = t->roles;
    t->roles = (struct buf){0};
    trial_free(t);
    done(ctx, buf_str(&roles), e);
    buf_done(&roles);
}

static bool trial_piece(void *ctx, const void *p, size_t n)
{
    struct trial *t = ctx;
    (void)buf_add(&t->answer, p, n);
    return true;
}

static bool judge(struct trial *t, struct err *e)
{
    struct arena a;
    struct token_answer answer;
    arena_init(&a, EXPLAIN_ARENA_BYTES);
    bool ok = token_answer_read(&a, buf_str(&t->answer), t->tenant, &answer, &t->roles, e);
    arena_done(&a);
    return ok;
}

static void trial_answered(void *ctx, const struct http_response *r, const struct err *transport)
{
    struct trial *t = ctx;
    struct err e;
    bool ok = false;
    t->call = NULL;
    if (transport)
        e = *transport;
    else if (r->status == 200)
        ok = judge(t, &e);
    else
        defender_explain_login(r, buf_str(&t->answer), &e);
    trial_end(t, ok ? NULL : &e);
}

static void trial_begin(void *arg)
{
    struct trial *t = arg;
    struct http_handler h = {.ctx = t, .on_body = trial_piece, .on_done = trial_answered};
    const struct login_request q = {t->tenant, t->app, &t->app->credentials[t->credential], t->audience};
    struct err e;
    t->call = login_send(t->d, &q, &h, &e);
    if (t->call == NULL) trial_end(t, &e);
}

void defender_try(struct defender *d, struct tenant *t, struct app *app, unsigned credential, enum audience audience,
                  void (*done)(void *ctx, struct str roles, const struct err *e), void *ctx)
{
    struct trial *x = calloc(1, sizeof *x);
    INVARIANT(x != NULL && credential < app->credential_count);
    *x = (struct trial){.d = d,
                        .tenant = tenant_ref(t),
                        .app = app_ref(app),
                        .credential = credential,
                        .audience = audience,
                        .done = done,
                        .ctx = ctx};
    buf_init(&x->answer, ERROR_BODY_BYTES);
    buf_init(&x->roles, ERROR_BODY_BYTES);
    INVARIANT(buf_reserve(&x->answer, ERROR_BODY_BYTES));
    x->start = timer_new(d->loop, trial_begin, x);
    LIST_INSERT_HEAD(&d->trials, x, in_trials);
    timer_arm(x->start, 0);
}
