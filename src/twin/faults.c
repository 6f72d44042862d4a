#include "twin/faults.h"

#include "twin/causes.h"

static const char *const fault_names[FAULT_COUNT] = {
    [FAULT_THROTTLE] = "429", [FAULT_ERROR] = "500", [FAULT_DOWN] = "503",  [FAULT_TIMEOUT] = "504",
    [FAULT_CUT] = "cut",      [FAULT_HANG] = "hang", [FAULT_SLOW] = "slow",
};

static bool parse_rate(struct str item, struct fault_rates *out)
{
    char number[24], *end;
    struct str name = str_trim(str_cut(&item, '='));
    if (!str_copy(str_trim(item), number, sizeof number) || number[0] == '\0') return false;
    double rate = strtod(number, &end);
    if (*end != '\0' || !(rate >= 0 && rate <= 1)) return false;
    for (unsigned i = FAULT_NONE + 1; i < FAULT_COUNT; i++) {
        if (!str_eq(name, str_of(fault_names[i]))) continue;
        out->rate[i] = rate;
        return true;
    }
    return false;
}

bool fault_rates_parse(struct str spec, struct fault_rates *out, struct err *e)
{
    struct fault_rates rates = {{0}};
    struct str rest = str_trim(spec);
    while (rest.n) {
        struct str item = str_cut(&rest, ',');
        if (!parse_rate(item, &rates))
            return err_set(e, &twin_causes[TWIN_BAD_FAULTS], "\"%.*s\" is no fault with a chance", STR_ARG(item));
    }
    *out = rates;
    return true;
}

enum fault fault_draw(const struct fault_rates *f, struct rng *r)
{
    double lot = rng_unit(r);
    for (unsigned i = FAULT_NONE + 1; i < FAULT_COUNT; i++) {
        if (lot < f->rate[i]) return (enum fault)i;
        lot -= f->rate[i];
    }
    return FAULT_NONE;
}
