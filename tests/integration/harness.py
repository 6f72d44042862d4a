"""What the integration tests share: the real twin and the real service as child processes, one installation in a temporary
folder, and TAP output. Python's standard library only."""
import json, os, pathlib, random, re, shutil, socket, ssl, subprocess, sys, tempfile, time, urllib.parse, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PORTCULLIS_BUILD", ROOT / "build")).resolve()
PORTCULLIS, TWIN = BUILD / "portcullis", BUILD / "defender-twin"
PATIENCE = 120  # seconds for what must come to pass: a bound for what hangs, far from what a busy machine takes


def wait_for(wanted, seconds=PATIENCE):
    """What `wanted` gives once it is something, or at last. States are waited for, not time: this is how no test hangs on a machine's speed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := wanted():
            return found
        time.sleep(0.2)
    return wanted()


def at_rest(value, seconds):
    """Whether `value` stops changing: once it stays for `seconds`. Whatever was under way before may end first."""
    until, seen, since = time.monotonic() + PATIENCE, value(), time.monotonic()
    while time.monotonic() < until and time.monotonic() - since < seconds:
        time.sleep(0.2)
        if (now := value()) != seen:
            seen, since = now, time.monotonic()
    return time.monotonic() - since >= seconds


def free_port():
    """A port to listen on: below those that the kernel gives to outgoing connections, of which other tests make many meanwhile."""
    for port in random.SystemRandom().sample(range(15000, 30000), 200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                continue
            try:
                with socket.socket() as own:
                    own.bind(("127.0.0.1", port))
                    return port
            except OSError:
                continue
    raise RuntimeError("no port is free")


class Tap:
    """Counts and prints cases; `with` it, and the program ends with the right status."""

    def __init__(self):
        self.count = self.failed = 0
        self.last = time.monotonic()

    def case(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        took, self.last = time.monotonic() - self.last, time.monotonic()
        if took > 5:  # where a slow test spends its time
            print(f"# {took:.0f} s:")
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good and detail:
            print("\n".join("# " + line for line in str(detail).splitlines()[:40]), flush=True)
        return good

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.case(False, "the test itself", f"{kind.__name__}: {value}")
        print(f"1..{self.count}", flush=True)
        if self.failed and kind is None:
            sys.exit(1)


class Twin:
    def __init__(self, *options):
        own = lambda word: ROOT / f"tests/scenarios/{word}.yaml"
        options = [own(word) if own(word).exists() else word for word in map(str, options)]
        self.process = subprocess.Popen([TWIN, "--listen", "127.0.0.1:0", *map(str, options)], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"listening on (https?://\S+)", line):
                self.url = found.group(1)
                self.trust = ssl.create_default_context(cafile=options[options.index("--tls-ca") + 1]) if "--tls-ca" in options else None
                return
        raise RuntimeError(f"the twin ended with {self.process.wait()}")

    def ask(self, path, method="GET", body=None):
        request = urllib.request.Request(self.url + path, method=method, data=body)
        with urllib.request.urlopen(request, timeout=60, context=self.trust) as answer:
            return json.load(answer)

    def count(self, tenant, feed):
        """How many objects or rows of a feed exist now."""
        query = urllib.parse.urlencode({"tenant": tenant, "feed": feed})
        with urllib.request.urlopen(f"{self.url}/twin/rows?{query}", timeout=60, context=self.trust) as answer:
            return sum(1 for _ in answer)

    def tenants(self):
        return self.ask("/twin/tenants")["tenants"]

    def freeze(self):
        return self.ask("/twin/freeze", "POST", b"")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Installation:
    """A fresh installation that takes a twin for Microsoft."""

    def __init__(self, twin=None, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-test-"))
        self.config = self.folder / "portcullis.yaml"
        self.keep = False  # set it where a failure wants a look at the data
        done = subprocess.run([PORTCULLIS, "init", self.folder], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        if twin:
            settings = {"cloud.login_url": twin.url, "cloud.graph_url": twin.url, "cloud.endpoint_url": twin.url,
                        "hunting.calls_per_minute": 60000, "hunting.share": 100, "ocsf.raw_data": "yes", **settings}
        self.set(**{"listen": "127.0.0.1:0", **settings})

    def web(self, seconds=PATIENCE):
        """Where the listener is, as the service said when it opened it (the last time)."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := re.findall(r"listening on (https?://\S+)", (self.folder / "serve.log").read_text()):
                return found[-1]
            time.sleep(0.02)
        raise RuntimeError("the service opened no listener")

    def set(self, **settings):
        text = self.config.read_text()
        groups = {}
        for name, value in settings.items():
            group, _, key = name.rpartition(".")
            groups.setdefault(group, []).append(f"{key}: {value}")
        for group, lines in groups.items():
            text += f"{group}:\n" + "".join(f"  {line}\n" for line in lines) if group else "".join(f"{line}\n" for line in lines)
        self.config.write_text(text)

    def run(self, *words, stdin="", env=None, timeout=300):
        return subprocess.run([PORTCULLIS, *map(str, words), *([] if words[:2] == ("ocsf", "map") else ["--config", self.config])],
                              capture_output=True, text=True, input=stdin, timeout=timeout, env={**os.environ, **(env or {})})

    def add_tenants(self, twin, count=None):
        for tenant in twin.tenants()[:count]:
            done = self.run("tenant", "add", tenant["tenant_id"], "--org", "Customer", "--name", tenant["name"],
                            "--client-id", tenant["client_id"], "--secret-file", "-", stdin=tenant["client_secret"])
            if done.returncode:
                raise RuntimeError(done.stderr)

    def serve(self, env=None):
        log = open(self.folder / "serve.log", "a")
        process = subprocess.Popen([PORTCULLIS, "serve", "--config", self.config], stdout=log, stderr=log,
                                   env={**os.environ, **(env or {})})
        log.close()
        return process

    def wait_until_served(self, process, seconds=PATIENCE):
        until = time.monotonic() + seconds
        while time.monotonic() < until and process.poll() is None:
            if (self.folder / "data/serve.sock").exists():
                return True
            time.sleep(0.02)
        return False

    def lake(self):
        return self.folder / "data" / "lake"

    def verify(self, twin):
        return subprocess.run([ROOT / "tools/verify-lake", self.lake(), twin.url], capture_output=True, text=True, errors="replace")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and not self.keep:
            self.remove()
        else:
            print(f"# kept: {self.folder}")
