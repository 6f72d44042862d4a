#!/usr/bin/env python3
"""ocsf map says the same however it reads: with any number of jobs, at every level of SIMD, from a file, through a pipe in pieces; whole
input and damaged input alike. Every dead letter names the line and byte where the damage is."""
import json, os, random, subprocess, tempfile, threading

from harness import PORTCULLIS, TWIN, Tap

BYTES = 2_000_000
tap = Tap()
random.seed(11)


def made(*words):
    return subprocess.run([TWIN, "generate", "--bytes", str(BYTES), "--seed", "5", *words], stdout=subprocess.PIPE, check=True).stdout


def damaged(lines):
    """Some lines lose their end, a quote, or get a control character; the last is cut."""
    out = lines.split(b"\n")
    for at in random.sample(range(len(out) - 2), 8):
        line = bytearray(out[at])
        where = random.randrange(20, len(line) - 20)
        kind = random.randrange(4)
        if kind == 0:
            del line[where:]
        elif kind == 1:
            del line[line.index(b'"', where)]
        elif kind == 2:
            line[where] = 1
        else:
            line[where:where] = b"\xff"
        out[at] = bytes(line)
    return b"\n".join(out)[:-300]


def inputs():
    rows, records = made("--table", "DeviceProcessEvents"), made("--table", "mix", "--shape", "records")
    hub = made("--table", "mix", "--shape", "eventhub")
    answers = made("--table", "DeviceProcessEvents", "--shape", "graph")
    yield "rows", b"\xef\xbb\xbf" + rows
    yield "records, mixed", records
    yield "messages", hub
    yield "answers", answers
    yield "one large message", b'{"records":[' + b",\n ".join(records.strip().split(b"\n")) + b"]}"
    yield "an answer over many lines", json.dumps(json.loads(answers.split(b"\n")[0]), indent=1).encode()
    yield "damaged rows", damaged(rows)
    yield "damaged messages", damaged(hub.replace(b'},{"time"', b'},\n{"time"'))
    yield "an answer that is cut", answers[:BYTES // 2]


def run(path, *words, level=None, piped=None):
    """Standard output, dead letters and counts."""
    env = dict(os.environ, **({"PORTCULLIS_SIMD": level} if level else {}))
    command = [PORTCULLIS, "ocsf", "map", "--table", "DeviceProcessEvents", *words]
    with tempfile.NamedTemporaryFile() as dead:
        process = subprocess.Popen([*command, "--dead-letter", dead.name, "-" if piped else path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

        def feed():
            with open(path, "rb") as f:
                while piece := f.read(random.randrange(1, piped)):
                    process.stdin.write(piece)
                    process.stdin.flush()
            process.stdin.close()

        feeder = threading.Thread(target=feed if piped else process.stdin.close)
        feeder.start()
        out = process.stdout.read()
        feeder.join()
        process.wait()
        letters = [json.loads(line) for line in open(dead.name)]
    for letter in letters:
        del letter["file"]
    return out, letters


def points_there(text, letters):
    """A letter's byte is on its line."""
    return all(text.count(b"\n", 0, letter["byte"]) + 1 == letter["line"] for letter in letters)


with tap:
    for name, text in inputs():
        with tempfile.NamedTemporaryFile() as f:
            f.write(text)
            f.flush()
            want = run(f.name)
            print(f"# {name}: {len(text)} bytes, {want[0].count(10)} events, {len(want[1])} dead letters")
            others = {f"{jobs} jobs": run(f.name, "--jobs", str(jobs)) for jobs in (2, 3)}
            others |= {level: run(f.name, level=level) for level in ("avx2", "sse4.2", "scalar")}
            others["a pipe"] = run(f.name, piped=100_000)
            others["a pipe in small pieces, 2 jobs"] = run(f.name, "--jobs", "2", piped=5_000)
        wrong = [other for other, got in others.items() if got != want]
        is_right = want[0].count(10) > 100 and points_there(text, want[1]) and ("damage" not in name) == (len(want[1]) < 2)
        tap.case(not wrong and is_right, name, f"others: {wrong}; letters: {[(x['reason'], x['byte'], x['line']) for x in want[1]]}")
