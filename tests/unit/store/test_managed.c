/* Alerts as we saw them and what we write to them: there and back, what is due, merges, what was taken in. */
#include <string.h>

#include "state/store/managed.h"
#include "state/store/notices.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"
#include "tests.h"

static struct managed_record record(const char *tenant, const char *alert, const char *incident, int64_t due)
{
    struct managed_record r = {.api = 1,
                               .title = "a title",
                               .owner = "bob",
                               .determination = "malware",
                               .devices = "d1,d2",
                               .service = 2,
                               .severity = 3,
                               .status = 1,
                               .handled = 3,
                               .classification = 4,
                               .flags = 5,
                               .comments = 6,
                               .updated = {7},
                               .seen = {8},
                               .changed = {9},
                               .changes = 10,
                               .closed_by = "alice",
                               .closed = {11},
                               .keep = 12,
                               .state = 13,
                               .wants = 14,
                               .did = 15,
                               .mark = "Portcullis x/1",
                               .author = "policy",
                               .word_class = "truePositive",
                               .word_determination = "other",
                               .comment = "done",
                               .tries = 16,
                               .sent = {17},
                               .due = {due},
                               .error_code = "c.d",
                               .error_text = "why"};
    (void)str_copy(str_of(tenant), r.tenant_id, sizeof r.tenant_id);
    (void)str_copy(str_of(alert), r.alert_id, sizeof r.alert_id);
    (void)str_copy(str_of(incident), r.incident, sizeof r.incident);
    return r;
}

static bool append(void *arg, const struct managed_record *r)
{
    return buf_addf(arg, "%s/%s/%lld ", r->alert_id, r->incident, (long long)r->due.ticks);
}

static bool append_due(void *arg, const char *tenant_id, struct wall due)
{
    return buf_addf(arg, "%.4s %lld ", tenant_id, (long long)due.ticks);
}

static bool append_revision(void *arg, const struct seen_revision *r)
{
    return buf_addf(arg, "%s %s %s;", r->feed, r->r.object_id, r->r.how);
}

static const char *listed(struct store *s, struct managed_query q, struct buf *out)
{
    struct err e;
    buf_reset(out);
    must(store_managed_list(s, &q, append, out, &e), &e);
    return buf_cstr(out);
}

void managed_alerts_there_and_back(void **state)
{
    struct fake_disk *d = fake_disk_new(9);
    struct store *s = open_on(d, true);
    struct managed_record a = record(TENANT_A, "a", "14", 100), b = record(TENANT_A, "b", "14", 0), back;
    struct managed_record c = record(TENANT_B, "a", "14", 50);
    struct err e = {0};
    struct buf text;
    bool found = false;
    (void)state;
    buf_init(&text, 0);
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    assert_false(store_managed_put(s, &c, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    add_tenant(s, add_org(s, "p"), TENANT_B, "u");
    must(store_managed_put(s, &a, &e) && store_managed_put(s, &b, &e) && store_managed_put(s, &c, &e) &&
             store_managed_find(s, TENANT_A, "a", &back, &found, &e),
         &e);
    assert_true(found);
    assert_string_equal(back.devices, a.devices);
    assert_string_equal(back.error_text, a.error_text);
    assert_string_equal(back.comment, a.comment);
    assert_true(back.api == 1 && back.service == 2 && back.comments == 6 && back.updated.ticks == 7 &&
                back.changed.ticks == 9 && back.closed.ticks == 11 && back.wants == 14 && back.tries == 16 &&
                back.sent.ticks == 17 && back.due.ticks == 100);
    assert_string_equal(listed(s, (struct managed_query){0}, &text), "a/14/100 b/14/0 a/14/50 ");
    assert_string_equal(listed(s, (struct managed_query){.tenant_id = TENANT_A, .incident = "14"}, &text),
                        "a/14/100 b/14/0 ");
    assert_string_equal(listed(s, (struct managed_query){.alert_id = "a"}, &text), "a/14/100 a/14/50 ");
    assert_string_equal(listed(s, (struct managed_query){.due_until = {60}}, &text), "a/14/50 ");
    buf_reset(&text);
    must(store_managed_due(s, append_due, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "bbbb 50 aaaa 100 ");
    b.status = 3; /* resolved: a merge does not bring it up */
    must(store_managed_put(s, &b, &e) && store_managed_move(s, TENANT_A, "14", "15", 3, (struct wall){70}, &e), &e);
    assert_string_equal(listed(s, (struct managed_query){0}, &text), "a/15/70 b/15/0 a/14/50 ");
    must(store_managed_drop(s, (struct wall){9}, &e), &e);
    assert_string_equal(listed(s, (struct managed_query){.tenant_id = TENANT_A}, &text), "a/15/70 b/15/0 ");
    must(store_managed_drop(s, (struct wall){10}, &e) && store_tenant_remove(s, TENANT_B, &e), &e);
    assert_string_equal(listed(s, (struct managed_query){0}, &text), "a/15/70 ");
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}

void revisions_are_taken_in_once(void **state)
{
    struct fake_disk *d = fake_disk_new(9);
    struct store *s = open_on(d, true);
    struct err e = {0};
    struct buf text;
    int64_t taken = -1;
    bool heard = true;
    static const char *const feeds[] = {"alerts", "machines", "incidents", "alerts_endpoint"};
    (void)state;
    buf_init(&text, 0);
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    for (uint64_t i = 0; i < 4; i++) {
        struct revision_record r = {.feed_id = add_feed(s, TENANT_A, feeds[i]),
                                    .object_id = "x",
                                    .identity = {1, i},
                                    .how = "live",
                                    .row = STR("{}")};
        must(store_revision_put(s, &r, false, &e), &e);
    }
    must(store_managed_taken_get(s, &taken, &e) && store_revision_after(s, taken, 9, append_revision, &text, &e), &e);
    assert_int_equal(taken, 0);
    assert_string_equal(buf_cstr(&text), "alerts x live;incidents x live;alerts_endpoint x live;");
    buf_reset(&text);
    must(store_managed_taken_set(s, 3, &e) && store_managed_taken_get(s, &taken, &e) &&
             store_revision_after(s, taken, 9, append_revision, &text, &e),
         &e);
    assert_string_equal(buf_cstr(&text), "alerts_endpoint x live;");
    struct notice_record n = {.tenant_id = TENANT_A, .alert = "al", .incident = "14", .title = "t"};
    must(store_notice_put(s, &n, &e) && store_notice_is_heard(s, TENANT_A, "al", "", &heard, &e), &e);
    assert_false(heard);
    bool changed = false;
    must(store_notice_answer(s, n.id, "alice", "ack", &changed, &e) &&
             store_notice_is_heard(s, TENANT_A, "al", "", &heard, &e),
         &e);
    assert_true(heard);
    must(store_notice_is_heard(s, TENANT_A, "other", "14", &heard, &e), &e);
    assert_true(heard);
    must(store_notice_is_heard(s, TENANT_A, "other", "", &heard, &e), &e);
    assert_false(heard);
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}
