#include "twin/world/row.h"

#include <string.h>

#include "twin/endpoint/actions.h"
#include "twin/world/replay.h"
#include "twin/world/row_int.h"

void row_init(struct row *r, const struct world *w, enum table_id table, struct wall time, uint64_t seed, bool is_twin)
{
    *r = (struct row){.world = w, .table = table, .time = time, .base = time, .seed = seed, .is_twin = is_twin};
    r->device = (unsigned)draw_below(seed, LOT_ROW_DEVICE, w->machines ? w->machines : 1);
    r->user = (unsigned)draw_below(seed, LOT_ROW_USER, WORLD_USERS);
    r->os = device_os(w, r->device);
    r->program = program_of(r->os, draw(seed, LOT_ROW_PROGRAM));
    r->parent = program_of(r->os, draw(seed, LOT_ROW_PARENT));
    r->subject = table == TABLE_DeviceImageLoadEvents ? library_of(r->os, draw(seed, LOT_ROW_SUBJECT))
                                                      : program_of(r->os, draw(seed, LOT_ROW_SUBJECT));
}

void row_init_thing(struct row *r, const struct world *w, enum table_id table, struct wall time, uint64_t seed,
                    uint64_t thing, uint64_t version)
{
    row_init(r, w, table, time, draw(seed, thing), false);
    r->base = w->start;
    r->version = version;
    r->thing = thing;
    r->device = (unsigned)(thing % (w->machines ? w->machines : 1));
    r->user = (unsigned)(thing % WORLD_USERS);
    r->os = device_os(w, r->device);
}

/* ---- values of common shapes ---------------------------------------------------------------------------------------- */
/* Each version of a thing draws one of its columns anew; few of the latest are enough. */
static uint64_t last_change(const struct row *r, enum column c)
{
    const struct table_schema *s = &table_schemas[r->table];
    uint64_t oldest = r->version > VERSIONS_LOOKED_AT ? r->version - VERSIONS_LOOKED_AT : 0;
    for (uint64_t v = r->version; v > oldest; v--)
        if (s->columns[draw_below(draw(r->seed, LOT_ROW_VERSION), v, s->count)].column == (unsigned)c) return v;
    return 0;
}

uint64_t row_lot(const struct row *r, enum column c)
{
    uint64_t own = draw(r->seed, LOT_ROW_COLUMN + (uint64_t)c);
    uint64_t version = r->version ? last_change(r, c) : 0;
    return version ? draw(own, version) : own;
}

static bool is_device_event(const struct row *r)
{
    return str_starts(str_of(table_schemas[r->table].name), STR("Device"));
}

/* An aggregated report stands for many events: no process id, account, time or SHA-256 of its own. */
static bool is_aggregated(const struct row *r)
{
    return (r->table == TABLE_DeviceProcessEvents || r->table == TABLE_DeviceNetworkEvents) &&
           draw_chance(r->seed, LOT_ROW_AGGREGATED, 0.03);
}

static const struct program *program_at(const struct row *r, enum subject s)
{
    return s == SUBJECT_INITIATING ? r->program : s == SUBJECT_PARENT ? r->parent : r->subject;
}

/* The first kinds of event listed are the commonest; DeviceEvents is a list of all sorts of things. */
const char *row_action(const struct row *r)
{
    const struct table_schema *s = &table_schemas[r->table];
    uint64_t l = row_lot(r, COL_ActionType);
    if (s->action_count == 0) return "Other";
    bool is_any = l % 2 || r->table == TABLE_DeviceEvents;
    const char *action = s->actions[is_any ? l / 2 % s->action_count : 0];
    return strstr(action, "AggregatedReport") ? s->actions[0] : action; /* those are made by is_aggregated */
}

/* ---- makers: one per kind of column --------------------------------------------------------------------------------- */
typedef struct kql_value maker(const struct row *r, enum column c, unsigned arg, struct arena *a);

static struct kql_value timestamp(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    (void)c, (void)arg, (void)a;
    return kql_int(KQL_DATETIME, r->time.ticks);
}

/* Earlier than the row by up to `arg` seconds, cut to a drawn number of digits now and then. */
static struct kql_value earlier(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    static const int64_t cuts[] = {1, 1, 1, 1, 1, 10, 100, 1000, 10000, WALL_TICKS_PER_S};
    uint64_t l = row_lot(r, c);
    (void)a;
    if (c == COL_ProcessCreationTime && is_aggregated(r)) return kql_null(KQL_DATETIME);
    int64_t t = r->base.ticks - (int64_t)(l % ((uint64_t)arg * WALL_TICKS_PER_S));
    return kql_int(KQL_DATETIME, t - t % cuts[l >> 40 & 7]);
}

static struct kql_value about_device(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    const struct world *w = r->world;
    (void)c;
    switch ((enum device_fact)arg) {
    case DEVICE_ID: return kql_str(device_id(w, r->device, a));
    case DEVICE_NAME: return kql_str(device_name(w, r->device, a));
    case DEVICE_IP: return kql_str(device_ip(w, r->device, a));
    case DEVICE_PUBLIC_IP: return kql_str(device_public_ip(w, r->device, a));
    case DEVICE_GROUP: return kql_str(device_group(w, r->device));
    case DEVICE_PLATFORM: return kql_str(device_platform(w, r->device));
    case DEVICE_TAG: return kql_str(device_tag(w, r->device));
    case DEVICE_ENTRA_ID: return kql_str(draw_guid_str(w->seed, 5000 + r->device, a));
    case DEVICE_HARDWARE: return kql_str(draw_guid_str(w->seed, 90000 + r->device, a));
    }
    return kql_null(KQL_STRING);
}

/* What was done to the device by then, and confirmed by it (section 23, 13). */
static struct kql_value mitigation(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    const struct action_world *w = r->world->actions;
    (void)c, (void)arg, (void)a;
    bool is_isolated = w && device_is(*w, r->device, ACTION_ISOLATE, r->time);
    return is_isolated ? kql_str(STR("{\"isolationStatus\":\"Isolated\"}")) : kql_null(KQL_STRING);
}

static struct kql_value about_program(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    const struct program *p = program_at(r, (enum subject)(arg >> 8));
    (void)c;
    switch ((enum program_fact)(arg & 0xff)) {
    case PROGRAM_FILE: return row_text(p->file);
    case PROGRAM_COMPANY: return row_text(p->company);
    case PROGRAM_PRODUCT: return row_text(p->product);
    case PROGRAM_VERSION: return row_text(p->version);
    case PROGRAM_INTERNAL: return row_text(p->internal);
    case PROGRAM_ORIGINAL: return row_text(p->internal ? p->file : NULL);
    case PROGRAM_DESCRIPTION: return row_text(p->description);
    case PROGRAM_PATH: /* now and then the folder alone */
        if (draw_chance(r->seed, LOT_ROW_FOLDER_ONLY, 0.05)) return row_text(p->folder);
        return kql_str(arena_print(a, "%s%s", p->folder, p->file));
    case PROGRAM_SIZE: return kql_int(KQL_LONG, p->bytes);
    }
    return kql_null(KQL_STRING);
}

static struct kql_value file_hash(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    const struct program *p = program_at(r, (enum subject)(arg >> 8));
    bool of_file = p == r->subject && (arg >> 8) == SUBJECT_FILE;
    if (of_file && is_aggregated(r) && (arg & 0xff) == 64) return kql_null(KQL_STRING);
    if (of_file && r->table == TABLE_DeviceFileEvents && strcmp(row_action(r), "FileDeleted") == 0)
        return kql_null(KQL_STRING);
    (void)c;
    return kql_str(draw_hex_str((uint64_t)p->bytes, arg & 0xff, arg & 0xff, a));
}

static struct kql_value command_line(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    const struct program *p = program_at(r, (enum subject)arg);
    uint64_t l = row_lot(r, c);
    size_t digits = l % 100 < 90 ? 8 + l % 24 : 200 + (l >> 8) % 4000; /* encoded commands are long */
    const char *place = p->command ? strstr(p->command, "%s") : NULL;
    if (p->command == NULL || place == NULL) return row_text(p->command);
    size_t head = (size_t)(place - p->command), tail = strlen(place + 2);
    char *out = arena_alloc(a, head + digits + tail + 1);
    if (out == NULL) return kql_null(KQL_STRING);
    memcpy(out, p->command, head);
    draw_hex(l, 1, out + head, (unsigned)digits);
    memcpy(out + head + digits, place + 2, tail);
    return kql_str((struct str){out, head + digits + tail});
}

static struct kql_value about_account(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    bool of_device = is_device_event(r);
    unsigned user = of_device ? r->user + (arg >> 8) : r->user; /* elsewhere a row is about one person */
    bool is_system = of_device && draw(r->seed, LOT_ROW_SYSTEM + (arg >> 8)) % 3 == 0;
    (void)c;
    if (is_aggregated(r) && (arg >> 8) == 1) return kql_null(KQL_STRING);
    switch ((enum account_fact)(arg & 0xff)) {
    case ACCOUNT_NAME: return row_text(is_system ? (row_is_windows(r) ? "system" : "root") : user_of(user).account);
    case ACCOUNT_DOMAIN:
        return is_system ? row_text(row_is_windows(r) ? "nt authority" : "") : kql_str(str_of(r->world->name));
    case ACCOUNT_SID: return is_system ? row_text("S-1-5-18") : kql_str(user_sid(r->world, user, a));
    case ACCOUNT_UPN: return is_system ? kql_null(KQL_STRING) : kql_str(user_upn(r->world, user, a));
    case ACCOUNT_OBJECT_ID: return is_system ? kql_null(KQL_STRING) : kql_str(user_object_id(r->world, user, a));
    }
    return kql_null(KQL_STRING);
}

static struct kql_value process_id(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    (void)arg, (void)a;
    if (c == COL_ProcessId && is_aggregated(r)) return kql_int(KQL_LONG, 0);
    return kql_int(KQL_LONG, (int64_t)(row_lot(r, c) % 16000 * 4 + 4));
}

static struct kql_value below(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    (void)a;
    return kql_int(KQL_LONG, (int64_t)(row_lot(r, c) % arg));
}

/* 18 digits in DeviceInfo and now and then elsewhere: beyond what a double can hold. */
static struct kql_value report_id(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, c);
    (void)arg, (void)a;
    if (r->table == TABLE_DeviceInfo || l % 50 == 0)
        return kql_int(KQL_LONG, (int64_t)(100000000000000000u + l % 900000000000000000u));
    return kql_int(KQL_LONG, (int64_t)(l % 400000));
}

static struct kql_value unique_id(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    (void)arg;
    return row_is_windows(r)
               ? kql_str(
                     arena_print(a, "%lu", (unsigned long)(row_lot(r, c) % 900000000000000000u + 100000000000000000u)))
               : row_text("0");
}

static struct kql_value flag(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, c) % 100;
    (void)a;
    if (l >= 90) return kql_null(KQL_BOOL);
    return kql_bool(l < arg);
}

static struct kql_value one_of(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    const struct word_list *list = &word_lists[arg];
    (void)a;
    return row_text(list->words[row_lot(r, c) % list->count]);
}

static struct kql_value action(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    (void)c, (void)arg, (void)a;
    if (is_aggregated(r))
        return row_text(r->table == TABLE_DeviceProcessEvents ? "ProcessCreatedAggregatedReport"
                                                              : "ConnectionSuccessAggregatedReport");
    return row_text(row_action(r));
}

static bool is_ipv6(const struct row *r)
{
    return draw(r->seed, LOT_ROW_IPV6) % 6 == 0;
}

static struct kql_value address(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, c);
    bool is_remote = arg == 1;
    if (arg == 2 && l % 3) return row_text(""); /* often there is none */
    if (c == COL_RemoteIP && draw(r->seed, LOT_ROW_LOOPBACK) % 40 == 0)
        return row_text(is_ipv6(r) ? "::1" : "127.0.0.1");
    if (is_ipv6(r) && !is_remote)
        return kql_str(arena_print(a, "fe80::%x:%x:%x:%x", (unsigned)(l & 0xffff), (unsigned)(l >> 16 & 0xffff),
                                   (unsigned)(l >> 32 & 0xffff), (unsigned)(l >> 48)));
    if (is_ipv6(r))
        return kql_str(arena_print(a, "2001:db8:%x::%x", (unsigned)(l & 0xffff), (unsigned)(l >> 16 & 0xffff)));
    if (!is_remote) return kql_str(device_ip(r->world, r->device, a));
    return kql_str(arena_print(a, "198.51.100.%u", (unsigned)(l % 254) + 1));
}

static struct kql_value port(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    static const int ports[] = {443, 443, 443, 80, 53, 445, 3389, 22, 8080, 5985};
    uint64_t l = row_lot(r, c);
    (void)a;
    if (arg == 2 && l % 3) return kql_null(KQL_INT);
    return kql_int(KQL_INT, arg == 1 ? ports[l % 10] : 49152 + (int)(l % 16384));
}

static struct kql_value remote_url(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, c);
    (void)arg;
    if (l % 3 == 0) return row_text("");
    if (l % 3 == 1) return row_text("www.example.org");
    return kql_str(arena_print(a, "https://cdn%u.example/a/b?q=%%20%u&x=\"y\"", (unsigned)(l >> 8) % 9,
                               (unsigned)(l >> 16) % 9999));
}

static struct kql_value registry(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, arg ? COL_PreviousRegistryKey : COL_RegistryKey);
    (void)c;
    if (l % 10 == 9) return row_text("");
    struct str guid = draw_guid_str(l, 1, a);
    return kql_str(
        arena_print(a, "HKEY_LOCAL_MACHINE\\SOFTWARE\\Vendor\\%08x\\{%.*s}", (unsigned)(l >> 32), STR_ARG(guid)));
}

static struct kql_value registry_data(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, c);
    (void)arg;
    if (l % 4 == 0) return kql_null(KQL_STRING);
    if (l % 4 == 1) return kql_str(arena_print(a, "%u", (unsigned)(l >> 20)));
    return kql_str(arena_print(a, "\"C:\\Program Files\\Vendor\\%08x.exe\" /quiet", (unsigned)(l >> 32)));
}

static struct kql_value logged_on(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    (void)c, (void)arg;
    if (row_lot(r, c) % 5 == 0) return row_text("[]");
    struct str sid = user_sid(r->world, r->user, a);
    return kql_str(arena_print(a, "[{\"UserName\":\"%s\",\"DomainName\":\"%s\",\"Sid\":\"%.*s\"}]",
                               user_of(r->user).account, r->world->name, STR_ARG(sid)));
}

static struct kql_value os_build(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    int64_t build = device_build(r->world, r->device);
    (void)c, (void)arg, (void)a;
    return build ? kql_int(KQL_LONG, build) : kql_null(KQL_LONG);
}

static struct kql_value download(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = row_lot(r, COL_FileOriginUrl);
    (void)c;
    if (l % 8) return kql_null(KQL_STRING);
    return arg ? row_text("https://intranet.example/links")
               : kql_str(arena_print(a, "https://files.example/%08x/setup.msi", (unsigned)(l >> 32)));
}

/* ---- which column is made how --------------------------------------------------------------------------------------- */
#define PROGRAM(subject, fact) about_program, (SUBJECT_##subject << 8 | PROGRAM_##fact)
#define HASH(subject, digits) file_hash, (SUBJECT_##subject << 8 | (digits))
#define ACCOUNT(which, fact) about_account, ((which) << 8 | ACCOUNT_##fact)
#define VERSION_INFO(prefix, subject)                                \
    [COL_##prefix##CompanyName] = {PROGRAM(subject, COMPANY)},       \
    [COL_##prefix##ProductName] = {PROGRAM(subject, PRODUCT)},       \
    [COL_##prefix##ProductVersion] = {PROGRAM(subject, VERSION)},    \
    [COL_##prefix##InternalFileName] = {PROGRAM(subject, INTERNAL)}, \
    [COL_##prefix##OriginalFileName] = {PROGRAM(subject, ORIGINAL)}, \
    [COL_##prefix##FileDescription] = {PROGRAM(subject, DESCRIPTION)}

/* Columns not named here are made by the shape of their name (row_shapes.c). */
static const struct {
    maker *make;
    unsigned arg;
} makers[COL_COUNT] = {
    [COL_Timestamp] = {timestamp, 0},
    [COL_ActivityTimestamp] = {timestamp, 0},
    [COL_DeviceId] = {about_device, DEVICE_ID},
    [COL_DeviceName] = {about_device, DEVICE_NAME},
    [COL_MachineGroup] = {about_device, DEVICE_GROUP},
    [COL_PublicIP] = {about_device, DEVICE_PUBLIC_IP},
    [COL_OSPlatform] = {about_device, DEVICE_PLATFORM},
    [COL_AadDeviceId] = {about_device, DEVICE_ENTRA_ID},
    [COL_HardwareUuid] = {about_device, DEVICE_HARDWARE},
    [COL_RegistryDeviceTag] = {about_device, DEVICE_TAG},
    [COL_DeviceManualTags] = {about_device, DEVICE_TAG},
    [COL_ActionType] = {action, 0},
    [COL_ReportId] = {report_id, 0},
    [COL_AdditionalFields] = {row_additional, 0},

    [COL_FileName] = {PROGRAM(FILE, FILE)},
    [COL_FolderPath] = {PROGRAM(FILE, PATH)},
    [COL_FileSize] = {PROGRAM(FILE, SIZE)},
    [COL_SHA1] = {HASH(FILE, 40)},
    [COL_SHA256] = {HASH(FILE, 64)},
    [COL_MD5] = {HASH(FILE, 32)},
    [COL_FileOriginUrl] = {download, 0},
    [COL_FileOriginReferrerUrl] = {download, 1},
    [COL_PreviousFileName] = {one_of, WORDS_OLD_FILE},
    [COL_SensitivityLabel] = {one_of, WORDS_LABEL},
    [COL_IsAzureInfoProtectionApplied] = {flag, 10},
    [COL_RequestProtocol] = {one_of, WORDS_REQUEST},
    [COL_RequestSourceIP] = {address, 2},
    [COL_RequestSourcePort] = {port, 2},

    VERSION_INFO(ProcessVersionInfo, FILE),
    [COL_ProcessId] = {process_id, 0},
    [COL_ProcessCommandLine] = {command_line, SUBJECT_FILE},
    [COL_ProcessIntegrityLevel] = {one_of, WORDS_INTEGRITY},
    [COL_ProcessTokenElevation] = {one_of, WORDS_ELEVATION},
    [COL_ProcessCreationTime] = {earlier, 1},
    [COL_AccountDomain] = {ACCOUNT(1, DOMAIN)},
    [COL_AccountName] = {ACCOUNT(1, NAME)},
    [COL_AccountSid] = {ACCOUNT(1, SID)},
    [COL_AccountUpn] = {ACCOUNT(1, UPN)},
    [COL_AccountObjectId] = {ACCOUNT(1, OBJECT_ID)},
    [COL_LogonId] = {below, 900000},
    [COL_CreatedProcessSessionId] = {below, 5},
    [COL_IsProcessRemoteSession] = {flag, 5},
    [COL_ProcessUniqueId] = {unique_id, 0},

    VERSION_INFO(InitiatingProcessVersionInfo, INITIATING),
    [COL_InitiatingProcessFileName] = {PROGRAM(INITIATING, FILE)},
    [COL_InitiatingProcessFolderPath] = {PROGRAM(INITIATING, PATH)},
    [COL_InitiatingProcessFileSize] = {PROGRAM(INITIATING, SIZE)},
    [COL_InitiatingProcessSHA1] = {HASH(INITIATING, 40)},
    [COL_InitiatingProcessSHA256] = {HASH(INITIATING, 64)},
    [COL_InitiatingProcessMD5] = {HASH(INITIATING, 32)},
    [COL_InitiatingProcessCommandLine] = {command_line, SUBJECT_INITIATING},
    [COL_InitiatingProcessId] = {process_id, 0},
    [COL_InitiatingProcessCreationTime] = {earlier, 10800},
    [COL_InitiatingProcessIntegrityLevel] = {one_of, WORDS_INTEGRITY},
    [COL_InitiatingProcessTokenElevation] = {one_of, WORDS_ELEVATION},
    [COL_InitiatingProcessLogonId] = {below, 900000},
    [COL_InitiatingProcessSessionId] = {below, 5},
    [COL_InitiatingProcessUniqueId] = {unique_id, 0},
    [COL_InitiatingProcessSignerType] = {one_of, WORDS_SIGNER},
    [COL_InitiatingProcessSignatureStatus] = {one_of, WORDS_SIGNATURE},
    [COL_InitiatingProcessParentId] = {process_id, 0},
    [COL_InitiatingProcessParentFileName] = {PROGRAM(PARENT, FILE)},
    [COL_InitiatingProcessParentCreationTime] = {earlier, 86400},
    [COL_InitiatingProcessAccountDomain] = {ACCOUNT(0, DOMAIN)},
    [COL_InitiatingProcessAccountName] = {ACCOUNT(0, NAME)},
    [COL_InitiatingProcessAccountSid] = {ACCOUNT(0, SID)},
    [COL_InitiatingProcessAccountUpn] = {ACCOUNT(0, UPN)},
    [COL_InitiatingProcessAccountObjectId] = {ACCOUNT(0, OBJECT_ID)},
    [COL_IsInitiatingProcessRemoteSession] = {flag, 5},
    [COL_InitiatingProcessRemoteSessionIP] = {address, 2},

    [COL_RemoteIP] = {address, 1},
    [COL_RemotePort] = {port, 1},
    [COL_RemoteUrl] = {remote_url, 0},
    [COL_LocalIP] = {address, 0},
    [COL_LocalPort] = {port, 0},
    [COL_Protocol] = {one_of, WORDS_PROTOCOL},
    [COL_LocalIPType] = {one_of, WORDS_IP_TYPE},
    [COL_RemoteIPType] = {one_of, WORDS_IP_TYPE},

    [COL_LogonType] = {one_of, WORDS_LOGON},
    [COL_FailureReason] = {one_of, WORDS_FAILURE},
    [COL_IsLocalAdmin] = {flag, 20},
    [COL_RemoteDeviceName] = {one_of, WORDS_HOST},

    [COL_RegistryKey] = {registry, 0},
    [COL_RegistryValueName] = {one_of, WORDS_VALUE_NAME},
    [COL_RegistryValueType] = {one_of, WORDS_VALUE_TYPE},
    [COL_RegistryValueData] = {registry_data, 0},
    [COL_PreviousRegistryKey] = {registry, 1},
    [COL_PreviousRegistryValueData] = {registry_data, 0},

    [COL_ClientVersion] = {one_of, WORDS_CLIENT},
    [COL_OSArchitecture] = {one_of, WORDS_ARCHITECTURE},
    [COL_OSBuild] = {os_build, 0},
    [COL_OSVersion] = {one_of, WORDS_OS_VERSION},
    [COL_IsAzureADJoined] = {flag, 70},
    [COL_JoinType] = {one_of, WORDS_JOIN},
    [COL_LoggedOnUsers] = {logged_on, 0},
    [COL_OnboardingStatus] = {one_of, WORDS_ONBOARDING},
    [COL_DeviceCategory] = {one_of, WORDS_CATEGORY},
    [COL_DeviceType] = {one_of, WORDS_DEVICE_TYPE},
    [COL_Model] = {one_of, WORDS_MODEL},
    [COL_Vendor] = {one_of, WORDS_VENDOR},
    [COL_IsInternetFacing] = {flag, 8},
    [COL_IsExcluded] = {flag, 2},
    [COL_IsTransient] = {flag, 2},
    [COL_SensorHealthState] = {one_of, WORDS_SENSOR},
    [COL_ExposureLevel] = {one_of, WORDS_LEVEL},
    [COL_MitigationStatus] = {mitigation, 0},
    [COL_AssetValue] = {one_of, WORDS_ASSET},
    [COL_ProcessFutureSignal] = {one_of, WORDS_SIGNER},
};

/* Makers make what a column usually is; some tables declare another type. */
static struct kql_value as_type(struct kql_value v, enum kql_type type, struct arena *a)
{
    bool is_whole = type == KQL_LONG || type == KQL_INT || type == KQL_BOOL;
    if (v.type == type) return v;
    if (v.is_null || (kql_is_text(v.type) && v.s.n == 0)) return kql_null(type);
    if (kql_is_text(type)) return kql_text(type, kql_to_text(v, a));
    if (is_whole && !kql_is_text(v.type) && v.type != KQL_REAL) return kql_int(type, v.i);
    if (type == KQL_REAL && !kql_is_text(v.type)) return kql_real(kql_number(v));
    return kql_null(type);
}

struct kql_value row_cell(const struct row *r, struct table_column column, struct arena *a)
{
    enum kql_type type = (enum kql_type)column.type;
    enum column c = (enum column)column.column;
    if (r->replayed.n && c != COL_Timestamp) return replay_cell(r->replayed, column, a);
    struct kql_value told;
    if (r->scenario && row_alert_cell(r, c, a, &told)) return as_type(told, type, a);
    if (row_leaves_empty(r, c)) return kql_null(type);
    bool tells_twins_apart = c == COL_AdditionalFields && r->is_twin;
    if (!tells_twins_apart && row_table_cell(r, column, a, &told)) return told;
    /* JSON where others have text is made by the shape of its name */
    bool is_text_elsewhere = c == COL_AdditionalFields && (r->is_twin || is_device_event(r));
    if (makers[c].make && (type != KQL_DYNAMIC || is_text_elsewhere))
        return as_type(makers[c].make(r, c, makers[c].arg, a), type, a);
    return as_type(row_shape(r, column, a), type, a);
}
