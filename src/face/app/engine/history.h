/* What an installation holds of a feed's past: the identities of its rows, from the lake's files and from the part of the log that the
 * lake has not folded yet. Ingest rebuilds fingerprints from it before it reads older hours again. */
#ifndef FACE_APP_HISTORY_H
#define FACE_APP_HISTORY_H

#include "face/api/installation.h"
#include "flow/ingest/ingest.h"

struct ingest_history history_of(struct installation *i); /* borrows i */

#endif
