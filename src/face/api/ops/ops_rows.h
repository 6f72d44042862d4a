/* What files of rows (ops_rows_<subject>.c) share: ends of lists, and parameters and kinds of rows that many have.
 * A new subject is a file of its own, its table declared below and listed in operations.c. */
#ifndef FACE_API_OPS_ROWS_H
#define FACE_API_OPS_ROWS_H

#include "face/api/operation.h"

/* clang-format off */
#define PARAMS_END {0}
#define ROWS_END {0}
/* What a member of an answer is, short. */
enum { TEXT = MEMBER_TEXT, COUNT = MEMBER_COUNT, FLAG = MEMBER_FLAG, TIME = MEMBER_TIME, TEXTS = MEMBER_TEXTS, LIST = MEMBER_LIST,
       OBJECT = MEMBER_OBJECT, ANY = MEMBER_ANY, OR_NULL = MEMBER_OR_NULL, LIVE = MEMBER_LIVE };
#define WORDS(array) {.names = array, .count = sizeof array / sizeof *array}
#define WORDS_OF(function, n) {.name_of = function, .count = n}
#define THE_TENANT {"tenant", PARAM_TENANT, true, true, false, "the tenant's id or its name"}
#define ONLY_TENANT {"tenant", PARAM_TENANT, false, false, false, "only this tenant (id or name)"}
#define OF_TENANT {"tenant", PARAM_TENANT, false, false, false, "of this tenant alone (id or name); without it: of the account"}
#define DEVICE {"device", PARAM_TEXT, true, true, false, "Defender's machine id, or a name that exactly one device seen of late answers to"}
#define REASON {"reason", PARAM_TEXT, false, false, false, "why; goes into Defender's comment, the ledger and the audit trail"}
#define NEEDS_REASON {"reason", PARAM_TEXT, false, true, false, "why; goes into Defender's comment, the ledger and the audit trail"}
#define AS {"as", PARAM_TEXT, false, false, false, "who gives the order; default: the command line", .is_local = true}
#define CREDENTIAL_PARAMS \
    {"secret-file", PARAM_SECRET_FILE, false, false, false, "a file with the client secret's value, or - for standard input"}, \
    {"expires", PARAM_TEXT, false, false, false, "when Entra lets that secret end: 2027-03-31, or 180d from now"}, \
    {"secret-id", PARAM_TEXT, false, false, false, "the secret's id as Entra lists it (not its value)"}, \
    {"certificate-file", PARAM_SECRET_FILE, false, false, false, "instead: a PEM file with a private key and its certificate"}, \
    {"make-certificate", PARAM_FLAG, false, false, false, "instead: make a key and a certificate here; then upload its public part to Entra"}, \
    {"old-form", PARAM_FLAG, false, false, false, "sign with RS256 and x5t instead of PS256 and x5t#S256"}

#define READS(op, does, with, runs) .name = op, .help = does, .role = ROLE_VIEWER, .is_read = true, .place = OP_INSTALLATION, .params = with, .run = runs
#define ORDERS(op, does, with, runs) .name = op, .help = does, .role = ROLE_RESPONDER, .place = OP_ENGINE, .once = OP_ONCE_ORDER, .shape = order_shape, .params = with, .run = runs
/* clang-format on */

/* ops_words.c: the words of facts, by place */
const char *severity_word(size_t i);
const char *status_word(size_t i);
const char *service_word(size_t i);
const char *handled_word(size_t i);

extern const struct column order_shape[]; /* ops_rows_response.c: what an order to the response engine gives */
extern const struct operation install_operations[];
extern const struct operation tenant_operations[];
extern const struct operation credential_operations[];
extern const struct operation onboarding_operations[];
extern const struct operation settings_operations[];
extern const struct operation reach_operations[];
extern const struct operation feed_operations[];
extern const struct operation alert_operations[];
extern const struct operation device_operations[];
extern const struct operation response_operations[];
extern const struct operation policy_operations[];
extern const struct operation people_operations[];
extern const struct operation access_operations[];
extern const struct operation telling_operations[];
extern const struct operation ocsf_operations[];

#endif
