/* cloud/net: the client against our own server, over loopback, TLS and a Unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <isa-l/igzip_lib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/net/http.h"
#include "cloud/net/net_int.h"
#include "cloud/net/server.h"
#include "kit/seal/seal.h"
#include "kit/sys/fs.h"
#include "kit/sys/random.h"

/* ---- the server's side */

struct source { /* a stream of a given length, then what `after` says */
    struct http_exchange *x;
    uint64_t left;
    enum { THEN_END, THEN_CUT, THEN_HANG } then;
};
static int sources_open;

static char pattern(uint64_t left)
{
    return (char)('a' + left % 23);
}

static ssize_t source_read(void *ctx, char *p, size_t n)
{
    struct source *s = ctx;
    if (s->left == 0) {
        if (s->then == THEN_HANG) (void)exchange_wait(s->x, 60000);
        return s->then == THEN_END ? 0 : -1;
    }
    if (n > s->left) n = s->left;
    for (size_t i = 0; i < n; i++) p[i] = pattern(s->left--);
    return (ssize_t)n;
}

static void source_done(void *ctx)
{
    (void)__atomic_sub_fetch(&sources_open, 1, __ATOMIC_SEQ_CST);
    free(ctx);
}

static void reply_source(struct http_exchange *x, uint64_t bytes, int then)
{
    struct source *s = malloc(sizeof *s);
    *s = (struct source){x, bytes, then};
    (void)__atomic_add_fetch(&sources_open, 1, __ATOMIC_SEQ_CST);
    reply_stream(x, source_read, source_done, s, false, "application/octet-stream");
}

static char text[200000]; /* filled by setup */

static struct str big_text(void)
{
    return (struct str){text, sizeof text};
}

static void print_option(void *arg, const char *name, const char *value)
{
    (void)buf_addf(arg, "%s=%s;", name, value);
}

static void reply_options(struct http_exchange *x)
{
    struct buf list;
    buf_init(&list, 1000);
    exchange_each_query(x, print_option, &list);
    reply_body(x, buf_str(&list), "text/plain");
    buf_done(&list);
}

static void handle(void *ctx, struct http_exchange *x)
{
    struct str path = str_of(exchange_path(x));
    uint64_t bytes = 0;
    (void)ctx;
    if (exchange_query(x, "bytes")) (void)str_to_u64(str_of(exchange_query(x, "bytes")), &bytes);
    if (str_eq(path, STR("/hello world"))) {
        reply_body(x, str_of(exchange_query(x, "$q")), "text/plain");
    } else if (str_eq(path, STR("/options"))) {
        reply_options(x);
    } else if (str_eq(path, STR("/echo"))) {
        reply_status(x, 201);
        reply_header(x, "X-Method", exchange_method(x));
        reply_header(x, "request-id", "id-1");
        reply_body(x, exchange_body(x), exchange_header(x, "content-type"));
    } else if (str_eq(path, STR("/auth"))) {
        reply_body(x, str_of(exchange_header(x, "Authorization")), NULL);
    } else if (str_eq(path, STR("/text"))) {
        reply_body(x, big_text(), "text/plain");
    } else if (str_eq(path, STR("/stream"))) {
        reply_source(x, bytes, THEN_END);
    } else if (str_eq(path, STR("/cut"))) {
        reply_source(x, bytes, THEN_CUT);
    } else if (str_eq(path, STR("/hang"))) {
        reply_source(x, bytes, THEN_HANG);
    } else if (str_eq(path, STR("/silent"))) {
        (void)exchange_wait(x, 60000);
        reply_nothing(x);
    } else if (str_eq(path, STR("/late"))) {
        (void)exchange_wait(x, 700);
        reply_body(x, STR("late"), NULL);
    } else if (str_eq(path, STR("/busy"))) {
        reply_status(x, 429);
        reply_header(x, "Retry-After", "2.128");
        reply_header(x, "Warning", "199 - \"a/b/504/1\"");
        reply_header(x, "Date", "Fri, 02 Jan 2026 03:04:05 GMT");
    } else if (str_eq(path, STR("/moved"))) {
        reply_status(x, 302);
        reply_header(x, "Location", "/echo");
    } else {
        reply_status(x, 404);
    }
}

/* ---- the client's side */

static struct loop *loop;
static struct http_client *client;
static struct http_server *server;
static char base[64];
static char folder[64];

struct got {
    struct http_response r;
    struct buf body;
    struct err e;
    struct http_call *call;
    unsigned status_calls, done_calls;
    uint64_t bytes;
    bool keeps;          /* the body */
    uint64_t hold_after; /* hold once after that many bytes; 0: never */
    bool is_held;
};
static unsigned running;

static void on_status(void *ctx, const struct http_response *r)
{
    struct got *g = ctx;
    g->status_calls++;
    g->r = *r;
}

static bool on_body(void *ctx, const void *p, size_t n)
{
    struct got *g = ctx;
    if (g->hold_after && g->bytes >= g->hold_after) {
        g->hold_after = 0;
        g->is_held = true;
        return false;
    }
    g->is_held = false;
    g->bytes += n;
    return !g->keeps || buf_add(&g->body, p, n);
}

static void on_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct got *g = ctx;
    g->r = *r;
    g->done_calls++;
    if (e) g->e = *e;
    if (--running == 0) loop_stop(loop);
}

static const char *url(const char *path)
{
    static char urls[4][512];
    static unsigned turn;
    char *u = urls[turn++ % 4];
    (void)snprintf(u, 512, "%s%s", base, path);
    return u;
}

static void begin_on(struct http_client *c, struct got *g, const struct http_request *q)
{
    struct http_handler h = {g, on_status, on_body, on_done};
    running++;
    g->call = http_send(c, q, &h);
}

static void fetch(struct got *g, const struct http_request *q)
{
    buf_init(&g->body, 0);
    g->keeps = true;
    begin_on(client, g, q);
    loop_run(loop);
    assert_int_equal(g->done_calls, 1);
}

#define ASSERT_CAUSE(got, which) \
    assert_string_equal((got).e.cause ? (got).e.cause->code : "none", net_causes[which].code)

static int64_t now_ms(void)
{
    struct clock c = clock_real();
    return clock_mono(&c).ms;
}

static int setup(void **state)
{
    struct http_server_opts so = {.address = "127.0.0.1:0", .body_max = 4096, .handle = handle};
    struct http_client_opts co = {0};
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + (i / 100) % 26);
    (void)snprintf(folder, sizeof folder, "%s/portcullis-net-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(folder) || !http_server_start(&so, &server, &e)) return -1;
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%u", http_server_port(server));
    return loop_new(clock_real(), &loop, &e) && http_client_new(loop, &co, &client, &e) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fs fs = fs_real();
    static const char *const names[] = {"ca.pem", "socket"};
    char path[128];
    (void)state;
    http_client_free(client);
    loop_free(loop);
    http_server_stop(server);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)fs.ops->remove(NULL, path, NULL);
    }
    return rmdir(folder);
}

static void a_request_arrives_as_it_was_sent(void **state)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct got a = {0}, b = {0}, c = {0}, d = {0};
    (void)state;
    fetch(&a, &(struct http_request){.method = "GET", .url = url("/hello%20world?%24q=a%2Bb+c")});
    assert_null(a.e.cause);
    assert_int_equal(a.r.status, 200);
    assert_string_equal(buf_cstr(&a.body), "a+b c");
    assert_string_equal(a.r.content_type, "text/plain");

    fetch(&d, &(struct http_request){.method = "GET", .url = url("/options?a=1&b=x+%26&a=2&c")});
    assert_string_equal(buf_cstr(&d.body), "a=1;b=x &;a=2;c=;"); /* repeated ones too, in order */

    fetch(&b,
          &(struct http_request){.method = "POST", .url = url("/echo"), .headers = headers, .body = STR("{\"a\":1}")});
    assert_int_equal(b.r.status, 201);
    assert_string_equal(buf_cstr(&b.body), "{\"a\":1}");
    assert_string_equal(b.r.content_type, "application/json");
    assert_string_equal(b.r.request_id, "id-1");
    assert_int_equal(b.status_calls, 1);

    fetch(&c, &(struct http_request){.method = "GET", .url = url("/auth"), .bearer = STR("top.secret")});
    assert_string_equal(buf_cstr(&c.body), "Bearer top.secret");
    buf_done(&a.body);
    buf_done(&b.body);
    buf_done(&c.body);
    buf_done(&d.body);
}

static void inflate_all(struct str gz, struct buf *out)
{
    struct inflate_state z;
    isal_inflate_init(&z);
    z.crc_flag = ISAL_GZIP;
    assert_true(buf_reserve(out, 1 << 20));
    z.next_in = (uint8_t *)(uintptr_t)gz.p;
    z.avail_in = (uint32_t)gz.n;
    z.next_out = (uint8_t *)out->p;
    z.avail_out = 1 << 20;
    assert_int_equal(isal_inflate(&z), ISAL_DECOMP_OK);
    assert_int_equal(z.block_state, ISAL_BLOCK_FINISH);
    out->n = z.total_out;
}

static void gzip_is_handed_over_raw_or_decoded(void **state)
{
    struct got raw = {0}, plain = {0};
    struct buf inflated;
    (void)state;
    buf_init(&inflated, 0);
    fetch(&raw, &(struct http_request){.method = "GET", .url = url("/text"), .raw_gzip = true});
    assert_true(raw.r.is_gzip);
    assert_true(raw.body.n < 20000);
    assert_int_equal(raw.r.body_bytes, raw.body.n);
    inflate_all(buf_str(&raw.body), &inflated);
    assert_true(str_eq(buf_str(&inflated), big_text()));

    fetch(&plain, &(struct http_request){.method = "GET", .url = url("/text")});
    assert_false(plain.r.is_gzip);
    assert_true(str_eq(buf_str(&plain.body), big_text()));
    buf_done(&raw.body);
    buf_done(&plain.body);
    buf_done(&inflated);
}

static void a_cut_body_is_an_error(void **state)
{
    struct got g = {0}, none = {0};
    (void)state;
    fetch(&g, &(struct http_request){.method = "GET", .url = url("/cut?bytes=100000"), .raw_gzip = true});
    ASSERT_CAUSE(g, NET_CUT);
    assert_int_equal(g.r.status, 200);
    assert_true(g.bytes <= 100000);
    fetch(&none, &(struct http_request){.method = "GET", .url = url("/cut?bytes=0")});
    ASSERT_CAUSE(none, NET_CUT);
    buf_done(&g.body);
    buf_done(&none.body);
}

static void silence_ends_a_call_in_time(void **state)
{
    struct got middle = {0}, never = {0}, total = {0}, patient = {0};
    (void)state;
    int64_t begun = now_ms();
    fetch(&middle, &(struct http_request){.method = "GET", .url = url("/hang?bytes=1000"), .stall_timeout_ms = 300});
    ASSERT_CAUSE(middle, NET_STALLED);
    assert_int_equal(middle.bytes, 1000);
    fetch(&never, &(struct http_request){.method = "GET", .url = url("/silent"), .stall_timeout_ms = 300});
    ASSERT_CAUSE(never, NET_STALLED);
    fetch(&total, &(struct http_request){.method = "GET", .url = url("/silent"), .total_timeout_ms = 300});
    ASSERT_CAUSE(total, NET_TIMEOUT);
    assert_in_range(now_ms() - begun, 850, 3000);
    /* a side that computes long before its first byte is no stall, if the caller says so */
    fetch(&patient, &(struct http_request){
                        .method = "GET", .url = url("/late"), .stall_timeout_ms = 200, .answer_timeout_ms = 5000});
    assert_null(patient.e.cause);
    buf_done(&middle.body);
    buf_done(&never.body);
    buf_done(&total.body);
    buf_done(&patient.body);
}

/* However the address is written: libcurl takes the old forms of IPv4, too. */
static void nobody_has_us_ask_for_a_clouds_credentials(void **state)
{
    static const char *const urls[] = {"https://169.254.169.254/latest/meta-data/",
                                       "https://2852039166/",
                                       "https://0xA9FEA9FE/",
                                       "https://0251.0376.0251.0376/",
                                       "https://169.254.43518/",
                                       "https://[::ffff:169.254.169.254]/",
                                       "https://[::ffff:a9fe:a9fe]/",
                                       "https://[fd00:ec2::254]/",
                                       "https://[fe80::1]/"};
    static const struct proxy_rule rule = {.pattern = "*", .address = "http://169.254.169.254:80"};
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct got g = {0};
        fetch(&g, &(struct http_request){.method = "GET", .url = urls[i], .connect_timeout_ms = 2000});
        if (!g.e.cause || g.e.cause != &net_causes[NET_METADATA])
            fail_msg("%s: %s", urls[i], g.e.cause ? g.e.text : "-");
        buf_done(&g.body);
    }
    struct got proxied = {0};
    fetch(&proxied, &(struct http_request){.method = "GET", .url = "https://login.example/", .proxy = &rule});
    ASSERT_CAUSE(proxied, NET_METADATA);
    buf_done(&proxied.body);
}

static void bounds_hold_in_both_directions(void **state)
{
    struct got announced = {0}, streamed = {0}, bomb = {0}, upload = {0}, exact = {0};
    static char big[300000];
    (void)state;
    memset(big, 'x', sizeof big);
    fetch(&announced, &(struct http_request){.method = "GET", .url = url("/text"), .body_max = 1000, .raw_gzip = true});
    ASSERT_CAUSE(announced, NET_TOO_LARGE);
    fetch(&streamed, &(struct http_request){.method = "GET", .url = url("/stream?bytes=5000000")}); /* default: 1 MiB */
    ASSERT_CAUSE(streamed, NET_TOO_LARGE);
    assert_true(streamed.bytes <= 1 << 20);
    fetch(&bomb,
          &(struct http_request){.method = "GET", .url = url("/text"), .body_max = 50000}); /* small on the wire */
    ASSERT_CAUSE(bomb, NET_TOO_LARGE);
    fetch(&upload, &(struct http_request){.method = "POST", .url = url("/echo"), .body = {big, sizeof big}});
    assert_null(upload.e.cause);
    assert_int_equal(upload.r.status, 413);
    fetch(&exact, &(struct http_request){.method = "POST", .url = url("/echo"), .body = {big, 4096}});
    assert_int_equal(exact.r.status, 201);
    buf_done(&announced.body);
    buf_done(&streamed.body);
    buf_done(&bomb.body);
    buf_done(&upload.body);
    buf_done(&exact.body);
}

static void later_resume(void *arg)
{
    struct got *g = arg;
    assert_true(g->is_held);
    http_resume(g->call);
}

/* Held for longer than the stall timeout: not a stall. Every byte comes once, in order. */
static void a_held_transfer_goes_on_where_it_was(void **state)
{
    struct got g = {.hold_after = 100000};
    struct timer *t = timer_new(loop, later_resume, &g);
    uint64_t bytes = 3000000;
    (void)state;
    timer_arm(t, 600);
    fetch(&g, &(struct http_request){.method = "GET",
                                     .url = url("/stream?bytes=3000000"),
                                     .raw_gzip = true,
                                     .stall_timeout_ms = 200,
                                     .body_max = 4000000});
    timer_free(t);
    assert_null(g.e.cause);
    assert_int_equal(g.body.n, bytes);
    for (size_t i = 0; i < g.body.n; i++)
        if (g.body.p[i] != pattern(bytes - i)) fail();
    buf_done(&g.body);
}

static void cancel_three(void *arg)
{
    struct got *g = arg;
    for (int i = 0; i < 3; i++) http_cancel(g[i].call);
    loop_stop(loop);
}

static void a_cancelled_call_is_silent(void **state)
{
    struct got g[3] = {[1] = {.hold_after = 1}};
    struct got after = {0};
    struct timer *t = timer_new(loop, cancel_three, g);
    (void)state;
    begin_on(client, &g[0], &(struct http_request){.method = "GET", .url = url("/hang?bytes=5000")});
    begin_on(client, &g[1],
             &(struct http_request){.method = "GET", .url = url("/stream?bytes=5000000"), .body_max = 1 << 30});
    begin_on(client, &g[2], &(struct http_request){.method = "GET", .url = "ftp://x/"});
    assert_int_equal(g[2].done_calls, 0); /* never on the spot */
    http_cancel(g[2].call);
    running = 0;
    begin_on(client, &g[2], &(struct http_request){.method = "GET", .url = url("/silent")});
    running = 0;
    timer_arm(t, 200);
    loop_run(loop);
    timer_free(t);
    fetch(&after, &(struct http_request){.method = "GET", .url = url("/echo")});
    assert_int_equal(after.r.status, 201);
    assert_int_equal(g[0].done_calls + g[1].done_calls + g[2].done_calls, 0);
    buf_done(&after.body);
}

static void bad_places_are_refused_with_their_cause(void **state)
{
    static const struct {
        const char *url;
        int cause;
    } cases[] = {
        {"http://example.com/", NET_PLAIN_HTTP},
        {"http://128.0.0.1/", NET_PLAIN_HTTP},
        {"http://127.0.0.1.example.com/", NET_PLAIN_HTTP},
        {"http://[::2]/", NET_PLAIN_HTTP},
        {"http://localhost.example/", NET_PLAIN_HTTP},
        {"http://user:pw@127.0.0.1/", NET_BAD_URL},
        {"ftp://127.0.0.1/", NET_BAD_URL},
        {"file:///etc/passwd", NET_BAD_URL},
        {"no url at all", NET_BAD_URL},
        {"", NET_BAD_URL},
        {"https://no-such-host.invalid/", NET_DNS},
        {"http://127.0.0.1:1/", NET_CONNECT},
        {"http://[::1]:1/", NET_CONNECT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct got g = {0};
        fetch(&g, &(struct http_request){.method = "GET", .url = cases[i].url, .bearer = STR("top.secret")});
        ASSERT_CAUSE(g, cases[i].cause);
        assert_null(strstr(g.e.text, "top.secret"));
        buf_done(&g.body);
    }
}

static void answers_of_any_status_are_answers(void **state)
{
    struct got busy = {0}, moved = {0};
    (void)state;
    fetch(&busy, &(struct http_request){.method = "GET", .url = url("/busy")});
    assert_null(busy.e.cause);
    assert_int_equal(busy.r.status, 429);
    assert_int_equal(busy.r.retry_after_ms, 2128);
    assert_string_equal(busy.r.warning, "199 - \"a/b/504/1\"");
    assert_int_equal(wall_ms(busy.r.date), INT64_C(1767323045000));
    fetch(&moved, &(struct http_request){.method = "GET", .url = url("/moved")});
    assert_int_equal(moved.r.status, 302); /* not followed */
    buf_done(&busy.body);
    buf_done(&moved.body);
}

static void retry_after_in_all_its_forms(void **state)
{
    static const struct {
        const char *text;
        uint32_t ms;
    } cases[] = {
        {"30", 30000},
        {" 2.128 ", 2128},
        {"0", 1},
        {"0.0001", 1},
        {"1.", 1000},
        {"99999999999999999999", 86400000},
        {"-5", 0},
        {"", 0},
        {".5", 0},
        {"1e3", 0},
        {"soon", 0},
        {"1.2.3", 0},
        {"Fri, 02 Jan 2026 03:05:05 GMT", 60000},
        {"Friday, 02-Jan-26 03:05:05 GMT", 60000},
        {"Fri Jan  2 03:05:05 2026", 60000},
        {"Thu, 01 Jan 2026 00:00:00 GMT", 1},
    };
    struct wall now;
    (void)state;
    assert_true(wall_parse(STR("2026-01-02T03:04:05Z"), &now));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (retry_after_parse(str_of(cases[i].text), now) != cases[i].ms)
            fail_msg("'%s' gave %u", cases[i].text, retry_after_parse(str_of(cases[i].text), now));
}

/* ---- many at once */

static void hanging_ones_delay_nobody(void **state)
{
    enum { ALL = 50, HANGING = 5 };
    static struct got g[ALL];
    (void)state;
    int64_t begun = now_ms();
    for (int i = 0; i < ALL; i++) {
        const char *path = i % 10 == 0 ? "/hang?bytes=2000" : "/stream?bytes=200000";
        begin_on(client, &g[i], &(struct http_request){.method = "GET", .url = url(path), .raw_gzip = true});
    }
    running -= HANGING;
    loop_run(loop); /* ends when the healthy ones are through */
    assert_true(now_ms() - begun < 5000);
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(g[i].done_calls, i % 10 == 0 ? 0 : 1);
        if (i % 10) assert_int_equal(g[i].bytes, 200000);
        if (i % 10 == 0) http_cancel(g[i].call);
    }
}

/* ---- any mix of calls, holds and cancellations, also from within callbacks: each call ends once or was cancelled */

enum { MIXED = 150 };
static struct mixed {
    struct http_call *call; /* NULL: over */
    bool is_held, was_cancelled, was_done;
} mixed[MIXED];
static struct rng mix_rng;
static unsigned mixed_open;

static void mixed_over(struct mixed *m)
{
    m->call = NULL;
    if (--mixed_open == 0) loop_stop(loop);
}

static void mixed_cancel_any(void)
{
    struct mixed *m = &mixed[rng_below(&mix_rng, MIXED)];
    if (m->call == NULL) return;
    http_cancel(m->call);
    m->was_cancelled = true;
    mixed_over(m);
}

static bool mixed_body(void *ctx, const void *p, size_t n)
{
    struct mixed *m = ctx;
    (void)p, (void)n;
    assert_false(m->was_cancelled || m->was_done);
    if (rng_chance(&mix_rng, 0.01)) mixed_cancel_any(); /* perhaps this very one */
    m->is_held = m->call && rng_chance(&mix_rng, 0.2);
    if (m->is_held && rng_chance(&mix_rng, 0.3)) http_resume(m->call); /* before it is even held */
    return !m->is_held;
}

static void mixed_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct mixed *m = ctx;
    (void)r, (void)e;
    assert_false(m->was_cancelled || m->was_done);
    m->was_done = true;
    mixed_over(m);
    if (rng_chance(&mix_rng, 0.05)) mixed_cancel_any();
}

static void mixed_tick(void *arg)
{
    for (int i = 0; i < MIXED; i++)
        if (mixed[i].call && mixed[i].is_held && rng_chance(&mix_rng, 0.5)) http_resume(mixed[i].call);
    if (rng_chance(&mix_rng, 0.2)) mixed_cancel_any();
    timer_arm(*(struct timer **)arg, 2);
}

static void any_mix_of_calls_ends_once_each(void **state)
{
    static const char *const paths[] = {
        "/stream?bytes=300000", "/cut?bytes=50000", "/text", "/echo", "/hang?bytes=9", "/none"};
    struct http_handler h = {.on_body = mixed_body, .on_done = mixed_done};
    struct timer *tick = NULL;
    (void)state;
    rng_seed(&mix_rng, 20260102);
    for (int i = 0; i < MIXED; i++) {
        const char *at = rng_chance(&mix_rng, 0.05) ? "http://no.loopback/" : url(paths[rng_below(&mix_rng, 6)]);
        h.ctx = &mixed[i];
        mixed_open++;
        mixed[i].call = http_send(client,
                                  &(struct http_request){.method = rng_chance(&mix_rng, 0.3) ? "POST" : "GET",
                                                         .url = at,
                                                         .body = STR("x"),
                                                         .raw_gzip = rng_chance(&mix_rng, 0.7),
                                                         .stall_timeout_ms = 200},
                                  &h);
    }
    tick = timer_new(loop, mixed_tick, &tick);
    timer_arm(tick, 1);
    loop_run(loop);
    timer_free(tick);
    for (int i = 0; i < MIXED; i++) assert_int_equal(mixed[i].was_done + mixed[i].was_cancelled, 1);
}

static uint64_t resident_bytes(void)
{
    struct buf b;
    struct err e;
    buf_init(&b, 0);
    assert_true(fs_read_all(fs_real(), "/proc/self/statm", 4096, &b, &e));
    struct str rest = buf_str(&b);
    uint64_t pages = 0;
    (void)str_cut(&rest, ' ');
    assert_true(str_to_u64(str_cut(&rest, ' '), &pages));
    buf_done(&b);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Client and server in one process: neither may hold the body. */
static void a_large_answer_is_never_held(void **state)
{
    struct got g = {0};
    (void)state;
    uint64_t before = resident_bytes();
    begin_on(client, &g,
             &(struct http_request){
                 .method = "GET", .url = url("/stream?bytes=104857600"), .raw_gzip = true, .body_max = 200 << 20});
    loop_run(loop);
    assert_null(g.e.cause);
    assert_int_equal(g.bytes, 104857600);
    uint64_t after = resident_bytes();
    assert_true(after < before + (8 << 20));
}

/* ---- Unix socket, TLS, the server's own end */

static void a_unix_socket_serves_its_owner_only(void **state)
{
    char address[128];
    struct stat st;
    struct http_server *s, *second;
    struct buf body;
    struct err e;
    int status;
    (void)state;
    (void)snprintf(address, sizeof address, "unix:%s/socket", folder);
    struct http_server_opts so = {.address = address, .body_max = 100, .handle = handle};
    struct http_client_opts co = {.unix_socket = address + 5};
    assert_true(http_server_start(&so, &s, &e));
    assert_int_equal(http_server_port(s), 0);
    assert_int_equal(stat(co.unix_socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(http_server_start(&so, &second, &e)); /* in use */
    assert_ptr_equal(e.cause, &net_causes[NET_BIND]);
    buf_init(&body, 0);
    assert_true(http_fetch(&co,
                           &(struct http_request){.method = "POST", .url = "http://portcullis/echo", .body = STR("hi")},
                           &status, &body, &e));
    assert_int_equal(status, 201);
    assert_string_equal(buf_cstr(&body), "hi");
    http_server_stop(s);
    assert_int_not_equal(stat(co.unix_socket, &st), 0); /* cleaned up */
    assert_false(
        http_fetch(&co, &(struct http_request){.method = "GET", .url = "http://portcullis/echo"}, &status, &body, &e));
    assert_ptr_equal(e.cause, &net_causes[NET_CONNECT]);
    assert_string_equal(buf_cstr(&body), "hi"); /* untouched */
    buf_done(&body);
}

static bool tls_fetch(const char *ca_file, uint16_t port, struct err *e)
{
    struct http_client_opts co = {.ca_file = ca_file};
    struct buf body;
    char at[64];
    int status;
    buf_init(&body, 0);
    (void)snprintf(at, sizeof at, "https://127.0.0.1:%u/stream?bytes=300000", port);
    bool ok = http_fetch(&co, &(struct http_request){.method = "GET", .url = at, .raw_gzip = true}, &status, &body, e);
    assert_true(!ok || body.n == 300000);
    buf_done(&body);
    return ok;
}

static void tls_is_verified(void **state)
{
    static const char *const names[] = {"127.0.0.1", "localhost", NULL};
    struct rsa_key *ca_key;
    struct buf ca, key, cert;
    struct http_server *s;
    struct err e;
    char ca_path[128];
    struct clock real = clock_real();
    (void)state;
    buf_init(&ca, 0);
    buf_init(&key, 0);
    buf_init(&cert, 0);
    assert_true(cert_make_ca(clock_wall(&real), &ca_key, &ca, &e));
    assert_true(cert_make_server(ca_key, buf_str(&ca), names, clock_wall(&real), &key, &cert, &e));
    (void)snprintf(ca_path, sizeof ca_path, "%s/ca.pem", folder);
    assert_true(fs_replace(fs_real(), ca_path, buf_str(&ca), &e));
    struct http_server_opts so = {
        .address = "127.0.0.1:0", .tls_key_pem = buf_str(&key), .tls_cert_pem = buf_str(&cert), .handle = handle};
    assert_true(http_server_start(&so, &s, &e));

    assert_false(tls_fetch(NULL, http_server_port(s), &e));
    assert_ptr_equal(e.cause, &net_causes[NET_TLS_REFUSED]);
    assert_non_null(strstr(e.text, "certificate")); /* says what failed */
    if (!tls_fetch(ca_path, http_server_port(s), &e)) fail_msg("%s", e.text);
    assert_false(tls_fetch("/no/such/ca.pem", http_server_port(s), &e));
    assert_ptr_equal(e.cause, &net_causes[NET_TLS_REFUSED]);

    http_server_stop(s);
    so.tls_key_pem = STR("no key");
    assert_false(http_server_start(&so, &s, &e));
    assert_ptr_equal(e.cause, &net_causes[NET_BIND]);
    rsa_key_free(ca_key);
    buf_done(&ca);
    buf_done(&key);
    buf_done(&cert);
}

static void addresses_that_cannot_be(void **state)
{
    static const char *const bad[] = {"127.0.0.1",      "nowhere", "192.0.2.1:0",
                                      "127.0.0.1:http", "unix:",   "unix:/no/such/folder/s"};
    struct http_server *s = NULL;
    struct err e;
    char taken[64];
    (void)state;
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", http_server_port(server));
        struct http_server_opts so = {.address = i < sizeof bad / sizeof *bad ? bad[i] : taken, .handle = handle};
        assert_false(http_server_start(&so, &s, &e));
        assert_ptr_equal(e.cause, &net_causes[NET_BIND]);
        assert_null(s);
    }
}

static void stopping_ends_what_waits(void **state)
{
    struct http_server_opts so = {.address = "127.0.0.1:0", .body_max = 100, .handle = handle};
    struct http_server *s;
    struct got g[2] = {0};
    struct err e;
    char at[2][96];
    (void)state;
    assert_true(http_server_start(&so, &s, &e));
    for (int i = 0; i < 2; i++) {
        (void)snprintf(at[i], sizeof at[i], "http://localhost:%u/%s", http_server_port(s),
                       i ? "silent" : "hang?bytes=10");
        begin_on(client, &g[i], &(struct http_request){.method = "GET", .url = at[i]});
    }
    struct timer *t = timer_new(loop, (void (*)(void *))loop_stop, loop);
    timer_arm(t, 300);
    loop_run(loop);
    timer_free(t);
    int64_t begun = now_ms();
    http_server_stop(s);
    assert_true(now_ms() - begun < 1500);
    loop_run(loop);
    ASSERT_CAUSE(g[0], NET_CUT);
    ASSERT_CAUSE(g[1], NET_CUT);
}

/* A client that hangs up frees the server's thread, even one that waits. */
static void every_stream_is_closed_in_the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 100 && __atomic_load_n(&sources_open, __ATOMIC_SEQ_CST); i++) (void)usleep(20000);
    assert_int_equal(__atomic_load_n(&sources_open, __ATOMIC_SEQ_CST), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_it_was_sent),
        cmocka_unit_test(gzip_is_handed_over_raw_or_decoded),
        cmocka_unit_test(a_cut_body_is_an_error),
        cmocka_unit_test(silence_ends_a_call_in_time),
        cmocka_unit_test(nobody_has_us_ask_for_a_clouds_credentials),
        cmocka_unit_test(bounds_hold_in_both_directions),
        cmocka_unit_test(a_held_transfer_goes_on_where_it_was),
        cmocka_unit_test(a_cancelled_call_is_silent),
        cmocka_unit_test(bad_places_are_refused_with_their_cause),
        cmocka_unit_test(answers_of_any_status_are_answers),
        cmocka_unit_test(retry_after_in_all_its_forms),
        cmocka_unit_test(hanging_ones_delay_nobody),
        cmocka_unit_test(any_mix_of_calls_ends_once_each),
        cmocka_unit_test(a_large_answer_is_never_held),
        cmocka_unit_test(a_unix_socket_serves_its_owner_only),
        cmocka_unit_test(tls_is_verified),
        cmocka_unit_test(addresses_that_cannot_be),
        cmocka_unit_test(stopping_ends_what_waits),
        cmocka_unit_test(every_stream_is_closed_in_the_end),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
