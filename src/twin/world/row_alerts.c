/* Rows of AlertInfo and AlertEvidence: what the alerts of the same tenant say, in the words of hunting (section 22). */
#include <string.h>

#include "twin/world/objects_int.h"
#include "twin/world/row_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { TECHNIQUES_MAX = 4 };

void row_init_alert(struct row *r, const struct world *w, const struct scenario *s, enum table_id table,
                    struct wall time, uint64_t alert, uint64_t part)
{
    struct estate t = {.world = w, .scenario = s};
    struct object o = {.number = alert, .created = time};
    struct scene scene = scene_of(t, &o);
    row_init(r, w, table, time, draw(scene.seed, LOT_ROW_ALERT + part), false);
    r->scenario = s;
    r->thing = alert;
    r->part = part;
    r->device = scene.device;
    r->user = scene.user;
    r->os = device_os(w, r->device);
    r->subject = r->program = scene.program;
}

static struct str techniques(const struct alert_kind *k, struct arena *a)
{
    static const char *const names[][2] = {{"T1059.001", "PowerShell"},
                                           {"T1027", "Obfuscated Files or Information"},
                                           {"T1021.001", "Remote Desktop Protocol"},
                                           {"T1570", "Lateral Tool Transfer"},
                                           {"T1003", "OS Credential Dumping"},
                                           {"T1078", "Valid Accounts"},
                                           {"T1566", "Phishing"},
                                           {"T1547.001", "Registry Run Keys / Startup Folder"},
                                           {"T1071.004", "DNS"},
                                           {"T1098", "Account Manipulation"},
                                           {"T1087", "Account Discovery"}};
    struct str text = STR("[");
    for (unsigned i = 0; i < TECHNIQUES_MAX && k->techniques[i]; i++) {
        size_t n = 0;
        while (n + 1 < COUNT(names) && strcmp(names[n][0], k->techniques[i]) != 0) n++;
        text = arena_print(a, "%.*s%s\"%s (%s)\"", STR_ARG(text), i ? "," : "", names[n][1], k->techniques[i]);
    }
    return arena_print(a, "%.*s]", STR_ARG(text));
}

static const char *detection(const struct alert_kind *k)
{
    static const char *const names[][2] = {
        {"microsoftDefenderForEndpoint", "EDR"}, {"antivirus", "Antivirus"}, {"customDetection", "Custom detection"}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(k->detection, names[i][0]) == 0) return names[i][1];
    return k->product;
}

bool row_alert_cell(const struct row *r, enum column c, struct arena *a, struct kql_value *out)
{
    static const char *const entities[] = {"Machine", "User", "Process"};
    static const char *const fields[] = {ROW_HOST, ROW_ACCOUNT, ROW_PROCESS};
    struct estate t = {.world = r->world, .scenario = r->scenario};
    const struct alert_kind *k = alert_kind_of(t, r->thing);
    const struct object o = {.number = r->thing, .created = r->time};
    struct str text;
    switch (c) {
    case COL_AlertId: text = alert_id(t, &o, a); break;
    case COL_Title: text = str_of(k->title); break;
    case COL_Category: text = str_of(k->category); break;
    case COL_Categories: text = arena_print(a, "[\"%s\"]", k->category); break;
    case COL_Severity: text = capital(str_of(extended(t, &o, EXTENDS_SEVERITY, k->severity)), a); break;
    case COL_ServiceSource: text = str_of(k->product); break;
    case COL_DetectionSource: text = str_of(r->part == 1 ? "Microsoft Defender XDR" : detection(k)); break;
    case COL_AttackTechniques: text = techniques(k, a); break;
    case COL_ThreatFamily: text = str_of(k->family ? k->family : ""); break;
    case COL_EntityType: text = str_of(entities[r->part % COUNT(entities)]); break;
    case COL_AdditionalFields: text = str_of(fields[r->part % COUNT(fields)]); break;
    case COL_EvidenceRole: text = r->part == 0 ? STR("Impacted") : STR("Related"); break;
    default: return false;
    }
    *out = kql_str(text);
    return true;
}
