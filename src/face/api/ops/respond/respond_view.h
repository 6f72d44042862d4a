/* The response's memory as JSON, for operations that show it: decisions, actions, holds. */
#ifndef FACE_API_RESPOND_VIEW_H
#define FACE_API_RESPOND_VIEW_H

#include "kit/json/json.h"
#include "logic/respond/respond.h"

/* One object each. A decision has its newest action beside it ("action"), and the outcome of both. */
void view_decision(struct json_writer *w, const struct responder *r, const struct decision *d);
void view_action(struct json_writer *w, const struct action *a);
void view_hold(struct json_writer *w, const struct hold *h);

/* A member of an open object; an empty text or time is null. */
void view_text(struct json_writer *w, const char *key, const char *text);
void view_time(struct json_writer *w, const char *key, struct wall t);
void view_number(struct json_writer *w, const char *key, uint64_t n); /* as text, as ids are given; 0: null */

#endif
