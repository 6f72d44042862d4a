#include "cloud/tenant/onboarding.h"

#define NEW_LINK "Make a new link: portcullis tenant consent-url."

const struct cause onboarding_causes[ONBOARDING_CAUSE_COUNT] = {
    [ONBOARDING_STATE_MISSING] = {"onboarding.state_missing", ERR_INPUT, "an answer came without the link's state",
                                  "Open the link as it was sent, whole. " NEW_LINK},
    [ONBOARDING_STATE_FORGED] =
        {"onboarding.state_forged", ERR_INPUT, "the state of the link is not one we signed",
         "Open the link as it was sent, unchanged; if nobody here did, somebody is trying something: see "
         "portcullis audit list. " NEW_LINK},
    [ONBOARDING_OVER] = {"onboarding.expired", ERR_INPUT, "the link has expired", NEW_LINK},
    [ONBOARDING_REPLAYED] =
        {"onboarding.replayed", ERR_INPUT, "the link has been used already",
         "Nothing needs to be done if the tenant is there (portcullis onboarding list); else " NEW_LINK},
    [ONBOARDING_UNKNOWN] = {"onboarding.unknown", ERR_INPUT, "what the link was made for is not there any more",
                            NEW_LINK},
    [ONBOARDING_OTHER_TENANT] =
        {"onboarding.other_tenant", ERR_INPUT, "another tenant answered than the link was made for",
         "See it with portcullis onboarding list; take it with portcullis onboarding accept, or "
         "reject it. The administrator of the right tenant can still use the link."},
    [ONBOARDING_NO_TENANT] =
        {"onboarding.no_tenant", ERR_INPUT, "nothing says which tenant consented",
         "Give the tenant's id: portcullis tenant consent-url TENANT-ID; then a token is asked for until the "
         "consent shows."},
    [ONBOARDING_NO_CONSENT] = {"onboarding.no_consent", ERR_INPUT, "the answer says neither yes nor no",
                               "Open the link again and accept the permissions. " NEW_LINK},
    [ONBOARDING_DECLINED] = {"onboarding.declined", ERR_AUTH, "the administrator declined",
                             "The link still works: explain what the permissions are for and have it opened again."},
    [ONBOARDING_ROLE] =
        {"onboarding.role_too_low", ERR_AUTH, "who signed in may not grant these permissions",
         "Have a Privileged Role Administrator or Global Administrator of the tenant open the link; for an "
         "application that has permissions of Defender for Endpoint alone, an Application Administrator will do. The "
         "link "
         "still works."},
    [ONBOARDING_NO_SERVICE] =
        {"onboarding.no_service", ERR_AUTH, "the tenant lacks a service the application asks for",
         "Check the tenant's Defender licence, open security.microsoft.com there once so that the service is set up, "
         "then open the link again."},
    [ONBOARDING_APP_UNKNOWN] =
        {"onboarding.app_unknown", ERR_AUTH, "the tenant does not find the application",
         "Check the client id, that the registration is multi-tenant, and that it is in the same cloud as "
         "the tenant."},
    [ONBOARDING_REDIRECT] =
        {"onboarding.redirect", ERR_AUTH, "the registration does not know the address to come back to",
         "Add the redirect URI that the link names to the app's registration (Authentication, platform Web), "
         "letter by letter."},
    [ONBOARDING_POLICY] =
        {"onboarding.policy", ERR_AUTH, "a policy of the tenant forbids this consent",
         "The tenant's administrators decide: see Enterprise applications, Consent and permissions, and their "
         "conditional access."},
    [ONBOARDING_TEMPORARY] = {"onboarding.temporary", ERR_RETRY, "the sign-in service failed for the moment",
                              "Open the link again in a few minutes; it still works."},
    [ONBOARDING_ERROR] =
        {"onboarding.error", ERR_AUTH, "the sign-in service refused",
         "Look up the AADSTS number in the message at https://login.microsoftonline.com/error; the link still works."},
    [ONBOARDING_NEVER_SHOWN] =
        {"onboarding.never_shown", ERR_AUTH, "consent was reported and did not show within an hour",
         "Look in the tenant under Enterprise applications whether the application is there with its permissions "
         "granted, then: portcullis onboarding check ID; or have the link made and opened anew."},
    [ONBOARDING_HALF_SHOWN] =
        {"onboarding.half_shown", ERR_AUTH, "permissions of one API show, of the other none",
         "Check that the registration asks for permissions of both APIs as application permissions, then have "
         "consent given again with the v1 form, which grants the whole registration."},
    [ONBOARDING_NOT_QUARANTINED] = {"onboarding.not_quarantined", ERR_INPUT,
                                    "this onboarding does not wait for a decision",
                                    "See which do: portcullis onboarding list."},
    [ONBOARDING_NO_SUCH] = {"onboarding.no_such", ERR_INPUT, "there is no such onboarding",
                            "See which there are: portcullis onboarding list."},
    [ONBOARDING_ELSEWHERE] = {"onboarding.elsewhere", ERR_INPUT, "the tenant belongs to another organization here",
                              "Name that organization, or move the tenant first (portcullis tenant move)."},
};
