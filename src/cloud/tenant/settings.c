/* The table of what people set, and one value: from text to what counts. */
#include "cloud/tenant/settings.h"

#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "state/store/settings.h"

#define SWITCH "off|on"
#define ROUTES "ladder|digest|store"

/* clang-format off */
const struct setting_row setting_rows[SETTING_COUNT] = {
    [SET_REMEDIATION] = {"remediation", SETTING_CHOICE, "off", "off|shadow|approve|auto", false, "what becomes of a decision to act: nothing, noted only, asked of a person, done"},
    [SET_ISOLATION] = {"isolation", SETTING_CHOICE, "full", "full|selective", false, "selective lets mail and chat through, so that the user can be reached"},
    [SET_MAX_ALERT_AGE] = {"max_alert_age", SETTING_DURATION, "60m", "1m..24h", false, "an older alert never acts unattended"},
    [SET_LIMIT_TENANT_HOUR] = {"limit_tenant_hour", SETTING_NUMBER, "3", "0..100000", false, "devices a tenant isolates unattended within an hour"},
    [SET_LIMIT_TENANT_SHARE] = {"limit_tenant_share", SETTING_PERCENT, "5%", "0..100", false, "share of a tenant's devices isolated at once, unattended; one at least"},
    [SET_LIMIT_ACCOUNT_HOUR] = {"limit_account_hour", SETTING_NUMBER, "20", "0..100000", true, "devices that all tenants together isolate unattended within an hour"},
    [SET_APPROVAL_PEOPLE] = {"approval_people", SETTING_NUMBER, "1", "1..2", false, "how many people must approve"},
    [SET_APPROVAL_TIMEOUT] = {"approval_timeout", SETTING_DURATION, "30m", "1m..24h", false, "how long an approval is waited for"},
    [SET_APPROVAL_AFTER] = {"approval_after", SETTING_CHOICE, "deny", "deny|escalate", false, "what follows then; silence never acts"},
    [SET_LEASE] = {"lease", SETTING_DURATION, "24h", "15m..30d", false, "how long a device of ours stays isolated before a person is reminded"},
    [SET_AUTO_RELEASE] = {"auto_release", SETTING_CHOICE, "off", SWITCH, false, "release by itself when the lease is over and nothing speaks against it"},
    [SET_GUARD_SERVERS] = {"guard_servers", SETTING_CHOICE, "on", SWITCH, false, "servers, and what may be one, are asked about, never isolated unattended"},
    [SET_OWN_HOSTS] = {"own_hosts", SETTING_LIST, "", NULL, false, "host names of this installation and its proxies: never isolated unattended"},
    [SET_VPN_TAGS] = {"vpn_tags", SETTING_LIST, "", NULL, false, "device tags that mean a full-tunnel VPN: such a device cannot be released once fully isolated"},
    [SET_CONFIRM_AFTER] = {"confirm_after", SETTING_DURATION, "5m", "5s..1h", false, "an isolation not confirmed by then is told by phone"},
    [SET_ROUTE_HIGH] = {"route_high", SETTING_CHOICE, "ladder", ROUTES, false, "where notices of high severity go"},
    [SET_ROUTE_MEDIUM] = {"route_medium", SETTING_CHOICE, "ladder", ROUTES, false, "of medium severity"},
    [SET_ROUTE_LOW] = {"route_low", SETTING_CHOICE, "digest", ROUTES, false, "of low severity"},
    [SET_ROUTE_INFORMATIONAL] = {"route_informational", SETTING_CHOICE, "store", ROUTES, false, "the rest"},
    [SET_LADDER_HIGH] = {"ladder_high", SETTING_NAME, "", NULL, false, "which ladder; empty: the usual one of that severity"},
    [SET_LADDER_MEDIUM] = {"ladder_medium", SETTING_NAME, "", NULL, false, "which ladder"},
    [SET_LADDER_LOW] = {"ladder_low", SETTING_NAME, "", NULL, false, "which ladder"},
    [SET_LADDER_INFORMATIONAL] = {"ladder_informational", SETTING_NAME, "", NULL, false, "which ladder"},
    [SET_DIGEST_AT] = {"digest_at", SETTING_TIME, "08:00", NULL, false, "when the day's digest is sent"},
    [SET_TIME_ZONE] = {"time_zone", SETTING_ZONE, "UTC", NULL, false, "of times of day, here and in policies"},
    [SET_CONTACT_NAME] = {"contact_name", SETTING_LINE, "", NULL, false, "whom notices name as the customer's contact"},
    [SET_CONTACT_MAIL] = {"contact_mail", SETTING_MAIL, "", NULL, false, "the contact's mail address"},
    [SET_CONTACT_PHONE] = {"contact_phone", SETTING_PHONE, "", NULL, false, "the contact's phone"},
    [SET_ENDPOINT] = {"endpoint", SETTING_CHOICE, "on", SWITCH, false, "Defender for Endpoint is used at all; off: its API is never called there, remediation is off and its alerts are left alone"},
    [SET_RESOLVE] = {"resolve", SETTING_CHOICE, "on", SWITCH, false, "resolve them in Defender once it is safe"},
    [SET_COMMENT] = {"comment", SETTING_CHOICE, "on", SWITCH, false, "say so in a comment there"},
    [SET_RESOLVE_AFTER] = {"resolve_after", SETTING_DURATION, "60m", "0s..30d", false, "how long an alert must have been quiet before it is resolved"},
    [SET_RESOLVE_CLASSIFICATION] = {"resolve_classification", SETTING_CHOICE, "none", "none|truePositive|informationalExpectedActivity|falsePositive", false, "classification given when resolving"},
    [SET_RESOLVE_DETERMINATION] = {"resolve_determination", SETTING_CHOICE, "none", "none|malware|multiStagedAttack|maliciousUserActivity|compromisedAccount|phishing|unwantedSoftware|securityTesting|lineOfBusinessApplication|confirmedActivity|notMalicious|notEnoughDataToValidate|other", false, "determination given with it; it must fit the classification"},
    [SET_LOOKBACK] = {"lookback", SETTING_DURATION, "30d", "0s..180d", false, "how far back a new tenant's alerts and incidents are read; until set here, lookback.alerts of portcullis.yaml holds"},
    [SET_LOOKBACK_HUNTING] = {"lookback_hunting", SETTING_DURATION, "24h", "0s..30d", false, "the same for its hunting tables (lookback.hunting)"},
    [SET_SESSION_IDLE] = {"session_idle", SETTING_DURATION, "30m", "5m..7d", true, "a session ends after so long without a request"},
    [SET_SESSION_LIFE] = {"session_life", SETTING_DURATION, "12h", "15m..30d", true, "a session ends so long after the login, whatever is done in it"},
    [SET_TOKEN_LIFE] = {"token_life", SETTING_DURATION, "365d", "1h..731d", true, "the longest that an API token may be made for"},
    [SET_SECOND_FACTOR] = {"second_factor", SETTING_CHOICE, "nobody", "nobody|owner|admin|responder|analyst|viewer", true, "who logs in with a password needs a second factor, from this role up; without one he can do nothing but set it up"},
    [SET_INTERVAL_ALERTS] = {"interval_alerts", SETTING_DURATION, "60s", "100ms..24h", false, "how often alerts and incidents are asked for; until set here, interval.alerts of portcullis.yaml holds"},
    [SET_INTERVAL_HUNTING] = {"interval_hunting", SETTING_DURATION, "5m", "100ms..24h", false, "the same for hunting tables (interval.hunting)"},
    [SET_INTERVAL_MACHINES] = {"interval_machines", SETTING_DURATION, "15m", "100ms..24h", false, "the same for machines and their actions (interval.machines)"},
};
/* clang-format on */

const char *const setting_level_names[SETTING_LEVELS] = {
    [SETTING_DEFAULT] = "default",
    [SETTING_ACCOUNT] = "account",
    [SETTING_ORGANIZATION] = "organization",
    [SETTING_TENANT] = "tenant",
};

const struct setting_row *setting_find(struct str name)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (str_eq_nocase(name, str_of(setting_rows[i].name))) return &setting_rows[i];
    return NULL;
}

/* ---- one value -------------------------------------------------------------------------------------------------------------- */

static bool check_choice(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    struct str rest = str_of(row->bounds);
    for (int64_t i = 0; rest.p; i++) {
        struct str choice = str_cut(&rest, '|');
        if (!str_eq_nocase(choice, text)) continue;
        out->number = i;
        (void)snprintf(out->text, sizeof out->text, "%.*s", STR_ARG(choice));
        return true;
    }
    *why = "one of";
    return false;
}

static bool number_of(enum setting_type type, struct str s, int64_t *out)
{
    if (type == SETTING_DURATION) return duration_parse(s, out);
    if (type == SETTING_PERCENT && str_ends(s, STR("%"))) s = str_trim(str_sub(s, 0, s.n - 1));
    return str_to_i64(s, out);
}

static bool check_number(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    static const char *const expected[SETTING_TYPES] = {[SETTING_NUMBER] = "a whole number within",
                                                        [SETTING_PERCENT] = "per cent, such as 5%, within",
                                                        [SETTING_DURATION] =
                                                            "a duration such as 30s, 5m, 6h, 2d within"};
    struct str bounds = str_of(row->bounds);
    size_t dots = str_find(bounds, STR(".."), 0);
    int64_t low, high, v;
    INVARIANT(dots != SIZE_MAX && number_of(row->type, str_sub(bounds, 0, dots), &low) &&
              number_of(row->type, str_sub(bounds, dots + 2, bounds.n), &high));
    *why = expected[row->type];
    if (!number_of(row->type, text, &v) || v < low || v > high) return false;
    out->number = v;
    if (row->type == SETTING_PERCENT) (void)snprintf(out->text, sizeof out->text, "%lld%%", (long long)v);
    return true;
}

static bool two_digits(struct str s, int64_t below, int64_t *out)
{
    return s.n == 2 && str_to_i64(s, out) && *out >= 0 && *out < below;
}

static bool clock_of(struct str text, int64_t *minutes_out)
{
    int64_t hour, minute;
    if (text.n != 5 || text.p[2] != ':' || !two_digits(str_sub(text, 0, 2), 24, &hour) ||
        !two_digits(str_sub(text, 3, 2), 60, &minute))
        return false;
    *minutes_out = 60 * hour + minute;
    return true;
}

static bool check_time(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    (void)row;
    *why = "a time of day such as 08:00";
    return clock_of(text, &out->number);
}

static bool is_one_of(char c, const char *more)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(more, c));
}

static bool all_of(struct str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_one_of(s.p[i], more)) return false;
    return true;
}

static bool check_zone(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    int64_t offset;
    (void)row, (void)out;
    *why = "a time zone such as UTC, +02:00 or Europe/Berlin";
    if (text.n && (text.p[0] == '+' || text.p[0] == '-')) return clock_of(str_sub(text, 1, text.n), &offset);
    return text.n && all_of(text, "_+-/") && text.p[0] != '/';
}

static bool is_one_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) return false;
    return true;
}

/* "a,b , c" becomes "a, b, c". */
static bool check_list(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    size_t n = 0;
    (void)row;
    *why = "words parted by commas, together at most 255 bytes";
    if (!is_one_line(text)) return false;
    out->text[0] = 0;
    while (text.p) {
        struct str word = str_trim(str_cut(&text, ','));
        if (word.n == 0) continue;
        int more = snprintf(out->text + n, sizeof out->text - n, "%s%.*s", n ? ", " : "", STR_ARG(word));
        if (more < 0 || n + (size_t)more >= sizeof out->text) return false;
        n += (size_t)more;
        out->number++;
    }
    return true;
}

static bool check_name(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    (void)row, (void)out;
    *why = "a name of at most 63 letters, digits, - and _";
    return text.n < 64 && all_of(text, "-_.");
}

static bool check_line(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    (void)row, (void)out;
    *why = "one line of at most 255 bytes";
    return is_one_line(text);
}

static bool check_mail(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    size_t at = str_find(text, STR("@"), 0);
    (void)row, (void)out;
    *why = "a mail address such as team@example.com";
    if (text.n == 0) return true;
    return at != SIZE_MAX && at > 0 && at + 1 < text.n && str_find(text, STR("@"), at + 1) == SIZE_MAX &&
           is_one_line(text) && str_find(text, STR(" "), 0) == SIZE_MAX && str_find(text, STR(","), 0) == SIZE_MAX &&
           str_find(text, STR("<"), 0) == SIZE_MAX;
}

static bool check_phone(const struct setting_row *row, struct str text, struct setting_value *out, const char **why)
{
    size_t n = 0;
    (void)row;
    *why = "a phone number with its country, such as +49 30 1234567";
    if (text.n == 0) return true;
    if (text.p[0] != '+' || text.n > 40) return false;
    out->text[n++] = '+';
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] >= '0' && text.p[i] <= '9')
            out->text[n++] = text.p[i];
        else if (!strchr(" -/().", text.p[i]))
            return false;
    }
    out->text[n] = 0;
    return n > 6 && n <= 16; /* E.164: at most 15 digits */
}

typedef bool check_text(const struct setting_row *row, struct str text, struct setting_value *out, const char **why);
static check_text *const checks[SETTING_TYPES] = {
    [SETTING_CHOICE] = check_choice,   [SETTING_NUMBER] = check_number, [SETTING_PERCENT] = check_number,
    [SETTING_DURATION] = check_number, [SETTING_TIME] = check_time,     [SETTING_ZONE] = check_zone,
    [SETTING_LIST] = check_list,       [SETTING_NAME] = check_name,     [SETTING_LINE] = check_line,
    [SETTING_MAIL] = check_mail,       [SETTING_PHONE] = check_phone};

bool setting_check(const struct setting_row *row, struct str text, struct setting_value *out,
                   char why[SETTING_WHY_BYTES])
{
    struct setting_value v = {0};
    const char *expected = "";
    text = str_trim(text);
    bool fits = str_copy(text, v.text, sizeof v.text);
    if (fits && checks[row->type](row, text, &v, &expected)) {
        *out = v;
        return true;
    }
    if (!fits) (void)check_line(row, text, &v, &expected);
    (void)snprintf(why, SETTING_WHY_BYTES, "expected %s%s%s", expected, fits && row->bounds ? " " : "",
                   fits && row->bounds ? row->bounds : "");
    return false;
}

void settings_defaults(struct settings *out)
{
    char why[SETTING_WHY_BYTES];
    for (int i = 0; i < SETTING_COUNT; i++)
        INVARIANT(setting_check(&setting_rows[i], str_of(setting_rows[i].fallback), &out->values[i], why));
}

/* ---- the page ----------------------------------------------------------------------------------------------------------- */

static void add_bounds(struct buf *out, const struct setting_row *row)
{
    for (const char *p = row->bounds ? row->bounds : ""; *p; p++) {
        if (*p == '|')
            buf_add_str(out, STR(", "));
        else if (*p == '.' && p[1] == '.')
            buf_add_str(out, STR(" to ")), p++;
        else
            buf_add_char(out, *p);
    }
}

void settings_describe(struct buf *markdown_out)
{
    static const char *const types[SETTING_TYPES] = {
        [SETTING_CHOICE] = "choice",     [SETTING_NUMBER] = "number",     [SETTING_PERCENT] = "per cent",
        [SETTING_DURATION] = "duration", [SETTING_TIME] = "time of day",  [SETTING_ZONE] = "time zone",
        [SETTING_LIST] = "list",         [SETTING_NAME] = "name",         [SETTING_LINE] = "text",
        [SETTING_MAIL] = "mail address", [SETTING_PHONE] = "phone number"};
    buf_add_str(
        markdown_out,
        STR("\n## Settings of account, organization and tenant\n\n"
            "These live in the store. What a tenant sets for itself holds, else what its organization sets, else what "
            "the account sets, else the\n"
            "default. `portcullis settings show [--tenant T | --org O]` says what holds and where it comes from; "
            "`portcullis settings set NAME VALUE\n"
            "[--tenant T | --org O]` and `portcullis settings unset NAME …` change it, each change with an entry in "
            "the "
            "audit trail. Lists: words\n"
            "parted by commas. Time zones: `UTC`, an offset such as `+02:00`, or a name such as `Europe/Berlin`.\n\n"
            "| setting | type | default | allowed | set for | what it is |\n| --- | --- | --- | --- | --- | --- |\n"));
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_row *row = &setting_rows[i];
        const char *tick = row->fallback[0] ? "`" : "";
        buf_addf(markdown_out, "| `%s` | %s | %s%s%s | ", row->name, types[row->type], tick,
                 row->fallback[0] ? row->fallback : "none", tick);
        add_bounds(markdown_out, row);
        buf_addf(markdown_out, " | %s | %s |\n", row->is_account_only ? "account" : "all", row->help);
    }
}
