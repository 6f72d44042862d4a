#include "face/api/ops/ops_rows.h"
#include "logic/respond/facts.h"

const char *severity_word(size_t i)
{
    return severity_name((enum fact_severity)i);
}

const char *status_word(size_t i)
{
    return status_name((enum fact_status)i);
}

const char *service_word(size_t i)
{
    return service_name((enum fact_service)i);
}

const char *handled_word(size_t i)
{
    return handled_name((enum fact_handled)i);
}
