/* A policy from disk: its file, the lists beside it, the time zones it names. Blocking: workers only. */
#ifndef FACE_API_POLICY_FILE_H
#define FACE_API_POLICY_FILE_H

#include "kit/sys/fs.h"
#include "logic/respond/policy.h"

/* `path` empty or NULL: the built-in policy. Errors: those of policy_compile, and what the disk said. */
struct policy *policy_file_load(struct fs fs, const char *path, struct err *e);

#endif
