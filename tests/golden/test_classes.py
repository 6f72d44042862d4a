"""Which classes the mappings reach. The rows of all examples are mapped; then

  - each of the 21 classes of the mission, and registry key and value (201001, 201002), is reached in the class set mission of
    both versions, and the tables of the mission reach nothing else;
  - no event of the class set best-fit uses anything that its version of the schema calls deprecated.

Prints class by class the sources that reach it.

    test_classes.py MAP_CORPUS LIST_MAPPINGS CHECK_LINES"""
import collections, json, subprocess, sys, tempfile

from test_coverage import MISSION, Mappings, case

CLASSES = {1001, 1004, 1005, 1006, 1007, 2004, 2005, 3001, 3002, 3006, 4001, 4003, 4009, 4011, 4012, 5001, 5002, 5014, 5019, 6002, 6007}
REGISTRY = {201001, 201002}


def events_of(program, mappings, version, classes):
    """Of every source, the events of its examples' rows."""
    by_source = {}
    for source in mappings.sources:
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as f:
            f.writelines(json.dumps(row) + "\n" for row in mappings.rows[source])
            f.flush()
            out = subprocess.run([program, version, classes, source, f.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        by_source[source] = out.splitlines()
    return by_source


def reach(program, mappings, version):
    """The mission's classes, and faults."""
    sources, faults = collections.defaultdict(set), []
    for source, lines in events_of(program, mappings, version, "mission").items():
        for line in lines:
            sources[json.loads(line)["class_uid"]].add(source)
    faults += [f"{version}: no example reaches {uid}" for uid in sorted((CLASSES | REGISTRY) - set(sources))]
    for uid in sorted(set(sources) - CLASSES - REGISTRY - {0}):
        faults += [f"{version}: {source} is of the mission and reaches {uid}" for source in sorted(sources[uid] & set(MISSION))]
    for uid in sorted(sources):
        print(f"# {version} {uid}: {', '.join(sorted(sources[uid]))}")
    return faults


def deprecated(program, checker, mappings, version):
    for source, lines in events_of(program, mappings, version, "best-fit").items():
        found = subprocess.run([checker, version], input="".join(x + "\n" for x in lines), stdout=subprocess.PIPE, check=True, text=True).stdout
        for line, findings in zip(lines, found.splitlines()):
            bad = [x for x in findings.split("\t") if "deprecated" in x]
            if bad:
                yield f"{version}: {source}: {', '.join(bad)} in {line[:120]}"


def main():
    program, mappings, checker = sys.argv[1], Mappings(sys.argv[2]), sys.argv[3]
    print("1..4")
    failed, number = False, 0
    for version in ("1.8.0", "1.3.0"):
        failed |= case(number + 1, reach(program, mappings, version), f"{version}: every class of the mission is reached")
        failed |= case(number + 2, list(deprecated(program, checker, mappings, version)), f"{version}: best-fit uses nothing deprecated")
        number += 2
    sys.exit(failed)


main()
