/* Credentials that end: told in time, once a step, and taken back when it is not so any more. */
#include <stdio.h>
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"
#include "state/store/apps.h"
#include "state/store/notices.h"

/* Days before the end at which it is told; `warned` holds the step that was told last. */
static const struct step {
    int64_t days;
    enum notice_severity severity;
} steps[] = {{60, NOTICE_LOW}, {30, NOTICE_LOW},     {14, NOTICE_MEDIUM},
             {7, NOTICE_HIGH}, {1, NOTICE_CRITICAL}, {-1, NOTICE_CRITICAL}}; /* it is over */
enum { STEPS = sizeof steps / sizeof steps[0], UNKNOWN_AFTER_DAYS = 1, NAMES_BYTES_MAX = 256 << 10 };
#define UNKNOWN_ABOUT "credential:unknown"

static int64_t days_left(const struct credential_record *r, struct wall now)
{
    int64_t ticks = r->expires.ticks - now.ticks;
    return ticks <= 0 ? -1 : (ticks + WALL_TICKS_PER_DAY - 1) / WALL_TICKS_PER_DAY;
}

/* NULL: the end is far away, not known, or of no interest any more. */
static const struct step *step_of(const struct credential_record *r, struct wall now)
{
    const struct step *step = NULL;
    bool is_of_interest = r->state == CREDENTIAL_ACTIVE || r->state == CREDENTIAL_NEXT;
    if (r->expires.ticks == 0 || !is_of_interest) return NULL;
    for (size_t i = 0; i < STEPS; i++)
        if (days_left(r, now) <= steps[i].days) step = &steps[i];
    return step;
}

const char *credential_health(const struct credential_record *r, struct wall now)
{
    if (r->error_code[0]) return "refused";
    if (r->expires.ticks == 0) return "unknown";
    if (r->expires.ticks <= now.ticks) return "expired";
    return days_left(r, now) <= steps[0].days ? "expiring" : "ok";
}

/* ---- words --------------------------------------------------------------------------------------------------------------------- */

/* The app's tenants, a line each. */
static size_t name_tenants(const struct directory *d, int64_t app_id, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < d->tenant_count; i++) {
        const char *id = d->tenants[i].tenant_id;
        for (const struct directory_use *u = directory_uses(d, id); directory_is_use_of(d, u, id); u++) {
            if (u->app_id != app_id) continue;
            (void)buf_addf(out, "- %s (%s)\n", d->tenants[i].name, id);
            count++;
        }
    }
    return count;
}

static void about(int64_t credential_id, char out[64])
{
    (void)snprintf(out, 64, "credential:%lld", (long long)credential_id);
}

static bool put(struct store *s, const struct notice_record *like, struct buf *body, const char *key, struct err *e)
{
    struct notice_record n = *like;
    n.kind = NOTICE_ALARM;
    n.body = buf_str(body);
    (void)snprintf(n.group_key, sizeof n.group_key, "%s", key);
    return store_notice_put(s, &n, e);
}

static void set_cause(struct notice_record *n, const struct cause *c)
{
    (void)snprintf(n->cause, sizeof n->cause, "%s", c->code);
    (void)snprintf(n->remedy, sizeof n->remedy, "%s", c->remedy);
}

static bool tell_end(struct store *s, const struct directory *d, const struct credential_record *r,
                     const struct step *step, struct wall now, struct err *e)
{
    const struct directory_app *app = directory_app(d, r->app_id);
    const struct app_record none = {.name = "?"}, *record = app ? &app->record : &none;
    struct notice_record n = {.severity = step->severity};
    struct buf body;
    char day[11], key[64];
    int64_t left = days_left(r, now);
    buf_init(&body, NAMES_BYTES_MAX);
    about(r->id, key);
    wall_format_day(r->expires, day);
    set_cause(&n, &tenant_causes[left < 0 ? APP_EXPIRED : APP_EXPIRING]);
    if (left < 0)
        (void)snprintf(n.title, sizeof n.title, "The %s of the app %.100s ended on %s", credential_kind_names[r->kind],
                       record->name, day);
    else
        (void)snprintf(n.title, sizeof n.title, "The %s of the app %.100s ends in %lld day%s, on %s",
                       credential_kind_names[r->kind], record->name, (long long)left, left == 1 ? "" : "s", day);
    (void)buf_addf(&body, "%s\nClient id %s. Nothing can be asked of these tenants with it afterwards:\n", n.title,
                   record->client_id);
    if (name_tenants(d, r->app_id, &body) == 0) (void)buf_addf(&body, "(no tenant uses it)\n");
    bool ok = put(s, &n, &body, key, e);
    buf_done(&body);
    return ok;
}

/* ---- one credential ------------------------------------------------------------------------------------------------------------ */

static bool judge(struct store *s, const struct directory *d, const struct credential_record *r, struct wall now,
                  bool *told, struct err *e)
{
    const struct step *step = step_of(r, now);
    struct credential_record changed = *r;
    char key[64];
    changed.warned = step ? step->days : 0;
    if (changed.warned == r->warned) return true;
    about(r->id, key);
    bool is_nearer = step && (r->warned == 0 || step->days < r->warned);
    bool ok = store_notice_settle(s, key, e) && (!is_nearer || tell_end(s, d, r, step, now, e)) &&
              store_credential_put(s, &changed, e);
    *told |= ok;
    return ok;
}

/* Each in a transaction of its own: what was told is noted with it. */
static bool judge_one(struct store *s, const struct directory *d, const struct credential_record *r, struct wall now,
                      bool *told, struct err *e)
{
    const struct step *step = step_of(r, now);
    if ((step ? step->days : 0) == r->warned) return true;
    if (!store_begin(s, e)) return false;
    if (judge(s, d, r, now, told, e)) return store_commit(s, e);
    store_rollback(s);
    return false;
}

/* ---- those whose end nobody knows -------------------------------------------------------------------------------------------- */

static bool is_unknown(const struct credential_record *r, struct wall now)
{
    return r->state == CREDENTIAL_ACTIVE && r->expires.ticks == 0 &&
           now.ticks - r->added.ticks > UNKNOWN_AFTER_DAYS * WALL_TICKS_PER_DAY;
}

static bool tell_unknown(struct store *s, const struct directory *d, struct wall now, bool *told, struct err *e)
{
    struct notice_record n = {.severity = NOTICE_LOW};
    struct buf body, before;
    size_t count = 0;
    uint8_t hash[32] = {0};
    buf_init(&body, NAMES_BYTES_MAX);
    buf_init(&before, 64);
    for (size_t i = 0; i < d->credential_count; i++) {
        const struct directory_app *app = directory_app(d, d->credentials[i].app_id);
        if (app == NULL || !is_unknown(&d->credentials[i], now)) continue;
        (void)buf_addf(&body, "- %s, client id %s\n", app->record.name, app->record.client_id);
        count++;
    }
    if (count) sha256(body.p, body.n, hash);
    (void)snprintf(n.title, sizeof n.title, "Nobody knows when the secrets of %zu app%s end", count,
                   count == 1 ? "" : "s");
    set_cause(&n, &tenant_causes[APP_END_UNKNOWN]);
    const struct str mark = {(const char *)hash, sizeof hash};
    bool ok = store_mark_get(s, UNKNOWN_ABOUT, &before, e);
    bool is_same = ok && (str_eq(buf_str(&before), mark) || (count == 0 && before.n == 0));
    if (ok && !is_same) {
        ok = store_notice_settle(s, UNKNOWN_ABOUT, e) && (count == 0 || put(s, &n, &body, UNKNOWN_ABOUT, e)) &&
             store_mark_set(s, UNKNOWN_ABOUT, mark, e);
        *told |= ok;
    }
    buf_done(&before);
    buf_done(&body);
    return ok;
}

bool credentials_warn(struct store *s, bool *told_out, struct err *e)
{
    struct directory d;
    struct wall now = store_now(s);
    bool ok = true;
    *told_out = false;
    if (!directory_read(s, &d, e)) return false;
    for (size_t i = 0; ok && i < d.credential_count; i++) ok = judge_one(s, &d, &d.credentials[i], now, told_out, e);
    ok = ok && tell_unknown(s, &d, now, told_out, e);
    directory_done(&d);
    return ok;
}

bool credentials_tell_switch(struct store *s, int64_t app_id, const struct err *why, struct err *e)
{
    struct notice_record n = {.severity = NOTICE_HIGH};
    struct directory d;
    struct buf body;
    char key[64];
    if (!directory_read(s, &d, e)) return false;
    const struct directory_app *app = directory_app(&d, app_id);
    buf_init(&body, NAMES_BYTES_MAX);
    (void)snprintf(key, sizeof key, "credential:app:%lld", (long long)app_id);
    (void)snprintf(n.title, sizeof n.title, "The app %.100s goes on with its other credential: %s",
                   app ? app->record.name : "?", why->cause->what);
    set_cause(&n, &tenant_causes[APP_SWITCHED]);
    (void)buf_addf(&body, "The one in force was refused: %s\nIts tenants:\n", why->text);
    (void)name_tenants(&d, app_id, &body);
    bool ok = put(s, &n, &body, key, e);
    buf_done(&body);
    directory_done(&d);
    return ok;
}

/* ---- an app of several tenants, whose credential is refused ------------------------------------------------------------------- */

static bool put_shared(struct store *s, const struct app_record *app, const struct err *why, const char *matter,
                       struct buf *names, size_t count, struct err *e)
{
    struct notice_record n = {.severity = why ? NOTICE_HIGH : NOTICE_MEDIUM};
    struct buf body;
    buf_init(&body, 2 * NAMES_BYTES_MAX);
    (void)snprintf(n.title, sizeof n.title,
                   why ? "The credential of the app %.100s is refused: nothing works at its %zu tenants"
                       : "The credential of the app %.100s is accepted again at its %zu tenants",
                   app->name, count);
    set_cause(&n, &tenant_causes[why ? APP_REFUSED : APP_ACCEPTED]);
    (void)buf_addf(&body, "%s%sClient id %s. Its tenants:\n%.*s", why ? why->text : "", why ? "\n" : "", app->client_id,
                   STR_ARG(buf_str(names)));
    bool ok = store_begin(s, e);
    if (ok) {
        ok = store_notice_settle(s, matter, e) && put(s, &n, &body, matter, e) &&
             store_mark_set(s, matter, why ? STR("refused") : STR_NONE, e);
        if (ok)
            ok = store_commit(s, e);
        else
            store_rollback(s);
    }
    buf_done(&body);
    return ok;
}

static const struct app_record *app_of_client(const struct directory *d, const char *client_id)
{
    for (size_t i = 0; i < d->app_count; i++)
        if (strcmp(d->apps[i].record.client_id, client_id) == 0) return &d->apps[i].record;
    return NULL;
}

bool credentials_tell_shared(struct store *s, const char *client_id, const struct err *why, bool *is_shared_out,
                             bool *told_out, struct err *e)
{
    struct directory d;
    struct buf names, mark;
    char matter[64];
    if (!directory_read(s, &d, e)) return false;
    const struct app_record *app = app_of_client(&d, client_id);
    buf_init(&names, NAMES_BYTES_MAX);
    buf_init(&mark, 64);
    size_t count = app ? name_tenants(&d, app->id, &names) : 0;
    (void)snprintf(matter, sizeof matter, "credential:refused:%.36s", client_id);
    *is_shared_out = count > 1;
    bool ok = !*is_shared_out || store_mark_get(s, matter, &mark, e);
    if (ok && *is_shared_out && (mark.n > 0) != (why != NULL)) {
        ok = put_shared(s, app, why, matter, &names, count, e);
        *told_out |= ok;
    }
    buf_done(&mark);
    buf_done(&names);
    directory_done(&d);
    return ok;
}
