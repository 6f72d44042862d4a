#!/usr/bin/env python3
"""Planted secrets: every kind of secret is given a recognisable value; the service runs against the twin, with faults and refusals; then every
artefact is searched for each of them, plain, reversed, in hex, percent-encoded and in base64: files, logs, outputs, notices, the process's own
command line and environment. Killed at work it leaves no core; the core of one whose limit and filter were lifted, its whole memory once the work is
done, holds none either. A secret put in a wrong place on purpose must be found."""
import base64, http.client, http.server, json, os, pathlib, resource, signal, subprocess, tempfile, threading, time, urllib.parse

from harness import PORTCULLIS, Installation, Tap, Twin
from people import Client, totp

SCENARIO = """
name: planted
tenants: 4
history: 10m
history_rate: 0.05
alerts_before: 3
machines: 4
token_life: 6s
"""
SECRET = {"client": "Qp7~pl4nted-CLIENT.s3cret+/=", "wrong": "Wr0~pl4nted-WRONG.s3cret", "next": "Nx7~pl4nted-NEXT.s3cret", "signing": "pl4nted-SIGNING-key",
          "mail": "pl4nted-MAIL-passw0rd", "voice": "pl4nted-VOICE-t0ken", "chat": "pl4nted-CHAT-path", "pager": "pl4nted-PAGER-key",
          "pin": "918273645546", "proxy": "pl4nted-PROXY-passw0rd", "person": "pl4nted PERSON passw0rd 7", "changed": "pl4nted CHANGED passw0rd 8", "oidc": "pl4nted-OIDC-s3cret"}
ZERO = bytes(4096)


def forms(value):
    """As it may look after whatever is done to text on its way."""
    raw = value.encode()
    found = {raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(value, safe="").encode(), json.dumps(value)[1:-1].encode()}
    for shift in range(3):  # base64 of a longer text that holds it: what surely depends on it alone
        text = base64.b64encode(b"\0" * shift + raw)
        whole = text[(0, 2, 3)[shift]: len(text) - 4]
        if len(whole) >= 10:
            found |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def hits(needles, data):
    return sorted({name for name, patterns in needles.items() for p in patterns if p in data})


def tokens_in(data):
    """Of Microsoft's tokens, which no needle can name beforehand, and of our assertions their beginnings."""
    return data.count(b"eyJ0eXAiOiJKV1Qi") + data.count(b"client_assertion=ey")


def without_zeros(data):
    """Most of a core is pages that nobody has written to."""
    return b"".join(page for at in range(0, len(data), len(ZERO)) if (page := data[at:at + len(ZERO)]) != ZERO)


def core(pid):
    """The memory that a core dump would hold: what the process left out, by its filter or by MADV_DONTDUMP, is not in it."""
    wanted = int(pathlib.Path(f"/proc/{pid}/coredump_filter").read_text(), 16)
    areas, area = [], None
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            start, end = (int(x, 16) for x in first.split("-"))
            area = {"start": start, "end": end, "mode": line.split()[1], "anonymous": 0, "file": len(line.split()) > 5 and line.split()[5].startswith("/")}
            areas.append(area)
        elif first == "Anonymous:":
            area["anonymous"] = int(line.split()[1])
        elif first == "VmFlags:":
            area["flags"] = line.split()[1:]
    bits = lambda a: (2 if a["mode"][3] == "p" else 3) if a["file"] and not a["anonymous"] else (0 if a["mode"][3] == "p" else 1)
    dump = bytearray()
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for a in areas:
            if "dd" in a.get("flags", []) or not wanted >> bits(a) & 1 or a["mode"][0] != "r":
                continue
            try:
                memory.seek(a["start"])
                dump += memory.read(a["end"] - a["start"])
            except (OSError, ValueError, OverflowError):
                pass  # [vvar] and its like
    return without_zeros(bytes(dump))


def can_look():
    """Some machines do not let a process look into another's memory."""
    try:
        with open(f"/proc/{os.getppid()}/mem", "rb", 0):
            return True
    except OSError:
        return False


def cores_of(folder):
    return [f for f in folder.iterdir() if f.read_bytes()[:4] == b"\x7fELF"]


def lift(pid):
    """The whole of its memory, where the kernel writes cores, as a person would ask for it."""
    resource.prlimit(pid, resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    pathlib.Path(f"/proc/{pid}/coredump_filter").write_text("0x7f")


def killed(service, how, folder):
    """The core that the kernel wrote, and what to call it; where it writes none into the folder, what it would have written."""
    read = core(service.pid) if can_look() else None
    service.send_signal(how)
    service.wait(60)
    found = cores_of(folder)
    if len(found) != 1:
        return read, "what the kernel would have written"
    data = without_zeros(found[0].read_bytes())
    found[0].unlink()
    return data, "the core that the kernel wrote"


class Neighbour(http.server.BaseHTTPRequestHandler):
    """An identity provider that takes no secret, and a proxy that lets nobody through: what they were given is noted."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, value=None, *headers):
        body = json.dumps(value or {}).encode()
        self.send_response(status)
        for name, text in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        base = f"http://127.0.0.1:{self.server.server_port}"
        self.answer(200, {"issuer": base, "authorization_endpoint": base + "/a", "token_endpoint": base + "/t", "jwks_uri": base + "/k",
                          "response_types_supported": ["code"], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]})

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode() + str(self.headers.get("Authorization"))
        self.server.given.append(text)
        self.answer(401, {"error": "invalid_client"})

    def do_CONNECT(self):
        given = self.headers.get("Proxy-Authorization")
        self.server.given.append(str(given))
        self.answer(502 if given else 407, None, ("Proxy-Authenticate", 'Basic realm="gate"'))

    def log_message(self, *_):
        pass


def neighbour():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    server.given = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class World:
    def __init__(self, i, twin):
        self.i, self.twin, self.tenants, self.outputs, self.given = i, twin, twin.tenants(), [], {}
        self.neighbour = neighbour()

    def run(self, *words, stdin=""):
        done = self.i.run(*words, stdin=stdin)
        self.outputs.append((" ".join(map(str, words)), (done.stdout + done.stderr).encode()))
        return done

    def do(self, *words, stdin=""):
        done = self.run(*words, stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return done


def plant(w, folder):
    """Returns name -> forms of everything planted."""
    key, own = folder / "own.key", folder / "own.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "40", "-subj", "/CN=own", "-keyout", key, "-out", own], check=True,
                   capture_output=True)
    ids = [t["tenant_id"] for t in w.tenants]
    for n, secret in enumerate((SECRET["client"], "another", SECRET["client"])):
        w.twin.ask(f"/twin/secret?tenant={ids[n]}", "POST", secret.encode())
    w.twin.ask(f"/twin/secret?tenant={ids[0]}&second=1", "POST", SECRET["next"].encode())
    w.twin.ask(f"/twin/certificates?tenant={ids[3]}", "POST", own.read_bytes())
    add = lambda n, *more, stdin: w.do("tenant", "add", ids[n], "--org", "Customer", "--client-id", w.tenants[n]["client_id"], *more, stdin=stdin)
    add(0, "--secret-file", "-", stdin=SECRET["client"])
    add(1, "--secret-file", "-", stdin=SECRET["wrong"])
    add(2, "--secret-file", "-", stdin=SECRET["client"])
    add(3, "--certificate-file", "-", stdin=key.read_text() + own.read_text())
    w.do("user", "add", "Ann", "--mail", "ann@guard.example", "--phone", "+15550101", "--pin-file", "-", stdin=SECRET["pin"])
    w.do("on-call", "add", "on-call", "Ann")
    hook = f"{w.twin.url}/twin/hooks/soc"
    w.do("channel", "add", "hook", "--kind", "webhook", "--address", hook, "--secret-file", "-", stdin=SECRET["signing"])
    w.do("channel", "add", "chat", "--kind", "slack", "--secret-file", "-", stdin=f"{w.twin.url}/twin/hooks/slack-{SECRET['chat']}")
    w.do("channel", "add", "pager", "--kind", "pagerduty", "--address", w.twin.url, "--secret-file", "-", stdin=SECRET["pager"])
    w.do("channel", "add", "mail", "--kind", "email", "--address", w.twin.ask("/twin/mailbox")["address"], "--sender", "gate@guard.example", "--account", "gate",
         "--secret-file", "-", stdin=SECRET["mail"])
    w.do("channel", "add", "voice", "--kind", "phone", "--address", w.twin.url, "--account", "AC1", "--sender", "+15550100", "--flow", "FW1", "--secret-file", "-",
         stdin=SECRET["voice"])
    place = f"http://127.0.0.1:{w.neighbour.server_port}"
    w.do("proxy", "set", "proxied.example", place, "--user", "gate", "--password-file", "-", stdin=SECRET["proxy"])
    w.do("channel", "add", "far", "--kind", "webhook", "--address", "https://proxied.example/hook", "--secret-file", "-", stdin=SECRET["signing"])
    w.do("oidc", "set", "--issuer", place, "--client-id", "portcullis", "--redirect-url", "https://soc.example/api/v1/oidc/callback", "--client-secret-file", "-", stdin=SECRET["oidc"])
    w.do("user", "add", "Olga", "--role", "owner", "--password-file", "-", stdin=SECRET["person"])
    body = "".join(line for line in key.read_text().splitlines() if "-----" not in line)
    needles = {name: forms(value) for name, value in SECRET.items()}
    private = 26 + 4 + 3 + 4 + 257 + 5  # where the modulus and the exponent end, which everybody may see (PKCS #8, 2048 bits)
    needles["private key"] = {body[n:n + 40].encode() for n in (-(-private // 3) * 4, 600, 1000, 1400)} | {base64.b64decode(body)[300:330]}
    return needles


def person(w):
    """Logs in, begins a second factor, changes the password, works with session and token. What the service hands out is a secret as well."""
    url = w.i.web()
    olga = Client(url)
    olga.login("Olga", "not " + SECRET["person"])
    olga.login("Olga", SECRET["person"])
    _, key = olga.change("/api/v1/me/totp-enrol", {"current": SECRET["person"]})
    _, codes = olga.change("/api/v1/me/totp-confirm", {"code": totp(key["secret"])})
    olga.change("/api/v1/me/passwd", {"current": SECRET["person"], "password": SECRET["changed"]})
    olga.login("Olga", SECRET["changed"], codes["recovery_codes"][0])
    made = json.loads(w.i.run("token", "add", "robot", "--expires", "1h", "--role", "admin", "--json").stdout)  # shown this once
    bearer = {"Authorization": "Bearer " + made["token"]}
    for path in ("/api/v1/tenants", "/api/v1/users", "/api/v1/tokens", "/api/v1/audit", "/metrics", "/api/openapi.json", "/api/v1/nowhere"):
        w.outputs.append((path, str(olga.call("GET", path)).encode() if path != "/metrics" else text_of(url, path, bearer)))
        w.outputs.append((path + " of the token", text_of(url, path, bearer)))
    w.given = {"second factor": key["secret"], "recovery code": codes["recovery_codes"][3], "used code": codes["recovery_codes"][0], "API token": made["token"],
               "session": olga.cookie}
    sign_in(url)
    needles = {name: forms(value) for name, value in w.given.items()}
    needles["second factor"] |= {base64.b32decode(key["secret"]), key["secret"].lower().encode()}
    return needles


def text_of(url, path, headers):
    place = urllib.parse.urlsplit(url)
    there = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    there.request("GET", path, headers=headers)
    answer = there.getresponse()
    text = str(answer.headers).encode() + answer.read()
    there.close()
    return text


def sign_in(url):
    """As far as the provider asks for our secret, and refuses it."""
    place = urllib.parse.urlsplit(url)
    there = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    there.request("GET", "/api/v1/oidc/start")
    answer = there.getresponse()
    answer.read()
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    there.request("GET", "/api/v1/oidc/callback?" + urllib.parse.urlencode({"code": "c0de", "state": asked["state"][0]}),
                  headers={"Cookie": answer.headers["Set-Cookie"].split(";")[0]})
    there.getresponse().read()
    there.close()


def live(w):
    """What makes errors and uses every secret."""
    ids = [t["tenant_id"] for t in w.tenants]
    time.sleep(5)
    w.run("notice", "test")
    w.run("app", "rotate", f"app of {ids[2]}", "--secret-file", "-", stdin=SECRET["wrong"])
    w.run("app", "rotate", f"app of {ids[0]}", "--secret-file", "-", "--expires", "9d", stdin=SECRET["next"])
    w.run("tenant", "add", ids[2], "--org", "Customer", "--client-id", ids[2], "--secret-file", "-", stdin=SECRET["client"] + " and more")
    w.run("tenant", "set", ids[2], "--secret-file", "-", "--expires", "never", stdin=SECRET["client"])
    w.twin.ask("/twin/faults", "POST", b"429=0.1,500=0.3")
    time.sleep(6)
    for words in (["tenant", "list"], ["tenant", "show", ids[0]], ["tenant", "test", ids[1]], ["app", "list"], ["app", "show", f"app of {ids[3]}"], ["app", "certificate", f"app of {ids[3]}"],
                  ["channel", "list"], ["user", "list"], ["notice", "list"], ["feed", "list"], ["proxy", "list"], ["audit", "list"], ["settings", "show"],
                  ["alert", "list"], ["readiness"], ["doctor"], ["audit", "verify"], ["token", "list"], ["oidc", "show"], ["tenant", "consent-needed"], ["org", "list"],
                  ["cloud", "list"], ["on-call", "list"], ["ladder", "list"], ["device", "list"], ["incident", "list"], ["response", "list"]):
        w.run(*words, "--json")
        w.run(*words)


def look(tap, w, needles, pid):
    outputs = {name: found for name, text in w.outputs if (found := hits(needles, text))}
    tap.case(not outputs and len(w.outputs) > 80, "no output of a command shows one", outputs)
    bad, seen = {}, 0
    for path in w.i.folder.rglob("*"):
        if path.is_file():
            seen += 1
            if found := hits(needles, path.read_bytes()):
                bad[str(path.relative_to(w.i.folder))] = found
    tap.case(not bad and seen > 5, f"no file of the installation holds one ({seen} files: store, its log, rows, lake, spool, what the service said)", bad)
    posts = json.dumps(w.twin.ask("/twin/hooks")).encode() + json.dumps(w.twin.ask("/twin/mailbox")).encode()
    told = hits({k: v for k, v in needles.items() if k not in ("chat", "pager")}, posts)  # these two are the address and the key of what is told
    tap.case(len(posts) > 500 and not told, "no notice holds one", told)
    own = {part: hits(needles, pathlib.Path(f"/proc/{pid}/{part}").read_bytes()) for part in ("cmdline", "environ")}
    tap.case(not any(own.values()), "neither the command line nor the environment holds one", own)


def quiet(w):
    """No feed is due for a day; what was under way has ended."""
    for pace in ("alerts", "hunting", "machines"):
        w.run("settings", "set", f"interval_{pace}", "24h")
    w.twin.ask("/twin/faults", "POST", b"")
    before, until = None, time.monotonic() + 40
    while time.monotonic() < until:
        now = w.twin.ask("/twin/stats")
        if now == before:
            return
        before = now
        time.sleep(2)


def serve(w, folder):
    """With room for a core, in a folder of its own."""
    unlimited = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    with open(w.i.folder / "serve.log", "a") as log:
        service = subprocess.Popen([PORTCULLIS, "serve", "--config", w.i.config], stdout=log, stderr=log, cwd=folder, preexec_fn=unlimited)
    w.i.wait_until_served(service)
    return service


def cores(tap, w, needles, service, folder):
    """Killed at work, as it is set up; then another one whose limit and filter were lifted, when its work is done."""
    limit = resource.prlimit(service.pid, resource.RLIMIT_CORE)[0]
    service.send_signal(signal.SIGABRT)
    service.wait(60)
    tap.case(limit == 1 and not cores_of(folder), "killed at work, it leaves no core, though it was started with room for one", limit)
    (w.i.folder / "data/serve.sock").unlink(missing_ok=True)  # left by the killed one
    service = serve(w, folder)
    w.run("notice", "test")
    w.run("tenant", "set", w.tenants[2]["tenant_id"], "--secret-file", "-", stdin=SECRET["client"])
    text_of(w.i.web(), "/api/v1/tenants", {"Authorization": "Bearer " + w.given["API token"]})
    Client(w.i.web()).login("Olga", SECRET["changed"], "000000")
    sign_in(w.i.web())
    time.sleep(4)
    lift(service.pid)
    if can_look():
        busy = core(service.pid)
        print(f"# at work, all of its memory: {hits(needles, busy)}, {tokens_in(busy)} tokens in {len(busy) >> 20} MiB", flush=True)
    quiet(w)
    data, name = killed(service, signal.SIGSEGV, folder)
    if data is None:
        tap.skip("cores", "allowed: this machine writes none, and lets nobody look into memory")
        return
    found = hits(needles, data)
    tap.case(len(data) > 2 << 20 and not found and not tokens_in(data), f"{name}, limit and filter lifted, when the work is done, holds none either ({len(data) >> 20} MiB)",
             {"bytes": len(data), "secrets": found, "tokens": tokens_in(data)})


def self_check(tap, w, needles):
    """The search finds what is there: each secret in each form, in a file and in memory."""
    place = w.i.folder / "data" / "leak.txt"
    for name, patterns in needles.items():
        for pattern in patterns:
            place.write_bytes(b"before " + pattern + b" after")
            if name not in hits(needles, place.read_bytes()):
                tap.case(False, f"{name} is found where it was put", pattern)
    place.unlink()
    wrapped = json.dumps({"detail": base64.b64encode(b"ab" + SECRET["client"].encode() + b"yz").decode()}).encode()
    tap.case("client" in hits(needles, wrapped) and "pin" in hits(needles, base64.b64encode(b"x" + SECRET["pin"].encode() + b"y")), "a secret put in a wrong place is found, also in base64 within other text")
    leaky = subprocess.Popen(["sh", "-c", f"leak='{SECRET['client']}'; echo ready; read line; : $leak"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    leaky.stdout.readline()
    try:
        tap.case("client" in hits(needles, core(leaky.pid)), "and in the memory of a process that leaves nothing out")
    except PermissionError:
        tap.skip("and in memory", "allowed: this machine does not let us look")
    leaky.kill()


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "planted.yaml"
    scenario.write_text(SCENARIO)
    settings = {"interval.alerts": "1s", "lookback.alerts": "1h", "lookback.hunting": "5m", "interval.hunting": "5s", "interval.machines": "1s", "lake.fold_after": "1s"}
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        w = World(i, twin)
        needles = plant(w, pathlib.Path(folder))
        cores_in = pathlib.Path(folder) / "cores"
        cores_in.mkdir()
        service = serve(w, cores_in)
        needles |= person(w)
        live(w)
        given = "".join(w.neighbour.given)
        tap.case(SECRET["oidc"] in given + urllib.parse.unquote(given) or hits({"oidc": forms(SECRET["oidc"])}, given.encode()), "the provider was given its secret", given[:200])
        tap.case(hits({"proxy": forms(SECRET["proxy"])}, given.encode()), "the proxy its password", given[:200])
        look(tap, w, needles, service.pid)
        self_check(tap, w, needles)
        cores(tap, w, needles, service, cores_in)
