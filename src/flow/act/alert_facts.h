/* Rows of Defender's APIs to facts (respond/facts.h): Graph alerts and incidents, alerts and machines of Defender for
 * Endpoint, detections of the legacy SIEM API, incidents of the XDR API. Never fails: what is not there, or is of a type that it should
 * not be, is absent and noted. Unknown members are passed over. Any thread.
 *
 * "Handled" is told by the evidence that counts: what was found (files, processes, registry, addresses, URLs, mails ...), unless
 * its verdict is that it is no threat, or its only part is context. Users, devices and the like are what an alert is about:
 * they count only where their own verdict is suspicious or malicious. Prevented, blocked and remediated is handled; where an
 * API has no state of remediation, detectionStatus has (blocked, prevented), and, for Endpoint alerts, the investigation's
 * success. */
#ifndef FLOW_ACT_ALERT_FACTS_H
#define FLOW_ACT_ALERT_FACTS_H

#include "logic/respond/facts.h"

enum facts_source {
    FACTS_GRAPH_ALERT,
    FACTS_GRAPH_INCIDENT,
    FACTS_ENDPOINT_ALERT,
    FACTS_SIEM_ALERT,
    FACTS_XDR_INCIDENT,
    FACTS_SOURCES
};
/* By the feed's name: "alerts", "incidents", "alerts_endpoint", "alerts_siem", "incidents_xdr". False: none of them. */
bool facts_source_of(const char *feed, enum facts_source *out);
/* `row` has been checked (json_check, or it comes from json_split, or from the store) and is borrowed as long as `out` is used;
 * whatever else is needed comes from `a`. Tenant and organization are left to the caller. */
void alert_facts_read(struct arena *a, enum facts_source source, struct str row, struct alert_facts *out);
/* Any text: checked, and its source found by its members. False: no JSON object of one of these sources. */
bool alert_facts_read_any(struct arena *a, struct str json, struct alert_facts *out);
/* What the machine itself said (GET machines/{id}, checked): fills in what it tells, and notes that it was asked. */
void machine_facts_read(struct arena *a, struct str machine, struct fact_device *device);

#endif
