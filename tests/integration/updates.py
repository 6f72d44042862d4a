#!/usr/bin/env python3
"""What can go wrong when an alert is written to: a front before the twin answers updates with each error Microsoft documents, loses
answers before and after the effect, and says yes without doing anything. Each gives its code, and what was done is known afterwards."""
import http.server, json, re, threading, urllib.error, urllib.request

from harness import Installation, Tap, Twin


class Front(http.server.ThreadingHTTPServer):
    """Hands everything on to the twin, but for updates of alerts: `plan` says what becomes of them."""

    def __init__(self, twin):
        super().__init__(("127.0.0.1", 0), Handler)
        self.twin, self.plan, self.seen = twin, {}, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # we break connections on purpose


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pass_on(self, body):
        request = urllib.request.Request(self.server.twin.url + self.path, method=self.command, data=body)
        for name, value in self.headers.items():
            if name.lower() in ("authorization", "content-type", "prefer"):
                request.add_header(name, value)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()

    def handle_all(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        is_update = self.command == "PATCH" or self.path.endswith("/comments")
        plan = self.server.plan if is_update else {}
        if is_update:
            self.server.seen.append(self.command)
            if plan.get("times", 99) <= 0:
                plan = {}
            elif "times" in plan:
                plan["times"] -= 1
        if plan.get("effect"):
            self.pass_on(body)
        if plan.get("lost"):
            self.close_connection = True
            self.connection.shutdown(2)
        elif "status" in plan:
            text = plan.get("body") or json.dumps({"error": {"code": plan.get("code", ""), "message": plan.get("message", "no")}})
            self.answer(plan["status"], text.encode(), [("Content-Type", "application/json"), *plan.get("headers", [])])
        else:
            status, answer = self.pass_on(body)
            self.answer(status, answer, [("Content-Type", "application/json")])

    do_GET = do_POST = do_PATCH = handle_all


# What Microsoft answers, and what a person hears.
REFUSALS = [
    ("a bad request", dict(status=400, code="BadRequest"), "defender.bad_query", 2),
    ("a value it does not take", dict(status=400, code="InvalidInput", message="determination has no value 'x'"), "defender.bad_value", 2),
    ("a body it does not understand", dict(status=400, code="InvalidRequestBody"), "defender.bad_body", 2),
    ("a parameter missing", dict(status=400, code="MissingRequiredParameter"), "defender.bad_body", 2),
    ("forbidden, though the role is there", dict(status=403, code="Forbidden"), "defender.forbidden", 1),
    ("forbidden, in other words", dict(status=403, code="Authorization_RequestDenied"), "defender.forbidden", 1),
    ("a licence that is gone", dict(status=410, code=""), "defender.api_retired", 1),
    ("an operation not allowed", dict(status=403, code="DisallowedOperation"), "defender.disallowed", 1),
    ("a feature that is off", dict(status=403, code="DisabledFeature"), "defender.feature_off", 1),
    ("gone", dict(status=404, code="ResourceNotFound"), "defender.not_found", 2),
    ("gone, in other words", dict(status=404, code="NotFound"), "defender.not_found", 2),
    ("a query it does not understand", dict(status=400, code="ODataError"), "defender.bad_query", 2),
    ("more at once than it takes", dict(status=400, code="MaximumBatchSizeExceeded", message="Maximum batch size exceeded. Received: 1, allowed: 0"),
     "defender.batch_too_large", 1),
    ("a conflict", dict(status=409, code="Conflict"), "defender.bad_query", 2),
]
# What passes: tried again under the same mark, and then it is done, once.
PASSING = [
    ("told to wait", dict(status=429, code="TooManyRequests", headers=[("Retry-After", "1")], times=1)),
    ("a token refused", dict(status=401, code="InvalidAuthenticationToken", times=1)),
    ("the answer lost after the effect", dict(lost=True, effect=True, times=1)),
    ("a server's fault after the effect", dict(status=503, code="InternalServerError", effect=True, times=1)),
    ("an echo of the old state after the effect", dict(status=200, body='{"status":"new","comments":[]}', effect=True, times=2)),
]


def order(i, front, plan, *words):
    front.plan, front.seen = dict(plan), []
    return i.run("alert", *words, "--json")


with Tap() as tap, Twin("--tenants", 1, "--scenario", "quiet") as twin:
    front = Front(twin)
    with Installation(twin, **{"cloud.graph_url": front.url, "interval.alerts": "1s", "lookback.alerts": "1d"}) as i:
        i.add_tenants(twin)
        tenant = twin.tenants()[0]["tenant_id"]
        made = lambda: twin.ask(f"/twin/alerts?tenant={tenant}", "POST", b'{"severity":"low"}')["id"]
        alerts = [made() for _ in range(len(PASSING) + 3)]
        i.run("pull", "--once", "--feed", "alerts")

        def now(alert):
            with urllib.request.urlopen(f"{twin.url}/twin/rows?tenant={tenant}&feed=alerts") as rows:
                row = next(r for r in map(json.loads, rows) if r["id"] == alert)
            return row["status"], [c["comment"] for c in row["comments"] if c["comment"].startswith("Portcullis ")]

        for what, plan, code, exit_code in REFUSALS:
            done = order(i, front, plan, "resolve", alerts[0])
            tap.case(done.returncode == exit_code and f"code: {code} (" in done.stderr and re.search(r"^  do:   \S", done.stderr, re.M)
                     and len(front.seen) == 1, f"{what}: {code}", (done.returncode, done.stdout, done.stderr, front.seen))
        tap.case(now(alerts[0]) == ("new", []), "nothing was written", now(alerts[0]))
        done = order(i, front, {}, "resolve", alerts[0])
        tap.case(done.returncode == 0 and now(alerts[0])[0] == "resolved", "then it goes through", done.stderr)

        for (what, plan), alert in zip(PASSING, alerts[1:]):
            done = order(i, front, plan, "resolve", alert, "--comment", "seen")
            status, comments = now(alert)
            result = json.loads(done.stdout) if done.stdout else {}
            good = status == "resolved" and len(comments) == 1 and done.returncode == 0 and result.get("change") == "confirmed"
            tap.case(good, f"{what}: {result.get('change')}", (done.returncode, done.stdout, done.stderr, status, comments, front.seen))

        lying, lost = alerts[-2:]
        done = order(i, front, dict(status=200, body='{"status":"resolved"}'), "resolve", lying)
        tap.case(done.returncode == 3 and json.loads(done.stdout)["change"] == "sent" and now(lying)[0] == "new",
                 "a yes without effect is not believed", (done.returncode, done.stdout, done.stderr))
        done = order(i, front, {}, "resolve", lying)
        tap.case(done.returncode == 1 and "manage.busy" in done.stderr, "it waits to be seen: no second order meanwhile", (done.stdout, done.stderr))
        done = order(i, front, dict(lost=True), "resolve", lost)
        tap.case(done.returncode == 3 and json.loads(done.stdout)["change"] == "pending" and len(front.seen) == 1,
                 "an answer lost before the effect is not sent again blindly", (done.returncode, done.stdout, done.stderr, front.seen))
        i.keep = tap.failed > 0
    front.shutdown()
