/* tenant consent-needed: where an app does not hold what it is to have, so that consent has to be given again. */
#include "face/api/ops/ops.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "face/api/principal.h"
#include "face/health/capability.h"
#include "state/store/apps.h"

struct asking {
    struct op_call *c;
    const char *app; /* name or client id; NULL: all */
    struct err *e;
    bool ok;
};

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static bool is_meant(const struct asking *q, const struct app_record *app)
{
    return q->app == NULL || str_eq_nocase(str_of(q->app), str_of(app->name)) ||
           str_eq_nocase(str_of(q->app), str_of(app->client_id));
}

static void write_row(struct json_writer *w, const struct tenant *t, const struct app_record *app, perm_set lacks)
{
    struct buf text;
    buf_init(&text, 4096);
    json_object_begin(w);
    write_member(w, "tenant_id", t->record.tenant_id);
    write_member(w, "name", t->record.name);
    write_member(w, "organization", t->org_name);
    write_member(w, "app", app->name);
    (void)perm_list(lacks, &text);
    write_member(w, "lacks", buf_cstr(&text));
    write_member(w, "consent_by", consent_by_names[perm_consent_by(lacks)]);
    buf_reset(&text);
    (void)buf_addf(&text, "%s/%s/adminconsent?client_id=%s", t->login_url, t->record.tenant_id, app->client_id);
    write_member(w, "link", buf_cstr(&text));
    json_object_end(w);
    buf_done(&text);
}

static bool look_at(void *arg, struct tenant *t)
{
    struct asking *q = arg;
    struct op_call *c = q->c;
    if (!t->record.is_enabled || !principal_sees_tenant(c->by, t->record.tenant_id)) return true;
    for (unsigned i = 0; q->ok && i < t->app_count; i++) {
        const struct app_record *app = &t->apps[i]->record;
        perm_set lacks = 0;
        if (!is_meant(q, app)) continue;
        q->ok = capability_consent_needed(c->installation->store, t->record.tenant_id, app, &lacks, q->e);
        if (q->ok && lacks) write_row(c->out, t, app, lacks);
    }
    return q->ok;
}

bool op_consent_needed(struct op_call *c, struct err *e)
{
    struct asking q = {.c = c, .app = op_cstr(c, "app"), .e = e, .ok = true};
    json_object_begin(c->out);
    json_key(c->out, "tenants");
    json_array_begin(c->out);
    bool ok = tenant_each(c->installation->store, &c->installation->conf, look_at, &q, e) && q.ok;
    json_array_end(c->out);
    json_object_end(c->out);
    return ok;
}
