/* tenant import: many tenants out of a file, each line by itself. A line is checked, its login tried, and only then stored, so that a broken
 * one leaves nothing behind; what is stored is skipped the next time, so that an import that was cut off goes on. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "cloud/tenant/import.h"
#include "cloud/tenant/onboarding.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "face/api/principal.h"
#include "kit/seal/seal.h"
#include "kit/sys/thread.h"
#include "state/store/onboardings.h"
#include "state/store/tenants.h"

enum {
    FILE_BYTES_MAX = 16 << 20,
    SECRET_FILE_BYTES_MAX = 64 << 10,
    ARENA_BYTES_MAX = 96 << 20,
    PIECE = 64,  /* lines that are tried before the first of them is stored */
    AT_ONCE = 8, /* logins */
    VALID_MS = 7 * 24 * 3600 * 1000,
};

enum outcome { FAILED, ADDED, THERE, WAITING };
static const char *const outcome_names[] = {"failed", "added", "there already", "waiting"};

struct line {
    const struct import_row *row;
    struct tenant_input in;
    int64_t lookback_ms, lookback_hunting_ms;
    struct buf secret; /* from a file */
    struct tenant *trial;
    struct app *app;
    bool is_ready; /* to be tried and stored */
    struct tenant_proof proofs[AUD_COUNT];
    /* what came of it */
    char tenant_id[GUID_BYTES]; /* empty: it has none that could be shown */
    enum outcome outcome;
    const char *state;
    struct err why;
    char *link;
};

struct importing {
    struct op_call *c;
    struct arena *arena;
    const char *folder; /* of the file; with its slash */
    struct line *lines;
    size_t count;
    /* the piece at work */
    size_t from, to;
    atomic_size_t next;
    char last_added[GUID_BYTES];
};

/* ---- from a row to what tenant_add takes ------------------------------------------------------------------------------------- */

static const char *text_of(struct importing *m, struct str s)
{
    const char *copy = s.n ? arena_copy(m->arena, s.p, s.n) : NULL;
    return copy;
}

static const char *apps_of(struct importing *m, struct str s)
{
    char *copy = s.n ? arena_copy(m->arena, s.p, s.n) : NULL;
    for (char *p = copy; p && *p; p++)
        if (*p == ' ' || *p == ';' || *p == '\t') *p = ',';
    return copy;
}

static bool read_duration(const struct import_row *r, enum import_field f, int64_t most_days, int64_t *out,
                          struct err *e)
{
    int64_t ms;
    *out = -1;
    if (r->fields[f].n == 0) return true;
    if (!duration_parse(str_trim(r->fields[f]), &ms) || ms < 0 || ms > most_days * 24 * 3600 * 1000)
        return err_set(e, &import_causes[IMPORT_BAD_LOOKBACK], "%s is no duration up to %lldd", import_columns[f].name,
                       (long long)most_days);
    *out = ms;
    return true;
}

static bool read_beside(struct importing *m, struct str name, const char *column, struct buf *out, struct err *e)
{
    char path[CONF_PATH_BYTES + 256];
    struct err why;
    bool is_absolute = name.n && name.p[0] == '/';
    int n = snprintf(path, sizeof path, "%s%.*s", is_absolute ? "" : m->folder, STR_ARG(name));
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, &import_causes[IMPORT_NO_FILE], "the name in %s is too long", column);
    if (fs_read_all(m->c->installation->fs, path, SECRET_FILE_BYTES_MAX, out, &why)) return true;
    return err_set(e, &import_causes[IMPORT_NO_FILE], "%s: %s", column, why.cause->what);
}

static bool read_credential(struct importing *m, struct line *l, struct err *e)
{
    const struct str *f = l->row->fields;
    struct credential_input *c = &l->in.credential;
    c->expires = text_of(m, f[IMPORT_EXPIRES]);
    if (f[IMPORT_SECRET].n) c->secret = f[IMPORT_SECRET];
    if (f[IMPORT_SECRET_FILE].n) {
        if (!read_beside(m, f[IMPORT_SECRET_FILE], "secret_file", &l->secret, e)) return false;
        c->secret = l->secret.n ? buf_str(&l->secret) : STR("");
    }
    if (f[IMPORT_CERTIFICATE_FILE].n) {
        if (!read_beside(m, f[IMPORT_CERTIFICATE_FILE], "certificate_file", &l->secret, e)) return false;
        c->pem = l->secret.n ? buf_str(&l->secret) : STR("");
    }
    return true;
}

struct owner {
    const char *name;
    int64_t id;
    bool is_same;
};

static bool match_owner(void *arg, const struct org_record *r)
{
    struct owner *o = arg;
    if (r->id != o->id) return true;
    o->is_same = str_eq_nocase(str_trim(str_of(o->name)), str_of(r->name));
    return false;
}

/* It is there: as the line says, or not. Its secret is not compared: it may have been changed since. */
static bool check_there(struct importing *m, struct line *l, const struct tenant_record *r, struct err *e)
{
    struct owner o = {.name = l->in.org, .id = r->org_id};
    if (!store_org_list(m->c->installation->store, match_owner, &o, e)) return false;
    if (!o.is_same) return err_set(e, &import_causes[IMPORT_DIFFERS], "the tenant belongs to another organization");
    if (l->in.client_id && r->client_id[0] && !str_eq_nocase(str_trim(str_of(l->in.client_id)), str_of(r->client_id)))
        return err_set(e, &import_causes[IMPORT_DIFFERS], "the tenant has another client id");
    l->outcome = THERE;
    return true;
}

static bool prepare(struct importing *m, struct line *l, struct err *e)
{
    const struct str *f = l->row->fields;
    struct store *s = m->c->installation->store;
    struct tenant_record there;
    bool is_there = false;
    struct str id = str_trim(f[IMPORT_TENANT_ID]);
    if (str_is_guid(id)) (void)str_copy(id, l->tenant_id, sizeof l->tenant_id);
    if (l->row->fault.cause) {
        *e = l->row->fault;
        return false;
    }
    l->in.org = text_of(m, f[IMPORT_ORG]);
    l->in.tenant_id = text_of(m, f[IMPORT_TENANT_ID]);
    l->in.name = text_of(m, f[IMPORT_NAME]);
    l->in.client_id = text_of(m, f[IMPORT_CLIENT_ID]);
    l->in.cloud = text_of(m, f[IMPORT_CLOUD]);
    l->in.apps = apps_of(m, f[IMPORT_APPS]);
    l->in.is_limited = m->c->by->is_scoped;
    if (!read_duration(l->row, IMPORT_LOOKBACK, 180, &l->lookback_ms, e) ||
        !read_duration(l->row, IMPORT_LOOKBACK_HUNTING, 30, &l->lookback_hunting_ms, e))
        return false;
    if (l->tenant_id[0] && !store_tenant_find(s, l->tenant_id, &there, &is_there, e)) return false;
    if (is_there) return check_there(m, l, &there, e);
    if (!read_credential(m, l, e) || !onboarding_trial(s, &m->c->installation->conf, &l->in, &l->trial, &l->app, e))
        return false;
    l->is_ready = true;
    return true;
}

/* ---- trying ------------------------------------------------------------------------------------------------------------------- */

static bool is_shared(const struct line *l)
{
    return !credential_is_given(&l->in.credential);
}

static void try_lines(void *arg)
{
    struct importing *m = arg;
    for (size_t i; (i = atomic_fetch_add(&m->next, 1)) < m->to;) {
        struct line *l = &m->lines[i];
        if (!l->is_ready || l->trial == NULL) continue;
        int64_t wants = is_shared(l) ? onboarding_audiences(onboarding_wanted(&l->app->record))
                                     : onboarding_bit(AUD_GRAPH) | onboarding_bit(AUD_ENDPOINT);
        m->c->engine->prove(m->c->engine->ctx, l->trial, l->app, wants, l->proofs);
    }
}

static bool try_piece(struct importing *m, struct err *e)
{
    struct thread *threads[AT_ONCE] = {NULL};
    bool ok = true;
    atomic_store(&m->next, m->from);
    for (size_t i = 0; ok && i < AT_ONCE; i++) ok = thread_start(try_lines, m, &threads[i], e);
    for (size_t i = 0; i < AT_ONCE; i++) thread_join(threads[i]);
    return ok;
}

/* ---- storing ------------------------------------------------------------------------------------------------------------------- */

struct tally {
    unsigned asked, shown, refused, pending, passing;
    const struct err *why;
};

static struct tally tally_of(const struct line *l)
{
    struct tally t = {0};
    for (int a = 0; a < AUD_COUNT; a++) {
        const struct tenant_proof *p = &l->proofs[a];
        if (p->proof == PROOF_NONE) continue;
        t.asked++;
        t.shown += p->proof == PROOF_ROLES;
        t.refused += p->proof == PROOF_REFUSED;
        t.passing += p->proof == PROOF_PASSING;
        t.pending += p->proof == PROOF_PENDING || p->proof == PROOF_NO_ROLES;
        if (p->proof != PROOF_ROLES && p->why.cause && (t.why == NULL || p->proof == PROOF_REFUSED)) t.why = &p->why;
    }
    return t;
}

static bool add(struct importing *m, struct line *l, struct err *e)
{
    struct installation *i = m->c->installation;
    char lower[GUID_BYTES];
    (void)snprintf(lower, sizeof lower, "%s", l->tenant_id);
    for (char *p = lower; *p; p++)
        if (*p >= 'A' && *p <= 'F') *p = (char)(*p - 'A' + 'a');
    if (!onboarding_lookback(i->store, lower, 0, l->lookback_ms, l->lookback_hunting_ms, m->c->actor,
                             clock_wall(&i->clock), e) ||
        !tenant_add(i->store, &i->conf, &l->in, true, m->last_added, e))
        return false;
    memcpy(l->tenant_id, m->last_added, sizeof l->tenant_id);
    l->outcome = ADDED;
    return true;
}

struct open_one {
    const char *tenant_id, *client_id;
    bool found;
};

static bool is_open(void *arg, const struct onboarding_record *r)
{
    struct open_one *o = arg;
    bool is_over = r->state == ONBOARDING_EXPIRED || r->state == ONBOARDING_FAILED || r->state == ONBOARDING_REJECTED ||
                   r->state == ONBOARDING_QUARANTINED;
    o->found = o->found || (!is_over && str_eq_nocase(str_of(o->tenant_id), str_of(r->tenant_id)) &&
                            str_eq_nocase(str_of(o->client_id), str_of(r->client_id)));
    return !o->found;
}

/* An app of the account's, whose consent does not show (yet): it is waited for, and the link goes into the report. */
static bool wait_for(struct importing *m, struct line *l, struct err *e)
{
    struct installation *i = m->c->installation;
    struct open_one open = {.tenant_id = l->tenant_id, .client_id = l->app->record.client_id};
    char redirect[HOST_BYTES];
    struct onboarding_record r;
    struct buf link;
    l->outcome = WAITING;
    if (!store_onboarding_list(i->store, NULL, is_open, &open, e)) return false;
    if (open.found) return true;
    op_consent_redirect(&i->conf, redirect);
    struct onboarding_input in = {.org = l->in.org,
                                  .tenant_id = l->in.tenant_id,
                                  .name = l->in.name,
                                  .client_id = l->app->record.client_id,
                                  .cloud = l->in.cloud,
                                  .asked_by = m->c->actor,
                                  .redirect = redirect,
                                  .wants = onboarding_audiences(onboarding_wanted(&l->app->record)),
                                  .lookback_ms = l->lookback_ms,
                                  .lookback_hunting_ms = l->lookback_hunting_ms,
                                  .valid_ms = VALID_MS,
                                  .now = clock_wall(&i->clock),
                                  .is_limited = m->c->by->is_scoped};
    buf_init(&link, 16 << 10);
    bool ok = onboarding_begin(i->store, &i->conf, &in, &r, &link, e);
    if (ok) l->link = str_dup(buf_str(&link));
    buf_done(&link);
    return ok;
}

static bool finish(struct importing *m, struct line *l, struct err *e)
{
    struct tally t = tally_of(l);
    if (t.asked && t.refused == t.asked && t.why) {
        *e = *t.why;
        return false;
    }
    l->state = t.asked == 0         ? "not tried"
               : t.shown == t.asked ? "works"
               : t.shown > 0        ? "works in part"
               : t.passing          ? "not reached"
                                    : "consent pending";
    if (t.why && t.shown < t.asked) l->why = *t.why; /* told, though the line is good */
    return is_shared(l) && t.asked && t.shown == 0 ? wait_for(m, l, e) : add(m, l, e);
}

static void fail(struct line *l, const struct err *e)
{
    l->outcome = FAILED;
    l->state = NULL;
    l->why = *e;
}

static void line_done(struct line *l)
{
    if (l->secret.p) seal_wipe(l->secret.p, l->secret.cap);
    buf_done(&l->secret);
    tenant_unref(l->trial);
    app_unref(l->app);
    l->trial = NULL;
    l->app = NULL;
}

static bool import_piece(struct importing *m, bool is_offline, struct err *e)
{
    struct err why;
    bool ok = true;
    for (size_t i = m->from; i < m->to; i++)
        if (!prepare(m, &m->lines[i], &why)) fail(&m->lines[i], &why);
    m->last_added[0] = '\0';
    if (!is_offline) ok = try_piece(m, e);
    for (size_t i = m->from; i < m->to; i++) {
        if (ok && m->lines[i].is_ready && !finish(m, &m->lines[i], &why)) fail(&m->lines[i], &why);
        line_done(&m->lines[i]);
    }
    if (m->last_added[0]) m->c->engine->tenant_changed(m->c->engine->ctx, m->last_added);
    return ok;
}

/* ---- the report ------------------------------------------------------------------------------------------------------------------ */

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text && text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static void write_line(struct json_writer *w, const struct line *l)
{
    const struct cause *cause = l->why.cause;
    json_object_begin(w);
    json_key(w, "line");
    json_write_i64(w, l->row->line);
    member(w, "tenant_id", l->tenant_id);
    member(w, "outcome", outcome_names[l->outcome]);
    member(w, "state", l->state);
    member(w, "code", cause ? cause->code : NULL);
    member(w, "cause", cause ? cause->what : NULL);
    member(w, "reason", cause ? l->why.text : NULL);
    member(w, "remedy", cause ? cause->remedy : NULL);
    member(w, "consent_url", l->link);
    json_object_end(w);
}

static void write_report(struct importing *m)
{
    static const char *const keys[] = {"failed", "added", "there", "waiting"};
    struct json_writer *w = m->c->out;
    int64_t counts[4] = {0};
    json_object_begin(w);
    json_key(w, "lines");
    json_array_begin(w);
    for (size_t i = 0; i < m->count; i++) {
        write_line(w, &m->lines[i]);
        counts[m->lines[i].outcome]++;
    }
    json_array_end(w);
    for (int i = 0; i < 4; i++) {
        json_key(w, keys[i]);
        json_write_i64(w, counts[i]);
    }
    json_object_end(w);
    if (counts[FAILED]) m->c->exit_code = 3;
}

static bool import_rows(struct op_call *c, const char *path, const struct import_rows *rows, struct arena *a,
                        struct err *e)
{
    const char *slash = strrchr(path, '/');
    struct importing m = {.c = c,
                          .arena = a,
                          .folder = slash ? arena_copy(a, path, (size_t)(slash - path) + 1) : "",
                          .count = rows->count,
                          .lines = calloc(rows->count, sizeof *m.lines)};
    bool ok = m.lines != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "importing tenants");
    for (size_t i = 0; ok && i < m.count; i++) {
        m.lines[i].row = &rows->rows[i];
        buf_init(&m.lines[i].secret, SECRET_FILE_BYTES_MAX);
    }
    for (m.from = 0; ok && m.from < m.count; m.from = m.to) {
        m.to = m.from + PIECE < m.count ? m.from + PIECE : m.count;
        ok = import_piece(&m, op_flag(c, "offline"), e);
    }
    if (ok) write_report(&m);
    for (size_t i = 0; m.lines && i < m.count; i++) free(m.lines[i].link);
    free(m.lines);
    return ok;
}

bool op_tenant_import(struct op_call *c, struct err *e)
{
    const char *path = op_cstr(c, "file");
    struct import_rows rows;
    struct arena a;
    struct buf text;
    if (c->by->kind != BY_LOCAL)
        return err_set(e, &import_causes[IMPORT_LOCAL_ONLY], "it would read a file of the service's machine");
    arena_init(&a, ARENA_BYTES_MAX);
    buf_init(&text, FILE_BYTES_MAX);
    bool ok = fs_read_all(c->installation->fs, path, FILE_BYTES_MAX, &text, e) &&
              (import_parse(&a, buf_str(&text), path, &rows, e) || err_context(e, "%s", path)) &&
              import_rows(c, path, &rows, &a, e);
    if (text.p) seal_wipe(text.p, text.cap); /* it may hold secrets */
    buf_done(&text);
    arena_done(&a);
    return ok;
}
