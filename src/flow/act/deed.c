/* An effect on its way: a look asks what it needs at once, an order is one call; the answers are kept as they came until the
 * next turn reads them. Loop thread. */
#include <stdlib.h>
#include <string.h>

#include "flow/act/act_int.h"
#include "flow/act/remote.h"

enum { ACTIONS_LISTED = 50, MACHINES_LISTED = 20, RECENT_HOURS = 12, QUESTION_BYTES = 2048 };

static void on_done(void *arg, struct call_answer *a);

static void ask(struct deed *d, enum part part, struct tenant *t, const struct fetch *f, enum call_urgency urgency)
{
    struct part_answer *p = &d->parts[part];
    p->deed = d;
    p->is_asked = true;
    p->endpoint = f->endpoint;
    d->open++;
    calls_send(d->act->calls, t, f, urgency, on_done, p);
}

/* ---- questions ----------------------------------------------------------------------------------------------------------- */

static void encode(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' ||
                        c == '.' || c == '~';
        (void)(is_plain ? buf_add_char(out, (char)c) : buf_addf(out, "%%%02X", c));
    }
}

/* A text in an OData filter: in quotes, its own doubled. */
static void encode_quoted(struct buf *out, struct str text)
{
    (void)buf_add_str(out, STR("%27"));
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'') (void)buf_add_str(out, STR("%27"));
        encode(out, str_sub(text, i, 1));
    }
    (void)buf_add_str(out, STR("%27"));
}

static bool is_fqdn(struct str host)
{
    return str_find(host, STR("."), 0) != SIZE_MAX;
}

static void ask_host(struct deed *d, struct tenant *t)
{
    struct str host = str_of(d->effect.host);
    struct wall since = clock_wall(&d->act->o.clock);
    char text[WALL_TEXT_BYTES];
    struct buf q;
    buf_init(&q, QUESTION_BYTES);
    since.ticks -= RECENT_HOURS * 3600 * (int64_t)10000000;
    (void)wall_format_digits(since, 0, text);
    (void)buf_add_str(&q, STR("$filter="));
    (void)buf_add_str(&q, is_fqdn(host) ? STR("computerDnsName%20eq%20") : STR("startswith(computerDnsName,"));
    encode_quoted(&q, host);
    if (!is_fqdn(host)) (void)buf_add_char(&q, ')');
    (void)buf_add_str(&q, STR("%20and%20lastSeen%20ge%20"));
    encode(&q, str_of(text));
    (void)buf_addf(&q, "&$top=%d", MACHINES_LISTED);
    ask(d, PART_HOST, t, &(struct fetch){.endpoint = EP_MACHINES, .query = buf_str(&q)}, CALL_SOON);
    buf_done(&q);
}

static void ask_actions(struct deed *d, struct tenant *t)
{
    struct buf q;
    enum call_urgency urgency = d->effect.look & LOOK_ALERT ? CALL_SOON : CALL_LATER; /* before an order, or after */
    buf_init(&q, QUESTION_BYTES);
    (void)buf_add_str(&q, STR("$filter=machineId%20eq%20"));
    encode_quoted(&q, str_of(d->effect.device));
    (void)buf_addf(&q, "&$top=%d", ACTIONS_LISTED);
    ask(d, PART_ACTIONS, t, &(struct fetch){.endpoint = EP_MACHINE_ACTIONS, .query = buf_str(&q)}, urgency);
    buf_done(&q);
    if (d->effect.remote[0])
        ask(d, PART_ACTION, t, &(struct fetch){.endpoint = EP_MACHINE_ACTION, .id = str_of(d->effect.remote)}, urgency);
}

/* Graph where it may be read, else Defender for Endpoint: the ids are the same. */
static void ask_alert(struct deed *d, struct tenant *t)
{
    const char *tenant_id = t->record.tenant_id;
    enum access graph = calls_access(d->act->calls, tenant_id, EP_ALERT),
                endpoint = calls_access(d->act->calls, tenant_id, EP_ALERT_ENDPOINT);
    struct fetch f = {.endpoint = EP_ALERT, .id = str_of(d->effect.alert)};
    if (d->effect.is_incident) {
        f.endpoint = EP_INCIDENT;
        f.query = STR("$expand=alerts");
    } else if (graph != ACCESS_GRANTED && endpoint == ACCESS_GRANTED) {
        f.endpoint = EP_ALERT_ENDPOINT;
    }
    ask(d, PART_ALERT, t, &f, CALL_SOON);
}

static void ask_mitigation(struct deed *d, struct tenant *t)
{
    struct buf q;
    if (strspn(d->effect.device, "0123456789abcdefABCDEF-") != strlen(d->effect.device))
        return; /* nothing that ends a text */
    buf_init(&q, QUESTION_BYTES);
    (void)buf_addf(&q,
                   "DeviceInfo | where Timestamp > ago(1d) and DeviceId == \"%s\" | summarize arg_max(Timestamp, "
                   "MitigationStatus) by DeviceId",
                   d->effect.device);
    ask(d, PART_MITIGATION, t, &(struct fetch){.endpoint = EP_HUNTING, .kql = buf_str(&q)}, CALL_LATER);
    buf_done(&q);
}

static void look(struct deed *d, struct tenant *t)
{
    uint32_t what = d->effect.look;
    if (what & LOOK_ALERT && d->effect.alert[0]) ask_alert(d, t);
    if (what & LOOK_HOST && d->effect.host[0]) ask_host(d, t);
    if (what & LOOK_MACHINE && d->effect.device[0])
        ask(d, PART_MACHINE, t, &(struct fetch){.endpoint = EP_MACHINE, .id = str_of(d->effect.device)}, CALL_SOON);
    if (what & LOOK_ACTIONS && d->effect.device[0]) ask_actions(d, t);
    if (what & LOOK_MITIGATION) ask_mitigation(d, t);
}

static void change(struct deed *d, struct tenant *t)
{
    bool is_post = d->effect.kind == EFFECT_POST;
    struct buf body;
    buf_init(&body, 0);
    INVARIANT(remote_body(&d->effect, &body));
    struct fetch f = {.endpoint = is_post ? remote_endpoint(d->effect.act) : EP_CANCEL,
                      .id = str_of(is_post ? d->effect.device : d->effect.remote),
                      .body = buf_str(&body)};
    INVARIANT(f.endpoint != EP_COUNT);
    ask(d, PART_CHANGE, t, &f, CALL_NOW);
    buf_done(&body);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

/* Whom Graph does not serve may have Defender for Endpoint. */
static bool goes_elsewhere(struct part_answer *p)
{
    static const int causes[] = {DEFENDER_ROLE_MISSING, DEFENDER_FORBIDDEN, DEFENDER_NO_SERVICE,
                                 DEFENDER_API_NOT_IN_APP, DEFENDER_NO_HOST};
    if (p->endpoint != EP_ALERT) return false;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (p->error.cause == &defender_causes[causes[i]]) return true;
    return false;
}

static void on_done(void *arg, struct call_answer *a)
{
    struct part_answer *p = arg;
    struct deed *d = p->deed;
    d->open--;
    p->body = a->body; /* taken */
    p->is_gzip = a->is_gzip;
    a->body = (struct buf){0};
    p->error = a->error ? *a->error : (struct err){0};
    if (goes_elsewhere(p)) {
        buf_done(&p->body);
        ask(d, PART_ALERT, d->tenant, &(struct fetch){.endpoint = EP_ALERT_ENDPOINT, .id = str_of(d->effect.alert)},
            CALL_SOON);
    }
    if (d->open == 0) deed_done(d);
}

bool deed_start(struct act *a, const struct effect *e, struct tenant *t, struct deed **out)
{
    struct deed *d = *out = calloc(1, sizeof *d);
    INVARIANT(d);
    d->act = a;
    d->effect = *e;
    d->tenant = t ? tenant_ref(t) : NULL;
    if (t == NULL) {
        for (int i = 0; i < PARTS; i++)
            (void)err_set(&d->parts[i].error, &tenant_causes[TENANT_NO_SUCH], "there is no tenant %s any more",
                          e->tenant);
    } else if (e->kind == EFFECT_LOOK) {
        look(d, t);
    } else {
        change(d, t);
    }
    return d->open > 0;
}

void deed_free(struct deed *d)
{
    for (int i = 0; i < PARTS; i++) buf_done(&d->parts[i].body);
    tenant_unref(d->tenant);
    free(d);
}
