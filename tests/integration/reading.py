#!/usr/bin/env python3
"""What people set about reading holds in the service that runs: Endpoint off means that its API is not called at all, a feed is switched off and
on, intervals are a tenant's own, Last Synced follows the polls (with rows or without), and a tenant that comes is read within seconds. Then
tenants move and go: what is held there is told, and what is open keeps it."""
import datetime, json, pathlib, tempfile, time

from harness import PATIENCE, Installation, Tap, Twin, at_rest, wait_for

SCENARIO = {"name": "reading", "machines": 12, "endpoint_per_minute": 5000, "endpoint_per_hour": 100000, "security_per_minute": 5000, "hunting_per_minute": 50000,
            "rules": [{"tenants": "all", "temper": "fast"}]}
INTERVALS = {"interval.alerts": "1s", "interval.machines": "2s", "interval.hunting": "2s", "lake.fold_after": "1s"}


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
    rest = lambda: at_rest(lambda: [n for f, n in calls(twin, tenant).items() if f in endpoint], 3)
    tap.case(rest(), "what was on its way ends")
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
    more = wait_for(lambda: all(calls(twin, tenant)[f] > after[f] for f in endpoint if before[f]) and feeds(i, tenant)["machines"]["state"] == "ok")
    tap.case(more, "and called, and read", (calls(twin, tenant), feeds(i, tenant)["machines"]))
    row = json.loads(i.run("settings", "show", "remediation", "--tenant", tenant, "--json").stdout)["settings"][0]
    tap.case(row["value"] == "auto" and age_s(row["since"]) < 30, "remediation holds again, since now: older alerts only ask", row)


def one_feed(tap, i, tenant):
    tap.case(ok(i, "feed", "set", "DeviceInfo", "--tenant", tenant, "--on", "no"), "a feed is switched off")
    off = wait_for(lambda: (f := feeds(i, tenant)["DeviceInfo"])["code"] == "ingest.off" and f)
    tap.case(off, "it says so", feeds(i, tenant)["DeviceInfo"])
    tap.case(at_rest(lambda: feeds(i, tenant)["DeviceInfo"]["last_synced"], 5), "and is not read any more")
    synced = feeds(i, tenant)["DeviceInfo"]["last_synced"]
    shown = json.loads(i.run("feed", "set", "DeviceInfo", "--tenant", tenant, "--json").stdout)["settings"]
    tap.case([(r["setting"], r["value"], r["from"]) for r in shown[:1]] == [("on", "no", "tenant")], "feed set without a change shows what holds", shown)
    tap.case(ok(i, "feed", "set", "DeviceInfo", "--tenant", tenant, "--on", ""), "it is taken back")
    back = wait_for(lambda: feeds(i, tenant)["DeviceInfo"]["state"] == "ok" and feeds(i, tenant)["DeviceInfo"]["last_synced"] != synced)
    tap.case(back, "and read again", feeds(i, tenant)["DeviceInfo"])
    for words, code in ((["NoSuchFeed", "--on", "no"], "ingest.no_feed"), (["alerts", "--on", "maybe"], "setting.bad_value"),
                        (["alerts", "--contact-mail", "nobody"], "setting.bad_value"), (["alerts", "--tenant", "x", "--org", "y"], "api.bad_parameter")):
        done = i.run("feed", "set", *words)
        tap.case(done.returncode == 2 and code in done.stderr, f"feed set {' '.join(words)}: {code}", done.stderr)


def intervals(tap, i, tenant):
    tap.case(ok(i, "settings", "set", "interval_hunting", "1h", "--tenant", tenant), "hunting is asked for once an hour")
    tap.case(at_rest(lambda: feeds(i, tenant)["DeviceInfo"]["last_synced"], 5), "then it is not asked in seconds")
    synced = feeds(i, tenant)["DeviceInfo"]["last_synced"]
    tap.case(ok(i, "settings", "unset", "interval_hunting", "--tenant", tenant), "as portcullis.yaml has it again")
    tap.case(wait_for(lambda: feeds(i, tenant)["DeviceInfo"]["last_synced"] != synced), "and asked at once")


def last_synced(tap, i, tenant):
    """Judged where the machine had time: each look asks how late it came itself, and grants that beside the interval and its grace."""
    late, apart = {}, False
    for _ in range(12):
        asked = time.monotonic()
        found = feeds(i, tenant)
        took = time.monotonic() - asked
        for name, f in found.items():
            if f["state"] == "ok" and name in ("alerts", "incidents", "machines", "machine_actions"):
                age = age_s(f["last_synced"])
                if age > 2 + 3 + 20 * took:
                    late[name] = age
                apart |= f["newest_event"] is not None and f["newest_event"] < f["last_synced"]
        time.sleep(0.5)
    tap.case(not late, "Last Synced is never older than the interval and its grace", late)
    tap.case(apart, "and tells the poll, not the newest event")


def isolate(i, twin, tenant):
    """A device of the twin's that comes to be isolated, by its id."""
    device = twin.ask("/twin/actions?tenant=" + tenant)["devices"][0]["id"]
    i.run("device", "isolate", tenant, device, "--reason", "test", "--anyway")
    wait_for(lambda: device in i.run("device", "list", "--isolated", "--json").stdout)
    return device


def contact(tap, i, twin, tenant):
    """Whom notices name: of the feed that brought the alert, else of the tenant."""
    bodies = lambda: [n["text"] for n in json.loads(i.run("notice", "list", "--json").stdout)["notices"]]
    make = lambda: twin.ask("/twin/alerts?tenant=" + tenant, "POST", json.dumps({"device": 1}).encode())
    ok(i, "settings", "unset", "remediation", "--tenant", tenant)
    ok(i, "settings", "set", "contact_name", "Bo Muster", "--org", "Customer")
    make()
    tap.case(wait_for(lambda: any("The customer's contact: Bo Muster" in b for b in bodies())), "a notice names the customer's contact", bodies())
    ok(i, "feed", "set", "alerts", "--contact-name", "Ann Alert", "--contact-phone", "+49 30 1234567", "--tenant", tenant)
    make()
    named = wait_for(lambda: [b for b in bodies() if "The customer's contact: Ann Alert, +49301234567" in b])
    tap.case(named and "Bo Muster" not in named[0], "or whom the feed of alerts has", bodies())


def moves_and_goes(tap, i, twin, tenant):
    tap.case(ok(i, "org", "add", "Elsewhere") and ok(i, "settings", "set", "remediation", "auto", "--org", "Elsewhere"), "an organization with remediation on")
    nowhere = i.run("tenant", "move", tenant, "--org", "Nowhere")
    tap.case(nowhere.returncode == 2 and "tenant.no_org" in nowhere.stderr, "a tenant does not move to an organization that is not there", nowhere.stderr)
    time.sleep(1)
    moved = i.run("tenant", "move", tenant, "--org", "Elsewhere", "--json")
    tap.case(moved.returncode == 0 and json.loads(moved.stdout)["from"] == "Customer" and json.loads(moved.stdout)["to"] == "Elsewhere", "tenant move", moved.stderr)
    row = json.loads(i.run("settings", "show", "remediation", "--tenant", tenant, "--json").stdout)["settings"][0]
    tap.case((row["value"], row["from"]) == ("auto", "organization") and age_s(row["since"]) < 20, "it has the new one's settings, since the move", row)
    trail = i.run("audit", "list", "--json").stdout
    entry = next((e for e in json.loads(trail)["entries"] if e["operation"] == "tenant move"), None)
    tap.case(entry and "Customer" in json.dumps(entry) and "Elsewhere" in json.dumps(entry), "the audit trail has both organizations", entry or trail[:2000])
    tap.case(ok(i, "org", "remove", "Customer"), "an organization without tenants is removed")
    kept = i.run("org", "remove", "Elsewhere")
    tap.case(kept.returncode == 2 and "tenant.org_in_use" in kept.stderr, "one with tenants is not", kept.stderr)
    device = isolate(i, twin, tenant)
    listed = i.run("tenant", "remove", tenant, "--list", "--json")
    held = json.loads(listed.stdout)["held"] if listed.returncode == 0 else {}
    tap.case(held.get("isolations") == 1 and held["leases"] == 1 and held["secrets"] == 1 and held["feeds"] > 10 and held["lake_files"] > 0, "what is held there is told", listed.stdout + listed.stderr)
    refused = i.run("tenant", "remove", tenant)
    tap.case(refused.returncode == 2 and "tenant.has_open" in refused.stderr, "while a device is isolated it is not removed", refused.stderr)
    i.run("device", "release", tenant, device, "--reason", "test")
    free = wait_for(lambda: (h := json.loads(i.run("tenant", "remove", tenant, "--list", "--json").stdout)["held"])["isolations"] == h["actions"] == 0)
    tap.case(free, "it is released")
    gone = i.run("tenant", "remove", tenant, "--json")
    tap.case(gone.returncode == 0 and json.loads(gone.stdout)["removed"] == tenant and "lake" in json.loads(gone.stdout)["kept"], "then it is, and what stays is told", gone.stderr)
    tap.case(not json.loads(i.run("tenant", "list", "--json").stdout)["tenants"][1:], "it is listed no more")


def endpoint_needed(tap, i, tenant):
    """A device of the tenant is isolated: nothing that takes Endpoint from it goes through, at no level."""
    endpoint = lambda verb, *words: i.run("settings", verb, "endpoint", *words)
    is_refused = lambda done: done.returncode == 2 and "tenant.endpoint_needed" in done.stderr and "1 devices isolated" in done.stderr
    tries = [endpoint("set", "off", *scope) for scope in (["--tenant", tenant], ["--org", "Other"], [])]
    tap.case(all(map(is_refused, tries)), "while a device is isolated Endpoint is not switched off: tenant, organization, account", [t.stderr for t in tries])
    ok(i, "settings", "set", "endpoint", "on", "--tenant", tenant)
    tap.case(ok(i, "settings", "set", "endpoint", "off", "--org", "Other"), "a wider level may, where the tenant has a value of its own")
    back = endpoint("unset", "--tenant", tenant)
    tap.case(is_refused(back), "which then is not taken back", back.stderr)
    ok(i, "settings", "unset", "endpoint", "--org", "Other")
    tap.case(ok(i, "settings", "unset", "endpoint", "--tenant", tenant), "but is, where the wider one is on")
    ok(i, "settings", "set", "endpoint", "off", "--org", "Elsewhere")
    moved = i.run("tenant", "move", tenant, "--org", "Elsewhere")
    tap.case(is_refused(moved), "nor does it move to an organization without Endpoint", moved.stderr)
    tap.case(ok(i, "settings", "set", "endpoint", "off", "--tenant", tenant, "--abandon"), "with --abandon it is switched off")
    entries = [e for e in json.loads(i.run("audit", "list", "--json").stdout)["entries"] if e["operation"] == "settings set"][:2]
    tap.case(entries[1]["detail"].get("abandons") and entries[0]["detail"]["after"] == "off", "and the audit trail says what was abandoned", entries)
    ok(i, "settings", "unset", "endpoint", "--tenant", tenant)


def abandoned(tap, i, twin, tenant):
    isolate(i, twin, tenant)
    endpoint_needed(tap, i, tenant)
    gone = i.run("tenant", "remove", tenant, "--abandon", "--json")
    tap.case(gone.returncode == 0 and json.loads(gone.stdout)["held"]["isolations"] == 1, "with --abandon what is isolated stays so", gone.stderr)
    tap.case(at_rest(lambda: sum(calls(twin, tenant).values()), 4), "and the tenant is not called any more", calls(twin, tenant))


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "scenario.yaml"
    scenario.write_text(json.dumps(SCENARIO))
    with Twin("--tenants", 2, "--scenario", scenario) as twin, Installation(twin, **INTERVALS) as i:
        i.add_tenants(twin, 1)
        first, second = twin.tenants()[:2]
        tenant = first["tenant_id"]
        service = i.serve()
        i.wait_until_served(service)
        wait_for(lambda: all(feeds(i, tenant).get(f, {}).get("last_synced") for f in ("alerts", "machines", "DeviceInfo")))
        last_synced(tap, i, tenant)
        one_feed(tap, i, tenant)
        intervals(tap, i, tenant)
        endpoint_off(tap, i, twin, tenant)
        began = time.monotonic()
        i.run("tenant", "add", second["tenant_id"], "--org", "Other", "--name", "newcomer", "--client-id", second["client_id"], "--secret-file", "-",
              stdin=second["client_secret"])
        there = wait_for(lambda: feeds(i, "newcomer").get("alerts", {}).get("last_synced"))
        tap.case(there and time.monotonic() - began < 15, "a tenant that is added is read within seconds", time.monotonic() - began)
        contact(tap, i, twin, tenant)
        moves_and_goes(tap, i, twin, tenant)
        abandoned(tap, i, twin, second["tenant_id"])
        service.terminate()
        tap.case(service.wait(PATIENCE) == 0, "the service ends")
