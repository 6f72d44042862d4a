/* RFC 5322 and MIME: headers in ASCII (RFC 2047 where they are not), two parts in quoted-printable. */
#include <stdio.h>
#include <string.h>

#include "flow/notify/render.h"
#include "kit/base/hash.h"
#include "state/store/notices.h"

enum { QP_LINE_MAX = 76, WORD_MAX = 75, SUBJECT_BYTES = 600 };

/* ---- names ---------------------------------------------------------------------------------------------------------------- */

static struct str domain_of(const char *mailbox)
{
    const char *at = strchr(mailbox, '@');
    return at && at[1] ? str_of(at + 1) : STR("portcullis.invalid");
}

static void message_id(const struct message *m, int64_t notice, int64_t rung, char out[MESSAGE_ID_BYTES])
{
    uint64_t who = hash64_of(m->delivery->target, strlen(m->delivery->target));
    struct str domain = domain_of(m->channel->sender);
    (void)snprintf(out, MESSAGE_ID_BYTES, "p%.8s.%lld.%lld.%08x@%.*s", m->store_id, (long long)notice, (long long)rung,
                   (unsigned)(who & 0xffffffffu), (int)(domain.n > 64 ? 64 : domain.n), domain.p);
}

void render_message_id(const struct message *m, char out[MESSAGE_ID_BYTES])
{
    message_id(m, m->notice->id, m->delivery->rung, out);
}

/* ---- headers -------------------------------------------------------------------------------------------------------------- */

/* A title comes from outside: no line end, no control character gets into a header. */
static void clean_line(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        buf_add_char(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
    }
}

static size_t character_bytes(struct str s, size_t at)
{
    size_t n = 1;
    while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80) n++;
    return n;
}

static void encoded_words(struct str text, struct buf *out)
{
    size_t used = 0;
    for (size_t i = 0, n; i < text.n; i += n) {
        n = character_bytes(text, i);
        if (used == 0 || used + 3 * n + 2 > WORD_MAX) {
            buf_add_str(out, used ? STR("?=\r\n =?UTF-8?Q?") : STR("=?UTF-8?Q?"));
            used = sizeof "=?UTF-8?Q?" - 1;
        }
        for (size_t k = 0; k < n; k++) {
            unsigned char c = (unsigned char)text.p[i + k];
            bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (is_plain || c == ' ')
                buf_add_char(out, c == ' ' ? '_' : (char)c), used++;
            else
                buf_addf(out, "=%02X", c), used += 3;
        }
    }
    if (used) buf_add_str(out, STR("?="));
}

static void header(struct buf *out, const char *name, struct str value)
{
    struct buf line;
    bool is_ascii = true;
    buf_init(&line, SUBJECT_BYTES);
    clean_line(value, &line);
    for (size_t i = 0; i < line.n; i++) is_ascii = is_ascii && (unsigned char)line.p[i] < 0x80;
    buf_addf(out, "%s: ", name);
    if (is_ascii && line.n <= 200 && str_find(buf_str(&line), STR("=?"), 0) == SIZE_MAX)
        buf_add_str(out, buf_str(&line));
    else
        encoded_words(buf_str(&line), out);
    buf_add_str(out, STR("\r\n"));
    buf_done(&line);
}

static void date_header(struct wall t, struct buf *out)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct zone_time z = zone_local(NULL, t);
    int64_t second = t.ticks / WALL_TICKS_PER_S % 60;
    buf_addf(out, "Date: %s, %02u %s %lld %02u:%02u:%02lld +0000\r\n", days[z.weekday], z.day, months[z.month - 1],
             (long long)z.year, z.minute_of_day / 60, z.minute_of_day % 60, (long long)second);
}

static void subject_header(const struct message *m, struct buf *out)
{
    struct buf line;
    buf_init(&line, SUBJECT_BYTES);
    const char *severity = notice_severity_names[m->first_severity];
    if (m->is_reply) buf_add_str(&line, STR("Re: "));
    buf_add_char(&line, '[');
    for (const char *p = severity; *p; p++) buf_add_char(&line, (char)(*p - ('a' - 'A')));
    buf_add_str(&line, STR("] "));
    if (m->notice->organization[0]) buf_addf(&line, "%s: ", m->notice->organization);
    buf_add_str(&line, str_of(m->first_title));
    header(out, "Subject", buf_str(&line));
    buf_done(&line);
}

/* ---- bodies --------------------------------------------------------------------------------------------------------------- */

static void quoted_printable(struct str text, struct buf *out)
{
    size_t column = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '\r') continue;
        if (c == '\n') {
            buf_add_str(out, STR("\r\n"));
            column = 0;
            continue;
        }
        bool ends_line = i + 1 == text.n || text.p[i + 1] == '\n' || text.p[i + 1] == '\r';
        bool is_plain = (c > ' ' && c < 0x7f && c != '=' && !(c == '.' && column == 0)) || (c == ' ' && !ends_line);
        size_t needs = is_plain ? 1 : 3;
        if (column + needs > QP_LINE_MAX - 1) {
            buf_add_str(out, STR("=\r\n"));
            column = 0;
            is_plain = is_plain && c != '.';
            needs = is_plain ? 1 : 3;
        }
        if (is_plain)
            buf_add_char(out, (char)c);
        else
            buf_addf(out, "=%02X", c);
        column += needs;
    }
}

static void html_escape(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&': buf_add_str(out, STR("&amp;")); break;
        case '<': buf_add_str(out, STR("&lt;")); break;
        case '>': buf_add_str(out, STR("&gt;")); break;
        case '"': buf_add_str(out, STR("&quot;")); break;
        case '\'': buf_add_str(out, STR("&#39;")); break;
        default: buf_add_char(out, text.p[i]);
        }
    }
}

static void html(struct str title, struct str text, struct buf *out)
{
    buf_add_str(out, STR("<!doctype html>\n<html><body style=\"font-family:sans-serif\">\n<h2>"));
    html_escape(title, out);
    buf_add_str(out, STR("</h2>\n<pre style=\"white-space:pre-wrap\">"));
    html_escape(text, out);
    buf_add_str(out, STR("</pre>\n</body></html>\n"));
}

static void part(const char *boundary, const char *type, struct str text, struct buf *out)
{
    buf_addf(out,
             "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
             "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
             boundary, type);
    quoted_printable(text, out);
    buf_add_str(out, STR("\r\n"));
}

void render_mail(const struct message *m, struct buf *out)
{
    char own[MESSAGE_ID_BYTES], first[MESSAGE_ID_BYTES], boundary[TOKEN_BYTES + 4];
    struct buf text, whole, page;
    buf_init(&text, 0);
    buf_init(&whole, 0);
    buf_init(&page, 0);
    render_message_id(m, own);
    message_id(m, m->first_notice, 0, first);
    (void)snprintf(boundary, sizeof boundary, "=_");
    render_token(m, boundary + 2); /* "=_" never stands in quoted-printable text */
    buf_addf(out, "From: Portcullis <%s>\r\nTo: <%s>\r\n", m->channel->sender, m->delivery->target);
    subject_header(m, out);
    date_header(m->now, out);
    buf_addf(out, "Message-ID: <%s>\r\n", own);
    if (m->is_reply) buf_addf(out, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", first, first);
    buf_addf(out,
             "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
             "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
             boundary);
    render_text(m, &text);
    buf_addf(&whole, "%s\n\n%.*s", m->notice->title, STR_ARG(buf_str(&text)));
    html(str_of(m->notice->title), buf_str(&text), &page);
    part(boundary, "text/plain", buf_str(&whole), out);
    part(boundary, "text/html", buf_str(&page), out);
    buf_addf(out, "--%s--\r\n", boundary);
    if (text.failed || whole.failed || page.failed) out->failed = true;
    buf_done(&text);
    buf_done(&whole);
    buf_done(&page);
}

void render_letter(const char *sender, const char *recipient, const char *subject, struct str text, const char *id,
                   struct wall now, struct buf *out)
{
    buf_addf(out, "From: Portcullis <%s>\r\nTo: <%s>\r\n", sender, recipient);
    header(out, "Subject", str_of(subject));
    date_header(now, out);
    buf_addf(out, "Message-ID: <%s@%.*s>\r\n", id, STR_ARG(domain_of(sender)));
    buf_add_str(out, STR("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
    quoted_printable(text, out);
    buf_add_str(out, STR("\r\n"));
}
