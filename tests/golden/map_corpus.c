/* Drives the mapping library over files, as `portcullis ocsf map` and `ocsf check` do together: each event is checked as
 * it comes out. Usage: map_corpus VERSION CLASSES TABLE|- FILE…
 * Standard output: the events, one a line. Standard error: dead letters, findings ("finding: FILE: …"), and at the end of
 * each file its counts ("counts: FILE in mapped base dead events errors"). Exit 1 when anything was found wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "logic/ocsf/ocsf.h"

struct run {
    const char *version, *file;
    struct str event;
    size_t errors, all_errors;
};

static void on_finding(void *ctx, const struct ocsf_finding *f)
{
    const struct run *run = ctx;
    if (f->is_error)
        fprintf(stderr, "finding: %s: %s %s: %s\n  in %.*s\n", run->file, f->rule, f->path, f->text,
                STR_ARG(run->event));
}

static bool on_event(void *ctx, const struct map_event *event)
{
    struct run *run = ctx;
    run->event = event->json;
    run->errors += ocsf_check(run->version, event->json, on_finding, run);
    printf("%.*s\n", STR_ARG(event->json));
    return true;
}

static void on_dead(void *ctx, struct str dead_letter)
{
    (void)ctx;
    fprintf(stderr, "dead: %.*s\n", STR_ARG(dead_letter));
}

static bool map_file(struct run *run, const struct ocsf *ocsf, const char *table, const char *name)
{
    struct ocsf_stream_opts opts = {.ocsf = ocsf, .table = table, .ctx = run, .on_event = on_event, .on_dead = on_dead};
    struct ocsf_stream *stream = ocsf_stream_new(&opts);
    FILE *f = fopen(name, "rb");
    char piece[5000]; /* an odd size, so that records meet its edges */
    size_t n;
    if (f == NULL || stream == NULL) {
        perror(name);
        return false;
    }
    run->file = name;
    run->errors = 0;
    ocsf_stream_file(stream, name);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) ocsf_stream_feed(stream, piece, n);
    ocsf_stream_end(stream);
    const struct ocsf_stream_stats *s = ocsf_stream_stats(stream);
    fprintf(stderr, "counts: %s %llu %llu %llu %llu %llu %zu\n", name, (unsigned long long)s->in,
            (unsigned long long)s->mapped, (unsigned long long)s->base, (unsigned long long)s->dead,
            (unsigned long long)s->events, run->errors);
    run->all_errors += run->errors;
    fclose(f);
    ocsf_stream_free(stream);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: map_corpus VERSION CLASSES TABLE|- FILE...\n");
        return 2;
    }
    struct ocsf_opts opts = {.version = argv[1], .classes = argv[2], .raw_data = true};
    struct run run = {.version = argv[1]};
    struct ocsf *ocsf = NULL;
    struct err e = {0};
    bool ok = ocsf_new(&opts, &ocsf, &e);
    if (!ok) fprintf(stderr, "%s\n", e.text);
    for (int i = 4; ok && i < argc; i++) ok = map_file(&run, ocsf, argv[3][0] == '-' ? NULL : argv[3], argv[i]);
    ocsf_free(ocsf);
    return ok && run.all_errors == 0 ? 0 : 1;
}
