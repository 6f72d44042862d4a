/* The transform alone, in memory: passes over FILE, in pieces as `ocsf map` reads them, events gathered in a buffer that is used again as
 * it writes them. Usage: bench_map [--mappings FOLDER] [--table TABLE] FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api/installation.h"
#include "logic/ocsf/ocsf.h"
#include "passes.h"

enum { PIECE_BYTES = 256 << 10 };

struct job {
    struct ocsf *ocsf;
    const char *table;
    struct buf out; /* some PIECE_BYTES */
    uint64_t dead;
};

static struct buf *put_lines(void *ctx)
{
    struct job *j = ctx;
    if (j->out.n >= PIECE_BYTES) buf_reset(&j->out); /* here a write would stand */
    return &j->out;
}

static void put_dead(void *ctx, struct str letter)
{
    struct job *j = ctx;
    if (j->dead++ == 0) (void)fprintf(stderr, "%.*s\n", STR_ARG(letter));
}

static void map_all(void *ctx, const char *p, size_t n, struct pass_counts *out)
{
    struct job *j = ctx;
    struct ocsf_stream_opts o = {.ocsf = j->ocsf, .table = j->table, .ctx = j, .lines = put_lines, .on_dead = put_dead};
    struct ocsf_stream *s = ocsf_stream_new(&o);
    INVARIANT(s != NULL);
    ocsf_stream_file(s, "memory");
    for (size_t at = 0; at < n; at += PIECE_BYTES)
        ocsf_stream_feed(s, p + at, n - at < PIECE_BYTES ? n - at : PIECE_BYTES);
    ocsf_stream_end(s);
    out->records = ocsf_stream_stats(s)->in;
    out->bytes_out = ocsf_stream_stats(s)->bytes_out;
    ocsf_stream_free(s);
}

int main(int argc, char **argv)
{
    struct mapping_files files = {0};
    struct job j = {0};
    struct err e;
    const char *path = NULL;
    bool fine = true;
    for (int i = 1; fine && i < argc; i++) {
        if (strcmp(argv[i], "--mappings") == 0 && i + 1 < argc)
            fine = mapping_files_read(fs_real(), argv[++i], &files, &e);
        else if (strcmp(argv[i], "--table") == 0 && i + 1 < argc)
            j.table = argv[++i];
        else
            path = argv[i];
    }
    struct ocsf_opts o = {.overrides = files.files, .override_count = files.count};
    fine = fine && ocsf_new(&o, &j.ocsf, &e);
    if (!fine || path == NULL) {
        (void)fprintf(stderr, "bench_map: %s\n", fine ? "which file?" : e.text);
        return 2;
    }
    int status = passes_run(path, 0, map_all, &j);
    ocsf_free(j.ocsf);
    mapping_files_done(&files);
    buf_done(&j.out);
    return j.dead ? 1 : status;
}
