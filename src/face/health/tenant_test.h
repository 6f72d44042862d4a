/* The Test: step by step, from what was entered to what may be done, how far a tenant's connection comes, each with a verdict of
 * its own, a code, the cause and what to do. It reads, one small question a source; what acts is judged by roles, licence,
 * systems and quota, never by trying. What cannot be told because something before it failed is skipped, and says so. */
#ifndef FACE_HEALTH_TENANT_TEST_H
#define FACE_HEALTH_TENANT_TEST_H

#include "cloud/defender/defender.h"
#include "cloud/net/http.h"
#include "face/health/capability.h"
#include "logic/respond/able.h"
#include "state/store/notices.h"

enum test_check {
    TEST_INPUT,
    TEST_DNS,
    TEST_PROXY,
    TEST_TCP,
    TEST_TLS,
    TEST_ANSWER,
    TEST_CLOCK,
    TEST_TOKEN,
    TEST_TENANT,
    TEST_ROLE,
    TEST_READ,
    TEST_LICENCE,
    TEST_QUOTA,
    TEST_ACTION,
    TEST_CHECKS
};
extern const char *const test_check_names[TEST_CHECKS]; /* "input", "dns", … */
enum test_verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_SKIPPED, /* something before it failed */
    VERDICT_OFF,     /* not wanted, not used, or not granted where nothing needs it */
    VERDICTS
};
extern const char *const test_verdict_names[VERDICTS];

struct test_finding {
    enum test_check check;
    enum test_verdict verdict;
    char about[80];            /* a host, an API, a feature */
    const struct cause *cause; /* of a failure; else NULL */
    char detail[400];
    char remedy[NOTICE_REMEDY_BYTES]; /* of a failure */
};
/* Of the devices that the machines feed brought, seen within 30 days: how many could take an order, and why others not. */
enum { TEST_FINDINGS_MAX = 80, TEST_GROUPS_MAX = 8 };
struct test_able_group {
    char system[40]; /* osPlatform */
    enum able answer;
    const char *why;
    unsigned count;
};
struct test_able {
    unsigned counts[ABLE_ANSWERS], waiting; /* waiting: of those that can, not heard of now */
    struct test_able_group groups[TEST_GROUPS_MAX];
    unsigned group_count;
};
struct test_report {
    struct wall at;
    bool is_full;
    struct test_finding findings[TEST_FINDINGS_MAX];
    unsigned count, verdicts[VERDICTS];
    struct capability_view view;
    bool is_endpoint; /* else no device is looked at */
    unsigned known;
    struct test_able able[DEEDS];
};
/* The first failure; NULL: none. */
const struct test_finding *test_first_failure(const struct test_report *r);
/* "findings": […], as a member of the object that is being written. */
void test_write_findings(const struct test_report *r, struct json_writer *w);
/* "devices": […], likewise: by action, how many can take it. */
void test_write_devices(const struct test_report *r, struct json_writer *w);

struct test_reach {
    struct http_look look;
    struct err error;       /* cause NULL: an answer came */
    char opener[160];       /* whose certificate was shown where it was not accepted; empty: not known */
    char way[160];          /* "direct", or the proxy and the rule that chose it */
    bool is_by_proxy;       /* then names are looked up there */
    struct wall here, date; /* our clock, and theirs; date 0: not said */
};
/* All block, and may be called from any thread but the loop's. */
struct test_ops {
    void *ctx;
    void (*reach)(void *ctx, const struct tenant *t, const char *url, struct test_reach *out);
    bool (*ask)(void *ctx, struct tenant *t, const struct fetch *f, struct err *e); /* its answer is not looked at */
    enum access (*access)(void *ctx, const char *tenant_id, enum endpoint endpoint);
    int64_t (*quota_wait_ms)(void *ctx, const char *tenant_id, enum api_family family);
    void (*settle)(void *ctx); /* waits until roles of the tokens that came are in the store */
};
/* Light: one question an API. False: the store failed. */
bool test_run(const struct test_ops *ops, struct store *s, struct tenant *t, struct wall now, bool is_full,
              struct test_report *out, struct err *e);
bool test_keep(struct store *s, const char *tenant_id, const struct test_report *r, struct err *e);

enum { TEST_CLOCK_OFF, TEST_TLS_OPENED, TEST_QUOTA_USED, TEST_CAUSE_COUNT };
extern const struct cause test_causes[TEST_CAUSE_COUNT];

#endif
