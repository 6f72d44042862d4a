#include "cloud/tenant/proxies.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"
#include "state/store/proxies.h"

/* ---- changing ----------------------------------------------------------------------------------------------------------- */

static bool is_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) return false;
    return true;
}

static bool check_login(const struct proxy_input *in, struct proxy_record *r, struct err *e)
{
    const struct cause *bad = &tenant_causes[PROXY_BAD_LOGIN];
    struct str user = str_trim(str_of(in->user ? in->user : ""));
    if (!is_line(user) || str_find(user, STR(":"), 0) != SIZE_MAX || !str_copy(user, r->user, sizeof r->user))
        return err_set(e, bad, "the name for the proxy: one line without colons, at most %d bytes",
                       PROXY_USER_BYTES - 1);
    if (in->password && (in->password->n == 0 || !is_line(*in->password)))
        return err_set(e, bad, "the password for the proxy must be one line, and not empty");
    if (in->password && user.n == 0) return err_set(e, bad, "a password for the proxy needs a name (--user)");
    return !(user.n || in->password) || strcmp(r->address, PROXY_DIRECT) != 0 ||
           err_set(e, bad, "there is nobody to log in to where the way is direct");
}

static bool check_ca(struct str pem, struct err *e)
{
    struct cert *cert = NULL;
    if (pem.n == 0) return true;
    if (!cert_from_pem(pem, &cert, e)) return err_context(e, "the CA of the proxy rule");
    cert_free(cert);
    return true;
}

static bool check_input(const struct proxy_input *in, struct proxy_record *r, struct err *e)
{
    struct str pattern = str_trim(str_of(in->pattern)), address = str_trim(str_of(in->address));
    while (str_ends(address, STR("/"))) address.n--;
    const char *fault = proxy_pattern_fault(pattern);
    if (fault)
        return err_set(e, &tenant_causes[PROXY_BAD_PATTERN], "\"%.*s\": %s", STR_ARG(str_sub(pattern, 0, 80)), fault);
    fault = proxy_address_fault(address);
    if (fault) return err_set(e, &tenant_causes[PROXY_BAD_ADDRESS], "%s", fault); /* may hold a password */
    (void)str_copy(pattern, r->pattern, sizeof r->pattern);
    (void)str_copy(address, r->address, sizeof r->address);
    r->ca_pem = in->ca_pem;
    return check_login(in, r, e) && check_ca(in->ca_pem, e);
}

static void place(const struct setting_scope *at, struct proxy_record *r)
{
    if (at->tenant_id[0])
        memcpy(r->tenant_id, at->tenant_id, sizeof r->tenant_id);
    else
        r->org_id = at->org_id;
}

static bool put_password(struct store *s, const struct proxy_record *r, const struct str *password, struct err *e)
{
    char name[PROXY_SECRET_BYTES];
    store_proxy_secret(r->id, name);
    return password ? store_secret_put(s, name, *password, e) : store_secret_remove(s, name, e);
}

bool proxies_set(struct store *s, const struct setting_scope *at, const struct proxy_input *in,
                 struct proxy_record *out, struct err *e)
{
    struct proxy_record r = {0};
    if (!check_input(in, &r, e)) return false;
    place(at, &r);
    if (!store_proxy_put(s, &r, e) || !put_password(s, &r, in->password, e)) return false;
    *out = r;
    return true;
}

struct wanted {
    struct proxy_record at, found;
};

static bool is_same_place(const struct proxy_record *a, const struct proxy_record *b)
{
    return a->org_id == b->org_id && strcmp(a->tenant_id, b->tenant_id) == 0 &&
           str_eq_nocase(str_of(a->pattern), str_of(b->pattern));
}

static bool find(void *arg, const struct proxy_record *r)
{
    struct wanted *w = arg;
    if (!is_same_place(&w->at, r)) return true;
    w->found = *r;
    w->found.ca_pem = STR_NONE; /* borrowed for this call alone */
    return false;
}

bool proxies_find(struct store *s, const struct setting_scope *at, const char *pattern, struct proxy_record *out,
                  struct err *e)
{
    struct wanted w = {0};
    place(at, &w.at);
    if (!str_copy(str_trim(str_of(pattern)), w.at.pattern, sizeof w.at.pattern)) w.at.pattern[0] = '\0';
    if (!store_proxy_list(s, find, &w, e)) return false;
    *out = w.found;
    return true;
}

bool proxies_remove(struct store *s, const struct setting_scope *at, const char *pattern, struct err *e)
{
    struct proxy_record r;
    bool was_there = false;
    if (!proxies_find(s, at, pattern, &r, e) || (r.id && !store_proxy_remove(s, r.id, &was_there, e))) return false;
    return was_there ||
           err_set(e, &tenant_causes[PROXY_NO_RULE], "no proxy rule there has the pattern \"%.80s\"", pattern);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

struct entry {
    struct proxy_record record; /* without its ca_pem */
    struct secret *password;
    char *ca_pem;
};
struct proxy_book {
    struct entry *entries;
    size_t count;
    bool has_no_memory;
    struct proxy_rules *of_account; /* made when first asked for */
};

static bool keep(void *arg, const struct proxy_record *r)
{
    struct proxy_book *b = arg;
    if ((b->count & (b->count - 1)) == 0) { /* at a power of two: double */
        struct entry *wider = realloc(b->entries, (b->count ? 2 * b->count : 1) * sizeof *wider);
        if (wider == NULL) goto no_memory;
        b->entries = wider;
    }
    struct entry *entry = &b->entries[b->count];
    *entry = (struct entry){.record = *r, .ca_pem = r->ca_pem.n ? str_dup(r->ca_pem) : NULL};
    entry->record.ca_pem = STR_NONE;
    if (r->ca_pem.n && entry->ca_pem == NULL) goto no_memory;
    b->count++;
    return true;
no_memory:
    b->has_no_memory = true;
    return false;
}

static bool open_password(struct store *s, struct entry *entry, struct err *e)
{
    char name[PROXY_SECRET_BYTES];
    struct buf plain;
    struct err why;
    bool found = false;
    store_proxy_secret(entry->record.id, name);
    buf_init(&plain, 0);
    bool ok = store_secret_get(s, name, &plain, &found, &why);
    if (ok && found) {
        entry->password = secret_new(buf_str(&plain));
        if (entry->password == NULL) ok = err_set(&why, &base_causes[BASE_NO_MEMORY], "reading a secret");
    }
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    ok = ok || why.cause == &seal_causes[SEAL_CORRUPT] || why.cause == &seal_causes[SEAL_WRONG_KEY];
    if (!ok && e) *e = why;
    return ok;
}

bool proxy_book_read(struct store *s, struct proxy_book **out, struct err *e)
{
    struct proxy_book *b = calloc(1, sizeof *b);
    if (b == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the proxy rules");
    bool ok = store_proxy_list(s, keep, b, e);
    if (ok && b->has_no_memory) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading the proxy rules");
    for (size_t i = 0; ok && i < b->count; i++)
        if (b->entries[i].record.user[0]) ok = open_password(s, &b->entries[i], e);
    if (!ok) {
        proxy_book_free(b);
        return false;
    }
    *out = b;
    return true;
}

void proxy_book_free(struct proxy_book *b)
{
    if (b == NULL) return;
    for (size_t i = 0; i < b->count; i++) {
        secret_free(b->entries[i].password);
        free(b->entries[i].ca_pem);
    }
    proxy_rules_unref(b->of_account);
    free(b->entries);
    free(b);
}

/* PROXY_LEVELS: it does not count there. */
static enum proxy_level level_at(const struct proxy_record *r, const struct setting_scope *at)
{
    if (r->tenant_id[0]) return strcmp(r->tenant_id, at->tenant_id) == 0 ? PROXY_OF_TENANT : PROXY_LEVELS;
    if (r->org_id) return r->org_id == at->org_id ? PROXY_OF_ORGANIZATION : PROXY_LEVELS;
    return PROXY_OF_ACCOUNT;
}

static void fill(struct proxy_rule *rule, const struct entry *entry, enum proxy_level level)
{
    const struct proxy_record *r = &entry->record;
    rule->level = level;
    memcpy(rule->pattern, r->pattern, sizeof rule->pattern);
    memcpy(rule->address, r->address, sizeof rule->address);
    memcpy(rule->user, r->user, sizeof rule->user);
    rule->password = entry->password ? secret_copy(entry->password) : NULL;
    rule->ca_pem = entry->ca_pem ? str_dup(str_of(entry->ca_pem)) : NULL;
    INVARIANT((rule->password || !entry->password) && (rule->ca_pem || !entry->ca_pem));
}

static struct proxy_rules *make(const struct proxy_book *b, const struct setting_scope *at, size_t count)
{
    struct proxy_rules *rules = proxy_rules_new(count);
    size_t n = 0;
    INVARIANT(rules != NULL);
    for (size_t i = 0; i < b->count; i++) {
        enum proxy_level level = level_at(&b->entries[i].record, at);
        if (level < PROXY_LEVELS) fill(&rules->rules[n++], &b->entries[i], level);
    }
    return rules;
}

struct proxy_rules *proxy_book_rules(struct proxy_book *b, const struct setting_scope *at)
{
    size_t count = 0, own = 0;
    for (size_t i = 0; i < b->count; i++) {
        enum proxy_level level = level_at(&b->entries[i].record, at);
        count += level < PROXY_LEVELS;
        own += level < PROXY_OF_ACCOUNT;
    }
    if (count == 0) return NULL;
    if (own) return make(b, at, count);
    if (b->of_account == NULL) b->of_account = make(b, at, count);
    return proxy_rules_ref(b->of_account);
}
