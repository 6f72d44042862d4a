#!/usr/bin/env python3
"""Every operation that REST has, as every role, by people and tokens that see all organizations and by such that see one, in scope and
out of it: the answers are exactly those of the table in docs/roles.md. What is out of scope answers as what is not there."""
import json, re, signal, urllib.error, urllib.parse, urllib.request

from harness import PATIENCE, ROOT, Installation, Tap, Twin

ROLES = ["viewer", "analyst", "responder", "admin", "owner"]
WORDS = {"tenant": "00000000-0000-4000-8000-00000000dead", "org": "Nobody", "for": "8h", "expires": "1d"}  # else: none-such
NOWHERE = "00000000-0000-4000-8000-00000000dead"


def table():
    """(operation, least role, reach, method, path) of docs/roles.md."""
    rows = []
    for line in (ROOT / "docs/roles.md").read_text().splitlines():
        found = re.match(r"\| `([^`]+)` \| (\w+) \| ([^|]+?) \| [^|]*\| `(\w+) ([^`]+)` \|$", line)
        if found:
            rows.append(found.groups())
    return rows


def call(url, token, method, path, body=None):
    headers = {"Authorization": "Bearer " + token}
    data = None
    if method in ("POST", "PUT", "PATCH"):
        headers["Content-Type"] = "application/json"
        data = json.dumps(body or {}).encode()
    request = urllib.request.Request(url + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as failed:
        return failed.code, json.load(failed)


def arguments(parameters, row, tenant, org):
    """Path and body of a harmless call: things named in the path are not there, but for a tenant or organization that is given."""
    name, _, _, method, path = row
    takes = parameters[(method.lower(), path)]
    body, query = {}, {}
    for key in re.findall(r"{([^}]+)}", path):
        value = tenant if key == "tenant" and tenant else NOWHERE if key == "tenant" else "none-such"
        path = path.replace("{%s}" % key, urllib.parse.quote(value, safe=""))
    for key, schema in takes["required"].items():
        body[key] = {"integer": 1, "boolean": False, "array": ["none-such"]}.get(schema.get("type"), WORDS.get(key, "none-such"))
    for key, value in (("tenant", tenant), ("org", org)):
        if value and key in takes["query"]:
            query[key] = value
        elif value and key in takes["body"]:
            body[key] = value
    return path + ("?" + urllib.parse.urlencode(query) if query else ""), body


def read_parameters(url, token):
    """What each call takes, by the OpenAPI document."""
    _, document = call(url, token, "GET", "/api/openapi.json")
    out = {}
    for path, methods in document["paths"].items():
        for method, spec in methods.items():
            if not isinstance(spec, dict):
                continue
            schema = spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            while "$ref" in schema:
                node = document
                for part in schema["$ref"].lstrip("#/").split("/"):
                    node = node[part]
                schema = node
            out[(method, path)] = {"query": [p.get("name") for p in spec.get("parameters", []) if p.get("in") == "query"],
                                   "body": list(schema.get("properties", {})),
                                   "required": {key: schema["properties"][key] for key in schema.get("required", [])}}
    return out


def is_refused(status, answer):
    return status == 403 and answer.get("code") in ("api.not_allowed", "api.whole_account")


def takes_scope(parameters, row):
    takes = parameters[(row[3].lower(), row[4])]
    return {key for key in ("tenant", "org") if key in takes["query"] + takes["body"] or "{%s}" % key in row[4]}


def check_row(tap, url, parameters, row, tokens, inside, outside):
    name, least, reach, method, _ = row
    faults = []

    def expect(who, role, tenant, org, allowed):
        path, body = arguments(parameters, row, tenant, org)
        status, answer = call(url, tokens[who, role], method, path, body)
        code = answer.get("code") if isinstance(answer, dict) else None
        if allowed is True:
            good = status not in (401, 403) and status < 500 or code == "auth.no_person" or (status >= 500 and code and code.startswith(("net.", "defender.", "act.", "respond.")))
        elif allowed == "absent":
            good = status == 404 and code in ("tenant.no_such", "tenant.no_org")
        else:
            good = status == 403 and code == allowed
        if not good:
            faults.append(f"{who} {role} tenant={tenant} org={org}: wanted {allowed}, got {status} {code} {json.dumps(answer)[:160]}")
        return answer

    for role in ROLES:
        enough = ROLES.index(role) >= ROLES.index(least)
        if not enough:
            for who in ("all", "some"):
                expect(who, role, None, None, "api.not_allowed")
            continue
        if name in ("tenant remove", "pull", "ocsf remap"):  # they would do it
            continue
        expect("all", role, None, None, True)
        if reach == "no":
            expect("some", role, None, None, "api.whole_account")
        elif reach in ("yes", "of theirs"):
            expect("some", role, None, None, True)
        scope = takes_scope(parameters, row)
        if reach.startswith("for a tenant"):
            if "tenant" in scope and "{tenant}" not in row[4]:
                expect("some", role, None, None, "api.whole_account") if not name.startswith("device ") else None
        if "tenant" in scope and reach in ("of theirs",) or "tenant" in scope and reach.startswith("for a"):
            expect("some", role, inside["id"], None, True)
            hidden = expect("some", role, outside["id"], None, "absent")
            named = expect("some", role, outside["name"], None, "absent")
            absent = expect("some", role, NOWHERE, None, "absent")
            if hidden.get("detail", "").replace(outside["id"], "X") != absent.get("detail", "").replace(NOWHERE, "X"):
                faults.append(f"{role}: out of scope and not there differ: {hidden} {absent} {named}")
        if "org" in scope and reach.startswith("for a") and name != "tenant add":
            expect("some", role, None, "Outside", "absent")
            expect("some", role, None, "Inside", True)
    tap.case(not faults, f"{name}: {least}, {reach}", "\n".join(faults))


def lists_hold_scope(tap, url, tokens, outside):
    for path in ("/api/v1/tenants", "/api/v1/organizations", "/api/v1/feeds", "/api/v1/alerts", "/api/v1/incidents", "/api/v1/devices",
                 "/api/v1/responses", "/api/v1/notices", "/api/v1/exclusions", "/api/v1/readiness", "/api/v1/proxies"):
        _, all_of_it = call(url, tokens["all", "viewer"], "GET", path)
        status, seen = call(url, tokens["some", "viewer"], "GET", path)
        text = json.dumps(seen)
        tap.case(status == 200 and outside["id"] not in text and outside["name"] not in text and "Outside" not in text,
                 f"{path}: nothing of others{'' if outside['id'] in json.dumps(all_of_it) or 'Outside' in json.dumps(all_of_it) else ' (and nothing there to hide)'}",
                 text[:300])


def ids_in_bodies(tap, url, i, tokens, inside, outside):
    """Escapes: things of others by their own ids, a tenant in a body, a move, somebody else's name in an order."""
    done = json.loads(i.run("response", "exclude", "add", "device", "ceo-laptop", "--for", "8h", "--reason", "test", "--tenant", outside["id"], "--json").stdout)
    status, _ = call(url, tokens["some", "admin"], "DELETE", f"/api/v1/exclusions/{done['id']}")
    still = done["id"] in [x["id"] for x in json.loads(i.run("response", "exclude", "list", "--json").stdout)["exclusions"]]
    tap.case(status in (400, 404) and still, "an exclusion of others is not removed by its number", status)
    i.run("notice", "test", "--tenant", outside["id"])
    notice = json.loads(i.run("notice", "list", "--json").stdout)["notices"][0]
    status, _ = call(url, tokens["some", "owner"], "POST", f"/api/v1/notices/{notice['id']}/acknowledge")
    tap.case(status in (400, 404), "a notice of others is not acknowledged by its number", status)
    status, answer = call(url, tokens["some", "owner"], "POST", "/api/v1/tokens", {"name": "escape", "expires": "1d", "org": ["Outside"]})
    tap.case(status in (403, 404), "a token makes no token, least of all for others", (status, answer))
    for key in ("login_url", "token_url", "graph_url"):  # a login that goes elsewhere takes the credential along, perhaps that of all customers
        status, answer = call(url, tokens["some", "owner"], "PATCH", f"/api/v1/tenants/{inside['id']}", {key: "https://evil.example/{tenant}"})
        tap.case(status == 403 and answer["code"] == "api.whole_account", f"who sees some organizations sets no {key}", (status, answer))
    status, answer = call(url, tokens["some", "owner"], "PUT", "/api/v1/proxies/*", {"proxy": "http://evil.example:3128", "tenant": inside["id"]})
    tap.case(status == 403 and answer["code"] == "api.whole_account", "nor which way requests go", (status, answer))
    status, answer = call(url, tokens["some", "owner"], "POST", "/api/v1/tenants", {"tenant-id": NOWHERE, "tenant_id": NOWHERE, "org": "Outside", "client_id": NOWHERE})
    tap.case(status in (400, 404) and "Outside" not in json.dumps([o for o in json.loads(i.run("tenant", "list", "--json").stdout)["tenants"] if o["tenant_id"] == NOWHERE]),
             "a tenant is not added to others", (status, answer))


with Tap() as tap, Twin("--scenario", "calm") as twin, Installation(twin) as i:
    inside, outside = [{"id": t["tenant_id"], "name": t["name"]} for t in twin.tenants()[:2]]
    for tenant, org in zip(twin.tenants(), ("Inside", "Outside")):
        i.run("tenant", "add", tenant["tenant_id"], "--org", org, "--name", tenant["name"], "--client-id", tenant["client_id"],
              "--secret-file", "-", stdin=tenant["client_secret"])
    service = i.serve()
    i.wait_until_served(service)
    url = i.web()
    tokens = {}
    for who, words in (("all", []), ("some", ["--org", "Inside"])):
        for role in ROLES:
            done = i.run("token", "add", f"{who} {role}", "--expires", "1d", "--role", role, *words, "--json")
            tokens[who, role] = json.loads(done.stdout)["token"]
    rows = table()
    tap.case(len(rows) > 60, f"the table has its operations ({len(rows)})")
    parameters = read_parameters(url, tokens["all", "owner"])
    tap.case(all((row[3].lower(), row[4]) in parameters for row in rows), "each is in the OpenAPI document",
             [row for row in rows if (row[3].lower(), row[4]) not in parameters])
    lists_hold_scope(tap, url, tokens, outside)
    ids_in_bodies(tap, url, i, tokens, inside, outside)
    for row in rows:
        check_row(tap, url, parameters, row, tokens, inside, outside)
    status, _ = call(url, "pct_" + "a" * 49, "GET", "/api/v1/me")
    tap.case(status == 401, "no token, no answer")
    refused = json.loads(i.run("audit", "list", "--operation", "refused", "--json").stdout)["entries"]
    tap.case(0 < len(refused) <= 30 * 5, f"refusals are audited, and bounded ({len(refused)})")
    tap.case(i.run("audit", "verify").returncode == 0, "the audit trail is whole")
    service.send_signal(signal.SIGTERM)
    tap.case(service.wait(PATIENCE) == 0, "the service ends")
