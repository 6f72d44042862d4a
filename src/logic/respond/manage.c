#include "logic/respond/manage.h"

#include <stdio.h>
#include <string.h>

const struct manage_row manage_rows[KEEP_COUNT] = {
    [KEEP_NONE] = {"none", "nothing speaks against it", false},
    [KEEP_ENDPOINT_OFF] = {"endpoint_off", "alerts of Defender for Endpoint are not managed here (setting endpoint)",
                           false},
    [KEEP_NOTHING_WANTED] = {"not_wanted", "neither resolve nor comment is set", false},
    [KEEP_DONE] = {"done", "it has been done", false},
    [KEEP_RESOLVED] = {"resolved", "it is resolved already", true},
    [KEEP_REOPENED] = {"reopened", "it was resolved once and somebody opened it again", false},
    [KEEP_NOT_ENDPOINT] = {"not_endpoint", "it is not an alert of Defender for Endpoint", false},
    [KEEP_UNREADABLE] = {"unreadable", "something in it was not understood", false},
    [KEEP_CUSTOM_DETECTION] = {"custom_detection", "a detection rule of the customer's own raised it", false},
    [KEEP_BEFORE] = {"before", "it was not first seen in live polling", false},
    [KEEP_NOT_HANDLED] = {"not_handled", "Defender has not handled all of it, and nobody has closed its case here",
                          false},
    [KEEP_TAKEN] = {"taken", "somebody has taken it in Defender", true},
    [KEEP_CLASSIFIED] = {"classified", "somebody has judged it in Defender", false},
    [KEEP_HIGH_UNSEEN] = {"high_unseen", "it is high and nobody has acknowledged it", false},
    [KEEP_STOPPED] = {"stopped", "the response is stopped", false},
    [KEEP_NO_ROLE] = {"no_role", "the application may not write to alerts of this tenant", true},
    [KEEP_ISOLATED] = {"isolated", "a device of it is isolated, or about to be", false},
    [KEEP_HELD] = {"held", "a device of it is held by us", false},
    [KEEP_ISOLATION_UNKNOWN] = {"isolation_unknown", "whether its devices are isolated cannot be read", false},
    [KEEP_SOON] = {"soon", "it has not been quiet for long enough (setting resolve_after)", false},
    [KEEP_OTHERS_OPEN] = {"others_open", "other alerts of its incident are open", false},
    [KEEP_CHANGED] = {"changed", "it is not as we saw it any more", false},
};

/* ---- the table of exclusions: in the order of enum manage_keep --------------------------------------------------------------- */
struct question {
    const struct manage_alert *a;
    const struct manage_rules *r;
    struct wall now;
};

static bool endpoint_off(const struct question *q)
{
    return !q->r->endpoint;
}
static bool nothing_wanted(const struct question *q)
{
    return !q->r->resolve && !q->r->comment;
}
static bool done(const struct question *q)
{
    return q->a->is_done;
}
static bool resolved(const struct question *q)
{
    return q->a->status == STATUS_RESOLVED;
}
static bool reopened(const struct question *q)
{
    return q->a->was_reopened;
}
static bool not_endpoint(const struct question *q)
{
    return q->a->service != SERVICE_ENDPOINT;
}
static bool unreadable(const struct question *q)
{
    return q->a->has_unread || q->a->severity == SEVERITY_UNKNOWN || q->a->status == STATUS_UNKNOWN;
}
static bool custom_detection(const struct question *q)
{
    return q->a->is_custom_detection;
}
static bool before(const struct question *q) /* a person's closing is firm ground however the alert came */
{
    return !q->a->is_live && !q->a->is_closed_here;
}
static bool not_handled(const struct question *q)
{
    return q->a->handled != HANDLED_WHOLLY && !q->a->is_closed_here;
}
static bool taken(const struct question *q)
{
    return q->a->is_assigned || q->a->status == STATUS_IN_PROGRESS;
}
static bool classified(const struct question *q)
{
    return q->a->classification != CLASS_UNKNOWN;
}
static bool high_unseen(const struct question *q)
{
    return q->a->severity >= SEVERITY_HIGH && !q->a->is_acknowledged && !q->a->is_closed_here;
}
static bool stopped(const struct question *q)
{
    return q->r->is_stopped;
}
static bool no_role(const struct question *q)
{
    return !q->r->may_write;
}
static bool isolated(const struct question *q)
{
    return q->a->isolation == ISOLATION_YES;
}
static bool held(const struct question *q)
{
    return q->a->is_held;
}
static bool isolation_unknown(const struct question *q)
{
    return q->a->isolation == ISOLATION_UNREAD;
}
static bool soon(const struct question *q)
{
    return q->now.ticks < manage_due(q->a, q->r).ticks;
}

static const struct {
    enum manage_keep keep;
    bool (*holds)(const struct question *q);
    bool needs_devices; /* asked only once they were read */
} exclusions[] = {
    {KEEP_ENDPOINT_OFF, endpoint_off, false},
    {KEEP_NOTHING_WANTED, nothing_wanted, false},
    {KEEP_DONE, done, false},
    {KEEP_RESOLVED, resolved, false},
    {KEEP_REOPENED, reopened, false},
    {KEEP_NOT_ENDPOINT, not_endpoint, false},
    {KEEP_UNREADABLE, unreadable, false},
    {KEEP_CUSTOM_DETECTION, custom_detection, false},
    {KEEP_BEFORE, before, false},
    {KEEP_NOT_HANDLED, not_handled, false},
    {KEEP_TAKEN, taken, false},
    {KEEP_CLASSIFIED, classified, false},
    {KEEP_HIGH_UNSEEN, high_unseen, false},
    {KEEP_STOPPED, stopped, false},
    {KEEP_NO_ROLE, no_role, false},
    {KEEP_ISOLATED, isolated, true},
    {KEEP_HELD, held, true},
    {KEEP_ISOLATION_UNKNOWN, isolation_unknown, true},
    {KEEP_SOON, soon, false},
};

static enum manage_keep judge(const struct question *q, bool with_devices)
{
    for (size_t i = 0; i < sizeof exclusions / sizeof exclusions[0]; i++)
        if ((with_devices || !exclusions[i].needs_devices) && exclusions[i].holds(q)) return exclusions[i].keep;
    return KEEP_NONE;
}

enum manage_keep manage_judge(const struct manage_alert *a, const struct manage_rules *r, struct wall now)
{
    return judge(&(struct question){a, r, now}, true);
}

enum manage_keep manage_judge_unread(const struct manage_alert *a, const struct manage_rules *r, struct wall now)
{
    return judge(&(struct question){a, r, now}, false);
}

enum manage_keep manage_judge_order(const struct manage_alert *a, bool resolves)
{
    const struct question q = {.a = a};
    if (resolves && resolved(&q)) return KEEP_RESOLVED;
    return resolves && taken(&q) ? KEEP_TAKEN : KEEP_NONE;
}

void manage_judge_incident(const struct manage_alert *alerts, enum manage_keep *keeps, size_t count)
{
    bool is_open = false;
    for (size_t i = 0; i < count; i++)
        is_open |= keeps[i] != KEEP_NONE && keeps[i] != KEEP_DONE && alerts[i].status != STATUS_RESOLVED;
    for (size_t i = 0; is_open && i < count; i++)
        if (keeps[i] == KEEP_NONE) keeps[i] = KEEP_OTHERS_OPEN;
}

struct wall manage_due(const struct manage_alert *a, const struct manage_rules *r)
{
    return wall_add(a->quiet_since, r->after_ms * WALL_TICKS_PER_MS);
}

/* ---- still as we saw it? ---------------------------------------------------------------------------------------------------- */
const char *manage_change_name(enum manage_change c)
{
    static const char *const names[CHANGE_COUNT] = {
        [CHANGE_STATUS] = "status",    [CHANGE_OWNER] = "owner",       [CHANGE_CLASSIFICATION] = "classification",
        [CHANGE_COMMENT] = "comment",  [CHANGE_SEVERITY] = "severity", [CHANGE_INCIDENT] = "incident",
        [CHANGE_HANDLED] = "evidence", [CHANGE_REOPENED] = "reopened", [CHANGE_OTHER] = "other"};
    return names[c];
}

static void keep_text(struct str s, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", STR_ARG(s));
}

void manage_view_of(const struct alert_facts *f, uint32_t comments, struct manage_view *out)
{
    *out = (struct manage_view){.updated = f->updated,
                                .status = f->status,
                                .classification = f->classification,
                                .severity = f->severity,
                                .handled = f->handled,
                                .comments = comments};
    keep_text(f->assigned, out->owner, sizeof out->owner);
    keep_text(f->determination, out->determination, sizeof out->determination);
    keep_text(f->incident, out->incident, sizeof out->incident);
}

static uint32_t bit(bool differs, enum manage_change c)
{
    return differs ? 1u << c : 0;
}

uint32_t manage_diff(const struct manage_view *b, const struct manage_view *n)
{
    uint32_t changes =
        bit(b->status != n->status, CHANGE_STATUS) | bit(strcmp(b->owner, n->owner) != 0, CHANGE_OWNER) |
        bit(b->classification != n->classification || strcmp(b->determination, n->determination) != 0,
            CHANGE_CLASSIFICATION) |
        bit(b->comments != n->comments, CHANGE_COMMENT) | bit(b->severity != n->severity, CHANGE_SEVERITY) |
        bit(strcmp(b->incident, n->incident) != 0, CHANGE_INCIDENT) | bit(b->handled != n->handled, CHANGE_HANDLED) |
        bit(b->status == STATUS_RESOLVED && n->status != STATUS_RESOLVED, CHANGE_REOPENED);
    return changes ? changes : bit(b->updated.ticks != n->updated.ticks, CHANGE_OTHER);
}

uint32_t manage_foreign(uint32_t changes, const struct manage_view *written, const struct manage_view *now)
{
    if (now->status == written->status) changes &= ~(1u << CHANGE_STATUS);
    if (now->classification == written->classification && strcmp(now->determination, written->determination) == 0)
        changes &= ~(1u << CHANGE_CLASSIFICATION);
    return changes & ~(1u << CHANGE_OTHER);
}

/* ---- words --------------------------------------------------------------------------------------------------------------------- */
#define PAIR(c, C, d, D) \
    {                    \
        c, d,            \
        {                \
            {c, d},      \
            {            \
                C, D     \
            }            \
        }                \
    }
#define TRUE_POSITIVE(d, D) PAIR("truePositive", "TruePositive", d, D)
#define EXPECTED(d, D) PAIR("informationalExpectedActivity", "InformationalExpectedActivity", d, D)
#define FALSE_POSITIVE(d, D) PAIR("falsePositive", "FalsePositive", d, D)

/* As the portal offers them (Graph's metadata names; the Endpoint API's as its pages of alerts print them). */
const struct manage_pair manage_pairs[] = {
    TRUE_POSITIVE("multiStagedAttack", "MultiStagedAttack"),
    TRUE_POSITIVE("maliciousUserActivity", "MaliciousUserActivity"),
    TRUE_POSITIVE("compromisedAccount", "CompromisedUser"),
    TRUE_POSITIVE("malware", "Malware"),
    TRUE_POSITIVE("phishing", "Phishing"),
    TRUE_POSITIVE("unwantedSoftware", "UnwantedSoftware"),
    TRUE_POSITIVE("other", "Other"),
    EXPECTED("securityTesting", "SecurityTesting"),
    EXPECTED("lineOfBusinessApplication", "LineOfBusinessApplication"),
    EXPECTED("confirmedActivity", "ConfirmedUserActivity"),
    EXPECTED("other", "Other"),
    FALSE_POSITIVE("notMalicious", "Clean"),
    FALSE_POSITIVE("notEnoughDataToValidate", "InsufficientData"),
    FALSE_POSITIVE("other", "Other"),
    TRUE_POSITIVE(NULL, NULL),
    EXPECTED(NULL, NULL),
    FALSE_POSITIVE(NULL, NULL),
};
const size_t manage_pair_count = sizeof manage_pairs / sizeof manage_pairs[0];

static bool is_word(struct str given, const char *ours, const char *theirs)
{
    if (ours == NULL) return given.n == 0;
    return str_eq_nocase(given, str_of(ours)) || str_eq_nocase(given, str_of(theirs));
}

static struct str or_empty(struct str s)
{
    return str_eq_nocase(s, STR("none")) ? STR_NONE : s;
}

const struct manage_pair *manage_pair_find(struct str classification, struct str determination)
{
    /* other spellings of Microsoft's pages */
    static const struct {
        struct str spelled, meant;
    } others[] = {{STR("compromisedUser"), STR("compromisedAccount")},
                  {STR("confirmedUserActivity"), STR("confirmedActivity")},
                  {STR("clean"), STR("notMalicious")},
                  {STR("insufficientData"), STR("notEnoughDataToValidate")}};
    struct str c = or_empty(str_trim(classification)), d = or_empty(str_trim(determination));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (str_eq_nocase(d, others[i].spelled)) d = others[i].meant;
    for (size_t i = 0; c.n && i < manage_pair_count; i++) {
        const struct manage_pair *p = &manage_pairs[i];
        if (is_word(c, p->classification, p->words[MANAGE_ENDPOINT][0]) &&
            is_word(d, p->determination, p->words[MANAGE_ENDPOINT][1]))
            return p;
    }
    return NULL;
}

bool manage_comment_is_ours(struct str comment, struct str mark)
{
    return str_starts(comment, mark);
}
