/* Any bytes as $filter and as $orderby: understood and applied, or refused with a reason. */
#include "kit/base/err.h"
#include "twin/odata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct odata_field items[] = {
    {"severity", ODATA_TEXT}, {"lastUpdateDateTime", ODATA_TIME}, {"rbacGroupId", ODATA_NUMBER}, {"isOn", ODATA_BOOL}};

static struct odata_value get(void *ctx, unsigned field, struct arena *a)
{
    (void)ctx, (void)a;
    return (struct odata_value){.type = items[field].type, .text = STR("High"), .number = 1};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct odata_fields fields = {items, sizeof items / sizeof items[0]};
    struct str text = {(const char *)data, size};
    struct odata_order orders[ODATA_ORDERS_MAX];
    const struct odata_filter *f;
    struct odata_error e = {""};
    unsigned n;
    struct arena a;
    arena_init(&a, 16 << 20);
    if (odata_filter_parse(&a, text, fields, &f, &e))
        (void)odata_matches(f, get, NULL, &a);
    else
        INVARIANT(e.text[0] != '\0');
    if (odata_orderby_parse(text, fields, orders, &n, &e)) INVARIANT(n >= 1 && n <= ODATA_ORDERS_MAX);
    arena_done(&a);
    return 0;
}
