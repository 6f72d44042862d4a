/* Rows of the log to events in a gather: what a fold and a remap have in common. Inside flow/sink. */
#ifndef FLOW_SINK_RENDER_H
#define FLOW_SINK_RENDER_H

#include "flow/sink/gather.h"
#include "logic/ocsf/ocsf.h"
#include "state/log/log.h"

struct renderer {
    const struct ocsf *ocsf;
    struct gather *gather;
    struct map_scratch *scratch;
    struct wall processed;
    struct buf letter;                /* a dead letter being written */
    uint64_t rows, events, dead_rows; /* so far */
};
bool renderer_init(struct renderer *r, const struct ocsf *o, struct gather *g, struct wall processed, struct err *e);
void renderer_done(struct renderer *r);
const struct plan *render_plan(const struct renderer *r, const struct log_frame *frame);
/* The row's events, or its dead letter: dead_rows tells. */
bool render_row(struct renderer *r, const struct plan *plan, const struct log_frame *frame, const struct log_row *row,
                struct err *e);

#endif
