/* Inside the twin: what row.c draws by, and the words it draws from. */
#ifndef TWIN_ROW_INT_H
#define TWIN_ROW_INT_H

#include "twin/world/row.h"

/* Labels of a row's draws. */
enum {
    LOT_ROW_DEVICE,
    LOT_ROW_USER,
    LOT_ROW_PROGRAM,
    LOT_ROW_PARENT,
    LOT_ROW_SUBJECT,
    LOT_ROW_AGGREGATED,
    LOT_ROW_FOLDER_ONLY,
    LOT_ROW_IPV6,
    LOT_ROW_LOOPBACK,
    LOT_ROW_SYSTEM, /* and the next one: two accounts */
    LOT_ROW_VERSION = 12,
    LOT_ROW_DIRT = 16,  /* and on */
    LOT_ROW_ALERT = 32, /* and on: one seed a row of an alert */
    LOT_ROW_COLUMN = 64,
};
enum subject { SUBJECT_INITIATING, SUBJECT_PARENT, SUBJECT_FILE };
enum program_fact {
    PROGRAM_FILE,
    PROGRAM_PATH,
    PROGRAM_SIZE,
    PROGRAM_COMPANY,
    PROGRAM_PRODUCT,
    PROGRAM_VERSION,
    PROGRAM_INTERNAL,
    PROGRAM_ORIGINAL,
    PROGRAM_DESCRIPTION
};
enum account_fact { ACCOUNT_NAME, ACCOUNT_DOMAIN, ACCOUNT_SID, ACCOUNT_UPN, ACCOUNT_OBJECT_ID };
enum device_fact {
    DEVICE_ID,
    DEVICE_NAME,
    DEVICE_IP,
    DEVICE_PUBLIC_IP,
    DEVICE_GROUP,
    DEVICE_PLATFORM,
    DEVICE_TAG,
    DEVICE_ENTRA_ID,
    DEVICE_HARDWARE
};

enum { VERSIONS_LOOKED_AT = 8 };

/* Lists of words. NULL stands for null. */
enum words {
    WORDS_OLD_FILE,
    WORDS_LABEL,
    WORDS_REQUEST,
    WORDS_INTEGRITY,
    WORDS_ELEVATION,
    WORDS_SIGNER,
    WORDS_SIGNATURE,
    WORDS_PROTOCOL,
    WORDS_IP_TYPE,
    WORDS_LOGON,
    WORDS_FAILURE,
    WORDS_HOST,
    WORDS_VALUE_NAME,
    WORDS_VALUE_TYPE,
    WORDS_CLIENT,
    WORDS_ARCHITECTURE,
    WORDS_OS_VERSION,
    WORDS_JOIN,
    WORDS_ONBOARDING,
    WORDS_CATEGORY,
    WORDS_DEVICE_TYPE,
    WORDS_MODEL,
    WORDS_VENDOR,
    WORDS_SENSOR,
    WORDS_LEVEL,
    WORDS_ASSET,
    WORDS_COUNT
};
struct word_list {
    const char *const *words;
    unsigned count;
};
extern const struct word_list word_lists[WORDS_COUNT];

static inline struct kql_value row_text(const char *s) /* NULL: null */
{
    return s ? kql_str(str_of(s)) : kql_null(KQL_STRING);
}
static inline bool row_is_windows(const struct row *r)
{
    return r->os == OS_WINDOWS_CLIENT || r->os == OS_WINDOWS_SERVER;
}
const char *row_action(const struct row *r);
/* Of DeviceEvents: is the column empty in rows of this action? And its AdditionalFields. */
bool row_leaves_empty(const struct row *r, enum column c);
struct kql_value row_event_fields(const struct row *r, uint64_t lot, struct arena *a);
struct kql_value row_additional(const struct row *r, enum column c, unsigned arg, struct arena *a);
uint64_t row_lot(const struct row *r, enum column c); /* the draw of one cell */
/* What an alert says for its rows; false: this column is drawn like any other. */
bool row_alert_cell(const struct row *r, enum column c, struct arena *a, struct kql_value *out);
/* What a column is in one table: words that the draw of a column chooses, its own or another's, so that columns agree. */
struct row_choice {
    enum table_id table;
    enum column column;
    enum column by;
    unsigned below; /* 0: words, "a|b|c"; else `words` has a %u, of a number below this */
    const char *words;
    const char *action; /* only where the ActionType begins so; NULL: always */
};
/* AdditionalFields of rows of evidence. */
#define ROW_HOST                                                                                               \
    "{\"Type\":\"host\",\"HostName\":\"pc-0007\",\"DnsDomain\":\"fabrikam.example\",\"OSFamily\":\"Windows\"," \
    "\"OSVersion\":"                                                                                           \
    "\"10.0\",\"IpInterfaces\":[{\"Address\":\"10.0.0.7\",\"Type\":\"ip\"}],\"MachineId\":"                    \
    "\"7e7a44995a4d4f09be53dce4fe9eb1db\"}"
#define ROW_ACCOUNT                                                                                                  \
    "{\"Type\":\"account\",\"Name\":\"alice\",\"NTDomain\":\"FABRIKAM\",\"UPNSuffix\":\"fabrikam.example\",\"Sid\":" \
    "\"S-"                                                                                                           \
    "1-5-21-1-2-3-1001\",\"UserPrincipalName\":\"alice@fabrikam.example\",\"DisplayName\":\"Alice Adams\"}"
#define ROW_PROCESS                                                                                                 \
    "{\"Type\":\"process\",\"ProcessId\":\"19060\",\"CreationTimeUtc\":\"2026-01-02T03:04:05.67Z\",\"ImageFile\":{" \
    "\"Publisher\":"                                                                                                \
    "\"Söhne & Co\"},\"Host\":" ROW_HOST ",\"Account\":" ROW_ACCOUNT                                                \
    ",\"ParentProcess\":{\"ProcessId\":\"12636\",\"CreationTimeUtc\":\"2026-01-02T03:04:01Z\",\"ImageFile\":{"      \
    "\"Directory\":"                                                                                                \
    "\"C:\\\\Windows\",\"Name\":\"explorer.exe\"}},\"LastVerdict\":\"Suspicious\"}"
extern const struct row_choice
    row_identity_choices[]; /* identities, cloud apps, sign-ins, behaviours (row_identity.c) */
extern const size_t row_identity_choice_count;
/* A column that is something of its own in this table (row_tables.c); false: it is what its name says. */
bool row_table_cell(const struct row *r, struct table_column column, struct arena *a, struct kql_value *out);
struct str row_word(const char *words, uint64_t lot); /* one of "a|b|c"; nothing between two bars: empty */
struct str row_print(const char *format, unsigned number,
                     struct arena *a); /* a format with a %u in it, perhaps a %% too */
/* A column nobody wrote a maker for: a believable value by its name and type (row_shapes.c). */
struct kql_value row_shape(const struct row *r, struct table_column column, struct arena *a);

#endif
