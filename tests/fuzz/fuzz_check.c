/* Any bytes into the checker, against both versions: it may find what it likes, but must come back, touch nothing of
 * others, and count what it tells. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kit/base/err.h"
#include "logic/ocsf/ocsf.h"

static void count(void *ctx, const struct ocsf_finding *f)
{
    size_t *errors = ctx;
    INVARIANT(f->rule != NULL && f->path != NULL && f->text != NULL && strlen(f->path) < 600);
    *errors += f->is_error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const versions[] = {"1.8.0", "1.3.0"};
    for (size_t i = 0; i < 2; i++) {
        size_t told = 0;
        size_t errors = ocsf_check(versions[i], (struct str){(const char *)data, size}, count, &told);
        INVARIANT(errors == told);
    }
    return 0;
}
