#!/usr/bin/env python3
"""Tenants as they really are: every licence with every set of permissions that a guide asks for. What a tenant can have arrives,
what it cannot have is a state with its reason and since when, and nobody asks again and again for what is refused."""
import json, pathlib, signal, tempfile, time

from harness import PATIENCE, Installation, Tap, Twin, wait_for

GRAPH = {"alerts", "incidents"}
DEVICES = {"machines", "machine_actions"}
# What the guides' permissions open: kinds of feeds; "tables": hunting through Graph, "device_tables": through the Endpoint API.
SETS = {
    "all": GRAPH | DEVICES | {"tables"},
    "mandiant": GRAPH | DEVICES,
    "huntress": GRAPH | DEVICES | {"device_tables"},
    "databee": {"tables"},
    "barracuda-response": {"alerts_endpoint"} | DEVICES,
    "barracuda-multi-tenant": {"alerts_endpoint"},
    "none": set(),
}
# What the licences hold; "endpoint" has the tables of Defender for Endpoint alone. Without any, Graph's lists are there, and empty.
LICENCES = {
    "xdr": GRAPH | DEVICES | {"alerts_endpoint", "tables", "device_tables"},
    "endpoint": GRAPH | DEVICES | {"alerts_endpoint", "device_tables"},
    "business": GRAPH | DEVICES | {"alerts_endpoint"},
    "none": GRAPH,
}
KINDS = [(licence, permissions) for licence in LICENCES for permissions in SETS]
# Tables with a newer name are read by that one alone.
OLD_NAMES = {"AADSignInEventsBeta", "AADSpnSignInEventsBeta", "AIAgentsInfo"}

SCENARIO = """name: estates
tenants: {tenants}
history: 1h
history_rate: 0.05
rows_per_second: {{DeviceProcessEvents: 10, DeviceLogonEvents: 5, EmailEvents: 5, others: 40}}
alerts_before: 4
alerts_per_hour: 120
actions_before: 2
machines: 4
hunting_per_minute: 6000
security_per_minute: 6000
endpoint_per_minute: 6000
endpoint_per_hour: 100000
logins_per_minute: 6000
rules:
{rules}"""


def is_device_table(feed):
    return feed.startswith("Device") or feed in ("AlertInfo", "AlertEvidence")


def may_have(licence, permissions, feed):
    """Expected from the two tables above, without asking the twin or the client."""
    if feed in OLD_NAMES:
        return False
    both = SETS[permissions], LICENCES[licence]
    if not feed[0].isupper():
        return all(feed in side for side in both)
    opens, holds = ({"tables": True, "device_tables": is_device_table(feed)} for _ in both)
    return any(opens[k] for k in both[0] if k in opens) and any(holds[k] for k in both[1] if k in holds)


def feeds_of(i):
    out = {}
    for feed in json.loads(i.run("feed", "list", "--json").stdout)["feeds"]:
        out.setdefault(feed["tenant_id"], {})[feed["feed"]] = feed
    return out


def refused(twin):
    return {t["tenant_id"]: sum(f["refused"] for f in t.values() if isinstance(f, dict)) for t in twin.ask("/twin/stats")["tenants"]}


def told(feed):
    return feed["state"] not in ("ok", "waiting") and feed["severity"] in ("grey", "red") and feed["code"] and \
        feed["reason"] and feed["remedy"] and feed["since"]


def settle(i, tenants):
    """Until no feed of those tenants waits for its first answer; the others, whose calls are few, have 25 s at least."""
    began = time.monotonic()
    settled = lambda: tenants <= (feeds := feeds_of(i)).keys() and all(f["state"] != "waiting" for t in tenants for f in feeds[t].values())
    wait_for(lambda: settled() and time.monotonic() - began > 25)


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    rules = "".join(f"  - {{tenants: {n}, licence: {licence}, permissions: {permissions}}}\n"
                    for n, (licence, permissions) in enumerate(KINDS))
    scenario = pathlib.Path(folder) / "estates.yaml"
    scenario.write_text(SCENARIO.format(tenants=len(KINDS), rules=rules))
    settings = {"lake.fold_after": "1s", "interval.alerts": "1s", "interval.hunting": "2s", "interval.machines": "2s",
                "lookback.hunting": "1d", "lookback.alerts": "1d"}
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        i.add_tenants(twin)
        service = i.serve()
        i.wait_until_served(service)
        settle(i, {t["tenant_id"] for t, (_, permissions) in zip(twin.tenants(), KINDS) if permissions != "huntress"})
        waiting = {tenant: sum(f["state"] == "waiting" for f in mine.values()) for tenant, mine in feeds_of(i).items()}
        before = refused(twin)
        time.sleep(8)
        after = refused(twin)
        feeds, tenants = feeds_of(i), twin.tenants()

        for n, (licence, permissions) in enumerate(KINDS):
            tenant, name = tenants[n], f"licence {licence}, permissions {permissions}"
            mine = feeds.get(tenant["tenant_id"], {})
            expected = {f for f in mine if may_have(licence, permissions, f)}
            known = {f for f in tenant["feeds"] if f in mine}
            tap.case(known == (expected if licence != "none" else set()), f"{name}: the twin lets read what the guide and the licence say", sorted(known ^ expected))
            # 45 queries a minute through the Endpoint API are few for all its tables at this pace: some wait for their turn, and
            # that they are read shows at the end.
            slow = expected if permissions == "huntress" else set()
            ok = {f for f, r in mine.items() if r["state"] == "ok" or (r["state"] in ("throttled", "waiting") and f in slow)}
            tap.case(ok == expected, f"{name}: what it can have is read",
                     [(f, mine[f]["state"], mine[f]["detail"]) for f in sorted(ok ^ expected)])
            silent = [(f, r["state"], r["code"], r["reason"], r["since"]) for f, r in mine.items() if f not in expected and not told(r)]
            tap.case(not silent, f"{name}: what it cannot have is a state with its reason, remedy and time", silent)
            more = after[tenant["tenant_id"]] - before[tenant["tenant_id"]]  # of feeds that had not asked at all yet
            tap.case(more <= waiting[tenant["tenant_id"]], f"{name}: what is refused is not asked for again and again", (more, waiting[tenant["tenant_id"]]))

        twin.freeze()
        done = i.run("pull", "--sweep")
        tap.case(done.returncode in (0, 3), "a pull with all sweeps", (done.returncode, done.stdout[-500:], done.stderr[-1500:]))
        service.send_signal(signal.SIGTERM)
        service.wait(PATIENCE)
        check = i.verify(twin)
        print("# " + (check.stdout.strip().splitlines() or ["nothing"])[-1])
        i.keep = not tap.case(check.returncode == 0, "lake and model are equal sets", check.stdout[-3000:] + check.stderr)
