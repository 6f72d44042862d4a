/* A tenant's world: its name, people, devices and what runs on them, all drawn from one seed. */
#ifndef TWIN_WORLD_H
#define TWIN_WORLD_H

#include "kit/base/wall.h"
#include "twin/world/draw.h"

struct action_world; /* actions.h */
struct world {
    uint64_t seed;
    unsigned index;
    char tenant_id[37];
    char name[48];
    char domain[64];     /* "fabrikam7.example" */
    unsigned machines;   /* devices that report to Defender */
    struct wall start;   /* second 0 of the scenario */
    bool has_new_column; /* one column our schema reference does not know yet */
    bool has_dirt;
    const struct action_world *actions; /* what is done to its devices; NULL: nothing */
};
void world_init(struct world *w, uint64_t cloud_seed, unsigned index, unsigned machines, struct wall start);

enum os { OS_WINDOWS_CLIENT, OS_WINDOWS_SERVER, OS_LINUX, OS_MACOS };
enum os device_os(const struct world *w, unsigned device);
struct str device_id(const struct world *w, unsigned device, struct arena *a);   /* 40 hex digits */
struct str device_name(const struct world *w, unsigned device, struct arena *a); /* DNS name */
struct str device_host(const struct world *w, unsigned device, struct arena *a); /* without the domain */
struct str device_ip(const struct world *w, unsigned device, struct arena *a);
struct str device_public_ip(const struct world *w, unsigned device, struct arena *a);
struct str device_group(const struct world *w, unsigned device);
struct str device_platform(const struct world *w, unsigned device);
struct str device_tag(const struct world *w, unsigned device); /* empty: none */
int64_t device_build(const struct world *w, unsigned device);

enum { WORLD_USERS = 40 };
struct person {
    const char *account, *display; /* display holds non-ASCII letters at times */
};
struct person user_of(unsigned user);
struct str user_sid(const struct world *w, unsigned user, struct arena *a);
struct str user_upn(const struct world *w, unsigned user, struct arena *a);
struct str user_object_id(const struct world *w, unsigned user, struct arena *a);

/* What can run, or be loaded or written. */
struct program {
    const char *file, *folder;                                        /* folder with its last separator */
    const char *company, *product, *version, *internal, *description; /* NULL: the file says nothing */
    const char *command;                                              /* may hold one %s: a drawn argument */
    int64_t bytes;
};
const struct program *program_of(enum os os, uint64_t lot);
const struct program *library_of(enum os os, uint64_t lot);

#endif
