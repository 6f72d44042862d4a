/* The count at the end: the twin's model on one side, the decoded files of the lake on the other. */
#include "face/app/demo/demo.h"

#include <stdlib.h>
#include <string.h>

#include "face/app/app.h"
#include "flow/sink/lake_scan.h"
#include "state/store/feeds.h"

enum { ARENA_BYTES = 64 << 20 };
#define ROWS_BYTES_MAX ((size_t)2 << 30) /* of one feed: a flood of 250,000 rows is most of a GiB */

/* One event of the lake, by the identity of its row; `feed` tells tenant and source apart. Of the model's rows, `feed` is
 * UNREADABLE for one that can only become a dead letter. */
struct seen {
    struct hash128 id;
    uint64_t feed;
};
enum { READABLE, UNREADABLE };
struct seen_list {
    struct seen *items;
    size_t count, cap;
};
struct scan {
    struct seen_list lake;
    struct arena arena;
    char *example;
    struct err *e;
};

static bool add(struct seen_list *l, struct hash128 id, uint64_t feed, struct err *e)
{
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 4096;
        struct seen *items = realloc(l->items, cap * sizeof *items);
        if (items == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "counting");
        l->items = items;
        l->cap = cap;
    }
    l->items[l->count++] = (struct seen){.id = id, .feed = feed};
    return true;
}

static int by_id(const void *a, const void *b)
{
    return hash128_cmp(((const struct seen *)a)->id, ((const struct seen *)b)->id);
}

static void sort(struct seen_list *l)
{
    if (l->count) qsort(l->items, l->count, sizeof *l->items, by_id);
}

/* A feed's key: tenant and source as events name them. */
static uint64_t feed_key(struct str tenant_id, struct str source)
{
    struct siphash h;
    siphash_init(&h, 0, 0);
    siphash_add(&h, tenant_id.p, tenant_id.n);
    siphash_add(&h, "|", 1);
    siphash_add(&h, source.p, source.n);
    return siphash_end(&h).lo;
}

static const char *source_of(const char *feed)
{
    return strcmp(feed, "alerts") == 0 ? "alerts_v2" : feed;
}

/* ---- the lake ------------------------------------------------------------------------------------------------------------- */

/* metadata.uid is the identity in hex; further events of one row carry a suffix behind it and are not counted again. */
static bool take_event(void *arg, struct str event)
{
    struct scan *s = arg;
    struct hash128 id;
    arena_reset(&s->arena);
    const struct json *v = json_parse(&s->arena, event, s->e), *meta = json_get(v, "metadata");
    if (v == NULL) return err_context(s->e, "an event of the lake");
    struct str uid = json_str(json_get(meta, "uid"), STR_NONE);
    if (s->example == NULL && json_i64(json_get(v, "class_uid"), 0) == 1007) s->example = str_dup(event);
    if (uid.n > 32) return true;
    if (!hash128_from_hex(uid.p, uid.n, &id))
        return err_set(s->e, &app_causes[APP_NOT_EXACT], "an event of the lake has no metadata.uid");
    return add(
        &s->lake, id,
        feed_key(json_str(json_get(meta, "tenant_uid"), STR_NONE), json_str(json_get(meta, "log_name"), STR_NONE)),
        s->e);
}

static bool scan_lake(struct installation *i, struct scan *s)
{
    char dir[CONF_PATH_BYTES];
    arena_init(&s->arena, ARENA_BYTES);
    (void)installation_path(&i->conf, "lake", dir);
    bool ok = lake_scan(i->fs, dir, take_event, s, s->e);
    arena_done(&s->arena);
    sort(&s->lake);
    return ok;
}

static bool holds(const struct seen_list *lake, struct hash128 id)
{
    struct seen wanted = {.id = id};
    return lake->count && bsearch(&wanted, lake->items, lake->count, sizeof wanted, by_id) != NULL;
}

/* ---- the model -------------------------------------------------------------------------------------------------------------- */

static bool read_rows(struct installation *i, const struct demo_feed *f, struct str rows, struct seen_list *out,
                      struct err *e)
{
    struct str source = str_of(source_of(f->feed)), tenant = str_of(f->tenant_id);
    const struct plan *plan = ocsf_plan(i->ocsf, source);
    struct map_scratch *scratch = map_scratch_new();
    bool ok = scratch || err_set(e, &base_causes[BASE_NO_MEMORY], "counting %s", f->feed);
    if (plan == NULL) plan = ocsf_plan_base(i->ocsf); /* a table that nobody mapped */
    while (ok && rows.n) {
        struct row_facts facts;
        struct str row = str_trim(str_cut(&rows, '\n'));
        if (row.n == 0) continue;
        if (row.n > LOG_ROW_BYTES_MAX || json_type_of(row) != JSON_OBJECT) {
            ok = add(out, hash128_of(row.p, row.n), UNREADABLE, e);
            continue;
        }
        ok = json_check(row, NULL) || err_set(e, &app_causes[APP_TWIN], "the twin's rows of %s are not JSON", f->feed);
        if (!ok) break;
        plan_facts(plan, scratch, tenant, source, row, &facts);
        ok = add(out, facts.identity, READABLE, e);
    }
    map_scratch_free(scratch);
    sort(out);
    return ok;
}

static bool count_feed(struct installation *i, struct demo_twin *twin, const struct seen_list *lake,
                       struct demo_feed *f, struct err *e)
{
    struct seen_list existing = {0};
    struct buf rows;
    uint64_t unreadable = 0;
    buf_init(&rows, ROWS_BYTES_MAX);
    bool ok = demo_twin_rows(twin, f->tenant_id, f->feed, &rows, e) && read_rows(i, f, buf_str(&rows), &existing, e);
    for (size_t k = 0; ok && k < existing.count; k++) {
        if (k && hash128_eq(existing.items[k].id, existing.items[k - 1].id)) continue; /* byte-equal rows are one */
        bool is_there = holds(lake, existing.items[k].id), is_unreadable = existing.items[k].feed == UNREADABLE;
        f->existing++;
        f->stored += is_there;
        f->lost += !is_there && !is_unreadable;
        unreadable += is_unreadable;
    }
    if (unreadable > f->dead) f->lost += unreadable - f->dead; /* it should have left a dead letter */
    buf_done(&rows);
    free(existing.items);
    return ok;
}

/* What stands twice in the lake, whatever revision it is, is doubled. */
static void count_doubled(struct demo_count *c, const struct seen_list *lake)
{
    for (size_t k = 1; k < lake->count; k++) {
        if (!hash128_eq(lake->items[k].id, lake->items[k - 1].id)) continue;
        for (size_t f = 0; f < c->count; f++)
            if (feed_key(str_of(c->feeds[f].tenant_id), str_of(source_of(c->feeds[f].feed))) == lake->items[k].feed)
                c->feeds[f].doubled++;
    }
}

static bool list_feeds(struct demo_twin *twin, struct demo_count *c, struct err *e)
{
    struct arena a;
    arena_init(&a, ARENA_BYTES);
    const struct json *all = demo_twin_tenants(twin, &a, e), *tenants = json_get(all, "tenants");
    bool ok = all != NULL;
    for (size_t t = 0; ok && tenants && t < tenants->count; t++) {
        const struct json *feeds = json_get(&tenants->items[t], "feeds");
        for (size_t f = 0; ok && feeds && f < feeds->count; f++) {
            struct demo_feed *grown = realloc(c->feeds, (c->count + 1) * sizeof *grown);
            ok = grown || err_set(e, &base_causes[BASE_NO_MEMORY], "counting");
            if (!ok) break;
            c->feeds = grown;
            grown[c->count] = (struct demo_feed){0};
            ok = (str_copy(json_str(json_get(&tenants->items[t], "tenant_id"), STR_NONE), grown[c->count].tenant_id,
                           GUID_BYTES) &&
                  str_copy(json_str(&feeds->items[f], STR_NONE), grown[c->count].feed, sizeof grown->feed)) ||
                 err_set(e, &app_causes[APP_TWIN], "the twin's list of feeds cannot be read");
            c->count++;
        }
    }
    arena_done(&a);
    return ok;
}

static void add_up(struct demo_count *c)
{
    for (size_t k = 0; k < c->count; k++) {
        c->total.existing += c->feeds[k].existing;
        c->total.stored += c->feeds[k].stored;
        c->total.lost += c->feeds[k].lost;
        c->total.doubled += c->feeds[k].doubled;
        c->total.dead += c->feeds[k].dead;
    }
}

/* What the store says of each feed: letters written when an answer was read, and rows the mapping refused. */
static bool take_dead(void *arg, const struct feed_record *r)
{
    struct demo_count *c = arg;
    for (size_t k = 0; k < c->count; k++)
        if (strcmp(c->feeds[k].tenant_id, r->tenant_id) == 0 && strcmp(c->feeds[k].feed, r->feed) == 0)
            c->feeds[k].dead = r->dead + r->refused;
    return true;
}

bool demo_count_all(struct installation *i, struct demo_twin *twin, struct demo_count *out, struct err *e)
{
    struct scan s = {.e = e};
    struct demo_count c = {0};
    bool ok = list_feeds(twin, &c, e) && store_feed_list(i->store, NULL, take_dead, &c, e) && scan_lake(i, &s);
    for (size_t k = 0; ok && k < c.count; k++) ok = count_feed(i, twin, &s.lake, &c.feeds[k], e);
    if (ok) {
        count_doubled(&c, &s.lake);
        add_up(&c);
        c.example = s.example;
        *out = c;
    } else {
        free(s.example);
        demo_count_done(&c);
    }
    free(s.lake.items);
    return ok;
}

void demo_count_done(struct demo_count *c)
{
    free(c->feeds);
    free(c->example);
    *c = (struct demo_count){0};
}
