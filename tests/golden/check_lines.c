/* Checks NDJSON events from standard input: for each line one line "E rule path<TAB>W rule path…" (empty: no finding), so
 * that another checker's words can be compared. Usage: check_lines VERSION */
#include <stdio.h>
#include <stdlib.h>

#include "logic/ocsf/ocsf.h"

static void print(void *ctx, const struct ocsf_finding *f)
{
    size_t *count = ctx;
    printf("%s%s %s %s", (*count)++ > 0 ? "\t" : "", f->is_error ? "E" : "W", f->rule, f->path);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (argc != 2) {
        fprintf(stderr, "usage: check_lines VERSION <events.ndjson\n");
        return 2;
    }
    while ((n = getline(&line, &room, stdin)) > 0) {
        size_t count = 0;
        ocsf_check(argv[1], (struct str){line, (size_t)n}, print, &count);
        putchar('\n');
    }
    free(line);
    return 0;
}
