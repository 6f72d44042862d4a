/* A person resolves or comments an alert: the rules do not bind them, but what is read, written and looked for is the same. */
#include "flow/act/manage_int.h"
#include "state/store/managed.h"

#include <string.h>
#include <time.h>

enum { LOOKS = 10, LOOK_MS = 1000, COMMENT_MAX = 900 };

struct search {
    struct managed_record found;
    size_t count;
};

static bool note_found(void *arg, const struct managed_record *r)
{
    struct search *s = arg;
    s->found = *r;
    return ++s->count < 2;
}

static bool find_alert(struct manage *m, const struct manage_order *o, struct managed_record *out, struct err *e)
{
    struct search s = {.count = 0};
    struct managed_query q = {.tenant_id = o->tenant_id, .alert_id = o->alert_id};
    if (!store_managed_list(m->o.store, &q, note_found, &s, e)) return false;
    if (s.count != 1)
        return err_set(e, &manage_causes[s.count ? MANAGE_AMBIGUOUS : MANAGE_NO_ALERT], "alert %s", o->alert_id);
    *out = s.found;
    return true;
}

/* Words and comment as the row keeps them. */
static bool read_wish(const struct manage_order *o, struct managed_record *r, struct err *e)
{
    struct str c = str_of(o->classification), d = str_of(o->determination), text = str_trim(str_of(o->comment));
    const struct manage_pair *pair = manage_pair_find(c, d);
    if ((c.n || d.n) && (pair == NULL || !o->resolves))
        return err_set(e, &manage_causes[MANAGE_BAD_PAIR], "\"%.*s\" with \"%.*s\"", STR_ARG(str_sub(d, 0, 60)),
                       STR_ARG(str_sub(c, 0, 60)));
    if (text.n > COMMENT_MAX || (text.n == 0 && !o->resolves))
        return err_set(e, &manage_causes[MANAGE_NOTHING], "a comment of %zu bytes", text.n);
    r->wants = (o->resolves ? MANAGED_RESOLVE : 0) | (text.n ? MANAGED_COMMENT : 0);
    (void)str_copy(pair ? str_of(pair->classification) : STR_NONE, r->word_class, sizeof r->word_class);
    (void)str_copy(pair ? str_of(pair->determination) : STR_NONE, r->word_determination, sizeof r->word_determination);
    (void)snprintf(r->comment, sizeof r->comment, "%s: %.*s", o->actor, STR_ARG(text));
    (void)snprintf(r->author, sizeof r->author, "%s", o->actor);
    return true;
}

static bool close_here(struct manage *m, const struct manage_order *o, struct managed_record *r, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    (void)snprintf(r->closed_by, sizeof r->closed_by, "%s", o->actor);
    (void)snprintf(r->author, sizeof r->author, "%s", o->actor);
    r->closed = r->due = manage_now(m);
    buf_init(&detail, 4096);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    json_key(&w, "tenant_id");
    json_write_cstr(&w, r->tenant_id);
    json_key(&w, "alert");
    json_write_cstr(&w, r->alert_id);
    json_key(&w, "here");
    json_write_bool(&w, true);
    json_key(&w, "before");
    json_write_cstr(&w, "open here");
    json_key(&w, "after");
    json_write_cstr(&w, "closed here");
    json_object_end(&w);
    bool ok = manage_keep_audited(m, r, "alert resolve", buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

static bool may_be_ordered(const struct managed_record *r, const struct manage_order *o, struct err *e)
{
    const struct manage_alert a = {.status = (enum fact_status)r->status, .is_assigned = r->owner[0] != '\0'};
    enum manage_keep keep = manage_judge_order(&a, o->resolves);
    if (keep == KEEP_NONE || (o->anyway && keep != KEEP_RESOLVED)) return true;
    return err_set(e, &manage_causes[MANAGE_KEPT], "alert %s: %s%s%s", r->alert_id, manage_rows[keep].text,
                   r->owner[0] ? ": " : "", r->owner);
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* The answer a person waits for: until it shows, or it will take longer. */
static bool follow(struct turn_of *t, struct managed_record *r, struct err *e)
{
    for (int i = 0; i < LOOKS && manage_is_open(r); i++) {
        if (i) pause_ms(LOOK_MS);
        if (!manage_settle(t, r, e)) return false;
    }
    return true;
}

static const struct cause *cause_of(const char *code)
{
    for (int i = 0; i < DEFENDER_CAUSE_COUNT; i++)
        if (strcmp(defender_causes[i].code, code) == 0) return &defender_causes[i];
    for (int i = 0; i < MANAGE_CAUSE_COUNT; i++)
        if (strcmp(manage_causes[i].code, code) == 0) return &manage_causes[i];
    return &manage_causes[MANAGE_LOST];
}

static bool write_now(struct turn_of *t, const struct manage_order *o, struct managed_record *r, struct err *e)
{
    struct looked looked;
    struct managed_record wish = *r;
    if (!read_wish(o, &wish, e) || !manage_reread(t, r, &looked, e)) return false;
    if (looked.changed && !manage_keep_row(t->m, r, e)) return false;
    if (!may_be_ordered(r, o, e) || !read_wish(o, r, e)) return false;
    if (o->resolves) { /* a person has seen to it: its case is closed here, too */
        (void)snprintf(r->closed_by, sizeof r->closed_by, "%s", o->actor);
        r->closed = manage_now(t->m);
    }
    if (!manage_write(t, r, e) || !follow(t, r, e)) return false;
    if (r->state == MANAGED_CONFIRMED || r->error_code[0] == '\0') return true;
    bool is_open = manage_is_open(r);
    return is_open || err_set(e, cause_of(r->error_code), "%s", r->error_text);
}

bool manage_carry_out(struct manage *m, const struct manage_order *o, struct managed_record *out, struct err *e)
{
    struct turn_of t;
    if (!manage_take_all(m, e) || !find_alert(m, o, out, e)) return false;
    if (!manage_claim(m, out->tenant_id))
        return err_set(e, &manage_causes[MANAGE_BUSY], "alert %s: its tenant is being worked on", o->alert_id);
    bool ok = find_alert(m, o, out, e); /* as it is now that nobody else changes it */
    if (ok && manage_is_open(out)) ok = err_set(e, &manage_causes[MANAGE_BUSY], "alert %s", o->alert_id);
    if (ok && o->here) {
        ok = close_here(m, o, out, e);
    } else if (ok) {
        ok = manage_turn_open(m, out->tenant_id, &t, e);
        if (ok) {
            t.urgency = CALL_SOON;
            ok = write_now(&t, o, out, e);
            manage_turn_close(&t);
        }
    }
    manage_release(m, out->tenant_id);
    return ok;
}
