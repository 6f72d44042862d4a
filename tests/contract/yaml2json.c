/* The contract's files for contract.py: each YAML file named, as a line of JSON. Plain words are read as JSON has them: numbers,
 * true and false (yes and no), null; everything in quotes is text. */
#include <stdio.h>

#include "kit/base/arena.h"
#include "kit/json/json.h"
#include "kit/sys/fs.h"
#include "kit/yaml/yaml.h"

static void write_scalar(struct json_writer *w, const struct yaml *v)
{
    struct json_fault fault;
    bool flag;
    char first = v->text.n ? v->text.p[0] : '\0';
    if (yaml_is_null(v))
        json_write_null(w);
    else if (yaml_bool(v, &flag))
        json_write_bool(w, flag);
    else if (!v->is_quoted && (first == '-' || (first >= '0' && first <= '9')) && json_check(v->text, &fault))
        json_write_raw(w, v->text);
    else
        json_write_str(w, v->text);
}

static void write_value(struct json_writer *w, const struct yaml *v)
{
    switch (v->type) {
    case YAML_SCALAR: write_scalar(w, v); break;
    case YAML_LIST:
        json_array_begin(w);
        for (size_t i = 0; i < v->count; i++) write_value(w, &v->items[i]);
        json_array_end(w);
        break;
    case YAML_MAP:
        json_object_begin(w);
        for (size_t i = 0; i < v->count; i++) {
            json_key_str(w, v->keys[i].text);
            write_value(w, &v->items[i]);
        }
        json_object_end(w);
        break;
    }
}

static bool print_file(const char *path, struct err *e)
{
    struct arena a;
    struct buf text, out;
    struct json_writer w;
    arena_init(&a, 64 << 20);
    buf_init(&text, 4 << 20);
    buf_init(&out, 64 << 20);
    const struct yaml *root = NULL;
    if (fs_read_all(fs_real(), path, 4 << 20, &text, e)) root = yaml_parse(&a, buf_str(&text), path, e);
    if (root) {
        json_writer_init(&w, &out);
        write_value(&w, root);
        puts(buf_cstr(&out));
    }
    buf_done(&out);
    buf_done(&text);
    arena_done(&a);
    return root != NULL;
}

int main(int argc, char **argv)
{
    struct err e;
    for (int i = 1; i < argc; i++) {
        if (print_file(argv[i], &e)) continue;
        (void)fprintf(stderr, "yaml2json: %s\n", e.text);
        return 1;
    }
    return 0;
}
