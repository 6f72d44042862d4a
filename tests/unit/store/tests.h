#ifndef TESTS_UNIT_STORE_TESTS_H
#define TESTS_UNIT_STORE_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_disk.h"
#include "kit/sys/causes.h"
#include "state/store/store.h"

#define TENANT_A "aaaaaaaa-0000-4000-8000-000000000001"
#define TENANT_B "bbbbbbbb-0000-4000-8000-000000000002"
#define CLIENT "cccccccc-0000-4000-8000-000000000003"

extern struct virtual_clock test_time;
struct seal_key *test_key(int which); /* made once */
/* A store at /d/store.db of a fake disk; fails the test if it cannot. */
struct store *open_on(struct fake_disk *d, bool create);
bool try_open(struct fs fs, const char *path, bool create, int key, struct store **out, struct err *e);
void must(bool ok, const struct err *e);
int64_t add_org(struct store *s, const char *name);
void add_tenant(struct store *s, int64_t org, const char *id, const char *name);
int64_t add_feed(struct store *s, const char *tenant_id, const char *feed);

/* test_records.c */
void everything_there_and_back(void **state);
void fingerprints_are_merged(void **state);
void verdicts_are_kept_while_they_say_something(void **state);
void drift_adds_up_within_bounds(void **state);
void a_quarter_million_fingerprints(void **state);
void what_is_gone_is_said(void **state);
void lake_files_are_superseded(void **state);
void revisions_are_stored_once(void **state);
/* test_notices.c */
void notices_there_and_back(void **state);
void deliveries_there_and_back(void **state);
void people_there_and_back(void **state);
/* test_response.c */
void the_inbox_is_read_in_order(void **state);
void the_ledger_keeps_its_order(void **state);
void exclusions_there_and_back(void **state);
/* test_managed.c */
void managed_alerts_there_and_back(void **state);
void revisions_are_taken_in_once(void **state);
/* test_health.c */
void how_tenants_are_there_and_back(void **state);
/* test_once.c */
void requests_are_done_once(void **state);
/* test_rekey.c */
void another_key_seals_everything(void **state);
void power_lost_while_the_key_changes(void **state);
/* test_apps.c */
void apps_there_and_back(void **state);
void one_credential_is_active(void **state);
void a_tenants_own_app_goes_with_it(void **state);
/* test_disk.c */
void disk_errors_keep_their_cause(void **state);
void every_operation_failing_in_turn(void **state);
void power_lost_at_every_operation(void **state);
void power_lost_while_it_is_made(void **state);
/* test_damage.c */
void strangers_are_refused(void **state);
void damage_is_found(void **state);
void an_old_store_is_brought_up(void **state);
void audit_tampering_is_found(void **state);
void no_secret_in_any_file(void **state);
void another_program_looking_in_does_no_harm(void **state);

#endif
