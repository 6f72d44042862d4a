/* A small SMTP server: takes every mail, with STARTTLS and AUTH where there is a certificate. A thread per connection. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/net/http.h"
#include "kit/seal/seal.h"
#include "twin/desk/desk.h"

enum { LINE_MAX_BYTES = 4096, MESSAGE_MAX = 4 << 20, WAIT_S = 20, SESSIONS_MAX = 64 };

struct mailbox {
    struct desk *desk;
    struct tls_server *tls;
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t ended;
    int sessions[SESSIONS_MAX];
    size_t session_count;
};

struct session {
    struct mailbox *box;
    int fd;
    struct tls_channel *tls;
    char in[LINE_MAX_BYTES];
    size_t have;
    char sender[256], recipient[256], user[64];
};

/* ---- bytes -------------------------------------------------------------------------------------------------------------------------- */

static bool say(struct session *s, const char *text)
{
    size_t n = strlen(text);
    return s->tls ? tls_write(s->tls, text, n) : send(s->fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* One line without its end. False: the connection is over, or the line too long. */
static bool hear(struct session *s, char line[LINE_MAX_BYTES])
{
    for (;;) {
        char *end = memchr(s->in, '\n', s->have);
        if (end) {
            size_t n = (size_t)(end - s->in);
            memcpy(line, s->in, n);
            line[n] = '\0';
            if (n && line[n - 1] == '\r') line[n - 1] = '\0';
            s->have -= n + 1;
            memmove(s->in, end + 1, s->have);
            return true;
        }
        if (s->have == sizeof s->in) return false;
        void *at = s->in + s->have;
        size_t room = sizeof s->in - s->have;
        long got = s->tls ? tls_read(s->tls, at, room) : recv(s->fd, at, room, 0);
        if (got <= 0) return false;
        s->have += (size_t)got;
    }
}

/* ---- words -------------------------------------------------------------------------------------------------------------------------- */

static bool is_word(const char *line, const char *word)
{
    return strncasecmp(line, word, strlen(word)) == 0;
}

static void mailbox_of(const char *line, char out[256])
{
    const char *from = strchr(line, '<'), *to = from ? strchr(from, '>') : NULL;
    if (from && to) (void)str_copy((struct str){from + 1, (size_t)(to - from - 1)}, out, 256);
}

/* Base64 is only looked at for the user's name; any password will do. */
static void user_of(struct str base64, char out[64])
{
    struct buf url, plain;
    buf_init(&url, 4096);
    buf_init(&plain, 4096);
    for (size_t i = 0; i < base64.n; i++)
        buf_add_char(&url, base64.p[i] == '+' ? '-' : base64.p[i] == '/' ? '_' : base64.p[i]);
    if (base64url_decode(buf_str(&url), &plain)) {
        struct str rest = buf_str(&plain);
        if (str_find(rest, (struct str){"", 1}, 0) != SIZE_MAX)
            (void)str_cut(&rest, '\0'); /* PLAIN: who, user, password */
        struct str user = str_cut(&rest, '\0');
        (void)str_copy(user, out, 64);
    }
    buf_done(&url);
    buf_done(&plain);
}

static bool authenticate(struct session *s, const char *line)
{
    char answer[LINE_MAX_BYTES];
    if (is_word(line, "AUTH PLAIN ")) {
        user_of(str_of(line + 11), s->user);
        return say(s, "235 2.7.0 accepted\r\n");
    }
    if (is_word(line, "AUTH PLAIN")) {
        if (!say(s, "334 \r\n") || !hear(s, answer)) return false;
        user_of(str_of(answer), s->user);
        return say(s, "235 2.7.0 accepted\r\n");
    }
    if (!is_word(line, "AUTH LOGIN")) return say(s, "504 5.5.4 unknown mechanism\r\n");
    if (!say(s, "334 VXNlcm5hbWU6\r\n") || !hear(s, answer)) return false;
    user_of(str_of(answer), s->user);
    return say(s, "334 UGFzc3dvcmQ6\r\n") && hear(s, answer) && say(s, "235 2.7.0 accepted\r\n");
}

static bool take_message(struct session *s)
{
    char line[LINE_MAX_BYTES];
    struct buf message;
    bool ok = say(s, "354 end with .\r\n");
    buf_init(&message, MESSAGE_MAX);
    while (ok && (ok = hear(s, line)) && strcmp(line, ".") != 0) {
        buf_add_str(&message, str_of(line[0] == '.' ? line + 1 : line));
        buf_add_str(&message, STR("\r\n"));
    }
    if (ok && !message.failed)
        desk_mail(s->box->desk, str_of(s->sender), str_of(s->recipient), str_of(s->user), s->tls != NULL,
                  buf_str(&message));
    ok = ok && say(s, message.failed ? "552 5.3.4 too large\r\n" : "250 2.0.0 taken\r\n");
    buf_done(&message);
    return ok;
}

static bool greet(struct session *s)
{
    bool may_encrypt = s->box->tls && s->tls == NULL;
    return say(s, may_encrypt ? "250-twin\r\n250-8BITMIME\r\n250 STARTTLS\r\n"
                              : "250-twin\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n");
}

static bool encrypt(struct session *s)
{
    if (!say(s, "220 2.0.0 go ahead\r\n")) return false;
    s->have = 0; /* nothing said before counts */
    s->tls = tls_accept(s->box->tls, s->fd);
    return s->tls != NULL;
}

static bool obey(struct session *s, const char *line)
{
    if (is_word(line, "EHLO") || is_word(line, "HELO")) return greet(s);
    if (is_word(line, "STARTTLS") && s->box->tls && !s->tls) return encrypt(s);
    if (is_word(line, "AUTH")) return authenticate(s, line);
    if (is_word(line, "MAIL FROM:")) {
        mailbox_of(line, s->sender);
        return say(s, "250 2.1.0 fine\r\n");
    }
    if (is_word(line, "RCPT TO:")) {
        mailbox_of(line, s->recipient);
        return say(s, strstr(line, "nobody@") ? "550 5.1.1 no such mailbox\r\n" : "250 2.1.5 fine\r\n");
    }
    if (is_word(line, "DATA")) return take_message(s);
    if (is_word(line, "RSET") || is_word(line, "NOOP")) return say(s, "250 2.0.0 fine\r\n");
    if (!is_word(line, "QUIT")) return say(s, "502 5.5.2 what?\r\n");
    (void)say(s, "221 2.0.0 bye\r\n");
    return false;
}

/* ---- connections ---------------------------------------------------------------------------------------------------------------------- */

static void forget(struct mailbox *m, int fd)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->session_count; i++)
        if (m->sessions[i] == fd) {
            m->sessions[i] = m->sessions[--m->session_count];
            break;
        }
    close(fd);
    pthread_cond_signal(&m->ended);
    pthread_mutex_unlock(&m->lock);
}

static void *serve(void *arg)
{
    struct session *s = arg;
    char line[LINE_MAX_BYTES];
    bool ok = say(s, "220 twin ESMTP\r\n");
    while (ok && hear(s, line)) ok = obey(s, line);
    tls_close(s->tls);
    forget(s->box, s->fd);
    free(s);
    return NULL;
}

static void begin(struct mailbox *m, int fd)
{
    struct timeval wait = {.tv_sec = WAIT_S};
    struct session *s = calloc(1, sizeof *s);
    pthread_t thread;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    pthread_mutex_lock(&m->lock);
    bool has_room = s && m->session_count < SESSIONS_MAX;
    if (has_room) m->sessions[m->session_count++] = fd;
    pthread_mutex_unlock(&m->lock);
    if (has_room) {
        s->box = m;
        s->fd = fd;
        if (pthread_create(&thread, NULL, serve, s) == 0) {
            (void)pthread_detach(thread);
            return;
        }
        forget(m, fd);
    } else
        close(fd);
    free(s);
}

static void *accept_all(void *arg)
{
    struct mailbox *m = arg;
    int fd;
    while ((fd = accept(m->listener, NULL, NULL)) >= 0) begin(m, fd);
    return NULL;
}

static bool listen_at(struct mailbox *m, const char *address, struct err *e)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    char host[64];
    const char *colon = strrchr(address, ':');
    uint64_t port = 0;
    bool ok = colon && str_copy((struct str){address, (size_t)(colon - address)}, host, sizeof host) &&
              str_to_u64(str_of(colon + 1), &port) && port < 65536 && inet_pton(AF_INET, host, &at.sin_addr) == 1;
    at.sin_port = htons((uint16_t)port);
    m->listener = ok ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (m->listener < 0 || bind(m->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(m->listener, 64) != 0 ||
        getsockname(m->listener, (struct sockaddr *)&at, &size) != 0)
        return err_set(e, &net_causes[NET_BIND], "listening for mail on %s", address);
    m->port = ntohs(at.sin_port);
    return true;
}

bool mailbox_start(const struct mailbox_opts *o, struct mailbox **out, struct err *e)
{
    struct mailbox *m = calloc(1, sizeof *m);
    if (m == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the mailbox");
    m->desk = o->desk;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->ended, NULL);
    bool ok = listen_at(m, o->address, e) &&
              (o->tls_key_pem.n == 0 || tls_server_new(o->tls_key_pem, o->tls_cert_pem, &m->tls, e));
    if (ok && pthread_create(&m->thread, NULL, accept_all, m) == 0) {
        *out = m;
        return true;
    }
    if (ok) (void)err_set(e, &base_causes[BASE_OS], "a thread for the mailbox");
    if (m->listener >= 0) close(m->listener);
    tls_server_free(m->tls);
    free(m);
    return false;
}

void mailbox_stop(struct mailbox *m)
{
    if (m == NULL) return;
    (void)shutdown(m->listener, SHUT_RDWR);
    (void)pthread_join(m->thread, NULL);
    close(m->listener);
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->session_count; i++) (void)shutdown(m->sessions[i], SHUT_RDWR);
    while (m->session_count) pthread_cond_wait(&m->ended, &m->lock);
    pthread_mutex_unlock(&m->lock);
    pthread_cond_destroy(&m->ended);
    pthread_mutex_destroy(&m->lock);
    tls_server_free(m->tls);
    free(m);
}

uint16_t mailbox_port(const struct mailbox *m)
{
    return m->port;
}
