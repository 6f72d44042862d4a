/* What all channels share. */
#include "flow/notify/render.h"
#include "state/store/notices.h"

#include <stdio.h>
#include <string.h>

void render_token(const struct message *m, char out[TOKEN_BYTES])
{
    (void)snprintf(out, TOKEN_BYTES, "p%.8s-%lld", m->store_id, (long long)m->delivery->id);
}

static void fact(struct buf *out, const char *name, const char *value)
{
    if (value[0]) buf_addf(out, "%-10s %s\n", name, value);
}

static void how_to_answer(const struct message *m, struct buf *out)
{
    const struct notice_record *n = m->notice;
    if (n->wants == WANTS_APPROVAL && n->decision[0])
        buf_addf(out,
                 "\nIt waits for you: portcullis response approve %s\n"
                 "To refuse:        portcullis response deny %s\n",
                 n->decision, n->decision);
    if (n->wants == WANTS_ACK)
        buf_addf(out, "\nSay that you have it: portcullis notice acknowledge %lld\n", (long long)n->id);
}

/* A list (lines that begin with "- ") of more than `most` items: its first ones, and how many more. */
static void end_list(struct buf *out, size_t items, size_t most, int64_t notice)
{
    if (items > most) buf_addf(out, "- and %zu more: portcullis notice show %lld\n", items - most, (long long)notice);
}

void render_shortened(struct str text, size_t most, int64_t notice, struct buf *out)
{
    size_t items = 0;
    while (text.n) {
        struct str line = str_cut(&text, '\n');
        bool is_item = str_starts(line, STR("- "));
        if (!is_item) end_list(out, items, most, notice);
        items = is_item ? items + 1 : 0;
        if (items <= most) buf_addf(out, "%.*s\n", STR_ARG(line));
    }
    end_list(out, items, most, notice);
}

static void write_text(const struct message *m, size_t most, struct buf *out)
{
    const struct notice_record *n = m->notice;
    char when[WALL_TEXT_BYTES];
    (void)wall_format_digits(n->created, 0, when);
    fact(out, "Severity:", notice_severity_names[n->severity]);
    fact(out, "Customer:", n->organization);
    fact(out, "Tenant:", n->tenant_id);
    fact(out, "Incident:", n->incident);
    fact(out, "Alert:", n->alert);
    fact(out, "Time:", when);
    if (n->body.n) {
        buf_add_char(out, '\n');
        render_shortened(str_trim(n->body), most, n->id, out);
    }
    if (n->cause[0]) buf_addf(out, "\nError code: %s\n", n->cause);
    if (n->remedy[0]) buf_addf(out, "What to do: %s\n", n->remedy);
    how_to_answer(m, out);
    buf_addf(out, "\n-- \nPortcullis, notice %lld (%s)\n", (long long)n->id, notice_kind_names[n->kind]);
}

void render_text(const struct message *m, struct buf *out)
{
    write_text(m, SIZE_MAX, out);
}

void render_brief(const struct message *m, struct buf *out)
{
    enum { ITEMS = 20 };
    write_text(m, ITEMS, out);
}

void percent_encode(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '.' || c == '_' || c == '~';
        if (is_plain)
            buf_add_char(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

void form_add(struct buf *out, const char *name, struct str value)
{
    if (out->n) buf_add_char(out, '&');
    percent_encode(out, str_of(name));
    buf_add_char(out, '=');
    percent_encode(out, value);
}
