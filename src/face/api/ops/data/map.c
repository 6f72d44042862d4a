/* ocsf map: a filter that needs no installation. It reads and writes on its own, in large pieces; nothing is held whole. */
#include "face/api/ops/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face/api/installation.h"
#include "face/api/ops/data/map_jobs.h"
#include "kit/sys/causes.h"

enum { PIPE_BYTES = 1 << 20 };

struct mapping {
    struct map_jobs *jobs;
    FILE *dead;
    int write_error;
};

static bool put_events(void *ctx, const char *p, size_t n)
{
    struct mapping *m = ctx;
    while (n > 0) {
        ssize_t wrote = write(STDOUT_FILENO, p, n);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) {
            m->write_error = errno;
            return false;
        }
        p += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

static bool put_dead(void *ctx, struct str letter)
{
    struct mapping *m = ctx;
    bool fine = fwrite(letter.p, 1, letter.n, m->dead) == letter.n && putc('\n', m->dead) != EOF;
    if (!fine) m->write_error = errno;
    return fine;
}

/* ---- inputs ---------------------------------------------------------------------------------------------------------- */
static bool read_all(struct mapping *m, int fd, const char *name, struct err *e)
{
    for (;;) {
        size_t room;
        char *to = map_jobs_room(m->jobs, &room);
        ssize_t n = read(fd, to, room);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(e, &sys_causes[SYS_IO], "reading %s: %s", name, strerror(errno));
        if (n == 0 || !map_jobs_take(m->jobs, (size_t)n)) return true;
    }
}

static bool read_file(struct mapping *m, const char *path, struct err *e)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: %s", path, strerror(errno));
    map_jobs_file(m->jobs, is_stdin ? "(standard input)" : path);
    bool ok = read_all(m, fd, path, e);
    if (!is_stdin) (void)close(fd);
    return ok;
}

static bool read_files(const struct op_call *c, struct mapping *m, struct err *e)
{
    const struct json *files = json_get(c->params, "file");
    size_t count = files ? files->count : 0;
    if (count == 0) return read_file(m, "-", e);
    for (size_t i = 0; i < count && m->write_error == 0; i++) {
        struct str name = json_str(&files->items[i], STR_NONE);
        const char *path = arena_copy(c->arena, name.p, name.n);
        if (path == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "file names");
        if (!read_file(m, path, e)) return false;
    }
    return true;
}

/* ---- the operation --------------------------------------------------------------------------------------------------- */
static double seconds_since(struct mono began)
{
    struct clock clock = clock_real();
    return (double)(clock_mono(&clock).ms - began.ms) / 1000.0;
}

static void print_stats(const struct ocsf_stream_stats *s, double seconds)
{
    (void)fprintf(stderr,
                  "{\"in\":%llu,\"mapped\":%llu,\"base\":%llu,\"dead\":%llu,\"events\":%llu,\"bytes_in\":%llu,"
                  "\"bytes_out\":%llu,\"seconds\":%.3f}\n",
                  (unsigned long long)s->in, (unsigned long long)s->mapped, (unsigned long long)s->base,
                  (unsigned long long)s->dead, (unsigned long long)s->events, (unsigned long long)s->bytes_in,
                  (unsigned long long)s->bytes_out, seconds);
}

static unsigned jobs_of(const struct op_call *c)
{
    int64_t jobs = json_i64(json_get(c->params, "jobs"), 1);
    if (jobs == 0) jobs = sysconf(_SC_NPROCESSORS_ONLN);
    if (jobs < 1) return 1;
    return jobs > MAP_JOBS_MAX ? MAP_JOBS_MAX : (unsigned)jobs;
}

static bool run_map(struct op_call *c, struct ocsf *ocsf, struct mapping *m, struct err *e)
{
    struct clock clock = clock_real();
    struct mono began = clock_mono(&clock);
    struct map_jobs_opts o = {.stream = {.ocsf = ocsf, .table = op_cstr(c, "table"), .received = clock_wall(&clock)},
                              .jobs = jobs_of(c),
                              .ctx = m,
                              .put = put_events,
                              .put_dead = put_dead};
    m->jobs = map_jobs_new(&o);
    if (m->jobs == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "ocsf map");
    (void)fflush(stdout);
    (void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES); /* for a pipe; of anything else it means nothing */
    bool ok = read_files(c, m, e);
    (void)map_jobs_end(m->jobs);
    if (fflush(m->dead) != 0 && m->write_error == 0) m->write_error = errno;
    if (ok && m->write_error) ok = err_set(e, &sys_causes[SYS_IO], "writing the events: %s", strerror(m->write_error));
    struct ocsf_stream_stats stats = map_jobs_stats(m->jobs);
    if (op_flag(c, "stats")) print_stats(&stats, seconds_since(began));
    if (stats.dead) c->exit_code = 3;
    return ok;
}

bool op_ocsf_map(struct op_call *c, struct err *e)
{
    struct mapping m = {.dead = stderr};
    struct ocsf *ocsf = NULL;
    const char *dead = op_cstr(c, "dead-letter");
    if (!op_make_ocsf(c, &ocsf, e)) return false;
    if (dead && (m.dead = fopen(dead, "wb")) == NULL) {
        ocsf_free(ocsf);
        return err_set(e, &sys_causes[SYS_IO], "dead letters to %s: %s", dead, strerror(errno));
    }
    bool ok = run_map(c, ocsf, &m, e);
    if (dead && fclose(m.dead) != 0 && ok)
        ok = err_set(e, &sys_causes[SYS_IO], "dead letters to %s: %s", dead, strerror(errno));
    map_jobs_free(m.jobs);
    ocsf_free(ocsf);
    return ok;
}
