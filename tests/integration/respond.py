#!/usr/bin/env python3
"""The response over real sockets: the built service against the twin. An alert becomes an isolation that is confirmed; what fails is told
with its code; an answer lost to kill -9 is found again and nothing is sent twice; what others do is adopted; a release holds."""
import collections, concurrent.futures, json, pathlib, sqlite3, subprocess, tempfile, time, urllib.parse, urllib.request

from harness import PATIENCE, Installation, Tap, Twin, wait_for

tap = Tap()
SCENARIO = {"name": "respond", "machines": 20, "endpoint_per_minute": 1000, "endpoint_per_hour": 10000, "hunting_per_minute": 60000,
            "rules": [{"tenants": "all", "temper": "fast"}]}
# Places of Windows workstations among the machines of the twin; how each takes an order.
WORK = {"fast": 0, "offline": 1, "unsupported": 2, "failing": 4, "stuck": 8, "adopt": 9, "own": 10}
SCENARIO["rules"] += [{"tenants": "all", "devices": n, "temper": t} for t, n in WORK.items() if t in ("offline", "unsupported", "failing", "stuck")] + [
    {"tenants": "all", "devices": WORK["adopt"], "temper": "slow"}]
SETTINGS = {"remediation": "auto", "limit_tenant_hour": "24", "limit_tenant_share": "100", "confirm_after": "15s", "guard_servers": "on"}


class Defender:
    """The twin, asked as another application or analyst would."""

    def __init__(self, twin):
        self.twin, self.tenant = twin, twin.tenants()[0]
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": self.tenant["client_id"],
                                       "client_secret": self.tenant["client_secret"], "scope": self.tenant["endpoint_audience"] + "/.default"})
        with urllib.request.urlopen(f"{twin.url}/{self.tenant['tenant_id']}/oauth2/v2.0/token", form.encode()) as answer:
            self.token = json.load(answer)["access_token"]
        self.devices = twin.ask("/twin/actions?tenant=" + self.tenant["tenant_id"])["devices"]

    def ask(self, path, body=None):
        request = urllib.request.Request(f"{self.twin.url}/api/{path}", method="POST" if body else "GET", data=body and json.dumps(body).encode(),
                                         headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def id(self, n):
        return self.devices[n]["id"]

    def actions(self, n):
        """Of a device, oldest first."""
        query = urllib.parse.quote(f"machineId eq '{self.id(n)}'", safe="")
        return self.ask(f"machineactions?$filter={query}")["value"][::-1]

    def is_isolated(self, n):
        now = self.twin.ask("/twin/actions?tenant=" + self.tenant["tenant_id"])["devices"]
        return next(d["isolated"] for d in now if d["id"] == self.id(n))

    def alert(self, n, **more):
        made = self.twin.ask("/twin/alerts?tenant=" + self.tenant["tenant_id"], "POST", json.dumps({"device": n, **more}).encode())
        return made


class Service:
    def __init__(self, twin, env=None, **settings):
        self.i = Installation(twin, **{"interval.alerts": "1s", "interval.machines": "3s", "lake.fold_after": "1s", **settings})
        self.i.add_tenants(twin)
        for name, value in SETTINGS.items():
            assert self.i.run("settings", "set", name, value).returncode == 0, name
        self.env = env or {}
        self.start()

    def start(self):
        (self.i.folder / "data/serve.sock").unlink(missing_ok=True)  # of one that was killed
        self.process = self.i.serve(env=self.env)
        self.i.wait_until_served(self.process)
        synced = lambda: {f["feed"] for f in self.ask("feed", "list")["feeds"] if f["last_synced"]} >= {"alerts", "incidents", "machines"}
        wait_for(synced)

    def ask(self, *words):
        done = self.i.run(*words, "--json")
        return json.loads(done.stdout) if done.stdout else {"feeds": [], "responses": [], "devices": [], "error": done.stderr}

    def response(self, device, **having):
        """The newest of a device that has these members."""
        fits = [r for r in self.ask("response", "list")["responses"] if r["device"] == device and all(r.get(k) == v for k, v in having.items())]
        return fits[-1] if fits else None

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.i.remove()


def confirmed_and_released(s, d):
    device, tenant = d.id(WORK["fast"]), d.tenant["tenant_id"]
    began = time.monotonic()
    made = d.alert(WORK["fast"])
    first = wait_for(lambda: s.response(device))
    tap.case(first is not None and time.monotonic() - began < 5, "an alert is decided within a poll", first)
    done = wait_for(lambda: s.response(device, outcome="confirmed"))
    tap.case(done is not None and d.is_isolated(WORK["fast"]), "the device is isolated, and that is confirmed", s.response(device))
    mine = d.actions(WORK["fast"])
    tap.case([a["type"] for a in mine] == ["Isolate"] and mine[0]["requestorComment"].startswith("Portcullis "), "one action, with our marker", mine)
    shown = s.ask("response", "show", done["id"])
    steps = [h["step"] for h in shown["history"]]
    tap.case({"decided", "intent", "accepted", "confirmed"} <= set(steps) and shown["notices"] and shown["response"]["proof"], "its history, its proof and what was told are shown", shown)
    alert = s.ask("alert", "show", made["id"])
    tap.case(alert["responses"] and alert["alert"]["came"] == "live" and alert["alert"]["devices"][0]["device"] == device, "alert show tells what was done", alert)
    held = s.ask("device", "list", "--isolated")["devices"]
    tap.case([h["device"] for h in held] == [device] and held[0]["ours"] and held[0]["until"], "it is listed as isolated, with its lease", held)
    shown = s.ask("device", "show", tenant, done["host"])
    tap.case(shown["device"]["isolated"] and len(shown["actions"]) == 1, "device show, by name", shown)
    ordered = s.i.run("device", "release", tenant, done["host"], "--reason", "all clear", "--json")
    tap.case(ordered.returncode == 0 and json.loads(ordered.stdout)["ok"], "a release is taken, by name", ordered.stderr)
    wait_for(lambda: not d.is_isolated(WORK["fast"]))
    gone = wait_for(lambda: not s.ask("device", "list", "--isolated")["devices"])
    tap.case(gone and not d.is_isolated(WORK["fast"]), "the device is free, and known to be", s.ask("device", "list", "--isolated"))
    d.alert(WORK["fast"], incident=made["incident"])
    asked = wait_for(lambda: s.response(device, state="asking"))
    tap.case(asked is not None and "released" in asked["why"] and not d.is_isolated(WORK["fast"]), "after a person's release the same incident only asks", asked)
    denied = s.i.run("response", "deny", asked["id"], "--as", "ann", "--json") if asked else None
    tap.case(denied and denied.returncode == 0 and s.response(device, state="denied"), "a person says no", denied and denied.stderr)
    trail = s.i.run("audit", "list", "--json")
    if trail.returncode == 0:
        tap.case("device release" in trail.stdout, "orders stand in the audit trail")


def failures_are_told(s, d):
    for n in ("unsupported", "failing", "offline"):
        d.alert(WORK[n])
    refused = wait_for(lambda: s.response(d.id(WORK["unsupported"]), code="defender.os_unsupported"))
    tap.case(refused and refused["remedy"] and refused["outcome"] in ("failed", "refused"), "a device that cannot be isolated: code, text and remedy", refused)
    failed = wait_for(lambda: s.response(d.id(WORK["failing"]), outcome="failed"))
    tap.case(failed and failed["code"] == "0x80070005" and failed["remedy"], "an action that fails at the device: its HRESULT and what to do", failed or s.response(d.id(WORK["failing"])))
    late = wait_for(lambda: [n for n in s.ask("response", "show", s.response(d.id(WORK["offline"]))["id"])["notices"] if n["title"].startswith("NOT CONFIRMED ISOLATED")])
    tap.case(late, "a device that is away: NOT CONFIRMED ISOLATED is told", s.response(d.id(WORK["offline"])))
    tap.case(s.response(d.id(WORK["offline"]))["outcome"] == "pending", "and it stays pending")


def others_are_respected(s, d):
    n = WORK["adopt"]
    theirs = d.ask(f"machines/{d.id(n)}/isolate", {"Comment": "an analyst was faster", "IsolationType": "Full"})
    d.alert(n)
    adopted = wait_for(lambda: s.response(d.id(n), adopted=True))
    tap.case(adopted and adopted["machine_action"] == theirs["id"], "an isolation that somebody else ordered is adopted", adopted or s.response(d.id(n)))
    tap.case(len(d.actions(n)) == 1, "and no second one is sent", d.actions(n))
    n = WORK["stuck"]
    d.ask(f"machines/{d.id(n)}/isolate", {"Comment": "an analyst was faster", "IsolationType": "Full"})
    wait_for(lambda: d.is_isolated(n))
    d.alert(n)
    seen = wait_for(lambda: (r := s.response(d.id(n))) and r["state"] in ("done", "dropped", "refused") and r)
    tap.case(seen and len(d.actions(n)) == 1, "a device that is isolated already gets no duplicate that could hang", (seen, d.actions(n)))


def stop_and_exclude(s, d):
    n, device = WORK["own"], d.id(WORK["own"])
    tap.case(s.i.run("response", "stop", "--reason", "test").returncode == 0, "response stop")
    d.alert(n)
    asked = wait_for(lambda: s.response(device, state="asking"))
    tap.case(asked and "stopped" in asked["why"] and not d.actions(n), "stopped: an alert only asks", asked or s.response(device))
    s.stop()
    s.start()
    tap.case(s.ask("response", "list")["automatic_action"]["stopped"], "and that holds over a restart")
    unproved = s.i.run("response", "approve", asked["id"], "--as", "nobody", "--pin-file", "-", stdin="1234") if asked else None
    tap.case(unproved and unproved.returncode == 2 and "api.not_proved" in unproved.stderr, "nobody approves without a name and PIN that belong together", unproved)
    tap.case(s.i.run("response", "resume").returncode == 0 and not s.ask("response", "list")["automatic_action"]["stopped"], "response resume")
    added = s.i.run("response", "exclude", "add", "device", device, "--for", "1h", "--reason", "the board's", "--json")
    listed = s.ask("response", "exclude", "list")["exclusions"]
    tap.case(added.returncode == 0 and [x["value"] for x in listed] == [device], "an exclusion is noted, with its end", added.stderr)
    d.alert(n)
    asked = wait_for(lambda: (r := s.response(device, state="asking")) and "excluded" in r["why"] and r)
    tap.case(asked and not d.actions(n), "an excluded device is only asked about", asked or s.response(device))
    removed = s.i.run("response", "exclude", "remove", listed[0]["id"]) if listed else None
    tap.case(removed and removed.returncode == 0 and not s.ask("response", "exclude", "list")["exclusions"], "and taken back", removed and removed.stderr)
    by_hand = s.i.run("device", "isolate", d.tenant["tenant_id"], device, "--reason", "by hand", "--json")
    tap.case(by_hand.returncode == 0 and wait_for(lambda: d.is_isolated(n)), "a person isolates by hand", by_hand.stderr)


SHA1 = "ab" * 20
# What is done to one device, in this order; the devices at once.
ORDERS = {12: [(["restrict"], "RestrictCodeExecution", {}), (["unrestrict"], "UnrestrictCodeExecution", {})],
          13: [(["scan"], "RunAntiVirusScan", {"scope": "Quick"}), (["scan", "--full"], "RunAntiVirusScan", {"scope": "Full"})],
          14: [(["collect"], "CollectInvestigationPackage", {}), (["quarantine-file", "--sha1", SHA1], "StopAndQuarantineFile", {})],
          16: [(["isolate", "--selective"], "Isolate", {"scope": "Selective"}), (["release"], "Unisolate", {})]}


def orders_of(s, d, n):
    """Carries out those of device n; what came of each."""
    device, tenant, cases = d.id(n), d.tenant["tenant_id"], []
    for words, kind, has in ORDERS[n]:
        before = len(d.actions(n))
        done = s.i.run("device", words[0], tenant, device, "--reason", "a test", *words[1:], "--json")
        wait_for(lambda: len(new := d.actions(n)[before:]) == 1 and new[0]["status"] == "Succeeded")
        new = d.actions(n)[before:]
        cases.append((done.returncode == 0 and [a["type"] for a in new] == [kind] and new[0]["status"] == "Succeeded"
                      and all(new[0].get(k) == v for k, v in has.items()), f"device {' '.join(words)}: one {kind}", (done.stdout, done.stderr, new)))
        settled = wait_for(lambda: (r := s.response(device)) and r["outcome"] == "confirmed" and r)
        cases.append((settled, f"device {' '.join(words)}: confirmed", s.response(device)))
    return cases


def every_order(s, d):
    """Each kind of action that a person may order arrives at Defender as it should, and is confirmed; guards ask of the device, not of a scan."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for cases in pool.map(lambda n: orders_of(s, d, n), ORDERS):
            for case in cases:
                tap.case(*case)
    device, tenant = d.id(next(iter(ORDERS))), d.tenant["tenant_id"]
    wrong = s.i.run("device", "quarantine-file", tenant, device, "--reason", "a test", "--sha1", "xyz")
    tap.case(wrong.returncode == 2 and "api.bad_parameter" in wrong.stderr, "a hash that is none is a usage error", wrong.stderr)


def own_events(s):
    """What the lake holds of what we did ourselves."""
    files = [str(f) for f in s.i.lake().glob("class=*/tenant=*/day=*/*.ndjson.zst")]
    lines = subprocess.run(["zstdcat", *files], capture_output=True, text=True).stdout.splitlines() if files else []
    return [e for e in map(json.loads, lines) if e["metadata"].get("log_name") == "portcullis_response"]


def ledger_steps(s):
    """What the ledger says was done: (kind, step, number), each as often as it happened. The service has ended."""
    with sqlite3.connect(s.i.folder / "data/store.db") as db:
        bodies = [dict(word.split("=", 1) for word in bytes(body).decode().split(" ") if "=" in word) for (body,) in db.execute("SELECT body FROM ledger")]
    kept = [b for b in bodies if b["kind"] in ("decision", "action", "hold", "stop") and b["step"] != "looked"]
    return collections.Counter((b["kind"], b["step"], b.get("id", "")) for b in kept)


def steps_of(events):
    rows = [json.loads(e["raw_data"]) for e in events]
    return collections.Counter((r["Kind"], r["Step"], str(r.get("Number", ""))) for r in rows if r["Kind"] != "alert")


def in_the_lake(s, name):
    """Each step of the ledger is one event, whatever happened meanwhile; and OCSF's rules hold for all of them, in both versions."""
    wait_for(lambda: own_events(s))
    if s.process.poll() is None:
        s.stop()
    s.i.run("pull", "--once")  # what waited in the store goes the same way
    events, steps = own_events(s), ledger_steps(s)
    tap.case(steps and steps_of(events) == steps, f"{name}: every step of ours is in the lake, once", (steps - steps_of(events), steps_of(events) - steps))
    tap.case(len({e["metadata"]["uid"] for e in events}) == len(events), f"{name}: each has a uid of its own")
    checked = s.i.run("ocsf", "check", "-", stdin="".join(json.dumps(e) + "\n" for e in events))
    tap.case(checked.returncode == 0 and " 0 errors" in checked.stdout + checked.stderr, f"{name}: they are right by OCSF 1.8.0", checked.stdout + checked.stderr)
    old = s.i.run("ocsf", "map", "--ocsf", "1.3.0", "--table", "portcullis_response", stdin="".join(e["raw_data"] + "\n" for e in events))
    checked = s.i.run("ocsf", "check", "--ocsf", "1.3.0", "-", stdin=old.stdout)
    tap.case(old.stdout.count("\n") == len(events) and " 0 errors" in checked.stdout + checked.stderr, f"{name}: and by 1.3.0", checked.stdout + checked.stderr)


def killed_while_committing(point):
    """kill -9 in the commit that takes events of our own into the log."""
    with Twin("--tenants", 1, "--scenario", scenario) as twin, Service(twin, env={"PORTCULLIS_KILL_AT": point}) as s:
        d = Defender(twin)
        d.alert(WORK["fast"])
        s.process.wait(PATIENCE)
        tap.case(s.process.returncode == -9, f"killed at {point}", s.process.returncode)
        s.env = {}
        s.start()
        wait_for(lambda: s.response(d.id(WORK["fast"]), outcome="confirmed"))
        in_the_lake(s, f"killed at {point}")


def killed_at(point, n):
    """kill -9 at a named place; what was sent is found again, and there is one action in the end."""
    with Twin("--tenants", 1, "--scenario", scenario) as twin, Service(twin, env={"PORTCULLIS_KILL_AT": point}) as s:
        d = Defender(twin)
        d.alert(n)
        s.process.wait(PATIENCE)
        tap.case(s.process.returncode == -9, f"killed at {point}", s.process.returncode)
        posted = len(d.actions(n))
        s.env = {}
        s.start()
        if posted:
            done = wait_for(lambda: s.response(d.id(n), outcome="confirmed"))
            tap.case(done and len(d.actions(n)) == 1 and not done["adopted"], "the answer was lost: the action is found, it is ours, and it is the only one", (s.response(d.id(n)), d.actions(n)))
        else:
            lost = wait_for(lambda: (r := s.response(d.id(n))) and r["state"] == "acting" and r["attempts"] <= 1 and r)
            time.sleep(3)
            tap.case(lost and not d.actions(n), "it may have been sent: it is looked for, and not sent again at once", (s.response(d.id(n)), d.actions(n)))


with tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "scenario.yaml"
    scenario.write_text(json.dumps(SCENARIO))
    with Twin("--tenants", 1, "--scenario", scenario) as twin, Service(twin) as s:
        defender = Defender(twin)
        confirmed_and_released(s, defender)
        failures_are_told(s, defender)
        others_are_respected(s, defender)
        stop_and_exclude(s, defender)
        every_order(s, defender)
        tap.case(s.stop() == 0, "the service ends as it should")
        there = s.i.run("response", "list", "--json")
        tap.case(there.returncode == 0 and json.loads(there.stdout)["responses"], "without a service the memory is read as well", there.stderr)
        in_the_lake(s, "a day's work")
    killed_at("act-answered:1", WORK["fast"])
    killed_at("act-recorded:2", WORK["fast"])  # the look is the first that is recorded, the intent the second
    killed_while_committing("own-events.appended:1")
    killed_while_committing("own-events.stored:2")
