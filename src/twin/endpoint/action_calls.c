/* Ordering machine actions, cancelling them, and fetching what they brought (sections 12 and 13). */
#include <inttypes.h>
#include <string.h>

#include "twin/calls.h"

enum { MEMBERS_MAX = 2, VALUES_MAX = 4, SESSIONS_MAX = 25 };
enum { WINDOWS = 1 << OS_WINDOWS_CLIENT | 1 << OS_WINDOWS_SERVER, ANY_OS = WINDOWS | 1 << OS_LINUX | 1 << OS_MACOS };

/* What a POST wants in its body beside Comment, exactly so spelled, where it may be done, and by whom. */
struct order_member {
    const char *name;
    bool is_required;
    const char *values[VALUES_MAX]; /* none: any text; the first is the usual one */
};
static const struct order {
    struct order_member member; /* no name: nothing beside Comment */
    unsigned os;                /* bits of enum os */
    bool adopts;                /* a repetition may get the action that is open (section 12.4) */
    const char *roles[4];
} orders[ACTION_TYPES] = {
    [ACTION_ISOLATE] = {{"IsolationType", false, {"Full", "Selective", "UnManagedDevice"}},
                        ANY_OS,
                        true,
                        {"Machine.Isolate"}},
    [ACTION_UNISOLATE] = {{NULL, false, {NULL}}, ANY_OS, true, {"Machine.Isolate"}},
    [ACTION_RESTRICT] = {{NULL, false, {NULL}}, ANY_OS, true, {"Machine.RestrictExecution"}},
    [ACTION_UNRESTRICT] = {{NULL, false, {NULL}}, ANY_OS, true, {"Machine.RestrictExecution"}},
    [ACTION_SCAN] = {{"ScanType", true, {"Quick", "Full"}}, ANY_OS, true, {"Machine.Scan"}},
    [ACTION_COLLECT] = {{NULL, false, {NULL}}, ANY_OS, false, {"Machine.CollectForensics"}},
    [ACTION_QUARANTINE] = {{"Sha1", true, {NULL}},
                           ANY_OS,
                           true,
                           {"Machine.StopAndQuarantine", "Machine.Read.All", "Machine.ReadWrite.All"}},
    [ACTION_OFFBOARD] = {{NULL, false, {NULL}}, WINDOWS, true, {"Machine.Offboard"}},
    [ACTION_LIVE_RESPONSE] = {{NULL, false, {NULL}}, ANY_OS, false, {"Machine.LiveResponse"}},
};

/* ---- the body ------------------------------------------------------------------------------------------------------- */
static bool is_sha1(const char *text)
{
    return strlen(text) == 40 && strspn(text, "0123456789abcdefABCDEF") == 40;
}

static bool read_member(struct exchange *x, const struct order_member *m, const struct json *body, struct arena *a,
                        struct action *out)
{
    const char *text;
    size_t i = 0;
    if (m->name == NULL) return true;
    if (!call_text(x, body, m->name, m->is_required, a, &text)) return false;
    if (m->values[0] == NULL) {
        out->sha1 = text;
        return is_sha1(text) || call_refused(x, 400, "InvalidHashValue", "%s is not a SHA-1", m->name);
    }
    if (text == NULL) text = m->values[0];
    while (i < VALUES_MAX && m->values[i] && strcmp(m->values[i], text) != 0) i++;
    if (i == VALUES_MAX || m->values[i] == NULL)
        return call_refused(x, 400, "InvalidInput", "%s has no value '%.60s'", m->name, text);
    out->scope = m->values[i];
    return true;
}

/* Only for correlation; its spelling is not settled, so any case will do. */
static void read_external_id(struct exchange *x, const struct json *body, struct arena *a, struct action *out)
{
    struct str id = json_str(json_get_nocase(body, "ExternalId"), STR_NONE);
    if (id.n && id.n <= ACTION_TEXT_MAX && variant_is(exchange_variants(x), VARIANT_ACTIONS_EXTERNAL_ID, "echo"))
        out->external_id = arena_copy(a, id.p, id.n);
}

static bool read_order(struct exchange *x, struct arena *a, struct action *out)
{
    const struct json *body = call_body(x, a);
    if (body == NULL || !call_text(x, body, "Comment", true, a, &out->comment) ||
        !read_member(x, &orders[out->type].member, body, a, out))
        return false;
    read_external_id(x, body, a, out);
    if (out->type != ACTION_LIVE_RESPONSE) return true;
    const struct json *commands = json_get(body, "Commands");
    if (!live_response_check(x, commands)) return false;
    out->commands = commands->raw;
    return true;
}

/* ---- may it be done -------------------------------------------------------------------------------------------------- */
static bool check_device(struct exchange *x, const struct action *draft)
{
    const struct world *w = &x->tenant->world;
    enum temper temper = temper_of(x->cloud->opts.scenario, w, draft->device);
    unsigned os = 1u << device_os(w, draft->device), allowed = orders[draft->type].os;
    bool isolates = draft->type == ACTION_ISOLATE || draft->type == ACTION_UNISOLATE;
    if (isolates && variant_is(exchange_variants(x), VARIANT_ACTIONS_MACOS, "refuse")) allowed &= ~(1u << OS_MACOS);
    if (draft->scope && strcmp(draft->scope, "Selective") == 0) allowed = WINDOWS;
    if (temper == TEMPER_UNSUPPORTED || !(os & allowed))
        return call_refused(x, 400, "OsPlatformNotSupported", "%s is not supported on this operating system",
                            action_type_names[draft->type]);
    if (temper == TEMPER_OLD_CLIENT)
        return call_refused(x, 400, "ClientVersionNotSupported", "The client's version does not support %s",
                            action_type_names[draft->type]);
    if (device_is(call_actions(x), draft->device, ACTION_OFFBOARD, x->as_of))
        return call_refused(x, 403, "DisallowedOperation", "The machine has been offboarded");
    return true;
}

static bool check_sessions(struct exchange *x, const struct action_list *all)
{
    unsigned open = 0;
    if (x->tenant->lacks & LACK_LIVE_RESPONSE)
        return call_refused(x, 403, "DisabledFeature", "Live response is not enabled for this tenant");
    for (size_t i = 0; i < all->count; i++)
        open +=
            all->items[i].type == ACTION_LIVE_RESPONSE && action_is_open(action_status_at(&all->items[i], x->as_of));
    if (open < SESSIONS_MAX) return true;
    answer_header(x, "Retry-After", "60");
    return call_refused(x, 429, variant_text(exchange_variants(x), VARIANT_ENDPOINT_429_CODE),
                        "The limit of %d concurrent live response sessions has been exceeded", SESSIONS_MAX);
}

static const struct action *open_one(struct exchange *x, const struct action_list *all, const struct action *draft)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct action *a = &all->items[i];
        if (a->device == draft->device && a->type == draft->type && action_is_open(action_status_at(a, x->as_of)))
            return a;
    }
    return NULL;
}

/* ---- ordering -------------------------------------------------------------------------------------------------------- */
static void answer_action(struct exchange *x, int status, const struct action *a)
{
    struct object o = {.number = a->number,
                       .revision = action_status_at(a, x->as_of),
                       .created = a->created,
                       .updated = action_updated_at(a, x->as_of)};
    call_answer_object(x, status, OBJECT_ACTION, &o);
}

static int success_of(struct exchange *x, enum action_type type)
{
    if (type == ACTION_OFFBOARD) return (int)variant_number(exchange_variants(x), VARIANT_ACTIONS_OFFBOARD);
    if (type == ACTION_LIVE_RESPONSE) return (int)variant_number(exchange_variants(x), VARIANT_ACTIONS_LIVE_RESPONSE);
    return 201;
}

static int64_t wait_of(struct exchange *x, enum action_type type)
{
    if (type == ACTION_LIVE_RESPONSE) return ACTION_WAIT_DEFAULT;
    return (int64_t)variant_number(exchange_variants(x), VARIANT_ACTIONS_PENDING) * WALL_TICKS_PER_DAY;
}

static struct action_book *book_of(struct exchange *x)
{
    if (x->tenant->actions == NULL) x->tenant->action_world.book = x->tenant->actions = action_book_new();
    return x->tenant->actions;
}

static bool no_room(struct exchange *x)
{
    return call_refused(x, 403, "DisallowedOperation", "The twin keeps at most %d actions of a tenant",
                        ACTIONS_POSTED_MAX);
}

static void order_or_adopt(struct exchange *x, struct action *draft, struct arena *a)
{
    struct action_list all;
    struct action_book *book = book_of(x);
    if (book == NULL || !actions_list(call_actions(x), ACTION_ANY_DEVICE, x->as_of, a, &all)) {
        (void)no_room(x);
        return;
    }
    if (draft->type == ACTION_LIVE_RESPONSE && !check_sessions(x, &all)) return;
    const struct action *open = open_one(x, &all, draft);
    bool adopts = orders[draft->type].adopts && variant_is(exchange_variants(x), VARIANT_ACTIONS_REPEAT, "adopt");
    if (open && !adopts) {
        (void)call_refused(x, 400, "ActiveRequestAlreadyExists", "Action is already in progress");
        return;
    }
    draft->requestor = call_app(x);
    draft->source = "PublicApi";
    struct action_world w = call_actions(x);
    if (open == NULL) open = action_post(book, w, draft, wait_of(x, draft->type));
    if (open)
        answer_action(x, success_of(x, draft->type), open);
    else
        (void)no_room(x);
}

void action_order_handle(struct exchange *x, struct str machine)
{
    struct action draft = {.type = (enum action_type)x->what, .created = x->as_of};
    struct arena a;
    arena_init(&a, 64 << 20);
    bool fine = access_require(x, orders[draft.type].roles) && read_order(x, &a, &draft) &&
                call_device(x, machine, &draft.device) && check_device(x, &draft);
    if (fine) order_or_adopt(x, &draft, &a);
    arena_done(&a);
}

/* ---- cancelling, results ---------------------------------------------------------------------------------------------- */
static bool find_action(struct exchange *x, struct str id, struct arena *a, struct action *out)
{
    struct action_list all;
    struct action_world w = call_actions(x);
    bool found = false;
    *out = (struct action){.number = 0};
    if (actions_list(w, ACTION_ANY_DEVICE, x->as_of, a, &all))
        for (size_t i = 0; i < all.count && !found; i++) {
            found = str_eq_nocase(action_id(w.world, all.items[i].number, a), id);
            if (found) *out = all.items[i];
        }
    return found || call_refused(x, 404, "ResourceNotFound", "Machine action %.*s was not found",
                                 (int)(id.n < 64 ? id.n : 64), id.p);
}

static void cancel(struct exchange *x, const struct action *action, const char *comment, struct arena *a)
{
    struct action after;
    bool is_over = !action_is_open(action_status_at(action, x->as_of));
    if (is_over && variant_is(exchange_variants(x), VARIANT_ACTIONS_CANCEL_FINAL, "refuse")) {
        (void)call_refused(x, 400, "BadRequest", "The action is %s and cannot be cancelled",
                           action_status_names[action_status_at(action, x->as_of)]);
        return;
    }
    struct action_book *book = book_of(x);
    bool fine =
        is_over || (book && action_cancel(book, action->number, x->as_of, str_of(call_app(x)), str_of(comment)));
    if (fine && action_get(call_actions(x), action->number, a, &after))
        answer_action(x, 200, &after);
    else
        (void)no_room(x);
}

void action_cancel_handle(struct exchange *x, struct str id)
{
    struct action action;
    struct arena a;
    const char *comment;
    arena_init(&a, 64 << 20);
    if (find_action(x, id, &a, &action) && access_require(x, orders[action.type].roles)) {
        const struct json *body = call_body(x, &a);
        if (body && call_text(x, body, "Comment", true, &a, &comment)) cancel(x, &action, comment, &a);
    }
    arena_done(&a);
}

enum { LINK_LIFE_S = 1800 };

/* Where the file can be had, for half an hour. */
static struct str link_to(struct exchange *x, const struct action *action, unsigned index, struct arena *a)
{
    struct str id = action_id(&x->tenant->world, action->number, a);
    int64_t expires = wall_ms(x->now) / 1000 + LINK_LIFE_S;
    return arena_print(a, "%.*s/twin/files?tenant=%s&action=%.*s&index=%u&se=%" PRId64, STR_ARG(x->q->base_url),
                       x->tenant->world.tenant_id, STR_ARG(id), index, expires);
}

static bool not_there(struct exchange *x)
{
    return call_refused(x, 404, "ResourceNotFound", "The action has no such result, or not yet");
}

void action_package_handle(struct exchange *x, struct str id)
{
    struct action action;
    struct arena a;
    arena_init(&a, 64 << 20);
    if (find_action(x, id, &a, &action)) {
        struct str link = link_to(x, &action, 0, &a);
        if (action.type != ACTION_COLLECT || action_status_at(&action, x->as_of) != ACTION_SUCCEEDED)
            (void)not_there(x);
        else /* the address comes wrapped in quotes of its own */
            call_answer_value(x, arena_print(&a, "\"%.*s\"", STR_ARG(link)));
    }
    arena_done(&a);
}

/* "index=N" between the parentheses. */
static bool read_index(struct exchange *x, unsigned *out)
{
    struct str rest = x->args, name = str_cut(&rest, '=');
    uint64_t n;
    if (!str_eq_nocase(str_trim(name), STR("index")) || !str_to_u64(str_trim(rest), &n) || n > 1000)
        return call_refused(x, 400, "InvalidInput", "The index of a command was expected");
    *out = (unsigned)n;
    return true;
}

void action_result_handle(struct exchange *x, struct str id)
{
    struct action action;
    struct arena a;
    unsigned index = 0;
    arena_init(&a, 64 << 20);
    if (read_index(x, &index) && find_action(x, id, &a, &action)) {
        bool has = action_status_at(&action, x->as_of) == ACTION_SUCCEEDED && live_response_has_result(&action, index);
        if (has)
            call_answer_value(x, link_to(x, &action, index, &a));
        else
            (void)not_there(x);
    }
    arena_done(&a);
}

/* ---- the twin's own end-points ---------------------------------------------------------------------------------------- */
static void file_answer(struct exchange *x, const struct action *action, unsigned index)
{
    struct buf out;
    buf_init(&out, 8 << 20);
    if (action->type == ACTION_COLLECT) {
        static const char empty_zip[22] = "PK\5\6";
        buf_add(&out, empty_zip, sizeof empty_zip);
        answer_bytes(x, 200, "application/zip", &out);
        return;
    }
    live_response_write_result(action, index, &out);
    answer_bytes(x, 200, "application/octet-stream", &out);
}

/* What the links lead to; they are addresses with their permission inside, so no token is asked for. */
void action_file_handle(struct exchange *x)
{
    static const char *const names[] = {"tenant", "action", "index", "se"};
    const struct cloud_param *p[4];
    struct action action;
    struct arena a;
    uint64_t index, expires;
    for (size_t i = 0; i < 4; i++) p[i] = exchange_param(x, names[i]);
    x->tenant = p[0] ? tenant_by_id(x->cloud, p[0]->value) : NULL;
    x->family = FAMILY_PACKAGE;
    bool fine = x->tenant && p[1] && p[2] && p[3] && str_to_u64(p[2]->value, &index) && index <= 1000 &&
                str_to_u64(p[3]->value, &expires);
    if (!fine || (uint64_t)(wall_ms(x->now) / 1000) >= expires) {
        answer_endpoint_error(x, 403, "AuthenticationFailed", "The link is not valid, or has expired");
        return;
    }
    arena_init(&a, 64 << 20);
    if (find_action(x, p[1]->value, &a, &action)) {
        bool has = action_status_at(&action, x->as_of) == ACTION_SUCCEEDED &&
                   (action.type == ACTION_COLLECT || live_response_has_result(&action, (unsigned)index));
        if (has)
            file_answer(x, &action, (unsigned)index);
        else
            (void)not_there(x);
    }
    arena_done(&a);
}

static void write_flag(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_write_bool(w, value);
}

/* What each device of a tenant is by now, whatever its actions say. */
void action_devices_write(struct exchange *x, struct json_writer *w)
{
    const struct cloud_param *tenant = exchange_param(x, "tenant");
    struct twin_tenant *t = tenant ? tenant_by_id(x->cloud, tenant->value) : NULL;
    struct arena a;
    json_key(w, "devices");
    json_array_begin(w);
    arena_init(&a, 1 << 20);
    for (unsigned d = 0; t && d < t->world.machines; d++, arena_reset(&a)) {
        struct action_world aw = actions_of(estate_of(x->cloud, t));
        json_object_begin(w);
        json_key(w, "id");
        json_write_str(w, device_id(&t->world, d, &a));
        json_key(w, "name");
        json_write_str(w, device_name(&t->world, d, &a));
        write_flag(w, "isolated", device_is(aw, d, ACTION_ISOLATE, x->as_of));
        write_flag(w, "restricted", device_is(aw, d, ACTION_RESTRICT, x->as_of));
        write_flag(w, "offboarded", device_is(aw, d, ACTION_OFFBOARD, x->as_of));
        json_object_end(w);
    }
    arena_done(&a);
    json_array_end(w);
}
