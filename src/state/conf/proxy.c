#include "state/conf/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "state/conf/conf.h"

const char *const proxy_level_names[PROXY_LEVELS] = {
    [PROXY_OF_TENANT] = "tenant", [PROXY_OF_ORGANIZATION] = "organization", [PROXY_OF_ACCOUNT] = "account"};

struct proxy_rules *proxy_rules_new(size_t count)
{
    struct proxy_rules *r = calloc(1, sizeof *r + count * sizeof r->rules[0]);
    if (r == NULL) return NULL;
    atomic_init(&r->refs, 1);
    r->count = count;
    return r;
}

struct proxy_rules *proxy_rules_ref(struct proxy_rules *r)
{
    atomic_fetch_add(&r->refs, 1);
    return r;
}

void proxy_rules_unref(struct proxy_rules *r)
{
    if (r == NULL || atomic_fetch_sub(&r->refs, 1) > 1) return;
    for (size_t i = 0; i < r->count; i++) {
        secret_free(r->rules[i].password);
        free(r->rules[i].ca_pem);
    }
    free(r);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_secret(const struct secret *a, const struct secret *b)
{
    return a == b || (a && b && str_eq(secret_reveal(a), secret_reveal(b)));
}

bool proxy_rules_equal(const struct proxy_rules *a, const struct proxy_rules *b)
{
    if (a == b) return true;
    if (a == NULL || b == NULL || a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct proxy_rule *p = &a->rules[i], *q = &b->rules[i];
        if (p->level != q->level || strcmp(p->pattern, q->pattern) != 0 || strcmp(p->address, q->address) != 0 ||
            strcmp(p->user, q->user) != 0 || !is_same_text(p->ca_pem, q->ca_pem) ||
            !is_same_secret(p->password, q->password))
            return false;
    }
    return true;
}

/* ---- patterns ----------------------------------------------------------------------------------------------------------- */

struct place {
    struct str host, port; /* port empty: any, or the scheme's */
};

static struct place place_of(struct str text)
{
    struct place p = {.host = text};
    size_t from = text.n && text.p[0] == '[' ? str_find(text, STR("]"), 0) : 0;
    size_t colon = from == SIZE_MAX ? SIZE_MAX : str_find(text, STR(":"), from);
    if (colon == SIZE_MAX) return p;
    p.host = str_sub(text, 0, colon);
    p.port = str_sub(text, colon + 1, text.n);
    return p;
}

static bool ends_nocase(struct str s, struct str tail)
{
    return s.n >= tail.n && str_eq_nocase(str_sub(s, s.n - tail.n, tail.n), tail);
}

/* How close the pattern is to the place: 0 not at all. A host counts more than any "*.…", that by its length, a port by a little. */
static size_t closeness(struct str pattern, const struct place *to)
{
    enum { HOST = 4 * PROXY_PATTERN_BYTES };
    struct place p = place_of(pattern);
    size_t with_port = p.port.n ? 1 : 0;
    if (p.port.n && !str_eq(p.port, to->port.n ? to->port : STR("443"))) return 0;
    if (str_eq(p.host, STR("*"))) return conf_is_loopback(to->host) ? 0 : 1 + with_port;
    if (str_starts(p.host, STR("*.")))
        return ends_nocase(to->host, str_sub(p.host, 1, p.host.n)) ? 2 * p.host.n + with_port : 0;
    return str_eq_nocase(p.host, to->host) ? HOST + with_port : 0;
}

const struct proxy_rule *proxy_for(const struct proxy_rules *r, const char *url)
{
    const struct proxy_rule *best = NULL;
    size_t best_closeness = 0;
    struct str rest = str_of(url);
    if (r == NULL || !str_starts(rest, STR("https://"))) return NULL;
    rest = str_sub(rest, 8, rest.n);
    struct str authority = str_cut(&rest, '/');
    struct place to = place_of(str_cut(&authority, '?'));
    for (size_t i = 0; i < r->count; i++) {
        const struct proxy_rule *rule = &r->rules[i];
        size_t close = closeness(str_of(rule->pattern), &to);
        if (close == 0 || (best && rule->level > best->level)) continue;
        if (best && rule->level == best->level && close <= best_closeness) continue;
        best = rule;
        best_closeness = close;
    }
    return best;
}

/* ---- what people write -------------------------------------------------------------------------------------------------- */

static bool has_only_host_characters(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && !strchr("-._[]:", c)) return false;
    }
    return true;
}

const char *proxy_pattern_fault(struct str pattern)
{
    struct place p = place_of(pattern);
    uint64_t port;
    if (pattern.n == 0 || pattern.n >= PROXY_PATTERN_BYTES) return "expected a host, *.domain or *";
    if (str_find(pattern, STR("/"), 0) != SIZE_MAX) return "expected a host, not an address: without https:// and path";
    if (pattern.n > p.host.n && (!str_to_u64(p.port, &port) || port == 0 || port > UINT16_MAX))
        return "expected a port from 1 to 65535 behind the colon";
    if (str_eq(p.host, STR("*"))) return NULL;
    struct str name = str_starts(p.host, STR("*.")) ? str_sub(p.host, 2, p.host.n) : p.host;
    if (name.n == 0 || !has_only_host_characters(name))
        return "expected a host such as login.microsoftonline.com, all below one such as *.microsoft.com, or *";
    return NULL;
}

const char *proxy_address_fault(struct str address)
{
    static const char *const schemes[] = {"http://", "https://", "socks5h://"};
    if (address.n >= PROXY_ADDRESS_BYTES) return "the address is too long";
    if (str_eq(address, STR(PROXY_DIRECT))) return NULL;
    if (str_find(address, STR("@"), 0) != SIZE_MAX)
        return "name and password do not go into the address: --user, --password-file";
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (!str_starts(address, str_of(schemes[i]))) continue;
        struct place p = place_of(str_sub(address, strlen(schemes[i]), address.n));
        uint64_t port;
        bool is_good =
            p.host.n && has_only_host_characters(p.host) && str_to_u64(p.port, &port) && port > 0 && port <= UINT16_MAX;
        return is_good ? NULL : "expected host and port, such as http://proxy.example:3128";
    }
    return "expected http://host:port, https://host:port, socks5h://host:port or direct";
}
