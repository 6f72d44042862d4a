"""One alert, told by every interface that tells of alerts: Graph, the Endpoint and SIEM APIs, the hunting tables. It is one finding,
with one user, one device and one ATT&CK in one shape, so that events can be joined whichever way they came.

    test_same_alert.py MAP_CORPUS"""
import json, subprocess, sys, tempfile

ID, TITLE, TIME = "da637551227677560813_-961444813", "Suspicious PowerShell command line", "2026-03-04T05:06:07.1234567Z"
SID, OBJECT, UPN = "S-1-5-21-1-2-3-1001", "8c42f011-6105-4269-a64b-6eabc71b2006", "ann@contoso.example"
DEVICE, HOST = "73e7e2de709dff64ef64b1d0c30e67fab63279db", "pc1.contoso.example"
GRAPH = "#microsoft.graph.security."


def hunting(table, **row):
    return {"category": "AdvancedHunting-" + table, "tenantId": "t", "properties": {"Timestamp": TIME, "AlertId": ID, "Title": TITLE, **row}}


def records():
    account = {"AccountName": "ann", "AccountDomain": "contoso", "AccountSid": SID, "AccountObjectId": OBJECT, "AccountUpn": UPN}
    techniques = "[\"PowerShell (T1059.001)\"]"
    yield "Graph", {"@odata.type": GRAPH + "alert", "id": ID, "title": TITLE, "createdDateTime": TIME, "lastUpdateDateTime": TIME, "severity": "high", "status": "new",
                    "category": "Execution", "mitreTechniques": ["T1059.001"], "evidence": [
                        {"@odata.type": GRAPH + "deviceEvidence", "mdeDeviceId": DEVICE, "deviceDnsName": HOST},
                        {"@odata.type": GRAPH + "userEvidence", "userAccount": {"accountName": "ann", "domainName": "contoso", "userSid": SID, "azureAdUserId": OBJECT,
                                                                                "userPrincipalName": UPN}}]}
    yield "Endpoint", {"@odata.context": "https://api.example/api/$metadata#Alerts/$entity", "id": ID, "title": TITLE, "alertCreationTime": TIME, "lastUpdateTime": TIME,
                       "severity": "High", "status": "New", "category": "Execution", "mitreTechniques": ["T1059.001"], "machineId": DEVICE, "computerDnsName": HOST,
                       "evidence": [{"entityType": "User", "accountName": "ann", "domainName": "contoso", "userSid": SID, "aadUserId": OBJECT, "userPrincipalName": UPN}]}
    yield "SIEM", {"AlertTime": TIME, "AlertId": ID, "AlertTitle": TITLE, "FullId": ID + ":x", "LastProcessedTimeUtc": TIME, "Category": "Execution", "Severity": "High",
                   "ComputerDnsName": HOST, "DeviceID": DEVICE, "MachineName": "pc1", "AlertPart": 0, "Description": "d", "Source": "EDR", "Sha1": "", "FileName": "", "FilePath": ""}
    yield "AlertInfo", hunting("AlertInfo", Category="Execution", Severity="High", AttackTechniques=techniques, ServiceSource="Microsoft Defender for Endpoint", DetectionSource="EDR")
    for kind, columns in (("User", account), ("Machine", {"DeviceId": DEVICE, "DeviceName": HOST})):
        yield "AlertEvidence, " + kind, hunting("AlertEvidence", EntityType=kind, EvidenceRole="Impacted", Categories="[\"Execution\"]", AttackTechniques=techniques,
                                                Severity="High", **columns)


def events(program, version):
    named = list(records())
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as f:
        f.writelines(json.dumps(r) + "\n" for _, r in named)
        f.flush()
        out = subprocess.run([program, version, "mission", "-", f.name], capture_output=True, text=True, check=False).stdout.splitlines()
    return [(name, json.loads(line)) for (name, _), line in zip(named, out, strict=True)]


def users(event):
    return [{k: v for k, v in e["user"].items() if k not in ("type", "full_name")} for e in event.get("evidences", []) if "user" in e]


def faults(told):
    wanted = {"name": "ann", "domain": "contoso", "uid": SID, "uid_alt": OBJECT, "email_addr": UPN, "type_id": 1}
    for name, event in told:
        attacks = event["finding_info"].get("attacks", [])
        if event["class_uid"] != 2004 or event["finding_info"]["uid"] != ID or event["finding_info"]["title"] != TITLE:
            yield f"{name}: another finding: {event['class_uid']} {event['finding_info']}"
        if event["severity_id"] != 4:
            yield f"{name}: severity {event['severity_id']}"
        if {"tactic": {"uid": "TA0002", "name": "Execution"}} not in attacks:
            yield f"{name}: no tactic in {attacks}"
        full = {"technique": {"uid": "T1059", "name": "Command and Scripting Interpreter"}, "sub_technique": {"uid": "T1059.001", "name": "PowerShell"}}
        if name != "SIEM" and full not in attacks:  # that API has none
            yield f"{name}: no technique in {attacks}"
        yield from (f"{name}: a user of another shape: {u}" for u in users(event) if u != wanted)
        if not users(event) and name in ("Graph", "Endpoint", "AlertEvidence, User"):
            yield f"{name}: no user"
        device = event.get("device", {})
        if name not in ("AlertInfo", "AlertEvidence, User") and (device.get("uid"), device.get("hostname")) != (DEVICE, HOST):
            yield f"{name}: another device: {device}"


def main():
    print("1..2")
    failed = False
    for number, version in enumerate(("1.8.0", "1.3.0"), 1):
        told = events(sys.argv[1], version)
        found = list(faults(told))
        for fault in found:
            print("# " + fault[:400])
        failed |= bool(found)
        print(f"{'not ok' if found else 'ok'} {number} - {version}: one alert, told {len(told)} times")
    sys.exit(failed)


main()
