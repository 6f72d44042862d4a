#include "cloud/defender/explain_int.h"

#include <string.h>

#include "cloud/defender/defender.h"
#include "kit/json/json.h"

/* Entra's numbers. Those without a row are judged by `error` and the status. Passing ones are tried again soon, all others
 * after a long wait. */
static const struct login_code codes[] = {
    {7000215, DEFENDER_SECRET_WRONG},
    {7000222, DEFENDER_SECRET_EXPIRED},
    {7000218, DEFENDER_NO_CREDENTIAL},
    {7000216, DEFENDER_NO_CREDENTIAL},
    {700027, DEFENDER_CERTIFICATE_REFUSED},
    {700030, DEFENDER_CERTIFICATE_REFUSED},
    {50012, DEFENDER_CERTIFICATE_REFUSED},
    {500133, DEFENDER_ASSERTION_TIME},
    {50013, DEFENDER_ASSERTION_TIME},
    {700016, DEFENDER_APP_UNKNOWN},
    {7000112, DEFENDER_APP_DISABLED},
    {70001, DEFENDER_APP_DISABLED},
    {7000229, DEFENDER_NO_CONSENT},
    {65001, DEFENDER_NO_CONSENT},
    {90002, DEFENDER_TENANT_UNKNOWN},
    {900023, DEFENDER_TOKEN_URL},
    {9001023, DEFENDER_TOKEN_URL},
    {50194, DEFENDER_TOKEN_URL},
    {50059, DEFENDER_TOKEN_URL},
    {90038, DEFENDER_OTHER_CLOUD},
    {900382, DEFENDER_OTHER_CLOUD},
    {900432, DEFENDER_OTHER_CLOUD},
    {650052, DEFENDER_NO_LICENCE},
    {500011, DEFENDER_NO_SERVICE},
    {650057, DEFENDER_API_NOT_IN_APP},
    {70011, DEFENDER_BAD_AUDIENCE},
    {1002012, DEFENDER_BAD_AUDIENCE},
    {700022, DEFENDER_BAD_AUDIENCE},
    {53003, DEFENDER_POLICY_BLOCKS},
    {530032, DEFENDER_POLICY_BLOCKS},
    {50196, DEFENDER_LOGIN_LOOP},
    {90055, DEFENDER_LOGIN_THROTTLED},
    {50048, DEFENDER_LOGIN_REQUEST},
    {70003, DEFENDER_LOGIN_REQUEST},
    {900144, DEFENDER_LOGIN_REQUEST},
    {901002, DEFENDER_LOGIN_REQUEST},
    {900561, DEFENDER_LOGIN_REQUEST},
    {50000, DEFENDER_LOGIN_DOWN},
    {50033, DEFENDER_LOGIN_DOWN},
    {90006, DEFENDER_LOGIN_DOWN},
    {90012, DEFENDER_LOGIN_DOWN},
    {90024, DEFENDER_LOGIN_DOWN},
    {90033, DEFENDER_LOGIN_DOWN},
    {90090, DEFENDER_LOGIN_DOWN},
};
enum { CODE_COUNT = sizeof codes / sizeof *codes };

const struct login_code *defender_login_code(unsigned nth)
{
    return nth < CODE_COUNT ? &codes[nth] : NULL;
}

struct said {
    struct str error, description, correlation_id;
    int64_t code; /* 0: none */
};

/* "AADSTS7000215: ..." where error_codes is missing. */
static int64_t code_in(struct str description)
{
    uint64_t code;
    if (!str_starts(description, STR("AADSTS"))) return 0;
    struct str rest = str_sub(description, 6, SIZE_MAX), digits = str_cut(&rest, ':');
    return digits.n < 12 && str_to_u64(digits, &code) ? (int64_t)code : 0;
}

static struct said read_body(struct arena *a, struct str body)
{
    struct err ignored;
    const struct json *root = json_parse(a, body, &ignored), *list = json_get(root, "error_codes");
    struct said s = {
        .error = json_str(json_get(root, "error"), STR_NONE),
        .description = json_str(json_get(root, "error_description"), STR_NONE),
        .correlation_id = json_str(json_get(root, "correlation_id"), STR_NONE),
    };
    if (list && list->type == JSON_ARRAY && list->count > 0) s.code = json_i64(&list->items[0], 0);
    if (s.code == 0) s.code = code_in(s.description);
    return s;
}

static int cause_of(int status, const struct said *s)
{
    for (size_t i = 0; i < CODE_COUNT; i++)
        if (codes[i].code == s->code) return codes[i].cause;
    if (status == 429) return DEFENDER_LOGIN_THROTTLED;
    if (status == 408 || status >= 500 || str_eq(s->error, STR("temporarily_unavailable"))) return DEFENDER_LOGIN_DOWN;
    if (status >= 400) return DEFENDER_LOGIN_REFUSED;
    return DEFENDER_BAD_ANSWER; /* a redirect, a proxy's page */
}

/* Without the trailer (trace id, correlation id, time), which older answers set off with line ends and newer with blanks. */
static struct str first_part(struct str description)
{
    size_t at = str_find(description, STR("Trace ID:"), 0);
    return str_trim(at == SIZE_MAX ? description : str_sub(description, 0, at));
}

void defender_explain_login(const struct http_response *r, struct str body, struct err *e)
{
    struct arena a;
    char error[SAYS_BYTES], says[SAYS_BYTES], id[SAYS_BYTES];
    arena_init(&a, EXPLAIN_ARENA_BYTES);
    struct said s = read_body(&a, str_sub(body, 0, ERROR_BODY_BYTES));
    explain_quote(str_sub(s.error, 0, 40), error);
    explain_quote(first_part(s.description), says);
    explain_quote(str_sub(s.correlation_id.n ? s.correlation_id : str_of(r->request_id), 0, 40), id);
    (void)err_set(e, &defender_causes[cause_of(r->status, &s)], "the login service answered %d%s%s%s%s%s%s%s",
                  r->status, *error ? " " : "", error, *says ? ": " : "", says, *id ? " (correlation id " : "", id,
                  *id ? ")" : "");
    e->retry_after_ms = r->retry_after_ms;
    arena_done(&a);
}
