/* Inside the twin: what the calls of the Endpoint API share. */
#ifndef TWIN_CALLS_H
#define TWIN_CALLS_H

#include "twin/cloud_int.h"
#include "twin/login/access.h"
#include "twin/world/objects_int.h"

#define ENDPOINT_METADATA "https://api.securitycenter.microsoft.com/api/$metadata#"

static inline struct action_world call_actions(const struct exchange *x)
{
    return actions_of(estate_of(x->cloud, x->tenant));
}

/* An error in the API's envelope, counted as refused; returns false. */
bool call_refused(struct exchange *x, int status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The body, an object; NULL: there is none, it was answered. */
const struct json *call_body(struct exchange *x, struct arena *a);
/* A text member of the body under exactly this name. A member that is absent or spelled otherwise is missing, one that is
 * no text is a body not understood. `*out` is NULL when an optional one is absent. false: answered. */
bool call_text(struct exchange *x, const struct json *body, const char *name, bool is_required, struct arena *a,
               const char **out);
/* The machine of that id; false: answered with 404. */
bool call_device(struct exchange *x, struct str id, unsigned *out);
/* An object as the answer. */
void call_answer_object(struct exchange *x, int status, enum object_kind kind, const struct object *o);
/* {"@odata.context":…,"value":"…"} */
void call_answer_value(struct exchange *x, struct str value);
/* Who the caller is to the API: requestor, createdBy. Lives as long as the exchange. */
#define CALL_APP_NAME "API-App: security bridge"
const char *call_app(const struct exchange *x);

void call_answer_machine(struct exchange *x, unsigned device);
void call_answer_user(struct exchange *x, unsigned user, unsigned device);

/* A short answer made in memory: {"@odata.context":…,"value":[…]}, or without a context one bare object. */
struct call_list {
    struct buf out;
    struct object_writer o;
    bool is_list;
};
void call_list_begin(struct exchange *x, struct call_list *l, const char *context);
void call_list_add(struct exchange *x, struct call_list *l, enum object_kind kind, const struct object *o);
void call_list_answer(struct exchange *x, struct call_list *l);
void call_list_drop(struct call_list *l);

/* What a route of alert_calls.c or machine_calls.c is about. */
enum { RELATED_FILES, RELATED_IPS, RELATED_DOMAINS };
enum { INVENTORY_SOFTWARE, INVENTORY_VULNERABILITIES, INVENTORY_RECOMMENDATIONS };

/* Live response (live_response.c): are these commands well made and in order? false: answered. */
bool live_response_check(struct exchange *x, const struct json *commands);
/* PutFile brings none. */
bool live_response_has_result(const struct action *action, unsigned index);
void live_response_write_result(const struct action *action, unsigned index, struct buf *out);

#endif
