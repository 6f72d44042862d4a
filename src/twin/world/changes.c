#include "twin/world/changes.h"

#include <stdlib.h>

#include "kit/base/err.h"

void changes_add(struct changes *c, struct change change, struct str text, struct str author)
{
    if (c->count == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 16;
        c->items = realloc(c->items, c->cap * sizeof *c->items);
        INVARIANT(c->items != NULL);
    }
    change.text = str_dup(text);
    change.author = str_dup(author);
    INVARIANT(change.text != NULL && change.author != NULL);
    c->items[c->count++] = change;
}

void changes_done(struct changes *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->items[i].text);
        free(c->items[i].author);
    }
    free(c->items);
    *c = (struct changes){.items = NULL};
}

bool change_shows(const struct change *c, enum cloud_api api, int64_t echo, struct wall now)
{
    return c->at.ticks + (c->through == api ? 0 : echo) <= now.ticks;
}
