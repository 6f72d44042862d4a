/* What operations about telling people share. */
#include "face/api/ops/telling/telling.h"

#include "cloud/tenant/settings.h"

void telling_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

bool telling_bad(const struct op_call *c, struct err *e, const char *name, const char *why)
{
    return err_set(e, &api_causes[API_BAD_PARAM], "%s: --%s: %s", c->op->name, name, why);
}

bool telling_tenant(const struct op_call *c, char out[GUID_BYTES], struct err *e)
{
    struct setting_scope scope;
    const char *tenant = op_cstr(c, "tenant");
    out[0] = '\0';
    if (tenant == NULL || tenant[0] == '\0') return true;
    return settings_scope(c->installation->store, tenant, NULL, &scope, e) &&
           str_copy(str_of(scope.tenant_id), out, GUID_BYTES);
}

bool telling_copy(const struct op_call *c, const char *name, char *out, size_t size, struct err *e)
{
    struct str text = str_trim(op_text(c, name));
    if (op_cstr(c, name) == NULL) return true; /* not given: as it was */
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ') return telling_bad(c, e, name, "it has control characters");
    return str_copy(text, out, size) || telling_bad(c, e, name, "it is too long");
}

bool telling_removed(struct op_call *c, const char *name, bool removed, struct err *e)
{
    if (!removed) return telling_bad(c, e, c->op->params[0].name, "there is nothing of that name");
    json_object_begin(c->out);
    telling_member(c->out, "removed", name);
    json_object_end(c->out);
    return true;
}
