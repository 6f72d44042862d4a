#include "twin/scenario.h"

#include <stddef.h>
#include <string.h>

#include "kit/base/arena.h"
#include "kit/yaml/yaml.h"
#include "twin/causes.h"
#include "twin/login_errors.h"
#include "twin/schema.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct reader {
    const char *name; /* of the file */
    struct scenario *s;
    struct err *e;
};

static bool wrong(const struct reader *r, const struct yaml *at, const char *what)
{
    return err_set(r->e, &twin_causes[TWIN_BAD_SCENARIO], "%s:%u:%u: %s", r->name, at->line, at->column, what);
}

static bool wrong_of(const struct reader *r, const struct yaml *at, const char *what, const char *of)
{
    return err_set(r->e, &twin_causes[TWIN_BAD_SCENARIO], "%s:%u:%u: %s %s", r->name, at->line, at->column, what, of);
}

bool tenant_range_has(const struct tenant_range *r, unsigned index)
{
    return index >= r->first && index <= r->last && (index - r->first) % r->step == 0;
}

/* ---- values --------------------------------------------------------------------------------------------------------- */
static bool read_double(const struct yaml *v, double max, double *out)
{
    char text[40], *end;
    if (v->type != YAML_SCALAR || !str_copy(v->text, text, sizeof text) || text[0] == '\0') return false;
    double d = strtod(text, &end);
    if (*end != '\0' || !(d >= 0 && d <= max)) return false;
    *out = d;
    return true;
}

static bool read_duration(const struct yaml *v, int64_t *ms_out)
{
    struct str s = v->text;
    if (v->type != YAML_SCALAR) return false;
    bool negative = s.n && s.p[0] == '-';
    if (!duration_parse(negative ? str_sub(s, 1, s.n) : s, ms_out)) return false;
    if (*ms_out > INT64_C(366) * 86400 * 1000) return false;
    if (negative) *ms_out = -*ms_out;
    return true;
}

/* "all", "3", "0-4", "every 5" (0, 5, 10, ...). */
static bool read_range(const struct yaml *v, struct tenant_range *out)
{
    uint64_t first, last;
    struct str s = v->text;
    if (v->type != YAML_SCALAR) return false;
    if (str_eq(s, STR("all"))) {
        *out = (struct tenant_range){0, UINT32_MAX, 1};
        return true;
    }
    if (str_starts(s, STR("every "))) {
        if (!str_to_u64(str_sub(s, 6, s.n), &first) || first == 0 || first > UINT32_MAX) return false;
        *out = (struct tenant_range){0, UINT32_MAX, (unsigned)first};
        return true;
    }
    struct str head = str_cut(&s, '-');
    if (!str_to_u64(head, &first) || first > UINT32_MAX) return false;
    last = first;
    if (s.p && (!str_to_u64(s, &last) || last > UINT32_MAX || last < first)) return false;
    *out = (struct tenant_range){(unsigned)first, (unsigned)last, 1};
    return true;
}

/* ---- fields of the file's maps, as tables --------------------------------------------------------------------------- */
enum field_kind {
    FIELD_UNSIGNED,
    FIELD_U64,
    FIELD_DURATION,
    FIELD_SHARE,
    FIELD_DOUBLE,
    FIELD_BOOL,
    FIELD_RANGE,
    FIELD_TABLE,
    FIELD_FAULTS,
    FIELD_VARIANTS,
    FIELD_FILE,
    FIELD_NAME,
    FIELD_WORD /* an enum: the words' places */
};
struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    double max;
    const char *const *words; /* WORD: ends with NULL */
};
#define TOP(name, kind, member, max)                                     \
    {                                                                    \
        name, FIELD_##kind, offsetof(struct scenario, member), max, NULL \
    }
static const struct field top_fields[] = {
    TOP("tenants", UNSIGNED, tenants, 5000),
    TOP("history", DURATION, history_ms, 0),
    TOP("history_rate", DOUBLE, history_rate, 1000),
    TOP("late_share", SHARE, late_share, 1),
    TOP("late_up_to", DURATION, late_up_to_ms, 0),
    TOP("equal_share", SHARE, equal_share, 1),
    TOP("twin_share", SHARE, twin_share, 1),
    TOP("dirt", BOOL, has_dirt, 0),
    TOP("alerts_per_hour", DOUBLE, alerts_per_hour, 1e6),
    TOP("alerts_before", UNSIGNED, alerts_before, 100000),
    TOP("alert_revisions", UNSIGNED, alert_revisions, 20),
    TOP("alert_revision_time", DURATION, alert_revision_ms, 0),
    TOP("actions_before", UNSIGNED, actions_before, 100000),
    TOP("actions_per_hour", DOUBLE, actions_per_hour, 1e6),
    TOP("merged_share", SHARE, merged_share, 1),
    TOP("machines", UNSIGNED, machines, 100000),
    TOP("machine_change", DURATION, machine_change_ms, 0),
    TOP("security_per_minute", UNSIGNED, security_per_min, 1e9),
    TOP("logins_per_minute", UNSIGNED, logins_per_min, 1e9),
    TOP("hunting_per_minute", UNSIGNED, hunting_per_min, 1e9),
    TOP("endpoint_per_minute", UNSIGNED, endpoint_per_min, 1e9),
    TOP("endpoint_per_hour", UNSIGNED, endpoint_per_hour, 1e9),
    TOP("row_cap", U64, row_cap, 1e9),
    TOP("byte_cap", U64, byte_cap, 1e12),
    TOP("token_life", DURATION, token_life_ms, 0),
    TOP("clock_skew", DURATION, clock_skew_ms, 0),
    TOP("hunting_run_time", DURATION, hunting_run_ms, 0),
    TOP("think", DURATION, think_ms, 0),
    TOP("faults", FAULTS, faults, 0),
    TOP("variants", VARIANTS, variants, 0),
};
#define EVENT(name, kind, member, max)                                         \
    {                                                                          \
        name, FIELD_##kind, offsetof(struct scenario_event, member), max, NULL \
    }
#define EVENT_WORD(name, member, words)                                     \
    {                                                                       \
        name, FIELD_WORD, offsetof(struct scenario_event, member), 0, words \
    }
static const char *const event_words[] = {
    [EVENT_BURST] = "burst",
    [EVENT_THROTTLE] = "throttle",
    [EVENT_OUTAGE] = "outage",
    [EVENT_PARTIAL] = "partial",
    [EVENT_HANG] = "hang",
    [EVENT_FLURRY] = "flurry",
    [EVENT_REPLAY] = "replay",
    [EVENT_MERGE] = "merge",
    [EVENT_ADD_COLUMN] = "add_column",
    [EVENT_DROP_COLUMN] = "drop_column",
    [EVENT_RENAME_TABLE] = "rename_table",
    [EVENT_EXTEND_ENUM] = "extend_enum",
    [EVENT_LATE] = "late",
    NULL,
};
static const char *const extended_words[] = {"severity", "status", "serviceSource", "evidence", NULL};
static const struct field event_fields[] = {
    EVENT("at", DURATION, at_ms, 0),
    EVENT("for", DURATION, for_ms, 0),
    EVENT("tenants", RANGE, tenants, 0),
    EVENT("table", TABLE, table, 0),
    EVENT("rows", U64, rows, 5e6),
    EVENT("changes", UNSIGNED, changes, 50),
    EVENT("up_to", DURATION, up_to_ms, 0),
    EVENT("file", FILE, file, 0),
    EVENT("incident", UNSIGNED, incident, 1e9),
    EVENT("into", UNSIGNED, into, 1e9),
    EVENT("name", NAME, name, 0),
    EVENT_WORD("what", what, event_words),
    EVENT_WORD("field", field, extended_words),
};
#define RULE(name, kind, member, max)                                         \
    {                                                                         \
        name, FIELD_##kind, offsetof(struct scenario_rule, member), max, NULL \
    }
#define RULE_WORD(name, member, words)                                     \
    {                                                                      \
        name, FIELD_WORD, offsetof(struct scenario_rule, member), 0, words \
    }
static const char *const temper_words[] = {"drawn", "fast",        "slow",       "offline", "failing",
                                           "stuck", "unsupported", "old_client", NULL};
_Static_assert(COUNT(temper_words) == TEMPER_COUNT + 1, "a word for each");
static const char *const licence_words[] = {"", "xdr", "endpoint", "business", "none", NULL};
static const struct field rule_fields[] = {
    RULE("tenants", RANGE, tenants, 0),
    RULE("byte_cap", U64, byte_cap, 1e12),
    RULE("variants", VARIANTS, variants, 0),
    RULE_WORD("licence", licence, licence_words),
    RULE("preempt_above", U64, preempt_above, 1e12),
    RULE("hunting_cpu", DOUBLE, hunting_cpu, 1e6),
    RULE("expand_fails", BOOL, expand_fails, 0),
    RULE("partial", BOOL, is_partial, 0),
    RULE("devices", RANGE, devices, 0),
    RULE_WORD("temper", temper, temper_words),
};

static bool read_variants(const struct reader *r, const struct yaml *map, struct variants *out)
{
    if (map->type != YAML_MAP) return wrong(r, map, "variants is a map: name: choice");
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *choice = &map->items[i];
        if (choice->type != YAML_SCALAR) return wrong(r, choice, "a choice is one word");
        if (!variants_set(out, map->keys[i].text, choice->text, r->e))
            return err_context(r->e, "%s:%u:%u", r->name, choice->line, choice->column);
    }
    return true;
}

static bool read_word(const struct reader *r, const struct yaml *v, const char *const *words, unsigned *out)
{
    struct buf what;
    for (unsigned i = 0; v->type == YAML_SCALAR && words[i]; i++) {
        if (v->text.n == 0 || !str_eq(v->text, str_of(words[i]))) continue;
        *out = i;
        return true;
    }
    buf_init(&what, 400);
    buf_add_str(&what, STR("it can be"));
    for (unsigned i = 0; words[i]; i++)
        if (words[i][0]) buf_addf(&what, "%s %s", what.n > 9 ? "," : "", words[i]);
    (void)wrong(r, v, buf_cstr(&what));
    buf_done(&what);
    return false;
}

static bool set_field(const struct reader *r, const struct field *f, void *base, const struct yaml *v)
{
    char *to = (char *)base + f->offset;
    enum table_id table;
    double d = 0;
    bool is_number =
        f->kind == FIELD_UNSIGNED || f->kind == FIELD_U64 || f->kind == FIELD_SHARE || f->kind == FIELD_DOUBLE;
    if (is_number && !read_double(v, f->max, &d)) return wrong(r, v, "not a number, or out of range");
    switch (f->kind) {
    case FIELD_UNSIGNED: *(unsigned *)(void *)to = (unsigned)d; return true;
    case FIELD_U64: *(uint64_t *)(void *)to = (uint64_t)d; return true;
    case FIELD_SHARE:
    case FIELD_DOUBLE: *(double *)(void *)to = d; return true;
    case FIELD_DURATION:
        return read_duration(v, (int64_t *)(void *)to) || wrong(r, v, "not a duration (500ms, 30s, 15m, 6h, 2d)");
    case FIELD_BOOL: return yaml_bool(v, (bool *)(void *)to) || wrong(r, v, "neither yes nor no");
    case FIELD_RANGE:
        return read_range(v, (struct tenant_range *)(void *)to) || wrong(r, v, "tenants are: all, N, N-M, every N");
    case FIELD_FILE:
        return str_copy(v->text, to, sizeof(((struct scenario_event *)0)->file)) || wrong(r, v, "the name is too long");
    case FIELD_NAME:
        return (v->text.n && str_copy(v->text, to, sizeof(((struct scenario_event *)0)->name))) ||
               wrong(r, v, "the name is empty or too long");
    case FIELD_WORD: return read_word(r, v, f->words, (unsigned *)(void *)to);
    case FIELD_FAULTS: return fault_rates_parse(v->text, (struct fault_rates *)(void *)to, r->e);
    case FIELD_VARIANTS: return read_variants(r, v, (struct variants *)(void *)to);
    case FIELD_TABLE:
        if (v->type != YAML_SCALAR || !table_by_name(v->text, &table)) return wrong(r, v, "not a table the twin has");
        *(unsigned *)(void *)to = (unsigned)table;
        return true;
    }
    return false;
}

static const struct field *field_find(const struct field *fields, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, str_of(fields[i].name))) return &fields[i];
    return NULL;
}

/* ---- sections ------------------------------------------------------------------------------------------------------- */
/* "others" is shared out among the tables that are not named. */
static bool share_out(const struct reader *r, const struct yaml *map, const struct yaml *value)
{
    double rate;
    unsigned named = 0;
    if (!read_double(value, 1e6, &rate)) return wrong(r, value, "not a rate, or out of range");
    for (unsigned t = 0; t < TABLE_COUNT; t++) named += yaml_get(map, table_schemas[t].name) != NULL;
    for (unsigned t = 0; t < TABLE_COUNT; t++)
        if (yaml_get(map, table_schemas[t].name) == NULL) r->s->rows_per_s[t] = rate / (TABLE_COUNT - named);
    return true;
}

static bool read_rates(const struct reader *r, const struct yaml *map)
{
    enum table_id table;
    if (map->type != YAML_MAP) return wrong(r, map, "rows_per_second is a map: table: rate");
    for (size_t i = 0; i < map->count; i++) {
        if (str_eq(map->keys[i].text, STR("others"))) {
            if (!share_out(r, map, &map->items[i])) return false;
            continue;
        }
        if (!table_by_name(map->keys[i].text, &table)) return wrong(r, &map->keys[i], "not a table the twin has");
        if (!read_double(&map->items[i], 1e6, &r->s->rows_per_s[table]))
            return wrong(r, &map->items[i], "not a rate, or out of range");
    }
    return true;
}

static bool read_event(const struct reader *r, const struct yaml *map)
{
    struct scenario_event ev = {
        .tenants = {0, UINT32_MAX, 1}, .rows = 1000, .changes = 5, .up_to_ms = INT64_C(47) * 3600 * 1000};
    if (map->type != YAML_MAP || yaml_get(map, "what") == NULL) return wrong(r, map, "an event needs: what");
    if (r->s->event_count == SCENARIO_EVENTS_MAX) return wrong(r, map, "too many events");
    for (size_t i = 0; i < map->count; i++) {
        const struct field *f = field_find(event_fields, COUNT(event_fields), map->keys[i].text);
        if (f && !set_field(r, f, &ev, &map->items[i])) return false;
        if (!f) return wrong(r, &map->keys[i], "an event has no such field");
    }
    bool needs_name = ev.what == EVENT_ADD_COLUMN || ev.what == EVENT_DROP_COLUMN || ev.what == EVENT_RENAME_TABLE ||
                      ev.what == EVENT_EXTEND_ENUM;
    if (needs_name && ev.name[0] == '\0') return wrong(r, map, "this event needs a name");
    r->s->events[r->s->event_count++] = ev;
    return true;
}

static bool read_lacks(const struct reader *r, const struct yaml *list, struct scenario_rule *out)
{
    static const char *const names[] = {"hunting", "alerts", "incidents",    "machines",
                                        "consent", "tables", "live_response"};
    if (list->type != YAML_LIST) return wrong(r, list, "lacks is a list");
    for (size_t i = 0; i < list->count; i++) {
        unsigned bit = 0;
        while (bit < COUNT(names) && !str_eq(list->items[i].text, str_of(names[bit]))) bit++;
        if (bit == COUNT(names))
            return wrong(r, &list->items[i],
                         "a tenant can lack hunting, alerts, incidents, machines, consent, tables, live_response");
        out->lacks |= 1u << bit;
    }
    return true;
}

static bool read_permissions(const struct reader *r, const struct yaml *v, struct scenario_rule *out)
{
    role_set set;
    if (v->type != YAML_SCALAR || !permission_set_by_name(v->text, &set))
        return wrong_of(r, v, "a set of permissions is one of", permission_set_names);
    out->has_roles = true;
    out->roles |= set;
    return true;
}

static bool read_roles(const struct reader *r, const struct yaml *list, struct scenario_rule *out)
{
    if (list->type != YAML_LIST) return wrong(r, list, "roles is a list");
    for (size_t i = 0; i < list->count; i++) {
        role_set role = roles_by_name(list->items[i].text);
        if (role == 0) return wrong(r, &list->items[i], "not a role the twin knows (src/twin/permissions.c has them)");
        out->roles |= role;
    }
    out->has_roles = true;
    return true;
}

static bool read_refusal(const struct reader *r, const struct yaml *v, struct scenario_rule *out)
{
    bool is_af10001 = str_eq(v->text, STR("af10001"));
    out->refusal = is_af10001 ? REFUSAL_AF10001 : REFUSAL_FORBIDDEN;
    return is_af10001 || str_eq(v->text, STR("forbidden")) || wrong(r, v, "a refusal is forbidden or af10001");
}

/* "delayed 5m", or one word. */
static bool read_consent(const struct reader *r, const struct yaml *v, struct scenario_rule *out)
{
    static const char *const names[] = {"given", "none", "delayed", "refused", "partial"};
    struct str rest = v->text, word = str_cut(&rest, ' ');
    unsigned i = 0;
    while (i < COUNT(names) && !str_eq(word, str_of(names[i]))) i++;
    bool fine = i < COUNT(names) && v->type == YAML_SCALAR;
    if (fine && i == TENANT_CONSENT_DELAYED) fine = duration_parse(rest, &out->consent_delay_ms);
    out->consent = (enum tenant_consent)i;
    return fine || wrong(r, v, "consent is one of: given, none, delayed DURATION, refused, partial");
}

static bool read_token_error(const struct reader *r, const struct yaml *v, struct scenario_rule *out)
{
    uint64_t code;
    bool is_number = v->type == YAML_SCALAR && str_to_u64(v->text, &code) && code <= UINT32_MAX;
    if (!is_number || !login_knows_error((unsigned)code))
        return wrong(r, v, "not an AADSTS number the twin knows (src/twin/login_errors.c has them)");
    out->token_error = (unsigned)code;
    return true;
}

/* What a plain field cannot say. */
static const struct {
    const char *name;
    bool (*read)(const struct reader *r, const struct yaml *v, struct scenario_rule *out);
} rule_readers[] = {
    {"lacks", read_lacks},     {"permissions", read_permissions}, {"roles", read_roles},
    {"refusal", read_refusal}, {"consent", read_consent},         {"token_error", read_token_error},
};

static bool read_rule_field(const struct reader *r, const struct yaml *key, const struct yaml *v,
                            struct scenario_rule *rule)
{
    const struct field *f = field_find(rule_fields, COUNT(rule_fields), key->text);
    if (f) return set_field(r, f, rule, v);
    for (size_t i = 0; i < COUNT(rule_readers); i++)
        if (str_eq(key->text, str_of(rule_readers[i].name))) return rule_readers[i].read(r, v, rule);
    return wrong(r, key, "a rule has no such field");
}

static bool read_rule(const struct reader *r, const struct yaml *map)
{
    struct scenario_rule rule = {.hunting_cpu = -1, .tenants = {0, UINT32_MAX, 1}, .devices = {0, UINT32_MAX, 1}};
    if (map->type != YAML_MAP) return wrong(r, map, "a rule is a map");
    if (r->s->rule_count == SCENARIO_RULES_MAX) return wrong(r, map, "too many rules");
    for (size_t i = 0; i < map->count; i++)
        if (!read_rule_field(r, &map->keys[i], &map->items[i], &rule)) return false;
    r->s->rules[r->s->rule_count++] = rule;
    return true;
}

static bool read_list(const struct reader *r, const struct yaml *list,
                      bool (*read)(const struct reader *, const struct yaml *))
{
    if (list->type != YAML_LIST) return wrong(r, list, "this is a list");
    for (size_t i = 0; i < list->count; i++)
        if (!read(r, &list->items[i])) return false;
    return true;
}

static bool read_name(const struct reader *r, const struct yaml *v)
{
    bool fits = v->type == YAML_SCALAR && str_copy(v->text, r->s->name, sizeof r->s->name);
    return fits || wrong(r, v, "the name is too long");
}

static bool read_nation(const struct reader *r, const struct yaml *v)
{
    bool fine = v->type == YAML_SCALAR && nation_by_name(v->text, &r->s->nation);
    return fine || wrong(r, v, "the cloud is one of: global, gcc, gcc-high, dod, china");
}

static bool read_top(const struct reader *r, const struct yaml *map)
{
    if (map->type != YAML_MAP) return wrong(r, map, "a scenario is a map");
    for (size_t i = 0; i < map->count; i++) {
        struct str key = map->keys[i].text;
        const struct yaml *v = &map->items[i];
        const struct field *f = field_find(top_fields, COUNT(top_fields), key);
        bool fine;
        if (f)
            fine = set_field(r, f, r->s, v);
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
            fine = wrong(r, &map->keys[i], "a scenario has no such field");
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
    struct reader r = {name, &s, e};
    struct arena a;
    arena_init(&a, 16 << 20);
    const struct yaml *root = yaml_parse(&a, bytes, name, e);
    bool fine = root && read_top(&r, root);
    arena_done(&a);
    if (fine) *out = s;
    return fine;
}
