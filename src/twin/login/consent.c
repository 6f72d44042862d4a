/* The consent screen (section 4). A browser (whoever accepts HTML) is shown the pages of consent_page.c first; to anybody else a
 * GET is the administrator's yes. `as=ROLE` names the role she has (default global_admin), `as=ROLE@TENANT` her tenant too, where
 * the path says "common" or "organizations"; `answer=accept` or `cancel` is what she pressed. */
#include <stdio.h>
#include <string.h>

#include "twin/login/login_int.h"

struct consent {
    enum consent_form form;
    struct str client_id, redirect_uri, state, scope, role, tenant;
    struct twin_app *app;
    struct grant *grant;
    role_set asked; /* what this consent would give */
};

static struct str param(const struct exchange *x, const char *name)
{
    const struct cloud_param *p = exchange_param(x, name);
    return p ? p->value : STR_NONE;
}

/* ---- what the administrator sees: a page, or the way back ----------------------------------------------------------- */
static void answer_page(struct exchange *x, int status, struct str text)
{
    struct buf out;
    buf_init(&out, 64 << 10);
    buf_add_str(&out, STR("<!doctype html><title>Sign in to your account</title><p>"));
    page_text(&out, text);
    page_answer(x, status, &out);
}

/* An error that is shown here, since it cannot be told to the application. Always false. */
static bool show(struct exchange *x, unsigned code, struct str detail)
{
    char text[APP_REDIRECT_BYTES] = "";
    struct buf out;
    (void)str_copy(str_sub(detail, 0, sizeof text - 1), text, sizeof text);
    buf_init(&out, 16 << 10);
    login_error_text(x, code, detail.n ? text : NULL, &out);
    answer_page(x, 400, buf_str(&out));
    buf_done(&out);
    return false;
}

static void add_encoded(struct buf *out, const char *name, struct str value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    buf_addf(out, "%s=", name);
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == ' ')
            buf_add_char(out, '+');
        else if (c && strchr(plain, c))
            buf_add_char(out, c);
        else
            buf_addf(out, "%%%02x", (unsigned char)c);
    }
}

static void add_param(struct buf *out, const char *name, struct str value)
{
    buf_add_char(out, '&');
    add_encoded(out, name, value);
}

/* `query` begins with '&'. */
static void go_back(struct exchange *x, const struct consent *c, struct buf *query)
{
    struct str back = c->redirect_uri.n ? c->redirect_uri : STR("https://portal.azure.com/");
    struct str rest = str_sub(buf_str(query), 1, query->n);
    bool has_query = str_find(back, STR("?"), 0) != SIZE_MAX;
    struct buf empty;
    answer_header(x, "Location", "%.*s%c%.*s", STR_ARG(back), has_query ? '&' : '?', STR_ARG(rest));
    login_headers(x);
    buf_init(&empty, 64);
    answer_bytes(x, 302, "text/html; charset=utf-8", &empty);
}

static void refuse_consent(struct exchange *x, const struct consent *c, unsigned code)
{
    bool drops_state = c->form == CONSENT_V1 && variant_is(exchange_variants(x), VARIANT_LOGIN_CONSENT_STATE, "absent");
    struct buf query, text;
    buf_init(&query, 32 << 10);
    buf_init(&text, 16 << 10);
    login_error_text(x, code, c->app->client_id, &text);
    if (c->form == CONSENT_V2) add_param(&query, "admin_consent", STR("True")); /* on failure too: a trap */
    add_param(&query, "error",
              c->form == CONSENT_V1   ? STR("permission_denied")
              : c->form == CONSENT_V2 ? STR("consent_required")
                                      : STR("access_denied"));
    add_param(&query, "error_description", buf_str(&text));
    if (str_eq(param(x, "answer"), STR("cancel"))) add_param(&query, "error_subcode", STR("cancel"));
    if (c->state.n && !drops_state) add_param(&query, "state", c->state);
    go_back(x, c, &query);
    buf_done(&text);
    buf_done(&query);
}

static void tell_success(struct exchange *x, const struct consent *c)
{
    struct str tenant = str_of(x->tenant->world.tenant_id);
    struct buf query;
    buf_init(&query, 16 << 10);
    if (c->form == CONSENT_V1) {
        add_param(&query, "tenant", tenant);
        if (c->state.n) add_param(&query, "state", c->state);
        add_param(&query, "admin_consent", STR("True"));
    } else if (c->form == CONSENT_V2) {
        add_param(&query, "admin_consent", STR("True"));
        add_param(&query, "tenant", tenant);
        add_param(&query, "scope", c->scope);
        if (c->state.n) add_param(&query, "state", c->state);
    } else { /* the old form: a code, and not a word about the tenant */
        add_param(&query, "code", str_of(x->request_id));
        if (c->state.n) add_param(&query, "state", c->state);
        add_param(&query, "session_state", str_of(x->correlation_id));
    }
    go_back(x, c, &query);
    buf_done(&query);
}

/* ---- who asks whom for what ------------------------------------------------------------------------------------------ */
/* Exactly one of the registered ones, but any port will do on loopback. */
static bool redirect_is(struct str uri, struct str registered)
{
    static const char *const loopbacks[] = {"http://localhost", "http://127.0.0.1"};
    if (str_eq(uri, registered)) return true;
    for (size_t i = 0; i < sizeof loopbacks / sizeof loopbacks[0]; i++) {
        struct str host = str_of(loopbacks[i]);
        if (!str_starts(uri, host) || !str_starts(registered, host)) continue;
        struct str rest = str_sub(uri, host.n, uri.n);
        uint64_t port;
        size_t path = str_find(rest, STR("/"), 0);
        if (path == SIZE_MAX || rest.p[0] != ':' || !str_to_u64(str_sub(rest, 1, path - 1), &port)) continue;
        if (str_eq(str_sub(rest, path, rest.n), str_sub(registered, host.n, registered.n))) return true;
    }
    return false;
}

static bool redirect_is_registered(const struct twin_app *app, struct str uri)
{
    static const char *const usual[] = {"https://localhost/consent",
                                        "http://localhost/consent",
                                        "http://127.0.0.1/consent",
                                        "https://localhost/onboarding/callback",
                                        "http://localhost/onboarding/callback",
                                        "http://127.0.0.1/onboarding/callback"};
    if (uri.n == 0) return true; /* then it is the portal */
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (redirect_is(uri, str_of(usual[i]))) return true;
    for (unsigned i = 0; i < app->redirect_count; i++)
        if (redirect_is(uri, str_of(app->redirects[i]))) return true;
    return false;
}

/* The tenant of the path; where that is a word, the administrator's. */
static bool find_tenant(struct exchange *x, const struct consent *c, struct str in_path)
{
    bool is_common = str_eq(in_path, STR("common")), is_any = is_common || str_eq(in_path, STR("organizations"));
    if (c->form == CONSENT_V2 && is_common) return show(x, 50059, STR_NONE);
    struct str name = is_any ? c->tenant : in_path;
    if (name.n == 0) return show(x, 50059, STR_NONE);
    if (!str_is_guid(name) && str_find(name, STR("."), 0) == SIZE_MAX) return show(x, 900023, name);
    x->tenant = tenant_by_id(x->cloud, name);
    return x->tenant || show(x, 90002, name);
}

static bool find_app(struct exchange *x, struct consent *c)
{
    if (c->client_id.n == 0) return show(x, 900144, STR("client_id"));
    bool is_own = str_eq_nocase(c->client_id, str_of(x->tenant->app.client_id));
    bool is_shared = str_eq_nocase(c->client_id, str_of(x->cloud->shared_app.client_id));
    if (!is_own && !is_shared) {
        bool is_disabled = str_eq_nocase(c->client_id, str_of(x->cloud->disabled_app.client_id));
        return show(x, is_disabled ? 7000112 : 700016, c->client_id);
    }
    c->app = is_own ? &x->tenant->app : &x->cloud->shared_app;
    c->grant = is_own ? &x->tenant->own_grant : &x->tenant->shared_grant;
    return redirect_is_registered(c->app, c->redirect_uri) || show(x, 50011, c->redirect_uri);
}

/* v1 and the old form ask for everything the registration names; v2 for the resources of its scope, and for application
 * permissions only through /.default. */
static bool find_asked(struct exchange *x, struct consent *c)
{
    static const char suffix[] = "/.default";
    c->asked = x->tenant->roles;
    if (c->form != CONSENT_V2) return true;
    if (c->scope.n == 0) return show(x, 900144, STR("scope"));
    c->asked = 0;
    for (struct str rest = c->scope; rest.n;) {
        struct str one = str_cut(&rest, ' ');
        enum cloud_api api;
        if (!str_ends(one, STR(suffix))) continue;
        if (!api_by_identifier(x->cloud->opts.scenario->nation, str_sub(one, 0, one.n - strlen(suffix)), &api))
            return show(x, 500011, one);
        c->asked |= x->tenant->roles & roles_of_api(api);
    }
    if (c->asked && variant_is(exchange_variants(x), VARIANT_LOGIN_CONSENT_V2, "all")) c->asked = x->tenant->roles;
    return true;
}

/* ---- the decision ---------------------------------------------------------------------------------------------------- */
/* Which permissions each administrator may grant: Graph's take the two highest. */
static bool may_grant(struct exchange *x, const struct consent *c, bool *may_out)
{
    static const struct {
        const char *name;
        bool grants, grants_graph;
    } rows[] = {{"global_admin", true, true},
                {"privileged_role_admin", true, true},
                {"application_admin", true, false},
                {"cloud_application_admin", true, false},
                {"user", false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!str_eq(c->role, str_of(rows[i].name))) continue;
        *may_out = rows[i].grants && (rows[i].grants_graph || (c->asked & roles_of_api(API_GRAPH)) == 0);
        return true;
    }
    answer_page(x, 400,
                STR("as= is one of global_admin, privileged_role_admin, application_admin, "
                    "cloud_application_admin, user"));
    return false;
}

static void give(struct exchange *x, struct consent *c)
{
    const struct twin_tenant *t = x->tenant;
    int64_t delay_ms = t->consent == TENANT_CONSENT_DELAYED ? t->consent_delay_ms : 0;
    role_set roles = c->asked;
    if (t->consent == TENANT_CONSENT_PARTIAL) roles &= role_group(ROLES_ALERTS) | role_group(ROLES_MACHINES);
    if (c->form == CONSENT_V2) roles |= grant_roles(c->grant, x->now) & ~c->asked; /* what other resources have stays */
    grant_give(c->grant, roles, x->now, wall_add(x->now, delay_ms * WALL_TICKS_PER_MS));
}

static bool is_browser(const struct exchange *x)
{
    return str_find(x->q->accept, STR("text/html"), 0) != SIZE_MAX;
}

/* Whoever signs in must be of the tenant the link names. */
static bool find_user(struct exchange *x, const struct consent *c)
{
    if (c->tenant.n == 0 || tenant_by_id(x->cloud, c->tenant) == x->tenant) return true;
    return show(x, 50020, c->tenant);
}

static void decide(struct exchange *x, struct consent *c, bool may)
{
    struct str answer = param(x, "answer");
    if (is_browser(x) && answer.n == 0 && may)
        page_permissions(x, c->client_id, c->asked);
    else if (is_browser(x) && answer.n == 0)
        page_need_approval(x, c->client_id);
    else if (!may)
        refuse_consent(x, c, 90094);
    else if (x->tenant->consent == TENANT_CONSENT_REFUSED || str_eq(answer, STR("cancel")))
        refuse_consent(x, c, 65004);
    else {
        give(x, c);
        tell_success(x, c);
    }
}

void consent_handle(struct exchange *x, struct str tenant, enum consent_form form)
{
    struct consent c = {.form = form,
                        .client_id = param(x, "client_id"),
                        .redirect_uri = param(x, "redirect_uri"),
                        .state = param(x, "state"),
                        .scope = param(x, "scope"),
                        .tenant = param(x, "as")};
    bool may;
    if (!str_eq(x->q->method, STR("GET"))) {
        answer_page(x, 405, STR("This page is opened, not sent to."));
        return;
    }
    if (is_browser(x) && c.tenant.n == 0) {
        page_sign_in(x);
        return;
    }
    c.role = str_cut(&c.tenant, '@');
    if (c.role.n == 0) c.role = STR("global_admin");
    if (!find_tenant(x, &c, tenant) || !find_user(x, &c) || !find_app(x, &c) || !find_asked(x, &c) ||
        !may_grant(x, &c, &may))
        return;
    decide(x, &c, may);
}
