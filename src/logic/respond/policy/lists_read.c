/* `lists:` of a policy file: written there, or in files whose bytes are handed in. */
#include "logic/respond/policy/policy_int.h"

enum { LIST_FILE_MAX = 256 << 20, LISTS_MAX = 100 };

static bool read_kind(struct compiler *c, const struct yaml *v, enum list_kind *out)
{
    *out = LIST_KINDS;
    if (v == NULL) return true;
    if (!expect_text(c, v, "kind")) return false;
    for (size_t i = 0; i < LIST_KINDS; i++) {
        if (!str_eq(v->text, str_of(list_kind_names[i]))) continue;
        *out = (enum list_kind)i;
        return true;
    }
    return complain_unknown(c, v, "the kind", list_kind_names, LIST_KINDS);
}

static void add_to_digest(struct policy *p, struct str bytes)
{
    struct siphash h;
    siphash_init_fixed(&h);
    siphash_add(&h, &p->digest, sizeof p->digest);
    siphash_add(&h, bytes.p, bytes.n);
    p->digest = siphash_end(&h);
}

static bool take_file(struct compiler *c, struct value_list *l, const struct yaml *file, enum list_kind only)
{
    struct buf bytes;
    unsigned line;
    if (!expect_text(c, file, "file")) return false;
    if (c->files == NULL || c->files->list == NULL)
        return complain(c, file, POLICY_LIST, "this policy may not name files");
    buf_init(&bytes, LIST_FILE_MAX);
    struct err e = {0};
    bool ok = c->files->list(c->files->ctx, file->text, &bytes, &e);
    if (!ok)
        (void)complain(c, file, POLICY_LIST, "%s", e.text[0] ? e.text : "the file cannot be read");
    else if (!(ok = list_add_lines(l, buf_str(&bytes), only, &line)))
        (void)(line == 0
                   ? no_room(c)
                   : complain(c, file, POLICY_LIST, "line %u of \"%.*s\" is no %s", line, STR_ARG(file->text),
                              only < LIST_KINDS ? list_kind_names[only] : "hash, address, domain, URL or technique"));
    if (ok) add_to_digest(c->p, buf_str(&bytes));
    buf_done(&bytes);
    return ok;
}

static bool take_values(struct compiler *c, struct value_list *l, const struct yaml *v, enum list_kind only)
{
    for (size_t i = 0; i < value_count(v); i++) {
        const struct yaml *item = value_at(v, i);
        bool no_memory;
        if (!expect_text(c, item, "a list")) return false;
        if (list_add(l, item->text, only, &no_memory)) continue;
        if (no_memory) return no_room(c);
        return complain(c, item, POLICY_LIST, "this is no %s",
                        only < LIST_KINDS ? list_kind_names[only] : "hash, address, domain, URL or technique");
    }
    return true;
}

static bool take_list(struct compiler *c, struct value_list *l, const struct yaml *v)
{
    static const char *const keys[] = {"file", "values", "kind"};
    enum list_kind only;
    if (v->type != YAML_MAP) return take_values(c, l, v, LIST_KINDS);
    for (size_t i = 0; i < v->count; i++) {
        if (!is_known_key(c, &v->keys[i], "the word", keys, sizeof keys / sizeof *keys)) return false;
    }
    const struct yaml *file = yaml_get(v, "file"), *values = yaml_get(v, "values");
    if (file == NULL && values == NULL) return complain(c, v, POLICY_BAD, "a list wants file: or values:");
    return read_kind(c, yaml_get(v, "kind"), &only) && (values == NULL || take_values(c, l, values, only)) &&
           (file == NULL || take_file(c, l, file, only));
}

bool compile_lists(struct compiler *c, const struct yaml *v)
{
    struct policy *p = c->p;
    if (v->type != YAML_MAP) return complain(c, v, POLICY_BAD, "lists: is a map from names to lists");
    if (v->count > LISTS_MAX) return complain(c, v, POLICY_BAD, "at most %d lists", LISTS_MAX);
    p->lists = calloc(v->count + 1, sizeof *p->lists);
    if (p->lists == NULL) return no_room(c);
    for (size_t i = 0; i < v->count; i++) {
        struct value_list *l = &p->lists[p->list_count++];
        l->name = v->keys[i].text;
        if (!take_list(c, l, &v->items[i])) return false;
    }
    return true;
}
