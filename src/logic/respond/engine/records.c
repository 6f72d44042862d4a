/* Records as text: one table of fields for each kind of thing, and one writer and one reader that walk it. */
#include <inttypes.h>
#include <stddef.h>

#include "logic/respond/engine/engine_int.h"

enum field_type { F_TEXT, F_U64, F_U32, F_BOOL, F_WORD /* an enum with words */, F_WALL, F_HEX /* bytes */ };
struct field {
    const char *name;
    enum field_type type;
    size_t at, size;
    const char *const *words;
    size_t word_count;
};

#define TEXT(s, name, member)                                                              \
    {                                                                                      \
        name, F_TEXT, offsetof(struct s, member), sizeof(((struct s *)0)->member), NULL, 0 \
    }
#define U64(s, name, member)                                               \
    {                                                                      \
        name, F_U64, offsetof(struct s, member), sizeof(uint64_t), NULL, 0 \
    }
#define U32(s, name, member)                                               \
    {                                                                      \
        name, F_U32, offsetof(struct s, member), sizeof(uint32_t), NULL, 0 \
    }
#define BOOL(s, name, member)                                           \
    {                                                                   \
        name, F_BOOL, offsetof(struct s, member), sizeof(bool), NULL, 0 \
    }
#define WORD(s, name, member, words)                                                               \
    {                                                                                              \
        name, F_WORD, offsetof(struct s, member), sizeof(int), words, sizeof words / sizeof *words \
    }
#define WALL(s, name, member)                                                  \
    {                                                                          \
        name, F_WALL, offsetof(struct s, member), sizeof(struct wall), NULL, 0 \
    }
#define HEX(s, name, member)                                                              \
    {                                                                                     \
        name, F_HEX, offsetof(struct s, member), sizeof(((struct s *)0)->member), NULL, 0 \
    }
#define ERROR(s) \
    TEXT(s, "error.code", error.code), TEXT(s, "error.text", error.text), TEXT(s, "error.remedy", error.remedy)

static const char *const severity_words[SEVERITY_COUNT] = {"unknown", "informational", "low", "medium", "high"};
static const char *const mode_words[MODE_COUNT] = {"off", "shadow", "approve", "auto"};

static const struct field head_fields[] = {
    WORD(respond_record, "kind", kind, record_kind_words),
    WALL(respond_record, "when", at),
    TEXT(respond_record, "step", step),
    TEXT(respond_record, "who", by),
    TEXT(respond_record, "note", note),
};
static const struct field decision_fields[] = {
    U64(decision, "id", id),
    WORD(decision, "state", state, decision_state_words),
    TEXT(decision, "tenant", tenant),
    TEXT(decision, "incident", incident),
    TEXT(decision, "device", device),
    TEXT(decision, "rule", rule),
    U32(decision, "round", round),
    TEXT(decision, "alert", alert),
    TEXT(decision, "title", title),
    TEXT(decision, "host", host),
    TEXT(decision, "user", user),
    BOOL(decision, "of_incident", is_incident),
    WORD(decision, "severity", severity, severity_words),
    WORD(decision, "came", came, came_words),
    WORD(decision, "mode", mode, mode_words),
    WORD(decision, "wish", wish, act_kind_words),
    WORD(decision, "scope", scope, act_scope_words),
    TEXT(decision, "sha1", sha1),
    BOOL(decision, "servers", allows_servers),
    U32(decision, "why", why),
    U32(decision, "approved", approved),
    U32(decision, "people", people),
    TEXT(decision, "by1", by[0]),
    TEXT(decision, "by2", by[1]),
    U32(decision, "escalations", escalations),
    WALL(decision, "created", created),
    WALL(decision, "first_seen", first_seen),
    WALL(decision, "decided", decided),
    WALL(decision, "asked", asked),
    WALL(decision, "settled", settled),
    U64(decision, "sig1", signatures[0]),
    U64(decision, "sig2", signatures[1]),
    U64(decision, "sig3", signatures[2]),
    U64(decision, "sig4", signatures[3]),
    U64(decision, "sig5", signatures[4]),
    U64(decision, "sig6", signatures[5]),
    U64(decision, "sig7", signatures[6]),
    U64(decision, "sig8", signatures[7]),
    HEX(decision, "fallback", fallback),
    HEX(decision, "fallen", fallen),
    TEXT(decision, "route", route),
    BOOL(decision, "phone", phone),
    U64(decision, "lease_ms", lease_ms),
    U64(decision, "action", action),
    WALL(decision, "released", released),
    TEXT(decision, "acked_by", acked_by),
    ERROR(decision),
};
static const struct field action_fields[] = {
    U64(action, "id", id),
    U64(action, "decision", decision),
    WORD(action, "state", state, action_state_words),
    WORD(action, "act", kind, act_kind_words),
    WORD(action, "scope", scope, act_scope_words),
    TEXT(action, "tenant", tenant),
    TEXT(action, "device", device),
    TEXT(action, "host", host),
    TEXT(action, "sha1", sha1),
    TEXT(action, "by", by),
    TEXT(action, "reason", reason),
    BOOL(action, "unattended", is_unattended),
    TEXT(action, "remote", remote),
    TEXT(action, "remote_by", remote_by),
    BOOL(action, "adopted", is_adopted),
    BOOL(action, "cancelling", is_cancelling),
    U32(action, "attempts", attempts),
    U32(action, "looks", looks),
    U32(action, "proof", proof),
    BOOL(action, "late", is_late),
    WALL(action, "intent", intent),
    WALL(action, "sent", sent),
    WALL(action, "changed", changed),
    WALL(action, "settled", settled),
    ERROR(action),
};
static const struct field hold_fields[] = {
    U64(hold, "id", id),
    WORD(hold, "state", state, hold_state_words),
    TEXT(hold, "tenant", tenant),
    TEXT(hold, "device", device),
    TEXT(hold, "host", host),
    TEXT(hold, "incident", incident),
    BOOL(hold, "owned", is_owned),
    U64(hold, "decision", decision),
    U64(hold, "action", action),
    U64(hold, "release", release),
    TEXT(hold, "owner", owner),
    TEXT(hold, "reason", reason),
    WALL(hold, "since", since),
    WALL(hold, "until", until),
    U32(hold, "reminders", reminders),
    TEXT(hold, "released_by", released_by),
    BOOL(hold, "by_person", by_person),
    WALL(hold, "ordered", ordered),
    WALL(hold, "released", released),
    WALL(hold, "watch_until", watch_until),
    U32(hold, "strays", strays),
};
static const struct field stop_fields[] = {
    TEXT(stop, "tenant", tenant), WORD(stop, "state", state, stop_state_words),
    TEXT(stop, "by", by),         TEXT(stop, "reason", reason),
    WALL(stop, "at", at),
};
static const struct field noted_fields[] = {
    TEXT(noted, "tenant", tenant),
    TEXT(noted, "alert", alert),
    WORD(noted, "severity", severity, severity_words),
    BOOL(noted, "closed", is_closed),
};
static const struct field merge_fields[] = {
    TEXT(merge, "tenant", tenant),
    TEXT(merge, "from", from),
    TEXT(merge, "to", to),
};
static const struct field order_fields[] = {TEXT(order_done, "order", id), U64(order_done, "made", ref)};

struct fields {
    const struct field *items;
    size_t count, at; /* at: of the thing within the record */
};
#define FIELDS(table, member)                                                        \
    {                                                                                \
        table, sizeof table / sizeof *table, offsetof(struct respond_record, member) \
    }
static const struct fields head = {head_fields, sizeof head_fields / sizeof *head_fields, 0};
static const struct fields bodies[RECORD_KINDS] = {
    [RECORD_DECISION] = FIELDS(decision_fields, decision),
    [RECORD_ACTION] = FIELDS(action_fields, action),
    [RECORD_HOLD] = FIELDS(hold_fields, hold),
    [RECORD_STOP] = FIELDS(stop_fields, stop),
    [RECORD_NOTED] = FIELDS(noted_fields, noted),
    [RECORD_MERGE] = FIELDS(merge_fields, merge),
    [RECORD_ORDER] = FIELDS(order_fields, order),
};

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

static bool is_plain(unsigned char c)
{
    return c > ' ' && c != '%' && c != 0x7f;
}

static void write_text(const char *s, struct buf *out)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (is_plain(c))
            (void)buf_add_char(out, *s);
        else
            (void)buf_addf(out, "%%%02x", c);
    }
}

static bool is_empty(const struct field *f, const unsigned char *p)
{
    if (f->type == F_TEXT) return *p == 0;
    for (size_t i = 0; i < f->size; i++)
        if (p[i]) return false;
    return true;
}

static void write_value(const struct field *f, const unsigned char *p, struct buf *out)
{
    char time[WALL_TEXT_BYTES];
    struct wall w;
    uint64_t u64;
    uint32_t u32;
    switch (f->type) {
    case F_TEXT: write_text((const char *)p, out); break;
    case F_U64: (void)buf_addf(out, "%" PRIu64, (memcpy(&u64, p, sizeof u64), u64)); break;
    case F_U32: (void)buf_addf(out, "%" PRIu32, (memcpy(&u32, p, sizeof u32), u32)); break;
    case F_BOOL: (void)buf_add_char(out, '1'); break;
    case F_WORD:
        memcpy(&u32, p, sizeof u32);
        (void)buf_add_str(out, str_of(u32 < f->word_count ? f->words[u32] : "none"));
        break;
    case F_WALL:
        memcpy(&w, p, sizeof w);
        (void)wall_format(w, time);
        (void)buf_add_str(out, str_of(time));
        break;
    case F_HEX:
        for (size_t i = 0; i < f->size; i++) (void)buf_addf(out, "%02x", p[i]);
        break;
    }
}

static void write_fields(const struct fields *fields, const struct respond_record *r, struct buf *out)
{
    const unsigned char *base = (const unsigned char *)r + fields->at;
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *f = &fields->items[i];
        if (is_empty(f, base + f->at)) continue;
        if (out->n > 0) (void)buf_add_char(out, ' ');
        (void)buf_addf(out, "%s=", f->name);
        write_value(f, base + f->at, out);
    }
}

bool respond_record_format(const struct respond_record *r, struct buf *out)
{
    buf_reset(out);
    write_fields(&head, r, out);
    write_fields(&bodies[r->kind], r, out);
    return !out->failed;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_byte(struct str s, size_t at, unsigned char *out)
{
    if (at + 1 >= s.n) return false;
    int hi = hex_digit(s.p[at]), lo = hex_digit(s.p[at + 1]);
    if (hi < 0 || lo < 0) return false;
    *out = (unsigned char)(hi * 16 + lo);
    return true;
}

static bool read_text(struct str s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '%') {
            if (!hex_byte(s, i + 1, &c)) return false;
            i += 2;
        }
        if (c == 0 || n + 1 >= size) return false;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return true;
}

static bool read_word(const struct field *f, struct str s, unsigned char *p)
{
    for (uint32_t i = 0; i < f->word_count; i++) {
        if (!str_eq(s, str_of(f->words[i]))) continue;
        memcpy(p, &i, sizeof i);
        return true;
    }
    return false;
}

static bool read_value(const struct field *f, struct str s, unsigned char *p)
{
    struct wall w;
    uint64_t u64;
    switch (f->type) {
    case F_TEXT: return read_text(s, (char *)p, f->size);
    case F_U64:
        if (!str_to_u64(s, &u64)) return false;
        memcpy(p, &u64, sizeof u64);
        return true;
    case F_U32:
        if (!str_to_u64(s, &u64) || u64 > UINT32_MAX) return false;
        memcpy(p, &(uint32_t){(uint32_t)u64}, sizeof(uint32_t));
        return true;
    case F_BOOL: *p = 1; return str_eq(s, STR("1"));
    case F_WORD: return read_word(f, s, p);
    case F_WALL:
        if (!wall_parse(s, &w)) return false;
        memcpy(p, &w, sizeof w);
        return true;
    case F_HEX:
        if (s.n != f->size * 2) return false;
        for (size_t i = 0; i < f->size; i++)
            if (!hex_byte(s, i * 2, p + i)) return false;
        return true;
    }
    return false;
}

/* Written in the table's order, so the next one is looked for where the last one was found. */
static const struct field *find_field(const struct fields *fields, struct str name, size_t *hint)
{
    for (size_t n = 0; n < fields->count; n++) {
        size_t i = (*hint + n) % fields->count;
        if (!str_eq(name, str_of(fields->items[i].name))) continue;
        *hint = i + 1;
        return &fields->items[i];
    }
    return NULL;
}

static bool read_fields(const struct fields *fields, struct str text, struct respond_record *r, struct str *bad)
{
    unsigned char *base = (unsigned char *)r + fields->at;
    size_t hint = 0;
    while (text.p) {
        struct str value = str_cut(&text, ' '), name = str_cut(&value, '=');
        const struct field *f = find_field(fields, name, &hint);
        if (f == NULL) continue;
        *bad = name;
        if (!read_value(f, value, base + f->at)) return false;
    }
    return true;
}

bool respond_record_parse(struct str text, struct respond_record *out, struct err *e)
{
    struct respond_record r = {0};
    struct str bad = STR("kind");
    if (!read_fields(&head, text, &r, &bad) || r.kind == 0 || r.kind >= RECORD_KINDS ||
        !read_fields(&bodies[r.kind], text, &r, &bad))
        return err_set(e, &respond_causes[RESPOND_RECORD], "field %.*s of \"%.*s\"", STR_ARG(bad),
                       STR_ARG(str_sub(text, 0, 120)));
    *out = r;
    return true;
}

void respond_record_id(const struct respond_record *r, char out[RECORD_ID_BYTES])
{
    const int n = RECORD_ID_BYTES;
    switch (r->kind) {
    case RECORD_DECISION: (void)snprintf(out, n, "%" PRIu64, r->decision.id); break;
    case RECORD_ACTION: (void)snprintf(out, n, "%" PRIu64, r->action.id); break;
    case RECORD_HOLD: (void)snprintf(out, n, "%" PRIu64, r->hold.id); break;
    case RECORD_STOP: (void)snprintf(out, n, "%s", r->stop.tenant); break;
    case RECORD_NOTED: (void)snprintf(out, n, "%s/%s", r->noted.tenant, r->noted.alert); break;
    case RECORD_MERGE: (void)snprintf(out, n, "%s/%s", r->merge.tenant, r->merge.from); break;
    case RECORD_ORDER: (void)snprintf(out, n, "%s", r->order.id); break;
    case RECORD_KINDS: out[0] = 0; break;
    }
}
