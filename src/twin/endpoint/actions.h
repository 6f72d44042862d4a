/* Machine actions of one tenant (sections 12 and 13 of the reference): those its people ordered in the portal, drawn from
 * the seed like everything else, and those posted to the API, which are the only thing kept, within bounds.
 *
 * An action's life is settled when it is made: when the device takes it up, when it ends, and how. Its state at an instant
 * is plain comparison; only a cancellation, and a release on a device of the "stuck" temper, change it afterwards. */
#ifndef TWIN_ACTIONS_H
#define TWIN_ACTIONS_H

#include "kit/base/arena.h"
#include "kit/base/wall.h"
#include "twin/world/scenario.h"
#include "twin/world/world.h"

enum action_type {
    ACTION_ISOLATE,
    ACTION_UNISOLATE,
    ACTION_RESTRICT,
    ACTION_UNRESTRICT,
    ACTION_SCAN,
    ACTION_COLLECT,
    ACTION_QUARANTINE,
    ACTION_OFFBOARD,
    ACTION_LIVE_RESPONSE,
    ACTION_TYPES
};
extern const char *const action_type_names[ACTION_TYPES];

enum action_status { /* an object's revision */
                     ACTION_PENDING,
                     ACTION_IN_PROGRESS,
                     ACTION_SUCCEEDED,
                     ACTION_FAILED,
                     ACTION_TIMED_OUT,
                     ACTION_CANCELLED,
                     ACTION_STATUSES
};
extern const char *const action_status_names[ACTION_STATUSES];

struct action {
    uint64_t number; /* from ACTION_POSTED on: made by a POST */
    enum action_type type;
    unsigned device;
    struct wall created, begins, ends; /* begins == ends: it is never in progress; WALL_NEVER: it waits for ever */
    enum action_status outcome;
    int64_t error;                        /* HRESULT of a failure */
    const char *scope, *sha1, *requestor; /* NULL: none */
    const char *comment, *external_id, *source;
    struct str commands; /* of live response: the checked JSON array as it was posted */
    const char *canceller, *cancel_comment;
    struct wall cancelled; /* 0: it was not */
};
#define ACTION_POSTED (UINT64_C(1) << 40)
#define WALL_NEVER ((struct wall){INT64_MAX})
enum { ACTIONS_POSTED_MAX = 10000, ACTION_TEXT_MAX = 4096 };

/* What was posted to one tenant, and what was cancelled. */
struct action_book;
struct action_book *action_book_new(void);
void action_book_free(struct action_book *b); /* accepts NULL */

struct action_world { /* whose actions */
    const struct world *world;
    const struct scenario *scenario;
    const struct action_book *book; /* NULL: nothing was posted yet */
};
enum action_status action_status_at(const struct action *a, struct wall now);
struct wall action_updated_at(const struct action *a, struct wall now); /* its last change of status by then */
static inline bool action_is_open(enum action_status s)
{
    return s <= ACTION_IN_PROGRESS;
}

/* Those that exist at `now`, oldest first, in the arena; a device's only, or all with ACTION_ANY_DEVICE. false: no memory. */
enum { ACTION_ANY_DEVICE = -1 };
struct action_list {
    struct action *items;
    size_t count;
};
bool actions_list(struct action_world w, long device, struct wall now, struct arena *a, struct action_list *out);
/* false: there is none of that number. */
bool action_get(struct action_world w, uint64_t number, struct arena *a, struct action *out);
struct str action_id(const struct world *w, uint64_t number, struct arena *a);

/* What the device has confirmed by `now`: of each pair of types (isolate and release, restrict and allow) the last one that
 * succeeded rules. false also without memory. */
bool device_is(struct action_world w, unsigned device, enum action_type type, struct wall now);

/* ---- posting ---------------------------------------------------------------------------------------------------------- */
/* How a device deals with actions: drawn from the seed, unless a rule says it. */
enum temper temper_of(const struct scenario *s, const struct world *w, unsigned device);
/* How long an action waits for a device that never comes. */
#define ACTION_WAIT_DEFAULT (3 * WALL_TICKS_PER_DAY)
/* Settles its life and keeps it; texts are copied. NULL: the book is full. `draft` says type, device, texts and `created`. */
const struct action *action_post(struct action_book *b, struct action_world w, const struct action *draft,
                                 int64_t wait_ticks);
/* false: the book is full. */
bool action_cancel(struct action_book *b, uint64_t number, struct wall now, struct str canceller, struct str comment);

#endif
