/* The Test's part about systems: which of the devices that the machines feed brought could take which order. Nothing is asked. */
#include <string.h>

#include "face/health/tenant_test_int.h"
#include "flow/act/remote.h"
#include "state/store/revisions.h"

enum { ROW_ARENA_BYTES = 16 << 20, PAGE_ROWS = 500, SEEN_DAYS = 30 };

struct page {
    struct test_report *r;
    struct arena arena;
    char after[128];
    unsigned rows;
};

static bool is_of(const struct test_able_group *g, struct str os, enum able answer, const char *why)
{
    return g->answer == answer && g->why == why && str_eq_nocase(str_of(g->system), os);
}

/* Those beyond the last group go uncounted there: their sum is known all the same. */
static void group(struct test_able *a, struct str os, enum able answer, const char *why)
{
    char system[sizeof a->groups->system];
    (void)snprintf(system, sizeof system, "%.*s", STR_ARG(os));
    if (answer == ABLE_YES) return;
    for (unsigned i = 0; i < a->group_count; i++)
        if (is_of(&a->groups[i], str_of(system), answer, why)) {
            a->groups[i].count++;
            return;
        }
    if (a->group_count == TEST_GROUPS_MAX) return;
    struct test_able_group *g = &a->groups[a->group_count++];
    *g = (struct test_able_group){.answer = answer, .why = why, .count = 1};
    memcpy(g->system, system, sizeof system);
}

static void count_machine(struct test_report *r, const struct able_machine *m)
{
    r->known++;
    for (unsigned d = 0; d < DEEDS; d++) {
        const char *why;
        enum able answer = able_judge((enum able_deed)d, m, &why);
        r->able[d].counts[answer]++;
        r->able[d].waiting += answer == ABLE_YES && m->is_silent;
        group(&r->able[d], m->os, answer, why);
    }
}

static bool take(void *arg, const struct seen_revision *seen)
{
    struct page *p = arg;
    struct respond_machine m;
    struct err ignored;
    (void)snprintf(p->after, sizeof p->after, "%s", seen->r.object_id);
    p->rows++;
    arena_reset(&p->arena);
    const struct json *v = json_parse(&p->arena, seen->r.row, &ignored);
    if (v && remote_machine_read(v, &m) &&
        wall_ms(p->r->at) - wall_ms(m.last_seen) <= SEEN_DAYS * INT64_C(24) * 60 * 60 * 1000) {
        struct able_machine able = remote_able_read(v);
        count_machine(p->r, &able);
    }
    return p->rows < PAGE_ROWS;
}

/* In pieces, so that the store is not kept from others meanwhile. */
bool test_devices(struct test_report *r, struct store *s, const char *tenant_id, struct err *e)
{
    struct page p = {.r = r, .after = ""};
    bool ok = true;
    arena_init(&p.arena, ROW_ARENA_BYTES);
    do {
        char after[sizeof p.after];
        memcpy(after, p.after, sizeof after);
        p.rows = 0;
        ok = store_object_page(s, "machines", tenant_id, tenant_id, after, take, &p, e);
    } while (ok && p.rows == PAGE_ROWS);
    arena_done(&p.arena);
    return ok;
}

/* ---- said ------------------------------------------------------------------------------------------------------------------------ */

static void tell_groups(const struct test_able *a, enum able answer, const char *word, struct buf *out)
{
    const char *comma = "";
    if (a->counts[answer] == 0) return;
    (void)buf_addf(out, "; %u %s (", a->counts[answer], word);
    for (unsigned i = 0; i < a->group_count; i++) {
        const struct test_able_group *g = &a->groups[i];
        if (g->answer != answer) continue;
        (void)buf_addf(out, "%s%u %s: %s", comma, g->count, g->system[0] ? g->system : "of no system told", g->why);
        comma = ", ";
    }
    (void)buf_add_char(out, ')');
}

void test_tell_able(const struct test_report *r, enum able_deed deed, struct buf *out)
{
    const struct test_able *a = &r->able[deed];
    if (r->known == 0) {
        (void)buf_add_str(out, STR("no device is known yet"));
        return;
    }
    (void)buf_addf(out, "%u of %u devices", a->counts[ABLE_YES], r->known);
    if (a->waiting) (void)buf_addf(out, ", %u of them not heard of now", a->waiting);
    tell_groups(a, ABLE_NO, "cannot", out);
    tell_groups(a, ABLE_UNSURE, "unsure", out);
}

static void write_count(struct json_writer *w, const char *key, unsigned n)
{
    json_key(w, key);
    json_write_u64(w, n);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void write_group(struct json_writer *w, const struct test_able_group *g)
{
    json_object_begin(w);
    write_text(w, "os", g->system);
    write_text(w, "can", able_names[g->answer]);
    write_text(w, "reason", g->why);
    write_count(w, "devices", g->count);
    json_object_end(w);
}

void test_write_devices(const struct test_report *r, struct json_writer *w)
{
    json_key(w, "devices");
    json_array_begin(w);
    for (unsigned d = 0; d < DEEDS && r->is_endpoint; d++) {
        const struct test_able *a = &r->able[d];
        json_object_begin(w);
        write_text(w, "action", able_deed_names[d]);
        write_count(w, "known", r->known);
        write_count(w, "can", a->counts[ABLE_YES]);
        write_count(w, "cannot", a->counts[ABLE_NO]);
        write_count(w, "unsure", a->counts[ABLE_UNSURE]);
        write_count(w, "waiting", a->waiting);
        json_key(w, "why");
        json_array_begin(w);
        for (unsigned i = 0; i < a->group_count; i++) write_group(w, &a->groups[i]);
        json_array_end(w);
        json_object_end(w);
    }
    json_array_end(w);
}
