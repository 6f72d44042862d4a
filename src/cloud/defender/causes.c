#include "cloud/defender/defender.h"

const struct cause defender_causes[DEFENDER_CAUSE_COUNT] = {
    [DEFENDER_SECRET_WRONG] = {"defender.secret_wrong", ERR_AUTH, "the client secret is not valid",
                               "Give the secret's value, not its id, of a secret of this very application: another "
                               "application's gives the same answer. It is shown once, when it is made; if it is lost, "
                               "make a new one and give it: portcullis tenant set TENANT --secret-file -."},
    [DEFENDER_SECRET_EXPIRED] =
        {"defender.secret_expired", ERR_AUTH, "the client secret has expired",
         "Make a new secret in the app registration and give it: portcullis tenant set TENANT --secret-file -."},
    [DEFENDER_NO_CREDENTIAL] = {"defender.no_credential", ERR_AUTH, "no credential was sent",
                                "The tenant's secret is empty or cannot be opened: give it anew: portcullis tenant set "
                                "TENANT --secret-file -."},
    [DEFENDER_CERTIFICATE_REFUSED] = {"defender.certificate_refused", ERR_AUTH, "the certificate is not accepted",
                                      "Upload this very certificate to the app registration (Certificates & secrets), "
                                      "check that the key belongs to it and that it has not expired."},
    [DEFENDER_ASSERTION_TIME] = {"defender.assertion_time", ERR_AUTH, "the signed login is outside its time",
                                 "Set this machine's clock (NTP): Microsoft takes a login signed by a clock minutes "
                                 "ahead or behind for an old or a future one."},
    [DEFENDER_APP_UNKNOWN] =
        {"defender.app_unknown", ERR_AUTH, "the application is not known in this tenant",
         "Check that client id and tenant id belong together and have not changed places; for a multi-tenant app, have "
         "an administrator of the tenant consent to it (this takes some minutes to show)."},
    [DEFENDER_APP_DISABLED] = {"defender.app_disabled", ERR_AUTH, "the application is disabled in this tenant",
                               "Enable it in the tenant's Entra admin center, Enterprise applications, Properties."},
    [DEFENDER_NO_CONSENT] = {"defender.no_consent", ERR_AUTH, "nobody has consented to the application in this tenant",
                             "Have an administrator of the tenant grant admin consent to the app (this takes some "
                             "minutes to show). If that was done, check "
                             "that the client id is this app's and not another one's."},
    [DEFENDER_TENANT_UNKNOWN] =
        {"defender.tenant_unknown", ERR_AUTH, "there is no such tenant in this cloud",
         "Check the tenant id (Entra admin center, Overview; not the client id) and the tenant's cloud."},
    [DEFENDER_TOKEN_URL] = {"defender.token_url", ERR_AUTH, "the token address names no tenant",
                            "The tenant's id, or {tenant}, belongs into the token address where common, organizations "
                            "or a placeholder stands: portcullis tenant set TENANT --token-url ADDRESS."},
    [DEFENDER_OTHER_CLOUD] =
        {"defender.other_cloud", ERR_AUTH, "the tenant lives in another Microsoft cloud",
         "Give the tenant its cloud (global, gcc, gcc-high, dod, china): portcullis tenant set TENANT --cloud CLOUD."},
    [DEFENDER_NO_LICENCE] = {"defender.no_licence", ERR_AUTH, "the tenant has no licence for this API",
                             "The tenant has not subscribed to the service behind it: get the Defender licence, or do "
                             "without what this API gives."},
    [DEFENDER_NO_SERVICE] = {"defender.no_service", ERR_AUTH, "the tenant does not know the API that was asked for",
                             "Check the tenant's cloud and audience, and that Defender was opened once in the tenant's "
                             "portal: that makes the service."},
    [DEFENDER_API_NOT_IN_APP] =
        {"defender.api_not_in_app", ERR_AUTH, "the application does not ask for this API",
         "Add permissions of this API to the app registration (API permissions) and grant admin consent."},
    [DEFENDER_BAD_AUDIENCE] =
        {"defender.bad_audience", ERR_AUTH, "the audience of the token that was asked for is malformed",
         "Correct or take back the audience set for this tenant (empty is the usual one): portcullis tenant set TENANT "
         "--graph-audience \"\" (--endpoint-audience, --siem-audience)."},
    [DEFENDER_POLICY_BLOCKS] =
        {"defender.policy_blocks", ERR_AUTH, "a conditional access policy of the tenant blocks the application",
         "Have the tenant allow this machine's public address, or exclude the app, in Conditional Access."},
    [DEFENDER_LOGIN_LOOP] =
        {"defender.login_loop", ERR_RETRY, "the login service refuses repeated requests for some minutes",
         "Nothing to do if it passes; if it stays, look for another program that uses the same application."},
    [DEFENDER_LOGIN_THROTTLED] =
        {"defender.login_throttled", ERR_RETRY, "the login service asks this tenant to slow down",
         "Nothing to do if it passes; if it stays, look for another program that logs in to this tenant very often."},
    [DEFENDER_LOGIN_REQUEST] = {"defender.login_request", ERR_AUTH, "the login service did not understand the request",
                                "If a token address is set for this tenant, check it, and whether a proxy changes "
                                "requests; else report it with the message: the request was ours."},
    [DEFENDER_LOGIN_REFUSED] =
        {"defender.login_refused", ERR_AUTH, "the login service refused the application",
         "Look the AADSTS code of the message up at https://login.microsoftonline.com/error and check tenant id, "
         "client id, secret and cloud."},
    [DEFENDER_LOGIN_DOWN] = {"defender.login_down", ERR_RETRY, "the login service has a passing fault or is busy",
                             "Nothing to do if it passes; if it stays, see Microsoft's service health."},
    [DEFENDER_WRONG_TENANT] = {"defender.wrong_tenant", ERR_AUTH, "the token that came back is for another tenant",
                               "Check login_url and the tenant id; nothing is sent with a token of another tenant."},
    [DEFENDER_ROLE_MISSING] =
        {"defender.role_missing", ERR_AUTH, "the application lacks a permission in this tenant",
         "Add the application permission named in the message to the app registration and grant admin consent; "
         "it holds from the next token on."},
    [DEFENDER_FORBIDDEN] =
        {"defender.forbidden", ERR_AUTH, "Microsoft does not allow this for this tenant",
         "The permission is there: check the tenant's licence, and that Defender still manages the tenant."},
    [DEFENDER_FEATURE_OFF] = {"defender.feature_off", ERR_AUTH, "the feature is switched off in this tenant",
                              "Switch it on in the tenant's Defender portal (Settings, Endpoints, Advanced features)."},
    [DEFENDER_DISALLOWED] = {"defender.disallowed", ERR_AUTH, "Microsoft does not allow this operation here",
                             "Read the reason in the message; it is the device's or the tenant's settings that forbid "
                             "it, not the permission."},
    [DEFENDER_API_RETIRED] = {"defender.api_retired", ERR_AUTH, "Microsoft has switched this older API off",
                              "Grant the application the Graph permission that takes its place "
                              "(ThreatHunting.Read.All, SecurityAlert.Read.All)."},
    [DEFENDER_TOKEN_REFUSED] =
        {"defender.token_refused", ERR_RETRY, "Microsoft does not accept a token it gave us just now",
         "Check that the hosts set for this tenant belong to its cloud; usually it passes by itself."},
    [DEFENDER_THROTTLED] =
        {"defender.throttled", ERR_RETRY, "Microsoft asks us to slow down",
         "Nothing to do: the call is made again. If it stays, other tools use up this tenant's quota."},
    [DEFENDER_CALLS_QUOTA] = {"defender.calls_quota", ERR_RETRY, "the tenant's quota of calls is used up",
                              "Nothing to do: the call is made again when the quota named in the message has room. If "
                              "it stays, other tools use the same quota."},
    [DEFENDER_CPU_QUOTA] = {"defender.cpu_quota", ERR_RETRY, "the tenant's share of hunting time is used up",
                            "Nothing to do: it is refilled each quarter of an hour. People who hunt in the portal "
                            "share it; lower the setting hunting.share if they lack it."},
    [DEFENDER_QUERY_TOO_HEAVY] =
        {"defender.query_too_heavy", ERR_LIMIT, "the query took more of the tenant's resources than allowed",
         "Nothing to do: the window is halved. If it stays at the smallest, look at the table's volume."},
    [DEFENDER_RESULT_TOO_LARGE] = {"defender.result_too_large", ERR_LIMIT,
                                   "the query's result is larger than Microsoft gives",
                                   "Nothing to do: less is asked for at once."},
    [DEFENDER_BAD_QUERY] = {"defender.bad_query", ERR_INPUT, "Microsoft did not understand the request",
                            "Report it with the message: the request was ours."},
    [DEFENDER_BAD_BODY] = {"defender.bad_body", ERR_INPUT, "Microsoft did not accept the form of what was sent",
                           "Report it with the message: the request was ours."},
    [DEFENDER_BAD_VALUE] = {"defender.bad_value", ERR_INPUT, "Microsoft did not accept a value that was sent",
                            "Correct the value named in the message (a hash, an address, a name, a choice)."},
    [DEFENDER_NO_TABLE] =
        {"defender.no_table", ERR_AUTH, "the tenant does not have this table or column",
         "The tenant's licence does not include it: switch the feed off, or have the licence extended."},
    [DEFENDER_PAGE_TOO_LARGE] = {"defender.page_too_large", ERR_LIMIT,
                                 "we asked for more items at once than Microsoft gives",
                                 "Nothing to do: smaller pages are asked for."},
    [DEFENDER_BATCH_TOO_LARGE] = {"defender.batch_too_large", ERR_LIMIT, "we sent more at once than Microsoft takes",
                                  "Send less at once; the message says how many are allowed."},
    [DEFENDER_ACTION_RUNNING] = {"defender.action_running", ERR_RETRY, "the same action is under way on this device",
                                 "Nothing to do: wait for the one that runs; its outcome is the answer."},
    [DEFENDER_ACTION_OVER] = {"defender.action_over", ERR_INPUT, "the machine action is over and cannot be cancelled",
                              "Look at how it ended: portcullis response show NUMBER. What it did is undone by its "
                              "opposite (release, unrestrict)."},
    [DEFENDER_OS_UNSUPPORTED] = {"defender.os_unsupported", ERR_INPUT,
                                 "the device's operating system does not support this action",
                                 "Act on this device in another way: the action does not exist for its system."},
    [DEFENDER_SENSOR_OLD] = {"defender.sensor_old", ERR_INPUT, "the device's Defender is too old for this action",
                             "Update Defender on the device; until then act on it in another way."},
    [DEFENDER_NOT_FOUND] = {"defender.not_found", ERR_INPUT, "Microsoft has no such thing",
                            "Check the host set for this tenant; for machines it means that none was seen of late."},
    [DEFENDER_ENDPOINT_OFF] = {"defender.endpoint_off", ERR_AUTH,
                               "Defender for Endpoint is switched off for this tenant",
                               "If it is to be used: portcullis settings set endpoint on --tenant TENANT."},
    [DEFENDER_OUTDATED] = {"defender.outdated", ERR_RETRY, "the tenant was changed before this was asked",
                           "Nothing to do: it is asked again, the way that holds now."},
    [DEFENDER_NO_HOST] = {"defender.no_host", ERR_AUTH, "no address is known for this API",
                          "The tenant's cloud publishes none: if there is one all the same, give it: portcullis tenant "
                          "set TENANT --siem-url "
                          "ADDRESS (--endpoint-url, --graph-url)."},
    [DEFENDER_SERVER] = {"defender.server", ERR_RETRY, "Microsoft's side has a passing fault",
                         "Nothing to do if it passes; if it stays, see Microsoft's service health."},
    [DEFENDER_PARTIAL] = {"defender.partial", ERR_RETRY, "the answer lacks the part of a product that failed",
                          "Nothing to do if it passes; what was missing comes with a later answer. If it stays, see "
                          "Microsoft's service health."},
    [DEFENDER_FOREIGN_LINK] =
        {"defender.foreign_link", ERR_INPUT, "a link to the next page leads to a host that is not the tenant's",
         "Nothing was sent there. Check the hosts set for this tenant; report it with the message."},
    [DEFENDER_CLOCK] =
        {"defender.clock", ERR_INPUT, "this machine's clock and Microsoft's differ by minutes",
         "Set this machine's clock (NTP): times of events, certificates' logins and waiting times are judged by it."},
    [DEFENDER_BAD_ANSWER] = {"defender.bad_answer", ERR_RETRY, "the answer is not what Microsoft sends",
                             "Check whether a proxy answers instead, and the hosts set for this tenant."},
};

enum error_scope defender_scope(const struct cause *c)
{
    static const struct {
        int cause;
        enum error_scope scope;
    } rows[] = {
        {DEFENDER_NO_LICENCE, SCOPE_API},   {DEFENDER_NO_SERVICE, SCOPE_API},     {DEFENDER_API_NOT_IN_APP, SCOPE_API},
        {DEFENDER_BAD_AUDIENCE, SCOPE_API}, {DEFENDER_API_RETIRED, SCOPE_API},    {DEFENDER_NO_HOST, SCOPE_API},
        {DEFENDER_THROTTLED, SCOPE_FAMILY}, {DEFENDER_CALLS_QUOTA, SCOPE_FAMILY}, {DEFENDER_CPU_QUOTA, SCOPE_FAMILY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (c == &defender_causes[rows[i].cause]) return rows[i].scope;
    bool is_of_login = c >= &defender_causes[DEFENDER_SECRET_WRONG] && c <= &defender_causes[DEFENDER_WRONG_TENANT];
    return is_of_login ? SCOPE_TENANT : SCOPE_CALL;
}
