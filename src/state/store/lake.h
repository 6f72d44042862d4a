/* The log's end, how far sinks have read it, and the files of the lake. */
#ifndef STATE_STORE_LAKE_H
#define STATE_STORE_LAKE_H

#include "state/store/store.h"

bool store_log_end_get(struct store *s, uint64_t *out, struct err *e);
bool store_log_end_set(struct store *s, uint64_t end, struct err *e);
bool store_offset_get(struct store *s, const char *sink, uint64_t *out, struct err *e); /* 0 when new */
bool store_offset_set(struct store *s, const char *sink, uint64_t offset, struct err *e);
struct lake_file_record {
    char path[256]; /* below the lake: "class=1007/tenant=<guid>/day=2026-11-22/12.ndjson.zst" */
    uint64_t bytes, events;
    struct wall written;
};
bool store_lake_file_add(struct store *s, const struct lake_file_record *r, struct err *e);
/* Takes the file's name out and notes it as superseded: its bytes may be deleted once the transaction is durable. */
bool store_lake_file_supersede(struct store *s, const char *path, struct err *e);
bool store_lake_file_list(struct store *s, bool (*each)(void *arg, const struct lake_file_record *r), void *arg,
                          struct err *e);
bool store_lake_superseded_list(struct store *s, bool (*each)(void *arg, const char *path), void *arg, struct err *e);
bool store_lake_superseded_forget(struct store *s, const char *path, struct err *e);
/* The newest file of a partition ("class=…/tenant=…/day=…"), to be extended while small. */
bool store_lake_file_newest(struct store *s, const char *partition, struct lake_file_record *out, bool *found_out,
                            struct err *e);
/* Files of a partition set in the making: they count for nothing until all of them are adopted at once. */
bool store_lake_staged_add(struct store *s, const struct lake_file_record *r, struct err *e);
bool store_lake_staged_remove(struct store *s, const char *path, struct err *e);
bool store_lake_staged_list(struct store *s, bool (*each)(void *arg, const struct lake_file_record *r), void *arg,
                            struct err *e);
bool store_lake_staged_newest(struct store *s, const char *partition, struct lake_file_record *out, bool *found_out,
                              struct err *e);
bool store_lake_staged_adopt(struct store *s, struct err *e); /* they become files of the lake, and none is staged */
bool store_lake_staged_clear(struct store *s, struct err *e);

#endif
