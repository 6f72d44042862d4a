/* The book of one round, out of the store. */
#include <stdlib.h>

#include "cloud/tenant/proxies.h"
#include "flow/notify/notify_int.h"
#include "state/store/people.h"

/* A growing array of records of one kind. */
struct pile {
    size_t size;
    void *items;
    size_t count, cap;
    bool failed;
};

static bool pile_add(struct pile *p, const void *record)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 16;
        void *more = reallocarray(p->items, cap, p->size);
        if (more == NULL) {
            p->failed = true;
            return false;
        }
        p->items = more;
        p->cap = cap;
    }
    memcpy((char *)p->items + p->count * p->size, record, p->size);
    p->count++;
    return true;
}

static bool add_person(void *arg, const struct person_record *r)
{
    return pile_add(arg, r);
}
static bool add_duty(void *arg, const struct duty_record *r)
{
    return pile_add(arg, r);
}
static bool add_rung(void *arg, const struct rung_record *r)
{
    return pile_add(arg, r);
}
static bool add_channel(void *arg, const struct channel_record *r)
{
    return pile_add(arg, r);
}

bool book_load(struct store *s, struct book *out, struct err *e)
{
    struct pile people = {sizeof *out->people}, duties = {sizeof *out->duties}, rungs = {sizeof *out->rungs},
                channels = {sizeof *out->channels};
    bool ok = store_person_list(s, add_person, &people, e) && store_duty_list(s, NULL, NULL, add_duty, &duties, e) &&
              store_ladder_list(s, NULL, add_rung, &rungs, e) && store_channel_list(s, add_channel, &channels, e);
    struct proxy_book *proxies = NULL;
    ok = ok && proxy_book_read(s, &proxies, e);
    *out = (struct book){people.items, duties.items, rungs.items,    channels.items, people.count,
                         duties.count, rungs.count,  channels.count, proxies};
    if (ok && (people.failed || duties.failed || rungs.failed || channels.failed))
        ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading who is to be told");
    if (!ok) book_free(out);
    return ok;
}

void book_free(struct book *b)
{
    free(b->people);
    free(b->duties);
    free(b->rungs);
    free(b->channels);
    proxy_book_free(b->proxies);
    *b = (struct book){0};
}

const struct person_record *book_person(const struct book *b, const char *name)
{
    for (size_t i = 0; i < b->people_count; i++)
        if (str_eq_nocase(str_of(b->people[i].name), str_of(name))) return &b->people[i];
    return NULL;
}

const struct channel_record *book_channel(const struct book *b, const char *name)
{
    for (size_t i = 0; i < b->channel_count; i++)
        if (str_eq_nocase(str_of(b->channels[i].name), str_of(name))) return &b->channels[i];
    return NULL;
}
