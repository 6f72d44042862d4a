#!/usr/bin/env python3
"""Rows of the log mapped anew with a mended mapping: what must change and what must not, killed at each of its points, and beside a
service that goes on."""
import collections, json, re, signal, subprocess, threading

from harness import PATIENCE, ROOT, Installation, Tap, Twin

# The names given to KILL_POINT on its way; all but the last leave everything as it was.
POINTS = ["lake.written", "remap.staged", "remap.before_swap", "remap.renamed", "remap.before_store", "remap.swapped"]
SETTINGS = {"lake.fold_after": "1s", "interval.alerts": "1s", "interval.hunting": "2s", "interval.machines": "2s"}
TABLE = "DeviceProcessEvents"


def events(installation):
    """uid -> (table, severity) of every event; how often each uid stands there."""
    found, uids = {}, collections.Counter()
    files = sorted(installation.lake().glob("class=*/tenant=*/day=*/*.zst"))
    lines = subprocess.run(["zstdcat", *files], capture_output=True, text=True, check=True).stdout.splitlines() if files else []
    for event in map(json.loads, lines):
        uids[event["metadata"]["uid"]] += 1
        found[event["metadata"]["uid"]] = (event["metadata"]["log_name"], event["severity_id"])
    return found, [uid for uid, n in uids.items() if n > 1]


def mend(installation):
    """A mapping of the user's own: the same but for the severity."""
    folder = installation.folder / "mappings"
    folder.mkdir()
    text = (ROOT / f"mappings/{TABLE}.yaml").read_text()
    mended = re.sub(r"^event:$", "event:\n  severity_id: 3", re.sub(r"\nexamples:.*", "\n", text, flags=re.S), flags=re.M)
    assert "severity_id: 3" in mended
    (folder / f"{TABLE}.yaml").write_text(mended)
    installation.set(mappings_dir=folder)


def severities(found, table):
    return {severity for log_name, severity in found.values() if log_name == table}


def remap(installation, *words, **more):
    done = installation.run("ocsf", "remap", *words, "--json", **more)
    return done, json.loads(done.stdout) if done.returncode == 0 else {}


def leftovers(installation):
    return [str(f) for part in (".tmp", ".orphans") for f in (installation.lake() / part).rglob("*") if f.is_file()]


def killed(tap, i, before):
    for point in POINTS:
        done, _ = remap(i, env={"PORTCULLIS_KILL_AT": point})
        tap.case(done.returncode == -signal.SIGKILL, f"killed at {point}", done.stdout + done.stderr)
        opened = i.run("pull", "--once")
        found, twice = events(i)
        is_new = point == "remap.swapped"
        tap.case(opened.returncode == 0 and set(before) <= set(found) and not twice and not leftovers(i),
                 f"{point}: nothing lost, nothing twice, nothing left over", (opened.stderr, twice[:3], leftovers(i)[:3]))
        tap.case(severities({uid: found[uid] for uid in before if uid in found}, TABLE) == {3 if is_new else 1},
                 f"{point}: all of it is {'new' if is_new else 'as it was'}")


def beside(tap, i):
    """Three remaps, one after the other, and a fourth that must wait its turn, while rows come in."""
    service = i.serve()
    tap.case(i.wait_until_served(service), "a service runs", (i.folder / "serve.log").read_text()[-2000:])
    results = []
    for _ in range(3):
        results.append(remap(i)[0])
    both = [threading.Thread(target=lambda: results.append(remap(i)[0])) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    tap.case(all(r.returncode == 0 for r in results[:3]), "it runs inside the service", [r.stderr for r in results])
    tap.case(all(r.returncode == 0 or "lake.busy" in r.stderr for r in results[3:]), "a second one at the same time is told to wait, or had its turn",
             [r.stderr for r in results])
    service.terminate()
    tap.case(service.wait(PATIENCE) == 0, "the service ends", (i.folder / "serve.log").read_text()[-2000:])


with Tap() as tap, Twin("--scenario", "calm", "--tenants", 2) as twin, Installation(twin, **SETTINGS) as i:
    i.add_tenants(twin)
    done = i.run("pull", "--once")
    before, _ = events(i)
    tap.case(done.returncode == 0 and severities(before, TABLE) == {1}, "rows are there, mapped as built in", done.stderr)
    mend(i)
    others = {uid: event for uid, event in before.items() if event[0] != TABLE}
    killed(tap, i, before)

    (i.folder / "mappings" / f"{TABLE}.yaml").unlink()  # the built-in one again, for one tenant
    tenant = twin.tenants()[0]["tenant_id"]
    done, result = remap(i, "--tenant", tenant, "--table", TABLE)
    found, twice = events(i)
    tap.case(done.returncode == 0 and result["rows"] == result["events"] > 0 and severities(found, TABLE) == {1, 3} and not twice,
             "only the tenant and the table that were asked for", done.stdout + done.stderr)
    done, result = remap(i)
    found, twice = events(i)
    tap.case(done.returncode == 0 and result["rows"] == len(found) and severities(found, TABLE) == {1} and not twice,
             "then all: as many rows as there are events", (done.stdout, done.stderr, len(found)))
    tap.case(all(found.get(uid) == event for uid, event in others.items()), "what the mapping did not concern is the same")
    for words, code in ((["--table", "NoSuchTable"], "ingest.no_feed"), (["--tenant", "nobody"], "tenant."), (["--from", "1d", "--to", "2d"], "api.bad_param")):
        done, _ = remap(i, *words)
        tap.case(done.returncode != 0 and code in done.stderr + done.stdout, f"{' '.join(words)}: {code}", done.stdout + done.stderr)
    beside(tap, i)
    twin.freeze()
    done = i.run("pull", "--sweep", timeout=600)
    check = i.verify(twin)
    tap.case(done.returncode == 0 and check.returncode == 0 and not leftovers(i), "after all that lake and model are equal, nothing twice",
             check.stdout[-2000:] + check.stderr + done.stderr)
