/* A handful of zstd contexts that serves every batch and reader of a log: a context takes about a MiB, and with hundreds of
 * tenants one each would be most of our memory. A thread waits when all are in use, which is never long: a context is
 * held for one frame. Inside state/log. */
#ifndef STATE_LOG_CODEC_H
#define STATE_LOG_CODEC_H

#include "kit/base/err.h"
#include "kit/base/str.h"

struct codec;
struct codec *codec_new(void); /* NULL: no memory */
void codec_free(struct codec *c);
/* Appends one zstd frame to `out`. */
bool codec_pack(struct codec *c, struct str block, struct buf *out, struct err *e);
/* Unpacks one zstd frame of exactly `block_bytes` into `out` (emptied first). Damage is an answer: *is_sound_out false. */
bool codec_unpack(struct codec *c, struct str payload, size_t block_bytes, struct buf *out, bool *is_sound_out,
                  struct err *e);

#endif
