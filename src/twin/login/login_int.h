/* Inside the login: what its files share.
 *
 * login.c finds the end-point and the tenant, token.c checks a request for a token and makes it, assertion.c checks
 * certificates, consent.c plays the consent screen, login_errors.c holds every AADSTS code. */
#ifndef TWIN_LOGIN_INT_H
#define TWIN_LOGIN_INT_H

#include "twin/cloud_int.h"

/* A detail of NULL: the code's usual one, from its row. Always false, so that a check can end with it. */
bool login_refuse(struct exchange *x, unsigned code, const char *detail);
bool login_refuse_str(struct exchange *x, unsigned code, struct str detail);
/* "AADSTS7000215: ..." with its trace lines, for pages and redirects. */
void login_error_text(struct exchange *x, unsigned code, const char *detail, struct buf *out);
void login_headers(struct exchange *x);

/* The tenant of the path, or a refusal. `client_id` may be empty; it decides what is said about "common". */
bool login_find_tenant(struct exchange *x, struct str name, struct str client_id);
/* The application as this tenant knows it, or a refusal; x->tenant is set. */
struct twin_app *login_find_app(struct exchange *x, struct str client_id, struct grant **grant_out);

void token_handle(struct exchange *x, struct str tenant, bool is_v1);
/* `audience`: the token end-point's URL. */
bool assertion_check(struct exchange *x, const struct twin_app *app, struct str assertion, struct str audience);
enum consent_form { CONSENT_V1, CONSENT_V2, CONSENT_AUTHORIZE };
void consent_handle(struct exchange *x, struct str tenant, enum consent_form form);

/* Pages for a browser (consent_page.c). */
void page_text(struct buf *out, struct str text);                                /* escaped */
void page_answer(struct exchange *x, int status, struct buf *html);              /* takes the bytes */
void page_sign_in(struct exchange *x);                                           /* sends who she is as `as` */
void page_permissions(struct exchange *x, struct str client_id, role_set asked); /* sends `answer` */
void page_need_approval(struct exchange *x, struct str client_id);

#endif
