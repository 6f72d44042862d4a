/* What the login answers, v1 or v2: the token, how long it lives, and what it says of itself. */
#include <string.h>

#include "cloud/defender/defender_int.h"
#include "cloud/defender/explain_int.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"

enum { LIFE_MIN_S = 1, LIFE_MAX_S = 24 * 3600 };

static bool read_answer(struct arena *a, struct str body, struct token_answer *out, struct err *e)
{
    struct err detail;
    const struct json *root = json_parse(a, body, &detail);
    out->bearer = json_str(json_get(root, "access_token"), STR_NONE);
    out->life_s = json_i64(json_get(root, "expires_in"), 0);
    if (out->bearer.n == 0 || out->life_s < LIFE_MIN_S)
        return err_set(e, &defender_causes[DEFENDER_BAD_ANSWER],
                       "the login service answered 200 without a usable token");
    if (out->life_s > LIFE_MAX_S) out->life_s = LIFE_MAX_S;
    return true;
}

static void add_roles(struct buf *roles, const struct json *list)
{
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        struct str role = json_str(&list->items[i], STR_NONE);
        if (role.n == 0 || memchr(role.p, '\n', role.n)) continue; /* no role, or it would read as two */
        (void)buf_add_str(roles, role);
        (void)buf_add_char(roles, '\n');
    }
}

/* Whose token is it? Never used for another tenant than it was asked for, whatever answered in the login's place. */
static bool read_claims(struct arena *a, const struct tenant *tenant, struct str bearer, struct buf *roles,
                        struct err *e)
{
    struct buf header, payload;
    struct err detail;
    char tid[SAYS_BYTES];
    buf_init(&header, ERROR_BODY_BYTES);
    buf_init(&payload, ERROR_BODY_BYTES);
    bool ok = jwt_peek(bearer, &header, &payload, &detail);
    const struct json *claims = ok ? json_parse(a, buf_str(&payload), &detail) : NULL;
    struct str said = json_str(json_get(claims, "tid"), STR_NONE);
    explain_quote(str_sub(said, 0, 40), tid);
    if (claims == NULL)
        ok = err_set(e, &defender_causes[DEFENDER_BAD_ANSWER], "the login service gave a token that cannot be read");
    else if (!str_eq_nocase(said, str_of(tenant->record.tenant_id)))
        ok = err_set(e, &defender_causes[DEFENDER_WRONG_TENANT], "asked for tenant %s, got a token of %s",
                     tenant->record.tenant_id, tid);
    else
        add_roles(roles, json_get(claims, "roles"));
    buf_done(&header);
    buf_done(&payload);
    return ok;
}

bool token_answer_read(struct arena *a, struct str body, const struct tenant *tenant, struct token_answer *out,
                       struct buf *roles, struct err *e)
{
    return read_answer(a, body, out, e) && read_claims(a, tenant, out->bearer, roles, e);
}
