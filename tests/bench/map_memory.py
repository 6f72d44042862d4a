#!/usr/bin/env python3
"""`ocsf map` takes no more memory than its bound, however long the input: of mixed tables and of one long answer. Rows of every table that the
twin knows, each with all its actions, may add so much to what the program takes before anything is mapped, which is libraries and differs from
machine to machine. What is judged is a size, not a time."""
import json, os, pathlib, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
MIB, MB = 1 << 20, 10**6
BOUND_MIB, ADDED_MIB = 16, 6.5
# Of every table so much; of mixed tables and of one with many actions so much each; an answer of so much.
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


print("1..5")
failed, number = False, 0


def case(good, what):
    global failed, number
    failed, number = failed or not good, number + 1
    print(f"{'ok' if good else 'not ok'} {number} - {what}", flush=True)


with tempfile.NamedTemporaryFile() as every, tempfile.NamedTemporaryFile() as mixed, tempfile.NamedTemporaryFile() as answer, tempfile.NamedTemporaryFile() as bare:
    tables = [path.stem for path in sorted((root / "mappings").glob("*.yaml"))]
    known = [t for t in tables if generate(every, t, TABLE_BYTES, "--shape", "records")]
    generate(mixed, "mix", MIXED_BYTES, "--shape", "eventhub")
    generate(answer, "DeviceProcessEvents", ANSWER_BYTES, "--shape", "graph")
    generate(bare, "DeviceProcessEvents", TABLE_BYTES)
    empty, all_tables = peak_mib("ocsf", "map", "--help"), peak_mib("ocsf", "map", every.name)
    generate(every, "DeviceEvents", MIXED_BYTES, "--shape", "eventhub")
    more, mix = peak_mib("ocsf", "map", every.name, mixed.name), peak_mib("ocsf", "map", mixed.name)
    one, guessed = peak_mib("ocsf", "map", "--table", "DeviceProcessEvents", answer.name), peak_mib("ocsf", "map", bare.name)
    print(f"# MiB: {empty:.2f} before anything is mapped; {all_tables:.2f} of {len(known)} tables, {more:.2f} of {(every.tell() + mixed.tell()) // MB} MB of them; "
          f"{mix:.2f} of {mixed.tell() // MB} MB of mixed tables; {one:.2f} of an answer of {answer.tell() // MB} MB; {guessed:.2f} of bare rows")
    case(len(known) > 40 and all_tables - empty <= ADDED_MIB, f"every table adds at most {ADDED_MIB} MiB")
    case(more <= all_tables + 0.75, "more of the same adds nothing")
    case(mix <= BOUND_MIB, f"mixed tables: at most {BOUND_MIB} MiB")
    case(one <= BOUND_MIB, f"a long answer: at most {BOUND_MIB} MiB")
    case(guessed <= BOUND_MIB, f"rows whose table nobody says: at most {BOUND_MIB} MiB")
sys.exit(failed)
