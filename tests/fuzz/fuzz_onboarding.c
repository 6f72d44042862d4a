/* Any bytes as a file of tenants (the first letter says CSV or YAML), and as what a browser brings back from a consent: taken or refused with
 * a cause of ours, rows within bounds, no message with a byte that a page or a terminal would mind. */
#include <string.h>

#include "cloud/tenant/import.h"
#include "cloud/tenant/onboarding.h"
#include "kit/yaml/yaml.h"
#include "state/store/onboardings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct err *e)
{
    INVARIANT(e->text[0] && memchr(e->text, '\0', sizeof e->text));
    for (const char *p = e->text; *p; p++) INVARIANT((unsigned char)*p >= ' ' && *p != 0x7f && *p != '<');
}

static bool is_of_import(const struct cause *c)
{
    return c >= import_causes && c < import_causes + IMPORT_CAUSE_COUNT;
}

static void read_file(struct str text, bool is_yaml)
{
    struct arena a;
    struct import_rows rows;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    if (import_parse(&a, text, is_yaml ? "x.yaml" : "x.csv", &rows, &e)) {
        INVARIANT(rows.count > 0 && rows.count <= IMPORT_ROWS_MAX);
        for (size_t i = 0; i < rows.count; i++) {
            const struct import_row *r = &rows.rows[i];
            INVARIANT(r->line > 0);
            for (int f = 0; f < IMPORT_FIELDS; f++) INVARIANT(r->fields[f].n <= text.n);
            INVARIANT(r->fault.cause == NULL || is_of_import(r->fault.cause));
            if (r->fault.cause) check_text(&r->fault);
            INVARIANT(r->fault.cause || (r->fields[IMPORT_TENANT_ID].n && r->fields[IMPORT_ORG].n));
        }
    } else {
        INVARIANT(e.cause && e.text[0]);
    }
    arena_done(&a);
}

static void read_answer(struct str text)
{
    static const struct str key = {"0123456789abcdef0123456789abcdef", ONBOARDING_KEY_BYTES};
    struct onboarding_answer a = {.error = str_cut(&text, '\n')};
    char nonce[ONBOARDING_NONCE_BYTES];
    struct onboarding_record r = {.expires = {INT64_MAX}};
    struct err e = {0};
    a.description = str_cut(&text, '\n');
    a.tenant = str_cut(&text, '\n');
    a.state = text;
    if (!onboarding_answer_check(&a, &e)) check_text(&e);
    INVARIANT(!onboarding_verify(key, a.state, (struct wall){0}, nonce, &e)); /* nobody guesses a MAC */
    if (onboarding_consented(&r, a.tenant, (struct wall){0}, &e))
        INVARIANT(str_is_guid(str_of(r.found_id)));
    else
        check_text(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct str text = {(const char *)data + 1, size - 1};
    if (data[0] == 'a')
        read_answer(text);
    else
        read_file(text, data[0] == 'y');
    return 0;
}
