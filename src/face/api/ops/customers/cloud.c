/* Microsoft's clouds, as data. */
#include "cloud/tenant/tenant.h"
#include "face/api/ops/ops.h"

static void write_address(struct json_writer *w, const char *cloud, const char *what, const char *url,
                          const char *audience)
{
    const char *const members[][2] = {{"cloud", cloud}, {"what", what}, {"url", url}, {"audience", audience}};
    if (url[0] == '\0' && audience[0] == '\0') return;
    json_object_begin(w);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_key(w, members[i][0]);
        json_write_cstr(w, members[i][1]);
    }
    json_object_end(w);
}

bool op_cloud_list(struct op_call *c, struct err *e)
{
    (void)e;
    json_object_begin(c->out);
    json_key(c->out, "addresses");
    json_array_begin(c->out);
    for (unsigned i = 0; i < cloud_profile_count; i++) {
        const struct cloud_profile *cloud = &cloud_profiles[i];
        write_address(c->out, cloud->name, "login", cloud->login_url, "");
        for (int api = 0; api < AUD_COUNT; api++)
            write_address(c->out, cloud->name, api_rows[api].name, cloud->apis[api].url, cloud->apis[api].audience);
    }
    for (const struct endpoint_region *r = endpoint_regions; r->name; r++)
        write_address(c->out, "global", r->name, r->url, cloud_profiles[0].apis[AUD_ENDPOINT].audience);
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}
