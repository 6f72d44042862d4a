#!/usr/bin/env python3
"""People are told: by mail through a real server and the twin's mailbox, by webhook, chat and pager, by a phone whose keys count; what
fails is tried again, told with its code and remedy, and nothing that is secret is seen anywhere."""
import email, email.policy, hashlib, hmac, json, re, tempfile, time

import smtp_server
from harness import PATIENCE, ROOT, Installation, Tap, Twin, wait_for


class World:
    def __init__(self, i, twin):
        self.i, self.twin = i, twin

    def do(self, *words, stdin=""):
        done = self.i.run(*words, "--json", stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def channel(self, name, kind, secret="", **options):
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        self.do("channel", "add", name, "--kind", kind, *words, *(["--secret-file", "-"] if secret else []), stdin=secret)

    def notice(self, number):
        return next((n for n in self.do("notice", "list")["notices"] if n["id"] == number), None)

    def settled(self, number, state):
        return wait_for(lambda: (n := self.notice(number)) and n["state"] == state and n)

    def post(self, path, **body):
        return self.twin.ask(path, "POST", json.dumps(body).encode())


def ways(n):
    return {d["kind"]: d["state"] for d in n["deliveries"]}


def own_bytes(raw):
    """From our first header on; the boundary bears the delivery's number, which differs."""
    raw = raw[raw.index(b"From: Portcullis"):]
    token = re.search(rb'boundary="=_(p[0-9a-f]{8}-\d+)"', raw).group(1)
    return raw.replace(token, b"TOKEN").rstrip(b"\n")


def through_the_twin(tap):
    with Twin("--tenants", 1, "--scenario", "quiet") as twin, Installation(twin) as i:
        w = World(i, twin)
        mailbox = twin.ask("/twin/mailbox")["address"]
        w.do("user", "add", "Ann", "--mail", "ann@guard.example", "--phone", "+15550101", "--pin-file", "-", stdin="4711")
        w.do("user", "add", "Bob", "--mail", "bob@guard.example", "--phone", "+15550102", "--role", "admin")
        w.do("on-call", "add", "on-call", "Ann")
        w.do("on-call", "add", "on-call", "Bob", "--position", "2")
        w.channel("mail", "email", address=mailbox, sender="gate@guard.example")
        w.channel("hook", "webhook", "signing key", address=f"{twin.url}/twin/hooks/soc")
        w.channel("chat", "slack", f"{twin.url}/twin/hooks/slack-T0/B0/very-secret-path")
        w.channel("room", "teams", f"{twin.url}/twin/hooks/teams-secret")
        w.channel("pager", "pagerduty", "R0UTINGKEY", address=twin.url)
        w.channel("voice", "phone", "t0ken", address=twin.url, account="AC1", sender="+15550100", flow="FW1")
        states = {c["name"]: c["state"] for c in w.do("channel", "list")["channels"]}
        tap.case(set(states.values()) == {"ready"}, "every channel is ready", states)
        service = i.serve()
        i.wait_until_served(service)

        start = time.time()
        told = w.settled(w.do("notice", "test")["id"], "told")
        tap.case(told and ways(told) == dict.fromkeys(["email", "webhook", "slack", "teams", "pagerduty"], "delivered"),
                 "a test notice arrives over every channel but the phone", told)
        tap.case(time.time() - start < 10, "within ten seconds")
        tap.case(not twin.ask("/twin/calls"), "and rings nobody")
        mails = twin.ask("/twin/mails")
        tap.case(sorted(m["to"] for m in mails) == ["ann@guard.example", "bob@guard.example"], "both on duty have the mail", mails)
        post = next(p for p in twin.ask("/twin/hooks") if p["room"] == "soc")
        mac = hmac.new(b"signing key", f"{post['timestamp']}.{post['text']}".encode(), hashlib.sha256).hexdigest()
        tap.case(post["signature"] == f"v1={mac}" and json.loads(post["text"])["delivery"] == post["delivery"],
                 "the webhook's signature is of its time and body", post)

        number = w.do("notice", "test", "--call")["id"]
        heard = w.settled(number, "answered")
        tap.case(heard and heard["answered_by"] == "Ann" and ways(heard)["phone"] == "acknowledged",
                 "the phone rings, and a key acknowledges", heard)
        calls = twin.ask("/twin/calls")
        tap.case(len(calls) == 1 and "This is Portcullis" in calls[0]["spoken"], "one call, that says what it is about", calls)
        first_mail = [m["at"] for m in twin.ask("/twin/mails")][2]
        tap.case(first_mail <= calls[0]["at"], "mail came before the call")

        w.post("/twin/phones", number="+15550101", manner="machine")
        w.post("/twin/phones/faults", next="lost", count=1)
        heard = w.settled(w.do("notice", "test", "--call")["id"], "answered")
        tap.case(heard and heard["answered_by"] == "Bob", "an answering machine does not count: the next is called", heard)
        calls = twin.ask("/twin/calls")[1:]
        tap.case([c["to"] for c in calls] == ["+15550101", "+15550102"], "a call whose answer was lost is found, not placed twice", calls)

        service.kill()  # in the midst of nothing, and of something
        service.wait()
        (i.folder / "data/serve.sock").unlink()
        number = w.do("notice", "test")["id"]
        service = i.serve()
        i.wait_until_served(service)
        told = w.settled(number, "told")
        tap.case(told and len(told["deliveries"]) == 6, "what was put in without a service is told once it runs", told)

        w.post("/twin/phones", number="+15550101", keys="9", pin="4711")
        number = w.do("notice", "test", "--call")["id"]
        heard = w.settled(number, "answered")
        entries = w.do("audit", "list", "--by", "Ann")["entries"]
        entry = entries[0] if entries else {"operation": "", "detail": {}}
        tap.case(heard and heard["answer"] == "stop" and len(entries) == 1 and entry["operation"] == "response stop"
                 and entry["detail"]["by_phone"] == {"notice": number, "key": "9", "pin": "right"}, "a key that stops everything is one entry of the audit trail", entries)
        sides = [entry["detail"].get(side, {}).get("automatic_action") for side in ("before", "after")]
        tap.case(sides == ["goes on", "stopped"] and entry["detail"]["about"]["by"] == "Ann" and "4711" not in json.dumps(entry), "with who, before and after, and no PIN", entry)
        tap.case(i.run("audit", "verify").returncode == 0, "and the trail is whole")

        everything = (i.folder / "serve.log").read_bytes() + json.dumps(w.do("notice", "list")).encode() + \
            json.dumps(w.do("channel", "list")).encode()
        store = b"".join(p.read_bytes() for p in (i.folder / "data").glob("store.db*"))
        secrets = [b"signing key", b"very-secret-path", b"teams-secret", b"R0UTINGKEY", b"t0ken", b"4711"]
        tap.case(not [s for s in secrets if s in everything], "no secret is in log or lists")
        tap.case(not [s for s in secrets[:5] if s in store], "nor in the store's file")
        service.terminate()
        service.wait(PATIENCE)



def through_a_real_server(tap):
    if why := smtp_server.missing():
        tap.skip("mail through a real server", why)
        return
    with tempfile.TemporaryDirectory() as folder, smtp_server.MailServer(folder) as server, \
            Twin("--tenants", 1, "--scenario", "quiet") as twin, Installation(twin, ca_file=f"{folder}/cert.pem") as i:
        w = World(i, twin)
        w.do("user", "add", "Ann", "--mail", "ann@guard.example")
        w.do("user", "add", "Slow", "--mail", "slow@guard.example")
        w.do("user", "add", "Ghost", "--mail", "ghost@guard.example")
        for person in ("Ann", "Slow", "Ghost"):
            w.do("on-call", "add", "on-call", person)
        w.channel("mail", "email", "s3cret", address=f"starttls://127.0.0.1:{server.port}", sender="gate@guard.example", account="gate")
        service = i.serve()
        i.wait_until_served(service)
        number = w.do("notice", "test")["id"]
        mails = wait_for(server.mails)
        tap.case(len(mails) == 1, "one mail is in the box", server.log())
        raw = mails[0]
        head, body = raw.split(b"\n\n", 1)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        tap.case(not message.defects and all(not part.defects for part in message.walk()), "it is well-formed", message.defects)
        tap.case(message["Subject"] == "[MEDIUM] Test of Portcullis" and message["To"].addresses[0].addr_spec == "ann@guard.example" and
                 str(message["From"]) == "Portcullis <gate@guard.example>" and message["Auto-Submitted"] == "auto-generated",
                 "its headers say what it is", head.decode())
        tap.case(b"with esmtpsa" in head.lower(), "it came encrypted and with a login", head.decode())
        plain, html = message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()
        wanted = "Test of Portcullis\n\nSeverity:  medium\nTime:      "
        tap.case(plain.startswith(wanted) and plain.rstrip("\n").endswith(f"\n\n-- \nPortcullis, notice {number} (test)"),
                 "its text is as it was written", plain)
        tap.case("<h2>Test of Portcullis</h2>" in html, "and so is its HTML", html)
        states = lambda: {d["person"]: (d["state"], d["error_code"]) for d in w.notice(number)["deliveries"]}
        wait_for(lambda: states().get("Slow", ("",))[0] == "failed" and states()["Ghost"][0] == "dead")
        tap.case(states()["Ghost"] == ("dead", "notify.refused"), "a mailbox that is not there is not tried again", states())
        tap.case(states()["Slow"] == ("failed", "notify.unavailable"), "one that cannot now is", states())
        server.wake_slow()
        tap.case(wait_for(lambda: states()["Slow"][0] == "delivered"), "until it can", states())
        tap.case(len(wait_for(lambda: len(server.mails()) == 2 and server.mails()) or []) == 2, "and then it has it, once", server.log())

        w.channel("twin", "email", address=twin.ask("/twin/mailbox")["address"], sender="gate@guard.example")
        w.do("ladder", "set", "both", "mail:Ann", "+twin:Ann")
        number = w.do("notice", "test", "--ladder", "both")["id"]
        wait_for(lambda: len(server.mails()) == 3 and twin.ask("/twin/mails"))
        ours = twin.ask("/twin/mails")[0]["text"].encode().replace(b"\r\n", b"\n")
        theirs = server.mails()[2]
        tap.case(theirs.endswith(b"\n") and own_bytes(theirs) == own_bytes(ours), "byte by byte what was sent has arrived", theirs)

        w.do("channel", "set", "mail", "--secret-file", "-", stdin="wrong")
        number = w.do("notice", "test")["id"]
        wait_for(lambda: states().get("Ann", ("",))[0] == "failed")
        text = next(d["error_text"] for d in w.notice(number)["deliveries"] if d["person"] == "Ann")
        tap.case(states()["Ann"] == ("failed", "notify.login") and "wrong" not in text, "a password that is refused is told as such", text)
        i.set(ca_file="")
        service.terminate()
        service.wait(PATIENCE)
        i.config.write_text("\n".join(line for line in i.config.read_text().splitlines() if not line.startswith("ca_file")) + "\n")
        w.do("channel", "set", "mail", "--secret-file", "-", stdin="s3cret")
        service = i.serve()
        i.wait_until_served(service)
        number = w.do("notice", "test")["id"]
        wait_for(lambda: states().get("Ann", ("",))[0] == "failed")
        tap.case(states()["Ann"] == ("failed", "net.tls_refused"), "a certificate nobody vouches for is not spoken to", states())
        service.terminate()
        service.wait(PATIENCE)



def the_flow(tap):
    """The Studio flow we ship: what the code reads of a context is what its widgets are called, and every way leads somewhere."""
    flow = json.loads((ROOT / "docs/studio-flow.json").read_text())
    states = {state["name"]: state for state in flow["states"]}
    nexts = {t["next"] for state in flow["states"] for t in state["transitions"] if "next" in t}
    tap.case(nexts | {flow["initial_state"]} == set(states), "every way of the flow leads to a widget, and every widget is reached")
    kinds = {name: states[name]["type"] for name in ("call", "choice", "pin")}
    tap.case(kinds == {"call": "make-outgoing-call-v2", "choice": "gather-input-on-call", "pin": "gather-input-on-call"},
             "its widgets are called as we read them", kinds)
    tap.case(states["call"]["properties"]["detect_answering_machine"] and states["choice"]["properties"]["say"] == "{{flow.data.say}}",
             "it detects machines and says what it is given")


with Tap() as tap:
    the_flow(tap)
    through_the_twin(tap)
    through_a_real_server(tap)
