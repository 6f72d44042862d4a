/* What people paste, checked: each fault is named by what it most likely is. */
#include <string.h>

#include "cloud/tenant/tenant_int.h"

enum { SECRET_BYTES_MAX = 1024 };

static bool is_placeholder(struct str s)
{
    return s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>';
}

static bool refuse_placeholder(const char *what, struct err *e)
{
    return err_set(e, &tenant_causes[TENANT_PLACEHOLDER], "%s is still a placeholder in angle brackets", what);
}

bool input_name(const char *text, const char *what, char out[NAME_BYTES], struct err *e)
{
    const struct cause *bad = &tenant_causes[TENANT_BAD_NAME];
    struct str s = str_trim(str_of(text));
    if (s.n == 0) return err_set(e, bad, "%s is empty", what);
    if (is_placeholder(s)) return refuse_placeholder(what, e);
    if (s.n >= NAME_BYTES) return err_set(e, bad, "%s is longer than %d bytes", what, NAME_BYTES - 1);
    if (str_is_guid(s)) return err_set(e, bad, "%s is a GUID: it would be taken for an id", what);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) return err_set(e, bad, "%s holds a control character", what);
    return str_copy(s, out, NAME_BYTES) || err_set(e, bad, "%s cannot be a name", what);
}

static bool input_guid(const char *text, const char *what, const struct cause *bad, char out[GUID_BYTES], struct err *e)
{
    struct str s = str_trim(str_of(text));
    if (s.n == 38 && s.p[0] == '{' && s.p[37] == '}')
        s = str_sub(s, 1, 36); /* as the registry and PowerShell write it */
    if (s.n == 0) return err_set(e, bad, "%s is missing", what);
    if (is_placeholder(s)) return refuse_placeholder(what, e);
    if (str_find(s, STR("."), 0) != SIZE_MAX)
        return err_set(e, bad, "%s looks like a domain name, and the GUID is needed", what);
    if (!str_is_guid(s)) return err_set(e, bad, "%s is not a GUID: 8-4-4-4-12 hex digits, 36 characters", what);
    for (size_t i = 0; i < 36; i++) out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] + 32 : s.p[i]);
    out[36] = '\0';
    return true;
}

static bool input_url(const char *text, const char *what, char out[HOST_BYTES], struct err *e)
{
    struct str s = str_trim(str_of(text));
    if (s.n == 0) return true; /* not overridden */
    if (is_placeholder(s)) return refuse_placeholder(what, e);
    const char *fault = conf_url_fault(s);
    while (str_ends(s, STR("/"))) s.n--;
    if (fault) return err_set(e, &tenant_causes[TENANT_BAD_URL], "%s: %s", what, fault);
    return str_copy(s, out, HOST_BYTES) ||
           err_set(e, &tenant_causes[TENANT_BAD_URL], "%s is longer than %d bytes", what, HOST_BYTES - 1);
}

static bool input_cloud(const char *text, char *out, size_t out_size, struct err *e)
{
    struct str s = str_trim(str_of(text));
    const struct cloud_profile *cloud = cloud_find(s.n ? s : STR("global"));
    if (cloud == NULL) return err_set(e, &tenant_causes[TENANT_NO_CLOUD], "there is no cloud \"%.40s\"", text);
    return str_copy(str_of(cloud->name), out, out_size);
}

bool input_record(const struct tenant_input *in, struct tenant_record *out, struct err *e)
{
    struct tenant_record r = {.is_enabled = true};
    const struct cause *bad_client = &tenant_causes[TENANT_BAD_CLIENT_ID];
    if (!input_guid(in->tenant_id, "the tenant id", &tenant_causes[TENANT_BAD_ID], r.tenant_id, e) ||
        !input_guid(in->client_id, "the client id", bad_client, r.client_id, e))
        return false;
    if (strcmp(r.tenant_id, r.client_id) == 0)
        return err_set(e, bad_client, "the client id is the tenant id: one of them was pasted twice");
    bool is_named = str_trim(str_of(in->name)).n && !str_eq_nocase(str_trim(str_of(in->name)), str_of(r.tenant_id));
    if (!is_named) memcpy(r.name, r.tenant_id, sizeof r.tenant_id);
    if (is_named && !input_name(in->name, "the tenant's name", r.name, e)) return false;
    if (!input_cloud(in->cloud, r.cloud, sizeof r.cloud, e) ||
        !input_url(in->login_url, "the login address", r.login_url, e) ||
        !input_url(in->graph_url, "the Graph address", r.graph_url, e) ||
        !input_url(in->endpoint_url, "the Defender for Endpoint address", r.endpoint_url, e))
        return false;
    *out = r;
    return true;
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
    if (is_placeholder(s)) return refuse_placeholder("the client secret", e);
    if (str_is_guid(s))
        return err_set(e, &tenant_causes[TENANT_SECRET_IS_ID], "this looks like the secret's id; paste its value");
    if (s.n > SECRET_BYTES_MAX) return err_set(e, bad, "the client secret is longer than %d bytes", SECRET_BYTES_MAX);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
            return err_set(
                e, bad, "the client secret holds a blank, a line end or another character that no secret has (at %zu)",
                i + 1);
    *out = s;
    return true;
}
