/* Inside the mapping compiler: what is being built for one source. */
#ifndef LOGIC_OCSF_COMPILE_H
#define LOGIC_OCSF_COMPILE_H

#include "logic/ocsf/compile/expand.h"

struct built_shape {
    struct str *names;
    uint16_t *slots;
    uint16_t name_count, name_cap;
    uint16_t self_slot, parent_slot, parent_shape;
};

/* A value table as compiled for what it feeds: rows of choose repeat them. */
struct made_table {
    const struct node *rows;        /* NULL: the schema's own words */
    const struct schema_attr *attr; /* an enum it feeds; NULL: none */
    bool by_caption;
    const struct word_table *table;
};

enum { FRAME_BITS = 62 }; /* codes use two more (code.h) */
struct bits {             /* names that are required or stand in a constraint, each with a bit */
    const char *names[FRAME_BITS];
    size_t count;
};
struct made_block { /* a digest of what it was made of, and what it came to; attr == NULL: the members of metadata */
    struct hash128 digest;
    const struct schema_attr *attr;
    const struct block *block;
    uint16_t profiles;
};
struct twin { /* an observable that others may repeat */
    uint8_t observable;
    const struct expr *expr;
};

struct compiler {
    struct arena *a; /* of the ocsf: what lasts */
    struct err *e;
    struct expander *x; /* its arena: what does not */
    const struct schema *schema;
    uint16_t declared;      /* profiles of the mapping file */
    struct node tables[65]; /* MAPs of value tables, the file's own first */
    size_t table_count;
    struct made_table made_tables[256]; /* what does not fit is made again */
    size_t made_table_count;

    const struct node *observables; /* LIST of path ends; NULL: none are wanted */
    bool has_no_uid;                /* events without metadata.uid */
    bool is_general;                /* without code (tests) */
    const char *source;             /* of the rows; NULL: any */
    struct built_shape *shapes;     /* heap */
    size_t shape_count;
    uint16_t slot_count;
    struct shared *shared; /* heap: what variants share */
    size_t shared_count, shared_room;
    struct {
        char *p;
        size_t n;
    } pool; /* of texts: the room that is left */

    struct made_block *blocks; /* heap */
    size_t block_count;
    struct twin *twins; /* heap */
    size_t twin_count;

    /* the variant in progress */
    const struct schema_item *class;
    struct op *ops; /* heap */
    size_t op_count, op_cap;
    uint16_t profiles; /* that its ops may declare */
    char path[256];    /* where we are, as observables write it: "file.hashes[]" */
};

bool compile_no_memory(struct compiler *c);

/* ---- shapes ---------------------------------------------------------------------------------------------------------- */
/* Each of these: NO_SLOT or NO_SHAPE on failure, with an error. */
uint16_t shape_add(struct compiler *c, uint16_t parent_shape, uint16_t parent_slot);
uint16_t shape_slot(struct compiler *c, uint16_t shape, struct str name);
uint16_t shape_inside(struct compiler *c, uint16_t shape, uint16_t slot); /* of the object in that slot */
bool shapes_finish(struct compiler *c, struct plan *plan);
void shapes_free(struct compiler *c);

/* ---- columns that nothing writes --------------------------------------------------------------------------------- */
/* Of the file and the fragments it uses: why columns have no home (`columns`), and what says nothing (`silent`). */
bool about_columns(struct compiler *c, const struct yaml *tree, const char *file, struct plan *plan);

/* ---- what variants share ------------------------------------------------------------------------------------------------ */
/* The expression that was made of this text for this attribute; NULL: none. */
const struct expr *shared_expr(struct compiler *c, struct str text, uint16_t shape, const struct schema_attr *attr);
/* `text` stays with the caller, and lasts as long as the compiler. */
bool share_expr(struct compiler *c, struct str text, uint16_t shape, const struct schema_attr *attr,
                const struct expr *made);
/* One copy that lasts, with a stride behind it (code.h); p == NULL: no memory. */
struct str shared_text(struct compiler *c, struct str text);
/* The number of what this leaf tells as an observable: the same for the same columns of the row as the same type. 0: none. */
uint16_t shared_twin(struct compiler *c, const struct op *op);
void shared_free(struct compiler *c);

/* ---- expressions ------------------------------------------------------------------------------------------------------- */
/* A path alone: for `by`, `$in`, conditions. */
bool compile_path(struct compiler *c, struct str text, uint16_t shape, struct place at, struct chain *out);
/* A path with converters behind it: for `$each`. */
bool compile_column(struct compiler *c, struct str text, uint16_t shape, struct place at, struct chain *out);
/* A leaf (SCALAR, LIST of them, or MAP with $from or $join) for `attr`. NULL: an error. */
const struct expr *compile_expr(struct compiler *c, const struct node *n, uint16_t shape,
                                const struct schema_attr *attr);
/* The token of a constant for `attr`, and its caption token if it has one. */
bool compile_constant(struct compiler *c, struct str text, const struct schema_attr *attr, struct place at,
                      struct str *token, struct str *caption);
/* Is this leaf nothing but a constant? */
bool leaf_is_constant(const struct node *n);
/* "..." in the arena, escaped. */
struct str token_of(struct arena *a, struct str text);

/* ---- objects -------------------------------------------------------------------------------------------------------------- */
uint64_t frame_bit(struct bits *b, const char *name, bool add);
bool compile_frame(struct compiler *c, const struct schema_item *item, struct str path, struct bits *b,
                   const struct frame **out);
/* Is all written that `item` requires? */
bool compile_required(struct compiler *c, const struct node *n, const struct schema_item *item, struct str path);
size_t compile_emit(struct compiler *c, struct op op); /* SIZE_MAX: no memory */
/* All members of `n` without `but` (NULL: none). */
bool compile_members(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                     struct bits *b, const char *but);
/* One, as it is; and one of the event, as a block. `around`: the map it stands in; NULL: it is an object or array. */
bool compile_attr(struct compiler *c, const struct node *n, const struct node *around, uint16_t shape, struct bits *b,
                  const struct schema_attr *attr);
bool compile_block(struct compiler *c, const struct node *n, struct bits *b, const struct schema_attr *attr);

/* ---- the variants ---------------------------------------------------------------------------------------------------------- */
bool compile_condition(struct compiler *c, const struct node *when, uint16_t shape, const struct condition **out);
bool compile_variant(struct compiler *c, const struct node *event, int64_t class_uid, bool has_by, struct place at,
                     const struct variant **out);
/* One mapping file, whole. The plan lives in `a`, and keeps nothing of what is in x->a. */
bool compile_plan(struct arena *a, struct expander *x, const struct ocsf_mapping_file *file, struct plan *out);
/* The same without its events: the columns, and which of them it requires, know a row by and sort by. */
bool compile_columns(struct arena *a, struct expander *x, const struct ocsf_mapping_file *file, struct plan *out);

/* Text as value tables compare it. */
size_t word_fold(struct str text, bool by_caption, char *out, size_t out_size);

#endif
