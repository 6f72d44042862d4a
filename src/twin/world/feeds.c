/* What can be had of a tenant: each feed, the role it takes, and what each licence holds (section 23, 10). */
#include "twin/cloud_int.h"

/* ---- licences -------------------------------------------------------------------------------------------------------- */
#define ALL (1u << LICENCE_XDR | 1u << LICENCE_ENDPOINT | 1u << LICENCE_BUSINESS)
#define ENDPOINT (1u << LICENCE_XDR | 1u << LICENCE_ENDPOINT)
#define XDR (1u << LICENCE_XDR)

/* The first row whose prefix fits decides. Defender for Business and Business Premium have no hunting at all. */
static const struct {
    const char *prefix;
    unsigned licences;
} table_licences[] = {
    {"Device", ENDPOINT},
    {"AlertInfo", ENDPOINT},
    {"AlertEvidence", ENDPOINT},
    {"", XDR},
};

bool tenant_has_table(const struct twin_tenant *t, enum table_id id)
{
    size_t i = 0;
    while (!str_starts(str_of(table_schemas[id].name), str_of(table_licences[i].prefix))) i++;
    return table_licences[i].licences >> t->licence & 1 && !(t->lacks & LACK_TABLES);
}

/* ---- feeds that are no tables: one row each ---------------------------------------------------------------------------- */
static const struct object_feed {
    const char *name;
    enum object_kind kind;
    enum cloud_api api;    /* whose roles of */
    enum role_group group; /* this group let it be read */
    unsigned licences;
    bool is_alerts; /* through whichever API: only the first that can be read counts */
} object_feeds[] = {
    {"alerts", OBJECT_ALERT, API_GRAPH, ROLES_ALERTS, ALL, true},
    {"alerts_endpoint", OBJECT_ENDPOINT_ALERT, API_ENDPOINT, ROLES_ALERTS, ALL, true},
    {"alerts_siem", OBJECT_SIEM_ALERT, API_SIEM, ROLES_ALERTS, ALL, true},
    {"incidents", OBJECT_INCIDENT, API_GRAPH, ROLES_INCIDENTS, ALL, false},
    {"machines", OBJECT_MACHINE, API_ENDPOINT, ROLES_MACHINES, ALL, false},
    {"machine_actions", OBJECT_ACTION, API_ENDPOINT, ROLES_MACHINES, ALL, false},
};
enum { OBJECT_FEEDS = sizeof object_feeds / sizeof object_feeds[0] };

unsigned cloud_feed_count(void)
{
    return TABLE_COUNT + OBJECT_FEEDS;
}

const char *cloud_feed_name(unsigned feed)
{
    return feed < TABLE_COUNT ? table_schemas[feed].name : object_feeds[feed - TABLE_COUNT].name;
}

enum object_kind feed_kind(unsigned feed)
{
    return object_feeds[feed - TABLE_COUNT].kind;
}

bool cloud_feed_find(struct str name, unsigned *feed_out)
{
    for (unsigned i = 0; i < cloud_feed_count(); i++) {
        if (!str_eq(name, str_of(cloud_feed_name(i)))) continue;
        *feed_out = i;
        return true;
    }
    return false;
}

static bool may_read(const struct cloud *c, const struct twin_tenant *t, role_set roles, const struct object_feed *f)
{
    return nation_serves(c->opts.scenario->nation, f->api) && roles & roles_of_api(f->api) & role_group(f->group) &&
           f->licences >> t->licence & 1;
}

/* Section 14; which tables exactly is not settled. */
bool table_is_of_endpoint(struct str name)
{
    return str_starts(name, STR("Device")) || str_eq(name, STR("AlertInfo")) || str_eq(name, STR("AlertEvidence"));
}

/* Microsoft shows the rows of a renamed table under both names for a while. Here each name has rows of its own; a reader
 * takes the new one, so what is under the old one does not count. Where the scenario renames a table, its rows count under the
 * old name. */
static bool counts_elsewhere(const struct scenario *s, enum table_id id)
{
    bool is_old = id == TABLE_AADSignInEventsBeta || id == TABLE_AADSpnSignInEventsBeta || id == TABLE_AIAgentsInfo;
    for (unsigned i = 0; i < s->event_count; i++) {
        if (s->events[i].what != EVENT_RENAME_TABLE) continue;
        if (s->events[i].table == (unsigned)id) return false;
        if (str_eq(str_of(s->events[i].name), str_of(table_schemas[id].name))) return true;
    }
    return is_old;
}

/* Through Graph, or its own tables through the Endpoint API. */
static bool may_hunt(const struct cloud *c, const struct twin_tenant *t, role_set roles, enum table_id id)
{
    enum nation nation = c->opts.scenario->nation;
    bool by_graph = nation_serves(nation, API_GRAPH) && roles & role_by_name(API_GRAPH, STR("ThreatHunting.Read.All"));
    bool by_endpoint = nation_serves(nation, API_ENDPOINT) && table_is_of_endpoint(str_of(table_schemas[id].name)) &&
                       variant_is(&t->variants, VARIANT_ENDPOINT_HUNTING, "serve") &&
                       roles & role_by_name(API_ENDPOINT, STR("AdvancedQuery.Read.All"));
    return (by_graph || by_endpoint) && tenant_has_table(t, id) && !counts_elsewhere(c->opts.scenario, id);
}

bool cloud_feed_readable(const struct cloud *c, unsigned tenant, unsigned feed)
{
    const struct twin_tenant *t = &c->tenants[tenant];
    role_set roles = t->token_error ? 0 : tenant_roles(c, t);
    if (feed < TABLE_COUNT) return may_hunt(c, t, roles, (enum table_id)feed);
    const struct object_feed *f = &object_feeds[feed - TABLE_COUNT];
    for (unsigned i = 0; f->is_alerts && i < feed - TABLE_COUNT; i++)
        if (object_feeds[i].is_alerts && may_read(c, t, roles, &object_feeds[i])) return false;
    return may_read(c, t, roles, f);
}
