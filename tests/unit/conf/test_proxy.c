/* state/conf/proxy: which rule decides (a table), and what people may write (a table). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "state/conf/proxy.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
    enum proxy_level level;
    const char *pattern, *address;
} set[] = {
    {PROXY_OF_ACCOUNT, "*", "http://account:1"},
    {PROXY_OF_ACCOUNT, "login.microsoftonline.com", "http://account-login:1"},
    {PROXY_OF_ORGANIZATION, "*.microsoft.com", "http://org:1"},
    {PROXY_OF_ORGANIZATION, "*.security.microsoft.com", "http://org-security:1"},
    {PROXY_OF_ORGANIZATION, "*.security.microsoft.com:8443", "http://org-8443:1"},
    {PROXY_OF_TENANT, "graph.microsoft.com", PROXY_DIRECT},
    {PROXY_OF_TENANT, "[2001:db8::1]:443", "http://tenant-v6:1"},
};

static const struct {
    const char *url, *address; /* NULL: no rule */
} asked[] = {
    {"https://example.org/", "http://account:1"},
    {"https://LOGIN.microsoftonline.com/x/oauth2/v2.0/token", "http://account-login:1"},
    {"https://login.microsoftonline.com:443", "http://account-login:1"},
    {"https://login.microsoftonline.com.evil.example/", "http://account:1"},
    {"https://x.microsoft.com?a=https://graph.microsoft.com/", "http://org:1"},
    {"https://microsoft.com/", "http://account:1"},    /* not below itself */
    {"https://notmicrosoft.com/", "http://account:1"}, /* nor by a mere ending */
    {"https://api.security.microsoft.com/api/alerts", "http://org-security:1"},
    {"https://api.security.microsoft.com:8443/api", "http://org-8443:1"},
    {"https://graph.microsoft.com/v1.0/security", PROXY_DIRECT},
    {"https://[2001:db8::1]/", "http://tenant-v6:1"},
    {"https://[2001:db8::1]:8443/", "http://account:1"},
    {"https://127.0.0.1:8443/", NULL}, /* "*" is not this machine */
    {"https://[::1]/", NULL},
    {"https://localhost/", NULL},
    {"http://example.org/", NULL}, /* plain HTTP goes nowhere anyway */
};

static void test_the_nearest_rule_decides(void **state)
{
    struct proxy_rules *rules = proxy_rules_new(COUNT(set));
    (void)state;
    for (size_t i = 0; i < COUNT(set); i++) {
        rules->rules[i].level = set[i].level;
        assert_true(str_copy(str_of(set[i].pattern), rules->rules[i].pattern, sizeof rules->rules[i].pattern));
        assert_true(str_copy(str_of(set[i].address), rules->rules[i].address, sizeof rules->rules[i].address));
    }
    for (size_t i = 0; i < COUNT(asked); i++) {
        const struct proxy_rule *rule = proxy_for(rules, asked[i].url);
        const char *got = rule ? rule->address : "(none)", *want = asked[i].address ? asked[i].address : "(none)";
        if (!str_eq(str_of(got), str_of(want))) fail_msg("%s goes %s, not %s", asked[i].url, got, want);
    }
    assert_null(proxy_for(NULL, "https://example.org/"));
    proxy_rules_unref(rules);
}

static const char *const good_patterns[] = {"*",        "*:443",    "*.microsoft.com", "login.microsoftonline.com",
                                            "a.b:8443", "10.1.2.3", "[::1]:443"};
static const char *const bad_patterns[] = {"",    "*.",      "mi*soft.com", "https://a.b", "a.b/c", "a b",
                                           "a:0", "a:65536", "a:x",         "**",          "a,b",   "*x"};
static const char *const good_addresses[] = {"direct", "http://proxy:3128", "https://proxy.example:443",
                                             "socks5h://10.0.0.1:1080", "http://[fd00::1]:8080"};
static const char *const bad_addresses[] = {
    "",           "proxy:3128",     "http://proxy",  "http://user:pw@proxy:3128", "ftp://proxy:21", "http://:80",
    "http://a:0", "http://a:99999", "http://a b:80", "http://a:80/path",          "DIRECT"};

static void test_what_people_may_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good_patterns); i++)
        if (proxy_pattern_fault(str_of(good_patterns[i]))) fail_msg("%s is refused", good_patterns[i]);
    for (size_t i = 0; i < COUNT(bad_patterns); i++)
        if (!proxy_pattern_fault(str_of(bad_patterns[i]))) fail_msg("\"%s\" is taken", bad_patterns[i]);
    for (size_t i = 0; i < COUNT(good_addresses); i++)
        if (proxy_address_fault(str_of(good_addresses[i]))) fail_msg("%s is refused", good_addresses[i]);
    for (size_t i = 0; i < COUNT(bad_addresses); i++)
        if (!proxy_address_fault(str_of(bad_addresses[i]))) fail_msg("\"%s\" is taken", bad_addresses[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_rule_decides),
        cmocka_unit_test(test_what_people_may_write),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
