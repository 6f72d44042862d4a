#include "cloud/tenant/tenant.h"

const struct cause tenant_causes[TENANT_CAUSE_COUNT] = {
    [TENANT_BAD_ID] = {"tenant.bad_id", ERR_INPUT, "the tenant id is not a GUID",
                       "Paste the \"Directory (tenant) ID\" from the app's overview page in Entra."},
    [TENANT_BAD_CLIENT_ID] = {"tenant.bad_client_id", ERR_INPUT, "the client id is not an app's GUID",
                              "Paste the \"Application (client) ID\" from the app's overview page in Entra."},
    [TENANT_BAD_SECRET] = {"tenant.bad_secret", ERR_INPUT, "the client secret cannot be one",
                           "Give the secret's value alone, as plain text, from a file or on standard input."},
    [TENANT_SECRET_IS_ID] =
        {"tenant.secret_is_id", ERR_INPUT, "this looks like the secret's id, not its value",
         "Paste the secret's value; if it is lost, make a new secret in the app's registration in Entra."},
    [TENANT_PLACEHOLDER] = {"tenant.placeholder", ERR_INPUT, "a placeholder was left in",
                            "Put the real value where the placeholder stands, without its brackets."},
    [TENANT_BAD_NAME] = {"tenant.bad_name", ERR_INPUT, "a name cannot be used",
                         "Choose a name of 1 to 127 bytes, on one line, that is not a GUID."},
    [TENANT_NO_SUCH] = {"tenant.no_such", ERR_INPUT, "there is no such tenant",
                        "See which there are: portcullis tenant list."},
    [TENANT_NO_ORG] = {"tenant.no_org", ERR_INPUT, "there is no such organization",
                       "See which there are: portcullis org list; add one: portcullis org add NAME."},
    [TENANT_EXISTS] = {"tenant.exists", ERR_INPUT, "the tenant is there already",
                       "See it: portcullis tenant show TENANT; change it: portcullis tenant set TENANT."},
    [TENANT_AMBIGUOUS] = {"tenant.ambiguous", ERR_INPUT, "several tenants have that name",
                          "Give the tenant's id: portcullis tenant list shows it."},
    [TENANT_NO_CLOUD] = {"tenant.no_cloud", ERR_INPUT, "there is no such cloud",
                         "Choose one of global, gcc, gcc-high, dod, china."},
    [TENANT_BAD_URL] = {"tenant.bad_url", ERR_INPUT, "the address of a server cannot be used",
                        "Give an address such as https://graph.microsoft.com; http is for this machine alone."},
    [TENANT_BAD_VERSION] = {"tenant.bad_version", ERR_INPUT, "the API has no such version",
                            "Choose one of those in the message, or leave it out for the usual one."},
    [TENANT_IDS_SWAPPED] =
        {"tenant.ids_swapped", ERR_INPUT, "the tenant's id and the application's seem to have changed places",
         "On the app's overview page in Entra, \"Directory (tenant) ID\" is the tenant's and \"Application (client) "
         "ID\" the application's."},
    [APP_BAD_NAME] = {"app.bad_name", ERR_INPUT, "an app's name cannot be used",
                      "Choose a name of 1 to 127 bytes, on one line, without a comma, that is not a GUID."},
    [APP_BAD_BUNDLE] =
        {"app.bad_bundle", ERR_INPUT, "there is no such set of permissions",
         "Name sets as docs/credentials.md lists them, parted by commas; none: the app is for everything."},
    [APP_EXISTS] = {"app.exists", ERR_INPUT, "there is such an app already",
                    "See it: portcullis app list; choose another name, or use the one that is there."},
    [APP_NO_SUCH] = {"app.no_such", ERR_INPUT, "there is no such app", "See which there are: portcullis app list."},
    [APP_AMBIGUOUS] = {"app.ambiguous", ERR_INPUT, "several apps have that client id",
                       "Give the app's name: portcullis app list shows it."},
    [APP_IN_USE] = {"app.in_use", ERR_INPUT, "tenants still use the app",
                    "Give them another app first: portcullis tenant set TENANT --apps NAME."},
    [APP_NOT_THERE] = {"app.not_there", ERR_INPUT, "the tenant does not use that app",
                       "See which it uses: portcullis tenant show TENANT."},
    [APP_LAST] = {"app.last", ERR_INPUT, "the tenant would be left without an app",
                  "Give it another app first, or remove the tenant: portcullis tenant remove TENANT."},
    [APP_NOT_OWN] = {"app.not_own", ERR_INPUT, "the tenant has no app of its own",
                     "Its apps are the account's: change those with portcullis app set and portcullis app rotate."},
    [APP_NO_APP] = {"app.none", ERR_INPUT, "no app was given for the tenant",
                    "Give --client-id with a secret or certificate, or --apps with the account's apps, or both."},
    [APP_BAD_EXPIRY] =
        {"app.bad_expiry", ERR_INPUT, "the end of a secret cannot be this",
         "Give the date Entra shows beside the secret, e.g. 2027-03-31, or how long it lasts, e.g. 180d."},
    [APP_BAD_CERTIFICATE] =
        {"app.bad_certificate", ERR_INPUT, "the certificate cannot be used",
         "Give one PEM file that holds an RSA private key without a passphrase, and the certificate made for it."},
    [APP_CERTIFICATE_OVER] = {"app.certificate_over", ERR_INPUT, "the certificate is over, or has not begun",
                              "Give a certificate that is valid now, or have one made here: --make-certificate."},
    [PROXY_BAD_PATTERN] = {"proxy.bad_pattern", ERR_INPUT, "this does not say which destinations are meant",
                           "Write a host (login.microsoftonline.com), all below one (*.microsoft.com) or *, each "
                           "perhaps with a port (:443)."},
    [PROXY_BAD_ADDRESS] = {"proxy.bad_address", ERR_INPUT, "this is no address of a proxy",
                           "Write http://host:port, https://host:port, socks5h://host:port or direct; name and "
                           "password go to --user and --password-file."},
    [PROXY_BAD_LOGIN] = {"proxy.bad_login", ERR_INPUT, "nobody can log in to a proxy with this",
                         "Give --user NAME and --password-file FILE, or neither."},
    [PROXY_NO_RULE] = {"proxy.no_rule", ERR_INPUT, "there is no such proxy rule there",
                       "See which there are: portcullis proxy list. A rule is removed where it was set: with --tenant "
                       "or --org if it is theirs."},
    [APP_EXPIRING] =
        {"app.credential_expiring", ERR_INPUT, "an app's credential ends soon",
         "Make a new one in Entra, under the app's Certificates & secrets, then: portcullis app rotate APP "
         "--secret-file FILE --expires DATE. The old one goes on until the new one has proved itself."},
    [APP_EXPIRED] = {"app.credential_expired", ERR_AUTH, "an app's credential has ended",
                     "Make a new one in Entra, under the app's Certificates & secrets, then: portcullis app rotate APP "
                     "--secret-file FILE --expires DATE."},
    [APP_END_UNKNOWN] = {"app.credential_end_unknown", ERR_INPUT, "nobody knows when a secret ends",
                         "Tell it, with the date Entra shows beside the secret: portcullis app set APP --expires DATE; "
                         "or grant the app "
                         "Application.Read.All in its home tenant, then it is read there."},
    [APP_SWITCHED] =
        {"app.credential_switched", ERR_INPUT, "an app goes on with its other credential",
         "See docs/credentials.md: find out in Entra why the first was refused, and add a new second one."},
    [APP_REFUSED] =
        {"app.refused", ERR_AUTH, "the credential that several tenants share is refused",
         "Make a new one in Entra, under the app's Certificates & secrets, and give its value: portcullis app rotate "
         "APP --secret-file FILE. Until then nothing can be read or done at the tenants that the message names."},
    [APP_ACCEPTED] = {"app.accepted", ERR_INPUT, "the credential that was refused is accepted again", "Nothing to do."},
    [APP_NOTHING_NEXT] = {"app.nothing_next", ERR_INPUT, "there is no credential to change to",
                          "Give one: --secret-file FILE, --certificate-file FILE or --make-certificate."},
    [APP_NOT_PROVED] = {"app.not_proved", ERR_AUTH, "the new credential did not prove itself",
                        "The old one stays in force. Do what the message says, then try the same one again: portcullis "
                        "app rotate APP."},
    [SETTING_UNKNOWN] = {"setting.unknown", ERR_INPUT, "there is no such setting",
                         "See which there are: portcullis settings show, or docs/settings.md."},
    [SETTING_BAD_VALUE] = {"setting.bad_value", ERR_INPUT, "the setting cannot have this value",
                           "Give one of those that the message names; nothing was changed."},
    [SETTING_BAD_LEVEL] = {"setting.bad_level", ERR_INPUT, "the setting cannot be set at this level",
                           "Leave out --tenant and --org to set it for the whole account."},
    [SETTING_NOT_SET] = {"setting.not_set", ERR_INPUT, "there is nothing to take back at this level",
                         "See where the value comes from: portcullis settings show."},
    [SETTING_NEEDS_ENDPOINT] = {"setting.needs_endpoint", ERR_INPUT,
                                "remediation cannot be on where Defender for Endpoint is off",
                                "Switch it on first: portcullis settings set endpoint on (--tenant T or --org O, where "
                                "portcullis settings show says that it is off)."},
    [TENANT_HAS_OPEN] = {"tenant.has_open", ERR_INPUT, "devices of it are isolated by us, or actions are not over",
                         "Release them first: portcullis device release TENANT DEVICE, and wait until portcullis "
                         "response list shows none open; or remove it with --abandon, which leaves them as they are."},
    [TENANT_ENDPOINT_NEEDED] =
        {"tenant.endpoint_needed", ERR_INPUT,
         "devices are isolated by us, or actions are not over, where Endpoint would be off",
         "Without Endpoint nobody here can release or watch them. Release them first: portcullis device release "
         "TENANT DEVICE; or say --abandon (settings set, settings unset), which leaves them as they are."},
    [TENANT_FORMER] = {"tenant.former", ERR_INPUT, "it was another organization's here",
                       "Somebody who is not limited to organizations has to add it, who knows whose it is now."},
    [TENANT_ORG_IN_USE] = {"tenant.org_in_use", ERR_INPUT, "the organization still has tenants",
                           "Move them (portcullis tenant move TENANT --org OTHER) or remove them first."},
};
