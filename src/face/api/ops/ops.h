/* The handlers behind the rows of rows_*.c, by room, and what they share. */
#ifndef FACE_API_OPS_H
#define FACE_API_OPS_H

#include "face/api/operation.h"
#include "kit/base/wall.h"
#include "logic/ocsf/ocsf.h"

bool op_init(struct op_call *c, struct err *e);
bool op_key_make(struct op_call *c, struct err *e);
bool op_key_show(struct op_call *c, struct err *e);
bool op_key_rotate(struct op_call *c, struct err *e);
bool op_doctor(struct op_call *c, struct err *e);
bool op_doctor_closed(struct op_call *c, const struct err *why, struct err *e);
bool op_org_add(struct op_call *c, struct err *e);
bool op_org_list(struct op_call *c, struct err *e);
struct credential_input;
/* customers/app.c: CREDENTIAL_PARAMS of a call. */
void op_credential(const struct op_call *c, struct credential_input *out);
bool op_app_add(struct op_call *c, struct err *e);
bool op_app_list(struct op_call *c, struct err *e);
bool op_app_show(struct op_call *c, struct err *e);
bool op_app_certificate(struct op_call *c, struct err *e);
bool op_app_set(struct op_call *c, struct err *e);
bool op_app_remove(struct op_call *c, struct err *e);
bool op_app_rotate(struct op_call *c, struct err *e);
bool op_tenant_rotate(struct op_call *c, struct err *e);
bool op_tenant_add(struct op_call *c, struct err *e);
bool op_tenant_list(struct op_call *c, struct err *e);
bool op_tenant_test(struct op_call *c, struct err *e);    /* customers/test.c */
bool op_consent_needed(struct op_call *c, struct err *e); /* customers/consent_needed.c */
bool op_tenant_show(struct op_call *c, struct err *e);
bool op_tenant_set(struct op_call *c, struct err *e);
bool op_tenant_move(struct op_call *c, struct err *e);
bool op_org_remove(struct op_call *c, struct err *e);
bool op_tenant_remove(struct op_call *c, struct err *e);
bool op_cloud_list(struct op_call *c, struct err *e);
bool op_proxy_set(struct op_call *c, struct err *e);
bool op_proxy_list(struct op_call *c, struct err *e);
bool op_proxy_remove(struct op_call *c, struct err *e);
bool op_proxy_which(struct op_call *c, struct err *e);
bool op_tenant_import(struct op_call *c, struct err *e);
bool op_consent_url(struct op_call *c, struct err *e);
/* Our page that the browser comes back to after consent; empty: no listener. HOST_BYTES long. */
struct conf;
void op_consent_redirect(const struct conf *c, char *out);
bool op_onboarding_list(struct op_call *c, struct err *e);
bool op_onboarding_show(struct op_call *c, struct err *e);
bool op_onboarding_accept(struct op_call *c, struct err *e);
bool op_onboarding_reject(struct op_call *c, struct err *e);
bool op_onboarding_check(struct op_call *c, struct err *e);
bool op_settings_show(struct op_call *c, struct err *e);
bool op_settings_set(struct op_call *c, struct err *e);
bool op_settings_unset(struct op_call *c, struct err *e);
bool op_alert_list(struct op_call *c, struct err *e);
bool op_alert_show(struct op_call *c, struct err *e);
bool op_incident_list(struct op_call *c, struct err *e);
bool op_incident_show(struct op_call *c, struct err *e);
bool op_device_list(struct op_call *c, struct err *e);
bool op_device_show(struct op_call *c, struct err *e);
bool op_device_isolate(struct op_call *c, struct err *e);
bool op_device_release(struct op_call *c, struct err *e);
bool op_device_restrict(struct op_call *c, struct err *e);
bool op_device_unrestrict(struct op_call *c, struct err *e);
bool op_device_scan(struct op_call *c, struct err *e);
bool op_device_collect(struct op_call *c, struct err *e);
bool op_device_quarantine(struct op_call *c, struct err *e);
bool op_response_list(struct op_call *c, struct err *e);
bool op_response_show(struct op_call *c, struct err *e);
bool op_response_approve(struct op_call *c, struct err *e);
bool op_response_deny(struct op_call *c, struct err *e);
bool op_response_release(struct op_call *c, struct err *e);
bool op_response_retry(struct op_call *c, struct err *e);
bool op_response_stop(struct op_call *c, struct err *e);
bool op_response_resume(struct op_call *c, struct err *e);
bool op_exclude_add(struct op_call *c, struct err *e);
bool op_exclude_list(struct op_call *c, struct err *e);
bool op_exclude_remove(struct op_call *c, struct err *e);
/* respond/managed.c: "managed": how an alert stands with those that are kept in step; null: not known there. */
bool view_managed(struct op_call *c, const char *tenant_id, const char *alert_id, struct err *e);
bool op_readiness(struct op_call *c, struct err *e);
bool op_alert_resolve(struct op_call *c, struct err *e);
bool op_alert_comment(struct op_call *c, struct err *e);
bool op_feed_set(struct op_call *c, struct err *e);
bool op_feed_list(struct op_call *c, struct err *e);
bool op_pull(struct op_call *c, struct err *e);
bool op_pull_files(struct op_call *c, struct err *e);
bool op_policy_check(struct op_call *c, struct err *e);
bool op_policy_test(struct op_call *c, struct err *e);
bool op_policy_replay(struct op_call *c, struct err *e);
bool op_ocsf_map(struct op_call *c, struct err *e);
bool op_ocsf_check(struct op_call *c, struct err *e);
bool op_ocsf_drift(struct op_call *c, struct err *e);
bool op_ocsf_remap(struct op_call *c, struct err *e);
bool op_ocsf_forget(struct op_call *c, struct err *e);
bool op_ocsf_classes(struct op_call *c, struct err *e);
bool op_ocsf_test(struct op_call *c, struct err *e);

/* data/ocsf.c: each input in turn; `begin` hears its name first. No file named, or "-": standard input. */
typedef bool op_take_bytes(void *ctx, const char *p, size_t n);
bool op_each_input(const struct op_call *c, void (*begin)(void *ctx, const char *name), op_take_bytes *take, void *ctx,
                   struct err *e);
bool op_make_ocsf(const struct op_call *c, struct ocsf **out,
                  struct err *e); /* by --mappings, --ocsf, --classes, --raw */

/* "2026-11-20T00:00:00Z", or "2d": that long before now. Errors: API_BAD_PARAM. */
bool op_read_time(const struct op_call *c, const char *name, struct wall *out, struct err *e);
void write_time(struct json_writer *w, struct wall t); /* RFC 3339 to the second; null for "never" (0) */

#endif
