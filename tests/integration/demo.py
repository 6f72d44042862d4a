#!/usr/bin/env python3
"""The demo as a newcomer runs it, its summary against an independent count, and both turned red by a planted lost row and a
planted double."""
import json, pathlib, signal, subprocess, tempfile, time

from harness import PATIENCE, PORTCULLIS, Installation, Tap, Twin


def lake_files(lake):
    return sorted(pathlib.Path(lake).glob("class=*/tenant=*/day=*/*.zst"))


def rewrite(file, change):
    text = subprocess.run(["zstdcat", file], capture_output=True, check=True).stdout.decode()
    lines = change(text.splitlines())
    subprocess.run(["zstd", "-q", "-f", "-o", file], input="".join(line + "\n" for line in lines).encode(), check=True)


def a_dead_row(folder):
    """A row over 4 MiB can only become a dead letter; it must be counted as one, once, and its neighbours pass."""
    rows = [{"Timestamp": f"2026-01-01T00:00:0{n}Z", "DeviceId": "d", "ReportId": n, "ActionType": "ProcessCreated", "FileName": name}
            for n, name in enumerate(("a.exe", "x" * (5 << 20), "b.exe"))]
    (folder / "rows.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "dead.yaml").write_text("name: dead\ntenants: 1\nhistory: 1h\nhunting_per_minute: 6000\nlogins_per_minute: 6000\n"
                                      "rows_per_second: {DeviceFileEvents: 2}\nevents:\n"
                                      f"  - {{what: replay, at: -60s, table: DeviceProcessEvents, file: {folder}/rows.ndjson}}\n")
    done = subprocess.run([PORTCULLIS, "demo", "--seconds", "5", "--tenants", "1", "--scenario", folder / "dead.yaml",
                           "--summary", folder / "dead.json", "--dir", folder / "dead"], capture_output=True, text=True, timeout=400)
    tap.case(done.returncode == 0, "a demo with a row that dies ends with exit 0", done.stdout[-3000:] + done.stderr[-2000:])
    feeds = {f["feed"]: f for f in json.loads((folder / "dead.json").read_text())["feeds"]}
    got = feeds["DeviceProcessEvents"]
    tap.case((got["existing"], got["stored"], got["lost"], got["doubled"], got["dead"]) == (3, 2, 0, 0, 1) and
             all(f["dead"] == 0 for f in feeds.values() if f is not got), "its feed has one dead letter, nothing is lost", got)
    letters = [line for file in (folder / "dead/data/dead").glob("*.ndjson") for line in file.read_text().splitlines()]
    tap.case(len(letters) == 1 and '"feed":"DeviceProcessEvents"' in letters[0], "the letter is there once", [l[:200] for l in letters])
    done = subprocess.run([PORTCULLIS, "feed", "list", "--json", "--config", folder / "dead/portcullis.yaml"], capture_output=True, text=True)
    dead = {f["feed"]: f["dead"] for f in json.loads(done.stdout)["feeds"]}
    tap.case(dead["DeviceProcessEvents"] == 1 and sum(dead.values()) == 1, "feed list tells it too", done.stdout[:500] + done.stderr)


with Tap() as tap:
    with tempfile.TemporaryDirectory() as folder:
        summary = pathlib.Path(folder) / "summary.json"
        done = subprocess.run([PORTCULLIS, "demo", "--seconds", "45", "--summary", summary, "--dir", f"{folder}/demo"],
                              capture_output=True, text=True, timeout=400)
        tap.case(done.returncode == 0, "the demo ends with exit 0", done.stdout[-3000:] + done.stderr[-2000:])
        counts = json.loads(summary.read_text()) if summary.exists() else {"totals": {}, "feeds": []}
        totals = counts["totals"]
        print(f"# {totals}")
        tap.case(totals.get("lost") == 0 and totals.get("doubled") == 0, "nothing lost, nothing doubled", totals)
        tap.case(totals.get("existing", 0) >= 18000 and totals.get("stored") == totals.get("existing"), "at least 18,000 rows in 45 s", totals)
        tap.case(len({f["tenant"] for f in counts["feeds"]}) == 20 and len({f["feed"] for f in counts["feeds"]}) >= 60,
                 "20 tenants, every table and kind of object", len(counts["feeds"]))
        tap.case(set(counts) == {"feeds", "totals", "responses", "notices", "lake"}, "the summary has the shape promised", list(counts))
        by_device = {r["device"].split(".")[0]: r for r in counts.get("responses", [])}
        outcomes = [by_device.get(f"pc-000{n}", {}).get("outcome") for n in range(3)]
        tap.case(outcomes[0] == "confirmed", "a ransomware alert: the device is isolated, and that is confirmed", counts.get("responses"))
        tap.case(outcomes[1] == "pending", "a device that is away stays pending", counts.get("responses"))
        failure = by_device.get("pc-0002", {})
        tap.case(outcomes[2] in ("failed", "refused") and failure.get("code") == "defender.os_unsupported" and failure["message"] and failure["remedy"],
                 "a device that cannot be isolated: code, message, remedy", failure)
        told = [(n["channel"], n["outcome"]) for n in counts.get("notices", [])]
        order = [channel for channel, outcome in told if outcome in ("delivered", "acknowledged")]
        tap.case(("email", "delivered") in told and ("phone", "acknowledged") in told and order.index("email") < order.index("phone"),
                 "mail first, then the phone, and a key acknowledges", told)
        tap.case("NOT CONFIRMED ISOLATED: pc-0001" in done.stdout and "Medium alert: Suspicious script" in done.stdout,
                 "people hear that it is not confirmed; a medium alert is told and no more", done.stdout[-3000:])
        again = subprocess.run([PORTCULLIS, "demo", "--seconds", "1", "--dir", folder], capture_output=True, text=True, timeout=400)
        tap.case(again.returncode == 2 and "demo.folder" in again.stderr, "a folder that no demo made is left alone", again.stderr)
        a_dead_row(pathlib.Path(folder))

    settings = {"lake.fold_after": "1s", "interval.alerts": "1s", "interval.hunting": "2s", "interval.machines": "2s",
                "lookback.hunting": "3d", "lookback.alerts": "3d"}
    with Twin("--tenants", 3, "--scenario", "lively") as twin, Installation(twin, **settings) as i:
        i.add_tenants(twin)
        service = i.serve()
        time.sleep(8)
        twin.freeze()
        done = i.run("pull", "--sweep")
        tap.case(done.returncode == 0, "a pull with all sweeps, inside the service", done.stdout + done.stderr)
        done = i.run("feed", "list", "--completeness", "--feed", "DeviceProcessEvents", "--json")
        spans = json.loads(done.stdout)["completeness"] if done.returncode == 0 else []
        kinds = {span["verdict"] for span in spans}
        tap.case(kinds and kinds <= {"complete", "repaired", "not yet judged"} and kinds & {"complete", "repaired"} and
                 all(a["to"] == b["from"] for a, b in zip(spans, spans[1:]) if a["tenant_id"] == b["tenant_id"]),
                 "completeness is told hour by hour, without a gap", done.stdout[:2000] + done.stderr)
        done = i.run("feed", "list", "--completeness")
        tap.case(done.returncode == 0 and "VERDICT" in done.stdout, "and as a table", done.stdout[:500] + done.stderr)
        service.send_signal(signal.SIGTERM)
        service.wait(PATIENCE)
        check = i.verify(twin)
        tap.case(check.returncode == 0, "the independent count agrees", check.stdout + check.stderr)
        print("# " + (check.stdout.strip().splitlines() or ["nothing"])[-1])
        file = next(f for f in lake_files(i.lake()) if "class=1007" in str(f))
        whole = file.read_bytes()
        rewrite(file, lambda lines: lines[1:])
        check = i.verify(twin)
        tap.case(check.returncode == 1 and "lost 1" in check.stdout, "a planted lost row turns it red", check.stdout)
        file.write_bytes(whole)
        rewrite(file, lambda lines: lines + lines[:1])
        check = i.verify(twin)
        tap.case(check.returncode == 1 and "doubled 1" in check.stdout, "a planted double turns it red", check.stdout)
