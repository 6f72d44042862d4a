/* demo: a simulated Microsoft as a child, the service beside it, a live view, and in the end a count that must come out even. */
#include "face/app/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face/app/app.h"
#include "kit/sys/thread.h"

enum { STORY_S = 20, TENANTS = 20, TENANTS_MAX = 1000, DRAW_MS = 500, TREE_DEPTH_MAX = 16 };
#define MARKER "demo-of-portcullis"

/* ---- the demo's folder ---------------------------------------------------------------------------------------------------- */

struct clearing {
    struct fs fs;
    const char *folder;
    struct err *e;
    int depth;
    bool ok;
};

static bool clear_folder(struct fs fs, const char *folder, int depth, struct err *e);

static bool clear_one(void *arg, const char *name, bool is_dir)
{
    struct clearing *c = arg;
    char path[CONF_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/%s", c->folder, name);
    c->ok = n > 0 && (size_t)n < sizeof path && (!is_dir || clear_folder(c->fs, path, c->depth + 1, c->e)) &&
            c->fs.ops->remove(c->fs.ctx, path, c->e);
    return c->ok;
}

static bool clear_folder(struct fs fs, const char *folder, int depth, struct err *e)
{
    struct clearing c = {.fs = fs, .folder = folder, .e = e, .depth = depth, .ok = true};
    if (depth > TREE_DEPTH_MAX) return err_set(e, &app_causes[APP_DEMO_FOLDER], "%s lies too deep", folder);
    return fs.ops->list(fs.ctx, folder, clear_one, &c, e) && c.ok;
}

/* A fresh folder; an earlier demo's is cleared, anything else is left alone and refused. */
static bool make_folder(const char *folder, struct err *e)
{
    struct fs fs = fs_real();
    char marker[CONF_PATH_BYTES];
    int n = snprintf(marker, sizeof marker, "%s/%s", folder, MARKER);
    if (n < 0 || (size_t)n >= sizeof marker)
        return err_set(e, &app_causes[APP_DEMO_FOLDER], "the folder's path is too long");
    if (fs_exists(fs, folder)) {
        if (!fs_exists(fs, marker))
            return err_set(e, &app_causes[APP_DEMO_FOLDER], "%s is not an earlier demo's folder", folder);
        if (!clear_folder(fs, folder, 0, e)) return false;
    }
    return fs.ops->make_dirs(fs.ctx, folder, e) && fs_replace(fs, marker, STR("made by portcullis demo\n"), e);
}

/* Settings of a service that takes the twin for Microsoft and hurries. */
static bool write_settings(const char *folder, const char *twin_url, struct err *e)
{
    char path[CONF_PATH_BYTES], text[1024];
    (void)snprintf(path, sizeof path, "%s/portcullis.yaml", folder);
    (void)snprintf(text, sizeof text,
                   "data_dir: data\nkey_file: portcullis.key\n"
                   "cloud:\n  login_url: %s\n  graph_url: %s\n  endpoint_url: %s\n"
                   "interval:\n  alerts: 2s\n  hunting: 3s\n  machines: 5s\n"
                   "lookback:\n  alerts: 3d\n  hunting: 3d\n"
                   "hunting:\n  calls_per_minute: 3000\n  share: 100\n"
                   "lake:\n  fold_after: 5s\n",
                   twin_url, twin_url, twin_url);
    return fs_replace(fs_real(), path, str_of(text), e);
}

static bool add_tenant(struct installation *i, const struct json *t, struct err *e)
{
    char org[NAME_BYTES], name[NAME_BYTES], id[GUID_BYTES], client[GUID_BYTES];
    if (!str_copy(json_str(json_get(t, "name"), STR_NONE), name, sizeof name) ||
        !str_copy(json_str(json_get(t, "tenant_id"), STR_NONE), id, sizeof id) ||
        !str_copy(json_str(json_get(t, "client_id"), STR_NONE), client, sizeof client))
        return err_set(e, &app_causes[APP_TWIN], "the twin's list of tenants cannot be read");
    memcpy(org, name, sizeof org);
    struct tenant_input in = {
        .org = org,
        .name = name,
        .tenant_id = id,
        .client_id = client,
        .credential = {.secret = json_str(json_get(t, "client_secret"), STR_NONE), .expires = "365d"}};
    return tenant_add(i->store, &i->conf, &in, true, NULL, e);
}

static bool add_tenants(struct installation *i, struct demo_twin *twin, char first_out[GUID_BYTES], unsigned *count_out,
                        struct err *e)
{
    struct arena a;
    arena_init(&a, 64 << 20);
    const struct json *all = demo_twin_tenants(twin, &a, e), *list = json_get(all, "tenants");
    bool ok = all != NULL;
    for (size_t k = 0; ok && list && k < list->count; k++) ok = add_tenant(i, &list->items[k], e);
    if (list && list->count)
        (void)str_copy(json_str(json_get(&list->items[0], "tenant_id"), STR_NONE), first_out, GUID_BYTES);
    *count_out = list ? (unsigned)list->count : 0;
    arena_done(&a);
    return ok;
}

/* ---- the show --------------------------------------------------------------------------------------------------------------- */

struct show {
    const char *folder, *summary;
    uint64_t seconds; /* 0: until Ctrl-C */
    struct demo_twin *twin;
    struct installation installation;
    struct engine *engine;
    struct demo_view *view;
    struct demo_count count;
    struct demo_story *story;
    char story_tenant[GUID_BYTES];
    struct gate *ended; /* opened by a signal; the engine may open it until it is stopped */
};

/* The first Ctrl-C ends the show and counts; a second one will not wait for that. The twin dies with us. */
static void on_signal(void *arg, int signum)
{
    if (gate_wait_ms(arg, 0)) _exit(128 + signum);
    gate_open(arg);
}

/* Until Ctrl-C or the time is over. */
static void watch(struct show *s)
{
    struct clock clock = clock_real();
    int64_t end_ms = clock_mono(&clock).ms + (int64_t)s->seconds * 1000;
    engine_on_signal(s->engine, on_signal, s->ended);
    while (!gate_wait_ms(s->ended, DRAW_MS)) {
        demo_story_step(s->story, s->engine, clock_mono(&clock).ms);
        demo_view_draw(s->view, "polling");
        bool is_time = s->seconds && clock_mono(&clock).ms >= end_ms;
        bool is_short = s->seconds < STORY_S; /* then the story is left where it is */
        if (is_time && (is_short || demo_story_is_told(s->story, clock_mono(&clock).ms))) break;
    }
}

static bool freeze_and_drain(struct show *s, struct err *e)
{
    struct pull_result drained;
    puts("\nfreezing the twin and draining: every feed up to now, every sweep at once");
    (void)fflush(stdout);
    engine_end_response(s->engine); /* what it did would come into being after the freeze */
    if (!demo_twin_freeze(s->twin, e) || !engine_drain(s->engine, &drained, e)) return false;
    if (drained.failed_feeds)
        return err_set(e, &app_causes[APP_NOT_EXACT], "%llu feeds could not be drained, first %s",
                       (unsigned long long)drained.failed_feeds, drained.first_error.text);
    return true;
}

static bool judge(struct show *s, struct err *e)
{
    char lake[CONF_PATH_BYTES];
    (void)installation_path(&s->installation.conf, "lake", lake);
    if (!demo_count_all(&s->installation, s->twin, &s->count, e)) return false;
    if (!demo_story_print(&s->installation, e)) return false;
    demo_print_count(&s->count, lake);
    if (s->summary && !demo_write_summary(&s->installation, &s->count, lake, s->summary, e)) return false;
    const struct demo_feed *t = &s->count.total;
    if (t->lost || t->doubled || t->existing == 0)
        return err_set(e, &app_causes[APP_NOT_EXACT], "%llu rows exist, %llu are lost, %llu doubled",
                       (unsigned long long)t->existing, (unsigned long long)t->lost, (unsigned long long)t->doubled);
    return true;
}

static bool prepare(struct show *s, unsigned tenants, const char *scenario, struct err *e)
{
    char config[CONF_PATH_BYTES];
    unsigned count = 0;
    (void)snprintf(config, sizeof config, "%s/portcullis.yaml", s->folder);
    if (!make_folder(s->folder, e) || !demo_twin_start(tenants, scenario, &s->twin, e)) return false;
    if (!installation_init(s->folder, e) || !write_settings(s->folder, demo_twin_url(s->twin), e)) return false;
    if (!installation_open(config, &s->installation, e) || !installation_open_flow(&s->installation, e)) return false;
    if (!add_tenants(&s->installation, s->twin, s->story_tenant, &count, e) ||
        !demo_story_new(&s->installation, s->twin, s->story_tenant, &s->story, e))
        return false;
    printf("twin with %u tenants at %s; lake in %s/data/lake\n", count, demo_twin_url(s->twin), s->folder);
    if (!engine_start(&s->installation, false, &s->engine, e)) return false;
    s->view = demo_view_new(s->engine, &s->installation, count);
    return true;
}

static void finish(struct show *s)
{
    demo_view_free(s->view);
    engine_stop(s->engine);
    installation_close(&s->installation);
    demo_twin_stop(s->twin);
    demo_count_done(&s->count);
    demo_story_free(s->story);
    gate_free(s->ended);
}

static uint64_t count_param(const struct op_call *c, const char *name, uint64_t fallback)
{
    uint64_t v;
    return str_to_u64(op_text(c, name), &v) ? v : fallback;
}

bool op_demo(struct op_call *c, struct err *e)
{
    uint64_t tenants = count_param(c, "tenants", TENANTS);
    const char *scenario = op_cstr(c, "scenario"), *folder = op_cstr(c, "dir");
    struct show s = {.folder = folder ? folder : "portcullis-demo",
                     .summary = op_cstr(c, "summary"),
                     .seconds = count_param(c, "seconds", 0)};
    if (tenants < 1 || tenants > TENANTS_MAX)
        return err_set(e, &api_causes[API_BAD_PARAM], "demo: --tenants is from 1 to %d", TENANTS_MAX);
    s.ended = gate_new();
    bool ok = prepare(&s, (unsigned)tenants, scenario ? scenario : "lively", e);
    if (ok) {
        watch(&s);
        ok = freeze_and_drain(&s, e) && judge(&s, e);
    }
    finish(&s);
    return ok;
}
