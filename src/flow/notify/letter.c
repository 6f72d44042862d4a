/* A letter to somebody outside: rendered, handed to the mail server, and the server's word waited for. */
#include <stdio.h>
#include <string.h>

#include "cloud/net/mail.h"
#include "flow/notify/notify.h"
#include "flow/notify/render.h"
#include "kit/seal/seal.h"
#include "kit/sys/random.h"
#include "state/store/people.h"

struct choice {
    const char *wanted; /* NULL: any */
    struct channel_record channel;
    bool found;
};

static bool choose(void *arg, const struct channel_record *r)
{
    struct choice *c = arg;
    bool is_it = strcmp(r->kind, "email") == 0 &&
                 (c->wanted ? str_eq_nocase(str_of(r->name), str_of(c->wanted)) : r->is_enabled);
    if (is_it) c->channel = *r;
    c->found = c->found || is_it;
    return !is_it;
}

static bool find_channel(struct store *s, const struct letter *l, struct channel_record *out, struct buf *secret,
                         struct err *e)
{
    struct choice c = {.wanted = l->channel};
    char name[CHANNEL_BYTES + 16];
    bool has_secret = false;
    if (!store_channel_list(s, choose, &c, e)) return false;
    if (!c.found && l->channel)
        return err_set(e, &notify_causes[NOTIFY_NO_CHANNEL], "there is no mail channel \"%s\"", l->channel);
    if (!c.found) return err_set(e, &notify_causes[NOTIFY_NO_CHANNEL], "there is no mail channel");
    (void)snprintf(name, sizeof name, "channel.secret:%s", c.channel.name);
    if (!store_secret_get(s, name, secret, &has_secret, e)) return false;
    const char *fault = channel_fault(&c.channel, has_secret);
    if (fault) return err_set(e, &notify_causes[NOTIFY_NO_CHANNEL], "the channel %s: %s", c.channel.name, fault);
    *out = c.channel;
    return true;
}

static bool send(const struct letter *l, const struct channel_record *c, struct str secret, struct str message,
                 struct err *e)
{
    int status = 0;
    char line[MAIL_LINE_BYTES];
    struct http_client_opts o = {.ca_file = l->ca_file};
    struct mail_request q = {.server = c->address,
                             .user = c->account,
                             .password = secret,
                             .sender = c->sender,
                             .recipient = l->recipient,
                             .message = message};
    if (!mail_fetch(&o, &q, &status, line, e)) return err_context(e, "mail to %s", l->recipient);
    if (status >= 200 && status < 300) return true;
    int cause = status == 535 || status == 530 ? NOTIFY_LOGIN : status >= 500 ? NOTIFY_REFUSED : NOTIFY_UNAVAILABLE;
    return err_set(e, &notify_causes[cause], "mail to %s: the server said %d %s", l->recipient, status, line);
}

bool notify_letter(struct store *s, const struct letter *l, struct err *e)
{
    struct channel_record c;
    struct buf secret, message;
    char id[37];
    if (!mail_address_ok(str_of(l->recipient)))
        return err_set(e, &notify_causes[NOTIFY_REFUSED], "this is no mail address: %.60s", l->recipient);
    buf_init(&secret, 0);
    buf_init(&message, 0);
    random_guid(id);
    bool ok = find_channel(s, l, &c, &secret, e);
    if (ok) {
        render_letter(c.sender, l->recipient, l->subject, l->text, id, l->now, &message);
        ok = message.failed ? err_set(e, &base_causes[BASE_NO_MEMORY], "writing a mail")
                            : send(l, &c, buf_str(&secret), buf_str(&message), e);
    }
    if (secret.p) seal_wipe(secret.p, secret.cap);
    buf_done(&secret);
    buf_done(&message);
    return ok;
}
