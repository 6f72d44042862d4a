#include "face/api/ops/respond/device_state.h"

#include <stdlib.h>
#include <string.h>

#include "flow/act/remote.h"
#include "state/store/revisions.h"

enum { ROW_ARENA_BYTES = 16 << 20 };

struct reading {
    struct device_states *out;
    struct arena arena;
};

static struct device_state *add(struct device_states *d)
{
    if (d->count == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 64;
        struct device_state *bigger = realloc(d->items, cap * sizeof *bigger);
        INVARIANT(bigger);
        d->items = bigger;
        d->cap = cap;
    }
    d->items[d->count] = (struct device_state){.hold = 0};
    return &d->items[d->count++];
}

static void keep(struct str s, char *out, size_t size)
{
    (void)str_copy(str_sub(s, 0, size - 1), out, size);
}

/* A row of feed machine_actions: only isolations and releases that succeeded tell something. */
static bool take_action(void *arg, const struct seen_revision *seen)
{
    struct reading *r = arg;
    struct remote_action a;
    struct err ignored;
    arena_reset(&r->arena);
    const struct json *v = json_parse(&r->arena, seen->r.row, &ignored);
    bool is_pair = v && remote_action_read(v, &a) && (a.kind == ACT_ISOLATE || a.kind == ACT_RELEASE);
    if (!is_pair || a.state != REMOTE_SUCCEEDED) return true;
    struct device_state *d = add(r->out);
    (void)snprintf(d->tenant, sizeof d->tenant, "%s", seen->tenant_id);
    keep(json_str(json_get_nocase(v, "machineId"), STR_NONE), d->device, sizeof d->device);
    keep(json_str(json_get_nocase(v, "computerDnsName"), STR_NONE), d->host, sizeof d->host);
    (void)snprintf(d->by, sizeof d->by, "%s", a.by);
    (void)snprintf(d->reason, sizeof d->reason, "%s", a.comment);
    d->is_isolated = a.kind == ACT_ISOLATE;
    d->since = a.updated.ticks ? a.updated : a.created;
    return true;
}

static void take_holds(const struct responder *r, const char *tenant_id, struct device_states *out)
{
    const struct hold *h;
    uint64_t cursor = 0;
    while ((h = responder_holds(r, &cursor)) != NULL) {
        if (tenant_id && strcmp(tenant_id, h->tenant) != 0) continue;
        struct device_state *d = add(out);
        (void)snprintf(d->tenant, sizeof d->tenant, "%s", h->tenant);
        (void)snprintf(d->device, sizeof d->device, "%s", h->device);
        (void)snprintf(d->host, sizeof d->host, "%s", h->host);
        (void)snprintf(d->by, sizeof d->by, "%s", h->owner);
        (void)snprintf(d->reason, sizeof d->reason, "%s", h->reason);
        (void)snprintf(d->state, sizeof d->state, "%s", hold_state_name(h->state));
        d->is_isolated = h->state == HOLD_HELD || h->state == HOLD_RELEASING;
        d->is_ours = h->is_owned;
        d->since = d->is_isolated ? h->since : h->released;
        d->until = h->until;
        d->hold = h->id;
    }
}

/* Of one device the newest first; the memory before a feed's word of the same instant. */
static int by_device(const void *a, const void *b)
{
    const struct device_state *x = a, *y = b;
    int order = strcmp(x->tenant, y->tenant);
    if (order == 0) order = strcasecmp(x->device, y->device);
    if (order == 0) order = (x->since.ticks < y->since.ticks) - (x->since.ticks > y->since.ticks);
    return order ? order : (x->hold == 0) - (y->hold == 0);
}

static void keep_newest(struct device_states *d)
{
    size_t n = 0;
    if (d->count == 0) return;
    qsort(d->items, d->count, sizeof *d->items, by_device);
    for (size_t i = 0; i < d->count; i++) {
        struct device_state *last = n ? &d->items[n - 1] : NULL, *one = &d->items[i];
        bool is_same = last && strcmp(last->tenant, one->tenant) == 0 && strcasecmp(last->device, one->device) == 0;
        if (!is_same) {
            d->items[n++] = *one;
        } else if (one->hold && last->hold == 0 && one->is_isolated == last->is_isolated) {
            *last = *one; /* the same state, and we know more of it */
        }
    }
    d->count = n;
}

bool device_states_read(struct store *s, const struct responder *r, const char *tenant_id, struct device_states *out,
                        struct err *e)
{
    struct reading reading = {.out = out};
    struct revision_query q = {.tenant_id = tenant_id, .feed = "machine_actions", .is_latest = true};
    *out = (struct device_states){0};
    arena_init(&reading.arena, ROW_ARENA_BYTES);
    bool ok = store_revision_list(s, &q, take_action, &reading, e);
    arena_done(&reading.arena);
    if (ok) take_holds(r, tenant_id, out);
    keep_newest(out);
    return ok;
}

void device_states_done(struct device_states *d)
{
    free(d->items);
    *d = (struct device_states){0};
}

const struct device_state *device_state_of(const struct device_states *d, const char *tenant_id, const char *device)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct device_state *x = &d->items[mid];
        int order = strcmp(x->tenant, tenant_id);
        if (order == 0) order = strcasecmp(x->device, device);
        if (order == 0) return x;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
