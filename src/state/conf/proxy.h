/* Proxy rules: which proxy, if any, a destination is reached through. Pure but for the reference count; a list is immutable
 * once it is shared, so any thread may ask it.
 *
 * A pattern is a host ("login.microsoftonline.com"), all names below one ("*.microsoft.com", not microsoft.com itself) or all
 * there are ("*"), each perhaps with a port (":443"). The nearest level that has a matching rule decides (tenant, then
 * organization, then account); within a level the closest pattern: a host before "*.…", the longer "*.…" before the shorter,
 * "*" last; with a port before without.
 *
 * Only https destinations go through a proxy, as a tunnel (CONNECT), so that no proxy sees a token; plain HTTP, which is for
 * this machine alone, never does, and "*" does not mean this machine. */
#ifndef STATE_CONF_PROXY_H
#define STATE_CONF_PROXY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kit/base/str.h"
#include "state/conf/secret.h"

#define PROXY_DIRECT "direct" /* an address that means: no proxy, whatever wider rules and the environment say */
enum { PROXY_PATTERN_BYTES = 260, PROXY_ADDRESS_BYTES = 300, PROXY_USER_BYTES = 128 };

/* In the order in which they decide. */
enum proxy_level { PROXY_OF_TENANT, PROXY_OF_ORGANIZATION, PROXY_OF_ACCOUNT, PROXY_LEVELS };
extern const char *const proxy_level_names[PROXY_LEVELS]; /* "tenant", "organization", "account" */

struct proxy_rule {
    enum proxy_level level;
    char pattern[PROXY_PATTERN_BYTES];
    char address[PROXY_ADDRESS_BYTES]; /* "http://proxy:3128", "https://…", "socks5h://…", or PROXY_DIRECT */
    char user[PROXY_USER_BYTES];       /* empty: without login */
    struct secret *password;           /* NULL: none */
    char *ca_pem;                      /* of whom TLS behind it is trusted besides; NULL: nobody more */
};
struct proxy_rules {
    _Atomic unsigned refs;
    size_t count;
    struct proxy_rule rules[];
};
struct proxy_rules *proxy_rules_new(size_t count); /* zeroed, refs 1; NULL when memory is out */
struct proxy_rules *proxy_rules_ref(struct proxy_rules *r);
void proxy_rules_unref(struct proxy_rules *r);                                    /* accepts NULL; wipes passwords */
bool proxy_rules_equal(const struct proxy_rules *a, const struct proxy_rules *b); /* accepts NULL */

/* The rule that decides for a URL; NULL: none does, and what the environment says holds (https_proxy, no_proxy). Accepts NULL. */
const struct proxy_rule *proxy_for(const struct proxy_rules *r, const char *url);
static inline bool proxy_is_direct(const struct proxy_rule *r)
{
    return str_eq(str_of(r->address), STR(PROXY_DIRECT));
}

/* What is wrong with it (static text), or NULL. */
const char *proxy_pattern_fault(struct str pattern);
const char *proxy_address_fault(struct str address);

#endif
