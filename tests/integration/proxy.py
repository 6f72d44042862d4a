#!/usr/bin/env python3
"""Requests through a real proxy (tinyproxy, CONNECT with login) for the tenants whose rules say so, and not for others; what a
proxy refuses has its own words; a CA that one rule brings is trusted on that way alone."""
import json, pathlib, re, shutil, socket, subprocess, tempfile, time

from harness import PATIENCE, Installation, Tap, Twin, at_rest, wait_for

SCENARIO = """
name: proxies
tenants: 3
history: 1h
rows_per_second: {DeviceProcessEvents: 0.05}
alerts_before: 5
machines: 3
hunting_per_minute: 100000
"""
PASSWORD = "pr0xy-p4ss"


class Proxy:
    """CONNECT to this machine's ports for who has the password; its log names each."""

    def __init__(self, folder, name, more=""):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log = folder / f"{name}.log"
        config = folder / f"{name}.conf"
        config.write_text(f'Port {self.port}\nListen 127.0.0.1\nTimeout 60\nLogLevel Connect\nLogFile "{self.log}"\nMaxClients 100\n{more}')
        self.process = subprocess.Popen(["tinyproxy", "-d", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("the proxy did not begin")

    def connects(self):
        return len(re.findall(r"Request .*CONNECT ", self.log.read_text())) if self.log.exists() else 0

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def pull(box, tenant):
    return box.run("pull", "--tenant", tenant)


def way(box, *words):
    return json.loads(box.run("proxy", "which", *words, "--json").stdout)["ways"]


def rules(tap, box, names, proxy, twin):
    through, other, direct = names
    address = f"http://127.0.0.1:{proxy.port}"
    secret = dict(stdin=PASSWORD)
    done = pull(box, through)
    tap.case(done.returncode == 0 and proxy.connects() == 0, "without a rule nothing goes through the proxy", done.stderr)
    done = box.run("proxy", "set", "127.0.0.1", address, "--user", "svc", "--password-file", "-", "--tenant", through, **secret)
    tap.case(done.returncode == 0 and PASSWORD not in done.stdout, "a rule is set, and its password is not shown", done.stdout + done.stderr)
    done = pull(box, through)
    after = proxy.connects()
    tap.case(done.returncode == 0 and after > 0, "the tenant whose rule says so goes through the proxy, with its login", done.stderr)
    done = pull(box, other)
    tap.case(done.returncode == 0 and proxy.connects() == after, "another tenant does not", done.stderr)
    ways = way(box, "--tenant", through)
    tap.case(len(ways) >= 3 and all(w["proxy"] == address and w["level"] == "tenant" and w["user"] == "svc" for w in ways),
             "proxy which says which rule applies to each address", ways)
    tap.case(way(box, twin.url, "--tenant", other)[0]["proxy"] == "environment", "and that none does for another", way(box, twin.url, "--tenant", other))

    report = json.loads(box.run("tenant", "test", through, "--json").stdout)
    found = {f["check"]: f for f in report["findings"] if f["check"] in ("proxy", "dns", "tls")}
    tap.case(found["proxy"]["verdict"] == "ok" and address in found["proxy"]["detail"] and "tenant's rule 127.0.0.1" in found["proxy"]["detail"] and
             found["dns"]["verdict"] == "off" and found["tls"]["verdict"] == "ok" and report["verdict"] == "ok", "tenant test shows which rule applied", found)

    done = box.run("proxy", "set", "127.0.0.1", address, "--user", "svc", "--password-file", "-", "--org", "Second", **secret)
    before = proxy.connects()
    done = pull(box, other)
    tap.case(done.returncode == 0 and proxy.connects() > before, "a rule of an organization holds for its tenant", done.stderr)
    box.run("proxy", "set", "127.0.0.1", "direct", "--tenant", other)
    before = proxy.connects()
    done = pull(box, other)
    tap.case(done.returncode == 0 and proxy.connects() == before, "and the tenant's own `direct` goes before it", done.stderr)
    listed = json.loads(box.run("proxy", "list", "--json").stdout)["rules"]
    tap.case(sorted((r["level"], r["of"]) for r in listed) == [("organization", "Second"), ("tenant", through), ("tenant", other)],
             "proxy list names each rule and whose it is", listed)
    box.run("proxy", "set", "x.example", "direct")
    box.run("proxy", "set", "x.example", "http://x:1")
    box.run("proxy", "remove", "x.example")
    told = box.run("audit", "list", "--json").stdout
    entries = [e for e in json.loads(told)["entries"] if e["operation"].startswith("proxy") and e["detail"]["params"]["pattern"] == "x.example"]
    ways = [(e["operation"], e["detail"].get("before", {}).get("proxy"), e["detail"].get("after", {}).get("proxy")) for e in entries]
    tap.case(sorted(ways, key=str) == [("proxy remove", "http://x:1", None), ("proxy set", "direct", "http://x:1"), ("proxy set", None, "direct")],
             "the audit trail has before and after", told[:2000])
    tap.case(PASSWORD not in told and PASSWORD.encode() not in (box.folder / "data/store.db").read_bytes(),
             "the password stands neither there nor in the store")


def refusals(tap, box, names, proxy, folder):
    through, other, direct = names
    address = f"http://127.0.0.1:{proxy.port}"
    box.run("proxy", "set", "127.0.0.1", address, "--user", "svc", "--password-file", "-", "--tenant", through, stdin="wrong-one")
    done = pull(box, through)
    tap.case(done.returncode != 0 and "net.proxy_login" in done.stderr and "proxy set" in done.stderr and "wrong-one" not in done.stderr,
             "a wrong login is the proxy's refusal, told as that", done.stderr)
    closed = Proxy(folder, "closed", "ConnectPort 1\n")
    box.run("proxy", "set", "127.0.0.1", f"http://127.0.0.1:{closed.port}", "--tenant", through)
    done = pull(box, through)
    tap.case(done.returncode != 0 and "net.proxy_refused" in done.stderr, "a proxy that does not let us to the host", done.stderr)
    closed.stop()
    done = pull(box, direct)
    tap.case(done.returncode == 0, "which hurts no other tenant", done.stderr)
    for words, code in ((("http://x", "direct"), "proxy.bad_pattern"), (("*", "http://me:pw@p:80"), "proxy.bad_address"),
                        (("*", "http://p"), "proxy.bad_address"), (("*", "direct", "--user", "a"), "proxy.bad_login")):
        done = box.run("proxy", "set", *words)
        tap.case(done.returncode != 0 and code in done.stderr and "me:pw" not in done.stderr, f"proxy set {' '.join(words)}: {code}", done.stderr)
    done = box.run("proxy", "set", "*", "direct", "--ca-file", "-", stdin="-----BEGIN NONSENSE")
    tap.case(done.returncode != 0 and "seal.bad_pem" in done.stderr, "a CA that is none is refused", done.stderr)
    done = box.run("proxy", "remove", "nothing.example", "--tenant", through)
    tap.case(done.returncode != 0 and "proxy.no_rule" in done.stderr, "a rule that is not there cannot be removed", done.stderr)


def running(tap, box, names, proxy):
    """A service that runs goes on with a change at once, and with its end."""
    through = names[0]
    process = box.serve()
    box.wait_until_served(process)
    box.run("proxy", "set", "127.0.0.1", f"http://127.0.0.1:{proxy.port}", "--user", "svc", "--password-file", "-", "--tenant", through, stdin=PASSWORD)
    before = proxy.connects()
    tap.case(wait_for(lambda: proxy.connects() > before), "a service that runs takes a new rule at once")
    box.run("proxy", "remove", "127.0.0.1", "--tenant", through)
    at_rest(proxy.connects, 2)  # what was under way ends
    before = proxy.connects()
    done = box.run("pull", "--tenant", through)
    tap.case(done.returncode == 0 and proxy.connects() == before, "and its removal", done.stderr)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{s.getsockname()[1]}"
    box.run("proxy", "set", "127.0.0.1", nobody, "--tenant", through)
    feeds = lambda: json.loads(box.run("feed", "list", "--tenant", through, "--json").stdout)["feeds"]
    tap.case(wait_for(lambda: any(f["code"] == "net.proxy_unreached" and nobody in f["detail"] for f in feeds())),
             "a proxy that is not there is a state with its name", feeds()[:2])
    others = json.loads(box.run("feed", "list", "--tenant", names[2], "--json").stdout)["feeds"]
    tap.case(not any("proxy" in (f["code"] or "") for f in others), "which is no other tenant's")
    box.run("proxy", "remove", "127.0.0.1", "--tenant", through)
    process.terminate()
    tap.case(process.wait(PATIENCE) == 0, "the service ends well")


def own_trust(tap, box, names, ca):
    """The twin's certificate is trusted through the rule's CA alone."""
    through, other, direct = names
    config = box.config.read_text()
    box.config.write_text(re.sub(r"\n.*ca_file: .*", "", config))
    done = pull(box, direct)
    tap.case(done.returncode != 0 and "net.tls_refused" in done.stderr, "without a CA the certificate is not trusted", done.stderr)
    done = box.run("proxy", "set", "127.0.0.1", "direct", "--ca-file", ca, "--tenant", direct)
    done = pull(box, direct)
    tap.case(done.returncode == 0, "a CA that comes with a rule is trusted on its way", done.stderr)
    done = pull(box, other)
    tap.case(done.returncode != 0 and "net.tls_refused" in done.stderr, "and on no other", done.stderr)


def main():
    with Tap() as tap:
        if not shutil.which("tinyproxy"):
            tap.skip("all of it", "tinyproxy is not installed (package tinyproxy-bin)")
            return
        folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-proxy-"))
        try:
            (folder / "scenario.yaml").write_text(SCENARIO)
            ca = folder / "ca.pem"
            with Twin("--tls", "--tls-ca", ca, "--seed", 3, "--scenario", folder / "scenario.yaml") as twin:
                box = Installation(twin, ca_file=ca, **{"interval.alerts": "2s"})
                proxy = Proxy(folder, "open", f'BasicAuth svc {PASSWORD}\nConnectPort {twin.url.rsplit(":", 1)[1]}\n')
                names = []
                for tenant, org in zip(twin.tenants(), ("First", "Second", "Third")):
                    done = box.run("tenant", "add", tenant["tenant_id"], "--org", org, "--name", org.lower(), "--client-id", tenant["client_id"],
                                   "--secret-file", "-", stdin=tenant["client_secret"])
                    names.append(org.lower())
                rules(tap, box, names, proxy, twin)
                refusals(tap, box, names, proxy, folder)
                running(tap, box, names, proxy)
                own_trust(tap, box, names, ca)
                proxy.stop()
                box.remove()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


main()
