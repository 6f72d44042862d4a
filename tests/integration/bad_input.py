#!/usr/bin/env python3
"""Everything a person can get wrong, and what a machine can do to us: each gives one clear message with code, cause and remedy,
and exit 1 or 2. The rows are those of docs/troubleshooting.md; the last case holds this list against that page."""
import os, pathlib, re, shutil, subprocess, tempfile

from harness import PATIENCE, PORTCULLIS, ROOT, Installation, Tap, Twin

tap = Tap()
seen = set()


def told(done, code, exit_code, name):
    """One message, its code, a cause in brackets, a remedy, no secret, no crash."""
    seen.add(code)
    text = done.stderr
    good = (done.returncode == exit_code and f"code: {code} (" in text and re.search(r"^  do:   \S", text, re.M)
            and text.count("portcullis: ") == 1 and "Sanitizer" not in text)
    return tap.case(good, f"{name}: {code}, exit {exit_code}", f"exit {done.returncode}\n{done.stdout}{text}")


def tenant_words(tenant, **changes):
    words = {"tenant-id": tenant["tenant_id"], "client-id": tenant["client_id"], **changes}
    return ["tenant", "add", words["tenant-id"], "--org", "Customer", "--client-id", words["client-id"], "--secret-file", "-"]


def namespace_option():
    """How a mount namespace may be had: as root (also in a chroot), else through a user namespace; None: not at all."""
    for option in ("-m", "-rm"):
        if subprocess.run(["unshare", option, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0:
            return option


def in_namespace(script, *words):
    """Runs a shell script in a mount namespace of its own, where it may mount what it likes."""
    return subprocess.run(["unshare", namespace_option(), "sh", "-c", script, "sh", *map(str, words)], capture_output=True, text=True, timeout=120)


def cloud_cases(twin):
    tenant = twin.tenants()[0]
    with Installation(twin) as i:
        i.run(*tenant_words(tenant), stdin="not-the-secret")
        told(i.run("pull", "--once"), "defender.secret_wrong", 1, "wrong secret")
    with Installation(twin) as i:
        other = "00000000-1111-4222-8333-444444444444"
        i.run(*tenant_words(tenant, **{"tenant-id": other}), stdin=tenant["client_secret"])
        told(i.run("pull", "--once"), "defender.tenant_unknown", 1, "unknown tenant")
        told(i.run("tenant", "show", "nobody"), "tenant.no_such", 2, "a tenant that is not there")
    with Installation(twin) as i:
        done = i.run(*tenant_words(tenant, **{"tenant-id": f" {{{tenant['tenant_id'].upper()}}} "}), stdin=f"  {tenant['client_secret']} \r\n")
        tap.case(done.returncode == 0 and tenant["tenant_id"] in done.stdout, "an id in braces and capitals is taken for what it is", done.stderr)
        done = i.run("pull", "--once", "--feed", "machines")
        tap.case(done.returncode == 0, "blanks around a secret are cut off", done.stderr)
        told(i.run(*tenant_words(tenant), stdin=tenant["client_id"]), "tenant.secret_is_id", 2, "the secret's id instead of its value")
        told(i.run(*tenant_words(tenant, **{"client-id": "<application_id>"}), stdin="x"), "tenant.placeholder", 2, "a placeholder left in")
        told(i.run(*tenant_words(tenant, **{"tenant-id": "contoso"}), stdin="x"), "tenant.bad_id", 2, "a tenant id that is none")
        told(i.run(*tenant_words(tenant), stdin="   "), "tenant.bad_secret", 2, "an empty secret")
        told(i.run(*tenant_words(tenant), stdin="se\ncret"), "tenant.bad_secret", 2, "a line end within a secret")
        told(i.run(*tenant_words(tenant), "--token-url", "https://login.microsoftonline.com/<application_id>/oauth2/token", stdin="x"),
             "tenant.placeholder", 2, "a placeholder in the token address")
        told(i.run(*tenant_words(tenant, **{"tenant-id": tenant["client_id"], "client-id": tenant["tenant_id"]}), stdin="x"),
             "tenant.ids_swapped", 2, "ids in each other's place")
        told(i.run("tenant", "set", tenant["tenant_id"], "--graph-version", "v9"), "tenant.bad_version", 2, "a version that is none")
        told(i.run("tenant", "set", tenant["tenant_id"], "--siem-url", "http://siem.example"), "tenant.bad_url", 2, "plain http to elsewhere")
        told(i.run(*tenant_words(tenant), stdin="another"), "tenant.exists", 2, "the same tenant again")


def role_case():
    with Twin("--tenants", 1, "--scenario", "no-roles") as twin, Installation(twin) as i:
        i.add_tenants(twin)
        done = i.run("pull", "--once")
        told(done, "defender.role_missing", 1, "missing roles")
        tap.case(re.search(r"it needs [A-Za-z]+\.Read\.All", done.stderr),
                 "the message names the role to grant", done.stderr)


def tls_cases():
    ca = pathlib.Path(tempfile.mkdtemp()) / "ca.pem"
    with Twin("--tenants", 1, "--scenario", "calm", "--tls", "--tls-ca", ca) as twin, Installation() as i:
        i.set(**{"cloud.login_url": twin.url, "cloud.graph_url": twin.url, "cloud.endpoint_url": twin.url,
                 "hunting.calls_per_minute": 600, "hunting.share": 100})
        # urllib would refuse the certificate too, so the tenants come from a twin of the same seed without TLS.
        with Twin("--tenants", 1, "--scenario", "calm") as plain:
            i.add_tenants(plain)
        told(i.run("pull", "--once"), "net.tls_refused", 2, "refused TLS certificate")
        i.set(ca_file=ca)
        done = i.run("pull", "--once")
        tap.case(done.returncode == 0, "with its CA named the same server is trusted", done.stdout + done.stderr)
    shutil.rmtree(ca.parent)


def disk_cases(twin):
    if not namespace_option():
        tap.skip("full disk, read-only data folder", "no mount namespaces here")
        seen.update(("sys.disk_full", "sys.read_only"))
        return
    with Installation(twin) as i:
        i.add_tenants(twin, 1)
        done = in_namespace('cp -a "$1/data" "$1/kept" && mount -t tmpfs -o size=$(($(du -sk "$1/data" | cut -f1) + 80))k none "$1/data" && cp -a "$1/kept/." "$1/data" && '
                            '"$2" pull --once --config "$1/portcullis.yaml"; echo "full: $?"; '
                            'mount -o remount,size=64m "$1/data" && "$2" pull --sweep --config "$1/portcullis.yaml"; echo "room: $?"',
                            i.folder, PORTCULLIS)
        text = done.stdout + done.stderr
        seen.add("sys.disk_full")
        tap.case(re.search(r"full: 1$", text, re.M) and "sys.disk_full" in text and "Free space" in text and done.stderr.count("portcullis: ") == 1,
                 "full disk: sys.disk_full with its remedy", text)
        tap.case("room: 0" in text, "with room again it goes on where it was", text)
    with Installation(twin) as i:
        done = in_namespace('mount --bind "$1/data" "$1/data" && mount -o remount,bind,ro "$1/data" && exec "$2" pull --once --config '
                            '"$1/portcullis.yaml"', i.folder, PORTCULLIS)
        told(done, "sys.read_only", 1, "read-only data folder")


def store_cases(twin):
    with Installation(twin) as i:
        store = i.folder / "data/store.db"
        good = store.read_bytes()
        store.write_bytes(b"\0" * 4096 + good[4096:])
        told(i.run("tenant", "list"), "store.corrupt", 1, "corrupt store")
        store.write_bytes(good)
        (i.folder / "portcullis.key").write_text("portcullis-key-1 " + "ab" * 32 + "\n")
        told(i.run("tenant", "list"), "store.wrong_key", 2, "another installation's key")
        (i.folder / "portcullis.key").write_text("hello\n")
        told(i.run("tenant", "list"), "seal.bad_key_file", 2, "a key file that is none")
        store.unlink()
        (i.folder / "portcullis.key").unlink()
        told(i.run("tenant", "list"), "sys.not_found", 2, "no key file")
    with Installation(twin) as a, Installation(twin) as b:
        shutil.rmtree(a.lake())
        shutil.copytree(b.lake(), a.lake())
        told(a.run("pull", "--once"), "lake.foreign", 2, "lake of another store")


def settings_cases(twin):
    with Installation(twin) as i:
        text = i.config.read_text()
        i.config.write_text(text + "lake:\n  fold_aftr: 5s\n")
        done = i.run("tenant", "list")
        told(done, "conf.unknown_setting", 2, "a config with a typo")
        tap.case("fold_after" in done.stderr and re.search(r"portcullis\.yaml:\d+:\d+", done.stderr), "it names the place and the right word",
                 done.stderr)
        i.config.write_text(text + "lake:\n  fold_after: soon\n")
        told(i.run("tenant", "list"), "conf.bad_value", 2, "a setting of the wrong type")
        i.config.write_text(text + "lake: [\n")
        told(i.run("tenant", "list"), "yaml.bad", 2, "settings that are not YAML")
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run([PORTCULLIS, "tenant", "list"], cwd=empty, capture_output=True, text=True,
                              env={k: v for k, v in os.environ.items() if k != "PORTCULLIS_CONFIG"})
        told(done, "api.no_installation", 2, "no installation")


def service_cases(twin):
    with Installation(twin) as i:
        service = i.serve()
        tap.case(i.wait_until_served(service), "the service starts", (i.folder / "serve.log").read_text())
        told(subprocess.run([PORTCULLIS, "serve", "--config", i.config], capture_output=True, text=True), "sys.locked", 1, "a second serve")
        done = i.run("tenant", "list", "--json")
        tap.case(done.returncode == 0 and '"tenants"' in done.stdout, "commands run inside the service", done.stderr)
        service.terminate()
        tap.case(service.wait(PATIENCE) == 0, "the service ends cleanly on SIGTERM", (i.folder / "serve.log").read_text())
        told(subprocess.run([PORTCULLIS, "init", i.folder], capture_output=True, text=True), "api.not_empty", 2, "init where one is")


def usage_cases():
    run = lambda *words, **more: subprocess.run([PORTCULLIS, *words], capture_output=True, text=True, **more)
    told(run("tenant", "frobnicate"), "api.no_operation", 2, "no such command")
    told(run("ocsf", "map", "--tabel", "x"), "api.bad_parameter", 2, "no such option")
    told(run("ocsf", "map", "--ocsf", "9.9.9", input=""), "ocsf.no_version", 2, "a schema version we do not have")
    for words in (["--help"], ["serve", "--help"], ["ocsf", "map", "--help"], ["tenant", "--help"]):
        done = run(*words)
        tap.case(done.returncode == 0 and "portcullis" in done.stdout, "help: " + " ".join(words), done.stderr)
    done = run("ocsf", "map", input='{"a":1}\nnot json\n[1]\n')
    tap.case(done.returncode == 3 and done.stderr.count('"reason"') == 3, "dead letters: exit 3, a reason each", done.stderr)


def docs_case():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    listed = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", page, re.M))
    tap.case(seen <= listed and listed <= seen, "docs/troubleshooting.md lists exactly what is tested here",
             f"not in the docs: {sorted(seen - listed)}\nnot tested: {sorted(listed - seen)}")


with tap:
    with Twin("--tenants", 2, "--scenario", "calm") as quiet:
        cloud_cases(quiet)
        disk_cases(quiet)
        store_cases(quiet)
        settings_cases(quiet)
        service_cases(quiet)
    role_case()
    tls_cases()
    usage_cases()
    docs_case()
