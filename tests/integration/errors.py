#!/usr/bin/env python3
"""Every error of Microsoft's that docs/microsoft-errors.md lists, provoked in the twin.

Login codes come to the real program over the real path (`portcullis pull`): from the input that causes them where a person can give it, else
because the tenant's rule says so. An API's error is got from the twin by the request that causes it; a stand-in then gives it to the program as
the answer to its own call, as feeds never make some of those requests. Where even the twin has no cause for an answer, it is the reference's
text. Both tables are held against the page: a row there without a test, or a test without its row, fails."""
import http.server, itertools, json, pathlib, re, tempfile, threading, time, urllib.error, urllib.parse, urllib.request

from harness import PATIENCE, ROOT, Installation, Tap, Twin, wait_for

tap = Tap()
page = (ROOT / "docs/microsoft-errors.md").read_text()

# ---- login ------------------------------------------------------------------------------------------------------------
SECRET, EXPIRED, NONE, CERTIFICATE, TIME = ("defender." + w for w in ("secret_wrong", "secret_expired", "no_credential", "certificate_refused", "assertion_time"))
LOGIN = {
    7000215: SECRET, 7000222: EXPIRED, 7000218: NONE, 7000216: NONE, 700027: CERTIFICATE, 700030: CERTIFICATE, 50012: CERTIFICATE,
    500133: TIME, 50013: TIME, 700016: "defender.app_unknown", 7000229: "defender.no_consent", 65001: "defender.no_consent",
    7000112: "defender.app_disabled", 70001: "defender.app_disabled", 650052: "defender.no_licence", 650057: "defender.api_not_in_app",
    500011: "defender.no_service", 70011: "defender.bad_audience", 1002012: "defender.bad_audience", 700022: "defender.bad_audience",
    90002: "defender.tenant_unknown", 900023: "defender.token_url", 9001023: "defender.token_url", 50194: "defender.token_url",
    50059: "defender.token_url", 90038: "defender.other_cloud", 900382: "defender.other_cloud", 900432: "defender.other_cloud",
    900144: "defender.login_request", 901002: "defender.login_request", 900561: "defender.login_request", 50048: "defender.login_request",
    70003: "defender.login_request", 50196: "defender.login_loop", 53003: "defender.policy_blocks", 530032: "defender.policy_blocks",
    90055: "defender.login_throttled", 50000: "defender.login_down", 50033: "defender.login_down", 90006: "defender.login_down",
    90012: "defender.login_down", 90024: "defender.login_down", 90033: "defender.login_down", 90090: "defender.login_down",
}


def scenario(folder, **content):
    path = pathlib.Path(folder) / "scenario.yaml"
    path.write_text(json.dumps({"name": "errors", "machines": 3, **content}))
    return path


def add(i, tenant, secret=None, **options):
    words = [w for name, value in options.items() for w in ("--" + name.replace("_", "-"), value)]
    done = i.run("tenant", "add", tenant["tenant_id"], "--org", "Customer", "--client-id", tenant["client_id"], "--secret-file", "-", *words,
                 stdin=secret or tenant["client_secret"])
    if done.returncode:
        raise RuntimeError(done.stderr)


def served(i, feed, tenants=1, seconds=PATIENCE, code=None):
    """Runs the service until that feed of every tenant has met an error ("hunting": until any table has met `code`): tenant id to its row in
    `feed list`. As what may pass is tried again for long, `pull` would not say so at once."""
    fits = lambda f: f["feed"][0].isupper() and f["code"] == code if feed == "hunting" else f["feed"] == feed and f["code"]
    service, until, found = i.serve(), time.monotonic() + seconds, {}
    i.wait_until_served(service)
    while len(found) < tenants and time.monotonic() < until:
        rows = json.loads(i.run("feed", "list", "--json").stdout or '{"feeds":[]}')["feeds"]
        found = {f["tenant_id"]: f for f in rows if fits(f)}
        time.sleep(0.1)
    service.terminate()
    service.wait(PATIENCE)
    return found


def login_by_rule():
    """All codes at once: a tenant each."""
    codes = sorted(LOGIN)
    with tempfile.TemporaryDirectory() as folder:
        path = scenario(folder, rules=[{"tenants": n, "token_error": code} for n, code in enumerate(codes)])
        with Twin("--tenants", len(codes), "--scenario", path) as twin, Installation(twin) as i:
            i.add_tenants(twin)
            found = served(i, "machines", len(codes))
            for tenant, code in zip(twin.tenants(), codes):
                feed = found.get(tenant["tenant_id"], {})
                good = feed.get("code") == LOGIN[code] and f"AADSTS{code}:" in feed["detail"]
                tap.case(good, f"AADSTS{code} is {LOGIN[code]}", feed)


def mended_while_it_runs(twin, tenant, bad_token_url):
    """What tenant set changes holds at once, though a refused login is not tried again for a quarter of an hour."""
    rows = lambda i: json.loads(i.run("feed", "list", "--json").stdout)["feeds"]
    # A refused login holds up all feeds, and the one that met it says so.
    shows = lambda feeds, code: any(f["code"] == code if code else f["feed"] == "machines" and not f["code"] and (f["age_ms"] or 9e9) < 6000
                                    for f in feeds)
    steps = [({"--secret-file": "-"}, "wrong", "defender.secret_wrong"), ({"--secret-file": "-"}, tenant["client_secret"], None),
             ({"--token-url": bad_token_url}, "", "defender.token_url"), ({"--token-url": ""}, "", None),
             ({"--endpoint-url": "http://127.0.0.1:9"}, "", "net.connect"), ({"--endpoint-url": "", "--endpoint-version": "api/v1.0"}, "", None)]
    with Installation(twin, **{"interval.machines": "3s"}) as i:
        add(i, tenant)
        service = i.serve()
        i.wait_until_served(service)
        wait_for(lambda: shows(rows(i), None))
        for options, text, code in steps:
            done = i.run("tenant", "set", tenant["tenant_id"], *[word for pair in options.items() for word in pair], stdin=text)
            shown = wait_for(lambda: shows(rows(i), code))
            tap.case(done.returncode == 0 and shown, f"tenant set {' '.join(options)}: {code or 'works again'}, at once",
                     f"{done.stderr} {rows(i)}")
        shown = json.loads(i.run("tenant", "show", tenant["tenant_id"], "--json").stdout)
        tap.case(shown["endpoint_version"] == "api/v1.0" and shown["endpoint_url"] == twin.url and tenant["client_secret"] not in json.dumps(shown),
                 "tenant show tells what holds, and no secret", shown)
        service.terminate()
        service.wait(PATIENCE)


def clock_that_differs():
    """Nothing fails with a secret, so it must be said: times are judged by that clock."""
    with tempfile.TemporaryDirectory() as folder:
        for skew, word in (("12m", "behind"), ("-12m", "ahead of"), ("20s", None)):
            with Twin("--tenants", 1, "--scenario", scenario(folder, clock_skew=skew)) as twin, Installation(twin) as i:
                i.add_tenants(twin)
                done = i.run("pull", "--once", "--feed", "machines")
                warned = re.search(r"warning: this machine's clock is 1[12] minutes (\w+(?: of)?) Microsoft's\n  code: defender.clock\n  do:   Set", done.stderr)
                tap.case(done.returncode == 0 and (warned[1] if warned else None) == word, f"Microsoft's clock {skew} from ours: {word or 'nothing said'}",
                         done.stderr)


def login_by_input():
    """What a person gives wrongly, by its words."""
    with Twin("--tenants", 2, "--scenario", "calm") as twin:
        world = twin.ask("/twin/tenants")
        mine, other = world["tenants"]
        stranger = "00000000-1111-4222-8333-444444444444"
        token = lambda part: f"{twin.url}/{part}/oauth2/v2.0/token"
        cases = [
            ("the secret of another app", mine, other["client_secret"], {}, 7000215),
            ("an expired secret", mine, mine["expired_secret"], {}, 7000222),
            ("the client id of another tenant's app", {**mine, "client_id": other["client_id"]}, None, {}, 7000229),
            ("a disabled app", {**mine, **world["disabled_app"]}, None, {}, 7000112),
            ("a tenant of another cloud", {**mine, "tenant_id": world["other_cloud_tenant_id"]}, None, {}, 900382),
            ("a client id nobody knows", {**mine, "client_id": stranger}, None, {}, 700016),
            ("the ids of another tenant", {**mine, "tenant_id": stranger}, None, {}, 90002),
            ("the ids in each other's place", {"tenant_id": mine["client_id"], "client_id": mine["tenant_id"]}, mine["client_secret"], {}, 90002),
            ("common in the token address", mine, None, {"token_url": token("common")}, 50194),
            ("a word for the tenant in the token address", mine, None, {"token_url": token("contoso")}, 900023),
            ("an audience nobody has", mine, None, {"endpoint_audience": "https://api.example"}, 500011),
        ]
        for name, tenant, secret, options, code in cases:
            with Installation(twin) as i:
                add(i, tenant, secret, **options)
                done = i.run("pull", "--once", "--feed", "machines")
                good = f"code: {LOGIN[code]} (" in done.stderr and f"AADSTS{code}:" in done.stderr and "do:   " in done.stderr
                tap.case(good, f"{name}: AADSTS{code}, {LOGIN[code]}", done.stderr)
        mended_while_it_runs(twin, mine, token("common"))


# ---- APIs -------------------------------------------------------------------------------------------------------------
class World:
    """A twin of one tenant, asked as an app would."""

    def __init__(self, folder, content):
        self.twin = Twin("--tenants", 1, "--scenario", scenario(folder, **content))
        self.tenant = self.twin.tenants()[0]
        self.tokens = {}

    def token(self, audience):
        if audience not in self.tokens:
            t = self.tenant
            form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": t["client_id"], "client_secret": t["client_secret"],
                                           "scope": t[audience + "_audience"] + "/.default"}).encode()
            with urllib.request.urlopen(f"{self.twin.url}/{t['tenant_id']}/oauth2/v2.0/token", form) as answer:
                self.tokens[audience] = json.load(answer)["access_token"]
        return self.tokens[audience]

    def ask(self, audience, method, path, body=None, token=None):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.twin.url + path, method=method, data=data, headers={
            "Authorization": "Bearer " + (token or self.token(audience)), "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    def graph(self, path, method="GET", **more):
        return self.ask("graph", method, "/v1.0/security/" + path, **more)

    def endpoint(self, path, method="GET", **more):
        return self.ask("endpoint", method, "/api/" + path, **more)

    def hunt(self, query):
        return self.graph("runHuntingQuery", "POST", body={"Query": query})

    def action(self, name, body):
        machines = json.loads(self.endpoint("machines")[1])["value"]
        windows = next(m for m in machines if m["osPlatform"].startswith("Windows"))
        return self.endpoint(f"machines/{windows['id']}/{name}", "POST", body=body)

    def indicator(self, kind, value):
        return self.endpoint("indicators", "POST", body={"indicatorType": kind, "indicatorValue": value, "action": "Allowed", "title": "t",
                                                         "description": "d"})


def cancelled_too_late(w):
    action = json.loads(w.action("isolate", ISOLATE)[1])
    w.twin.ask("/twin/clock", "POST", b"5m")
    return w.endpoint(f"machineactions/{action['id']}/cancel", "POST", body={"Comment": "c"})


def last(answers):
    return list(answers)[-1]


def faulty(w, spec, audience, path):
    w.token(audience)
    w.twin.ask("/twin/faults", "POST", spec)
    answer = w.ask(audience, "GET", path)
    w.twin.ask("/twin/faults", "POST", b"")
    return answer


ISOLATE = {"Comment": "c", "IsolationType": "Full"}
GET_FILE = {"Comment": "c", "Commands": [{"type": "GetFile", "params": [{"key": "Path", "value": "C:\\x"}]}]}
THROTTLED = {"events": [{"what": "throttle", "at": "0s", "for": "1h", "tenants": "all"}]}
BATCH = {"Indicators": [{"indicatorType": "Url", "indicatorValue": f"https://x{n}.example/", "action": "Allowed", "title": "t", "description": "d"}
                        for n in range(501)]}
rule = lambda **r: {"rules": [{"tenants": "all", **r}]}
said = lambda status, code, message: lambda w: (status, json.dumps({"error": {"code": code, "message": message, "target": "t"}}).encode())
bare = lambda status: lambda w: (status, b"")
# Whom only the older APIs are open to: hunting through Defender for Endpoint, alerts through the SIEM API.
HUNTER, SIEM = rule(permissions="none", roles=["AdvancedQuery.Read.All"]), rule(permissions="none", roles=["siem"])

# The page's row (status, API, its code, says): our code, the feed that meets it, what is asked, and how the twin's world must be for it.
API = {
    ("429", "hunting", "", "CPU"): ("cpu_quota", "hunting", said(429, "TooManyRequests", "You have exceeded your CPU quota"), {}),
    ("429", "any", "", "calls quota exceeded"): ("calls_quota", "machines", lambda w: last(w.endpoint("machines") for _ in range(3)), {"endpoint_per_minute": 2}),
    ("429", "any", "TooManyRequests", ""): ("throttled", "alerts", lambda w: w.graph("alerts_v2"), THROTTLED),
    ("429", "any", "", ""): ("throttled", "machines", lambda w: w.endpoint("machines"), THROTTLED),
    ("400", "hunting", "", "preempted"): ("query_too_heavy", "hunting", said(400, "BadRequest", "The query was preempted"), {}),
    ("400", "hunting", "", "exceeded the allowed limits"): (
        "query_too_heavy", "hunting", said(400, "BadRequest", "Query execution has exceeded the allowed limits (80DA0003)"), {}),
    ("400", "hunting", "", "result size"): (
        "result_too_large", "hunting", said(400, "BadRequest", "Query execution has exceeded the allowed result size. Optimize your query by limiting the amount of results"), {}),
    ("400", "hunting", "", "Failed to resolve table"): ("no_table", "hunting", lambda w: w.hunt("EmailEvents | take 1"), rule(licence="endpoint")),
    ("400", "any", "", "for Top query has been exceeded"): ("page_too_large", "alerts", lambda w: w.graph("incidents?$top=100"), {}),
    ("400", "any", "ActiveRequestAlreadyExists", ""): (
        "action_running", "machines", lambda w: last(w.action("isolate", ISOLATE) for _ in range(2)), rule(temper="offline")),
    ("400", "any", "", "Action is already in progress"): ("action_running", "machines", said(400, "BadRequest", "Action is already in progress"), {}),
    ("400", "any", "", "cannot be cancelled"): ("action_over", "machines", lambda w: cancelled_too_late(w), rule(temper="fast")),
    ("400", "any", "OsPlatformNotSupported", ""): ("os_unsupported", "machines", lambda w: w.action("isolate", ISOLATE), rule(temper="unsupported")),
    ("400", "any", "ClientVersionNotSupported", ""): ("sensor_old", "machines", lambda w: w.action("isolate", ISOLATE), rule(temper="old_client")),
    ("400", "any", "MaximumBatchSizeExceeded", ""): ("batch_too_large", "machines", lambda w: w.endpoint("indicators/import", "POST", body=BATCH), {}),
    ("400", "any", "MissingRequiredParameter", ""): ("bad_body", "machines", lambda w: w.action("isolate", {"IsolationType": "Full"}), {}),
    ("400", "any", "InvalidRequestBody", ""): ("bad_body", "machines", lambda w: w.action("isolate", b"{not json"), {}),
    ("400", "any", "InvalidInput", ""): ("bad_value", "machines", lambda w: w.action("isolate", {"Comment": "c", "IsolationType": "Half"}), {}),
    ("400", "any", "InvalidHashValue", ""): ("bad_value", "machines", lambda w: w.action("StopAndQuarantineFile", {"Comment": "c", "Sha1": "xyz"}), {}),
    ("400", "any", "InvalidDomainName", ""): ("bad_value", "machines", lambda w: w.indicator("DomainName", "no domain"), {}),
    ("400", "any", "InvalidIpAddress", ""): ("bad_value", "machines", lambda w: w.indicator("IpAddress", "10.0.0.0/8"), {}),
    ("400", "any", "InvalidUrl", ""): ("bad_value", "machines", lambda w: w.indicator("Url", "http:// x"), {}),
    ("400", "any", "ODataError", ""): ("bad_query", "machines", lambda w: w.endpoint("machines?$filter=nonsense"), {}),
    ("400", "any", "BadRequest", ""): ("bad_query", "alerts", lambda w: w.graph("alerts_v2?$filter=nonsense"), {}),
    ("400", "any", "", ""): ("bad_query", "alerts", said(400, "SomethingNew", "nobody knows yet"), {}),
    ("401", "any", "AF10001", ""): ("role_missing", "hunting", lambda w: w.hunt("DeviceInfo | take 1"), rule(lacks=["hunting"], refusal="af10001")),
    ("401", "any", "", "does not include the expected permission"): (
        "role_missing", "machines", said(401, "Unauthorized", "The permission set () does not include the expected permission."), rule(lacks=["machines"])),
    ("401", "any", "InvalidAuthenticationToken", ""): ("token_refused", "alerts", lambda w: w.graph("alerts_v2", token=w.token("endpoint")), {}),
    ("401", "any", "Unauthorized", ""): ("token_refused", "machines", lambda w: w.endpoint("machines", token=w.token("graph")), {}),
    ("401", "any", "", ""): ("token_refused", "machines", lambda w: w.endpoint("machines", token="x"), {"variants": {"endpoint.401_body": "empty"}}),
    ("403", "Defender for Endpoint hunting", "DisabledFeature", ""): ("api_retired", "hunting", said(403, "DisabledFeature", "switched off"), HUNTER),
    ("403", "any", "DisabledFeature", ""): ("feature_off", "machines", lambda w: w.action("runliveresponse", GET_FILE), rule(lacks=["live_response"])),
    ("403", "any", "DisallowedOperation", ""): (
        "disallowed", "machines", lambda w: last((w.action("offboard", {"Comment": "c"}), w.twin.ask("/twin/clock", "POST", b"10m"), w.action("isolate", ISOLATE))),
        rule(temper="fast")),
    ("403", "SIEM", "", ""): ("forbidden", "alerts_siem", bare(403), SIEM),
    ("403", "any", "Forbidden", ""): ("role_missing", "machines", lambda w: w.endpoint("machines"), rule(lacks=["machines"])),
    ("403", "any", "Authorization_RequestDenied", ""): (
        "role_missing", "alerts", lambda w: w.graph("alerts_v2"), {**rule(lacks=["alerts"]), "variants": {"graph.403_code": "Authorization_RequestDenied"}}),
    ("403", "any", "", ""): ("role_missing", "alerts", bare(403), rule(lacks=["alerts"])),
    ("404", "Defender for Endpoint hunting", "", ""): ("api_retired", "hunting", bare(404), HUNTER),
    ("404", "SIEM", "", ""): ("api_retired", "alerts_siem", bare(404), SIEM),
    ("404", "any", "ResourceNotFound", ""): ("not_found", "alerts", lambda w: w.endpoint("machines/" + "0" * 40), {}),
    ("404", "any", "NotFound", ""): ("not_found", "alerts", lambda w: w.graph("alerts_v2/none"), {"variants": {"graph.404_code": "NotFound"}}),
    ("404", "any", "", ""): ("not_found", "alerts", bare(404), {}),
    ("408", "any", "", ""): ("server", "alerts", bare(408), {}),
    ("410", "any", "", ""): ("api_retired", "alerts", bare(410), {}),
    ("413", "any", "", ""): ("page_too_large", "alerts", bare(413), {}),
    ("4xx", "any", "", ""): ("bad_query", "alerts", lambda w: w.graph("alerts_v2", "PUT", body={}), {}),
    ("5xx", "any", "InternalServerError", ""): ("server", "machines", lambda w: faulty(w, b"500=1", "endpoint", "/api/machines"), {}),
    ("5xx", "any", "UnknownError", ""): ("server", "alerts", lambda w: faulty(w, b"504=1", "graph", "/v1.0/security/alerts_v2"), {}),
    ("5xx", "any", "", ""): ("server", "machines", lambda w: faulty(w, b"503=1", "endpoint", "/api/machines"), {}),
    ("other", "any", "", ""): ("bad_answer", "alerts", bare(302), {}),
}


class StandIn(http.server.ThreadingHTTPServer):
    """Gives each call one and the same answer."""

    def __init__(self, status, body):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer
            log_message = lambda self, *_: None

        super().__init__(("127.0.0.1", 0), Handler)
        self.handle_error = lambda *_: None  # the program may hang up at any time
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        self.url = f"http://127.0.0.1:{self.server_port}"
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def api_case(row, world, code, feed, cause):
    status, says = row[0], row[3]
    got, body = cause(world)
    text = body.decode(errors="replace")
    is_it = (status == "other" or status.replace("xx", "") == str(got)[:len(status.replace("xx", ""))]) and row[2] in text and says.lower() in text.lower()
    name = f"{status} {row[1]} {row[2] or says}: defender.{code}"
    if not is_it:
        tap.case(False, name, f"the twin answered {got} {text}")
        return
    with StandIn(got, body) as stand_in, Installation(world.twin) as i:
        add(i, world.tenant, graph_url=stand_in.url, endpoint_url=stand_in.url, siem_url=stand_in.url)
        found = served(i, feed, seconds=15, code="defender." + code)
        tap.case([f["code"] for f in found.values()] == ["defender." + code], name, found)


def api_cases():
    key = lambda item: json.dumps(item[1][3], sort_keys=True)
    for _, group in itertools.groupby(sorted(API.items(), key=key), key):
        group = list(group)
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, group[0][1][3])
            with world.twin:
                for row, (code, feed, cause, _) in group:
                    api_case(row, world, code, feed, cause)


# ---- the page ---------------------------------------------------------------------------------------------------------
def page_cases():
    listed = {int(code): ours for code, ours in re.findall(r"^\| (\d{4,}) \| `([a-z_.]+)` \|", page, re.M)}
    tap.case(listed == LOGIN, "the page lists exactly the AADSTS codes provoked here, with their causes",
             {c: (listed.get(c), LOGIN.get(c)) for c in listed.keys() | LOGIN.keys() if listed.get(c) != LOGIN.get(c)})
    rows = {(s, f, c, t): ours for s, f, c, t, ours in re.findall(r"^\| (\S+) \| ([^|]+) \| ([^|]*?) ?\| ([^|]*?) ?\| `defender\.([a-z_]+)` \|", page, re.M)}
    mine = {row: value[0] for row, value in API.items()}
    tap.case(rows == mine, "the page lists exactly the API errors provoked here, with their causes",
             {r: (rows.get(r), mine.get(r)) for r in rows.keys() | mine.keys() if rows.get(r) != mine.get(r)})


with tap:
    page_cases()
    login_by_rule()
    login_by_input()
    clock_that_differs()
    api_cases()
