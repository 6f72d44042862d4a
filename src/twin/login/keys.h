/* The program's signer: RS256 with a key made at start. Any thread that holds the model's lock. */
#ifndef TWIN_KEYS_H
#define TWIN_KEYS_H

#include "kit/base/err.h"
#include "twin/cloud.h"

struct keys;
bool keys_new(struct keys **out, struct err *e); /* makes an RSA key: takes a moment */
void keys_free(struct keys *k);                  /* accepts NULL */
struct token_signer keys_signer(struct keys *k);

#endif
