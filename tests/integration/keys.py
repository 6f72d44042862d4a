#!/usr/bin/env python3
"""Where the key of an installation comes from: a file, a systemd credential, a program; what is said when it does not; and how it is
changed for another: what is left of the old one (nothing), and what a kill on the way leaves (the old or the new, whole)."""
import json, signal, sqlite3

from harness import Installation, Tap

KILLED = {"rekey.begun": False, "rekey.copied": False, "rekey.resealed": False, "rekey.switched": True, "rekey.kept": True}
TENANT, CLIENT = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"


def says(i, code, **more):
    done = i.run("tenant", "list", **more)
    return done.returncode != 0 and code in done.stderr, done.stdout + done.stderr


def sources(tap, i):
    key, handed = i.folder / "portcullis.key", i.folder / "handed"
    text, settings = key.read_text(), i.config.read_text()
    handed.mkdir()
    tap.case(i.run("tenant", "list").returncode == 0, "from the file")
    key.rename(handed / "gate")
    good, shown = says(i, "portcullis.key")
    tap.case(good, "without the file it names it", shown)
    i.set(key_credential="gate")
    tap.case(i.run("tenant", "list", env={"CREDENTIALS_DIRECTORY": str(handed)}).returncode == 0, "from a systemd credential")
    good, shown = says(i, "api.no_key")
    tap.case(good and "systemd" in shown, "without systemd it says so", shown)
    i.config.write_text(settings)
    program = i.folder / "tell-key"
    program.write_text(f"#!/bin/sh\ncat {handed}/gate\n")
    program.chmod(0o700)
    i.set(key_command="tell-key")
    done = i.run("tenant", "list")
    tap.case(done.returncode == 0, "from a program", done.stderr)
    program.write_text("#!/bin/sh\nexit 1\n")
    good, shown = says(i, "api.no_key")
    tap.case(good and "tell-key" in shown, "a program that prints nothing is named", shown)
    program.write_text("#!/bin/sh\necho portcullis-key-1 " + "ab" * 32 + "\n")
    good, shown = says(i, "store.wrong_key")
    tap.case(good and "abab" not in shown and text.split()[1] not in shown, "another key is refused, and neither is shown", shown)
    i.config.write_text(settings)
    i.set(key_credential="a/b")
    tap.case(*says(i, "key_credential")[:1], "a name with a slash is none")


def rotated_by_program(tap, i):
    """The program is the operator's: until it prints the new key the store says whose it wants."""
    program, handed = i.folder / "tell-key", i.folder / "handed"
    (i.folder / "portcullis.key").rename(handed)
    program.write_text(f"#!/bin/sh\nprintf %s \"$(cat {handed})\"\n")
    program.chmod(0o700)
    i.set(key_command="tell-key")
    first = fingerprint(i)
    tap.case(*says_rotating(i, "api.master_key_needed"))
    made = i.folder / "made.key"
    i.run("key", "make", str(made))
    for point, is_changed in (("rekey.copied", False), ("rekey.switched", True)):
        done = i.run("key", "rotate", "--to-file", str(made), env={"PORTCULLIS_KILL_AT": point})
        good, shown = says(i, "store.wrong_key")
        tap.case(done.returncode == -signal.SIGKILL and good == is_changed, f"a program's key, killed at {point}", shown)
    handed.write_bytes(made.read_bytes())
    shown = json.loads(i.run("key", "show", "--json").stdout)
    tap.case((shown["from"], shown["key"] != first) == ("key_command", True) and is_whole(i, 1, sealed=0), "with the new key it opens", shown)
    i.run("key", "make", str(i.folder / "again.key"))
    done = i.run("key", "rotate", "--to-file", str(i.folder / "again.key"))
    tap.case(done.returncode == 0 and "key_command" in done.stdout and not holds(i.folder / "data", shown["key"]), "what is to be done is said", done.stdout + done.stderr)


def says_rotating(i, code, *words, **more):
    done = i.run("key", "rotate", *words, **more)
    return done.returncode != 0 and code in done.stderr, f"refused: {code} {' '.join(more)}", done.stdout + done.stderr


def fingerprint(i, **more):
    return json.loads(i.run("key", "show", "--json", **more).stdout)["key"]


def is_whole(i, entries, sealed=1, **more):
    """The secret opens (rotating it to itself would need the cloud: the audit trail and the store's own count say it), and the trail holds."""
    shown = json.loads(i.run("key", "show", "--json", **more).stdout)
    verified = json.loads(i.run("audit", "verify", "--json", **more).stdout)
    return shown["sealed"] == sealed and verified["entries"] == entries


def holds(folder, sealed_by):
    """Sealed bytes begin with a version and the fingerprint of their key."""
    mark = b"\x01" + bytes.fromhex(sealed_by)
    return [f.name for f in folder.rglob("*") if f.is_file() and mark in f.read_bytes()]


def rotations(tap, i):
    secret, data = i.folder / "secret", i.folder / "data"
    secret.write_text("S3cretValue-0123456789abcdefghij~")
    tap.case(i.run("tenant", "add", TENANT, "--org", "Acme", "--client-id", CLIENT, "--secret-file", str(secret)).returncode == 0, "a tenant with a secret")
    first, entries = fingerprint(i), json.loads(i.run("audit", "verify", "--json").stdout)["entries"]
    tap.case(holds(data, first), "its secret is sealed under the key")
    for point, is_changed in KILLED.items():
        before = fingerprint(i)
        done = i.run("key", "rotate", env={"PORTCULLIS_KILL_AT": point})
        entries += is_changed
        tap.case(done.returncode == -signal.SIGKILL and is_whole(i, entries) and (fingerprint(i) != before) == is_changed,
                 f"killed at {point}: {'changed' if is_changed else 'as it was'}, and whole", done.stdout + done.stderr)
    left = [f.name for f in i.folder.rglob("*") if f.name.endswith((".next", ".rotating")) or ".next-" in f.name]
    tap.case(not left, "nothing half done lies about", left)
    own = i.folder / "portcullis.key.next"
    tap.case(i.run("key", "make", str(own)).returncode == 0 and fingerprint(i) and own.exists(), "a key that somebody laid ready is left alone")
    own.unlink()
    before = fingerprint(i)
    done = json.loads(i.run("key", "rotate", "--json").stdout)
    entries += 1
    tap.case(done["was"] == before and done["key"] == fingerprint(i) and is_whole(i, entries), "changed", done)
    tap.case(not holds(data, before) and not holds(data, first), "no byte that was sealed under the old one is left")
    tap.case(oct((i.folder / "portcullis.key").stat().st_mode & 0o777) == "0o600" and before in (i.folder / f"portcullis.key.{before}").name,
             "the key file is for its owner alone, the one of before is beside it")
    last = json.loads(i.run("audit", "list", "--json").stdout)["entries"][0]
    tap.case(last["operation"] == "key rotate" and before in json.dumps(last) and done["key"] in json.dumps(last), "the audit trail tells it", last)

    # A service that runs keeps the installation to itself.
    service = i.serve()
    i.wait_until_served(service)
    tap.case(*says_rotating(i, "sys.locked"))
    service.terminate()
    service.wait()
    tap.case(is_whole(i, entries), "and nothing has changed")

    # Given by hand, and handed over by somebody else afterwards.
    made = i.folder / "made.key"
    tap.case(i.run("key", "make", str(made)).returncode == 0 and i.run("key", "make", str(made)).returncode != 0, "key make, once")
    handed = i.folder / "handed"
    handed.mkdir()
    (i.folder / "portcullis.key").rename(handed / "gate")
    i.set(key_credential="gate")
    with_credential = {"CREDENTIALS_DIRECTORY": str(handed)}
    tap.case(*says_rotating(i, "api.master_key_needed", env=with_credential))
    done = i.run("key", "rotate", "--to-file", str(made), env=with_credential)
    tap.case(done.returncode == 0 and "systemd" in done.stdout, "a credential: the new key is given, and what is to be done is said", done.stdout + done.stderr)
    good, shown = says(i, "store.wrong_key", env=with_credential)
    tap.case(good, "the old credential is refused from then on", shown)
    (handed / "gate").write_bytes(made.read_bytes())
    entries += 1
    tap.case(is_whole(i, entries, env=with_credential), "the new one opens it")
    of_key = [f for f in json.loads(i.run("doctor", "--json", env=with_credential).stdout)["findings"] if f["area"] == "key"]
    tap.case(of_key and all(f["state"] == "ok" for f in of_key) and fingerprint(i, env=with_credential) in str(of_key), "the doctor names it, and misses no key file", of_key)
    of_key = [f for f in json.loads(i.run("doctor", "--json").stdout)["findings"] if f["area"] == "key"]
    tap.case(any(f["code"] == "api.no_key" and f["place"] == "gate" for f in of_key), "without the credential it names that", of_key)
    tap.case(*says_rotating(i, "api.master_key_same", "--to-file", str(made), env=with_credential))
    bad = i.folder / "bad.key"
    bad.write_text("portcullis-key-1 abc\n")
    bad.chmod(0o600)
    tap.case(*says_rotating(i, "seal.bad_key_file", "--to-file", str(bad), env=with_credential))

    seen = i.folder / "seen.key"
    i.run("key", "make", str(seen))
    for mode in (0o644, 0o640, 0o602):
        seen.chmod(mode)
        good, name, shown = says_rotating(i, "api.master_key_open", "--to-file", str(seen), env=with_credential)
        tap.case(good and f"{mode:04o}" in shown and is_whole(i, entries, env=with_credential), f"a new key of mode {mode:04o} is refused", shown)

    # What does not open stops it, by name, before anything has changed.
    other = sqlite3.connect(data / "store.db")
    name, sealed = other.execute("SELECT name, sealed FROM secret").fetchone()
    other.execute("UPDATE secret SET sealed = ?", (sealed[:-1] + bytes([sealed[-1] ^ 1]),))
    other.commit()
    other.close()
    fresh = i.folder / "fresh.key"
    i.run("key", "make", str(fresh))
    good, _, shown = says_rotating(i, "seal.corrupt", "--to-file", str(fresh), env=with_credential)
    tap.case(good and name in shown and is_whole(i, entries, env=with_credential), "a damaged secret stops it and is named", shown)


with Tap() as tap:
    for part in (sources, rotations, rotated_by_program):
        with Installation() as i:
            part(tap, i)
