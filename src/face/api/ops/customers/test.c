/* tenant test: how far a tenant's connection comes, step by step; and how it was before. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/customers/capability_view.h"
#include "face/api/principal.h"
#include "face/health/tenant_test.h"
#include "state/store/health.h"
#include "state/store/tenants.h"

struct view {
    struct json_writer *w;
    const struct principal *by;
    bool is_one;
    unsigned tenants, failed;
};

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text && text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static void write_number(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_write_u64(w, n);
}

static void write_report(void *arg, const struct tenant *t, const struct test_report *r)
{
    struct view *v = arg;
    struct json_writer *w = v->w;
    const struct test_finding *first = test_first_failure(r);
    if (!v->is_one) json_object_begin(w);
    write_member(w, "tenant_id", t->record.tenant_id);
    write_member(w, "name", t->record.name);
    write_member(w, "organization", t->org_name);
    json_key(w, "at");
    write_time(w, r->at);
    write_member(w, "kind", r->is_full ? "full" : "light");
    write_member(w, "verdict", test_verdict_names[first ? VERDICT_FAILED : VERDICT_OK]);
    for (int i = 0; i < VERDICTS; i++)
        write_number(w, i == VERDICT_OK ? "passed" : test_verdict_names[i], r->verdicts[i]);
    write_member(w, "code", first ? first->cause->code : NULL);
    write_member(w, "reason", first ? first->detail : NULL);
    write_member(w, "remedy", first ? first->remedy : NULL);
    test_write_findings(r, w);
    test_write_devices(r, w);
    capability_write_view(&r->view, w);
    if (!v->is_one) json_object_end(w);
    v->tenants++;
    v->failed += first != NULL;
}

static bool sees(void *arg, const char *tenant_id)
{
    return principal_sees_tenant(arg, tenant_id);
}

/* ---- how it was ---------------------------------------------------------------------------------------------------------------- */

static bool write_earlier(void *arg, const struct tested_record *r)
{
    struct view *v = arg;
    struct json_writer *w = v->w;
    if (!principal_sees_tenant(v->by, r->tenant_id)) return true;
    json_object_begin(w);
    write_member(w, "tenant_id", r->tenant_id);
    json_key(w, "at");
    write_time(w, r->at);
    write_member(w, "kind", r->is_full ? "full" : "light");
    write_member(w, "verdict", test_verdict_names[r->failed ? VERDICT_FAILED : VERDICT_OK]);
    write_number(w, "passed", (uint64_t)r->ok);
    write_number(w, "failed", (uint64_t)r->failed);
    write_number(w, "skipped", (uint64_t)r->skipped);
    json_key(w, "report");
    json_write_raw(w, r->body);
    json_object_end(w);
    return true;
}

static bool history(struct op_call *c, struct err *e)
{
    struct view v = {.w = c->out, .by = c->by};
    struct tenant_record t = {.org_id = 0};
    const char *wanted = op_cstr(c, "tenant");
    if (wanted && !tenant_record_find(c->installation->store, wanted, &t, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "history");
    json_array_begin(c->out);
    bool ok = store_tested_list(c->installation->store, wanted ? t.tenant_id : NULL, !wanted, write_earlier, &v, e);
    json_array_end(c->out);
    json_object_end(c->out);
    return ok;
}

/* ---- now ------------------------------------------------------------------------------------------------------------------------- */

/* Exit 0: every Test passed; 3: some; 1: none. */
bool op_tenant_test(struct op_call *c, struct err *e)
{
    const char *wanted = op_cstr(c, "tenant");
    struct view v = {.w = c->out, .by = c->by, .is_one = wanted != NULL};
    struct test_request q = {
        .tenant = wanted, .is_full = op_flag(c, "full"), .wants = sees, .wants_arg = (void *)(uintptr_t)c->by};
    if (op_flag(c, "history")) return history(c, e);
    if ((wanted != NULL) == op_flag(c, "all"))
        return err_set(e, &api_causes[API_BAD_PARAM], "tenant test: name a tenant, or say --all");
    json_object_begin(c->out);
    if (!v.is_one) {
        json_key(c->out, "tenants");
        json_array_begin(c->out);
    }
    if (!c->engine->test(c->engine->ctx, &q, write_report, &v, e)) return false;
    if (!v.is_one) json_array_end(c->out);
    json_object_end(c->out);
    c->exit_code = v.failed == 0 ? 0 : v.failed < v.tenants ? 3 : 1;
    return true;
}
