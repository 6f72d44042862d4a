/* A thread, and a gate: one thread waits until another has an answer. */
#ifndef KIT_SYS_THREAD_H
#define KIT_SYS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"

struct thread;
/* Signals are blocked in the new thread. Errors: BASE_OS. */
bool thread_start(void (*run)(void *arg), void *arg, struct thread **out, struct err *e);
void thread_join(struct thread *t); /* waits for its end, frees; accepts NULL */

/* Opens once. Any thread may open it, any number may wait. */
struct gate;
struct gate *gate_new(void);    /* aborts without memory: a gate is a few bytes at start-up or per command */
void gate_free(struct gate *g); /* accepts NULL; nobody may be waiting */
void gate_open(struct gate *g);
void gate_wait(struct gate *g);
bool gate_wait_ms(struct gate *g, uint32_t ms); /* false: still shut after that long */

#endif
