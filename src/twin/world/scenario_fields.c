/* The fields of a scenario file's maps, as tables, and how their values are read. */
#include "twin/world/scenario_int.h"

#include <stddef.h>

#include "twin/causes.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

bool scenario_wrong(const struct scenario_reader *r, const struct yaml *at, const char *what)
{
    return err_set(r->e, &twin_causes[TWIN_BAD_SCENARIO], "%s:%u:%u: %s", r->name, at->line, at->column, what);
}

bool scenario_wrong_of(const struct scenario_reader *r, const struct yaml *at, const char *what, const char *of)
{
    return err_set(r->e, &twin_causes[TWIN_BAD_SCENARIO], "%s:%u:%u: %s %s", r->name, at->line, at->column, what, of);
}

/* ---- values --------------------------------------------------------------------------------------------------------- */
bool scenario_double(const struct yaml *v, double max, double *out)
{
    char text[40], *end;
    if (v->type != YAML_SCALAR || !str_copy(v->text, text, sizeof text) || text[0] == '\0') return false;
    double d = strtod(text, &end);
    if (*end != '\0' || !(d >= 0 && d <= max)) return false;
    *out = d;
    return true;
}

bool scenario_duration(const struct yaml *v, int64_t *ms_out)
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
static bool scenario_range(const struct yaml *v, struct tenant_range *out)
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
#define TOP(name, kind, member, max)                                     \
    {                                                                    \
        name, FIELD_##kind, offsetof(struct scenario, member), max, NULL \
    }
const struct scenario_field scenario_top_fields[] = {
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
    {.name = NULL},
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
const struct scenario_field scenario_event_fields[] = {
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
    {.name = NULL},
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
const char *const licence_words[] = {"", "xdr", "endpoint", "business", "none", NULL};
const struct scenario_field scenario_rule_fields[] = {
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
    {.name = NULL},
};

static bool read_variants(const struct scenario_reader *r, const struct yaml *map, struct variants *out)
{
    if (map->type != YAML_MAP) return scenario_wrong(r, map, "variants is a map: name: choice");
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *choice = &map->items[i];
        if (choice->type != YAML_SCALAR) return scenario_wrong(r, choice, "a choice is one word");
        if (!variants_set(out, map->keys[i].text, choice->text, r->e))
            return err_context(r->e, "%s:%u:%u", r->name, choice->line, choice->column);
    }
    return true;
}

static bool read_word(const struct scenario_reader *r, const struct yaml *v, const char *const *words, unsigned *out)
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
    (void)scenario_wrong(r, v, buf_cstr(&what));
    buf_done(&what);
    return false;
}

bool scenario_set(const struct scenario_reader *r, const struct scenario_field *f, void *base, const struct yaml *v)
{
    char *to = (char *)base + f->offset;
    enum table_id table;
    double d = 0;
    bool is_number =
        f->kind == FIELD_UNSIGNED || f->kind == FIELD_U64 || f->kind == FIELD_SHARE || f->kind == FIELD_DOUBLE;
    if (is_number && !scenario_double(v, f->max, &d)) return scenario_wrong(r, v, "not a number, or out of range");
    switch (f->kind) {
    case FIELD_UNSIGNED: *(unsigned *)(void *)to = (unsigned)d; return true;
    case FIELD_U64: *(uint64_t *)(void *)to = (uint64_t)d; return true;
    case FIELD_SHARE:
    case FIELD_DOUBLE: *(double *)(void *)to = d; return true;
    case FIELD_DURATION:
        return scenario_duration(v, (int64_t *)(void *)to) ||
               scenario_wrong(r, v, "not a duration (500ms, 30s, 15m, 6h, 2d)");
    case FIELD_BOOL: return yaml_bool(v, (bool *)(void *)to) || scenario_wrong(r, v, "neither yes nor no");
    case FIELD_RANGE:
        return scenario_range(v, (struct tenant_range *)(void *)to) ||
               scenario_wrong(r, v, "tenants are: all, N, N-M, every N");
    case FIELD_FILE:
        return str_copy(v->text, to, sizeof(((struct scenario_event *)0)->file)) ||
               scenario_wrong(r, v, "the name is too long");
    case FIELD_NAME:
        return (v->text.n && str_copy(v->text, to, sizeof(((struct scenario_event *)0)->name))) ||
               scenario_wrong(r, v, "the name is empty or too long");
    case FIELD_WORD: return read_word(r, v, f->words, (unsigned *)(void *)to);
    case FIELD_FAULTS: return fault_rates_parse(v->text, (struct fault_rates *)(void *)to, r->e);
    case FIELD_VARIANTS: return read_variants(r, v, (struct variants *)(void *)to);
    case FIELD_TABLE:
        if (v->type != YAML_SCALAR || !table_by_name(v->text, &table))
            return scenario_wrong(r, v, "not a table the twin has");
        *(unsigned *)(void *)to = (unsigned)table;
        return true;
    }
    return false;
}

const struct scenario_field *scenario_field_find(const struct scenario_field *fields, struct str name)
{
    for (; fields->name; fields++)
        if (str_eq(name, str_of(fields->name))) return fields;
    return NULL;
}
