/* A policy from disk: its file, the lists beside it, the time zones it names. Blocking: workers only. */
#ifndef FLOW_ACT_POLICY_FILE_H
#define FLOW_ACT_POLICY_FILE_H

#include "kit/sys/fs.h"
#include "logic/respond/policy.h"

/* Which files a policy was made of, and what they looked like. */
enum { POLICY_WATCHED_MAX = 32 };
struct policy_watch {
    char *paths[POLICY_WATCHED_MAX];
    size_t count;
};
void policy_watch_done(struct policy_watch *w);
uint64_t policy_watch_stamp(const struct policy_watch *w, struct fs fs); /* of sizes and times; changes when they do */

/* `path` empty or NULL: the built-in policy. Errors: those of policy_compile, and what the disk said. */
struct policy *policy_file_load(struct fs fs, const char *path, struct policy_watch *watch /* filled in; may be NULL */,
                                struct err *e);

#endif
