#!/usr/bin/env python3
"""`ocsf map` takes no more memory than its bound, however long the input and whatever is in it: rows of every table that the twin knows, each with all
its actions, then much of the same, and one long answer. What is judged is a size, not a time."""
import json, os, pathlib, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
MIB, MB = 1 << 20, 10**6
BOUND_MIB = 16
# Of every table so much; of mixed tables twice so much; an answer of so much.
TABLE_BYTES, MIXED_BYTES, ANSWER_BYTES = MB // 4, 25 * MB, 50 * MB


def generate(out, table, size, *how):
    """False: the twin has no such table."""
    return subprocess.run([build / "defender-twin", "generate", "--seed", "3", "--table", table, "--bytes", str(size), *how], stdout=out,
                          stderr=subprocess.DEVNULL).returncode == 0


def peak_mib(*argv):
    done = subprocess.run([build / "tests/bench/timed", "/dev/null", build / "portcullis", *argv], capture_output=True, text=True, check=True,
                          env={k: v for k, v in os.environ.items() if k != "MALLOC_PERTURB_"})  # which touches what nobody else does
    run = json.loads(done.stdout)
    assert run["status"] == 0, done.stderr
    return run["peak_kib"] * 1024 / MIB


print("1..3")
failed = False
with tempfile.NamedTemporaryFile() as rows, tempfile.NamedTemporaryFile() as answer:
    tables = [path.stem for path in sorted((root / "mappings").glob("*.yaml"))]
    known = [t for t in tables if generate(rows, t, TABLE_BYTES, "--shape", "records")]
    size = rows.tell()
    short = peak_mib("ocsf", "map", rows.name)
    generate(rows, "mix", MIXED_BYTES, "--shape", "eventhub")
    generate(rows, "DeviceEvents", MIXED_BYTES, "--shape", "eventhub")
    generate(answer, "DeviceProcessEvents", ANSWER_BYTES, "--shape", "graph")
    empty, long = peak_mib("ocsf", "map", "--help"), peak_mib("ocsf", "map", rows.name)
    one = peak_mib("ocsf", "map", "--table", "DeviceProcessEvents", answer.name)
    print(f"# {len(known)} tables; MiB: {empty:.2f} before anything is mapped, {short:.2f} of {size // MB} MB, {long:.2f} of {rows.tell() // MB} MB, "
          f"{one:.2f} of an answer of {answer.tell() // MB} MB")
    for number, (good, what) in enumerate([(len(known) > 40 and short <= BOUND_MIB, "every table"), (long <= min(short + 0.5, BOUND_MIB), "more of the same adds nothing"),
                                           (one <= BOUND_MIB, "a long answer")], 1):
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {number} - at most {BOUND_MIB} MiB: {what}", flush=True)
sys.exit(failed)
