/* Requests that are done once: how one stands, whose turn it is, bounds, and the day after which it is free. */
#include <stdio.h>
#include <string.h>

#include "state/store/once.h"
#include "tests.h"

static struct once_record request(unsigned n)
{
    struct once_record r = {.kind = 1, .caller = 7};
    memcpy(r.id, &n, sizeof n);
    memset(r.request, (int)n, sizeof r.request);
    return r;
}

enum begun { BEGUN_NEW, BEGUN_FOUND, BEGUN_FULL };
static enum begun begin(struct store *s, struct once_record *r, struct buf *answer)
{
    bool found, is_full;
    struct err e;
    buf_reset(answer);
    must(store_once_begin(s, r, &found, &is_full, answer, &e), &e);
    return found ? BEGUN_FOUND : is_full ? BEGUN_FULL : BEGUN_NEW;
}

static void look_at_one(struct store *s, struct buf *answer)
{
    struct err e;
    bool mine = true;
    struct once_record r = request(1);
    assert_int_equal(begin(s, &r, answer), BEGUN_NEW);
    memset(r.request, 9, sizeof r.request);
    assert_int_equal(begin(s, &r, answer), BEGUN_FOUND);
    assert_true(r.state == ONCE_RUNNING && r.request[0] == 1); /* as it was entered */
    must(store_once_resume(s, r.id, &mine, &e), &e);
    assert_false(mine); /* it runs */
    must(store_once_interrupt(s, &e), &e);
    must(store_once_resume(s, r.id, &mine, &e), &e);
    assert_true(mine);
    must(store_once_resume(s, r.id, &mine, &e), &e);
    assert_false(mine); /* of two that come after a crash one goes on */
    r.state = ONCE_DONE;
    r.status = 202;
    must(store_once_end(s, &r, STR("{\"id\":1}"), &e), &e);
    must(store_once_interrupt(s, &e), &e);
    assert_int_equal(begin(s, &r, answer), BEGUN_FOUND);
    assert_true(r.state == ONCE_DONE && r.status == 202);
    assert_string_equal(buf_cstr(answer), "{\"id\":1}");
    must(store_once_forget(s, r.id, &e), &e);
    assert_int_equal(begin(s, &r, answer), BEGUN_NEW);
}

void requests_are_done_once(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct err e;
    struct buf answer;
    struct once_record r;
    (void)state;
    buf_init(&answer, 0);
    look_at_one(s, &answer);
    must(store_begin(s, &e), &e);
    for (unsigned n = 2; n <= ONCE_OF_CALLER_MAX; n++) {
        r = request(n);
        assert_int_equal(begin(s, &r, &answer), BEGUN_NEW);
    }
    must(store_commit(s, &e), &e);
    r = request(ONCE_OF_CALLER_MAX + 1);
    assert_int_equal(begin(s, &r, &answer), BEGUN_FULL);
    r.caller++;
    assert_int_equal(begin(s, &r, &answer), BEGUN_NEW); /* one caller does not fill it for others */
    r = request(5);
    assert_int_equal(begin(s, &r, &answer), BEGUN_FOUND);
    const struct wall then = test_time.wall;
    test_time.wall = wall_add(then, ONCE_KEPT_H * WALL_TICKS_PER_HOUR + 1);
    assert_int_equal(begin(s, &r, &answer), BEGUN_NEW); /* a day later */
    test_time.wall = then;
    buf_done(&answer);
    store_close(s);
    fake_disk_free(d);
}
