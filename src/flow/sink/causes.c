#include "flow/sink/lake.h"

const struct cause lake_causes[LAKE_CAUSE_COUNT] = {
    [LAKE_FOREIGN] =
        {"lake.foreign", ERR_INPUT, "this lake belongs to another installation",
         "Give this installation a lake folder of its own (or put the right one back): two writers would double or "
         "lose each other's events. Nothing in it was touched."},
    [LAKE_MISSING] =
        {"lake.missing", ERR_CORRUPT, "a file of the lake is gone or has lost bytes",
         "Put the file named in the message back from a backup, or restore the whole data folder (store, log and "
         "lake together), then start again. Without a backup: set this folder aside (the other files stay readable), "
         "run "
         "init in a new one, and pull --from as far back as Defender keeps rows (30 days)."},
    [LAKE_BUSY] = {"lake.busy", ERR_LIMIT, "the lake is being mapped anew already",
                   "Wait until portcullis ocsf remap has ended, then start it again if it is still needed."},
    [LAKE_STOPPED] = {"lake.stopped", ERR_RETRY, "mapping anew was stopped before it was done",
                      "Nothing has changed and nothing is left over: start it again."},
    [LAKE_DAMAGED] = {"lake.damaged", ERR_CORRUPT, "a file of the lake does not unpack",
                      "Check the disk (dmesg, smartctl) and put the file named in the message back from a backup."},
};
