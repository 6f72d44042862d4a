/* Private to the index: what a level provides. */
#ifndef KIT_JSON_INDEX_INT_H
#define KIT_JSON_INDEX_INT_H

#include "kit/json/index.h"

/* Reads `blocks` blocks; fills quotes, marks and count; gives the first block in which something is wrong, or `blocks`. */
typedef size_t json_index_fn(struct json_index *x, const unsigned char *p, size_t blocks);

json_index_fn json_index_scalar, json_index_sse42, json_index_avx2, json_index_avx512, json_index_neon;

#endif
