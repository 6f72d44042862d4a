#!/usr/bin/env python3
"""Two checkers, one verdict: the C checker and check_ocsf.py over good events, over generated ones of every table, and over seeded mutations of both.

    test_checkers.py CHECK_LINES MAP_CORPUS DEFENDER_TWIN EVENTS.ndjson… [--generated N] [--broken N]
                     events of version 1.8.0, or 1.3.0 where the name says so; N events in all targets together, N broken ones a version"""
import argparse, copy, json, multiprocessing, os, random, subprocess, sys, tempfile

from check_ocsf import Checker, check_text
from test_generated import TARGETS, generate, map_rows, tables

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(here, "..", "..", "..", "shared")
SCHEMAS = {"1.8.0": "schema.json", "1.3.0": "schema-1.3.0.json"}
SEED = 20261122
WORDS = [None, True, False, 0, 1, 2, 99, -1, 7.5, 2**31, 2**63, "", "Other", "Unknown", "10.0.0.1", "fe80::1", "10.0.0", "a@b.c",
         "00:11:22:33:44:55", "x" * 70000, "1.8.0", "1.9.0", "1.2.0", [], {}, [None], ["a"], [1], {"x": 1}, "type_id", "host", "device"]


def places(value, path=()):
    """Every container of the event with the keys in it, outside of unmapped."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield value, k
            if k != "unmapped":
                yield from places(v)
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield value, i
            yield from places(v)


def mutate(rng, event):
    event = copy.deepcopy(event)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        spots = list(places(event))
        if not spots:
            break
        owner, key = rng.choice(spots)
        kind = rng.randrange(8)
        if kind == 0:
            del owner[key]
        elif kind == 1:
            owner[key] = None
        elif kind == 2:
            owner[key] = str(owner[key]) if not isinstance(owner[key], str) else len(owner[key])
        elif kind == 3 and isinstance(owner, dict):
            owner[rng.choice(("nonsense", "name", "container", "time_dt", key + "s"))] = owner.pop(key)
        elif kind == 4:
            owner[key] = [owner[key]] if rng.random() < 0.5 else {"name": owner[key]}
        elif kind == 5 and isinstance(owner[key], int):
            owner[key] = owner[key] + rng.choice((-1, 1, 1000, 2**40))
        elif kind == 6 and isinstance(owner[key], str):
            owner[key] = owner[key] + rng.choice((" ", "x", ".", "[0]", "\u00e4"))
        else:
            owner[key] = rng.choice(WORDS)
    return event


def c_findings(program, version, lines):
    out = subprocess.run([program, version], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, check=True, text=True).stdout
    answers = out.split("\n")[:-1]
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} events"
    return [sorted(x for x in a.split("\t") if x) for a in answers]


def generated(options, version, folder):
    """Events of every table, of both class sets; what the C checker found wrong on the way."""
    names = tables()
    count = -(-options.generated // (len(names) * len(TARGETS)))
    events, faults = [], []
    files = [generate(options.twin, table, count, folder) for table in names] if count else []
    for target in (t for t in TARGETS if t[0] == version and files):
        by_table, found = map_rows(options.map_corpus, target, files)
        events += [line for lines, _ in by_table.values() for line in lines]
        faults += found
    return events, faults


def compare(options, version, lines):
    """How many events either checker finds errors in, and in how many they differ."""
    with open(os.path.join(shared, "ocsf", SCHEMAS[version]), encoding="utf-8") as schema:
        checker = Checker(json.load(schema))
    wrong = refused = 0
    for line, ours in zip(lines, c_findings(options.check_lines, version, lines)):
        theirs = sorted(" ".join(f) for f in check_text(checker, line))
        refused += any(f.startswith("E") for f in ours)
        # paths over the C checker's bound are cut, and what follows one broken observable may be told once or twice
        if {f[:400] for f in ours} != {f[:400] for f in theirs}:
            wrong += 1
            if wrong <= 10:
                print(f"# {line[:300]}\n#   C:      {ours}\n#   Python: {theirs}")
    return refused, wrong


def judge(options, version):
    """A TAP line, without its number."""
    with tempfile.TemporaryDirectory() as folder:
        made, faults = generated(options, version, folder)
    fixtures = [x.rstrip("\n") for f in options.events if ("1.3.0" in f) == (version == "1.3.0") for x in open(f, encoding="utf-8")]
    good, rng = fixtures + made, random.Random(SEED)
    some = list(map(json.loads, rng.sample(good, min(len(good), 3000))))
    broken = [json.dumps(mutate(rng, rng.choice(some)), ensure_ascii=False) for _ in range(options.broken)]
    good_refused, good_wrong = compare(options, version, good)
    refused, wrong = compare(options, version, broken)
    for fault in faults[:10]:
        print(f"# {fault}")
    is_fine = not (faults or good_refused or good_wrong or wrong) and refused > options.broken / 3 and len(made) >= options.generated / 2
    return is_fine, (f"{version}: of {len(good)} events {good_refused} refused, of {len(broken)} broken ones {refused}; "
                     f"{good_wrong + wrong} disagreements")


def main():
    options = argparse.ArgumentParser()
    for name in ("check_lines", "map_corpus", "twin"):
        options.add_argument(name)
    options.add_argument("events", nargs="+")
    options.add_argument("--generated", type=int, default=0)
    options.add_argument("--broken", type=int, default=4000)
    options = options.parse_args()
    print(f"1..{len(SCHEMAS)}", flush=True)
    there = [v for v, schema in SCHEMAS.items() if os.path.exists(os.path.join(shared, "ocsf", schema))]
    with multiprocessing.Pool(2) as pool:
        verdicts = dict(zip(there, pool.starmap(judge, [(options, v) for v in there])))
    for number, version in enumerate(SCHEMAS, 1):
        if version in verdicts:
            print(f"{'ok' if verdicts[version][0] else 'not ok'} {number} - {verdicts[version][1]}")
        else:
            print(f"ok {number} - {version} # SKIP no {SCHEMAS[version]} in PORTCULLIS_SHARED or ../shared/ocsf")
    sys.exit(not all(fine for fine, _ in verdicts.values()))


if __name__ == "__main__":
    main()
