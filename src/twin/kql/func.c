/* The functions and operators, as tables. Null goes in as null and comes out as null unless a function says otherwise. */
#include "twin/kql/expr.h"

#include <math.h>
#include <string.h>

#include "kit/base/hash.h"

typedef const struct kql_value *args_t;

/* ---- text ----------------------------------------------------------------------------------------------------------- */
static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

static bool is_word(char c)
{
    unsigned char u = lower(c);
    return (u >= 'a' && u <= 'z') || (u >= '0' && u <= '9') || u >= 0x80;
}

static size_t find_nocase(struct str s, struct str needle, size_t from)
{
    if (needle.n > s.n) return SIZE_MAX;
    for (size_t i = from; i <= s.n - needle.n; i++)
        if (str_eq_nocase((struct str){s.p + i, needle.n}, needle)) return i;
    return SIZE_MAX;
}

static bool contains(struct str s, struct str needle)
{
    return find_nocase(s, needle, 0) != SIZE_MAX;
}

/* A whole term: what stands before and after it is not alphanumeric. */
static bool has(struct str s, struct str term)
{
    for (size_t i = 0; (i = find_nocase(s, term, i)) != SIZE_MAX; i++) {
        bool left = i == 0 || !is_word(s.p[i - 1]) || term.n == 0 || !is_word(term.p[0]);
        bool right = i + term.n == s.n || !is_word(s.p[i + term.n]) || term.n == 0 || !is_word(term.p[term.n - 1]);
        if (left && right) return true;
    }
    return false;
}

static bool starts(struct str s, struct str head)
{
    return s.n >= head.n && str_eq_nocase(str_sub(s, 0, head.n), head);
}

static bool ends(struct str s, struct str tail)
{
    return s.n >= tail.n && str_eq_nocase(str_sub(s, s.n - tail.n, tail.n), tail);
}

static bool contains_cs(struct str s, struct str needle)
{
    return str_find(s, needle, 0) != SIZE_MAX;
}

#define TEXT_RELATION(name, test)                                             \
    static struct kql_value name(args_t v, unsigned n, struct arena *a)       \
    {                                                                         \
        (void)n, (void)a;                                                     \
        return kql_bool(test(v[0].s, v[1].s));                                \
    }                                                                         \
    static struct kql_value not_##name(args_t v, unsigned n, struct arena *a) \
    {                                                                         \
        (void)n, (void)a;                                                     \
        return kql_bool(!test(v[0].s, v[1].s));                               \
    }
TEXT_RELATION(op_contains, contains)
TEXT_RELATION(op_contains_cs, contains_cs)
TEXT_RELATION(op_has, has)
TEXT_RELATION(op_starts, starts)
TEXT_RELATION(op_ends, ends)
TEXT_RELATION(op_same_nocase, str_eq_nocase)

/* ---- comparisons ---------------------------------------------------------------------------------------------------- */
#define COMPARISON(name, test)                                          \
    static struct kql_value name(args_t v, unsigned n, struct arena *a) \
    {                                                                   \
        (void)n, (void)a;                                               \
        if (v[0].is_null || v[1].is_null) return kql_null(KQL_BOOL);    \
        return kql_bool(kql_compare(v[0], v[1]) test 0);                \
    }
COMPARISON(op_eq, ==)
COMPARISON(op_ne, !=)
COMPARISON(op_lt, <)
COMPARISON(op_le, <=)
COMPARISON(op_gt, >)
COMPARISON(op_ge, >=)

static bool any_equal(args_t v, unsigned n, bool nocase)
{
    for (unsigned i = 1; i < n; i++) {
        if (v[0].is_null || v[i].is_null) continue;
        if (nocase ? str_eq_nocase(v[0].s, v[i].s) : kql_compare(v[0], v[i]) == 0) return true;
    }
    return false;
}

static struct kql_value op_in(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    return kql_bool(any_equal(v, n, false));
}

static struct kql_value op_not_in(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    return kql_bool(!any_equal(v, n, false));
}

static struct kql_value op_in_nocase(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    return kql_bool(any_equal(v, n, true));
}

static struct kql_value op_not_in_nocase(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    return kql_bool(!any_equal(v, n, true));
}

static struct kql_value op_has_any(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    for (unsigned i = 1; i < n; i++)
        if (has(v[0].s, v[i].s)) return kql_bool(true);
    return kql_bool(false);
}

static struct kql_value op_has_all(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    for (unsigned i = 1; i < n; i++)
        if (!has(v[0].s, v[i].s)) return kql_bool(false);
    return kql_bool(true);
}

struct kql_value fn_between(const struct kql_value *v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    if (v[0].is_null || v[1].is_null || v[2].is_null) return kql_null(KQL_BOOL);
    return kql_bool(kql_compare(v[0], v[1]) >= 0 && kql_compare(v[0], v[2]) <= 0);
}

struct kql_value fn_not_between(const struct kql_value *v, unsigned n, struct arena *a)
{
    struct kql_value is = fn_between(v, n, a);
    return is.is_null ? is : kql_bool(!is.i);
}

static const struct operator_row operators[] = {
    {"==", op_eq, COMPARE_EQ, false, false},
    {"!=", op_ne, COMPARE_NONE, false, false},
    {"<", op_lt, COMPARE_LT, false, false},
    {"<=", op_le, COMPARE_LE, false, false},
    {">", op_gt, COMPARE_GT, false, false},
    {">=", op_ge, COMPARE_GE, false, false},
    {"=~", op_same_nocase, COMPARE_NONE, true, false},
    {"!~", not_op_same_nocase, COMPARE_NONE, true, false},
    {"has", op_has, COMPARE_NONE, true, false},
    {"!has", not_op_has, COMPARE_NONE, true, false},
    {"contains", op_contains, COMPARE_NONE, true, false},
    {"!contains", not_op_contains, COMPARE_NONE, true, false},
    {"contains_cs", op_contains_cs, COMPARE_NONE, true, false},
    {"!contains_cs", not_op_contains_cs, COMPARE_NONE, true, false},
    {"startswith", op_starts, COMPARE_NONE, true, false},
    {"!startswith", not_op_starts, COMPARE_NONE, true, false},
    {"endswith", op_ends, COMPARE_NONE, true, false},
    {"!endswith", not_op_ends, COMPARE_NONE, true, false},
    {"has_any", op_has_any, COMPARE_NONE, true, true},
    {"has_all", op_has_all, COMPARE_NONE, true, true},
    {"in", op_in, COMPARE_NONE, false, true},
    {"!in", op_not_in, COMPARE_NONE, false, true},
    {"in~", op_in_nocase, COMPARE_NONE, true, true},
    {"!in~", op_not_in_nocase, COMPARE_NONE, true, true},
};

const struct operator_row *operator_find(struct str sign)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (str_eq(sign, str_of(operators[i].sign))) return &operators[i];
    return NULL;
}

bool types_compare(enum kql_type a, enum kql_type b)
{
    bool a_number = kql_is_number(a) || a == KQL_BOOL, b_number = kql_is_number(b) || b == KQL_BOOL;
    return a == b || (a_number && b_number) || (kql_is_text(a) && kql_is_text(b));
}

/* ---- arithmetic ----------------------------------------------------------------------------------------------------- */
static struct kql_value any_null(args_t v, enum kql_type t, int64_t i)
{
    return v[0].is_null || v[1].is_null ? kql_null(t) : kql_int(t, i);
}

/* Whole numbers wrap, as Kusto's do. */
static int64_t add(struct kql_value a, struct kql_value b)
{
    return (int64_t)((uint64_t)a.i + (uint64_t)b.i);
}

static int64_t subtract(struct kql_value a, struct kql_value b)
{
    return (int64_t)((uint64_t)a.i - (uint64_t)b.i);
}

#define WHOLE(name, type, expression)                                              \
    static struct kql_value name(args_t v, unsigned n, struct arena *a)            \
    {                                                                              \
        (void)n, (void)a;                                                          \
        return any_null(v, type, v[0].is_null || v[1].is_null ? 0 : (expression)); \
    }
WHOLE(add_long, KQL_LONG, add(v[0], v[1]))
WHOLE(add_datetime, KQL_DATETIME, add(v[0], v[1]))
WHOLE(add_timespan, KQL_TIMESPAN, add(v[0], v[1]))
WHOLE(subtract_long, KQL_LONG, subtract(v[0], v[1]))
WHOLE(subtract_datetime, KQL_DATETIME, subtract(v[0], v[1]))
WHOLE(subtract_timespan, KQL_TIMESPAN, subtract(v[0], v[1]))
WHOLE(multiply_long, KQL_LONG, (int64_t)((uint64_t)v[0].i *(uint64_t)v[1].i))

static struct kql_value divide_long(args_t v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    if (v[0].is_null || v[1].is_null || v[1].i == 0 || (v[1].i == -1 && v[0].i == INT64_MIN)) return kql_null(KQL_LONG);
    return kql_int(KQL_LONG, v[0].i / v[1].i);
}

static struct kql_value modulo_long(args_t v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    if (v[0].is_null || v[1].is_null || v[1].i == 0) return kql_null(KQL_LONG);
    if (v[1].i == -1) return kql_int(KQL_LONG, 0); /* INT64_MIN % -1 would trap */
    int64_t r = v[0].i % v[1].i;
    return kql_int(KQL_LONG, r < 0 ? r + (v[1].i < 0 ? -v[1].i : v[1].i) : r);
}

#define REAL(name, expression)                                          \
    static struct kql_value name(args_t v, unsigned n, struct arena *a) \
    {                                                                   \
        (void)n, (void)a;                                               \
        if (v[0].is_null || v[1].is_null) return kql_null(KQL_REAL);    \
        double x = kql_number(v[0]), y = kql_number(v[1]);              \
        return kql_real(expression);                                    \
    }
REAL(add_real, x + y)
REAL(subtract_real, x - y)
REAL(multiply_real, x *y)
REAL(divide_real, x / y)
REAL(modulo_real, fmod(x, y))

static kql_fn on_numbers(char sign, bool real)
{
    switch (sign) {
    case '+': return real ? add_real : add_long;
    case '-': return real ? subtract_real : subtract_long;
    case '*': return real ? multiply_real : multiply_long;
    case '/': return real ? divide_real : divide_long;
    default: return real ? modulo_real : modulo_long;
    }
}

kql_fn arithmetic_find(char sign, enum kql_type a, enum kql_type b, enum kql_type *type_out)
{
    static const struct {
        char sign;
        enum kql_type a, b, result;
        kql_fn fn;
    } times[] = {
        {'+', KQL_DATETIME, KQL_TIMESPAN, KQL_DATETIME, add_datetime},
        {'+', KQL_TIMESPAN, KQL_DATETIME, KQL_DATETIME, add_datetime},
        {'+', KQL_TIMESPAN, KQL_TIMESPAN, KQL_TIMESPAN, add_timespan},
        {'-', KQL_DATETIME, KQL_TIMESPAN, KQL_DATETIME, subtract_datetime},
        {'-', KQL_DATETIME, KQL_DATETIME, KQL_TIMESPAN, subtract_timespan},
        {'-', KQL_TIMESPAN, KQL_TIMESPAN, KQL_TIMESPAN, subtract_timespan},
        {'/', KQL_TIMESPAN, KQL_TIMESPAN, KQL_REAL, divide_real},
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (times[i].sign != sign || times[i].a != a || times[i].b != b) continue;
        *type_out = times[i].result;
        return times[i].fn;
    }
    if (!kql_is_number(a) || !kql_is_number(b)) return NULL;
    bool real = a == KQL_REAL || b == KQL_REAL;
    *type_out = real ? KQL_REAL : KQL_LONG;
    return on_numbers(sign, real);
}

struct kql_value fn_negate(const struct kql_value *v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    if (v[0].is_null) return v[0];
    return v[0].type == KQL_REAL ? kql_real(-v[0].d) : kql_int(v[0].type, (int64_t)(0 - (uint64_t)v[0].i));
}

/* ---- functions ------------------------------------------------------------------------------------------------------ */
static int64_t floor_to(int64_t x, int64_t step)
{
    int64_t rest = x % step;
    return x - (rest < 0 ? rest + step : rest);
}

static struct kql_value fn_bin(args_t v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    if (v[0].is_null || v[1].is_null) return kql_null(v[0].type);
    if (v[0].type == KQL_REAL || v[1].type == KQL_REAL) {
        double step = kql_number(v[1]);
        return step > 0 ? kql_real(floor(kql_number(v[0]) / step) * step) : kql_null(v[0].type);
    }
    return v[1].i > 0 ? kql_int(v[0].type, floor_to(v[0].i, v[1].i)) : kql_null(v[0].type);
}

/* Kusto's is xxHash; which hash it is promises nothing, only that it is stable and spreads. */
static struct kql_value fn_hash(args_t v, unsigned n, struct arena *a)
{
    struct str text = kql_to_text(v[0], a);
    uint64_t h = hash64_of(text.p, text.n);
    if (n < 2) return kql_int(KQL_LONG, (int64_t)h);
    if (v[1].is_null || v[1].i <= 0) return kql_null(KQL_LONG);
    return kql_int(KQL_LONG, (int64_t)(h % (uint64_t)v[1].i));
}

static struct kql_value fn_tolong(args_t v, unsigned n, struct arena *a)
{
    int64_t i;
    (void)n, (void)a;
    if (v[0].is_null) return kql_null(KQL_LONG);
    if (kql_is_text(v[0].type))
        return str_to_i64(str_trim(kql_to_text(v[0], a)), &i) ? kql_int(KQL_LONG, i) : kql_null(KQL_LONG);
    if (v[0].type != KQL_REAL) return kql_int(KQL_LONG, v[0].i);
    return v[0].d > -9e18 && v[0].d < 9e18 ? kql_int(KQL_LONG, (int64_t)v[0].d) : kql_null(KQL_LONG);
}

static struct kql_value fn_toint(args_t v, unsigned n, struct arena *a)
{
    struct kql_value r = fn_tolong(v, n, a);
    return r.is_null || r.i < INT32_MIN || r.i > INT32_MAX ? kql_null(KQL_INT) : kql_int(KQL_INT, r.i);
}

static struct kql_value fn_todatetime(args_t v, unsigned n, struct arena *a)
{
    struct wall t;
    (void)n, (void)a;
    if (v[0].type == KQL_DATETIME) return v[0];
    return kql_is_text(v[0].type) && wall_parse(kql_to_text(v[0], a), &t) ? kql_int(KQL_DATETIME, t.ticks)
                                                                          : kql_null(KQL_DATETIME);
}

static struct kql_value fn_tostring(args_t v, unsigned n, struct arena *a)
{
    (void)n;
    return kql_str(kql_to_text(v[0], a));
}

static struct kql_value fn_strcat(args_t v, unsigned n, struct arena *a)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < n; i++) bytes += kql_to_text(v[i], a).n;
    char *text = arena_alloc(a, bytes + 1);
    if (text == NULL) return kql_str(STR(""));
    size_t at = 0;
    for (unsigned i = 0; i < n; i++) {
        struct str part = kql_to_text(v[i], a);
        if (part.n) memcpy(text + at, part.p, part.n);
        at += part.n;
    }
    return kql_str((struct str){text, at});
}

static struct kql_value mapped(struct str s, struct arena *a, bool upper)
{
    char *text = arena_copy(a, s.p, s.n);
    if (text == NULL) return kql_str(STR(""));
    for (size_t i = 0; i < s.n; i++) {
        if (upper && text[i] >= 'a' && text[i] <= 'z')
            text[i] = (char)(text[i] - 32);
        else if (!upper)
            text[i] = (char)lower(text[i]);
    }
    return kql_str((struct str){text, s.n});
}

static struct kql_value fn_tolower(args_t v, unsigned n, struct arena *a)
{
    (void)n;
    return mapped(v[0].s, a, false);
}

static struct kql_value fn_toupper(args_t v, unsigned n, struct arena *a)
{
    (void)n;
    return mapped(v[0].s, a, true);
}

static struct kql_value fn_strlen(args_t v, unsigned n, struct arena *a)
{
    int64_t characters = 0;
    (void)n, (void)a;
    for (size_t i = 0; i < v[0].s.n; i++) characters += ((unsigned char)v[0].s.p[i] & 0xc0) != 0x80;
    return kql_int(KQL_LONG, characters);
}

static bool is_empty(struct kql_value v)
{
    return v.is_null || (kql_is_text(v.type) && v.s.n == 0);
}

#define FACT(name, test)                                                \
    static struct kql_value name(args_t v, unsigned n, struct arena *a) \
    {                                                                   \
        (void)n, (void)a;                                               \
        return kql_bool(test);                                          \
    }
FACT(fn_isempty, is_empty(v[0]))
FACT(fn_isnotempty, !is_empty(v[0]))
FACT(fn_isnull, v[0].is_null)
FACT(fn_isnotnull, !v[0].is_null)
FACT(fn_not, !(v[0].i != 0) && !v[0].is_null)

static struct kql_value fn_iff(args_t v, unsigned n, struct arena *a)
{
    (void)n, (void)a;
    return !v[0].is_null && v[0].i ? v[1] : v[2];
}

static struct kql_value fn_coalesce(args_t v, unsigned n, struct arena *a)
{
    (void)a;
    for (unsigned i = 0; i < n; i++)
        if (!is_empty(v[i])) return v[i];
    return v[n - 1];
}

static const struct function functions[] = {
    {"bin", 2, 2, ARG_TIME, RESULT_AS_FIRST, fn_bin},
    {"floor", 2, 2, ARG_TIME, RESULT_AS_FIRST, fn_bin},
    {"hash", 1, 2, ARG_ANY, KQL_LONG, fn_hash},
    {"tolong", 1, 1, ARG_ANY, KQL_LONG, fn_tolong},
    {"toint", 1, 1, ARG_ANY, KQL_INT, fn_toint},
    {"tostring", 1, 1, ARG_ANY, KQL_STRING, fn_tostring},
    {"todatetime", 1, 1, ARG_ANY, KQL_DATETIME, fn_todatetime},
    {"strcat", 1, 64, ARG_ANY, KQL_STRING, fn_strcat},
    {"strlen", 1, 1, ARG_STRING, KQL_LONG, fn_strlen},
    {"tolower", 1, 1, ARG_STRING, KQL_STRING, fn_tolower},
    {"toupper", 1, 1, ARG_STRING, KQL_STRING, fn_toupper},
    {"isempty", 1, 1, ARG_ANY, KQL_BOOL, fn_isempty},
    {"isnotempty", 1, 1, ARG_ANY, KQL_BOOL, fn_isnotempty},
    {"isnull", 1, 1, ARG_ANY, KQL_BOOL, fn_isnull},
    {"isnotnull", 1, 1, ARG_ANY, KQL_BOOL, fn_isnotnull},
    {"not", 1, 1, ARG_BOOL, KQL_BOOL, fn_not},
    {"iff", 3, 3, ARG_BOOL, RESULT_AS_SECOND, fn_iff},
    {"iif", 3, 3, ARG_BOOL, RESULT_AS_SECOND, fn_iff},
    {"coalesce", 2, 64, ARG_ANY, RESULT_AS_FIRST, fn_coalesce},
};

const struct function *function_find(struct str name)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (str_eq(name, str_of(functions[i].name))) return &functions[i];
    for (const struct function *f = more_functions; f->name; f++)
        if (str_eq(name, str_of(f->name))) return f;
    return NULL;
}
