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
    """One table: its rows, then what became of them. Rows of all tables go through the mapping together, target by target."""

    def __init__(self, source, columns, actions, rows):
        self.source, self.actions = source, actions or [None]
        self.columns = [c for c, _ in columns if c != "ActionType"]
        self.values = {c: sample(c, kind, rows) for c, kind in columns}
        self.by_action = {str(r["ActionType"]).lower(): r for r in reversed(rows) if r.get("ActionType")}
        self.must = {"Timestamp", "TimeGenerated", "ActionType"} | set.intersection(*[set(filled(r)) for r in rows])
        self.faults, self.lines, self.where = [], [], {c: set() for c in self.columns}

    def record(self, row):
        return {"time": "2026-03-04T05:06:07Z", "tenantId": "11111111-2222-3333-4444-555555555555",
                "category": "AdvancedHunting-" + self.source, "properties": row}

    def full(self, action):
        row = dict(self.values)
        if action:
            row["ActionType"] = action
            if "AdditionalFields" in row:
                row["AdditionalFields"] = self.by_action.get(action.lower(), {}).get("AdditionalFields") or "{\"Other\":\"x\"}"
        return row

    def least(self, action):
        return {k: v for k, v in self.full(action).items() if k in self.must}

    def whole_rows(self):
        return [self.record(self.full(a)) for a in self.actions]

    def take_whole(self, target, events):
        """Of every action the full row: its class and activity, and what stays in unmapped."""
        self.faults += [f"{target}: {a}: {e['status_detail']}" for a, e in zip(self.actions, events) if e["class_uid"] == 0]
        if target != TARGETS[0]:
            return
        self.first = {e["class_uid"]: (a, e) for a, e in reversed(list(zip(self.actions, events)))}
        for action, event in zip(self.actions, events):
            left = sorted(k for k in event.get("unmapped", {}) if k != "Other")
            self.lines.append(f"action\t{action or '(any)'}\t{event['class_uid']}/{event['activity_id']}\t{' '.join(left)}")

    def probes(self):
        """With one action of each class: the least row; and of each column the full row without it, the least with it."""
        for action, _ in self.first.values():
            row, least = self.full(action), self.least(action)
            yield least
            for column in self.columns:
                other = {column: altered(row[column])} if column in least else {}
                yield {**{k: v for k, v in row.items() if k != column}, **other}
                yield {**least, column: row[column]}

    def take_probes(self, events):
        for _, event in self.first.values():
            full, least = facts(event), facts(next(events))
            for column in self.columns:
                without, alone = next(events), next(events)
                self.where[column] |= places(full, facts(without))
                if alone["class_uid"]:
                    self.where[column] |= places(facts(alone), least)
        self.lines += [f"column\t{c}\t{' '.join(sorted(self.where[c])) or 'unmapped'}" for c in self.columns]

    def compare(self, write):
        path = os.path.join(here, "landings", self.source + ".tsv")
        if write:
            with open(path, "w", encoding="utf-8") as f:
                f.writelines(line + "\n" for line in self.lines)
        expected = open(path, encoding="utf-8").read().splitlines() if os.path.exists(path) else []
        self.faults += [f"is     {x}" for x in self.lines if x not in expected] + [f"not as {x}" for x in expected if x not in self.lines]


def map_all(program, tables):
    """What went wrong: a row was lost, or an event does not obey the schema."""
    for target in TARGETS:
        rows = [t.whole_rows() for t in tables]
        events, faults = run(program, target, [r for each in rows for r in each])
        if faults or len(events) != sum(map(len, rows)):
            return [f"{target}: {f}" for f in faults] + [f"{sum(map(len, rows))} rows became {len(events)} events"]
        stream = iter(events)
        for made, each in zip(tables, rows):
            made.take_whole(target, [next(stream) for _ in each])
    probes = [made.record(row) for made in tables for row in made.probes()]
    events, faults = run(program, TARGETS[0], probes)
    if faults or len(events) != len(probes):
        return faults + [f"{len(probes)} rows became {len(events)} events"]
    stream = iter(events)
    for made in tables:
        made.take_probes(stream)
    return []


def main():
    program, mappings, write = sys.argv[1], Mappings(sys.argv[2]), "--write" in sys.argv[3:]
    if not os.path.isdir(reference):
        print("1..1\nok 1 - landings # SKIP no reference in PORTCULLIS_SHARED or ../shared")
        return
    kinds, actions = table("hunting-schema.tsv", 2), table("action-types.tsv", 1)
    columns = {t: list(zip(names, kinds[t])) for t, names in table("hunting-schema.tsv", 1).items()}
    tables = [Table(s, columns[s], actions.get(s), mappings.rows[s]) for s in mappings.sources if s in columns]
    print(f"1..{len(tables) + 1}")
    os.makedirs(os.path.join(here, "landings"), exist_ok=True)
    lost = map_all(program, tables)
    for fault in lost[:20]:
        print("# " + fault[:400])
    print(f"{'not ok' if lost else 'ok'} 1 - every row is an event that obeys the schema, in every target")
    failed = bool(lost)
    for number, made in enumerate(tables if not lost else [], 2):
        made.compare(write)
        for fault in made.faults[:20]:
            print("# " + fault[:400])
        failed |= bool(made.faults)
        print(f"{'not ok' if made.faults else 'ok'} {number} - {made.source}: {len(made.columns)} columns, {len(made.actions)} actions")
    sys.exit(failed)


main()
