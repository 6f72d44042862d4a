#!/usr/bin/env python3
"""Microsoft changes its schema while we read: a column comes, others go (one that every row had, one that questions name),
tables get other names (one at once, one after a while), enums and ActionTypes grow. Nothing is lost or stored twice, and the
operator is told what changed, of which feed, and since when.

    schema_change.py [--by-pull]    by-pull: the feeds poll so seldom that the last pull is the first to meet every change
"""
import collections, json, pathlib, signal, subprocess, sys, tempfile, time, urllib.request

from harness import Installation, Tap, Twin

BY_PULL = "--by-pull" in sys.argv
CHANGE = 14  # seconds after the twin's start
BURST = 30000  # rows of one timestamp: more than one answer holds, so that they are told apart by hash() of a column
SCENARIO = """name: schema-change
tenants: 2
history: 30m
history_rate: 0.1
rows_per_second: {{DeviceProcessEvents: 10, DeviceFileEvents: 10, DeviceNetworkEvents: 3, DeviceRegistryEvents: 8,
                  AADSignInEventsBeta: 8, AADSpnSignInEventsBeta: 8, DeviceInfo: 2}}
late_share: 0.1
late_up_to: 25m
alerts_before: 3
alerts_per_hour: 1800
alert_revisions: 1
hunting_per_minute: 60000
security_per_minute: 60000
endpoint_per_minute: 60000
endpoint_per_hour: 1000000
logins_per_minute: 6000
events:
  - {{what: add_column, at: {change}s, table: DeviceProcessEvents, name: ProcessMood}}
  - {{what: drop_column, at: {change}s, table: DeviceFileEvents, name: FolderPath}}
  - {{what: drop_column, at: {change}s, table: DeviceNetworkEvents, name: ReportId}}
  - {{what: burst, at: {burst_at}s, table: DeviceNetworkEvents, rows: {burst}, tenants: 0}}
  - {{what: drop_column, at: {change}s, table: DeviceRegistryEvents, name: DeviceId}}
  - {{what: rename_table, at: {change}s, for: 6s, table: AADSignInEventsBeta, name: EntraIdSignInEvents}}
  - {{what: rename_table, at: {change}s, for: 0s, table: AADSpnSignInEventsBeta, name: EntraIdSpnSignInEvents}}
  - {{what: extend_enum, at: {change}s, field: severity, name: apocalyptic}}
  - {{what: extend_enum, at: {change}s, field: status, name: onHold}}
  - {{what: replay, at: {burst_at}s, table: DeviceProcessEvents, file: {rows}, tenants: 0}}
"""
# Rows of these are known by less than verify-lake compares, or by another table's name: compared here.
ALIKE = {"AADSignInEventsBeta": "AADSignInEventsBeta", "EntraIdSignInEvents": "AADSignInEventsBeta",
         "AADSpnSignInEventsBeta": "AADSpnSignInEventsBeta", "EntraIdSpnSignInEvents": "AADSpnSignInEventsBeta",
         "DeviceNetworkEvents": "DeviceNetworkEvents", "DeviceRegistryEvents": "DeviceRegistryEvents"}
# What must be told: feed, kind, name, value.
TOLD = [("DeviceProcessEvents", "column", "ProcessMood", None), ("DeviceProcessEvents", "action", "ActionType", "ProcessDanced"),
        ("DeviceFileEvents", "gone", "FolderPath", None), ("DeviceNetworkEvents", "gone", "ReportId", None),
        ("DeviceRegistryEvents", "gone", "DeviceId", None), ("DeviceRegistryEvents", "row", None, None),
        ("AADSignInEventsBeta", "renamed", None, "it is read as EntraIdSignInEvents"),
        ("AADSpnSignInEventsBeta", "renamed", None, "it is read as EntraIdSpnSignInEvents"),
        ("alerts", "value", "severity", "apocalyptic"), ("alerts", "value", "status", "onHold")]


def key(feed, row):
    """What is left to know it by."""
    kept = {"DeviceNetworkEvents": ("DeviceId", "ActionType"), "DeviceRegistryEvents": ("ReportId", "ActionType")}.get(feed, ("ReportId",))
    return row.get("Timestamp"), *(str(row.get(k)) for k in kept)


def in_lake(i):
    rows = collections.Counter()
    for file in i.lake().glob("class=*/**/*.ndjson.zst"):
        for line in subprocess.run(["zstdcat", file], capture_output=True, check=True).stdout.splitlines():
            event = json.loads(line)
            feed = ALIKE.get(event["metadata"].get("log_name"))
            if feed:
                rows[event["metadata"]["tenant_uid"], feed, key(feed, json.loads(event["raw_data"]))] += 1
    return rows


def in_model(twin):
    rows = collections.Counter()
    for tenant in twin.tenants():
        for feed in set(ALIKE.values()):
            with urllib.request.urlopen(f"{twin.url}/twin/rows?tenant={tenant['tenant_id']}&feed={feed}", timeout=60) as answer:
                for line in set(answer):
                    rows[tenant["tenant_id"], feed, key(feed, json.loads(line))] += 1
    return rows


def differences(lake, model):
    return [f"{kind} {n} of {name}" for kind, more, less in (("lost", model, lake), ("doubled", lake, model))
            for name, n in (more - less).items()]


def is_told(d, told):
    return all(w is None or d[k] == w for k, w in zip(("feed", "kind", "name", "value"), told)) and "requires" not in str(d["value"])


def drift_of(i):
    return json.loads(i.run("ocsf", "drift", "--json").stdout)


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    rows = pathlib.Path(folder) / "rows.ndjson"
    rows.write_text("".join(json.dumps({"Timestamp": f"2026-01-01T00:00:0{n}Z", "DeviceId": "d" * 40, "DeviceName": "pc", "ReportId": n,
                                        "ActionType": "ProcessDanced", "FileName": "a.exe", "ProcessId": 7}) + "\n" for n in range(5)))
    scenario = pathlib.Path(folder) / "schema-change.yaml"
    scenario.write_text(SCENARIO.format(change=CHANGE, burst_at=CHANGE + 2, burst=BURST, rows=rows))
    settings = {"lake.fold_after": "1s", "interval.alerts": "1s", "interval.hunting": "10m" if BY_PULL else "2s", "interval.machines": "10s",
                "lookback.hunting": "1d", "lookback.alerts": "1d"}
    began = time.time()
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        i.add_tenants(twin)
        service = i.serve()
        i.wait_until_served(service)
        time.sleep(max(0, began + CHANGE - 1 - time.time()))
        before = drift_of(i)
        tap.case(not any(is_told(d, t) for d in before["drift"] for t in TOLD), "nothing of it is told before it happens", before["groups"])
        time.sleep(10 if BY_PULL else 14)
        twin.freeze()
        done = i.run("pull", "--sweep")
        tap.case(done.returncode == 0, "a pull with all sweeps", (done.returncode, done.stdout[-500:], done.stderr[-1500:]))

        drift, tenants = drift_of(i), [t["tenant_id"] for t in twin.tenants()]
        for feed, kind, name, value in TOLD:
            these = [d for d in drift["drift"] if is_told(d, (feed, kind, name, value))]
            whose = {d["tenant_id"] for d in these}
            wanted = set(tenants[:1]) if kind == "action" else set(tenants)
            since = [d["since"] for d in these]
            fine = kind == "row" or all(began - 5 <= time.mktime(time.strptime(s, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone for s in since)
            tap.case(whose == wanted and fine, f"told of {feed}: {kind} {name or ''} {value or ''}", these or [d["what"] for d in drift["drift"] if d["feed"] == feed])
            group = [g for g in drift["groups"] if is_told(g, (feed, kind, name, value))]
            tap.case(any(g["tenants"] == len(wanted) for g in group), f"and over all tenants: {feed}", group)
        mood = next(d for d in drift["groups"] if d["name"] == "ProcessMood")
        tap.case(mood["rows"] > 0 and mood["example"], "how often, and an example", mood)
        listed = {f["feed"]: f for f in json.loads(i.run("feed", "list", "--json").stdout)["feeds"]}
        tap.case(listed["DeviceProcessEvents"]["drift"] >= 1 and listed["DeviceImageLoadEvents"]["drift"] == 0, "feed list marks feeds with drift",
                 {f: r["drift"] for f, r in listed.items() if r["drift"]})
        one = json.loads(i.run("ocsf", "drift", "--table", "DeviceFileEvents", "--tenant", tenants[0], "--json").stdout)["drift"]
        tap.case({(d["tenant_id"], d["feed"]) for d in one} == {(tenants[0], "DeviceFileEvents")}, "of one tenant and table alone", one)

        service.send_signal(signal.SIGTERM)
        service.wait(30)
        wrong = [line for line in i.verify(twin).stdout.splitlines() if line.startswith("WRONG") and line.split()[2].rstrip(":") not in ALIKE]
        i.keep = not tap.case(not wrong, "lake and model are equal sets", "\n".join(wrong))
        lake, model = in_lake(i), in_model(twin)
        differing = differences(lake, model)
        i.keep |= not tap.case(not differing, "also where columns or names are gone", "\n".join(differing[:30]) + f"\n{len(differing)}")
        print(f"# {sum(model.values())} rows where columns or names are gone; {len(drift['drift'])} findings")
        forgot = i.run("ocsf", "forget")
        left = drift_of(i)["drift"]
        tap.case(forgot.returncode == 0 and all(d["kind"] == "renamed" for d in left), "drift can be forgotten", left)
