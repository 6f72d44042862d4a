/* Inside the replay: keys made of several parts, and maps from them to numbers. */
#ifndef FLOW_ACT_REPLAY_MAP_H
#define FLOW_ACT_REPLAY_MAP_H

#include "kit/base/hash.h"
#include "kit/base/str.h"

struct replay_slot;
struct replay_map { /* all zero: empty */
    struct replay_slot *slots;
    size_t used, cap;
};
/* The key's place, made if new (*is_new). NULL: no memory. Good until the next call. */
uint64_t *replay_map_at(struct replay_map *m, struct hash128 key, bool *is_new);
void replay_map_done(struct replay_map *m);

struct replay_key { /* parts, each with its length before it; siphash_end gives it */
    struct siphash h;
};
void replay_key_begin(struct replay_key *k, uint64_t kind);
void replay_key_add(struct replay_key *k, struct str part);

#endif
