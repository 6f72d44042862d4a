#include "logic/respond/able.h"

const char *const able_deed_names[DEEDS] = {
    [DEED_ISOLATE] = "isolate",   [DEED_SELECTIVE] = "isolate selective",
    [DEED_RESTRICT] = "restrict", [DEED_SCAN] = "scan",
    [DEED_COLLECT] = "collect",   [DEED_QUARANTINE] = "quarantine",
};
const char *const able_names[ABLE_ANSWERS] = {[ABLE_YES] = "yes", [ABLE_NO] = "no", [ABLE_UNSURE] = "unsure"};

enum system { WINDOWS_10, WINDOWS_11, SERVER, STACK_HCI, OLD_WINDOWS, MAC, LINUX, MOBILE, OTHER, SYSTEMS };

/* The first row whose beginning is the name's, blanks aside, decides. A server's builds tell its release where its name does
 * not; names that do stand with the build their release has at least. */
static const struct {
    const char *start;
    enum system system;
    int64_t build;
} platforms[] = {
    {"windows10", WINDOWS_10, 0},
    {"windows11", WINDOWS_11, 0},
    {"windowsserver2008", OLD_WINDOWS, 0},
    {"windowsserver2012r2", SERVER, 9600},
    {"windowsserver2012", SERVER, 9200},
    {"windowsserver2016", SERVER, 14393},
    {"windowsserver2019", SERVER, 17763},
    {"windowsserver2022", SERVER, 20348},
    {"windowsserver2025", SERVER, 26100},
    {"windowsserver", SERVER, 0},
    {"azurestackhci", STACK_HCI, 0},
    {"windows7", OLD_WINDOWS, 0},
    {"windows8", OLD_WINDOWS, 0},
    {"windowsvista", OLD_WINDOWS, 0},
    {"windowsxp", OLD_WINDOWS, 0},
    {"macos", MAC, 0},
    {"linux", LINUX, 0},
    {"ubuntu", LINUX, 0},
    {"debian", LINUX, 0},
    {"redhat", LINUX, 0},
    {"rhel", LINUX, 0},
    {"centos", LINUX, 0},
    {"suse", LINUX, 0},
    {"sles", LINUX, 0},
    {"oracle", LINUX, 0},
    {"amazon", LINUX, 0},
    {"fedora", LINUX, 0},
    {"rocky", LINUX, 0},
    {"alma", LINUX, 0},
    {"mariner", LINUX, 0},
    {"azurelinux", LINUX, 0},
    {"ios", MOBILE, 0},
    {"ipados", MOBILE, 0},
    {"android", MOBILE, 0},
};

/* From which build on; or one of these. */
enum {
    ALWAYS = 1,
    NEVER = -1,
    BY_SENSOR = -2, /* from a version of the sensor on that machines do not tell, or in preview */
    DISAGREED = -3, /* one page of Microsoft's says yes, another no */
    W10_1703 = 15063,
    W10_1709 = 16299,
    S_2012R2 = 9600,
    S_2019 = 17763,
    HCI_23H2 = 25398
};
/* clang-format off */
static const int32_t from_build[DEEDS][SYSTEMS] = {
    /*                   Windows 10  11      server     Stack HCI  older  macOS      Linux      mobile other */
    [DEED_ISOLATE]    = {W10_1703, ALWAYS, S_2012R2,  HCI_23H2,  NEVER, BY_SENSOR, ALWAYS,    NEVER, DISAGREED},
    [DEED_SELECTIVE]  = {W10_1709, ALWAYS, DISAGREED, DISAGREED, NEVER, DISAGREED, NEVER,     NEVER, DISAGREED},
    [DEED_RESTRICT]   = {W10_1709, ALWAYS, S_2019,    DISAGREED, NEVER, NEVER,     NEVER,     NEVER, DISAGREED},
    [DEED_SCAN]       = {W10_1709, ALWAYS, S_2012R2,  DISAGREED, NEVER, BY_SENSOR, BY_SENSOR, NEVER, DISAGREED},
    [DEED_COLLECT]    = {W10_1703, ALWAYS, S_2012R2,  DISAGREED, NEVER, BY_SENSOR, BY_SENSOR, NEVER, DISAGREED},
    [DEED_QUARANTINE] = {W10_1703, ALWAYS, S_2012R2,  DISAGREED, NEVER, NEVER,     NEVER,     NEVER, DISAGREED},
};
/* clang-format on */

/* Is `start` the beginning of `s`, without regard to case and blanks? */
static bool begins(struct str s, const char *start)
{
    size_t i = 0;
    for (; *start; i++) {
        if (i >= s.n) return false;
        if (s.p[i] == ' ') continue;
        char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
        if (c != *start++) return false;
    }
    return true;
}

static enum system system_of(struct str os, int64_t *build)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        if (!begins(os, platforms[i].start)) continue;
        if (platforms[i].build) *build = platforms[i].build;
        return platforms[i].system;
    }
    return OTHER;
}

static enum able answer(enum able a, const char *why, const char **why_out)
{
    *why_out = why;
    return a;
}

enum able able_by_system(enum able_deed deed, struct str os, int64_t build, const char **why_out)
{
    enum system system = system_of(os, &build);
    int32_t from = from_build[deed][system];
    if (system == OTHER)
        return answer(ABLE_UNSURE, os.n ? "a system not known here" : "its system is not told", why_out);
    if (from == NEVER) return answer(ABLE_NO, "not on this system", why_out);
    if (from == BY_SENSOR) return answer(ABLE_UNSURE, "it hangs on the sensor's version", why_out);
    if (from == DISAGREED) return answer(ABLE_UNSURE, "Microsoft's pages differ", why_out);
    if (from == ALWAYS) return answer(ABLE_YES, NULL, why_out);
    if (build == 0) return answer(ABLE_UNSURE, "its build is not told", why_out);
    return build >= from ? answer(ABLE_YES, NULL, why_out)
                         : answer(ABLE_NO, "the system's version is too old", why_out);
}

enum able able_judge(enum able_deed deed, const struct able_machine *m, const char **why_out)
{
    return m->is_onboarded ? able_by_system(deed, m->os, m->build, why_out) : answer(ABLE_NO, "not onboarded", why_out);
}
