#!/usr/bin/env python3
"""Microsoft's own clients (msal-node of two generations, the Graph client) against the twin over TLS: what they make of its tokens,
certificates, pages, errors and throttling. Installed into the build folder from a lock file; after that no network is needed."""
import hashlib, json, os, pathlib, shutil, subprocess, tempfile

from harness import BUILD, ROOT, Tap, Twin

HERE = ROOT / "tests/integration/clients"
FOLDER = BUILD / "clients"
SCENARIO = """
name: clients
tenants: 3
history: 1h
rows_per_second: {DeviceProcessEvents: 0.1}
alerts_before: 25
machines: 3
logins_per_minute: 1000
rules:
  - {tenants: 2, permissions: databee}
"""


def missing():
    """Why this cannot run here; None: it can. Installs what the lock file names, once."""
    for program in ("node", "npm", "openssl"):
        if not shutil.which(program):
            return f"{program} is not installed; tools/install-deps test"
    print("# node", subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip())
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = FOLDER / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return None
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, FOLDER)
    done = subprocess.run(["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True, timeout=600)
    if done.returncode:
        return f"npm cannot install Microsoft's clients: {(done.stderr.strip().splitlines() or ['no reason given'])[0]}"
    mark.write_text(wanted)
    return None


def make_certificate(folder):
    key, pem = folder / "own.key", folder / "own.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=clients", "-keyout", key, "-out", pem],
                   capture_output=True, check=True)
    der = subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER"], capture_output=True, check=True).stdout
    return {"key": key.read_text(), "pem": pem.read_text(), "sha1": hashlib.sha1(der).hexdigest().upper(), "sha256": hashlib.sha256(der).hexdigest()}


def run(tap, folder):
    scenario, ca = folder / "clients.yaml", folder / "ca.pem"
    scenario.write_text(SCENARIO)
    with Twin("--scenario", scenario, "--tls", "--tls-ca", ca) as twin:
        known = twin.ask("/twin/tenants")
        tenants, certificate = known["tenants"], make_certificate(folder)
        said = twin.ask("/twin/certificates?tenant=" + tenants[0]["tenant_id"], "POST", certificate["pem"].encode())
        tap.case(said["thumbprint"] == certificate["sha1"] and said["thumbprint_sha256"].lower() == certificate["sha256"],
                 "the twin names a certificate's thumbprints as openssl does", said)
        counts = {feed: twin.count(tenants[0]["tenant_id"], feed) for feed in ("alerts", "incidents")}
        shutil.copy(HERE / "clients.mjs", FOLDER)
        done = subprocess.run(["node", FOLDER / "clients.mjs"], capture_output=True, text=True, timeout=400, cwd=FOLDER,
                              input=json.dumps({"url": twin.url, "tenants": tenants, "app": known["multi_tenant_app"], "certificate": certificate,
                                                "counts": counts}),
                              env={**os.environ, "NODE_EXTRA_CA_CERTS": str(ca), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        for row in rows:
            tap.case(row["good"], row["name"], row["detail"])
        tap.case(done.returncode == 0 and len(rows) > 30, "the clients' program ends well", done.stderr[-2000:])
        stats = next(t for t in twin.ask("/twin/stats")["tenants"] if t["tenant_id"] == tenants[0]["tenant_id"])
        tap.case(stats["security"]["throttled"] >= 1, "the twin did throttle them", stats)


with Tap() as tap:
    reason = missing()
    if reason:
        tap.skip("Microsoft's clients", reason)
    else:
        with tempfile.TemporaryDirectory(prefix="portcullis-clients-") as name:
            run(tap, pathlib.Path(name))
