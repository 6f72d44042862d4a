/* What readiness found of each tenant when it was last asked, in brief: so that ten thousand tenants can be shown at once. Any
 * thread. */
#ifndef FACE_APP_READYING_BOOK_H
#define FACE_APP_READYING_BOOK_H

#include "face/health/readiness.h"

struct readying_book;
struct readying_book *readying_book_new(void);    /* NULL: no memory */
void readying_book_free(struct readying_book *b); /* accepts NULL */
void readying_book_note(struct readying_book *b, const char *tenant_id, const struct readiness *found);
void readying_book_forget(struct readying_book *b,
                          const char *tenant_id); /* it has changed: what was found says nothing; NULL: of all */
/* In brief (is_brief); false: not known. */
bool readying_book_find(struct readying_book *b, const char *tenant_id, struct readiness *out);

#endif
