#include "twin/variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/causes.h"

const struct variant_row variant_rows[VARIANT_COUNT] = {
#define VARIANT(id, name, meaning, ...) [VARIANT_##id] = {name, meaning, {__VA_ARGS__}},
#include "twin/variants.inc"
#undef VARIANT
};

static unsigned choice_count(const struct variant_row *row)
{
    unsigned n = 0;
    while (n < VARIANT_CHOICES_MAX && row->choices[n]) n++;
    return n;
}

static bool no_choice(const struct variant_row *row, struct str choice, struct err *e)
{
    char list[160] = "";
    size_t n = 0;
    for (unsigned i = 0; i < choice_count(row); i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", row->choices[i]);
    return err_set(e, &twin_causes[TWIN_BAD_VARIANT], "%s can be %s; not \"%.*s\"", row->name, list, STR_ARG(choice));
}

bool variants_set(struct variants *v, struct str name, struct str choice, struct err *e)
{
    for (unsigned i = 0; i < VARIANT_COUNT; i++) {
        const struct variant_row *row = &variant_rows[i];
        if (!str_eq(name, str_of(row->name))) continue;
        unsigned k = 0, n = choice_count(row);
        while (k < n && !str_eq(choice, str_of(row->choices[k]))) k++;
        if (k == n) return no_choice(row, choice, e);
        v->chosen[i] = (uint8_t)(k + 1);
        return true;
    }
    return err_set(e, &twin_causes[TWIN_BAD_VARIANT], "there is no variant \"%.*s\"", STR_ARG(name));
}

bool variants_parse(struct variants *v, struct str spec, struct err *e)
{
    for (struct str rest = str_trim(spec); rest.n;) {
        struct str choice = str_cut(&rest, ','), name = str_cut(&choice, '=');
        if (!variants_set(v, str_trim(name), str_trim(choice), e)) return false;
    }
    return true;
}

void variants_lay_over(struct variants *v, const struct variants *over)
{
    for (unsigned i = 0; i < VARIANT_COUNT; i++)
        if (over->chosen[i]) v->chosen[i] = over->chosen[i];
}

const char *variant_text(const struct variants *v, enum variant which)
{
    unsigned chosen = v->chosen[which];
    return variant_rows[which].choices[chosen ? chosen - 1 : 0];
}

bool variant_is(const struct variants *v, enum variant which, const char *choice)
{
    const struct variant_row *row = &variant_rows[which];
    unsigned k = 0, n = choice_count(row), chosen = v->chosen[which];
    while (k < n && strcmp(row->choices[k], choice) != 0) k++;
    INVARIANT(k < n);
    return k == (chosen ? chosen - 1 : 0);
}

unsigned variant_number(const struct variants *v, enum variant which)
{
    return (unsigned)strtoul(variant_text(v, which), NULL, 10);
}

bool variant_login(const struct variants *v, unsigned code, int *status_out, const char **error_out)
{
    char name[32];
    (void)snprintf(name, sizeof name, "login.%u", code);
    for (unsigned i = 0; i < VARIANT_COUNT; i++) {
        if (strcmp(variant_rows[i].name, name) != 0) continue;
        const char *text = variant_text(v, (enum variant)i);
        *status_out = (int)variant_number(v, (enum variant)i);
        *error_out = strchr(text, ' ') + 1;
        return true;
    }
    return false;
}
