#include "face/app/engine/reload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_MS = 2000 };

struct reload {
    struct loop *loop;
    struct installation *installation;
    struct ingest *ingest;
    struct timer *timer;
    void (*also)(void *arg); /* at SIGHUP; NULL: nothing */
    void *also_arg;
    bool is_running, is_asked;
    /* what the worker was given, and what it answers; the loop does not touch them while is_running */
    uint64_t applied, refused, seen; /* hashes of the files: in force, found wrong, as last looked at */
    bool is_urgent;
    struct ocsf *fresh; /* NULL: nothing new */
    size_t files;
    bool ok;
    struct err err;
};

/* ---- on a worker ------------------------------------------------------------------------------------------------------ */

/* Files that are being written look different at each look: they are taken once they have stayed the same. */
static bool is_worth_a_try(struct reload *r, uint64_t hash)
{
    bool is_still = hash == r->seen;
    r->seen = hash;
    if (r->is_urgent) return true;
    return is_still && hash != r->applied && hash != r->refused;
}

static void run(void *arg)
{
    struct reload *r = arg;
    struct mapping_files files = {0};
    const char *folder = r->installation->conf.mappings_dir;
    r->fresh = NULL;
    r->ok = mapping_files_read(r->installation->fs, folder, &files, &r->err);
    uint64_t hash = r->ok ? mapping_files_hash(&files) : 0;
    r->files = files.count;
    if (is_worth_a_try(r, hash)) {
        r->ok = r->ok && installation_mappings(&r->installation->conf, &files, &r->fresh, &r->err);
        if (r->ok)
            r->applied = hash;
        else
            r->refused = hash;
        if (r->fresh) lake_set_mappings(r->installation->lake, r->fresh);
    } else {
        r->ok = true; /* nothing to tell */
    }
    mapping_files_done(&files);
}

/* ---- on the loop ------------------------------------------------------------------------------------------------------ */

static void look(struct reload *r);

static void ran(void *arg)
{
    struct reload *r = arg;
    r->is_running = false;
    if (!r->ok)
        (void)fprintf(stderr, "portcullis: warning: the mappings of before stay: %s\n  code: %s\n  do:   %s\n",
                      r->err.text, r->err.cause->code, r->err.cause->remedy);
    if (r->fresh) {
        ingest_set_mappings(r->ingest, r->fresh);
        ocsf_free(r->fresh);
        r->fresh = NULL;
        (void)fprintf(stderr, "portcullis: mappings are loaded anew, with %zu files of %s\n", r->files,
                      r->installation->conf.mappings_dir);
    }
    if (r->is_asked)
        look(r);
    else
        timer_arm(r->timer, LOOK_MS);
}

static void look(struct reload *r)
{
    if (r->is_running) return;
    r->is_running = true;
    r->is_urgent = r->is_asked;
    r->is_asked = false;
    work_submit(r->loop, NULL, run, ran, r);
}

static void on_timer(void *arg)
{
    look(arg);
}

static void on_signal(void *arg, int signum)
{
    struct reload *r = arg;
    (void)signum;
    if (r->also) r->also(r->also_arg);
    if (r->timer == NULL) {
        (void)fprintf(stderr, "portcullis: no mappings to load anew: mappings_dir is not set\n");
        return;
    }
    r->is_asked = true;
    look(r);
}

struct reload *reload_new(struct loop *l, struct installation *i, struct ingest *in)
{
    struct reload *r = calloc(1, sizeof *r);
    if (r == NULL) return NULL;
    *r = (struct reload){.loop = l, .installation = i, .ingest = in, .applied = i->mappings_hash};
    loop_on_signal(l, SIGHUP, on_signal, r);
    if (i->conf.mappings_dir[0] == '\0') return r;
    r->timer = timer_new(l, on_timer, r);
    timer_arm(r->timer, LOOK_MS);
    return r;
}

void reload_also(struct reload *r, void (*fn)(void *arg), void *arg)
{
    r->also = fn;
    r->also_arg = arg;
}

void reload_free(struct reload *r)
{
    if (r == NULL) return;
    ocsf_free(r->fresh);
    free(r);
}
