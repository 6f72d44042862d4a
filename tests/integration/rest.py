#!/usr/bin/env python3
"""The API over real sockets: each read operation answers as the command line does, page by page; errors are problems with the command line's
codes; ETags, methods, bodies; slow clients and TLS; health and metrics. docs/api.md's examples run here as they stand there."""
import json, os, re, signal, socket, ssl, subprocess, time, urllib.error, urllib.parse, urllib.request
from api import Api, misfits
from harness import PATIENCE, ROOT, Installation, Tap, Twin, wait_for


def same_answers(tap, i, api, document):
    """Each GET of the document, against its command."""
    alert = api.ask("/api/v1/alerts?limit=1")[2]["alerts"][0]
    incident = api.ask("/api/v1/incidents?limit=1")[2]["incidents"][0]["incident"]
    device = api.ask("/api/v1/devices?limit=1")[2]["devices"][0]
    given = {"alert show": ([alert["alert"]], {"id": alert["alert"]}), "incident show": ([incident], {"id": incident}),
             "device show": ([device["tenant_id"], device["device"]], {"device": device["device"], "tenant": device["tenant_id"]}),
             "proxy which": (["--tenant", alert["tenant_id"]], {"tenant": alert["tenant_id"]}),
             "tenant show": ([alert["tenant_id"]], {"tenant": alert["tenant_id"]}), "alert list": (["--newest", 100000], {}),
             "incident list": (["--newest", 100000], {}), "notice list": (["--newest", 100000], {})}
    # What depends on who asks, or on the instant, is compared elsewhere or by what it names.
    apart = {"me show", "audit list", "readiness", "doctor", "token list", "feed list"}
    compared = 0
    for path, methods in document["paths"].items():
        operation = methods.get("get")
        if operation is None or operation.get("x-command", "doctor") in apart:
            continue
        command = operation["x-command"]
        words, values = given.get(command, ([], {}))
        needed = [p["name"] for p in operation["parameters"] if p.get("required")]
        if not set(needed) <= set(values):
            continue  # what it names is not made here
        done = i.run(*command.split(), *words, "--json")
        if done.returncode != 0:
            tap.case(False, f"{command}: the command line", done.stderr)
            continue
        said = json.loads(done.stdout)
        where = path.format(**{name: urllib.parse.quote(value, safe="") for name, value in values.items()})
        query = {name: value for name, value in values.items() if "{" + name + "}" not in path}
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        if "next" in schema.get("properties", {}):
            member = next(iter(schema["properties"]))
            rest, cli = api.pages(where, member, 7, **query), said[member]
        else:
            rest, cli = api.ask(where + ("?" + urllib.parse.urlencode(query) if query else ""))[2], said
        wrong = misfits(document, {**schema, "required": []}, said, command)
        tap.case(not wrong, f"{command}: its answer has the types that the document tells", "\n".join(wrong))
        compared += 1
        tap.case(rest == cli, f"{command}: REST and the command line say the same ({len(cli)})", f"{json.dumps(rest)[:1500]}\n{json.dumps(cli)[:1500]}")
    tap.case(compared >= 15, f"{compared} read operations were compared")


def problems(tap, api):
    """(path, method, body, headers) → status and code."""
    one = api.ask("/api/v1/tenants?limit=1")[2]["tenants"][0]["tenant_id"]
    rows = [
        ("nothing at the path", ("/api/v1/nothing",), 404, "api.no_path"),
        ("no such tenant", ("/api/v1/tenants/nobody",), 404, "tenant.no_such"),
        ("a method it does not take", ("/api/v1/tenants", "DELETE"), 405, "api.no_method"),
        ("an unknown parameter", ("/api/v1/tenants?colour=red",), 400, "api.bad_parameter"),
        ("a limit out of bounds", ("/api/v1/tenants?limit=1001",), 400, "api.bad_parameter"),
        ("a cursor of another list", ("/api/v1/tenants?cursor=" + str(api.ask("/api/v1/alerts?limit=1")[2]["next"]),), 400, "api.bad_cursor"),
        ("a cursor of nobody", ("/api/v1/alerts?cursor=abcd",), 400, "api.bad_cursor"),
        ("a bad percent", ("/api/v1/tenants/%zz",), 400, "api.bad_request"),
        ("no JSON", ("/api/v1/organizations", "POST", b'{"name": "x",}', {"Content_Type": "application/json"}), 400, "json.bad"),
        ("not an object", ("/api/v1/organizations", "POST", b"[]", {"Content_Type": "application/json"}), 400, "api.bad_request"),
        ("another type", ("/api/v1/organizations", "POST", b"name=x", {"Content_Type": "text/plain"}), 415, "api.media_type"),
        ("a body too large", ("/api/v1/organizations", "POST", b'{"name":"' + b"x" * (2 << 20) + b'"}', {"Content_Type": "application/json"}), 413, "api.too_large"),
        ("a missing parameter", ("/api/v1/organizations", "POST", {}), 400, "api.bad_parameter"),
        ("a parameter of the wrong type", ("/api/v1/organizations", "POST", {"name": 5}), 400, "api.bad_parameter"),
        ("a member that is not taken", ("/api/v1/organizations", "POST", {"name": "x", "extra": 1}), 400, "api.bad_parameter"),
        ("a name that is there", ("/api/v1/organizations", "POST", {"name": "Customer"}), 409, "store.exists"),
        ("a stale ETag", (f"/api/v1/tenants/{one}", "PATCH", {"name": "other"}, {"If_Match": '"0"'}), 412, "api.changed"),
        ("a file of the service's machine", ("/api/v1/pull", "POST", {"from_files": ["/etc/passwd"]}), 400, "api.bad_parameter"),
        ("another person's name", (f"/api/v1/devices/x/isolate", "POST", {"tenant": one, "reason": "r", "as": "Ann"}), 400, "api.bad_parameter"),
        ("another host", ("/healthz", "GET", None, {"Host": "evil.example"}), 421, "api.bad_host"),
        ("nobody", ("/api/v1/tenants", "GET", None, {"Authorization": ""}), 401, None),
    ]
    for name, ask, status, code in rows:
        path, method, body, headers = (*ask, *("GET", None, {})[len(ask) - 1:])
        got, sent, said = api.ask(path, method, body, **headers)
        is_problem = isinstance(said, dict) and sent["Content-Type"] == "application/problem+json" and said["status"] == got and said["remedy"]
        tap.case(got == status and is_problem and (code is None or said["code"] == code), f"{name}: {status} {code or ''}", f"{got} {said}")
    status, sent, _ = api.ask("/api/v1/tenants", "DELETE")
    tap.case(set(sent["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}, "405 names the methods there are", sent["Allow"])
    status, sent, said = api.ask("/api/v1/tenants/x", "OPTIONS")
    tap.case(status == 204 and sent["Allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS", "OPTIONS names them too", f"{status} {sent['Allow']}")
    status, sent, said = api.ask("/api/v1/tenants", "HEAD")
    tap.case(status == 200 and said == "" and sent["ETag"], "HEAD is GET without the body")
    tap.case(sent["X-Content-Type-Options"] == "nosniff" and "frame-ancestors 'none'" in sent["Content-Security-Policy"] and
             sent["Cache-Control"] == "no-store", "answers carry the headers that keep browsers safe")


def edits(tap, api):
    one = api.ask("/api/v1/tenants?limit=1")[2]["tenants"][0]
    path = "/api/v1/tenants/" + one["tenant_id"]
    _, sent, before = api.ask(path)
    tap.case(api.ask(path, If_None_Match=sent["ETag"])[0] == 304, "an ETag that is known: 304")
    status, _, said = api.ask(path, "PATCH", {"name": "Renamed"}, If_Match=sent["ETag"])
    tap.case(status == 200 and said["name"] == "Renamed", "a change with the ETag of what is there", said)
    status, _, said = api.ask(path, "PATCH", {"name": "Late"}, If_Match=sent["ETag"])
    tap.case(status == 412 and api.ask(path)[2]["name"] == "Renamed", "the same ETag again: 412, and nothing changed", said)
    status, _, said = api.ask(path, "PATCH", {"name": before["name"], "secret": "Pl4nted~secret-of-the-test-value~0123456789"})
    everything = json.dumps([said, *(api.ask(p)[2] for p in (path, "/api/v1/tenants", "/api/v1/audit"))])
    tap.case(status == 200 and "Pl4nted" not in everything, "a secret goes in and never comes out", said)


def inserts(tap, api):
    """What comes between two pages moves nothing of what was there."""
    for n in range(10):
        api.ask("/api/v1/organizations", "POST", {"name": f"Org {n:02}"})
    before = [o["name"] for o in api.pages("/api/v1/organizations", "organizations", 1000)]
    first = api.ask("/api/v1/organizations?limit=4")[2]
    api.ask("/api/v1/organizations", "POST", {"name": "Aaa first of all"})
    api.ask("/api/v1/organizations", "POST", {"name": "Zzz last of all"})
    names, cursor = [o["name"] for o in first["organizations"]], first["next"]
    while cursor:
        page = api.ask("/api/v1/organizations?limit=4&cursor=" + cursor)[2]
        names += [o["name"] for o in page["organizations"]]
        cursor = page["next"]
    tap.case([n for n in names if n in before] == before and len(names) == len(set(names)), "pages are stable under inserts", f"{names}\n{before}")


def slow(tap, url):
    """A request that comes a byte at a time is cut after half a minute; others are answered meanwhile."""
    host, port = url.split("//")[1].rsplit(":", 1)
    began = time.monotonic()
    with socket.create_connection((host, int(port)), 5) as s:
        s.settimeout(2)
        ended = None
        for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X-Slow: " + b"a" * 200:
            try:
                s.send(bytes([byte]))
                if s.recv(1) == b"":
                    ended = time.monotonic() - began
                    break
            except TimeoutError:
                continue
            except OSError:
                ended = time.monotonic() - began
                break
            if time.monotonic() - began > 120:
                break
    tap.case(ended is not None and 25 < ended < 45, "a request that dribbles in is cut after half a minute", ended)


METRIC = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"(?:,|(?=\})))*\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$')


def metrics_parse(text):
    """The text format of Prometheus, strictly: every sample belongs to a family that was described, none comes twice."""
    types, helps, seen = {}, set(), {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helps.add(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            if name in types or name not in helps or kind not in ("counter", "gauge"):
                raise ValueError(line)
            types[name] = kind
        else:
            found = METRIC.match(line)
            if not found or found.group(1) not in types or (found.group(1), found.group(2)) in seen:
                raise ValueError(line)
            seen[found.group(1), found.group(2)] = float(found.group(3))
    return types, seen


def health(tap, api, tenants):
    open_api = Api(api.base)
    tap.case(open_api.ask("/healthz")[0] == 200 and open_api.ask("/readyz")[0] == 200, "alive and ready, to anybody")
    status, sent, text = open_api.ask("/metrics")
    tap.case(status == 200 and sent["Content-Type"].startswith("text/plain; version=0.0.4"), "metrics are served", sent["Content-Type"])
    types, seen = metrics_parse(text)
    names = {name for name, _ in seen}
    tap.case({"portcullis_tenants", "portcullis_feed_rows_total", "portcullis_feed_lag_seconds", "portcullis_notices", "portcullis_resident_bytes",
              "portcullis_feed_dead_letters_total", "portcullis_inbox"} <= names, f"{len(types)} families, {len(seen)} samples, each described once", sorted(names))
    tap.case(seen["portcullis_tenants", None] == tenants and sum(v for (n, _), v in seen.items() if n == "portcullis_feed_rows_total") > 0, "and they count", text[:800])


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tls.key", "-out", folder / "tls.pem", "-days", "3", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    return (folder / "tls.pem").read_text()


def tls(tap):
    """Its own certificate, another one at SIGHUP without an end, a bad one refused while the one before stays."""
    def served(port):
        return ssl.get_server_certificate(("localhost", port))

    def becomes(port, wanted):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and served(port).split() != wanted.split():
            time.sleep(0.1)
        return served(port).split() == wanted.split()

    with Installation(listen="0.0.0.0:0", **{"tls.certificate": "tls.pem", "tls.key": "tls.key"}) as i:
        first = certificate(i.folder)
        service = i.serve()
        try:
            url = i.web()
            port = int(url.rsplit(":", 1)[1])
            context = ssl.create_default_context(cafile=i.folder / "tls.pem")
            with urllib.request.urlopen(f"https://localhost:{port}/healthz", timeout=60, context=context) as answer:
                tap.case(answer.status == 200 and answer.headers["Strict-Transport-Security"], "TLS, and browsers are told to stay with it")
            status = urllib.request.Request(f"https://localhost:{port}/metrics")
            try:
                urllib.request.urlopen(status, timeout=60, context=context)
                tap.case(False, "metrics of a listener that others reach need a token")
            except urllib.error.HTTPError as e:
                tap.case(e.code == 401, "metrics of a listener that others reach need a token", e.code)
            second = certificate(i.folder)
            i.wait_until_served(service)
            service.send_signal(signal.SIGHUP)
            tap.case(first != second and becomes(port, second), "another certificate is served after SIGHUP, by the same process")
            (i.folder / "tls.key").write_text("no key")
            service.send_signal(signal.SIGHUP)
            log = wait_for(lambda: "the listener" in (text := (i.folder / "serve.log").read_text()) and text) or ""
            tap.case(service.poll() is None and becomes(port, second) and "the listener" in log, "a key that does not fit is told, and the one before stays", log[-800:])
        finally:
            service.terminate()
            tap.case(service.wait(PATIENCE) == 0, "that service ends in time")


def examples(tap, i, api):
    """The curl lines of docs/api.md, as they stand."""
    page = (ROOT / "docs/api.md").read_text()
    lines = re.findall(r"^curl (?:.*\\\n)*.*", page, re.M)
    tap.case(len(lines) >= 5, f"docs/api.md has {len(lines)} examples")
    for line in lines:
        done = subprocess.run(["bash", "-c", line.replace("curl ", "curl -sS --fail-with-body ", 1)], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PORTCULLIS": api.base, "TOKEN": api.token, "TENANT": api.ask("/api/v1/tenants?limit=1")[2]["tenants"][0]["tenant_id"]})
        tap.case(done.returncode == 0, "runs: " + line.splitlines()[0][:110], done.stdout + done.stderr)


def main():
    with Tap() as tap, Twin("--tenants", "2", "--scenario", "lively") as twin, Installation(twin, **{"interval.alerts": "500ms", "interval.hunting": "1s", "interval.machines": "500ms"}) as i:
        i.add_tenants(twin)
        service = i.serve()
        try:
            api = Api(i.web())
            i.wait_until_served(service)
            made = i.run("token", "add", "rest-test", "--expires", "8h", "--role", "owner", "--json")
            api.token = json.loads(made.stdout)["token"]
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and not (api.ask("/api/v1/incidents?limit=1")[2]["incidents"] and api.ask("/api/v1/devices?limit=1")[2]["devices"]):
                time.sleep(0.5)
            twin.freeze()
            time.sleep(3)
            document = api.ask("/api/openapi.json")[2]
            same_answers(tap, i, api, document)
            problems(tap, api)
            inserts(tap, api)
            edits(tap, api)
            health(tap, api, 2)
            examples(tap, i, api)
            slow(tap, api.base)
            tls(tap)
        finally:
            service.terminate()
            tap.case(service.wait(PATIENCE) == 0, "the service ends in time")


main()
