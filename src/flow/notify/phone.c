#include "flow/notify/phone.h"

#include <string.h>

#include "flow/notify/notify.h"
#include "kit/json/json.h"

enum { ANSWER_MAX = 4 * WIRE_BODY_MAX };

const char *const call_end_names[CALL_ENDS] = {
    [CALL_UNDER_WAY] = "under-way", [CALL_KEY] = "key",          [CALL_NO_KEY] = "no-key",
    [CALL_MACHINE] = "machine",     [CALL_BUSY] = "busy",        [CALL_FAILED] = "failed",
    [CALL_NO_ANSWER] = "no-answer", [CALL_NOT_OURS] = "not-ours"};

/* Opens an answer; NULL: not JSON, or larger than any answer is. */
static const struct json *read(struct arena *a, struct str body)
{
    struct err e;
    arena_init(a, ANSWER_MAX);
    return json_parse(a, body, &e);
}

static bool is_sid(struct str s)
{
    if (s.n < 8 || s.n >= SID_BYTES) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z')))
            return false;
    return true;
}

bool phone_read_sid(struct str body, char out[SID_BYTES])
{
    struct arena a;
    struct str sid = json_str(json_get(read(&a, body), "sid"), STR_NONE);
    bool ok = is_sid(sid) && str_copy(sid, out, SID_BYTES);
    arena_done(&a);
    return ok;
}

bool phone_read_execution(struct str body, bool *is_ended_out)
{
    struct arena a;
    struct str status = json_str(json_get(read(&a, body), "status"), STR_NONE);
    bool is_ended = str_eq_nocase(status, STR("ended")), ok = is_ended || str_eq_nocase(status, STR("active"));
    arena_done(&a);
    if (ok) *is_ended_out = is_ended;
    return ok;
}

static enum call_end end_of_status(struct str status)
{
    static const struct {
        const char *status;
        enum call_end end;
    } rows[] = {{"busy", CALL_BUSY},
                {"no-answer", CALL_NO_ANSWER},
                {"failed", CALL_FAILED},
                {"canceled", CALL_FAILED},
                {"completed", CALL_NO_KEY}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq_nocase(status, str_of(rows[i].status))) return rows[i].end;
    return CALL_UNDER_WAY;
}

static bool is_machine(struct str answered_by)
{
    return str_starts(answered_by, STR("machine")) || str_eq(answered_by, STR("fax"));
}

static bool needs_pin(char key)
{
    return key == KEY_APPROVE || key == KEY_RELEASE || key == KEY_STOP;
}

static void judge_context(const struct json *widgets, bool is_ended, struct call_seen *out)
{
    struct str key = json_str(json_path(widgets, "choice.Digits"), STR_NONE);
    struct str pin = json_str(json_path(widgets, "pin.Digits"), STR_NONE);
    struct str status = json_str(json_path(widgets, "call.CallStatus"), STR_NONE);
    out->end = end_of_status(status);
    if (out->end == CALL_NO_KEY && !is_ended) out->end = CALL_UNDER_WAY; /* the last key may still be on its way */
    if (is_machine(json_str(json_path(widgets, "call.AnsweredBy"), STR_NONE))) {
        out->end = CALL_MACHINE;
        return;
    }
    bool is_key = key.n == 1 && (key.p[0] == KEY_ACKNOWLEDGE || (needs_pin(key.p[0]) && pin.n > 0));
    if (is_key && str_copy(pin, out->pin, sizeof out->pin)) {
        out->end = CALL_KEY;
        out->key = key.p[0];
    } else if (is_ended && out->end == CALL_UNDER_WAY)
        out->end = status.n ? CALL_NO_KEY : CALL_FAILED;
}

bool phone_read_context(struct str body, const char *token, bool is_ended, struct call_seen *out)
{
    struct arena a;
    const struct json *context = json_get(read(&a, body), "context");
    bool ok = context && context->type == JSON_OBJECT;
    struct call_seen seen = {0};
    if (ok && token && !str_eq(json_str(json_path(context, "flow.data.delivery"), STR_NONE), str_of(token)))
        seen.end = CALL_NOT_OURS;
    else if (ok)
        judge_context(json_get(context, "widgets"), is_ended, &seen);
    arena_done(&a);
    if (ok) *out = seen;
    return ok;
}

bool phone_read_call(struct str body, struct call_seen *out)
{
    struct arena a;
    const struct json *call = read(&a, body);
    struct str status = json_str(json_get(call, "status"), STR_NONE);
    bool ok = status.n > 0;
    struct call_seen seen = {.end = end_of_status(status)};
    if (seen.end == CALL_NO_KEY && is_machine(json_str(json_get(call, "answered_by"), STR_NONE)))
        seen.end = CALL_MACHINE;
    arena_done(&a);
    if (ok) *out = seen;
    return ok;
}

/* "Sun, 22 Nov 2026 10:06:34 +0000" of the Calls API, ISO 8601 of Studio. */
static bool read_date(struct str text, struct wall *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[32];
    if (wall_parse(text, out)) return true;
    size_t comma = str_find(text, STR(", "), 0);
    if (comma == SIZE_MAX || text.n < comma + 22) return false;
    const char *p = text.p + comma + 2; /* 22 Nov 2026 10:06:34 */
    char name[4] = {p[3], p[4], p[5], 0};
    const char *at = strstr(months, name);
    if (at == NULL) return false;
    (void)snprintf(iso, sizeof iso, "%.4s-%02d-%.2sT%.8sZ", p + 7, (int)((at - months) / 3 + 1), p, p + 12);
    return wall_parse(str_of(iso), out);
}

static void consider(const struct json *item, struct str number, struct wall since, struct wall *best, char *sid_out)
{
    struct wall made = {0};
    struct str to = json_str(json_get(item, "contact_channel_address"), json_str(json_get(item, "to"), STR_NONE));
    struct str sid = json_str(json_get(item, "sid"), STR_NONE);
    if (!str_eq(to, number) || !is_sid(sid)) return;
    if (!read_date(json_str(json_get(item, "date_created"), STR_NONE), &made)) return;
    if (made.ticks < since.ticks || (sid_out[0] && made.ticks < best->ticks)) return;
    *best = made;
    (void)str_copy(sid, sid_out, SID_BYTES);
}

bool phone_find(struct str body, const char *list, struct str number, struct wall since, char sid_out[SID_BYTES])
{
    struct arena a;
    struct wall best = {0};
    const struct json *items = json_get(read(&a, body), list);
    bool ok = items && items->type == JSON_ARRAY;
    if (ok) sid_out[0] = '\0';
    for (size_t i = 0; ok && i < items->count; i++) consider(&items->items[i], number, since, &best, sid_out);
    arena_done(&a);
    return ok;
}
