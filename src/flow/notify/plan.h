/* Whom to tell next: pure. A book is what the store has about people, turns, ladders and channels at one moment. */
#ifndef FLOW_NOTIFY_PLAN_H
#define FLOW_NOTIFY_PLAN_H

#include "flow/notify/notify.h"
#include "state/store/people.h"

struct book {
    struct person_record *people;
    struct duty_record *duties;
    struct rung_record *rungs;
    struct channel_record *channels;
    size_t people_count, duty_count, rung_count, channel_count;
    struct proxy_book *proxies;
};

/* One who is told in a step. */
struct target {
    char channel[CHANNEL_BYTES], kind[16], person[NAME_BYTES], address[HOST_BYTES];
};
enum { STEP_TARGETS_MAX = 24, LADDER_STEPS_MAX = 64 };
/* One step of a ladder as it stands for a tenant now: everybody who is told at once. A rung that phones a list is one step for
 * each person of it. */
struct step {
    struct target targets[STEP_TARGETS_MAX];
    size_t count;
    int64_t wait_ms;         /* before the next */
    char nobody[NAME_BYTES]; /* a list it names on which nobody is */
};
struct ladder {
    struct step *steps;
    size_t count;
};
/* `name`: a ladder of the book; not there: the built-in one. With `tells_alone` nobody is called and nothing climbed: its first
 * step without calls. False: no memory. */
bool ladder_make(const struct book *b, const char *name, const char *tenant_id, struct zone_time local, struct wall now,
                 bool tells_alone, struct ladder *out);
void ladder_free(struct ladder *l);
extern const char LADDER_ALARM[]; /* the built-in one of last resort: every channel, then owners and admins by phone */

bool duty_holds(const struct duty_record *d, struct zone_time local, struct wall now);

/* What a notice does next. */
enum climb {
    CLIMB_WAIT, /* until `until` */
    CLIMB_STEP, /* tell the step `index` */
    CLIMB_TOLD, /* nothing more to do, it was told */
    CLIMB_UNHEARD,
    CLIMB_EXPIRED
};
struct climb_state {
    bool wants_answer;
    int64_t taken;   /* steps told so far */
    size_t steps;    /* of the ladder as it is now */
    int64_t wait_ms; /* of the step told last */
    struct wall told, expires, now;
    /* deliveries of the step told last */
    unsigned untried, open, calls_open, calls, delivered;
};
enum climb climb_next(const struct climb_state *c, size_t *index_out, struct wall *until_out);

#endif
