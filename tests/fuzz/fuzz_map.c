/* Any bytes through the stream with all mappings: whatever comes in, every event is one line of valid JSON in which the
 * checker finds no error, and the counts add up. The careful lane, the quick one on every level of SIMD and in pieces, and plans without their fast form say
 * the same, byte for byte. The first byte chooses version, class set, table and raw_data; if it says 31, the second byte chooses among all tables. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kit/json/index.h"
#include "kit/json/json.h"
#include "logic/ocsf/ocsf.h"

struct seen {
    const char *version;
    uint64_t events, dead;
    struct buf text; /* all that came out */
    bool checks;     /* events; not those that must be the same anyway */
};

static void tell(void *ctx, const struct ocsf_finding *f)
{
    const struct map_event *event = ctx;
    if (f->is_error) (void)fprintf(stderr, "%s %s: %s\n%.*s\n", f->rule, f->path, f->text, STR_ARG(event->json));
}

static bool on_event(void *ctx, const struct map_event *event)
{
    struct seen *seen = ctx;
    struct map_event copy = *event;
    seen->events++;
    (void)buf_addf(&seen->text, "E%u %lld ", event->class_uid, (long long)event->time_ms);
    (void)buf_add_str(&seen->text, event->json);
    if (!seen->checks) return true;
    INVARIANT(json_check(event->json, NULL));
    INVARIANT(memchr(event->json.p, '\n', event->json.n) == NULL);
    INVARIANT(ocsf_check(seen->version, event->json, tell, &copy) == 0);
    return true;
}

static void on_dead(void *ctx, struct str letter)
{
    struct seen *seen = ctx;
    seen->dead++;
    (void)buf_add_str(&seen->text, letter);
    INVARIANT(json_check(letter, NULL) && memchr(letter.p, '\n', letter.n) == NULL);
}

enum { GENERAL = 8 }; /* plans without their fast form */

static const struct ocsf *made(unsigned which)
{
    static struct ocsf *all[2 * GENERAL];
    struct err e = {0};
    struct ocsf_opts o = {.version = which & 1 ? "1.3.0" : "1.8.0",
                          .classes = which & 2 ? "best-fit" : "mission",
                          .raw_data = which & 4,
                          .is_general = which & GENERAL};
    if (all[which] == NULL && !ocsf_new(&o, &all[which], &e)) {
        (void)fprintf(stderr, "%s\n", e.text);
        INVARIANT(false);
    }
    return all[which];
}

static struct seen run(unsigned which, const char *table, const uint8_t *data, size_t size, enum json_lane lane,
                       size_t window)
{
    struct seen seen = {.version = which & 1 ? "1.3.0" : "1.8.0", .checks = lane == JSON_LANE_CAREFUL};
    struct ocsf_stream_opts o = {.ocsf = made(which),
                                 .table = table,
                                 .ctx = &seen,
                                 .on_event = on_event,
                                 .on_dead = on_dead,
                                 .lane = (int)lane,
                                 .window = window};
    struct ocsf_stream *s = ocsf_stream_new(&o);
    INVARIANT(s != NULL);
    ocsf_stream_file(s, "fuzz");
    ocsf_stream_feed(s, data, size);
    ocsf_stream_end(s);
    const struct ocsf_stream_stats *t = ocsf_stream_stats(s);
    INVARIANT(t->in == t->mapped + t->base + t->dead && t->dead == seen.dead && t->events == seen.events);
    ocsf_stream_free(s);
    return seen;
}

static const char *table_of(const uint8_t *data, size_t size)
{
    static const char *const tables[] = {NULL,
                                         "DeviceProcessEvents",
                                         "DeviceNetworkEvents",
                                         "DeviceFileEvents",
                                         "DeviceLogonEvents",
                                         "DeviceRegistryEvents",
                                         "DeviceImageLoadEvents",
                                         "DeviceInfo",
                                         "alerts_v2",
                                         "incidents",
                                         "machines",
                                         "NoSuchTable",
                                         "alerts_endpoint",
                                         "alerts_siem",
                                         "incidents_xdr",
                                         "machine_actions"};
    static char name[128];
    size_t count = 0;
    if (data[0] >> 3 != 31 || size < 2) return tables[(data[0] >> 3) % (sizeof tables / sizeof *tables)];
    while (ocsf_builtin(count)) count++;
    (void)snprintf(name, sizeof name, "%s", ocsf_builtin(data[1] % count)->name);
    name[strcspn(name, ".")] = 0; /* a fragment's name is that of no table */
    return name;
}

static void same(const struct seen *a, struct seen b)
{
    INVARIANT(str_eq(buf_str(&a->text), buf_str(&b.text)));
    buf_done(&b.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const char *table = table_of(data, size);
    unsigned which = data[0] & 7;
    size_t head = data[0] >> 3 == 31 && size > 1 ? 2 : 1;
    data += head;
    size -= head;
    struct seen careful = run(which, table, data, size, JSON_LANE_CAREFUL, 0);
    for (size_t i = 0; json_index_level(i); i++) {
        INVARIANT(json_index_use(json_index_level(i)));
        same(&careful, run(which, table, data, size, JSON_LANE_QUICK, size + 64));
    }
    INVARIANT(json_index_use(NULL));
    same(&careful, run(which, table, data, size, JSON_LANE_QUICK, 700));
    same(&careful, run(which | GENERAL, table, data, size, JSON_LANE_QUICK, 700));
    buf_done(&careful.text);
    return 0;
}
