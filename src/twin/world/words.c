#include <stddef.h>

#include "twin/world/row_int.h"

#define LIST(...)                                                                                       \
    {                                                                                                   \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *) \
    }

/* clang-format off */
const struct word_list word_lists[WORDS_COUNT] = {
    [WORDS_OLD_FILE] = LIST(NULL, NULL, NULL, "~$draft.tmp", "Änderung (alt).bak"),
    [WORDS_LABEL] = LIST(NULL, NULL, NULL, "Confidential"),
    [WORDS_REQUEST] = LIST(NULL, NULL, "Local", "Smb"),
    [WORDS_INTEGRITY] = LIST("Medium", "Medium", "High", "System", "Low", NULL),
    [WORDS_ELEVATION] = LIST("TokenElevationTypeDefault", "TokenElevationTypeLimited", "TokenElevationTypeFull", "None"),
    [WORDS_SIGNER] = LIST("OsVendor", "Other", "Unknown", ""),
    [WORDS_SIGNATURE] = LIST("Valid", "Valid", "Unsigned", "Unknown"),
    [WORDS_PROTOCOL] = LIST("Tcp", "Tcp", "TcpV4", "Udp", "Icmp"),
    [WORDS_IP_TYPE] = LIST("Public", "Private", "Reserved", "LinkLocal", "FourToSixMapping", ""),
    [WORDS_LOGON] = LIST("Interactive", "RemoteInteractive", "Network", "Batch", "Service", "Unlock", "CachedInteractive"),
    [WORDS_FAILURE] = LIST(NULL, NULL, NULL, "InvalidUserNameOrPassword", "AccountLockedOut"),
    [WORDS_HOST] = LIST("", NULL, "dc-01", "jump-host.example"),
    [WORDS_VALUE_NAME] = LIST("ImagePath", "Start", "", NULL, "Läuft"),
    [WORDS_VALUE_TYPE] = LIST("String", "Dword", "Binary", "ExpandString", "None", NULL),
    [WORDS_CLIENT] = LIST("10.8295.19041.2311", "10.8560.22621.2506", "30.123072.15.0", "101.23102.18"),
    [WORDS_ARCHITECTURE] = LIST("64-bit", "64-bit", "ARM64", NULL),
    [WORDS_OS_VERSION] = LIST("10.0", "11.0", "5.14", "14.2", NULL),
    [WORDS_JOIN] = LIST("AAD Joined", "Hybrid Azure AD Join", "Domain Joined", NULL),
    [WORDS_ONBOARDING] = LIST("Onboarded", "Onboarded", "Onboarded", "Can be onboarded", "Insufficient info"),
    [WORDS_CATEGORY] = LIST("Endpoint", "Endpoint", "NetworkDevice", "IoT"),
    [WORDS_DEVICE_TYPE] = LIST("Workstation", "Server", "Mobile", ""),
    [WORDS_MODEL] = LIST("Latitude 7440", "ThinkPad X1", "Virtual Machine", "", NULL),
    [WORDS_VENDOR] = LIST("Dell", "Lenovo", "Microsoft", "", NULL),
    [WORDS_SENSOR] = LIST("Active", "Active", "Inactive", "Misconfigured"),
    [WORDS_LEVEL] = LIST("Low", "Medium", "High", "None", NULL),
    [WORDS_ASSET] = LIST("Normal", "Low", "High", NULL),
};
/* clang-format on */
