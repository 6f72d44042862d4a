/* What a browser is shown on the way to consent: the sign-in, the permissions that are asked for, or that somebody else must be
 * asked. Plain forms, so that a test's browser goes the way an administrator's does. */
#include "twin/login/login_int.h"

static const char style[] =
    "<style>body{font:16px sans-serif;max-width:30em;margin:4em auto}li{margin:.3em 0}button{margin-right:1em}</style>";

void page_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char *entity = text.p[i] == '<'   ? "&lt;"
                             : text.p[i] == '>' ? "&gt;"
                             : text.p[i] == '&' ? "&amp;"
                             : text.p[i] == '"' ? "&quot;"
                                                : NULL;
        if (entity)
            buf_add_str(out, str_of(entity));
        else
            buf_add_char(out, text.p[i]);
    }
}

void page_answer(struct exchange *x, int status, struct buf *html)
{
    login_headers(x);
    answer_bytes(x, status, "text/html; charset=utf-8", html);
}

static void begin(struct buf *out, const char *title)
{
    buf_init(out, 256 << 10);
    buf_addf(out, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>%s<h1>%s</h1>", title,
             style, title);
}

/* What came with the link goes on with the form; who signs in and what she answers, the form says itself. */
static void hidden(const struct exchange *x, struct buf *out, bool with_user)
{
    for (unsigned i = 0; i < x->q->param_count; i++) {
        const struct cloud_param *p = &x->q->params[i];
        bool is_user = str_eq(p->name, STR("as"));
        if (str_eq(p->name, STR("answer")) || (is_user && !with_user)) continue;
        buf_add_str(out, STR("<input type=\"hidden\" name=\""));
        page_text(out, p->name);
        buf_add_str(out, STR("\" value=\""));
        page_text(out, p->value);
        buf_add_str(out, STR("\">"));
    }
}

void page_sign_in(struct exchange *x)
{
    struct buf out;
    begin(&out, "Sign in to your account");
    buf_add_str(&out, STR("<form method=\"get\">"));
    hidden(x, &out, false);
    buf_add_str(&out,
                STR("<p><label>Account <input name=\"as\" size=\"50\" placeholder=\"global_admin@the tenant's domain\" "
                    "autofocus></label><p><label>Password <input type=\"password\"></label>"
                    "<p><button id=\"next\">Next</button></form>"));
    page_answer(x, 200, &out);
}

static void answers(struct exchange *x, struct buf *out, bool may)
{
    buf_add_str(out, STR("<form method=\"get\">"));
    hidden(x, out, true);
    if (may)
        buf_add_str(out, STR("<button id=\"accept\" name=\"answer\" value=\"accept\">Accept</button>"
                             "<button id=\"cancel\" name=\"answer\" value=\"cancel\">Cancel</button></form>"));
    else
        buf_add_str(out, STR("<button id=\"back\" name=\"answer\" value=\"accept\">"
                             "Return to the application without granting consent</button></form>"));
}

void page_permissions(struct exchange *x, struct str client_id, role_set asked)
{
    struct buf out;
    begin(&out, "Permissions requested");
    buf_add_str(&out, STR("<p>Review for your organization <b>"));
    page_text(&out, str_of(x->tenant->world.domain));
    buf_add_str(&out, STR("</b><p>Application <code>"));
    page_text(&out, client_id);
    buf_add_str(&out, STR("</code> would like to:<ul>"));
    for (unsigned i = 0; i < role_count; i++)
        if (asked >> i & 1)
            buf_addf(&out, "<li class=\"permission\">%s (%s)</li>", role_rows[i].name, api_rows[role_rows[i].api].name);
    buf_add_str(&out, STR("</ul>"));
    answers(x, &out, true);
    page_answer(x, 200, &out);
}

void page_need_approval(struct exchange *x, struct str client_id)
{
    struct buf out;
    begin(&out, "Need admin approval");
    buf_add_str(&out, STR("<p id=\"why\">AADSTS90094: <code>"));
    page_text(&out, client_id);
    buf_add_str(&out, STR("</code> needs permission to access resources in your organization that only an admin with a "
                          "higher role can grant.</p>"));
    answers(x, &out, false);
    page_answer(x, 200, &out);
}
