/* Apps and their credentials. */
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops.h"
#include "face/api/principal.h"

void op_credential(const struct op_call *c, struct credential_input *out)
{
    *out = (struct credential_input){.secret = op_text(c, "secret-file"),
                                     .pem = op_text(c, "certificate-file"),
                                     .make_certificate = op_flag(c, "make-certificate"),
                                     .expires = op_cstr(c, "expires"),
                                     .key_id = op_cstr(c, "secret-id"),
                                     .is_old_form = op_flag(c, "old-form")};
    if (op_cstr(c, "secret-file") == NULL) out->secret.p = NULL;
    if (op_cstr(c, "certificate-file") == NULL) out->pem.p = NULL;
}
