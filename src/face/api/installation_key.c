#include "face/api/installation_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api/operation.h"
#include "kit/sys/causes.h"
#include "kit/sys/killpoint.h"
#include "kit/sys/process.h"

bool file_write_new(struct fs fs, const char *path, struct str bytes, struct err *e)
{
    struct fs_file *f;
    if (!fs.ops->open(fs.ctx, path, FS_CREATE_NEW, &f, e)) return false;
    bool ok = fs.ops->write_at(fs.ctx, f, 0, bytes.p, bytes.n, e) && fs.ops->sync(fs.ctx, f, e);
    fs.ops->close(fs.ctx, f);
    return ok;
}

bool key_make_file(struct fs fs, const char *path, struct err *e)
{
    struct buf text;
    buf_init(&text, 4096);
    bool ok = seal_key_make(&text, e) && file_write_new(fs, path, buf_str(&text), e);
    if (text.p) seal_wipe(text.p, text.cap);
    buf_done(&text);
    return ok;
}

bool key_load_file(struct fs fs, const char *path, struct seal_key **out, struct err *e)
{
    struct buf text;
    buf_init(&text, 4096);
    bool ok = fs_read_all(fs, path, 4096, &text, e) && seal_key_load(buf_str(&text), out, e);
    if (text.p) seal_wipe(text.p, text.cap);
    buf_done(&text);
    return ok ? true : err_context(e, "key file %s", path);
}

enum { KEY_LINE_BYTES = 4096, KEY_COMMAND_MS = 30 * 1000, KEY_COMMAND_END_MS = 1000 };

/* As systemd hands it over: a file in a folder that is this service's alone. */
static bool load_key_credential(struct fs fs, const char *name, struct seal_key **out, struct err *e)
{
    char path[CONF_PATH_BYTES];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] == '\0')
        return err_set(e, &api_causes[API_NO_KEY], "key_credential is \"%s\", and systemd handed no credentials over",
                       name);
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, &api_causes[API_NO_KEY], "$CREDENTIALS_DIRECTORY is too long");
    return key_load_file(fs, path, out, e);
}

static bool no_key_from(const char *program, struct process *p, enum process_said said, uint32_t ms, struct err *e)
{
    const struct cause *cause = &api_causes[API_NO_KEY];
    if (said == PROCESS_SILENT)
        return err_set(e, cause, "key_command %s printed no line within %u s", program, (ms + 999) / 1000);
    if (said == PROCESS_LONG)
        return err_set(e, cause, "key_command %s printed a line of more than %d bytes", program, KEY_LINE_BYTES);
    int code = process_exit_code(p, KEY_COMMAND_END_MS);
    if (code > 0) return err_set(e, cause, "key_command %s printed nothing and ended with status %d", program, code);
    return err_set(e, cause, "key_command %s printed nothing", program);
}

bool key_load_command(const char *program, uint32_t timeout_ms, struct seal_key **out, struct err *e)
{
    const char *const argv[] = {program, NULL};
    struct process *p = NULL;
    struct buf line;
    if (!process_start(argv, &p, e)) return err_context(e, "key_command %s", program);
    buf_init(&line, KEY_LINE_BYTES);
    enum process_said said = process_read_line(p, timeout_ms, &line);
    bool ok = said == PROCESS_LINE ? seal_key_load(buf_str(&line), out, e) || err_context(e, "key_command %s", program)
                                   : no_key_from(program, p, said, timeout_ms, e);
    process_stop(p);
    if (line.p) seal_wipe(line.p, line.cap);
    buf_done(&line);
    return ok;
}

bool key_load(const struct conf *c, struct fs fs, struct seal_key **out, struct err *e)
{
    if (c->key_command[0]) return key_load_command(c->key_command, KEY_COMMAND_MS, out, e);
    if (c->key_credential[0]) return load_key_credential(fs, c->key_credential, out, e);
    return key_load_file(fs, c->key_file, out, e);
}

/* ---- another one --------------------------------------------------------------------------------------------------------------- */

enum { PLACE_BYTES = CONF_PATH_BYTES + 24 };

static bool is_of_file(const struct conf *c)
{
    return !c->key_command[0] && !c->key_credential[0];
}

static void next_key(const struct conf *c, char out[PLACE_BYTES])
{
    (void)snprintf(out, PLACE_BYTES, "%s.rotating", c->key_file);
}

static void store_places(const struct conf *c, char store[PLACE_BYTES], char next[PLACE_BYTES])
{
    (void)snprintf(store, PLACE_BYTES, "%s/store.db", c->data_dir);
    (void)snprintf(next, PLACE_BYTES, "%s/store.db.next", c->data_dir);
}

static bool sync_folder_of(struct fs fs, const char *path, struct err *e)
{
    char folder[PLACE_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    if (slash) (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return fs.ops->sync_dir(fs.ctx, folder, e);
}

bool key_load_next(const struct conf *c, struct fs fs, struct seal_key **out, struct err *e)
{
    char next[PLACE_BYTES];
    next_key(c, next);
    *out = NULL;
    return !is_of_file(c) || !fs_exists(fs, next) || key_load_file(fs, next, out, e);
}

/* Backups made before need it. */
static bool keep_old(const struct conf *c, struct fs fs, char kept[PLACE_BYTES], struct err *e)
{
    struct seal_key *old = NULL;
    struct buf text;
    char id[17];
    kept[0] = '\0';
    if (!fs_exists(fs, c->key_file)) return true;
    if (!key_load_file(fs, c->key_file, &old, e)) return false;
    seal_key_id(old, id);
    seal_key_free(old);
    (void)snprintf(kept, PLACE_BYTES, "%s.%s", c->key_file, id);
    buf_init(&text, KEY_LINE_BYTES);
    bool ok = fs_read_all(fs, c->key_file, KEY_LINE_BYTES, &text, e) && fs_replace(fs, kept, buf_str(&text), e);
    if (text.p) seal_wipe(text.p, text.cap);
    buf_done(&text);
    return ok;
}

static bool follow(const struct conf *c, struct fs fs, char kept[PLACE_BYTES], struct err *e)
{
    char next[PLACE_BYTES];
    next_key(c, next);
    if (!keep_old(c, fs, kept, e)) return false;
    KILL_POINT("rekey.kept");
    return fs.ops->rename(fs.ctx, next, c->key_file, e) && sync_folder_of(fs, c->key_file, e);
}

bool key_follow(const struct conf *c, struct fs fs, struct err *e)
{
    char kept[PLACE_BYTES];
    return follow(c, fs, kept, e);
}

static bool remove_copy(const struct conf *c, struct fs fs, struct err *e)
{
    static const char *const ends[] = {"", "-wal.log", "-journal"};
    char store[PLACE_BYTES], next[PLACE_BYTES], path[PLACE_BYTES + 8];
    store_places(c, store, next);
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof ends / sizeof *ends; i++) {
        (void)snprintf(path, sizeof path, "%s%s", next, ends[i]);
        ok = !fs_exists(fs, path) || fs.ops->remove(fs.ctx, path, e);
    }
    return ok;
}

bool key_tidy(const struct conf *c, struct fs fs, struct err *e)
{
    char next[PLACE_BYTES];
    next_key(c, next);
    bool is_left = is_of_file(c) && fs_exists(fs, next);
    return remove_copy(c, fs, e) && (!is_left || fs.ops->remove(fs.ctx, next, e));
}

/* The new key, and in <key_file>.rotating unless somebody else keeps it. */
static bool take_key(const struct installation *i, struct str text, struct seal_key **out, struct err *e)
{
    char now[17], new[17], next[PLACE_BYTES];
    struct buf fresh;
    if (text.n == 0 && !is_of_file(&i->conf))
        return err_set(e, &api_causes[API_MASTER_KEY_NEEDED], "the key is not in a file of ours");
    next_key(&i->conf, next);
    buf_init(&fresh, KEY_LINE_BYTES);
    bool ok = (text.n ? buf_add_str(&fresh, text) || err_set(e, &base_causes[BASE_NO_MEMORY], "reading the key")
                      : seal_key_make(&fresh, e)) &&
              seal_key_load(buf_str(&fresh), out, e);
    seal_key_id(i->key, now);
    if (ok) seal_key_id(*out, new);
    if (ok && strcmp(now, new) == 0) ok = err_set(e, &api_causes[API_MASTER_KEY_SAME], "its fingerprint is %s", now);
    if (ok && is_of_file(&i->conf)) ok = fs_replace(i->fs, next, buf_str(&fresh), e);
    if (fresh.p) seal_wipe(fresh.p, fresh.cap);
    buf_done(&fresh);
    return ok;
}

static bool make_copy(struct installation *i, const struct seal_key *key, const char *actor, uint64_t *sealed_out,
                      struct err *e)
{
    char store[PLACE_BYTES], next[PLACE_BYTES];
    struct store *copy = NULL;
    store_places(&i->conf, store, next);
    struct store_opts o = {.fs = i->fs, .path = next, .key = i->key, .clock = i->clock};
    if (!remove_copy(&i->conf, i->fs, e) || !store_copy(i->store, next, e)) return false;
    KILL_POINT("rekey.copied");
    bool ok = store_open(&o, &copy, e) && store_rekey(copy, key, actor, sealed_out, e);
    store_close(copy);
    KILL_POINT("rekey.resealed");
    return ok;
}

static bool sync_file(struct fs fs, const char *path, struct err *e)
{
    struct fs_file *f;
    if (!fs.ops->open(fs.ctx, path, FS_WRITE, &f, e)) return false;
    bool ok = fs.ops->sync(fs.ctx, f, e);
    fs.ops->close(fs.ctx, f);
    return ok;
}

/* A log of the old store would be played into the new one. */
static bool has_no_log(struct fs fs, const char *store, struct err *e)
{
    char wal[PLACE_BYTES + 8];
    (void)snprintf(wal, sizeof wal, "%s-wal.log", store);
    return !fs_exists(fs, wal) || err_set(e, &sys_causes[SYS_IO], "%s did not go when the store was closed", wal);
}

static bool put_in_place(struct installation *i, struct err *e)
{
    char store[PLACE_BYTES], next[PLACE_BYTES];
    store_places(&i->conf, store, next);
    store_close(i->store);
    i->store = NULL;
    return sync_file(i->fs, next, e) && has_no_log(i->fs, store, e) && i->fs.ops->rename(i->fs.ctx, next, store, e) &&
           i->fs.ops->sync_dir(i->fs.ctx, i->conf.data_dir, e);
}

bool installation_rekey(struct installation *i, struct str text, const char *actor, struct rekeyed *out, struct err *e)
{
    struct seal_key *key = NULL;
    *out = (struct rekeyed){.sealed = 0};
    bool ok = take_key(i, text, &key, e);
    if (ok) {
        seal_key_id(i->key, out->was);
        seal_key_id(key, out->is);
    }
    KILL_POINT("rekey.begun");
    ok = ok && make_copy(i, key, actor, &out->sealed, e) && put_in_place(i, e);
    KILL_POINT("rekey.switched");
    ok = ok && (!is_of_file(&i->conf) || follow(&i->conf, i->fs, out->kept, e));
    seal_key_free(key);
    return ok;
}
