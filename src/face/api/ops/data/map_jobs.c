#include "face/api/ops/data/map_jobs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 128 << 10, /* enough for the speed, and memory counts */
    SIGN_BYTES = 48,         /* how the elements of a list begin: up to the end of their first key */
    OUT_BYTES_MAX = 1 << 30,
};

enum block_state { BLOCK_FREE, BLOCK_READY, BLOCK_WORKING, BLOCK_DONE };

struct block {
    enum block_state state;
    char *in; /* BLOCK_BYTES */
    size_t n;
    struct ocsf_stream_state assumed, end; /* lines of `assumed` are counted from 0 */
    bool is_clean;                         /* `end` is between two records */
    struct buf out;
    struct buf dead; /* letters, each with a line end */
    struct ocsf_stream_stats stats;
};

struct worker {
    struct map_jobs *m;
    pthread_t thread;
    struct ocsf_stream *stream;
    struct block *block; /* in work */
    bool is_running;
};

struct map_jobs {
    struct map_jobs_opts o;
    const char *file;
    struct ocsf_stream *stream; /* in order */
    bool in_order;              /* it is in the midst of something: what comes next is for it */
    bool is_stopped, is_told;
    struct ocsf_stream_state at; /* where the output stands */
    char sign[SIGN_BYTES];
    size_t sign_bytes;
    struct ocsf_stream_stats stats; /* of what workers did */
    struct buf out;                 /* the stream's, until written */

    struct block *blocks; /* a ring: [first, last) are in use, the one at `last` is being filled */
    size_t block_count;
    size_t first, last, next; /* next: to be worked on */
    char before;              /* the byte before the block being filled */
    uint64_t byte;            /* of its first */

    struct worker *workers; /* as many as jobs; the first is whoever reads and writes */
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    bool is_over;
};

/* ---- what comes out -------------------------------------------------------------------------------------------------- */
static struct buf *worker_lines(void *ctx)
{
    struct worker *w = ctx;
    return &w->block->out;
}

static void worker_dead(void *ctx, struct str letter)
{
    struct worker *w = ctx;
    (void)(buf_add_str(&w->block->dead, letter) && buf_add_char(&w->block->dead, '\n'));
}

static bool flush(struct map_jobs *m)
{
    if (m->out.n && !m->is_stopped) m->is_stopped = !m->o.put(m->o.ctx, m->out.p, m->out.n);
    buf_reset(&m->out);
    return !m->is_stopped;
}

static struct buf *stream_lines(void *ctx)
{
    struct map_jobs *m = ctx;
    return m->out.n < BLOCK_BYTES / 2 || flush(m) ? &m->out : NULL; /* it grows while an event is being written */
}

static void stream_dead(void *ctx, struct str letter)
{
    struct map_jobs *m = ctx;
    if (!m->o.put_dead(m->o.ctx, letter)) m->is_stopped = true;
}

/* A letter of a block, whose lines were counted from 0: with the lines before it. Quotes inside texts are escaped, so the
 * member is found by its text. */
static bool put_letter(struct map_jobs *m, struct str letter)
{
    static const struct str name = {",\"line\":", 8};
    char digits[24];
    uint64_t line = 0;
    size_t at = str_find(letter, name, 0), end = at + name.n;
    if (at == SIZE_MAX) return m->o.put_dead(m->o.ctx, letter);
    while (end < letter.n && letter.p[end] >= '0' && letter.p[end] <= '9')
        line = line * 10 + (uint64_t)(letter.p[end++] - '0');
    line += m->at.split.line;
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)line);
    struct buf whole = {0};
    bool fine = buf_add(&whole, letter.p, at + name.n) && buf_add(&whole, digits, (size_t)n) &&
                buf_add_str(&whole, str_sub(letter, end, letter.n)) && m->o.put_dead(m->o.ctx, buf_str(&whole));
    buf_done(&whole);
    return fine;
}

static void add_stats(struct ocsf_stream_stats *sum, const struct ocsf_stream_stats *more)
{
    sum->in += more->in;
    sum->mapped += more->mapped;
    sum->base += more->base;
    sum->dead += more->dead;
    sum->events += more->events;
    sum->bytes_in += more->bytes_in;
    sum->bytes_out += more->bytes_out;
}

static struct ocsf_stream_stats since(const struct ocsf_stream_stats *now, const struct ocsf_stream_stats *before)
{
    return (struct ocsf_stream_stats){.in = now->in - before->in,
                                      .mapped = now->mapped - before->mapped,
                                      .base = now->base - before->base,
                                      .dead = now->dead - before->dead,
                                      .events = now->events - before->events,
                                      .bytes_in = now->bytes_in - before->bytes_in,
                                      .bytes_out = now->bytes_out - before->bytes_out};
}

/* ---- workers --------------------------------------------------------------------------------------------------------- */
static void map_block(struct worker *w, struct block *b)
{
    const struct ocsf_stream_stats *stats = ocsf_stream_stats(w->stream);
    struct ocsf_stream_stats before = *stats;
    buf_reset(&b->out);
    buf_reset(&b->dead);
    w->block = b;
    ocsf_stream_resume(w->stream, &b->assumed, w->m->file);
    ocsf_stream_feed(w->stream, b->in, b->n);
    b->is_clean = ocsf_stream_state(w->stream, &b->end, NULL) && !b->out.failed && !b->dead.failed;
    b->stats = since(stats, &before);
}

/* With the lock held: the next block that waits is mapped, meanwhile without it. False: none waits. */
static bool work_once(struct worker *w)
{
    struct map_jobs *m = w->m;
    while (m->next < m->last && m->blocks[m->next % m->block_count].state != BLOCK_READY) m->next++; /* the stream's */
    if (m->next == m->last) return false;
    struct block *b = &m->blocks[m->next++ % m->block_count];
    b->state = BLOCK_WORKING;
    (void)pthread_mutex_unlock(&m->lock);
    map_block(w, b);
    (void)pthread_mutex_lock(&m->lock);
    b->state = BLOCK_DONE;
    return true;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct map_jobs *m = w->m;
    (void)pthread_mutex_lock(&m->lock);
    while (!m->is_over) {
        if (work_once(w))
            (void)pthread_cond_signal(&m->done);
        else
            (void)pthread_cond_wait(&m->work, &m->lock);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* ---- in order -------------------------------------------------------------------------------------------------------- */
static bool is_same_state(const struct ocsf_stream_state *a, const struct ocsf_stream_state *b)
{
    const struct json_split_state *x = &a->split, *y = &b->split;
    return a->around == b->around && x->state == y->state && x->list == y->list && x->is_in_object == y->is_in_object &&
           x->is_envelope == y->is_envelope && x->is_lost == y->is_lost && x->byte == y->byte;
}

static void learn_sign(struct map_jobs *m, struct str beginning)
{
    size_t key = str_find(beginning, STR("\""), 0);
    size_t end = key == SIZE_MAX ? SIZE_MAX : str_find(beginning, STR("\""), key + 1);
    m->sign_bytes = 0;
    if (beginning.n == 0 || beginning.p[0] != '{' || end == SIZE_MAX || end >= SIGN_BYTES) return;
    m->sign_bytes = end + 1;
    memcpy(m->sign, beginning.p, m->sign_bytes);
}

static void map_in_order(struct map_jobs *m, const struct block *b)
{
    struct str beginning = STR_NONE;
    if (!m->in_order) ocsf_stream_resume(m->stream, &m->at, m->file);
    ocsf_stream_feed(m->stream, b->in, b->n);
    m->in_order = !ocsf_stream_state(m->stream, &m->at, &beginning);
    if (m->in_order) learn_sign(m, beginning);
    (void)flush(m);
}

static void put_block(struct map_jobs *m, const struct block *b)
{
    uint64_t line = m->at.split.line;
    struct str letters = buf_str(&b->dead);
    if (b->out.n) m->is_stopped = !m->o.put(m->o.ctx, b->out.p, b->out.n);
    while (letters.n && !m->is_stopped) m->is_stopped = !put_letter(m, str_cut(&letters, '\n'));
    add_stats(&m->stats, &b->stats);
    m->at = b->end;
    m->at.split.line += line;
}

/* The oldest block's turn. Until it is done, whoever reads and writes is a worker, too. */
static void finish_block(struct map_jobs *m)
{
    struct block *b = &m->blocks[m->first % m->block_count];
    (void)pthread_mutex_lock(&m->lock);
    while (b->state != BLOCK_DONE) {
        if (!work_once(&m->workers[0])) (void)pthread_cond_wait(&m->done, &m->lock);
    }
    (void)pthread_mutex_unlock(&m->lock);
    if (m->is_stopped)
        ;
    else if (!m->in_order && b->is_clean && is_same_state(&b->assumed, &m->at))
        put_block(m, b);
    else
        map_in_order(m, b);
    (void)pthread_mutex_lock(&m->lock);
    b->state = BLOCK_FREE;
    (void)pthread_mutex_unlock(&m->lock);
    m->first++;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- cutting --------------------------------------------------------------------------------------------------------- */
/* Where the last record of the block seems to end; 0: nowhere. */
static size_t cut_lines(const char *p, size_t n)
{
    const char *at = memrchr(p, '\n', n - 1);
    while (at && at[1] != '{') at = memrchr(p, '\n', (size_t)(at - p));
    return at ? (size_t)(at - p) + 1 : 0;
}

static size_t cut_list(const struct map_jobs *m, const char *p, size_t n)
{
    if (m->sign_bytes == 0 || n < SIGN_BYTES) return 0;
    for (size_t i = n - m->sign_bytes; i > 0;) {
        const char *at = memrchr(p, '{', i);
        if (at == NULL) return 0;
        i = (size_t)(at - p);
        if (memcmp(at, m->sign, m->sign_bytes) != 0) continue;
        size_t end = i;
        bool has_comma = false;
        while (end > 0 && (is_blank(p[end - 1]) || (p[end - 1] == ',' && !has_comma))) has_comma |= p[--end] == ',';
        if (has_comma && end > 0 && p[end - 1] == '}') return end;
    }
    return 0;
}

static bool dispatch(struct map_jobs *m)
{
    struct block *b = &m->blocks[m->last % m->block_count];
    size_t whole = b->n, cut = cut_list(m, b->in, whole);
    if (cut == 0) cut = cut_lines(b->in, whole);
    bool is_alone = m->in_order || whole < BLOCK_BYTES; /* the last, or nobody knows where it begins */
    if (cut == 0 || whole < BLOCK_BYTES) cut = whole;
    if (m->last + 1 - m->first == m->block_count) finish_block(m);
    struct block *next = &m->blocks[(m->last + 1) % m->block_count];
    next->n = whole - cut;
    memcpy(next->in, b->in + cut, next->n);
    b->n = cut;
    b->assumed = m->at;
    b->assumed.split.byte = m->byte;
    b->assumed.split.line = 0;
    b->assumed.split.last = m->before;
    m->byte += cut;
    m->before = b->in[cut - 1];
    (void)pthread_mutex_lock(&m->lock);
    b->state = is_alone ? BLOCK_DONE : BLOCK_READY;
    b->is_clean = false;
    m->last++;
    (void)pthread_cond_signal(&m->work);
    (void)pthread_mutex_unlock(&m->lock);
    while (is_alone && m->first < m->last) finish_block(m);
    return !m->is_stopped;
}

/* ---- the face -------------------------------------------------------------------------------------------------------- */
static bool start_workers(struct map_jobs *m)
{
    struct ocsf_stream_opts o = m->o.stream;
    o.lines = worker_lines;
    o.on_dead = worker_dead;
    m->workers = calloc(m->o.jobs, sizeof *m->workers);
    for (unsigned i = 0; m->workers && m->o.jobs > 1 && i < m->o.jobs; i++) {
        struct worker *w = &m->workers[i];
        w->m = m;
        o.ctx = w;
        w->stream = ocsf_stream_new(&o);
        w->is_running = w->stream && i > 0 && pthread_create(&w->thread, NULL, work, w) == 0;
        if (!w->stream || (i > 0 && !w->is_running)) return false;
    }
    return m->workers != NULL;
}

struct map_jobs *map_jobs_new(const struct map_jobs_opts *opts)
{
    struct map_jobs *m = calloc(1, sizeof *m);
    if (m == NULL) return NULL;
    m->o = *opts;
    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_cond_init(&m->work, NULL);
    (void)pthread_cond_init(&m->done, NULL);
    struct ocsf_stream_opts o = opts->stream;
    o.ctx = m;
    o.lines = stream_lines;
    o.on_dead = stream_dead;
    buf_init(&m->out, OUT_BYTES_MAX);
    m->stream = ocsf_stream_new(&o);
    m->block_count = opts->jobs > 1 ? 2 * (size_t)opts->jobs + 1 : 1;
    m->blocks = calloc(m->block_count, sizeof *m->blocks);
    bool fine = m->stream && m->blocks;
    for (size_t i = 0; fine && i < m->block_count; i++) {
        fine = (m->blocks[i].in = malloc(BLOCK_BYTES)) != NULL;
        buf_init(&m->blocks[i].out, OUT_BYTES_MAX);
        buf_init(&m->blocks[i].dead, OUT_BYTES_MAX);
    }
    if (fine && start_workers(m)) return m;
    map_jobs_free(m);
    return NULL;
}

static void input_ends(struct map_jobs *m)
{
    struct block *b = &m->blocks[m->last % m->block_count];
    if (b->n && m->o.jobs > 1 && !m->is_stopped) (void)dispatch(m);
    while (m->first < m->last) finish_block(m);
    m->blocks[m->last % m->block_count].n = 0;
}

void map_jobs_file(struct map_jobs *m, const char *name)
{
    (void)map_jobs_end(m);
    m->file = name;
    ocsf_stream_file(m->stream, name);
    (void)ocsf_stream_state(m->stream, &m->at, NULL);
    m->in_order = true; /* the beginning, with its byte order mark, is the stream's */
    m->sign_bytes = 0;
    m->byte = 0;
    m->before = 0;
}

char *map_jobs_room(struct map_jobs *m, size_t *n)
{
    struct block *b = &m->blocks[m->last % m->block_count];
    *n = BLOCK_BYTES - b->n;
    return b->in + b->n;
}

bool map_jobs_take(struct map_jobs *m, size_t n)
{
    struct block *b = &m->blocks[m->last % m->block_count];
    b->n += n;
    if (m->o.jobs == 1) {
        ocsf_stream_feed(m->stream, b->in, b->n);
        b->n = 0;
        /* What came in small pieces comes from somebody who waits. */
        return n < BLOCK_BYTES ? flush(m) : !m->is_stopped;
    }
    return b->n < BLOCK_BYTES ? !m->is_stopped : dispatch(m);
}

bool map_jobs_end(struct map_jobs *m)
{
    input_ends(m);
    if (!m->in_order && m->file) ocsf_stream_resume(m->stream, &m->at, m->file);
    if (!m->is_stopped) ocsf_stream_end(m->stream);
    m->in_order = true;
    return flush(m);
}

struct ocsf_stream_stats map_jobs_stats(const struct map_jobs *m)
{
    struct ocsf_stream_stats all = m->stats;
    add_stats(&all, ocsf_stream_stats(m->stream));
    return all;
}

void map_jobs_free(struct map_jobs *m)
{
    if (m == NULL) return;
    (void)pthread_mutex_lock(&m->lock);
    m->is_over = true;
    (void)pthread_cond_broadcast(&m->work);
    (void)pthread_mutex_unlock(&m->lock);
    for (unsigned i = 0; m->workers && i < m->o.jobs; i++) {
        if (m->workers[i].is_running) (void)pthread_join(m->workers[i].thread, NULL);
        ocsf_stream_free(m->workers[i].stream);
    }
    for (size_t i = 0; m->blocks && i < m->block_count; i++) {
        free(m->blocks[i].in);
        buf_done(&m->blocks[i].out);
        buf_done(&m->blocks[i].dead);
    }
    (void)pthread_mutex_destroy(&m->lock);
    (void)pthread_cond_destroy(&m->work);
    (void)pthread_cond_destroy(&m->done);
    ocsf_stream_free(m->stream);
    buf_done(&m->out);
    free(m->workers);
    free(m->blocks);
    free(m);
}
