#include "logic/respond/facts.h"

/* A table of words per enumeration: the first spelling is ours, the others are those of Defender's APIs where they differ.
 * They are compared without regard to case, blanks, dashes and underscores. */
enum { SPELLINGS_MAX = 7 };
struct word {
    const char *spellings[SPELLINGS_MAX];
};
struct words {
    const struct word *items;
    size_t count;
};
#define WORDS(table) ((struct words){(table), sizeof(table) / sizeof *(table)})

static const struct word severities[SEVERITY_COUNT] = {
    [SEVERITY_UNKNOWN] = {{"unknown", "unspecified"}},
    [SEVERITY_INFORMATIONAL] = {{"informational", "info"}},
    [SEVERITY_LOW] = {{"low"}},
    [SEVERITY_MEDIUM] = {{"medium"}},
    [SEVERITY_HIGH] = {{"high"}},
};
static const struct word statuses[STATUS_COUNT] = {
    [STATUS_UNKNOWN] = {{"unknown"}},
    [STATUS_NEW] = {{"new", "active"}}, /* an incident's "active" is an alert's "new" */
    [STATUS_IN_PROGRESS] = {{"in progress", "awaitingAction"}},
    [STATUS_RESOLVED] = {{"resolved", "closed"}},
    [STATUS_REDIRECTED] = {{"redirected"}},
};
static const struct word classes[CLASS_COUNT] = {
    [CLASS_UNKNOWN] = {{"unknown", "not set"}},
    [CLASS_TRUE_POSITIVE] = {{"true positive"}},
    [CLASS_FALSE_POSITIVE] = {{"false positive"}},
    [CLASS_EXPECTED] = {{"expected", "informationalExpectedActivity"}},
};
static const struct word services[SERVICE_COUNT] = {
    [SERVICE_UNKNOWN] = {{"unknown"}},
    [SERVICE_ENDPOINT] = {{"endpoint", "microsoftDefenderForEndpoint"}},
    [SERVICE_IDENTITY] = {{"identity", "microsoftDefenderForIdentity"}},
    [SERVICE_CLOUD_APPS] = {{"cloud apps", "microsoftDefenderForCloudApps", "microsoftAppGovernance", "appGovernance"}},
    [SERVICE_OFFICE] = {{"office", "microsoftDefenderForOffice365", "office365"}},
    [SERVICE_XDR] = {{"xdr", "microsoft365Defender", "microsoftDefenderXdr"}},
    [SERVICE_ENTRA] = {{"entra", "azureAdIdentityProtection", "aadIdentityProtection", "entraIdProtection",
                        "microsoftEntraIdProtection"}},
    [SERVICE_CLOUD] = {{"cloud", "microsoftDefenderForCloud"}},
    [SERVICE_SENTINEL] = {{"sentinel", "microsoftSentinel"}},
    [SERVICE_DLP] = {{"dlp", "dataLossPrevention", "microsoftDataLossPrevention"}},
    [SERVICE_OTHER] = {{"other"}},
};
static const struct word handleds[HANDLED_COUNT] = {
    [HANDLED_UNKNOWN] = {{"unknown"}},
    [HANDLED_NO] = {{"no", "not"}},
    [HANDLED_PARTLY] = {{"partly"}},
    [HANDLED_WHOLLY] = {{"wholly"}},
};
static const struct word verdicts[VERDICT_COUNT] = {
    [VERDICT_UNKNOWN] = {{"unknown"}},
    [VERDICT_CLEAN] = {{"clean", "noThreatsFound"}},
    [VERDICT_SUSPICIOUS] = {{"suspicious"}},
    [VERDICT_MALICIOUS] = {{"malicious"}},
};
static const struct word remedies[REMEDY_COUNT] = {
    [REMEDY_UNKNOWN] = {{"unknown"}},
    [REMEDY_NONE] = {{"none", "detected"}},
    [REMEDY_OPEN] = {{"open", "active", "unremediated", "partiallyRemediated", "pendingApproval", "declined"}},
    [REMEDY_PREVENTED] = {{"prevented"}},
    [REMEDY_BLOCKED] = {{"blocked"}},
    [REMEDY_REMEDIATED] = {{"remediated"}},
};
static const struct word systems[OS_COUNT] = {
    [OS_UNKNOWN] = {{"unknown"}},
    [OS_WORKSTATION] = {{"workstation"}},
    [OS_SERVER] = {{"server"}},
    [OS_MOBILE] = {{"mobile"}},
};
static const struct word worths[WORTH_COUNT] = {
    [WORTH_UNKNOWN] = {{"unknown"}},
    [WORTH_LOW] = {{"low"}},
    [WORTH_NORMAL] = {{"normal"}},
    [WORTH_HIGH] = {{"high"}},
};
/* Bit by bit, as enum fact_role has them. "PrimaryDevice" is free text of detailedRoles. */
static const struct word roles[] = {
    {{"primary", "primaryDevice"}},
    {{"compromised"}},
    {{"contextual"}},
    {{"scanned"}},
    {{"source"}},
    {{"destination"}},
    {{"created"}},
    {{"added"}},
    {{"edited"}},
    {{"attacked"}},
    {{"attacker"}},
    {{"command and control"}},
    {{"loaded"}},
    {{"suspicious"}},
    {{"policy violator"}},
};
enum { ROLES = sizeof roles / sizeof *roles };
_Static_assert(1 << ROLES == ROLE_OTHER, "a word for each role that we know");

static bool is_filler(char c)
{
    return c == ' ' || c == '-' || c == '_' || c == '/';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_same_word(struct str s, const char *word)
{
    size_t i = 0;
    for (;; i++, word++) {
        while (i < s.n && is_filler(s.p[i])) i++;
        while (is_filler(*word)) word++;
        if (i == s.n || *word == 0) return i == s.n && *word == 0;
        if (lower(s.p[i]) != lower(*word)) return false;
    }
}

static bool find(struct words w, struct str s, size_t *out)
{
    for (size_t i = 0; i < w.count; i++) {
        for (size_t k = 0; k < SPELLINGS_MAX && w.items[i].spellings[k]; k++) {
            if (!is_same_word(s, w.items[i].spellings[k])) continue;
            *out = i;
            return true;
        }
    }
    return false;
}

/* The pair of functions of an enumeration. */
#define NAMED(type, table, name_fn, read_fn)          \
    const char *name_fn(enum type v)                  \
    {                                                 \
        return (table)[v].spellings[0];               \
    }                                                 \
    bool read_fn(struct str s, enum type *out)        \
    {                                                 \
        size_t i;                                     \
        if (!find(WORDS(table), s, &i)) return false; \
        *out = (enum type)i;                          \
        return true;                                  \
    }
NAMED(fact_severity, severities, severity_name, severity_read)
NAMED(fact_status, statuses, status_name, status_read)
NAMED(fact_class, classes, class_name, class_read)
NAMED(fact_service, services, service_name, service_read)
NAMED(fact_handled, handleds, handled_name, handled_read)
NAMED(fact_verdict, verdicts, verdict_name, verdict_read)
NAMED(fact_remedy, remedies, remedy_name, remedy_read)
NAMED(fact_os, systems, os_name, os_read)
NAMED(fact_worth, worths, worth_name, worth_read)

bool role_read(struct str s, uint32_t *bit_out)
{
    size_t i;
    if (!find(WORDS(roles), s, &i)) return false;
    *bit_out = UINT32_C(1) << i;
    return true;
}

void roles_write(uint32_t bits, struct buf *out)
{
    const char *comma = "";
    for (size_t i = 0; i <= ROLES; i++) {
        if (!(bits & UINT32_C(1) << i)) continue;
        (void)buf_addf(out, "%s%s", comma, i < ROLES ? roles[i].spellings[0] : "other");
        comma = ", ";
    }
    if (*comma == 0) (void)buf_add_str(out, STR("none"));
}

/* The first row whose beginning is the name's decides, so special names stand before general ones. Names are osPlatform's of
 * machines and evidence, and what people write in examples. */
static const struct {
    const char *start;
    enum fact_os kind;
} platforms[] = {
    {"windowsserver", OS_SERVER},
    {"windows server", OS_SERVER},
    {"server", OS_SERVER},
    {"azurestackhci", OS_SERVER},
    {"windows10", OS_WORKSTATION},
    {"windows 10", OS_WORKSTATION},
    {"windows11", OS_WORKSTATION},
    {"windows 11", OS_WORKSTATION},
    {"windows7", OS_WORKSTATION},
    {"windows 7", OS_WORKSTATION},
    {"windows8", OS_WORKSTATION},
    {"windows 8", OS_WORKSTATION},
    {"windowsvista", OS_WORKSTATION},
    {"windowsxp", OS_WORKSTATION},
    {"macos", OS_WORKSTATION},
    {"mac os", OS_WORKSTATION},
    {"ios", OS_MOBILE},
    {"ipados", OS_MOBILE},
    {"android", OS_MOBILE},
    {"linux", OS_SERVER},
    {"ubuntu", OS_SERVER},
    {"debian", OS_SERVER},
    {"redhat", OS_SERVER},
    {"red hat", OS_SERVER},
    {"rhel", OS_SERVER},
    {"centos", OS_SERVER},
    {"suse", OS_SERVER},
    {"sles", OS_SERVER},
    {"oracle", OS_SERVER},
    {"amazon", OS_SERVER},
    {"fedora", OS_SERVER},
    {"rocky", OS_SERVER},
    {"alma", OS_SERVER},
    {"mariner", OS_SERVER},
    {"azurelinux", OS_SERVER},
};

enum fact_os os_kind(struct str os)
{
    os = str_trim(os);
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        struct str start = str_of(platforms[i].start);
        if (os.n >= start.n && str_eq_nocase(str_sub(os, 0, start.n), start)) return platforms[i].kind;
    }
    return OS_UNKNOWN;
}

bool device_is_eligible(const struct fact_device *d)
{
    return (d->roles & (ROLE_PRIMARY | ROLE_COMPROMISED)) && !(d->roles & (ROLE_DESTINATION | ROLE_ATTACKED));
}

bool device_is_same(const struct fact_device *a, const struct fact_device *b)
{
    if (a->id.n > 0 && b->id.n > 0) return str_eq_nocase(a->id, b->id);
    return a->name.n > 0 && str_eq_nocase(a->name, b->name);
}

static bool is_handled(enum fact_remedy r)
{
    return r == REMEDY_PREVENTED || r == REMEDY_BLOCKED || r == REMEDY_REMEDIATED;
}

struct str facts_quarantine_sha1(const struct alert_facts *f, const struct fact_device *d)
{
    const struct fact_file *best = NULL;
    for (size_t i = 0; i < f->file_count; i++) {
        const struct fact_file *x = &f->files[i];
        bool is_there = x->device.n > 0 ? str_eq_nocase(x->device, d->id) : f->device_count == 1;
        if (!is_there || x->sha1.n == 0 || is_handled(x->remedy) || x->verdict < VERDICT_SUSPICIOUS) continue;
        if (best == NULL || x->verdict > best->verdict) best = x;
    }
    return best ? best->sha1 : STR_NONE;
}
