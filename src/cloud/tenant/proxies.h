/* Proxy rules of account, organizations and tenants, as people set them (state/conf/proxy.h says which one decides). Blocking:
 * workers only. No error holds a password. */
#ifndef CLOUD_TENANT_PROXIES_H
#define CLOUD_TENANT_PROXIES_H

#include "cloud/tenant/settings.h"
#include "state/conf/proxy.h"
#include "state/store/proxies.h"

struct proxy_input {
    const char *pattern, *address;
    const char *user;           /* NULL, "": without login */
    const struct str *password; /* NULL: none */
    struct str ca_pem;          /* empty: nobody more is trusted */
};
/* Adds, or replaces the rule for the same pattern there; within the caller's transaction, as it is two writes. Errors: PROXY_BAD_PATTERN, PROXY_BAD_ADDRESS, PROXY_BAD_LOGIN,
 * SEAL_BAD_PEM, STORE_GONE. */
bool proxies_set(struct store *s, const struct setting_scope *at, const struct proxy_input *in,
                 struct proxy_record *out, struct err *e);
/* The rule for this pattern there, without its CA; id 0: there is none. */
bool proxies_find(struct store *s, const struct setting_scope *at, const char *pattern, struct proxy_record *out,
                  struct err *e);
/* PROXY_NO_RULE when there is none for this pattern there. */
bool proxies_remove(struct store *s, const struct setting_scope *at, const char *pattern, struct err *e);

/* All rules of an installation as read at once: gives each scope those that count for it. */
struct proxy_book;
bool proxy_book_read(struct store *s, struct proxy_book **out, struct err *e);
void proxy_book_free(struct proxy_book *b); /* accepts NULL */
/* A reference for the caller; NULL: no rule counts there. Whoever has the account's rules alone shares one list. A password that
 * cannot be opened counts as none: the proxy's refusal then says what is wrong. */
struct proxy_rules *proxy_book_rules(struct proxy_book *b, const struct setting_scope *at);

#endif
