"""Rows of the twin's model as the streaming API exports them: the envelope around, real booleans, no sidecars of OData, the
device group on every device record, AdditionalFields as text or object, numbers as numbers, members in another order."""
import json, random, urllib.request


def streamed_value(rng, row, key):
    value = row[key]
    if f"{key}@odata.type" in row and str(value) in ("0", "1"):
        return str(value) == "1"
    if key == "AdditionalFields" and isinstance(value, str) and value.startswith("{") and rng.random() < 0.5:
        try:
            return json.loads(value)
        except ValueError:
            return value
    if key == "AdditionalFields" and isinstance(value, (dict, list)) and rng.random() < 0.5:
        return json.dumps(value)
    if value in ("", {}, []):
        return None
    return value


def record(rng, tenant_id, table, row):
    keys = [k for k in row if "@odata." not in k]
    rng.shuffle(keys)
    properties = {k: streamed_value(rng, row, k) for k in keys}
    if table.startswith("Device") and "MachineGroup" not in properties:
        properties["MachineGroup"] = rng.choice([None, "UnassignedGroup", "Tills"])
    return {"time": "2026-07-18T14:04:13.9516714Z", "tenantId": tenant_id, "operationName": "Publish",
            "category": "AdvancedHunting-" + (table if rng.random() < 0.9 else table.lower()),
            "_TimeReceivedBySvc": "2026-07-18T14:04:13.9140000Z", "properties": properties, "Tenant": "DefaultTenant"}


def rows_of(twin, tenant_id, table):
    """The model's rows of a table, each once."""
    with urllib.request.urlopen(f"{twin.url}/twin/rows?tenant={tenant_id}&feed={table}", timeout=60) as answer:
        lines = {json.dumps(json.loads(line), sort_keys=True) for line in answer}
    return [json.loads(line) for line in sorted(lines)]


def time_of(row):
    return row.get("Timestamp") or row.get("ActivityTimestamp") or ""


def records(twin, seed=1, tenants=None):
    """(tenant, table, time, record) of every row that streaming would export: tables without times are not streamed."""
    rng = random.Random(seed)
    for tenant in tenants or twin.tenants():
        for table in sorted(feed for feed in tenant["feeds"] if feed[0].isupper()):
            for row in rows_of(twin, tenant["tenant_id"], table):
                if time_of(row):
                    yield tenant["tenant_id"], table, time_of(row), record(rng, tenant["tenant_id"], table, row)


def blob_of(folder, tenant_id, table, time):
    """Where a storage account keeps the records of an hour."""
    year, month, day, hour = time[:4], time[5:7], time[8:10], time[11:13]
    return (folder / f"insights-logs-advancedhunting-{table.lower()}" / f"tenantId={tenant_id}" / f"y={year}" / f"m={month}"
            / f"d={day}" / f"h={hour}" / "m=00" / "PT1H.json")


def export(twin, folder, **how):
    """The storage account's layout below `folder`; how many records."""
    count = 0
    for tenant_id, table, time, one in records(twin, **how):
        blob = blob_of(folder, tenant_id, table, time)
        blob.parent.mkdir(parents=True, exist_ok=True)
        with open(blob, "a", encoding="utf-8") as file:
            file.write(json.dumps(one) + "\n")
        count += 1
    return count
