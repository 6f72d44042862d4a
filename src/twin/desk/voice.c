/* The voice provider, in Twilio's shape: executions of a Studio flow with their context, and plain calls. A call rings, is taken
 * or not, and hears keys, each at its time after it was placed; nothing runs in between, a state is a function of the clock. */
#include <stdio.h>
#include <stdlib.h>

#include "twin/desk/desk_int.h"

enum { ANSWERS_MS = 2000, PRESSES_MS = 2000, ENDS_MS = 500, NO_ANSWER_MS = 15000 };

bool voice_is_ours(const char *path)
{
    return strncmp(path, "/v2/Flows/", 10) == 0 || strncmp(path, "/2010-04-01/Accounts/", 21) == 0;
}

/* The person of that number; a new one answers after two seconds and presses 1. NULL: too many. */
struct desk_phone *voice_phone(struct desk *d, const char *number)
{
    for (size_t i = 0; i < d->phone_count; i++)
        if (strcmp(d->phones[i].number, number) == 0) return &d->phones[i];
    if (d->phone_count == DESK_PHONES_MAX) return NULL;
    struct desk_phone *p = &d->phones[d->phone_count++];
    *p = (struct desk_phone){.keys = "1", .manner = "human", .answers_ms = ANSWERS_MS, .presses_ms = PRESSES_MS};
    (void)str_copy(str_of(number), p->number, sizeof p->number);
    return p;
}

/* ---- a call at this moment -------------------------------------------------------------------------------------------------------- */

struct state {
    const char *status, *answered_by; /* "" : not known yet */
    bool is_taken, has_key, has_pin, is_over;
    const struct desk_phone *phone;
};

static struct state state_of(struct desk *d, const struct desk_call *c)
{
    int64_t ms = (clock_wall(&d->clock).ticks - c->at.ticks) / WALL_TICKS_PER_MS;
    const struct desk_phone *p = voice_phone(d, c->to);
    struct state s = {.status = "ringing", .answered_by = "", .phone = p};
    if (p == NULL) return s;
    bool is_machine = strcmp(p->manner, "machine") == 0, is_human = strcmp(p->manner, "human") == 0;
    if (ms < (strcmp(p->manner, "no-answer") == 0 ? NO_ANSWER_MS : p->answers_ms)) return s;
    if (!is_machine && !is_human) {
        s.status = p->manner; /* busy, no-answer, failed */
        s.is_over = true;
        return s;
    }
    s.is_taken = true;
    s.status = "in-progress";
    s.answered_by = is_machine ? "machine_start" : "human";
    s.has_key = is_human && p->keys[0] && ms >= p->answers_ms + p->presses_ms && c->flow[0];
    s.has_pin = s.has_key && p->pin[0] && p->keys[0] != '1';
    s.is_over = ms >= p->answers_ms + p->presses_ms + ENDS_MS || is_machine;
    if (s.is_over) s.status = "completed";
    return s;
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------------- */

static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

static void write_execution(struct desk *d, const struct desk_call *c, struct json_writer *w)
{
    char when[WALL_TEXT_BYTES];
    (void)wall_format_digits(c->at, 0, when);
    json_object_begin(w);
    member(w, "sid", c->sid);
    member(w, "account_sid", c->account);
    member(w, "flow_sid", c->flow);
    member(w, "contact_channel_address", c->to);
    member(w, "status", state_of(d, c).is_over ? "ended" : "active");
    member(w, "date_created", when);
    member(w, "date_updated", when);
    json_object_end(w);
}

static void write_widgets(const struct state *s, struct json_writer *w)
{
    char key[2] = {s->phone ? s->phone->keys[0] : '\0', '\0'};
    json_object_begin(w);
    if (s->is_taken || s->is_over) {
        json_key(w, "call");
        json_object_begin(w);
        member(w, "CallStatus", s->status);
        if (s->is_taken) member(w, "AnsweredBy", s->answered_by);
        json_object_end(w);
    }
    if (s->has_key) {
        json_key(w, "choice");
        json_object_begin(w);
        member(w, "Digits", key);
        json_object_end(w);
    }
    if (s->has_pin) {
        json_key(w, "pin");
        json_object_begin(w);
        member(w, "Digits", s->phone->pin);
        json_object_end(w);
    }
    json_object_end(w);
}

static void write_context(struct desk *d, const struct desk_call *c, struct json_writer *w)
{
    struct state s = state_of(d, c);
    json_object_begin(w);
    member(w, "account_sid", c->account);
    member(w, "flow_sid", c->flow);
    member(w, "execution_sid", c->sid);
    json_key(w, "context");
    json_object_begin(w);
    json_key(w, "flow");
    json_object_begin(w);
    json_key(w, "data");
    json_write_raw(w, str_of(c->parameters));
    json_object_end(w);
    json_key(w, "widgets");
    write_widgets(&s, w);
    json_object_end(w);
    json_object_end(w);
}

static void write_call(struct desk *d, const struct desk_call *c, struct json_writer *w)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct state s = state_of(d, c);
    char iso[WALL_TEXT_BYTES], when[48];
    (void)wall_format_digits(c->at, 0, iso);
    (void)snprintf(when, sizeof when, "%s, %.2s %s %.4s %.8s +0000", days[c->at.ticks / WALL_TICKS_PER_DAY % 7],
                   iso + 8, months[(iso[5] - '0') * 10 + iso[6] - '0' - 1], iso, iso + 11);
    json_object_begin(w);
    member(w, "sid", c->sid);
    member(w, "account_sid", c->account);
    member(w, "to", c->to);
    member(w, "from", c->from);
    member(w, "status", s.status);
    json_key(w, "answered_by");
    json_write_cstr(w, s.is_taken ? s.answered_by : NULL);
    member(w, "date_created", when);
    json_object_end(w);
}

void voice_list(struct desk *d, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_array_begin(&w);
    for (size_t i = 0; i < d->call_count; i++) {
        const struct desk_call *c = &d->calls[i];
        struct state s = state_of(d, c);
        char when[WALL_TEXT_BYTES];
        (void)wall_format(c->at, when);
        json_object_begin(&w);
        member(&w, "sid", c->sid);
        member(&w, "to", c->to);
        member(&w, "at", when);
        member(&w, "flow", c->flow);
        member(&w, "status", s.status);
        member(&w, "spoken", c->spoken);
        member(&w, "parameters", c->parameters);
        json_key(&w, "key");
        json_write_bool(&w, s.has_key);
        json_object_end(&w);
    }
    json_array_end(&w);
}

/* ---- requests ----------------------------------------------------------------------------------------------------------------------- */

static int refuse(struct buf *out, int status, int code, const char *message)
{
    buf_addf(out,
             "{\"code\":%d,\"message\":\"%s\",\"more_info\":\"https://www.twilio.com/docs/errors/%d\",\"status\":%d}",
             code, message, code, status);
    return status;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One field of a form, decoded; absent: empty. */
static void form_field(struct str form, const char *name, struct buf *out)
{
    while (form.n) {
        struct str value = str_cut(&form, '&'), key = str_cut(&value, '=');
        if (!str_eq(key, str_of(name))) continue;
        for (size_t i = 0; i < value.n; i++) {
            int hi = i + 2 < value.n ? hex_digit(value.p[i + 1]) : -1,
                lo = i + 2 < value.n ? hex_digit(value.p[i + 2]) : -1;
            if (value.p[i] == '%' && hi >= 0 && lo >= 0)
                buf_add_char(out, (char)(hi * 16 + lo)), i += 2;
            else
                buf_add_char(out, value.p[i] == '+' ? ' ' : value.p[i]);
        }
        return;
    }
}

static bool is_number(struct str s)
{
    uint64_t digits;
    return s.n > 6 && s.n < 17 && s.p[0] == '+' && str_to_u64(str_sub(s, 1, s.n - 1), &digits);
}

static void spoken_of(struct str parameters, struct desk_call *c)
{
    struct arena a;
    struct err e;
    arena_init(&a, 1 << 20);
    const struct json *v = json_parse(&a, parameters, &e);
    c->parameters = str_dup(v && v->type == JSON_OBJECT ? parameters : STR("{}"));
    c->spoken = str_dup(json_str(json_get(v, "say"), STR_NONE));
    arena_done(&a);
}

static int place(struct desk *d, struct http_exchange *x, const char *flow, const char *account, struct buf *out)
{
    struct str form = exchange_body(x);
    struct buf to, from, text;
    int status = 201;
    buf_init(&to, 64);
    buf_init(&from, 64);
    buf_init(&text, 0);
    form_field(form, "To", &to);
    form_field(form, "From", &from);
    form_field(form, flow[0] ? "Parameters" : "Twiml", &text);
    if (!is_number(buf_str(&to)))
        status = refuse(out, 400, 21211, "Invalid 'To' Phone Number");
    else if (!is_number(buf_str(&from)))
        status = refuse(out, 400, 21212, "Invalid 'From' Phone Number");
    else if (d->call_count == DESK_KEPT_MAX)
        status = refuse(out, 429, 20429, "Too Many Requests");
    if (status == 201) {
        struct desk_call *c = &d->calls[d->call_count++];
        *c = (struct desk_call){.at = clock_wall(&d->clock)};
        (void)snprintf(c->sid, sizeof c->sid, "%s%032zx", flow[0] ? "FN" : "CA", d->call_count);
        (void)str_copy(buf_str(&to), c->to, sizeof c->to);
        (void)str_copy(buf_str(&from), c->from, sizeof c->from);
        (void)snprintf(c->flow, sizeof c->flow, "%s", flow);
        (void)snprintf(c->account, sizeof c->account, "%s", account);
        if (flow[0])
            spoken_of(buf_str(&text), c);
        else
            c->spoken = str_dup(buf_str(&text));
        struct json_writer w;
        json_writer_init(&w, out);
        if (flow[0])
            write_execution(d, c, &w);
        else
            write_call(d, c, &w);
    }
    buf_done(&to);
    buf_done(&from);
    buf_done(&text);
    return status;
}

static int list(struct desk *d, const struct http_exchange *x, const char *flow, struct buf *out)
{
    struct json_writer w;
    struct wall from = {0};
    const char *to = exchange_query(x, "To"), *since = exchange_query(x, "DateCreatedFrom");
    if (since && !wall_parse(str_of(since), &from)) return refuse(out, 400, 20001, "Invalid DateCreatedFrom");
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, flow[0] ? "executions" : "calls");
    json_array_begin(&w);
    for (size_t i = d->call_count; i-- > 0;) {
        const struct desk_call *c = &d->calls[i];
        if (strcmp(c->flow, flow) != 0 || c->at.ticks < from.ticks || (to && strcmp(c->to, to) != 0)) continue;
        if (flow[0])
            write_execution(d, c, &w);
        else
            write_call(d, c, &w);
    }
    json_array_end(&w);
    json_object_end(&w);
    return 200;
}

static int show(struct desk *d, const char *sid, const char *what, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    for (size_t i = 0; i < d->call_count; i++) {
        const struct desk_call *c = &d->calls[i];
        if (strcmp(c->sid, sid) != 0) continue;
        if (c->flow[0] == '\0')
            write_call(d, c, &w);
        else if (strcmp(what, "Context") == 0)
            write_context(d, c, &w);
        else
            write_execution(d, c, &w);
        return 200;
    }
    return refuse(out, 404, 20404, "The requested resource was not found");
}

/* "/v2/Flows/FW1/Executions/FN1/Context" or "/2010-04-01/Accounts/AC1/Calls/CA1.json" */
struct place {
    char flow[40], account[40], sid[40], what[16];
};

static bool read_place(struct str path, struct place *out)
{
    *out = (struct place){0};
    bool is_flow = str_starts(path, STR("/v2/"));
    (void)str_cut(&path, '/');
    (void)str_cut(&path, '/');
    (void)str_cut(&path, '/');
    struct str owner = str_cut(&path, '/'), list_name = str_cut(&path, '/'), sid = str_cut(&path, '/'), what = path;
    if (str_ends(list_name, STR(".json"))) list_name.n -= 5;
    if (str_ends(sid, STR(".json"))) sid.n -= 5;
    return str_eq(list_name, is_flow ? STR("Executions") : STR("Calls")) &&
           str_copy(owner, is_flow ? out->flow : out->account, sizeof out->flow) &&
           str_copy(sid, out->sid, sizeof out->sid) && str_copy(what, out->what, sizeof out->what);
}

/* status_out 0: the connection ends without an answer. */
void voice_handle(struct desk *d, struct http_exchange *x, struct buf *out, int *status_out)
{
    struct place p;
    bool is_post = strcmp(exchange_method(x), "POST") == 0;
    const char *authorization = exchange_header(x, "Authorization");
    if (authorization == NULL || strncmp(authorization, "Basic ", 6) != 0) {
        *status_out = refuse(out, 401, 20003, "Authenticate");
        return;
    }
    if (!read_place(str_of(exchange_path(x)), &p)) {
        *status_out = refuse(out, 404, 20404, "The requested resource was not found");
        return;
    }
    bool has_fault = is_post && d->faults > 0;
    if (has_fault) d->faults--;
    if (has_fault && strcmp(d->fault, "lost") != 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%u", d->retry_after_s);
        if (strcmp(d->fault, "429") == 0) reply_header(x, "Retry-After", seconds);
        *status_out = refuse(out, strcmp(d->fault, "429") == 0 ? 429 : 500,
                             strcmp(d->fault, "429") == 0 ? 20429 : 20500, "not now");
        return;
    }
    if (is_post)
        *status_out = place(d, x, p.flow, p.account, out);
    else
        *status_out = p.sid[0] ? show(d, p.sid, p.what, out) : list(d, x, p.flow, out);
    if (has_fault) *status_out = 0; /* it rings, but nobody hears that it does */
}
