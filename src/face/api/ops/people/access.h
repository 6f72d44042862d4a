/* Operations about who may come in: people's logins, the caller's own, API tokens, single sign-on, the audit trail. */
#ifndef FACE_API_OPS_ACCESS_H
#define FACE_API_OPS_ACCESS_H

#include "face/api/ops/telling/telling.h"
#include "state/store/access.h"

bool op_user_passwd(struct op_call *c, struct err *e);
bool op_user_totp_off(struct op_call *c, struct err *e);
bool op_user_logout(struct op_call *c, struct err *e);
bool op_me_show(struct op_call *c, struct err *e);
bool op_me_passwd(struct op_call *c, struct err *e);
bool op_me_totp_enrol(struct op_call *c, struct err *e);
bool op_me_totp_confirm(struct op_call *c, struct err *e);
bool op_me_totp_off(struct op_call *c, struct err *e);
bool op_me_logout(struct op_call *c, struct err *e);
bool op_token_add(struct op_call *c, struct err *e);
bool op_token_list(struct op_call *c, struct err *e);
bool op_token_revoke(struct op_call *c, struct err *e);
bool op_audit_list(struct op_call *c, struct err *e);
bool op_audit_verify(struct op_call *c, struct err *e);
bool op_oidc_show(struct op_call *c, struct err *e);
bool op_oidc_set(struct op_call *c, struct err *e);
bool op_oidc_remove(struct op_call *c, struct err *e);
bool op_oidc_rule_add(struct op_call *c, struct err *e);
bool op_oidc_rule_remove(struct op_call *c, struct err *e);

/* --org NAME… and --all-orgs. Organizations that the caller does not see are not there (TENANT_NO_ORG). */
struct access_scope {
    bool is_scoped;
    int64_t *orgs;
    size_t count;
};
bool access_read_scope(const struct op_call *c, bool *is_given_out, struct access_scope *out, struct err *e);
/* "organizations": null (all) or their names. */
bool access_write_scope(struct json_writer *w, struct store *s, enum scope_owner kind, int64_t id, bool is_scoped,
                        struct err *e);
struct str access_line(struct str file); /* a secret's file without the line's end */
bool access_totp_off(struct store *s, struct login_record *l, struct err *e);

#endif
