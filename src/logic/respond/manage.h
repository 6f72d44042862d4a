/* Managed alerts: may this alert be resolved, or commented, in Defender now? Pure rules over what is known of the alert, its
 * incident and its devices; the driver (flow/act/manage.h) reads, asks twice (once of what it remembers, once of what Defender
 * says right then), writes, and reads again.
 *
 * Unattended, an alert is only ever closed when Defender itself handled all of it, or when a person closed its case here; and
 * never while anything about it is open. Every exclusion is a row of one table with its reason. */
#ifndef LOGIC_RESPOND_MANAGE_H
#define LOGIC_RESPOND_MANAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "logic/respond/facts.h"

/* Why an alert is left as it is. In the table's order the first that holds is told. */
enum manage_keep {
    KEEP_NONE, /* it may be done */
    KEEP_ENDPOINT_OFF,
    KEEP_NOTHING_WANTED, /* neither resolve nor comment */
    KEEP_DONE,           /* we have done it already */
    KEEP_RESOLVED,       /* it is resolved */
    KEEP_REOPENED,       /* it was resolved and somebody opened it again */
    KEEP_NOT_ENDPOINT,
    KEEP_UNREADABLE, /* something in it was not understood */
    KEEP_CUSTOM_DETECTION,
    KEEP_BEFORE, /* not first seen live: look-back, pull, files, after an outage */
    KEEP_NOT_HANDLED,
    KEEP_TAKEN,       /* assigned to somebody, or in progress */
    KEEP_CLASSIFIED,  /* somebody has judged it */
    KEEP_HIGH_UNSEEN, /* high, and nobody has acknowledged it */
    KEEP_STOPPED,
    KEEP_NO_ROLE,
    KEEP_ISOLATED,
    KEEP_HELD,              /* leased: held by us, or an action of ours is open */
    KEEP_ISOLATION_UNKNOWN, /* whether it is isolated could not be read */
    KEEP_SOON,              /* the delay is not over */
    KEEP_OTHERS_OPEN,       /* others of its incident are */
    KEEP_CHANGED,           /* not as we saw it any more */
    KEEP_COUNT
};
struct manage_row {
    const char *name; /* "others_open" */
    const char *text; /* a clause for people: "other alerts of its incident are open" */
    bool person_too;  /* holds for a person's order as well, unless given `anyway` */
};
extern const struct manage_row manage_rows[KEEP_COUNT];

enum manage_isolation { ISOLATION_UNREAD, ISOLATION_NO, ISOLATION_YES };
/* What is known of one alert. */
struct manage_alert {
    enum fact_service service;
    enum fact_severity severity;
    enum fact_status status;
    enum fact_handled handled;
    enum fact_class classification;
    bool is_custom_detection;
    bool has_unread;                 /* facts.unread_count */
    bool is_assigned;                /* to anybody */
    bool is_live;                    /* its first revision came by live polling */
    bool was_reopened;               /* and nobody has closed its case here since */
    bool is_closed_here;             /* a person closed its case here */
    bool is_acknowledged;            /* a person answered its notice, or closed its case */
    bool is_done;                    /* resolved or commented by us, since it was last opened */
    bool is_held;                    /* a device of it is leased, or has an open action of ours */
    enum manage_isolation isolation; /* of its devices, the worst; NO when it has none */
    struct wall quiet_since;         /* the last change at Defender, the closing here, a release: the latest */
};
struct manage_rules {
    bool endpoint, resolve, comment;
    int64_t after_ms;
    bool may_write;  /* a role for it is granted, or not known to be missing */
    bool is_stopped; /* response stop */
};
/* The first row that holds, but for those of the incident and of fresh reads. */
enum manage_keep manage_judge(const struct manage_alert *a, const struct manage_rules *r, struct wall now);
/* Also those that may not be asked before the devices were read: ISOLATED, HELD, ISOLATION_UNKNOWN stay out. */
enum manage_keep manage_judge_unread(const struct manage_alert *a, const struct manage_rules *r, struct wall now);
/* A person orders it: what speaks against it all the same. */
enum manage_keep manage_judge_order(const struct manage_alert *a, bool resolves);
/* One incident: `keeps` as judged each alone. An open alert that may not be closed keeps the others open. */
void manage_judge_incident(const struct manage_alert *alerts, enum manage_keep *keeps, size_t count);
/* When an alert kept by KEEP_SOON alone may be asked again; 0: only a change helps. */
struct wall manage_due(const struct manage_alert *a, const struct manage_rules *r);

/* ---- still as we saw it? ---------------------------------------------------------------------------------------------------- */
/* What people at Defender change; a set of them is a mask of 1u << change. */
enum manage_change {
    CHANGE_STATUS,
    CHANGE_OWNER,
    CHANGE_CLASSIFICATION,
    CHANGE_COMMENT,
    CHANGE_SEVERITY,
    CHANGE_INCIDENT,
    CHANGE_HANDLED,
    CHANGE_REOPENED, /* beside STATUS: was resolved, is not */
    CHANGE_OTHER,    /* a later update, of nothing we look at */
    CHANGE_COUNT
};
const char *manage_change_name(enum manage_change c); /* "owner" */
enum { MANAGE_OWNER_BYTES = 128, MANAGE_WORD_BYTES = 48, MANAGE_INCIDENT_BYTES = 64 };
struct manage_view { /* one version of an alert, as far as that goes */
    struct wall updated;
    enum fact_status status;
    enum fact_class classification;
    enum fact_severity severity;
    enum fact_handled handled;
    char owner[MANAGE_OWNER_BYTES];
    char determination[MANAGE_WORD_BYTES];
    char incident[MANAGE_INCIDENT_BYTES];
    uint32_t comments; /* of others: those with our marker are not counted */
};
void manage_view_of(const struct alert_facts *f, uint32_t comments, struct manage_view *out);
uint32_t manage_diff(const struct manage_view *before, const struct manage_view *now);
/* What of these changes is not ours: `written` is how we left it (a resolve of ours is no news). */
uint32_t manage_foreign(uint32_t changes, const struct manage_view *written, const struct manage_view *now);

/* ---- words --------------------------------------------------------------------------------------------------------------------- */
enum manage_api { MANAGE_GRAPH, MANAGE_ENDPOINT, MANAGE_API_COUNT };
/* A determination that fits a classification, in an API's own words; which pairs are valid is a table per API. */
struct manage_pair {
    const char *classification, *determination; /* as the settings have them ("truePositive", "compromisedAccount") */
    const char *words[MANAGE_API_COUNT][2];     /* as that API wants them */
};
extern const struct manage_pair manage_pairs[];
extern const size_t manage_pair_count;
/* NULL: not a pair. An empty determination fits every classification (then words[1] is NULL); "none" is empty. Any case, and the
 * other API's spelling is understood. */
const struct manage_pair *manage_pair_find(struct str classification, struct str determination);

/* Our comment begins so, and goes on with the id of what we do: "Portcullis <installation>/a17: ". */
#define MANAGE_MARK "Portcullis "
bool manage_comment_is_ours(struct str comment, struct str mark);

#endif
