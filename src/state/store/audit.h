/* The audit trail: hash-chained, append only. */
#ifndef STATE_STORE_AUDIT_H
#define STATE_STORE_AUDIT_H

#include "state/store/store.h"

bool store_audit_add(struct store *s, const char *actor, const char *operation, struct str detail_json, struct err *e);
/* Recomputes the chain and its macs and compares its end with the one sealed under the key: a changed, removed, added or
 * rewritten entry, and an end that was cut off, is STORE_AUDIT_BROKEN, which names the first. */
bool store_audit_verify(struct store *s, uint64_t *entries_out, struct err *e);
struct audit_view {
    uint64_t seq;
    struct wall at;
    char actor[NAME_BYTES], operation[NAME_BYTES];
    struct str detail; /* borrowed during the callback */
};
/* The newest first, from the entry before number `before` on (0: the newest), until the callback has enough. */
bool store_audit_page(struct store *s, uint64_t before, bool (*each)(void *arg, const struct audit_view *entry),
                      void *arg, struct err *e);

#endif
