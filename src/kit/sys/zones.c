#include "kit/sys/zones.h"

#include <pthread.h>

enum { ZONE_FILE_MAX = 1 << 20, ZONES_MAX = 600 /* the tz database has fewer */ };

static const char *const folders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"};

struct named {
    char name[72];
    struct zone *zone; /* NULL: UTC, or not known */
    bool is_known;
};
struct zones {
    struct fs fs;
    pthread_mutex_t lock; /* of what follows */
    struct named items[ZONES_MAX];
    size_t count;
};

bool zone_bytes(struct fs fs, struct str name, struct buf *out)
{
    char path[128];
    if (!zone_name_is_fine(name)) return false;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        struct err e = {0};
        (void)snprintf(path, sizeof path, "%s/%.*s", folders[i], STR_ARG(name));
        buf_reset(out);
        if (fs_read_all(fs, path, ZONE_FILE_MAX, out, &e)) return true;
    }
    return false;
}

struct zones *zones_new(struct fs fs)
{
    struct zones *z = calloc(1, sizeof *z);
    if (z == NULL) return NULL;
    z->fs = fs;
    (void)pthread_mutex_init(&z->lock, NULL);
    return z;
}

void zones_free(struct zones *z)
{
    if (z == NULL) return;
    for (size_t i = 0; i < z->count; i++) zone_free(z->items[i].zone);
    (void)pthread_mutex_destroy(&z->lock);
    free(z);
}

static void load(struct zones *z, struct named *n)
{
    struct buf bytes;
    int offset_s;
    if (str_eq_nocase(str_of(n->name), STR("UTC"))) {
        n->is_known = true;
        return;
    }
    if (zone_offset_parse(str_of(n->name), &offset_s)) {
        n->zone = zone_new_fixed(offset_s);
    } else {
        buf_init(&bytes, ZONE_FILE_MAX);
        if (zone_bytes(z->fs, str_of(n->name), &bytes)) n->zone = zone_new(buf_str(&bytes));
        buf_done(&bytes);
    }
    n->is_known = n->zone != NULL;
}

/* Under the lock. NULL: no such name can be. */
static const struct named *find(struct zones *z, const char *name)
{
    for (size_t i = 0; i < z->count; i++) {
        if (strcmp(z->items[i].name, name) == 0) return &z->items[i];
    }
    if (z->count == ZONES_MAX || !str_copy(str_of(name), z->items[z->count].name, sizeof z->items->name)) return NULL;
    load(z, &z->items[z->count]);
    return &z->items[z->count++];
}

const struct zone *zones_find(struct zones *z, const char *name)
{
    (void)pthread_mutex_lock(&z->lock);
    const struct named *n = find(z, name);
    const struct zone *zone = n ? n->zone : NULL;
    (void)pthread_mutex_unlock(&z->lock);
    return zone;
}

bool zones_know(struct zones *z, const char *name)
{
    (void)pthread_mutex_lock(&z->lock);
    const struct named *n = find(z, name);
    bool is_known = n && n->is_known;
    (void)pthread_mutex_unlock(&z->lock);
    return is_known;
}
