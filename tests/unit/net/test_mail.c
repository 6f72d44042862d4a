/* cloud/net: mail out, against the twin's mailbox and against servers that say odd things. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/net/mail.h"
#include "kit/seal/seal.h"
#include "kit/sys/fs.h"
#include "twin/desk/desk_int.h"

static void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s (%s)", e->text, e->cause->code);
}

struct outcome {
    struct loop *loop;
    int status;
    char reply[128];
    const struct cause *cause; /* NULL: an answer came */
    char text[400];
};

static void on_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct outcome *o = ctx;
    o->status = r->status;
    (void)snprintf(o->reply, sizeof o->reply, "%s", r->warning);
    o->cause = e ? e->cause : NULL;
    if (e) (void)snprintf(o->text, sizeof o->text, "%s", e->text);
    loop_stop(o->loop);
}

static struct outcome send_one(const char *server, const char *ca_file, const char *user, const char *recipient)
{
    struct outcome o = {0};
    struct http_client *client = NULL;
    struct err e;
    struct http_client_opts opts = {.ca_file = ca_file};
    must(loop_new(clock_real(), &o.loop, &e) && http_client_new(o.loop, &opts, &client, &e), &e);
    struct mail_request q = {.server = server,
                             .user = user,
                             .password = STR("hush-hush"),
                             .sender = "gate@guard.example",
                             .recipient = recipient,
                             .message = STR("Subject: hi\r\n\r\n.first\r\nlast\r\n"),
                             .total_timeout_ms = 3000};
    (void)mail_send(client, &q, &(struct http_handler){.ctx = &o, .on_done = on_done});
    loop_run(o.loop);
    http_client_free(client);
    loop_free(o.loop);
    assert_null(strstr(o.text, "hush-hush"));
    return o;
}

static void addresses(void **state)
{
    static const char *const good[] = {"smtp://h", "smtp://h:587", "smtps://mail.example.com",
                                       "starttls://127.0.0.1:25", "smtp://[::1]:25"};
    static const char *const bad[] = {"",           "h",          "http://h",   "smtp://",         "smtp://h/path",
                                      "smtp://u@h", "smtp://h?x", "smtp://h h", "smtp://h\r\nRSET"};
    static const char *const boxes[] = {"a@b", "ann.b+c@guard.example"};
    static const char *const no_boxes[] = {"",      "a",    "@b",          "a@",    "a@b@c",     "a b@c",
                                           "<a@b>", "a@b>", "a@b\r\nDATA", "a,b@c", "Ann <a@b>", "\xc3\xa4@b"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (mail_url_fault(good[i])) fail_msg("%s: %s", good[i], mail_url_fault(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!mail_url_fault(bad[i])) fail_msg("%s was taken", bad[i]);
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) assert_true(mail_address_ok(str_of(boxes[i])));
    for (size_t i = 0; i < sizeof no_boxes / sizeof *no_boxes; i++)
        if (mail_address_ok(str_of(no_boxes[i]))) fail_msg("%s was taken", no_boxes[i]);
    struct outcome o = send_one("smtp://127.0.0.1:1", NULL, NULL, "x@y\r\nRCPT TO:<z@y>");
    assert_ptr_equal(o.cause, &net_causes[NET_BAD_MAIL]);
}

static void to_the_mailbox(void **state)
{
    static const char *const names[] = {"127.0.0.1", NULL};
    static const char ca_file[] = "test-mail-ca.pem";
    struct desk *desk = desk_new(clock_real());
    struct mailbox *box = NULL;
    struct rsa_key *ca_key = NULL;
    struct buf ca, key, cert;
    struct err e;
    char plain[64], safe[64];
    struct clock clock = clock_real();
    (void)state;
    buf_init(&ca, 0);
    buf_init(&key, 0);
    buf_init(&cert, 0);
    must(cert_make_ca(clock_wall(&clock), &ca_key, &ca, &e) &&
             cert_make_server(ca_key, buf_str(&ca), names, clock_wall(&clock), &key, &cert, &e) &&
             fs_replace(fs_real(), ca_file, buf_str(&ca), &e),
         &e);
    struct mailbox_opts mo = {desk, "127.0.0.1:0", buf_str(&key), buf_str(&cert)};
    must(mailbox_start(&mo, &box, &e), &e);
    (void)snprintf(plain, sizeof plain, "smtp://127.0.0.1:%u", mailbox_port(box));
    (void)snprintf(safe, sizeof safe, "starttls://127.0.0.1:%u", mailbox_port(box));

    struct outcome o = send_one(plain, NULL, NULL, "ann@guard.example");
    assert_true(o.cause == NULL && o.status == 250);
    o = send_one(safe, ca_file, "gate", "bob@guard.example");
    assert_true(o.cause == NULL && o.status == 250);
    o = send_one(safe, NULL, "gate", "bob@guard.example"); /* nobody vouches for it */
    assert_ptr_equal(o.cause, &net_causes[NET_TLS_REFUSED]);
    o = send_one(plain, NULL, NULL, "nobody@guard.example");
    assert_true(o.cause == NULL && o.status == 550);
    assert_string_equal(o.reply, "550 5.1.1 no such mailbox");

    assert_int_equal(desk->post_count, 2);
    assert_string_equal(desk->posts[0].text, "Subject: hi\r\n\r\n.first\r\nlast\r\n");
    assert_false(desk->posts[0].is_tls);
    assert_true(desk->posts[1].is_tls);
    assert_string_equal(desk->posts[1].user, "gate");
    assert_string_equal(desk->posts[1].sender, "gate@guard.example");
    mailbox_stop(box);
    desk_free(desk);
    (void)unlink(ca_file);
    rsa_key_free(ca_key);
    buf_done(&ca);
    buf_done(&key);
    buf_done(&cert);
}

/* A server that says these lines, one to each of ours (after DATA's 354 one to the whole mail), then hangs up. */
struct script {
    int listener;
    const char *const *lines;
};

static void *play(void *arg)
{
    struct script *s = arg;
    char heard[4096];
    int fd = accept(s->listener, NULL, NULL);
    for (size_t i = 0; fd >= 0 && s->lines[i]; i++) {
        if (send(fd, s->lines[i], strlen(s->lines[i]), MSG_NOSIGNAL) < 0) break;
        bool is_message = strncmp(s->lines[i], "354", 3) == 0;
        ssize_t n, all = 0;
        while ((n = recv(fd, heard + all, sizeof heard - 1 - (size_t)all, 0)) > 0) {
            all += n;
            heard[all] = '\0';
            if (strstr(heard, is_message ? "\r\n.\r\n" : "\r\n")) break;
        }
        if (n <= 0) break;
    }
    close(fd);
    return NULL;
}

static void odd_servers(void **state)
{
    static const struct {
        const char *lines[8];
        int status;
        int cause; /* -1: an answer */
    } rows[] = {
        {{"220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n", "250 x\r\n", "221 x\r\n"}, 250, -1},
        {{"220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n", "451 later\r\n", "221 x\r\n"}, 451, -1},
        {{"220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n"},
         354,
         NET_CUT}, /* taken, or not: nobody knows */
        {{"220 x\r\n", "250 x\r\n", "552 full\r\n", "221 x\r\n"}, 552, -1},
        {{"554 go away\r\n"}, 554, -1},
        {{"what?\r\n"}, 0, NET_PROTOCOL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof at;
        struct script s = {socket(AF_INET, SOCK_STREAM, 0), rows[i].lines};
        pthread_t thread = 0;
        char server[64];
        assert_true(bind(s.listener, (struct sockaddr *)&at, size) == 0 && listen(s.listener, 1) == 0 &&
                    getsockname(s.listener, (struct sockaddr *)&at, &size) == 0 &&
                    pthread_create(&thread, NULL, play, &s) == 0);
        (void)snprintf(server, sizeof server, "smtp://127.0.0.1:%u", ntohs(at.sin_port));
        struct outcome o = send_one(server, NULL, NULL, "ann@guard.example");
        (void)pthread_join(thread, NULL);
        close(s.listener);
        bool is_as_wanted = rows[i].cause < 0 ? o.cause == NULL && o.status == rows[i].status
                                              : o.cause != NULL && o.cause->kind == ERR_RETRY;
        if (!is_as_wanted) fail_msg("row %zu: status %d, %s", i, o.status, o.cause ? o.cause->code : "an answer");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(to_the_mailbox),
                                       cmocka_unit_test(odd_servers)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
