/* Logging in over HTTP: POST /api/v1/login, /api/v1/logout, GET /api/v1/session, and single sign-on. */
#ifndef FACE_API_WEB_LOGIN_H
#define FACE_API_WEB_LOGIN_H

#include "face/api/login/auth.h"
#include "face/api/web/web.h"
#include "state/store/people.h"

extern const struct web_route login_routes[];

/* For web_opts.who. */
bool web_who(struct web_call *c, struct principal *out, bool *is_absent_out, struct err *e);

/* What the request shows of its sender; texts lie in c->arena. */
void web_sender_of(struct web_call *c, struct web_sender *out);
/* The session's cookie: `__Host-portcullis`, Secure; on plain HTTP, which is for this machine alone, `portcullis`. */
void web_set_session(struct web_call *c, const char *id); /* NULL: it is taken back */
/* {"person","role","must_enrol","organizations","csrf_token"} */
void web_write_session(struct json_writer *w, const struct person_record *p, bool must_enrol, const char *csrf);

#endif
