/* What the phone says. */
#include "flow/notify/render.h"
#include "kit/json/json.h"
#include "state/store/notices.h"

enum { SPOKEN_BODY_MAX = 400 };

/* Spoken text: what a voice would stumble over becomes a blank, and markup characters never get into TwiML or a flow's
 * templates. */
static void say(struct str text, struct buf *out)
{
    bool was_blank = out->n == 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_odd = (unsigned char)c <= ' ' || c == 0x7f || strchr("<>&\"{}|\\^`#*_[]~", c) != NULL;
        if (is_odd && was_blank) continue;
        buf_add_char(out, is_odd ? ' ' : c);
        was_blank = is_odd;
    }
}

static struct str first_words(struct str text)
{
    size_t end = SPOKEN_BODY_MAX;
    text = str_trim(text);
    if (text.n <= end) return text;
    while (end > 0 && text.p[end] != ' ' && text.p[end] != '\n') end--;
    return str_sub(text, 0, end);
}

static void sentence(struct str text, struct buf *out)
{
    text = str_trim(text);
    while (text.n && text.p[text.n - 1] == '.') text.n--;
    if (text.n == 0) return;
    say(text, out);
    buf_add_str(out, STR(". "));
}

/* Of a list the first names, without ids behind them, and how many more: nobody hears three hundred. */
static void say_lists(struct str text, struct buf *out)
{
    enum { NAMES = 3 };
    size_t items = 0;
    for (;;) {
        struct str line = str_cut(&text, '\n');
        bool is_item = str_starts(line, STR("- "));
        size_t end = is_item ? str_find(line, STR(" ("), 0) : SIZE_MAX;
        if (!is_item && items > NAMES) buf_addf(out, ", and %zu more.", items - NAMES);
        items = is_item ? items + 1 : 0;
        if (items <= NAMES)
            buf_addf(out, "%s%.*s", items > 1 ? ", " : " ",
                     STR_ARG(str_sub(line, is_item ? 2 : 0, end == SIZE_MAX ? line.n : end - 2)));
        if (!text.p && !is_item) return;
    }
}

void render_spoken(const struct message *m, bool has_keys, struct buf *out)
{
    const struct notice_record *n = m->notice;
    buf_add_str(out, STR("This is Portcullis. "));
    buf_addf(out, "Severity %s. ", notice_severity_names[n->severity]);
    sentence(str_of(n->organization), out);
    sentence(str_of(n->title), out);
    struct buf body;
    buf_init(&body, 0);
    say_lists(n->body, &body);
    sentence(first_words(buf_str(&body)), out);
    buf_done(&body);
    if (n->cause[0]) buf_add_str(out, STR("Error code "));
    sentence(str_of(n->cause), out);
    sentence(str_of(n->remedy), out);
    if (!has_keys) {
        buf_add_str(out, STR("Please look at Portcullis."));
        return;
    }
    buf_add_str(out, STR("Press 1 to acknowledge. "));
    if (n->wants == WANTS_APPROVAL) buf_add_str(out, STR("Press 2 to approve. "));
    if (n->device[0]) buf_add_str(out, STR("Press 3 to release the device. "));
    buf_add_str(out, n->tenant_id[0] ? STR("Press 9 to stop automatic response for this customer.")
                                     : STR("Press 9 to stop automatic response everywhere."));
}

void render_execution(const struct message *m, struct buf *form_out)
{
    struct json_writer w;
    struct buf parameters, spoken;
    char token[TOKEN_BYTES];
    buf_init(&parameters, 0);
    buf_init(&spoken, 0);
    render_token(m, token);
    render_spoken(m, true, &spoken);
    json_writer_init(&w, &parameters);
    json_object_begin(&w);
    json_key(&w, "delivery");
    json_write_cstr(&w, token);
    json_key(&w, "say");
    json_write_str(&w, buf_str(&spoken));
    json_object_end(&w);
    form_add(form_out, "To", str_of(m->delivery->target));
    form_add(form_out, "From", str_of(m->channel->sender));
    form_add(form_out, "Parameters", buf_str(&parameters));
    buf_done(&parameters);
    buf_done(&spoken);
}

void render_call(const struct message *m, struct buf *form_out)
{
    struct buf twiml;
    buf_init(&twiml, 0);
    buf_add_str(&twiml, STR("<Response><Pause length=\"1\"/><Say loop=\"2\">"));
    render_spoken(m, false, &twiml);
    buf_add_str(&twiml, STR("</Say></Response>"));
    form_add(form_out, "To", str_of(m->delivery->target));
    form_add(form_out, "From", str_of(m->channel->sender));
    form_add(form_out, "Twiml", buf_str(&twiml));
    form_add(form_out, "MachineDetection", STR("Enable"));
    form_add(form_out, "Timeout", STR("30"));
    buf_done(&twiml);
}
