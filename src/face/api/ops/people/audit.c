/* The audit trail: who did what, when; and whether anybody has been at it. */
#include <stdio.h>
#include <string.h>

#include "face/api/ops/people/access.h"
#include "face/api/page.h"
#include "state/store/audit.h"

enum { NEWEST_DEFAULT = 100, NEWEST_MAX = 1000 };

struct listing {
    struct op_call *c;
    struct json_writer *w;
    const char *actor, *operation;
    struct wall from, to;
    uint64_t count, most, last;
    bool has_more;
};

static bool is_wanted(const struct listing *l, const struct audit_view *a)
{
    return (l->actor == NULL || str_eq_nocase(str_of(l->actor), str_of(a->actor))) &&
           (l->operation == NULL || str_eq_nocase(str_of(l->operation), str_of(a->operation))) &&
           (l->to.ticks == 0 || a->at.ticks < l->to.ticks);
}

static bool list_entry(void *arg, const struct audit_view *a)
{
    struct listing *l = arg;
    char key[32];
    if (a->at.ticks < l->from.ticks) return false;
    if (!is_wanted(l, a)) return true;
    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)a->seq);
    if (!op_page_item(l->c, key)) return false;
    l->has_more = l->count == l->most;
    if (l->has_more) return false;
    l->count++;
    l->last = a->seq;
    json_object_begin(l->w);
    json_key(l->w, "id");
    json_write_u64(l->w, a->seq);
    json_key(l->w, "at");
    write_time(l->w, a->at);
    telling_member(l->w, "by", a->actor);
    telling_member(l->w, "operation", a->operation);
    json_key(l->w, "detail");
    json_write_raw(l->w, a->detail);
    json_object_end(l->w);
    return true;
}

bool op_audit_list(struct op_call *c, struct err *e)
{
    uint64_t before = 0;
    const char *after = op_page_after(c);
    struct listing l = {
        .c = c, .w = c->out, .actor = op_cstr(c, "by"), .operation = op_cstr(c, "operation"), .most = NEWEST_DEFAULT};
    if (op_text(c, "from").n && !op_read_time(c, "from", &l.from, e)) return false;
    if (op_text(c, "to").n && !op_read_time(c, "to", &l.to, e)) return false;
    if (op_text(c, "before").n) (void)str_to_u64(op_text(c, "before"), &before);
    if (op_text(c, "newest").n) (void)str_to_u64(op_text(c, "newest"), &l.most);
    if (l.most == 0 || l.most > NEWEST_MAX) return telling_bad(c, e, "newest", "how many, from 1 to 1000");
    if (after && (!str_to_u64(str_of(after), &before) || before == 0)) return op_page_bad(c, e);
    if (c->page) l.most = c->page->limit + 1;
    json_object_begin(c->out);
    json_key(c->out, "entries");
    json_array_begin(c->out);
    if (!store_audit_page(c->installation->store, before, list_entry, &l, e)) return false;
    json_array_end(c->out);
    json_key(c->out, "next_before");
    if (l.has_more)
        json_write_u64(c->out, l.last);
    else
        json_write_null(c->out);
    json_object_end(c->out);
    return true;
}

bool op_audit_verify(struct op_call *c, struct err *e)
{
    uint64_t entries = 0;
    if (!store_audit_verify(c->installation->store, &entries, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "entries");
    json_write_u64(c->out, entries);
    telling_member(c->out, "state", "whole: nothing was changed, removed or added, and the end is the sealed one");
    json_object_end(c->out);
    return true;
}
