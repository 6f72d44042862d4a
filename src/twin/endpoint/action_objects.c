/* Machine actions as objects of the Endpoint API (section 12.2). An object's revision is its status. */
#include <string.h>

#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

bool action_objects_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    struct action_list list;
    if (!actions_list(actions_of(t), ACTION_ANY_DEVICE, now, a, &list)) return false;
    *out = (struct object_list){arena_alloc(a, (list.count + 1) * sizeof *out->items), list.count};
    for (size_t i = 0; out->items && i < list.count; i++) {
        const struct action *x = &list.items[i];
        out->items[i] = (struct object){.number = x->number,
                                        .revision = action_status_at(x, now),
                                        .created = x->created,
                                        .updated = action_updated_at(x, now)};
    }
    return out->items != NULL;
}

struct str action_object_id(struct estate t, const struct object *o, struct arena *a)
{
    return action_id(t.world, o->number, a);
}

enum { F_ID, F_STATUS, F_MACHINE, F_TYPE, F_REQUESTOR, F_CREATED };
const struct odata_field action_fields[] = {
    [F_ID] = {"id", ODATA_TEXT},
    [F_STATUS] = {"status", ODATA_TEXT},
    [F_MACHINE] = {"machineId", ODATA_TEXT},
    [F_TYPE] = {"type", ODATA_TEXT},
    [F_REQUESTOR] = {"requestor", ODATA_TEXT},
    [F_CREATED] = {"creationDateTimeUtc", ODATA_TIME},
};
_Static_assert(COUNT(action_fields) == ACTION_FIELDS, "one row a field");

struct odata_value action_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    struct action x;
    if (!action_get(actions_of(t), o->number, a, &x)) return (struct odata_value){.type = ODATA_NULL};
    switch (field) {
    case F_ID: return odata_text(action_object_id(t, o, a));
    case F_STATUS: return odata_text(str_of(action_status_names[o->revision]));
    case F_MACHINE: return odata_text(device_id(t.world, x.device, a));
    case F_TYPE: return odata_text(str_of(action_type_names[x.type]));
    case F_REQUESTOR: return odata_text(str_of(x.requestor));
    default: return odata_time(o->created);
    }
}

/* ---- live response's commands (section 13) ----------------------------------------------------------------------------- */
static const char *command_status(enum action_status s, size_t index)
{
    if (s == ACTION_SUCCEEDED) return "Completed";
    return s == ACTION_FAILED && index == 0 ? "Failed" : "Created"; /* after a failed one the rest do not run */
}

static void write_command(struct object_writer *o, const struct action *x, enum action_status s, size_t index,
                          const struct json *command)
{
    bool has_begun = s == ACTION_SUCCEEDED || (s == ACTION_FAILED && index == 0);
    json_object_begin(&o->w);
    put_i64(o, "index", (int64_t)index);
    if (has_begun) {
        put_time(o, "startTime", x->begins);
        put_time(o, "endTime", x->ends);
    } else {
        put_null(o, "startTime");
        put_null(o, "endTime");
    }
    put_cstr(o, "commandStatus", command_status(s, index));
    const char *errors[] = {s == ACTION_FAILED && index == 0 ? "Access is denied (0x80070005)" : NULL, NULL};
    put_texts(o, "errors", errors);
    json_key(&o->w, "command");
    json_write_raw(&o->w, command->raw);
    json_object_end(&o->w);
}

static void write_commands(struct object_writer *o, const struct action *x, enum action_status s)
{
    struct arena a;
    struct err e;
    json_key(&o->w, "commands");
    json_array_begin(&o->w);
    arena_init(&a, 4 << 20);
    const struct json *list = x->commands.n ? json_parse(&a, x->commands, &e) : NULL;
    for (size_t i = 0; list && i < list->count; i++) write_command(o, x, s, i, &list->items[i]);
    arena_done(&a);
    json_array_end(&o->w);
}

/* ---- the object ------------------------------------------------------------------------------------------------------ */
static void write_cancellation(struct object_writer *o, const struct action *x, enum action_status s)
{
    bool is = s == ACTION_CANCELLED;
    put_cstr(o, "cancellationRequestor", is ? x->canceller : NULL);
    put_cstr(o, "cancellationComment", is ? x->cancel_comment : NULL);
    if (is)
        put_time(o, "cancellationDateTimeUtc", x->cancelled);
    else
        put_null(o, "cancellationDateTimeUtc");
}

static void write_file(struct object_writer *o, const struct action *x)
{
    if (x->sha1 == NULL) {
        put_null(o, "relatedFileInfo");
        return;
    }
    json_key(&o->w, "relatedFileInfo");
    json_object_begin(&o->w);
    put_cstr(o, "fileIdentifier", x->sha1);
    put_cstr(o, "fileIdentifierType", "Sha1");
    json_object_end(&o->w);
}

void action_write(struct object_writer *o, struct estate t, const struct object *object)
{
    struct action x;
    enum action_status s = (enum action_status)object->revision;
    if (!action_get(actions_of(t), object->number, &o->arena, &x)) return;
    json_object_begin(&o->w);
    put_text(o, "id", action_object_id(t, object, &o->arena));
    put_cstr(o, "type", action_type_names[x.type]);
    put_null(o, "title");
    put_cstr(o, "scope", x.scope);
    put_cstr(o, "requestor", x.requestor);
    put_cstr(o, "requestorComment", x.comment);
    put_cstr(o, "requestSource", x.source);
    put_cstr(o, "status", action_status_names[s]);
    put_text(o, "machineId", device_id(t.world, x.device, &o->arena));
    put_text(o, "computerDnsName", device_name(t.world, x.device, &o->arena));
    put_time(o, "creationDateTimeUtc", x.created);
    put_time(o, o->view & VIEW_ALONE ? "lastUpdateDateTimeUtc" : variant_text(t.variants, VARIANT_ACTIONS_TIME_NAME),
             object->updated);
    write_cancellation(o, &x, s);
    put_i64(o, "errorHResult", s == ACTION_FAILED ? x.error : 0);
    put_cstr(o, "externalId", x.external_id);
    write_commands(o, &x, s);
    put_cstr(o, "troubleshootInfo", s == ACTION_FAILED ? "The device refused the action; see its event log." : NULL);
    write_file(o, &x);
    json_object_end(&o->w);
}
