/* What an alert says, as far as deciding about it goes: read once out of whatever API it came from (flow/act/facts_read.h),
 * then the same for policy, engine, replay and examples in policy files.
 *
 * Texts are borrowed from the row, or from the arena it was read into: who keeps facts keeps that. What a row does not say, or
 * says in a form nobody can read, is absent (empty text, 0, UNKNOWN) and noted in `unread`: reading never fails.
 * Pure: no I/O, no clock, any thread. */
#ifndef LOGIC_RESPOND_FACTS_H
#define LOGIC_RESPOND_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/arena.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"

enum fact_object { FACT_ALERT, FACT_INCIDENT };
/* In their order, so that `>=` means what people mean by it. UnSpecified and the like are UNKNOWN. */
enum fact_severity {
    SEVERITY_UNKNOWN,
    SEVERITY_INFORMATIONAL,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_COUNT
};
enum fact_status { STATUS_UNKNOWN, STATUS_NEW, STATUS_IN_PROGRESS, STATUS_RESOLVED, STATUS_REDIRECTED, STATUS_COUNT };
enum fact_class { CLASS_UNKNOWN, CLASS_TRUE_POSITIVE, CLASS_FALSE_POSITIVE, CLASS_EXPECTED, CLASS_COUNT };
/* Which product raised it, whatever that API calls it. OTHER: named, but not known to us (see service_text). */
enum fact_service {
    SERVICE_UNKNOWN,
    SERVICE_ENDPOINT,
    SERVICE_IDENTITY,
    SERVICE_CLOUD_APPS,
    SERVICE_OFFICE,
    SERVICE_XDR,
    SERVICE_ENTRA,
    SERVICE_CLOUD,
    SERVICE_SENTINEL,
    SERVICE_DLP,
    SERVICE_OTHER,
    SERVICE_COUNT
};
/* What became of the evidence that counts (see facts_read.h): UNKNOWN when no evidence was told. */
enum fact_handled { HANDLED_UNKNOWN, HANDLED_NO, HANDLED_PARTLY, HANDLED_WHOLLY, HANDLED_COUNT };
enum fact_verdict { VERDICT_UNKNOWN, VERDICT_CLEAN, VERDICT_SUSPICIOUS, VERDICT_MALICIOUS, VERDICT_COUNT };
/* PREVENTED, BLOCKED and REMEDIATED are what "handled" is made of; everything else that was told is OPEN. */
enum fact_remedy {
    REMEDY_UNKNOWN,
    REMEDY_NONE,
    REMEDY_OPEN,
    REMEDY_PREVENTED,
    REMEDY_BLOCKED,
    REMEDY_REMEDIATED,
    REMEDY_COUNT
};
/* Parts that evidence plays, bits. PRIMARY is what Defender calls the alert's own device (PrimaryDevice; the machine of an
 * Endpoint or SIEM alert). */
enum fact_role {
    ROLE_PRIMARY = 1 << 0,
    ROLE_COMPROMISED = 1 << 1,
    ROLE_CONTEXTUAL = 1 << 2,
    ROLE_SCANNED = 1 << 3,
    ROLE_SOURCE = 1 << 4,
    ROLE_DESTINATION = 1 << 5,
    ROLE_CREATED = 1 << 6,
    ROLE_ADDED = 1 << 7,
    ROLE_EDITED = 1 << 8,
    ROLE_ATTACKED = 1 << 9,
    ROLE_ATTACKER = 1 << 10,
    ROLE_COMMAND_AND_CONTROL = 1 << 11,
    ROLE_LOADED = 1 << 12,
    ROLE_SUSPICIOUS = 1 << 13,
    ROLE_POLICY_VIOLATOR = 1 << 14,
    ROLE_OTHER = 1 << 15 /* one we do not know */
};
/* Kinds of machines, by operating system alone. A server whose role in its domain is not established may be a domain
 * controller: no OS name says that it is none. */
enum fact_os { OS_UNKNOWN, OS_WORKSTATION, OS_SERVER, OS_MOBILE, OS_COUNT };
enum fact_worth { WORTH_UNKNOWN, WORTH_LOW, WORTH_NORMAL, WORTH_HIGH, WORTH_COUNT }; /* Defender's "device value" */

struct fact_texts {
    const struct str *items;
    size_t count;
};
struct fact_device {
    struct str id;       /* Defender's machine id; empty: the row does not say */
    struct str entra_id; /* the Entra device's */
    struct str name;     /* FQDN, else host name */
    struct str os;       /* "Windows11", as told */
    struct str group;    /* device group (RBAC group) by name */
    struct fact_texts tags;
    uint32_t roles; /* enum fact_role; 0: none told */
    enum fact_verdict verdict;
    enum fact_remedy remedy;
    enum fact_worth worth;
    /* The machine itself was asked and what it said is filled in: what is absent now is absent, not merely untold. Alerts
     * do not tell a device's value, and not all of its tags. */
    bool is_read;
    bool is_domain_controller; /* established, be it by its tags or by a person; false says nothing */
};
struct fact_user {
    struct str name; /* principal name, else domain\account, else account */
    struct str sid, entra_id;
    uint32_t roles;
};
enum fact_kind { VALUE_HASH, VALUE_ADDRESS, VALUE_DOMAIN, VALUE_URL, VALUE_KINDS };
struct fact_value { /* what was observed, as threat intelligence knows it; hashes are lower case */
    struct str text;
    enum fact_kind kind;
};
struct fact_file { /* for quarantine */
    struct str sha1, sha256, name;
    struct str device; /* machine id; empty: not told */
    enum fact_verdict verdict;
    enum fact_remedy remedy;
};
enum { FACT_UNREAD_BYTES = 96 };
struct alert_facts {
    enum fact_object object;
    /* Of whom: the tenant is the feed's, never the row's word. Filled in by the caller. */
    struct str tenant, organization; /* tenant id (lower case); names */
    struct str tenant_name;

    struct str id, incident; /* incident: the one it is in now; empty: none */
    struct str redirected;   /* of an incident: the surviving one's id */
    struct str title;
    struct fact_texts categories; /* the main one first */
    enum fact_severity severity;
    enum fact_status status;
    enum fact_class classification;
    struct str determination;
    struct str assigned; /* to whom; empty: nobody */
    enum fact_service service;
    struct str service_text, detection; /* service source and detection source, as told */
    struct str detector;
    struct fact_texts techniques; /* "T1003.001", upper case */
    struct str threat, family;
    bool is_custom_detection; /* raised by the customer's own rule */
    struct wall created, updated, first_activity;
    enum fact_handled handled;

    const struct fact_device *devices;
    size_t device_count;
    const struct fact_user *users;
    size_t user_count;
    const struct fact_value *values;
    size_t value_count;
    const struct fact_file *files;
    size_t file_count;

    unsigned unread_count;          /* things in the row that could not be read ... */
    char unread[FACT_UNREAD_BYTES]; /* ... the first of them: "evidence[2].roles is a number" */
};

/* Words for people and policies ("high", "in progress", "true positive", "endpoint", "wholly" ...), and the way back: any API's
 * spelling, without regard to case, blanks, dashes and underscores. False: no such word. */
const char *severity_name(enum fact_severity v);
const char *status_name(enum fact_status v);
const char *class_name(enum fact_class v);
const char *service_name(enum fact_service v);
const char *handled_name(enum fact_handled v);
const char *verdict_name(enum fact_verdict v);
const char *remedy_name(enum fact_remedy v);
const char *os_name(enum fact_os v);
const char *worth_name(enum fact_worth v);
bool severity_read(struct str s, enum fact_severity *out);
bool status_read(struct str s, enum fact_status *out);
bool class_read(struct str s, enum fact_class *out);
bool service_read(struct str s, enum fact_service *out);
bool handled_read(struct str s, enum fact_handled *out);
bool verdict_read(struct str s, enum fact_verdict *out);
bool remedy_read(struct str s, enum fact_remedy *out);
bool os_read(struct str s, enum fact_os *out);
bool worth_read(struct str s, enum fact_worth *out);
bool role_read(struct str s, uint32_t *bit_out);
/* "primary, compromised"; "none" of 0. */
void roles_write(uint32_t roles, struct buf *out);

/* The kind of machine that an OS name stands for ("Windows10", "WindowsServer2019", "Linux", "macOS" ...). A Linux is taken for
 * a server. A name that is not known is OS_UNKNOWN: guarded like a server. */
enum fact_os os_kind(struct str os);
/* May an alert's own device be acted on unattended, by its part in the alert: primary or compromised, and neither
 * destination nor attacked. */
bool device_is_eligible(const struct fact_device *d);
/* The same device: by id where both have one, else by name (FQDN or host name alone on one side: no). */
bool device_is_same(const struct fact_device *a, const struct fact_device *b);
/* What to quarantine on that device: SHA-1 of the alert's first malicious, else suspicious, file that is not handled; a
 * file without a device counts if the alert has one device only. Empty: there is none. */
struct str facts_quarantine_sha1(const struct alert_facts *f, const struct fact_device *d);

#endif
