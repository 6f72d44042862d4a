/* What a failure makes of a feed. Rows are tried in order; whatever no row names is an error. */
#include <string.h>

#include "cloud/net/http.h"
#include "flow/ingest/ingest_int.h"
#include "kit/sys/causes.h"
#include "state/store/store.h"

static const struct state_row {
    const char *name;
    enum ingest_severity severity;
    enum ing_patience patience; /* of what a person must mend */
    bool is_absent;
} states[INGEST_STATE_COUNT] = {
    [INGEST_WAITING] = {"waiting", SEVERITY_NONE, WAIT_BACKOFF, false},
    [INGEST_OK] = {"ok", SEVERITY_NONE, WAIT_BACKOFF, false},
    [INGEST_THROTTLED] = {"throttled", SEVERITY_GREY, WAIT_BACKOFF, false},
    [INGEST_NOT_LICENSED] = {"not_licensed", SEVERITY_GREY, WAIT_DAY, true},
    [INGEST_NO_SUCH_TABLE] = {"no_such_table", SEVERITY_GREY, WAIT_DAY, true},
    [INGEST_ROLE_MISSING] = {"role_missing", SEVERITY_GREY, WAIT_HOUR, true},
    [INGEST_CONSENT_PENDING] = {"consent_pending", SEVERITY_RED, WAIT_PROBE, false},
    [INGEST_DEGRADED] = {"degraded", SEVERITY_RED, WAIT_BACKOFF, false},
    [INGEST_BLIND] = {"blind", SEVERITY_RED, WAIT_PROBE, false},
    [INGEST_ERROR] = {"error", SEVERITY_RED, WAIT_PROBE, false},
    [INGEST_UNUSED] = {"unused", SEVERITY_GREY, WAIT_BACKOFF, true},
};

const char *ingest_state_name(enum ingest_state s)
{
    return states[s].name;
}

enum ingest_state ingest_state_named(const char *name)
{
    for (unsigned i = 0; i < INGEST_STATE_COUNT; i++)
        if (strcmp(states[i].name, name) == 0) return (enum ingest_state)i;
    return INGEST_WAITING;
}

enum ingest_severity ingest_severity_of(enum ingest_state s, bool was_read)
{
    bool is_lost = was_read && states[s].is_absent && s != INGEST_UNUSED;
    return is_lost ? SEVERITY_RED : states[s].severity;
}

bool ing_state_is_absent(enum ingest_state s)
{
    return states[s].is_absent;
}

enum ing_patience ing_state_patience(enum ingest_state s, const struct cause *c)
{
    bool is_persons = c->kind == ERR_AUTH || c->kind == ERR_INPUT;
    return is_persons ? states[s].patience : WAIT_BACKOFF;
}

/* ---- causes ---------------------------------------------------------------------------------------------------------------- */

static const struct cause_state {
    const struct cause *cause;
    enum ingest_state state;
} by_cause[] = {
    {&defender_causes[DEFENDER_LOGIN_LOOP], INGEST_THROTTLED},
    {&defender_causes[DEFENDER_LOGIN_THROTTLED], INGEST_THROTTLED},
    {&defender_causes[DEFENDER_LOGIN_DOWN], INGEST_ERROR},
    {&defender_causes[DEFENDER_NO_LICENCE], INGEST_NOT_LICENSED},
    {&defender_causes[DEFENDER_NO_SERVICE], INGEST_NOT_LICENSED},
    {&defender_causes[DEFENDER_FORBIDDEN], INGEST_NOT_LICENSED},
    {&defender_causes[DEFENDER_FEATURE_OFF], INGEST_NOT_LICENSED},
    {&defender_causes[DEFENDER_API_RETIRED], INGEST_NOT_LICENSED},
    {&defender_causes[DEFENDER_NO_HOST], INGEST_NOT_LICENSED},
    {&defender_causes[DEFENDER_NO_CONSENT], INGEST_CONSENT_PENDING},
    {&defender_causes[DEFENDER_API_NOT_IN_APP], INGEST_CONSENT_PENDING},
    {&defender_causes[DEFENDER_ROLE_MISSING], INGEST_ROLE_MISSING},
    {&defender_causes[DEFENDER_PARTIAL], INGEST_DEGRADED},
    {&ingest_causes[INGEST_INCOMPLETE], INGEST_DEGRADED},
    {&ingest_causes[INGEST_BEHIND], INGEST_DEGRADED},
    {&ingest_causes[INGEST_OTHER_SOURCE], INGEST_UNUSED},
    {&ingest_causes[INGEST_RENAMED], INGEST_UNUSED},
};

/* The message names what it could not resolve: the table, or one of its columns. */
static enum ingest_state state_of_name(const struct feed_row *row, const struct err *e)
{
    char quoted[80];
    (void)snprintf(quoted, sizeof quoted, "'%s'", row->source);
    bool names_other = strchr(e->text, '\'') && !strstr(e->text, quoted);
    return names_other ? INGEST_ERROR : INGEST_NO_SUCH_TABLE;
}

enum ingest_state ing_state_of(const struct feed_row *row, const struct err *e)
{
    const struct cause *c = e->cause;
    if (c == &defender_causes[DEFENDER_NO_TABLE]) return state_of_name(row, e);
    for (size_t i = 0; i < sizeof by_cause / sizeof *by_cause; i++)
        if (c == by_cause[i].cause) return by_cause[i].state;
    enum error_scope scope = defender_scope(c);
    return scope == SCOPE_FAMILY ? INGEST_THROTTLED : scope >= SCOPE_API ? INGEST_BLIND : INGEST_ERROR;
}

const struct cause *ingest_cause_named(const char *code)
{
    static const struct {
        const struct cause *causes;
        size_t count;
    } tables[] = {
        {defender_causes, DEFENDER_CAUSE_COUNT}, {net_causes, NET_CAUSE_COUNT}, {ingest_causes, INGEST_CAUSE_COUNT},
        {store_causes, STORE_CAUSE_COUNT},       {sys_causes, SYS_CAUSE_COUNT}, {base_causes, BASE_CAUSE_COUNT},
    };
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (size_t i = 0; i < tables[t].count; i++)
            if (tables[t].causes[i].code && strcmp(tables[t].causes[i].code, code) == 0) return &tables[t].causes[i];
    return NULL;
}
