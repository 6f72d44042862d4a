#include "logic/respond/policy/policy_int.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* One star remembered at a time is enough: what the last star could take, no earlier one needs to. */
bool text_matches(struct str text, struct str pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, taken = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.n && lower(pattern.p[p]) == lower(text.p[t])) {
            p++, t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*') p++;
    return p == pattern.n;
}

bool technique_covers(struct str wanted, struct str t)
{
    if (t.n < wanted.n || !str_eq_nocase(str_sub(t, 0, wanted.n), wanted)) return false;
    return t.n == wanted.n || t.p[wanted.n] == '.';
}
