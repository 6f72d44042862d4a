#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/json/json.h"

void json_writer_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

/* Before a value or key: a comma unless it is the first of its container or stands behind its key. */
static void separate(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    unsigned d = w->depth;
    uint64_t bit = UINT64_C(1) << (d % 64);
    if (d == 0) return;
    if (w->comma_bits[d / 64] & bit) (void)buf_add_char(w->out, ',');
    w->comma_bits[d / 64] |= bit;
}

static void begin(struct json_writer *w, char bracket)
{
    separate(w);
    (void)buf_add_char(w->out, bracket);
    INVARIANT(w->depth + 1 < JSON_DEPTH_MAX);
    w->depth++;
    w->comma_bits[w->depth / 64] &= ~(UINT64_C(1) << (w->depth % 64));
}

static void end(struct json_writer *w, char bracket)
{
    INVARIANT(w->depth > 0 && !w->after_key);
    w->depth--;
    (void)buf_add_char(w->out, bracket);
}

void json_object_begin(struct json_writer *w)
{
    begin(w, '{');
}

void json_object_end(struct json_writer *w)
{
    end(w, '}');
}

void json_array_begin(struct json_writer *w)
{
    begin(w, '[');
}

void json_array_end(struct json_writer *w)
{
    end(w, ']');
}

static void write_quoted(struct json_writer *w, struct str text)
{
    (void)buf_add_char(w->out, '"');
    json_escape(w->out, text);
    (void)buf_add_char(w->out, '"');
}

void json_key_str(struct json_writer *w, struct str key)
{
    separate(w);
    write_quoted(w, key);
    (void)buf_add_char(w->out, ':');
    w->after_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_str(w, str_of(key));
}

void json_write_str(struct json_writer *w, struct str text)
{
    separate(w);
    write_quoted(w, text);
}

void json_write_cstr(struct json_writer *w, const char *text)
{
    if (text == NULL) {
        json_write_null(w);
    } else {
        json_write_str(w, str_of(text));
    }
}

void json_write_i64(struct json_writer *w, int64_t v)
{
    separate(w);
    (void)buf_addf(w->out, "%lld", (long long)v);
}

void json_write_u64(struct json_writer *w, uint64_t v)
{
    separate(w);
    (void)buf_addf(w->out, "%llu", (unsigned long long)v);
}

/* The shortest of 15 to 17 digits that reads back the same; what JSON cannot say becomes null. */
void json_write_double(struct json_writer *w, double v)
{
    char text[40] = "null";
    separate(w);
    for (int digits = 15; isfinite(v) && digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        double back = strtod(text, NULL);
        if (!(back < v) && !(back > v)) break;
    }
    (void)buf_add_str(w->out, str_of(text));
}

void json_write_bool(struct json_writer *w, bool v)
{
    separate(w);
    (void)buf_add_str(w->out, v ? STR("true") : STR("false"));
}

void json_write_null(struct json_writer *w)
{
    separate(w);
    (void)buf_add(w->out, "null", 4);
}

void json_write_raw(struct json_writer *w, struct str json)
{
    separate(w);
    (void)buf_add_str(w->out, json);
}
