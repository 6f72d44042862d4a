/* Managed alerts at work: what feeds bring about alerts and incidents is kept one row an alert; those that the rules of
 * logic/respond/manage.h let go are resolved and commented in Defender, under the tenant's settings; people's orders go the
 * same way, without the rules' leave.
 *
 * A write: everything is read anew (alert, its incident, its devices' actions) and judged again; the intent is durable; then
 * it is sent; then the alert is read until it shows, as an answer's echo proves nothing. An answer that got lost is settled the
 * same way: what shows is done, what does not show after a while is sent once more. Our own changes are no news when the
 * feeds bring them; everybody else's are, and are followed: status, owner, comments, re-opened, merged.
 *
 * A few threads of its own do this, a tenant at a time each; they wait for Defender's answers, which the loop brings. */
#ifndef FLOW_ACT_MANAGE_H
#define FLOW_ACT_MANAGE_H

#include <stdbool.h>

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "flow/act/calls.h"
#include "logic/respond/manage.h"
#include "state/store/managed.h"
#include "state/store/store.h"

enum managed_state { /* of what we write to an alert */
                     MANAGED_IDLE,
                     MANAGED_INTENT,    /* durable; it may be on its way, or its answer got lost */
                     MANAGED_SENT,      /* accepted; not yet seen in a fresh read */
                     MANAGED_CONFIRMED, /* seen */
                     MANAGED_REFUSED,   /* Defender's answer: error says why */
                     MANAGED_UNSEEN,    /* accepted, or perhaps sent, and does not show */
                     MANAGED_STATES
};
extern const char *const managed_state_names[MANAGED_STATES];
enum { MANAGED_RESOLVE = 1, MANAGED_COMMENT = 2 }; /* managed_record.wants and .did */
enum {                                             /* managed_record.flags */
       MANAGED_CUSTOM = 1,
       MANAGED_UNREAD = 2,
       MANAGED_LIVE = 4,
       MANAGED_REOPENED = 8,
       MANAGED_DEVICES_CUT = 16, /* more devices than we keep */
       MANAGED_DONE = 32
};

struct manage;
struct manage_opts {
    struct runtime runtime;
    struct clock clock;
    struct store *store;
    const struct conf *conf;
    struct calls *calls; /* the response's: one budget for all that writes */
    /* Any thread; may be NULL. Is the device held by us, or an action of ours open on it? Is the response stopped there? */
    bool (*is_held)(void *ctx, const char *tenant_id, const char *device);
    bool (*is_stopped)(void *ctx, const char *tenant_id);
    void (*on_notices)(void *ctx);    /* notices have become durable; may be NULL */
    void (*on_own_events)(void *ctx); /* so have events of our own; may be NULL */
    void *ctx;
    bool is_manual; /* only orders are carried out: a command without the service */
};
/* Everything is borrowed until manage_free. */
bool manage_new(const struct manage_opts *o, struct manage **out, struct err *e);
bool manage_start(struct manage *m, struct err *e); /* its threads begin */
void manage_wake(struct manage *m);                 /* any thread: feeds brought something */
void manage_halt(struct manage *m); /* any thread: what waits for an answer gives up; then manage_stop is quick */
void manage_stop(struct manage *m); /* not the loop's thread: waits for its threads to end. Accepts NULL */
void manage_free(struct manage *m); /* when stopped, and the loop too; accepts NULL */

struct manage_order {
    const char *tenant_id; /* NULL: whichever knows the alert */
    const char *alert_id, *actor;
    bool resolves, here, anyway; /* here: its case is closed here alone; Defender follows under the settings */
    const char *classification, *determination, *comment; /* NULL: none */
};
/* Blocks (not on the loop) until Defender shows it, or some 20 s. Errors: MANAGE_*, Defender's. */
bool manage_carry_out(struct manage *m, const struct manage_order *order, struct managed_record *out, struct err *e);

/* Asking Defender within the response's budget, for whoever may wait (not the loop). False: e says why. */
bool manage_ask(struct manage *m, struct tenant *t, const struct fetch *f, enum call_urgency urgency,
                struct buf *text_out /* may be NULL */, struct err *e);
enum access manage_access(struct manage *m, const char *tenant_id, enum endpoint endpoint);
int64_t manage_quota_ms(struct manage *m, const char *tenant_id, enum api_family family); /* until a call may be made */

enum {
    MANAGE_NO_ALERT,
    MANAGE_AMBIGUOUS,
    MANAGE_KEPT,
    MANAGE_BAD_PAIR,
    MANAGE_NOTHING,
    MANAGE_BUSY,
    MANAGE_NOT_VISIBLE,
    MANAGE_LOST,
    MANAGE_UNREADABLE,
    MANAGE_STOPPED,
    MANAGE_CAUSE_COUNT
};
extern const struct cause manage_causes[MANAGE_CAUSE_COUNT];

#endif
