#include "face/api/installation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api/installation_key.h"
#include "face/api/operation.h"
#include "kit/sys/causes.h"
#include "state/store/lake.h"

bool installation_path(const struct conf *c, const char *name, char out[CONF_PATH_BYTES])
{
    int n = snprintf(out, CONF_PATH_BYTES, "%s/%s", c->data_dir, name);
    return n > 0 && n < CONF_PATH_BYTES;
}

bool installation_find(const char *given, char out[CONF_PATH_BYTES], struct err *e)
{
    static const char *const places[] = {"portcullis.yaml", "/etc/portcullis/portcullis.yaml"};
    const char *from_env = getenv("PORTCULLIS_CONFIG");
    struct fs fs = fs_real();
    const char *chosen = given ? given : from_env;
    if (chosen == NULL || chosen[0] == '\0') {
        chosen = NULL;
        for (size_t i = 0; i < sizeof places / sizeof places[0] && chosen == NULL; i++)
            if (fs_exists(fs, places[i])) chosen = places[i];
        if (chosen == NULL)
            return err_set(e, &api_causes[API_NO_INSTALLATION],
                           "no portcullis.yaml in this folder or in /etc/portcullis");
    } else if (!fs_exists(fs, chosen)) {
        return err_set(e, &api_causes[API_NO_INSTALLATION], "there is no %s", chosen);
    }
    if (!str_copy(str_of(chosen), out, CONF_PATH_BYTES))
        return err_set(e, &api_causes[API_BAD_PARAM], "the path of the settings is too long");
    return true;
}

static const char settings_text[] =
    "# Portcullis: settings of this installation. Every setting, its default and its bounds: docs/settings.md.\n"
    "# Tenants, organizations and users live in the store (portcullis tenant add, portcullis org add).\n"
    "data_dir: data\n"
    "key_file: portcullis.key\n";

static bool open_store(struct installation *i, bool create, struct err *e)
{
    char path[CONF_PATH_BYTES];
    if (!installation_path(&i->conf, "store.db", path))
        return err_set(e, &api_causes[API_BAD_PARAM], "data_dir is too long");
    struct store_opts o = {.fs = i->fs, .path = path, .key = i->key, .clock = i->clock, .create = create};
    return store_open(&o, &i->store, e);
}

static bool open_lake(struct installation *i, struct err *e)
{
    char dir[CONF_PATH_BYTES];
    if (!installation_path(&i->conf, "lake", dir))
        return err_set(e, &api_causes[API_BAD_PARAM], "data_dir is too long");
    struct lake_opts o = {.fs = i->fs,
                          .dir = dir,
                          .store = i->store,
                          .log = i->log,
                          .ocsf = i->ocsf,
                          .clock = i->clock,
                          .file_bytes = i->conf.lake_file_bytes,
                          .fold_ms = i->conf.lake_fold_ms};
    return lake_open(&o, &i->lake, e);
}

bool installation_settings(const char *config_path, struct conf *out, struct err *e)
{
    return conf_load(fs_real(), config_path, out, e);
}

static bool lock_data(struct installation *i, struct err *e)
{
    int pid = 0;
    return i->fs.ops->make_dirs(i->fs.ctx, i->conf.data_dir, e) && dir_lock_take(i->conf.data_dir, &i->lock, &pid, e);
}

/* A change of the key may have been cut off behind the store's new key and before the key file's. */
static bool open_with_next(struct installation *i, const struct err *why, struct err *e)
{
    struct seal_key *before = i->key, *next = NULL;
    struct err other;
    bool is_about_key = why->cause == &store_causes[STORE_WRONG_KEY] || why->cause == &sys_causes[SYS_NOT_FOUND];
    if (is_about_key && key_load_next(&i->conf, i->fs, &next, &other) && next) {
        i->key = next;
        if (open_store(i, false, &other)) {
            seal_key_free(before);
            /* The store's new name first: a power cut must not leave the new key with the store of before. */
            return i->fs.ops->sync_dir(i->fs.ctx, i->conf.data_dir, e) && key_follow(&i->conf, i->fs, e);
        }
        i->key = before;
        seal_key_free(next);
    }
    *e = *why;
    return false;
}

bool installation_open_sealed(struct installation *i, struct err *left_out, struct err *e)
{
    struct err why;
    *left_out = (struct err){.cause = NULL};
    if (!key_load(&i->conf, i->fs, &i->key, &why) || !open_store(i, false, &why)) return open_with_next(i, &why, e);
    if (!key_tidy(&i->conf, i->fs, left_out)) (void)err_context(left_out, "left by a change of the master key");
    return true;
}

static bool open_sealed(struct installation *i, struct err *e)
{
    struct err left;
    if (!installation_open_sealed(i, &left, e)) return false;
    if (left.cause)
        (void)fprintf(stderr, "portcullis: warning: %s\n  code: %s\n  do:   %s\n", left.text, left.cause->code,
                      left.cause->remedy);
    return true;
}

bool installation_open(const char *config_path, struct installation *out, struct err *e)
{
    struct installation i = {.fs = fs_real(), .clock = clock_real()};
    if (conf_load(i.fs, config_path, &i.conf, e) && lock_data(&i, e) && open_sealed(&i, e)) {
        *out = i;
        return true;
    }
    installation_close(&i);
    return false;
}

/* ---- a new one -------------------------------------------------------------------------------------------------------- */

/* A store or key without settings is somebody's: it is neither used nor, should this fail, removed. */
static bool refuse_leftovers(const struct installation *i, struct err *e)
{
    char store[CONF_PATH_BYTES];
    if (!installation_path(&i->conf, "store.db", store))
        return err_set(e, &api_causes[API_BAD_PARAM], "the folder's path is too long");
    if (fs_exists(i->fs, store)) return err_set(e, &api_causes[API_NOT_EMPTY], "%s is there already", store);
    return !fs_exists(i->fs, i->conf.key_file) ||
           err_set(e, &api_causes[API_NOT_EMPTY], "%s is there already", i->conf.key_file);
}

static void remove_made(struct installation *i)
{
    char store[CONF_PATH_BYTES];
    struct err ignored;
    if (installation_path(&i->conf, "store.db", store)) (void)i->fs.ops->remove(i->fs.ctx, store, &ignored);
    (void)i->fs.ops->remove(i->fs.ctx, i->conf.key_file, &ignored);
}

/* The settings come last: they are what makes a folder an installation, so one that failed half-way can be tried again. */
static bool make_all(struct installation *i, const char *folder, const char *config, struct err *e)
{
    struct fs fs = i->fs;
    if (!fs.ops->make_dirs(fs.ctx, folder, e) || !lock_data(i, e) || !key_make_file(fs, i->conf.key_file, e))
        return false;
    bool ok = key_load_file(fs, i->conf.key_file, &i->key, e) && open_store(i, true, e) &&
              installation_open_flow(i, e) && file_write_new(fs, config, str_of(settings_text), e) &&
              fs.ops->sync_dir(fs.ctx, folder, e);
    if (!ok) remove_made(i);
    return ok;
}

bool installation_init(const char *folder, struct err *e)
{
    char config[CONF_PATH_BYTES];
    struct installation i = {.fs = fs_real(), .clock = clock_real()};
    int n = snprintf(config, sizeof config, "%s/portcullis.yaml", folder);
    if (n < 0 || (size_t)n >= sizeof config)
        return err_set(e, &api_causes[API_BAD_PARAM], "the folder's path is too long");
    if (fs_exists(i.fs, config)) return err_set(e, &api_causes[API_NOT_EMPTY], "%s is there already", config);
    bool ok = conf_parse(str_of(settings_text), config, folder, &i.conf, e) && refuse_leftovers(&i, e) &&
              make_all(&i, folder, config, e);
    installation_close(&i);
    return ok;
}

bool installation_mappings(const struct conf *c, const struct mapping_files *files, struct ocsf **out, struct err *e)
{
    struct ocsf_opts o = {.version = c->ocsf_version,
                          .classes = c->ocsf_classes,
                          .overrides = files->files,
                          .override_count = files->count,
                          .raw_data = strcmp(c->ocsf_raw_data, "yes") == 0};
    return ocsf_new(&o, out, e);
}

bool installation_open_flow(struct installation *i, struct err *e)
{
    char log_dir[CONF_PATH_BYTES], spool_dir[CONF_PATH_BYTES];
    struct mapping_files files = {0};
    uint64_t end = 0;
    if (i->lake) return true;
    if (!installation_path(&i->conf, "log", log_dir) || !installation_path(&i->conf, "spool", spool_dir))
        return err_set(e, &api_causes[API_BAD_PARAM], "data_dir is too long");
    if (i->conf.mappings_dir[0] && !mapping_files_read(i->fs, i->conf.mappings_dir, &files, e)) return false;
    bool ok = installation_mappings(&i->conf, &files, &i->ocsf, e);
    i->mappings_hash = mapping_files_hash(&files);
    mapping_files_done(&files);
    return ok && store_log_end_get(i->store, &end, e) && log_open(i->fs, log_dir, spool_dir, end, &i->log, e) &&
           open_lake(i, e);
}

void installation_close(struct installation *i)
{
    lake_close(i->lake);
    log_close(i->log);
    ocsf_free(i->ocsf);
    store_close(i->store);
    seal_key_free(i->key);
    dir_lock_release(i->lock);
    *i = (struct installation){0};
}

/* ---- a user's mapping files ---------------------------------------------------------------------------------------- */

enum { MAPPING_FILE_BYTES_MAX = 1 << 20, MAPPING_FILES_MAX = 256 };

struct gather {
    struct fs fs;
    const char *folder;
    struct mapping_files *out;
    struct err *e;
    bool failed, has_common;
};

bool mapping_file_read(struct fs fs, const char *path, struct mapping_files *out, struct err *e)
{
    struct buf bytes;
    buf_init(&bytes, MAPPING_FILE_BYTES_MAX);
    struct ocsf_mapping_file *files = realloc(out->files, (out->count + 1) * sizeof *files);
    if (files) out->files = files;
    char *kept = str_dup(str_of(path));
    bool ok = (files && kept) || err_set(e, &base_causes[BASE_NO_MEMORY], "reading %s", path);
    if (!ok || !fs_read_all(fs, path, MAPPING_FILE_BYTES_MAX, &bytes, e)) {
        free(kept);
        buf_done(&bytes);
        return false;
    }
    files[out->count++] = (struct ocsf_mapping_file){.name = kept, .bytes = buf_str(&bytes)};
    return true;
}

static bool gather_one(void *arg, const char *name, bool is_dir)
{
    struct gather *g = arg;
    char path[CONF_PATH_BYTES];
    g->has_common |= is_dir && strcmp(name, "common") == 0;
    if (is_dir || name[0] == '.' || !str_ends(str_of(name), STR(".yaml"))) return true;
    if (g->out->count == MAPPING_FILES_MAX) {
        g->failed = true;
        return err_set(g->e, &ocsf_causes[OCSF_BAD_MAPPING], "more than %d files", MAPPING_FILES_MAX);
    }
    (void)snprintf(path, sizeof path, "%s/%s", g->folder, name);
    g->failed = !mapping_file_read(g->fs, path, g->out, g->e);
    return !g->failed;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ocsf_mapping_file *)a)->name, ((const struct ocsf_mapping_file *)b)->name);
}

bool mapping_files_read(struct fs fs, const char *folder, struct mapping_files *out, struct err *e)
{
    char common[CONF_PATH_BYTES];
    struct mapping_files found = {0};
    struct gather g = {.fs = fs, .folder = folder, .out = &found, .e = e};
    (void)snprintf(common, sizeof common, "%s/common", folder);
    bool ok = fs.ops->list(fs.ctx, folder, gather_one, &g, e) && !g.failed;
    g.folder = common;
    if (ok && g.has_common) ok = fs.ops->list(fs.ctx, common, gather_one, &g, e) && !g.failed;
    if (!ok) {
        mapping_files_done(&found);
        return err_context(e, "mapping files in %s", folder);
    }
    if (found.count) qsort(found.files, found.count, sizeof *found.files, by_name);
    *out = found;
    return true;
}

uint64_t mapping_files_hash(const struct mapping_files *m)
{
    uint64_t hash = m->count;
    for (size_t i = 0; i < m->count; i++) {
        const struct ocsf_mapping_file *f = &m->files[i];
        hash = hash * 31 + hash64_of(f->name, strlen(f->name));
        hash = hash * 31 + hash64_of(f->bytes.p, f->bytes.n);
    }
    return hash;
}

void mapping_files_done(struct mapping_files *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free((char *)(uintptr_t)m->files[i].name);
        free((char *)(uintptr_t)m->files[i].bytes.p);
    }
    free(m->files);
    *m = (struct mapping_files){0};
}
