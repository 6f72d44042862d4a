#!/usr/bin/env python3
"""Customers come in: by a real browser through the twin's consent screen and back to our page; without any call-back; by a file of 500
lines of which half is broken. Links that are used again, forged, or answered by another tenant are refused and told in the audit trail."""
import datetime, email, email.policy, json, tempfile, urllib.error, urllib.parse, urllib.request, uuid
import pathlib, random

import browser
from harness import Installation, Tap, Twin, free_port, wait_for

SETS = ("mandiant", "huntress", "databee", "barracuda-response", "barracuda-multi-tenant")
WORKS = {"mandiant": {"alerts", "incidents", "machines"},
         "huntress": {"alerts", "incidents", "hunting", "machines", "isolate", "restrict", "scan", "collect", "sync"},
         "databee": {"hunting"}, "barracuda-response": {"alerts", "machines", "isolate"}, "barracuda-multi-tenant": {"alerts"}}
SCENARIO = """
tenants: 12
history: 1h
rows_per_second: {DeviceProcessEvents: 0.01}
alerts_before: 5
machines: 2
logins_per_minute: 100000
rules:
  - {permissions: all}
  - {tenants: 1, permissions: mandiant}
  - {tenants: 2, permissions: huntress}
  - {tenants: 3, permissions: databee}
  - {tenants: 4, permissions: barracuda-response}
  - {tenants: 5, permissions: barracuda-multi-tenant}
  - {tenants: 6, consent: delayed 12s}
  - {tenants: 7, consent: refused}
  - {tenants: 8, consent: partial, variants: {login.before_consent: "700016"}}
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def fetch(url, **headers):
    """status, headers, text; a redirect is not followed."""
    try:
        with urllib.request.build_opener(NoRedirect).open(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read().decode()


class World:
    def __init__(self, i, twin):
        self.i, self.twin = i, twin
        known = twin.ask("/twin/tenants")
        self.tenants, self.app = known["tenants"], known["multi_tenant_app"]

    def do(self, *words, stdin=""):
        done = self.i.run(*words, "--json", stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def refused(self, *words):
        """The code it is refused with."""
        done = self.i.run(*words, "--json")
        return json.loads(done.stdout or done.stderr)["error"]["code"] if done.returncode else None

    def link(self, *words):
        return self.do("tenant", "consent-url", *map(str, words))

    def state(self, number):
        return self.do("onboarding", "show", number)

    def becomes(self, number, *states):
        return wait_for(lambda: (r := self.state(number))["state"] in states and r) or self.state(number)

    def ids(self):
        return {t["tenant_id"] for t in self.do("tenant", "list")["tenants"]}

    def answers(self):
        """What the audit trail tells of answers: their outcomes, in order."""
        entries = self.do("audit", "list", "--operation", "onboarding callback", "--newest", "1000")["entries"]
        return [e["detail"] if isinstance(e["detail"], dict) else json.loads(e["detail"]) for e in reversed(entries)]

    def consent(self, link, tenant, role="global_admin"):
        """The administrator's yes, by a program: the way back to us."""
        status, headers, text = fetch(f"{link}&as={role}@{tenant['tenant_id']}")
        if status != 302:
            raise RuntimeError(f"{status}: {text[:300]}")
        return headers["Location"]


def sign_in(tenant, role="global_admin"):
    return [("fill", "input[name=as]", f"{role}@{tenant['domain']}"), ("click", "#next")]


def by_browser(tap, w):
    tenant = w.tenants[0]
    made = w.link("--org", "Northwind", "--name", "Northwind main", "--lookback", "60d")
    number = made["onboarding"]
    tap.case(made["opened_by"].startswith("a Privileged Role") and any(p["permission"] == "Machine.Isolate" for p in made["permissions"]),
             "the link says who must open it and what is asked for", made)
    for _ in range(3):  # a mail gateway looks at what it lets through
        fetch(made["url"], Accept="text/html")
    tap.case(w.state(number)["state"] == "waiting" and not w.answers(), "a scanner that opens the link uses nothing up")
    seen = browser.go(made["url"], *sign_in(tenant), ("click", "#cancel"))
    tap.case(seen[1]["title"] == "Permissions requested" and "Machine.Isolate" in seen[1]["text"] and "declined" in seen[-1]["text"],
             "an administrator who cancels reads what that means", seen)
    tap.case(w.state(number)["code"] == "onboarding.declined", "and so do we", w.state(number))
    seen = browser.go(made["url"], *sign_in(tenant, "application_admin"), ("click", "#back"))
    tap.case(seen[1]["title"] == "Need admin approval" and "onboarding.role_too_low" in seen[-1]["text"]
             and w.state(number)["code"] == "onboarding.role_too_low", "one whose role is too low as well", seen)
    seen = browser.go(made["url"], *sign_in(tenant), ("click", "#accept"))
    tap.case(seen[-1]["title"] == "Consent received" and tenant["tenant_id"] in seen[-1]["text"] and "default-src 'none'" in seen[-1]["policy"]
             and not any("Policy" in e for e in seen[-1]["errors"]), "the right one comes back to a plain page that loads nothing", seen[-1])
    done = w.becomes(number, "active")
    tap.case(done["state"] == "active" and done["graph"] == done["endpoint"] == "granted" and done["tenant_id"] == tenant["tenant_id"],
             "both APIs' tokens prove it", done)
    here = next((t for t in w.do("tenant", "list")["tenants"] if t["tenant_id"] == tenant["tenant_id"]), {})
    tap.case(here.get("organization") == "Northwind" and here.get("name") == "Northwind main", "the tenant is there", here)
    set_to = next(s for s in w.do("settings", "show", "--tenant", tenant["tenant_id"])["settings"] if s["setting"] == "lookback")
    tap.case((set_to["value"], set_to["from"]) == ("60d", "tenant"), "with its first look back", set_to)
    alerts = wait_for(lambda: w.do("alert", "list", "--tenant", tenant["tenant_id"])["alerts"])
    tap.case(bool(alerts), "and its alerts arrive by themselves", alerts)
    seen = browser.go(seen[-1]["url"])
    tap.case("used already" in seen[-1]["text"], "the page opened again says that the link is used up", seen)


def outcomes(w):
    return [answer["outcome"] for answer in w.answers()]


def refusals(tap, w):
    """Replayed, forged, without a state, answered by another tenant."""
    mine, other = w.tenants[9], w.tenants[10]
    made = w.link(mine["tenant_id"], "--org", "Fabrikam")
    number = made["onboarding"]
    back = w.consent(made["url"].replace(mine["tenant_id"], "common"), other)  # her own tenant instead of the link's
    status, headers, text = fetch(back)
    tap.case(status == 400 and "onboarding.other_tenant" in text, "another tenant's answer is refused", text)
    apart = [o for o in w.do("onboarding", "list", "--state", "quarantined")["onboardings"] if o["tenant_id"] == other["tenant_id"]]
    tap.case(len(apart) == 1 and other["tenant_id"] not in w.ids(), "and set apart: nothing is asked of it", apart)
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(made["url"]).query)["state"][0]
    forged = state[:20] + ("A" if state[20] != "A" else "B") + state[21:]
    page = back.split("?")[0]
    for name, query, code in (("forged", {"admin_consent": "True", "tenant": mine["tenant_id"], "state": forged}, "state_forged"),
                              ("missing", {"admin_consent": "True", "tenant": mine["tenant_id"]}, "state_missing"),
                              ("error beside a yes", {"admin_consent": "True", "error": "consent_required", "error_description": "AADSTS65004: no",
                                                      "state": state}, "declined"),
                              ("no tenant's id", {"admin_consent": "True", "tenant": "<script>alert(1)</script>", "state": state}, "no_tenant")):
        status, headers, text = fetch(page + "?" + urllib.parse.urlencode(query))
        tap.case(status == 400 and f"onboarding.{code}" in text and "<script" not in text, f"{name}: refused", text)
    back = w.consent(made["url"], mine)
    status, headers, text = fetch(back)
    again, _, said = fetch(back)
    tap.case(status == 200 and again == 400 and "onboarding.replayed" in said, "the same answer twice is taken once", said)
    tap.case(outcomes(w)[-7:] == ["onboarding.other_tenant", "onboarding.state_forged", "onboarding.state_missing", "onboarding.declined",
                                  "onboarding.no_tenant", "taken", "onboarding.replayed"], "each is in the audit trail", outcomes(w)[-7:])
    tap.case(w.becomes(number, "active")["state"] == "active", "the right tenant is in", w.state(number))
    tap.case(w.do("onboarding", "accept", apart[0]["id"])["state"] == "checking" and w.becomes(apart[0]["id"], "active")["state"] == "active"
             and other["tenant_id"] in w.ids(), "the other one comes in when the operator says so", w.state(apart[0]["id"]))
    tap.case(w.refused("onboarding", "reject", str(apart[0]["id"])) == "onboarding.not_quarantined", "once")


def expired(tap, w):
    """A link whose time is over: its answer is refused and told, and nobody comes in by it."""
    tenant = w.tenants[10]
    made = w.link("--org", "Late", "--valid", "3s")
    back = w.consent(made["url"], tenant)
    over = w.becomes(made["onboarding"], "expired")
    status, _, text = fetch(back)
    tap.case(over["state"] == "expired" and status == 400 and "onboarding.expired" in text, "the answer to a link that has expired is refused", (over, text))
    tap.case(outcomes(w)[-1] == "onboarding.expired", "and in the audit trail", outcomes(w)[-1])
    tap.case(w.state(made["onboarding"])["state"] == "expired" and not any(t["organization"] == "Late" for t in w.do("tenant", "list")["tenants"]),
             "nobody comes in by it", w.state(made["onboarding"]))


LOOKBACKS = """
tenants: 2
history: 8d
history_rate: 0.1
rows_per_second: {DeviceProcessEvents: 0.001}
alerts_before: 40
"""
DAY = datetime.timedelta(days=1)
EDGE = datetime.timedelta(minutes=10)  # between our asking for the link and the first poll


def moment(text):
    return datetime.datetime.fromisoformat(text[:19] + "+00:00")


def rows(twin, tenant, feed):
    with urllib.request.urlopen(f"{twin.url}/twin/rows?" + urllib.parse.urlencode({"tenant": tenant["tenant_id"], "feed": feed})) as answer:
        return [json.loads(line) for line in answer]


def look_back(tap):
    """The first look back of a tenant is as far as its link says, by default 30 days: held against the twin's model."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "lookback.yaml"
        scenario.write_text(LOOKBACKS)
        with Twin("--scenario", scenario) as twin, Installation(twin) as i:
            w = World(i, twin)
            process = i.serve()
            i.wait_until_served(process)
            try:
                w.do("app", "add", "watch", "--client-id", w.app["client_id"], "--secret-file", "-", stdin=w.app["client_secret"])
                asked, cases = datetime.datetime.now(datetime.timezone.utc), []
                for tenant, words, days in ((w.tenants[0], ("--lookback", "3d"), 3), (w.tenants[1], (), 30)):
                    made = w.link(tenant["tenant_id"], "--org", "Back", "--redirect", "none", *words)
                    fetch(f"{made['url']}&as=global_admin@{tenant['tenant_id']}")
                    w.becomes(made["onboarding"], "active")
                    cases.append((tenant, asked - days * DAY))
                for tenant, since in cases:
                    model = [(a["id"], moment(a["lastUpdateDateTime"])) for a in rows(twin, tenant, "alerts")]
                    sure = {a for a, t in model if t > since + EDGE}
                    never = {a for a, t in model if t < since}
                    ids = lambda: {a["alert"] for a in w.do("alert", "list", "--tenant", tenant["tenant_id"])["alerts"]}
                    there = wait_for(lambda: (found := ids()) >= sure and found) or ids()
                    tap.case(sure and there >= sure and not there & never, f"alerts since {since:%d %b}: {len(sure)} are there, {len(never)} older ones are not",
                             (sorted(sure - there), sorted(there & never)))
            finally:
                process.terminate()
                process.wait()


def without_call_back(tap, w):
    tenant = w.tenants[11]
    made = w.link(tenant["tenant_id"], "--org", "Contoso", "--redirect", "none")
    tap.case(made["redirect_uri"] is None and "redirect_uri" not in made["url"], "a link that comes back to nobody", made)
    first = wait_for(lambda: (r := w.state(made["onboarding"]))["graph"] == "no consent" and r) or w.state(made["onboarding"])
    tap.case(first["state"] == "waiting" and first["graph"] == "no consent", "before consent it waits", first)
    fetch(f"{made['url']}&as=global_admin@{tenant['tenant_id']}")
    tap.case(w.becomes(made["onboarding"], "active")["state"] == "active", "consent is found by asking", w.state(made["onboarding"]))
    refused = w.link(w.tenants[7]["tenant_id"], "--org", "Contoso")
    fetch(w.consent(refused["url"], w.tenants[7]))
    tap.case(w.state(refused["onboarding"])["state"] == "refused", "a tenant that refuses stays outside", w.state(refused["onboarding"]))


def sets(tap, w):
    """Each of the five permission sets that guides print."""
    expected = {"mandiant": ("granted", "granted"), "huntress": ("granted", "granted"), "databee": ("granted", "no permissions"),
                "barracuda-response": ("no permissions", "granted"), "barracuda-multi-tenant": ("no permissions", "granted")}
    made = {}
    for n, name in enumerate(SETS, 1):
        link = w.link(w.tenants[n]["tenant_id"], "--org", name)
        made[name] = link["onboarding"], w.tenants[n]
        fetch(w.consent(link["url"], w.tenants[n]))
    for name, (number, tenant) in made.items():
        r = wait_for(lambda: (s := w.state(number)) and (s["graph"], s["endpoint"]) == expected[name] and s) or w.state(number)
        tap.case((r["graph"], r["endpoint"]) == expected[name] and tenant["tenant_id"] in w.ids(), f"{name}: what it grants is found, the tenant is in", r)
        tested = w.i.run("tenant", "test", tenant["tenant_id"], "--json")
        report = json.loads(tested.stdout)
        works = {f["feature"] for f in report["features"] if f["state"].startswith("works")}
        states = {p["state"] for p in report["permissions"]}
        tap.case(works == WORKS[name] and "granted" in states and ("missing" in states or name == "huntress"),
                 f"{name}: the Test names what works, what is granted and what is missing", (sorted(works), states, report["code"]))


def slowly(tap, w, process):
    """Consent that shows after seconds, over a kill of the service; and one that grants a part."""
    tenant = w.tenants[6]
    made = w.link(tenant["tenant_id"], "--org", "Slow")
    fetch(w.consent(made["url"], tenant))
    first = w.becomes(made["onboarding"], "checking")
    process.kill()
    process.wait()
    (w.i.folder / "data/serve.sock").unlink()  # left by the killed one
    process = w.i.serve()
    w.i.wait_until_served(process)
    done = w.becomes(made["onboarding"], "active")
    tap.case(first["state"] == "checking" and done["state"] == "active", "consent that shows late is waited for, over a restart", (first, done))
    part = w.link(w.tenants[8]["tenant_id"], "--org", "Part")
    fetch(w.consent(part["url"], w.tenants[8]))
    r = w.becomes(part["onboarding"], "active")
    tap.case(r["state"] == "active" and w.tenants[8]["tenant_id"] in w.ids(), "a consent in part brings the tenant in", r)
    return process


def mail(tap, w):
    mailbox = w.twin.ask("/twin/mailbox")["address"]
    w.do("channel", "add", "mail", "--kind", "email", "--address", mailbox, "--sender", "soc@guard.example")
    made = w.link("--org", "Mailed", "--mail", "admin@customer.example")
    mails = w.twin.ask("/twin/mails")
    text = email.message_from_string(mails[-1]["text"], policy=email.policy.default).get_content()
    tap.case(made["url"] in text and "Privileged Role Administrator" in text and "MFA" in text and "Machine.Isolate" in text
             and "isolate and release devices" in text and made["client_id"] in text, "the mail has link, role, MFA, permissions and reasons", text)
    done = w.i.run("tenant", "consent-url", "--org", "Mailed", "--mail", "nobody@customer.example")
    tap.case(done.returncode and "notify.refused" in done.stderr, "a mail that is refused is told", done.stderr)
    tap.case(w.refused("tenant", "consent-url", "--org", "X", "--mail", "no address") == "api.bad_parameter", "and an address that is none")


def import_500(tap):
    """250 good lines, 250 broken in ten ways."""
    with Twin("--tenants", "275", "--scenario", "quiet") as twin, Installation(twin) as i:
        w = World(i, twin)
        folder = pathlib.Path(tempfile.mkdtemp(dir=i.folder))
        good, wrong = w.tenants[:250], w.tenants[250:]
        lines, codes = [], {}
        fresh = lambda: str(uuid.uuid4())
        quoted = lambda *fields: ",".join('"' + f.replace('"', '""') + '"' if any(c in f for c in ',"\n') else f for f in fields)
        for n, t in enumerate(good):
            if n % 2:
                (folder / f"{n}.secret").write_text(t["client_secret"] + "\n")
            lines.append((None, quoted(t["tenant_id"], f"Customer {n}, Ltd", t["name"], t["client_id"], "" if n % 2 else t["client_secret"],
                                       f"{n}.secret" if n % 2 else "", "", "40d" if n == 0 else "")))
        for n in range(25):
            t = wrong[n]
            lines += [("tenant.bad_id", quoted("not-a-guid", "B", "", fresh(), "S3cretValue~1", "", "", "")),
                      ("tenant.secret_is_id", quoted(fresh(), "B", "", fresh(), fresh(), "", "", "")),
                      ("tenant.placeholder", quoted(fresh(), "B", "", fresh(), "<client-secret>", "", "", "")),
                      ("tenant.no_cloud", quoted(fresh(), "B", "", fresh(), "S3cretValue~2", "", "mars", "")),
                      ("import.missing", quoted(fresh(), "B", "", fresh(), "", "", "", "")),
                      ("import.conflict", quoted(fresh(), "B", "", fresh(), "S3cretValue~3", "a.secret", "", "")),
                      ("import.no_file", quoted(fresh(), "B", "", fresh(), "", "nowhere.secret", "", "")),
                      ("import.bad_row", quoted(fresh(), "B", "")),
                      ("import.bad_lookback", quoted(fresh(), "B", "", fresh(), "S3cretValue~4", "", "", "soon")),
                      ("defender.secret_wrong", quoted(t["tenant_id"], "B", t["name"], t["client_id"], "S3cretValue~5", "", "", ""))]
        random.Random(1).shuffle(lines)
        file = folder / "customers.csv"
        file.write_text("tenant_id,org,name,client_id,secret,secret_file,cloud,lookback\n" + "\n".join(text for _, text in lines) + "\n")
        done = i.run("tenant", "import", file, "--json")
        report = json.loads(done.stdout)
        tap.case(done.returncode == 3 and report["added"] == 250 and report["failed"] == 250, "500 lines: the good half comes in, exit 3",
                 {k: v for k, v in report.items() if k != "lines"} | {"stderr": done.stderr[-300:]})
        said = {l["line"]: l for l in report["lines"]}
        bad = [(n + 2, code, said[n + 2]["code"], said[n + 2]["reason"]) for n, (code, _) in enumerate(lines) if code and said[n + 2]["code"] != code]
        tap.case(not bad, "each broken line says why", bad[:5])
        tap.case(all(l["remedy"] and l["cause"] for l in report["lines"] if l["outcome"] == "failed"), "and what to do")
        tap.case(all(l["state"] == "works" for l in report["lines"] if l["outcome"] == "added"), "each good one got its tokens",
                 [l for l in report["lines"] if l["outcome"] == "added" and l["state"] != "works"][:3])
        tap.case("S3cretValue" not in done.stdout + done.stderr and not any(t["client_secret"] in done.stdout for t in good), "no secret is echoed")
        tap.case(w.ids() == {t["tenant_id"] for t in good}, "those and no others are there")
        again = json.loads(i.run("tenant", "import", file, "--json").stdout)
        tap.case(again["added"] == 0 and again["there"] == 250 and again["failed"] == 250, "again: nothing is doubled", again["there"])
        yaml = folder / "mended.yaml"
        t = wrong[0]
        yaml.write_text(f"- {{tenant_id: {t['tenant_id']}, org: Mended, client_id: {t['client_id']}, secret: '{t['client_secret']}'}}\n")
        mended = json.loads(i.run("tenant", "import", yaml, "--json").stdout)
        tap.case(mended["added"] == 1, "a mended line comes in, from YAML", mended)


with Tap() as tap:
    with tempfile.TemporaryDirectory() as folder:
        scenario, port = pathlib.Path(folder) / "onboarding.yaml", free_port()
        scenario.write_text(SCENARIO)
        with Twin("--scenario", scenario, "--mail", "127.0.0.1:0") as twin, Installation(twin, listen=f"127.0.0.1:{port}") as i:
            w = World(i, twin)
            process = i.serve()
            i.wait_until_served(process)
            try:
                w.do("app", "add", "watch", "--client-id", w.app["client_id"], "--secret-file", "-", stdin=w.app["client_secret"])
                if reason := browser.missing():
                    tap.skip("a customer comes in through a browser", reason)
                else:
                    by_browser(tap, w)
                refusals(tap, w)
                expired(tap, w)
                without_call_back(tap, w)
                sets(tap, w)
                process = slowly(tap, w, process)
                mail(tap, w)
                tap.case(w.do("audit", "verify") is not None, "the audit trail holds")
            finally:
                process.terminate()
                process.wait()
    look_back(tap)
    import_500(tap)
