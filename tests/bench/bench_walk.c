/* Reading alone, stage by stage: passes over FILE that only index it (--index), or walk its records and list their members, all
 * checks on. Usage: bench_walk [--index] FILE */
#include <stdio.h>
#include <string.h>

#include "kit/json/walk.h"
#include "passes.h"

enum { WINDOW_BYTES = 128 << 10 };

struct reading {
    bool is_index;
    struct json_keys keys;
    struct json_fields outer, inner;
    unsigned long long records, members;
};

static uint8_t kind_of(const void *ctx, struct str key)
{
    (void)ctx;
    return str_eq(key, STR("properties")) ? 1 : 0;
}

static void on_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    struct reading *r = ctx;
    (void)record, (void)byte, (void)line, (void)list;
    r->records++;
}

static enum json_walked on_window(void *ctx, struct json_walk *w, const char **p, uint64_t byte, const char *list)
{
    struct reading *r = ctx;
    struct json_walk_object o = {.outer = &r->outer, .inner = &r->inner, .takes_lists = list != NULL};
    (void)byte;
    enum json_walked came = json_walk_object(w, &r->keys, p, &o);
    if (came != JSON_WALKED) return came;
    r->records++;
    r->members += r->outer.count;
    return came;
}

static void index_all(struct reading *r, const char *p, size_t n)
{
    struct json_index x;
    INVARIANT(json_index_init(&x, WINDOW_BYTES));
    for (size_t at = 0; at + WINDOW_BYTES + JSON_PAD <= n; at += WINDOW_BYTES) {
        json_index_make(&x, p + at, WINDOW_BYTES);
        r->records += x.count;
    }
    json_index_done(&x);
}

static void read_all(void *ctx, const char *p, size_t n, struct pass_counts *out)
{
    static const char *const lists[] = {"records", "value", "results", NULL};
    struct reading *r = ctx;
    struct json_split_opts o = {
        .lists = lists, .record_max = 4 << 20, .ctx = r, .on_record = on_record, .on_window = on_window};
    r->records = 0;
    if (r->is_index) {
        index_all(r, p, n);
    } else {
        struct json_split *s = json_split_new(&o);
        INVARIANT(s != NULL);
        json_split_feed(s, p, n);
        json_split_end(s);
        json_split_free(s);
    }
    out->records = r->records;
}

int main(int argc, char **argv)
{
    struct reading r = {.keys = {.kind_of = kind_of, .inner = 1, .list = 2, .noted = 1}};
    if (argc < 2 || !json_keys_init(&r.keys)) {
        (void)fprintf(stderr, "bench_walk: which file?\n");
        return 2;
    }
    r.is_index = argc > 2 && strcmp(argv[1], "--index") == 0;
    int status = passes_run(argv[argc - 1], 0, read_all, &r);
    json_keys_done(&r.keys);
    json_fields_done(&r.outer);
    json_fields_done(&r.inner);
    return status;
}
