#include "flow/act/act.h"

const struct cause act_causes[ACT_CAUSE_COUNT] = {
    [ACT_STOPPED] = {"act.stopped", ERR_RETRY, "the response was stopped before it had taken an order",
                     "Give the order again once the service runs: portcullis serve."},
};
