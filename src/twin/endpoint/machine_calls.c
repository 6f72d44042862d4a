/* Finding machines, tagging them, and what is related to one (section 11 of the reference). */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "twin/calls.h"
#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define SEEN_WITHIN (15 * WALL_TICKS_PER_MIN)
#define FOUND_WITHIN (30 * WALL_TICKS_PER_DAY)

/* ---- one machine ------------------------------------------------------------------------------------------------------- */
static bool list_machines(struct exchange *x, struct arena *a, struct object_list *out)
{
    return objects_list(estate_of(x->cloud, x->tenant), OBJECT_MACHINE, x->as_of, a, out) ||
           call_refused(x, 500, "InternalServerError", "No memory");
}

void call_answer_machine(struct exchange *x, unsigned device)
{
    struct object_list list;
    struct arena a;
    arena_init(&a, 256 << 20);
    if (list_machines(x, &a, &list) && device < list.count)
        call_answer_object(x, 200, OBJECT_MACHINE, &list.items[device]);
    arena_done(&a);
}

/* ---- findbyip(ip='…',timestamp=…) ---------------------------------------------------------------------------------------- */
struct sought {
    char ip[64];
    struct wall at;
};

static bool read_sought(struct exchange *x, struct sought *out)
{
    unsigned char address[16];
    *out = (struct sought){.ip = ""};
    for (struct str rest = x->args; rest.n;) {
        struct str value = str_cut(&rest, ','), name = str_trim(str_cut(&value, '='));
        value = str_trim(value);
        bool is_quoted = value.n > 2 && value.p[0] == '\'' && value.p[value.n - 1] == '\'';
        if (is_quoted) value = str_sub(value, 1, value.n - 2);
        if (str_eq_nocase(name, STR("ip")))
            (void)str_copy(value, out->ip, sizeof out->ip);
        else if (str_eq_nocase(name, STR("timestamp")) && !wall_parse(value, &out->at))
            return call_refused(x, 400, "InvalidInput", "The timestamp is no time");
    }
    if (inet_pton(AF_INET, out->ip, address) != 1 && inet_pton(AF_INET6, out->ip, address) != 1)
        return call_refused(x, 400, "InvalidIpAddress", "'%s' is no address", out->ip);
    return x->now.ticks - out->at.ticks <= FOUND_WITHIN ||
           call_refused(x, 400, "InvalidInput", "The timestamp lies more than 30 days back");
}

/* Machines report all the time from the day they were first seen. */
static bool was_there(const struct exchange *x, const struct object *o, struct wall at)
{
    return at.ticks + SEEN_WITHIN >= o->created.ticks && at.ticks - SEEN_WITHIN <= x->as_of.ticks;
}

void machine_by_ip_handle(struct exchange *x, struct str none)
{
    struct sought sought;
    struct object_list list;
    struct call_list found;
    struct arena a;
    unsigned count = 0;
    (void)none;
    arena_init(&a, 256 << 20);
    if (read_sought(x, &sought) && list_machines(x, &a, &list)) {
        call_list_begin(x, &found, "Machines");
        for (size_t i = 0; i < list.count; i++) {
            struct str ip = device_ip(&x->tenant->world, (unsigned)list.items[i].number, &a);
            if (!str_eq(ip, str_of(sought.ip)) || !was_there(x, &list.items[i], sought.at)) continue;
            call_list_add(x, &found, OBJECT_MACHINE, &list.items[i]);
            count++;
        }
        if (count == 0) (void)call_refused(x, 404, "ResourceNotFound", "No machine was found for %s", sought.ip);
        if (count == 0)
            call_list_drop(&found);
        else
            call_list_answer(x, &found);
    }
    arena_done(&a);
}

/* ---- tags ---------------------------------------------------------------------------------------------------------------- */
static bool has_tag(const struct tag_list *tags, struct str tag, bool by_start)
{
    for (unsigned i = 0; i < tags->count; i++) {
        struct str own = tags->items[i];
        if (by_start && own.n > tag.n) own.n = tag.n;
        if (str_eq_nocase(own, tag)) return true;
    }
    return false;
}

void machine_by_tag_handle(struct exchange *x, struct str none)
{
    const struct cloud_param *tag = exchange_param(x, "tag"), *starts = exchange_param(x, "useStartsWithFilter");
    bool by_start = starts && str_eq_nocase(starts->value, STR("true"));
    struct object_list list;
    struct call_list found;
    struct tag_list tags;
    struct arena a;
    (void)none;
    if (tag == NULL || tag->value.n == 0) {
        (void)call_refused(x, 400, "MissingRequiredParameter", "tag is a required parameter");
        return;
    }
    arena_init(&a, 256 << 20);
    if (list_machines(x, &a, &list)) {
        call_list_begin(x, &found, "Machines");
        for (size_t i = 0; i < list.count; i++) {
            machine_tags(estate_of(x->cloud, x->tenant), &list.items[i], &a, &tags);
            if (has_tag(&tags, tag->value, by_start)) call_list_add(x, &found, OBJECT_MACHINE, &list.items[i]);
        }
        call_list_answer(x, &found);
    }
    arena_done(&a);
}

static bool change_tags(struct exchange *x, struct tag_list *tags, struct str tag, const char *action)
{
    unsigned n = 0;
    bool adds = strcmp(action, "Add") == 0;
    if (!adds && strcmp(action, "Remove") != 0)
        return call_refused(x, 400, "InvalidInput", "Action has no value '%.40s'", action);
    if (tag.n > TAG_BYTES_MAX) return call_refused(x, 400, "InvalidInput", "A tag has at most %d bytes", TAG_BYTES_MAX);
    for (unsigned i = 0; i < tags->count; i++)
        if (!str_eq_nocase(tags->items[i], tag)) tags->items[n++] = tags->items[i];
    if (adds && n == TAGS_MAX) return call_refused(x, 400, "BadRequest", "A machine has at most %d tags", TAGS_MAX);
    if (adds) tags->items[n++] = tag;
    tags->count = n;
    return true;
}

static void keep_tags(struct exchange *x, unsigned device, const struct tag_list *tags)
{
    struct buf json;
    struct json_writer w;
    buf_init(&json, 64 << 10);
    json_writer_init(&w, &json);
    json_array_begin(&w);
    for (unsigned i = 0; i < tags->count; i++) json_write_str(&w, tags->items[i]);
    json_array_end(&w);
    write_change(x, OBJECT_MACHINE, device, TEXT_TAGS, buf_str(&json), STR(""));
    buf_done(&json);
}

void machine_tag_handle(struct exchange *x, struct str id)
{
    struct object_list list;
    struct tag_list tags;
    struct arena a;
    const char *value, *action;
    unsigned device;
    arena_init(&a, 256 << 20);
    const struct json *body = call_body(x, &a);
    bool fine = body && call_text(x, body, "Value", true, &a, &value) &&
                call_text(x, body, "Action", true, &a, &action) && call_device(x, id, &device) &&
                list_machines(x, &a, &list);
    if (fine) {
        machine_tags(estate_of(x->cloud, x->tenant), &list.items[device], &a, &tags);
        if (change_tags(x, &tags, str_of(value), action)) {
            keep_tags(x, device, &tags);
            call_answer_machine(x, device);
        }
    }
    arena_done(&a);
}

/* ---- what is related ------------------------------------------------------------------------------------------------------- */
void machine_alerts_handle(struct exchange *x, struct str id)
{
    if (!call_device(x, id, &x->machine)) return;
    x->of_machine = true;
    collection_handle(x, x->args); /* "$count" or nothing */
}

void machine_alert_count_handle(struct exchange *x, struct str id)
{
    x->args = STR("$count");
    machine_alerts_handle(x, id);
}

static void write_user(struct object_writer *o, const struct world *w, unsigned user, unsigned device)
{
    const char *account = user_of(user).account;
    put_text(o, "id", arena_print(&o->arena, "%s\\%s", w->name, account));
    put_cstr(o, "accountName", account);
    put_cstr(o, "accountDomain", w->name);
    put_text(o, "accountSid", user_sid(w, user, &o->arena));
    put_time(o, "firstSeen", wall_add(w->start, -60 * WALL_TICKS_PER_DAY));
    put_time(o, "lastSeen", wall_add(w->start, -WALL_TICKS_PER_HOUR));
    put_text(o, "mostPrevalentMachineId", device_id(w, device, &o->arena));
    put_text(o, "leastPrevalentMachineId", device_id(w, device, &o->arena));
    put_cstr(o, "logonTypes", "Interactive, Network");
    put_i64(o, "logOnMachinesCount", 1);
    put_value(o, "isDomainAdmin", (struct odata_value){.type = ODATA_BOOL, .number = user % 11 == 0});
    put_value(o, "isOnlyNetworkUser", (struct odata_value){.type = ODATA_BOOL});
}

void call_answer_user(struct exchange *x, unsigned user, unsigned device)
{
    struct call_list one;
    call_list_begin(x, &one, NULL);
    put_cstr(&one.o, "@odata.context", ENDPOINT_METADATA "Users/$entity");
    write_user(&one.o, &x->tenant->world, user, device);
    call_list_answer(x, &one);
}

static void logon_users(struct object_writer *o, const struct world *w, unsigned device)
{
    for (unsigned i = 0; i < 1 + device % 3; i++) {
        json_object_begin(&o->w);
        write_user(o, w, (device * 3 + i) % WORLD_USERS, device);
        json_object_end(&o->w);
    }
}

/* A few products, each with its weakness and what to do about it. */
static const struct product {
    const char *id, *name, *vendor, *cve, *severity, *advice;
} products[] = {
    {"google-_-chrome", "chrome", "google", "CVE-2025-10001", "High", "Update Chrome"},
    {"microsoft-_-edge_chromium-based", "edge_chromium-based", "microsoft", "CVE-2025-10002", "Medium", "Update Edge"},
    {"openssl-_-openssl", "openssl", "openssl", "CVE-2025-10003", "Critical", "Update OpenSSL"},
    {"adobe-_-acrobat_reader_dc", "acrobat_reader_dc", "adobe", "CVE-2025-10004", "Low", "Update Acrobat Reader"},
};

static void software(struct object_writer *o, const struct product *p)
{
    put_cstr(o, "id", p->id);
    put_cstr(o, "name", p->name);
    put_cstr(o, "vendor", p->vendor);
    put_i64(o, "weaknesses", 1);
    put_value(o, "publicExploit", (struct odata_value){.type = ODATA_BOOL});
    put_value(o, "activeAlert", (struct odata_value){.type = ODATA_BOOL});
    put_i64(o, "exposedMachines", 3);
    put_i64(o, "impactScore", 1);
}

static void vulnerability(struct object_writer *o, const struct product *p)
{
    put_cstr(o, "id", p->cve);
    put_cstr(o, "name", p->cve);
    put_text(o, "description", arena_print(&o->arena, "A weakness of %s.", p->name));
    put_cstr(o, "severity", p->severity);
    put_i64(o, "cvssV3", 7);
    put_i64(o, "exposedMachines", 3);
    put_cstr(o, "publishedOn", "2025-10-08T00:00:00Z");
    put_cstr(o, "updatedOn", "2025-12-16T16:20:00Z");
    put_value(o, "publicExploit", (struct odata_value){.type = ODATA_BOOL});
}

static void recommendation(struct object_writer *o, const struct product *p)
{
    put_text(o, "id", arena_print(&o->arena, "va-_-%s", p->id));
    put_cstr(o, "productName", p->name);
    put_cstr(o, "recommendationName", p->advice);
    put_i64(o, "weaknesses", 1);
    put_cstr(o, "vendor", p->vendor);
    put_cstr(o, "recommendedVersion", "");
    put_cstr(o, "recommendationCategory", "Application");
    put_cstr(o, "remediationType", "Update");
    put_cstr(o, "status", "Active");
    put_i64(o, "exposedMachinesCount", 3);
}

static const struct {
    const char *context;
    void (*write)(struct object_writer *o, const struct product *p);
} inventories[] = {
    [INVENTORY_SOFTWARE] = {"Software", software},
    [INVENTORY_VULNERABILITIES] = {"Vulnerabilities", vulnerability},
    [INVENTORY_RECOMMENDATIONS] = {"Recommendations", recommendation},
};

void machine_users_handle(struct exchange *x, struct str id)
{
    struct call_list list;
    unsigned device;
    if (!call_device(x, id, &device)) return;
    call_list_begin(x, &list, "Users");
    logon_users(&list.o, &x->tenant->world, device);
    call_list_answer(x, &list);
}

void machine_inventory_handle(struct exchange *x, struct str id)
{
    struct call_list list;
    unsigned device;
    if (!call_device(x, id, &device)) return;
    call_list_begin(x, &list, inventories[x->what].context);
    for (size_t i = 0; i < COUNT(products); i++) {
        if ((device + i) % 2) continue; /* half of them each */
        json_object_begin(&list.o.w);
        inventories[x->what].write(&list.o, &products[i]);
        json_object_end(&list.o.w);
    }
    call_list_answer(x, &list);
}
