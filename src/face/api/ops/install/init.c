/* A new installation. */
#include "face/api/ops/ops.h"

#include "face/api/installation.h"

bool op_init(struct op_call *c, struct err *e)
{
    const char *folder = op_cstr(c, "folder");
    if (folder == NULL) folder = ".";
    if (!installation_init(folder, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "installation");
    json_write_cstr(c->out, folder);
    json_key(c->out, "settings");
    json_write_cstr(c->out, "portcullis.yaml");
    json_key(c->out, "key");
    json_write_cstr(c->out, "portcullis.key (keep a copy elsewhere)");
    json_key(c->out, "next");
    json_write_cstr(c->out, "portcullis tenant add --help");
    json_object_end(c->out);
    return true;
}
