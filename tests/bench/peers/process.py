#!/usr/bin/env python3
"""The lean mapping of DeviceProcessEvents (../mappings/) in Python. Usage: process.py json|orjson FILE"""
import datetime, sys

INTEGRITY = {"untrusted": (1, "Untrusted"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "system": (5, "System"),
             "protected": (6, "Protected")}
ACTIVITY = {"ProcessCreated": (1, "Launch"), "OpenProcess": (3, "Open")}
HASHES = ((3, "SHA-256", "SHA256"), (2, "SHA-1", "SHA1"), (1, "MD5", "MD5"))
EPOCH = datetime.datetime(1970, 1, 1)
USED = set()


def used(*names):
    USED.update(names)
    return names


def millis(v):
    seconds = datetime.datetime.fromisoformat(v[:19]) - EPOCH
    fraction = (v[20:-1] + "000")[:3] if v[19] == "." else "0"
    return (seconds.days * 86400 + seconds.seconds) * 1000 + int(fraction)


def plain(*pairs):
    """Of attributes and columns, each with what makes its value. Empty is None, "", {} or []; zero and false are values."""
    used(*(column for _, column, _ in pairs))

    def make(row):
        o = {}
        for attribute, column, to in pairs:
            v = row.get(column)
            if v or v == 0:
                o[attribute] = v if to is str and type(v) is str else to(v)
        return o
    return make


def process_of(prefix, subject, uid, account, session):
    """`prefix`: of its columns; `subject`: of those of its file."""
    process = plain(("pid", f"{prefix}Id" if prefix else "ProcessId", int), ("uid", uid, str), ("name", f"{subject}FileName", str),
                    ("cmd_line", f"{prefix or 'Process'}CommandLine", str), ("created_time", f"{prefix or 'Process'}CreationTime", millis))
    user = plain(("name", f"{account}AccountName", str), ("domain", f"{account}AccountDomain", str), ("uid", f"{account}AccountSid", str),
                 ("email_addr", f"{account}AccountUpn", str))
    info = f"{prefix or 'Process'}VersionInfo"
    file = plain(("name", f"{subject}FileName", str), ("path", f"{subject}FolderPath", str), ("size", f"{subject}FileSize", int),
                 ("company_name", f"{info}CompanyName", str), ("desc", f"{info}FileDescription", str), ("version", f"{info}ProductVersion", str))
    integrity, = used(f"{prefix or 'Process'}IntegrityLevel")
    hashes = [(i, name, *used(f"{subject}{column}")) for i, name, column in HASHES]
    used(session)

    def make(row):
        o = process(row)
        word = row.get(integrity)
        if word:
            o["integrity_id"], o["integrity"] = INTEGRITY.get(word.lower(), (99, word))
        who, what = user(row), file(row)
        if who:
            o["user"] = who
        if row.get(session) not in (None, ""):
            o["session"] = {"uid": str(row[session])}
        sums = [{"algorithm_id": i, "algorithm": name, "value": row[column]} for i, name, column in hashes if row.get(column)]
        if sums:
            what["hashes"] = sums
        if what:
            o["file"] = {"type_id": 1, "type": "Regular File", **what}
        return o
    return make


initiating = process_of("InitiatingProcess", "InitiatingProcess", "InitiatingProcessUniqueId", "InitiatingProcess", "InitiatingProcessLogonId")
created = process_of("", "", "ProcessUniqueId", "", "LogonId")
parent = plain(("pid", "InitiatingProcessParentId", int), ("name", "InitiatingProcessParentFileName", str),
               ("created_time", "InitiatingProcessParentCreationTime", millis))
device = plain(("uid", "DeviceId", str), ("hostname", "DeviceName", str))
metadata = plain(("original_time", "Timestamp", str), ("event_code", "ActionType", str), ("original_event_uid", "ReportId", str))


def event_of(row):
    action = row["ActionType"]
    activity, name = ACTIVITY.get(action, (99, action))
    process = initiating(row)
    process["parent_process"] = parent(row)
    return {"class_uid": 1007, "class_name": "Process Activity", "category_uid": 1, "category_name": "System Activity", "activity_id": activity,
            "activity_name": name, "type_uid": 100700 + activity, "type_name": "Process Activity: " + ("Other" if activity == 99 else name),
            "time": millis(row["Timestamp"]), "severity_id": 1, "severity": "Informational",
            "device": {"type_id": 0, "type": "Unknown", **device(row)}, "actor": {"process": process}, "process": created(row),
            "metadata": {**metadata(row), "product": {"name": "Microsoft Defender for Endpoint", "vendor_name": "Microsoft"},
                         "version": "1.8.0", "log_name": "DeviceProcessEvents"},
            "unmapped": {k: v for k, v in row.items()
                         if (v or v == 0) and k not in USED and not k.endswith("@odata.type")}}


def main():
    with open(sys.argv[2], "rb") as rows:
        if sys.argv[1] == "orjson":
            import orjson
            for line in rows:
                sys.stdout.buffer.write(orjson.dumps(event_of(orjson.loads(line)), option=orjson.OPT_APPEND_NEWLINE))
        else:
            import json
            for line in rows:
                sys.stdout.write(json.dumps(event_of(json.loads(line)), ensure_ascii=False, separators=(",", ":")) + "\n")


main()
