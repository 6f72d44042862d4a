#include "cloud/net/net_int.h"

static void keep(struct str value, char *out, size_t out_size)
{
    (void)str_copy(str_sub(value, 0, out_size - 1), out, out_size);
}

/* "HTTP/1.1 200 OK", "HTTP/2 429". */
static int status_of(struct str line)
{
    uint64_t status;
    (void)str_cut(&line, ' ');
    return str_to_u64(str_cut(&line, ' '), &status) && status < 1000 ? (int)status : 0;
}

void response_header(struct http_response *r, struct str line, struct wall now)
{
    line = str_trim(line);
    if (str_starts(line, STR("HTTP/"))) {
        *r = (struct http_response){.status = status_of(line)};
        return;
    }
    struct str value = line, name = str_cut(&value, ':');
    value = str_trim(value);
    if (str_eq_nocase(name, STR("Content-Encoding")))
        r->is_gzip = str_eq_nocase(value, STR("gzip")) || str_eq_nocase(value, STR("x-gzip"));
    else if (str_eq_nocase(name, STR("Content-Type")))
        keep(value, r->content_type, sizeof r->content_type);
    else if (str_eq_nocase(name, STR("request-id")) || str_eq_nocase(name, STR("x-ms-request-id")))
        keep(value, r->request_id, sizeof r->request_id);
    else if (str_eq_nocase(name, STR("Warning")))
        keep(value, r->warning, sizeof r->warning);
    else if (str_eq_nocase(name, STR("Date")))
        (void)http_date_parse(value, &r->date);
    else if (str_eq_nocase(name, STR("Retry-After")))
        r->retry_after_ms = retry_after_parse(value, now);
}
