/* Notices: what was told, to whom, and how it went. */
#include <stdio.h>

#include "face/api/ops/telling/telling.h"
#include "face/api/page.h"
#include "flow/notify/notify.h"
#include "state/store/notices.h"

enum { NEWEST_DEFAULT = 50, SUMMARY_BYTES = 400 };

struct notice_list {
    struct op_call *c;
    struct err *e;
    bool failed;
    uint64_t count, most;
    char summary[SUMMARY_BYTES];
    size_t n;
};

static bool write_delivery(void *arg, const struct delivery_record *d)
{
    struct notice_list *l = arg;
    struct json_writer *w = l->c->out;
    const char *word = d->answer[0] && d->state != DELIVERY_QUEUED ? d->answer : delivery_state_names[d->state];
    if (l->n < SUMMARY_BYTES)
        l->n += (size_t)snprintf(l->summary + l->n, SUMMARY_BYTES - l->n, "%s%s %s", l->n ? ", " : "", d->kind, word);
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, d->id);
    telling_member(w, "channel", d->channel);
    telling_member(w, "kind", d->kind);
    telling_member(w, "person", d->person);
    telling_member(w, "target", d->target);
    telling_member(w, "state", delivery_state_names[d->state]);
    telling_member(w, "answer", d->answer);
    json_key(w, "tries");
    json_write_i64(w, d->tries);
    telling_member(w, "provider_id", d->provider_id);
    telling_member(w, "error_code", d->error_code);
    telling_member(w, "error_text", d->error_text);
    json_key(w, "next_try");
    write_time(w, d->next_try);
    json_key(w, "settled");
    write_time(w, d->settled);
    json_object_end(w);
    return true;
}

/* Of one cause at several customers those that the caller sees. */
static bool sees(void *call, const char *tenant_id)
{
    const struct op_call *c = call;
    return principal_sees_tenant(c->by, tenant_id);
}

static bool write_text(struct notice_list *l, const struct notice_record *n)
{
    struct notice_reader reader = {sees, l->c};
    struct buf text;
    buf_init(&text, 0);
    json_key(l->c->out, "text");
    bool ok = notice_text(l->c->installation->store, n, &reader, &text, l->e);
    json_write_str(l->c->out, buf_str(&text));
    buf_done(&text);
    return ok;
}

static bool write_about(struct notice_list *l, const struct notice_record *n)
{
    struct json_writer *w = l->c->out;
    telling_member(w, "kind", notice_kind_names[n->kind]);
    telling_member(w, "severity", notice_severity_names[n->severity]);
    telling_member(w, "state", notice_state_names[n->state]);
    telling_member(w, "wants", notice_wants_names[n->wants]);
    telling_member(w, "organization", n->organization);
    telling_member(w, "tenant_id", n->tenant_id);
    telling_member(w, "incident", n->incident);
    telling_member(w, "decision", n->decision);
    telling_member(w, "action", n->action);
    telling_member(w, "title", n->title);
    bool ok = write_text(l, n);
    telling_member(w, "error_code", n->cause);
    telling_member(w, "remedy", n->remedy);
    telling_member(w, "answer", n->answer);
    telling_member(w, "answered_by", n->answered_by);
    return ok;
}

static bool write_notice(void *arg, const struct notice_record *n)
{
    struct notice_list *l = arg;
    char key[PAGE_KEY_BYTES];
    (void)snprintf(key, sizeof key, "%lld", (long long)n->id);
    if (!principal_sees_tenant(l->c->by, n->tenant_id)) return true;
    if (!op_page_item(l->c, key) || l->count++ == l->most) return false;
    struct json_writer *w = l->c->out;
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, n->id);
    json_key(w, "created");
    write_time(w, n->created);
    l->failed = !write_about(l, n);
    json_key(w, "deliveries");
    json_array_begin(w);
    l->n = 0;
    l->summary[0] = '\0';
    l->failed = l->failed || !store_delivery_list(l->c->installation->store, n->id, false, write_delivery, l, l->e);
    json_array_end(w);
    telling_member(w, "told", l->summary);
    json_object_end(w);
    return !l->failed;
}

bool op_notice_list(struct op_call *c, struct err *e)
{
    char tenant_id[GUID_BYTES];
    struct notice_query q = {.tenant_id = tenant_id, .newest = NEWEST_DEFAULT, .is_open = op_flag(c, "open")};
    struct notice_list l = {.c = c, .e = e};
    const char *after = op_page_after(c);
    if (!telling_tenant(c, tenant_id, e)) return false;
    if (c->page) q.newest = c->page->limit + 1;
    if (after && (!str_to_i64(str_of(after), &q.before) || q.before <= 0)) return op_page_bad(c, e);
    if (op_cstr(c, "newest") && (!str_to_u64(op_text(c, "newest"), &q.newest) || q.newest == 0))
        return telling_bad(c, e, "newest", "how many, from 1 on");
    l.most = q.newest;
    if (!principal_sees_account(c->by)) q.newest = INT64_MAX; /* those that he does not see do not count */
    json_object_begin(c->out);
    json_key(c->out, "notices");
    json_array_begin(c->out);
    if (!store_notice_list(c->installation->store, &q, write_notice, &l, e) || l.failed) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

/* The whole of one: a chat and a phone get the beginning of its lists. */
bool op_notice_show(struct op_call *c, struct err *e)
{
    struct notice_record n;
    struct notice_list l = {.c = c, .e = e, .most = 1};
    struct buf body;
    int64_t id = 0;
    bool found = false;
    if (!str_to_i64(op_text(c, "id"), &id)) return telling_bad(c, e, "id", "the number that notice list shows");
    buf_init(&body, 0);
    bool ok = store_notice_find(c->installation->store, id, &body, &n, &found, e);
    if (ok && (!found || !principal_sees_tenant(c->by, n.tenant_id)))
        ok = telling_bad(c, e, "id", "there is no such notice (portcullis notice list)");
    ok = ok && write_notice(&l, &n);
    buf_done(&body);
    return ok;
}

/* A ladder of one rung, or the one that is named; it goes the way every notice goes. */
bool op_notice_test(struct op_call *c, struct err *e)
{
    struct notice_record n = {.kind = NOTICE_TEST,
                              .severity = NOTICE_MEDIUM,
                              .title = "Test of Portcullis",
                              .body = STR("This is a test. Nothing has happened, and nothing is to be done."),
                              .wants = op_flag(c, "call") ? WANTS_ACK : WANTS_NOTHING};
    if (!telling_tenant(c, n.tenant_id, e) || !telling_copy(c, "ladder", n.route, sizeof n.route, e) ||
        !store_notice_put(c->installation->store, &n, e))
        return false;
    json_object_begin(c->out);
    json_key(c->out, "id");
    json_write_i64(c->out, n.id);
    telling_member(c->out, "state",
                   c->engine ? "the service tells it now: portcullis notice list"
                             : "it is told as soon as the service runs: portcullis serve");
    json_object_end(c->out);
    return true;
}

bool op_notice_acknowledge(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct notice_record n;
    int64_t id = 0;
    bool found = false;
    const char *by = op_cstr(c, "by");
    if (!str_to_i64(op_text(c, "id"), &id)) return telling_bad(c, e, "id", "the number that notice list shows");
    if (!store_notice_find(s, id, NULL, &n, &found, e)) return false;
    if (!found || !principal_sees_tenant(c->by, n.tenant_id))
        return telling_bad(c, e, "id", "there is no such notice (portcullis notice list)");
    if (by && c->by->kind != BY_LOCAL && !str_eq_nocase(str_of(by), str_of(c->by->name)))
        return telling_bad(c, e, "by", "only the command line speaks for others");
    if (n.wants == WANTS_APPROVAL)
        return telling_bad(c, e, "id", "this one waits for an approval: portcullis response approve or deny");
    if (!notify_answered(s, clock_wall(&c->installation->clock), id, by ? by : c->actor, "acknowledge", e))
        return false;
    json_object_begin(c->out);
    json_key(c->out, "id");
    json_write_i64(c->out, id);
    telling_member(c->out, "state", notice_state_names[NOTICE_ANSWERED]);
    json_object_end(c->out);
    return true;
}
