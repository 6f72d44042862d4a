#!/usr/bin/env python3
"""The Test: each step of a tenant's connection has a verdict of its own, what fails has a code, a cause and what to do, what cannot be told
after that is skipped; nothing is posted but logins and hunting queries. Each of the five permission sets that guides print is onboarded."""
import json, pathlib, socket, tempfile

from harness import PATIENCE, Installation, Tap, Twin, wait_for

SETS = {  # set: features that work, missing roles, roles that are not needed (some), read as
    "mandiant": (["alerts", "incidents", "machines"], ["SecurityAlert.ReadWrite.All", "ThreatHunting.Read.All"],
                 ["SecurityEvents.Read.All", "SecurityActions.Read.All", "Alert.Read.All"]),
    "huntress": (["alerts", "incidents", "hunting", "machines", "isolate", "restrict", "scan", "collect", "sync"], [],
                 ["SecurityEvents.ReadWrite.All", "Ti.ReadWrite.All", "Event.Write", "Vulnerability.Read.All", "Library.Manage"]),
    "databee": (["hunting"], ["SecurityAlert.Read.All", "SecurityIncident.Read.All", "Machine.Read.All", "SecurityAlert.ReadWrite.All"], []),
    "barracuda-response": (["alerts", "machines", "isolate"], ["SecurityIncident.Read.All", "ThreatHunting.Read.All", "SecurityAlert.ReadWrite.All"], []),
    "barracuda-multi-tenant": (["alerts"], ["SecurityIncident.Read.All", "ThreatHunting.Read.All", "Machine.Read.All", "SecurityAlert.ReadWrite.All"], []),
}
ALL, EXPIRED, WRONG, CONSENT, LICENCE, CODE = range(5, 11)
SCENARIO = "name: tests\ntenants: 11\nhistory: 10m\nhistory_rate: 0.01\nalerts_before: 1\nmachines: 8\nrules:\n" + "".join(
    f"  - {{tenants: {n}, permissions: {name}}}\n" for n, name in enumerate(SETS)) + f"""
  - {{tenants: {EXPIRED}, token_error: 7000222}}
  - {{tenants: {CONSENT}, consent: none}}
  - {{tenants: {LICENCE}, licence: none}}
  - {{tenants: {CODE}, token_error: 90002}}
"""
ACTIONS = {"isolate", "restrict", "scan", "collect", "quarantine", "sync"}


def test(i, name, *words):
    done = i.run("tenant", "test", name, "--json", *words)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def of(report, check, about=None):
    return [f for f in report["findings"] if f["check"] == check and about in (None, f["about"])]


def one(report, check, about=None):
    return of(report, check, about)[0]


def verdicts(report, check):
    return {f["about"]: f["verdict"] for f in of(report, check)}


def guides(tap, i, tenants):
    for n, (name, (works, missing, spare)) in enumerate(SETS.items()):
        _, r = test(i, tenants[n]["name"], "--full")
        features = {f["feature"]: f["state"] for f in r["features"]}
        roles = {state: {p["role"] for p in r["permissions"] if p["state"] == state} for state in ("granted", "missing", "not needed", "more than needed")}
        tap.case({f for f, s in features.items() if s.startswith("works")} == set(works), f"{name}: what works", features)
        tap.case(roles["missing"] == set(missing), f"{name}: what is missing", roles)
        tap.case(roles["not needed"] >= set(spare), f"{name}: what is not needed", roles)
        tap.case(all(role in r["missing"] for role in missing) if missing else r["missing"] is None, f"{name}: which to grant", r["missing"])
        tap.case({about for about, v in verdicts(r, "action").items() if v == "ok"} - {"isolate selective"} == set(works) & ACTIONS, f"{name}: what may be done", of(r, "action"))
        blocked = {f["about"] for f in of(r, "role") if f["verdict"] == "failed"}
        tap.case(blocked == {f for f, s in features.items() if s == "blocked"} and all(f["code"] and f["detail"] and f["remedy"] for f in of(r, "role")
                 if f["verdict"] == "failed"), f"{name}: what is on and cannot work has failed, with its remedy", of(r, "role"))
        tap.case(all(f["verdict"] != "failed" for check in ("read", "token", "tenant", "tls", "dns") for f in of(r, check)), f"{name}: nothing else has", r["findings"])
    _, r = test(i, tenants[3]["name"], "--full")
    tap.case(one(r, "read", "alerts")["verdict"] == "off" and one(r, "read", "Endpoint alerts")["verdict"] == "ok",
             "alerts that Graph may not read are read through Defender for Endpoint", of(r, "read"))


def systems(tap, i, twin, tenant):
    """Of the twin's eight devices: four Windows clients, two servers, a Linux, a macOS."""
    wanted = {"isolate": (7, 0, 1), "isolate selective": (4, 1, 3), "restrict": (6, 2, 0), "scan": (6, 0, 2), "collect": (6, 0, 2), "quarantine": (6, 2, 0)}
    _, r = test(i, tenant["name"])
    tap.case({d["known"] for d in r["devices"]} == {0} and "no device is known yet" in one(r, "action", "isolate")["detail"], "before any device is known that is said", r["devices"])
    i.run("pull", "--once", "--feed", "machines", "--tenant", tenant["name"])
    before = posts(twin)
    _, r = test(i, tenant["name"])
    counts = {d["action"]: (d["can"], d["cannot"], d["unsure"]) for d in r["devices"]}
    tap.case(counts == wanted and {d["known"] for d in r["devices"]} == {8}, "how many of the known devices take each action", counts)
    details = {f["about"]: f["detail"] for f in of(r, "action")}
    tap.case("7 of 8 devices" in details["isolate"] and "1 unsure (1 macOS: " in details["isolate"] and "2 cannot (" in details["restrict"] and
             all(f"1 {os}: not on this system" in details["restrict"] for os in ("macOS", "Linux")), "which do not, and why", details)
    tap.case(posts(twin) == before, "nothing was posted for that", (before, posts(twin)))
    devices = json.loads(i.run("device", "list", "--tenant", tenant["name"], "--json").stdout)["devices"]
    able = {d["os"]: json.loads(i.run("device", "show", tenant["name"], d["device"], "--json").stdout)["device"]["can"] for d in devices}
    tap.case(able["Linux"]["isolate"] == "yes" and able["Linux"]["restrict"] == "no: not on this system" and set(able["Windows11"].values()) == {"yes"} and
             able["macOS"]["isolate"].startswith("unsure: "), "device show tells it of one", able)


def consents(tap, i, twin, tenants):
    needed = lambda *words: {t["name"]: t for t in json.loads(i.run("tenant", "consent-needed", *words, "--json").stdout)["tenants"]}
    found, name = needed(), tenants[3]["name"]
    tap.case(set(found) == {tenants[n]["name"] for n in (0, 2, 3, 4)}, "who has to consent again, of those whose tokens were seen", list(found))
    row = found[name]
    tap.case("ThreatHunting.Read.All" in row["lacks"] and "Global Administrator" in row["consent_by"] and
             row["link"] == f"{twin.url}/{tenants[3]['tenant_id']}/adminconsent?client_id={tenants[3]['client_id']}", "with what it lacks, who can grant it, and a link", row)
    twin.ask(f"/twin/grant?tenant={tenants[3]['tenant_id']}", "POST", b"all")
    test(i, name)
    tap.case(name not in needed() and needed("--app", "nothing of that name") == {}, "once granted it is gone from the list", needed())


def logins(tap, i, tenants):
    for n, code, failed in [(EXPIRED, "defender.secret_expired", "token"), (WRONG, "defender.secret_wrong", "token"),
                            (CODE, "defender.tenant_unknown", "token")]:
        exit_code, r = test(i, tenants[n]["name"])
        first = one(r, failed, "Microsoft Graph")
        after = {f["verdict"] for check in ("role", "read", "action", "licence") for f in of(r, check)}
        tap.case(exit_code == 1 and r["code"] == first["code"] == code and first["remedy"] and after == {"skipped"} and one(r, "tcp")["verdict"] == "ok",
                 f"{code}: the token has failed, what comes after is skipped", r)
    _, r = test(i, tenants[CONSENT]["name"])
    after = {f["verdict"] for check in ("read", "action", "licence") for f in of(r, check)}
    tap.case(r["code"] == "capability.no_roles" and one(r, "role", "consent")["verdict"] == "failed" and set(verdicts(r, "token").values()) == {"ok"} and
             after == {"skipped"}, "without consent the login gives tokens all the same: empty ones, which is said", r)
    _, r = test(i, tenants[LICENCE]["name"], "--full")
    tap.case({f["verdict"] for f in of(r, "licence")} <= {"failed", "skipped"} and any(f["verdict"] == "failed" and f["code"] for f in of(r, "licence")),
             "a licence that is missing is told as such", [of(r, "licence"), of(r, "token")])


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def network(tap, i, tenant):
    name = tenant["name"]
    cases = [("a host of no name", ["--graph-url", "https://graph.nowhere.invalid"], "dns", "net.dns"),
             ("a port nobody listens on", ["--graph-url", f"https://127.0.0.1:{closed_port()}"], "tcp", "net.connect")]
    for what, words, check, code in cases:
        i.run("tenant", "set", name, *words)
        _, r = test(i, name)
        bad = next(f for f in of(r, check) if f["verdict"] == "failed")
        rest = {f["check"]: f["verdict"] for f in r["findings"] if f["about"] == bad["about"] and f["check"] in ("tcp", "tls", "answer") and f["check"] != check}
        tap.case(bad["code"] == code and bad["remedy"] and set(rest.values()) == {"skipped"}, f"{what}: {check} has failed, the rest is skipped", r["findings"])
        tap.case(one(r, "token", "Microsoft Graph")["verdict"] == "skipped" and one(r, "token", "Defender for Endpoint")["verdict"] == "ok" and
                 one(r, "read", "machines")["verdict"] == "ok", f"{what}: the other API goes on", of(r, "token"))
    i.run("tenant", "set", name, "--graph-url", "")


def tls_and_clock(tap):
    with tempfile.TemporaryDirectory() as folder:
        ca = pathlib.Path(folder) / "ca.pem"
        scenario = pathlib.Path(folder) / "skew.yaml"
        scenario.write_text("tenants: 1\nhistory: 1m\nhistory_rate: 0.01\nclock_skew: 20m\n")
        with Twin("--tls", "--tls-ca", ca, "--scenario", scenario) as twin, Installation(twin) as i:
            i.add_tenants(twin)
            name = twin.tenants()[0]["name"]
            _, r = test(i, name)
            tls = one(r, "tls")
            tap.case(tls["verdict"] == "failed" and tls["code"] == "test.tls" and "shown by" in tls["detail"] and one(r, "answer")["verdict"] == "skipped",
                     "a certificate that is not trusted: who shows it is named", tls)
            i.set(ca_file=ca)
            _, r = test(i, name)
            tls = one(r, "tls")
            tap.case(tls["verdict"] == "ok" and "certificate is of" in tls["detail"] and "until" in tls["detail"], "a trusted one: its issuer and its end", tls)
            tap.case(one(r, "proxy")["verdict"] == "off" and "no rule" in one(r, "proxy")["detail"], "which rule chose the way is told: none", one(r, "proxy"))
            i.run("proxy", "set", "127.0.0.1", "direct")
            _, r2 = test(i, name)
            tap.case("direct" in one(r2, "proxy")["detail"] and "account's rule 127.0.0.1" in one(r2, "proxy")["detail"], "or the account's", one(r2, "proxy"))
            i.run("proxy", "set", "127.0.0.1", f"http://127.0.0.1:{closed_port()}", "--tenant", name)
            _, r2 = test(i, name)
            tap.case(one(r2, "proxy")["verdict"] == "failed" and one(r2, "proxy")["code"] == "net.proxy_unreached" and one(r2, "tcp")["verdict"] == "skipped",
                     "a proxy that is not there has failed, not the host", of(r2, "proxy"))
            clock = one(r, "clock")
            tap.case(clock["verdict"] == "failed" and clock["code"] == "test.clock" and "behind" in clock["detail"], "a clock that differs by minutes", clock)


def posts(twin):
    return {family: sum(t[family]["posts"] for t in twin.ask("/twin/stats")["tenants"]) for family in twin.ask("/twin/stats")["tenants"][0] if family != "tenant_id"}


def by_itself(tap, i, twin, tenants):
    service = i.serve()
    i.wait_until_served(service)
    history = lambda: json.loads(i.run("tenant", "test", tenants[ALL]["name"], "--history", "--json").stdout)["history"]
    before = len(history())
    wait_for(lambda: len(history()) >= before + 2)
    found = history()
    tap.case(len(found) >= before + 2 and found[0]["at"] >= found[1]["at"] and found[0]["report"]["findings"], "the service tests by itself, and keeps it", found[:2])
    tap.case({h["kind"] for h in found[:-before]} == {"light"}, "lightly, since a full Test was made today", [h["kind"] for h in found])
    done = i.run("tenant", "test", "--all", "--json")
    result = json.loads(done.stdout)["tenants"]
    tap.case(done.returncode == 3 and len(result) == len(tenants) and {r["verdict"] for r in result} == {"ok", "failed"},
             "all at once: exit 3, since some have failed", (done.returncode, [r["verdict"] for r in result]))
    service.terminate()
    tap.case(service.wait(PATIENCE) == 0, "the service ends", (i.folder / "serve.log").read_text()[-600:])


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "tests.yaml"
    scenario.write_text(SCENARIO)
    settings = {"interval.test": "2s", "interval.alerts": "1h", "interval.hunting": "1h", "interval.machines": "1h"}
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        i.add_tenants(twin)
        tenants = twin.tenants()
        i.run("tenant", "set", tenants[WRONG]["name"], "--secret-file", "-", stdin="not~the~secret~at~all~but~long~enough")
        code, r = test(i, tenants[ALL]["name"], "--full")
        tap.case(code == 0 and r["verdict"] == "ok" and r["failed"] == 0 and set(verdicts(r, "action").values()) == {"ok"}, "with everything granted all is well", r)
        sent = posts(twin)
        tap.case({f for f, n in sent.items() if n} == {"hunting"} and sent["hunting"] == 1, "one hunting query was posted, and nothing else", sent)
        systems(tap, i, twin, tenants[ALL])
        guides(tap, i, tenants)
        consents(tap, i, twin, tenants)
        logins(tap, i, tenants)
        network(tap, i, tenants[ALL])
        sent = posts(twin)
        tap.case({f for f, n in sent.items() if n} <= {"hunting", "endpoint_hunting"}, "whatever was tested, only hunting queries were posted", sent)
        done = i.run("tenant", "test")
        tap.case(done.returncode in (1, 2) and "--all" in done.stderr, "without a tenant it says what to name", done.stderr)
        by_itself(tap, i, twin, tenants)
        i.keep = tap.failed > 0
    tls_and_clock(tap)
