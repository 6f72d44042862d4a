"""Every column that a table is documented to have is named by its mapping or a fragment of it: mapped, or left to unmapped on
purpose; and every documented table has a mapping, or docs/mapping.md says why it has none. Skipped where the table reference is
not at hand."""
import glob, os, re, sys

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..")
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(root, "..", "shared")
reference = os.path.join(shared, "reference", "hunting-schema.tsv")


def text_of(path, seen):
    """A mapping file and all fragments it uses, without comments and examples."""
    if path in seen:
        return ""
    seen.add(path)
    text = re.sub(r"(?m)(^| )#.*$", "", open(path, encoding="utf-8").read()).split("\nexamples:")[0]
    for use in re.findall(r"\$use: (\[[^\]]*\]|\w+)", text):
        for name in re.findall(r"\w+", use):
            text += text_of(f"{root}/mappings/common/{name}.yaml", seen)
    return text


mappings = {os.path.basename(p)[:-5]: p for p in glob.glob(f"{root}/mappings/[A-Z]*.yaml")}  # the others are no hunting tables
print(f"1..{len(mappings) + 1}")
failed = False
for number, (table, path) in enumerate(sorted(mappings.items()), 1):
    if not os.path.exists(reference):
        print(f"ok {number} - {table} # SKIP no hunting-schema.tsv in PORTCULLIS_SHARED or ../shared/reference")
        continue
    words = set(re.findall(r"\w+", text_of(path, set())))
    columns = [c for t, c, *_ in (line.split("\t") for line in open(reference, encoding="utf-8")) if t == table]
    missing = [c for c in columns if c not in words]
    if missing or not columns:
        print(f"# {table} does not name {', '.join(missing) or 'any column'}")
    failed |= bool(missing) or not columns
    print(f"{'not ok' if missing or not columns else 'ok'} {number} - {table}: {len(columns)} columns")
number = len(mappings) + 1
if not os.path.exists(reference):
    print(f"ok {number} - tables # SKIP no hunting-schema.tsv in PORTCULLIS_SHARED or ../shared/reference")
    sys.exit(failed)
section = open(f"{root}/docs/mapping.md", encoding="utf-8").read().split("Hunting tables without a file")[1].split("\n## ")[0]
excused = set(re.findall(r"`(\w+)`", "\n".join(line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `"))))
tables = {line.split("\t")[0] for line in list(open(reference, encoding="utf-8"))[1:]}
faults = [f"{t} has neither a mapping nor an excuse in docs/mapping.md" for t in sorted(tables - set(mappings) - excused)]
faults += [f"{t} has a mapping, and docs/mapping.md says that it has none" for t in sorted(excused & set(mappings))]
faults += [f"docs/mapping.md excuses {t}, which is no table" for t in sorted(excused - tables)]
print("".join(f"# {f}\n" for f in faults) + f"{'not ok' if faults else 'ok'} {number} - {len(tables)} tables, {len(excused)} excused")
sys.exit(failed or bool(faults))
