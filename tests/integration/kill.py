#!/usr/bin/env python3
"""Kills the service with SIGKILL again and again, most times at a named point while a transfer or a commit is in flight, with
late rows, repeated pages and throttling from the twin; afterwards lake and model must be equal as sets, nothing twice.

    kill.py [--kills N] [--named M]
"""
import argparse, random, signal, time

from harness import Installation, Tap, Twin

# The names given to KILL_POINT in the code, each reached while a transfer or a commit is in flight.
POINTS = ["spool.written", "page.spooled", "page.staged", "commit.before_append", "log.before_sync", "log.synced", "commit.appended",
          "commit.before_store", "commit.stored", "lake.before_write", "lake.written", "lake.renamed", "lake.before_store", "lake.named"]

arguments = argparse.ArgumentParser()
arguments.add_argument("--kills", type=int, default=200)
arguments.add_argument("--named", type=int, default=160)
arguments.add_argument("--seed", type=int, default=1)
options = arguments.parse_args()
rng = random.Random(options.seed)

SETTINGS = {"lake.fold_after": "1s", "interval.alerts": "1s", "interval.hunting": "1s", "interval.machines": "1s",
            "lookback.hunting": "4d", "lookback.alerts": "4d"}


def one_kill(installation, point, nth, patience):
    """Starts the service with a point to die at (or none: dies at a random moment). True: it died at the point."""
    service = installation.serve({"PORTCULLIS_KILL_AT": f"{point}:{nth}"} if point else None)
    until = time.monotonic() + (patience if point else rng.uniform(0.05, 1.2))
    while service.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    died_there = point is not None and service.poll() == -signal.SIGKILL
    if service.poll() is None:
        service.kill()
    status = service.wait()
    return died_there, status


with Tap() as tap, Twin("--tenants", 4, "--scenario", "rough", "--seed", options.seed) as twin, \
        Installation(twin, **SETTINGS) as installation:
    installation.add_tenants(twin)
    named, by_point, bad, patience = 0, {}, [], 8
    wanted = options.kills * 3 // 4
    for number in range(options.kills * 2):
        if number >= options.kills and named >= wanted:
            break  # on a slow machine more tries are needed, and longer ones
        wants_named = named < options.named
        point = POINTS[number % len(POINTS)] if wants_named else None
        died, status = one_kill(installation, point, rng.choice([1, 1, 1, 2]), patience)
        patience = min(30, patience + 4) if point and not died else 8
        if died:
            named += 1
            by_point[point] = by_point.get(point, 0) + 1
        if status != -signal.SIGKILL:
            bad.append((number, point, status))
    tap.case(not bad, "the service never ended by itself", f"{bad[:5]}\n" + (installation.folder / "serve.log").read_text()[-3000:])
    print(f"# {number} kills, {named} at named points: {by_point}")
    tap.case(named >= wanted, f"{named} kills at named points in flight (at least {wanted})", by_point)
    twin.ask("/twin/faults", "POST", b"")
    twin.freeze()
    done = installation.run("pull", "--sweep", timeout=600)
    tap.case(done.returncode == 0, "after all that, a pull with all sweeps completes", done.stdout + done.stderr)
    check = installation.verify(twin)
    print("# " + (check.stdout.strip().splitlines() or ["nothing"])[-1])
    installation.keep = not tap.case(check.returncode == 0, "lake and model are equal, nothing twice", check.stdout + check.stderr)
