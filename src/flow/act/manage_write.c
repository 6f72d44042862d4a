/* Writing to an alert: the intent is durable, then it is sent, then the alert is read until it shows. */
#include "flow/act/manage_int.h"

#include <string.h>

#include "flow/act/own_event.h"
#include "flow/act/remote.h"
#include "kit/sys/random.h"
#include "state/store/audit.h"
#include "state/store/managed.h"
#include "state/store/notices.h"

enum {
    LOST_LOOKS_S = 120,
    SEEN_WITHIN_S = 300,
    SEEN_LATE_S = 86400,
    LOOK_LATE_S = 3600,
    RETRY_S = 30,
    SHOWN_BY_FEED_S = 75,
    NO_ROLE_S = 900
};
enum { PATCH_MAX = 8192 };

/* While a turn waited for Defender a feed may have brought news of the alert: what the row says of Defender is the news, what
 * it says of us is ours, and it is judged anew. */
static void take_news(const struct managed_record *kept, const struct managed_record *ours, struct managed_record *out)
{
    const int64_t own_flags = MANAGED_DONE;
    struct managed_record r = *kept;
    r.flags = (kept->flags & ~own_flags) | (ours->flags & own_flags);
    memcpy(r.closed_by, ours->closed_by, sizeof r.closed_by);
    r.closed = ours->closed;
    r.keep = ours->keep;
    r.state = ours->state;
    r.wants = ours->wants;
    r.did = ours->did;
    memcpy(r.mark, ours->mark, sizeof r.mark);
    memcpy(r.author, ours->author, sizeof r.author);
    memcpy(r.word_class, ours->word_class, sizeof r.word_class);
    memcpy(r.word_determination, ours->word_determination, sizeof r.word_determination);
    memcpy(r.comment, ours->comment, sizeof r.comment);
    r.tries = ours->tries;
    r.sent = ours->sent;
    memcpy(r.error_code, ours->error_code, sizeof r.error_code);
    memcpy(r.error_text, ours->error_text, sizeof r.error_text);
    r.due = manage_is_open(ours) ? ours->due : kept->due;
    *out = r;
}

static bool has_news(const struct managed_record *kept, const struct managed_record *ours)
{
    return kept->updated.ticks > ours->updated.ticks ||
           (kept->updated.ticks == ours->updated.ticks && strcmp(kept->incident, ours->incident) != 0);
}

/* A poll is often quicker than the answer to the change itself, and confirms it while a turn still waits. What is confirmed stays so,
 * whatever the turn, which knows less, makes of it; so a mark is confirmed once, by whoever sees it first. */
static bool is_confirmed_already(const struct managed_record *kept, const struct managed_record *ours)
{
    return kept->state == MANAGED_CONFIRMED && kept->mark[0] && strcmp(kept->mark, ours->mark) == 0;
}

static void stay_confirmed(const struct managed_record *kept, struct managed_record *r)
{
    r->state = kept->state;
    r->did = kept->did;
    r->tries = kept->tries;
    r->sent = kept->sent;
    r->due = kept->due;
    if (!(r->flags & MANAGED_REOPENED)) r->flags |= kept->flags & MANAGED_DONE;
    r->error_code[0] = r->error_text[0] = '\0';
}

/* In a transaction. */
static bool keep_row(struct manage *m, const struct managed_record *r, struct err *e)
{
    struct managed_record kept, merged;
    bool found = false;
    if (!store_managed_find(m->o.store, r->tenant_id, r->alert_id, &kept, &found, e)) return false;
    merged = *r;
    if (found && has_news(&kept, r)) take_news(&kept, r, &merged);
    if (found && is_confirmed_already(&kept, r) && r->state != MANAGED_CONFIRMED) stay_confirmed(&kept, &merged);
    return store_managed_put(m->o.store, &merged, e) &&
           own_event_managed(m->o.store, found ? kept.state : MANAGED_IDLE, &merged, manage_now(m), e);
}

bool manage_commit(struct manage *m, struct err *e)
{
    if (!store_commit(m->o.store, e)) return false;
    if (m->o.on_own_events) m->o.on_own_events(m->o.ctx);
    return true;
}

bool manage_keep_row(struct manage *m, const struct managed_record *r, struct err *e)
{
    if (!store_begin(m->o.store, e)) return false;
    if (keep_row(m, r, e)) return manage_commit(m, e);
    store_rollback(m->o.store);
    return false;
}

bool manage_keep_audited(struct manage *m, const struct managed_record *r, const char *operation, struct str detail,
                         struct err *e)
{
    if (!store_begin(m->o.store, e)) return false;
    if (keep_row(m, r, e) && store_audit_add(m->o.store, r->author, operation, detail, e)) return manage_commit(m, e);
    store_rollback(m->o.store);
    return false;
}

static struct wall in_s(const struct turn_of *t, int64_t s)
{
    return wall_add(manage_now(t->m), s * WALL_TICKS_PER_S);
}

/* ---- bodies -------------------------------------------------------------------------------------------------------------------- */

static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

static void marked(const struct managed_record *r, char *out, size_t size)
{
    (void)snprintf(out, size, "%s %s", r->mark, r->comment);
}

static void write_words(struct json_writer *w, const struct managed_record *r, enum manage_api api)
{
    const struct manage_pair *p = manage_pair_find(str_of(r->word_class), str_of(r->word_determination));
    if (p == NULL) return;
    member(w, "classification", p->words[api][0]);
    if (p->words[api][1]) member(w, "determination", p->words[api][1]);
}

static void patch_body(const struct managed_record *r, enum manage_api api, struct buf *out)
{
    struct json_writer w;
    char text[sizeof r->mark + sizeof r->comment];
    json_writer_init(&w, out);
    json_object_begin(&w);
    if (r->wants & MANAGED_RESOLVE) {
        member(&w, "status", api == MANAGE_GRAPH ? "resolved" : "Resolved");
        write_words(&w, r, api);
    }
    if (api == MANAGE_ENDPOINT && r->wants & MANAGED_COMMENT) { /* there it is a part of the same */
        marked(r, text, sizeof text);
        member(&w, "comment", text);
    }
    json_object_end(&w);
}

static void comment_body(const struct managed_record *r, struct buf *out)
{
    struct json_writer w;
    char text[sizeof r->mark + sizeof r->comment];
    marked(r, text, sizeof text);
    json_writer_init(&w, out);
    json_object_begin(&w);
    member(&w, "@odata.type", "microsoft.graph.security.alertComment");
    member(&w, "comment", text);
    json_object_end(&w);
}

/* ---- sending ------------------------------------------------------------------------------------------------------------------- */

static bool send_one(struct turn_of *t, const struct managed_record *r, enum endpoint endpoint, const struct buf *body,
                     struct err *e)
{
    struct fetch f = {.endpoint = endpoint, .id = str_of(r->alert_id), .body = buf_str(body)};
    if (body->failed) return err_set(e, &base_causes[BASE_NO_MEMORY], "alert %s: a change of it", r->alert_id);
    return manage_ask(t->m, t->tenant, &f, t->urgency, NULL,
                      e) || /* the echo of a change proves nothing: it is not even read */
           err_context(e, "tenant %s, alert %s, %s", t->tenant->record.name, r->alert_id, endpoint_rows[endpoint].name);
}

static bool send_parts(struct turn_of *t, struct managed_record *r, struct err *e)
{
    struct buf body;
    buf_init(&body, PATCH_MAX);
    bool ok = true, by_graph = t->api == MANAGE_GRAPH;
    if (!by_graph || (r->wants & MANAGED_RESOLVE & ~r->did)) {
        patch_body(r, t->api, &body);
        ok = send_one(t, r, by_graph ? EP_ALERT_UPDATE : EP_ALERT_ENDPOINT_UPDATE, &body, e);
        if (ok) r->did |= by_graph ? MANAGED_RESOLVE : r->wants;
    }
    buf_reset(&body);
    if (ok && by_graph && (r->wants & MANAGED_COMMENT & ~r->did)) {
        comment_body(r, &body);
        ok = send_one(t, r, EP_ALERT_COMMENT, &body, e);
        if (ok) r->did |= MANAGED_COMMENT;
    }
    buf_done(&body);
    return ok;
}

static void keep_error(struct managed_record *r, const struct err *why)
{
    (void)snprintf(r->error_code, sizeof r->error_code, "%s", why->cause->code);
    (void)snprintf(r->error_text, sizeof r->error_text, "%s", why->text);
}

/* A person must know of it: one notice a cause. A person's own order is answered at once instead. */
static bool tell(struct turn_of *t, const struct managed_record *r, const struct err *why, struct err *e)
{
    struct notice_record n = {.kind = NOTICE_FAILURE, .severity = NOTICE_LOW, .body = str_of(r->error_text)};
    if (strcmp(r->author, POLICY) != 0) return true;
    (void)snprintf(n.tenant_id, sizeof n.tenant_id, "%s", r->tenant_id);
    (void)snprintf(n.organization, sizeof n.organization, "%s", t->tenant->org_name);
    (void)snprintf(n.incident, sizeof n.incident, "%s", r->incident);
    (void)snprintf(n.alert, sizeof n.alert, "%s", r->alert_id);
    (void)snprintf(n.title, sizeof n.title, "An alert could not be closed in Defender: %s", why->cause->what);
    (void)snprintf(n.cause, sizeof n.cause, "%s", why->cause->code);
    (void)snprintf(n.remedy, sizeof n.remedy, "%s", why->cause->remedy);
    (void)snprintf(n.group_key, sizeof n.group_key, "cause:%s", why->cause->code);
    if (!store_notice_put(t->m->o.store, &n, e)) return false;
    if (t->m->o.on_notices) t->m->o.on_notices(t->m->o.ctx);
    return true;
}

static bool give_up(struct turn_of *t, struct managed_record *r, enum managed_state state, const struct err *why,
                    struct err *e)
{
    r->state = state;
    r->due = state == MANAGED_UNSEEN ? in_s(t, LOOK_LATE_S) : (struct wall){0};
    keep_error(r, why);
    return tell(t, r, why, e) && manage_keep_row(t->m, r, e);
}

/* What the answer to a change means. */
static bool sort_out(struct turn_of *t, struct managed_record *r, const struct err *why, struct err *e)
{
    enum policy_failure failure;
    keep_error(r, why);
    if (why->cause == &manage_causes[MANAGE_STOPPED]) { /* it may be on its way: looked for at the next start */
        r->sent = manage_now(t->m);
        return manage_keep_row(t->m, r, e);
    }
    if (why->cause->kind == ERR_AUTH && r->did == 0) { /* nothing has happened, and nothing will until a person acts */
        r->state = MANAGED_IDLE;
        r->keep = KEEP_NO_ROLE;
        r->due = in_s(t, NO_ROLE_S);
        return manage_keep_row(t->m, r, e);
    }
    switch (remote_result(why, true, &failure)) {
    case RESULT_RETRY:
        r->due = wall_add(in_s(t, why->retry_after_ms ? 0 : RETRY_S), (int64_t)why->retry_after_ms * WALL_TICKS_PER_MS);
        return manage_keep_row(t->m, r, e);
    case RESULT_LOST:
        r->sent = manage_now(t->m);
        r->due = r->sent;
        return manage_keep_row(t->m, r, e);
    case RESULT_OK:
    case RESULT_ACTIVE:
    case RESULT_REFUSED: break;
    }
    return give_up(t, r, MANAGED_REFUSED, why, e);
}

/* The row is durable as INTENT. */
static bool send(struct turn_of *t, struct managed_record *r, struct err *e)
{
    struct err why;
    if (!send_parts(t, r, &why)) return sort_out(t, r, &why, e);
    r->state = MANAGED_SENT;
    r->sent = manage_now(t->m);
    r->due = in_s(t, SHOWN_BY_FEED_S);
    r->tries = 0;
    r->error_code[0] = r->error_text[0] = '\0';
    return manage_keep_row(t->m, r, e);
}

/* As it is, or as it is to be. */
static void write_side(struct json_writer *w, const char *key, const struct managed_record *r, bool is_after)
{
    static const char *const names[STATUS_COUNT] = {"unknown", "new", "in progress", "resolved", "redirected"};
    int64_t status = is_after && r->wants & MANAGED_RESOLVE ? STATUS_RESOLVED : r->status;
    json_key(w, key);
    json_object_begin(w);
    member(w, "status", status >= 0 && status < STATUS_COUNT ? names[status] : names[STATUS_UNKNOWN]);
    json_key(w, "comments");
    json_write_i64(w, r->comments + (is_after && r->wants & MANAGED_COMMENT ? 1 : 0));
    json_object_end(w);
}

static bool keep_intent(struct turn_of *t, const struct managed_record *r, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, PATCH_MAX);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    member(&w, "tenant_id", r->tenant_id);
    member(&w, "alert", r->alert_id);
    member(&w, "mark", r->mark);
    if (r->word_class[0]) member(&w, "classification", r->word_class);
    if (r->word_determination[0]) member(&w, "determination", r->word_determination);
    if (r->wants & MANAGED_COMMENT) member(&w, "comment", r->comment);
    write_side(&w, "before", r, false);
    write_side(&w, "after", r, true);
    json_object_end(&w);
    bool ok = manage_keep_audited(t->m, r, r->wants & MANAGED_RESOLVE ? "alert resolve" : "alert comment",
                                  buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

bool manage_write(struct turn_of *t, struct managed_record *r, struct err *e)
{
    uint32_t lot;
    random_bytes(&lot, sizeof lot);
    (void)snprintf(r->mark, sizeof r->mark, "%s%08x:", t->m->mark, lot);
    r->state = MANAGED_INTENT;
    r->did = r->tries = 0;
    r->sent = (struct wall){0};
    r->due = in_s(t, RETRY_S); /* should we die before the answer */
    r->error_code[0] = r->error_text[0] = '\0';
    return keep_intent(t, r, e) && send(t, r, e);
}

/* ---- does it show? ---------------------------------------------------------------------------------------------------------------- */

static bool not_shown(struct turn_of *t, struct managed_record *r, int which, enum managed_state state, struct err *e)
{
    struct err why;
    (void)err_set(&why, &manage_causes[which], "tenant %s, alert %s: it does not show%s%s", t->tenant->record.name,
                  r->alert_id, r->error_text[0] ? "; first: " : "", r->error_text);
    return give_up(t, r, state, &why, e);
}

/* An intent without an answer. Never sent: again, if the alert is as it was. Perhaps sent: three looks within two minutes, then
 * once more under the same mark. */
static bool settle_intent(struct turn_of *t, struct managed_record *r, const struct looked *l, struct err *e)
{
    if (t->api == MANAGE_GRAPH && !(r->did & MANAGED_RESOLVE) && r->wants & MANAGED_RESOLVE &&
        r->status == STATUS_RESOLVED) {
        r->did |= MANAGED_RESOLVE; /* the change whose answer got lost; what comes behind it was never sent */
        r->sent = (struct wall){0};
        r->due = in_s(t, RETRY_S);
        return manage_keep_row(t->m, r, e) && send(t, r, e);
    }
    int64_t since_s = r->sent.ticks ? (manage_now(t->m).ticks - r->sent.ticks) / WALL_TICKS_PER_S : LOST_LOOKS_S;
    if (since_s < LOST_LOOKS_S) {
        r->due = wall_add(r->sent, (since_s < 40 ? 40 : LOST_LOOKS_S) * WALL_TICKS_PER_S);
        return manage_keep_row(t->m, r, e);
    }
    if (r->sent.ticks && r->tries > 0) return not_shown(t, r, MANAGE_LOST, MANAGED_UNSEEN, e);
    if (l->changed && !l->has_mark && r->status != STATUS_RESOLVED) { /* not as we saw it: judged anew */
        r->state = MANAGED_IDLE;
        r->due = manage_now(t->m);
        return manage_keep_row(t->m, r, e);
    }
    if (r->status == STATUS_RESOLVED) r->did |= r->wants & MANAGED_RESOLVE;
    if (l->has_mark) r->did |= r->wants & MANAGED_COMMENT;
    if (r->sent.ticks) r->tries++;
    r->sent = (struct wall){0};
    r->due = in_s(t, RETRY_S);
    return manage_keep_row(t->m, r, e) && send(t, r, e);
}

static bool settle_sent(struct turn_of *t, struct managed_record *r, struct err *e)
{
    int64_t since_s = (manage_now(t->m).ticks - r->sent.ticks) / WALL_TICKS_PER_S;
    if (r->state == MANAGED_SENT && since_s >= SEEN_WITHIN_S)
        return not_shown(t, r, MANAGE_NOT_VISIBLE, MANAGED_UNSEEN, e);
    if (r->state == MANAGED_UNSEEN)
        r->due = since_s < SEEN_LATE_S ? in_s(t, LOOK_LATE_S) : (struct wall){0};
    else
        r->due = in_s(t, since_s < 2 ? 1 : since_s < 30 ? 5 : 30);
    return manage_keep_row(t->m, r, e);
}

bool manage_settle(struct turn_of *t, struct managed_record *r, struct err *e)
{
    struct looked looked;
    if (!manage_reread(t, r, &looked, e)) return false;
    if (!manage_is_open(r)) return manage_keep_row(t->m, r, e); /* re-opened meanwhile */
    if (looked.shows) {
        manage_confirm(r);
        return manage_keep_row(t->m, r, e);
    }
    return r->state == MANAGED_INTENT ? settle_intent(t, r, &looked, e) : settle_sent(t, r, e);
}
