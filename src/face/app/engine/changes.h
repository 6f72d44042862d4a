/* What the service says of its feeds: a line for each change that a person would want to know, none for what passes by itself.
 * A change is told once it has lasted a while; feeds of one tenant that changed alike share a line. Pure but for `tell`. */
#ifndef FACE_APP_CHANGES_H
#define FACE_APP_CHANGES_H

#include "flow/ingest/ingest.h"

struct changes;
struct changes *changes_new(void (*tell)(void *ctx, const char *line), void *ctx); /* NULL: no memory */
void changes_free(struct changes *c);                                              /* accepts NULL */
void changes_note(struct changes *c, const struct ingest_change *change, struct mono now);
/* Tells what has lasted; false: nothing is waiting any more. */
bool changes_tell(struct changes *c, struct mono now);

#endif
