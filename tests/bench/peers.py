#!/usr/bin/env python3
"""The same lean mapping of DeviceProcessEvents by other means: whole programs, CPU time of one core, slow ones on a slice of the file. First
every peer's output is compared with ours, event by event, as JSON."""
import json, shutil, statistics, subprocess, sys

from bench import FOLDER, LEAN, MB, PORTCULLIS, PROCESSES, data, fail, figure, here, options, timed

PART, FULL_MB, COMPARED_ROWS = "peers", 256, 3000
PACKAGES = FOLDER / "python"
SCRIPTS = here / "peers"
# A row: name, megabytes of the full file, the bound, the command (FILE and OUT are put in).
PEERS = [("DuckDB", 256, 18, [sys.executable, SCRIPTS / "process_duckdb.py", "FILE", "OUT"]),
         ("Node", 64, 35, ["node", SCRIPTS / "process.mjs", "FILE"]),
         ("Python, orjson", 64, None, [sys.executable, SCRIPTS / "process.py", "orjson", "FILE"]),
         ("Python, json", 32, None, [sys.executable, SCRIPTS / "process.py", "json", "FILE"]),
         ("gojq", 8, None, ["gojq", "-c", "-f", SCRIPTS / "process.jq", "FILE"]),
         ("jq", 8, 400, ["jq", "-c", "-f", SCRIPTS / "process.jq", "FILE"])]
OURS = [PORTCULLIS, "ocsf", "map", *LEAN, *PROCESSES, "FILE"]
ENVIRONMENT = {"PYTHONPATH": str(PACKAGES)}


def install_packages():
    """DuckDB and orjson, once, into the build folder."""
    wanted = (here / "requirements.txt").read_text()
    mark = PACKAGES / "requirements.txt"
    if mark.exists() and mark.read_text() == wanted:
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore",
                           "--target", PACKAGES, "-r", here / "requirements.txt"], capture_output=True, text=True)
    if done.returncode:
        fail(f"DuckDB and orjson could not be installed by pip: {done.stderr[-500:]}")
    mark.write_text(wanted)


def command(argv, file, out="/dev/null"):
    return [{"FILE": file, "OUT": out}.get(part, part) for part in argv]


def first_lines(path, count):
    head = FOLDER / "compared.json"
    with open(path, "rb") as rows, open(head, "wb") as out:
        out.writelines(line for line, _ in zip(rows, range(count)))
    return head


def plain(v):
    """Without nulls, which DuckDB writes for what is absent. Whole numbers beyond 2^53, also as text, are as near as a double comes:
    Node and jq hold no more."""
    if isinstance(v, dict):
        return {k: p for k, p in ((k, plain(x)) for k, x in v.items()) if p is not None and p != {}}
    if isinstance(v, list):
        return [plain(x) for x in v]
    digits = str(v) if isinstance(v, int) else v
    return float(digits) if isinstance(digits, str) and len(digits) > 15 and digits.isdigit() else v


def events_of(argv, file):
    out = FOLDER / "compared-out.json"
    timed(command(argv, file, out), "/dev/null" if "OUT" in argv else out, environment=ENVIRONMENT)
    return [plain(json.loads(line)) for line in open(out, encoding="utf-8")]


def compare(path):
    head = first_lines(path, COMPARED_ROWS)
    ours = events_of(OURS, head)
    if not ours:
        fail("nothing was mapped")
    for name, _, _, argv in PEERS:
        theirs = events_of(argv, head)
        if len(theirs) != len(ours):
            fail(f"{name} made {len(theirs)} events of {len(ours)}")
        for n, (a, b) in enumerate(zip(ours, theirs), 1):
            if a != b:
                fail(f"{name} differs in event {n}:\n  ours   {json.dumps(a, sort_keys=True)}\n  theirs {json.dumps(b, sort_keys=True)}")
    return len(ours)


def main():
    o = options(__doc__)
    install_packages()
    full = data("process-rows", FULL_MB * o.share, "--table", "DeviceProcessEvents")
    compared = compare(full)
    files = {megabytes: data("process-rows", megabytes * o.share, "--table", "DeviceProcessEvents") for _, megabytes, _, _ in PEERS}
    runs = {name: [] for name in ("ours", *(peer[0] for peer in PEERS))}
    speed = lambda run, path: path.stat().st_size / MB / run["cpu"]
    for n in range(o.rounds + 1):
        for name, path, argv in [("ours", full, OURS), *((name, files[m], argv) for name, m, _, argv in PEERS)]:
            run = timed(command(argv, path), environment=ENVIRONMENT)
            if n > 0:  # the first is for warming
                runs[name].append(speed(run, path))
    for name, _, bound, _ in PEERS:
        figure(PART, f"process rows, lean mapping / {name}", statistics.median(a / b for a, b in zip(runs["ours"], runs[name])), at_least=bound,
               mb_s=round(statistics.median(runs["ours"])), peer_mb_s=round(statistics.median(runs[name]), 1), events_compared=compared)


main()
