#include "cloud/defender/explain_int.h"

#include <stdio.h>
#include <string.h>

#include "cloud/defender/defender.h"
#include "kit/json/json.h"

/* ---- quoting */

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

/* Length of what looks like a JWT ("eyJ" is base64url of '{"') at the beginning of s; 0: none. */
static size_t token_length(struct str s)
{
    size_t n = 0;
    if (!str_starts(s, STR("eyJ"))) return 0;
    while (n < s.n && is_token_char(s.p[n])) n++;
    return n >= 20 ? n : 0;
}

void explain_quote(struct str foreign, char out[SAYS_BYTES])
{
    size_t n = 0, i = 0;
    bool is_gap = false;
    for (; i < foreign.n && n + 12 < SAYS_BYTES; i++) {
        unsigned char c = (unsigned char)foreign.p[i];
        size_t token = token_length(str_sub(foreign, i, SIZE_MAX));
        if (c <= ' ' || c == 0x7f) {
            is_gap = n > 0;
            continue;
        }
        if (is_gap) out[n++] = ' ';
        is_gap = false;
        if (token) {
            memcpy(out + n, "(token)", 7);
            n += 7;
            i += token - 1;
        } else {
            out[n++] = (char)c;
        }
    }
    while (i < foreign.n && n > 0 && ((unsigned char)out[n - 1] & 0x80)) n--; /* never cut within a UTF-8 character */
    out[n] = '\0';
}

/* ---- the body */

struct said {
    struct str code, message;
    char request_id[64];
};

/* Some messages are JSON texts themselves: what they say is the message. */
static void read_nested(struct arena *a, struct said *s)
{
    struct err ignored;
    const struct json *root = json_parse(a, s->message, &ignored), *error = json_get_nocase(root, "error");
    struct str code = json_str(json_get_nocase(error ? error : root, "code"), STR_NONE);
    struct str message = json_str(json_get_nocase(error ? error : root, "message"), STR_NONE);
    if (code.n) s->code = code;
    if (message.n) s->message = message;
}

/* Graph: {"error":{"code","message","innerError":{"request-id"}}} ("innererror" in places); Endpoint: "target" is the id. */
static struct said read_body(struct arena *a, const struct http_response *r, struct str body)
{
    struct err ignored;
    const struct json *root = json_parse(a, body, &ignored), *error = json_get_nocase(root, "error");
    if (error == NULL) error = root; /* {"code":"AF10001"} */
    const struct json *inner = json_get_nocase(error, "innerError");
    struct said s = {json_str(json_get_nocase(error, "code"), STR_NONE),
                     json_str(json_get_nocase(error, "message"), STR_NONE), ""};
    if (str_starts(s.message, STR("{"))) read_nested(a, &s);
    struct str id =
        json_str(json_get_nocase(inner, "request-id"), json_str(json_get_nocase(error, "target"), STR_NONE));
    if (r->request_id[0]) id = str_of(r->request_id);
    (void)str_copy(str_sub(id, 0, sizeof s.request_id - 1), s.request_id, sizeof s.request_id);
    return s;
}

/* "API calls quota exceeded! maximum allowed 1500 per 01:00:00": a quota over a minute has room again after one, a longer one
 * bit by bit. */
static uint32_t quota_wait_ms(struct str message)
{
    enum { MOST_S = 15 * 60 };
    uint64_t h, m, s;
    size_t at = str_find(message, STR(" per "), 0);
    struct str rest = str_sub(message, at == SIZE_MAX ? message.n : at + 5, 8);
    if (!str_to_u64(str_cut(&rest, ':'), &h) || !str_to_u64(str_cut(&rest, ':'), &m) || !str_to_u64(rest, &s)) return 0;
    uint64_t window_s = h * 3600 + m * 60 + s;
    return (uint32_t)(window_s < MOST_S ? window_s : MOST_S) * 1000;
}

/* ---- what it means: the first row that fits. Statuses decide; codes and texts tell the odd ones apart. */

enum { ANY_STATUS = 0, CLIENT_STATUSES = 4, SERVER_STATUSES = 5 };

/* clang-format off */
static const struct api_error rules[] = {
    {429, HUNTING_FAMILIES, NULL, "CPU", DEFENDER_CPU_QUOTA},
    {429, ANY_FAMILY, NULL, "calls quota exceeded", DEFENDER_CALLS_QUOTA},
    {429, ANY_FAMILY, "TooManyRequests", NULL, DEFENDER_THROTTLED},
    {429, ANY_FAMILY, NULL, NULL, DEFENDER_THROTTLED},
    {400, HUNTING_FAMILIES, NULL, "preempted", DEFENDER_QUERY_TOO_HEAVY},
    {400, HUNTING_FAMILIES, NULL, "exceeded the allowed limits", DEFENDER_QUERY_TOO_HEAVY},
    {400, HUNTING_FAMILIES, NULL, "result size", DEFENDER_RESULT_TOO_LARGE},
    {400, HUNTING_FAMILIES, NULL, "Failed to resolve table", DEFENDER_NO_TABLE},
    {400, ANY_FAMILY, NULL, "for Top query has been exceeded", DEFENDER_PAGE_TOO_LARGE},
    {400, ANY_FAMILY, "ActiveRequestAlreadyExists", NULL, DEFENDER_ACTION_RUNNING},
    {400, ANY_FAMILY, NULL, "Action is already in progress", DEFENDER_ACTION_RUNNING},
    {400, ANY_FAMILY, NULL, "cannot be cancelled", DEFENDER_ACTION_OVER},
    {400, ANY_FAMILY, "OsPlatformNotSupported", NULL, DEFENDER_OS_UNSUPPORTED},
    {400, ANY_FAMILY, "ClientVersionNotSupported", NULL, DEFENDER_SENSOR_OLD},
    {400, ANY_FAMILY, "MaximumBatchSizeExceeded", NULL, DEFENDER_BATCH_TOO_LARGE},
    {400, ANY_FAMILY, "MissingRequiredParameter", NULL, DEFENDER_BAD_BODY},
    {400, ANY_FAMILY, "InvalidRequestBody", NULL, DEFENDER_BAD_BODY},
    {400, ANY_FAMILY, "InvalidInput", NULL, DEFENDER_BAD_VALUE},
    {400, ANY_FAMILY, "InvalidHashValue", NULL, DEFENDER_BAD_VALUE},
    {400, ANY_FAMILY, "InvalidDomainName", NULL, DEFENDER_BAD_VALUE},
    {400, ANY_FAMILY, "InvalidIpAddress", NULL, DEFENDER_BAD_VALUE},
    {400, ANY_FAMILY, "InvalidUrl", NULL, DEFENDER_BAD_VALUE},
    {400, ANY_FAMILY, "ODataError", NULL, DEFENDER_BAD_QUERY},
    {400, ANY_FAMILY, "BadRequest", NULL, DEFENDER_BAD_QUERY},
    {400, ANY_FAMILY, NULL, NULL, DEFENDER_BAD_QUERY},
    {401, ANY_FAMILY, "AF10001", NULL, DEFENDER_ROLE_MISSING},
    {401, ANY_FAMILY, NULL, "does not include the expected permission", DEFENDER_ROLE_MISSING},
    {401, ANY_FAMILY, "InvalidAuthenticationToken", NULL, DEFENDER_TOKEN_REFUSED},
    {401, ANY_FAMILY, "Unauthorized", NULL, DEFENDER_TOKEN_REFUSED},
    {401, ANY_FAMILY, NULL, NULL, DEFENDER_TOKEN_REFUSED},
    {403, API_ENDPOINT_HUNTING, "DisabledFeature", NULL, DEFENDER_API_RETIRED},
    {403, ANY_FAMILY, "DisabledFeature", NULL, DEFENDER_FEATURE_OFF},
    {403, ANY_FAMILY, "DisallowedOperation", NULL, DEFENDER_DISALLOWED},
    {403, API_SIEM, NULL, NULL, DEFENDER_FORBIDDEN},
    {403, ANY_FAMILY, "Forbidden", NULL, DEFENDER_ROLE_MISSING},
    {403, ANY_FAMILY, "Authorization_RequestDenied", NULL, DEFENDER_ROLE_MISSING},
    {403, ANY_FAMILY, NULL, NULL, DEFENDER_ROLE_MISSING},
    {404, API_ENDPOINT_HUNTING, NULL, NULL, DEFENDER_API_RETIRED},
    {404, API_SIEM, NULL, NULL, DEFENDER_API_RETIRED},
    {404, ANY_FAMILY, "ResourceNotFound", NULL, DEFENDER_NOT_FOUND},
    {404, ANY_FAMILY, "NotFound", NULL, DEFENDER_NOT_FOUND},
    {404, ANY_FAMILY, NULL, NULL, DEFENDER_NOT_FOUND},
    {408, ANY_FAMILY, NULL, NULL, DEFENDER_SERVER},
    {410, ANY_FAMILY, NULL, NULL, DEFENDER_API_RETIRED},
    {413, ANY_FAMILY, NULL, NULL, DEFENDER_PAGE_TOO_LARGE},
    {CLIENT_STATUSES, ANY_FAMILY, NULL, NULL, DEFENDER_BAD_QUERY},
    {SERVER_STATUSES, ANY_FAMILY, "InternalServerError", NULL, DEFENDER_SERVER},
    {SERVER_STATUSES, ANY_FAMILY, "UnknownError", NULL, DEFENDER_SERVER},
    {SERVER_STATUSES, ANY_FAMILY, NULL, NULL, DEFENDER_SERVER},
    {ANY_STATUS, ANY_FAMILY, NULL, NULL, DEFENDER_BAD_ANSWER},
};
/* clang-format on */

const struct api_error *defender_api_error(unsigned nth)
{
    return nth < sizeof rules / sizeof *rules ? &rules[nth] : NULL;
}

static bool contains_nocase(struct str s, struct str needle)
{
    for (size_t i = 0; i + needle.n <= s.n; i++)
        if (str_eq_nocase(str_sub(s, i, needle.n), needle)) return true;
    return false;
}

static bool family_fits(int wanted, const struct endpoint_row *row)
{
    return wanted == ANY_FAMILY || wanted == (int)row->family ||
           (wanted == HUNTING_FAMILIES && endpoint_is_hunting(row));
}

static bool rule_fits(const struct api_error *rule, const struct endpoint_row *row, int status, const struct said *said)
{
    bool is_class = rule->status < 10 && rule->status > 0;
    if (rule->status != ANY_STATUS && rule->status != (is_class ? status / 100 : status)) return false;
    if (!family_fits(rule->family, row)) return false;
    if (rule->code && !str_eq_nocase(said->code, str_of(rule->code))) return false;
    return rule->contains == NULL || contains_nocase(said->message, str_of(rule->contains));
}

static int cause_of(const struct endpoint_row *row, int status, const struct said *said)
{
    const struct api_error *rule = rules;
    while (!rule_fits(rule, row, status, said)) rule++; /* the last fits all */
    return rule->cause;
}

void defender_explain(const struct endpoint_row *row, const struct http_response *r, struct str body, struct err *e)
{
    struct arena a;
    char code[SAYS_BYTES], message[SAYS_BYTES];
    arena_init(&a, EXPLAIN_ARENA_BYTES);
    struct said said = read_body(&a, r, str_sub(body, 0, ERROR_BODY_BYTES));
    int cause = cause_of(row, r->status, &said);
    explain_quote(str_sub(said.code, 0, 40), code);
    explain_quote(said.message, message);
    (void)err_set(e, &defender_causes[cause], "%s %s answered %d%s%s%s%s", row->method, row->path, r->status,
                  *code ? " " : "", code, *message ? ": " : "", message);
    size_t n = strlen(e->text);
    if (cause == DEFENDER_ROLE_MISSING && *row->role)
        n += (size_t)snprintf(e->text + n, sizeof e->text - n, "; it needs %s", row->role);
    if (said.request_id[0] && n < sizeof e->text) {
        explain_quote(str_of(said.request_id), code);
        (void)snprintf(e->text + n, sizeof e->text - n, " (request %s)", code);
    }
    e->retry_after_ms = r->retry_after_ms;
    if (cause == DEFENDER_CALLS_QUOTA && e->retry_after_ms == 0) e->retry_after_ms = quota_wait_ms(said.message);
    arena_done(&a);
}

/* 199 - "Microsoft/WDATP/504/12000": vendor, product, what it answered, after how long. */
void defender_explain_partial(const struct endpoint_row *row, const struct http_response *r, struct err *e)
{
    char warning[SAYS_BYTES];
    explain_quote(str_of(r->warning), warning);
    (void)err_set(e, &defender_causes[DEFENDER_PARTIAL], "%s %s answered %d, without a part%s%s", row->method,
                  row->path, r->status, *warning ? ": " : "", warning);
}
