/* What people set about one feed: whether it is read, and whom notices about what it brings name. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/feed_settings.h"
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/health/capability.h"
#include "flow/ingest/feed/feed.h"
#include "flow/ingest/ingest.h"

static const char *const options[FEED_SETTINGS] = {[FEED_SET_ON] = "on",
                                                   [FEED_SET_CONTACT_NAME] = "contact-name",
                                                   [FEED_SET_CONTACT_MAIL] = "contact-mail",
                                                   [FEED_SET_CONTACT_PHONE] = "contact-phone"};

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static bool show(struct op_call *c, const struct setting_scope *scope, const char *feed, struct err *e)
{
    struct feed_sets all;
    struct feed_set set;
    if (!feed_settings_resolve(c->installation->store, scope, &all, e)) return false;
    feed_sets_find(&all, feed, &set);
    feed_sets_free(&all);
    json_object_begin(c->out);
    write_member(c->out, "feed", feed);
    json_key(c->out, "settings");
    json_array_begin(c->out);
    for (int i = 0; i < FEED_SETTINGS; i++) {
        const struct setting_value *v = &set.values[i];
        json_object_begin(c->out);
        write_member(c->out, "feed", feed);
        write_member(c->out, "setting", options[i]);
        write_member(c->out, "value", i != FEED_SET_ON ? v->text : v->number == SETTING_ON ? "yes" : "no");
        write_member(c->out, "from", setting_level_names[v->from]);
        write_member(c->out, "by", v->actor[0] ? v->actor : NULL);
        json_object_end(c->out);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

/* yes and no, as commands have them, for on and off, as settings have them. Empty: taken back. */
static bool read_value(const struct op_call *c, int which, struct str *out, struct err *e)
{
    char why[SETTING_WHY_BYTES];
    struct setting_value v;
    *out = str_trim(op_text(c, options[which]));
    if (out->n == 0) return true;
    if (which == FEED_SET_ON && str_eq_nocase(*out, STR("yes"))) *out = STR("on");
    if (which == FEED_SET_ON && str_eq_nocase(*out, STR("no"))) *out = STR("off");
    if (setting_check(&feed_setting_rows[which], *out, &v, why)) return true;
    return err_set(e, &tenant_causes[SETTING_BAD_VALUE], "feed set: --%s: %s", options[which],
                   which == FEED_SET_ON ? "expected yes or no" : why);
}

/* All are looked at before the first is set. */
static bool change(struct op_call *c, const struct setting_scope *scope, const char *feed, struct err *e)
{
    struct wall now = clock_wall(&c->installation->clock);
    struct str values[FEED_SETTINGS];
    for (int i = 0; i < FEED_SETTINGS; i++)
        if (!read_value(c, i, &values[i], e)) return false;
    /* One whose role the tenant's tokens lack cannot be switched on there. */
    if (scope->tenant_id[0] && str_eq_nocase(values[FEED_SET_ON], STR("on")) &&
        !capability_allows_feed(c->installation->store, scope->tenant_id, feed_row_find(feed)->endpoint, e))
        return false;
    for (int i = 0; i < FEED_SETTINGS; i++)
        if (op_cstr(c, options[i]) &&
            !feed_setting_set(c->installation->store, scope, feed, (enum feed_setting)i, values[i], c->actor, now, e))
            return false;
    return true;
}

bool op_feed_set(struct op_call *c, struct err *e)
{
    const char *tenant = op_cstr(c, "tenant"), *org = op_cstr(c, "org");
    const struct feed_row *row = feed_row_find(op_cstr(c, "feed"));
    struct setting_scope scope;
    if (row == NULL)
        return err_set(e, &ingest_causes[INGEST_NO_FEED], "there is no feed \"%.60s\"", op_cstr(c, "feed"));
    if (tenant && org) return err_set(e, &api_causes[API_BAD_PARAM], "feed set: give --tenant or --org, not both");
    if (!settings_scope(c->installation->store, tenant, org, &scope, e) || !change(c, &scope, row->name, e))
        return false;
    if (c->engine && op_cstr(c, options[FEED_SET_ON])) c->engine->tenant_changed(c->engine->ctx, scope.tenant_id);
    return show(c, &scope, row->name, e);
}
