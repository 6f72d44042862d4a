#include "twin/endpoint/indicators.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { BOOK_BYTES = 64 << 20, TEXT_MAX = 4096, FIRST_ID = 840 };

struct indicator_book {
    struct arena texts;
    struct indicator *items;
    size_t count, cap;
    uint64_t last_id;
};

void indicator_book_free(struct indicator_book *b)
{
    if (b == NULL) return;
    arena_done(&b->texts);
    free(b->items);
    free(b);
}

size_t indicator_count(const struct indicator_book *b)
{
    return b ? b->count : 0;
}

const struct indicator *indicator_at(const struct indicator_book *b, size_t index)
{
    return &b->items[index];
}

const struct indicator *indicator_by_id(const struct indicator_book *b, uint64_t id)
{
    for (size_t i = 0; i < indicator_count(b); i++)
        if (b->items[i].id == id) return &b->items[i];
    return NULL;
}

/* ---- what it may say -------------------------------------------------------------------------------------------------- */
const char *const indicator_text_names[INDICATOR_TEXTS] = {"indicatorValue", "indicatorType",  "action",
                                                           "title",          "description",    "application",
                                                           "severity",       "expirationTime", "recommendedActions"};
static const char *const types[] = {"FileSha1",  "FileSha256", "FileMd5", "CertificateThumbprint",
                                    "IpAddress", "DomainName", "Url",     NULL};
static const char *const actions[] = {"Allowed", "Audit", "Block",         "BlockAndRemediate",
                                      "Warn",    "Alert", "AlertAndBlock", NULL};
static const char *const severities[] = {"Informational", "Low", "Medium", "High", NULL};
static const struct {
    bool is_required;
    const char *const *values; /* NULL: any text */
} text_rules[INDICATOR_TEXTS] = {
    [INDICATOR_VALUE] = {true, NULL},       [INDICATOR_TYPE] = {true, types},
    [INDICATOR_ACTION] = {true, actions},   [INDICATOR_TITLE] = {true, NULL},
    [INDICATOR_DESCRIPTION] = {true, NULL}, [INDICATOR_SEVERITY] = {false, severities},
};

static bool refuse(struct indicator_fault *f, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(struct indicator_fault *f, const char *code, const char *fmt, ...)
{
    va_list args;
    f->code = code;
    va_start(args, fmt);
    (void)vsnprintf(f->message, sizeof f->message, fmt, args);
    va_end(args);
    return false;
}

static bool is_hex(const char *s, size_t digits)
{
    return strlen(s) == digits && strspn(s, "0123456789abcdefABCDEF") == digits;
}

static bool is_hash(const char *s, size_t type)
{
    static const size_t digits[] = {40, 64, 32, 40}; /* in the order of types */
    return is_hex(s, digits[type]);
}

static bool is_address(const char *s, size_t type)
{
    unsigned char bytes[16];
    (void)type;
    return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1; /* no CIDR */
}

static bool is_domain(const char *s, size_t type)
{
    size_t n = strlen(s);
    (void)type;
    return n < 254 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n &&
           strchr(s, '.') && s[0] != '.' && s[n - 1] != '.';
}

static bool is_url(const char *s, size_t type)
{
    const char *host = strstr(s, "://");
    (void)type;
    host = host ? host + 3 : s;
    return host[0] != '\0' && host[0] != '/' && strpbrk(s, " \t\r\n") == NULL && strchr(host, '.');
}

static bool check_value(const char *type, const char *value, struct indicator_fault *f)
{
    static const struct {
        bool (*is)(const char *s, size_t type);
        const char *code;
    } checks[] = {{is_hash, "InvalidHashValue"}, {is_hash, "InvalidHashValue"},    {is_hash, "InvalidHashValue"},
                  {is_hash, "InvalidHashValue"}, {is_address, "InvalidIpAddress"}, {is_domain, "InvalidDomainName"},
                  {is_url, "InvalidUrl"}};
    size_t i = 0;
    while (strcmp(types[i], type) != 0) i++;
    return checks[i].is(value, i) || refuse(f, checks[i].code, "'%.80s' is no %s", value, type);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */
static bool read_text(struct indicator_book *b, const struct json *fields, enum indicator_text which, const char **out,
                      struct indicator_fault *f)
{
    const char *name = indicator_text_names[which];
    const struct json *v = json_get(fields, name);
    const char *const *values = text_rules[which].values;
    *out = NULL;
    if (v && v->type != JSON_STRING && v->type != JSON_NULL)
        return refuse(f, "InvalidRequestBody", "Request body is incorrect: %s is not a text", name);
    if (v == NULL || v->type == JSON_NULL || v->text.n == 0)
        return !text_rules[which].is_required ||
               refuse(f, "MissingRequiredParameter", "%s is a required parameter", name);
    if (v->text.n > TEXT_MAX) return refuse(f, "InvalidInput", "%s is longer than %d bytes", name, TEXT_MAX);
    *out = arena_copy(&b->texts, v->text.p, v->text.n);
    if (*out == NULL) return refuse(f, "DisallowedOperation", "The twin has no room for more indicators");
    size_t i = 0;
    while (values && values[i] && strcmp(values[i], *out) != 0) i++;
    return values == NULL || values[i] || refuse(f, "InvalidInput", "%s has no value '%.60s'", name, *out);
}

/* The table of the documents says a list with commas, their sample an array: both will do. */
static bool read_groups(struct indicator_book *b, const struct json *fields, struct str *out, struct indicator_fault *f)
{
    const struct json *v = json_get(fields, "rbacGroupNames");
    struct buf json;
    struct json_writer w;
    bool is_fine = v == NULL || v->type == JSON_NULL || v->type == JSON_ARRAY || v->type == JSON_STRING;
    if (!is_fine) return refuse(f, "InvalidRequestBody", "Request body is incorrect: rbacGroupNames is a list");
    buf_init(&json, 64 << 10);
    json_writer_init(&w, &json);
    json_array_begin(&w);
    if (v && v->type == JSON_ARRAY)
        for (size_t i = 0; i < v->count; i++) json_write_str(&w, json_str(&v->items[i], STR("")));
    else if (v && v->type == JSON_STRING)
        for (struct str rest = v->text; rest.n;) json_write_str(&w, str_trim(str_cut(&rest, ',')));
    json_array_end(&w);
    *out = json.failed ? STR_NONE : arena_str(&b->texts, buf_str(&json));
    buf_done(&json);
    return out->p || refuse(f, "InvalidInput", "rbacGroupNames is too long");
}

static bool read_indicator(struct indicator_book *b, const struct json *fields, struct indicator *out,
                           struct indicator_fault *f)
{
    if (fields == NULL || fields->type != JSON_OBJECT)
        return refuse(f, "InvalidRequestBody", "Request body is incorrect: an indicator is an object");
    for (unsigned i = 0; i < INDICATOR_TEXTS; i++)
        if (!read_text(b, fields, (enum indicator_text)i, &out->texts[i], f)) return false;
    if (!check_value(out->texts[INDICATOR_TYPE], out->texts[INDICATOR_VALUE], f)) return false;
    out->makes_alert = json_bool(json_get(fields, "generateAlert"), false);
    if (str_eq(str_of(out->texts[INDICATOR_ACTION]), STR("Audit")) && !out->makes_alert)
        return refuse(f, "InvalidInput", "generateAlert must be true with the action Audit");
    const char *expires = out->texts[INDICATOR_EXPIRES];
    out->expires.ticks = INT64_MAX;
    if (expires && !wall_parse(str_of(expires), &out->expires))
        return refuse(f, "InvalidInput", "expirationTime is not a time");
    return read_groups(b, fields, &out->groups, f);
}

/* ---- keeping ---------------------------------------------------------------------------------------------------------- */
static bool make_book(struct indicator_book **b)
{
    if (*b) return true;
    *b = calloc(1, sizeof **b);
    if (*b == NULL) return false;
    arena_init(&(*b)->texts, BOOK_BYTES);
    (*b)->last_id = FIRST_ID;
    return true;
}

static struct indicator *same_one(struct indicator_book *b, const struct indicator *like)
{
    for (size_t i = 0; i < b->count; i++) {
        const char *const *texts = b->items[i].texts;
        if (str_eq(str_of(texts[INDICATOR_TYPE]), str_of(like->texts[INDICATOR_TYPE])) &&
            str_eq_nocase(str_of(texts[INDICATOR_VALUE]), str_of(like->texts[INDICATOR_VALUE])))
            return &b->items[i];
    }
    return NULL;
}

static void forget_expired(struct indicator_book *b, struct wall now)
{
    size_t n = 0;
    for (size_t i = 0; i < b->count; i++)
        if (b->items[i].expires.ticks > now.ticks) b->items[n++] = b->items[i];
    b->count = n;
}

static struct indicator *new_one(struct indicator_book *b)
{
    if (b->count >= INDICATORS_MAX) return NULL;
    if (b->count == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 16;
        struct indicator *moved = realloc(b->items, cap * sizeof *moved);
        if (moved == NULL) return NULL;
        b->items = moved;
        b->cap = cap;
    }
    return &b->items[b->count++];
}

const struct indicator *indicator_put(struct indicator_book **book, const struct json *fields, const char *author,
                                      struct wall now, struct indicator_fault *fault)
{
    struct indicator draft = {.created = now, .updated = now};
    if (!make_book(book)) {
        (void)refuse(fault, "InternalServerError", "No memory");
        return NULL;
    }
    struct indicator_book *b = *book;
    forget_expired(b, now);
    if (!read_indicator(b, fields, &draft, fault)) return NULL;
    struct indicator *own = same_one(b, &draft);
    if (own) {
        draft.created = own->created;
        draft.id = own->id;
        draft.author = own->author;
    } else {
        own = new_one(b);
        draft.id = ++b->last_id;
        draft.author = arena_copy(&b->texts, author, strlen(author));
    }
    if (own == NULL || draft.author == NULL) {
        (void)refuse(fault, "DisallowedOperation", "A tenant can have %d active indicators", INDICATORS_MAX);
        return NULL;
    }
    *own = draft;
    return own;
}

bool indicator_delete(struct indicator_book *b, uint64_t id)
{
    for (size_t i = 0; i < indicator_count(b); i++) {
        if (b->items[i].id != id) continue;
        memmove(&b->items[i], &b->items[i + 1], (b->count - i - 1) * sizeof b->items[i]);
        b->count--;
        return true;
    }
    return false;
}
