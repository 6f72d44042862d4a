/* A page of a list: so many items after the one that ended the page before. A handler that can seek in the store asks
 * op_page_after where to begin and op_page_item before each item; what it lists in an order of its own keys stays stable
 * when others come and go. Of a handler that does neither, the front cuts the pages itself. */
#ifndef FACE_API_PAGE_H
#define FACE_API_PAGE_H

#include "face/api/operation.h"

enum { PAGE_KEY_BYTES = 256, PAGE_LIMIT_DEFAULT = 100, PAGE_LIMIT_MAX = 1000 };

struct op_page {
    uint64_t limit;
    char after[PAGE_KEY_BYTES]; /* key of the last item of the page before; empty: the first page */
    /* what the handler tells */
    bool is_paged; /* it cuts the pages itself */
    bool is_more;
    uint64_t count;
    char last[PAGE_KEY_BYTES];
};

/* NULL: from the beginning (also on the command line, which has no pages). The handler judges the key: API_BAD_CURSOR. */
const char *op_page_after(struct op_call *c);
/* May another item be written? Its key is remembered. false: the page is full, stop. */
bool op_page_item(struct op_call *c, const char *key);
bool op_page_bad(const struct op_call *c, struct err *e); /* false */

/* The key as a client sees it: opaque, of this operation alone. */
bool page_cursor_write(const struct operation *op, const char *key, struct buf *out);
bool page_cursor_read(const struct operation *op, struct str cursor, char key_out[PAGE_KEY_BYTES]);

#endif
