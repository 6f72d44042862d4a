/* Every AADSTS code the twin knows: section 3 of the reference. Where status or error are open, variants decide. */
#include "twin/login/login_errors.h"

#include <stdio.h>
#include <string.h>

#include "twin/login/login_int.h"

/* What fills the %s of a text when the request itself does not say: a rule of the scenario asked for the code. */
#define APP "@app"
#define TENANT "@tenant"
#define GRAPH "https://graph.microsoft.com"

/* clang-format off */
static const struct login_error {
    unsigned code;
    int status;
    bool has_page; /* the lookup page knows it: error_uri is sent */
    const char *error, *usual, *text; /* text may hold one %s: the detail, else `usual` */
} login_errors[] = {
    /* the credential */
    {7000215, 401, true, "invalid_client", APP, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'."},
    {7000222, 401, true, "invalid_client", APP, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."},
    {7000218, 401, true, "invalid_client", NULL, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
    {7000216, 401, true, "invalid_client", NULL, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
    {700027, 401, true, "invalid_client", "The key was not found.", "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - %s]"},
    {700030, 401, true, "invalid_client", "CN=unknown", "Invalid certificate - subject name in certificate is not authorized. SubjectNames/SubjectAlternativeNames (up to 10) in token certificate are: %s."},
    {50012, 401, true, "invalid_client", "The chain of the signing certificate could not be validated.", "Authentication failed. %s"},
    {500133, 401, true, "invalid_client", "", "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.%s"},
    {50013, 400, true, "invalid_grant", "The assertion is malformed.", "Assertion failed validation. [Reason - %s]"},
    {50048, 401, true, "invalid_client", NULL, "Subject must match Issuer claim in the client assertion."},
    /* the application and consent to it */
    {700016, 400, true, "unauthorized_client", APP, "Application with identifier '%s' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."},
    {7000229, 401, false, "invalid_client", APP, "The client application %s is missing service principal in the tenant. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119."},
    {7000112, 400, true, "unauthorized_client", APP, "Application '%s' is disabled."},
    {70001, 400, true, "unauthorized_client", APP, "The application named '%s' is disabled or was not found in the tenant."},
    {65001, 400, true, "invalid_grant", APP, "The user or administrator has not consented to use the application with ID '%s'. Send an interactive authorization request for this user and resource."},
    {50020, 400, true, "invalid_request", "", "User account from identity provider '%s' does not exist in this tenant and cannot access the application there. Sign out and sign in again with an account of the tenant."},
    {65004, 400, true, "consent_required", NULL, "User declined to consent to access the app."},
    {90094, 400, true, "consent_required", APP, "The application '%s' needs permissions that only an administrator with a higher role can grant. Please ask one to grant them."},
    {50011, 400, true, "invalid_request", "", "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."},
    /* the resource */
    {650052, 400, true, "invalid_client", GRAPH, "The app is trying to access a service '%s' that your organization lacks a service principal for: it has not subscribed to it or not enabled it. Contact your IT Admin to review the configuration of your service subscriptions."},
    {650057, 400, true, "invalid_resource", GRAPH, "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Resource value from request: %s."},
    {500011, 400, true, "invalid_resource", GRAPH, "The resource principal named %s was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."},
    {70011, 400, true, "invalid_scope", "openid", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid."},
    {1002012, 400, true, "invalid_scope", "openid", "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."},
    {700022, 400, true, "invalid_scope", NULL, "The provided value for the input parameter 'scope' is not valid because it contains more than one resource."},
    /* the tenant */
    {90002, 400, true, "invalid_tenant", TENANT, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."},
    {900023, 400, true, "invalid_request", TENANT, "Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain."},
    {90038, 400, true, "invalid_request", TENANT, "The specified tenant '%s' belongs to another national cloud. Make the request against the login end-point of that cloud."},
    {900382, 400, true, "invalid_request", NULL, "Confidential Client is not supported in Cross Cloud request."},
    {900432, 400, true, "invalid_request", NULL, "Confidential Client is not supported in Cross Cloud request."},
    {9001023, 400, true, "invalid_request", NULL, "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."},
    {50194, 400, true, "invalid_request", APP, "Application '%s' is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."},
    {50059, 400, true, "invalid_request", NULL, "No tenant-identifying information found in either the request or implied by any provided credentials."},
    /* the request */
    {70003, 400, true, "unsupported_grant_type", "password", "The app requested an unsupported grant type '%s'."},
    {900144, 400, true, "invalid_request", "grant_type", "The request body must contain the following parameter: '%s'."},
    {900561, 400, true, "invalid_request", "GET", "The endpoint only accepts POST requests. Received a %s request."},
    {901002, 400, true, "invalid_request", NULL, "The 'resource' request parameter is not supported."},
    /* policies, limits, and what passes */
    {50196, 400, true, "invalid_grant", APP, "The server terminated an operation because it encountered a client request loop. Please contact your app vendor: '%s'."},
    {53003, 400, true, "invalid_grant", NULL, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
    {530032, 400, false, "invalid_grant", NULL, "Access has been blocked by Conditional Access policies: a security policy that is defined on this tenant."},
    {90055, 429, true, "temporarily_unavailable", NULL, "There are too many incoming requests of this tenant."},
    {50000, 500, true, "server_error", NULL, "There was an error issuing a token or an issue with our sign-in service."},
    {50033, 503, true, "temporarily_unavailable", NULL, "A transient error has occurred. Please try again."},
    {90006, 503, true, "temporarily_unavailable", NULL, "An external server answered with an error that may pass. Please try again."},
    {90012, 503, true, "temporarily_unavailable", NULL, "The request timed out."},
    {90024, 503, true, "temporarily_unavailable", NULL, "The request's budget was exceeded by a transient error. Please try again."},
    {90033, 503, true, "temporarily_unavailable", NULL, "A transient error has occurred. Please try again."},
    {90090, 503, true, "temporarily_unavailable", NULL, "The service is temporarily unavailable. Please try again."},
};
/* clang-format on */
static const struct login_error *find_error(unsigned code)
{
    for (size_t i = 0; i < sizeof login_errors / sizeof login_errors[0]; i++)
        if (login_errors[i].code == code) return &login_errors[i];
    return NULL;
}

bool login_knows_error(unsigned code)
{
    return find_error(code) != NULL;
}

void login_headers(struct exchange *x)
{
    answer_header(x, "Cache-Control", "no-store, no-cache");
    answer_header(x, "Pragma", "no-cache");
    answer_header(x, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    answer_header(x, "X-Content-Type-Options", "nosniff");
    answer_header(x, "x-ms-request-id", "%s", x->request_id);
    answer_header(x, "x-ms-ests-server", "2.1.19568.3 - TWIN ProdSlices");
}

/* `text` with its %s, if any, replaced. */
static void print_text(struct buf *out, const char *text, const char *detail)
{
    const char *place = strstr(text, "%s");
    if (place == NULL) {
        buf_add_str(out, str_of(text));
        return;
    }
    buf_add(out, text, (size_t)(place - text));
    buf_add_str(out, str_of(detail));
    buf_add_str(out, str_of(place + 2));
}

static const char *usual_detail(const struct exchange *x, const char *usual)
{
    if (usual == NULL) return "";
    if (strcmp(usual, APP) == 0) return x->tenant ? x->tenant->app.client_id : "";
    if (strcmp(usual, TENANT) == 0) return x->tenant ? x->tenant->world.tenant_id : "";
    return usual;
}

/* 2026-01-02 03:04:05Z */
static int error_time(const struct exchange *x, char out[WALL_TEXT_BYTES])
{
    int n = wall_format_digits(x->clock, 0, out);
    out[10] = ' ';
    return n;
}

void login_error_text(struct exchange *x, unsigned code, const char *detail, struct buf *out)
{
    const struct login_error *row = find_error(code);
    bool has_lines = variant_is(exchange_variants(x), VARIANT_LOGIN_TRAILER, "crlf");
    const char *gap = has_lines ? "\r\n" : " ";
    char time[WALL_TEXT_BYTES];
    (void)error_time(x, time);
    buf_addf(out, "AADSTS%u: ", code);
    print_text(out, row->text, detail ? detail : usual_detail(x, row->usual));
    buf_addf(out, "%sTrace ID: %s%sCorrelation ID: %s%sTimestamp: %s", gap, x->request_id, gap, x->correlation_id, gap,
             time);
}

static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

/* What conditional access may add. */
static void write_suberror(struct exchange *x, unsigned code, struct json_writer *w)
{
    bool is_policy = code == 53003 || code == 530032;
    if (!is_policy || !variant_is(exchange_variants(x), VARIANT_LOGIN_SUBERROR, "sent")) return;
    member(w, "suberror", "message_only");
    member(
        w, "claims",
        "{\"access_token\":{\"capolids\":{\"essential\":true,\"values\":[\"00000000-0000-0000-0000-000000000000\"]}}}");
}

static void write_error(struct exchange *x, const struct login_error *row, const char *error, const char *detail,
                        struct buf *out)
{
    char time[WALL_TEXT_BYTES], page[80];
    struct json_writer w;
    struct buf text;
    (void)error_time(x, time);
    buf_init(&text, 8192);
    login_error_text(x, row->code, detail, &text);
    json_writer_init(&w, out);
    json_object_begin(&w);
    member(&w, "error", error);
    json_key(&w, "error_description");
    json_write_str(&w, buf_str(&text));
    json_key(&w, "error_codes");
    json_array_begin(&w);
    json_write_u64(&w, row->code);
    json_array_end(&w);
    member(&w, "timestamp", time);
    member(&w, "trace_id", x->request_id);
    member(&w, "correlation_id", x->correlation_id);
    (void)snprintf(page, sizeof page, "https://login.microsoftonline.com/error?code=%u", row->code);
    if (row->has_page) member(&w, "error_uri", page);
    write_suberror(x, row->code, &w);
    json_object_end(&w);
    buf_done(&text);
}

bool login_refuse(struct exchange *x, unsigned code, const char *detail)
{
    enum { RETRY_AFTER_S = 30 };
    const struct login_error *row = find_error(code);
    INVARIANT(row != NULL);
    const char *error = row->error;
    int status = row->status;
    struct buf out;
    (void)variant_login(exchange_variants(x), code, &status, &error);
    buf_init(&out, 16384);
    write_error(x, row, error, detail, &out);
    login_headers(x);
    bool passes = status == 429 || status >= 500;
    if (passes && variant_is(exchange_variants(x), VARIANT_LOGIN_RETRY_AFTER, "sent"))
        answer_header(x, "Retry-After", "%d", RETRY_AFTER_S);
    answer_bytes(x, status, "application/json; charset=utf-8", &out);
    if (x->tenant) x->tenant->stats[FAMILY_LOGIN].refused++;
    return false;
}

bool login_refuse_str(struct exchange *x, unsigned code, struct str detail)
{
    char text[256];
    bool fits = str_copy(str_sub(detail, 0, sizeof text - 1), text, sizeof text);
    return login_refuse(x, code, fits ? text : "?");
}
