#!/usr/bin/env python3
"""Every command of a story in docs/ is run, in order, in a new folder, and prints what the page shows: `Save as FILE:` and `Append to
FILE:` before a block write it, blocks marked `console` hold commands behind `$ ` and their output.

    story.py PORTCULLIS PAGE [--write]    --write: the page gets the output as it is"""
import os, pathlib, re, subprocess, sys, tempfile

portcullis, page = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
count = failed = 0


def case(good, name, detail=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        print("\n".join("# " + line for line in str(detail).splitlines()[:20]))


def run(command, folder):
    done = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          env={**os.environ, "PATH": f"{portcullis.parent}:{os.environ['PATH']}"})
    return done.stdout.splitlines()


def play(block, folder):
    """The block with the output there is."""
    out, lines = [], block.splitlines()
    for at, line in enumerate(lines):
        if not line.startswith("$ "):
            continue
        end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith("$ ")), len(lines))
        printed = run(line[2:], folder)
        shown = [text.rstrip() for text in lines[at + 1:end]]
        case([text.rstrip() for text in printed] == shown, line[2:], "\n".join(["shown:", *shown, "printed:", *printed]))
        out += [line, *printed]
    return "".join(text.rstrip() + "\n" for text in out)


text = page.read_text()
with tempfile.TemporaryDirectory() as folder:
    written, at = "", 0
    for block in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        before = text[at:block.start()].rstrip()
        named = re.search(r"(Save as|Append to) `([^`]+)`:$", before)
        body = block[2]
        if named:
            file = pathlib.Path(folder) / named[2]
            file.parent.mkdir(parents=True, exist_ok=True)
            with open(file, "w" if named[1] == "Save as" else "a") as out:
                out.write(body)
        elif block[1] == "console":
            body = play(body, folder)
        written += text[at:block.start()] + f"```{block[1]}\n{body}```"
        at = block.end()
    if "--write" in sys.argv:
        page.write_text(written + text[at:])
print(f"1..{count}")
sys.exit(1 if failed and "--write" not in sys.argv else 0)
