/* Store, log and lake of one installation over one fake disk, and a look at the lake from outside: what a stranger with
 * zstdcat would see. For the tests of the lake and the power cuts; a list of sources (lake_kit in meson.build), as it needs
 * the rooms themselves. Everything asserts with INVARIANT. */
#ifndef TESTS_SUPPORT_LAKE_KIT_H
#define TESTS_SUPPORT_LAKE_KIT_H

#include "fake_disk.h"
#include "flow/sink/lake.h"
#include "kit/base/hash.h"
#include "logic/ocsf/ocsf.h"
#include "state/log/log.h"
#include "state/store/store.h"

#define WORLD_STORE "/d/store.db"
#define WORLD_LOG "/d/log"
#define WORLD_SPOOL "/d/spool"
#define WORLD_LAKE "/d/lake"
enum { WORLD_TENANTS = 2 };
extern const char *const world_tenant[WORLD_TENANTS];

struct world {
    struct fake_disk *disk;
    struct fs fs;
    struct seal_key *key;
    const struct ocsf *ocsf;
    struct virtual_clock time;
    uint64_t file_bytes, segment_bytes;
    struct store *store; /* this and the next two: NULL while closed */
    struct log *log;
    struct lake *lake;
};
/* A disk with a new store that has two tenants and a feed for each; all of it durable; nothing is open. */
struct world world_new(uint64_t seed, const struct ocsf *ocsf);
void world_done(struct world *w);
bool world_open(struct world *w, struct err *e); /* on failure everything is closed */
void world_close(struct world *w);

/* Rows 0, 1, 2 …: row i is of tenant i % 2, of one of two sources (every four rows the other), of one of three days. */
enum { ROW_TEXT_BYTES = 512 };
struct world_row {
    char text[ROW_TEXT_BYTES];
    const char *tenant_id, *source;
    int64_t feed_id;
    struct log_row row; /* borrows text */
};
void world_row(const struct world *w, struct map_scratch *s, uint64_t i, struct world_row *out);

/* Every event in the files below class=…, as anyone would read them. */
struct seen {
    struct hash128 *identities; /* sorted */
    size_t count;
    size_t files;
    size_t orphans; /* files in .orphans */
};
struct seen world_look(struct world *w);
void seen_done(struct seen *s);
size_t world_files_in(struct world *w, const char *dir); /* with folders below */

#endif
