/* Inside the mapping engine: what a mapping file compiles to.
 *
 * A *plan* is one source. Its *shapes* are the objects that are read: the row itself (shape 0), objects inside columns
 * (`AdditionalFields.RuleId`, `$in`) and the elements of arrays (`$each`). Each name of a shape has a *slot*; reading an
 * object puts each known member's slice into its slot. A *variant* is one row of `choose`, merged and compiled: a flat array
 * of *ops* in output order, each knowing where its children end. Running a variant walks the ops and writes; an object that
 * comes out empty or lacks what the schema requires is taken back. The object under an attribute of the event is a *block*, which
 * all variants share that say the same of it.
 *
 * All of it is constant once compiled and lives in the arena of its `ocsf`. */
#ifndef LOGIC_OCSF_PLAN_INT_H
#define LOGIC_OCSF_PLAN_INT_H

#include "kit/base/arena.h"
#include "kit/json/json.h"
#include "logic/ocsf/check/schema_int.h"
#include "logic/ocsf/ocsf.h"

enum {
    NO_SLOT = 0xFFFF,
    NO_SHAPE = 0xFFFF,
    PLAN_SLOTS_MAX = 4000,
    ARRAY_NEST_MAX = 4,    /* arrays inside arrays, in output paths */
    OBSERVABLES_MAX = 512, /* of one event, whatever is asked for */
    TWINS_MAX = 512,       /* columns that are told as observables, each as often as there are types of it */
    LIST_ITEMS_MAX = 4096, /* elements taken of one array; the rest stays in unmapped */
    RAW_DEPTH_MAX = 64,    /* a deeper value is written as text, so that the event stays within JSON_DEPTH_MAX */
    EVENT_BYTES_MAX = 16 << 20,
};

/* ---- reading ---------------------------------------------------------------------------------------------------------- */
struct shape {
    const struct str *names; /* lower case */
    uint16_t *slots;         /* parallel to names */
    uint16_t name_count;
    uint16_t self_slot;   /* the object or element as a whole */
    uint16_t parent_slot; /* where the object is found; NO_SLOT: the row, or set by $each */
    uint16_t parent_shape;
    uint16_t *table; /* hash → index in names + 1; 0: free */
    uint32_t mask;
};

/* ---- expressions -------------------------------------------------------------------------------------------------------- */
struct word {         /* a row of a value table: word → JSON token and, for enums, its caption as a token */
    struct str text;  /* folded by the table's fold */
    struct str token; /* p == NULL: left out */
    struct str caption;
};
struct word_table {
    struct word *words; /* sorted by text */
    size_t count;
    struct word fallback;           /* `'*'`; token.p == NULL: none */
    bool by_caption;                /* words are captions: compared without blanks, '-', '_' */
    bool knows_other;               /* unknown words become 99 with the word as caption */
    const struct word_codes *codes; /* made of it for the sibling below (code.h); NULL: not yet */
    const void *codes_for;
};

enum converter {
    CONV_TABLE,
    CONV_NONZERO,
    CONV_LOWER,
    CONV_UPPER,
    CONV_TRIM,
    CONV_FIRST_LABEL,
    CONV_DOMAIN,
    CONV_FILE_NAME,
    CONV_FOLDER,
    CONV_EXTENSION,
    CONV_BEFORE,
    CONV_AFTER,
    CONV_AFTER_LAST,
    CONV_ADDRESS,
    CONV_IP_VERSION,
    CONV_USER_TYPE,
    CONV_NOT,
    CONV_MATCHES,
    CONV_HAS,
    CONV_BUT,
    CONV_TEXT,
    CONV_JSON,
    CONV_FIRST,
    CONV_JOIN,
    CONV_SPLIT,
    CONV_DISTINCT,
    CONV_TECHNIQUE,
    CONV_SUB_TECHNIQUE,
    CONV_TECHNIQUE_NAME,
    CONV_TECHNIQUE_TITLE,
    CONV_SUB_TECHNIQUE_TITLE,
    CONV_TACTIC,
    CONV_TACTIC_NAME,
    CONV_URL_SCHEME,
    CONV_URL_HOST,
    CONV_URL_PATH,
    CONV_URL_QUERY,
    CONV_URL_PORT,
    CONV_IS_URL,
    CONV_COUNTRY,
    CONV_IS_PATH,
};
struct step {
    enum converter converter;
    struct str arg;
    const struct word_table *table;
};
enum source { SOURCE_SLOT, SOURCE_CONST, SOURCE_UID, SOURCE_TABLE, SOURCE_RECEIVED };
struct chain { /* a source and the converters behind it */
    enum source source;
    uint16_t shape, slot;
    const struct str *members; /* `comments[].comment`: members to follow inside each element */
    uint16_t member_count;
    bool is_list; /* `[]` */
    uint16_t step_count;
    struct str constant; /* token */
    const struct step *steps;
};
enum expr_kind { EXPR_FIRST, EXPR_JOIN, EXPR_CONCAT, EXPR_ANY };
struct condition;
struct expr {
    enum expr_kind kind;
    bool joins_path;              /* JOIN: with the kind of slash that the first part has */
    const struct condition *when; /* a part of ANY; NULL: always */
    union {
        struct { /* FIRST */
            const struct chain *chains;
            size_t chain_count;
        };
        struct { /* JOIN, CONCAT; ANY: the first that comes about */
            const struct expr *parts;
            size_t part_count;
            struct str separator;
        };
    };
};

/* ---- conditions ----------------------------------------------------------------------------------------------------------- */
enum test_kind { TEST_PRESENT, TEST_ABSENT, TEST_EQUALS, TEST_DIFFERS, TEST_STARTS, TEST_SAME };
struct test {
    enum test_kind kind;
    const struct chain *a, *b; /* b: SAME */
    const struct str *words;   /* EQUALS, DIFFERS, STARTS */
    size_t word_count;
};
struct condition {
    const struct test *tests;
    size_t count;
};

/* How an attribute's type wants its value written. */
enum fit {
    FIT_STRING,
    FIT_MAC,
    FIT_PORT,
    FIT_INTEGER,
    FIT_LONG,
    FIT_TIME,
    FIT_FLOAT,
    FIT_BOOL,
    FIT_JSON,
    FIT_OBJECT,
    FIT_ENUM
};

/* ---- ops --------------------------------------------------------------------------------------------------------------------- */
enum op_kind {
    OP_OBJECT, /* children follow */
    OP_ARRAY,  /* elements follow: OBJECT, FIRST, EACH */
    OP_EACH,   /* its one child once for each element; a single one: for the first that comes about */
    OP_FIRST,  /* the first child that comes about */
    OP_LEAF,
    OP_CONST,
    OP_BLOCK, /* what variants share */
};
struct frame { /* what an object must have to be written */
    uint64_t required;
    const uint64_t *at_least_one; /* each: one of these bits */
    size_t at_least_one_count;
    const uint64_t *just_one;
    size_t just_one_count;
};
struct told {           /* how an observable is told: all that stands in front of its value */
    struct str path;    /* "file.hashes[].value" */
    struct str text;    /* and what stands between that and the value */
    struct str literal; /* all of it, its comma first; p == NULL: several indexes are in the path */
    uint32_t index_at;  /* where in the literal the one index is, of one digit; 0: none */
};
struct op {
    uint8_t kind;                 /* enum op_kind */
    uint8_t fit;                  /* LEAF: enum fit */
    uint8_t observable;           /* LEAF: type id; 0: none */
    bool is_always, is_constant;  /* OBJECT: write though only constants are in it; has nothing but constants */
    bool is_time;                 /* the event's time */
    bool is_single;               /* EACH: one object, not an array */
    uint16_t twin;                /* LEAF with observable: a number for the column as this type; 0: none */
    uint16_t profile;             /* the profile its presence declares; 0: none */
    uint32_t next;                /* index behind this op and its children */
    uint64_t bit;                 /* in the frame of the object around it */
    struct str key;               /* "\"pid\":"; empty for elements */
    const struct condition *when; /* NULL: always */
    union {
        const struct frame *frame;    /* OBJECT */
        const struct block *block;    /* BLOCK */
        struct str text;              /* CONST: behind the key, caption included */
        struct {                      /* EACH */
            const struct chain *each; /* the array */
            uint16_t shape;           /* of the element */
        };
        struct { /* LEAF */
            const struct expr *expr;
            const struct schema_attr *attr;
            struct str sibling_key;  /* of an enum: "\"status\":"; empty: no caption */
            const struct told *told; /* as an observable */
        };
    };
};
struct block { /* what variants share: an attribute of the event with all that is in it, or the members of metadata */
    const struct op *ops;
    uint32_t op_count;
    const struct code_block *code; /* the same, fast (code.h); NULL: ops only */
    const struct frame *frame;     /* of metadata */
};

struct variant {
    const struct schema_item *class;
    struct str head;     /* class_uid … type_name, rendered */
    bool names_activity; /* activity 99 without a name: it is the word of `choose.by` */
    struct block event;
    const struct block *metadata;
    const struct frame *frame;
    uint64_t metadata_bit;
    const char *const *bit_names;              /* of the event's frame: what each bit stands for */
    const struct schema_attr *const *profiled; /* root attributes required by a profile */
    const uint64_t *profiled_bits;
    size_t profiled_count;
};

/* ---- the plan --------------------------------------------------------------------------------------------------------------------- */
struct choice { /* one row of choose: first that holds */
    const struct condition *when;
    const struct variant *variant;
};
struct choice_list {
    struct str word;    /* lower case; of a table */
    struct str written; /* as the file has it */
    const struct choice *choices;
    size_t count;
};
enum slot_mark { SLOT_KEPT = 1, SLOT_DROPPED = 2, SLOT_SILENT = 4, SLOT_OPENED = 8 /* a shape is inside */ };
enum cursor_kind { CURSOR_TIME, CURSOR_UPDATE, CURSOR_SNAPSHOT };

struct silence { /* words of a column that say nothing */
    uint16_t slot;
    const struct str *words;
    size_t count;
    size_t raw_max; /* of a value that may be one of them, each byte as \uXXXX */
};

struct plan {
    uint64_t serial; /* no two plans have the same: what a scratch has learned of one is not taken for another's */
    const char *source;
    struct str name; /* the same, with its length */
    bool is_base;    /* of rows that no other plan fits */
    const struct schema *schema;
    const struct shape *shapes;
    size_t shape_count;
    size_t slot_count;
    struct str by_written;
    const struct chain *by;          /* NULL: choices are a list */
    const struct choice_list *lists; /* sorted by word; without `by` exactly one */
    size_t list_count;
    const struct choice_list *fallback; /* `'*'`; NULL: none */

    const struct ocsf_homeless *homeless;
    size_t homeless_count;
    const struct silence *silent;
    size_t silent_count;
    const uint16_t *required; /* slots of `requires` */
    size_t required_count;
    const uint16_t *keep, *drop;
    size_t keep_count, drop_count;

    const uint8_t *slot_marks; /* by slot: enum slot_mark */

    const uint16_t *identity; /* slots, in hashing order; NULL: whole content */
    const struct str *identity_names;
    const uint64_t *identity_words; /* the names as the hash takes them in */
    size_t identity_count;
    uint16_t id_slot;          /* NO_SLOT: none */
    const struct str *without; /* columns outside the content hash, lower case */
    size_t without_count;
    bool counts_update; /* the cursor's time is part of the identity, whichever column holds it */
    bool has_no_uid;    /* events without metadata.uid; ingest knows rows by their identity all the same */
    enum cursor_kind cursor;
    const uint16_t *cursor_slots; /* the first that holds a time */
    size_t cursor_count;
};

struct plan_entry;
struct ocsf {
    _Atomic unsigned references;
    struct arena arena;
    struct ocsf_opts opts; /* files included */
    const struct schema *schema;
    bool raw_data, is_best_fit;
    unsigned observables_max;
    struct plan_entry *entries; /* sorted by source */
    size_t entry_count;
    const struct plan *base;
};
const struct plan *ocsf_plan_at(const struct ocsf *o, size_t i); /* i < entry_count */
/* The plan, or, as long as nobody wants it whole, one that has only its columns: all that guessing whose a row is needs of sixty. */
const struct plan *ocsf_columns_at(const struct ocsf *o, size_t i);

/* ---- the rest of the room -------------------------------------------------------------------------------------------------------------- */
enum fit fit_of(const struct schema_attr *attr);
extern const struct ocsf_mapping_file ocsf_builtin_files[]; /* embedded; fragments are named "common/NAME.yaml" */
extern const size_t ocsf_builtin_count;

#endif
