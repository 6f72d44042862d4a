/* What we did ourselves, as rows for the log (mappings/portcullis_response.yaml makes events of them): put in the transaction
 * of the doing, taken by ingest's next commit. Inside flow/act. */
#ifndef FLOW_ACT_OWN_EVENT_H
#define FLOW_ACT_OWN_EVENT_H

#include "logic/respond/respond.h"
#include "state/store/managed.h"
#include "state/store/store.h"

/* A record of the ledger, but for what nobody else needs to know of. */
bool own_event_record(struct store *s, const struct respond_record *r, struct err *e);
/* A row of managed alerts that was in state `before`: nothing when a write to the alert is where it was. */
bool own_event_managed(struct store *s, int64_t before, const struct managed_record *r, struct wall now, struct err *e);

#endif
