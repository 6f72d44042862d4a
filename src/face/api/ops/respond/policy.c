/* policy check, policy test: a file by itself. policy replay: what it would have done to stored history. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "flow/act/alert_facts.h"
#include "flow/act/policy_file.h"
#include "flow/act/replay.h"
#include "kit/sys/zones.h"
#include "state/store/tenants.h"

enum { DECISIONS_SHOWN = 1000, DECISIONS_MAX = 100000 };

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text[0] ? text : NULL);
}

static void write_count(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_write_u64(w, n);
}

/* ---- check ----------------------------------------------------------------------------------------------------------------- */
static const char *shown_name(const char *path)
{
    return path ? path : "the built-in policy";
}

static void write_rules(struct json_writer *w, const struct policy *p)
{
    json_key(w, "rules");
    json_array_begin(w);
    for (size_t i = 0; i < policy_rule_count(p); i++) {
        const struct policy_rule *r = policy_rule(p, i);
        json_object_begin(w);
        json_key(w, "rule");
        json_write_str(w, r->name);
        write_count(w, "line", r->line);
        write_text(w, "then", wish_name(r->wish));
        write_text(w, "mode", mode_name(r->mode));
        json_object_end(w);
    }
    json_array_end(w);
}

static void refuse(struct op_call *c, const char *path, const struct err *e)
{
    c->exit_code = 1;
    if (!c->is_json) {
        (void)fprintf(stderr, "portcullis: %s\n  code: %s (%s)\n  do:   %s\n", e->text, e->cause->code, e->cause->what,
                      e->cause->remedy);
        return;
    }
    json_object_begin(c->out);
    write_text(c->out, "file", shown_name(path));
    json_key(c->out, "valid");
    json_write_bool(c->out, false);
    write_text(c->out, "code", e->cause->code);
    write_text(c->out, "text", e->text);
    write_text(c->out, "remedy", e->cause->remedy);
    json_object_end(c->out);
}

bool op_policy_check(struct op_call *c, struct err *e)
{
    const char *path = op_cstr(c, "file");
    struct err wrong = {0};
    struct policy *p = policy_file_load(fs_real(), path, NULL, &wrong);
    (void)e;
    if (p == NULL) {
        refuse(c, path, &wrong);
        return true;
    }
    json_object_begin(c->out);
    write_text(c->out, "file", shown_name(path));
    json_key(c->out, "valid");
    json_write_bool(c->out, true);
    write_rules(c->out, p);
    json_object_end(c->out);
    policy_free(p);
    return true;
}

/* ---- test ------------------------------------------------------------------------------------------------------------------- */
struct testing {
    struct op_call *c;
    const char *name;
};

static bool read_row(void *ctx, struct arena *a, struct str json, struct alert_facts *out)
{
    (void)ctx;
    return alert_facts_read_any(a, json, out);
}

static void hear_example(void *ctx, const struct policy_example *x)
{
    struct testing *t = ctx;
    if (!t->c->is_json) {
        if (!x->is_fine) printf("%s:%u: %.*s: %s\n", t->name, x->line, STR_ARG(x->name), x->text);
        return;
    }
    struct json_writer *w = t->c->out;
    json_object_begin(w);
    json_key(w, "example");
    json_write_str(w, x->name);
    write_count(w, "line", x->line);
    json_key(w, "passed");
    json_write_bool(w, x->is_fine);
    write_text(w, "text", x->text);
    json_object_end(w);
}

static bool run_examples(struct op_call *c, const char *path, const struct policy *p, struct err *e)
{
    struct testing t = {c, shown_name(path)};
    struct policy_test test = {.ctx = &t, .row = read_row, .each = hear_example};
    size_t count, failed;
    if (c->is_json) {
        json_object_begin(c->out);
        write_text(c->out, "file", t.name);
        json_key(c->out, "examples");
        json_array_begin(c->out);
    }
    if (!policy_run_examples(p, &test, &count, &failed, e)) return false;
    if (c->is_json) {
        json_array_end(c->out);
        write_count(c->out, "count", count);
        write_count(c->out, "failed", failed);
        json_object_end(c->out);
    } else {
        printf("%zu examples, %zu failed\n", count, failed);
        (void)fflush(stdout);
    }
    c->exit_code = failed ? 1 : 0;
    return true;
}

bool op_policy_test(struct op_call *c, struct err *e)
{
    const char *path = op_cstr(c, "file");
    struct err wrong = {0};
    struct policy *p = policy_file_load(fs_real(), path, NULL, &wrong);
    if (p == NULL) {
        refuse(c, path, &wrong);
        return true;
    }
    bool ok = run_examples(c, path, p, e);
    policy_free(p);
    return ok;
}

/* ---- replay ------------------------------------------------------------------------------------------------------------------- */
struct replaying {
    struct store *store;
    struct zones *zones;
    bool has_mode; /* of all tenants, whatever they have */
    enum policy_mode mode;
};

static bool set_tenant(void *ctx, const char *tenant_id, struct policy_context *out, struct err *e)
{
    static const enum policy_mode modes[] = {[REMEDIATION_OFF] = MODE_OFF,
                                             [REMEDIATION_SHADOW] = MODE_SHADOW,
                                             [REMEDIATION_APPROVE] = MODE_APPROVE,
                                             [REMEDIATION_AUTO] = MODE_AUTO};
    struct replaying *r = ctx;
    struct settings *s = calloc(1, sizeof *s);
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "policy replay");
    bool ok = settings_of_tenant(r->store, tenant_id, s, e);
    if (ok) {
        out->mode = r->has_mode ? r->mode : modes[setting_number(s, SET_REMEDIATION)];
        out->isolation =
            setting_number(s, SET_ISOLATION) == ISOLATION_SELECTIVE ? WISH_ISOLATE_SELECTIVE : WISH_ISOLATE_FULL;
        out->zone = zones_find(r->zones, s->values[SET_TIME_ZONE].text);
    }
    free(s);
    return ok;
}

static void write_rule(struct json_writer *w, const struct policy *p, size_t i, const struct replay_rule *r)
{
    bool is_rule = i < policy_rule_count(p);
    json_object_begin(w);
    json_key(w, "rule");
    json_write_str(w, is_rule ? policy_rule(p, i)->name : STR("(no rule)"));
    write_count(w, "alerts", r->alerts);
    write_count(w, "decisions", r->decisions);
    for (size_t f = 0; f < REPLAY_FATES; f++) write_count(w, replay_fate_name((enum replay_fate)f), r->fates[f]);
    write_count(w, "devices", r->devices);
    write_count(w, "servers", r->servers);
    write_count(w, "closed_as_false", r->closed_false);
    write_count(w, "closed_as_expected", r->closed_expected);
    json_object_end(w);
}

static void write_decision(struct json_writer *w, const struct policy *p, const struct replay_decision *d)
{
    json_object_begin(w);
    json_key(w, "at");
    write_time(w, d->at);
    write_text(w, "tenant_id", d->tenant_id);
    write_text(w, "device", d->device[0] ? d->device : d->device_id);
    write_text(w, "device_id", d->device_id);
    write_text(w, "os", d->os);
    json_key(w, "rule");
    json_write_str(w, policy_rule(p, (size_t)d->rule)->name);
    write_text(w, "then", wish_name(d->wish));
    write_text(w, "fate", replay_fate_name(d->fate));
    write_text(w, "why", replay_why_name(d->why));
    write_text(w, "incident", d->incident);
    write_text(w, "alert", d->alert);
    write_text(w, "title", d->title);
    write_text(w, "closed_as", d->closed_as == CLASS_UNKNOWN ? "" : class_name(d->closed_as));
    json_object_end(w);
}

static void write_replay(struct op_call *c, const struct policy *p, const struct replay_result *r)
{
    struct json_writer *w = c->out;
    json_object_begin(w);
    write_count(w, "revisions", r->revisions);
    write_count(w, "alerts", r->alerts);
    write_count(w, "tenants", r->tenants);
    write_count(w, "decisions", r->decisions_total);
    write_count(w, "undecided", r->undecided);
    write_count(w, "partly_unread", r->unread);
    json_key(w, "rules");
    json_array_begin(w);
    for (size_t i = 0; i < r->rule_count; i++) write_rule(w, p, i, &r->rules[i]);
    json_array_end(w);
    json_key(w, "devices");
    json_array_begin(w);
    for (size_t i = 0; i < r->decision_count; i++) write_decision(w, p, &r->decisions[i]);
    json_array_end(w);
    json_object_end(w);
}

static bool read_mode(const struct op_call *c, struct replaying *r, struct err *e)
{
    struct str mode = op_text(c, "mode");
    r->mode = MODE_AUTO;
    r->has_mode = !str_eq(mode, STR("tenant"));
    if (mode.n == 0 || !r->has_mode || mode_read(mode, &r->mode)) return true;
    return err_set(e, &api_causes[API_BAD_PARAM],
                   "policy replay: --mode is auto, approve, shadow, off, or tenant: as each has it set");
}

static bool read_range(const struct op_call *c, struct replay_opts *o, struct err *e)
{
    o->to = (struct wall){INT64_MAX};
    if (op_text(c, "from").n && !op_read_time(c, "from", &o->from, e)) return false;
    if (op_text(c, "to").n && !op_read_time(c, "to", &o->to, e)) return false;
    return o->from.ticks < o->to.ticks ||
           err_set(e, &api_causes[API_BAD_PARAM], "policy replay: --from is not before --to");
}

static bool read_limits(const struct op_call *c, struct replay_opts *o, struct err *e)
{
    uint64_t shown = DECISIONS_SHOWN;
    struct settings *s = arena_alloc(c->arena, sizeof *s);
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "policy replay");
    if (!settings_resolve(c->installation->store, &(struct setting_scope){0}, s, e)) return false;
    o->limit_tenant_hour = (uint32_t)setting_number(s, SET_LIMIT_TENANT_HOUR);
    if (op_text(c, "devices").n && (!str_to_u64(op_text(c, "devices"), &shown) || shown > DECISIONS_MAX))
        return err_set(e, &api_causes[API_BAD_PARAM], "policy replay: --devices is at most %d", DECISIONS_MAX);
    o->decisions_max = (size_t)shown;
    return true;
}

static bool run_replay(struct op_call *c, struct replay_opts *o, struct err *e)
{
    struct replay_result result;
    const char *tenant = op_cstr(c, "tenant");
    struct tenant_record record;
    if (tenant && !tenant_record_find(o->store, tenant, &record, e)) return false;
    o->tenant_id = tenant ? record.tenant_id : NULL;
    if (!replay_run(o, &result, e)) return false;
    write_replay(c, o->policy, &result);
    replay_done(&result);
    return true;
}

bool op_policy_replay(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    const char *path = op_cstr(c, "policy");
    struct replaying r = {.store = i->store};
    struct replay_opts o = {.store = i->store, .tenant = set_tenant, .ctx = &r};
    if (!read_mode(c, &r, e) || !read_range(c, &o, e) || !read_limits(c, &o, e)) return false;
    struct policy *p = policy_file_load(i->fs, path ? path : i->conf.policy_file, NULL, e);
    if (p == NULL) return false;
    o.policy = p;
    r.zones = zones_new(i->fs);
    bool ok = r.zones ? run_replay(c, &o, e) : err_set(e, &base_causes[BASE_NO_MEMORY], "policy replay");
    zones_free(r.zones);
    policy_free(p);
    return ok;
}
