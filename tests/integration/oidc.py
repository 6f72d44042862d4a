#!/usr/bin/env python3
"""Single sign-on at a real implementation of OpenID Connect (npm's oidc-provider, installed into the build folder from a lock file): roles by
claims, keys that were rotated, three kinds of signature; answers that are forged, late or another browser's get nobody in."""
import hashlib, html, http.cookiejar, json, re, shutil, signal, subprocess, urllib.error, urllib.parse, urllib.request

from harness import BUILD, PATIENCE, ROOT, Installation, Tap, free_port

HERE = ROOT / "tests/integration/provider"
FOLDER = BUILD / "provider"
SECRET = "a secret with % and ~ of the tests"


def missing():
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
        return f"npm cannot install the identity provider: {(done.stderr.strip().splitlines() or ['no reason given'])[0]}"
    mark.write_text(wanted)
    return None


class Provider:
    def __init__(self, port, alg, redirect):
        shutil.copy(HERE / "provider.mjs", FOLDER)
        self.process = subprocess.Popen(["node", FOLDER / "provider.mjs", str(port), alg, redirect], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if "listening" in line:
                return
        raise RuntimeError("the provider does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Cookies, and redirects followed by hand."""

    def __init__(self):
        self.jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(rfc2965=False, strict_domain=False))
        self.opener = urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor(self.jar))

    def open(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(urllib.request.Request(url, data=data), timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode(), url
        except urllib.error.HTTPError as failed:
            return failed.code, failed.headers, failed.read().decode(), url

    def go(self, url, until):
        """Through redirects, up to an address that begins with `until` (not asked) or a page."""
        answer = self.open(url)
        while answer[0] in (302, 303):
            url = urllib.parse.urljoin(url, answer[1]["Location"])
            if url.startswith(until):
                return None, url
            answer = self.open(url)
        return answer, url

    def sign_in(self, start, name, callback):
        """As a person does at the provider's pages; the address of ours that he is sent back to."""
        answer, url = self.go(start, callback)
        for _ in range(4):
            if answer is None:
                return url
            action = html.unescape(re.search(r'action="([^"]+)"', answer[2]).group(1))
            prompt = re.search(r'name="prompt" value="(\w+)"', answer[2]).group(1)
            form = {"prompt": prompt, **({"login": name, "password": "any"} if prompt == "login" else {})}
            url = urllib.parse.urljoin(url, action)
            status, headers, text, _ = self.open(url, form)
            if status in (302, 303):
                answer, url = self.go(urllib.parse.urljoin(url, headers["Location"]), callback)
            else:
                raise RuntimeError((status, text[:300]))
        raise RuntimeError("the provider's pages do not end")

    def json(self, url):
        status, _, text, _ = self.open(url)
        return status, json.loads(text)


def problem(answer):
    return json.loads(answer[2]).get("code") if answer[2].startswith("{") else None


def sign_ins(tap, i, base, port, alg, callback):
    with Provider(port, alg, callback):
        ann = Browser()
        back = ann.sign_in(base + "/api/v1/oidc/start", "ann", callback)
        status, headers, text, _ = ann.open(back)
        _, who = ann.json(base + "/api/v1/session")
        tap.case(status == 200 and (who.get("person"), who.get("role")) == ("ann", "admin"), f"{alg}: a person signs in, with the role of his claims",
                 (status, text[:300], who))
        return ann, back


def refusals(tap, i, base, port, callback):
    with Provider(port, "RS256", callback):
        bob = Browser()
        back = bob.sign_in(base + "/api/v1/oidc/start", "bob", callback)
        tap.case(problem(Browser().open(back)) == "auth.oidc_state", "another browser gets nothing from the answer")
        changed = re.sub(r"state=[^&]+", "state=" + "A" * 43, back)
        tap.case(problem(bob.open(changed)) == "auth.oidc_state", "a state that is not this sign-in's is refused")
        tap.case(problem(bob.open(back)) == "auth.oidc_state", "and the sign-in is over with that")
        back = bob.sign_in(base + "/api/v1/oidc/start", "bob", callback)
        forged = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back)
        tap.case(problem(bob.open(forged)) == "auth.oidc_state", "an answer of another issuer is refused", back)
        back = bob.sign_in(base + "/api/v1/oidc/start", "bob", callback)
        cookie = [c for c in bob.jar if "oidc" in c.name][0]
        tap.case("samesite" in {k.lower() for k in cookie._rest} and "httponly" in {k.lower() for k in cookie._rest}, "the sign-in's cookie is HttpOnly")
        tap.case(bob.open(back)[0] == 200 and bob.json(base + "/api/v1/session")[1]["role"] == "viewer", "bob is a viewer")
        again = Browser()
        again.jar.set_cookie(cookie)
        tap.case(problem(again.open(back)) == "auth.oidc_provider", "a code works once, also with the cookie")
        status, seen = bob.json(base + "/api/v1/organizations")
        tap.case(status == 200 and [o["name"] for o in seen["organizations"]] == ["Inside"], "and sees the organization of the rule alone", seen)
        eve = Browser()
        answer = eve.open(eve.sign_in(base + "/api/v1/oidc/start", "eve", callback))
        tap.case(problem(answer) == "auth.oidc_no_role" and eve.json(base + "/api/v1/session")[0] == 401, "who has no role gets in nowhere", answer[2][:200])
        i.run("user", "set", "bob", "--disabled", "yes")
        tap.case(bob.json(base + "/api/v1/session")[0] == 401, "who is switched off is out at once")
        back = bob.sign_in(base + "/api/v1/oidc/start", "bob", callback)
        tap.case(bob.open(back)[0] == 401, "and does not come in again")
        i.run("user", "remove", "ann")
        i.run("user", "add", "ann", "--role", "owner")
        i.run("user", "add", "root", "--role", "owner")
        back = ann.sign_in(base + "/api/v1/oidc/start", "ann", callback) if (ann := Browser()) else None
        tap.case(problem(ann.open(back)) == "auth.oidc_name_taken", "nobody becomes a person of ours by having his name")
    tap.case(problem(Browser().open(base + "/api/v1/oidc/start")) == "auth.oidc_provider", "a provider that is away is named")


def main():
    with Tap() as tap:
        reason = missing()
        if reason:
            tap.skip("single sign-on at a real provider", reason)
        else:
            port, own = free_port(), free_port()
            base = f"http://127.0.0.1:{own}"
            callback = base + "/api/v1/oidc/callback"
            with Installation(listen=f"127.0.0.1:{own}") as i:
                i.config.write_text(re.sub(r"listen: 127.0.0.1:0\n", "", i.config.read_text()))
                i.run("org", "add", "Inside")
                i.run("org", "add", "Outside")
                service = i.serve()
                i.wait_until_served(service)
                i.web()
                tap.case(problem(Browser().open(base + "/api/v1/oidc/start")) == "auth.oidc_off", "there is none before it is set")
                done = i.run("oidc", "set", "--issuer", f"http://127.0.0.1:{port}", "--client-id", "portcullis", "--client-secret-file", "-", "--json", stdin=SECRET + "\n")
                tap.case(done.returncode == 0 and SECRET not in done.stdout and json.loads(done.stdout)["redirect_url"] == callback, "oidc set", done.stderr)
                i.run("oidc", "rule-add", "roles", "soc.lead", "--role", "admin", "--all-orgs")
                i.run("oidc", "rule-add", "roles", "everybody", "--role", "viewer", "--org", "Inside")
                for alg in ("RS256", "PS256", "ES256"):
                    sign_ins(tap, i, base, port, alg, callback)
                refusals(tap, i, base, port, callback)
                entries = json.loads(i.run("audit", "list", "--operation", "login", "--json").stdout)["entries"]
                tap.case(len(entries) >= 4 and all(e["detail"]["how"] == "oidc" for e in entries), "sign-ins are audited", entries[:2])
                service.send_signal(signal.SIGTERM)
                tap.case(service.wait(PATIENCE) == 0, "the service ends")
                held = b"".join(f.read_bytes() for f in i.folder.rglob("*") if f.is_file())
                tap.case(SECRET.encode() not in held, "the client secret is nowhere in the clear")


if __name__ == "__main__":
    main()
