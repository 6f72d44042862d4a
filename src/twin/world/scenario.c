/* A scenario file, section by section. */
#include "twin/world/scenario_int.h"

#include <string.h>

#include "kit/base/arena.h"
#include "twin/causes.h"
#include "twin/login/login_errors.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

bool tenant_range_has(const struct tenant_range *r, unsigned index)
{
    return index >= r->first && index <= r->last && (index - r->first) % r->step == 0;
}

/* ---- sections ------------------------------------------------------------------------------------------------------- */
/* "others" is shared out among the tables that are not named. */
static bool share_out(const struct scenario_reader *r, const struct yaml *map, const struct yaml *value)
{
    double rate;
    unsigned named = 0;
    if (!scenario_double(value, 1e6, &rate)) return scenario_wrong(r, value, "not a rate, or out of range");
    for (unsigned t = 0; t < TABLE_COUNT; t++) named += yaml_get(map, table_schemas[t].name) != NULL;
    for (unsigned t = 0; t < TABLE_COUNT; t++)
        if (yaml_get(map, table_schemas[t].name) == NULL) r->s->rows_per_s[t] = rate / (TABLE_COUNT - named);
    return true;
}

static bool read_rates(const struct scenario_reader *r, const struct yaml *map)
{
    enum table_id table;
    if (map->type != YAML_MAP) return scenario_wrong(r, map, "rows_per_second is a map: table: rate");
    for (size_t i = 0; i < map->count; i++) {
        if (str_eq(map->keys[i].text, STR("others"))) {
            if (!share_out(r, map, &map->items[i])) return false;
            continue;
        }
        if (!table_by_name(map->keys[i].text, &table))
            return scenario_wrong(r, &map->keys[i], "not a table the twin has");
        if (!scenario_double(&map->items[i], 1e6, &r->s->rows_per_s[table]))
            return scenario_wrong(r, &map->items[i], "not a rate, or out of range");
    }
    return true;
}

static bool read_event(const struct scenario_reader *r, const struct yaml *map)
{
    struct scenario_event ev = {
        .tenants = {0, UINT32_MAX, 1}, .rows = 1000, .changes = 5, .up_to_ms = INT64_C(47) * 3600 * 1000};
    if (map->type != YAML_MAP || yaml_get(map, "what") == NULL) return scenario_wrong(r, map, "an event needs: what");
    if (r->s->event_count == SCENARIO_EVENTS_MAX) return scenario_wrong(r, map, "too many events");
    for (size_t i = 0; i < map->count; i++) {
        const struct scenario_field *f = scenario_field_find(scenario_event_fields, map->keys[i].text);
        if (f && !scenario_set(r, f, &ev, &map->items[i])) return false;
        if (!f) return scenario_wrong(r, &map->keys[i], "an event has no such field");
    }
    bool needs_name = ev.what == EVENT_ADD_COLUMN || ev.what == EVENT_DROP_COLUMN || ev.what == EVENT_RENAME_TABLE ||
                      ev.what == EVENT_EXTEND_ENUM;
    if (needs_name && ev.name[0] == '\0') return scenario_wrong(r, map, "this event needs a name");
    r->s->events[r->s->event_count++] = ev;
    return true;
}

static bool read_lacks(const struct scenario_reader *r, const struct yaml *list, struct scenario_rule *out)
{
    static const char *const names[] = {"hunting", "alerts", "incidents",    "machines",
                                        "consent", "tables", "live_response"};
    if (list->type != YAML_LIST) return scenario_wrong(r, list, "lacks is a list");
    for (size_t i = 0; i < list->count; i++) {
        unsigned bit = 0;
        while (bit < COUNT(names) && !str_eq(list->items[i].text, str_of(names[bit]))) bit++;
        if (bit == COUNT(names))
            return scenario_wrong(
                r, &list->items[i],
                "a tenant can lack hunting, alerts, incidents, machines, consent, tables, live_response");
        out->lacks |= 1u << bit;
    }
    return true;
}

static bool read_permissions(const struct scenario_reader *r, const struct yaml *v, struct scenario_rule *out)
{
    role_set set;
    if (v->type != YAML_SCALAR || !permission_set_by_name(v->text, &set))
        return scenario_wrong_of(r, v, "a set of permissions is one of", permission_set_names);
    out->has_roles = true;
    out->roles |= set;
    return true;
}

static bool read_roles(const struct scenario_reader *r, const struct yaml *list, struct scenario_rule *out)
{
    if (list->type != YAML_LIST) return scenario_wrong(r, list, "roles is a list");
    for (size_t i = 0; i < list->count; i++) {
        role_set role = roles_by_name(list->items[i].text);
        if (role == 0)
            return scenario_wrong(r, &list->items[i],
                                  "not a role the twin knows (src/twin/login/permissions.c has them)");
        out->roles |= role;
    }
    out->has_roles = true;
    return true;
}

static bool read_refusal(const struct scenario_reader *r, const struct yaml *v, struct scenario_rule *out)
{
    bool is_af10001 = str_eq(v->text, STR("af10001"));
    out->refusal = is_af10001 ? REFUSAL_AF10001 : REFUSAL_FORBIDDEN;
    return is_af10001 || str_eq(v->text, STR("forbidden")) || scenario_wrong(r, v, "a refusal is forbidden or af10001");
}

/* "delayed 5m", or one word. */
static bool read_consent(const struct scenario_reader *r, const struct yaml *v, struct scenario_rule *out)
{
    static const char *const names[] = {"given", "none", "delayed", "refused", "partial"};
    struct str rest = v->text, word = str_cut(&rest, ' ');
    unsigned i = 0;
    while (i < COUNT(names) && !str_eq(word, str_of(names[i]))) i++;
    bool fine = i < COUNT(names) && v->type == YAML_SCALAR;
    if (fine && i == TENANT_CONSENT_DELAYED) fine = duration_parse(rest, &out->consent_delay_ms);
    out->consent = (enum tenant_consent)i;
    return fine || scenario_wrong(r, v, "consent is one of: given, none, delayed DURATION, refused, partial");
}

static bool read_token_error(const struct scenario_reader *r, const struct yaml *v, struct scenario_rule *out)
{
    uint64_t code;
    bool is_number = v->type == YAML_SCALAR && str_to_u64(v->text, &code) && code <= UINT32_MAX;
    if (!is_number || !login_knows_error((unsigned)code))
        return scenario_wrong(r, v, "not an AADSTS number the twin knows (src/twin/login/login_errors.c has them)");
    out->token_error = (unsigned)code;
    return true;
}

/* What a plain field cannot say. */
static const struct {
    const char *name;
    bool (*read)(const struct scenario_reader *r, const struct yaml *v, struct scenario_rule *out);
} rule_readers[] = {
    {"lacks", read_lacks},     {"permissions", read_permissions}, {"roles", read_roles},
    {"refusal", read_refusal}, {"consent", read_consent},         {"token_error", read_token_error},
};

static bool read_rule_field(const struct scenario_reader *r, const struct yaml *key, const struct yaml *v,
                            struct scenario_rule *rule)
{
    const struct scenario_field *f = scenario_field_find(scenario_rule_fields, key->text);
    if (f) return scenario_set(r, f, rule, v);
    for (size_t i = 0; i < COUNT(rule_readers); i++)
        if (str_eq(key->text, str_of(rule_readers[i].name))) return rule_readers[i].read(r, v, rule);
    return scenario_wrong(r, key, "a rule has no such field");
}

static bool read_rule(const struct scenario_reader *r, const struct yaml *map)
{
    struct scenario_rule rule = {.hunting_cpu = -1, .tenants = {0, UINT32_MAX, 1}, .devices = {0, UINT32_MAX, 1}};
    if (map->type != YAML_MAP) return scenario_wrong(r, map, "a rule is a map");
    if (r->s->rule_count == SCENARIO_RULES_MAX) return scenario_wrong(r, map, "too many rules");
    for (size_t i = 0; i < map->count; i++)
        if (!read_rule_field(r, &map->keys[i], &map->items[i], &rule)) return false;
    r->s->rules[r->s->rule_count++] = rule;
    return true;
}

static bool read_list(const struct scenario_reader *r, const struct yaml *list,
                      bool (*read)(const struct scenario_reader *, const struct yaml *))
{
    if (list->type != YAML_LIST) return scenario_wrong(r, list, "this is a list");
    for (size_t i = 0; i < list->count; i++)
        if (!read(r, &list->items[i])) return false;
    return true;
}

static bool read_name(const struct scenario_reader *r, const struct yaml *v)
{
    bool fits = v->type == YAML_SCALAR && str_copy(v->text, r->s->name, sizeof r->s->name);
    return fits || scenario_wrong(r, v, "the name is too long");
}

static bool read_nation(const struct scenario_reader *r, const struct yaml *v)
{
    bool fine = v->type == YAML_SCALAR && nation_by_name(v->text, &r->s->nation);
    return fine || scenario_wrong(r, v, "the cloud is one of: global, gcc, gcc-high, dod, china");
}

static bool read_top(const struct scenario_reader *r, const struct yaml *map)
{
    if (map->type != YAML_MAP) return scenario_wrong(r, map, "a scenario is a map");
    for (size_t i = 0; i < map->count; i++) {
        struct str key = map->keys[i].text;
        const struct yaml *v = &map->items[i];
        const struct scenario_field *f = scenario_field_find(scenario_top_fields, key);
        bool fine;
        if (f)
            fine = scenario_set(r, f, r->s, v);
        else if (str_eq(key, STR("name")))
            fine = read_name(r, v);
        else if (str_eq(key, STR("cloud")))
            fine = read_nation(r, v);
        else if (str_eq(key, STR("rows_per_second")))
            fine = read_rates(r, v);
        else if (str_eq(key, STR("events")))
            fine = read_list(r, v, read_event);
        else if (str_eq(key, STR("rules")))
            fine = read_list(r, v, read_rule);
        else
            fine = scenario_wrong(r, &map->keys[i], "a scenario has no such field");
        if (!fine) return false;
    }
    return true;
}

bool scenario_parse(struct str bytes, const char *name, struct scenario *out, struct err *e)
{
    /* What Microsoft documents, sections 5.1, 6 and 9.2 of the reference; a scenario says what differs. */
    struct scenario s = {
        .name = "unnamed",
        .tenants = 20,
        .history_rate = 1,
        .late_up_to_ms = INT64_C(47) * 3600 * 1000,
        .has_dirt = true,
        .machines = 8,
        .machine_change_ms = 3600000,
        .alert_revisions = 3,
        .alert_revision_ms = 600000,
        .security_per_min = 150,
        .logins_per_min = 60,
        .hunting_per_min = 45,
        .endpoint_per_min = 100,
        .endpoint_per_hour = 1500,
        .row_cap = 100000,
        .byte_cap = 50000000,
        .hunting_run_ms = 100,
        .token_life_ms = 3599000,
    };
    struct scenario_reader r = {name, &s, e};
    struct arena a;
    arena_init(&a, 16 << 20);
    const struct yaml *root = yaml_parse(&a, bytes, name, e);
    bool fine = root && read_top(&r, root);
    arena_done(&a);
    if (fine) *out = s;
    return fine;
}
