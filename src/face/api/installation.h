/* One installation on disk, opened: settings, lock, key, store; and, for what moves rows, log, mappings and lake.
 *
 *   <folder>/portcullis.yaml   settings
 *   <folder>/portcullis.key    the master key (mode 0600)
 *   <data_dir>/store.db        durable state        <data_dir>/log/      the log in the middle
 *   <data_dir>/lake/           the lake             <data_dir>/spool/    answers on their way in; emptied at start
 *   <data_dir>/dead/           dead letters         <data_dir>/serve.sock  the running service's socket */
#ifndef FACE_API_INSTALLATION_H
#define FACE_API_INSTALLATION_H

#include "flow/sink/lake.h"
#include "kit/base/err.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"
#include "logic/ocsf/ocsf.h"
#include "state/conf/conf.h"
#include "state/log/log.h"
#include "state/store/store.h"

struct installation {
    struct conf conf;
    struct fs fs;
    struct clock clock;
    struct dir_lock *lock;
    struct seal_key *key;
    struct store *store;
    struct log *log;        /* NULL until installation_open_flow */
    struct ocsf *ocsf;      /* as at the start; lake_mappings tells those in force */
    uint64_t mappings_hash; /* of the user's files then */
    struct lake *lake;
};

/* Which portcullis.yaml: `given`, else $PORTCULLIS_CONFIG, else ./portcullis.yaml, else /etc/portcullis/portcullis.yaml. */
bool installation_find(const char *given, char out[CONF_PATH_BYTES], struct err *e);
/* Makes folder, settings, key, store and lake. Errors: API_NOT_EMPTY when there is one already; sys and store causes. */
bool installation_init(const char *folder, struct err *e);
/* Settings alone: what the command line needs to find a running service. */
bool installation_settings(const char *config_path, struct conf *out, struct err *e);
/* Takes the lock (SYS_LOCKED names the process that holds it), then key and store. */
bool installation_open(const char *config_path, struct installation *out, struct err *e);
bool installation_open_flow(struct installation *i, struct err *e);                        /* log, mappings, lake */
void installation_close(struct installation *i);                                           /* accepts a zeroed one */
bool installation_path(const struct conf *c, const char *name, char out[CONF_PATH_BYTES]); /* below data_dir */

/* A user's mapping files, read into memory; freed with mapping_files_done. */
struct mapping_files {
    struct ocsf_mapping_file *files;
    size_t count;
};
/* The folder's .yaml files, and those of its folder `common`: fragments. */
bool mapping_files_read(struct fs fs, const char *folder, struct mapping_files *out, struct err *e);
bool mapping_file_read(struct fs fs, const char *path, struct mapping_files *out, struct err *e); /* adds one */
void mapping_files_done(struct mapping_files *m);
/* The built-in mappings and these, as the settings want them. */
bool installation_mappings(const struct conf *c, const struct mapping_files *files, struct ocsf **out, struct err *e);
uint64_t mapping_files_hash(const struct mapping_files *m); /* of names and contents */

#endif
