"""Where every documented column of every table lands, and what becomes of every documented ActionType. Rows are made out of
the table reference, all columns filled (with the values of the mapping's own examples where these have some); a column's
places, over all classes that the table's rows become, are the attributes that change when it is left out (of one that a row must have, when it is another), or when it comes
to a row that has nothing else. Compared with
landings/TABLE.tsv, which is committed: `action NAME CLASS/ACTIVITY COLUMNS-LEFT-IN-UNMAPPED` and `column NAME PLACES`.
The full rows must also obey the schema in all four targets, and none may fall back to a base event.

    test_landings.py MAP_CORPUS LIST_MAPPINGS [--write]    --write renews the files: read the difference before you commit it"""
import collections, json, os, subprocess, sys, tempfile

from test_coverage import Mappings, filled, reference, table

here = os.path.dirname(os.path.abspath(__file__))
TARGETS = [(v, c) for v in ("1.8.0", "1.3.0") for c in ("mission", "best-fit")]
BY_END = (("sha256", "ab" * 32), ("sha1", "cd" * 20), ("md5", "ef" * 16), ("upn", "ann@contoso.example"), ("sid", "S-1-5-21-1-2-3-1001"),
          ("ipaddress", "192.0.2.7"), ("ip", "192.0.2.8"), ("ipv4", "192.0.2.9"), ("ipv6", "2001:db8::9"), ("mac", "0011223344AA"),
          ("macaddress", "0011223344AA"), ("address", "bob@contoso.example"), ("url", "https://files.example/a/b?c=d"),
          ("folderpath", "C:\\Users\\ann\\a.exe"), ("filename", "a.exe"), ("devicename", "pc1.contoso.example"), ("port", 4443),
          ("registrykey", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso"), ("integritylevel", "High"), ("uuid", "4b8c18bd-2f9f-4227-af55-9f1061cf9c32"))
BY_TYPE = {"datetime": "2026-03-04T05:06:07.1234567Z", "bool": True, "int": 4242, "long": 4343, "real": 1.5, "dynamic": ["a", "b"],
           "guid": "5c8c18bd-2f9f-4227-af55-9f1061cf9c33"}
SILENT = ("unmapped", "raw_data", "observables", "metadata.uid", "metadata.profiles")


def sample(column, kind, rows):
    """The value that an example has, or one that looks like the column's name or type."""
    for row in rows:
        for key, value in row.items():
            if key.lower() == column.lower() and value not in (None, "", 0, "0", [], {}):
                return value
    if kind in ("datetime", "bool", "guid"):
        return BY_TYPE[kind]
    for end, value in BY_END:
        if column.lower().endswith(end):
            return value
    return BY_TYPE.get(kind, f"{column} of it")


def altered(value):
    """Another value of its kind, for a column without which a row is not of its table."""
    return value.replace("2026-", "2025-") if str(value).startswith("2026-") else f"{value}0"


def flat(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner, path + "[]")
    else:
        yield path, value


def facts(event):
    found = collections.defaultdict(list)
    for path, value in flat({k: v for k, v in event.items() if k not in SILENT}):
        if path not in SILENT:
            found[path].append(value)
    return found


def places(with_it, without):
    """Attributes that the column makes or changes, ids rather than their captions."""
    changed = [p for p, v in with_it.items() if without.get(p) != v]
    return {p for p in changed if f"{p}_id" not in changed}


def run(program, target, records):
    """The events of the records, one for each; and what was found wrong."""
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as f:
        f.writelines(json.dumps(r) + "\n" for r in records)
        f.flush()
        done = subprocess.run([program, *target, "-", f.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    return [json.loads(x) for x in done.stdout.splitlines()], [x for x in done.stderr.splitlines() if x.startswith(("finding", "dead"))]


class Table:
    def __init__(self, source, columns, actions, rows):
        self.source, self.actions = source, actions or [None]
        self.columns = [c for c, _ in columns]
        self.full = {c: sample(c, kind, rows) for c, kind in columns}
        self.by_action = {str(r["ActionType"]).lower(): r for r in reversed(rows) if r.get("ActionType")}
        self.least = {"Timestamp", "TimeGenerated", "ActionType"} | set.intersection(*[set(filled(r)) for r in rows])

    def row(self, action):
        row = dict(self.full)
        if action:
            row["ActionType"] = action
            if "AdditionalFields" in row:
                row["AdditionalFields"] = self.by_action.get(action.lower(), {}).get("AdditionalFields") or "{\"Other\":\"x\"}"
        return row

    def probes(self, asked):
        """(action, column or None, what, row): the full row; and of the `asked` actions each column left out of it, and alone."""
        for action in self.actions:
            row = self.row(action)
            least = {k: v for k, v in row.items() if k in self.least}
            yield action, None, "full", row
            if action not in asked:
                continue
            yield action, None, "least", least
            for column in self.columns:
                if column != "ActionType":
                    other = {column: altered(row[column])} if column in least else {}
                    yield action, column, "full", {**{k: v for k, v in row.items() if k != column}, **other}
                    yield action, column, "least", {**least, column: row[column]}

    def record(self, row):
        return {"time": "2026-03-04T05:06:07Z", "tenantId": "11111111-2222-3333-4444-555555555555",
                "category": "AdvancedHunting-" + self.source, "properties": row}

    def describe(self, program):
        """The lines of the table's file, and faults. Columns are asked for with one action of each class."""
        firsts = run(program, TARGETS[0], [self.record(self.row(a)) for a in self.actions])[0]
        of_class = {event["class_uid"]: action for action, event in reversed(list(zip(self.actions, firsts)))}
        probes = list(self.probes(set(of_class.values())))
        events, faults = run(program, TARGETS[0], [self.record(p[3]) for p in probes])
        if len(events) != len(probes):
            return [], faults + [f"{len(probes)} rows became {len(events)} events"]
        where, lines, whole = {c: set() for c in self.columns}, [], {}
        for (action, column, what, row), event in zip(probes, events):
            if column is None:
                whole[what] = (facts(event), event)
            if column is None and what == "full":
                left = sorted(k for k in event.get("unmapped", {}) if k != "Other")
                lines.append(f"action\t{action or '(any)'}\t{event['class_uid']}/{event['activity_id']}\t{' '.join(left)}")
                if event["class_uid"] == 0:
                    faults.append(f"{action}: {event['status_detail']}")
            elif column and what == "full":
                where[column] |= places(whole["full"][0], facts(event))
            elif column and event["class_uid"]:
                where[column] |= places(facts(event), whole["least"][0])
        lines += [f"column\t{c}\t{' '.join(sorted(where[c])) or 'unmapped'}" for c in self.columns if c != "ActionType"]
        return lines, faults

    def obey(self, program):
        """Findings of the full rows in the other targets."""
        for target in TARGETS[1:]:
            events, faults = run(program, target, [self.record(self.row(a)) for a in self.actions])
            yield from (f"{' '.join(target)}: {f}" for f in faults)
            yield from (f"{' '.join(target)}: {e['status_detail']}: {e['raw_data'][:300]}" for e in events if e["class_uid"] == 0)


def judge(program, made, path, write):
    lines, faults = made.describe(program)
    faults += list(made.obey(program))
    if write:
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in lines)
    expected = open(path, encoding="utf-8").read().splitlines() if os.path.exists(path) else []
    faults += [f"is     {x}" for x in lines if x not in expected] + [f"not as {x}" for x in expected if x not in lines]
    return faults


def main():
    program, mappings, write = sys.argv[1], Mappings(sys.argv[2]), "--write" in sys.argv[3:]
    if not os.path.isdir(reference):
        print("1..1\nok 1 - landings # SKIP no reference in PORTCULLIS_SHARED or ../shared")
        return
    kinds, actions = table("hunting-schema.tsv", 2), table("action-types.tsv", 1)
    columns = {t: list(zip(names, kinds[t])) for t, names in table("hunting-schema.tsv", 1).items()}
    sources = [s for s in mappings.sources if s in columns]
    print(f"1..{len(sources)}")
    failed = False
    os.makedirs(os.path.join(here, "landings"), exist_ok=True)
    for number, source in enumerate(sources, 1):
        made = Table(source, columns[source], actions.get(source), mappings.rows[source])
        faults = judge(program, made, os.path.join(here, "landings", source + ".tsv"), write)
        for fault in faults[:20]:
            print("# " + fault[:400])
        failed |= bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {source}: {len(made.columns)} columns, {len(made.actions)} actions")
    sys.exit(failed)


main()
