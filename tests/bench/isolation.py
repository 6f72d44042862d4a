#!/usr/bin/env python3
"""Do hanging tenants slow the others? Twenty tenants on one host name, twice: undisturbed, then with five whose answers hang in mid-body.
Arguments: seconds to watch at least, to wait at first, and to watch at most. It is watched on until each feed of a healthy tenant has been seen to go forward:
tables with few rows are asked less often, up to every 24 s here.
Prints one JSON line: the healthy tenants' lag (age of Last Synced, sampled) in both runs and its ratio, which must be at most 1.2, and whether
every healthy tenant finished every poll."""
import json, pathlib, statistics, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Installation, Twin

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
FIRST = int(sys.argv[2]) if len(sys.argv) > 2 else 8  # until the first look-back is over
LONGEST = int(sys.argv[3]) if len(sys.argv) > 3 else max(SECONDS, 30)
SETTINGS = {"lake.fold_after": "5s", "interval.alerts": "2s", "interval.hunting": "2s", "interval.machines": "2s",
            "lookback.hunting": "1h", "lookback.alerts": "1h", "request.stall": "10s"}
# What both scenarios give rows to: other tables stay empty, are asked ever less often, and would only dilute the mean.
FEEDS = {"alerts", "incidents", "machines", "DeviceProcessEvents", "DeviceNetworkEvents", "DeviceFileEvents", "DeviceLogonEvents",
         "DeviceRegistryEvents", "DeviceImageLoadEvents", "DeviceInfo"}


def run(scenario):
    with Twin("--tenants", 20, "--seed", 3, "--scenario", scenario) as twin, Installation(twin, **SETTINGS) as i:
        healthy = {t["tenant_id"] for t in twin.tenants()[5:]}  # the first five are those that hang
        i.add_tenants(twin)
        service = i.serve()
        i.wait_until_served(service)
        time.sleep(FIRST)
        ages, polls = [], {}
        began = time.monotonic()
        while (watched := time.monotonic() - began) < SECONDS or (watched < LONGEST and min(map(len, polls.values()), default=0) < 2):
            for feed in json.loads(i.run("feed", "list", "--json").stdout)["feeds"]:
                if feed["tenant_id"] in healthy and feed["feed"] in FEEDS and feed["age_ms"] is not None:
                    ages.append(feed["age_ms"])
                    polls.setdefault((feed["tenant_id"], feed["feed"]), set()).add(feed["last_synced"])
            time.sleep(0.5)
        service.terminate()
        service.wait(30)
        return statistics.mean(ages), statistics.quantiles(ages, n=20)[-1], min(len(p) for p in polls.values()), len(polls)


calm = run("steady")
hung = run("hanging")
ratio = hung[0] / calm[0]
holds = ratio <= 1.2 and hung[2] > 1 and hung[3] == calm[3]
print(json.dumps({"bench": "isolation", "seconds": SECONDS, "lag_ms_mean": round(calm[0]), "lag_ms_mean_hung": round(hung[0]),
                  "lag_ms_p95": round(calm[1]), "lag_ms_p95_hung": round(hung[1]), "ratio": round(ratio, 3), "limit": 1.2,
                  "polls_seen_at_least": hung[2], "holds": holds}))
sys.exit(0 if holds else 1)
