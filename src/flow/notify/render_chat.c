/* Webhook, Slack, Teams, PagerDuty: JSON bodies. Texts go into fields the other side shows as they are, never as markup. */
#include <stdio.h>

#include "flow/notify/render.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "state/store/notices.h"

enum { SLACK_HEADER_MAX = 150, SLACK_TEXT_MAX = 2900, PAGERDUTY_SUMMARY_MAX = 1024 };

/* At most `max` bytes, not in the middle of a character. */
static struct str cut(struct str text, size_t max)
{
    if (text.n <= max) return text;
    while (max > 0 && ((unsigned char)text.p[max] & 0xc0) == 0x80) max--;
    return str_sub(text, 0, max);
}

static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

/* "[HIGH] Contoso: Ransomware on pc-1" */
static void headline(const struct message *m, struct buf *out)
{
    buf_add_char(out, '[');
    for (const char *p = notice_severity_names[m->notice->severity]; *p; p++)
        buf_add_char(out, (char)(*p - ('a' - 'A')));
    buf_add_str(out, STR("] "));
    if (m->notice->organization[0]) buf_addf(out, "%s: ", m->notice->organization);
    buf_add_str(out, str_of(m->notice->title));
}

static void group_of(const struct message *m, struct buf *out)
{
    const struct notice_record *n = m->notice;
    buf_addf(out, "portcullis-%.8s-", m->store_id);
    if (n->group_key[0])
        buf_add_str(out, str_of(n->group_key));
    else
        buf_addf(out, "%lld", (long long)m->first_notice);
}

/* ---- webhook ---------------------------------------------------------------------------------------------------------------- */

void render_webhook(const struct message *m, struct buf *json_out)
{
    const struct notice_record *n = m->notice;
    struct json_writer w;
    char token[TOKEN_BYTES], when[WALL_TEXT_BYTES];
    struct buf group;
    buf_init(&group, 0);
    group_of(m, &group);
    render_token(m, token);
    (void)wall_format_digits(n->created, 0, when);
    json_writer_init(&w, json_out);
    json_object_begin(&w);
    member(&w, "delivery", token);
    json_key(&w, "notice");
    json_write_i64(&w, n->id);
    member(&w, "group", buf_cstr(&group));
    member(&w, "kind", notice_kind_names[n->kind]);
    member(&w, "severity", notice_severity_names[n->severity]);
    member(&w, "wants", notice_wants_names[n->wants]);
    member(&w, "time", when);
    member(&w, "organization", n->organization);
    member(&w, "tenant", n->tenant_id);
    member(&w, "incident", n->incident);
    member(&w, "alert", n->alert);
    member(&w, "device", n->device);
    member(&w, "decision", n->decision);
    member(&w, "action", n->action);
    member(&w, "title", n->title);
    json_key(&w, "text");
    json_write_str(&w, n->body);
    member(&w, "error_code", n->cause);
    member(&w, "remedy", n->remedy);
    json_object_end(&w);
    buf_done(&group);
}

void render_signature(struct str secret, int64_t timestamp, struct str body, char out[SIGNATURE_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t mac[32];
    struct buf signed_text;
    buf_init(&signed_text, 0);
    buf_addf(&signed_text, "%lld.", (long long)timestamp);
    buf_add_str(&signed_text, body);
    hmac_sha256(secret, buf_str(&signed_text), mac);
    (void)snprintf(out, SIGNATURE_BYTES, "v1=");
    for (size_t i = 0; i < sizeof mac; i++) {
        out[3 + 2 * i] = digits[mac[i] >> 4];
        out[4 + 2 * i] = digits[mac[i] & 15];
    }
    out[3 + 2 * sizeof mac] = '\0';
    buf_done(&signed_text);
}

/* ---- Slack: incoming webhook, blocks of plain text ------------------------------------------------------------------------------ */

static void slack_text(struct json_writer *w, const char *block, struct str text)
{
    json_object_begin(w);
    member(w, "type", block);
    json_key(w, "text");
    json_object_begin(w);
    member(w, "type", "plain_text");
    json_key(w, "text");
    json_write_str(w, text);
    json_key(w, "emoji");
    json_write_bool(w, false);
    json_object_end(w);
    json_object_end(w);
}

/* The fallback text is markup: its three special characters are escaped as Slack asks. */
static void slack_escape(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '&')
            buf_add_str(out, STR("&amp;"));
        else if (text.p[i] == '<')
            buf_add_str(out, STR("&lt;"));
        else if (text.p[i] == '>')
            buf_add_str(out, STR("&gt;"));
        else
            buf_add_char(out, text.p[i]);
    }
}

void render_slack(const struct message *m, struct buf *json_out)
{
    struct json_writer w;
    struct buf head, text, fallback;
    buf_init(&head, 0);
    buf_init(&text, 0);
    buf_init(&fallback, 0);
    headline(m, &head);
    render_brief(m, &text);
    slack_escape(buf_str(&head), &fallback);
    json_writer_init(&w, json_out);
    json_object_begin(&w);
    json_key(&w, "text");
    json_write_str(&w, buf_str(&fallback));
    json_key(&w, "blocks");
    json_array_begin(&w);
    slack_text(&w, "header", cut(buf_str(&head), SLACK_HEADER_MAX));
    slack_text(&w, "section", cut(buf_str(&text), SLACK_TEXT_MAX));
    json_array_end(&w);
    json_object_end(&w);
    buf_done(&head);
    buf_done(&text);
    buf_done(&fallback);
}

/* ---- Teams: a workflow's webhook, one adaptive card. RichTextBlock shows its runs as they are; a TextBlock would read markdown. */

static void teams_run(struct json_writer *w, struct str text, bool is_title)
{
    json_object_begin(w);
    member(w, "type", "RichTextBlock");
    json_key(w, "inlines");
    json_array_begin(w);
    json_object_begin(w);
    member(w, "type", "TextRun");
    json_key(w, "text");
    json_write_str(w, text);
    if (is_title) {
        member(w, "weight", "Bolder");
        member(w, "size", "Large");
    }
    json_object_end(w);
    json_array_end(w);
    json_object_end(w);
}

/* A run does not break lines everywhere: a block for each. */
static void teams_lines(struct json_writer *w, struct str text)
{
    while (text.p) {
        struct str line = str_trim(str_cut(&text, '\n'));
        if (line.n) teams_run(w, line, false);
    }
}

void render_teams(const struct message *m, struct buf *json_out)
{
    struct json_writer w;
    struct buf head, text;
    buf_init(&head, 0);
    buf_init(&text, 0);
    headline(m, &head);
    render_brief(m, &text);
    json_writer_init(&w, json_out);
    json_object_begin(&w);
    member(&w, "type", "message");
    json_key(&w, "attachments");
    json_array_begin(&w);
    json_object_begin(&w);
    member(&w, "contentType", "application/vnd.microsoft.card.adaptive");
    json_key(&w, "contentUrl");
    json_write_null(&w);
    json_key(&w, "content");
    json_object_begin(&w);
    member(&w, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    member(&w, "type", "AdaptiveCard");
    member(&w, "version", "1.4");
    json_key(&w, "body");
    json_array_begin(&w);
    teams_run(&w, buf_str(&head), true);
    teams_lines(&w, buf_str(&text));
    json_array_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
    buf_done(&head);
    buf_done(&text);
}

/* ---- PagerDuty: Events API v2 ------------------------------------------------------------------------------------------------------ */

void render_pagerduty(const struct message *m, const char *action, struct str routing_key, struct buf *json_out)
{
    static const char *const severities[NOTICE_SEVERITIES] = {"info", "info", "warning", "error", "critical"};
    const struct notice_record *n = m->notice;
    struct json_writer w;
    struct buf head, group, text;
    char when[WALL_TEXT_BYTES];
    buf_init(&head, 0);
    buf_init(&group, 0);
    buf_init(&text, 0);
    headline(m, &head);
    group_of(m, &group);
    render_brief(m, &text);
    (void)wall_format_digits(n->created, 0, when);
    json_writer_init(&w, json_out);
    json_object_begin(&w);
    json_key(&w, "routing_key");
    json_write_str(&w, routing_key);
    member(&w, "event_action", action);
    json_key(&w, "dedup_key");
    json_write_str(&w, cut(buf_str(&group), 255));
    json_key(&w, "payload");
    json_object_begin(&w);
    json_key(&w, "summary");
    json_write_str(&w, cut(buf_str(&head), PAGERDUTY_SUMMARY_MAX));
    member(&w, "source", n->organization[0] ? n->organization : "Portcullis");
    member(&w, "severity", severities[n->severity]);
    member(&w, "timestamp", when);
    member(&w, "class", notice_kind_names[n->kind]);
    json_key(&w, "custom_details");
    json_object_begin(&w);
    json_key(&w, "text");
    json_write_str(&w, buf_str(&text));
    json_object_end(&w);
    json_object_end(&w);
    member(&w, "client", "Portcullis");
    json_object_end(&w);
    buf_done(&head);
    buf_done(&group);
    buf_done(&text);
}
