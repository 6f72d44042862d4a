/* Inside the reading of facts. */
#ifndef FLOW_ACT_ALERT_FACTS_INT_H
#define FLOW_ACT_ALERT_FACTS_INT_H

#include "flow/act/alert_facts.h"
#include "kit/json/json.h"

enum { DEVICES_MAX = 64, USERS_MAX = 64, VALUES_MAX = 512, FILES_MAX = 128, TEXTS_MAX = 64 };
struct reading {
    struct arena *a;
    struct alert_facts *f;
    struct fact_device devices[DEVICES_MAX];
    struct fact_user users[USERS_MAX];
    struct fact_value values[VALUES_MAX];
    struct fact_file files[FILES_MAX];
    size_t device_count, user_count, value_count, file_count;
    size_t evidence;            /* which one is being read, from 1; 0: none */
    unsigned counting, handled; /* pieces of evidence that count; of them handled */
};
/* An object's members by their names (ASCII case does not matter), each into its slot; the last of a name counts. */
struct key {
    const char *text;
    unsigned char n, first; /* lower case */
};
#define KEY(literal)                                                         \
    {                                                                        \
        (literal), sizeof(literal) - 1, (unsigned char)((literal)[0] | 0x20) \
    }
void pick(struct str object, const struct key *keys, size_t count, struct str *slots);
/* The same for an object that begins at p and lies somewhere before `end`; gives what is behind it. The list in member
 * `inner` (if it is one; SIZE_MAX: none) is not passed over but read where it stands: a long row is gone over once. */
typedef const char *read_list_fn(struct reading *r, const char *p, const char *end);
const char *pick_at(struct reading *r, const char *p, const char *end, const struct key *keys, size_t count,
                    struct str *slots, size_t inner, read_list_fn *read_list);

/* What cannot be read. `what` is the member. */
void note_unread(struct reading *r, const char *what, struct str value);
/* A text, or a number as it is written; empty and silent for null and absent. */
struct str take_text(struct reading *r, const char *what, struct str value);
struct wall take_time(struct reading *r, const char *what, struct str value);
/* The texts of an array (or one text), at most TEXTS_MAX. */
struct fact_texts take_texts(struct reading *r, const char *what, struct str value);
/* By the function of an enumeration; an unknown word leaves it as it is, unnoted: new words come. */
#define TAKE_WORD(r, what, value, read_fn, out)             \
    do {                                                    \
        struct str word_ = take_text((r), (what), (value)); \
        if (word_.n > 0) (void)read_fn(word_, (out));       \
    } while (0)

void add_value(struct reading *r, enum fact_kind kind, struct str text);
/* Hashes of a file, and the file itself where it has a SHA-1. */
void add_file(struct reading *r, struct fact_file file, struct str md5);
/* Merged with the one that is the same. NULL: too many. */
struct fact_device *add_device(struct reading *r, const struct fact_device *d);
void add_user(struct reading *r, const struct fact_user *u);
struct str join_account(struct reading *r, struct str domain, struct str account);
/* A piece of evidence that counts, with what became of it. */
void count_evidence(struct reading *r, enum fact_remedy remedy);
bool is_handled_remedy(enum fact_remedy r);

/* At its '['; gives what is behind the list. */
const char *read_graph_evidence(struct reading *r, const char *p, const char *end);
void read_flat_evidence(struct reading *r, struct str list, const struct fact_device *device);
void read_siem_evidence(struct reading *r, struct str row, const struct fact_device *device);
/* "WindowsDefenderAv" and "antivirus" are one: as Graph writes it. */
struct str detection_word(struct str s);

#endif
