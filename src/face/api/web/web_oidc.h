/* Single sign-on's two steps over HTTP: to the provider, and back from it. */
#ifndef FACE_API_WEB_OIDC_H
#define FACE_API_WEB_OIDC_H

#include "face/api/web/web.h"

void web_oidc_start(struct web_call *c);
void web_oidc_callback(struct web_call *c);

#endif
