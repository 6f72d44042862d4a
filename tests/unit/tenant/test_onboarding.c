/* Consent links (replay, expiry, tampering, another tenant's answer), what each event makes of an onboarding, and what is audited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "cloud/tenant/onboarding.h"
#include "fake_disk.h"
#include "state/store/audit.h"
#include "state/store/onboardings.h"
#include "state/store/tenants.h"

#define ID_A "aaaaaaaa-0000-4000-8000-00000000000a"
#define ID_B "bbbbbbbb-0000-4000-8000-00000000000b"
#define CLIENT "cccccccc-0000-4000-8000-00000000000c"
#define BOTH (onboarding_bit(AUD_GRAPH) | onboarding_bit(AUD_ENDPOINT))
enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

static const struct str key_one = {"0123456789abcdef0123456789abcdef", 32},
                        key_two = {"fedcba9876543210fedcba9876543210", 32};
static const struct wall noon = {INT64_C(17953305010000000)};

static struct wall later(int64_t ms)
{
    return wall_add(noon, ms * WALL_TICKS_PER_MS);
}

static const struct cause *cause(int which)
{
    return &onboarding_causes[which];
}

/* ---- the state ---------------------------------------------------------------------------------------------------------- */

static void a_state_is_signed_and_ends(void **state)
{
    char text[ONBOARDING_STATE_BYTES], changed[ONBOARDING_STATE_BYTES], nonce[ONBOARDING_NONCE_BYTES];
    struct err e;
    (void)state;
    onboarding_sign(key_one, "00112233445566778899aabbccddeeff", later(DAY_MS), text);
    assert_true(onboarding_verify(key_one, str_of(text), noon, nonce, &e));
    assert_string_equal(nonce, "00112233445566778899aabbccddeeff");
    assert_true(onboarding_verify(key_one, str_of(text), later(DAY_MS - 1), nonce, &e));
    assert_false(onboarding_verify(key_one, str_of(text), later(DAY_MS), nonce, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_OVER));
    assert_false(onboarding_verify(key_two, str_of(text), noon, nonce, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_STATE_FORGED));
    assert_false(onboarding_verify(key_one, STR_NONE, noon, nonce, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_STATE_MISSING));
    for (size_t i = 0; text[i]; i++) { /* any letter changed, any end cut off */
        memcpy(changed, text, sizeof changed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(onboarding_verify(key_one, str_of(changed), noon, nonce, &e));
        assert_ptr_equal(e.cause, cause(ONBOARDING_STATE_FORGED));
        assert_false(onboarding_verify(key_one, (struct str){text, i}, noon, nonce, &e));
    }
    char longer[400];
    memset(longer, 'A', sizeof longer);
    assert_false(onboarding_verify(key_one, (struct str){longer, sizeof longer}, noon, nonce, &e));
}

static void links_have_their_forms(void **state)
{
    static const struct {
        enum onboarding_form form;
        const char *tenant, *redirect, *link;
    } rows[] = {
        {FORM_V1, "", "https://p.example/onboarding/callback",
         "https://login.example/common/adminconsent?client_id=" CLIENT
         "&redirect_uri=https%3A%2F%2Fp.example%2Fonboarding%2Fcallback&state=s"},
        {FORM_V1, ID_A, "", "https://login.example/" ID_A "/adminconsent?client_id=" CLIENT "&state=s"},
        {FORM_V2, "", "",
         "https://login.example/organizations/v2.0/adminconsent?client_id=" CLIENT
         "&scope=https%3A%2F%2Fgraph.example%2F.default&state=s"},
        {FORM_AUTHORIZE, "", "",
         "https://login.example/common/oauth2/authorize?client_id=" CLIENT
         "&prompt=consent&response_type=code&sso_reload=true&state=s"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        struct onboarding_link l = {"https://login.example",
                                    "https://graph.example",
                                    CLIENT,
                                    rows[i].tenant,
                                    rows[i].redirect,
                                    "s",
                                    rows[i].form};
        buf_init(&out, 0);
        assert_true(onboarding_link_write(&l, &out));
        assert_string_equal(buf_cstr(&out), rows[i].link);
        buf_done(&out);
    }
}

/* ---- what an error means ------------------------------------------------------------------------------------------------- */

static void errors_have_their_meaning(void **state)
{
    static const struct {
        const char *error, *description, *subcode;
        int cause;
    } rows[] = {
        {"permission_denied", "", "", ONBOARDING_ROLE},
        {"permission_denied", "AADSTS65004: User declined", "", ONBOARDING_DECLINED},
        {"consent_required", "AADSTS65004: x", "", ONBOARDING_DECLINED},
        {"consent_required", "AADSTS90094: x", "", ONBOARDING_ROLE},
        {"access_denied", "", "cancel", ONBOARDING_DECLINED},
        {"invalid_client", "AADSTS650052: x", "", ONBOARDING_NO_SERVICE},
        {"unauthorized_client", "AADSTS700016: x", "", ONBOARDING_APP_UNKNOWN},
        {"invalid_request", "AADSTS50011: x", "", ONBOARDING_REDIRECT},
        {"interaction_required", "AADSTS53003: x", "", ONBOARDING_POLICY},
        {"temporarily_unavailable", "", "", ONBOARDING_TEMPORARY},
        {"something_new", "AADSTS99999999999999: x", "", ONBOARDING_ERROR},
    };
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* admin_consent=True is there on failure too */
        struct onboarding_answer a = {.error = str_of(rows[i].error),
                                      .description = str_of(rows[i].description),
                                      .subcode = str_of(rows[i].subcode),
                                      .admin_consent = STR("True")};
        assert_false(onboarding_answer_check(&a, &e));
        if (e.cause != cause(rows[i].cause)) fail_msg("%s %s: %s", rows[i].error, rows[i].description, e.cause->code);
    }
    struct onboarding_answer hostile = {.error = STR("<script>"), .description = STR("\"a\r\nb' \xc3\xa4")};
    assert_false(onboarding_answer_check(&hostile, &e));
    assert_string_equal(e.text, "the sign-in service answered ?script?: ?a??b? ??");
}

/* ---- steps ------------------------------------------------------------------------------------------------------------------ */

static struct onboarding_record waiting(const char *tenant)
{
    struct onboarding_record r = {.id = 1, .org_id = 1, .wants = BOTH, .created = noon, .expires = later(DAY_MS)};
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", tenant);
    return r;
}

static bool step(struct onboarding_record *r, enum onboarding_proof graph, enum onboarding_proof endpoint, int64_t ms)
{
    static const struct cause probe = {"test.why", ERR_AUTH, "", ""};
    static struct err why;
    bool adds = false;
    (void)err_set(&why, &probe, "said the login");
    struct onboarding_proved p[AUD_COUNT] = {[AUD_GRAPH] = {graph, graph == PROOF_ROLES ? NULL : &why},
                                             [AUD_ENDPOINT] = {endpoint, endpoint == PROOF_ROLES ? NULL : &why}};
    onboarding_step(r, p, later(ms), &adds);
    return adds;
}

static void consent_is_taken_once_and_from_the_right_tenant(void **state)
{
    struct onboarding_record r = waiting(ID_A);
    struct err e;
    (void)state;
    assert_false(onboarding_consented(&r, str_of(ID_B), noon, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_OTHER_TENANT));
    assert_false(onboarding_consented(&r, STR("' or 1=1"), noon, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_NO_TENANT));
    assert_int_equal(r.state, ONBOARDING_WAITING);
    assert_false(onboarding_consented(&r, str_of(ID_A), later(DAY_MS), &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_OVER));
    assert_true(onboarding_consented(&r, STR("AAAAAAAA-0000-4000-8000-00000000000A"), noon, &e));
    assert_string_equal(r.found_id, ID_A);
    assert_int_equal(r.state, ONBOARDING_CHECKING);
    assert_false(onboarding_consented(&r, str_of(ID_A), noon, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_REPLAYED));
    r = waiting("");
    assert_false(onboarding_consented(&r, STR_NONE, noon, &e)); /* the old form, and no tenant known */
    assert_ptr_equal(e.cause, cause(ONBOARDING_NO_TENANT));
    r = waiting(ID_A);
    assert_true(onboarding_consented(&r, STR_NONE, noon, &e));
    assert_string_equal(onboarding_tenant(&r), ID_A);
}

static void a_refusal_uses_nothing_up(void **state)
{
    struct onboarding_record r = waiting(ID_A);
    struct err why, e;
    (void)state;
    (void)err_set(&why, cause(ONBOARDING_DECLINED), "no");
    onboarding_refused(&r, &why, noon);
    assert_int_equal(r.state, ONBOARDING_REFUSED);
    assert_string_equal(r.error_code, "onboarding.declined");
    assert_true(onboarding_consented(&r, str_of(ID_A), noon, &e));
    assert_string_equal(r.error_code, "");
    onboarding_refused(&r, &why, noon); /* whoever has the link could say so */
    assert_int_equal(r.state, ONBOARDING_CHECKING);
}

static void proofs_decide(void **state)
{
    struct onboarding_record r = waiting(ID_A);
    struct err e;
    (void)state;
    assert_true(onboarding_consented(&r, str_of(ID_A), noon, &e));
    assert_false(step(&r, PROOF_PENDING, PROOF_PENDING, 0));
    assert_int_equal(r.state, ONBOARDING_CHECKING);
    assert_int_equal(wall_ms(r.due) - wall_ms(noon), 2000);
    assert_false(step(&r, PROOF_NO_ROLES, PROOF_PENDING, 2000));
    assert_int_equal(wall_ms(r.due) - wall_ms(noon), 6000);   /* pauses grow */
    assert_true(step(&r, PROOF_ROLES, PROOF_NO_ROLES, 6000)); /* it comes in now */
    assert_int_equal(r.state, ONBOARDING_CHECKING);
    assert_int_equal(onboarding_proof_of(&r, AUD_GRAPH), PROOF_ROLES);
    assert_int_equal(onboarding_proof_of(&r, AUD_ENDPOINT), PROOF_NO_ROLES);
    assert_false(step(&r, PROOF_ROLES, PROOF_ROLES, 14000)); /* and only once */
    assert_int_equal(r.state, ONBOARDING_ACTIVE);
    assert_int_equal(r.due.ticks, 0);
    assert_string_equal(r.error_code, "");
}

static void an_hour_ends_it(void **state)
{
    static const struct {
        enum onboarding_proof graph, endpoint;
        enum onboarding_state state;
        const char *code;
    } rows[] = {
        {PROOF_PENDING, PROOF_PENDING, ONBOARDING_FAILED, "onboarding.never_shown"},
        {PROOF_NO_ROLES, PROOF_NO_ROLES, ONBOARDING_FAILED, "onboarding.never_shown"},
        {PROOF_PASSING, PROOF_PASSING, ONBOARDING_FAILED, "onboarding.never_shown"},
        {PROOF_ROLES, PROOF_NO_ROLES, ONBOARDING_PARTIAL, "onboarding.half_shown"},
        {PROOF_ROLES, PROOF_ABSENT, ONBOARDING_ACTIVE, ""},
        {PROOF_ROLES, PROOF_NONE, ONBOARDING_ACTIVE, ""}, /* for one API alone */
        {PROOF_REFUSED, PROOF_REFUSED, ONBOARDING_FAILED, "test.why"},
    };
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct onboarding_record r = waiting(ID_A);
        int64_t ms = 0, tries = 0;
        assert_true(onboarding_consented(&r, str_of(ID_A), noon, &e));
        for (; r.due.ticks; tries++) {
            ms = wall_ms(r.due) - wall_ms(noon);
            (void)step(&r, rows[i].graph, rows[i].endpoint, ms);
        }
        assert_int_equal(r.state, rows[i].state);
        assert_string_equal(r.error_code, rows[i].code);
        assert_true(ms <= HOUR_MS + 5 * 60 * 1000);
        assert_true(tries < 25); /* not hammered */
        assert_true(rows[i].code[0] != 'o' || ms >= HOUR_MS);
    }
}

static void a_known_tenant_is_found_without_a_call_back(void **state)
{
    struct onboarding_record r = waiting(ID_A);
    struct err e;
    int64_t ms = 0;
    (void)state;
    r.due = noon;
    for (int i = 0; i < 20; i++) {
        ms = wall_ms(r.due) - wall_ms(noon);
        assert_false(step(&r, PROOF_PENDING, PROOF_PENDING, ms));
        assert_int_equal(r.state, ONBOARDING_WAITING);
        assert_string_equal(r.error_code, ""); /* nothing is wrong: nobody has consented yet */
    }
    assert_true(wall_ms(r.due) - wall_ms(noon) - ms <= 15 * 60 * 1000);
    assert_true(step(&r, PROOF_ROLES, PROOF_ROLES, ms + 1000));
    assert_int_equal(r.state, ONBOARDING_ACTIVE);
    assert_true(onboarding_consented(&r, str_of(ID_A), later(ms + 2000), &e)); /* the browser comes after all */
    assert_int_equal(r.state, ONBOARDING_ACTIVE);
    assert_false(onboarding_consented(&r, str_of(ID_A), later(ms + 3000), &e));
    r = waiting(ID_A);
    r.due = noon;
    while (r.due.ticks) (void)step(&r, PROOF_PENDING, PROOF_PENDING, wall_ms(r.due) - wall_ms(noon));
    assert_int_equal(r.state, ONBOARDING_EXPIRED);
}

static void who_is_here_consents_again(void **state)
{
    struct onboarding_record r = waiting(ID_A);
    struct err e;
    (void)state;
    r.is_in = 1;
    r.due = r.expires;
    struct onboarding_record unused = r;
    assert_false(step(&unused, PROOF_ROLES, PROOF_ROLES, DAY_MS)); /* of before: it says nothing */
    assert_int_equal(unused.state, ONBOARDING_EXPIRED);
    assert_true(onboarding_consented(&r, str_of(ID_A), noon, &e));
    assert_false(step(&r, PROOF_ROLES, PROOF_ROLES, 0));
    assert_int_equal(r.state, ONBOARDING_ACTIVE);
}

static void a_person_judges_the_unexpected(void **state)
{
    struct onboarding_record of = waiting(ID_A), r;
    struct err e;
    (void)state;
    onboarding_quarantine(&of, str_of(ID_B), noon, &r);
    assert_int_equal(r.state, ONBOARDING_QUARANTINED);
    assert_int_equal(r.due.ticks, 0); /* nothing is asked of it */
    assert_false(onboarding_retry(&r, noon, &e));
    struct onboarding_record other = r;
    assert_true(onboarding_judge(&r, true, noon, &e));
    assert_int_equal(r.state, ONBOARDING_CHECKING);
    assert_string_equal(onboarding_tenant(&r), ID_B);
    assert_false(onboarding_judge(&r, false, noon, &e));
    assert_ptr_equal(e.cause, cause(ONBOARDING_NOT_QUARANTINED));
    assert_true(onboarding_judge(&other, false, noon, &e));
    assert_int_equal(other.state, ONBOARDING_REJECTED);
    assert_false(onboarding_retry(&other, noon, &e));
}

/* ---- in the store -------------------------------------------------------------------------------------------------------------- */

static struct fake_disk *disk;
static struct store *store;
static struct seal_key *seal;
static struct virtual_clock now = {.wall = {INT64_C(17953305010000000)}};
static struct conf conf;

static int set_up(void **state)
{
    struct err e = {0};
    (void)state;
    disk = fake_disk_new(1);
    conf_defaults(&conf);
    assert_true(seal_key_load(STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                              &seal, NULL));
    struct store_opts o = {
        .fs = fake_disk_fs(disk), .path = "/store.db", .key = seal, .clock = clock_virtual(&now), .create = true};
    if (!store_open(&o, &store, &e)) fail_msg("%s", e.text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    seal_key_free(seal);
    fake_disk_free(disk);
    return 0;
}

/* Begins one, and gives its link's state. */
static struct onboarding_record begin(const char *tenant, const char *org, struct buf *state_out)
{
    struct onboarding_record r;
    struct err e = {0};
    struct buf link;
    struct onboarding_input in = {.org = org,
                                  .tenant_id = tenant,
                                  .client_id = CLIENT,
                                  .asked_by = "cli",
                                  .redirect = "https://p.example/onboarding/callback",
                                  .wants = BOTH,
                                  .lookback_ms = -1,
                                  .lookback_hunting_ms = -1,
                                  .valid_ms = DAY_MS,
                                  .now = noon};
    buf_init(&link, 0);
    if (!onboarding_begin(store, &conf, &in, &r, &link, &e)) fail_msg("%s", e.text);
    size_t at = str_find(buf_str(&link), STR("&state="), 0);
    assert_true(at != SIZE_MAX);
    buf_init(state_out, 0);
    assert_true(buf_add_str(state_out, str_sub(buf_str(&link), at + 7, SIZE_MAX)));
    buf_done(&link);
    return r;
}

static const struct cause *take(const struct buf *link_state, const char *tenant, const char *error, struct wall at)
{
    struct onboarding_record r;
    bool is_known;
    struct err e = {0};
    struct onboarding_answer a = {
        .state = buf_str(link_state), .tenant = str_of(tenant), .error = str_of(error), .admin_consent = STR("True")};
    return onboarding_take(store, &a, at, &r, &is_known, &e) ? NULL : e.cause;
}

struct trail {
    unsigned count;
    char last[600];
};

static bool keep_last(void *arg, const struct audit_view *entry)
{
    struct trail *t = arg;
    if (strcmp(entry->operation, "onboarding callback") != 0) return true;
    if (t->count++ == 0) (void)snprintf(t->last, sizeof t->last, "%.*s", STR_ARG(entry->detail));
    return true;
}

static struct trail trail(void)
{
    struct trail t = {0};
    assert_true(store_audit_page(store, 0, keep_last, &t, NULL));
    return t;
}

static bool keep_state(void *arg, const struct onboarding_record *r)
{
    ((unsigned *)arg)[r->state]++;
    return true;
}

static unsigned in_state(enum onboarding_state wanted)
{
    unsigned counts[ONBOARDING_STATES] = {0};
    assert_true(store_onboarding_list(store, NULL, keep_state, counts, NULL));
    return counts[wanted];
}

static void links_are_taken_once_and_audited(void **state)
{
    struct buf one, changed;
    (void)state;
    struct onboarding_record r = begin(ID_A, "Contoso", &one);
    buf_init(&changed, 0);
    assert_true(buf_add_str(&changed, buf_str(&one)));
    changed.p[10] = changed.p[10] == 'x' ? 'y' : 'x';
    assert_ptr_equal(take(&changed, ID_A, "", noon), cause(ONBOARDING_STATE_FORGED));
    assert_non_null(strstr(trail().last, "onboarding.state_forged"));
    buf_reset(&changed);
    assert_ptr_equal(take(&changed, ID_A, "", noon), cause(ONBOARDING_STATE_MISSING));
    assert_ptr_equal(take(&one, ID_A, "", later(DAY_MS)), cause(ONBOARDING_OVER));
    assert_ptr_equal(take(&one, ID_A, "permission_denied", noon), cause(ONBOARDING_ROLE));   /* error first */
    assert_ptr_equal(take(&changed, "", "permission_denied", noon), cause(ONBOARDING_ROLE)); /* even without a state */
    assert_int_equal(trail().count, 5);
    assert_int_equal(in_state(ONBOARDING_REFUSED), 1);
    assert_null(take(&one, ID_A, "", noon));
    assert_non_null(strstr(trail().last, "\"taken\""));
    assert_ptr_equal(take(&one, ID_A, "", noon), cause(ONBOARDING_REPLAYED));
    assert_ptr_equal(take(&one, ID_B, "", noon), cause(ONBOARDING_REPLAYED));
    assert_int_equal(trail().count, 8);
    assert_int_equal(in_state(ONBOARDING_QUARANTINED), 0);
    assert_true(store_onboarding_find(store, r.id, &r, &(bool){false}, NULL));
    assert_int_equal(r.state, ONBOARDING_CHECKING);
    assert_true(store_audit_verify(store, &(uint64_t){0}, NULL));
    buf_done(&one);
    buf_done(&changed);
}

static void another_tenant_is_set_apart(void **state)
{
    struct buf one, two;
    struct org_record org = {.name = "Fabrikam"};
    struct tenant_record theirs = {
        .tenant_id = ID_B, .name = "B", .client_id = CLIENT, .cloud = "global", .is_enabled = true};
    (void)state;
    begin(ID_A, "Contoso", &one);
    assert_ptr_equal(take(&one, ID_B, "", noon), cause(ONBOARDING_OTHER_TENANT));
    assert_ptr_equal(take(&one, ID_B, "", noon), cause(ONBOARDING_OTHER_TENANT));
    assert_int_equal(trail().count, 2);
    assert_int_equal(in_state(ONBOARDING_QUARANTINED), 1); /* once */
    assert_null(take(&one, ID_A, "", noon));               /* the right one still may */
    /* whichever signs in, but not one that another organization has */
    begin(NULL, "Contoso", &two);
    assert_true(store_org_put(store, &org, NULL));
    theirs.org_id = org.id;
    assert_true(store_tenant_put(store, &theirs, true, NULL));
    assert_ptr_equal(take(&two, ID_B, "", noon), cause(ONBOARDING_OTHER_TENANT));
    assert_null(take(&two, "dddddddd-0000-4000-8000-00000000000d", "", noon));
    buf_done(&one);
    buf_done(&two);
}

static void wrong_beginnings_are_refused(void **state)
{
    static const struct {
        const char *tenant, *org, *client;
        const struct cause *cause;
    } rows[] = {
        {"nonsense", "Contoso", CLIENT, &tenant_causes[TENANT_BAD_ID]},
        {ID_A, "Contoso", "nonsense", &tenant_causes[TENANT_BAD_CLIENT_ID]},
        {ID_A, NULL, CLIENT, &tenant_causes[TENANT_NO_ORG]},
        {ID_B, "Contoso", CLIENT, &onboarding_causes[ONBOARDING_ELSEWHERE]},
    };
    struct org_record org = {.name = "Fabrikam"};
    struct tenant_record theirs = {
        .tenant_id = ID_B, .name = "B", .client_id = CLIENT, .cloud = "global", .is_enabled = true};
    struct onboarding_record r;
    struct buf link;
    struct err e;
    (void)state;
    assert_true(store_org_put(store, &org, NULL));
    theirs.org_id = org.id;
    assert_true(store_tenant_put(store, &theirs, true, NULL));
    buf_init(&link, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct onboarding_input in = {.org = rows[i].org,
                                      .tenant_id = rows[i].tenant,
                                      .client_id = rows[i].client,
                                      .asked_by = "cli",
                                      .wants = BOTH,
                                      .valid_ms = DAY_MS,
                                      .now = noon};
        assert_false(onboarding_begin(store, &conf, &in, &r, &link, &e));
        assert_ptr_equal(e.cause, rows[i].cause);
    }
    assert_int_equal(in_state(ONBOARDING_WAITING), 0);
    bool found = true;
    assert_true(store_org_find(store, "Contoso", &org, &found, NULL));
    assert_false(found); /* all of it or nothing */
    buf_done(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_signed_and_ends),
        cmocka_unit_test(links_have_their_forms),
        cmocka_unit_test(errors_have_their_meaning),
        cmocka_unit_test(consent_is_taken_once_and_from_the_right_tenant),
        cmocka_unit_test(a_refusal_uses_nothing_up),
        cmocka_unit_test(proofs_decide),
        cmocka_unit_test(an_hour_ends_it),
        cmocka_unit_test(a_known_tenant_is_found_without_a_call_back),
        cmocka_unit_test(who_is_here_consents_again),
        cmocka_unit_test(a_person_judges_the_unexpected),
        cmocka_unit_test_setup_teardown(links_are_taken_once_and_audited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_tenant_is_set_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_beginnings_are_refused, set_up, tear_down),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
