/* doctor: is everything here as it must be? What is wrong comes first; what is well is counted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "face/health/doctor.h"

/* Of one cause so many are listed, unless all are asked for. */
enum { LISTED_MAX = 10, CODES_MAX = 256 };

/* ---- mappings ---------------------------------------------------------------------------------------------------------------------- */

static void look_at_mappings(struct fs fs, const struct conf *conf, struct doctor *d)
{
    struct mapping_files files = {0};
    struct ocsf *ocsf = NULL;
    struct err e;
    bool ok = (!conf->mappings_dir[0] || mapping_files_read(fs, conf->mappings_dir, &files, &e)) &&
              installation_mappings(conf, &files, &ocsf, &e) && ocsf_compile_all(ocsf, &e);
    if (ok)
        doctor_ok(d, AREA_MAPPINGS);
    else
        doctor_err(d, AREA_MAPPINGS, conf->mappings_dir, &e);
    ocsf_free(ocsf);
    mapping_files_done(&files);
}

/* ---- the answer --------------------------------------------------------------------------------------------------------------------- */

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static void number(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_write_u64(w, n);
}

static void write_finding(struct json_writer *w, const struct finding *f, uint64_t count)
{
    json_object_begin(w);
    member(w, "state", finding_state_names[f->state]);
    member(w, "area", doctor_area_names[f->area]);
    member(w, "code", f->code);
    member(w, "place", f->place);
    member(w, "reason", f->reason);
    member(w, "remedy", f->remedy);
    number(w, "count", count);
    json_object_end(w);
}

struct tally {
    const struct finding *first;
    uint64_t count;
};

static struct tally *tally_of(struct tally tallies[CODES_MAX], const struct finding *f)
{
    size_t i = 0;
    while (i + 1 < CODES_MAX && tallies[i].first && strcmp(tallies[i].first->code, f->code) != 0) i++;
    if (tallies[i].first == NULL) tallies[i].first = f;
    return &tallies[i];
}

static void write_wrong(struct json_writer *w, const struct doctor *d, bool is_all)
{
    struct tally tallies[CODES_MAX] = {0};
    for (size_t i = 0; i < d->count; i++)
        if (++tally_of(tallies, &d->findings[i])->count <= LISTED_MAX || is_all) write_finding(w, &d->findings[i], 1);
    for (size_t i = 0; !is_all && i < CODES_MAX && tallies[i].first; i++) {
        if (tallies[i].count <= LISTED_MAX) continue;
        struct finding more = *tallies[i].first;
        uint64_t rest = tallies[i].count - LISTED_MAX;
        (void)snprintf(more.place, sizeof more.place, "and %" PRIu64 " more", rest);
        (void)snprintf(more.reason, sizeof more.reason, "the same elsewhere; --all lists them");
        write_finding(w, &more, rest);
    }
}

static void write_well(struct json_writer *w, const struct doctor *d)
{
    for (int a = 0; a < DOCTOR_AREAS; a++) {
        uint64_t ok = d->counts[a][FINDING_OK];
        struct finding f = {.state = FINDING_OK, .area = (enum doctor_area)a};
        if (ok == 0) continue;
        (void)snprintf(f.reason, sizeof f.reason, "%" PRIu64 " %s%s%s", ok, ok == 1 ? "is well" : "are well",
                       d->about[a][0] ? ": " : "", d->about[a]);
        write_finding(w, &f, ok);
    }
}

static void answer(struct op_call *c, struct doctor *d)
{
    struct json_writer *w = c->out;
    uint64_t failed = doctor_total(d, FINDING_FAILED), warnings = doctor_total(d, FINDING_WARNING);
    enum finding_state state = failed ? FINDING_FAILED : warnings ? FINDING_WARNING : FINDING_OK;
    doctor_sort(d);
    json_object_begin(w);
    member(w, "state", finding_state_names[state]);
    number(w, "failed", failed);
    number(w, "warnings", warnings);
    number(w, "ok", doctor_total(d, FINDING_OK));
    json_key(w, "findings");
    json_array_begin(w);
    write_wrong(w, d, op_flag(c, "all"));
    write_well(w, d);
    json_array_end(w);
    json_object_end(w);
    c->exit_code = state == FINDING_FAILED ? 1 : state == FINDING_WARNING ? 3 : 0;
}

static bool finish(struct op_call *c, const struct doctor_input *in, struct err *e)
{
    struct doctor d = {.findings = NULL};
    doctor_look(in, &d);
    if (in->conf) look_at_mappings(in->fs, in->conf, &d);
    bool ok = !d.is_incomplete || err_set(e, &base_causes[BASE_NO_MEMORY], "looking at the installation");
    if (ok) answer(c, &d);
    doctor_done(&d);
    return ok;
}

bool op_doctor(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    struct doctor_input in = {.fs = i->fs,
                              .conf = &i->conf,
                              .store = i->store,
                              .key = i->key,
                              .is_served = c->engine != NULL,
                              .now = clock_wall(&i->clock)};
    return finish(c, &in, e);
}

/* What can be said of one that cannot be opened. */
bool op_doctor_closed(struct op_call *c, const struct err *why, struct err *e)
{
    struct conf conf;
    struct err unread;
    struct clock clock = clock_real();
    struct doctor_input in = {.fs = fs_real(), .config_path = c->config, .why = why, .now = clock_wall(&clock)};
    if (c->config && installation_settings(c->config, &conf, &unread)) in.conf = &conf;
    return finish(c, &in, e);
}
