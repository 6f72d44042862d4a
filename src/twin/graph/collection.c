/* Collections of objects: choosing, ordering, $select, nextLinks and the answers. A nextLink carries the instant of the first
 * page, so that pages of one listing fit together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/listing.h"

static void listing_free(void *ctx)
{
    struct listing *l = ctx;
    arena_done(&l->arena);
    buf_done(&l->piece);
    free(l);
}

/* ---- choosing ------------------------------------------------------------------------------------------------------- */
struct looked_at {
    struct listing *l;
    const struct object *o;
};

static struct odata_value get_field(void *ctx, unsigned field, struct arena *a)
{
    struct looked_at *look = ctx;
    return object_field(look->l->estate, look->l->kind, look->o, field, a);
}

static void keep_matching(struct listing *l)
{
    struct arena a;
    size_t n = 0;
    if (l->filter == NULL) return;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < l->objects.count; i++, arena_reset(&a)) {
        struct looked_at look = {l, &l->objects.items[i]};
        if (odata_matches(l->filter, get_field, &look, &a)) l->objects.items[n++] = l->objects.items[i];
    }
    arena_done(&a);
    l->objects.count = n;
}

static int in_order(const void *a, const void *b, void *arg)
{
    const struct listing *l = arg;
    const struct object *x = a, *y = b;
    for (unsigned i = 0; i < l->order_count; i++) {
        struct arena scratch;
        arena_init(&scratch, 1 << 16);
        int d = odata_compare(object_field(l->estate, l->kind, x, l->orders[i].field, &scratch),
                              object_field(l->estate, l->kind, y, l->orders[i].field, &scratch));
        arena_done(&scratch);
        if (d) return l->orders[i].descending ? -d : d;
    }
    if (l->kind != OBJECT_MACHINE && l->order_count == 0 && x->created.ticks != y->created.ticks)
        return x->created.ticks > y->created.ticks ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* ---- $select: the members named, and the id ---------------------------------------------------------------------------- */
static bool is_selected(struct str select, struct str key)
{
    for (struct str rest = select; rest.p;)
        if (str_eq_nocase(str_trim(str_cut(&rest, ',')), key)) return true;
    return str_eq(key, STR("id"));
}

static void write_one(struct listing *l, const struct object *o, unsigned view, struct buf *out)
{
    struct buf whole;
    struct json_cursor c;
    struct json_slice member;
    struct json_writer w;
    if (l->select.n == 0) {
        object_write(l->estate, l->kind, o, view, out);
        return;
    }
    buf_init(&whole, 64 << 20);
    object_write(l->estate, l->kind, o, view, &whole);
    json_writer_init(&w, out);
    json_object_begin(&w);
    bool more = json_cursor_open(&c, buf_str(&whole));
    while (more && json_cursor_next(&c, &member)) {
        bool is_expanded = view & VIEW_EXPANDED && str_eq(member.key, str_of(collection_rules[l->kind].expands));
        if (!is_selected(l->select, member.key) && !is_expanded) continue;
        json_key_str(&w, member.key);
        json_write_raw(&w, member.value);
    }
    json_object_end(&w);
    buf_done(&whole);
}

/* A name that the objects do not have is refused; without any object nobody knows. */
static bool selects_what_is(struct exchange *x, struct listing *l)
{
    struct buf whole;
    struct json_cursor c;
    struct json_slice member;
    bool fine = true;
    if (l->select.n == 0 || l->objects.count == 0) return true;
    buf_init(&whole, 64 << 20);
    object_write(l->estate, l->kind, &l->objects.items[0], l->view, &whole);
    for (struct str rest = l->select; fine && rest.p;) {
        struct str name = str_trim(str_cut(&rest, ','));
        fine = false;
        bool more = json_cursor_open(&c, buf_str(&whole));
        while (more && !fine && json_cursor_next(&c, &member)) fine = str_eq_nocase(member.key, name);
    }
    buf_done(&whole);
    return fine || call_refused(x, 400, listing_bad_option(x), "Could not find a property that $select names.");
}

/* ---- the answer ----------------------------------------------------------------------------------------------------- */
static void write_link_param(struct buf *out, struct str name, struct str value)
{
    buf_add_char(out, out->n ? '&' : '?');
    buf_add_str(out, name);
    buf_add_char(out, '=');
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                     c == '.' || c == '_' || c == ':';
        if (plain)
            buf_add_char(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

static void write_next_link(struct exchange *x, struct listing *l, struct json_writer *w)
{
    struct buf query, link;
    char token[64];
    buf_init(&query, 64 << 10);
    buf_init(&link, 64 << 10);
    for (unsigned i = 0; i < x->q->param_count; i++) {
        const struct cloud_param *p = &x->q->params[i];
        if (!str_eq_nocase(p->name, STR("$skiptoken")) && !str_eq_nocase(p->name, STR("$skip")))
            write_link_param(&query, p->name, p->value);
    }
    int n = snprintf(token, sizeof token, "%zu-%lld", l->end, (long long)l->as_of.ticks);
    write_link_param(&query, STR("$skiptoken"), (struct str){token, (size_t)n});
    buf_addf(&link, "%.*s%.*s%.*s", STR_ARG(x->q->base_url), STR_ARG(x->q->path), STR_ARG(buf_str(&query)));
    json_key(w, "@odata.nextLink");
    json_write_str(w, buf_str(&link));
    buf_done(&link);
    buf_done(&query);
}

/* The nextLink stands before the values, where the API puts it in either place; so the head can be written at once. */
static void write_head(struct exchange *x, struct listing *l)
{
    const struct collection_rules *r = &collection_rules[l->kind];
    struct json_writer w;
    char context[160];
    json_writer_init(&w, &l->piece);
    json_object_begin(&w);
    if (r->api == API_GRAPH)
        (void)snprintf(context, sizeof context, "https://graph.microsoft.com/%s/$metadata#%s",
                       x->is_beta ? "beta" : "v1.0", r->context);
    else
        (void)snprintf(context, sizeof context, "%s/api/$metadata#%s",
                       r->api == API_XDR ? "https://api.security.microsoft.com" : CLOUD_ENDPOINT_AUDIENCE, r->context);
    json_key(&w, "@odata.context");
    json_write_cstr(&w, context);
    if (l->has_count) {
        json_key(&w, "@odata.count");
        json_write_u64(&w, l->total);
    }
    if (l->end < l->total && (r->api == API_GRAPH || !l->has_top)) write_next_link(x, l, &w);
    json_key(&w, "value");
    json_array_begin(&w);
}

static ssize_t listing_read(void *ctx, char *p, size_t n)
{
    struct listing *l = ctx;
    if (l->piece_at == l->piece.n) {
        if (l->is_done) return 0;
        l->piece.n = l->piece_at = 0;
        while (l->at < l->end && l->piece.n < 65536) {
            if (!l->is_first) buf_add_char(&l->piece, ',');
            l->is_first = false;
            write_one(l, &l->objects.items[l->at++], l->view, &l->piece);
        }
        l->is_done = l->at == l->end;
        if (l->is_done) buf_add_str(&l->piece, STR("]}"));
        if (l->piece.failed) return CLOUD_BODY_CUT;
    }
    if (n > l->piece.n - l->piece_at) n = l->piece.n - l->piece_at;
    memcpy(p, l->piece.p + l->piece_at, n);
    l->piece_at += n;
    return (ssize_t)n;
}

/* One provider fails: what is not of Defender for Endpoint is missing, and a header says so (section 5). */
static int leave_out_failed(struct exchange *x, struct listing *l)
{
    size_t n = 0;
    if (collection_rules[l->kind].api != API_GRAPH || !is_partial(x)) return 200;
    for (size_t i = 0; i < l->objects.count; i++)
        if (object_service_is(l->estate, l->kind, &l->objects.items[i], "microsoftDefenderForEndpoint"))
            l->objects.items[n++] = l->objects.items[i];
    l->objects.count = n;
    answer_header(x, "Warning", "199 - \"Microsoft/Office 365 Security and Compliance/504/10000\"");
    return 206;
}

/* Those of the machine that the path names. */
static void keep_of_machine(struct exchange *x, struct listing *l)
{
    size_t n = 0;
    for (size_t i = 0; x->of_machine && i < l->objects.count; i++)
        if (scene_of(l->estate, &l->objects.items[i]).device == x->machine) l->objects.items[n++] = l->objects.items[i];
    if (x->of_machine) l->objects.count = n;
}

/* ".../$count": a bare number. */
static void answer_count(struct exchange *x, struct listing *l)
{
    struct buf out;
    buf_init(&out, 64);
    keep_of_machine(x, l);
    keep_matching(l);
    buf_addf(&out, "%zu", l->objects.count);
    answer_bytes(x, 200, "text/plain", &out);
}

static void answer_list(struct exchange *x, struct listing *l)
{
    static const struct body_ops ops = {listing_read, listing_free};
    int status = leave_out_failed(x, l);
    keep_of_machine(x, l);
    keep_matching(l);
    if (l->objects.count) qsort_r(l->objects.items, l->objects.count, sizeof *l->objects.items, in_order, l);
    l->total = l->objects.count;
    l->at = l->skip < l->total ? l->skip : l->total;
    if (l->skip > collection_rules[l->kind].skip_max && !l->has_token) l->at = l->total; /* too deep: nothing more */
    l->end = l->total - l->at > l->top ? l->at + l->top : l->total;
    l->is_first = true;
    if (l->kind == OBJECT_MACHINE && l->total == 0) {
        listing_free(l);
        (void)call_refused(x, 404, "ResourceNotFound", "No machines were found");
        return;
    }
    write_head(x, l);
    uint64_t length = l->piece.n + (l->end - l->at) * 1500;
    answer_body(x, status, &ops, l);
    enum fault fault = spoiling_fault(x);
    if (fault == FAULT_NONE) return;
    x->tenant->stats[x->family].faulted++;
    answer_spoil(x, fault, length);
}

static void answer_one(struct exchange *x, struct listing *l, struct str id)
{
    struct buf out;
    char message[160];
    buf_init(&out, 4 << 20);
    for (size_t i = 0; i < l->objects.count; i++) {
        const struct object *o = &l->objects.items[i];
        bool is_it = str_eq_nocase(object_id(l->estate, l->kind, o, &l->arena), id);
        if (!is_it && l->kind == OBJECT_MACHINE &&
            variant_is(exchange_variants(x), VARIANT_ENDPOINT_MACHINE_NAME, "accept"))
            is_it = str_eq_nocase(device_name(l->estate.world, (unsigned)o->number, &l->arena), id);
        if (!is_it) continue;
        write_one(l, o, l->view | VIEW_ALONE, &out);
        answer_bytes(x, 200, "application/json; charset=utf-8", &out);
        return;
    }
    buf_done(&out);
    x->tenant->stats[x->family].refused++;
    const char *noun = collection_rules[l->kind].noun;
    (void)snprintf(message, sizeof message, noun ? "%s %.*s was not found" : "%s '%.*s' does not exist.",
                   noun ? noun : "Resource", (int)(id.n < 64 ? id.n : 64), id.p);
    answer_error(x, 404, noun ? "ResourceNotFound" : "NotFound", message);
}

void collection_handle(struct exchange *x, struct str id)
{
    enum object_kind kind = (enum object_kind)x->what;
    struct listing *l = calloc(1, sizeof *l);
    INVARIANT(l != NULL);
    arena_init(&l->arena, 256 << 20);
    buf_init(&l->piece, 64 << 20);
    l->kind = kind;
    l->estate = estate_of(x->cloud, x->tenant);
    l->top = collection_rules[kind].top_default;
    l->as_of = x->as_of;
    if (str_find(x->q->prefer, STR("include-unknown-enum-members"), 0) != SIZE_MAX) l->view = VIEW_EVOLVED;
    if (kind == OBJECT_ALERT) l->top = variant_number(exchange_variants(x), VARIANT_ALERTS_PAGE);
    if (!listing_read_options(x, l)) {
        listing_free(l);
    } else if (x->tenant->expand_fails && l->view & VIEW_EXPANDED && l->filter) {
        listing_free(l); /* for ever, on large tenants */
        answer_error(x, 500, "UnknownError", "");
    } else if (!objects_list(l->estate, kind, l->as_of, &l->arena, &l->objects)) {
        listing_free(l);
        answer_error(x, 500, "UnknownError", "");
    } else if (!selects_what_is(x, l)) {
        listing_free(l);
    } else if (collection_rules[kind].api != API_GRAPH && str_eq(id, STR("$count"))) {
        answer_count(x, l);
        listing_free(l);
    } else if (id.n) {
        answer_one(x, l, id);
        listing_free(l);
    } else {
        answer_list(x, l);
    }
}
