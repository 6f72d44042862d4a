"""A person at a browser, as far as it matters to our REST face: a cookie, a login with password and code. Shared by the tests of people and of secrets."""
import base64, hashlib, hmac, http.cookies, json, struct, time, urllib.error, urllib.request

PASSWORD = "four Random words, 7 signs"


class Client:
    """One browser, as far as it matters: a cookie, and headers of choice."""

    def __init__(self, url):
        self.url, self.cookie, self.csrf, self.set_cookie = url, None, None, ""

    def call(self, method, path, body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items() if v is not None}
        if self.cookie:
            headers["Cookie"] = "portcullis=" + self.cookie
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method, data=data, headers=headers), timeout=60) as answer:
                status, text, head = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as failed:
            status, text, head = failed.code, failed.read(), failed.headers
        self.set_cookie = head.get("Set-Cookie") or ""
        self.head = head
        if self.set_cookie.startswith("portcullis="):
            self.cookie = http.cookies.SimpleCookie(self.set_cookie)["portcullis"].value or None
        answer = json.loads(text) if text else {}
        return status, answer

    def login(self, name, password=PASSWORD, code=None, **headers):
        status, answer = self.call("POST", "/api/v1/login", {"name": name, "password": password, **({"code": code} if code else {})}, **headers)
        self.csrf = answer.get("csrf_token", self.csrf)
        return status, answer

    def change(self, path, body=None, method="POST", **headers):
        return self.call(method, path, body or {}, **{"X_CSRF_Token": self.csrf, **headers})


def totp(secret, step=0):
    """RFC 6238, by another hand."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10**6:06d}"
