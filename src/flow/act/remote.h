/* What Defender says of machines and their actions, read into what the engine judges by. Pure; texts too long are cut. */
#ifndef FLOW_ACT_REMOTE_H
#define FLOW_ACT_REMOTE_H

#include "cloud/defender/defender.h"
#include "kit/json/json.h"
#include "logic/respond/able.h"
#include "logic/respond/respond.h"

/* False: not an object with an id. */
bool remote_machine_read(const struct json *v, struct respond_machine *out);
struct able_machine remote_able_read(const struct json *v); /* borrows v's texts */
bool remote_action_read(const struct json *v, struct remote_action *out);
/* Does this machine answer to that name: an FQDN wholly, a host name by the first label. */
bool remote_machine_is_named(const struct respond_machine *m, struct str host);
/* Rows of a hunting answer about DeviceInfo: isolated, says any MitigationStatus. */
bool remote_is_isolated(const struct json *hunting_answer);

/* How an order goes out. */
enum endpoint remote_endpoint(enum act_kind kind);
bool remote_body(const struct effect *e,
                 struct buf *out); /* {"Comment":"…","IsolationType":"Full"}; false: no memory */

/* What became of a request that failed. `is_change`: it was to change something, so that the answer's loss leaves it open. */
enum respond_result remote_result(const struct err *e, bool is_change, enum policy_failure *failure_out);

#endif
