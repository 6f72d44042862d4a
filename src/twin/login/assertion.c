/* Certificate assertions (section 2.3): the certificate is found by its thumbprint, the signature really checked, the claims
 * read with a margin for clocks that differ. The same assertion, jti included, may come again: real clients do that. */
#include <stdio.h>
#include <string.h>

#include "twin/login/login_int.h"

enum { SKEW_S = 300 };
static const int64_t LAST_S = INT64_C(253402300799); /* of the year 9999 */

struct assertion {
    struct arena arena;
    struct buf header_text, claims_text;
    const struct json *header, *claims;
    struct str text;
};

static void assertion_done(struct assertion *a)
{
    buf_done(&a->header_text);
    buf_done(&a->claims_text);
    arena_done(&a->arena);
}

static bool assertion_read(struct assertion *a, struct str text)
{
    struct err e;
    *a = (struct assertion){.text = text};
    arena_init(&a->arena, 1 << 20);
    buf_init(&a->header_text, JWT_BYTES_MAX);
    buf_init(&a->claims_text, JWT_BYTES_MAX);
    if (!jwt_peek(text, &a->header_text, &a->claims_text, &e)) return false;
    a->header = json_parse(&a->arena, buf_str(&a->header_text), &e);
    a->claims = json_parse(&a->arena, buf_str(&a->claims_text), &e);
    return a->header && a->claims;
}

static struct str header_of(const struct assertion *a, const char *name)
{
    return json_str(json_get(a->header, name), STR_NONE);
}

static struct str claim_of(const struct assertion *a, const char *name)
{
    return json_str(json_get(a->claims, name), STR_NONE);
}

static bool alg_of(const struct assertion *a, enum jwt_alg *out)
{
    struct str alg = header_of(a, "alg");
    *out = str_eq(alg, STR("PS256")) ? JWT_PS256 : JWT_RS256;
    return *out == JWT_PS256 || str_eq(alg, STR("RS256"));
}

static bool thumbprint_is(struct str text, const uint8_t *bytes, size_t n)
{
    struct buf raw;
    buf_init(&raw, 64);
    bool same = text.n && base64url_decode(text, &raw) && raw.n == n && memcmp(raw.p, bytes, n) == 0;
    buf_done(&raw);
    return same;
}

/* By whichever thumbprint is there; SHA-256 first. */
static const struct app_certificate *find_certificate(const struct twin_app *app, const struct assertion *a)
{
    struct str sha256 = header_of(a, "x5t#S256"), sha1 = header_of(a, "x5t");
    for (unsigned i = 0; i < app->certificate_count; i++) {
        const struct app_certificate *c = &app->certificates[i];
        bool is_it = sha256.n ? thumbprint_is(sha256, c->facts.sha256, sizeof c->facts.sha256)
                              : thumbprint_is(sha1, c->facts.sha1, sizeof c->facts.sha1);
        if (is_it) return c;
    }
    return NULL;
}

/* Not registered. One that comes along (x5c) is judged by its chain and its name. */
static bool refuse_unknown(struct exchange *x, const struct assertion *a, enum jwt_alg alg)
{
    const struct json *chain = json_get(a->header, "x5c");
    struct cert *cert;
    struct cert_facts facts;
    struct err e;
    if (chain == NULL || chain->type != JSON_ARRAY || chain->count == 0) return login_refuse(x, 700027, NULL);
    if (!cert_from_der_base64(json_str(&chain->items[0], STR_NONE), &cert, &e)) return login_refuse(x, 50012, NULL);
    bool holds = cert_verifies(cert, alg, a->text);
    cert_facts_get(cert, &facts);
    cert_free(cert);
    return holds ? login_refuse_str(x, 700030, str_of(facts.subject)) : login_refuse(x, 50012, NULL);
}

static bool check_key(struct exchange *x, const struct twin_app *app, const struct assertion *a)
{
    enum jwt_alg alg;
    if (!alg_of(a, &alg)) return login_refuse(x, 50013, "The signing algorithm is not supported.");
    const struct app_certificate *c = find_certificate(app, a);
    if (c == NULL) return refuse_unknown(x, a, alg);
    if (!cert_verifies(c->cert, alg, a->text))
        return login_refuse(x, 700027, "Client assertion failed signature validation.");
    if (x->clock.ticks > c->facts.until.ticks) return login_refuse(x, 700027, "The key used is expired.");
    return x->clock.ticks >= c->facts.from.ticks - SKEW_S * WALL_TICKS_PER_S ||
           login_refuse(x, 700027, "The key used is not valid yet.");
}

static bool check_times(struct exchange *x, const struct assertion *a)
{
    int64_t now_s = wall_ms(x->clock) / 1000, until_s = json_i64(json_get(a->claims, "exp"), 0);
    if (until_s > LAST_S) until_s = LAST_S;
    char now[WALL_TEXT_BYTES], until[WALL_TEXT_BYTES], detail[120];
    if (until_s <= 0) return login_refuse(x, 50013, "The assertion has no expiry time.");
    if (until_s > now_s - SKEW_S && json_i64(json_get(a->claims, "nbf"), 0) <= now_s + SKEW_S) return true;
    wall_format(x->clock, now);
    wall_format((struct wall){until_s * WALL_TICKS_PER_S}, until);
    (void)snprintf(detail, sizeof detail, " Current time: %s, expiry time of assertion %s.", now, until);
    return login_refuse(x, 500133, detail);
}

static bool check_names(struct exchange *x, const struct twin_app *app, const struct assertion *a, struct str audience)
{
    struct str issuer = claim_of(a, "iss");
    if (!str_eq(claim_of(a, "sub"), issuer)) return login_refuse(x, 50048, NULL);
    if (!str_eq_nocase(issuer, str_of(app->client_id)))
        return login_refuse(x, 50013, "The issuer of the assertion is not the client.");
    return str_eq_nocase(claim_of(a, "aud"), audience) ||
           login_refuse(x, 50013, "The audience of the assertion is not this token end-point.");
}

bool assertion_check(struct exchange *x, const struct twin_app *app, struct str assertion, struct str audience)
{
    struct assertion a;
    bool fine = assertion_read(&a, assertion) || login_refuse(x, 50013, NULL);
    fine = fine && check_key(x, app, &a) && check_times(x, &a) && check_names(x, app, &a, audience);
    assertion_done(&a);
    return fine;
}
