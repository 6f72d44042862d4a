/* Channels and ladders. */
#include <stdio.h>

#include "face/api/ops/telling/telling.h"
#include "flow/notify/notify.h"
#include "state/store/people.h"

enum { RUNGS_MAX = 32, DEFAULT_CALL_WAIT_MS = 120 * 1000 };

static void secret_name(const char *channel, char out[CHANNEL_BYTES + 16])
{
    (void)snprintf(out, CHANNEL_BYTES + 16, "channel.secret:%s", channel);
}

static bool has_secret(struct store *s, const char *channel, bool *out, struct err *e)
{
    char name[CHANNEL_BYTES + 16];
    struct buf plain;
    buf_init(&plain, 0);
    secret_name(channel, name);
    bool ok = store_secret_get(s, name, &plain, out, e);
    if (plain.p) explicit_bzero(plain.p, plain.cap);
    buf_done(&plain);
    return ok;
}

struct channel_list {
    struct op_call *c;
    struct err *e;
    bool failed;
};

static bool write_channel(void *arg, const struct channel_record *r)
{
    struct channel_list *l = arg;
    struct json_writer *w = l->c->out;
    bool is_sealed = false;
    if (!has_secret(l->c->installation->store, r->name, &is_sealed, l->e)) {
        l->failed = true;
        return false;
    }
    const char *fault = channel_fault(r, is_sealed);
    bool is_phone = strcmp(r->kind, "phone") == 0;
    json_object_begin(w);
    telling_member(w, "name", r->name);
    telling_member(w, "kind", r->kind);
    telling_member(w, "address", r->address);
    telling_member(w, "account", r->account);
    telling_member(w, "sender", r->sender);
    telling_member(w, "recipients", r->recipients);
    telling_member(w, "flow", r->flow);
    telling_member(w, "tenant_id", r->tenant_id);
    json_key(w, "has_secret");
    json_write_bool(w, is_sealed);
    json_key(w, "enabled");
    json_write_bool(w, r->is_enabled);
    telling_member(w, "state",
                   fault                            ? fault
                   : !r->is_enabled                 ? "switched off"
                   : is_phone && r->flow[0] == '\0' ? "ready; calls only, without keys: it has no flow"
                                                    : "ready");
    json_object_end(w);
    return true;
}

/* All of it or nothing. */
static bool put(struct op_call *c, struct channel_record *r, bool is_new, struct err *e)
{
    struct store *s = c->installation->store;
    struct str secret = str_trim(op_text(c, "secret-file"));
    char name[CHANNEL_BYTES + 16];
    bool is_sealed = secret.n > 0;
    secret_name(r->name, name);
    if (!store_begin(s, e)) return false;
    bool ok =
        (secret.n == 0 || store_secret_put(s, name, secret, e)) && (is_sealed || has_secret(s, r->name, &is_sealed, e));
    const char *fault = ok ? channel_fault(r, is_sealed) : NULL;
    if (fault) ok = err_set(e, &api_causes[API_BAD_PARAM], "%s: %s", c->op->name, fault);
    ok = ok && store_channel_put(s, r, is_new, e);
    if (!ok) {
        store_rollback(s);
        return false;
    }
    struct channel_list l = {c, e, false};
    return store_commit(s, e) && write_channel(&l, r);
}

static bool read_channel(struct op_call *c, struct channel_record *r, struct err *e)
{
    const char *enabled = op_cstr(c, "enabled");
    if (!telling_copy(c, "address", r->address, sizeof r->address, e) ||
        !telling_copy(c, "account", r->account, sizeof r->account, e) ||
        !telling_copy(c, "sender", r->sender, sizeof r->sender, e) ||
        !telling_copy(c, "recipients", r->recipients, sizeof r->recipients, e) ||
        !telling_copy(c, "flow", r->flow, sizeof r->flow, e))
        return false;
    if (op_cstr(c, "tenant") && !telling_tenant(c, r->tenant_id, e)) return false;
    if (enabled && strcmp(enabled, "yes") != 0 && strcmp(enabled, "no") != 0)
        return telling_bad(c, e, "enabled", "yes or no");
    if (enabled) r->is_enabled = enabled[0] == 'y';
    return true;
}

bool op_channel_add(struct op_call *c, struct err *e)
{
    struct channel_record r = {.is_enabled = true, .created = clock_wall(&c->installation->clock)};
    bool is_kind = false;
    if (!telling_copy(c, "name", r.name, sizeof r.name, e) || !telling_copy(c, "kind", r.kind, sizeof r.kind, e))
        return false;
    for (size_t i = 0; channel_kinds[i]; i++) is_kind = is_kind || strcmp(r.kind, channel_kinds[i]) == 0;
    if (!is_kind) return telling_bad(c, e, "kind", "email, webhook, slack, teams, pagerduty or phone");
    if (r.name[0] == '\0' || strchr(r.name, ':')) return telling_bad(c, e, "name", "a name without colons is needed");
    return read_channel(c, &r, e) && put(c, &r, true, e);
}

bool op_channel_set(struct op_call *c, struct err *e)
{
    struct channel_record r;
    bool found = false;
    if (!store_channel_find(c->installation->store, op_cstr(c, "name"), &r, &found, e)) return false;
    if (!found) return telling_bad(c, e, "name", "there is no such channel (portcullis channel list)");
    return read_channel(c, &r, e) && put(c, &r, false, e);
}

bool op_channel_list(struct op_call *c, struct err *e)
{
    struct channel_list l = {c, e, false};
    json_object_begin(c->out);
    json_key(c->out, "channels");
    json_array_begin(c->out);
    if (!store_channel_list(c->installation->store, write_channel, &l, e) || l.failed) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_channel_remove(struct op_call *c, struct err *e)
{
    bool removed = false;
    const char *name = op_cstr(c, "name");
    return store_channel_remove(c->installation->store, name, &removed, e) && telling_removed(c, name, removed, e);
}

/* ---- ladders --------------------------------------------------------------------------------------------------------------------------- */

/* "email:on-call", "slack", "phone:on-call:2m"; "+" before it: at once with the one before. */
static bool read_rung(struct op_call *c, struct str word, int64_t *number, struct rung_record *r, struct err *e)
{
    bool is_beside = str_starts(word, STR("+"));
    if (is_beside) word = str_sub(word, 1, word.n - 1);
    struct str channel = str_cut(&word, ':'), target = str_cut(&word, ':');
    *r = (struct rung_record){.wait_ms = str_eq_nocase(channel, STR("phone")) ? DEFAULT_CALL_WAIT_MS : 0};
    if (!is_beside || *number < 0) ++*number;
    r->rung = *number;
    if (channel.n == 0 || !str_copy(channel, r->channel, sizeof r->channel) ||
        !str_copy(target, r->target, sizeof r->target) || (word.n && !duration_parse(word, &r->wait_ms)))
        return telling_bad(c, e, "rung",
                           "as email:on-call, slack, or phone:on-call:2m (channel, who, how long it waits)");
    return true;
}

bool op_ladder_set(struct op_call *c, struct err *e)
{
    const struct json *words = json_get(c->params, "rung");
    struct rung_record rungs[RUNGS_MAX];
    char name[NAME_BYTES] = "";
    int64_t number = -1;
    size_t count = words ? words->count : 0;
    if (!telling_copy(c, "name", name, sizeof name, e)) return false;
    if (name[0] == '\0' || name[0] == '@') return telling_bad(c, e, "name", "a name is needed, not beginning with @");
    if (strcmp(name, "digest") == 0 || strcmp(name, "store") == 0 || strcmp(name, "catch-up") == 0)
        return telling_bad(c, e, "name", "that word names a route of its own");
    if (count == 0 || count > RUNGS_MAX) return telling_bad(c, e, "rung", "one to 32 rungs are needed");
    for (size_t i = 0; i < count; i++)
        if (!read_rung(c, json_str(&words->items[i], STR_NONE), &number, &rungs[i], e)) return false;
    if (!store_ladder_set(c->installation->store, name, rungs, count, e)) return false;
    return op_ladder_list(c, e);
}

static bool write_rung(void *arg, const struct rung_record *r)
{
    struct json_writer *w = arg;
    json_object_begin(w);
    telling_member(w, "ladder", r->ladder);
    json_key(w, "rung");
    json_write_i64(w, r->rung + 1);
    telling_member(w, "channel", r->channel);
    telling_member(w, "target", r->target);
    json_key(w, "wait_s");
    json_write_i64(w, r->wait_ms / 1000);
    json_object_end(w);
    return true;
}

bool op_ladder_list(struct op_call *c, struct err *e)
{
    json_object_begin(c->out);
    json_key(c->out, "rungs");
    json_array_begin(c->out);
    if (!store_ladder_list(c->installation->store, NULL, write_rung, c->out, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

static bool note_rung(void *arg, const struct rung_record *r)
{
    (void)r;
    *(bool *)arg = true;
    return false;
}

bool op_ladder_remove(struct op_call *c, struct err *e)
{
    const char *name = op_cstr(c, "name");
    bool found = false;
    return store_ladder_list(c->installation->store, name, note_rung, &found, e) &&
           store_ladder_set(c->installation->store, name, NULL, 0, e) && telling_removed(c, name, found, e);
}
