/* The outbox under power cuts: whatever is put in is told, at most once more than needed where the provider cannot tell, and no
 * person is called twice for one delivery. Arguments: first seed, number of seeds. */
#include "kit.h"
#include "state/store/notices.h"

#include <stdlib.h>

enum { NOTICES = 8, CUTS = 6 };

static struct kit k;

static struct notice_record notice_of(int i)
{
    struct notice_record n = {
        .tenant_id = TENANT_A, .kind = NOTICE_ALERT, .severity = NOTICE_HIGH, .organization = "Contoso"};
    n.wants = i % 2 ? WANTS_ACK : WANTS_NOTHING;
    (void)snprintf(n.title, sizeof n.title, "case %d.", i);
    (void)snprintf(n.group_key, sizeof n.group_key, "%s:%d", TENANT_A, i);
    return n;
}

/* How often one message was taken; *distinct_out: under how many names. */
static size_t count_of(char kind, const char *to, const char *title, size_t *distinct_out)
{
    size_t n = 0, distinct = 0;
    for (size_t i = 0; i < k.told_count; i++) {
        const struct told *t = &k.told[i];
        bool is_new = true;
        if (t->kind != kind || strcmp(t->to, to) != 0 || strstr(t->text, title) == NULL ||
            strstr(t->text, ": acknowledge"))
            continue;
        n++;
        for (size_t j = 0; j < i; j++) is_new = is_new && strcmp(k.told[j].id, t->id) != 0;
        distinct += is_new;
    }
    *distinct_out = distinct;
    return n;
}

static void check_told(int64_t id, int i, unsigned crashes, uint64_t seed)
{
    static const char kinds[] = {'m', 'w', 's'};
    char title[32];
    size_t distinct;
    (void)snprintf(title, sizeof title, "case %d.", i);
    for (size_t j = 0; j < sizeof kinds; j++) {
        size_t n = count_of(kinds[j], kinds[j] == 'm' ? "ann@guard.example" : "", title, &distinct);
        if (n == 0) fail_msg("seed %llu: %s was not told over %c", (unsigned long long)seed, title, kinds[j]);
        if (kinds[j] != 's' && distinct != 1)
            fail_msg("seed %llu: %s was told over %c under %zu names", (unsigned long long)seed, title, kinds[j],
                     distinct);
        if (n > 1 + crashes) fail_msg("seed %llu: %s was told %zu times", (unsigned long long)seed, title, n);
    }
    enum notice_state state = kit_notice(&k, id).state, wanted = i % 2 ? NOTICE_ANSWERED : NOTICE_TOLD;
    if (state != wanted)
        fail_msg("seed %llu: %s ended as %s", (unsigned long long)seed, title, notice_state_names[state]);
}

/* An answer lost and a crash between both cost at most one more of the same name. */
static void run(uint64_t seed)
{
    int64_t ids[NOTICES];
    unsigned crashes = 0;
    struct rng rng;
    rng_seed(&rng, seed);
    kit_init(&k, seed);
    kit_open(&k, true);
    kit_person(&k, "ann", "admin", "+15550101", true);
    kit_channel(&k, "mail", "email", "");
    kit_channel(&k, "hook", "webhook", "");
    kit_channel(&k, "chat", "slack", "");
    kit_channel(&k, "voice", "phone", "FW1");
    k.manners[k.manner_count++] = (struct phone_manner){"+15550101", "1", "", NULL, "human", 7000};
    k.refuses = rng_chance(&rng, 0.3) ? 0.2 : 0;
    kit_start(&k);
    for (int i = 0; i < NOTICES; i++) {
        ids[i] = kit_put(&k, notice_of(i));
        kit_run(&k, (int64_t)rng_below(&rng, 6000));
        if (crashes < CUTS && rng_chance(&rng, 0.7)) {
            if (rng_chance(&rng, 0.5)) {
                fake_disk_fail_at(k.disk, 1 + rng_below(&rng, 60), FAKE_POWER);
                kit_run(&k, 3000);
            }
            kit_crash(&k);
            crashes++;
        }
    }
    k.refuses = 0;
    kit_run(&k, 30 * 60 * 1000);
    for (int i = 0; i < NOTICES; i++) check_told(ids[i], i, crashes, seed);
    for (size_t i = 0; i < k.call_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(k.calls[i].token, k.calls[j].token) == 0)
                fail_msg("seed %llu: delivery %s was called twice", (unsigned long long)seed, k.calls[i].token);
    kit_done(&k);
}

static uint64_t first_seed = 1, seeds = 10;

static void nothing_is_lost(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < seeds; i++) run(first_seed + i);
    print_message("# %llu seeds from %llu\n", (unsigned long long)seeds, (unsigned long long)first_seed);
}

int main(int argc, char **argv)
{
    if (argc > 1) first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2) seeds = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
