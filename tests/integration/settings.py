#!/usr/bin/env python3
"""Settings by command: what holds says where it comes from, what is wrong is named, each change is in the audit trail, and a running
service answers the same as the program alone."""
import json, signal

from harness import PATIENCE, Installation, Tap, Twin

# what is set where, and what the tenant then has: (level words, value) in turn; expected value and level
STEPS = [
    ([], "auto", "auto", "account"),
    (["--org", "customer"], "approve", "approve", "organization"),
    (["--tenant", None], "shadow", "shadow", "tenant"),
    (["--tenant", None], None, "approve", "organization"),
    (["--org", "Customer"], None, "auto", "account"),
    ([], None, "off", "default"),
]


def shown(i, *words):
    done = i.run("settings", "show", *words, "--json")
    return {row["setting"]: row for row in json.loads(done.stdout)["settings"]}


def steps(tap, i, tenant, where):
    for level, value, expected, source in STEPS:
        level = [tenant if word is None else word for word in level]
        done = i.run("settings", *(["set", "remediation", value] if value else ["unset", "remediation"]), *level)
        row = shown(i, "--tenant", tenant)["remediation"]
        tap.case(done.returncode == 0 and (row["value"], row["from"]) == (expected, source),
                 f"{where}: {' '.join(level) or 'account'} {value or 'taken back'}: {expected}, from {source}", (done.stderr, row))


def wrong(tap, i, tenant):
    for words, code, exit_code in [
        (["set", "remediation", "always"], "setting.bad_value", 2),
        (["set", "remedation", "auto"], "setting.unknown", 2),
        (["set", "limit_account_hour", "3", "--tenant", tenant], "setting.bad_level", 2),
        (["unset", "lease"], "setting.not_set", 2),
        (["show", "--tenant", "nobody"], "tenant.no_such", 2),
        (["show", "--org", "nobody"], "tenant.no_org", 2),
        (["show", "--org", "Customer", "--tenant", tenant], "api.bad_parameter", 2),
        (["set", "lease"], "api.bad_parameter", 2),
    ]:
        done = i.run("settings", *words)
        tap.case(done.returncode == exit_code and f"code: {code} (" in done.stderr, f"settings {' '.join(words)}: {code}",
                 (done.returncode, done.stderr))


with Tap() as tap, Twin("--scenario", "calm") as twin, Installation(twin) as i:
    i.add_tenants(twin, 1)
    tenant = twin.tenants()[0]["name"]
    steps(tap, i, tenant, "alone")
    wrong(tap, i, tenant)
    service = i.serve()
    i.wait_until_served(service)
    steps(tap, i, tenant, "in the service")
    service.send_signal(signal.SIGTERM)
    tap.case(service.wait(PATIENCE) == 0, "the service ends")
    page = i.run("settings", "show").stdout
    tap.case("FROM" in page and "max_alert_age" in page, "people see a table", page)
