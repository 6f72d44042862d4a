/* What every request of ours carries, and what its answer says of our clock. */
#include "cloud/defender/defender_int.h"

#include <stdio.h>
#include <string.h>

enum { CLOCK_OFF_MS = 5 * 60 * 1000 };

void clock_judge(struct defender *d, const struct http_response *r, struct err *e)
{
    struct err warning;
    if (r->date.ticks == 0) return;
    int64_t ahead_ms = wall_ms(clock_wall(loop_clock(d->loop))) - wall_ms(r->date),
            off_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    bool was_off = d->is_clock_off;
    d->is_clock_off = off_ms > CLOCK_OFF_MS;
    (void)err_set(&warning, &defender_causes[DEFENDER_CLOCK], "this machine's clock is %lld minutes %s Microsoft's",
                  (long long)(off_ms / 60000), ahead_ms < 0 ? "behind" : "ahead of");
    if (d->is_clock_off != was_off && d->on_clock) d->on_clock(d->clock_ctx, d->is_clock_off ? &warning : NULL);
    size_t n = e && d->is_clock_off ? strlen(e->text) : sizeof e->text;
    if (n < sizeof e->text) (void)snprintf(e->text + n, sizeof e->text - n, "; %.120s", warning.text);
}

bool url_encode(struct buf *out, struct str text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    bool ok = true;
    for (size_t i = 0; ok && i < text.n; i++)
        ok = text.p[i] != '\0' && strchr(plain, text.p[i]) ? buf_add_char(out, text.p[i])
                                                           : buf_addf(out, "%%%02X", (unsigned char)text.p[i]);
    return ok;
}

const char *request_id_header(char out[REQUEST_ID_BYTES])
{
    char guid[37];
    random_guid(guid);
    (void)snprintf(out, REQUEST_ID_BYTES, "client-request-id: %s", guid);
    return out;
}
