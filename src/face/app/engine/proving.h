/* Proving that a tenant has consented: real tokens, asked for on the loop, waited for on a worker. */
#ifndef FACE_APP_PROVING_H
#define FACE_APP_PROVING_H

#include <stdatomic.h>

#include "cloud/defender/defender.h"
#include "face/api/engine.h"
#include "kit/sys/loop.h"

struct proving;
/* `is_ending`: who waits stops waiting soon after it is set. */
struct proving *proving_new(struct loop *l, struct defender *d, const atomic_bool *is_ending);
void proving_free(struct proving *p); /* after the defender, and when nobody waits any more; accepts NULL */
/* Blocks; not the loop. For each API in `wants` (onboarding_bit) what the login said; the others are PROOF_NONE. */
void proving_ask(struct proving *p, struct tenant *t, struct app *app, int64_t wants,
                 struct tenant_proof out[AUD_COUNT]);

#endif
