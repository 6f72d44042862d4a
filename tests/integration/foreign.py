#!/usr/bin/env python3
"""Bytes from elsewhere: what others named, sent or packed does not steer a terminal, begin a line of a log, or take the machine's memory or
time."""
import contextlib, json, re, signal, sqlite3

from attack import call
from harness import PATIENCE, Installation, Tap, Twin

EVIL = "x\x1b]0;owned\x07\x1b[2J\r\ntenant a: good\x7f\u009b2J\u202egpj.exe\u2028"
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(tap, done, name):
    """Nothing in it steers, and it is not empty; the names' own line ends are gone, too."""
    text = done.stdout + done.stderr
    good = text.strip() and not STEERS.search(text) and not re.search(r"^tenant a: good", text, re.M)
    tap.case(good, f"{name}: nothing steers the terminal", repr(text[:600]))


def planted(i):
    """A name that got in past today's checks: with an older version, or by hand."""
    with contextlib.closing(sqlite3.connect(i.folder / "data/store.db")) as store:
        store.execute("UPDATE tenant SET name = ?", (EVIL,))
        store.commit()


def names(tap, i, url, token, mine):
    """A name that steers is refused; one that is there is harmless where it is shown."""
    for method, path in (("POST", "/api/v1/organizations"), ("PATCH", "/api/v1/tenants/" + mine["tenant_id"])):
        status, answer, _ = call(url, token, method, path, {"name": EVIL})
        tap.case(status == 400 and answer["code"] == "tenant.bad_name", "a name that steers is refused", (status, answer))
    for words in (("org", "list"), ("tenant", "list"), ("tenant", "show", mine["tenant_id"]), ("audit", "list"), ("feed", "list"), ("doctor",)):
        shown(tap, i.run(*words), " ".join(words))
        done = i.run(*words, "--json")
        shown(tap, done, " ".join(words) + " --json")
        tap.case(words[0] != "tenant" or json.dumps(EVIL)[1:-1] in json.dumps(json.loads(done.stdout)), "and as JSON it is the name as it is")
    shown(tap, i.run("tenant", "show", EVIL), "a name that is not there")
    shown(tap, i.run(EVIL), "a command that is not there")
    shown(tap, i.run("pull", "--from-files", EVIL), "a file that is not there")


def files(tap, i):
    event = i.folder / "event.ndjson"
    event.write_text(json.dumps({"class_uid": 1007, EVIL: EVIL, "activity_id": EVIL}, ensure_ascii=False) + "\n")
    shown(tap, i.run("ocsf", "check", str(event)), "ocsf check")


if __name__ == "__main__":
    with Tap() as tap, Twin("--scenario", "calm") as twin, Installation(twin) as i:
        mine = twin.tenants()[0]
        i.run("tenant", "add", mine["tenant_id"], "--org", "Inside", "--client-id", mine["client_id"], "--secret-file", "-", stdin=mine["client_secret"])
        planted(i)
        service = i.serve()
        i.wait_until_served(service)
        url, token = i.web(), json.loads(i.run("token", "add", "all", "--expires", "1d", "--role", "owner", "--json").stdout)["token"]
        names(tap, i, url, token, mine)
        files(tap, i)
        service.send_signal(signal.SIGTERM)
        tap.case(service.wait(PATIENCE) == 0, "the service ends")
        log = (i.folder / "serve.log").read_text()
        tap.case(not STEERS.search(log), "nothing steers whoever reads the service's log", repr(log[-600:]))
