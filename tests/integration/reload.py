#!/usr/bin/env python3
"""A user's mapping files change while the service runs: wrong ones are told with file, line and column and change nothing, right ones
hold from the next rows on, also a fragment's; nothing is lost or stored twice meanwhile."""
import json, pathlib, re, signal, subprocess, tempfile, time

from harness import PATIENCE, ROOT, Installation, Tap, Twin, wait_for

SCENARIO = """name: reload
tenants: 1
rows_per_second: {DeviceProcessEvents: 40}
hunting_per_minute: 60000
security_per_minute: 60000
endpoint_per_minute: 60000
endpoint_per_hour: 1000000
"""
BUILT_IN = (ROOT / "mappings/DeviceProcessEvents.yaml").read_text()
FRAGMENT = (ROOT / "mappings/common/hunting_row.yaml").read_text()


def events(i):
    for file in i.lake().glob("class=1007/**/*.ndjson.zst"):
        done = subprocess.run(["zstdcat", file], capture_output=True)  # it may be replaced by a longer one just now
        yield from map(json.loads, done.stdout.splitlines() if done.returncode == 0 else [])


def severities(i):
    return {e["severity_id"] for e in events(i)}


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario, mine = pathlib.Path(folder) / "reload.yaml", pathlib.Path(folder) / "mine"
    scenario.write_text(SCENARIO)
    (mine / "common").mkdir(parents=True)
    file, fragment = mine / "DeviceProcessEvents.yaml", mine / "common/hunting_row.yaml"
    with Twin("--scenario", scenario) as twin, Installation(twin, mappings_dir=mine, **{"lake.fold_after": "500ms",
                                                            "interval.hunting": "1s", "interval.alerts": "10s"}) as i:
        i.add_tenants(twin)
        service, said = i.serve(), lambda: (i.folder / "serve.log").read_text()
        tap.case(wait_for(lambda: severities(i) == {1}), "the built-in mapping at first", severities(i))

        file.write_text(BUILT_IN.replace("\nevent:\n", "\nevent:\n  nonsense_id: 2\n", 1))
        line = BUILT_IN[:BUILT_IN.index("\nevent:\n")].count("\n") + 3
        told = wait_for(lambda: "the mappings of before stay" in said())
        tap.case(told and f"{file}:{line}:3: " in said(), "a file that is wrong is told with its place", said()[-600:])
        tap.case(said().count("the mappings of before stay") == 1 and not time.sleep(5) and
                 said().count("the mappings of before stay") == 1, "once", said()[-600:])
        tap.case(service.poll() is None and severities(i) == {1}, "and changes nothing")

        file.write_text(BUILT_IN.replace("\nevent:\n", "\nevent:\n  severity_id: 2\n", 1))
        tap.case(wait_for(lambda: severities(i) == {1, 2}), "a file that is right holds from then on", said()[-600:])

        vendor = re.sub(r"(vendor_name:) = Microsoft", r"\1 = Contoso", FRAGMENT)
        fragment.write_text(vendor)
        service.send_signal(signal.SIGHUP)
        tap.case(vendor != FRAGMENT and wait_for(lambda: any(e["metadata"]["product"]["vendor_name"] == "Contoso" for e in events(i))),
                 "a fragment's too, at once with SIGHUP", said()[-600:])
        file.unlink()
        fragment.unlink()
        count = sum(1 for _ in events(i))
        tap.case(wait_for(lambda: said().count("loaded anew") == 3), "without the files it is the built-in one again", said()[-600:])

        twin.freeze()
        done = i.run("pull", "--sweep")
        tap.case(done.returncode == 0 and sum(1 for _ in events(i)) > count, "a pull with all sweeps", done.stderr[-1000:])
        service.send_signal(signal.SIGTERM)
        tap.case(service.wait(PATIENCE) == 0, "the service ends as usual", said()[-600:])
        check = i.verify(twin)
        i.keep = not tap.case(check.returncode == 0, "lake and model are equal sets", check.stdout[-2000:] + check.stderr)
