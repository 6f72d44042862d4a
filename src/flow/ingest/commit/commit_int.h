/* Between commit.c (the protocol) and commit_item.c (what one item writes). */
#ifndef FLOW_INGEST_COMMIT_INT_H
#define FLOW_INGEST_COMMIT_INT_H

#include "flow/ingest/commit/commit.h"
#include "flow/ingest/commit/own_rows.h"

struct committer {
    struct committer_opts o;
    struct runtime_timer *timer;
    struct commit_item *first, **last; /* waiting */
    struct commit_item *group;         /* on its way; the worker's until group_done */
    bool is_running;                   /* a group is on its way, be it an empty one */
    bool has_own, is_open;             /* the store holds own events, or may; and they are reason for a group */
    bool is_empty;                     /* worker: nothing was there to commit */
    const struct ocsf *group_ocsf;     /* what the group maps by */
    struct own_rows own;               /* the worker's: those of this group */
    bool group_ok;
    struct err group_err;
    uint64_t end;
    bool is_unclear; /* worker: the store must be asked which end it names before anything is appended */
    bool is_urgent;
    struct mono started_at;
    uint64_t bytes, commits, failed;
};
/* Inside the transaction. */
bool commit_write_item(struct store *s, struct commit_item *item, struct err *e);
/* Appends whole lines to the day's file and syncs. Written before the commit: a letter may come twice, never be lost. */
bool dead_letters_write(struct fs fs, const char *dir, struct wall now, struct str lines, struct err *e);

#endif
