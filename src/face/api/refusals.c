/* What was refused, in the audit trail; bounded, so that nobody fills the disk by being refused. */
#include <pthread.h>

#include "face/api/installation.h"
#include "face/api/login/auth.h"
#include "kit/json/json.h"
#include "state/store/audit.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t minute;
static uint64_t entered, left_out;

/* true: this one is entered, and `*more_out` before it were not. */
static bool has_room(struct wall now, uint64_t *more_out)
{
    (void)pthread_mutex_lock(&lock);
    int64_t this_minute = now.ticks / (60 * WALL_TICKS_PER_S);
    if (this_minute != minute) entered = 0;
    minute = this_minute;
    bool fits = entered < REFUSALS_A_MINUTE;
    entered += fits;
    *more_out = fits ? left_out : 0;
    left_out = fits ? 0 : left_out + 1;
    (void)pthread_mutex_unlock(&lock);
    return fits;
}

void audit_refusal(struct installation *i, const char *who, const char *address, const char *what,
                   const struct err *why)
{
    struct buf detail;
    struct json_writer w;
    struct err ignored; /* it is refused all the same */
    uint64_t more = 0;
    if (!has_room(clock_wall(&i->clock), &more)) return;
    buf_init(&detail, 8192);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    json_key(&w, "what");
    json_write_cstr(&w, what);
    json_key(&w, "code");
    json_write_cstr(&w, why->cause->code);
    json_key(&w, "text");
    json_write_cstr(&w, why->text);
    if (address[0]) {
        json_key(&w, "address");
        json_write_cstr(&w, address);
    }
    if (more) {
        json_key(&w, "more_left_out");
        json_write_u64(&w, more);
    }
    json_object_end(&w);
    (void)store_audit_add(i->store, who[0] ? who : "somebody", "refused", buf_str(&detail), &ignored);
    buf_done(&detail);
}
