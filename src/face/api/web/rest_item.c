#include "face/api/web/rest_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kit/base/hash.h"

enum { ITEM_ARENA_BYTES = 512 << 20, HALF = 17 /* the quote and 16 digits */ };

/* ---- one of a list -------------------------------------------------------------------------------------------------------------- */

static bool is_given(const struct json *params, const char *name)
{
    return json_str(json_get(params, name), STR_NONE).n > 0;
}

static bool is_wanted(const struct op_one *one, const struct json *item, const struct item_wanted *wanted)
{
    const struct json *key = json_get(item, one->key);
    if (key == NULL || !str_eq_nocase(key->text, wanted->name)) return false;
    if (one->level == NULL) return true;
    const char *level = is_given(wanted->params, "tenant") ? "tenant"
                        : is_given(wanted->params, "org")  ? "organization"
                                                           : "account";
    return str_eq(json_str(json_get(item, one->level), STR_NONE), str_of(level));
}

static void write_group(const struct operation *list, const struct json *items, const struct item_wanted *wanted,
                        struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, list->list);
    json_array_begin(&w);
    for (size_t i = 0; i < items->count; i++)
        if (is_wanted(&list->one, &items->items[i], wanted)) json_write_raw(&w, items->items[i].raw);
    json_array_end(&w);
    json_object_end(&w);
}

bool rest_item(const struct operation *list, struct str result, const struct item_wanted *wanted, struct buf *out,
               struct err *e)
{
    struct arena arena;
    arena_init(&arena, ITEM_ARENA_BYTES);
    const struct json *root = json_parse(&arena, result, e), *items = json_get(root, list->list), *found = NULL;
    for (size_t i = 0; items && !found && i < items->count; i++)
        if (is_wanted(&list->one, &items->items[i], wanted)) found = &items->items[i];
    bool ok = root != NULL;
    if (ok && found == NULL)
        ok = err_set(e, &api_causes[API_NO_ITEM], "%s has no \"%.*s\"", list->name,
                     STR_ARG(str_sub(wanted->name, 0, NAME_BYTES)));
    if (ok && list->one.is_group) write_group(list, items, wanted, out);
    if (ok && !list->one.is_group) (void)buf_add_str(out, found->raw);
    arena_done(&arena);
    return ok && (!out->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "the answer"));
}

const struct json *rest_item_params(struct arena *a, const struct operation *list, const struct json *change)
{
    struct json *out = ARENA_NEW(a, struct json);
    struct json_member *members = arena_alloc(a, (change->count + 1) * sizeof *members);
    if (out == NULL || members == NULL) return NULL;
    *out = (struct json){.type = JSON_OBJECT, .members = members};
    for (size_t i = 0; i < change->count; i++)
        if (op_param(list, change->members[i].key)) members[out->count++] = change->members[i];
    return out;
}

/* ---- ETags ---------------------------------------------------------------------------------------------------------------------- */

static bool is_live(const struct column *columns, struct str key)
{
    for (const struct column *k = columns; k && k->key; k++)
        if (str_eq(key, str_of(k->key))) return (k->type & MEMBER_LIVE) != 0;
    return false;
}

/* Without what changes by itself. */
static uint64_t hash_of_kept(const struct column *columns, struct str thing)
{
    struct arena arena;
    struct buf kept;
    struct err ignored; /* what does not parse is hashed as it is */
    arena_init(&arena, ITEM_ARENA_BYTES);
    buf_init(&kept, 0);
    const struct json *root = json_parse(&arena, thing, &ignored);
    if (root == NULL || root->type != JSON_OBJECT) (void)buf_add_str(&kept, thing);
    for (size_t i = 0; root && i < root->count; i++) {
        const struct json_member *m = &root->members[i];
        if (is_live(columns, m->key)) continue;
        (void)buf_add_str(&kept, m->key);
        (void)buf_add_char(&kept, ':');
        (void)buf_add_str(&kept, m->value.raw);
    }
    uint64_t hash = kept.failed ? hash64_of(thing.p, thing.n) : hash64_of(kept.p, kept.n);
    buf_done(&kept);
    arena_done(&arena);
    return hash;
}

static bool has_live(const struct column *columns)
{
    for (const struct column *k = columns; k && k->key; k++)
        if (k->type & MEMBER_LIVE) return true;
    return false;
}

void etag_of(const struct operation *op, bool is_one, struct str thing, struct str answer, char out[ETAG_BYTES])
{
    const struct column *columns = is_one ? op->columns : op->shape;
    uint64_t kept = has_live(columns) ? hash_of_kept(columns, thing) : hash64_of(thing.p, thing.n);
    (void)snprintf(out, ETAG_BYTES, "\"%016" PRIx64 "-%016" PRIx64 "\"", kept, hash64_of(answer.p, answer.n));
}

/* "a", "b", or *; a weak one compares as a strong one. */
static bool names(const char *header, struct str etag)
{
    struct str rest = str_of(header);
    while (rest.n) {
        struct str one = str_trim(str_cut(&rest, ','));
        if (str_starts(one, STR("W/"))) one = str_sub(one, 2, one.n);
        if (str_eq(one, STR("*")) || str_eq(str_sub(one, 0, etag.n), etag)) return true;
    }
    return false;
}

bool etag_is_known(const char *header, const char *etag)
{
    return names(header, str_of(etag));
}

bool etag_is_current(const char *header, const char *etag)
{
    return names(header, str_sub(str_of(etag), 0, HALF + 1));
}
