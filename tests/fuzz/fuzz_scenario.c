/* Any bytes as a scenario: taken, or refused with a place. As faults: taken or refused. */
#include "twin/world/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scenario s;
    struct fault_rates f;
    struct err e = {0};
    struct str text = {(const char *)data, size};
    if (scenario_parse(text, "fuzz", &s, &e))
        INVARIANT(s.event_count <= SCENARIO_EVENTS_MAX && s.rule_count <= SCENARIO_RULES_MAX);
    else
        INVARIANT(e.cause && e.text[0]);
    if (!fault_rates_parse(text, &f, &e)) INVARIANT(e.cause && e.text[0]);
    return 0;
}
