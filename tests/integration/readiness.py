#!/usr/bin/env python3
"""Readiness: could we isolate, tenant by tenant, and if not why; with the three roles of the first guide alone isolating, releasing,
confirming and telling work, and the rest is a state with its reason."""
import json, pathlib, signal, tempfile, time

from harness import PATIENCE, Installation, Tap, Twin, wait_for

ENDPOINT = ["Machine.Isolate", "Machine.Read.All", "Alert.Read.All"]
# roles granted; what readiness should say; the first obstacle's code
TENANTS = [
    ("the three roles of the first guide", {"permissions": "barracuda-response"}, "yes", None),
    ("everything", {}, "yes", None),
    ("ReadWrite instead of Read", {"permissions": "none", "roles": ["Machine.ReadWrite.All", "Machine.Isolate", "Alert.ReadWrite.All"]}, "yes", None),
    ("no Machine.Isolate", {"permissions": "none", "roles": ENDPOINT[1:]}, "no", "readiness.role_isolate"),
    ("Machine.Isolate without reading machines", {"permissions": "none", "roles": [ENDPOINT[0], ENDPOINT[2]]}, "no", "readiness.role_machines"),
    ("no alerts", {"permissions": "none", "roles": ENDPOINT[:2]}, "no", "readiness.role_alerts"),
    ("no consent", {"lacks": ["consent"]}, "no", None),
    ("an expired secret", {"token_error": 7000222}, "no", "defender.secret_expired"),
]
EXTRAS = ["second_proof", "sync", "restrict", "scan", "collect", "quarantine"]


def rule(n, members):
    words = {k: "[" + ", ".join(v) + "]" if isinstance(v, list) else v for k, v in members.items()}
    return "  - {" + ", ".join(f"{k}: {v}" for k, v in {"tenants": n, **words}.items()) + "}\n"


def ready(i, *words):
    done = i.run("readiness", *words, "--json")
    return done.returncode, {t["name"]: t for t in json.loads(done.stdout)["tenants"]} if done.stdout else done.stderr


def checks(tenant):
    return {c["check"]: c for c in tenant["checks"]}


def posts(twin):
    return sum(d["isolated"] for t in twin.tenants() for d in twin.ask(f"/twin/actions?tenant={t['tenant_id']}")["devices"])


def each_tenant(tap, twin, i, tenants):
    code, found = ready(i)
    tap.case(code == 3, "exit 3: not all that want to act can", code)
    for (what, _, isolates, obstacle), tenant in zip(TENANTS, tenants):
        row = found[tenant["name"]]
        told = row["isolates"] == isolates and (obstacle is None or row["code"] == obstacle)
        if isolates == "no":
            told = told and row["reason"] and row["remedy"] and row["code"]
        tap.case(told, f"{what}: isolates {isolates}{', ' + obstacle if obstacle else ''}", row)
    extras = {name: c for name, c in checks(found[tenants[0]["name"]]).items() if name in EXTRAS}
    tap.case(all(c["state"] == "limited" and c["reason"] and c["remedy"] for c in extras.values()) and len(extras) == len(EXTRAS),
             "with three roles the rest is a state with its reason", extras)
    extras = {name: c["state"] for name, c in checks(found[tenants[1]["name"]]).items() if name in EXTRAS}
    tap.case(set(extras.values()) == {"ok"}, "with all roles nothing is missing", extras)
    tap.case(posts(twin) == 0, "nothing was posted to find out")


def switches(tap, i, tenant):
    name = tenant["name"]
    for setting, isolates, code in [("off", "off", "readiness.off"), ("shadow", "off", "readiness.shadow"), ("approve", "asks", "readiness.asks")]:
        i.run("settings", "set", "remediation", setting, "--tenant", name)
        exit_code, found = ready(i, name)
        tap.case(found[name]["isolates"] == isolates and found[name]["code"] == code and exit_code == 0, f"remediation {setting}: {isolates}", (exit_code, found))
    i.run("settings", "unset", "remediation", "--tenant", name)
    i.run("response", "stop", name, "--reason", "a drill")
    exit_code, found = ready(i, name)
    tap.case(found[name]["isolates"] == "no" and found[name]["code"] == "readiness.stopped" and exit_code == 1, "stopped: no", (exit_code, found))
    i.run("response", "resume", name, "--reason", "over")
    exit_code, found = ready(i, name)
    tap.case(found[name]["isolates"] == "yes" and exit_code == 0, "resumed: yes", (exit_code, found))


def isolate_and_release(tap, twin, i, tenant):
    state = lambda: {d["id"]: d for d in twin.ask(f"/twin/actions?tenant={tenant['tenant_id']}")["devices"]}
    outcomes = lambda: json.loads(i.run("response", "list", "--json").stdout)
    device = next(iter(state()))
    done = i.run("device", "isolate", tenant["name"], device, "--reason", "a test")
    tap.case(done.returncode in (0, 3), "a device is isolated with three roles", (done.stdout, done.stderr))
    confirmed = lambda word: any(word in json.dumps(row) and "confirmed" in json.dumps(row) for rows in outcomes().values() if isinstance(rows, list) for row in rows)
    tap.case(wait_for(lambda: state()[device]["isolated"]) and wait_for(lambda: confirmed("isolate")), "and confirmed by its actions", outcomes())
    done = i.run("device", "release", tenant["name"], device, "--reason", "over")
    tap.case(done.returncode in (0, 3) and wait_for(lambda: not state()[device]["isolated"]) and wait_for(lambda: confirmed("release")),
             "it is released, and that is confirmed", (done.stdout, done.stderr, outcomes()))


def an_alert(tap, twin, i, tenant):
    """All of it by itself, with the three roles: an alert isolates, that is confirmed, and people are told of both."""
    tenant_id = tenant["tenant_id"]
    i.run("channel", "set", "mail", "--address", twin.ask("/twin/mailbox")["address"])
    i.run("settings", "set", "limit_tenant_share", "100%", "--tenant", tenant_id)  # of few devices, and one was isolated a moment ago
    made = twin.ask(f"/twin/alerts?tenant={tenant_id}", "POST", json.dumps({"device": 1, "severity": "high"}).encode())
    rows = lambda: [r for r in json.loads(i.run("response", "list", "--tenant", tenant_id, "--json").stdout)["responses"] if made["id"] in json.dumps(r)]
    tap.case(wait_for(lambda: any("confirmed" in json.dumps(r) for r in rows())), "with three roles an alert isolates its device, confirmed", rows())
    host = rows()[0]["host"] if rows() else "nowhere"
    mails = lambda: [m for m in twin.ask("/twin/mails") if host in json.dumps(m)]
    tap.case(wait_for(lambda: len(mails()) > 0), "and who is on duty has a mail about it", twin.ask("/twin/mails"))


def changes_are_seen(tap):
    """Of more tenants than are asked at each question, what was found is kept for an hour; a change of the account's is seen all the same."""
    with Twin("--scenario", "calm", "--tenants", 60) as twin, Installation(twin, **{"interval.alerts": "60m", "interval.hunting": "60m", "interval.machines": "60m"}) as i:
        i.run("settings", "set", "remediation", "off")
        i.add_tenants(twin)
        service = i.serve()
        i.wait_until_served(service)
        say = lambda: {t["isolates"] for t in ready(i)[1].values()}
        tap.case(wait_for(lambda: say() == {"off"}, 120), "sixty tenants: all are off", say())
        i.run("settings", "set", "remediation", "auto")
        tap.case(wait_for(lambda: "off" not in say() and "readiness.not_asked" not in {t["code"] for t in ready(i)[1].values()}, 120), "switched on for the account: seen at once, not an hour later",
                 [t for t in ready(i)[1].values()][:1])
        one = twin.tenants()[3]
        i.run("settings", "set", "remediation", "off", "--tenant", one["tenant_id"])
        tap.case(ready(i)[1][one["name"]]["isolates"] == "off", "one that is switched off by itself: seen with the next question", ready(i)[1][one["name"]])
        service.send_signal(signal.SIGTERM)
        service.wait(30)


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "readiness.yaml"
    rules = "".join(rule(n, members) for n, (_, members, _, _) in enumerate(TENANTS) if members)
    rules += "  - {tenants: all, temper: fast}\n"
    scenario.write_text(f"name: readiness\ntenants: {len(TENANTS)}\nrules:\n{rules}")
    settings = {"interval.alerts": "2s", "lookback.alerts": "1h", "interval.hunting": "1h", "interval.machines": "1h"}
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        i.add_tenants(twin)
        tenants = twin.tenants()
        i.run("settings", "set", "remediation", "auto")
        code, found = ready(i, tenants[0]["name"])
        tap.case(code == 1 and found[tenants[0]["name"]]["isolates"] == "yes" and found[tenants[0]["name"]]["people_hear"] == "no",
                 "without a service, and nobody would hear of it", (code, found))
        i.run("channel", "add", "mail", "--kind", "email", "--address", "smtp://127.0.0.1:9", "--sender", "gate@guard.example")
        i.run("channel", "add", "voice", "--kind", "phone", "--address", "http://127.0.0.1:9", "--account", "AC1", "--sender", "+15550100",
              "--flow", "FW1", "--secret-file", "-", stdin="secret")
        for name in ("nobody", "no_number"):
            _, found = ready(i, tenants[0]["name"])
            duty = checks(found[tenants[0]["name"]])["duty"]
            tap.case(duty["code"] == f"readiness.{name}", f"duty: {name}", duty)
            i.run("user", "add", "Ann" if name == "nobody" else "Bob", "--mail", "a@guard.example", *(["--phone", "+15550101"] if name == "no_number" else []))
            i.run("on-call", "add", "on-call", "Ann" if name == "nobody" else "Bob")
        service = i.serve()
        i.wait_until_served(service)
        time.sleep(2)
        each_tenant(tap, twin, i, tenants)
        switches(tap, i, tenants[0])
        isolate_and_release(tap, twin, i, tenants[0])
        an_alert(tap, twin, i, tenants[0])
        notices = lambda: [n for n in json.loads(i.run("notice", "list", "--json").stdout)["notices"] if n["kind"] == "readiness"]
        tap.case(wait_for(lambda: any("isolate" in n["title"] for n in notices())), "the service says by itself who is not ready", notices())
        titles = [n["title"] for n in notices()]
        tap.case(len(titles) <= len(TENANTS) and any("Machine" in t or "may not" in t for t in titles), "one cause is one notice a tenant", titles)
        service.send_signal(signal.SIGTERM)
        tap.case(service.wait(PATIENCE) == 0, "the service ends", (i.folder / "serve.log").read_text()[-600:])
        i.keep = tap.failed > 0
    changes_are_seen(tap)
