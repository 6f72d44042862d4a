/* One cause at several customers: who may read which of them. */
#include <stdio.h>
#include <string.h>

#include "flow/notify/notify_int.h"
#include "state/store/access.h"
#include "state/store/tenants.h"

enum { NAMES_MAX = 500 };

bool notice_is_shared_cause(const struct notice_record *n)
{
    return str_starts(str_of(n->group_key), STR("cause:"));
}

void notice_line(const struct notice_record *n, struct buf *out)
{
    buf_addf(out, "- [%s] %s%s%s\n", notice_severity_names[n->severity], n->organization,
             n->organization[0] ? ": " : "", n->title);
}

struct naming {
    const struct notice_record *first;
    const struct notice_reader *reader;
    struct buf *names;
    size_t count;
};

static bool name_one(void *arg, const struct notice_record *r)
{
    struct naming *n = arg;
    bool is_of_it = r->id == n->first->id || r->joined == n->first->id;
    if (!is_of_it || (n->reader && !n->reader->sees(n->reader->arg, r->tenant_id))) return true;
    if (++n->count <= NAMES_MAX) notice_line(r, n->names);
    return true;
}

bool notice_text(struct store *s, const struct notice_record *n, const struct notice_reader *reader, struct buf *out,
                 struct err *e)
{
    struct buf names;
    struct naming naming = {n, reader, &names, 0};
    buf_add_str(out, n->body);
    if (!notice_is_shared_cause(n) || n->state == NOTICE_JOINED) return true;
    buf_init(&names, 0);
    bool ok = store_notice_list(s, &(struct notice_query){.group_key = n->group_key, .from = n->created}, name_one,
                                &naming, e);
    if (ok && naming.count > 1)
        buf_addf(out, "\n\nThe same cause concerns %zu:\n%.*s", naming.count, STR_ARG(buf_str(&names)));
    if (ok && naming.count > NAMES_MAX)
        buf_addf(out, "and %zu more (portcullis notice list)\n", naming.count - NAMES_MAX);
    buf_done(&names);
    return ok;
}

/* ---- whom a delivery reaches ------------------------------------------------------------------------------------------------ */

struct scope {
    struct store *s;
    int64_t person_id, org_of_channel; /* 0: not confined by it */
    struct err *e;
    bool failed;
};
struct org_wanted {
    int64_t id;
    bool is_there;
};

static bool is_wanted(void *arg, int64_t org_id, const char *name)
{
    struct org_wanted *w = arg;
    (void)name;
    w->is_there = w->is_there || w->id == org_id;
    return !w->is_there;
}

static bool is_in_scope(void *arg, const char *tenant_id)
{
    struct scope *c = arg;
    struct tenant_record t;
    struct org_wanted w = {.is_there = true};
    bool found = false;
    c->failed = c->failed || !store_tenant_find(c->s, tenant_id, &t, &found, c->e);
    if (c->failed || !found || (c->org_of_channel && t.org_id != c->org_of_channel)) return false;
    if (c->person_id) {
        w = (struct org_wanted){.id = t.org_id};
        c->failed = !store_scope_list(c->s, SCOPE_PERSON, c->person_id, is_wanted, &w, c->e);
    }
    return w.is_there && !c->failed;
}

static bool read_scope(struct round *r, const struct delivery_record *d, struct scope *out, struct err *e)
{
    struct tenant_record t;
    struct login_record login;
    bool found = false;
    const struct channel_record *c = book_channel(&r->book, d->channel);
    const struct person_record *p = d->person[0] ? book_person(&r->book, d->person) : NULL;
    *out = (struct scope){.s = r->notify->o.store, .e = e};
    if (c && c->tenant_id[0]) {
        if (!store_tenant_find(out->s, c->tenant_id, &t, &found, e)) return false;
        out->org_of_channel = found ? t.org_id : -1;
    }
    if (p == NULL) return true;
    if (!store_login_find(out->s, p->id, &login, e)) return false;
    out->person_id = login.is_scoped ? p->id : 0;
    return true;
}

bool notice_text_for(struct round *r, const struct delivery_record *d, const struct notice_record *n, struct buf *out,
                     struct err *e)
{
    struct scope scope;
    if (!read_scope(r, d, &scope, e)) return false;
    struct notice_reader reader = {is_in_scope, &scope};
    bool is_confined = scope.person_id || scope.org_of_channel;
    return notice_text(r->notify->o.store, n, is_confined ? &reader : NULL, out, e) && !scope.failed;
}
