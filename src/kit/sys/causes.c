#include "kit/sys/causes.h"

const struct cause sys_causes[SYS_CAUSE_COUNT] = {
    [SYS_DISK_FULL] = {"sys.disk_full", ERR_STORAGE, "the disk (or the quota on it) is full",
                       "Free space on that disk or move the data folder to a larger one; work goes on by itself then."},
    [SYS_READ_ONLY] = {"sys.read_only", ERR_STORAGE, "this user may not read or write there",
                       "Give the user that runs portcullis the folder (chown), or mount the disk for writing."},
    [SYS_NOT_FOUND] = {"sys.not_found", ERR_INPUT, "a file or folder that must exist does not",
                       "Check the path in the message; a new installation is made by: portcullis init."},
    [SYS_EXISTS] = {"sys.exists", ERR_INPUT, "a file that must be new exists already",
                    "Move the file in the message away if it is not needed, then try again."},
    [SYS_IO] =
        {"sys.io", ERR_STORAGE, "the disk failed to read or write",
         "See the system's log (dmesg, journalctl -k) for the disk's own words; check limits such as open files."},
    [SYS_LOCKED] = {"sys.locked", ERR_RETRY, "another process uses this data folder",
                    "Stop the other process (its id is in the message), or use another data folder."},
    [SYS_FILE_TOO_LARGE] = {"sys.file_too_large", ERR_LIMIT, "a file is larger than this use of it allows",
                            "Check that the path in the message names the file you meant."},
};
