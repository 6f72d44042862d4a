#!/usr/bin/env python3
"""policy replay over 200,000 stored alerts of 50 tenants: seconds, which must be at most five, with devices named. The figure is wall time of the
whole command, the disk's cache as it is after filling."""
import json, shutil, statistics, subprocess, time
from bench import BUILD, FOLDER, PORTCULLIS, fail, figure, options

chosen = options(__doc__)
TENANTS = 50
ALERTS = int(200_000 * chosen.share) // TENANTS * TENANTS
folder = FOLDER / "replay"
shutil.rmtree(folder, ignore_errors=True)
subprocess.run([PORTCULLIS, "init", folder], check=True, capture_output=True)
config = folder / "portcullis.yaml"
began = time.monotonic()
subprocess.run([BUILD / "tests/bench/fill_alerts", config, str(TENANTS), str(ALERTS)], check=True)
filled = time.monotonic() - began
times = []
for _ in range(3):
    began = time.monotonic()
    done = subprocess.run([PORTCULLIS, "policy", "replay", "--config", config, "--json"], capture_output=True, text=True)
    times.append(time.monotonic() - began)
    if done.returncode:
        fail(done.stderr)
said = json.loads(done.stdout)
severe = said["rules"][0]
# What must be true of the data that was made, whatever the time: nothing is left out, and what is told is told by name.
if said["alerts"] != ALERTS or said["tenants"] != TENANTS or sum(r["alerts"] for r in said["rules"]) < ALERTS:
    fail(f"of {ALERTS} alerts of {TENANTS} tenants: {said['alerts']} of {said['tenants']}")
if not said["devices"] or not all(d["device"].startswith("pc-") for d in said["devices"]) or not 0 < severe["servers"] < severe["devices"]:
    fail(f"devices are not named: {severe}")
if not severe["closed_as_false"]:
    fail(f"nothing was closed as false: {severe}")
size = (folder / "data/store.db").stat().st_size
shutil.rmtree(folder)
figure("replay", f"seconds of policy replay over {ALERTS} alerts of {TENANTS} tenants", statistics.median(times), at_most=5.0,
       alerts=ALERTS, revisions=said["revisions"], store_mb=round(size / 1e6), filled_in_seconds=round(filled, 1), decisions=said["decisions"],
       devices=severe["devices"], servers=severe["servers"], closed_as_false=severe["closed_as_false"], seconds=[round(t, 2) for t in times])
