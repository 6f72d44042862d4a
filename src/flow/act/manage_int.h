/* Between manage.c (threads, whose turn it is), manage_take.c (what feeds bring), manage_ask.c (asking Defender and waiting),
 * manage_round.c (a tenant's turn), manage_write.c (intent, send, read again) and manage_order.c (people's orders). */
#ifndef FLOW_ACT_MANAGE_INT_H
#define FLOW_ACT_MANAGE_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "flow/act/manage.h"
#include "kit/base/arena.h"
#include "kit/json/json.h"
#include "state/store/managed.h"

enum { MANAGE_THREADS = 8, MANAGE_ARENA = 64 << 20, MANAGE_MARK_BYTES = 32 };

#define POLICY "policy" /* the author of what nobody ordered */

struct ask; /* manage_ask.c */
LIST_HEAD(ask_list, ask);
struct resting { /* a tenant that failed waits, longer each time */
    LIST_ENTRY(resting) in_list;
    char tenant_id[GUID_BYTES];
    struct wall until;
    unsigned failures;
};
struct manage {
    struct manage_opts o;
    char mark[MANAGE_MARK_BYTES]; /* of this installation: "Portcullis 1a2b3c4d/" */
    pthread_mutex_t lock;         /* guards the rest but for atomics */
    pthread_cond_t news;
    struct thread *threads[MANAGE_THREADS];
    char busy[MANAGE_THREADS + 8][GUID_BYTES]; /* tenants being worked on; empty: free */
    char wanted[8][GUID_BYTES];                /* for which a person waits: their turn ends early */
    LIST_HEAD(, resting) resting;
    struct ask_list asks;
    atomic_bool is_stopping, wants_take;
    bool is_taking;
};

static inline struct wall manage_now(const struct manage *m)
{
    return clock_wall(&m->o.clock);
}

/* manage.c: one tenant is worked on by one thread. A person's order claims it; false: stopping, or it stays busy. */
bool manage_claim(struct manage *m, const char *tenant_id);
void manage_release(struct manage *m, const char *tenant_id);
bool manage_is_wanted(struct manage *m, const char *tenant_id);

/* manage_take.c */
bool manage_take_all(struct manage *m, struct err *e);
struct reading { /* an alert read from JSON */
    struct alert_facts facts;
    uint32_t comments; /* not ours */
    const struct json *all_comments;
    bool is_endpoint;
};
/* False: no alert. Lives as long as the arena. */
bool manage_read_alert(const struct manage *m, struct arena *a, struct str row, struct reading *out);
/* Does what the row says we wrote show? */
bool manage_shows(const struct reading *reading, const struct managed_record *r);
bool manage_has_mark(const struct reading *reading, const struct managed_record *r);
void manage_confirm(struct managed_record *r);
/* Lays it over the row (new when it has no alert id): what others changed is noted, due is set. */
void manage_note(const struct manage *m, const struct reading *r, bool is_live, struct managed_record *out);
struct manage_view manage_view_kept(const struct managed_record *r);

/* manage_ask.c */
void manage_asks_free(struct manage *m);
bool manage_may(struct manage *m, const char *tenant_id, enum endpoint endpoint); /* granted, or not known yet */

/* manage_round.c */
struct turn_of { /* of one tenant */
    struct manage *m;
    struct tenant *tenant;
    struct settings settings;
    struct manage_rules rules;
    enum manage_api api; /* to write through */
    enum call_urgency urgency;
};
bool manage_turn_open(struct manage *m, const char *tenant_id, struct turn_of *out, struct err *e);
void manage_turn_close(struct turn_of *t);
bool manage_round(struct manage *m, const char *tenant_id, struct err *e);
/* Reads the alert anew and notes it in the row. */
struct looked {
    bool changed; /* it is not as the row had it */
    bool has_mark, shows;
};
bool manage_reread(struct turn_of *t, struct managed_record *r, struct looked *out, struct err *e);

static inline bool manage_is_open(const struct managed_record *r) /* something written waits to be seen */
{
    return r->state == MANAGED_INTENT || r->state == MANAGED_SENT || r->state == MANAGED_UNSEEN;
}

/* manage_write.c: `wants` of one alert, from the intent on. True: settled or waits for a look (r says which). */
bool manage_write(struct turn_of *t, struct managed_record *r, struct err *e);
/* A row whose write is open: looks whether it shows. */
bool manage_settle(struct turn_of *t, struct managed_record *r, struct err *e);
/* Ends the transaction, and says that events of our own may have become durable. */
bool manage_commit(struct manage *m, struct err *e);
bool manage_keep_row(struct manage *m, const struct managed_record *r, struct err *e);
/* With an entry in the audit trail, by the row's author. */
bool manage_keep_audited(struct manage *m, const struct managed_record *r, const char *operation, struct str detail,
                         struct err *e);

#endif
