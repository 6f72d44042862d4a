/* What each kind of collection allows, and reading what its caller asks for (sections 5, 7.1, 8, 9, 11 and 16). */
#include "twin/listing.h"

#include <stdio.h>

const struct collection_rules collection_rules[OBJECT_KINDS] = {
    [OBJECT_ALERT] = {"security/alerts_v2", 100, 1000, true, 500, API_GRAPH, NULL, NULL},
    [OBJECT_INCIDENT] = {"security/incidents", 50, 50, false, 500, API_GRAPH, "alerts", NULL},
    [OBJECT_ACTION] = {"MachineActions", 10000, 10000, false, UINT32_MAX, API_ENDPOINT, NULL, "Machine action"},
    [OBJECT_INDICATOR] = {"Indicators", 10000, 10000, false, UINT32_MAX, API_ENDPOINT, NULL, "Indicator"},
    [OBJECT_ENDPOINT_ALERT] = {"Alerts", 10000, 10000, false, UINT32_MAX, API_ENDPOINT, "evidence", "Alert"},
    [OBJECT_XDR_INCIDENT] = {"Incidents", 100, 100, false, UINT32_MAX, API_XDR, NULL, "Incident"},
    [OBJECT_MACHINE] = {"Machines", 10000, 10000, false, UINT32_MAX, API_ENDPOINT, NULL, "Machine"},
};

const char *listing_bad_option(const struct exchange *x)
{
    return twin_families[x->family].is_graph ? "BadRequest" : "ODataError";
}

/* ---- options -------------------------------------------------------------------------------------------------------- */
static bool read_number(struct exchange *x, struct str text, unsigned *out)
{
    uint64_t v;
    if (!str_to_u64(text, &v) || v > UINT32_MAX)
        return call_refused(x, 400, listing_bad_option(x), "%s",
                            "Invalid value for a query option: a number was expected.");
    *out = (unsigned)v;
    return true;
}

/* Alerts beyond 1000 are clamped or refused, incidents always refused unless expanded, whichever variant is lived. */
static bool clamps_top(const struct exchange *x, const struct listing *l)
{
    const struct variants *v = exchange_variants(x);
    if (l->kind == OBJECT_ALERT) return variant_is(v, VARIANT_ALERTS_TOP, "clamp");
    if (l->kind == OBJECT_INCIDENT && l->view & VIEW_EXPANDED)
        return variant_is(v, VARIANT_INCIDENTS_EXPAND_TOP, "clamp");
    return collection_rules[l->kind].clamps_top;
}

static bool read_top(struct exchange *x, struct listing *l, struct str text)
{
    return read_number(x, text, &l->top) && (l->has_top = true);
}

static bool check_top(struct exchange *x, struct listing *l)
{
    const struct collection_rules *r = &collection_rules[l->kind];
    char message[160];
    unsigned top = l->top;
    if (!l->has_top || top <= r->top_max) return true;
    l->top = r->top_max;
    if (clamps_top(x, l)) return true;
    (void)snprintf(message, sizeof message,
                   "The limit of '%u' for Top query has been exceeded. The value from the incoming request is '%u'.",
                   r->top_max, top);
    return call_refused(x, 400, l->kind == OBJECT_INCIDENT ? "" : listing_bad_option(x), "%s", message);
}

static bool read_skip(struct exchange *x, struct listing *l, struct str text)
{
    char message[160];
    if (!read_number(x, text, &l->skip)) return false;
    if (l->skip <= collection_rules[l->kind].skip_max) return true;
    if (l->kind == OBJECT_ALERT && variant_is(exchange_variants(x), VARIANT_ALERTS_SKIP, "empty")) return true;
    (void)snprintf(message, sizeof message,
                   "The limit of '%u' for Skip query has been exceeded. The value from the incoming request is '%u'.",
                   collection_rules[l->kind].skip_max, l->skip);
    return call_refused(x, 400, listing_bad_option(x), "%s", message);
}

static bool read_filter(struct exchange *x, struct listing *l, struct str text)
{
    struct odata_error e;
    return odata_filter_parse(&l->arena, text, object_fields(l->kind), &l->filter, &e) ||
           call_refused(x, 400, listing_bad_option(x), "%s", e.text);
}

static bool read_order(struct exchange *x, struct listing *l, struct str text)
{
    struct odata_error e;
    if (collection_rules[l->kind].api != API_GRAPH)
        return call_refused(x, 400, listing_bad_option(x), "%s",
                            "The query specified in the URI is not valid: $orderby is not supported.");
    if (l->kind == OBJECT_ALERT && variant_is(exchange_variants(x), VARIANT_ALERTS_ORDER, "refuse") &&
        str_find(text, STR("lastUpdateDateTime"), 0) != SIZE_MAX)
        return call_refused(x, 400, listing_bad_option(x), "%s",
                            "Invalid orderby clause: ordering is not supported by property "
                            "'lastUpdateDateTime'.");
    return odata_orderby_parse(text, object_fields(l->kind), l->orders, &l->order_count, &e) ||
           call_refused(x, 400, listing_bad_option(x), "%s", e.text);
}

static bool read_select(struct exchange *x, struct listing *l, struct str text)
{
    l->select = arena_str(&l->arena, text);
    return text.n > 0 || call_refused(x, 400, listing_bad_option(x), "%s", "Invalid value for $select.");
}

static bool read_expand(struct exchange *x, struct listing *l, struct str text)
{
    const char *known = collection_rules[l->kind].expands;
    if (known == NULL || !str_eq_nocase(str_trim(text), str_of(known)))
        return call_refused(x, 400, listing_bad_option(x), "%s",
                            "Invalid $expand: the resource has no such navigation property.");
    l->view |= VIEW_EXPANDED;
    return true;
}

static bool read_count(struct exchange *x, struct listing *l, struct str text)
{
    l->has_count = str_eq(text, STR("true"));
    return l->has_count || str_eq(text, STR("false")) ||
           call_refused(x, 400, listing_bad_option(x), "%s", "Invalid value for $count.");
}

/* "<offset>-<ticks>" as the nextLink before gave it. */
static bool read_token(struct exchange *x, struct listing *l, struct str text)
{
    struct str rest = text, offset = str_cut(&rest, '-');
    int64_t ticks;
    if (!str_to_i64(rest, &ticks))
        return call_refused(x, 400, listing_bad_option(x), "%s", "The skip token is not valid.");
    l->has_token = true;
    if (ticks < l->as_of.ticks) l->as_of.ticks = ticks;
    return read_number(x, offset, &l->skip);
}

static const struct {
    const char *name;
    bool (*read)(struct exchange *x, struct listing *l, struct str text);
} options[] = {
    {"$filter", read_filter}, {"$orderby", read_order},   {"$top", read_top},       {"$skip", read_skip},
    {"$count", read_count},   {"$skiptoken", read_token}, {"$select", read_select}, {"$expand", read_expand},
};

bool listing_read_options(struct exchange *x, struct listing *l)
{
    for (unsigned i = 0; i < x->q->param_count; i++) {
        const struct cloud_param *p = &x->q->params[i];
        size_t k = 0;
        while (k < sizeof options / sizeof options[0] && !str_eq_nocase(p->name, str_of(options[k].name))) k++;
        if (k < sizeof options / sizeof options[0]) {
            if (!options[k].read(x, l, p->value)) return false;
        } else if (p->name.n && p->name.p[0] == '$') {
            return call_refused(
                x, 400, listing_bad_option(x), "%s",
                "The query specified in the URI is not valid: an option is not supported by this resource.");
        }
    }
    return check_top(x, l);
}
