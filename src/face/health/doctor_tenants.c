/* Every tenant: its last Test, what stands wrong with it, and its feeds. One pass over each table, however many there are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/health/capability.h"
#include "face/health/doctor.h"
#include "state/store/feeds.h"
#include "state/store/health.h"
#include "state/store/tenants.h"

#define CAUSE(c) (&doctor_causes[DOCTOR_##c])
enum { TEST_OLD_DAYS = 3, PLACE_BYTES = NAME_BYTES + GUID_BYTES + 80 };

struct seen {
    char id[GUID_BYTES], name[NAME_BYTES];
    bool is_enabled, is_tested, is_wrong;
};
struct survey {
    const struct doctor_input *in;
    struct doctor *d;
    struct seen *rows; /* by id */
    size_t count, cap;
};

static bool gather(void *arg, const struct tenant_record *r)
{
    enum { FIRST_CAP = 256 };
    struct survey *s = arg;
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : FIRST_CAP;
        struct seen *grown = realloc(s->rows, cap * sizeof *grown);
        if (grown == NULL) return !(s->d->is_incomplete = true);
        s->rows = grown;
        s->cap = cap;
    }
    struct seen *t = &s->rows[s->count++];
    *t = (struct seen){.is_enabled = r->is_enabled};
    memcpy(t->id, r->tenant_id, sizeof t->id);
    memcpy(t->name, r->name, sizeof t->name);
    return true;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->id, ((const struct seen *)b)->id);
}

/* NULL: it is switched off, and nothing is expected of it. */
static struct seen *find(struct survey *s, const char *id)
{
    struct seen wanted;
    (void)snprintf(wanted.id, sizeof wanted.id, "%s", id);
    struct seen *t = s->count ? bsearch(&wanted, s->rows, s->count, sizeof wanted, by_id) : NULL;
    return t && t->is_enabled ? t : NULL;
}

static void place_of(const struct seen *t, const char *feed, char out[PLACE_BYTES])
{
    (void)snprintf(out, PLACE_BYTES, "tenant %s%s%s", t->name[0] ? t->name : t->id, feed ? ", " : "", feed ? feed : "");
}

/* ---- tests --------------------------------------------------------------------------------------------------------------------------- */

static bool look_at_test(void *arg, const struct tested_record *r)
{
    struct survey *s = arg;
    struct seen *t = find(s, r->tenant_id);
    char place[PLACE_BYTES], at[WALL_TEXT_BYTES];
    if (t == NULL) return true;
    t->is_tested = true;
    place_of(t, NULL, place);
    (void)wall_format_digits(r->at, 0, at);
    bool is_old = r->at.ticks < wall_add(s->in->now, -TEST_OLD_DAYS * WALL_TICKS_PER_DAY).ticks;
    t->is_wrong |= r->failed > 0 || is_old;
    if (r->failed > 0)
        doctor_find(s->d, AREA_TENANTS, FINDING_FAILED, CAUSE(TEST_FAILED), place,
                    "%" PRId64 " of its steps failed at %s", r->failed, at);
    else if (is_old)
        doctor_find(s->d, AREA_TENANTS, FINDING_WARNING, CAUSE(TEST_OLD), place, "it was made at %s", at);
    return true;
}

/* ---- conditions and feeds -------------------------------------------------------------------------------------------------------------- */

static bool look_at_condition(void *arg, const struct condition_record *r)
{
    struct survey *s = arg;
    struct seen *t = find(s, r->tenant_id);
    char place[PLACE_BYTES], since[WALL_TEXT_BYTES];
    struct finding f = {.area = AREA_TENANTS};
    if (t == NULL) return true;
    t->is_wrong = true;
    bool is_licence = strcmp(r->state, capability_state_names[STATE_LICENCE_MISSING]) == 0;
    f.state = is_licence ? FINDING_WARNING : FINDING_FAILED;
    place_of(t, NULL, place);
    (void)wall_format_digits(r->since, 0, since);
    (void)snprintf(f.code, sizeof f.code, "%s", r->code);
    (void)snprintf(f.place, sizeof f.place, "%s", place);
    (void)snprintf(f.reason, sizeof f.reason, "since %s: %.340s", since, r->detail);
    (void)snprintf(f.remedy, sizeof f.remedy, "%s", r->remedy);
    doctor_put(s->d, &f);
    return true;
}

static bool look_at_feed(void *arg, const struct feed_record *r)
{
    struct survey *s = arg;
    enum ingest_severity severity = ingest_severity_of(ingest_state_named(r->status), r->last_synced.ticks != 0);
    struct seen *t = severity == SEVERITY_RED ? find(s, r->tenant_id) : NULL;
    char place[PLACE_BYTES], since[WALL_TEXT_BYTES];
    if (t == NULL) return true;
    t->is_wrong = true;
    place_of(t, r->feed, place);
    (void)wall_format_digits(r->error_since, 0, since);
    doctor_find(s->d, AREA_TENANTS, FINDING_FAILED, CAUSE(FEED), place, "since %s: %s: %.300s", since, r->error_code,
                r->error_text);
    return true;
}

void doctor_tenants(const struct doctor_input *in, struct doctor *d)
{
    struct survey s = {.in = in, .d = d};
    struct err e;
    char place[PLACE_BYTES];
    bool ok = store_tenant_list(in->store, gather, &s, &e);
    if (s.count) qsort(s.rows, s.count, sizeof *s.rows, by_id);
    ok = ok && store_tested_list(in->store, NULL, true, look_at_test, &s, &e) &&
         store_condition_list(in->store, NULL, look_at_condition, &s, &e) &&
         store_feed_list(in->store, NULL, look_at_feed, &s, &e);
    if (!ok) doctor_err(d, AREA_TENANTS, "tenants", &e);
    for (size_t i = 0; ok && i < s.count; i++) {
        const struct seen *t = &s.rows[i];
        if (!t->is_enabled || (t->is_tested && !t->is_wrong)) doctor_ok(d, AREA_TENANTS);
        if (!t->is_enabled || t->is_tested) continue;
        place_of(t, NULL, place);
        doctor_find(d, AREA_TENANTS, FINDING_WARNING, CAUSE(NEVER_TESTED), place, "no Test of it is known");
    }
    free(s.rows);
}
