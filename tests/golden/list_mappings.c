/* What the built-in mapping files say about themselves, for tests of their coverage: for each source a line "source NAME",
 * for each column that has no home "homeless SOURCE COLUMN REASON", for each example "example SOURCE ROW" (once, whatever
 * its targets), tabs between. Usage: list_mappings */
#include <stdio.h>
#include <string.h>

#include "logic/ocsf/ocsf.h"

static void print_example(void *ctx, const struct ocsf_example *example)
{
    bool is_first = strcmp(example->version, "1.8.0") == 0; /* the other version runs the same rows again */
    if (!is_first) return;
    printf("example\t%s\t", (const char *)ctx);
    for (size_t i = 0; i < example->row.n; i++) /* a row may stand on several lines */
        putchar(example->row.p[i] == '\n' || example->row.p[i] == '\t' ? ' ' : example->row.p[i]);
    putchar('\n');
}

static bool print_source(const struct ocsf *ocsf, const struct ocsf_mapping_file *file, struct err *e)
{
    char name[128];
    const char *begin = strrchr(file->name, '/'), *base = begin ? begin + 1 : file->name;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(base, "."), base);
    const struct plan *plan = ocsf_plan(ocsf, str_of(name));
    const struct ocsf_homeless *homeless;
    if (plan == NULL)
        return err_set(e, &ocsf_causes[OCSF_BAD_MAPPING], "%s is not the file of source %s", file->name, name);
    printf("source\t%s\n", name);
    size_t count = plan_homeless(plan, &homeless);
    for (size_t i = 0; i < count; i++) printf("homeless\t%s\t%s\t%s\n", name, homeless[i].column, homeless[i].reason);
    return ocsf_examples(NULL, file, print_example, name, e);
}

int main(void)
{
    struct ocsf *ocsf = NULL;
    struct err e = {0};
    const struct ocsf_mapping_file *file;
    bool ok = ocsf_new(NULL, &ocsf, &e);
    for (size_t i = 0; ok && (file = ocsf_builtin(i)) != NULL; i++) {
        if (strncmp(file->name, "common/", 7) != 0) ok = print_source(ocsf, file, &e);
    }
    if (!ok) fprintf(stderr, "%s\n", e.text);
    ocsf_free(ocsf);
    return ok ? 0 : 1;
}
