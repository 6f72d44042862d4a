#include "face/api/operation.h"

const struct cause api_causes[API_CAUSE_COUNT] = {
    [API_BAD_PARAM] = {"api.bad_parameter", ERR_INPUT, "the command was not given what it needs",
                       "See the command's --help for its parameters."},
    [API_NO_OPERATION] = {"api.no_operation", ERR_INPUT, "there is no such command",
                          "See portcullis --help for the commands there are."},
    [API_NO_INSTALLATION] =
        {"api.no_installation", ERR_INPUT, "there is no portcullis.yaml here",
         "Make an installation with: portcullis init FOLDER. Or name an existing one with --config FILE."},
    [API_NOT_EMPTY] = {"api.not_empty", ERR_INPUT, "there is an installation in this folder already",
                       "Use it as it is, or give init another folder; nothing was changed."},
    [API_SERVICE_GONE] = {"api.service_gone", ERR_RETRY, "the running service did not answer",
                          "Look at the service's own output; it may be stopping. Then try again."},
    [API_SOCKET] = {"api.socket", ERR_INPUT, "the service's socket cannot be made",
                    "Give a shorter data_dir: a Unix socket's path may have at most 107 characters."},
    [API_INTERRUPTED] = {"api.interrupted", ERR_RETRY, "the command was interrupted",
                         "Nothing is half done: what was committed stays. Run it again to go on."},
    [API_NO_KEY] =
        {"api.no_key", ERR_INPUT, "the key of the installation cannot be had",
         "Check key_credential or key_command in portcullis.yaml: start the service as systemd's unit has it, or "
         "see what the program prints."},
    [API_NOT_PROVED] = {"api.not_proved", ERR_INPUT, "a person's name and PIN do not belong together",
                        "Give the name as portcullis user list has it, and that person's own PIN."},
    [API_NOT_ALLOWED] = {"api.not_allowed", ERR_AUTH, "this needs a higher role",
                         "Ask an owner to do it, or to give you the role that the message names (docs/roles.md)."},
    [API_WHOLE_ACCOUNT] = {"api.whole_account", ERR_AUTH, "this is for those who see all organizations",
                           "Name a tenant or an organization of yours where the command takes one, or ask somebody who "
                           "sees all organizations (docs/roles.md)."},
    [API_NO_PATH] = {"api.no_path", ERR_INPUT, "there is nothing at this path",
                     "See /api/openapi.json for the paths there are."},
    [API_NO_METHOD] = {"api.no_method", ERR_INPUT, "this path does not take that method",
                       "Use one of the methods that the header Allow names."},
    [API_BAD_REQUEST] = {"api.bad_request", ERR_INPUT, "the request is not well formed",
                         "Mend what the text names; /api/openapi.json describes each request."},
    [API_BAD_HOST] = {"api.bad_host", ERR_INPUT, "the request names another host than this one",
                      "Call it by its own name; behind a front proxy set public_url in portcullis.yaml."},
    [API_NO_LOGIN] = {"api.no_login", ERR_INPUT, "nobody is logged in",
                      "Log in, or send an API token: Authorization: Bearer TOKEN."},
    [API_MEDIA_TYPE] = {"api.media_type", ERR_INPUT, "the body is not of the type that is read here",
                        "Send JSON with Content-Type: application/json."},
    [API_TOO_LARGE] = {"api.too_large", ERR_INPUT, "the request's body is too large",
                       "Send at most 1 MiB; divide what is more."},
    [API_BAD_CURSOR] = {"api.bad_cursor", ERR_INPUT, "the cursor is not one that this list gave",
                        "Begin anew without a cursor, then use the member next of each page as it stands."},
    [API_CHANGED] = {"api.changed", ERR_INPUT, "it was changed in the meantime",
                     "Read it again, and send its new ETag with the change if the change still holds."},
    [API_RESULT_SIZE] = {"api.result_size", ERR_LIMIT, "the result is larger than may be held",
                         "Ask for less at once: name a tenant, or a shorter time."},
    [API_NO_ITEM] = {"api.no_such_item", ERR_INPUT, "there is no such thing in this list",
                     "See the list (the same path without its last part) for what there is."},
    [API_KEY_REUSED] = {"api.key_reused", ERR_INPUT, "this Idempotency-Key belongs to another request",
                        "Give each request a key of its own; send one again with the same path, body and rights."},
    [API_KEY_BUSY] = {"api.key_busy", ERR_RETRY, "the request with this Idempotency-Key is still being done",
                      "Send it again in a moment: then you get its answer."},
    [API_KEY_INTERRUPTED] =
        {"api.key_interrupted", ERR_UNCERTAIN, "the service ended while this was done",
         "Look whether it was done (GET, or portcullis audit list). If it was not, send it with a new key."},
    [API_KEY_SPENT] = {"api.key_spent", ERR_INPUT, "it was done, and its answer is not kept",
                       "An answer that holds a secret or a signed link is given that one time. If it was lost, remove "
                       "what was made, and make it anew with a new key."},
    [API_MASTER_KEY_SAME] = {"api.master_key_same", ERR_INPUT, "this is the key in use already",
                             "Give another one: portcullis key make FILE makes one. Nothing was changed."},
    [API_MASTER_KEY_NEEDED] =
        {"api.master_key_needed", ERR_INPUT, "the new key must be given",
         "The key comes from a systemd credential or a program, which only you can change: make a key with portcullis "
         "key make FILE, give it with --to-file FILE, and have it handed over from then on (docs/credentials.md)."},
    [API_MASTER_KEY_OPEN] = {"api.master_key_open", ERR_INPUT, "others on this machine can read the key's file",
                             "Make a key that nobody has seen: portcullis key make FILE. (chmod 600 FILE is enough "
                             "where you know that none "
                             "of them has read it.) Nothing was changed."},
    [API_KEYS_FULL] = {"api.keys_full", ERR_RETRY, "too many requests with an Idempotency-Key within a day",
                       "Each is kept for 24 hours. Send fewer, or those that may be done twice without a key."},
};

bool operation_is_read(const struct operation *op)
{
    return op->is_read || (op->rest && str_starts(str_of(op->rest), STR("GET ")));
}

struct str op_text(const struct op_call *c, const char *name)
{
    return json_str(json_get(c->params, name), STR_NONE);
}

const char *op_cstr(const struct op_call *c, const char *name)
{
    struct str s = op_text(c, name);
    return s.p ? arena_copy(c->arena, s.p, s.n) : NULL;
}

bool op_flag(const struct op_call *c, const char *name)
{
    return json_bool(json_get(c->params, name), false);
}

const struct param *op_param(const struct operation *op, struct str name)
{
    for (const struct param *p = op->params; p && p->name; p++)
        if (str_eq(str_of(p->name), name)) return p;
    return NULL;
}

static bool type_fits(const struct param *p, const struct json *v)
{
    uint64_t count;
    if (p->is_many) return v->type == JSON_ARRAY;
    switch (p->type) {
    case PARAM_FLAG: return v->type == JSON_TRUE || v->type == JSON_FALSE;
    case PARAM_COUNT: return v->type == JSON_STRING && str_to_u64(v->text, &count);
    case PARAM_TEXT:
    case PARAM_TIME:
    case PARAM_SECRET_FILE:
    case PARAM_FILE:
    case PARAM_PATH:
    case PARAM_TENANT:
    case PARAM_ORG: return v->type == JSON_STRING;
    }
    return false;
}

bool op_check_params(const struct operation *op, const struct json *params, struct err *e)
{
    if (params == NULL || params->type != JSON_OBJECT)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: the parameters are not an object", op->name);
    for (size_t i = 0; i < params->count; i++) {
        const struct json_member *m = &params->members[i];
        const struct param *p = op_param(op, m->key);
        if (p == NULL)
            return err_set(e, &api_causes[API_BAD_PARAM], "%s has no parameter --%.*s", op->name, STR_ARG(m->key));
        if (!type_fits(p, &m->value))
            return err_set(e, &api_causes[API_BAD_PARAM], "%s: --%s is not of its type (%s)", op->name, p->name,
                           p->help);
    }
    for (const struct param *p = op->params; p && p->name; p++)
        if (p->is_required && json_get(params, p->name) == NULL)
            return err_set(e, &api_causes[API_BAD_PARAM], "%s needs --%s (%s)", op->name, p->name, p->help);
    return true;
}

const char *err_kind_name(enum err_kind kind)
{
    switch (kind) {
    case ERR_RETRY: return "retry";
    case ERR_UNCERTAIN: return "uncertain";
    case ERR_AUTH: return "auth";
    case ERR_INPUT: return "input";
    case ERR_LIMIT: return "limit";
    case ERR_STORAGE: return "storage";
    case ERR_CORRUPT: return "corrupt";
    }
    return "unknown";
}

void err_to_json(struct json_writer *w, const struct err *e)
{
    json_object_begin(w);
    json_key(w, "error");
    json_object_begin(w);
    json_key(w, "code");
    json_write_cstr(w, e->cause->code);
    json_key(w, "kind");
    json_write_cstr(w, err_kind_name(e->cause->kind));
    json_key(w, "text");
    json_write_cstr(w, e->text);
    json_key(w, "what");
    json_write_cstr(w, e->cause->what);
    json_key(w, "remedy");
    json_write_cstr(w, e->cause->remedy);
    if (e->retry_after_ms) {
        json_key(w, "retry_after_ms");
        json_write_u64(w, e->retry_after_ms);
    }
    json_object_end(w);
    json_object_end(w);
}
