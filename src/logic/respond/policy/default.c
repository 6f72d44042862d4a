/* The built-in policy: policies/default.yaml, made part of the program. */
#include "logic/respond/policy/policy_int.h"

struct policy *policy_default(struct err *e)
{
    return policy_compile(policy_default_yaml, "the built-in policy", NULL, e);
}

struct str policy_default_text(void)
{
    return policy_default_yaml;
}
