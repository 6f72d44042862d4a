/* The rows of the installation itself, and of readiness. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"
#include "face/health/doctor.h"

static const struct param init_params[] = {
    {"folder", PARAM_FILE, true, false, false, "where the installation is to live; default: this folder"}, PARAMS_END};
static const struct param readiness_params[] = {
    {"tenant", PARAM_TENANT, true, false, false, "only this tenant (id or name)"}, PARAMS_END};
static const struct column readiness_columns[] = {{"tenant_id", NULL, TEXT},
                                                  {"name", "TENANT", TEXT},
                                                  {"organization", NULL, TEXT | OR_NULL},
                                                  {"isolates", "ISOLATES", TEXT},
                                                  {"people_hear", "PEOPLE HEAR", TEXT},
                                                  {"code", "CODE", TEXT | OR_NULL},
                                                  {"reason", "REASON", TEXT | OR_NULL},
                                                  {"remedy", "WHAT TO DO", TEXT | OR_NULL},
                                                  {"asked", NULL, TIME | OR_NULL},
                                                  {"checks", NULL, LIST},
                                                  {0}};

static const struct param key_make_params[] = {
    {"file", PARAM_FILE, true, true, false, "the file to be made; nothing may be there"}, PARAMS_END};
static const struct param key_rotate_params[] = {
    {"to-file", PARAM_SECRET_FILE, false, false, false,
     "the new key, from a file of key make; default: a fresh one, where the key is in a file", .is_private = true},
    PARAMS_END};

static const struct param doctor_params[] = {
    {"all", PARAM_FLAG, false, false, false, "list every finding, also where one cause has many"}, PARAMS_END};
static const struct column doctor_columns[] = {{"state", "STATE", TEXT, WORDS(finding_state_names)},
                                               {"area", "WHAT", TEXT, WORDS(doctor_area_names)},
                                               {"code", "CODE", TEXT | OR_NULL},
                                               {"place", "WHERE", TEXT | OR_NULL},
                                               {"reason", "REASON", TEXT | OR_NULL},
                                               {"remedy", "WHAT TO DO", TEXT | OR_NULL},
                                               {"count", NULL, COUNT},
                                               {0}};

const struct operation install_operations[] = {
    {.name = "init",
     .help = "make a new installation in a folder",
     .role = ROLE_OWNER,
     .place = OP_LOCAL,
     .params = init_params,
     .run = op_init,
     .more = "Makes portcullis.yaml, a key file, an empty store and an empty lake. Keep a copy of the key file "
             "elsewhere: without it "
             "the secrets in the store cannot be read."},
    {.name = "key make",
     .help = "make a file with a fresh master key",
     .role = ROLE_OWNER,
     .place = OP_LOCAL,
     .params = key_make_params,
     .run = op_key_make},
    {.name = "key show",
     .help = "which master key is in use, where it comes from, how many secrets are sealed under it",
     .role = ROLE_OWNER,
     .place = OP_INSTALLATION,
     .reach = REACH_ACCOUNT,
     .is_read = true,
     .run = op_key_show},
    {.name = "key rotate",
     .help = "seal every secret under another master key; the service must be stopped",
     .role = ROLE_OWNER,
     .place = OP_LOCAL,
     .params = key_rotate_params,
     .run = op_key_rotate,
     .more = "Works on a copy of the store, which takes the store's place once it is whole: if it is cut off, the "
             "installation opens as it was, or with the new key. Needs as much room on the disk as the store has. "
             "The audit trail is verified first, made proof against the old key, and has an entry of the change. "
             "Backups made before need the old key, which is kept beside the new one (portcullis.key.FINGERPRINT): "
             "move it to where the backups are."},
    {.name = "doctor",
     .rest = "GET /api/v1/doctor",
     .help = "is everything as it must be: files, key, store, log, lake, channels, credentials, every tenant",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_ACCOUNT,
     .is_read = true,
     .params = doctor_params,
     .run = op_doctor,
     .run_closed = op_doctor_closed,
     .list = "findings",
     .columns = doctor_columns,
     .more =
         "What is wrong comes first, with its place, code, cause and what to do; what is well is counted. Reads files "
         "and the store alone: nothing is sent or changed. Works with and without a running service, and where the "
         "installation cannot be opened. Exit 0: all is well; 3: warnings; 1: something failed."},
    {.name = "readiness",
     .rest = "GET /api/v1/readiness",
     .help = "could we isolate a device right now, tenant by tenant, and if not why?",
     .role = ROLE_VIEWER,
     .place = OP_ENGINE,
     .reach = REACH_SEEN,
     .params = readiness_params,
     .run = op_readiness,
     .list = "tenants",
     .columns = readiness_columns,
     .empty = "no tenants yet: portcullis tenant add --help",
     .more =
         "Looks at tokens, roles, limits, settings, channels and duty; nothing is posted. ISOLATES: yes, asks (a "
         "person "
         "first), off (so set), no. A row shows what stands in the way first; --json has every check with its cause "
         "and remedy. Exit 0: every tenant that wants to act can, and people would hear of it; 3: not all; 1: none."},
    ROWS_END};
