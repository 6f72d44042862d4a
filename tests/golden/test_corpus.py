"""Every published event of the corpus goes through the mapping, for both versions and class sets, and comes out as its kind
demands: tables we map as events of their class, other tables as base events, other shapes as dead letters; nothing is
lost, and neither checker finds an error. What each file holds is read from the corpus's own README.

    test_corpus.py MAP_CORPUS"""
import json, os, re, subprocess, sys, tempfile

from check_ocsf import Checker, check_text

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(here, "..", "..", "..", "shared")
corpus = os.path.join(shared, "corpus")
SCHEMAS = {"1.8.0": "schema.json", "1.3.0": "schema-1.3.0.json"}
mappings = os.path.join(here, "..", "..", "mappings")
MAPPED = {name[:-5] for name in os.listdir(mappings) if name.endswith(".yaml")}
KINDS = {"graph alert": "mapped", "graph incident": "mapped", "mde machine": "mapped", "mde alert": "mapped", "machine action": "mapped",
         "incident": "mapped", "hunting response": "base", "hunting response (Graph runHuntingQuery)": "base"}


def wanted(form, tables, odd):
    """What becomes of a file's events: mapped, base, dead; None where the README does not say enough."""
    if "category does not match" in odd:
        return "base"
    if form == "streaming record" or form.startswith("streaming message"):
        return "mapped" if set(re.findall(r"[A-Za-z]+", tables)) <= MAPPED else "base"
    if form.startswith("hunting row"):
        return None
    return KINDS.get(form, "dead")


def files():
    for line in open(os.path.join(corpus, "README.md"), encoding="utf-8"):
        m = re.match(r"\| `([^`]+)` \|", line)
        if m:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            yield m[1], wanted(cells[4], cells[5], cells[7])


def run(program, version, classes, names):
    """Events, and for each file its counts; complains about findings."""
    with tempfile.TemporaryFile("w+") as err:
        paths = [os.path.join(corpus, n) for n in names]
        done = subprocess.run([program, version, classes, "-", *paths], stdout=subprocess.PIPE, stderr=err, text=True)
        err.seek(0)
        notes = err.read().splitlines()
    counts = {}
    for note in notes:
        if note.startswith("counts: "):
            path, *numbers = note[len("counts: "):].rsplit(" ", 6)
            counts[os.path.relpath(path, corpus)] = dict(zip(("in", "mapped", "base", "dead", "events", "errors"), map(int, numbers)))
    return done.stdout.splitlines(), counts, [n for n in notes if n.startswith("finding:")], done.returncode


def judge(expected, counts, events, findings, checker):
    faults = [f"C checker: {f}" for f in findings[:10]]
    total = dict.fromkeys(("in", "mapped", "base", "dead", "events", "errors"), 0)
    for name, kind in expected:
        c = counts.get(name)
        if c is None:
            faults.append(f"{name}: no counts")
            continue
        total = {k: total[k] + c[k] for k in total}
        if c["in"] != c["mapped"] + c["base"] + c["dead"] or c["in"] == 0:
            faults.append(f"{name}: {c} does not add up")
        elif kind and c[kind] != c["in"]:
            faults.append(f"{name}: {c}, but all should be {kind}")
    for event in events:
        errors = [f for f in check_text(checker, event) if f[0] == "E"]
        if errors:
            faults.append(f"Python checker: {errors[:3]} in {event[:300]}")
    if total["events"] != len(events):
        faults.append(f"{len(events)} events came out, {total['events']} were counted")
    return total, faults


def main():
    program = sys.argv[1]
    runs = [(v, c) for v in SCHEMAS for c in ("mission", "best-fit")]
    print(f"1..{len(runs)}")
    failed = False
    for number, (version, classes) in enumerate(runs, 1):
        schema = os.path.join(shared, "ocsf", SCHEMAS[version])
        if not os.path.isdir(corpus) or not os.path.exists(schema):
            print(f"ok {number} - {version} {classes} # SKIP no corpus or {SCHEMAS[version]} in PORTCULLIS_SHARED or ../shared")
            continue
        expected = list(files())
        events, counts, findings, code = run(program, version, classes, [n for n, _ in expected])
        total, faults = judge(expected, counts, events, findings, Checker(json.load(open(schema, encoding="utf-8"))))
        if code != 0:
            faults.append(f"map_corpus ended with {code}")
        for fault in faults[:30]:
            print("# " + fault)
        failed |= bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {version} {classes}: {total}")
    sys.exit(failed)


main()
