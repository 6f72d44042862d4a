/* Machines of the Defender for Endpoint API (section 11 of the reference). */
#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { LOT_MACHINE = 600 };
enum { LOT_FIRST_SEEN, LOT_PHASE, LOT_EXPOSURE, LOT_HEALTH, LOT_RISK };
#define REPORT_EVERY (15 * WALL_TICKS_PER_MIN)

static uint64_t seed_of(struct estate t, uint64_t number)
{
    return draw(draw(t.world->seed, LOT_MACHINE), number);
}

static int64_t floor_to(int64_t x, int64_t step)
{
    int64_t rest = x % step;
    return x - (rest < 0 ? rest + step : rest);
}

/* `updated` is lastSeen; the revision counts how often the risk was drawn anew, which happens to every fourth machine. */
static struct object machine_at(struct estate t, uint64_t number, struct wall now)
{
    uint64_t seed = seed_of(t, number);
    int64_t phase = (int64_t)(draw_unit(seed, LOT_PHASE) * (double)REPORT_EVERY);
    int64_t change = t.scenario->machine_change_ms * WALL_TICKS_PER_MS;
    int64_t running = now.ticks - t.world->start.ticks;
    struct object o = {.number = number};
    o.created.ticks = t.world->start.ticks - (int64_t)(1 + draw_below(seed, LOT_FIRST_SEEN, 400)) * WALL_TICKS_PER_DAY;
    o.updated.ticks = floor_to(now.ticks - phase, REPORT_EVERY) + phase;
    if (number % 4 == 0 && change > 0 && running > 0) o.revision = (unsigned)(running / change);
    return o;
}

bool machines_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    struct object *items = arena_alloc(a, (t.world->machines + 1) * sizeof *items);
    if (items == NULL) return false;
    t.api = API_ENDPOINT;
    for (unsigned i = 0; i < t.world->machines; i++) {
        items[i] = machine_at(t, i, now);
        items[i].as_of = now;
        object_overlay(t, OBJECT_MACHINE, &items[i]);
    }
    *out = (struct object_list){items, t.world->machines};
    return true;
}

struct str machine_id(struct estate t, const struct object *o, struct arena *a)
{
    return device_id(t.world, (unsigned)o->number, a);
}

static const char *level(uint64_t lot)
{
    static const char *const levels[] = {"None", "Informational", "Low", "Medium", "High"};
    return levels[lot % COUNT(levels)];
}

static const char *health(uint64_t seed)
{
    static const char *const states[] = {
        "Active", "Active", "Active", "Active", "Inactive", "ImpairedCommunication", "NoSensorData"};
    return states[draw(seed, LOT_HEALTH) % COUNT(states)];
}

enum {
    F_NAME,
    F_ID,
    F_VERSION,
    F_VALUE,
    F_ENTRA,
    F_TAGS,
    F_SEEN,
    F_EXPOSURE,
    F_ONBOARDING,
    F_ADDRESS,
    F_HEALTH,
    F_PLATFORM,
    F_RISK,
    F_GROUP
};
const struct odata_field machine_fields[] = {
    [F_NAME] = {"computerDnsName", ODATA_TEXT},
    [F_ID] = {"id", ODATA_TEXT},
    [F_VERSION] = {"version", ODATA_TEXT},
    [F_VALUE] = {"deviceValue", ODATA_TEXT},
    [F_ENTRA] = {"aadDeviceId", ODATA_TEXT},
    [F_TAGS] = {"machineTags", ODATA_TEXT},
    [F_SEEN] = {"lastSeen", ODATA_TIME},
    [F_EXPOSURE] = {"exposureLevel", ODATA_TEXT},
    [F_ONBOARDING] = {"onboardingStatus", ODATA_TEXT},
    [F_ADDRESS] = {"lastIpAddress", ODATA_TEXT},
    [F_HEALTH] = {"healthStatus", ODATA_TEXT},
    [F_PLATFORM] = {"osPlatform", ODATA_TEXT},
    [F_RISK] = {"riskScore", ODATA_TEXT},
    [F_GROUP] = {"rbacGroupId", ODATA_NUMBER},
};
_Static_assert(COUNT(machine_fields) == MACHINE_FIELDS, "one row a field");

static const char *version_of(struct estate t, unsigned device)
{
    static const char *const versions[] = {"23H2", "21H2", "9.3", "14.2"};
    return versions[device_os(t.world, device)];
}

static struct str entra_id(struct estate t, unsigned device, struct arena *a)
{
    return draw_guid_str(t.world->seed, 5000 + device, a);
}

static const char *risk(struct estate t, const struct object *o)
{
    return level(draw(seed_of(t, o->number), LOT_RISK + o->revision));
}

static struct odata_value first_tag(struct estate t, const struct object *o, struct arena *a)
{
    struct tag_list tags;
    machine_tags(t, o, a, &tags);
    return tags.count ? odata_text(tags.items[0]) : (struct odata_value){.type = ODATA_NULL};
}

struct odata_value machine_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    unsigned device = (unsigned)o->number;
    uint64_t seed = seed_of(t, o->number);
    switch (field) {
    case F_NAME: return odata_text(device_name(t.world, device, a));
    case F_ID: return odata_text(device_id(t.world, device, a));
    case F_VERSION: return odata_text(str_of(version_of(t, device)));
    case F_VALUE: return odata_text(STR("Normal"));
    case F_ENTRA: return odata_text(entra_id(t, device, a));
    case F_TAGS: return first_tag(t, o, a);
    case F_SEEN: return odata_time(o->updated);
    case F_EXPOSURE: return odata_text(str_of(level(draw(seed, LOT_EXPOSURE))));
    case F_ONBOARDING: return odata_text(STR("onboarded"));
    case F_ADDRESS: return odata_text(device_ip(t.world, device, a));
    case F_HEALTH: return odata_text(str_of(health(seed)));
    case F_PLATFORM: return odata_text(device_platform(t.world, device));
    case F_RISK: return odata_text(str_of(risk(t, o)));
    default: return (struct odata_value){.type = ODATA_NUMBER, .number = 75};
    }
}

static void write_addresses(struct object_writer *o, struct estate t, unsigned device)
{
    json_key(&o->w, "ipAddresses");
    json_array_begin(&o->w);
    json_object_begin(&o->w);
    put_text(o, "ipAddress", device_ip(t.world, device, &o->arena));
    put_text(o, "macAddress", draw_hex_str(seed_of(t, device), LOT_PHASE, 12, &o->arena));
    put_cstr(o, "operationalStatus", "Up");
    json_object_end(&o->w);
    json_object_begin(&o->w);
    put_text(o, "ipAddress", arena_print(&o->arena, "fe80::%x:1", device + 1));
    put_null(o, "macAddress");
    put_cstr(o, "operationalStatus", "Up");
    json_object_end(&o->w);
    json_array_end(&o->w);
}

void machine_tags(struct estate t, const struct object *o, struct arena *a, struct tag_list *out)
{
    struct err e;
    const char *written = o->texts[TEXT_TAGS];
    struct str drawn = device_tag(t.world, (unsigned)o->number);
    *out = (struct tag_list){.count = 0};
    const struct json *list = written ? json_parse(a, str_of(written), &e) : NULL;
    for (size_t i = 0; list && i < list->count && i < TAGS_MAX; i++) out->items[out->count++] = list->items[i].text;
    if (written == NULL && drawn.n) out->items[out->count++] = drawn;
}

/* Keys that occur in newer answers. */
static void write_more(struct object_writer *o, struct estate t)
{
    if (variant_is(t.variants, VARIANT_ENDPOINT_MACHINE_KEYS, "absent")) return;
    put_cstr(o, "managedBy", "Intune");
    put_null(o, "mergedIntoMachineId");
    put_null(o, "vmMetadata");
}

static void write_tags(struct object_writer *o, struct estate t, const struct object *m)
{
    struct tag_list tags;
    machine_tags(t, m, &o->arena, &tags);
    json_key(&o->w, "machineTags");
    json_array_begin(&o->w);
    for (unsigned i = 0; i < tags.count; i++) put_text(o, NULL, tags.items[i]);
    json_array_end(&o->w);
}

void machine_write(struct object_writer *o, struct estate t, const struct object *m)
{
    unsigned device = (unsigned)m->number;
    uint64_t seed = seed_of(t, m->number);
    json_object_begin(&o->w);
    put_text(o, "id", device_id(t.world, device, &o->arena));
    put_text(o, "computerDnsName", device_name(t.world, device, &o->arena));
    put_time(o, "firstSeen", m->created);
    put_time(o, "lastSeen", m->updated);
    put_text(o, "osPlatform", device_platform(t.world, device));
    put_cstr(o, "version", version_of(t, device));
    put_cstr(o, "osProcessor", "x64");
    put_cstr(o, "osArchitecture", "64-bit");
    put_text(o, "lastIpAddress", device_ip(t.world, device, &o->arena));
    put_text(o, "lastExternalIpAddress", device_public_ip(t.world, device, &o->arena));
    if (device_build(t.world, device))
        put_i64(o, "osBuild", device_build(t.world, device));
    else
        put_null(o, "osBuild");
    put_cstr(o, "healthStatus", health(seed));
    put_cstr(o, "deviceValue", "Normal");
    put_i64(o, "rbacGroupId", 75);
    put_text(o, "rbacGroupName", device_group(t.world, device));
    put_cstr(o, "riskScore", risk(t, m));
    put_cstr(o, "exposureLevel", level(draw(seed, LOT_EXPOSURE)));
    put_cstr(o, "onboardingStatus", "onboarded");
    put_text(o, "aadDeviceId", entra_id(t, device, &o->arena));
    write_tags(o, t, m);
    write_addresses(o, t, device);
    write_more(o, t);
    json_object_end(&o->w);
}
