/* What the engine's files share. */
#ifndef LOGIC_RESPOND_RESPOND_INT_H
#define LOGIC_RESPOND_RESPOND_INT_H

#include "logic/respond/respond.h"

extern const char *const act_kind_words[ACT_KINDS];
extern const char *const act_scope_words[SCOPE_KINDS];
extern const char *const came_words[CAME_KINDS];
extern const char *const decision_state_words[DECISION_STATES];
extern const char *const action_state_words[ACTION_STATES];
extern const char *const hold_state_words[HOLD_STATES];
extern const char *const stop_state_words[STOP_STATES];
extern const char *const record_kind_words[RECORD_KINDS];

#endif
