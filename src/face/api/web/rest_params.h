/* A request's path, query and body to an operation's parameters: pure, and where foreign bytes come in.
 *
 * A parameter keeps its name, with "_" for "-" and without "_file": tenant_id, secret. What the pattern has in braces comes
 * from the path; of GET and DELETE the others come from the query, else from the body. What names a file on the service's
 * machine, and what is the command line's alone, is not to be had. */
#ifndef FACE_API_REST_PARAMS_H
#define FACE_API_REST_PARAMS_H

#include "face/api/page.h"
#include "face/api/web/web_target.h"

enum { REST_NAME_BYTES = 48 };

struct rest_request {
    const char *method, *pattern; /* of the operation's row */
    const struct web_target *target;
    const struct json *body; /* NULL: none is read */
};
/* `page` is filled where the operation lists. Errors: API_BAD_PARAM, API_BAD_CURSOR. */
bool rest_params(struct arena *a, const struct operation *op, const struct rest_request *q, const struct json **out,
                 struct op_page *page, struct err *e);

/* "GET /api/v1/tenants": cut in two. */
void rest_split(const struct operation *op, char method_out[8], const char **pattern_out);
bool rest_is_listed(const struct operation *op); /* it has pages */
bool rest_has_etag(const char *pattern);         /* rest.c: GET of this path gives one, for If-Match */
bool rest_has_body(const char *method);
/* Where and how a parameter is given; REST_NOT: it is not. */
enum rest_place { REST_NOT, REST_PATH, REST_QUERY, REST_BODY };
enum rest_place rest_place_of(const struct operation *op, const struct param *p);
void rest_name(const struct param *p, char out[REST_NAME_BYTES]);

/* openapi.c: the whole document. */
void openapi_write(struct json_writer *w);

#endif
