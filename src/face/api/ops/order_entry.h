/* An order's entry in the audit trail: what it was about, and that thing before and after; whichever way the order came. */
#ifndef FACE_API_ORDER_ENTRY_H
#define FACE_API_ORDER_ENTRY_H

#include "kit/json/json.h"
#include "logic/respond/respond.h"

enum { ORDER_ENTRY_BYTES = 64 << 10 };
void order_write_thing(struct json_writer *w, const struct responder *r, uint64_t id); /* null: there is none */
void order_write_about(struct json_writer *w, const struct respond_order *o, uint64_t ref);
/* What it concerns as it stands: `ref`, or of a stop the stop. */
void order_write_side(struct json_writer *w, const struct responder *r, const struct respond_order *o, uint64_t ref);

#endif
