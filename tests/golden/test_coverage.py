"""How much of Defender's data lands where an analyst looks for it. Printed and held:

  - for each table of the mission, the share of the filled columns of the corpus's rows that land on OCSF attributes rather
    than in `unmapped` ("landed"), at least 95 % over all of them; and with those whose mapping says why there is no
    place ("explained"), which must be everything. A column that holds an object has landed when all that is filled in it has.
  - each column that a table is documented to have, and each of its ActionTypes, stands in an example of its mapping
    file, or in the fixture that test_landings.py makes and compares.

    test_coverage.py MAP_CORPUS LIST_MAPPINGS [--verbose]"""
import collections, glob, json, os, re, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(here, "..", "..", "..", "shared")
corpus, reference = os.path.join(shared, "corpus"), os.path.join(shared, "reference")
MISSION = """AlertInfo AlertEvidence DeviceFileEvents IdentityDirectoryEvents IdentityLogonEvents IdentityQueryEvents DeviceInfo
DeviceNetworkEvents DeviceImageLoadEvents DeviceProcessEvents DeviceNetworkInfo DeviceLogonEvents DeviceFileCertificateInfo
EmailAttachmentInfo UrlClickEvents EmailPostDeliveryEvents EmailEvents EmailUrlInfo DeviceRegistryEvents DeviceEvents""".split()
SHARE = 0.95
NOTHING = (None, "", [], {}, "[]", "{}")  # also as text: that is how an empty AdditionalFields is written


class Mappings:
    """What LIST_MAPPINGS says: sources, reasons by (source, column), rows of examples by source."""

    def __init__(self, program):
        listed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        self.sources, self.reasons, self.rows = [], {}, collections.defaultdict(list)
        for line in listed.splitlines():
            kind, source, *rest = line.split("\t")
            if kind == "source":
                self.sources.append(source)
            elif kind == "homeless":
                self.reasons[source, rest[0].lower()] = rest[1]
            else:
                self.rows[source].append(json.loads(rest[0]))


def filled(row):
    return [k for k, v in row.items() if v not in NOTHING and "@odata." not in k]


class Share:
    def __init__(self):
        self.rows = self.filled = self.landed = self.explained = 0
        self.classes, self.left = collections.Counter(), collections.Counter()

    def add(self, source, event, reasons):
        row, unmapped = json.loads(event["raw_data"]), event.get("unmapped", {})
        self.rows += 1
        self.classes[event["class_uid"]] += 1
        for column in filled(row):
            self.filled += 1
            if column not in unmapped:
                self.landed += 1
                continue
            reason = reasons.get((source, column.lower()), "")
            self.explained += bool(reason)
            self.left[column, reason or f"NO REASON (holds {json.dumps(row[column])[:60]})"] += 1

    def __str__(self):
        whole = self.filled or 1
        return (f"{self.rows} rows, {self.filled} filled columns, {100 * self.landed / whole:.1f} % landed, "
                f"{100 * (self.landed + self.explained) / whole:.1f} % landed or explained")


def corpus_files():
    """Without those whose rows are of another table than they claim, as the corpus's README says."""
    readme = open(os.path.join(corpus, "README.md"), encoding="utf-8").read()
    foreign = set(re.findall(r"(?m)^\| `([^`]+)` \|.*category does not match", readme))
    names = glob.glob(os.path.join(corpus, "*", "*.json")) + glob.glob(os.path.join(corpus, "*", "*.ndjson"))
    return sorted(n for n in names if not n.endswith(".expected.json") and os.path.relpath(n, corpus) not in foreign)


def shares(program, mappings):
    """By source."""
    out = subprocess.run([program, "1.8.0", "mission", "-", *corpus_files()], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True, check=False).stdout
    by_source = collections.defaultdict(Share)
    for line in out.splitlines():
        event = json.loads(line)
        source = event["metadata"].get("log_name", "")
        if source in mappings.sources:
            by_source[source].add(source, event, mappings.reasons)
    return by_source


def table(name, column):
    lines = [line.rstrip("\n").split("\t") for line in open(os.path.join(reference, name), encoding="utf-8")][1:]
    by_table = collections.defaultdict(list)
    for line in lines:
        by_table[line[0]].append(line[column])
    return by_table


def landings(source):
    """Columns and ActionTypes of the generated fixture."""
    path, columns, actions = os.path.join(here, "landings", source + ".tsv"), set(), set()
    for line in open(path, encoding="utf-8") if os.path.exists(path) else ():
        kind, word, *_ = line.split("\t")
        (columns if kind == "column" else actions).add(word)
    return columns, actions


def missing_examples(mappings):
    """Columns and ActionTypes of mapped tables that no example has."""
    columns, actions = table("hunting-schema.tsv", 1), table("action-types.tsv", 1)
    for source in mappings.sources:
        rows, (made, met) = mappings.rows[source], landings(source)
        have = {k.lower() for row in rows for k in filled(row)} | {c.lower() for c in made}
        words = {str(row.get("ActionType")).lower() for row in rows} | {a.lower() for a in met}
        for column in columns.get(source, []):
            if column.lower() not in have:
                yield f"{source}: no example has the column {column}"
        for action in actions.get(source, []):
            if action.lower() not in words:
                yield f"{source}: no example has the ActionType {action}"


def case(number, faults, text):
    for fault in faults[:40]:
        print("# " + fault)
    print(f"{'not ok' if faults else 'ok'} {number} - {text}")
    return bool(faults)


def main():
    program, mappings, verbose = sys.argv[1], Mappings(sys.argv[2]), "--verbose" in sys.argv[3:]
    print("1..3")
    if not os.path.isdir(corpus) or not os.path.isdir(reference):
        for number in (1, 2, 3):
            print(f"ok {number} - coverage # SKIP no corpus or reference in PORTCULLIS_SHARED or ../shared")
        return
    by_source = shares(program, mappings)
    whole = Share()
    for source, share in sorted(by_source.items()):
        print(f"# {source}{'' if source in MISSION else ' (beyond the mission)'}: {share}")
        for (column, reason), count in sorted(share.left.items()):
            if verbose or source in MISSION:
                print(f"#     {column}{f' x{count}' if count > 1 else ''}: {reason}")
        if source in MISSION:
            for field in ("rows", "filled", "landed", "explained"):
                setattr(whole, field, getattr(whole, field) + getattr(share, field))
    low = [f"{t} has no mapping" for t in MISSION if t not in mappings.sources]
    low += [] if whole.landed >= SHARE * whole.filled else [f"less than {100 * SHARE:.0f} % of the mission's filled columns landed"]
    failed = case(1, low, f"the mission's tables: {whole}")
    silent = [f"{s}: {c} stays in unmapped, and its mapping does not say why ({r})" for s in sorted(by_source)
              for (c, r) in by_source[s].left if r.startswith("NO REASON")]
    silent += [f"{s}: {c} is listed as without a home, and without a reason" for (s, c), reason in mappings.reasons.items() if not reason]
    failed |= case(2, silent, "what stays in unmapped has its reason")
    lacking = list(missing_examples(mappings))
    failed |= case(3, lacking, "every documented column and ActionType has an example")
    sys.exit(failed)


if __name__ == "__main__":
    main()
