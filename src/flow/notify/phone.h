/* What the voice provider's answers mean: pure. The provider speaks as Twilio does: Studio executions where a flow asks for
 * keys, plain calls without one. */
#ifndef FLOW_NOTIFY_PHONE_H
#define FLOW_NOTIFY_PHONE_H

#include "kit/base/str.h"
#include "kit/base/wall.h"

enum call_end {
    CALL_UNDER_WAY,
    CALL_KEY,     /* a person pressed `key`; with `pin` where the flow asked for it */
    CALL_NO_KEY,  /* a person, as far as one can tell, but no key */
    CALL_MACHINE, /* does not count */
    CALL_BUSY,
    CALL_NO_ANSWER,
    CALL_FAILED,
    CALL_NOT_OURS, /* an execution of somebody else to the same number */
    CALL_ENDS
};
extern const char *const call_end_names[CALL_ENDS];
enum { SID_BYTES = 64, PIN_BYTES = 16 };
struct call_seen {
    enum call_end end;
    char key;
    char pin[PIN_BYTES]; /* the caller wipes */
};

bool phone_read_sid(struct str body, char out[SID_BYTES]); /* of an answer that made an execution or call */
bool phone_read_execution(struct str body, bool *is_ended_out);
/* A context of an execution. `token` is the delivery's; NULL: do not look whether it is ours. */
bool phone_read_context(struct str body, const char *token, bool is_ended, struct call_seen *out);
bool phone_read_call(struct str body, struct call_seen *out); /* a call without a flow */
/* The newest one to that number since then, in a list of executions or calls; empty: none. */
bool phone_find(struct str body, const char *list, struct str number, struct wall since, char sid_out[SID_BYTES]);

#endif
