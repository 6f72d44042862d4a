#!/usr/bin/env python3
"""Apps and credentials: the account's app for many tenants, own apps, both at one tenant; a change of secret that is proved first; a certificate
made here and an own one; what is refused gives way to what was tested; what ends is told once, by name; what Entra knows of it is read."""
import email, email.policy, json, pathlib, subprocess, tempfile, time

from harness import PATIENCE, Installation, Tap, Twin, wait_for

MANY = 12
OWN, MIXED, CERTIFIED, IMPORTED = MANY, MANY + 1, MANY + 2, MANY + 3
SCENARIO = f"""
name: credentials
tenants: {MANY + 4}
history: 10m
history_rate: 0.01
alerts_before: 1
machines: 20
token_life: 8s
rules:
  - {{tenants: all, temper: fast}}
"""
CROWD = 300  # tenants of one app, in a world of their own
CROWD_SCENARIO = f"""
name: crowd
tenants: {CROWD}
history: 10m
history_rate: 0.01
alerts_before: 1
machines: 2
token_life: 6s
"""
READS = "SecurityAlert.Read.All,SecurityIncident.Read.All,ThreatHunting.Read.All,Alert.Read.All"


class World:
    def __init__(self, i, twin):
        self.i, self.twin, self.tenants = i, twin, twin.tenants()
        self.shared = twin.ask("/twin/tenants")["multi_tenant_app"]

    def run(self, *words, stdin=""):
        return self.i.run(*words, "--json", stdin=stdin)

    def do(self, *words, stdin=""):
        done = self.run(*words, stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def id(self, n):
        return self.tenants[n]["tenant_id"]

    def change(self, what, body="", tenant=None, **more):
        query = "&".join(([] if tenant is None else [f"tenant={self.id(tenant)}"]) + [f"{k}={v}" for k, v in more.items()])
        return self.twin.ask(f"/twin/{what}?{query}", "POST", body.encode())

    def app(self, name):
        return self.do("app", "show", name)

    def credential(self, name, state="active"):
        return next((c for c in self.app(name)["credentials"] if c["state"] == state), None)

    def own(self, n):
        return f"app of {self.id(n)}"

    def feeds(self, n):
        return {f["feed"]: f["state"] for f in self.do("feed", "list", "--tenant", self.id(n))["feeds"]}

    def told(self, word):
        posts = [p["text"] for p in self.twin.ask("/twin/hooks")]
        return [p for p in posts if word in p]


def set_up(w):
    w.do("app", "add", "reader", "--client-id", w.shared["client_id"], "--home-tenant", w.id(0), "--bundles", "read, hunt,read-endpoint",
         "--secret-file", "-", "--expires", "20d", stdin=w.shared["client_secret"])
    for n in range(MANY):
        w.change("grant", "all", n, shared=1)
        w.do("tenant", "add", w.id(n), "--org", "Many", "--name", f"many {n}", "--apps", "reader")
    for n, more in [(OWN, []), (MIXED, ["--apps", "reader"]), (CERTIFIED, []), (IMPORTED, [])]:
        w.do("tenant", "add", w.id(n), "--org", "Few", "--name", f"few {n}", "--client-id", w.tenants[n]["client_id"], "--secret-file", "-", *more,
             stdin=w.tenants[n]["client_secret"])
    w.do("app", "set", w.own(MIXED), "--bundles", "devices,contain", "--expires", "300d")
    w.change("grant", READS, MIXED, shared=1)
    w.change("grant", "Machine.Read.All,Machine.Isolate", MIXED)
    w.do("user", "add", "Ann", "--mail", "ann@guard.example")
    w.do("on-call", "add", "on-call", "Ann")
    w.do("channel", "add", "hook", "--kind", "webhook", "--address", f"{w.twin.url}/twin/hooks/soc", "--secret-file", "-", stdin="key")


def usage(tap, w):
    tap.case(w.run("app", "add", "READER", "--client-id", w.id(3)).returncode, "a second app of that name is refused")
    done = w.run("app", "add", "x", "--client-id", w.id(3), "--bundles", "reed")
    tap.case(done.returncode and "app.bad_bundle" in done.stderr, "a bundle that is none is refused", done.stderr)
    done = w.run("app", "remove", "reader")
    tap.case(done.returncode and "app.in_use" in done.stderr, "an app in use is not removed", done.stderr)
    done = w.run("tenant", "rotate", w.id(0), "--secret-file", "-", stdin="abc")
    tap.case(done.returncode and "app.not_own" in done.stderr, "a tenant without an app of its own has nothing to rotate", done.stderr)
    for bad in ("yesterday", "2020-01-01", "20000d"):
        done = w.run("app", "set", "reader", "--expires", bad)
        tap.case(done.returncode and "app.bad_expiry" in done.stderr, f"an end like {bad} is refused", done.stderr)
    listed = {a["name"]: a for a in w.do("app", "list")["apps"]}
    tap.case(listed["reader"]["tenants"] == MANY + 1 and listed["reader"]["health"] == "expiring" and listed["reader"]["bundles"] == "read,hunt,read-endpoint",
             "the list counts tenants and judges the end", listed["reader"])
    shown = w.do("tenant", "show", w.id(MIXED))
    tap.case(shown["apps"] == [w.own(MIXED), "reader"], "a tenant shows its apps", shown)


def which_app(tap, w):
    good = lambda n: all(w.feeds(n).get(f) == "ok" for f in ("alerts", "incidents", "machines"))
    tap.case(wait_for(lambda: good(0)), "an app of the account reads a tenant", w.feeds(0))
    tap.case(wait_for(lambda: good(MIXED)), "two apps share a tenant's calls: neither has all the roles", w.feeds(MIXED))
    device = next(d["device"] for d in w.do("device", "list", "--tenant", w.id(MIXED))["devices"] if "Windows1" in str(d))
    done = w.run("device", "isolate", w.id(MIXED), device, "--reason", "test")
    isolated = lambda: next(d["isolated"] for d in w.twin.ask("/twin/actions?tenant=" + w.id(MIXED))["devices"] if d["id"] == device)
    tap.case(not done.returncode and wait_for(isolated), "and the app for containing isolates", done.stdout + done.stderr)


def ending(tap, w):
    told = wait_for(lambda: w.told("ends in 20 days"))
    tap.case(len(told) == 1, "a secret that ends is told in one notice", told)
    tap.case(told and all(w.id(n) in told[0] for n in range(MANY)) and w.id(OWN) not in told[0], "that names the tenants of its app, and no other",
             told[:1])
    w.do("app", "set", "reader", "--expires", "5d")
    tap.case(len(wait_for(lambda: w.told("ends in 5 days"))) == 1, "it comes nearer: told again", w.told("ends in"))
    w.do("app", "set", "reader", "--expires", "200d")
    time.sleep(2)
    tap.case(w.credential("reader")["health"] == "ok" and len(w.told("ends in")) == 2, "a later end clears it", w.credential("reader"))


def reading(tap, w):
    read = wait_for(lambda: (c := w.credential(w.own(OWN)))["expiry_from"] == "read" and c)
    tap.case(read and read["health"] == "ok" and read["secret_id"], "with Application.Read.All the end is read from Entra", w.credential(w.own(OWN)))
    tap.case(w.credential(w.own(MIXED))["expiry_from"] == "entered", "without it what was entered stays", w.credential(w.own(MIXED)))


def rotating(tap, w):
    before = w.credential("reader")
    done = w.run("app", "rotate", "reader", "--secret-file", "-", stdin="not~the~secret~at~all")
    tap.case(done.returncode and "app.not_proved" in done.stderr and "defender.secret_wrong" in done.stderr and "not~the" not in done.stderr,
             "a new secret that is wrong is refused, with the login's reason", done.stderr)
    tap.case(w.credential("reader")["id"] == before["id"], "and the old one stays in force", w.app("reader")["credentials"])
    w.change("secret", "second~secret.of-the-app", second=1)
    done = w.do("app", "rotate", "reader", "--secret-file", "-", "--expires", "300d", stdin="second~secret.of-the-app")
    tried = done["tried"]
    tap.case(len(tried) == 5 and all(t["graph"] == "ok" and t["endpoint"] == "ok" for t in tried), "a good one is tried at several tenants, for both APIs", tried)
    after = w.credential("reader")
    tap.case(after["id"] != before["id"] and after["health"] == "ok" and w.credential("reader", "old")["id"] == before["id"], "then it is in force, the old one kept",
             w.app("reader")["credentials"])
    tap.case(w.credential("reader", "next") is None and w.run("app", "rotate", "reader").returncode, "nothing waits any more")


def falling_over(tap, w):
    gone = w.credential("reader")
    w.change("secret", "quite~another", second=1)  # the one in force is removed from the registration
    tap.case(wait_for(lambda: w.credential("reader")["id"] != gone["id"]), "a credential that is refused gives way to the tested one", w.app("reader")["credentials"])
    refused = next(c for c in w.app("reader")["credentials"] if c["id"] == gone["id"])
    tap.case(refused["error"] == "defender.secret_wrong" and refused["health"] == "refused", "and says why", refused)
    told = wait_for(lambda: w.told("goes on with its other credential"))
    tap.case(len(told) == 1 and all(w.id(n) in told[0] for n in range(MANY)), "one notice names the tenants", told)
    time.sleep(10)
    tap.case(all(s == "ok" for f, s in w.feeds(0).items() if f in ("alerts", "machines")) and len(w.told("other credential")) == 1
             and not w.told("secret_refused"), "and nothing stands still", w.feeds(0))
    w.do("app", "rotate", "reader", "--retire")
    tap.case([c["state"] for c in w.app("reader")["credentials"] if c["id"] == gone["id"]] == ["retired"], "what was replaced can be retired", w.app("reader"))


def certificates(tap, w, folder):
    name = w.own(CERTIFIED)
    done = w.do("tenant", "rotate", w.id(CERTIFIED), "--make-certificate")
    tap.case("BEGIN CERTIFICATE" in done["certificate"] and "PRIVATE" not in json.dumps(done), "a key is made here, its public part handed out", done)
    failed = w.run("tenant", "rotate", w.id(CERTIFIED))
    tap.case(failed.returncode and "defender.certificate_refused" in failed.stderr and w.credential(name)["kind"] == "secret",
             "before it is in Entra it does not prove itself, and the secret stays", failed.stderr)
    thumbs = w.change("certificates", w.do("app", "certificate", name)["certificate"], CERTIFIED)
    w.do("tenant", "rotate", w.id(CERTIFIED))
    in_force = w.credential(name)
    tap.case(in_force["kind"] == "certificate" and in_force["expiry_from"] == "certificate" and in_force["algorithm"] == "PS256", "then it is in force", in_force)
    tap.case(len(thumbs["thumbprint"]) == 40, "Entra shows its thumbprint")
    w.do("app", "rotate", name, "--retire")
    w.change("secret", "nobody~knows~this", CERTIFIED)
    time.sleep(9)
    tap.case(wait_for(lambda: w.feeds(CERTIFIED).get("alerts") == "ok"), "tokens come with it alone", w.feeds(CERTIFIED))
    key, own = folder / "own.key", folder / "own.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "40", "-subj", "/CN=own", "-keyout", key, "-out", own], check=True,
                   capture_output=True)
    w.change("certificates", own.read_text(), IMPORTED)
    done = w.do("tenant", "rotate", w.id(IMPORTED), "--certificate-file", "-", "--old-form", stdin=key.read_text() + own.read_text())
    in_force = w.credential(w.own(IMPORTED))
    tap.case(in_force["algorithm"] == "RS256" and in_force["health"] == "expiring" and all(t["graph"] == "ok" for t in done["tried"]), "an own one works too, in the old form",
             in_force)
    done = w.run("tenant", "rotate", w.id(IMPORTED), "--certificate-file", "-", stdin=own.read_text())
    tap.case(done.returncode and "app.bad_certificate" in done.stderr, "a certificate without its key is refused", done.stderr)


def crowd(tap, folder):
    """The secret that 300 tenants share is near its end, then refused, then renewed: three notices, each naming all, of a size that every
    channel takes; and no word for each tenant."""
    scenario = folder / "crowd.yaml"
    scenario.write_text(CROWD_SCENARIO)
    pace = {"interval.alerts": "6s", "lookback.alerts": "1h", "interval.hunting": "1h", "interval.machines": "1h"}
    with Twin("--scenario", scenario, "--mail", "127.0.0.1:0") as twin, Installation(twin, **pace) as i:
        w = World(i, twin)
        w.do("app", "add", "reader", "--client-id", w.shared["client_id"], "--home-tenant", w.id(0), "--secret-file", "-", "--expires", "20d", stdin=w.shared["client_secret"])
        for n in range(CROWD):
            w.change("grant", "SecurityAlert.Read.All,SecurityIncident.Read.All", n, shared=1)
        customers = folder / "crowd.csv"
        customers.write_text("tenant_id,org,name,apps\n" + "".join(f"{w.id(n)},Customer {n},crowd {n},reader\n" for n in range(CROWD)))
        tap.case(w.do("tenant", "import", customers)["added"] == CROWD, f"{CROWD} tenants that share an app")
        w.do("user", "add", "Ann", "--mail", "ann@guard.example", "--phone", "+15550101")
        w.do("on-call", "add", "on-call", "Ann")
        w.do("channel", "add", "hook", "--kind", "webhook", "--address", f"{twin.url}/twin/hooks/soc", "--secret-file", "-", stdin="key")
        w.do("channel", "add", "room", "--kind", "teams", "--secret-file", "-", stdin=f"{twin.url}/twin/hooks/teams-room")
        w.do("channel", "add", "mail", "--kind", "email", "--address", twin.ask("/twin/mailbox")["address"], "--sender", "gate@guard.example")
        service = i.serve()
        i.wait_until_served(service)
        posts = lambda room, word: [p["text"] for p in twin.ask("/twin/hooks") if room in p["room"] and word in p["text"]]
        mails = lambda word: [text for m in twin.ask("/twin/mails") if word in (text := letter(m))]
        names = lambda text: all(w.id(n) in text for n in range(CROWD))

        def told_once(word, name):
            got = wait_for(lambda: posts("soc", word) and posts("teams", word) and mails(word) and posts("soc", word))
            tap.case(got and len(got) == 1 and names(got[0]), f"{name}: one notice, that names all {CROWD}", str(got)[:400])
            tap.case(len(mails(word)) == 1 and names(mails(word)[0]), f"{name}: one mail has the whole list", len(mails(word)))
            card = posts("teams", word)
            tap.case(len(card) == 1 and len(card[0]) < 28000 and w.id(0) in card[0] and f"and {CROWD - 20} more: portcullis notice show" in card[0],
                     f"{name}: a chat gets the first ones and how many more, within what Teams takes", (len(card), card[:1]))

        told_once("ends in 20 days", "it ends soon")
        reads = lambda n: w.feeds(n).get("alerts") == "ok"
        tap.case(wait_for(lambda: all(reads(n) for n in (0, CROWD // 2, CROWD - 1))), "all are read", w.feeds(0))
        states = lambda: [[c["state"] for c in w.do("tenant", "show", w.id(n))["conditions"]] for n in (0, 77, CROWD - 1)]
        w.change("secret", "the~secret.of-next~year")
        told_once("app.refused", "it is refused")
        tap.case(wait_for(lambda: states() == [["secret_refused"]] * 3), "each tenant's state turns", states())
        notice = next(n for n in w.do("notice", "list")["notices"] if n["error_code"] == "app.refused")
        shown = w.do("notice", "show", notice["id"])
        tap.case(names(shown["text"]) and shown["deliveries"], "notice show has them all", shown["title"])
        w.do("app", "rotate", "reader", "--secret-file", "-", "--expires", "300d", stdin="the~secret.of-next~year")
        told_once("app.accepted", "it is renewed")
        tap.case(wait_for(lambda: states() == [[]] * 3), "and the states are gone", states())
        service.terminate()
        tap.case(service.wait(PATIENCE) == 0, "the service ends")
        sent = [s["title"] for p in posts("soc", "") if (s := json.loads(p))["kind"] in ("alarm", "readiness", "failure")]
        tap.case(len(sent) == 3, "three notices were sent in all, not three hundred", sent[:9])


def letter(mail):
    parts = email.message_from_string(mail["text"], policy=email.policy.default).walk()
    return "".join(p.get_content() for p in parts if p.get_content_type() == "text/plain")


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "credentials.yaml"
    scenario.write_text(SCENARIO)
    settings = {"interval.alerts": "2s", "lookback.alerts": "1h", "lookback.hunting": "5m", "interval.hunting": "1h", "interval.machines": "2s"}
    with Twin("--scenario", scenario) as twin, Installation(twin, **settings) as i:
        w = World(i, twin)
        set_up(w)
        service = i.serve()
        i.wait_until_served(service)
        usage(tap, w)
        which_app(tap, w)
        ending(tap, w)
        rotating(tap, w)
        falling_over(tap, w)
        certificates(tap, w, pathlib.Path(folder))
        reading(tap, w)
        service.terminate()
        tap.case(service.wait(PATIENCE) == 0, "the service ends well", (i.folder / "serve.log").read_text())
    crowd(tap, pathlib.Path(folder))
