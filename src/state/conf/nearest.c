/* The name a person may have meant: by edit distance (with neighbouring letters swapped counting once: the "optimal string
 * alignment" variant of Damerau's distance), over the whole name, and over its last part for a setting put at the wrong level. */
#include <string.h>

#include "state/conf/conf_int.h"

enum { NAME_MAX_BYTES = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(struct str a, struct str b)
{
    unsigned rows[3][NAME_MAX_BYTES + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    if (a.n > NAME_MAX_BYTES || b.n > NAME_MAX_BYTES) return UINT32_MAX;
    memset(rows, 0, sizeof rows);
    for (unsigned j = 0; j <= b.n; j++) above[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            bool same = a.p[i - 1] == b.p[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *oldest = before;
        before = above, above = row, row = oldest;
    }
    return above[b.n];
}

static struct str last_part(struct str name)
{
    struct str part = name;
    while (name.p) part = str_cut(&name, '.');
    return part;
}

const struct conf_setting *conf_nearest(struct str name)
{
    const struct conf_setting *best = NULL;
    unsigned best_distance = name.n / 3 > 2 ? (unsigned)name.n / 3 + 1 : 3; /* farther is no help */
    for (unsigned i = 0; i < conf_setting_count; i++) {
        struct str known = str_of(conf_settings[i].name);
        unsigned whole = distance(name, known), last = distance(last_part(name), last_part(known));
        unsigned d = least(whole, last <= 1 && last_part(known).n > 3 ? last + 1 : UINT32_MAX);
        if (d < best_distance) best = &conf_settings[i], best_distance = d;
    }
    return best;
}
