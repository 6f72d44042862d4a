/* A set of row identities that may be larger than memory: gathered in buckets, then one sorted file. Identities are hashes, so
 * buckets by their first bits are even. One thread. Inside flow/sink. */
#ifndef FLOW_SINK_UID_SET_H
#define FLOW_SINK_UID_SET_H

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/sys/fs.h"

struct uid_set;
/* Two files while it is filled, one afterwards; both paths are borrowed. */
struct uid_set *uid_set_new(struct fs fs, const char *spill_path, const char *path); /* NULL: no memory */
void uid_set_free(struct uid_set *s); /* removes its files; accepts NULL */
bool uid_set_add(struct uid_set *s, struct hash128 id, struct err *e);
bool uid_set_seal(struct uid_set *s, struct err *e); /* no more are added; now it can be asked */
bool uid_set_has(struct uid_set *s, struct hash128 id, bool *has_out, struct err *e);

#endif
