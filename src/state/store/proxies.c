/* Proxy rules; their passwords are sealed beside them. */
#include "state/store/proxies.h"
#include "state/store/store_int.h"

void store_proxy_secret(int64_t id, char name_out[PROXY_SECRET_BYTES])
{
    (void)snprintf(name_out, PROXY_SECRET_BYTES, "proxy.password:%lld",
                   (long long)id); /* as schema.c's trigger has it */
}

static bool find_id(struct store *s, struct proxy_record *r, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_PROXY_ID, &c, e, "itt", r->org_id, r->tenant_id, r->pattern)) return false;
    if (cursor_next(&c)) r->id = column_i64(&c, 0);
    return cursor_close(&c);
}

bool store_proxy_put(struct store *s, struct proxy_record *r, struct err *e)
{
    struct scope scope;
    int64_t created = r->created.ticks ? r->created.ticks : clock_wall(&s->clock).ticks;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_PROXY_PUT, NULL, e, "ittttbi", r->org_id, r->tenant_id, r->pattern, r->address,
                            r->user, r->ca_pem.p ? r->ca_pem : STR(""), created) &&
              find_id(s, r, e);
    return scope_end(&scope, ok, e);
}

bool store_proxy_list(struct store *s, bool (*each)(void *arg, const struct proxy_record *r), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_PROXY_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        struct proxy_record r = {.id = column_i64(&c, 0),
                                 .org_id = column_i64(&c, 1),
                                 .ca_pem = column_bytes(&c, 6),
                                 .created = column_wall(&c, 7)};
        column_text(&c, 2, r.tenant_id, sizeof r.tenant_id);
        column_text(&c, 3, r.pattern, sizeof r.pattern);
        column_text(&c, 4, r.address, sizeof r.address);
        column_text(&c, 5, r.user, sizeof r.user);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_proxy_remove(struct store *s, int64_t id, bool *removed_out, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_PROXY_REMOVE, NULL, e, "i", id);
    if (ok) *removed_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}
