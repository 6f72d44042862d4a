/* The pages' tables of routes. A subject is a table of its own in its own file, declared and listed here. */
#include "face/api/web/web.h"
#include "face/api/web/web_login.h"

const struct web_route *const web_route_tables[] = {
    health_routes, onboarding_routes, openapi_routes, login_routes, NULL,
};
