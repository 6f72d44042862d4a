#include "face/api/ops/customers/capability_view.h"

#include "face/api/ops/ops.h"
#include "state/store/health.h"

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void text_member(struct json_writer *w, const char *key, struct buf *text)
{
    json_key(w, key);
    if (text->n)
        json_write_str(w, buf_str(text));
    else
        json_write_null(w);
    buf_reset(text);
}

/* ---- conditions -------------------------------------------------------------------------------------------------------------- */

static bool write_condition(void *arg, const struct condition_record *r)
{
    struct json_writer *w = arg;
    json_object_begin(w);
    member(w, "state", r->state);
    member(w, "about", r->subject);
    json_key(w, "since");
    write_time(w, r->since);
    member(w, "code", r->code);
    member(w, "detail", r->detail);
    member(w, "remedy", r->remedy);
    json_object_end(w);
    return true;
}

/* ---- features ---------------------------------------------------------------------------------------------------------------- */

static const char *state_of(const struct capability_view *v, enum feature f)
{
    feature_set bit = feature_bit(f);
    bool is_on = v->c.enabled & bit || feature_rows[f].is_offered;
    if (v->c.usable & bit) return !is_on ? "off" : v->c.second & bit ? "works, by its second way" : "works";
    if (v->seen.ticks == 0) return "not known yet";
    return v->c.enabled & bit ? "blocked" : "not granted";
}

static void write_features(const struct capability_view *v, struct json_writer *w)
{
    struct buf lacks;
    buf_init(&lacks, 4096);
    json_key(w, "features");
    json_array_begin(w);
    for (unsigned f = 0; f < FEATURE_COUNT; f++) {
        json_object_begin(w);
        member(w, "feature", feature_rows[f].name);
        member(w, "what", feature_rows[f].what);
        member(w, "state", state_of(v, (enum feature)f));
        (void)perm_list(feature_lacks((enum feature)f, v->c.granted), &lacks);
        text_member(w, "lacks", &lacks);
        json_object_end(w);
    }
    json_array_end(w);
    buf_done(&lacks);
}

/* ---- permissions ------------------------------------------------------------------------------------------------------------- */

static void write_permission(struct json_writer *w, const char *role, enum audience audience, const char *state,
                             const char *reason, struct buf *blocks)
{
    json_object_begin(w);
    member(w, "role", role);
    member(w, "api", perm_api_name(audience));
    member(w, "state", state);
    text_member(w, "blocks", blocks);
    member(w, "reason", reason);
    json_object_end(w);
}

static void add_names(feature_set features, struct buf *out)
{
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        if (features & feature_bit((enum feature)f))
            (void)buf_addf(out, "%s%s", out->n ? ", " : "", feature_rows[f].name);
}

static void write_permissions(const struct capability_view *v, struct json_writer *w)
{
    struct buf blocks;
    buf_init(&blocks, 1024);
    json_key(w, "permissions");
    json_array_begin(w);
    for (unsigned p = 1; p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        perm_set bit = perm_bit((enum permission)p);
        const char *state = v->c.missing & bit      ? "missing"
                            : v->c.wider & bit      ? "more than needed"
                            : v->c.needed & bit     ? "granted"
                            : v->c.not_needed & bit ? "not needed"
                                                    : NULL;
        if (state == NULL) continue;
        if (v->c.missing & bit) add_names(capabilities_blocked_by(&v->c, (enum permission)p), &blocks);
        write_permission(w, row->role, row->audience, state, row->reason, &blocks);
    }
    for (unsigned a = 0; a < AUD_COUNT; a++)
        if (v->others[a][0])
            write_permission(w, v->others[a], (enum audience)a, "not needed", "not a role that we know", &blocks);
    json_array_end(w);
    buf_done(&blocks);
}

void capability_write_view(const struct capability_view *v, struct json_writer *w)
{
    struct buf text;
    buf_init(&text, 4096);
    json_key(w, "roles_seen");
    write_time(w, v->seen);
    if (v->c.missing) (void)perm_remedy(v->c.missing, &text);
    text_member(w, "missing", &text);
    write_features(v, w);
    write_permissions(v, w);
    buf_done(&text);
}

bool capability_write(struct store *s, const char *tenant_id, struct json_writer *w, struct err *e)
{
    struct capability_view v;
    if (!capability_look(s, tenant_id, &v, e)) return false;
    json_key(w, "conditions");
    json_array_begin(w);
    if (!store_condition_list(s, tenant_id, write_condition, w, e)) return false;
    json_array_end(w);
    capability_write_view(&v, w);
    return true;
}
