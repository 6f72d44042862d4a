/* One table of operations: each command is a row (name, typed parameters, role, handler). The command line and the Unix
 * socket are fronts of the same rows; REST and OpenAPI will be further ones. A row exists once the command is built.
 *
 * A handler reads its parameters, writes one JSON value as its result, and returns false with an err when it fails. How a
 * person sees the result is in the row too (`columns`), so that no front formats on its own. */
#ifndef FACE_API_OPERATION_H
#define FACE_API_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "face/api/principal.h"
#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/json/json.h"
#include "state/store/tenants.h"

enum param_type {
    PARAM_TEXT,
    PARAM_FLAG,        /* present or not; no value */
    PARAM_COUNT,       /* a whole number */
    PARAM_TIME,        /* ISO 8601, or a duration back from now ("2d") */
    PARAM_SECRET_FILE, /* a file's name or "-": the command line reads it and sends the content, never an argument */
    PARAM_FILE,        /* a file's name, read or written where the command runs */
    PARAM_PATH,        /* of a file or folder that is there; the command line makes it absolute for whoever reads it */
    PARAM_TENANT,      /* a tenant that is there, by id or name: out of the caller's scope it is "not there" */
    PARAM_ORG,         /* an organization, by name: likewise */
};
struct param {
    const char *name; /* "tenant-id": --tenant-id VALUE */
    enum param_type type;
    bool is_positional; /* may stand without its name, in the table's order */
    bool is_required;
    bool is_many; /* positional: the rest of the line; else the words up to the next option */
    const char *help;
    bool is_local;   /* the command line's alone: elsewhere paging, or the caller's own name, stands for it */
    bool is_account; /* given by those who see all organizations alone, whatever the operation's reach */
    bool is_private; /* PARAM_SECRET_FILE: a key that lasts, so the file must be closed to others */
};

/* What a member of an answer is; one of these, with flags. */
enum member_type {
    MEMBER_TEXT = 1,
    MEMBER_COUNT, /* a whole number */
    MEMBER_FLAG,
    MEMBER_TIME,  /* RFC 3339 */
    MEMBER_TEXTS, /* a list of texts */
    MEMBER_LIST,  /* of objects */
    MEMBER_OBJECT,
    MEMBER_ANY,
    MEMBER_KINDS,
    MEMBER_OR_NULL = 0x20,
    MEMBER_LIVE = 0x40, /* changes by itself: no part of what If-Match holds a change to */
};
/* The words that a text may be, where there is a list of them; a place without one is passed over. */
struct word_list {
    const char *const *names;
    const char *(*name_of)(size_t i); /* instead */
    size_t count;                     /* 0: any text */
};
struct column {
    const char *key;    /* in the result's objects */
    const char *header; /* shown above; NULL: in JSON alone */
    unsigned type;      /* enum member_type */
    struct word_list words;
};

enum op_place {
    OP_LOCAL,        /* in the process that was called: no installation needed, may print on its own */
    OP_INSTALLATION, /* needs the store: in the service if one runs, else here under the data folder's lock */
    OP_ENGINE,       /* needs feeds that run: in the service, else in an engine of its own */
};

/* What a caller whose scope is some organizations may do with it. */
enum op_reach {
    REACH_ACCOUNT, /* nothing: it is about the account as a whole. A row that says nothing is closed to him */
    REACH_NAMED,   /* it needs a PARAM_TENANT or PARAM_ORG in his scope; without one it is about the account */
    REACH_SEEN,    /* its handler shows and touches only what principal_sees_… lets it */
    REACH_ALL,     /* everything: it is about no customer */
    REACH_OWN,     /* everything: it is about the caller himself */
};

/* What a request with an Idempotency-Key that comes again is answered (rest_once.h). */
enum op_once {
    OP_ONCE_KEPT,  /* the first answer, which is kept */
    OP_ONCE_SHOWN, /* that it was done: its answer holds a secret or a signed link, and is shown that one time */
    OP_ONCE_ORDER, /* the first answer; after a crash the engine, which knows its orders by their ids, is asked again */
};

struct op_page;
struct op_call {
    const struct operation *op;
    const struct json *params;         /* an object of strings (flags: true; many: an array); checked against the row */
    struct installation *installation; /* OP_INSTALLATION, OP_ENGINE */
    const struct engine_ops *engine;   /* OP_ENGINE; else NULL unless a service runs */
    struct json_writer *out;           /* the result */
    const char *config;                /* OP_LOCAL: --config as given; NULL: not given */
    const struct principal *by;        /* who calls; prepared */
    const char *actor;                 /* by->name, for the audit trail */
    const char *once;                  /* OP_ONCE_ORDER: the id of this request; NULL: it has none */
    bool is_json;                      /* OP_LOCAL: the caller wants JSON */
    int exit_code;                     /* set by a handler for "partly" (3) */
    struct arena *arena;               /* for the call's own small things */
    struct str before, after, about;   /* op_before, op_after, op_about */
    struct op_page *page;              /* which part of a list (page.h); NULL: all of it */
    bool *is_audited;                  /* its entry is in the audit trail */
};

struct op_view {
    const char *list;             /* the result's member that holds a list */
    const struct column *columns; /* ends with a row without key */
    const char *empty;            /* said when the list is empty */
};

/* One of a list: GET of its own path, so that it has an ETag to change it by. */
struct op_one {
    const char *rest; /* "/api/v1/users/{name}"; NULL: no such path */
    const char *key;  /* the member that has what the path names */
    const char *
        level; /* the member that says whose it is: "tenant", "organization", "account", as the call names one. NULL: none */
    bool is_group; /* several things of the list together */
};

struct operation {
    const char *name; /* "tenant add" */
    const char *rest; /* "GET /api/v1/tenants/{tenant}": how REST calls it; NULL: it does not */
    const char *help; /* one line */
    const char *more; /* paragraphs for --help; may be NULL */
    enum role role;
    enum op_place place;
    enum op_reach reach;
    enum op_once once;
    bool
        is_read; /* changes nothing, as all that REST calls by GET; what changes something is entered in the audit trail */
    bool readies;               /* after it readiness may be another, in many tenants */
    const struct param *params; /* ends with a row without name; NULL: none */
    bool (*run)(struct op_call *c, struct err *e);
    const char *list;             /* the result's member that holds a list; NULL: the result is one object */
    const struct column *columns; /* ends with a row without key; NULL: every member of the object, a line each */
    const char *empty;            /* said when the list is empty */
    const struct column *shape;   /* of the object, where the result is one; the command line shows every member */
    struct op_one one;            /* REST also gives a thing of the list by itself */
    /* Runs where the installation cannot be opened, instead of failing with `why`; c->installation is NULL and c->config the
     * settings' path (NULL: none was found). The command line's alone; NULL: it fails. */
    bool (*run_closed)(struct op_call *c, const struct err *why, struct err *e);
    const char *local_with;      /* a parameter that makes it OP_LOCAL when given; NULL: none */
    const struct op_view *other; /* another list, that a flag asks for instead; NULL: none */
};

/* A tenant, by id or name, that the caller sees. Errors: TENANT_NO_SUCH, TENANT_AMBIGUOUS, of what he sees alone. */
struct tenant_record;
bool op_tenant_seen(const struct op_call *c, const char *id_or_name, struct tenant_record *out, struct err *e);

/* Parameters of a call; absent ones answer the fallback. */
struct str op_text(const struct op_call *c, const char *name);  /* empty when absent */
const char *op_cstr(const struct op_call *c, const char *name); /* NULL when absent */
bool op_flag(const struct op_call *c, const char *name);
const struct param *op_param(const struct operation *op,
                             struct str name); /* of the row; NULL: it has none of that name */
/* Against the row: unknown names, missing ones, wrong types. Errors: API_BAD_PARAM. */
bool op_check_params(const struct operation *op, const struct json *params, struct err *e);

void op_audited(const struct op_call *c); /* whoever carried it out below has entered it */
/* For the entry in the audit trail, which goes into the transaction of the change by itself, with every row that it changed (entry.h): in
 * people's words what it found and left, and what it is about, where the rows do not say it. One JSON value each, before the
 * commit, at most once, never a secret. */
void op_before(struct op_call *c, struct str json);
void op_after(struct op_call *c, struct str json);
void op_about(struct op_call *c, struct str json);
/* One of them as an object with one member: op_note(c, op_before, "organization", "Contoso"). */
void op_note(struct op_call *c, void (*where)(struct op_call *c, struct str json), const char *key, const char *value);
/* Writes a text into a detail: of a long one its beginning. */
void op_audit_text(struct json_writer *w, struct str text);

/* The installation's operations, for any front, by subject (ops_rows_<subject>.c; listed in operations.c). `app` has further
 * rows (serve, demo). */
struct op_table {
    const char *title;            /* what --help says above them; NULL: the list of tables ends here */
    const struct operation *rows; /* ends with a row without name */
};
extern const struct op_table operation_tables[];
const struct operation *operation_find(const char *name); /* in these tables; NULL: there is none */

bool operation_is_read(const struct operation *op);
int operation_status(const struct err *e);     /* the HTTP status that fits */
const char *err_kind_name(enum err_kind kind); /* "input" */
/* {"error":{"code","kind","text","what","remedy","retry_after_ms"}} */
void err_to_json(struct json_writer *w, const struct err *e);

enum {
    API_BAD_PARAM,
    API_NO_OPERATION,
    API_NO_INSTALLATION,
    API_NOT_EMPTY,
    API_SERVICE_GONE,
    API_SOCKET,
    API_INTERRUPTED,
    API_NOT_PROVED,
    API_NOT_ALLOWED,
    API_WHOLE_ACCOUNT,
    API_NO_PATH,
    API_NO_METHOD,
    API_BAD_REQUEST,
    API_BAD_HOST,
    API_NO_LOGIN,
    API_MEDIA_TYPE,
    API_TOO_LARGE,
    API_BAD_CURSOR,
    API_CHANGED,
    API_RESULT_SIZE,
    API_NO_KEY,
    API_NO_ITEM,
    API_KEY_REUSED,
    API_KEY_BUSY,
    API_KEY_INTERRUPTED,
    API_KEY_SPENT,
    API_KEYS_FULL,
    API_MASTER_KEY_SAME,
    API_MASTER_KEY_NEEDED,
    API_MASTER_KEY_OPEN,
    API_CAUSE_COUNT
};
extern const struct cause api_causes[];

#endif
