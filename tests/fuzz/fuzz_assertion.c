/* Any header, claims and signature (one a line, behind the mode) as a client assertion at the twin's login. In mode 's' the
 * signature is made here, with the registered key. Whatever is answered is JSON, and a token is given only for an assertion
 * that was signed and names the client and the end-point. "$c" stands for the client's id, "$a" for the end-point, "$x" for
 * the certificate in base64, "$t" and "$u" for its thumbprints by SHA-256 and SHA-1. */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "twin/cloud.h"
#include "twin/world/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE_URL "http://twin"
static const struct wall start = {INT64_C(17800000000000000)};
static struct scenario scenario;
static struct cloud *cloud;
static struct cloud_tenant tenant;
static EVP_PKEY *key;
static struct buf marks[5]; /* what c, a, x, t, u stand for */
static const char mark_names[] = "caxtu";

static void ask(const char *path, const char *type, struct str body, int *status_out, struct buf *answer)
{
    struct cloud_request q = {.method = STR("POST"),
                              .path = str_of(path),
                              .base_url = STR(BASE_URL),
                              .content_type = str_of(type),
                              .body = body};
    struct cloud_response r;
    if (str_starts(q.path, STR("/twin/"))) {
        q.params[0] = (struct cloud_param){STR("tenant"), str_of(tenant.domain)};
        q.param_count = 1;
    }
    cloud_handle(cloud, &q, start, &r);
    *status_out = r.status;
    INVARIANT(cloud_body_all(r.body, answer));
    cloud_body_free(r.body);
}

static void mark_thumbprint(struct buf *out, const uint8_t *p, size_t n)
{
    buf_init(out, 0);
    base64url_encode(p, n, out);
}

static void mark_certificate(struct str pem)
{
    struct cert *cert;
    struct cert_facts facts;
    struct err e;
    INVARIANT(cert_from_pem(pem, &cert, &e));
    cert_facts_get(cert, &facts);
    cert_free(cert);
    mark_thumbprint(&marks[3], facts.sha256, sizeof facts.sha256);
    mark_thumbprint(&marks[4], facts.sha1, sizeof facts.sha1);
    buf_init(&marks[2], 0);
    for (struct str rest = pem; rest.n;) {
        struct str line = str_cut(&rest, '\n');
        if (!str_starts(line, STR("-----"))) (void)buf_add_str(&marks[2], line);
    }
}

static void register_key(void)
{
    struct rsa_key *own;
    struct buf cert, pem, answer;
    struct err e;
    int status;
    buf_init(&cert, 0);
    buf_init(&pem, 0);
    buf_init(&answer, 0);
    INVARIANT(cert_make_ca(start, &own, &cert, &e) && rsa_key_to_pem(own, &pem, &e));
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    INVARIANT(key != NULL);
    BIO_free(bio);
    ask("/twin/certificates", "application/x-pem-file", buf_str(&cert), &status, &answer);
    INVARIANT(status == 200);
    mark_certificate(buf_str(&cert));
    rsa_key_free(own);
    buf_done(&answer);
    buf_done(&pem);
    buf_done(&cert);
}

static void prepare(void)
{
    struct err e;
    static const char yaml[] = "history: 1m\nalerts_before: 1\nmachines: 1\nlogins_per_minute: 1000000000\n";
    INVARIANT(scenario_parse(str_of(yaml), "fuzz", &scenario, &e));
    struct cloud_opts o = {.seed = 1, .tenants = 1, .scenario = &scenario, .start = start};
    INVARIANT(cloud_new(&o, &cloud, &e));
    cloud_tenant_get(cloud, 0, &tenant);
    buf_init(&marks[0], 0);
    buf_init(&marks[1], 0);
    (void)buf_add_str(&marks[0], str_of(tenant.client_id));
    (void)buf_addf(&marks[1], BASE_URL "/%s/oauth2/v2.0/token", tenant.id);
    register_key();
}

static void expand(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        const char *mark = text.p[i] == '$' && i + 1 < text.n ? memchr(mark_names, text.p[i + 1], 5) : NULL;
        if (mark)
            (void)buf_add_str(out, buf_str(&marks[mark - mark_names]));
        else
            (void)buf_add_char(out, text.p[i]);
        i += mark != NULL;
    }
}

static void add_part(struct str text, struct buf *token)
{
    base64url_encode(text.p, text.n, token);
    (void)buf_add_char(token, '.');
}

static void sign(struct str header, struct buf *token)
{
    unsigned char signature[1024];
    size_t n = sizeof signature;
    EVP_PKEY_CTX *ctx = NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    INVARIANT(EVP_DigestSignInit(md, &ctx, EVP_sha256(), NULL, key) == 1);
    if (str_find(header, STR("PS256"), 0) != SIZE_MAX)
        INVARIANT(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1);
    INVARIANT(EVP_DigestSign(md, signature, &n, (const unsigned char *)token->p, token->n - 1) == 1);
    EVP_MD_CTX_free(md);
    base64url_encode(signature, n, token);
}

static bool says(const struct json *claims, const char *name, struct str wanted)
{
    return str_eq_nocase(json_str(json_get(claims, name), STR_NONE), wanted);
}

static void check_given(bool is_signed, struct str claims_text)
{
    struct arena a;
    struct err e;
    arena_init(&a, 4 << 20);
    const struct json *claims = json_parse(&a, claims_text, &e);
    INVARIANT(is_signed && claims != NULL);
    INVARIANT(says(claims, "iss", str_of(tenant.client_id)) && says(claims, "sub", str_of(tenant.client_id)));
    INVARIANT(says(claims, "aud", buf_str(&marks[1])));
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data + 1, size - 1};
    struct buf header, claims, token, form, path, answer;
    struct buf *const all[] = {&header, &claims, &token, &form, &path, &answer};
    int status;
    if (size < 1 || size > 4096) return 0;
    if (cloud == NULL) prepare();
    for (size_t i = 0; i < 6; i++) buf_init(all[i], 0);
    expand(str_cut(&rest, '\n'), &header);
    expand(str_cut(&rest, '\n'), &claims);
    add_part(buf_str(&header), &token);
    add_part(buf_str(&claims), &token);
    bool is_signed = data[0] == 's';
    if (is_signed)
        sign(buf_str(&header), &token);
    else
        base64url_encode(rest.p, rest.n, &token);
    (void)buf_addf(&form,
                   "grant_type=client_credentials&scope=https%%3A%%2F%%2Fgraph.microsoft.com%%2F.default&client_id=%s"
                   "&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer"
                   "&client_assertion=%.*s",
                   tenant.client_id, STR_ARG(buf_str(&token)));
    (void)buf_addf(&path, "/%s/oauth2/v2.0/token", tenant.id);
    ask(buf_cstr(&path), "application/x-www-form-urlencoded", buf_str(&form), &status, &answer);
    INVARIANT(json_check(buf_str(&answer), NULL));
    if (status == 200) check_given(is_signed, buf_str(&claims));
    for (size_t i = 0; i < 6; i++) buf_done(all[i]);
    return 0;
}
