/* The tables, by numbered migrations: migration n brings a database from user_version n to n + 1, in one transaction. A
 * migration that was ever released is never changed.
 *
 * Times are ticks (100 ns since 1970, see wall.h), positions and counters are 64-bit, identities and fingerprints 16 bytes,
 * high part first, so that bytewise order is their order. */
#include <string.h>

#include "kit/sys/random.h"
#include "state/store/store_int.h"

static const char *const migrations[] = {
    "PRAGMA application_id = 1349481076;" /* APPLICATION_ID below */
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE org (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, created INTEGER "
    "NOT NULL);"
    "CREATE TABLE tenant (tenant_id TEXT PRIMARY KEY, org_id INTEGER NOT NULL REFERENCES org (id), name TEXT NOT NULL,"
    " client_id TEXT NOT NULL, cloud TEXT NOT NULL, login_url TEXT NOT NULL, graph_url TEXT NOT NULL, endpoint_url "
    "TEXT NOT NULL,"
    " is_enabled INTEGER NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX tenant_of_org ON tenant (org_id);"
    "CREATE TABLE secret (name TEXT PRIMARY KEY, sealed BLOB NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;"
    /* AUTOINCREMENT: rows in the log name their feed, so an id is never given twice. */
    "CREATE TABLE feed (id INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON "
    "DELETE CASCADE,"
    " feed TEXT NOT NULL, state BLOB NOT NULL, last_synced INTEGER NOT NULL, newest_event INTEGER NOT NULL, rows "
    "INTEGER NOT NULL,"
    " late_rows INTEGER NOT NULL, status TEXT NOT NULL, error_code TEXT NOT NULL, error_text TEXT NOT NULL,"
    " error_since INTEGER NOT NULL, UNIQUE (tenant_id, feed));"
    "CREATE TABLE bucket (feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE, bucket INTEGER NOT NULL,"
    " facts BLOB NOT NULL, PRIMARY KEY (feed_id, bucket)) WITHOUT ROWID;"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,"
    " bucket INTEGER NOT NULL, hashes BLOB NOT NULL);"
    "CREATE INDEX run_of_bucket ON run (feed_id, bucket);"
    "CREATE TABLE revision (id INTEGER PRIMARY KEY AUTOINCREMENT, feed_id INTEGER NOT NULL REFERENCES feed (id) ON "
    "DELETE CASCADE,"
    " object_id TEXT NOT NULL, updated INTEGER NOT NULL, identity BLOB NOT NULL, how TEXT NOT NULL, row BLOB NOT NULL,"
    " UNIQUE (feed_id, identity));"
    "CREATE INDEX revision_of_object ON revision (feed_id, object_id, updated);"
    "CREATE TABLE inbox (revision_id INTEGER PRIMARY KEY REFERENCES revision (id) ON DELETE CASCADE, queued INTEGER "
    "NOT NULL);"
    "CREATE TABLE sink (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE lake_file (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, part TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, events INTEGER NOT NULL, written INTEGER NOT NULL);"
    "CREATE INDEX lake_file_of_part ON lake_file (part, id);"
    "CREATE TABLE lake_superseded (path TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, operation TEXT NOT NULL,"
    " detail BLOB NOT NULL, hash BLOB NOT NULL);",
    "ALTER TABLE feed ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE feed ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;",
    /* more may be set for one tenant alone */
    "ALTER TABLE tenant ADD COLUMN token_url TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN graph_audience TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN graph_version TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN endpoint_audience TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN endpoint_version TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN siem_url TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN siem_audience TEXT NOT NULL DEFAULT '';",
    "CREATE TABLE verdict (feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE, hour INTEGER NOT NULL,"
    " repaired INTEGER NOT NULL, is_pulled INTEGER NOT NULL, differing BLOB NOT NULL, PRIMARY KEY (feed_id, hour)) "
    "WITHOUT ROWID;",
    "CREATE TABLE drift (feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE, kind TEXT NOT NULL, name "
    "TEXT "
    "NOT NULL,"
    " value TEXT NOT NULL, example TEXT NOT NULL, rows INTEGER NOT NULL, since INTEGER NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (feed_id, kind, name, value)) WITHOUT ROWID;"
    "CREATE TABLE column_list (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);" /* shared: tenants are alike */
    "ALTER TABLE feed ADD COLUMN column_list INTEGER NOT NULL DEFAULT 0;",
    "CREATE TABLE lake_staged (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, part TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, events INTEGER NOT NULL, written INTEGER NOT NULL);"
    "CREATE INDEX lake_staged_of_part ON lake_staged (part, id);",
    /* people, and what they are told */
    "CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, mail TEXT "
    "NOT "
    "NULL, phone TEXT NOT NULL, role TEXT NOT NULL, pin_hash TEXT NOT NULL, created INTEGER NOT NULL);"
    "CREATE TABLE duty (id INTEGER PRIMARY KEY AUTOINCREMENT, list TEXT NOT NULL, tenant_id TEXT NOT NULL,"
    " person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE, position INTEGER NOT NULL, days INTEGER NOT "
    "NULL, from_minute INTEGER NOT NULL, to_minute INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL);"
    "CREATE TABLE rung (id INTEGER PRIMARY KEY, ladder TEXT NOT NULL COLLATE NOCASE, rung INTEGER NOT NULL, channel "
    "TEXT "
    "NOT NULL, target TEXT NOT NULL, wait_ms INTEGER NOT NULL);"
    "CREATE TABLE channel (name TEXT PRIMARY KEY COLLATE NOCASE, kind TEXT NOT NULL, address TEXT NOT NULL, account "
    "TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, flow TEXT NOT NULL, tenant_id TEXT NOT NULL,"
    " is_enabled INTEGER NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE notice (id INTEGER PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, tenant_id TEXT NOT NULL,"
    " organization TEXT NOT NULL, incident TEXT NOT NULL, alert TEXT NOT NULL, device TEXT NOT NULL, decision TEXT NOT "
    "NULL, action TEXT NOT NULL, kind INTEGER NOT NULL, severity INTEGER NOT NULL, wants INTEGER NOT NULL, title TEXT "
    "NOT NULL, body BLOB NOT NULL, cause TEXT NOT NULL, remedy TEXT NOT NULL, group_key TEXT NOT NULL, route TEXT NOT "
    "NULL, expires INTEGER NOT NULL, state INTEGER NOT NULL, rung INTEGER NOT NULL, due INTEGER NOT NULL, joined "
    "INTEGER NOT NULL, answered_by TEXT NOT NULL, answer TEXT NOT NULL, answered INTEGER NOT NULL);"
    "CREATE INDEX notice_open ON notice (state, due) WHERE state < 3;" /* new, running, held */
    "CREATE INDEX notice_of_group ON notice (group_key, id);"
    "CREATE INDEX notice_of_decision ON notice (decision) WHERE decision <> '';"
    "CREATE INDEX notice_of_action ON notice (action) WHERE action <> '';"
    "CREATE TABLE delivery (id INTEGER PRIMARY KEY AUTOINCREMENT, notice_id INTEGER NOT NULL REFERENCES notice (id) ON "
    "DELETE CASCADE, rung INTEGER NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL, person TEXT NOT NULL, target "
    "TEXT NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT NULL, provider_id TEXT NOT NULL, answer TEXT NOT NULL,"
    " error_code TEXT NOT NULL, error_text TEXT NOT NULL, created INTEGER NOT NULL, next_try INTEGER NOT NULL, sent "
    "INTEGER NOT NULL, settled INTEGER NOT NULL);"
    "CREATE INDEX delivery_of_notice ON delivery (notice_id, id);"
    "CREATE INDEX delivery_open ON delivery (state, next_try) WHERE state NOT IN (3, 4, 6);",
    /* value NULL: taken back; the row stays for its time */
    "CREATE TABLE setting (level INTEGER NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT, changed "
    "INTEGER "
    "NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (level, scope, name)) WITHOUT ROWID;",
    /* the response; what is in the ledger outlives its tenant */
    "CREATE TABLE ledger (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, tenant_id TEXT NOT NULL,"
    " subject TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX ledger_of_subject ON ledger (subject, seq);"
    "CREATE TABLE exclusion (id INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, kind INTEGER NOT NULL,"
    " value TEXT NOT NULL COLLATE NOCASE, owner TEXT NOT NULL, reason TEXT NOT NULL, created INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, UNIQUE (tenant_id, kind, value));",
    "ALTER TABLE revision ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX ledger_of_subject;"
    "CREATE INDEX ledger_of_thing ON ledger (subject, kind, seq);",
    /* alerts at Defender: how we saw them last, and what we write to them */
    "CREATE TABLE managed (tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON DELETE CASCADE, "
    "alert_id TEXT NOT NULL, incident TEXT NOT NULL, title TEXT NOT NULL, owner TEXT NOT NULL, "
    "determination TEXT NOT NULL, devices TEXT NOT NULL, api INTEGER NOT NULL, service INTEGER NOT NULL, "
    "severity INTEGER NOT NULL, status INTEGER NOT NULL, handled INTEGER NOT NULL, "
    "classification INTEGER NOT NULL, flags INTEGER NOT NULL, comments INTEGER NOT NULL, "
    "updated INTEGER NOT NULL, seen INTEGER NOT NULL, changed INTEGER NOT NULL, changes INTEGER NOT NULL, "
    "closed_by TEXT NOT NULL, closed INTEGER NOT NULL, keep INTEGER NOT NULL, state INTEGER NOT NULL, "
    "wants INTEGER NOT NULL, did INTEGER NOT NULL, mark TEXT NOT NULL, author TEXT NOT NULL, "
    "word_class TEXT NOT NULL, word_determination TEXT NOT NULL, comment TEXT NOT NULL, tries INTEGER NOT NULL, "
    "sent INTEGER NOT NULL, due INTEGER NOT NULL, error_code TEXT NOT NULL, error_text TEXT NOT NULL, "
    "PRIMARY KEY (tenant_id, alert_id)) WITHOUT ROWID;"
    "CREATE INDEX managed_of_incident ON managed (tenant_id, incident);"
    "CREATE INDEX managed_due ON managed (tenant_id, due) WHERE due > 0;"
    "CREATE INDEX notice_of_alert ON notice (tenant_id, alert);",
    /* consent that was asked for */
    "CREATE TABLE onboarding (id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES org (id) ON "
    "DELETE "
    "CASCADE, nonce TEXT NOT NULL, tenant_id TEXT NOT NULL, name TEXT NOT NULL, client_id TEXT NOT NULL, cloud TEXT "
    "NOT "
    "NULL, asked_by TEXT NOT NULL, mail TEXT NOT NULL, redirect TEXT NOT NULL, form INTEGER NOT NULL, wants INTEGER "
    "NOT "
    "NULL, lookback_ms INTEGER NOT NULL, lookback_hunting_ms INTEGER NOT NULL, created INTEGER NOT NULL, expires "
    "INTEGER "
    "NOT NULL, state INTEGER NOT NULL, found_id TEXT NOT NULL, answered INTEGER NOT NULL, deadline INTEGER NOT NULL, "
    "due "
    "INTEGER NOT NULL, tries INTEGER NOT NULL, proofs INTEGER NOT NULL, is_in INTEGER NOT NULL, error_code TEXT NOT "
    "NULL,"
    " error_text TEXT NOT NULL, changed INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX onboarding_of_nonce ON onboarding (nonce) WHERE nonce <> '';"
    "CREATE INDEX onboarding_due ON onboarding (due) WHERE due > 0;",
    /* how tenants are: roles in their tokens, what stands wrong, the Tests made of them */
    "CREATE TABLE token_seen (tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON DELETE CASCADE, "
    "client_id TEXT NOT NULL, audience INTEGER NOT NULL, roles BLOB NOT NULL, seen INTEGER NOT NULL, "
    "PRIMARY KEY (tenant_id, client_id, audience)) WITHOUT ROWID;"
    "CREATE TABLE condition (tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON DELETE CASCADE, "
    "state TEXT NOT NULL, subject TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, remedy TEXT NOT NULL, "
    "since INTEGER NOT NULL, PRIMARY KEY (tenant_id, state, subject)) WITHOUT ROWID;"
    "CREATE TABLE tested (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON DELETE CASCADE, at INTEGER NOT NULL, "
    "is_full INTEGER NOT NULL, ok INTEGER NOT NULL, failed INTEGER NOT NULL, skipped INTEGER NOT NULL, "
    "body BLOB NOT NULL);"
    "CREATE INDEX tested_of_tenant ON tested (tenant_id, id);",
    /* who may come in */
    "CREATE TABLE login (person_id INTEGER PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE, password_hash TEXT "
    "NOT "
    "NULL, is_disabled INTEGER NOT NULL, is_scoped INTEGER NOT NULL, subject TEXT, totp INTEGER NOT NULL, totp_step "
    "INTEGER NOT NULL, password_set INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX login_of_subject ON login (subject) WHERE subject IS NOT NULL;"
    "CREATE TABLE scope_org (kind INTEGER NOT NULL, owner INTEGER NOT NULL, org_id INTEGER NOT NULL REFERENCES org "
    "(id) "
    "ON DELETE CASCADE, PRIMARY KEY (kind, owner, org_id)) WITHOUT ROWID;"
    "CREATE INDEX scope_of_org ON scope_org (org_id);"
    "CREATE TABLE recovery (person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE, hash BLOB NOT NULL, "
    "PRIMARY KEY (person_id, hash)) WITHOUT ROWID;"
    "CREATE TABLE session (hash BLOB PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE, "
    "how TEXT NOT NULL, address TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, until INTEGER NOT "
    "NULL) WITHOUT ROWID;"
    "CREATE INDEX session_of_person ON session (person_id);"
    "CREATE TABLE token (id INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER REFERENCES person (id) ON DELETE "
    "CASCADE, name TEXT NOT NULL UNIQUE COLLATE NOCASE, hash BLOB NOT NULL UNIQUE, role TEXT NOT NULL, is_scoped "
    "INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL, used_from TEXT NOT "
    "NULL);"
    "CREATE INDEX token_of_person ON token (person_id);"
    "CREATE TABLE throttle (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last INTEGER NOT NULL, until INTEGER NOT "
    "NULL) WITHOUT ROWID;"
    "CREATE INDEX throttle_by_age ON throttle (last);"
    "CREATE TABLE oidc (id INTEGER PRIMARY KEY CHECK (id = 1), issuer TEXT NOT NULL, client_id TEXT NOT NULL, scopes "
    "TEXT NOT NULL, name_claim TEXT NOT NULL, redirect_url TEXT NOT NULL);"
    "CREATE TABLE oidc_rule (id INTEGER PRIMARY KEY AUTOINCREMENT, claim TEXT NOT NULL, value TEXT NOT NULL, role TEXT "
    "NOT NULL, is_scoped INTEGER NOT NULL);"
    "ALTER TABLE audit ADD COLUMN mac BLOB;",
    /* apps and their credentials: what a tenant had becomes an app of its own, whose secret keeps its sealed name */
    "CREATE TABLE app (id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL, name TEXT NOT NULL UNIQUE "
    "COLLATE "
    "NOCASE, home_tenant TEXT NOT NULL, is_multi_tenant INTEGER NOT NULL, bundles TEXT NOT NULL, created INTEGER NOT "
    "NULL, UNIQUE (client_id, home_tenant));"
    "CREATE TABLE credential (id INTEGER PRIMARY KEY AUTOINCREMENT, app_id INTEGER NOT NULL REFERENCES app (id) ON "
    "DELETE CASCADE, kind INTEGER NOT NULL, state INTEGER NOT NULL, added INTEGER NOT NULL, expires INTEGER NOT NULL, "
    "expires_from INTEGER NOT NULL, tested INTEGER NOT NULL, sealed_as TEXT NOT NULL, key_id TEXT NOT NULL, sha256 "
    "TEXT "
    "NOT NULL, sha1 TEXT NOT NULL, is_old_form INTEGER NOT NULL, warned INTEGER NOT NULL, error_code TEXT NOT NULL, "
    "error_text TEXT NOT NULL, error_since INTEGER NOT NULL, certificate BLOB);"
    "CREATE INDEX credential_of_app ON credential (app_id);"
    "CREATE UNIQUE INDEX credential_active ON credential (app_id) WHERE state = 0;"
    "CREATE TABLE tenant_app (tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON DELETE CASCADE, position "
    "INTEGER "
    "NOT NULL, app_id INTEGER NOT NULL REFERENCES app (id), PRIMARY KEY (tenant_id, position), UNIQUE (tenant_id, "
    "app_id)) WITHOUT ROWID;"
    "CREATE INDEX tenant_of_app ON tenant_app (app_id);"
    "INSERT INTO app (client_id, name, home_tenant, is_multi_tenant, bundles, created) SELECT client_id, 'app of ' || "
    "tenant_id, tenant_id, 0, '', created FROM tenant ORDER BY created, tenant_id;"
    "INSERT INTO credential (app_id, kind, state, added, expires, expires_from, tested, sealed_as, key_id, sha256, "
    "sha1, "
    "is_old_form, warned, error_code, error_text, error_since) SELECT app.id, 0, 0, changed, 0, 0, 0, secret.name, '', "
    "'', '', 0, 0, '', '', 0 FROM app JOIN secret ON secret.name = 'tenant.secret:' || home_tenant;"
    "INSERT INTO tenant_app (tenant_id, position, app_id) SELECT home_tenant, 1, id FROM app;"
    "ALTER TABLE tenant DROP COLUMN client_id;",
    /* what we did ourselves, on its way into the log; the id is never given twice */
    "CREATE TABLE own_event (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, tenant_id TEXT NOT NULL, "
    "members BLOB NOT NULL);",
    /* a rule of the account has neither organization nor tenant */
    "CREATE TABLE proxy_rule (id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER REFERENCES org (id) ON DELETE "
    "CASCADE,"
    " tenant_id TEXT REFERENCES tenant (tenant_id) ON DELETE CASCADE, pattern TEXT NOT NULL COLLATE NOCASE,"
    " address TEXT NOT NULL, account TEXT NOT NULL, ca BLOB NOT NULL, created INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX proxy_rule_once ON proxy_rule (ifnull(org_id, 0), ifnull(tenant_id, ''), pattern);"
    "CREATE INDEX proxy_rule_of_tenant ON proxy_rule (tenant_id);"
    "CREATE INDEX proxy_rule_of_org ON proxy_rule (org_id);"
    "CREATE TRIGGER proxy_rule_gone AFTER DELETE ON proxy_rule BEGIN"
    " DELETE FROM secret WHERE name = 'proxy.password:' || old.id; END;",
    /* lists of alerts and incidents go from the newest on, a page at a time */
    "CREATE INDEX revision_by_time ON revision (updated);",
    /* requests with a key of their caller's: what was answered */
    "CREATE TABLE once (id BLOB NOT NULL UNIQUE, request BLOB NOT NULL, kind INTEGER NOT NULL, caller INTEGER NOT "
    "NULL, at INTEGER NOT NULL, state INTEGER NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL);"
    "CREATE INDEX once_by_age ON once (at);"
    "CREATE INDEX once_of_caller ON once (kind, caller);",
    /* whose a tenant was when it was removed: it may still consent to our apps */
    "CREATE TABLE former_tenant (tenant_id TEXT PRIMARY KEY, org_id INTEGER NOT NULL, removed INTEGER NOT NULL);",
};

enum { APPLICATION_ID = 0x506f7274 /* "Port" */, SCHEMA_VERSION = sizeof migrations / sizeof migrations[0] };
_Static_assert(APPLICATION_ID == 1349481076, "as the first migration writes it");

static int note_number(void *out, int count, char **values, char **names)
{
    (void)count, (void)names;
    return str_to_i64(str_of(values[0]), out) ? 0 : 1;
}

static bool read_number(struct store *s, const char *sql, int64_t *out, struct err *e)
{
    int code = sqlite3_exec(s->db, sql, note_number, out, NULL);
    return code == SQLITE_OK || store_fail(s, code, e, "reading its header");
}

bool schema_identify(struct store *s, bool create, struct err *e)
{
    int64_t application = 0, version = 0, tables = 0;
    if (!read_number(s, "PRAGMA application_id", &application, e) ||
        !read_number(s, "PRAGMA user_version", &version, e) ||
        !read_number(s, "SELECT count(*) FROM sqlite_schema", &tables, e))
        return false;
    bool is_empty = application == 0 && version == 0 && tables == 0; /* new, or left by an init that did not end */
    if (is_empty)
        return create || err_set(e, &store_causes[STORE_MISSING], "the store is there but was never finished");
    if (application != APPLICATION_ID || version < 1)
        return err_set(e, &store_causes[STORE_CORRUPT], "this is a database, but not a Portcullis store");
    if (version > SCHEMA_VERSION)
        return err_set(e, &store_causes[STORE_NEWER], "the store has version %lld, this program knows up to %d",
                       (long long)version, SCHEMA_VERSION);
    return !create || err_set(e, &store_causes[STORE_EXISTS], "there is a store already");
}

static bool write_identity(struct store *s, struct err *e)
{
    char id[GUID_BYTES], key_id[17];
    random_guid(id);
    seal_key_id(s->key, key_id);
    return meta_set(s, "id", str_of(id), e) && meta_set(s, "key_id", str_of(key_id), e);
}

static bool migrate(struct store *s, int64_t from, struct err *e)
{
    char version[48];
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    (void)snprintf(version, sizeof version, "PRAGMA user_version = %lld", (long long)from + 1);
    bool ok = run_sql(s, migrations[from], e, "making its tables") && run_sql(s, version, e, "making its tables") &&
              (from > 0 || write_identity(s, e));
    return scope_end(&scope, ok, e);
}

static bool read_identity(struct store *s, struct err *e)
{
    char ours[17];
    bool has_id = false, has_key = false;
    struct buf id, key_id;
    buf_init(&id, 0);
    buf_init(&key_id, 0);
    seal_key_id(s->key, ours);
    bool ok = meta_get(s, "id", &id, &has_id, e) && meta_get(s, "key_id", &key_id, &has_key, e);
    if (ok && !(has_id && has_key && str_copy(buf_str(&id), s->id, sizeof s->id)))
        ok = err_set(e, &store_causes[STORE_CORRUPT], "the store does not say who it is");
    if (ok && !str_eq(buf_str(&key_id), str_of(ours)))
        ok = err_set(e, &store_causes[STORE_WRONG_KEY], "the store was made with key %.16s, the key file holds key %s",
                     buf_cstr(&key_id), ours);
    buf_done(&id);
    buf_done(&key_id);
    return ok;
}

bool schema_prepare(struct store *s, struct err *e)
{
    int64_t version = 0;
    if (!read_number(s, "PRAGMA user_version", &version, e)) return false;
    for (; version < SCHEMA_VERSION; version++)
        if (!migrate(s, version, e)) return false;
    return read_identity(s, e);
}

bool meta_get(struct store *s, const char *name, struct buf *out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_META_GET, &c, e, "t", name)) return false;
    bool found = cursor_next(&c);
    bool fits = !found || buf_add_str(out, column_bytes(&c, 0));
    if (!cursor_close(&c)) return false;
    if (!fits) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the store");
    *found_out = found;
    return true;
}

bool meta_set(struct store *s, const char *name, struct str value, struct err *e)
{
    return run_statement(s, SQL_META_SET, NULL, e, "tb", name, value);
}
