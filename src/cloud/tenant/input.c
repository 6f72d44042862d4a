/* What people paste, checked: each fault is named by what it most likely is. */
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "state/store/apps.h"
#include "state/store/tenants.h"

enum { SECRET_BYTES_MAX = 1024, SHOWN_MAX = 60 };

/* ---- placeholders */

static struct str between(struct str s, const char *open, const char *close)
{
    size_t from = str_find(s, str_of(open), 0);
    size_t to = from == SIZE_MAX ? SIZE_MAX : str_find(s, str_of(close), from);
    return to == SIZE_MAX ? STR_NONE : str_sub(s, from, to + strlen(close) - from);
}

/* "<tenant-id>", "{tenant}", and as a browser writes them; empty: none. */
static struct str placeholder_in(struct str s)
{
    static const char *const brackets[][2] = {{"<", ">"}, {"{", "}"}, {"%3C", "%3E"}, {"%3c", "%3e"}, {"%7B", "%7D"}};
    for (size_t i = 0; i < sizeof brackets / sizeof brackets[0]; i++) {
        struct str found = between(s, brackets[i][0], brackets[i][1]);
        if (found.n) return found;
    }
    return STR_NONE;
}

static bool is_placeholder(struct str s)
{
    const struct str zeros = STR("00000000-0000-0000-0000-000000000000");
    bool is_variable = s.n > 1 && s.p[0] == '$';
    return is_variable || str_eq(s, zeros) || (s.n && placeholder_in(s).n == s.n);
}

static bool refuse_placeholder(const char *what, struct str shown, struct err *e)
{
    return err_set(e, &tenant_causes[TENANT_PLACEHOLDER], "%s is still the placeholder %.*s", what,
                   STR_ARG(str_sub(shown, 0, SHOWN_MAX)));
}

/* ---- names and ids */

/* Characters that a terminal or a page does not show, but obeys: escapes of a terminal, line ends, the direction of writing (a name that
 * reads as another's). The joiners U+200C and U+200D belong to scripts. */
static bool holds_unseen(struct str s)
{
    static const struct {
        const char *lead;
        unsigned char from, to; /* of the last byte */
    } ranges[] = {{"", 0x00, 0x1f},         {"", 0x7f, 0x7f},         {"\xc2", 0x80, 0x9f},
                  {"\xe2\x80", 0x8b, 0x8b}, {"\xe2\x80", 0x8e, 0x8f}, {"\xe2\x80", 0xa8, 0xae},
                  {"\xe2\x81", 0xa0, 0xa9}, {"\xef\xbb", 0xbf, 0xbf}};
    for (size_t i = 0; i < s.n; i++)
        for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
            struct str lead = str_of(ranges[r].lead), rest = str_sub(s, i, s.n - i);
            unsigned char last = rest.n > lead.n ? (unsigned char)rest.p[lead.n] : ' ';
            if (str_starts(rest, lead) && last >= ranges[r].from && last <= ranges[r].to) return true;
        }
    return false;
}

bool input_name(const char *text, const char *what, char out[NAME_BYTES], struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_NAME];
    struct str s = str_trim(str_of(text));
    if (s.n == 0) return err_set(e, bad, "%s is empty", what);
    if (is_placeholder(s)) return refuse_placeholder(what, s, e);
    if (s.n >= NAME_BYTES) return err_set(e, bad, "%s is longer than %d bytes", what, NAME_BYTES - 1);
    if (str_is_guid(s)) return err_set(e, bad, "%s is a GUID: it would be taken for an id", what);
    if (holds_unseen(s)) return err_set(e, bad, "%s holds a control character, or one that is not seen", what);
    return str_copy(s, out, NAME_BYTES) || err_set(e, bad, "%s cannot be a name", what);
}

bool input_guid(const char *text, const char *what, const struct cause *bad, char out[GUID_BYTES], struct err *e)
{
    struct str s = str_trim(str_of(text));
    bool is_braced = s.n == 38 && s.p[0] == '{' && s.p[37] == '}'; /* as the registry and PowerShell write it */
    if (is_braced && str_is_guid(str_sub(s, 1, 36))) s = str_sub(s, 1, 36);
    if (s.n == 0) return err_set(e, bad, "%s is missing", what);
    if (is_placeholder(s)) return refuse_placeholder(what, s, e);
    if (str_find(s, STR("."), 0) != SIZE_MAX)
        return err_set(e, bad, "%s looks like a domain name, and the GUID is needed", what);
    if (!str_is_guid(s)) return err_set(e, bad, "%s is not a GUID: 8-4-4-4-12 hex digits, 36 characters", what);
    for (size_t i = 0; i < 36; i++) out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] + 32 : s.p[i]);
    out[36] = '\0';
    return true;
}

bool input_tenant_id(const char *text, char out[GUID_BYTES], struct err *e)
{
    return input_guid(text, "the tenant id", &tenant_causes[TENANT_BAD_ID], out, e);
}

bool input_client_id(const char *text, const char *tenant_id, char out[GUID_BYTES], struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_CLIENT_ID];
    if (!input_guid(text, "the client id", bad, out, e)) return false;
    return strcmp(tenant_id, out) != 0 ||
           err_set(e, bad, "the client id is the tenant id: one of them was pasted twice");
}

bool input_cloud(const char *text, char *out, size_t out_size, struct err *e)
{
    struct str s = str_trim(str_of(text));
    const struct cloud_profile *cloud = cloud_find(s.n ? s : STR("global"));
    if (cloud == NULL) return err_set(e, &tenant_causes[TENANT_NO_CLOUD], "there is no cloud \"%.40s\"", text);
    return str_copy(str_of(cloud->name), out, out_size);
}

/* ---- what a tenant may have otherwise than its cloud */

static bool input_url(struct str s, const char *what, char out[HOST_BYTES], struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_URL];
    struct str left = placeholder_in(s);
    if (left.n) return refuse_placeholder(what, left, e);
    const char *fault = conf_url_fault(s);
    while (str_ends(s, STR("/"))) s.n--;
    if (fault) return err_set(e, bad, "%s: %s", what, fault);
    if (str_find(s, STR("/oauth2/"), 0) != SIZE_MAX)
        return err_set(e, bad, "%s: this is the address of tokens, which goes to --token-url", what);
    return str_copy(s, out, HOST_BYTES) || err_set(e, bad, "%s is longer than %d bytes", what, HOST_BYTES - 1);
}

/* The first part of the path: whose tokens are asked for. */
static struct str directory_of(struct str url)
{
    size_t host = str_find(url, STR("://"), 0), slash = str_find(url, STR("/"), host + 3);
    struct str rest = str_sub(url, slash == SIZE_MAX ? url.n : slash + 1, SIZE_MAX);
    return str_cut(&rest, '/');
}

static bool input_directory(struct str part, const struct tenant_record *r, struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_URL];
    struct str left = placeholder_in(part);
    if (left.n && !str_eq(part, STR(TENANT_IN_URL)))
        return err_set(
            e, &tenant_causes[TENANT_PLACEHOLDER],
            "the token address still holds the placeholder %.*s: the tenant's id belongs there, or " TENANT_IN_URL,
            STR_ARG(str_sub(left, 0, SHOWN_MAX)));
    if (!str_is_guid(part) || str_eq_nocase(part, str_of(r->tenant_id))) return true;
    if (str_eq_nocase(part, str_of(r->client_id)))
        return err_set(e, bad, "the token address holds the application's id: the tenant's id belongs there");
    return err_set(e, bad, "the token address is another tenant's: %.*s", STR_ARG(part));
}

static bool input_token_url(struct str s, const struct tenant_record *r, char out[HOST_BYTES], struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_URL];
    const char *fault = conf_url_fault(s);
    if (fault) return err_set(e, bad, "the token address: %s", fault);
    if (!input_directory(directory_of(s), r, e)) return false;
    if (!str_ends(s, STR("/oauth2/v2.0/token")) && !str_ends(s, STR("/oauth2/token")))
        return err_set(e, bad, "the token address ends neither in /oauth2/v2.0/token nor in /oauth2/token");
    return str_copy(s, out, HOST_BYTES) || err_set(e, bad, "the token address is longer than %d bytes", HOST_BYTES - 1);
}

/* A URL or an app's GUID; people paste the scope, which has a tail. */
static bool input_audience(struct str s, const char *what, char out[HOST_BYTES], struct err *e)
{
    const struct str tail = STR("/.default");
    for (size_t before = s.n + 1; s.n < before;) {
        before = s.n;
        while (str_ends(s, STR("/"))) s.n--;
        if (str_ends(s, tail)) s.n -= tail.n;
    }
    return str_is_guid(s) ? str_copy(s, out, HOST_BYTES) : input_url(s, what, out, e);
}

static bool input_version(struct str s, enum tenant_override which, char out[HOST_BYTES], struct err *e)
{
    const struct api_row *row = api_rows;
    while (row->version != which) row++;
    while (str_starts(s, STR("/"))) s = str_sub(s, 1, SIZE_MAX);
    for (size_t i = 0; row->versions[i]; i++)
        if (str_eq_nocase(s, str_of(row->versions[i]))) return str_copy(str_of(row->versions[i]), out, HOST_BYTES);
    return err_set(e, &tenant_causes[TENANT_BAD_VERSION], "%s has no version \"%.*s\", but %s and %s", row->name,
                   STR_ARG(str_sub(s, 0, SHOWN_MAX)), row->versions[0], row->versions[1]);
}

const struct override_row override_rows[TENANT_OVERRIDES] = {
    [OVER_LOGIN_URL] = {"login_url", "the login address", OVERRIDE_URL},
    [OVER_TOKEN_URL] = {"token_url", "the token address", OVERRIDE_TOKEN_URL},
    [OVER_GRAPH_URL] = {"graph_url", "the Graph address", OVERRIDE_URL},
    [OVER_GRAPH_AUDIENCE] = {"graph_audience", "the Graph audience", OVERRIDE_AUDIENCE},
    [OVER_GRAPH_VERSION] = {"graph_version", "the Graph version", OVERRIDE_VERSION},
    [OVER_ENDPOINT_URL] = {"endpoint_url", "the Defender for Endpoint address", OVERRIDE_URL},
    [OVER_ENDPOINT_AUDIENCE] = {"endpoint_audience", "the Defender for Endpoint audience", OVERRIDE_AUDIENCE},
    [OVER_ENDPOINT_VERSION] = {"endpoint_version", "the Defender for Endpoint version", OVERRIDE_VERSION},
    [OVER_SIEM_URL] = {"siem_url", "the SIEM address", OVERRIDE_URL},
    [OVER_SIEM_AUDIENCE] = {"siem_audience", "the SIEM audience", OVERRIDE_AUDIENCE},
};

static struct str region_url(struct str s)
{
    for (const struct endpoint_region *r = endpoint_regions; r->name; r++)
        if (str_eq_nocase(s, str_of(r->name))) return str_of(r->url);
    return s;
}

bool input_override(const char *text, enum tenant_override which, struct tenant_record *r, struct err *e)
{
    const struct override_row *row = &override_rows[which];
    char value[HOST_BYTES] = "";
    struct str s = str_trim(str_of(text));
    bool ok = true;
    if (s.n == 0) {
        r->overrides[which][0] = '\0';
        return true;
    }
    if (which == OVER_ENDPOINT_URL) s = region_url(s);
    switch (row->kind) {
    case OVERRIDE_URL: ok = input_url(s, row->what, value, e); break;
    case OVERRIDE_TOKEN_URL: ok = input_token_url(s, r, value, e); break;
    case OVERRIDE_AUDIENCE: ok = input_audience(s, row->what, value, e); break;
    case OVERRIDE_VERSION: ok = input_version(s, which, value, e); break;
    }
    if (ok) memcpy(r->overrides[which], value, sizeof value);
    return ok;
}

/* ---- the whole */

bool input_tenant_name(const char *text, struct tenant_record *r, struct err *e)
{
    struct str s = str_trim(str_of(text));
    if (s.n && !str_eq_nocase(s, str_of(r->tenant_id))) return input_name(text, "the tenant's name", r->name, e);
    memcpy(r->name, r->tenant_id, sizeof r->tenant_id);
    return true;
}

bool input_record(const struct tenant_input *in, bool has_app, struct tenant_record *out, struct err *e)
{
    struct tenant_record r = {.is_enabled = true};
    if (!input_tenant_id(in->tenant_id, r.tenant_id, e) ||
        (has_app && !input_client_id(in->client_id, r.tenant_id, r.client_id, e)) ||
        !input_tenant_name(in->name, &r, e) || !input_cloud(in->cloud, r.cloud, sizeof r.cloud, e))
        return false;
    for (int i = 0; i < TENANT_OVERRIDES; i++)
        if (!input_override(in->overrides[i], (enum tenant_override)i, &r, e)) return false;
    *out = r;
    return true;
}

/* ---- the secret: no message shows any of it */

static const char *secret_fault(unsigned char c)
{
    if (c == '\n' || c == '\r') return "a line end";
    if (c == ' ' || c == '\t') return "a blank";
    return c < ' ' || c >= 0x7f ? "a character that no secret has" : NULL;
}

static bool is_quoted(struct str s)
{
    return s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'' || s.p[0] == '`') && s.p[s.n - 1] == s.p[0];
}

bool input_secret(struct str secret, struct str *out, struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_SECRET];
    const struct str byte_order_mark = STR("\xef\xbb\xbf"); /* Windows editors begin UTF-8 files with it */
    struct str s =
        str_trim(str_starts(secret, byte_order_mark) ? str_sub(secret, byte_order_mark.n, secret.n) : secret);
    if (s.n == 0) return err_set(e, bad, "the client secret is empty");
    if (str_starts(s, STR("\xff\xfe")) || str_starts(s, STR("\xfe\xff")) || memchr(s.p, '\0', s.n))
        return err_set(e, bad, "the client secret is not plain text: save its file as UTF-8, not UTF-16");
    if (str_starts(s, STR("-----BEGIN"))) return err_set(e, bad, "this is a certificate or a key, not a client secret");
    if (is_placeholder(s))
        return err_set(e, &tenant_causes[TENANT_PLACEHOLDER], "the client secret is still a placeholder");
    if (str_is_guid(s))
        return err_set(e, &tenant_causes[TENANT_SECRET_IS_ID], "this looks like the secret's id; paste its value");
    if (s.n > SECRET_BYTES_MAX) return err_set(e, bad, "the client secret is longer than %d bytes", SECRET_BYTES_MAX);
    if (is_quoted(s)) return err_set(e, bad, "the client secret stands in quotes");
    for (size_t i = 0; i < s.n; i++) {
        const char *fault = secret_fault((unsigned char)s.p[i]);
        if (fault) return err_set(e, bad, "the client secret holds %s in its middle, at character %zu", fault, i + 1);
    }
    *out = s;
    return true;
}

static bool check_app(const struct tenant *t, const struct app *app, struct err *e)
{
    char client_id[GUID_BYTES];
    struct str secret;
    if (!input_client_id(app->record.client_id, t->record.tenant_id, client_id, e)) return false;
    if (!app->has_active || app->credentials[0].record.kind != CREDENTIAL_SECRET) return true;
    return input_secret(secret_reveal(app->credentials[0].secret), &secret, e);
}

bool tenant_check_input(const struct tenant *t, struct err *e)
{
    char id[GUID_BYTES];
    bool ok = input_tenant_id(t->record.tenant_id, id, e);
    for (unsigned i = 0; ok && i < t->app_count; i++) ok = check_app(t, t->apps[i], e);
    return ok;
}
