#!/usr/bin/env python3
"""A client that a generator makes of /api/openapi.json (openapi-typescript and openapi-fetch, pinned by a lock file, installed into the build
folder), compiled strictly: pages, a setting by ETag, an order by Idempotency-Key, problems, all of them typed."""
import hashlib, json, shutil, signal, subprocess

from api import Api
from harness import BUILD, PATIENCE, ROOT, Installation, Tap, Twin, wait_for

HERE = ROOT / "tests/integration/typed"
FOLDER = BUILD / "typed"


def missing():
    """Why this cannot run here; None: it can. Installs what the lock file names, once."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return f"{program} is not installed; tools/install-deps test"
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
        return f"npm cannot install the generator: {(done.stderr.strip().splitlines() or ['no reason given'])[0]}"
    mark.write_text(wanted)
    return None


def tool(name, *words):
    return subprocess.run([FOLDER / "node_modules/.bin" / name, *words], cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE)


def memberless(schema, where):
    """Objects that a generator would take for ones without members."""
    found = [where] if schema.get("type") == "object" and not schema.get("properties") and not schema.get("additionalProperties") else []
    for name, inner in {**schema.get("properties", {}), **({"items": schema["items"]} if "items" in schema else {})}.items():
        found += memberless(inner, f"{where}.{name}")
    return found


def generate(tap, document):
    (FOLDER / "openapi.json").write_text(json.dumps(document))
    made = tool("openapi-typescript", "openapi.json", "-o", "portcullis.d.ts")
    vague = [f"{method} {path}: {where}" for path, methods in document["paths"].items() for method, row in methods.items() for status, answer in row["responses"].items()
             for content in answer.get("content", {}).values() for where in memberless(content["schema"], status)]
    tap.case("@enum {unknown}" not in (FOLDER / "portcullis.d.ts").read_text() and made.returncode == 0 and not vague, "the generator understands the document whole", made.stdout + made.stderr + "\n".join(vague[:10]))
    for name in ("story.ts", "tsconfig.json"):
        shutil.copy(HERE / name, FOLDER)
    compiled = tool("tsc")
    return tap.case(compiled.returncode == 0, "what was written against it compiles, strictly", compiled.stdout)


def main():
    with Tap() as tap:
        if reason := missing():
            tap.skip("a generated client", reason)
            return
        with Twin("--scenario", "calm") as twin, Installation(twin) as i:
            i.add_tenants(twin, 3)
            service = i.serve()
            i.wait_until_served(service)
            token = json.loads(i.run("token", "add", "typed", "--expires", "1d", "--role", "owner", "--json").stdout)["token"]
            api = Api(i.web(), token)
            first = api.ask("/api/v1/tenants?limit=1")[2]["tenants"][0]["tenant_id"]
            device = wait_for(lambda: next((d["device"] for d in api.ask("/api/v1/devices")[2]["devices"] if d["tenant_id"] == first), None))
            if generate(tap, api.ask("/api/openapi.json")[2]):
                ran = subprocess.run(["node", FOLDER / "out/story.js", api.base, token, device], cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE)
                if tap.case(ran.returncode == 0, "and runs", ran.stderr):
                    judge(tap, i, json.loads(ran.stdout))
            service.send_signal(signal.SIGTERM)
            tap.case(service.wait(PATIENCE) == 0, "the service ends")


def judge(tap, i, said):
    all_of_them = [t["tenant_id"] for t in json.loads(i.run("tenant", "list", "--json").stdout)["tenants"]]
    tap.case(said["tenants"] == all_of_them and said["enabled"] is True, "all tenants, a page each", said["tenants"])
    tap.case(said["setting"][1:] == ["selective", "tenant"] and said["setting"][0] == "full" and said["late"] == [412, "api.changed"] and said["unchanged"] == 304, "a setting, held to its ETag", said)
    tap.case(said["orders"][0] == said["orders"][1] and said["orders"][0]["id"] and len(set(said["order_status"])) == 1, "an order, once", said["orders"])
    tap.case(said["problem"] == [404, "tenant.no_such", "input", True] and said["extra"] == "api.bad_parameter", "problems, typed", (said["problem"], said["extra"]))


if __name__ == "__main__":
    main()
