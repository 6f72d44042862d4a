/* Inside the mapping engine: a URL, or a bare host name, into its parts. */
#ifndef LOGIC_OCSF_URL_H
#define LOGIC_OCSF_URL_H

#include "kit/base/str.h"

struct url {
    struct str scheme, host, port, path, query;
};
struct url url_parts(struct str text);

#endif
