/* What ingest needs of a row: its identity (identity.c), when it happened, and the id of an object. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/rows/facts.h"

bool plan_is_of_nothing(const struct plan *p)
{
    return p->is_base;
}

bool plan_knows(const struct plan *p, struct str column)
{
    return shape_find(&p->shapes[0], column) != NO_SLOT;
}

bool plan_identifies(const struct plan *p, struct str column)
{
    for (size_t i = 0; i < p->identity_count; i++)
        if (str_eq_nocase(p->identity_names[i], column)) return true;
    return p->identity == NULL && !row_is_outside_identity(p, column);
}

bool row_time(struct map_scratch *s, const struct plan *p, struct wall *out)
{
    for (size_t i = 0; i < p->cursor_count; i++) {
        const struct slot column = row_slot(s, p->cursor_slots[i]), *slot = &column;
        if (slot->raw.p == NULL || slot->type != JSON_STRING) continue;
        if (wall_parse(str_trim(json_unescape(&s->arena, slot->raw)), out)) return true;
    }
    return false;
}

struct map_scratch *map_scratch_new(void)
{
    struct map_scratch *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    arena_init(&s->arena, (size_t)256 << 20);
    buf_init(&s->out, EVENT_BYTES_MAX);
    buf_init(&s->row, (size_t)128 << 20);
    buf_init(&s->text, (size_t)128 << 20);
    return s;
}

void map_scratch_watch(struct map_scratch *s, struct drift *d)
{
    s->drift = d;
}

void map_scratch_free(struct map_scratch *s)
{
    if (s == NULL) return;
    arena_done(&s->arena);
    buf_done(&s->out);
    buf_done(&s->row);
    buf_done(&s->text);
    for (size_t i = 0; i < IDENTITY_HEADS; i++) {
        buf_done(&s->heads[i].text);
        buf_done(&s->heads[i].tenant);
    }
    for (size_t i = 0; i < TAILS; i++) {
        buf_done(&s->tails[i].text);
        buf_done(&s->tails[i].source);
        buf_done(&s->tails[i].tenant);
    }
    free(s->slots);
    free(s->loaded);
    row_reader_done(s);
    free(s->marks);
    free(s);
}

void plan_facts(const struct plan *p, struct map_scratch *s, struct str tenant_id, struct str source, struct str row,
                struct row_facts *out)
{
    struct row_facts facts = {0};
    arena_reset(&s->arena);
    row_forget(s);
    s->is_out_of_memory = false;
    if (!row_read(s, p, row)) {
        *out = facts;
        return;
    }
    facts.identity = row_identity(s, tenant_id, source, row, s->alone.is_walked);
    facts.has_time = row_time(s, p, &facts.time);
    if (p->id_slot != NO_SLOT) {
        const struct slot column = row_slot(s, p->id_slot), *id = &column;
        if (id->raw.p && id->type == JSON_STRING && memchr(id->raw.p, '\\', id->raw.n) == NULL)
            facts.object_id = str_sub(id->raw, 1, id->raw.n - 2);
        if (id->raw.p && id->type == JSON_NUMBER) facts.object_id = id->raw;
    }
    if (s->alone.is_walked && facts.object_id.p) facts.object_id.p = row.p + (facts.object_id.p - s->alone.window);
    *out = facts;
}
