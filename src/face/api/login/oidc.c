#include "face/api/login/oidc.h"

#include <stdio.h>
#include <string.h>

#include "cloud/net/http.h"
#include "face/api/installation.h"
#include "kit/sys/random.h"

enum { ANSWER_BYTES_MAX = 1 << 20, TIMEOUT_MS = 15000, FLOW_MINUTES = 10, URL_BYTES = 600 };
static const char flow_purpose[] = "oidc.flow";

static bool provider_failed(struct err *e, const char *what, const char *why)
{
    return err_set(e, &auth_causes[AUTH_OIDC_PROVIDER], "%s: %s", what, why);
}

/* ---- asking the provider ------------------------------------------------------------------------------------------------------ */

static bool ask(struct installation *i, struct http_request *q, const char *what, struct arena *a,
                const struct json **out, struct err *e)
{
    struct http_client_opts client = {.ca_file = i->conf.ca_file[0] ? i->conf.ca_file : NULL};
    struct buf body;
    struct err failure = {0};
    int status = 0;
    q->body_max = ANSWER_BYTES_MAX;
    q->total_timeout_ms = TIMEOUT_MS;
    buf_init(&body, ANSWER_BYTES_MAX);
    bool ok = http_fetch(&client, q, &status, &body, &failure) || provider_failed(e, what, failure.text);
    if (ok && (*out = json_parse(a, arena_str(a, buf_str(&body)), &failure)) == NULL)
        ok = provider_failed(e, what, "the answer is no JSON");
    if (ok && status != 200) {
        struct str why = json_str(json_get(*out, "error_description"), json_str(json_get(*out, "error"), STR("")));
        ok = err_set(e, &auth_causes[AUTH_OIDC_PROVIDER], "%s: HTTP %d %.*s", what, status,
                     STR_ARG(str_sub(why, 0, 200)));
    }
    buf_done(&body);
    return ok;
}

static const char *url_in(const struct json *document, const char *key, struct arena *a)
{
    struct str s = json_str(json_get(document, key), STR_NONE);
    bool fits = s.n < URL_BYTES && (str_starts(s, STR("https://")) || str_starts(s, STR("http://127.0.0.1:")) ||
                                    str_starts(s, STR("http://localhost:")));
    for (size_t k = 0; k < s.n; k++) fits = fits && s.p[k] > ' ' && (unsigned char)s.p[k] < 0x7f;
    return fits ? arena_copy(a, s.p, s.n) : NULL;
}

static bool lists(const struct json *array, struct str word)
{
    for (size_t k = 0; array && array->type == JSON_ARRAY && k < array->count; k++)
        if (str_eq(json_str(&array->items[k], STR("")), word)) return true;
    return false;
}

bool oidc_discover(struct installation *i, const struct oidc_record *o, struct arena *a, struct oidc_provider *out,
                   struct err *e)
{
    char url[URL_BYTES];
    const struct json *d = NULL;
    size_t n = strlen(o->issuer);
    (void)snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration",
                   (int)(n && o->issuer[n - 1] == '/' ? n - 1 : n), o->issuer);
    struct http_request q = {.method = "GET", .url = url};
    if (!ask(i, &q, "what the issuer publishes", a, &d, e)) return false;
    if (!str_eq(json_str(json_get(d, "issuer"), STR("")), str_of(o->issuer)))
        return provider_failed(e, "what the issuer publishes", "it names another issuer than the one that is set here");
    const struct json *ways = json_get(d, "token_endpoint_auth_methods_supported");
    const struct json *names_itself = json_get(d, "authorization_response_iss_parameter_supported");
    *out = (struct oidc_provider){.authorization_url = url_in(d, "authorization_endpoint", a),
                                  .token_url = url_in(d, "token_endpoint", a),
                                  .jwks_url = url_in(d, "jwks_uri", a),
                                  .names_itself = json_bool(names_itself, false),
                                  .takes_basic = ways == NULL || lists(ways, STR("client_secret_basic"))};
    return (out->authorization_url && out->token_url && out->jwks_url) ||
           provider_failed(e, "what the issuer publishes", "an address is missing, or is not https");
}

/* ---- one sign-in ---------------------------------------------------------------------------------------------------------------- */

static void random_text(char out[SECRET_TEXT_BYTES])
{
    uint8_t bytes[32];
    struct buf text;
    buf_init(&text, 64);
    random_bytes(bytes, sizeof bytes);
    base64url_encode(bytes, sizeof bytes, &text);
    INVARIANT(str_copy(buf_str(&text), out, SECRET_TEXT_BYTES));
    buf_done(&text);
}

static void hash_of(const struct oidc_record *o, uint8_t out[32])
{
    struct buf text;
    buf_init(&text, 0);
    INVARIANT(buf_addf(&text, "%s %s", o->issuer, o->client_id));
    sha256(text.p, text.n, out);
    buf_done(&text);
}

bool oidc_flow_is_of(const struct oidc_flow *f, const struct oidc_record *o)
{
    uint8_t now[32];
    hash_of(o, now);
    return memcmp(f->asked, now, sizeof now) == 0;
}

void oidc_flow_make(const struct oidc_record *o, const struct oidc_provider *p, struct wall now, struct oidc_flow *out)
{
    *out = (struct oidc_flow){.until = wall_add(now, FLOW_MINUTES * 60 * WALL_TICKS_PER_S),
                              .names_itself = p->names_itself};
    hash_of(o, out->asked);
    random_text(out->state);
    random_text(out->nonce);
    random_text(out->verifier);
}

bool oidc_flow_seal(struct installation *i, const struct oidc_flow *f, struct buf *out, struct err *e)
{
    struct buf sealed;
    buf_init(&sealed, 1024);
    bool ok = seal_bytes(i->key, flow_purpose, (struct str){(const char *)f, sizeof *f}, &sealed, e);
    if (ok) base64url_encode(sealed.p, sealed.n, out);
    buf_done(&sealed);
    return ok;
}

bool oidc_flow_open(struct installation *i, struct str cookie, struct oidc_flow *out)
{
    struct buf sealed, plain;
    struct err ignored;
    buf_init(&sealed, 2048);
    buf_init(&plain, 2048);
    bool ok = cookie.n && base64url_decode(cookie, &sealed) &&
              seal_open(i->key, flow_purpose, buf_str(&sealed), &plain, &ignored) && plain.n == sizeof *out;
    if (ok) memcpy(out, plain.p, sizeof *out);
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    buf_done(&sealed);
    return ok && clock_wall(&i->clock).ticks < out->until.ticks;
}

static void encode_value(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c)))
            (void)buf_add_char(out, c);
        else
            buf_addf(out, "%%%02X", (unsigned char)c);
    }
}

static void encode(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "%s%s=", out->n && out->p[out->n - 1] != '?' ? "&" : "", name);
    encode_value(out, str_of(value));
}

void oidc_authorize_url(const struct oidc_provider *p, const struct oidc_record *o, const struct oidc_flow *f,
                        struct buf *out)
{
    uint8_t hash[32];
    struct buf challenge;
    buf_init(&challenge, 64);
    sha256(f->verifier, strlen(f->verifier), hash);
    base64url_encode(hash, sizeof hash, &challenge);
    buf_addf(out, "%s", p->authorization_url);
    if (strchr(p->authorization_url, '?') == NULL) (void)buf_add_char(out, '?');
    encode(out, "response_type", "code");
    encode(out, "client_id", o->client_id);
    encode(out, "redirect_uri", o->redirect_url);
    encode(out, "scope", o->scopes);
    encode(out, "state", f->state);
    encode(out, "nonce", f->nonce);
    encode(out, "code_challenge", buf_cstr(&challenge));
    encode(out, "code_challenge_method", "S256");
    buf_done(&challenge);
}

/* ---- the id token ----------------------------------------------------------------------------------------------------------------- */

static bool bad_token(struct err *e, const char *why)
{
    return err_set(e, &auth_causes[AUTH_OIDC_TOKEN], "the id token %s", why);
}

static bool read_alg(struct str name, enum jwt_alg *out)
{
    static const struct {
        const char *name;
        enum jwt_alg alg;
    } algs[] = {{"RS256", JWT_RS256}, {"PS256", JWT_PS256}, {"ES256", JWT_ES256}};
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        if (str_eq(name, str_of(algs[i].name))) {
            *out = algs[i].alg;
            return true;
        }
    return false;
}

static struct str member(const struct json *o, const char *key)
{
    return json_str(json_get(o, key), STR(""));
}

static bool key_verifies(const struct json *key, enum jwt_alg alg, struct str alg_name, struct str token)
{
    const struct jwk k = {.kty = member(key, "kty"),
                          .crv = member(key, "crv"),
                          .n = member(key, "n"),
                          .e = member(key, "e"),
                          .x = member(key, "x"),
                          .y = member(key, "y")};
    struct str use = member(key, "use"), own = member(key, "alg");
    return (use.n == 0 || str_eq(use, STR("sig"))) && (own.n == 0 || str_eq(own, alg_name)) &&
           jwk_verifies(&k, alg, token);
}

/* The key that the header names; where it names none, the only one. */
static bool check_signature(const struct json *header, const struct json *jwks, struct str token, struct err *e)
{
    enum jwt_alg alg;
    struct str name = member(header, "alg"), kid = member(header, "kid");
    const struct json *keys = json_get(jwks, "keys");
    /* What must be understood, and is not: RFC 7515, 4.1.11. */
    if (json_get(header, "crit")) return bad_token(e, "has an extension that is not known here");
    if (!read_alg(name, &alg)) return bad_token(e, "is not signed by RS256, PS256 or ES256");
    for (size_t i = 0; keys && keys->type == JSON_ARRAY && i < keys->count; i++) {
        const struct json *key = &keys->items[i];
        bool is_meant = kid.n ? str_eq(member(key, "kid"), kid) : keys->count == 1;
        if (is_meant && key_verifies(key, alg, name, token)) return true;
    }
    return bad_token(e, "is signed by no key of the provider's");
}

static bool check_audience(const struct json *c, struct str client, struct err *e)
{
    const struct json *aud = json_get(c, "aud");
    struct str azp = member(c, "azp");
    bool fits = str_eq(json_str(aud, STR("")), client) || lists(aud, client);
    bool is_shared = aud && aud->type == JSON_ARRAY && aud->count > 1;
    if (!fits) return bad_token(e, "is for another application");
    return (azp.n ? str_eq(azp, client) : !is_shared) || bad_token(e, "was given to another application");
}

static bool check_times(const struct json *c, struct wall now, struct err *e)
{
    enum { LEEWAY_S = 60 };
    int64_t s = now.ticks / WALL_TICKS_PER_S;
    if (json_get(c, "exp") == NULL || json_get(c, "iat") == NULL)
        return bad_token(e, "says not when it was made, or until when it holds");
    if (json_i64(json_get(c, "exp"), 0) + LEEWAY_S <= s) return bad_token(e, "has expired");
    if (json_i64(json_get(c, "iat"), 0) - LEEWAY_S > s) return bad_token(e, "is of the future: is a clock wrong?");
    return json_i64(json_get(c, "nbf"), 0) - LEEWAY_S <= s || bad_token(e, "does not hold yet: is a clock wrong?");
}

/* Text alone, on one line: two that look the same, or are once they are written down, would be one person. */
static bool is_subject(const struct json *sub)
{
    bool plain = sub && sub->type == JSON_STRING && sub->text.n > 0;
    for (size_t i = 0; plain && i < sub->text.n;) i += str_char(sub->text, i, &plain);
    return plain;
}

static bool check_claims(const struct json *c, const struct oidc_expect *x, struct err *e)
{
    struct str nonce = member(c, "nonce");
    if (!str_eq(member(c, "iss"), str_of(x->issuer))) return bad_token(e, "is of another issuer");
    if (!check_audience(c, str_of(x->client_id), e) || !check_times(c, x->now, e)) return false;
    if (nonce.n != strlen(x->nonce) || !bytes_equal_const_time(nonce.p, x->nonce, nonce.n))
        return bad_token(e, "was made for another sign-in");
    return is_subject(json_get(c, "sub")) || bad_token(e, "names nobody, or in characters that no name has");
}

bool oidc_verify(struct str token, const struct json *jwks, const struct oidc_expect *x, struct arena *a,
                 const struct json **claims_out, struct err *e)
{
    struct buf header, payload;
    struct err ignored;
    buf_init(&header, JWT_BYTES_MAX);
    buf_init(&payload, JWT_BYTES_MAX);
    const struct json *h = NULL, *c = NULL;
    bool ok = jwt_peek(token, &header, &payload, &ignored);
    if (ok) {
        h = json_parse(a, arena_str(a, buf_str(&header)), &ignored);
        c = json_parse(a, arena_str(a, buf_str(&payload)), &ignored);
        ok = h && c;
    }
    buf_done(&header);
    buf_done(&payload);
    if (!ok) return bad_token(e, "cannot be read");
    if (!check_signature(h, jwks, token, e) || !check_claims(c, x, e)) return false;
    *claims_out = c;
    return true;
}

/* ---- the code for it -------------------------------------------------------------------------------------------------------------- */

static bool read_secret(struct installation *i, struct buf *out, bool *found_out, struct err *e)
{
    return store_secret_get(i->store, "oidc.client_secret", out, found_out, e);
}

static bool ask_token(struct installation *i, const struct oidc_record *o, const struct oidc_provider *p,
                      const struct oidc_flow *f, const char *code, struct arena *a, const struct json **out,
                      struct err *e)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    struct buf form, secret, user, password; /* for HTTP Basic they are encoded as in a form (RFC 6749, 2.3.1) */
    bool has_secret = false;
    buf_init(&form, 1 << 16);
    buf_init(&user, 1 << 10);
    buf_init(&password, 1 << 14);
    buf_init(&secret, 4096);
    bool ok = read_secret(i, &secret, &has_secret, e);
    bool is_basic = has_secret && p->takes_basic;
    encode_value(&user, str_of(o->client_id));
    encode_value(&password, buf_str(&secret));
    encode(&form, "grant_type", "authorization_code");
    encode(&form, "code", code);
    encode(&form, "redirect_uri", o->redirect_url);
    encode(&form, "code_verifier", f->verifier);
    if (!is_basic) encode(&form, "client_id", o->client_id);
    if (has_secret && !is_basic) encode(&form, "client_secret", buf_cstr(&secret));
    struct http_request q = {.method = "POST",
                             .url = p->token_url,
                             .headers = headers,
                             .user = is_basic ? buf_cstr(&user) : NULL,
                             .password = is_basic ? buf_str(&password) : STR_NONE,
                             .body = buf_str(&form),
                             .is_change = true};
    ok = ok && ask(i, &q, "the provider's token endpoint", a, out, e);
    if (form.p) seal_wipe(form.p, form.cap);
    if (secret.p) seal_wipe(secret.p, secret.cap);
    if (password.p) seal_wipe(password.p, password.cap);
    buf_done(&password);
    buf_done(&user);
    buf_done(&form);
    buf_done(&secret);
    return ok;
}

bool oidc_redeem(struct installation *i, const struct oidc_record *o, const struct oidc_flow *f, struct str code,
                 struct arena *a, const struct json **claims_out, struct err *e)
{
    struct oidc_provider p;
    const struct json *answer = NULL, *jwks = NULL;
    const char *text = arena_copy(a, code.p, code.n);
    if (!oidc_discover(i, o, a, &p, e) || !ask_token(i, o, &p, f, text ? text : "", a, &answer, e)) return false;
    struct http_request q = {.method = "GET", .url = p.jwks_url};
    if (!ask(i, &q, "the provider's keys", a, &jwks, e)) return false;
    const struct oidc_expect x = {o->issuer, o->client_id, f->nonce, clock_wall(&i->clock)};
    return oidc_verify(member(answer, "id_token"), jwks, &x, a, claims_out, e);
}
