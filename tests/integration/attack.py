#!/usr/bin/env python3
"""What somebody tries who has some rights and wants more: an admin of one customer after another's secrets, requests that two readers
would read differently, changes that the audit trail should not show, and logins over and over."""
import base64, hashlib, hmac, http.server, json, signal, socket, sqlite3, struct, threading, time, urllib.error, urllib.parse, urllib.request

from harness import PATIENCE, Installation, Tap, Twin, wait_for

NOWHERE = "00000000-0000-4000-8000-00000000dead"
PASSWORD = "violet-otter-93-climbs"


class Listener:
    """A host of the attacker's: keeps what it is sent."""

    def __init__(self):
        heard = self.heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append(urllib.parse.unquote_plus(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
                self.send_response(400)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def call(url, token, method, path, body=None, **headers):
    """(status, answer, headers); `token`: an API token or None."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, read(answer), answer.headers
    except urllib.error.HTTPError as failed:
        return failed.code, read(failed), failed.headers


def read(answer):
    text = answer.read().decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


def raw(url, text):
    """All that comes back for these bytes."""
    at = urllib.parse.urlsplit(url)
    with socket.create_connection((at.hostname, at.port), 10) as s:
        s.settimeout(5)
        s.sendall(text)
        out = b""
        try:
            while piece := s.recv(65536):
                out += piece
        except TimeoutError:
            out += b"(left open)"
        except ConnectionError:
            pass
        return out


def apps_of_others(tap, url, token, mine, other):
    """An app that is one customer's own does not become another's, by its name or by its client id."""
    for app in ("app of " + other["tenant_id"], other["client_id"]):
        status, answer, _ = call(url, token, "PATCH", "/api/v1/tenants/" + mine["tenant_id"], {"apps": app})
        _, absent, _ = call(url, token, "PATCH", "/api/v1/tenants/" + mine["tenant_id"], {"apps": "none-such"})
        tap.case(status == 404 and answer["code"] == absent["code"] == "app.no_such" and answer["detail"].replace(app, "X") == absent["detail"].replace("none-such", "X"),
                 "another customer's app is not there", (status, answer))
        status, answer, _ = call(url, token, "POST", "/api/v1/onboardings", {"tenant_id": NOWHERE, "org": "Inside", "app": app})
        tap.case(status == 404 and answer["code"] == "app.no_such", "nor for a consent link", (status, answer))


def own_apps(tap, i, url, tokens, mine, other):
    """Who sees some organizations keeps the apps that are their own, and learns nothing of shared ones and of others'."""
    names = lambda who: sorted(a["name"] for a in call(url, tokens[who], "GET", "/api/v1/apps")[1]["apps"])
    own, theirs = "app of " + mine["tenant_id"], "app of " + other["tenant_id"]
    made, _, _ = call(url, tokens["all"], "POST", "/api/v1/apps", {"app": "shared", "client_id": NOWHERE, "secret": "a~secret-of-the-test-0123456789", "home_tenant": mine["tenant_id"]})
    given, answer, _ = call(url, tokens["all"], "PATCH", "/api/v1/tenants/" + mine["tenant_id"], {"apps": f"{own},shared"})
    tap.case(made == given == 200 and names("some") == [own] and {own, theirs, "shared"} <= set(names("all")), "an admin of one customer sees its own app, not the account's that it uses", (names("some"), answer))
    faults = []
    for app in ("shared", theirs, other["client_id"], NOWHERE):
        path = "/api/v1/apps/" + urllib.parse.quote(app)
        for method, where, body in (("GET", path, None), ("GET", path + "/certificate", None), ("PATCH", path, {"bundles": "read"}), ("PATCH", path, {"expires": "90d"}),
                                    ("POST", path + "/rotate", {"secret": "x" * 40}), ("POST", path + "/rotate", {"retire": True}), ("POST", path + "/rotate", {"make_certificate": True}), ("DELETE", path, None)):
            status, answer, _ = call(url, tokens["some"], method, where, body)
            absent = call(url, tokens["some"], method, where.replace(path, "/api/v1/apps/none-such"), body)
            if status != 404 or (absent[0], absent[1]["detail"]) != (status, answer["detail"].replace(app, "none-such")):
                faults.append((method, where, body, status, answer, absent[1]))
    tap.case(not faults, "what is not theirs alone is not there, whatever is asked of it", faults[:3])
    path = "/api/v1/apps/" + urllib.parse.quote(own)
    status, answer, _ = call(url, tokens["some"], "PATCH", path, {"expires": "90d", "bundles": "read"})
    tap.case(status == 200 and answer["bundles"] == "read" and answer["tenants"] == [mine["tenant_id"]], "their own is changed", (status, answer))
    call(url, tokens["some"], "PATCH", path, {"bundles": ""})
    for name, value in (("client_id", other["client_id"]), ("home_tenant", other["tenant_id"]), ("name", "shared")):
        status, answer, _ = call(url, tokens["some"], "PATCH", path, {name: value})
        tap.case(status == 403 and answer["code"] == "api.whole_account", f"but not its {name}", (status, answer))
    for where in (path + "/rotate", f"/api/v1/tenants/{mine['tenant_id']}/rotate"):
        status, answer, _ = call(url, tokens["some"], "POST", where, {"secret": mine["client_secret"]})
        tap.case(status == 200 and answer["tried"], f"its credential is changed, after it has proved itself: {where[8:16]}", (status, answer))
    status, answer, _ = call(url, tokens["some"], "POST", f"/api/v1/tenants/{other['tenant_id']}/rotate", {"secret": mine["client_secret"]})
    tap.case(status == 404 and answer["code"] == "tenant.no_such", "that of another customer's tenant is not", (status, answer))
    status, answer, _ = call(url, tokens["all"], "PATCH", "/api/v1/tenants/" + other["tenant_id"], {"apps": f"{theirs},{own}"})
    if status == 200:  # one that another customer's tenant uses as well is shared from then on
        tap.case(names("some") == [] and call(url, tokens["some"], "GET", path)[0] == 404, "an app that others use, too, is nobody's own", names("some"))
        call(url, tokens["all"], "PATCH", "/api/v1/tenants/" + other["tenant_id"], {"apps": theirs})
    call(url, tokens["all"], "PATCH", "/api/v1/tenants/" + mine["tenant_id"], {"apps": own})


def forged(tap, url, session):
    """A page elsewhere that has the browser send what it likes, cookie and all: no row of the API is changed by it."""
    _, document, _ = call(url, None, "GET", "/api/openapi.json")
    rows = [(m.upper(), path.replace("{", "").replace("}", "")) for path, methods in document["paths"].items() for m in methods if m in ("post", "put", "patch", "delete")]
    faults = []
    for method, path in rows:
        for name, headers in (("no token", {}), ("another token", {"X_CSRF_Token": "A" * 43}), ("its token, from elsewhere", {"X_CSRF_Token": session.csrf, "Origin": "https://evil.example"}),
                              ("its token, cross-site", {"X_CSRF_Token": session.csrf, "Sec_Fetch_Site": "cross-site"})):
            status, answer, _ = call(url, None, method, path, {} if method != "DELETE" else None, Cookie=session.cookie, **headers)
            if status != 403 or answer["code"] not in ("auth.csrf", "auth.origin"):
                faults.append((method, path, name, status, answer))
    tap.case(len(rows) > 50 and not faults, f"{len(rows)} rows that change something refuse a forged request", faults[:3])


def cursors(tap, url, tokens, other):
    """A cursor is no key: what is behind it is what its bearer sees."""
    for path, member in (("/api/v1/tenants", "tenants"), ("/api/v1/feeds", "feeds"), ("/api/v1/organizations", "organizations"), ("/api/v1/apps", "apps"), ("/api/v1/notices", "notices")):
        _, page, _ = call(url, tokens["all"], "GET", path + "?limit=1")
        cursor = page["next"] or ""
        status, seen, _ = call(url, tokens["some"], "GET", f"{path}?limit=1000&cursor={cursor}")
        text = json.dumps(seen)
        tap.case((status == 200 or not cursor) and other["tenant_id"] not in text and other["name"] not in text and "Outside" not in text, f"{path}: another's cursor shows nothing of others", text[:300])
        for bad in ("A" * 400, base64.urlsafe_b64encode(b"00000000:x").decode(), cursor[:-2] + "!!", "%00", base64.urlsafe_b64encode(base64.urlsafe_b64decode(cursor + "==")[:9] + b"' OR 1=1 --").decode() if cursor else "A"):
            status, answer, _ = call(url, tokens["all"], "GET", f"{path}?cursor={bad}")
            if status not in (200, 400) or status == 400 and answer["code"] not in ("api.bad_cursor", "api.bad_request"):
                tap.case(False, f"{path}: a forged cursor", (bad, status, answer))


def addresses(tap, url, tokens, mine, listener):
    """Where secrets are sent, and whom one believes there, an admin of one customer does not say."""
    path = "/api/v1/tenants/" + mine["tenant_id"]
    for name in ("login_url", "token_url", "graph_url", "graph_audience", "endpoint_url", "endpoint_audience", "siem_url", "siem_audience"):
        status, answer, _ = call(url, tokens["some"], "PATCH", path, {name: listener.url})
        tap.case(status == 403 and answer["code"] == "api.whole_account", f"{name} is the account's", (status, answer))
    status, answer, _ = call(url, tokens["some"], "POST", "/api/v1/tenants",
                             {"tenant_id": NOWHERE, "org": "Inside", "client_id": mine["client_id"], "secret": "not-really-1234", "login_url": listener.url})
    tap.case(status == 403 and answer["code"] == "api.whole_account", "with a new tenant neither", (status, answer))
    status, answer, _ = call(url, tokens["some"], "PUT", "/api/v1/proxies/*", {"proxy": "http://127.0.0.1:9", "org": "Inside", "ca": "a CA"})
    tap.case(status == 403 and answer["code"] == "api.whole_account", "nor a CA that opens what goes to the login", (status, answer))
    for proxy in ("http://127.0.0.1:9", "http://localhost:9", "socks5h://[::1]:9", "http://127.9.9.9:9", "http://127.1:9", "http://0:9", "http://[::ffff:127.0.0.1]:9"):
        status, answer, _ = call(url, tokens["some"], "PUT", "/api/v1/proxies/*", {"proxy": proxy, "org": "Inside"})
        tap.case(status == 403 and answer["code"] == "api.whole_account", f"nor a proxy that is this machine: {proxy} ({answer.get('code')})", (status, answer))
    status, _, _ = call(url, tokens["all"], "PATCH", path, {"graph_audience": ""})
    tap.case(status == 200, "who sees the whole account may", status)
    call(url, tokens["some"], "POST", "/api/v1/pull", {"tenant": mine["tenant_id"]})
    tap.case(not listener.heard, "nothing was sent to the attacker", listener.heard)


def what_is_there(tap, url, token, mine, other):
    """Names of other customers' tenants answer as names of nobody."""
    details = {}
    for name in (other["name"], "Nobody at all"):
        status, answer, _ = call(url, token, "POST", "/api/v1/onboardings", {"tenant_id": name, "org": "Inside"})
        details[name] = (status, answer["code"], answer["detail"].replace(name, "X"))
    tap.case(len(set(details.values())) == 1, "a consent link by name tells nothing of others", details)
    status, answer, _ = call(url, token, "PATCH", "/api/v1/tenants/" + mine["tenant_id"], {"client_id": other["tenant_id"]})
    tap.case(status == 400 and other["name"] not in json.dumps(answer), "nor does an id of theirs", (status, answer))


def put_shared_cause(i, *customers):
    """One cause at several customers, while no service runs: it has the store to itself."""
    texts = ("incident", "alert", "device", "decision", "action", "cause", "remedy", "route", "answered_by", "answer")
    with sqlite3.connect(i.folder / "data/store.db") as db:
        for tenant, org in customers:
            row = {**dict.fromkeys(texts, ""), **dict.fromkeys(("wants", "expires", "state", "rung", "due", "joined", "answered"), 0), "kind": 6, "severity": 3,
                   "created": int(time.time() * 1e7), "tenant_id": tenant["tenant_id"], "organization": org, "title": f"{tenant['name']}: Consent is gone",
                   "body": b"Nothing is read.", "group_key": "cause:test:"}
            db.execute(f"INSERT INTO notice ({','.join(row)}) VALUES ({','.join('?' * len(row))})", list(row.values()))
    db.close()


def shared_cause(tap, i, url, tokens, mine, other):
    """One cause at two customers is one notice, of the first of them; who sees that one alone does not read of the other in it."""
    seen = lambda who: {n["tenant_id"]: n for n in call(url, tokens[who], "GET", "/api/v1/notices?limit=1000")[1]["notices"] if "Consent is gone" in n["title"]}
    tap.case(wait_for(lambda: seen("all")[other["tenant_id"]]["state"] == "joined"), "a cause at two customers is one notice", seen("all"))
    whole = seen("all")[mine["tenant_id"]]
    tap.case("concerns 2" in whole["text"] and other["name"] in whole["text"], "who sees both reads of both", whole["text"])
    shown = [*seen("some").values(), call(url, tokens["some"], "GET", f"/api/v1/notices/{whole['id']}")[1]]
    said = json.dumps(shown)
    tap.case(len(shown) == 2 and said.count("Nothing is read.") == 2 and not any(word in said for word in ("concerns", "Outside", other["name"], other["tenant_id"])),
             "who sees one of them reads of that one", shown)
    told = i.run("notice", "show", str(whole["id"])).stdout
    tap.case("concerns 2" in told and other["name"] in told, "the command line has both", told)


def unseen_changes(tap, i, url, tokens, mine):
    """However long what comes along is: no change without a whole entry."""
    pad = " " * 300_000
    status, answer, _ = call(url, tokens["all"], "POST", "/api/v1/organizations", {"name": "Padded" + pad})
    call(url, tokens["some"], "PATCH", "/api/v1/tenants/" + mine["tenant_id"], {"name": pad + "renamed"})
    status, entries, _ = call(url, tokens["all"], "GET", "/api/v1/audit?limit=2")
    tap.case(status == 200 and isinstance(entries, dict) and [e["operation"] for e in entries["entries"]] == ["tenant set", "org add"]
             and "Padded" in json.dumps(entries["entries"][1]), "padded changes are in the audit trail, and it is JSON", str(entries)[:500])
    tap.case(i.run("audit", "verify").returncode == 0, "it is whole")


def two_readings(tap, url, token):
    """A proxy before us may read the other of two: such a request is none, and the connection ends with it."""
    host = urllib.parse.urlsplit(url).netloc.encode()
    top = b"POST /api/v1/pull HTTP/1.1\r\nAuthorization: Bearer " + token.encode() + b"\r\nContent-Type: application/json\r\n"
    second = b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
    for name, headers, body in (("length and chunks", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
                                ("two lengths", b"Content-Length: 2\r\nContent-Length: 60\r\n", b"{}"),
                                ("two codings", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n"),
                                ("two hosts", b"Host: evil.example\r\nContent-Length: 2\r\n", b"{}")):
        out = raw(url, top + b"Host: " + host + b"\r\n" + headers + b"\r\n" + body + second)
        tap.case(out.startswith(b"HTTP/1.1 400") and out.count(b"HTTP/1.1 ") == 1 and b"left open" not in out, name, out[:300])
    for target in ("/api/v1/me%00", "/api/v1/me%0d%0aX:y", "/%ff", "/api/v1/tenants/%c0%af"):
        status, _, headers = call(url, token, "GET", target)
        tap.case(status == 400 and "X" not in headers, f"{target} is no address", status)
    for target in ("/api/v1//me", "/api/v1/x/../me", "/api/v1/me;x", "/api/v1/me/", "/api/v1/tenants/..%2f..%2fme", "/API/v1/me"):
        status, answer, _ = call(url, token, "GET", target)
        tap.case(status == 404, f"{target} is not there", (status, answer))
    status, answer, _ = call(url, token, "POST", "/api/v1/organizations", b'{"name":' + b"[" * 400_000 + b"]" * 400_000 + b"}")
    tap.case(status == 400, "a body nested too deep", (status, answer))
    status, page, _ = call(url, None, "GET", "/onboarding/callback?" + urllib.parse.urlencode(
        {"error": "<script>alert(1)</script>", "error_description": "\"><svg onload=1>", "state": "<b>"}))
    tap.case(status == 400 and "<script" not in page and "<svg" not in page and "<b>" not in page, "the page of onboarding shows no markup of others", page)


def totp(secret, step):
    mac = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


class Session:
    def __init__(self, url, answer, headers):
        self.url, self.cookie, self.csrf = url, headers["Set-Cookie"].split(";")[0], answer["csrf_token"]
        self.attributes = headers["Set-Cookie"]

    def call(self, method, path, body=None, **headers):
        headers = {"Cookie": self.cookie, "X-CSRF-Token": self.csrf, **headers}
        return call(self.url, None, method, path, body, **{key: value for key, value in headers.items() if value is not None})


def login(url, body, **headers):
    return call(url, None, "POST", "/api/v1/login", body, **headers)


def sessions(tap, i, url):
    i.run("user", "add", "ann", "--role", "admin", "--password-file", "-", stdin=PASSWORD)
    right = {"name": "ann", "password": PASSWORD}
    status, answer, headers = login(url, right, Cookie="portcullis=chosen-by-the-attacker")
    s = Session(url, answer, headers)
    tap.case(status == 200 and "chosen" not in s.cookie and "HttpOnly" in s.attributes and "SameSite=Strict" in s.attributes, "a session's id is never the caller's choice", s.attributes)
    for name, extra in (("another page", {"Origin": "https://evil.example"}), ("no page at all", {"Origin": "null"}), ("a neighbour", {"Sec-Fetch-Site": "same-site"}),
                        ("without its token", {"X-CSRF-Token": None}), ("with another's", {"X-CSRF-Token": "A" * 43})):
        status, answer, _ = s.call("POST", "/api/v1/me/logout", {}, **extra)
        tap.case(status == 403, f"{name} changes nothing", (status, answer))
    for method in ("GET", "HEAD"):
        status, _, _ = s.call(method, "/api/v1/me/logout")
        tap.case(status == 405, f"{method} changes nothing", status)
    status, _, _ = login(url, right, Origin="https://evil.example")
    tap.case(status == 403, "nor does another page log in", status)
    status, answer, _ = login(url, b"name=ann&password=" + PASSWORD.encode(), **{"Content-Type": "application/x-www-form-urlencoded"})
    tap.case(status == 415, "nor a form", (status, answer))
    return s


def second_factor(tap, i, url, s):
    """A code serves once; whoever has session and password still cannot try codes without end."""
    status, answer, _ = s.call("POST", "/api/v1/me/totp-enrol", {"current": PASSWORD})
    secret = answer["secret"]
    step = int(time.time()) // 30
    status, _, _ = s.call("POST", "/api/v1/me/totp-confirm", {"code": totp(secret, step)})
    tap.case(status == 200, "the second factor is on", status)
    status, answer, _ = login(url, {"name": "ann", "password": PASSWORD, "code": totp(secret, step)})
    tap.case(status == 401, "the code that confirmed it opens nothing more", (status, answer))
    used = {totp(secret, step + k) for k in range(-1, 4)}
    wrong = next(code for code in ("111111", "222222", "333333", "444444", "555555", "666666") if code not in used)
    seen = [s.call("POST", "/api/v1/me/totp-off", {"current": PASSWORD, "code": wrong})[0] for _ in range(9)]
    tap.case(429 in seen, "codes cannot be tried without end", seen)
    status, _, _ = login(url, {"name": "ann", "password": PASSWORD, "code": wrong}, **{"X-Forwarded-For": "203.0.113.7"})
    tap.case(status == 429, "nor from what says it is another address", status)
    i.run("user", "set", "ann", "--disabled", "yes")
    tap.case(s.call("GET", "/api/v1/me")[0] == 401, "who is switched off is out at once")


def former(tap, i, url, tokens, other):
    """A customer's tenant was removed here and still consents to the account's app: who knows its id does not get it."""
    some, whole = tokens["some"], tokens["all"]
    call(url, whole, "POST", "/api/v1/apps", {"app": "account's", "client_id": other["client_id"], "secret": other["client_secret"]})
    gone, answer, _ = call(url, whole, "DELETE", "/api/v1/tenants/" + other["tenant_id"])
    tap.case(gone == 200, "a customer leaves", answer)
    is_kept = lambda asked: asked[0] == 400 and asked[1]["code"] == "tenant.former" and "Outside" not in json.dumps(asked[1])
    claim = {"tenant_id": other["tenant_id"], "org": "Inside"}
    tries = [call(url, some, "POST", "/api/v1/tenants", {**claim, "client_id": other["client_id"], "secret": other["client_secret"]}),
             call(url, some, "POST", "/api/v1/onboardings", {**claim, "app": "account's"})]
    tap.case(all(map(is_kept, tries)), "another customer's admin neither adds its tenant nor makes a link for it", tries)
    _, link, _ = call(url, some, "POST", "/api/v1/onboardings", {"org": "Inside", "app": "account's"})
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link["url"]).query))["state"]
    status, _, _ = call(url, None, "GET", "/onboarding/callback?" + urllib.parse.urlencode({"state": state, "tenant": other["tenant_id"], "admin_consent": "True"}))
    apart = next((o for o in call(url, some, "GET", "/api/v1/onboardings")[1]["onboardings"] if o["state"] == "quarantined"), {})
    tap.case(status == 400 and apart, "an open link that says the tenant consented puts it aside", (status, apart))
    accepted = call(url, some, "POST", f"/api/v1/onboardings/{apart.get('id')}/accept", {})
    tap.case(is_kept(accepted), "where that admin does not accept it", accepted)
    status, answer, _ = call(url, whole, "POST", f"/api/v1/onboardings/{apart.get('id')}/accept", {})
    tap.case(status == 200 and answer["state"] == "checking", "somebody who sees all organizations does", (status, answer))
    came = wait_for(lambda: call(url, some, "GET", "/api/v1/tenants/" + other["tenant_id"])[0] == 200)
    tap.case(came, "and it comes to its new organization", call(url, whole, "GET", "/api/v1/onboardings")[1])


def strangers(tap, url, i, mine):
    """Answers that nobody signed do not keep a customer's administrator out."""
    made = json.loads(i.run("tenant", "consent-url", mine["tenant_id"], "--json").stdout)
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(made["url"]).query))["state"]
    for _ in range(1300):  # they are counted by the hour, and this one may end meanwhile
        status, _, _ = call(url, None, "GET", "/onboarding/callback?state=AAAA&admin_consent=True")
        if status == 429:
            break
    tap.case(status == 429, "strangers are slowed down", status)
    changed = ("A" if state[0] != "A" else "B") + state[1:]
    answer = {"tenant": mine["tenant_id"], "admin_consent": "True"}
    status, _, _ = call(url, None, "GET", "/onboarding/callback?" + urllib.parse.urlencode({"state": changed, **answer}))
    tap.case(status == 429, "a changed link is a stranger's", status)
    results = []
    def come_back():
        results.append(call(url, None, "GET", "/onboarding/callback?" + urllib.parse.urlencode({"state": state, **answer}))[0])
    both = [threading.Thread(target=come_back) for _ in range(6)]
    for one in both: one.start()
    for one in both: one.join()
    tap.case(sorted(results) == [200] + [400] * 5, "a link that was signed is taken meanwhile, once, however many come at a time", results)


def main():
    with Tap() as tap, Twin("--scenario", "calm") as twin, Installation(twin) as i:
        mine, other = twin.tenants()[:2]
        for tenant, org in ((mine, "Inside"), (other, "Outside")):
            i.run("tenant", "add", tenant["tenant_id"], "--org", org, "--name", tenant["name"], "--client-id", tenant["client_id"],
                  "--secret-file", "-", stdin=tenant["client_secret"])
        put_shared_cause(i, (mine, "Inside"), (other, "Outside"))
        service = i.serve()
        i.wait_until_served(service)
        url = i.web()
        tokens = {}
        for who, words in (("all", ["--role", "owner"]), ("some", ["--role", "admin", "--org", "Inside"])):
            tokens[who] = json.loads(i.run("token", "add", who, "--expires", "1d", *words, "--json").stdout)["token"]
        apps_of_others(tap, url, tokens["some"], mine, other)
        own_apps(tap, i, url, tokens, mine, other)
        cursors(tap, url, tokens, other)
        addresses(tap, url, tokens, mine, Listener())
        what_is_there(tap, url, tokens["some"], mine, other)
        shared_cause(tap, i, url, tokens, mine, other)
        unseen_changes(tap, i, url, tokens, mine)
        two_readings(tap, url, tokens["all"])
        session = sessions(tap, i, url)
        forged(tap, url, session)
        second_factor(tap, i, url, session)
        former(tap, i, url, tokens, other)
        strangers(tap, url, i, mine)
        service.send_signal(signal.SIGTERM)
        tap.case(service.wait(PATIENCE) == 0, "the service ends")


if __name__ == "__main__":
    main()
