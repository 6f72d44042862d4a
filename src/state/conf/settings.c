/* The table of settings, and their defaults and description as they come from it. */
#include <stddef.h>

#include "state/conf/conf_int.h"

#define MEMBER(m) (uint16_t) offsetof(struct conf, m), (uint16_t)sizeof(((struct conf *)0)->m)

/* clang-format off */
const struct conf_setting conf_settings[] = {
    {"data_dir", CONF_PATH, "data", NULL, "folder of store, log, lake and spool", MEMBER(data_dir)},
    {"key_file", CONF_PATH, "portcullis.key", NULL, "the key that secrets are sealed under; keep a copy elsewhere", MEMBER(key_file)},
    {"key_credential", CONF_NAME, "", NULL, "instead of key_file: the name of a systemd credential that holds the key (LoadCredentialEncrypted= in the unit)", MEMBER(key_credential)},
    {"key_command", CONF_PATH, "", NULL, "instead of key_file: a program that prints the key on its first line, run without arguments at the start", MEMBER(key_command)},
    {"mappings_dir", CONF_PATH, "", NULL, "your own mapping files: each replaces the built-in one of the same source; loaded anew when they change", MEMBER(mappings_dir)},
    {"policy_file", CONF_PATH, "", NULL, "your own policy of automatic response (docs/policy.md), instead of the built-in one; its lists lie beside it; loaded anew when it or a list changes", MEMBER(policy_file)},
    {"ca_file", CONF_PATH, "", NULL, "PEM file of a further trusted CA, beside the system's", MEMBER(ca_file)},
    {"listen", CONF_LISTEN, "127.0.0.1:7717", NULL, "where the API and the pages are served: host:port, or off; anything but this machine alone needs tls", MEMBER(listen)},
    {"tls.certificate", CONF_PATH, "", NULL, "PEM file of the listener's certificate and those above it; loaded anew when it changes", MEMBER(tls_certificate)},
    {"tls.key", CONF_PATH, "", NULL, "PEM file of the key that belongs to it", MEMBER(tls_key)},
    {"public_url", CONF_URL, "", NULL, "how people reach the listener, for links and redirects; default: its own address", MEMBER(public_url)},
    {"cloud.login_url", CONF_URL, "", NULL, "Entra's token service for every tenant, instead of its cloud's", MEMBER(login_url)},
    {"cloud.graph_url", CONF_URL, "", NULL, "Microsoft Graph for every tenant, instead of its cloud's", MEMBER(graph_url)},
    {"cloud.endpoint_url", CONF_URL, "", NULL, "Defender for Endpoint for every tenant, instead of its cloud's", MEMBER(endpoint_url)},
    {"cloud.siem_url", CONF_URL, "", NULL, "the legacy SIEM API for every tenant; it has no host of its own in any cloud's profile", MEMBER(siem_url)},
    {"ocsf.version", CONF_CHOICE, "1.8.0", "1.8.0|1.3.0", "OCSF version of what is written", MEMBER(ocsf_version)},
    {"ocsf.classes", CONF_CHOICE, "mission", "mission|best-fit", "which classes events go to", MEMBER(ocsf_classes)},
    {"ocsf.raw_data", CONF_CHOICE, "no", "no|yes", "add each row itself to its events, as raw_data", MEMBER(ocsf_raw_data)},
    {"spool.bytes_max", CONF_BYTES, "2GiB", "64MiB..16TiB", "disk that answers on their way in may take", MEMBER(spool_bytes_max)},
    {"log.keep", CONF_DURATION, "30d", "1h..3650d", "how long rows stay in the log, to be mapped again", MEMBER(log_keep_ms)},
    {"lake.file_bytes", CONF_BYTES, "8MiB", "4KiB..4GiB", "useful size of a lake file, compressed", MEMBER(lake_file_bytes)},
    {"lake.fold_after", CONF_DURATION, "10m", "100ms..24h", "rows reach the lake after this at the latest", MEMBER(lake_fold_ms)},
    {"interval.alerts", CONF_DURATION, "60s", "100ms..24h", "how often alerts and incidents are asked for", MEMBER(interval_alerts_ms)},
    {"interval.hunting", CONF_DURATION, "5m", "100ms..24h", "how often hunting tables are asked for", MEMBER(interval_hunting_ms)},
    {"interval.machines", CONF_DURATION, "15m", "100ms..24h", "how often machines are asked for", MEMBER(interval_machines_ms)},
    {"interval.test", CONF_DURATION, "1h", "1s..24h", "how often each tenant's connection is tested lightly; every 24th time, in full", MEMBER(interval_test_ms)},
    {"lookback.alerts", CONF_DURATION, "30d", "0s..180d", "how far back a new tenant's alerts and incidents are read", MEMBER(lookback_alerts_ms)},
    {"lookback.hunting", CONF_DURATION, "24h", "0s..30d", "how far back a new tenant's hunting tables are read", MEMBER(lookback_hunting_ms)},
    {"request.timeout", CONF_DURATION, "5m", "1s..1h", "a whole call to Microsoft may take this long", MEMBER(request_timeout_ms)},
    {"request.stall", CONF_DURATION, "30s", "100ms..1h", "a call without a byte for this long is given up", MEMBER(request_stall_ms)},
    {"request.at_once", CONF_NUMBER, "64", "1..4096", "calls in flight, all tenants together", MEMBER(requests_at_once)},
    {"hunting.calls_per_minute", CONF_NUMBER, "45", "1..100000", "hunting calls a minute that Microsoft grants each tenant; 45 at least, more for large ones", MEMBER(hunting_calls_per_minute)},
    {"hunting.share", CONF_NUMBER, "50", "1..100", "per cent of a tenant's hunting calls and run time we may take", MEMBER(hunting_share_percent)},
};
/* clang-format on */
const unsigned conf_setting_count = sizeof conf_settings / sizeof conf_settings[0];

void conf_defaults(struct conf *c)
{
    char why[CONF_WHY_BYTES];
    *c = (struct conf){0};
    for (unsigned i = 0; i < conf_setting_count; i++)
        if (conf_settings[i].fallback[0])
            INVARIANT(conf_set(c, &conf_settings[i], str_of(conf_settings[i].fallback), why));
}

/* The bounds as a table cell: the bar of a choice would end it. */
static void add_bounds(struct buf *out, const char *bounds)
{
    for (const char *p = bounds ? bounds : ""; *p; p++) {
        if (*p == '|')
            buf_add_str(out, STR(" or "));
        else if (*p == '.' && p[1] == '.')
            buf_add_str(out, STR(" to ")), p++;
        else
            buf_add_char(out, *p);
    }
}

void conf_describe(struct buf *markdown_out)
{
    static const char *const types[] = {
        [CONF_PATH] = "path",     [CONF_NAME] = "name",  [CONF_URL] = "address",       [CONF_LISTEN] = "host:port",
        [CONF_CHOICE] = "choice", [CONF_BYTES] = "size", [CONF_DURATION] = "duration", [CONF_NUMBER] = "number"};
    buf_add_str(markdown_out,
                STR("# Settings: portcullis.yaml\n\n"
                    "A dot stands for a level: `lake.fold_after` is `fold_after` below `lake`. Paths are relative to "
                    "the folder of the file.\n"
                    "Durations: `500ms`, `30s`, `5m`, `6h`, `2d`. Sizes: a number of bytes, or with `KiB`, `MiB`, "
                    "`GiB`, `TiB`. Addresses: https, or\n"
                    "http to this machine alone. A setting left out or left empty has its default.\n\n"
                    "| setting | type | default | bounds | what it is |\n| --- | --- | --- | --- | --- |\n"));
    for (unsigned i = 0; i < conf_setting_count; i++) {
        const struct conf_setting *row = &conf_settings[i];
        buf_addf(markdown_out, "| `%s` | %s | %s%s%s | ", row->name, types[row->type], row->fallback[0] ? "`" : "",
                 row->fallback, row->fallback[0] ? "`" : "none");
        add_bounds(markdown_out, row->bounds);
        buf_addf(markdown_out, " | %s |\n", row->help);
    }
}
