#!/usr/bin/env python3
"""What people set about reading holds in the service that runs: Endpoint off means that its API is not called at all, a feed is switched off and
on, intervals are a tenant's own, Last Synced follows the polls (with rows or without), and a tenant that comes is read within seconds. Then
tenants move and go: what is held there is told, and what is open keeps it."""
import datetime, json, pathlib, tempfile, time

from harness import Installation, Tap, Twin

SCENARIO = {"name": "reading", "machines": 12, "endpoint_per_minute": 5000, "endpoint_per_hour": 100000, "security_per_minute": 5000, "hunting_per_minute": 50000,
            "rules": [{"tenants": "all", "temper": "fast"}]}
INTERVALS = {"interval.alerts": "1s", "interval.machines": "2s", "interval.hunting": "2s", "lake.fold_after": "1s"}


def until(seconds, wanted):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := wanted():
            return found
        time.sleep(0.2)
    return wanted()


def calls(twin, tenant):
    """How often each family of APIs was called: {"graph": 3, ...}."""
    stats = next(t for t in twin.ask("/twin/stats")["tenants"] if t["tenant_id"] == tenant)
    return {family: s["calls"] for family, s in stats.items() if isinstance(s, dict)}


def feeds(i, tenant):
    done = i.run("feed", "list", "--tenant", tenant, "--json")
    return {f["feed"]: f for f in json.loads(done.stdout)["feeds"]}


def ok(i, *words):
    done = i.run(*words)
    return done.returncode == 0 or print(f"# {words}: {done.stderr}")


def age_s(text):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))).total_seconds()


def endpoint_off(tap, i, twin, tenant):
    before = calls(twin, tenant)
    endpoint = [f for f in before if f not in ("login", "security", "hunting", "batch")]
    tap.case(any(before[f] for f in endpoint), "with Endpoint on its API is called", before)
    tap.case(ok(i, "settings", "set", "remediation", "auto", "--tenant", tenant), "remediation is switched on")
    tap.case(ok(i, "settings", "set", "endpoint", "off", "--tenant", tenant), "Endpoint is switched off")
    time.sleep(1)  # what was on its way
    quiet = calls(twin, tenant)
    i.run("readiness", "--json")
    ordered = i.run("device", "isolate", tenant, "pc-of-nobody", "--reason", "test")
    time.sleep(6)
    after = calls(twin, tenant)
    tap.case(all(after[f] == quiet[f] for f in endpoint), "three of its intervals, a readiness and an order later it was not called once", (quiet, after))
    tap.case(sum(after.values()) > sum(quiet.values()), "Graph is", (quiet, after))
    tap.case(ordered.returncode != 0 and "defender.endpoint_off" in ordered.stderr, "an order is refused, and says why", ordered.stderr)
    off = feeds(i, tenant)["machines"]
    tap.case(off["state"] == "unused" and off["code"] == "ingest.off", "its feeds say that they are off", off)
    row = json.loads(i.run("settings", "show", "remediation", "--tenant", tenant, "--json").stdout)["settings"][0]
    tap.case(row["value"] == "off", "remediation is off with it", row)
    refused = i.run("settings", "set", "remediation", "approve", "--tenant", tenant)
    tap.case(refused.returncode == 2 and "setting.needs_endpoint" in refused.stderr, "and cannot be switched on", refused.stderr)
    tap.case(ok(i, "settings", "unset", "endpoint", "--tenant", tenant), "Endpoint is on again")
    more = until(15, lambda: all(calls(twin, tenant)[f] > after[f] for f in endpoint if before[f]) and feeds(i, tenant)["machines"]["state"] == "ok")
    tap.case(more, "and called, and read", (calls(twin, tenant), feeds(i, tenant)["machines"]))
    row = json.loads(i.run("settings", "show", "remediation", "--tenant", tenant, "--json").stdout)["settings"][0]
    tap.case(row["value"] == "auto" and age_s(row["since"]) < 30, "remediation holds again, since now: older alerts only ask", row)


def one_feed(tap, i, tenant):
    tap.case(ok(i, "feed", "set", "DeviceInfo", "--tenant", tenant, "--on", "no"), "a feed is switched off")
    off = until(10, lambda: (f := feeds(i, tenant)["DeviceInfo"])["code"] == "ingest.off" and f)
    tap.case(off, "it says so", feeds(i, tenant)["DeviceInfo"])
    synced = off and off["last_synced"]
    time.sleep(3)
    tap.case(feeds(i, tenant)["DeviceInfo"]["last_synced"] == synced, "and is not read any more")
    shown = json.loads(i.run("feed", "set", "DeviceInfo", "--tenant", tenant, "--json").stdout)["settings"]
    tap.case([(r["setting"], r["value"], r["from"]) for r in shown[:1]] == [("on", "no", "tenant")], "feed set without a change shows what holds", shown)
    tap.case(ok(i, "feed", "set", "DeviceInfo", "--tenant", tenant, "--on", ""), "it is taken back")
    back = until(10, lambda: feeds(i, tenant)["DeviceInfo"]["state"] == "ok" and feeds(i, tenant)["DeviceInfo"]["last_synced"] != synced)
    tap.case(back, "and read again", feeds(i, tenant)["DeviceInfo"])
    for words, code in ((["NoSuchFeed", "--on", "no"], "ingest.no_feed"), (["alerts", "--on", "maybe"], "setting.bad_value"),
                        (["alerts", "--contact-mail", "nobody"], "setting.bad_value"), (["alerts", "--tenant", "x", "--org", "y"], "api.bad_parameter")):
        done = i.run("feed", "set", *words)
        tap.case(done.returncode == 2 and code in done.stderr, f"feed set {' '.join(words)}: {code}", done.stderr)


def intervals(tap, i, tenant):
    tap.case(ok(i, "settings", "set", "interval_hunting", "1h", "--tenant", tenant), "hunting is asked for once an hour")
    time.sleep(3)
    synced = feeds(i, tenant)["DeviceInfo"]["last_synced"]
    time.sleep(4)
    tap.case(feeds(i, tenant)["DeviceInfo"]["last_synced"] == synced, "then it is not asked in seconds")
    tap.case(ok(i, "settings", "unset", "interval_hunting", "--tenant", tenant), "as portcullis.yaml has it again")
    tap.case(until(8, lambda: feeds(i, tenant)["DeviceInfo"]["last_synced"] != synced), "and asked at once")


def last_synced(tap, i, tenant):
    """A minute of grace at a minute's interval is a second of grace at one's: three here, for machines that are busy."""
    late, apart = {}, False
    for _ in range(12):
        for name, f in feeds(i, tenant).items():
            if f["state"] == "ok" and name in ("alerts", "incidents", "machines", "machine_actions"):
                age = age_s(f["last_synced"])
                if age > 2 + 3:
                    late[name] = age
                apart |= f["newest_event"] is not None and f["newest_event"] < f["last_synced"]
        time.sleep(0.5)
    tap.case(not late, "Last Synced is never older than the interval and its grace", late)
    tap.case(apart, "and tells the poll, not the newest event")


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "scenario.yaml"
    scenario.write_text(json.dumps(SCENARIO))
    with Twin("--tenants", 2, "--scenario", scenario) as twin, Installation(twin, **INTERVALS) as i:
        i.add_tenants(twin, 1)
        first, second = twin.tenants()[:2]
        tenant = first["tenant_id"]
        service = i.serve()
        i.wait_until_served(service)
        until(20, lambda: all(feeds(i, tenant).get(f, {}).get("last_synced") for f in ("alerts", "machines", "DeviceInfo")))
        last_synced(tap, i, tenant)
        one_feed(tap, i, tenant)
        intervals(tap, i, tenant)
        endpoint_off(tap, i, twin, tenant)
        began = time.monotonic()
        i.run("tenant", "add", second["tenant_id"], "--org", "Other", "--name", "newcomer", "--client-id", second["client_id"], "--secret-file", "-",
              stdin=second["client_secret"])
        there = until(20, lambda: feeds(i, "newcomer").get("alerts", {}).get("last_synced"))
        tap.case(there and time.monotonic() - began < 15, "a tenant that is added is read within seconds", time.monotonic() - began)
        service.terminate()
        tap.case(service.wait(30) == 0, "the service ends")
