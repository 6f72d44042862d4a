#include "face/api/login/password.h"

#include <pthread.h>
#include <string.h>

#include "face/api/login/auth.h"
#include "kit/seal/seal.h"

/* Those that guessers try first, as far as they are long enough to be taken. In lower case, without digits and signs. */
static const char *const forbidden[] = {
    "password",
    "passwordpassword",
    "passwort",
    "passwortpasswort",
    "qwertyuiop",
    "qwertyuiopasdfgh",
    "qwertzuiop",
    "administrator",
    "adminadmin",
    "adminadminadmin",
    "letmein",
    "letmeinletmein",
    "changeme",
    "changemenow",
    "pleasechange",
    "welcome",
    "welcomewelcome",
    "iloveyou",
    "iloveyouiloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustnoone",
    "correcthorsebatterystaple",
    "portcullis",
    "microsoft",
    "defender",
    "microsoftdefender",
    "secret",
    "secretsecret",
    "supersecret",
    "abcdefghijkl",
    "abcdefghijklmnop",
    "asdfghjkl",
    "asdfghjklzxcvbnm",
    "zaqwsxcde",
    "onetwothreefour",
    "summer",
    "winter",
    "spring",
    "autumn",
    "company",
    "monkey",
    "dragon",
    "shadow",
    "master",
    "masterpassword",
    "default",
    "defaultpassword",
    "temporary",
    "test",
    "testtest",
    "testtesttest",
    "testing",
    "user",
    "root",
    "rootroot",
    "guest",
};

static bool refuse(struct err *e, const char *why)
{
    return err_set(e, &auth_causes[AUTH_WEAK_PASSWORD], "the password %s", why);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Letters alone, small, without what is hung on at the end: "P4ssw0rd-2026!" is "password" to whoever guesses. */
static struct str letters_of(struct str password, char out[PASSWORD_BYTES_MAX])
{
    static const char from[] = "01345@$", to[] = "oieasas";
    size_t n = 0;
    while (password.n && !is_letter(password.p[password.n - 1])) password.n--;
    for (size_t i = 0; i < password.n && n < PASSWORD_BYTES_MAX; i++) {
        char c = password.p[i];
        const char *sign = c ? strchr(from, c) : NULL;
        if (c >= 'A' && c <= 'Z') c = (char)(c + 'a' - 'A');
        if (sign) c = to[sign - from];
        if (is_letter(c)) out[n++] = c;
    }
    return (struct str){out, n};
}

static unsigned distinct(struct str s)
{
    bool seen[256] = {false};
    unsigned n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += !seen[(unsigned char)s.p[i]];
        seen[(unsigned char)s.p[i]] = true;
    }
    return n;
}

static bool is_forbidden(struct str letters)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (str_eq(letters, str_of(forbidden[i]))) return true;
    return false;
}

bool password_check(struct str password, const char *person, struct err *e)
{
    char room[PASSWORD_BYTES_MAX], plain[PASSWORD_BYTES_MAX];
    if (password.n < PASSWORD_BYTES_MIN) return refuse(e, "is shorter than 12 characters");
    if (password.n > PASSWORD_BYTES_MAX) return refuse(e, "is longer than 256 bytes");
    if (memchr(password.p, '\0', password.n)) return refuse(e, "has a zero byte in it");
    if (distinct(password) < 5) return refuse(e, "repeats fewer than 5 different characters");
    struct str letters = letters_of(password, room);
    if (letters.n == 0 && distinct(password) < 9) return refuse(e, "is a row of digits");
    if (is_forbidden(letters)) return refuse(e, "is one of those that are tried first");
    struct str name = letters_of(str_of(person), plain);
    if (name.n >= 3 && str_eq(letters, name)) return refuse(e, "is the person's own name");
    return true;
}

/* ---- comparing ------------------------------------------------------------------------------------------------------------------ */

enum { AT_ONCE_MAX = 2, WAITING_MAX = 32 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_free = PTHREAD_COND_INITIALIZER;
static unsigned running, waiting;

static bool take_turn(struct err *e)
{
    bool ok = true;
    (void)pthread_mutex_lock(&lock);
    if (waiting >= WAITING_MAX) {
        ok = err_set(e, &auth_causes[AUTH_BUSY], "%d logins wait for their turn already", WAITING_MAX);
    } else {
        waiting++;
        while (running >= AT_ONCE_MAX) (void)pthread_cond_wait(&is_free, &lock);
        waiting--;
        running++;
    }
    (void)pthread_mutex_unlock(&lock);
    return ok;
}

static void give_turn(void)
{
    (void)pthread_mutex_lock(&lock);
    running--;
    (void)pthread_cond_signal(&is_free);
    (void)pthread_mutex_unlock(&lock);
}

/* Of nobody's password: what a name that is not there is compared with, so that it takes its time too. */
static pthread_once_t dummy_once = PTHREAD_ONCE_INIT;
static char dummy[PASSWORD_HASH_BYTES];
static void make_dummy(void)
{
    struct err ignored;
    (void)password_hash(STR("nobody has this password"), dummy, &ignored);
}

bool password_compare(const char *hash, struct str password, bool *matches_out, struct err *e)
{
    if (!take_turn(e)) return false;
    (void)pthread_once(&dummy_once, make_dummy);
    bool matches = password_matches(hash[0] ? hash : dummy, password);
    give_turn();
    *matches_out = matches && hash[0];
    return true;
}
