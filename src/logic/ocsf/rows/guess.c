#include "logic/ocsf/rows/guess.h"

struct score {
    size_t members, known, required;
    bool has_cursor;
};

static struct score score_of(const struct plan *p, struct str row)
{
    struct score score = {0};
    struct json_cursor c;
    struct json_slice m;
    for (bool open = json_cursor_open(&c, row); open && json_cursor_next(&c, &m);) {
        if (row_is_sidecar(m.key)) continue;
        uint16_t slot = shape_find(&p->shapes[0], m.key);
        score.members++;
        if (slot == NO_SLOT) continue;
        score.known++;
        for (size_t i = 0; i < p->cursor_count; i++) score.has_cursor |= p->cursor_slots[i] == slot;
        for (size_t i = 0; i < p->required_count; i++)
            score.required += p->required[i] == slot && !row_is_blank(m.value, m.type);
    }
    return score;
}

/* Tables of one family share most columns, so nearly all of a row must be known, and the row must have at least half of the
 * table's: a query of somebody's own with four columns is no row of any table, and to call it one would invent events.
 * Alerts, incidents and machines have names of their own, and grow new ones. */
static bool is_like(const struct plan *p, struct score s)
{
    bool is_object = p->id_slot != NO_SLOT;
    if (s.required < p->required_count || !s.has_cursor || s.known < 3) return false;
    return is_object ? 2 * s.known >= s.members
                     : 10 * s.known >= 9 * s.members && 2 * s.known >= p->shapes[0].name_count;
}

bool guess_has_required(const struct plan *p, struct str row)
{
    return score_of(p, row).required >= p->required_count;
}

static bool requires_slot(const struct plan *p, uint16_t slot)
{
    for (size_t i = 0; slot != NO_SLOT && i < p->required_count; i++) {
        if (p->required[i] == slot) return true;
    }
    return false;
}

/* Could a row with these keys be of this plan, whatever is empty? */
static bool is_in_question(const struct plan *p, const struct json_fields *row)
{
    struct score score = {0};
    for (size_t i = 0; i < row->count; i++) {
        const struct json_field *m = &row->items[i];
        if (row_is_about_another(m)) continue;
        uint16_t slot = shape_find(&p->shapes[0], json_field_key(row, m));
        score.members++;
        if (slot == NO_SLOT) continue;
        score.known++;
        for (size_t k = 0; k < p->cursor_count; k++) score.has_cursor |= p->cursor_slots[k] == slot;
        score.required += requires_slot(p, slot);
    }
    return is_like(p, score);
}

size_t guess_deciding(const struct ocsf *o, const struct plan *around, const struct json_fields *row, uint8_t *places,
                      size_t max)
{
    uint64_t decides[4] = {0};
    size_t count = 0, last = row->count < 256 ? row->count : 256;
    for (size_t i = 0; i < o->entry_count; i++) {
        const struct plan *p = ocsf_columns_at(o, i);
        bool is_around = around && strcmp(p->source, around->source) == 0;
        if (p->is_base || (!is_around && !is_in_question(p, row))) continue;
        for (size_t k = 0; k < last; k++) {
            uint16_t slot = shape_find(&p->shapes[0], json_field_key(row, &row->items[k]));
            if (requires_slot(p, slot)) decides[k / 64] |= UINT64_C(1) << (k % 64);
        }
    }
    for (size_t k = 0; k < last; k++) {
        if (!(decides[k / 64] >> (k % 64) & 1)) continue;
        if (count++ < max) places[count - 1] = (uint8_t)k;
    }
    return count;
}

const struct plan *guess_plan(const struct ocsf *o, const struct plan *likely, struct str row)
{
    size_t best = SIZE_MAX;
    uint64_t best_share = 0;
    if (likely) {
        struct score s = score_of(likely, row);
        if (is_like(likely, s) && s.known == s.members && s.known == likely->shapes[0].name_count) return likely;
    }
    for (size_t i = 0; i < o->entry_count; i++) {
        const struct plan *p = ocsf_columns_at(o, i);
        if (p->is_base) continue;
        struct score s = score_of(p, row);
        if (!is_like(p, s)) continue;
        /* What row and table share, of what either has. */
        uint64_t share = (uint64_t)s.known * 1000000 / (s.members + p->shapes[0].name_count - s.known);
        if (share < best_share) continue;
        best = share == best_share ? SIZE_MAX : i;
        best_share = share;
    }
    return best == SIZE_MAX ? NULL : ocsf_plan_at(o, best);
}

/* What a context is about: behind the last '#', without the columns chosen or expanded and the word for a single one. */
static struct str odata_set(struct str text)
{
    static const struct str single = {"/$entity", 8};
    for (size_t i = text.n; i > 0; i--) {
        if (text.p[i - 1] != '#') continue;
        text = str_sub(text, i, text.n);
        break;
    }
    size_t bracket = str_find(text, STR("("), 0);
    if (bracket != SIZE_MAX) text.n = bracket;
    if (str_ends(text, single)) text.n -= single.n;
    return text;
}

const struct plan *guess_odata(const struct ocsf *o, struct str text)
{
    static const struct {
        const char *set, *source;
    } kinds[] = {
        {"microsoft.graph.security.alert", "alerts_v2"},
        {"microsoft.graph.security.incident", "incidents"},
        {"security/alerts_v2", "alerts_v2"},
        {"security/incidents", "incidents"},
        {"Alerts", "alerts_endpoint"},
        {"Incidents", "incidents_xdr"},
        {"MachineActions", "machine_actions"},
        {"Machines", "machines"},
        {"MachineReferences", "machines"},
    };
    struct str set = odata_set(text);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_eq(set, str_of(kinds[i].set))) return ocsf_plan(o, str_of(kinds[i].source));
    }
    return NULL;
}
