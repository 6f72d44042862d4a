#include <openssl/err.h>

#include "kit/seal/seal_int.h"

const struct cause seal_causes[SEAL_CAUSE_COUNT] = {
    [SEAL_BAD_KEY_FILE] = {"seal.bad_key_file", ERR_INPUT, "the key file is not a Portcullis key file",
                           "Put the key file back from your backup: one line, \"portcullis-key-1\" and 64 hex digits."},
    [SEAL_WRONG_KEY] =
        {"seal.wrong_key", ERR_INPUT, "this was sealed under another key",
         "Point key_file at the key file this installation was made with, or put it back from a backup."},
    [SEAL_CORRUPT] = {"seal.corrupt", ERR_CORRUPT, "sealed bytes have been changed or moved",
                      "Restore the store from a backup, or remove the tenant and add it again."},
    [SEAL_BAD_TOKEN] = {"seal.bad_token", ERR_INPUT, "this is not a token, or its signature does not hold",
                        "Ask the server that issued it for a new token."},
    [SEAL_BAD_PEM] = {"seal.bad_pem", ERR_INPUT, "this is not a usable RSA private key or certificate in PEM form",
                      "Give an RSA key of at least 2048 bits without a passphrase, or its certificate, as PEM text."},
    [SEAL_CRYPTO] = {"seal.crypto", ERR_LIMIT, "the cryptographic library refused",
                     "Check that the machine has memory left and that OpenSSL's configuration allows RSA and SHA-256."},
};

bool openssl_failed(struct err *e, const char *doing)
{
    char why[160] = "no reason given";
    unsigned long code = ERR_peek_last_error();
    if (code) ERR_error_string_n(code, why, sizeof why);
    ERR_clear_error();
    return err_set(e, &seal_causes[SEAL_CRYPTO], "OpenSSL failed %s: %s", doing, why);
}

bool seal_no_memory(struct err *e, const char *what)
{
    return err_set(e, &base_causes[BASE_NO_MEMORY], "no memory for %s", what);
}
