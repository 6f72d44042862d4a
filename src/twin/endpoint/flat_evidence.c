/* Evidence as the older APIs show it: flat, every item with every member, null where it has nothing to say (sections 10 and
 * 16 of the reference). The facts are those of evidence.c. */
#include <string.h>

#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum flat_member {
    FLAT_TYPE,
    FLAT_CREATED,
    FLAT_SHA1,
    FLAT_SHA256,
    FLAT_FILE,
    FLAT_PATH,
    FLAT_PROCESS,
    FLAT_COMMAND,
    FLAT_PROCESS_TIME,
    FLAT_PARENT,
    FLAT_PARENT_TIME,
    FLAT_IP,
    FLAT_URL,
    FLAT_KEY,
    FLAT_HIVE,
    FLAT_VALUE_TYPE,
    FLAT_VALUE,
    FLAT_ACCOUNT,
    FLAT_DOMAIN,
    FLAT_SID,
    FLAT_ENTRA_ID,
    FLAT_UPN,
    FLAT_DETECTION,
    FLAT_MAILBOX_NAME,
    FLAT_MAILBOX,
    FLAT_SUBJECT,
    FLAT_RECIPIENT,
    FLAT_DELIVERY,
    FLAT_DEVICE,
    FLAT_COUNT
};
static const char *const names[FLAT_COUNT] = {
    [FLAT_TYPE] = "entityType",
    [FLAT_CREATED] = "evidenceCreationTime",
    [FLAT_SHA1] = "sha1",
    [FLAT_SHA256] = "sha256",
    [FLAT_FILE] = "fileName",
    [FLAT_PATH] = "filePath",
    [FLAT_PROCESS] = "processId",
    [FLAT_COMMAND] = "processCommandLine",
    [FLAT_PROCESS_TIME] = "processCreationTime",
    [FLAT_PARENT] = "parentProcessId",
    [FLAT_PARENT_TIME] = "parentProcessCreationTime",
    [FLAT_IP] = "ipAddress",
    [FLAT_URL] = "url",
    [FLAT_KEY] = "registryKey",
    [FLAT_HIVE] = "registryHive",
    [FLAT_VALUE_TYPE] = "registryValueType",
    [FLAT_VALUE] = "registryValue",
    [FLAT_ACCOUNT] = "accountName",
    [FLAT_DOMAIN] = "domainName",
    [FLAT_SID] = "userSid",
    [FLAT_ENTRA_ID] = "aadUserId",
    [FLAT_UPN] = "userPrincipalName",
    [FLAT_DETECTION] = "detectionStatus",
    [FLAT_MAILBOX_NAME] = "mailboxDisplayName",
    [FLAT_MAILBOX] = "mailboxAddress",
    [FLAT_SUBJECT] = "subject",
    [FLAT_RECIPIENT] = "recipient",
    [FLAT_DELIVERY] = "deliveryAction",
    [FLAT_DEVICE] = "deviceId",
};

struct cells {
    struct odata_value of[FLAT_COUNT]; /* all null at first */
};

static struct odata_value number(int64_t n)
{
    return (struct odata_value){.type = ODATA_NUMBER, .number = n};
}

static void fill_file(const struct scene *s, struct arena *a, struct cells *c)
{
    const struct program *p = s->program;
    struct str folder = str_of(p->folder);
    c->of[FLAT_SHA1] = odata_text(draw_hex_str((uint64_t)p->bytes, 40, 40, a));
    c->of[FLAT_SHA256] = odata_text(draw_hex_str((uint64_t)p->bytes, 64, 64, a));
    c->of[FLAT_FILE] = odata_text(str_of(p->file));
    c->of[FLAT_PATH] = odata_text(str_sub(folder, 0, folder.n ? folder.n - 1 : 0)); /* no separator at its end */
    c->of[FLAT_DETECTION] = odata_text(STR("Prevented"));
    c->of[FLAT_DEVICE] = odata_text(device_id(s->estate.world, s->device, a));
}

static void fill_user(const struct scene *s, struct arena *a, struct cells *c)
{
    const struct world *w = s->estate.world;
    c->of[FLAT_ACCOUNT] = odata_text(str_of(user_of(s->user).account));
    c->of[FLAT_DOMAIN] = odata_text(str_of(w->name));
    c->of[FLAT_SID] = odata_text(user_sid(w, s->user, a));
    c->of[FLAT_ENTRA_ID] = odata_text(user_object_id(w, s->user, a));
    c->of[FLAT_UPN] = odata_text(user_upn(w, s->user, a));
}

static void fill_process(const struct scene *s, struct arena *a, struct cells *c)
{
    const struct program *p = s->program;
    fill_file(s, a, c);
    c->of[FLAT_PROCESS] = number((int64_t)(s->seed % 40000));
    c->of[FLAT_COMMAND] = odata_text(str_of(p->command ? p->command : p->file));
    c->of[FLAT_PROCESS_TIME] = odata_time(wall_add(s->alert->created, -60 * WALL_TICKS_PER_S));
    c->of[FLAT_PARENT] = number(744);
    c->of[FLAT_PARENT_TIME] = odata_time(wall_add(s->alert->created, -3600 * WALL_TICKS_PER_S));
    c->of[FLAT_DETECTION] = odata_text(STR("Detected"));
}

static void fill_ip(const struct scene *s, struct arena *a, struct cells *c)
{
    (void)a;
    c->of[FLAT_IP] = odata_text(str_of(s->seed % 2 ? "2001:db8:60:c0c::116:55" : "198.51.100.23"));
}

static void fill_url(const struct scene *s, struct arena *a, struct cells *c)
{
    c->of[FLAT_URL] =
        odata_text(arena_print(a, "https://phish%u.example/login?u=%%40&next=/a/b", (unsigned)(s->seed % 99)));
}

static void fill_registry(const struct scene *s, struct arena *a, struct cells *c)
{
    (void)s;
    (void)a;
    c->of[FLAT_HIVE] = odata_text(STR("HKEY_LOCAL_MACHINE"));
    c->of[FLAT_KEY] = odata_text(STR("SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"));
    c->of[FLAT_VALUE_TYPE] = odata_text(STR("String"));
    c->of[FLAT_VALUE] = odata_text(STR("\"C:\\Users\\Public\\a b.exe\" /s"));
}

static void fill_mailbox(const struct scene *s, struct arena *a, struct cells *c)
{
    fill_user(s, a, c);
    c->of[FLAT_MAILBOX_NAME] = odata_text(str_of(user_of(s->user).display));
    c->of[FLAT_MAILBOX] = c->of[FLAT_UPN];
}

static void fill_message(const struct scene *s, struct arena *a, struct cells *c)
{
    c->of[FLAT_SUBJECT] = odata_text(STR("Re: Rechnung ✉ \"fällig\""));
    c->of[FLAT_RECIPIENT] = odata_text(user_upn(s->estate.world, s->user, a));
    c->of[FLAT_DELIVERY] = odata_text(STR("Delivered"));
}

static const struct {
    unsigned bit;
    const char *type;
    void (*fill)(const struct scene *s, struct arena *a, struct cells *c);
} kinds[] = {
    {EVIDENCE_USER, "User", fill_user},
    {EVIDENCE_PROCESS, "Process", fill_process},
    {EVIDENCE_FILE, "File", fill_file},
    {EVIDENCE_IP, "Ip", fill_ip},
    {EVIDENCE_URL, "Url", fill_url},
    {EVIDENCE_REGISTRY_VALUE, "Registry", fill_registry},
    {EVIDENCE_MAILBOX, "MailBox", fill_mailbox},
    {EVIDENCE_MESSAGE, "MailMessage", fill_message},
};

static struct odata_value cell_of(const struct cells *c, const char *member)
{
    for (unsigned i = 0; i < FLAT_COUNT; i++)
        if (strcmp(names[i], member) == 0) return c->of[i];
    return (struct odata_value){.type = ODATA_NULL};
}

static void write_item(struct object_writer *o, const struct cells *c, const char *const *members)
{
    json_object_begin(&o->w);
    for (; *members; members++) put_value(o, *members, cell_of(c, *members));
    json_object_end(&o->w);
}

void flat_evidence_write(struct object_writer *o, const struct scene *s, const char *const *members)
{
    unsigned has = alert_kind_of(s->estate, s->alert->number)->evidence;
    json_array_begin(&o->w);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct cells c = {0};
        if (!(has & kinds[i].bit)) continue;
        c.of[FLAT_TYPE] = odata_text(str_of(kinds[i].type));
        c.of[FLAT_CREATED] = odata_time(s->alert->created);
        kinds[i].fill(s, &o->arena, &c);
        write_item(o, &c, members);
    }
    json_array_end(&o->w);
}

struct odata_value flat_evidence_fact(const struct scene *s, unsigned bit, const char *member, struct arena *a)
{
    struct cells c = {0};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].bit == bit && alert_kind_of(s->estate, s->alert->number)->evidence & bit) kinds[i].fill(s, a, &c);
    return cell_of(&c, member);
}
