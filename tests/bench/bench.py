"""What the parts of `make bench` share: sizes, seeded data, turns on one core, medians, and the lines they print.

A part prints one line of JSON per figure: {"part", "figure", "ratio", "at_least" or "at_most" (the bound, if it has one), "holds", and what
the ratio is of}. A figure that falls short is a figure; a program that fails, or outputs that differ, end the part with exit 1."""
import argparse, json, os, pathlib, statistics, subprocess, sys

here = pathlib.Path(__file__).resolve().parent
MIB, MB = 1 << 20, 10**6
BUILD = pathlib.Path(os.environ.get("PORTCULLIS_BUILD") or here.parents[1] / "build").resolve()
FOLDER = BUILD / "bench"
PORTCULLIS, TWIN = BUILD / "portcullis", BUILD / "defender-twin"
TIMED, MAP, FETCH = (BUILD / "tests/bench" / name for name in ("timed", "bench_map", "bench_fetch"))
LEAN = ["--mappings", str(here / "mappings")]
PROCESSES = ["--table", "DeviceProcessEvents"]
# How much of the full data, and how many rounds.
SIZES = {"full": (1, 7), "short": (1 / 8, 5), "smoke": (1 / 128, 2)}


def fail(text):
    print(f"{pathlib.Path(sys.argv[0]).name}: {text}", file=sys.stderr)
    sys.exit(1)


def options(text, **more):
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--size", choices=SIZES, default="full")
    for name, how in more.items():
        parser.add_argument(f"--{name}", **how)
    chosen = parser.parse_args()
    chosen.share, chosen.rounds = SIZES[chosen.size]
    FOLDER.mkdir(exist_ok=True)
    return chosen


def cores():
    """The core that is measured, and the one for whoever serves it: the same if there is but one."""
    all_ = sorted(os.sched_getaffinity(0))
    return all_[-1], all_[0]


def pinned(argv, core=None):
    return ["taskset", "-c", str(cores()[0] if core is None else core), *map(str, argv)]


def data(name, megabytes, *how):
    """Rows from the twin, the same each time; made anew when the twin is newer."""
    path = FOLDER / f"{name}-{megabytes:g}.json"
    if not path.exists() or path.stat().st_mtime < TWIN.stat().st_mtime:
        part = path.with_suffix(".part")
        with open(part, "wb") as out:
            subprocess.run([TWIN, "generate", "--seed", "1", "--bytes", str(int(megabytes * MB)), *how], stdout=out, check=True)
        part.rename(path)
    return path


def figure(part, name, ratio, at_least=None, at_most=None, **of):
    bound = {"at_least": at_least} if at_least is not None else {"at_most": at_most} if at_most is not None else {}
    holds = {"holds": ratio >= at_least if at_least is not None else ratio <= at_most} if bound else {}
    print(json.dumps({"part": part, "figure": name, "ratio": round(ratio, 4), **bound, **holds, **of}), flush=True)


class Passes:
    """A program that goes over its data when told to (passes.h)."""

    def __init__(self, argv):
        self.argv = argv
        self.process = subprocess.Popen(pinned(argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            fail(f"{self.argv[0]} ended with {self.process.wait()}")
        return line

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.line())

    def end(self):
        self.process.stdin.close()
        if self.process.wait():
            fail(f"{' '.join(map(str, self.argv))} ended with {self.process.returncode}")


def take_turns(programs, rounds):
    """All programs warm, then `rounds` times each in turn: name -> list of passes."""
    running = {name: Passes(argv) for name, argv in programs.items()}
    for p in running.values():
        assert p.line() == "ready\n"
    passes = {name: [] for name in running}
    for _ in range(rounds):
        for name, p in running.items():
            passes[name].append(p.go())
    for p in running.values():
        p.end()
    return passes


def speed(one, clock="cpu_ns"):
    return one["bytes_in"] * 1000 / one[clock]


def median_speed(passes):
    return round(statistics.median(map(speed, passes)))


def ratio(ours, theirs, of=speed):
    """The median of the rounds' ratios: what slows one round slows both sides of it."""
    return statistics.median(of(a) / of(b) for a, b in zip(ours, theirs))


def timed(argv, out="/dev/null", core=None, environment=None):
    """One run of a program: wall and CPU seconds, peak memory."""
    done = subprocess.run(pinned([TIMED, out, *argv], core), capture_output=True, text=True, env={**os.environ, **(environment or {})})
    run = json.loads(done.stdout) if done.returncode == 0 else {"status": done.returncode}
    if run["status"] != 0:
        fail(f"{' '.join(map(str, argv))} ended with {run['status']}: {done.stderr[-500:]}")
    return run


def compiled_reader():
    """simdjson's reader, as fast as the compiler can make it on this machine."""
    program = FOLDER / "bench_read"
    sources = [here / "bench_read.cc", here / "passes.c", here / "passes.h"]
    if not program.exists() or any(s.stat().st_mtime > program.stat().st_mtime for s in sources):
        subprocess.run(["gcc", "-O3", "-march=native", "-c", here / "passes.c", "-o", FOLDER / "passes.o"], check=True)
        subprocess.run(["g++", "-O3", "-march=native", "-std=c++17", here / "bench_read.cc", FOLDER / "passes.o", "-o", program, "-lsimdjson"],
                       check=True)
    return program
