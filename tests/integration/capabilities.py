#!/usr/bin/env python3
"""Capabilities: what roles allow is compared with what is switched on whenever a token comes; what a customer takes away (a role, consent,
the secret, the licence) is a state within one token's life and one notice a cause, and what comes back clears it and is said once."""
import json, pathlib, tempfile, time

from harness import PATIENCE, Installation, Tap, Twin, wait_for

MANY = 40  # tenants that lose the same role
CONSENT, SECRET, LICENCE, READER = MANY, MANY + 1, MANY + 2, MANY + 3
SCENARIO = f"""
name: capabilities
tenants: {MANY + 4}
history: 10m
history_rate: 0.01
alerts_before: 1
machines: 2
token_life: 12s
rules:
  - {{tenants: {READER}, permissions: barracuda-multi-tenant}}
"""


class World:
    def __init__(self, i, twin):
        self.i, self.twin, self.tenants = i, twin, twin.tenants()

    def do(self, *words, stdin=""):
        done = self.i.run(*words, "--json", stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def change(self, n, what, body):
        self.twin.ask(f"/twin/{what}?tenant={self.tenants[n]['tenant_id']}", "POST", body.encode())

    def show(self, n):
        return self.do("tenant", "show", self.tenants[n]["tenant_id"])

    def states(self, n):
        return [c["state"] for c in self.show(n)["conditions"]]

    def roles(self, n, state):
        return {p["role"] for p in self.show(n)["permissions"] if p["state"] == state}

    def feature(self, n, name):
        return next(f for f in self.show(n)["features"] if f["feature"] == name)

    def told(self, code):
        """What reached people: the hook's posts about a cause."""
        posts = [json.loads(p["text"]) for p in self.twin.ask("/twin/hooks")]
        return [p for p in posts if code in json.dumps(p)]


def before(tap, w):
    seen = lambda n: len([p for p in w.show(n)["permissions"] if p["state"] in ("granted", "not needed")])
    tap.case(wait_for(lambda: all(seen(n) > 5 for n in range(MANY + 3)) and seen(READER)), "every tenant's roles are known", w.show(0))
    shown = w.show(0)
    tap.case(shown["conditions"] == [] and shown["missing"] is None and "Machine.Offboard" in w.roles(0, "not needed")
             and "ThreatHunting.Read.All" in w.roles(0, "granted"), "with all roles nothing is missing, and some are not needed", shown)
    tap.case(w.roles(READER, "missing") >= {"SecurityIncident.Read.All", "ThreatHunting.Read.All", "Machine.Read.All"}
             and w.states(READER) == [], "what was never granted is missing, but nothing was lost", w.show(READER))


def switching_on(tap, w):
    reader = w.tenants[READER]["tenant_id"]
    done = w.i.run("settings", "set", "remediation", "auto", "--tenant", reader)
    named = all(word in done.stderr for word in ("capability.role_needed", "Machine.Isolate", "Machine.Read.All", "WindowsDefenderATP", "App registrations",
                                                 "Application Administrator"))
    tap.case(done.returncode == 1 and named, "without its roles a feature cannot be switched on: which, where and by whom is said", done.stderr)
    value = next(s["value"] for s in w.do("settings", "show", "remediation", "--tenant", reader)["settings"])
    tap.case(value == "off", "and stays off", value)
    done = w.i.run("settings", "set", "resolve", "on", "--tenant", reader)
    tap.case(done.returncode == 1 and "SecurityAlert.ReadWrite.All of Microsoft Graph" in done.stderr and "Global Administrator" in done.stderr,
             "Graph's roles are another administrator's", done.stderr)
    done = w.i.run("feed", "set", "incidents", "--on", "yes", "--tenant", reader)
    tap.case(done.returncode == 1 and "capability.role_needed" in done.stderr and "SecurityIncident.Read.All" in done.stderr, "nor can a feed", done.stderr)
    w.do("feed", "set", "incidents", "--on", "no", "--tenant", reader)
    tap.case("SecurityIncident.Read.All" not in w.roles(READER, "missing"), "a feed that is off wants no role", w.show(READER)["missing"])
    tap.case(w.i.run("settings", "set", "remediation", "off", "--tenant", reader).returncode == 0, "switching off may always")
    w.do("settings", "set", "remediation", "auto", "--tenant", w.tenants[0]["tenant_id"])
    tap.case(w.feature(0, "isolate")["state"] == "works", "with them it is on")


def many_at_once(tap, w):
    start = time.monotonic()
    for n in range(MANY):
        w.change(n, "grant", "-SecurityIncident.Read.All,SecurityIncident.ReadWrite.All,Incident.Read.All,Incident.ReadWrite.All")
    tap.case(wait_for(lambda: all(w.states(n) == ["role_removed"] for n in (0, 7, MANY - 1))), "a role that is taken away turns the state", w.show(0))
    tap.case(time.monotonic() - start < 30, "within a token's life", time.monotonic() - start)
    condition = w.show(7)["conditions"][0]
    tap.case(condition["about"] == "SecurityIncident.Read.All" and "read incidents" in condition["detail"] and "Grant SecurityIncident.Read.All of Microsoft Graph" in
             condition["remedy"], "it says which role, what cannot be done without, and what to do", condition)
    tap.case(w.feature(7, "incidents")["state"] == "blocked" and w.feature(7, "alerts")["state"] == "works", "that feature is blocked, no other")
    posts = wait_for(lambda: w.told("capability.role_removed"))
    time.sleep(8)
    posts = w.told("capability.role_removed")
    text = json.dumps(posts)
    tap.case(len(posts) == 1, f"{MANY} tenants are told in one notice", len(posts))
    tap.case(all(w.tenants[n]["name"] in text for n in range(MANY)), "which names them all", text[:2000])


def one_by_one(tap, w):
    new_secret = "another~secret.of~this~year"
    w.change(CONSENT, "grant", "withdrawn")
    w.change(SECRET, "secret", new_secret)
    w.change(LICENCE, "licence", "none")
    for n, state, code in [(CONSENT, "consent_lost", "capability.consent_lost"), (SECRET, "secret_refused", "capability.secret_refused"),
                           (LICENCE, "licence_missing", "capability.licence_missing")]:
        tap.case(wait_for(lambda: state in w.states(n)), f"{state}: the state turns", w.show(n))
        told = wait_for(lambda: w.told(code))
        tap.case(told and len(told) == 1 and w.tenants[n]["name"] in json.dumps(told), f"{state}: one notice, that names the tenant", told)
    tap.case(w.feature(CONSENT, "alerts")["state"] == "blocked", "without consent nothing works", w.show(CONSENT)["features"])
    return new_secret


def recovery(tap, w, new_secret):
    w.change(CONSENT, "grant", "all")
    w.change(LICENCE, "licence", "xdr")
    w.do("tenant", "set", w.tenants[SECRET]["tenant_id"], "--secret-file", "-", stdin=new_secret)
    for n in range(MANY):
        w.change(n, "grant", "all")
    for n in (LICENCE, CONSENT):  # the waits after a refusal are long: ask now, as one would
        w.do("tenant", "set", w.tenants[n]["tenant_id"], "--enabled", "yes")
    for n in (0, MANY - 1, CONSENT, SECRET):
        tap.case(wait_for(lambda: w.states(n) == []), f"tenant {n}: what came back clears the state", w.show(n)["conditions"])
    tap.case(wait_for(lambda: len(w.told("capability.again")) >= 3), "and is told", len(w.told("capability.again")))
    time.sleep(7)
    again = w.told("capability.again")
    of = lambda words: [p for p in again if words in json.dumps(p)]
    tap.case(len(of("the role is there again")) == 1 and len(of("consent is there again")) == 1 and len(of("the credential is accepted again")) == 1,
             "once a cause", [json.dumps(p)[:200] for p in again])


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "capabilities.yaml"
    scenario.write_text(SCENARIO)
    settings = {"interval.alerts": "2s", "lookback.alerts": "1h", "lookback.hunting": "5m", "interval.hunting": "1h", "interval.machines": "2s"}
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        i.add_tenants(twin)
        w = World(i, twin)
        w.do("user", "add", "Ann", "--mail", "ann@guard.example")
        w.do("on-call", "add", "on-call", "Ann")
        w.do("channel", "add", "hook", "--kind", "webhook", "--address", f"{twin.url}/twin/hooks/soc", "--secret-file", "-", stdin="key")
        service = i.serve()
        i.wait_until_served(service)
        before(tap, w)
        switching_on(tap, w)
        many_at_once(tap, w)
        recovery(tap, w, one_by_one(tap, w))
        service.terminate()
        tap.case(service.wait(PATIENCE) == 0, "the service ends", (i.folder / "serve.log").read_text()[-600:])
        i.keep = tap.failed > 0
