#!/usr/bin/env python3
"""portcullis doctor: a healthy installation has nothing to say but ok; of each damage the cause is found, with its place and what to do, and
nothing else is; with and without a service, and where the installation cannot be opened at all."""
import json, os, pathlib, shutil, signal, sqlite3, subprocess, tempfile, time

from harness import PATIENCE, PORTCULLIS, Installation, Tap, Twin

SCENARIO = "name: doctor\ntenants: 1\nhistory: 10m\nhistory_rate: 0.05\nalerts_before: 1\nmachines: 3\n"
FAILED, WARNING, OK = 1, 3, 0


def doctor(i, *words):
    done = i.run("doctor", "--json", *words)
    report = json.loads(done.stdout) if done.stdout else {"findings": [], "error": done.stderr}
    return done.returncode, report, [f for f in report["findings"] if f["state"] != "ok"]


def healthy(i, twin, tap):
    t = twin.tenants()[0]
    done = [i.run("tenant", "add", t["tenant_id"], "--org", "Customer", "--name", "Contoso", "--client-id", t["client_id"], "--expires", "180d",
                  "--secret-file", "-", stdin=t["client_secret"]),
            i.run("user", "add", "Ann", "--mail", "ann@guard.example"), i.run("on-call", "add", "on-call", "Ann"),
            i.run("channel", "add", "hook", "--kind", "webhook", "--address", f"{twin.url}/twin/hooks/soc", "--secret-file", "-", stdin="key"),
            i.run("proxy", "set", "proxy.example", "direct"),
            i.run("pull", "--feed", "alerts"), i.run("tenant", "test", "Contoso")]
    tap.case(all(d.returncode in (0, 3) for d in done), "an installation is set up", [(d.args[1:4], d.returncode, d.stderr) for d in done])
    code, report, wrong = doctor(i)
    tap.case(code == OK and not wrong and report["ok"] > 10, "nothing is wrong with a healthy one", (code, wrong, report.get("error")))
    table = i.run("doctor").stdout
    tap.case("fingerprint" in table and "failed" not in table.replace("failed_", ""), "a person sees what is well, counted", table)


def sql(i, *statements):
    """As somebody would who has the file: triggers that keep the audit trail are theirs to drop."""
    db = sqlite3.connect(i.folder / "data/store.db")
    for trigger, in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    for s in statements:
        assert db.execute(s).rowcount != 0, s
    db.commit()
    db.close()


def a_file_of_the_lake(i):
    return sorted(i.lake().glob("class=*/*/*/*.zst"))[0]


def flip(i):
    path = i.folder / "data/store.db"
    data = bytearray(path.read_bytes())
    db = sqlite3.connect(path)
    (page,), (size,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'lake_file'").fetchone(), db.execute("PRAGMA page_size").fetchone()
    db.close()
    data[(page - 1) * size + 4] ^= 0xFF  # how many cells that page has
    path.write_bytes(data)


def cut_log(i):
    log = sorted((i.folder / "data/log").glob("*.seg"))[-1]
    os.truncate(log, log.stat().st_size - 1)


def orphan(i):
    lost = a_file_of_the_lake(i)
    (lost.parent / "999999.ndjson.zst").write_bytes(lost.read_bytes())


def mapping(i):
    (i.folder / "mine").mkdir()
    (i.folder / "mine/own.yaml").write_text("source: DeviceProcessEvents\nclass: no_such_class\n")
    i.set(mappings_dir="mine")


def policy(i):
    (i.folder / "policy.yaml").write_text("rules: 7\n")
    i.set(policy_file="policy.yaml")


AUTHORITY = """[ca]
default_ca = a
[a]
database = {0}/index
new_certs_dir = {0}
rand_serial = yes
default_md = sha256
policy = p
[p]
commonName = supplied
"""


def certificate(i, begin, end):
    """For the listener, valid between two days from now: only `openssl ca` makes one that is over."""
    days = lambda n: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + n * 86400))
    ca = pathlib.Path(tempfile.mkdtemp(dir=i.folder))
    (ca / "index").write_text("")
    (ca / "conf").write_text(AUTHORITY.format(ca))
    key, pem = i.folder / "tls.key", i.folder / "tls.pem"
    for command in (["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", ca / "csr", "-subj", "/CN=localhost"],
                    ["ca", "-batch", "-selfsign", "-config", ca / "conf", "-keyfile", key, "-in", ca / "csr", "-out", pem, "-notext",
                     "-startdate", days(begin), "-enddate", days(end)]):
        made = subprocess.run(["openssl", *command], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
    key.chmod(0o600)
    i.set(**{"tls.certificate": "tls.pem", "tls.key": "tls.key"})


def other_key(i):
    (i.folder / "portcullis.key").write_text("portcullis-key-1 " + os.urandom(32).hex() + "\n")


DAMAGES = [  # what, how, exit code, the codes that are found, of where
    ("the key file may be read by others", lambda i: (i.folder / "portcullis.key").chmod(0o644), FAILED, {"doctor.mode"}, "portcullis.key"),
    ("another key", other_key, FAILED, {"store.wrong_key"}, "portcullis.key"),
    ("the key file is gone", lambda i: (i.folder / "portcullis.key").unlink(), FAILED, {"sys.not_found"}, "portcullis.key"),
    ("settings that nobody knows", lambda i: i.set(colour="red"), FAILED, {"conf.unknown_setting"}, "portcullis.yaml"),
    ("the data folder may be read by others", lambda i: (i.folder / "data").chmod(0o755), WARNING, {"doctor.mode"}, "data"),
    ("the store is damaged", flip, FAILED, {"store.corrupt"}, ""),
    ("the store is gone", lambda i: (i.folder / "data/store.db").unlink(), FAILED, {"store.missing"}, "store.db"),
    ("the log has lost a byte", cut_log, FAILED, {"log.corrupt"}, "log"),
    ("a file of the lake is gone", lambda i: a_file_of_the_lake(i).unlink(), FAILED, {"lake.missing"}, "class="),
    ("a file of the lake is cut", lambda i: os.truncate(a_file_of_the_lake(i), 10), FAILED, {"lake.missing"}, "class="),
    ("another store's lake", lambda i: (i.lake() / ".lake-id").write_text("00000000-0000-4000-8000-000000000000\n"), FAILED, {"lake.foreign"}, "lake"),
    ("a file nobody named", orphan, WARNING, {"doctor.orphans"}, "lake"),
    ("an entry of the audit trail was changed", lambda i: sql(i, "UPDATE audit SET actor = 'nobody' WHERE seq = 2"), FAILED, {"store.audit_broken"}, ""),
    ("the end of the audit trail was cut off", lambda i: sql(i, "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"), FAILED,
     {"store.audit_broken"}, ""),
    ("the clock went back", lambda i: sql(i, "UPDATE audit SET at = at + 864000000000 WHERE seq = (SELECT max(seq) FROM audit)"), FAILED,
     {"doctor.clock", "store.audit_broken"}, ""),
    ("a mapping file that is wrong", mapping, FAILED, {"ocsf."}, "mine"),
    ("a policy that is wrong", policy, FAILED, {"policy."}, "policy.yaml"),
    ("a channel without its secret", lambda i: sql(i, "DELETE FROM secret WHERE name = 'channel.secret:hook'"), FAILED, {"doctor.channel"}, "hook"),
    ("nobody on duty", lambda i: i.run("user", "remove", "Ann"), WARNING, {"readiness.nobody"}, "on-call"),
    ("a certificate that will be over", lambda i: certificate(i, -9, 9), WARNING, {"doctor.certificate"}, "tls.pem"),
    ("a certificate that is over", lambda i: certificate(i, -9, -1), FAILED, {"doctor.certificate"}, "tls.pem"),
    ("a secret that will be over", lambda i: sql(i, "UPDATE credential SET expires = (SELECT max(at) FROM audit) + 8640000000000"), WARNING,
     {"doctor.credential"}, "Contoso"),
    ("a secret whose end nobody knows", lambda i: sql(i, "UPDATE credential SET expires = 0"), WARNING, {"doctor.no_expiry"}, "Contoso"),
    ("a sealed secret was changed", lambda i: sql(i, "UPDATE secret SET sealed = zeroblob(length(sealed)) WHERE name LIKE 'credential%'"), FAILED,
     {"seal."}, "Contoso"),
    ("a proxy rule that is none", lambda i: sql(i, "UPDATE proxy_rule SET address = 'gopher://x'"), FAILED, {"doctor.proxy"}, "proxy.example"),
    ("a tenant never tested", lambda i: sql(i, "DELETE FROM tested"), WARNING, {"doctor.never_tested"}, "Contoso"),
    ("a Test that failed", lambda i: sql(i, "UPDATE tested SET failed = 2"), FAILED, {"doctor.test_failed"}, "Contoso"),
    ("a feed in error", lambda i: sql(i, "UPDATE feed SET status = 'error', error_code = 'net.dns' WHERE feed = 'alerts'"), FAILED, {"doctor.feed"},
     "alerts"),
]


def damages(tap, i):
    kept = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-doctor-"))
    shutil.copytree(i.folder, kept / "whole")
    for what, damage, exit_code, codes, place in DAMAGES:
        shutil.rmtree(i.folder)
        shutil.copytree(kept / "whole", i.folder)
        damage(i)
        code, report, wrong = doctor(i)
        found = {f["code"] for f in wrong}
        told = all(any(f.startswith(c) for f in found) for c in codes) and all(any(f.startswith(c) for c in codes) for f in found)
        tap.case(told and code == exit_code and all(f["reason"] and f["remedy"] for f in wrong) and any(place in f["place"] for f in wrong),
                 f"{what}: {', '.join(sorted(codes))}, and nothing else", (code, wrong, report.get("error")))
    shutil.rmtree(i.folder)
    shutil.copytree(kept / "whole", i.folder)
    shutil.rmtree(kept)


def full_disk(tap, i):
    if os.geteuid() != 0:
        return tap.skip("a disk that is nearly full", "only root can mount one")
    data = i.folder / "data"
    shutil.move(data, i.folder / "kept")
    data.mkdir(mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", data], capture_output=True).returncode:
        data.rmdir()
        shutil.move(i.folder / "kept", data)
        return tap.skip("a disk that is nearly full", "no file system can be mounted here")
    try:
        shutil.copytree(i.folder / "kept", data, dirs_exist_ok=True)
        code, _, wrong = doctor(i)
        tap.case(code == FAILED and [f["code"] for f in wrong] == ["doctor.disk"], "a disk that is nearly full", (code, wrong))
    finally:
        subprocess.run(["umount", data], check=True)
        data.rmdir()
        shutil.move(i.folder / "kept", data)


def served(tap, i):
    service = i.serve()
    try:
        tap.case(i.wait_until_served(service), "a service runs")
        code, report, wrong = doctor(i)
        tap.case(code == OK and not wrong and report["ok"] > 10, "its own doctor says the same", (code, wrong, report.get("error")))
        (i.folder / "portcullis.key").chmod(0o640)
        code, _, wrong = doctor(i)
        tap.case(code == FAILED and [f["code"] for f in wrong] == ["doctor.mode"], "and finds what went wrong since", (code, wrong))
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(PATIENCE)


def main():
    with Tap() as tap, tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "doctor.yaml"
        scenario.write_text(SCENARIO)
        with Twin("--scenario", scenario, "--seed", "7") as twin, Installation(twin) as i:
            healthy(i, twin, tap)
            damages(tap, i)
            full_disk(tap, i)
            served(tap, i)
            empty = i.folder / "empty"
            empty.mkdir()
            done = subprocess.run([PORTCULLIS, "doctor"], cwd=empty, capture_output=True, text=True,
                                  env={k: v for k, v in os.environ.items() if k != "PORTCULLIS_CONFIG"})
            tap.case(done.returncode == FAILED and "api.no_installation" in done.stdout, "where there is no installation it says so", done)


main()
