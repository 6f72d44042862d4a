#!/usr/bin/env python3
"""Idempotency-Key over real sockets: what comes again is answered again and not done twice: over a restart, after kill -9 between effect and answer,
of many at once; never another's answer; no secret in the store."""
import concurrent.futures, contextlib, json, pathlib, re, sqlite3, tempfile, time, urllib.parse, urllib.request
from api import Api
from harness import PATIENCE, Installation, Tap, Twin

SECRET = "Pl4nted~password-of-the-test~0123456789"


def token(i, name, role="admin", *more):
    return json.loads(i.run("token", "add", name, "--expires", "8h", "--role", role, *more, "--json").stdout)["token"]


def post(api, PATH, body, key):
    return api.ask(PATH, "POST", body, **({"Idempotency_Key": key} if key else {}))


def start(i, env=None):
    """A service that is there; its API."""
    (i.folder / "data/serve.sock").unlink(missing_ok=True)
    (i.folder / "serve.log").write_text("")
    service = i.serve(env=env)
    i.wait_until_served(service)
    return service, i.web()


PATH = "/api/v1/on-call"  # done twice it would be there twice


def turn(name):
    return {"list": name, "person": "Zoe"}


def turns(api, name):
    return [x for x in api.ask(PATH + "?limit=1000")[2]["turns"] if x["list"] == name]


def again(tap, api, other):
    first, second = post(api, PATH, turn("one"), "k-1"), post(api, PATH, turn("one"), "k-1")
    tap.case(first[0] == second[0] == 200 and first[2] == second[2] and len(turns(api, "one")) == 1, "a repeated POST gets the first answer, and is done once", (first[2], second[2]))
    tap.case(second[1]["Idempotency-Replayed"] == "true" and first[1]["Idempotency-Replayed"] is None, "and the answer says that it is one of before")
    quoted = post(api, PATH, turn("one"), '"k-1"')
    tap.case(quoted[2] == first[2], "a key in quotes, as the draft has it, is the same key")
    status, _, said = post(api, PATH, turn("two"), "k-1")
    tap.case(status == 422 and said["code"] == "api.key_reused" and not turns(api, "two"), "the same key with another body: 422", said)
    status, _, said = post(api, PATH + "?", turn("one"), "k-1")
    tap.case(status == 422, "or with another address: 422", said)
    theirs = post(other, PATH, turn("one"), "k-1")
    tap.case(theirs[1]["Idempotency-Replayed"] is None and theirs[2] != first[2], "another caller's same key is another key", theirs[2])
    for key in ("", " ", "a b", "ä", "x" * 201, 'a"b'):
        status, _, said = api.ask(PATH, "POST", turn("bad"), Idempotency_Key=key.encode().decode("latin-1"))
        tap.case(status == 400 and not turns(api, "bad"), f"no key: {key[:10]!r}", said)
    wrong = post(api, PATH, {"list": "mended", "person": "nobody"}, "k-2")
    mended = post(api, PATH, turn("mended"), "k-2")
    tap.case(wrong[0] == 400 and mended[0] == 200, "what failed for its input may be mended under the same key", (wrong[2], mended[2]))
    status, headers, _ = api.ask(PATH, "GET", None, Idempotency_Key="k-1")
    tap.case(status == 200 and headers["Idempotency-Replayed"] is None, "it is for POST alone")


def at_once(tap, api):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post(api, PATH, turn("race"), "k-race"), range(12)))
    good = {json.dumps(a[2]) for a in answers if a[0] == 200}
    busy = [a for a in answers if a[0] == 409 and a[2]["code"] == "api.key_busy"]
    tap.case(len(good) == 1 and len(busy) + sum(a[0] == 200 for a in answers) == 12 and len(turns(api, "race")) == 1,
             f"twelve at once: one is done, {len(busy)} hear that it is still being done", [a[2] for a in answers])


def busy(tap, api):
    """While the first hashes a password, a second of the same key hears that it is still being done."""
    for n in range(30):
        body = {"name": f"Race {n}", "password": SECRET, "role": "viewer"}
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: post(api, "/api/v1/users", body, f"k-busy-{n}"), range(6)))
        heard = [a for a in answers if a[0] == 409]
        if heard:
            break
    tap.case(heard and all(a[2]["code"] == "api.key_busy" and int(a[1]["Retry-After"]) >= 1 for a in heard) and all(a[0] in (200, 409) for a in answers),
             "while it is being done: 409, and when to ask again", [a[2] for a in answers])
    last = post(api, "/api/v1/users", body, f"k-busy-{n}")
    tap.case(last[0] == 200 and last[2]["name"] == body["name"], "asked again, it is answered", last[2])


def in_the_store(i, words):
    """Of all files of the data folder, with what waits beside the database."""
    return [(f.name, w) for f in (i.folder / "data").glob("store.db*") for w in words if w.encode() in f.read_bytes()]


def secrets(tap, i, owner, tenant_client):
    body = {"org": "Customer", "app": "reader"}
    first = post(owner, "/api/v1/onboardings", body, "k-link")
    status, _, said = post(owner, "/api/v1/onboardings", body, "k-link")
    links = re.findall(r"https?://[^\"\s]+", json.dumps(first[2]))
    state = [q for link in links for q in urllib.parse.parse_qs(urllib.parse.urlsplit(link).query).get("state", [])]
    tap.case(first[0] == 200 and status == 409 and said["code"] == "api.key_spent" and state, "an answer that holds a signed link is not given twice", (first[2], said))
    again = post(owner, "/api/v1/users", {"name": "Ann", "password": SECRET, "role": "viewer"}, "k-user"), post(owner, "/api/v1/users", {"name": "Ann", "password": SECRET, "role": "viewer"}, "k-user")
    tap.case(again[0][0] == again[1][0] == 200 and again[0][2] == again[1][2], "a request that holds a secret", again[1][2])
    tap.case(not in_the_store(i, [SECRET, *state, "k-link", "k-user", "k-1"]), "neither secrets, links nor keys are in the store", in_the_store(i, [SECRET, *state, "k-user"]))


def rights(tap, i, api):
    """Whose rights have changed does not get what he could see before."""
    made = i.run("user", "add", "Bea", "--role", "admin", "--password-file", "-", "--json", stdin=SECRET)
    bea = Api(api.base, token(i, "bea", "admin", "--person", "Bea"))
    first = post(bea, PATH, turn("rights"), "k-rights")
    i.run("user", "set", "Bea", "--role", "admin", "--org", "Customer")
    status, _, said = post(bea, PATH, turn("rights"), "k-rights")
    tap.case(made.returncode == 0 and first[0] == 200 and status in (403, 422) and "id" not in said, "who may less than then gets no answer of then", (first[2], said))


def killed(tap, i, twin, key):
    """kill -9 when it is done and before its answer is kept; then before it is done."""
    service, url = start(i, {"PORTCULLIS_KILL_AT": "once.done"})
    api = Api(url, key)
    try:
        post(api, PATH, turn("killed"), "k-killed")
        answered = True
    except OSError:
        answered = False
    tap.case(not answered and service.wait(PATIENCE) == -9, "killed between effect and answer")
    service, url = start(i)
    api = Api(url, key)
    status, _, said = post(api, PATH, turn("killed"), "k-killed")
    tap.case(status == 409 and said["code"] == "api.key_interrupted" and len(turns(api, "killed")) == 1, "it is not done again: look, and use a new key", said)
    replayed = post(api, PATH, turn("one"), "k-1")
    tap.case(replayed[1]["Idempotency-Replayed"] == "true", "what was answered before the restarts is answered still")
    service.terminate()
    service.wait(PATIENCE)


def orders(tap, i, twin, key):
    """An order goes on: the engine knows it by its id, and Defender gets one action."""
    tenant = twin.tenants()[0]["tenant_id"]
    for point, what in (("once.done", "between effect and answer"), ("once.begun", "before the engine heard of it")):
        service, url = start(i)
        api = Api(url, key)
        until = time.monotonic() + 60
        while time.monotonic() < until and len(api.ask(f"/api/v1/devices?tenant={tenant}&limit=50")[2]["devices"]) < 8:
            time.sleep(0.3)
        device = twin.ask("/twin/actions?tenant=" + tenant)["devices"][0 if point == "once.done" else 1]["id"]
        service.terminate()
        service.wait(PATIENCE)
        service, url = start(i, {"PORTCULLIS_KILL_AT": point})
        order = {"tenant": tenant, "reason": "test"}
        try:
            post(Api(url, key), f"/api/v1/devices/{device}/isolate", order, "k-" + point)
        except OSError:
            pass
        tap.case(service.wait(PATIENCE) == -9, f"an order killed {what}")
        service, url = start(i)
        api = Api(url, key)
        first, second = (post(api, f"/api/v1/devices/{device}/isolate", order, "k-" + point) for _ in range(2))
        tap.case(first[0] in (200, 202) and first[2] == second[2] and first[2]["id"], "sent again, it is answered with its number, and then with the same", (first[2], second[2]))
        until = time.monotonic() + 30
        mine = lambda: [r for r in api.ask("/api/v1/responses?limit=1000")[2]["responses"] if r["device"] == device]
        while time.monotonic() < until and not posted(twin, device):
            time.sleep(0.1)
        tap.case(len(mine()) == 1 and posted(twin, device) == 1, "one response, one action at Defender", (mine(), posted(twin, device)))
        service.terminate()
        service.wait(PATIENCE)


def posted(twin, device):
    tenant = twin.tenants()[0]
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": tenant["client_id"], "client_secret": tenant["client_secret"],
                                   "scope": tenant["endpoint_audience"] + "/.default"})
    with urllib.request.urlopen(f"{twin.url}/{tenant['tenant_id']}/oauth2/v2.0/token", form.encode()) as answer:
        bearer = json.load(answer)["access_token"]
    query = urllib.parse.quote(f"machineId eq '{device}'", safe="")
    with urllib.request.urlopen(urllib.request.Request(f"{twin.url}/api/machineactions?$filter={query}", headers={"Authorization": "Bearer " + bearer})) as answer:
        return sum(a["type"] == "Isolate" for a in json.load(answer)["value"])


def age(i):
    """As if a day had gone by. How many are kept."""
    with contextlib.closing(sqlite3.connect(i.folder / "data/store.db")) as db:
        db.execute("UPDATE once SET at = at - 25 * 36000000000")
        db.commit()
        return db.execute("SELECT count(*) FROM once").fetchone()[0]


def forgotten(tap, i, key):
    """After a day a key is free again; the day is in the store."""
    age(i)
    service, url = start(i)
    api = Api(url, key)
    status, headers, said = post(api, PATH, turn("later"), "k-1")
    tap.case(status == 200 and headers["Idempotency-Replayed"] is None, "after a day the key is forgotten", (status, said))
    service.terminate()
    tap.case(service.wait(PATIENCE) == 0, "the service ends in time")
    tap.case(age(i) == 1, "and so is what was kept")


def main():
    with Tap() as tap, tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "scenario.yaml"  # no faults but ours
        scenario.write_text(json.dumps({"name": "once", "machines": 20, "endpoint_per_minute": 1000, "endpoint_per_hour": 10000, "rules": [{"tenants": "all", "temper": "fast"}]}))
        story(tap, scenario)


def story(tap, scenario):
    with Twin("--tenants", "1", "--scenario", scenario) as twin, Installation(twin, **{"interval.alerts": "1s", "interval.machines": "1s"}) as i:
        i.add_tenants(twin)
        i.run("user", "add", "Zoe", "--mail", "zoe@example.net")
        i.run("app", "add", "reader", "--client-id", "11111111-2222-4333-8444-555555555555", "--secret-file", "-", stdin="some~secret-value-of-the-test-0123456789")
        key = token(i, "one", "owner")
        other = token(i, "two", "owner")
        service, url = start(i)
        api = Api(url, key)
        again(tap, api, Api(url, other))
        at_once(tap, api)
        busy(tap, api)
        secrets(tap, i, api, twin.tenants()[0]["client_id"])
        rights(tap, i, api)
        service.terminate()
        service.wait(PATIENCE)
        killed(tap, i, twin, key)
        orders(tap, i, twin, key)
        forgotten(tap, i, key)


main()
