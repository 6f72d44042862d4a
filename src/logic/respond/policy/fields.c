/* What a condition can ask for: a row per word. docs/policy.md and the messages are made from it too. */
#include "logic/respond/policy/policy_int.h"

/* ---- numbers of words ------------------------------------------------------------------------------------------------- */
#define WORD_PAIR(type, stem)                            \
    static bool read_##stem(struct str s, unsigned *out) \
    {                                                    \
        enum type v;                                     \
        if (!stem##_read(s, &v)) return false;           \
        *out = (unsigned)v;                              \
        return true;                                     \
    }                                                    \
    static const char *name_##stem(unsigned v)           \
    {                                                    \
        return stem##_name((enum type)v);                \
    }
WORD_PAIR(fact_severity, severity)
WORD_PAIR(fact_status, status)
WORD_PAIR(fact_class, class)
WORD_PAIR(fact_service, service)
WORD_PAIR(fact_handled, handled)
WORD_PAIR(fact_verdict, verdict)
WORD_PAIR(fact_os, os)
WORD_PAIR(fact_worth, worth)

static bool read_yes(struct str s, unsigned *out)
{
    struct yaml v = {.type = YAML_SCALAR, .text = s};
    bool yes;
    if (!yaml_bool(&v, &yes)) return false;
    *out = yes;
    return true;
}

static const char *name_yes(unsigned v)
{
    return v ? "yes" : "no";
}

#define VALUE(name, expression)                   \
    static unsigned name(const struct subject *s) \
    {                                             \
        return (unsigned)(expression);            \
    }
VALUE(of_severity, s->facts->severity)
VALUE(of_status, s->facts->status)
VALUE(of_class, s->facts->classification)
VALUE(of_service, s->facts->service)
VALUE(of_handled, s->facts->handled)
VALUE(of_custom, s->facts->is_custom_detection)
VALUE(of_assigned, s->facts->assigned.n > 0)
VALUE(of_device_roles, s->device->roles)
VALUE(of_device_verdict, s->device->verdict)
VALUE(of_device_worth, s->device->worth)
VALUE(of_device_type, os_kind(s->device->os))
VALUE(of_user_roles, s->user->roles)

/* ---- texts --------------------------------------------------------------------------------------------------------------- */
#define ONE_TEXT(name, expression)                                               \
    static size_t name(const struct subject *s, struct str out[FIELD_TEXTS_MAX]) \
    {                                                                            \
        out[0] = (expression);                                                   \
        return out[0].n > 0;                                                     \
    }
ONE_TEXT(text_title, s->facts->title)
ONE_TEXT(text_detection, s->facts->detection)
ONE_TEXT(text_detector, s->facts->detector)
ONE_TEXT(text_determination, s->facts->determination)
ONE_TEXT(text_organization, s->facts->organization)
ONE_TEXT(text_device_os, s->device->os)
ONE_TEXT(text_device_group, s->device->group)
ONE_TEXT(text_user_name, s->user->name)
ONE_TEXT(text_user_sid, s->user->sid)

static size_t several(const struct fact_texts *t, struct str out[FIELD_TEXTS_MAX])
{
    size_t n = t->count < FIELD_TEXTS_MAX ? t->count : FIELD_TEXTS_MAX;
    if (n > 0) memcpy(out, t->items, n * sizeof *out);
    return n;
}

static size_t two(struct str a, struct str b, struct str out[FIELD_TEXTS_MAX])
{
    size_t n = 0;
    if (a.n > 0) out[n++] = a;
    if (b.n > 0) out[n++] = b;
    return n;
}

static size_t text_category(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    return several(&s->facts->categories, out);
}

static size_t text_technique(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    return several(&s->facts->techniques, out);
}

static size_t text_threat(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    return two(s->facts->threat, s->facts->family, out);
}

static size_t text_tenant(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    return two(s->facts->tenant, s->facts->tenant_name, out);
}

static size_t text_device_name(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    size_t dot = str_find(s->device->name, STR("."), 0); /* as a host name, too */
    return two(s->device->name, dot == SIZE_MAX ? STR_NONE : str_sub(s->device->name, 0, dot), out);
}

static size_t text_device_id(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    return two(s->device->id, s->device->entra_id, out);
}

static size_t text_device_tag(const struct subject *s, struct str out[FIELD_TEXTS_MAX])
{
    return several(&s->device->tags, out);
}

/* ---- what only the machine tells ---------------------------------------------------------------------------------------------- */
static bool is_tag_untold(const struct subject *s)
{
    return !s->device->is_read;
}

static bool is_worth_untold(const struct subject *s)
{
    return !s->device->is_read && s->device->worth == WORTH_UNKNOWN;
}

static bool is_os_untold(const struct subject *s)
{
    return !s->device->is_read && s->device->os.n == 0;
}

static bool is_group_untold(const struct subject *s)
{
    return !s->device->is_read && s->device->group.n == 0;
}

static bool is_name_untold(const struct subject *s)
{
    return !s->device->is_read && s->device->name.n == 0;
}

/* clang-format off */
#define WORDS_OF(stem, n) .type = FIELD_WORDS, .read = read_##stem, .name = name_##stem, .count = (n)
#define TEXT_OF(fn) .type = FIELD_TEXT, .texts = (fn)
const struct field fields[] = {
    {"severity", SCOPE_ALERT, WORDS_OF(severity, SEVERITY_COUNT), .value = of_severity, .is_ordered = true,
     .help = "informational, low, medium or high; `medium+` is medium or above"},
    {"category", SCOPE_ALERT, TEXT_OF(text_category), .help = "any of the alert's categories: Ransomware, CredentialAccess ..."},
    {"technique", SCOPE_ALERT, .type = FIELD_TECHNIQUE, .texts = text_technique,
     .help = "ATT&CK technique; T1003 covers its sub-techniques"},
    {"title", SCOPE_ALERT, TEXT_OF(text_title), .help = "the alert's title"},
    {"service", SCOPE_ALERT, WORDS_OF(service, SERVICE_COUNT), .value = of_service,
     .help = "the product that raised it (service source)"},
    {"detection", SCOPE_ALERT, TEXT_OF(text_detection), .help = "detection source, as Defender writes it: antivirus, customTi ..."},
    {"detector", SCOPE_ALERT, TEXT_OF(text_detector), .help = "the detector's id"},
    {"threat", SCOPE_ALERT, TEXT_OF(text_threat), .help = "threat or threat family by name"},
    {"custom_detection", SCOPE_ALERT, WORDS_OF(yes, 2), .value = of_custom, .help = "yes: raised by the customer's own detection rule"},
    {"handled", SCOPE_ALERT, WORDS_OF(handled, HANDLED_COUNT), .value = of_handled,
     .help = "what became of the evidence: wholly (all prevented, blocked or remediated), partly, no, unknown (none was told)"},
    {"status", SCOPE_ALERT, WORDS_OF(status, STATUS_COUNT), .value = of_status, .help = "new, in progress, resolved; of incidents also redirected"},
    {"classification", SCOPE_ALERT, WORDS_OF(class, CLASS_COUNT), .value = of_class, .help = "unknown, true positive, false positive, expected"},
    {"determination", SCOPE_ALERT, TEXT_OF(text_determination), .help = "as Defender writes it: malware, phishing ..."},
    {"assigned", SCOPE_ALERT, WORDS_OF(yes, 2), .value = of_assigned, .help = "yes: somebody has taken it"},
    {"tenant", SCOPE_ALERT, TEXT_OF(text_tenant), .help = "tenant by id or name"},
    {"organization", SCOPE_ALERT, TEXT_OF(text_organization), .help = "organization by name"},
    {"hash", SCOPE_ALERT, .type = FIELD_VALUES, .kind = VALUE_HASH, .help = "MD5, SHA-1 or SHA-256 of a file in the evidence"},
    {"address", SCOPE_ALERT, .type = FIELD_VALUES, .kind = VALUE_ADDRESS, .help = "IP address in the evidence; 203.0.113.0/24 is a range"},
    {"domain", SCOPE_ALERT, .type = FIELD_VALUES, .kind = VALUE_DOMAIN, .help = "domain in the evidence; covers its sub-domains"},
    {"url", SCOPE_ALERT, .type = FIELD_VALUES, .kind = VALUE_URL, .help = "URL in the evidence; http and https are the same"},
    {"intel", SCOPE_ALERT, .type = FIELD_INTEL, .help = "name of a list: any hash, address, domain or URL in the evidence is in it"},
    {"time", SCOPE_ALERT, .type = FIELD_TIME, .help = "time of day, 22:00-06:00, perhaps with a zone behind it; else the tenant's"},
    {"day", SCOPE_ALERT, .type = FIELD_DAY, .help = "day of the week, sat or mon-fri, perhaps with a zone behind it"},
    {"name", SCOPE_DEVICE, TEXT_OF(text_device_name), .is_untold = is_name_untold, .help = "FQDN or host name"},
    {"id", SCOPE_DEVICE, TEXT_OF(text_device_id), .help = "Defender's machine id, or the Entra device id"},
    {"os", SCOPE_DEVICE, TEXT_OF(text_device_os), .is_untold = is_os_untold, .help = "as Defender writes it: Windows11, WindowsServer2022 ..."},
    {"type", SCOPE_DEVICE, WORDS_OF(os, OS_COUNT), .value = of_device_type, .is_untold = is_os_untold,
     .help = "workstation, server, mobile, or unknown, by the OS"},
    {"group", SCOPE_DEVICE, TEXT_OF(text_device_group), .is_untold = is_group_untold, .help = "device group"},
    {"tag", SCOPE_DEVICE, TEXT_OF(text_device_tag), .is_untold = is_tag_untold, .help = "any of its tags"},
    {"value", SCOPE_DEVICE, WORDS_OF(worth, WORTH_COUNT), .value = of_device_worth, .is_untold = is_worth_untold, .help = "device value: low, normal, high"},
    {"role", SCOPE_DEVICE, .type = FIELD_ROLES, .value = of_device_roles, .help = "its part in the alert: primary, compromised, attacked, source ..."},
    {"verdict", SCOPE_DEVICE, WORDS_OF(verdict, VERDICT_COUNT), .value = of_device_verdict, .help = "malicious, suspicious, clean, unknown"},
    {"name", SCOPE_USER, TEXT_OF(text_user_name), .help = "principal name, domain\\account or account"},
    {"sid", SCOPE_USER, TEXT_OF(text_user_sid), .help = "security identifier"},
    {"role", SCOPE_USER, .type = FIELD_ROLES, .value = of_user_roles, .help = "their part in the alert: compromised, attacked, contextual ..."},
};
/* clang-format on */
const size_t field_count = sizeof fields / sizeof *fields;

const struct field *field_find(enum field_scope scope, struct str word)
{
    for (size_t i = 0; i < field_count; i++) {
        if (fields[i].scope == scope && str_eq(word, str_of(fields[i].word))) return &fields[i];
    }
    return NULL;
}
