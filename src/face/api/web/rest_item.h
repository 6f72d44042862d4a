/* One thing of a list by itself, and ETags: of what an answer is, and of what of it can be changed. */
#ifndef FACE_API_REST_ITEM_H
#define FACE_API_REST_ITEM_H

#include "face/api/operation.h"

/* Which one: what the path names, and of the list's own parameters those that the call has. */
struct item_wanted {
    struct str name;
    const struct json *params;
};
/* Out of the list's result: the object that it is; of a group the list with these alone. Errors: API_NO_ITEM. */
bool rest_item(const struct operation *list, struct str result, const struct item_wanted *wanted, struct buf *out,
               struct err *e);
/* Of a change's parameters those that the list takes. NULL: no memory. */
const struct json *rest_item_params(struct arena *a, const struct operation *list, const struct json *change);

enum { ETAG_BYTES = 40 };
/* `"<what can be changed>-<all of it>"`: a change is held to the first half, a cache to both. `thing` is an object as the
 * operation gives it (`is_one`: one of its list), `answer` what goes out of it. */
void etag_of(const struct operation *op, bool is_one, struct str thing, struct str answer, char out[ETAG_BYTES]);
/* Does the header (a list, or *) name it? */
bool etag_is_known(const char *header, const char *etag);   /* If-None-Match */
bool etag_is_current(const char *header, const char *etag); /* If-Match */

#endif
