/* What a voice provider answers: whatever comes is read or refused, and never a key where none was pressed. */
#include "flow/notify/phone.h"
#include "kit/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct call_seen seen;
    char sid[SID_BYTES] = "";
    bool is_ended = false;
    if (phone_read_context(text, NULL, size & 1, &seen)) {
        INVARIANT(seen.end < CALL_ENDS);
        INVARIANT((seen.end == CALL_KEY) == (seen.key != '\0'));
        if (seen.end == CALL_KEY)
            INVARIANT(str_find(text, STR("choice"), 0) != SIZE_MAX || str_find(text, STR("\\u"), 0) != SIZE_MAX);
    }
    (void)phone_read_context(text, "p1-1", true, &seen);
    if (phone_read_call(text, &seen)) INVARIANT(seen.end < CALL_ENDS && seen.key == '\0');
    if (phone_read_sid(text, sid)) INVARIANT(strlen(sid) >= 8);
    (void)phone_read_execution(text, &is_ended);
    if (phone_find(text, "executions", STR("+15550101"), (struct wall){0}, sid)) INVARIANT(strlen(sid) < SID_BYTES);
    (void)phone_find(text, "calls", STR("+15550101"), (struct wall){0}, sid);
    return 0;
}
