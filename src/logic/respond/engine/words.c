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
    [RESPOND_BUSY] = {"respond.busy", ERR_RETRY, "another action is open on this device",
                      "Wait until it has ended (portcullis response list), or cancel it."},
    [RESPOND_NOTHING] = {"respond.nothing", ERR_INPUT, "there is nothing to do", "It is as you want it already."},
    [RESPOND_AMBIGUOUS] = {"respond.ambiguous", ERR_INPUT, "the name does not stand for exactly one recent device",
                           "Give the device's id: portcullis device list shows it."},
    [RESPOND_ORDER] = {"respond.order", ERR_INPUT, "the order is incomplete", "Say what the text names as missing."},
    [RESPOND_NO_DEVICE] =
        {"respond.no_device", ERR_INPUT, "an alert of an endpoint names no device of its own",
         "Open the alert in Defender, find the device, and isolate it by its id (portcullis device isolate)."},
    [RESPOND_NOT_APPLICABLE] =
        {"respond.not_applicable", ERR_INPUT, "the alert is about no device",
         "Look at the alert in Defender: what it names is not isolated but blocked or disabled there."},
    [RESPOND_DEVICE_GONE] = {"respond.device_gone", ERR_INPUT, "Defender does not know the device",
                             "Look for it in Defender: it was removed or merged into another, or its id has changed."},
    [RESPOND_UNREAD] = {"respond.unread", ERR_RETRY, "alert, device or actions cannot be read",
                        "See portcullis doctor for why Defender does not answer."},
    [RESPOND_NOT_CONFIRMED] = {"respond.not_confirmed", ERR_UNCERTAIN, "ordered, and not confirmed in time",
                               "Take the device off the network by hand, or make sure that it is online."},
    [RESPOND_UNKNOWN] =
        {"respond.unknown", ERR_UNCERTAIN, "the answer to an order was lost, and the order is not to be found",
         "Look at the device in Defender: is there an action? Then portcullis response retry, or act by hand."},
    [RESPOND_UNDONE] = {"respond.undone", ERR_INPUT, "the action succeeded, and somebody else undid it",
                        "Somebody else works on this device: see its actions in Defender, and agree."},
    [RESPOND_FAILED] = {"respond.failed", ERR_INPUT, "the action failed on the device",
                        "See the action in Defender's action center; then portcullis response retry, or act by hand."},
    [RESPOND_TIMED_OUT] = {"respond.timed_out", ERR_RETRY, "the device did not carry it out in Defender's time",
                           "Bring the device online; then portcullis response retry, or act by hand."},
    [RESPOND_CANCELLED] =
        {"respond.cancelled", ERR_INPUT, "the action was cancelled at Defender",
         "Ask who cancelled it (Defender's action center names them); then portcullis response retry if need be."},
    [RESPOND_STRAY] =
        {"respond.stray", ERR_UNCERTAIN, "an isolation that hung may come, or came, after the release",
         "Nothing, if the device is told to be released: it is watched for three days, and released again."},
};
