/* Rows come by files as well, in the middle of everything: some of those that exist, in the streaming form, whether polling has
 * brought them or not. Nobody waits for them; a power cut or a stop in between takes them along. */
#include <stdlib.h>
#include <string.h>

#include "flow/ingest/page/parcel.h"
#include "sim_install.h"

enum { PARCELS_MAX = 256 };

struct files {
    struct sim_install *s;
    struct parcel *parcels[PARCELS_MAX];
    size_t count;
    double share;
};

static struct parcel *parcel_for(struct files *f, const char *tenant_id, const struct feed_row *feed)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->parcels[i]->row == feed && strcmp(f->parcels[i]->tenant_id, tenant_id) == 0) return f->parcels[i];
    if (f->count == PARCELS_MAX) return NULL;
    struct parcel *p = parcel_new(tenant_id, feed);
    INVARIANT(p);
    return f->parcels[f->count++] = p;
}

/* Rows of such a table may have come under its old name, and a file says nothing of that. */
static bool has_old_name(const struct sim_world *w, const struct feed_row *feed)
{
    for (size_t i = 0; w->renamed && i < FEED_ROW_COUNT; i++)
        if (feed != &feed_rows[i] && w->renamed(&feed_rows[i]) == feed) return true;
    return false;
}

static void take_row(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct files *f = arg;
    if (feed->kind != FEED_HUNTING || !rng_chance(f->s->rng, f->share) || has_old_name(&f->s->world, feed)) return;
    struct parcel *p = parcel_for(f, tenant_id, feed);
    struct buf record;
    if (!p) return;
    buf_init(&record, 0);
    (void)buf_addf(&record, "{\"category\":\"AdvancedHunting-%s\",\"tenantId\":\"%s\",\"properties\":", feed->source,
                   tenant_id);
    size_t at = record.n;
    (void)buf_add_str(&record, json);
    (void)buf_add_char(&record, '}');
    INVARIANT(!record.failed);
    INVARIANT(parcel_add(p, buf_str(&record), str_sub(buf_str(&record), at, json.n), "sim.json", at, 1));
    buf_done(&record);
}

static void all_have_an_end(void *ctx)
{
    struct files *f = ctx;
    for (size_t i = 0; i < f->count; i++) {
        const struct parcel *p = f->parcels[i];
        INVARIANT(p->end != PARCEL_NO_TENANT);
        for (size_t k = 0; k < p->count && p->end == PARCEL_TAKEN; k++) INVARIANT(p->rows[k].refused == NULL);
        f->s->from_files += p->end == PARCEL_TAKEN ? p->fresh : 0;
        parcel_free(f->parcels[i]);
    }
    free(f);
}

void sim_install_import(struct sim_install *s, double share)
{
    struct files *f = calloc(1, sizeof *f);
    struct parcel *list = NULL;
    INVARIANT(f);
    f->s = s;
    f->share = share;
    s->world.each_row(s->world.ctx, take_row, f);
    for (size_t i = f->count; i-- > 0;) {
        f->parcels[i]->next = list;
        list = f->parcels[i];
    }
    ingest_take_parcels(s->ingest, list, all_have_an_end, f);
}
