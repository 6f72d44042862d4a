/* Any bytes as portcullis.yaml: settings within their bounds, or a refusal that names a cause. */
#include "state/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf c;
    struct err e = {0};
    struct str bytes = {(const char *)data, size};
    if (conf_parse(bytes, "fuzz", "/srv", &c, &e)) {
        INVARIANT(c.hunting_share_percent >= 1 && c.hunting_share_percent <= 100);
        INVARIANT(c.graph_url[0] == '\0' || conf_url_fault(str_of(c.graph_url)) == NULL);
    } else {
        INVARIANT(e.cause && e.text[0]);
    }
    (void)conf_url_fault(bytes);
    return 0;
}
