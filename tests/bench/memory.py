#!/usr/bin/env python3
"""What an answer of 100 MB adds to the resident memory of a running service, end to end: fetch, spool, inflate, split, log,
commit, fold into the lake.

A real `portcullis serve` is taken cold (it has had no row yet) or is warmed by an answer of 10 MB that goes the whole way. Then its peak is
cleared (clear_refs), its resident memory remembered, and the large answer given; once its rows are committed and its events are in the lake, what was added is VmHWM less the
remembered VmRSS. All three are the service's own, out of /proc (the rusage of a child counts its parent's pages at the fork).

Two answers, each cold and warm, in a service of its own: 1,000 alerts of 100 KB; one page of 40,000 hunting rows. Their text packs
to a bit over a quarter of its size. `--warm N` warms by N bytes instead, `--state` and `--only` choose. Prints one JSON line."""
import argparse, base64, datetime, gzip, http.server, json, pathlib, random, re, subprocess, sys, threading, time, urllib.parse, zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Installation

TENANT, CLIENT = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555"
LIMIT, ANSWER, WARM = 8 << 20, 100_000_000, 10_000_000
WHEN = "the time of the row, told when asked"
ROLES = ["SecurityAlert.Read.All", "SecurityIncident.Read.All", "ThreatHunting.Read.All", "Machine.Read.All"]
WORDS = """powershell.exe -NoProfile -ExecutionPolicy Bypass suspicious process launched encoded command remote session lateral movement
credential access svchost.exe rundll32.exe C:\\\\Windows\\\\System32 C:\\\\Users\\\\public registry persistence scheduled task beacon outbound
connection detected blocked quarantined user device network file hash signature unsigned binary domain controller""".split()


def words(rng, size):
    """Sentences with a token no two of them share in between, as command lines and paths have."""
    parts, n = [], 0
    while n < size:
        part = " ".join(rng.choices(WORDS, k=12)) + f" {rng.getrandbits(96):024x} "
        parts.append(part)
        n += len(part)
    return "".join(parts)[:size].rstrip("\\ ")


def evidence(rng):
    return {"@odata.type": "#microsoft.graph.security.processEvidence", "createdDateTime": "2026-11-20T10:00:00Z", "verdict": "suspicious",
            "remediationStatus": "none", "processId": rng.randrange(1 << 16), "parentProcessId": rng.randrange(1 << 16), "roles": [],
            "processCommandLine": words(rng, 600), "mdeDeviceId": f"{rng.getrandbits(160):040x}", "detectionStatus": "detected",
            "imageFile": {"sha1": f"{rng.getrandbits(160):040x}", "sha256": f"{rng.getrandbits(256):064x}", "fileName": "powershell.exe",
                          "filePath": "C:\\Windows\\System32", "fileSize": rng.randrange(1 << 20), "filePublisher": "Microsoft"},
            "userAccount": {"accountName": f"user{rng.randrange(999)}", "domainName": "contoso", "userSid": f"S-1-5-21-{rng.getrandbits(32)}"}}


def alert(at, size, rng):
    """Every other one is long by its text, the rest by their evidence."""
    row = {"id": f"da{rng.getrandbits(64)}", "title": "A long alert", "severity": "low", "status": "new", "category": "Malware",
           "createdDateTime": at, "lastUpdateDateTime": at, "serviceSource": "microsoftDefenderForEndpoint", "tenantId": TENANT, "evidence": []}
    if rng.random() < 0.5:
        return row | {"description": words(rng, size)}
    return row | {"description": words(rng, 200), "evidence": [evidence(rng) for _ in range(size // 1300)]}


def process(at, size, rng):
    return {"Timestamp": at, "DeviceId": f"{rng.getrandbits(160):040x}", "DeviceName": f"pc{rng.randrange(500)}.contoso.com",
            "ActionType": "ProcessCreated", "FileName": "powershell.exe", "FolderPath": "C:\\Windows\\System32\\powershell.exe",
            "SHA1": f"{rng.getrandbits(160):040x}", "ProcessId": rng.randrange(1 << 16), "ProcessCommandLine": words(rng, size - 700),
            "ProcessCreationTime": at, "AccountName": f"user{rng.randrange(999)}", "AccountDomain": "contoso", "ReportId": rng.getrandbits(40),
            "InitiatingProcessFileName": "explorer.exe", "InitiatingProcessId": rng.randrange(1 << 16), "InitiatingProcessCommandLine": words(rng, 100)}


def moments(since, until, count):
    """`count` times in order, all within what was asked for."""
    first = datetime.datetime.fromisoformat(since[:19]) + datetime.timedelta(seconds=1)
    last = min(datetime.datetime.fromisoformat(until[:19]), datetime.datetime.utcnow()) if until else datetime.datetime.utcnow()
    for n in range(count):
        yield (first + (last - first) * n / count).isoformat(timespec="milliseconds") + "0001Z"


class Kind:
    def __init__(self, feed, path, make, row_bytes, list_name, asked):
        self.feed, self.path, self.make, self.row_bytes, self.list_name, self.asked = feed, path, make, row_bytes, list_name, re.compile(asked)


KINDS = {"alerts": Kind("alerts", "/alerts_v2", alert, 100_000, "value", r"DateTime ge ([^ &]+)(?: and lastUpdateDateTime lt ([^ &]+))?"),
         "hunting": Kind("DeviceProcessEvents", "/runHuntingQuery", process, 2_500, "results",
                         r"^DeviceProcessEvents .*>= datetime\(([^)]+)\) and Timestamp < datetime\(([^)]+)\) \| order")}


class Answers:
    """What the simulated cloud says next: nothing, unless an answer was prepared; that is given once."""

    def __init__(self, kind):
        self.kind, self.prepared, self.seed, self.rows, self.plain, self.wire = kind, None, 0, 0, 0, 0

    def prepare(self, size):
        self.seed += 1
        rng = random.Random(self.seed)
        self.prepared = [json.dumps(self.kind.make(WHEN, self.kind.row_bytes, rng)) for _ in range(max(1, size // self.kind.row_bytes))]

    def to(self, path, question):
        asked = self.kind.asked.search(question) if path.endswith(self.kind.path) else None
        rows, head = [], b'{"@odata.context":"x","%s":[' % (b"results" if path.endswith("/runHuntingQuery") else b"value")
        if asked and self.prepared:
            rows, self.prepared = self.prepared, None
        pack, plain = zlib.compressobj(1, wbits=31), len(head) + 2
        parts = [pack.compress(head)]
        for n, (row, at) in enumerate(zip(rows, moments(asked[1], asked[2], len(rows)) if rows else ())):
            text = ("," * (n > 0) + row.replace(WHEN, at)).encode()
            plain += len(text)
            parts.append(pack.compress(text))
        wire = b"".join([*parts, pack.compress(b"]}"), pack.flush()])
        if rows:
            self.rows, self.plain, self.wire = self.rows + len(rows), plain, len(wire)
        return wire


class Microsoft(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def send(self, body, encoding=None):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def token(self, form):
        claims = {"aud": urllib.parse.parse_qs(form)["scope"][0].removesuffix("/.default"), "tid": TENANT, "roles": ROLES, "exp": 4102444800}
        part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()
        return json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"}).encode()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path.endswith("/token"):
            self.send(self.token(body))
        else:
            self.send(self.server.answers.to(self.path, json.loads(body)["Query"]), "gzip")

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.send(self.server.answers.to(path, urllib.parse.unquote(query)), "gzip")

    def log_message(self, *_):
        pass


def memory(process, *names):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024 for name in names]


def give(i, answers):
    """The prepared answer all the way: when a pull inside the service is done, what it brought is committed and folded."""
    until, rows = time.monotonic() + 300, -1
    while time.monotonic() < until and (answers.prepared or rows != answers.rows):
        done = i.run("pull", "--once", "--feed", answers.kind.feed)
        assert done.returncode == 0, done.stderr
        feeds = json.loads(i.run("feed", "list", "--json").stdout)["feeds"]
        rows = sum(f["rows"] for f in feeds if f["feed"] == answers.kind.feed)
    assert rows == answers.rows, f"{rows} rows of {answers.rows} came in"


def events_in(lake):
    files = [str(f) for f in lake.rglob("class=*/**/*.ndjson.zst")]
    return subprocess.run(["zstdcat", *files], capture_output=True, check=True).stdout.count(b"\n")


def measure(kind, warm, answer):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Microsoft)
    server.answers = answers = Answers(KINDS[kind])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with Installation(**{"cloud.login_url": url, "cloud.graph_url": url, "cloud.endpoint_url": url, "lookback.hunting": "10m",
                         "request.stall": "5m", "interval.hunting": "24h", "hunting.calls_per_minute": 100000}) as i:
        done = i.run("tenant", "add", TENANT, "--org", "C", "--client-id", CLIENT, "--secret-file", "-", stdin="x")
        assert done.returncode == 0, done.stderr
        service = i.serve()
        try:
            assert i.wait_until_served(service), (i.folder / "serve.log").read_text()
            if warm:
                answers.prepare(warm)
                give(i, answers)
            answers.prepare(answer)
            pathlib.Path(f"/proc/{service.pid}/clear_refs").write_text("5")
            before, = memory(service, "VmRSS")
            give(i, answers)
            peak, after = memory(service, "VmHWM", "VmRSS")
        finally:
            service.terminate()
            service.wait(60)
        assert events_in(i.lake()) == answers.rows, "the lake does not hold every row"
        server.shutdown()
        return {"answer_bytes": answers.plain, "wire_bytes": answers.wire, "before_bytes": before, "peak_bytes": peak, "after_bytes": after,
                "added_bytes": peak - before, "added_mib": round((peak - before) / (1 << 20), 2)}


options = argparse.ArgumentParser()
options.add_argument("--warm", type=int, default=WARM)
options.add_argument("--answer", type=int, default=ANSWER)
options.add_argument("--only", choices=KINDS)
options.add_argument("--state", choices=("cold", "warm"))
options = options.parse_args()
figures = {f"{kind}_{state}": measure(kind, options.warm if state == "warm" else 0, options.answer) for kind in KINDS for state in ("cold", "warm")
           if options.only in (None, kind) and options.state in (None, state)}
holds = all(f["added_bytes"] <= LIMIT for f in figures.values())
print(json.dumps({"bench": "memory", **{f"{kind}_{name}": v for kind, f in figures.items() for name, v in f.items()},
                  "limit_mib": LIMIT >> 20, "holds": holds}))
sys.exit(0 if holds else 1)
