#include "face/app/app.h"

const struct cause app_causes[APP_CAUSE_COUNT] = {
    [APP_TWIN] = {"demo.twin", ERR_RETRY, "the simulator of Microsoft's end-points does not work",
                  "Build both programs with make, then look at what build/defender-twin says when started by hand."},
    [APP_DEMO_FOLDER] = {"demo.folder", ERR_INPUT, "the demo's folder holds something else",
                         "Give the demo another folder with --dir; it clears only a folder that a demo made."},
    [APP_NOT_EXACT] = {"demo.not_exact", ERR_CORRUPT,
                       "the lake does not hold exactly what the twin's model says exists",
                       "Keep the demo's folder and report this with the summary: it must not happen."},
};

static const struct param demo_params[] = {
    {"seconds", PARAM_COUNT, false, false, false, "end by itself after so many seconds; default: until Ctrl-C"},
    {"summary", PARAM_FILE, false, false, false, "write the counts per feed to this file, as JSON"},
    {"dir", PARAM_FILE, false, false, false, "where the demo lives; default: portcullis-demo"},
    {"tenants", PARAM_COUNT, false, false, false, "how many tenants the twin has; default: 20"},
    {"scenario", PARAM_TEXT, false, false, false, "the twin's scenario; default: lively"},
    {0}};

const struct operation app_operations[] = {{.name = "demo",
                                            .help = "twin and service on this machine, no account needed",
                                            .role = ROLE_VIEWER,
                                            .place = OP_LOCAL,
                                            .params = demo_params,
                                            .run = op_demo,
                                            .more = "Starts a simulated Microsoft with many tenants and a service that "
                                                    "polls it, shows what happens, and on Ctrl-C (or after "
                                                    "--seconds) freezes the twin, drains, and counts what exists "
                                                    "against what the lake holds. Exit 0 only if nothing was lost "
                                                    "or doubled."},
                                           {.name = "serve",
                                            .help = "run the service",
                                            .role = ROLE_OWNER,
                                            .place = OP_LOCAL,
                                            .run = op_serve,
                                            .more = "Polls every feed of every tenant and folds rows into the lake, "
                                                    "until SIGINT or SIGTERM. Other commands find it through a "
                                                    "socket in the data folder."},
                                           {0}};
