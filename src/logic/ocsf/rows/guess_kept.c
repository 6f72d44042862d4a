/* Guesses are kept: rows come in runs, and a guess looks at every plan there is. */
#include <stdlib.h>

#include "logic/ocsf/rows/guess.h"

enum {
    GUESSES = 64,
    GUESS_KEYS = 128, /* of a row; a longer one is guessed anew each time */
    REQUIRED = 64,
    ANSWERS = 32,
    PROBES = 4,
};

/* Whose rows with these keys are, where nobody says: the guess depends on nothing else but which of the columns that a
 * mapping in question requires are empty. Kept when it does not depend on the row before either. */
struct guess {
    const struct plan *around;
    size_t count;
    uint16_t keys[GUESS_KEYS];
    uint8_t required[REQUIRED]; /* where these columns stand */
    size_t required_count;
    struct {
        uint64_t blank; /* bit by place in `required` */
        const struct plan *plan;
    } answers[ANSWERS];
    size_t answer_count;
};
struct guess_book {
    struct guess guesses[GUESSES];
};

static void begin(struct guess *g, const struct ocsf *o, const struct plan *around, const struct json_fields *row)
{
    g->around = around;
    g->count = row->count;
    g->answer_count = 0;
    for (size_t i = 0; i < row->count; i++) {
        g->keys[i] = row->items[i].key;
        if (g->keys[i] == JSON_NO_KEY) g->count = 0; /* nothing can be kept */
    }
    g->required_count = 0;
    if (g->count == 0) return;
    g->required_count = guess_deciding(o, around, row, g->required, REQUIRED);
    if (g->required_count > REQUIRED) g->count = 0;
}

static bool is_guess_of(const struct guess *g, const struct plan *around, const struct json_fields *row)
{
    if (g->around != around || g->count != row->count) return false;
    for (size_t i = 0; i < g->count; i++) {
        if (row->items[i].key != g->keys[i]) return false;
    }
    return true;
}

static uint64_t blanks_of(const struct guess *g, const struct json_fields *row)
{
    uint64_t blank = 0;
    for (size_t i = 0; i < g->required_count; i++)
        blank |= (uint64_t)((row->items[g->required[i]].flags & JSON_BLANK) != 0) << i;
    return blank;
}

struct guess *guess_kept(struct guess_book *book, const struct ocsf *o, const struct plan *around,
                         const struct json_fields *row, const struct plan **plan)
{
    uint32_t h = 0;
    *plan = NULL;
    if (row->count == 0 || row->count > GUESS_KEYS) return NULL;
    for (uint32_t i = 0; i < row->count; i++) h += row->items[i].key * (2 * i + 1);
    struct guess *g = NULL;
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        g = &book->guesses[(h + probe) % GUESSES];
        if (is_guess_of(g, around, row)) break;
        if (g->count > 0 && probe + 1 < PROBES) continue;
        begin(g, o, around, row);
        break;
    }
    uint64_t blank = blanks_of(g, row);
    for (size_t i = 0; i < g->answer_count && *plan == NULL; i++)
        if (g->answers[i].blank == blank) *plan = g->answers[i].plan;
    return g->count ? g : NULL;
}

void guess_keep(struct guess *g, const struct json_fields *row, const struct plan *plan)
{
    if (g->answer_count == ANSWERS) return;
    g->answers[g->answer_count].blank = blanks_of(g, row);
    g->answers[g->answer_count++].plan = plan;
}

struct guess_book *guess_book_new(void)
{
    return calloc(1, sizeof(struct guess_book));
}

void guess_book_free(struct guess_book *book)
{
    free(book);
}
