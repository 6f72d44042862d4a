#include "face/health/tenant_test.h"

#include <stdarg.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/health/tenant_test_int.h"
#include "state/store/health.h"

const char *const test_check_names[TEST_CHECKS] = {
    [TEST_INPUT] = "input",   [TEST_DNS] = "dns",       [TEST_PROXY] = "proxy", [TEST_TCP] = "tcp",
    [TEST_TLS] = "tls",       [TEST_ANSWER] = "answer", [TEST_CLOCK] = "clock", [TEST_TOKEN] = "token",
    [TEST_TENANT] = "tenant", [TEST_ROLE] = "role",     [TEST_READ] = "read",   [TEST_LICENCE] = "licence",
    [TEST_QUOTA] = "quota",   [TEST_ACTION] = "action",
};
const char *const test_verdict_names[VERDICTS] = {
    [VERDICT_OK] = "ok", [VERDICT_FAILED] = "failed", [VERDICT_SKIPPED] = "skipped", [VERDICT_OFF] = "off"};

const struct cause test_causes[TEST_CAUSE_COUNT] = {
    [TEST_CLOCK_OFF] =
        {"test.clock", ERR_INPUT, "this machine's clock differs from Microsoft's by minutes",
         "Set the clock of this machine, best by NTP (timedatectl set-ntp true): tokens and certificates are "
         "refused otherwise."},
    [TEST_TLS_OPENED] = {"test.tls", ERR_INPUT, "the certificate that was shown is not trusted here",
                         "If its issuer is a proxy of yours that opens TLS, name its CA in the setting ca_file of "
                         "portcullis.yaml; if you do not know the issuer, find out who is on the way before you do."},
    [TEST_QUOTA_USED] = {"test.quota", ERR_LIMIT, "the calls that Microsoft grants are used up",
                         "It passes by itself; if it does not, look what else uses this application in the tenant."},
};

/* ---- findings --------------------------------------------------------------------------------------------------------------- */

static struct test_finding *add(struct test_report *r, enum test_check check, enum test_verdict verdict,
                                const char *about)
{
    INVARIANT(r->count < TEST_FINDINGS_MAX);
    struct test_finding *f = &r->findings[r->count++];
    *f = (struct test_finding){.check = check, .verdict = verdict};
    (void)snprintf(f->about, sizeof f->about, "%s", about);
    r->verdicts[verdict]++;
    return f;
}

void found(struct test_report *r, enum test_check check, enum test_verdict verdict, const char *about, const char *fmt,
           ...)
{
    struct test_finding *f = add(r, check, verdict, about);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(f->detail, sizeof f->detail, fmt, args);
    va_end(args);
}

void failed(struct test_report *r, enum test_check check, const char *about, const struct cause *cause,
            const char *detail, const char *remedy)
{
    struct test_finding *f = add(r, check, VERDICT_FAILED, about);
    f->cause = cause;
    (void)snprintf(f->detail, sizeof f->detail, "%s", detail);
    (void)snprintf(f->remedy, sizeof f->remedy, "%s", remedy ? remedy : cause->remedy);
}

const struct test_finding *test_first_failure(const struct test_report *r)
{
    for (unsigned i = 0; i < r->count; i++)
        if (r->findings[i].verdict == VERDICT_FAILED) return &r->findings[i];
    return NULL;
}

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text && text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

void test_write_findings(const struct test_report *r, struct json_writer *w)
{
    json_key(w, "findings");
    json_array_begin(w);
    for (unsigned i = 0; i < r->count; i++) {
        const struct test_finding *f = &r->findings[i];
        json_object_begin(w);
        member(w, "check", test_check_names[f->check]);
        member(w, "about", f->about);
        member(w, "verdict", test_verdict_names[f->verdict]);
        member(w, "code", f->cause ? f->cause->code : NULL);
        member(w, "detail", f->detail);
        member(w, "remedy", f->remedy);
        json_object_end(w);
    }
    json_array_end(w);
}

/* ---- hosts ------------------------------------------------------------------------------------------------------------------- */

static void host_of(const char *url, char out[80])
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    (void)snprintf(out, 80, "%.*s", (int)strcspn(host, "/"), host);
}

static const struct {
    enum test_check check;
    enum http_step step;
} steps[] = {{TEST_DNS, HTTP_AT_DNS},
             {TEST_PROXY, HTTP_AT_PROXY},
             {TEST_TCP, HTTP_AT_TCP},
             {TEST_TLS, HTTP_AT_TLS},
             {TEST_ANSWER, HTTP_AT_ANSWER}};
enum { STEPS = sizeof steps / sizeof *steps };

static void step_passed(struct test_report *r, const char *host, const struct test_reach *x, enum test_check check)
{
    const struct http_look *l = &x->look;
    switch (check) {
    case TEST_DNS:
        if (x->is_by_proxy)
            found(r, check, VERDICT_OFF, host, "the proxy looks its name up");
        else
            found(r, check, VERDICT_OK, host, "%s, in %u ms", l->address, l->dns_ms);
        break;
    case TEST_PROXY: found(r, check, x->is_by_proxy ? VERDICT_OK : VERDICT_OFF, host, "%s", x->way); break;
    case TEST_TCP: found(r, check, VERDICT_OK, host, "connected within %u ms", l->tcp_ms); break;
    case TEST_TLS:
        if (l->tls_ms == 0)
            found(r, check, VERDICT_OFF, host, "plain HTTP, on this machine alone");
        else
            found(r, check, VERDICT_OK, host, "its certificate is of %.150s, until %s",
                  l->issuer[0] ? l->issuer : "an issuer not told", l->expires[0] ? l->expires : "a day not told");
        break;
    default: found(r, check, VERDICT_OK, host, "it answers in HTTP");
    }
}

static void step_failed(struct test_report *r, const char *host, const struct test_reach *x, enum test_check check)
{
    char detail[400];
    bool is_opened = check == TEST_TLS && x->opener[0];
    (void)snprintf(detail, sizeof detail, "%.200s%s%.150s", x->error.text, is_opened ? "; shown by " : "",
                   is_opened ? x->opener : "");
    failed(r, check, host, is_opened ? &test_causes[TEST_TLS_OPENED] : x->error.cause, detail, NULL);
}

/* True: it answered. */
static bool judge_host(struct test_report *r, const char *host, const struct test_reach *x)
{
    bool has_failed = false;
    for (unsigned i = 0; i < STEPS; i++) {
        bool is_here = x->error.cause && x->look.step == steps[i].step;
        if (has_failed)
            found(r, steps[i].check, VERDICT_SKIPPED, host, "the host was not reached");
        else if (is_here)
            step_failed(r, host, x, steps[i].check);
        else
            step_passed(r, host, x, steps[i].check);
        has_failed |= is_here;
    }
    return !has_failed;
}

static void judge_clock(struct test_report *r, const char *host, const struct test_reach *x)
{
    enum { OFF_MS = 5 * 60 * 1000 };
    char detail[200];
    int64_t ahead_ms = wall_ms(x->here) - wall_ms(x->date), off_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    if (x->error.cause || x->date.ticks == 0) {
        found(r, TEST_CLOCK, VERDICT_SKIPPED, host, "the host did not tell its time");
        return;
    }
    (void)snprintf(detail, sizeof detail, "this machine's clock is %lld s %s", (long long)(off_ms / 1000),
                   ahead_ms < 0 ? "behind" : "ahead");
    if (off_ms > OFF_MS)
        failed(r, TEST_CLOCK, host, &test_causes[TEST_CLOCK_OFF], detail, NULL);
    else
        found(r, TEST_CLOCK, VERDICT_OK, host, "%s", detail);
}

/* Each host of the tenant's; the login's clock. A host that two APIs share is asked once. */
static void test_hosts(struct test_run *run)
{
    const char *urls[AUD_COUNT + 1] = {run->t->token_url[0] ? run->t->token_url : run->t->login_url};
    char hosts[AUD_COUNT + 1][80] = {""};
    for (unsigned i = 0; i <= AUD_COUNT; i++) {
        struct test_reach x = {.is_by_proxy = false};
        unsigned same = 0;
        bool is_wanted = i == 0 || !run->is_off[i - 1];
        if (i > 0) urls[i] = run->t->apis[i - 1].url;
        if (!is_wanted || urls[i][0] == '\0') continue;
        host_of(urls[i], hosts[i]);
        while (same < i && strcmp(hosts[same], hosts[i]) != 0) same++;
        if (same < i) {
            run->reached[i] = run->reached[same];
            continue;
        }
        run->ops->reach(run->ops->ctx, run->t, urls[i], &x);
        run->reached[i] = judge_host(run->r, hosts[i], &x);
        if (i == 0) judge_clock(run->r, hosts[i], &x);
    }
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------- */

static bool test_input(struct test_run *run)
{
    struct err e;
    if (tenant_check_input(run->t, &e)) {
        found(run->r, TEST_INPUT, VERDICT_OK, "what was entered", "ids, addresses and secret are of the right form");
        return true;
    }
    failed(run->r, TEST_INPUT, "what was entered", e.cause, e.text, NULL);
    return false;
}

bool test_run(const struct test_ops *ops, struct store *s, struct tenant *t, struct wall now, bool is_full,
              struct test_report *out, struct err *e)
{
    struct settings settings;
    struct test_run run = {.ops = ops, .t = t, .r = out, .is_full = is_full};
    *out = (struct test_report){.at = now, .is_full = is_full};
    if (!settings_of_tenant(s, t->record.tenant_id, &settings, e) ||
        !capability_switched_on(s, t->record.tenant_id, &run.on, e))
        return false;
    run.is_off[AUD_ENDPOINT] = !setting_is_on(&settings, SET_ENDPOINT);
    for (unsigned a = 0; a < AUD_COUNT; a++) run.is_off[a] |= t->apis[a].url[0] == '\0';
    run.is_entered = test_input(&run);
    test_hosts(&run);
    test_reads(&run);
    ops->settle(ops->ctx);
    out->is_endpoint = !run.is_off[AUD_ENDPOINT];
    if (!capability_look(s, t->record.tenant_id, &out->view, e) ||
        (out->is_endpoint && !test_devices(out, s, t->record.tenant_id, e)))
        return false;
    test_judge(&run);
    return true;
}

bool test_keep(struct store *s, const char *tenant_id, const struct test_report *r, struct err *e)
{
    struct tested_record k = {.at = r->at,
                              .is_full = r->is_full,
                              .ok = r->verdicts[VERDICT_OK],
                              .failed = r->verdicts[VERDICT_FAILED],
                              .skipped = r->verdicts[VERDICT_SKIPPED]};
    struct json_writer w;
    struct buf body;
    (void)snprintf(k.tenant_id, sizeof k.tenant_id, "%s", tenant_id);
    buf_init(&body, 1 << 20);
    json_writer_init(&w, &body);
    json_object_begin(&w);
    test_write_findings(r, &w);
    test_write_devices(r, &w);
    json_object_end(&w);
    k.body = buf_str(&body);
    bool ok = store_tested_add(s, &k, e);
    buf_done(&body);
    return ok;
}
