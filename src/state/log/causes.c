#include "state/log/log.h"

const struct cause log_causes[LOG_CAUSE_COUNT] = {
    [LOG_CORRUPT] =
        {"log.corrupt", ERR_CORRUPT, "the log has lost bytes that were safe, or they have changed since",
         "Check the disk (dmesg, smartctl). Stop the service and restore the whole data folder (store, log and "
         "lake together) from a backup; without one, make a new installation (portcullis init) in an empty "
         "folder and fetch the past again with: portcullis pull --from T --to T."},
    [LOG_READ_ONLY] =
        {"log.read_only", ERR_STORAGE, "the log takes no rows since the disk failed to make some durable",
         "See dmesg for the disk's own words and free space if it is full, then restart the service; nothing "
         "that was committed is lost, and what was not is fetched again."},
    [LOG_ROW_TOO_LONG] = {"log.row_too_long", ERR_LIMIT, "a row is longer than 4 MiB",
                          "The row is kept as a dead letter, not as an event; look at its longest column in Defender."},
};
