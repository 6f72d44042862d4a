#!/usr/bin/env python3
"""One multi-tenant application and customers who consent to it each in their way: before consent a tenant's feeds say so, afterwards what was
granted arrives and the rest is a state with its reason."""
import collections, json, pathlib, tempfile, urllib.error, urllib.parse, urllib.request

from harness import Installation, Tap, Twin

SCENARIO = """
tenants: 6
history: 30m
rows_per_second: {DeviceProcessEvents: 0.1}
alerts_before: 3
machines: 2
hunting_per_minute: 100000
rules:
  - {licence: endpoint, consent: none}
  - {tenants: 1, consent: delayed 5m}
  - {tenants: 2, consent: refused}
  - {tenants: 3, consent: partial}
  - {tenants: 5, variants: {login.before_consent: "700016"}}
"""
BACK = "http://localhost:4711/consent"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def open_link(twin, tenant, app, path="adminconsent", **more):
    """What an administrator's browser does: the query of the way back to us."""
    query = urllib.parse.urlencode({"client_id": app["client_id"], "redirect_uri": BACK, "state": "s", **more})
    try:
        urllib.request.build_opener(NoRedirect).open(f"{twin.url}/{tenant['tenant_id']}/{path}?{query}")
        raise RuntimeError("no redirect")
    except urllib.error.HTTPError as answer:
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))


class Estate:
    """All tenants under the one application."""

    def __init__(self, installation, tenants, app):
        self.i, self.tenants = installation, tenants
        for number, tenant in enumerate(tenants):
            done = installation.run("tenant", "add", tenant["tenant_id"], "--org", f"Customer {number}", "--client-id", app["client_id"],
                                    "--secret-file", "-", stdin=app["client_secret"])
            if done.returncode:
                raise RuntimeError(done.stderr)

    def pull(self):
        """States after a pull, per tenant: feed -> (state, code)."""
        self.i.run("pull", "--once")
        found = collections.defaultdict(dict)
        for feed in json.loads(self.i.run("feed", "list", "--json").stdout)["feeds"]:
            if feed["feed"] != "alerts_siem":  # no address was given for that API
                found[feed["tenant_id"]][feed["feed"]] = (feed["state"], feed["code"])
        return [found[t["tenant_id"]] for t in self.tenants]


def counted(feeds):
    """(state, code) -> how many feeds."""
    return dict(collections.Counter(feeds.values()))


OK, NO_ROLE = ("ok", None), ("role_missing", "defender.role_missing")
PENDING = ("consent_pending", "defender.no_consent")


def says_only(feeds, condition):
    """All of the tenant's feeds, whichever of them asked for the token."""
    return set(feeds.values()) == {condition}


def before_consent(tap, estate):
    found = estate.pull()
    for n in range(5):
        tap.case(says_only(found[n], PENDING), f"tenant {n}: before consent it says so", counted(found[n]))
    tap.case(says_only(found[5], ("consent_pending", "defender.app_unknown")), "tenant 5: or the application is not known there", counted(found[5]))


def after_consent(tap, estate, twin, tenants, app):
    ways = [open_link(twin, tenant, app) for tenant in tenants[:4]]
    ways.append(open_link(twin, tenants[4], app, "v2.0/adminconsent", scope="https://graph.microsoft.com/.default"))
    ways.append(open_link(twin, tenants[5], app))
    for n in (0, 1, 3, 5):
        tap.case(ways[n] == {"tenant": tenants[n]["tenant_id"], "state": "s", "admin_consent": "True"}, f"tenant {n}: the way back says yes", ways[n])
    tap.case(ways[2]["error"] == "permission_denied" and ways[2]["state"] == "s", "tenant 2: the way back says no", ways[2])
    found = estate.pull()
    for n in (0, 5):
        tap.case(all(found[n][feed] == OK for feed in ("alerts", "incidents", "machines", "DeviceProcessEvents")), f"tenant {n}: everything arrives",
                 counted(found[n]))
    tap.case(set(found[1].values()) == {("consent_pending", "defender.role_missing")}, "tenant 1: consent was given and does not show yet", counted(found[1]))
    tap.case(says_only(found[2], PENDING), "tenant 2: still waiting", counted(found[2]))
    tap.case(found[3]["alerts"] == found[3]["machines"] == OK and found[3]["incidents"] == found[3]["DeviceProcessEvents"] == NO_ROLE,
             "tenant 3: what was granted arrives, for the rest a role is missing", counted(found[3]))
    tap.case(found[4]["alerts"] == found[4]["DeviceProcessEvents"] == OK and found[4]["machines"] == NO_ROLE,
             "tenant 4: the link for one API gave that API alone", counted(found[4]))


with Tap() as tap, tempfile.TemporaryDirectory() as folder:
    scenario = pathlib.Path(folder) / "consent.yaml"
    scenario.write_text(SCENARIO)
    with Twin("--scenario", scenario) as twin, Installation(twin) as i:
        known = twin.ask("/twin/tenants")
        estate = Estate(i, known["tenants"], known["multi_tenant_app"])
        before_consent(tap, estate)
        after_consent(tap, estate, twin, known["tenants"], known["multi_tenant_app"])
        twin.freeze()
        twin.ask("/twin/clock", "POST", b"5m")
        found = estate.pull()
        tap.case(found[1]["alerts"] == found[1]["machines"] == OK, "tenant 1: five minutes later it shows", counted(found[1]))
        check = i.verify(twin)
        tap.case(check.returncode == 0, "what each tenant granted is in the lake, once, and nothing else", check.stdout[-1500:] + check.stderr[-500:])
