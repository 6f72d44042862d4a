/* Graph's applications(appId='…'): a registration's secrets and certificates, as its home tenant shows them; never a value. */
#include <stdio.h>
#include <string.h>

#include "kit/json/json.h"
#include "twin/calls.h"
#include "twin/world/draw.h"

enum { LABEL_KEY = 31, HALF_A_YEAR_DAYS = 180, HINT_BYTES = 3 };

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void write_time(struct json_writer *w, const char *key, struct wall t)
{
    char text[WALL_TEXT_BYTES];
    wall_format_digits(t, 0, text);
    member(w, key, text);
}

static void write_secret(const struct exchange *x, struct json_writer *w, const char *secret, struct wall ends,
                         uint64_t label)
{
    char key_id[37];
    if (secret[0] == '\0') return;
    if (ends.ticks == 0) ends = wall_add(x->clock, HALF_A_YEAR_DAYS * WALL_TICKS_PER_DAY);
    draw_guid(label, LABEL_KEY, key_id);
    json_object_begin(w);
    json_key(w, "customKeyIdentifier");
    json_write_null(w);
    member(w, "displayName", "portcullis");
    write_time(w, "endDateTime", ends);
    json_key(w, "hint");
    json_write_str(w, (struct str){secret, HINT_BYTES});
    member(w, "keyId", key_id);
    json_key(w, "secretText");
    json_write_null(w);
    write_time(w, "startDateTime", wall_add(x->clock, -WALL_TICKS_PER_DAY));
    json_object_end(w);
}

static void write_certificate(struct json_writer *w, const struct app_certificate *c, uint64_t label)
{
    char hex[41], key_id[37];
    for (size_t i = 0; i < sizeof c->facts.sha1; i++) (void)snprintf(hex + 2 * i, 3, "%02X", c->facts.sha1[i]);
    draw_guid(label, LABEL_KEY, key_id);
    json_object_begin(w);
    member(w, "customKeyIdentifier", hex);
    write_time(w, "endDateTime", c->facts.until);
    member(w, "keyId", key_id);
    write_time(w, "startDateTime", c->facts.from);
    member(w, "type", "AsymmetricX509Cert");
    member(w, "usage", "Verify");
    json_object_end(w);
}

static void write_registration(const struct exchange *x, struct json_writer *w, const struct twin_app *app)
{
    uint64_t label = 1;
    json_object_begin(w);
    member(w, "@odata.context", "https://graph.microsoft.com/v1.0/$metadata#applications/$entity");
    member(w, "appId", app->client_id);
    member(w, "displayName", "Portcullis");
    json_key(w, "passwordCredentials");
    json_array_begin(w);
    write_secret(x, w, app->client_secret, app->secret_ends, label++);
    write_secret(x, w, app->second_secret, app->second_ends, label++);
    json_array_end(w);
    json_key(w, "keyCredentials");
    json_array_begin(w);
    for (unsigned i = 0; i < app->certificate_count; i++) write_certificate(w, &app->certificates[i], label++);
    json_array_end(w);
    json_object_end(w);
}

/* The registration is in its home tenant alone: a tenant's own application in that tenant. */
void registration_handle(struct exchange *x, struct str none)
{
    const struct twin_app *app = &x->tenant->app;
    struct json_writer w;
    struct buf out;
    char wanted[64];
    (void)none;
    (void)snprintf(wanted, sizeof wanted, "appId='%s'", app->client_id);
    if (!str_eq_nocase(x->args, str_of(wanted))) {
        answer_graph_error(x, 404, "Request_ResourceNotFound",
                           "Resource does not exist or one of its queried "
                           "reference-property objects are not present.");
        return;
    }
    buf_init(&out, 1 << 20);
    json_writer_init(&w, &out);
    write_registration(x, &w, app);
    answer_bytes(x, 200, "application/json; odata.metadata=minimal", &out);
}
