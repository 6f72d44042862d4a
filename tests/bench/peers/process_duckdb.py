#!/usr/bin/env python3
"""The lean mapping of DeviceProcessEvents (../mappings/) in DuckDB, one thread: typed columns, structs, COPY. What is absent it writes as null.
Usage: process_duckdb.py FILE OUT"""
import sys

import duckdb

PLAIN = """Timestamp DeviceId DeviceName ActionType ReportId FileName FolderPath SHA1 SHA256 MD5 ProcessVersionInfoCompanyName
ProcessVersionInfoProductVersion ProcessVersionInfoFileDescription ProcessCommandLine ProcessIntegrityLevel AccountDomain AccountName AccountSid
AccountUpn LogonId ProcessUniqueId InitiatingProcessUniqueId InitiatingProcessAccountDomain InitiatingProcessAccountName
InitiatingProcessAccountSid InitiatingProcessAccountUpn InitiatingProcessLogonId InitiatingProcessIntegrityLevel InitiatingProcessSHA1
InitiatingProcessSHA256 InitiatingProcessMD5 InitiatingProcessFileName InitiatingProcessFolderPath InitiatingProcessVersionInfoCompanyName
InitiatingProcessVersionInfoProductVersion InitiatingProcessVersionInfoFileDescription InitiatingProcessCommandLine
InitiatingProcessParentFileName""".split()
TIMES = "ProcessCreationTime InitiatingProcessCreationTime InitiatingProcessParentCreationTime".split()
NUMBERS = "FileSize ProcessId InitiatingProcessId InitiatingProcessFileSize InitiatingProcessParentId".split()
REST = """ProcessVersionInfoProductName ProcessVersionInfoInternalFileName ProcessVersionInfoOriginalFileName ProcessTokenElevation
AccountObjectId InitiatingProcessAccountObjectId InitiatingProcessTokenElevation InitiatingProcessVersionInfoProductName
InitiatingProcessVersionInfoInternalFileName InitiatingProcessVersionInfoOriginalFileName InitiatingProcessSignerType
InitiatingProcessSignatureStatus AppGuardContainerId AdditionalFields InitiatingProcessRemoteSessionDeviceName
InitiatingProcessRemoteSessionIP ProcessRemoteSessionDeviceName ProcessRemoteSessionIP MachineGroup ProcessFutureSignal""".split()
REST_OF_ANY_TYPE = "InitiatingProcessSessionId IsInitiatingProcessRemoteSession CreatedProcessSessionId IsProcessRemoteSession".split()


def text(column):
    return f"nullif({column}, '')"


def millis(column):
    return f"epoch_ms(try_cast(substr({column}, 1, 23) AS TIMESTAMP))"


def some(**members):
    """A struct that is null without any member."""
    packed = ", ".join(f"{name} := {value}" for name, value in members.items())
    return f"CASE WHEN coalesce({', '.join(f'CAST({value} AS VARCHAR)' for value in members.values())}) IS NOT NULL THEN struct_pack({packed}) END"


def level(column, ids):
    names = ["Untrusted", "Low", "Medium", "High", "System", "Protected"]
    value = text(column)
    arms = " ".join(f"WHEN '{name.lower()}' THEN {i if ids else repr(name)}" for i, name in enumerate(names, 1))
    return f"CASE lower({value}) {arms} ELSE CASE WHEN {value} IS NOT NULL THEN {99 if ids else value} END END"


def hashes(prefix):
    each = ", ".join(f"CASE WHEN {text(prefix + column)} IS NOT NULL THEN struct_pack(algorithm_id := {i}, algorithm := '{name}', value := {prefix}{column}) END"
                     for i, name, column in ((3, "SHA-256", "SHA256"), (2, "SHA-1", "SHA1"), (1, "MD5", "MD5")))
    return f"nullif(list_filter([{each}], lambda x: x IS NOT NULL), [])"


def process(prefix, parent=""):
    p, info = prefix or "Process", f"{prefix or 'Process'}VersionInfo"
    user = some(name=text(f"{prefix}AccountName"), domain=text(f"{prefix}AccountDomain"), uid=text(f"{prefix}AccountSid"),
                email_addr=text(f"{prefix}AccountUpn"))
    file = (f"struct_pack(type_id := 1, type := 'Regular File', name := {text(prefix + 'FileName')}, path := {text(prefix + 'FolderPath')}, "
            f"size := {prefix}FileSize, company_name := {text(info + 'CompanyName')}, \"desc\" := {text(info + 'FileDescription')}, "
            f"version := {text(info + 'ProductVersion')}, hashes := {hashes(prefix)})")
    return (f"struct_pack(pid := {p}Id, uid := {text(p + 'UniqueId')}, name := {text(prefix + 'FileName')}, cmd_line := {text(p + 'CommandLine')}, "
            f"created_time := {millis(p + 'CreationTime')}, integrity_id := {level(p + 'IntegrityLevel', True)}, "
            f"integrity := {level(p + 'IntegrityLevel', False)}, \"user\" := {user}, session := {some(uid=text(prefix + 'LogonId'))}, "
            f"file := {file}{parent})")


PARENT = ", parent_process := " + some(pid="InitiatingProcessParentId", name=text("InitiatingProcessParentFileName"),
                                       created_time=millis("InitiatingProcessParentCreationTime"))
UNMAPPED = ", ".join([f"{c} := {text(c)}" for c in REST] + [f"{c} := CASE WHEN {c} NOT IN ('null', '\"\"', '{{}}') THEN {c} END" for c in REST_OF_ANY_TYPE])
QUERY = f"""SELECT 1007 AS class_uid, 'Process Activity' AS class_name, 1 AS category_uid, 'System Activity' AS category_name, activity_id,
  CASE activity_id WHEN 1 THEN 'Launch' WHEN 3 THEN 'Open' ELSE ActionType END AS activity_name, 100700 + activity_id AS type_uid,
  'Process Activity: ' || CASE activity_id WHEN 1 THEN 'Launch' WHEN 3 THEN 'Open' ELSE 'Other' END AS type_name,
  {millis('Timestamp')} AS time, 1 AS severity_id, 'Informational' AS severity,
  struct_pack(type_id := 0, type := 'Unknown', uid := {text('DeviceId')}, hostname := {text('DeviceName')}) AS device,
  struct_pack(process := {process('InitiatingProcess', PARENT)}) AS actor, {process('')} AS process,
  struct_pack(original_time := Timestamp, event_code := ActionType, original_event_uid := ReportId,
    product := struct_pack(name := 'Microsoft Defender for Endpoint', vendor_name := 'Microsoft'), version := '1.8.0',
    log_name := 'DeviceProcessEvents') AS metadata,
  struct_pack({UNMAPPED}) AS unmapped
FROM (SELECT *, CASE ActionType WHEN 'ProcessCreated' THEN 1 WHEN 'OpenProcess' THEN 3 ELSE 99 END AS activity_id
  FROM read_json($file, format = 'newline_delimited', columns = $columns))"""

columns = {**dict.fromkeys(PLAIN + TIMES + REST, "VARCHAR"), **dict.fromkeys(NUMBERS, "BIGINT"), **dict.fromkeys(REST_OF_ANY_TYPE, "JSON")}
db = duckdb.connect()
db.execute("SET threads = 1")
db.execute("SET preserve_insertion_order = true")
quoted = "{" + ", ".join(f"{name}: '{kind}'" for name, kind in columns.items()) + "}"
file, out = ("'" + name.replace("'", "''") + "'" for name in sys.argv[1:3])
db.execute(f"COPY ({QUERY.replace('$file', file).replace('$columns', quoted)}) TO {out} (FORMAT json)")
