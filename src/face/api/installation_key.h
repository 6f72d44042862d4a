/* Where the master key of an installation comes from, and how it is changed for another.
 *
 * A change goes over a copy of the store: what is sealed is sealed anew there, in one transaction, and a rename puts it in the
 * store's place. Whenever the power goes, the store is the old one or the new one, whole; and the key file, which is changed last, is
 * followed up by the next opening (<key_file>.rotating holds the new key until then). */
#ifndef FACE_API_INSTALLATION_KEY_H
#define FACE_API_INSTALLATION_KEY_H

#include "face/api/installation.h"
#include "kit/seal/seal.h"

/* As the settings say: a file, a systemd credential, a program. API_NO_KEY, seal and sys causes. */
bool key_load(const struct conf *c, struct fs fs, struct seal_key **out, struct err *e);
bool key_load_file(struct fs fs, const char *path, struct seal_key **out, struct err *e);
/* The first line that a program prints, if it does so in time; what else it prints and does is not looked at, and it is ended. */
bool key_load_command(const char *program, uint32_t timeout_ms, struct seal_key **out, struct err *e);
/* A file with a fresh key, where there is none yet. */
bool key_make_file(struct fs fs, const char *path, struct err *e);
/* A file that must not be there yet, durable. */
bool file_write_new(struct fs fs, const char *path, struct str bytes, struct err *e);

/* The key that a change which was cut off has left the store under; NULL and true: there is none. */
bool key_load_next(const struct conf *c, struct fs fs, struct seal_key **out, struct err *e);
/* The store opens with `key`, that of <key_file>.rotating: it becomes the key file, the one before is kept beside it. */
bool key_follow(const struct conf *c, struct fs fs, struct err *e);
/* The store opens with the key as the settings say: what a cut-off change has left is removed. */
bool key_tidy(const struct conf *c, struct fs fs, struct err *e);

/* The key as the settings say, and the store under it; what a change that was cut off has left is followed up or removed. What cannot
 * be removed keeps nothing closed: *left_out says what, its cause NULL where there is nothing. Needs settings, disk and clock. */
bool installation_open_sealed(struct installation *i, struct err *left_out, struct err *e);

struct rekeyed {
    char was[17], is[17];            /* fingerprints */
    uint64_t sealed;                 /* secrets */
    char kept[CONF_PATH_BYTES + 24]; /* the key file of before; empty: it is not ours */
};
/* `text`: the new key file's content; empty: a fresh key, where the settings name a key file. Needs an installation without its flow;
 * its store is closed afterwards, also where it fails: nothing is left to do with it but installation_close. API_MASTER_KEY_SAME,
 * API_MASTER_KEY_NEEDED; and as store_rekey. */
bool installation_rekey(struct installation *i, struct str text, const char *actor, struct rekeyed *out, struct err *e);

#endif
