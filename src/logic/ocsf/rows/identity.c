/* What makes a row itself.
 *
 * A row comes by different ways (polling, streaming, a file) in different clothes: members in another order, null for
 * absent, a number as text, an object as text, times with more or fewer digits, needless escapes. The canonical form takes the
 * clothes off:
 *
 *   nothing   absent, null, "", {}, [] and containers that hold only nothing
 *   1, 0      true, false, also as text
 *   numbers   as written, but without zeros at the end of a fraction
 *   times     ticks behind a 'T', whatever their digits
 *   text      escaped no more than JSON asks for, so that most strings are hashed as they stand; if it holds an object or
 *             array: the canonical form of that
 *   {…}       members sorted by name, nothings and OData's sidecars left out
 *   […]       elements in order
 *
 * Texts carry their length, so that no two forms can be mistaken for one another. The identity is a hash (lanes.h) of tenant,
 * source and the columns that the mapping names. Changing any of this changes every identity: rows would be stored twice. */
#include <string.h>

#include "kit/base/lanes.h"
#include "logic/ocsf/codes/code_level.h"
#include "logic/ocsf/rows/canonical.h"
#include "logic/ocsf/rows/facts.h"

bool row_is_outside_identity(const struct plan *p, struct str key)
{
    for (size_t i = 0; i < p->without_count; i++) {
        if (str_eq_nocase(p->without[i], key)) return true;
    }
    return false;
}

/* The whole row but for `without`: as an object is canonical. */
static void add_content(struct map_scratch *s, const struct plan *p, struct str row)
{
    struct pairs m;
    canonical_members(s, row, &m);
    for (size_t i = 0; i < m.count; i++) {
        bool is_double = i + 1 < m.count && str_eq(m.all[i].key, m.all[i + 1].key);
        if (is_double || row_is_outside_identity(p, m.all[i].key)) continue;
        size_t at = s->text.n;
        canonical_sized(s, 'k', m.all[i].key);
        if (!canonical_value(s, m.all[i].value, m.all[i].type, 0)) s->text.n = at;
    }
}

static void add_id(struct map_scratch *s, const struct plan *p)
{
    const struct slot column = row_slot(s, p->id_slot), *id = &column;
    (void)buf_add_char(&s->text, 'i');
    (void)canonical_value(s, id->raw, id->raw.p ? id->type : JSON_NULL, 0);
}

static void add_update(struct map_scratch *s, const struct plan *p)
{
    struct wall updated;
    if (row_time(s, p, &updated)) canonical_ticks(s, 'u', updated);
}

/* In lower case. */
static void add_name(struct map_scratch *s, char kind, struct str name)
{
    size_t at = s->text.n + MARK_BYTES;
    canonical_sized(s, kind, name);
    for (size_t i = at; i < s->text.n; i++) s->text.p[i] = row_lower(s->text.p[i]);
}

/* Whose and of which table: the same for row after row of a plan. */
static void add_head(struct map_scratch *s, struct str tenant_id, struct str source)
{
    struct identity_head *h = &s->heads[s->plan->serial % IDENTITY_HEADS];
    if (h->plan == s->plan->serial && str_eq(buf_str(&h->tenant), tenant_id)) {
        (void)buf_add_str(&s->text, buf_str(&h->text));
        return;
    }
    add_name(s, 'o', source);
    add_name(s, 't', tenant_id);
    buf_reset(&h->text);
    buf_reset(&h->tenant);
    bool is_kept = !s->plan->is_base && buf_add_str(&h->text, buf_str(&s->text)) && buf_add_str(&h->tenant, tenant_id);
    h->plan = is_kept ? s->plan->serial : 0;
}

struct hash128 row_identity(struct map_scratch *s, struct str tenant_id, struct str source, struct str row,
                            bool has_slack)
{
    const struct plan *p = s->plan;
    buf_reset(&s->text);
    add_head(s, tenant_id, p->is_base ? source : p->name);
    if (p->identity) {
        code_level()->identity_columns(s, p, row, has_slack);
    } else {
        if (p->id_slot != NO_SLOT) add_id(s, p);
        if (p->counts_update) add_update(s, p);
        add_content(s, p, row);
    }
    struct hash128 h = lanes_of(s->text.p, s->text.n);
    buf_reset(&s->text);
    return h;
}
