#!/usr/bin/env python3
"""Where the key of an installation comes from: a file, a systemd credential, a program; and what is said when it does not."""
from harness import Installation, Tap


def says(i, code, **more):
    done = i.run("tenant", "list", **more)
    return done.returncode != 0 and code in done.stderr, done.stdout + done.stderr


with Tap() as tap, Installation() as i:
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
