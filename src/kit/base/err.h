/* Errors people can act on.
 *
 * An error names a cause: one const row in the table of the room that raised it (`x/causes.h`), with a stable code, what
 * the caller can do (the kind), what happened in general, and what a person should do next. The text says what was tried,
 * on what, and what came back this time. No text ever holds a secret.
 *
 * Conventions: `struct err *e` comes last; a function that fails returns false (or NULL), fills `*e` and leaves its other
 * outputs untouched. "Not found" is an answer, not an error. Rooms below flow return errors and do not log. */
#ifndef KIT_BASE_ERR_H
#define KIT_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

enum err_kind {                /* what the caller can do about it, not where it came from */
                ERR_RETRY = 1, /* the same request may work later: 429, 503, lock held */
                ERR_UNCERTAIN, /* sent, no answer: it may or may not have taken effect */
                ERR_AUTH,      /* a person must act at Microsoft: expired secret, missing consent */
                ERR_INPUT,     /* this record, setting or argument is wrong; retrying cannot help */
                ERR_LIMIT,     /* one of our own bounds was reached */
                ERR_STORAGE,   /* disk or database refused */
                ERR_CORRUPT,   /* stored bytes fail their checksum, or are not ours */
};

struct cause {
    const char *code; /* stable, dotted, lower case: "store.locked" */
    enum err_kind kind;
    const char *what;   /* one clause: what went wrong, in general */
    const char *remedy; /* what a person does next; never NULL */
};

struct err {
    const struct cause *cause;
    uint32_t retry_after_ms; /* 0: the other side did not say */
    char text[400];          /* one sentence, no secrets; one line of plain text, whatever is quoted in it */
};

/* Fill `e` and return false, so that `return err_set(...)` reads as a failure. */
bool err_set(struct err *e, const struct cause *cause, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Prefix what is already there ("tenant contoso, alerts page 3: ..."); returns false. */
bool err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#ifdef __clang_analyzer__ /* which does not look into other files: both always return false */
#define err_set(...)                  \
    __extension__({                   \
        (void)(err_set)(__VA_ARGS__); \
        (bool)false;                  \
    })
#define err_context(...)                  \
    __extension__({                       \
        (void)(err_context)(__VA_ARGS__); \
        (bool)false;                      \
    })
#endif
/* A cause for the bugs of ours that callers may survive: out of memory, an OS call that cannot fail and did. */
extern const struct cause base_causes[];
enum { BASE_NO_MEMORY, BASE_OS, BASE_CAUSE_COUNT };

/* A broken invariant: says where and aborts, in release builds too. A wrong action is worse than a restart. */
#define INVARIANT(cond) ((cond) ? (void)0 : invariant_broken(#cond, __FILE__, __LINE__))
_Noreturn void invariant_broken(const char *cond, const char *file, int line);

#endif
