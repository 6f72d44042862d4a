/* Is everything here as it must be? What is looked at, and what was found: ok, a warning or a failure, with a stable code, the place,
 * the cause and what to do. Reads files and the store's tables alone: nothing is sent, nothing is changed, not even what an
 * opening of log or lake would tidy up. Blocking: workers only. */
#ifndef FACE_HEALTH_DOCTOR_H
#define FACE_HEALTH_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "kit/sys/fs.h"
#include "state/conf/conf.h"
#include "state/store/notices.h"
#include "state/store/store.h"

enum doctor_area {
    AREA_INSTALLATION,
    AREA_KEY,
    AREA_STORE,
    AREA_AUDIT,
    AREA_LOG,
    AREA_LAKE,
    AREA_MAPPINGS,
    AREA_POLICY,
    AREA_CHANNELS,
    AREA_LISTENER,
    AREA_CREDENTIALS,
    AREA_PROXIES,
    AREA_TENANTS,
    DOCTOR_AREAS
};
extern const char *const doctor_area_names[DOCTOR_AREAS];

enum finding_state { FINDING_OK, FINDING_WARNING, FINDING_FAILED, FINDING_STATES };
extern const char *const finding_state_names[FINDING_STATES];

enum { FINDING_PLACE_BYTES = 320 };
struct finding {
    enum finding_state state;
    enum doctor_area area;
    char code[64]; /* empty: ok */
    char place[FINDING_PLACE_BYTES];
    char reason[400];
    char remedy[NOTICE_REMEDY_BYTES];
};
struct doctor {
    struct finding *findings; /* what is wrong, in the order it was found; doctor_sort puts the worst first */
    size_t count, cap;
    uint64_t counts[DOCTOR_AREAS][FINDING_STATES];
    char about[DOCTOR_AREAS][200]; /* worth telling of an area that is well: the key's fingerprint */
    bool is_incomplete;            /* memory ran out: findings are missing */
};
void doctor_done(struct doctor *d); /* accepts a zeroed one */
void doctor_ok(struct doctor *d, enum doctor_area area);
/* Place and cause are the caller's; the reason is formatted. */
void doctor_find(struct doctor *d, enum doctor_area area, enum finding_state state, const struct cause *cause,
                 const char *place, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void doctor_err(struct doctor *d, enum doctor_area area, const char *place, const struct err *e);
/* With a code and remedy of the store's. */
void doctor_put(struct doctor *d, const struct finding *f);
uint64_t doctor_total(const struct doctor *d, enum finding_state state);
/* Failures first, then by area; the order within stays. */
void doctor_sort(struct doctor *d);

/* What is looked at. `store` NULL: it could not be opened, `why` says why, and only files are looked at. */
struct doctor_input {
    struct fs fs;
    const struct conf *conf; /* NULL: portcullis.yaml cannot be read either */
    const char *config_path;
    struct store *store;
    const struct seal_key *key; /* NULL: not loaded */
    const struct err *why;
    bool is_served; /* a service runs, and this is it */
    struct wall now;
};
/* Everything but the mapping files, which the caller compiles: this room knows no OCSF. */
void doctor_look(const struct doctor_input *in, struct doctor *d);
/* Its parts. */
void doctor_installation(const struct doctor_input *in, struct doctor *d);
void doctor_state(const struct doctor_input *in, struct doctor *d);  /* store, audit, log, lake */
void doctor_people(const struct doctor_input *in, struct doctor *d); /* policy, channels, listener */
void doctor_reach(const struct doctor_input *in, struct doctor *d);  /* credentials, proxies */
void doctor_tenants(const struct doctor_input *in, struct doctor *d);

/* ---- pure judgements ---------------------------------------------------------------------------------------------------- */
struct disk_facts {
    uint64_t free, total, day; /* bytes: free, of all; written within the last day */
};
enum finding_state doctor_judge_disk(const struct disk_facts *f, char reason[200]);
/* Of a certificate's or secret's end: over, within 30 days, later. */
enum finding_state doctor_judge_expiry(struct wall until, struct wall now, int64_t *days_out);

enum {
    DOCTOR_MODE,
    DOCTOR_OWNER,
    DOCTOR_NOT_WRITABLE,
    DOCTOR_DISK,
    DOCTOR_FILES,
    DOCTOR_CLOCK,
    DOCTOR_ORPHANS,
    DOCTOR_DEAD,
    DOCTOR_LAG,
    DOCTOR_CHANNEL,
    DOCTOR_CERTIFICATE,
    DOCTOR_CREDENTIAL,
    DOCTOR_NO_EXPIRY,
    DOCTOR_NO_CREDENTIAL,
    DOCTOR_PROXY,
    DOCTOR_NEVER_TESTED,
    DOCTOR_TEST_OLD,
    DOCTOR_TEST_FAILED,
    DOCTOR_FEED,
    DOCTOR_CAUSE_COUNT
};
extern const struct cause doctor_causes[DOCTOR_CAUSE_COUNT];

#endif
