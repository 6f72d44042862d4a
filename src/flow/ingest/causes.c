#include "flow/ingest/ingest.h"

const struct cause ingest_causes[INGEST_CAUSE_COUNT] = {
    [INGEST_BAD_ANSWER] =
        {"ingest.bad_answer", ERR_RETRY, "Defender's answer is not what was asked for, or was cut short",
         "It is asked for again by itself; if it lasts, look for a proxy that changes answers: portcullis doctor."},
    [INGEST_STATE_NEWER] = {"ingest.state_newer", ERR_CORRUPT,
                            "the feed's state was written by a newer version of Portcullis",
                            "Run the newer version again, or restore the data folder from before the upgrade."},
    [INGEST_STATE_BAD] = {"ingest.state_bad", ERR_CORRUPT, "the feed's state in the store cannot be read",
                          "Run portcullis doctor; if the store is whole, report this as a bug with the message."},
    [INGEST_SPOOL_FULL] = {"ingest.spool_full", ERR_LIMIT, "an answer is larger than the spool may hold",
                           "Raise the spool's bound in portcullis.yaml, or free disk space in the data folder."},
    [INGEST_INCOMPLETE] = {"ingest.incomplete", ERR_RETRY, "Defender counts more rows than it gives",
                           "Ask again later: portcullis pull --tenant T --feed F --from T --to T; if it lasts, open a "
                           "case with Microsoft."},
    [INGEST_STOPPED] = {"ingest.stopped", ERR_RETRY, "ingest was stopped before it was done",
                        "Start it again: what was done is kept."},
    [INGEST_OTHER_SOURCE] = {"ingest.other_source", ERR_AUTH, "the same alerts are read through another feed",
                             "Nothing to do: should the better source be refused one day, this one takes over."},
    [INGEST_RENAMED] = {"ingest.renamed", ERR_AUTH, "the table has another name now",
                        "Nothing to do: the feed of the new name goes on where this one ended."},
    [INGEST_OFF] =
        {"ingest.off", ERR_AUTH, "the feed is switched off",
         "Nothing to do, or switch it on: portcullis feed set FEED --on yes --tenant TENANT; where Defender for "
         "Endpoint as a whole is off: portcullis settings set endpoint on --tenant TENANT."},
    [INGEST_BEHIND] =
        {"ingest.behind", ERR_RETRY, "the feed falls behind: it is read later than it should be",
         "It goes on by itself and loses nothing. If it lasts: give hunting a larger share (hunting.share), poll less "
         "often (interval.hunting), or see what else uses this tenant's quota; portcullis feed list shows the lag."},
    [INGEST_NO_FEED] = {"ingest.no_feed", ERR_INPUT, "there is no feed of that name",
                        "See the names with: portcullis feed list."},
};
