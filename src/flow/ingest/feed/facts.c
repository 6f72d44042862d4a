#include "flow/ingest/feed/facts.h"

#include "kit/json/json.h"

static void write_numbers(struct json_writer *w, const char *key, const int64_t *numbers)
{
    json_key(w, key);
    json_array_begin(w);
    for (unsigned i = 0; i < BINS_PER_HOUR; i++) json_write_i64(w, numbers[i]);
    json_array_end(w);
}

void facts_write(const struct facts *f, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    write_numbers(&w, "held", f->held);
    write_numbers(&w, "surplus", f->surplus);
    json_object_end(&w);
}

static bool read_numbers(const struct json *v, int64_t *out)
{
    if (!v || v->type != JSON_ARRAY || v->count != BINS_PER_HOUR) return false;
    for (unsigned i = 0; i < BINS_PER_HOUR; i++) out[i] = json_i64(&v->items[i], 0);
    return true;
}

bool facts_read(struct str json, struct facts *out)
{
    struct arena a;
    struct facts f;
    arena_init(&a, 64 << 10);
    const struct json *doc = json_parse(&a, json, NULL);
    bool ok = read_numbers(json_get(doc, "held"), f.held) && read_numbers(json_get(doc, "surplus"), f.surplus);
    if (ok) *out = f;
    arena_done(&a);
    return ok;
}

unsigned facts_index(struct wall t)
{
    int64_t i = bin_of(t) % BINS_PER_HOUR;
    return (unsigned)(i < 0 ? i + BINS_PER_HOUR : i);
}

void facts_settle(struct facts *f, unsigned bin_index, uint32_t received)
{
    f->surplus[bin_index] = (int64_t)received - f->held[bin_index];
}

static uint32_t bounded(uint64_t n)
{
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void note_bin(struct feed_counts *c, struct bin_run *run, uint64_t remote, int64_t expected)
{
    c->counted[run - c->runs][run->count] = bounded(remote);
    c->held[run - c->runs][run->count] = expected > 0 ? bounded((uint64_t)expected) : 0;
    run->count++;
}

void counts_compare(struct wall from, struct wall to, const uint64_t *remote, const int64_t *expected,
                    struct feed_counts *out)
{
    int64_t first = bin_of(from);
    int64_t bins = bin_of((struct wall){to.ticks - 1}) + 1 - first;
    struct bin_run *run = NULL;
    out->run_count = 0;
    out->judged_to = to;
    for (int64_t i = 0; i < bins; i++) {
        if ((int64_t)remote[i] == expected[i]) {
            run = NULL;
            continue;
        }
        bool is_new = !run || facts_index(bin_start(first + i)) == 0;
        if (is_new && out->run_count == RUNS_MAX) {
            out->judged_to = bin_start(first + i);
            return;
        }
        if (is_new) {
            run = &out->runs[out->run_count++];
            *run = (struct bin_run){first + i, 0};
        }
        note_bin(out, run, remote[i], expected[i]);
    }
}
