#!/usr/bin/env python3
"""What Microsoft's texts leave open must not matter: every choice of every variant of the twin is lived through by a tenant of its own, and for
each our client has exactly what exists, or a state with a stable code; whichever reading is true, the same; no crash, no retry without
end, no loss. A variant that this client does not meet (it makes no such call yet) is listed with the reason."""
import argparse, collections, concurrent.futures, json, re, subprocess, tempfile, threading, time, urllib.parse, urllib.request

from harness import Installation, Tap, Twin

tap, lock = Tap(), threading.Lock()
NO_HUNTING = {"lacks": ["hunting"]}  # where hunting says nothing: fewer calls
BY_ENDPOINT = {"roles": ["Machine.Read.All", "Alert.ReadWrite.All", "Machine.Isolate"]}
ONE = {"DeviceProcessEvents": 0.02, "DeviceInfo": 0.005, "AlertInfo": 0.005, "EmailEvents": 0.005}

REVISED = ("alerts", "alerts_endpoint", "incidents")
LOOKED_AT = (*REVISED, "alerts_siem", "machines", *ONE)

# How a variant is met: fields of the tenant's rule. The longest name that a variant begins with counts; login.<code> is met by the code.
MET = {
    "login.": NO_HUNTING, "login.before_consent": {"consent": "none", **NO_HUNTING}, "login.retry_after": {"token_error": 90033},
    "login.trailer": {"token_error": 7000222}, "login.suberror": {"token_error": 53003},
    "graph.": NO_HUNTING, "graph.message": {"licence": "endpoint"}, "graph.inner_error": {"licence": "endpoint"},
    "hunting.bad_query": {"licence": "endpoint"},
    "alerts.": NO_HUNTING, "incidents.": NO_HUNTING, "hunting.": {}, "hunting.too_big": {"byte_cap": 40000},
    "endpoint.": {**BY_ENDPOINT}, "actions.": {**BY_ENDPOINT, "temper": "fast"},
    "siem.": {"roles": ["siem"]},
}
# Tenants whose settings of ours differ, so that they meet it.
SETTINGS = {"siem.": ["--siem-url", "{base}/siem"]}
NO_401 = "what a token does not allow is not asked"
NOT_MET = {
    "graph.401_code": NO_401, "graph.403_code": NO_401, "endpoint.401_body": NO_401, "endpoint.audience": NO_401,
    "login.consent": "consent links are opened by a person", "alerts.custom_details": "it writes nothing to alerts", "endpoint.hunting": "it hunts through Graph",
    "incidents.patch_more": "it writes nothing to incidents", "endpoint.pairing": "it writes nothing to alerts", "endpoint.batch": "it writes nothing to alerts",
    "endpoint.machine_name": "it asks for machines by list", "indicators.": "it has no indicators", "actions.repeat": "it orders no actions",
    "actions.macos": "it orders no actions", "actions.external_id": "it orders no actions", "actions.cancel_final": "it cancels no actions",
    "actions.offboard": "it orders no actions", "actions.live_response": "it orders no actions",
}
# Choices between which what our client has may differ: what is missing is called by another name.
MAY_DIFFER = {"login.before_consent": "no consent, or no roles yet",
              "siem.retired": "where it is gone nothing comes"}
# Faults that stay: a pull waits for them a while and then gives up, so they are lived apart, with one pull.
LASTING = ("login.90033", "login.90055", "login.50196", "login.retry_after")


def longest(table, name):
    found = [key for key in table if name.startswith(key)]
    return table[max(found, key=len)] if found else None


def rule_of(name, choice):
    code = re.fullmatch(r"login\.(\d+)", name)
    rule = {"token_error": int(code[1]), **NO_HUNTING} if code else longest(MET, name)
    return {**rule, "variants": {name: choice}}


def told(good, name, detail=""):
    with lock:
        return tap.case(bool(good), name, detail)


class Scene:
    """A tenant and the choice it lives."""

    def __init__(self, name, choice):
        self.name, self.choice = name, choice
        self.title = f"{name}={choice}"


def scenario(scenes):
    rates = {table: rate * len(scenes) for table, rate in ONE.items()}
    rules = [{"tenants": i, **rule_of(s.name, s.choice)} for i, s in enumerate(scenes)]
    text = {"name": "variants", "history": "2h", "rows_per_second": rates, "machines": 4, "alerts_before": 12, "actions_before": 6,
            "alert_revisions": 2, "hunting_per_minute": 100000, "endpoint_per_minute": 100000, "endpoint_per_hour": 1000000,
            "security_per_minute": 1000, "rules": rules}
    file = tempfile.NamedTemporaryFile("w", suffix=".yaml")
    json.dump(text, file)
    file.flush()
    return file


# ---- what is there, and what we have ------------------------------------------------------------------------------------
def text(v):
    return "" if v is None or v == {} else str(v)


def existing(twin, tenant, feed):
    """Keys of what exists: of rows in Microsoft's own terms, of objects id and last update."""
    query = urllib.parse.urlencode({"tenant": tenant, "feed": feed})
    with urllib.request.urlopen(f"{twin.url}/twin/rows?{query}", timeout=60) as answer:
        rows = [json.loads(line) for line in answer if line.strip()]
    if feed == "machines":
        return {r["id"] for r in rows}
    if feed == "alerts_siem":
        return {r["FullId"] for r in rows}
    if feed in REVISED:
        return {(r["id"], instant(r.get("lastUpdateDateTime") or r["lastUpdateTime"])) for r in rows}
    return {(instant(text(r["Timestamp"])), text(r.get("DeviceId")), text(r.get("ReportId"))) for r in rows}


def instant(stamp):
    """Times without the zeros at their end, in which APIs differ."""
    return re.sub(r"(\.\d*?)0*Z$", lambda m: (m[1] if m[1] != "." else "") + "Z", stamp)


def lake(installation):
    """By tenant and source: the keys of events, and all uids."""
    files = list(installation.lake().rglob("*.ndjson.zst"))
    keys, uids = collections.defaultdict(set), collections.Counter()
    done = subprocess.run(["zstdcat", *files], capture_output=True, text=True) if files else None
    for line in done.stdout.splitlines() if done else []:
        event = json.loads(line)
        meta, device = event["metadata"], event.get("device") or {}
        source = {"alerts_v2": "alerts"}.get(meta["log_name"], meta["log_name"])
        uids[meta["uid"]] += 1
        if source == "machines":
            key = device.get("uid")
        elif source == "alerts_siem":
            key = meta.get("original_event_uid")
        elif source in REVISED:
            key = ((event.get("finding_info") or {}).get("uid") or meta.get("original_event_uid"), instant(text(meta.get("original_time"))))
        else:
            row = json.loads(event["raw_data"])
            key = (instant(text(row.get("Timestamp") or meta.get("original_time"))), text(row.get("DeviceId")), text(row.get("ReportId")))
        keys[meta["tenant_uid"], source].add(key)
    return keys, uids




def feeds_of(installation):
    states = collections.defaultdict(dict)
    for feed in json.loads(installation.run("feed", "list", "--json").stdout)["feeds"]:
        states[feed["tenant_id"]][feed["feed"]] = feed
    return states


def outcome(twin, tenant, states, have):
    """For each feed looked at: exact, or the code of its state; and what is wrong."""
    seen, wrong = {}, []
    for feed in LOOKED_AT:
        state = states.get(feed)
        if state is None or feed not in tenant["feeds"] and state["state"] == "waiting":
            continue
        if state["state"] == "ok":
            lost = existing(twin, tenant["tenant_id"], feed) - have[tenant["tenant_id"], feed] if feed in tenant["feeds"] else set()
            seen[feed] = "exact" if not lost else "lost"
            if lost:
                wrong.append(f"{feed}: {len(lost)} lost, such as {sorted(lost, key=str)[:2]}")
        else:
            seen[feed] = state["code"] or state["state"]
            if not state["code"] and state["state"] != "waiting":
                wrong.append(f"{feed}: state {state['state']} without a code")
    return seen, wrong


# ---- the runs -----------------------------------------------------------------------------------------------------------
def choose(variants):
    """(scenes, problems): a scene for each choice that can be met."""
    scenes, problems = [], []
    for v in variants:
        if longest(NOT_MET, v["name"]) is not None:
            continue
        if not v["name"].startswith("login.") and longest(MET, v["name"]) is None:
            problems.append(f"{v['name']}: say in this test how it is met, or why not")
        scenes += [Scene(v["name"], choice) for choice in v["choices"]]
    problems += [f"{name} is listed, but no such variant exists" for table in (NOT_MET, SETTINGS) for name in table
                 if not any(v["name"].startswith(name) for v in variants)]
    return scenes, problems


def live(scenes, twin, i):
    for s, tenant in zip(scenes, twin.tenants()):
        s.tenant = tenant
    i.add_tenants(twin)
    for s in scenes:
        settings = longest(SETTINGS, s.name)
        if settings:
            done = i.run("tenant", "set", s.tenant["tenant_id"], *(word.replace("{base}", twin.url) for word in settings))
            told(done.returncode == 0, f"{s.title}: its setting is taken", done.stderr)


def pull(i, name, words=()):
    began = time.monotonic()
    try:
        done = i.run("pull", "--json", *words, timeout=150)
    except subprocess.TimeoutExpired:
        told(False, f"{name} ends by itself", "no end within 150 s")
        return
    good = done.returncode in (0, 1, 3) and "Sanitizer" not in done.stderr
    told(good, f"{name} ends by itself", f"after {time.monotonic() - began:.1f} s: exit {done.returncode}\n{done.stderr[-2000:]}")


def calls(twin):
    return {t["tenant_id"]: sum(t[f]["calls"] for f in t if isinstance(t[f], dict)) for t in twin.ask("/twin/stats")["tenants"]}


def lasting(scenes):
    """Faults that do not pass: the pull ends all the same, and says why."""
    with scenario(scenes) as file, Twin("--tenants", len(scenes), "--scenario", file.name) as twin, Installation(twin) as i:
        live(scenes, twin, i)
        pull(i, "a pull while logins fail", ("--feed", "alerts"))
        states = feeds_of(i)
        for s in scenes:
            code = states[s.tenant["tenant_id"]]["alerts"]["code"]
            told(code in ("defender.login_down", "defender.login_throttled", "defender.login_loop"), f"{s.title}: {code}")
        spent = max(calls(twin).values())
        told(spent < 20, f"no login is asked for more than 20 times ({spent} at most)")


def passing(scenes, faults):
    with scenario(scenes) as file, Twin("--tenants", len(scenes), "--scenario", file.name) as twin, Installation(twin) as i:
        live(scenes, twin, i)
        twin.ask("/twin/faults", "POST", faults.encode())
        pull(i, "a pull, throttled here and there")
        twin.ask("/twin/faults", "POST", b"")
        twin.freeze()
        pull(i, "a pull undisturbed, with its sweeps", ("--sweep",))
        before = calls(twin)
        pull(i, "a pull of nothing new")
        after = calls(twin)
        states, (have, uids) = feeds_of(i), lake(i)
        twice = [u for u, n in uids.items() if n > 1]
        told(not twice, "nothing is there twice", twice[:3])
        seen = collections.defaultdict(dict)
        for s in scenes:
            result, wrong = outcome(twin, s.tenant, states[s.tenant["tenant_id"]], have)
            spent = after[s.tenant["tenant_id"]] - before[s.tenant["tenant_id"]]
            if spent > 200:
                wrong.append(f"{spent} calls where nothing was new")
            seen[s.name][s.choice] = result
            told(not wrong and result, f"{s.title}: {summary(result)}", "\n".join(wrong) or "no feed said anything")
    for name, by_choice in seen.items():
        if name not in MAY_DIFFER:
            same = len({gist(r) for r in by_choice.values()}) == 1
            told(same, f"{name}: whichever is true, we have the same", json.dumps(by_choice, indent=1))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--only", default="", help="variants whose name begins so")
    arguments.add_argument("--faults", default="429=0.1", help="while the first pull runs")
    options = arguments.parse_args()
    with Twin("--tenants", 1, "--scenario", "quiet") as twin:
        variants = twin.ask("/twin/variants")["variants"]
    scenes, problems = choose(variants)
    told(not problems, "every variant is met, or said why not", "\n".join(problems))
    scenes = [s for s in scenes if s.name.startswith(options.only)]
    stays, passes = [s for s in scenes if s.name in LASTING], [s for s in scenes if s.name not in LASTING]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(lasting, stays)] if stays else []
        runs += [pool.submit(passing, passes, options.faults)] if passes else []
        for run in runs:
            run.result()


def gist(result):
    """What is there, and what the states say. Which feed heard of a refused login first is chance, and so is whether a source that is not
    needed had been looked at by then."""
    not_needed = {"ingest.other_source", "defender.no_host"}
    return (*sorted(f for f, r in result.items() if r == "exact"), *sorted(set(result.values()) - {"exact"} - not_needed))


def summary(result):
    counted = collections.Counter(result.values())
    return ", ".join(f"{word} {n}" for word, n in sorted(counted.items()))


with tap:
    main()
