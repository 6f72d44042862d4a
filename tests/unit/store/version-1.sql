-- A store as its first version left it: the tables of then, and a row or two in those that later versions change.
-- The test adds the id of its own key.
PRAGMA application_id = 1349481076;
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE org (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, created INTEGER NOT NULL);
CREATE TABLE tenant (tenant_id TEXT PRIMARY KEY, org_id INTEGER NOT NULL REFERENCES org (id), name TEXT NOT NULL, client_id TEXT NOT NULL, cloud TEXT NOT NULL, login_url TEXT NOT NULL, graph_url TEXT NOT NULL, endpoint_url TEXT NOT NULL, is_enabled INTEGER NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX tenant_of_org ON tenant (org_id);
CREATE TABLE secret (name TEXT PRIMARY KEY, sealed BLOB NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE feed (id INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id) ON DELETE CASCADE, feed TEXT NOT NULL, state BLOB NOT NULL, last_synced INTEGER NOT NULL, newest_event INTEGER NOT NULL, rows INTEGER NOT NULL, late_rows INTEGER NOT NULL, status TEXT NOT NULL, error_code TEXT NOT NULL, error_text TEXT NOT NULL, error_since INTEGER NOT NULL, UNIQUE (tenant_id, feed));
CREATE TABLE bucket (feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE, bucket INTEGER NOT NULL, facts BLOB NOT NULL, PRIMARY KEY (feed_id, bucket)) WITHOUT ROWID;
CREATE TABLE run (id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE, bucket INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE INDEX run_of_bucket ON run (feed_id, bucket);
CREATE TABLE revision (id INTEGER PRIMARY KEY AUTOINCREMENT, feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE, object_id TEXT NOT NULL, updated INTEGER NOT NULL, identity BLOB NOT NULL, how TEXT NOT NULL, row BLOB NOT NULL, UNIQUE (feed_id, identity));
CREATE INDEX revision_of_object ON revision (feed_id, object_id, updated);
CREATE TABLE inbox (revision_id INTEGER PRIMARY KEY REFERENCES revision (id) ON DELETE CASCADE, queued INTEGER NOT NULL);
CREATE TABLE sink (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE lake_file (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, part TEXT NOT NULL, bytes INTEGER NOT NULL, events INTEGER NOT NULL, written INTEGER NOT NULL);
CREATE INDEX lake_file_of_part ON lake_file (part, id);
CREATE TABLE lake_superseded (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, operation TEXT NOT NULL, detail BLOB NOT NULL, hash BLOB NOT NULL);
PRAGMA user_version = 1;
INSERT INTO meta VALUES ('id', '0f8fad5b-d9cb-469f-a165-70867728950e');
INSERT INTO org VALUES (1, 'Contoso', 17953305010000000);
INSERT INTO tenant VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 1, 'main', 'cccccccc-0000-4000-8000-000000000003', 'gcc-high',
  'https://l.example', '', 'https://e.example', 1, 17953305010000000);
INSERT INTO feed VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001', 'alerts', '{}', 17953305010000000, 0, 7, 1, 'ok', '', '', 0);
