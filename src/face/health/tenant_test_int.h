/* What the files of the Test share. */
#ifndef FACE_HEALTH_TENANT_TEST_INT_H
#define FACE_HEALTH_TENANT_TEST_INT_H

#include "face/health/tenant_test.h"

/* One small question. */
enum test_source {
    SOURCE_ALERTS,
    SOURCE_INCIDENTS,
    SOURCE_HUNTING,
    SOURCE_MACHINES,
    SOURCE_MACHINE_ACTIONS,
    SOURCE_ALERTS_ENDPOINT,
    SOURCE_HUNTING_ENDPOINT,
    SOURCE_SIEM,
    SOURCES
};
struct test_run {
    const struct test_ops *ops;
    struct tenant *t;
    struct test_report *r;
    bool is_full, is_entered;
    feature_set on;              /* what is switched on there */
    bool reached[AUD_COUNT + 1]; /* the login's host, then each API's */
    bool is_off[AUD_COUNT];      /* there is none, or it is not to be asked */
    bool was_asked[SOURCES];
    struct err errors[SOURCES]; /* of those that were asked; cause NULL: it answered */
    bool has_token[AUD_COUNT];
    struct err token_errors[AUD_COUNT]; /* cause NULL: none was asked for, or it came */
};

void found(struct test_report *r, enum test_check check, enum test_verdict verdict, const char *about, const char *fmt,
           ...) __attribute__((format(printf, 5, 6)));
/* remedy NULL: the cause's. */
void failed(struct test_report *r, enum test_check check, const char *about, const struct cause *cause,
            const char *detail, const char *remedy);
/* tenant_test_read.c: asks; and then, once the roles are known, what it comes to. */
void test_reads(struct test_run *run);
void test_judge(struct test_run *run);
/* tenant_test_devices.c: counts them; and tells of one action, "3 of 4 devices; 1 cannot (1 macOS: …)". */
bool test_devices(struct test_report *r, struct store *s, const char *tenant_id, struct err *e);
void test_tell_able(const struct test_report *r, enum able_deed deed, struct buf *out);

#endif
