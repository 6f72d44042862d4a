/* Which AADSTS numbers the twin knows. */
#ifndef TWIN_LOGIN_ERRORS_H
#define TWIN_LOGIN_ERRORS_H

#include <stdbool.h>

bool login_knows_error(unsigned code);

#endif
