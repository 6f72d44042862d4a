#!/usr/bin/env python3
"""policy check, test and replay, as people run them. What replay says is worked out a second time here, from the rows in the store and the sentence
that the built-in policy is made from."""
import collections, json, sqlite3, subprocess

from harness import BUILD, PORTCULLIS, Installation, Tap

SEVERE = {"T1486", "T1490", "T1485", "T1561", "T1003.001", "T1003.002", "T1003.003", "T1003.004", "T1003.006", "T1558.001", "T1550.002", "T1550.003"}
RANK = {"unknown": 0, "informational": 1, "low": 2, "medium": 3, "high": 4}
GONE = {"prevented", "blocked", "remediated"}
LIMIT = 3  # devices per tenant and hour, the default


def cli(*words):
    done = subprocess.run([PORTCULLIS, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def wants(a):
    """The sentence."""
    rank, endpoint = RANK[a["severity"]], a["serviceSource"] == "microsoftDefenderForEndpoint"
    listed = any(t in SEVERE or t.split(".")[0] in SEVERE for t in a["mitreTechniques"])
    found = [e for e in a["evidence"] if e["@odata.type"].rsplit(".", 1)[1] not in ("deviceEvidence", "userEvidence")]
    handled = found and all(e["remediationStatus"] in GONE for e in found)
    severe = (rank == 4 and endpoint) or (rank >= 3 and (a["category"] == "Ransomware" or listed))
    return severe and not handled and a["status"] != "resolved"


def expected(store):
    rows = sqlite3.connect(f"file:{store}?mode=ro", uri=True).execute(
        "SELECT tenant_id, row, updated FROM revision JOIN feed ON feed.id = feed_id WHERE feed = 'alerts' ORDER BY revision.id")
    made, counts, closed, recent = {}, collections.Counter(), {}, collections.defaultdict(list)
    for tenant, row, updated in rows:
        a = json.loads(row)
        closed[tenant, a["id"]] = a["classification"]
        device = next(e for e in a["evidence"] if e["@odata.type"].endswith("deviceEvidence"))
        key = (tenant, a["incidentId"], device["mdeDeviceId"])
        if not wants(a) or key in made:
            continue
        near = [t for t in recent[tenant] if 0 <= updated - t < 36_000_000_000]
        fate = "asks" if device["osPlatform"].startswith("WindowsServer") or len(near) >= LIMIT else "acts"
        if fate == "acts":
            recent[tenant].append(updated)
        made[key] = (tenant, a["id"], device["deviceDnsName"], fate)
        counts[fate] += 1
    false = sum(closed[tenant, alert] == "falsePositive" for tenant, alert, _, _ in made.values())
    return made, counts, false


with Tap() as tap:
    code, out, _ = cli("policy", "test")
    tap.case(code == 0 and out.strip().endswith(" 0 failed"), "the built-in policy keeps its own examples", out)
    code, out, _ = cli("policy", "check", "--json")
    tap.case(code == 0 and [r["rule"] for r in json.loads(out)["rules"]] == ["Severe and not stopped", "Everything else"], "check lists the rules", out)

    with Installation() as i:
        policy = i.folder / "own.yaml"
        (i.folder / "c2.txt").write_text("203.0.113.0/24 # a network\n")
        text = """policy: 1
lists: {c2: {file: c2.txt}}
rules:
  - name: known address
    when: {intel: c2, time: 00:00-24:00 Europe/Berlin}
    then: restrict
    mode: approve
    tell: high
  - {name: rest, then: notice}
examples:
  - {name: hit, alert: {severity: low, address: 203.0.113.9, device: {name: a}}, expect: {then: restrict, mode: approve, tell: high, phone: yes}}
  - name: a row of Defender's
    row: |
      {"id": "1", "serviceSource": "microsoftDefenderForEndpoint", "severity": "low", "evidence": [{"@odata.type":
       "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.9"}]}
    expect: {rule: known address}
  - {name: miss, alert: {severity: low, address: 198.51.100.9, device: {name: a}}, expect: {rule: rest}}
"""
        policy.write_text(text)
        code, out, err = cli("policy", "test", policy)
        tap.case(code == 0 and out == "3 examples, 0 failed\n", "a policy's lists lie beside it, its examples run", out + err)
        policy.write_text(text.replace("198.51.100.9", "203.0.113.10"))
        code, out, err = cli("policy", "test", policy)
        tap.case(code == 1 and out == f"{policy}:17: miss: rule: rest was expected, known address came\n3 examples, 1 failed\n", "an example that fails is named with what came", out + err)
        policy.write_text(text.replace("intel: c2", "intel: c3"))
        code, out, err = cli("policy", "check", policy)
        tap.case(code == 1 and 'own.yaml:5:19: the list "c3" is not known; did you mean c2?' in err and "policy.unknown_word" in err,
                 "check names line and column", out + err)
        (i.folder / "c2.txt").write_text("nonsense\n")
        policy.write_text(text)
        code, out, err = cli("policy", "check", policy)
        tap.case(code == 1 and 'own.yaml:2:20: line 1 of "c2.txt" is no hash' in err, "a list's bad line is named", out + err)

        subprocess.run([BUILD / "tests/bench/fill_alerts", i.config, "5", "3000"], check=True)
        made, counts, false = expected(i.folder / "data/store.db")
        said = json.loads(i.run("policy", "replay", "--json", "--devices", "100000").stdout)
        rule = said["rules"][0]
        tap.case((said["alerts"], said["tenants"]) == (3000, 5), "replay goes through every alert", said["alerts"])
        tap.case((rule["acts"], rule["asks"], said["decisions"]) == (counts["acts"], counts["asks"], len(made)),
                 "decisions are those of the sentence, once per incident and device", f"{rule} {counts} {len(made)}")
        tap.case({(d["tenant_id"], d["alert"], d["device"], d["fate"]) for d in said["devices"]} == set(made.values()),
                 "each with its tenant, alert and device by name")
        tap.case(rule["devices"] == len({(t, d) for t, _, d, _ in made.values()}) and rule["closed_as_false"] == false and false > 0,
                 "devices, and alerts later closed as false, are counted", f"{rule} {false}")
        tap.case(0 < rule["servers"] < rule["devices"] and all(d["fate"] == "asks" and d["why"] == "server" for d in said["devices"] if "Server" in d["os"]),
                 "servers only ever ask", rule)
        one = json.loads(i.run("policy", "replay", "--json", "--tenant", "tenant3").stdout)
        tap.case((one["alerts"], one["tenants"]) == (600, 1), "one tenant alone", one["alerts"])
        off = json.loads(i.run("policy", "replay", "--json", "--mode", "tenant").stdout)
        tap.case(off["decisions"] == 0 and off["rules"][0]["alerts"] == rule["alerts"], "where remediation is off, nothing would have been done", off["decisions"])
        asks = json.loads(i.run("policy", "replay", "--json", "--mode", "approve").stdout)["rules"][0]
        tap.case(asks["acts"] == 0 and asks["asks"] == len(made), "where it is approve, people would have been asked", asks)
        part = json.loads(i.run("policy", "replay", "--json", "--from", "2026-07-01T00:00:00Z", "--to", "2026-07-31T00:00:00Z").stdout)
        tap.case(0 < part["alerts"] < 1200, "a span of time alone", part["alerts"])
        (i.folder / "c2.txt").write_text("203.0.113.7\n")
        own = json.loads(i.run("policy", "replay", "--json", "--policy", policy).stdout)["rules"][0]
        tap.case(own["rule"] == "known address" and 0 < own["asks"] == own["decisions"], "another policy's file", own)
        said = i.run("policy", "replay")
        tap.case(said.returncode == 0 and "Severe and not stopped" in said.stdout and "pc-" in said.stdout, "people get a table with devices", said.stdout[:300])
        bad = i.run("policy", "replay", "--mode", "perhaps")
        tap.case(bad.returncode == 2 and "--mode is auto" in bad.stderr, "a wrong mode is refused", bad.stderr)
