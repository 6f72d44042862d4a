#include "kit/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/base/str.h"

const struct cause base_causes[BASE_CAUSE_COUNT] = {
    [BASE_NO_MEMORY] = {"base.no_memory", ERR_LIMIT, "the machine has no memory left",
                        "Free memory on this machine or give it more, then start again."},
    [BASE_OS] = {"base.os", ERR_STORAGE, "the operating system refused a call",
                 "See the message for the call and its reason; check limits such as open files (ulimit -n)."},
};

bool(err_set)(struct err *e, const struct cause *cause, const char *fmt, ...)
{
    va_list args;
    INVARIANT(cause != NULL);
    if (e == NULL) return false;
    e->cause = cause;
    e->retry_after_ms = 0;
    va_start(args, fmt);
    (void)vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    str_make_plain(
        e->text,
        strlen(e->text)); /* it may quote what others sent: that must not steer a terminal, or begin a line of a log */
    return false;
}

bool(err_context)(struct err *e, const char *fmt, ...)
{
    char prefix[sizeof e->text];
    char rest[sizeof e->text];
    va_list args;
    if (e == NULL) return false;
    va_start(args, fmt);
    (void)vsnprintf(prefix, sizeof prefix, fmt, args);
    va_end(args);
    memcpy(rest, e->text, sizeof rest);
    size_t n = strnlen(prefix, sizeof prefix - 1);
    size_t room = sizeof e->text - 1;
    memcpy(e->text, prefix, n);
    if (n + 2 < room) {
        memcpy(e->text + n, ": ", 2);
        n += 2;
        size_t m = strnlen(rest, sizeof rest - 1);
        if (m > room - n) m = room - n;
        memcpy(e->text + n, rest, m);
        n += m;
    }
    e->text[n] = '\0';
    str_make_plain(e->text, n); /* as in err_set; and a character may have been cut */
    return false;
}

_Noreturn void invariant_broken(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, cond);
    abort();
}
