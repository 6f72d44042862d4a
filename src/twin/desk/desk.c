/* Rooms, mails, and the switches of the desk under /twin/. */
#include <stdio.h>
#include <stdlib.h>

#include "twin/desk/desk_int.h"

struct desk *desk_new(struct clock clock)
{
    struct desk *d = calloc(1, sizeof *d);
    if (d == NULL) return NULL;
    d->clock = clock;
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

void desk_free(struct desk *d)
{
    if (d == NULL) return;
    for (size_t i = 0; i < d->post_count; i++) free(d->posts[i].text);
    for (size_t i = 0; i < d->call_count; i++) {
        free(d->calls[i].spoken);
        free(d->calls[i].parameters);
    }
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* The lock is held. NULL: full, or no memory. */
static struct desk_post *new_post(struct desk *d, const char *room, struct str text)
{
    if (d->post_count == DESK_KEPT_MAX) return NULL;
    struct desk_post *p = &d->posts[d->post_count];
    *p = (struct desk_post){.at = clock_wall(&d->clock), .text = str_dup(text), .bytes = text.n};
    if (p->text == NULL || !str_copy(str_of(room), p->room, sizeof p->room)) {
        free(p->text);
        return NULL;
    }
    d->post_count++;
    return p;
}

void desk_mail(struct desk *d, struct str sender, struct str recipient, struct str user, bool is_tls,
               struct str message)
{
    pthread_mutex_lock(&d->lock);
    struct desk_post *p = new_post(d, "mail", message);
    if (p) {
        (void)str_copy(sender, p->sender, sizeof p->sender);
        (void)str_copy(recipient, p->recipient, sizeof p->recipient);
        (void)str_copy(user, p->user, sizeof p->user);
        p->is_tls = is_tls;
    }
    pthread_mutex_unlock(&d->lock);
}

void desk_set_mail(struct desk *d, uint16_t port)
{
    d->mail_port = port;
}

/* ---- what came in -------------------------------------------------------------------------------------------------------------- */

static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

static void write_post(struct json_writer *w, const struct desk_post *p)
{
    char when[WALL_TEXT_BYTES];
    (void)wall_format(p->at, when);
    json_object_begin(w);
    member(w, "room", p->room);
    member(w, "at", when);
    if (p->sender[0]) {
        member(w, "from", p->sender);
        member(w, "to", p->recipient);
        member(w, "user", p->user);
        json_key(w, "tls");
        json_write_bool(w, p->is_tls);
    }
    member(w, "signature", p->signature);
    member(w, "timestamp", p->timestamp);
    member(w, "delivery", p->delivery);
    json_key(w, "text");
    json_write_str(w, (struct str){p->text, p->bytes});
    json_object_end(w);
}

static void list_posts(struct desk *d, bool is_mail, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_array_begin(&w);
    for (size_t i = 0; i < d->post_count; i++)
        if ((strcmp(d->posts[i].room, "mail") == 0) == is_mail) write_post(&w, &d->posts[i]);
    json_array_end(&w);
}

static void copy_header(const struct http_exchange *x, const char *name, char *out, size_t size)
{
    (void)str_copy(str_of(exchange_header(x, name)), out, size);
}

static void take_post(struct desk *d, struct http_exchange *x, const char *room)
{
    struct desk_post *p = new_post(d, room, exchange_body(x));
    if (p == NULL) return;
    copy_header(x, "Portcullis-Signature", p->signature, sizeof p->signature);
    copy_header(x, "Portcullis-Timestamp", p->timestamp, sizeof p->timestamp);
    copy_header(x, "Portcullis-Delivery", p->delivery, sizeof p->delivery);
}

/* ---- switches ------------------------------------------------------------------------------------------------------------------- */

static void set_phone(struct desk *d, const struct json *v)
{
    struct str number = json_str(json_get(v, "number"), STR_NONE);
    char text[32];
    if (!str_copy(number, text, sizeof text)) return;
    struct desk_phone *p = voice_phone(d, text);
    if (p == NULL) return;
    (void)str_copy(json_str(json_get(v, "keys"), STR_NONE), p->keys, sizeof p->keys);
    (void)str_copy(json_str(json_get(v, "pin"), STR_NONE), p->pin, sizeof p->pin);
    (void)str_copy(json_str(json_get(v, "manner"), STR("human")), p->manner, sizeof p->manner);
    p->answers_ms = json_i64(json_get(v, "answers_after_ms"), p->answers_ms);
    p->presses_ms = json_i64(json_get(v, "presses_after_ms"), p->presses_ms);
}

static void set_fault(struct desk *d, const struct json *v)
{
    (void)str_copy(json_str(json_get(v, "next"), STR_NONE), d->fault, sizeof d->fault);
    d->faults = (unsigned)json_i64(json_get(v, "count"), 1);
    d->retry_after_s = (unsigned)json_i64(json_get(v, "retry_after"), 1);
}

static bool read_switch(struct desk *d, struct http_exchange *x, void (*set)(struct desk *d, const struct json *v))
{
    struct arena a;
    struct err e;
    arena_init(&a, 1 << 20);
    const struct json *v = json_parse(&a, exchange_body(x), &e);
    if (v) set(d, v);
    arena_done(&a);
    return v != NULL;
}

/* ---- requests ------------------------------------------------------------------------------------------------------------------- */

void desk_reply_json(struct http_exchange *x, int status, const struct buf *json)
{
    reply_status(x, status);
    reply_body(x, buf_str(json), "application/json");
}

static bool is_path(const char *path, const char *what)
{
    return strcmp(path, what) == 0;
}

/* One post to a room, answered as that kind of room does. */
static void handle_hook(struct desk *d, struct http_exchange *x, const char *room, struct buf *out)
{
    bool is_slack = strncmp(room, "slack", 5) == 0;
    take_post(d, x, room);
    buf_add_str(out, is_slack ? STR("ok") : STR("{}"));
    reply_status(x, strncmp(room, "teams", 5) == 0 ? 202 : 200);
    reply_body(x, buf_str(out), is_slack ? "text/html" : "application/json");
}

static void handle_pager(struct desk *d, struct http_exchange *x, struct buf *out)
{
    struct arena a;
    struct err e;
    arena_init(&a, 1 << 20);
    const struct json *v = json_parse(&a, exchange_body(x), &e);
    bool ok =
        json_str(json_get(v, "routing_key"), STR_NONE).n > 0 && json_str(json_get(v, "event_action"), STR_NONE).n > 0;
    struct str key = json_str(json_get(v, "dedup_key"), STR_NONE);
    if (ok) take_post(d, x, "pagerduty");
    if (ok)
        buf_addf(out, "{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":\"%.*s\"}", STR_ARG(key));
    else
        buf_add_str(
            out,
            STR("{\"status\":\"invalid event\",\"message\":\"Event object is invalid\",\"errors\":[\"routing_key or "
                "event_action is missing\"]}"));
    arena_done(&a);
    desk_reply_json(x, ok ? 202 : 400, out);
}

static bool handle(struct desk *d, struct http_exchange *x, struct buf *out)
{
    const char *path = exchange_path(x);
    bool is_post = strcmp(exchange_method(x), "POST") == 0;
    int status = 200;
    if (strncmp(path, "/twin/hooks/", 12) == 0 && is_post)
        handle_hook(d, x, path + 12, out);
    else if (is_path(path, "/v2/enqueue") && is_post)
        handle_pager(d, x, out);
    else if (is_path(path, "/twin/hooks") || is_path(path, "/twin/mails")) {
        list_posts(d, is_path(path, "/twin/mails"), out);
        desk_reply_json(x, 200, out);
    } else if (is_path(path, "/twin/mailbox")) {
        buf_addf(out, "{\"address\":\"smtp://127.0.0.1:%u\"}", d->mail_port);
        desk_reply_json(x, 200, out);
    } else if (is_path(path, "/twin/calls")) {
        voice_list(d, out);
        desk_reply_json(x, 200, out);
    } else if (is_path(path, "/twin/phones") || is_path(path, "/twin/phones/faults")) {
        bool ok = is_post && read_switch(d, x, is_path(path, "/twin/phones") ? set_phone : set_fault);
        buf_add_str(out, ok ? STR("{}") : STR("{\"error\":\"a POST with a JSON object is needed\"}"));
        desk_reply_json(x, ok ? 200 : 400, out);
    } else if (voice_is_ours(path)) {
        voice_handle(d, x, out, &status);
        if (status == 0)
            reply_nothing(x);
        else
            desk_reply_json(x, status, out);
    } else
        return false;
    return true;
}

bool desk_handle(struct desk *d, struct http_exchange *x)
{
    struct buf out;
    buf_init(&out, 0);
    pthread_mutex_lock(&d->lock);
    bool is_ours = handle(d, x, &out);
    pthread_mutex_unlock(&d->lock);
    buf_done(&out);
    return is_ours;
}
