/* What the demo's files share. */
#ifndef FACE_APP_DEMO_H
#define FACE_APP_DEMO_H

#include "face/app/demo/demo_twin.h"
#include "face/app/engine/engine.h"

/* Per feed: what the twin's model says exists, and what of it the lake's decoded files hold. */
struct demo_feed {
    char tenant_id[GUID_BYTES];
    char feed[64];
    uint64_t existing, stored, lost, doubled, dead;
};
struct demo_count {
    struct demo_feed *feeds;
    size_t count;
    struct demo_feed total;
    char *example; /* one event, JSON; NULL: the lake is empty */
};
/* Reads the model of every feed and every file of the lake. The twin must be frozen, the engine drained. */
bool demo_count_all(struct installation *i, struct demo_twin *twin, struct demo_count *out, struct err *e);
void demo_count_done(struct demo_count *c);

/* The live view: a block redrawn twice a second on a terminal, else a line every few seconds. */
struct demo_view;
struct demo_view *demo_view_new(struct engine *en, struct installation *i, unsigned tenants);
void demo_view_draw(struct demo_view *v, const char *phase);
void demo_view_free(struct demo_view *v); /* leaves the last picture; accepts NULL */

/* The response in the demo (demo_story.c). `tenant_id`: whose the alerts are; empty: the store's first. Before the engine. */
struct demo_story;
bool demo_story_new(struct installation *i, struct demo_twin *twin, const char *tenant_id, struct demo_story **out,
                    struct err *e);
void demo_story_free(struct demo_story *s);                          /* accepts NULL */
bool demo_story_is_told(const struct demo_story *s, int64_t now_ms); /* not begun, or all of it has happened */
void demo_story_step(struct demo_story *s, struct engine *en, int64_t now_ms);
bool demo_story_print(struct installation *i, struct err *e);
/* The summary's lists, written into an open array. */
bool demo_story_responses(struct installation *i, struct json_writer *w, struct err *e);
bool demo_story_notices(struct installation *i, struct json_writer *w, struct err *e);

void demo_print_count(const struct demo_count *c, const char *lake);
bool demo_write_summary(struct installation *i, const struct demo_count *c, const char *lake, const char *file,
                        struct err *e);

#endif
