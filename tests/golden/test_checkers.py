"""Two checkers, one verdict: the C checker and check_ocsf.py over good events and over seeded mutations of them.

    test_checkers.py CHECK_LINES EVENTS.ndjson…      events of version 1.8.0, or 1.3.0 where the name says so"""
import copy, json, os, random, subprocess, sys

from check_ocsf import Checker, check_text

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(here, "..", "..", "..", "shared")
SCHEMAS = {"1.8.0": "schema.json", "1.3.0": "schema-1.3.0.json"}
MUTATIONS, SEED = 4000, 20261122
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


def compare(program, version, events, count):
    checker = Checker(json.load(open(os.path.join(shared, "ocsf", SCHEMAS[version]), encoding="utf-8")))
    rng = random.Random(SEED)
    broken = [mutate(rng, rng.choice(events)) for _ in range(count)]
    lines = [json.dumps(e, ensure_ascii=False) for e in events + broken]
    wrong = refused = 0
    for line, ours in zip(lines, c_findings(program, version, lines)):
        theirs = sorted(" ".join(f) for f in check_text(checker, line))
        refused += any(f.startswith("E") for f in ours)
        # paths over the C checker's bound are cut, and what follows one broken observable may be told once or twice
        if {f[:400] for f in ours} != {f[:400] for f in theirs}:
            wrong += 1
            if wrong <= 10:
                print(f"# {line[:300]}\n#   C:      {ours}\n#   Python: {theirs}")
    return len(lines), refused, wrong


def main():
    program, files = sys.argv[1], sys.argv[2:]
    print(f"1..{len(SCHEMAS)}")
    failed = False
    for number, (version, schema) in enumerate(SCHEMAS.items(), 1):
        if not os.path.exists(os.path.join(shared, "ocsf", schema)):
            print(f"ok {number} - {version} # SKIP no {schema} in PORTCULLIS_SHARED or ../shared/ocsf")
            continue
        events = [json.loads(x) for f in files if ("1.3.0" in f) == (version == "1.3.0") for x in open(f, encoding="utf-8")]
        total, refused, wrong = compare(program, version, events, MUTATIONS)
        good = wrong == 0 and refused > 100
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {number} - {version}: {total} events, {refused} refused, {wrong} disagreements")
    sys.exit(failed)


main()
