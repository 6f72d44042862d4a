/* The model as a whole: its tenants, and which part answers which request. */
#include "twin/cloud_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/causes.h"
#include "twin/world/made_alerts.h"

/* ---- life ----------------------------------------------------------------------------------------------------------- */
/* The first bits of enum tenant_lack are the groups of roles, in their order. */
_Static_assert(LACK_HUNTING == 1 << ROLES_HUNTING && LACK_ALERTS == 1 << ROLES_ALERTS &&
                   LACK_INCIDENTS == 1 << ROLES_INCIDENTS && LACK_MACHINES == 1 << ROLES_MACHINES,
               "a lack is a group");

static void apply_rules(struct twin_tenant *t, const struct scenario *s)
{
    t->variants = s->variants;
    for (unsigned i = 0; i < s->rule_count; i++) {
        const struct scenario_rule *r = &s->rules[i];
        if (!tenant_range_has(&r->tenants, t->world.index)) continue;
        t->lacks |= r->lacks;
        if (r->has_roles) t->roles = r->roles;
        if (r->refusal) t->refusal = r->refusal;
        if (r->licence != LICENCE_UNSAID) t->licence = r->licence;
        if (r->consent) {
            t->consent = r->consent;
            t->consent_delay_ms = r->consent_delay_ms;
        }
        if (r->token_error) t->token_error = r->token_error;
        if (r->byte_cap) t->byte_cap = r->byte_cap;
        if (r->preempt_above) t->preempt_above = r->preempt_above;
        if (r->hunting_cpu >= 0) t->cpu_share = r->hunting_cpu;
        t->expand_fails |= r->expand_fails;
        t->is_partial |= r->is_partial;
        variants_lay_over(&t->variants, &r->variants);
    }
    for (unsigned g = 0; g < ROLE_GROUPS; g++)
        if (t->lacks & 1u << g) t->roles &= ~role_group((enum role_group)g);
}

enum { EVIDENCE_ROWS = 3 }; /* of an alert, in AlertEvidence */

static void make_tenant(struct cloud *c, unsigned index, double scale)
{
    const struct scenario *s = c->opts.scenario;
    struct twin_tenant *t = &c->tenants[index];
    world_init(&t->world, c->opts.seed, index, s->machines, c->opts.start);
    t->world.has_dirt = s->has_dirt;
    t->action_world = (struct action_world){.world = &t->world, .scenario = s};
    t->world.actions = &t->action_world;
    app_init(&t->app, t->world.seed);
    (void)permission_set_by_name(STR("all"), &t->roles);
    t->licence = LICENCE_XDR;
    t->cpu_share = -1;
    apply_rules(t, s);
    if (t->consent == TENANT_CONSENT_GIVEN)
        grant_give(&t->own_grant, t->lacks & LACK_CONSENT ? 0 : t->roles, c->opts.start, (struct wall){INT64_MIN});
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        table_init(&t->tables[i], &t->world, s, c->replays, (enum table_id)i,
                   s->rows_per_s[i] * scale / c->opts.tenants);
    bool is_twice = variant_is(&t->variants, VARIANT_ALERTS_INFO_ROWS, "two");
    table_tells_alerts(&t->tables[TABLE_AlertInfo], is_twice ? 2 : 1, t->licence != LICENCE_XDR);
    table_tells_alerts(&t->tables[TABLE_AlertEvidence], EVIDENCE_ROWS, t->licence != LICENCE_XDR);
}

static bool read_replays(struct cloud *c, struct err *e)
{
    const struct scenario *s = c->opts.scenario;
    for (unsigned i = 0; i < s->event_count; i++) {
        if (s->events[i].what != EVENT_REPLAY) continue;
        struct str text = c->opts.replay_texts ? c->opts.replay_texts[i] : STR_NONE;
        if (!replay_read(text, s->events[i].file, &c->replays[i], e)) return false;
    }
    return true;
}

bool cloud_new(const struct cloud_opts *o, struct cloud **out, struct err *e)
{
    double total = 0;
    if (o->tenants < 1 || o->tenants > CLOUD_TENANTS_MAX)
        return err_set(e, &twin_causes[TWIN_BAD_OPTION], "%u tenants; between 1 and %d are possible", o->tenants,
                       CLOUD_TENANTS_MAX);
    struct cloud *c = calloc(1, sizeof *c);
    if (c) c->tenants = calloc(o->tenants, sizeof *c->tenants);
    if (c == NULL || c->tenants == NULL) {
        free(c);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "no memory for %u tenants", o->tenants);
    }
    c->opts = *o;
    if (c->opts.signer.sign == NULL) c->opts.signer = token_signer_plain();
    c->faults = o->scenario->faults;
    rng_seed(&c->ids, draw(o->seed, 1));
    rng_seed(&c->lots, draw(o->seed, 2));
    app_init(&c->shared_app, draw(o->seed, 3));
    app_init(&c->disabled_app, draw(o->seed, 4));
    draw_guid(o->seed, 5, c->foreign_tenant_id);
    c->seen_at = o->start;
    if (!read_replays(c, e)) {
        c->opts.tenants = 0; /* none is made yet */
        cloud_free(c);
        return false;
    }
    for (unsigned i = 0; i < TABLE_COUNT; i++) total += o->scenario->rows_per_s[i];
    double scale = o->rows_per_second > 0 && total > 0 ? o->rows_per_second / total : 1;
    for (unsigned i = 0; i < o->tenants; i++) make_tenant(c, i, scale);
    *out = c;
    return true;
}

void cloud_free(struct cloud *c)
{
    if (c == NULL) return;
    for (unsigned i = 0; i < c->opts.tenants; i++) {
        for (unsigned t = 0; t < TABLE_COUNT; t++) table_done(&c->tenants[i].tables[t]);
        changes_done(&c->tenants[i].changes);
        action_book_free(c->tenants[i].actions);
        indicator_book_free(c->tenants[i].indicators);
        made_alerts_free(c->tenants[i].made);
        app_done(&c->tenants[i].app);
    }
    app_done(&c->shared_app);
    app_done(&c->disabled_app);
    for (unsigned i = 0; i < SCENARIO_EVENTS_MAX; i++) replay_done(&c->replays[i]);
    free(c->tenants);
    free(c);
}

/* ---- looking in ----------------------------------------------------------------------------------------------------- */
unsigned cloud_tenant_count(const struct cloud *c)
{
    return c->opts.tenants;
}

void cloud_tenant_get(const struct cloud *c, unsigned index, struct cloud_tenant *out)
{
    const struct twin_tenant *t = &c->tenants[index];
    *out = (struct cloud_tenant){.id = t->world.tenant_id,
                                 .domain = t->world.domain,
                                 .name = t->world.name,
                                 .client_id = t->app.client_id,
                                 .client_secret = t->app.client_secret,
                                 .expired_secret = t->app.expired_secret};
}

role_set tenant_roles(const struct cloud *c, const struct twin_tenant *t)
{
    return grant_roles(&t->own_grant, c->seen_at) | grant_roles(&t->shared_grant, c->seen_at);
}

bool app_is_single_tenant(const struct cloud *c, struct str client_id)
{
    for (unsigned i = 0; i < c->opts.tenants; i++)
        if (str_eq_nocase(client_id, str_of(c->tenants[i].app.client_id))) return true;
    return false;
}

struct twin_tenant *tenant_by_id(struct cloud *c, struct str id_or_domain)
{
    for (unsigned i = 0; i < c->opts.tenants; i++) {
        struct twin_tenant *t = &c->tenants[i];
        if (str_eq_nocase(id_or_domain, str_of(t->world.tenant_id)) ||
            str_eq_nocase(id_or_domain, str_of(t->world.domain)))
            return t;
    }
    return NULL;
}

struct estate estate_of(const struct cloud *c, const struct twin_tenant *t)
{
    return (struct estate){.world = &t->world,
                           .scenario = c->opts.scenario,
                           .variants = &t->variants,
                           .indicators = t->indicators,
                           .made = t->made,
                           .changes = &t->changes,
                           .api = API_GRAPH,
                           .licence = t->licence};
}

const struct variants *exchange_variants(const struct exchange *x)
{
    return x->tenant ? &x->tenant->variants : &x->cloud->opts.scenario->variants;
}

struct wall existing_at(const struct cloud *c, struct wall now)
{
    return c->is_frozen && c->frozen_at.ticks < now.ticks ? c->frozen_at : now;
}

struct wall cloud_freeze(struct cloud *c, struct wall now)
{
    if (!c->is_frozen) {
        c->is_frozen = true;
        c->frozen_at = now;
    }
    return c->frozen_at;
}

bool cloud_set_faults(struct cloud *c, struct str spec, struct err *e)
{
    return fault_rates_parse(spec, &c->faults, e);
}

void cloud_stats_get(const struct cloud *c, unsigned tenant, enum cloud_family family, struct cloud_stats *out)
{
    *out = c->tenants[tenant].stats[family];
}

/* ---- requests ------------------------------------------------------------------------------------------------------- */
const struct cloud_param *exchange_param(const struct exchange *x, const char *name)
{
    for (unsigned i = 0; i < x->q->param_count; i++)
        if (str_eq(x->q->params[i].name, str_of(name))) return &x->q->params[i];
    return NULL;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode(struct arena *a, struct str s, struct str *out)
{
    char *text = arena_alloc(a, s.n + 1);
    size_t n = 0;
    if (text == NULL) return false;
    for (size_t i = 0; i < s.n; i++) {
        text[n] = s.p[i] == '+' ? ' ' : s.p[i];
        if (s.p[i] == '%') {
            int high = s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1, low = s.n - i > 2 ? hex_digit(s.p[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            text[n] = (char)(high << 4 | low);
            i += 2;
        }
        n++;
    }
    *out = (struct str){text, n};
    return true;
}

bool cloud_query_parse(struct arena *a, struct str query, struct cloud_request *q)
{
    for (struct str rest = query; rest.n;) {
        struct str value = str_cut(&rest, '&');
        if (value.n == 0) continue;
        struct str name = str_cut(&value, '=');
        if (q->param_count == CLOUD_PARAMS_MAX) return false;
        struct cloud_param *p = &q->params[q->param_count];
        if (!decode(a, name, &p->name) || !decode(a, value, &p->value)) return false;
        q->param_count++;
    }
    return true;
}

/* Date: Sun, 22 Nov 2026 06:55:01 GMT. */
static void date_header(struct exchange *x)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; /* 1970 began on a Thursday */
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char iso[WALL_TEXT_BYTES];
    int64_t day = wall_ms(x->clock) / 86400000;
    (void)wall_format_digits(x->clock, 0, iso);
    unsigned month = (unsigned)((iso[5] - '0') * 10 + iso[6] - '0');
    answer_header(x, "Date", "%s, %.2s %s %.4s %.8s GMT", days[(size_t)day % 7], iso + 8, months[(month - 1) % 12], iso,
                  iso + 11);
}

void cloud_handle(struct cloud *c, const struct cloud_request *q, struct wall now, struct cloud_response *out)
{
    now.ticks += c->ahead_ticks;
    struct exchange x = {.cloud = c, .q = q, .out = out, .now = now, .as_of = existing_at(c, now)};
    x.clock = wall_add(now, c->opts.scenario->clock_skew_ms * WALL_TICKS_PER_MS);
    if (now.ticks > c->seen_at.ticks) c->seen_at = now;
    *out = (struct cloud_response){.delay_ms = (uint32_t)c->opts.scenario->think_ms};
    rng_guid(&c->ids, x.request_id);
    date_header(&x);
    route_handle(&x);
    INVARIANT(out->body != NULL);
}
