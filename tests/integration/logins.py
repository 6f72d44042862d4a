#!/usr/bin/env python3
"""People over HTTP, and whoever would like to be one: passwords, sessions, forged requests, guesses, the second factor, API tokens."""
import base64, json, signal, statistics, time

from harness import PATIENCE, Installation, Tap
from people import PASSWORD, Client, totp

OTHER = "another Row of 9 words"


def passwords(tap, i):
    for words, given, good in [(["Weak"], "short", False), (["Weak"], "Password1234!", False), (["Weak"], "aaaaaaaaaaaaaaaa", False),
                               (["Weak"], "123123123123", False), (["Weak"], "P4ssw0rd2026!!", False), (["Margarethe"], "Margarethe!1", False), (["Fine"], PASSWORD, True)]:
        done = i.run("user", "add", *words, "--password-file", "-", stdin=given + "\n")
        tap.case((done.returncode == 0) == good and ("auth.weak_password" in done.stderr) != good, f"the password {given!r} is {'taken' if good else 'refused'}",
                 done.stderr)
    i.run("user", "remove", "Fine")


def sessions(tap, i, url):
    ann = Client(url)
    status, who = ann.login("ann")
    flags = ann.set_cookie.lower()
    tap.case(status == 200 and who["role"] == "owner" and "httponly" in flags and "samesite=strict" in flags and "path=/" in flags, "a person logs in", ann.set_cookie)
    first = ann.cookie
    tap.case(ann.call("GET", "/api/v1/users")[0] == 200, "and reads")
    tap.case(ann.change("/api/v1/organizations", {"name": "Acme"})[0] == 200, "and changes, with the token of the session")
    for name, headers, code in [("without the header", {"X_CSRF_Token": None}, "auth.csrf"), ("with another's", {"X_CSRF_Token": "A" * 43}, "auth.csrf"),
                                ("from another page", {"Origin": "https://evil.example"}, "auth.origin"), ("from a frame of none", {"Origin": "null"}, "auth.origin"),
                                ("as the browser says", {"Sec_Fetch_Site": "cross-site"}, "auth.origin")]:
        status, answer = ann.change("/api/v1/organizations", {"name": "Forged"}, **headers)
        tap.case(status == 403 and answer["code"] == code, f"a change {name} is refused: {code}", (status, answer))
    tap.case("Forged" not in i.run("org", "list").stdout, "and nothing was changed")
    fixed = Client(url)
    fixed.cookie = "chosen-by-the-attacker-chosen-by-the-attacker"
    tap.case(fixed.login("ann")[0] == 200 and fixed.cookie != "chosen-by-the-attacker-chosen-by-the-attacker", "a session's id is never the one that came along")
    ann.login("ann")
    old = Client(url)
    old.cookie = first
    tap.case(ann.cookie != first and old.call("GET", "/api/v1/session")[0] == 401, "a login ends the session before")
    tap.case(ann.change("/api/v1/logout")[0] == 200 and "max-age=0" in ann.set_cookie.lower(), "logout")
    again = Client(url)
    again.cookie = fixed.cookie
    i.run("user", "passwd", "ann", "--password-file", "-", stdin=PASSWORD)
    tap.case(again.call("GET", "/api/v1/session")[0] == 401, "a new password ends all sessions")
    ann.login("ann")
    status, answer = ann.change("/api/v1/me/passwd", {"current": "wrong password 123", "password": OTHER})
    tap.case(status == 401 and answer["code"] == "auth.wrong", "an own password is changed only by who knows it", answer)
    tap.case(ann.change("/api/v1/me/passwd", {"current": PASSWORD, "password": OTHER})[0] == 200 and ann.call("GET", "/api/v1/session")[0] == 401, "and then all sessions end")
    tap.case(ann.login("ann")[0] == 401 and ann.login("ann", OTHER)[0] == 200, "the new one holds")
    done = i.run("user", "remove", "ann")
    tap.case("auth.last_owner" in done.stderr and done.returncode != 0, "the last owner cannot be removed", done.stderr)
    tap.case("auth.last_owner" in i.run("user", "set", "ann", "--role", "admin").stderr and "auth.last_owner" in i.run("user", "set", "ann", "--disabled", "yes").stderr
             and "auth.last_owner" in i.run("user", "set", "ann", "--org", "Acme").stderr, "nor lowered, switched off or confined")


def guess_until(url, name, seconds):
    """Guesses, each as soon as it is looked at, until the next would be looked at after so many seconds: the first waits may be over before a busy
    machine comes back."""
    for _ in range(30):
        client = Client(url)
        status, answer = client.login(name, "wrong wrong wrong")
        wait = int(client.head["Retry-After"]) if status == 429 else 0
        if wait >= seconds:
            break
        time.sleep(wait)
    return status, answer, wait


def guesses(tap, i, url):
    """Texts, times and waits tell nothing of who is there."""
    texts, times = {}, {"carl": [], "nobody-of-that-name": []}
    for _ in range(5):
        for name in times:  # in turn: a machine that is busy is so for both
            begun = time.monotonic()
            _, answer = Client(url).login(name, "wrong wrong wrong")
            times[name].append(time.monotonic() - begun)
            texts.setdefault(name, []).append({k: v for k, v in answer.items()})
    there, not_there = (statistics.median(times[name]) for name in times)
    tap.case(texts["carl"] == texts["nobody-of-that-name"], "a wrong password and a wrong name answer alike", texts)
    tap.case(0.33 < there / not_there < 3 and min(there, not_there) > 0.01, f"and as late ({there * 1000:.0f} and {not_there * 1000:.0f} ms)")
    for name in ("nobody-of-that-name", "carl"):
        status, answer, wait = guess_until(url, name, 3)
        tap.case(status == 429 and answer["code"] == "auth.throttled" and wait >= 3, f"after more guesses {name} waits", (status, answer))
    tap.case(Client(url).login("carl")[0] == 429, "also who knows the password")


def second_factor(tap, i, url):
    i.run("user", "add", "dora", "--role", "admin", "--password-file", "-", stdin=PASSWORD)
    i.run("settings", "set", "second_factor", "admin")
    dora = Client(url)
    _, who = dora.login("dora")
    status, answer = dora.call("GET", "/api/v1/tenants")
    tap.case(who["must_enrol"] and status == 403 and answer["code"] == "auth.enrol_first", "an admin without a second factor can do nothing else", answer)
    status, key = dora.change("/api/v1/me/totp-enrol", {"current": PASSWORD})
    tap.case(status == 200 and key["uri"].startswith("otpauth://totp/Portcullis:dora?secret=" + key["secret"]), "but begin one", key)
    tap.case(dora.change("/api/v1/me/totp-confirm", {"code": "000000"})[1].get("code") == "auth.wrong_code", "a wrong code confirms nothing")
    code = totp(key["secret"])
    status, given = dora.change("/api/v1/me/totp-confirm", {"code": code})
    tap.case(status == 200 and len(set(given["recovery_codes"])) == 10, "the right one does, and gives recovery codes", given)
    tap.case(dora.call("GET", "/api/v1/tenants")[0] == 200, "now she works")
    status, answer = Client(url).login("dora")
    tap.case(status == 401 and answer["code"] == "auth.code_needed", "the password alone is not enough", answer)
    tap.case(Client(url).login("dora", OTHER)[1]["code"] == "auth.wrong", "which only who has the password hears")
    tap.case(Client(url).login("dora", code=code)[0] == 401, "a code that was used is used")
    while totp(key["secret"], 1) == code:
        time.sleep(1)
    ahead = totp(key["secret"], 1)
    tap.case(Client(url).login("dora", code=ahead)[0] == 200, "a phone half a minute ahead is let in")
    tap.case(Client(url).login("dora", code=ahead)[0] == 401, "once")
    tap.case(Client(url).login("dora", code=given["recovery_codes"][0].lower())[0] == 200, "a recovery code lets her in")
    tap.case(Client(url).login("dora", code=given["recovery_codes"][0])[0] == 401, "once")
    held = b"".join(f.read_bytes() for f in (i.folder / "data").rglob("store.db*"))
    tap.case(key["secret"].encode() not in held and base64.b32decode(key["secret"]) not in held and given["recovery_codes"][1].encode() not in held, "the key and the codes are not in the store in the clear")
    i.run("user", "totp-off", "dora")
    tap.case(Client(url).login("dora")[1].get("must_enrol") is True, "an owner takes it off")
    i.run("settings", "unset", "second_factor")


def tokens(tap, i, url):
    made = json.loads(i.run("token", "add", "eva's", "--expires", "1h", "--role", "owner", "--person", "eva", "--json").stdout)
    bearer = {"Authorization": "Bearer " + made["token"]}
    status, who = Client(url).call("GET", "/api/v1/me", **bearer)
    tap.case(status == 200 and who["role"] == "analyst" and made["token"].startswith("pct_"), "a token is never more than whose it is", who)
    tap.case(Client(url).call("POST", "/api/v1/notices/1/acknowledge", {}, **bearer)[0] in (400, 404), "and needs no header against forged requests")
    for name, text in [("one letter changed", made["token"][:-1] + ("A" if made["token"][-1] != "A" else "B")), ("half of it", made["token"][:30]), ("another one", "pct_" + "x" * 49)]:
        status, answer = Client(url).call("GET", "/api/v1/me", Authorization="Bearer " + text)
        tap.case(status == 401 and answer["code"] == "auth.bad_token", f"a token with {name} is refused")
    status, answer = Client(url).call("POST", "/api/v1/tokens", {"name": "more", "expires": "30d"}, **bearer)
    tap.case(status == 400 and answer["code"] == "auth.no_person", "a token makes no further tokens", answer)
    eva = Client(url)
    eva.login("eva")
    tap.case(eva.change("/api/v1/tokens", {"name": "up", "expires": "1h", "role": "admin"})[1].get("code") == "auth.token_too_much", "nobody makes a token that may more than he")
    tap.case(eva.change("/api/v1/tokens", {"name": "up", "expires": "9999d"})[0] == 400, "or that lasts for ever")
    tap.case("auth.token" not in i.run("token", "list").stdout and made["token"] not in i.run("token", "list", "--json").stdout, "a token is shown once")
    i.run("user", "set", "eva", "--disabled", "yes")
    tap.case(Client(url).call("GET", "/api/v1/me", **bearer)[0] == 401 and eva.call("GET", "/api/v1/session")[0] == 401, "a token of somebody who is switched off is none")
    i.run("user", "set", "eva", "--disabled", "no")
    tap.case(Client(url).call("GET", "/api/v1/me", **bearer)[0] == 200, "and is one again with him")
    i.run("user", "remove", "eva")
    tap.case(Client(url).call("GET", "/api/v1/me", **bearer)[0] == 401 and eva.call("GET", "/api/v1/session")[0] == 401, "a removed person's token and session are gone")
    made = json.loads(i.run("token", "add", "short", "--expires", "1s", "--json").stdout)
    time.sleep(1.1)
    tap.case(Client(url).call("GET", "/api/v1/me", Authorization="Bearer " + made["token"])[1]["code"] == "auth.bad_token", "a token ends")
    made = json.loads(i.run("token", "add", "gone", "--expires", "1h", "--json").stdout)
    i.run("token", "revoke", "gone")
    tap.case(Client(url).call("GET", "/api/v1/me", Authorization="Bearer " + made["token"])[0] == 401, "and is revoked at once")


with Tap() as tap, Installation() as i:
    passwords(tap, i)
    for name, role in (("ann", "owner"), ("carl", "analyst"), ("eva", "analyst")):
        i.run("user", "add", name, "--role", role, "--password-file", "-", stdin=PASSWORD + "\n")
    service = i.serve()
    i.wait_until_served(service)
    url = i.web()
    tap.case(Client(url).call("GET", "/api/v1/tenants")[0] == 401, "nobody gets nothing")
    sessions(tap, i, url)
    second_factor(tap, i, url)
    tokens(tap, i, url)
    guesses(tap, i, url)
    service.send_signal(signal.SIGTERM)
    service.wait(PATIENCE)
    service = i.serve()
    i.wait_until_served(service)
    time.sleep(0.2)
    url = i.web()
    for _ in range(3):  # forgiven, he had five; else the wait is eight seconds by now
        status, _ = Client(url).login("carl", "wrong wrong wrong")
        if status == 429:
            break
    tap.case(status == 429, "a restart forgives nothing", status)
    entries = json.loads(i.run("audit", "list", "--newest", 1000, "--json").stdout)["entries"]
    told = {e["operation"] for e in entries} | {e["detail"].get("code") for e in entries}
    tap.case({"login", "user add", "user set", "user passwd", "user remove", "user totp-off", "token add", "token revoke", "me passwd", "me totp-confirm", "org add",
              "settings set", "refused", "auth.wrong", "auth.csrf", "auth.origin", "auth.throttled", "auth.bad_token"} <= told, "all of it is audited", sorted(filter(None, told)))
    change = [e for e in entries if e["operation"] == "user set" and e["detail"].get("after", {}).get("name") == "eva"][-1]["detail"]
    tap.case(change["before"]["disabled"] is False and change["after"]["disabled"] is True, "with what was before and after", change)
    text = json.dumps(entries)
    tap.case(PASSWORD not in text and OTHER not in text and "pct_" not in text, "and without a secret")
    tap.case(i.run("audit", "verify").returncode == 0, "the audit trail is whole")
    pages, before = [], None
    while True:
        page = json.loads(i.run("audit", "list", "--newest", 7, *(["--before", before] if before else []), "--json").stdout)
        pages += [e["id"] for e in page["entries"]]
        before = page["next_before"]
        if not before:
            break
    tap.case(pages == [e["id"] for e in entries] and pages == sorted(pages, reverse=True), "page by page it is the same")
    service.send_signal(signal.SIGTERM)
    tap.case(service.wait(PATIENCE) == 0, "the service ends")
