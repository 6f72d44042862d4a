/* What Entra tells of an app's secrets (Graph's application): when the one in force ends. */
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "state/store/apps.h"

enum { ARENA_BYTES = 4 << 20, HINT_BYTES = 3 };

struct match {
    struct wall ends;
    char key_id[GUID_BYTES];
    unsigned count;
};

/* By its id if we know that, else by its first letters: of several that fit, the one that ends first is feared. */
static void look(const struct json *one, const struct credential_record *r, struct str hint, struct match *m)
{
    struct str id = json_str(json_get(one, "keyId"), STR_NONE);
    struct wall ends;
    bool is_it = r->key_id[0] && r->expires_from != EXPIRY_READ
                     ? str_eq_nocase(id, str_of(r->key_id))
                     : hint.n && str_eq(json_str(json_get(one, "hint"), STR_NONE), hint);
    if (!is_it || !wall_parse(json_str(json_get(one, "endDateTime"), STR_NONE), &ends)) return;
    if (m->count++ > 0 && ends.ticks >= m->ends.ticks) return;
    m->ends = ends;
    if (!str_copy(id, m->key_id, sizeof m->key_id)) m->key_id[0] = '\0';
}

static bool hint_of(struct store *s, const struct credential_record *r, char out[HINT_BYTES + 1], struct err *e)
{
    struct buf plain;
    bool found = false;
    out[0] = '\0';
    buf_init(&plain, 0);
    bool ok = store_secret_get(s, r->sealed_as, &plain, &found, e);
    if (ok && found && plain.n > HINT_BYTES)
        (void)str_copy(str_sub(buf_str(&plain), 0, HINT_BYTES), out, HINT_BYTES + 1);
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    return ok;
}

bool credential_read(struct store *s, const struct app_record *app, struct str registration_json, struct err *e)
{
    struct credential_record r;
    struct arena a;
    struct match m = {.count = 0};
    struct err ignored;
    char hint[HINT_BYTES + 1];
    bool found = false;
    if (!credential_find(s, app->id, CREDENTIAL_ACTIVE, &r, &found, e) || !found || r.kind != CREDENTIAL_SECRET ||
        !hint_of(s, &r, hint, e))
        return false;
    arena_init(&a, ARENA_BYTES);
    const struct json *list = json_get(json_parse(&a, registration_json, &ignored), "passwordCredentials");
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        look(&list->items[i], &r, str_of(hint), &m);
    arena_done(&a);
    seal_wipe(hint, sizeof hint);
    if (m.count == 0 || (m.ends.ticks == r.expires.ticks && r.expires_from == EXPIRY_READ)) return true;
    r.expires = m.ends;
    r.expires_from = EXPIRY_READ;
    memcpy(r.key_id, m.key_id, sizeof r.key_id);
    return store_credential_put(s, &r, e);
}
