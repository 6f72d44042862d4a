#!/usr/bin/env python3
"""An identity provider that is an attacker's, or was broken into as far as its token endpoint: what it hands over gets nobody in unless its own
key has signed it, for this application, this sign-in and this hour."""
import base64, hashlib, hmac, http.server, json, re, signal, subprocess, tempfile, threading, time, urllib.parse

from harness import PATIENCE, Installation, Tap, free_port
from oidc import Browser, problem

CLIENT = "portcullis"
NOTHING = object()


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


class Key:
    def __init__(self, folder, kid, bits=2048):
        self.path, self.kid = f"{folder}/{kid}.pem", kid
        openssl("genrsa", "-out", self.path, str(bits))
        n = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().strip().split("=")[1]
        self.public = openssl("rsa", "-in", self.path, "-pubout")
        self.jwk = {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": b64(bytes.fromhex(n)), "e": "AQAB"}

    def sign(self, text):
        return openssl("dgst", "-sha256", "-sign", self.path, given=text.encode())


class Provider:
    """Answers each code with the id token that `forge` makes of the sign-in's nonce."""

    def __init__(self, port):
        self.url, self.keys, self.forge, self.nonce, self.asked, self.published, self.answer = f"http://127.0.0.1:{port}", [], None, None, [], {}, {}
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self, value):
                body = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # it has had enough

            def do_GET(self):
                provider.asked.append(self.path)
                if self.path == "/.well-known/openid-configuration":
                    self.reply({"issuer": provider.url, "authorization_endpoint": provider.url + "/authorize", "token_endpoint": provider.url + "/token",
                                "jwks_uri": provider.url + "/jwks", **provider.published})
                else:
                    self.reply(provider.keys if isinstance(provider.keys, bytes) else {"keys": provider.keys})

            def do_POST(self):
                provider.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.reply({"token_type": "Bearer", "access_token": "x", "id_token": provider.forge(provider.nonce), **provider.answer})

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Forgery:
    def __init__(self, base, provider, key):
        self.base, self.provider, self.key = base, provider, key

    def claims(self, own_nonce, /, **changed):
        now = int(time.time())
        all_of_it = {"iss": self.provider.url, "aud": CLIENT, "sub": "ann", "nonce": own_nonce, "iat": now, "exp": now + 300, "roles": ["soc.lead"], **changed}
        return {name: value for name, value in all_of_it.items() if value is not NOTHING}

    def token(self, claims, header=None, key=None):
        key = key or self.key
        text = b64(header or {"alg": "RS256", "kid": self.key.kid, "typ": "JWT"}) + "." + b64(claims)
        return text + "." + b64(key.sign(text))

    def sign_in(self, forge, back=None, browser=None):
        """What our callback answers to a sign-in whose token `forge` makes; the code of the refusal, or 200."""
        browser = browser or Browser()
        status, headers, _, _ = browser.open(self.base + "/api/v1/oidc/start")
        if status not in (302, 303):
            return status
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(headers["Location"]).query))
        self.provider.nonce, self.provider.forge = asked["nonce"], forge
        answer = browser.open(self.base + "/api/v1/oidc/callback?" + urllib.parse.urlencode({"code": "c", "state": asked["state"], **(back or {})}))
        has_session = browser.open(self.base + "/api/v1/session")[0] == 200
        return 200 if answer[0] == 200 and has_session else "let in" if has_session else problem(answer) or answer[0]


def forged_claims(tap, f):
    now = int(time.time())
    for name, changed in (
            ("another issuer", {"iss": "https://evil.example"}), ("its issuer with a slash", {"iss": f.provider.url + "/"}), ("no issuer", {"iss": NOTHING}), ("issuers", {"iss": [f.provider.url]}),
            ("another application", {"aud": "other"}), ("no audience", {"aud": NOTHING}), ("an empty list", {"aud": []}), ("it and another, and azp of that", {"aud": [CLIENT, "other"], "azp": "other"}),
            ("it and another, no azp", {"aud": [CLIENT, "other"]}), ("its azp another's", {"azp": "other"}), ("an audience that contains it", {"aud": CLIENT + "2"}), ("an object", {"aud": {CLIENT: 1}}),
            ("expired", {"exp": now - 3600}), ("no end", {"exp": NOTHING}), ("an end in words", {"exp": "tomorrow"}), ("an end beyond numbers", {"exp": -1e300}), ("of the future", {"iat": now + 3600}), ("no beginning", {"iat": NOTHING}),
            ("not yet", {"nbf": now + 3600}), ("another nonce", {"nonce": "x" * 43}), ("no nonce", {"nonce": NOTHING}), ("an empty nonce", {"nonce": ""}), ("nobody", {"sub": NOTHING}),
            ("an empty subject", {"sub": ""}), ("a number", {"sub": 7}), ("a subject with an end inside", {"sub": "ann\0x"}), ("a subject with a line end", {"sub": "ann\nx"}), ("a subject of 10,000 bytes", {"sub": "a" * 10_000})):
        got = f.sign_in(lambda nonce: f.token(f.claims(nonce, **changed)))
        tap.case(got == "auth.oidc_token", f"claims: {name}", got)


def forged_signatures(tap, f, folder):
    other, small = Key(folder, "other"), Key(folder, "small", 1024)
    good = {"alg": "RS256", "kid": f.key.kid}
    claims = lambda nonce: f.claims(nonce)
    hs = lambda secret, header: lambda nonce: (lambda text: text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest()))(b64(header) + "." + b64(claims(nonce)))
    own = {**other.jwk, "kid": f.key.kid}
    stripped = lambda nonce: f.token(claims(nonce)).rsplit(".", 1)[0]
    rows = [("alg none", lambda n: b64({"alg": "none"}) + "." + b64(claims(n)) + "."), ("alg NONE, with its key's name", lambda n: b64({"alg": "NONE", "kid": f.key.kid}) + "." + b64(claims(n)) + "."),
            ("HS256 with the public key", hs(f.key.public, {"alg": "HS256", "kid": f.key.kid})), ("HS256 with nothing", hs(b"", {"alg": "HS256"})),
            ("HS256 with its modulus", hs(f.key.jwk["n"].encode(), {"alg": "HS256", "kid": f.key.kid})),
            ("another's key under its name", lambda n: f.token(claims(n), good, other)), ("another's key under its own name", lambda n: f.token(claims(n), {"alg": "RS256", "kid": "other"}, other)),
            ("a key it brings along (jwk)", lambda n: f.token(claims(n), {**good, "jwk": own}, other)), ("an address of keys (jku)", lambda n: f.token(claims(n), {**good, "jku": f.provider.url + "/evil"}, other)),
            ("an address of a certificate (x5u)", lambda n: f.token(claims(n), {**good, "x5u": f.provider.url + "/evil", "x5c": ["MIIB"]}, other)),
            ("a path for a name", lambda n: f.token(claims(n), {"alg": "RS256", "kid": "../../../../dev/null"}, other)), ("SQL for a name", lambda n: f.token(claims(n), {"alg": "RS256", "kid": "x' OR 1=1 --"}, other)),
            ("signature left away", lambda n: stripped(n)), ("signature empty", lambda n: stripped(n) + "."), ("four parts", lambda n: f.token(claims(n)) + ".x"),
            ("signature of another token", lambda n: b64(good) + "." + b64(f.claims(n, roles=["soc.lead"], sub="eve")) + "." + f.token(claims(n)).rsplit(".", 1)[1]),
            ("RS384 named", lambda n: f.token(claims(n), {"alg": "RS384", "kid": f.key.kid})), ("PS256 named, RS256 made", lambda n: f.token(claims(n), {"alg": "PS256", "kid": f.key.kid})),
            ("ES256 named with an RSA key", lambda n: f.token(claims(n), {"alg": "ES256", "kid": f.key.kid})), ("an extension that must be known (crit)", lambda n: f.token(claims(n), {**good, "crit": ["b64"], "b64": False})),
            ("a header that is a list", lambda n: f.token(claims(n), [good])), ("claims that are a list", lambda n: f.token([claims(n)])), ("a number for a token", lambda n: 7), ("no token", lambda n: None),
            ("a token of 400 KB", lambda n: f.token(f.claims(n, pad="x" * 300_000))), ("claims 100,000 deep", lambda n: f.token(deep(claims(n)))),
            ("an audience twice", lambda n: twice(f, claims(n), "aud", "other")), ("a nonce twice", lambda n: twice(f, claims(n), "nonce", "other")), ("alg twice", lambda n: twice_alg(f, claims(n)))]
    for name, forge in rows:
        before = len(f.provider.asked)
        got = f.sign_in(forge)
        tap.case(got in ("auth.oidc_token", "auth.oidc_provider") and not any("evil" in a for a in f.provider.asked[before:]), f"signature: {name}", got)
    keys = f.provider.keys
    f.provider.keys = [{"kty": "oct", "kid": f.key.kid, "k": b64(b"secret"), "alg": "HS256"}]
    tap.case(f.sign_in(hs(b"secret", {"alg": "HS256", "kid": f.key.kid})) == "auth.oidc_token", "a secret among the keys signs nothing")
    f.provider.keys = [{**small.jwk, "kid": f.key.kid}]
    tap.case(f.sign_in(lambda n: f.token(claims(n), good, small)) == "auth.oidc_token", "a key of 1024 bits signs nothing")
    for name, jwk in (("of a million bits", {**f.key.jwk, "n": b64(b"\xff" * 125_000)}), ("with an exponent of 8,000 bits", {**f.key.jwk, "e": b64(b"\xff" * 1000)}), ("with no modulus", {**f.key.jwk, "n": ""}),
                      ("for encrypting", {**f.key.jwk, "use": "enc"}), ("for another algorithm", {**f.key.jwk, "alg": "PS256"}), ("that is a number", 7), ("of another kind", {**f.key.jwk, "kty": "EC", "crv": "P-256"})):
        f.provider.keys = [jwk]
        began = time.monotonic()
        got = f.sign_in(lambda n: f.token(claims(n)))
        tap.case(got in ("auth.oidc_token", "auth.oidc_provider") and time.monotonic() - began < 10, f"a key {name} signs nothing", got)
    f.provider.keys = b'{"keys":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    tap.case(f.sign_in(lambda n: f.token(claims(n))) == "auth.oidc_provider", "keys nested too deep")
    f.provider.keys = b"[" + b"1," * 2_000_000 + b"1]"
    tap.case(f.sign_in(lambda n: f.token(claims(n))) == "auth.oidc_provider", "keys of 4 MB")
    f.provider.keys = keys * 2
    tap.case(f.sign_in(lambda n: f.token(claims(n), {"alg": "RS256"})) == "auth.oidc_token", "of several keys none is guessed")
    f.provider.keys = keys


def twice(f, claims, name, value):
    """Two readers may take the one or the other."""
    text = json.dumps(claims)
    both = "{" + json.dumps(name) + ":" + json.dumps(claims[name]) + "," + text[1:].replace(json.dumps(name) + ": " + json.dumps(claims[name]), json.dumps(name) + ": " + json.dumps(value), 1)
    return f.token(both.encode())


def twice_alg(f, claims):
    return f.token(claims, ('{"alg":"RS256","kid":"%s","alg":"none"}' % f.key.kid).encode())


def deep(claims):
    return (json.dumps(claims)[:-1] + ',"x":' + "[" * 100_000 + "]" * 100_000 + "}").encode()


def other_sign_ins(tap, f):
    good = lambda nonce: f.token(f.claims(nonce))
    tap.case(f.sign_in(good, {"iss": "https://evil.example"}) == "auth.oidc_state", "the answer of another issuer (mix-up)")
    f.provider.published = {"authorization_response_iss_parameter_supported": True}
    tap.case(f.sign_in(good) == "auth.oidc_state", "an answer without issuer, of a provider that says it always names it")
    tap.case(f.sign_in(good, {"iss": f.provider.url}) == 200, "with it, it is fine")
    f.provider.published = {}
    tokens = []
    keep = lambda nonce: tokens.append(f.token(f.claims(nonce))) or tokens[-1]
    tap.case(f.sign_in(keep) == 200 and f.sign_in(lambda nonce: tokens[0]) == "auth.oidc_token", "the token of a sign-in before serves once")
    for name, where in (("http elsewhere", "http://evil.example/token"), ("a file", "file:///etc/passwd"), ("with a line end", f.provider.url + "/token\r\nX: y"), ("the cloud's metadata", "https://169.254.169.254/token"), ("none", "")):
        f.provider.published = {"token_endpoint": where}
        got = f.sign_in(good)
        tap.case(got in (502, 503, 500, 400, "auth.oidc_provider") and got != 200, f"a token endpoint that is {name}", got)
    f.provider.published = {"issuer": "https://evil.example"}
    tap.case(f.sign_in(good) not in (200, "let in"), "an issuer that calls itself another")
    f.provider.published = {}


def switched_issuer(tap, i, f, folder):
    """A sign-in that began at one provider does not end at another that was set meanwhile."""
    second = Provider(free_port())
    second.keys = f.provider.keys
    browser = Browser()
    _, headers, _, _ = browser.open(f.base + "/api/v1/oidc/start")
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(headers["Location"]).query))
    i.run("oidc", "set", "--issuer", second.url, "--client-id", CLIENT)
    second.nonce, second.forge = asked["nonce"], lambda nonce: Forgery(f.base, second, f.key).token(Forgery(f.base, second, f.key).claims(nonce))
    answer = browser.open(f.base + "/api/v1/oidc/callback?" + urllib.parse.urlencode({"code": "c", "state": asked["state"]}))
    tap.case(problem(answer) == "auth.oidc_state" and not any("code=" in a for a in second.asked), "a code of the first is not shown to the second", (answer[0], answer[2][:200]))


if __name__ == "__main__":
    with Tap() as tap, tempfile.TemporaryDirectory() as folder:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        with Installation(listen=f"127.0.0.1:{port}") as i:
            i.config.write_text(re.sub(r"listen: 127.0.0.1:0\n", "", i.config.read_text()))
            service = i.serve()
            i.wait_until_served(service)
            i.web()
            provider = Provider(free_port())
            f = Forgery(base, provider, Key(folder, "key-1"))
            provider.keys = [f.key.jwk]
            i.run("oidc", "set", "--issuer", provider.url, "--client-id", CLIENT)
            i.run("oidc", "rule-add", "roles", "soc.lead", "--role", "admin", "--all-orgs")
            tap.case(f.sign_in(lambda nonce: f.token(f.claims(nonce))) == 200, "what is as it should be gets in")
            forged_claims(tap, f)
            forged_signatures(tap, f, folder)
            other_sign_ins(tap, f)
            tap.case(f.sign_in(lambda nonce: f.token(f.claims(nonce))) == 200, "and still does")
            switched_issuer(tap, i, f, folder)
            service.send_signal(signal.SIGTERM)
            tap.case(service.wait(PATIENCE) == 0, "the service ends")
