#include "cloud/net/http.h"

/* All failures of the path to the other side heal without a restart once their cause is gone, and until then the message says
 * what to do. */
const struct cause net_causes[NET_CAUSE_COUNT] = {
    [NET_DNS] = {"net.dns", ERR_RETRY, "the host's name was not found",
                 "Check the host's name in the settings, and that this machine can resolve names (DNS, proxy)."},
    [NET_CONNECT] = {"net.connect", ERR_RETRY, "the host did not take the connection",
                     "Check that a firewall or proxy lets this machine reach the host and port in the message."},
    [NET_METADATA] = {"net.metadata", ERR_INPUT, "the address is one at which a cloud keeps a machine's credentials",
                      "No request goes to link-local addresses (169.254.0.0/16, fe80::/10). Correct the host or the "
                      "proxy; if the name is right, see what this machine's DNS answers to it."},
    [NET_TLS_REFUSED] =
        {"net.tls_refused", ERR_INPUT, "the host's certificate was not accepted",
         "If a proxy inspects TLS here, name its CA in the setting ca_file; else check this machine's clock and "
         "its ca-certificates package."},
    [NET_TIMEOUT] =
        {"net.timeout", ERR_RETRY, "the host did not finish in time",
         "Usually passes by itself. If it stays, check the network, or raise the request timeout in portcullis.yaml."},
    [NET_STALLED] = {"net.stalled", ERR_RETRY, "the host stopped sending in the middle",
                     "Usually passes by itself. If it stays, check the network and proxies on the way."},
    [NET_CUT] = {"net.cut", ERR_RETRY, "the connection ended before the answer did",
                 "Usually passes by itself. If it stays, check the network and proxies on the way."},
    [NET_TOO_LARGE] = {"net.too_large", ERR_LIMIT, "the answer is larger than we take",
                       "Ask for less at once; if this is an answer of Microsoft, report it with the message."},
    [NET_PLAIN_HTTP] = {"net.plain_http", ERR_INPUT, "plain HTTP is for this machine only (loopback)",
                        "Write https:// in the URL."},
    [NET_BAD_URL] = {"net.bad_url", ERR_INPUT, "this is not a URL we can call",
                     "Write it as https://host or https://host:port, without user name, password or blanks."},
    [NET_PROTOCOL] =
        {"net.protocol", ERR_RETRY, "the host did not answer in HTTP",
         "Check that host and port in the message are the right ones, and whether a proxy answers instead."},
    [NET_BAD_MAIL] =
        {"net.bad_mail", ERR_INPUT, "this mail cannot be sent as it is addressed",
         "Write the server as smtp://host:587 or smtps://host, and mailboxes as name@example.com, without a display "
         "name."},
    [NET_PROXY_UNREACHED] =
        {"net.proxy_unreached", ERR_RETRY, "the proxy was not reached",
         "Check the proxy's host and port (portcullis proxy list says which rule applies) and that it runs."},
    [NET_PROXY_LOGIN] = {"net.proxy_login", ERR_INPUT, "the proxy wants a login, or another one",
                         "Set the rule anew with --user and --password-file: portcullis proxy set."},
    [NET_PROXY_REFUSED] =
        {"net.proxy_refused", ERR_INPUT, "the proxy does not let us through to this host",
         "Have the host in the message allowed at the proxy (CONNECT to port 443), or make a rule that goes direct."},
    [NET_BIND] =
        {"net.bind", ERR_INPUT, "we cannot listen on this address",
         "Choose an address of this machine and a free port in the setting listen; ports below 1024 need a privilege."},
};
