"""Rows with dirt in them: fixtures, and the rows of all examples, whose values are replaced at random (by seed) with what
Defender has been seen to send and worse. Whatever comes in, events must obey the schema of every version and class set, and no
row of a table may be lost.

    test_dirt.py MAP_CORPUS LIST_MAPPINGS [SEED]"""
import copy, glob, json, os, random, subprocess, sys, tempfile

from test_coverage import Mappings

here = os.path.dirname(os.path.abspath(__file__))
ROWS = 150     # for each source that has fixtures
SOILINGS = 8  # of each example's row
DIRT = [None, "", "-", "None", "[]", "{}", "null", "0", 0, 1, -1, 2**31, 2**53 + 1, 2**63, 2**64, 1.5, -0.0, 1e300, True, False, "true", "1",
        [], {}, [None], [[]], {"a": {"b": [1]}}, ["a", "b"], "a" * 66000, "\u0000", "\u00e4\ud83d\ude00", " ", "x\ty\n", "10.0.0.1", "::1",
        "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4 ", "000D3A9EC781", "00:0d:3a:9e:c7:81", "a@b.c", "a@b", "https://h.example:99999/a?b#c",
        "h_st.example", "2026-03-04T05:06:07.1234567Z", "2026-03-04 05:06:07", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "26/03/2026, 15:18",
        "S-1-5-18", "C:\\a\\b.c", "/a/b", "\\", "C:\\dir\\", "T1059.001", "PowerShell (T1059.001)", "{\"a\":1}", "{\"a\":", "[\"x\",\"y\"]",
        "resolved", "high", "ProcessCreated", "FileRenamed", "RegistryValueSet", "DnsConnectionInspected", "12345678901234567890"]

CONTEXTS = {"alerts_v2": "#security/alerts_v2", "incidents": "#security/incidents", "machines": "#Machines", "alerts_endpoint": "#Alerts",
            "machine_actions": "#MachineActions(id,type)", "incidents_xdr": "#Incidents", "alerts_siem": "#"}


def spots(value):
    """Every member and element below, with its owner."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from spots(inner)


def soil(rng, row):
    row = copy.deepcopy(row)
    for _ in range(rng.choice((1, 2, 3, 8, 30))):
        places = list(spots(row))
        if not places:
            break
        owner, key = rng.choice(places)
        if rng.random() < 0.15:
            del owner[key]
        elif rng.random() < 0.1 and isinstance(owner, dict):
            owner[key.swapcase()] = owner.pop(key)
        else:
            owner[key] = copy.deepcopy(rng.choice(DIRT))
    return row


def documents(rng, path):
    table = os.path.basename(path).split(".")[0]
    rows = []
    for line in open(path, encoding="utf-8"):
        document = json.loads(line)
        records = document if isinstance(document, list) else document.get("value") or [document]
        rows += [r.get("properties", r) for r in records]
    for _ in range(ROWS):
        row = soil(rng, rng.choice(rows))
        if table[0].isupper():
            yield {"time": "2026-03-04T05:06:07Z", "tenantId": "11111111-2222-3333-4444-555555555555",
                   "category": "AdvancedHunting-" + table, "properties": row}
        else:
            yield {"@odata.context": f"https://h.example/$metadata{CONTEXTS[table]}", "value": [row]}


def main():
    program, mappings, seed = sys.argv[1], Mappings(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 20261122
    runs = [(v, c) for v in ("1.8.0", "1.3.0") for c in ("mission", "best-fit")]
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "dirt.ndjson")
        count = 0
        with open(name, "w", encoding="utf-8") as f:
            for path in sorted(glob.glob(os.path.join(here, "cases", "*.in.ndjson"))):
                for document in documents(rng, path):
                    f.write(json.dumps(document) + "\n")
                    count += 1
            for source, row in ((s, r) for s in mappings.sources if s[0].isupper() for r in mappings.rows[s]):
                for _ in range(SOILINGS):
                    f.write(json.dumps({"category": "AdvancedHunting-" + source, "properties": soil(rng, row)}) + "\n")
                    count += 1
        print(f"1..{len(runs)}\n# seed {seed}, {count} rows")
        failed = False
        for number, (version, classes) in enumerate(runs, 1):
            done = subprocess.run([program, version, classes, "-", name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                  encoding="utf-8", errors="replace")
            notes = done.stderr.splitlines()
            counts = next((n.rsplit(" ", 6)[1:] for n in notes if n.startswith("counts: ")), [])
            # an alert whose members are all spoilt may be of no known shape; a record that names its table may not
            lost = [n for n in notes if n.startswith("dead: ") and "AdvancedHunting-" in n]
            good = done.returncode == 0 and len(counts) == 6 and int(counts[0]) == count and not lost
            failed |= not good
            if not good:
                faults = [n for n in notes if n.startswith("finding: ")] + lost
                print("\n".join("# " + n[:300] for n in faults[:10]))
            print(f"{'ok' if good else 'not ok'} {number} - {version} {classes}: in mapped base dead events errors = {' '.join(counts)}")
    sys.exit(failed)


main()
