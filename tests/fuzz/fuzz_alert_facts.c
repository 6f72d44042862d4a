/* Any bytes are an alert or are not; never more than a note comes of what is odd in one. As each source reads it, too. */
#include "flow/act/alert_facts.h"
#include "kit/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct alert_facts *f)
{
    INVARIANT((f->unread_count == 0) == (f->unread[0] == 0));
    INVARIANT(f->handled < HANDLED_COUNT && f->severity < SEVERITY_COUNT && f->service < SERVICE_COUNT);
    for (size_t i = 0; i < f->device_count; i++) INVARIANT(f->devices[i].tags.count == 0 || f->devices[i].tags.items);
    for (size_t i = 0; i < f->value_count; i++) INVARIANT(f->values[i].text.n > 0);
    for (size_t i = 0; i < f->file_count; i++) INVARIANT(f->files[i].sha1.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str row = {(const char *)data, size};
    struct arena a;
    struct alert_facts f;
    struct json_fault fault;
    arena_init(&a, 64 << 20);
    if (alert_facts_read_any(&a, row, &f)) check(&f);
    if (json_check(row, &fault)) {
        struct fact_device d = {0};
        for (unsigned i = 0; i < FACTS_SOURCES; i++) {
            alert_facts_read(&a, (enum facts_source)i, row, &f);
            check(&f);
        }
        machine_facts_read(&a, row, &d);
        INVARIANT(d.is_read);
    }
    arena_done(&a);
    return 0;
}
