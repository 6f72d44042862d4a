/* portcullis.yaml: one const row per setting (name, type, unit, default, bounds, help); the loader, `--help` and
 * docs/settings.md all come from that table. Unknown keys, wrong types and values out of bounds are refused with line and
 * column, and the nearest known name is offered for a typo. No setting is a secret: secrets live in the store. */
#ifndef STATE_CONF_CONF_H
#define STATE_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/fs.h"

enum { CONF_NAME_BYTES = 64, CONF_PATH_BYTES = 512, CONF_URL_BYTES = 256 };

struct conf {
    char data_dir[CONF_PATH_BYTES]; /* holds store, log, lake, spool; paths are resolved against the file's folder */
    char key_file[CONF_PATH_BYTES];
    char key_credential[CONF_NAME_BYTES]; /* instead: a systemd credential's name; empty: none */
    char key_command[CONF_PATH_BYTES];    /* instead: a program that prints it; empty: none */
    char mappings_dir[CONF_PATH_BYTES];   /* a user's overriding mapping files; empty: none */
    char policy_file[CONF_PATH_BYTES];    /* a user's policy; empty: the built-in one */
    char ca_file[CONF_PATH_BYTES];        /* extra trusted CA, PEM; empty: the system's alone */
    char listen[CONF_URL_BYTES];          /* of the API and pages: "127.0.0.1:7717"; "off": none */
    char tls_certificate[CONF_PATH_BYTES], tls_key[CONF_PATH_BYTES]; /* of the listener, PEM; empty: plain HTTP */
    char public_url[CONF_URL_BYTES]; /* how people reach the listener; empty: by its own address */
    char login_url[CONF_URL_BYTES];  /* cloud end-points, no slash at the end; empty: the tenant's cloud profile */
    char graph_url[CONF_URL_BYTES];
    char endpoint_url[CONF_URL_BYTES];
    char siem_url[CONF_URL_BYTES];
    char ocsf_version[16];
    char ocsf_classes[16];
    char ocsf_raw_data[8];
    uint64_t spool_bytes_max;
    int64_t log_keep_ms;
    uint64_t lake_file_bytes; /* useful size of a lake file, compressed */
    int64_t lake_fold_ms;     /* fold at the latest after this */
    int64_t interval_alerts_ms, interval_hunting_ms, interval_machines_ms, interval_test_ms;
    int64_t lookback_alerts_ms, lookback_hunting_ms; /* first look-back of a new tenant */
    int64_t request_timeout_ms, request_stall_ms;    /* whole call; no byte for this long */
    int64_t hunting_calls_per_minute;                /* what Microsoft grants a tenant */
    int64_t hunting_share_percent;                   /* of the tenant's calls */
    int64_t requests_at_once;                        /* transfers in flight, all tenants */
};

/* Settings rows, for --help, docs and the loader. */
enum conf_type { CONF_PATH, CONF_NAME, CONF_URL, CONF_LISTEN, CONF_CHOICE, CONF_BYTES, CONF_DURATION, CONF_NUMBER };
struct conf_setting {
    const char *name; /* dotted: "lake.fold_after" is fold_after below lake */
    enum conf_type type;
    const char *fallback; /* as written in the file; "": none */
    const char *bounds;   /* "1s..24h", "mission|best-fit"; NULL: none */
    const char *help;     /* one line */
    uint16_t offset;      /* in struct conf */
    uint16_t bytes;       /* of the member */
};
extern const struct conf_setting conf_settings[];
extern const unsigned conf_setting_count;

void conf_defaults(struct conf *c); /* paths not yet resolved */
/* `folder` resolves relative paths; empty settings keep their default. Errors: YAML_*, CONF_*, with "name:line:column". */
bool conf_parse(struct str yaml, const char *name, const char *folder, struct conf *out, struct err *e);
bool conf_load(struct fs fs, const char *path, struct conf *out,
               struct err *e);                /* CONF_MISSING when there is no file */
void conf_describe(struct buf *markdown_out); /* docs/settings.md, from the rows */

/* What is wrong with the address of a server (static text), or NULL: https, or http to this machine alone; a host, perhaps
 * a port and a path; no user name, query or fragment. */
const char *conf_url_fault(struct str url);
/* Likewise of what is listened on: "127.0.0.1:7717", "[::]:443", "portcullis.example:443", "off". */
const char *conf_listen_fault(struct str address);
bool conf_reaches_this_machine(struct str host); /* in whatever form: 127.1, 0, [::ffff:127.0.0.1] too */
bool conf_is_loopback(struct str host);          /* "localhost", "127.0.0.1", "[::1]" */
struct str conf_listen_host(struct str address); /* "[::1]" of "[::1]:443" */

enum { CONF_MISSING, CONF_UNKNOWN_SETTING, CONF_BAD_VALUE, CONF_CAUSE_COUNT };
extern const struct cause conf_causes[CONF_CAUSE_COUNT];

#endif
