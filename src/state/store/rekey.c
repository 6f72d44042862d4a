/* Another key: everything sealed is opened with the one and sealed with the other, in one transaction. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "kit/sys/killpoint.h"
#include "state/store/audit.h"
#include "state/store/store_int.h"

bool store_copy(struct store *s, const char *path, struct err *e)
{
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", path);
    if (sql == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "copying the store");
    store_lock(s);
    bool ok = run_sql(s, sql, e, "copying it");
    store_unlock(s);
    sqlite3_free(sql);
    return ok;
}

bool store_sealed_count(struct store *s, uint64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_SECRET_COUNT, &c, e, "")) return false;
    if (cursor_next(&c)) *out = (uint64_t)column_i64(&c, 0);
    return cursor_close(&c);
}

/* ---- secrets ------------------------------------------------------------------------------------------------------------------ */

enum { NAMES_BYTES = 64 << 10 };

/* Names behind `after`, each ended by a zero byte: what is changed while it is listed may come twice or never. */
static bool read_names(struct store *s, const char *after, struct buf *out, struct err *e)
{
    struct cursor c;
    out->n = 0;
    if (!cursor_open(s, SQL_SECRET_NAMES, &c, e, "t", after)) return false;
    while (cursor_next(&c)) {
        struct str name = column_bytes(&c, 0);
        (void)(buf_add(out, name.p, name.n) && buf_add_char(out, '\0'));
    }
    return cursor_close(&c) && (!out->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "listing what is sealed"));
}

static bool reseal(struct store *s, const struct seal_key *key, const char *name, struct err *e)
{
    struct buf plain, sealed;
    bool found = false;
    buf_init(&plain, 0);
    buf_init(&sealed, 0);
    bool ok = store_secret_get(s, name, &plain, &found, e) || err_context(e, "the secret %s", name);
    ok = ok && seal_bytes(key, name, buf_str(&plain), &sealed, e) &&
         run_statement(s, SQL_SECRET_RESEAL, NULL, e, "bt", buf_str(&sealed), name);
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    buf_done(&sealed);
    return ok;
}

static bool reseal_all(struct store *s, const struct seal_key *key, uint64_t *sealed_out, struct err *e)
{
    struct buf names, last;
    bool ok = true;
    buf_init(&names, NAMES_BYTES);
    buf_init(&last, 0);
    *sealed_out = 0;
    while (ok) {
        ok = read_names(s, buf_cstr(&last), &names, e);
        if (!ok || names.n == 0) break;
        const char *name = names.p;
        for (; ok && name < names.p + names.n; name += strlen(name) + 1) {
            ok = reseal(s, key, name, e);
            *sealed_out += ok;
            last.n = 0;
            ok = ok && (buf_add_str(&last, str_of(name)) || err_set(e, &base_causes[BASE_NO_MEMORY], "resealing"));
        }
    }
    buf_done(&names);
    buf_done(&last);
    return ok;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

static bool enter(struct store *s, const struct seal_key *before, const char *actor, struct err *e)
{
    char was[17], is[17], detail[80];
    seal_key_id(before, was);
    seal_key_id(s->key, is);
    int n = snprintf(detail, sizeof detail, "{\"before\":\"%s\",\"after\":\"%s\"}", was, is);
    return meta_set(s, "key_id", str_of(is), e) &&
           store_audit_add(s, actor, "key rotate", (struct str){detail, (size_t)n}, e);
}

bool store_rekey(struct store *s, const struct seal_key *key, const char *actor, uint64_t *sealed_out, struct err *e)
{
    const struct seal_key *before = s->key;
    uint64_t entries = 0;
    /* What a changed row leaves behind in its page is zeroed. */
    if (!store_audit_verify(s, &entries, e) || !run_sql(s, "PRAGMA secure_delete = ON", e, "resealing")) return false;
    if (!store_begin(s, e)) return false;
    bool ok = reseal_all(s, key, sealed_out, e);
    s->key = key;
    ok = ok && audit_rekey(s, e) && enter(s, before, actor, e);
    if (ok)
        ok = store_commit(s, e);
    else
        store_rollback(s);
    if (!ok) s->key = before;
    return ok && run_sql(s, "PRAGMA wal_checkpoint(TRUNCATE)", e, "resealing");
}
