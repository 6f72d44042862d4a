#!/usr/bin/env python3
"""Managed alerts: 200 alerts at the twin that cover every reason to leave one alone. Exactly the permitted ones are resolved and
commented, whoever takes, re-opens or merges one meanwhile; a person's orders; every error that an update can meet."""
import collections, itertools, json, pathlib, signal, sqlite3, subprocess, tempfile, time, urllib.parse, urllib.request

from harness import PATIENCE, Installation, Tap, Twin, wait_for

# Limits are kept per tenant, so many tenants are done at once.
MANY = 60
SCENARIO = f"""name: managed
tenants: {MANY + 3}
security_per_minute: 100000
hunting_per_minute: 100000
endpoint_per_minute: 100000
endpoint_per_hour: 1000000
machines: 60
rules:
  - {{tenants: {MANY}, roles: [SecurityAlert.Read.All, SecurityIncident.Read.All, Machine.Read.All], permissions: none}}
  - {{tenants: {MANY + 1}, roles: [Alert.ReadWrite.All, Machine.Read.All, Machine.Isolate], permissions: none}}
"""
GOOD = {"severity": "medium", "remediation": "remediated", "title": "good"}


class Tenant:
    """A tenant of the twin, and a person at its Defender portal."""

    def __init__(self, twin, tenant):
        self.twin, self.id, self.name = twin, tenant["tenant_id"], tenant["name"]
        self.tenant, self.tokens = tenant, {}

    def make(self, **members):
        made = self.twin.ask(f"/twin/alerts?tenant={self.id}", "POST", json.dumps(members).encode())
        return made

    def token(self, audience):
        if audience not in self.tokens:
            form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": self.tenant["client_id"],
                                           "client_secret": self.tenant["client_secret"], "scope": audience + "/.default"}).encode()
            with urllib.request.urlopen(f"{self.twin.url}/{self.id}/oauth2/v2.0/token", form) as answer:
                self.tokens[audience] = json.load(answer)["access_token"]
        return self.tokens[audience]

    def call(self, method, path, body=None, api="graph"):
        request = urllib.request.Request(self.twin.url + path, method=method, data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Authorization", "Bearer " + self.token(self.tenant[f"{api}_audience"]))
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def patch(self, alert, **members):
        return self.call("PATCH", f"/v1.0/security/alerts_v2/{alert}", members)

    def isolate(self, device):
        return self.call("POST", f"/api/machines/{device}/isolate", {"Comment": "by an analyst", "IsolationType": "Full"}, "endpoint")

    def alerts(self):
        query = urllib.parse.urlencode({"tenant": self.id, "feed": "alerts_endpoint" if "alerts" not in self.tenant["feeds"] else "alerts"})
        with urllib.request.urlopen(f"{self.twin.url}/twin/rows?{query}") as rows:
            return {row["id"]: row for row in map(json.loads, rows)}


def ours(alert):
    return [c["comment"] for c in alert["comments"] if c["comment"].startswith("Portcullis ")]


def is_resolved(alert):
    return alert["status"].lower() == "resolved"


def lay_out(tenants):
    """Alerts by what should become of them: {id: (what it is, permitted)}; one of each kind by its name; lists for later."""
    plan, named, later = {}, {}, {"reopen": [], "take": []}
    turn = itertools.cycle(tenants)

    def add(what, permitted, count=1, beside=None, **members):
        for _ in range(count):
            t = beside["t"] if beside else next(turn)
            made = t.make(**{**GOOD, "device": next(devices), **({"incident": beside["incident"]} if beside else {}), **members})
            made["t"] = t
            plan[made["id"]] = (what, permitted)
            named[what] = made
        return made

    devices = iter(list(range(10, 60)) * 10)
    add("remediated", True, 40)
    add("prevented", True, 15, remediation="prevented")
    add("blocked, low", True, 10, remediation="blocked", severity="low")
    add("informational", True, 5, severity="informational")
    add("nothing handled", False, 15, remediation="none")
    add("active", False, 5, remediation="active")
    add("partly remediated", False, 5, remediation="partiallyRemediated")
    add("declined", False, 3, remediation="declined")
    add("custom detection", False, 10, detection="customDetection")
    add("identity", False, 8, service="microsoftDefenderForIdentity")
    add("office", False, 5, service="microsoftDefenderForOffice365")
    add("high, nobody heard", False, 10, severity="high")
    for _ in range(8):  # all of an incident are good: all go
        first = add("good pair, first", True)
        add("good pair, second", True, beside=first)
    for _ in range(8):  # one is open: none goes
        first = add("beside an open one", False)
        add("the open one", False, beside=first, remediation="none")
    for _ in range(3):
        made = add("device isolated by an analyst", False)
        made["t"].isolate(made["device"])
    for what, members in [("assigned", {"assignedTo": "bob@soc.example"}), ("in progress", {"status": "inProgress"}),
                          ("classified", {"classification": "truePositive"}), ("resolved by an analyst", {"status": "resolved"})]:
        for _ in range(6):
            made = add(what, False)
            made["t"].patch(made["id"], **members)
    for _ in range(4):
        later["reopen"].append(add("re-opened", False))
    for _ in range(8):
        later["take"].append(add("taken meanwhile", False))
    first = add("merged into an open one", False)
    other = first["t"].make(**{**GOOD, "device": 9, "remediation": "none"})
    plan[other["id"]] = ("the survivor", False)
    later["merge"] = (first["t"], first["incident"], other["incident"])
    return plan, named, later


def whole_estate(tap, twin, tenants):
    plan, named, later = lay_out(tenants)
    everything = lambda: {alert: row for t in tenants for alert, row in t.alerts().items()}
    before = everything()
    tap.case(len(plan) >= 200, f"{len(plan)} alerts are there", len(plan))
    for made in later["reopen"]:  # before they are due: somebody resolves them, and opens them again
        made["t"].patch(made["id"], status="resolved")
    time.sleep(5)
    for made in later["reopen"]:
        made["t"].patch(made["id"], status="new")
    t, incident, into = later["merge"]
    twin.ask(f"/twin/merge?tenant={t.id}", "POST", json.dumps({"incident": incident, "into": into}).encode())
    for made in later["take"]:
        made["t"].patch(made["id"], assignedTo="carol@soc.example")
    permitted = {alert for alert, (_, may) in plan.items() if may}
    wait_for(lambda: {alert for alert, row in everything().items() if ours(row)} >= permitted)
    time.sleep(6)
    now = everything()
    wrong = [(plan[alert][0], alert) for alert in plan if bool(ours(now[alert])) != plan[alert][1]]
    tap.case(not wrong, f"exactly the {len(permitted)} permitted ones are commented", wrong)
    stay = {"resolved by an analyst"}
    wrong = [plan[alert][0] for alert in permitted if not is_resolved(now[alert])]
    wrong += [plan[alert][0] for alert in plan if not plan[alert][1] and is_resolved(now[alert]) and plan[alert][0] not in stay]
    tap.case(not wrong, "exactly they are resolved", wrong)
    tap.case(all(len(ours(now[alert])) == 1 for alert in permitted), "each is commented once")
    changed = [alert for alert in permitted if now[alert]["classification"] != before[alert]["classification"] or now[alert]["assignedTo"]]
    tap.case(not changed, "nothing is classified or assigned", changed)
    return named


def shown(tap, i, named):
    """alert show says why one is left alone, and what became of the others."""
    for what, reason in [("custom detection", "custom_detection"), ("identity", "not_endpoint"), ("assigned", "taken"), ("nothing handled", "not_handled"),
                         ("beside an open one", "others_open"), ("high, nobody heard", "high_unseen"), ("re-opened", "reopened"),
                         ("device isolated by an analyst", "isolated"), ("classified", "classified")]:
        managed = json.loads(i.run("alert", "show", named[what]["id"], "--json").stdout).get("managed") or {}
        tap.case(managed.get("left_alone") == reason and managed["because"], f"alert show: {what}: {reason}", managed)
    managed = json.loads(i.run("alert", "show", named["remediated"]["id"], "--json").stdout)["managed"]
    tap.case(managed["change"] in ("confirmed", "sent") and managed["left_alone"] is None, "alert show: what was done", managed)


def people(tap, i, named):
    alert, t = named["custom detection"]["id"], named["custom detection"]["t"]
    done = i.run("alert", "resolve", alert, "--classification", "falsePositive", "--determination", "clean", "--comment", "a test rule")
    now = t.alerts()[alert]
    tap.case(done.returncode == 0 and is_resolved(now) and now["classification"] == "falsePositive" and now["determination"] == "notMalicious"
             and ours(now)[0].endswith(": a test rule") and ": cli:" in ours(now)[0], "a person resolves, classifies and comments", (done.stdout, done.stderr, now))
    t.patch(alert, status="new")
    for words, code, exit_code in [
        (["resolve", "no-such-alert"], "manage.no_alert", 2),
        (["resolve", named["assigned"]["id"]], "manage.kept", 2),
        (["resolve", named["identity"]["id"], "--classification", "truePositive", "--determination", "clean"], "manage.bad_pair", 2),
        (["resolve", named["identity"]["id"], "--determination", "malware"], "manage.bad_pair", 2),
        (["comment", named["identity"]["id"], "  "], "manage.nothing", 2),
        (["comment", named["identity"]["id"], "x" * 901], "manage.nothing", 2),
        (["comment", named["identity"]["id"], "x", "--tenant", "nobody"], "tenant.no_such", 2),
        (["resolve", named["identity"]["id"], "--here", "--comment", "x"], "api.bad_parameter", 2),
    ]:
        done = i.run("alert", *words)
        tap.case(done.returncode == exit_code and f"code: {code} (" in done.stderr, f"alert {' '.join(words)[:90]}: {code}",
                 (done.returncode, done.stdout, done.stderr))
    done = i.run("alert", "comment", named["identity"]["id"], "looked at: \"fine\" – ✓")
    tap.case(done.returncode == 0 and ours(named["identity"]["t"].alerts()[named["identity"]["id"]])[0].endswith(': looked at: "fine" – ✓'),
             "a person comments any alert", (done.stdout, done.stderr))
    done = i.run("alert", "resolve", named["assigned"]["id"], "--anyway", "--json")
    tap.case(done.returncode == 0 and json.loads(done.stdout)["resolved"], "a person resolves one that is taken, when they mean it", (done.stdout, done.stderr))
    alert, t = named["nothing handled"]["id"], named["nothing handled"]["t"]
    done = i.run("alert", "resolve", alert, "--here", "--json")
    tap.case(done.returncode == 0 and json.loads(done.stdout)["closed_here_by"].startswith("cli:") and not is_resolved(t.alerts()[alert]),
             "a case is closed here", (done.stdout, done.stderr))
    tap.case(wait_for(lambda: is_resolved(t.alerts()[alert]) and ours(t.alerts()[alert])) and "has closed the case" in ours(t.alerts()[alert])[0],
             "Defender follows after the delay", t.alerts()[alert])


def other_ways(tap, twin, i, tenants):
    reads, endpoint, later = tenants
    alert = reads.make(**GOOD)["id"]
    kept = endpoint.make(**GOOD, investigation="successfullyRemediated")["id"]
    open_one = endpoint.make(**{**GOOD, "remediation": "none"})["id"]
    done = wait_for(lambda: is_resolved(endpoint.alerts()[kept]) and ours(endpoint.alerts()[kept]))
    tap.case(done, "without a role at Graph it goes through the Endpoint API", endpoint.alerts()[kept])
    time.sleep(4)
    tap.case(not is_resolved(endpoint.alerts()[open_one]), "there, too, what is not handled stays")
    tap.case(not is_resolved(reads.alerts()[alert]) and not ours(reads.alerts()[alert]), "where only reading is granted nothing is written")
    done = i.run("alert", "comment", alert, "x")
    tap.case(done.returncode == 1 and "defender.role_missing" in done.stderr, "a person hears which role is missing", done.stderr)

    i.run("settings", "set", "comment", "off", "--tenant", later.name)
    i.run("settings", "set", "resolve_classification", "informationalExpectedActivity", "--tenant", later.name)
    i.run("settings", "set", "resolve_determination", "malware", "--tenant", later.name)  # does not go with it
    alert = later.make(**GOOD)["id"]
    wait_for(lambda: is_resolved(later.alerts()[alert]))
    now = later.alerts()[alert]
    tap.case(is_resolved(now) and not ours(now) and now["classification"] == "informationalExpectedActivity" and not now["determination"],
             "settings hold: no comment, a classification, and no determination that does not go with it", now)
    i.run("settings", "set", "resolve", "off", "--tenant", later.name)
    i.run("settings", "set", "comment", "on", "--tenant", later.name)
    alert = later.make(**GOOD)["id"]
    wait_for(lambda: ours(later.alerts()[alert]))
    now = later.alerts()[alert]
    tap.case(not is_resolved(now) and len(ours(now)) == 1, "resolve off: a comment alone", now)
    i.run("settings", "set", "endpoint", "off", "--tenant", later.name)
    alert = later.make(**GOOD)["id"]
    time.sleep(5)
    tap.case(not ours(later.alerts()[alert]), "endpoint off: nothing", later.alerts()[alert])


STEPS = {1: "pending", 2: "pending", 3: "confirmed", 4: "refused", 5: "not visible"}  # managed_state: the last step that was told


def told_in_the_lake(i):
    """What the lake holds of our changes to alerts: [(alert, mark, step)], and the events."""
    files = [str(f) for f in i.lake().glob("class=6003/tenant=*/day=*/*.ndjson.zst")]
    lines = subprocess.run(["zstdcat", *files], capture_output=True, text=True).stdout.splitlines() if files else []
    events = [e for e in map(json.loads, lines) if e["metadata"].get("log_name") == "portcullis_response"]
    rows = [json.loads(e["raw_data"]) for e in events]
    return [(r["AlertId"], r["Mark"], r["Step"]) for r in rows], events


def ordered_in_the_audit(db):
    """Each change is entered in the audit trail by the transaction that makes its intent durable: {(alert, mark)}."""
    details = [json.loads(d) for (d,) in db.execute("SELECT detail FROM audit WHERE operation IN ('alert resolve', 'alert comment')")]
    return {(d["alert"], d["mark"]) for d in details if "mark" in d}


def ledger_and_lake(tap, i, name):
    """The service has ended. What was begun is what the audit trail says; how it stands is what the store says; nothing twice."""
    i.run("pull", "--once", "--feed", "alerts")  # what waited in the store goes the same way
    told, events = told_in_the_lake(i)
    with sqlite3.connect(i.folder / "data/store.db") as db:
        ordered = ordered_in_the_audit(db)
        now = {(alert, mark): state for alert, mark, state in db.execute("SELECT alert_id, mark, state FROM managed WHERE mark <> ''")}
    begun = collections.Counter((alert, mark) for alert, mark, step in told if step == "pending")
    tap.case(ordered and begun == collections.Counter(ordered), f"{name}: each change that was begun is in the lake, once",
             (ordered - set(begun), set(begun) - ordered, [b for b in begun.items() if b[1] > 1]))
    twice = [t for t, n in collections.Counter(told).items() if n > 1]
    tap.case(not twice, f"{name}: no step is told twice", twice)
    ends = collections.defaultdict(set)
    for alert, mark, step in told:
        ends[alert, mark].add(step)
    wrong = {k: (STEPS.get(state), ends[k]) for k, state in now.items() if state and STEPS[state] not in ends[k]}
    wrong |= {k: (state, ends[k]) for k, state in now.items() if state in (1, 2) and ends[k] - {"pending"}}
    tap.case(not wrong, f"{name}: each stands in the lake as it stands in the store", wrong)
    tap.case(len({e["metadata"]["uid"] for e in events}) == len(events), f"{name}: each event has a uid of its own")
    checked = i.run("ocsf", "check", "-", stdin="".join(json.dumps(e) + "\n" for e in events))
    tap.case(checked.returncode == 0 and " 0 errors" in checked.stdout + checked.stderr, f"{name}: they are right by OCSF", checked.stdout + checked.stderr)
    return ends


def killed(tap, twin):
    """kill -9 where a commit takes our own events into the log, while alerts are being closed; then it goes on."""
    with Installation(twin, **SETTINGS) as i:
        t = Tenant(twin, twin.tenants()[0])
        i.add_tenants(twin, 1)
        i.run("settings", "set", "resolve_after", "1s")
        synced = lambda: [f["last_synced"] for f in json.loads(i.run("feed", "list", "--json").stdout or '{"feeds": []}')["feeds"] if f["feed"] == "alerts"]
        for n, point in enumerate(("own-events.appended:1", "own-events.stored:2")):
            (i.folder / "data/serve.sock").unlink(missing_ok=True)
            before = synced()
            service = i.serve(env={"PORTCULLIS_KILL_AT": point})
            i.wait_until_served(service, 60)
            wait_for(lambda: all(now := synced()) and now not in ([], before), 60)  # what comes now is seen live
            made = [t.make(**{**GOOD, "device": 20 + 5 * n + k})["id"] for k in range(3)]
            wait_for(lambda: service.poll() is not None, 90)
            tap.case(service.returncode == -signal.SIGKILL, f"killed at {point}", service.returncode)
        (i.folder / "data/serve.sock").unlink(missing_ok=True)
        service = i.serve()
        i.wait_until_served(service)
        confirmed = lambda: (json.loads(i.run("alert", "show", a, "--json").stdout or "{}").get("managed") or {} for a in made)
        wait_for(lambda: all(m.get("change") == "confirmed" for m in confirmed()), 60)
        service.send_signal(signal.SIGTERM)
        service.wait(30)
        ends = ledger_and_lake(tap, i, "after kill -9")
        now = t.alerts()
        tap.case(all(len(ours(now[a])) == 1 and is_resolved(now[a]) for a in made), "after kill -9: each is closed and commented once", [now[a] for a in made])
        tap.case(all("confirmed" in steps for (a, _), steps in ends.items() if a in made), "after kill -9: and confirmed", ends)
        i.keep = tap.failed > 0


SETTINGS = {"interval.alerts": "2s", "lookback.alerts": "1d", "interval.hunting": "1h", "interval.machines": "1h", "lake.fold_after": "1s"}
with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "managed.yaml"
    scenario.write_text(SCENARIO)
    with Twin("--scenario", scenario) as twin, Installation(twin, **SETTINGS) as i:
        i.add_tenants(twin)
        tenants = [Tenant(twin, t) for t in twin.tenants()]
        i.run("settings", "set", "resolve_after", "35s")
        early = tenants[0].make(**GOOD)["id"]
        service = i.serve()
        i.wait_until_served(service)
        time.sleep(5)
        named = whole_estate(tap, twin, tenants[:MANY])
        tap.case(not ours(tenants[0].alerts()[early]), "an alert of the look-back is left to people")
        shown(tap, i, named)
        i.run("settings", "set", "resolve_after", "1s")
        people(tap, i, named)
        other_ways(tap, twin, i, tenants[MANY:])
        service.send_signal(signal.SIGTERM)
        tap.case(service.wait(PATIENCE) == 0, "the service ends", (i.folder / "serve.log").read_text()[-800:])
        ends = ledger_and_lake(tap, i, "all that was changed")
        tap.case({"pending", "confirmed"} <= set().union(*ends.values()), "changes were begun and confirmed", ends)
        i.keep = tap.failed > 0
    with Twin("--scenario", scenario) as twin:
        killed(tap, twin)
