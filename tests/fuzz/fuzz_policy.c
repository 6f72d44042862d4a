/* Any bytes: a policy, or a refusal that says where; what compiles can be judged by, explained, and its examples run. */
#include "logic/respond/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool give(void *ctx, struct str name, struct buf *out, struct err *e)
{
    (void)ctx, (void)e;
    return buf_add_str(out, name);
}

static void judge(const struct policy *p)
{
    static const struct str texts[] = {{"T1486", 5}, {"Ransomware", 10}};
    static const struct fact_value values[] = {{{"198.51.100.7", 12}, VALUE_ADDRESS},
                                               {{"https://a.example/x", 19}, VALUE_URL}};
    static const struct fact_device devices[] = {{.name = {"pc1", 3}, .roles = ROLE_PRIMARY},
                                                 {.id = {"1e", 2}, .os = {"Windows11", 9}, .is_read = true}};
    static const struct fact_user users[] = {{.name = {"ann", 3}}};
    struct alert_facts f = {.id = STR("1"),
                            .title = STR("t"),
                            .severity = SEVERITY_HIGH,
                            .service = SERVICE_ENDPOINT,
                            .techniques = {texts, 1},
                            .categories = {texts + 1, 1},
                            .devices = devices,
                            .device_count = 2,
                            .users = users,
                            .user_count = 1,
                            .values = values,
                            .value_count = 2};
    struct policy_counter *counter = policy_counter_new();
    struct policy_context c = {.mode = MODE_AUTO, .isolation = WISH_ISOLATE_FULL, .counter = counter};
    struct judgement j;
    struct buf out;
    buf_init(&out, 1 << 20);
    policy_judge(p, &f, &c, &j);
    INVARIANT(j.alert.rule >= POLICY_NO_RULE && j.alert.rule < (int)policy_rule_count(p));
    INVARIANT(!j.devices[1].needs_machine);
    policy_explain(p, &f, &c, &out);
    INVARIANT(out.n > 0);
    buf_done(&out);
    policy_counter_free(counter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct policy_files files = {.list = give, .zone = give};
    struct err e = {0};
    struct policy *p = policy_compile((struct str){(const char *)data, size}, "fuzz", &files, &e);
    if (p == NULL) {
        INVARIANT(e.cause && e.text[0]);
        return 0;
    }
    struct policy_test t = {0};
    size_t count, failed;
    judge(p);
    INVARIANT(policy_run_examples(p, &t, &count, &failed, &e));
    policy_free(p);
    return 0;
}
