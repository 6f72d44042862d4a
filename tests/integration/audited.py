#!/usr/bin/env python3
"""The audit trail and the changes themselves: every operation that changes something leaves one entry, with who, what, before and after, in the
transaction of the change. Each is killed (-9) before that transaction is committed, then nothing has happened and nothing is entered, and right
after it, then both are there."""
import json, pathlib, re, signal, tempfile

from harness import ROOT, Installation, Tap, Twin
from people import PASSWORD, Client, totp

SCENARIO = """
name: audited
tenants: 3
history: 10m
history_rate: 0.01
alerts_before: 3
machines: 4
rules:
  - {tenants: all, temper: fast}
"""
NOTHING_STORED = {"pull", "user logout"}  # they may leave the store's rows as they are: entered afterwards
ELSEWHERE = {"onboarding accept": "onboarding.py", "ocsf remap": "remap.py", "ocsf forget": "schema_change.py", "user totp-off": "logins.py", "onboarding check": "onboarding.py", "onboarding reject": "onboarding.py", "response approve": "respond.py",
             "response deny": "respond.py", "response retry": "respond.py", "response release": "as device release", "device quarantine-file": "as device scan"}


def audited():
    return {m.group(1) for m in re.finditer(r"^\| `([^`]+)` \| \w+ \| [^|]+\| yes \|", (ROOT / "docs/roles.md").read_text(), re.M)}


class Walk:
    def __init__(self, tap, i):
        self.tap, self.i, self.done, self.kept = tap, i, set(), {}

    def entries(self):
        return json.loads(self.i.run("audit", "list", "--newest", 30, "--json").stdout)["entries"]

    def killed(self, point, words, stdin):
        return self.i.run(*words, "--json", stdin=stdin, env={"PORTCULLIS_KILL_AT": f"{point}:1"})

    def new(self, last):
        return [e for e in self.entries() if e["id"] > last]

    def step(self, op, *words, stdin="", whole=False, hides=None, commits=1, told_as=None):
        """`whole`: it goes on after its first transaction, so the second time it is let."""
        self.done.add(op)
        words = [*op.split(), *map(str, words)]
        last = max((e["id"] for e in self.entries()), default=0)
        first = self.killed("audit.entered", words, stdin)
        left = self.new(last)
        stays = first.returncode == -signal.SIGKILL and not left
        second = self.i.run(*words, "--json", stdin=stdin) if whole else self.killed("audit.committed", words, stdin)
        ended = second.returncode in (0, 3) if whole else second.returncode == -signal.SIGKILL
        mine = self.new(last)
        told = [e for e in mine if e["operation"] == (told_as or op)]
        text = json.dumps(told)
        good = stays and ended and len(told) == len(mine) == commits and told[0]["by"] and (op in NOTHING_STORED or self.tells(told[0]["detail"])) \
            and (not hides or hides not in text)
        self.tap.case(good, f"{op}: killed before the commit nothing is there, after it the one entry, with before and after",
                      {"first": (first.returncode, first.stderr[-300:], len(left)), "second": (second.returncode, second.stderr[-300:]), "entries": text[:1500]})
        return json.loads(second.stdout) if whole and second.stdout else None

    @staticmethod
    def tells(detail):
        changes = detail.get("changes", [])
        sides = [c.get("before") or c.get("after") for c in changes] or [detail.get("before") or detail.get("after")]
        return all(sides) and all(c["before"] != c["after"] for c in changes)

    def do(self, *words, stdin=""):
        done = self.i.run(*words, "--json", stdin=stdin)
        if done.returncode not in (0, 3):
            raise RuntimeError(f"{words}: {done.stderr}")
        return json.loads(done.stdout)


def customers(k, twin, folder):
    tenants, shared = twin.tenants(), twin.ask("/twin/tenants")["multi_tenant_app"]
    a, b, c = (t["tenant_id"] for t in tenants)
    k.step("org add", "A")
    k.do("org", "add", "B")
    k.do("org", "add", "Empty")
    k.step("org remove", "Empty")
    k.step("app add", "shared", "--client-id", shared["client_id"], "--home-tenant", a, "--secret-file", "-", stdin=shared["client_secret"], hides=shared["client_secret"])
    k.step("app set", "shared", "--expires", "90d")
    k.step("tenant add", a, "--org", "A", "--name", "first", "--client-id", tenants[0]["client_id"], "--secret-file", "-", stdin=tenants[0]["client_secret"],
           hides=tenants[0]["client_secret"])
    entry = k.entries()[0]["detail"]
    row = next(x for x in entry["changes"] if x["of"] == "tenant")
    k.tap.case(row["before"] is None and row["after"]["name"] == "first" and row["after"]["tenant_id"] == a and any(x["of"] == "secret" for x in entry["changes"]),
               "tenant add: the whole row is in its entry, and that a secret came", entry)
    k.step("tenant set", a, "--name", "renamed")
    row = next(x for x in k.entries()[0]["detail"]["changes"] if x["of"] == "tenant")
    k.tap.case(row["before"]["name"] == "first" and row["after"]["name"] == "renamed", "tenant set: what was, what is", row)
    k.step("tenant move", a, "--org", "B")
    (folder / "more.csv").write_text(f"tenant_id,org,name,client_id,secret\n{b},B,second,{tenants[1]['client_id']},{tenants[1]['client_secret']}\n")
    k.step("tenant import", folder / "more.csv", whole=True, hides=tenants[1]["client_secret"])
    k.step("tenant consent-url", "--org", "A", "--app", "shared", "--redirect", "https://soc.example/api/v1/onboarding/callback", whole=True)
    twin.ask(f"/twin/secret?tenant={a}&second=1", "POST", b"one~more.secret-of-it")
    k.do("tenant", "add", c, "--org", "A", "--name", "third", "--apps", "shared")
    k.do("tenant", "remove", c)
    k.step("app remove", "shared")
    return a, b


def settings(k, a):
    k.step("settings set", "resolve", "off", "--tenant", a)
    k.step("settings unset", "resolve", "--tenant", a)
    k.step("proxy set", "x.example", "http://proxy.example:3128", "--user", "u", "--password-file", "-", stdin="pr0xy~pass", hides="pr0xy~pass")
    k.step("proxy remove", "x.example")
    k.step("feed set", "DeviceEvents", "--on", "no", "--tenant", a, told_as="settings set")


def people(k):
    k.step("user add", "Ann", "--role", "owner", "--mail", "ann@guard.example", "--password-file", "-", stdin=PASSWORD, hides=PASSWORD)
    k.do("user", "add", "Bob")
    k.step("user set", "Bob", "--role", "analyst")
    k.step("user passwd", "Bob", "--password-file", "-", stdin="another long passphrase 5", hides="another long")
    k.step("user logout", "Bob", whole=True)
    k.step("on-call add", "on-call", "Bob")
    k.step("on-call remove", "1")
    k.step("user remove", "Bob")
    k.step("token add", "robot", "--expires", "1h")
    k.step("token revoke", "robot")
    k.step("oidc set", "--issuer", "http://127.0.0.1:9", "--client-id", "p", "--redirect-url", "https://soc.example/api/v1/oidc/callback", "--client-secret-file", "-",
           stdin="oidc~s3cret", hides="oidc~s3cret")
    k.step("oidc rule-add", "roles", "soc", "--role", "viewer", "--all-orgs")
    k.step("oidc rule-remove", "1")
    k.step("oidc remove")
    k.step("channel add", "hook", "--kind", "webhook", "--address", "http://127.0.0.1:9/x", "--secret-file", "-", stdin="h00k~key", hides="h00k~key")
    k.step("channel set", "hook", "--enabled", "no")
    k.step("ladder set", "night", "hook")
    k.step("ladder remove", "night")
    k.step("channel remove", "hook")
    k.step("notice test", "--call")
    k.step("notice acknowledge", k.do("notice", "list")["notices"][0]["id"])


def response(k, twin, a):
    k.do("pull", "--tenant", a, "--feed", "machines")
    k.step("pull", "--tenant", a, "--feed", "alerts", whole=True)
    alert = k.do("alert", "list", "--tenant", a)["alerts"][0]
    id = next(alert[key] for key in ("alert", "alert_id", "id") if key in alert)
    k.step("alert comment", id, "seen", "--tenant", a, whole=True)
    k.step("alert resolve", id, "--tenant", a, "--anyway", whole=True)
    device = next(d["device"] for d in k.do("device", "list", "--tenant", a)["devices"] if "Windows1" in str(d))
    for verb, more in (("isolate", []), ("release", []), ("restrict", []), ("unrestrict", []), ("scan", []), ("collect", [])):
        k.step("device " + verb, a, device, *more, "--reason", "test", whole=True)
    k.step("response stop", "--reason", "test")
    k.step("response resume", "--reason", "test")
    k.step("response exclude add", "device", "pc-1", "--for", "8h", "--reason", "test")
    k.step("response exclude remove", "1")


def own(k, i):
    """What a person changes of his own, over REST: one entry each."""
    service = i.serve()
    i.wait_until_served(service)
    ann = Client(i.web())
    ann.login("Ann")
    key = {}

    def one(op, body, commits=1):
        last = k.entries()[0]["id"]
        _, answer = ann.change("/api/v1/" + op.replace(" ", "/"), body)
        mine = [e for e in k.new(last) if e["operation"] == op]
        k.done.add(op)
        k.tap.case(len(mine) == commits and mine[0]["by"] == "Ann" and Walk.tells(mine[0]["detail"]) and PASSWORD not in json.dumps(mine) and key.get("secret", PASSWORD) not in json.dumps(mine),
                   f"{op}: one entry, with before and after", (answer, mine))
        return answer

    key = one("me totp-enrol", {"current": PASSWORD})
    codes = one("me totp-confirm", {"code": totp(key["secret"])})["recovery_codes"]
    one("me totp-off", {"current": PASSWORD, "code": codes[0]}, commits=2)  # the code is used up, then it is off
    one("me passwd", {"current": PASSWORD, "password": "a third long passphrase 9"})
    ann.login("Ann", "a third long passphrase 9")
    one("me logout", {})
    service.terminate()
    service.wait(30)


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "audited.yaml"
    scenario.write_text(SCENARIO)
    with Twin("--scenario", scenario) as twin, Installation(twin, **{"lookback.alerts": "1h", "lookback.hunting": "2m"}) as i:
        k = Walk(tap, i)
        a, b = customers(k, twin, pathlib.Path(folder))
        settings(k, a)
        people(k)
        response(k, twin, a)
        k.step("app rotate", f"app of {b}", "--expires", "300d", "--secret-file", "-", stdin=twin.tenants()[1]["client_secret"], whole=True, commits=2)
        k.step("tenant rotate", a, "--secret-file", "-", stdin="one~more.secret-of-it", whole=True, hides="one~more", commits=2)  # it is there, then it is proved
        own(k, i)
        k.step("tenant remove", a, "--abandon")
        missing = audited() - k.done - set(ELSEWHERE)
        tap.case(not missing, "every operation of the table that changes something was walked", missing)
        done = i.run("audit", "verify")
        tap.case(done.returncode == 0, "the trail is whole after all that", done.stderr)
