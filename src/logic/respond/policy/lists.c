/* Value lists: hashes, addresses and ranges, domains, URLs, techniques and plain texts, found by hash. Threat intelligence
 * is often written so that nobody clicks on it (hxxp://evil[.]example): that is undone. */
#include <arpa/inet.h>

#include "logic/respond/policy/policy_int.h"

const char *const list_kind_names[LIST_KINDS] = {"hash", "address", "domain", "url", "technique", "text"};

enum { VALUE_MAX = 2048, ADDRESS_BYTES = 16, ADDRESS_BITS = 128, V4_PREFIX = 96 };
/* A value in the one form in which it is compared. */
struct canonical {
    char text[VALUE_MAX];
    size_t n;
    unsigned prefix; /* ADDRESS: length of the range; its bytes are in text */
    bool has_star;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_all_hex(const struct canonical *v)
{
    for (size_t i = 0; i < v->n; i++) {
        if (!is_hex(v->text[i])) return false;
    }
    return true;
}

/* Lower case, defanged forms undone. False: too long or empty. */
static bool take_text(struct str s, struct canonical *out)
{
    static const struct {
        struct str from, to;
    } fangs[] = {{{"[.]", 3}, {".", 1}},     {{"(.)", 3}, {".", 1}},     {{"[:]", 3}, {":", 1}},
                 {{"hxxp", 4}, {"http", 4}}, {{"hXXp", 4}, {"http", 4}}, {{"[dot]", 5}, {".", 1}}};
    s = str_trim(s);
    out->n = 0;
    out->has_star = false;
    for (size_t i = 0; i < s.n;) {
        if (out->n + 4 >= VALUE_MAX) return false;
        size_t k = 0;
        while (k < sizeof fangs / sizeof *fangs && !str_starts(str_sub(s, i, s.n), fangs[k].from)) k++;
        if (k < sizeof fangs / sizeof *fangs) {
            memcpy(out->text + out->n, fangs[k].to.p, fangs[k].to.n);
            out->n += fangs[k].to.n;
            i += fangs[k].from.n;
            continue;
        }
        char c = s.p[i++];
        if (c == '*') out->has_star = true;
        out->text[out->n++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    return out->n > 0;
}

static bool is_hash(const struct canonical *v)
{
    return (v->n == 32 || v->n == 40 || v->n == 64) && is_all_hex(v);
}

static bool is_technique(const struct canonical *v)
{
    bool has_sub = v->n == 9 && v->text[5] == '.';
    if (!(v->n == 5 || has_sub) || v->text[0] != 't') return false;
    for (size_t i = 1; i < v->n; i++) {
        if (i != 5 && !is_digit(v->text[i])) return false;
    }
    return true;
}

static void mask(unsigned char *a, unsigned bits)
{
    for (unsigned i = 0; i < ADDRESS_BYTES; i++) {
        unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
        if (keep < 8) a[i] &= (unsigned char)(0xff00U >> keep);
    }
}

/* An address or a range, into sixteen bytes (v4 as ::ffff:a.b.c.d) and a length. */
static bool to_address(struct canonical *v)
{
    char text[64];
    unsigned char a[ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff};
    struct str rest = {v->text, v->n}, address = str_cut(&rest, '/');
    uint64_t bits;
    if (!str_copy(address, text, sizeof text)) return false;
    bool is_v4 = inet_pton(AF_INET, text, a + 12) == 1;
    if (!is_v4 && inet_pton(AF_INET6, text, a) != 1) return false;
    unsigned whole = is_v4 ? ADDRESS_BITS - V4_PREFIX : ADDRESS_BITS;
    if (rest.p == NULL)
        bits = whole;
    else if (!str_to_u64(rest, &bits) || bits > whole)
        return false;
    v->prefix = (unsigned)bits + (is_v4 ? V4_PREFIX : 0);
    mask(a, v->prefix);
    memcpy(v->text, a, sizeof a);
    v->n = sizeof a;
    return true;
}

static bool is_host_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/* Labels of letters, digits, dashes; a leading "*." or "." means what a domain means anyway; a dot at the end is dropped. */
static bool to_domain(struct canonical *v)
{
    size_t skip = v->n > 2 && v->text[0] == '*' && v->text[1] == '.' ? 2 : v->n > 1 && v->text[0] == '.' ? 1 : 0;
    size_t n = v->n - (v->text[v->n - 1] == '.'), label = 0;
    bool has_dot = false;
    for (size_t i = skip; i < n; i++) {
        bool is_dot = v->text[i] == '.';
        if (is_dot ? label == 0 : !is_host_char(v->text[i])) return false;
        label = is_dot ? 0 : label + 1;
        has_dot |= is_dot;
    }
    if (!has_dot || label == 0) return false;
    memmove(v->text, v->text + skip, n - skip);
    v->n = n - skip;
    v->has_star = false;
    return true;
}

/* Without scheme (a list that says http means https too), fragment, and the slash of an empty path. */
static bool to_url(struct canonical *v)
{
    struct str s = {v->text, v->n};
    size_t scheme = str_find(s, STR("://"), 0);
    if (scheme == SIZE_MAX) return false;
    s = str_sub(s, scheme + 3, s.n);
    size_t fragment = str_find(s, STR("#"), 0);
    if (fragment != SIZE_MAX) s = str_sub(s, 0, fragment);
    if (s.n > 0 && s.p[s.n - 1] == '/' && str_find(s, STR("/"), 0) == s.n - 1) s.n--;
    if (s.n == 0) return false;
    memmove(v->text, s.p, s.n);
    v->n = s.n;
    return true;
}

static bool to_text(struct canonical *v)
{
    (void)v;
    return true;
}

static bool to_hash(struct canonical *v)
{
    return is_hash(v);
}

static bool to_technique(struct canonical *v)
{
    return is_technique(v);
}

static bool (*const forms[LIST_KINDS])(struct canonical *v) = {
    [LIST_HASH] = to_hash, [LIST_ADDRESS] = to_address,     [LIST_DOMAIN] = to_domain,
    [LIST_URL] = to_url,   [LIST_TECHNIQUE] = to_technique, [LIST_TEXT] = to_text,
};
/* In this order a value is tried, where its kind is not told; a plain text is never guessed. */
static const enum list_kind guesses[] = {LIST_HASH, LIST_TECHNIQUE, LIST_ADDRESS, LIST_URL, LIST_DOMAIN};

static bool find_form(struct str value, enum list_kind only, struct canonical *v, enum list_kind *kind_out)
{
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        if (only != LIST_KINDS && only != guesses[i]) continue;
        if (!take_text(value, v)) return false;
        *kind_out = guesses[i];
        if (forms[guesses[i]](v)) return true;
    }
    *kind_out = LIST_TEXT;
    return only == LIST_TEXT && take_text(value, v);
}

/* ---- the set ------------------------------------------------------------------------------------------------------------- */
static struct hash128 key_of(enum list_kind kind, unsigned prefix, const char *p, size_t n)
{
    struct siphash h;
    unsigned char head[2] = {(unsigned char)kind, (unsigned char)prefix};
    siphash_init_fixed(&h);
    siphash_add(&h, head, sizeof head);
    siphash_add(&h, p, n);
    struct hash128 key = siphash_end(&h);
    if (key.hi == 0 && key.lo == 0) key.lo = 1; /* all zero is a free place */
    return key;
}

/* Where the key is, or would be. */
static size_t place_of(const struct hash128 *set, size_t cap, struct hash128 key)
{
    size_t i = key.lo & (cap - 1);
    while ((set[i].hi || set[i].lo) && !hash128_eq(set[i], key)) i = (i + 1) & (cap - 1);
    return i;
}

static bool widen(struct value_list *l)
{
    size_t cap = l->cap ? 2 * l->cap : 64;
    struct hash128 *set = calloc(cap, sizeof *set);
    if (set == NULL) return false;
    for (size_t i = 0; i < l->cap; i++) {
        if (l->set[i].hi || l->set[i].lo) set[place_of(set, cap, l->set[i])] = l->set[i];
    }
    free(l->set);
    l->set = set;
    l->cap = cap;
    return true;
}

static bool set_add(struct value_list *l, struct hash128 key)
{
    if (2 * l->used >= l->cap && !widen(l)) return false;
    size_t i = place_of(l->set, l->cap, key);
    l->used += !(l->set[i].hi || l->set[i].lo);
    l->set[i] = key;
    return true;
}

static bool set_has(const struct value_list *l, struct hash128 key)
{
    return l->cap > 0 && hash128_eq(l->set[place_of(l->set, l->cap, key)], key);
}

static bool add_pattern(struct value_list *l, enum list_kind kind, const struct canonical *v)
{
    if (l->pattern_count == l->pattern_cap) {
        size_t cap = l->pattern_cap ? 2 * l->pattern_cap : 16;
        struct str *patterns = realloc(l->patterns, cap * sizeof *patterns);
        if (patterns) l->patterns = patterns;
        enum list_kind *kinds = realloc(l->pattern_kinds, cap * sizeof *kinds);
        if (kinds) l->pattern_kinds = kinds;
        if (patterns == NULL || kinds == NULL) return false;
        l->pattern_cap = cap;
    }
    char *copy = str_dup((struct str){v->text, v->n});
    if (copy == NULL) return false;
    l->patterns[l->pattern_count] = (struct str){copy, v->n};
    l->pattern_kinds[l->pattern_count++] = kind;
    return true;
}

void list_done(struct value_list *l)
{
    for (size_t i = 0; i < l->pattern_count; i++) free((char *)l->patterns[i].p);
    free(l->patterns);
    free(l->pattern_kinds);
    free(l->set);
    *l = (struct value_list){0};
}

bool list_add(struct value_list *l, struct str value, enum list_kind only, bool *no_memory)
{
    struct canonical v;
    enum list_kind kind;
    *no_memory = false;
    if (!find_form(value, only, &v, &kind)) return false;
    bool ok = v.has_star && (kind == LIST_URL || kind == LIST_TEXT)
                  ? add_pattern(l, kind, &v)
                  : set_add(l, key_of(kind, kind == LIST_ADDRESS ? v.prefix : 0, v.text, v.n));
    if (kind == LIST_ADDRESS) l->prefixes[v.prefix / 64] |= UINT64_C(1) << v.prefix % 64;
    l->counts[kind]++;
    *no_memory = !ok;
    return ok;
}

/* A line: a value, then perhaps a comment behind a comma, a blank or "#"; a text is the whole line. */
static struct str value_of_line(struct str line, enum list_kind only)
{
    line = str_trim(line);
    if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';') return STR_NONE;
    if (only == LIST_TEXT) return line;
    bool is_url = str_find(line, STR("://"), 0) != SIZE_MAX; /* in which commas may stand */
    size_t n = 0;
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t' && (is_url || (line.p[n] != ',' && line.p[n] != ';')))
        n++;
    struct str value = str_sub(line, 0, n);
    bool is_quoted = value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"';
    return is_quoted ? str_sub(value, 1, value.n - 2) : value;
}

bool list_add_lines(struct value_list *l, struct str lines, enum list_kind only, unsigned *line_out)
{
    if (str_starts(lines, STR("\xef\xbb\xbf"))) lines = str_sub(lines, 3, lines.n);
    for (unsigned line = 1; lines.p != NULL; line++) {
        bool no_memory;
        struct str value = value_of_line(str_cut(&lines, '\n'), only);
        if (value.n == 0 || list_add(l, value, only, &no_memory)) continue;
        *line_out = no_memory ? 0 : line;
        return false;
    }
    return true;
}

/* ---- looking up ------------------------------------------------------------------------------------------------------------ */
static bool has_address(const struct value_list *l, const struct canonical *v)
{
    char a[ADDRESS_BYTES];
    for (unsigned bits = v->prefix + 1; bits-- > 0;) {
        if (!(l->prefixes[bits / 64] >> bits % 64 & 1)) continue;
        memcpy(a, v->text, sizeof a);
        mask((unsigned char *)a, bits);
        if (set_has(l, key_of(LIST_ADDRESS, bits, a, sizeof a))) return true;
    }
    return false;
}

static bool has_domain(const struct value_list *l, const struct canonical *v)
{
    for (size_t i = 0; i < v->n; i++) {
        bool is_start = i == 0 || v->text[i - 1] == '.';
        if (is_start && set_has(l, key_of(LIST_DOMAIN, 0, v->text + i, v->n - i))) return true;
    }
    return false;
}

static bool has_technique(const struct value_list *l, const struct canonical *v)
{
    if (set_has(l, key_of(LIST_TECHNIQUE, 0, v->text, v->n))) return true;
    return v->n > 5 && set_has(l, key_of(LIST_TECHNIQUE, 0, v->text, 5));
}

static bool has_pattern(const struct value_list *l, enum list_kind kind, struct str text)
{
    for (size_t i = 0; i < l->pattern_count; i++) {
        if (l->pattern_kinds[i] == kind && text_matches(text, l->patterns[i])) return true;
    }
    return false;
}

bool list_has(const struct value_list *l, enum list_kind kind, struct str value)
{
    struct canonical v;
    if (l->counts[kind] == 0 || !take_text(value, &v) || !forms[kind](&v)) return false;
    if (kind == LIST_ADDRESS) return has_address(l, &v);
    if (kind == LIST_DOMAIN) return has_domain(l, &v);
    if (kind == LIST_TECHNIQUE) return has_technique(l, &v);
    return set_has(l, key_of(kind, 0, v.text, v.n)) || has_pattern(l, kind, (struct str){v.text, v.n});
}

/* "user@host:8080/path" between scheme and path: the host, a v6 address without its brackets. */
static struct str host_of(struct str url)
{
    size_t scheme = str_find(url, STR("://"), 0);
    if (scheme != SIZE_MAX) url = str_sub(url, scheme + 3, url.n);
    size_t n = 0;
    while (n < url.n && url.p[n] != '/' && url.p[n] != '?' && url.p[n] != '#') n++;
    struct str host = str_sub(url, 0, n);
    size_t user = str_find(host, STR("@"), 0);
    if (user != SIZE_MAX) host = str_sub(host, user + 1, host.n);
    if (host.n > 0 && host.p[0] == '[') {
        size_t end = str_find(host, STR("]"), 0);
        return end == SIZE_MAX ? host : str_sub(host, 1, end - 1);
    }
    size_t port = str_find(host, STR(":"), 0);
    return port == SIZE_MAX ? host : str_sub(host, 0, port);
}

bool list_has_value(const struct value_list *l, const struct fact_value *v)
{
    if (list_has(l, (enum list_kind)v->kind, v->text)) return true;
    if (v->kind != VALUE_URL) return false;
    struct str host = host_of(v->text);
    return list_has(l, LIST_DOMAIN, host) || list_has(l, LIST_ADDRESS, host);
}
