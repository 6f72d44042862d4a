#include "face/api/login/auth.h"

const struct cause auth_causes[AUTH_CAUSE_COUNT] = {
    [AUTH_NEEDED] = {"auth.needed", ERR_AUTH, "nobody is logged in, or the session has ended",
                     "Log in, or send an API token: Authorization: Bearer pct_… (docs/people.md)."},
    [AUTH_WRONG] =
        {"auth.wrong", ERR_AUTH, "name, password or code is not right",
         "Try again. An owner gives a new password with portcullis user passwd, and takes a lost second factor off "
         "with portcullis user totp-off."},
    [AUTH_CODE_NEEDED] =
        {"auth.code_needed", ERR_AUTH, "this account has a second factor",
         "Log in with the six digits of the authenticator app, or one of the recovery codes, beside the "
         "password."},
    [AUTH_THROTTLED] =
        {"auth.throttled", ERR_RETRY, "too many wrong logins",
         "Wait as long as the message says. Sessions and API tokens that are there go on working, and so does "
         "the command line on the machine itself."},
    [AUTH_BUSY] = {"auth.busy", ERR_RETRY, "more people log in at once than can be looked at",
                   "Try again in a moment; if it goes on, somebody floods the login: see portcullis audit list."},
    [AUTH_BAD_TOKEN] =
        {"auth.bad_token", ERR_AUTH, "the API token is not valid",
         "It may be mistyped, expired or revoked, or its owner is gone: portcullis token list; make a new one with "
         "portcullis token add."},
    [AUTH_CSRF] =
        {"auth.csrf", ERR_AUTH, "a change without the session's own token",
         "Send the csrf_token that the login gave in the header X-CSRF-Token. If you did not expect this, another page "
         "tried to act in your name; nothing was changed."},
    [AUTH_ORIGIN] =
        {"auth.origin", ERR_AUTH, "the request comes from another site's page",
         "Nothing was changed. If it was our own page: public_url in portcullis.yaml has to be the address that "
         "people type."},
    [AUTH_ENROL_FIRST] = {"auth.enrol_first", ERR_AUTH, "this role needs a second factor, and you have none yet",
                          "Set one up first: me totp-enrol, then me totp-confirm (docs/people.md)."},
    [AUTH_WEAK_PASSWORD] = {"auth.weak_password", ERR_INPUT, "the password is too easy to guess",
                            "Take at least 12 characters that are in no list; four random words are good."},
    [AUTH_LAST_OWNER] =
        {"auth.last_owner", ERR_INPUT, "somebody has to be owner of everything",
         "Make another person owner of all organizations first: portcullis user set NAME --role owner."},
    [AUTH_NO_PERSON] =
        {"auth.no_person", ERR_INPUT, "this is for a person who is logged in",
         "The command line and API tokens have no password and no second factor of their own: use portcullis user "
         "set, passwd or totp-off."},
    [AUTH_NOT_ENROLLING] = {"auth.not_enrolling", ERR_INPUT, "no second factor waits to be confirmed",
                            "Begin with: me totp-enrol."},
    [AUTH_WRONG_CODE] =
        {"auth.wrong_code", ERR_INPUT, "the code is not right, or was used already",
         "Type the six digits that the app shows now; check the clock of the phone. A code works once."},
    [AUTH_TOKEN_TOO_MUCH] = {"auth.token_too_much", ERR_INPUT, "an API token may not do more than whoever makes it",
                             "Give it your role or a lower one, and organizations of yours."},
    [AUTH_OIDC_OFF] = {"auth.oidc_off", ERR_INPUT, "there is no single sign-on here",
                       "Set it up: portcullis oidc set --help."},
    [AUTH_OIDC_PROVIDER] =
        {"auth.oidc_provider", ERR_RETRY, "the identity provider did not answer as it should",
         "See the message; check the issuer (portcullis oidc show) and whether this machine reaches it."},
    [AUTH_OIDC_STATE] = {"auth.oidc_state", ERR_AUTH, "this sign-in was not begun here, or too long ago",
                         "Begin it again from our own login page, in one browser, within ten minutes."},
    [AUTH_OIDC_TOKEN] = {"auth.oidc_token", ERR_AUTH, "what the identity provider says of the person does not hold",
                         "See the message: issuer, client id and this machine's clock have to fit the provider's."},
    [AUTH_OIDC_NO_ROLE] =
        {"auth.oidc_no_role", ERR_AUTH, "no rule gives this person a role here",
         "An owner adds one: portcullis oidc rule-add; the message has the claims that were looked at."},
    [AUTH_OIDC_NAME_TAKEN] =
        {"auth.oidc_name_taken", ERR_AUTH, "there is another person of that name here",
         "If it is the same person: portcullis user set NAME --subject SUBJECT, with the subject in the "
         "message."},
};

int auth_status(const struct cause *c)
{
    static const int statuses[AUTH_CAUSE_COUNT] = {
        [AUTH_NEEDED] = 401,        [AUTH_WRONG] = 401,         [AUTH_CODE_NEEDED] = 401,
        [AUTH_THROTTLED] = 429,     [AUTH_BUSY] = 503,          [AUTH_BAD_TOKEN] = 401,
        [AUTH_CSRF] = 403,          [AUTH_ORIGIN] = 403,        [AUTH_ENROL_FIRST] = 403,
        [AUTH_WEAK_PASSWORD] = 400, [AUTH_LAST_OWNER] = 409,    [AUTH_NO_PERSON] = 400,
        [AUTH_NOT_ENROLLING] = 409, [AUTH_WRONG_CODE] = 400,    [AUTH_TOKEN_TOO_MUCH] = 403,
        [AUTH_OIDC_OFF] = 404,      [AUTH_OIDC_PROVIDER] = 502, [AUTH_OIDC_STATE] = 400,
        [AUTH_OIDC_TOKEN] = 401,    [AUTH_OIDC_NO_ROLE] = 403,  [AUTH_OIDC_NAME_TAKEN] = 403,
    };
    return c >= auth_causes && c < auth_causes + AUTH_CAUSE_COUNT ? statuses[c - auth_causes] : 0;
}
