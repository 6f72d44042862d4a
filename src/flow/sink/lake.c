#include "state/store/lake.h"
#include "flow/sink/lake_int.h"
#include "logic/ocsf/ocsf.h"

#include <stdlib.h>
#include <string.h>

static bool prepare(struct lake *l, struct err *e)
{
    char parent[LAKE_PATH_BYTES / 2];
    struct store *s = l->opts.store;
    memcpy(parent, l->dir, sizeof parent);
    char *slash = strrchr(parent, '/');
    if (slash != NULL) slash[slash == parent ? 1 : 0] = '\0';
    return l->opts.fs.ops->make_dirs(l->opts.fs.ctx, l->dir, e) &&
           l->opts.fs.ops->sync_dir(l->opts.fs.ctx, slash == NULL ? "." : parent, e) &&
           store_offset_get(s, LAKE_SINK, &l->offset, e) && store_offset_get(s, LAKE_NUMBERS, &l->next_number, e) &&
           lake_recover(l, e);
}

bool lake_open(const struct lake_opts *o, struct lake **out, struct err *e)
{
    struct lake *l = calloc(1, sizeof *l);
    if (l == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "opening the lake");
    l->opts = *o;
    l->opts.dir = NULL;
    l->opts.ocsf = o->ocsf ? ocsf_ref(o->ocsf) : NULL;
    l->oldest_of = UINT64_MAX;
    pthread_mutex_init(&l->mutex, NULL);
    INVARIANT(str_copy(str_of(o->dir), l->dir, sizeof l->dir));
    if (!prepare(l, e)) {
        lake_close(l);
        return err_context(e, "opening the lake");
    }
    if (l->next_number == 0) l->next_number = 1; /* 0 says "none yet" */
    *out = l;
    return true;
}

void lake_close(struct lake *l)
{
    if (l == NULL) return;
    pthread_mutex_destroy(&l->mutex);
    ocsf_free(l->opts.ocsf);
    free(l);
}

void lake_set_mappings(struct lake *l, const struct ocsf *ocsf)
{
    pthread_mutex_lock(&l->mutex);
    const struct ocsf *old = l->opts.ocsf;
    l->opts.ocsf = ocsf_ref(ocsf);
    pthread_mutex_unlock(&l->mutex);
    ocsf_free(old);
}

const struct ocsf *lake_mappings(struct lake *l)
{
    pthread_mutex_lock(&l->mutex);
    const struct ocsf *now = ocsf_ref(l->opts.ocsf);
    pthread_mutex_unlock(&l->mutex);
    return now;
}

uint64_t lake_offset(struct lake *l)
{
    pthread_mutex_lock(&l->mutex);
    uint64_t offset = l->offset;
    pthread_mutex_unlock(&l->mutex);
    return offset;
}

uint64_t lake_log_needed(struct lake *l)
{
    pthread_mutex_lock(&l->mutex);
    uint64_t from = l->remap.is_on && l->remap.log_from < l->offset ? l->remap.log_from : l->offset;
    pthread_mutex_unlock(&l->mutex);
    return from;
}

uint64_t lake_orphans_found(const struct lake *l)
{
    return l->orphans;
}
