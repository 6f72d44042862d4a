#include "twin/world/world.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { /* labels of draws; rows and objects have their own, higher ones */
       LOT_TENANT = 1,
       LOT_DEVICE = 3,
       LOT_PUBLIC = 5,
       LOT_USER
};

void world_init(struct world *w, uint64_t cloud_seed, unsigned index, unsigned machines, struct wall start)
{
    static const char *const names[] = {"contoso",  "fabrikam",  "northwind", "adatum",    "litware", "proseware",
                                        "tailspin", "wingtip",   "alpine",    "coho",      "lucerne", "margie",
                                        "trey",     "woodgrove", "humongous", "blueyonder"};
    *w = (struct world){.seed = draw(cloud_seed, 1000 + index), .index = index, .machines = machines, .start = start};
    const char *name = names[index % COUNT(names)];
    draw_guid(w->seed, LOT_TENANT, w->tenant_id);
    (void)snprintf(w->name, sizeof w->name, "%s %u", name, index);
    (void)snprintf(w->domain, sizeof w->domain, "%s%u.example", name, index);
    w->has_new_column = index % 7 == 3;
}

enum os device_os(const struct world *w, unsigned device)
{
    static const enum os mix[] = {OS_WINDOWS_CLIENT, OS_WINDOWS_CLIENT, OS_WINDOWS_CLIENT, OS_WINDOWS_SERVER,
                                  OS_WINDOWS_CLIENT, OS_LINUX,          OS_MACOS,          OS_WINDOWS_SERVER};
    return mix[(device + w->index) % COUNT(mix)];
}

struct str device_id(const struct world *w, unsigned device, struct arena *a)
{
    return draw_hex_str(draw(w->seed, LOT_DEVICE), device, 40, a);
}

struct str device_host(const struct world *w, unsigned device, struct arena *a)
{
    static const char *const prefix[] = {"pc", "srv", "lnx", "mac"};
    return arena_print(a, "%s-%04u", prefix[device_os(w, device)], device);
}

struct str device_name(const struct world *w, unsigned device, struct arena *a)
{
    static const char *const prefix[] = {"pc", "srv", "lnx", "mac"};
    return arena_print(a, "%s-%04u.%s", prefix[device_os(w, device)], device, w->domain);
}

struct str device_ip(const struct world *w, unsigned device, struct arena *a)
{
    return arena_print(a, "10.%u.%u.%u", w->index % 200 + 1, device / 250 % 250, device % 250 + 2);
}

struct str device_public_ip(const struct world *w, unsigned device, struct arena *a)
{
    uint64_t lot = draw(w->seed, LOT_PUBLIC + 100 * (uint64_t)(device % 3));
    return arena_print(a, "203.0.113.%u", (unsigned)(lot % 254) + 1);
}

struct str device_group(const struct world *w, unsigned device)
{
    (void)w;
    return device % 5 == 4 ? STR("Windows 11 - remediate threats automatically") : STR("UnassignedGroup");
}

struct str device_platform(const struct world *w, unsigned device)
{
    switch (device_os(w, device)) {
    case OS_WINDOWS_CLIENT: return device % 3 ? STR("Windows11") : STR("Windows10");
    case OS_WINDOWS_SERVER: return STR("WindowsServer2022");
    case OS_LINUX: return STR("Linux");
    case OS_MACOS: return STR("macOS");
    }
    return STR("Other");
}

struct str device_tag(const struct world *w, unsigned device)
{
    (void)w;
    return device % 6 == 1 ? STR("finance") : device % 6 == 3 ? STR("Empfang/Zürich") : STR("");
}

int64_t device_build(const struct world *w, unsigned device)
{
    static const int64_t builds[] = {22631, 20348, 0, 0};
    return builds[device_os(w, device)];
}

struct person user_of(unsigned user)
{
    static const struct person people[] = {
        {"alice", "Alice Adams"},
        {"bruno", "Bruno Müller"},
        {"chloe", "Chloé Petit"},
        {"dmitri", "Дмитрий Орлов"},
        {"erik", "Erik Ångström"},
        {"fatima", "Fatima Al-Sayed"},
        {"gwen", "Gwen O'Neill"},
        {"hiro", "山田 ひろ"},
        {"svc-backup", "Backup service"},
        {"jose", "José Niño"},
        {"kim", "Kim \"KJ\" Jensen"},
        {"lena", "Lena Groß"},
        {"maria.long.account.name", "Maria 🌿 Fern"},
    };
    return people[user % COUNT(people)];
}

struct str user_sid(const struct world *w, unsigned user, struct arena *a)
{
    uint64_t lot = draw(w->seed, LOT_USER);
    return arena_print(a, "S-1-5-21-%u-%u-%u-%u", (unsigned)(lot & 0x7fffffff), (unsigned)(lot >> 33),
                       (unsigned)(lot % 999999937), 1100 + user);
}

struct str user_upn(const struct world *w, unsigned user, struct arena *a)
{
    return arena_print(a, "%s@%s", user_of(user).account, w->domain);
}

struct str user_object_id(const struct world *w, unsigned user, struct arena *a)
{
    return draw_guid_str(draw(w->seed, LOT_USER), user, a);
}

/* clang-format off */
#define MS "Microsoft Corporation"
#define WINDOWS "Microsoft® Windows® Operating System"
static const struct program windows_programs[] = {
    {"svchost.exe", "c:\\windows\\system32\\", MS, WINDOWS, "10.0.22621.1", "svchost.exe", "Host Process for Windows Services", "svchost.exe -k netsvcs -p -s %s", 79920},
    {"explorer.exe", "c:\\windows\\", MS, WINDOWS, "10.0.22621.2861", "explorer", "Windows Explorer", "Explorer.EXE", 5368296},
    {"powershell.exe", "c:\\windows\\system32\\windowspowershell\\v1.0\\", MS, WINDOWS, "10.0.22621.1", "POWERSHELL", "Windows PowerShell", "powershell.exe -NoProfile -ExecutionPolicy Bypass -EncodedCommand %s", 450560},
    {"cmd.exe", "c:\\windows\\system32\\", MS, WINDOWS, "10.0.22621.1", "cmd", "Windows Command Processor", "\"cmd.exe\" /c \"type C:\\Temp\\%s.txt | findstr /i \"pass\" > NUL 2>&1\"", 289792},
    {"MsMpEng.exe", "c:\\programdata\\microsoft\\windows defender\\platform\\4.18.23110.3-0\\", MS, WINDOWS, "4.18.23110.3", "MsMpEng.exe", "Antimalware Service Executable", "\"MsMpEng.exe\"", 133576},
    {"EXCEL.EXE", "c:\\program files\\microsoft office\\root\\office16\\", MS, "Microsoft Office", "16.0.15601.20538", "Excel", "Microsoft Excel", "\"EXCEL.EXE\" \"C:\\Users\\zoë\\Documents\\Übersicht %s.xlsx\"", 63984520},
    {"OUTLOOK.EXE", "c:\\program files\\microsoft office\\root\\office16\\", MS, "Microsoft Outlook", "16.0.15601.20538", "Outlook", "Microsoft Outlook", "\"OUTLOOK.EXE\" /embedding", 43106984},
    {"chrome.exe", "c:\\program files\\google\\chrome\\application\\", "Google LLC", "Google Chrome", "120.0.6099.130", "chrome_exe", "Google Chrome", "\"chrome.exe\" --type=renderer --lang=de --enable-features=%s --field-trial-handle=1884,i,1,262144 /prefetch:8", 2782816},
    {"rundll32.exe", "c:\\windows\\system32\\", MS, WINDOWS, "10.0.22621.1", "rundll", "Windows host process (Rundll32)", "rundll32.exe C:\\Windows\\Temp\\%s.dll,#1\tstart", 71680},
    {"OneDriveSetup.exe", "c:\\users\\zoë\\appdata\\local\\microsoft\\onedrive\\update\\", MS, "Microsoft OneDrive", "22.166.0807.0002", "OneDriveSetup.exe", "Microsoft OneDrive (64 bit) Setup", "OneDriveSetup.exe /update /restart /updateSource:ODU /peruser /childprocess /extractFilesWithLessThreadCount ", 56824728},
    {"отчёт 😀.exe", "c:\\users\\public\\downloads\\", NULL, NULL, NULL, NULL, NULL, "\"C:\\Users\\Public\\Downloads\\отчёт 😀.exe\" --key=%s", 40448},
    {"services.exe", "c:\\windows\\system32\\", MS, WINDOWS, "10.0.22621.1", "services.exe", "Services and Controller app", "services.exe", 714856},
    {"agent.exe", "c:\\program files\\vendor\\agent\\", "Vendor & Söhne GmbH", "Agent \"Pro\"", "3.1.0-beta+7", "agent", "Monitoring/Agent", "agent.exe --url https://monitor.example/a?b=1&c=%s --json {\"a\":[1,2,{\"b\":\"c\\\\d\"}]}", 9120768},
};
static const struct program linux_programs[] = {
    {"bash", "/usr/bin/", NULL, NULL, NULL, NULL, NULL, "bash -c 'curl -s https://updates.example/%s | sh'", 1446024},
    {"systemd", "/usr/lib/systemd/", NULL, NULL, NULL, NULL, NULL, "/usr/lib/systemd/systemd --switched-root --system --deserialize 31", 1849992},
    {"python3.11", "/usr/bin/", NULL, NULL, NULL, NULL, NULL, "python3 -m http.server --bind :: 8080 # %s", 6831736},
    {"sshd", "/usr/sbin/", NULL, NULL, NULL, NULL, NULL, "sshd: root@pts/0", 1277304},
    {"crond", "/usr/sbin/", NULL, NULL, NULL, NULL, NULL, "/usr/sbin/crond -n", 74456},
};
static const struct program mac_programs[] = {
    {"xpcproxy", "/usr/libexec/", NULL, NULL, NULL, NULL, NULL, "xpcproxy com.example.agent.%s", 216320},
    {"launchd", "/sbin/", NULL, NULL, NULL, NULL, NULL, "/sbin/launchd", 1084736},
    {"zsh", "/bin/", NULL, NULL, NULL, NULL, NULL, "-zsh -c \"open 'System Settings.app' --args %s\"", 1377872},
};
static const struct program windows_libraries[] = {
    {"ntdll.dll", "C:\\Windows\\System32\\", MS, WINDOWS, "10.0.22621.2506", "ntdll.dll", "NT Layer DLL", NULL, 2170368},
    {"sscfom.dll", "C:\\Program Files (x86)\\Adobe\\8.1\\Client\\BIN\\", NULL, NULL, NULL, NULL, NULL, NULL, 1048576},
    {"amsi.dll", "C:\\Windows\\System32\\", MS, WINDOWS, "10.0.22621.1", "amsi.dll", "Anti-Malware Scan Interface", NULL, 96768},
    {"größe.dll", "C:\\Users\\zoë\\AppData\\Local\\Temp\\", NULL, NULL, NULL, NULL, NULL, NULL, 20480},
};
static const struct program posix_libraries[] = {
    {"libc.so.6", "/usr/lib/x86_64-linux-gnu/", NULL, NULL, NULL, NULL, NULL, NULL, 1922136},
    {"libssl.so.3", "/usr/lib/x86_64-linux-gnu/", NULL, NULL, NULL, NULL, NULL, NULL, 688160},
};
/* clang-format on */

const struct program *program_of(enum os os, uint64_t lot)
{
    if (os == OS_LINUX) return &linux_programs[lot % COUNT(linux_programs)];
    if (os == OS_MACOS) return &mac_programs[lot % COUNT(mac_programs)];
    return &windows_programs[lot % COUNT(windows_programs)];
}

const struct program *library_of(enum os os, uint64_t lot)
{
    if (os == OS_LINUX || os == OS_MACOS) return &posix_libraries[lot % COUNT(posix_libraries)];
    return &windows_libraries[lot % COUNT(windows_libraries)];
}
