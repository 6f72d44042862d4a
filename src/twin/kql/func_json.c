/* Functions over dynamic values, texts by pattern, and the less common ones. A dynamic is the text of its JSON value. */
#include <regex.h>
#include <string.h>

#include "kit/json/json.h"
#include "twin/kql/expr.h"

typedef const struct kql_value *args_t;
enum { PATTERN_MAX = 300 };

/* ---- dynamic ---------------------------------------------------------------------------------------------------------- */
static struct kql_value dynamic(struct str json)
{
    return str_eq(json, STR("null")) ? kql_null(KQL_DYNAMIC) : kql_text(KQL_DYNAMIC, json);
}

/* What is no JSON becomes a JSON string, as Kusto does it. */
static struct kql_value fn_parse_json(args_t v, unsigned n, struct arena *a)
{
    struct json_fault fault;
    struct buf text;
    (void)n;
    if (v[0].type == KQL_DYNAMIC) return v[0];
    struct str s = str_trim(kql_to_text(v[0], a));
    if (s.n == 0) return kql_null(KQL_DYNAMIC);
    if (json_check(s, &fault)) return dynamic(s);
    buf_init(&text, 8 << 20);
    kql_to_json(kql_str(s), &text);
    struct str kept = arena_str(a, buf_str(&text));
    buf_done(&text);
    return kept.p ? dynamic(kept) : kql_null(KQL_DYNAMIC);
}

struct kql_value fn_member(const struct kql_value *v, unsigned n, struct arena *a)
{
    struct json_cursor c;
    struct json_slice m;
    struct kql_value found = kql_null(KQL_DYNAMIC);
    (void)n;
    if (v[0].is_null || !json_cursor_open(&c, v[0].s) || !c.is_object) return found;
    while (json_cursor_next(&c, &m)) {
        bool is_it = str_eq(m.key, v[1].s);
        if (!is_it && memchr(m.key.p, '\\', m.key.n)) /* escapes in the name */
            is_it = str_eq(json_unescape(a, (struct str){m.key.p - 1, m.key.n + 2}), v[1].s);
        if (is_it) found = dynamic(m.value);
    }
    return found;
}

struct kql_value fn_element(const struct kql_value *v, unsigned n, struct arena *a)
{
    struct json_cursor c;
    struct json_slice m;
    (void)n, (void)a;
    if (v[0].is_null || v[1].is_null || v[1].i < 0 || !json_cursor_open(&c, v[0].s) || c.is_object)
        return kql_null(KQL_DYNAMIC);
    for (int64_t i = 0; json_cursor_next(&c, &m); i++)
        if (i == v[1].i) return dynamic(m.value);
    return kql_null(KQL_DYNAMIC);
}

static struct kql_value fn_array_length(args_t v, unsigned n, struct arena *a)
{
    struct json_cursor c;
    struct json_slice m;
    int64_t count = 0;
    (void)n, (void)a;
    if (v[0].type != KQL_DYNAMIC || v[0].is_null || !json_cursor_open(&c, v[0].s) || c.is_object)
        return kql_null(KQL_LONG);
    while (json_cursor_next(&c, &m)) count++;
    return kql_int(KQL_LONG, count);
}

/* ---- matches regex ------------------------------------------------------------------------------------------------------ */
/* Kusto's syntax to that of the C library: \d becomes a class, (?i) a flag. What goes beyond is refused when compiled. */
static bool translate(struct str pattern, char *out, int *flags)
{
    size_t n = 0, braces = 0;
    *flags = REG_EXTENDED | REG_NOSUB;
    if (str_starts(pattern, STR("(?i)"))) {
        *flags |= REG_ICASE;
        pattern = str_sub(pattern, 4, pattern.n);
    }
    for (size_t i = 0; i < pattern.n; i++) {
        char c = pattern.p[i], next = i + 1 < pattern.n ? pattern.p[i + 1] : '\0';
        bool is_group_flag = c == '(' && next == '?', is_back = c == '\\' && next >= '1' && next <= '9';
        braces += c == '{';
        if (n + 8 >= PATTERN_MAX || is_group_flag || is_back || braces > 1 || c == '\0') return false;
        if (c == '\\' && (next == 'd' || next == 'D')) {
            const char *class = next == 'd' ? "[0-9]" : "[^0-9]";
            memcpy(out + n, class, strlen(class));
            n += strlen(class);
            i++;
            continue;
        }
        out[n++] = c;
        if (c == '\\' && i + 1 < pattern.n) out[n++] = pattern.p[++i];
    }
    out[n] = '\0';
    return true;
}

bool regex_is_known(struct str pattern)
{
    char text[PATTERN_MAX];
    regex_t r;
    int flags;
    if (!translate(pattern, text, &flags) || regcomp(&r, text, flags) != 0) return false;
    regfree(&r);
    return true;
}

struct kql_value fn_matches(const struct kql_value *v, unsigned n, struct arena *a)
{
    char pattern[PATTERN_MAX];
    regex_t r;
    int flags;
    (void)n;
    const char *text = arena_copy(a, v[0].s.p, v[0].s.n);
    if (text == NULL || !translate(v[1].s, pattern, &flags) || regcomp(&r, pattern, flags) != 0)
        return kql_null(KQL_BOOL);
    bool matches = regexec(&r, text, 0, NULL, 0) == 0;
    regfree(&r);
    return kql_bool(matches);
}

/* ---- the less common --------------------------------------------------------------------------------------------------------- */
static struct kql_value fn_case(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    for (unsigned i = 0; i + 1 < n; i += 2)
        if (!v[i].is_null && v[i].i) return v[i + 1];
    return v[n - 1];
}

/* yyyy MM dd HH hh mm ss f...; everything else stands for itself. */
static struct kql_value fn_format_datetime(args_t v, unsigned n, struct arena *a)
{
    static const struct {
        const char *sign;
        unsigned char from, count;
    } parts[] = {{"yyyy", 0, 4}, {"MM", 5, 2}, {"dd", 8, 2}, {"HH", 11, 2}, {"mm", 14, 2}, {"ss", 17, 2}};
    char whole[WALL_TEXT_BYTES];
    struct buf out;
    (void)n;
    if (v[0].is_null) return kql_str(STR(""));
    (void)wall_format((struct wall){v[0].i}, whole);
    buf_init(&out, 4096);
    for (size_t i = 0; i < v[1].s.n;) {
        struct str rest = str_sub(v[1].s, i, v[1].s.n);
        size_t k = 0, digits = 0;
        while (k < sizeof parts / sizeof parts[0] && !str_starts(rest, str_of(parts[k].sign))) k++;
        while (digits < rest.n && digits < 7 && rest.p[digits] == 'f') digits++;
        if (k < sizeof parts / sizeof parts[0]) {
            buf_add(&out, whole + parts[k].from, parts[k].count);
            i += parts[k].count;
        } else if (digits) {
            buf_add(&out, whole + 20, digits);
            i += digits;
        } else {
            buf_add_char(&out, rest.p[0]);
            i++;
        }
    }
    struct str text = arena_str(a, buf_str(&out));
    buf_done(&out);
    return kql_str(text.p ? text : STR(""));
}

static struct kql_value fn_toreal(args_t v, unsigned n, struct arena *a)
{
    char text[64], *end;
    (void)n;
    if (v[0].is_null) return kql_null(KQL_REAL);
    if (!kql_is_text(v[0].type)) return kql_real(kql_number(v[0]));
    if (!str_copy(str_trim(kql_to_text(v[0], a)), text, sizeof text) || text[0] == '\0') return kql_null(KQL_REAL);
    double d = strtod(text, &end);
    return *end == '\0' ? kql_real(d) : kql_null(KQL_REAL);
}

static struct kql_value fn_tobool(args_t v, unsigned n, struct arena *a)
{
    (void)n;
    if (v[0].is_null) return kql_null(KQL_BOOL);
    if (!kql_is_text(v[0].type)) return kql_bool(v[0].type == KQL_REAL ? v[0].d != 0 : v[0].i != 0);
    struct str s = str_trim(kql_to_text(v[0], a));
    if (str_eq_nocase(s, STR("true")) || str_eq(s, STR("1"))) return kql_bool(true);
    return str_eq_nocase(s, STR("false")) || str_eq(s, STR("0")) ? kql_bool(false) : kql_null(KQL_BOOL);
}

static struct kql_value fn_substring(args_t v, unsigned n, struct arena *a)
{
    struct str s = kql_to_text(v[0], a);
    if (v[1].is_null || v[1].i < 0 || (size_t)v[1].i >= s.n) return kql_str(STR(""));
    bool has_length = n > 2 && !v[2].is_null && v[2].i >= 0;
    return kql_str(str_sub(s, (size_t)v[1].i, has_length ? (size_t)v[2].i : s.n));
}

static struct kql_value start_of(struct kql_value v, int64_t step)
{
    int64_t rest = v.is_null ? 0 : v.i % step;
    return v.is_null ? v : kql_int(KQL_DATETIME, v.i - (rest < 0 ? rest + step : rest));
}

static struct kql_value fn_startofday(args_t v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    return v[0].type == KQL_DATETIME ? start_of(v[0], WALL_TICKS_PER_DAY) : kql_null(KQL_DATETIME);
}

static struct kql_value fn_startofhour(args_t v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    return v[0].type == KQL_DATETIME ? start_of(v[0], WALL_TICKS_PER_HOUR) : kql_null(KQL_DATETIME);
}

const struct function more_functions[] = {
    {"parse_json", 1, 1, ARG_ANY, KQL_DYNAMIC, fn_parse_json},
    {"todynamic", 1, 1, ARG_ANY, KQL_DYNAMIC, fn_parse_json},
    {"array_length", 1, 1, ARG_ANY, KQL_LONG, fn_array_length},
    {"case", 3, 63, ARG_BOOL, RESULT_CASE, fn_case},
    {"format_datetime", 2, 2, ARG_DATETIME, KQL_STRING, fn_format_datetime},
    {"toreal", 1, 1, ARG_ANY, KQL_REAL, fn_toreal},
    {"todouble", 1, 1, ARG_ANY, KQL_REAL, fn_toreal},
    {"tobool", 1, 1, ARG_ANY, KQL_BOOL, fn_tobool},
    {"substring", 2, 3, ARG_STRING, KQL_STRING, fn_substring},
    {"startofday", 1, 1, ARG_DATETIME, KQL_DATETIME, fn_startofday},
    {"startofhour", 1, 1, ARG_DATETIME, KQL_DATETIME, fn_startofhour},
    {NULL, 0, 0, ARG_ANY, 0, NULL},
};
