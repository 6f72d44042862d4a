#!/usr/bin/env python3
"""Streaming records from files: the same rows by polling and by files are one row each, whichever came first; a second run adds
nothing; what is no record becomes a dead letter and its neighbours pass; killed in the middle and run again it is exact.

    files.py [PART…]      the parts are the functions below"""
import gzip, json, os, pathlib, random, re, signal, sqlite3, subprocess, sys, tempfile, time

from harness import PATIENCE, PORTCULLIS, Installation, Tap, Twin
import streaming

tap = Tap()
KILL_POINTS = ["page.staged", "commit.before_append", "log.before_sync", "log.synced", "commit.appended", "commit.before_store", "commit.stored",
               "lake.before_write", "lake.renamed", "lake.before_store"]


def summary(done):
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def counts(done):
    s = summary(done)
    return {k: s.get(k) for k in ("records", "new", "known", "dead", "failed")}


def is_equal(i, twin, name):
    check = i.verify(twin)
    print("# " + (check.stdout.strip().splitlines() or ["nothing"])[-1])
    i.keep |= not tap.case(check.returncode == 0, name, check.stdout + check.stderr)


def import_all(i, *paths, name, new, known=0, exit_code=0, dead=0, words=()):
    done = i.run("pull", "--from-files", *paths, *words, "--json")
    got, want = counts(done), {"records": new + known + dead, "new": new, "known": known, "dead": dead, "failed": 0}
    tap.case(done.returncode == exit_code and got == want, f"{name}: {want}", f"exit {done.returncode}: {got}\n{done.stdout[-600:]}{done.stderr[-1500:]}")
    return done


def forget_fingerprints(i):
    """As if long done with: the hours' fingerprints are gone, log and lake have to tell."""
    with sqlite3.connect(i.folder / "data/store.db") as store:
        store.execute("PRAGMA foreign_keys=ON")
        store.execute("DELETE FROM run")
        store.execute("DELETE FROM bucket")


def both_ways():
    """Files first, then polling; polling first, then files; all tables that the twin has."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with Twin("--tenants", 1, "--scenario", "calm") as plain:
            feeds = [f for f in plain.tenants()[0]["feeds"] if f[0].isupper()]
        scenario = folder / "every-table.yaml"
        scenario.write_text("name: every-table\ntenants: 2\nhistory: 3h\nhistory_rate: 1\nhunting_per_minute: 100000\nalerts_before: 2\nrows_per_second:\n"
                            + "".join(f"  {feed}: 0.02\n" for feed in feeds))
        with Twin("--tenants", 2, "--scenario", scenario) as twin:
            twin.freeze()
            count = streaming.export(twin, folder / "blobs")
            print(f"# {count} records of {len(feeds)} tables")
            with Installation(twin) as i:
                i.add_tenants(twin)
                import_all(i, folder / "blobs", name="files first", new=count)
                import_all(i, folder / "blobs", name="again", new=0, known=count)
                before = lake_events(i)
                done = i.run("pull", "--sweep")
                tap.case(done.returncode == 0, "then polling, and all count sweeps", done.stdout + done.stderr)
                more = lake_events(i) - before
                streamed = [line for line in more if line[0] in {t for t in feeds} and line[2]]
                tap.case(not streamed, "polling adds no row that files had brought", sorted(streamed)[:10])
                is_equal(i, twin, "lake and model are equal")
                forget_fingerprints(i)
                import_all(i, folder / "blobs", name="without fingerprints, from log and lake", new=0, known=count)
            with Installation(twin) as i:
                i.add_tenants(twin)
                done = i.run("pull", "--sweep")
                tap.case(done.returncode == 0, "polling first", done.stdout + done.stderr)
                import_all(i, folder / "blobs", name="then files", new=0, known=count)
                is_equal(i, twin, "lake and model are equal")


def lake_events(i):
    """(source, uid, has a time of its own) of every event in the lake."""
    files = [str(f) for f in i.lake().glob("class=*/**/*.zst")]
    if not files:
        return set()
    text = subprocess.run(["zstdcat", *files], capture_output=True, text=True, check=True).stdout
    events = map(json.loads, text.splitlines())
    return {(e["metadata"]["log_name"], e["metadata"]["uid"], "original_time" in e["metadata"]) for e in events}


def shapes():
    """Event Hubs messages in every wrapping, and everything that can be wrong with a record."""
    with Twin("--tenants", 2, "--scenario", "calm") as twin, Installation(twin) as i:
        i.add_tenants(twin, 1)
        twin.freeze()
        ours, theirs = [t["tenant_id"] for t in twin.tenants()]
        all_records = [r for tenant, _, _, r in streaming.records(twin, seed=2) if tenant == ours]
        foreign = next(r for tenant, _, _, r in streaming.records(twin, seed=2) if tenant == theirs)
        random.Random(3).shuffle(all_records)
        folder = i.folder / "hub"
        folder.mkdir()
        part = len(all_records) // 5
        parts = [all_records[n * part:(n + 1) * part] for n in range(5)]
        whole = lambda rs: json.dumps({"records": rs})
        (folder / "1.json").write_text(whole(parts[0]))
        (folder / "2.json").write_text("\n".join(whole(parts[1][n:n + 50]) for n in range(0, part, 50)))
        (folder / "3.json").write_text(json.dumps([{"records": parts[2][n:n + 50]} for n in range(0, part, 50)], indent=1))
        (folder / "4.json.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, parts[3])).encode()))
        packed = subprocess.run(["zstd", "-c"], input=json.dumps(parts[4]).encode(), capture_output=True, check=True).stdout
        (folder / "5.zst").write_bytes(packed)
        (folder / "README.txt").write_text("no records")
        done = import_all(i, folder, name="messages of every wrapping", new=5 * part)
        tap.case(summary(done).get("skipped_files") == 1 and summary(done).get("dead_letters") is None, "other files in a folder are passed over", done.stdout)

        good = all_records[0]
        bad = folder / "bad.ndjson"
        lines = [json.dumps(good), "nonsense", json.dumps(foreign), json.dumps({**good, "category": "AdvancedHunting-NoSuchTable"}),
                 json.dumps({**good, "properties": {**good["properties"], "Timestamp": "yesterday"}}), json.dumps({**good, "tenantId": "contoso"}),
                 json.dumps({"a": 1}), "[7]", json.dumps(all_records[1]), json.dumps(all_records[2])[:-40]]
        bad.write_text("\n".join(lines))
        done = import_all(i, bad, name="what is no record of ours is a dead letter", new=0, known=2, dead=8, exit_code=3)
        letters = [json.loads(line) for line in open(summary(done)["dead_letters"], encoding="utf-8")]
        text = bad.read_bytes()
        placed = all(x["file"] == str(bad) and text[x["byte"]:x["byte"] + 4].decode() == x["record"][:4] for x in letters if x["record"][:1] == "{" and "unterminated" not in x["reason"])
        words = ["a value was expected", "not known here", "no table known", "no time", "no GUID", "no category", "not an object", "unterminated"]
        tap.case(len(letters) == 8 and placed and all(any(w in x["reason"] for x in letters) for w in words), "each with file, byte and reason",
                 "\n".join(json.dumps(x)[:200] for x in letters))
        bad.write_text("\n".join([lines[0], lines[8], json.dumps(all_records[2])]))
        done = import_all(i, bad, name="once mended, the same file leaves none", new=0, known=3)
        tap.case(not list((i.folder / "data/dead").glob("from-files*")), "and the letters of the run before are gone", done.stdout)

        (folder / "broken.json").symlink_to(folder / "nowhere")
        done = i.run("pull", "--from-files", folder, "--json")
        tap.case(done.returncode == 3 and summary(done)["failed_files"] == 1 and counts(done)["known"] == 5 * part + 3 and "broken.json" in
                 summary(done)["first_error"], "a file that cannot be read keeps no other from being read", done.stdout[-900:] + done.stderr)
        done = i.run("pull", "--from-files", folder / "nowhere.json", folder / "broken.json")
        tap.case(done.returncode == 2 and "sys.not_found" in done.stderr, "if none can be, that is the error", done.stdout + done.stderr)
        (folder / "broken.json").unlink()

        (folder / "cut.json.gz").write_bytes(gzip.compress(json.dumps(good).encode() * 3)[:-9])
        done = i.run("pull", "--from-files", folder / "cut.json.gz", "--json")
        tap.case(done.returncode == 3 and counts(done)["known"] >= 2 and counts(done)["dead"] >= 1, "a file cut short in the middle gives what it has", done.stdout)

        i.run("tenant", "add", theirs, "--org", "Customer", "--name", "second", "--client-id", twin.tenants()[1]["client_id"], "--secret-file", "-",
              stdin=twin.tenants()[1]["client_secret"])
        bad.write_text("\n".join([lines[0], lines[2]]))
        import_all(i, bad, name="--tenant: others' records are dead letters", new=1, dead=1, exit_code=3, words=("--tenant", theirs))
        for words in (["--from-files"], ["--from-files", folder, "--feed", "DeviceInfo"], ["--from-files", folder, "--sweep"]):
            done = i.run("pull", *words)
            tap.case(done.returncode == 2 and "api.bad_parameter" in done.stderr, "pull " + " ".join(map(str, words)) + " is a usage error", done.stderr)
        done = i.run("pull", "--from-files", folder / "nowhere")
        tap.case(done.returncode == 2 and "sys.not_found" in done.stderr, "a path that is not there is named", done.stderr)


def beside_the_service():
    """Inside a running service that polls the same tables at the same time."""
    with Twin("--tenants", 3, "--scenario", "calm") as twin, Installation(twin, **{"interval.hunting": "1s", "lookback.hunting": "4d"}) as i:
        i.add_tenants(twin)
        twin.freeze()
        count = streaming.export(twin, i.folder / "blobs")
        service = i.serve()
        tap.case(i.wait_until_served(service), "the service runs", (i.folder / "serve.log").read_text())
        os.chdir(i.folder)
        time.sleep(1)
        done = i.run("pull", "--from-files", "blobs", "--json")
        got = counts(done)
        tap.case(done.returncode == 0 and got["records"] == count == got["new"] + got["known"], f"imported while it polls: {got}", done.stdout + done.stderr)
        done = i.run("pull", "--from-files", "blobs", "--json")
        tap.case(counts(done)["new"] == 0 and counts(done)["known"] == count, "again: nothing new", done.stdout + done.stderr)
        os.chdir("/")
        service.terminate()
        tap.case(service.wait(PATIENCE) == 0, "the service ends cleanly", (i.folder / "serve.log").read_text())
        done = i.run("pull", "--sweep")
        tap.case(done.returncode == 0, "all sweeps agree", done.stdout + done.stderr)
        is_equal(i, twin, "lake and model are equal")


def killed():
    """SIGKILL at named points and at random moments in the middle of an import."""
    with Twin("--tenants", 3, "--scenario", "calm") as twin, Installation(twin) as i:
        i.add_tenants(twin)
        twin.freeze()
        count = streaming.export(twin, i.folder / "blobs")
        rng, died, took = random.Random(4), 0, 0.3
        words = [PORTCULLIS, "pull", "--from-files", i.folder / "blobs", "--config", i.config]
        for number in range(int(os.environ.get("KILLS", 24))):
            point = KILL_POINTS[number % len(KILL_POINTS)] if number % 3 else None
            env = {**os.environ, **({"PORTCULLIS_KILL_AT": f"{point}:{rng.choice([1, 2, 5])}"} if point else {})}
            began = time.monotonic()
            run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
            if not point:
                time.sleep(rng.uniform(0.01, took))
                run.kill()
            if run.wait() == -signal.SIGKILL:
                died += 1
            else:
                took = min(took, time.monotonic() - began)  # so long it takes now: the next random kill comes within
        tap.case(died >= 5, f"killed {died} times in the middle")
        done = i.run("pull", "--from-files", i.folder / "blobs", "--json")
        tap.case(done.returncode == 0 and counts(done)["records"] == count, f"the last run is whole: {counts(done)}", done.stdout + done.stderr)
        done = i.run("pull", "--sweep")
        tap.case(done.returncode == 0, "polling and sweeps agree", done.stdout + done.stderr)
        is_equal(i, twin, "lake and model are equal, nothing twice")


def peak_mib(pid):
    """The most memory that a process has held so far; 0: it is gone."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    told = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(told[1]) // 1024 if told else 0


def large():
    """A file larger than all that may be held."""
    with Twin("--tenants", 1, "--scenario", "calm") as twin, Installation(twin) as i:
        i.add_tenants(twin)
        twin.freeze()
        lines = "".join(json.dumps(r) + "\n" for _, _, _, r in streaming.records(twin))
        times = 600_000_000 // len(lines) + 1  # several seconds of work: progress is told once a second
        with open(i.folder / "large.json", "w", encoding="utf-8") as file:
            for _ in range(times):
                file.write(lines)
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as err_file:
            run = subprocess.Popen([PORTCULLIS, "pull", "--from-files", i.folder / "large.json", "--config", i.config, "--json"],
                                   stdout=told, stderr=err_file, text=True)
            peak = 0  # of this program alone: what wait4 tells has the fork of this large Python in it
            while run.poll() is None:
                peak = max(peak, peak_mib(run.pid))
                time.sleep(0.01)
            told.seek(0), err_file.seek(0)
            out, err = told.read(), err_file.read()
        print(f"# {len(lines) * times >> 20} MiB in {time.monotonic() - began:.1f} s, at most {peak} MiB of memory")
        rows = lines.count("\n")
        tap.case(run.returncode == 0 and json.loads(out)["new"] == rows and json.loads(out)["known"] == rows * (times - 1), "each row once", out[-500:] + err)
        tap.case("from files: 1 files," in err, "progress is told", err)
        if "Sanitizer" not in os.environ.get("PORTCULLIS_BUILD", "") and not os.environ.get("ASAN_OPTIONS"):
            tap.case(peak < 160, f"at most 160 MiB of memory: {peak}")


PARTS = [both_ways, shapes, beside_the_service, killed, large]

with tap:
    for part in PARTS:
        if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
            part()
