#ifndef FLOW_ACT_FACTS_READ_H
#define FLOW_ACT_FACTS_READ_H
#include "kit/base/arena.h"
#include "logic/respond/facts.h"
bool facts_read(struct arena *a, struct str json, struct alert_facts *out);
#endif
