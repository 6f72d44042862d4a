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
};
