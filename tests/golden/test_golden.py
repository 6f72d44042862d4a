"""Our own fixtures, one file of rows for each source: the events must be those in the .out.ndjson beside it, compared as
JSON values. raw_data is compared with the row instead. Both checkers must accept the events of all versions and class sets.

    test_golden.py MAP_CORPUS [--write]      --write renews the expected files: read the difference before you commit it"""
import glob, json, os, subprocess, sys

from check_ocsf import Checker, check_text

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(here, "..", "..", "..", "shared")
SCHEMAS = {"1.8.0": "schema.json", "1.3.0": "schema-1.3.0.json"}


def run(program, version, classes, path):
    done = subprocess.run([program, version, classes, "-", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    faults = [x for x in done.stderr.splitlines() if not x.startswith("counts:")]
    return [json.loads(x) for x in done.stdout.splitlines()], faults + ([f"ended with {done.returncode}"] if done.returncode else [])


def rows_of(path):
    for line in open(path, encoding="utf-8"):
        document = json.loads(line)
        for record in document if isinstance(document, list) else document.get("value") or [document]:
            yield record.get("properties", record)


def differences(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(set(ours) | set(theirs)):
            yield from differences(ours.get(key), theirs.get(key), f"{path}.{key}" if path else key)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            yield from differences(a, b, f"{path}[{i}]")
    elif ours != theirs or type(ours) is not type(theirs):
        yield f"{path}: {json.dumps(ours)[:200]}, expected {json.dumps(theirs)[:200]}"


def judge(program, path, write):
    expected_path = path.replace(".in.ndjson", ".out.ndjson")
    events, faults = run(program, "1.8.0", "mission", path)
    rows = list(rows_of(path))
    for event in events:
        raw = event.pop("raw_data", None)
        if raw is None or json.loads(raw) not in rows:
            faults.append("raw_data is not the row")
    if write:
        with open(expected_path, "w", encoding="utf-8") as f:
            f.writelines(json.dumps(e, ensure_ascii=False) + "\n" for e in events)
    expected = [json.loads(x) for x in open(expected_path, encoding="utf-8")]
    if len(events) != len(expected):
        faults.append(f"{len(events)} events, expected {len(expected)}")
    for number, (a, b) in enumerate(zip(events, expected), 1):
        faults += [f"event {number}: {d}" for d in differences(a, b)]
    return faults


def check_all(program, path):
    faults = []
    for version, schema in SCHEMAS.items():
        schema = os.path.join(shared, "ocsf", schema)
        checker = Checker(json.load(open(schema, encoding="utf-8"))) if os.path.exists(schema) else None
        for classes in ("mission", "best-fit"):
            events, found = run(program, version, classes, path)
            faults += [f"{version} {classes}: {x}" for x in found]
            for event in events:
                errors = [f for f in check_text(checker, json.dumps(event)) if f[0] == "E"] if checker else []
                faults += [f"{version} {classes}: Python checker: {e}" for e in errors]
    return faults


def main():
    program, write = sys.argv[1], "--write" in sys.argv[2:]
    paths = sorted(glob.glob(os.path.join(here, "cases", "*.in.ndjson")))
    print(f"1..{len(paths)}")
    failed = False
    for number, path in enumerate(paths, 1):
        faults = judge(program, path, write) + check_all(program, path)
        for fault in faults[:20]:
            print("# " + fault)
        failed |= bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {os.path.basename(path)}")
    sys.exit(failed)


main()
