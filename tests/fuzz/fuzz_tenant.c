/* Any texts, one a line, as what a person says of a tenant (name, tenant id, client id, cloud, each override, the secret):
 * taken or refused with a cause and a printable text; what was taken is taken again as it is; no text shows the secret. */
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "state/store/tenants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const struct err *e)
{
    INVARIANT(e->cause >= tenant_causes && e->cause < tenant_causes + TENANT_CAUSE_COUNT);
    INVARIANT(e->text[0] && memchr(e->text, '\0', sizeof e->text));
}

static void check_again(const struct tenant_record *r)
{
    struct tenant_input in = {.name = r->name, .tenant_id = r->tenant_id, .client_id = r->client_id, .cloud = r->cloud};
    struct tenant_record again;
    struct err e = {0};
    for (int i = 0; i < TENANT_OVERRIDES; i++) in.overrides[i] = r->overrides[i];
    INVARIANT(input_record(&in, true, &again, &e));
    INVARIANT(strcmp(r->name, again.name) == 0 && strcmp(r->tenant_id, again.tenant_id) == 0);
    INVARIANT(strcmp(r->client_id, again.client_id) == 0 && strcmp(r->cloud, again.cloud) == 0);
    for (int i = 0; i < TENANT_OVERRIDES; i++) INVARIANT(strcmp(r->overrides[i], again.overrides[i]) == 0);
}

static const char *line(struct arena *a, struct str *rest)
{
    struct str s = str_cut(rest, '\n');
    const char *text = arena_copy(a, s.n ? s.p : "", s.n);
    INVARIANT(text != NULL);
    return text;
}

static void try_secret(struct str said)
{
    struct str secret, again;
    struct err e = {0};
    if (input_secret(said, &secret, &e)) {
        INVARIANT(secret.n > 0 && secret.p >= said.p && secret.p + secret.n <= said.p + said.n);
        INVARIANT(input_secret(secret, &again, &e) && str_eq(secret, again));
        return;
    }
    check_refusal(&e);
    struct str told = str_of(e.text);
    if (said.n >= 24) INVARIANT(str_find(told, said, 0) == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct tenant_input in = {0};
    struct tenant_record r;
    struct err e = {0};
    struct arena a;
    arena_init(&a, 1 << 20);
    in.name = line(&a, &rest);
    in.tenant_id = line(&a, &rest);
    in.client_id = line(&a, &rest);
    in.cloud = line(&a, &rest);
    for (int i = 0; i < TENANT_OVERRIDES; i++) in.overrides[i] = line(&a, &rest);
    if (input_record(&in, true, &r, &e))
        check_again(&r);
    else
        check_refusal(&e);
    try_secret(rest);
    arena_done(&a);
    return 0;
}
