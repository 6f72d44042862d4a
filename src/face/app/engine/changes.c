#include "face/app/engine/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/base/hash.h"

enum { BUCKETS = 1024, LASTS_MS = 15000, LINE_BYTES = 1024, NAMED_FEEDS = 4 };

struct waiting { /* a feed that stands otherwise than was told */
    struct waiting *next, *next_in_bucket;
    char tenant_id[GUID_BYTES], tenant_name[128];
    const char *feed; /* of a table of ours */
    enum ingest_state from, to;
    bool was_read, is_told;
    const struct cause *cause;
    char text[sizeof(((struct err *)0)->text)];
    struct mono since;
};
struct changes {
    void (*tell)(void *ctx, const char *line);
    void *ctx;
    struct waiting *first, **last;
    struct waiting *buckets[BUCKETS];
};

struct changes *changes_new(void (*tell)(void *ctx, const char *line), void *ctx)
{
    struct changes *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->tell = tell;
    c->ctx = ctx;
    c->last = &c->first;
    return c;
}

void changes_free(struct changes *c)
{
    for (struct waiting *w = c ? c->first : NULL, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    free(c);
}

static size_t bucket_of(const char *tenant_id, const char *feed)
{
    return (hash64_of(tenant_id, strlen(tenant_id)) + hash64_of(feed, strlen(feed))) % BUCKETS;
}

static struct waiting *find(struct changes *c, const struct ingest_change *change)
{
    struct waiting *w = c->buckets[bucket_of(change->tenant_id, change->feed)];
    while (w && (strcmp(w->tenant_id, change->tenant_id) != 0 || strcmp(w->feed, change->feed) != 0))
        w = w->next_in_bucket;
    return w;
}

static struct waiting *add(struct changes *c, const struct ingest_change *change, struct mono now)
{
    struct waiting *w = calloc(1, sizeof *w);
    struct waiting **bucket = &c->buckets[bucket_of(change->tenant_id, change->feed)];
    if (w == NULL) return NULL; /* a line less; feed list has it all the same */
    (void)snprintf(w->tenant_id, sizeof w->tenant_id, "%s", change->tenant_id);
    (void)snprintf(w->tenant_name, sizeof w->tenant_name, "%s", change->tenant_name);
    w->feed = change->feed;
    w->from = change->from;
    w->since = now;
    w->next_in_bucket = *bucket;
    *bucket = w;
    *c->last = w;
    c->last = &w->next;
    return w;
}

void changes_note(struct changes *c, const struct ingest_change *change, struct mono now)
{
    struct waiting *w = find(c, change);
    if (w == NULL && (w = add(c, change, now)) == NULL) return;
    if (w->to != change->to) w->since = now; /* it has to last as it is now */
    w->to = change->to;
    w->was_read = change->was_read;
    w->cause = change->cause;
    (void)snprintf(w->text, sizeof w->text, "%s", change->text ? change->text : "");
}

/* Grey to grey, waiting to ok, throttled and back: nobody has anything to do. */
static bool is_worth_telling(const struct waiting *w)
{
    return w->from != w->to && (ingest_severity_of(w->from, w->was_read) == SEVERITY_RED ||
                                ingest_severity_of(w->to, w->was_read) == SEVERITY_RED);
}

static bool are_alike(const struct waiting *a, const struct waiting *b)
{
    return strcmp(a->tenant_id, b->tenant_id) == 0 && a->from == b->from && a->to == b->to && a->cause == b->cause;
}

static bool has_lasted(const struct waiting *w, struct mono now)
{
    return now.ms - w->since.ms >= LASTS_MS;
}

/* The first with all that changed like it. */
static void tell_group(struct changes *c, struct waiting *first, struct mono now)
{
    char line[LINE_BYTES], more[32] = "";
    unsigned count = 0;
    size_t n = (size_t)snprintf(line, sizeof line, "%s:", first->tenant_name);
    for (struct waiting *w = first; w; w = w->next) {
        if (w->is_told || !are_alike(first, w) || !has_lasted(w, now)) continue;
        w->is_told = true;
        if (count++ < NAMED_FEEDS)
            n += (size_t)snprintf(line + n, sizeof line - n, "%s %s", count > 1 ? "," : "", w->feed);
    }
    if (count > NAMED_FEEDS) (void)snprintf(more, sizeof more, " and %u more", count - NAMED_FEEDS);
    (void)snprintf(line + n, sizeof line - n, "%s: %s -> %s%s%s%s%s%s", more, ingest_state_name(first->from),
                   ingest_state_name(first->to), first->cause ? ", " : "", first->cause ? first->cause->what : "",
                   first->cause ? " (" : "", first->cause ? first->cause->code : "", first->cause ? ")" : "");
    n = strlen(line);
    if (first->text[0]) (void)snprintf(line + n, sizeof line - n, ": %s", first->text);
    str_make_plain(line, strlen(line)); /* names and answers of others */
    c->tell(c->ctx, line);
}

static void forget(struct changes *c, struct waiting **at)
{
    struct waiting *w = *at;
    struct waiting **in = &c->buckets[bucket_of(w->tenant_id, w->feed)];
    while (*in != w) in = &(*in)->next_in_bucket;
    *in = w->next_in_bucket;
    *at = w->next;
    if (c->last == &w->next) c->last = at;
    free(w);
}

bool changes_tell(struct changes *c, struct mono now)
{
    for (struct waiting *w = c->first; w; w = w->next)
        if (!w->is_told && has_lasted(w, now) && is_worth_telling(w)) tell_group(c, w, now);
    for (struct waiting **at = &c->first; *at;)
        if (has_lasted(*at, now))
            forget(c, at);
        else
            at = &(*at)->next;
    return c->first != NULL;
}
