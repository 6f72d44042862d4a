/* The converters of docs/mapping.md, one small function each, and a table that names them. */
#include <string.h>

#include "logic/ocsf/codes/code.h"
#include "logic/ocsf/compile/compile.h"
#include "logic/ocsf/values/attack.h"
#include "logic/ocsf/values/convert_list.h"
#include "logic/ocsf/values/url.h"
#include "logic/ocsf/values/value.h"

static struct str change_case(struct map_scratch *s, struct str text, char from, char to)
{
    char *copy = arena_copy(&s->arena, text.p, text.n);
    for (size_t i = 0; copy && i < text.n; i++) {
        if (copy[i] >= from && copy[i] <= to) copy[i] = (char)(copy[i] ^ 0x20);
    }
    return (struct str){copy, copy ? text.n : 0};
}

static struct str to_lower(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return change_case(s, text, 'A', 'Z');
}

static struct str to_upper(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return change_case(s, text, 'a', 'z');
}

static struct str trimmed(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return str_trim(text);
}

static struct str head(struct str text, const char *needle)
{
    size_t at = str_find(text, str_of(needle), 0);
    return str_sub(text, 0, at == SIZE_MAX ? text.n : at);
}

/* An address is no name with labels. */
static bool is_address(struct str text)
{
    return schema_pattern_matches(PATTERN_IP, text);
}

static struct str first_label(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return is_address(text) ? text : head(text, ".");
}

static struct str domain(struct map_scratch *s, const struct step *step, struct str text)
{
    const char *dot = text.n ? memchr(text.p, '.', text.n) : NULL;
    size_t at = dot ? (size_t)(dot - text.p) : SIZE_MAX;
    (void)s, (void)step;
    return at == SIZE_MAX || is_address(text) ? STR_NONE : str_sub(text, at + 1, text.n);
}

/* Length up to and including the last slash of either kind. */
static size_t folder_bytes(struct str path)
{
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '\\') n--;
    return n;
}

static struct str file_name(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return str_sub(text, folder_bytes(text), text.n);
}

static struct str folder(struct map_scratch *s, const struct step *step, struct str text)
{
    size_t n = folder_bytes(text);
    (void)s, (void)step;
    return str_sub(text, 0, n > 1 ? n - 1 : n);
}

static struct str extension(struct map_scratch *s, const struct step *step, struct str text)
{
    struct str name = file_name(s, step, text);
    size_t n = name.n;
    while (n > 0 && name.p[n - 1] != '.') n--;
    return n < 2 ? STR_NONE : to_lower(s, step, str_sub(name, n, name.n));
}

static struct str before(struct map_scratch *s, const struct step *step, struct str text)
{
    size_t at = str_find(text, step->arg, 0);
    (void)s;
    return at == SIZE_MAX ? STR_NONE : str_sub(text, 0, at);
}

static struct str after(struct map_scratch *s, const struct step *step, struct str text)
{
    size_t at = str_find(text, step->arg, 0);
    (void)s;
    return at == SIZE_MAX ? STR_NONE : str_sub(text, at + step->arg.n, text.n);
}

static struct str after_last(struct map_scratch *s, const struct step *step, struct str text)
{
    struct str rest = after(s, step, text), more;
    while (rest.p && (more = after(s, step, rest)).p) rest = more;
    return rest;
}

static struct str address(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return schema_pattern_matches(PATTERN_EMAIL, text) ? text : STR_NONE;
}

static struct str matches(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s;
    for (struct str rest = step->arg; rest.p;) {
        if (str_eq_nocase(str_cut(&rest, ' '), text)) return text;
    }
    return STR_NONE;
}

/* Of "Phish, Malware": the first word of the argument that is among them, as the argument writes it. */
static struct str has(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s;
    for (struct str words = step->arg; words.p;) {
        struct str word = str_cut(&words, ' ');
        for (struct str rest = text; rest.p;) {
            if (str_eq_nocase(str_trim(str_cut(&rest, ',')), word)) return word;
        }
    }
    return STR_NONE;
}

/* ---- ATT&CK: "T1059.001" alone or "PowerShell (T1059.001)" ---------------------------------------------------------------- */
static struct str technique_id(struct str text)
{
    size_t open = str_find(text, STR("("), 0), next;
    while (open != SIZE_MAX && (next = str_find(text, STR("("), open + 1)) != SIZE_MAX) open = next;
    struct str id = open == SIZE_MAX ? str_trim(text) : str_trim(head(str_sub(text, open + 1, text.n), ")"));
    bool is_id = id.n >= 5 && (id.p[0] == 'T' || id.p[0] == 't');
    for (size_t i = 1; is_id && i < id.n; i++) is_id = (id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == '.';
    return is_id ? id : STR_NONE;
}

static struct str technique(struct map_scratch *s, const struct step *step, struct str text)
{
    return to_upper(s, step, head(technique_id(text), "."));
}

static struct str sub_technique(struct map_scratch *s, const struct step *step, struct str text)
{
    struct str id = technique_id(text);
    return str_find(id, STR("."), 0) == SIZE_MAX ? STR_NONE : to_upper(s, step, id);
}

static struct str technique_name(struct map_scratch *s, const struct step *step, struct str text)
{
    size_t open = str_find(text, STR(" ("), 0);
    (void)s, (void)step;
    return open == SIZE_MAX || technique_id(text).p == NULL ? STR_NONE : str_trim(str_sub(text, 0, open));
}

/* The name of ATT&CK; of an id newer than our list, the one that stands in front of it. */
static struct str technique_title(struct map_scratch *s, const struct step *step, struct str text)
{
    struct str id = technique(s, step, text), name = attack_name_of(id);
    bool is_stated = name.p == NULL && str_find(technique_id(text), STR("."), 0) == SIZE_MAX;
    return is_stated ? technique_name(s, step, text) : name;
}

static struct str sub_technique_title(struct map_scratch *s, const struct step *step, struct str text)
{
    struct str id = sub_technique(s, step, text), name = attack_name_of(id);
    return id.p && name.p == NULL ? technique_name(s, step, text) : name;
}

static struct str tactic(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return attack_tactic_id(text);
}

static struct str tactic_name(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return attack_tactic_name(text);
}

/* ---- URLs ------------------------------------------------------------------------------------------------------------------- */
/* Of one URL several parts are asked, one after the other. */
static const struct url *parts_of(struct map_scratch *s, struct str text)
{
    if (s->url_text.p != text.p || s->url_text.n != text.n) {
        s->url = url_parts(text);
        s->url_text = text;
    }
    return &s->url;
}

static struct str url_scheme(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return parts_of(s, text)->scheme;
}

static struct str url_host(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return schema_pattern_matches(PATTERN_IP, text) ? text : parts_of(s, text)->host;
}

static struct str url_path(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return parts_of(s, text)->path;
}

static struct str url_query(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return parts_of(s, text)->query;
}

static struct str url_port(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)step;
    return parts_of(s, text)->port;
}

static struct str is_url(struct map_scratch *s, const struct step *step, struct str text)
{
    const struct url *u = parts_of(s, text);
    (void)step;
    return u->scheme.n || u->path.n || u->query.n ? text : STR_NONE;
}

static struct str is_path(struct map_scratch *s, const struct step *step, struct str text)
{
    (void)s, (void)step;
    return folder_bytes(text) > 0 ? text : STR_NONE;
}

/* A country's two letters; other words say where in another way. */
static struct str country(struct map_scratch *s, const struct step *step, struct str text)
{
    text = str_trim(text);
    bool is_code = text.n == 2;
    for (size_t i = 0; i < text.n && is_code; i++) is_code = (text.p[i] | 0x20) >= 'a' && (text.p[i] | 0x20) <= 'z';
    return is_code ? to_upper(s, step, text) : STR_NONE;
}

/* ---- those that give no text --------------------------------------------------------------------------------------------------- */
static int find_word(const struct word_table *t, struct str text)
{
    for (size_t low = 0, high = t->count; low < high;) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(text, t->words[middle].text);
        if (order == 0) return (int)middle;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static bool is_truth(struct str text)
{
    return str_eq_nocase(text, STR("true")) || str_eq_nocase(text, STR("false")) || str_eq(text, STR("0")) ||
           str_eq(text, STR("1"));
}

/* Tables whose '*' says more than "other" take any word on purpose, as do those that hold no word. A word that becomes
 * nothing may still become something elsewhere: whether it did shows when the event is done (event.c). */
static void note_word(struct map_scratch *s, const struct word_table *t, struct str text)
{
    bool is_other = t->knows_other || t->fallback.token.p;
    const struct chain *c = s->chain;
    if (s->drift == NULL || t->count == 0 || c == NULL || c->source != SOURCE_SLOT || is_truth(text)) return;
    if (t->fallback.token.p && !str_eq(t->fallback.token, STR("99"))) return;
    struct str name = c->member_count ? c->members[c->member_count - 1] : row_slot_name(s, c->shape, c->slot);
    if (is_other)
        drift_note(s->drift, DRIFT_VALUE, name, text, s->in->row);
    else if (c->shape == 0 && s->doubt_count < DOUBTS_MAX)
        s->doubts[s->doubt_count++] = (struct doubt){c->slot, arena_str(&s->arena, text)};
}

/* Words by table; what the table does not know is Other, where the attribute has that, and keeps its own word. A text longer
 * than any word would be is none: it stays in unmapped. */
static struct value look_up(struct map_scratch *s, const struct word_table *t, struct value v)
{
    char folded[256];
    struct str text = value_text(s, &v);
    if (text.n == 0 || text.n > sizeof folded || str_eq(text, STR("-"))) return VALUE_NONE;
    int at = find_word(t, (struct str){folded, word_fold(text, t->by_caption, folded, sizeof folded)});
    if (at < 0) note_word(s, t, text);
    struct word w = at >= 0 ? t->words[at] : t->knows_other ? (struct word){.token = STR("99")} : t->fallback;
    if (w.token.p == NULL) return VALUE_NONE;
    struct value out = value_of_token(w.token);
    out.caption = w.caption;
    if (out.caption.p == NULL && str_eq(w.token, STR("99")))
        out.caption = v.type == JSON_STRING ? v.raw : value_of_text(s, text).raw;
    return out;
}

static struct value nonzero(struct map_scratch *s, struct value v)
{
    struct str text = value_text(s, &v);
    size_t zeros = 0;
    while (zeros < text.n && (text.p[zeros] == '0' || text.p[zeros] == '.')) zeros++;
    return zeros == text.n ? (struct value){.is_nothing = text.n > 0} : v;
}

/* Words that say nothing ("None", "UnassignedGroup"), like the zero of a process id. */
static struct value but(struct map_scratch *s, const struct step *step, struct value v)
{
    struct str text = value_text(s, &v);
    return matches(s, step, text).p ? (struct value){.is_nothing = true} : v;
}

static struct value negated(struct map_scratch *s, struct value v)
{
    struct str text = value_text(s, &v);
    if (str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"))) return value_of_token(STR("false"));
    if (str_eq_nocase(text, STR("false")) || str_eq(text, STR("0"))) return value_of_token(STR("true"));
    return VALUE_NONE;
}

static struct value ip_version(struct map_scratch *s, struct value v)
{
    struct str text = value_text(s, &v);
    if (!schema_pattern_matches(PATTERN_IP, text)) return VALUE_NONE;
    return value_of_token(memchr(text.p, ':', text.n) ? STR("6") : STR("4"));
}

static struct value user_type(struct map_scratch *s, struct value v)
{
    struct str text = value_text(s, &v);
    bool is_system = str_eq(text, STR("S-1-5-18")) || str_eq(text, STR("S-1-5-19")) || str_eq(text, STR("S-1-5-20"));
    return text.n == 0 ? VALUE_NONE : value_of_token(is_system ? STR("3") : STR("1"));
}

static struct value as_text(struct map_scratch *s, struct value v)
{
    if (v.type == JSON_STRING) return v;
    if (v.type == JSON_OBJECT || v.type == JSON_ARRAY) {
        struct str compact = value_compact(s, v.raw);
        return compact.p && compact.p[0] == '"' ? value_of_token(compact) : value_of_text(s, compact);
    }
    return value_of_text(s, value_text(s, &v));
}

static struct value as_json(struct map_scratch *s, struct value v)
{
    struct str inner = row_inner_json(s, v.raw, v.type);
    return inner.p ? value_of_token(inner) : VALUE_NONE;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------ */
static text_function *const text_functions[] = {
    [CONV_LOWER] = to_lower,
    [CONV_UPPER] = to_upper,
    [CONV_TRIM] = trimmed,
    [CONV_FIRST_LABEL] = first_label,
    [CONV_DOMAIN] = domain,
    [CONV_FILE_NAME] = file_name,
    [CONV_FOLDER] = folder,
    [CONV_EXTENSION] = extension,
    [CONV_BEFORE] = before,
    [CONV_AFTER] = after,
    [CONV_AFTER_LAST] = after_last,
    [CONV_ADDRESS] = address,
    [CONV_MATCHES] = matches,
    [CONV_HAS] = has,
    [CONV_TECHNIQUE] = technique,
    [CONV_SUB_TECHNIQUE] = sub_technique,
    [CONV_TECHNIQUE_NAME] = technique_name,
    [CONV_TECHNIQUE_TITLE] = technique_title,
    [CONV_SUB_TECHNIQUE_TITLE] = sub_technique_title,
    [CONV_TACTIC] = tactic,
    [CONV_TACTIC_NAME] = tactic_name,
    [CONV_URL_SCHEME] = url_scheme,
    [CONV_URL_HOST] = url_host,
    [CONV_URL_PATH] = url_path,
    [CONV_URL_QUERY] = url_query,
    [CONV_URL_PORT] = url_port,
    [CONV_IS_URL] = is_url,
    [CONV_COUNTRY] = country,
    [CONV_IS_PATH] = is_path,
};

text_function *convert_text(enum converter c)
{
    return (size_t)c < sizeof text_functions / sizeof *text_functions ? text_functions[c] : NULL;
}

text_function *convert_part(enum converter c)
{
    switch (c) {
    case CONV_HAS:
    case CONV_TECHNIQUE_TITLE:
    case CONV_SUB_TECHNIQUE_TITLE:
    case CONV_TACTIC:
    case CONV_TACTIC_NAME:
    case CONV_COUNTRY: return NULL; /* words of their own */
    default: return convert_text(c);
    }
}

static struct value convert_one(struct map_scratch *s, const struct step *step, struct value v)
{
    switch (step->converter) {
    case CONV_TABLE: return look_up(s, step->table, v);
    case CONV_NONZERO: return nonzero(s, v);
    case CONV_BUT: return but(s, step, v);
    case CONV_NOT: return negated(s, v);
    case CONV_IP_VERSION: return ip_version(s, v);
    case CONV_USER_TYPE: return user_type(s, v);
    case CONV_TEXT: return as_text(s, v);
    case CONV_JSON: return as_json(s, v);
    case CONV_FIRST: return list_first(s, step, v);
    case CONV_JOIN: return list_joined(s, step, v);
    case CONV_SPLIT: return list_split(s, step, v);
    case CONV_DISTINCT: return list_distinct(s, step, v);
    default: break;
    }
    struct str text = value_text(s, &v);
    if (text.n == 0) return VALUE_NONE;
    struct str out = text_functions[step->converter](s, step, text);
    bool is_same = out.p == text.p && out.n == text.n && v.type == JSON_STRING;
    return is_same ? v : value_of_text(s, out);
}

struct converting {
    struct map_scratch *s;
    const struct step *step;
    size_t from;
};

static bool convert_element(void *ctx, struct value element)
{
    struct converting *c = ctx;
    struct value v = convert_one(c->s, c->step, element);
    if (v.raw.p == NULL) return false;
    (void)buf_add_char(&c->s->text, c->s->text.n == c->from ? '[' : ',');
    (void)buf_add_str(&c->s->text, v.raw);
    return true;
}

/* Text converters go over the elements of a list; the others take it as it is. */
static bool goes_over_elements(const struct step *step, const struct value *v)
{
    if (v->type != JSON_ARRAY) return false;
    return step->converter != CONV_FIRST && step->converter != CONV_JOIN && step->converter != CONV_SPLIT &&
           step->converter != CONV_DISTINCT && step->converter != CONV_TEXT && step->converter != CONV_JSON;
}

struct value value_convert(struct map_scratch *s, const struct step *step, struct value v)
{
    if (v.raw.p == NULL) return v;
    if (!goes_over_elements(step, &v)) return convert_one(s, step, v);
    struct converting c = {s, step, s->text.n};
    bool is_whole = value_each(s, v, convert_element, &c);
    return value_take_list(s, c.from, is_whole);
}
