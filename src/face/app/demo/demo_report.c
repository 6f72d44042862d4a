/* What the demo says in the end: to a person, and as JSON to a file. */
#include "face/app/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line per kind of feed, over all tenants: two hundred lines would tell less. */
static void print_feed_kinds(const struct demo_count *c)
{
    printf("\n  %-24s %10s %10s %8s %8s %8s\n", "FEED", "EXISTING", "STORED", "LOST", "DOUBLED", "DEAD");
    for (size_t k = 0; k < c->count; k++) {
        struct demo_feed sum = {0};
        bool is_first = true;
        for (size_t j = 0; j < c->count; j++) {
            if (strcmp(c->feeds[j].feed, c->feeds[k].feed) != 0) continue;
            is_first = is_first && j >= k;
            sum.existing += c->feeds[j].existing;
            sum.stored += c->feeds[j].stored;
            sum.lost += c->feeds[j].lost;
            sum.doubled += c->feeds[j].doubled;
            sum.dead += c->feeds[j].dead;
        }
        if (is_first)
            printf("  %-24s %10llu %10llu %8llu %8llu %8llu\n", c->feeds[k].feed, (unsigned long long)sum.existing,
                   (unsigned long long)sum.stored, (unsigned long long)sum.lost, (unsigned long long)sum.doubled,
                   (unsigned long long)sum.dead);
    }
    const struct demo_feed *t = &c->total;
    printf("  %-24s %10llu %10llu %8llu %8llu %8llu\n", "all", (unsigned long long)t->existing,
           (unsigned long long)t->stored, (unsigned long long)t->lost, (unsigned long long)t->doubled,
           (unsigned long long)t->dead);
}

void demo_print_count(const struct demo_count *c, const char *lake)
{
    print_feed_kinds(c);
    if (c->example) printf("\none event of the lake:\n%s\n", c->example);
    printf("\nthe lake is in %s\n", lake);
    printf("next, look inside:\n  zstdcat %s/class=1007/tenant=*/day=*/*.zst | head -n 1 | jq .\n", lake);
    printf("then for real: portcullis init my-soc   (docs/quick-start.md)\n");
    (void)fflush(stdout);
}

static void write_counts(struct json_writer *w, const struct demo_feed *f)
{
    const struct {
        const char *name;
        uint64_t n;
    } rows[] = {{"existing", f->existing},
                {"stored", f->stored},
                {"lost", f->lost},
                {"doubled", f->doubled},
                {"dead", f->dead}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_key(w, rows[i].name);
        json_write_u64(w, rows[i].n);
    }
}

bool demo_write_summary(struct installation *i, const struct demo_count *c, const char *lake, const char *file,
                        struct err *e)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, 64 << 20);
    json_writer_init(&w, &text);
    json_object_begin(&w);
    json_key(&w, "feeds");
    json_array_begin(&w);
    for (size_t k = 0; k < c->count; k++) {
        json_object_begin(&w);
        json_key(&w, "tenant");
        json_write_cstr(&w, c->feeds[k].tenant_id);
        json_key(&w, "feed");
        json_write_cstr(&w, c->feeds[k].feed);
        write_counts(&w, &c->feeds[k]);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_key(&w, "totals");
    json_object_begin(&w);
    write_counts(&w, &c->total);
    json_object_end(&w);
    json_key(&w, "responses");
    json_array_begin(&w);
    bool ok = demo_story_responses(i, &w, e);
    json_array_end(&w);
    json_key(&w, "notices");
    json_array_begin(&w);
    ok = ok && demo_story_notices(i, &w, e);
    json_array_end(&w);
    json_key(&w, "lake");
    json_write_cstr(&w, lake);
    json_object_end(&w);
    (void)buf_add_char(&text, '\n');
    ok = ok && (!text.failed && fs_replace(fs_real(), file, buf_str(&text), e));
    if (!ok) (void)err_context(e, "the summary %s", file);
    buf_done(&text);
    return ok;
}
