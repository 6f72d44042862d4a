#!/usr/bin/env python3
"""A whole fleet over real sockets: every feed of so many tenants for so long, then a freeze, a drain, and a count that must come out
even (tools/verify-lake).

    fleet.py [TENANTS [SECONDS]]      make fleet TENANTS=500 SECONDS=300

Prints the service's peak of resident memory, lag per kind of feed (age of Last Synced, sampled), commits a second, lake files a
minute, rows a second; one JSON line at the end. 500 tenants must fit in 256 MiB; fewer, in what is left of that when each of those that
are not there takes 0.3 MiB less."""
import json, pathlib, re, statistics, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Installation, Tap, Twin

TENANTS = int(sys.argv[1]) if len(sys.argv) > 1 else 500
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 300
LIMIT_MIB = 256 - 0.3 * max(0, 500 - TENANTS)
SETTINGS = {"request.at_once": 128, "lake.fold_after": "30s", "interval.alerts": "15s", "interval.hunting": "30s", "interval.machines": "60s",
            "lookback.hunting": "2h", "lookback.alerts": "2h"}
SAMPLES = 20  # tenants whose lag is looked at


def peak_mib(service):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{service.pid}/status").read_text())[1]) / 1024


def kind_of(feed):
    return feed if feed[0].islower() else "hunting"


def sample(i, tenant, ages):
    for feed in json.loads(i.run("feed", "list", "--tenant", tenant, "--json").stdout)["feeds"]:
        if feed["age_ms"] is not None:
            ages.setdefault(kind_of(feed["feed"]), []).append(feed["age_ms"] / 1000)


def watch(i, tenants, seconds):
    ages, until, n = {}, time.monotonic() + seconds, 0
    while time.monotonic() < until:
        time.sleep(min(3, max(0, until - time.monotonic())))
        if until - time.monotonic() < seconds * 2 / 3:  # the first look back has had its time
            sample(i, tenants[n % len(tenants)]["tenant_id"], ages)
            n += 1
    return ages


def files_written(lake):
    return max((int(f.name.split(".")[0]) for f in lake.rglob("class=*/**/*.ndjson.zst")), default=0)


def told(log):
    """What the service says of itself when it ends."""
    found = re.search(r"(\d+) rows in (\d+) commits", log)
    return (int(found[1]), int(found[2])) if found else (0, 0)


with Tap() as tap:
    with Twin("--tenants", TENANTS, "--seed", 5, "--scenario", "fleet") as twin, Installation(twin, **SETTINGS) as i:
        tenants = twin.tenants()
        began = time.monotonic()
        i.add_tenants(twin)
        print(f"# {TENANTS} tenants added in {time.monotonic() - began:.1f} s", flush=True)
        service, began = i.serve(env={"MALLOC_PERTURB_": "0"}), time.monotonic()
        tap.case(i.wait_until_served(service, 60), "the service starts", (i.folder / "serve.log").read_text())
        ages = watch(i, tenants[:: max(1, TENANTS // SAMPLES)], SECONDS)
        peak, files, ran = peak_mib(service), files_written(i.lake()), time.monotonic() - began
        service.terminate()
        tap.case(service.wait(60) == 0, "it ends cleanly", (i.folder / "serve.log").read_text()[-2000:])
        rows, commits = told((i.folder / "serve.log").read_text())
        tap.case(commits > 0, "it says what it did", (i.folder / "serve.log").read_text()[-500:])
        tap.case(peak <= LIMIT_MIB, f"peak of resident memory {peak:.1f} MiB, at most {LIMIT_MIB:.0f}")
        for kind, seconds in sorted(ages.items()):
            p99 = statistics.quantiles(seconds, n=100)[-1] if len(seconds) > 1 else seconds[0]
            print(f"# lag of {kind}: p50 {statistics.median(seconds):.1f} s, p99 {p99:.1f} s, most {max(seconds):.1f} s", flush=True)
        print(f"# {rows / ran:.0f} rows/s, {commits / ran:.2f} commits/s, {files * 60 / ran:.0f} lake files/min", flush=True)
        twin.ask("/twin/faults", "POST", b"")
        twin.freeze()
        began = time.monotonic()
        done = i.run("pull", "--sweep", "--json", timeout=1800)
        tap.case(done.returncode == 0, f"drained in {time.monotonic() - began:.0f} s", done.stdout[-1000:] + done.stderr[-2000:])
        check = i.verify(twin)
        i.keep = not tap.case(check.returncode == 0, "lake and model are equal: " + (check.stdout.strip().splitlines() or ["nothing"])[-1],
                              check.stdout[-3000:] + check.stderr[-1000:])
    print("# " + json.dumps({"bench": "fleet", "tenants": TENANTS, "seconds": SECONDS, "peak_mib": round(peak, 1), "limit_mib": LIMIT_MIB,
                             "commits_per_s": round(commits / ran, 2), "files_per_min": round(files * 60 / ran),
                             "rows_per_s": round(rows / ran), "lag_s": {k: round(statistics.median(v), 1) for k, v in sorted(ages.items())}}))
