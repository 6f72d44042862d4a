/* Inside the mapping compiler: mapping text to trees in which every instruction that does not depend on a row is done:
 * fragments merged in, blocks for other versions and class sets gone. */
#ifndef LOGIC_OCSF_EXPAND_H
#define LOGIC_OCSF_EXPAND_H

#include "kit/yaml/yaml.h"
#include "logic/ocsf/plan_int.h"

struct place {
    const char *file;
    unsigned line, column;
};
struct node {
    enum yaml_type type;
    bool is_quoted;
    struct str text; /* SCALAR */
    struct node *items;
    struct str *keys; /* MAP, parallel */
    size_t count;
    struct place at;     /* of the value */
    struct place key_at; /* of its key */
};

struct fragment {
    const char *file;
    struct str name;
    const struct yaml *tree;
    bool is_open; /* being expanded: a fragment that uses itself is refused */
    bool is_used;
};

struct expander {
    struct arena *a;
    struct err *e;
    const struct ocsf_opts *opts;
    const struct schema *schema;
    bool is_best_fit;
    struct fragment fragments[64]; /* read so far, for this mapping file */
    size_t fragment_count;
};

bool mapping_error(struct err *e, struct place at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

bool expand(struct expander *x, const struct yaml *y, const char *file, struct node *out);
/* `over` over `under`, deep; both stay as they are. False: no memory. */
bool node_merge(struct expander *x, const struct node *under, const struct node *over, struct node *out);
/* Makes the lists and maps of `n` its own, all in `a`; texts stay where they are. False: no memory. */
bool node_copy(struct arena *a, struct node *n);
const struct node *node_get(const struct node *map, const char *key); /* NULL when absent */
bool node_is_null(const struct node *n);
/* Each mapping file or fragment by name, a user's before the built-in one; NULL: none. */
const struct ocsf_mapping_file *mapping_file(const struct ocsf_opts *o, struct str name);
/* NULL and an error when there is no such fragment. */
struct fragment *fragment_load(struct expander *x, struct str name, struct place at);

/* Every column of the row that a mapping file or its fragments name, whatever the target version: the known columns. Calls
 * `each` with the name as written; may repeat. */
bool columns_named(struct expander *x, const struct yaml *tree, const char *file,
                   void (*each)(void *ctx, struct str name), void *ctx);

/* ---- expressions as text ------------------------------------------------------------------------------------------------- */
/* The next part of `*rest` before `separator` (with blanks around it) outside double quotes; *rest moves behind. */
struct str expr_cut(struct str *rest, const char *separator);
/* The next name of a path; `*is_list` when it had "[]". False at the end. */
bool path_next(struct str *rest, struct str *name, bool *is_list);

#endif
