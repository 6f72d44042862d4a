#!/usr/bin/env python3
"""ETag and If-Match over real sockets, for every path of the document that takes If-Match: what was read holds a change, what was changed meanwhile is
refused with 412, and nothing is told of what the caller does not see. What changes by itself (a token that was used) refuses nothing."""
import json, urllib.parse
from api import Api, misfits
from harness import Installation, Tap, Twin

PASSWORD = "Pl4nted~password-of-the-test~0123456789"


def token(i, name, *more):
    return json.loads(i.run("token", "add", name, "--expires", "8h", *more, "--json").stdout)["token"]


def things(tenant):
    """Path, what to fill in, the query of its GET; how it is made; a change that is not the last; the change that is held (None: DELETE)."""
    on = {"tenant": tenant}
    return [
        ("/api/v1/organizations/{org}", "Fabrikam", {}, ("POST", "/api/v1/organizations", {"name": "Fabrikam"}), None, None),
        ("/api/v1/tenants/{tenant}", tenant, {}, None, {"name": "Renamed"}, {"name": "Again"}),
        ("/api/v1/apps/{app}", "reader", {}, ("POST", "/api/v1/apps", {"app": "reader", "client_id": "11111111-2222-4333-8444-555555555555", "secret": PASSWORD}), {"bundles": "read"}, {"bundles": ""}),
        ("/api/v1/users/{name}", "Ann", {}, ("POST", "/api/v1/users", {"name": "Ann", "mail": "ann@example.net"}), {"mail": "a@example.net"}, {"mail": "b@example.net"}),
        ("/api/v1/on-call/{id}", 0, {}, ("POST", "/api/v1/on-call", {"list": "night", "person": "Ann"}), None, None),
        ("/api/v1/channels/{name}", "mail", {}, ("POST", "/api/v1/channels", {"name": "mail", "kind": "email", "address": "smtp://localhost:2525", "sender": "a@example.net"}),
         {"sender": "b@example.net"}, {"sender": "c@example.net"}),
        ("/api/v1/ladders/{name}", "night", {}, ("PUT", "/api/v1/ladders/night", {"rung": ["email:Ann"]}), {"rung": ["email:Ann:2m"]}, {"rung": ["email:Ann:3m", "email:Ann"]}),
        ("/api/v1/settings/{name}", "max_alert_age", {}, None, {"value": "50m"}, {"value": "40m"}),
        ("/api/v1/settings/{name}", "max_alert_age", on, None, {"value": "30m", **on}, {"value": "20m", **on}),
        ("/api/v1/proxies/{pattern}", "*.example.net", {}, ("PUT", "/api/v1/proxies/*.example.net", {"proxy": "direct"}), {"proxy": "http://localhost:3128"}, {"proxy": "http://localhost:3129"}),
        ("/api/v1/proxies/{pattern}", "*.example.net", on, ("PUT", "/api/v1/proxies/*.example.net", {"proxy": "direct", **on}), {"proxy": "http://localhost:3130", **on}, {"proxy": "direct", **on}),
        ("/api/v1/exclusions/{id}", 0, {}, ("POST", "/api/v1/exclusions", {"kind": "tag", "value": "vip", "for": "1h", "reason": "test"}), None, None),
        ("/api/v1/oidc/rules/{id}", 1, {}, ("POST", "/api/v1/oidc/rules", {"claim": "roles", "value": "x", "role": "viewer", "all_orgs": True}), None, None),
        ("/api/v1/oidc", "", {}, ("PUT", "/api/v1/oidc", {"issuer": "https://login.example.net/x", "client_id": "abc", "redirect_url": "https://guard.example.net/api/v1/oidc/callback"}),
         {"client_id": "def"}, {"client_id": "ghi"}),
        ("/api/v1/tokens/{name}", "other", {}, None, None, None),
    ]


def hold(tap, api, document, row):
    """One thing, read, changed, and changed again by somebody who did not see that."""
    pattern, name, query, make, first, second = row
    if make:
        status, _, made = api.ask(make[1], make[0], make[2])
        if status != 200:
            return tap.case(False, f"{pattern}: made", made)
        name = name or made.get("id", "")
    path = pattern.split("{")[0] + urllib.parse.quote(str(name), safe="") if "{" in pattern else pattern
    where = path + ("?" + urllib.parse.urlencode(query) if query else "")
    methods = document["paths"][pattern]
    label = f"{pattern} {'of a tenant' if query else ''}"
    status, sent, shown = api.ask(where)
    wrong = misfits(document, methods["get"]["responses"]["200"]["content"]["application/json"]["schema"], shown)
    tap.case(status == 200 and sent["ETag"] and not wrong, f"{label}: it is shown by itself, as the document says", (status, shown, wrong))
    tap.case(api.ask(where, If_None_Match=sent["ETag"])[0] == 304, f"{label}: known, 304")
    change = "PATCH" if "patch" in methods else "PUT"
    if first:
        status, _, said = api.ask(path, change, first, If_Match=sent["ETag"])
        tap.case(status == 200, f"{label}: changed as it was read", said)
        status, _, said = api.ask(path, change, second, If_Match=sent["ETag"])
        tap.case(status == 412 and said["code"] == "api.changed", f"{label}: the same ETag again, 412", said)
        now = api.ask(where)
        tap.case(now[0] == 200 and now[2] != shown and now[1]["ETag"] != sent["ETag"], f"{label}: and the first change stands", now[2])
        status, _, said = api.ask(path, change, second, If_Match=f'"x", {now[1]["ETag"]}')
        tap.case(status == 200, f"{label}: with the new one, among others", said)
    if "delete" in methods and "tenants" not in pattern and "users" not in pattern:
        deletion = path + ("?" + urllib.parse.urlencode(query) if query else "")
        status, _, said = api.ask(deletion, "DELETE", If_Match='"0123456789abcdef-0123456789abcdef"')
        tap.case(status == 412, f"{label}: not removed by another ETag", said)
        status, _, said = api.ask(deletion, "DELETE", If_Match=api.ask(where)[1]["ETag"])
        tap.case(status == 200, f"{label}: removed by its own", said)
        if pattern.split("/")[3] not in ("settings", "oidc") or "{id}" in pattern:
            tap.case(api.ask(where)[0] == 404, f"{label}: then it is gone, 404")
            tap.case(api.ask(deletion, "DELETE", If_Match="*")[0] in (404, 412), f"{label}: what is not there matches nothing, not even *")


def live(tap, api, i):
    """What it does by itself is no change."""
    used = Api(api.base, token(i, "busy"))
    before = api.ask("/api/v1/tokens/busy")
    used.ask("/api/v1/me")
    after = api.ask("/api/v1/tokens/busy")
    tap.case(before[2]["used"] is None and after[2]["used"] and before[1]["ETag"] != after[1]["ETag"], "a token that was used is shown so", (before[2], after[2]))
    status, _, said = api.ask("/api/v1/tokens/busy", "DELETE", If_Match=before[1]["ETag"])
    tap.case(status == 200, "but that is no change to it", said)


def others(tap, api, i, tenants):
    """Another customer's admin: nothing there has an ETag for him, and no ETag makes a change his."""
    mine, theirs = tenants
    i.run("org", "add", "Elsewhere")
    scoped = Api(api.base, token(i, "scoped", "--role", "admin", "--org", "Elsewhere"))
    api.ask("/api/v1/exclusions", "POST", {"kind": "tag", "value": "theirs", "for": "1h", "reason": "r", "tenant": theirs})
    excluded = api.ask("/api/v1/exclusions")[2]["exclusions"][0]["id"]
    for path, method, body in ((f"/api/v1/tenants/{theirs}", "PATCH", {"name": "x"}), (f"/api/v1/exclusions/{excluded}", "DELETE", None),
                               ("/api/v1/organizations/Customer", "DELETE", None), ("/api/v1/users/Ann", "PATCH", {"mail": "x@example.net"}),
                               (f"/api/v1/settings/max_alert_age?tenant={theirs}", "DELETE", None)):
        there = api.ask(path)
        got = scoped.ask(path)
        tap.case(there[0] == 200 and got[0] in (403, 404) and got[1]["ETag"] is None, f"{path}: not shown to another customer's admin", got[2])
        told = [scoped.ask(path, method, body, If_Match=tag) for tag in (there[1]["ETag"], '"0"', "*")]
        tap.case(all(t[0] in (403, 404, 412) and there[1]["ETag"].strip('"') not in json.dumps(t[2]) for t in told) and len({t[0] for t in told}) == 1,
                 f"{path}: a right ETag and a wrong one are answered alike", [(t[0], t[2]) for t in told])
        tap.case(api.ask(path)[1]["ETag"] == there[1]["ETag"], f"{path}: and nothing has changed")


def main():
    with Tap() as tap, Twin("--tenants", "2") as twin, Installation(twin, **{"interval.alerts": "60s", "interval.hunting": "60s"}) as i:
        i.add_tenants(twin)
        service = i.serve()
        try:
            api = Api(i.web())
            i.wait_until_served(service)
            api.token = token(i, "etags", "--role", "owner")
            token(i, "other")
            document = api.ask("/api/openapi.json")[2]
            rows = things(twin.tenants()[0]["tenant_id"])
            for row in rows:
                hold(tap, api, document, row)
            held = {path for path, methods in document["paths"].items() for m in methods.values() if {"$ref": "#/components/parameters/ifMatch"} in m["parameters"]}
            tap.case(held <= {row[0] for row in rows} | {"/api/v1/ocsf/drift"}, "every path that takes If-Match was tried", held - {row[0] for row in rows})
            live(tap, api, i)
            others(tap, api, i, [t["tenant_id"] for t in twin.tenants()])
        finally:
            service.terminate()
            tap.case(service.wait(20) == 0, "the service ends in time")


main()
