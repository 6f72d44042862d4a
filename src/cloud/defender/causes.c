#include "cloud/defender/defender.h"

const struct cause defender_causes[DEFENDER_CAUSE_COUNT] = {
    [DEFENDER_SECRET_WRONG] =
        {"defender.secret_wrong", ERR_AUTH, "the client secret is not valid",
         "Give the secret's value, not its id (it is shown once, when it is made); if it is lost, make a new "
         "one in the app registration: portcullis tenant remove, then tenant add."},
    [DEFENDER_SECRET_EXPIRED] =
        {"defender.secret_expired", ERR_AUTH, "the client secret has expired",
         "Make a new secret in the app registration and give it to Portcullis: portcullis tenant remove, "
         "then tenant add; what was read so far is kept."},
    [DEFENDER_APP_UNKNOWN] =
        {"defender.app_unknown", ERR_AUTH, "the application is not known in this tenant",
         "Check the client id and the tenant id; for a multi-tenant app, have an administrator of the tenant "
         "consent to it (this takes some minutes to show)."},
    [DEFENDER_APP_DISABLED] = {"defender.app_disabled", ERR_AUTH, "the application is disabled in this tenant",
                               "Enable it in the tenant's Entra admin center, Enterprise applications, Properties."},
    [DEFENDER_NO_CONSENT] =
        {"defender.no_consent", ERR_AUTH, "nobody has consented to the application in this tenant",
         "Have an administrator of the tenant grant admin consent to the app (this takes some minutes to show)."},
    [DEFENDER_TENANT_UNKNOWN] = {"defender.tenant_unknown", ERR_AUTH, "there is no such tenant in this cloud",
                                 "Check the tenant id (Entra admin center, Overview) and the tenant's cloud setting."},
    [DEFENDER_OTHER_CLOUD] = {"defender.other_cloud", ERR_AUTH, "the tenant lives in another Microsoft cloud",
                              "Add the tenant anew with the right --cloud (global, gcc, gcc-high, dod)."},
    [DEFENDER_NO_SERVICE] =
        {"defender.no_service", ERR_AUTH, "the tenant does not have the service that was asked for",
         "Check that the tenant has a Defender licence and that Defender was opened once in its portal; add the API "
         "to the app's permissions if it is missing there."},
    [DEFENDER_POLICY_BLOCKS] =
        {"defender.policy_blocks", ERR_AUTH, "a conditional access policy of the tenant blocks the application",
         "Have the tenant allow this machine's public address, or exclude the app, in Conditional Access."},
    [DEFENDER_LOGIN_LOOP] =
        {"defender.login_loop", ERR_RETRY, "the login service refuses repeated requests for some minutes",
         "Nothing to do if it passes; if it stays, look for another program that uses the same application."},
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
         "The permission is there: check the tenant's licence and that the feature in the message is switched on."},
    [DEFENDER_TOKEN_REFUSED] =
        {"defender.token_refused", ERR_RETRY, "Microsoft does not accept a token it gave us just now",
         "Check that the hosts set for this tenant belong to its cloud; usually it passes by itself."},
    [DEFENDER_THROTTLED] =
        {"defender.throttled", ERR_RETRY, "Microsoft asks us to slow down",
         "Nothing to do: the call is made again. If it stays, other tools use up this tenant's quota."},
    [DEFENDER_QUERY_TOO_HEAVY] =
        {"defender.query_too_heavy", ERR_LIMIT, "the query took more of the tenant's resources than allowed",
         "Nothing to do: the window is halved. If it stays at the smallest, look at the table's volume."},
    [DEFENDER_RESULT_TOO_LARGE] = {"defender.result_too_large", ERR_LIMIT,
                                   "the query's result is larger than Microsoft gives",
                                   "Nothing to do: less is asked for at once."},
    [DEFENDER_BAD_QUERY] = {"defender.bad_query", ERR_INPUT, "Microsoft did not understand the request",
                            "Report it with the message: the request was ours."},
    [DEFENDER_NO_TABLE] =
        {"defender.no_table", ERR_AUTH, "the tenant does not have this table or column",
         "The tenant's licence does not include it: switch the feed off, or have the licence extended."},
    [DEFENDER_PAGE_TOO_LARGE] = {"defender.page_too_large", ERR_LIMIT,
                                 "we asked for more items at once than Microsoft gives",
                                 "Nothing to do: smaller pages are asked for."},
    [DEFENDER_NOT_FOUND] = {"defender.not_found", ERR_INPUT, "Microsoft has no such thing",
                            "Check the host set for this tenant; for machines it means that none was seen of late."},
    [DEFENDER_NO_HOST] =
        {"defender.no_host", ERR_AUTH, "no address is known for this API",
         "The tenant's cloud publishes none: if there is one all the same, add the tenant with --siem-url ADDRESS "
         "(--endpoint-url, --graph-url)."},
    [DEFENDER_SERVER] = {"defender.server", ERR_RETRY, "Microsoft's side has a passing fault",
                         "Nothing to do if it passes; if it stays, see Microsoft's service health."},
    [DEFENDER_FOREIGN_LINK] =
        {"defender.foreign_link", ERR_INPUT, "a link to the next page leads to a host that is not the tenant's",
         "Nothing was sent there. Check the hosts set for this tenant; report it with the message."},
    [DEFENDER_BAD_ANSWER] = {"defender.bad_answer", ERR_RETRY, "the answer is not what Microsoft sends",
                             "Check whether a proxy answers instead, and the hosts set for this tenant."},
};

enum error_scope defender_scope(const struct cause *c)
{
    static const struct cause *const of_one_api[] = {&defender_causes[DEFENDER_NO_SERVICE],
                                                     &defender_causes[DEFENDER_NO_HOST]};
    for (size_t i = 0; i < sizeof of_one_api / sizeof *of_one_api; i++)
        if (of_one_api[i] == c) return SCOPE_API;
    bool is_of_login = c >= &defender_causes[DEFENDER_SECRET_WRONG] && c <= &defender_causes[DEFENDER_WRONG_TENANT];
    return is_of_login ? SCOPE_TENANT : SCOPE_CALL;
}
