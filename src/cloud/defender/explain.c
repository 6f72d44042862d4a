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

/* Graph: {"error":{"code","message","innerError":{"request-id"}}} ("innererror" in places); Endpoint: "target" is the id. Some
 * messages are JSON texts themselves; they are shown as they stand. */
static struct said read_body(struct arena *a, const struct http_response *r, struct str body)
{
    struct err ignored;
    const struct json *error = json_get_nocase(json_parse(a, body, &ignored), "error");
    const struct json *inner = json_get_nocase(error, "innerError");
    struct said s = {json_str(json_get_nocase(error, "code"), STR_NONE),
                     json_str(json_get_nocase(error, "message"), STR_NONE), ""};
    struct str id =
        json_str(json_get_nocase(inner, "request-id"), json_str(json_get_nocase(error, "target"), STR_NONE));
    if (r->request_id[0]) id = str_of(r->request_id);
    (void)str_copy(str_sub(id, 0, sizeof s.request_id - 1), s.request_id, sizeof s.request_id);
    return s;
}

/* ---- what it means: the first row that fits. Statuses decide; texts only tell the 400s and odd 401s and 403s apart. */

enum { ANY_STATUS = 0, SERVER_STATUSES = 5, CLIENT_STATUSES = 4, ALL = -1 };

static const struct rule {
    int status;           /* exact; or a whole class, 4 or 5; or 0 */
    int family;           /* enum api_family, or ALL */
    const char *code;     /* of the error, any case; NULL: any */
    const char *contains; /* the message, any case; NULL: any */
    int cause;
} rules[] = {
    {429, ALL, NULL, NULL, DEFENDER_THROTTLED},
    {400, API_GRAPH_HUNTING, NULL, "preempted", DEFENDER_QUERY_TOO_HEAVY},
    {400, API_GRAPH_HUNTING, NULL, "exceeded the allowed limits", DEFENDER_QUERY_TOO_HEAVY},
    {400, API_GRAPH_HUNTING, NULL, "result size", DEFENDER_RESULT_TOO_LARGE},
    {400, API_GRAPH_HUNTING, NULL, "Failed to resolve table", DEFENDER_NO_TABLE},
    {400, ALL, NULL, "for Top query has been exceeded", DEFENDER_PAGE_TOO_LARGE},
    {400, ALL, NULL, NULL, DEFENDER_BAD_QUERY},
    {401, ALL, "AF10001", NULL, DEFENDER_ROLE_MISSING},
    {401, ALL, NULL, "does not include the expected permission", DEFENDER_ROLE_MISSING},
    {401, ALL, NULL, NULL, DEFENDER_TOKEN_REFUSED},
    {403, ALL, "DisabledFeature", NULL, DEFENDER_FORBIDDEN},
    {403, ALL, "DisallowedOperation", NULL, DEFENDER_FORBIDDEN},
    {403, ALL, NULL, NULL, DEFENDER_ROLE_MISSING},
    {404, ALL, NULL, NULL, DEFENDER_NOT_FOUND},
    {408, ALL, NULL, NULL, DEFENDER_SERVER},
    {413, ALL, NULL, NULL, DEFENDER_PAGE_TOO_LARGE},
    {CLIENT_STATUSES, ALL, NULL, NULL, DEFENDER_BAD_QUERY},
    {SERVER_STATUSES, ALL, NULL, NULL, DEFENDER_SERVER},
    {ANY_STATUS, ALL, NULL, NULL, DEFENDER_BAD_ANSWER},
};

static bool contains_nocase(struct str s, struct str needle)
{
    for (size_t i = 0; i + needle.n <= s.n; i++)
        if (str_eq_nocase(str_sub(s, i, needle.n), needle)) return true;
    return false;
}

static bool rule_fits(const struct rule *rule, const struct endpoint_row *row, int status, const struct said *said)
{
    bool is_class = rule->status < 10 && rule->status > 0;
    if (rule->status != ANY_STATUS && rule->status != (is_class ? status / 100 : status)) return false;
    if (rule->family != ALL && rule->family != (int)row->family) return false;
    if (rule->code && !str_eq_nocase(said->code, str_of(rule->code))) return false;
    return rule->contains == NULL || contains_nocase(said->message, str_of(rule->contains));
}

static int cause_of(const struct endpoint_row *row, int status, const struct said *said)
{
    const struct rule *rule = rules;
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
    arena_done(&a);
}
