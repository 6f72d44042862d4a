#include "state/store/store.h"

const struct cause store_causes[STORE_CAUSE_COUNT] = {
    [STORE_MISSING] =
        {"store.missing", ERR_INPUT, "there is no store here",
         "Make an installation with: portcullis init; if there was one, check data_dir in portcullis.yaml."},
    [STORE_EXISTS] = {"store.exists", ERR_INPUT, "there is one of that name already",
                      "Choose another name, or use the one that is there."},
    [STORE_GONE] = {"store.gone", ERR_INPUT, "what this belongs to was removed meanwhile",
                    "Nothing to do if you removed it; else add it again: portcullis tenant add."},
    [STORE_CORRUPT] = {"store.corrupt", ERR_CORRUPT, "the store is damaged, or not a Portcullis store",
                       "Stop the service, keep a copy of the data folder, and restore the folder from a backup."},
    [STORE_NEWER] = {"store.newer", ERR_INPUT, "the store was written by a newer Portcullis",
                     "Run the newer version again, or restore the backup made before the upgrade."},
    [STORE_WRONG_KEY] =
        {"store.wrong_key", ERR_INPUT, "the key file is not this store's",
         "Put back the key file this installation was made with, or point key_file in portcullis.yaml at it."},
    [STORE_DISK] = {"store.disk", ERR_STORAGE, "the database refused",
                    "See the message for the reason; if it comes again, restore the data folder from a backup."},
    [STORE_UNCERTAIN] =
        {"store.uncertain", ERR_UNCERTAIN, "the disk failed in the middle of a commit and could not undo it",
         "Check the disk (dmesg, journalctl -k), then start the service again: the store tells then what holds."},
    [STORE_AUDIT_BROKEN] =
        {"store.audit_broken", ERR_CORRUPT, "the audit trail was changed after it was written",
         "Keep a copy of the store as evidence, find out who could write to it, and compare with a backup."},
};
