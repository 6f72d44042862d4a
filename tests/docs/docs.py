#!/usr/bin/env python3
"""docs/ tells the truth: pages made from tables match the tables, links lead somewhere, the README's commands exist."""
import pathlib, re, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parents[2]
gen_docs = sys.argv[1]
count = failed = 0


def case(good, name, detail=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        print("\n".join("# " + line for line in str(detail).splitlines()[:20]))


done = subprocess.run([gen_docs, "check"], capture_output=True, text=True)
case(done.returncode == 0, "error codes are complete and one of a kind", done.stderr)
for page in ("errors", "microsoft-errors", "settings", "policy-words", "roles"):
    text = subprocess.run([gen_docs, page], capture_output=True, text=True).stdout
    file = root / "docs" / f"{page}.md"
    case(file.exists() and file.read_text() == text, f"docs/{page}.md is what the tables say (make docs)")
tables = subprocess.run([root / "tools/gen-tables", *sys.argv[2:4]], capture_output=True, text=True)
case(tables.returncode == 0 and (root / "docs/tables.md").read_text() == tables.stdout,
     "docs/tables.md is what the mapping files say (make docs)", tables.stderr)
# The built-in policy stands in docs/policy.md word for word, and so do the policies that are shown: each is checked and its examples run.
shown = re.findall(r"```yaml\n(policy: 1\n.*?)```", (root / "docs/policy.md").read_text(), re.S)
for number, text in enumerate(shown, 1):
    with tempfile.TemporaryDirectory() as folder:
        for name in re.findall(r"file: (\S+\.txt)", text):
            (pathlib.Path(folder) / name).write_text("203.0.113.0/24\n")
        own = pathlib.Path(folder) / "own.yaml"
        own.write_text(text)
        done = subprocess.run([sys.argv[2], "policy", "test", own], capture_output=True, text=True)
    case(done.returncode == 0 and not done.stdout.startswith("0 "), f"policy {number} of docs/policy.md is right and keeps its examples",
         done.stdout + done.stderr)
case(len(shown) >= 2, "docs/policy.md shows policies")
for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in link]
    broken = [link for link in links if not (page.parent / link).exists()]
    case(not broken, f"links of {page.relative_to(root)} lead somewhere", broken)
print(f"1..{count}")
sys.exit(1 if failed else 0)
