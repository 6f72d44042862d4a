/* state/store: what the response reads and remembers. */
#include <stdio.h>

#include "state/store/response.h"
#include "state/store/revisions.h"
#include "tests.h"

static void note(struct buf *out, const char *text)
{
    assert_true(buf_addf(out, "%s;", text));
}

static bool note_seen(void *arg, const struct seen_revision *r)
{
    struct buf *out = arg;
    assert_string_equal(r->tenant_id, TENANT_A);
    assert_true(r->r.identity.hi == 7 && r->r.row.n > 0);
    assert_true(buf_addf(out, "%s/%s/%s/%lld;", r->feed, r->r.object_id, r->r.how, (long long)r->r.updated.ticks));
    return true;
}

static void add_revision(struct store *s, int64_t feed, const char *id, int64_t updated, const char *how, bool into)
{
    static uint64_t serial;
    struct err e = {0};
    struct revision_record r = {
        .feed_id = feed, .updated = {updated}, .identity = {7, ++serial}, .row = STR("{\"id\":1}")};
    (void)snprintf(r.object_id, sizeof r.object_id, "%s", id);
    (void)snprintf(r.how, sizeof r.how, "%s", how);
    must(store_revision_put(s, &r, into, &e), &e);
}

static bool note_id(void *arg, const struct seen_revision *r)
{
    *(int64_t *)arg = r->id;
    assert_true(r->seen.ticks != 0);
    return false;
}

void the_inbox_is_read_in_order(void **state)
{
    struct fake_disk *d = fake_disk_new(9);
    struct store *s = open_on(d, true);
    struct err e = {0};
    struct buf text;
    int64_t first = 0;
    uint64_t n = 0;
    (void)state;
    buf_init(&text, 0);
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    int64_t alerts = add_feed(s, TENANT_A, "alerts"), machines = add_feed(s, TENANT_A, "machines");
    add_revision(s, alerts, "a", 5, "look-back", true);
    add_revision(s, alerts, "b", 3, "live", true);
    add_revision(s, machines, "m", 1, "live", false);
    add_revision(s, machines, "m", 2, "live", false);
    add_revision(s, alerts, "a", 9, "live", true);
    must(store_inbox_list(s, 0, 10, note_seen, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "alerts/a/look-back/5;alerts/b/live/3;alerts/a/live/9;");
    must(store_inbox_list(s, 0, 10, note_id, &first, &e), &e);
    buf_reset(&text);
    must(store_inbox_list(s, first, 1, note_seen, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "alerts/b/live/3;");
    must(store_inbox_take(s, first, &e) && store_inbox_take(s, first, &e) && store_inbox_count(s, &n, &e), &e);
    assert_int_equal(n, 2);

    buf_reset(&text);
    struct revision_query q = {.tenant_id = TENANT_A, .object_id = "a"};
    must(store_revision_list(s, &q, note_seen, &text, &e), &e); /* taken out of the inbox, still there */
    assert_string_equal(buf_cstr(&text), "alerts/a/look-back/5;alerts/a/live/9;");
    buf_reset(&text);
    q = (struct revision_query){.is_latest = true, .newest = 2};
    must(store_revision_list(s, &q, note_seen, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "alerts/a/live/9;alerts/b/live/3;");
    buf_reset(&text);
    q = (struct revision_query){.is_latest = true, .feed = "machines"};
    must(store_revision_list(s, &q, note_seen, &text, &e) && store_object_count(s, TENANT_A, "machines", &n, &e), &e);
    assert_string_equal(buf_cstr(&text), "machines/m/live/2;");
    assert_int_equal(n, 1);
    buf_reset(&text);
    struct revision_page p = {.feeds = {"alerts", "incidents"}};
    must(store_revision_page(s, &p, note_seen, &text, &e), &e); /* the newest of each, the newest first */
    assert_string_equal(buf_cstr(&text), "alerts/a/live/9;alerts/b/live/3;");
    buf_reset(&text);
    p.tenant_id = TENANT_A;
    p.before = (struct wall){9};
    p.before_id = 5;
    must(store_revision_page(s, &p, note_seen, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "alerts/b/live/3;");
    add_revision(s, machines, "k", 7, "live", false);
    buf_reset(&text);
    must(store_object_page(s, "machines", NULL, "", "", note_seen, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "machines/k/live/7;machines/m/live/2;");
    buf_reset(&text);
    must(store_object_page(s, "machines", TENANT_A, TENANT_A, "k", note_seen, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "machines/m/live/2;");
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}

static bool note_entry(void *arg, const struct ledger_record *r)
{
    assert_true(buf_addf(arg, "%llu %s %s %s %.*s %lld;", (unsigned long long)r->seq, r->tenant_id, r->subject, r->kind,
                         STR_ARG(r->body), (long long)r->at.ticks));
    return true;
}

void the_ledger_keeps_its_order(void **state)
{
    struct fake_disk *d = fake_disk_new(9);
    struct store *s = open_on(d, true);
    struct err e = {0};
    struct buf text;
    (void)state;
    buf_init(&text, 0);
    struct ledger_record r = {.at = {5}, .tenant_id = "t", .subject = "x", .kind = "intent", .body = STR("a\n1")};
    must(store_ledger_add(s, &r, &e), &e);
    assert_int_equal(r.seq, 1);
    must(store_begin(s, &e), &e);
    must(store_ledger_add(s, &r, &e), &e);
    store_rollback(s);
    (void)snprintf(r.subject, sizeof r.subject, "y");
    r.body = STR("b");
    must(store_ledger_add(s, &r, &e), &e);
    store_close(s);
    s = open_on(d, false);
    must(store_ledger_list(s, 0, NULL, false, note_entry, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "1 t x intent a\n1 5;2 t y intent b 5;");
    buf_reset(&text);
    must(store_ledger_list(s, 0, "y", false, note_entry, &text, &e) &&
             store_ledger_list(s, 2, NULL, false, note_entry, &text, &e),
         &e);
    assert_string_equal(buf_cstr(&text), "2 t y intent b 5;");
    r.body = STR("c");
    must(store_ledger_add(s, &r, &e), &e);
    buf_reset(&text);
    must(store_ledger_list(s, 0, NULL, true, note_entry, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "1 t x intent a\n1 5;3 t y intent c 5;");
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}

static bool note_exclusion(void *arg, const struct exclusion_record *r)
{
    char line[700];
    (void)snprintf(line, sizeof line, "%.4s %s %s %s %s %lld", r->tenant_id, excluded_names[r->kind], r->value,
                   r->owner, r->reason, (long long)r->expires.ticks);
    note(arg, line);
    return true;
}

void exclusions_there_and_back(void **state)
{
    struct fake_disk *d = fake_disk_new(9);
    struct store *s = open_on(d, true);
    struct err e = {0};
    struct buf text;
    bool removed = false;
    (void)state;
    buf_init(&text, 0);
    struct exclusion_record all = {.kind = EXCLUDED_TAG, .value = "vip", .owner = "ann", .reason = "board"};
    struct exclusion_record mine = {
        .tenant_id = TENANT_A, .kind = EXCLUDED_DEVICE, .value = "PC-1", .owner = "bob", .expires = {7}};
    struct exclusion_record other = {.tenant_id = TENANT_B, .kind = EXCLUDED_USER, .value = "u"};
    must(store_exclusion_put(s, &all, &e) && store_exclusion_put(s, &mine, &e) && store_exclusion_put(s, &other, &e),
         &e);
    struct exclusion_record again = mine;
    again.id = 0;
    (void)snprintf(again.value, sizeof again.value, "pc-1"); /* whatever its case */
    assert_false(store_exclusion_put(s, &again, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    mine.expires.ticks = 9;
    must(store_exclusion_put(s, &mine, &e) && store_exclusion_list(s, TENANT_A, note_exclusion, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), " tag vip ann board 0;aaaa device PC-1 bob  9;");
    must(store_exclusion_remove(s, all.id, &removed, &e), &e);
    assert_true(removed);
    must(store_exclusion_remove(s, all.id, &removed, &e), &e);
    assert_false(removed);
    assert_false(store_exclusion_put(s, &all, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    buf_reset(&text);
    must(store_exclusion_list(s, NULL, note_exclusion, &text, &e), &e);
    assert_string_equal(buf_cstr(&text), "aaaa device PC-1 bob  9;bbbb user u   0;");
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}
