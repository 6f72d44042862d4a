#!/usr/bin/env python3
"""The whole program with the shipped mapping, from a file in the page cache to /dev/null: wall time beside `wc -l` of the same file, peak memory at
two sizes and for one long answer, a pipe as output, and two jobs beside two processes that share the work."""
import statistics, subprocess, time

from bench import FOLDER, MIB, PORTCULLIS, PROCESSES, cores, data, fail, figure, options, timed

PART, FULL_MB, SMALL_MB, ANSWER_MB = "whole", 272, 34, 50
MIX = ["--table", "mix", "--shape", "eventhub"]
OURS = [PORTCULLIS, "ocsf", "map"]


def beside_wc(o, path):
    runs = {"ours": [], "wc": [], "pipe": []}
    for n in range(o.rounds + 1):
        for name, argv, out in (("ours", [*OURS, path], "/dev/null"), ("wc", ["wc", "-l", path], "/dev/null"), ("pipe", [*OURS, path], "|")):
            run = timed(argv, out) if name != "pipe" else timed(argv, out, core=f"{cores()[1]},{cores()[0]}")
            if n > 0:
                runs[name].append(run)
    wall = {name: statistics.median(run["wall"] for run in of) for name, of in runs.items()}
    pairs = lambda a, b: statistics.median(x["wall"] / y["wall"] for x, y in zip(runs[a], runs[b]))
    size = path.stat().st_size
    figure(PART, "Event Hubs messages, file to /dev/null / wc -l (wall time)", pairs("ours", "wc"), at_most=3, seconds=round(wall["ours"], 4),
           peer_seconds=round(wall["wc"], 4), bytes_in=size, mb_s=round(size / 1e6 / wall["ours"]))
    figure(PART, "the same into a pipe / to /dev/null (wall time)", pairs("pipe", "ours"), seconds=round(wall["pipe"], 4))
    return max(run["peak_kib"] for run in runs["ours"])


def memory(o, peak_kib):
    small = data("events", SMALL_MB * o.share, *MIX)
    answer = data("answer", ANSWER_MB * o.share, *PROCESSES, "--shape", "graph")
    for name, kib in ((f"{FULL_MB * o.share:g} MB of messages", peak_kib),
                      (f"{SMALL_MB * o.share:g} MB of messages", timed([*OURS, small])["peak_kib"]),
                      (f"answers of {ANSWER_MB * o.share:g} MB", timed([*OURS, *PROCESSES, answer])["peak_kib"])):
        figure(PART, f"peak memory in MiB, {name}", kib * 1024 / MIB, at_most=16)


def wall_of(argvs):
    """All at once, until the last has ended."""
    began = time.monotonic()
    running = [subprocess.Popen([str(a) for a in argv], stdout=subprocess.DEVNULL) for argv in argvs]
    if any(p.wait() for p in running):
        fail(f"{' '.join(map(str, argvs[0]))} failed")
    return time.monotonic() - began


def halves(path):
    """The file cut in two at the end of a line."""
    content = path.read_bytes()
    middle = content.index(b"\n", len(content) // 2) + 1
    names = [FOLDER / f"half-{n}.json" for n in (1, 2)]
    for name, part in zip(names, (content[:middle], content[middle:])):
        name.write_bytes(part)
    return names


def jobs(o, path):
    """Work per second of one process with two jobs, of what two processes do."""
    both = [[*OURS, half] for half in halves(path)]
    runs = [(wall_of([[*OURS, "--jobs", "2", path]]), wall_of(both), wall_of([[*OURS, "--jobs", "1", path]])) for _ in range(o.rounds + 1)][1:]
    one, two, alone = (statistics.median(column) for column in zip(*runs))
    figure(PART, "two jobs / two processes", statistics.median(b / a for a, b, _ in runs), at_least=0.95, seconds=round(one, 4), peer_seconds=round(two, 4),
           note="" if len(set(cores())) == 2 else "this machine has one core")
    figure(PART, "two jobs / one job", statistics.median(c / a for a, _, c in runs), seconds=round(one, 4), peer_seconds=round(alone, 4))


def main():
    o = options(__doc__)
    path = data("events", FULL_MB * o.share, *MIX)
    memory(o, beside_wc(o, path))
    jobs(o, path)


main()
