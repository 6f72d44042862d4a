/* What the login answers: any bytes ('r'), or any header, claims and answer (one a line), the token made of the first two
 * standing where the answer says "$t". A token is taken only if it is of the tenant that was asked for; no text shows it. */
#include <string.h>

#include "cloud/defender/defender_int.h"
#include "cloud/defender/explain_int.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TENANT "11111111-1111-4111-8111-111111111111"
enum { SHORTEST_SECRET = 24, DAY_S = 86400 };

static void add_part(struct str text, char end, struct buf *out)
{
    base64url_encode(text.p, text.n, out);
    (void)buf_add_char(out, end);
}

static void make_body(struct str rest, struct buf *body)
{
    struct buf token;
    buf_init(&token, 0);
    add_part(str_cut(&rest, '\n'), '.', &token);
    add_part(str_cut(&rest, '\n'), '.', &token);
    (void)buf_add_str(&token, STR("AAAA"));
    size_t at = str_find(rest, STR("$t"), 0);
    (void)buf_add_str(body, str_sub(rest, 0, at == SIZE_MAX ? rest.n : at));
    if (at != SIZE_MAX) {
        (void)buf_add_str(body, buf_str(&token));
        (void)buf_add_str(body, str_sub(rest, at + 2, SIZE_MAX));
    }
    buf_done(&token);
}

static void check_taken(struct arena *a, const struct token_answer *answer, struct str roles)
{
    struct buf header, payload;
    struct err e;
    size_t lines = 0;
    buf_init(&header, 0);
    buf_init(&payload, 0);
    INVARIANT(answer->bearer.n > 0 && answer->life_s >= 1 && answer->life_s <= DAY_S);
    INVARIANT(jwt_peek(answer->bearer, &header, &payload, &e));
    const struct json *claims = json_parse(a, buf_str(&payload), &e), *list = json_get(claims, "roles");
    INVARIANT(str_eq_nocase(json_str(json_get(claims, "tid"), STR_NONE), STR(TENANT)));
    while (roles.n > 0) {
        INVARIANT(str_cut(&roles, '\n').n > 0);
        lines++;
    }
    INVARIANT(lines == 0 || (list && lines <= list->count));
    buf_done(&header);
    buf_done(&payload);
}

static void check_refused(const struct err *e, struct str body)
{
    struct arena a;
    struct err ignored;
    INVARIANT(e->cause >= defender_causes && e->cause < defender_causes + DEFENDER_CAUSE_COUNT);
    size_t n = strnlen(e->text, sizeof e->text);
    INVARIANT(n > 0 && n < sizeof e->text);
    for (size_t i = 0; i < n; i++) INVARIANT((unsigned char)e->text[i] >= ' ' && e->text[i] != 0x7f);
    arena_init(&a, EXPLAIN_ARENA_BYTES);
    struct str token = json_str(json_get(json_parse(&a, body, &ignored), "access_token"), STR_NONE);
    if (token.n >= SHORTEST_SECRET) INVARIANT(str_find(str_of(e->text), token, 0) == SIZE_MAX);
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tenant tenant = {.record = {.tenant_id = TENANT}};
    struct token_answer answer;
    struct buf body, roles;
    struct arena a;
    struct err e = {0};
    if (size < 1 || size > ERROR_BODY_BYTES / 2) return 0;
    buf_init(&body, 0);
    buf_init(&roles, ERROR_BODY_BYTES);
    struct str rest = {(const char *)data + 1, size - 1};
    if (data[0] == 'r')
        (void)buf_add_str(&body, rest);
    else
        make_body(rest, &body);
    arena_init(&a, 2 * EXPLAIN_ARENA_BYTES);
    if (token_answer_read(&a, buf_str(&body), &tenant, &answer, &roles, &e))
        check_taken(&a, &answer, buf_str(&roles));
    else
        check_refused(&e, buf_str(&body));
    arena_done(&a);
    buf_done(&roles);
    buf_done(&body);
    return 0;
}
