/* The engine's words for people and for the ledger's text. A word that has been written to a ledger is never changed. */
#include "logic/respond/engine/engine_int.h"

const char *const act_kind_words[ACT_KINDS] = {"none",       "isolate", "release", "restrict",
                                               "unrestrict", "scan",    "collect", "quarantine-file"};
const char *const act_scope_words[SCOPE_KINDS] = {"none", "full", "selective", "unmanaged", "quick"};
const char *const came_words[CAME_KINDS] = {"live", "catch-up", "look-back", "pull", "file", "replay"};
const char *const decision_state_words[DECISION_STATES] = {
    [0] = "none",
    [DECISION_CHECKING] = "checking",
    [DECISION_ASKING] = "asking",
    [DECISION_ACTING] = "acting",
    [DECISION_DONE] = "done",
    [DECISION_SHADOW] = "shadow",
    [DECISION_DENIED] = "denied",
    [DECISION_EXPIRED] = "expired",
    [DECISION_DROPPED] = "dropped",
    [DECISION_REFUSED] = "refused",
};
const char *const action_state_words[ACTION_STATES] = {
    [0] = "none",
    [ACTION_INTENT] = "intent",
    [ACTION_WAITING] = "waiting",
    [ACTION_LOST] = "lost",
    [ACTION_PENDING] = "pending",
    [ACTION_RUNNING] = "in-progress",
    [ACTION_CONFIRMED] = "confirmed",
    [ACTION_FAILED] = "failed",
    [ACTION_TIMED_OUT] = "timed-out",
    [ACTION_CANCELLED] = "cancelled",
    [ACTION_REFUSED] = "refused",
    [ACTION_UNKNOWN] = "unknown",
};
const char *const hold_state_words[HOLD_STATES] = {
    [0] = "none",           [HOLD_HELD] = "held", [HOLD_RELEASING] = "releasing", [HOLD_WATCHED] = "watched",
    [HOLD_ENDED] = "ended",
};
const char *const stop_state_words[STOP_STATES] = {
    [0] = "none", [STOP_ON] = "on", [STOP_TRIPPED] = "tripped", [STOP_OFF] = "off"};
const char *const record_kind_words[RECORD_KINDS] = {
    [0] = "none",           [RECORD_DECISION] = "decision", [RECORD_ACTION] = "action", [RECORD_HOLD] = "hold",
    [RECORD_STOP] = "stop", [RECORD_NOTED] = "noted",       [RECORD_MERGE] = "merge",   [RECORD_ORDER] = "order",
};
static const struct {
    const char *word, *text;
} reasons[WHY_KINDS] = {
    [WHY_MODE] = {"mode", "the rule or the tenant asks a person first"},
    [WHY_CAME] = {"not-live", "the alert was not seen while it was new"},
    [WHY_BEFORE_ON] = {"before-on", "the alert is older than automatic remediation of this tenant"},
    [WHY_OLD] = {"old", "the alert is older than max_alert_age"},
    [WHY_DEVICES] = {"devices", "more than three devices of one incident"},
    [WHY_SERVER] = {"server", "the device is a server"},
    [WHY_CONTROLLER] = {"controller", "the device is a domain controller, or a server whose role is not established"},
    [WHY_OS_UNKNOWN] = {"os-unknown", "the device's operating system is not known"},
    [WHY_VALUE] = {"high-value", "the device is of high value"},
    [WHY_OWN] = {"own", "the device is a host or a proxy of ours"},
    [WHY_EXCLUDED] = {"excluded", "the device or its user is excluded"},
    [WHY_EXPIRED] = {"exclusion-expired", "the exclusion of the device or its user has expired"},
    [WHY_TUNNEL] = {"tunnel", "the device is behind a full-tunnel VPN: once isolated it could not be released"},
    [WHY_TENANT_HOUR] = {"tenant-hour", "the tenant's limit of devices in one hour is reached"},
    [WHY_TENANT_SHARE] = {"tenant-share", "the limit of the tenant's share of isolated devices is reached"},
    [WHY_ACCOUNT_HOUR] = {"account-hour", "the account's limit of devices in one hour is reached"},
    [WHY_BREAKER] = {"breaker", "the breaker has tripped: the same detection in three tenants within an hour"},
    [WHY_STOPPED] = {"stopped", "automatic response is stopped"},
    [WHY_AGAIN] = {"again", "this incident's device has been acted on before"},
    [WHY_RELEASED] = {"released", "a person has released a device of this incident within 24 hours"},
};

const char *act_kind_name(enum act_kind k)
{
    return act_kind_words[k];
}

const char *act_scope_name(enum act_scope s)
{
    return act_scope_words[s];
}

const char *respond_came_name(enum respond_came c)
{
    return came_words[c];
}

const char *respond_reason_name(enum respond_reason w)
{
    return reasons[w].word;
}

const char *respond_reason_text(enum respond_reason w)
{
    return reasons[w].text;
}

const char *decision_state_name(enum decision_state s)
{
    return decision_state_words[s];
}

const char *action_state_name(enum action_state s)
{
    return action_state_words[s];
}

const char *hold_state_name(enum hold_state s)
{
    return hold_state_words[s];
}

const struct cause respond_causes[] = {
    [RESPOND_RECORD] = {"respond.record", ERR_CORRUPT, "a record of the ledger cannot be read",
                        "Do not delete it: restore the store from a backup, or report it with the text shown."},
    [RESPOND_FULL] = {"respond.full", ERR_LIMIT, "the response engine has no room for another open thing",
                      "Answer or deny open questions (portcullis response list); nothing open is ever dropped."},
    [RESPOND_NOT_FOUND] = {"respond.not_found", ERR_INPUT, "nothing has that number or device",
                           "See portcullis response list and portcullis device list for what there is."},
    [RESPOND_NOT_OPEN] = {"respond.not_open", ERR_INPUT, "nobody is being asked about this (any more)",
                          "See portcullis response show for how it was settled."},
    [RESPOND_TWICE] = {"respond.twice", ERR_INPUT, "two different people must approve",
                       "Have a second person approve it."},
    [RESPOND_GUARDED] = {"respond.guarded", ERR_INPUT, "the device is guarded",
                         "If it must be done, repeat the order and say that you know (--anyway)."},
    [RESPOND_BUSY] = {"respond.busy", ERR_RETRY, "another action is open on this device",
                      "Wait until it has ended (portcullis response list), or cancel it."},
    [RESPOND_NOTHING] = {"respond.nothing", ERR_INPUT, "there is nothing to do", "It is as you want it already."},
    [RESPOND_AMBIGUOUS] = {"respond.ambiguous", ERR_INPUT, "the name does not stand for exactly one recent device",
                           "Give the device's id: portcullis device list shows it."},
    [RESPOND_ORDER] = {"respond.order", ERR_INPUT, "the order is incomplete", "Say what the text names as missing."},
};
