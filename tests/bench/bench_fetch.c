/* Gets one URL over and over, over one connection, as the product gets an answer: the body as gzip, inflated by ISA-L while it comes in, mapped to
 * events. With `discard` instead: libcurl decodes the body, and it is thrown away. Usage: bench_fetch map|discard CA-FILE URL [TABLE [MAPPINGS]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "face/api/installation.h"
#include "flow/ingest/bytes/inflate.h"
#include "logic/ocsf/ocsf.h"
#include "passes.h"

enum { BUFFER_BYTES = 256 << 10 }; /* as http_call.c asks for */

struct job {
    CURL *easy;
    struct ocsf *ocsf;
    const char *table;
    struct inflate *inflate;    /* of the pass at hand; NULL: nothing is mapped */
    struct ocsf_stream *stream; /* likewise */
    struct buf out;             /* some BUFFER_BYTES */
    uint64_t bytes, dead;
    bool is_mapping;
};

static struct buf *put_lines(void *ctx)
{
    struct job *j = ctx;
    if (j->out.n >= BUFFER_BYTES) buf_reset(&j->out); /* here a write would stand */
    return &j->out;
}

static void put_dead(void *ctx, struct str letter)
{
    struct job *j = ctx;
    if (j->dead++ == 0) (void)fprintf(stderr, "%.*s\n", STR_ARG(letter));
}

static void take_plain(void *ctx, const void *p, size_t n)
{
    struct job *j = ctx;
    j->bytes += n;
    if (j->stream) ocsf_stream_feed(j->stream, p, n);
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    struct job *j = ctx;
    if (j->inflate == NULL) take_plain(j, p, size * n);
    return j->inflate == NULL || inflate_feed(j->inflate, p, size * n, take_plain, j) ? size * n : 0;
}

static void get(struct job *j)
{
    long status = 0;
    CURLcode done = curl_easy_perform(j->easy);
    (void)curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
    if (done == CURLE_OK && status == 200 && (j->inflate == NULL || inflate_is_complete(j->inflate))) return;
    (void)fprintf(stderr, "bench_fetch: %s, status %ld\n", curl_easy_strerror(done), status);
    exit(1);
}

static void pass(void *ctx, const char *p, size_t n, struct pass_counts *out)
{
    struct job *j = ctx;
    struct ocsf_stream_opts o = {.ocsf = j->ocsf, .table = j->table, .ctx = j, .lines = put_lines, .on_dead = put_dead};
    (void)p, (void)n;
    j->bytes = 0;
    if (j->is_mapping) {
        j->inflate = inflate_new();
        j->stream = ocsf_stream_new(&o);
        INVARIANT(j->inflate && j->stream);
        ocsf_stream_file(j->stream, "answer");
    }
    get(j);
    out->bytes_in = j->bytes;
    if (!j->is_mapping) return;
    ocsf_stream_end(j->stream);
    out->records = ocsf_stream_stats(j->stream)->in;
    out->bytes_out = ocsf_stream_stats(j->stream)->bytes_out;
    ocsf_stream_free(j->stream);
    inflate_free(j->inflate);
}

/* With the mapping files of a folder; NULL: as shipped. */
static bool prepare_mapping(struct job *j, const char *folder)
{
    struct mapping_files files = {0};
    struct err e;
    bool fine = folder == NULL || mapping_files_read(fs_real(), folder, &files, &e);
    struct ocsf_opts o = {.overrides = files.files, .override_count = files.count};
    fine = fine && ocsf_new(&o, &j->ocsf, &e);
    if (!fine) (void)fprintf(stderr, "bench_fetch: %s\n", e.text);
    mapping_files_done(&files);
    return fine;
}

static bool prepare(struct job *j, char **argv, const char *mappings)
{
    static struct curl_slist accept = {(char *)(uintptr_t) "Accept-Encoding: gzip", NULL};
    j->is_mapping = strcmp(argv[1], "map") == 0;
    j->easy = curl_easy_init();
    if (j->easy == NULL || (j->is_mapping && !prepare_mapping(j, mappings))) return false;
    (void)curl_easy_setopt(j->easy, CURLOPT_CAINFO, argv[2]);
    (void)curl_easy_setopt(j->easy, CURLOPT_URL, argv[3]);
    (void)curl_easy_setopt(j->easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(j->easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    (void)curl_easy_setopt(j->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(j->easy, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(j->easy, CURLOPT_WRITEDATA, j);
    if (j->is_mapping) {
        (void)curl_easy_setopt(j->easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
        (void)curl_easy_setopt(j->easy, CURLOPT_HTTPHEADER, &accept);
    } else {
        (void)curl_easy_setopt(j->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    return true;
}

int main(int argc, char **argv)
{
    struct job j = {0};
    if (argc < 4) return 2;
    j.table = argc > 4 ? argv[4] : NULL;
    if (!prepare(&j, argv, argc > 5 ? argv[5] : NULL)) return 1;
    int status = passes_loop(NULL, 0, pass, &j);
    curl_easy_cleanup(j.easy);
    ocsf_free(j.ocsf);
    buf_done(&j.out);
    return j.dead ? 1 : status;
}
