#include "logic/ocsf/values/url.h"

#include <string.h>

/* Where the first such character is; SIZE_MAX: nowhere. */
static size_t find(struct str text, char c)
{
    const char *at = text.n ? memchr(text.p, c, text.n) : NULL;
    return at ? (size_t)(at - text.p) : SIZE_MAX;
}

static struct str before_mark(struct str text, char mark)
{
    size_t at = find(text, mark);
    return str_sub(text, 0, at == SIZE_MAX ? text.n : at);
}

/* Where the first "://" is. */
static size_t find_scheme_end(struct str text)
{
    for (size_t from = 0, at; (at = find(str_sub(text, from, text.n), ':')) != SIZE_MAX; from += at + 1) {
        if (str_starts(str_sub(text, from + at, text.n), STR("://"))) return from + at;
    }
    return SIZE_MAX;
}

struct url url_parts(struct str text)
{
    struct url u = {0};
    size_t at = find_scheme_end(text);
    if (at != SIZE_MAX) {
        u.scheme = str_sub(text, 0, at);
        text = str_sub(text, at + 3, text.n);
    }
    size_t end = 0;
    while (end < text.n && text.p[end] != '/' && text.p[end] != '?' && text.p[end] != '#') end++;
    struct str authority = str_sub(text, 0, end), rest = before_mark(str_sub(text, end, text.n), '#');
    size_t user = find(authority, '@');
    if (user != SIZE_MAX) authority = str_sub(authority, user + 1, authority.n);
    size_t host = 0;
    bool in_brackets = false; /* [::1] */
    for (; host < authority.n && (in_brackets || authority.p[host] != ':'); host++) {
        if (authority.p[host] == '[') in_brackets = true;
        if (authority.p[host] == ']') in_brackets = false;
    }
    u.host = str_sub(authority, 0, host);
    u.port = str_sub(authority, host + 1, authority.n);
    u.path = before_mark(rest, '?');
    u.query = str_sub(rest, u.path.n + 1, rest.n);
    if (str_starts(u.host, STR("[")) && str_ends(u.host, STR("]"))) u.host = str_sub(u.host, 1, u.host.n - 2);
    return u;
}
