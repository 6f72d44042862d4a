/* The master key: which it is, a new one, and the change from the one to the other. */
#include "face/api/installation_key.h"
#include "face/api/ops/ops.h"

static void member(struct op_call *c, const char *name, const char *value)
{
    json_key(c->out, name);
    if (value[0])
        json_write_cstr(c->out, value);
    else
        json_write_null(c->out);
}

bool op_key_make(struct op_call *c, struct err *e)
{
    struct seal_key *key = NULL;
    const char *file = op_cstr(c, "file");
    struct fs fs = fs_real();
    char id[17];
    if (!key_make_file(fs, file, e) || !key_load_file(fs, file, &key, e)) return false;
    seal_key_id(key, id);
    seal_key_free(key);
    json_object_begin(c->out);
    member(c, "file", file);
    member(c, "key", id);
    json_object_end(c->out);
    return true;
}

bool op_key_show(struct op_call *c, struct err *e)
{
    const struct conf *conf = &c->installation->conf;
    uint64_t sealed = 0;
    char id[17];
    if (!store_sealed_count(c->installation->store, &sealed, e)) return false;
    seal_key_id(c->installation->key, id);
    json_object_begin(c->out);
    member(c, "key", id);
    member(c, "from", conf->key_command[0] ? "key_command" : conf->key_credential[0] ? "key_credential" : "key_file");
    member(c, "place",
           conf->key_command[0]      ? conf->key_command
           : conf->key_credential[0] ? conf->key_credential
                                     : conf->key_file);
    json_key(c->out, "sealed");
    json_write_u64(c->out, sealed);
    json_object_end(c->out);
    return true;
}

static const char *what_next(const struct conf *conf)
{
    if (conf->key_command[0]) return "have key_command print the new key before the service is started";
    if (conf->key_credential[0]) return "have systemd hand the new key over before the service is started";
    return "keep a copy of the key file elsewhere; the one of before is needed for older backups alone";
}

bool op_key_rotate(struct op_call *c, struct err *e)
{
    struct installation i = {.clock = clock_real()};
    struct rekeyed r;
    char path[CONF_PATH_BYTES];
    if (!installation_find(c->config, path, e) || !installation_open(path, &i, e)) return false;
    bool ok = installation_rekey(&i, op_text(c, "to-file"), c->actor, &r, e);
    if (ok) {
        json_object_begin(c->out);
        member(c, "key", r.is);
        member(c, "was", r.was);
        json_key(c->out, "sealed");
        json_write_u64(c->out, r.sealed);
        member(c, "kept", r.kept);
        member(c, "next", what_next(&i.conf));
        json_object_end(c->out);
    }
    installation_close(&i);
    return ok;
}
