/* The words of conditions, for docs/policy-words.md. */
#include "logic/respond/policy/policy_int.h"

static const char *const scope_titles[SCOPE_COUNT] = {"Of the alert", "Of the device, in `device:`",
                                                      "Of users, in `user:`"};
static const char *const type_texts[] = {
    [FIELD_WORDS] = "one of: ",       [FIELD_ROLES] = "parts",  [FIELD_TEXT] = "text",
    [FIELD_TECHNIQUE] = "technique",  [FIELD_VALUES] = "value", [FIELD_INTEL] = "name of a list",
    [FIELD_TIME] = "span of the day", [FIELD_DAY] = "days",
};

static void describe_values(const struct field *f, struct buf *out)
{
    (void)buf_add_str(out, str_of(type_texts[f->type]));
    if (f->type == FIELD_WORDS) {
        for (unsigned i = 0; i < f->count; i++) (void)buf_addf(out, "%s%s", i ? ", " : "", f->name(i));
    } else if (f->type == FIELD_ROLES) {
        (void)buf_add_str(out, STR(": "));
        roles_write(ROLE_OTHER - 1, out);
    }
}

void policy_describe(struct buf *out)
{
    (void)buf_add_str(
        out, STR("# Words of a policy's conditions\n\nWhat may stand below `when:` ([policies](policy.md) says how). "
                 "This page is made from the program's own table (`make docs`).\n*Asks*: an alert may not tell it; "
                 "then the machine is asked before the rule is decided.\n"));
    for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
        (void)buf_addf(out, "\n## %s\n\n| word | value | asks | meaning |\n| --- | --- | --- | --- |\n",
                       scope_titles[scope]);
        for (size_t i = 0; i < field_count; i++) {
            const struct field *f = &fields[i];
            if ((unsigned)f->scope != scope) continue;
            (void)buf_addf(out, "| `%s` | ", f->word);
            describe_values(f, out);
            (void)buf_addf(out, " | %s | %s |\n", f->is_untold ? "yes" : "", f->help);
        }
    }
}
