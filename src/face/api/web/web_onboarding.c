/* Where a customer's administrator comes back to after consent. A stranger's browser: everything it says is unproved, everything
 * shown is escaped, and the page loads nothing. */
#include <stdatomic.h>
#include <stdio.h>

#include "cloud/net/server.h"
#include "cloud/tenant/onboarding.h"
#include "face/api/installation.h"
#include "face/api/web/web.h"
#include "state/store/onboardings.h"

enum { PAGE_BYTES_MAX = 64 << 10, ANSWERS_AN_HOUR = 600 };

static void escaped(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '<': (void)buf_add_str(out, STR("&lt;")); break;
        case '>': (void)buf_add_str(out, STR("&gt;")); break;
        case '&': (void)buf_add_str(out, STR("&amp;")); break;
        case '"': (void)buf_add_str(out, STR("&quot;")); break;
        case '\'': (void)buf_add_str(out, STR("&#39;")); break;
        default: (void)buf_add_char(out, text.p[i]);
        }
    }
}

static void page(struct web_call *c, int status, const char *title, const char *const *paragraphs, size_t count)
{
    struct buf out;
    buf_init(&out, PAGE_BYTES_MAX);
    (void)buf_addf(&out,
                   "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                   "content=\"width=device-width\"><title>%s</title></head>\n<body><h1>%s</h1>\n",
                   title, title);
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_str(&out, STR("<p>"));
        escaped(&out, str_of(paragraphs[i]));
        (void)buf_add_str(&out, STR("</p>\n"));
    }
    (void)buf_add_str(&out, STR("</body></html>\n"));
    web_html(c, status, buf_str(&out));
    buf_done(&out);
}

static void show_taken(struct web_call *c, const struct onboarding_record *r)
{
    char tenant[120];
    (void)snprintf(tenant, sizeof tenant, "Your tenant: %s.", onboarding_tenant(r));
    const char *const text[] = {
        "Thank you: your consent has arrived.", tenant,
        "It is now being checked; this can take some minutes and needs nothing more from you. You can close "
        "this page."};
    page(c, 200, "Consent received", text, sizeof text / sizeof text[0]);
}

/* What it means and what to do, for somebody who has no account here. */
static void show_refused(struct web_call *c, const struct err *e)
{
    char what[200], code[160];
    bool is_ours = str_starts(str_of(e->cause->code), STR("onboarding."));
    (void)snprintf(what, sizeof what, "%s.", is_ours ? e->cause->what : "something failed on our side");
    if (what[0] >= 'a' && what[0] <= 'z') what[0] = (char)(what[0] - 'a' + 'A');
    (void)snprintf(code, sizeof code, "If you ask for help, say: %s.", e->cause->code);
    const char *const text[] = {
        what, is_ours ? e->text : "Please try again later.",
        "Nothing was changed here. The people who sent you the link have been told and know what to do.", code};
    page(c, is_ours ? 400 : 503, "Consent was not completed", text, sizeof text / sizeof text[0]);
}

/* Each answer is an entry in the audit trail, and strangers could send millions. */
static bool is_flood(struct wall now, bool is_signed)
{
    static struct {
        _Atomic int64_t hour, count;
    } rooms[2]; /* strangers take none of the room that those with a link of ours have */
    int64_t this_hour = wall_hour(now);
    if (atomic_exchange(&rooms[is_signed].hour, this_hour) != this_hour) atomic_store(&rooms[is_signed].count, 0);
    return atomic_fetch_add(&rooms[is_signed].count, 1) >= ANSWERS_AN_HOUR;
}

static void callback(struct web_call *c)
{
    struct onboarding_record r;
    struct err e;
    bool is_known = false;
    struct wall now = clock_wall(&c->installation->clock);
    const struct onboarding_answer a = {.error = web_query(c, "error"),
                                        .description = web_query(c, "error_description"),
                                        .subcode = web_query(c, "error_subcode"),
                                        .state = web_query(c, "state"),
                                        .tenant = web_query(c, "tenant"),
                                        .admin_consent = web_query(c, "admin_consent")};
    if (strcmp(exchange_method(c->x), "GET") != 0) { /* HEAD: somebody only looks */
        page(c, 200, "Consent", NULL, 0);
        return;
    }
    if (is_flood(now, onboarding_is_signed(c->installation->store, a.state, now))) {
        const char *const text[] = {
            "Too many answers have come within this hour. Please open the link again later; it still works."};
        web_header(c, "Retry-After", "3600");
        page(c, 429, "Please come back later", text, 1);
        return;
    }
    if (!onboarding_take(c->installation->store, &a, now, &r, &is_known, &e)) {
        show_refused(c, &e);
        return;
    }
    show_taken(c, &r);
}

const struct web_route onboarding_routes[] = {
    {.method = "GET", .path = "/onboarding/callback", .is_open = true, .handle = callback},
    {0},
};
