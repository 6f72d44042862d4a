/* Files of zstd frames, written and read as streams: neither a file nor a partition is ever held whole. Inside flow/sink. */
#ifndef FLOW_SINK_PACK_H
#define FLOW_SINK_PACK_H

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/fs.h"

/* One context packs all files of a fold, one after another. */
struct packer;
struct packer *packer_new(struct fs fs);                              /* NULL: no memory */
void packer_free(struct packer *p);                                   /* accepts NULL */
bool packer_begin(struct packer *p, const char *path, struct err *e); /* a new file, which must not exist */
/* The first `bytes` bytes of another file as they are: frames go one after another. *is_whole_out false: it is shorter. */
bool packer_copy(struct packer *p, const char *from, uint64_t bytes, bool *is_whole_out, struct err *e);
bool packer_add(struct packer *p, struct str bytes, struct err *e);
/* Ends the frame, syncs, closes. */
bool packer_end(struct packer *p, uint64_t *file_bytes_out, struct err *e);
void packer_abandon(struct packer *p); /* closes without a word; the caller removes the file */

/* Calls `line` for each line of a packed file. *is_sound_out false: it does not unpack to lines of at most `line_max` bytes
 * (an answer; what was told before stands). */
bool unpack_lines(struct fs fs, const char *path, size_t line_max, void (*line)(void *arg, struct str line), void *arg,
                  bool *is_sound_out, struct err *e);

#endif
