/* What an operation gave, as REST answers it: with `next`, and cut into a page where the handler did not do that itself. */
#ifndef FACE_API_REST_PAGES_H
#define FACE_API_REST_PAGES_H

#include "face/api/page.h"

/* `result`: one object, trusted. Appends to `out`. Errors: API_BAD_CURSOR, BASE_NO_MEMORY. */
bool rest_page(const struct operation *op, struct str result, const struct op_page *page, struct buf *out,
               struct err *e);

#endif
