/* AdditionalFields: JSON inside a string. */
#include "twin/world/row_int.h"

static struct kql_value posix_process(const struct row *r, uint64_t l, struct arena *a)
{
    const char *name = user_of(r->user).account;
    unsigned uid = 500 + r->user;
    return kql_str(arena_print(
        a,
        "{\"InitiatingProcessPosixEffectiveUser\":{\"Sid\":\"S-1-5-18\",\"Name\":\"root\",\"DomainName\":\"HOST\","
        "\"LogonId\":0,\"PosixUserId\":0,"
        "\"PrimaryPosixGroup\":{\"Name\":\"wheel\",\"PosixGroupId\":0}},\"InitiatingProcessPosixProcessGroupId\":%u,"
        "\"InitiatingProcessCurrentWorkingDirectory\":\"/"
        "\",\"ProcessPosixEffectiveUser\":{\"Name\":\"%s\",\"DomainName\":\"HOST\",\"LogonId\":0,"
        "\"PosixUserId\":%u,\"PrimaryPosixGroup\":{\"Name\":\"staff\",\"PosixGroupId\":20}},"
        "\"ProcessPosixFilePermissions\":[\"None\"]}",
        (unsigned)(l >> 40), name, uid));
}

struct kql_value row_additional(const struct row *r, enum column c, unsigned arg, struct arena *a)
{
    uint64_t l = draw(row_lot(r, c), r->is_twin);
    (void)arg;
    if (r->is_twin) return kql_str(arena_print(a, "{\"twin\":%u}", (unsigned)(l >> 40)));
    if (r->table == TABLE_DeviceProcessEvents && !row_is_windows(r)) return posix_process(r, l, a);
    if (r->table == TABLE_DeviceEvents) return row_event_fields(r, l, a);
    if (r->table == TABLE_DeviceProcessEvents || l % 3 == 0) return kql_null(KQL_STRING);
    switch (r->table) {
    case TABLE_DeviceNetworkEvents:
        return kql_str(arena_print(a,
                                   "{\"direction\":\"Out\",\"conn_state\":\"SF\",\"duration\":%u.%u,\"uid\":\"C%08x\"}",
                                   (unsigned)(l >> 8 & 63), (unsigned)(l >> 20 & 7), (unsigned)(l >> 32)));
    case TABLE_DeviceFileEvents: return row_text("{\"FileType\":\"PortableExecutable\"}");
    case TABLE_DeviceLogonEvents:
        return row_text(l % 3 == 1 ? "{\"IsLocalLogon\":true}"
                                   : "{\"IsLocalLogon\":false,\"PosixUserId\":1001,\"TerminalName\":\"ssh\"}");
    case TABLE_DeviceInfo: return row_text("[]");
    default:
        return kql_str(
            arena_print(a, "{\"note\":\"tab\\tquote\\\"back\\\\slash/ üñí\",\"n\":%u}", (unsigned)(l >> 40)));
    }
}
