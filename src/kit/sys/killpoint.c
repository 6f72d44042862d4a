#include "kit/sys/killpoint.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "kit/base/str.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct str wanted; /* empty: none */
static uint64_t wanted_pass;
static atomic_uint_least64_t passes;

static void read_environment(void)
{
    struct str rest = str_of(getenv("PORTCULLIS_KILL_AT"));
    struct str name = str_cut(&rest, ':');
    if (!str_to_u64(rest, &wanted_pass)) wanted_pass = 1;
    wanted = name;
}

void kill_point_pass(const char *name)
{
    (void)pthread_once(&once, read_environment);
    if (wanted.n == 0 || !str_eq(wanted, str_of(name))) return;
    if (atomic_fetch_add(&passes, 1) + 1 == wanted_pass) (void)raise(SIGKILL);
}
