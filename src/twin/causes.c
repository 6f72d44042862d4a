#include "twin/causes.h"

const struct cause twin_causes[TWIN_CAUSE_COUNT] = {
    [TWIN_BAD_SCENARIO] = {"twin.bad_scenario", ERR_INPUT, "a scenario file says something the twin does not know",
                           "Mend the line named; docs/twin.md lists what a scenario may say."},
    [TWIN_NO_SCENARIO] =
        {"twin.no_scenario", ERR_INPUT, "there is no such scenario",
         "Give the path of a scenario file, or the name of a built-in one (defender-twin --help lists them)."},
    [TWIN_BAD_FAULTS] =
        {"twin.bad_faults", ERR_INPUT, "the faults are not of the form name=chance,name=chance",
         "Use names out of 429, 500, 503, 504, cut, hang, slow and chances from 0 to 1: 429=0.02,cut=0.01."},
    [TWIN_BAD_REPLAY] =
        {"twin.bad_replay", ERR_INPUT, "a file to replay holds something that is no row",
         "Give it as one JSON object a line, each with a Timestamp: hunting rows or streaming records."},
    [TWIN_BAD_VARIANT] = {"twin.bad_variant", ERR_INPUT, "there is no such variant, or it has no such choice",
                          "GET /twin/variants of a running twin lists all with their choices."},
    [TWIN_FULL] = {"twin.full", ERR_LIMIT, "the twin keeps no more of these",
                   "Start the twin anew, or use another tenant."},
    [TWIN_BAD_OPTION] = {"twin.bad_option", ERR_INPUT, "an option of defender-twin is wrong",
                         "See defender-twin --help."},
};
