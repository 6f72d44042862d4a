"""A real browser for tests of pages: Debian's Chromium, driven by Playwright from npm (installed into the build folder from a lock file)."""
import hashlib, json, shutil, subprocess

from harness import BUILD, ROOT

HERE = ROOT / "tests/integration/browser"
FOLDER = BUILD / "browser"


def missing():
    """Why there is none here; None: there is one."""
    for program in ("chromium", "node", "npm"):
        if not shutil.which(program):
            return f"{program} is not installed; tools/install-deps test"
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes() + (HERE / "go.mjs").read_bytes()).hexdigest()
    mark = FOLDER / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return None
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc", "go.mjs"):
        shutil.copy(HERE / name, FOLDER)
    done = subprocess.run(["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True, timeout=600)
    if done.returncode:
        return f"npm cannot install Playwright: {(done.stderr.strip().splitlines() or ['no reason given'])[0]}"
    mark.write_text(wanted)
    return None


def go(url, *steps):
    """Opens the page and takes the steps: ("fill", selector, text), ("click", selector). What was seen at each stop."""
    asked = json.dumps({"browser": shutil.which("chromium"), "url": url, "steps": steps})
    done = subprocess.run(["node", "go.mjs"], cwd=FOLDER, input=asked, capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise RuntimeError(done.stderr[-800:])
    return json.loads(done.stdout)
