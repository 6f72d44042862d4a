#!/usr/bin/env python3
"""What an answer of 100 MB adds to resident memory: the peak of a real `portcullis pull` (fetch, spool, inflate, split, log, commit, fold)
over one answer of 100 MB (1,000 alerts of 100 KB, gzip on the wire), less the peak of the same command over an answer with one
alert. Prints one JSON line."""
import base64, gzip, http.server, json, os, pathlib, random, sys, threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import PORTCULLIS, Installation

TENANT, CLIENT = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555"
LIMIT = 8 << 20


def alert(number, size, rng):
    text = base64.b64encode(rng.randbytes(size * 3 // 4)).decode()
    return {"id": f"da{number}", "title": "A long alert", "severity": "low", "status": "new", "category": "Malware",
            "createdDateTime": "2026-11-20T10:00:00Z", "lastUpdateDateTime": f"2026-11-20T10:{number // 60 % 60:02}:{number % 60:02}Z",
            "serviceSource": "microsoftDefenderForEndpoint", "description": text, "evidence": [], "tenantId": TENANT}


def answer(count, size):
    rng = random.Random(1)
    rows = ",".join(json.dumps(alert(n, size, rng)) for n in range(count))
    text = ('{"@odata.context":"x","value":[' + rows + "]}").encode()
    return len(text), gzip.compress(text, 1)


class Microsoft(http.server.BaseHTTPRequestHandler):
    body = b""
    protocol_version = "HTTP/1.1"

    def send(self, body, encoding=None):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        claims = {"aud": "https://graph.microsoft.com", "tid": TENANT, "roles": ["SecurityAlert.Read.All"], "exp": 4102444800}
        part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()
        token = f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"
        self.send(json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": token}).encode())

    def do_GET(self):
        self.send(Microsoft.body, "gzip")
        Microsoft.body = gzip.compress(b'{"value":[]}')

    def log_message(self, *_):
        pass


def peak(url, count, size):
    plain, Microsoft.body = answer(count, size)
    with Installation(**{"cloud.login_url": url, "cloud.graph_url": url, "cloud.endpoint_url": url}) as i:
        done = i.run("tenant", "add", TENANT, "--org", "C", "--client-id", CLIENT, "--secret-file", "-", stdin="x")
        assert done.returncode == 0, done.stderr
        child = os.posix_spawn(PORTCULLIS, [str(PORTCULLIS), "pull", "--once", "--feed", "alerts", "--config", str(i.config)], os.environ,
                               file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(child, 0)
        assert status == 0, f"pull ended with {status}"
        return plain, usage.ru_maxrss * 1024


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Microsoft)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
small_bytes, small = peak(url, 1, 100_000)
large_bytes, large = peak(url, 1000, 100_000)
added = large - small
print(json.dumps({"bench": "memory", "answer_bytes": large_bytes, "peak_bytes": large, "peak_small_bytes": small, "added_bytes": added,
                  "added_mib": round(added / (1 << 20), 2), "limit_mib": LIMIT >> 20, "holds": added <= LIMIT}))
sys.exit(0 if added <= LIMIT else 1)
