#include "twin/render.h"

#include "kit/base/wall.h"
#include "twin/world/draw.h"
#include "twin/world/row_int.h"

unsigned dirt_of(uint64_t row_seed)
{
    uint64_t lot = draw(row_seed, LOT_ROW_DIRT);
    unsigned dirt = 0;
    if (lot % 8 == 0) dirt |= DIRT_SLASH;
    if (lot / 8 % 6 == 0) dirt |= DIRT_UNICODE;
    if (lot / 64 % 10 == 0) dirt |= DIRT_LONG_TEXT;
    if (lot / 1024 % 2 == 0) dirt |= DIRT_NULL;
    if (lot / 2048 % 3 == 0) dirt |= DIRT_EMPTY;
    return dirt;
}

/* The code point at *i, which moves behind it; -1: not UTF-8, one byte passed. */
static int32_t code_point(struct str s, size_t *i)
{
    unsigned char c = (unsigned char)s.p[(*i)++];
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : -1;
    if (c < 0x80) return c;
    if (more < 0 || s.n - *i < (size_t)more) return -1;
    int32_t code = c & (0x3f >> more);
    for (int k = 0; k < more; k++) {
        unsigned char d = (unsigned char)s.p[*i + (size_t)k];
        if ((d & 0xc0) != 0x80) return -1;
        code = code << 6 | (d & 0x3f);
    }
    *i += (size_t)more;
    return code;
}

static void render_escaped(struct buf *out, int32_t code)
{
    if (code > 0xffff) {
        code -= 0x10000;
        buf_addf(out, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
    } else {
        buf_addf(out, "\\u%04x", code < 0 ? 0xfffd : (unsigned)code);
    }
}

static bool is_plain(char c, unsigned dirt)
{
    unsigned char u = (unsigned char)c;
    if (u < 0x20 || u == '"' || u == '\\') return false;
    if (u == '/' && (dirt & DIRT_SLASH)) return false;
    return u < 0x80 || !(dirt & DIRT_UNICODE);
}

void render_text(struct buf *out, struct str s, unsigned dirt)
{
    static const char short_forms[] = {
        ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['\b'] = 'b', ['\f'] = 'f', ['"'] = '"', ['/'] = '/', ['\\'] = '\\'};
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        size_t run = i;
        while (run < s.n && is_plain(s.p[run], dirt)) run++;
        buf_add(out, s.p + i, run - i);
        i = run;
        if (i == s.n) break;
        unsigned char c = (unsigned char)s.p[i];
        if (c < sizeof short_forms && short_forms[c]) {
            char pair[2] = {'\\', short_forms[c]};
            buf_add(out, pair, 2);
            i++;
        } else {
            render_escaped(out, code_point(s, &i));
        }
    }
    buf_add_char(out, '"');
}

void render_time(struct buf *out, struct wall t)
{
    char text[WALL_TEXT_BYTES];
    int n = wall_format(t, text);
    while (n > 2 && text[n - 2] == '0') n--; /* zeros at the end are not sent, nor a bare point */
    if (text[n - 2] == '.') n--;
    text[n - 1] = 'Z';
    buf_add_char(out, '"');
    buf_add(out, text, (size_t)n);
    buf_add_char(out, '"');
}

static void render_whole(struct buf *out, int64_t v, bool quoted)
{
    char text[24], *p = text + sizeof text;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (quoted) *--p = '"';
    do *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0) *--p = '-';
    if (quoted) *--p = '"';
    buf_add(out, p, (size_t)(text + sizeof text - p));
}

/* JSON as it stands, or as text, whichever this tenant gets. */
static void render_dynamic(struct buf *out, struct kql_value v, unsigned dirt)
{
    if (v.is_null)
        buf_add_str(out, dirt & DIRT_EMPTY ? STR("{}") : STR("null"));
    else if (dirt & DIRT_JSON_TEXT)
        render_text(out, v.s, 0);
    else
        buf_add_str(out, v.s);
}

static void render_value(struct buf *out, struct kql_value v, unsigned dirt)
{
    struct kql_value text = v;
    switch (v.type) {
    case KQL_STRING:
    case KQL_GUID:
        if (v.s.n == 0)
            buf_add_str(out, dirt & DIRT_NULL ? STR("null") : STR("\"\""));
        else
            render_text(out, v.s, dirt);
        return;
    case KQL_DYNAMIC: render_dynamic(out, v, dirt); return;
    case KQL_DATETIME:
        if (v.is_null)
            buf_add_str(out, dirt & DIRT_EMPTY ? STR("{}") : STR("null"));
        else
            render_time(out, (struct wall){v.i});
        return;
    default: break;
    }
    if (v.is_null) {
        buf_add_str(out, STR("null"));
        return;
    }
    switch (v.type) {
    case KQL_BOOL:
        if (dirt & DIRT_NATIVE)
            buf_add_str(out, v.i ? STR("true") : STR("false"));
        else
            buf_add_char(out, v.i ? '1' : '0');
        return;
    case KQL_REAL: buf_addf(out, "%.15g", v.d); return;
    case KQL_TIMESPAN: {
        struct arena a;
        arena_init(&a, 4096);
        text.s = kql_to_text(v, &a);
        render_text(out, text.s, 0);
        arena_done(&a);
        return;
    }
    default: render_whole(out, v.i, v.type == KQL_LONG && (dirt & DIRT_LONG_TEXT));
    }
}

void render_member(struct buf *out, const char *name, struct kql_value v, unsigned dirt, bool first)
{
    bool is_long = v.type == KQL_LONG && dirt & DIRT_LONG_SIDECAR;
    bool has_sidecar = (v.type == KQL_BOOL || is_long) && !v.is_null && !(dirt & DIRT_NATIVE);
    if (!first) buf_add_char(out, ',');
    if (has_sidecar) buf_addf(out, "\"%s@odata.type\":\"#%s\",", name, kql_type_name(v.type));
    buf_add_char(out, '"');
    buf_add_str(out, str_of(name));
    buf_add(out, "\":", 2);
    render_value(out, v, dirt);
}
