/* Every statement the store runs: one row each. */
#ifndef STATE_STORE_STATEMENTS_INT_H
#define STATE_STORE_STATEMENTS_INT_H

/* In the order of enum tenant_override. */
#define TENANT_OVERRIDE_COLUMNS                                                                         \
    "login_url, token_url, graph_url, graph_audience, graph_version, endpoint_url, endpoint_audience, " \
    "endpoint_version, siem_url, siem_audience"

#define TENANT_COLUMNS                                                                                      \
    "tenant_id, org_id, name, coalesce((SELECT client_id FROM tenant_app JOIN app ON app.id = app_id WHERE" \
    " tenant_app.tenant_id = tenant.tenant_id ORDER BY position LIMIT 1), ''), cloud, is_enabled, "         \
    "created, " TENANT_OVERRIDE_COLUMNS
#define APP_COLUMNS "client_id, name, home_tenant, is_multi_tenant, bundles, created"
#define CREDENTIAL_COLUMNS                                                                                      \
    "app_id, kind, state, added, expires, expires_from, tested, sealed_as, key_id, sha256, sha1, is_old_form, " \
    "warned, error_code, error_text, error_since"

#define FEED_DRIFT "(SELECT count(*) FROM drift WHERE feed_id = feed.id)"

#define PERSON_COLUMNS "name, mail, phone, role, pin_hash, created"
#define CHANNEL_COLUMNS "kind, address, account, sender, recipients, flow, tenant_id, is_enabled, created"
#define NOTICE_COLUMNS                                                                                            \
    "created, tenant_id, organization, incident, alert, device, decision, action, kind, severity, wants, title, " \
    "body, cause, remedy, group_key, route, expires, state, rung, due, joined, answered_by, answer, answered"
#define DELIVERY_COLUMNS                                                                              \
    "notice_id, rung, channel, kind, person, target, state, tries, provider_id, answer, error_code, " \
    "error_text, created, next_try, sent, settled"

/* In the order of struct onboarding_record. */
#define ONBOARDING_COLUMNS                                                                                    \
    "org_id, nonce, tenant_id, name, client_id, cloud, asked_by, mail, redirect, form, wants, lookback_ms, "  \
    "lookback_hunting_ms, created, expires, state, found_id, answered, deadline, due, tries, proofs, is_in, " \
    "error_code, error_text, changed"

/* In the order of struct managed_record. */
#define MANAGED_COLUMNS                                                                                           \
    "tenant_id, alert_id, incident, title, owner, determination, devices, api, service, severity, status, "       \
    "handled, classification, flags, comments, updated, seen, changed, changes, closed_by, closed, keep, state, " \
    "wants, did, mark, author, word_class, word_determination, comment, tries, sent, due, error_code, "           \
    "error_text"

/* clang-format off */
#define STATEMENTS(X)                                                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                                    \
    X(COMMIT, "COMMIT")                                                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                                                        \
    X(META_GET, "SELECT value FROM meta WHERE name = ?")                                                                           \
    X(META_SET, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")            \
    X(ORG_ADD, "INSERT INTO org (name, created) VALUES (?, ?)")                                                                    \
    X(ORG_SET, "UPDATE org SET name = ?, created = ? WHERE id = ?")                                                                \
    X(ORG_LIST, "SELECT id, name, created FROM org ORDER BY name")                                                                 \
    X(ORG_FIND, "SELECT id, name, created FROM org WHERE name = ?")                                                                \
    X(ORG_REMOVE, "DELETE FROM org WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM tenant WHERE org_id = ?1)")                         \
    X(SETTING_REMOVE_OF_ORG, "DELETE FROM setting WHERE level = 2 AND scope = ?")                                                  \
    X(TENANT_ADD, "INSERT INTO tenant (org_id, name, cloud, is_enabled, created, " TENANT_OVERRIDE_COLUMNS ", tenant_id)"           \
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                                  \
    X(TENANT_SET, "UPDATE tenant SET (org_id, name, cloud, is_enabled, created, " TENANT_OVERRIDE_COLUMNS ")"                      \
      " = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE tenant_id = ?")                                                      \
    X(TENANT_FIND, "SELECT " TENANT_COLUMNS " FROM tenant WHERE tenant_id = ?")                                                    \
    X(TENANT_LIST, "SELECT " TENANT_COLUMNS " FROM tenant ORDER BY name, tenant_id")                                               \
    X(TENANTS_OF_ORG, "SELECT tenant_id FROM tenant WHERE org_id = ?")  \
    X(FORMER_PUT, "INSERT OR REPLACE INTO former_tenant (tenant_id, org_id, removed)"                                              \
      " SELECT tenant_id, org_id, ?2 FROM tenant WHERE tenant_id = ?1")                                                            \
    X(FORMER_FIND, "SELECT org_id FROM former_tenant WHERE tenant_id = ?")                                                         \
    X(FORMER_FORGET, "DELETE FROM former_tenant WHERE tenant_id = ?")                                                              \
    X(TENANT_REMOVE, "DELETE FROM tenant WHERE tenant_id = ?")                                                                     \
    X(SECRET_PUT, "INSERT INTO secret (name, sealed, changed) VALUES (?, ?, ?)"                                                    \
                  " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, changed = excluded.changed")                        \
    X(SECRET_GET, "SELECT sealed FROM secret WHERE name = ?")                                                                      \
    X(SECRET_COUNT, "SELECT COUNT(*) FROM secret")                                                                                 \
    X(SECRET_NAMES, "SELECT name FROM secret WHERE name > ? ORDER BY name LIMIT 500")                                              \
    X(SECRET_RESEAL, "UPDATE secret SET sealed = ? WHERE name = ?")                                                                \
    X(SECRET_REMOVE, "DELETE FROM secret WHERE name = ?")                                                                          \
    X(APP_ADD, "INSERT INTO app (" APP_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)")                                                      \
    X(APP_SET, "UPDATE app SET (" APP_COLUMNS ") = (?, ?, ?, ?, ?, ?) WHERE id = ?")                                               \
    X(APP_LIST, "SELECT id, " APP_COLUMNS " FROM app ORDER BY name")                                                               \
    X(APP_REMOVE_SECRETS, "DELETE FROM secret WHERE name IN (SELECT sealed_as FROM credential WHERE app_id = ?)")                  \
    X(APP_REMOVE_USES, "DELETE FROM tenant_app WHERE app_id = ?")                                                                  \
    X(APP_REMOVE, "DELETE FROM app WHERE id = ?")                                                                                  \
    X(APP_OWN, "SELECT app_id FROM tenant_app JOIN app ON app.id = app_id WHERE tenant_id = ?1 AND is_multi_tenant = 0 AND"        \
               " NOT EXISTS (SELECT 1 FROM tenant_app AS other WHERE other.app_id = app.id AND other.tenant_id <> ?1) LIMIT 1")    \
    X(CREDENTIAL_ADD, "INSERT INTO credential (" CREDENTIAL_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")   \
    X(CREDENTIAL_NAME, "UPDATE credential SET sealed_as = 'credential:' || id WHERE id = ?")                                       \
    X(CREDENTIAL_SET, "UPDATE credential SET (" CREDENTIAL_COLUMNS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"          \
                      " WHERE id = ?")                                                                                             \
    X(CREDENTIAL_STATE, "UPDATE credential SET state = ?1 WHERE app_id = ?2 AND ((?3 = 0 AND state = 0) OR id = ?3)")              \
    X(CREDENTIAL_FORGET, "DELETE FROM secret WHERE name = (SELECT sealed_as FROM credential WHERE id = ?)")                        \
    X(CREDENTIAL_RETIRE, "UPDATE credential SET state = ? WHERE id = ?")                                                           \
    X(CREDENTIAL_LIST, "SELECT id, " CREDENTIAL_COLUMNS " FROM credential WHERE ?1 IN (0, app_id) ORDER BY app_id, id")            \
    X(CERTIFICATE_SET, "UPDATE credential SET certificate = ? WHERE id = ?")                                                       \
    X(CERTIFICATE_GET, "SELECT certificate FROM credential WHERE id = ? AND certificate IS NOT NULL")                              \
    X(TENANT_APP_ADD, "INSERT INTO tenant_app (tenant_id, position, app_id) VALUES (?1,"                                           \
                      " (SELECT coalesce(max(position), 0) + 1 FROM tenant_app WHERE tenant_id = ?1), ?2)")                        \
    X(TENANT_APP_REMOVE, "DELETE FROM tenant_app WHERE tenant_id = ? AND app_id = ?")                                              \
    X(TENANT_APP_LIST, "SELECT tenant_id, app_id FROM tenant_app WHERE ?1 IN ('', tenant_id) AND ?2 IN (0, app_id)"                \
                       " ORDER BY tenant_id, position")                                                                            \
    X(SECRET_REMOVE_OF, "DELETE FROM secret WHERE name LIKE '%:' || ?")                                                            \
    X(META_REMOVE_OF, "DELETE FROM meta WHERE name = 'readiness:' || ?")                                                           \
    X(SETTING_PUT, "INSERT INTO setting (level, scope, name, value, changed, actor) VALUES (?, ?, ?, iif(?, ?, NULL), ?, ?)"       \
                   " ON CONFLICT (level, scope, name) DO UPDATE SET value = excluded.value, changed = excluded.changed,"           \
                   " actor = excluded.actor")                                                                                      \
    X(SETTING_LIST, "SELECT level, scope, name, value IS NOT NULL, value, changed, actor FROM setting"                             \
                    " WHERE scope = CASE level WHEN 1 THEN '' WHEN 2 THEN ? ELSE ? END ORDER BY level, name")                      \
    X(SETTING_NAMED, "SELECT level, scope, name, value IS NOT NULL, value, changed, actor FROM setting"                            \
                     " WHERE name = ? AND value IS NOT NULL ORDER BY level, scope")                                                \
    X(SETTING_REMOVE_OF, "DELETE FROM setting WHERE level = 3 AND scope = ?")                                                      \
    X(ONBOARDING_PUT, "INSERT INTO onboarding (id, " ONBOARDING_COLUMNS ") VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"  \
      " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET (" ONBOARDING_COLUMNS ") = (excluded.org_id,"     \
      " excluded.nonce, excluded.tenant_id, excluded.name, excluded.client_id, excluded.cloud, excluded.asked_by, excluded.mail,"  \
      " excluded.redirect, excluded.form, excluded.wants, excluded.lookback_ms, excluded.lookback_hunting_ms, excluded.created,"   \
      " excluded.expires, excluded.state, excluded.found_id, excluded.answered, excluded.deadline, excluded.due, excluded.tries,"  \
      " excluded.proofs, excluded.is_in, excluded.error_code, excluded.error_text, excluded.changed)")                             \
    X(ONBOARDING_FIND, "SELECT id, " ONBOARDING_COLUMNS " FROM onboarding WHERE id = ?")                                           \
    X(ONBOARDING_BY_NONCE, "SELECT id, " ONBOARDING_COLUMNS " FROM onboarding WHERE nonce <> '' AND nonce = ?")                    \
    X(ONBOARDING_LIST, "SELECT id, " ONBOARDING_COLUMNS " FROM onboarding ORDER BY id")                                            \
    X(ONBOARDING_DUE, "SELECT id, " ONBOARDING_COLUMNS " FROM onboarding WHERE due > 0 AND due <= ? ORDER BY due, id")             \
    X(MANAGED_PUT, "INSERT OR REPLACE INTO managed (" MANAGED_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"              \
                   " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"                                                                          \
                   " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                                            \
    X(MANAGED_FIND, "SELECT " MANAGED_COLUMNS " FROM managed WHERE tenant_id = ? AND alert_id = ?")                                \
    X(MANAGED_LIST, "SELECT " MANAGED_COLUMNS " FROM managed WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', incident) AND"             \
                    " ?3 IN ('', alert_id) AND (?4 = 0 OR due BETWEEN 1 AND ?4) ORDER BY tenant_id, incident, seen, alert_id")     \
    X(MANAGED_OF_INCIDENT, "SELECT " MANAGED_COLUMNS " FROM managed WHERE tenant_id = ? AND incident = ? ORDER BY alert_id")       \
    X(MANAGED_DUE, "SELECT tenant_id, min(due) FROM managed WHERE due > 0 GROUP BY tenant_id ORDER BY 2")                          \
    X(MANAGED_MOVE, "UPDATE managed SET incident = ?, due = iif(status = ?, due, ?) WHERE tenant_id = ? AND incident = ?")         \
    X(MANAGED_DROP, "DELETE FROM managed WHERE due = 0 AND changed < ?")                                                           \
    X(REVISION_AFTER, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen"                 \
                      " FROM revision JOIN feed ON feed.id = feed_id WHERE revision.id > ?"                                        \
                      " AND feed IN ('alerts', 'alerts_endpoint', 'incidents') ORDER BY revision.id LIMIT ?")                      \
    X(NOTICE_HEARD, "SELECT 1 FROM notice WHERE tenant_id = ?1 AND state = ?2 AND (alert = ?3 OR (incident = ?4 AND ?4 <> ''))")   \
    X(FEED_ADD, "INSERT INTO feed (tenant_id, feed, state, last_synced, newest_event, rows, late_rows, dead, status, error_code,"  \
                " error_text, error_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                           \
    X(FEED_SET, "UPDATE feed SET tenant_id = ?, feed = ?, state = ?, last_synced = ?, newest_event = ?, rows = ?, late_rows = ?,"  \
                " dead = ?, status = ?, error_code = ?, error_text = ?, error_since = ? WHERE id = ?")                             \
    X(FEED_REFUSED, "UPDATE feed SET refused = refused + ? WHERE id = ?")                                                          \
    X(FEED_LIST, "SELECT id, tenant_id, feed, state, last_synced, newest_event, rows, late_rows, dead, refused, status, error_code,"\
                 " error_text, error_since, " FEED_DRIFT " FROM feed ORDER BY tenant_id, feed")                                    \
    X(FEED_SUMS, "SELECT feed, status, count(*), sum(rows), sum(late_rows), sum(dead + refused),"                                     \
                 " min(iif(last_synced > 0, last_synced, NULL)) FROM feed GROUP BY feed, status")                                    \
    X(FEED_LIST_OF, "SELECT id, tenant_id, feed, state, last_synced, newest_event, rows, late_rows, dead, refused, status,"        \
                    " error_code, error_text, error_since, " FEED_DRIFT " FROM feed WHERE tenant_id = ? ORDER BY feed")            \
    X(BUCKET_PUT, "INSERT INTO bucket (feed_id, bucket, facts) VALUES (?, ?, ?)"                                                   \
                  " ON CONFLICT (feed_id, bucket) DO UPDATE SET facts = excluded.facts")                                           \
    X(BUCKET_FACTS, "SELECT facts FROM bucket WHERE feed_id = ? AND bucket = ?")                                                   \
    X(BUCKET_LIST, "SELECT bucket, facts FROM bucket WHERE feed_id = ? AND bucket >= ? AND bucket < ? ORDER BY bucket")            \
    X(BUCKET_DROP, "DELETE FROM bucket WHERE feed_id = ? AND bucket < ?")                                                          \
    X(RUN_ADD, "INSERT INTO run (feed_id, bucket, hashes) VALUES (?, ?, ?)")                                                       \
    X(RUN_COUNT, "SELECT count(*) FROM run WHERE feed_id = ? AND bucket = ?")                                                      \
    X(RUN_LIST, "SELECT hashes FROM run WHERE feed_id = ? AND bucket = ? ORDER BY id")                                             \
    X(RUN_CLEAR, "DELETE FROM run WHERE feed_id = ? AND bucket = ?")                                                               \
    X(RUN_DROP, "DELETE FROM run WHERE feed_id = ? AND bucket < ?")                                                                \
    X(VERDICT_PUT, "INSERT INTO verdict (feed_id, hour, repaired, is_pulled, differing) VALUES (?, ?, ?, ?, ?)"                    \
                   " ON CONFLICT (feed_id, hour) DO UPDATE SET repaired = excluded.repaired, is_pulled = excluded.is_pulled,"      \
                   " differing = excluded.differing")                                                                              \
    X(VERDICT_REMOVE, "DELETE FROM verdict WHERE feed_id = ? AND hour = ?")                                                        \
    X(VERDICT_LIST, "SELECT hour, repaired, is_pulled, differing FROM verdict WHERE feed_id = ? AND hour >= ? AND hour < ?"        \
                    " ORDER BY hour")                                                                                              \
    X(VERDICT_DROP, "DELETE FROM verdict WHERE feed_id = ? AND hour < ?")                                                          \
    X(DRIFT_ADD, "UPDATE drift SET rows = rows + ?, since = min(since, ?), last = max(last, ?),"                                   \
                 " example = CASE example WHEN '' THEN ? ELSE example END"                                                         \
                 " WHERE feed_id = ? AND kind = ? AND name = ? AND value = ?")                                                     \
    X(DRIFT_COUNT, "SELECT count(*) FROM drift WHERE feed_id = ? AND kind = ?")                                                    \
    X(DRIFT_NEW, "INSERT INTO drift (feed_id, kind, name, value, example, rows, since, last)"                                      \
                 " SELECT ?1, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM feed WHERE id = ?1)")                                \
    X(DRIFT_REMOVE, "DELETE FROM drift WHERE feed_id = ? AND kind = ? AND name = ?")                                               \
    X(DRIFT_LIST, "SELECT tenant_id, feed, feed_id, kind, name, value, example, drift.rows, since, last, 1"                        \
                  " FROM drift JOIN feed ON feed.id = feed_id WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', feed)"                    \
                  " ORDER BY tenant_id, feed, kind, name = '' AND value = '', name, value")                                        \
    X(DRIFT_SUMS, "SELECT '', feed, 0, kind, name, value, max(example), sum(drift.rows), min(since), max(last), count(*)"          \
                  " FROM drift JOIN feed ON feed.id = feed_id WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', feed)"                    \
                  " GROUP BY feed, kind, name, value ORDER BY feed, kind, name = '' AND value = '', name, value")                  \
    X(DRIFT_FORGET, "DELETE FROM drift WHERE feed_id IN"                                                                           \
                    " (SELECT id FROM feed WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', feed))")                                     \
    X(COLUMNS_GET, "SELECT names FROM column_list JOIN feed ON column_list = column_list.id WHERE feed.id = ?")                    \
    X(COLUMNS_ADD, "INSERT INTO column_list (names) VALUES (?) ON CONFLICT (names) DO NOTHING")                                    \
    X(COLUMNS_SET, "UPDATE feed SET column_list = (SELECT id FROM column_list WHERE names = ?) WHERE id = ?")                      \
    X(REVISION_ADD, "INSERT INTO revision (feed_id, object_id, updated, identity, how, row, seen) VALUES (?, ?, ?, ?, ?, ?, ?)"    \
                    " ON CONFLICT (feed_id, identity) DO NOTHING")                                                                 \
    X(REVISION_HAS, "SELECT 1 FROM revision WHERE feed_id = ? AND object_id = ? AND updated = ?")                                  \
    X(INBOX_ADD, "INSERT INTO inbox (revision_id, queued) VALUES (?, ?)")                                                          \
    X(INBOX_COUNT, "SELECT count(*) FROM inbox")                                                                                   \
    X(PERSON_ADD, "INSERT INTO person (" PERSON_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)")                                             \
    X(PERSON_SET, "UPDATE person SET (" PERSON_COLUMNS ") = (?, ?, ?, ?, ?, ?) WHERE id = ?")                                      \
    X(PERSON_FIND, "SELECT id, " PERSON_COLUMNS " FROM person WHERE name = ?")                                                     \
    X(PERSON_LIST, "SELECT id, " PERSON_COLUMNS " FROM person ORDER BY name")                                                      \
    X(PERSON_REMOVE, "DELETE FROM person WHERE name = ?")                                                                          \
    X(LOGIN_FIND, "SELECT password_hash, is_disabled, is_scoped, ifnull(subject, ''), totp, totp_step, password_set FROM login"     \
                  " WHERE person_id = ?")                                                                                          \
    X(LOGIN_PUT, "INSERT INTO login (password_hash, is_disabled, is_scoped, subject, totp, totp_step, password_set, person_id)"    \
                 " SELECT ?, ?, ?, nullif(?, ''), ?, ?, ?, id FROM person WHERE id = ?"                                            \
                 " ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, is_disabled = excluded.is_disabled,"\
                 " is_scoped = excluded.is_scoped, subject = excluded.subject, totp = excluded.totp,"                              \
                 " totp_step = excluded.totp_step, password_set = excluded.password_set")                                          \
    X(PERSON_BY_SUBJECT, "SELECT id, " PERSON_COLUMNS " FROM person WHERE id = (SELECT person_id FROM login WHERE subject = ?)")   \
    X(PERSON_BY_ID, "SELECT id, " PERSON_COLUMNS " FROM person WHERE id = ?")                                                      \
    X(SCOPE_CLEAR, "DELETE FROM scope_org WHERE kind = ? AND owner = ?")                                                           \
    X(SCOPE_ADD, "INSERT OR IGNORE INTO scope_org (kind, owner, org_id) VALUES (?, ?, ?)")                                         \
    X(SCOPE_LIST, "SELECT org_id, name FROM scope_org JOIN org ON org.id = org_id WHERE kind = ? AND owner = ? ORDER BY name")     \
    X(RECOVERY_CLEAR, "DELETE FROM recovery WHERE person_id = ?")                                                                  \
    X(RECOVERY_ADD, "INSERT INTO recovery (person_id, hash) VALUES (?, ?)")                                                        \
    X(RECOVERY_USE, "DELETE FROM recovery WHERE person_id = ? AND hash = ?")                                                       \
    X(RECOVERY_COUNT, "SELECT count(*) FROM recovery WHERE person_id = ?")                                                         \
    X(SESSION_ADD, "INSERT INTO session (hash, how, address, created, seen, until, person_id)"                                     \
                   " SELECT ?, ?, ?, ?, ?, ?, id FROM person WHERE id = ?")                                                        \
    X(SESSION_FIND, "SELECT person_id, how, address, created, seen, until FROM session WHERE hash = ?")                            \
    X(SESSION_SEEN, "UPDATE session SET seen = ? WHERE hash = ?")                                                                  \
    X(SESSION_REMOVE, "DELETE FROM session WHERE hash = ?")                                                                        \
    X(SESSIONS_REMOVE_OF, "DELETE FROM session WHERE person_id = ? AND hash <> ?")                                                 \
    X(SESSIONS_DROP, "DELETE FROM session WHERE until < ? OR seen < ?")                                                            \
    X(SESSIONS_COUNT, "SELECT count(*) FROM session WHERE person_id = ?")                                                          \
    X(API_TOKEN_ADD, "INSERT INTO token (name, hash, role, is_scoped, created, expires, used, used_from, person_id)"                   \
                 " SELECT ?, ?, ?, ?, ?, ?, 0, '', nullif(?7, 0) WHERE ?7 = 0 OR EXISTS (SELECT 1 FROM person WHERE id = ?7)")     \
    X(API_TOKEN_FIND, "SELECT token.id, ifnull(person_id, 0), token.name, hash, token.role, is_scoped, token.created, expires, used,"  \
                  " used_from, ifnull(person.name, '') FROM token LEFT JOIN person ON person.id = person_id WHERE hash = ?")       \
    X(API_TOKEN_LIST, "SELECT token.id, ifnull(person_id, 0), token.name, hash, token.role, is_scoped, token.created, expires, used,"  \
                  " used_from, ifnull(person.name, '') FROM token LEFT JOIN person ON person.id = person_id ORDER BY token.name")  \
    X(API_TOKEN_USED, "UPDATE token SET used = ?, used_from = ? WHERE id = ?")                                                         \
    X(API_TOKEN_REMOVE, "DELETE FROM token WHERE id = ?")                                                                              \
    X(THROTTLE_FIND, "SELECT failures, last, until FROM throttle WHERE key = ?")                                                   \
    X(THROTTLE_PUT, "INSERT OR REPLACE INTO throttle (key, failures, last, until) VALUES (?, ?, ?, ?)")                            \
    X(THROTTLE_BOUND, "DELETE FROM throttle WHERE key IN (SELECT key FROM throttle ORDER BY last DESC LIMIT 100 OFFSET ?)")        \
    X(THROTTLE_REMOVE, "DELETE FROM throttle WHERE key = ?")                                                                       \
    X(THROTTLE_DROP, "DELETE FROM throttle WHERE last < ?")                                                                        \
    X(OIDC_GET, "SELECT issuer, client_id, scopes, name_claim, redirect_url FROM oidc")                                            \
    X(OIDC_SET, "INSERT OR REPLACE INTO oidc (id, issuer, client_id, scopes, name_claim, redirect_url) VALUES (1, ?, ?, ?, ?, ?)") \
    X(OIDC_REMOVE, "DELETE FROM oidc")                                                                                             \
    X(OIDC_RULE_ADD, "INSERT INTO oidc_rule (claim, value, role, is_scoped) VALUES (?, ?, ?, ?)")                                  \
    X(OIDC_RULE_LIST, "SELECT id, claim, value, role, is_scoped FROM oidc_rule ORDER BY id")                                       \
    X(OIDC_RULE_REMOVE, "DELETE FROM oidc_rule WHERE id = ?")                                                                      \
    X(DUTY_ADD, "INSERT INTO duty (list, tenant_id, person_id, position, days, from_minute, to_minute, since, until)"              \
                " SELECT ?, ?, id, ?, ?, ?, ?, ?, ? FROM person WHERE name = ?")                                                   \
    X(DUTY_LIST, "SELECT duty.id, list, tenant_id, name, position, days, from_minute, to_minute, since, until FROM duty"           \
                 " JOIN person ON person.id = person_id WHERE (?1 = '*' OR list = ?1 COLLATE NOCASE) AND ?2 IN ('*', tenant_id)"   \
                 " ORDER BY list, tenant_id, position, duty.id")                                                                   \
    X(DUTY_REMOVE, "DELETE FROM duty WHERE id = ?")                                                                                \
    X(LADDER_CLEAR, "DELETE FROM rung WHERE ladder = ?")                                                                           \
    X(LADDER_ADD, "INSERT INTO rung (ladder, rung, channel, target, wait_ms) VALUES (?, ?, ?, ?, ?)")                              \
    X(LADDER_LIST, "SELECT ladder, rung, channel, target, wait_ms FROM rung WHERE ?1 = '' OR ladder = ?1"                          \
                   " ORDER BY ladder, rung, id")                                                                                   \
    X(PROXY_PUT, "INSERT INTO proxy_rule (org_id, tenant_id, pattern, address, account, ca, created)"                              \
                 " VALUES (nullif(?, 0), nullif(?, ''), ?, ?, ?, ?, ?)"                                                            \
                 " ON CONFLICT (ifnull(org_id, 0), ifnull(tenant_id, ''), pattern) DO UPDATE SET pattern = excluded.pattern,"      \
                 " address = excluded.address, account = excluded.account, ca = excluded.ca")                         \
    X(PROXY_ID, "SELECT id FROM proxy_rule WHERE ifnull(org_id, 0) = ? AND ifnull(tenant_id, '') = ? AND pattern = ?")             \
    X(PROXY_LIST, "SELECT id, ifnull(org_id, 0), ifnull(tenant_id, ''), pattern, address, account, ca, created"                    \
                  " FROM proxy_rule ORDER BY tenant_id, org_id, pattern")                                                          \
    X(PROXY_REMOVE, "DELETE FROM proxy_rule WHERE id = ?")                                                                         \
    X(CHANNEL_ADD, "INSERT INTO channel (" CHANNEL_COLUMNS ", name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                        \
    X(CHANNEL_SET, "UPDATE channel SET (" CHANNEL_COLUMNS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE name = ?")                        \
    X(CHANNEL_FIND, "SELECT name, " CHANNEL_COLUMNS " FROM channel WHERE name = ?")                                                \
    X(CHANNEL_LIST, "SELECT name, " CHANNEL_COLUMNS " FROM channel ORDER BY name")                                                 \
    X(CHANNEL_REMOVE, "DELETE FROM channel WHERE name = ?")                                                                        \
    X(NOTICE_ADD, "INSERT INTO notice (" NOTICE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?," \
                  " ?, ?, ?, ?)")                                                                                                  \
    X(NOTICE_SET, "UPDATE notice SET (" NOTICE_COLUMNS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"\
                  " ?) WHERE id = ?")                                                                                              \
    X(NOTICE_FIND, "SELECT id, " NOTICE_COLUMNS " FROM notice WHERE id = ?")                                                       \
    X(NOTICE_LIST, "SELECT id, " NOTICE_COLUMNS " FROM notice WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', incident)"                \
                   " AND ?3 IN ('', group_key) AND ?4 IN ('', decision) AND ?5 IN ('', action) AND created >= ?6 ORDER BY id")     \
    X(NOTICE_OF_GROUP, "SELECT id, " NOTICE_COLUMNS " FROM notice WHERE group_key = ?3 AND ?1 IN ('', tenant_id)"                  \
                       " AND ?2 IN ('', incident) AND ?4 IN ('', decision) AND ?5 IN ('', action) AND created >= ?6 ORDER BY id")  \
    X(NOTICE_NEWEST, "SELECT id, " NOTICE_COLUMNS " FROM notice WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', incident)"              \
                     " AND ?3 IN ('', group_key) AND ?4 IN ('', decision) AND ?5 IN ('', action) AND created >= ?6"                \
                     " AND id < ?8 ORDER BY id DESC LIMIT ?7")                                                                                 \
    X(NOTICE_OPEN, "SELECT id, " NOTICE_COLUMNS " FROM notice WHERE state < 3 AND due <= ?7 AND ?1 IN ('', tenant_id)"             \
                   " AND ?2 IN ('', incident) AND ?3 IN ('', group_key) AND ?4 IN ('', decision) AND ?5 IN ('', action)"           \
                   " AND created >= ?6 AND id > ?8 ORDER BY id")                                                                               \
    X(NOTICE_ANSWER, "UPDATE notice SET state = ?, answered_by = ?, answer = ?, answered = ? WHERE id = ? AND answered = 0"        \
                     " AND state NOT IN (4, 8)")                                                                                   \
    X(NOTICE_EXPIRE_DECISION, "UPDATE notice SET state = ? WHERE decision = ? AND state = 1 AND wants = 2")                        \
    X(NOTICE_EXPIRE_ACTION, "UPDATE notice SET state = ? WHERE action = ? AND state = 1 AND wants = 2")                            \
    X(NOTICE_SETTLE, "UPDATE notice SET state = ? WHERE group_key = ? AND state < 3")                                              \
    X(NOTICE_DROP, "DELETE FROM notice WHERE created < ? AND state >= 3")                                                          \
    X(DELIVERY_ADD, "INSERT INTO delivery (" DELIVERY_COLUMNS ") SELECT ?1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"           \
                    " WHERE EXISTS (SELECT 1 FROM notice WHERE id = ?1)")                                                          \
    X(DELIVERY_SET, "UPDATE delivery SET (" DELIVERY_COLUMNS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?")  \
    X(DELIVERY_LIST, "SELECT id, " DELIVERY_COLUMNS " FROM delivery WHERE ?1 IN (0, notice_id) ORDER BY id")                       \
    X(DELIVERY_OF, "SELECT id, " DELIVERY_COLUMNS " FROM delivery WHERE notice_id = ? ORDER BY id")                                \
    X(DELIVERY_OPEN, "SELECT id, " DELIVERY_COLUMNS " FROM delivery WHERE state NOT IN (3, 4, 6) ORDER BY id")                     \
    X(INBOX_LIST, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen"                     \
                  " FROM inbox JOIN revision ON revision.id = revision_id JOIN feed ON feed.id = feed_id"                          \
                  " WHERE revision_id > ? ORDER BY revision_id LIMIT ?")                                                           \
    X(INBOX_TAKE, "DELETE FROM inbox WHERE revision_id = ?")                                                                       \
    X(REVISION_LIST, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen"                  \
                     " FROM revision JOIN feed ON feed.id = feed_id WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', feed) AND"       \
                     " ?3 IN ('', object_id) ORDER BY revision.id LIMIT ?4")                                                       \
    X(REVISION_OF_OBJECT, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen"             \
                          " FROM feed JOIN revision ON feed_id = feed.id WHERE tenant_id = ?1 AND feed = ?2 AND"                   \
                          " object_id = ?3 ORDER BY revision.id LIMIT ?4")                                                         \
    X(REVISION_LATEST, "SELECT revision.id, tenant_id, feed, feed_id, object_id, max(updated), identity, how, row, seen"           \
                       " FROM revision JOIN feed ON feed.id = feed_id WHERE ?1 IN ('', tenant_id) AND ?2 IN ('', feed)"         \
                       " AND ?3 IN ('', object_id) GROUP BY feed_id, object_id ORDER BY max(updated) DESC, revision.id"         \
                       " DESC LIMIT ?4")                                                                                           \
    X(REVISION_PAGE, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen" \
                        " FROM revision INDEXED BY revision_by_time CROSS JOIN feed ON feed.id = feed_id WHERE (updated, revision.id) < (?1, ?2)" \
                        " AND feed IN (?3, ?4, ?5) AND ?6 IN ('', tenant_id)" \
                        " AND NOT EXISTS (SELECT 1 FROM revision AS later WHERE later.feed_id = revision.feed_id AND later.object_id =" \
                        " revision.object_id AND (later.updated, later.id) > (revision.updated, revision.id))" \
                        " ORDER BY updated DESC, revision.id DESC") \
    X(REVISION_PAGE_OF, "SELECT id, tenant_id, feed, feed_id, object_id, updated, identity, how," \
                        " (SELECT row FROM revision AS whole WHERE whole.id = found.id), seen FROM (SELECT revision.id AS id, tenant_id, feed, feed_id," \
                        " object_id, updated, identity, how, seen FROM feed CROSS JOIN revision ON feed_id = feed.id WHERE tenant_id = ?6" \
                        " AND feed IN (?3, ?4, ?5) AND (updated, revision.id) < (?1, ?2)" \
                        " AND NOT EXISTS (SELECT 1 FROM revision AS later WHERE later.feed_id = revision.feed_id AND later.object_id =" \
                        " revision.object_id AND (later.updated, later.id) > (revision.updated, revision.id))" \
                        " ORDER BY updated DESC, revision.id DESC LIMIT -1) AS found") \
    X(OBJECT_PAGE, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen" \
                        " FROM feed CROSS JOIN revision ON feed_id = feed.id WHERE feed = ?1 AND ?2 IN ('', tenant_id)" \
                        " AND tenant_id >= ?3 AND (tenant_id, object_id) > (?3, ?4)" \
                        " AND NOT EXISTS (SELECT 1 FROM revision AS later WHERE later.feed_id = revision.feed_id AND later.object_id =" \
                        " revision.object_id AND (later.updated, later.id) > (revision.updated, revision.id))" \
                        " ORDER BY tenant_id, object_id") \
    X(REVISION_RANGE, "SELECT revision.id, tenant_id, feed, feed_id, object_id, updated, identity, how, row, seen"                 \
                      " FROM revision CROSS JOIN feed ON feed.id = feed_id WHERE revision.id > ?1 AND updated BETWEEN ?2 AND ?3"   \
                      " AND ?4 IN ('', tenant_id) AND feed IN ('alerts', 'alerts_endpoint', 'alerts_siem', 'incidents',"           \
                      " 'incidents_xdr') ORDER BY revision.id LIMIT ?5")                                                           \
    X(REVISION_NEWEST, "SELECT row FROM revision WHERE feed_id = (SELECT id FROM feed WHERE tenant_id = ? AND feed = ?)"           \
                       " AND object_id = ? ORDER BY updated DESC, id DESC LIMIT 1")                                                \
    X(OBJECT_COUNT, "SELECT count(DISTINCT object_id) FROM revision JOIN feed ON feed.id = feed_id WHERE tenant_id = ? AND"        \
                    " feed = ?")                                                                                                   \
    X(LEDGER_ADD, "INSERT INTO ledger (at, tenant_id, subject, kind, body) VALUES (?, ?, ?, ?, ?)")                                \
    X(LEDGER_LIST, "SELECT seq, at, tenant_id, subject, kind, body FROM ledger WHERE seq > ?1 AND ?2 = '' ORDER BY seq")           \
    X(LEDGER_LIST_OF, "SELECT seq, at, tenant_id, subject, kind, body FROM ledger WHERE seq > ?1 AND subject = ?2 ORDER BY seq")   \
    X(LEDGER_LATEST, "SELECT seq, at, tenant_id, subject, kind, body FROM ledger WHERE seq > ?1 AND ?2 = '' AND seq IN"            \
                     " (SELECT max(seq) FROM ledger GROUP BY subject, kind) ORDER BY seq")                                         \
    X(EXCLUSION_ADD, "INSERT INTO exclusion (tenant_id, kind, value, owner, reason, created, expires) VALUES (?, ?, ?, ?,"         \
                     " ?, ?, ?)")                                                                                                  \
    X(EXCLUSION_SET, "UPDATE exclusion SET tenant_id = ?, kind = ?, value = ?, owner = ?, reason = ?, created = ?, expires"        \
                     " = ? WHERE id = ?")                                                                                          \
    X(EXCLUSION_LIST, "SELECT id, tenant_id, kind, value, owner, reason, created, expires FROM exclusion ORDER BY"                 \
                      " tenant_id, kind, value")                                                                                   \
    X(EXCLUSION_LIST_OF, "SELECT id, tenant_id, kind, value, owner, reason, created, expires FROM exclusion"                       \
                         " WHERE tenant_id IN ('', ?) ORDER BY tenant_id, kind, value")                                            \
    X(EXCLUSION_REMOVE, "DELETE FROM exclusion WHERE id = ?")                                                                      \
    X(OFFSET_GET, "SELECT position FROM sink WHERE name = ?")                                                                      \
    X(OFFSET_SET, "INSERT INTO sink (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position") \
    X(LAKE_ADD, "INSERT INTO lake_file (path, part, bytes, events, written) VALUES (?, ?, ?, ?, ?)")                               \
    X(LAKE_TAKE, "DELETE FROM lake_file WHERE path = ?")                                                                           \
    X(LAKE_LIST, "SELECT path, bytes, events, written FROM lake_file ORDER BY path")                                               \
    X(LAKE_NEWEST, "SELECT path, bytes, events, written FROM lake_file WHERE part = ? ORDER BY id DESC LIMIT 1")                   \
    X(STAGED_ADD, "INSERT INTO lake_staged (path, part, bytes, events, written) VALUES (?, ?, ?, ?, ?)")                           \
    X(STAGED_TAKE, "DELETE FROM lake_staged WHERE path = ?")                                                                       \
    X(STAGED_LIST, "SELECT path, bytes, events, written FROM lake_staged ORDER BY id")                                             \
    X(STAGED_NEWEST, "SELECT path, bytes, events, written FROM lake_staged WHERE part = ? ORDER BY id DESC LIMIT 1")               \
    X(STAGED_ADOPT, "INSERT INTO lake_file (path, part, bytes, events, written) SELECT path, part, bytes, events, written"         \
                    " FROM lake_staged ORDER BY id")                                                                               \
    X(STAGED_CLEAR, "DELETE FROM lake_staged")                                                                                     \
    X(SUPERSEDED_ADD, "INSERT INTO lake_superseded (path) VALUES (?) ON CONFLICT (path) DO NOTHING")                               \
    X(SUPERSEDED_LIST, "SELECT path FROM lake_superseded ORDER BY path")                                                           \
    X(SUPERSEDED_FORGET, "DELETE FROM lake_superseded WHERE path = ?")                                                             \
    X(TOKEN_PUT, "INSERT INTO token_seen (tenant_id, client_id, audience, roles, seen) VALUES (?, ?, ?, ?, ?)"                     \
                 " ON CONFLICT (tenant_id, client_id, audience) DO UPDATE SET roles = excluded.roles, seen = excluded.seen")       \
    X(TOKEN_LIST, "SELECT tenant_id, client_id, audience, roles, seen FROM token_seen WHERE tenant_id = ?"                         \
                  " ORDER BY client_id, audience")                                                                                 \
    X(TOKEN_TIDY, "DELETE FROM token_seen WHERE tenant_id = ?1 AND client_id NOT IN"                                              \
                  " (SELECT client_id FROM app JOIN tenant_app ON app_id = app.id WHERE tenant_id = ?1)")                          \
    X(CONDITION_TIDY, "DELETE FROM condition WHERE tenant_id = ?1 AND subject LIKE '________-____-____-____-____________'"         \
                      " AND subject NOT IN (SELECT client_id FROM app JOIN tenant_app ON app_id = app.id WHERE tenant_id = ?1)")   \
    X(CONDITION_ADD, "INSERT INTO condition (tenant_id, state, subject, code, detail, remedy, since)"                              \
                     " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, state, subject) DO NOTHING")                           \
    X(CONDITION_SET, "UPDATE condition SET detail = ?, remedy = ? WHERE tenant_id = ? AND state = ? AND subject = ?")              \
    X(CONDITION_LIST, "SELECT tenant_id, state, subject, code, detail, remedy, since FROM condition"                               \
                      " WHERE ?1 IN ('', tenant_id) ORDER BY tenant_id, since, state, subject")                                    \
    X(CONDITION_REMOVE, "DELETE FROM condition WHERE tenant_id = ?1 AND state = ?2 AND ?3 IN ('*', subject)")                      \
    X(TESTED_ADD, "INSERT INTO tested (tenant_id, at, is_full, ok, failed, skipped, body) VALUES (?, ?, ?, ?, ?, ?, ?)")           \
    X(TESTED_DROP, "DELETE FROM tested WHERE tenant_id = ?1 AND id <= (SELECT id FROM tested WHERE tenant_id = ?1"                 \
                   " ORDER BY id DESC LIMIT 1 OFFSET ?2)")                                                                         \
    X(TESTED_LAST_FULL, "SELECT coalesce(max(at), 0) FROM tested WHERE is_full = 1")                                               \
    X(TESTED_LIST, "SELECT tenant_id, at, is_full, ok, failed, skipped, body FROM tested WHERE ?1 IN ('', tenant_id)"              \
                   " ORDER BY id DESC")                                                                                            \
    X(TESTED_LATEST, "SELECT tenant_id, at, is_full, ok, failed, skipped, body FROM tested WHERE ?1 IN ('', tenant_id)"            \
                     " AND id IN (SELECT max(id) FROM tested GROUP BY tenant_id) ORDER BY tenant_id")                              \
    X(AUDIT_ADD, "INSERT INTO audit (seq, at, actor, operation, detail, hash, mac) VALUES (?, ?, ?, ?, ?, ?, ?)")                  \
    X(OWN_EVENT_ADD, "INSERT INTO own_event (at, tenant_id, members) VALUES (?, ?, ?)")                                            \
    X(OWN_EVENT_LIST, "SELECT id, at, tenant_id, members FROM own_event ORDER BY id LIMIT ?")                                      \
    X(OWN_EVENT_TAKE, "DELETE FROM own_event WHERE id <= ?")                                                                       \
    X(ONCE_ADD, "INSERT INTO once (id, request, kind, caller, at, state, status, answer) VALUES (?, ?, ?, ?, ?, ?, 0, x'')")        \
    X(ONCE_FIND, "SELECT request, state, status, answer FROM once WHERE id = ?")                                                   \
    X(ONCE_COUNT, "SELECT (SELECT count(*) FROM once WHERE kind = ? AND caller = ?), (SELECT count(*) FROM once)")                 \
    X(ONCE_DROP, "DELETE FROM once WHERE at < ?")                                                                                  \
    X(ONCE_RESUME, "UPDATE once SET state = ? WHERE id = ? AND state = ?")                                                         \
    X(ONCE_END, "UPDATE once SET state = ?, status = ?, answer = ? WHERE id = ?")                                                  \
    X(ONCE_FORGET, "DELETE FROM once WHERE id = ?")                                                                                \
    X(ONCE_INTERRUPT, "UPDATE once SET state = ? WHERE state = ?")                                                                 \
    X(AUDIT_HASHES, "SELECT seq, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT 500")                                            \
    X(AUDIT_MAC, "UPDATE audit SET mac = ? WHERE seq = ?")                                                                         \
    X(AUDIT_LAST, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")                                                         \
    X(AUDIT_LIST, "SELECT seq, at, actor, operation, detail, hash, mac FROM audit ORDER BY seq")                                   \
    X(AUDIT_PAGE, "SELECT seq, at, actor, operation, detail FROM audit WHERE seq < ? ORDER BY seq DESC")                           \
    X(CHECK, "PRAGMA integrity_check(5)")                                                                                          \
    X(CHECK_REFERENCES, "PRAGMA foreign_key_check")
/* clang-format on */

enum statement {
#define STATEMENT_ID(id, sql) SQL_##id,
    STATEMENTS(STATEMENT_ID)
#undef STATEMENT_ID
        STATEMENT_COUNT
};

#endif
