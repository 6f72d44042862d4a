/* Files with streaming records, opened here and handed to ingest as bytes; dead letters beside those of the feeds. */
#ifndef FACE_APP_IMPORT_FILES_H
#define FACE_APP_IMPORT_FILES_H

#include <stdatomic.h>

#include "face/api/engine.h"
#include "face/api/installation.h"
#include "flow/ingest/ingest.h"

struct files_from {
    struct installation *installation;
    struct ingest *ingest;
    const atomic_bool *is_halted; /* the service is ending: no more files */
    const char *tenant_id;        /* NULL: all */
};
/* Blocks; never on the loop thread. Tells its progress on standard error. */
bool import_files(const struct files_from *from, const struct import_request *q, struct import_result *out,
                  struct err *e);

#endif
