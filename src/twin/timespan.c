#include "twin/timespan.h"

bool iso_duration(struct str s, int64_t *ticks_out)
{
    static const struct {
        char unit;
        bool after_t;
        int64_t ticks;
    } units[] = {{'W', false, 7 * WALL_TICKS_PER_DAY},
                 {'D', false, WALL_TICKS_PER_DAY},
                 {'H', true, WALL_TICKS_PER_HOUR},
                 {'M', true, WALL_TICKS_PER_MIN},
                 {'S', true, WALL_TICKS_PER_S}};
    int64_t total = 0;
    bool after_t = false, has_any = false;
    if (s.n < 2 || s.p[0] != 'P') return false;
    for (size_t i = 1; i < s.n;) {
        uint64_t n;
        size_t digits = i, u = 0;
        if (s.p[i] == 'T' && !after_t) {
            after_t = true;
            i++;
            continue;
        }
        while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9') digits++;
        if (digits == s.n || !str_to_u64(str_sub(s, i, digits - i), &n) || n > 100000) return false;
        while (u < 5 && !(units[u].unit == s.p[digits] && units[u].after_t == after_t)) u++;
        if (u == 5) return false;
        if (__builtin_add_overflow(total, (int64_t)n * units[u].ticks, &total)) return false;
        has_any = true;
        i = digits + 1;
    }
    *ticks_out = total;
    return has_any;
}

bool iso_interval(struct str s, struct wall now, int64_t *from, int64_t *to)
{
    struct str tail = s, head = str_cut(&tail, '/');
    int64_t d1, d2;
    struct wall t1, t2;
    bool has_tail = tail.p != NULL;
    bool d1_ok = iso_duration(head, &d1), t1_ok = wall_parse(head, &t1);
    bool d2_ok = has_tail && iso_duration(tail, &d2), t2_ok = has_tail && wall_parse(tail, &t2);
    if (!has_tail && d1_ok)
        *from = now.ticks - d1;
    else if (!has_tail && t1_ok)
        *from = t1.ticks;
    else if (t1_ok && t2_ok)
        *from = t1.ticks, *to = t2.ticks;
    else if (d1_ok && t2_ok)
        *from = wall_add(t2, -d1).ticks, *to = t2.ticks;
    else if (t1_ok && d2_ok)
        *from = t1.ticks, *to = wall_add(t1, d2).ticks;
    else
        return false;
    return true;
}
