/* The parts all sources share: members of objects, texts, times, and what is gathered. */
#include "flow/act/alert_facts_int.h"

static inline bool is_key(const struct key *k, const char *p, size_t n)
{
    if (k->n != n || k->first != (unsigned char)(p[0] | 0x20)) return false;
    return memcmp(k->text, p, n) == 0 || str_eq_nocase((struct str){k->text, k->n}, (struct str){p, n});
}

/* A bit by length and first letter: most members of a row are none of the keys, and end here. */
static inline uint64_t sign_of(unsigned n, unsigned first)
{
    return UINT64_C(1) << ((n * 7 + first) & 63);
}

/* Which key, tried from `next` on, as members mostly come in the order of the table; `count`: none. */
static size_t key_of(const struct key *keys, size_t count, size_t next, const char *p, size_t n)
{
    for (size_t i = next; i < count; i++) {
        if (is_key(&keys[i], p, n)) return i;
    }
    for (size_t i = 0; i < next; i++) {
        if (is_key(&keys[i], p, n)) return i;
    }
    return count;
}

/* Commas and colons are passed over as if they were blanks: the text is known to be right. */
static const char *skip_between(const char *p, const char *end)
{
    while (p < end && (*p == ',' || *p == ':' || *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) p++;
    return p;
}

const char *pick_at(struct reading *r, const char *p, const char *end, const struct key *keys, size_t count,
                    struct str *slots, size_t inner, read_list_fn *read_list)
{
    size_t next = 0;
    uint64_t signs = 0;
    for (size_t i = 0; i < count; i++) signs |= sign_of(keys[i].n, keys[i].first);
    for (p = skip_between(p + 1, end); p < end && *p != '}'; p = skip_between(p, end)) {
        const char *key = p + 1, *behind = json_value_end(p, end);
        size_t n = (size_t)(behind - key) - 1;
        bool may_be = n > 0 && (signs & sign_of((unsigned)n, (unsigned char)(key[0] | 0x20)));
        size_t k = may_be ? key_of(keys, count, next, key, n) : count;
        p = skip_between(behind, end);
        const char *value = p;
        if (k == inner && *p == '[')
            p = read_list(r, p, end);
        else
            p = json_value_end(p, end);
        if (k == count) continue;
        slots[k] = (struct str){value, (size_t)(p - value)};
        next = k + 1;
    }
    return p < end ? p + 1 : end;
}

void pick(struct str object, const struct key *keys, size_t count, struct str *slots)
{
    if (object.n == 0 || object.p[0] != '{') return;
    (void)pick_at(NULL, object.p, object.p + object.n, keys, count, slots, SIZE_MAX, NULL);
}

static const char *type_word(struct str value)
{
    static const char *const words[] = {
        [JSON_NULL] = "null",     [JSON_FALSE] = "false",    [JSON_TRUE] = "true",       [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a text", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object"};
    return words[json_type_of(value)];
}

void note_unread(struct reading *r, const char *what, struct str value)
{
    struct alert_facts *f = r->f;
    if (f->unread_count++ > 0) return;
    if (r->evidence > 0)
        (void)snprintf(f->unread, sizeof f->unread, "evidence[%zu].%s is %s", r->evidence - 1, what, type_word(value));
    else
        (void)snprintf(f->unread, sizeof f->unread, "%s is %s", what, type_word(value));
}

static bool is_absent(struct str value)
{
    return value.n == 0 || value.p[0] == 'n';
}

struct str take_text(struct reading *r, const char *what, struct str value)
{
    if (is_absent(value)) return STR_NONE;
    if (value.p[0] == '"') return json_unescape(r->a, value);
    if (json_type_of(value) == JSON_NUMBER) return value;
    note_unread(r, what, value);
    return STR_NONE;
}

struct wall take_time(struct reading *r, const char *what, struct str value)
{
    struct wall out = {0};
    struct str text = take_text(r, what, value);
    if (text.n > 0 && !wall_parse(text, &out)) note_unread(r, what, value);
    return out;
}

struct fact_texts take_texts(struct reading *r, const char *what, struct str value)
{
    struct str items[TEXTS_MAX];
    struct json_cursor c;
    struct json_slice m;
    size_t count = 0;
    if (is_absent(value)) return (struct fact_texts){0};
    if (value.p[0] != '[') {
        items[0] = take_text(r, what, value);
        count = items[0].n > 0;
    } else if (json_cursor_open(&c, value)) {
        while (count < TEXTS_MAX && json_cursor_next(&c, &m)) {
            items[count] = take_text(r, what, m.value);
            count += items[count].n > 0;
        }
    }
    struct str *kept = count ? arena_alloc(r->a, count * sizeof *kept) : NULL;
    if (kept == NULL) return (struct fact_texts){0};
    memcpy(kept, items, count * sizeof *kept);
    return (struct fact_texts){kept, count};
}

/* ---- what is gathered -------------------------------------------------------------------------------------------------------- */
static struct str lower(struct reading *r, struct str s)
{
    size_t i = 0;
    while (i < s.n && !(s.p[i] >= 'A' && s.p[i] <= 'Z')) i++;
    if (i == s.n) return s;
    char *copy = arena_copy(r->a, s.p, s.n);
    if (copy == NULL) return STR_NONE;
    for (; i < s.n; i++) copy[i] = copy[i] >= 'A' && copy[i] <= 'Z' ? (char)(copy[i] + ('a' - 'A')) : copy[i];
    return (struct str){copy, s.n};
}

static void note_too_many(struct reading *r, const char *what)
{
    if (r->f->unread_count++ == 0)
        (void)snprintf(r->f->unread, sizeof r->f->unread, "there are more %s than are read", what);
}

void add_value(struct reading *r, enum fact_kind kind, struct str text)
{
    if (text.n == 0) return;
    if (r->value_count == VALUES_MAX) {
        note_too_many(r, "values");
        return;
    }
    if (kind == VALUE_HASH) text = lower(r, text);
    for (size_t i = 0; i < r->value_count; i++) {
        if (r->values[i].kind == kind && str_eq(r->values[i].text, text)) return;
    }
    r->values[r->value_count++] = (struct fact_value){text, kind};
}

void add_file(struct reading *r, struct fact_file file, struct str md5)
{
    file.sha1 = lower(r, file.sha1);
    file.sha256 = lower(r, file.sha256);
    add_value(r, VALUE_HASH, file.sha256);
    add_value(r, VALUE_HASH, file.sha1);
    add_value(r, VALUE_HASH, md5);
    if (file.sha1.n == 0) return;
    if (r->file_count == FILES_MAX)
        note_too_many(r, "files");
    else
        r->files[r->file_count++] = file;
}

static struct str first_of(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

struct fact_device *add_device(struct reading *r, const struct fact_device *d)
{
    for (size_t i = 0; i < r->device_count; i++) {
        struct fact_device *x = &r->devices[i];
        if (!device_is_same(x, d)) continue;
        x->roles |= d->roles;
        x->id = first_of(x->id, d->id);
        x->entra_id = first_of(x->entra_id, d->entra_id);
        x->name = first_of(x->name, d->name);
        x->os = first_of(x->os, d->os);
        x->group = first_of(x->group, d->group);
        if (x->tags.count == 0) x->tags = d->tags;
        if (d->verdict > x->verdict) x->verdict = d->verdict;
        return x;
    }
    if (r->device_count == DEVICES_MAX) {
        note_too_many(r, "devices");
        return NULL;
    }
    r->devices[r->device_count] = *d;
    return &r->devices[r->device_count++];
}

void add_user(struct reading *r, const struct fact_user *u)
{
    if (u->name.n == 0 && u->sid.n == 0 && u->entra_id.n == 0) return;
    for (size_t i = 0; i < r->user_count; i++) {
        struct fact_user *x = &r->users[i];
        if (!str_eq_nocase(x->name, u->name) || !str_eq(x->sid, u->sid)) continue;
        x->roles |= u->roles;
        return;
    }
    if (r->user_count == USERS_MAX)
        note_too_many(r, "users");
    else
        r->users[r->user_count++] = *u;
}

struct str join_account(struct reading *r, struct str domain, struct str account)
{
    if (domain.n == 0 || account.n == 0) return account;
    char *p = arena_alloc(r->a, domain.n + account.n + 1);
    if (p == NULL) return account;
    memcpy(p, domain.p, domain.n);
    p[domain.n] = '\\';
    memcpy(p + domain.n + 1, account.p, account.n);
    return (struct str){p, domain.n + account.n + 1};
}

bool is_handled_remedy(enum fact_remedy r)
{
    return r == REMEDY_PREVENTED || r == REMEDY_BLOCKED || r == REMEDY_REMEDIATED;
}

void count_evidence(struct reading *r, enum fact_remedy remedy)
{
    r->counting++;
    r->handled += is_handled_remedy(remedy);
}
