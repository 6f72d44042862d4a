#!/usr/bin/env python3
"""Ten thousand tenants in the store of a running service: seconds of `tenant list`, of the API's first page of tenants, of `readiness` over all of them,
each at most half a second. Their end-points refuse every connection, so the service has calls that fail beside it."""
import json, shutil, statistics, subprocess, time, urllib.request
from bench import BUILD, FOLDER, PORTCULLIS, fail, figure, options

chosen = options(__doc__)
TENANTS = max(200, int(10_000 * chosen.share))
folder = FOLDER / "tenants"
shutil.rmtree(folder, ignore_errors=True)
subprocess.run([PORTCULLIS, "init", folder], check=True, capture_output=True)
config = folder / "portcullis.yaml"
with open(config, "a") as out:
    out.write("listen: 127.0.0.1:0\ninterval:\n  alerts: 1h\n  hunting: 1h\n  machines: 1h\ncloud:\n" + "".join(f"  {name}_url: http://127.0.0.1:9\n" for name in ("login", "graph", "endpoint")))
subprocess.run([BUILD / "tests/bench/fill_tenants", config, str(TENANTS)], check=True)
log = open(folder / "serve.log", "w+")
began = time.monotonic()
service = subprocess.Popen([PORTCULLIS, "serve", "--config", config], stdout=log, stderr=log)


def command(*words):
    done = subprocess.run([PORTCULLIS, *words, "--json", "--config", config], capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        fail(done.stderr)
    return json.loads(done.stdout)


def timed(ask, rounds=5):
    times = []
    for _ in range(rounds):
        start = time.monotonic()
        answer = ask()
        times.append(time.monotonic() - start)
    return times, answer


def page(url, token):
    request = urllib.request.Request(url + "/api/v1/tenants", headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


try:
    while "listening on " not in (folder / "serve.log").read_text():
        if service.poll() is not None or time.monotonic() - began > 300:
            fail((folder / "serve.log").read_text())
        time.sleep(0.1)
    while not (folder / "data/serve.sock").exists():
        time.sleep(0.1)
    started = time.monotonic() - began
    url = (folder / "serve.log").read_text().split("listening on ")[1].split()[0]
    token = command("token", "add", "bench", "--expires", "8h", "--role", "owner")["token"]
    time.sleep(5 if chosen.size == "smoke" else 40)  # the first call of each has failed
    for name, ask, member in (("tenant list", lambda: command("tenant", "list"), "tenants"), ("readiness", lambda: command("readiness"), "tenants"),
                              ("the API's first page", lambda: page(url, token), "tenants")):
        times, answer = timed(ask)
        expected = 100 if "page" in name else TENANTS
        if len(answer[member]) != expected:
            fail(f"{name}: {len(answer[member])} of {expected}")
        figure("tenants", f"seconds of {name}, {TENANTS} tenants", statistics.median(times), at_most=0.5, tenants=TENANTS, started_in_seconds=round(started, 1),
               seconds=[round(t, 3) for t in times])
finally:
    service.terminate()
    service.wait(60)
shutil.rmtree(folder)
