#!/usr/bin/env python3
"""The contract: one row per behaviour of Microsoft's end-points that a client can notice, asked of the running twin. The rows are the YAML files
beside this program; docs/contract.md tells how to read and write them.

  contract.py YAML2JSON [--only TEXT] [--pending] [--verbose]

Rows with one `given` share a twin, each row has a tenant of its own in it. A row marked `pending` is not built yet: it may fail, and must
be unmarked when it passes."""
import argparse, base64, collections, copy, http.client, json, pathlib, re, subprocess, sys, tempfile, time, urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from harness import Tap, Twin
import assertion
from matching import fault, known, pick, self_check, MISSING

ROW_KEYS = {"id", "says", "source", "given", "tenant", "steps", "ask", "expect", "keep", "pending"}
STEP_KEYS = {"ask", "expect", "keep", "wait", "certificate", "faults"}
ASK_KEYS = {"method", "path", "query", "headers", "auth", "json", "form", "body", "times", "assertion", "basic", "login", "hunt"}
EXPECT_KEYS = {"status", "headers", "json", "body", "claims", "token_header", "location"}
AUDIENCES = {"graph": "https://graph.microsoft.com", "endpoint": "https://api.securitycenter.microsoft.com",
             "xdr": "https://api.security.microsoft.com", "siem": "https://graph.windows.net"}


class Bad(Exception):
    """The row is not met; the text says how."""


# ---- rows -------------------------------------------------------------------------------------------------------------
def load(yaml2json):
    rows = []
    for path in sorted(HERE.glob("*.yaml")):
        file = json.loads(subprocess.run([yaml2json, path], stdout=subprocess.PIPE, text=True, check=True).stdout)
        for item in file.get("not_asked", []):  # what cannot be asked over HTTP, listed with its reasons
            if not all(item.get(key) for key in ("section", "what", "why")):
                raise SystemExit(f"{path.name}: {item}: section, what and why are needed")
        for row in file.get("rows", []):
            row["file"] = path.name
            row["given"] = {**file.get("given", {}), **row.get("given", {})}
            row["tenant"] = {**file.get("tenant", {}), **row.get("tenant", {})}
            rows.append(row)
    return rows


def form_faults(rows):
    """What is wrong with how rows are written."""
    seen = collections.Counter(row.get("id") for row in rows)
    for row in rows:
        where = f"{row['file']}: {row.get('id')}"
        steps = row.get("steps", [row])
        yield from (f"{where}: {key} is missing" for key in ("id", "says", "source") if not row.get(key))
        yield from (f"{where}: unknown {key}" for key in set(row) - ROW_KEYS - {"file"})
        if seen[row.get("id")] > 1:
            yield f"{where}: the id is there {seen[row['id']]} times"
        if "pending" in row and not isinstance(row["pending"], str):
            yield f"{where}: pending needs its reason"
        for step in steps:
            if step is not row:
                yield from (f"{where}: a step has no {key}" for key in set(step) - STEP_KEYS)
            yield from (f"{where}: ask has no {key}" for key in set(step.get("ask", {})) - ASK_KEYS)
            yield from (f"{where}: expect has no {key}" for key in set(step.get("expect", {})) - EXPECT_KEYS)
            for part in ("json", "claims", "token_header"):
                wants = step.get("expect", {}).get(part, {})
                yield from (f"{where}: no such matcher: {want}" for want in wants.values() if not known(want))
        if not any("expect" in step for step in steps):
            yield f"{where}: nothing is expected"


# ---- a tenant's conversation -----------------------------------------------------------------------------------------
def sixty(text):
    """5m, 2h, 3d in seconds."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


def unpad(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        try:
            self.json = json.loads(self.body)
        except ValueError:
            self.json = None

    def __str__(self):
        return f"{self.status} {self.headers.items()}\n{self.body[:1000].decode(errors='replace')}"


class World:
    """A twin and the tenants of its rows."""

    def __init__(self, given, rows):
        self.rules, tenants = [], 0  # one more than rows: {other.tenant}, which no rule touches
        rows.sort(key=lambda row: json.dumps(row["tenant"], sort_keys=True))
        for row in rows:
            row["index"] = tenants
            if self.rules and self.rules[-1][0] == row["tenant"]:
                self.rules[-1][2] = tenants
            else:
                self.rules.append([row["tenant"], tenants, tenants])
            tenants += 1
        scenario = copy.deepcopy(given)
        for table in scenario.get("rows_per_second", {}):
            scenario["rows_per_second"][table] *= tenants  # rows say it per tenant, scenarios over all
        scenario["rules"] = [{**rule, "tenants": f"{first}-{last}"} for rule, first, last in self.rules if rule]
        self.file = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        json.dump(scenario, self.file)
        self.file.flush()
        self.twin = Twin("--tenants", tenants + 1, "--scenario", self.file.name)
        self.told = self.twin.ask("/twin/tenants")  # beside the tenants: apps, and a tenant of another cloud
        self.tenants = self.told["tenants"]
        self.host = urllib.parse.urlsplit(self.twin.url).netloc
        self.line = http.client.HTTPConnection(self.host, timeout=20)

    def close(self):
        self.line.close()
        self.twin.stop()
        self.file.close()

    def send(self, method, target, headers, body):
        for attempt in (1, 2):
            try:
                self.line.request(method, target, body, headers)
                return Answer(self.line.getresponse())
            except (http.client.HTTPException, OSError):
                self.line.close()
                if attempt == 2:
                    raise


class Talk:
    """One row's tenant: its tokens and what was kept."""

    def __init__(self, world, row):
        self.world, self.row = world, row
        self.me = world.tenants[row["index"]]
        self.kept, self.tokens, self.objects, self.ahead = {}, {}, {}, 0

    def word(self, name):
        """The value of a placeholder."""
        kind, _, rest = name.partition(":")
        if kind == "token":
            return self.token(rest)
        if kind == "now":
            return self.instant(rest)
        if kind == "many":
            return [f"id{i}" for i in range(int(rest))]
        if name in self.kept:
            return self.kept[name]
        if name in ("client_id", "client_secret", "expired_secret", "domain"):
            return self.me[name]
        told = pick(self.world.told, name)[0]
        if isinstance(told, str):
            return told
        if name == "tenant":
            return self.me["tenant_id"]
        if name == "base":
            return self.world.twin.url
        if name == "host":
            return self.world.host
        if name.startswith("other."):
            return self.world.tenants[-1][{"tenant": "tenant_id"}.get(name[6:], name[6:])]
        feed, index, path = re.fullmatch(r"([a-z_]+)(\[\d+\])?\.?(.*)", name).groups()
        found = pick(self.feed(feed + "s"), f"{index or '[0]'}.{path}")
        if not found or found[0] is MISSING:
            raise Bad(f"there is no {{{name}}}")
        return found[0]

    def instant(self, shift):
        at = time.time() + self.ahead
        found = re.fullmatch(r"([+-])(\d+[smhd])", shift) if shift else None
        if found:
            at += (1 if found[1] == "+" else -1) * sixty(found[2])
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

    def feed(self, name):
        """All objects of a feed, oldest change first, whatever is allowed to be read over the API."""
        if name not in self.objects:
            query = urllib.parse.urlencode({"tenant": self.me["tenant_id"], "feed": name})
            answer = self.world.send("GET", "/twin/rows?" + query, {}, None)
            if answer.status != 200:
                raise Bad(f"the twin has no feed {name}: {answer}")
            self.objects[name] = [json.loads(line) for line in answer.body.splitlines()]
        return self.objects[name]

    def fill(self, value):
        """Placeholders replaced, everywhere inside; one that is the whole text keeps its type."""
        if isinstance(value, dict):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v) for v in value]
        if not isinstance(value, str):
            return value
        place = r"\{([a-z_]+[:.\[\]\w+-]*)\}"
        whole = re.fullmatch(place, value)
        return self.word(whole[1]) if whole else re.sub(place, lambda m: str(self.word(m[1])), value)

    def token(self, api):
        if api not in self.tokens:
            target = {"resource": AUDIENCES[api]} if api == "siem" else {"scope": AUDIENCES[api] + "/.default"}
            form = {"grant_type": "client_credentials", "client_id": self.me["client_id"], "client_secret": self.me["client_secret"], **target}
            path = f"/{self.me['tenant_id']}/oauth2/{'' if api == 'siem' else 'v2.0/'}token"
            answer = self.world.send("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, urllib.parse.urlencode(form))
            if answer.status != 200:
                raise Bad(f"no token for {api}: {answer}")
            self.tokens[api] = answer.json["access_token"]
        return self.tokens[api]

    def wait(self, text):
        answer = self.world.send("POST", "/twin/clock", {}, text)
        if answer.status != 200:
            raise Bad(f"the twin's clock does not move: {answer}")
        self.ahead += sixty(text)
        self.tokens, self.objects = {}, {}

    def faults_on(self, spec):
        answer = self.world.send("POST", "/twin/faults", {}, spec)
        if answer.status != 200:
            raise Bad(f"the faults are refused: {answer}")

    def certificate(self):
        answer = self.world.send("POST", "/twin/certificates?tenant=" + self.me["tenant_id"], {}, assertion.certificate())
        if answer.status not in (200, 201, 204):
            raise Bad(f"the certificate cannot be registered: {answer}")

    def spelled_out(self, spec):
        """`login` and `hunt` are short for the usual request; who asks an API brings its token unless `auth` says otherwise."""
        if "login" in spec:
            usual = {"grant_type": "client_credentials", "client_id": "{client_id}", "client_secret": "{client_secret}",
                     "scope": AUDIENCES["graph"] + "/.default"}
            form = {name: text for name, text in {**usual, **(spec["login"] or {})}.items() if text is not None}
            return {"method": "POST", "path": "/{tenant}/oauth2/v2.0/token", "form": form, **spec}
        if "hunt" in spec:
            return {"method": "POST", "path": "/v1.0/security/runHuntingQuery", "auth": "graph", "json": {"Query": spec["hunt"]}, **spec}
        prefixes = {"/v1.0/": "graph", "/beta/": "graph", "/api/": "endpoint", "{": "graph"}
        return {"auth": next((api for prefix, api in prefixes.items() if spec["path"].startswith(prefix)), "none"), **spec}

    def ask(self, spec):
        spec = self.spelled_out(spec)
        method = spec.get("method", "GET")
        headers, body = dict(self.fill(spec.get("headers", {}))), None
        form = self.fill(spec.get("form", {}))
        if "assertion" in spec:
            form.update(assertion.fields(self.fill(spec["assertion"]), self, time.time() + self.ahead))
        if form:
            body = urllib.parse.urlencode(form)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif "json" in spec:
            body = json.dumps(self.fill(spec["json"]))
            headers.setdefault("Content-Type", "application/json")
        elif "body" in spec:
            body = self.fill(spec["body"])
        elif method in ("POST", "PATCH"):
            body = ""
        if spec.get("auth", "none") != "none":
            headers["Authorization"] = "Bearer " + self.token(spec["auth"])
        if "basic" in spec:
            pair = ":".join(urllib.parse.quote(self.fill(part), safe="") for part in spec["basic"])
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        path = self.fill(spec["path"])
        if path.startswith("http"):  # a link that an answer gave
            parts = urllib.parse.urlsplit(path)
            if parts.netloc != self.world.host:
                raise Bad(f"the link leads elsewhere: {path}")
            target = parts.path + ("?" + parts.query if parts.query else "")
        else:
            target = urllib.parse.quote(path, safe="/()=,$':@&?%+")
        if "query" in spec:
            target += "?" + urllib.parse.urlencode(self.fill(spec["query"]), quote_via=urllib.parse.quote, safe="$'/:", doseq=True)
        for _ in range(spec.get("times", 1)):
            answer = self.world.send(method, target, headers, body.encode() if isinstance(body, str) else body)
        return answer

    # ---- what is expected
    def faults(self, answer, want):
        want = self.fill(want)
        statuses = want.get("status", answer.status)
        if answer.status not in (statuses if isinstance(statuses, list) else [statuses]):
            yield f"status: wanted {statuses}, have {answer.status}"
        for name, text in want.get("headers", {}).items():
            have = answer.headers.get(name)
            problem = fault({"value": have} if have is not None else {}, "value", text)
            if problem:
                yield f"header {name} {problem}"
        if "location" in want:
            link = urllib.parse.urlsplit(answer.headers.get("Location", ""))
            query = {k: v[-1] for k, v in urllib.parse.parse_qs(link.query, keep_blank_values=True).items()}
            where = {"to": f"{link.scheme}://{link.netloc}{link.path}", **query}
            yield from filter(None, (fault(where, path, w) for path, w in want["location"].items()))
        if "body" in want:
            yield from filter(None, [fault(answer.body.decode(errors="replace"), "", want["body"])])
        parts = {"json": answer.json}
        token = (answer.json or {}).get("access_token", "") if isinstance(answer.json, dict) else ""
        if token.count(".") == 2:
            parts |= {"token_header": unpad(token.split(".")[0]), "claims": unpad(token.split(".")[1])}
        for part in ("json", "claims", "token_header"):
            for path, w in want.get(part, {}).items():
                problem = fault(parts.get(part), path, w)
                if problem:
                    yield f"{part} {problem}"

    def step(self, step):
        if "certificate" in step:
            self.certificate()
        if "wait" in step:
            self.wait(step["wait"])
        if "faults" in step:
            self.faults_on(step["faults"])
        if "ask" not in step:
            return
        answer = self.ask(step["ask"])
        problems = list(self.faults(answer, step.get("expect", {})))
        if problems:
            raise Bad("\n".join(problems) + f"\n{answer}")
        for name, path in step.get("keep", {}).items():
            found = pick({"headers": dict(answer.headers.items()), "json": answer.json}, path)
            if not found or found[0] is MISSING:
                raise Bad(f"nothing to keep at {path}\n{answer}")
            self.kept[name] = found[0]

    def run(self):
        for number, step in enumerate(self.row.get("steps", [self.row]), 1):
            try:
                self.step(step)
            except Bad as bad:
                return f"step {number}: {bad}"
            except (OSError, http.client.HTTPException) as lost:
                return f"step {number}: {type(lost).__name__}: {lost}"
        return None


# ---- all of them -----------------------------------------------------------------------------------------------------
def worlds(rows):
    """Rows that can share a twin. Those that move its clock or set faults have one alone, those not built yet too: they may name what it refuses."""
    groups = collections.defaultdict(list)
    for row in rows:
        alone = any("wait" in step or "faults" in step for step in row.get("steps", []))
        mark = row["id"] if alone else json.dumps(row["tenant"]) if "pending" in row else ""
        groups[json.dumps(row["given"], sort_keys=True) + mark].append(row)
    return groups.values()


def run_world(rows):
    """(row, what is wrong or None) for each."""
    try:
        world = World(rows[0]["given"], rows)
    except RuntimeError as refused:  # by one tenant's rule, maybe: the others' rows are not to suffer
        apart = collections.defaultdict(list)
        for row in rows:
            apart[json.dumps(row["tenant"], sort_keys=True)].append(row)
        if len(apart) == 1:
            return [(row, f"{refused}; given {row['given']}, tenant {row['tenant']}") for row in rows]
        return [done for some in apart.values() for done in run_world(some)]
    try:
        return [(row, Talk(world, row).run()) for row in rows]
    finally:
        world.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("yaml2json")
    arguments.add_argument("--only", default="", help="rows whose id holds this")
    arguments.add_argument("--pending", action="store_true", help="rows not built yet, as if they were")
    options = arguments.parse_args()
    rows = load(options.yaml2json)
    with Tap() as tap:
        tap.case(not self_check(), "the matchers tell right from wrong", self_check())
        faults = list(form_faults(rows))
        tap.case(not faults, "the rows are well written", "\n".join(faults))
        rows = [row for row in rows if options.only in row["id"] and (not options.pending or "pending" in row)]
        waiting = 0
        for group in worlds(rows):
            for row, problem in run_world(group):
                if "pending" not in row or options.pending:
                    tap.case(problem is None, f"{row['id']}: {row['says']}", f"{row['file']} ({row['source']})\n{problem}")
                elif problem is None:
                    tap.case(False, f"{row['id']} is built now", f"{row['file']}: it passes: take its pending away")
                else:
                    waiting += 1
        if waiting:
            print(f"# {waiting} rows are pending")


if __name__ == "__main__":
    main()
