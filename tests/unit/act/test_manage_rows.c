/* flow/act/manage: a feed's poll and a turn that waits for Defender write the same row; what is confirmed is confirmed once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fake_disk.h"
#include "flow/act/manage_int.h"
#include "kit/seal/seal.h"
#include "state/store/feeds.h"
#include "state/store/response.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"

static const char tenant_id[] = "00000000-0000-4000-8000-000000000001";

struct world {
    struct fake_disk *disk;
    struct fs fs;
    struct seal_key *key;
    struct virtual_clock clock;
    struct store *store;
    struct feed_record feed;
    struct manage *m;
    struct managed_record r; /* as a turn has it */
};

static void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s", e->text);
}

/* What a poll of the feed brings of the alert. */
static void poll(struct world *w, const char *updated, const char *status, const char *comment)
{
    char row[600];
    struct err e = {0};
    int n =
        snprintf(row, sizeof row,
                 "{\"id\":\"a1\",\"title\":\"t\",\"createdDateTime\":\"2026-09-01T12:00:00Z\",\"lastUpdateDateTime\":"
                 "\"%s\",\"serviceSource\":\"microsoftDefenderForEndpoint\",\"severity\":\"medium\",\"status\":\"%s\","
                 "\"incidentId\":\"7\",\"comments\":[{\"comment\":\"%s\"}]}",
                 updated, status, comment);
    struct revision_record r = {.feed_id = w->feed.id,
                                .object_id = "a1",
                                .how = "live",
                                .row = {row, (size_t)n},
                                .identity = hash128_of(row, (size_t)n)};
    assert_true(wall_parse(str_of(updated), &r.updated));
    must(store_revision_put(w->store, &r, true, &e) && manage_take_all(w->m, &e), &e);
}

static struct managed_record kept(struct world *w)
{
    struct err e = {0};
    struct managed_record r;
    bool found = false;
    must(store_managed_find(w->store, tenant_id, "a1", &r, &found, &e), &e);
    assert_true(found);
    return r;
}

/* The row as a turn leaves it that began with what `r` says. */
static void turn_keeps(struct world *w, enum managed_state state)
{
    struct err e = {0};
    w->r.state = state;
    must(manage_keep_row(w->m, &w->r, &e), &e);
}

static void begin(struct world *w)
{
    struct err e = {0};
    struct buf key;
    struct org_record org = {.name = "Contoso"};
    struct tenant_record tenant = {.name = "Contoso", .cloud = "global", .is_enabled = true};
    *w = (struct world){.disk = fake_disk_new(1)};
    w->fs = fake_disk_fs(w->disk);
    (void)wall_parse(STR("2026-09-01T12:10:00Z"), &w->clock.wall);
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &w->key, &e), &e);
    buf_done(&key);
    must(w->fs.ops->make_dirs(w->fs.ctx, "/d", &e), &e);
    struct store_opts o = {
        .fs = w->fs, .path = "/d/store.db", .key = w->key, .clock = clock_virtual(&w->clock), .create = true};
    must(store_open(&o, &w->store, &e) && store_org_put(w->store, &org, &e), &e);
    tenant.org_id = org.id;
    memcpy(tenant.tenant_id, tenant_id, sizeof tenant_id);
    must(store_tenant_put(w->store, &tenant, true, &e), &e);
    w->feed = (struct feed_record){.feed = "alerts", .status = "ok"};
    memcpy(w->feed.tenant_id, tenant_id, sizeof tenant_id);
    must(store_feed_put(w->store, &w->feed, &e), &e);
    struct manage_opts mo = {.clock = clock_virtual(&w->clock), .store = w->store};
    must(manage_new(&mo, &w->m, &e), &e);
    poll(w, "2026-09-01T12:01:00Z", "new", "looked at");
    w->r = kept(w);
    w->r.wants = MANAGED_RESOLVE | MANAGED_COMMENT;
    (void)snprintf(w->r.mark, sizeof w->r.mark, "%s00000001:", w->m->mark);
    (void)snprintf(w->r.author, sizeof w->r.author, POLICY);
    turn_keeps(w, MANAGED_INTENT);
}

static void end(struct world *w)
{
    manage_free(w->m);
    store_close(w->store);
    fake_disk_free(w->disk);
    seal_key_free(w->key);
}

static void poll_shows_it(struct world *w, const char *updated)
{
    char comment[100];
    (void)snprintf(comment, sizeof comment, "%s done", w->r.mark);
    poll(w, updated, "resolved", comment);
    assert_int_equal(kept(w).state, MANAGED_CONFIRMED);
}

static bool append_step(void *arg, const struct own_event *r)
{
    struct arena a;
    struct err e;
    struct buf row;
    arena_init(&a, 1 << 20);
    buf_init(&row, 0);
    (void)buf_addf(&row, "{%.*s}", STR_ARG(r->members));
    struct str step = json_str(json_get(json_parse(&a, buf_str(&row), &e), "Step"), STR_NONE);
    bool ok = buf_addf(arg, "%.*s ", STR_ARG(step));
    arena_done(&a);
    buf_done(&row);
    return ok;
}

static void assert_steps(struct world *w, const char *expected)
{
    struct err e = {0};
    struct buf steps;
    buf_init(&steps, 0);
    must(store_own_event_list(w->store, 100, append_step, &steps, &e), &e);
    assert_string_equal(buf_cstr(&steps), expected);
    buf_done(&steps);
}

/* The poll is quicker than the answer to the change itself. */
static void poll_before_the_answer(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    poll_shows_it(&w, "2026-09-01T12:02:00Z");
    turn_keeps(&w, MANAGED_SENT);
    assert_int_equal(kept(&w).state, MANAGED_CONFIRMED);
    assert_int_equal(kept(&w).due.ticks, 0);
    assert_true(kept(&w).flags & MANAGED_DONE);
    manage_confirm(&w.r); /* its own read shows it, too */
    turn_keeps(&w, MANAGED_CONFIRMED);
    assert_steps(&w, "pending confirmed ");
    end(&w);
}

/* The poll comes between the turn's reading of Defender and its writing of the row; the turn had read the newer alert. */
static void poll_between_look_and_row(void **state)
{
    (void)state;
    static const enum managed_state views[] = {MANAGED_INTENT, MANAGED_SENT, MANAGED_UNSEEN, MANAGED_REFUSED,
                                               MANAGED_IDLE};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        struct world w;
        begin(&w);
        turn_keeps(&w, MANAGED_SENT);
        poll_shows_it(&w, "2026-09-01T12:02:00Z");
        (void)wall_parse(STR("2026-09-01T12:03:00Z"), &w.r.updated);
        turn_keeps(&w, views[i]);
        assert_int_equal(kept(&w).state, MANAGED_CONFIRMED);
        poll_shows_it(&w, "2026-09-01T12:04:00Z"); /* somebody adds a word */
        assert_steps(&w, "pending confirmed ");
        end(&w);
    }
}

/* A change that comes after a confirmed one is another. */
static void another_change_is_told(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    poll_shows_it(&w, "2026-09-01T12:02:00Z");
    w.r = kept(&w);
    (void)snprintf(w.r.mark, sizeof w.r.mark, "%s00000002:", w.m->mark);
    turn_keeps(&w, MANAGED_INTENT);
    assert_int_equal(kept(&w).state, MANAGED_INTENT);
    turn_keeps(&w, MANAGED_REFUSED);
    assert_steps(&w, "pending confirmed pending refused ");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(poll_before_the_answer),
                                       cmocka_unit_test(poll_between_look_and_row),
                                       cmocka_unit_test(another_change_is_told)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
