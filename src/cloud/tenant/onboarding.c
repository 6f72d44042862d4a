/* The pure part: signatures, links, and what each event makes of a record. */
#include "cloud/tenant/onboarding.h"

#include <stdio.h>

#include "kit/seal/seal.h"
#include "state/store/onboardings.h"

enum {
    NONCE_BYTES = 16,
    EXPIRES_BYTES = 8,
    MAC_BYTES = 32,
    TOKEN_BYTES = NONCE_BYTES + EXPIRES_BYTES + MAC_BYTES,
    CHECK_HOUR_MS = 3600 * 1000,
    FIRST_PAUSE_MS = 2000,
    CHECKING_PAUSE_MS = 5 * 60 * 1000, /* the longest, while consent is known to have been given */
    WAITING_PAUSE_MS = 15 * 60 * 1000, /* and while nobody has said anything */
};

const char *const onboarding_state_names[ONBOARDING_STATES] = {
    [ONBOARDING_WAITING] = "waiting", [ONBOARDING_CHECKING] = "checking",       [ONBOARDING_ACTIVE] = "active",
    [ONBOARDING_PARTIAL] = "partial", [ONBOARDING_REFUSED] = "refused",         [ONBOARDING_FAILED] = "failed",
    [ONBOARDING_EXPIRED] = "expired", [ONBOARDING_QUARANTINED] = "quarantined", [ONBOARDING_REJECTED] = "rejected"};
const char *const onboarding_form_names[ONBOARDING_FORMS] = {"v1", "v2", "authorize"};
const char *const onboarding_proof_names[PROOF_COUNT] = {
    [PROOF_NONE] = "not asked",     [PROOF_ROLES] = "granted",     [PROOF_NO_ROLES] = "no permissions",
    [PROOF_PENDING] = "no consent", [PROOF_ABSENT] = "no service", [PROOF_PASSING] = "not reached",
    [PROOF_REFUSED] = "refused"};

/* ---- the state ------------------------------------------------------------------------------------------------------------ */

static bool hex_digit(char c, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    if (at) *out = (uint8_t)(at - digits);
    return at != NULL;
}

static bool hex_to_bytes(const char *hex, uint8_t out[NONCE_BYTES])
{
    for (size_t i = 0; i < NONCE_BYTES; i++) {
        uint8_t high, low;
        if (!hex_digit(hex[2 * i], &high) || !hex_digit(hex[2 * i + 1], &low)) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* What is signed says what it is for: the key signs nothing else, and should it ever, the texts cannot be mistaken. */
static void mac_of(struct str key, const uint8_t *named, uint8_t out[MAC_BYTES])
{
    char message[64];
    static const char purpose[] = "portcullis consent 1:";
    size_t n = sizeof purpose - 1;
    memcpy(message, purpose, n);
    memcpy(message + n, named, NONCE_BYTES + EXPIRES_BYTES);
    hmac_sha256(key, (struct str){message, n + NONCE_BYTES + EXPIRES_BYTES}, out);
}

void onboarding_sign(struct str key, const char *nonce, struct wall expires, char out[ONBOARDING_STATE_BYTES])
{
    uint8_t token[TOKEN_BYTES];
    struct buf text;
    INVARIANT(hex_to_bytes(nonce, token));
    for (int i = 0; i < EXPIRES_BYTES; i++)
        token[NONCE_BYTES + i] = (uint8_t)((uint64_t)expires.ticks >> (8 * (EXPIRES_BYTES - 1 - i)));
    mac_of(key, token, token + NONCE_BYTES + EXPIRES_BYTES);
    buf_init(&text, ONBOARDING_STATE_BYTES);
    base64url_encode(token, sizeof token, &text);
    INVARIANT(str_copy(buf_str(&text), out, ONBOARDING_STATE_BYTES));
    buf_done(&text);
}

bool onboarding_verify(struct str key, struct str state, struct wall now, char nonce_out[ONBOARDING_NONCE_BYTES],
                       struct err *e)
{
    struct buf token;
    uint8_t mac[MAC_BYTES];
    uint64_t expires = 0;
    if (state.n == 0) return err_set(e, &onboarding_causes[ONBOARDING_STATE_MISSING], "the answer has no state");
    buf_init(&token, 256);
    bool ok = state.n < ONBOARDING_STATE_BYTES && base64url_decode(state, &token) && token.n == TOKEN_BYTES;
    const uint8_t *bytes = (const uint8_t *)token.p;
    if (ok) {
        mac_of(key, bytes, mac);
        ok = bytes_equal_const_time(mac, bytes + NONCE_BYTES + EXPIRES_BYTES, MAC_BYTES);
    }
    if (!ok) {
        buf_done(&token);
        return err_set(e, &onboarding_causes[ONBOARDING_STATE_FORGED], "its state was not made here, or was changed");
    }
    for (int i = 0; i < EXPIRES_BYTES; i++) expires = expires << 8 | bytes[NONCE_BYTES + i];
    for (int i = 0; i < NONCE_BYTES; i++) (void)snprintf(nonce_out + 2 * (size_t)i, 3, "%02x", bytes[i]);
    buf_done(&token);
    if (now.ticks < (int64_t)expires) return true;
    char until[WALL_TEXT_BYTES];
    (void)wall_format_digits((struct wall){(int64_t)expires}, 0, until);
    return err_set(e, &onboarding_causes[ONBOARDING_OVER], "the link was good until %s", until);
}

/* ---- the link --------------------------------------------------------------------------------------------------------------- */

static void add_option(struct buf *out, char before, const char *name, const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    (void)buf_addf(out, "%c%s=", before, name);
    for (const char *p = value; *p; p++) {
        if (strchr(plain, *p))
            (void)buf_add_char(out, *p);
        else
            (void)buf_addf(out, "%%%02X", (unsigned char)*p);
    }
}

/* Each form takes another word for "whichever tenant signs in". */
bool onboarding_link_write(const struct onboarding_link *l, struct buf *out)
{
    static const struct {
        const char *anybody, *path, *more;
    } forms[ONBOARDING_FORMS] = {
        [FORM_V1] = {"common", "adminconsent", ""},
        [FORM_V2] = {"organizations", "v2.0/adminconsent", ""},
        [FORM_AUTHORIZE] = {"common", "oauth2/authorize", "&prompt=consent&response_type=code&sso_reload=true"},
    };
    const char *tenant = l->tenant_id[0] ? l->tenant_id : forms[l->form].anybody;
    (void)buf_addf(out, "%s/%s/%s", l->login_url, tenant, forms[l->form].path);
    add_option(out, '?', "client_id", l->client_id);
    (void)buf_add_str(out, str_of(forms[l->form].more));
    if (l->form == FORM_V2) {
        char scope[HOST_BYTES + 16];
        (void)snprintf(scope, sizeof scope, "%s/.default", l->graph_audience);
        add_option(out, '&', "scope", scope);
    }
    if (l->redirect[0]) add_option(out, '&', "redirect_uri", l->redirect);
    add_option(out, '&', "state", l->state);
    return !out->failed;
}

/* ---- what came back ----------------------------------------------------------------------------------------------------------- */

unsigned onboarding_code(struct str description)
{
    const struct str mark = STR("AADSTS");
    size_t at = str_find(description, mark, 0);
    unsigned code = 0;
    if (at == SIZE_MAX) return 0;
    for (size_t i = at + mark.n;
         i < description.n && description.p[i] >= '0' && description.p[i] <= '9' && code < 100000000; i++)
        code = code * 10 + (unsigned)(description.p[i] - '0');
    return code;
}

/* By the number where there is one, as `error` differs from form to form; else by `error`. */
static int cause_of(const struct onboarding_answer *a)
{
    static const struct {
        unsigned code;
        const char *error;
        int cause;
    } rows[] = {
        {65004, NULL, ONBOARDING_DECLINED},
        {65001, NULL, ONBOARDING_ROLE},
        {90094, NULL, ONBOARDING_ROLE},
        {900941, NULL, ONBOARDING_ROLE},
        {650052, NULL, ONBOARDING_NO_SERVICE},
        {650051, NULL, ONBOARDING_TEMPORARY},
        {650057, NULL, ONBOARDING_NO_SERVICE},
        {500011, NULL, ONBOARDING_NO_SERVICE},
        {700016, NULL, ONBOARDING_APP_UNKNOWN},
        {7000112, NULL, ONBOARDING_APP_UNKNOWN},
        {90099, NULL, ONBOARDING_APP_UNKNOWN},
        {50011, NULL, ONBOARDING_REDIRECT},
        {500113, NULL, ONBOARDING_REDIRECT},
        {53003, NULL, ONBOARDING_POLICY},
        {530032, NULL, ONBOARDING_POLICY},
        {90095, NULL, ONBOARDING_POLICY},
        {90033, NULL, ONBOARDING_TEMPORARY},
        {50033, NULL, ONBOARDING_TEMPORARY},
        {0, "temporarily_unavailable", ONBOARDING_TEMPORARY},
        {0, "server_error", ONBOARDING_TEMPORARY},
        {0, "access_denied", ONBOARDING_DECLINED},
        {0, "consent_required", ONBOARDING_DECLINED},
        {0, "permission_denied", ONBOARDING_ROLE},
        {0, "unauthorized_client", ONBOARDING_APP_UNKNOWN},
    };
    unsigned code = onboarding_code(a->description);
    if (str_eq_nocase(a->subcode, STR("cancel"))) return ONBOARDING_DECLINED;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool fits = rows[i].error ? str_eq_nocase(a->error, str_of(rows[i].error)) : code && code == rows[i].code;
        if (fits) return rows[i].cause;
    }
    return ONBOARDING_ERROR;
}

/* For messages: what a stranger's browser brought, made harmless. */
static void quote(struct str text, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n && n + 1 < size; i++) {
        unsigned char c = (unsigned char)text.p[i];
        out[n++] = c < ' ' || c >= 0x7f || strchr("<>\"'`\\", (int)c) ? '?' : (char)c;
    }
    out[n] = '\0';
}

bool onboarding_answer_check(const struct onboarding_answer *a, struct err *e)
{
    char error[48], description[200];
    if (a->error.n) {
        quote(a->error, error, sizeof error);
        quote(a->description, description, sizeof description);
        return err_set(e, &onboarding_causes[cause_of(a)], "the sign-in service answered %s%s%s", error,
                       description[0] ? ": " : "", description);
    }
    return true;
}

const char *onboarding_tenant(const struct onboarding_record *r)
{
    return r->found_id[0] ? r->found_id : r->tenant_id;
}

/* ---- steps --------------------------------------------------------------------------------------------------------------------- */

static void clear_error(struct onboarding_record *r)
{
    r->error_code[0] = r->error_text[0] = '\0';
}

static void keep_error(struct onboarding_record *r, const struct err *why)
{
    (void)snprintf(r->error_code, sizeof r->error_code, "%s", why->cause->code);
    (void)snprintf(r->error_text, sizeof r->error_text, "%s", why->text);
}

static void check_from(struct onboarding_record *r, struct wall now)
{
    r->state = ONBOARDING_CHECKING;
    r->deadline = wall_add(now, CHECK_HOUR_MS * WALL_TICKS_PER_MS);
    r->due = now;
    r->tries = 0;
    r->changed = now;
    clear_error(r);
}

bool onboarding_consented(struct onboarding_record *r, struct str tenant, struct wall now, struct err *e)
{
    char shown[48];
    bool is_proved = r->state == ONBOARDING_ACTIVE || r->state == ONBOARDING_PARTIAL; /* we asked by ourselves */
    bool may = is_proved || r->state == ONBOARDING_WAITING || r->state == ONBOARDING_REFUSED ||
               r->state == ONBOARDING_CHECKING;
    quote(str_sub(tenant, 0, 40), shown, sizeof shown);
    if (r->answered.ticks || !may)
        return err_set(e, &onboarding_causes[ONBOARDING_REPLAYED], "the link of onboarding %lld was used already%s%s",
                       (long long)r->id, shown[0] ? ", now again for tenant " : "", shown);
    if (now.ticks >= r->expires.ticks)
        return err_set(e, &onboarding_causes[ONBOARDING_OVER], "the link of onboarding %lld", (long long)r->id);
    /* The old form's answer has a code and no tenant. */
    if (tenant.n == 0 && r->tenant_id[0] == '\0')
        return err_set(e, &onboarding_causes[ONBOARDING_NO_TENANT], "the answer names no tenant, nor did the link");
    if (tenant.n && !str_is_guid(tenant))
        return err_set(e, &onboarding_causes[ONBOARDING_NO_TENANT], "\"%s\" is no tenant's id", shown);
    if (tenant.n && r->tenant_id[0] && !str_eq_nocase(tenant, str_of(r->tenant_id)))
        return err_set(e, &onboarding_causes[ONBOARDING_OTHER_TENANT], "the link was made for tenant %s, %s answered",
                       r->tenant_id, shown);
    if (tenant.n) {
        INVARIANT(str_copy(tenant, r->found_id, sizeof r->found_id));
        for (char *p = r->found_id; *p; p++)
            if (*p >= 'A' && *p <= 'F') *p = (char)(*p - 'A' + 'a');
    }
    r->answered = now;
    if (!is_proved) check_from(r, now);
    return true;
}

void onboarding_refused(struct onboarding_record *r, const struct err *why, struct wall now)
{
    /* Whoever has the link can say this: it must not undo what is proved or being proved. */
    if (r->state != ONBOARDING_WAITING && r->state != ONBOARDING_REFUSED) return;
    r->state = ONBOARDING_REFUSED;
    r->changed = now;
    keep_error(r, why);
}

void onboarding_quarantine(const struct onboarding_record *of, struct str tenant, struct wall now,
                           struct onboarding_record *out)
{
    *out = *of;
    out->id = 0;
    out->nonce[0] = out->tenant_id[0] = out->name[0] = '\0';
    (void)str_copy(tenant, out->found_id, sizeof out->found_id);
    out->state = ONBOARDING_QUARANTINED;
    out->created = out->answered = out->changed = now;
    out->due = out->deadline = (struct wall){0};
    out->tries = out->proofs = out->is_in = 0;
    struct err why;
    (void)err_set(&why, &onboarding_causes[ONBOARDING_OTHER_TENANT],
                  "it answered the link of onboarding %lld, made for tenant %s", (long long)of->id, of->tenant_id);
    keep_error(out, &why);
}

bool onboarding_judge(struct onboarding_record *r, bool accepts, struct wall now, struct err *e)
{
    if (r->state != ONBOARDING_QUARANTINED)
        return err_set(e, &onboarding_causes[ONBOARDING_NOT_QUARANTINED], "onboarding %lld is %s", (long long)r->id,
                       onboarding_state_names[r->state]);
    if (accepts) {
        check_from(r, now);
        return true;
    }
    r->state = ONBOARDING_REJECTED;
    r->changed = now;
    return true;
}

bool onboarding_retry(struct onboarding_record *r, struct wall now, struct err *e)
{
    if (onboarding_tenant(r)[0] == '\0')
        return err_set(e, &onboarding_causes[ONBOARDING_NO_TENANT], "onboarding %lld: no tenant has answered yet",
                       (long long)r->id);
    if (r->state == ONBOARDING_QUARANTINED || r->state == ONBOARDING_REJECTED)
        return err_set(e, &onboarding_causes[ONBOARDING_OTHER_TENANT], "onboarding %lld is %s", (long long)r->id,
                       onboarding_state_names[r->state]);
    check_from(r, now);
    return true;
}

enum onboarding_proof onboarding_proof_of(const struct onboarding_record *r, enum audience a)
{
    int64_t n = r->proofs >> (PROOF_BITS * a) & ((1 << PROOF_BITS) - 1);
    return n < PROOF_COUNT ? (enum onboarding_proof)n : PROOF_NONE;
}

static void plan_next(struct onboarding_record *r, struct wall now)
{
    int64_t most = r->state == ONBOARDING_CHECKING ? CHECKING_PAUSE_MS : WAITING_PAUSE_MS, pause = FIRST_PAUSE_MS;
    for (int64_t i = 0; i < r->tries && pause < most; i++) pause *= 2;
    r->tries++;
    r->due = wall_add(now, (pause < most ? pause : most) * WALL_TICKS_PER_MS);
}

static void settle(struct onboarding_record *r, enum onboarding_state state, const struct err *why)
{
    r->state = state;
    r->due = (struct wall){0};
    clear_error(r);
    if (why) keep_error(r, why);
}

struct sums {
    unsigned wanted, shown, absent, refused;
    const struct err *why;
};

static struct sums sum_up(struct onboarding_record *r, const struct onboarding_proved proved[AUD_COUNT])
{
    struct sums s = {0};
    r->proofs = 0;
    for (int a = 0; a < AUD_COUNT; a++) {
        enum onboarding_proof p = proved[a].proof;
        r->proofs |= (int64_t)p << (PROOF_BITS * a);
        if (p == PROOF_NONE) continue;
        s.wanted++;
        s.shown += p == PROOF_ROLES;
        s.absent += p == PROOF_ABSENT;
        s.refused += p == PROOF_REFUSED;
        if (p != PROOF_ROLES && proved[a].why) s.why = proved[a].why;
    }
    return s;
}

/* The time is up without all of it. */
static void give_up(struct onboarding_record *r, const struct sums *s)
{
    struct err e;
    if (s->shown) {
        (void)err_set(&e, &onboarding_causes[ONBOARDING_HALF_SHOWN], "%s",
                      s->why ? s->why->text : "one API shows no permissions");
        settle(r, ONBOARDING_PARTIAL, &e);
    } else if (r->state == ONBOARDING_CHECKING) {
        (void)err_set(&e, &onboarding_causes[ONBOARDING_NEVER_SHOWN], "%s",
                      s->why ? s->why->text : "tokens come without any permission");
        settle(r, ONBOARDING_FAILED, &e);
    } else {
        (void)err_set(&e, &onboarding_causes[ONBOARDING_OVER], "nobody used the link");
        settle(r, ONBOARDING_EXPIRED, &e);
    }
}

void onboarding_fail(struct onboarding_record *r, const struct err *why, struct wall now)
{
    settle(r, ONBOARDING_FAILED, why);
    r->is_in = 0;
    r->changed = now;
}

void onboarding_step(struct onboarding_record *r, const struct onboarding_proved proved[AUD_COUNT], struct wall now,
                     bool *adds_out)
{
    struct sums s = sum_up(r, proved);
    /* A tenant that is here and is to consent again: that it has consented before says nothing about now. */
    if (r->is_in && r->state != ONBOARDING_CHECKING) s.shown = 0;
    *adds_out = s.shown > 0 && !r->is_in;
    r->changed = now;
    if (s.shown > 0) {
        r->is_in = 1;
        if (r->state != ONBOARDING_CHECKING) check_from(r, now); /* it shows without that anybody told us */
    }
    struct wall end = r->state == ONBOARDING_CHECKING ? r->deadline : r->expires;
    if (s.shown > 0 && s.shown + s.absent == s.wanted)
        settle(r, ONBOARDING_ACTIVE, NULL);
    else if (s.refused > 0 && s.refused == s.wanted && s.why && r->state == ONBOARDING_CHECKING)
        settle(r, ONBOARDING_FAILED, s.why);
    else if (now.ticks >= end.ticks)
        give_up(r, &s);
    else {
        if (s.why && r->state == ONBOARDING_CHECKING) keep_error(r, s.why);
        plan_next(r, now);
    }
}
