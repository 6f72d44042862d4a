/* A merged tree to a variant: the head of its events, and blocks, which variants share that say the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/codes/code.h"
#include "logic/ocsf/compile/compile.h"

/* ---- pieces that last ------------------------------------------------------------------------------------------------------ */
/* NULL: no memory. */
static void *lasting(struct compiler *c, const void *p, size_t bytes)
{
    void *copy = arena_alloc(c->a, bytes + 1);
    if (copy && bytes) memcpy(copy, p, bytes);
    return copy;
}

/* What has been emitted from `from` on, taken from there. */
static bool take_ops(struct compiler *c, size_t from, struct block *out)
{
    struct op *ops = lasting(c, c->ops + from, (c->op_count - from) * sizeof *ops);
    if (ops == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < c->op_count - from; i++) {
        ops[i].next -= (uint32_t)from;
        c->profiles |= ops[i].profile;
    }
    out->ops = ops;
    out->op_count = (uint32_t)(c->op_count - from);
    c->op_count = from;
    bool has_code = !c->is_general && out->op_count < UINT16_MAX / 4;
    return !has_code || code_make(c, out) || compile_no_memory(c);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------ */
static void digest_text(struct siphash *h, struct str text)
{
    uint64_t length = text.n;
    siphash_add(h, &length, sizeof length);
    if (text.n) siphash_add(h, text.p, text.n);
}

static void digest_node(struct siphash *h, const struct node *n)
{
    uint32_t kind[] = {(uint32_t)n->type, n->is_quoted, (uint32_t)n->count};
    siphash_add(h, kind, sizeof kind);
    digest_text(h, n->text);
    for (size_t i = 0; i < n->count; i++) {
        if (n->type == YAML_MAP) digest_text(h, n->keys[i]);
        digest_node(h, &n->items[i]);
    }
}

/* What the mapping says there, as a number: the tree itself does not last. */
static struct hash128 digest_of(const struct node *n)
{
    struct siphash h;
    siphash_init_fixed(&h);
    digest_node(&h, n);
    return siphash_end(&h);
}

/* NULL: it has not been made yet. */
static const struct block *find_block(struct compiler *c, struct hash128 digest, const struct schema_attr *attr)
{
    for (size_t i = 0; i < c->block_count; i++) {
        const struct made_block *made = &c->blocks[i];
        if (made->attr != attr || !hash128_eq(made->digest, digest)) continue;
        c->profiles |= made->profiles;
        return made->block;
    }
    return NULL;
}

/* Made of what has been emitted from `from` on. NULL: an error. */
static const struct block *add_block(struct compiler *c, struct hash128 digest, const struct schema_attr *attr,
                                     const struct frame *frame, size_t from)
{
    struct block *b = ARENA_NEW(c->a, struct block);
    uint16_t before = c->profiles;
    struct made_block *more = realloc(c->blocks, (c->block_count + 1) * sizeof *more);
    if (more) c->blocks = more;
    if (b == NULL || more == NULL) {
        (void)compile_no_memory(c);
        return NULL;
    }
    b->frame = frame;
    c->profiles = 0;
    if (!take_ops(c, from, b)) return NULL;
    c->blocks[c->block_count++] = (struct made_block){digest, attr, b, c->profiles};
    c->profiles |= before;
    return b;
}

bool compile_block(struct compiler *c, const struct node *n, struct bits *b, const struct schema_attr *attr)
{
    struct bits none = {0};
    struct hash128 digest = digest_of(n);
    const struct block *block = find_block(c, digest, attr);
    size_t from = c->op_count;
    if (block == NULL && compile_attr(c, n, NULL, 0, &none, attr)) block = add_block(c, digest, attr, NULL, from);
    if (block == NULL) return false;
    struct op op = {
        .kind = OP_BLOCK, .bit = frame_bit(b, attr->name, false), .profile = block->ops->profile, .block = block};
    return compile_emit(c, op) != SIZE_MAX;
}

static bool compile_metadata(struct compiler *c, const struct node *event, struct bits *root, struct variant *v)
{
    const struct node *n = node_get(event, "metadata");
    const struct schema_item *item = schema_object(c->schema, STR("metadata"));
    struct bits bits = {0};
    const struct frame *frame;
    size_t from = c->op_count;
    if (n == NULL || n->type != YAML_MAP) return mapping_error(c->e, event->at, "metadata with a product is required");
    v->metadata_bit = frame_bit(root, "metadata", false);
    struct hash128 digest = digest_of(n);
    v->metadata = find_block(c, digest, NULL);
    if (v->metadata) return true;
    (void)snprintf(c->path, sizeof c->path, "metadata");
    bool ok = compile_required(c, n, item, STR("metadata")) && compile_frame(c, item, STR("metadata"), &bits, &frame) &&
              compile_members(c, n, item, 0, &bits, NULL);
    c->path[0] = '\0';
    if (ok) v->metadata = add_block(c, digest, NULL, frame, from);
    return v->metadata != NULL;
}

/* ---- the head ------------------------------------------------------------------------------------------------------------------ */
static bool head_part(struct compiler *c, struct buf *b, const char *id, const char *name, int64_t value)
{
    const struct schema_attr *attr = schema_attr(c->schema, c->class, str_of(id));
    const char *caption = attr ? schema_caption(attr, value) : NULL;
    if (caption == NULL) return false;
    (void)buf_addf(b, "%s\"%s\":%lld", b->n ? "," : "", id, (long long)value);
    if (name == NULL) return true;
    (void)buf_addf(b, ",\"%s\":\"", name);
    json_escape(b, str_of(caption));
    (void)buf_add_char(b, '"');
    return true;
}

static bool compile_head(struct compiler *c, const struct node *event, bool has_by, struct place at, struct variant *v)
{
    const struct node *n = node_get(event, "activity_id");
    int64_t activity, uid = c->class->uid;
    int64_t category = uid % 100000 / 1000;
    struct buf b = {0};
    if (n == NULL || n->type != YAML_SCALAR || !str_to_i64(n->text, &activity))
        return mapping_error(c->e, n ? n->at : at, "activity_id must be a constant of the class");
    bool is_other = activity == 99, is_named = node_get(event, "activity_name") != NULL;
    v->names_activity = is_other && !is_named && has_by;
    bool ok = head_part(c, &b, "class_uid", "class_name", uid) &&
              head_part(c, &b, "category_uid", "category_name", category) &&
              head_part(c, &b, "activity_id", is_other || is_named ? NULL : "activity_name", activity) &&
              head_part(c, &b, "type_uid", "type_name", uid * 100 + activity);
    if (!ok) {
        buf_done(&b);
        return mapping_error(c->e, n->at, "%s has no activity %lld in OCSF %s", c->class->name, (long long)activity,
                             c->schema->version);
    }
    v->head = b.failed ? STR_NONE : arena_str(c->a, buf_str(&b));
    buf_done(&b);
    return v->head.p != NULL || compile_no_memory(c);
}

/* ---- the variant --------------------------------------------------------------------------------------------------------------- */
/* Attributes that a profile makes required, once something else declares that profile. */
static bool compile_profiled(struct compiler *c, const struct node *event, struct bits *bits, struct variant *v)
{
    const struct schema_attr *attrs[64];
    uint64_t masks[64];
    size_t n = 0;
    for (size_t i = 0; i < c->class->attr_count && n < 64; i++) {
        const struct schema_attr *a = schema_attr_at(c->schema, c->class, i);
        if (a->requirement != SCHEMA_REQUIRED || !(a->profiles & c->profiles)) continue;
        if (node_get(event, a->name) == NULL)
            return mapping_error(c->e, event->at, "%s is required by a profile that this event uses", a->name);
        attrs[n] = a;
        masks[n++] = frame_bit(bits, a->name, false);
    }
    v->profiled = lasting(c, attrs, n * sizeof *attrs);
    v->profiled_bits = lasting(c, masks, n * sizeof *masks);
    v->profiled_count = n;
    return (v->profiled && v->profiled_bits) || compile_no_memory(c);
}

static void add_profiled_bits(struct compiler *c, struct bits *bits)
{
    for (size_t i = 0; i < c->class->attr_count; i++) {
        const struct schema_attr *a = schema_attr_at(c->schema, c->class, i);
        if (a->requirement == SCHEMA_REQUIRED && a->profiles) (void)frame_bit(bits, a->name, true);
    }
}

/* What the class requires; the head has the activity. */
static bool compile_event_frame(struct compiler *c, struct bits *bits, struct variant *v)
{
    const struct frame *made;
    struct frame *frame = ARENA_NEW(c->a, struct frame);
    if (frame == NULL) return compile_no_memory(c);
    if (!compile_frame(c, c->class, STR(""), bits, &made)) return false;
    *frame = *made;
    frame->required &= ~frame_bit(bits, "activity_id", false);
    v->frame = frame;
    add_profiled_bits(c, bits);
    return true;
}

bool compile_variant(struct compiler *c, const struct node *event, int64_t class_uid, bool has_by, struct place at,
                     const struct variant **out)
{
    struct bits bits = {0};
    struct variant *v = ARENA_NEW(c->a, struct variant);
    if (v == NULL) return compile_no_memory(c);
    c->class = schema_class(c->schema, class_uid);
    if (c->class == NULL)
        return mapping_error(c->e, at, "OCSF %s has no class %lld", c->schema->version, (long long)class_uid);
    c->op_count = 0;
    c->profiles = 0;
    c->path[0] = '\0';
    v->class = c->class;
    bool ok = compile_head(c, event, has_by, at, v) && compile_required(c, event, c->class, STR("")) &&
              compile_event_frame(c, &bits, v) && compile_members(c, event, c->class, 0, &bits, "metadata") &&
              take_ops(c, 0, &v->event) && compile_metadata(c, event, &bits, v) && compile_profiled(c, event, &bits, v);
    if (!ok) return false;
    v->bit_names = lasting(c, bits.names, bits.count * sizeof *bits.names);
    *out = v;
    return v->bit_names != NULL || compile_no_memory(c);
}
