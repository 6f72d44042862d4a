/* Live response: what a session may do (section 13). */
#include <string.h>

#include "twin/calls.h"

enum { KEYS_MAX = 2, COMMANDS_MAX = 10 };
/* In the order in which commands must come. The first key is required. */
static const struct command_kind {
    const char *name, *keys[KEYS_MAX];
    bool has_result;
} kinds[] = {
    {"PutFile", {"FileName", NULL}, false},
    {"RunScript", {"ScriptName", "Args"}, true},
    {"GetFile", {"Path", NULL}, true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static unsigned kind_of(const struct json *command)
{
    unsigned k = 0;
    while (k < KINDS && !str_eq(json_str(json_get(command, "type"), STR_NONE), str_of(kinds[k].name))) k++;
    return k;
}

static bool check_params(struct exchange *x, const struct command_kind *kind, const struct json *params)
{
    bool has_first = false;
    if (params == NULL || params->type != JSON_ARRAY)
        return call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: params is a list");
    for (size_t i = 0; i < params->count; i++) {
        struct str key = json_str(json_get(&params->items[i], "key"), STR_NONE);
        bool is_first = str_eq(key, str_of(kind->keys[0]));
        bool is_known = is_first || (kind->keys[1] && str_eq(key, str_of(kind->keys[1])));
        if (!is_known)
            return call_refused(x, 400, "InvalidInput", "%s has no parameter '%.*s'", kind->name,
                                (int)(key.n < 60 ? key.n : 60), key.p ? key.p : "");
        has_first = has_first || (is_first && json_str(json_get(&params->items[i], "value"), STR_NONE).n);
    }
    return has_first || call_refused(x, 400, "MissingRequiredParameter", "%s needs %s", kind->name, kind->keys[0]);
}

bool live_response_check(struct exchange *x, const struct json *commands)
{
    unsigned last = 0;
    if (commands == NULL) return call_refused(x, 400, "MissingRequiredParameter", "Commands is a required parameter");
    if (commands->type != JSON_ARRAY)
        return call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: Commands is a list");
    if (commands->count == 0 || commands->count > COMMANDS_MAX)
        return call_refused(x, 400, "InvalidInput", "Between 1 and %d commands are possible", COMMANDS_MAX);
    for (size_t i = 0; i < commands->count; i++) {
        const struct json *c = &commands->items[i];
        unsigned kind = kind_of(c);
        if (kind == KINDS) return call_refused(x, 400, "InvalidInput", "A command is PutFile, RunScript or GetFile");
        if (kind < last)
            return call_refused(x, 400, "InvalidInput", "Commands come in the order PutFile, RunScript, GetFile");
        if (!check_params(x, &kinds[kind], json_get(c, "params"))) return false;
        last = kind;
    }
    return true;
}

/* ---- results ---------------------------------------------------------------------------------------------------------- */
static const struct json *command_at(const struct action *action, unsigned index, struct arena *a)
{
    struct err e;
    const struct json *list = json_parse(a, action->commands, &e);
    return list && index < list->count ? &list->items[index] : NULL;
}

bool live_response_has_result(const struct action *action, unsigned index)
{
    struct arena a;
    arena_init(&a, 4 << 20);
    const struct json *c = action->commands.n ? command_at(action, index, &a) : NULL;
    unsigned kind = c ? kind_of(c) : KINDS;
    arena_done(&a);
    return kind < KINDS && kinds[kind].has_result;
}

static struct str first_param(const struct json *command)
{
    const struct json *params = json_get(command, "params");
    return params && params->count ? json_str(json_get(&params->items[0], "value"), STR_NONE) : STR_NONE;
}

/* What a script said, or a file's bytes. */
void live_response_write_result(const struct action *action, unsigned index, struct buf *out)
{
    struct arena a;
    struct json_writer w;
    arena_init(&a, 4 << 20);
    const struct json *c = command_at(action, index, &a);
    if (kind_of(c) == KINDS - 1) {
        buf_addf(out, "content of %.*s\r\n", STR_ARG(first_param(c)));
    } else {
        json_writer_init(&w, out);
        json_object_begin(&w);
        json_key(&w, "script_name");
        json_write_str(&w, first_param(c));
        json_key(&w, "exit_code");
        json_write_i64(&w, 0);
        json_key(&w, "script_output");
        json_write_cstr(&w, "Transcript started\r\nDone – 3 files ✓\r\n");
        json_key(&w, "script_errors");
        json_write_cstr(&w, "");
        json_object_end(&w);
    }
    arena_done(&a);
}
