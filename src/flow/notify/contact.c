/* The contact of a notice. */
#include "cloud/tenant/feed_settings.h"
#include "cloud/tenant/tenant.h"
#include "flow/notify/notify_int.h"
#include "state/store/notices.h"

enum { CONTACT_PARTS = 3 };
static const enum setting_id of_tenant[CONTACT_PARTS] = {SET_CONTACT_NAME, SET_CONTACT_MAIL, SET_CONTACT_PHONE};
static const enum feed_setting of_feed[CONTACT_PARTS] = {FEED_SET_CONTACT_NAME, FEED_SET_CONTACT_MAIL,
                                                         FEED_SET_CONTACT_PHONE};

static bool find_feed(struct store *s, const char *tenant_id, struct feed_set *out, struct err *e)
{
    struct setting_scope scope;
    struct feed_sets all;
    if (!settings_scope(s, tenant_id, NULL, &scope, e) || !feed_settings_resolve(s, &scope, &all, e)) return false;
    feed_sets_find(&all, "alerts", out);
    feed_sets_free(&all);
    return true;
}

bool contact_add(struct store *s, const struct notice_record *n, const struct settings *set, struct buf *body,
                 struct err *e)
{
    struct feed_set feed;
    bool has_feed = false;
    if (n->tenant_id[0] == '\0') return true;
    if (n->alert[0] && !find_feed(s, n->tenant_id, &feed, e)) {
        if (e->cause != &tenant_causes[TENANT_NO_SUCH]) return false;
        return true; /* removed since */
    }
    for (int i = 0; n->alert[0] && i < CONTACT_PARTS; i++) has_feed |= feed.values[of_feed[i]].text[0] != '\0';
    const char *before = "\nThe customer's contact: ";
    for (int i = 0; i < CONTACT_PARTS; i++) {
        struct str part = has_feed ? str_of(feed.values[of_feed[i]].text) : setting_text(set, of_tenant[i]);
        if (part.n == 0) continue;
        buf_addf(body, "%s%.*s", before, STR_ARG(part));
        before = ", ";
    }
    return true;
}
