/* The engine: loop, HTTP client, Defender, ingest and the lake's folding, running on a thread of their own. `serve` keeps one
 * for its life, `pull` without a service one for the command, the demo one for the show. */
#ifndef FACE_APP_ENGINE_H
#define FACE_APP_ENGINE_H

#include "face/api/engine.h"
#include "face/api/installation.h"
#include "flow/ingest/ingest.h"

struct engine;

/* `i` must be open with its flow, and is borrowed until engine_stop. `is_manual`: feeds are read only on request.
 * Blocks until the feeds are loaded. */
bool engine_start(struct installation *i, bool is_manual, struct engine **out, struct err *e);
/* Ends the feeds: what is on its way is cancelled, what is being committed is finished, and who waits for a pull hears
 * INGEST_STOPPED. To be called before those who might wait are waited for themselves. Twice does no harm. */
void engine_halt(struct engine *en);
/* Ends the response alone: nothing is ordered or told any more, feeds go on. Twice does no harm. */
void engine_end_response(struct engine *en);
/* Cancels what is on its way, waits for what is being committed or folded; frees. Accepts NULL. */
void engine_stop(struct engine *en);
const struct engine_ops *engine_operations(struct engine *en);

/* Everything up to now, all sweeps at once, then folds: afterwards the lake holds what Defender would give. */
bool engine_drain(struct engine *en, struct pull_result *out, struct err *e);
/* Folds what the log holds into the lake, now. */
bool engine_fold(struct engine *en, struct err *e);
/* Runs `look` on the loop thread and waits for it. */
void engine_look(struct engine *en, void (*look)(void *arg, const struct ingest *in), void *arg);
/* The last failure of folding or of keeping the log short; false: there was none. */
bool engine_fold_failure(struct engine *en, struct err *out);
/* From now on: a line for each change of a feed's state that is worth one (changes.h), from the loop. Once. */
bool engine_tell_changes(struct engine *en, void (*tell)(void *ctx, const char *line), void *ctx, struct err *e);
void engine_on_signal(struct engine *en, void (*fn)(void *arg, int signum),
                      void *arg); /* SIGINT, SIGTERM; from the loop */
/* SIGHUP, from the loop; of a service. NULL: no more. */
void engine_on_reload(struct engine *en, void (*fn)(void *arg), void *arg);

#endif
