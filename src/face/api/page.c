#include "face/api/page.h"

#include <stdio.h>
#include <string.h>

#include "kit/base/hash.h"
#include "kit/seal/seal.h"

enum { TAG_BYTES = 9 }; /* eight digits that stand for the operation, and a colon */

const char *op_page_after(struct op_call *c)
{
    if (c->page) c->page->is_paged = true;
    return c->page && c->page->after[0] ? c->page->after : NULL;
}

bool op_page_item(struct op_call *c, const char *key)
{
    struct op_page *p = c->page;
    if (p == NULL) return true;
    p->is_paged = true;
    if (p->count == p->limit) {
        p->is_more = true;
        return false;
    }
    p->count++;
    (void)snprintf(p->last, sizeof p->last, "%s", key);
    return true;
}

bool op_page_bad(const struct op_call *c, struct err *e)
{
    return err_set(e, &api_causes[API_BAD_CURSOR], "%s: the cursor was not given by this list", c->op->name);
}

static void tag(const struct operation *op, char out[TAG_BYTES + 1])
{
    (void)snprintf(out, TAG_BYTES + 1, "%08x:", (unsigned)hash64_of(op->name, strlen(op->name)));
}

bool page_cursor_write(const struct operation *op, const char *key, struct buf *out)
{
    char plain[TAG_BYTES + PAGE_KEY_BYTES];
    tag(op, plain);
    (void)snprintf(plain + TAG_BYTES, PAGE_KEY_BYTES, "%s", key);
    base64url_encode(plain, strlen(plain), out);
    return !out->failed;
}

bool page_cursor_read(const struct operation *op, struct str cursor, char key_out[PAGE_KEY_BYTES])
{
    char expected[TAG_BYTES + 1];
    struct buf plain;
    buf_init(&plain, TAG_BYTES + PAGE_KEY_BYTES);
    tag(op, expected);
    bool ok = cursor.n < 2 * PAGE_KEY_BYTES && base64url_decode(cursor, &plain) && !plain.failed;
    struct str text = buf_str(&plain);
    ok = ok && str_starts(text, str_of(expected)) && text.n > TAG_BYTES &&
         str_copy(str_sub(text, TAG_BYTES, text.n), key_out, PAGE_KEY_BYTES);
    buf_done(&plain);
    return ok;
}
