/* portcullis.yaml: one const row per setting (name, type, unit, default, bounds, help); the loader, `--help` and
 * docs/settings.md all come from that table. Unknown keys, wrong types and values out of bounds are refused with line and
 * column, and the nearest known name is offered for a typo. */
#ifndef STATE_CONF_CONF_H
#define STATE_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/fs.h"

enum { CONF_PATH_BYTES = 512, CONF_URL_BYTES = 256 };

struct conf {
    char data_dir[CONF_PATH_BYTES]; /* absolute, or relative to the file's folder; holds store, log, lake, spool */
    char key_file[CONF_PATH_BYTES];
    char mappings_dir[CONF_PATH_BYTES]; /* a user's overriding mapping files; empty: none */
    char ca_file[CONF_PATH_BYTES];      /* extra trusted CA, PEM; empty: the system's alone */
    char login_url[CONF_URL_BYTES];     /* cloud end-points; empty: the tenant's cloud profile */
    char graph_url[CONF_URL_BYTES];
    char endpoint_url[CONF_URL_BYTES];
    char ocsf_version[16];
    char ocsf_classes[16];
    uint64_t spool_bytes_max;
    int64_t log_keep_ms;
    uint64_t lake_file_bytes; /* useful size of a lake file, compressed */
    int64_t lake_fold_ms;     /* fold at the latest after this */
    int64_t interval_alerts_ms, interval_hunting_ms, interval_machines_ms;
    int64_t lookback_alerts_ms, lookback_hunting_ms; /* first look-back of a new tenant */
    int64_t request_timeout_ms, request_stall_ms;    /* whole call; no byte for this long */
    int64_t hunting_share_percent;                   /* of the tenant's calls */
    int64_t requests_at_once;                        /* transfers in flight, all tenants */
};

/* Settings rows, for --help, docs and the loader. */
enum conf_type { CONF_TEXT, CONF_PATH, CONF_URL, CONF_BYTES, CONF_DURATION, CONF_COUNT_TYPE, CONF_CHOICE };
struct conf_setting {
    const char *name; /* dotted: "lake.fold_after" */
    enum conf_type type;
    const char *fallback; /* as written in the file */
    const char *bounds;   /* "1s..24h", "mission|best-fit"; NULL: none */
    const char *help;     /* one line */
    uint16_t offset;      /* in struct conf */
    uint16_t bytes;       /* of a text member */
};
extern const struct conf_setting conf_settings[];
extern const unsigned conf_setting_count;

void conf_defaults(struct conf *c);
/* `folder` resolves relative paths. Errors: CONF_*, with "name:line:column". */
bool conf_parse(struct str yaml, const char *name, const char *folder, struct conf *out, struct err *e);
bool conf_load(struct fs fs, const char *path, struct conf *out, struct err *e);

enum { CONF_MISSING, CONF_BAD_YAML, CONF_UNKNOWN_SETTING, CONF_BAD_VALUE, CONF_CAUSE_COUNT };
extern const struct cause conf_causes[];

#endif
