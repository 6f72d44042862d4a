#!/usr/bin/env python3
"""Property-based calls over the OpenAPI document (schemathesis, pinned, installed by pip into the build folder), against a service with a twin behind
it: no 5xx, no status, type or shape of an answer that the document does not have. `--seconds N` runs for so long (`make api-properties`); in the
suite it is a short form. PORTCULLIS_SCHEMATHESIS names a folder that has it already."""
import argparse, json, os, pathlib, shutil, subprocess, sys
from api import Api
from harness import BUILD, PATIENCE, Installation, Tap, Twin

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def packages():
    folder, wanted = BUILD / "schemathesis", (HERE / "requirements.txt").read_text()
    if given := os.environ.get("PORTCULLIS_SCHEMATHESIS"):
        return pathlib.Path(given)
    mark = folder / "installed"
    if not (mark.exists() and mark.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore", "--target", folder,
                               "-r", HERE / "requirements.txt"], capture_output=True, text=True)
        if done.returncode:
            return None
        mark.write_text(wanted)
    return folder


ENDS_ITSELF = "/api/v1/tokens/[^/]+$"  # a made-up number may be that of the token in use: called with a token of its own


def call(folder, url, token, seconds, *which):
    """Its exit code and what it said; it ends by itself when its time is over."""
    argv = [sys.executable, "-m", "schemathesis.cli", "run", url + "/api/openapi.json", "--checks", CHECKS, "--header", f"Authorization: Bearer {token}",
            "--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--max-examples", str(max(5, seconds // 5)), "--max-failures", "20", "--seed", "1", "--request-timeout", "20",
            "--suppress-health-check", "all", "--generation-with-security-parameters", "false", *which, "--generation-database", "none", "--no-color"]
    run = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONPATH": str(folder)}, cwd=BUILD)
    try:
        said, _ = run.communicate(timeout=seconds + 120)
    except subprocess.TimeoutExpired:
        run.kill()
        return "it did not end", run.communicate()[0]
    return run.returncode, said


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=40)
    seconds = options.parse_args().seconds
    with Tap() as tap:
        folder = packages()
        if folder is None:
            tap.skip("the document holds what the service does", "schemathesis cannot be installed")
            if os.environ.get("CI"):
                tap.case(False, "schemathesis is there in CI")
            return
        with Twin("--tenants", "2", "--scenario", "lively") as twin, Installation(twin, **{"interval.alerts": "500ms", "interval.machines": "500ms"}) as i:
            i.add_tenants(twin)
            service = i.serve()
            try:
                url = i.web()
                i.wait_until_served(service)
                fresh = lambda name, role: json.loads(i.run("token", "add", name, "--expires", "8h", "--role", role, "--json").stdout)["token"]
                code, said = call(folder, url, fresh("properties-tokens", "owner"), 10, "--include-path-regex", ENDS_ITSELF)
                tap.case(code == 0, "tokens: no 5xx, nothing that the document does not have", f"{code}\n{said[-20000:]}")
                # One call that waits for feeds or maps the whole log anew would take the time of all others.
                others = ("--exclude-path-regex", f"/api/v1/(pull|ocsf/remap)$|{ENDS_ITSELF}")
                for role in ("owner", "viewer"):
                    token = fresh(f"properties-{role}", role)
                    code, said = call(folder, url, token, seconds if role == "owner" else max(20, seconds // 3), *others)
                    print("# " + "\n# ".join(said.splitlines()[-12:]), flush=True)
                    tap.case(code == 0, f"as {role}: no 5xx, nothing that the document does not have", f"{code}\n{said[-20000:]}")
                    ended = [e for e in json.loads(i.run("audit", "list", "--json").stdout)["entries"] if e["operation"].startswith(("token", "user", "login"))]
                    tap.case(Api(url, token).ask("/api/v1/me")[0] == 200, f"as {role}: the token held all the while", ended[:20])
                tap.case(service.poll() is None, "the service runs on")
            finally:
                service.terminate()
                tap.case(service.wait(PATIENCE) == 0, "and ends in time")


main()
