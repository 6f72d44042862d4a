/* Rows of an answer: known ones are dropped, new ones staged. A row that is no proper JSON object goes to the dead letters
 * and counts like a row whose identity is its bytes, so that reading it again neither doubles the letter nor keeps a sweep
 * from agreeing. */
#include "flow/ingest/page/page_int.h"
#include "state/store/revisions.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_HOUR INT64_C(0)

/* Lists read whole: their rows have no place in time. */
static bool is_timeless(const struct page *p)
{
    return p->job->row->kind == FEED_SNAPSHOT || p->job->row->kind == FEED_TABLE;
}

/* Objects with an id and a history, not events. */
static bool has_revisions(const struct page *p)
{
    return p->job->row->kind == FEED_REVISIONS || p->job->row->kind == FEED_SNAPSHOT;
}

static struct str member_of(struct str record, const char *name)
{
    struct json_cursor c;
    struct json_slice member;
    if (!json_cursor_open(&c, record)) return STR_NONE;
    while (json_cursor_next(&c, &member))
        if (str_eq_nocase(member.key, str_of(name))) return page_unquoted(member.value);
    return STR_NONE;
}

/* The row's time: of lists the column they are asked by; of tables what the mapping says, else that column. */
static bool find_time(const struct page *p, const struct row_facts *facts, struct str record, struct wall *out)
{
    const struct feed_row *row = p->job->row;
    if (row->time && (row->kind == FEED_REVISIONS || !facts->has_time) && wall_parse(member_of(record, row->time), out))
        return true;
    *out = facts->time;
    return facts->has_time;
}

/* ---- what objects say of themselves ---------------------------------------------------------------------------------------- */

/* An action that is not over changes without its creation time telling. */
static void note_open(struct page *p, struct str record, struct wall at)
{
    struct feed_page *page = &p->job->page;
    struct str status = member_of(record, "status");
    if (!str_eq_nocase(status, STR("Pending")) && !str_eq_nocase(status, STR("InProgress"))) return;
    if (page->open.ticks == 0 || at.ticks < page->open.ticks) page->open = at;
}

static void note_merged(struct page *p, struct str record)
{
    struct str id = member_of(record, "redirectIncidentId");
    if (id.n == 0 || id.n > 32 || str_eq(id, STR("null"))) return;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] < '0' || id.p[i] > '9') return;
    (void)buf_add_str(&p->job->merged, id);
    (void)buf_add_char(&p->job->merged, '\n');
}

static void note_time(struct page *p, struct wall at)
{
    struct feed_page *page = &p->job->page;
    if (page->rows && at.ticks < page->last.ticks) page->is_sorted = false;
    bool is_later = page->rows == 0 || at.ticks > page->last.ticks;
    page->last_rows = is_later ? 1 : page->last_rows + (at.ticks == page->last.ticks);
    if (is_later) page->last = at;
    page->rows++;
    if (!p->job->fetch.counts_bins) return;
    int64_t bin = bin_of(at) - bin_of(p->job->fetch.count_from);
    if (bin < 0 || bin >= RUN_BINS_MAX) return;
    page->received[bin]++;
    if (is_later) page->last_bin = (uint32_t)bin;
}

/* Rows outside of what was asked for mean that this is the answer to another question. */
static bool is_asked_for(const struct page *p, struct wall at)
{
    const struct feed_fetch *q = &p->job->fetch;
    if (is_timeless(p) || q->ask == ASK_OBJECT) return true;
    int64_t slack = p->job->row->words == WORDS_SIEM ? WALL_TICKS_PER_S : 0; /* its bounds are vague */
    return at.ticks >= q->from.ticks - slack && (q->to.ticks == 0 || at.ticks < q->to.ticks + slack);
}

static bool add_finger(struct page *p, struct wall at, struct hash128 identity, bool *is_new_out)
{
    bool is_one_bucket = is_timeless(p) || p->job->row->words == WORDS_SIEM;
    int64_t hour = is_one_bucket ? SNAPSHOT_HOUR : wall_hour(at);
    p->has_failed = !fingers_add(&p->fingers, hour, at, identity, is_new_out, &p->job->err);
    return !p->has_failed;
}

/* A row that came under the table's old name: it is known, and from now on by its new name. */
static bool came_before(struct page *p, struct wall at, struct str record)
{
    struct page_job *j = p->job;
    struct row_facts facts;
    bool is_known = false;
    if (j->formerly.feed_id == 0 || at.ticks >= j->formerly.until.ticks) return false;
    const struct plan *plan = ocsf_plan(j->ocsf, str_of(j->formerly.source));
    plan_facts(plan ? plan : ocsf_plan_base(j->ocsf), p->scratch, str_of(j->tenant_id), str_of(j->formerly.source),
               record, &facts);
    p->has_failed = !fingers_have(&p->former, wall_hour(at), facts.identity, &is_known, &j->err);
    return is_known;
}

static bool stage_row(struct page *p, const struct log_row *row)
{
    struct page_job *j = p->job;
    if (!j->staged.batch) {
        struct log_origin origin = {.feed_id = j->feed_id, .how = j->fetch.how, .received = j->received};
        (void)snprintf(origin.tenant_id, sizeof origin.tenant_id, "%s", j->tenant_id);
        (void)snprintf(origin.source, sizeof origin.source, "%s", j->row->source);
        j->staged.batch = log_batch_new(j->log, &origin);
        if (!j->staged.batch) return err_set(&j->err, &base_causes[BASE_NO_MEMORY], "%s: staging rows", j->row->name);
    }
    return log_batch_add(j->staged.batch, row, &j->err);
}

static bool stage_revision(struct page *p, const struct row_facts *facts, struct wall at, struct str row)
{
    struct staged *s = &p->job->staged;
    uint64_t row_at;
    if (!staged_text_add(&s->text, row, &row_at, &p->job->err)) return false;
    if (s->revision_count == s->revision_cap) {
        size_t cap = s->revision_cap ? s->revision_cap * 2 : 16;
        struct staged_revision *bigger = realloc(s->revisions, cap * sizeof *bigger);
        if (!bigger)
            return err_set(&p->job->err, &base_causes[BASE_NO_MEMORY], "%s: staging revisions", p->job->row->name);
        s->revisions = bigger;
        s->revision_cap = cap;
    }
    struct staged_revision *r = &s->revisions[s->revision_count++];
    *r = (struct staged_revision){.identity = facts->identity, .updated = at, .row_at = row_at, .row_bytes = row.n};
    (void)snprintf(r->object_id, sizeof r->object_id, "%.*s", STR_ARG(facts->object_id));
    return true;
}

/* The same state of the same alert, read through another API before that one was left. */
static bool was_read_elsewhere(struct page *p, const struct row_facts *facts, struct wall at)
{
    const struct page_job *j = p->job;
    bool has = false;
    if (!j->other_feed_id || facts->object_id.n == 0) return false;
    p->has_failed = !store_revision_has(j->store, j->other_feed_id, facts->object_id, at, &has, &p->job->err);
    return has || p->has_failed;
}

bool page_find(struct page *p, struct str record, struct page_found *out)
{
    struct page_job *j = p->job;
    plan_facts(p->plan, p->scratch, str_of(j->tenant_id), str_of(j->row->source), record, &out->facts);
    out->at = j->received;
    return is_timeless(p) || find_time(p, &out->facts, record, &out->at);
}

void page_take(struct page *p, const struct page_found *found, struct str record)
{
    struct page_job *j = p->job;
    struct wall at = found->at;
    bool is_new;
    note_time(p, at);
    if (j->row == &feed_rows[FEED_MACHINE_ACTIONS]) note_open(p, record, at);
    if (!add_finger(p, at, found->facts.identity, &is_new) || !is_new) return;
    if (was_read_elsewhere(p, &found->facts, at)) return;
    if (came_before(p, at, record) || p->has_failed) return;
    if (j->row == &feed_rows[FEED_INCIDENTS]) note_merged(p, record);
    j->page.fresh++;
    if (at.ticks > j->newest.ticks) j->newest = at;
    struct log_row row = {.identity = found->facts.identity, .time = at, .bytes = record};
    p->has_failed = !stage_row(p, &row) || (has_revisions(p) && !stage_revision(p, &found->facts, at, record));
}

void page_row(struct page *p, struct str record, uint64_t byte)
{
    struct page_job *j = p->job;
    struct page_found found;
    if (json_type_of(record) != JSON_OBJECT) {
        struct json_fault fault = {.what = "not an object", .byte = byte};
        page_dead(p, &fault, record);
        return;
    }
    if (!page_find(p, record, &found)) found.at = j->page.rows ? j->page.last : j->fetch.from;
    if (is_asked_for(p, found.at))
        page_take(p, &found, record);
    else
        (void)page_fail(p, "it holds rows of another time than asked for");
}

void page_dead(struct page *p, const struct json_fault *fault, struct str piece)
{
    struct page_job *j = p->job;
    struct json_writer w;
    bool is_new;
    struct wall at = j->page.rows ? j->page.last : j->fetch.from;
    if (is_timeless(p)) at = j->received;
    note_time(p, at);
    if (!add_finger(p, at, hash128_of(piece.p, piece.n), &is_new) || !is_new) return;
    j->staged.dead_count++;
    json_writer_init(&w, &j->staged.dead);
    json_object_begin(&w);
    json_key(&w, "reason");
    json_write_cstr(&w, fault->what);
    json_key(&w, "tenant");
    json_write_cstr(&w, j->tenant_id);
    json_key(&w, "feed");
    json_write_cstr(&w, j->row->name);
    json_key(&w, "byte");
    json_write_u64(&w, fault->byte);
    json_key(&w, "record");
    json_write_str(&w, piece);
    json_object_end(&w);
    (void)buf_add_char(&j->staged.dead, '\n');
}
