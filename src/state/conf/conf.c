/* The loader: walks the YAML tree, finds each setting's row. */
#include "state/conf/conf.h"

#include <string.h>

#include "kit/sys/causes.h"
#include "kit/yaml/yaml.h"
#include "state/conf/conf_int.h"

enum { FILE_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 128 };

const struct cause conf_causes[CONF_CAUSE_COUNT] = {
    [CONF_MISSING] = {"conf.missing", ERR_INPUT, "there is no settings file",
                      "Make an installation with: portcullis init, or name the settings file with PORTCULLIS_CONFIG."},
    [CONF_UNKNOWN_SETTING] = {"conf.unknown_setting", ERR_INPUT,
                              "the settings file holds a setting that does not exist",
                              "Correct or remove that line; all settings stand in docs/settings.md."},
    [CONF_BAD_VALUE] = {"conf.bad_value", ERR_INPUT, "a setting has a value it cannot have",
                        "Correct that line; bounds and defaults of all settings stand in docs/settings.md."},
};

struct loader {
    struct conf conf;
    const char *file; /* for messages */
    struct err *e;
};

static bool refuse(struct loader *l, const struct cause *cause, const struct yaml *at, const char *what)
{
    return err_set(l->e, cause, "%s:%u:%u: %s", l->file, at->line, at->column, what);
}

static const struct conf_setting *find(const char *name)
{
    for (unsigned i = 0; i < conf_setting_count; i++)
        if (strcmp(conf_settings[i].name, name) == 0) return &conf_settings[i];
    return NULL;
}

static bool is_group(const char *name)
{
    size_t n = strlen(name);
    for (unsigned i = 0; i < conf_setting_count; i++)
        if (strncmp(conf_settings[i].name, name, n) == 0 && conf_settings[i].name[n] == '.') return true;
    return false;
}

static bool refuse_unknown(struct loader *l, const struct yaml *key, const char *name)
{
    char what[2 * NAME_BYTES_MAX];
    const struct conf_setting *near = conf_nearest(str_of(name));
    (void)snprintf(what, sizeof what,
                   near ? "there is no setting \"%.60s\"; did you mean \"%s\"?" : "there is no setting \"%.60s\"", name,
                   near ? near->name : "");
    return refuse(l, &conf_causes[CONF_UNKNOWN_SETTING], key, what);
}

static bool take_value(struct loader *l, const struct conf_setting *row, const struct yaml *value)
{
    char why[CONF_WHY_BYTES], what[CONF_WHY_BYTES + NAME_BYTES_MAX];
    if (yaml_is_null(value)) return true; /* left empty: its default */
    if (value->type != YAML_SCALAR)
        (void)snprintf(why, sizeof why, "expected one value, not a %s", value->type == YAML_MAP ? "group" : "list");
    else if (conf_set(&l->conf, row, str_trim(value->text), why))
        return true;
    (void)snprintf(what, sizeof what, "%s: %s", row->name, why);
    return refuse(l, &conf_causes[CONF_BAD_VALUE], value, what);
}

/* `prefix`: "" at the top, "lake." below lake. */
static bool take_map(struct loader *l, const struct yaml *map, const char *prefix)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *key = &map->keys[i], *value = &map->items[i];
        char name[NAME_BYTES_MAX], what[2 * NAME_BYTES_MAX];
        (void)snprintf(name, sizeof name, "%s%.*s", prefix, STR_ARG(str_sub(key->text, 0, 60)));
        const struct conf_setting *row = find(name);
        if (row) {
            if (!take_value(l, row, value)) return false;
            continue;
        }
        if (!is_group(name)) return refuse_unknown(l, key, name);
        if (yaml_is_null(value)) continue;
        if (value->type != YAML_MAP) {
            (void)snprintf(what, sizeof what, "%s is a group: its settings stand below it, indented", name);
            return refuse(l, &conf_causes[CONF_BAD_VALUE], value, what);
        }
        (void)snprintf(what, sizeof what, "%s.", name);
        if (!take_map(l, value, what)) return false; /* at most as deep as names have dots */
    }
    return true;
}

static bool resolve_paths(struct loader *l, const char *folder)
{
    for (unsigned i = 0; i < conf_setting_count; i++) {
        const struct conf_setting *row = &conf_settings[i];
        char *path = (char *)&l->conf + row->offset, whole[2 * CONF_PATH_BYTES];
        if (row->type != CONF_PATH || path[0] == '\0' || path[0] == '/' || folder[0] == '\0') continue;
        int n = snprintf(whole, sizeof whole, "%s%s%s", folder, str_ends(str_of(folder), STR("/")) ? "" : "/", path);
        if (n < 0 || n >= (int)row->bytes)
            return err_set(l->e, &conf_causes[CONF_BAD_VALUE], "%s: %s: the path is longer than %d bytes", l->file,
                           row->name, row->bytes - 1);
        memcpy(path, whole, (size_t)n + 1);
    }
    return true;
}

/* What no setting alone can say. */
static bool check_listener(struct loader *l)
{
    const struct conf *c = &l->conf;
    struct str host = conf_listen_host(str_of(c->listen));
    if ((c->tls_certificate[0] == '\0') != (c->tls_key[0] == '\0'))
        return err_set(l->e, &conf_causes[CONF_BAD_VALUE], "%s: tls.certificate and tls.key go together", l->file);
    if (strcmp(c->listen, "off") == 0 || c->tls_key[0] || conf_is_loopback(host)) return true;
    return err_set(l->e, &conf_causes[CONF_BAD_VALUE],
                   "%s: listen: %s can be reached from elsewhere and would be plain http: set tls.certificate and "
                   "tls.key, or listen on 127.0.0.1",
                   l->file, c->listen);
}

bool conf_parse(struct str yaml, const char *name, const char *folder, struct conf *out, struct err *e)
{
    struct loader l = {.file = name, .e = e};
    struct arena arena;
    conf_defaults(&l.conf);
    arena_init(&arena, 64 * (size_t)FILE_BYTES_MAX);
    const struct yaml *root = yaml_parse(&arena, yaml, name, e);
    bool ok = root != NULL;
    if (ok && root->type != YAML_MAP)
        ok = refuse(&l, &conf_causes[CONF_BAD_VALUE], root, "expected settings, each as \"name: value\"");
    ok = ok && take_map(&l, root, "") && resolve_paths(&l, folder) && check_listener(&l);
    arena_done(&arena);
    if (ok) *out = l.conf;
    return ok;
}

bool conf_load(struct fs fs, const char *path, struct conf *out, struct err *e)
{
    char folder[CONF_PATH_BYTES];
    struct buf text;
    const char *slash = strrchr(path, '/');
    struct str dir = slash ? (struct str){path, slash == path ? 1 : (size_t)(slash - path)} : STR(".");
    if (!str_copy(dir, folder, sizeof folder))
        return err_set(e, &conf_causes[CONF_BAD_VALUE], "the path of the settings file is longer than %d bytes",
                       CONF_PATH_BYTES - 1);
    buf_init(&text, FILE_BYTES_MAX + 1);
    bool ok = fs_read_all(fs, path, FILE_BYTES_MAX, &text, e);
    if (!ok && e && e->cause == &sys_causes[SYS_NOT_FOUND])
        err_set(e, &conf_causes[CONF_MISSING], "there is no settings file %s", path);
    ok = ok && conf_parse(buf_str(&text), path, folder, out, e);
    buf_done(&text);
    return ok;
}
