#include "face/health/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow/act/act.h"
#include "logic/respond/respond.h"
#include "state/store/feeds.h"
#include "state/store/notices.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"

enum { NAMES_MAX = 128, NAME_BYTES_MAX = 64 };

/* Numbers by one label. */
enum column { ROWS, LATE, DEAD, LAG, FEEDS, COLUMNS };
struct by_name {
    char name[NAME_BYTES_MAX];
    uint64_t n[COLUMNS];
};
struct table {
    struct by_name items[NAMES_MAX];
    unsigned count;
};
struct gathering {
    struct wall now;
    struct table feeds, states, notices, actions;
    uint64_t tenants, enabled;
};

/* Beyond the bound all is added up under the last name. */
static struct by_name *find(struct table *t, const char *name)
{
    for (unsigned i = 0; i < t->count; i++)
        if (strcmp(t->items[i].name, name) == 0) return &t->items[i];
    if (t->count == NAMES_MAX) return &t->items[NAMES_MAX - 1];
    (void)snprintf(t->items[t->count].name, NAME_BYTES_MAX, "%s", name);
    return &t->items[t->count++];
}

static bool add_tenant(void *arg, const struct tenant_record *r)
{
    struct gathering *g = arg;
    g->tenants++;
    g->enabled += r->is_enabled;
    return true;
}

static bool add_feed(void *arg, const struct feed_sum *r)
{
    struct gathering *g = arg;
    struct by_name *f = find(&g->feeds, r->feed);
    int64_t lag = r->oldest_sync.ticks ? (g->now.ticks - r->oldest_sync.ticks) / WALL_TICKS_PER_S : 0;
    f->n[ROWS] += r->rows;
    f->n[LATE] += r->late_rows;
    f->n[DEAD] += r->dead;
    f->n[FEEDS] += r->feeds;
    if (lag > 0 && (uint64_t)lag > f->n[LAG]) f->n[LAG] = (uint64_t)lag;
    find(&g->states, r->status[0] ? r->status : "new")->n[FEEDS] += r->feeds;
    return true;
}

static bool add_notice(void *arg, const struct notice_record *r)
{
    struct gathering *g = arg;
    find(&g->notices, notice_state_names[r->state])->n[FEEDS]++;
    return true;
}

static bool add_actions(struct gathering *g, struct store *s, struct err *e)
{
    struct responder *r = NULL;
    const struct action *a;
    uint64_t cursor = 0;
    if (!act_load(s, &r, e)) return false;
    while ((a = responder_actions(r, &cursor)) != NULL) find(&g->actions, action_state_name(a->state))->n[FEEDS]++;
    responder_free(r);
    return true;
}

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    (void)buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *help, uint64_t n)
{
    family(out, name, "gauge", help);
    (void)buf_addf(out, "%s %llu\n", name, (unsigned long long)n);
}

static void write_table(struct buf *out, const char *name, const char *type, const char *label, const char *help,
                        const struct table *t, enum column column)
{
    family(out, name, type, help);
    for (unsigned i = 0; i < t->count; i++)
        (void)buf_addf(out, "%s{%s=\"%s\"} %llu\n", name, label, t->items[i].name,
                       (unsigned long long)t->items[i].n[column]);
}

static uint64_t resident_bytes(void)
{
    char line[128] = "";
    uint64_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r"); /* "whole resident …", in pages */
    if (f == NULL) return 0;
    bool is_read = fgets(line, sizeof line, f) != NULL;
    (void)fclose(f);
    struct str rest = str_of(line);
    (void)str_cut(&rest, ' ');
    return is_read && str_to_u64(str_cut(&rest, ' '), &pages) ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void write_all(const struct gathering *g, uint64_t inbox, struct buf *out)
{
    one(out, "portcullis_tenants", "Tenants in the store.", g->tenants);
    one(out, "portcullis_tenants_enabled", "Tenants that are asked.", g->enabled);
    write_table(out, "portcullis_feed_rows_total", "counter", "feed", "Rows taken in, ever.", &g->feeds, ROWS);
    write_table(out, "portcullis_feed_late_rows_total", "counter", "feed", "Rows of them that a sweep found.",
                &g->feeds, LATE);
    write_table(out, "portcullis_feed_dead_letters_total", "counter", "feed",
                "Records that could not be read or mapped.", &g->feeds, DEAD);
    write_table(out, "portcullis_feed_lag_seconds", "gauge", "feed",
                "Since the last completed poll, of the tenant that is furthest behind.", &g->feeds, LAG);
    write_table(out, "portcullis_feeds", "gauge", "status", "Feeds by how they stand.", &g->states, FEEDS);
    write_table(out, "portcullis_notices", "gauge", "state", "Notices kept, by how they stand.", &g->notices, FEEDS);
    write_table(out, "portcullis_actions", "gauge", "state", "Actions of the response, by how they stand.", &g->actions,
                FEEDS);
    one(out, "portcullis_inbox", "Revisions that no policy has judged yet.", inbox);
    one(out, "portcullis_resident_bytes", "Memory of the process.", resident_bytes());
}

bool metrics_write(struct store *s, struct wall now, struct buf *out, struct err *e)
{
    struct gathering *g = calloc(1, sizeof *g);
    struct notice_query all = {.newest = 0};
    uint64_t inbox = 0;
    if (g == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "metrics");
    g->now = now;
    bool ok = store_tenant_list(s, add_tenant, g, e) && store_feed_sums(s, add_feed, g, e) &&
              store_notice_list(s, &all, add_notice, g, e) && store_inbox_count(s, &inbox, e) && add_actions(g, s, e);
    if (ok) write_all(g, inbox, out);
    free(g);
    return ok;
}
