#include "face/api/web/web_login.h"

#include <stdio.h>
#include <string.h>

#include "cloud/net/server.h"
#include "face/api/installation.h"
#include "face/api/web/web_oidc.h"
#include "state/store/audit.h"
#include "state/store/people.h"

enum { URL_BYTES = 320, COOKIE_BYTES = 160 };

static const char *cookie_name(const struct web_call *c)
{
    return web_is_tls(c) ? "__Host-portcullis" : "portcullis";
}

static const char *text_in(struct web_call *c, struct str s)
{
    return s.p ? arena_copy(c->arena, s.p, s.n) : NULL;
}

void web_sender_of(struct web_call *c, struct web_sender *out)
{
    char *address = arena_alloc(c->arena, PEER_BYTES), *own = arena_alloc(c->arena, URL_BYTES),
         *named = arena_alloc(c->arena, URL_BYTES);
    const char *host = exchange_header(c->x, "Host");
    *out = (struct web_sender){.session = text_in(c, web_cookie(c, cookie_name(c))),
                               .authorization = exchange_header(c->x, "Authorization"),
                               .csrf = exchange_header(c->x, "X-CSRF-Token"),
                               .origin = exchange_header(c->x, "Origin"),
                               .fetch_site = exchange_header(c->x, "Sec-Fetch-Site"),
                               .address = "",
                               .is_change = strcmp(c->method, "GET") != 0};
    if (address) {
        exchange_peer(c->x, address);
        out->address = address;
    }
    if (own && web_base_url(&c->installation->conf, own, URL_BYTES)) out->own_origin[0] = own;
    if (named && host) {
        (void)snprintf(named, URL_BYTES, "%s://%.255s", web_is_tls(c) ? "https" : "http", host);
        out->own_origin[1] = named;
    }
}

bool web_who(struct web_call *c, struct principal *out, bool *is_absent_out, struct err *e)
{
    struct web_sender sender;
    web_sender_of(c, &sender);
    if (auth_who(c->installation, &sender, c->arena, out, is_absent_out, e)) return true;
    bool is_open = c->route && c->route->is_open;
    if (!is_open && e->cause != &auth_causes[AUTH_NEEDED])
        audit_refusal(c->installation, "", sender.address, c->pattern ? c->pattern : "request", e);
    return false;
}

void web_set_session(struct web_call *c, const char *id)
{
    char cookie[COOKIE_BYTES];
    (void)snprintf(cookie, sizeof cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", cookie_name(c), id ? id : "",
                   web_is_tls(c) ? "; Secure" : "", id ? "" : "; Max-Age=0");
    web_header(c, "Set-Cookie", cookie);
}

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

void web_write_session(struct json_writer *w, const struct person_record *p, bool must_enrol, const char *csrf)
{
    json_object_begin(w);
    member(w, "person", p->name);
    member(w, "role", p->role);
    json_key(w, "must_enrol");
    json_write_bool(w, must_enrol);
    member(w, "csrf_token", csrf);
    json_object_end(w);
}

static void reply_session(struct web_call *c, const struct person_record *p, bool must_enrol, const char *csrf)
{
    struct buf body;
    struct json_writer w;
    buf_init(&body, 4096);
    json_writer_init(&w, &body);
    web_write_session(&w, p, must_enrol, csrf);
    web_json(c, 200, buf_str(&body));
    buf_done(&body);
}

/* ---- in ----------------------------------------------------------------------------------------------------------------------- */

static bool is_counted(const struct err *e)
{
    return e->cause == &auth_causes[AUTH_WRONG] || e->cause == &auth_causes[AUTH_THROTTLED] ||
           e->cause == &auth_causes[AUTH_ORIGIN];
}

static void note_login(struct web_call *c, const char *name, const char *address)
{
    struct buf detail;
    struct json_writer w;
    struct err ignored;
    buf_init(&detail, 4096);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    member(&w, "address", address);
    json_object_end(&w);
    (void)store_audit_add(c->installation->store, name, "login", buf_str(&detail), &ignored);
    buf_done(&detail);
}

static bool try_login(struct web_call *c, const struct json *body, const struct web_sender *sender, struct err *e)
{
    struct person_record p = {0};
    struct login_record l;
    struct session s;
    bool must_enrol = false;
    const char *name = text_in(c, json_str(json_get(body, "name"), STR("")));
    struct login_try t = {.name = name ? name : "",
                          .address = sender->address,
                          .password = json_str(json_get(body, "password"), STR("")),
                          .code = json_str(json_get(body, "code"), STR("")),
                          .old_session = sender->session};
    if (!auth_check_origin(sender, e) || !auth_login(c->installation, &t, &p, &s, e) ||
        !store_login_find(c->installation->store, p.id, &l, e) ||
        !auth_must_enrol(c->installation, &p, &l, &must_enrol, e))
        return false;
    note_login(c, p.name, sender->address);
    web_set_session(c, s.id);
    reply_session(c, &p, must_enrol, s.csrf);
    seal_wipe(&s, sizeof s);
    return true;
}

/* Somebody who is not there is not named: what is typed as a name may be a password. */
static const char *known_name(struct web_call *c, const struct json *body)
{
    struct person_record *p = ARENA_NEW(c->arena, struct person_record);
    const char *name = text_in(c, json_str(json_get(body, "name"), STR("")));
    bool found = false;
    struct err ignored;
    bool ok = p && name && store_person_find(c->installation->store, name, p, &found, &ignored);
    return ok && found ? p->name : "";
}

static void login(struct web_call *c)
{
    struct web_sender sender;
    struct err e;
    const struct json *body = web_body_json(c);
    if (body == NULL) return;
    web_sender_of(c, &sender);
    if (try_login(c, body, &sender, &e)) return;
    if (is_counted(&e)) audit_refusal(c->installation, known_name(c, body), sender.address, "login", &e);
    web_problem(c, &e);
}

/* ---- out, and who ----------------------------------------------------------------------------------------------------------------- */

static void logout(struct web_call *c)
{
    struct web_sender sender;
    struct err e;
    web_sender_of(c, &sender);
    if (sender.session && !session_end(c->installation, sender.session, &e)) {
        web_problem(c, &e);
        return;
    }
    web_set_session(c, NULL);
    web_json(c, 200, STR("{\"logged_out\":true}"));
}

static void session(struct web_call *c)
{
    struct person_record p = {0};
    struct web_sender sender;
    char csrf[SECRET_TEXT_BYTES] = "";
    web_sender_of(c, &sender);
    (void)str_copy(str_of(c->by->name), p.name, sizeof p.name);
    (void)snprintf(p.role, sizeof p.role, "%s", role_names[c->by->role]);
    if (c->by->kind == BY_PERSON && sender.session) session_csrf(sender.session, csrf);
    reply_session(c, &p, c->by->must_enrol, csrf[0] ? csrf : NULL);
}

const struct web_route login_routes[] = {
    {"POST", "/api/v1/login", true, login},
    {"POST", "/api/v1/logout", false, logout},
    {"GET", "/api/v1/session", false, session},
    {"GET", "/api/v1/oidc/start", true, web_oidc_start},
    {"GET", "/api/v1/oidc/callback", true, web_oidc_callback},
    {NULL, NULL, false, NULL},
};
