#include "face/health/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const doctor_area_names[DOCTOR_AREAS] = {
    [AREA_INSTALLATION] = "installation",
    [AREA_KEY] = "key",
    [AREA_STORE] = "store",
    [AREA_AUDIT] = "audit",
    [AREA_LOG] = "log",
    [AREA_LAKE] = "lake",
    [AREA_MAPPINGS] = "mappings",
    [AREA_POLICY] = "policy",
    [AREA_CHANNELS] = "channels",
    [AREA_LISTENER] = "listener",
    [AREA_CREDENTIALS] = "credentials",
    [AREA_PROXIES] = "proxies",
    [AREA_TENANTS] = "tenants",
};
const char *const finding_state_names[FINDING_STATES] = {
    [FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_FAILED] = "failed"};

const struct cause doctor_causes[DOCTOR_CAUSE_COUNT] = {
    [DOCTOR_MODE] = {"doctor.mode", ERR_INPUT, "others on this machine may read what is only for the service",
                     "Take the rights away: chmod 600 for a file, chmod 700 for a folder. If others were on this "
                     "machine, take the key or secret as known to them."},
    [DOCTOR_OWNER] = {"doctor.owner", ERR_INPUT, "a file belongs to another user than the one who runs this",
                      "Run portcullis as the user of the service; if that is you, chown the file."},
    [DOCTOR_NOT_WRITABLE] = {"doctor.not_writable", ERR_STORAGE, "a folder of the installation cannot be written to",
                             "Look at its owner, its mode, and whether the disk is mounted read-only."},
    [DOCTOR_DISK] = {"doctor.disk", ERR_STORAGE, "the disk is nearly full",
                     "Make room, or a larger disk; log.keep says how long rows are kept in the log."},
    [DOCTOR_FILES] = {"doctor.open_files", ERR_LIMIT, "too few files and sockets may be open at once",
                      "Raise the limit of the service (LimitNOFILE= in systemd, ulimit -n)."},
    [DOCTOR_CLOCK] = {"doctor.clock", ERR_INPUT, "this machine's clock is wrong",
                      "Set it, and have it kept by NTP (timedatectl)."},
    [DOCTOR_ORPHANS] = {"doctor.orphans", ERR_CORRUPT, "files are in the lake that the store does not name",
                        "They were set aside below lake/.orphans or will be at the next start; if the store was "
                        "restored from an old copy, keep them, else delete them."},
    [DOCTOR_DEAD] = {"doctor.dead_letters", ERR_INPUT, "the mapping refused rows",
                     "See why in lake/.dead; mend the mapping, then portcullis ocsf remap."},
    [DOCTOR_LAG] = {"doctor.lag", ERR_RETRY, "rows wait longer for the lake than they should",
                    "Look at the service's own output for why folding fails; the disk may be slow or full."},
    [DOCTOR_CHANNEL] = {"doctor.channel", ERR_INPUT, "a channel cannot tell anybody",
                        "Give it what is missing: portcullis channel add NAME --help."},
    [DOCTOR_CERTIFICATE] = {"doctor.certificate", ERR_INPUT, "the listener's certificate is over, or soon will be",
                            "Put a new one in its place (tls.certificate, tls.key) and restart the service."},
    [DOCTOR_CREDENTIAL] = {"doctor.credential", ERR_AUTH, "a secret or certificate is over, or soon will be",
                           "Make a new one in Entra and enter it: portcullis tenant set TENANT --secret-file FILE "
                           "--expires DATE."},
    [DOCTOR_NO_EXPIRY] = {"doctor.no_expiry", ERR_INPUT, "nobody knows when a secret will be over",
                          "Read its end in Entra (Certificates & secrets) and enter it with --expires."},
    [DOCTOR_NO_CREDENTIAL] = {"doctor.no_credential", ERR_INPUT, "an app has no credential in use",
                              "Give it one: portcullis tenant set TENANT --secret-file FILE."},
    [DOCTOR_PROXY] = {"doctor.proxy", ERR_INPUT, "a proxy rule cannot be used",
                      "Set it anew: portcullis proxy set --help."},
    [DOCTOR_NEVER_TESTED] = {"doctor.never_tested", ERR_INPUT, "a tenant was never tested",
                             "Test it: portcullis tenant test TENANT. The service does so by itself."},
    [DOCTOR_TEST_OLD] = {"doctor.test_old", ERR_INPUT, "a tenant's last Test is old",
                         "Test it: portcullis tenant test TENANT; interval.test says how often the service does."},
    [DOCTOR_TEST_FAILED] = {"doctor.test_failed", ERR_AUTH, "a tenant's last Test failed",
                            "See what and why: portcullis tenant test TENANT."},
    [DOCTOR_FEED] = {"doctor.feed", ERR_RETRY, "a feed is not read",
                     "See all of them with portcullis feed list; the code names the cause, docs/errors.md what to do."},
};

void doctor_done(struct doctor *d)
{
    free(d->findings);
    *d = (struct doctor){0};
}

void doctor_ok(struct doctor *d, enum doctor_area area)
{
    d->counts[area][FINDING_OK]++;
}

void doctor_put(struct doctor *d, const struct finding *f)
{
    enum { FIRST_CAP = 64 };
    d->counts[f->area][f->state]++;
    if (d->count == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : FIRST_CAP;
        struct finding *grown = realloc(d->findings, cap * sizeof *grown);
        if (grown == NULL) {
            d->is_incomplete = true;
            return;
        }
        d->findings = grown;
        d->cap = cap;
    }
    d->findings[d->count++] = *f;
}

static void put(struct doctor *d, enum doctor_area area, enum finding_state state, const struct cause *cause,
                const char *place, const char *reason)
{
    struct finding f = {.state = state, .area = area};
    (void)snprintf(f.code, sizeof f.code, "%s", cause->code);
    (void)snprintf(f.place, sizeof f.place, "%s", place);
    (void)snprintf(f.reason, sizeof f.reason, "%s", reason);
    (void)snprintf(f.remedy, sizeof f.remedy, "%s", cause->remedy);
    doctor_put(d, &f);
}

void doctor_find(struct doctor *d, enum doctor_area area, enum finding_state state, const struct cause *cause,
                 const char *place, const char *fmt, ...)
{
    char reason[400];
    va_list list;
    va_start(list, fmt);
    (void)vsnprintf(reason, sizeof reason, fmt, list);
    va_end(list);
    put(d, area, state, cause, place, reason);
}

void doctor_err(struct doctor *d, enum doctor_area area, const char *place, const struct err *e)
{
    put(d, area, FINDING_FAILED, e->cause, place, e->text);
}

uint64_t doctor_total(const struct doctor *d, enum finding_state state)
{
    uint64_t n = 0;
    for (int a = 0; a < DOCTOR_AREAS; a++) n += d->counts[a][state];
    return n;
}

/* By buckets, so that the order within stays. */
void doctor_sort(struct doctor *d)
{
    struct finding *sorted = d->count ? malloc(d->count * sizeof *sorted) : NULL;
    size_t n = 0;
    if (sorted == NULL) return; /* as found: nothing is lost */
    for (int state = FINDING_STATES - 1; state >= 0; state--)
        for (int area = 0; area < DOCTOR_AREAS; area++)
            for (size_t i = 0; i < d->count; i++)
                if ((int)d->findings[i].state == state && (int)d->findings[i].area == area)
                    sorted[n++] = d->findings[i];
    free(d->findings);
    d->findings = sorted;
    d->cap = d->count;
}

/* ---- judgements --------------------------------------------------------------------------------------------------------------- */

enum { MIB = 1 << 20, FREE_FAILED = 64 * MIB, FREE_WARNING = 512 * MIB, DAYS_FAILED = 1, DAYS_WARNING = 7 };
enum { EXPIRY_WARNING_DAYS = 30 };

enum finding_state doctor_judge_disk(const struct disk_facts *f, char reason[200])
{
    const uint64_t days = f->day ? f->free / f->day : UINT64_MAX;
    int n = snprintf(reason, 200, "%" PRIu64 " MiB of %" PRIu64 " MiB are free", f->free / MIB, f->total / MIB);
    if (f->day && n > 0)
        (void)snprintf(reason + n, 200 - (size_t)n, "; %" PRIu64 " MiB were written within the last day", f->day / MIB);
    if (f->free < FREE_FAILED || days < DAYS_FAILED) return FINDING_FAILED;
    return f->free < FREE_WARNING || days < DAYS_WARNING ? FINDING_WARNING : FINDING_OK;
}

enum finding_state doctor_judge_expiry(struct wall until, struct wall now, int64_t *days_out)
{
    const int64_t left = until.ticks - now.ticks;
    *days_out = left / WALL_TICKS_PER_DAY;
    if (left <= 0) return FINDING_FAILED;
    return left < EXPIRY_WARNING_DAYS * WALL_TICKS_PER_DAY ? FINDING_WARNING : FINDING_OK;
}

void doctor_look(const struct doctor_input *in, struct doctor *d)
{
    doctor_installation(in, d);
    doctor_people(in, d);
    if (in->store == NULL) return;
    doctor_state(in, d);
    doctor_reach(in, d);
    doctor_tenants(in, d);
}
