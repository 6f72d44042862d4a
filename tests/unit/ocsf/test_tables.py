"""The committed tables are what tools/gen-ocsf-tables writes out of the schemas; skipped where these are not at hand."""
import os, subprocess, sys

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(root, "..", "shared")
cases = [("schema.json", "v1_8_0.inc"), ("schema-1.3.0.json", "v1_3_0.inc")]

failed = False
print(f"1..{len(cases)}")
for number, (schema, table) in enumerate(cases, 1):
    source = os.path.join(shared, "ocsf", schema)
    if not os.path.exists(source):
        print(f"ok {number} - {table} # SKIP no {schema} in PORTCULLIS_SHARED or ../shared/ocsf")
        continue
    written = subprocess.run([sys.executable, f"{root}/tools/gen-ocsf-tables", source], stdout=subprocess.PIPE, check=True).stdout
    committed = open(f"{root}/src/logic/ocsf/tables/{table}", "rb").read()
    print(f"{'ok' if written == committed else 'not ok'} {number} - {table} is what the tool writes")
    failed |= written != committed
sys.exit(failed)
