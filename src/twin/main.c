/* defender-twin: the program. Options, then either the HTTP front until a signal comes, or a stream of generated rows. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/seal/seal.h"
#include "kit/sys/fs.h"
#include "kit/sys/loop.h"
#include "twin/causes.h"
#include "twin/front.h"
#include "twin/login/keys.h"
#include "twin/world/generate.h"
#include "twin/world/scenario.h"

static const char help_text[] = "defender-twin: a simulator of Microsoft's Defender, Graph and login end-points\n"
                                "\n"
                                "  defender-twin [options]                                    serve until Ctrl-C\n"
                                "  defender-twin generate --table T --bytes N [--seed S] [--shape SHAPE] "
                                "[--shuffle-keys]   rows on standard output\n"
                                "\n"
                                "  --tenants N             how many tenants (default: as the scenario says)\n"
                                "  --seed S                what is drawn is drawn from this number (default 1)\n"
                                "  --scenario NAME|FILE    what happens when (default lively); built in: ";
static const char help_rest[] =
    "\n"
    "  --faults SPEC           faults by chance, instead of the scenario's: "
    "429=0.02,500=0.01,503=,504=,cut=,hang=,slow=\n"
    "  --variant NAME=CHOICE   how to behave where Microsoft's texts leave it open (several: commas between them)\n"
    "  --rows-per-second R     over all tenants, instead of the scenario's\n"
    "  --listen ADDRESS        default 127.0.0.1:0 (any free port); prints \"listening on http://127.0.0.1:PORT\"\n"
    "  --mail ADDRESS          where mail is taken (SMTP); default 127.0.0.1:0; prints \"mail at "
    "smtp://127.0.0.1:PORT\"\n"
    "  --tls                   HTTPS with a certificate made at start\n"
    "  --table T               generate: rows of this table; mix: of seven tables of devices\n"
    "  --bytes N               generate: about so many bytes\n"
    "  --shape SHAPE           generate: rows (default; one JSON object a line), graph, endpoint (answers of 10,000 "
    "rows),\n"
    "                          records (of streaming, one a line), eventhub (batches of 100 records)\n"
    "  --shuffle-keys          generate: the columns of each row in an order of its own\n"
    "  --tls-ca FILE           write the certificate's CA there, for clients to trust; the mailbox then offers "
    "STARTTLS\n"
    "\n"
    "Ask GET /twin/tenants for the tenants and their secrets; docs/twin.md tells the rest.\n";

struct options {
    const char *tenants, *seed, *scenario, *faults, *rate, *listen, *mail, *tls_ca, *table, *bytes, *variants, *shape;
    bool is_tls, is_help, is_generate, shuffles_keys;
};

static bool bad_option(const char *text, const char *what, struct err *e)
{
    return err_set(e, &twin_causes[TWIN_BAD_OPTION], "%s: %s", text, what);
}

static bool read_options(int argc, char **argv, struct options *o, struct err *e)
{
    const struct {
        const char *name;
        const char **value;
        bool *flag;
    } rows[] = {
        {"--tenants", &o->tenants, NULL},
        {"--seed", &o->seed, NULL},
        {"--scenario", &o->scenario, NULL},
        {"--faults", &o->faults, NULL},
        {"--rows-per-second", &o->rate, NULL},
        {"--listen", &o->listen, NULL},
        {"--mail", &o->mail, NULL},
        {"--tls", NULL, &o->is_tls},
        {"--tls-ca", &o->tls_ca, NULL},
        {"--variant", &o->variants, NULL},
        {"--table", &o->table, NULL},
        {"--bytes", &o->bytes, NULL},
        {"--help", NULL, &o->is_help},
        {"--shape", &o->shape, NULL},
        {"--shuffle-keys", NULL, &o->shuffles_keys},
        {"generate", NULL, &o->is_generate},
    };
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < sizeof rows / sizeof rows[0] && strcmp(argv[i], rows[k].name) != 0) k++;
        if (k == sizeof rows / sizeof rows[0]) return bad_option(argv[i], "no such option", e);
        if (rows[k].flag) {
            *rows[k].flag = true;
        } else if (i + 1 == argc) {
            return bad_option(argv[i], "a value is missing", e);
        } else {
            *rows[k].value = argv[++i];
        }
    }
    return true;
}

static bool read_number(const char *name, const char *text, uint64_t fallback, uint64_t *out, struct err *e)
{
    *out = fallback;
    return text == NULL || str_to_u64(str_of(text), out) || bad_option(name, "not a number", e);
}

/* ---- generate ------------------------------------------------------------------------------------------------------- */
static bool write_out(void *ctx, struct str piece)
{
    (void)ctx;
    return fwrite(piece.p, 1, piece.n, stdout) == piece.n;
}

static bool run_generate(const struct options *o, struct err *e)
{
    struct generate_opts g = {.table = o->table,
                              .shape = o->shape,
                              .shuffles_keys = o->shuffles_keys,
                              .until = {INT64_C(17700000000000000)}}; /* a fixed day: the same bytes each time */
    if (o->table == NULL || o->bytes == NULL) return bad_option("generate", "--table and --bytes are needed", e);
    if (!read_number("--bytes", o->bytes, 0, &g.bytes, e) || !read_number("--seed", o->seed, 1, &g.seed, e))
        return false;
    return generate(&g, write_out, NULL, e) &&
           (fflush(stdout) == 0 || bad_option("generate", "standard output is closed", e));
}

/* ---- serve ---------------------------------------------------------------------------------------------------------- */
static bool is_builtin(const char *name)
{
    for (unsigned i = 0; scenario_builtin_name(i); i++)
        if (strcmp(name, scenario_builtin_name(i)) == 0) return true;
    return false;
}

static bool load_scenario(const struct options *o, struct scenario *out, struct err *e)
{
    const char *name = o->scenario ? o->scenario : "lively";
    struct buf text;
    if (is_builtin(name)) return scenario_builtin(str_of(name), out, e);
    buf_init(&text, 4 << 20);
    if (!fs_exists(fs_real(), name))
        return err_set(e, &twin_causes[TWIN_NO_SCENARIO], "\"%s\" is neither a built-in scenario nor a file", name);
    bool fine = fs_read_all(fs_real(), name, 4 << 20, &text, e) && scenario_parse(buf_str(&text), name, out, e);
    buf_done(&text);
    return fine;
}

/* The files its replay events name. `texts` are parallel to the events. */
static bool load_replays(const struct scenario *s, struct buf *files, struct str *texts, struct err *e)
{
    for (unsigned i = 0; i < s->event_count; i++) {
        if (s->events[i].what != EVENT_REPLAY) continue;
        buf_init(&files[i], 512 << 20);
        if (!fs_read_all(fs_real(), s->events[i].file, 512 << 20, &files[i], e))
            return err_context(e, "scenario %s", s->name);
        texts[i] = buf_str(&files[i]);
    }
    return true;
}

struct tls {
    struct buf key, cert;
};

static bool make_tls(const struct options *o, struct wall now, struct tls *out, struct err *e)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "::1", NULL};
    struct rsa_key *ca_key = NULL;
    struct buf ca;
    buf_init(&ca, 64 << 10);
    bool fine = cert_make_ca(now, &ca_key, &ca, e) &&
                cert_make_server(ca_key, buf_str(&ca), names, now, &out->key, &out->cert, e);
    if (fine && o->tls_ca) fine = fs_replace(fs_real(), o->tls_ca, buf_str(&ca), e);
    rsa_key_free(ca_key);
    buf_done(&ca);
    return fine;
}

static void on_signal(void *arg, int signum)
{
    (void)signum;
    loop_stop(arg);
}

/* A loop with nothing but signals to wait for would end at once. */
static void keep_running(void *arg)
{
    (void)arg;
}

static bool serve_until_signal(const struct options *o, const struct front_opts *fo, struct err *e)
{
    struct loop *loop;
    struct front *front;
    if (!loop_new(clock_real(), &loop, e)) return false;
    loop_on_signal(loop, SIGINT, on_signal, loop);
    loop_on_signal(loop, SIGTERM, on_signal, loop);
    bool fine = front_start(fo, &front, e);
    if (fine) {
        const char *colon = strrchr(fo->address, ':');
        printf("listening on %s://%.*s:%u\n", o->is_tls ? "https" : "http", (int)(colon - fo->address), fo->address,
               front_port(front));
        (void)fflush(stdout);
        struct timer *never = timer_new(loop, keep_running, NULL);
        timer_arm(never, UINT64_C(1) << 40);
        loop_run(loop);
        timer_free(never);
        front_stop(front);
    }
    loop_free(loop);
    return fine;
}

/* Whoever is told lives beside the cloud. */
static bool serve_desk(const struct options *o, const struct tls *tls, struct front_opts *fo, struct err *e)
{
    struct mailbox *mailbox = NULL;
    struct mailbox_opts mo = {.address = o->mail ? o->mail : "127.0.0.1:0",
                              .tls_key_pem = buf_str(&tls->key),
                              .tls_cert_pem = buf_str(&tls->cert)};
    mo.desk = fo->desk = desk_new(fo->clock);
    bool fine = mo.desk != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "the twin");
    fine = fine && mailbox_start(&mo, &mailbox, e);
    if (fine) {
        desk_set_mail(mo.desk, mailbox_port(mailbox));
        printf("mail at smtp://127.0.0.1:%u\n", mailbox_port(mailbox));
        fine = serve_until_signal(o, fo, e);
    }
    mailbox_stop(mailbox);
    desk_free(mo.desk);
    return fine;
}

static bool run_serve(const struct options *o, struct err *e)
{
    static struct scenario scenario;
    static struct buf replay_files[SCENARIO_EVENTS_MAX];
    struct str replay_texts[SCENARIO_EVENTS_MAX] = {STR_NONE};
    struct cloud_opts co = {.scenario = &scenario, .replay_texts = replay_texts};
    struct front_opts fo = {.clock = clock_real(), .address = o->listen ? o->listen : "127.0.0.1:0"};
    struct tls tls = {.key = {.max = 64 << 10}, .cert = {.max = 64 << 10}};
    struct keys *keys = NULL;
    uint64_t tenants;
    if (!load_scenario(o, &scenario, e) || !load_replays(&scenario, replay_files, replay_texts, e)) return false;
    if (o->variants && !variants_parse(&scenario.variants, str_of(o->variants), e)) return false;
    if (o->faults && !fault_rates_parse(str_of(o->faults), &scenario.faults, e)) return false;
    if (!read_number("--tenants", o->tenants, scenario.tenants, &tenants, e) ||
        !read_number("--seed", o->seed, 1, &co.seed, e))
        return false;
    if (tenants < 1 || tenants > CLOUD_TENANTS_MAX)
        return bad_option("--tenants", "between 1 and 5000 are possible", e);
    if (o->rate) co.rows_per_second = strtod(o->rate, NULL);
    if (strrchr(fo.address, ':') == NULL) return bad_option("--listen", "an address and a port are needed", e);
    co.tenants = (unsigned)tenants;
    co.start = clock_wall(&fo.clock);
    bool fine = keys_new(&keys, e) && (!(o->is_tls || o->tls_ca) || make_tls(o, co.start, &tls, e));
    if (fine) {
        if (o->is_tls) fo.tls_key_pem = buf_str(&tls.key);
        if (o->is_tls) fo.tls_cert_pem = buf_str(&tls.cert);
        co.signer = keys_signer(keys);
        fine = cloud_new(&co, &fo.cloud, e);
    }
    if (fine) fine = serve_desk(o, &tls, &fo, e);
    cloud_free(fo.cloud);
    keys_free(keys);
    buf_done(&tls.key);
    buf_done(&tls.cert);
    for (unsigned i = 0; i < SCENARIO_EVENTS_MAX; i++) buf_done(&replay_files[i]);
    return fine;
}

static void print_help(void)
{
    fputs(help_text, stdout);
    for (unsigned i = 0; scenario_builtin_name(i); i++) printf("%s%s", i ? ", " : "", scenario_builtin_name(i));
    fputs(help_rest, stdout);
}

int main(int argc, char **argv)
{
    struct options o = {.is_help = false};
    struct err e;
    bool fine = read_options(argc, argv, &o, &e);
    if (fine && o.is_help) {
        print_help();
        return 0;
    }
    if (fine) fine = o.is_generate ? run_generate(&o, &e) : run_serve(&o, &e);
    if (fine) return 0;
    (void)fprintf(stderr, "defender-twin: %s\n  %s: %s\n  %s\n", e.text, e.cause->code, e.cause->what, e.cause->remedy);
    return e.cause == &twin_causes[TWIN_BAD_OPTION] || e.cause == &twin_causes[TWIN_BAD_VARIANT] ? 2 : 1;
}
