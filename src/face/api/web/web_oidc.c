#include "face/api/web/web_oidc.h"

#include <stdio.h>
#include <string.h>

#include "cloud/net/server.h"
#include "face/api/installation.h"
#include "face/api/login/oidc.h"
#include "face/api/web/web_login.h"
#include "state/store/audit.h"
#include "state/store/people.h"

enum { COOKIE_BYTES_MAX = 2048, URL_BYTES_MAX = 4096 };

static const char *flow_cookie(const struct web_call *c)
{
    return web_is_tls(c) ? "__Host-portcullis-oidc" : "portcullis-oidc";
}

/* Lax, not Strict: the browser comes back from the provider's page. */
static void set_flow(struct web_call *c, struct str value)
{
    struct buf cookie;
    buf_init(&cookie, COOKIE_BYTES_MAX);
    buf_addf(&cookie, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", flow_cookie(c), STR_ARG(value),
             value.n ? 600 : 0, web_is_tls(c) ? "; Secure" : "");
    web_header(c, "Set-Cookie", buf_cstr(&cookie));
    buf_done(&cookie);
}

static bool find_setup(struct web_call *c, struct oidc_record *o, struct err *e)
{
    bool found = false;
    return store_oidc_get(c->installation->store, o, &found, e) &&
           (found || err_set(e, &auth_causes[AUTH_OIDC_OFF], "no identity provider is set"));
}

static bool start(struct web_call *c, struct err *e)
{
    struct oidc_record o;
    struct oidc_provider p;
    struct oidc_flow f;
    struct buf sealed, url;
    buf_init(&sealed, COOKIE_BYTES_MAX);
    buf_init(&url, URL_BYTES_MAX);
    bool ok = find_setup(c, &o, e) && oidc_discover(c->installation, &o, c->arena, &p, e);
    if (ok) {
        oidc_flow_make(&o, &p, clock_wall(&c->installation->clock), &f);
        ok = oidc_flow_seal(c->installation, &f, &sealed, e);
    }
    if (ok) {
        oidc_authorize_url(&p, &o, &f, &url);
        set_flow(c, buf_str(&sealed));
        web_redirect(c, buf_cstr(&url));
    }
    buf_done(&sealed);
    buf_done(&url);
    return ok;
}

void web_oidc_start(struct web_call *c)
{
    struct err e;
    if (!start(c, &e)) web_problem(c, &e);
}

/* ---- back --------------------------------------------------------------------------------------------------------------------------- */

static bool bad_state(struct err *e, const char *why)
{
    return err_set(e, &auth_causes[AUTH_OIDC_STATE], "%s", why);
}

static bool check_state(struct web_call *c, const struct oidc_record *o, struct oidc_flow *f, struct err *e)
{
    struct str state = web_query(c, "state"), issuer = web_query(c, "iss"), error = web_query(c, "error");
    if (!oidc_flow_open(c->installation, web_cookie(c, flow_cookie(c)), f))
        return bad_state(e, "this browser has begun no sign-in within the last ten minutes");
    if (state.n != strlen(f->state) || !bytes_equal_const_time(state.p, f->state, state.n))
        return bad_state(e, "the answer belongs to another sign-in");
    if (!oidc_flow_is_of(f, o)) return bad_state(e, "another provider was set here in the meantime");
    if (issuer.p ? !str_eq(issuer, str_of(o->issuer)) : f->names_itself)
        return bad_state(e, "the answer is of another issuer");
    if (error.p) {
        struct str why = web_query(c, "error_description");
        return err_set(e, &auth_causes[AUTH_OIDC_PROVIDER], "the provider refuses: %.*s %.*s",
                       STR_ARG(str_sub(error, 0, 60)), STR_ARG(str_sub(why.p ? why : STR(""), 0, 200)));
    }
    return web_query(c, "code").n > 0 || bad_state(e, "the answer has no code");
}

static void note_login(struct web_call *c, const struct person_record *p, const char *address)
{
    char detail[160];
    struct err ignored;
    (void)snprintf(detail, sizeof detail, "{\"how\":\"oidc\",\"role\":\"%s\",\"address\":\"%s\"}", p->role, address);
    (void)store_audit_add(c->installation->store, p->name, "login", str_of(detail), &ignored);
}

static bool come_back(struct web_call *c, const struct web_sender *sender, struct err *e)
{
    struct oidc_record o;
    struct oidc_flow f;
    struct person_record p;
    struct session s;
    const struct json *claims = NULL;
    set_flow(c, STR("")); /* once, however it ends */
    if (!find_setup(c, &o, e) || !check_state(c, &o, &f, e) ||
        !oidc_redeem(c->installation, &o, &f, web_query(c, "code"), c->arena, &claims, e) ||
        !oidc_person(c->installation, &o, claims, c->arena, &p, e) ||
        !session_begin(c->installation, p.id, "oidc", sender->address, sender->session, &s, e))
        return false;
    note_login(c, &p, sender->address);
    web_set_session(c, s.id);
    /* Not a redirect: one that began at the provider's would go without the session's cookie, which is Strict. */
    web_html(c, 200,
             STR("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signed in</title></head>\n"
                 "<body><h1>You are signed in</h1></body></html>\n"));
    seal_wipe(&s, sizeof s);
    return true;
}

void web_oidc_callback(struct web_call *c)
{
    struct web_sender sender;
    struct err e;
    web_sender_of(c, &sender);
    if (come_back(c, &sender, &e)) return;
    audit_refusal(c->installation, "", sender.address, "sign-in", &e);
    web_problem(c, &e);
}
