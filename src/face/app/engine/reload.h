/* The user's mapping files, loaded anew while the service runs: when they change, and at SIGHUP. Files that cannot be used are
 * told, and the mappings of before stay. What is read and folded from then on goes by the new ones; the log's rows were never
 * mapped, so nothing is lost between. Loop thread. */
#ifndef FACE_APP_RELOAD_H
#define FACE_APP_RELOAD_H

#include "face/api/installation.h"
#include "flow/ingest/ingest.h"
#include "kit/sys/loop.h"

struct reload;
struct reload *reload_new(struct loop *l, struct installation *i, struct ingest *in); /* before the loop runs */
/* At SIGHUP `fn` is called as well, for what else is read from files. Once, before the loop runs or on it. */
void reload_also(struct reload *r, void (*fn)(void *arg), void *arg);
void reload_free(struct reload *r); /* after the loop is gone; accepts NULL */

#endif
