"""A row is the same row in whatever clothes it comes: members in another order, nothing as null, "" or absent, numbers as
text, an object as text, times with more digits, the device group that only streaming sends. Its metadata.uid must not
change; and a row that differs in AdditionalFields alone must be another. So for the fixtures, and for the rows of all examples of
hunting tables. Of the older APIs: an action read alone and in a
list, and a detection processed again, are one; a state or content that differs makes another.

    test_identity.py MAP_CORPUS LIST_MAPPINGS"""
import glob, json, os, random, subprocess, sys, tempfile

from test_coverage import Mappings

here = os.path.dirname(os.path.abspath(__file__))


def redress(rng, row, table):
    keys = [k for k in row if row[k] not in (None, "") or rng.random() < 0.5]
    if table != "DeviceInfo":
        keys = [k for k in keys if k != "MachineGroup"]
    rng.shuffle(keys)
    other = {k: row[k] for k in keys}
    for k, v in other.items():
        if isinstance(v, bool):
            other[k] = str(v).lower()
        elif isinstance(v, int) and rng.random() < 0.5:
            other[k] = str(v)
        elif k == "AdditionalFields" and isinstance(v, str) and v.startswith("{"):
            other[k] = json.loads(v)
        elif k == "Timestamp":
            other[k] = v.replace("Z", "0Z") if "." in v and len(v) < 28 else v
        elif v is None or v == "":
            other[k] = rng.choice((None, ""))
    return other


def uids(program, records):
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as f:
        f.writelines(json.dumps(r) + "\n" for r in records)
        f.flush()
        out = subprocess.run([program, "1.8.0", "mission", "-", f.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return [json.loads(x)["metadata"]["uid"] for x in out.splitlines()]


def first_of(source):
    document = json.loads(open(os.path.join(here, "cases", source + ".in.ndjson"), encoding="utf-8").readline())
    return document[0] if isinstance(document, list) else document["value"][0]


def renamed(row, old, new, value):
    return {new if k == old else k: value if k == old else v for k, v in row.items()}


def judge_older(program, number):
    """Pairs of rows that are one, and of rows that are two."""
    action, detection = first_of("machine_actions"), first_of("alerts_siem")
    later = "2026-03-05T00:00:00Z"
    same_time = action["lastUpdateTimeUtc"].replace("Z", "0Z")
    one = [(action, renamed(action, "lastUpdateTimeUtc", "lastUpdateDateTimeUtc", same_time)), (detection, {**detection, "LastProcessedTimeUtc": later})]
    two = [(action, {**action, "status": "Failed"}), (action, {**action, "lastUpdateTimeUtc": later}), (detection, {**detection, "FullId": "another"}), (detection, {**detection, "Severity": "Low"})]
    same = [len(set(uids(program, pair))) for pair in one]
    other = [len(set(uids(program, pair))) for pair in two]
    good = same == [1, 1] and other == [2, 2, 2, 2]
    print(f"{'ok' if good else 'not ok'} {number} - older APIs: {same}, {other}")
    return good


def judge_examples(program, mappings, rng, number):
    """The rows of every hunting table's examples, in other clothes."""
    tables = [s for s in mappings.sources if s[0].isupper()]
    plain = [(table, row) for table in tables for row in mappings.rows[table]]
    faults = []
    for _ in range(3):
        pairs = zip(uids(program, map(enveloped, plain)), uids(program, (enveloped((t, redress(rng, r, t))) for t, r in plain)))
        faults += [f"{t}: another row in other clothes: {json.dumps(r)[:160]}" for (a, b), (t, r) in zip(pairs, plain) if a != b]
    for fault in faults[:10]:
        print("# " + fault)
    print(f"{'not ok' if faults else 'ok'} {number} - {len(plain)} rows of {len(tables)} tables, 3 times in other clothes")
    return not faults


def enveloped(pair):
    return {"category": "AdvancedHunting-" + pair[0], "properties": pair[1]}


def main():
    program, mappings, rng = sys.argv[1], Mappings(sys.argv[2]), random.Random(20261122)
    paths = sorted(glob.glob(os.path.join(here, "cases", "Device*.in.ndjson")))
    print(f"1..{len(paths) + 2}")
    failed = not judge_older(program, len(paths) + 1)
    failed |= not judge_examples(program, mappings, rng, len(paths) + 2)
    for number, path in enumerate(paths, 1):
        table = os.path.basename(path).split(".")[0]
        records = [json.loads(x) for x in open(path, encoding="utf-8")]
        plain = uids(program, records)
        faults = [] if len(set(plain)) == len(records) else ["different rows share a uid"]
        for _ in range(5):
            again = uids(program, [{**r, "properties": redress(rng, r["properties"], table)} for r in records])
            faults += [f"row {i + 1} in other clothes is another row" for i, (a, b) in enumerate(zip(plain, again)) if a != b]
        more = uids(program, [{**r, "properties": {**r["properties"], "AdditionalFields": "{\"new\":1}"}} for r in records])
        # these have no AdditionalFields
        documented = table not in ("DeviceRegistryEvents", "DeviceImageLoadEvents", "DeviceNetworkInfo", "DeviceFileCertificateInfo")
        if documented and set(more) & set(plain):
            faults.append("a row with other AdditionalFields is taken for the same")
        for fault in faults[:10]:
            print("# " + fault)
        failed |= bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {table}: {len(records)} rows, 5 times in other clothes")
    sys.exit(failed)


main()
