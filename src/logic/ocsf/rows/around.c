/* What every event carries: metadata, observables, what has no place. */
#include "logic/ocsf/rows/around.h"

#include <string.h>

#include "logic/ocsf/codes/pen.h"
#include "logic/ocsf/rows/run.h"

static void add_key(struct map_scratch *s, const char *key)
{
    run_separate(s);
    (void)buf_add_char(&s->out, '"');
    (void)buf_add_str(&s->out, str_of(key));
    (void)buf_add(&s->out, "\":", 2);
}

void around_pair(struct map_scratch *s, const char *key, struct str token)
{
    add_key(s, key);
    (void)buf_add_str(&s->out, token);
}

void around_text(struct map_scratch *s, const char *key, struct str text)
{
    around_pair(s, key, STR("\""));
    json_escape(&s->out, text);
    (void)buf_add_char(&s->out, '"');
}

static void add_profiles(struct map_scratch *s, const struct schema *schema)
{
    bool any = false;
    for (size_t i = 0; i < schema->profile_count; i++) {
        if (!(s->profiles >> i & 1)) continue;
        if (!any) around_pair(s, "profiles", STR("["));
        any = true;
        run_separate(s);
        (void)buf_add_char(&s->out, '"');
        (void)buf_add_str(&s->out, str_of(schema->profiles[i]));
        (void)buf_add_char(&s->out, '"');
    }
    if (any) (void)buf_add_char(&s->out, ']');
}

static void add_extension(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    for (size_t i = 0; v->class->extension_id && i < schema->extension_count; i++) {
        const struct schema_extension *x = &schema->extensions[i];
        if (x->uid != v->class->extension_id) continue;
        run_separate(s);
        (void)buf_addf(&s->out, "\"extensions\":[{\"name\":\"%s\",\"uid\":\"%u\",\"version\":\"%s\"}]", x->name, x->uid,
                       x->version);
    }
}

/* Foreign records say of themselves whose and of which table they are; what is longer than any name is none. */
static bool is_name(struct str text)
{
    return text.n > 0 && text.n <= 1024;
}

/* Where in the output the uid's member begins. */
static size_t add_engine_metadata(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    around_text(s, "version", str_of(schema->version));
    size_t uid_at = s->out.n;
    if (s->uid[0]) around_text(s, "uid", str_of(s->uid));
    if (is_name(s->source)) around_text(s, "log_name", s->source);
    if (is_name(s->in->tenant_id)) around_text(s, "tenant_uid", s->in->tenant_id);
    if (s->in->processed.ticks) {
        add_key(s, "processed_time");
        row_add_number(&s->out, wall_ms(s->in->processed));
    }
    add_profiles(s, schema);
    add_extension(s, schema, v);
    (void)buf_add_char(&s->out, '}');
    return uid_at;
}

static bool is_same_tail(const struct map_scratch *s, const struct variant *v, const struct event_tail *t)
{
    return t->text.n > 0 && t->class == v->class && t->profiles == s->profiles && t->has_uid == (s->uid[0] != '\0') &&
           t->processed == s->in->processed.ticks && str_eq(s->source, buf_str(&t->source)) &&
           str_eq(s->in->tenant_id, buf_str(&t->tenant));
}

/* What stands from "version" on is the same for row after row of a kind but for the uid: made once, kept. */
static void keep_tail(struct map_scratch *s, const struct schema *schema, const struct variant *v, struct event_tail *t)
{
    size_t from = s->out.n, uid_at = add_engine_metadata(s, schema, v);
    buf_reset(&t->text);
    buf_reset(&t->source);
    buf_reset(&t->tenant);
    bool is_kept = !s->out.failed && from > 0 && s->out.p[from] == ',' &&
                   buf_reserve(&t->text, s->out.n - from + STRIDE) &&
                   buf_add(&t->text, s->out.p + from, s->out.n - from) && buf_add_str(&t->source, s->source) &&
                   buf_add_str(&t->tenant, s->in->tenant_id);
    if (!is_kept) buf_reset(&t->text);
    t->uid_at = uid_at + sizeof ",\"uid\":\"" - 1 - from;
    t->class = v->class;
    t->profiles = s->profiles;
    t->has_uid = s->uid[0] != '\0';
    t->processed = s->in->processed.ticks;
}

static void add_kept_tail(struct map_scratch *s, const struct event_tail *t)
{
    size_t at = s->out.n + t->uid_at;
    if (!buf_reserve(&s->out, t->text.n + STRIDE)) return;
    (void)pen_copy(s->out.p + s->out.n, t->text.p, t->text.n);
    s->out.n += t->text.n;
    if (s->uid[0]) memcpy(s->out.p + at, s->uid, sizeof s->uid - 1);
}

/* Where the tail of such an event would be. */
static struct event_tail *tail_of(struct map_scratch *s, const struct variant *v)
{
    uint64_t kind = (uintptr_t)v->class ^ (uintptr_t)s->plan << 1 ^ s->profiles;
    return &s->tails[(kind * UINT64_C(0x9E3779B97F4A7C15)) >> 57];
}

bool around_metadata(struct map_scratch *s, const struct schema *schema, const struct variant *v)
{
    run_separate(s);
    (void)buf_add_str(&s->out, STR("\"metadata\":{"));
    uint64_t written = v->metadata->code ? code_run(s, v->metadata) : run_block(s, v->metadata);
    bool is_first = s->out.n > 0 && s->out.p[s->out.n - 1] == '{';
    struct event_tail *tail = tail_of(s, v);
    if (!is_first && v->metadata->code && is_same_tail(s, v, tail))
        add_kept_tail(s, tail);
    else
        keep_tail(s, schema, v, tail);
    return frame_is_whole(v->metadata->frame, written);
}
