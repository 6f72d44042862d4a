/* The OCSF schema as tables: what the checker and the mapping compiler ask of it, for each version we know.
 *
 * The rows are constants that tools/gen-ocsf-tables writes out of the compiled schema (tables/v*.inc): nothing here
 * allocates, fails or locks, every pointer is static. A class and an object are both an `item`: a list of attributes with
 * constraints. Attributes are already resolved: inherited ones, those of profiles and extensions, and the observable id
 * (the attribute's own, else its object's, else the dictionary's, else its type's) are in the row. */
#ifndef LOGIC_OCSF_SCHEMA_INT_H
#define LOGIC_OCSF_SCHEMA_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/str.h"

/* ---- rows --------------------------------------------------------------------------------------------------------- */
enum schema_base { /* what a value is in JSON */
                   SCHEMA_STRING,
                   SCHEMA_INTEGER, /* 32 bits */
                   SCHEMA_LONG,    /* 64 bits */
                   SCHEMA_FLOAT,
                   SCHEMA_BOOLEAN,
                   SCHEMA_JSON,   /* any value */
                   SCHEMA_OBJECT, /* see schema_attr.object */
};

/* The schema's regular expressions, one function each (see schema_pattern_matches). */
enum schema_pattern {
    PATTERN_NONE,
    PATTERN_IP,
    PATTERN_MAC,
    PATTERN_EMAIL,
    PATTERN_UUID,
    PATTERN_DATETIME,        /* T and Z in either case */
    PATTERN_DATETIME_STRICT, /* T and Z upper case: before 1.5 */
    PATTERN_HOSTNAME,        /* before 1.5 only: no underscore, no blank */
    PATTERN_BASE64,
};

struct schema_type {
    const char *name; /* "ip_t", "timestamp_t", "object_t" */
    enum schema_base base;
    enum schema_pattern pattern;
    uint32_t char_max; /* Unicode characters; 0: no bound. A subtype without its own bound has its base's */
    bool has_range;
    int64_t low, high; /* both allowed */
};

struct schema_value { /* of an enum */
    const char *key;  /* "1"; of string enums the word itself */
    const char *caption;
    bool is_deprecated;
};

enum schema_requirement { SCHEMA_OPTIONAL, SCHEMA_RECOMMENDED, SCHEMA_REQUIRED };

struct schema_attr {
    const char *name;
    const struct schema_type *type;
    const struct schema_item *object;  /* NULL unless type->base is SCHEMA_OBJECT */
    const struct schema_value *values; /* NULL: no enum; sorted by key as text */
    const char *sibling;               /* the attribute that holds the caption ("activity_name"); NULL: none */
    uint16_t value_count;
    uint16_t profiles;  /* bits of schema.profiles; 0: always there, else only with one of these */
    uint8_t observable; /* type id an observable naming this must have; 0: none */
    uint8_t requirement;
    bool is_array;
    bool is_deprecated;
};

struct schema_constraint {
    bool is_just_one;         /* else at least one */
    const char *const *names; /* may be dotted */
    size_t count;
};

struct schema_item {
    const char *name;      /* "file_activity", "process" */
    const char *caption;   /* "File System Activity" */
    const uint16_t *attrs; /* indexes into schema.attrs, sorted by name */
    uint16_t attr_count;   /* 0: any keys */
    const struct schema_constraint *constraints;
    uint16_t constraint_count;
    uint16_t profiles;    /* a class: bits of what it supports */
    uint32_t uid;         /* of a class; 0 for objects and the base event */
    uint8_t extension_id; /* 0: core */
    bool is_deprecated;
};

struct schema_extension {
    const char *name; /* "win" */
    uint8_t uid;
    const char *version;
};

struct schema {
    const char *version;
    const struct schema_item *classes; /* by uid */
    size_t class_count;
    const struct schema_item *objects; /* by name */
    size_t object_count;
    const struct schema_attr *attrs;
    const char *const *profiles; /* bit i of a profile set is profiles[i] */
    size_t profile_count;
    const struct schema_extension *extensions;
    size_t extension_count;
};

extern const struct schema schema_1_8_0, schema_1_3_0;

/* ---- lookups: NULL is the answer "there is none" ----------------------------------------------------------------------- */
const struct schema *schema_of(const char *version); /* "1.8.0" (also for NULL), "1.3.0" */
const struct schema_item *schema_class(const struct schema *s, int64_t uid);
const struct schema_item *schema_class_named(const struct schema *s, struct str name);
const struct schema_item *schema_object(const struct schema *s, struct str name);

/* The i-th attribute of a class or object. */
const struct schema_attr *schema_attr_at(const struct schema *s, const struct schema_item *item, size_t i);
const struct schema_attr *schema_attr(const struct schema *s, const struct schema_item *item, struct str name);
/* The attribute at the end of a dotted path ("actor.process.file.hashes.value"); every part may carry "[]" or "[3]" if the
 * attribute there is an array. With `active` profiles (bits), each attribute on the way must be allowed by them; ~0 allows
 * all. NULL too where the path leaves the schema: into unmapped, into JSON, through a scalar. */
const struct schema_attr *schema_path(const struct schema *s, const struct schema_item *item, struct str path,
                                      uint16_t active);
static inline bool schema_attr_allowed(const struct schema_attr *a, uint16_t active)
{
    return a->profiles == 0 || (a->profiles & active) != 0;
}

const struct schema_value *schema_value(const struct schema_attr *a, struct str key);
const struct schema_value *schema_value_captioned(const struct schema_attr *a, struct str caption);
/* Caption of an integer enum value; NULL when `a` has no enum or not this value. */
const char *schema_caption(const struct schema_attr *a, int64_t value);

/* The bit of a profile in schema.profiles; 0 when unknown. */
uint16_t schema_profile(const struct schema *s, struct str name);

/* Does the text obey the schema's regular expression? No allocation, time linear in the text: fit for the hot path.
 * PATTERN_NONE matches everything. Stricter than the schema in one point: its address pattern forgets to escape the dots of
 * an IPv4 address, so that "1a2b3c4" passes; here it does not. */
bool schema_pattern_matches(enum schema_pattern pattern, struct str text);
/* Longer than its type allows, in characters (`text` is valid UTF-8)? */
bool schema_string_is_long(const struct schema_type *type, struct str text);
/* Does a string value obey its type: length and pattern? */
bool schema_string_fits(const struct schema_type *type, struct str text);

#endif
