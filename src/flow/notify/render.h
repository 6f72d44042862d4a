/* A notice as each channel says it: pure. Whatever a title or a host name holds, it stays text: no header, no markup, no link
 * is ever made of it. */
#ifndef FLOW_NOTIFY_RENDER_H
#define FLOW_NOTIFY_RENDER_H

#include "flow/notify/notify.h"
#include "state/store/notices.h"
#include "state/store/people.h"

struct message {
    const struct notice_record *notice;
    const struct delivery_record *delivery;
    const struct channel_record *channel;
    const char *store_id;    /* of this installation */
    int64_t first_notice;    /* of the group */
    const char *first_title; /* and what it said; the subject of the whole thread */
    enum notice_severity first_severity;
    bool is_reply; /* this target was told the first one too */
    struct wall now;
};

/* "p1a2b3c4-17": one delivery of one installation, for whoever has to know it again. */
enum { TOKEN_BYTES = 40 };
void render_token(const struct message *m, char out[TOKEN_BYTES]);
/* What a person reads, without the title. */
void render_text(const struct message *m, struct buf *out);
void render_brief(const struct message *m,
                  struct buf *out); /* of long lists their beginning: a chat refuses what is large */
void render_shortened(struct str text, size_t most, int64_t notice, struct buf *out);

enum { MESSAGE_ID_BYTES = 128 };
void render_message_id(const struct message *m, char out[MESSAGE_ID_BYTES]); /* without the angle brackets */
/* A whole RFC 5322 message: headers, plain text and HTML. */
void render_mail(const struct message *m, struct buf *out);
/* A letter of its own: plain text alone. `id` becomes its Message-ID. */
void render_letter(const char *sender, const char *recipient, const char *subject, struct str text, const char *id,
                   struct wall now, struct buf *out);

void render_webhook(const struct message *m, struct buf *json_out);
/* "v1=<hex>": HMAC-SHA256 over "<timestamp>.<body>". */
enum { SIGNATURE_BYTES = 68 };
void render_signature(struct str secret, int64_t timestamp, struct str body, char out[SIGNATURE_BYTES]);
void render_slack(const struct message *m, struct buf *json_out);
void render_teams(const struct message *m, struct buf *json_out);
/* `action`: "trigger", "acknowledge", "resolve". The routing key is a secret: the caller wipes. */
void render_pagerduty(const struct message *m, const char *action, struct str routing_key, struct buf *json_out);

/* What the phone says, and what it lets a person press. */
void render_spoken(const struct message *m, bool has_keys, struct buf *out);
void render_execution(const struct message *m, struct buf *form_out); /* of a Studio flow: To, From, Parameters */
void render_call(const struct message *m, struct buf *form_out);      /* without a flow: To, From, Twiml */
void form_add(struct buf *out, const char *name, struct str value);   /* application/x-www-form-urlencoded */
/* Every byte but letters, digits, '-', '.', '_', '~' as %XX. */
void percent_encode(struct buf *out, struct str text);

#endif
